"""Gradient paths of several tasks in a few parameters: many starts, units or rules side by side.

A rule turns the losses and the gradients of all tasks into one direction; the path follows it with a fixed step,
theta <- theta - rate * u. `quadratic_tasks` are two bowls whose Pareto front is a curve between their bottoms.

Source: the experiments belong to 多任务学习漫谈(一), (二) (kexue.fm/archives/8870, 8896); the design is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, count, positive, positive_int

__all__ = ["QUADRATIC_BOTTOMS", "quadratic_front", "quadratic_tasks", "task_paths"]

Array = NDArray[np.float64]
Tasks = Callable[[Array], tuple[Array, Array]]
Rule = Callable[[Array, Array], Array]

#: Where the two losses of `quadratic_tasks` are smallest, and their curvatures along the axes.
QUADRATIC_BOTTOMS = np.array([[1.0, 0.0], [-1.0, 0.5]])
_CURVATURES = np.array([[1.0, 4.0], [3.0, 1.0]])
_FLOOR = 0.2


def quadratic_tasks(unit: ArrayLike = 1.0, shift: ArrayLike = 0.0) -> Tasks:
    r"""Two losses in the plane: L_i = (theta - m_i)^T diag(h_i) (theta - m_i) / 2 + 0.2.

    The second one is then multiplied by `unit` > 0 and raised by `shift` (numbers, or one a path). Returns a function
    theta (B, 2) -> losses (B, 2), gradients (B, 2 tasks, 2). Raises ValueError on units <= 0.
    """
    c, C = as_array(unit, "unit", real=True), as_array(shift, "shift", real=True)
    if c.min() <= 0:
        raise ValueError("unit must be > 0")

    def tasks(theta: Array) -> tuple[Array, Array]:
        away = theta[..., None, :] - QUADRATIC_BOTTOMS
        slopes = _CURVATURES * away
        losses = 0.5 * np.sum(slopes * away, axis=-1) + _FLOOR
        losses[..., 1] = c * losses[..., 1] + C
        slopes[..., 1, :] *= np.reshape(c, (*c.shape, 1))
        return losses, slopes

    return tasks


def quadratic_front(points: int = 101) -> Array:
    """The Pareto front of `quadratic_tasks`: the minimisers of l L_1 + (1-l) L_2, l from 0 to 1, (points, 2)."""
    share = np.linspace(0, 1, positive_int(points, "points", minimum=2, maximum=10**6))[:, None, None]
    weights = np.concatenate([share, 1 - share], axis=1) * _CURVATURES
    return np.asarray(np.sum(weights * QUADRATIC_BOTTOMS, axis=1) / weights.sum(axis=1))


def task_paths(tasks: Tasks, rule: Rule, start: ArrayLike, rate: float, steps: int, every: int = 1) -> Array:
    """theta <- theta - rate * rule(losses, gradients), from `start` (B, d); the points kept, (steps/every + 1, B, d).

    tasks: theta (B, d) -> losses (B, n), gradients (B, n, d); rule: these two -> direction (B, d). Raises ValueError on
    a rate <= 0, fewer than one step, an `every` that does not divide the steps, or a path that leaves the floats.
    """
    theta: Any = as_array(start, "start", ndim=2, real=True).copy()
    rate, steps, every = positive(rate, "rate"), count(steps, "steps"), count(every, "every")
    if steps % every:
        raise ValueError(f"every must divide steps, got {every} and {steps}")
    kept = [theta]
    for step in range(1, steps + 1):
        theta = theta - rate * rule(*tasks(theta))
        if step % every == 0:
            kept.append(theta)
    if not np.isfinite(theta).all():
        raise ValueError(f"the path left the floats: take a smaller rate than {rate}")
    return np.array(kept)
