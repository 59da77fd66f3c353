"""Matrices of mpmath numbers: products, determinants, adjugates, exponentials, logarithms, in working precision.

Power series run on MPFR numbers (gmpy2), which are ten times faster than mpmath's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from operator import mul
from typing import Any

from mpmath import mp

from .accuracy import MPMatrix, OutOfReach, Undefined, note_cancellation, size_of


def inverse(M: MPMatrix) -> MPMatrix:
    try:
        return mp.inverse(M)
    except (TypeError, ZeroDivisionError) as error:  # mpmath meets a column of zeros
        raise Undefined("a singular matrix") from error


def determinant(M: MPMatrix) -> Any:
    out = leibniz_or_lu(M)
    note_cancellation([size_of(M) ** M.rows], out)
    return out


def leibniz_or_lu(M: MPMatrix) -> Any:
    """Leibniz sum for small matrices (no pivoting, no division), LU beyond."""
    k = M.rows
    if k == 1:
        return M[0, 0]
    if k == 2:
        return M[0, 0] * M[1, 1] - M[0, 1] * M[1, 0]
    if k == 3:
        return sum(M[0, a] * (M[1, b] * M[2, c] - M[1, c] * M[2, b]) for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)))
    return mp.det(M)


def adjugate(M: MPMatrix) -> MPMatrix:
    """Transposed cofactors, by minors."""
    k = M.rows
    if k == 1:
        return mp.matrix([[1]])
    out = mp.matrix(k, k)
    for i, j in product(range(k), range(k)):
        minor = mp.matrix([[M[r, c] for c in range(k) if c != j] for r in range(k) if r != i])
        out[j, i] = (-1) ** (i + j) * determinant(minor)
    return out


def matmul(a: MPMatrix, b: MPMatrix) -> MPMatrix:
    if a.cols != b.rows:
        raise Undefined(f"a product of a {a.rows}x{a.cols} and a {b.rows}x{b.cols} matrix")
    left, right = a.tolist(), list(zip(*b.tolist(), strict=True))
    return mp.matrix([[sum(map(mul, row, column)) for column in right] for row in left])


def _power_series(X: list[list[Any]], coefficient: Callable[[int], int], context: Any) -> list[list[Any]]:
    """sum c_n X^n/n! of MPFR numbers, summed until four terms in a row are below the working precision."""
    size = range(len(X))
    term = [[context.one if i == j else context.zero for j in size] for i in size]
    total = [[context.zero for _ in size] for _ in size]
    n, quiet = 0, 0
    while quiet < 4:
        c = coefficient(n)
        if c:
            total = [[total[i][j] + c * term[i][j] for j in size] for i in size]
        quiet = quiet + 1 if all(abs(e) <= context.smallest for row in term for e in row) else 0
        n += 1
        term = [[e / n for e in row] for row in _dot(term, X)]
    return total


def _dot(a: list[list[Any]], b: list[list[Any]]) -> list[list[Any]]:
    columns = list(zip(*b, strict=True))
    return [[sum(map(mul, row, column)) for column in columns] for row in a]


class _Mpfr:
    """Matrices as rows of MPFR numbers (gmpy2), within a context of the working precision."""

    def __init__(self) -> None:
        import gmpy2  # only where mpmath works on matrices: enclosures do without

        self.gmpy2 = gmpy2
        self.one, self.zero = gmpy2.mpfr(1), gmpy2.mpfr(0)
        self.smallest = gmpy2.div_2exp(gmpy2.mpfr(1), mp.prec + 10)

    def context(self) -> Any:
        g = self.gmpy2
        return g.context(g.get_context(), precision=mp.prec, real_prec=mp.prec, imag_prec=mp.prec)

    def rows(self, M: MPMatrix) -> list[list[Any]]:
        g = self.gmpy2

        def real(x: Any) -> Any:
            sign, mantissa, exponent, _ = x._mpf_
            shift = g.mul_2exp if exponent >= 0 else g.div_2exp
            value = shift(g.mpfr(mantissa), abs(exponent))
            return -value if sign else value

        entries = [[mp.mpmathify(x) for x in row] for row in M.tolist()]
        if all(mp.im(x) == 0 for row in entries for x in row):
            return [[real(mp.re(x)) for x in row] for row in entries]
        return [[g.mpc(real(mp.re(x)), real(mp.im(x))) for x in row] for row in entries]

    def matrix(self, rows: list[list[Any]]) -> MPMatrix:
        g = self.gmpy2

        def real(x: Any) -> Any:
            if not g.is_finite(x):
                raise Undefined("not finite")
            mantissa, exponent = x.as_mantissa_exp()
            return mp.ldexp(mp.mpf(int(mantissa)), int(exponent))

        def number(x: Any) -> Any:
            return mp.mpc(real(x.real), real(x.imag)) if isinstance(x, g.mpc) else real(x)

        return mp.matrix([[number(x) for x in row] for row in rows])


def expm(M: MPMatrix) -> MPMatrix:
    """Scaling by 2^s, the power series, squaring s times."""
    norm = float(size_of(M)) * M.rows
    if not math.isfinite(norm) or norm > 2e3:
        raise OutOfReach("the exponential of a huge matrix")
    s = max(0, math.ceil(math.log2(norm)) + 6) if norm > 0 else 0
    with mp.workdps(mp.dps + s + 10):
        mpfr = _Mpfr()
        with mpfr.context():
            out = _power_series(mpfr.rows(M / mp.mpf(2) ** s), lambda n: 1, mpfr)
            for _ in range(s):
                out = _dot(out, out)
            return mpfr.matrix(out)


def sine_or_cosine(M: MPMatrix, which: str) -> MPMatrix:
    """The sine or cosine of a square matrix by its power series, with the digits that the large terms lose."""
    parity = 1 if which == "sin" else 0
    size = float(size_of(M)) * M.rows
    if not math.isfinite(size) or size > 1e4:
        raise OutOfReach("the sine or cosine of a huge matrix")
    with mp.workdps(int(mp.dps + 10 + 2 * size)):
        mpfr = _Mpfr()
        with mpfr.context():
            series = _power_series(mpfr.rows(M), lambda n: 0 if n % 2 != parity else (-1) ** (n // 2), mpfr)
            return mpfr.matrix(series)


def logm(M: MPMatrix) -> MPMatrix:
    """The principal logarithm; a singular matrix has none."""
    if all(M[i, j] == 0 for i in range(M.rows) for j in range(M.cols) if i != j):
        return mp.diag([mp.log(M[i, i]) for i in range(M.rows)])
    if abs(determinant(M)) <= mp.eps * 1000 * size_of(M) ** M.rows:
        raise Undefined("the logarithm of a singular matrix")
    return mp.logm(M)
