"""Four routes to W_1, and scipy's two."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.linalg import sqrtm
from scipy.optimize import linprog
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance, wasserstein_distance_nd

from scispaces import rng
from scispaces.probability import wasserstein as module
from scispaces.probability.wasserstein import (
    transport_cost,
    wasserstein1_1d,
    wasserstein1_assignment,
    wasserstein1_lp,
    wasserstein2_1d,
    wasserstein2_assignment,
    wasserstein2_gaussian,
)

seeds = st.integers(0, 10**6)
counts = st.integers(1, 12)


def laws(n, k, d, seed):
    gen = rng(seed)
    x, y = (gen.standard_normal(size if d == 1 else (size, d)) for size in (n, k))
    return x, y, gen.dirichlet(np.ones(n)), gen.dirichlet(np.ones(k))


def test_docstrings_run():
    assert doctest.testmod(module).failed == 0


@given(counts, counts, seeds)
@settings(max_examples=40, deadline=None)
def test_routes_agree_on_the_line(n, k, seed):
    x, y, p, q = laws(n, k, 1, seed)
    value = wasserstein_distance(x, y, p, q)
    for route in (wasserstein1_lp(x, y, p, q)[0], wasserstein1_1d(x, y, p, q)[0], transport_cost(x, y, p, q)):
        assert_allclose(route, value, atol=1e-9)


@given(counts, counts, st.integers(2, 3), seeds)
@settings(max_examples=20, deadline=None)
def test_routes_agree_in_the_plane_and_in_space(n, k, d, seed):
    x, y, p, q = laws(n, k, d, seed)
    value = wasserstein_distance_nd(x, y, p, q)
    assert_allclose(wasserstein1_lp(x, y, p, q)[0], value, atol=1e-9)
    assert_allclose(transport_cost(x, y, p, q), value, atol=1e-9)


@given(counts, counts, st.integers(1, 3), seeds)
@settings(max_examples=40, deadline=None)
def test_the_potential_is_feasible_and_attains_the_value(n, k, d, seed):
    x, y, p, q = laws(n, k, d, seed)
    z = np.concatenate([x, y]).reshape(n + k, d)
    for route in [wasserstein1_lp] + [wasserstein1_1d] * (d == 1):
        value, f = route(x, y, p, q)
        assert np.all(np.abs(f[:, None] - f) <= cdist(z, z) + 1e-9)
        assert_allclose(p @ f[:n] - q @ f[n:], value, atol=1e-9)


@given(st.integers(1, 15), st.integers(1, 2), seeds)
@settings(max_examples=20, deadline=None)
def test_assignment_is_the_equal_weight_case(n, d, seed):
    x, y, _, _ = laws(n, n, d, seed)
    assert_allclose(wasserstein1_assignment(x, y), wasserstein1_lp(x, y)[0], atol=1e-9)


@given(counts, seeds)
@settings(max_examples=30, deadline=None)
def test_it_is_a_metric(n, seed):
    gen = rng(seed)
    a, b, c = gen.standard_normal((3, n, 2))
    W = wasserstein1_assignment
    assert_allclose(W(a, a), 0)
    assert_allclose(W(a, b), W(b, a))
    assert W(a, c) <= W(a, b) + W(b, c) + 1e-12
    assert_allclose(W(3 * a, 3 * b), 3 * W(a, b))
    assert_allclose(W(a, a + np.array([3.0, 4.0])), 5)


def test_many_points_on_the_line():
    x, y = rng(0).standard_normal((2, 3000))
    assert_allclose(wasserstein1_lp(x, y)[0], wasserstein_distance(x, y), atol=1e-9)


def test_agrees_with_ott():
    pytest.importorskip("ott")
    from ott.geometry import pointcloud
    from ott.tools import unreg

    x, y = rng(1).standard_normal((2, 20, 2))
    from ott.geometry.costs import Euclidean

    cost = float(unreg.hungarian(pointcloud.PointCloud(x, y, cost_fn=Euclidean()))[0])
    assert_allclose(wasserstein1_assignment(x, y), cost, rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wasserstein1_lp([], [1.0]), "x must not be empty"),
        (lambda: wasserstein1_lp([np.nan], [1.0]), "finite"),
        (lambda: wasserstein1_lp([[0.0, 1.0]], [1.0]), "same dimension"),
        (lambda: wasserstein1_lp([0.0], [1.0], p=[0.5]), "sum 1"),
        (lambda: wasserstein1_lp([0.0, 1.0], [1.0], p=[1.5, -0.5]), "non-negative"),
        (lambda: wasserstein1_lp([0.0, 1.0], [1.0], p=[1.0]), "p must have shape"),
        (lambda: wasserstein1_lp(np.zeros((100, 2)), np.zeros((100, 2))), "at most 120"),
        (lambda: wasserstein1_1d([[0.0, 1.0]], [[1.0, 2.0]]), "points of the line"),
        (lambda: wasserstein1_assignment([0.0], [1.0, 2.0]), "same number"),
        (lambda: transport_cost(np.zeros((1, 1, 1)), [0.0]), "dimension"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_w2_on_the_line_against_the_matching_and_a_linear_program(seed):
    gen = rng(seed)
    x, y = gen.standard_normal(6), gen.standard_normal(6) + 1
    assert wasserstein2_1d(x, y) == pytest.approx(wasserstein2_assignment(x, y), rel=1e-12)
    p, q = gen.dirichlet(np.ones(4)), gen.dirichlet(np.ones(6))
    rows = np.kron(np.eye(4), np.ones(6)), np.kron(np.ones(4), np.eye(6))
    cost = ((x[:4, None] - y[None]) ** 2).ravel()
    best = linprog(cost, A_eq=np.vstack(rows), b_eq=np.concatenate([p, q])).fun
    assert wasserstein2_1d(x[:4], y, p, q) ** 2 == pytest.approx(best, rel=1e-7)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_w2_of_gaussians_against_the_formula(scale):
    gen = rng(0)
    A, B = gen.standard_normal((3, 3)), gen.standard_normal((3, 3))
    S1, S2, m = A @ A.T, B @ B.T, np.array([1.0, 0.0, -2.0])
    root = sqrtm(S1)
    square = m @ m + np.trace(S1 + S2 - 2 * sqrtm(root @ S2 @ root).real)
    got = wasserstein2_gaussian(scale * m, scale**2 * S1, 0 * m, scale**2 * S2)
    assert got == pytest.approx(scale * np.sqrt(square), rel=1e-7)
    assert wasserstein2_gaussian([0.0, 0.0], np.zeros((2, 2)), [0.0, 0.0], np.diag([9.0, 16.0])) == pytest.approx(5)
    with pytest.raises(ValueError, match="positive semi-definite"):
        wasserstein2_gaussian([0.0], [[-1.0]], [0.0], [[1.0]])
