r"""EM as alternating minimisation of one Kullback-Leibler divergence, on finite alphabets.

    J(r, g) = sum_x p(x) sum_y r(y|x) log( p(x) r(y|x) / g(x, y) )
            = KL(p | sum_y g)  +  sum_x p(x) KL( r(.|x) | g(x, .) / sum_y g(x, y) )

E-step: r is the posterior, the second term vanishes. M-step: g maximises sum p r log g.

Source: Csiszar, Tusnady 1984; Neal, Hinton 1998; Dempster, Laird, Rubin 1977.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from scispaces._validate import as_array, count, finite
from scispaces.probability.divergences import kl_divergence

__all__ = ["EMRun", "JointKL", "completed_kl", "em", "em_rate_weight", "responsibilities"]

Array = NDArray[np.float64]


class JointKL(NamedTuple):
    """J = marginal + conditional."""

    joint: float
    marginal: float
    conditional: float


class EMRun(NamedTuple):
    """The last parameters, the mean log-likelihood before each step and after the last, all parameters."""

    theta: Any
    trace: Array
    path: list[Any]


def responsibilities(log_joint: ArrayLike) -> tuple[Array, Array]:
    """gamma_k = exp(l_k) / sum_j exp(l_j) along the last axis and log sum_j exp(l_j), from l = log p(x, k).

    log_joint (..., K), with -inf where the joint probability is 0, not everywhere. Returns (..., K) and (...,).
    In the log domain: nothing underflows. Raises ValueError: NaN, +inf, empty, a slice of -inf only.
    """
    given = np.asarray(log_joint)
    as_array(np.where(np.isneginf(given), 0.0, given) if given.dtype.kind == "f" else given, "log_joint", real=True)
    if given.ndim == 0:
        raise ValueError("log_joint must have an axis of components, got a number")
    log_p = logsumexp(given, axis=-1)
    if np.isneginf(log_p).any():
        raise ValueError("log_joint must be above -inf for some component of each observation")
    return np.exp(given - log_p[..., None]), log_p


def completed_kl(px: ArrayLike, r: ArrayLike, g: ArrayLike) -> JointKL:
    """The parts of J for a law px (X,), a completion r (X, Y) with rows that sum to 1, and a joint model g (X, Y).

    J is infinite where the model excludes what occurs. Rows of r at which px = 0 do not count.
    Raises ValueError: shapes, negative entries, sums other than 1.
    """
    px, r, g = as_array(px, "px", ndim=1, real=True), as_array(r, "r", real=True), as_array(g, "g", real=True)
    if r.shape != g.shape or r.ndim != 2 or len(r) != len(px):
        raise ValueError(f"r and g must have shape ({len(px)}, any), got {r.shape} and {g.shape}")
    marginal = g.sum(axis=1)
    total = kl_divergence(px, marginal)
    seen = px > 0
    posterior = np.where(marginal[:, None] > 0, g / np.where(marginal > 0, marginal, 1)[:, None], r)
    conditional = kl_divergence(r, posterior)
    with np.errstate(invalid="ignore"):
        second = float(np.sum(px[seen] * conditional[seen]))
    return JointKL(float(total) + second, float(total), second)


def em(
    estep: Callable[[Any], tuple[Any, Any]],
    mstep: Callable[[Any], Any],
    theta: Any,
    steps: int,
    tol: float = 0.0,
    slack: float | None = 1e-9,
) -> EMRun:
    """EM from `theta`: (r, log p(x)) = estep(theta), theta = mstep(r), at most `steps` times.

    It stops early when the mean log-likelihood rises by less than `tol`. A fall by more than `slack` raises
    RuntimeError: EM cannot do that, so one of the two steps is wrong (slack = None for M-steps that are regularised).
    """
    steps, tol = count(steps, "steps", minimum=0), finite(tol, "tol", low=0.0)
    slack = None if slack is None else finite(slack, "slack", low=0.0)
    path, trace = [theta], []
    for step in range(steps + 1):
        r, log_p = estep(path[-1])
        trace.append(np.mean(log_p, axis=-1))
        if step and slack is not None and np.any(trace[-1] < trace[-2] - slack):
            raise RuntimeError(f"the likelihood fell in step {step}: that is not EM")
        if step == steps or (tol and step and np.all(trace[-1] - trace[-2] < tol)):
            break
        path.append(mstep(r))
    return EMRun(path[-1], np.array(trace), path)


def em_rate_weight(f1: ArrayLike, f2: ArrayLike, w: float) -> float:
    """The linear rate of EM for the weight w of two known densities with values f1, f2 (n,) at the data.

    1 - w (1-w)/n sum ((f1 - f2) / (w f1 + (1-w) f2))^2; it is the rate at an interior maximum of the likelihood.
    Raises ValueError: shapes, values < 0 or both 0, w outside (0, 1).
    """
    f1, f2 = as_array(f1, "f1", ndim=1, real=True), as_array(f2, "f2", ndim=1, real=True)
    w = finite(w, "w", 0.0, 1.0)
    top = np.maximum(f1, f2) if f1.shape == f2.shape else np.zeros(1)
    if f1.shape != f2.shape or min(f1.min(), f2.min()) < 0 or top.min() <= 0 or not 0 < w < 1:
        raise ValueError(f"f1 and f2 must be values >= 0, not both 0, and 0 < w < 1, got {f1.shape}, {f2.shape}, {w}")
    a, b = f1 / top, f2 / top
    return float(1 - w * (1 - w) * np.mean(((a - b) / (w * a + (1 - w) * b)) ** 2))
