"""Kepler's equation and the ellipse: where a planet stands at a given time.

Mean anomaly M (uniform in time), eccentric anomaly E, true anomaly v (the angle at the focus), all in radians:

    E - e sin E = M,    x' = a (cos E - e),    y' = a sqrt(1 - e^2) sin E,    v = atan2(y', x').

Source: any text on celestial mechanics, e.g. C. D. Murray, S. F. Dermott, *Solar System Dynamics* (1999), section 2.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, count, must_broadcast

__all__ = ["equation_of_center", "kepler_E", "newton_E", "perifocal"]

Array = NDArray[np.float64]


def kepler_E(M: ArrayLike, e: ArrayLike) -> Array:
    """The eccentric anomaly E with E - e sin E = M. M: radians, any shape; 0 <= e < 1, broadcast. Returns that shape.

    M is wrapped to [-pi, pi] and E is returned on the turn of M. Newton's method from M + e sin M, held inside
    [|M|, min(|M| + e, pi)], where the root lies; E - e sin E is convex on [0, pi], so that every step after the first
    comes down to the root from above and none can fly off, for every e < 1. Residual below 1e-14 (1 + |M|).
    Raises ValueError for e < 0, e >= 1, NaN or empty input.

    >>> float(kepler_E(np.pi, 0.97) - np.pi)
    0.0
    """
    mean, ecc = _anomaly(M, e)
    turns = 2 * np.pi * np.round(mean / (2 * np.pi))
    rest = mean - turns
    m = np.abs(rest)
    top = np.minimum(m + ecc, np.pi)
    E = np.clip(m + ecc * np.sin(m), m, top)
    for _ in range(60):
        step = (E - ecc * np.sin(E) - m) / np.maximum(1 - ecc * np.cos(E), 1e-300)
        new = np.clip(E - step, m, top)
        moved, E = np.max(np.abs(new - E)), new
        if moved <= 1e-14:
            break
    return turns + np.copysign(E, rest)


def newton_E(M: ArrayLike, e: ArrayLike, steps: int) -> Array:
    """A fixed number of plain Newton steps for E - e sin E = M from M + e sin M; no safeguard, for small e.

    Shapes and errors as `kepler_E`. The error is squared and multiplied by about e/2 at each step.
    """
    mean, ecc = _anomaly(M, e)
    E = mean + ecc * np.sin(mean)
    for _ in range(count(steps, "steps", minimum=0)):
        E = E - (E - ecc * np.sin(E) - mean) / (1 - ecc * np.cos(E))
    return E


def perifocal(a: ArrayLike, e: ArrayLike, M: ArrayLike) -> Array:
    """Position in the plane of the orbit, x' towards perihelion: a (cos E - e), a sqrt(1 - e^2) sin E. Shape (..., 2).

    >>> perifocal(1.0, 0.5, 0.0).tolist()
    [0.5, 0.0]
    """
    axis = as_array(a, "a", real=True)
    if (axis <= 0).any():
        raise ValueError(f"a must be > 0, got {axis.min()}")
    E, ecc = kepler_E(M, e), np.asarray(e, dtype=float)
    must_broadcast(a=axis, M=E)
    return np.stack(np.broadcast_arrays(axis * (np.cos(E) - ecc), axis * np.sqrt(1 - ecc**2) * np.sin(E)), axis=-1)


def equation_of_center(longitude: ArrayLike, e: ArrayLike, perihelion: ArrayLike) -> Array:
    """C = 2 e sin(longitude - perihelion) to first order in e: true minus mean longitude. Degrees in, degrees out."""
    here, nearest = as_array(longitude, "longitude", real=True), as_array(perihelion, "perihelion", real=True)
    ecc = as_array(e, "e", real=True)
    must_broadcast(longitude=here, perihelion=nearest, e=ecc)
    return np.degrees(2 * ecc * np.sin(np.radians(here - nearest)))


def _anomaly(M: ArrayLike, e: ArrayLike) -> tuple[Array, Array]:
    mean, ecc = as_array(M, "M", real=True), as_array(e, "e", real=True)
    if (ecc < 0).any() or (ecc >= 1).any():
        raise ValueError(f"e must be in [0, 1), an ellipse, got {float(ecc.min())} .. {float(ecc.max())}")
    must_broadcast(M=mean, e=ecc)
    return mean, ecc
