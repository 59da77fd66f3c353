"""KL divergences against quadrature, scipy, jax.grad and high precision."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.probability.gaussians import (
    aggregate_moments,
    kl_diag,
    kl_diag_std,
    kl_gauss,
    kl_uniform_normal,
    kl_uniform_uniform,
    pathwise_gradient,
    score_gradient,
)


@pytest.mark.parametrize("v", [1e-8, -1e-8, 1e-3, 0.0099, 0.0101, -0.5, 3.0, -700.0])
def test_the_standard_divergence_to_twelve_digits(v):
    with mpmath.workdps(40):
        exact = (mpmath.expm1(mpmath.mpf(v)) - mpmath.mpf(v)) / 2
    assert abs(kl_diag_std([0.0], [v]) - float(exact)) <= 1e-12 * float(exact)


def test_extreme_variances():
    assert kl_diag_std([0.0], [-2000.0]) == 999.5
    assert kl_diag_std([0.0], [2000.0]) == np.inf
    assert kl_diag_std([1e200], [0.0]) == np.inf
    assert kl_diag([0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]) == 0.0


def test_against_quadrature_with_a_variance_that_is_not_one():
    for m1, s1, m2, s2 in [(0.7, 0.5, 0.0, 1.0), (-1.0, 2.0, 0.5, 0.8), (0.0, 1.3, 2.0, 3.0)]:
        p, q = stats.norm(m1, s1), stats.norm(m2, s2)
        value, _ = integrate.quad(
            lambda x, p=p, q=q: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), m1 - 12 * s1, m1 + 12 * s1
        )
        assert kl_diag([m1], [2 * np.log(s1)], [m2], [2 * np.log(s2)]) == pytest.approx(value, rel=1e-9)
        assert kl_gauss([m1], [[s1**2]], [m2], [[s2**2]]) == pytest.approx(value, rel=1e-9)
    assert kl_diag_std([0.7, 0.2], [1.0, -1.0]) == pytest.approx(
        kl_diag([0.7, 0.2], [1.0, -1.0], [0.0, 0.0], [0.0, 0.0]), rel=1e-14
    )


def test_the_full_formula_is_not_symmetric_and_follows_a_rotation():
    g = rng(0)
    A, B = g.standard_normal((2, 4, 4))
    S1, S2 = A @ A.T + np.eye(4), B @ B.T + np.eye(4)
    m1, m2 = g.standard_normal((2, 4))
    Q, _ = np.linalg.qr(g.standard_normal((4, 4)))
    value = kl_gauss(m1, S1, m2, S2)
    assert kl_gauss(Q @ m1, Q @ S1 @ Q.T, Q @ m2, Q @ S2 @ Q.T) == pytest.approx(value, rel=1e-10)
    assert abs(kl_gauss(m2, S2, m1, S1) - value) > 0.1
    x = g.multivariate_normal(m1, S1, 200_000)
    ratio = stats.multivariate_normal(m1, S1).logpdf(x) - stats.multivariate_normal(m2, S2).logpdf(x)
    assert abs(ratio.mean() - value) < 5 * ratio.std() / np.sqrt(len(x))
    v1, v2 = g.uniform(0.2, 2, (2, 4))
    assert kl_gauss(m1, np.diag(v1), m2, np.diag(v2)) == pytest.approx(kl_diag(m1, np.log(v1), m2, np.log(v2)))
    for bad in (-np.eye(4), np.zeros((4, 4)), A, np.eye(3)):
        with pytest.raises(ValueError):
            kl_gauss(m1, bad, m2, S2)


def test_uniform_laws():
    value, _ = integrate.quad(lambda x: (np.log(1 / 3) - stats.norm.logpdf(x)) / 3, -1, 2)
    assert kl_uniform_normal(-1, 2) == pytest.approx(value, rel=1e-12)
    assert kl_uniform_uniform(-0.5, 0.5, -1, 1) == pytest.approx(np.log(2))
    assert kl_uniform_uniform(-1, 1, -1, 1) == 0
    assert kl_uniform_uniform(-1.1, 0.9, -1, 1) == np.inf
    with pytest.raises(ValueError):
        kl_uniform_normal(1, 1)


def test_gradient_estimators_average_to_the_derivatives():
    eps = rng(1).standard_normal(400_000)
    mu, sigma = 0.8, 0.6

    def mean(m, s):
        return jnp.mean(jnp.sin(m + s * eps))

    exact = np.exp(-(sigma**2) / 2) * np.array([np.cos(mu), -sigma * np.sin(mu)])
    for found in (pathwise_gradient(np.cos, mu, sigma, eps), score_gradient(np.sin, mu, sigma, eps)):
        for draws, value in zip(found, exact, strict=True):
            assert abs(draws.mean() - value) < 5 * draws.std() / np.sqrt(len(eps))
    auto = jax.grad(mean, (0, 1))(mu, sigma)
    assert np.allclose([d.mean() for d in pathwise_gradient(np.cos, mu, sigma, eps)], auto, rtol=1e-10)


def test_moments_of_a_mixture():
    g = rng(2)
    mu, s2 = g.standard_normal((5, 3)), g.uniform(0.1, 2, (5, 3))
    z = (mu[:, None] + np.sqrt(s2)[:, None] * g.standard_normal((5, 100_000, 3))).reshape(-1, 3)
    mean, var = aggregate_moments(mu, s2)
    assert np.abs(mean - z.mean(0)).max() < 0.02 and np.abs(var - z.var(0)).max() < 0.03
