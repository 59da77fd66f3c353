"""The trainer against loops written out, lanes against runs alone, games against what they say they do."""

from __future__ import annotations

import numpy as np
import optax
import pytest
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.networks import training
from scispaces.networks.mlp import init_mlp, mlp, stack, unstack
from scispaces.networks.training import (
    Player,
    adam,
    clipped_sgd,
    cross_entropy,
    minibatches,
    sgd,
    train,
    train_game,
    weights_by_run,
)

X, Y = rng(0).standard_normal((40, 2)), rng(1).standard_normal(40)
START = init_mlp(rng(2), (2, 8, 1))
PICKS = minibatches(rng(3), 40, 10, 30)


def square(params, pick, common, lane):
    x, y = common
    error = mlp(params, x[pick], "tanh")[..., 0] - y[pick]
    decay = 0.0 if lane is None else lane * sum(jnp.sum(W**2) for W, _ in params)
    return jnp.mean(error**2) + decay, {"largest": jnp.abs(error).max()}


def by_hand(optimizer, start, picks, lane=None, after=None):
    params, memory, losses = start, optimizer.init(start), []
    for pick in picks:
        (value, _), grads = jax.value_and_grad(square, has_aux=True)(params, pick, (X, Y), lane)
        updates, memory = optimizer.update(grads, memory, params)
        params = optax.apply_updates(params, updates)
        params = after(params, lane) if after else params
        losses.append(value)
    return params, losses


def same(a, b, rtol=1e-9):
    jax.tree.map(lambda v, w: assert_allclose(v, w, rtol=rtol, atol=1e-12), a, b)


@pytest.mark.parametrize("optimizer", [sgd, adam(0.5, 0.9), adam(), clipped_sgd(0.1)])
def test_one_run_is_the_loop(optimizer):
    run = train(square, START, PICKS, optimizer, 0.05, common=(X, Y))
    params, losses = by_hand(optimizer(0.05), START, PICKS)
    same(run.params, params)
    assert_allclose(run.metrics["loss"], losses, rtol=1e-9)
    assert run.metrics["largest"].shape == (30,) and run.snapshots is None


def test_lanes_rates_starts_and_batches_vary():
    other = init_mlp(rng(4), (2, 8, 1))
    picks = np.stack([PICKS, PICKS[::-1]])
    run = train(
        square, stack([START, other]), picks, sgd, np.array([0.05, 0.1]),
        common=(X, Y), lane=np.array([0.0, 0.1]), vary=["start", "batches", "rate", "lane"],
    )  # fmt: skip
    for i, (start, rate, lane) in enumerate([(START, 0.05, 0.0), (other, 0.1, 0.1)]):
        same(unstack(run.params, i), by_hand(sgd(rate), start, picks[i], lane)[0])


def shrink(params, lane):
    return jax.tree.map(lambda v: jnp.clip(v, -0.3, 0.3), params)


def test_projection_snapshots_and_gradient_norm():
    run = train(square, START, PICKS, sgd, 0.05, common=(X, Y), lane=0.1, after=shrink, every=10, gradient_norm=True)
    for k in range(3):
        same(unstack(run.snapshots, k), by_hand(sgd(0.05), START, PICKS[: 10 * (k + 1)], 0.1, shrink)[0])
    grads = jax.grad(square, has_aux=True)(START, PICKS[0], (X, Y), 0.1)[0]
    assert_allclose(run.metrics["gradient_norm"][0], optax.global_norm(grads), rtol=1e-9)
    assert run.metrics["loss"].shape == (30,)


def counting(params, batch, common, lane, state):
    return params["w"] * batch * state, ({"seen": state}, state + 1)


def test_state_is_carried_and_not_trained():
    run = train(counting, {"w": 1.0}, np.ones(4), sgd, 1.0, state=0.0)
    assert run.metrics["seen"].tolist() == [0, 1, 2, 3] and run.state == 4
    assert run.params["w"] == 1 - (0 + 1 + 2 + 3)


def test_a_second_call_compiles_nothing():
    train(square, START, PICKS, sgd, 0.05, common=(X, Y))
    before = training._train._cache_size()
    train(square, START, PICKS[::-1].copy(), sgd, 0.07, common=(X + 1, Y))
    assert training._train._cache_size() == before


def rows(everyone, batch, common, lane):
    return everyone["a"] * everyone["b"] + 0.0 * batch


def columns(everyone, batch, common, lane):
    return -everyone["a"] * everyone["b"] + 0.0 * batch, {"a": everyone["a"]}


def test_games_in_turn_and_at_once():
    """min_a max_b a b by steps of 0.1: in turn the second player sees the new a, at once the old one."""
    players = {"a": Player(rows, sgd), "b": Player(columns, sgd)}
    batches = {"a": np.zeros((5, 1)), "b": np.zeros((5, 1))}
    start = {"a": 1.0, "b": 0.5}
    for simultaneous in (False, True):
        a, b = 1.0, 0.5
        for _ in range(5):
            new = a - 0.1 * b
            b += 0.1 * (a if simultaneous else new)
            a = new
        run = train_game(players, start, batches, 0.1, simultaneous=simultaneous)
        assert_allclose([run.params["a"], run.params["b"]], [a, b], rtol=1e-12)
        assert run.metrics["b/a"].shape == (5, 1)
    rates = {"a": 0.0, "b": np.array([0.0, 0.1])}
    with pytest.raises(ValueError, match="rate must have one leading axis"):
        train_game(players, start, batches, rates, vary=["rate"])


def test_inner_steps_and_rates_by_player():
    players = {"a": Player(rows, sgd), "b": Player(columns, sgd)}
    batches = {"a": np.zeros((2, 3)), "b": np.zeros((2, 1))}
    run = train_game(players, {"a": 1.0, "b": 0.5}, batches, {"a": 0.1, "b": 0.2})
    a, b = 1.0, 0.5
    for _ in range(2):
        a -= 3 * 0.1 * b
        b += 0.2 * a
    assert_allclose([run.params["a"], run.params["b"]], [a, b], rtol=1e-12)
    assert run.metrics["a/loss"].shape == (2, 3)


def test_cross_entropy_and_weights():
    logits, y = rng(0).standard_normal((5, 3)), np.array([0, 2, 1, 1, 0])
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert_allclose(cross_entropy(jnp.asarray(logits), y), -np.log(p[np.arange(5), y]).mean(), rtol=1e-12)
    assert [c.tolist() for c in weights_by_run({"a": (0.0, 1.0), "b": (2.0, 3.0)}, "decays")] == [[0, 2], [1, 3]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: train(square, START, np.zeros((0, 3), int), sgd, 0.1, common=(X, Y)), "batches must"),
        (lambda: train(square, START, (np.zeros(3), np.zeros(4)), sgd, 0.1, common=(X, Y)), "batches must"),
        (lambda: train(square, START, PICKS, sgd, 0.1, common=(X, Y), every=7), "every must divide"),
        (lambda: train(square, START, PICKS, sgd, 0.1, common=(X, Y), vary=["seed"]), "vary must be one of"),
        (lambda: train(square, START, PICKS, sgd, 0.1, common=(X, Y), vary=["lane"]), "lane must have"),
        (lambda: minibatches(rng(0), 5, 6, 1), "batch must"),
        (lambda: minibatches(rng(0), 5, 2, 0), "steps must"),
        (lambda: adam(1.0), "b1 must"),
        (lambda: clipped_sgd(0.0), "clip must"),
        (lambda: weights_by_run({}, "decays"), "decays must name at least one run"),
        (lambda: weights_by_run({"a": (-1.0,)}, "decays"), "negative"),
        (lambda: train_game({}, {}, {}, 0.1), "at least one player"),
        (lambda: train_game({"a": Player(rows, sgd)}, {}, {"a": np.zeros((1, 1))}, 0.1), "start must have the players"),
        (
            lambda: train_game({"a": Player(rows, sgd)}, {"a": 1.0}, {"a": np.zeros((1, 2))}, 0.1, simultaneous=True),
            "one inner step",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
