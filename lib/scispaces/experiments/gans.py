r"""Small Wasserstein GANs whose critic is normalized by its gradient, and the critic of such a GAN trained alone.

Everything is trained side by side from the same initial weights: a kind of critic is a lane of one compiled program.
The kinds are those of `adversarial.normalization`, and "penalty": the plain critic with the
gradient penalty lam E(|grad D| - 1)^2 on interpolates (Gulrajani et al. 2017, arXiv 1704.00028).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, check_rng, count, finite, one_of_names, positive
from scispaces.adversarial.lipschitz_penalties import guarded_norm
from scispaces.adversarial.normalization import NORMALIZATIONS, fraction, guarded_ratio
from scispaces.backend import jax, jnp, quick_jit
from scispaces.data.rings import ring_sample
from scispaces.networks.activations import leaky_relu
from scispaces.networks.mlp import Params, init_mlp, mlp, unstack
from scispaces.networks.training import Player, adam, train, train_game

__all__ = ["LANES", "NormalizedCritic", "train_gans", "train_normalized_critics"]

Array = NDArray[np.float64]
LANES = ("penalty", *NORMALIZATIONS)
LATENT = 4


@dataclass(frozen=True)
class NormalizedCritic:
    """A trained critic: the parameters of D (leaky ReLU, `negative_slope`), its kind and eps, and its gap by step."""

    params: Params
    kind: str
    eps: float
    negative_slope: float
    gaps: Array

    def __call__(self, x: ArrayLike) -> Array:
        """The normalized critic at the rows of x, shape (N,)."""
        lane = jnp.asarray(LANES.index(self.kind))
        return np.asarray(_batch_values(self.params, jnp.asarray(x), lane, self.eps, self.negative_slope))

    def gap(self, x_p: ArrayLike, x_q: ArrayLike) -> float:
        """Mean over x_p minus mean over x_q."""
        return float(self(x_p).mean() - self(x_q).mean())


def train_normalized_critics(
    x_p: ArrayLike,
    x_q: ArrayLike,
    kinds: Sequence[str],
    rng: np.random.Generator,
    steps: int = 300,
    width: int = 32,
    eps: float = 0.1,
    lam: float = 10.0,
    negative_slope: float = 0.01,
    learning_rate: float = 2e-3,
) -> dict[str, NormalizedCritic]:
    r"""Maximise the gap E_P f - E_Q f of each kind of critic f between two fixed samples, full batch.

    Arguments: x_p, x_q (N, d); kinds, names of `LANES`; eps for gran and gran_simple, lam for penalty; the network is
    d-width-width-1, Adam(learning_rate, 0.5, 0.9). Returns the critics by kind.
    Raises ValueError on shapes, unknown or no kinds, eps <= 0, lam < 0.
    """
    check_rng(rng)
    x_p = as_array(x_p, "x_p", ndim=2, real=True)
    x_q = as_array(x_q, "x_q", shape=x_p.shape, real=True)
    lanes, eps, lam, a = _lanes(kinds), positive(eps, "eps"), finite(lam, "lam", low=0.0), float(negative_slope)
    leaky_relu(a)
    steps, width = count(steps, "steps"), count(width, "width")
    start = init_mlp(rng, (x_p.shape[1], width, width, 1))
    mix = rng.random((steps, len(x_p), 1))
    rate = positive(learning_rate, "learning_rate")
    run = train(_alone, start, mix, _ADAM, rate, common=(x_p, x_q, eps, lam, a), lane=lanes, vary=["lane"])
    gaps = np.asarray(run.metrics["gap"])
    return {kind: NormalizedCritic(unstack(run.params, i), kind, eps, a, gaps[i]) for i, kind in enumerate(kinds)}


def train_gans(
    kinds: Sequence[str],
    rng: np.random.Generator,
    steps: int = 300, batch: int = 64, width: int = 32, critic_steps: int = 5,
    eps: float = 0.1, lam: float = 1.0,
    samples: int = 256, learning_rate: float = 1e-3,
) -> dict[str, Array]:  # fmt: skip
    r"""Train a GAN on `ring_sample` for each kind of critic and return `samples` generated points by kind.

    Generator 4-width-width-2 (ReLU), critic 2-width-width-1 (leaky ReLU, slope 0.2), the plain losses of the
    Wasserstein GAN, `critic_steps` critic steps per generator step, Adam(learning_rate, 0.5, 0.9). All lanes see the
    same batches and the same noise. Points that are not finite (a run that diverged) are returned as they are.
    Raises ValueError on unknown or no kinds and on sizes below 1.
    """
    check_rng(rng)
    lanes, eps, lam = _lanes(kinds), positive(eps, "eps"), finite(lam, "lam", low=0.0)
    steps, batch, width = count(steps, "steps"), count(batch, "batch"), count(width, "width")
    k, samples = count(critic_steps, "critic_steps"), count(samples, "samples")
    start = {"generator": init_mlp(rng, (LATENT, width, width, 2)), "critic": init_mlp(rng, (2, width, width, 1))}
    real = ring_sample(steps * k * batch, rng).reshape(steps, k, batch, 2)
    noise = rng.standard_normal((steps, k + 1, batch, LATENT))
    mix = rng.random((steps, k, batch, 1))
    batches = {"critic": (real, noise[:, :-1], mix), "generator": noise[:, -1:]}
    rate = positive(learning_rate, "learning_rate")
    run = train_game(_PLAYERS, start, batches, rate, common=(eps, lam), lane=lanes, vary=["lane"])
    latent = rng.standard_normal((samples, LATENT))
    return {kind: mlp(unstack(run.params["generator"], i), latent) for i, kind in enumerate(kinds)}


def _lanes(kinds: Sequence[str]) -> Any:
    if isinstance(kinds, str) or not len(kinds):
        raise ValueError(f"kinds must be a list with at least one of {', '.join(map(repr, LANES))}, got {kinds!r}")
    return jnp.asarray([LANES.index(one_of_names(kind, "kind", LANES)) for kind in kinds])


def _values_and_slopes(params: Params, x: Any, lane: Any, eps: Any, a: Any) -> tuple[Any, Any]:
    """The lane's critic at the rows of x, and the gradient norm of the plain one."""

    def plain(z: Any) -> Any:
        return mlp(params, z, leaky_relu(a))[..., 0]

    D, g = jax.vmap(jax.value_and_grad(plain))(x)
    c = guarded_norm(g)
    parts = [(D, jnp.ones_like(D))]
    parts += [fraction(D, c, jnp.sum(g * x, axis=-1), kind, eps) for kind in NORMALIZATIONS]
    num, den = (jnp.stack([part[i] for part in parts])[lane] for i in (0, 1))
    return guarded_ratio(num, den), c


_batch_values = quick_jit(lambda *args: _values_and_slopes(*args)[0])


def _critic_loss(params: Params, x_p: Any, x_q: Any, mix: Any, lane: Any, eps: Any, lam: Any, a: Any) -> Any:
    n = len(x_p)
    x = jnp.concatenate([x_p, x_q, mix * x_p + (1 - mix) * x_q])
    f, c = _values_and_slopes(params, x, lane, eps, a)
    gap = f[:n].mean() - f[n : 2 * n].mean()
    penalty = jnp.where(lane == 0, lam, 0.0) * jnp.mean((c[2 * n :] - 1) ** 2)
    return penalty - gap, gap


def _alone(params: Params, mix: Any, common: Any, lane: Any) -> tuple[Any, Any]:
    x_p, x_q, eps, lam, a = common
    value, gap = _critic_loss(params, x_p, x_q, mix, lane, eps, lam, a)
    return value, {"gap": gap}


def _against_generator(everyone: Any, batch: Any, common: Any, lane: Any) -> Any:
    real, noise, mix = batch
    eps, lam = common
    fake = mlp(everyone["generator"], noise)
    return _critic_loss(everyone["critic"], real, fake, mix, lane, eps, lam, 0.2)[0]


def _against_critic(everyone: Any, noise: Any, common: Any, lane: Any) -> Any:
    eps, _ = common
    fake = mlp(everyone["generator"], noise)
    return -_values_and_slopes(everyone["critic"], fake, lane, eps, 0.2)[0].mean()


_ADAM = adam(0.5, 0.9)
_PLAYERS = {"critic": Player(_against_generator, _ADAM), "generator": Player(_against_critic, _ADAM)}
