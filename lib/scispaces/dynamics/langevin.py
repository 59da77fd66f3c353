r"""Langevin dynamics: particles that climb a log density and are shaken, so that their law tends to that density.

    dX = s(X) dt + sqrt(2 T) dW,    s = grad log p,        Euler-Maruyama:  X <- X + h s(X) + sqrt(2 T h) xi

The law of X solves the Fokker-Planck equation (module `fokker_planck`); for T = 1 its stationary law is p. The discrete
chain has another one: for p = N(0, 1) and T = 1 its variance is 1/(1 - h/2), and none exists for h >= 2.

Source: Langevin 1908; Roberts, Tweedie, "Exponential convergence of Langevin distributions", Bernoulli 2 (1996).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, check_rng, count, finite, positive, room

__all__ = ["langevin"]

Array = NDArray[np.float64]


def langevin(
    score: Callable[[Array], ArrayLike],
    x0: ArrayLike,
    h: float,
    steps: int,
    rng: np.random.Generator,
    *,
    every: int | None = None,
    temperature: float = 1.0,
) -> Array:
    """Particles after `steps` steps X <- X + h score(X) + sqrt(2 temperature h) xi, all at once.

    score: arrays of the shape of x0 -> the same shape. x0: (n,) or (n, d), one particle a row. h > 0.
    temperature: T >= 0; 0 is gradient ascent of log p. Returns the last positions, or with `every` those after each
    stretch of so many steps, a leading axis of steps // every.
    Raises ValueError on bad shapes and when a particle leaves the finite numbers (h is too large for this score).

    >>> langevin(lambda x: -x, [4.0], 0.5, 2, np.random.Generator(np.random.PCG64(0)), temperature=0.0)
    array([1.])
    """
    x, h, steps = as_array(x0, "x0", ndim=(1, 2), real=True), positive(h, "h"), count(steps, "steps")
    check_rng(rng)
    noise = np.sqrt(2 * finite(temperature, "temperature", 0.0) * h)
    kept = []
    if every is not None:
        room("the kept positions", steps // count(every, "every", maximum=steps), x.size)
    for k in range(1, steps + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            drift = np.asarray(score(x), dtype=float)
            if drift.shape != x.shape:
                raise ValueError(f"score must return shape {x.shape}, got {drift.shape}")
            x = x + h * drift + (noise * rng.standard_normal(x.shape) if noise else 0.0)
        if not np.isfinite(x).all():
            raise ValueError(f"h must be small enough for this score, got h = {h:g}: positions are infinite")
        if every is not None and k % every == 0:
            kept.append(x)
    return x if every is None else np.stack(kept)
