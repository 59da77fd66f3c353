"""Angles between random directions on the unit sphere of R^n.

If at least one of two independent vectors has a rotation-invariant law, their angle has one law whatever the other
vector is: fix the other one as the north pole and slice the sphere into circles of latitude. Everything here is that
law, written through the Beta distribution: eta = cos(theta) has eta^2 ~ Beta(1/2, (n-1)/2) and a random sign.

Functions of the law take the dimension `n` as a scalar integer >= 2 and broadcast over their first argument.

Source: 从几何视角来理解模型参数的初始化策略 (kexue.fm/archives/7180) and its references;
the moments follow from the Beta integral.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincc, polygamma

from scispaces._validate import as_array, check_rng, count, positive, positive_int, room, same_shape

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
    "gamma_ratio",
    "random_angles",
    "random_directions",
]

Array = NDArray[np.float64]


def random_directions(rng: np.random.Generator, n: int, size: int) -> Array:
    """`size` independent uniform directions: unit vectors of R^n, shape (size, n).

    A Gaussian vector is rotation invariant, so its direction is uniform. Raises ValueError unless n, size >= 1.
    """
    check_rng(rng)
    n, size = positive_int(n, "n"), count(size, "size")
    room("the sample", n, size)
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
    check_rng(rng)
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
    cosine = np.cos(t)
    with np.errstate(divide="ignore"):  # near pi/2 log1p(-cos^2) keeps the digits that log(sin) loses
        log_sine = np.where(np.abs(cosine) < 0.5, 0.5 * np.log1p(-(cosine**2)), np.log(np.abs(np.sin(t))))
    log_sine = np.where(inside, log_sine, 0.0)
    return np.where(inside, np.exp((n - 2) * log_sine) * _norm(n) if n > 2 else 1 / np.pi, 0.0)


def angle_cdf(theta: ArrayLike, n: int) -> Array:
    """P(angle <= theta), by the regularised incomplete Beta function; theta in radians, any shape, n >= 2."""
    t, n = as_array(theta, "theta", real=True), positive_int(n, "n", minimum=2)
    t = np.clip(t, 0.0, np.pi)
    half = 0.5 * _beta_tail(np.cos(t) ** 2, np.sin(t) ** 2, n)
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
        e = np.where(inside, e, 0.0)
        log_gap = np.where(np.abs(e) < 0.5, np.log1p(-(e**2)), np.log((1 - np.abs(e)) * (1 + np.abs(e))))
    return np.where(inside, np.exp((n - 3) / 2 * log_gap) * _norm(n), 0.0)


def cosine_cdf(eta: ArrayLike, n: int) -> Array:
    """P(cos(theta) <= eta) for eta of any shape (0 below -1, 1 above 1), n >= 2."""
    e, n = as_array(eta, "eta", real=True), positive_int(n, "n", minimum=2)
    e = np.clip(e, -1.0, 1.0)
    half = 0.5 * _beta_tail(e**2, (1 - e) * (1 + e), n)
    return np.where(e < 0, half, 1 - half)


def abs_cosine_mean(n: int) -> float:
    """E|cos(theta)| = Gamma(n/2) / (sqrt(pi) Gamma((n+1)/2)), about sqrt(2 / (pi n)); n >= 2.

    >>> round(abs_cosine_mean(3), 15)
    0.5
    """
    n = positive_int(n, "n", minimum=2)
    return 1 / (math.sqrt(math.pi) * gamma_ratio(n / 2))


def gamma_ratio(x: float) -> float:
    """Gamma(x + 1/2) / Gamma(x) for x > 0, to a few units in the last place: about sqrt(x).

    The quotient itself below 50, above it sqrt(x) (1 - 1/(8x) + 1/(128 x^2) + 5/(1024 x^3) - 21/(32768 x^4) - ...);
    the difference of two log-gammas loses a digit for each digit of x.
    """
    x = positive(x, "x")
    if x < 50:
        return math.gamma(x + 0.5) / math.gamma(x)
    y = 1 / x
    series = (1.0, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144, 869 / 4194304, 39325 / 33554432)
    return math.sqrt(x) * sum(c * y**k for k, c in enumerate(series))


def angle_variance(n: int) -> float:
    """Var(theta) = psi_1(n/2) / 2 with the trigamma function psi_1, in radians squared; n >= 2.

    About 1/n + 1/n^2 + 2/(3 n^3): the angle to a random direction is pi/2 give or take 1/sqrt(n).
    """
    return float(polygamma(1, positive_int(n, "n", minimum=2) / 2) / 2)


def angle_variance_by_recursion(n: int) -> float:
    """Var(theta) without a special function: V_2 = pi^2/12, V_3 = pi^2/4 - 2, V_n = V_(n-2) - 2/(n-2)^2; n >= 2.

    Loses digits for large n (a difference of numbers of order 1): absolute error about 1e-15.
    """
    n = count(n, "n", minimum=2)
    start, first = (np.pi**2 / 12, 4) if n % 2 == 0 else (np.pi**2 / 4 - 2, 5)
    return float(start - sum(2 / (j - 2) ** 2 for j in range(first, n + 1, 2)))


def angle_tail(eps: ArrayLike, n: int) -> Array:
    """P(|cos(theta)| >= eps) = I_{1 - eps^2}((n-1)/2, 1/2), exactly; eps in [0, 1] of any shape, n >= 2.

    Accurate to a few units in the last place at both ends: down to 1e-300, where one minus a cdf would give 0, and up
    to 1, where 1 - eps^2 would lose what eps is.
    """
    e, n = _levels(eps), positive_int(n, "n", minimum=2)
    return _beta_tail(e**2, (1 - e) * (1 + e), n)


def angle_tail_bound(eps: ArrayLike, n: int) -> Array:
    """The sub-Gaussian bound 2 exp(-n eps^2 / 2) >= `angle_tail(eps, n)`; eps in [0, 1], n >= 2."""
    e, n = _levels(eps), positive_int(n, "n", minimum=2)
    return 2 * np.exp(-n * e**2 / 2)


def _levels(eps: ArrayLike) -> Array:
    e = as_array(eps, "eps", real=True)
    if (e < 0).any() or (e > 1).any():
        raise ValueError(f"eps is a cosine and must lie in [0, 1], got values in [{e.min()}, {e.max()}]")
    return e


def _norm(n: int) -> float:
    """Gamma(n/2) / (sqrt(pi) Gamma((n-1)/2)) = 1/B((n-1)/2, 1/2), what the densities are normalised by."""
    return gamma_ratio((n - 1) / 2) / math.sqrt(math.pi)


def _beta_tail(cosine2: Array, sine2: Array, n: int) -> Array:
    """I_{sine2}((n-1)/2, 1/2) from both numbers, which add up to 1: the smaller of them is the one to trust."""
    if n == 2:  # a right angle shared out
        return 2 / np.pi * np.arctan2(np.sqrt(sine2), np.sqrt(cosine2))
    a = (n - 1) / 2
    return np.where(sine2 <= 0.5, betainc(a, 0.5, sine2), betaincc(0.5, a, cosine2))


def _unit(x: Array, name: str) -> Array:
    scale = np.max(np.abs(x), axis=-1, keepdims=True)
    if (scale == 0).any():
        raise ValueError(f"{name} contains a zero vector, which has no direction")
    x = x / scale
    return x / np.linalg.norm(x, axis=-1, keepdims=True)
