"""The contrastive loss, its closed gradients and the two passes, against jax.grad and formulas written out."""

from __future__ import annotations

import jax.flatten_util
import numpy as np
import optax
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logsumexp

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.losses.contrastive import (
    chunk_similarities,
    info_nce,
    info_nce_cotangent,
    info_nce_probs,
    naive_loss,
    temperature_gradient,
    two_pass_grad,
    two_tower_cotangents,
)
from scispaces.networks.mlp import init_mlp, mlp

PAIRS = np.arange(12) ^ 1


def features(seed=0, b=12, d=3):
    return rng(seed).standard_normal((b, d))


def written_out(S, partner, mask):
    S = np.array(S)
    total = 0.0
    for i in range(len(S)):
        others = [j for j in range(len(S)) if j != i or not mask]
        total += logsumexp(S[i, others]) - S[i, partner[i]]
    return total


@pytest.mark.parametrize("mask", [True, False])
def test_the_loss_written_out(mask):
    S = features(1, 12, 12) * 3  # not symmetric: rows, not columns
    assert_allclose(info_nce(S, PAIRS, mask), written_out(S, PAIRS, mask), rtol=1e-13)
    P, lse = info_nce_probs(S, mask)
    assert_allclose(lse[0], np.log(np.exp(S[0, 1 if mask else 0 :]).sum()), rtol=1e-12)
    assert_allclose(P.sum(axis=1), 1, rtol=1e-14)
    assert_allclose(np.diag(P) == 0, mask)
    assert_allclose(info_nce(S + 1e5, PAIRS, mask), written_out(S, PAIRS, mask), rtol=1e-9)
    labels = optax.softmax_cross_entropy_with_integer_labels(jnp.asarray(S), PAIRS).sum()
    if not mask:
        assert_allclose(info_nce(S, PAIRS, mask), labels, rtol=1e-12)


@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("block", [None, 1, 5, 12, 100])
def test_the_cotangent_is_the_gradient(mask, block):
    H = features(2)
    partner = PAIRS if mask else np.r_[PAIRS[:10], 10, 11]  # two samples that are their own partners
    wanted = jax.grad(lambda H: info_nce(H @ H.T, partner, mask))(jnp.asarray(H))
    assert_allclose(info_nce_cotangent(H, partner, mask, block), wanted, rtol=1e-11, atol=1e-12)
    assert_allclose(info_nce_cotangent(jnp.asarray(H), partner, mask, block), wanted, rtol=1e-11, atol=1e-12)


def test_large_similarities_do_not_overflow():
    H = 1e3 * features(3)
    assert np.isfinite(info_nce_cotangent(H, PAIRS)).all() and np.isfinite(info_nce_cotangent(H, PAIRS, block=5)).all()
    assert np.isfinite(naive_loss(H, PAIRS, 4))


def test_naive_chunks():
    H = features(4)
    parts = [written_out(H[i : i + 4] @ H[i : i + 4].T, [1, 0, 3, 2], True) for i in (0, 4, 8)]
    assert_allclose(naive_loss(H, PAIRS, 4), sum(parts), rtol=1e-13)
    assert_allclose(naive_loss(H, PAIRS, 12), info_nce(H @ H.T, PAIRS), rtol=1e-13)
    assert naive_loss(H, PAIRS, 2) == 0
    S, mates = chunk_similarities(H, PAIRS, 6)
    assert S.shape == (2, 6, 6)
    assert_array_equal(mates, [[1, 0, 3, 2, 5, 4]] * 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: naive_loss(features(), PAIRS, 5),
        lambda: naive_loss(features(), PAIRS, 3),
        lambda: info_nce(np.eye(3), [1, 2, 0]),
        lambda: info_nce(np.eye(3), [1, 0, 2]),
        lambda: info_nce(np.ones((2, 3)), [1, 0]),
        lambda: info_nce(np.eye(2), [1.0, 0.0]),
        lambda: info_nce_probs(np.eye(1)),
        lambda: info_nce_cotangent(features(), PAIRS, block=0),
        lambda: two_tower_cotangents(np.eye(2), np.eye(3)),
        lambda: temperature_gradient(np.eye(2), np.eye(2), [1, 0], 0.0),
        lambda: two_pass_grad(lambda p, x: x * p, 1.0, jnp.ones((6, 2)), lambda H: H, 4),
        lambda: two_pass_grad(lambda p, x: x * p, 1.0, jnp.ones((6, 2)), lambda H: H[:2], 3),
    ],
)
def test_bad_calls_are_refused(call):
    with pytest.raises(ValueError, match="must"):
        call()


def test_two_towers_against_autodiff():
    U, V = jnp.asarray(features(5, 6, 4)), jnp.asarray(features(6, 6, 4))

    def loss(U, V):
        S = U @ V.T
        return -jnp.trace(S) + 0.5 * (jax.nn.logsumexp(S, axis=1).sum() + jax.nn.logsumexp(S, axis=0).sum())

    for found, wanted in zip(two_tower_cotangents(U, V), jax.grad(loss, (0, 1))(U, V), strict=True):
        assert_allclose(found, wanted, rtol=1e-11, atol=1e-13)


def test_the_gradient_by_temperature():
    Z, tau = features(7) / 2, 0.3
    S = Z @ Z.T / tau
    wanted = jax.grad(lambda t: info_nce(jnp.asarray(Z @ Z.T) / t, PAIRS))(tau)
    assert_allclose(temperature_gradient(S, info_nce_probs(S)[0], PAIRS, tau), wanted, rtol=1e-11)


@pytest.mark.parametrize("chunk", [1, 3, 4, 12])
def test_two_passes_are_exact_for_every_chunk(chunk):
    net, X = init_mlp(rng(0), [5, 8, 3]), jnp.asarray(features(8, 12, 5))

    def encode(params, x):
        return mlp(params, x, "tanh")

    def loss(params):
        H = encode(params, X)
        return info_nce(H @ H.T, PAIRS)

    found = jax.jit(lambda p: two_pass_grad(encode, p, X, lambda H: info_nce_cotangent(H, PAIRS), chunk))(net)
    ours, wanted = (jax.flatten_util.ravel_pytree(t)[0] for t in (found, jax.grad(loss)(net)))
    assert_allclose(ours, wanted, rtol=1e-10, atol=1e-13)


def test_keys_are_replayed_in_both_passes():
    keys, X, W = jnp.arange(8.0), jnp.asarray(features(9, 8, 3)), jnp.asarray(features(10, 3, 2))

    def encode(W, x, k):
        return jnp.cos(k)[:, None] * (x @ W)

    def loss(W):
        H = encode(W, X, keys)
        return info_nce(H @ H.T, np.arange(8) ^ 1)

    found = two_pass_grad(encode, W, X, lambda H: info_nce_cotangent(H, np.arange(8) ^ 1), 4, keys)
    assert_allclose(found, jax.grad(loss)(W), rtol=1e-11)
