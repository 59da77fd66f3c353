"""Momentum and Adam step by step against optax, and momentum against the equation that it integrates."""

from __future__ import annotations

import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.linalg import expm, solve_discrete_lyapunov

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.optimizers.momentum import (
    adam_step,
    implicit_step,
    leapfrog_to_momentum,
    momentum_descent,
    momentum_step,
    momentum_to_leapfrog,
    nesterov_step,
    newton_error,
    newton_flow,
    retune_beta,
)
from scispaces.optimizers.momentum_stability import (
    momentum_matrix,
    momentum_radius,
    stability_limit,
    stationary_variance,
)

START = {"a": np.array([-1.2, 1.0]), "b": np.array(0.3)}
BETAS = st.floats(0, 0.999)


def rosenbrock(p):
    return (1 - p["a"][0]) ** 2 + 10 * (p["a"][1] - p["a"][0] ** 2) ** 2 + p["b"] ** 4


slope = jax.jit(jax.grad(rosenbrock))


def quartic(x):
    return np.array([x[0] ** 3 + x[0] + x[1] / 2, 4 * x[1] + x[0] / 2])


def bend(x):
    return np.array([[3 * x[0] ** 2 + 1, 0.5], [0.5, 4.0]])


def by_optax(rule, steps=50):
    params, state = START, rule.init(START)
    for _ in range(steps):
        updates, state = rule.update(slope(params), state, params)
        params = optax.apply_updates(params, updates)
    return params


def same(ours, theirs):
    jax.tree.map(lambda x, y: assert_allclose(x, y, rtol=1e-12, atol=1e-14), ours, theirs)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_is_that_of_optax(nesterov):
    def step(carry, _):
        theta, v = carry
        return (nesterov_step if nesterov else momentum_step)(theta, v, slope, 1e-3, 0.9), None

    (ours, _), _ = jax.lax.scan(step, (START, jax.tree.map(np.zeros_like, START)), length=50)
    same(ours, by_optax(optax.sgd(1e-3, momentum=0.9, nesterov=nesterov)))
    if nesterov:  # the look-ahead form: Theta = theta + beta v
        theta, velocity = START, jax.tree.map(np.zeros_like, START)
        for _ in range(50):
            theta, velocity = momentum_step(theta, velocity, slope, 1e-3, 0.9, 0.9)
        same(ours, jax.tree.map(lambda x, v: x + 0.9 * v, theta, velocity))


def test_without_momentum_it_is_gradient_descent():
    path = momentum_descent(quartic, [1.0, -0.5], 0.1, 0.0, 3)
    by_hand = [np.array([1.0, -0.5])]
    for _ in range(3):
        by_hand.append(by_hand[-1] - 0.1 * quartic(by_hand[-1]))
    assert_allclose(path, by_hand, rtol=1e-15)


@pytest.mark.parametrize(("eps", "root"), [(1e-8, 0.0), (0.0, 1e-8)])
def test_adam_is_that_of_optax(eps, root):
    theta, zeros = START, jax.tree.map(np.zeros_like, START)
    moments = zeros, zeros
    for t in range(1, 51):
        theta, moments = adam_step(theta, moments, slope(theta), t, 0.01, 0.8, 0.99, eps, root)
    same(theta, by_optax(optax.adam(0.01, 0.8, 0.99, eps=eps, eps_root=root)))


@given(st.floats(0, 5), st.floats(0.01, 0.3))
@settings(max_examples=20, deadline=None)
def test_leapfrog_is_heavy_ball(lam, gamma):
    beta, alpha = leapfrog_to_momentum(lam, gamma)
    path = momentum_descent(quartic, [1.0, -0.5], alpha, beta, 30, v0=[0.02, 0.01])
    theta, eta = path[0], np.array([0.02, 0.01]) / gamma
    for n in range(30):  # the staggered scheme, as it is written
        eta = ((1 / gamma - lam / 2) * eta - quartic(theta)) / (1 / gamma + lam / 2)
        theta = theta + gamma * eta
        assert_allclose(theta, path[n + 1], rtol=1e-10, atol=1e-13)


@given(BETAS, st.sampled_from([1e-200, 1e-8, 1.0, 1e8, 1e200]))
def test_the_maps_are_inverse(beta, alpha):
    lam, gamma = momentum_to_leapfrog(beta, alpha)
    back = leapfrog_to_momentum(lam, gamma)
    assert_allclose(back, (beta, alpha), rtol=1e-13, atol=1e-15)


def test_near_one():
    assert_allclose(momentum_to_leapfrog(None, 1.0, one_minus_beta=1e-20)[0], 1e-20, rtol=1e-12)
    assert momentum_to_leapfrog(1.0, 4.0) == (0.0, 2.0)
    assert leapfrog_to_momentum(4.0, 1.0)[0] < 0


def test_orders():
    def order(gammas=(0.02, 0.01), **options):
        coarse, fine = (newton_error(quartic, [1.0, -0.5], 0.7, g, **options) for g in gammas)
        return np.log2(coarse / fine)

    assert abs(order() - 2) < 0.01
    assert abs(order(start="zero") - 1) < 0.05
    assert abs(order(coefficients="simple") - 1) < 0.1
    assert abs(order(coefficients="simple", implicit=True, hessian=bend) - 1) < 0.1


def test_lookahead_is_friction_by_curvature():
    errors = [
        newton_error(quartic, [1.0, -0.5], 0.7, g, lookahead=1.0, hessian=bend, curvature=g) for g in (0.01, 0.005)
    ]
    assert 1.8 < np.log2(errors[0] / errors[1]) < 2.1


def test_newton_flow_of_a_quadratic():
    H, lam = np.array([[2.0, 1.0], [1.0, 3.0]]), 0.4
    M = np.block([[np.zeros((2, 2)), np.eye(2)], [-H, -lam * np.eye(2) - 0.3 * H]])
    x, v = newton_flow(lambda x: H @ x, [1.0, -1.0], lam, [0.0, 0.5, 3.0], lambda x: H, 0.3)
    exact = np.array([expm(t * M) @ [1, -1, 0, 0] for t in (0.0, 0.5, 3.0)])
    assert_allclose(np.hstack([x, v]), exact, atol=1e-10)


def test_the_implicit_step_solves_its_equation():
    theta, v = implicit_step(np.array([1.0, -0.5]), np.array([0.2, 0.1]), quartic, bend, 2.0, 0.9)
    assert_allclose(v, 0.9 * np.array([0.2, 0.1]) - 2.0 * quartic(np.array([1.0, -0.5]) + v / 2), atol=1e-13)
    assert_allclose(theta, np.array([1.0, -0.5]) + v, rtol=1e-15)
    with pytest.raises(ValueError, match="not solved"):
        implicit_step(np.array([1.0]), np.array([0.0]), lambda x: np.sign(x) * abs(x) ** 0.1, lambda x: 0 * x[None],
                      1e3, 0.0)  # fmt: skip


@given(BETAS, st.floats(0.01, 100))
def test_retuned_friction(beta, r):
    lam = momentum_to_leapfrog(beta, 1.0)[0]
    new = retune_beta(beta, r)
    if new >= 0:
        assert_allclose(momentum_to_leapfrog(new, r)[0], lam, rtol=1e-9, atol=1e-12)
    assert retune_beta(beta, 1.0) == pytest.approx(beta, abs=1e-15)
    assert_allclose(retune_beta(0.9, [0.1, 1], exact=False), [1 - 0.1 * np.sqrt(0.1), 0.9])


@given(st.floats(0.001, 10), BETAS, st.sampled_from([0.0, 0.3, 1.0]))
@settings(max_examples=60)
def test_matrix_radius_and_limit(q, beta, c):
    theta, v = momentum_step(np.array([1.0, 0.0]), np.array([0.0, 1.0]), lambda x: q * x, 1.0, beta, c)
    M = momentum_matrix(q, beta, c)
    assert_allclose(M, [theta, v], atol=1e-12)
    assert_allclose(momentum_radius(q, beta, c), np.abs(np.linalg.eigvals(M)).max(), atol=1e-6)
    limit = stability_limit(beta, c)
    if abs(q - limit) > 1e-5 and q > 1e-2:
        assert (momentum_radius(q, beta, c) < 1) == (q < limit)


def test_radius_at_every_scale():
    assert_allclose(momentum_radius(1e200, 0.9), 1e200)
    assert_allclose(momentum_radius([0.5, 0.5, 0.5], 0.9, [0, 0.45, 0.9]) ** 2, [0.9, 0.675, 0.45])
    assert momentum_radius(0.0, 0.0) == 1 and momentum_radius(1.0, 0.0) == 0
    assert (momentum_radius(np.geomspace(1e-4, 1e5, 50), 0.99, implicit=True) < 1).all()
    assert (momentum_radius(np.geomspace(1e5, 1e200, 50), 0.99, implicit=True) <= 1).all()
    M = momentum_matrix(3.0, 0.9, implicit=True)
    v = np.array([-3.0, 0.9]) / 2.5  # v' = 0.9 v - 3 (theta + v'/2)
    assert_allclose(M, [[1 + v[0], v[1]], v])


@given(st.floats(0.01, 1), st.floats(0.1, 2), BETAS, st.sampled_from([0.0, 0.4, 1.0]))
@settings(max_examples=40)
def test_stationary_variance_against_lyapunov(alpha, h, beta, c):
    if alpha * h > 0.9 * stability_limit(beta, c):
        return
    P = solve_discrete_lyapunov(momentum_matrix(alpha * h, beta, c), alpha**2 * 3.0 * np.ones((2, 2)))
    assert_allclose(stationary_variance(alpha, h, 3.0, beta, c), P[0, 0], rtol=1e-6)


def test_errors():
    cases = [
        (lambda: leapfrog_to_momentum(-1.0, 0.1), "lam must"),
        (lambda: leapfrog_to_momentum(1.0, 0.0), "gamma > 0"),
        (lambda: momentum_to_leapfrog(1.1, 1.0), r"\[0, 1\]"),
        (lambda: momentum_to_leapfrog(None, 1.0), "exactly one"),
        (lambda: retune_beta(0.9, 0.0), "r > 0"),
        (lambda: stationary_variance(5.0, 1.0, 1.0), "stability limit"),
        (lambda: stationary_variance(-1.0, 1.0, 1.0), "alpha and h"),
        (lambda: stability_limit(1.0), r"\[0, 1\)"),
        (lambda: momentum_descent(quartic, [1.0, 1.0], 10.0, 0.9, 500), "alpha is too large"),
        (lambda: momentum_descent(lambda x: x[0], [1.0, 1.0], 0.1, 0.9, 5), "gradient must"),
        (lambda: newton_flow(quartic, [1.0, 1.0], 0.1, [1.0, 0.5]), "times must"),
        (lambda: newton_flow(quartic, [1.0, 1.0], 0.1, [1.0], curvature=1.0), "needs the hessian"),
        (lambda: newton_error(quartic, [1.0, 1.0], 0.1, 0.1, implicit=True), "needs the hessian"),
        (lambda: newton_error(quartic, [1.0, 1.0], 0.1, 5.0, time=1.0), "time / gamma"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError, match=message):
            call()


def test_many_chains_at_once():
    noise = rng(0).standard_normal((40, 3, 1))
    path = momentum_descent(lambda x: 2 * x, noise[0], 0.1, 0.9, 20)
    alone = momentum_descent(lambda x: 2 * x, noise[0, 1], 0.1, 0.9, 20)
    assert_allclose(path[:, 1], alone)
    assert jnp.shape(path) == (21, 3, 1)
