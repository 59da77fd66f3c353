"""EM against scikit-learn, its steps against numerical maximisation, the parts of the joint divergence."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import rel_entr
from scipy.stats import binom, multivariate_normal

from scispaces import rng
from scispaces.data.iris import iris
from scispaces.latent.em import completed_kl, em, em_rate_weight, responsibilities
from scispaces.latent.mixtures import (
    BernoulliMixture,
    GaussianMixture,
    bernoulli_log_joint,
    bernoulli_mstep,
    gmm_log_joint,
    gmm_mstep,
    gmm_sample,
)
from scispaces.latent.topics import Topics, plsa_loglikelihood, plsa_step

HEADS = np.array([[5.0], [9], [8], [4], [7]])


def iris_run(gamma, steps):
    X = iris()[0]
    return em(lambda m: responsibilities(gmm_log_joint(X, m)), lambda r: gmm_mstep(X, r), gmm_mstep(X, gamma), steps)


def test_two_coins():
    """The published iterates of the toy."""
    run = em(
        lambda b: responsibilities(bernoulli_log_joint(HEADS, BernoulliMixture(np.full(2, 0.5), b[:, None]), 10)),
        lambda r: bernoulli_mstep(HEADS, r, 10).probabilities[:, 0],
        np.array([0.6, 0.5]),
        80,
    )
    assert_allclose(run.path[1], [0.71301, 0.58134], atol=5e-6)
    assert_allclose(run.path[10], [0.79674, 0.51966], atol=5e-6)
    assert_allclose(run.theta, [0.796789, 0.519583], atol=5e-7)
    assert_allclose(5 * run.trace[[0, 1, -1]], [-33.09386, -31.85926, -31.57020], atol=5e-6)


def test_iris_against_sklearn():
    from sklearn.mixture import GaussianMixture as Peer

    X, _ = iris()
    start = np.eye(3)[np.digitize(X[:, 2], [2.5, 4.9])]
    run = iris_run(start, 250)
    means = gmm_mstep(X, start).means
    peer = Peer(3, means_init=means, tol=1e-12, max_iter=2000, reg_covar=0).fit(X)
    assert_allclose(run.trace[-1], peer.score(X), atol=1e-9)
    assert_allclose(run.trace[-1], -1.2012365, atol=5e-8)
    order, peers = np.argsort(run.theta.means[:, 0]), np.argsort(peer.means_[:, 0])
    assert_allclose(run.theta.covariances[order], peer.covariances_[peers], atol=1e-4)


def test_log_joint_against_scipy_and_many_at_once():
    draw = rng(0)
    X, gamma = draw.standard_normal((40, 3)), draw.dirichlet(np.ones(2), 40)
    model = gmm_mstep(X, gamma)
    expected = np.stack(
        [np.log(w) + multivariate_normal(m, S).logpdf(X) for w, m, S in zip(*model, strict=True)], axis=1
    )
    assert_allclose(gmm_log_joint(X, model), expected, rtol=1e-11)
    both = np.stack([gamma, gamma[:, ::-1]])
    assert_allclose(gmm_log_joint(X, gmm_mstep(X, both))[1], expected[:, ::-1], rtol=1e-11)
    far = gmm_log_joint([[1e8], [0.0]], GaussianMixture(np.array([1.0, 0.0]), np.zeros((2, 1)), np.ones((2, 1, 1))))
    assert far[0, 0] == pytest.approx(-5e15) and np.isneginf(far[:, 1]).all()


def test_the_m_step_is_a_maximum():
    draw = rng(1)
    X, gamma = draw.standard_normal((15, 1)), draw.dirichlet(np.ones(2), 15)

    def minus_q(x):
        w = np.array([1, np.exp(x[0])]) / (1 + np.exp(x[0]))
        model = GaussianMixture(w, x[1:3, None], np.exp(x[3:5])[:, None, None])
        return -(gamma * gmm_log_joint(X, model)).sum()

    best = gmm_mstep(X, gamma)
    x = minimize(minus_q, np.zeros(5), method="BFGS", options={"gtol": 1e-9}).x
    assert_allclose([x[1:3], np.exp(x[3:5])], [best.means[:, 0], best.covariances[:, 0, 0]], atol=1e-6)
    assert_allclose(np.exp(x[0]), best.weights[1] / best.weights[0], atol=1e-6)


def test_bernoulli_against_scipy():
    model = BernoulliMixture(np.array([0.3, 0.7]), np.array([[0.2], [0.9]]))
    counts = np.arange(11.0)[:, None]
    expected = np.log(model.weights) + binom.logpmf(counts, 10, [0.2, 0.9]) - np.log(binom.pmf(counts, 10, 0.5) * 2**10)
    assert_allclose(bernoulli_log_joint(counts, model, 10), expected, atol=1e-12)
    sure = bernoulli_log_joint([[0.0], [1.0]], BernoulliMixture(np.ones(1), np.ones((1, 1))))
    assert np.isneginf(sure[0, 0]) and sure[1, 0] == 0


def test_joint_divergence():
    draw = rng(2)
    p, r, g = draw.dirichlet(np.ones(4)), draw.dirichlet(np.ones(3), 4), draw.dirichlet(np.ones(12)).reshape(4, 3)
    found = completed_kl(p, r, g)
    assert_allclose(found.joint, rel_entr(p[:, None] * r, g).sum(), rtol=1e-12)
    assert_allclose(found.joint, found.marginal + found.conditional, rtol=1e-12)
    assert completed_kl(p, g / g.sum(axis=1, keepdims=True), g).conditional == pytest.approx(0, abs=1e-15)
    assert completed_kl([1, 0], [[1, 0], [0, 1]], [[0.5, 0], [0, 0.5]]).joint == pytest.approx(np.log(2))
    assert completed_kl([1, 0], [[0.5, 0.5], [0, 1]], [[0.5, 0], [0, 0.5]]).joint == np.inf


def test_a_wrong_step_is_noticed():
    X = gmm_sample(rng(3), 30, [0.0, 4.0], 1.0, [0.5, 0.5])[:, None]
    start = gmm_mstep(X, rng(4).dirichlet(np.ones(2), 30))

    def swapped(r):  # means and covariances, but the other component's weights
        good = gmm_mstep(X, r)
        return good._replace(weights=good.weights[::-1] ** 4, covariances=good.covariances * 9)

    with pytest.raises(RuntimeError, match="not EM"):
        em(lambda m: responsibilities(gmm_log_joint(X, m)), swapped, start, 20)


def test_responsibilities_far_out():
    gamma, log_p = responsibilities([[-1e5, -1e5 - np.log(3)], [-np.inf, 2.0]])
    assert_allclose(gamma, [[0.75, 0.25], [0, 1]], rtol=1e-9)
    assert_allclose(log_p, [-1e5 + np.log(4 / 3), 2.0])
    with pytest.raises(ValueError, match="above -inf"):
        responsibilities([[-np.inf, -np.inf]])


def test_rate_of_a_weight():
    data = gmm_sample(rng(5), 500, [-1.0, 1.0], 1.0, [0.4, 0.6])
    f1, f2 = np.exp(-((data + 1) ** 2) / 2), np.exp(-((data - 1) ** 2) / 2)
    w, steps = 0.5, []
    for _ in range(400):
        w, old = np.mean(w * f1 / (w * f1 + (1 - w) * f2)), w
        steps.append(w - old)
    assert_allclose(em_rate_weight(f1, f2, w), steps[20] / steps[19], rtol=1e-4)
    assert em_rate_weight([1e-200, 2e-200], [2e-200, 1e-200], 0.5) == pytest.approx(1 - 1 / 9)


def test_topics_against_nmf():
    from sklearn.decomposition import NMF

    draw = rng(6)
    N = draw.poisson(draw.gamma(0.5, 6.0, (8, 10))) + 1.0

    def best(A, B):
        topics = Topics(A / A.sum(axis=1, keepdims=True), B / B.sum(axis=1, keepdims=True))
        for _ in range(3000):
            topics = plsa_step(N, topics)
        return plsa_loglikelihood(N, topics)

    mine = max(best(draw.random((8, 2)), draw.random((2, 10))) for _ in range(5))
    rows, peers = N.sum(axis=1, keepdims=True), []
    for _ in range(5):
        nmf = NMF(2, init="random", solver="mu", beta_loss="kullback-leibler", max_iter=5000, tol=0)
        peers.append((N * np.log(nmf.fit_transform(N) @ nmf.components_ / rows)).sum())
    assert_allclose(mine, max(peers), rtol=1e-6)
    with pytest.raises(ValueError, match="positive where N is"):
        plsa_step([[1.0]], Topics(np.zeros((1, 1)), np.ones((1, 1))))


@pytest.mark.parametrize("call", [
    lambda: gmm_mstep([[1.0], [2.0]], [[1.0, 0.0], [1.0, 0.0]]),
    lambda: gmm_log_joint([[1.0]], GaussianMixture(np.ones(1), np.zeros((1, 2)), np.ones((1, 2, 2)))),
    lambda: gmm_log_joint([[1.0]], GaussianMixture(np.ones(1), np.zeros((1, 1)), np.zeros((1, 1, 1)))),
    lambda: bernoulli_mstep([[1.0]], [[0.0]]),
    lambda: bernoulli_log_joint([[2.0]], BernoulliMixture(np.ones(1), np.full((1, 1), 0.5))),
    lambda: completed_kl([0.5, 0.5], np.full((3, 2), 0.5), np.full((3, 2), 1 / 6)),
    lambda: em_rate_weight([1.0], [1.0], 1.0),
    lambda: gmm_sample(rng(0), 3, [0.0], 1.0, [0.5]),
])  # fmt: skip
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
