"""Wasserstein-1 distance between finitely supported distributions, by duality, by transport, by distribution functions.

    W_1(P, Q) = sup_{|f|_L <= 1} E_P f - E_Q f          (`wasserstein1_lp`: a linear program in the values of f)
              = min_{couplings pi} sum pi_ij |x_i - y_j|  (`transport_cost`: a linear program in pi)
              = int |F_P - F_Q| dx  in one dimension    (`wasserstein1_1d`)
              = min_s (1/N) sum |x_i - y_s(i)|  for N points of equal weight on both sides (`wasserstein1_assignment`)

The four are written independently of each other, so that each can check the others. Three functions are about W_2,
the root of the least mean SQUARED distance: `wasserstein2_1d`, `wasserstein2_gaussian`, `wasserstein2_assignment`.

    >>> value, f = wasserstein1_lp([0.0, 1.0], [2.0, 3.0])
    >>> round(value, 9)
    2.0
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment, linprog
from scipy.sparse import coo_array, eye_array, kron, vstack
from scipy.spatial.distance import cdist

from scispaces._validate import as_array
from scispaces.linalg.norms import binary_scale

__all__ = [
    "transport_cost",
    "wasserstein1_1d",
    "wasserstein1_assignment",
    "wasserstein1_lp",
    "wasserstein2_1d",
    "wasserstein2_assignment",
    "wasserstein2_gaussian",
]

Array = NDArray[np.float64]

LP_LIMIT = 120  # points of the dual program in dimension two and more: n (n - 1) constraints


def wasserstein1_lp(
    x: ArrayLike, y: ArrayLike, p: ArrayLike | None = None, q: ArrayLike | None = None
) -> tuple[float, Array]:
    r"""W_1 by its definition: the best 1-Lipschitz test function, as a linear program.

        maximise  sum_i p_i f(x_i) - sum_j q_j f(y_j)   subject to   f(z_k) - f(z_l) <= |z_k - z_l|  for all pairs

    of points z = (x, y). A function that satisfies the constraints on the points extends to a 1-Lipschitz function
    on the whole space (McShane 1934), so the program is exact, not a relaxation.

    Arguments
        x, y  points of P and Q, shapes (n,) and (k,), or (n, d) and (k, d).
        p, q  weights, shapes (n,) and (k,), >= 0 with sum 1 (default: equal).
    Returns: (value, f) with f of shape (n + k,), the optimal values at x then y, f(x_1) = 0. f is not unique.
    Raises ValueError: shapes, weights, NaN; more than 120 points in dimension >= 2 (use `wasserstein1_assignment`
    or `transport_cost`).
    Numerical notes: in one dimension only the constraints between neighbours are kept (the others follow by the
    triangle inequality, with equality), so that thousands of points are fine.
    Solver: HiGHS, on points scaled to extent 1, values to about 1e-9 of the extent.
    """
    x, y, p, q = _laws(x, y, p, q)
    z = np.concatenate([x, y])
    if z.shape[1] == 1:
        order = np.argsort(z[:, 0], kind="stable")
        i, j = order[1:], order[:-1]
        i, j = np.concatenate([i, j]), np.concatenate([j, i])
    else:
        if len(z) > LP_LIMIT:
            raise ValueError(f"x and y must have at most {LP_LIMIT} points together, got {len(z)}")
        i, j = np.nonzero(~np.eye(len(z), dtype=bool))
    rows = np.arange(len(i))
    differences = coo_array(
        (np.repeat([1.0, -1.0], len(i)), (np.tile(rows, 2), np.concatenate([i, j]))), shape=(len(i), len(z))
    )
    bounds = [(0.0, 0.0)] + [(None, None)] * (len(z) - 1)
    result = linprog(
        -np.concatenate([p, -q]),
        A_ub=differences.tocsr(),
        b_ub=_lengths(z[i] - z[j], scale := _spread(z)),
        bounds=bounds,
        method="highs",
    )
    return float(-result.fun * scale), result.x * scale


def transport_cost(x: ArrayLike, y: ArrayLike, p: ArrayLike | None = None, q: ArrayLike | None = None) -> float:
    r"""Optimal transport cost min_{pi} sum_ij pi_ij |x_i - y_j| over pi >= 0 with row sums p and column sums q.

    Arguments and errors as `wasserstein1_lp`. The primal program of Kantorovich; n k variables, HiGHS.

        >>> round(transport_cost([0.0, 1.0], [0.0, 1.0], [0.25, 0.75], [0.75, 0.25]), 9)
        0.5
    """
    x, y, p, q = _laws(x, y, p, q)
    n, k = len(x), len(y)
    marginals = vstack([kron(eye_array(n), np.ones((1, k))), kron(np.ones((1, n)), eye_array(k))]).tocsr()
    scale = _spread(np.concatenate([x, y]))
    costs = cdist(x / scale, y / scale).ravel()
    result = linprog(costs, A_eq=marginals, b_eq=np.concatenate([p, q]), method="highs")
    return float(result.fun * scale)


def wasserstein1_1d(
    x: ArrayLike, y: ArrayLike, p: ArrayLike | None = None, q: ArrayLike | None = None
) -> tuple[float, Array]:
    r"""W_1 on the line, int |F_P(t) - F_Q(t)| dt, with an optimal potential: f' = sgn(F_Q - F_P).

    Arguments and returns as `wasserstein1_lp`, x and y of shape (n,) and (k,). O(N log N).

        >>> wasserstein1_1d([0.0, 1.0], [2.0, 3.0])[0]
        2.0
    """
    x, y, p, q = _laws(x, y, p, q)
    if x.shape[1] != 1:
        raise ValueError(f"x and y must be points of the line, got dimension {x.shape[1]}")
    z = np.concatenate([x, y])[:, 0]
    order = np.argsort(z, kind="stable")
    delta = np.cumsum(np.concatenate([-p, q])[order])[:-1]  # F_Q - F_P between consecutive points
    delta[np.abs(delta) < 1e-15] = 0.0
    steps = np.diff(z[order])
    f = np.empty_like(z)
    f[order] = np.concatenate([[0.0], np.cumsum(np.sign(delta) * steps)])
    return float(np.abs(delta) @ steps), f - f[0]


def wasserstein1_assignment(x: ArrayLike, y: ArrayLike) -> float:
    r"""W_1 between two samples of the same size N, every point with weight 1/N: the optimal one-to-one matching.

    Arguments: x, y of shape (N,) or (N, d). O(N^3) in the worst case; 512 points take about 20 ms.
    For equal weights the transport polytope has the permutation matrices as corners (Birkhoff), so nothing is lost.

        >>> wasserstein1_assignment([[0.0, 0.0], [3.0, 4.0]], [[3.0, 4.0], [0.0, 1.0]])
        0.5
    """
    x, y, _, _ = _laws(x, y, None, None)
    if len(x) != len(y):
        raise ValueError(f"x and y must have the same number of points, got {len(x)} and {len(y)}")
    scale = _spread(np.concatenate([x, y]))
    cost = scale * cdist(x / scale, y / scale)
    return float(cost[linear_sum_assignment(cost)].mean())


def wasserstein2_assignment(x: ArrayLike, y: ArrayLike) -> float:
    r"""W_2 between two samples of N points of weight 1/N: the root of the least mean squared distance of a matching.

    Arguments, cost and errors as `wasserstein1_assignment`.
    """
    x, y, _, _ = _laws(x, y, None, None)
    if len(x) != len(y):
        raise ValueError(f"x and y must have the same number of points, got {len(x)} and {len(y)}")
    scale = _spread(np.concatenate([x, y]))
    cost = cdist(x / scale, y / scale, "sqeuclidean")
    return float(scale * np.sqrt(cost[linear_sum_assignment(cost)].mean()))


def wasserstein2_1d(x: ArrayLike, y: ArrayLike, p: ArrayLike | None = None, q: ArrayLike | None = None) -> float:
    r"""W_2 on the line: the L_2 distance of the quantile functions, (int_0^1 (F^{-1}(u) - G^{-1}(u))^2 du)^{1/2}.

    x (n,), y (k,), weights as in `wasserstein1_lp`. For equal weights and n = k: sort both, match in order. O(N log N).
    (`scipy.stats.wasserstein_distance` is W_1.)

        >>> wasserstein2_1d([0.0, 1.0], [4.0, 5.0])
        4.0
    """
    x, y, p, q = _laws(x, y, p, q)
    if x.shape[1] != 1:
        raise ValueError(f"x and y must be points of the line, got dimension {x.shape[1]}")
    scale = _spread(np.concatenate([x, y]))
    i, j = np.argsort(x[:, 0]), np.argsort(y[:, 0])
    xs, ys, P, Q = x[i, 0] / scale, y[j, 0] / scale, np.cumsum(p[i]), np.cumsum(q[j])
    ends = np.concatenate([[0.0], np.union1d(P[:-1], Q[:-1]), [1.0]])
    middle = (ends[1:] + ends[:-1]) / 2
    i = np.minimum(np.searchsorted(P, middle), len(xs) - 1)
    j = np.minimum(np.searchsorted(Q, middle), len(ys) - 1)
    return float(scale * np.sqrt(np.diff(ends) @ (xs[i] - ys[j]) ** 2))


def wasserstein2_gaussian(m1: ArrayLike, S1: ArrayLike, m2: ArrayLike, S2: ArrayLike) -> float:
    r"""W_2 between N(m1, S1) and N(m2, S2): |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1^{1/2} S2 S1^{1/2})^{1/2}), the root of it.

    m1, m2 (d,), S1, S2 (d, d) symmetric positive semi-definite (singular ones are allowed: point masses).
    Computed as |m1 - m2|^2 + min_Q |S1^{1/2} - S2^{1/2} Q|_F^2, Q orthogonal (Procrustes): no cancellation.
    Raises ValueError on bad shapes, matrices that are not symmetric or have a negative eigenvalue.
    Source: Gelbrich 1990; Bhatia, Jain, Lim 2019 (arXiv 1712.01504).

        >>> round(wasserstein2_gaussian([0.0], [[1.0]], [3.0], [[25.0]]), 12)
        5.0
    """
    m1, m2 = as_array(m1, "m1", ndim=1, real=True), as_array(m2, "m2", ndim=1, real=True)
    d = len(m1)
    if len(m2) != d:
        raise ValueError(f"m1 and m2 must have the same length, got {d} and {len(m2)}")
    R1, R2 = _root(S1, "S1", d), _root(S2, "S2", d)
    scale = binary_scale(max(float(np.abs(R1).max()), float(np.abs(R2).max())))
    U, _, Vt = np.linalg.svd((R2 / scale).T @ (R1 / scale))
    gap = np.concatenate([(R1 - R2 @ U @ Vt).ravel(), m1 - m2])
    size = float(np.abs(gap).max())
    return size * float(np.linalg.norm(gap / size)) if size else 0.0


def _root(S: ArrayLike, name: str, d: int) -> Array:
    """The symmetric root of a positive semi-definite matrix; negative eigenvalues of the size of rounding are 0."""
    S = as_array(S, name, shape=(d, d), real=True)
    scale = binary_scale(float(np.abs(S).max()))
    values, vectors = np.linalg.eigh(S / scale)
    if not np.allclose(S / scale, S.T / scale, rtol=1e-10, atol=1e-12) or values[0] < -1e-10 * max(values[-1], 0.0):
        raise ValueError(f"{name} must be symmetric and positive semi-definite")
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T * np.sqrt(scale)


def _spread(z: Array) -> float:
    """The power of two next to the largest extent of a set of points: HiGHS works with absolute tolerances of 1e-7."""
    extent = (z.max(axis=0) / 2 - z.min(axis=0) / 2).max()
    return float(binary_scale(extent))


def _lengths(differences: Array, scale: float) -> Array:
    return np.linalg.norm(differences / scale, axis=1)


def _laws(x: ArrayLike, y: ArrayLike, p: ArrayLike | None, q: ArrayLike | None) -> tuple[Array, Array, Array, Array]:
    x = as_array(x, "x", ndim=(1, 2), real=True)
    y = as_array(y, "y", ndim=(1, 2), real=True)
    x, y = (z[:, None] if z.ndim == 1 else z for z in (x, y))
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"x and y must have points of the same dimension, got {x.shape[1]} and {y.shape[1]}")
    return x, y, _weights(p, len(x), "p"), _weights(q, len(y), "q")


def _weights(w: ArrayLike | None, n: int, name: str) -> Array:
    if w is None:
        return np.full(n, 1.0 / n)
    w = as_array(w, name, shape=(n,), real=True)
    if w.min() < 0 or abs(w.sum() - 1) > 1e-9:
        raise ValueError(f"{name} must be non-negative with sum 1, got minimum {w.min():g} and sum {w.sum():g}")
    return w / w.sum()
