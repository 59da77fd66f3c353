"""Losses of several labels: peers, brute force over subsets, gradients, order, extreme scores, empty sides."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import optax
import pytest
from scipy.special import logsumexp

from scispaces import rng
from scispaces.losses.multilabel import (
    bce_loss,
    padded_subset_loss,
    pair_loss,
    soft_zlpr_loss,
    subset_loss,
    zlpr_gradient,
    zlpr_loss,
)

S = 2 * rng(0).normal(size=(6, 5))
Y = np.array([[1, 0, 0, 1, 0], [0] * 5, [1] * 5, [0, 0, 0, 0, 1], [1, 1, 0, 0, 0], [0, 1, 1, 1, 0]])


def by_hand(s, y, s0=0.0):
    negative, positive = s[y == 0], s[y == 1]
    return np.log(np.exp(s0) + np.exp(negative).sum()) + np.log(np.exp(-s0) + np.exp(-positive).sum())


def test_binary_cross_entropy_as_optax():
    assert np.allclose(bce_loss(S, Y), optax.sigmoid_binary_cross_entropy(S, Y).sum(-1), rtol=1e-6)


@pytest.mark.parametrize("s0", [0.0, -1.5, 2.0])
def test_zlpr_and_its_threshold(s0):
    assert np.allclose(zlpr_loss(S, Y, s0), [by_hand(s, y, s0) for s, y in zip(S, Y, strict=True)])


def test_pairs_by_two_loops():
    for s, y in zip(S, Y, strict=True):
        pairs = [3 * (a - b + 0.2) for a in s[y == 0] for b in s[y == 1]]
        assert np.isclose(pair_loss(s, y, 3.0, 0.2), np.log1p(np.exp(pairs).sum()) if pairs else 0.0)


def test_the_gradient_is_that_of_the_loss():
    from scispaces.backend import jax, jnp

    slope = jax.vmap(jax.grad(lambda s, y: zlpr_loss(s, y, xp=jnp)))(S, Y)
    assert np.allclose(slope, zlpr_gradient(S, Y)) and np.isfinite(slope).all()
    for f in (bce_loss, pair_loss, soft_zlpr_loss):
        assert np.allclose(jax.jit(lambda s, y, f=f: f(s, y, xp=jnp))(S, Y), f(S, Y))
    pull = zlpr_gradient(S, Y)
    assert (np.where(Y == 0, pull, 0).sum(-1) < 1).all() and (np.where(Y == 1, -pull, 0).sum(-1) < 1).all()


def test_soft_targets():
    assert np.allclose(soft_zlpr_loss(S, Y), zlpr_loss(S, Y))
    t = rng(1).uniform(0.05, 0.95, 5)
    best = np.log(t / (1 - t)) / 2
    assert all(soft_zlpr_loss(best + step, t) > soft_zlpr_loss(best, t) for step in 0.1 * rng(2).normal(size=(20, 5)))


def test_subsets_by_brute_force():
    for s, y in zip(S, Y, strict=True):
        k = int(y.sum())
        sums = [s[list(c)].sum() for c in combinations(range(5), k)]
        assert np.isclose(subset_loss(s, y), logsumexp(sums) - s @ y, atol=1e-12)
        for K in range(max(k, 1), 8):
            padded = [s[list(c)].sum() + (K - j) * 0.4 for j in range(min(K, 5) + 1) for c in combinations(range(5), j)]
            assert np.isclose(padded_subset_loss(s, y, K, 0.4), logsumexp(padded) - s @ y - (K - k) * 0.4)
        assert np.isclose(padded_subset_loss(s, y, 9, 0.4), bce_loss(s - 0.4, y))


def test_extreme_scores():
    y = np.array([1, 0])
    assert zlpr_loss([1e200, -1e200], y) == 0 == bce_loss([1e200, -1e200], y)
    assert zlpr_loss([-1e4, 1e4], y) == 2e4 == bce_loss([-1e4, 1e4], y)
    assert pair_loss([-1e200, 1e200], y) == 2e200 and pair_loss([1e200, -1e200], y) == 0
    assert np.isfinite(zlpr_gradient([1e200, -1e200], y)).all()
    assert np.isclose(zlpr_loss(np.zeros(1000), np.zeros(1000)), np.log(1001))
    assert soft_zlpr_loss([1e-200], [0.5]) == pytest.approx(2 * np.log(1.5))


@pytest.mark.parametrize(
    "call",
    [
        lambda: zlpr_loss([1.0], [0.5]), lambda: zlpr_loss([np.nan], [1]), lambda: zlpr_loss([1.0, 2.0], [1, 0, 1]),
        lambda: zlpr_loss(1.0, 1), lambda: zlpr_loss([], []), lambda: zlpr_loss([1.0], [1], np.inf),
        lambda: pair_loss([1.0], [1], 0.0), lambda: soft_zlpr_loss([1.0], [1.5]), lambda: subset_loss([[1.0]], [[1]]),
        lambda: padded_subset_loss([1.0, 2.0], [1, 1], 1), lambda: padded_subset_loss([1.0], [1], 0),
    ],
)  # fmt: skip
def test_bad_calls(call):
    with pytest.raises(ValueError):
        call()
