"""Derivatives: a symmetric difference over a small circle, with Cauchy's bound of what it leaves out.

For f analytic on |z - z0| <= R with |f| <= M there, N equidistant points z0 + r w^k, w = exp(2 pi i/N), give

    (1/N) sum_k f(z0 + r w^k) w^(-nk) / r^n = f^(n)(z0)/n! + error,   |error| <= M R^-n q^N / (1 - q^N),   q = r/R.

M comes from one evaluation on the square around the disk, which also proves that f is analytic there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb, acb_mat, arb, ctx

from .. import nodes as N
from .balls import NAN, ZERO, Ball, NotCertified, finite, is_real, plus_minus, size_upper, widened, working
from .compiled import Closure, Point, compiled, rule

RADII = (2, 0, -2, -4, -7, -11, -16, -22, -30, -45, -70, -120, -200)
"""Powers of two: the radii of the disks that are tried."""


def derivative(f: Callable[[acb, Point], Ball], at: Point, place: acb, order: int) -> Ball:
    """The derivative of the given order of z -> f(z, point) at a ball `place`; not finite where no disk is found."""
    centre = acb(place.real.mid(), place.imag.mid())
    spread = arb((place - centre).abs_upper())
    disk = _disk(f, at, centre, spread, order)
    if disk is None:
        return NAN
    radius, bound = disk
    if at.coarse and not spread * 8 < radius:
        value = f(centre, _on_disk(at))
        return widened(value * ZERO, math.factorial(order) * bound / (radius - spread) ** order)
    bits, count = ctx.prec, order + 1
    with working(bits + bits * order // count + 8 * count + 40):
        step = radius * arb(2) ** -(bits // count + 8)
        total: Any = None
        for k in range(count):
            root = acb(arb(2 * k) / count).exp_pi_i()
            term = f(centre + root * step, _continued(at)) * root ** (-order)
            total = term if total is None else total + term
        value = total * (math.factorial(order) / (count * acb(step) ** order))
        q = (step / radius) ** count
        error = bound * math.factorial(order) * q / (1 - q) / radius**order
        if not spread.is_zero():  # over a wide place: plus what the next derivative may add
            error += spread * bound * math.factorial(order + 1) / (radius - spread) ** (order + 1)
    return widened(value, error)


def _on_disk(at: Point) -> Point:
    there = at.child()
    there.coarse = True
    there.analytic = True
    return there


def _continued(at: Point) -> Point:
    there = at.child()
    there.analytic, there.coarse = True, False
    return there


def _disk(f: Callable[[acb, Point], Ball], at: Point, centre: acb, spread: arb, order: int) -> tuple[arb, arb] | None:
    """A radius such that f is analytic on the disk around `centre`, and a bound of |f| there.

    The disk shrinks as long as Cauchy's bound of the derivative gains from it: that saves working digits.
    """
    best: tuple[arb, arb] | None = None
    smallest, failure = arb.pos_inf(), None
    with working(64):
        for exponent in RADII:
            radius = arb(2) ** exponent
            if not spread * 2 < radius:
                break
            try:
                value = f(centre + plus_minus(radius), _on_disk(at))
            except NotCertified as error:  # perhaps on a smaller one
                failure, value = error, NAN
            if finite(value):
                bound = size_upper(value)
                quotient = bound / radius ** (order + 1)
                if not quotient < smallest / 4:
                    break
                best, smallest = (radius, bound), quotient
            elif best is not None:
                break
    if best is None and failure is not None:
        raise failure
    return best


def _moved(inner: Closure, variable: sp.Symbol) -> Callable[[acb, Point], Ball]:
    real = bool(variable.is_real)

    def f(z: acb, at: Point) -> Ball:
        at.values[variable] = z
        if real:
            at.moving = at.moving.union((variable,))
        else:
            at.complex = at.complex.union((variable,))
        return inner(at)

    return f


def _by_scalar(expr: sp.Basic, variable: sp.Symbol, order: int) -> Closure:
    inner = compiled(expr)
    free = variable in N.free(expr)
    f = _moved(inner, variable)
    depends = frozenset(N.free(expr)) | {variable}

    def value(at: Point) -> Ball:
        if not free:
            return inner(at) * ZERO
        known = at.values[variable]
        place = known() if callable(known) else known
        out = derivative(f, at, place, order)
        if is_real(place) and variable.is_real and not at.continues(depends):
            return _as_real(out, expr)
        return out

    return value


def _as_real(x: Ball, expr: sp.Basic) -> Ball:
    """The derivative of a real function in a real variable is real."""
    if expr.is_commutative and expr.is_extended_real and not isinstance(x, acb_mat):
        return acb(x.real)
    return x


@rule(N.D)
def _d(tree: N.D) -> Closure:
    expr, variable, order = tree.args
    if variable.is_commutative:
        return _by_scalar(expr, variable, int(order))
    return _by_matrix(expr, variable)


def _by_matrix(expr: sp.Basic, variable: sp.Symbol) -> Closure:
    inner = compiled(expr)

    def value(at: Point) -> Ball:
        M = at.values[variable]
        out = acb_mat(M.nrows(), M.ncols())
        for i in range(M.nrows()):
            for j in range(M.ncols()):

                def f(z: acb, there: Point, i: int = i, j: int = j) -> Ball:
                    moved = acb_mat(M)
                    moved[i, j] = z
                    there.values[variable] = moved
                    there.complex = there.complex.union((variable,))
                    return inner(there)

                out[i, j] = derivative(f, at, M[i, j], 1)
        return out

    return value


@rule(sp.Derivative)
def _sympy_derivative(tree: sp.Derivative) -> Closure:
    (variable, order), *rest = tree.variable_count
    if not (order.is_Integer and variable.is_Symbol):
        raise NotCertified(f"{tree}: a derivative of symbolic order")
    inner: Any = sp.Derivative(tree.expr, *rest, evaluate=False) if rest else tree.expr
    return _by_scalar(inner, variable, int(order))
