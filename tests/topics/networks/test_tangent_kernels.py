"""The kernel without Jacobians against jax, training against a plain loop, contributions against forward passes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.networks.tangent_kernels import (
    TanhNet,
    init_tanh_net,
    linear_flow_predict,
    loss_alpha,
    path_kernel_run,
    tanh_net,
    tanh_net_gradient,
    tanh_net_kernel,
)

net = init_tanh_net(rng(0), 3, 5)._replace(b=rng(1).standard_normal(5), c=0.4)
x, z, y = rng(2).standard_normal((6, 3)), rng(3).standard_normal((4, 3)), rng(4).standard_normal(6)


def output(theta, point):
    W, b, v, c = theta
    return jnp.tanh(W @ point + b) @ v / jnp.sqrt(len(v)) + c


def jacobian(points):
    rows = []
    for p in points:
        g = jax.grad(output)(tuple(map(jnp.asarray, net)), p)
        rows.append(np.concatenate([np.ravel(a) for a in g]))
    return np.array(rows)


def test_output_gradient_and_kernel_against_jax():
    assert_allclose(tanh_net(net, x), [output(net, p) for p in x], rtol=1e-12)
    assert_allclose(tanh_net_gradient(net, x), jacobian(x), rtol=1e-12, atol=1e-14)
    assert_allclose(tanh_net_kernel(net, x, z), jacobian(x) @ jacobian(z).T, rtol=1e-11)


@pytest.mark.parametrize(
    ("loss", "function"),
    [
        ("squared", lambda y, f: (y - f) ** 2 / 2),
        ("logistic", lambda y, f: jnp.logaddexp(0.0, f) - y * f),
        ("hinge", lambda y, f: jnp.maximum(0.0, 1 - y * f)),
    ],
)
def test_alpha_against_jax(loss, function):
    labels = np.where(y > 0, 1.0, -1.0 if loss == "hinge" else 0.0)
    f = 2 * rng(5).standard_normal(6)
    assert_allclose(loss_alpha(loss, labels, f), -jax.vmap(jax.grad(function, 1))(labels, f), rtol=1e-12)


def test_training_is_gradient_descent_on_the_sum():
    run = path_kernel_run(net, x, y, z, 0.01, 3)
    theta = tuple(map(jnp.asarray, net))
    for _ in range(3):
        g = jax.grad(lambda th: sum(0.5 * (y[i] - output(th, x[i])) ** 2 for i in range(6)))(theta)
        theta = tuple(a - 0.01 * b for a, b in zip(theta, g, strict=True))
    for a, b in zip(run.net, theta, strict=True):
        assert_allclose(a, b, rtol=1e-10)
    assert_allclose(run.fT, tanh_net(run.net, z))
    one = path_kernel_run(net, x, y, z, 0.01, 1)
    alpha = y - tanh_net(net, x)
    assert_allclose(one.contributions, 0.01 * alpha * tanh_net_kernel(net, z, x), rtol=1e-12)
    assert_allclose(one.path_kernel, 0.01 * tanh_net_kernel(net, z, x), rtol=1e-12)
    assert_allclose(one.alpha_min, alpha)


def test_sums_first_order_and_exact():
    gaps = []
    for eta in (0.02, 0.01):
        run = path_kernel_run(net, x, y, z, eta, round(1 / eta))
        gaps.append(np.abs(run.fT - run.f0 - run.contributions.sum(axis=1)).max())
    assert 1.7 < gaps[0] / gaps[1] < 2.3
    run = path_kernel_run(net, x, y, z, 0.05, 20, segments=6)
    assert_allclose(run.fT - run.f0, run.contributions.sum(axis=1), atol=1e-11)


def test_batches_are_unbiased_for_one_step():
    whole = path_kernel_run(net, x, y, z, 0.01, 1).contributions
    gen = rng(6)
    some = np.mean(
        [path_kernel_run(net, x, y, z, 0.01, 1, batch=2, rng=gen).contributions for _ in range(3000)], axis=0
    )
    assert_allclose(some, whole, atol=0.12 * np.abs(whole).max())


@pytest.mark.parametrize("features", [9, 4])
def test_linear_flow_against_an_integrator(features):
    phi, query = rng(7).standard_normal((6, features)), rng(8).standard_normal((3, features))
    theta = rng(9).standard_normal(features)
    sol = solve_ivp(lambda _, th: phi.T @ (y - phi @ th), (0, 0.7), theta, rtol=1e-11, atol=1e-12)
    got = linear_flow_predict(query @ phi.T, phi @ phi.T, y, query @ theta, phi @ theta, 0.7)
    assert_allclose(got, query @ sol.y[:, -1], rtol=1e-8)


def test_bad_input():
    with pytest.raises(ValueError, match="rng must be"):
        path_kernel_run(net, x, y, z, 0.1, 1, batch=2)
    with pytest.raises(ValueError, match="eta must be small"):
        path_kernel_run(net, x, 1e200 * y, z, 1e200, 50)
    with pytest.raises(ValueError, match="K must be symmetric"):
        linear_flow_predict([[1.0, 0.0]], [[1.0, 1.0], [0.0, 1.0]], [0.0, 0.0], [0.0], [0.0, 0.0], 1.0)
    assert isinstance(init_tanh_net(rng(0), 1, 1), TanhNet)
