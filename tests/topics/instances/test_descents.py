"""The sampled functions have the properties that the claims rest on."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose
from scipy.optimize import approx_fprime, minimize

from scispaces import rng
from scispaces.instances.descents import (
    bent_flows,
    convex_flows,
    cosine_sum,
    cosine_sum_gradient,
    cosine_sums,
    crossing_displacements,
    double_well,
    monotone_displacements,
    not_minimised,
    proximal_pairs,
    soft_hinges,
    understated_cosine_sums,
)


def test_cosine_sums_have_their_gradient_and_constant():
    for seed in range(20):
        at = cosine_sums(rng(seed))
        which = {k: at[k] for k in "aWb"}
        assert_allclose(
            cosine_sum_gradient(at["x"], **which),
            approx_fprime(at["x"], lambda v, w=which: cosine_sum(v, **w)),
            atol=1e-5,
        )
        y = at["x"] + 0.1
        change = cosine_sum_gradient(y, **which) - cosine_sum_gradient(at["x"], **which)
        assert np.linalg.norm(change) <= at["Lambda"] * np.linalg.norm(y - at["x"]) * (1 + 1e-12)
        assert understated_cosine_sums(rng(seed))["Lambda"] < at["Lambda"]


def test_flows_end_where_they_should():
    for draw in (convex_flows(0.0), convex_flows(0.7), bent_flows):
        at = draw(rng(3))

        def f(v, at=at):
            return soft_hinges(v, a=at["a"], W=at["W"], b=at["b"], mu=at["mu"])

        assert f(at["xt"]) <= f(at["x0"]) + 1e-12
        assert f(at["xs"]) <= minimize(f, at["xs"] + 0.1, tol=1e-12).fun + 1e-9


def test_proximal_pairs_are_minimisers():
    for seed in range(20):
        at = proximal_pairs(rng(seed))

        def objective(y, at=at):
            return np.sum((y - at["x"]) ** 2) / (2 * at["alpha"]) + double_well(y)

        grid = np.linspace(-4, 4, 2001)
        for i in range(len(at["x"])):
            others = np.tile(at["y"], (len(grid), 1))
            others[:, i] = grid
            assert objective(at["y"]) <= min(map(objective, others)) + 1e-9
        up = not_minimised(rng(seed))
        assert double_well(up["y"]) > double_well(up["x"]) - 1e-12


def test_displacements_keep_the_order_or_not():
    for seed in range(20):
        for draw, kept in ((monotone_displacements, True), (crossing_displacements, False)):
            at = draw(rng(seed))
            moved = (at["x"] + at["alpha"] * at["v"])[np.argsort(at["x"])]
            assert (np.diff(moved) > 0).all() == kept
