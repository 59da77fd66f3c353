r"""Normalising flows of couplings on points in the plane, trained by maximum likelihood, variants side by side.

Each of K layers is actnorm (optional), an affine or additive coupling, and a swap of the two coordinates:

    x <- (x - mu) e^(-s),   x_2 <- x_2 e^(gamma(x_1)) + t(x_1),   gamma = 2 tanh(o / 2)

with (o, t) from a tanh network 1-m-m-2 whose last layer starts at zero, so that the flow starts as the identity.

Sources: arXiv:1410.8516, arXiv:1605.08803, arXiv:1807.03039; the experiment is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, check_rng, count, one_of_names, positive
from scispaces.backend import jax, jnp
from scispaces.networks.mlp import init_mlp, mlp, stack, unstack
from scispaces.networks.training import adam, minibatches, train

__all__ = ["FLOW_VARIANTS", "PlaneFlows", "plane_flow", "plane_flow_sample", "train_plane_flows"]

#: (affine, actnorm) by name
FLOW_VARIANTS = {"additive": (0.0, 0.0), "additive + actnorm": (0.0, 1.0), "affine": (1.0, 0.0),
                 "affine + actnorm": (1.0, 1.0)}  # fmt: skip


class PlaneFlows(NamedTuple):
    """Flows by variant, their flags (affine, actnorm), and the mean of -log q on test points, in nats."""

    params: list[Any]
    flags: list[tuple[float, float]]
    test_nll: NDArray[np.float64]


def train_plane_flows(
    rng: np.random.Generator, points: ArrayLike, test: ArrayLike, variants: Sequence[str], layers: int = 6,
    width: int = 16, steps: int = 400, batch: int = 128, rate: float = 0.01,
) -> PlaneFlows:  # fmt: skip
    """Train one flow for each of `variants` on points (n, 2) by Adam. ValueError on unknown variants, bad shapes."""
    check_rng(rng)
    if not len(variants):
        raise ValueError("variants must name at least one flow")
    flags = jnp.asarray(
        [FLOW_VARIANTS[one_of_names(v, "variant", tuple(FLOW_VARIANTS))] for v in variants], jnp.float32
    )
    x, held = (as_array(v, "points", shape=(None, 2), real=True) for v in (points, test))
    m, K = count(width, "width", maximum=4096), count(layers, "layers", maximum=1000)
    nets = [init_mlp(rng, (1, m, m, 2), gain=1.0, dtype=jnp.float32) for _ in range(K)]
    nets = [[*net[:-1], (0 * net[-1][0], net[-1][1])] for net in nets]
    start = {"net": stack(nets), "mu": jnp.zeros((K, 2), jnp.float32), "s": jnp.zeros((K, 2), jnp.float32)}
    found = train(_loss, start, minibatches(rng, len(x), batch, steps), adam(), positive(rate, "rate"),
                  common=jnp.asarray(x, jnp.float32), lane=flags, vary=["lane"]).params  # fmt: skip
    flows = [unstack(found, i) for i in range(len(variants))]
    nll = [
        -np.mean(_log_density(*plane_flow(flow, FLOW_VARIANTS[v], held)))
        for flow, v in zip(flows, variants, strict=True)
    ]
    return PlaneFlows(flows, [FLOW_VARIANTS[v] for v in variants], np.array(nll, float))


def plane_flow(flow: Any, flags: tuple[float, float], x: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """z = f(x) (n, 2) and log |det df/dx| (n,) at points (n, 2), of one flow."""
    z, total = as_array(x, "x", shape=(None, 2), real=True), np.zeros(len(np.asarray(x)))
    for k in range(len(flow["s"])):
        layer = jax.tree.map(lambda v, k=k: v[k], flow)
        z, logdet = _layer(layer, flags, z, np)
        total = total + logdet
    return z, total


def plane_flow_sample(flow: Any, flags: tuple[float, float], z: ArrayLike) -> NDArray[np.float64]:
    """x = f^{-1}(z) for points (n, 2), of one flow."""
    x = as_array(z, "z", shape=(None, 2), real=True)
    for k in reversed(range(len(flow["s"]))):
        layer = jax.tree.map(lambda v, k=k: v[k], flow)
        moved, kept = x[:, 0], x[:, 1]
        gamma, t = _couple(layer, flags, kept, np)
        x = np.stack([kept, (moved - t) * np.exp(-gamma)], axis=1)
        x = x * np.exp(flags[1] * layer["s"]) + flags[1] * layer["mu"]
    return x


def _log_density(z: Any, logdet: Any) -> Any:
    return -0.5 * (z**2).sum(axis=-1) - np.log(2 * np.pi) + logdet


def _couple(layer: Any, flags: Any, kept: Any, xp: Any) -> tuple[Any, Any]:
    out = mlp(layer["net"], kept[:, None], "tanh")
    return flags[0] * 2 * xp.tanh(out[:, 0] / 2), out[:, 1]


def _layer(layer: Any, flags: Any, x: Any, xp: Any) -> tuple[Any, Any]:
    s = flags[1] * layer["s"]
    x = (x - flags[1] * layer["mu"]) * xp.exp(-s)
    gamma, t = _couple(layer, flags, x[:, 0], xp)
    return xp.stack([x[:, 1] * xp.exp(gamma) + t, x[:, 0]], axis=1), gamma - s.sum()


def _forward(params: Any, flags: Any, x: Any) -> tuple[Any, Any]:
    def step(carry: Any, layer: Any) -> tuple[Any, None]:
        x, logdet = _layer(layer, flags, carry[0], jnp)
        return (x, carry[1] + logdet), None

    return jax.lax.scan(step, (x, jnp.zeros(len(x), x.dtype)), params)[0]


def _loss(params: Any, rows: Any, points: Any, flags: Any) -> Any:
    return -jnp.mean(_log_density(*_forward(params, flags, points[rows])))
