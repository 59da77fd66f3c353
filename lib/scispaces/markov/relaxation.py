"""How fast laws approach each other under a master equation: relative entropy, chi-square, L1, spectral gap.

Convention to-from: ``Q[x, y]`` is the rate from y to x, probability vectors are columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr

from scispaces._validate import as_array
from scispaces.markov.generators import as_generator
from scispaces.markov.propagation import stationary

__all__ = ["chi_square", "kl", "kl_rate", "l1_distance", "spectral_gap", "stationary_flux"]

Vector = NDArray[np.float64]


def _pair(p: ArrayLike, q: ArrayLike) -> tuple[Vector, Vector]:
    a = as_array(p, "p", ndim=1, real=True)
    b = as_array(q, "q", shape=a.shape, real=True)
    if a.min() < 0 or b.min() < 0:
        raise ValueError(f"measures have entries >= 0, got {min(a.min(), b.min()):.6g}")
    return a, b


def kl(p: ArrayLike, q: ArrayLike) -> float:
    """The relative entropy sum_x p ln(p/q); 0 ln 0 = 0, infinite where p > 0 = q. p, q: (n,) of equal mass."""
    return float(rel_entr(*_pair(p, q)).sum())


def l1_distance(p: ArrayLike, q: ArrayLike) -> float:
    """sum_x |p - q|, twice the total variation distance."""
    a, b = _pair(p, q)
    return float(np.abs(a - b).sum())


def chi_square(p: ArrayLike, pi: ArrayLike) -> float:
    """sum_x (p - pi)^2/pi. Raises ValueError unless pi > 0."""
    a, b = _pair(p, pi)
    if b.min() <= 0:
        raise ValueError("pi must be positive")
    return float(((a - b) ** 2 / b).sum())


def kl_rate(Q: ArrayLike, p: ArrayLike, q: ArrayLike) -> float:
    """d/dt KL(p || q) when p and q both move by the master equation, as a sum of terms that are not positive.

        d/dt KL = -sum_{x != y} W[x, y] q_y (rho_y ln(rho_y/rho_x) - rho_y + rho_x),    rho = p/q

    p, q: (n,) positive (the rate need not be finite otherwise). Raises ValueError on zeros and bad shapes.
    """
    A = as_generator(Q)
    a, b = _pair(p, q)
    if len(a) != len(A) or a.min() <= 0 or b.min() <= 0:
        raise ValueError(f"p and q must be positive vectors of length {len(A)}")
    rho = a / b
    term = rho * np.log(rho / rho[:, None]) - rho + rho[:, None]  # [x, y]
    np.fill_diagonal(term, 0.0)
    return float(-(A * b * term).sum())


def stationary_flux(Q: ArrayLike) -> NDArray[np.float64]:
    """The net stationary current J[x, y] = W[x, y] pi[y] - W[y, x] pi[x] from y to x; antisymmetric, (n, n)."""
    A = as_generator(Q)
    F = A * stationary(A)
    return F - F.T


def spectral_gap(Q: ArrayLike) -> float:
    """The smallest -Re lambda among the eigenvalues of Q other than the one zero of the stationary law.

    The slowest mode decays like e^{-gap t}. Raises ValueError for one state and when the stationary law is not unique.
    """
    A = as_generator(Q)
    if len(A) < 2:
        raise ValueError("one state has no spectral gap")
    stationary(A)
    rates = np.sort(-np.linalg.eigvals(A).real)
    return float(rates[1])
