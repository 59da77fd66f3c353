r"""Wasserstein gradient flows of f-divergences on a grid: q_t = (q (delta D_f(p|q) / delta q)')'.

Finite volumes with no flux through the ends, so that the mass is conserved: the velocity at a wall is the difference
of the variation f(r) - r f'(r), r = p/q, of its two cells (`probability.divergences`), the density there their mean.
The stiff system is integrated by LSODA with a banded Jacobian.

Source: Santambrogio 2016 (arXiv 1609.03890), section 4; Yi, Zhu, Liu 2023 (arXiv 2302.01075).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from scispaces._validate import as_array, finite, positive
from scispaces.probability.divergences import divergence_grid, divergence_velocity

__all__ = ["divergence_flow"]

Array = NDArray[np.float64]

MOST_EVALUATIONS = 20_000  # of the right side; a start that is almost zero where p is not makes KL(p|q) explode


def divergence_flow(
    kind: str, p: ArrayLike, q: ArrayLike, dx: float, times: ArrayLike, rtol: float = 1e-6
) -> tuple[Array, Array]:
    """Densities (T, N) at the increasing times >= 0 from q, flowing down D_f(p|q), and the divergences there (T,).

    kind: a name of `probability.divergences.GENERATORS`. p, q: (N,) cell values > 0, N >= 3. rtol: of the integrator.
    Raises ValueError on bad shapes and values, RuntimeError when the integrator gives up.
    """
    q = as_array(q, "q", ndim=1, real=True)
    t = as_array(times, "times", ndim=1, real=True)
    if t[0] < 0 or (np.diff(t) <= 0).any():
        raise ValueError("times must increase from 0 or later")
    if len(q) < 3:
        raise ValueError(f"q must have at least 3 cells, got {len(q)}")
    dx, rtol = positive(dx, "dx"), finite(rtol, "rtol", 1e-12, 1e-2)
    speed = divergence_velocity(kind, p, q, dx)
    if not np.isfinite(speed).all():
        raise ValueError("p and q must give finite velocities")
    p = as_array(p, "p", ndim=1, real=True)
    least = 1e-3 * float(q.min())
    evaluations = [0]

    def rate(_: float, now: Array) -> Array:
        evaluations[0] += 1
        if evaluations[0] > MOST_EVALUATIONS:
            raise ArithmeticError("the flow is too stiff from this start")
        now = np.maximum(now, least)  # a trial step of the integrator may leave the positive densities
        flux = 0.5 * (now[1:] + now[:-1]) * divergence_velocity(kind, p, now, dx)
        return -np.diff(np.concatenate([[0.0], flux, [0.0]])) / dx

    if t[-1] == 0:
        return q[None], np.array([divergence_grid(kind, p, q, dx)])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        try:
            sol = solve_ivp(rate, (0.0, t[-1]), q, "LSODA", t_eval=t, rtol=rtol, atol=rtol * float(q.max()) * 1e-3,
                            lband=1, uband=1)  # fmt: skip
        except (ValueError, ArithmeticError) as error:
            raise RuntimeError(f"the integrator gave up: {error}") from None
    if not sol.success or not np.isfinite(sol.y).all():
        raise RuntimeError(f"the integrator gave up: {sol.message}")
    densities = np.maximum(sol.y.T, least)
    return densities, np.array([divergence_grid(kind, p, d, dx) for d in densities])
