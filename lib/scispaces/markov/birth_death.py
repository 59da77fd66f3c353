"""Jump processes on the integers and the line whose law is known: Poisson, immigration and death, walks, heat.

Convention to-from: ``W[x, y]`` is the rate from y to x.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from scispaces._validate import as_array, count, finite, positive

__all__ = [
    "birth_death_rates",
    "cauchy_density",
    "heat_kernel",
    "immigration_death_moments",
    "immigration_death_pmf",
    "immigration_death_rates",
    "walk_density",
]


def birth_death_rates(birth: ArrayLike, death: ArrayLike) -> NDArray[np.float64]:
    """Rates of a birth-death chain on 0..N: W[n + 1, n] = birth[n] for n < N and W[n - 1, n] = death[n] for n > 0.

    birth, death: (N + 1,) rates >= 0; birth[N] and death[0] are not used (the chain is cut off at N).
    """
    up = as_array(birth, "birth", ndim=1, real=True)
    down = as_array(death, "death", shape=up.shape, real=True)
    if up.min() < 0 or down.min() < 0:
        raise ValueError("rates must not be negative")
    return np.diag(up[:-1], -1) + np.diag(down[1:], 1)


def immigration_death_rates(lam: float, mu: float, N: int) -> NDArray[np.float64]:
    """Immigration at rate lam, death at rate mu n, cut off at N: the truncated rates of `immigration_death_pmf`."""
    n = np.arange(count(N, "N", maximum=10_000) + 1)
    lam, mu = finite(lam, "lam", low=0.0), finite(mu, "mu", low=0.0)
    return birth_death_rates(np.full(N + 1, lam), mu * n)


def _survivors(mu: float, t: float) -> tuple[float, float]:
    """e^{-mu t} and (1 - e^{-mu t})/mu, the latter with its limit t at mu = 0."""
    return float(np.exp(-mu * t)), float(-np.expm1(-mu * t) / mu) if mu > 0 else t


def immigration_death_pmf(n: ArrayLike, lam: float, mu: float, t: float, n0: int = 0) -> NDArray[np.float64]:
    """P(N(t) = n) of immigration at rate lam and death at rate mu n from N(0) = n0.

    The generating function exp((s - 1) lam (1 - e^{-mu t})/mu) (1 + (s - 1) e^{-mu t})^{n0} is that of a Poisson
    variable (immigrants still alive) plus an independent binomial one (survivors of the first n0). mu = 0 is allowed:
    a Poisson process. n: integers >= 0 of any shape. Returns that shape.
    """
    k = np.asarray(n)
    if k.dtype.kind not in "iu" or k.size == 0 or k.min() < 0:
        raise ValueError("n must be integers >= 0")
    lam, mu, t = (finite(v, name, low=0.0) for v, name in ((lam, "lam"), (mu, "mu"), (t, "t")))
    alive, exposure = _survivors(mu, t)
    first = np.arange(count(n0, "n0", minimum=0) + 1)
    stay = stats.binom.pmf(first, n0, alive)
    return (stats.poisson.pmf(k[..., None] - first, lam * exposure) * stay).sum(axis=-1)


def immigration_death_moments(lam: float, mu: float, t: float, n0: int = 0) -> tuple[float, float]:
    """Mean n0 e + m and variance n0 e (1 - e) + m, with e = e^{-mu t} and m = lam (1 - e)/mu."""
    lam, mu, t = (finite(v, name, low=0.0) for v, name in ((lam, "lam"), (mu, "mu"), (t, "t")))
    alive, exposure = _survivors(mu, t)
    n0 = count(n0, "n0", minimum=0)
    return n0 * alive + lam * exposure, n0 * alive * (1 - alive) + lam * exposure


def walk_density(n: ArrayLike, h: float, D: float, t: float) -> NDArray[np.float64]:
    """p_n(t)/h of the nearest-neighbour walk on h Z from 0 with rate D/h^2 each way.

        p_n(t) = e^{-z} I_n(z),    z = 2 D t/h^2

    By the scaled Bessel function `scipy.special.ive`; from z = 1e6 on, where it loses digits and later fails, by the
    uniform expansion of I_n (DLMF 10.41.3), whose third term is below rounding there. n: integers of any shape.
    """
    k = np.asarray(n)
    if k.dtype.kind not in "iu" or k.size == 0:
        raise ValueError("n must be integers")
    h, D, t = positive(h, "h"), positive(D, "D"), finite(t, "t", low=0.0)
    with np.errstate(over="ignore"):
        z = 2 * (D / h) * (t / h)
    if z < 1e6:
        return special.ive(np.abs(k), z) / h
    m = np.abs(k).astype(float)
    w = np.hypot(m, z)
    p2 = (m / w) ** 2 if np.isfinite(z) else 0.0 * m
    correction = 1 + (3 - 5 * p2) / 24 / w + (81 - 462 * p2 + 385 * p2**2) / 1152 / w / w
    exponent = m * (m / (w + z)) - m * np.arcsinh(m / z)
    return np.exp(exponent) * correction / np.sqrt(2 * np.pi * np.hypot(m * h * h, 2 * D * t))


def heat_kernel(x: ArrayLike, D: float, t: float) -> NDArray[np.float64]:
    """The Gaussian density e^{-x^2/4Dt}/sqrt(4 pi D t) of variance 2 D t, D > 0, t > 0."""
    s = 4 * positive(D, "D") * positive(t, "t")
    return np.exp(-(as_array(x, "x", real=True) ** 2) / s) / np.sqrt(np.pi * s)


def cauchy_density(x: ArrayLike, gamma: float, t: float) -> Any:
    """The Cauchy density gamma t/(pi (x^2 + gamma^2 t^2)): the law at time t of jumps at rate gamma/(pi r^2)."""
    c = positive(gamma, "gamma") * positive(t, "t")
    return c / (np.pi * (as_array(x, "x", real=True) ** 2 + c * c))
