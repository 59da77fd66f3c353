"""Solving the master equation p' = Q p: exponential, uniformization, Euler, time-dependent rates, stationary laws.

Convention to-from: ``Q[x, y]`` is the rate from y to x, columns sum to zero, probability vectors are columns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sps
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.integrate import quad_vec
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import expm_multiply

from scispaces._validate import as_array, count, finite, one_of_names
from scispaces.dynamics.flows import fundamental_matrix
from scispaces.linalg.matrix_functions import expm
from scispaces.markov.generators import as_generator, uniformized

__all__ = [
    "backward_propagator",
    "euler",
    "integrated_generator",
    "propagate",
    "propagator",
    "stationary",
    "two_state_solution",
    "uniformization_sum",
    "uniformization_terms",
]

METHODS = ("expm", "uniformization")


def propagate(Q: Any, p0: ArrayLike, t: float, method: str = "expm", tol: float = 1e-13) -> NDArray[np.float64]:
    """p(t) = e^{tQ} p0, the solution of the master equation with constant rates.

    Q: (n, n) generator, dense or scipy.sparse. p0: (n,) or (n, m), one law a column. t >= 0. Returns the shape of p0.
    method: "expm" (dense: scaling and squaring; sparse: `scipy.sparse.linalg.expm_multiply`) or "uniformization", a
    sum of nonnegative terms, which keeps the relative accuracy of small probabilities and never returns a negative
    one; its L1 error is at most `tol` times the mass of p0, plus rounding.
    Raises ValueError on a Q that is no generator, bad shapes, NaN, t < 0, unknown methods.
    """
    one_of_names(method, "method", METHODS)
    A = as_generator(Q)
    p = as_array(p0, "p0", ndim=(1, 2), real=True)
    if len(p) != len(A):
        raise ValueError(f"p0 must have {len(A)} rows, got shape {p.shape}")
    t = finite(t, "t", low=0.0)
    if method == "uniformization":
        _, Lam = uniformized(A)
        return uniformization_sum(A, p, t, uniformization_terms(Lam * t, tol))
    if sps.issparse(Q):
        return np.asarray(expm_multiply(t * sps.csc_matrix(Q), p))
    return expm(t * A) @ p


def uniformization_terms(mean: float, tol: float) -> int:
    """The smallest N with P(Poisson(mean) > N) <= tol. Raises ValueError unless mean >= 0 and 0 < tol < 1."""
    mean = finite(mean, "mean", low=0.0)
    if not 0 < finite(tol, "tol") < 1:
        raise ValueError(f"tol must be in (0, 1), got {tol!r}")
    low, high = -1, int(mean) + 1
    while stats.poisson.sf(high, mean) > tol:
        low, high = high, 2 * high
    while high - low > 1:  # scipy's isf gives up on tol below 1e-16
        middle = (low + high) // 2
        low, high = (middle, high) if stats.poisson.sf(middle, mean) > tol else (low, middle)
    return high


def uniformization_sum(Q: ArrayLike, p0: ArrayLike, t: float, N: int) -> NDArray[np.float64]:
    """The first N + 1 terms of p(t) = sum_n P(Poisson(Lambda t) = n) Pi^n p0, with Pi = I + Q/Lambda.

    What is missing is a nonnegative vector of mass P(Poisson(Lambda t) > N). The weights come from their logarithms,
    so that Lambda t > 745, where e^{-Lambda t} underflows, does no harm. Cost: N products with Pi.
    """
    Pi, Lam = uniformized(Q)
    v = as_array(p0, "p0", ndim=(1, 2), real=True)
    if len(v) != len(Pi):
        raise ValueError(f"p0 must have {len(Pi)} rows, got shape {v.shape}")
    weights = stats.poisson.pmf(np.arange(count(N, "N", minimum=0) + 1), Lam * finite(t, "t", low=0.0))
    total = weights[0] * v
    for w in weights[1:]:
        v = Pi @ v
        total = total + w * v
    return total


def euler(Q: ArrayLike, p0: ArrayLike, t: float, steps: int) -> NDArray[np.float64]:
    """Euler's rule (I + t Q/steps)^steps p0: the short-time expansion, iterated. Any square Q, stochastic or not."""
    A = as_array(Q, "Q", ndim=2, real=True)
    if A.shape[0] != A.shape[1]:
        raise ValueError(f"Q must be square, got shape {A.shape}")
    h = finite(t, "t") / count(steps, "steps")
    return np.linalg.matrix_power(np.eye(len(A)) + h * A, steps) @ as_array(p0, "p0", real=True)


def propagator(
    Q_of_t: Callable[[float], ArrayLike], start: float, end: float, rtol: float = 1e-11
) -> NDArray[np.float64]:
    """P(end, start) of time-dependent rates, from the forward equation dP(tau, t)/dtau = Q(tau) P(tau, t).

    Q_of_t: time -> (n, n) generator. start <= end. Returns the column-stochastic (n, n) matrix.
    Raises ValueError on start > end and on matrices that are no generators at the two ends.
    """
    s, length, n = _interval(Q_of_t, start, end)
    return fundamental_matrix(lambda u: Q_of_t(s + u), length, np.eye(n), rtol)


def backward_propagator(
    Q_of_t: Callable[[float], ArrayLike], start: float, end: float, rtol: float = 1e-11
) -> NDArray[np.float64]:
    """P(end, start) from the backward equation dP(tau, t)/dt = -P(tau, t) Q(t), integrated from t = end down."""
    s, length, n = _interval(Q_of_t, start, end)
    return fundamental_matrix(lambda u: np.asarray(Q_of_t(s + length - u)).T, length, np.eye(n), rtol).T


def integrated_generator(Q_of_t: Callable[[float], ArrayLike], start: float, end: float) -> NDArray[np.float64]:
    """The integral of Q(t) from start to end, by entries: its exponential is P(end, start) only if the Q(t) commute."""
    s, length, _ = _interval(Q_of_t, start, end)
    return quad_vec(lambda u: np.asarray(Q_of_t(s + u), dtype=float), 0.0, length, epsabs=1e-12, epsrel=1e-12)[0]


def two_state_solution(a: Callable[[float], float], b: Callable[[float], float], p0: float, t: float) -> float:
    """p_1(t) of two states with time-dependent rates a(t): 1 -> 2 and b(t): 2 -> 1, by the integrating factor.

        p_1(t) = p_1(0) e^{-K(t)} + int_0^t b(s) e^{-(K(t) - K(s))} ds,    K(t) = int_0^t (a + b)

    p0 in [0, 1], t >= 0. The double integral is done on 64 Gauss-Legendre nodes: smooth rates only.
    """
    p0, t = finite(p0, "p0", 0.0, 1.0), finite(t, "t", low=0.0)
    nodes, weights = np.polynomial.legendre.leggauss(64)
    nodes, weights = (nodes + 1) / 2, weights / 2
    total = lambda end: end * sum(w * (a(end * x) + b(end * x)) for x, w in zip(nodes, weights, strict=True))  # noqa: E731
    K = total(t)
    gain = t * sum(w * b(t * x) * np.exp(total(t * x) - K) for x, w in zip(nodes, weights, strict=True))
    return float(p0 * np.exp(-K) + gain)


def stationary(Q: Any) -> NDArray[np.float64]:
    """The law pi with Q pi = 0, by the elimination of Grassmann, Taksar and Heyman, which never subtracts.

    Q: (n, n) generator, dense or sparse. Returns (n,). States outside the one closed class get probability zero.
    Every entry has a small relative error, however small it is: the elimination uses rates only, never the diagonal.
    Raises ValueError when the stationary law is not unique (two closed classes or more). Cost: O(n^3).
    Source: W. K. Grassmann, M. I. Taksar, D. P. Heyman, Operations Research 33 (1985).
    """
    A = as_generator(Q).copy()
    np.fill_diagonal(A, 0.0)
    count, label = connected_components(sps.csr_matrix(A.T), directed=True, connection="strong")
    left = {int(label[y]) for x, y in zip(*np.nonzero(A), strict=True) if label[x] != label[y]}
    closed = [c for c in range(count) if c not in left]
    if len(closed) != 1:
        raise ValueError(f"the stationary law is not unique: there are {len(closed)} closed classes of states")
    states = np.flatnonzero(label == closed[0])
    W = A[np.ix_(states, states)]
    out = np.zeros(len(W))
    for k in range(len(W) - 1, 0, -1):
        out[k] = W[:k, k].sum()
        W[:k, :k] += np.outer(W[:k, k], W[k, :k]) / out[k]
    pi = np.ones(len(W))
    for k in range(1, len(W)):
        pi[k] = W[k, :k] @ pi[:k] / out[k]
    law = np.zeros(len(A))
    law[states] = pi / pi.sum()
    return law


def _interval(Q_of_t: Callable[[float], ArrayLike], start: float, end: float) -> tuple[float, float, int]:
    s, e = finite(start, "start"), finite(end, "end")
    if e < s:
        raise ValueError(f"start must not lie after end, got {s:.6g} > {e:.6g}: a propagator runs forward")
    first, last = as_generator(Q_of_t(s)), as_generator(Q_of_t(e))
    if first.shape != last.shape:
        raise ValueError(f"Q must keep its shape, got {first.shape} and {last.shape}")
    return s, e - s, len(first)
