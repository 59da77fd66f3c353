"""The two penalties, their brackets, and the nets that come near equality."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.instances.networks import (
    ACTIVATIONS_TRIED,
    WIDTHS_TRIED,
    climb,
    copied_network,
    copied_networks,
    isometric_network,
    narrowing_network,
    random_networks,
    sides_of,
    tight_or_not,
    tried_network,
)
from scispaces.networks.gradient_penalties import (
    dirichlet_energy_mc,
    gradient_penalty_sides,
    squared_spectral_norm,
)
from scispaces.networks.gradients import linear_output

shapes = st.lists(st.integers(1, 6), min_size=2, max_size=5)
activations = st.sampled_from(ACTIVATIONS_TRIED)


@given(shapes, activations, st.booleans(), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_inequalities_hold(widths, activation, biases, seed):
    s = sides_of(random_networks(rng(seed), widths, 30), activation, biases)
    alive = s.defined & (s.parameter_penalty > 0) & ~np.isnan(s.tau_sharp)
    assert (s.tau[alive] <= 1 + 1e-10).all()
    assert (s.tau[alive] <= s.tau_sharp[alive] * (1 + 1e-10)).all()
    assert (s.tau_sharp[alive] <= 1 + 1e-9).all()
    for low, high in (s.weight_rows, s.bias_rows, (s.lhs, s.parameter_penalty), (s.lhs_sharp, s.parameter_penalty)):
        assert (low <= high * (1 + 1e-10) + 1e-300).all()
    assert np.isfinite(s.tau).sum() == (s.defined & (s.parameter_penalty > 0)).sum()


@pytest.mark.parametrize("widths", WIDTHS_TRIED)
@pytest.mark.parametrize("activation", ACTIVATIONS_TRIED)
def test_copies_attain_equality(widths, activation):
    s = sides_of(copied_networks(rng(1), widths, 20), activation)
    assert_allclose(s.tau, 1, rtol=1e-12)
    assert_allclose(s.sharp_bracket, s.bracket, rtol=1e-12)
    near = sides_of(copied_networks(rng(1), widths, 20, noise=1e-7), activation)
    assert_allclose(near.tau, 1, rtol=1e-5)


def test_by_hand_for_one_layer():
    W, b, x, c = np.array([[3.0, 0.0], [0.0, 1.0]]), np.zeros(2), np.array([1.0, 2.0]), np.array([0.6, 0.8])
    s = gradient_penalty_sides([W], [b], x, linear_output(c), "linear")
    assert_allclose([s.input_penalty, s.parameter_penalty, s.bracket], [1.8**2 + 0.8**2, 6.0, 6 / 9])
    assert_allclose(s.tau, 0.36 + 0.64 / 9)  # cos^2 + (s2/s1)^2 sin^2
    no_bias = gradient_penalty_sides([W], [b], x, linear_output(c), "linear", biases=False)
    assert_allclose([no_bias.parameter_penalty, no_bias.bracket], [5.0, 5 / 9])


def test_a_dead_layer_gives_nan_and_a_true_product_form():
    Ws, bs = [-np.ones((2, 1)), np.ones((1, 2))], [np.zeros(2), np.zeros(1)]
    s = gradient_penalty_sides(Ws, bs, [1.0], linear_output([1.0]), ["relu", "linear"])
    assert not s.defined and np.isnan(s.bracket) and np.isnan(s.tau)
    assert s.lhs == s.lhs_sharp == s.input_penalty == 0
    assert s.weight_rows[0].tolist() == [0.0, 0.0] and (s.weight_rows[1] == 0).all()


def test_flat_output_has_no_ratio():
    s = gradient_penalty_sides([np.eye(2)], [np.zeros(2)], [1.0, 2.0], linear_output([0.0, 0.0]), "linear")
    assert s.parameter_penalty == 0 and np.isnan(s.tau) and s.defined


def fractions(net):
    """tau of a network given by its letters, and tau with Frobenius norms."""
    penalty = sum(np.sum(dW**2) + np.sum(db**2) for dW, db in zip(net["dW"], net["db"], strict=True))
    grad2 = np.sum(net["grad"] ** 2)

    def bracket(size):
        return sum((1 + np.sum(h**2)) / (size(W) * size(J)) ** 2
                   for W, h, J in zip(net["W"], net["h"], net["J"], strict=True))  # fmt: skip

    return bracket(lambda M: np.linalg.norm(M, 2)) * grad2 / penalty, bracket(np.linalg.norm) * grad2 / penalty


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_isometries_are_tight_at_full_rank_and_copies_at_rank_one(seed):
    spectral, frobenius = fractions(isometric_network(rng(seed), noise=0.0))
    assert_allclose(spectral, 1, rtol=1e-10)
    assert frobenius < 0.51
    assert_allclose(fractions(copied_network(rng(seed)))[0], 1, rtol=1e-8)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_least_singular_values_bound_the_other_way(seed):
    net = narrowing_network(rng(seed))
    penalty = sum(np.sum(dW**2) + np.sum(db**2) for dW, db in zip(net["dW"], net["db"], strict=True))
    bracket = sum((1 + np.sum(h**2)) / s**2 for h, s in zip(net["h"], net["s"], strict=True))
    assert penalty <= bracket * np.sum(net["grad"] ** 2) * (1 + 1e-8)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (1, 6)])
def test_spectral_norm_against_eigenvalues(shape):
    A = rng(0).standard_normal((7, *shape))
    assert_allclose(squared_spectral_norm(A), np.linalg.eigvalsh(A @ A.swapaxes(1, 2))[:, -1], rtol=1e-12)


def test_climbing_rises_towards_one():
    history = climb(rng(0), starts=20, iterations=60)
    assert history.shape == (61, 20)
    assert (np.diff(history, axis=0) >= 0).all()
    assert history[0].max() < history[-1].max() <= 1 + 1e-12
    assert np.median(history[-1]) > np.median(history[0]) + 0.2


def test_draws():
    for draw in (tried_network, tight_or_not):
        net = draw(rng(3))
        assert len(net["W"]) == len(net["J"]) == net["l"] >= net["t"] >= 1


def test_dirichlet_energy_of_a_linear_function():
    estimate, error = dirichlet_energy_mc(lambda x: 0 * x + [3.0, 4.0], rng(0).standard_normal((50, 2)))
    assert (estimate, error) == (12.5, 0.0)
    estimate, error = dirichlet_energy_mc(lambda x: x, rng(0).standard_normal((20000, 3)))
    assert abs(estimate - 1.5) < 5 * error < 0.1


@pytest.mark.parametrize(
    "call",
    [
        lambda: random_networks(rng(0), [3], 5),
        lambda: random_networks(rng(0), [3, 0], 5),
        lambda: random_networks(rng(0), [3, 2], 0),
        lambda: random_networks(rng(0), [3, 2], 5, scale=0),
        lambda: copied_networks(rng(0), [3, 2], 5, noise=-1),
        lambda: climb(rng(0), starts=0),
        lambda: climb(rng(0), iterations=0),
        lambda: squared_spectral_norm(np.ones(3)),
        lambda: dirichlet_energy_mc(lambda x: x, np.ones((1, 2))),
        lambda: dirichlet_energy_mc(lambda x: x[:, :1], np.ones((4, 2))),
        lambda: dirichlet_energy_mc(lambda x: x * np.nan, np.ones((4, 2))),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
