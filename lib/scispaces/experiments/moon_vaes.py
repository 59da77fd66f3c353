r"""Autoencoders with a one-dimensional code for points of the plane: weights averaged inside or outside of the log.

Encoder 2 - 32 - 32 - 2, decoder 1 - 32 - 32 - 2, tanh, one trained variance of the decoder; Adam with a rate that falls
to zero (cosine), float32. A run is a lane of `latent.vae.importance_objective`.

Source: Burda, Grosse, Salakhutdinov 2015 (arXiv 1509.00519); the design is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scispaces._validate import as_array, check_rng, count, finite, one_of_names, positive, room
from scispaces.backend import jax, jnp
from scispaces.experiments.digit_vaes import falling_adam
from scispaces.latent.importance import exact_log_density
from scispaces.latent.vae import decode, importance_objective, init_vae
from scispaces.losses.likelihoods import gaussian_nll
from scispaces.networks.mlp import unstack
from scispaces.networks.training import minibatches, train

__all__ = ["moon_log_density", "train_moon_vaes"]


def train_moon_vaes(
    rng: np.random.Generator,
    x: Any,
    runs: Mapping[str, Mapping[str, float]],
    draws: int = 10,
    steps: int = 2000,
    rate: float = 3e-3,
    batch: int = 64,
) -> dict[str, Any]:
    """Parameters by name of `runs`, trained from one initial network on the same batches and noise; x (N, 2).

    A run has "inside" (1: the log of the mean of `draws` weights; 0: the mean of their logs) and "log_s2", the start
    of the log variance (-4). Raises ValueError on no run, unknown keys, shapes that do not fit.
    """
    check_rng(rng)
    x = as_array(x, "x", shape=(None, 2), real=True)
    if not isinstance(runs, Mapping) or not runs:
        raise ValueError("runs must be a mapping with at least one run")
    for run in runs.values():
        for key in run:
            one_of_names(key, "run", ("inside", "log_s2"))
    steps, draws, batch = count(steps, "steps"), count(draws, "draws"), count(batch, "batch")
    room("the noise", steps, draws, batch)
    rows = minibatches(rng, len(x), batch, steps)
    eps = rng.standard_normal((steps, draws, batch, 1)).astype(np.float32)
    start = init_vae(rng, 2, 1, (32, 32), dtype=jnp.float32)
    starts = jax.tree.map(lambda a: jnp.stack([a] * len(runs)), start)
    starts["log_s2"] = jnp.asarray([finite(run.get("log_s2", -4.0), "log_s2") for run in runs.values()], jnp.float32)
    lane = {"inside": jnp.asarray([finite(run.get("inside", 0), "inside", 0.0, 1.0) for run in runs.values()])}
    found = train(importance_objective, starts, {"rows": rows, "eps": eps}, falling_adam(steps),
                  jnp.float32(positive(rate, "rate")), common={"x": jnp.asarray(x, jnp.float32)}, lane=lane,
                  vary=["start", "lane"])  # fmt: skip
    return {name: unstack(found.params, i) for i, name in enumerate(runs)}


def moon_log_density(params: Any, x: Any, points: int = 1201, reach: float = 6.0) -> Any:
    """log q(x) (N,) of rows x (N, 2) by quadrature over the code, `points` even nodes on [-reach, reach]."""
    x = as_array(x, "x", shape=(None, 2), real=True)
    nodes = np.linspace(-positive(reach, "reach"), reach, count(points, "points", minimum=2))
    means = np.asarray(decode(params, jnp.asarray(nodes[:, None])), float)
    return exact_log_density(-gaussian_nll(x, means[:, None], float(params["log_s2"])), nodes)
