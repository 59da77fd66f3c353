r"""The gradient-penalty critic on the line, where the best critic has a formula.

With Delta = F_Q - F_P (distribution functions) and rho > 0 the density of the interpolates, integration by parts turns

    E_P f - E_Q f - lam E_rho (|f'| - 1)^2  =  int Delta f' - lam rho (|f'| - 1)^2 dx

into a separate problem at each x, solved by f' = sgn(Delta) (1 + |Delta| / (2 lam rho)): steeper than 1 wherever
Delta != 0. The one-sided penalty has the same solution there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from scispaces._validate import as_array, count, finite, positive, same_shape

__all__ = ["gaussian_delta", "gaussian_pair", "interpolate_density", "penalized_objective", "penalized_slope"]

Array = NDArray[np.float64]


def gaussian_delta(x: ArrayLike, mean_p: float, mean_q: float, sd: float = 1.0) -> Array:
    """F_Q(x) - F_P(x) for P = N(mean_p, sd^2), Q = N(mean_q, sd^2); the shape of x. W_1 is |mean_p - mean_q|."""
    x, sd = as_array(x, "x", real=True), positive(sd, "sd")
    z_q, z_p = (x - finite(mean_q, "mean_q")) / sd, (x - finite(mean_p, "mean_p")) / sd
    # in the upper tail the two distribution functions are 1 to rounding, their complements are not
    return np.where(np.minimum(z_q, z_p) > 0, ndtr(-z_p) - ndtr(-z_q), ndtr(z_q) - ndtr(z_p))


def interpolate_density(x: ArrayLike, mean_p: float, mean_q: float, sd: float = 1.0, nodes: int = 64) -> Array:
    r"""Density of eps x_P + (1 - eps) x_Q, eps ~ U[0,1], for independent x_P ~ N(mean_p, sd^2), x_Q ~ N(mean_q, sd^2).

    Given eps the interpolate is N(eps mean_p + (1 - eps) mean_q, sd^2 (eps^2 + (1 - eps)^2)); the average over eps is
    a Gauss-Legendre sum, exact to rounding while the variance (at least sd^2 / 2) is not tiny against the distance.
    Returns the shape of x.
    """
    x, sd = as_array(x, "x", real=True), positive(sd, "sd")
    t, w = np.polynomial.legendre.leggauss(count(nodes, "nodes", maximum=1000))
    eps, w = (1 + t) / 2, w / 2
    mean = eps * finite(mean_p, "mean_p") + (1 - eps) * finite(mean_q, "mean_q")
    spread = sd * np.sqrt(eps**2 + (1 - eps) ** 2)
    return np.exp(-(((x[..., None] - mean) / spread) ** 2) / 2) / (np.sqrt(2 * np.pi) * spread) @ w


def gaussian_pair(x: ArrayLike, mean_p: float, mean_q: float, sd: float = 1.0) -> tuple[Array, Array]:
    """(Delta, rho) of two Gaussians at x: `gaussian_delta` and `interpolate_density`, what the slope depends on."""
    return gaussian_delta(x, mean_p, mean_q, sd), interpolate_density(x, mean_p, mean_q, sd)


def penalized_slope(delta: ArrayLike, rho: ArrayLike, lam: float) -> Array:
    r"""Slope of the best critic, sgn(Delta) (1 + |Delta| / (2 lam rho)); delta and rho of the same shape, rho > 0.

    Where Delta = 0 both slopes +1 and -1 are optimal (and every |f'| <= 1 for the one-sided penalty): +1 is returned.

        >>> penalized_slope([0.5, -0.5, 0.0], [1.0, 1.0, 1.0], 1.0)
        array([ 1.25, -1.25,  1.  ])
    """
    delta, rho = as_array(delta, "delta", real=True), as_array(rho, "rho", real=True)
    same_shape(delta, rho, "delta and rho")
    if rho.min() <= 0:
        raise ValueError(f"rho must be > 0, got minimum {rho.min():g}")
    return np.where(delta < 0, -1.0, 1.0) * (1 + np.abs(delta) / (2 * positive(lam, "lam") * rho))


def penalized_objective(
    slope: ArrayLike, delta: ArrayLike, rho: ArrayLike, lam: float, one_sided: bool = False
) -> Array:
    """What the best slope maximises at each x: Delta f' - lam rho (|f'| - 1)^2, one-sided: max(|f'| - 1, 0)^2."""
    slope, delta, rho = (as_array(a, n, real=True) for a, n in ((slope, "slope"), (delta, "delta"), (rho, "rho")))
    excess = np.abs(slope) - 1
    if one_sided:
        excess = np.maximum(excess, 0.0)
    return delta * slope - positive(lam, "lam") * rho * excess**2
