"""One JKO step against a general optimiser, the Gaussian formulas against the particles."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from scipy.optimize import minimize
from scipy.stats import norm

from scispaces.dynamics.jko import gaussian_flow, jko_gaussian_step, jko_quantile_step


@pytest.mark.parametrize(("m", "s", "a", "M", "S"), [(2, 0.3, 0.1, 0, 1), (-1, 2, 3, 0.5, 0.7), (1, 0, 0.5, 0, 1)])
def test_gaussian_step_against_scipy(m, s, a, M, S):
    def objective(v):
        n, w = v[0], np.exp(v[1])
        kl = np.log(S / w) + (w**2 + (n - M) ** 2) / (2 * S**2) - 0.5
        return ((n - m) ** 2 + (w - s) ** 2) / (2 * a) + kl

    best = minimize(objective, [m, 0.0], method="BFGS", options={"gtol": 1e-10}).x
    assert_allclose(jko_gaussian_step(m, s, a, M, S), [best[0], np.exp(best[1])], rtol=1e-6)


def test_gaussian_flow_against_an_integrator():
    m, s, M, S, t = 2.0, 0.4, -1.0, 0.8, np.array([0.0, 0.3, 2.0])
    sol = solve_ivp(
        lambda _, v: [-(v[0] - M) / S**2, 1 / v[1] - v[1] / S**2], (0, 2), [m, s], t_eval=t, rtol=1e-10, atol=1e-12
    )
    assert_allclose(gaussian_flow(m, s, t, M, S), sol.y, rtol=1e-7)
    assert gaussian_flow(0.0, 0.0, 1e-20)[1] == pytest.approx(np.sqrt(2e-20), rel=1e-12)


def test_quantile_step_against_scipy_and_the_formula():
    x, a = np.array([-1.0, 0.1, 0.7, 2.0]), 0.3

    def objective(y):
        gaps = np.diff(y)
        return np.inf if gaps.min() <= 0 else ((y - x) ** 2).sum() / 2 / a + (y**4 / 4).sum() - np.log(gaps).sum()

    y = jko_quantile_step(x, a, lambda y: y**3, lambda y: 3 * y**2)
    best = minimize(objective, x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 9000}).x
    assert_allclose(y, best, atol=1e-5)
    n = 800
    y = jko_quantile_step(norm.ppf((np.arange(n) + 0.5) / n, 2, 0.3), 0.1, lambda y: y, np.ones_like)
    m, s = jko_gaussian_step(2.0, 0.3, 0.1)
    assert_allclose(y.mean(), m, rtol=1e-12)
    assert_allclose(y.std(), s, rtol=2e-3)


def test_bad_steps():
    with pytest.raises(ValueError, match="increasing"):
        jko_quantile_step([1.0, 0.0], 0.1, lambda y: y, np.ones_like)
    with pytest.raises(ValueError, match="convex"):
        jko_quantile_step([0.0, 1.0], 1.0, lambda y: -9 * y, lambda y: -9 + 0 * y)
    with pytest.raises(ValueError, match="a must be > 0"):
        jko_gaussian_step(0.0, 1.0, 0.0)
