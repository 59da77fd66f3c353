r"""Small Wasserstein GANs whose critic is normalized by its gradient, and the critic of such a GAN trained alone.

Everything is trained side by side from the same initial weights: a kind of critic is a lane of one jitted `lax.scan`,
vmapped over the lanes. The kinds are those of `gradient_normalization`, and "penalty": the plain critic with the
gradient penalty lam E(|grad D| - 1)^2 on interpolates (Gulrajani et al. 2017, arXiv 1704.00028).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optax
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, finite, one_of_names, positive, positive_int
from scispaces.adversarial.normalization import KINDS, fraction, guarded_norm, guarded_ratio, quick_jit
from scispaces.backend import jax, jnp
from scispaces.networks.mlp import Params, init_mlp, leaky_relu, mlp, relu

__all__ = ["LANES", "NormalizedCritic", "ring_sample", "train_gans", "train_normalized_critics"]

Array = NDArray[np.float64]
LANES = ("penalty", *KINDS)
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


def ring_sample(n: int, rng: np.random.Generator, modes: int = 8, radius: float = 2.0, sd: float = 0.1) -> Array:
    """n points (n, 2) of a mixture of `modes` Gaussians of standard deviation `sd`, evenly on a circle."""
    n, modes, sd = positive_int(n, "n"), positive_int(modes, "modes"), positive(sd, "sd")
    angle = 2 * np.pi * rng.integers(0, modes, n) / modes
    centres = positive(radius, "radius") * np.column_stack([np.cos(angle), np.sin(angle)])
    return centres + sd * rng.standard_normal((n, 2))


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
    x_p = as_array(x_p, "x_p", ndim=2, real=True)
    x_q = as_array(x_q, "x_q", shape=x_p.shape, real=True)
    lanes, eps, lam, a = _lanes(kinds), positive(eps, "eps"), finite(lam, "lam", low=0.0), float(negative_slope)
    leaky_relu(a)
    steps, width = positive_int(steps, "steps"), positive_int(width, "width")
    start = init_mlp(rng, (x_p.shape[1], width, width, 1))
    mix = jnp.asarray(rng.random((steps, len(x_p), 1)))
    rate = positive(learning_rate, "learning_rate")
    params, gaps = _train_alone(start, jnp.asarray(x_p), jnp.asarray(x_q), mix, lanes, eps, lam, a, rate)
    return {
        kind: NormalizedCritic(_lane_of(params, i), kind, eps, a, np.asarray(gaps[i])) for i, kind in enumerate(kinds)
    }


def train_gans(
    kinds: Sequence[str],
    rng: np.random.Generator,
    steps: int = 300,
    batch: int = 64,
    width: int = 32,
    critic_steps: int = 5,
    eps: float = 0.1,
    lam: float = 1.0,
    samples: int = 256,
    learning_rate: float = 1e-3,
) -> dict[str, Array]:
    r"""Train a GAN on `ring_sample` for each kind of critic and return `samples` generated points by kind.

    Generator 4-width-width-2 (ReLU), critic 2-width-width-1 (leaky ReLU, slope 0.2), the plain losses of the
    Wasserstein GAN, `critic_steps` critic steps per generator step, Adam(learning_rate, 0.5, 0.9). All lanes see the
    same batches and the same noise. Points that are not finite (a run that diverged) are returned as they are.
    Raises ValueError on unknown or no kinds and on sizes below 1.
    """
    lanes, eps, lam = _lanes(kinds), positive(eps, "eps"), finite(lam, "lam", low=0.0)
    steps, batch, width = positive_int(steps, "steps"), positive_int(batch, "batch"), positive_int(width, "width")
    k, samples = positive_int(critic_steps, "critic_steps"), positive_int(samples, "samples")
    start = init_mlp(rng, (LATENT, width, width, 2)), init_mlp(rng, (2, width, width, 1))
    real = ring_sample(steps * k * batch, rng).reshape(steps, k, batch, 2)
    noise = rng.standard_normal((steps, k + 1, batch, LATENT))
    mix = rng.random((steps, k, batch, 1))
    stream = tuple(jnp.asarray(part) for part in (real, noise, mix))
    generators = _train_gan(start, stream, lanes, eps, lam, positive(learning_rate, "learning_rate"))
    latent = jnp.asarray(rng.standard_normal((samples, LATENT)))
    return {kind: np.asarray(mlp(_lane_of(generators, i), latent)) for i, kind in enumerate(kinds)}


def _lanes(kinds: Sequence[str]) -> Any:
    if isinstance(kinds, str) or not len(kinds):
        raise ValueError(f"kinds must be a list with at least one of {', '.join(map(repr, LANES))}, got {kinds!r}")
    return jnp.asarray([LANES.index(one_of_names(kind, "kind", LANES)) for kind in kinds])


def _lane_of(params: Params, i: int) -> Params:
    return [(np.asarray(W[i]), np.asarray(b[i])) for W, b in params]


def _values_and_slopes(params: Params, x: Any, lane: Any, eps: Any, a: Any) -> tuple[Any, Any]:
    """The lane's critic at the rows of x, and the gradient norm of the plain one."""

    def plain(z: Any) -> Any:
        return mlp(params, z, lambda y: jnp.maximum(y, a * y))[..., 0]

    D, g = jax.vmap(jax.value_and_grad(plain))(x)
    c = guarded_norm(g)
    parts = [(D, jnp.ones_like(D))]
    parts += [fraction(D, c, jnp.sum(g * x, axis=-1), kind, eps) for kind in KINDS]
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


@quick_jit
def _train_alone(
    start: Params, x_p: Any, x_q: Any, mix: Any, lanes: Any, eps: Any, lam: Any, a: Any, rate: Any
) -> tuple[Params, Any]:
    optimizer = optax.adam(rate, b1=0.5, b2=0.9)

    def run(lane: Any) -> tuple[Params, Any]:
        def step(state: Any, mix: Any) -> Any:
            params, memory = state
            grads, gap = jax.grad(_critic_loss, has_aux=True)(params, x_p, x_q, mix, lane, eps, lam, a)
            updates, memory = optimizer.update(grads, memory)
            return (optax.apply_updates(params, updates), memory), gap

        (params, _), gaps = jax.lax.scan(step, (start, optimizer.init(start)), mix)
        return params, gaps

    return jax.vmap(run)(lanes)


@quick_jit
def _train_gan(start: Any, stream: Any, lanes: Any, eps: Any, lam: Any, rate: Any) -> Params:
    optimizer = optax.adam(rate, b1=0.5, b2=0.9)

    def run(lane: Any) -> Params:
        def critic_step(state: Any, batch: Any) -> Any:
            generator, critic, memory = state
            real, noise, mix = batch
            fake = mlp(generator, noise, relu)
            grads, _ = jax.grad(_critic_loss, has_aux=True)(critic, real, fake, mix, lane, eps, lam, 0.2)
            updates, memory = optimizer.update(grads, memory)
            return (generator, optax.apply_updates(critic, updates), memory), None

        def step(state: Any, batch: Any) -> Any:
            generator, g_memory, critic, c_memory = state
            real, noise, mix = batch
            inner = (generator, critic, c_memory), (real, noise[:-1], mix)
            (_, critic, c_memory), _ = jax.lax.scan(critic_step, *inner)

            def loss(generator: Params) -> Any:
                return -_values_and_slopes(critic, mlp(generator, noise[-1], relu), lane, eps, 0.2)[0].mean()

            updates, g_memory = optimizer.update(jax.grad(loss)(generator), g_memory)
            return (optax.apply_updates(generator, updates), g_memory, critic, c_memory), None

        generator, critic = start
        state = (generator, optimizer.init(generator), critic, optimizer.init(critic))
        return jax.lax.scan(step, state, stream)[0][0]

    return jax.vmap(run)(lanes)
