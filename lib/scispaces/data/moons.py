"""Two half moons in the plane, the toy data of density estimation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scispaces._validate import check_rng, count, finite

__all__ = ["two_moons"]


def two_moons(rng: np.random.Generator, n: int, noise: float = 0.06) -> NDArray[np.float64]:
    """n points (n, 2): half of them near (cos a, sin a), half near (1 - cos a, 1/2 - sin a), a uniform in [0, pi].

    `noise` >= 0 is the standard deviation of Gaussian noise in each coordinate. The points are then shifted and scaled
    by the fixed mean (1/2, 1/4) and the standard deviations of the noisy law, so that both coordinates have mean 0 and
    variance 1. Raises ValueError on n < 1 or a negative noise.
    """
    check_rng(rng)
    n, noise = count(n, "n"), finite(noise, "noise", 0.0, 1e3)
    angle, lower = rng.uniform(0, np.pi, n), rng.random(n) < 0.5
    x = np.where(lower, 1 - np.cos(angle), np.cos(angle))
    y = np.where(lower, 0.5 - np.sin(angle), np.sin(angle))
    points = np.stack([x, y], axis=1) + noise * rng.standard_normal((n, 2))
    spread = np.array([0.75, 0.5 + 1 / 16 - 1 / np.pi]) + noise**2
    return np.asarray((points - [0.5, 0.25]) / np.sqrt(spread))
