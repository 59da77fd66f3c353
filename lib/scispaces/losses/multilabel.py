r"""Losses for choosing any number of n labels from their scores s, with labels y in {0, 1}.

    bce        sum over negatives of log(1 + e^s) + sum over positives of log(1 + e^-s)
    ZLPR       log(1 + sum over negatives of e^s) + log(1 + sum over positives of e^-s)
    pairs      log(1 + sum over pairs of e^(gamma (s_neg - s_pos + m)))
    subsets    log Z_k - sum of the positive scores,  Z_k = e_k(e^s), k the number of positives
    padded     log Zbar_K - sum of the positive scores - (K - k) s0,  Zbar_K = sum_j e^((K-j) s0) Z_j

All work along the last axis, (..., n) -> (...), on logarithms (a masked entry is -inf, never a large number), and take
xp = jax.numpy under jit and grad, where values are not checked.

Source: Su, Zhu, Murtadha, Pan, Wen, Liu, "ZLPR: A Novel Loss for Multi-label Classification", arXiv:2208.02955 (2022).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scispaces._validate import as_array, finite, positive, positive_int
from scispaces.discrete.symmetric_polynomials import log_elementary, log_elementary_up_to

__all__ = [
    "bce_loss",
    "padded_subset_loss",
    "pair_loss",
    "soft_zlpr_loss",
    "subset_loss",
    "zlpr_gradient",
    "zlpr_loss",
]

Array = Any  # a numpy or a jax array


def bce_loss(s: Array, y: Array, xp: Any = np) -> Array:
    """Binary cross entropy, summed over the labels: sum_i log(1 + exp(-(2 y_i - 1) s_i)).

    Raises ValueError: s and y of shapes that do not broadcast, y other than 0 and 1, entries that are not finite.
    Peer: optax.sigmoid_binary_cross_entropy.
    """
    s, y = _checked(s, y, xp)
    return xp.sum(xp.logaddexp(0.0, xp.where(y > 0.5, -s, s)), axis=-1)


def zlpr_loss(s: Array, y: Array, s0: float = 0.0, xp: Any = np) -> Array:
    """log(e^s0 + sum_neg e^s) + log(e^-s0 + sum_pos e^-s); s0 = 0 is ZLPR. An empty side contributes 0 (for s0 = 0).

    Raises ValueError as `bce_loss`, and s0 not finite.
    """
    s, y = _checked(s, y, xp)
    s0 = finite(s0, "s0")
    up, down = xp.where(y > 0.5, -np.inf, s), xp.where(y > 0.5, -s, -np.inf)
    return _log_plus(up, s0, xp) + _log_plus(down, -s0, xp)


def soft_zlpr_loss(s: Array, t: Array, xp: Any = np) -> Array:
    """ZLPR with targets t in [0, 1]: log(1 + sum (1 - t) e^s) + log(1 + sum t e^-s).

    Its minimiser is s = 1/2 log(t / (1 - t)). Raises ValueError: t outside [0, 1], shapes, entries not finite.
    """
    s, t = _checked(s, t, xp, soft=True)
    with np.errstate(divide="ignore"):  # log 0: the term is absent
        return _log_plus(s + xp.log(1 - t), 0.0, xp) + _log_plus(xp.log(t) - s, 0.0, xp)


def zlpr_gradient(s: Array, y: Array, xp: Any = np) -> Array:
    """The gradient of ZLPR: e^s / (1 + sum_neg e^s) for negatives, -e^-s / (1 + sum_pos e^-s) for positives.

    The shape of s and y together; the entries of each side sum to less than 1 in modulus.
    Raises ValueError as `bce_loss`.
    """
    s, y = _checked(s, y, xp)
    up, down = xp.where(y > 0.5, -np.inf, s), xp.where(y > 0.5, -s, -np.inf)
    return xp.exp(up - _log_plus(up, 0.0, xp)[..., None]) - xp.exp(down - _log_plus(down, 0.0, xp)[..., None])


def pair_loss(s: Array, y: Array, gamma: float = 1.0, margin: float = 0.0, xp: Any = np) -> Array:
    """log(1 + sum over pairs of exp(gamma (s_neg - s_pos + margin))), in O(n): the double sum is a product of two.

    Without positives or without negatives it is 0, with zero gradient. Raises ValueError as `bce_loss`, and gamma <= 0.
    """
    s, y = _checked(s, y, xp)
    gamma, margin = positive(gamma, "gamma"), finite(margin, "margin")
    up, down = xp.where(y > 0.5, -np.inf, s + margin), xp.where(y > 0.5, -s, -np.inf)
    return xp.logaddexp(0.0, _log_sum(gamma * up, xp) + _log_sum(gamma * down, xp))


def subset_loss(s: Array, y: Array) -> Array:
    """log Z_k - sum of the positive scores: cross entropy of a softmax over all subsets with as many labels as y.

    One sample, s and y (n,), as k is counted from y; k = 0 gives 0. Raises ValueError as `bce_loss`.
    """
    s, y = _checked(s, y, np)
    if s.ndim != 1:
        raise ValueError(f"one sample (n,) is wanted, got shape {s.shape}")
    k = int(y.sum())
    return log_elementary(s, k) - s[y > 0.5].sum() if k else s.sum() * 0.0


def padded_subset_loss(s: Array, y: Array, K: int, s0: float = 0.0) -> Array:
    """The same for at most K labels: a padding class of score s0 fills up, any number of times. s, y (n,).

    K = 1 is softmax over n + 1 classes; K >= n is the binary cross entropy of the logits s - s0.
    Raises ValueError as `subset_loss`, K < 1, more than K positives.
    """
    s, y = _checked(s, y, np)
    K, s0 = positive_int(K, "K", maximum=100_000), finite(s0, "s0")
    if s.ndim != 1 or y.sum() > K:
        raise ValueError(f"one sample (n,) with at most K = {K} positives is wanted, got {s.shape}, {y.sum():.0f}")
    logs = log_elementary_up_to(s, min(K, len(s)))
    total = _log_sum(logs + (K - np.arange(logs.shape[-1])) * s0, np)
    return total - s[y > 0.5].sum() - (K - y.sum()) * s0


def _log_plus(logs: Array, first: float, xp: Any) -> Array:
    """log(e^first + sum e^logs) along the last axis; entries may be -inf."""
    return xp.logaddexp(first, _log_sum(logs, xp))


def _log_sum(logs: Array, xp: Any) -> Array:
    top = xp.max(logs, axis=-1, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0.0)
    total = xp.sum(xp.exp(logs - top), axis=-1)
    empty = total == 0
    return xp.where(empty, -np.inf, top[..., 0] + xp.log(xp.where(empty, 1.0, total)))


def _checked(s: Array, y: Array, xp: Any, soft: bool = False) -> tuple[Array, Array]:
    if xp is not np:
        return xp.asarray(s), xp.asarray(y)
    s, y = as_array(s, "s", real=True), as_array(y, "y", real=True)
    try:
        s, y = np.broadcast_arrays(s, y)
    except ValueError:
        raise ValueError(f"s and y must broadcast, got shapes {s.shape} and {y.shape}") from None
    if s.ndim == 0:
        raise ValueError("s must have labels along its last axis")
    if soft and (y.min() < 0 or y.max() > 1):
        raise ValueError("targets must be in [0, 1]")
    if not soft and not np.isin(y, (0, 1)).all():
        raise ValueError("labels y must be 0 or 1")
    return s, y
