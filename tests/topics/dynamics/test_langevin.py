"""Langevin particles against the laws of the linear case and against their own noiseless limit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from scispaces import rng
from scispaces.dynamics.langevin import langevin


def test_linear_score_has_the_moments_of_the_recursion():
    h, steps, mean, var = 0.2, 7, 3.0, 0.0
    for _ in range(steps):
        mean, var = (1 - h) * mean, (1 - h) ** 2 * var + 2 * h
    x = langevin(lambda x: -x, np.full(40_000, 3.0), h, steps, rng(0))
    assert abs(x.mean() - mean) < 6 * np.sqrt(var / len(x))
    assert stats.kstest(x, stats.norm(mean, np.sqrt(var)).cdf).pvalue > 1e-6


def test_temperature_scales_the_noise_and_axes_are_independent():
    x = langevin(lambda x: 0 * x, np.zeros((20_000, 2)), 0.5, 3, rng(1), temperature=4.0)
    assert_allclose(np.cov(x.T), 2 * 4 * 1.5 * np.eye(2), atol=0.6)


def test_kept_positions_are_those_on_the_way():
    start = np.array([1.0, -2.0])
    path = langevin(lambda x: -x, start, 0.1, 6, rng(2), every=2, temperature=0.0)
    assert_allclose(path, [start * 0.9**k for k in (2, 4, 6)], rtol=1e-14)


def test_too_large_a_step_is_said():
    with pytest.raises(ValueError, match="h must be small"):
        langevin(lambda x: -(x**3), np.array([10.0]), 1.0, 50, rng(0))
    with pytest.raises(ValueError, match="score must return"):
        langevin(lambda x: x[:1], np.zeros(3), 0.1, 1, rng(0))
