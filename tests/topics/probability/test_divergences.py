"""Generators against jax, divergences against quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.spatial.distance import jensenshannon
from scipy.stats import norm

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.probability.divergences import GENERATORS, divergence_grid, divergence_velocity, js_divergence, kl_knn

TRACED = {
    "reverse_kl": lambda r: -jnp.log(r),
    "kl": lambda r: r * jnp.log(r),
    "chi2": lambda r: (r - 1) ** 2,
    "neyman": lambda r: (1 - r) ** 2 / r,
    "hellinger": lambda r: (jnp.sqrt(r) - 1) ** 2,
    "jensen_shannon": lambda r: r * jnp.log(r) - (r + 1) * jnp.log((r + 1) / 2),
}
x = np.linspace(-9, 9, 3001)
dx = x[1] - x[0]
p, q = norm.pdf(x), norm.pdf(x, 0.4, 0.9)


@pytest.mark.parametrize("kind", GENERATORS)
def test_derivatives_against_jax(kind):
    f, r = TRACED[kind], jnp.array([0.2, 0.9, 1.0, 3.0])
    known = GENERATORS[kind]
    assert_allclose(known.f(np.asarray(r)), f(r), atol=1e-14)
    assert_allclose(known.slope(np.asarray(r)), jax.vmap(jax.grad(f))(r), rtol=1e-12, atol=1e-14)
    assert_allclose(known.push(np.asarray(r)), r * jax.vmap(jax.grad(jax.grad(f)))(r), rtol=1e-12)
    assert known.f(np.array(1.0)) == 0


@pytest.mark.parametrize("kind", GENERATORS)
def test_divergence_and_velocity(kind):
    def integrand(t):
        return norm.pdf(t, 0.4, 0.9) * float(TRACED[kind](norm.pdf(t) / norm.pdf(t, 0.4, 0.9)))

    inside = np.abs(x) < 5
    some = divergence_grid(kind, p[inside], q[inside], dx)
    assert some == pytest.approx(quad(integrand, x[inside][0], x[inside][-1])[0], abs=2e-3)
    middle = np.abs(x[:-1]) < 2
    r = p / q
    u = GENERATORS[kind].push(r) * np.gradient(r, dx)
    walls = 0.5 * (u[1:] + u[:-1])
    assert_allclose(divergence_velocity(kind, p, q, dx)[middle], walls[middle], rtol=1e-3, atol=1e-4)


def test_bad_input():
    with pytest.raises(ValueError, match="must be > 0"):
        divergence_grid("kl", [1.0, 0.0], [1.0, 1.0], 1.0)


def test_neighbours_estimate_a_divergence():
    g = rng(7)
    true = 0.5 * (1 + 0.25 - np.log(0.25) - 1)
    found = [kl_knn(1 + 0.5 * g.standard_normal((2000, 1)), g.standard_normal((2000, 1))) for _ in range(4)]
    assert abs(np.mean(found) - true) < 0.06
    x = g.standard_normal((50, 2))
    assert kl_knn(3 * x, 3 * (x + 0.1)) == pytest.approx(kl_knn(x, x + 0.1), rel=1e-10)
    for bad in (lambda: kl_knn(x, x, k=1), lambda: kl_knn(np.ones((9, 2)), x), lambda: kl_knn(x, x + 1, k=50)):
        with pytest.raises(ValueError):
            bad()


def test_jensen_shannon_against_scipy():
    p, q = rng(11).dirichlet(np.ones(5), 3), rng(12).dirichlet(np.ones(5), 3)
    assert_allclose(js_divergence(p, q), jensenshannon(p, q, axis=1) ** 2)
    assert_allclose(js_divergence(p.T, q.T, axis=0), js_divergence(p, q))
    assert js_divergence([1.0, 0], [0, 1.0]) == np.log(2) and js_divergence([0.5, 0.5], [0.5, 0.5]) == 0
    with pytest.raises(ValueError, match="law"):
        js_divergence([0.5, 0.6], [0.5, 0.5])
