"""Invertible layers against jax Jacobians, scipy and a loop over blocks; flows of the plane against their inverse."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.instances.couplings import complex_jacobian, coupling_stack, stack_forward, stack_inverse
from scispaces.latent.coupling import (
    actnorm_init,
    coupling_forward,
    coupling_inverse,
    leading_minor_signs,
    multiscale_shapes,
    plu_factors,
    plu_logdet,
    plu_solve,
    squeeze2d,
    unsqueeze2d,
)

source = rng(0)
A, B = source.standard_normal((5, 7)), source.standard_normal((7, 10))
MASK = np.array([1, 0, 1, 0, 0])


def test_a_coupling_against_its_jacobian_in_jax():
    def net(v):
        return jnp.split(jnp.tanh(v @ A) @ B, 2, axis=-1)

    x = jnp.asarray(source.standard_normal((3, 5)))
    h, logdet = coupling_forward(x, net, MASK)
    J = jax.vmap(jax.jacfwd(lambda v: coupling_forward(v, net, MASK)[0]))(x)
    assert_allclose(logdet, np.linalg.slogdet(J)[1], rtol=1e-12)
    assert_array_equal(J[:, [0, 2]], np.broadcast_to(np.eye(5)[[0, 2]], (3, 2, 5)))
    back, minus = coupling_inverse(h, net, MASK)
    assert_allclose(back, x, atol=1e-12)
    assert_allclose(minus, -logdet)
    for bad in (np.ones(5), [0, 0.5, 1, 1, 1]):
        with pytest.raises(ValueError, match="zeros and ones"):
            coupling_forward(x, net, bad)


def test_stacks_by_complex_steps_and_in_single_precision():
    layers, x = coupling_stack(source, 6, 4), source.standard_normal(6)
    z, logdet = stack_forward(layers, x)
    J = complex_jacobian(lambda v: stack_forward(layers, v)[0], x)
    step = 1e-6 * np.eye(6)
    differences = (stack_forward(layers, x + step)[0] - stack_forward(layers, x - step)[0]).T / 2e-6
    assert_allclose(J, differences, rtol=1e-4, atol=1e-7)
    assert_allclose(logdet, np.linalg.slogdet(J)[1], rtol=1e-10)
    assert_allclose(stack_inverse(layers, z), x, atol=1e-9)
    single = stack_forward(layers, x.astype(np.float32))[0]
    assert single.dtype == np.float32
    assert stack_inverse(layers, single).dtype == np.float32


def test_squeeze_block_by_block():
    x = source.standard_normal((2, 4, 6, 3))
    z = squeeze2d(x)
    for i, j, c, dy, dx in np.ndindex(2, 3, 3, 2, 2):
        assert_array_equal(z[:, i, j, 4 * c + 2 * dy + dx], x[:, 2 * i + dy, 2 * j + dx, c])
    assert_array_equal(unsqueeze2d(z), x)
    with pytest.raises(ValueError, match="multiples of 2"):
        squeeze2d(x[:, :3])
    with pytest.raises(ValueError, match="multiple of 4"):
        unsqueeze2d(x)


def test_shapes_of_the_levels():
    shapes, outputs = multiscale_shapes(32, 32, 3, 3)
    assert shapes == [(16, 16, 12), (8, 8, 24), (4, 4, 48)]
    assert outputs == [1536, 768, 768]
    assert multiscale_shapes(2, 4, 1, 1) == ([(1, 2, 4)], [8])
    with pytest.raises(ValueError, match="multiples of 8"):
        multiscale_shapes(32, 36, 3, 3)


def test_actnorm_start():
    x = source.standard_normal((4, 3, 2)) * [1, 100] + [5, 0]
    mu, sigma = actnorm_init(x)
    z = (x - mu) / sigma
    assert_allclose(z.mean(axis=(0, 1)), 0, atol=1e-12)
    assert_allclose(z.std(axis=(0, 1)), 1)
    assert actnorm_init(np.ones((5, 1)))[1] == 1e-6


@pytest.mark.parametrize("size", [1e-100, 1.0, 1e100])
def test_factors(size):
    W = size * source.standard_normal((5, 5))
    factors = plu_factors(W)
    assert_allclose(factors.P @ factors.L @ factors.U, W, rtol=1e-10)
    assert plu_logdet(factors.U, 3) == pytest.approx(3 * np.linalg.slogdet(W)[1], rel=1e-12)
    x = source.standard_normal((4, 5))
    assert_allclose(plu_solve(factors, x @ W), x, atol=1e-9)
    assert plu_logdet(np.diag([1.0, 0.0])) == -np.inf


def test_signs_of_minors():
    W, P = source.standard_normal((4, 3, 3)), np.eye(3)[[2, 0, 1]]
    signs = leading_minor_signs(P, W)
    for k in (1, 2, 3):
        assert_array_equal(signs[:, k - 1], [np.sign(np.linalg.det((P.T @ w)[:k, :k])) for w in W])
    assert leading_minor_signs(np.eye(2), [[0.0, 1.0], [1.0, 0.0]])[0] == 0
