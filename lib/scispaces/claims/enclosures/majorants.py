"""Bounds for all x >= X of a tree in one real variable: what a tail of an integral or a series leaves is proved.

A `Mono` is C x^b exp(l x log x + sum_d c_d x^d). `upper` gives monos whose sum bounds |f(x)| from above, `lower` one
that bounds it from below, for every real x >= X; both raise `NoBound` when the rules below do not reach.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp
from flint import acb, arb

from .. import nodes as N
from .balls import Ball, finite, integer, is_real
from .compiled import Point, compiled
from .monos import (
    CONSTANT,
    LOG,
    XLOG,
    Mono,
    NoBound,
    Order,
    Upper,
    absorbed,
    constant,
    fraction,
    largest,
    log_of,
    merged,
    product,
    times,
)


def _bounded_by(limit: int, odd: bool = True) -> Any:
    """The rule of a function whose modulus on the real line is at most `limit`, and odd where told so."""

    def rule(self: Bounds, tree: sp.Basic) -> Upper:
        if odd and (small := self._odd(tree)) is not None:
            return small
        if not self._real(tree.args[-1]):
            raise NoBound("a complex argument")
        return [constant(arb(limit))]

    return rule


class Bounds:
    """Majorants and minorants of trees in `x` for x >= start (at least 3), at a point that gives the other symbols.

    `integer` says that x runs over integers. `real` is the tree's variable as a real symbol.
    """

    def __init__(self, x: sp.Symbol, start: arb, at: Point) -> None:
        self.x, self.start, self.at = x, start, at

    # --- polynomials in the exponent ---

    def constant(self, tree: sp.Basic) -> acb:
        value = compiled(tree)(self.at)
        if not isinstance(value, acb) or not finite(value):
            raise NoBound("a constant that is no finite number")
        return value

    def exponents(self, tree: sp.Basic) -> dict[Order, acb]:
        """The tree as a sum of c x^d (log x)^j with rational d."""
        if self.x not in N.free(tree):
            return {CONSTANT: self.constant(tree)}
        if tree == self.x:
            return {(Fraction(1), 0): acb(1)}
        if isinstance(tree, sp.log) and len(tree.args) == 1:
            inner = self.exponents(tree.args[0])
            if len(inner) == 1:
                (((d, j), c),) = inner.items()
                if j == 0 and is_real(c) and c.real > 0:
                    return {LOG: acb(fraction(d)), CONSTANT: c.log()}
            raise NoBound("a logarithm in an exponent")
        if isinstance(tree, sp.Add):
            out: dict[Order, acb] = {}
            for a in tree.args:
                for key, c in self.exponents(a).items():
                    out[key] = out[key] + c if key in out else c
            return out
        if isinstance(tree, sp.Mul):
            product: dict[Order, acb] = {CONSTANT: acb(1)}
            for a in tree.args:
                product = times(product, self.exponents(a))
            return product
        if isinstance(tree, sp.Pow) and tree.exp.is_Rational:
            inner, e = self.exponents(tree.base), Fraction(int(tree.exp.p), int(tree.exp.q))
            if e.denominator == 1 and 0 < e <= 12:
                out = {CONSTANT: acb(1)}
                for _ in range(int(e)):
                    out = times(out, inner)
                return out
            if len(inner) == 1:
                (((d, j), c),) = inner.items()
                if j == 0 and (e.denominator == 1 or (is_real(c) and c.real > 0)):
                    return {(d * e, 0): c ** acb(fraction(e))}
        raise NoBound(f"an exponent like {type(tree).__name__}")

    def _exp(self, powers: dict[Order, acb], sign: int = 1) -> Mono:
        return Mono({k: c.real * sign for k, c in powers.items()})

    # --- upper bounds ---

    def upper(self, tree: sp.Basic) -> Upper:
        """Monos whose sum is at least |tree| for all x >= start."""
        if self.x not in N.free(tree):
            value = arb(self.constant(tree).abs_upper())
            return [] if value.is_zero() else [constant(value)]
        if tree == self.x:
            return [Mono({LOG: arb(1)})]
        if isinstance(tree, sp.Add):
            return self._near_one(tree) or merged([m for a in tree.args for m in self.upper(a)])
        if isinstance(tree, sp.Mul):
            out = [Mono()]
            for a in tree.args:
                out = product(out, self.upper(a))
            return out
        if isinstance(tree, (sp.exp, sp.Pow)):
            return self._upper_power(tree)
        rule = getattr(self, f"_upper_{type(tree).__name__}", None)
        if rule is None:
            raise NoBound(f"no majorant of {type(tree).__name__}")
        return rule(tree)

    def _upper_power(self, tree: sp.Basic) -> Upper:
        base, exponent = tree.as_base_exp() if not isinstance(tree, sp.exp) else (sp.E, tree.args[0])
        if base == sp.E:
            return [self._exp(self.exponents(exponent))]
        if self.x not in N.free(exponent):
            e = self.constant(exponent)
            n = integer(e)
            if n is not None and n >= 0:
                out, factor = [Mono()], self.upper(base)
                if len(factor) ** n > 64:
                    raise NoBound("a long power")
                for _ in range(n):
                    out = product(out, factor)
                return out
            turn = constant((arb.pi() * abs(e.imag)).exp()) if not is_real(e) else Mono()
            if e.real <= 0:
                return [self.lower(base).power(e.real) * turn]
            if not e.real >= 0:
                raise NoBound("an exponent of unknown sign")
            factor = self.upper(base)
            count = constant(arb(len(factor)) ** e.real)  # (a + b)^e <= (2 max)^e <= 2^e (a^e + b^e)
            return [m.power(e.real) * count * turn for m in factor]
        if self.x not in N.free(base):
            log_base = self.constant(base).log()
            powers = {k: c * log_base for k, c in self.exponents(exponent).items()}
            return [self._exp(powers)]
        return [self._exp(times(self.exponents(exponent), self.exponents(sp.log(base, evaluate=False))))]

    def _real(self, tree: sp.Basic) -> bool:
        try:
            return all(is_real(c) for c in self.exponents(tree).values())
        except NoBound:
            return bool(tree.xreplace({self.x: sp.Dummy("x", positive=True)}).is_extended_real)

    def _small(self, tree: sp.Basic) -> Upper | None:
        """The majorant of an argument that tends to zero and is at most 1/2 from the start on."""
        try:
            small = self.upper(tree)
        except NoBound:
            return None
        if small and all(m.slope(self.start) < 0 for m in small):
            if sum((m.at(self.start) for m in small), arb(0)) < arb("0.5"):
                return small
        return None

    def _odd(self, tree: sp.Basic) -> Upper | None:
        """|f(g)| <= 1.2 |g| for |g| <= 1/2 and f one of sin, tan, sinh, tanh, atan, asin, asinh, atanh, erf."""
        small = self._small(tree.args[0])
        return None if small is None else [m * constant(arb("1.2")) for m in small]

    def _upper_tan(self, tree: sp.Basic) -> Upper:
        small = self._odd(tree)
        if small is None:
            raise NoBound("a tangent")
        return small

    _upper_asin = _upper_asinh = _upper_atanh = _upper_tan

    def _near_one(self, tree: sp.Add) -> Upper | None:
        """c - c f(g) with f(0) = 1 and small g: at most 1.4 |c g|, and for cos and cosh at most 0.6 |c| |g|^2."""
        for fixed in tree.args:
            for other in tree.args:
                c = -other / fixed
                if self.x in N.free(fixed) or type(c).__name__ not in ("exp", "cos", "cosh", "erfc"):
                    continue
                small = self._small(c.args[0])
                if small is None:
                    continue
                factor = constant(arb(self.constant(fixed).abs_upper()))
                if isinstance(c, (sp.cos, sp.cosh)):
                    pair = [m * factor * constant(arb("0.6")) for m in product(small, small)]
                else:
                    pair = [m * factor * constant(arb("1.4")) for m in small]
                rest = [a for a in tree.args if a is not fixed and a is not other]
                return pair + (self.upper(sp.Add(*rest)) if rest else [])
        return None

    def _upper_sin(self, tree: sp.Basic) -> Upper:
        if isinstance(tree, sp.sin) and (small := self._odd(tree)) is not None:
            return small
        if self._real(tree.args[0]):
            return [Mono()]
        powers = self.exponents(tree.args[0])
        return [Mono({k: c.imag * s for k, c in powers.items()}) for s in (1, -1)]

    _upper_cos = _upper_sin

    _upper_tanh = _upper_erf = _bounded_by(1)
    _upper_sign = _upper_Heaviside = _bounded_by(1, odd=False)
    _upper_atan = _bounded_by(2)
    _upper_Si = _upper_erfc = _bounded_by(2, odd=False)

    def _upper_besselj(self, tree: sp.Basic) -> Upper:
        order = self.constant(tree.args[0])
        if integer(order) is None or not self._real(tree.args[1]):
            raise NoBound("a Bessel function of other than integer order")
        return [Mono()]

    def _exponentials(self, tree: sp.Basic) -> sp.Basic:
        g, sign = tree.args[0], 1 if isinstance(tree, sp.cosh) else -1
        return sp.Add(sp.exp(g) / 2, sign * sp.exp(-g) / 2)

    def _upper_cosh(self, tree: sp.Basic) -> Upper:
        return self.upper(self._exponentials(tree))

    _upper_sinh = _upper_cosh

    def _upper_sech(self, tree: sp.Basic) -> Upper:
        return [self.lower(sp.cosh(tree.args[0])).power(arb(-1))]

    def _upper_csch(self, tree: sp.Basic) -> Upper:
        return [self.lower(sp.sinh(tree.args[0])).power(arb(-1))]

    def _upper_Abs(self, tree: sp.Basic) -> Upper:
        return self.upper(tree.args[0])

    _upper_re = _upper_im = _upper_conjugate = _upper_Abs

    def _upper_Max(self, tree: sp.Basic) -> Upper:
        return [m for a in tree.args for m in self.upper(a)]

    _upper_Min = _upper_Max

    def _upper_Piecewise(self, tree: sp.Basic) -> Upper:
        return [m for expr, _ in tree.args for m in self.upper(expr)]

    def _upper_log(self, tree: sp.Basic) -> Upper:
        """|log g|: of 1 + u with small u at most 2|u|; else by the logarithms of the bounds of g."""
        if len(tree.args) != 1:
            raise NoBound("a logarithm to a base")
        g = tree.args[0]
        if isinstance(g, sp.Add) and sp.S.One in g.args:
            small = self.upper(sp.Add(*(a for a in g.args if a != 1)))
            if small and all(m.falls(self.start) for m in small):
                if sum((m.at(self.start) for m in small), arb(0)) < arb("0.5"):
                    return [m * constant(arb(2)) for m in small]
        above = self.upper(g)
        out = [constant(arb(4) + arb(max(len(above), 1)).log())]
        for mono in [*above, self.lower(g)]:
            for (d, j), c in mono.powers.items():
                out.append(Mono({CONSTANT: log_of(c) + j * (arb(8).log() - 1), **absorbed(d, j)}))
        return merged([m for m in out if m.powers[CONSTANT].is_finite()])

    def _upper_Integral(self, tree: sp.Basic) -> Upper:
        """Over a finite range: its length times a bound for all of it. Over the line: of a Gaussian, in closed form."""
        ((t, low, high),) = tree.limits
        if (low, high) == (-sp.oo, sp.oo):
            return self._upper_gaussian(tree.function, t)
        a, b = self.constant(low), self.constant(high)
        if not (is_real(a) and is_real(b)):
            raise NoBound("an integral along a complex path")
        there = self.at.child()
        there.values[t] = acb(a.real.union(b.real))
        length = constant(arb(abs(b - a).abs_upper()))
        return [m * length for m in type(self)(self.x, self.start, there).upper(tree.function)]

    def _upper_gaussian(self, function: sp.Basic, t: sp.Symbol) -> Upper:
        """Of c exp(-a t^2 + b(x) t + d(x)): |c| sqrt(pi/a) exp(b^2/4a + d), with real parts."""
        out, exponent = [Mono()], sp.S.Zero
        for factor in sp.Mul.make_args(function):
            if isinstance(factor, sp.exp):
                exponent += factor.args[0]
            elif t in factor.free_symbols:
                raise NoBound("no Gaussian")
            else:
                out = product(out, self.upper(factor))
        coefficients = sp.Poly(exponent, t).all_coeffs() if exponent.is_polynomial(t) else []
        if len(coefficients) != 3 or self.x in coefficients[0].free_symbols:
            raise NoBound("no Gaussian")
        a = -self.constant(coefficients[0]).real
        if not a > 0:
            raise NoBound("no Gaussian")
        b, d = ({k: acb(c.real) for k, c in self.exponents(e).items()} for e in coefficients[1:])
        square = {k: c / (4 * a) for k, c in times(b, b).items()}
        return product(out, [constant((arb.pi() / a).sqrt()) * self._exp(square) * self._exp(d)])

    # --- gamma functions of real linear arguments, by Stirling's formula ---

    def _linear(self, tree: sp.Basic) -> tuple[Fraction, arb] | None:
        """(m, b) of a real argument m x + b."""
        powers = self.exponents(tree)
        slope = powers.pop((Fraction(1), 0), acb(0))
        shift = powers.pop(CONSTANT, acb(0))
        n = integer(slope * 2)
        if powers or n is None or not is_real(shift):
            return None
        return Fraction(n, 2), shift.real

    def _stirling(self, argument: sp.Basic) -> tuple[Mono, arb]:
        """log Γ(argument) is the mono's exponent up to an error; (mono, error)."""
        found = self._linear(argument)
        if found is None or found[0] <= 0:
            raise NoBound("a gamma function of no rising argument")
        m, b = found
        slope = fraction(m)
        w = abs(b) / (slope * self.start)
        if not w < arb("0.5"):
            raise NoBound("too early for Stirling's formula")
        # with z = m x + b: (z - 1/2) log z - z + log(2 pi)/2 + t/(12 z), 0 < t < 1
        half, log_m = arb("0.5"), slope.log()
        powers = {
            XLOG: slope,
            (Fraction(1), 0): slope * log_m - slope,
            LOG: b - half,
            CONSTANT: (b - half) * log_m + (2 * arb.pi()).log() / 2,
        }
        error = abs(b) * w + 2 * abs(b - half) * w + 1 / (12 * slope * self.start * (1 - w))
        return Mono(powers), error

    def _upper_gamma(self, tree: sp.Basic) -> Upper:
        mono, error = self._stirling(tree.args[0])
        return [mono * Mono({CONSTANT: error})]

    def _lower_gamma(self, tree: sp.Basic) -> Mono:
        mono, error = self._stirling(tree.args[0])
        return mono * Mono({CONSTANT: -error})

    def _upper_factorial(self, tree: sp.Basic) -> Upper:
        return self._upper_gamma(sp.gamma(tree.args[0] + 1, evaluate=False))

    def _lower_factorial(self, tree: sp.Basic) -> Mono:
        return self._lower_gamma(sp.gamma(tree.args[0] + 1, evaluate=False))

    def _binomial(self, tree: sp.Basic) -> sp.Basic:
        n, k = tree.args
        return sp.gamma(n + 1) / (sp.gamma(k + 1) * sp.gamma(n - k + 1))

    def _upper_binomial(self, tree: sp.Basic) -> Upper:
        return self.upper(self._binomial(tree))

    def _lower_binomial(self, tree: sp.Basic) -> Mono:
        return self.lower(self._binomial(tree))

    def _upper_harmonic(self, tree: sp.Basic) -> Upper:
        if len(tree.args) != 1:
            raise NoBound("a harmonic number of another order")
        return merged([constant(arb(1)), *self.upper(sp.log(tree.args[0] + 1))])

    # --- lower bounds ---

    def lower(self, tree: sp.Basic) -> Mono:
        """A mono that is at most |tree| for all x >= start."""
        if self.x not in N.free(tree):
            value = arb(self.constant(tree).abs_lower())
            if not value > 0:
                raise NoBound("a divisor that may vanish")
            return constant(value)
        if tree == self.x:
            return Mono({LOG: arb(1)})
        if isinstance(tree, sp.Mul):
            out = Mono()
            for a in tree.args:
                out = out * self.lower(a)
            return out
        if isinstance(tree, sp.Add):
            return self._dominant(tree)
        if isinstance(tree, (sp.exp, sp.Pow)):
            return self._lower_power(tree)
        rule = getattr(self, f"_lower_{type(tree).__name__}", None)
        if rule is None:
            raise NoBound(f"no minorant of {type(tree).__name__}")
        return rule(tree)

    def _lower_power(self, tree: sp.Basic) -> Mono:
        base, exponent = tree.as_base_exp() if not isinstance(tree, sp.exp) else (sp.E, tree.args[0])
        if base == sp.E:
            return self._exp(self.exponents(exponent))
        if self.x not in N.free(exponent):
            e = self.constant(exponent)
            if not is_real(e):
                raise NoBound("a complex power")
            if e.real >= 0:
                return self.lower(base).power(e.real)
            if not e.real <= 0:
                raise NoBound("an exponent of unknown sign")
            above = self.upper(base)
            return largest(above, self.start).power(e.real)
        if self.x not in N.free(base):
            log_base = self.constant(base).log()
            return self._exp({k: c * log_base for k, c in self.exponents(exponent).items()})
        raise NoBound("a power of both")

    def _dominant(self, tree: sp.Basic) -> Mono:
        """The sum is at least its leading term, less the share of the others, which falls with x."""
        for i, term in enumerate(tree.args):
            try:
                lead = self.lower(term)
                rest = [m * lead.power(arb(-1)) for j, a in enumerate(tree.args) if j != i for m in self.upper(a)]
            except NoBound:
                continue
            if all(m.falls(self.start) for m in rest):
                share = sum((m.at(self.start) for m in rest), arb(0))
                if share < arb("0.9"):
                    return lead * constant(1 - share)
        raise NoBound("no term of the sum dominates")

    def _lower_cosh(self, tree: sp.Basic) -> Mono:
        return self.lower(self._exponentials(tree))

    _lower_sinh = _lower_cosh

    def _lower_Abs(self, tree: sp.Basic) -> Mono:
        return self.lower(tree.args[0])


class SectorBounds(Bounds):
    """Majorants in r = |z| that hold for all z with Re z >= 0 and |z| >= start: of powers and logarithms only.

    Bases of roots and logarithms are m z + b with m, b such that they stay in the right half-plane from `start` on.
    """

    def upper(self, tree: sp.Basic) -> Upper:
        self._check(tree)
        return super().upper(tree)

    def lower(self, tree: sp.Basic) -> Mono:
        self._check(tree)
        return super().lower(tree)

    def _check(self, tree: sp.Basic) -> None:
        if self.x not in N.free(tree) or tree == self.x or isinstance(tree, (sp.Add, sp.Mul)):
            return
        if isinstance(tree, sp.Pow) and self.x not in N.free(tree.exp):
            if not tree.exp.is_Integer:
                self._right_half_plane(tree.base)
            return
        if isinstance(tree, sp.log) and len(tree.args) == 1:
            self._right_half_plane(tree.args[0])
            return
        raise NoBound(f"{type(tree).__name__} in the half-plane")

    def _right_half_plane(self, tree: sp.Basic) -> None:
        powers = self.exponents(tree)
        slope, shift = powers.pop((Fraction(1), 0), acb(0)), powers.pop(CONSTANT, acb(0))
        if powers or not is_real(slope) or not slope.real > 0 or not shift.real + slope.real * self.start > 0:
            raise NoBound("a root or logarithm that may meet its cut")

    def exponents(self, tree: sp.Basic) -> dict[Order, acb]:
        if isinstance(tree, sp.log):
            raise NoBound("a logarithm in an exponent")
        return super().exponents(tree)


def tail_bound(tree: sp.Basic, x: sp.Symbol, start: arb, at: Point) -> arb:
    """A bound of the integral of |tree| from `start` to oo, which for falling terms bounds the sum beyond it too."""
    monos = Bounds(x, start, at).upper(tree)
    if not all(m.falls(start) for m in monos):
        raise NoBound("a tail that does not fall yet")
    return sum((m.tail(start) for m in monos), arb(0))


__all__ = ["Ball", "Bounds", "Mono", "NoBound", "SectorBounds", "tail_bound"]
