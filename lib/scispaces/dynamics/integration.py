"""One door to scipy's integrator: the same method and checks everywhere, and an error that says where it stopped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from scispaces._validate import positive

__all__ = ["integrate"]

MOST_EVALUATIONS = 100_000  # of the right side; what takes more is too stiff or too long for this method

Array = NDArray[np.float64]


def integrate(
    rhs: Callable[[float, Array], Array], start: ArrayLike, times: ArrayLike, rtol: float, atol: float, name: str = "t"
) -> Array:
    """The solution of y' = rhs(t, y) with y(times[0]) = start at all `times` (monotone), shape (len(times), n).

    Runge-Kutta of order 8 (scipy's DOP853). rtol, atol > 0. name: of the time, for the messages.
    Raises RuntimeError that says how far it came when the integrator gives up (the solution leaves every bound) and
    when the right side is no longer finite.
    """
    y0, ts = np.asarray(start), np.asarray(times, dtype=float)
    if len(ts) == 1:
        return y0[None]
    reached, evaluations = [ts[0]], [0]

    def watched(t: float, y: Array) -> Array:
        evaluations[0] += 1
        if evaluations[0] > MOST_EVALUATIONS:
            raise RuntimeError(f"the integrator gave up at {name} = {reached[0]:.6g}: too long a way for these rates")
        rate = rhs(t, y)
        if np.isfinite(rate).all():
            reached[0] = max(reached[0], t) if ts[-1] > ts[0] else min(reached[0], t)
        return rate

    with np.errstate(over="ignore", invalid="ignore"):
        sol = solve_ivp(
            watched, (ts[0], ts[-1]), y0, "DOP853", t_eval=ts, rtol=positive(rtol, "rtol"), atol=positive(atol, "atol")
        )
    if not sol.success or not np.isfinite(sol.y).all():
        raise RuntimeError(f"the integrator gave up at {name} = {reached[0]:.6g}: {sol.message}")
    return sol.y.T
