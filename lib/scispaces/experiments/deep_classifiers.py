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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scispaces._validate import as_matrix, one_of_names, positive, positive_int
from scispaces.backend import jax, jnp
from scispaces.linalg.random_matrices import random_weights

__all__ = [
    "DigitsSplit",
    "TrainingRuns",
    "digits_split",
    "initial_block_mlps",
    "initial_mlps",
    "mlp_features",
    "mlp_logits",
    "train_mlps",
]

Params = dict[str, Any]
_PHI = {"linear": lambda y: y, "tanh": jnp.tanh, "relu": lambda y: jnp.maximum(y, 0)}


@dataclass(frozen=True)
class DigitsSplit:
    """scikit-learn's digits: images of shape (N, 64), centred and of global standard deviation 1, labels 0..9 (N,)."""

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int32]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int32]


def digits_split(rng: np.random.Generator, train: int = 1400) -> DigitsSplit:
    """A random split of the 1797 bundled digits into `train` images and the rest.

    Pixels / 16, minus the mean training image, divided by one global standard deviation. Raises ValueError unless
    1 <= train <= 1796.
    """
    from sklearn.datasets import load_digits

    train = positive_int(train, "train", maximum=1796)
    pixels, labels = load_digits(return_X_y=True)
    order = rng.permutation(len(labels))
    x, y = pixels[order] / 16, labels[order].astype(np.int32)
    x = x - x[:train].mean(axis=0)
    x = (x / x[:train].std()).astype(np.float32)
    return DigitsSplit(x[:train], y[:train], x[train:], y[train:])


def initial_mlps(
    rng: np.random.Generator, width: int, depth: int, classes: int, nets: Sequence[tuple[str, float]]
) -> Params:
    """One initial net per pair (law, gain), stacked along a leading axis of length k = len(nets).

    Shapes: W (k, depth, width, width), b (k, depth, width), V (k, classes, width), c (k, classes).
    Hidden weights have variance gain/width (law="orthogonal": sqrt(gain) times Haar), the read-out 1/width, biases 0;
    float32. Nets of one law share one random draw up to sqrt(gain), and all share the read-out, so that only the gain
    differs between them. Raises ValueError on unknown laws, gains <= 0, sizes < 1 or no net at all.
    """
    width, depth = positive_int(width, "width"), positive_int(depth, "depth")
    classes = positive_int(classes, "classes")
    if not len(nets):
        raise ValueError("nets must name at least one pair (law, gain)")
    laws = dict.fromkeys(law for law, _ in nets)
    drawn = {law: random_weights(rng, width, width, law=law, batch=(depth,)) for law in laws}
    V = random_weights(rng, classes, width, mode="fan_in")
    k = len(nets)
    params = {
        "W": np.stack([np.sqrt(positive(gain, "gain")) * drawn[law] for law, gain in nets]),
        "b": np.zeros((k, depth, width)),
        "V": np.broadcast_to(V, (k, classes, width)),
        "c": np.zeros((k, classes)),
    }
    return {name: jnp.asarray(value, jnp.float32) for name, value in params.items()}


def initial_block_mlps(
    rng: np.random.Generator,
    width: int,
    inner: int,
    blocks: int,
    classes: int,
    variances: Sequence[tuple[float, float]],
) -> Params:
    """One initial net of blocks width -> inner -> width per pair of variances, stacked along a leading axis.

    variances: k pairs (of the layer into the inner width, of the layer back), > 0. Shapes: W (k, blocks, inner, width),
    b (k, blocks, inner), U (k, blocks, width, inner), a (k, blocks, width), V (k, classes, width), c (k, classes).
    Gaussian weights, the read-out of variance 1/width, biases 0; float32. The nets share one random draw up to a
    factor, so that only the variances differ between them. Raises ValueError on sizes < 1, variances <= 0 or no net.
    """
    width, inner = positive_int(width, "width"), positive_int(inner, "inner")
    blocks, classes = positive_int(blocks, "blocks"), positive_int(classes, "classes")
    if not len(variances):
        raise ValueError("variances must name at least one pair (into the inner width, back)")
    into = random_weights(rng, inner, width, var=1.0, batch=(blocks,))
    back = random_weights(rng, width, inner, var=1.0, batch=(blocks,))
    V = random_weights(rng, classes, width, mode="fan_in")
    k = len(variances)
    params = {
        "W": np.stack([np.sqrt(positive(first, "variance")) * into for first, _ in variances]),
        "b": np.zeros((k, blocks, inner)),
        "U": np.stack([np.sqrt(positive(second, "variance")) * back for _, second in variances]),
        "a": np.zeros((k, blocks, width)),
        "V": np.broadcast_to(V, (k, classes, width)),
        "c": np.zeros((k, classes)),
    }
    return {name: jnp.asarray(value, jnp.float32) for name, value in params.items()}


def mlp_features(params: Params, x: Any, activation: str = "relu") -> Any:
    """What one net (no leading axis) hands to its read-out, shape (N, width), on x of shape (N, width)."""
    return _features(params, x, _PHI[one_of_names(activation, "activation", tuple(_PHI))])


def mlp_logits(params: Params, x: Any, activation: str = "relu") -> Any:
    """Logits of shape (N, classes) of one net (parameters without the leading axis) on x of shape (N, width)."""
    return _logits(params, x, _PHI[one_of_names(activation, "activation", tuple(_PHI))])


def _features(params: Params, x: Any, phi: Callable[[Any], Any]) -> Any:
    def block(h: Any, layers: tuple[Any, ...]) -> tuple[Any, None]:
        for weights, bias in zip(layers[::2], layers[1::2], strict=True):
            h = phi(h @ weights.T + bias)
        return h, None

    return jax.lax.scan(block, x, tuple(params[name] for name in "WbUa" if name in params))[0]


def _logits(params: Params, x: Any, phi: Callable[[Any], Any]) -> Any:
    return _features(params, x, phi) @ params["V"].T + params["c"]


@dataclass(frozen=True)
class TrainingRuns:
    """k runs: accuracy on the test set (k,), loss per step (k, steps), gradient norm before clipping (k, steps)."""

    accuracy: NDArray[np.float64]
    loss: NDArray[np.float64]
    gradient_norm: NDArray[np.float64]


def train_mlps(
    rng: np.random.Generator,
    params: Params,
    data: DigitsSplit,
    activation: str | Sequence[str] = "relu",
    steps: int = 300,
    batch: int = 64,
    rate: float = 0.1,
    clip: float = 1.0,
) -> TrainingRuns:
    """Train k stacked nets by SGD on the same minibatches and report what happened.

    params: from `initial_mlps` or `initial_block_mlps`. activation: "linear", "tanh" or "relu", or one of them for
    each net; nets of different activations are still trained in one compiled program. One step: gradient of the mean
    cross-entropy over a batch, scaled down to norm `clip` when longer, times `rate`. float32; work:
    k * steps * batch * depth * width^2. Raises ValueError on an unknown activation, non-positive settings, or data
    whose width does not fit.
    """
    k = params["W"].shape[0]
    names = [activation] * k if isinstance(activation, str) else list(activation)
    if len(names) != k:
        raise ValueError(f"activation must be one name or {k} names, one for each net, got {len(names)}")
    used = sorted({one_of_names(name, "activation", tuple(_PHI)) for name in names})
    steps, batch = positive_int(steps, "steps"), positive_int(batch, "batch", maximum=len(data.y_train))
    x = as_matrix(data.x_train, "data.x_train", real=True)
    if x.shape[1] != params["W"].shape[-1]:
        raise ValueError(f"the nets have width {params['W'].shape[-1]}, the data {x.shape[1]} features")
    picks = rng.integers(0, len(data.y_train), (steps, batch))

    def run(which: Any, *rest: Any) -> Any:
        def phi(y: Any) -> Any:
            out = _PHI[used[0]](y)
            for i, name in enumerate(used[1:], 1):
                out = jnp.where(which == i, _PHI[name](y), out)
            return out

        return _train(phi, *rest)

    accuracy, loss, size = jax.jit(jax.vmap(run, in_axes=(0, 0, None, None, None, None, None)))(
        jnp.asarray([used.index(name) for name in names]),
        params,
        (jnp.asarray(data.x_train), jnp.asarray(data.y_train)),
        (jnp.asarray(data.x_test), jnp.asarray(data.y_test)),
        picks,
        jnp.float32(positive(rate, "rate")),
        jnp.float32(positive(clip, "clip")),
    )
    return TrainingRuns(*(np.asarray(v, dtype=float) for v in (accuracy, loss, size)))


def _cross_entropy(params: Params, x: Any, y: Any, phi: Callable[[Any], Any]) -> Any:
    log_p = jax.nn.log_softmax(_logits(params, x, phi))
    return -jnp.mean(jnp.take_along_axis(log_p, y[:, None], axis=1))


def _train(phi: Callable[[Any], Any], params: Params, train: Any, test: Any, picks: Any, rate: Any, clip: Any) -> tuple:
    x, y = train

    def step(p: Params, rows: Any) -> tuple[Params, tuple[Any, Any]]:
        loss, g = jax.value_and_grad(_cross_entropy)(p, x[rows], y[rows], phi)
        size = jnp.sqrt(sum(jnp.sum(v**2) for v in jax.tree.leaves(g)))
        factor = rate * jnp.minimum(1.0, clip / jnp.maximum(size, 1e-30))
        return jax.tree.map(lambda v, dv: v - factor * dv, p, g), (loss, size)

    params, (loss, size) = jax.lax.scan(step, params, picks)
    guess = jnp.argmax(_logits(params, test[0], phi), axis=1)
    return jnp.mean(guess == test[1]), loss, size
