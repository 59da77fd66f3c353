"""Smooth metrics: scikit-learn at hard decisions, the gradient by differences, thresholds by brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, fbeta_score

from scispaces import rng
from scispaces.losses.smooth_metrics import f1_threshold, smooth_accuracy, smooth_f1, smooth_f1_gradient


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_hard_decisions_give_the_usual_score(beta):
    for t in product([0, 1], repeat=4):
        for y in product([0, 1], repeat=4):
            usual = fbeta_score(t, y, beta=beta, zero_division=0.0)
            assert np.isclose(smooth_f1(np.array(y), np.array(t), beta), usual)


def test_accuracy_at_large_scores_and_in_general():
    scores = rng(0).normal(size=(50, 4))
    labels = rng(1).integers(0, 4, 50)
    assert np.isclose(smooth_accuracy(1e6 * scores, labels), accuracy_score(labels, scores.argmax(1)))
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    assert np.isclose(smooth_accuracy(scores, labels), np.mean([p[i, t] for i, t in enumerate(labels)]))


def test_the_gradient_is_that_of_the_score():
    p, t = rng(2).uniform(size=(2, 6))
    h = 1e-6
    measured = [(smooth_f1(p + h * e, t) - smooth_f1(p - h * e, t)) / (2 * h) for e in np.eye(6) * 0.5]
    assert np.allclose(smooth_f1_gradient(p, t), 2 * np.array(measured), rtol=1e-6)
    assert smooth_f1_gradient(np.stack([p, p]), t).shape == (2, 6)


def test_nothing_to_find_and_nothing_found():
    assert smooth_f1(np.zeros(3), np.zeros(3)) == 0 and not smooth_f1_gradient(np.zeros(3), np.zeros(3)).any()
    assert smooth_f1(np.array([1e-200]), np.array([1.0])) == pytest.approx(2e-200)
    assert list(smooth_f1(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([1, 0]))) == [1, 0]


def test_the_best_threshold_by_brute_force():
    for seed in range(5):
        eta = rng(seed).uniform(size=7)
        scores = {y: 2 * (eta @ y) / (eta.sum() + sum(y)) for y in product([0, 1], repeat=7)}
        found = f1_threshold(eta)
        best = max(scores, key=scores.get)
        assert np.isclose(found.f1, scores[best]) and found.threshold == found.f1 / 2
        assert list(best) == list((eta > found.threshold).astype(int))
    assert f1_threshold([0.0, 0.0]) == (0, 0)


def test_under_jax():
    from scispaces.backend import jax, jnp

    p, t = rng(3).uniform(size=(2, 6))
    assert np.allclose(
        jax.grad(lambda p: smooth_f1(p, jnp.asarray(t), xp=jnp))(jnp.asarray(p)), smooth_f1_gradient(p, t)
    )
    scores = rng(0).normal(size=(5, 4))
    labels = np.array([0, 1, 2, 3, 0])
    compiled = jax.jit(lambda s: smooth_accuracy(s, jnp.asarray(labels), xp=jnp))(scores)
    assert np.isclose(compiled, smooth_accuracy(scores, labels))


@pytest.mark.parametrize(
    "call",
    [
        lambda: smooth_f1([], []), lambda: smooth_f1([1.2], [1]), lambda: smooth_f1([0.5], [1], 0),
        lambda: smooth_f1([0.5, 0.5], [1, 1, 0]), lambda: smooth_accuracy([[1.0, 2.0]], [2]),
        lambda: smooth_accuracy([[1.0, 2.0]], [0.5]), lambda: smooth_accuracy(np.zeros((0, 2)), np.zeros(0, int)),
        lambda: f1_threshold([-0.1]), lambda: f1_threshold([]), lambda: smooth_f1([np.nan], [1.0]),
    ],
)  # fmt: skip
def test_bad_calls(call):
    with pytest.raises(ValueError):
        call()
