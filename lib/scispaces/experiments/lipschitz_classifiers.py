"""A classifier trained with weight decay or spectral norm regularization, and what its Lipschitz constant certifies.

    loss = cross entropy + lam_F sum_l |W_l|_F^2 + lam_2 sum_l |W_l|_2^2

Everything else (data, order of the batches, initial weights) is the same for all runs, which train side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import optax
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, positive, positive_int
from scispaces.backend import jax, jnp
from scispaces.linalg.spectral_norm import power_step
from scispaces.networks.lipschitz import frobenius_bound, lipschitz_product_bound, relu_jacobians
from scispaces.networks.mlp import Params, init_mlp, mlp

__all__ = [
    "Decay",
    "Digits",
    "certified_radius",
    "classifier_report",
    "digits_split",
    "flip_margin",
    "train_classifiers",
]

Array = NDArray[np.float64]


class Decay(NamedTuple):
    """Weights of the two penalties: `frobenius` (weight decay) and `spectral` (spectral norm regularization)."""

    frobenius: float = 0.0
    spectral: float = 0.0


class Digits(NamedTuple):
    """Images (N, 64) with entries in [0, 1] and labels (N,) of a training and a test set."""

    x: Array
    y: NDArray[np.int64]
    x_test: Array
    y_test: NDArray[np.int64]


def digits_split(n_train: int, rng: np.random.Generator) -> Digits:
    """The 1797 handwritten digits (8 x 8) of scikit-learn, divided by 16, permuted; 1 <= n_train < 1797."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    n_train = positive_int(n_train, "n_train", maximum=len(x) - 1)
    order = rng.permutation(len(x))
    x, y = x[order] / 16, y[order]
    return Digits(x[:n_train], y[:n_train], x[n_train:], y[n_train:])


def certified_radius(logits: ArrayLike, lipschitz: float) -> Array:
    r"""Radius within which the predicted class cannot change, M / (sqrt(2) L), for each row of logits.

    If |f(x) - f(x')| <= L |x - x'| and M = f_(1) - f_(2) is the margin at x, then f_i - f_j, the product of f with a
    vector of length sqrt(2), moves by at most sqrt(2) L |delta|.

    Arguments: logits (..., k), k >= 2 classes; lipschitz, an UPPER bound L > 0 of the network's constant (the largest
    sampled gradient is not one). Returns shape (...). Raises ValueError on other shapes and on L <= 0.
    Source: Tsuzuku, Sato, Sugiyama 2018 (arXiv 1802.04034), proposition 1.

        >>> certified_radius([3.0, 1.0, 0.0], 2.0).round(6)
        np.float64(0.707107)
    """
    logits = as_array(logits, "logits", real=True)
    if logits.ndim < 1 or logits.shape[-1] < 2:
        raise ValueError(f"logits must have shape (..., k) with k >= 2 classes, got {logits.shape}")
    top = np.partition(logits, -2, axis=-1)
    return (top[..., -1] - top[..., -2]) / (np.sqrt(2) * positive(lipschitz, "lipschitz"))


def train_classifiers(
    data: Digits,
    decays: Mapping[str, Decay],
    rng: np.random.Generator,
    sizes: Sequence[int] = (64, 128, 128, 10),
    steps: int = 600,
    batch: int = 100,
    learning_rate: float = 0.1,
) -> dict[str, list[tuple[Array, Array]]]:
    r"""Train one ReLU classifier per entry of `decays` by SGD; returns the parameters, a list of (W, b), by name.

    The spectral penalty uses one warm power iteration per step: sigma = u^T W v with u, v held constant, whose
    gradient is sigma u v^T twice. The weights of the penalties are traced and vmapped: one compilation for all runs.
    Raises ValueError: no decays, sizes that do not fit the data, steps or batch < 1, learning_rate <= 0.
    Source: Yoshida, Miyato 2017 (arXiv 1705.10941).
    """
    if not decays:
        raise ValueError("decays must name at least one run")
    if sizes[0] != data.x.shape[1] or sizes[-1] <= data.y.max():
        raise ValueError(f"sizes {tuple(sizes)} must begin with {data.x.shape[1]} and end above {data.y.max()}")
    columns = [as_array(column, "decays", real=True) for column in zip(*decays.values(), strict=True)]
    if min(column.min() for column in columns) < 0:
        raise ValueError("decays must not be negative")
    picks = rng.integers(0, len(data.x), (positive_int(steps, "steps"), positive_int(batch, "batch")))
    start = init_mlp(rng, sizes, dtype=jnp.float64)
    x, rate = jnp.asarray(data.x, jnp.float64), jnp.float64(positive(learning_rate, "learning_rate"))
    lam = Decay(*(jnp.asarray(column, jnp.float64) for column in columns))
    params = _train(start, x, jnp.asarray(data.y), jnp.asarray(picks), lam, rate)
    return {
        name: [(np.asarray(W[i], float), np.asarray(b[i], float)) for W, b in params] for i, name in enumerate(decays)
    }


@partial(jax.jit, compiler_options={"xla_cpu_use_fusion_emitters": False})
def _train(start: Params, x: Any, y: Any, picks: Any, decays: Decay, rate: Any) -> Params:
    def loss(params: Params, us: Any, decay: Decay, pick: Any) -> Any:
        fit = optax.softmax_cross_entropy_with_integer_labels(mlp(params, x[pick]), y[pick]).mean()
        sigmas = [u @ W @ v for (W, _), (_, u, v) in zip(params, us, strict=True)]
        frobenius = sum(jnp.sum(W**2) for W, _ in params)
        return fit + decay.frobenius * frobenius + decay.spectral * sum(s**2 for s in sigmas)

    def run(decay: Decay) -> Params:
        def step(state: Any, pick: Any) -> Any:
            params, us = state
            triples = jax.lax.stop_gradient([power_step(W, u) for (W, _), u in zip(params, us, strict=True)])
            grads = jax.grad(loss)(params, triples, decay, pick)
            params = jax.tree.map(lambda w, g: w - rate * g, params, grads)
            return (params, [u for _, u, _ in triples]), None

        us = [jnp.ones(len(b), b.dtype) for _, b in start]
        return jax.lax.scan(step, (start, us), picks)[0][0]

    return jax.vmap(run)(decays)


def classifier_report(
    params: Sequence[tuple[Array, Array]], data: Digits, rng: np.random.Generator, noise: float = 0.3, sample: int = 400
) -> dict[str, float]:
    """How sensitive a trained classifier is: one number per key.

    ``product``, ``frobenius``: upper bounds of the Lipschitz constant. ``jacobian``: the largest spectral norm of the
    Jacobian over the first `sample` test points, a lower bound. ``radius``: median certified radius over the test set
    (from ``product``; misclassified points count as they are predicted). ``accuracy``, ``noisy``: share of correct
    test predictions, without and with N(0, noise^2) added to every pixel.
    """
    Ws, bs = [W for W, _ in params], [b for _, b in params]
    logits = _forward(Ws, bs, data.x_test)
    product = lipschitz_product_bound(Ws)
    jittered = data.x_test + noise * rng.standard_normal(data.x_test.shape)
    return {
        "product": product,
        "frobenius": frobenius_bound(Ws),
        "jacobian": float(np.linalg.norm(relu_jacobians(Ws, bs, data.x_test[:sample]), 2, axis=(1, 2)).max()),
        "radius": float(np.median(certified_radius(logits, product))),
        "accuracy": float((logits.argmax(-1) == data.y_test).mean()),
        "noisy": float((_forward(Ws, bs, jittered).argmax(-1) == data.y_test).mean()),
    }


def flip_margin(
    params: Sequence[tuple[ArrayLike, ArrayLike]], x: ArrayLike, radius: ArrayLike, steps: int = 30
) -> float:
    r"""Smallest margin of the predicted class that an attack finds in the ball of `radius` around x; negative: flipped.

        min over classes j != i and the iterates delta of   f_i(x + delta) - f_j(x + delta)

    Projected gradient descent on each difference, with the exact piecewise-linear gradient and normalized steps of
    radius / 4. An upper bound of the true minimum: it shows that a certificate is wrong, not that it is right.
    Arguments: params of a ReLU network, a list of (W, b); x (n_0,); radius > 0; steps >= 1.
    """
    Ws, bs = [np.asarray(W, float) for W, _ in params], [np.asarray(b, float) for _, b in params]
    x = as_array(x, "x", shape=(Ws[0].shape[1],), real=True)
    r = positive(radius, "radius")
    top = int(_forward(Ws, bs, x[None])[0].argmax())
    rivals = [j for j in range(len(bs[-1])) if j != top]
    delta = np.zeros((len(rivals), len(x)))
    worst = np.inf
    for _ in range(positive_int(steps, "steps") + 1):
        f = _forward(Ws, bs, x + delta)
        J = relu_jacobians(Ws, bs, x + delta)
        each = np.arange(len(rivals))
        worst = min(worst, float((f[each, top] - f[each, rivals]).min()))
        g = J[each, top] - J[each, rivals]
        size = np.linalg.norm(g, axis=1, keepdims=True)
        delta = delta - 0.25 * r * g / np.where(size > 0, size, 1.0)
        length = np.linalg.norm(delta, axis=1, keepdims=True)
        delta = delta * np.minimum(1.0, r / np.where(length > 0, length, 1.0))
    return worst


def _forward(Ws: list[Array], bs: list[Array], x: Array) -> Array:
    for W, b in zip(Ws[:-1], bs[:-1], strict=True):
        x = np.maximum(x @ W.T + b, 0.0)
    return x @ Ws[-1].T + bs[-1]
