r"""Kullback-Leibler divergences of normal (and uniform) laws, and two ways to differentiate an expectation.

    KL(N(m1, S1) | N(m2, S2)) = 1/2 [tr(S2^-1 S1) + (m2 - m1)' S2^-1 (m2 - m1) - d + log det S2 / det S1]
    KL(N(mu, diag s^2) | N(0, I)) = 1/2 sum_i (mu_i^2 + s_i^2 - log s_i^2 - 1)

Variances come as their logarithms, as the encoders of the book give them: ``logvar = log s^2``, not log s. The part
s^2 - log s^2 - 1 is exp(v) - 1 - v, whose terms cancel near v = 0; there a series is summed.

Source: Kingma, Welling 2013 (arXiv 1312.6114); Rezende, Mohamed, Wierstra 2014 (arXiv 1401.4082).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_triangular

from scispaces._validate import as_array, as_matrix, finite, must_broadcast, positive, same_shape

__all__ = [
    "aggregate_moments",
    "kl_diag",
    "kl_diag_std",
    "kl_gauss",
    "kl_uniform_normal",
    "kl_uniform_uniform",
    "pathwise_gradient",
    "score_gradient",
]

Array = NDArray[np.float64]


def _excess(v: Array) -> Array:
    """exp(v) - 1 - v without cancellation; inf beyond the floats."""
    small = np.where(np.abs(v) < 0.01, v, 0.0)
    series = small**2 * np.polynomial.polynomial.polyval(small, [1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040])
    with np.errstate(over="ignore"):
        return np.where(np.abs(v) < 0.01, series, np.expm1(v) - v)


def kl_diag_std(mu: ArrayLike, logvar: ArrayLike) -> Any:
    """KL(N(mu, diag exp(logvar)) | N(0, I)), summed over the last axis: (..., d) -> (...,).

    Accurate to 1e-12 relative for any finite logvar; inf where the value is beyond the floats. Raises ValueError on
    shapes that differ and on entries that are not finite real numbers.

    >>> float(kl_diag_std([1.0], [0.0]))
    0.5
    """
    mu, logvar = as_array(mu, "mu", real=True), as_array(logvar, "logvar", real=True)
    same_shape(mu, logvar, "mu and logvar")
    with np.errstate(over="ignore"):
        return np.sum(mu**2 + _excess(logvar), axis=-1) / 2 if mu.ndim else (mu**2 + _excess(logvar)) / 2


def kl_diag(mu1: ArrayLike, logvar1: ArrayLike, mu2: ArrayLike, logvar2: ArrayLike) -> Any:
    """KL(N(mu1, diag exp(logvar1)) | N(mu2, diag exp(logvar2))), summed over the last axis; arguments broadcast.

    Raises ValueError on shapes that do not broadcast, scalars, and entries that are not finite real numbers.
    """
    names = ("mu1", "logvar1", "mu2", "logvar2")
    found = [as_array(a, name, real=True) for a, name in zip((mu1, logvar1, mu2, logvar2), names, strict=True)]
    must_broadcast(**dict(zip(names, found, strict=True)))
    if max(a.ndim for a in found) == 0:
        raise ValueError("mu1 must have at least one axis, got a number")
    m1, v1, m2, v2 = found
    with np.errstate(over="ignore"):
        return np.sum(_excess(v1 - v2) + ((m1 - m2) * np.exp(-v2 / 2)) ** 2, axis=-1) / 2


def kl_gauss(m1: ArrayLike, S1: ArrayLike, m2: ArrayLike, S2: ArrayLike) -> float:
    """KL(N(m1, S1) | N(m2, S2)) for means (d,) and positive definite covariances (d, d), by Cholesky factors.

    Raises ValueError on shapes that do not fit and on matrices that are not symmetric positive definite.
    """
    m1, m2 = as_array(m1, "m1", ndim=1, real=True), as_array(m2, "m2", ndim=1, real=True)
    d = len(m1)
    if len(m2) != d:
        raise ValueError(f"m2 must have length {d} as m1, got {len(m2)}")
    L1, L2 = _factor(S1, "S1", d), _factor(S2, "S2", d)
    with np.errstate(over="ignore"):
        spread = solve_triangular(L2, L1, lower=True, check_finite=False)
        shift = solve_triangular(L2, m2 - m1, lower=True, check_finite=False)
        logs = np.sum(np.log(np.diag(L2)) - np.log(np.diag(L1)))
        return float((np.sum(spread**2) + np.sum(shift**2) - d) / 2 + logs)


def _factor(S: ArrayLike, name: str, d: int) -> Array:
    matrix = as_matrix(S, name, square=True, real=True)
    if len(matrix) != d:
        raise ValueError(f"{name} must be {d} x {d}, got {matrix.shape}")
    if np.abs(matrix - matrix.T).max() > 1e-10 * np.abs(matrix).max():
        raise ValueError(f"{name} must be symmetric")
    try:
        return np.asarray(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        raise ValueError(f"{name} must be positive definite") from None


def kl_uniform_normal(a: float, b: float) -> float:
    """KL(U[a, b] | N(0, 1)) = (a^2 + ab + b^2)/6 + log(2 pi)/2 - log(b - a). Raises ValueError unless a < b."""
    a, b = _interval(a, b, "a, b")
    with np.errstate(over="ignore"):
        squares = np.float64(a) ** 2 + np.float64(a) * b + np.float64(b) ** 2
    return float(squares / 6 + np.log(2 * np.pi) / 2 - np.log(b - a))


def kl_uniform_uniform(a1: float, b1: float, a2: float, b2: float) -> float:
    """KL(U[a1, b1] | U[a2, b2]): log of the ratio of the lengths, inf unless the first lies inside the second."""
    a1, b1 = _interval(a1, b1, "a1, b1")
    a2, b2 = _interval(a2, b2, "a2, b2")
    return float(np.log(b2 - a2) - np.log(b1 - a1)) if a2 <= a1 and b1 <= b2 else float("inf")


def _interval(a: float, b: float, names: str) -> tuple[float, float]:
    low, high = (finite(end, name) for end, name in zip((a, b), names.split(", "), strict=True))
    if not low < high or high - low == np.inf:
        raise ValueError(f"{names} must be the ends of an interval of finite length, got {low}, {high}")
    return low, high


def pathwise_gradient(df: Callable[[Array], Any], mu: float, sigma: float, eps: ArrayLike) -> tuple[Array, Array]:
    """Per draw, the derivatives of f(mu + sigma eps) in mu and in sigma > 0: f'(z) and f'(z) eps, shapes of eps.

    Their means estimate the derivatives of E f(Z), Z ~ N(mu, sigma^2), when eps are draws of N(0, 1).
    """
    e = as_array(eps, "eps", real=True)
    slope = np.asarray(df(finite(mu, "mu") + positive(sigma, "sigma") * e))
    return slope, slope * e


def score_gradient(f: Callable[[Array], Any], mu: float, sigma: float, eps: ArrayLike) -> tuple[Array, Array]:
    """The same derivatives without f': per draw f(z) eps / sigma and f(z) (eps^2 - 1) / sigma."""
    e = as_array(eps, "eps", real=True)
    s = positive(sigma, "sigma")
    value = np.asarray(f(finite(mu, "mu") + s * e))
    with np.errstate(over="ignore", invalid="ignore"):
        return value * e / s, value * (e**2 - 1) / s


def aggregate_moments(mu: ArrayLike, sigma2: ArrayLike) -> tuple[Array, Array]:
    """Mean and variance (d,) of the mixture of N(mu_k, diag sigma2_k) with equal weights; mu, sigma2 (n, d).

    E mu and E sigma2 + Var mu. Raises ValueError on shapes that differ and on negative variances.
    """
    m, v = as_matrix(mu, "mu", real=True), as_matrix(sigma2, "sigma2", real=True)
    same_shape(m, v, "mu and sigma2")
    if v.min() < 0:
        raise ValueError(f"sigma2 must be >= 0, got {v.min():g}")
    with np.errstate(over="ignore", invalid="ignore"):
        return m.mean(axis=0), v.mean(axis=0) + m.var(axis=0)
