"""Determinant, exponential, logarithm and the other matrix operations on balls."""

from __future__ import annotations

from collections.abc import Callable

from flint import acb, acb_mat

from .balls import IMAGINARY, ONE, ZERO, NotCertified, is_real


def inverse(M: acb_mat) -> acb_mat:
    if M.nrows() != M.ncols():
        raise NotCertified(f"the inverse of a {M.nrows()}x{M.ncols()} matrix")
    try:
        return M.inv()
    except ZeroDivisionError as error:
        raise NotCertified("a matrix that may be singular") from error


def unit(k: int) -> acb_mat:
    return acb_mat(k, k, [ONE if i == j else ZERO for i in range(k) for j in range(k)])


def power(M: acb_mat, n: int) -> acb_mat:
    out, root = unit(M.nrows()), M if n >= 0 else inverse(M)
    n = abs(n)
    while n:
        if n & 1:
            out = out * root
        root = root * root
        n >>= 1
    return out


def determinant(M: acb_mat) -> acb:
    """Leibniz' sum up to 3 x 3 (it has no division, so that integers stay exact), elimination beyond."""
    k = M.nrows()
    if k == 1:
        return M[0, 0]
    if k == 2:
        return M[0, 0] * M[1, 1] - M[0, 1] * M[1, 0]
    if k == 3:
        cyclic = ((0, 1, 2), (1, 2, 0), (2, 0, 1))
        return sum((M[0, a] * (M[1, b] * M[2, c] - M[1, c] * M[2, b]) for a, b, c in cyclic), ZERO)
    return M.det()


def adjugate(M: acb_mat) -> acb_mat:
    """Transposed cofactors, by minors."""
    k = M.nrows()
    if k == 1:
        return acb_mat(1, 1, [ONE])
    out = acb_mat(k, k)
    for i in range(k):
        for j in range(k):
            rest = [M[r, c] for r in range(k) if r != i for c in range(k) if c != j]
            minor = determinant(acb_mat(k - 1, k - 1, rest))
            out[j, i] = minor if (i + j) % 2 == 0 else -minor
    return out


def exponential(M: acb_mat) -> acb_mat:
    return M.exp()


def sine(M: acb_mat) -> acb_mat:
    return _real_like(M, ((M * IMAGINARY).exp() - (M * -IMAGINARY).exp()) * (-IMAGINARY / 2))


def cosine(M: acb_mat) -> acb_mat:
    return _real_like(M, ((M * IMAGINARY).exp() + (M * -IMAGINARY).exp()) * (ONE / 2))


def _real_like(M: acb_mat, out: acb_mat) -> acb_mat:
    """A power series with real coefficients of a real matrix is real."""
    if all(is_real(e) for e in M.entries()):
        return acb_mat(out.nrows(), out.ncols(), [acb(e.real) for e in out.entries()])
    return out


def logarithm(M: acb_mat) -> acb_mat:
    """The principal logarithm, by eigenvectors; a defective matrix has no basis of them and is not certified."""
    k = M.nrows()
    if all(M[i, j].is_zero() for i in range(k) for j in range(k) if i != j):
        return acb_mat(k, k, [M[i, i].log() if i == j else ZERO for i in range(k) for j in range(k)])
    try:
        values, right = M.eig(right=True)
    except (ValueError, ZeroDivisionError) as error:
        raise NotCertified("eigenvalues that are not told apart") from error
    if any(bool(v.imag.contains(0)) and not v.real > 0 for v in values):
        raise NotCertified("an eigenvalue that may lie on the cut of the logarithm")
    diagonal = acb_mat(k, k, [values[i].log() if i == j else ZERO for i in range(k) for j in range(k)])
    return right * diagonal * inverse(right)


MATRIX_FUNCTIONS: dict[str, Callable[[acb_mat], acb | acb_mat]] = {
    "Det": determinant,
    "Adj": adjugate,
    "Exp": exponential,
    "Log": logarithm,
    "Sin": sine,
    "Cos": cosine,
    "Tr": lambda M: sum((M[i, i] for i in range(M.nrows())), ZERO),
}
