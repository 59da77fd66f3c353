"""Spectral norm of a matrix: power iteration, normalization, gradient.

Convention throughout: y = W x with W of shape (m, n), singular values sigma_1 >= sigma_2 >= ... >= 0, left vectors u in
R^m and right vectors v in R^n. Codes that store W as (in, out) and compute x W have the same norm with u and v swapped.

    >>> import numpy as np
    >>> W = np.diag([3.0, 2.0, 1.0])
    >>> round(spectral_norm(W, n_iter=60), 12)
    3.0
    >>> W_bar, u = spectral_normalize(W, n_iter=60)
    >>> round(float(np.linalg.norm(W_bar, 2)), 12)
    1.0
"""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces import rng as seeded
from scispaces._validate import as_array, as_matrix, count, finite
from scispaces.linalg.norms import binary_scale

__all__ = [
    "normalized_gradient",
    "power_estimates",
    "power_step",
    "spectral_norm",
    "spectral_norm_grad",
    "spectral_normalize",
]

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


def power_step(W: Any, u: Any) -> tuple[Any, Any, Any]:
    r"""One round of power iteration: ``(sigma, u_new, v)``.

        v = W^T u / |W^T u|,      u_new = W v / |W v|,      sigma = u_new^T W v = |W v|.

    Arguments: W, shape (m, n); u, shape (m,), any length but zero.
    Returns: sigma (scalar, at most sigma_1), u_new (m,), v (n,), both of unit length.
    Raises ValueError on shapes, NaN, complex entries, and W^T u = 0.
    Notes: jax arrays (traced ones too) pass through without checks or scaling, W^T u = 0 gives NaN there. For others
    lengths are taken after division by a power of two, so that no square underflows.
    In a training loop keep ``u_new``, call ``lax.stop_gradient`` on u_new and v, and use ``u_new @ W @ v``: the
    derivative of that number in W is u v^T, which tends to the gradient of the norm.
    """
    if hasattr(W, "aval") or hasattr(u, "aval"):
        v = W.T @ u
        v = v / (v @ v) ** 0.5
        Wv = W @ v
        sigma = (Wv @ Wv) ** 0.5
        return sigma, Wv / sigma, v
    W = as_matrix(W, "W", real=True)
    u = as_array(u, "u", shape=(W.shape[0],), real=True)
    if not np.any(W.T @ u):
        raise ValueError("W^T u must not be zero: the iterate has no direction")
    return _round(W, u)


def _round(W: Matrix, u: Vector) -> tuple[float, Vector, Vector]:
    v = W.T @ u
    v = v / binary_scale(v)
    v = v / (v @ v) ** 0.5
    Wv = W @ v
    scale = binary_scale(Wv)[0]
    Wv = Wv / scale
    length = (Wv @ Wv) ** 0.5
    return scale * length, Wv / length, v


def power_estimates(W: ArrayLike, n_iter: int, u0: ArrayLike) -> Vector:
    r"""The estimates \hat\sigma_1 <= \hat\sigma_2 <= ... <= sigma_1 of the first `n_iter` rounds, shape (n_iter,).

    Error, if theta is the angle between the first v and the top right singular vector:
    0 <= sigma_1^2 - \hat\sigma_r^2 <= sigma_1^2 tan(theta)^2 (sigma_2 / sigma_1)^(4(r-1)).

    Arguments: W, shape (m, n), not zero; u0, shape (m,), with W^T u0 != 0 (ValueError otherwise).
    """
    W, scale = _scaled(W)
    u = _start(W, u0)
    if scale == 0.0 or not np.any(W.T @ u):
        raise ValueError("W^T u0 must not be zero: the first iterate has no direction")
    estimates = np.empty(count(n_iter, "n_iter"))
    for r in range(len(estimates)):
        estimates[r], u, _ = _round(W, u)
    return scale * estimates


@overload
def spectral_norm(
    W: ArrayLike,
    n_iter: int = 30,
    u0: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    return_vectors: Literal[False] = False,
) -> float: ...
@overload
def spectral_norm(
    W: ArrayLike,
    n_iter: int = 30,
    u0: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    *,
    return_vectors: Literal[True],
) -> tuple[float, Vector, Vector]: ...
def spectral_norm(
    W: ArrayLike,
    n_iter: int = 30,
    u0: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    return_vectors: bool = False,
) -> float | tuple[float, Vector, Vector]:
    r"""Largest singular value of W by power iteration, from below.

        |W|_2 = max_{x != 0} |W x| / |x| = sigma_1

    Arguments
        W               shape (m, n), real and finite.
        n_iter          rounds; each costs two products with W, O(mn).
        u0              start, shape (m,); by default a Gaussian vector. The start MUST have a component along the top
                        left singular vector: from u0 orthogonal to it the iteration stays (up to rounding) in the
                        orthogonal complement and returns a smaller singular value. A Gaussian start has such a
                        component with probability one. If W^T u0 = 0 exactly, a Gaussian start replaces u0.
        rng             numpy generator of that start (default ``scispaces.rng(0)``).
        return_vectors  also return u (m,) and v (n,), unit vectors with sigma = u^T W v.
    Returns: sigma, a float <= sigma_1 up to rounding; 0.0 for the zero matrix (with the vectors e_1, e_1).
    Raises ValueError: W not two-dimensional, empty, complex or not finite; n_iter < 1; u0 of another shape or zero.
    Numerical notes: W is divided by its largest entry first, so entries of size 1e-200 or 1e200 are safe. The
    relative error after r rounds is about tan(theta)^2 (sigma_2/sigma_1)^(4(r-1)) / 2: thirty rounds are plenty for a
    gap of 10 %, and not enough for one of 0.1 %. `numpy.linalg.norm(W, 2)` (a full SVD) is exact and costs
    O(mn min(m, n)).
    Source: Yoshida, Miyato 2017 (arXiv 1705.10941), section 3.

        >>> spectral_norm([[0.0, 1.0], [0.0, 0.0]])  # spectral radius 0, norm 1
        1.0
    """
    W, scale = _scaled(W)
    n_iter = count(n_iter, "n_iter")
    m, n = W.shape
    if scale == 0.0:
        if u0 is not None:
            _start(W, u0)
        sigma, u, v = 0.0, np.eye(1, m)[0], np.eye(1, n)[0]
    else:
        rng = seeded(0) if rng is None else rng
        u = rng.standard_normal(m) if u0 is None else _start(W, u0)
        while not np.any(W.T @ u):  # a start in the null space of W^T says nothing: draw another
            u = rng.standard_normal(m)
        for _ in range(n_iter):
            sigma, u, v = _round(W, u)
    sigma = float(scale * sigma)
    return (sigma, u, v) if return_vectors else sigma


def spectral_normalize(
    W: ArrayLike, n_iter: int = 30, u0: ArrayLike | None = None, rng: np.random.Generator | None = None
) -> tuple[Matrix, Vector]:
    r"""Divide W by its estimated spectral norm: ``(W / sigma, u)``; keep u as the next call's `u0` (warm start).

    Because sigma <= sigma_1, the result has norm sigma_1 / sigma >= 1: equal to 1 in the limit, never below.
    Arguments as in `spectral_norm`. Raises ValueError also for the zero matrix, which has no direction to keep.
    Source: Miyato et al. 2018 (arXiv 1802.05957), algorithm 1.
    """
    W = as_matrix(W, "W", real=True)
    sigma, u, _ = spectral_norm(W, n_iter, u0, rng, return_vectors=True)
    if sigma == 0.0:
        raise ValueError("W must not be the zero matrix: W / |W|_2 is undefined there")
    return W / sigma, u


def spectral_norm_grad(W: ArrayLike, gap: float = 1e-10) -> Matrix:
    r"""Gradient of the spectral norm, d|W|_2 / dW = u_1 v_1^T, shape (m, n): a matrix of rank one.

    The norm is differentiable exactly where sigma_1 is simple and positive. At a repeated top singular value every
    convex combination of the u_i v_i^T is a subgradient and autodiff returns one of them, or NaN; here that is a
    ValueError: raised when (sigma_1 - sigma_2) / sigma_1 <= `gap`, and for the zero matrix.
    Cost: one SVD.

        >>> spectral_norm_grad([[3.0, 0.0], [0.0, 2.0]]).round(12) + 0.0
        array([[1., 0.],
               [0., 0.]])
    """
    W, gap = as_matrix(W, "W", real=True), finite(gap, "gap", 0.0, 1.0)
    U, s, Vt = np.linalg.svd(W / max(np.abs(W).max(), np.finfo(float).tiny), full_matrices=False)
    if s[0] == 0.0 or (len(s) > 1 and s[0] - s[1] <= gap * s[0]):
        raise ValueError("the spectral norm has no gradient where its largest singular value is zero or repeated")
    return np.outer(U[:, 0], Vt[0])


def normalized_gradient(W: ArrayLike, G: ArrayLike) -> Matrix:
    r"""Gradient in W of L(W / |W|_2), given the gradient G of L at W / |W|_2; shape (m, n).

        g = (G - <G, W_bar> u_1 v_1^T) / sigma_1,      W_bar = W / sigma_1,      <A, B> = sum_ij a_ij b_ij

    g is orthogonal to W, because the normalized loss does not see the length of W.
    Arguments: W and G of the same shape (m, n). Raises ValueError as `spectral_norm_grad`, and on other shapes.
    Source: Miyato et al. 2018 (arXiv 1802.05957), section 2.3.
    """
    W, scale = _scaled(W)
    G = as_array(G, "G", shape=W.shape, real=True)
    gradient = spectral_norm_grad(W)
    sigma = float(np.linalg.norm(W, 2))
    return (G - np.sum(G * W) / sigma * gradient) / sigma / scale


def _scaled(W: ArrayLike) -> tuple[Matrix, float]:
    """W / max|w_ij| and that maximum (W itself and 0 for the zero matrix)."""
    W = as_matrix(W, "W", real=True)
    scale = float(np.abs(W).max())
    return (W / scale if scale > 0 else W), scale


def _start(W: Matrix, u0: ArrayLike) -> Vector:
    u = as_array(u0, "u0", shape=(W.shape[0],), real=True)
    size = np.abs(u).max()
    if size == 0:
        raise ValueError("u0 must not be zero")
    return u / size
