"""What random layers do to the length and the angle of a signal: exact moments, tails, and depth.

Convention: y = W x with W of shape (m, n), entries iid of mean 0; rho = |Wx|^2 / |x|^2 for an x that does not depend on
W. The gain of a layer is g = m sigma^2, the factor on the expected squared norm.

Sources: 从几何视角来理解模型参数的初始化策略 (kexue.fm/archives/7180). Johnson-Lindenstrauss tails as in Dasgupta
and Gupta, Random Struct. Alg. 22 (2003). Arc-cosine map: Cho and Saul, "Kernel methods for deep learning", NIPS 2009.
Products of random matrices: Hanin and Nica, arXiv 1812.05994.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma
from scipy.stats import chi2

from scispaces._validate import as_array, as_matrix, check_rng, count, finite, one_of_names, positive, positive_int
from scispaces.linalg.norms import binary_scale
from scispaces.linalg.random_matrices import random_weights
from scispaces.networks.activations import ACTIVATIONS
from scispaces.probability.sphere import gamma_ratio

__all__ = [
    "iterate_map",
    "log_norm_drift",
    "measured_gain",
    "norm_mean",
    "norm_ratio",
    "norm_ratio_cdf",
    "norm_ratio_moments",
    "norm_tail",
    "norm_tail_bound",
    "product_ratio_variance",
    "propagate_norms",
    "relu_cosine_map",
    "rms_normalize",
    "second_moment_map",
]

Array = NDArray[np.float64]


def norm_ratio(W: ArrayLike, x: ArrayLike) -> Array:
    """rho = |Wx|^2 / |x|^2, shape (...), for real W of shape (..., m, n) and one vector x of shape (n,), not 0."""
    W = as_matrix(W, "W", batch=True, real=True)
    x = _nonzero(as_array(x, "x", shape=(W.shape[-1],), real=True), "x")
    x = x / binary_scale(x)
    return np.sum((W @ x) ** 2, axis=-1) / np.sum(x**2)


def norm_ratio_moments(x: ArrayLike, m: int, kurtosis: float = 3.0) -> tuple[float, float]:
    """Mean and variance of rho = |Wx|^2 / |x|^2, W with m rows and iid entries of mean 0, variance 1/m.

    E rho = 1 and Var rho = (2 + (kurtosis - 3) sum x_i^4 / |x|^4) / m: exact for every m, every n and every x.
    x: real vector of shape (n,), not 0. kurtosis >= 1. Raises ValueError on bad input.

    >>> norm_ratio_moments([1.0, 0.0], 8, kurtosis=1.0)  # Rademacher entries, a basis vector: no fluctuation at all
    (1.0, 0.0)
    """
    vector: Array = _nonzero(as_array(x, "x", ndim=1, real=True), "x")
    m, kappa = positive_int(m, "m"), finite(kurtosis, "kurtosis", 1.0)
    vector = vector / np.max(np.abs(vector))
    peak = float(np.sum(vector**4) / np.sum(vector**2) ** 2)
    return 1.0, (2 + (kappa - 3) * peak) / m


def norm_ratio_cdf(rho: ArrayLike, m: int) -> Array:
    """P(|Wx|^2 / |x|^2 <= rho) for Gaussian W of variance 1/m: the law chi^2_m / m, whatever x is."""
    return chi2.cdf(positive_int(m, "m") * as_array(rho, "rho", real=True), m)


def norm_tail(eps: ArrayLike, m: int) -> tuple[Array, Array]:
    """(P(rho >= 1 + eps), P(rho <= 1 - eps)) for Gaussian W of variance 1/m, exactly (chi-square); 0 < eps < 1."""
    e, m = _open_unit(eps), positive_int(m, "m")
    return chi2.sf(m * (1 + e), m), chi2.cdf(m * (1 - e), m)


def norm_tail_bound(eps: ArrayLike, m: int) -> tuple[Array, Array, Array]:
    """Chernoff bounds for the two tails of `norm_tail` and the simpler bound for their sum; 0 < eps < 1.

    exp(-m/2 (eps - ln(1 + eps))), exp(-m/2 (-eps - ln(1 - eps))), 2 exp(-m/4 (eps^2 - 2/3 eps^3)).
    """
    e, m = _open_unit(eps), positive_int(m, "m")
    upper = np.exp(-m / 2 * _minus_log1p(e))
    lower = np.exp(-m / 2 * _minus_log1p(-e))
    return upper, lower, 2 * np.exp(-m / 4 * (e**2 - 2 * e**3 / 3))


def norm_mean(m: int) -> float:
    """E|Wx| / |x| = sqrt(2/m) Gamma((m+1)/2) / Gamma(m/2) = 1 - 1/(4m) + 1/(32 m^2) + ..., Gaussian W of variance 1/m.

    Below 1: keeping the mean SQUARE shrinks the mean length a little.
    """
    m = positive_int(m, "m")
    return float(np.sqrt(2 / m) * gamma_ratio(m / 2))


def log_norm_drift(m: int, L: int = 1) -> float:
    """E ln(|h_L|^2 / |h_0|^2) = L (psi(m/2) - ln(m/2)) for L linear Gaussian layers of width m, variance 1/m.

    About -(L/m)(1 + 1/(3m)): the typical squared norm decays like exp(-L/m) although its mean stays 1.
    psi(m/2) - ln(m/2) cancels; above m = 1000 the asymptotic series -1/m - 1/(3 m^2) + 2/(15 m^4) is exact to rounding.
    """
    m, L = positive_int(m, "m"), count(L, "L", minimum=0)
    if m > 1000:
        return L * (-1 / m - 1 / (3 * m**2) + 2 / (15 * m**4))
    return float(L * (digamma(m / 2) - np.log(m / 2)))


def product_ratio_variance(m: int, L: int, activation: str = "linear") -> float:
    """Var of |h_L|^2 / |h_0|^2 after L Gaussian layers of width m with the norm-keeping gain (1 linear, 2 ReLU).

    (1 + c/m)^L - 1 with c = 2 for a linear and c = 5 for a ReLU net. Exact for every width and depth.
    """
    m, L = positive_int(m, "m"), count(L, "L", minimum=0)
    c = {"linear": 2, "relu": 5}[one_of_names(activation, "activation", ("linear", "relu"))]
    return float(np.expm1(L * np.log1p(c / m)))


def second_moment_map(phi: Callable[[Array], Array], q: ArrayLike, nodes: int = 160) -> Array:
    """F(q) = E phi(sqrt(q) z)^2 for z ~ N(0, 1): what a wide layer does to the second moment of its components.

    q >= 0 of any shape; phi vectorised. Gauss-Hermite quadrature, exact for polynomials phi^2 of degree < 2 nodes. For
    tanh the default gives 14 digits at q <= 1, 6 at q = 4 and 1 at q = 100 (tanh has poles at +-i pi/2, which sqrt(q)
    brings close); a kink such as that of ReLU costs more, but there F(q) = q/2 exactly.
    """
    q, nodes = as_array(q, "q", real=True), count(nodes, "nodes", maximum=180)
    if (q < 0).any():
        raise ValueError(f"q is a second moment and must be >= 0, got {q.min()}")
    z, w = _gauss_hermite(nodes)
    return np.sum(w * phi(np.sqrt(q)[..., None] * z) ** 2, axis=-1) / np.sqrt(2 * np.pi)


def relu_cosine_map(rho: ArrayLike) -> Array:
    """f(rho) = (sqrt(1 - rho^2) + rho (pi - arccos rho)) / pi: the cosine of two signals after a wide ReLU layer.

    rho in [-1, 1] of any shape (values up to 1e-9 outside are taken for rounding and clipped). f(0) = 1/pi, f(1) = 1.
    Source: arc-cosine kernel of degree 1, Cho and Saul 2009.
    """
    r = as_array(rho, "rho", real=True)
    if (np.abs(r) > 1 + 1e-9).any():
        raise ValueError(f"rho is a cosine and must lie in [-1, 1], got values in [{r.min()}, {r.max()}]")
    r = np.clip(r, -1.0, 1.0)
    return (np.sqrt((1 - r) * (1 + r)) + r * (np.pi - np.arccos(r))) / np.pi


def iterate_map(f: Callable[[Array], Array], x0: ArrayLike, steps: int) -> Array:
    """x0, f(x0), f(f(x0)), ...: shape (steps + 1,) + shape of x0."""
    x = as_array(x0, "x0", real=True)
    orbit = [x]
    for _ in range(count(steps, "steps", minimum=0)):
        orbit.append(f(orbit[-1]))
    return np.stack(orbit)


def rms_normalize(y: ArrayLike) -> Array:
    """RN(y) = sqrt(m) y / |y| along the last axis, shape (..., m); no learned scale, no epsilon.

    Raises ValueError on a zero vector. Scales by the largest entry first, so that 1e-200 and 1e200 work alike.
    """
    vectors: Array = as_array(y, "y", real=True)
    if vectors.ndim == 0:
        raise ValueError("y must be a vector of shape (..., m), got a scalar")
    vectors = _nonzero(vectors, "y")
    vectors = vectors / np.max(np.abs(vectors), axis=-1, keepdims=True)
    return np.sqrt(vectors.shape[-1]) * vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def propagate_norms(
    rng: np.random.Generator,
    width: int,
    depth: int,
    settings: Sequence[tuple[str, float]] = (("linear", 1.0),),
    nets: int = 100,
    law: str = "normal",
) -> Array:
    """|h_l|^2 / |h_0|^2 for `nets` random nets h_l = phi(sqrt(g) W_l h_{l-1}), shape (settings, depth + 1, nets).

    settings: pairs (activation, gain g), activation a name of `activations.ACTIVATIONS`. W_l has variance 1/width (or
    is Haar orthogonal for law="orthogonal"). All settings see the same W_l and the same h_0 ~ N(0, I): common random
    numbers, so that differences between settings are not noise. Work: nets * depth * width^2 draws.
    """
    check_rng(rng)
    width, depth = count(width, "width"), count(depth, "depth", minimum=0)
    nets = count(nets, "nets")
    if not settings:
        raise ValueError("settings must name at least one pair (activation, gain)")
    phis = [ACTIVATIONS[one_of_names(name, "activation", tuple(ACTIVATIONS))] for name, _ in settings]
    roots = np.sqrt([positive(g, "gain") for _, g in settings])
    h = np.repeat(rng.standard_normal((nets, width, 1)), len(phis), axis=2)
    start = np.sum(h**2, axis=1)
    ratios = [np.ones((len(phis), nets))]
    for _ in range(depth):
        W = random_weights(rng, width, width, law=law, batch=(nets,))
        y = W @ h * roots
        h = np.stack([phi(y[:, :, k]) for k, phi in enumerate(phis)], axis=2)
        ratios.append((np.sum(h**2, axis=1) / start).T)
    return np.stack(ratios, axis=1)


def measured_gain(rng: np.random.Generator, m: int, n: int, variance: float, draws: int = 20) -> float:
    """Mean of |Wx|^2 / |x|^2 over `draws` Gaussian matrices of the given variance and Gaussian x; its expectation is
    m * variance, its relative standard error sqrt(2 / (m draws))."""
    check_rng(rng)
    m, n, draws = positive_int(m, "m"), positive_int(n, "n"), count(draws, "draws")
    W = random_weights(rng, m, n, var=variance, batch=(draws,))
    x = rng.standard_normal((draws, n, 1))
    return float(np.mean(np.sum((W @ x) ** 2, axis=(1, 2)) / np.sum(x**2, axis=(1, 2))))


@cache
def _gauss_hermite(nodes: int) -> tuple[Array, Array]:
    return np.polynomial.hermite_e.hermegauss(nodes)


def _minus_log1p(e: Array) -> Array:
    """e - ln(1 + e), by its series near 0, where the two cancel."""
    series = sum((-1) ** k * e**k / k for k in range(2, 14))
    with np.errstate(divide="ignore"):
        return np.where(np.abs(e) < 0.03, series, e - np.log1p(e))


def _open_unit(eps: ArrayLike) -> Array:
    e = as_array(eps, "eps", real=True)
    if (e <= 0).any() or (e >= 1).any():
        raise ValueError(f"eps must lie strictly between 0 and 1, got values in [{e.min()}, {e.max()}]")
    return e


def _nonzero(x: Array, name: str) -> Array:
    if not np.any(x != 0, axis=-1).all():
        raise ValueError(f"{name} must not contain a zero vector")
    return x
