r"""A classifier trained with a penalty on its input or its parameter gradients, and what happens to both.

    loss = mean_i f_i + mu_theta mean_i |df_i/dtheta|^2 + mu_x mean_i |df_i/dx_i|^2,    f_i = cross entropy of example i

Both penalties are means over per-example gradients. They are written with explicit gradients (`backprop` with
``xp=jnp``), so that jax differentiates once and not twice, and no N x d_theta array of gradients is ever formed. Runs
that differ in (mu_theta, mu_x) share data, batches and initial weights and train side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import check_rng, count, positive, positive_int
from scispaces.backend import jnp
from scispaces.data.digits import Digits, check_sizes
from scispaces.networks.gradient_penalties import PenaltySides, gradient_penalty_sides
from scispaces.networks.gradients import (
    Gradients,
    backprop,
    cross_entropy_output,
    mlp_gradients,
    per_example_parameter_norm,
)
from scispaces.networks.mlp import init_mlp, mlp
from scispaces.networks.training import minibatches, sgd, train, weights_by_run

__all__ = ["Penalty", "Run", "penalized_loss", "train_penalized"]

Array = NDArray[np.float64]


class Penalty(NamedTuple):
    """Weights of the two penalties: mu_theta on the parameter gradients, mu_x on the input gradients."""

    parameter: float = 0.0
    input: float = 0.0


class Run(NamedTuple):
    """Snapshots of a training run: `steps` (k,), and for each layer W (k, m, n) and b (k, m), stacked over them."""

    steps: NDArray[np.int64]
    Ws: list[Array]
    bs: list[Array]

    @property
    def activation(self) -> list[str]:
        """tanh in the hidden layers, a linear last one."""
        return ["tanh"] * (len(self.Ws) - 1) + ["linear"]

    def weights(self, k: int) -> list[Array]:
        """The weight matrices at snapshot k."""
        return [W[k] for W in self.Ws]

    def gradients(self, k: int, x: ArrayLike, labels: ArrayLike) -> Gradients:
        """Gradients of the loss of each example at snapshot k (cheaper than `sides`: no Jacobians)."""
        phi = cross_entropy_output(np.asarray(labels))
        return mlp_gradients(self.weights(k), [b[k] for b in self.bs], x, phi, self.activation)

    def sides(self, k: int, x: ArrayLike, labels: ArrayLike) -> PenaltySides:
        """Both sides of the inequality at snapshot k for the loss of each example (x (N, d), labels (N,))."""
        phi = cross_entropy_output(np.asarray(labels))
        return gradient_penalty_sides(self.weights(k), [b[k] for b in self.bs], x, phi, self.activation)

    def accuracy(self, k: int, x: ArrayLike, labels: ArrayLike) -> float:
        """Share of right predictions at snapshot k."""
        net = [(W[k], b[k]) for W, b in zip(self.Ws, self.bs, strict=True)]
        return float((mlp(net, np.asarray(x, float), "tanh").argmax(-1) == np.asarray(labels)).mean())


def penalized_loss(params: Sequence[tuple[Any, Any]], x: Any, labels: Any, penalty: Penalty) -> Any:
    """The loss of a batch as in the head of this module, a jax scalar; params a list of (W, b), tanh hidden layers."""
    Ws, bs = zip(*params, strict=True)
    acts = ["tanh"] * (len(Ws) - 1) + ["linear"]
    g = backprop(Ws, bs, x, cross_entropy_output(labels), acts, xp=jnp)
    by_parameters = per_example_parameter_norm(g.delta, g.h).mean()
    return g.value.mean() + penalty.parameter * by_parameters + penalty.input * (g.grad_x**2).sum(-1).mean()


def train_penalized(
    data: Digits,
    penalties: Mapping[str, Penalty],
    rng: np.random.Generator,
    sizes: Sequence[int] = (64, 64, 64, 10),
    steps: int = 1000, every: int = 100, batch: int = 50, learning_rate: float = 0.1,
) -> dict[str, Run]:  # fmt: skip
    """Train one tanh classifier per entry of `penalties` by plain SGD; returns the snapshots taken every `every` steps.

    Initial weights N(0, 1/n), zero biases. Snapshot 0 is the start; `steps` must be a multiple of `every`.
    Raises ValueError: no runs, negative penalties, sizes that do not fit the data, steps, batch < 1, rate <= 0, weights
    that are no longer finite at the end.
    """
    check_rng(rng)
    check_sizes(sizes, data)
    mus = Penalty._make(weights_by_run(penalties, "penalties"))
    steps = count(steps, "steps")
    every = positive_int(every, "every", maximum=steps)
    picks = minibatches(rng, len(data.x), batch, steps)
    start = init_mlp(rng, sizes, gain=1.0)
    rate = positive(learning_rate, "learning_rate")
    found = train(_loss, start, picks, sgd, rate, common=(data.x, data.y), lane=mus, vary=["lane"], every=every)
    runs = {}
    for i, name in enumerate(penalties):
        layers = [
            (np.concatenate([np.asarray(first)[None], np.asarray(v)[i]]) for first, v in zip(*pair, strict=True))
            for pair in zip(start, found.snapshots, strict=True)
        ]
        Ws, bs = (list(column) for column in zip(*layers, strict=True))
        if not np.isfinite(Ws[-1]).all():
            raise ValueError(f"the run {name!r} diverged: lower the learning rate or the penalty")
        runs[name] = Run(np.arange(0, steps + 1, every), Ws, bs)
    return runs


def _loss(params: Any, pick: Any, common: Any, penalty: Penalty) -> Any:
    x, y = common
    return penalized_loss(params, x[pick], y[pick], penalty)
