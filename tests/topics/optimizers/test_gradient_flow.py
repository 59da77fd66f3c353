"""Gradient descent beside the flow of its loss and the flow of the modified loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.linalg import expm
from scipy.optimize import minimize

from scispaces.backend import jax
from scispaces.optimizers.gradient_flow import (
    Loss,
    curved_valley,
    descent_error,
    gradient_descent,
    gradient_flow,
    modified_flow,
    product_loss,
    proximal_descent,
    proximal_step,
)

start = np.array([1.5, 0.2])
finite = st.floats(-2, 2)


@given(finite, finite)
@settings(max_examples=15, deadline=None)
def test_product_loss_against_jax(a, b):
    def loss(w):
        return 0.5 * (w[0] * w[1] - 1) ** 2

    w = np.array([a, b])
    assert_allclose(product_loss.value(w), loss(w), atol=1e-14)
    assert_allclose(product_loss.gradient(w), jax.grad(loss)(w), atol=1e-12)
    assert_allclose(product_loss.hessian(w), jax.hessian(loss)(w), atol=1e-12)


def test_flow_of_a_quadratic_against_the_exponential():
    H, w0, times = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, -1.0]), np.array([0.0, 0.5, 2.0])
    path = gradient_flow(lambda w: H @ w, w0, times)
    assert_allclose(path, [expm(-t * H) @ w0 for t in times], rtol=1e-8, atol=1e-10)
    eps = 0.1
    path = modified_flow(lambda w: H @ w, lambda w: H, eps, w0, times)
    assert_allclose(path, [expm(-t * (H + eps / 2 * H @ H)) @ w0 for t in times], rtol=1e-8, atol=1e-10)


def test_orders_of_the_errors():
    def error(eps, modified):
        there = gradient_descent(product_loss.gradient, start, eps, round(1 / eps))[-1]
        flow = modified_flow(product_loss.gradient, product_loss.hessian, modified * eps, start, [1.0])[-1]
        by_hand = np.linalg.norm(there - flow)
        assert_allclose(descent_error(product_loss, start, eps, modified), by_hand, rtol=1e-6)
        return by_hand

    for modified, ratio in ((False, 2), (True, 4)):
        assert_allclose(error(0.025, modified) / error(0.0125, modified), ratio, rtol=0.05)
    assert error(0.0125, True) < 0.05 * error(0.0125, False)


def test_the_modified_flow_is_the_flow_of_the_modified_loss():
    def modified_loss_gradient(w, eps=0.3):
        def loss(v):
            return product_loss.value(v) + eps / 4 * np.sum(product_loss.gradient(v) ** 2)

        return np.array([(loss(w + e) - loss(w - e)) / 2e-5 for e in 1e-5 * np.eye(2)])

    times = [0.5, 1.0]
    exact = gradient_flow(modified_loss_gradient, start, times, tol=1e-8)
    assert_allclose(modified_flow(product_loss.gradient, product_loss.hessian, 0.3, start, times), exact, rtol=1e-6)


def test_time_zero_and_descent_shapes():
    assert gradient_flow(product_loss.gradient, start, [0.0]).tolist() == [start.tolist()]
    assert gradient_descent(product_loss.gradient, start, 0.1, 7).shape == (8, 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: gradient_descent(product_loss.gradient, start, 0, 3),
        lambda: gradient_descent(product_loss.gradient, start, 0.1, 0),
        lambda: gradient_descent(product_loss.gradient, [[1.0]], 0.1, 3),
        lambda: gradient_descent(lambda w: -(w**3), [3.0], 5.0, 60),
        lambda: descent_error(product_loss, start, 3.0),
        lambda: descent_error(product_loss, start, 0.1, time=0),
        lambda: gradient_flow(product_loss.gradient, start, [1.0, 0.5]),
        lambda: gradient_flow(product_loss.gradient, start, [-1.0]),
        lambda: gradient_flow(product_loss.gradient, start, [1.0], tol=0),
        lambda: gradient_flow(product_loss.gradient, [np.nan, 1.0], [1.0]),
        lambda: gradient_flow(lambda w: -(w**2), [1.0], [2.0]),
        lambda: modified_flow(product_loss.gradient, product_loss.hessian, np.inf, start, [1.0]),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()


def test_curved_valley_against_jax():
    def loss(w):
        return 0.5 * (1 - w[0]) ** 2 + 2.5 * (w[1] - w[0] ** 2) ** 2

    w = np.array([-0.7, 1.3])
    assert_allclose(curved_valley.value(w), loss(w), rtol=1e-14)
    assert_allclose(curved_valley.gradient(w), jax.grad(loss)(w), rtol=1e-12)
    assert_allclose(curved_valley.hessian(w), jax.hessian(loss)(w), rtol=1e-12)


def test_proximal_step_minimises_and_is_implicit():
    w, eps = np.array([-0.8, 0.9]), 0.2
    y = proximal_step(curved_valley, w, eps)
    assert_allclose(y, w - eps * curved_valley.gradient(y), atol=1e-13)
    best = minimize(lambda y: np.sum((y - w) ** 2) / 2 / eps + curved_valley.value(y), w, tol=1e-12).x
    assert_allclose(y, best, atol=1e-6)
    path = proximal_descent(curved_valley, w, eps, 3)
    assert_allclose(path[:2], [w, y])
    assert_allclose(path[3], proximal_step(curved_valley, path[2], eps))
    hill = Loss(lambda w: -(w**4).sum(), lambda w: -4 * w**3, lambda w: np.diag(-12 * w**2))
    with pytest.raises(ValueError, match="eps must be small"):
        proximal_step(hill, [2.0, 1.0], 1.0)
