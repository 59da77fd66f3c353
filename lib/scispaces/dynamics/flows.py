"""Linear and nonlinear flows and what they do to volumes: areas, fundamental matrices, Jacobians of flow maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import quad_vec
from scipy.linalg import expm

from scispaces._validate import as_array, as_matrix, finite, positive
from scispaces.dynamics.integration import integrate

__all__ = [
    "FlowJacobian",
    "VanDerPol",
    "flow_jacobian",
    "fundamental_matrix",
    "linear_flow",
    "liouville_det",
    "polygon_area",
]


def polygon_area(points: ArrayLike) -> float:
    """Signed area of a simple polygon by the shoelace formula, (1/2) sum_i (x_i y_{i+1} - x_{i+1} y_i).

    points: (n, 2) corners in order, n >= 3, the last one joined to the first. Positive for counterclockwise order.
    Raises ValueError on bad shapes, NaN, fewer than three corners.

    >>> polygon_area([[0, 0], [1, 0], [1, 1], [0, 1]])
    1.0
    """
    P = as_array(points, "points", ndim=2, shape=(None, 2), real=True)
    if len(P) < 3:
        raise ValueError(f"points must have at least 3 corners, got {len(P)}")
    x, y = (P - P.mean(axis=0)).T  # far from the origin the raw products would cancel
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def linear_flow(A: ArrayLike, t: float, points: ArrayLike) -> NDArray[Any]:
    """Where the flow of x' = A x carries points in time t: x -> e^{tA} x.

    A: (k, k). t: a finite number, negative times run backwards. points: (n, k), one point a row. Returns (n, k).
    Volumes are multiplied by e^{t Tr A}, whatever the off-diagonal entries. Raises ValueError on bad shapes and NaN.

    >>> linear_flow([[0, 1], [0, 0]], 2.0, [[0, 0], [0, 1]])
    array([[0., 0.],
           [2., 1.]])
    """
    A = as_matrix(A, "A", square=True)
    P = as_array(points, "points", ndim=2, shape=(None, A.shape[0]))
    return P @ expm(finite(t, "t") * A).T


def liouville_det(A_of_t: Callable[[float], ArrayLike], t: float, Phi0: ArrayLike, rtol: float = 1e-12) -> Any:
    """The determinant of a fundamental matrix without the matrix: Liouville's formula.

        Phi' = A(t) Phi    =>    det Phi(t) = det Phi(0) exp( int_0^t Tr A(s) ds )

    A_of_t: time -> (k, k), continuous on [0, t]. Phi0: (k, k). Returns a float (complex for complex input).
    One adaptive quadrature of a scalar instead of k^2 coupled equations; A(t) and A(s) need not commute.
    Raises ValueError when A_of_t returns another shape than Phi0 has, or NaN.

    >>> round(liouville_det(lambda s: [[s, 1.0], [0.0, s]], 2.0, np.eye(2)), 9) == round(float(np.exp(4.0)), 9)
    True
    """
    Phi0 = as_matrix(Phi0, "Phi0", square=True)
    t, rtol = finite(t, "t"), positive(rtol, "rtol")
    rate = _checked(A_of_t, Phi0.shape)
    integral, _ = quad_vec(lambda s: np.trace(rate(s)), 0.0, t, epsabs=rtol, epsrel=rtol)
    return (np.linalg.det(Phi0) * np.exp(integral)).item()


def fundamental_matrix(
    A_of_t: Callable[[float], ArrayLike], t: float, Phi0: ArrayLike, rtol: float = 1e-11
) -> NDArray[Any]:
    """Solve Phi' = A(t) Phi, Phi(0) = Phi0 as k^2 equations (scipy's DOP853); the peer of `liouville_det` and `expm`.

    A_of_t: time -> (k, k). Phi0: (k, m), so that m = 1 solves x' = A(t) x. Returns Phi(t), (k, m).
    Raises ValueError on bad shapes and NaN, RuntimeError when the integrator gives up.
    """
    Phi0 = as_matrix(Phi0, "Phi0")
    t = finite(t, "t")
    if t == 0:
        return Phi0
    k = Phi0.shape[0]
    rate = _checked(A_of_t, (k, k))
    start = Phi0.astype(np.result_type(Phi0, rate(0.0))).ravel()
    path = integrate(
        lambda s, y: (rate(s) @ y.reshape(Phi0.shape)).ravel(), start, [0.0, t], positive(rtol, "rtol"), rtol * 1e-3
    )
    return path[-1].reshape(Phi0.shape)


@dataclass(frozen=True)
class VanDerPol:
    """The van der Pol oscillator x' = v, v' = mu (1 - x^2) v - x: energy enters for |x| < 1 and leaves for |x| > 1.

    Calling it gives f(x), `jacobian` gives df/dx, both for states of shape (..., 2); div f = mu (1 - x^2).
    """

    mu: float = 1.0

    def __call__(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        x, v = state[..., 0], state[..., 1]
        return np.stack([v, self.mu * (1 - x**2) * v - x], axis=-1)

    def jacobian(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        x, v = state[..., 0], state[..., 1]
        rows = [np.zeros_like(x), np.ones_like(x), -2 * self.mu * x * v - 1, self.mu * (1 - x**2)]
        return np.stack(rows, axis=-1).reshape(*x.shape, 2, 2)


@dataclass(frozen=True)
class FlowJacobian:
    """What `flow_jacobian` returns, for T times and starts of shape (..., k).

    times (T,); states (T, ..., k); jacobians (T, ..., k, k), the matrices dx(t)/dx_0;
    log_volume (T, ...), the integrals of the divergence along the trajectories.
    """

    times: NDArray[np.float64]
    states: NDArray[np.float64]
    jacobians: NDArray[np.float64]
    log_volume: NDArray[np.float64]


def flow_jacobian(
    f: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    jacobian: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    start: ArrayLike,
    times: ArrayLike,
    rtol: float = 1e-11,
) -> FlowJacobian:
    """Trajectories of x' = f(x), their Jacobians with respect to the start, and the integral of the divergence.

        Phi' = Df(x(t)) Phi,  Phi(0) = I        (variational equation)
        l'   = div f(x(t)),   l(0) = 0          (so that det Phi = e^l: Liouville along the trajectory)

    f: (..., k) -> (..., k). jacobian: (..., k) -> (..., k, k). start: (..., k), many starts run as one system.
    times: (T,), increasing, from 0 on. Phi and l are integrated separately: that det Phi = e^l is not built in.
    Raises ValueError on bad shapes, NaN, times that do not increase; RuntimeError when the integrator gives up.
    """
    x0 = as_array(start, "start", real=True)
    if x0.ndim == 0:
        raise ValueError("start must have shape (..., k), got a scalar")
    ts = as_array(times, "times", ndim=1, real=True)
    if ts[0] < 0 or np.any(np.diff(ts) <= 0):
        raise ValueError("times must be increasing and not negative")
    k = x0.shape[-1]
    X0 = x0.reshape(-1, k)
    n = len(X0)
    if np.shape(f(X0)) != (n, k) or np.shape(jacobian(X0)) != (n, k, k):
        raise ValueError(f"f and jacobian must return shapes ({n}, {k}) and ({n}, {k}, {k}) for {n} states")

    def rhs(_: float, y: NDArray[np.float64]) -> NDArray[np.float64]:
        x, Phi = y[: n * k].reshape(n, k), y[n * k : n * (k + k * k)].reshape(n, k, k)
        J = jacobian(x)
        return np.concatenate([f(x).ravel(), (J @ Phi).ravel(), np.trace(J, axis1=1, axis2=2)])

    y0 = np.concatenate([X0.ravel(), np.tile(np.eye(k), (n, 1, 1)).ravel(), np.zeros(n)])
    from_zero = ts if ts[0] == 0 else np.append(0.0, ts)
    Y = integrate(rhs, y0, from_zero, positive(rtol, "rtol"), rtol * 1e-3)[-len(ts) :]
    parts = np.split(Y, [n * k, n * (k + k * k)], axis=1)
    lead = (len(ts), *x0.shape[:-1])
    return FlowJacobian(ts, parts[0].reshape(*lead, k), parts[1].reshape(*lead, k, k), parts[2].reshape(lead))


def _checked(A_of_t: Callable[[float], ArrayLike], shape: tuple[int, ...]) -> Callable[[float], NDArray[Any]]:
    def rate(s: float) -> NDArray[Any]:
        A = as_matrix(A_of_t(s), f"A({s:.6g})", square=True)
        if A.shape != shape:
            raise ValueError(f"A({s:.6g}) must have shape {shape}, got {A.shape}")
        return A

    return rate
