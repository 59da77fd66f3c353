"""Sums and products, finite and endless; what diverges is refused, not extrapolated."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import sympy as sp
from mpmath import mp

from .. import nodes as N
from .accuracy import Env, MPMatrix, OutOfReach, Undefined, size_of
from .calculus import function_of
from .walk import alike, evaluate, rule


@rule(sp.Sum)
def _sum(tree: sp.Sum, env: Env) -> Any:
    (variable, low, high), *outer = reversed(tree.limits)
    inner = sp.Sum(tree.function, *reversed(outer)) if outer else tree.function
    low, high = evaluate(low, env), evaluate(high, env)

    inner_function = function_of(inner, variable, env)

    def term(n: Any) -> Any:
        return inner_function(mp.mpf(n))

    if (mp.isinf(low) or mp.isinf(high)) and not N.is_matrix(inner):
        _refuse_divergence(term, low, high)
    if mp.isinf(low) and mp.isinf(high):
        return mp.nsum(term, [low, high])
    if mp.isinf(high) and not N.is_matrix(inner) and (plain := _plain_sum(term, int(low))) is not None:
        return plain
    if mp.isinf(high):
        if N.is_matrix(inner):
            return _matrix_series(term, int(low))
        _refuse_irregular_signs(term, int(low))
        return mp.nsum(term, [int(low), mp.inf])
    if mp.isinf(low):
        return mp.nsum(term, [mp.ninf, int(high)])
    if not (mp.isint(low) and mp.isint(high)):
        raise Undefined(f"a sum from {low} to {high}")
    low_int, high_int = int(low), int(high)
    if (
        high_int < low_int - 1
    ):  # the convention of sympy and of difference calculus: sum from a to b = - sum from b+1 to a-1
        return -sum((term(n) for n in range(high_int + 1, low_int)), mp.mpf(0))
    terms = [term(n) for n in range(low_int, high_int + 1)]
    shaped = next((x for x in terms if isinstance(x, MPMatrix)), None)
    total = alike(mp.mpf(0), shaped)
    for x in terms:
        total = total + alike(x, shaped)
    return total


def _refuse_divergence(term: Callable[[Any], Any], low: Any, high: Any) -> None:
    """Extrapolation gives divergent series a value; they have none. Terms that do not fall have no sum."""
    for sign, start in ((1, low),) if not mp.isinf(low) else ((-1, high),) if not mp.isinf(high) else ((1, 0), (-1, 0)):
        sizes = [abs(term(int(start) + sign * n)) for n in (640, 641, 2560, 2561, 10240, 10241)]
        early, middle, late = (max(sizes[i : i + 2]) for i in (0, 2, 4))
        if late > mp.eps and not (late < middle * mp.mpf("0.9") or (late < middle and middle < early)):
            raise Undefined("a series whose terms do not fall")


def _refuse_irregular_signs(term: Callable[[Any], Any], start: int) -> None:
    """Extrapolation needs terms of one sign or of alternating signs; what else comes out of it is no sum."""
    terms = [term(start + n) for n in range(20, 80)]
    if any(mp.im(x) for x in terms):
        return
    signs = [mp.sign(x) for x in terms if x]
    if len({a * b for a, b in itertools.pairwise(signs)}) > 1:
        raise OutOfReach("a slowly converging series whose terms change sign irregularly")


def _plain_sum(term: Callable[[Any], Any], start: int, digits: int = 0) -> Any:
    """The sum term by term, when the terms vanish within six thousand; None when they need extrapolation."""
    total, largest, quiet = mp.mpf(0), mp.mpf(0), 0
    for n in range(start, start + 6000):
        x = term(n)
        total += x
        largest = max(largest, abs(x))
        quiet = quiet + 1 if abs(x) <= mp.eps * mp.mpf("1e-3") * abs(total) else 0
        if quiet == 6:
            lost = float(mp.log10(largest / abs(total))) if total else 0.0
            wanted = digits or mp.dps
            if mp.dps - lost < wanted - 2 and mp.dps < 8000:  # large terms of both signs: again, with more digits
                with mp.workdps(int(wanted + lost + 10)):
                    return _plain_sum(term, start, wanted)
            return +total
        if n == start + 60 and abs(x) > mp.mpf("0.5") * abs(term(n - 20)) and abs(x) < largest / 4:
            return None  # an algebraic tail
    return None


def _matrix_series(term: Callable[[int], Any], start: int) -> Any:
    total, n = term(start), start
    small = 0
    while small < 3:
        n += 1
        x = term(n)
        total = total + x
        small = small + 1 if size_of(x) < mp.eps * max(size_of(total), mp.eps) else 0
        if n > start + 4000:
            raise Undefined("a matrix series that does not converge in 4000 terms")
    return total


@rule(sp.Product)
def _product(tree: sp.Product, env: Env) -> Any:
    (variable, low, high), *outer = reversed(tree.limits)
    inner = sp.Product(tree.function, *reversed(outer)) if outer else tree.function
    low, high = evaluate(low, env), evaluate(high, env)

    def factor(n: Any) -> Any:
        return evaluate(inner, {**env, variable: mp.mpf(n)})

    if mp.isinf(high):
        return mp.nprod(factor, [int(low), mp.inf])
    out = mp.mpf(1)
    for n in range(int(low), int(high) + 1):
        out = out * factor(n)
    return out
