"""Balls: numbers and matrices with a proven error radius (Arb, by python-flint), and how samples become exact ones.

A Python float is refused: 1/3 written as a float would be taken as an exact binary fraction, and what follows would be
certified and wrong. A sampled point, on the other hand, *is* its binary fraction, and both sides use the same one.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import sympy as sp
from flint import acb, acb_mat, arb, ctx, fmpq, fmpz
from mpmath import mp

MPMatrix: Any = mpmath.matrix
Ball = Any
"""An acb or an acb_mat."""


class NotCertified(Exception):
    """There is no enclosure of this tree at this point: what follows is not certified."""


NAN = acb(arb.nan(), arb.nan())
ZERO, ONE, IMAGINARY = acb(0), acb(1), acb(0, 1)


def rational(p: int, q: int = 1) -> acb:
    """The fraction p/q, rounded outward to the working precision."""
    return acb(fmpz(p)) if q == 1 else acb(fmpq(p, q))


def exact(x: Any) -> Ball:
    """A sampled number or matrix as the binary fraction that it is.

    Takes integers, fractions, sympy rationals, mpmath numbers and matrices. Raises NotCertified for a Python float.
    """
    if isinstance(x, (acb, acb_mat)):
        return x
    if isinstance(x, MPMatrix):
        return acb_mat(x.rows, x.cols, [exact(e) for e in x])
    if isinstance(x, mp.mpc):
        return acb(_dyadic(x.real), _dyadic(x.imag))
    if isinstance(x, mp.mpf):
        return acb(_dyadic(x))
    if isinstance(x, bool):
        raise NotCertified("a truth value is no number")
    if isinstance(x, int):
        return rational(x)
    if isinstance(x, Fraction):
        return rational(x.numerator, x.denominator)
    if isinstance(x, sp.Rational):
        return rational(int(x.p), int(x.q))
    if isinstance(x, (float, complex, sp.Float)):
        raise NotCertified("a floating-point number is no exact value: write a fraction")
    raise NotCertified(f"no exact value of {type(x).__name__}")


def _dyadic(x: Any) -> arb:
    sign, mantissa, exponent, _ = x._mpf_
    if not mantissa and exponent:
        raise NotCertified("an infinite value")
    return arb((-int(mantissa) if sign else int(mantissa), int(exponent)))


def matrix(rows: list[list[acb]]) -> acb_mat:
    """A matrix of balls from its rows."""
    return acb_mat(len(rows), len(rows[0]), [e for row in rows for e in row])


def is_matrix(x: Ball) -> bool:
    return isinstance(x, acb_mat)


def entries(x: Ball) -> list[acb]:
    return x.entries() if isinstance(x, acb_mat) else [x]


def finite(x: Ball) -> bool:
    return all(e.is_finite() for e in entries(x))


def size_upper(x: Ball) -> arb:
    """An upper bound of the largest modulus of the entries."""
    out = arb(0)
    for e in entries(x):
        out = out.max(arb(e.abs_upper()))
    return out


def plus_minus(radius: arb) -> acb:
    """The square around 0 that holds every number of modulus <= radius."""
    r = arb(radius.abs_upper())
    return acb(arb(0, r), arb(0, r))


def widened(x: Ball, radius: arb, real: bool = False) -> Ball:
    """x with its error radius enlarged, entry by entry; a real one stays real when told so."""
    r = acb(arb(0, arb(radius.abs_upper()))) if real else plus_minus(radius)
    if isinstance(x, acb_mat):
        return acb_mat(x.nrows(), x.ncols(), [e + r for e in x.entries()])
    return x + r


def is_real(x: acb) -> bool:
    return bool(x.imag.is_zero())


def integer(x: Ball) -> int | None:
    """The integer that x is, when it is exactly one."""
    if isinstance(x, acb_mat) or not is_real(x) or not x.real.is_exact() or not x.real.is_integer():
        return None
    n = x.real.unique_fmpz()
    return None if n is None else int(n)


def alike(x: Ball, other: Ball) -> Ball:
    """A number next to a square matrix is that multiple of the unit matrix."""
    if isinstance(other, acb_mat) and not isinstance(x, acb_mat):
        k = other.nrows()
        if k != other.ncols():
            raise NotCertified(f"a number cannot be added to a {k}x{other.ncols()} matrix")
        return acb_mat(k, k, [x if i == j else ZERO for i in range(k) for j in range(k)])
    return x


def union(values: list[Ball]) -> Ball:
    out = values[0]
    for v in values[1:]:
        if isinstance(out, acb_mat) or isinstance(v, acb_mat):
            raise NotCertified("matrices of several branches")
        out = out.union(v)
    return out


def to_mpmath(x: Ball, digits: int = 50) -> Any:
    """The centre of a ball as an mpmath number or matrix, for messages."""

    def real(r: arb) -> Any:
        if not r.is_finite():
            return mp.nan
        man, exp = r.mid().man_exp()
        return mp.ldexp(mp.mpf(int(man)), int(exp))

    def number(z: acb) -> Any:
        return real(z.real) if is_real(z) else mp.mpc(real(z.real), real(z.imag))

    with mp.workdps(digits):
        if isinstance(x, acb_mat):
            return mp.matrix([[number(x[i, j]) for j in range(x.ncols())] for i in range(x.nrows())])
        return number(x)


def working(bits: int) -> Any:
    """A block with this working precision."""
    return ctx.workprec(int(bits))
