r"""Minimising movements of densities (Jordan, Kinderlehrer, Otto): implicit Euler steps of a gradient flow.

    q_{k+1} = argmin_q  W_2^2(q, q_k) / (2 a) + F[q],        F = KL(q | p),  p = e^{-V}

For a Gaussian target N(M, S^2) and a Gaussian q_k = N(m, s^2) the minimiser is Gaussian, by two scalar equations
(`jko_gaussian_step`). On the line a density is its quantile function, W_2 is the L_2 distance of quantile functions,
and one step is a strictly convex problem where V is convex (`jko_quantile_step`).

Source: Jordan, Kinderlehrer, Otto, SIAM J. Math. Anal. 29 (1998); Santambrogio 2016 (arXiv 1609.03890).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solveh_banded

from scispaces._validate import as_array, finite, positive

__all__ = ["gaussian_flow", "jko_gaussian_step", "jko_quantile_step"]

Array = NDArray[np.float64]


def gaussian_flow(m: float, s: float, t: ArrayLike, M: float = 0.0, S: float = 1.0) -> tuple[Array, Array]:
    """Mean and standard deviation at the times t >= 0 of the flow of KL(q | N(M, S^2)) from N(m, s^2), shapes of t.

        m_t = M + (m - M) e^{-t/S^2},    s_t^2 = S^2 + (s^2 - S^2) e^{-2t/S^2}

    s = 0 is a point mass. Raises ValueError on s < 0, S <= 0, t < 0.
    """
    m, s, M, S = finite(m, "m"), finite(s, "s", 0.0), finite(M, "M"), positive(S, "S")
    t = as_array(t, "t", real=True)
    if t.min() < 0:
        raise ValueError(f"t must be >= 0, got {t.min():g}")
    rate = t / S / S
    return M + (m - M) * np.exp(-rate), np.hypot(S * np.sqrt(-np.expm1(-2 * rate)), s * np.exp(-rate))


def jko_gaussian_step(m: float, s: float, a: float, M: float = 0.0, S: float = 1.0) -> tuple[float, float]:
    """Mean and standard deviation of the step of length a > 0 from N(m, s^2) for KL(q | N(M, S^2)).

        m' = (m S^2 + a M) / (S^2 + a),    s' the positive root of (1/a + 1/S^2) s'^2 - (s/a) s' - 1 = 0

    s = 0, a point mass, is allowed: the step gives it a positive width. Raises ValueError on s < 0, a <= 0, S <= 0.

    >>> jko_gaussian_step(1.0, 0.0, 1.0)
    (0.5, 0.7071067811865476)
    """
    m, s, a = finite(m, "m"), finite(s, "s", 0.0), positive(a, "a")
    M, S = finite(M, "M"), positive(S, "S")
    share = 1 / (1 + (a / S) / S) if (a / S) < S * 1e300 else 0.0  # S^2 / (S^2 + a), without squares that overflow
    pull = s * share / 2
    return M + (m - M) * share, float(pull + np.hypot(pull, np.sqrt(a * share)))


def jko_quantile_step(
    x: ArrayLike, a: float, dV: Callable[[Array], ArrayLike], d2V: Callable[[Array], ArrayLike], iterations: int = 50
) -> Array:
    """One step of length a for KL(q | e^{-V}) on the line, q given by n ordered particles of equal weight.

    Minimises  sum (y_i - x_i)^2 / (2 a) + sum V(y_i) - sum log(y_{i+1} - y_i)  over ordered y, by Newton's method with
    a tridiagonal Hessian; a step is halved until the order and the decrease hold. x: (n,) increasing, n >= 2.
    dV, d2V: the first two derivatives of V, V convex: (n,) -> (n,). Returns y (n,), increasing.
    Raises ValueError on bad shapes, x that does not increase, V that is not convex, or no convergence.
    """
    x, a = as_array(x, "x", ndim=1, real=True), positive(a, "a")
    if len(x) < 2 or not (np.diff(x) > 0).all():
        raise ValueError("x must be at least 2 increasing numbers")

    def gradient(y: Array) -> Array:
        g = (y - x) / a + np.asarray(dV(y), dtype=float)
        gaps = 1 / np.diff(y)
        g[:-1] += gaps
        g[1:] -= gaps
        return g

    y = x
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        g = gradient(y)
        for _ in range(iterations):
            gaps = 1 / np.diff(y) ** 2
            bands = np.zeros((2, len(y)))
            bands[1] = 1 / a + np.asarray(d2V(y), dtype=float)
            bands[1, :-1] += gaps
            bands[1, 1:] += gaps
            bands[0, 1:] = -gaps
            if not (np.isfinite(bands).all() and np.isfinite(g).all() and bands[1].min() > 0):
                break
            step, scale = -solveh_banded(bands, g), 1.0
            size, before = float(np.abs(step).max()), y
            while scale > 1e-12 and not _better(y := before + scale * step, before, step, gradient):
                scale /= 2
            g = gradient(y)
            if size <= 1e-13 * max(1.0, float(np.abs(y).max())):
                return y
    raise ValueError(f"the step must converge within {iterations} iterations: V is not convex, or a is too large")


def _better(y: Array, before: Array, step: Array, gradient: Callable[[Array], Array]) -> bool:
    """Ordered, and the convex objective still falls, or is level, along the step (its slope there is not positive)."""
    if not (np.diff(y) > 0).all():
        return False
    slope = float(gradient(y) @ step)
    return slope <= 0.5 * abs(float(gradient(before) @ step)) + 1e-12 * float(np.abs(step).max())
