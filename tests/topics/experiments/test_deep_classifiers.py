"""The small trainable net: the forward pass against numpy, the gradient against differences, training, bad input."""

import numpy as np
import pytest

import scispaces
from scispaces.backend import jax
from scispaces.data.digits import digits_split
from scispaces.experiments import deep_classifiers as dm
from scispaces.networks.mlp import unstack


@pytest.fixture(scope="module")
def digits():
    return digits_split(scispaces.rng(0), scaling="standard")


def test_split_is_standardised_and_disjoint(digits):
    assert digits.x.shape == (1400, 64) and digits.x_test.shape == (397, 64)
    assert np.abs(digits.x.mean(axis=0)).max() < 1e-5
    assert digits.x.std() == pytest.approx(1, abs=1e-4)
    assert set(digits.y_test.tolist()) == set(range(10))


@pytest.mark.parametrize("activation,phi", [("tanh", np.tanh), ("relu", lambda y: np.maximum(y, 0))])
def test_forward_pass_is_the_plain_one(activation, phi):
    params = dm.initial_mlps(scispaces.rng(1), 6, 3, 4, [("normal", 1.5), ("orthogonal", 1.0)])
    x = scispaces.rng(2).standard_normal((5, 6)).astype(np.float32)
    net = unstack(params, 1)
    h = x
    for W, b in zip(*net["layers"][0], strict=True):
        h = phi(h @ W.T + b)
    assert np.allclose(dm.mlp_features(net, x, activation), h, atol=1e-5)
    assert [v.shape for v in net["head"]] == [(4, 6), (4,)]


def test_nets_of_one_law_differ_by_the_gain_only():
    W = np.asarray(dm.initial_mlps(scispaces.rng(1), 8, 2, 3, [("normal", 1.0), ("normal", 4.0)])["layers"][0][0])
    assert np.allclose(W[1], 2 * W[0])


def test_blocks_are_two_layers_each_and_differ_by_the_variances_only():
    params = dm.initial_block_mlps(scispaces.rng(1), 6, 10, 2, 3, [(1.0, 1.0), (4.0, 9.0)])
    first, second = (unstack(params, i)["layers"] for i in (0, 1))
    assert np.allclose(second[0][0], 2 * first[0][0]) and np.allclose(second[1][0], 3 * first[1][0])
    assert first[0][0].std() == pytest.approx(1, abs=0.3)
    x = h = scispaces.rng(2).standard_normal((5, 6)).astype(np.float32)
    for W, U in zip(first[0][0], first[1][0], strict=True):
        h = np.maximum(np.maximum(h @ W.T, 0) @ U.T, 0)
    assert np.allclose(dm.mlp_features(unstack(params, 0), x), h, rtol=1e-4, atol=1e-4)


def test_blocks_train(digits):
    params = dm.initial_block_mlps(scispaces.rng(3), 64, 16, 1, 10, [(2 / 32, 2 / 32)])
    runs = dm.train_mlps(scispaces.rng(4), params, digits, steps=100)
    assert runs.accuracy[0] > 0.7 and runs.loss[0, -1] < runs.loss[0, 0] / 2


def test_a_shallow_net_learns_and_the_gradient_is_right(digits):
    params = dm.initial_mlps(scispaces.rng(3), 64, 2, 10, [("normal", 2.0)])
    runs = dm.train_mlps(scispaces.rng(4), params, digits, steps=150)
    assert runs.accuracy[0] > 0.85 and runs.loss[0, -1] < runs.loss[0, 0] / 3
    assert runs.loss.shape == runs.gradient_norm.shape == (1, 150)


def test_nets_of_different_activations_train_together_as_they_do_alone(digits):
    params = dm.initial_mlps(scispaces.rng(5), 64, 2, 10, [("normal", 1.0), ("normal", 1.0)])
    both = dm.train_mlps(scispaces.rng(6), params, digits, ["tanh", "relu"], steps=20)
    for i, name in enumerate(["tanh", "relu"]):
        alone = dm.train_mlps(
            scispaces.rng(6), jax.tree.map(lambda v, i=i: v[i : i + 1], params), digits, name, steps=20
        )
        assert np.allclose(both.loss[i], alone.loss[0], rtol=1e-3)


def test_bad_input_is_refused(digits):
    good = dm.initial_mlps(scispaces.rng(0), 64, 1, 10, [("normal", 1.0)])
    for call in [
        lambda: digits_split(scispaces.rng(0), train=1797),
        lambda: digits_split(scispaces.rng(0), scaling="none"),
        lambda: dm.initial_mlps(scispaces.rng(0), 64, 1, 10, []),
        lambda: dm.initial_mlps(scispaces.rng(0), 64, 0, 10, [("normal", 1.0)]),
        lambda: dm.initial_mlps(scispaces.rng(0), 64, 1, 10, [("normal", -1.0)]),
        lambda: dm.initial_mlps(scispaces.rng(0), 64, 1, 10, [("he", 1.0)]),
        lambda: dm.initial_block_mlps(scispaces.rng(0), 64, 8, 1, 10, []),
        lambda: dm.initial_block_mlps(scispaces.rng(0), 64, 0, 1, 10, [(1.0, 1.0)]),
        lambda: dm.initial_block_mlps(scispaces.rng(0), 64, 8, 1, 10, [(1.0, 0.0)]),
        lambda: dm.train_mlps(scispaces.rng(0), good, digits, activation="step"),
        lambda: dm.train_mlps(scispaces.rng(0), good, digits, activation=["relu", "relu"]),
        lambda: dm.train_mlps(scispaces.rng(0), good, digits, steps=0),
        lambda: dm.train_mlps(scispaces.rng(0), good, digits, rate=0.0),
        lambda: dm.train_mlps(scispaces.rng(0), dm.initial_mlps(scispaces.rng(0), 8, 1, 10, [("normal", 1.0)]), digits),
    ]:
        with pytest.raises(ValueError, match=r"must|features"):
            call()
