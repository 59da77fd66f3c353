r"""Several losses, one model: reference losses, power means, and the rules that weigh the tasks.

A rule gives every task a weight alpha_i and descends sum_i alpha_i L_i, with the weights held fixed while it
differentiates:

    equal      alpha_i = 1
    reference  alpha_i = 1 / L_i(reference): the loss before training, or that of the best constant prediction
    realtime   alpha_i = 1 / L_i: descends the geometric mean
    power      alpha_i = L_i^(gamma-1): descends the power mean M_gamma (gamma 1: equal, gamma 0: realtime)
    gradnorm   alpha_i = 1 / |grad L_i|

Source: 多任务学习漫谈(一):以损失之名 (kexue.fm/archives/8870). Power means: Hardy, Littlewood, Polya, "Inequalities".
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, finite, one_of_names, same_shape

__all__ = [
    "normalized_sum",
    "power_mean",
    "power_mean_weights",
    "prior_loss_classification",
    "prior_loss_regression",
    "task_weights",
]

Array = NDArray[np.float64]
RULES = ("equal", "reference", "realtime", "power", "gradnorm")


def prior_loss_classification(counts: ArrayLike) -> float:
    r"""The smallest cross-entropy that a constant prediction reaches: H(p) = -sum_k p_k ln p_k, p = counts / total.

    counts (K,): how often each class occurs, or its frequency; zeros contribute 0. The best constant is p itself.
    Raises ValueError on no classes, negative or infinite counts, or a total of 0.

        >>> round(prior_loss_classification([50, 50, 0]), 12)
        0.69314718056
    """
    n = as_array(counts, "counts", ndim=1, real=True)
    if n.min() < 0 or n.max() == 0:
        raise ValueError("counts must be >= 0 and not all 0")
    p = n / n.max()
    p = p[p > 0] / p.sum()
    return float(-np.sum(p * np.log(p))) + 0.0


def prior_loss_regression(y: ArrayLike, kind: str = "l2") -> float:
    """The smallest mean loss that a constant prediction reaches, summed over the k components of a target.

    y (N,) or (N, k). kind: "l2", squared error, reached at the mean (the trace of the population covariance); "l1",
    absolute error, reached at the median. Raises ValueError on empty or non-finite targets or an unknown kind.
    """
    kind = one_of_names(kind, "kind", ("l2", "l1"))
    y = as_array(y, "y", ndim=(1, 2), real=True)
    size = np.abs(y).max()
    if size == 0:
        return 0.0
    z = y / size
    with np.errstate(over="ignore", under="ignore"):
        if kind == "l1":
            return float(np.sum(np.mean(np.abs(z - np.median(z, axis=0)), axis=0)) * size)
        return float(np.sum(np.mean((z - z.mean(axis=0)) ** 2, axis=0)) * size * size)


def power_mean(losses: ArrayLike, gamma: float, axis: int = -1) -> Any:
    r"""M_gamma = (mean_i L_i^gamma)^(1/gamma) along an axis; the geometric mean at 0, max and min at +-inf.

    losses > 0, any shape; gamma any number or +-inf. Returns a float, or an array without that axis. Computed from
    l = ln L around its mean, so that tiny gamma, and losses from 1e-300 to 1e300, keep their digits. Raises ValueError
    on losses <= 0, NaN, or an axis that does not exist.
    """
    gamma, log_losses = _order(gamma), _logs(losses, axis)
    with np.errstate(over="ignore", under="ignore"):
        out = np.exp(_log_mean(log_losses, gamma))
    return float(out) if out.ndim == 0 else out


def power_mean_weights(losses: ArrayLike, gamma: float) -> Array:
    r"""The gradient of `power_mean` along the last axis: w_i = dM/dL_i = (L_i / M)^(gamma-1) / n.

    They are >= 0 and sum_i w_i L_i = M. At gamma = +-inf the largest (smallest) loss has the whole weight; ties share
    it. Raises ValueError as `power_mean`.
    """
    gamma, log_losses = _order(gamma), _logs(losses, -1)
    if math.isinf(gamma):
        extreme = log_losses.max(-1, keepdims=True) if gamma > 0 else log_losses.min(-1, keepdims=True)
        chosen = (log_losses == extreme).astype(float)
        return np.asarray(chosen / chosen.sum(-1, keepdims=True))
    with np.errstate(over="ignore", under="ignore"):
        top = log_losses.max(-1, keepdims=True) if gamma > 0 else log_losses.min(-1, keepdims=True)
        pull = gamma * (log_losses - top)
        pull -= np.log(np.exp(pull).sum(-1, keepdims=True))
        return np.asarray(np.exp(pull + _log_mean(log_losses, gamma)[..., None] - log_losses))


def normalized_sum(grads: ArrayLike, eps: float = 0.0) -> Array:
    """sum_i g_i / (|g_i| + eps) of the rows of `grads` (n, d), shape (d,); a row of zeros contributes 0.

    Raises ValueError on an empty or non-finite array or eps < 0.
    """
    G = as_array(grads, "grads", ndim=2, real=True)
    eps = finite(eps, "eps", 0.0)
    size, length = _lengths(G)
    with np.errstate(over="ignore", under="ignore"):
        unit = np.divide(G / np.where(size > 0, size, 1), length, out=np.zeros_like(G), where=length > 0)
        shrink = length / (length + eps / np.where(size > 0, size, 1)) if eps else 1.0
    return np.asarray((unit * shrink).sum(axis=0))


def task_weights(
    rule: str,
    losses: ArrayLike,
    grads: ArrayLike | None = None,
    reference: ArrayLike | None = None,
    gamma: float = 0.0,
) -> Array:
    """The weights alpha (..., n) that a rule gives the losses (..., n): see the head of the module.

    grads (..., n, d): for "gradnorm"; a task whose gradient is 0 gets weight 0. reference (..., n) > 0: for
    "reference". gamma: for "power". Raises ValueError on an unknown rule, a missing or misshapen argument, losses <= 0
    where the rule divides by them.
    """
    rule = one_of_names(rule, "rule", RULES)
    L = as_array(losses, "losses", real=True)
    if rule == "equal":
        return np.ones_like(L)
    with np.errstate(over="ignore", under="ignore"):
        if rule == "gradnorm":
            if grads is None:
                raise ValueError("the rule 'gradnorm' needs grads, got None")
            G = as_array(grads, "grads", real=True)
            if G.shape[:-1] != L.shape:
                raise ValueError(f"grads must have one axis more than losses, of shape {L.shape}, got {G.shape}")
            size, length = _lengths(G)
            norm = (size * length)[..., 0]
            return np.divide(1.0, norm, out=np.zeros_like(norm), where=norm > 0)
        if rule == "reference":
            if reference is None:
                raise ValueError("the rule 'reference' needs reference, got None")
            L, losses = as_array(reference, "reference", real=True), L
            same_shape(L, losses, "losses and reference")
        if L.min() <= 0:
            raise ValueError(f"the rule {rule!r} divides by losses, which must be > 0")
        return np.asarray(1 / L if rule != "power" else np.exp((finite(gamma, "gamma") - 1) * np.log(L)))


def _lengths(G: Array) -> tuple[Array, Array]:
    """Rows of G as `size` times a row of length `length` whose largest entry is 1, each (..., 1): no overflow."""
    size = np.abs(G).max(axis=-1, keepdims=True)
    return size, np.linalg.norm(G / np.where(size > 0, size, 1), axis=-1, keepdims=True)


def _order(gamma: Any) -> float:
    try:
        value = float(gamma) if isinstance(gamma, int | float | np.number) and not isinstance(gamma, bool) else math.nan
    except OverflowError:
        value = math.nan
    if math.isnan(value):
        raise ValueError(f"gamma must be a number or +-inf, got {type(gamma).__name__} {str(gamma)[:40]}")
    return value


def _logs(losses: ArrayLike, axis: Any) -> Array:
    L = as_array(losses, "losses", real=True)
    if L.min() <= 0:
        raise ValueError("losses must be > 0")
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer) or not -L.ndim <= axis < L.ndim:
        raise ValueError(f"axis must be an axis of losses of shape {L.shape}, got {axis!r}")
    return np.asarray(np.log(np.moveaxis(L, int(axis), -1)))


def _log_mean(log_losses: Array, gamma: float) -> Array:
    """ln M_gamma along the last axis."""
    if math.isinf(gamma):
        return np.asarray(log_losses.max(-1) if gamma > 0 else log_losses.min(-1))
    middle = log_losses.mean(-1)
    d = log_losses - middle[..., None]
    spread = abs(gamma) * np.abs(d).max(-1)
    tiny = middle + gamma / 2 * d.var(-1)
    if not gamma or np.all(spread < 1e-9):
        return np.asarray(tiny)
    small = middle + np.log1p(np.mean(np.expm1(np.clip(gamma * d, -2, 2)), -1)) / gamma
    top = log_losses.max(-1) if gamma > 0 else log_losses.min(-1)
    large = top + np.log(np.mean(np.exp(gamma * (log_losses - top[..., None])), -1)) / gamma
    return np.asarray(np.where(spread < 1e-9, tiny, np.where(spread < 1, small, large)))
