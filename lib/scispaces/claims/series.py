"""The verb `series`: equality to an order, with the order measured by the numeric leg."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp
from mpmath import mp
from sympy import Symbol

from . import enclosures, numeric
from . import nodes as N
from .asymptotics import series_at_infinity
from .compare import Comparison, precision_for
from .explicit import CannotEvaluate, explicit, settle
from .identity import Identity
from .parts import Context
from .prove import prove_zero
from .scope import Case
from .tree_part import POINTS
from .truncated_series import Expander, plus, times


class Series(Identity):
    """See `series`."""

    kind = "series"

    def __init__(self, sides: tuple[Any, ...], variable: Symbol, order: Any, at: Any = 0, **options: Any) -> None:
        super().__init__(sides, **options)
        self.variable, self.order, self.at = variable, sp.sympify(order), sp.sympify(at)
        if not isinstance(variable, Symbol):
            raise ValueError(f"the variable of a series is a symbol, got {variable}")
        if not self.order.is_positive:
            raise ValueError(f"the order of a series is positive, got {order}")
        if variable not in N.free(self.sides[0]) | N.free(self.sides[-1]):
            raise ValueError(f"the sides do not contain {variable}")

    def stated(self, context: Context) -> list[Any]:
        from .stated_trees import StatedSeries

        return [StatedSeries(self, context, left, right, "O") for left, right in self.links()]

    @property
    def small(self) -> str:
        if self.at == sp.oo:
            return f"O({self.variable}^-{self.order})"
        shift = f"({self.variable} - {self.at})" if self.at != 0 else str(self.variable)
        return f"O({shift}^{self.order})" if self.order != 1 else f"O({shift})"

    def scope_of(self, context: Context) -> str:
        base = super().scope_of(context)
        return self.small + (f", {base}" if base else "")

    def checked(self) -> str:
        return super().checked() + f" + {self.small}"

    def run(self, context: Context) -> Any:
        outcome = super().run(context)
        outcome.verdict = "series"
        return outcome

    def digits_cap(self) -> int:
        return 40

    # the numeric leg: the remainder falls with the claimed power

    def instances(self, context: Context, count: int, *name: object) -> list[tuple[Case, numeric.Env]]:
        return super().instances(context, count, *name)

    def _pool(self, case: Case | None) -> Any:
        pool = super()._pool(case)
        pool.scalars = [s for s in pool.scalars if s != self.variable]
        return pool

    def compare(self, left: sp.Basic, right: sp.Basic, env: numeric.Env, fast: bool = False) -> Comparison:
        """Measure the order of left - right between two small (or large) values of the variable, on both sides."""
        states = [self._measure(left, right, env, sign) for sign in self._signs()]
        return next((c for c in states if c.state == "differ"), states[0])

    def _signs(self) -> tuple[int, ...]:
        one_sided = self.at in (sp.oo, -sp.oo) or (self.at == 0 and self.variable.is_nonnegative)
        return (1,) if one_sided else (1, -1)

    def _enclosed(self, left: sp.Basic, right: sp.Basic, env: numeric.Env, sign: int) -> Comparison | None:
        """The order by enclosures; None where they do not tell.

        A coefficient that nearly vanishes can cancel the next one at one distance: look again nearer.
        """
        found = self._slope(left, right, env, sign, (5, 6))
        if found is not None and found.state == "differ":
            return self._slope(left, right, env, sign, (10, 11)) or found
        return found

    def _slope(
        self, left: sp.Basic, right: sp.Basic, env: numeric.Env, sign: int, powers: tuple[int, int]
    ) -> Comparison | None:
        """Bounds of the gaps at the distances 8^-p bound the slope between them."""
        digits = 60 + 12 * int(mp.ceil(float(self.order)))
        gaps, values = [], []
        for power in powers:
            with mp.workdps(digits):
                h = mp.mpf(2) ** (-3 * power)
                try:
                    place = 1 / h if self.at == sp.oo else numeric.value(self.at, env, digits) + sign * h
                except numeric.Undefined:
                    return None
            if self.at not in (0, sp.oo) and not self.at.is_Rational:
                return None  # a rounded place is not near enough
            there = env.at(self.variable, place) if isinstance(env, numeric.Instance) else {**env, self.variable: place}
            found = enclosures.gap(left, right, there, digits)
            if found is None:
                return None
            gaps.append(found[:2])
            values.append(found[2:])
        lv, rv = (enclosures.to_mpmath(x) for x in values[0])
        slopes = enclosures.slopes(gaps, 8.0)
        if slopes is None:
            return None
        low, high = slopes
        if low >= float(self.order) - 0.2:
            return Comparison("agree", 40, lv, rv, True)
        return Comparison("differ", int(low), lv, rv, True) if high < float(self.order) - 0.2 else None

    def _measure(self, left: sp.Basic, right: sp.Basic, env: numeric.Env, sign: int) -> Comparison:
        found = self._enclosed(left, right, env, sign)
        if found is not None:
            return found
        levels, _ = precision_for(left, right)
        rough = levels[0] < 50
        digits = 40 if rough else 60 + 12 * int(mp.ceil(float(self.order)))
        steps = (mp.mpf("0.004"), mp.mpf("0.001")) if rough else (mp.mpf(10) ** -5, mp.mpf(10) ** -6)
        gaps, values = [], []
        for h in steps:
            with mp.workdps(digits):
                place = 1 / h if self.at == sp.oo else numeric.value(self.at, env, digits) + sign * h
            try:
                there = (
                    env.at(self.variable, place) if isinstance(env, numeric.Instance) else {**env, self.variable: place}
                )
                lv = numeric.value(left, there, digits)
                rv = numeric.value(right, there, digits)
                with mp.workdps(digits):
                    gaps.append(numeric.size_of(numeric.difference(lv, rv)))
                    floor = mp.mpf(10) ** (8 - digits) * max(numeric.size_of(lv), numeric.size_of(rv), 1)
            except numeric.Undefined:
                return Comparison("undefined", 0, None, None)
            values.append((lv, rv))
        lv, rv = values[0]
        if gaps[1] <= floor:
            return Comparison("agree", 40, lv, rv)
        with mp.workdps(30):
            slope = mp.log(gaps[0] / gaps[1]) / mp.log(steps[0] / steps[1])
        state = "agree" if slope >= float(self.order) - 0.2 else "differ"
        return Comparison(state, 40 if state == "agree" else int(slope), lv, rv)

    # the symbolic leg: coefficient by coefficient

    def prove_statement(self, left: sp.Basic, right: sp.Basic, case: Case, size: dict | None, seconds: float) -> None:
        replaced = {s: sp.sympify(v) for s, v in case.items()}
        left, right = left.xreplace(replaced), right.xreplace(replaced)
        if self.at not in (0, sp.oo):
            shift = {self.variable: self.variable + self.at}
            left, right = left.subs(shift), right.subs(shift)
        if self.at == sp.oo or not self.order.is_Integer:
            self._prove_at_infinity(left, right, size, seconds)
            return
        needs_entries = any(N.contains(t, N.Det, N.Tr, N.Adj, N.T, N.Entry, N.Const) for t in (left, right))
        env = self.symbolic_ingredients(left, right, size or {}) if size or needs_entries else {}
        n = int(self.order)
        expand = Expander(self.variable, env)
        try:
            expanded = list(zip(expand(left, n), expand(right, n), strict=True))
        except CannotEvaluate:
            if N.matrix_symbols(left, right):
                raise
            self._prove_at_infinity(left, right, size, seconds)
            return
        for a, b in expanded:
            gap = plus(a, times(sp.S.NegativeOne, b))
            for e in list(gap) if isinstance(gap, sp.MatrixBase) else [gap]:
                prove_zero(e.doit(), seconds)

    def _prove_at_infinity(self, left: sp.Basic, right: sp.Basic, size: dict | None, seconds: float) -> None:
        env = self.symbolic_ingredients(left, right, size or {}) if size else {}
        u = sp.Dummy("u", positive=True)
        x = sp.Dummy("x", positive=True)
        gap = settle(explicit(left, env)) - settle(explicit(right, env))
        if self.at == sp.oo:
            shown = series_at_infinity(gap.subs(self.variable, x), x, self.order)
            shown = sp.expand(sp.powdenest(shown.subs(x, 1 / u), force=True))
        else:
            shown = sp.series(gap.subs(self.variable, u), u, 0, sp.ceiling(self.order) + 1).removeO()
        kept = sp.S.Zero
        for term in sp.Add.make_args(sp.expand(shown)):
            coefficient, power = term.as_coeff_exponent(u)
            if coefficient.has(u) or not (power - self.order).is_nonnegative:
                kept += term
        prove_zero(kept, seconds)


def series(
    *sides: Any,
    variable: Symbol | None = None,
    order: Any = None,
    at: Any = 0,
    sizes: Any = None,
    cases: dict[Symbol, Iterable[Any]] | None = None,
    given: Any = (),
    wrong: Any = (),
    scales: tuple[float, float] | None = None,
    points: int = POINTS,
) -> Series:
    r"""``series(lhs, rhs, t, n)``: the sides agree up to terms $O(t^n)$. Verdict: series.

    The coefficients of $t^0 \dots t^{n-1}$ are proved equal, for generic matrices of the given sizes or, without
    sizes, for noncommuting symbols. ``at=oo`` expands in powers of $1/t$. The numeric leg measures the order
    of the remainder. The other options are those of `identity`.
    """
    if variable is None:
        *sides_list, variable, order = sides
        sides = tuple(sides_list)
    return Series(
        sides, variable, order, at=at, sizes=sizes, cases=cases, given=given, wrong=wrong, scales=scales, points=points
    )
