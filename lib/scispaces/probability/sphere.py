"""Angles between random directions on the unit sphere of R^n.

If at least one of two independent vectors has a rotation-invariant law, their angle has one law whatever the other
vector is: fix the other one as the north pole and slice the sphere into circles of latitude. Everything here is that
law, written through the Beta distribution: eta = cos(theta) has eta^2 ~ Beta(1/2, (n-1)/2) and a random sign.

Functions of the law take the dimension `n` as a scalar integer >= 2 and broadcast over their first argument.

Source: 从几何视角来理解模型参数的初始化策略 (kexue.fm/archives/7180) and its references;
the moments follow from the Beta integral.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln, gammaln, polygamma

from scispaces._validate import as_array, positive_int, same_shape

__all__ = [
    "abs_cosine_mean",
    "angle_between",
    "angle_cdf",
    "angle_pdf",
    "angle_tail",
    "angle_tail_bound",
    "angle_variance",
    "angle_variance_by_recursion",
    "cosine_cdf",
    "cosine_pdf",
    "random_angles",
    "random_directions",
]

Array = NDArray[np.float64]


def random_directions(rng: np.random.Generator, n: int, size: int) -> Array:
    """`size` independent uniform directions: unit vectors of R^n, shape (size, n).

    A Gaussian vector is rotation invariant, so its direction is uniform. Raises ValueError unless n, size >= 1.
    """
    n, size = positive_int(n, "n"), positive_int(size, "size")
    x = rng.standard_normal((size, n))
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def angle_between(x: ArrayLike, y: ArrayLike) -> Array:
    """The angle theta = arccos(<x, y> / (|x| |y|)) in [0, pi], row by row.

    x, y: real arrays of one shape (..., n), no zero vector. Returns shape (...), in radians.
    Raises ValueError on shapes that differ, NaN, empty input or a zero vector.

    Computed as 2 atan2(|u - v|, |u + v|) for the unit vectors u, v: arccos loses half of the digits near 0 and pi,
    this form none (Kahan, "How futile are mindless assessments of roundoff", 2006).

    >>> float(angle_between([1.0, 0.0], [0.0, 2.0]) / np.pi)
    0.5
    """
    a, b = as_array(x, "x", real=True), as_array(y, "y", real=True)
    same_shape(a, b, "x and y")
    if a.ndim == 0:
        raise ValueError("x and y must be vectors of shape (..., n), got scalars")
    u, v = _unit(a, "x"), _unit(b, "y")
    return 2 * np.arctan2(np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1))


def random_angles(rng: np.random.Generator, n: int, size: int) -> Array:
    """`size` angles between independent uniform directions of R^n (both drawn), shape (size,), in radians."""
    return angle_between(random_directions(rng, n, size), random_directions(rng, n, size))


def angle_pdf(theta: ArrayLike, n: int) -> Array:
    """Density of the angle, p_n(theta) = Gamma(n/2) / (sqrt(pi) Gamma((n-1)/2)) sin(theta)^(n-2) on [0, pi], else 0.

    theta: radians, any shape; n >= 2. Returns the shape of theta.
    Works in logarithms, so that n = 10^6 neither overflows nor underflows early. Raises ValueError on bad input.

    >>> float(angle_pdf(np.pi / 2, 2) * np.pi)  # the plane: uniform on [0, pi]
    1.0
    """
    t, n = as_array(theta, "theta", real=True), positive_int(n, "n", minimum=2)
    inside = (t >= 0) & (t <= np.pi)
    with np.errstate(divide="ignore"):
        log_sine = np.log(np.where(inside, np.abs(np.sin(t)), 1.0))
    return np.where(inside, np.exp((n - 2) * log_sine - _log_norm(n)) if n > 2 else 1 / np.pi, 0.0)


def angle_cdf(theta: ArrayLike, n: int) -> Array:
    """P(angle <= theta), by the regularised incomplete Beta function; theta in radians, any shape, n >= 2."""
    t, n = as_array(theta, "theta", real=True), positive_int(n, "n", minimum=2)
    t = np.clip(t, 0.0, np.pi)
    half = 0.5 * betainc((n - 1) / 2, 0.5, np.sin(t) ** 2)
    return np.where(t <= np.pi / 2, half, 1 - half)


def cosine_pdf(eta: ArrayLike, n: int) -> Array:
    """Density of eta = cos(theta): Gamma(n/2) / (sqrt(pi) Gamma((n-1)/2)) (1 - eta^2)^((n-3)/2) on [-1, 1], else 0.

    n = 2: the arcsine law, infinite at the end points; n = 3: uniform (Archimedes' hat box); n -> oo: N(0, 1/n).
    """
    e, n = as_array(eta, "eta", real=True), positive_int(n, "n", minimum=2)
    inside = np.abs(e) <= 1
    if n == 3:
        return np.where(inside, 0.5, 0.0)
    with np.errstate(divide="ignore"):
        log_gap = np.log1p(-(np.where(inside, e, 0.0) ** 2))
    return np.where(inside, np.exp((n - 3) / 2 * log_gap - _log_norm(n)), 0.0)


def cosine_cdf(eta: ArrayLike, n: int) -> Array:
    """P(cos(theta) <= eta) for eta of any shape (0 below -1, 1 above 1), n >= 2."""
    e, n = as_array(eta, "eta", real=True), positive_int(n, "n", minimum=2)
    e = np.clip(e, -1.0, 1.0)
    half = 0.5 * betainc((n - 1) / 2, 0.5, 1 - e**2)
    return np.where(e < 0, half, 1 - half)


def abs_cosine_mean(n: int) -> float:
    """E|cos(theta)| = Gamma(n/2) / (sqrt(pi) Gamma((n+1)/2)), about sqrt(2 / (pi n)); n >= 2.

    >>> round(abs_cosine_mean(3), 15)
    0.5
    """
    n = positive_int(n, "n", minimum=2)
    return float(np.exp(betaln(n / 2, 0.5)) / np.pi)


def angle_variance(n: int) -> float:
    """Var(theta) = psi_1(n/2) / 2 with the trigamma function psi_1, in radians squared; n >= 2.

    About 1/n + 1/n^2 + 2/(3 n^3): the angle to a random direction is pi/2 give or take 1/sqrt(n).
    """
    return float(polygamma(1, positive_int(n, "n", minimum=2) / 2) / 2)


def angle_variance_by_recursion(n: int) -> float:
    """Var(theta) without a special function: V_2 = pi^2/12, V_3 = pi^2/4 - 2, V_n = V_(n-2) - 2/(n-2)^2; n >= 2.

    Loses digits for large n (a difference of numbers of order 1): absolute error about 1e-15.
    """
    n = positive_int(n, "n", minimum=2)
    start, first = (np.pi**2 / 12, 4) if n % 2 == 0 else (np.pi**2 / 4 - 2, 5)
    return float(start - sum(2 / (j - 2) ** 2 for j in range(first, n + 1, 2)))


def angle_tail(eps: ArrayLike, n: int) -> Array:
    """P(|cos(theta)| >= eps) = I_{1 - eps^2}((n-1)/2, 1/2), exactly; eps in [0, 1] of any shape, n >= 2.

    Accurate to a few units in the last place down to 1e-300, where one minus a cdf would give 0.
    """
    e, n = _levels(eps), positive_int(n, "n", minimum=2)
    return betainc((n - 1) / 2, 0.5, (1 - e) * (1 + e))


def angle_tail_bound(eps: ArrayLike, n: int) -> Array:
    """The sub-Gaussian bound 2 exp(-n eps^2 / 2) >= `angle_tail(eps, n)`; eps in [0, 1], n >= 2."""
    e, n = _levels(eps), positive_int(n, "n", minimum=2)
    return 2 * np.exp(-n * e**2 / 2)


def _levels(eps: ArrayLike) -> Array:
    e = as_array(eps, "eps", real=True)
    if (e < 0).any() or (e > 1).any():
        raise ValueError(f"eps is a cosine and must lie in [0, 1], got values in [{e.min()}, {e.max()}]")
    return e


def _log_norm(n: int) -> float:
    """log of sqrt(pi) Gamma((n-1)/2) / Gamma(n/2) = B((n-1)/2, 1/2); betaln does not cancel for large n."""
    return float(betaln((n - 1) / 2, 0.5)) if n < 10**7 else float(gammaln(0.5) - 0.5 * np.log(n / 2 - 0.75))


def _unit(x: Array, name: str) -> Array:
    scale = np.max(np.abs(x), axis=-1, keepdims=True)
    if (scale == 0).any():
        raise ValueError(f"{name} contains a zero vector, which has no direction")
    x = x / scale
    return x / np.linalg.norm(x, axis=-1, keepdims=True)
