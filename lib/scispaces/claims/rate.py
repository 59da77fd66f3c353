"""The verb `rate`: an order of convergence or an asymptotic law, measured on several scales."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy as sp

from .failures import Refused
from .parts import Context, Outcome, Part, Tally
from .points import call, fixed_text
from .same_computation import name_of
from .stated import Displayed, Verdict, wrong_relation
from .values import numbers

SCALES = 4
"""How many scales are wanted at least: three local exponents, so that their drift is seen."""


class Rate(Part):
    """See `rate`."""

    kind = "rate"

    def __init__(
        self,
        size: Callable[..., Any],
        scales: dict[str, Sequence[float]],
        order: Any,
        constant: float | None,
        wrong: Any,
        at: dict[str, Any] | None,
    ) -> None:
        if len(scales) != 1:
            raise ValueError("a rate is in one variable: scales={'h': [0.1, 0.05, 0.025, 0.0125]}")
        ((self.variable, values),) = scales.items()
        self.scales = np.asarray([float(v) for v in values])
        steps = np.diff(np.log(self.scales)) if np.all(self.scales > 0) else np.zeros(1)
        if len(self.scales) < SCALES or not (np.all(steps > 0.05) or np.all(steps < -0.05)):
            raise ValueError(
                f"{SCALES} positive scales or more are wanted, in order towards the limit and at least 5 % apart, "
                f"got {list(values)}"
            )
        self.size, self.order, self.constant = size, sp.nsimplify(order), constant
        self.wrong = [sp.nsimplify(w) for w in (wrong if isinstance(wrong, (list, tuple)) else [wrong])]
        self.at = dict(at or {})
        if constant is not None and not (np.isfinite(constant) and constant > 0):
            raise ValueError(f"the constant of a rate is positive, got {constant}")

    def run(self, context: Context) -> Outcome:
        sizes = [np.abs(numbers(call(self.size, {self.variable: s}, context))) for s in self.scales]
        if any(v.size != 1 or not np.isfinite(v).all() or v.item() <= 0 for v in sizes):
            raise context.fail("the quantity is a positive number at every scale: return a norm of the error", Refused)
        self._sizes = np.array([v.item() for v in sizes])
        order, spread = _limit(np.diff(np.log(self._sizes)) / np.diff(np.log(self.scales)))
        tally = Tally()
        claimed = float(self.order)
        neighbours = [*map(float, self.wrong), claimed + 0.5, claimed - 0.5]
        nearest = min(abs(claimed - w) for w in neighbours)
        if not spread <= nearest / 3:
            raise context.fail(
                f"the measured order {order:.3g} is uncertain by {spread:.2g}; a third of the way to the nearest "
                f"neighbour is {nearest / 3:.2g}: go to smaller scales",
                Refused,
            )
        if abs(order - claimed) > max(spread, nearest / 3):
            raise context.fail(f"the measured order is {order:.4g} ± {spread:.2g}, {self.order} was stated")
        for w in neighbours:
            if abs(order - w) <= max(spread, nearest / 3):
                raise context.fail(f"a mutant survives: the order {w:g}")
        for _ in self.wrong:
            tally.add("author")
        tally.made["automatic"] += 2
        tally.killed["automatic"] += 2
        evidence: dict[str, Any] = {"scales": len(self.scales), "order": "within a third of its nearest neighbour"}
        resolution = []
        if self.constant is not None:
            seen = self._constant(context, claimed, tally)
            resolution = [{"constant": f"{self.constant:g}", "relative": f"{seen:.0e}".replace("e-0", "e-")}]
        factor = "C" if self.constant is None else f"{self.constant:g}"
        shown = f"{name_of(self.size)} ~ {factor} {self.variable}^{self.order}"
        scope = f"{fixed_text(self.at)}{self.variable} from {self.scales[0]:g} to {self.scales[-1]:g}"
        return Outcome(self.kind, "checked", scope, shown, evidence, tally, resolution=resolution)

    def _constant(self, context: Context, order: float, tally: Tally) -> float:
        """Compare the constant; returns the relative change that would have been noticed, a decade up."""
        constant, spread = _limit(self._sizes / self.scales**order)
        assert self.constant is not None
        seen = 10.0 ** np.ceil(np.log10(max(spread / self.constant, 1e-12)))
        if seen > 0.1:
            raise context.fail(
                f"the measured constant {constant:.3g} is uncertain by {spread:.2g}: go to smaller scales", Refused
            )
        if abs(constant - self.constant) > seen * self.constant:
            raise context.fail(f"the measured constant is {constant:.6g}, {self.constant:g} was stated")
        for sign in (1, -1):
            if abs(constant - self.constant * (1 + 3 * sign * seen)) <= seen * self.constant:
                raise context.fail(f"a mutant survives: the constant moved by {3 * seen:g}")
            tally.add("automatic")
        return float(seen)

    def stated(self, context: Context) -> list[Any]:
        return [StatedRate(self)]


def _limit(values: np.ndarray) -> tuple[float, float]:
    """The limit of a sequence that converges geometrically (Aitken's extrapolation), and how uncertain it is.

    The uncertainty is twice what the last value has moved the extrapolation, and not below a twentieth of its own step.
    """
    last = _aitken(values[-3:])
    step = abs(values[-1] - values[-2])
    moved = abs(last - _aitken(values[-4:-1])) if len(values) > 3 else max(abs(last - values[-1]), step)
    return last, float(max(2 * moved, step / 20, 1e-12))


def _aitken(values: np.ndarray) -> float:
    a, b, c = values
    drift = (c - b) - (b - a)
    better = c - (c - b) ** 2 / drift if abs(drift) > 1e-300 else c
    return float(better if np.isfinite(better) and abs(better - c) <= 3 * abs(c - b) else c)


class StatedRate:
    """``left = right + O(h^p)``: the displayed difference is the measured quantity, the gauge has its order."""

    rel = "O"
    thorough = False

    def __init__(self, part: Rate) -> None:
        self.part = part

    def names(self, latex: str) -> dict[str, Any]:
        known = [self.part.variable, *self.part.at]
        return {sp.latex(sp.Symbol(name)): sp.Symbol(name) for name in known}

    def reads(self, shown: Displayed) -> Verdict:
        from . import arrays
        from .stated_trees import without_small

        if shown.rel != "O":
            return Verdict(False, wrong_relation(shown.rel, "O"))
        one, right, gauge = without_small(shown.right)
        h = sp.Symbol(self.part.variable)
        ratio = sp.simplify(gauge.xreplace({s: h for s in gauge.free_symbols if s.name == h.name}) / h**self.part.order)
        if not one or not (ratio.is_number and ratio.is_nonzero):
            return Verdict(False, f"the part states the order {self.part.order} in {h}")
        try:
            for s, size in zip(self.part.scales, self.part._sizes, strict=True):
                at = {**self.part.at, self.part.variable: s}
                gap = np.linalg.norm(np.atleast_1d(arrays.value(shown.left, at) - arrays.value(right, at)))
                if abs(gap - size) > 1e-6 * size:
                    return Verdict(False, "what is displayed is not the quantity that was measured")
        except arrays.NoValue as no:
            return Verdict(False, str(no))
        return Verdict(True)

    def equal(self, left: sp.Basic, right: sp.Basic) -> bool | None:
        return None

    def same_statement(self, shown: Displayed, other: Displayed) -> bool:
        """The sign of an O says nothing, nor do the two sides exchanged."""
        from .stated_trees import without_small

        (_, a, g), (_, b, h) = (without_small(r.right) for r in (shown, other))
        gap = sp.expand((shown.left - a) - (other.left - b)), sp.expand((shown.left - a) + (other.left - b))
        return g == h and sp.S.Zero in gap

    def resolution(self, shown: Displayed) -> list[dict[str, Any]]:
        return []


def rate(
    size: Callable[..., Any],
    scales: dict[str, Sequence[float]],
    order: Any,
    *,
    constant: float | None = None,
    wrong: Any = (),
    at: dict[str, Any] | None = None,
) -> Rate:
    r"""``rate(size, {"h": [...]}, p)``: size(h) ~ C h^p towards the last scale. Verdict: checked.

    size: a function of the variable that returns a positive number (the norm of an error).
    scales: four values or more, in order towards the limit (small steps, or large sizes with a negative order).
    order: the exponent p. The local exponents are extrapolated; what is left of their drift is the uncertainty, which
        has to be below a third of the distance to the nearest plausible neighbour (p ± 1/2, and those in `wrong`).
    constant: C, where it is stated too; the relative change that would have been noticed is shown.
    wrong: orders that a careless author would state.
    at: displayed letters that are held fixed; they enter the scope.

    Raises ClaimFailed with the measured order, Refused when the scales cannot tell it from its neighbours.
    """
    return Rate(size, scales, order, constant, wrong, at)
