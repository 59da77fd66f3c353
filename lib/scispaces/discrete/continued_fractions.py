"""Continued fractions of exact rationals, and which multiples of a number return closest to an integer.

x = a0 + 1/(a1 + 1/(a2 + ...)) is written [a0; a1, a2, ...]. Cut off after a_j it is the convergent p_j/q_j. Among all
k < q_{j+1} the product k x is nearest to an integer at k = q_j (Lagrange): convergents are the record returns of the
rotation by x. Everything here is exact: numbers are `fractions.Fraction`, so no quotient is a rounding error.

Source: A. Ya. Khinchin, *Continued Fractions* (1935; Dover 1997), chapters 1 and 2.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

from scispaces._validate import count, positive_int

__all__ = [
    "as_fraction",
    "continued_fraction",
    "convergents",
    "distance_to_integer",
    "mediant_fractions",
    "record_returns",
]

Exact = Fraction | Decimal | int | str


def as_fraction(x: Exact, name: str = "x") -> Fraction:
    """`x` as an exact Fraction: int, Fraction, Decimal, or text such as "58517.81538729" or "13/8".

    A float raises ValueError: its binary digits would turn up as quotients that mean nothing. Write the decimal that is
    meant as a text, or `Fraction(x)` where the binary number itself is meant.

    >>> as_fraction("1.625")
    Fraction(13, 8)
    """
    if isinstance(x, bool) or not isinstance(x, Fraction | Decimal | int | str):
        raise ValueError(f"{name} must be exact (an int, Fraction, Decimal or text), got {x!r}")
    try:
        return Fraction(x)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise ValueError(f"{name} must be a finite number, got {x!r}") from None


def continued_fraction(x: Exact, n: int | None = None) -> list[int]:
    """The first `n` partial quotients of x (all of them without `n`: the expansion of a rational ends).

    a0 may be negative, the others are >= 1; the last quotient of a complete expansion is >= 2 (but for x an integer).
    O(log of the denominator) steps. Raises ValueError for a float, a number that is not finite, n < 1.

    >>> continued_fraction("1.625")
    [1, 1, 1, 1, 2]
    """
    rest = as_fraction(x)
    out: list[int] = []
    limit = None if n is None else positive_int(n, "n")
    while limit is None or len(out) < limit:
        whole = floor(rest)
        out.append(whole)
        if rest == whole:
            break
        rest = 1 / (rest - whole)
    return out


def convergents(quotients: list[int]) -> list[Fraction]:
    """The convergents p_j/q_j of [a0; a1, ...], by p_j = a_j p_{j-1} + p_{j-2}, and the same for q.

    >>> [str(c) for c in convergents([1, 1, 1, 1, 2])]
    ['1', '2', '3/2', '5/3', '13/8']
    """
    (p, q), (p_before, q_before) = (1, 0), (0, 1)
    out: list[Fraction] = []
    for a in _quotients(quotients):
        (p, q), (p_before, q_before) = (a * p + p_before, a * q + q_before), (p, q)
        out.append(Fraction(p, q))
    return out


def mediant_fractions(quotients: list[int]) -> list[Fraction]:
    """The fractions between convergents, (b p_{j-1} + p_{j-2}) / (b q_{j-1} + q_{j-2}) 0 < b < a_j, j >= 2, in order.

    They are good approximations, but no records: each is beaten by a convergent of smaller denominator.

    >>> [str(f) for f in mediant_fractions([1, 1, 1, 1, 2])]
    ['8/5']
    """
    (p, q), (p_before, q_before) = (1, 0), (0, 1)
    out: list[Fraction] = []
    for j, a in enumerate(_quotients(quotients)):
        if j > 1:
            out += [Fraction(b * p + p_before, b * q + q_before) for b in range(1, a)]
        (p, q), (p_before, q_before) = (a * p + p_before, a * q + q_before), (p, q)
    return out


def distance_to_integer(x: Exact) -> Fraction:
    """The distance of x to the nearest integer, between 0 and 1/2.

    >>> distance_to_integer("-1.75")
    Fraction(1, 4)
    """
    rest = as_fraction(x) % 1
    return min(rest, 1 - rest)


def record_returns(x: Exact, kmax: int) -> list[int]:
    """All k <= kmax at which k x is nearer to an integer than for every smaller k >= 1, by trying each k.

    O(kmax) exact operations. Raises ValueError as `as_fraction`, and for kmax < 1.

    >>> record_returns("3.14159", 200)
    [1, 7, 106, 113]
    """
    number, best = as_fraction(x), Fraction(1)
    out: list[int] = []
    for k in range(1, count(kmax, "kmax") + 1):
        missed = distance_to_integer(k * number)
        if missed < best:
            best = missed
            out.append(k)
    return out


def _quotients(quotients: list[int]) -> list[int]:
    if not len(quotients):
        raise ValueError("quotients must not be empty")
    for j, a in enumerate(quotients):
        if isinstance(a, bool) or not isinstance(a, int) or (j > 0 and a < 1):
            raise ValueError(f"quotients must be integers, >= 1 after the first, got {a!r} at {j}")
    return list(quotients)
