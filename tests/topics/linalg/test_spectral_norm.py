"""Power iteration against the SVD of numpy, scipy and jax; its guarantees as properties."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse.linalg import svds

from scispaces import key, rng
from scispaces.backend import jax, jnp
from scispaces.linalg import spectral_norm as module
from scispaces.linalg.spectral_norm import (
    normalized_gradient,
    power_estimates,
    power_step,
    spectral_norm,
    spectral_norm_grad,
    spectral_normalize,
)

seeds = st.integers(0, 10**6)
sizes = st.integers(1, 8)


def gapped(m: int, n: int, gen: np.random.Generator, ratio: float = 0.8) -> np.ndarray:
    """A random matrix with sigma_2 / sigma_1 = ratio."""
    U, V = (np.linalg.qr(gen.standard_normal((k, k)))[0] for k in (m, n))
    k = min(m, n)
    s = gen.uniform(0.1, 10) * ratio ** np.arange(k)
    return (U[:, :k] * s) @ V[:, :k].T


def test_docstrings_run():
    assert doctest.testmod(module).failed == 0


@given(sizes, sizes, seeds)
@settings(max_examples=60, deadline=None)
def test_agrees_with_the_svd_of_numpy_and_jax(m, n, seed):
    W = gapped(m, n, rng(seed))
    exact = np.linalg.norm(W, 2)
    assert_allclose(spectral_norm(W, n_iter=200, rng=rng(seed + 1)), exact, rtol=1e-12)
    assert_allclose(exact, jnp.linalg.norm(W, ord=2), rtol=1e-12)


def test_agrees_with_svds():
    W = gapped(40, 25, rng(0))
    assert_allclose(spectral_norm(W, n_iter=200), svds(W, k=1, return_singular_vectors=False)[0], rtol=1e-10)


def test_agrees_with_flax():
    """flax's SpectralNorm (one power iteration per update, stored u) gives the same sigma as the warm start here."""
    linen = pytest.importorskip("flax.linen")
    W = gapped(12, 7, rng(3))

    class Net(linen.Module):
        @linen.compact
        def __call__(self, x, update):
            dense = linen.Dense(12, use_bias=False)
            return linen.SpectralNorm(dense, n_steps=60)(x, update_stats=update)

    variables = Net().init(key(0), jnp.zeros(7), update=False)
    variables = {**variables, "params": jax.tree.map(lambda _: jnp.asarray(W.T), variables["params"])}
    out, _ = Net().apply(variables, jnp.eye(7), update=True, mutable=["batch_stats"])
    assert_allclose(out.T, spectral_normalize(W, 200)[0], atol=1e-5)


@given(sizes, sizes, seeds, st.integers(-200, 200))
@settings(max_examples=60, deadline=None)
def test_estimates_increase_and_stay_below(m, n, seed, exponent):
    gen = rng(seed)
    W = gen.standard_normal((m, n)) * 10.0**exponent
    estimates = power_estimates(W, 30, gen.standard_normal(m))
    scale = np.abs(W).max()
    sigma = np.linalg.norm(W / scale, 2)
    assert np.all(np.diff(estimates / scale) >= -1e-13 * sigma)
    assert np.all(estimates / scale <= sigma * (1 + 1e-13))


@given(st.integers(2, 6), seeds, st.floats(0.1, 0.95))
@settings(max_examples=60, deadline=None)
def test_error_obeys_the_tangent_bound(n, seed, ratio):
    gen = rng(seed)
    W = gapped(n, n, gen, ratio)
    u0 = gen.standard_normal(n)
    s, v1 = np.linalg.svd(W)[1], np.linalg.svd(W)[2][0]
    v = W.T @ u0
    c = abs(v @ v1) / np.linalg.norm(v)
    r = np.arange(1, 31)
    bound = s[0] ** 2 * (1 / c**2 - 1) * (s[1] / s[0]) ** (4 * (r - 1))
    assert np.all(s[0] ** 2 - power_estimates(W, 30, u0) ** 2 <= bound * (1 + 1e-9) + 1e-12 * s[0] ** 2)


@given(sizes, sizes, seeds)
@settings(max_examples=40, deadline=None)
def test_vectors_are_consistent(m, n, seed):
    W = rng(seed).standard_normal((m, n))
    sigma, u, v = spectral_norm(W, 5, rng=rng(seed + 1), return_vectors=True)
    assert_allclose([np.linalg.norm(u), np.linalg.norm(v)], 1, rtol=1e-14)
    assert_allclose(u @ W @ v, sigma, rtol=1e-12)
    assert_allclose(W @ v, sigma * u, atol=1e-12 * sigma)


def test_transpose_and_scaling():
    W = gapped(6, 4, rng(1))
    assert_allclose(spectral_norm(W.T, 200), spectral_norm(W, 200), rtol=1e-12)
    assert_allclose(spectral_norm(-3 * W, 200), 3 * spectral_norm(W, 200), rtol=1e-12)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e200, 1e300])
def test_extreme_scales(size):
    assert_allclose(spectral_norm(size * np.diag([3.0, 2.0])), 3 * size, rtol=1e-9)


def test_a_start_that_sees_nothing():
    W = np.diag([3.0, 2.0, 0.0])
    assert_allclose(spectral_norm(W, u0=[0, 0, 1], n_iter=100), 3)  # W^T u0 = 0: drawn anew
    assert_allclose(spectral_norm(W, u0=[0, 1, 0], n_iter=100), 2)  # orthogonal to u_1: the second singular value
    assert spectral_norm(np.zeros((2, 3))) == 0.0
    sigma, u, v = spectral_norm(np.zeros((2, 3)), return_vectors=True)
    assert (sigma, u.tolist(), v.tolist()) == (0.0, [1, 0], [1, 0, 0])


def test_warm_start_needs_one_round_a_step():
    gen = rng(2)
    W = gapped(20, 20, gen)
    u = gen.standard_normal(20)
    for _ in range(60):
        W_bar, u = spectral_normalize(W, 1, u)
    assert_allclose(np.linalg.norm(W_bar, 2), 1, rtol=1e-9)


@given(sizes, sizes, seeds)
@settings(max_examples=40, deadline=None)
def test_normalized_norm_is_never_below_one(m, n, seed):
    W_bar, u = spectral_normalize(rng(seed).standard_normal((m, n)), 3)
    assert np.linalg.norm(W_bar, 2) >= 1 - 1e-12
    assert u.shape == (m,)


@given(st.integers(1, 6), st.integers(1, 6), seeds)
@settings(max_examples=20, deadline=None)
def test_gradient_is_that_of_autodiff(m, n, seed):
    W = gapped(m, n, rng(seed))
    assert_allclose(spectral_norm_grad(W), jax.grad(lambda A: jnp.linalg.norm(A, ord=2))(W), atol=1e-10)


@given(st.integers(1, 6), st.integers(1, 6), seeds)
@settings(max_examples=15, deadline=None)
def test_normalized_gradient_is_that_of_autodiff_and_orthogonal_to_W(m, n, seed):
    W = gapped(m, n, rng(seed))
    c = rng(seed + 1).standard_normal((m, n))
    g = normalized_gradient(W, 3 * c * (W / np.linalg.norm(W, 2)) ** 2)
    autodiff = jax.grad(lambda A: jnp.sum(c * (A / jnp.linalg.norm(A, ord=2)) ** 3))(W)
    assert_allclose(g, autodiff, atol=1e-9 * max(1, np.abs(g).max()))
    assert abs(np.sum(g * W)) <= 1e-10 * np.linalg.norm(W) * max(1, np.linalg.norm(g))


def test_step_passes_through_jax():
    W, u = gapped(5, 3, rng(4)), rng(5).standard_normal(5)
    for a, b in zip(power_step(W, u), jax.jit(power_step)(W, u), strict=True):
        assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize(
    "W", [np.zeros(3), np.zeros((0, 2)), [[np.nan]], [[np.inf]], [[1j]], np.zeros((2, 2, 2)), [["a"]], None]
)
def test_bad_matrices(W):
    for function in (spectral_norm, spectral_normalize, spectral_norm_grad):
        with pytest.raises(ValueError, match="W must"):
            function(W)


def test_bad_arguments():
    W = np.eye(2)
    with pytest.raises(ValueError, match="n_iter must"):
        spectral_norm(W, 0)
    with pytest.raises(ValueError, match="u0 must have shape"):
        spectral_norm(W, u0=[1.0])
    with pytest.raises(ValueError, match="u0 must not be zero"):
        spectral_norm(W, u0=[0.0, 0.0])
    with pytest.raises(ValueError, match="zero matrix"):
        spectral_normalize(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="zero or repeated"):
        spectral_norm_grad(W)
    with pytest.raises(ValueError, match="zero or repeated"):
        spectral_norm_grad(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="G must have shape"):
        normalized_gradient(np.diag([2.0, 1.0]), np.zeros(2))
    with pytest.raises(ValueError, match="no direction"):
        power_estimates(np.diag([1.0, 0.0]), 3, [0.0, 1.0])
