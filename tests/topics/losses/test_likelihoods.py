"""Against scipy.stats and optax; sums over the last axis, exact at large logits."""

from __future__ import annotations

import numpy as np
import optax
from scipy import stats

from scispaces import rng
from scispaces.backend import jnp
from scispaces.losses.likelihoods import bernoulli_nll, gaussian_nll


def test_the_normal_one():
    x, m, v = rng(0).standard_normal((3, 4, 5))
    assert np.allclose(gaussian_nll(x, m, v), -stats.norm(m, np.exp(v / 2)).logpdf(x).sum(axis=1), rtol=1e-12)
    assert np.allclose(gaussian_nll(x, m, -1.0), -stats.norm(m, np.exp(-0.5)).logpdf(x).sum(axis=1), rtol=1e-12)
    assert np.allclose(gaussian_nll(jnp.asarray(x), m, v), gaussian_nll(x, m, v), rtol=1e-12)


def test_the_binary_one():
    logits, x = rng(1).standard_normal((4, 5)), rng(2).integers(0, 2, (4, 5)).astype(float)
    peer = np.asarray(optax.sigmoid_binary_cross_entropy(logits, x)).sum(axis=1)
    assert np.allclose(bernoulli_nll(logits, x), peer, rtol=1e-12)
    assert (
        bernoulli_nll(np.array([800.0]), np.array([1.0])) == 0
        and bernoulli_nll(np.array([800.0]), np.array([0.0])) == 800
    )
    assert bernoulli_nll(np.array([-800.0]), np.array([1.0])) == 800
