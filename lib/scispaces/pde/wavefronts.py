"""Fronts that leave an ellipse at unit speed: the eikonal equation |grad u| = 1 by rays, with curvature and caustic.

The ray from the point at the parameter theta runs along the outer normal; after the (signed) distance s it has reached
the front u = s. The rays of neighbours meet where J = |x_theta| (1 + s kappa) vanishes: at s = -1/kappa, on the
evolute, the curve of the centres of curvature.

Source: context kexue.fm/archives/4718; M. P. do Carmo, Differential Geometry of Curves and Surfaces, ch. 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt, map_coordinates

from scispaces._validate import as_array, count, must_broadcast, positive

__all__ = [
    "DistanceGrid",
    "ellipse_curvature",
    "ellipse_distance_grid",
    "ellipse_evolute",
    "ellipse_front",
    "ellipse_normal",
    "front_jacobian",
]

Array = NDArray[np.float64]


def ellipse_normal(A: float, B: float, theta: ArrayLike) -> Array:
    """The outer unit normal (B cos, A sin)/sqrt(A^2 sin^2 + B^2 cos^2) at (A cos theta, B sin theta), (..., 2)."""
    A, B, theta = _ellipse(A, B, theta)
    normal = np.stack([B * np.cos(theta), A * np.sin(theta)], axis=-1)
    return normal / _speed(A, B, theta)[..., None]


def ellipse_curvature(A: float, B: float, theta: ArrayLike) -> Array:
    """kappa = A B / (A^2 sin^2 theta + B^2 cos^2 theta)^(3/2), (...); from min(A, B)/max^2 to max(A, B)/min^2.

    >>> ellipse_curvature(2.0, 1.0, [0.0, np.pi / 2])
    array([2.  , 0.25])
    """
    A, B, theta = _ellipse(A, B, theta)
    scale = max(A, B)  # no product of large or small axes leaves the floats
    return (A / scale) * (B / scale) / _speed(A / scale, B / scale, theta) ** 3 / scale


def ellipse_front(A: float, B: float, theta: ArrayLike, s: ArrayLike) -> Array:
    """Where the rays are after the signed distance s: (A cos, B sin) + s n. s > 0 outwards, s < 0 inwards.

    A, B > 0: semi-axes. theta, s: arrays that broadcast. Returns (..., 2). Raises ValueError on NaN and A, B <= 0.

    >>> ellipse_front(2.0, 1.0, 0.0, 0.5).tolist()
    [2.5, 0.0]
    """
    A, B, theta = _ellipse(A, B, theta)
    s = as_array(s, "s", real=True)
    must_broadcast(theta=theta, s=s)
    theta, s = np.broadcast_arrays(theta, s)
    return np.stack([A * np.cos(theta), B * np.sin(theta)], axis=-1) + s[..., None] * ellipse_normal(A, B, theta)


def front_jacobian(A: float, B: float, theta: ArrayLike, s: ArrayLike) -> Array:
    """J = det d(x, y)/d(s, theta) = |x_theta| (1 + s kappa); the front has a cusp or a fold where it vanishes."""
    s = as_array(s, "s", real=True)
    must_broadcast(theta=as_array(theta, "theta", real=True), s=s)
    return _speed(*_ellipse(A, B, theta)) * (1 + s * ellipse_curvature(A, B, theta))


def ellipse_evolute(A: float, B: float, theta: ArrayLike) -> Array:
    """The centres of curvature ((A^2 - B^2)/A cos^3, (B^2 - A^2)/B sin^3), (..., 2): the caustic of the inner rays.

    >>> float(ellipse_evolute(2.0, 1.0, 0.0)[0])
    1.5
    """
    A, B, theta = _ellipse(A, B, theta)
    c = A - B
    return np.stack([c * (1 + B / A) * np.cos(theta) ** 3, -c * (1 + A / B) * np.sin(theta) ** 3], axis=-1)


class DistanceGrid:
    """Signed distances to an ellipse on a square grid, positive outside; `at(points)` interpolates linearly."""

    def __init__(self, axis: Array, values: Array) -> None:
        self.axis, self.values = axis, values
        self.step = float(axis[1] - axis[0])

    def at(self, points: ArrayLike) -> Array:
        """Distances at points (..., 2) inside the grid, (...). Raises ValueError on points outside, NaN."""
        P = as_array(points, "points", real=True)
        if P.shape[-1:] != (2,) or np.abs(P).max() > self.axis[-1]:
            raise ValueError(f"points must have shape (..., 2) within +-{self.axis[-1]:g}, got shape {P.shape}")
        index = ((P - self.axis[0]) / self.step).reshape(-1, 2)
        return map_coordinates(self.values, index.T, order=1).reshape(P.shape[:-1])


def ellipse_distance_grid(A: float, B: float, half_width: float, n: int = 801) -> DistanceGrid:
    """Signed distance to the ellipse by a transform that knows no rays: scipy's exact Euclidean distance transform.

    The grid has n x n points on [-half_width, half_width]^2. Each point gets the distance to the nearest grid point on
    the other side of the curve, less half a step for the curve in between: errors below one step.
    Raises ValueError on NaN, A, B <= 0, an ellipse that does not fit.
    """
    A, B, _ = _ellipse(A, B, 0.0)
    half_width, n = positive(half_width, "half_width"), count(n, "n", minimum=11, maximum=10_000)
    if max(A, B) >= half_width:
        raise ValueError(f"half_width must exceed the semi-axes {A:g} and {B:g}, got {half_width:g}")
    axis = np.linspace(-half_width, half_width, n)
    step = axis[1] - axis[0]
    inside = (axis[:, None] / A) ** 2 + (axis / B) ** 2 <= 1
    outer, inner = (distance_transform_edt(mask, sampling=step) for mask in (~inside, inside))
    return DistanceGrid(axis, np.where(inside, step / 2 - inner, outer - step / 2))


def _ellipse(A: float, B: float, theta: ArrayLike) -> tuple[float, float, Array]:
    return positive(A, "A"), positive(B, "B"), as_array(theta, "theta", real=True)


def _speed(A: float, B: float, theta: Array) -> Array:
    return np.hypot(A * np.sin(theta), B * np.cos(theta))
