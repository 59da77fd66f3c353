"""Characteristic curves of a quasilinear equation alpha(x, u) . u_x = beta(x, u), and where they cross.

    dx/ds = alpha(x, u),    du/ds = beta(x, u)

Many curves are integrated as one system. The determinant J = det dx/d(s, tau) of the map (curve parameter, data
parameters) -> x says whether the curves can be glued to a function of x: they can as long as it does not vanish.

Source: 一阶偏微分方程的特征线法 (kexue.fm/archives/4718); L. C. Evans, Partial Differential Equations, ch. 3.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from scispaces._validate import as_array, finite, positive, positive_int
from scispaces.dynamics.integration import integrate

__all__ = [
    "curve_crossing",
    "first_caustic",
    "increasing",
    "jacobian_along",
    "quasilinear_characteristics",
    "symmetric_form_crossing",
]

Array = NDArray[np.float64]
Direction = Callable[[Array, Array], ArrayLike]


def quasilinear_characteristics(
    alpha: Direction, beta: Direction, x0: ArrayLike, u0: ArrayLike, s_grid: ArrayLike, rtol: float = 1e-11
) -> tuple[Array, Array]:
    """The curves dx/ds = alpha(x, u), du/ds = beta(x, u) through m initial points.

    alpha: (m, n), (m,) -> (m, n). beta: (m, n), (m,) -> (m,). x0: (m, n). u0: (m,). s_grid: (S,), increasing; the
    data stand at s_grid[0]. Returns x (S, m, n) and u (S, m).
    Raises ValueError on bad shapes and NaN; RuntimeError when a curve leaves every bound before the end of s_grid (the
    solution of u' = u^2 does so in finite time). Numerical notes: scipy's DOP853, one step size for all curves.

    >>> x, u = quasilinear_characteristics(lambda x, u: x, lambda x, u: u**2, [[1.0]], [0.5], [0.0, 1.0])
    >>> round(float(x[-1, 0, 0] / np.e), 9), round(float(u[-1, 0]), 9)    # x = e^s, u = 0.5 / (1 - 0.5 s)
    (1.0, 1.0)
    """
    x0, u0 = _data(x0, u0)
    s = increasing(s_grid, "s_grid")
    m, n = x0.shape
    _check_direction(alpha(x0, u0), beta(x0, u0), (m, n))

    def rhs(_: float, state: Array) -> Array:
        x, u = state[: m * n].reshape(m, n), state[m * n :]
        return np.concatenate([np.ravel(np.asarray(alpha(x, u), dtype=float)), np.asarray(beta(x, u), dtype=float)])

    rtol = positive(rtol, "rtol")
    path = integrate(rhs, np.concatenate([x0.ravel(), u0]), s, rtol, 1e-2 * rtol, "s")
    return path[:, : m * n].reshape(len(s), m, n), path[:, m * n :]


def curve_crossing(
    alpha: Direction, beta: Direction, x0: ArrayLike, u0: float, axis: int, value: float, s_max: float = 50.0
) -> Array:
    """Where one characteristic curve meets the hyperplane x[axis] = value, found along the parameter s.

    alpha, beta as in `quasilinear_characteristics`. x0: (n,). u0: a number. Returns (x_1, ..., x_n, u), shape (n + 1,).
    The point does not change when alpha and beta are multiplied by a common factor that never vanishes: only the speed
    does. Raises ValueError on bad shapes, NaN, a start on the hyperplane; RuntimeError when the curve does not reach
    it before s_max (the curve is run forwards only).
    """
    start, n, axis, value = _one_curve(x0, u0, axis, value)

    def rhs(_: float, y: Array) -> Array:
        x, u = y[None, :n], y[n:]
        return np.concatenate([np.ravel(np.asarray(alpha(x, u), dtype=float)), np.ravel(np.asarray(beta(x, u)))])

    def distance(_: float, y: Array) -> float:
        return y[axis] - value

    distance.terminal = True  # type: ignore[attr-defined]
    sol = solve_ivp(
        rhs, (0, positive(s_max, "s_max")), start, "DOP853", events=distance, rtol=1e-12, atol=1e-13, max_step=0.1
    )
    if not len(sol.t_events[0]):
        raise RuntimeError(f"the curve does not meet x[{axis}] = {value:g} before s = {s_max:g}: {sol.message}")
    return sol.y_events[0][0]


def symmetric_form_crossing(
    alpha: Direction, beta: Direction, x0: ArrayLike, u0: float, axis: int, value: float
) -> Array:
    """The same point as `curve_crossing`, from the symmetric form dx_1/alpha_1 = ... = dx_n/alpha_n = du/beta.

    The coordinate x[axis] is the parameter: dx_i/dx_axis = alpha_i / alpha_axis, du/dx_axis = beta / alpha_axis. No s
    occurs, nor any common factor of alpha and beta. alpha_axis must not vanish on the way.
    Arguments, returns and errors as in `curve_crossing`.
    """
    start, n, axis, value = _one_curve(x0, u0, axis, value)

    def rhs(_: float, y: Array) -> Array:
        x, u = y[None, :n], y[n:]
        rates = np.concatenate([np.ravel(np.asarray(alpha(x, u), dtype=float)), np.ravel(np.asarray(beta(x, u)))])
        return rates / rates[axis]

    sol = solve_ivp(rhs, (start[axis], value), start, "DOP853", rtol=1e-12, atol=1e-13)
    if not sol.success:
        raise RuntimeError(f"the integrator gave up at x[{axis}] = {sol.t[-1]:.6g}: {sol.message}")
    return sol.y[:, -1]


def jacobian_along(x: ArrayLike, s: ArrayLike, *tau: ArrayLike) -> Array:
    """J = det dx/d(s, tau_1, ..., tau_{n-1}) on a grid of curves, by differences of second order.

    x: (S, T_1, ..., T_{n-1}, n), the curves of `quasilinear_characteristics` on a grid of data. s: (S,), tau_i: (T_i,),
    increasing, at least 3 each. Returns (S, T_1, ..., T_{n-1}). Raises ValueError on bad shapes and NaN.

    >>> s, tau = np.linspace(0, 1, 5), np.linspace(0, 1, 4)
    >>> rays = np.stack(np.broadcast_arrays(s[:, None], tau * (1 - s[:, None])), axis=-1)    # x = (s, tau (1 - s))
    >>> np.allclose(jacobian_along(rays, s, tau), np.broadcast_to(1 - s[:, None], (5, 4)))
    True
    """
    x = as_array(x, "x", real=True)
    grids = [increasing(s, "s"), *(increasing(t, "tau") for t in tau)]
    wanted = (*(len(g) for g in grids), len(grids))
    if x.shape != wanted:
        raise ValueError(f"x must have shape {wanted} for these grids, got {x.shape}")
    if min(wanted[:-1]) < 3:
        raise ValueError(f"s and tau must have at least 3 values each, got {wanted[:-1]}")
    columns = [np.gradient(x, grid, axis=i, edge_order=2) for i, grid in enumerate(grids)]
    return np.linalg.det(np.stack(columns, axis=-1))


def first_caustic(J: ArrayLike, s: ArrayLike) -> Array:
    """The first s at which J changes its sign along each curve, by linear interpolation; inf where it never does.

    J: (S, ...) as `jacobian_along` returns it, not 0 at the start. s: (S,). Returns (...).
    Raises ValueError on bad shapes, NaN, and where J vanishes at s[0] (characteristic data).

    >>> first_caustic([[1.0, 1.0], [0.5, 1.0], [-0.5, 1.0]], [0.0, 1.0, 2.0])
    array([1.5, inf])
    """
    J, s = as_array(J, "J", real=True), increasing(s, "s")
    if J.shape[:1] != s.shape:
        raise ValueError(f"J must have {len(s)} values along its first axis, got shape {J.shape}")
    if np.any(J[0] == 0):
        raise ValueError("J must not vanish at the start: the data are characteristic there")
    crossed = (J * np.sign(J[0]) <= 0).reshape(len(s), -1)
    flat, out = J.reshape(len(s), -1), np.full(crossed.shape[1], np.inf)
    for j in np.flatnonzero(crossed.any(axis=0)):
        i = int(np.argmax(crossed[:, j]))
        a, b = flat[i - 1, j], flat[i, j]
        out[j] = s[i - 1] + (s[i] - s[i - 1]) * a / (a - b)
    return out.reshape(J.shape[1:])


def increasing(grid: ArrayLike, name: str) -> Array:
    """`grid` as a float array of shape (S,), strictly increasing. Raises ValueError otherwise."""
    out = as_array(grid, name, ndim=1, real=True)
    if np.any(np.diff(out) <= 0):
        raise ValueError(f"{name} must be strictly increasing")
    return out


def _data(x0: ArrayLike, u0: ArrayLike) -> tuple[Array, Array]:
    x0 = as_array(x0, "x0", ndim=2, real=True)
    return x0, as_array(u0, "u0", shape=(len(x0),), real=True)


def _one_curve(x0: ArrayLike, u0: float, axis: int, value: float) -> tuple[Array, int, int, float]:
    x0 = as_array(x0, "x0", ndim=1, real=True)
    axis = positive_int(axis, "axis", minimum=0, maximum=len(x0) - 1)
    value = finite(value, "value")
    if x0[axis] == value:
        raise ValueError(f"x0 stands on the hyperplane x[{axis}] = {value:g} already")
    return np.append(x0, finite(u0, "u0")), len(x0), axis, value


def _check_direction(a: ArrayLike, b: ArrayLike, shape: tuple[int, int]) -> None:
    if np.shape(a) != shape or np.shape(b) != shape[:1]:
        raise ValueError(
            f"alpha and beta must return shapes {shape} and {shape[:1]}, got {np.shape(a)} and {np.shape(b)}"
        )
