"""Sums and products with a proven error.

A series whose terms fall geometrically or faster is summed as far as its digits reach, with a majorant of the rest.
One whose terms fall like a power is summed by the formulas of Abel and Plana, for f analytic in Re z >= n,

    sum_{k>=n} f(k) = int_n^oo f(x) dx + f(n)/2 + i int_0^oo (f(n+iy) - f(n-iy)) / (exp(2 pi y) - 1) dy,
    sum_{k>=n} (-1)^(k-n) f(k) = f(n)/2 + (i/2) int_0^oo (f(n+iy) - f(n-iy)) / sinh(pi y) dy.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

import sympy as sp
from flint import acb, acb_mat, acb_series, arb, ctx
from sympy import Symbol

from .. import nodes as N
from .balls import IMAGINARY, NAN, ONE, ZERO, Ball, NotCertified, alike, integer, is_real, plus_minus
from .compiled import Closure, Point, as_real, compiled, real_over, rule
from .derivatives import derivative
from .integrals import half_line, quadrature
from .majorants import NoBound, SectorBounds, tail_bound

MOST_TERMS = 30_000


@rule(sp.Sum)
def _sum(tree: sp.Sum) -> Closure:
    (k, low, high), *outer = reversed(tree.limits)
    inner = sp.Sum(tree.function, *reversed(outer)) if outer else tree.function
    endless = _endless(tree, inner, k, low, high)
    if endless is not None:
        free = frozenset(N.free(tree))
        if not real_over(tree.function, *tree.variables):
            return endless
        return lambda at: endless(at) if at.continues(free) else as_real(endless(at))
    start, stop, term = compiled(low), compiled(high), compiled(inner)

    def value(at: Point) -> Ball:
        a, b = _index(start(at)), _index(stop(at))
        if b < a - 1:  # the convention of difference calculus: the sum from a to b is minus that from b+1 to a-1
            return -_total(term, k, b + 1, a - 1, at)
        return _total(term, k, a, b, at)

    return _remembered(value, tree)


def _remembered(value: Closure, tree: sp.Basic) -> Closure:
    """The last value, as long as nothing that it is made of has changed: a sum inside a sum, without its index."""
    names = [*N.free(tree), *N.unknown_functions(tree)]
    last: list[object] = []

    def again(at: Point) -> Ball:
        if at.moving or at.complex:
            return value(at)
        now = [at.values.get(name) for name in names]
        how = (ctx.prec, at.coarse, at.size)
        if last and last[0] == how and all(a is b for a, b in zip(now, last[2:], strict=True)):
            return last[1]
        out = value(at)
        last[:] = [how, out, *now]
        return out

    return again


def _endless(tree: sp.Sum, inner: sp.Basic, k: Symbol, low: sp.Basic, high: sp.Basic) -> Closure | None:
    if high == sp.oo and low == -sp.oo:
        mirrored = inner.xreplace({k: -k})
        return lambda at: series(inner, k, 0, at) + series(mirrored, k, 1, at)
    if high == sp.oo:
        start = compiled(low)
        return lambda at: series(inner, k, _index(start(at)), at)
    if low == -sp.oo:
        stop, mirrored = compiled(high), inner.xreplace({k: -k})
        return lambda at: series(mirrored, k, -_index(stop(at)), at)
    return None


def _index(x: Ball) -> int:
    n = integer(x)
    if n is None:
        raise NotCertified("a sum to an end that is no integer")
    return n


def _total(term: Closure, k: Symbol, low: int, high: int, at: Point) -> Ball:
    if high - low > 10 * MOST_TERMS:
        raise NotCertified(f"a sum of {high - low} terms")
    there = at.child()
    total: Ball = ZERO
    for n in range(low, high + 1):
        there.values[k] = acb(n)
        x = term(there)
        total = alike(total, x) + alike(x, total) if isinstance(x, acb_mat) or isinstance(total, acb_mat) else total + x
    return total


@rule(sp.Product)
def _product(tree: sp.Product) -> Closure:
    (k, low, high), *outer = reversed(tree.limits)
    inner = sp.Product(tree.function, *reversed(outer)) if outer else tree.function
    if sp.oo in (low, high) or -sp.oo in (low, high):
        raise NotCertified("an infinite product")
    start, stop, factor = compiled(low), compiled(high), compiled(inner)

    def value(at: Point) -> Ball:
        a, b = _index(start(at)), _index(stop(at))
        if b - a > 10 * MOST_TERMS:
            raise NotCertified(f"a product of {b - a} factors")
        there, out = at.child(), ONE
        for n in range(a, b + 1):
            there.values[k] = acb(n)
            out = out * factor(there)
        return out

    return value


def series(inner: sp.Basic, k: Symbol, start: int, at: Point) -> acb:
    """The sum of inner over k = start, start + 1, ... to oo."""
    if N.is_matrix(inner):
        raise NotCertified("a series of matrices")
    zeta = _as_zeta(inner, k, start, at)
    if zeta is not None:
        return zeta
    bits = 12 if at.coarse else ctx.prec
    failure: NoBound | None = None
    term, best, plana = compiled(inner), None, True
    first, count = max(start + 1, 4), 4
    while count <= MOST_TERMS:
        end = first + count
        try:
            rest = tail_bound(inner, k, arb(end), at)
        except NoBound as error:
            failure = error
            if count > 2000:
                break
        else:
            best = (end, rest)
            if rest < arb(2) ** -(bits + 4):
                return _cut(term, k, start, end, rest, at, bits, inner)
        if plana and count >= 256 and (best is None or best[1] > arb(2) ** -20):  # it falls slowly, like a power
            plana = False
            try:
                return _abel_plana(inner, k, start, at)
            except NoBound:
                pass
        count = count * 3 // 2
    if best is not None and best[1].is_finite():
        return _cut(term, k, start, best[0], best[1], at, bits, inner)
    raise failure or NoBound("a series whose tail is not bounded")


def _cut(term: Closure, k: Symbol, start: int, end: int, rest: arb, at: Point, bits: int, inner: sp.Basic) -> acb:
    total = _total(term, k, start, end, at)
    small = arb(total.abs_upper())
    if not at.coarse and small < arb(2) ** -30 and end < 4 * MOST_TERMS:  # the tail has to be small next to the sum
        further = end
        while further < 4 * MOST_TERMS and not rest < small * arb(2) ** -bits:
            further = further * 5 // 4 + 4
            rest = tail_bound(inner, k, arb(further), at)
        total = total + _total(term, k, end + 1, further, at)
    return total + (acb(arb(0, arb(rest.abs_upper()))) if is_real(total) else plus_minus(rest))


def _as_zeta(inner: sp.Basic, k: Symbol, start: int, at: Point) -> acb | None:
    """The sum of c (k + b)^-s log(k + b)^j for real s > 1: (-1)^j times the j-th derivative of ζ(s, start + b) by s."""
    rate, logs, shift, rest = ZERO, 0, None, []
    for factor in sp.Mul.make_args(inner):
        base, exponent = factor.as_base_exp()
        if k not in factor.free_symbols:
            rest.append(factor)
            continue
        line = base.args[0] if isinstance(base, sp.log) and len(base.args) == 1 else base
        b = line - k
        if k in b.free_symbols or k in exponent.free_symbols or shift not in (None, b):
            return None
        shift = b
        if line is base:
            rate = rate - compiled(exponent)(at)
        elif exponent.is_Integer and 0 < exponent < 20:
            logs += int(exponent)
        else:
            return None
    if shift is None or not is_real(rate) or not rate.real > 1:
        return None
    a = compiled(shift)(at) + start
    if not is_real(a) or not a.real > 0:
        return None
    with _cap(logs + 1):
        value = acb_series([rate, 1]).zeta(a)[logs] * math.factorial(logs) * (-1) ** logs
    return compiled(sp.Mul(*rest))(at) * value


@contextlib.contextmanager
def _cap(terms: int) -> Iterator[None]:
    """The length of power series within the block."""
    before = ctx.cap
    ctx.cap = terms
    try:
        yield
    finally:
        ctx.cap = before


def _alternating(inner: sp.Basic, k: Symbol) -> tuple[sp.Basic, int] | None:
    """(g, c) with inner = (-1)^(k + c) g."""
    for factor in sp.Mul.make_args(inner):
        if isinstance(factor, sp.Pow) and factor.base == -1 and k in factor.exp.free_symbols:
            shift = factor.exp - k
            if shift.is_Integer:
                return sp.Mul(*(a for a in sp.Mul.make_args(inner) if a is not factor)), int(shift)
    return None


def _abel_plana(inner: sp.Basic, k: Symbol, start: int, at: Point) -> acb:
    signed = _alternating(inner, k)
    f, shift = signed if signed else (inner, 0)
    n, bound = _half_plane(f, k, max(start, 6), at, least=0 if signed else 1)
    head = _total(compiled(inner), k, start, n - 1, at)
    closure = compiled(f)

    def at_z(z: acb, there: Point) -> Ball:
        there.values[k] = z
        there.moving = there.moving.union((k,))
        return closure(there)

    weight = _alternating_weight if signed else _plain_weight

    def integrand(there: Point) -> acb:
        y = there.values[height]
        if y.contains(0):  # the mean of f' between n - iy and n + iy
            if not abs(y) < 1:
                return NAN
            hull = acb(n) + (IMAGINARY * y).union(-IMAGINARY * y)
            return derivative(at_z, there, hull, 1) * weight(y)
        above, below = at_z(n + IMAGINARY * y, there.child()), at_z(n - IMAGINARY * y, there.child())
        return (above - below) / (2 * IMAGINARY * y) * weight(y)

    height = sp.Dummy("y", real=True)
    decay = 1 if signed else 2
    bits = 16 if at.coarse else ctx.prec
    top = arb(bits + 16) * arb(2).log() / (decay * arb.pi()) + 1
    top = arb(top.mid())
    rest = bound * 2 * (-decay * arb.pi() * top).exp()
    there = at.child()
    tilted = quadrature(integrand, height, ZERO, acb(top), there) + plus_minus(rest)
    there.values[k] = acb(n)
    value = closure(there) / 2 + tilted
    if signed:
        return head + value * (1 if (n + shift) % 2 == 0 else -1)
    return head + value + half_line(f.xreplace({k: (y := sp.Dummy("y", positive=True))}), y, arb(n), at)


def _half_plane(f: sp.Basic, k: Symbol, start: int, at: Point, least: int) -> tuple[int, arb]:
    """An n from which f is analytic and falls in the right half-plane (faster than |z|^-least), and its bound there."""
    failure: NoBound = NoBound("no half-plane")
    for n in (start, start + 10, start + 40, start + 200, start + 1000):
        try:
            monos = SectorBounds(k, arb(n - 1), at).upper(f)
        except NoBound as error:
            failure = error
            continue
        if all(m.slope(arb(n - 1)) < -least for m in monos):
            return n, sum((m.at(arb(n - 1)) for m in monos), arb(0))
    raise failure


def _plain_weight(y: acb) -> acb:
    """-2y / (exp(2 pi y) - 1), the factor i of the formula and the 2iy of the mean put together."""
    w = 2 * acb.pi() * y
    mean = w.hypgeom_1f1(acb(1), acb(2)) if w.contains(0) else (w.exp() - 1) / w
    return -1 / (acb.pi() * mean)


def _alternating_weight(y: acb) -> acb:
    """-y / sinh(pi y)."""
    return -1 / (acb.pi() * (acb.pi() * y * IMAGINARY).sinc())


__all__ = ["series"]
