r"""Densities of latent-variable models by importance sampling: weights, the bound with M draws, and what it misses.

    q(x) = E_{z ~ p(z|x)} w(z),    w(z) = q(x|z) q(z) / p(z|x)
    L_M = E log (w_1 + ... + w_M) / M  <=  log q(x),    gap  Delta_M = log q(x) - L_M
    chi2 = E (w / q(x))^2 - 1,    Delta_M = chi2 / (2 M) + (3/4 chi2^2 - mu_3 / 3) / M^2 + O(M^-3)

Weights come as logarithms everywhere: w itself underflows in a few hundred dimensions.

Source: Burda, Grosse, Salakhutdinov 2015 (arXiv 1509.00519); Domke, Sheldon 2018 (arXiv 1808.09034); Nowozin 2018.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, logsumexp, xlog1py, xlogy

from scispaces._validate import as_array, as_matrix, count, finite, must_broadcast, positive

__all__ = [
    "EncoderGradients",
    "bits_per_dim",
    "encoder_gradients",
    "ess",
    "exact_log_density",
    "gap_expansion",
    "gaussian_chi2",
    "importance_bound",
    "lognormal_gap2",
    "mean_field_chi2",
    "two_point_gap",
]

Array = NDArray[np.float64]


def _log_weights(logw: ArrayLike, axis: int) -> Array:
    try:
        found = np.asarray(logw)
        logs = found.astype(float) if found.dtype.kind in "fiu" else None
    except (ValueError, TypeError, OverflowError):
        logs = None
    axis = _axis(axis)
    if logs is None:
        raise ValueError("logw must be an array of real numbers")
    if not -logs.ndim <= axis < logs.ndim or logs.shape[axis] == 0:
        raise ValueError(f"logw must have entries along axis {axis}, got shape {logs.shape}")
    if np.any(np.isnan(logs)) or np.any(logs == np.inf):
        raise ValueError("logw must be numbers below infinity, got nan or inf")
    return logs


def _axis(axis: int) -> int:
    return count(axis, "axis", minimum=0) if not (isinstance(axis, int) and -32 <= axis < 0) else axis


def importance_bound(logw: ArrayLike, axis: int = 0) -> Any:
    """log of the mean of exp(logw) along `axis`, in stable form; -inf where all weights are 0.

    Raises ValueError on nan, inf, and an empty axis.

    >>> round(float(importance_bound([-1000.0, -1001.0, -1002.5])), 10)
    -1000.7270732568
    """
    logs = _log_weights(logw, axis)
    return logsumexp(logs, axis=axis) - np.log(logs.shape[axis])


def ess(logw: ArrayLike, axis: int = 0) -> Any:
    """Effective sample size (sum w)^2 / sum w^2 in [1, M] along `axis`, whatever the scale; 0 where all weights are 0.

    Raises ValueError as `importance_bound`.
    """
    logs = _log_weights(logw, axis)
    top = logs.max(axis=axis, keepdims=True)
    w = np.exp(logs - np.where(np.isfinite(top), top, 0.0))
    square = np.sum(w**2, axis=axis)
    return np.where(square > 0, np.sum(w, axis=axis) ** 2 / np.where(square > 0, square, 1.0), 0.0)[()]


def gaussian_chi2(m: ArrayLike, s: ArrayLike, m_post: ArrayLike, s_post: ArrayLike) -> Any:
    """chi2 = s^2 / (s_post sqrt(a)) exp((m - m_post)^2 / a) - 1, a = 2 s^2 - s_post^2, and inf unless a > 0.

    The relative variance of a weight for the posterior N(m_post, s_post^2) and the proposal N(m, s^2); arguments
    broadcast. Scales are compared as ratios, so that 1e-200 and 1e200 are as good as 1. Raises ValueError on scales
    that are not positive and shapes that do not broadcast.
    """
    names = ("m", "s", "m_post", "s_post")
    found = [as_array(a, name, real=True) for a, name in zip((m, s, m_post, s_post), names, strict=True)]
    must_broadcast(**dict(zip(names, found, strict=True)))
    m, s, m_post, s_post = found
    if s.min() <= 0 or s_post.min() <= 0:
        raise ValueError("s and s_post must be > 0")
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratio = s / s_post
        a = 2 - 1 / ratio**2  # (2 s^2 - s_post^2) / s^2
        safe = np.where(a > 0, a, 1.0)
        log_moment = np.log(ratio) - np.log(safe) / 2 + ((m - m_post) / s) ** 2 / safe
        return np.where(a > 0, np.expm1(np.maximum(log_moment, 0.0)), np.inf)[()]


def mean_field_chi2(A: ArrayLike) -> float:
    """det A / sqrt(det(2 A - D) det D) - 1 for the posterior precision A (d, d), D its diagonal; inf unless 2 A > D.

    The best diagonal normal (variances 1/A_ii) as a proposal. ValueError unless A is symmetric positive definite.
    """
    A = as_matrix(A, "A", square=True, real=True)
    scale = np.sqrt(np.diag(A)) if np.diag(A).min() > 0 else np.ones(len(A))
    R = A / scale / scale[:, None]
    try:
        root = np.linalg.cholesky(R)
    except np.linalg.LinAlgError:
        raise ValueError("A must be positive definite") from None
    if np.abs(R - R.T).max() > 1e-10:
        raise ValueError("A must be symmetric")
    try:
        double = np.linalg.cholesky(2 * R - np.eye(len(R)))
    except np.linalg.LinAlgError:
        return float("inf")
    return float(np.expm1(2 * np.log(np.diag(root)).sum() - np.log(np.diag(double)).sum()))


def two_point_gap(a: float, b: float, p: float, M: int) -> float:
    """Delta_M = log E w - E log(mean of M weights) for weights a with probability p, else b: an exact sum.

    a, b >= 0, not both 0; inf where a run of zeros has positive probability. Raises ValueError otherwise.
    """
    a, b, p = finite(a, "a", 0.0), finite(b, "b", 0.0), finite(p, "p", 0.0, 1.0)
    M, mean = count(M, "M", maximum=10**6), p * a + (1 - p) * b
    if mean <= 0:
        raise ValueError("the mean weight must be > 0")
    k = np.arange(M + 1)
    pmf = np.exp(gammaln(M + 1) - gammaln(k + 1) - gammaln(M - k + 1) + xlogy(k, p) + xlog1py(M - k, -p))
    with np.errstate(divide="ignore"):
        logs = np.log(k / M * (a / mean) + (1 - k / M) * (b / mean))
    return float(-np.sum(pmf * np.where(pmf > 0, logs, 0.0)))


def gap_expansion(chi2: ArrayLike, mu3: ArrayLike, M: ArrayLike) -> Any:
    """chi2 / (2 M) + (3/4 chi2^2 - mu3 / 3) / M^2, the first two terms of Delta_M for large M (arrays broadcast).

    Raises ValueError unless M >= 1 and the shapes broadcast.
    """
    chi2, mu3, M = (as_array(a, name, real=True) for a, name in ((chi2, "chi2"), (mu3, "mu3"), (M, "M")))
    must_broadcast(chi2=chi2, mu3=mu3, M=M)
    if M.min() < 1:
        raise ValueError("M must be at least 1")
    with np.errstate(over="ignore", invalid="ignore"):
        return chi2 / (2 * M) + (0.75 * chi2**2 - mu3 / 3) / M**2


def lognormal_gap2(delta: float, nodes: int = 120) -> float:
    """Delta_2 = delta^2/2 - E log cosh(delta u / sqrt 2), u ~ N(0, 1), by Gauss-Hermite quadrature."""
    delta = np.float64(finite(delta, "delta"))
    u, weight = np.polynomial.hermite_e.hermegauss(count(nodes, "nodes", maximum=200))
    t = np.abs(delta * u / np.sqrt(2))
    log_cosh = t + np.log1p(np.exp(-2 * t)) - np.log(2)
    with np.errstate(over="ignore"):  # beyond 1e154 it is inf
        return float(delta**2 / 2 - weight @ log_cosh / np.sqrt(2 * np.pi))


class EncoderGradients(NamedTuple):
    """Per repeat, derivatives of log(mean of w): `plain`, `double` in the proposal's mean, `decoder` in a shift."""

    plain: Array
    double: Array
    decoder: Array


def encoder_gradients(eps: ArrayLike, x: float, v: float, m: float, s: float) -> EncoderGradients:
    """Gradients of the bound for z ~ N(0,1), x|z ~ N(z + b, v) at b = 0, proposal z = m + s eps, eps (M, repeats).

    plain    sum w~_i dlog w_i / dm,    dlog w/dm = (x - z)/v - z
    double   sum w~_i^2 dlog w_i / dz,  dlog w/dz = (x - z)/v - z + (z - m)/s^2   (dz/dm = 1)
    decoder  sum w~_i (x - z_i)/v, the derivative in b
    Raises ValueError unless v, s > 0. Source: Rainforth et al. 2018; Tucker et al. 2018.
    """
    e = as_array(eps, "eps", ndim=2, real=True)
    x, m, v, s = finite(x, "x"), finite(m, "m"), positive(v, "v"), positive(s, "s")
    z = m + s * e
    logs = -((x - z) ** 2) / (2 * v) - z**2 / 2 + e**2 / 2
    share = np.exp(logs - logsumexp(logs, axis=0))
    slope = (x - z) / v - z
    return EncoderGradients(np.sum(share * slope, axis=0), np.sum(share**2 * (slope + e / s), axis=0),
                            np.sum(share * (x - z) / v, axis=0))  # fmt: skip


def exact_log_density(log_lik: ArrayLike, nodes: ArrayLike) -> Array:
    """log q(x) for a code of one dimension with the prior N(0, 1): log_lik (n, N) at even nodes (n,) -> (N,).

    The trapezoidal rule, log sum_i exp(log q(x|z_i)) N(z_i; 0, 1) h. Raises ValueError unless the nodes rise evenly.
    """
    z = as_array(nodes, "nodes", ndim=1, real=True)
    logs = as_array(log_lik, "log_lik", shape=(len(z), None), real=True)
    h = np.diff(z)
    if len(z) < 2 or h.min() <= 0 or np.ptp(h) > 1e-9 * h.mean():
        raise ValueError("nodes must rise in even steps")
    prior = -(z**2) / 2 - np.log(2 * np.pi) / 2 + np.log(h.mean())
    return np.asarray(logsumexp(logs + prior[:, None], axis=0))


def bits_per_dim(nll: ArrayLike, D: int, step: float) -> Any:
    """nll / (D log 2) - log2(step): bits for each of D numbers stored in cells of width `step`, nll in nats."""
    return as_array(nll, "nll", real=True) / (count(D, "D") * np.log(2)) - np.log2(positive(step, "step"))
