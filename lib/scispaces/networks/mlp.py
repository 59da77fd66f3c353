"""The small fully connected network of the book's training experiments (jax).

Parameters are a list of (W, b), W of shape (n_l, n_{l-1}), b of shape (n_l,): a pytree, so that `jax.grad`, `jax.vmap`
over stacked networks and optax all apply. A batch of inputs has shape (..., n_0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from scispaces._validate import positive_int
from scispaces.backend import jnp

__all__ = ["init_mlp", "leaky_relu", "mlp", "relu"]

Params = Sequence[tuple[Any, Any]]


def relu(z: Any) -> Any:
    """max(z, 0)."""
    return jnp.maximum(z, 0)


def leaky_relu(slope: float = 0.01) -> Callable:
    """The function z -> max(z, slope z), 0 <= slope <= 1. ValueError otherwise."""
    if not 0 <= slope <= 1:
        raise ValueError(f"slope must be in [0, 1], got {slope!r}")
    return lambda z: jnp.maximum(z, slope * z)


def init_mlp(rng: np.random.Generator, sizes: Sequence[int], gain: float = 2.0, dtype: Any = None) -> Params:
    r"""Weights N(0, gain / n_in) and zero biases for the layer widths `sizes` = (n_0, ..., n_L).

    Arguments: rng, a numpy generator (``scispaces.rng(seed)``; numpy, because drawing a few small arrays with jax
    costs a second of compilation); gain 2 keeps the second moment through ReLU layers (He et al. 2015), gain 1
    through linear and tanh ones; dtype, float64 by default.
    Raises ValueError on fewer than two widths or widths below 1.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes must have at least two entries, got {len(sizes)}")
    sizes = [positive_int(n, "size") for n in sizes]
    dtype = dtype or jnp.float64
    return [
        (jnp.asarray(rng.standard_normal((m, n)) * (gain / n) ** 0.5, dtype), jnp.zeros(m, dtype))
        for n, m in pairwise(sizes)
    ]


def mlp(params: Params, x: Any, activation: Callable = relu) -> Any:
    """The network's output, shape (..., n_L): `activation` after every layer but the last."""
    for W, b in params[:-1]:
        x = activation(x @ W.T + b)
    W, b = params[-1]
    return x @ W.T + b
