"""The affine pieces of a network: by pattern against autodiff, kinks by formula against bisection."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.backend import jax
from scispaces.instances.critics import random_critic
from scispaces.networks import piecewise_linear as module
from scispaces.networks.activations import leaky_relu
from scispaces.networks.lipschitz import relu_jacobians
from scispaces.networks.mlp import mlp
from scispaces.networks.piecewise_linear import pwl_piece, ridge_critic, segment_pieces, segment_scan

seeds = st.integers(0, 10**6)
slopes = st.sampled_from([0.0, 0.01, 0.2])


def value(params, x, a):
    return np.asarray(mlp(params, x, leaky_relu(a)))[..., 0]


def test_docstrings_run():
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0


@given(seeds, slopes)
@settings(max_examples=10, deadline=None)
def test_piece_is_value_and_gradient(seed, a):
    gen = rng(seed)
    params, x = random_critic((3, 8, 8, 1), gen), gen.standard_normal((5, 3))
    w, b = pwl_piece(params, x, a)
    gradient = jax.vmap(jax.grad(lambda z: mlp(params, z, leaky_relu(a))[0]))(x)
    assert_allclose(w, gradient, atol=1e-12)
    assert_allclose(np.einsum("nd,nd->n", w, x) + b, value(params, x, a), atol=1e-12)
    one = pwl_piece(params, x[0], a)
    assert_allclose(one[0], w[0])
    assert one[1].shape == ()


def test_piece_is_the_jacobian_of_relu_networks():
    gen = rng(1)
    params, x = random_critic((4, 7, 5, 1), gen), gen.standard_normal((6, 4))
    J = relu_jacobians([W for W, _ in params], [b for _, b in params], x)
    assert_allclose(pwl_piece(params, x)[0], J[:, 0], atol=1e-13)


@given(seeds, slopes)
@settings(max_examples=20, deadline=None)
def test_pieces_of_a_segment(seed, a):
    gen = rng(seed)
    params, (x0, x1) = random_critic((3, 8, 8, 1), gen), 3 * gen.standard_normal((2, 3))
    pieces = segment_pieces(params, x0, x1, a)
    t = np.linspace(0, 1, 400)
    k = np.clip(np.searchsorted(pieces.t, t) - 1, 0, len(pieces.b) - 1)
    points = x0 + t[:, None] * (x1 - x0)
    assert_allclose(np.einsum("nd,nd->n", pieces.w[k], points) + pieces.b[k], value(params, points, a), atol=1e-11)
    assert_allclose(pieces.values[1:, 0], pieces.values[:-1, 1], atol=1e-11)  # continuous at every kink
    assert_allclose(pieces.slopes, np.linalg.norm(pieces.w, axis=1))
    change = np.diff(pieces.w, axis=0)
    along = np.einsum("kd,kd->k", change, pieces.normal)[:, None] * pieces.normal
    assert_allclose(change, along, atol=1e-11)  # only along the normal of the boundary


def test_kinks_are_those_of_a_bisection():
    gen = rng(2)
    params, (x0, x1) = random_critic((2, 6, 6, 1), gen), np.array([[-4.0, -3.0], [4.0, 2.0]])
    pieces = segment_pieces(params, x0, x1, 0.1)

    def pattern(t):
        h, signs = x0 + t * (x1 - x0), []
        for W, b in params[:-1]:
            z = W @ h + b
            signs.append(z > 0)
            h = np.where(z > 0, z, 0.1 * z)
        return np.concatenate(signs)

    grid = np.linspace(0, 1, 20_001)
    patterns = np.array([pattern(t) for t in grid])
    found = []
    for i in np.nonzero((patterns[1:] != patterns[:-1]).any(axis=1))[0]:
        low, high = grid[i], grid[i + 1]
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if (pattern(middle) == pattern(grid[i])).all() else (low, middle)
        found.append(low)
    assert_allclose(pieces.t[1:-1], found, atol=1e-10)
    assert ((pieces.layer >= 0) & (pieces.unit >= 0)).all()


def test_scan_sees_jumps_and_nothing_else():
    step = segment_scan(lambda x: np.where(x[:, 0] > 0.1234, 1.5, 0.0), [-1.0, 0.0], [1.0, 0.0], 1001)
    assert_allclose(step.jumps(), [1.5])
    assert_allclose(step.quotients.max() * step.h, 1.5)
    wave = segment_scan(lambda x: np.sin(x[:, 0]), [-1.0, 0.0], [1.0, 0.0], 1001)
    assert len(wave.jumps()) == 0
    assert wave.quotients.max() <= 1 + 1e-9


@given(st.integers(1, 8), st.integers(1, 4), st.floats(1e-4, 10), seeds)
@settings(max_examples=30, deadline=None)
def test_ridge_critic_takes_its_values_with_its_slope(n, d, slope, seed):
    gen = rng(seed)
    x, values = gen.standard_normal((n, d)), gen.standard_normal(n)
    params = ridge_critic(x, values, slope)
    w, b = pwl_piece(params, x)
    assert_allclose(np.einsum("nd,nd->n", w, x) + b, values, atol=1e-7 * (1 + slope))
    assert_allclose(np.linalg.norm(w, axis=1), slope, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pwl_piece([], [1.0]), "at least one layer"),
        (lambda: pwl_piece([(np.eye(2), np.zeros(2))], [1.0, 2.0]), "one output"),
        (lambda: pwl_piece([(np.ones((1, 2)), [0.0])], [1.0]), "dimension 2"),
        (lambda: pwl_piece([(np.ones((1, 2)), [0.0])], [1.0, np.nan]), "finite"),
        (lambda: pwl_piece([(np.ones((1, 2)), [0.0])], [1.0, 2.0], 1.0), "negative_slope"),
        (lambda: pwl_piece([(np.ones((3, 2)), np.zeros(3)), (np.ones((1, 2)), [0.0])], [1, 2]), "does not take"),
        (lambda: segment_pieces([(np.ones((1, 1)), [0.0])], [1.0], [1.0]), "different points"),
        (lambda: segment_scan(lambda x: x[:, 0], [0.0], [0.0]), "different points"),
        (lambda: segment_scan(lambda x: x[:, 0], [0.0], [1.0], 1), "num must"),
        (lambda: segment_scan(lambda x: x[:, 0], [0.0], [1.0], 5).jumps(-1.0), "slope must"),
        (lambda: ridge_critic([1.0, 1.0], [1.0, 2.0], 0.1), "distinct"),
        (lambda: ridge_critic([1.0], [1.0], 0.0), "slope must"),
        (lambda: random_critic((2, 1), rng(0), bias=-1.0), "bias must"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
