"""A deep, narrow classifier whose only degree of freedom is its initialization; several gains trained at once.

The net: `depth` hidden layers h <- phi(W_l h + b_l), all of one width equal to the number of features, then a linear
read-out. Or blocks of two layers, to an inner width and back: h <- phi(U_l phi(W_l h + b_l) + a_l). Training is plain
SGD with a clipped gradient, so that nothing (normalization, residual connections, Adam) hides what the initial weights
do. Nets with different initial weights are trained side by side by `jax.vmap`.

Source: the experiments belong to 从几何视角来理解模型参数的初始化策略 (kexue.fm/archives/7180) and to
初始化方法中非方阵的维度平均策略思考 (kexue.fm/archives/8725), which reports none; the design is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scispaces._validate import as_matrix, check_rng, count, one_of_names, positive
from scispaces.backend import jax, jnp, quick_jit
from scispaces.data.digits import Digits
from scispaces.linalg.random_matrices import random_weights
from scispaces.networks.activations import ACTIVATIONS
from scispaces.networks.mlp import mlp, repeated, unstack
from scispaces.networks.training import clipped_sgd, cross_entropy, minibatches, train

__all__ = [
    "TrainingRuns",
    "initial_block_mlps",
    "initial_mlps",
    "mlp_features",
    "train_mlps",
]

Params = dict[str, Any]


def initial_mlps(
    rng: np.random.Generator, width: int, depth: int, classes: int, nets: Sequence[tuple[str, float]]
) -> Params:
    """One initial net per pair (law, gain), stacked along a leading axis of length k = len(nets).

    Returns "layers", one block of one layer (W (k, depth, width, width), b (k, depth, width)), and "head",
    (V (k, classes, width), c (k, classes)).
    Hidden weights have variance gain/width (law="orthogonal": sqrt(gain) times Haar), the read-out 1/width, biases 0;
    float32. Nets of one law share one random draw up to sqrt(gain), and all share the read-out, so that only the gain
    differs between them. Raises ValueError on unknown laws, gains <= 0, sizes < 1 or no net at all.
    """
    check_rng(rng)
    width, depth = count(width, "width"), count(depth, "depth")
    classes = count(classes, "classes")
    if not len(nets):
        raise ValueError("nets must name at least one pair (law, gain)")
    laws = dict.fromkeys(law for law, _ in nets)
    drawn = {law: random_weights(rng, width, width, law=law, batch=(depth,)) for law in laws}
    V = random_weights(rng, classes, width, mode="fan_in")
    k = len(nets)
    W = np.stack([np.sqrt(positive(gain, "gain")) * drawn[law] for law, gain in nets])
    return _single_precision([(W, np.zeros((k, depth, width)))], V)


def initial_block_mlps(
    rng: np.random.Generator,
    width: int,
    inner: int,
    blocks: int,
    classes: int,
    variances: Sequence[tuple[float, float]],
) -> Params:
    """One initial net of blocks width -> inner -> width per pair of variances, stacked along a leading axis.

    variances: k pairs (of the layer into the inner width, of the layer back), > 0. Returns as `initial_mlps`, with
    blocks of two layers: (k, blocks, inner, width) and (k, blocks, inner), (k, blocks, width, inner) and
    (k, blocks, width). Gaussian weights, the read-out of variance 1/width, biases 0; float32. The nets share one random
    draw up to a factor, so that only the variances differ between them. Raises ValueError on sizes < 1, variances <= 0
    or no net.
    """
    check_rng(rng)
    width, inner = count(width, "width"), count(inner, "inner")
    blocks, classes = count(blocks, "blocks"), count(classes, "classes")
    if not len(variances):
        raise ValueError("variances must name at least one pair (into the inner width, back)")
    into = random_weights(rng, inner, width, var=1.0, batch=(blocks,))
    back = random_weights(rng, width, inner, var=1.0, batch=(blocks,))
    V = random_weights(rng, classes, width, mode="fan_in")
    k = len(variances)
    W = np.stack([np.sqrt(positive(first, "variance")) * into for first, _ in variances])
    U = np.stack([np.sqrt(positive(second, "variance")) * back for _, second in variances])
    return _single_precision([(W, np.zeros((k, blocks, inner))), (U, np.zeros((k, blocks, width)))], V)


def _single_precision(layers: list[tuple[Any, Any]], V: Any) -> Params:
    """Stacked layers and one read-out shared by all nets, float32, its bias 0."""
    k = len(layers[0][0])
    head = np.broadcast_to(V, (k, *V.shape)), np.zeros((k, len(V)))
    return jax.tree.map(lambda v: jnp.asarray(v, jnp.float32), {"layers": layers, "head": head})


def mlp_features(params: Params, x: Any, activation: str = "relu") -> Any:
    """What one net (no leading axis) hands to its read-out, shape (N, width), on x of shape (N, width)."""
    return repeated(params["layers"], jnp.asarray(x, jnp.float32), activation)


@dataclass(frozen=True)
class TrainingRuns:
    """k runs: accuracy on the test set (k,), loss per step (k, steps), gradient norm before clipping (k, steps)."""

    accuracy: NDArray[np.float64]
    loss: NDArray[np.float64]
    gradient_norm: NDArray[np.float64]


def train_mlps(
    rng: np.random.Generator,
    params: Params,
    data: Digits,
    activation: str | Sequence[str] = "relu",
    steps: int = 300,
    batch: int = 64,
    rate: float = 0.1,
    clip: float = 1.0,
) -> TrainingRuns:
    """Train k stacked nets by SGD on the same minibatches and report what happened.

    params: from `initial_mlps` or `initial_block_mlps`. activation: a name of `activations.ACTIVATIONS`, or one for
    each net; nets of different activations are still trained in one compiled program. One step: gradient of the mean
    cross-entropy over a batch, scaled down to norm `clip` when longer, times `rate`. float32; work:
    k * steps * batch * depth * width^2. Raises ValueError on an unknown activation, non-positive settings, or data
    whose width does not fit.
    """
    check_rng(rng)
    W = params["layers"][0][0]
    k, width = len(W), W.shape[-1]
    names = [activation] * k if isinstance(activation, str) else list(activation)
    if len(names) != k:
        raise ValueError(f"activation must be one name or {k} names, one for each net, got {len(names)}")
    used = tuple(sorted({one_of_names(name, "activation", tuple(ACTIVATIONS)) for name in names}))
    x = as_matrix(data.x, "data.x", real=True)
    if x.shape[1] != width:
        raise ValueError(f"the nets have width {width}, the data {x.shape[1]} features")
    run = train(
        _loss(used), params, minibatches(rng, len(data.y), batch, steps), clipped_sgd(clip),
        jnp.float32(positive(rate, "rate")),
        common=(jnp.asarray(x, jnp.float32), data.y),
        lane=np.array([used.index(name) for name in names]),
        vary=["start", "lane"],
        gradient_norm=True,
    )  # fmt: skip
    rest = jnp.asarray(data.x_test, jnp.float32)
    right = [float(_right(unstack(run.params, i), rest, data.y_test, name)) for i, name in enumerate(names)]
    loss, size = (np.asarray(run.metrics[name], float) for name in ("loss", "gradient_norm"))
    return TrainingRuns(np.array(right), loss, size)


def _logits(params: Params, x: Any, activation: Any) -> Any:
    return mlp([params["head"]], repeated(params["layers"], x, activation))


@cache
def _loss(used: tuple[str, ...]) -> Callable:
    """Mean cross-entropy of a batch; a net's lane says which of the activations `used` it has."""

    def loss(params: Params, rows: Any, common: Any, lane: Any) -> Any:
        x, y = common

        def phi(z: Any) -> Any:
            first, *others = (ACTIVATIONS[name](z, jnp) for name in used)
            for i, other in enumerate(others, 1):
                first = jnp.where(lane == i, other, first)
            return first

        return cross_entropy(_logits(params, x[rows], phi), y[rows])

    return loss


@quick_jit(static_argnames="activation")
def _right(params: Params, x: Any, y: Any, activation: str) -> Any:
    return jnp.mean(jnp.argmax(_logits(params, x, activation), axis=1) == y)
