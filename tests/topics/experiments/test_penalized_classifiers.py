"""Training with penalties on input or parameter gradients."""

from __future__ import annotations

import pytest
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.data.digits import digits_split
from scispaces.experiments.penalized_classifiers import Penalty, penalized_loss, train_penalized
from scispaces.networks.mlp import init_mlp, mlp


def test_penalized_loss_against_nested_autodiff():
    params = init_mlp(rng(0), (5, 4, 3), gain=1.0)
    x, y = rng(1).standard_normal((6, 5)), rng(2).integers(0, 3, 6)

    def loss(p, v, label):
        return -jax.nn.log_softmax(mlp(p, v, jnp.tanh))[label]

    values = jax.vmap(loss, (None, 0, 0))(params, x, y)
    by_params, by_x = jax.vmap(jax.grad(loss, (0, 1)), (None, 0, 0))(params, x, y)
    theta = sum((v**2).reshape(6, -1).sum(1) for v in jax.tree.leaves(by_params))
    expected = values.mean() + 0.3 * theta.mean() + 0.7 * (by_x**2).sum(1).mean()
    assert_allclose(penalized_loss(params, x, y, Penalty(0.3, 0.7)), expected, rtol=1e-10)


@pytest.fixture(scope="module")
def trained():
    data = digits_split(rng(0), 600)
    penalties = {"none": Penalty(), "parameter": Penalty(parameter=0.1), "input": Penalty(input=0.1)}
    runs = train_penalized(data, penalties, rng(1), sizes=(64, 16, 10), steps=300, every=150)
    return data, runs


def test_runs_share_the_start_and_learn(trained):
    data, runs = trained
    for run in runs.values():
        assert run.steps.tolist() == [0, 150, 300]
        assert [W.shape for W in run.Ws] == [(3, 16, 64), (3, 10, 16)]
        assert_allclose(run.Ws[0][0], runs["none"].Ws[0][0])
        assert run.accuracy(2, data.x_test, data.y_test) > 0.85 > run.accuracy(0, data.x_test, data.y_test)


def test_penalties_lower_what_they_penalize(trained):
    data, runs = trained
    sides = {name: run.sides(2, data.x[:200], data.y[:200]) for name, run in runs.items()}
    for s in sides.values():
        assert (s.tau <= 1 + 1e-12).all() and (s.tau <= s.tau_sharp + 1e-12).all()
    none = sides["none"]
    g = runs["none"].gradients(2, data.x[:200], data.y[:200])
    assert_allclose((g.grad_x**2).sum(-1), none.input_penalty, rtol=1e-10)
    assert sides["parameter"].parameter_penalty.mean() < 0.9 * none.parameter_penalty.mean()
    assert sides["input"].input_penalty.mean() < 0.9 * none.input_penalty.mean()


def test_bad_input():
    data = digits_split(rng(0), 100)
    for wrong in (
        {"penalties": {}},
        {"penalties": {"bad": Penalty(-1.0)}},
        {"sizes": (32, 10)},
        {"sizes": (64, 5)},
        {"steps": 0},
        {"steps": 30, "every": 20},
        {"batch": 0},
        {"learning_rate": 0},
    ):
        with pytest.raises(ValueError):
            train_penalized(data, **{"penalties": {"none": Penalty()}, "rng": rng(0), **wrong})


def test_divergence_is_reported():
    data = digits_split(rng(0), 100)
    with pytest.raises(ValueError, match="diverged"):
        train_penalized(data, {"none": Penalty()}, rng(0), (64, 8, 10), steps=40, every=40, learning_rate=1.7e308)
