"""Written-out gradients against jax, against differences, and against each other."""

from __future__ import annotations

import doctest
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.networks import gradients as module
from scispaces.networks.activations import ACTIVATIONS, Activation, activations_of
from scispaces.networks.gradients import (
    backprop,
    cross_entropy_output,
    gradient_gram,
    layer_jacobians,
    linear_output,
    mean_parameter_gradient,
    mlp_gradients,
    parameter_gradients,
    per_example_parameter_norm,
    squared_output,
    wave_output,
)


def network(widths, seed=0, batch=()):
    gen = rng(seed)
    Ws = [gen.standard_normal((*batch, m, n)) / np.sqrt(n) for n, m in pairwise(widths)]
    return Ws, [0.3 * gen.standard_normal((*batch, m)) for m in widths[1:]]


def test_docstrings_run():
    assert doctest.testmod(module).failed == 0


def test_against_jax_per_example_gradients_and_jacobians():
    Ws, bs = network((4, 6, 5, 3))
    x, labels = rng(1).standard_normal((7, 4)), rng(2).integers(0, 3, 7)
    acts = ["tanh", "softplus", "linear"]
    g = mlp_gradients(Ws, bs, x, cross_entropy_output(labels), acts)

    def hidden(params, v, layers=3):
        for (W, b), name in list(zip(params, acts, strict=True))[:layers]:
            v = ACTIVATIONS[name].value(W @ v + b, jnp)
        return v

    def loss(params, v, y):
        return -jax.nn.log_softmax(hidden(params, v))[y]

    params = list(zip(Ws, bs, strict=True))
    values = jax.vmap(loss, (None, 0, 0))(params, x, labels)
    by_params, by_x = jax.vmap(jax.grad(loss, (0, 1)), (None, 0, 0))(params, x, labels)
    assert_allclose(g.value, values, rtol=1e-12)
    assert_allclose(g.grad_x, by_x, rtol=1e-10, atol=1e-13)
    for (dW, db), (jW, jb) in zip(parameter_gradients(g), by_params, strict=True):
        assert_allclose(dW, jW, rtol=1e-10, atol=1e-13)
        assert_allclose(db, jb, rtol=1e-10, atol=1e-13)
    norms = sum((v**2).reshape(7, -1).sum(1) for pair in by_params for v in pair)
    assert_allclose(per_example_parameter_norm(g.delta, g.h), norms, rtol=1e-10)
    J, A = layer_jacobians(Ws, g)
    for t in (1, 2):
        exact = jax.vmap(jax.jacrev(lambda v, t=t: hidden(params, v, t)))(x)
        assert_allclose(J[t], exact, rtol=1e-10, atol=1e-13)
        assert_allclose(A[t], Ws[t] @ exact, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_derivatives(name):
    z = np.array([-2.0, -0.7, 0.4, 1.9])
    value, slope, _ = ACTIVATIONS[name]
    assert_allclose(slope(z, np), (value(z + 1e-6, np) - value(z - 1e-6, np)) / 2e-6, rtol=1e-7, atol=1e-9)
    assert_allclose(value(jnp.asarray(z), jnp), value(z, np), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("phi", [linear_output([1.0, -2.0]), wave_output([1.0, 2.0]), squared_output([0.5, 3.0]),
                                 cross_entropy_output(1)])  # fmt: skip
def test_output_gradients_are_derivatives(phi):
    h = np.array([[0.3, -0.8], [2.0, 1.0]])
    for k in range(2):
        e = 1e-6 * np.eye(2)[k]
        assert_allclose(phi.gradient(h, np)[:, k], (phi.value(h + e, np) - phi.value(h - e, np)) / 2e-6, rtol=1e-7)


def test_cross_entropy_does_not_overflow():
    h = np.array([[1e4, -1e4]])
    phi = cross_entropy_output(np.array([1]))
    assert_allclose(phi.value(h, np), [2e4])
    assert_allclose(phi.gradient(h, np), [[1.0, -1.0]])


@given(st.lists(st.integers(1, 5), min_size=2, max_size=5), st.sampled_from(sorted(ACTIVATIONS)), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_every_layer_gives_the_same_input_gradient(widths, name, seed):
    Ws, bs = network(widths, seed, batch=(3,))
    x = rng(seed + 1).standard_normal((3, widths[0]))
    g = mlp_gradients(Ws, bs, x, wave_output(rng(seed + 2).standard_normal((3, widths[-1]))), name)
    for A, delta in zip(layer_jacobians(Ws, g)[1], g.delta, strict=True):
        scale = np.linalg.norm(A, axis=(1, 2)).max() * np.abs(delta).max() + 1e-300
        assert_allclose(np.einsum("bij,bi->bj", A, delta) / scale, g.grad_x / scale, atol=1e-12)


def test_batches_of_networks_examples_and_both():
    Ws, bs = network((3, 4, 2), batch=(5,))
    x = rng(3).standard_normal((5, 3))
    phi = linear_output([1.0, -1.0])
    together = mlp_gradients(Ws, bs, x, phi)
    for i in range(5):
        alone = mlp_gradients([W[i] for W in Ws], [b[i] for b in bs], x[i], phi)
        assert_allclose(together.grad_x[i], alone.grad_x, rtol=1e-12)
        assert_allclose(together.value[i], alone.value, rtol=1e-12)
    both = mlp_gradients([W[:, None] for W in Ws], [b[:, None] for b in bs], x[None, :2], phi)
    assert both.grad_x.shape == (5, 2, 3)
    assert_allclose(both.grad_x[4, 1], mlp_gradients([W[4] for W in Ws], [b[4] for b in bs], x[1], phi).grad_x)


def test_gram_and_mean_gradient():
    Ws, bs = network((4, 5, 2))
    x = rng(4).standard_normal((6, 4))
    g = mlp_gradients(Ws, bs, x, squared_output([1.0, 2.0]), ["tanh", "linear"])
    flat = np.concatenate([v.reshape(6, -1) for pair in parameter_gradients(g) for v in pair], axis=1)
    assert_allclose(gradient_gram(g), flat @ flat.T, rtol=1e-10)
    assert_allclose(np.diag(gradient_gram(g)), per_example_parameter_norm(g.delta, g.h), rtol=1e-12)
    mean = np.concatenate([v.ravel() for pair in mean_parameter_gradient(g) for v in pair])
    assert_allclose(mean, flat.mean(0), rtol=1e-10)
    weights = np.concatenate([dW.reshape(6, -1) for dW, _ in parameter_gradients(g)], axis=1)
    assert_allclose(gradient_gram(g, biases=False), weights @ weights.T, rtol=1e-10)


def test_jax_traces_and_differentiates_through_backprop():
    Ws, bs = network((3, 4, 2))
    x = rng(5).standard_normal((6, 3))

    def penalty(weights, xp):
        g = backprop(weights, bs, xp.asarray(x), wave_output([1.0, 0.5]), "tanh", xp)
        return per_example_parameter_norm(g.delta, g.h).mean()

    value, grads = jax.jit(jax.value_and_grad(lambda w: penalty(w, jnp)))(Ws)
    assert_allclose(value, penalty(Ws, np), rtol=1e-12)
    step = [W.copy() for W in Ws]
    step[0][1, 2] += 1e-6
    assert_allclose((penalty(step, np) - penalty(Ws, np)) / 1e-6, grads[0][1, 2], rtol=1e-4)


def test_an_activation_of_ones_own():
    cube = Activation(lambda z, xp: z**3, lambda z, xp: 3 * z**2)
    g = mlp_gradients([[[2.0]]], [[1.0]], [1.0], linear_output([1.0]), cube)
    assert (float(g.value), g.grad_x.tolist()) == (27.0, [54.0])
    assert activations_of(["relu", cube], 2) == (ACTIVATIONS["relu"], cube)


@pytest.mark.parametrize(
    ("Ws", "bs", "x", "activation", "message"),
    [
        ([], [], [1.0], "tanh", "at least one"),
        ([np.ones((2, 3))], [np.ones(2)], np.ones(2), "tanh", "x must have shape"),
        ([np.ones((2, 3)), np.ones((1, 3))], [np.ones(2), np.ones(1)], np.ones(3), "tanh", "output of W_1"),
        ([np.ones((2, 3))], [np.ones(3)], np.ones(3), "tanh", "b_1"),
        ([np.ones((2, 3))], [], np.ones(3), "tanh", "one vector"),
        ([np.full((2, 3), np.nan)], [np.ones(2)], np.ones(3), "tanh", "finite"),
        ([np.ones((4, 2, 3))], [np.ones(2)], np.ones((5, 3)), "tanh", "broadcast"),
        ([np.ones((2, 3))], [np.ones(2)], np.ones(3), "step", "unknown activation"),
        ([np.ones((2, 3))], [np.ones(2)], np.ones(3), ["tanh", "tanh"], "one for each"),
        ([1j * np.ones((2, 3))], [np.ones(2)], np.ones(3), "tanh", "real"),
    ],
)
def test_bad_input(Ws, bs, x, activation, message):
    with pytest.raises(ValueError, match=message):
        mlp_gradients(Ws, bs, x, linear_output([1.0]), activation)


def test_bad_norm_input():
    with pytest.raises(ValueError, match="activations"):
        per_example_parameter_norm([np.ones(2), np.ones(2)], [np.ones(2)])
