r"""The steepest direction under a norm, and the step of natural gradient descent.

    steepest:   argmin_{|d| = eps} <g, d>,    value -eps |g|_*  (the dual norm)
    natural:    x - a F^{-1} g  =  argmin_y  (y - x)^T F (y - x) / (2 a) + <g, y - x>

Source: Amari 1998, "Natural gradient works efficiently in learning"; Boyd, Vandenberghe, Convex Optimization, 9.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve, eigh

from scispaces._validate import as_array, as_matrix, positive

__all__ = ["fisher_gaussian", "natural_gradient_step", "steepest_direction"]

Array = NDArray[np.float64]


def fisher_gaussian(m: float, s: float) -> Array:
    """Fisher information of N(m, s^2) in (m, s): diag(1/s^2, 2/s^2), (2, 2). Raises ValueError unless s > 0.

    >>> fisher_gaussian(0.0, 2.0)
    array([[0.25, 0.  ],
           [0.  , 0.5 ]])
    """
    as_array(m, "m", ndim=0, real=True)
    with np.errstate(over="ignore"):
        return np.diag(as_array([1.0, 2.0], "F") / positive(s, "s") / s)


def _metric(F: ArrayLike, n: int) -> Array:
    F = as_matrix(F, "the metric", square=True, real=True)
    if len(F) != n:
        raise ValueError(f"the metric must have shape {(n, n)}, got {F.shape}")
    if not np.allclose(F, F.T, rtol=1e-10, atol=0):
        raise ValueError("the metric must be symmetric")
    return F


def _solve(F: Array, g: Array) -> Array:
    try:
        return cho_solve(cho_factor(F), g)
    except np.linalg.LinAlgError:
        raise ValueError("the metric must be positive definite") from None


def steepest_direction(g: ArrayLike, norm: float | ArrayLike, eps: float = 1.0) -> Array:
    """The d with |d| = eps that makes <g, d> smallest, (n,), for a gradient g (n,) that is not zero.

    norm: 1, 2, inf, or a symmetric positive definite matrix F for |d| = sqrt(d^T F d):

        2:    -eps g / |g|_2            inf:  -eps sign(g)   (zero where g is; any value would do there)
        1:    -eps sign(g_j) e_j, j the first index of the largest |g_j|
        F:    -eps F^{-1} g / sqrt(g^T F^{-1} g)

    Raises ValueError on g = 0, eps <= 0, another norm, a matrix that is not positive definite.

    >>> steepest_direction([3.0, -4.0], 2)
    array([-0.6,  0.8])
    """
    g, eps = as_array(g, "g", ndim=1, real=True), positive(eps, "eps")
    size = float(np.abs(g).max())
    if size == 0:
        raise ValueError("g must not be zero: there is no steepest direction")
    unit = g / size
    if np.ndim(norm) == 2:
        d = _solve(_metric(norm, len(g)), unit)
        return -eps * d / np.sqrt(d @ unit)
    if np.ndim(norm) != 0 or isinstance(norm, str) or norm not in (1, 2, np.inf):
        raise ValueError(f"norm must be 1, 2, inf or a symmetric positive definite matrix, got {norm!r}")
    if norm == 2:
        return -eps * unit / np.linalg.norm(unit)
    if norm == 1:
        j = int(np.argmax(np.abs(unit)))
        return -eps * np.sign(unit[j]) * np.eye(len(g))[j]
    return -eps * np.sign(unit)


def natural_gradient_step(x: ArrayLike, g: ArrayLike, F: ArrayLike, a: float, pinv: bool = False) -> Array:
    """x - a F^{-1} g for the gradient g and the metric F at x, (n,).

    F: (n, n) symmetric positive definite. With `pinv` it may be singular, and the pseudo-inverse is taken: the
    minimiser nearest to x where g is in the range of F. Raises ValueError on bad shapes, an indefinite or (without
    `pinv`) singular F, a <= 0, and with `pinv` where g is not in the range: then nothing is minimal.

    >>> natural_gradient_step([1.0, 1.0], [1.0, 2.0], [[1.0, 0.0], [0.0, 4.0]], 1.0)
    array([0. , 0.5])
    """
    x, g = as_array(x, "x", ndim=1, real=True), as_array(g, "g", ndim=1, real=True)
    if x.shape != g.shape:
        raise ValueError(f"x and g must have the same shape, got {x.shape} and {g.shape}")
    F, a = _metric(F, len(x)), positive(a, "a")
    if not pinv:
        return x - a * _solve(F, g)
    values, vectors = eigh(F)
    kept = values > 1e-12 * np.abs(values).max()
    if values.min() < -1e-12 * np.abs(values).max():
        raise ValueError("the metric must be positive semi-definite")
    parts = vectors.T @ g
    if np.abs(parts[~kept]).max(initial=0.0) > 1e-9 * np.abs(g).max():
        raise ValueError("g must lie in the range of F: the quadratic model has no minimum")
    return x - a * vectors[:, kept] @ (parts[kept] / values[kept])
