r"""The linear VAE in closed form: decoder N(W z + b, s^2 I), prior N(0, I), and its exact posterior and evidence.

    evidence     q(x) = N(b, W W' + s^2 I)
    posterior    q(z|x) = N((W'W + s^2 I)^-1 W'(x - b), A^-1),    A = I + W'W / s^2
    best diagonal normal: the same mean, variances 1 / A_ii
    optimum in W, b, s^2: probabilistic PCA, W = U (Lambda - s^2 I)^1/2, s^2 the mean of the discarded eigenvalues

Everything through d x d matrices (Woodbury, matrix determinant lemma): O(n D d + D d^2), no D x D inverse.

Source: Tipping, Bishop 1999 (JRSS B 61); Lucas, Tucker, Grosse, Norouzi 2019 (arXiv 1911.02469).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve

from scispaces._validate import as_array, as_matrix, positive, positive_int
from scispaces.probability.gaussians import kl_diag_std

__all__ = ["diagonal_gap", "linear_distortion", "linear_nll", "linear_posterior", "linear_rate", "ppca"]

Array = NDArray[np.float64]


def _model(W: ArrayLike, b: ArrayLike, x: ArrayLike, s2: float) -> tuple[Array, Array, float]:
    """W, the centred rows x - b (n, D) and s2, checked."""
    W = as_matrix(W, "W", real=True)
    D = len(W)
    b = as_array(b, "b", shape=(D,), real=True)
    x = as_array(x, "x", shape=(None, D), real=True)
    return W, x - b, positive(s2, "s2")


def _precision(W: Array, s2: float) -> Array:
    """A = I + W'W / s2, finite; columns are scaled before they are multiplied."""
    V = W / np.sqrt(s2)
    with np.errstate(over="ignore", invalid="ignore"):
        A = np.eye(W.shape[1]) + V.T @ V
    if not np.all(np.isfinite(A)):
        raise ValueError("W'W / s2 must be finite, W is too large for this s2")
    return np.asarray(A)


def _solve(A: Array, right: Array) -> Array:
    return np.asarray(cho_solve(cho_factor(A, lower=True), right))


def linear_posterior(W: ArrayLike, b: ArrayLike, x: ArrayLike, s2: float) -> tuple[Array, Array]:
    """Means (n, d) of the exact posterior and the variances (d,) of the best diagonal one, for rows x (n, D).

    W (D, d), b (D,), s2 > 0. Raises ValueError on shapes that do not fit, s2 <= 0, and where W'W/s2 overflows.
    """
    W, centred, s2 = _model(W, b, x, s2)
    A = _precision(W, s2)
    return _solve(A, (centred / np.sqrt(s2) @ (W / np.sqrt(s2))).T).T, 1 / np.diag(A)


def linear_distortion(W: ArrayLike, b: ArrayLike, x: ArrayLike, mu: ArrayLike, sigma2: ArrayLike) -> float:
    """Mean over rows of E |x - W z - b|^2, z ~ N(mu, diag sigma2): |x - W mu - b|^2 + sum_i sigma2_i |W_i|^2.

    mu (n, d), sigma2 (d,) or (n, d), >= 0. Raises ValueError as `linear_posterior`.
    """
    W, centred, _ = _model(W, b, x, 1.0)
    mu, sigma2 = _codes(mu, sigma2, len(centred), W.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        rest = np.sum((centred - mu @ W.T) ** 2, axis=1) + np.sum(sigma2 * np.sum(W**2, axis=0), axis=-1)
        return float(np.mean(rest))


def linear_rate(mu: ArrayLike, sigma2: ArrayLike) -> float:
    """Mean over rows of KL(N(mu, diag sigma2) | N(0, I)); mu (n, d), sigma2 (d,) or (n, d), > 0."""
    mu = as_matrix(mu, "mu", real=True)
    mu, sigma2 = _codes(mu, sigma2, *mu.shape)
    if sigma2.min() <= 0:
        raise ValueError("sigma2 must be > 0")
    return float(np.mean(kl_diag_std(mu, np.broadcast_to(np.log(sigma2), mu.shape))))


def _codes(mu: ArrayLike, sigma2: ArrayLike, n: int, d: int) -> tuple[Array, Array]:
    mu = as_array(mu, "mu", shape=(n, d), real=True)
    sigma2 = as_array(sigma2, "sigma2", ndim=(1, 2), real=True)
    if sigma2.shape not in ((d,), (n, d)) or sigma2.min() < 0:
        raise ValueError(f"sigma2 must be ({d},) or ({n}, {d}) and >= 0, got {sigma2.shape}")
    return mu, sigma2


def linear_nll(W: ArrayLike, b: ArrayLike, s2: float, x: ArrayLike) -> Array:
    """-log N(x; b, W W' + s2 I) for each row of x (n, D): what an exact posterior makes of the loss."""
    W, centred, s2 = _model(W, b, x, s2)
    A = _precision(W, s2)
    D = len(W)
    inner = centred / np.sqrt(s2) @ (W / np.sqrt(s2))  # (n, d)
    with np.errstate(over="ignore", invalid="ignore"):
        square = np.sum(centred**2, axis=1) / s2 - np.sum(inner * _solve(A, inner.T).T, axis=1)
        logdet = D * np.log(s2) + np.linalg.slogdet(A)[1]
        return np.asarray((square + logdet + D * np.log(2 * np.pi)) / 2)


def diagonal_gap(W: ArrayLike, s2: float) -> float:
    """Loss of a diagonal encoder: (sum_i log A_ii - log det A) / 2 >= 0, A = I + W'W/s2; zero iff W'W is diagonal."""
    A = _precision(as_matrix(W, "W", real=True), positive(s2, "s2"))
    scale = np.sqrt(np.diag(A))
    return float(max(0.0, -np.linalg.slogdet(A / scale / scale[:, None])[1] / 2))


def ppca(x: ArrayLike, d: int, s2: float | None = None) -> tuple[Array, Array, float]:
    """Probabilistic PCA of rows x (n, D): W (D, d), b (D,), s2, the best linear VAE with codes of length d < D.

    s2: given, W is the best one for it, with W_i = 0 where the i-th eigenvalue of the covariance (1/n) is below s2.
    Raises ValueError unless 1 <= d < D, n >= 2, and (without s2) some variance is discarded.
    """
    x = as_array(x, "x", ndim=2, real=True)
    if len(x) < 2 or x.shape[1] < 2:
        raise ValueError(f"x must have at least 2 rows and 2 columns, got {x.shape}")
    d = positive_int(d, "d", maximum=x.shape[1] - 1)
    b = x.mean(axis=0)
    centred = as_array(x - b, "x - mean(x)", real=True)
    with np.errstate(over="ignore", invalid="ignore"):
        covariance: Any = as_array(centred.T @ centred / len(x), "the covariance of x")
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    noise = positive(values[d:].mean() if s2 is None else s2, "s2")
    return vectors[:, :d] * np.sqrt(np.maximum(values[:d] - noise, 0)), b, noise
