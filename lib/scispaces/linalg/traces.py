"""Traces and log-determinants from matrix-vector products with random probes (Hutchinson, stochastic Chebyshev)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_matrix, check_rng, count, finite, one_of_names, positive

__all__ = ["chebyshev_log", "hutchinson_samples", "hutchinson_trace", "hutchinson_variance", "stochastic_logdet"]

KINDS = ("rademacher", "gaussian")
Matvec = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def hutchinson_samples(
    matvec: Matvec, k: int, n_probes: int, rng: np.random.Generator, kind: str = "rademacher"
) -> NDArray[np.float64]:
    """Independent values z^T M z whose mean is Tr M, for probes z with independent entries of mean 0, variance 1.

        E[z^T M z] = sum_ij M_ij E[z_i z_j] = Tr M

    matvec: maps a block (k, n) of columns to M times it, (k, n). kind: "rademacher" (entries +-1, the smaller variance,
    exact for diagonal M) or "gaussian". Returns (n_probes,). Raises ValueError on bad sizes, an unknown kind, a matvec
    of the wrong shape or one that returns NaN.

    Source: Hutchinson, A stochastic estimator of the trace of the influence matrix (1990).
    """
    check_rng(rng)
    k, n = count(k, "k"), count(n_probes, "n_probes")
    one_of_names(kind, "kind", KINDS)
    Z = rng.choice([-1.0, 1.0], size=(k, n)) if kind == "rademacher" else rng.standard_normal((k, n))
    MZ = as_matrix(matvec(Z), "matvec(Z)", real=True)
    if MZ.shape != Z.shape:
        raise ValueError(f"matvec must keep the shape {Z.shape}, got {MZ.shape}")
    return np.einsum("in,in->n", Z, MZ)


def hutchinson_trace(
    matvec: Matvec, k: int, n_probes: int, rng: np.random.Generator, kind: str = "rademacher"
) -> tuple[float, float]:
    """Estimate Tr M from n_probes products; returns (mean, standard error), see `hutchinson_samples`.

    The standard error is the sample deviation over sqrt(n_probes); n_probes >= 2. It falls like 1/sqrt(n_probes), so
    that the method is for two digits of the trace of a matrix that is too large to be written down.

    >>> mean, stderr = hutchinson_trace(lambda Z: 3.0 * Z, 5, 4, np.random.Generator(np.random.PCG64(0)))
    >>> mean, stderr
    (15.0, 0.0)
    """
    check_rng(rng)
    values = hutchinson_samples(matvec, k, count(n_probes, "n_probes", minimum=2), rng, kind)
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def hutchinson_variance(M: ArrayLike, kind: str = "rademacher") -> float:
    """Variance of one probe z^T M z, with S = (M + M^T)/2 the part of M that the probe sees.

        rademacher: 2 sum_{i != j} S_ij^2          gaussian: 2 ||S||_F^2

    M: (k, k) real. Raises ValueError on bad shapes, NaN, an unknown kind.

    >>> hutchinson_variance([[5.0, 1.0], [1.0, 7.0]])
    4.0
    """
    M = as_matrix(M, "M", square=True, real=True)
    S = (M + M.T) / 2
    if one_of_names(kind, "kind", KINDS) == "rademacher":
        S = S - np.diag(np.diag(S))
    return float(2 * np.sum(S**2))


def chebyshev_log(low: float, high: float, degree: int) -> NDArray[np.float64]:
    """Chebyshev coefficients c_0, ..., c_d of ln(x) on [low, high]: ln(x) = sum_j c_j T_j(u), u the point x in [-1, 1].

        a = sqrt(low), b = sqrt(high), q = (b - a)/(b + a):    c_0 = 2 ln((a + b)/2),    c_j = -2 (-q)^j / j

    0 < low < high. Returns (degree + 1,). The truncation error on the interval is at most 2 q^{d+1} / ((d+1)(1-q)):
    for a condition number kappa the degree has to grow like sqrt(kappa), while the power series needs kappa.
    Raises ValueError unless 0 < low < high.
    """
    a, b = positive(low, "low"), positive(high, "high")
    if a >= b:
        raise ValueError(f"low must be < high, got {low!r} and {high!r}")
    d = count(degree, "degree", minimum=0)
    q = (np.sqrt(b) - np.sqrt(a)) / (np.sqrt(b) + np.sqrt(a))
    j = np.arange(1, d + 1)
    return np.concatenate([[2 * np.log((np.sqrt(b) + np.sqrt(a)) / 2)], -2 * (-q) ** j / j])


def stochastic_logdet(
    matvec: Matvec,
    k: int,
    interval: tuple[float, float],
    degree: int,
    n_probes: int,
    rng: np.random.Generator,
    kind: str = "rademacher",
) -> tuple[float, float]:
    """ln det B = Tr Log B for a symmetric positive definite B that is known only through products: (mean, stderr).

    matvec: block (k, n) -> B block. interval: (low, high) with all eigenvalues of B inside, 0 < low < high.
    Costs `degree` products with a block of n_probes columns; nothing of size k x k is stored. Two errors add up: the
    Monte Carlo error (the returned stderr) and a bias of at most k 2 q^{d+1}/((d+1)(1-q)), see `chebyshev_log`.
    An interval that misses an eigenvalue makes the recurrence grow like cosh: widen it rather than guess.
    Raises ValueError as `hutchinson_samples` and `chebyshev_log` do.

    Source: Han, Malioutov, Shin, Large-scale log-determinant computation through stochastic Chebyshev expansions,
    arXiv 1503.06394 (2015).
    """
    check_rng(rng)
    if len(interval) != 2:
        raise ValueError(f"interval must be a pair (low, high), got {interval!r}")
    low, high = (finite(x, "interval") for x in interval)
    c = chebyshev_log(low, high, degree)

    def log_times(Z: NDArray[Any]) -> NDArray[Any]:
        previous, current = Z, _scaled(matvec, Z, low, high)
        total = c[0] * Z
        for cj in c[1:]:
            total = total + cj * current
            previous, current = current, 2 * _scaled(matvec, current, low, high) - previous
        return total

    return hutchinson_trace(log_times, k, n_probes, rng, kind)


def _scaled(matvec: Matvec, Z: NDArray[Any], low: float, high: float) -> NDArray[Any]:
    BZ = as_matrix(matvec(Z), "matvec(Z)", real=True)
    if BZ.shape != Z.shape:
        raise ValueError(f"matvec must keep the shape {Z.shape}, got {BZ.shape}")
    return (2 * BZ - (high + low) * Z) / (high - low)
