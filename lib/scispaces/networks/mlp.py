r"""The fully connected network (multi-layer perceptron), for numpy and for jax.

    h_0 = x,    h_l = g(W_l h_{l-1} + b_l)  (l < L),    h_L = g_last(W_L h_{L-1} + b_L)

Parameters are a list of (W, b), W of shape (n_l, n_{l-1}), b of shape (n_l,) or None: a pytree, so that `jax.grad`,
`jax.vmap` over stacked networks and optax all apply. A batch of inputs has shape (..., n_0). Encoders with several
heads, shared trunks and the like are made of several such lists.

    >>> mlp([(np.array([[1.0, -1.0]]), np.array([0.5]))], np.array([3.0, 1.0]))
    array([2.5])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from scispaces._validate import check_rng, count, positive, room
from scispaces.backend import jax, jnp
from scispaces.linalg.random_matrices import random_weights
from scispaces.networks.activations import Activation, activation_function

__all__ = ["Params", "affine", "init_mlp", "mlp", "repeated", "stack", "unstack"]

Params = Sequence[tuple[Any, Any]]


def init_mlp(
    rng: np.random.Generator,
    sizes: Sequence[int],
    gain: float = 2.0,
    law: str = "normal",
    biases: bool = True,
    dtype: Any = None,
) -> Params:
    r"""Initial parameters for the layer widths `sizes` = (n_0, ..., n_L): weights of variance gain / n_in, biases 0.

    Arguments: rng, a numpy generator (``scispaces.rng(seed)``; numpy, because drawing a few small arrays with jax
    costs a second of compilation); gain 2 keeps the second moment through ReLU layers (He et al. 2015), gain 1
    through linear and tanh ones; law, an entry law of `random_matrices` ("orthogonal": sqrt(gain) times Haar);
    biases, False for layers (W, None); dtype, float64 by default.
    Raises ValueError on fewer than two widths, widths below 1, gain <= 0 or an unknown law.
    """
    check_rng(rng)
    if len(sizes) < 2:
        raise ValueError(f"sizes must have at least two entries, got {len(sizes)}")
    sizes, gain = [count(n, "size") for n in sizes], positive(gain, "gain")
    dtype = dtype or jnp.float64
    room("the weights", sum(m * n for n, m in pairwise(sizes)))

    def weights(m: int, n: int) -> Any:
        size: dict[str, Any] = {"gain": gain} if law == "orthogonal" else {"var": gain / n}
        return jnp.asarray(random_weights(rng, m, n, law=law, **size), dtype)

    return [(weights(m, n), jnp.zeros(m, dtype) if biases else None) for n, m in pairwise(sizes)]


def affine(W: Any, b: Any, x: Any) -> Any:
    """W x + b on the last axis of x, shape (..., n) -> (..., m); b may be None.

    W (m, n), one matrix for all rows of x, or (..., m, n) with batch axes that broadcast against those of x.
    """
    y = x @ W.T if W.ndim == 2 else (W @ x[..., None])[..., 0]
    return y if b is None else y + b


def mlp(
    params: Params,
    x: Any,
    activation: str | Activation | Callable = "relu",
    last: str | Activation | Callable = "linear",
) -> Any:
    """The network's output, shape (..., n_L): `activation` after every layer but the last, `last` after that one.

    activation, last: names of `activations.ACTIVATIONS`, an `Activation`, or functions of z. Arrays of numpy give an
    array of numpy; a jax array among them, or a traced one, gives a jax array.
    """
    x = x if hasattr(x, "ndim") else np.asarray(x, dtype=float)
    xp = _namespace(params, x)
    g = activation_function(activation, xp)
    for W, b in params[:-1]:
        x = g(affine(W, b, x))
    return activation_function(last, xp)(affine(*params[-1], x))


def repeated(blocks: Params, x: Any, activation: str | Activation | Callable = "relu") -> Any:
    """Many blocks of the same shape one after the other, the activation after every layer, compiled as ONE block.

    blocks: layers (W, b) as for `mlp`, each array with a leading axis of length `depth`; the last layer of a block
    has to fit the first one. x (..., n) -> (..., n). jax: a `lax.scan` over the depth, so that compiling does not
    grow with it.
    """
    g = activation_function(activation, jnp)

    def block(h: Any, layers: Any) -> tuple[Any, None]:
        for W, b in layers:
            h = g(affine(W, b, h))
        return h, None

    return jax.lax.scan(block, x, tuple(blocks))[0]


def stack(nets: Sequence[Any]) -> Any:
    """Networks of one shape as one pytree with a leading axis over them: what `jax.vmap` and the trainer want."""
    if not len(nets):
        raise ValueError("nets must hold at least one network")
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *nets)


def unstack(params: Any, i: int) -> Any:
    """Network number i of a stacked pytree, as numpy arrays."""
    return jax.tree.map(lambda leaf: np.asarray(leaf[i]), params)


def _namespace(*trees: Any) -> Any:
    return jnp if any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(trees)) else np
