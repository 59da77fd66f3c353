"""The controls of an `explore`: what they may be, which values they take, how a value is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

MAX_FRAMES = 40
MAX_SLIDERS = 2


@dataclass(frozen=True)
class Slider:
    """A numeric control: the values it takes when stored, the value it starts at, and how it is written."""

    values: tuple[float, ...]
    start: float | None = None
    label: str | None = None
    unit: str = ""
    format: str | Callable[[float], str] | None = None
    continuous: bool = False  # may stand between its values when a kernel is there

    def show(self, value: float) -> str:
        if callable(self.format):
            return str(self.format(value))
        text = format(value, self.format or ("d" if isinstance(value, int) else ".3g"))
        return (text + (f" {self.unit}" if self.unit else "")).replace("-", "\u2212")


@dataclass(frozen=True)
class Choice:
    """A control among named things: a native select. `options` maps what is shown to the value given to `draw`."""

    options: Mapping[str, Any]
    label: str | None = None


def slider(
    lo: float | None = None,
    hi: float | None = None,
    n: int | None = None,
    *,
    values: Sequence[float] | None = None,
    start: float | None = None,
    label: str | None = None,
    unit: str = "",
    format: str | Callable[[float], str] | None = None,
    log: bool = False,
) -> Slider:
    """A slider from `lo` to `hi` in `n` equal steps (`log=True`: equal ratios), or through the given `values`.

    Between two integers without `n` it takes every integer. `start` is rounded to the nearest value (default: the
    middle one). `label` (plain text such as "θ") and `unit` are shown; `format` is a format spec (".2f") or a function.
    With a kernel the slider also stands between its values.

    >>> slider(0, 1, 5).values
    (0.0, 0.25, 0.5, 0.75, 1.0)
    >>> slider(1, 4).values
    (1, 2, 3, 4)
    """
    if values is not None:
        if lo is not None or hi is not None or n is not None:
            raise ValueError("slider: give either values=[...] or lo, hi (and n), not both")
        points = tuple(v if isinstance(v, int) else float(v) for v in values)
        continuous = False
    else:
        if lo is None or hi is None:
            raise ValueError("slider: give lo and hi, or values=[...]")
        if not (math.isfinite(lo) and math.isfinite(hi) and lo < hi):
            raise ValueError(f"slider: lo < hi, both finite, are wanted; got lo={lo!r}, hi={hi!r}")
        if log and lo <= 0:
            raise ValueError(f"slider: a logarithmic slider needs lo > 0, got {lo!r}")
        if n is None and isinstance(lo, int) and isinstance(hi, int) and not log:
            points, continuous = tuple(range(lo, hi + 1)), False
        else:
            count = 11 if n is None else n
            if not isinstance(count, int) or count < 2:
                raise ValueError(f"slider: n is the number of positions, an integer of at least 2; got {n!r}")
            share = [i / (count - 1) for i in range(count)]
            if log:
                points = tuple(float(f"{lo * (hi / lo) ** s:.10g}") for s in share)
            else:
                digits = 10 - math.floor(math.log10(hi - lo))  # 0.3, not 0.30000000000000004
                points = tuple(round(lo + (hi - lo) * s, digits) + 0.0 for s in share)
            continuous = not log
    if len(points) < 2 or any(not math.isfinite(v) for v in points) or list(points) != sorted(set(points)):
        raise ValueError(f"slider: at least two finite values in increasing order are wanted, got {points!r}")
    if start is not None and not min(points[0], lo or points[0]) <= start <= max(points[-1], hi or points[-1]):
        raise ValueError(f"slider: start={start!r} lies outside {points[0]!r} … {points[-1]!r}")
    begin = points[len(points) // 2] if start is None else min(points, key=lambda v: abs(v - start))
    return Slider(points, begin, label, unit, format, continuous)


def as_control(name: str, given: Any) -> Slider | Choice:
    """What an author may write for a control: a `slider`, a list, or a mapping from names to values."""
    if isinstance(given, Slider | Choice):
        return given
    if isinstance(given, Mapping):
        options = {str(k): v for k, v in given.items()}
    elif isinstance(given, list | tuple | range):
        options = {str(v): v for v in given}
        if len(options) != len(given):
            raise ValueError(f"explore: the list for {name!r} shows two entries alike: {list(given)!r}")
    else:
        raise ValueError(
            f"explore: control {name!r} must be slider(...), a list or a dict of names; got {given!r}"
        )
    if len(options) < 2:
        raise ValueError(f"explore: control {name!r} has {len(options)} value(s); a control needs two or more")
    return Choice(options)


@dataclass(frozen=True)
class Axis:
    """One control as it is stored: what is shown at each position, and what each position gives to `draw`."""

    kind: str  # "range" or "select"
    name: str
    label: str
    texts: tuple[str, ...]
    given: tuple[dict[str, Any], ...]
    start: int


def axes_of(controls: Mapping[str, Slider | Choice], presets: Mapping[str, Mapping[str, Any]] | None) -> list[Axis]:
    """The stored axes: named presets first (they set every control they name), then the remaining controls."""
    axes = []
    fixed = set()
    if presets is not None:
        fixed = _check_presets(controls, presets)
        axes.append(Axis("select", "preset", "Case", tuple(presets), tuple(dict(p) for p in presets.values()), 0))
    for name, control in controls.items():
        if name in fixed:
            continue
        label = control.label or name
        if isinstance(control, Slider):
            texts = tuple(control.show(v) for v in control.values)
            if len(set(texts)) < len(texts):
                raise ValueError(
                    f"explore: the slider {name!r} writes two of its values alike ({', '.join(texts)}); "
                    'give a finer format, e.g. format=".3f"'
                )
            start = control.values.index(control.start) if control.start is not None else 0
            axes.append(Axis("range", name, label, texts, tuple({name: v} for v in control.values), start))
        else:
            given = tuple({name: v} for v in control.options.values())
            axes.append(Axis("select", name, label, tuple(control.options), given, 0))
    sliders = [a.name for a in axes if a.kind == "range"]
    if len(sliders) > MAX_SLIDERS:
        raise ValueError(
            f"explore: {len(sliders)} sliders ({', '.join(sliders)}); a stored page holds {MAX_SLIDERS}: "
            "give presets={'name': {control: value, ...}, ...} that set the others"
        )
    frames = math.prod(len(a.texts) for a in axes)
    if frames > MAX_FRAMES:
        sizes = " × ".join(f"{len(a.texts)} ({a.label})" for a in axes)
        raise ValueError(
            f"explore: {sizes} = {frames} frames; at most {MAX_FRAMES} fit a page: take fewer positions n="
        )
    return axes


def _check_presets(controls: Mapping[str, Slider | Choice], presets: Mapping[str, Mapping[str, Any]]) -> set[str]:
    if (
        not isinstance(presets, Mapping)
        or len(presets) < 2
        or not all(isinstance(p, Mapping) for p in presets.values())
    ):
        raise ValueError("explore: presets is a dict of two or more named cases: {'shear': {'b': 1.0, ...}, ...}")
    sets = {name: set(p) for name, p in presets.items()}
    first = next(iter(sets.values()))
    for name, keys in sets.items():
        if unknown := keys - set(controls):
            raise ValueError(
                f"explore: preset {name!r} sets {sorted(unknown)}, which are not controls ({list(controls)})"
            )
        if keys != first:
            raise ValueError(
                f"explore: preset {name!r} sets {sorted(keys)}, another one {sorted(first)}: set the same in all"
            )
    if not first:
        raise ValueError("explore: the presets set no control")
    return first


def grid(axes: Sequence[Axis]) -> list[tuple[tuple[int, ...], dict[str, Any]]]:
    """Every stored state in row-major order: its position on each axis and the values `draw` gets."""
    states = []
    for index in product(*(range(len(a.texts)) for a in axes)):
        values: dict[str, Any] = {}
        for axis, i in zip(axes, index, strict=True):
            values.update(axis.given[i])
        states.append((index, values))
    return states
