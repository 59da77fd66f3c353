r"""Momentum on a quadratic loss, one eigenvalue h of the Hessian at a time: a matrix of two rows.

    (theta', v') = M (theta, v),    M = [[1 - q, beta - c q], [-q, beta - c q]],    q = alpha h,  look-ahead c

with trace 1 - q + beta - c q and determinant beta - c q. It contracts if and only if 0 < q < 2(1 + beta)/(1 + 2c),
for 0 <= beta < 1 and c >= 0. With gradient noise of variance s2 in every step the stationary variance of theta is

    alpha s2 (1 + beta - c q) / (h (1 - beta + c q) (2(1 + beta) - (1 + 2c) q)).

Arrays broadcast. Source: Polyak 1964; the variance is the solution of P = M P M' + alpha^2 s2 (1, 1)(1, 1)'.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, must_broadcast

__all__ = ["momentum_matrix", "momentum_radius", "stability_limit", "stationary_variance"]


def _arrays(**values: ArrayLike) -> list[NDArray[np.float64]]:
    arrays = {name: as_array(value, name, real=True) for name, value in values.items()}
    must_broadcast(**arrays)
    return list(arrays.values())


def momentum_matrix(q: ArrayLike, beta: ArrayLike, c: ArrayLike = 0.0, implicit: bool = False) -> NDArray[np.float64]:
    """M with (theta', v') = M (theta, v) for q = alpha h, shape (..., 2, 2); with `implicit` of midpoint momentum,
    where the gradient is taken at (theta + theta')/2 and c says nothing."""
    q, beta, c = _arrays(q=q, beta=beta, c=c)
    kept, pull = (beta / (1 + q / 2), q / (1 + q / 2)) if implicit else (beta - c * q, q)
    kept, pull = np.broadcast_arrays(kept, pull)
    return np.stack([np.stack([1 - pull, kept], -1), np.stack([-pull, kept], -1)], -2)


def momentum_radius(q: ArrayLike, beta: ArrayLike, c: ArrayLike = 0.0, implicit: bool = False) -> Any:
    """The spectral radius of `momentum_matrix`, from its trace and determinant: the factor per step in the long run."""
    M = momentum_matrix(q, beta, c, implicit)
    trace, det = M[..., 0, 0] + M[..., 1, 1], M[..., 1, 1]  # det M = (1 - p) k + p k = k
    size = np.maximum(np.maximum(np.abs(trace), np.sqrt(np.abs(det))), np.finfo(float).tiny)
    half = trace / (2 * size)
    gap = half * half - det / size / size
    return (size * np.where(gap < 0, np.sqrt(np.abs(det)) / size, np.abs(half) + np.sqrt(np.maximum(gap, 0))))[()]


def stability_limit(beta: ArrayLike, c: ArrayLike = 0.0) -> Any:
    """The q = alpha h up to which momentum contracts: 2(1 + beta)/(1 + 2c), for 0 <= beta < 1 and c >= 0."""
    beta, c = _arrays(beta=beta, c=c)
    if (beta < 0).any() or (beta >= 1).any() or (c < 0).any():
        raise ValueError("beta must be in [0, 1) and c >= 0")
    return (2 * (1 + beta) / (1 + 2 * c))[()]


def stationary_variance(
    alpha: ArrayLike, h: ArrayLike, s2: ArrayLike, beta: ArrayLike = 0.0, c: ArrayLike = 0.0
) -> Any:
    """The variance of theta in the long run, with gradient noise of variance s2 >= 0 in every step; see above.

    alpha, h > 0. Raises ValueError where momentum does not contract.
    """
    alpha, h, s2, beta, c = _arrays(alpha=alpha, h=h, s2=s2, beta=beta, c=c)
    if (alpha <= 0).any() or (h <= 0).any() or (s2 < 0).any():
        raise ValueError("alpha and h must be > 0, s2 >= 0")
    q = alpha * h
    if not (q < stability_limit(beta, c)).all():
        raise ValueError("alpha h must be below the stability limit 2(1 + beta)/(1 + 2c)")
    spread = alpha / h * s2 * (1 + beta - c * q)
    return (spread / ((1 - beta + c * q) * (2 * (1 + beta) - (1 + 2 * c) * q)))[()]
