"""Inequalities in one variable by the shape of the gap: monotone, or rising and then falling, so least at an end."""

from __future__ import annotations

import sympy as sp
from sympy import Symbol

from . import nodes as N
from .prove import NotProved, prove_nonnegative, prove_zero

_SMOOTH = {"exp", "log", "sin", "cos", "sinh", "cosh", "tanh", "atan", "asinh", "erf", "erfc"}

Range = tuple[sp.Expr, sp.Expr]


def range_of(s: Symbol, relations: list[sp.Basic]) -> Range:
    """The interval that the assumptions of a symbol and simple relations leave to it; its closure."""
    low: sp.Expr = sp.S.Zero if s.is_nonnegative else -sp.oo
    high: sp.Expr = sp.S.Zero if s.is_nonpositive else sp.oo
    for r in relations:
        if not isinstance(r, (sp.StrictGreaterThan, sp.GreaterThan, sp.StrictLessThan, sp.LessThan)):
            continue
        if r.gts == s and r.lts.is_number:
            low = sp.Max(low, r.lts)
        elif r.lts == s and r.gts.is_number:
            high = sp.Min(high, r.gts)
    return low, high


def box_of(symbols: list[Symbol], relations: list[sp.Basic]) -> dict[Symbol, Range] | None:
    """The bounded box that the hypotheses span; None when a symbol is unbounded, or nothing is free."""
    box = {s: range_of(s, relations) for s in symbols}
    if not box or any(not (end.is_finite and end.is_real) for ends in box.values() for end in ends):
        return None
    return box if all(low < high for low, high in box.values()) else None


def at_the_ends(gap: sp.Expr, relations: list[sp.Basic]) -> bool:
    """Whether a gap in one variable is least at an end of its interval, and nonnegative there.

    It is when it is monotone, or when its slope, up to a positive factor, falls: then it changes its sign once at most,
    from plus to minus.
    """
    symbols = N.scalar_symbols(gap)
    strange = {f.func.__name__ for f in gap.atoms(sp.Function, sp.Piecewise)} - _SMOOTH
    if len(symbols) != 1 or strange or symbols[0].is_integer or not symbols[0].is_real:
        return False
    (x,) = symbols
    low, high = range_of(x, relations)
    u = sp.Dummy("u", positive=True)
    place = _inside(low, high, u)
    if place is None or not _continuous(gap, x, place):
        return False
    slope = sp.diff(gap, x)
    ends = [end for end, keep in ((low, _sign(slope, x, place, 1)), (high, _sign(slope, x, place, -1))) if keep][:1]
    if not ends:
        if not any(_sign(sp.diff(form, x), x, place, -1) for form in _up_to_positive_factors(slope, x)):
            return False
        ends = [low, high]
    return all(_nonnegative_towards(gap, x, end, "+" if end == low else "-") for end in ends)


def _inside(low: sp.Expr, high: sp.Expr, u: Symbol) -> sp.Expr | None:
    """The interval as an image of the positive numbers."""
    if low == -sp.oo:
        return None if high == sp.oo else high - u
    return low + u if high == sp.oo else (low + high * u) / (1 + u)


def _continuous(gap: sp.Expr, x: Symbol, place: sp.Expr) -> bool:
    """No division by what may vanish and no logarithm or root of what may be negative, inside the interval."""
    for node in sp.preorder_traversal(gap):
        inner, nonzero = None, False
        if isinstance(node, sp.Pow) and not (node.exp.is_Integer and node.exp > 0):
            inner, nonzero = node.base, bool(node.exp.is_Integer)
        elif isinstance(node, sp.log):
            inner = node.args[0]
        if inner is not None and x in inner.free_symbols and not inner.is_positive:
            moved = sp.together(inner.subs(x, place))
            if not (moved.is_positive or (nonzero and moved.is_nonzero)):
                return False
    return True


def _sign(tree: sp.Expr, x: Symbol, place: sp.Expr, sign: int) -> bool:
    return bool(prove_nonnegative(sign * tree) or prove_nonnegative(sp.expand(sign * tree.subs(x, place))))


def _up_to_positive_factors(slope: sp.Expr, x: Symbol) -> list[sp.Expr]:
    factors = {
        f
        for term in sp.Add.make_args(sp.expand(slope))
        for f in sp.Mul.make_args(term)
        if isinstance(f, sp.exp) and f.is_positive
    }
    return [slope, *(sp.expand(sp.powsimp(sp.expand(slope / f))) for f in sorted(factors, key=sp.default_sort_key))]


def _nonnegative_towards(gap: sp.Expr, x: Symbol, end: sp.Expr, side: str) -> bool:
    value = gap.subs(x, end) if end.is_finite else sp.limit(gap, x, end)
    if not isinstance(value, sp.Expr) or value.has(sp.nan, sp.zoo, sp.Limit, sp.AccumBounds):
        return False
    if value.is_nonnegative or value == sp.oo:
        return True
    try:
        prove_zero(value, 1.0)
    except NotProved:
        return bool(prove_nonnegative(value))
    return True
