"""Monomials C x^b exp(...) as bounds for all x >= X, their slopes, tails, products and sums."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from flint import acb, arb

from .balls import NotCertified

Order = tuple[Fraction, int]
LOG: Order = (Fraction(0), 1)
XLOG: Order = (Fraction(1), 1)
CONSTANT: Order = (Fraction(0), 0)
_EPSILON = Fraction(1, 8)


class NoBound(NotCertified):
    """No majorant is known."""


@dataclass
class Mono:
    """exp(sum over (d, j) of c x^d (log x)^j), the constant and log x terms included, for x >= X."""

    powers: dict[Order, arb] = field(default_factory=dict)

    def __mul__(self, other: Mono) -> Mono:
        out = dict(self.powers)
        for key, c in other.powers.items():
            out[key] = out[key] + c if key in out else c
        return Mono(out)

    def power(self, exponent: arb) -> Mono:
        return Mono({k: c * exponent for k, c in self.powers.items()})

    def log_at(self, x: arb) -> arb:
        log_x = x.log()
        return sum((c * x ** fraction(d) * log_x**j for (d, j), c in self.powers.items()), arb(0))

    def at(self, x: arb) -> arb:
        return arb(self.log_at(x).exp().abs_upper())

    def slope(self, start: arb) -> arb:
        """An upper bound, for all x >= start, of x h'(x)/h(x)."""
        terms: list[tuple[Order, arb]] = []
        for (d, j), c in self.powers.items():
            if d:
                terms.append(((d, j), c * fraction(d)))
            if j:
                terms.append(((d, j - 1), c))
        return bounded_sum(terms, start)

    def tail(self, start: arb) -> arb:
        """A bound of the integral of the mono from `start` to oo, and of its sum over the integers beyond `start`."""
        m = -self.slope(start)
        if not m > 1:
            raise NoBound("a tail that is not seen to converge")
        return self.at(start) * start / (m - 1)

    def falls(self, start: arb) -> bool:
        return bool(self.slope(start) <= 0)


def fraction(d: Fraction) -> arb:
    return arb(d.numerator) / d.denominator


def bounded_sum(terms: list[tuple[Order, arb]], start: arb) -> arb:
    """An upper bound of sum c x^d (log x)^j over all x >= start (start >= e), oo where there is none.

    A growing positive term has to be outweighed by the negative term of highest order, whose quotient by it grows.
    """
    merged: dict[Order, arb] = {}
    for key, c in terms:
        merged[key] = merged[key] + c if key in merged else c
    log_start = start.log()

    def value(key: Order) -> arb:
        return merged[key] * start ** fraction(key[0]) * log_start ** key[1]

    total = arb(0)
    growing = [k for k in merged if k > CONSTANT]
    for k in merged:
        if k == CONSTANT:
            total += merged[k]
        elif k < CONSTANT:  # x^-d falls; with a logarithm from its peak at log x = j/d on
            peak = (k[1] / (-fraction(k[0]) * arb.const_e())) ** k[1] * abs(merged[k]) if k[1] else arb(0)
            total += value(k).max(arb(0)).max(peak)
    negative = [k for k in growing if merged[k] <= 0]
    positive = [k for k in growing if not merged[k] <= 0]
    if not positive:
        return total + sum((value(k) for k in negative), arb(0))
    lead = max(negative, default=None)
    if lead is None or max(positive) >= lead:
        return arb.pos_inf()
    late = all(log_start * fraction(lead[0] - k[0]) >= k[1] - lead[1] for k in positive)  # lead/term grows from there
    share = sum((value(k) for k in positive), arb(0)) / -value(lead)
    if not late:
        return arb.pos_inf()
    if not share < 1:
        return arb.pos_inf()
    return total + value(lead) * (1 - share)


def constant(c: arb) -> Mono:
    return Mono({CONSTANT: c.log()})


Upper = list[Mono]


def log_of(c: arb) -> arb:
    return arb(abs(c).abs_upper()).log()


def absorbed(d: Fraction, j: int) -> dict[Order, arb]:
    """x^d (log x)^j as at most x^(d + j/8) (8/e)^j: the logarithm as a small power."""
    return {LOG: fraction(d + j * _EPSILON)} if d + j * _EPSILON else {}


def times(a: dict[Order, acb], b: dict[Order, acb]) -> dict[Order, acb]:
    out: dict[Order, acb] = {}
    for (d, i), c in a.items():
        for (e, j), k in b.items():
            if i + j > 1:
                raise NoBound("a squared logarithm in an exponent")
            key = (d + e, i + j)
            out[key] = out[key] + c * k if key in out else c * k
    return out


def product(a: Upper, b: Upper) -> Upper:
    if len(a) * len(b) > 256:
        raise NoBound("too many terms")
    return [m * n for m in a for n in b]


def merged(monos: Upper) -> Upper:
    if len(monos) > 256:
        raise NoBound("too many terms")
    return monos


def largest(monos: Upper, start: arb) -> Mono:
    """One mono that is at least the sum of all."""
    for lead in monos:
        shares = [m * lead.power(arb(-1)) for m in monos if m is not lead]
        if all(m.falls(start) for m in shares):
            return lead * constant(1 + sum((m.at(start) for m in shares), arb(0)))
    raise NoBound("no term dominates")
