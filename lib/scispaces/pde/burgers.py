"""Burgers' equation u_t + u u_x = 0: the solution before it breaks, its branches after, the shock that replaces them.

The characteristics are straight lines, X(xi, t) = xi + t f(xi), along which u = f(xi) stays what it was at t = 0. So
u(x, t) is found by solving X(xi, t) = x for xi. That is possible in one way as long as X grows with xi, until

    t_b = -1 / min f'.

Two finite volume schemes know nothing of characteristics and serve as peers: `godunov_burgers` and `upwind`.

Source: 一阶偏微分方程的特征线法 (kexue.fm/archives/4718); P. D. Lax, Hyperbolic systems of conservation laws II,
Comm. Pure Appl. Math. 10 (1957); R. J. LeVeque, Finite Volume Methods for Hyperbolic Problems, ch. 11-12.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar
from scipy.optimize.elementwise import find_root

from scispaces._validate import as_array, count, finite, positive

__all__ = [
    "Shock",
    "break_time",
    "burgers_branches",
    "burgers_solution",
    "equal_area_shock",
    "godunov_burgers",
    "upwind",
]

Array = NDArray[np.float64]
Profile = Callable[[Array], ArrayLike]


def break_time(df: Profile, interval: tuple[float, float], n: int = 2001) -> float:
    """When the first characteristics cross: t_b = -1/min f' if f' is negative somewhere, else infinity.

    df: the derivative f', vectorised. interval: where its minimum is sought; it has to lie inside. n: grid points, fine
    enough to tell the deepest valley; the minimum is then refined to about 15 digits.
    Raises ValueError on a bad interval and where df is not finite.

    >>> round(break_time(lambda x: -2 * x * np.exp(-x**2), (-5, 5)), 12) == round(float(np.sqrt(np.e / 2)), 12)
    True
    """
    low, high = _interval(interval)
    grid = np.linspace(low, high, count(n, "n", minimum=5))
    values = _profile(df, grid, "df")
    i = int(np.argmin(values))
    a, b = grid[max(i - 1, 0)], grid[min(i + 1, n - 1)]
    best = minimize_scalar(lambda x: _number(df, x), bounds=(a, b), method="bounded", options={"xatol": 1e-11})
    lowest = min(float(best.fun), float(values[i]))
    return -1.0 / lowest if lowest < 0 else np.inf


def burgers_solution(f: Profile, df: Profile, x: ArrayLike, t: float) -> Array:
    """u(x, t) = f(xi) with xi + t f(xi) = x, before the break time.

    f, df: the initial profile and its derivative, vectorised, f of slower than linear growth. x: any shape. t >= 0.
    Returns u of the shape of x. Raises ValueError on NaN, t < 0, and when 1 + t f' <= 0 at a root or at
    one of 4001 points around the roots: then t is past the break time. (A break far from all x goes unnoticed.)
    Numerical notes: a bracketed root (scipy's find_root), so that steep profiles do no harm.

    >>> round(float(burgers_solution(lambda x: -x, lambda x: -1 + 0 * x, 0.5, 0.5)), 12)    # -x / (1 - t)
    -1.0
    """
    x, t = as_array(x, "x", real=True), finite(t, "t", low=0.0)
    start = _profile(f, x, "f")
    if t == 0:
        return start
    reach = 0.0
    for _ in range(60):  # characteristics from farther away than t sup|f| do not reach x
        feet = np.linspace(x.min() - reach, x.max() + reach, 4001)
        needed = 1.001 * t * float(np.abs(_profile(f, feet, "f")).max()) + 1e-9
        if needed <= reach:
            break
        reach = max(1.2 * needed, 2 * reach)  # f may vanish at x and grow from there
    else:
        raise ValueError(f"f grows too fast for t = {t:g}: there is no bound on where the characteristics come from")
    xi = find_root(lambda z, c: z + t * np.asarray(f(z)) - c, (x - reach, x + reach), args=(x,)).x
    if np.any(1 + t * _profile(df, np.append(feet, xi.ravel()), "df") <= 0):
        raise ValueError(f"t = {t:g} is past the break time: characteristics that come near these points cross")
    return _profile(f, xi, "f")


def burgers_branches(f: Profile, x: float, t: float, interval: tuple[float, float], n: int = 2001) -> Array:
    """All xi in the interval with xi + t f(xi) = x, increasing: one before the break time, an odd number after.

    The branches of the multivalued solution at (x, t) are f(xi). n: grid points; two roots closer than a grid cell are
    missed together. Returns shape (k,). Raises ValueError on a bad interval, NaN, t < 0.

    >>> burgers_branches(lambda x: -np.tanh(x), 0.0, 2.0, (-5, 5)).round(6).tolist()
    [-1.915008, 0.0, 1.915008]
    """
    low, high = _interval(interval)
    x, t = finite(x, "x"), finite(t, "t", low=0.0)
    grid = np.linspace(low, high, count(n, "n", minimum=5))
    gap = grid + t * _profile(f, grid, "f") - x

    def g(z: float) -> float:
        return z + t * _number(f, z) - x

    exact = list(grid[gap == 0])
    inside = np.flatnonzero(gap[:-1] * gap[1:] < 0)
    return np.sort([*exact, *(brentq(g, grid[i], grid[i + 1], xtol=1e-15) for i in inside)])


class Shock(NamedTuple):
    """Left and right feet of the characteristics that meet in a shock, and where it stands."""

    xi_l: float
    xi_r: float
    x_s: float


def equal_area_shock(f: Profile, t: float, interval: tuple[float, float] = (-10.0, 10.0), n: int = 2001) -> Shock:
    """The cut through a graph that has folded over once, such that the lobes on both sides have equal areas.

        xi_l + t f(xi_l) = xi_r + t f(xi_r) = x_s,    int_{xi_l}^{xi_r} f = (xi_r - xi_l) (f(xi_l) + f(xi_r)) / 2

    f: decreasing where it breaks, vectorised. t: past the break time of one fold. interval: wide enough for both feet.
    Returns (xi_l, xi_r, x_s), accurate to about 1e-12. Raises ValueError when X = xi + t f(xi) has no fold in the
    interval (t before the break time), or more than one.

    >>> [round(v, 6) for v in equal_area_shock(lambda x: np.exp(-x**2), 2.0)]
    [-0.101781, 1.798996, 1.877608]
    """
    low, high = _interval(interval)
    t = positive(t, "t")
    grid = np.linspace(low, high, count(n, "n", minimum=5))
    X = grid + t * _profile(f, grid, "f")
    turns = np.flatnonzero(np.diff(np.sign(np.diff(X)))) + 1
    if len(turns) != 2:
        raise ValueError(f"X = xi + t f(xi) must fold once in {low:g}..{high:g}, got {len(turns)} turning points")

    def g(z: float) -> float:
        return z + t * _number(f, z)

    tops = [
        minimize_scalar(lambda z, sign=sign: sign * g(z), bounds=(grid[i - 1], grid[i + 1]), method="bounded").x
        for i, sign in zip(turns, (-1, 1), strict=True)
    ]
    top, bottom = max(X[turns[0]], g(tops[0])), min(X[turns[1]], g(tops[1]))

    def feet(x: float) -> tuple[float, float]:
        inner = grid[turns[0]], grid[turns[1]]
        starts = [tops[k] if (g(tops[k]) - x) * (1, -1)[k] >= 0 else inner[k] for k in (0, 1)]
        left = brentq(lambda z: g(z) - x, low, starts[0], xtol=1e-15, rtol=1e-15)
        return left, brentq(lambda z: g(z) - x, starts[1], high, xtol=1e-15, rtol=1e-15)

    def excess(x: float) -> float:
        a, b = feet(x)
        area = quad(lambda z: _number(f, z), a, b, epsabs=1e-13, epsrel=1e-13)[0]
        return area - (b - a) * (_number(f, a) + _number(f, b)) / 2

    if g(low) >= bottom or g(high) <= top:
        raise ValueError(f"the interval {low:g}..{high:g} must hold both feet of the shock")
    x_s = brentq(excess, bottom, top, xtol=1e-15, rtol=1e-15)
    return Shock(*feet(x_s), x_s)


def godunov_burgers(u0: ArrayLike, dx: float, t: float, cfl: float = 0.9) -> Array:
    """Cell averages of u_t + (u^2/2)_x = 0 at time t by Godunov's scheme, first order, shocks included.

    u0: (m,), averages over cells of width dx; beyond the ends the outer values go on. 0 < cfl <= 1. Returns (m,).
    The flux between two cells is that of the exact solution of the jump between them. Raises ValueError on bad shapes,
    NaN, dx <= 0, t < 0, cfl outside (0, 1].
    """
    u = as_array(u0, "u0", ndim=1, real=True).copy()
    dx, left = positive(dx, "dx"), finite(t, "t", low=0.0)
    cfl = finite(cfl, "cfl", low=1e-6, high=1.0)
    speed = float(np.abs(u).max())  # it never grows
    if left * speed > 1e6 * cfl * dx:
        raise ValueError(f"t = {left:g} wants more than a million steps on this grid")
    while left > 0:
        fastest = float(np.abs(u).max())
        dt = min(left, cfl * dx / fastest) if fastest > 0 else left
        wide = np.concatenate([u[:1], u, u[-1:]])
        flux = np.maximum(np.maximum(wide[:-1], 0) ** 2, np.minimum(wide[1:], 0) ** 2) / 2
        u -= dt / dx * np.diff(flux)
        left = left - dt if left > dt else 0.0
    return u


def upwind(speed: Profile, source: Profile, u0: ArrayLike, x: ArrayLike, t: float, cfl: float = 0.9) -> Array:
    """u_t + speed(x) u_x = source(u) at time t on a uniform grid by first-order upwind differences.

    speed: (m,) -> (m,). source: (m,) -> (m,). u0, x: (m,), m >= 3, values at the grid points. At an end where the flow
    enters, u_x is taken to vanish; choose the grid so that it does not, or wide enough. Returns (m,).
    Raises ValueError on bad shapes, NaN, an uneven grid, t < 0, cfl outside (0, 1].
    """
    x = as_array(x, "x", ndim=1, real=True)
    u = as_array(u0, "u0", shape=x.shape, real=True).copy()
    if len(x) < 3 or not np.allclose(np.diff(x), x[1] - x[0], rtol=1e-9) or x[1] <= x[0]:
        raise ValueError("x must be an increasing uniform grid of at least 3 points")
    a, left = _profile(speed, x, "speed"), finite(t, "t", low=0.0)
    cfl, dx = finite(cfl, "cfl", low=1e-6, high=1.0), x[1] - x[0]
    fastest = float(np.abs(a).max())
    if left * fastest > 1e6 * cfl * dx:
        raise ValueError(f"t = {left:g} wants more than a million steps on this grid")
    steps = max(1, int(np.ceil(left * fastest / (cfl * dx)))) if left else 0
    for _ in range(steps):
        slope = np.diff(u) / dx
        back, ahead = np.append(0.0, slope), np.append(slope, 0.0)
        u = u + left / steps * (_profile(source, u, "source") - np.where(a > 0, a * back, a * ahead))
    return u


def _profile(f: Profile, x: Array, name: str) -> Array:
    values = np.asarray(f(x), dtype=float)
    if values.shape != x.shape:
        values = np.broadcast_to(values, x.shape)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return values


def _number(f: Profile, z: float) -> float:
    return np.asarray(f(np.asarray(z)), dtype=float).item()


def _interval(interval: tuple[float, float]) -> tuple[float, float]:
    low, high = as_array(interval, "interval", shape=(2,), real=True)
    if low >= high:
        raise ValueError(f"interval must be (low, high) with low < high, got {interval!r}")
    return float(low), float(high)
