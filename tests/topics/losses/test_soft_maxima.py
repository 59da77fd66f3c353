"""Soft maxima against scipy, their bounds, extreme scores, and the recursion for the k largest."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

from scispaces import rng
from scispaces.losses.soft_maxima import (
    boltzmann_max,
    boltzmann_worst,
    lse,
    lse_error_bounds,
    soft_argmax,
    soft_kmax,
    softmax,
)

X = rng(0).normal(size=(5, 4, 3))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("K", [0.3, 1.0, 7.0, -2.0])
def test_as_scipy_along_every_axis(axis, K):
    assert np.allclose(lse(X, K, axis), scipy.special.logsumexp(K * X, axis=axis) / K, rtol=1e-13, atol=0)
    n = X.shape[axis]
    mean = scipy.special.logsumexp(K * X, axis=axis, b=1 / n) / K
    assert np.allclose(lse(X, K, axis, mean=True), mean, rtol=1e-12, atol=1e-14)
    p = scipy.special.softmax(K * X, axis=axis)
    assert np.allclose(softmax(X, K, axis), p, rtol=1e-13, atol=0)
    assert np.allclose(boltzmann_max(X, K, axis), (p * X).sum(axis), rtol=1e-12, atol=1e-14)
    places = np.moveaxis(np.broadcast_to(np.arange(1, n + 1), np.moveaxis(X, axis, -1).shape), -1, axis)
    assert np.allclose(soft_argmax(X, K, axis), (p * places).sum(axis), rtol=1e-13)
    assert np.allclose(soft_argmax(X, K, axis, base=0), (p * places).sum(axis) - 1, rtol=1e-12)


def test_extreme_scores():
    assert lse([1e200, 0.0]) == 1e200 == boltzmann_max([1e200, 0.0])
    assert lse([-1e200, -1e200]) == -1e200
    assert lse([1.7e308, -1.7e308]) == 1.7e308 and list(softmax([1.7e308, -1.7e308])) == [1, 0]
    assert np.isclose(lse([0.0, 0.0], 1e-200), np.log(2) * 1e200)
    assert lse([-np.inf, 3.0]) == 3.0 and lse([-np.inf, -np.inf]) == -np.inf
    assert list(softmax([-np.inf, 3.0])) == [0, 1]
    assert lse([2.5], 9.0) == 2.5 == boltzmann_max([2.5])
    assert list(softmax([1e-200, 0.0])) == [0.5, 0.5]
    assert list(soft_kmax([1e200, 0.0, -1e200], 2)) == [1, 1, 0]


def test_the_bounds_hold_and_are_attained():
    gen = rng(1)
    for _ in range(300):
        n, K = gen.integers(1, 12), 10 ** gen.uniform(-2, 2)
        x = np.round(gen.normal(size=n) * 10 ** gen.uniform(-2, 2), gen.integers(0, 4))
        low, high = lse_error_bounds(n, K)
        slack = 1e-12 * (1 + abs(x).max())
        assert low - slack <= lse(x, K) - x.max() <= high + slack
        assert -slack <= x.max() - boltzmann_max(x, K) <= boltzmann_worst(n, K) + slack
    assert np.isclose(lse(np.zeros(7), 2.0), lse_error_bounds(7, 2.0)[1])
    for n in (2, 5, 40):
        w = boltzmann_worst(n)
        assert np.isclose(w * np.exp(w) * np.e, n - 1)
        assert np.isclose(0 - boltzmann_max(np.r_[0.0, np.full(n - 1, -(1 + w))]), w)
    assert boltzmann_worst(1) == 0


def test_the_recursion_step_by_step():
    x, K = np.array([2.0, 1, 4, 5, 3]), 1.3
    z = K * (x - x.min())
    first = scipy.special.softmax(z)
    second = first + scipy.special.softmax((1 - first) * z)
    assert np.allclose(soft_kmax(x, 1, K), first) and np.allclose(soft_kmax(x, 2, K), second)
    stacked = np.stack([x, x[::-1]], axis=1)
    assert np.allclose(soft_kmax(stacked, 2, K, axis=0), np.stack([second, second[::-1]], axis=1))
    assert np.allclose(soft_kmax(x, 4).sum(), 4)


def test_under_jax():
    from scispaces.backend import jax, jnp

    slope = jax.jit(jax.grad(lambda x: lse(x, 3.0, xp=jnp)))(jnp.asarray(X[0, 0]))
    assert np.allclose(slope, softmax(X[0, 0], 3.0))
    for f in (soft_argmax, boltzmann_max, softmax):
        assert np.allclose(jax.jit(lambda x, f=f: f(x, 2.0, xp=jnp))(X), f(X, 2.0))
    assert np.allclose(jax.jit(lambda x: soft_kmax(x, 2, 2.0, xp=jnp))(X), soft_kmax(X, 2, 2.0))


@pytest.mark.parametrize(
    "call",
    [
        lambda: lse([]), lambda: lse([1.0], 0), lambda: lse([np.nan]), lambda: lse([np.inf, 0]), lambda: lse(3.0),
        lambda: softmax([-np.inf, -np.inf]), lambda: softmax([1.0], np.nan), lambda: lse([1.0], axis=1),
        lambda: soft_kmax([1.0, 2.0], 3), lambda: soft_kmax([1.0, 2.0], 0), lambda: soft_kmax([1.0, 2.0], 1, -1.0),
        lambda: boltzmann_worst(0), lambda: lse_error_bounds(3, -1), lambda: boltzmann_max([-np.inf, 0.0]),
        lambda: soft_kmax([1e308, -1e308], 1),
    ],
)  # fmt: skip
def test_bad_calls(call):
    with pytest.raises(ValueError):
        call()


def test_lse_keeps_what_the_small_ones_add_and_splits_its_gradient_at_ties():
    import jax
    import jax.numpy as jnp

    assert lse(np.array([0.0, -50.0])) == pytest.approx(np.exp(-50), rel=1e-12)
    assert lse(np.array([0.0, 50.0]), -1.0) == pytest.approx(-np.exp(-50), rel=1e-12)
    ties = np.array([1.0, 1.0, 0.3])
    slope = jax.grad(lambda v: lse(v, 2.0, xp=jnp))(jnp.array(ties))
    np.testing.assert_allclose(slope, softmax(ties, 2.0), rtol=1e-6)
    blocks = rng(0).normal(size=(3, 4, 5))
    for axis in (0, 1, -1):
        peer = scipy.special.logsumexp(3 * blocks, axis=axis) / 3
        np.testing.assert_allclose(lse(blocks, 3.0, axis), peer, rtol=1e-13)
