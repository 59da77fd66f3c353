"""Integrals with a proven error: rigorous quadrature on finite pieces, tails by majorants, end points mapped away.

The quadrature is Petras' adaptive Gauss-Legendre algorithm in Arb, which needs to know where the integrand is
analytic; it finds kinks, peaks and jumps by bisection. An infinite range is cut where the majorant of what is left is
below the last digit; what falls like a power is integrated over the logarithm. A singular end point a is moved to
infinity by x = a + 1/y.
"""

from __future__ import annotations

import functools

import sympy as sp
from flint import acb, arb, ctx
from sympy import Symbol

from .. import nodes as N
from .balls import NAN, ZERO, Ball, NotCertified, finite, is_real, plus_minus, working
from .compiled import Closure, Point, as_real, compiled, real_over, rule
from .majorants import NoBound, tail_bound
from .oscillations import oscillates, oscillating

_DOUBLINGS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 22, 30, 45, 70, 110, 180, 300, 500, 900, 1600, 3000, 6000, 12000, 25000,
              50000, 100000, 200000, 400000)  # fmt: skip


@rule(sp.Integral)
def _integral(tree: sp.Integral) -> Closure:
    value, free = _over_range(tree), frozenset(N.free(tree))
    if not real_over(tree.function, *tree.variables):
        return value
    return lambda at: value(at) if at.continues(free) else as_real(value(at))


def _over_range(tree: sp.Integral) -> Closure:
    (variable, *ends), *outer = reversed(tree.limits)
    inner: sp.Basic = sp.Integral(tree.function, *reversed(outer)) if outer else tree.function
    if len(ends) != 2:
        raise NotCertified(f"an integral without limits has no value: {tree}")
    if N.is_matrix(inner):
        raise NotCertified("an integral of matrices")
    low, high = ends
    if low in (sp.oo, -sp.oo) and high in (sp.oo, -sp.oo):
        if low == high:
            return lambda at: ZERO
        sign = 1 if low == -sp.oo else -1
        return lambda at: sign * (ray(inner, variable, sp.S.Zero, 1, at) + ray(inner, variable, sp.S.Zero, -1, at))
    if high in (sp.oo, -sp.oo):
        direction = 1 if high == sp.oo else -1
        return lambda at: direction * ray(inner, variable, low, direction, at)
    if low in (sp.oo, -sp.oo):
        direction = 1 if low == sp.oo else -1
        return lambda at: -direction * ray(inner, variable, high, direction, at)
    start, stop = compiled(low), compiled(high)

    def value(at: Point) -> Ball:
        a, b = start(at), stop(at)
        if (a - b).is_zero():
            return ZERO
        if not finite(a) or not finite(b):
            return NAN
        return segment(inner, variable, (low, a), (high, b), at)

    return value


def segment(
    inner: sp.Basic,
    x: Symbol,
    low: tuple[sp.Basic, acb],
    high: tuple[sp.Basic, acb],
    at: Point,
    singular_end: bool = True,
) -> acb:
    """The integral over a finite range; an end where the integrand is not finite is mapped to infinity."""
    (low_tree, a), (high_tree, b) = low, high
    f = compiled(inner)
    if not (is_real(a) and is_real(b)):
        return quadrature(f, x, a, b, at)
    step = (b - a) * acb(arb(2) ** -30)
    singular = [not _finite_near(f, x, a, a + step, at), singular_end and not _finite_near(f, x, b - step, b, at)]
    if not any(singular):
        return quadrature(f, x, a, b, at)
    middle = acb(((a + b) / 2).real.mid())
    total = ZERO
    for end_tree, end, bad, sign in ((low_tree, a, singular[0], 1), (high_tree, b, singular[1], -1)):
        forward = middle - end if sign == 1 else end - middle  # from the end to the middle, in the direction of travel
        if not bad:
            total += quadrature(f, x, *((end, middle) if sign == 1 else (middle, end)), at)
            continue
        rising = bool(forward.real > 0)
        y = sp.Dummy("y", positive=True)
        side = sign if rising else -sign
        mapped = inner.xreplace({x: end_tree + side / y}) / y**2
        total += (1 if rising else -1) * half_line(mapped, y, 1 / abs(forward), at)
    return total


def _finite_near(f: Closure, x: Symbol, a: acb, b: acb, at: Point) -> bool:
    there = at.child(x)
    there.coarse = True
    there.values[x] = acb(a.real.union(b.real))
    return finite(f(there))


def ray(inner: sp.Basic, x: Symbol, start: sp.Basic, direction: int, at: Point) -> acb:
    """The integral of inner dx from `start` to oo, or of inner(x) |dx| from `start` down to -oo."""
    a = compiled(start)(at)
    if not is_real(a):
        raise NotCertified("a ray from a complex point")
    first = acb(((a.real * direction).max(arb(0)) + 1).mid())
    near = segment(inner, x, (start, a), (sp.S.Zero, first * direction), at, singular_end=False)
    return near * direction + half_line(*_towards(inner, x, direction), first.real, at)


# what is substituted is substituted once, so that it is compiled once


@functools.lru_cache(maxsize=2048)
def _from_end(inner: sp.Basic, x: Symbol, end: sp.Basic, side: int) -> tuple[sp.Basic, Symbol]:
    y = sp.Dummy("y", positive=True)
    return inner.xreplace({x: end + side / y}) / y**2, y


@functools.lru_cache(maxsize=2048)
def _towards(inner: sp.Basic, x: Symbol, direction: int) -> tuple[sp.Basic, Symbol]:
    y = sp.Dummy("y", positive=True)
    return inner.xreplace({x: direction * y}), y


@functools.lru_cache(maxsize=2048)
def _over_logarithm(tree: sp.Basic, y: Symbol) -> tuple[sp.Basic, Symbol]:
    u = sp.Dummy("u", real=True)
    return _one_exponential(tree.xreplace({y: sp.exp(u)}) * sp.exp(u), u), u


def half_line(tree: sp.Basic, y: Symbol, start: arb, at: Point) -> acb:
    """The integral from `start` > 0 to oo. Raises NotCertified where it is not seen to converge."""
    if oscillates(tree, y) and not _falls_soon(tree, y, start, at):
        try:
            return oscillating(tree, y, start, at, settled, quadrature)
        except NoBound:
            pass
    return settled(tree, y, start, at)


def _falls_soon(tree: sp.Basic, y: Symbol, start: arb, at: Point) -> bool:
    try:
        end, _ = _where_to_cut(tree, y, start, arb(2) ** -64, at)
    except NoBound:
        return False
    return bool(end <= 64 * (start + 1))


def settled(tree: sp.Basic, y: Symbol, start: arb, at: Point) -> acb:
    """The integral from `start` > 0 to oo of what falls without help from its oscillation."""
    bits = ctx.prec
    goal = arb(2) ** -(12 if at.coarse else bits + 4)
    out = _cut(tree, y, start, goal, at)
    if at.coarse or not out.is_finite() or bits < 60:
        return out
    if not out.contains(0):
        if out.rel_accuracy_bits() < bits - 16:
            out = _cut(tree, y, start, goal * abs(out.abs_lower()), at)
        return out
    small = arb(out.abs_upper())
    if small < arb(2) ** -(bits // 2) and not small.is_zero():  # much smaller than 1, or zero: look closer
        out = _cut(tree, y, start, goal * small * arb(2) ** -(8 * bits), at)
    return out


def _cut(tree: sp.Basic, y: Symbol, start: arb, goal: arb, at: Point) -> acb:
    end, rest = _where_to_cut(tree, y, start, goal, at)
    knee = arb(max(1, int(float(start.abs_upper())) + 1)) if start < 10**9 else start
    if rational := _at_infinity(tree, y):  # analytic at infinity: over 1/y, without a tail
        return quadrature(compiled(rational), y, ZERO, 1 / acb(start), at)
    if end <= 64 * knee:
        total = quadrature(compiled(tree), y, acb(start), acb(end), at)
    else:
        mapped, u = _over_logarithm(tree, y)
        total = quadrature(compiled(mapped), u, acb(start.log()), acb(end.log()), at)
    return total + (acb(arb(0, rest)) if is_real(total) else plus_minus(rest))


@functools.lru_cache(maxsize=512)
def _at_infinity(tree: sp.Basic, y: Symbol) -> sp.Basic | None:
    """For a rational function, f(1/y)/y^2 in lowest terms if it is finite at y = 0."""
    if not tree.is_rational_function(y) or tree.has(sp.Float):
        return None
    above, below = (sp.Poly(e, y).all_coeffs() for e in sp.fraction(sp.together(tree)))
    excess = len(below) - len(above) - 2
    if excess < 0:
        return None
    reversed_above, reversed_below = (sum(c * y**n for n, c in enumerate(e)) for e in (above, below))
    return y**excess * reversed_above / reversed_below


def _one_exponential(tree: sp.Basic, u: Symbol) -> sp.Basic:
    """A product with its exponentials of multiples of u put together: on wide balls exp(-2u) exp(u) is far too wide."""
    rate, others = sp.S.Zero, []
    for a in sp.Mul.make_args(tree):
        c = a.args[0] / u if isinstance(a, sp.exp) else u
        if u in c.free_symbols:
            others.append(a)
        else:
            rate += c
    return sp.Mul(*others, sp.exp(sp.expand(rate) * u))


def _where_to_cut(tree: sp.Basic, y: Symbol, start: arb, goal: arb, at: Point) -> tuple[arb, arb]:
    failure: NoBound | None = None
    best: tuple[arb, arb] | None = None
    for doublings in _DOUBLINGS:
        end = arb(2) ** doublings
        if not end > start:
            continue
        try:
            rest = tail_bound(tree, y, end, at)
        except NoBound as error:
            failure = error
            if doublings > 300:
                break
            continue
        if rest.is_finite():
            best = (end, arb(rest.abs_upper()))
            if rest < goal:
                return best
    if best is not None:
        return best
    raise failure or NoBound("an integral whose tail is not bounded")


class Work:
    """How many values of integrands have been computed: what decides, without a clock, how far to go."""

    evaluations = 0


work = Work()


class _Callback:
    """An integrand for Arb. What it raises cannot pass through the library: it is kept and raised afterwards."""

    def __init__(self, f: Closure, x: Symbol, at: Point, on_the_line: bool) -> None:
        self.f, self.x = f, x
        self.plain, self.analytic = (at.child(x) for _ in range(2))
        if not on_the_line:
            for there in (self.plain, self.analytic):
                there.moving, there.complex = at.moving, at.complex.union((x,))
        self.analytic.analytic = True
        self.coarse = at.coarse
        self.failure: BaseException | None = None

    def __call__(self, z: acb, analytic: bool) -> acb:
        try:
            if self.failure is not None:
                return NAN
            work.evaluations += 1
            at = self.analytic if analytic else self.plain
            at.coarse = self.coarse or z.rel_accuracy_bits() < 24
            at.values[self.x] = z
            return self.f(at)
        except BaseException as failure:
            self.failure = failure
            return NAN


def quadrature(f: Closure, x: Symbol, a: acb, b: acb, at: Point) -> acb:
    """The integral along the segment from a to b."""
    bits = ctx.prec
    callback = _Callback(f, x, at, is_real(a) and is_real(b))
    limit = 100 if at.coarse else (6000 if bits < 100 else min(150 * bits, 60_000))
    with working(bits + 12):
        try:
            out = acb.integral(
                callback,
                a,
                b,
                rel_tol=arb(2) ** -(8 if at.coarse else bits + 2),
                abs_tol=arb(2) ** -(64 if at.coarse else 12 * bits + 4000),
                eval_limit=limit,
                depth_limit=64 * bits,
                use_heap=True,  # the worst part first: far parts may be tiny, and what is tiny shows only in the end
            )
        except SystemError as error:  # an alarm that rang on the way into the callback
            cause: BaseException | None = error
            while cause is not None and isinstance(cause, SystemError):
                cause = cause.__cause__
            raise (callback.failure or cause or error) from None
    if callback.failure is not None:
        raise callback.failure
    return out
