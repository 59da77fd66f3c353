"""Steepest directions against random directions and a general optimiser; natural steps against a solver."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from scispaces import rng
from scispaces.optimizers.steepest import fisher_gaussian, natural_gradient_step, steepest_direction

F = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 3.0]])
g = np.array([1.0, -2.0, 0.5])
NORMS = {
    "1": (1, lambda d: np.abs(d).sum(-1), lambda g: np.abs(g).max()),
    "2": (2, lambda d: np.linalg.norm(d, axis=-1), lambda g: np.linalg.norm(g)),
    "inf": (np.inf, lambda d: np.abs(d).max(-1), lambda g: np.abs(g).sum()),
    "F": (F, lambda d: np.sqrt(np.einsum("...i,ij,...j", d, F, d)), lambda g: np.sqrt(g @ np.linalg.solve(F, g))),
}


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_no_direction_is_steeper(name, size):
    norm, length, dual = NORMS[name]
    d = steepest_direction(size * g, norm, 0.5)
    assert length(d) == pytest.approx(0.5, rel=1e-12)
    assert (d @ g) == pytest.approx(-0.5 * dual(g), rel=1e-12)
    others = rng(0).standard_normal((2000, 3))
    assert (d @ g) <= (0.5 * others / length(others)[:, None] @ g).min()


def test_ties_zeros_and_bad_norms():
    assert_allclose(steepest_direction([1.0, -1.0], 1), [-1, 0])
    assert_allclose(steepest_direction([0.0, -1.0], np.inf), [0, 1])
    for bad in (3, "2", [[1.0, 0.0], [0.0, -1.0]], np.eye(3), [[1.0, 1.0], [0.0, 1.0]]):
        with pytest.raises(ValueError, match=r"norm|metric"):
            steepest_direction([1.0, 2.0], bad)
    with pytest.raises(ValueError, match="not be zero"):
        steepest_direction([0.0, 0.0], 2)


def test_natural_step_minimises_the_model():
    x, a = np.array([0.3, -1.0, 2.0]), 0.7
    best = minimize(lambda y: (y - x) @ F @ (y - x) / 2 / a + g @ (y - x), x, tol=1e-12).x
    assert_allclose(natural_gradient_step(x, g, F, a), best, atol=1e-6)
    assert_allclose(natural_gradient_step(x, g, F, a, pinv=True), best, atol=1e-6)
    pi = np.array([0.2, 0.3, 0.5])
    S = np.diag(pi) - np.outer(pi, pi)
    w = np.array([1.0, -1.0, 0.0])
    assert_allclose(natural_gradient_step(x, S @ w, S, a, pinv=True), x - a * np.linalg.pinv(S) @ S @ w, atol=1e-12)
    with pytest.raises(ValueError, match="range of F"):
        natural_gradient_step(x, np.ones(3), S, a, pinv=True)
    with pytest.raises(ValueError, match="positive definite"):
        natural_gradient_step(x, g, np.zeros((3, 3)), a)


def test_fisher_of_a_gaussian_by_its_scores():
    y = rng(1).normal(1.0, 2.0, 200_000)
    scores = np.stack([(y - 1) / 4, ((y - 1) ** 2 / 4 - 1) / 2])
    assert_allclose(fisher_gaussian(1.0, 2.0), scores @ scores.T / len(y), atol=0.01)
