"""Reference losses, power means and task weights, against scipy, jax, scikit-learn and mpmath."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, stats

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.losses.multitask import (
    normalized_sum,
    power_mean,
    power_mean_weights,
    prior_loss_classification,
    prior_loss_regression,
    task_weights,
)


def exact_power_mean(losses, gamma):
    with mp.workdps(60 - 2 * int(np.log10(min(1.0, abs(float(gamma)))))):
        L, g = [mp.mpf(float(x)) for x in losses], mp.mpf(gamma)
        return (sum(x**g for x in L) / len(L)) ** (1 / g)


@pytest.mark.parametrize("gamma", [-3.0, -1.0, 0.5, 2.0])
def test_power_mean_is_scipys(gamma):
    L = rng(0).uniform(0.1, 5, (4, 6))
    assert_allclose(power_mean(L, gamma), stats.pmean(L, gamma, axis=1), rtol=1e-13)
    assert_allclose(power_mean(L, gamma, axis=0), stats.pmean(L, gamma, axis=0), rtol=1e-13)
    assert_allclose(power_mean(L, 0), stats.gmean(L, axis=1), rtol=1e-14)


@pytest.mark.parametrize("gamma", [1e-300, -1e-12, 1e-10, 1e-5, 0.3, 7.0, -40.0, 300.0])
def test_power_mean_keeps_its_digits(gamma):
    for L in ([1e-300, 1.0, 1e300], [3.0, 3.0 + 1e-9, 2.0], [1e-200, 2e-200], [0.1, 1.0, 10.0]):
        assert abs(power_mean(L, gamma) / exact_power_mean(L, gamma) - 1) < 3e-13


def test_ends_and_names():
    L = [0.2, 5.0, 1.0]
    assert power_mean(L, np.inf) == pytest.approx(5, rel=1e-15)
    assert power_mean(L, -np.inf) == pytest.approx(0.2, rel=1e-15)
    assert power_mean(L, 1e308) == pytest.approx(5) and power_mean(L, -1e308) == pytest.approx(0.2)
    assert power_mean(L, 1) == pytest.approx(np.mean(L)) and power_mean(L, -1) == pytest.approx(stats.hmean(L))
    assert isinstance(power_mean([2.0], 3), float)


@pytest.mark.parametrize("gamma", [-4.0, 0.0, 1e-9, 0.5, 1.0, 3.0])
def test_weights_are_the_gradient(gamma):
    L = np.array([0.3, 2.0, 11.0])

    def direct(L):
        return jnp.exp(jnp.mean(jnp.log(L))) if gamma == 0 else jnp.mean(L**gamma) ** (1 / gamma)

    rtol = 1e-5 if gamma == 1e-9 else 1e-12
    assert_allclose(power_mean_weights(L, gamma), jax.grad(direct)(L), rtol=rtol)
    assert_allclose(power_mean_weights(L, gamma) @ L, power_mean(L, gamma), rtol=1e-14)


def test_weights_far_out():
    assert_allclose(power_mean_weights([1.0, 3.0, 3.0], np.inf), [0, 0.5, 0.5])
    assert_allclose(power_mean_weights([1.0, 3.0], -np.inf), [1, 0])
    assert_allclose(power_mean_weights([1e-200, 1e200], 1), [0.5, 0.5])
    assert_allclose(power_mean_weights([[1.0, 3.0], [3.0, 1.0]], 2)[0], power_mean_weights([3.0, 1.0], 2)[::-1])


def test_prior_of_classes():
    counts = rng(1).integers(0, 50, 7)
    assert prior_loss_classification(counts) == pytest.approx(stats.entropy(counts), rel=1e-13)
    assert prior_loss_classification([4]) == 0 and prior_loss_classification([0, 3, 0]) == 0
    assert prior_loss_classification([1e-200, 1e-200]) == pytest.approx(np.log(2))
    assert prior_loss_classification([1e200] * 5) == pytest.approx(np.log(5))

    def cross_entropy(z):
        return -counts / counts.sum() @ (z - np.log(np.sum(np.exp(z))))

    assert optimize.minimize(cross_entropy, np.zeros(7)).fun == pytest.approx(prior_loss_classification(counts), 1e-4)


def test_prior_of_targets():
    y = rng(2).standard_normal((40, 3)) * [1, 10, 0.1] + 5
    assert prior_loss_regression(y) == pytest.approx(np.trace(np.cov(y.T, bias=True)), rel=1e-12)
    assert prior_loss_regression(y[:, 0]) == pytest.approx(y[:, 0].var(), rel=1e-12)
    best = optimize.minimize_scalar(lambda f: np.mean(np.abs(y[:, 1] - f)))
    assert prior_loss_regression(y[:, 1], "l1") == pytest.approx(best.fun, rel=1e-6)
    assert prior_loss_regression(y, "l1") == pytest.approx(sum(prior_loss_regression(c, "l1") for c in y.T))
    assert prior_loss_regression([3.0]) == 0 and prior_loss_regression(np.zeros(4)) == 0
    assert prior_loss_regression([1e150, 3e150]) == pytest.approx(1e300)
    assert prior_loss_regression([1e200, 3e200], "l1") == pytest.approx(1e200)


def test_normalized_sum():
    G = rng(3).standard_normal((3, 5))
    wanted = sum(g / np.linalg.norm(g) for g in G)
    assert_allclose(normalized_sum(G), wanted, rtol=1e-13)
    assert_allclose(normalized_sum(G * [[1e-200], [1e200], [0.0]]), wanted - G[2] / np.linalg.norm(G[2]), rtol=1e-12)
    assert_allclose(normalized_sum(G, eps=2.0), sum(g / (np.linalg.norm(g) + 2) for g in G), rtol=1e-13)
    assert_allclose(normalized_sum(np.zeros((2, 3))), 0)


def test_task_weights():
    L, G, R = np.array([0.5, 4.0]), np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([2.0, 8.0])
    assert_allclose(task_weights("equal", L), [1, 1])
    assert_allclose(task_weights("reference", L, reference=R), [0.5, 0.125])
    assert_allclose(task_weights("realtime", L), [2, 0.25])
    assert_allclose(task_weights("power", L, gamma=3), [0.25, 16])
    assert_allclose(task_weights("gradnorm", L, grads=G), [0.2, 0])
    for gamma in (-1, 0, 2):
        pull, exact = task_weights("power", L, gamma=gamma), power_mean_weights(L, gamma)
        assert_allclose(pull / pull[0], exact / exact[0])
    both = task_weights("gradnorm", [L, L], grads=[G, G[::-1]])
    assert_allclose(both, [[0.2, 0], [0, 0.2]])


def test_bad_input():
    for call in (
        lambda: prior_loss_classification([]),
        lambda: prior_loss_classification([1, -1]),
        lambda: prior_loss_classification([0, 0]),
        lambda: prior_loss_regression([1.0], "l3"),
        lambda: power_mean([1.0, 0.0], 1),
        lambda: power_mean([1.0], np.nan),
        lambda: power_mean([1.0], 1, axis=1),
        lambda: power_mean_weights([-1.0, 1.0], 0),
        lambda: normalized_sum([[1.0]], eps=-1),
        lambda: task_weights("best", [1.0]),
        lambda: task_weights("gradnorm", [1.0, 2.0]),
        lambda: task_weights("gradnorm", [1.0, 2.0], grads=[[1.0]]),
        lambda: task_weights("reference", [1.0, 2.0], reference=[1.0]),
        lambda: task_weights("realtime", [1.0, 0.0]),
    ):
        with pytest.raises(ValueError):
            call()
