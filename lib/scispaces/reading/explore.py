"""`explore`: one figure with controls, alive in a kernel and alive in the page without one.

With a kernel the controls are ipywidgets. Executed for storage (environment variable ``SCISPACES_STATIC=1``, set by
``make refresh`` and the strict tests) an `explore` leaves one output with ``text/plain`` and ``text/html`` only: native
sliders and selects, the frames of every state embedded, and a dozen lines of script that change the picture.
"""

from __future__ import annotations

import inspect
import itertools
import os
from collections.abc import Callable, Mapping
from typing import Any

from scispaces.reading import _live, _stored
from scispaces.reading._controls import Choice, Slider, as_control, axes_of, grid, slider
from scispaces.reading.style import PAGE_DPI, picture

__all__ = ["explore", "slider", "static_output"]

MAX_BYTES = 700_000


def static_output() -> bool:
    """Whether this kernel runs for storage: the environment variable ``SCISPACES_STATIC`` is set to something but 0."""
    return os.environ.get("SCISPACES_STATIC", "") not in ("", "0")


def explore(
    draw: Callable[..., Any],
    /,
    *,
    caption: str,
    alt: str,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
    name: str | None = None,
    **controls: Any,
) -> None:
    """Show `draw(**values)` with a control for each keyword, and display it.

    draw: takes the controls' names, returns a matplotlib Figure, or (Figure, readout) with readout a text or a dict
        such as ``{"area": "2.72"}``. All frames have one size. Called once for every stored state.
    caption: what to look for, shown under the figure; ``$...$`` is mathematics. Required.
    alt: what the picture shows, for readers who do not see it; the control values and the readout are added. Required.
    controls: `slider(lo, hi, n)`, or a list or dict of named choices. A stored page holds at most two sliders and 40
        frames; further controls need `presets`.
    presets: named cases, each setting the same controls: ``{"shear": {"b": 1.0}, "rotation": {"b": -1.0}}``. In the
        page they are one select; with a kernel they set the sliders.
    name: unique in the chapter; by default the name of `draw`.

    Raises ValueError, naming the fix, for a missing caption, an unknown or missing argument of `draw`, too many frames
    or bytes, two values written alike, and a `draw` that returns something else.

    >>> explore(area, t=slider(0, 2, 9, label="t"), caption="The area grows.", alt="A square.")   # doctest: +SKIP
    """
    for what, text in (("caption", caption), ("alt", alt)):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"explore: {what}= must be a sentence, got {text!r}")
    if not controls:
        raise ValueError("explore: give at least one control, e.g. t=slider(0, 2, 9)")
    made = {key: as_control(key, value) for key, value in controls.items()}
    _check_signature(draw, made)
    axes = axes_of(made, presets)
    ident = _identifier(name or str(getattr(draw, "__name__", "figure")))
    if static_output():
        frames = []
        for index, values in grid(axes):
            where = ", ".join(f"{a.label} = {a.texts[i]}" for a, i in zip(axes, index, strict=True))
            data, width, height, readout = render(draw, values, kind="webp")
            frames.append(_stored.Frame(data, width, height, readout, f"{alt.rstrip('. ')} ({where})"))
        _stored.check(frames, MAX_BYTES)
        _stored.show(ident, axes, frames, caption, alt)
    else:
        _live.show(ident, draw, made, presets, caption, alt, render)


def render(draw: Callable[..., Any], values: Mapping[str, Any], *, kind: str) -> tuple[bytes, int, int, str]:
    """One frame: (bytes, width and height in pixels, readout). Closes the figure."""
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    before = set(plt.get_fignums())
    try:
        got = draw(**values)
        fig, readout = got if isinstance(got, tuple) and len(got) == 2 else (got, "")
        if not isinstance(fig, Figure):
            raise ValueError(
                f"explore: draw must return a matplotlib Figure, or (Figure, readout); got {type(got).__name__} "
                f"for {dict(values)!r}. End it with `return fig`"
            )
        if isinstance(readout, Mapping):
            readout = " · ".join(f"{k} = {v:.3g}" if isinstance(v, float) else f"{k} = {v}" for k, v in readout.items())
        if not isinstance(readout, str):
            raise ValueError(f"explore: the readout must be a text or a dict, got {type(readout).__name__}")
        data, width, height = picture(fig, dpi=PAGE_DPI if kind == "webp" else 1.5 * PAGE_DPI, kind=kind)
        return data, width, height, readout.replace("-", "\u2212") if _numeric(readout) else readout
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)


def _numeric(text: str) -> bool:
    """Whether every hyphen of a readout is a sign (so that it may be set as a minus)."""
    return not any(a.isalnum() and b == "-" for a, b in itertools.pairwise(text))


def _check_signature(draw: Any, controls: Mapping[str, Slider | Choice]) -> None:
    if not callable(draw):
        raise ValueError(f"explore: the first argument is the function that draws, got {draw!r}")
    parameters = inspect.signature(draw).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    takes = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    needs = {p.name for p in parameters if p.name in takes and p.default is p.empty}
    if unknown := sorted(set(controls) - takes):
        raise ValueError(
            f"explore: draw has no argument {', '.join(unknown)}; it takes {', '.join(sorted(takes)) or 'none'}"
        )
    if missing := sorted(needs - set(controls)):
        raise ValueError(f"explore: draw needs a control for {', '.join(missing)}, e.g. {missing[0]}=slider(0, 1, 5)")


def _identifier(name: str) -> str:
    text = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")
    if not text or not text.isascii():
        raise ValueError(f"explore: name= must hold letters, digits and hyphens, got {name!r}")
    return f"explore-{text}"
