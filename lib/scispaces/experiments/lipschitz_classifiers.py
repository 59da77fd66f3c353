"""A classifier trained with weight decay or spectral norm regularization, and what its Lipschitz constant certifies.

    loss = cross entropy + lam_F sum_l |W_l|_F^2 + lam_2 sum_l |W_l|_2^2

Everything else (data, order of the batches, initial weights) is the same for all runs, which train side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scispaces._validate import check_rng, positive
from scispaces.backend import jax, jnp
from scispaces.data.digits import Digits, check_sizes
from scispaces.linalg.spectral_norm import power_step
from scispaces.networks.lipschitz import certified_radius, frobenius_bound, lipschitz_product_bound
from scispaces.networks.mlp import Params, init_mlp, mlp, unstack
from scispaces.networks.piecewise_linear import affine_pieces
from scispaces.networks.training import cross_entropy, minibatches, sgd, train, weights_by_run

__all__ = [
    "Decay",
    "classifier_report",
    "train_classifiers",
]

Array = NDArray[np.float64]


class Decay(NamedTuple):
    """Weights of the two penalties: `frobenius` (weight decay) and `spectral` (spectral norm regularization)."""

    frobenius: float = 0.0
    spectral: float = 0.0


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
    check_rng(rng)
    check_sizes(sizes, data)
    columns = Decay._make(weights_by_run(decays, "decays"))
    picks = minibatches(rng, len(data.x), batch, steps)
    start = init_mlp(rng, sizes)
    run = train(
        _loss, start, picks, sgd, positive(learning_rate, "learning_rate"),
        common=(data.x, data.y),
        lane=columns,
        state=[jnp.ones(len(b), b.dtype) for _, b in start],
        vary=["lane"],
    )  # fmt: skip
    return {name: unstack(run.params, i) for i, name in enumerate(decays)}


def _loss(params: Params, pick: Any, common: Any, decay: Decay, us: Any) -> tuple[Any, Any]:
    """The loss of a batch; the state is the power vectors u, one for each layer, held constant with their v."""
    x, y = common
    triples = jax.lax.stop_gradient([power_step(W, u) for (W, _), u in zip(params, us, strict=True)])
    fit = cross_entropy(mlp(params, x[pick]), y[pick])
    sigmas = [u @ W @ v for (W, _), (_, u, v) in zip(params, triples, strict=True)]
    frobenius = sum(jnp.sum(W**2) for W, _ in params)
    value = fit + decay.frobenius * frobenius + decay.spectral * sum(s**2 for s in sigmas)
    return value, ({}, [u for _, u, _ in triples])


def classifier_report(
    params: Sequence[tuple[Array, Array]], data: Digits, rng: np.random.Generator, noise: float = 0.3, sample: int = 400
) -> dict[str, float]:
    """How sensitive a trained classifier is: one number per key.

    ``product``, ``frobenius``: upper bounds of the Lipschitz constant. ``jacobian``: the largest spectral norm of the
    Jacobian over the first `sample` test points, a lower bound. ``radius``: median certified radius over the test set
    (from ``product``; misclassified points count as they are predicted). ``accuracy``, ``noisy``: share of correct
    test predictions, without and with N(0, noise^2) added to every pixel.
    """
    check_rng(rng)
    Ws = [W for W, _ in params]
    logits = mlp(params, data.x_test)
    product = lipschitz_product_bound(Ws)
    jittered = data.x_test + noise * rng.standard_normal(data.x_test.shape)
    return {
        "product": product,
        "frobenius": frobenius_bound(Ws),
        "jacobian": float(np.linalg.norm(affine_pieces(params, data.x_test[:sample])[0], 2, axis=(1, 2)).max()),
        "radius": float(np.median(certified_radius(logits, product))),
        "accuracy": float((logits.argmax(-1) == data.y_test).mean()),
        "noisy": float((mlp(params, jittered).argmax(-1) == data.y_test).mean()),
    }
