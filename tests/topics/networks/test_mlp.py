"""The one perceptron against the loop written out, for numpy and jax, and the activations against their meaning."""

from __future__ import annotations

import doctest

import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.networks import activations, mlp
from scispaces.networks.activations import ACTIVATIONS, activation_function, leaky_relu
from scispaces.networks.mlp import affine, init_mlp, repeated, stack, unstack

EXACT = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, mp.mpf(0)),
    "leaky_relu": lambda z: max(z, z / 5),
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "tanh": mp.tanh,
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "gelu": lambda z: z * mp.ncdf(z),
    "mish": lambda z: z * mp.tanh(mp.log1p(mp.exp(z))),
    "sin": mp.sin,
    "exp": mp.exp,
}


def test_docstrings_run():
    assert sum(doctest.testmod(m, extraglobs={"np": np}).failed for m in (mlp, activations)) == 0


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_slopes_against_mpmath(name):
    z = np.array([-30.0, -8.0, -1.5, -1e-9, 1e-9, 0.3, 2.0, 25.0])
    with mp.workdps(40):
        values = [float(EXACT[name](mp.mpf(v))) for v in z.tolist()]
        slopes = [float(mp.diff(EXACT[name], mp.mpf(v), h=mp.mpf(10) ** -15)) for v in z.tolist()]
    g = ACTIVATIONS[name]
    for xp in (np, jnp):
        assert_allclose(g(xp.asarray(z), xp), values, rtol=1e-13, atol=1e-300)
        assert_allclose(g.slope(xp.asarray(z), xp), slopes, rtol=2e-13, atol=1e-13)
    assert np.abs(slopes).max() <= g.lipschitz * (1 + 1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_lipschitz_constant_is_the_largest_slope(name):
    z = np.linspace(-60, 60, 240_001)
    top = np.abs(ACTIVATIONS[name].slope(z, np)).max()
    expected = np.exp(60) if name == "exp" else ACTIVATIONS[name].lipschitz
    assert_allclose(top, expected, rtol=1e-7)


@pytest.mark.parametrize("activation", ["tanh", "gelu", leaky_relu(0.1), np.abs])
@pytest.mark.parametrize("biases", [True, False])
def test_forward_pass(activation, biases):
    params = init_mlp(rng(0), (3, 5, 4, 2), gain=1.5, biases=biases)
    params = [(np.asarray(W), None if b is None else rng(1).standard_normal(len(b))) for W, b in params]
    x = rng(2).standard_normal((7, 3))
    g = activation_function(activation)
    expected = []
    for row in x:
        for W, b in params[:-1]:
            row = g(W @ row + (0 if b is None else b))
        W, b = params[-1]
        expected.append(np.exp(W @ row + (0 if b is None else b)))
    found = mlp.mlp(params, x, activation, last="exp")
    assert isinstance(found, np.ndarray)
    assert_allclose(found, expected, rtol=1e-12)
    if activation is not np.abs:
        assert_allclose(jax.jit(lambda p: mlp.mlp(p, x, activation, "exp"))(params), expected, rtol=1e-12)


def test_affine_takes_one_matrix_or_a_batch_of_them():
    Ws, b, x = rng(0).standard_normal((4, 2, 3)), rng(1).standard_normal(2), rng(2).standard_normal((4, 3))
    assert_allclose(affine(Ws, b, x), [W @ v + b for W, v in zip(Ws, x, strict=True)], rtol=1e-14)
    assert_allclose(affine(Ws[0], None, x), x @ Ws[0].T)


def test_initial_weights_have_the_variance_they_should():
    W, b = init_mlp(rng(0), (400, 300), gain=3.0)[0]
    assert np.var(W) == pytest.approx(3 / 400, rel=0.02) and not np.any(b)
    assert np.abs(init_mlp(rng(0), (400, 300), gain=3.0, law="uniform")[0][0]).max() <= 3 / 20 + 1e-12
    Q = np.asarray(init_mlp(rng(0), (6, 4), gain=4.0, law="orthogonal")[0][0])
    assert_allclose(Q @ Q.T, 4 * np.eye(4), atol=1e-12)
    assert init_mlp(rng(0), (2, 3), dtype=jnp.float32)[0][0].dtype == jnp.float32


def test_repeated_blocks_are_the_layers_one_after_the_other():
    layers = [(rng(i).standard_normal((4, 3, 3)), rng(9 + i).standard_normal((4, 3))) for i in (0, 1)]
    x = h = rng(5).standard_normal((6, 3))
    for depth in range(4):
        for W, b in layers:
            h = np.tanh(h @ W[depth].T + b[depth])
    assert_allclose(repeated(layers, x, "tanh"), h, rtol=1e-12)


def test_stack_and_unstack_are_inverse():
    nets = [init_mlp(rng(i), (2, 3, 1)) for i in range(3)]
    again = unstack(stack(nets), 2)
    assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(nets[2]), jax.tree.leaves(again), strict=True))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init_mlp(rng(0), (3,)), "at least two"),
        (lambda: init_mlp(rng(0), (3, 0)), "size must"),
        (lambda: init_mlp(rng(0), (3, 2), gain=0.0), "gain must"),
        (lambda: init_mlp(rng(0), (3, 2), law="he"), "law must"),
        (lambda: mlp.mlp([(np.eye(2), None)] * 2, np.zeros(2), "step"), "unknown activation 'step'"),
        (lambda: mlp.mlp([(np.eye(2), None)] * 2, np.zeros(2), 3), "activation must"),
        (lambda: stack([]), "at least one"),
        (lambda: leaky_relu(-0.1), "slope must"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
