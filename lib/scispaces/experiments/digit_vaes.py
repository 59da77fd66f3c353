r"""Variational autoencoders of the handwritten digits, several variants side by side in one compiled program.

Encoder 64 - hidden - 2 d, decoder d - hidden - 64, tanh; Adam with a rate that falls to zero (cosine); float32. A run
is a lane of `latent.vae.vae_objective`: weights of the noise and of the KL term, the variance s2 of the decoder (0:
learned), "conditional", "bernoulli", "kind" of the data.

Source: the experiments belong to the articles on variational autoencoders (kexue.fm/archives/5253, 5343); the design is
ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import optax
from numpy.typing import NDArray

from scispaces._validate import as_array, check_rng, count, finite, one_of_names, positive, room
from scispaces.backend import jnp
from scispaces.latent.vae import init_vae, vae_objective
from scispaces.networks.mlp import unstack
from scispaces.networks.training import Optimizer, minibatches, train

__all__ = ["VaeRun", "falling_adam", "train_digit_vaes"]

LANE = {"noise": 1.0, "kl": 1.0, "s2": 0.0, "conditional": 0.0, "bernoulli": 0.0, "kind": 0}


class VaeRun(NamedTuple):
    """The trained parameters (numpy, for `latent.vae`) and the metrics by name, one value a step (steps,)."""

    params: Any
    metrics: dict[str, NDArray[np.float64]]


@cache
def falling_adam(steps: int) -> Optimizer:
    """Adam whose rate falls to zero along half a cosine in `steps` steps, as a function of the first rate."""

    def optimizer(rate: Any) -> optax.GradientTransformation:
        return optax.chain(optax.scale_by_adam(), optax.scale_by_schedule(optax.cosine_decay_schedule(1.0, steps)),
                           optax.scale(-rate))  # fmt: skip

    return optimizer


def train_digit_vaes(
    rng: np.random.Generator,
    images: Any,
    labels: Any,
    runs: Mapping[str, Mapping[str, float]],
    latent: int = 8,
    hidden: int = 64,
    steps: int = 1000,
    draws: int = 1,
    model: str = "pixels",
    rate: float = 4e-3,
    batch: int = 64,
) -> dict[str, VaeRun]:
    """Train all `runs` (name -> lane) from one initial network on the same batches and the same noise.

    images (N, 64), or (kinds, N, 64), labels (N,) in 0..9; draws of the noise a step; model, of `vae_objective`.
    Raises ValueError on no run, unknown keys of a lane, weights that are negative, shapes that do not fit.
    """
    check_rng(rng)
    x = as_array(images, "images", ndim=(2, 3), real=True)
    x = x[None] if x.ndim == 2 else x
    y = as_array(labels, "labels", shape=(x.shape[1],), real=True)
    if x.shape[2] != 64 or np.any((y < 0) | (y > 9) | (y != np.round(y))):
        raise ValueError("images must have 64 pixels, labels must be digits 0..9")
    if not isinstance(runs, Mapping) or not len(runs):
        raise ValueError("runs must be a mapping with at least one run")
    lane = _lanes(runs, len(x))
    steps, draws, latent = count(steps, "steps"), count(draws, "draws"), count(latent, "latent")
    rows = minibatches(rng, x.shape[1], batch, steps)
    room("the noise", steps, draws, batch, latent)
    eps = rng.standard_normal((steps, draws, batch, latent)).astype(np.float32)
    start = init_vae(rng, 64, latent, (hidden,), labels=10, log_s2=-3.0, dtype=jnp.float32)
    common = {"x": jnp.asarray(x, jnp.float32), "y": jnp.asarray(y.astype(int))}
    objective = vae_objective(one_of_names(model, "model", ("pixels", "bernoulli", "either")))
    found = train(objective, start, {"rows": rows, "eps": eps}, falling_adam(steps),
                  jnp.float32(positive(rate, "rate")), common=common, lane=lane, vary=["lane"])  # fmt: skip
    return {
        name: VaeRun(unstack(found.params, i), {k: np.asarray(v[i]) for k, v in found.metrics.items()})
        for i, name in enumerate(runs)
    }


def _lanes(runs: Mapping[str, Mapping[str, float]], kinds: int) -> dict[str, Any]:
    for run in runs.values():
        if not isinstance(run, Mapping):
            raise ValueError(f"a run must be a mapping of weights, got {type(run).__name__}")
        for key in run:
            one_of_names(key, "run", tuple(LANE))
    columns = {key: [finite(run.get(key, default), key, 0.0) for run in runs.values()] for key, default in LANE.items()}
    if any(kind != int(kind) or kind >= kinds for kind in columns["kind"]):
        raise ValueError(f"kind must be an integer below {kinds}")
    return {k: jnp.asarray(v, jnp.int32 if k == "kind" else jnp.float32) for k, v in columns.items()}
