"""Which digits are in a picture? Superimposed handwritten digits, and linear models on random features for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scispaces._validate import check_rng, one_of_names, positive, positive_int
from scispaces.backend import jax, jnp
from scispaces.data.digits import digits_split
from scispaces.losses.multilabel import bce_loss, zlpr_loss
from scispaces.networks.mlp import affine
from scispaces.networks.training import adam, minibatches, train

__all__ = ["Course", "Mixtures", "superimposed_digits", "train_multilabel"]

LOSSES = {"bce": bce_loss, "zlpr": zlpr_loss}


class Mixtures(NamedTuple):
    """Pictures (N, 64) and their labels (N, 10) of zeros and ones, for training and for testing."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_test: NDArray[np.float64]
    y_test: NDArray[np.float64]


class Course(NamedTuple):
    """F1 over all labels of the test set (labels with positive scores are predicted), by run, after `steps` steps."""

    steps: NDArray[np.int64]
    f1: dict[str, NDArray[np.float64]]


def superimposed_digits(rng: np.random.Generator, train_size: int = 2000, test_size: int = 500) -> Mixtures:
    """Pixel maxima of one to three digits each; training and test pictures are made of different digits.

    Raises ValueError: sizes below 1 or above 100,000.
    """
    check_rng(rng)
    digits = digits_split(rng, 1200)
    named = {"train_size": train_size, "test_size": test_size}
    sizes = [positive_int(size, name, maximum=100_000) for name, size in named.items()]
    parts: list[Any] = []
    for images, labels, size in ((digits.x, digits.y, sizes[0]), (digits.x_test, digits.y_test, sizes[1])):
        count = rng.integers(1, 4, size)
        picked = rng.integers(0, len(images), (size, 3))
        shown = np.arange(3) < count[:, None]
        marks = np.zeros((size, 10))
        for place in range(3):
            marks[np.arange(size)[shown[:, place]], labels[picked[shown[:, place], place]]] = 1.0
        parts += [(images[picked] * shown[..., None]).max(axis=1), marks]
    return Mixtures(*parts)


def train_multilabel(
    data: Mixtures, rng: np.random.Generator, runs: Mapping[str, str], features: int = 400, steps: int = 300,
    every: int = 10, rate: float = 0.01,
) -> Course:  # fmt: skip
    """A linear layer on random ReLU features of the pictures, trained from zero by Adam, batches of 100.

    runs: by name the loss, "bce" (mean over labels of the binary cross entropy) or "zlpr".
    Raises ValueError: unknown losses, no runs, steps that `every` does not divide, features, rate <= 0.
    """
    check_rng(rng)
    if not isinstance(runs, Mapping) or not runs:
        raise ValueError("runs must map names to losses")
    kinds = [one_of_names(kind, "runs", tuple(LOSSES)) for kind in runs.values()]
    width, rate = positive_int(features, "features", maximum=20_000), positive(rate, "rate")
    weights = rng.standard_normal((width, data.x.shape[1])) / np.sqrt(8)
    x, x_test = (np.maximum(part @ weights.T, 0) for part in (data.x, data.x_test))
    scale = x.std()
    batches = minibatches(rng, len(x), min(100, len(x)), steps)
    start = (jnp.zeros((10, width)), jnp.zeros(10))
    lanes = jnp.array([float(kind == "zlpr") for kind in kinds])
    common = (x / scale, data.y)
    found = train(_loss, start, batches, adam(), rate, common=common, lane=lanes, vary=["lane"], every=every)
    scores = jax.vmap(jax.vmap(lambda W, b: affine(W, b, x_test / scale)))(*found.snapshots)
    f1 = [_micro_f1(np.asarray(run) > 0, data.y_test) for run in scores]
    return Course(np.arange(every, steps + 1, every), dict(zip(runs, f1, strict=True)))


def _loss(params: Any, batch: Any, common: Any, lane: Any) -> Any:
    x, y = common
    W, b = params
    s = affine(W, b, x[batch])
    questions, pairs = bce_loss(s, y[batch], xp=jnp) / 10, zlpr_loss(s, y[batch], xp=jnp)
    return jnp.mean(jnp.where(lane > 0.5, pairs, questions))


def _micro_f1(chosen: NDArray[np.bool_], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    hits = (chosen * labels).sum(axis=(-2, -1))
    return 2 * hits / np.maximum(chosen.sum(axis=(-2, -1)) + labels.sum(), 1)
