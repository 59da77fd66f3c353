r"""Several tasks on one shared layer, the handwritten digits: which rule of weighing or merging trains them how.

A layer h = tanh(W x + b), 64 -> 16, is shared. Task A, the digit: cross-entropy of softmax(V h + c), labels smoothed
by s. Task B, three measures of the image (ink, centre of mass): squared error of U h + d. Many runs that differ
in the rule, in the unit of task B (its loss times `unit`) and in s are trained side by side, full batch, by Adam with a
negligible epsilon, so that a power of two as unit changes no bit where a rule is invariant.

Source: the experiments belong to 多任务学习漫谈(一):以损失之名 (kexue.fm/archives/8870); the design is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import optax
from numpy.typing import NDArray

from scispaces._validate import as_array, as_matrix, check_rng, count, one_of_names, positive
from scispaces.backend import jax, jnp, quick_jit
from scispaces.losses.multitask import prior_loss_classification, prior_loss_regression
from scispaces.networks.mlp import init_mlp, mlp
from scispaces.networks.training import train

__all__ = ["TaskRule", "TwoTaskRuns", "image_measures", "train_two_tasks"]

RULES = ("equal", "init", "prior", "realtime", "gradnorm")


class TaskRule(NamedTuple):
    """One run: how the two losses are weighed, the unit of the second one, the label smoothing of the first."""

    rule: str
    unit: float = 1.0
    smoothing: float = 0.1


class TwoTaskRuns(NamedTuple):
    """Losses of both tasks divided by their priors, and the weights, both (runs, steps, 2); in the unit 1."""

    relative: NDArray[np.float64]
    weights: NDArray[np.float64]


def image_measures(images: Any) -> NDArray[np.float64]:
    """Ink and centre of mass (x, y) of images (N, 64) of 8 x 8 pixels >= 0, each standardised over the N: (N, 3).

    Raises ValueError on negative pixels, an image without ink, or a measure that does not vary.
    """
    pixels = as_array(images, "images", shape=(None, 64), real=True).reshape(-1, 8, 8)
    ink = pixels.sum(axis=(1, 2))
    if pixels.min() < 0 or ink.min() <= 0:
        raise ValueError("images must have pixels >= 0, not all 0")
    places = np.arange(8.0)
    raw = np.stack([ink, pixels.sum(1) @ places / ink, pixels.sum(2) @ places / ink], axis=1)
    spread = raw.std(axis=0)
    if np.any(spread <= 1e-12 * np.abs(raw).max(axis=0)):
        raise ValueError("images must differ in ink and in their centres of mass")
    return np.asarray((raw - raw.mean(axis=0)) / spread)


def train_two_tasks(
    rng: np.random.Generator, images: Any, labels: Any, runs: Sequence[TaskRule], steps: int = 200, rate: float = 0.02
) -> TwoTaskRuns:
    """Train all `runs` from one initial network, full batch.

    images (N, 64) with pixels >= 0, labels (N,) in 0..9. Rules: equal, init, prior, realtime, gradnorm (the norm over
    the shared layer). Raises ValueError on no run, an unknown rule, a unit <= 0, a smoothing outside of [0, 1).
    """
    check_rng(rng)
    x, y = as_matrix(images, "images", real=True), as_array(labels, "labels", ndim=1, real=True)
    if len(x) != len(y) or np.any((y < 0) | (y > 9) | (y != np.round(y))):
        raise ValueError("labels must be one digit 0..9 an image")
    if not len(runs):
        raise ValueError("runs must name at least one run")
    number = jnp.array([RULES.index(one_of_names(r.rule, "rule", RULES)) for r in runs])
    unit = np.array([positive(r.unit, "unit") for r in runs])
    smooth = as_array([r.smoothing for r in runs], "smoothing", real=True)
    if np.any((smooth < 0) | (smooth >= 1)):
        raise ValueError("smoothing must be in [0, 1)")
    targets, onehot = image_measures(x), np.eye(10)[y.astype(int)]
    (shared,), (digit,), (measure,) = (init_mlp(rng, s, gain=1.0) for s in [(64, 16), (16, 10), (16, 3)])
    start = {"shared": shared, "digit": digit, "measure": measure}
    common = jnp.asarray(x), jnp.asarray(onehot), jnp.asarray(targets)

    losses_of = quick_jit(_losses)

    def at_start(s: float) -> NDArray[np.float64]:
        return np.asarray(losses_of(start, common, 1.0, s))

    units = np.stack([np.ones_like(unit), unit], axis=1)
    known = {s: (at_start(s), _priors(onehot, targets, s)) for s in dict.fromkeys(smooth)}
    first, prior = (units * np.stack([known[s][k] for s in smooth]) for k in (0, 1))
    lane = {"rule": number, "unit": unit, "smoothing": smooth, "first": first, "prior": prior}
    found = train(_two_task_loss, start, jnp.zeros(count(steps, "steps")), _adam, positive(rate, "rate"), common=common,
                  lane=jax.tree.map(jnp.asarray, lane), vary=["lane"]).metrics  # fmt: skip
    return TwoTaskRuns(np.asarray(found["losses"]) / prior[:, None], np.asarray(found["weights"]) * units[:, None])


def _priors(onehot: NDArray[np.float64], targets: NDArray[np.float64], s: float) -> NDArray[np.float64]:
    frequencies = (1 - s) * onehot.mean(axis=0) + s / 10
    return np.array([prior_loss_classification(frequencies), prior_loss_regression(targets)])


def _adam(rate: Any) -> optax.GradientTransformation:
    return optax.adam(rate, b1=0.9, b2=0.99, eps=1e-30)


def _losses(params: Any, common: Any, unit: Any, smoothing: Any) -> Any:
    x, onehot, targets = common
    h = mlp([params["shared"]], x, last="tanh")
    wanted = (1 - smoothing) * onehot + smoothing / 10
    classify = -jnp.mean(jnp.sum(wanted * jax.nn.log_softmax(mlp([params["digit"]], h)), axis=1))
    error = jnp.mean(jnp.sum((mlp([params["measure"]], h) - targets) ** 2, axis=1))
    return jnp.stack([classify, unit * error])


def _two_task_loss(params: Any, _: Any, common: Any, lane: Any) -> Any:
    losses = _losses(params, common, lane["unit"], lane["smoothing"])
    slopes = jax.jacrev(lambda layer: _losses({**params, "shared": layer}, common, lane["unit"], lane["smoothing"]))
    norms = jnp.sqrt(sum(jnp.sum(g.reshape(2, -1) ** 2, axis=1) for g in jax.tree.leaves(slopes(params["shared"]))))
    table = jnp.stack([jnp.ones(2), 1 / lane["first"], 1 / lane["prior"], 1 / losses, 1 / norms])
    weights = jax.lax.stop_gradient(table[lane["rule"]])
    return jnp.sum(weights * losses), {"losses": losses, "weights": weights}
