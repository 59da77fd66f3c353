r"""The shortest vector in the convex hull of n gradients, and what is built on it.

    u* = argmin { |u| : u = sum_i alpha_i g_i, alpha >= 0, sum alpha = 1 }

Subtracting a multiple of u* helps every task at the first-order rate |u*|^2 or more (or u* = 0: Pareto stationary).
G holds the gradients as rows, (n, d); K = G G^T is their Gram matrix.

Sources: 多任务学习漫谈(二):行梯度之事 (kexue.fm/archives/8896); Wolfe, "Finding the nearest point in a polytope", 1976;
Desideri 2012 (MGDA); Sener, Koltun 2018 (the bound through an encoder); Jaggi 2013 (Frank-Wolfe); Yu et al. 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls

from scispaces._validate import as_array, as_matrix, count, finite, one_of_names, positive

__all__ = [
    "MinNorm",
    "frank_wolfe_simplex",
    "is_common_descent",
    "mgda_ub_direction",
    "min_norm_point",
    "min_norm_small",
    "min_norm_two",
    "pcgrad",
    "softmin_direction",
    "stationarity_residual",
]

Array = NDArray[np.float64]


class MinNorm(NamedTuple):
    """Weights alpha (n,), the point u (d,), norm2 = |u|^2, gap = |u|^2 - min_i <g_i, u> (0 at the optimum)."""

    alpha: Array
    u: Array
    norm2: float
    gap: float


def min_norm_two(g1: ArrayLike, g2: ArrayLike) -> tuple[float, Array]:
    """(alpha_1, u) for two gradients (d,): alpha_1 = clip(<g2 - g1, g2> / |g1 - g2|^2, 0, 1), 1/2 where they are equal.

    Raises ValueError on shapes that differ, empty or non-finite vectors.
    """
    G = as_array([as_array(g1, "g1", ndim=1, real=True), as_array(g2, "g2", ndim=1, real=True)], "g1 and g2", ndim=2)
    size = np.abs(G).max() or 1.0
    a, b = G / size
    apart = (b - a) @ (b - a)
    alpha = float(np.clip((b - a) @ b / apart, 0, 1)) if apart > 0 else 0.5
    return alpha, alpha * G[0] + (1 - alpha) * G[1]


def min_norm_point(G: ArrayLike, method: str = "nnls", tol: float = 1e-12, max_iter: int = 10_000) -> MinNorm:
    """The point of smallest norm in the convex hull of the rows of G (n, d).

    "nnls": exact, by x = argmin_{x >= 0} |G^T x|^2 + (1^T x - 1)^2, alpha = x / 1^T x. "fw": Frank-Wolfe on K, until
    the gap is below tol times the largest squared norm. G is scaled by its largest entry first. Raises ValueError on
    an empty or non-finite G, an unknown method, tol <= 0.
    """
    method, tol = one_of_names(method, "method", ("nnls", "fw")), positive(tol, "tol")
    G = as_matrix(G, "G", real=True)
    size = np.abs(G).max() or 1.0
    H = G / size
    if method == "nnls":
        x, _ = nnls(np.vstack([H.T, np.ones(len(H))]), np.r_[np.zeros(H.shape[1]), 1.0])
        alpha = x / x.sum()
    else:
        alpha = frank_wolfe_simplex(H @ H.T, max_iter=max_iter, tol=tol)[0]
    u = alpha @ H
    gap = max(float(u @ u - (H @ u).min()), 0.0)
    with np.errstate(over="ignore", under="ignore"):
        return MinNorm(alpha, u * size, float(u @ u) * size * size, gap * size * size)


def frank_wolfe_simplex(
    K: ArrayLike, alpha0: ArrayLike | None = None, max_iter: int = 1000, tol: float = 1e-12
) -> tuple[Array, Array]:
    """Minimise alpha^T K alpha / 2 over the simplex by Frank-Wolfe with exact line search: (alpha, history).

    K (n, n) symmetric, a Gram matrix. Starts from alpha0 (uniform by default), moves towards the vertex with the
    smallest (K alpha)_i (the lowest index of several), stops when the gap alpha^T K alpha - min_i (K alpha)_i is at
    most tol times the largest diagonal entry. history: the values alpha^T K alpha / 2 from the start on. A step costs
    O(n). Raises ValueError on a K that is not square and symmetric, or a start outside of the simplex.
    """
    K = as_matrix(K, "K", square=True, real=True)
    size, max_iter, tol = np.abs(K).max() or 1.0, count(max_iter, "max_iter"), finite(tol, "tol", 0.0)
    if np.abs(K - K.T).max() > 1e-9 * size or K.diagonal().min() < 0:
        raise ValueError("K must be symmetric with a diagonal >= 0")
    n = len(K)
    alpha = np.full(n, 1 / n) if alpha0 is None else as_array(alpha0, "alpha0", shape=(n,), real=True).copy()
    if alpha.min() < 0 or abs(alpha.sum() - 1) > 1e-9:
        raise ValueError("alpha0 must be >= 0 with sum 1")
    H = K / size
    slope = H @ alpha
    value, values = float(alpha @ slope), []
    for _ in range(max_iter):
        values.append(value / 2)
        t = int(np.argmin(slope))
        gap, apart = value - slope[t], value - 2 * slope[t] + H[t, t]
        if gap <= tol or apart <= 0:
            break
        step = min(gap / apart, 1.0)
        value = (1 - step) ** 2 * value + 2 * step * (1 - step) * slope[t] + step**2 * H[t, t]
        alpha *= 1 - step
        alpha[t] += step
        slope = (1 - step) * slope + step * H[t]
    else:
        values.append(value / 2)
    return alpha, np.array(values) * size


def min_norm_small(K: Any) -> Any:
    """The weights (..., n) of the min-norm point for Gram matrices K (..., n, n) of n = 1, 2 or 3 gradients, exactly.

    The best of all vertices, edges and (n = 3) the inside, in closed form; numpy or jax arrays, also traced ones.
    Raises ValueError on another n.
    """
    n = K.shape[-1]
    if K.ndim < 2 or K.shape[-2] != n or not 1 <= n <= 3:
        raise ValueError(f"K must have shape (..., n, n) with n = 1, 2 or 3, got {K.shape}")
    xp: Any = np
    if not isinstance(K, np.ndarray):
        from scispaces.backend import jnp as xp
    corners = [xp.broadcast_to(e, K.shape[:-1]) for e in np.eye(n)]
    points = list(corners)
    for i in range(n):
        for j in range(i + 1, n):
            apart = K[..., i, i] + K[..., j, j] - 2 * K[..., i, j]
            share = (K[..., j, j] - K[..., i, j]) / xp.where(apart > 0, apart, 1)
            share = xp.clip(share, 0, 1)[..., None]
            points.append(share * corners[i] + (1 - share) * corners[j])
    if n == 3:
        edge = [K[..., k, :] - K[..., 0, :] for k in (1, 2)]  # <g_k - g_0, g_j> for all j
        a, b = (edge[k][..., k + 1] - edge[k][..., 0] for k in (0, 1))
        c = edge[0][..., 2] - edge[0][..., 0]
        p, q = -edge[0][..., 0], -edge[1][..., 0]
        det = a * b - c * c
        safe = xp.where(det > 0, det, 1)
        s, t = (b * p - c * q) / safe, (a * q - c * p) / safe
        inside = (det > 0) & (s >= 0) & (t >= 0) & (s + t <= 1)
        weights = xp.stack([1 - s - t, s, t], axis=-1)
        points.append(xp.where(inside[..., None], weights, corners[0]))
    every = xp.stack(points, axis=-2)
    value = xp.einsum("...ki,...ij,...kj->...k", every, K, every)
    best = xp.argmin(value, axis=-1)
    return xp.take_along_axis(every, best[..., None, None], axis=-2)[..., 0, :]


def softmin_direction(G: ArrayLike, lam: float) -> tuple[Array, Array]:
    r"""(u, p): the maximiser of -(1/lam) ln sum_i exp(-lam <g_i, u>) - |u|^2 / 2, and its weights, u = sum_i p_i g_i.

    G (n, d), lam > 0. Newton steps with backtracking on the strongly concave dual-free form in u. Raises ValueError on
    an empty or non-finite G, lam <= 0.
    """
    G, lam = as_matrix(G, "G", real=True), positive(lam, "lam")

    def state(u: Array) -> tuple[float, Array]:
        z = -lam * (G @ u)
        top = z.max()
        e = np.exp(z - top)
        return float(-(top + np.log(e.sum())) / lam - u @ u / 2), e / e.sum()

    u = G.mean(axis=0)
    value, p = state(u)
    for _ in range(200):
        slope = p @ G - u
        if np.abs(slope).max() <= 1e-15 * max(1.0, np.abs(G).max()):
            break
        centred = G - p @ G
        curve = np.eye(len(u)) + lam * (centred.T * p) @ centred
        move, step = np.linalg.solve(curve, slope), 1.0
        if slope @ move <= 1e-16 * max(1.0, abs(value)):  # what is left is rounding: the last step needs no search
            p = state(u + move)[1]
            break
        while step > 1e-12:
            trial, p_new = state(u + step * move)
            if trial >= value + 1e-4 * step * (slope @ move):
                break
            step /= 2
        else:
            break
        u, value, p = u + step * move, trial, p_new
    return p @ G, p


def is_common_descent(G: ArrayLike, u: ArrayLike, tol: float = 0.0) -> bool:
    """Whether <g_i, u> >= -tol |g_i| |u| for every row of G (n, d): subtracting u harms no task to first order.

    Raises ValueError on shapes that do not fit or tol < 0.
    """
    G, tol = as_matrix(G, "G", real=True), finite(tol, "tol", 0.0)
    u = as_array(u, "u", shape=(G.shape[1],), real=True)
    H, v = G / (np.abs(G).max() or 1.0), u / (np.abs(u).max() or 1.0)
    return bool(np.all(H @ v >= -tol * np.linalg.norm(H, axis=1) * np.linalg.norm(v)))


def stationarity_residual(G: ArrayLike) -> float:
    """|u*|: 0 exactly where the point with gradients G (n, d) is Pareto stationary. ValueError as `min_norm_point`."""
    u = min_norm_point(G).u
    size = np.abs(u).max() or 1.0
    return float(np.linalg.norm(u / size) * size)


def mgda_ub_direction(Q: ArrayLike, vjp: Callable[[Array], Any]) -> tuple[Array, Array]:
    """(u, alpha): the min-norm point of the gradients Q (n, m) at an encoder's output, pulled back once, u = J^T q.

    vjp: q (m,) -> J^T q (d,). Raises ValueError as `min_norm_point`, or where vjp does not return a vector.
    """
    found = min_norm_point(Q)
    return as_array(vjp(found.u), "vjp(q)", ndim=1, real=True), found.alpha


def pcgrad(G: ArrayLike, orders: Sequence[Sequence[int]] | None = None) -> Array:
    """Gradient surgery: each g_i loses, for the other j in turn, its part along g_j if <g_i', g_j> < 0; then the sum.

    G (n, d). orders: for each i the other indices in the order of processing (ascending by default). Raises ValueError
    on an empty or non-finite G, or orders that are none.
    """
    G = as_matrix(G, "G", real=True)
    n = len(G)
    others = [[j for j in range(n) if j != i] for i in range(n)]
    orders = others if orders is None else [list(order) for order in orders]
    if [sorted(order) for order in orders] != others:
        raise ValueError(f"orders must name for each of {n} gradients all the others once, got {orders!r}")
    size = np.abs(G).max() or 1.0
    H, total = G / size, np.zeros(G.shape[1])
    for i, order in enumerate(orders):
        g = H[i].copy()
        for j in order:
            along = g @ H[j]
            if along < 0:
                g -= along / (H[j] @ H[j]) * H[j]
        total += g
    return total * size
