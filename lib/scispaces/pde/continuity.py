"""The continuity equation p_t + div(p v) = 0: a density moved by a flow, traced back along its characteristics.

    dx/dt = v(x),    d(log p)/dt = -div v(x),    so    p(x(t), t) = p_0(x_0) exp(-int div v) = p_0(x_0) / J

To know p at a point one follows the flow backwards to where the point came from; no grid, no normalisation.
The fields are autonomous and should be globally Lipschitz: a cubic field runs away in finite time when traced back.

Source: kexue.fm/archives/4718; R. T. Q. Chen et al., Neural ordinary differential equations, arXiv 1806.07366.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, finite, positive
from scispaces.dynamics.integration import integrate

__all__ = ["BinTest", "TiltedRotation", "bin_residuals", "flow_points", "moved_log_density"]

Array = NDArray[np.float64]
Field = Callable[[Array], ArrayLike]


class TiltedRotation:
    """The field v = (y + a sin x, -x) in the plane, div v = a cos x: a rotation that gathers and spreads.

    Globally Lipschitz, so that it may be followed forwards and backwards for ever. Calling it gives v(x), `divergence`
    gives div v, for points (m, 2).
    """

    def __init__(self, a: float = 0.3) -> None:
        self.a = finite(a, "a")

    def __call__(self, x: Array) -> Array:
        return np.stack([x[..., 1] + self.a * np.sin(x[..., 0]), -x[..., 0]], axis=-1)

    def divergence(self, x: Array) -> Array:
        return self.a * np.cos(x[..., 0])


def flow_points(v: Field, divergence: Field, points: ArrayLike, t: float, rtol: float = 1e-11) -> tuple[Array, Array]:
    """Follow dx/dt = v(x) for the time t (backwards for t < 0) and add up the divergence on the way.

    v: (m, n) -> (m, n). divergence: (m, n) -> (m,). points: (m, n). Returns (x(t), int_0^t div v ds), (m, n) and (m,);
    the second is log det dx(t)/dx(0) by Liouville's formula. Raises ValueError on bad shapes and NaN, RuntimeError when
    a trajectory runs away.

    >>> x, log_volume = flow_points(lambda x: -x, lambda x: -1 + 0 * x[:, 0], [[2.0]], np.log(2.0))
    >>> round(float(x[0, 0]), 9), round(float(np.exp(log_volume[0])), 9)
    (1.0, 0.5)
    """
    x0 = as_array(points, "points", ndim=2, real=True)
    t, (m, n) = finite(t, "t"), x0.shape
    if np.shape(v(x0)) != (m, n) or np.shape(divergence(x0)) != (m,):
        raise ValueError(f"v and divergence must return shapes {(m, n)} and {(m,)}")
    if t == 0:
        return x0, np.zeros(m)

    def rhs(_: float, y: Array) -> Array:
        x = y[: m * n].reshape(m, n)
        return np.concatenate([np.ravel(np.asarray(v(x), dtype=float)), np.asarray(divergence(x), dtype=float)])

    start = np.concatenate([x0.ravel(), np.zeros(m)])
    end = integrate(rhs, start, [0.0, t], rtol, rtol)[-1]
    return end[: m * n].reshape(m, n), end[m * n :]


def moved_log_density(
    v: Field, divergence: Field, log_p0: Field, points: ArrayLike, t: float, rtol: float = 1e-11
) -> Array:
    """log p(x, t) at points (m, n): the logarithm of p_0 at the foot of the characteristic, minus int div v.

    log_p0: (m, n) -> (m,), the logarithm of the density at time 0. Other arguments and errors as in `flow_points`.
    Returns (m,). Cost: one backward trajectory a point, whatever the dimension.
    """
    feet, log_volume = flow_points(v, divergence, points, -finite(t, "t"), rtol)
    start = np.asarray(log_p0(feet), dtype=float)
    if start.shape != log_volume.shape:
        raise ValueError(f"log_p0 must return shape {log_volume.shape}, got {start.shape}")
    return start + log_volume  # backwards the integral of the divergence has the other sign


class BinTest(NamedTuple):
    """Expected and observed counts of the cells, both (k, k), and the standardised residuals of the fuller cells."""

    expected: Array
    observed: Array
    residuals: Array


def bin_residuals(
    samples: ArrayLike, density: Callable[[Array], ArrayLike], edges: ArrayLike, least: float = 10.0
) -> BinTest:
    """Compare a sample of a law in the plane with its density, cell by cell.

    samples: (N, 2). density: (m, 2) -> (m,). edges: (k + 1,), increasing, for both axes. The expectation of a cell is
    N times the integral of the density over it (Gauss-Legendre, 3 x 3 nodes). Residuals are (observed - expected) /
    sqrt(expected (1 - expected/N)), for the cells whose expectation exceeds `least`: about N(0, 1) each if all is well.
    Raises ValueError on bad shapes, NaN, edges that do not increase.
    """
    S = as_array(samples, "samples", ndim=2, shape=(None, 2), real=True)
    e = as_array(edges, "edges", ndim=1, real=True)
    if len(e) < 2 or np.any(np.diff(e) <= 0):
        raise ValueError("edges must be at least two increasing numbers")
    nodes, weights = np.polynomial.legendre.leggauss(3)
    half = np.diff(e) / 2
    x = ((e[1:] + e[:-1]) / 2)[:, None] + half[:, None] * nodes
    w = (half[:, None] * weights).ravel()
    X, Y = np.meshgrid(x.ravel(), x.ravel(), indexing="ij")
    values = np.asarray(density(np.stack([X.ravel(), Y.ravel()], axis=1)), dtype=float).reshape(X.shape)
    k, N = len(half), len(S)
    expected = N * (w[:, None] * values * w).reshape(k, 3, k, 3).sum(axis=(1, 3))
    observed = np.histogram2d(S[:, 0], S[:, 1], bins=[e, e])[0]
    full = expected > positive(least, "least")
    spread = np.sqrt(expected[full] * (1 - expected[full] / N))
    return BinTest(expected, observed, (observed[full] - expected[full]) / spread)
