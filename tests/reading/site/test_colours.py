"""The colours of the verdicts can be read on every ground they stand on, in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[3] / "_static" / "book.css").read_text(encoding="utf-8")
VERDICTS = ("proved", "scope", "premise", "series", "checked", "bounded", "estimated", "refuted")


def colours(theme: str) -> dict[str, tuple[float, ...]]:
    block = CSS.split(theme, 1)[1].split("}", 1)[0]
    found = re.findall(r"--sx-(\w+): #(\w{6});", block)
    return {name: tuple(int(hexa[i : i + 2], 16) / 255 for i in (0, 2, 4)) for name, hexa in found}


def luminance(colour: tuple[float, ...]) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour]
    return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """The ratio that WCAG 2 defines: (L1 + 0.05) / (L2 + 0.05), the lighter one above."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula():
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert contrast((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)) == 1


@pytest.mark.parametrize("theme", ["html {", 'html[data-theme="dark"] {'])
@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_verdicts_are_read_on_their_own_tint(theme, ground):
    """WCAG AA asks for 4.5 to 1; a pill mixes 11 % of its colour into the ground."""
    known = colours(theme)
    for name in VERDICTS:
        tint = tuple(0.11 * c + 0.89 * g for c, g in zip(known[name], known[ground], strict=True))
        assert contrast(known[name], tint) >= 4.5, name
        assert contrast(known[name], known[ground]) >= 4.5, name
        assert contrast(known["paper"], known[name]) >= 4.5, f"{name}, when it is pointed at"
