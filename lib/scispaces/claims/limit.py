"""The verb `limit`: taken by sympy on the one leg, approached by mpmath on the other."""

from __future__ import annotations

from typing import Any

import sympy as sp
from mpmath import mp
from sympy import Symbol

from . import nodes as N
from . import numeric
from .compare import Comparison
from .identity import Identity
from .parts import Context
from .prove import NotProved
from .scope import Case


class LimitPart(Identity):
    """See `limit`."""

    kind = "limit"

    def stated(self, context: Context) -> list[Any]:
        from .stated_trees import StatedTrees

        left, right = self.sides
        return [StatedTrees(self, context, left, right, rel) for rel in ("->", "=")]

    def compare(self, left: sp.Basic, right: sp.Basic, env: numeric.Env, fast: bool = False) -> Comparison:
        """The distance to the value has to fall as the variable comes nearer: at 10^-6, 10^-24, 10^-96."""
        limits = {n for side in (left, right) for n in sp.preorder_traversal(side) if isinstance(n, sp.Limit)}
        slow = (sp.Sum, sp.Product, sp.Integral, sp.Limit, sp.Derivative, N.D)
        approaches = {n.args[1:] for n in limits}
        if len(approaches) != 1 or any(N.contains(n.args[0], *slow) for n in limits):
            return super().compare(left, right, env, fast)
        ((variable, to, side),) = approaches
        if any(variable in N.free(t) for t in (left, right)):
            return super().compare(left, right, env, fast)
        inside = {n: n.args[0] for n in limits}
        left, right = left.xreplace(inside), right.xreplace(inside)
        if left in (sp.oo, -sp.oo):
            left, right = right, left
        place_of = (variable, to, str(side))
        found = Comparison("undefined", 0, None, None)
        for route in _routes(left, right, variable, to):
            found = self._approach(left, right, env, place_of, (6, 24, 96), route)
            if found.state == "differ":
                found = self._approach(left, right, env, place_of, (96, 384, 1536), route)
            if found.state != "agree":
                return found
        return found

    def _approach(
        self,
        left: sp.Basic,
        right: sp.Basic,
        env: numeric.Env,
        place_of: tuple[Symbol, sp.Expr, str],
        ks: tuple[int, ...],
        route: tuple[Any, int],
    ) -> Comparison:
        """Whether the gap falls through the distances 10^-k, on the way that `route` = (factor, shift) takes."""
        variable, to, side = place_of
        factor, shift = route
        gaps: list[Any] = []
        lv = rv = mp.mpf(0)
        for k in ks:
            digits = 2 * k + 30
            try:
                with mp.workdps(digits):
                    h = mp.mpf(10) ** (-k)
                    if to in (sp.oo, -sp.oo):
                        place = factor / h
                        if variable.is_integer:
                            place = mp.floor(place) + shift
                        place = place if to == sp.oo else -place
                    else:
                        place = numeric.value(to, env, digits) + (h if side == "+" else -h)
                there = env.at(variable, place) if isinstance(env, numeric.Instance) else {**env, variable: place}
                lv = numeric.value(left, there, digits)
                if right in (sp.oo, -sp.oo):
                    gaps.append(1 / mp.re(lv) * (1 if right == sp.oo else -1))
                    rv = mp.inf
                else:
                    rv = numeric.value(right, there, digits)
                    gaps.append(numeric.size_of(numeric.difference(lv, rv)))
            except (numeric.Undefined, ZeroDivisionError):
                return Comparison("undefined", 0, None, None)
        if mp.isfinite(rv) and min(abs(lv), abs(rv)) > mp.mpf(10) ** 20 and mp.re(lv) * mp.re(rv) > 0:
            return Comparison("agree", 15, lv, rv)  # both sides grow beyond all bounds
        scale = max(numeric.size_of(rv), mp.mpf(1)) if mp.isfinite(rv) else mp.mpf(1)
        falling = 0 < gaps[2] < gaps[1] * mp.mpf("0.6") and gaps[1] < gaps[0] * mp.mpf("0.9")
        near = 0 <= gaps[2] <= scale * mp.mpf(10) ** -20 or (falling and gaps[2] < scale / 20)
        return Comparison("agree" if near else "differ", 15, lv, rv)

    def digits_cap(self) -> int:
        return 15

    def prove_statement(self, left: sp.Basic, right: sp.Basic, case: Case, size: dict | None, seconds: float) -> None:
        if sp.oo in (right, left) or -sp.oo in (right, left):
            value, other = (left, right) if isinstance(left, sp.Limit) else (right, left)
            found = value.xreplace({s: sp.sympify(v) for s, v in case.items()}).doit()
            if found != other:
                raise NotProved(found, ["limit"])
            return
        super().prove_statement(left, right, case, size, seconds)


_STEPS = (sp.floor, sp.ceiling, sp.frac, sp.Mod, sp.sin, sp.cos, sp.tan, sp.cot)


def _routes(left: sp.Basic, right: sp.Basic, variable: Symbol, to: sp.Expr) -> list[tuple[Any, int]]:
    """Ways to infinity: powers of ten have the residue and the parity of none but themselves."""
    if to not in (sp.oo, -sp.oo):
        return [(mp.mpf(1), 0)]
    steps = N.contains(left, *_STEPS) or N.contains(right, *_STEPS)
    signs = any(
        isinstance(n, sp.Pow) and n.base.is_negative and variable in N.free(n.exp)
        for t in (left, right)
        for n in sp.preorder_traversal(t)
    )
    if not (steps or signs):
        return [(mp.mpf(1), 0)]
    with mp.workdps(1600):
        return [(mp.mpf(1), 0), *((factor, shift) for factor in (+mp.pi, +mp.e) for shift in (0, 1, 3))]


def limit(expr: Any, variable: Symbol, to: Any, value: Any, side: str = "+", **options: Any) -> LimitPart:
    """``limit(expr, x, x0, value)``: the limit of `expr` is `value` (from the right by default). Verdict: proved."""
    if side not in ("+", "-"):
        raise ValueError(f"a limit is taken from one side, '+' or '-', got {side!r}; check both for a two-sided one")
    return LimitPart((sp.Limit(sp.sympify(expr), variable, to, dir=side), value), **options)
