"""The min-norm point against scipy's QP, Frank-Wolfe, closed forms, and optimality conditions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.optimizers.min_norm import (
    frank_wolfe_simplex,
    is_common_descent,
    mgda_ub_direction,
    min_norm_point,
    min_norm_small,
    min_norm_two,
    pcgrad,
    softmin_direction,
    stationarity_residual,
)


def gradients(r, n=None, d=None):
    n, d = n or int(r.integers(1, 7)), d or int(r.integers(1, 7))
    return (r.standard_normal((n, d)) + r.choice([0, 1]) * r.standard_normal(d)) * 10.0 ** r.uniform(-2, 2, (n, 1))


def by_slsqp(G):
    """max t - |u|^2/2 with t <= <g_i, u>: the primal problem, which knows no simplex."""
    n, d = G.shape
    found = minimize(
        lambda v: v[:-1] @ v[:-1] / 2 - v[-1],
        np.zeros(d + 1),
        jac=lambda v: np.r_[v[:-1], -1.0],
        constraints={"type": "ineq", "fun": lambda v: G @ v[:-1] - v[-1], "jac": lambda v: np.c_[G, -np.ones(n)]},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    return found.x[:-1]


def test_against_the_primal_problem():
    for seed in range(30):
        G = rng(seed).standard_normal((1 + seed % 5, 1 + seed % 4))
        assert_allclose(min_norm_point(G).u, by_slsqp(G), atol=1e-6)


def test_optimality_and_scales():
    for seed in range(60):
        G = gradients(rng(100 + seed))
        for size in (1.0, 1e-150, 1e120):
            found = min_norm_point(G * size)
            assert found.alpha.min() >= 0 and found.alpha.sum() == pytest.approx(1)
            assert_allclose(found.alpha @ (G * size), found.u, rtol=1e-9, atol=1e-12 * size * np.abs(G).max())
        found = min_norm_point(G)
        assert found.gap <= 1e-10 * (G**2).sum(axis=1).max()
        assert stationarity_residual(G * 1e-150) == pytest.approx(
            np.sqrt(found.norm2) * 1e-150, rel=1e-6, abs=1e-157 * np.abs(G).max()
        )


def test_two():
    assert min_norm_two([1.0, 2.0], [1.0, 2.0])[0] == 0.5
    assert min_norm_two([1.0, 0.0], [0.0, 2.0]) == (pytest.approx(0.8), pytest.approx([0.8, 0.4]))
    assert min_norm_two([1.0, 0.0], [3.0, 1.0])[0] == 1.0
    assert min_norm_two([3e200, 1e200], [1e200, 0.0])[0] == 0.0
    for seed in range(30):
        G = gradients(rng(200 + seed), n=2)
        assert_allclose(min_norm_two(*G)[1], min_norm_point(G).u, rtol=1e-8, atol=1e-10 * np.abs(G).max())


def test_small_is_exact():
    for n in (1, 2, 3):
        for seed in range(60):
            G = gradients(rng(300 + seed), n=n)
            u = min_norm_small(G @ G.T) @ G
            assert_allclose(u, min_norm_point(G).u, atol=1e-7 * np.abs(G).max())
    triangle = np.array([[1.0, 0.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert_allclose(min_norm_small(triangle @ triangle.T) @ triangle, 0, atol=1e-15)
    K = np.stack([triangle @ triangle.T, np.ones((3, 3))])
    assert_allclose(jax.jit(min_norm_small)(jnp.asarray(K)), min_norm_small(K))


def test_frank_wolfe():
    for seed in range(20):
        G = gradients(rng(400 + seed))
        alpha, values = frank_wolfe_simplex(G @ G.T, max_iter=3000)
        best = min_norm_point(G).norm2 / 2
        spread = max(float(np.sum((a - b) ** 2)) for a in G for b in G)
        k = np.arange(1, len(values))
        assert np.all(np.diff(values) <= 1e-14 * values[0])
        assert np.all(values[1:] - best <= 2 * spread / (k + 2) + 1e-12 * values[0])
        assert alpha.sum() == pytest.approx(1)
        assert values[-1] == pytest.approx(alpha @ G @ G.T @ alpha / 2, abs=1e-12 * values[0])
    assert_allclose(frank_wolfe_simplex(np.ones((2, 2)))[0], 0.5)
    G = np.array([[1.0, 0.0], [0.0, 2.0]])
    assert_allclose(min_norm_point(G, method="fw").alpha, [0.8, 0.2], atol=1e-9)


def test_softmin():
    for lam in (0.1, 1.0, 100.0, 1e4):
        G = rng(5).standard_normal((4, 3)) + 0.5
        u, p = softmin_direction(G, lam)
        z = np.exp(-lam * (G @ u - (G @ u).min()))
        assert_allclose(p, z / z.sum(), atol=1e-7)
        assert_allclose(u, p @ G, atol=1e-12)
        assert np.linalg.norm(u - min_norm_point(G).u) <= np.sqrt(2 * np.log(4) / lam)
    assert_allclose(softmin_direction([[3.0, 4.0]], 2.0)[0], [3, 4])


def test_directions():
    G = np.array([[-2.0, 1, 0], [1, -2, 0], [2, 2, -1]])
    assert_allclose(min_norm_point(G).u, -np.array([1, 1, 5]) / 27, atol=1e-12)
    assert is_common_descent(G, min_norm_point(G).u) and not is_common_descent(G, pcgrad(G))
    assert (G @ pcgrad(G)).min() == pytest.approx(-67 / 25) or (G @ pcgrad(G)).min() == pytest.approx(-47 / 25)
    assert_allclose(pcgrad([[1.0, 0.0], [-1.0, 1.0]]), [0.5, 1.5])
    assert_allclose(pcgrad([[1.0, 0.0], [1.0, 1.0]]), [2, 1])
    J, Q = np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 1.0], [1.0, -3.0]])
    u, alpha = mgda_ub_direction(Q, lambda q: J.T @ q)
    assert_allclose(alpha, [0.75, 0.25])
    assert_allclose((Q @ J) @ u, [2, -2])
    assert is_common_descent([[0.0, 1.0]], [1.0, -1e-12], tol=1e-9)


def test_bad_input():
    for call in (
        lambda: min_norm_point(np.zeros((0, 2))),
        lambda: min_norm_point([[np.nan]]),
        lambda: min_norm_point([[1.0]], method="qp"),
        lambda: min_norm_two([1.0], [1.0, 2.0]),
        lambda: min_norm_small(np.eye(4)),
        lambda: frank_wolfe_simplex([[1.0, 2.0], [0.0, 1.0]]),
        lambda: frank_wolfe_simplex(np.eye(2), alpha0=[1.0, 1.0]),
        lambda: softmin_direction([[1.0]], 0.0),
        lambda: pcgrad(np.eye(2), orders=[[0], [1]]),
        lambda: is_common_descent([[1.0]], [1.0, 2.0]),
        lambda: mgda_ub_direction([[1.0]], lambda q: np.nan * q),
    ):
        with pytest.raises(ValueError):
            call()
    assert min_norm_point(np.zeros((3, 2))).norm2 == 0
    assert min_norm_point([[0.0, 0.0], [1.0, 1.0]]).norm2 == 0
