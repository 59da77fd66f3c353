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
from scispaces.networks.gradients import (
    Output,
    cross_entropy_output,
    layer_jacobians,
    mlp_gradients,
    parameter_gradients,
    wave_output,
)

__all__ = [
    "ACTIVATIONS_TRIED",
    "WIDTHS_TRIED",
    "Batch",
    "aligned_layer",
    "classifier_network",
    "climb",
    "copied_network",
    "copied_networks",
    "isometric_network",
    "layers_of",
    "living_network",
    "narrowing_network",
    "random_networks",
    "sides_of",
    "thin_network",
    "tight_or_not",
    "tried_network",
    "widening_network",
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


def layers_of(
    Ws: Sequence[Array], bs: Sequence[Array], x: Array, phi: Output, activation: str | Sequence[str]
) -> Batch:
    """One network by its letters, lists by layer: W_t, b_t, h_t, J_t, delta_t as in `gradients`; x, and l, how many.

    dW_t and db_t are the gradients of the weights and biases, s_t the least singular value of W_t J_t, grad the input
    gradient. Errors as for `mlp_gradients`.
    """
    g = mlp_gradients(Ws, bs, x, phi, activation)
    J, A = layer_jacobians([np.asarray(W) for W in Ws], g)
    dW, db = zip(*parameter_gradients(g), strict=True)
    least = [np.linalg.svd(M, compute_uv=False)[-1] for M in A]
    return {"W": list(Ws), "b": list(bs), "x": x, "h": list(g.h[:-1]), "J": J, "delta": list(g.delta),
            "dW": list(dW), "db": list(db), "s": least, "grad": g.grad_x, "l": len(Ws)}  # fmt: skip


def classifier_network(rng: np.random.Generator) -> Batch:
    """tanh classifiers 4-5-3, cross entropy of one example with the label y"""
    check_rng(rng)
    Ws, y = [rng.standard_normal((5, 4)), rng.standard_normal((3, 5))], int(rng.integers(0, 3))
    bs, x = [rng.standard_normal(5), rng.standard_normal(3)], rng.standard_normal(4)
    net = layers_of(Ws, bs, x, cross_entropy_output(y), ["tanh", "linear"])
    return net | {"y": y, "t": int(rng.integers(1, 3))}


def living_network(rng: np.random.Generator) -> Batch:
    """as tried, without dead layers: no W_t and no J_t is 0"""
    check_rng(rng)
    while True:
        net = tried_network(rng)
        if all(np.any(M) for M in (*net["W"], *net["J"])):
            return net


def tight_or_not(rng: np.random.Generator) -> Batch:
    """exact copies, multiples of orthogonal matrices, products tight together only, random networks: a quarter each"""
    check_rng(rng)
    kind = rng.integers(4)
    if kind == 3:
        return _tight_together(rng)
    if kind == 2:
        while True:
            net = _one(rng, random_networks(rng, WIDTHS_TRIED[rng.integers(5)], 1), "tanh")
            if not all(len(h) == 1 for h in net["h"]):
                return net
    return copied_network(rng) if kind else isometric_network(rng, noise=0.0)


def _tight_together(rng: np.random.Generator) -> Batch:
    """Two linear layers with |W_2 W_1| < |W_2| |W_1| and error signals that both products stretch most."""
    U, Q, V = (np.linalg.qr(rng.standard_normal((2, 2)))[0] for _ in range(3))
    Ws = [Q @ np.diag([2.0, 1.0]) @ V.T, U @ np.diag([1.0, rng.uniform(1.2, 1.8)]) @ Q.T]
    d = U[:, 0]
    phi = Output(lambda h, xp: (d * h).sum(-1), lambda h, xp: xp.zeros_like(h) + d)
    return layers_of(Ws, [np.zeros(2)] * 2, rng.standard_normal(2), phi, "linear") | {"t": 2}


def tried_network(rng: np.random.Generator) -> Batch:
    """tanh, ReLU, sin, softplus; five shapes up to depth 4; half near-copies of one unit a layer

    One network as `layers_of` gives it, and a layer t of it.
    """
    check_rng(rng)
    widths = WIDTHS_TRIED[rng.integers(len(WIDTHS_TRIED))]
    if rng.random() < 0.5:
        batch = random_networks(rng, widths, 1, scale=10 ** rng.uniform(-0.5, 0.5))
    else:
        batch = copied_networks(rng, widths, 1, noise=10 ** rng.uniform(-4, 0))
    return _one(rng, batch, str(rng.choice(ACTIVATIONS_TRIED)))


def copied_network(rng: np.random.Generator) -> Batch:
    """networks of exact copies of one unit a layer: four activations, five shapes"""
    check_rng(rng)
    widths = WIDTHS_TRIED[rng.integers(len(WIDTHS_TRIED))]
    return _one(rng, copied_networks(rng, widths, 1), str(rng.choice(ACTIVATIONS_TRIED)))


def thin_network(rng: np.random.Generator) -> Batch:
    """networks of width one and depth 1 to 5: tanh, sin, softplus"""
    check_rng(rng)
    batch = random_networks(rng, (1,) * int(rng.integers(2, 7)), 1)
    return _one(rng, batch, str(rng.choice(["tanh", "sin", "softplus"])))


def isometric_network(rng: np.random.Generator, noise: float | None = None) -> Batch:
    """ReLU networks of nearly orthogonal matrices, widths 2 to 6, all units on: full rank and nearly tight

    `noise` is the size of what is added to the multiples of orthogonal matrices, by default 1e-4 to 1. No direction is
    lost on the way down, so that every error signal makes the inequality an equality, at full rank; a Frobenius norm in
    place of a spectral one is too large by the square root of the width.
    """
    check_rng(rng)
    d, layers = int(rng.integers(2, 7)), int(rng.integers(1, 5))
    noise = 10 ** rng.uniform(-4, 0) if noise is None else finite(noise, "noise", low=0.0)
    Ws = [rng.uniform(0.5, 2) * np.linalg.qr(rng.standard_normal((d, d)))[0] for _ in range(layers)]
    Ws = [W + noise * rng.standard_normal((d, d)) / np.sqrt(d) for W in Ws]
    x, h, bs = rng.standard_normal(d), None, []
    for W in Ws:  # biases that switch every unit on
        z = W @ (x if h is None else h)
        bs.append(np.abs(z) + rng.uniform(0.1, 0.5, d))
        h = z + bs[-1]
    return layers_of(Ws, bs, x, wave_output(rng.standard_normal(d)), "relu") | {"t": int(rng.integers(1, layers + 1))}


def narrowing_network(rng: np.random.Generator) -> Batch:
    """networks 6-4-3, every W_t J_t of full row rank: tanh, sin, softplus"""
    check_rng(rng)
    return _one(rng, random_networks(rng, (6, 4, 3), 1), str(rng.choice(["tanh", "sin", "softplus"])))


def widening_network(rng: np.random.Generator) -> Batch:
    """networks 2-5-3: no W_t J_t has full row rank"""
    check_rng(rng)
    return _one(rng, random_networks(rng, (2, 5, 3), 1), "tanh")


def aligned_layer(rng: np.random.Generator) -> Batch:
    """one layer 2-2 of singular values sigma1, sigma2, its error signal at the angle alpha from the top one

    The letters of `layers_of`, and alpha, sigma1, sigma2.
    """
    check_rng(rng)
    (U, _), (V, _) = (np.linalg.qr(rng.standard_normal((2, 2))) for _ in range(2))
    alpha, sigma = rng.uniform(0, np.pi), np.sort(rng.uniform(0.1, 3, 2))[::-1]
    d = U @ [np.cos(alpha), np.sin(alpha)]
    phi = Output(lambda h, xp: (d * h).sum(-1), lambda h, xp: xp.zeros_like(h) + d)
    net = layers_of([U @ np.diag(sigma) @ V.T], [rng.standard_normal(2)], rng.standard_normal(2), phi, "linear")
    return net | {"alpha": alpha, "sigma1": sigma[0], "sigma2": sigma[1]}


def _one(rng: np.random.Generator, batch: Batch, activation: str) -> Batch:
    """The only network of a batch, with one of its layers t."""
    one = _map(batch, lambda v: v[0])
    net = layers_of(one["Ws"], one["bs"], one["x"], wave_output(one["c"]), activation)
    return net | {"t": int(rng.integers(1, net["l"] + 1))}


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
