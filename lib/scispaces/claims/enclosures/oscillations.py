"""Integrals to infinity of what oscillates and falls slowly, by turning the path into the complex plane.

For g analytic in Re z >= a that tends to zero there, and w > 0, Jordan's lemma gives

    int_a^oo g(x) exp(iwx) dx = i exp(iwa) int_0^oo g(a + it) exp(-wt) dt,

an integrand that falls exponentially. Sines and cosines are written by exponentials; x^2 in the phase is substituted.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import sympy as sp
from flint import acb, arb, ctx
from sympy import Symbol

from .balls import IMAGINARY, ZERO, Ball, plus_minus
from .compiled import Point, compiled
from .majorants import NoBound, SectorBounds

Term = tuple[sp.Expr, sp.Expr, sp.Expr]
"""(g, w, c) of a term g(y) exp(w y + c)."""


def oscillates(tree: sp.Basic, y: Symbol) -> bool:
    """Whether a sine, a cosine or an imaginary exponential of the variable stands in the tree."""
    return any(
        y in n.free_symbols and (isinstance(n, (sp.sin, sp.cos)) or (isinstance(n, sp.exp) and n.has(sp.I)))
        for n in sp.preorder_traversal(tree)
    )


@functools.lru_cache(maxsize=512)
def terms_of(tree: sp.Basic, y: Symbol) -> tuple[Symbol, bool, tuple[Term, ...]]:
    """The terms with exponentials of lines, in the variable that it takes; whether that is the square of y."""
    trig = {n for n in sp.preorder_traversal(tree) if isinstance(n, (sp.sin, sp.cos)) and y in n.free_symbols}
    squared = bool(trig) and all(
        n.args[0].is_polynomial(y) and set(sp.Poly(n.args[0], y).monoms()) <= {(2,), (0,)} for n in trig
    )
    if squared:
        v = sp.Dummy("v", positive=True)
        tree, y = tree.xreplace({y: sp.sqrt(v)}) / (2 * sp.sqrt(v)), v
    return y, squared, tuple(_split(g, exponent, y) for g, exponent in _expanded(tree, y))


def _expanded(tree: sp.Basic, y: Symbol) -> list[tuple[sp.Expr, sp.Expr]]:
    """The tree as a sum of g exp(exponent), products of sums multiplied out."""
    if not oscillates(tree, y) and not (isinstance(tree, sp.exp) and y in tree.free_symbols):
        return [(tree, sp.S.Zero)]
    if isinstance(tree, sp.exp):
        return [(sp.S.One, tree.args[0])]
    if isinstance(tree, (sp.sin, sp.cos)):
        turn = sp.I * tree.args[0]
        if isinstance(tree, sp.cos):
            return [(sp.S.Half, turn), (sp.S.Half, -turn)]
        return [(-sp.I / 2, turn), (sp.I / 2, -turn)]
    if isinstance(tree, sp.Add):
        return [term for a in tree.args for term in _expanded(a, y)]
    if isinstance(tree, sp.Pow) and tree.exp.is_Integer and 0 < tree.exp <= 6:
        factors = [tree.base] * int(tree.exp)
    elif isinstance(tree, sp.Mul):
        factors = list(tree.args)
    else:
        raise NoBound(f"an oscillation inside {type(tree).__name__}")
    out = [(sp.S.One, sp.S.Zero)]
    for factor in factors:
        out = [(g * h, a + b) for g, a in out for h, b in _expanded(factor, y)]
        if len(out) > 64:
            raise NoBound("too many oscillating terms")
    return out


def _split(g: sp.Expr, exponent: sp.Expr, y: Symbol) -> Term:
    if not exponent.is_polynomial(y) or sp.degree(exponent, y) > 1:
        raise NoBound("a phase that is no line")
    line = sp.Poly(exponent, y)
    return g, line.coeff_monomial(y), line.coeff_monomial(1)


def oscillating(
    tree: sp.Basic,
    y: Symbol,
    start: arb,
    at: Point,
    plain: Callable[[sp.Basic, Symbol, arb, Point], acb],
    quadrature: Callable[..., acb],
) -> acb:
    """The integral of the tree from `start` to oo; `plain` integrates the terms that do not oscillate."""
    y, squared, terms = terms_of(tree, y)
    if squared:
        start = start * start
    total = ZERO
    for g, rate, shift in terms:
        w = compiled(rate)(at)
        if w.is_zero() or not w.real.is_zero():
            total += plain(g * sp.exp(rate * y + shift), y, start, at)
        else:
            total += compiled(shift)(at).exp() * _turned(g, y, w.imag, start, at, quadrature)
    return total


def _turned(g: sp.Expr, y: Symbol, w: arb, start: arb, at: Point, quadrature: Callable[..., acb]) -> acb:
    up = 1 if w > 0 else -1 if w < 0 else 0
    if not up:
        raise NoBound("a frequency that may vanish")
    begin = arb(start.mid()).max(arb(3))
    if begin > start:  # the bounds hold from 3 on
        phase = IMAGINARY * w

        def head(there: Point) -> Ball:
            return closure(there) * (phase * there.values[y]).exp()

        closure = compiled(g)
        first = quadrature(head, y, acb(start), acb(begin), at)
    else:
        first, begin, closure = ZERO, start, compiled(g)
    monos = SectorBounds(y, arb(begin.lower()), at).upper(g)
    if not all(m.slope(arb(begin.lower())) < 0 for m in monos):
        raise NoBound("an amplitude that is not seen to tend to zero")
    largest = sum((m.at(arb(begin.lower())) for m in monos), arb(0))
    bits = 16 if at.coarse else ctx.prec
    size = abs(w)
    end = arb((arb(bits + 16) * arb(2).log() / size + 1).mid())
    rest = largest * (-size * end).exp() / size
    t = sp.Dummy("t", real=True)

    def integrand(there: Point) -> Ball:
        height = there.values[t]
        there.values[y] = begin + IMAGINARY * up * height
        there.moving = there.moving.union((y,))
        return closure(there) * (-size * height).exp()

    tilted = quadrature(integrand, t, ZERO, acb(end), at) + plus_minus(rest)
    return first + tilted * IMAGINARY * up * (IMAGINARY * w * begin).exp()
