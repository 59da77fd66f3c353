"""Exponentiated gradients and learned gains against optax, scipy, jax and formulas written out."""

from __future__ import annotations

import numpy as np
import optax
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.optimizers.exponentiated import (
    eg_scale,
    eg_step,
    eg_step_simplex,
    eg_update,
    gain_path,
    gain_update,
    meta_descent,
    noise_mean_gain,
    reduced_limit,
    reduced_meta_map,
)

H = np.array([0.1, 0.5, 1.0])


def quadratic(theta):
    return H * theta


# --------------------------------------------------------------------------------------------------------------- steps


def test_a_step_multiplies_and_never_changes_a_sign():
    theta, g = np.array([0.0, 0.5, 2.0]), np.array([3.0, -1.0, 2.0])
    assert_allclose(eg_step(theta, g, 0.3), theta * np.exp(-0.3 * g), rtol=1e-14)
    assert eg_step(theta, -1e6 * g, 1.0)[0] == 0


def test_a_step_overflows_only_where_its_value_does():
    assert_allclose(eg_step([1e-200], [-800.0], 1.0), 1e-200 * np.exp(400) * np.exp(400), rtol=1e-13)
    assert_allclose(eg_step([1e200], [900.0], 1.0), 1e200 * np.exp(-450) * np.exp(-450), rtol=1e-13)
    assert_array_equal(eg_step([1.0, 1.0, 0.0], [-1e5, 1e5, -1e5], 1.0), [np.inf, 0, 0])


def test_the_update_inside_of_a_scan():
    grads = rng(0).standard_normal((20, 3))
    scanned, _ = jax.lax.scan(lambda p, g: (eg_update(p, g, 0.1), None), jnp.array([1.0, 2.0, 0.0]), jnp.asarray(grads))
    assert_allclose(scanned, [1.0, 2.0, 0.0] * np.exp(-0.1 * grads.sum(axis=0)), rtol=1e-13)


def test_on_the_simplex_it_is_a_softmax_along_the_last_axis():
    p, g = rng(0).dirichlet(np.ones(4), size=3), rng(1).standard_normal((3, 4))
    assert_allclose(eg_step_simplex(p, g, 0.7), softmax(np.log(p) - 0.7 * g, axis=-1), rtol=1e-13)
    huge = eg_step_simplex([0.0, 0.5, 0.5], [1e4, 1e4 + 1, 1e4], 1.0)
    assert_allclose(huge, [0, np.exp(-1) / (1 + np.exp(-1)), 1 / (1 + np.exp(-1))], rtol=1e-12)


@pytest.mark.parametrize("bad", [(-1.0, 1.0, 0.1), (1.0, np.nan, 0.1), (1.0, 1.0, 0.0), ([1.0], [1.0, 2.0], 0.1)])
def test_bad_steps_are_refused(bad):
    with pytest.raises(ValueError, match="must"):
        eg_step(*bad)


def test_a_row_of_zeros_is_no_distribution():
    with pytest.raises(ValueError, match="positive entry"):
        eg_step_simplex([[0.0, 0.0], [0.5, 0.5]], np.zeros((2, 2)), 1.0)


# --------------------------------------------------------------------------------------------------------------- gains


def test_gain_path_is_one_step_after_another():
    grads, log_gain = rng(0).standard_normal((7, 2)), np.zeros(2)
    for k, row in enumerate(gain_path(grads, 0.3, nu0=2.0)):
        assert_allclose(row, 2 * np.exp(log_gain), rtol=1e-13)
        if k < 6:
            log_gain = gain_update(log_gain, grads[k], grads[k + 1], 0.3)
    assert np.isfinite(gain_path(np.full(9, 100.0), 1.0, log=True)).all()
    assert gain_path(np.full(9, 100.0), 1.0)[-1] == np.inf


def test_meta_descent_updates_the_gain_before_it_is_used():
    run = meta_descent(quadratic, [1.0, -2.0, 3.0], 0.5, 0.2, 3)
    theta, nu, before = np.array([1.0, -2.0, 3.0]), np.ones(3), None
    for k in range(3):
        g = H * theta
        nu = nu if before is None else nu * np.exp(0.2 * before * g)
        assert_allclose(run.gain[k], nu, rtol=1e-14)
        theta, before = theta - 0.5 * nu * g, g
        assert_allclose(run.theta[k + 1], theta, rtol=1e-14)
    assert run.failed is None and run.grad.shape == (3, 3)


def test_without_a_rule_it_is_sgd():
    path, optimizer = [jnp.ones(3)], optax.sgd(0.7)
    state = optimizer.init(path[0])
    for _ in range(10):
        updates, state = optimizer.update(H * path[-1], state)
        path.append(optax.apply_updates(path[-1], updates))
    assert_allclose(meta_descent(quadratic, np.ones(3), 0.7, 1.0, 10, "none").theta, path, rtol=1e-13)


def test_the_sign_rule_has_the_step_sizes_of_rprop():
    grads = [np.array([1.0, 2.0]), np.array([0.5, 1.0]), np.array([2.0, 0.1]), np.array([1.0, -3.0])]
    optimizer = optax.rprop(1.0, eta_minus=np.exp(-0.2), eta_plus=np.exp(0.2), min_step_size=1e-9, max_step_size=1e9)
    state, log_gain = optimizer.init(jnp.zeros(2)), np.zeros(2)
    for k, g in enumerate(grads):
        _, state = optimizer.update(jnp.asarray(g), state, jnp.zeros(2))
        log_gain = gain_update(log_gain, grads[k - 1], g, 0.2, "sign") if k else log_gain
        sizes = next(s.step_sizes for s in jax.tree.leaves(state, is_leaf=lambda s: hasattr(s, "step_sizes")))
        assert_allclose(np.exp(log_gain), sizes, rtol=1e-6)


def test_additive_gains_may_turn_negative_and_bounds_hold():
    def slope(theta):
        return np.where(theta == 0, 2.0, -1.5)

    wild = meta_descent(slope, [0.0], 1.0, 1.0, 2, "additive")
    assert wild.gain[1, 0] == -2 and np.isnan(wild.log_gain[1, 0])
    clipped = meta_descent(quadratic, np.ones(3), 0.1, 50.0, 30, log_nu_bounds=(-0.5, 0.5))
    assert clipped.log_gain.max() == 0.5


def test_a_run_that_overflows_stops_and_says_where():
    run = meta_descent(lambda theta: 5 * theta, [1.0], 1.0, 1.0, 1000, "none")
    assert run.failed is not None and np.isfinite(run.theta).all() and len(run.theta) == run.failed + 1
    with pytest.raises(ValueError, match="interval around 0"):
        meta_descent(quadratic, np.ones(3), 1.0, 1.0, 3, log_nu_bounds=(1.0, 2.0))


@pytest.mark.parametrize("cosine", [True, False])
def test_the_learned_scale_step_by_step(cosine):
    grads = rng(0).standard_normal((6, 4))
    optimizer = eg_scale(0.8, cosine)({"lr": 0.1, "gamma": 0.3})
    state, h, log_scale = optimizer.init(jnp.zeros(4)), np.zeros(4), 0.0
    for k, g in enumerate(grads):
        step, state = optimizer.update(jnp.asarray(g), state)
        size = np.linalg.norm(h) * np.linalg.norm(g) if cosine else 1.0
        log_scale += 0.3 * (h @ g) / size if k else 0.0
        h = 0.8 * h + 0.1 * g
        assert_allclose(step, -np.exp(log_scale) * h, rtol=1e-12)
    assert_allclose(state.log_scale, log_scale, rtol=1e-12)


def test_without_learning_the_scale_is_momentum():
    ours, peer, params = eg_scale(0.9)({"lr": 0.05, "gamma": 0.0}), optax.sgd(0.05, momentum=0.9), jnp.ones(3)
    mine, theirs = ours.init(params), peer.init(params)
    for g in rng(1).standard_normal((5, 3)):
        a, mine = ours.update(jnp.asarray(g), mine)
        b, theirs = peer.update(jnp.asarray(g), theirs)
        assert_allclose(a, b, rtol=1e-12)
    with pytest.raises(ValueError, match="below 1"):
        eg_scale(1.0)


# ------------------------------------------------------------------------------------------- the parabola and the noise


def test_the_reduced_map_is_meta_descent_on_a_parabola():
    eta, h, gamma = 0.3, 1.7, 0.9
    run = meta_descent(lambda theta: h * theta, [1.1], eta, gamma, 12)
    x, c = eta * h, gamma * (h * 1.1) ** 2
    for k in range(12):
        assert_allclose(eta * h * run.gain[k, 0], x, rtol=1e-12)
        x, c = reduced_meta_map(x, c)


def test_limits_of_the_reduced_map():
    assert_allclose(reduced_limit([2.5, 2.5], [1.0, 0.1]), [1.17714395080953, 1.29303755019581], rtol=1e-11)
    assert_array_equal(np.isnan(reduced_limit([[0.1], [1.0]], [6.0, 6.0])), [[True, True], [False, False]])
    with pytest.raises(ValueError, match="broadcast"):
        reduced_limit([1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(ValueError, match=">= 0"):
        reduced_meta_map(-1.0, 1.0)


def test_the_mean_gain_under_noise_is_a_determinant():
    for t in (0, 1, 2, 7, 20):
        path = np.eye(t + 1) - 0.3 * (np.eye(t + 1, k=1) + np.eye(t + 1, k=-1))
        assert_allclose(noise_mean_gain(t, 0.075, 2.0), np.linalg.det(path) ** -0.5, rtol=1e-12)


def test_the_mean_gain_is_infinite_from_the_threshold_on():
    edge = 0.5 / np.cos(np.pi / 7)  # t = 5
    assert np.isfinite(noise_mean_gain(5, edge - 1e-9, 1.0)) and noise_mean_gain(5, edge + 1e-9, 1.0) == np.inf
    assert np.isfinite(noise_mean_gain(5000, 0.5, 1.0)) and noise_mean_gain(5000, 0.501, 1.0) == np.inf
    with pytest.raises(ValueError, match="sigma"):
        noise_mean_gain(3, 0.1, -1.0)
