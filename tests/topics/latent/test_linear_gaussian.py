"""Closed forms of the linear VAE against dense linear algebra, scipy.optimize and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize
from sklearn.decomposition import PCA

from scispaces import rng
from scispaces.latent.linear_gaussian import (
    diagonal_gap,
    linear_distortion,
    linear_nll,
    linear_posterior,
    linear_rate,
    ppca,
)


def model(D=7, d=3, n=5):
    g = rng(0)
    return g.standard_normal((D, d)), g.standard_normal(D), 0.3, g.standard_normal((n, D))


def test_posterior_and_evidence_against_dense_matrices():
    W, b, s2, x = model()
    C = W @ W.T + s2 * np.eye(7)
    mu, var = linear_posterior(W, b, x, s2)
    assert np.allclose(mu, (x - b) @ np.linalg.solve(C, W), rtol=1e-10)
    assert np.allclose(1 / var, 1 + (W**2).sum(0) / s2, rtol=1e-12)
    assert np.allclose(linear_nll(W, b, s2, x), -stats.multivariate_normal(b, C).logpdf(x), rtol=1e-10)


def test_the_posterior_minimises_the_loss_and_the_gap_is_what_is_left():
    W, b, s2, x = model(n=1)

    def loss(p):
        mu, sigma2 = p[None, :3], np.exp(p[3:])
        return linear_distortion(W, b, x, mu, sigma2) / (2 * s2) + linear_rate(mu, sigma2)

    best = minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-8})
    mu, var = linear_posterior(W, b, x, s2)
    assert np.allclose(best.x, np.r_[mu[0], np.log(var)], atol=1e-5)
    value = best.fun + 7 / 2 * np.log(2 * np.pi * s2)
    assert value - linear_nll(W, b, s2, x)[0] == pytest.approx(diagonal_gap(W, s2), rel=1e-8)
    draws = mu + np.sqrt(var) * rng(1).standard_normal((200_000, 3))
    direct = np.mean(np.sum((x - draws @ W.T - b) ** 2, axis=1))
    assert linear_distortion(W, b, x, mu, var) == pytest.approx(direct, rel=0.01)


def test_principal_components_and_their_peer():
    x = rng(2).standard_normal((200, 6)) @ rng(3).standard_normal((6, 6))
    W, b, s2 = ppca(x, 2)
    scaled = (x - x.mean(0)) * np.sqrt(200 / 199) + x.mean(0)  # the peer divides by n - 1
    peer = PCA(2).fit(x)
    assert np.allclose(W @ W.T + s2 * np.eye(6), peer.get_covariance() * 199 / 200, rtol=1e-8, atol=1e-10)
    assert scaled.shape == x.shape and diagonal_gap(W, s2) < 1e-12
    assert ppca(x, 2, 1e6)[0].max() == 0
    mu, var = linear_posterior(W, b, x, s2)
    assert np.allclose(var + mu.var(0), 1, rtol=1e-10)


def test_a_gap_has_no_scale_and_a_closed_form_in_two_dimensions():
    W = np.array([[1.0, 1.0], [0.0, 1.0]])
    A = np.eye(2) + W.T @ W / 0.5
    assert diagonal_gap(W, 0.5) == pytest.approx(-np.log(1 - A[0, 1] ** 2 / (A[0, 0] * A[1, 1])) / 2)
    assert diagonal_gap(1e100 * np.eye(2), 1e-50) == 0
