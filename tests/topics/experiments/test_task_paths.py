"""Paths of several tasks: against the exact flow of one bowl, and the front against a minimiser."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import check_grad, minimize

from scispaces.experiments.task_paths import QUADRATIC_BOTTOMS, quadratic_front, quadratic_tasks, task_paths


def test_gradients_belong_to_the_losses():
    tasks = quadratic_tasks(3.0, 5.0)
    for i in range(2):
        for place in ([0.5, 2.0], [-1.0, 0.3]):
            value, slope = (lambda x, i=i, k=k: tasks(x[None])[k][0, i] for k in (0, 1))
            assert check_grad(value, slope, np.array(place)) < 1e-6
    assert_allclose(tasks(QUADRATIC_BOTTOMS)[0].diagonal(), [0.2, 5.6])


def test_units_and_shifts_are_one_a_path():
    theta = np.array([[0.5, 2.0], [0.5, 2.0]])
    L, G = quadratic_tasks([1.0, 10.0], [0.0, 7.0])(theta)
    assert_allclose(L[1], [L[0, 0], 10 * L[0, 1] + 7])
    assert_allclose(G[1], G[0] * [[1.0], [10.0]])


def test_front():
    front, tasks = quadratic_front(5), quadratic_tasks()
    assert_allclose(front[[0, -1]], QUADRATIC_BOTTOMS[::-1])
    for share, place in zip(np.linspace(0, 1, 5), front, strict=True):
        best = minimize(lambda x, s=share: np.array([s, 1 - s]) @ tasks(x[None])[0][0], [0.0, 0.0])
        assert_allclose(place, best.x, atol=1e-4)


def test_path_of_one_bowl():
    steps = task_paths(quadratic_tasks(), lambda L, G: G[:, 0], [[0.5, 2.0], [1.0, 1.0]], 0.1, 20, every=5)
    assert steps.shape == (5, 2, 2)
    start = np.array([[0.5, 2.0], [1.0, 1.0]]) - QUADRATIC_BOTTOMS[0]
    assert_allclose(steps[2], QUADRATIC_BOTTOMS[0] + start * np.array([0.9, 0.6]) ** 10)


def test_bad_input():
    for call in (
        lambda: quadratic_tasks(0.0),
        lambda: quadratic_front(1),
        lambda: task_paths(quadratic_tasks(), lambda L, G: G[:, 0], [[0.0, 0.0]], 0.1, 5, every=2),
        lambda: task_paths(quadratic_tasks(), lambda L, G: G[:, 0], [[1.0, 1.0]], 100.0, 400),
    ):
        with pytest.raises(ValueError), np.errstate(all="ignore"):
            call()
