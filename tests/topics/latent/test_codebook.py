"""Codebooks against scipy, scikit-learn and jax; ties, scales, empty codes; the linear layer against its gradients."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.cluster.vq import vq
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.latent import codebook
from scispaces.latent.codebook import (
    cluster_sums,
    codebook_grad,
    ema_update,
    lloyd_step,
    nearest_code,
    perplexity,
    quantize,
    straight_through,
    utilisation,
    vq_losses,
)
from scispaces.latent.linear_codebook import (
    balanced_factors,
    effective_update,
    linear_codebook_lstsq,
    simvq_step,
    stable_step,
)

source = rng(0)
Z, E, W = source.standard_normal((200, 3)), source.standard_normal((9, 3)), source.standard_normal((3, 3))
G = source.standard_normal((9, 3))


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_nearest_codes_at_every_scale(size, monkeypatch):
    index, distance = vq(Z, E)
    monkeypatch.setattr(codebook, "BLOCK", 100)
    found = quantize(size * Z, size * E)
    assert_array_equal(found.nearest, index)
    assert_array_equal(found.nearest, pairwise_distances_argmin(Z, E))
    assert_array_equal(found.nearest, nearest_code(jnp.asarray(Z), jnp.asarray(E)))
    assert_allclose(found.code, size * E[index])
    if size == 1:
        assert_allclose(found.sqdist, distance**2, rtol=1e-12)


def test_ties_and_a_shift_that_cancels():
    assert quantize([[0.0, 0.0]], [[1.0, 0], [0, 1], [-1, 0]]).nearest[0] == 0
    assert quantize([[1e8 + 1.0]], [[1e8 + 3.0], [1e8]]).nearest[0] == 1
    for bad in ([[1.0, 2.0]], np.zeros((0, 3))):
        with pytest.raises(ValueError, match=r"E must|rows of one length"):
            quantize(Z, bad)


def test_gradient_of_the_codebook_by_autodiff():
    index = quantize(Z, E).nearest
    slope = jax.grad(lambda e: vq_losses(jnp.asarray(Z), e[index], 0.7, 0.3))(jnp.asarray(E))
    ours = codebook_grad(Z, E, index, 0.7)
    idle = np.setdiff1d(np.arange(9), index[:3])
    assert_allclose(ours, slope, rtol=1e-12)
    assert_array_equal(codebook_grad(Z[:3], E, index[:3])[idle], 0)
    into_z = jax.grad(lambda z: vq_losses(z, jnp.asarray(E)[index], 0.7, 0.3))(jnp.asarray(Z))
    assert_allclose(into_z, 0.6 * (Z - E[index]), rtol=1e-12)
    codes = jnp.asarray(E)[index]
    value, slope = jax.value_and_grad(lambda z: jnp.sum(straight_through(z, codes) ** 3))(jnp.asarray(Z))
    assert_allclose(value, np.sum(E[index] ** 3))
    assert_allclose(slope, 3 * E[index] ** 2)


def test_lloyd_against_k_means():
    start = Z[:9]
    centres = KMeans(9, init=start, n_init=1, max_iter=1).fit(Z).cluster_centers_
    assert_allclose(lloyd_step(Z, start), centres, rtol=1e-9)
    far = np.vstack([start, [[1e6, 0, 0]]])
    assert_array_equal(lloyd_step(Z, far)[-1], far[-1])


def test_averages_counts_and_use():
    index = quantize(Z, E).nearest
    counts, sums = cluster_sums(Z, index, 9)
    assert counts.sum() == 200
    assert_allclose(sums.sum(axis=0), Z.sum(axis=0))
    N, _, codes = ema_update(counts, sums, index, 2 * Z, 0.75)
    assert_allclose(N, counts)
    assert_allclose(codes, 1.25 * sums / np.maximum(counts, 1)[:, None])
    assert_array_equal(ema_update([0.0, 0.0], np.zeros((2, 3)), [0], Z[:1], 1.0)[2], np.zeros((2, 3)))
    assert utilisation([0, 2, 2], 4) == 0.5
    assert perplexity([0, 0, 1, 1], 9) == pytest.approx(2)
    assert perplexity([3], 9) == 1
    for bad in ([-1], [9], [0.5]):
        with pytest.raises(ValueError, match="index must"):
            utilisation(bad, 9)


@pytest.mark.parametrize("train_q", [False, True])
def test_steps_of_the_factors_by_autodiff(train_q):
    Q = E
    slopes = jax.grad(lambda q, w: jnp.sum(G * (q @ w)), (0, 1))(jnp.asarray(Q), jnp.asarray(W))
    q, w = simvq_step(Q, W, G, 0.1, train_q=train_q)
    assert_allclose(q, Q - 0.1 * slopes[0] * train_q, rtol=1e-12)
    assert_allclose(w, W - 0.1 * slopes[1], rtol=1e-12)
    assert_allclose(effective_update(Q, W, G, 0.1, train_q), q @ w - Q @ W, atol=1e-12)
    first = effective_update(Q, W, G, 1e-6, train_q, order=1)
    assert_allclose(first, effective_update(Q, W, G, 1e-6, train_q), atol=1e-9)
    assert_array_equal(simvq_step(Q, W, G, 0.1, train_w=False)[1], W)


def test_least_squares_and_the_stable_step():
    index = source.integers(0, 9, 200)
    best = linear_codebook_lstsq(E, index, Z)
    assert_allclose(best, np.linalg.lstsq(E[index], Z, rcond=None)[0], rtol=1e-9)
    counts = np.bincount(index, minlength=9)
    curvature = np.linalg.eigvalsh(E.T @ np.diag(counts) @ E)[-1]
    assert stable_step(E, counts, 0.5) == pytest.approx(2 / curvature)
    assert stable_step(0 * E, counts) == np.inf
    single = linear_codebook_lstsq(E, np.zeros(5, int), Z[:5])
    assert_allclose(E[0] @ single, Z[:5].mean(axis=0))
    assert np.linalg.matrix_rank(single) == 1


def test_balanced_factors():
    q, w = balanced_factors(E)
    assert_allclose(q @ w, E, atol=1e-12)
    assert_allclose(q.T @ q, w @ w.T, atol=1e-12)
    with pytest.raises(ValueError, match="as many rows"):
        balanced_factors(E.T)
