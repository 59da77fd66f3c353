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

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, check_rng, count, finite, positive
from scispaces.adversarial.lipschitz_penalties import clip_weights, gradient_norms, penalty_at
from scispaces.backend import jax, jnp
from scispaces.linalg.spectral_norm import power_step
from scispaces.networks.activations import leaky_relu
from scispaces.networks.mlp import Params, init_mlp, mlp, unstack
from scispaces.networks.training import adam, train

__all__ = ["Critic", "Recipe", "train_critics"]


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


def _critic(params: Params, x: Any) -> Any:
    return mlp(params, x, leaky_relu(0.01))[..., 0]


_values = jax.jit(_critic)
_slopes = jax.jit(lambda params, x: gradient_norms(partial(_critic, params), x))


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
    Notes: one compiled program for all recipes. Double precision: what
    is printed survives another CPU. Gaps are those of the training sample: compare with the W_1 of that sample
    (`wasserstein1_assignment`), not of the population.
    """
    check_rng(rng)
    x_p = as_array(x_p, "x_p", ndim=2, real=True)
    x_q = as_array(x_q, "x_q", shape=x_p.shape, real=True)
    if not recipes:
        raise ValueError("recipes must name at least one recipe")
    for name, recipe in recipes.items():
        if not recipe.clip > 0:
            raise ValueError(f"recipe {name!r}: clip must be > 0, got {recipe.clip!r}")
        finite(recipe.penalty, f"recipe {name!r}: penalty", low=0.0)
    steps, width = count(steps, "steps"), count(width, "width")
    start = init_mlp(rng, (x_p.shape[1], width, width, 1))
    eps = rng.random((steps, len(x_p), 1))
    run = train(
        _loss, start, eps, adam(0.5, 0.9), positive(learning_rate, "learning_rate"),
        common=(x_p, x_q),
        lane=jax.tree.map(lambda *column: np.array(column, float), *recipes.values()),
        state=[jnp.ones(len(b), b.dtype) for _, b in start],
        vary=["lane"],
        after=_clip,
    )  # fmt: skip
    critics = {}
    for i, (name, recipe) in enumerate(recipes.items()):
        layers = unstack(run.params, i)
        if recipe.spectral:  # the critic that is handed out is normalized exactly
            layers = [(W / np.linalg.norm(W, 2), b) for W, b in layers]
        critics[name] = Critic(layers, np.asarray(run.metrics["gap"][i]))
    return critics


def _loss(params: Params, eps: Any, common: Any, recipe: Recipe, us: Any) -> tuple[Any, Any]:
    """Penalty minus gap of one recipe; the state is the power vectors, one for each layer."""
    x_p, x_q = common
    layers, nexts = [], []
    for (W, b), u in zip(params, us, strict=True):  # sigma is differentiated, u and v are not
        _, u, v = jax.lax.stop_gradient(power_step(W, u))
        layers.append((W / (1 + recipe.spectral * (u @ W @ v - 1)), b))
        nexts.append(u)
    f = partial(_critic, layers)
    gap = f(x_p).mean() - f(x_q).mean()
    extra = penalty_at(f, eps * x_p + (1 - eps) * x_q, recipe.penalty, recipe.one_sided > 0)
    return extra - gap, ({"gap": gap}, nexts)


def _clip(params: Params, recipe: Recipe) -> Params:
    return clip_weights(params, recipe.clip)
