"""Random weight matrices and how far they are from orthogonal.

Convention: column vectors, y = W x, W of shape (m, n): n = fan-in (columns), m = fan-out (rows). An entry law enters
through its first four moments only: mean 0, variance sigma^2, mu_3, and the kurtosis kappa = E w^4 / sigma^4 >= 1.

Source: 从几何视角来理解模型参数的初始化策略 (kexue.fm/archives/7180); the exact moments are derived in the chapter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.stats import chi2, norm

from scispaces._validate import (
    as_array,
    as_matrix,
    check_rng,
    count,
    finite,
    one_of_names,
    positive,
    positive_int,
    room,
)

__all__ = [
    "LAWS",
    "MODES",
    "EntryLaw",
    "GramErrorMoments",
    "entry_law",
    "gaussian_spectral_norms",
    "gram",
    "gram_error_moments",
    "gram_mse",
    "haar_orthogonal",
    "max_offdiagonal",
    "max_offdiagonal_cdf",
    "quarter_circle_cdf",
    "quarter_circle_pdf",
    "random_weights",
    "singular_values",
    "weight_variance",
]

Array = NDArray[np.float64]

LAWS = ("normal", "uniform", "rademacher", "three_point", "exponential", "orthogonal")
MODES = ("norm", "fan_out", "fan_in", "avg")


@dataclass(frozen=True)
class EntryLaw:
    """A law of mean 0 and variance 1: its name, its kurtosis E w^4, its skewness E w^3, and how to draw from it."""

    name: str
    kurtosis: float
    skewness: float
    draw: Callable[[np.random.Generator, tuple[int, ...]], Array]


def entry_law(name: str, p: float = 0.1) -> EntryLaw:
    """The standardised entry law called `name`.

    name           law                                                kurtosis
    normal         N(0, 1)                                            3
    uniform        U[-sqrt 3, sqrt 3]                                 9/5
    rademacher     +1 or -1, a fair coin                              1, the least possible
    three_point    0 with probability 1 - p, +-1/sqrt p with p/2      1/p
    exponential    Exp(1) - 1, skewed (mu_3 = 2)                      9

    p in (0, 1] matters for three_point only. Raises ValueError on an unknown name or p outside (0, 1].
    """
    one_of_names(name, "law", LAWS[:-1])
    p = finite(p, "p", 0.0, 1.0)
    if p == 0:
        raise ValueError("p must be in (0, 1], got 0: the law would be the constant 0")
    root3 = np.sqrt(3.0)

    def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return np.where(rng.integers(0, 2, shape) == 1, 1.0, -1.0)

    def three_point(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        u = rng.random(shape)
        return ((u < p / 2).astype(float) - (u >= 1 - p / 2)) / float(np.sqrt(p))

    return {
        "normal": EntryLaw(name, 3.0, 0.0, lambda rng, shape: rng.standard_normal(shape)),
        "uniform": EntryLaw(name, 1.8, 0.0, lambda rng, shape: rng.uniform(-root3, root3, shape)),
        "rademacher": EntryLaw(name, 1.0, 0.0, signs),
        "three_point": EntryLaw(name, 1 / p, 0.0, three_point),
        "exponential": EntryLaw(name, 9.0, 2.0, lambda rng, shape: rng.standard_exponential(shape) - 1.0),
    }[name]


def weight_variance(m: int, n: int, mode: str = "norm") -> float:
    """The entry variance sigma^2 that a rule asks of an m x n matrix (n inputs, m outputs).

    "norm" = "fan_out": 1/m, keeps E|Wx|^2 = |x|^2.  "fan_in" (LeCun): 1/n.  "avg" (Glorot): 2/(m+n).
    Raises ValueError on sizes < 1 or an unknown mode.
    """
    m, n = positive_int(m, "m"), positive_int(n, "n")
    mode = one_of_names(mode, "mode", MODES)
    return {"norm": 1 / m, "fan_out": 1 / m, "fan_in": 1 / n, "avg": 2 / (m + n)}[mode]


def random_weights(
    rng: np.random.Generator,
    m: int,
    n: int,
    law: str = "normal",
    var: float | None = None,
    mode: str = "norm",
    gain: float = 1.0,
    p: float = 0.1,
    batch: tuple[int, ...] = (),
) -> Array:
    """An initial weight matrix of shape batch + (m, n), for y = W x.

    Entries are iid from `law` (see `entry_law`; `p` is its parameter), with variance
    gain * `weight_variance(m, n, mode)`, or exactly `var` when given (`mode` and `gain` are then not used).
    `gain` multiplies the VARIANCE, as `scale` does in jax; PyTorch's `gain` multiplies the standard deviation.
    law="orthogonal": sqrt(gain) times a Haar matrix (`haar_orthogonal`); `mode` does not apply, `var` is refused.

    Raises ValueError on an unknown law or mode, sizes < 1, gain <= 0, var <= 0.
    Peers: jax.nn.initializers.variance_scaling, keras.initializers.VarianceScaling. Both transpose the roles: there
    rows are inputs. Their "truncated_normal" (keras: GlorotNormal, HeNormal) is cut at 2 standard deviations and
    rescaled by 1/0.8796, so that the variance is right and the kurtosis is 2.37 and not 3.
    """
    check_rng(rng)
    m, n = positive_int(m, "m"), positive_int(n, "n")
    one_of_names(law, "law", LAWS)
    gain = positive(gain, "gain")
    room("W", *batch, m, n)
    if law == "orthogonal":
        if var is not None:
            raise ValueError("var does not apply to law='orthogonal': its entries have variance gain / max(m, n)")
        return np.sqrt(gain) * haar_orthogonal(rng, m, n, batch)
    variance = gain * weight_variance(m, n, mode) if var is None else positive(var, "var")
    return np.sqrt(variance) * entry_law(law, p).draw(rng, (*batch, m, n))


def haar_orthogonal(rng: np.random.Generator, m: int, n: int, batch: tuple[int, ...] = ()) -> Array:
    """Uniform (Haar) m x n matrices with orthonormal columns (m >= n) or rows (m < n), shape batch + (m, n).

    QR of a Gaussian matrix, Q diag(sign diag R): without the signs LAPACK's convention leaks into Q and the law is not
    invariant (Mezzadri, "How to generate random matrices from the classical compact groups", 2007). O(m n min(m, n)).
    Peers: scipy.stats.ortho_group (square only, same law), jax.nn.initializers.orthogonal.
    """
    check_rng(rng)
    m, n = positive_int(m, "m"), positive_int(n, "n")
    room("Q", *batch, m, n)
    Q, R = np.linalg.qr(rng.standard_normal((*batch, max(m, n), min(m, n))))
    diagonal = np.diagonal(R, axis1=-2, axis2=-1)
    Q = Q * np.where(diagonal < 0, -1.0, 1.0)[..., None, :]
    return Q if m >= n else np.swapaxes(Q, -1, -2)


def gram(W: ArrayLike) -> Array:
    """The Gram matrix G = W^T W of the columns, shape (..., n, n), for real W of shape (..., m, n)."""
    W = as_matrix(W, "W", batch=True, real=True)
    return np.swapaxes(W, -1, -2) @ W


def gram_mse(W: ArrayLike) -> Array:
    """Per-entry error |W^T W - I|_F^2 / n^2 of real W, shape (..., m, n) -> (...)."""
    G = gram(W)
    n = G.shape[-1]
    return np.sum((G - np.eye(n)) ** 2, axis=(-2, -1)) / n**2


def max_offdiagonal(W: ArrayLike) -> Array:
    """max over i != j of |G_ij|, shape (..., m, n) -> (...). Raises ValueError when n = 1: there is no such entry."""
    G = gram(W)
    n = G.shape[-1]
    if n < 2:
        raise ValueError("W has one column, so that its Gram matrix has no off-diagonal entry")
    return np.max(np.abs(G) * (1 - np.eye(n)), axis=(-2, -1))


def max_offdiagonal_cdf(t: ArrayLike, n: int, nodes: int = 64) -> Array:
    """P(max over i != j of |G_ij| <= t) for a large square Gaussian W of variance 1/n, in the Poisson approximation.

    The n(n-1)/2 entries are nearly independent, so the count above t is nearly Poisson: exp(-n(n-1)/2 P(|G_12| > t)).
    The tail of one entry is exact: given column i, G_ij is N(0, |w_i|^2 / n), and |w_i|^2 is chi^2_n / n, integrated by
    Gauss-Legendre in its quantile. Sup-distance to simulation: 0.03 at n = 64, 0.02 from n = 100. t real, n >= 2.
    Source: the Chen-Stein argument of Jiang, Ann. Appl. Probab. 14 (2004).
    """
    t, n = as_array(t, "t", real=True), positive_int(n, "n", minimum=2)
    u, w = np.polynomial.legendre.leggauss(count(nodes, "nodes", maximum=1000))
    length = np.sqrt(chi2.ppf((u + 1) / 2, n) / n)
    tail = np.sum(w * norm.sf(np.clip(t, 0, None)[..., None] * np.sqrt(n) / length), axis=-1)
    return np.where(t > 0, np.exp(-n * (n - 1) / 2 * tail), 0.0)


@dataclass(frozen=True)
class GramErrorMoments:
    """Exact moments of G - I: mean per-entry square error, variance of a diagonal and of an off-diagonal entry."""

    mean_mse: float
    var_diag: float
    var_offdiag: float


def gram_error_moments(m: int, n: int, kurtosis: float) -> GramErrorMoments:
    """Moments of the Gram error for iid entries of mean 0, variance 1/m and the given kurtosis.

    Var G_ij = 1/m (i != j), Var G_ii = (kurtosis - 1)/m, E|G - I|_F^2 / n^2 = (n + kurtosis - 2) / (m n).
    Exact for every m, n >= 1; no term of odd order enters. Raises ValueError on sizes < 1 or kurtosis < 1.

    >>> gram_error_moments(100, 100, 3.0).mean_mse
    0.0101
    """
    m, n, kappa = positive_int(m, "m"), positive_int(n, "n"), _kurtosis(kurtosis)
    return GramErrorMoments((n + kappa - 2) / (m * n), (kappa - 1) / m, 1 / m)


def singular_values(W: ArrayLike) -> Array:
    """Singular values in decreasing order, shape (..., m, n) -> (..., min(m, n)); W real."""
    return np.linalg.svd(as_matrix(W, "W", batch=True, real=True), compute_uv=False)


def quarter_circle_pdf(s: ArrayLike) -> Array:
    """Density sqrt(4 - s^2) / pi on [0, 2], else 0: the singular values of a large square iid matrix of variance 1/n.

    Mean 8 / (3 pi) = 0.8488, mean square 1.
    """
    s = as_array(s, "s", real=True)
    return np.where((s >= 0) & (s <= 2), np.sqrt(np.clip((2 - s) * (2 + s), 0, None)) / np.pi, 0.0)


def quarter_circle_cdf(s: ArrayLike) -> Array:
    """Distribution function (s/2 sqrt(4 - s^2) + 2 arcsin(s/2)) / pi on [0, 2]; 0 below, 1 above."""
    inside: Array = np.clip(as_array(s, "s", real=True), 0.0, 2.0)
    return (inside / 2 * np.sqrt((2 - inside) * (2 + inside)) + 2 * np.arcsin(inside / 2)) / np.pi


def _kurtosis(kurtosis: float) -> float:
    """kappa >= 1 for every law, by Jensen: E w^4 >= (E w^2)^2."""
    return finite(kurtosis, "kurtosis", 1.0)


def gaussian_spectral_norms(m: int, n: int, k: int, rng: np.random.Generator) -> Array:
    r"""Spectral norms of k independent m x n matrices with standard Gaussian entries, without forming the matrices.

    Householder reflections turn a Gaussian matrix into a bidiagonal one of independent chi variables with the same
    singular values, diagonal chi_m, chi_(m-1), ... and superdiagonal chi_(n-1), chi_(n-2), ... (Dumitriu, Edelman
    2002). The top singular vectors live on its first O(n^(1/3)) rows (Edelman, Persson 2005), so that 12 n^(1/3) rows
    give the norm to rounding.

    Arguments: m, n >= 1; k >= 1; rng. Returns shape (k,). Raises ValueError on other sizes. O(k n^(1/3)).
    """
    check_rng(rng)
    m, n, k = positive_int(m, "m"), positive_int(n, "n"), count(k, "k")
    m, n = max(m, n), min(m, n)
    rows = min(n, int(12 * n ** (1 / 3)) + 1)
    room("the bidiagonal matrices", k, rows)
    i = np.arange(rows)
    diagonal = rng.chisquare(m - i, (k, rows))
    above = rng.chisquare(np.maximum(n - 1 - i, 1), (k, rows)) * (i < n - 1)
    main, side = diagonal + above, np.sqrt(above[:, :-1] * diagonal[:, 1:])  # of B B^T
    last = (rows - 1, rows - 1)
    tops = [eigh_tridiagonal(d, e, True, "i", last, lapack_driver="stebz")[0] for d, e in zip(main, side, strict=True)]
    return np.sqrt(np.array(tops))
