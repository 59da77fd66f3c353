r"""Gradient descent and the two flows beside it.

    step:            w <- w - eps grad L(w)
    proximal step:   w <- argmin_y |y - w|^2/(2 eps) + L(y)  =  w - eps grad L(y)
    flow of L:       w' = -grad L(w)
    flow of L~:      w' = -grad L~(w) = -(grad L + (eps/2) H grad L),     L~ = L + (eps/4) |grad L|^2

A step and the flow of L for a time eps differ by (eps^2/2) H grad L; a step and the flow of L~ by O(eps^3). After a
fixed time T = n eps the errors are O(eps) and O(eps^2).

Source: Barrett, Dherin 2020 (arXiv 2009.11162); backward error analysis, Hairer, Lubich, Wanner, chapter IX.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, count, finite, positive
from scispaces.dynamics.integration import integrate

__all__ = [
    "Loss",
    "curved_valley",
    "descent_error",
    "gradient_descent",
    "gradient_flow",
    "modified_flow",
    "product_loss",
    "proximal_descent",
    "proximal_step",
]

Array = NDArray[np.float64]


class Loss(NamedTuple):
    """A smooth function of w (d,): its value, gradient (d,) and Hessian (d, d)."""

    value: Callable[[Array], float]
    gradient: Callable[[Array], Array]
    hessian: Callable[[Array], Array]


def _pair(w: Array) -> Array:
    if np.shape(w) != (2,):
        raise ValueError(f"w must be a pair (a, b), got shape {np.shape(w)}")
    return w


#: L(a, b) = (a b - 1)^2 / 2: a linear network of two layers and one example. Its minima are the hyperbola a b = 1.
product_loss = Loss(
    lambda w: 0.5 * (_pair(w)[0] * w[1] - 1) ** 2,
    lambda w: (_pair(w)[0] * w[1] - 1) * np.array([w[1], w[0]]),
    lambda w: np.array([[_pair(w)[1] ** 2, 2 * w[0] * w[1] - 1], [2 * w[0] * w[1] - 1, w[0] ** 2]]),
)

#: L(x, y) = (1 - x)^2/2 + (5/2) (y - x^2)^2: a bent valley (a mild Rosenbrock function) with its minimum at (1, 1).
curved_valley = Loss(
    lambda w: 0.5 * (1 - _pair(w)[0]) ** 2 + 2.5 * (w[1] - w[0] ** 2) ** 2,
    lambda w: np.array([_pair(w)[0] - 1 - 10 * w[0] * (w[1] - w[0] ** 2), 5 * (w[1] - w[0] ** 2)]),
    lambda w: np.array([[1 - 10 * _pair(w)[1] + 30 * w[0] ** 2, -10 * w[0]], [-10 * w[0], 5.0]]),
)


def gradient_descent(gradient: Callable[[Array], ArrayLike], w0: ArrayLike, eps: float, steps: int) -> Array:
    """The iterates w_0, ..., w_steps of w <- w - eps gradient(w), shape (steps + 1, d).

    Raises ValueError on eps <= 0, steps < 1, w0 that is not a vector, and when the iterates leave the finite numbers.
    """
    w, eps = as_array(w0, "w0", ndim=1, real=True), positive(eps, "eps")
    path = [w]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(count(steps, "steps")):
            path.append(path[-1] - eps * _checked(gradient, path[-1]))
    return as_array(np.stack(path), "the iterates (eps is too large)", real=True)


def proximal_step(loss: Loss, w: ArrayLike, eps: float, iterations: int = 50) -> Array:
    """A minimiser y (d,) of |y - w|^2 / (2 eps) + loss(y), by Newton's method from w: an implicit Euler step.

    It satisfies y = w - eps grad loss(y). Raises ValueError on eps <= 0 and where Newton's method does not settle, or
    settles at what is no minimum (eps is too large for this loss).
    """
    w, eps = as_array(w, "w", ndim=1, real=True), positive(eps, "eps")
    y = w
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(count(iterations, "iterations")):
            matrix = np.eye(len(w)) + eps * np.asarray(loss.hessian(y), dtype=float)
            residual = y - w + eps * _checked(loss.gradient, y)
            if not (np.isfinite(matrix).all() and np.isfinite(residual).all() and np.linalg.eigvalsh(matrix)[0] > 0):
                break
            y = y - np.linalg.solve(matrix, residual)
            if np.abs(residual).max() <= 1e-14 * max(1.0, float(np.abs(y).max())):
                return y
    raise ValueError(f"eps must be small enough for Newton's method, got eps = {eps:g}")


def proximal_descent(loss: Loss, w0: ArrayLike, eps: float, steps: int) -> Array:
    """The iterates w_0, ..., w_steps of proximal steps, shape (steps + 1, d); errors as `proximal_step`."""
    path = [as_array(w0, "w0", ndim=1, real=True)]
    for _ in range(count(steps, "steps")):
        path.append(proximal_step(loss, path[-1], eps))
    return np.stack(path)


def _checked(gradient: Callable[[Array], ArrayLike], w: Array) -> Array:
    g = np.asarray(gradient(w), dtype=float)
    if g.shape != w.shape:
        raise ValueError(f"gradient must return shape {w.shape}, got {g.shape}")
    return g


def gradient_flow(
    gradient: Callable[[Array], ArrayLike],
    w0: ArrayLike,
    times: ArrayLike,
    tol: float = 1e-10,
) -> Array:
    """The solution of w' = -gradient(w), w(0) = w0, at the given times (increasing, >= 0): shape (len(times), d).

    Runge-Kutta of order 8 with relative and absolute tolerance `tol`. Raises ValueError on bad times or tolerances and
    when the integrator gives up.
    """
    w = as_array(w0, "w0", ndim=1, real=True)
    t = as_array(times, "times", ndim=1, real=True)
    if t[0] < 0 or (np.diff(t) <= 0).any():
        raise ValueError(f"times must increase from 0 or later, got {t[:5]}")
    tol = finite(tol, "tol", 1e-13, 1e-2)
    if t[-1] == 0:
        return w[None].copy()
    from_zero = t if t[0] == 0 else np.append(0.0, t)
    try:
        path = integrate(lambda _, v: -_checked(gradient, v), w, from_zero, tol, tol)
    except RuntimeError as error:
        raise ValueError(f"the flow could not be followed to t = {t[-1]:g}: {error}") from None
    return path[-len(t) :]


def modified_flow(
    gradient: Callable[[Array], ArrayLike],
    hessian: Callable[[Array], ArrayLike],
    eps: float,
    w0: ArrayLike,
    times: ArrayLike,
    tol: float = 1e-10,
) -> Array:
    """The flow of L~ = L + (eps/4) |grad L|^2 from w0, shape (len(times), d); see `gradient_flow`.

    eps = 0 gives the flow of L; a negative eps is allowed (it belongs to implicit steps).
    """
    half = 0.5 * finite(eps, "eps")

    def slope(w: Array) -> Array:
        g = np.asarray(gradient(w), dtype=float)
        return g + half * np.asarray(hessian(w), dtype=float) @ g

    return gradient_flow(slope, w0, times, tol)


def descent_error(loss: Loss, w0: ArrayLike, eps: float, modified: bool = False, time: float = 1.0) -> float:
    """Distance of gradient descent with step `eps` from the flow of L (or of L~) after a fixed time.

    round(time / eps) steps against the flow at eps times as much: O(eps) for the flow of L, O(eps^2) for that of L~.
    Raises ValueError when not even one step fits into `time`.
    """
    steps = count(round(min(positive(time, "time") / positive(eps, "eps"), 1e12)), "time / eps")
    there = gradient_descent(loss.gradient, w0, eps, steps)[-1]
    flow = modified_flow(loss.gradient, loss.hessian, eps if modified else 0.0, w0, [steps * eps])[-1]
    return float(np.linalg.norm(there - flow))
