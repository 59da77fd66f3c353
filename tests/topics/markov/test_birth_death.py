"""Known laws against truncated exponentials, scipy.stats and scipy.special, and bad input."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from scispaces.markov import birth_death as bd
from scispaces.markov.generators import generator

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

n = np.arange(61)


class TestImmigrationDeath:
    @given(st.floats(0, 8), st.floats(0, 2), st.floats(0, 3), st.integers(0, 12))
    @settings(max_examples=30)
    def test_truncated_exponential(self, lam, mu, t, n0):
        Q = generator(bd.immigration_death_rates(lam, mu, 100))
        p = scipy.linalg.expm(t * Q)[:, n0]
        pmf = bd.immigration_death_pmf(np.arange(101), lam, mu, t, n0)
        assert np.allclose(p[:70], pmf[:70], atol=1e-9)
        mean, variance = bd.immigration_death_moments(lam, mu, t, n0)
        assert np.isclose(pmf @ np.arange(101), mean, atol=1e-7)
        assert np.isclose(pmf @ np.arange(101) ** 2 - mean**2, variance, atol=1e-5)

    def test_limits(self):
        assert np.allclose(bd.immigration_death_pmf(n, 3, 1, 60.0, 7), stats.poisson.pmf(n, 3))
        assert np.allclose(bd.immigration_death_pmf(n, 2, 0, 1.5), stats.poisson.pmf(n, 3))
        assert np.allclose(bd.immigration_death_pmf(n, 2, 1e-12, 1.5), stats.poisson.pmf(n, 3))
        assert np.allclose(bd.immigration_death_pmf(n, 0, 1, 1.0, 9), stats.binom.pmf(n, 9, np.exp(-1)))
        assert bd.immigration_death_pmf(n, 3, 1, 0.0, 5)[5] == 1


class TestOthers:
    def test_walk(self):
        h, D, t = 0.5, 0.8, 0.6
        k = np.arange(-80, 81)
        Q = generator(bd.birth_death_rates(np.full(161, D / h**2), np.full(161, D / h**2)))
        assert np.allclose(scipy.linalg.expm(t * Q)[:, 80] / h, bd.walk_density(k, h, D, t), atol=1e-10)
        assert np.isclose(bd.walk_density(k, h, D, t).sum() * h, 1)
        z = 2 * D * t / h**2
        assert np.allclose(bd.walk_density(k, h, D, t), np.exp(-z) * special.iv(k, z) / h)
        assert np.isfinite(bd.walk_density(0, 1e-3, 1.0, 1.0))

    def test_walk_becomes_diffusion(self):
        error = [
            abs(bd.walk_density(0, h, 0.5, 1.0) - bd.heat_kernel(0.0, 0.5, 1.0)) / h**2 for h in (0.5, 0.25, 0.125)
        ]
        assert np.allclose(error, [0.060, 0.052, 0.050], atol=1e-3)

    def test_densities(self):
        x = np.linspace(-3, 3, 7)
        assert np.allclose(bd.heat_kernel(x, 0.7, 1.3), stats.norm.pdf(x, scale=np.sqrt(2 * 0.7 * 1.3)))

    def test_rates(self):
        W = bd.birth_death_rates([1.0, 2.0, 3.0], [9.0, 4.0, 5.0])
        assert W.tolist() == [[0, 4, 0], [1, 0, 5], [0, 2, 0]]


@pytest.mark.parametrize(
    "call",
    [
        lambda: bd.birth_death_rates([1.0, -1.0], [0.0, 0.0]),
        lambda: bd.birth_death_rates([1.0, 1.0], [0.0]),
        lambda: bd.immigration_death_rates(1.0, 1.0, 0),
        lambda: bd.immigration_death_rates(-1.0, 1.0, 5),
        lambda: bd.immigration_death_pmf(n, -1.0, 1.0, 1.0),
        lambda: bd.immigration_death_pmf(n - 1, 1.0, 1.0, 1.0),
        lambda: bd.immigration_death_pmf(0.5, 1.0, 1.0, 1.0),
        lambda: bd.immigration_death_pmf(n, 1.0, 1.0, 1.0, -1),
        lambda: bd.immigration_death_moments(1.0, np.nan, 1.0),
        lambda: bd.walk_density(0, 0.0, 1.0, 1.0),
        lambda: bd.walk_density(0.5, 1.0, 1.0, 1.0),
        lambda: bd.heat_kernel(0.0, 1.0, 0.0),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
