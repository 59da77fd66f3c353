"""Matrices of mpmath numbers: products, determinants, adjugates, exponentials, logarithms, in working precision.

Power series run on MPFR numbers (gmpy2), which are ten times faster than mpmath's own.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import gmpy2
import numpy as np
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


def _objects(M: MPMatrix) -> np.ndarray:
    """The entries as an object array: numpy's dot of Python numbers is several times faster than mpmath's."""
    out = np.empty((M.rows, M.cols), dtype=object)
    for i in range(M.rows):
        for j in range(M.cols):
            out[i, j] = M[i, j]
    return out


def matmul(a: MPMatrix, b: MPMatrix) -> MPMatrix:
    if a.cols != b.rows:
        raise Undefined(f"a product of a {a.rows}x{a.cols} and a {b.rows}x{b.cols} matrix")
    return mp.matrix(_objects(a).dot(_objects(b)).tolist())


def _gmp(M: MPMatrix) -> np.ndarray:
    """The entries as an object array of MPFR numbers (within a gmpy2 context): ten times faster than mpmath's own."""

    def real(x: Any) -> Any:
        sign, mantissa, exponent, _ = x._mpf_
        value = (
            gmpy2.mul_2exp(gmpy2.mpfr(mantissa), exponent)
            if exponent >= 0
            else gmpy2.div_2exp(gmpy2.mpfr(mantissa), -exponent)
        )
        return -value if sign else value

    entries = [mp.mpmathify(x) for x in M]
    is_real = all(mp.im(x) == 0 for x in entries)
    out = np.empty((M.rows, M.cols), dtype=object)
    for i in range(M.rows):
        for j in range(M.cols):
            x = mp.mpmathify(M[i, j])
            out[i, j] = real(mp.re(x)) if is_real else gmpy2.mpc(real(mp.re(x)), real(mp.im(x)))
    return out


def _from_gmp(array: np.ndarray) -> MPMatrix:
    def real(x: Any) -> Any:
        if not gmpy2.is_finite(x):
            raise Undefined("not finite")
        mantissa, exponent = x.as_mantissa_exp()
        return mp.ldexp(mp.mpf(int(mantissa)), int(exponent))

    def number(x: Any) -> Any:
        return mp.mpc(real(x.real), real(x.imag)) if isinstance(x, gmpy2.mpc) else real(x)

    return mp.matrix([[number(x) for x in row] for row in array.tolist()])


def _gmp_context() -> Any:
    return gmpy2.context(gmpy2.get_context(), precision=mp.prec, real_prec=mp.prec, imag_prec=mp.prec)


def _power_series(X: np.ndarray, coefficient: Callable[[int], int]) -> np.ndarray:
    """sum c_n X^n/n!, summed until four terms in a row are below the working precision."""
    size = X.shape[0]
    term = np.array([[gmpy2.mpfr(int(i == j)) for j in range(size)] for i in range(size)], dtype=object)
    total, n, quiet = 0 * term, 0, 0
    smallest = gmpy2.div_2exp(gmpy2.mpfr(1), mp.prec + 10)
    while quiet < 4:
        c = coefficient(n)
        if c:
            total = total + c * term
        quiet = quiet + 1 if all(abs(e) <= smallest for e in term.flat) else 0
        n += 1
        term = term.dot(X) / n
    return total


def expm(M: MPMatrix) -> MPMatrix:
    """Scaling by 2^s, the power series, squaring s times."""
    norm = float(size_of(M)) * M.rows
    if not np.isfinite(norm) or norm > 2e3:
        raise OutOfReach("the exponential of a huge matrix")
    s = max(0, int(np.ceil(np.log2(norm))) + 6) if norm > 0 else 0
    with mp.workdps(mp.dps + s + 10), _gmp_context():
        out = _power_series(_gmp(M / mp.mpf(2) ** s), lambda n: 1)
        for _ in range(s):
            out = out.dot(out)
        return _from_gmp(out)


def sine_or_cosine(M: MPMatrix, which: str) -> MPMatrix:
    """The sine or cosine of a square matrix by its power series, with the digits that the large terms lose."""
    parity = 1 if which == "sin" else 0
    size = float(size_of(M)) * M.rows
    if not np.isfinite(size) or size > 1e4:
        raise OutOfReach("the sine or cosine of a huge matrix")
    with mp.workdps(int(mp.dps + 10 + 2 * size)), _gmp_context():
        return _from_gmp(_power_series(_gmp(M), lambda n: 0 if n % 2 != parity else (-1) ** (n // 2)))


def logm(M: MPMatrix) -> MPMatrix:
    """The principal logarithm; a singular matrix has none."""
    if all(M[i, j] == 0 for i in range(M.rows) for j in range(M.cols) if i != j):
        return mp.diag([mp.log(M[i, i]) for i in range(M.rows)])
    if abs(determinant(M)) <= mp.eps * 1000 * size_of(M) ** M.rows:
        raise Undefined("the logarithm of a singular matrix")
    return mp.logm(M)
