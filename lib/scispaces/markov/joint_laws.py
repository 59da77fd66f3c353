"""Processes with finitely many values and times, given by their joint law: marginals, conditionals, chains.

A joint law is an array of shape (n, ..., n), one axis a time: ``law[x1, x2, x3] = P(X1 = x1, X2 = x2, X3 = x3)``. Times
are counted from 1. Arrays of `fractions.Fraction` (dtype object) are kept exact. Transition matrices are laid out
to-from, ``P[x, y] = P(later = x | earlier = y)``: their columns sum to one.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import check_rng, count, positive_int, room

__all__ = [
    "as_joint_law",
    "chain_law",
    "ck_defect",
    "conditional",
    "empirical_law",
    "feller_law",
    "marginal",
    "random_joint_law",
    "repeated_coin_law",
    "transition",
]

ROUNDING = 1e-9


def as_joint_law(law: ArrayLike) -> NDArray[Any]:
    """`law` as an array of equal axes whose entries are not negative and sum to one; Fractions stay Fractions.

    Raises ValueError on unequal axes, emptiness, NaN, negative entries, a wrong total.
    """
    J = np.asarray(law)
    if J.dtype != object:
        J = J.astype(float)
    if J.ndim == 0 or J.size == 0 or len(set(J.shape)) != 1:
        raise ValueError(f"a joint law has one axis of equal length a time, got shape {J.shape}")
    total = J.sum()
    if not all(x >= 0 for x in J.ravel()) or not abs(total - 1) <= (0 if J.dtype == object else ROUNDING):
        raise ValueError(f"a joint law has entries >= 0 that sum to 1, got the sum {total}")
    return J


def _axis(J: NDArray[Any], time: int, name: str) -> int:
    return positive_int(time, name, maximum=J.ndim) - 1


def marginal(law: ArrayLike, time: int) -> NDArray[Any]:
    """The law of the process at one time, shape (n,)."""
    J = as_joint_law(law)
    keep = _axis(J, time, "time")
    return J.sum(axis=tuple(a for a in range(J.ndim) if a != keep))


def transition(law: ArrayLike, later: int, earlier: int) -> NDArray[Any]:
    """The two-time kernel P[x, y] = P(X_later = x | X_earlier = y), shape (n, n), columns summing to one.

    Every process has these matrices, Markov or not. Raises ValueError for times that are equal or out of range and
    when a value y of the earlier time has probability 0 (nothing to condition on).
    """
    J = as_joint_law(law)
    a, b = _axis(J, later, "later"), _axis(J, earlier, "earlier")
    if a == b:
        raise ValueError(f"two different times are wanted, got {later} twice")
    pair = J.sum(axis=tuple(c for c in range(J.ndim) if c not in (a, b)))
    pair = pair if a < b else pair.T
    below = pair.sum(axis=0)
    if any(x == 0 for x in below):
        raise ValueError(f"a value of probability 0 at time {earlier}: the conditional law does not exist")
    return pair / below


def conditional(law: ArrayLike, time: int, history: dict[int, int]) -> NDArray[Any]:
    """The law of the process at `time` given its values at other times, ``{time: value, ...}``; shape (n,).

    Raises ValueError on times and values out of range, and when the history has probability 0.
    """
    J = as_joint_law(law)
    keep = _axis(J, time, "time")
    if not isinstance(history, dict):
        raise ValueError(f"history must be a dictionary from times to values, got {type(history).__name__}")
    index: list[Any] = [slice(None)] * J.ndim
    for when, value in history.items():
        axis = _axis(J, when, "a time of the history")
        if axis == keep:
            raise ValueError(f"time {time} is in its own history")
        index[axis] = slice(v := positive_int(value, "a value", minimum=0, maximum=len(J) - 1), v + 1)
    part = J[tuple(index)]
    part = part.sum(axis=tuple(a for a in range(J.ndim) if a != keep))
    if part.sum() == 0:
        raise ValueError(f"the history {history} has probability 0")
    return part / part.sum()


def chain_law(start: ArrayLike, *transitions: ArrayLike) -> NDArray[Any]:
    """The joint law of the Markov chain with a given start law and transition matrices.

    start: (n,). transitions: (n, n) each, columns summing to one. Shape (n, ..., n), Fractions stay Fractions:

        P(X1 = x1, X2 = x2, X3 = x3, ...) = ... P32[x3, x2] P21[x2, x1] start[x1]
    """
    J = np.asarray(start)
    n = len(J) if J.ndim == 1 else 0
    for P in map(np.asarray, transitions):
        if P.shape != (n, n):
            raise ValueError(f"transition matrices must have shape {(n, n)}, got {P.shape}")
        J = J[..., None] * P.T
    return as_joint_law(J)


def ck_defect(P32: ArrayLike, P21: ArrayLike, P31: ArrayLike) -> Any:
    """How far three kernels are from Chapman-Kolmogorov: max_xz |(P32 P21)[x, z] - P31[x, z]|. Exact for Fractions.

    All three are (n, n). Raises ValueError on other shapes and on NaN.
    """
    A, B, C = (np.asarray(P) for P in (P32, P21, P31))
    if A.ndim != 2 or not A.shape == B.shape == C.shape == (len(A), len(A)) or len(A) == 0:
        raise ValueError(f"three square matrices of one size are wanted, got {A.shape}, {B.shape}, {C.shape}")
    gap = A.dot(B) - C
    if not all(x == x for x in gap.ravel()):
        raise ValueError("the kernels must have finite entries, got NaN")
    return abs(gap).max()


def repeated_coin_law() -> NDArray[Any]:
    """X1, X2 independent fair coins and X3 = X1: not Markov, and not Chapman-Kolmogorov."""
    J = np.full((2, 2, 2), Fraction(0), dtype=object)
    for first in range(2):
        for second in range(2):
            J[first, second, first] = Fraction(1, 4)
    return J


def feller_law(blocks: int = 1) -> NDArray[Any]:
    """Feller's process: Chapman-Kolmogorov without the Markov property. Three values, 3 * `blocks` times.

    Each block of three times takes one of nine triples, equally likely and independently of the other blocks: the six
    permutations of (0, 1, 2) and the three constant triples. Any two times are independent, three are not.
    Source: W. Feller, Non-Markovian processes with the semigroup property, Ann. Math. Statist. 30 (1959).
    """
    block = np.full((3, 3, 3), Fraction(0), dtype=object)
    for triple in [*permutations(range(3)), *((v, v, v) for v in range(3))]:
        block[triple] = Fraction(1, 9)
    J = block
    for _ in range(count(blocks, "blocks", maximum=5) - 1):
        J = np.multiply.outer(J, block)
    return J


def random_joint_law(values: int, times: int, rng: np.random.Generator) -> NDArray[Any]:
    """A joint law with exact random positive entries (integers 1..20 over their sum): not Markov, in general."""
    check_rng(rng)
    n, k = count(values, "values"), count(times, "times")
    room("the law", *([n] * min(k, 60)))
    weights = rng.integers(1, 21, (n,) * k)
    total = int(weights.sum())
    exact = [Fraction(int(w), total) for w in weights.ravel()]
    J = np.empty(n**k, dtype=object)
    J[:] = exact
    return J.reshape((n,) * k)


def empirical_law(paths: ArrayLike, values: int) -> NDArray[np.float64]:
    """The relative frequencies of the paths, integers of shape (n_paths, times), as a joint law.

    Raises ValueError on other shapes and on values outside 0..values - 1.
    """
    X, n = np.asarray(paths), count(values, "values")
    if X.ndim != 2 or X.size == 0 or X.dtype.kind not in "iu" or X.min() < 0 or X.max() >= n:
        raise ValueError(f"paths must be integers in 0..{n - 1} of shape (paths, times), got {X.dtype} {X.shape}")
    room("the law", *([n] * min(X.shape[1], 60)))
    J = np.zeros((n,) * X.shape[1])
    np.add.at(J, tuple(X.T), 1.0)
    return J / len(X)
