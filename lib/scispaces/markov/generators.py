"""Generators of Markov jump processes: from rates, their properties, special families.

Index convention of the whole family of modules: to-from. ``W[x, y]`` is the rate of jumps from y to x, probability
vectors are columns, and the columns of a generator sum to zero. (Textbooks on Markov chains often use the transpose.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sps
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, as_matrix, check_rng, count, finite, room

__all__ = [
    "as_generator",
    "as_rates",
    "exit_rates",
    "generator",
    "is_embeddable_2x2",
    "is_metzler",
    "random_rates",
    "reversible_rates",
    "ring_rates",
    "uniformized",
]

COLUMN_SUM_TOLERANCE = 1e-9


def as_rates(W: ArrayLike) -> NDArray[np.float64]:
    """`W` as a real square matrix with off-diagonal entries >= 0, its diagonal set to zero (it has no meaning)."""
    R = as_matrix(W, "W", square=True, real=True).copy()
    np.fill_diagonal(R, 0.0)
    if R.min() < 0:
        x, y = np.unravel_index(int(R.argmin()), R.shape)
        raise ValueError(f"a rate is not negative, got W[{x}, {y}] = {R[x, y]:.6g}")
    return R


def generator(W: Any) -> Any:
    """The generator of the jump process with rates W[x, y] from y to x.

        Q = W - diag(r),    r(y) = sum_{x != y} W[x, y]

    W: (n, n), dense or scipy.sparse, entries off the diagonal >= 0; the diagonal is dropped, as it cancels from the
    master equation. Returns Q, (n, n), of the same kind (sparse: CSC); its columns sum to zero.
    Raises ValueError on negative rates, non-square matrices, NaN.

    >>> generator([[7.0, 2.0], [3.0, 9.0]])
    array([[-3.,  2.],
           [ 3., -2.]])
    """
    if sps.issparse(W):
        A = sps.csc_matrix(W, dtype=float)
        if A.shape[0] != A.shape[1] or A.shape[0] == 0:
            raise ValueError(f"W must be square, got shape {A.shape}")
        A = A - sps.diags(A.diagonal(), format="csc")
        if not np.isfinite(A.data).all() or (A.nnz and A.data.min() < 0):
            raise ValueError("rates must be finite and not negative")
        return (A - sps.diags(np.asarray(A.sum(axis=0)).ravel())).tocsc()
    R = as_rates(W)
    return R - np.diag(R.sum(axis=0))


def as_generator(Q: Any) -> NDArray[np.float64]:
    """`Q` as a dense real generator (Metzler, zero column sums), else ValueError that says what is wrong."""
    A = as_matrix(Q.toarray() if sps.issparse(Q) else Q, "Q", square=True, real=True)
    if not is_metzler(A):
        raise ValueError("Q must have off-diagonal entries >= 0: they are jump rates")
    worst = np.abs(A.sum(axis=0)).max()
    if not _sums_vanish(A):
        hint = "; its rows do: take the transpose" if _sums_vanish(A.T) else ""
        raise ValueError(f"the columns of Q must sum to zero, got a sum of {worst:.3g}{hint}")
    return A


def _sums_vanish(A: NDArray[np.float64]) -> bool:
    """Whether each column sums to zero up to rounding, relative to its own largest entry: rates have no scale."""
    with np.errstate(over="ignore"):
        sums = np.abs(A.sum(axis=0))
    return bool((sums <= COLUMN_SUM_TOLERANCE * np.abs(A).max(axis=0)).all())


def is_metzler(Q: ArrayLike) -> bool:
    """Whether all entries off the diagonal are >= 0."""
    A = as_matrix(Q, "Q", square=True, real=True)
    return bool((A[~np.eye(len(A), dtype=bool)] >= 0).all())


def exit_rates(Q: Any) -> NDArray[np.float64]:
    """r(y) = -Q[y, y], the rate at which state y is left. Q: a generator, dense or sparse. Returns (n,)."""
    return -as_generator(Q).diagonal()


def uniformized(Q: ArrayLike, rate: float | None = None) -> tuple[NDArray[np.float64], float]:
    """The stochastic matrix Pi = I + Q/Lambda of uniformization, and Lambda (by default the largest exit rate).

    Raises ValueError when `rate` is below the largest exit rate (Pi would have a negative entry). For Q = 0 and no
    rate, Lambda = 1.
    """
    A = as_generator(Q)
    fastest = float(np.max(-A.diagonal()))
    Lam = (fastest or 1.0) if rate is None else finite(rate, "rate", low=0.0)
    if Lam < fastest or Lam == 0:
        raise ValueError(f"the rate must be positive and at least the largest exit rate {fastest:.6g}, got {Lam:.6g}")
    return np.eye(len(A)) + A / Lam, Lam


def is_embeddable_2x2(P: ArrayLike) -> bool:
    """Whether a 2 x 2 stochastic matrix is e^{Q} of a generator: if and only if det P > 0 (Kingman).

    Raises ValueError unless P is 2 x 2 with entries in [0, 1] and columns that sum to one.
    """
    A = as_array(P, "P", shape=(2, 2), real=True)
    if A.min() < 0 or np.abs(A.sum(axis=0) - 1).max() > COLUMN_SUM_TOLERANCE:
        raise ValueError("P must have entries >= 0 and columns that sum to one")
    return bool(A[0, 0] + A[1, 1] > 1)


def random_rates(n: int, rng: np.random.Generator, sparsity: float = 0.0, spread: float = 1.0) -> NDArray[np.float64]:
    """Random rates: off-diagonal entries e^{spread z}, z standard normal, each dropped with probability `sparsity`."""
    check_rng(rng)
    n = count(n, "n")
    finite(sparsity, "sparsity", 0.0, 1.0)
    room("W", n, n)
    W = np.exp(finite(spread, "spread", low=0.0) * rng.standard_normal((n, n))) * (rng.random((n, n)) >= sparsity)
    np.fill_diagonal(W, 0.0)
    return W


def reversible_rates(pi: ArrayLike, S: ArrayLike) -> NDArray[np.float64]:
    """Rates W[x, y] = S[x, y] pi[x] with a symmetric S >= 0: they satisfy W[x, y] pi[y] = W[y, x] pi[x].

    pi: (n,) positive. S: (n, n). Raises ValueError on bad shapes, an asymmetric S, entries that are not positive.
    """
    w = as_array(pi, "pi", ndim=1, real=True)
    A = as_matrix(S, "S", square=True, real=True)
    if len(A) != len(w) or w.min() <= 0 or A.min() < 0 or not np.allclose(A, A.T):
        raise ValueError("pi must be positive and S symmetric with entries >= 0, of the same size")
    W = A * w[:, None]
    np.fill_diagonal(W, 0.0)
    return W


def ring_rates(n: int, forward: float, backward: float, bias: ArrayLike | None = None) -> NDArray[np.float64]:
    """Rates on a ring of n >= 3 states: x -> x + 1 at rate `forward`, x -> x - 1 at rate `backward`.

    bias: (n,) energies E; each rate is multiplied by e^{-(E[to] - E[from])/2}. Without a drift (forward = backward) the
    law e^{-E}, normalised, is in detailed balance.
    """
    n = count(n, "n", minimum=3)
    room("W", n, n)
    f, b = finite(forward, "forward", low=0.0), finite(backward, "backward", low=0.0)
    E = np.zeros(n) if bias is None else as_array(bias, "bias", shape=(n,), real=True)
    W, here = np.zeros((n, n)), np.arange(n)
    for step, rate in ((1, f), (-1, b)):
        there = (here + step) % n
        W[there, here] += rate * np.exp((E[here] - E[there]) / 2)
    return W
