"""Gradient penalties, clipping and the critics trained with them; the one-dimensional critic against its formula."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from scispaces import key, rng
from scispaces.adversarial import penalty_on_the_line as critic_1d
from scispaces.adversarial.lipschitz_penalties import clip_weights, gradient_norms, gradient_penalty
from scispaces.adversarial.penalty_on_the_line import (
    gaussian_delta,
    gaussian_pair,
    interpolate_density,
    penalized_objective,
    penalized_slope,
)
from scispaces.backend import jax, jnp
from scispaces.data.rings import ring_and_blob
from scispaces.experiments import wasserstein_critics as wgan_critic
from scispaces.experiments.wasserstein_critics import Recipe, train_critics
from scispaces.networks import mlp
from scispaces.networks.activations import leaky_relu
from scispaces.networks.mlp import init_mlp
from scispaces.probability.wasserstein import wasserstein1_assignment


def test_docstrings_run():
    assert sum(doctest.testmod(m).failed for m in (wgan_critic, critic_1d, mlp)) == 0


@pytest.mark.parametrize(
    ("slope", "two", "one"), [(0.0, 10.0, 0.0), (0.5, 2.5, 0.0), (1.0, 0.0, 0.0), (3.0, 40.0, 40.0)]
)
def test_penalty_of_a_linear_critic(slope, two, one):
    w = slope * np.array([0.6, 0.8])
    x_p, x_q = rng(0).standard_normal((2, 7, 2))
    assert_allclose(gradient_penalty(lambda x: w @ x, x_p, x_q, key(0)), two, atol=1e-12)
    assert_allclose(gradient_penalty(lambda x: w @ x, x_p, x_q, key(0), one_sided=True), one, atol=1e-12)


def test_penalty_is_differentiable_where_the_gradient_vanishes():
    x_p, x_q = rng(0).standard_normal((2, 7, 2))
    grad = jax.grad(lambda w: gradient_penalty(lambda x: w @ x, x_p, x_q, key(0)))(jnp.zeros(2))
    assert np.all(np.isfinite(grad))


def test_interpolates_stay_in_the_hull_and_fill_it():
    x_p, x_q = np.ones((4000, 1)), np.zeros((4000, 1))
    slope = lambda x: x[0] ** 2 / 2  # noqa: E731  (the gradient is the position)
    two = float(gradient_penalty(slope, x_p, x_q, key(1), lam=1.0))
    assert abs(two - 1 / 3) < 0.03  # int_0^1 (t - 1)^2 dt
    assert float(gradient_penalty(slope, x_p, x_q, key(1), one_sided=True)) == 0.0


def test_gradient_norms_of_a_cone():
    x = rng(2).standard_normal((5, 3))
    assert_allclose(gradient_norms(lambda z: jnp.sqrt(z @ z), x), 1, rtol=1e-12)


@given(st.floats(0.01, 10), st.integers(1, 6), st.integers(1, 6), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_clipping_bounds_the_spectral_norm(c, m, n, seed):
    W = np.asarray(clip_weights([rng(seed).standard_cauchy((m, n))], c)[0])
    assert np.abs(W).max() <= c
    assert np.linalg.norm(W, 2) <= c * np.sqrt(m * n) * (1 + 1e-12)
    assert_allclose(np.linalg.norm(np.full((m, n), c), 2), c * np.sqrt(m * n), rtol=1e-12)


@pytest.fixture(scope="module")
def trained():
    x_p, x_q = ring_and_blob(256, rng(0))
    recipes = {
        "free": Recipe(),
        "clip": Recipe(clip=0.1),
        "spectral": Recipe(spectral=1.0),
        "penalty": Recipe(penalty=10.0),
        "one-sided": Recipe(penalty=10.0, one_sided=1.0),
    }
    return x_p, x_q, train_critics(x_p, x_q, recipes, rng(1), steps=200)


def test_gap_is_bounded_by_the_product_of_norms(trained):
    x_p, x_q, critics = trained
    w1 = wasserstein1_assignment(x_p, x_q)
    for critic in critics.values():
        bound = np.prod([np.linalg.norm(W, 2) for W, _ in critic.params])
        assert critic.max_gradient(x_p) <= bound * (1 + 1e-6)
        assert critic.gap(x_p, x_q) <= bound * w1 * (1 + 1e-6)


def test_each_recipe_does_what_it_says(trained):
    x_p, x_q, critics = trained
    w1 = wasserstein1_assignment(x_p, x_q)
    assert critics["free"].gap(x_p, x_q) > 50 * w1
    assert max(np.abs(leaf).max() for leaf in jax.tree.leaves(critics["clip"].params)) <= 0.1 + 1e-7
    assert_allclose([np.linalg.norm(W, 2) for W, _ in critics["spectral"].params], 1, rtol=1e-6)
    assert critics["spectral"].gap(x_p, x_q) < 0.8 * w1
    assert critics["penalty"].gaps.shape == (200,)
    assert 0.9 * w1 < critics["penalty"].gaps[-50:].mean() < 1.3 * w1
    assert critics["free"](x_p).shape == (256,)


def test_training_is_deterministic(trained):
    x_p, x_q, critics = trained
    again = train_critics(x_p, x_q, {"clip": Recipe(clip=0.1)}, rng(1), steps=200)["clip"]
    assert_allclose(again.gap(x_p, x_q), critics["clip"].gap(x_p, x_q), rtol=1e-2)


# ------------------------------------------------------------------------------------------------- one dimension


@given(st.floats(-1, 1), st.floats(0.01, 2), st.floats(0.1, 20), st.booleans())
@settings(max_examples=40, deadline=None)
def test_slope_maximises_the_objective(delta, rho, lam, one_sided):
    slope = penalized_slope([delta], [rho], lam)[0]
    best = penalized_objective([slope], [delta], [rho], lam, one_sided)[0]
    found = minimize_scalar(
        lambda s: -penalized_objective([s], [delta], [rho], lam, one_sided)[0],
        bounds=sorted((0.0, 2 * slope)),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert -found.fun <= best + 1e-9
    others = penalized_objective(
        3 * abs(slope) * np.linspace(-1, 1, 101), np.full(101, delta), np.full(101, rho), lam, one_sided
    )
    assert others.max() <= best + 1e-12


def test_density_of_the_interpolates():
    assert_allclose(quad(lambda x: float(interpolate_density([x], 2.0, 0.0)[0]), -12, 14)[0], 1, atol=1e-8)
    gen = rng(3)
    eps, a, b = gen.random(200_000), 2 + gen.standard_normal(200_000), gen.standard_normal(200_000)
    share = np.mean(eps * a + (1 - eps) * b < 0.5)
    assert abs(quad(lambda x: float(interpolate_density([x], 2.0, 0.0)[0]), -12, 0.5)[0] - share) < 0.006


def test_delta_integrates_to_the_distance():
    x = np.linspace(-12, 14, 20001)
    delta, rho = gaussian_pair(x, 2.0, 0.0)
    assert_allclose(np.trapezoid(delta, x), 2.0, atol=1e-6)
    assert_allclose(np.trapezoid(rho, x), 1.0, atol=1e-6)
    assert_allclose(delta, gaussian_delta(x, 2.0, 0.0))


# ------------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gradient_penalty(lambda x: x[0], np.zeros((2, 1)), np.zeros((3, 1)), key(0)), "shape"),
        (lambda: clip_weights([np.eye(2)], 0.0), "c must be > 0"),
        (lambda: ring_and_blob(0, rng(0)), "n must"),
        (lambda: train_critics(np.zeros((3, 2)), np.zeros((4, 2)), {"a": Recipe()}, rng(0)), "x_q must have shape"),
        (lambda: train_critics(np.zeros((3, 2)), np.zeros((3, 2)), {}, rng(0)), "at least one recipe"),
        (lambda: train_critics([[np.nan]], [[1.0]], {"a": Recipe()}, rng(0)), "finite"),
        (lambda: train_critics([[0.0]], [[1.0]], {"a": Recipe(clip=0.0)}, rng(0)), "clip must"),
        (lambda: train_critics([[0.0]], [[1.0]], {"a": Recipe(penalty=-1.0)}, rng(0)), "penalty must"),
        (lambda: train_critics([[0.0]], [[1.0]], {"a": Recipe()}, rng(0), steps=0), "steps must"),
        (lambda: init_mlp(rng(0), (3,)), "at least two"),
        (lambda: init_mlp(rng(0), (3, 0)), "size must"),
        (lambda: leaky_relu(2.0), "slope must"),
        (lambda: penalized_slope([1.0], [0.0], 1.0), "rho must be > 0"),
        (lambda: penalized_slope([1.0], [1.0, 2.0], 1.0), "same shape"),
        (lambda: penalized_slope([1.0], [1.0], 0.0), "lam must be > 0"),
        (lambda: interpolate_density([0.0], 0.0, 1.0, sd=-1.0), "sd must be > 0"),
        (lambda: gaussian_delta([np.nan], 0.0, 1.0), "finite"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
