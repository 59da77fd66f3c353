"""Training normalized critics and toy GANs: what has to hold for every run, and who is better than whom by far."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from scispaces import rng
from scispaces.adversarial.normalization import NORMALIZATIONS, gradient_normalize, split_change
from scispaces.backend import jax
from scispaces.data.rings import ring_and_blob, ring_sample
from scispaces.experiments.gans import LANES, train_gans, train_normalized_critics
from scispaces.networks.activations import leaky_relu
from scispaces.networks.mlp import mlp
from scispaces.networks.piecewise_linear import segment_pieces
from scispaces.probability.wasserstein import wasserstein1_assignment


@pytest.fixture(scope="module")
def trained():
    x_p, x_q = ring_and_blob(64, rng(0))
    return x_p, x_q, train_normalized_critics(x_p, x_q, LANES, rng(1), steps=120, width=16)


@pytest.mark.parametrize("kind", NORMALIZATIONS)
def test_a_critic_is_the_normalized_network(kind, trained):
    x_p, _, critics = trained
    f = gradient_normalize(lambda p, x: mlp(p, x, leaky_relu(0.01))[..., 0], kind, 0.1)
    params = [(np.asarray(W), np.asarray(b)) for W, b in critics[kind].params]
    expected = np.array([f(params, x) for x in x_p[:5]])
    assert_allclose(critics[kind](x_p[:5]), expected, rtol=1e-9)


def test_gaps(trained):
    x_p, x_q, critics = trained
    cost = cdist(x_q, x_p)
    pairs = linear_sum_assignment(cost)
    exact = wasserstein1_assignment(x_p, x_q)
    assert np.abs(critics["gn"](x_p)).max() <= 1
    assert critics["naive"].gaps.shape == (120,)
    assert 0.5 * exact < critics["penalty"].gap(x_p, x_q) < 1.6 * exact
    for kind in ("naive", "gn", "gran"):
        critic = critics[kind]
        changes = [
            split_change(segment_pieces(critic.params, x_q[i], x_p[j], 0.01), kind, 0.1)
            for i, j in zip(*pairs, strict=True)
        ]
        within, jumps = np.mean(changes, axis=0)
        assert_allclose(within + jumps, critic.gap(x_p, x_q), rtol=1e-9)
        assert within <= exact


@pytest.fixture(scope="module")
def generated():
    return train_gans(["penalty", "gn"], rng(0), steps=200, batch=32)


def test_gan_learns_the_ring(generated):
    ring, centre = ring_sample(256, rng(5)), np.zeros((256, 2))
    for points in generated.values():
        assert points.shape == (256, 2)
        assert wasserstein1_assignment(points, ring) < 0.75 * wasserstein1_assignment(centre, ring)


def test_lanes_do_not_touch_each_other(generated):
    again = train_gans(["inner", "gn"], rng(0), steps=200, batch=32)
    assert_allclose(again["gn"], generated["gn"], rtol=1e-6, atol=1e-8)
    assert np.abs(again["inner"] - generated["penalty"]).max() > 0.1


def test_ring_sample():
    x = ring_sample(4000, rng(0), modes=4, radius=3.0, sd=0.05)
    assert_allclose(np.linalg.norm(x, axis=1).mean(), 3, atol=0.01)
    angle = np.angle(x[:, 0] + 1j * x[:, 1]) / (np.pi / 2)
    assert np.abs(angle - np.round(angle)).max() < 0.1
    assert jax.default_backend() == "cpu"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: train_gans([], rng(0)), "at least one"),
        (lambda: train_gans("gn", rng(0)), "kinds must be a list"),
        (lambda: train_gans(["sn"], rng(0)), "kind must be one of"),
        (lambda: train_gans(["gn"], rng(0), steps=0), "steps must"),
        (lambda: train_gans(["gn"], rng(0), lam=-1.0), "lam must"),
        (lambda: train_normalized_critics(np.zeros((3, 2)), np.zeros((4, 2)), ["gn"], rng(0)), "x_q must"),
        (lambda: train_normalized_critics(np.zeros((3, 2)), np.zeros((3, 2)), ["gn"], rng(0), eps=0.0), "eps must"),
        (lambda: ring_sample(0, rng(0)), "n must"),
        (lambda: ring_sample(5, rng(0), sd=0.0), "sd must"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
