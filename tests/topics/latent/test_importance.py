"""Importance weights: closed forms against quadrature, enumeration, scipy; degenerate and extreme values."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import logsumexp

from scispaces import rng
from scispaces.latent.importance import (
    bits_per_dim,
    encoder_gradients,
    ess,
    exact_log_density,
    gap_expansion,
    gaussian_chi2,
    importance_bound,
    lognormal_gap2,
    mean_field_chi2,
    two_point_gap,
)


def test_the_bound_is_the_log_of_the_mean():
    logs = rng(0).standard_normal((7, 3)) * 3
    assert np.allclose(importance_bound(logs), np.log(np.exp(logs).mean(axis=0)), rtol=1e-13)
    assert np.allclose(importance_bound(logs, axis=1), np.log(np.exp(logs).mean(axis=1)), rtol=1e-13)
    assert importance_bound([-1e5, -1e5]) == -1e5
    assert importance_bound([-np.inf, -np.inf]) == -np.inf
    assert importance_bound([-np.inf, 0.0]) == pytest.approx(-np.log(2))
    for bad in ([np.nan], [np.inf, 0], []):
        with pytest.raises(ValueError, match="logw"):
            importance_bound(bad)


def test_effective_sample_size():
    assert ess(np.full(9, -700.0)) == pytest.approx(9)
    assert ess([0.0, -np.inf, -np.inf]) == 1
    assert ess([-np.inf, -np.inf]) == 0
    w = rng(1).exponential(size=(5, 4))
    assert np.allclose(ess(np.log(w) - 900), w.sum(0) ** 2 / (w**2).sum(0))
    assert np.allclose(ess(np.log(w), axis=1), w.sum(1) ** 2 / (w**2).sum(1))


@pytest.mark.parametrize(("m", "s", "mp", "sp"), [(0.3, 1.2, 0.0, 1.0), (-1.0, 0.8, 0.2, 1.0), (0.0, 2.0, 0.0, 0.5)])
def test_gaussian_chi2_by_quadrature(m, s, mp, sp):
    value = quad(lambda z: stats.norm.pdf(z, mp, sp) ** 2 / stats.norm.pdf(z, m, s), mp - 25 * sp, mp + 25 * sp,
                 limit=200)[0]  # fmt: skip
    assert gaussian_chi2(m, s, mp, sp) == pytest.approx(value - 1, rel=1e-6)


def test_gaussian_chi2_at_the_edges():
    assert gaussian_chi2(0, 1, 0, 1) == 0
    assert gaussian_chi2(0, 0.5, 0, 1) == np.inf
    assert gaussian_chi2(0, 0.5, 0, 0.5 * 2**0.5 * (1 + 1e-12)) == np.inf
    assert gaussian_chi2(0, 0.71, 0, 1) == pytest.approx(4.57, abs=5e-3)
    for scale in (1e-200, 1e200):
        assert gaussian_chi2(scale, scale, 0, scale) == pytest.approx(np.e - 1, rel=1e-12)
    assert gaussian_chi2([0, 0], 1, 0, [1, 2]).tolist() == [0, np.inf]
    with pytest.raises(ValueError, match="> 0"):
        gaussian_chi2(0, 0, 0, 1)


def test_mean_field_chi2():
    for r in (0.3, -0.4):
        A = np.array([[4.0, 2 * r * 3], [2 * r * 3, 9.0]])
        assert mean_field_chi2(A) == pytest.approx((1 - r**2) / np.sqrt(1 - 4 * r**2) - 1, rel=1e-12)
    assert mean_field_chi2([[1.0, 0.5], [0.5, 1.0]]) == np.inf
    assert mean_field_chi2(np.diag([1e200, 1e-200])) == 0
    draws = rng(2).standard_normal((400_000, 2))
    A = np.array([[1.0, 0.2], [0.2, 1.0]])
    w = np.sqrt(np.linalg.det(A)) * np.exp(-np.einsum("ni,ij,nj->n", draws, A - np.eye(2), draws) / 2)
    assert mean_field_chi2(A) == pytest.approx(w.var(), abs=0.01)
    for bad in ([[1.0, 2.0], [2.0, 1.0]], [[-1.0]], [[1.0, 0.3], [0.1, 1.0]]):
        with pytest.raises(ValueError, match="A must"):
            mean_field_chi2(bad)


def test_the_two_point_gap_by_enumeration():
    a, b, p = 3.0, 0.5, 0.3
    mean = p * a + (1 - p) * b
    for M in (1, 2, 4):
        total = 0.0
        for draw in itertools.product([(a, p), (b, 1 - p)], repeat=M):
            total += np.prod([q for _, q in draw]) * np.log(np.mean([w for w, _ in draw]))
        assert two_point_gap(a, b, p, M) == pytest.approx(np.log(mean) - total, rel=1e-12)
    assert two_point_gap(1.0, 0.0, 0.5, 3) == np.inf
    assert two_point_gap(1.0, 0.0, 1.0, 3) == 0
    assert two_point_gap(2.0, 2.0, 0.4, 5) == pytest.approx(0, abs=1e-14)
    assert two_point_gap(1e200, 1e198, 0.1, 1) == pytest.approx(two_point_gap(10, 0.1, 0.1, 1))
    with pytest.raises(ValueError, match="mean weight"):
        two_point_gap(0, 0, 0.5, 2)


def test_the_expansion_and_the_lognormal_gap():
    w, p = np.array([10, 0.1]) / 1.09, np.array([0.1, 0.9])
    chi2, mu3 = p @ (w - 1) ** 2, p @ (w - 1) ** 3
    for M, rest in ((4000, 2e-6), (8000, 2e-7)):
        assert abs(gap_expansion(chi2, mu3, M) - two_point_gap(10, 0.1, 0.1, M)) < rest
    pairs = rng(3).standard_normal((200_000, 2))
    for delta in (0.5, 2.0):
        monte = -importance_bound(-(delta**2) / 2 - delta * pairs, axis=1)
        assert lognormal_gap2(delta) == pytest.approx(monte.mean(), abs=5 * monte.std() / 447)
    assert lognormal_gap2(0.0) == pytest.approx(0, abs=1e-15)


def test_the_gradients_are_derivatives():
    eps, x, v, s, h = rng(4).standard_normal((5, 6)), 1.2, 0.25, 0.6, 1e-6

    def bound(m, b):
        z = m + s * eps
        logs = stats.norm.logpdf(x, z + b, v**0.5) + stats.norm.logpdf(z) - stats.norm.logpdf(z, m, s)
        return logsumexp(logs, axis=0) - np.log(5)

    found = encoder_gradients(eps, x, v, 0.4, s)
    assert np.allclose(found.plain, (bound(0.4 + h, 0) - bound(0.4 - h, 0)) / (2 * h), atol=1e-7)
    assert np.allclose(found.decoder, (bound(0.4, h) - bound(0.4, -h)) / (2 * h), atol=1e-7)
    many = encoder_gradients(rng(5).standard_normal((3, 200_000)), x, v, 0.7, s)
    assert many.plain.mean() == pytest.approx(many.double.mean(), abs=0.03)
    exact = encoder_gradients(eps, x, v, x / (1 + v), (v / (1 + v)) ** 0.5)
    assert np.allclose(exact.double, 0, atol=1e-12)


def test_the_exact_density_and_bits():
    nodes, x = np.linspace(-8, 8, 401), np.array([[-1.0], [0.3]])
    logs = stats.norm.logpdf(x[:, 0], nodes[:, None], 0.5)
    assert np.allclose(exact_log_density(logs, nodes), stats.norm.logpdf(x[:, 0], 0, 1.25**0.5), atol=1e-12)
    with pytest.raises(ValueError, match="even"):
        exact_log_density(logs[:3], [0, 1, 3])
    assert bits_per_dim(-13.3132, 64, 1 / 16) == pytest.approx(3.69989, abs=1e-5)
