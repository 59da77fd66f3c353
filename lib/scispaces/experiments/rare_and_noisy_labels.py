"""Classifiers that are trained on a smooth metric instead of the cross entropy: F1 on a rare class, and accuracy under
false labels.

Source of the losses: `scispaces.losses.smooth_metrics`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit

from scispaces._validate import as_array, check_rng, finite, one_of_names, positive_int, same_shape
from scispaces.backend import jax, jnp
from scispaces.data.digits import Digits
from scispaces.losses.smooth_metrics import smooth_f1, smooth_f1_gradient
from scispaces.networks.mlp import affine, init_mlp
from scispaces.networks.training import adam, minibatches, train

__all__ = ["fit_logistic", "train_on_noisy_labels"]

Array = NDArray[np.float64]


def fit_logistic(x: ArrayLike, t: ArrayLike, loss: str, start: ArrayLike | None = None, decay: float = 1e-4) -> Array:
    """Weights (d + 1,), the bias last, of p = sigmoid(x w + b) that minimise a loss by L-BFGS (at most 200 steps).

    loss: "cross-entropy", the mean of -t log p - (1-t) log(1-p), or "f1", 1 - smooth F1; plus decay |w|^2.
    x (N, d), t (N,) of zeros and ones. start: weights to begin at, default zeros.
    Raises ValueError: shapes that do not fit, labels other than 0 and 1, an unknown loss, decay < 0.
    """
    x, t = as_array(x, "x", ndim=2, real=True), as_array(t, "t", ndim=1, real=True)
    loss, decay = one_of_names(loss, "loss", ("cross-entropy", "f1")), finite(decay, "decay", 0.0)
    if len(x) != len(t) or not np.isin(t, (0, 1)).all():
        raise ValueError(f"t must hold a 0 or 1 for each of {len(x)} rows of x")
    first = np.zeros(x.shape[1] + 1) if start is None else as_array(start, "start", real=True)
    same_shape(first, np.zeros(x.shape[1] + 1), "start, one weight a column and a bias")

    def value(w: Array) -> tuple[float, Array]:
        s = x @ w[:-1] + w[-1]
        p = expit(s)
        if loss == "f1":
            total, slope = 1 - smooth_f1(p, t), -smooth_f1_gradient(p, t) * p * (1 - p)
        else:
            total, slope = np.mean(np.logaddexp(0, s) - t * s), (p - t) / len(t)
        return float(total + decay * w[:-1] @ w[:-1]), np.append(x.T @ slope + 2 * decay * w[:-1], slope.sum())

    found: Array = minimize(value, first, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return found


def train_on_noisy_labels(
    data: Digits, rng: np.random.Generator, share: float = 0.3, steps: int = 600, rate: float = 0.02
) -> dict[str, Any]:
    """Softmax regression on digits of which a `share` of the training labels is replaced by a random other one.

    Two runs side by side from one start, on one order of batches of 100: the first by cross entropy throughout, the
    second by cross entropy for the first half and by 1 - smooth accuracy for the second. Returns "weight", the mean of
    p_t over rightly and over falsely labelled images at half time (the weights of their gradients), and "accuracy",
    on the test set, by name of the run.
    Raises ValueError: share outside [0, 0.9], rate outside [1e-12, 10], steps < 2 or odd, data without 10 labels.
    """
    check_rng(rng)
    share = finite(share, "share", 0.0, 0.9)
    rate = finite(rate, "rate", 1e-12, 10.0)
    half = positive_int(steps, "steps", minimum=2) // 2
    if 2 * half != steps or len(np.unique(data.y)) != 10:
        raise ValueError(f"steps must be even and the data have ten labels, got {steps}, {len(np.unique(data.y))}")
    false = rng.random(len(data.y)) < share
    labels = np.where(false, (data.y + rng.integers(1, 10, len(data.y))) % 10, data.y)
    batches = minibatches(rng, len(labels), 100, steps)
    start = init_mlp(rng, (data.x.shape[1], 10))
    common = (data.x, labels)
    first = train(_metric_loss, start, batches[:half], adam(), rate, common=common, lane=0.0)
    lanes = {"lane": jnp.array([0.0, 1.0]), "vary": ["lane"]}
    second = train(_metric_loss, first.params, batches[half:], adam(), rate, common=common, **lanes)
    ((W, b),) = first.params
    p = np.asarray(jax.nn.softmax(affine(W, b, data.x)))[np.arange(len(labels)), labels]
    names = ("cross-entropy", "then smooth accuracy")
    scores = np.asarray(jax.vmap(lambda net: affine(net[0], net[1], data.x_test))(second.params[0]))
    accuracy = {n: float((s.argmax(1) == data.y_test).mean()) for n, s in zip(names, scores, strict=True)}
    return {"weight": {"right": float(p[~false].mean()), "false": float(p[false].mean())}, "accuracy": accuracy}


def _metric_loss(params: Any, batch: Any, common: Any, lane: Any) -> Any:
    x, labels = common
    ((W, b),) = params
    log_p = jax.nn.log_softmax(affine(W, b, x[batch]))
    log_p = jnp.take_along_axis(log_p, labels[batch][:, None], axis=1)
    return jnp.mean((1 - lane) * -log_p + lane * (1 - jnp.exp(log_p)))
