"""The Hopf-Lax formula for u_t + u_x^2/2 = 0, and the branches of characteristics among which it chooses.

    u(x, t) = min_y { u0(y) + (x - y)^2 / (2 t) }

A stationary point y of the bracket is a foot of a characteristic through (x, t): x = y + t u0'(y); its value is what
that characteristic carries, u0(y) + t u0'(y)^2/2. The formula takes the least.

Source: E. Hopf, Generalized solutions of non-linear equations of first order, J. Math. Mech. 14 (1965);
L. C. Evans, Partial Differential Equations, ch. 3.3. Context: kexue.fm/archives/4718.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize.elementwise import find_minimum

from scispaces._validate import MOST, as_array, count, finite, positive
from scispaces.pde.burgers import burgers_branches

__all__ = ["characteristic_branches", "hopf_lax", "hopf_lax_minimiser"]

Array = NDArray[np.float64]
Profile = Callable[[Array], ArrayLike]


def hopf_lax(u0: Profile, x: ArrayLike, t: float, reach: float | None = None, n: int = 801) -> Array:
    """u(x, t) by the Hopf-Lax formula. Arguments, errors and notes as in `hopf_lax_minimiser`; returns u alone.

    >>> round(float(hopf_lax(lambda y: y**2 / 2, 3.0, 2.0)), 12)    # k x^2 / (2 (1 + k t)), k = 1
    1.5
    """
    return hopf_lax_minimiser(u0, x, t, reach, n)[0]


def hopf_lax_minimiser(
    u0: Profile, x: ArrayLike, t: float, reach: float | None = None, n: int = 801
) -> tuple[Array, Array]:
    """u(x, t) and the minimising y; the slope is u_x = (x - y)/t wherever the minimiser is unique.

    u0: vectorised, of slower than quadratic growth downwards. x: any shape. t > 0 (the limit t -> 0 is u0 itself).
    reach: how far |x - y| is searched; the minimiser obeys |x - y| <= t sup|u0'|. By default the reach is doubled until
    every minimiser of the grid lies in its inner half and nothing as low as the lowest value seen can stand outside,
    (x - y)^2 <= 2 t (u0(x) - min u0). n: grid points per x for a reach of 3 (or for the given one), fine enough to
    separate the valleys of the bracket; a longer default reach gets as many more. Returns (u, y), of the shape of x.
    Raises ValueError on NaN, t <= 0, when no reach holds the minimum (u0 falls too fast), and when the grid would have
    more than ten million points.
    Numerical notes: the three lowest valleys of the grid are refined by scipy's find_minimum, so that near a tie the
    right one wins; u is accurate to rounding, y to about 1e-8.
    """
    x, t = as_array(x, "x", real=True), positive(t, "t")
    n = count(n, "n", minimum=11)
    width = 1.0 + 2 * min(t, 1.0) if reach is None else positive(reach, "reach")
    for _ in range(40):
        points = n if reach is not None else max(n, int(np.ceil(n * width / 3)))
        if x.size * points > MOST:
            raise ValueError(f"x and t = {t:g} want a grid of {x.size} x {points} points: give a reach, or fewer x")
        shift = np.linspace(-1, 1, points)
        y = x[..., None] + width * shift
        start = _finite(u0, y)
        values = start + (width * shift) ** 2 / (2 * t)
        best = np.argmin(values, axis=-1)
        drop = np.max(_finite(u0, x) - start.min(axis=-1))
        if reach is not None or (np.all(np.abs(shift[best]) <= 0.5) and 2 * t * drop <= width**2):
            break
        width *= 2
    else:
        raise ValueError("u0 falls too fast: the minimum of the Hopf-Lax bracket was not found")
    u, y = np.take_along_axis(values, best[..., None], axis=-1)[..., 0], x + width * shift[best]

    def bracket(y: Array, place: Array) -> Array:
        return np.asarray(u0(y), dtype=float) + (place - y) ** 2 / (2 * t)

    for valley in _lowest_valleys(values):
        left, centre, right = (x + width * shift[valley + k] for k in (-1, 0, 1))
        found = find_minimum(bracket, (left, centre, right), args=(x,))
        better = found.success & (found.f_x < u)
        u, y = np.where(better, found.f_x, u), np.where(better, found.x, y)
    return u, y


def _finite(u0: Profile, y: Array) -> Array:
    values = np.broadcast_to(np.asarray(u0(y), dtype=float), y.shape)
    if not np.isfinite(values).all():
        raise ValueError("u0 must be finite, got NaN or infinity")
    return values


def _lowest_valleys(values: Array, count: int = 3) -> list[NDArray[np.intp]]:
    """Indices of the `count` lowest local minima along the last axis: which is the least may turn on the refinement."""
    inner = values[..., 1:-1]
    valley = (inner <= values[..., :-2]) & (inner <= values[..., 2:])
    order = np.argsort(np.where(valley, inner, np.inf), axis=-1)
    return [order[..., k] + 1 for k in range(count)]


def characteristic_branches(
    u0: Profile, du0: Profile, x: float, t: float, interval: tuple[float, float], n: int = 2001
) -> tuple[Array, Array]:
    """What the characteristics of u_t + u_x^2/2 = 0 through one point carry: (feet xi, values u), both (k,).

        xi + t u0'(xi) = x,    u = u0(xi) + t u0'(xi)^2 / 2

    interval: where the feet are sought, see `burgers_branches` (the slope u_x solves Burgers' equation).
    Raises ValueError on NaN, a bad interval, t < 0.
    """
    xi = burgers_branches(du0, x, t, interval, n)
    return xi, _finite(u0, xi) + finite(t, "t") * np.asarray(du0(xi), dtype=float) ** 2 / 2
