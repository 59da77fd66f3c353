"""Gaussians on a circle: the mixture on which toy generators show whether they lose modes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scispaces._validate import check_rng, count, positive

__all__ = ["ring_and_blob", "ring_sample"]

Array = NDArray[np.float64]


def ring_sample(n: int, rng: np.random.Generator, modes: int = 8, radius: float = 2.0, sd: float = 0.1) -> Array:
    """n points (n, 2) of a mixture of `modes` Gaussians of standard deviation `sd`, evenly on a circle.

    Raises ValueError unless n, modes >= 1 and radius, sd > 0.
    """
    check_rng(rng)
    n, modes, sd = count(n, "n"), count(modes, "modes"), positive(sd, "sd")
    angle = 2 * np.pi * rng.integers(0, modes, n) / modes
    centres = positive(radius, "radius") * np.column_stack([np.cos(angle), np.sin(angle)])
    return centres + sd * rng.standard_normal((n, 2))


def ring_and_blob(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """A pair of samples: n points of the ring of 8 Gaussians (sd 0.1, radius 2) and n of N(0, I/4); (n, 2) each."""
    check_rng(rng)
    n = count(n, "n")
    return ring_sample(n, rng), 0.5 * rng.standard_normal((n, 2))
