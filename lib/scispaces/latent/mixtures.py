r"""Mixtures: log p(x, k) of Gaussian and of product-Bernoulli components, and the M-steps in closed form.

    Gaussian     log pi_k + log N(x; mu_k, Sigma_k)
    Bernoulli    log pi_k + sum_j x_j log theta_kj + (N - x_j) log(1 - theta_kj)

    pi_k = mean_i gamma_ik,  mu_k = sum_i gamma_ik x_i / sum_i gamma_ik,  Sigma_k with the new mu_k

Gaussian mixtures may have leading axes: many mixtures at once, of the same data. Peer: sklearn GaussianMixture.
Source: Dempster, Laird, Rubin 1977; Xu, Jordan 1996.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlog1py, xlogy

from scispaces._validate import as_array, check_rng, count, finite, positive, positive_int, room

__all__ = [
    "BernoulliMixture",
    "GaussianMixture",
    "bernoulli_log_joint",
    "bernoulli_mstep",
    "gmm_log_joint",
    "gmm_mstep",
    "gmm_sample",
]

Array = NDArray[np.float64]


class GaussianMixture(NamedTuple):
    """Weights (..., K), means (..., K, d), covariances (..., K, d, d)."""

    weights: Array
    means: Array
    covariances: Array


class BernoulliMixture(NamedTuple):
    """Weights (K,) and probabilities (K, d)."""

    weights: Array
    probabilities: Array


def _points(X: ArrayLike) -> Array:
    return as_array(X, "X", ndim=2, real=True)


def gmm_log_joint(X: ArrayLike, model: GaussianMixture) -> Array:
    """log pi_k + log N(x_i; mu_k, Sigma_k) for X (n, d), shape (..., n, K), by Cholesky factors: O(n K d^2 + K d^3).

    Weights may be 0 (then -inf). Raises ValueError: shapes, negative weights, covariances not positive definite.
    """
    X = _points(X)
    weights, means, covariances = (as_array(a, f, real=True) for a, f in zip(model, model._fields, strict=True))
    d = X.shape[1]
    if weights.ndim < 1 or means.shape != (*weights.shape, d) or covariances.shape != (*weights.shape, d, d):
        raise ValueError(f"means and covariances must fit weights {weights.shape} and d = {d}, got {means.shape} and "
                         f"{covariances.shape}")  # fmt: skip
    if weights.min() < 0:
        raise ValueError(f"weights must be >= 0, got {weights.min():g}")
    try:
        L = np.linalg.cholesky(covariances)
    except np.linalg.LinAlgError:
        raise ValueError("covariances must be positive definite") from None
    z = np.linalg.solve(L, np.swapaxes(X - means[..., None, :], -1, -2))  # (..., K, d, n)
    log_det = np.log(np.diagonal(L, axis1=-2, axis2=-1)).sum(axis=-1)
    with np.errstate(divide="ignore", over="ignore"):
        constant = np.log(weights) - log_det - 0.5 * d * np.log(2 * np.pi)
        return np.swapaxes(constant[..., None] - 0.5 * np.sum(z**2, axis=-2), -1, -2)


def gmm_mstep(X: ArrayLike, gamma: ArrayLike, reg: float = 0.0, floor: float = 0.0) -> GaussianMixture:
    """The Gaussian mixture that maximises Q for responsibilities gamma (..., n, K) of X (n, d).

    reg is added to the diagonals of the covariances (then the likelihood may fall). A component whose total
    responsibility is not above `floor` has no mean: ValueError, as for shapes that do not fit.
    """
    X, gamma = _points(X), as_array(gamma, "gamma", real=True)
    reg, floor = finite(reg, "reg", low=0.0), finite(floor, "floor", low=0.0)
    if gamma.ndim < 2 or gamma.shape[-2] != len(X) or gamma.min() < 0:
        raise ValueError(f"gamma must have shape (..., {len(X)}, K) and entries >= 0, got {gamma.shape}")
    totals = gamma.sum(axis=-2)
    if totals.min() <= floor:
        raise ValueError("a component has no responsibility: its mean is not defined")
    shares = gamma / totals[..., None, :]
    means = np.swapaxes(shares, -1, -2) @ X
    centred = X - means[..., None, :]  # (..., K, n, d)
    weighted = np.swapaxes(shares, -1, -2)[..., None] * centred
    covariances = np.swapaxes(weighted, -1, -2) @ centred + reg * np.eye(X.shape[1])
    return GaussianMixture(totals / totals.sum(axis=-1, keepdims=True), means, covariances)


def gmm_sample(rng: np.random.Generator, n: int, means: ArrayLike, sd: float, weights: ArrayLike) -> Array:
    """n draws (n,) of a one-dimensional mixture of Gaussians with a common standard deviation."""
    means, weights = as_array(means, "means", ndim=1, real=True), as_array(weights, "weights", ndim=1, real=True)
    if means.shape != weights.shape or weights.min() < 0 or abs(weights.sum() - 1) > 1e-9:
        raise ValueError(f"weights must be a law on the components, got {weights} for {len(means)} means")
    check_rng(rng)
    n = count(n, "n", minimum=0)
    room("the draws", n)
    which = rng.choice(len(means), size=n, p=weights)
    return means[which] + positive(sd, "sd") * rng.standard_normal(n)


def bernoulli_log_joint(X: ArrayLike, model: BernoulliMixture, trials: int = 1) -> Array:
    """log pi_k + sum_j log of theta_kj^x_j (1 - theta_kj)^(trials - x_j), shape (n, K), for counts X (n, d).

    trials = 1: binary data, the latent class model. Without the binomial coefficients, which no parameter changes.
    Raises ValueError: counts outside 0..trials, weights < 0, probabilities outside [0, 1], shapes.
    """
    X, trials = _points(X), positive_int(trials, "trials")
    weights, theta = as_array(model[0], "weights", ndim=1, real=True), as_array(model[1], "probabilities", real=True)
    if theta.shape != (len(weights), X.shape[1]) or theta.min() < 0 or theta.max() > 1 or weights.min() < 0:
        raise ValueError(f"probabilities must lie in [0, 1], shape ({len(weights)}, {X.shape[1]}), got {theta.shape}")
    if X.min() < 0 or X.max() > trials:
        raise ValueError(f"X must be counts in 0..{trials}, got {X.min():g} to {X.max():g}")
    with np.errstate(divide="ignore"):
        constant = np.log(weights)
    return constant + (xlogy(X[:, None], theta) + xlog1py(trials - X[:, None], -theta)).sum(axis=-1)


def bernoulli_mstep(X: ArrayLike, gamma: ArrayLike, trials: int = 1) -> BernoulliMixture:
    """theta_kj = sum_i gamma_ik x_ij / (trials sum_i gamma_ik) and the mean responsibilities, for gamma (n, K).

    Raises ValueError: shapes, gamma < 0, a component without responsibility.
    """
    X, gamma = _points(X), as_array(gamma, "gamma", ndim=2, real=True)
    trials = positive_int(trials, "trials")
    if len(gamma) != len(X) or gamma.min() < 0:
        raise ValueError(f"gamma must have {len(X)} rows and entries >= 0, got shape {gamma.shape}")
    totals = gamma.sum(axis=0)
    if totals.min() <= 0:
        raise ValueError("a component has no responsibility: its probabilities are not defined")
    return BernoulliMixture(totals / totals.sum(), np.clip((gamma / totals).T @ X / trials, 0, 1))
