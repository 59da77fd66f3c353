r"""The Fokker-Planck equation on a grid of cells, by finite volumes that keep the Gibbs density still.

    q_t = (q U')' + T q'',    stationary for p = e^{-U/T} / Z

On cells of width dx the flux through the wall between cells i and i+1 is that of Scharfetter and Gummel,

    J = (T/dx) (B(z) q_i - B(-z) q_{i+1}),    z = (U_{i+1} - U_i)/T,    B(z) = z / (e^z - 1),

which vanishes for q = e^{-U/T} exactly (detailed balance). No flux through the ends, so that the mass is conserved;
implicit Euler steps keep q positive for every step. U is the potential, -T log p up to a constant. The entries of the
matrix are jump rates between neighbouring cells: the scheme is a master equation.

Source: Scharfetter, Gummel 1969; Jordan, Kinderlehrer, Otto 1998.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh_tridiagonal, solve_banded

from scispaces._validate import as_array, count, positive, room, same_shape

__all__ = ["bernoulli", "fisher_information_grid", "fokker_planck", "fokker_planck_gap", "kl_grid"]

Array = NDArray[np.float64]


def bernoulli(z: ArrayLike) -> Array:
    """B(z) = z / (e^z - 1), B(0) = 1, entry by entry: right to the last digits at 0, without overflow at any z.

    B(-z) = B(z) + z. Raises ValueError on NaN and infinity.

    >>> bernoulli([0.0, 1e-300, 800.0, -800.0])
    array([  1.,   1.,   0., 800.])
    """
    z = as_array(z, "z", real=True)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        out = np.where(z == 0, 1.0, z / np.expm1(np.minimum(z, 700.0)))
    return np.where(z > 700.0, 0.0, out)


def _rates(U: Array, dx: float, T: float) -> tuple[Array, Array]:
    """Jump rates from a cell to the right and to the left neighbour, N - 1 each."""
    z = np.diff(U) / T
    if not np.isfinite(z).all():
        raise ValueError("U must have finite differences on the scale of the temperature")
    rates = T / dx / dx * bernoulli(z), T / dx / dx * bernoulli(-z)
    if not all(np.isfinite(r).all() for r in rates):
        raise ValueError(f"dx = {dx:g} must give finite rates")
    return rates


def _grid(q: ArrayLike, U: ArrayLike) -> tuple[Array, Array]:
    q, U = as_array(q, "q", ndim=1, real=True), as_array(U, "U", ndim=1, real=True)
    same_shape(q, U, "q and U")
    if len(q) < 2:
        raise ValueError(f"q must have at least 2 cells, got {len(q)}")
    if q.min() < 0:
        raise ValueError(f"q must be >= 0, got {q.min():g}")
    return q, U


def fokker_planck(
    q: ArrayLike, U: ArrayLike, dx: float, dt: float, steps: int = 1, *, every: int = 1, temperature: float = 1.0
) -> Array:
    """Densities after each `every`-th of `steps` implicit steps of length dt, shape (steps // every, N).

    q: (N,) cell values >= 0 (need not be normalised; the sum is kept). U: (N,) potential at the cells. O(N) a step.
    Raises ValueError on bad shapes, negative q, dx <= 0, dt <= 0, steps < 1, fewer than `every` steps.

    >>> q = fokker_planck([1.0, 0.0], [0.0, 0.0], 1.0, 1e9)
    >>> np.round(q, 6)
    array([[0.5, 0.5]])
    """
    q, U = _grid(q, U)
    right, left = _rates(U, positive(dx, "dx"), positive(temperature, "temperature"))
    dt, steps = positive(dt, "dt"), count(steps, "steps")
    every = count(every, "every", maximum=steps)
    room("the kept densities", steps // every, len(q))
    bands = np.zeros((3, len(q)))
    bands[0, 1:], bands[2, :-1] = -dt * left, -dt * right
    bands[1] = 1.0
    bands[1, :-1] += dt * right
    bands[1, 1:] += dt * left
    if not bands[1].max() < 1e15:  # beyond, 1 + dt * rate is dt * rate: the matrix is singular
        raise ValueError(f"dt * rate must be below 1e15, got dt = {dt:g} and the rate {max(right.max(), left.max()):g}")
    kept = []
    for k in range(1, steps + 1):
        q = solve_banded((1, 1), bands, q, check_finite=False)
        if k % every == 0:
            kept.append(q)
    return np.stack(kept)


def fokker_planck_gap(U: ArrayLike, dx: float, temperature: float = 1.0) -> float:
    """The smallest positive decay rate of the equation on the grid: the slowest mode dies like e^{-gap t}.

    The matrix is symmetric in the weight e^{-U/T}; its tridiagonal symmetric form gives the second eigenvalue.
    U: (N,), N >= 2. Raises ValueError as `fokker_planck` does.

    >>> x = np.linspace(-7, 7, 700)
    >>> round(fokker_planck_gap(x**2 / 2, x[1] - x[0]), 3)
    1.0
    """
    U = as_array(U, "U", ndim=1, real=True)
    _grid(np.ones_like(U), U)
    right, left = _rates(U, positive(dx, "dx"), positive(temperature, "temperature"))
    diagonal = np.zeros(len(U))
    diagonal[:-1] += right
    diagonal[1:] += left
    rates = eigh_tridiagonal(diagonal, -np.sqrt(right) * np.sqrt(left), eigvals_only=True, select="i",
                             select_range=(0, 1))  # fmt: skip
    return float(rates[1])


def _densities(q: ArrayLike, p: ArrayLike) -> tuple[Array, Array]:
    q, p = as_array(q, "q", ndim=(1, 2), real=True), as_array(p, "p", ndim=1, real=True)
    if q.shape[-1:] != p.shape:
        raise ValueError(f"q and p must have the same number of cells, got {q.shape} and {p.shape}")
    if q.min() < 0 or p.min() <= 0:
        raise ValueError(f"q must be >= 0 and p > 0, got minima {q.min():g} and {p.min():g}")
    return q, p


def kl_grid(q: ArrayLike, p: ArrayLike, dx: float) -> Array:
    """KL(q|p) = sum q log(q/p) dx for cell values q (N,) or (k, N) >= 0 and p (N,) > 0; 0 log 0 = 0. Shape () or (k,).

    >>> float(kl_grid([1.0, 1.0], [0.5, 0.5], 1.0)) == 2 * np.log(2)
    True
    """
    q, p = _densities(q, p)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        terms = np.where(q > 0, q * (np.log(q) - np.log(p)), 0.0)
    return np.asarray(terms.sum(axis=-1) * positive(dx, "dx"))


def fisher_information_grid(q: ArrayLike, p: ArrayLike, dx: float) -> Array:
    """The relative Fisher information sum over the inner walls of q |(log q/p)'|^2 dx, shapes as in `kl_grid`.

    q at a wall is the mean of its two cells. Raises ValueError unless q > 0 as well.
    """
    q, p = _densities(q, p)
    if q.min() <= 0 or q.shape[-1] < 2:
        raise ValueError(f"q must be > 0 on 2 cells or more, got minimum {q.min():g} on {q.shape[-1]}")
    dx = positive(dx, "dx")
    with np.errstate(over="ignore", invalid="ignore"):
        slope = np.diff(np.log(q) - np.log(p), axis=-1) / dx
        return np.asarray((0.5 * (q[..., 1:] + q[..., :-1]) * slope**2).sum(axis=-1) * dx)
