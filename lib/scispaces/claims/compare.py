"""Do two trees have the same value at a point? Decided by raising the precision, never by a fixed tolerance."""

from __future__ import annotations

from typing import Any, NamedTuple

import sympy as sp
from mpmath import mp

from . import enclosures, numeric
from . import nodes as N

_QUADRATURE = (sp.Integral, N.Expect)
_EXTRAPOLATED = (sp.Limit,)
_SUMMED = (sp.Sum, sp.Product)


CLOSED = (50, 120, 300, 1000, 3000)
"""Working digits for closed forms; a level is raised by what the one before it has lost to cancellation."""


class Comparison(NamedTuple):
    """`state` is "agree", "differ", "undecided", "unclear", "undefined" or "half" (one side only has a value there).

    `digits` are those that agree; then the two values. `certified` says that enclosures of both sides decided: they
    are disjoint, or agree to that many digits, or (undecided) neither, which is no agreement and no refutation.
    """

    state: str
    digits: int
    left: Any
    right: Any
    certified: bool = False


def precision_for(*trees: sp.Basic) -> tuple[tuple[int, ...], int]:
    """Working digits to try in turn, and the agreement wanted: 50 digits where cheap, less where each point costs."""
    if any(N.contains(t, *_EXTRAPOLATED) for t in trees):
        return (15, 30), 5  # the digits of an extrapolated limit
    if any(isinstance(n, N.Expect) for t in trees for n in sp.preorder_traversal(t)):
        return (20,), 10
    integrals = max((_depth(t) for t in trees), default=0)
    if integrals > 1:
        return (15, 25), 8
    if integrals == 1:
        return (20, 40), 12
    if any(N.contains(t, *_SUMMED) and endless(t) for t in trees):
        return (25, 50), 15
    return CLOSED, 30


def _depth(t: sp.Basic) -> int:
    inner = max((_depth(a) for a in t.args), default=0)
    return inner + (len(t.limits) if isinstance(t, sp.Integral) else 0)


def endless(t: sp.Basic) -> bool:
    """Whether a sum or product without end stands in the tree."""
    return any(lim.has(sp.oo, -sp.oo) for n in sp.preorder_traversal(t) if isinstance(n, _SUMMED) for lim in n.limits)


def compare(
    left: sp.Basic,
    right: sp.Basic,
    env: numeric.Env,
    levels: tuple[int, ...],
    wanted: int,
    fast: bool = False,
    first: bool = True,
) -> Comparison:
    """Tell both sides apart by enclosures where they have one, else by mpmath without a certificate.

    `fast` bounds the work on mutants; at the `first` point of a statement costly sides are taken to 400 digits.
    """
    found = enclosures.compare(left, right, env, wanted, fast, first)
    if found is not None:
        return certified(found)
    if fast and max(map(enclosures.nesting, (left, right))) > 1:
        return Comparison("undefined", 0, None, None)  # quadratures in quadratures are too slow for mutants
    return uncertified(left, right, env, levels, wanted, fast)


def certified(found: enclosures.Verdict) -> Comparison:
    """The outcome of a comparison of enclosures, their centres as mpmath numbers."""
    digits = 50 if found.digits > enclosures.DEEP else 50 + found.digits  # so that their difference is seen
    lv, rv = (enclosures.to_mpmath(x, digits) for x in (found.left, found.right))
    return Comparison(found.state, found.digits, lv, rv, True)


def uncertified(
    left: sp.Basic, right: sp.Basic, env: numeric.Env, levels: tuple[int, ...], wanted: int, fast: bool = False
) -> Comparison:
    """Evaluate both sides by mpmath at rising precision until what is left of their difference is explained.

    Two values agree when they share all but a few of the working digits, or when their agreement grows with the
    precision (both sides vanishing with it included), or when the error that a quadrature reports covers the rest. They
    differ when both are settled and no cancellation explains it. `fast` accepts a gross difference (in the fourth
    digit,
    without cancellation) at the first precision: for mutants.
    """
    before: tuple[int, int, Any, tuple[Any, Any]] | None = None
    last = Comparison("unclear", 0, None, None)
    lost = 0.0
    for level in levels:
        digits = max(level, int(levels[0] + lost + 15)) if lost > 4 and levels[0] == CLOSED[0] else level
        if before is not None and digits <= before[0]:
            continue
        if fast and digits > 400:
            return Comparison("undefined", 0, last.left, last.right)  # a mutant is judged where it costs less
        numeric.worst_quadrature_error()
        numeric.digits_lost()
        try:
            lv, rv = numeric.value(left, env, digits), numeric.value(right, env, digits)
            with mp.workdps(digits):
                gap = numeric.size_of(numeric.difference(lv, rv))
                scale = max(numeric.size_of(lv), numeric.size_of(rv))
                if len(levels) == 1:  # one precision only: rounding is relative to the terms that are added
                    terms = [a for side in (left, right) for a in sp.Add.make_args(side)]
                    scale = max([scale, *(numeric.size_of(numeric.value(a, env, digits)) for a in terms)])
        except numeric.Undefined:
            if digits < 300 and not fast and len(levels) > 1:  # rounding may have made a matrix singular
                continue
            return _undefined(left, right, env, digits)
        lost, error = numeric.digits_lost(), numeric.worst_quadrature_error()
        with mp.workdps(digits):
            if gap == 0:
                agreed = digits
            else:
                agreed = int(mp.floor(-mp.log10(gap / scale)))
        last = Comparison("agree", agreed, lv, rv)
        if agreed >= max(wanted, digits - 4):
            return last
        if before is not None and agreed >= max(wanted, levels[0] - 4) and digits >= levels[0] + lost:
            return last
        if agreed >= wanted and error > 0 and 10.0**-agreed <= 100 * error:
            return last
        if fast and agreed < 4 and scale > 1e-6 and lost < digits - 8 and error < 1e-6:
            return Comparison("differ", agreed, lv, rv)
        if before is not None:
            old_digits, old_agreed, old_scale, old_values = before
            if agreed >= wanted and agreed - old_agreed >= 0.7 * (digits - old_digits):
                return last
            with mp.workdps(digits):
                if scale < 1 and scale < old_scale * mp.mpf(10) ** (-(digits - old_digits) * 0.6):
                    return Comparison("agree", digits, lv, rv)  # both vanish as precision rises: an exact zero
                settled = all(
                    numeric.size_of(numeric.difference(new, old)) <= gap * mp.mpf("1e-2")
                    for new, old in zip((lv, rv), old_values, strict=True)
                )
            if settled and lost < digits - 10:
                return Comparison("differ" if error < 1e-6 else "unclear", agreed, lv, rv)
        before = (digits, agreed, scale, (lv, rv))
    if before is None:
        return _undefined(left, right, env, digits)
    if len(levels) == 1:
        return Comparison("differ", last.digits, last.left, last.right)
    if lost >= digits - 10:
        return Comparison("undefined", 0, last.left, last.right)  # all digits cancel at every precision tried
    return Comparison("unclear", last.digits, last.left, last.right)


def _undefined(left: sp.Basic, right: sp.Basic, env: numeric.Env, digits: int) -> Comparison:
    """ "half" when exactly one side has no value, "undefined" when neither has."""
    values = []
    for side in (left, right):
        try:
            values.append(numeric.value(side, env, digits))
        except numeric.OutOfReach:
            return Comparison("undefined", 0, None, None)
        except numeric.Undefined:
            values.append(None)
    state = "half" if sum(v is None for v in values) == 1 else "undefined"
    return Comparison(state, 0, *values)


def text(x: Any, digits: int = 12) -> str:
    """A short text of a value."""
    if x is None:
        return "undefined"
    if isinstance(x, numeric.MPMatrix):
        rows = ("[" + ", ".join(mp.nstr(x[i, j], 6) for j in range(x.cols)) + "]" for i in range(x.rows))
        return "[" + ", ".join(rows) + "]"
    return mp.nstr(x, digits)


def describe(env: numeric.Env, digits: int = 6) -> str:
    """The point of an instance in words."""
    parts = []
    for name, v in env.items():
        if isinstance(name, sp.Symbol) and not callable(v):
            parts.append(f"{name} = {text(v, digits)}")
        elif callable(v):
            parts.append(f"{getattr(name, '__name__', name)} = a random smooth function")
    return ", ".join(parts) or "(no free ingredient)"
