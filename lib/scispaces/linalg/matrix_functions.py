"""Functions of a matrix, their determinants and traces: exponential, logarithm, adjugate, Newton's identities.

Production work belongs to `scipy.linalg.expm` and `numpy.linalg.slogdet`. What stands here is either the subject of the
chapter on det(exp(A)) = exp(Tr(A)) (series, the cheap side of the identity, the branch of the logarithm) or something
the libraries lack (an adjugate that accepts singular matrices).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.linalg
from mpmath import mp
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from scispaces._validate import as_matrix, count, finite, same_shape

__all__ = [
    "adjugate",
    "det_exp_rate",
    "exp_tail_bounds",
    "expm",
    "expm_by_eigenvectors",
    "expm_taylor",
    "grad_log_det_expm",
    "jacobi_derivative",
    "log1p_series",
    "log_det_expm",
    "logdet_trace_log",
    "newton_identities",
    "spectral_radius",
]


def expm(A: ArrayLike) -> NDArray[Any]:
    """The matrix exponential e^A = sum_n A^n / n!, by scipy's scaling and squaring with Pade approximants.

    A: (..., k, k), real or complex. Returns (..., k, k), real for real A. Backward stable: the relative error is about
    eps times the condition number of the problem (`scipy.linalg.expm_cond`, near 1 + ||A|| for normal matrices).
    Raises ValueError on bad shapes and NaN.

    Runs in complex arithmetic also for real A: the real branch of scipy 1.17 misses that accuracy by up to three
    decades (relative error 5e-13 for the 2 x 2 matrix of twos, 1e-11 for symmetric 4 x 4 ones; measured with mpmath).

    Source: Al-Mohy, Higham, A new scaling and squaring algorithm for the matrix exponential (2009).
    """
    A = as_matrix(A, "A", square=True, batch=True)
    E = scipy.linalg.expm(A.astype(np.complex128))
    return E if np.iscomplexobj(A) else E.real.copy()


def expm_taylor(A: ArrayLike, order: int) -> NDArray[Any]:
    """Partial sum of the exponential series, by Horner's rule.

        S_N(A) = I + A (I + A/2 (I + A/3 (... (I + A/N))))  =  sum_{n=0}^{N} A^n / n!

    A: (..., k, k), real or complex. order: N >= 0. Returns (..., k, k). Raises ValueError on a matrix that is not
    square, has NaN or no entries, or on a negative order.

    Costs N matrix products. A reference, not an algorithm: `exp_tail_bounds` covers the truncation error, but for ||A||
    well above 1 the terms grow to e^||A|| before they shrink, and a sum such as e^{-20} loses all its digits.
    Use `expm` (scaling and squaring) for work.

    >>> expm_taylor([[0, 1], [0, 0]], 5)
    array([[1., 1.],
           [0., 1.]])

    Source: Moler, Van Loan, Nineteen dubious ways to compute the exponential of a matrix (2003), method 1.
    """
    A = as_matrix(A, "A", square=True, batch=True)
    order = count(order, "order", minimum=0)
    eye = np.broadcast_to(np.eye(A.shape[-1], dtype=A.dtype), A.shape)
    S = eye.copy()
    for n in range(order, 0, -1):
        S = eye + A @ S / n
    return S


def exp_tail_bounds(norm: float, order: int) -> tuple[float, float]:
    """Two bounds on ||e^A - S_N(A)|| for any submultiplicative norm with ||A|| = norm and N = order.

        a^{N+1}/(N+1)! e^a        and, where a < N + 2,        a^{N+1}/(N+1)! / (1 - a/(N+2))

    Returns both, the second as infinity where it does not apply. The first is sharp for a -> 0, the second also for
    N -> infinity. Raises ValueError on a negative or infinite norm.

    >>> [round(b, 9) for b in exp_tail_bounds(1.0, 9)]
    [7.49e-07, 3.03e-07]
    """
    a = finite(norm, "norm", low=0.0)
    N = count(order, "order", minimum=0)
    if a == 0:
        return 0.0, 0.0
    log_term = (N + 1) * np.log(a) - gammaln(N + 2)
    with np.errstate(over="ignore"):  # the sum of the logarithms: e^a alone overflows where the product does not
        first, second = np.exp(log_term + a), np.exp(log_term) / (1 - a / (N + 2)) if a < N + 2 else np.inf
    return float(first), float(second)


def expm_by_eigenvectors(A: ArrayLike) -> tuple[NDArray[Any], float]:
    """The exponential through diagonalisation, e^A = P diag(e^{lambda_i}) P^{-1}, and the condition number of P.

    A: (k, k). Returns (k, k) complex and cond_2(P). The relative error is about eps * cond(P): fine for normal
    matrices (cond(P) = 1), worthless next to a defective one (cond(P) -> infinity), where P may be singular to working
    precision; then the result is filled with NaN and cond is infinite. Raises ValueError on bad shapes and NaN.

    Source: Moler, Van Loan (2003), method 14.
    """
    A = as_matrix(A, "A", square=True)
    eigenvalues, P = np.linalg.eig(A)
    singular = np.linalg.svd(P, compute_uv=False)
    if singular[-1] == 0:
        return np.full(A.shape, np.nan, dtype=np.complex128), float("inf")
    try:
        result = np.linalg.solve(P.T, (P * np.exp(eigenvalues)).T).T.astype(np.complex128)
    except np.linalg.LinAlgError:
        return np.full(A.shape, np.nan, dtype=np.complex128), float("inf")
    return result, float(singular[0] / singular[-1])


def log_det_expm(A: ArrayLike) -> Any:
    """The logarithm of det(e^A), which is the trace: ln det e^A = Tr A. The exponential is never formed.

    A: (..., k, k), real or complex, k = 0 allowed (an empty trace is 0). Returns a float or complex, an array of shape
    (...) for a batch. Costs k additions a matrix and cannot overflow: a trace of 2000 is no trouble, while
    det(expm(A)) is infinite beyond a trace of 709. Raises ValueError on bad shapes and NaN.

    For complex A the value is one logarithm of det(e^A), not always the principal one.

    >>> log_det_expm([[1000.0, 5.0], [7.0, 1000.0]])
    2000.0
    """
    trace = np.trace(as_matrix(A, "A", square=True, batch=True, empty=True), axis1=-2, axis2=-1)
    return trace.item() if np.ndim(trace) == 0 else trace


def logdet_trace_log(B: ArrayLike) -> tuple[float | complex, int]:
    """Tr Log B with the principal logarithm, and the integer by which it misses the principal logarithm of det B.

        Tr Log B = sum_i Log(lambda_i),        Tr Log B - Log(det B) = 2 pi i w

    B: (k, k), no eigenvalue in (-infinity, 0] (there the principal logarithm does not exist).
    Returns (value, winding): for a Hermitian positive definite B a float (by Cholesky) and 0, else a complex and
    w = (sum_i arg(lambda_i) - Arg(det B)) / 2 pi, which is 0 iff sum_i arg(lambda_i) is in (-pi, pi].
    Raises ValueError on a singular matrix, on one with a negative real eigenvalue, on bad shapes and NaN.

    The eigenvalues suffice: Log is triangular in a Schur basis with Log(lambda_i) on the diagonal, so that no
    eigenvector is needed and defective matrices are fine. Next to the negative axis, where a relative change of the
    entries of size eps moves an eigenvalue across it, its side is rounding noise, and the matrix is refused. (Entries
    of very different size are looked at in 50 digits, up to k = 24; beyond, "next to" means within k eps ||B||.)

    >>> value, winding = logdet_trace_log([[np.exp(2j), 0], [0, np.exp(2j)]])
    >>> round(value.imag, 12), winding
    (4.0, 1)
    """
    B = as_matrix(B, "B", square=True)
    if np.array_equal(B, B.conj().T):
        try:
            return 2.0 * float(np.sum(np.log(np.diag(np.linalg.cholesky(B)).real))), 0
        except np.linalg.LinAlgError:
            pass
    eigenvalues = np.linalg.eigvals(B)
    noise: Any = 4 * B.shape[0] * np.finfo(float).eps * np.linalg.norm(B, 2)
    if np.any((eigenvalues.real <= noise) & (np.abs(eigenvalues.imag) <= noise)) and len(B) <= 24:
        eigenvalues, noise = _careful_eigenvalues(B)
    if np.any((eigenvalues.real <= noise) & (np.abs(eigenvalues.imag) <= noise)):
        kind = "a singular matrix" if np.any(np.abs(eigenvalues) <= noise) else "a matrix with an eigenvalue < 0"
        raise ValueError(f"B must have no eigenvalue in (-inf, 0], got {kind}")
    value = complex(np.sum(np.log(eigenvalues.astype(np.complex128))))
    if np.isrealobj(B):
        value = complex(value.real, 0.0)  # the arguments of a real matrix cancel in conjugate pairs
    return value, int(np.ceil(value.imag / (2 * np.pi) - 0.5))


def _careful_eigenvalues(B: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Eigenvalues in 50 digits, and how far a relative change of each entry of B by 4 k eps may move each of them.

    |d lambda_i| <= 4 k eps |y_i|^T |B| |x_i| / |y_i^T x_i|      (left and right eigenvectors)
    """
    with mp.workdps(50):
        values, left, right = mp.eig(mp.matrix(B.tolist()), left=True, right=True)
        size, k = B.shape[0], range(B.shape[0])
        noise = []
        for i in k:
            spread = sum(abs(left[i, r]) * abs(mp.mpmathify(B[r, c].item())) * abs(right[c, i]) for r in k for c in k)
            overlap = abs(sum(left[i, r] * right[r, i] for r in k))
            noise.append(float(4 * size * mp.mpf(2) ** -52 * spread / overlap) if overlap else np.inf)
        return np.array([complex(v) for v in values]), np.array(noise)


def spectral_radius(A: ArrayLike) -> float:
    """The largest modulus of an eigenvalue, rho(A) = max_i |lambda_i|; at most ||A|| in every submultiplicative norm.

    A: (k, k). Raises ValueError on bad shapes and NaN. For a defective matrix the eigenvalues carry an error of order
    eps^{1/k}: the nilpotent 4 x 4 block may show 1e-4 when it is hidden in a general basis.
    """
    return float(np.max(np.abs(np.linalg.eigvals(as_matrix(A, "A", square=True)))))


def log1p_series(A: ArrayLike, n_terms: int, diverging: bool = False) -> tuple[NDArray[Any], float | None]:
    """Partial sum of the logarithmic series ln(I + A) and a bound on what is missing.

        L_N = sum_{n=1}^{N} (-1)^{n-1} A^n / n,     ||ln(I + A) - L_N||_2 <= r^{N+1} / ((N+1)(1-r)),   r = ||A||_2 < 1

    A: (k, k). n_terms: N >= 1. Returns (L_N, bound); the bound is None where ||A||_2 >= 1, which does not mean that the
    series diverges: that is decided by the spectral radius. For the trace of the series multiply the bound by k.
    Raises ValueError when rho(A) >= 1, unless `diverging` asks for the partial sums all the same; and on bad input.

    >>> partial, bound = log1p_series([[0.0, 100.0], [0.0, 0.0]], 3)   # nilpotent: a finite sum, whatever the norm
    >>> partial.tolist(), bound
    ([[0.0, 100.0], [0.0, 0.0]], None)
    """
    A = as_matrix(A, "A", square=True)
    N = count(n_terms, "n_terms")
    if not diverging and (rho := spectral_radius(A)) >= 1:
        raise ValueError(f"A must have spectral radius < 1 for the series of ln(I + A), got {rho:.6g}")
    total, power = np.zeros_like(A), np.eye(A.shape[0], dtype=A.dtype)
    for n in range(1, N + 1):
        power = power @ A
        total = total + power * ((-1) ** (n - 1) / n)
    r = float(np.linalg.norm(A, 2))
    return total, r ** (N + 1) / ((N + 1) * (1 - r)) if r < 1 else None


def newton_identities(power_sums: Sequence[Any]) -> list[Any]:
    """Elementary symmetric polynomials from power sums, by n e_n = sum_{i=1}^{n} (-1)^{i-1} e_{n-i} p_i.

    power_sums: p_1, ..., p_N (for a matrix p_n = Tr A^n): integers, fractions, sympy expressions or floats.
    Returns [e_0 = 1, e_1, ..., e_N], where e_n is the coefficient of t^n in det(I + tA); exact for exact input
    (integers become Fraction). Raises ValueError on an empty sequence and on NaN.

    With floats the recurrence cancels badly for large N; `numpy.poly` of the eigenvalues is the stable way.

    >>> newton_identities([3, 5, 9])      # eigenvalues 1 and 2: e_3 = 0 is the Cayley-Hamilton theorem
    [Fraction(1, 1), Fraction(3, 1), Fraction(2, 1), Fraction(0, 1)]
    """
    if len(power_sums) == 0:
        raise ValueError("power_sums must not be empty")
    p = [Fraction(int(x)) if isinstance(x, int | np.integer) else x for x in power_sums]
    if any(isinstance(x, float | complex | np.inexact) and not np.isfinite(x) for x in p):
        raise ValueError("power_sums must be finite, got NaN or infinity")
    e: list[Any] = [Fraction(1)]
    for n in range(1, len(p) + 1):
        # the sum starts from its first term, so that one kind of number stays one kind of number
        terms = [e[n - i] * p[i - 1] if i % 2 else -e[n - i] * p[i - 1] for i in range(1, n + 1)]
        e.append(sum(terms[1:], terms[0]) / n)
    return e


def adjugate(M: ArrayLike) -> NDArray[Any]:
    """The transposed cofactor matrix, M adj(M) = adj(M) M = det(M) I, also for singular M.

        M = U diag(s) V^H     =>     adj(M) = det(U) det(V^H)  V diag(prod_{j != i} s_j) U^H

    M: (..., k, k). Returns (..., k, k). Absolute error about k eps prod_{j<k} s_j; no division takes place, so that a
    vanishing singular value does no harm (rank k - 1 gives a matrix of rank 1, lower rank gives 0).
    Raises ValueError on bad shapes and NaN.

    >>> adjugate([[1.0, 2.0], [3.0, 4.0]]).round(12)
    array([[ 4., -2.],
           [-3.,  1.]])

    Source: Stewart, On the adjugate matrix, Linear Algebra and its Applications 283 (1998).
    """
    M = as_matrix(M, "M", square=True, batch=True)
    U, s, Vh = np.linalg.svd(M)
    ones = np.ones_like(s[..., :1])
    before = np.cumprod(np.concatenate([ones, s[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, s[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    phase = np.linalg.det(U) * np.linalg.det(Vh)
    dagger = np.conj(np.swapaxes(Vh, -1, -2)), np.conj(np.swapaxes(U, -1, -2))
    return phase[..., None, None] * (dagger[0] * (before * after)[..., None, :]) @ dagger[1]


def jacobi_derivative(M: ArrayLike, dM: ArrayLike) -> Any:
    """The derivative of a determinant along a direction, Jacobi's formula d det M = Tr(adj(M) dM).

    M, dM: (..., k, k) of equal shape. Returns a scalar, or an array (...) for a batch. Valid for singular M, where the
    better known det(M) Tr(M^{-1} dM) is not defined. Raises ValueError on bad or different shapes and NaN.

    >>> round(jacobi_derivative([[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]), 12)
    1.0
    """
    M = as_matrix(M, "M", square=True, batch=True)
    dM = as_matrix(dM, "dM", square=True, batch=True)
    same_shape(M, dM, "M and dM")
    value = np.einsum("...ij,...ji->...", adjugate(M), dM)
    return value.item() if np.ndim(value) == 0 else value


def det_exp_rate(A: ArrayLike, t: float) -> float:
    """d/dt det(e^{tA}) by forward automatic differentiation through the exponential and the determinant (jax).

    A: (k, k) real. Knows nothing of traces: the independent witness for f' = Tr(A) f. Raises ValueError on bad input.
    """
    from scispaces.backend import jax, jnp

    A = jnp.asarray(as_matrix(A, "A", square=True, real=True))
    rate = jax.jvp(lambda s: jnp.linalg.det(jax.scipy.linalg.expm(s * A)), (finite(t, "t"),), (1.0,))[1]
    return float(rate)


def grad_log_det_expm(A: ArrayLike) -> NDArray[np.float64]:
    """Gradient of ln |det e^A| with respect to the entries of A, by automatic differentiation of the expensive side.

    A: (k, k) real. Returns (k, k); by the identity it is the unit matrix. Raises ValueError on bad input.
    """
    return np.asarray(_compiled_gradient()(as_matrix(A, "A", square=True, real=True)))


@functools.cache
def _compiled_gradient() -> Callable[[Any], Any]:
    from scispaces.backend import jax, jnp

    return jax.jit(jax.grad(lambda X: jnp.linalg.slogdet(jax.scipy.linalg.expm(X))[1]))
