r"""Elementary symmetric polynomials of exponentials, and the law of a random k-subset that they normalise.

    e_k(w) = sum over the k-subsets S of prod_{i in S} w_i,      w_i = exp(x_i)

Draw a k-subset with probability proportional to exp(sum of its scores). Then entry i belongs to it with probability

    pi_i = d log e_k / d x_i = w_i e_{k-1}(w without i) / e_k(w),      sum_i pi_i = k

Everything is computed in logarithms by the recurrence e_m(w_1..w_j) = e_m(w_1..w_{j-1}) + w_j e_{m-1}(w_1..w_{j-1}),
forwards and backwards: O(n k) additions of logarithms, no cancellation.
Source: Macdonald, *Symmetric Functions and Hall Polynomials* (1995), I.2; Kulesza, Taskar, "k-DPPs", ICML 2011.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scispaces._validate import as_array, positive_int

__all__ = ["log_elementary", "log_elementary_up_to", "subset_softmax"]

Array = Any  # a numpy or a jax array


def log_elementary(x: Array, k: int, xp: Any = np) -> Array:
    """log e_k(exp(x_1), ..., exp(x_n)) along the last axis of x (..., n); shape (...).

    Raises ValueError: k outside 1..n, no entries, entries that are not finite (numpy only).
    """
    x, k = _checked(x, k, xp)
    return _forward(x, k, xp)[-1][..., k]


def log_elementary_up_to(x: Array, k: int, xp: Any = np) -> Array:
    """The logarithms of e_0 = 1, e_1, ..., e_k of exp(x) along the last axis, (..., n) -> (..., k + 1).

    Raises ValueError as `log_elementary`.
    """
    x, k = _checked(x, k, xp)
    return _forward(x, k, xp)[-1]


def subset_softmax(x: Array, k: int, xp: Any = np) -> Array:
    """pi_i, the probability that i is in a k-subset drawn with weight exp(sum of its scores); the shape of x (..., n).

    k = 1 is softmax, k = n gives ones. Entries lie in [0, 1] and sum to k. With xp = jax.numpy scores below -1e299
    count as absent. O(n k) additions of logarithms, and O(n k) more to join forwards and backwards.
    Raises ValueError as `log_elementary`.
    """
    x, k = _checked(x, k, xp)
    n = x.shape[-1]
    before = _forward(x, k, xp)
    after = _forward(xp.flip(x, axis=-1), k, xp)
    logs = []
    for i in range(n):
        left, right = before[i][..., :k], xp.flip(after[n - 1 - i][..., :k], axis=-1)
        logs.append(_log_sum(left + right, xp) + x[..., i])
    return xp.exp(xp.stack(logs, axis=-1) - before[n][..., k, None])


def _forward(x: Array, k: int, xp: Any) -> list[Array]:
    """For j = 0..n the logarithms of e_0..e_k of the first j weights, each (..., k + 1)."""
    nothing = -np.inf if xp is np else -1e300  # a gradient through log(0 + 0) would be NaN
    row = xp.concatenate([xp.zeros((*x.shape[:-1], 1)), xp.full((*x.shape[:-1], k), nothing)], axis=-1)
    rows = [row]
    for j in range(x.shape[-1]):
        taken = row[..., :-1] + x[..., j, None]
        row = xp.concatenate([row[..., :1], xp.logaddexp(row[..., 1:], taken)], axis=-1)
        rows.append(row)
    return rows


def _log_sum(logs: Array, xp: Any) -> Array:
    top = xp.max(logs, axis=-1, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0.0)
    return top[..., 0] + xp.log(xp.sum(xp.exp(logs - top), axis=-1))


def _checked(x: Array, k: int, xp: Any) -> tuple[Array, int]:
    x = xp.asarray(x) if xp is not np else as_array(x, "x", real=True)
    if x.ndim == 0 or x.shape[-1] == 0:
        raise ValueError(f"x must have entries along its last axis, got shape {x.shape}")
    return x * 1.0, positive_int(k, "k", maximum=x.shape[-1])
