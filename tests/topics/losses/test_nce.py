"""NCE against scikit-learn's logistic regression, scipy's optimiser, quadrature and sampled fits; negative sampling."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import logsumexp, xlogy
from sklearn.linear_model import LogisticRegression

from scispaces import rng
from scispaces.losses.nce import nce_asymptotic_cov, nce_fit, nce_floor, nce_loss, pmi, sgns_optimum


def sample(seed=0, n=300, m=500):
    draw = rng(seed)
    x, y = draw.standard_normal(n), draw.uniform(-5, 5, m)
    return [np.stack([-(t**2) / 2, t, -np.ones_like(t)], axis=1) for t in (x, y)]


def test_loss_against_its_formula_and_extremes():
    s, t = rng(1).standard_normal((2, 3, 5))
    written = np.mean(np.log1p(np.exp(-s)), axis=1) + 2 * np.mean(np.log1p(np.exp(t)), axis=1)
    assert_allclose(nce_loss(s, t, 2.0), written)
    w = rng(2).dirichlet(np.ones(5))
    assert_allclose(nce_loss(s, t, 2.0, w, w), np.log1p(np.exp(-s)) @ w + 2 * np.log1p(np.exp(t)) @ w)
    assert nce_loss([1e200], [-1e200]) == 0 and nce_loss([-1e200], [0.0]) > 1e199


def test_fit_is_a_logistic_regression():
    data, noise = sample()
    eta = nce_fit(data, noise, nu=500 / 300)
    X, y = np.concatenate([data, noise])[:, :2], np.repeat([1, 0], [300, 500])
    peer = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(X, y)
    assert_allclose(eta[:2], peer.coef_[0], rtol=1e-5)
    assert_allclose(eta[2], -peer.intercept_[0] - np.log(500 / 300), rtol=1e-5)


def test_fit_with_offset_and_weights_against_scipy():
    data, noise = sample(3, 40, 60)
    la, lb = rng(4).standard_normal(40), rng(5).standard_normal(60)
    w = rng(6).dirichlet(np.ones(40))

    def loss(eta):
        return float(nce_loss(data @ eta - np.log(3) - la, noise @ eta - np.log(3) - lb, 3.0, w))

    peer = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-9})
    assert_allclose(nce_fit(data, noise, la, lb, 3.0, w), peer.x, atol=1e-4)


def test_fit_is_exact_on_an_alphabet_and_in_batches():
    f = np.array([0.0, 1, 2])
    phi = np.stack([f, -np.ones(3)], axis=1)
    p = np.exp(0.7 * f - logsumexp(0.7 * f))
    for u in ([1 / 3, 1 / 3, 1 / 3], [0.8, 0.1, 0.1]):
        for nu in (0.1, 1.0, 30.0):
            eta = nce_fit(phi, phi, np.log(u), np.log(u), nu, p, u)
            assert_allclose(eta, [0.7, logsumexp(0.7 * f)], atol=1e-8)
    both = nce_fit(np.stack([phi, phi]), np.stack([phi, phi]), 0.0, 0.0, 1.0, np.stack([p, p[::-1]]))
    assert_allclose(both[1], nce_fit(phi, phi, w_data=p[::-1]))
    assert np.abs(both[0] - both[1]).max() > 0.1
    assert_allclose(nce_fit(phi * 1e150, phi * 1e150, w_data=p) * 1e150, both[0], rtol=1e-6)


def test_no_finite_optimum():
    phi = np.array([[1.0, -1.0], [2.0, -1.0]])
    with pytest.raises(ValueError, match="no unique finite optimum"):
        nce_fit(phi, -phi)
    with pytest.raises(ValueError, match="no unique finite optimum"):
        nce_fit(np.ones((3, 2)), np.ones((3, 2)))


def test_floor():
    p, u = rng(7).dirichlet(np.ones(4), 2)
    s = np.log(p / u)
    assert_allclose(nce_floor(p, u), nce_loss(s, s, 1.0, p, u))
    assert_allclose(nce_floor(p, u), np.sum((p + u) * np.log(p + u) - xlogy(p, p) - xlogy(u, u)))
    assert_allclose(nce_floor(p, p), 2 * np.log(2))


def test_asymptotic_covariance():
    x = np.linspace(-12, 12, 4801)
    dx, p = x[1] - x[0], np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    g = np.stack([-(x**2) / 2, -np.ones_like(x)], axis=1)
    for nu in (1.0, 2.0, 10.0):
        assert_allclose(nce_asymptotic_cov(g, p, p, nu, 0 * x + dx)[0, 0], 2 * (1 + 1 / nu), rtol=1e-8)
    wide = np.exp(-(x**2) / 4.5) / np.sqrt(4.5 * np.pi)
    cov = nce_asymptotic_cov(g, p, wide, 1.0, 0 * x + dx)
    assert_allclose(cov[0, 0], 2.978, atol=5e-4)
    data, noise = rng(8).standard_normal((2000, 400)), 1.5 * rng(9).standard_normal((2000, 400))

    def feature(t):
        return np.stack([-(t**2) / 2, -np.ones_like(t)], axis=-1)

    def log_u(t):
        return -(t**2) / 4.5 - np.log(4.5 * np.pi) / 2

    fits = nce_fit(feature(data), feature(noise), log_u(data), log_u(noise))
    assert_allclose(400 * np.cov(fits.T), cov, rtol=0.25)
    with pytest.raises(ValueError, match="singular"):
        nce_asymptotic_cov(g, p, 0 * p, 1.0)


def test_negative_sampling():
    N = rng(10).poisson(4.0, (4, 5)) + 1.0
    N[0, 1] = 0
    joint = N / N.sum()
    with np.errstate(divide="ignore"):
        assert_allclose(pmi(N), np.log(joint / np.outer(joint.sum(1), joint.sum(0))))
        rows = np.log(joint / joint.sum(1, keepdims=True))
    assert_allclose(sgns_optimum(N, 5.0), pmi(N) - np.log(5))
    assert_allclose(sgns_optimum(N, 5.0, 0.0), rows + np.log(5) - np.log(5))
    u = N.sum(0) ** 0.75 / (N.sum(0) ** 0.75).sum()
    assert_allclose(sgns_optimum(N, 2.0, 0.75), rows - np.log(u) - np.log(2))
    assert np.isneginf(pmi(N)[0, 1]) and not np.isnan(sgns_optimum(N, 1.0)).any()
    assert_allclose(pmi(1e200 * N), pmi(1e-200 * N))
    with pytest.raises(ValueError, match="empty row"):
        pmi([[0.0, 0.0], [1.0, 2.0]])
