"""Accumulation without a buffer against the buffer, and both against optax.MultiSteps."""

from __future__ import annotations

import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.linalg import solve_discrete_lyapunov

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.optimizers.accumulation import (
    accumulation_coefficients,
    adam_buffer_step,
    adam_split_step,
    block_decay,
    buffer_step,
    effective_noise,
    ema_momentum_variance,
    ema_step,
    ema_weights,
    filter_distance,
    second_moment_ratio,
)

START = {"a": np.array([-1.2, 1.0]), "b": np.array(0.3)}
ZERO = jax.tree.map(np.zeros_like, START)
NOISE = rng(0).standard_normal((48, 3))


def slope(p, noise):  # depends on theta and on the micro-batch
    def loss(p):
        return jnp.sum(p["a"] ** 4) / 4 + p["b"] ** 2 * p["a"][0] + p["b"] * noise[2] + p["a"] @ noise[:2]

    return jax.grad(loss)(p)


slope = jax.jit(slope)


def run(step, kept, steps=48):
    theta, path = START, []
    for t in range(1, steps + 1):
        theta, kept = step(theta, kept, slope(theta, NOISE[t - 1]), t)
        path.append(np.append(theta["a"], theta["b"]))
    return np.array(path), kept


@pytest.mark.parametrize("k", [1, 2, 3, 8])
def test_split_is_accumulation_and_that_of_optax(k):
    coefficients = accumulation_coefficients(0.9, k)
    split, m = run(lambda x, m, g, t: ema_step(x, m, g, t, 0.05 + 0.01 * (t // k), k, coefficients), ZERO)
    buffer, kept = run(lambda x, m, g, t: buffer_step(x, m, g, t, 0.05 + 0.01 * (t // k), k, 0.9), (ZERO, ZERO))
    assert_allclose(split, buffer, rtol=1e-12)
    jax.tree.map(lambda a, b: assert_allclose(a, b, rtol=1e-12), m, kept[0])
    assert (split[: k - 1] == np.append(START["a"], START["b"])).all()

    rule = optax.MultiSteps(optax.chain(optax.ema(0.9, debias=False), optax.scale_by_learning_rate(0.05)), k)

    def by_optax(x, state, g, t):
        updates, state = rule.update(g, state, x)
        return optax.apply_updates(x, updates), state

    theirs, _ = run(by_optax, rule.init(START))
    ours, _ = run(lambda x, m, g, t: ema_step(x, m, g, t, 0.05, k, coefficients), ZERO)
    assert_allclose(ours, theirs, atol=1e-7)


@pytest.mark.parametrize("k", [1, 3])
def test_adam_with_a_buffer_is_that_of_optax(k):
    rule = optax.MultiSteps(optax.adam(0.01, 0.9, 0.99, eps=0.0, eps_root=1e-8), k)

    def by_optax(x, state, g, t):
        updates, state = rule.update(g, state, x)
        return optax.apply_updates(x, updates), state

    theirs, _ = run(by_optax, rule.init(START))
    ours, _ = run(lambda x, s, g, t: adam_buffer_step(x, s, g, t, 0.01, k, 0.9, 0.99), (ZERO, ZERO, ZERO))
    assert_allclose(ours, theirs, atol=1e-6)
    split, _ = run(lambda x, s, g, t: adam_split_step(x, s, g, t, 0.01, k, 0.9, 0.99), (ZERO, ZERO))
    assert (k == 1) == np.allclose(split, ours, atol=1e-9)


@pytest.mark.parametrize("mode", ["exact", "tilde", "same"])
def test_weights_are_the_impulse_response(mode):
    k, coefficients = 4, accumulation_coefficients(0.8, 4, mode)
    by_step = []
    for age in range(12):
        m = 0.0
        for t in range(1, 13):
            _, m = ema_step(0.0, m, float(t == 12 - age), t, 1.0, k, coefficients)
        by_step.append(float(m))
    assert_allclose(ema_weights(0.8, 4, 3, mode), by_step, rtol=1e-12)
    assert_allclose(ema_weights(0.8, 4, 400, mode).sum(), 1, rtol=1e-10)


def test_distances_of_filters():
    assert_allclose([filter_distance(0.9, k) for k in (2, 8, 64)], [0.0293, 0.0408, 0.0441], atol=5e-5)
    assert filter_distance(0.0, 2) == pytest.approx(0.5) and filter_distance(0.9, 1) == 0


@given(st.floats(0, 1), st.integers(1, 60))
@settings(max_examples=40)
def test_block_decay_and_noise(beta, k):
    assert_allclose(block_decay(beta, k), (1 - (1 - beta) / k) ** k, rtol=1e-9, atol=1e-300)
    if beta < 0.999:
        w = (1 - beta) * beta ** np.arange(k) / (1 - beta**k)
        assert_allclose(effective_noise(beta, k), np.sum(w**2), rtol=1e-9)


def test_edges():
    assert_allclose(effective_noise([0, 1, 1 - 1e-12], 4), [1, 0.25, 0.25], rtol=1e-9)
    assert_allclose(block_decay(0.9, 1e6), np.exp(-0.1), rtol=1e-6)
    assert block_decay(0.0, 1) == 0
    assert second_moment_ratio(0, 0, 5) == 1 and second_moment_ratio(0, 1e-300, 5) == 5
    assert_allclose(second_moment_ratio([1e200, 1e-200], [1e200, 1], 4), [1, 4])


@given(st.floats(0.01, 1), st.floats(0.1, 2), st.floats(0, 0.99))
@settings(max_examples=30)
def test_variance_against_lyapunov(alpha, h, B):
    M = np.array([[1 - alpha * (1 - B) * h, -alpha * B], [(1 - B) * h, B]])
    kick = (1 - B) * np.array([-alpha, 1.0])
    if alpha * h < 1.9:
        P = solve_discrete_lyapunov(M, 3.0 * np.outer(kick, kick))
        assert_allclose(ema_momentum_variance(alpha, h, 3.0, B), P[0, 0], rtol=1e-6)


def test_errors():
    cases = [
        (lambda: accumulation_coefficients(1.0, 2), "below 1"),
        (lambda: accumulation_coefficients(0.9, 0), "k must"),
        (lambda: accumulation_coefficients(0.9, 2, "other"), "mode"),
        (lambda: block_decay(1.1, 2), "beta"),
        (lambda: effective_noise(0.5, 0.5), "k must"),
        (lambda: ema_momentum_variance(5.0, 1.0, 1.0, 0.0), "contract"),
        (lambda: ema_momentum_variance(-5.0, 1.0, 1.0, 0.0), "wanted"),
        (lambda: second_moment_ratio(0.0, -1.0, 2), "s2 must"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError, match=message):
            call()
