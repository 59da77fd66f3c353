"""Upper and lower bounds of a network's Lipschitz constant, and the norm of a convolution by two routes."""

from __future__ import annotations

import doctest
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.backend import jax
from scispaces.instances.layers import aligned_linear_net
from scispaces.networks import lipschitz as module
from scispaces.networks.activations import ACTIVATIONS
from scispaces.networks.lipschitz import (
    conv_matrix,
    conv_operator_norm,
    conv_reshaped_bound,
    frobenius_bound,
    lipschitz_product_bound,
    relu_jacobians,
)
from scispaces.networks.mlp import mlp

seeds = st.integers(0, 10**6)
widths = st.lists(st.integers(1, 6), min_size=2, max_size=5)


def net(widths, gen):
    Ws = [gen.standard_normal((m, n)) for n, m in pairwise(widths)]
    return Ws, [gen.standard_normal(len(W)) for W in Ws]


def test_docstrings_run():
    assert doctest.testmod(module).failed == 0


@given(widths, seeds)
@settings(max_examples=60, deadline=None)
def test_order_of_the_bounds(widths, seed):
    gen = rng(seed)
    Ws, bs = net(widths, gen)
    layers = list(zip(Ws, bs, strict=True))
    x, y = gen.standard_normal((2, 20, widths[0]))
    product = lipschitz_product_bound(Ws)
    lower = np.linalg.norm(relu_jacobians(Ws, bs, x), 2, axis=(1, 2)).max()
    quotient = np.linalg.norm(mlp(layers, x) - mlp(layers, y), axis=1) / np.linalg.norm(x - y, axis=1)
    assert lower <= product * (1 + 1e-12)
    assert quotient.max() <= product * (1 + 1e-12)
    assert product <= frobenius_bound(Ws) * (1 + 1e-12)


@given(widths, seeds)
@settings(max_examples=15, deadline=None)
def test_jacobians_are_those_of_autodiff(widths, seed):
    gen = rng(seed)
    Ws, bs = net(widths, gen)
    layers = list(zip(Ws, bs, strict=True))
    x = gen.standard_normal((3, widths[0]))
    J = [jax.jacrev(lambda z: mlp(layers, z))(row) for row in x]
    assert_allclose(relu_jacobians(Ws, bs, x), np.stack(J), atol=1e-12)


@given(widths, seeds)
@settings(max_examples=40, deadline=None)
def test_aligned_nets_attain_the_product(widths, seed):
    Ws = aligned_linear_net(widths, rng(seed))
    W = Ws[0]
    for V in Ws[1:]:
        W = V @ W
    assert_allclose(np.linalg.norm(W, 2), lipschitz_product_bound(Ws), rtol=1e-12)


def test_activation_constants_against_mpmath():
    mp.mp.dps = 30
    curves = {
        "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), 0.1),
        "silu": (lambda x: x / (1 + mp.exp(-x)), 2.4),
        "gelu": (lambda x: x * mp.ncdf(x), 1.4),
        "mish": (lambda x: x * mp.tanh(mp.log(1 + mp.exp(x))), 1.5),
    }
    for name, (g, guess) in curves.items():
        top = mp.findroot(lambda x, g=g: mp.diff(g, x, 2), guess)
        assert_allclose(float(mp.diff(g, top)), ACTIVATIONS[name].lipschitz, rtol=1e-15)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(0, 5), seeds)
@settings(max_examples=40, deadline=None)
def test_convolution_norm_is_that_of_the_dense_matrix(c_o, c_i, k, extra, seed):
    K = rng(seed).standard_normal((c_o, c_i, k))
    dense = np.linalg.norm(conv_matrix(K, k + extra), 2)
    assert_allclose(conv_operator_norm(K, k + extra), dense, rtol=1e-10)
    assert dense <= conv_reshaped_bound(K) * (1 + 1e-12)


@pytest.mark.parametrize("size", [(3, 3), (4, 5), (6, 4)])
def test_convolution_in_two_dimensions(size):
    K = rng(0).standard_normal((2, 3, 3, 2))
    assert_allclose(conv_operator_norm(K, size), np.linalg.norm(conv_matrix(K, size), 2), rtol=1e-10)


def test_conv_matrix_is_the_circular_convolution_of_scipy():
    from scipy.ndimage import convolve

    gen = rng(1)
    K, x = gen.standard_normal((3, 3)), gen.standard_normal((5, 6))
    y = (conv_matrix(K[None, None], (5, 6)) @ x.ravel()).reshape(5, 6)
    assert_allclose(y, convolve(x, K, mode="wrap", origin=(-1, -1)), atol=1e-12)


def test_constant_kernel_attains_the_reshaped_bound():
    K = np.broadcast_to(rng(2).standard_normal((4, 3))[:, :, None, None], (4, 3, 3, 3))
    assert_allclose(conv_operator_norm(K, (8, 8)), conv_reshaped_bound(K), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lipschitz_product_bound([]), "at least one matrix"),
        (lambda: lipschitz_product_bound([np.eye(2), np.eye(3)]), "does not take the output"),
        (lambda: lipschitz_product_bound([np.eye(2)], [1, 1]), "one entry per matrix"),
        (lambda: lipschitz_product_bound([np.eye(2)], ["swishy"]), "unknown activation"),
        (lambda: lipschitz_product_bound([np.eye(2)], [-1.0]), "activation constant must"),
        (lambda: frobenius_bound([[[np.nan]]]), "finite"),
        (lambda: relu_jacobians([np.eye(2)], [np.zeros(2)], np.zeros((3, 4))), "x must have shape"),
        (lambda: relu_jacobians([np.eye(2)], [], np.zeros((3, 2))), "one vector per matrix"),
        (lambda: conv_operator_norm(np.ones((1, 1, 3)), (4, 4)), "spatial axes"),
        (lambda: conv_operator_norm(np.ones((1, 1, 3)), 2), "smaller than the kernel"),
        (lambda: conv_reshaped_bound(np.ones((2, 2))), "kernel must have shape"),
        (lambda: aligned_linear_net([3], rng(0)), "at least two"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
