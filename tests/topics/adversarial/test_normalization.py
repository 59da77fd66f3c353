"""Normalized critics: the formulas against autodiff, against each other, and at the places where one divides by 0."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.adversarial import normalization as module
from scispaces.adversarial.normalization import (
    NORMALIZATIONS,
    gn_gradient_norm,
    gradient_normalize,
    jump_size,
    multiply_adds,
    normalized_value,
    softsign,
    split_change,
)
from scispaces.backend import jax, jnp
from scispaces.instances.critics import random_critic
from scispaces.networks.activations import leaky_relu
from scispaces.networks.mlp import mlp
from scispaces.networks.piecewise_linear import pwl_piece, segment_pieces

EPS = 0.05
numbers = st.floats(-1e3, 1e3)
slopes = st.floats(1e-3, 1e3)


def critic(params, x):
    return mlp(params, x, leaky_relu(0.1))[..., 0]


BATCH = {kind: jax.jit(jax.vmap(gradient_normalize(critic, kind, EPS), (None, 0))) for kind in NORMALIZATIONS}
GRADIENT = {
    kind: jax.jit(jax.vmap(jax.grad(gradient_normalize(critic, kind, EPS), 1), (None, 0))) for kind in NORMALIZATIONS
}


@pytest.fixture(scope="module")
def net():
    gen = rng(0)
    params, x = random_critic((3, 8, 8, 1), gen), gen.standard_normal((40, 3))
    w, b = pwl_piece(params, x, 0.1)
    return params, x, w, b, np.linalg.norm(w, axis=1), np.einsum("nd,nd->n", w, x) + b


def test_docstrings_run():
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0


@pytest.mark.parametrize("kind", NORMALIZATIONS)
def test_values_and_gradients(kind, net):
    params, x, w, _, c, D = net
    n = w / c[:, None]
    if kind == "inner":
        expected, norms = np.einsum("nd,nd->n", n, x), np.ones(40)
    else:
        expected = normalized_value(D, c, kind, EPS)
        norms = {
            "naive": np.ones(40),
            "gn": gn_gradient_norm(D, c),
            "gran": c**2 / (c**2 + EPS),
            "gran_simple": c / (c + EPS),
        }[kind]
    assert_allclose(BATCH[kind](params, x), expected, atol=1e-12)
    assert_allclose(GRADIENT[kind](params, x), norms[:, None] * n, atol=1e-12)


def test_softsign_is_that_of_jax(net):
    _, _, _, _, c, D = net
    assert_allclose(softsign(D / c), jax.nn.soft_sign(jnp.asarray(D / c)), rtol=1e-15)
    assert_allclose(softsign(D / c), normalized_value(D, c, "gn"), rtol=1e-13)


@given(numbers, slopes, slopes, st.sampled_from(NORMALIZATIONS[:-1]), st.floats(1e-3, 10))
@settings(max_examples=80, deadline=None)
def test_jump_is_the_difference_of_the_two_sides(D, c1, c2, kind, eps):
    sides = [normalized_value(D, c, kind, eps) for c in (c1, c2)]
    assert_allclose(jump_size(D, c1, c2, kind, eps), abs(sides[0] - sides[1]), atol=1e-13 * (1 + max(map(abs, sides))))


@given(numbers, st.floats(1e-300, 1e3))
@settings(max_examples=60, deadline=None)
def test_gn_is_bounded(D, c):
    assert abs(normalized_value(D, c, "gn")) <= 1
    assert 0 <= gn_gradient_norm(D, c) <= 1


def test_where_the_gradient_vanishes():
    assert normalized_value(0.0, 0.0, "gn") == 0
    assert_allclose(normalized_value([2.0, -3.0], 0.0, "gn"), [1, -1])
    assert normalized_value(0.0, 0.0, "naive") == 0
    assert normalized_value(2.0, 0.0, "naive") == np.inf
    assert normalized_value(2.0, 0.0, "gran", EPS) == 0


@pytest.mark.parametrize("kind", NORMALIZATIONS)
def test_dead_network_has_finite_derivatives(kind):
    dead = [(np.eye(2), np.full(2, -5.0)), (np.ones((1, 2)), np.zeros(1))]
    f = gradient_normalize(lambda p, x: mlp(p, x)[..., 0], kind, EPS)
    value, (by_params, by_x) = jax.jit(jax.value_and_grad(f, (0, 1)))(dead, jnp.ones(2))
    assert value == 0
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves([by_params, by_x]))


def test_stop_gradient_changes_parameter_gradients_only(net):
    params, x, *_ = net
    frozen = gradient_normalize(critic, "gn", stop_gradient=True)
    both = [jax.jit(jax.grad(f, (0, 1)))(params, x[0]) for f in (gradient_normalize(critic, "gn"), frozen)]
    assert_allclose(both[0][1], both[1][1], atol=1e-15)
    assert np.abs(both[0][0][0][0] - both[1][0][0][0]).max() > 1e-3


@pytest.mark.parametrize("kind", NORMALIZATIONS[:-1])
def test_split_adds_up_to_the_change(kind, net):
    params = net[0]
    x0, x1 = 4 * rng(3).standard_normal((2, 3))
    within, jumps = split_change(segment_pieces(params, x0, x1, 0.1), kind, EPS)
    start, end = BATCH[kind](params, np.stack([x0, x1]))
    assert_allclose(within + jumps, end - start, atol=1e-12)
    assert abs(within) <= np.linalg.norm(x1 - x0) * (1 + 1e-12)
    assert abs(jumps) > 1e-3


def test_multiply_adds_of_a_network():
    params = random_critic((3, 16, 16, 1), rng(0))
    x = np.ones((10, 3))
    forward = 10 * (3 * 16 + 16 * 16 + 16)
    assert multiply_adds(critic, params, x) == forward
    assert multiply_adds(jax.jit(critic), params, x) == forward
    assert multiply_adds(jax.grad(critic, 1), params, x[0]) == 2 * forward // 10
    assert multiply_adds(lambda z: z + 1, x) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gradient_normalize(critic, "spectral"), "kind must be one of"),
        (lambda: gradient_normalize(critic, "gran", 0.0), "eps must be > 0"),
        (lambda: normalized_value(1.0, -1.0), "c is a norm"),
        (lambda: normalized_value(1.0, 1.0, "inner"), "kind must"),
        (lambda: normalized_value(np.nan, 1.0), "finite"),
        (lambda: jump_size(1.0, 0.0, 1.0, "naive"), "defined on both sides"),
        (lambda: jump_size(1.0, 1.0, 2.0, "gran", -1.0), "eps must"),
        (lambda: softsign([]), "empty"),
        (lambda: gn_gradient_norm(1.0, -2.0), "c is a norm"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
