"""What is defined through real values (moduli, extrema, steps, conditions), on balls and continued from the line."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb, arb

from .. import nodes as N
from .balls import NAN, ONE, ZERO, Ball, NotCertified, finite, is_real, union
from .compiled import RULES, Closure, Point, compiled, conjugate_of, moves, real_for_real, rule


def _reflected(child: Closure, at: Point) -> Ball:
    """conj(f(conj z)): on the real line the conjugate of f, and analytic where f is."""
    return conjugate_of(child(at.conjugate()))


def _real_part_function(
    tree: sp.Basic, plain: Callable[[acb], acb], of_real: Callable[[acb], acb], continued: Callable[[acb, acb], acb]
) -> Closure:
    """A function of z and conj(z): its value, its continuation for a real argument, and for a complex one."""
    (arg,) = tree.args[:1]
    child, free = compiled(arg), frozenset(N.free(arg))

    def value(at: Point) -> Ball:
        if not moves(tree, free, at):
            return plain(child(at))
        if real_for_real(arg, at.moving):
            return of_real(child(at))
        return continued(child(at), _reflected(child, at))

    return value


def _refused(z: acb, reflected: acb) -> acb:
    return NAN


def _sign(z: acb) -> acb:
    return z.real_sgn() if is_real(z) else z.sgn()


_REAL: dict[type, tuple[Callable, Callable, Callable]] = {
    sp.Abs: (lambda z: acb(abs(z)), lambda z: z.real_abs(True), lambda z, c: (z * c).sqrt(analytic=True)),
    sp.re: (lambda z: acb(z.real), lambda z: z, lambda z, c: (z + c) / 2),
    sp.im: (lambda z: acb(z.imag), lambda z: ZERO, lambda z, c: (z - c) / acb(0, 2)),
    sp.conjugate: (lambda z: z.conjugate(), lambda z: z, lambda z, c: c),
    sp.arg: (lambda z: acb(z.arg()), lambda z: NAN, _refused),
    sp.sign: (_sign, lambda z: z.real_sgn(True), _refused),
    sp.floor: (lambda z: _floor(z), lambda z: z.real_floor(True), _refused),
    sp.ceiling: (lambda z: -_floor(-z), lambda z: z.real_ceil(True), _refused),
    sp.frac: (lambda z: z - _floor(z), lambda z: z - z.real_floor(True), _refused),
}
for _kind, _three in _REAL.items():
    RULES[_kind] = functools.partial(lambda three, tree: _real_part_function(tree, *three), _three)


def _floor(z: acb) -> acb:
    return acb(z.real.floor(), ZERO.real if is_real(z) else z.imag.floor())


@rule(sp.Max, sp.Min)
def _extremum(tree: sp.Basic) -> Closure:
    children, name = [compiled(a) for a in tree.args], "real_max" if isinstance(tree, sp.Max) else "real_min"
    free = frozenset(N.free(tree))

    def value(at: Point) -> Ball:
        analytic = moves(tree, free, at)
        if analytic and not all(real_for_real(a, at.moving) for a in tree.args):
            return NAN
        out = children[0](at)
        for c in children[1:]:
            other = c(at)
            if not analytic and not (is_real(out) and is_real(other)):
                return NAN
            out = getattr(out, name)(other, analytic)
        return out

    return value


@rule(sp.Heaviside)
def _heaviside(tree: sp.Heaviside) -> Closure:
    child, free = compiled(tree.args[0]), frozenset(N.free(tree.args[0]))
    at_zero = compiled(tree.args[1]) if len(tree.args) > 1 else (lambda at: ONE / 2)

    def value(at: Point) -> Ball:
        x, analytic = child(at), moves(tree, free, at)
        if x.real > 0:
            return ONE
        if x.real < 0:
            return ZERO
        if analytic:
            return NAN
        return at_zero(at) if x.is_zero() else union([ZERO, ONE, at_zero(at)])

    return value


@rule(sp.KroneckerDelta)
def _kronecker(tree: sp.Basic) -> Closure:
    i, j = (compiled(a) for a in tree.args[:2])

    def value(at: Point) -> Ball:
        gap = i(at) - j(at)
        if gap.is_zero():
            return ONE
        if not gap.contains(0):
            return ZERO
        raise NotCertified("indices that are not told apart")

    return value


@rule(sp.Mod)
def _mod(tree: sp.Mod) -> Closure:
    a, b = (compiled(x) for x in tree.args)

    def value(at: Point) -> Ball:
        x, y = a(at), b(at)
        if at.analytic or not (is_real(x) and is_real(y)):
            return NAN
        return x - y * _floor(x / y)

    return value


@rule(sp.atan2)
def _atan2(tree: sp.Basic) -> Closure:
    y, x = (compiled(a) for a in tree.args)

    def value(at: Point) -> Ball:
        v, u = y(at), x(at)
        if at.analytic or not (is_real(u) and is_real(v)):
            return NAN
        return acb(arb.atan2(v.real, u.real))

    return value


# --- conditions ---


@rule(sp.Piecewise)
def _piecewise(tree: sp.Piecewise) -> Closure:
    branches = [(compiled(e), condition_of(c)) for e, c in tree.args]

    def value(at: Point) -> Ball:
        possible = []
        for branch, condition in branches:
            holds = condition(at)
            if holds is False:
                continue
            if holds is None and at.analytic:
                return NAN
            possible.append(branch(at))
            if holds:
                return union(possible)
        raise NotCertified("no branch surely applies")

    return value


def condition_of(condition: sp.Basic) -> Callable[[Point], bool | None]:
    """A condition as a function of a point: True, False, or None when it is undecided."""
    if condition in (sp.true, sp.false):
        known = bool(condition)
        return lambda at: known
    if isinstance(condition, (sp.And, sp.Or, sp.Not)):
        parts = [condition_of(a) for a in condition.args]
        return functools.partial(_connected, type(condition), parts)
    if isinstance(condition, sp.core.relational.Relational):
        return _relation(condition)
    raise NotCertified(f"the condition {condition}")


def _connected(kind: type, parts: list[Callable[[Point], bool | None]], at: Point) -> bool | None:
    states = [p(at) for p in parts]
    if kind is sp.Not:
        return None if states[0] is None else not states[0]
    decisive = kind is sp.Or
    if decisive in states:
        return decisive
    return None if None in states else not decisive


def _relation(condition: Any) -> Callable[[Point], bool | None]:
    left, right, sign = compiled(condition.lhs), compiled(condition.rhs), condition.rel_op

    def holds(at: Point) -> bool | None:
        gap = right(at) - left(at)
        if not finite(gap):
            return None
        if sign in ("==", "!="):
            equal = True if gap.is_zero() else (None if gap.contains(0) else False)
            return equal if equal is None or sign == "==" else not equal
        if not is_real(gap) and not at.analytic:
            return None if gap.imag.contains(0) else False
        positive = gap.real if sign in ("<", "<=") else -gap.real
        if positive > 0:
            return True
        if positive < 0:
            return False
        if gap.is_zero():
            return sign in ("<=", ">=")
        return True if sign in ("<=", ">=") and positive >= 0 and not at.analytic else None

    return holds


@rule(sp.Subs)
def _subs(tree: sp.Subs) -> Closure:
    expr, variables, points = tree.args
    inner, places = compiled(expr), [compiled(p) for p in points]

    def value(at: Point) -> Ball:
        there = at.child()
        there.values.update(zip(variables, [p(at) for p in places], strict=True))
        for v, p in zip(variables, points, strict=True):
            free = frozenset(N.free(p))
            if not at.continues(free):
                continue
            if free.isdisjoint(at.complex) and real_for_real(p, at.moving):
                there.moving = there.moving.union((v,))
            else:
                there.complex = there.complex.union((v,))
        return inner(there)

    return value
