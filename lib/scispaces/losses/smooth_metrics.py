r"""Accuracy and F-scores with probabilities in the place of decisions, so that they can be differentiated.

    accuracy   mean of [argmax s = t]                          ->  mean of softmax(s)_t
    F_beta     (1+b^2) TP / ((1+b^2) TP + b^2 FN + FP)         ->  (1+b^2) sum t p / (b^2 sum t + sum p)

with TP = sum t p, FP = sum (1-t) p, FN = sum t (1-p). The smooth accuracy is the expected accuracy of answers drawn
from softmax(s); the smooth F-score is no expectation of an F-score.

Source for the threshold: Lipton, Elkan, Naryanaswamy, "Optimal Thresholding of Classifiers to Maximize F1 Measure",
ECML 2014.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, positive
from scispaces.losses.soft_maxima import softmax

__all__ = ["Threshold", "f1_threshold", "smooth_accuracy", "smooth_f1", "smooth_f1_gradient"]


class Threshold(NamedTuple):
    """The decisions that maximise F1 of the expected counts: its value F, and the threshold F/2 that they follow."""

    f1: float
    threshold: float


def smooth_accuracy(scores: Any, labels: Any, xp: Any = np) -> Any:
    """Mean over the batch of softmax(scores)_t: scores (B, n), integer labels t (B,) in 0..n-1. A number in [0, 1].

    With xp = jax.numpy the values are not checked. Raises ValueError: shapes that do not fit, an empty batch, labels
    outside 0..n-1, scores that are not finite. Peer in the limit of large scores: sklearn.metrics.accuracy_score.
    """
    if xp is np:
        scores, labels = as_array(scores, "scores", real=True), np.asarray(labels)
        if labels.dtype.kind not in "iu" or scores.ndim != 2 or labels.shape != scores.shape[:1] or not labels.size:
            raise ValueError(f"scores (B, n) and integer labels (B,) are wanted, got {scores.shape}, {labels.shape}")
        if labels.min() < 0 or labels.max() >= scores.shape[1]:
            raise ValueError(f"labels must be in 0..{scores.shape[1] - 1}")
    p = softmax(scores, xp=xp)
    return xp.mean(xp.take_along_axis(p, labels[:, None], axis=1))


def smooth_f1(p: Any, t: Any, beta: float = 1.0, xp: Any = np) -> Any:
    """(1 + beta^2) sum t p / (beta^2 sum t + sum p) along the last axis; p, t in [0, 1], of shapes that broadcast.

    For p of zeros and ones this is the usual F_beta. Where neither positives nor mass are there (0/0) it is 0.
    Raises ValueError: entries outside [0, 1] or NaN (numpy only), no entries, beta <= 0.
    Peer at p in {0, 1}: sklearn.metrics.fbeta_score.
    """
    p, t, beta = _probabilities(p, xp), _probabilities(t, xp), positive(beta, "beta")
    high, low = (beta**2, 1.0) if beta < 1 else (1.0, beta**-2.0)  # beta^2 to 1, without overflow
    if np.shape(p)[-1] != np.shape(t)[-1]:
        raise ValueError(f"p and t must have as many entries, got {np.shape(p)} and {np.shape(t)}")
    below = high * xp.sum(t, axis=-1) + low * xp.sum(p, axis=-1)
    return (high + low) * xp.sum(t * p, axis=-1) / xp.where(below > 0, below, 1.0)


def smooth_f1_gradient(p: ArrayLike, t: ArrayLike) -> NDArray[np.float64]:
    """dF1/dp_i = (2 t_i - F1) / sum(t + p), the shape of p and t together; zeros where sum(t + p) = 0.

    Raises ValueError as `smooth_f1`.
    """
    below = np.sum(_probabilities(t, np), axis=-1) + np.sum(_probabilities(p, np), axis=-1)
    value = np.asarray(smooth_f1(p, t))
    slope = 2 * np.asarray(t, float) - value[..., None] + 0 * np.asarray(p, float)
    return np.where(below[..., None] > 0, slope / np.where(below > 0, below, 1.0)[..., None], 0.0)


def f1_threshold(eta: ArrayLike) -> Threshold:
    r"""The best F1 of expected counts, F = max over y in {0,1}^n of 2 sum eta y / (sum eta + sum y), and F/2.

    eta (n,): the probabilities of the positive class. The maximum is attained by y = [eta > F/2], and the best m
    entries are the m largest: O(n log n). All eta = 0 gives F = 0.
    Raises ValueError: no entries, entries outside [0, 1].
    """
    p = np.sort(_probabilities(eta, np).ravel())[::-1]
    sizes = np.arange(1, len(p) + 1)
    best = float(np.max(2 * np.cumsum(p) / (p.sum() + sizes)))
    return Threshold(best, best / 2)


def _probabilities(a: Any, xp: Any) -> Any:
    if xp is not np:
        return xp.asarray(a)
    a = as_array(a, "probabilities", real=True)
    if a.ndim == 0 or a.size == 0 or a.min() < 0 or a.max() > 1:
        raise ValueError("probabilities must be arrays with entries in [0, 1]")
    return a
