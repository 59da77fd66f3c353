"""Critics of a Wasserstein GAN: three ways to keep a network near the 1-Lipschitz functions, trained side by side.

A critic f is trained alone, between two fixed samples, to maximise the gap E_P f - E_Q f. If f were exactly 1-Lipschitz
the gap could not exceed W_1(P, Q); in general gap <= |f|_L W_1. A `Recipe` says how the constraint is imposed:

    clip      every parameter clipped to [-c, c] after each step            (Arjovsky et al. 2017, arXiv 1701.07875)
    penalty   lam E(|grad f(x^)| - 1)^2 on random interpolates x^            (Gulrajani et al. 2017, arXiv 1704.00028)
    one_sided the same with max(|grad f| - 1, 0)^2                          (Petzka et al. 2017, arXiv 1709.08894)
    spectral  every W replaced by W / sigma^ in the forward pass, one warm power iteration per step
                                                                            (Miyato et al. 2018, arXiv 1802.05957)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import optax
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, finite, positive, positive_int
from scispaces.backend import jax, jnp
from scispaces.linalg.spectral_norm import power_step
from scispaces.networks.mlp import Params, init_mlp, leaky_relu, mlp

__all__ = ["Critic", "Recipe", "clip_weights", "gradient_norms", "gradient_penalty", "ring_and_blob", "train_critics"]


class Recipe(NamedTuple):
    """How a critic is constrained; the defaults constrain nothing. All fields are numbers: recipes can be vmapped."""

    clip: float = np.inf
    penalty: float = 0.0
    one_sided: float = 0.0
    spectral: float = 0.0


@dataclass(frozen=True)
class Critic:
    """A trained critic: effective parameters (normalized already, if the recipe says so) and its gap by step."""

    params: Params
    gaps: NDArray[np.float64]

    def __call__(self, x: ArrayLike) -> NDArray[np.float64]:
        """f at the rows of x, shape (N,)."""
        return np.asarray(_values(self.params, jnp.asarray(x)), float)

    def gap(self, x_p: ArrayLike, x_q: ArrayLike) -> float:
        """Mean of f over x_p minus mean over x_q."""
        return float(self(x_p).mean() - self(x_q).mean())

    def max_gradient(self, x: ArrayLike) -> float:
        """Largest gradient norm at the rows of x: a LOWER bound of the critic's Lipschitz constant."""
        return float(_slopes(self.params, jnp.asarray(x)).max())


_leaky = leaky_relu(0.01)


def _critic(params: Params, x: Any) -> Any:
    return mlp(params, x, _leaky)[..., 0]


_values = jax.jit(_critic)
_slopes = jax.jit(lambda params, x: gradient_norms(partial(_critic, params), x))


def gradient_norms(critic: Callable, x: Any) -> Any:
    r"""|grad f(x_i)| at the rows of x (N, d), shape (N,); `critic` maps one point (d,) to a scalar.

    Where the gradient vanishes the norm is 0 and so is its own derivative (the square root is guarded), so that the
    result can be differentiated again.
    """
    g = jax.vmap(jax.grad(critic))(jnp.asarray(x))
    square = jnp.sum(g * g, axis=-1)
    positive_square = jnp.where(square > 0, square, 1.0)
    return jnp.where(square > 0, jnp.sqrt(positive_square), 0.0)


def gradient_penalty(critic: Callable, x_p: Any, x_q: Any, key: Any, lam: Any = 10.0, one_sided: Any = False) -> Any:
    r"""The penalty lam mean(|grad f(x^)| - 1)^2, or lam mean max(|grad f(x^)| - 1, 0)^2 if `one_sided`; a scalar.

        x^ = eps x_P + (1 - eps) x_Q,      eps ~ U[0, 1], one for each pair of rows

    Arguments: critic, point (d,) -> scalar; x_p, x_q, both (N, d); key, a jax key; lam >= 0, one_sided.
    Raises ValueError when the shapes differ. The interpolates lie in the convex hull of the two supports: elsewhere
    the penalty asks nothing of f.
    Source: Gulrajani et al. 2017 (two-sided), Petzka et al. 2017 (one-sided).
    """
    x_p, x_q = jnp.asarray(x_p), jnp.asarray(x_q)
    if x_p.ndim != 2 or x_p.shape != x_q.shape:
        raise ValueError(f"x_p and x_q must both have shape (N, d), got {x_p.shape} and {x_q.shape}")
    eps = jax.random.uniform(key, (len(x_p), 1), x_p.dtype)
    return _penalty_at(critic, eps * x_p + (1 - eps) * x_q, lam, one_sided)


def _penalty_at(critic: Callable, x_hat: Any, lam: Any, one_sided: Any) -> Any:
    excess = gradient_norms(critic, x_hat) - 1
    return lam * jnp.mean(jnp.where(one_sided, jnp.maximum(excess, 0), excess) ** 2)


def clip_weights(params: Any, c: Any) -> Any:
    """Every entry of every array of the pytree `params` clipped to [-c, c], c > 0 (infinity leaves all as it is).

    A layer of shape (m, n) then has spectral norm at most c sqrt(mn), attained when all entries are c.
    """
    if isinstance(c, int | float) and not c > 0:
        raise ValueError(f"c must be > 0, got {c!r}")
    return jax.tree.map(lambda w: jnp.clip(w, -c, c), params)


def ring_and_blob(n: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The test pair: n points of 8 Gaussians (sd 0.1) on the circle of radius 2, n points of N(0, I/4); (n, 2) each."""
    n = positive_int(n, "n")
    angle = 2 * np.pi * rng.integers(0, 8, n) / 8
    ring = 2 * np.column_stack([np.cos(angle), np.sin(angle)]) + 0.1 * rng.standard_normal((n, 2))
    return ring, 0.5 * rng.standard_normal((n, 2))


def train_critics(
    x_p: ArrayLike,
    x_q: ArrayLike,
    recipes: Mapping[str, Recipe],
    rng: np.random.Generator,
    steps: int = 300,
    width: int = 64,
    learning_rate: float = 2e-3,
) -> dict[str, Critic]:
    r"""Train one critic per recipe (all from the same initial weights), full batch, Adam(learning_rate, 0.5, 0.9).

    Arguments: x_p, x_q (N, d), the same N; recipes by name; rng, for the initial weights and the interpolates; the
    network is d-width-width-1 with leaky ReLU (slope 0.01).
    Returns the critics by name. Raises ValueError on shapes, no recipe, clip <= 0, negative penalty.
    Notes: one jitted `lax.scan`, vmapped over the recipes, so that a comparison compiles once. Double precision: what
    is printed survives another CPU. Gaps are those of the training sample: compare with the W_1 of that sample
    (`wasserstein1_assignment`), not of the population.
    """
    x_p = as_array(x_p, "x_p", ndim=2, real=True)
    x_q = as_array(x_q, "x_q", shape=x_p.shape, real=True)
    if not recipes:
        raise ValueError("recipes must name at least one recipe")
    for name, recipe in recipes.items():
        if not recipe.clip > 0:
            raise ValueError(f"recipe {name!r}: clip must be > 0, got {recipe.clip!r}")
        finite(recipe.penalty, f"recipe {name!r}: penalty", low=0.0)
    steps, width = positive_int(steps, "steps"), positive_int(width, "width")
    start = init_mlp(rng, (x_p.shape[1], width, width, 1), dtype=jnp.float64)
    eps = rng.random((steps, len(x_p), 1))
    data = [jnp.asarray(a, jnp.float64) for a in (x_p, x_q, eps)]
    stacked = Recipe(*(jnp.asarray(column, jnp.float64) for column in zip(*recipes.values(), strict=True)))
    params, gaps = _train(start, *data, stacked, jnp.float64(positive(learning_rate, "learning_rate")))
    critics = {}
    for i, (name, recipe) in enumerate(recipes.items()):
        layers = [(np.asarray(W[i]), np.asarray(b[i])) for W, b in params]
        if recipe.spectral:  # the critic that is handed out is normalized exactly
            layers = [(W / np.linalg.norm(W, 2), b) for W, b in layers]
        critics[name] = Critic(layers, np.asarray(gaps[i]))
    return critics


# The fusion emitters double the compile time of these small programs and save nothing in the run.
@partial(jax.jit, compiler_options={"xla_cpu_use_fusion_emitters": False})
def _train(start: Params, x_p: Any, x_q: Any, eps: Any, recipes: Recipe, rate: Any) -> tuple[Params, Any]:
    optimizer = optax.adam(rate, b1=0.5, b2=0.9)

    def effective(params: Params, us: Any, spectral: Any) -> tuple[Params, Any]:
        """Weights of the forward pass and the next power vectors; sigma is differentiated, u and v are not."""
        layers, nexts = [], []
        for (W, b), u in zip(params, us, strict=True):
            _, u, v = jax.lax.stop_gradient(power_step(W, u))
            layers.append((W / (1 + spectral * (u @ W @ v - 1)), b))
            nexts.append(u)
        return layers, nexts

    def loss(params: Params, us: Any, recipe: Recipe, eps: Any) -> Any:
        layers, nexts = effective(params, us, recipe.spectral)
        f = partial(_critic, layers)
        gap = f(x_p).mean() - f(x_q).mean()
        x_hat = eps * x_p + (1 - eps) * x_q
        extra = _penalty_at(f, x_hat, recipe.penalty, recipe.one_sided > 0)
        return extra - gap, (nexts, gap)

    def run(recipe: Recipe) -> tuple[Params, Any]:
        def step(state: Any, eps: Any) -> Any:
            params, us, memory = state
            grads, (us, gap) = jax.grad(loss, has_aux=True)(params, us, recipe, eps)
            updates, memory = optimizer.update(grads, memory)
            return (clip_weights(optax.apply_updates(params, updates), recipe.clip), us, memory), gap

        us = [jnp.ones(len(b), b.dtype) for _, b in start]
        state = (start, us, optimizer.init(start))
        (params, _, _), gaps = jax.lax.scan(step, state, eps)
        return params, gaps

    return jax.vmap(run)(recipes)
