"""Networks on which the gradient penalty inequality is put to the test: random ones, extreme ones, climbing ones.

Random networks stay far below equality, so a search among them alone would find every constant in the bound
generous. Half of the draws here are networks of *copies*: all units of a layer equal, up to a perturbation of random
size. Such a network is one of width 1 in disguise, and width 1 is where the inequality is an equality.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scispaces._validate import check_rng, count, finite, positive
from scispaces.networks.activations import Activation
from scispaces.networks.gradient_penalties import PenaltySides, gradient_penalty_sides
from scispaces.networks.gradients import wave_output

__all__ = [
    "ACTIVATIONS_TRIED",
    "WIDTHS_TRIED",
    "Batch",
    "climb",
    "copied_networks",
    "random_networks",
    "sides_of",
    "some_copies",
    "some_networks",
    "some_networks_without_biases",
]

Array = NDArray[np.float64]
Batch = dict[str, Any]

ACTIVATIONS_TRIED = ("tanh", "relu", "sin", "softplus")
WIDTHS_TRIED = ((3, 4), (4, 3, 2), (5, 7, 6, 4), (2, 8, 8, 8, 1), (1, 1, 1, 1))


def random_networks(rng: np.random.Generator, widths: Sequence[int], n: int, scale: float = 1.0) -> Batch:
    """n independent networks with inputs: Gaussian weights N(0, scale^2 / d_t), biases N(0, 1/4), x and c N(0, 1).

    Returns ``Ws``, ``bs``, ``x`` and ``c`` (the vector of `wave_output`), each with the leading axis n. Raises
    ValueError on fewer than two widths, widths or n below 1, scale <= 0.
    """
    check_rng(rng)
    sizes, n = _sizes(widths), count(n, "n")
    scale = positive(scale, "scale")
    return {
        "Ws": [scale * rng.standard_normal((n, m, d)) / np.sqrt(d) for d, m in pairwise(sizes)],
        "bs": [0.5 * rng.standard_normal((n, m)) for m in sizes[1:]],
        "x": rng.standard_normal((n, sizes[0])),
        "c": rng.standard_normal((n, sizes[-1])),
    }


def copied_networks(rng: np.random.Generator, widths: Sequence[int], n: int, noise: float = 0.0) -> Batch:
    """n networks whose layers consist of copies of one unit, perturbed by the relative amount `noise` >= 0.

    Every weight matrix is a positive multiple of the all-ones matrix, x, biases and c are multiples of the all-ones
    vector: each layer acts as one unit, tau = 1 up to O(noise), whatever the activation. Returns as `random_networks`.
    """
    check_rng(rng)
    sizes, n = _sizes(widths), count(n, "n")
    noise = finite(noise, "noise", low=0.0)

    def copies(*shape: int, low: float = 0.3) -> Array:
        one = rng.uniform(low, 1.0, (n, *[1] * len(shape)))
        return one * (1 + noise * rng.standard_normal((n, *shape)))

    return {
        "Ws": [copies(m, d) / np.sqrt(m * d) for d, m in pairwise(sizes)],
        "bs": [copies(m) for m in sizes[1:]],
        "x": copies(sizes[0]),
        "c": copies(sizes[-1]),
    }


def sides_of(batch: Batch, activation: str | Activation, biases: bool = True) -> PenaltySides:
    """Both sides of the inequality for a batch of networks ending in `wave_output(c)`."""
    phi = wave_output(batch["c"])
    return gradient_penalty_sides(batch["Ws"], batch["bs"], batch["x"], phi, activation, biases)


def some_networks(rng: np.random.Generator) -> Batch:
    """batches of 20 networks: tanh, ReLU, sin, softplus; five shapes up to depth 4; half of them near-copies

    Returns ``net``, their `PenaltySides`.
    """
    check_rng(rng)
    return {"net": _draw(rng, biases=True)}


def some_networks_without_biases(rng: np.random.Generator) -> Batch:
    """the same batches, bias gradients left out of the parameter penalty

    Returns ``net``, their `PenaltySides`.
    """
    check_rng(rng)
    return {"net": _draw(rng, biases=False)}


def some_copies(rng: np.random.Generator) -> Batch:
    """batches of 20 networks made of exact copies: four activations, five shapes

    Returns ``net``, their `PenaltySides`.
    """
    check_rng(rng)
    widths = WIDTHS_TRIED[rng.integers(len(WIDTHS_TRIED))]
    return {"net": sides_of(copied_networks(rng, widths, 20), str(rng.choice(ACTIVATIONS_TRIED)))}


def climb(
    rng: np.random.Generator,
    widths: Sequence[int] = (3, 4, 3),
    activation: str = "tanh",
    starts: int = 200,
    iterations: int = 600,
) -> Array:
    """Adversarial search: hill climbing on tau from many random networks at once; tau by iteration and start.

    Every climber tries a Gaussian step on all weights, biases, the input and c; a step that raises its tau is kept and
    makes its next steps 1.3 times longer, a failed one 0.95 times as long. Returns (iterations + 1, starts),
    increasing along the first axis. Work: one `gradient_penalty_sides` of `starts` networks an iteration.
    """
    check_rng(rng)
    here = random_networks(rng, widths, count(starts, "starts"))
    best = _defined(sides_of(here, activation).tau)
    history, step = [best], np.full(starts, 0.3)
    for _ in range(count(iterations, "iterations")):
        trial = _map(here, lambda v: v + _like(step, v) * rng.standard_normal(v.shape))  # noqa: B023
        tau = _defined(sides_of(trial, activation).tau)
        better = tau > best
        here = _map(here, lambda v, w: np.where(_like(better, v), w, v), trial)  # noqa: B023
        best = np.where(better, tau, best)
        step = np.clip(np.where(better, 1.3 * step, 0.95 * step), 1e-5, 1.0)
        history.append(best)
    return np.stack(history)


def _defined(tau: Array) -> Array:
    """tau, and 0 where it is not defined (a dead layer): nothing to climb from."""
    return np.where(np.isfinite(tau), tau, 0.0)


def _draw(rng: np.random.Generator, biases: bool) -> PenaltySides:
    widths = WIDTHS_TRIED[rng.integers(len(WIDTHS_TRIED))]
    if rng.random() < 0.5:
        batch = random_networks(rng, widths, 20, scale=10 ** rng.uniform(-0.5, 0.5))
    else:
        batch = copied_networks(rng, widths, 20, noise=10 ** rng.uniform(-4, 0))
    return sides_of(batch, str(rng.choice(ACTIVATIONS_TRIED)), biases)


def _map(batch: Batch, f: Any, *others: Batch) -> Batch:
    """f applied to every array of a batch (and the arrays of other batches beside it)."""
    out: Batch = {}
    for name, value in batch.items():
        beside = [other[name] for other in others]
        if isinstance(value, list):
            out[name] = [f(v, *(b[i] for b in beside)) for i, v in enumerate(value)]
        else:
            out[name] = f(value, *beside)
    return out


def _like(per_network: NDArray[Any], v: Array) -> NDArray[Any]:
    return per_network.reshape(-1, *[1] * (v.ndim - 1))


def _sizes(widths: Sequence[int]) -> list[int]:
    if len(widths) < 2:
        raise ValueError(f"widths must have at least two entries, got {len(widths)}")
    return [count(d, "width") for d in widths]
