r"""One trainer for the book: a compiled loop of optimizer steps, several runs side by side.

A run is a `lax.scan` over the steps; runs that differ in a hyperparameter, a seed, the initial weights or the rate are
lanes of one `vmap`. A loss is a function at module level (or a cached one): the compiled program is kept by loss,
optimizer and shapes, so that a second call with other numbers compiles nothing. For the same reason data is passed as
`common` and `lane` and not closed over, and the optimizer is a function rate -> `optax.GradientTransformation`.

    def loss(params, batch, common, lane):          # scalar, or (scalar, {"name": metric})
        x, y = common
        return jnp.mean((mlp(params, x[batch])[..., 0] - y[batch]) ** 2) + lane * weight_decay(params)

    run = train(loss, init_mlp(rng(0), (2, 32, 1)), minibatches(rng(1), len(x), 64, 500), adam(), 1e-3,
                common=(x, y), lane=jnp.array([0.0, 1e-3]), vary=["lane"])
    run.metrics["loss"]                             # (2, 500)

`train_game` is the same for several players with losses of their own (a generator and a critic).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import optax
from numpy.typing import NDArray

from scispaces._validate import as_array, check_rng, count, finite, one_of_names, positive, positive_int
from scispaces.backend import jax, jnp, quick_jit

__all__ = [
    "Player",
    "Trained",
    "adam",
    "clipped_sgd",
    "cross_entropy",
    "global_norm",
    "minibatches",
    "sgd",
    "train",
    "train_game",
    "weights_by_run",
]

Optimizer = Callable[[Any], optax.GradientTransformation]
VARYING = ("start", "batches", "lane", "rate", "state")


class Trained(NamedTuple):
    """What a training run leaves; with `vary`, every array has a leading axis over the runs.

    params: at the end. metrics: by name, one value a step, (steps, ...). snapshots: the parameters after each stretch
    of `every` steps, a leading axis of steps / every (None without `every`). state: at the end.
    """

    params: Any
    metrics: dict[str, Any]
    snapshots: Any = None
    state: Any = None


class Player(NamedTuple):
    """One side of a game: loss(everyone, batch, common, lane), differentiated by this player's own parameters."""

    loss: Callable
    optimizer: Optimizer


# ------------------------------------------------------------------------------------------------------- optimizers


def sgd(rate: Any) -> optax.GradientTransformation:
    """Plain gradient descent, w <- w - rate g."""
    return optax.sgd(rate)


@cache
def adam(b1: float = 0.9, b2: float = 0.999) -> Optimizer:
    """Adam with these decay rates, 0 <= b1, b2 < 1, as a function of the learning rate. ValueError otherwise."""
    for name, value in (("b1", b1), ("b2", b2)):
        if finite(value, name, 0.0, 1.0) == 1:
            raise ValueError(f"{name} must be below 1, got {value!r}")
    return partial(optax.adam, b1=b1, b2=b2)


@cache
def clipped_sgd(clip: float) -> Optimizer:
    """Gradient descent whose gradient, where longer than `clip` > 0, is scaled down to that norm."""
    limit = positive(clip, "clip")

    def optimizer(rate: Any) -> optax.GradientTransformation:
        def update(grads: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
            size = global_norm(grads)
            factor = rate * jnp.minimum(1.0, jnp.asarray(limit, size.dtype) / jnp.maximum(size, 1e-30))
            return jax.tree.map(lambda g: -(factor * g), grads), state

        return optax.GradientTransformation(lambda params: optax.EmptyState(), update)

    return optimizer


def global_norm(tree: Any) -> Any:
    """The Euclidean norm of all entries of a pytree of arrays together, a jax scalar."""
    return jnp.sqrt(sum(jnp.sum(v**2) for v in jax.tree.leaves(tree)))


def minibatches(rng: np.random.Generator, n: int, batch: int, steps: int) -> NDArray[np.int64]:
    """Row numbers of `steps` batches drawn from n examples with replacement, shape (steps, batch); batch <= n."""
    check_rng(rng)
    n = positive_int(n, "n")
    return rng.integers(0, n, (count(steps, "steps"), count(batch, "batch", maximum=n)))


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean of -log softmax(logits)_y over a batch: logits (N, k), integer labels y (N,); a jax scalar."""
    log_p = jax.nn.log_softmax(logits)
    return -jnp.mean(jnp.take_along_axis(log_p, labels[:, None], axis=1))


def weights_by_run(runs: Mapping[str, Sequence[float]], name: str) -> list[NDArray[np.float64]]:
    """The loss weights of several runs, tuples of numbers >= 0 by name, as one array (len(runs),) a weight.

    Raises ValueError on no runs, negative or infinite weights; `name` says whose they are.
    """
    if not isinstance(runs, Mapping):
        raise ValueError(f"{name} must be a mapping from names to weights, got {type(runs).__name__}")
    if not runs:
        raise ValueError(f"{name} must name at least one run")
    columns = [as_array(column, name, real=True) for column in zip(*runs.values(), strict=True)]
    if min(column.min() for column in columns) < 0:
        raise ValueError(f"{name} must not be negative")
    return columns


# ---------------------------------------------------------------------------------------------------------- trainers


def train(
    loss: Callable,
    start: Any,
    batches: Any,
    optimizer: Optimizer,
    rate: Any,
    *,
    common: Any = None,
    lane: Any = None,
    state: Any = None,
    vary: Sequence[str] = (),
    after: Callable[[Any, Any], Any] | None = None,
    every: int | None = None,
    gradient_norm: bool = False,
    watch: Callable[[Any], dict[str, Any]] | None = None,
) -> Trained:
    """Minimise `loss` from `start`, one optimizer step for each entry of the leading axis of `batches`.

    loss       (params, batch, common, lane) -> scalar or (scalar, metrics); with `state` it takes the state as a fifth
               argument and returns (scalar, (metrics, new state)). Metrics are a dictionary of arrays.
    start      a pytree of arrays. batches: a pytree with a leading axis of length steps: indices, noise, examples.
    optimizer  rate -> optax transformation: `sgd`, `adam()`, `clipped_sgd(1.0)`, or your own (at module level).
    rate       the learning rate, > 0. common: data that all runs see. lane: what tells the runs apart.
    state      what the loss carries along but does not train (power vectors, running means).
    vary       which of "start", "batches", "lane", "rate", "state" have a leading axis over the runs; none: one run.
    after      (params, lane) -> params, applied after each step (a projection).
    every      keep the parameters after each `every` steps; has to divide the number of steps.
    watch      optimizer state -> a dictionary of arrays, kept among the metrics after each step.
    Returns `Trained`; metrics hold "loss", with `gradient_norm` that norm, and what the loss and `watch` return.
    Raises ValueError on no steps, leading axes that differ, an `every` that does not divide, unknown names in `vary`.
    """
    names = tuple(sorted(one_of_names(name, "vary", VARYING) for name in vary))
    steps = _leading(batches, "batches", skip="batches" in names)
    if every is not None and steps % positive_int(every, "every"):
        raise ValueError(f"every must divide the number of steps, {steps}, got {every}")
    for name, tree in (("start", start), ("batches", batches), ("lane", lane), ("rate", rate), ("state", state)):
        if name in names:
            _leading(tree, name)
    return Trained(
        *_train(loss, optimizer, names, after, every, gradient_norm, watch, start, batches, lane, rate, state, common)
    )


@quick_jit(static_argnums=(0, 1, 2, 3, 4, 5, 6))
def _train(
    loss: Callable, optimizer: Optimizer, names: tuple[str, ...], after: Any, every: Any, norm: bool, watch: Any,
    start: Any, batches: Any, lane: Any, rate: Any, state: Any, common: Any,
) -> Any:  # fmt: skip
    def run(start: Any, batches: Any, lane: Any, rate: Any, state: Any) -> Any:
        rule = optimizer(rate)
        keeps_state = state is not None

        def step(carry: Any, batch: Any) -> Any:
            params, memory, state = carry

            def evaluate(params: Any) -> Any:
                if keeps_state:
                    return loss(params, batch, common, lane, state)
                found = loss(params, batch, common, lane)
                value, metrics = found if isinstance(found, tuple) else (found, {})
                return value, (metrics, None)

            (value, (metrics, state)), grads = jax.value_and_grad(evaluate, has_aux=True)(params)
            updates, memory = rule.update(grads, memory, params)
            params = optax.apply_updates(params, updates)
            metrics = {"loss": value} | ({"gradient_norm": global_norm(grads)} if norm else {}) | metrics
            metrics |= {} if watch is None else watch(memory)
            return (params if after is None else after(params, lane), memory, state), metrics

        carry = start, rule.init(start), state
        if every is None:
            (params, _, state), metrics = jax.lax.scan(step, carry, batches)
            return params, metrics, None, state

        def stretch(carry: Any, rows: Any) -> Any:
            carry, metrics = jax.lax.scan(step, carry, rows)
            return carry, (carry[0], metrics)

        rows = jax.tree.map(lambda v: v.reshape(-1, every, *v.shape[1:]), batches)
        (params, _, state), (snapshots, metrics) = jax.lax.scan(stretch, carry, rows)
        return params, jax.tree.map(lambda v: v.reshape(-1, *v.shape[2:]), metrics), snapshots, state

    return _lanes(run, names, ("start", "batches", "lane", "rate", "state"))(start, batches, lane, rate, state)


def train_game(
    players: Mapping[str, Player],
    start: Mapping[str, Any],
    batches: Mapping[str, Any],
    rate: Any,
    *,
    common: Any = None,
    lane: Any = None,
    vary: Sequence[str] = (),
    simultaneous: bool = False,
) -> Trained:
    """Players that lower losses of their own in turn: in every round each player makes its inner steps, in the order
    of `players`, against the others as they are then.

    players    by name; a loss is (everyone, batch, common, lane) -> scalar or (scalar, metrics), where `everyone` maps
               names to parameters; it is differentiated by the player's own only.
    start      parameters by name. batches: by name, a pytree with leading axes (rounds, inner steps of that player).
    rate       one learning rate for all, or a mapping by name. simultaneous: all gradients of a round are taken before
               anyone moves (one inner step each).
    Other arguments as for `train`; metrics are by player ("critic/loss"), shape (rounds, inner steps).
    Returns `Trained` with params by name. Raises ValueError on names that differ, axes that do not fit.
    """
    names = tuple(sorted(one_of_names(name, "vary", VARYING[:-1]) for name in vary))
    order = tuple(players)
    if not order:
        raise ValueError("players must name at least one player")
    for what, given in (("start", start), ("batches", batches), ("rate", rate)):
        if isinstance(given, Mapping) and set(given) != set(order):
            raise ValueError(f"{what} must have the players {', '.join(order)}, got {', '.join(map(str, given))}")
    rates = {name: rate[name] if isinstance(rate, Mapping) else rate for name in order}
    _leading(batches, "batches", skip="batches" in names)
    for name, tree in (("start", start), ("batches", batches), ("lane", lane), ("rate", rates)):
        if name in names:
            _leading(tree, name)
    if simultaneous and any(leaf.shape[1 + ("batches" in names)] != 1 for leaf in jax.tree.leaves(dict(batches))):
        raise ValueError("simultaneous must have batches with one inner step")
    fixed = tuple(players.items()), names, simultaneous
    return Trained(*_train_game(*fixed, dict(start), dict(batches), lane, rates, common))


@quick_jit(static_argnums=(0, 1, 2))
def _train_game(
    players: tuple[tuple[str, Player], ...], names: tuple[str, ...], simultaneous: bool,
    start: Any, batches: Any, lane: Any, rate: Any, common: Any,
) -> Any:  # fmt: skip
    def run(start: Any, batches: Any, lane: Any, rate: Any) -> Any:
        rules = {name: player.optimizer(rate[name]) for name, player in players}

        def turn(name: str, loss: Callable, everyone: Any, memory: Any, rows: Any) -> Any:
            def step(carry: Any, batch: Any) -> Any:
                own, memory = carry

                def evaluate(own: Any) -> Any:
                    found = loss(everyone | {name: own}, batch, common, lane)
                    return found if isinstance(found, tuple) else (found, {})

                (value, metrics), grads = jax.value_and_grad(evaluate, has_aux=True)(own)
                updates, memory = rules[name].update(grads, memory, own)
                return (optax.apply_updates(own, updates), memory), {"loss": value} | metrics

            (own, memory), metrics = jax.lax.scan(step, (everyone[name], memory), rows)
            return own, memory, {f"{name}/{key}": v for key, v in metrics.items()}

        def play(carry: Any, rows: Any) -> Any:
            before, memories = carry
            after: dict[str, Any] = dict(before)
            metrics: dict[str, Any] = {}
            for name, player in players:
                seen = before if simultaneous else after
                own, memory, found = turn(name, player.loss, seen, memories[name], rows[name])
                after, memories, metrics = after | {name: own}, memories | {name: memory}, metrics | found
            return (after, memories), metrics

        memories = {name: rules[name].init(start[name]) for name, _ in players}
        (params, _), metrics = jax.lax.scan(play, (start, memories), batches)
        return params, metrics

    return _lanes(run, names, ("start", "batches", "lane", "rate"))(start, batches, lane, rate)


def _lanes(run: Callable, names: tuple[str, ...], arguments: tuple[str, ...]) -> Callable:
    """`run`, vmapped over those of its arguments that are among `names`."""
    return jax.vmap(run, in_axes=tuple(0 if name in names else None for name in arguments)) if names else run


def _leading(tree: Any, name: str, skip: bool = False) -> int:
    """The common length of the leading axis (of the second one with `skip`) of all arrays of a pytree."""
    axis = int(skip)
    shapes = [np.shape(leaf) for leaf in jax.tree.leaves(tree)]
    lengths = {shape[axis] if len(shape) > axis else -1 for shape in shapes}
    if len(lengths) != 1 or lengths & {-1, 0}:
        raise ValueError(f"{name} must have one leading axis of length >= 1 in common, got shapes {shapes[:6]}")
    return lengths.pop()
