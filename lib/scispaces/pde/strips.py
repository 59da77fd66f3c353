"""Fully nonlinear first-order equations F(x, u, p) = 0, p = du/dx: the strip carries the gradient along.

    dx/ds = F_p,    du/ds = p . F_p,    dp/ds = -F_x - F_u p

F is a plain Python function of jax arrays; its derivatives come from automatic differentiation. n + 1 unknowns of the
quasilinear case become 2n + 1. A factor of F sets the speed of s: |p|^2 - 1 runs twice as fast as (|p|^2 - 1)/2.

Source: 一阶偏微分方程的特征线法 (kexue.fm/archives/4718); L. C. Evans, Partial Differential Equations, ch. 3.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, count, positive
from scispaces.backend import jax
from scispaces.dynamics.integration import integrate
from scispaces.pde.characteristics import increasing

__all__ = ["Strips", "compatible_p0", "solve_strips", "strip_rhs"]

Array = NDArray[np.float64]
Equation = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True)
class Strips:
    """What `solve_strips` returns for S parameter values and m strips in n dimensions.

    s (S,); x (S, m, n); u (S, m); p (S, m, n); F_drift, the largest |F(s) - F(0)| along all strips (0 in theory).
    """

    s: Array
    x: Array
    u: Array
    p: Array
    F_drift: float


@lru_cache(maxsize=32)
def _derivatives(F: Equation) -> Callable[[Any, Any, Any], Any]:
    """(x, u, p) -> F, (F_x, F_u, F_p) for batches, compiled once for each F and shape."""
    return jax.jit(jax.vmap(jax.value_and_grad(F, argnums=(0, 1, 2))))


def strip_rhs(F: Equation) -> Callable[[Array, Array, Array], tuple[Array, Array, Array]]:
    """The right-hand side of the strip equations: (x, u, p) -> (F_p, p . F_p, -F_x - F_u p).

    F: (n,), scalar, (n,) -> scalar, written with jax.numpy. The result takes and returns batches: x (m, n), u (m,),
    p (m, n), together 2n + 1 numbers a strip.

    >>> rhs = strip_rhs(lambda x, u, p: p[0] * p[1] - u)
    >>> [r.tolist() for r in rhs(np.array([[0.0, 1.0]]), np.array([1.0]), np.array([[0.5, 2.0]]))]
    [[[2.0, 0.5]], [2.0], [[0.5, 2.0]]]
    """
    derivatives = _derivatives(F)

    def rhs(x: Array, u: Array, p: Array) -> tuple[Array, Array, Array]:
        _, (Fx, Fu, Fp) = derivatives(x, u, p)
        Fx, Fu, Fp = np.asarray(Fx), np.asarray(Fu), np.asarray(Fp)
        return Fp, np.sum(p * Fp, axis=-1), -Fx - Fu[:, None] * p

    return rhs


def solve_strips(
    F: Equation, x0: ArrayLike, u0: ArrayLike, p0: ArrayLike, s_grid: ArrayLike, rtol: float = 1e-12
) -> Strips:
    """Integrate the strips of F = 0 through m initial elements (x0, u0, p0).

    x0, p0: (m, n). u0: (m,). s_grid: (S,), increasing; the data stand at s_grid[0]. Returns `Strips`.
    The gradient p0 has to fit the data: see `compatible_p0`. F(x0, u0, p0) need not vanish for the integration, as F is
    constant along each strip whatever its value. Raises ValueError on bad shapes and NaN; RuntimeError when a strip
    leaves every bound. Numerical notes: scipy's DOP853; `F_drift` measures the error that F sees.
    """
    x0, u0, p0 = _elements(x0, u0, p0)
    s = increasing(s_grid, "s_grid")
    m, n = x0.shape
    rhs = strip_rhs(F)

    def split(y: Array) -> tuple[Array, Array, Array]:
        lead = y.shape[:-1]
        x, u, p = np.split(y, [m * n, m * n + m], axis=-1)
        return x.reshape(*lead, m, n), u, p.reshape(*lead, m, n)

    def flat_rhs(_: float, y: Array) -> Array:
        return np.concatenate([np.ravel(r) for r in rhs(*split(y))])

    start = np.concatenate([x0.ravel(), u0, p0.ravel()])
    rtol = positive(rtol, "rtol")
    x, u, p = split(np.ascontiguousarray(integrate(flat_rhs, start, s, rtol, 1e-2 * rtol, "s")))
    values = np.asarray(jax.vmap(jax.vmap(F))(x, u, p))
    return Strips(s, x, u, p, float(np.abs(values - values[0]).max()))


def compatible_p0(
    F: Equation,
    x0: ArrayLike,
    u0: ArrayLike,
    dx0: ArrayLike,
    du0: ArrayLike,
    guess: ArrayLike,
    tol: float = 1e-12,
    steps: int = 50,
) -> Array:
    """The gradient that fits the data: F(x0, u0, p) = 0 and dx0 p = du0, by Newton's method from `guess`.

    x0, guess: (m, n). u0: (m,). dx0: (m, n - 1, n), the tangents of the data manifold. du0: (m, n - 1), the derivatives
    of the values along them. Returns p (m, n): of several solutions the one that Newton reaches from the guess, which
    for a close guess is the nearest. Raises ValueError on bad shapes and NaN, and where the matrix (F_p; dx0) is
    singular to ten digits: the data are characteristic there. RuntimeError without convergence.

    >>> def eikonal(x, u, p): return p[0]**2 + p[1]**2 - 1
    >>> compatible_p0(eikonal, [[1.0, 0.0]], [0.0], [[[0.0, 1.0]]], [[0.0]], [[0.7, 0.1]]).round(9).tolist()
    [[1.0, 0.0]]
    """
    x0, u0, p = _elements(x0, u0, guess)
    m, n = x0.shape
    dx0 = as_array(dx0, "dx0", shape=(m, n - 1, n), real=True)
    du0 = as_array(du0, "du0", shape=(m, n - 1), real=True)
    derivatives = _derivatives(F)
    tol, steps = positive(tol, "tol"), count(steps, "steps")
    for _ in range(steps):
        value, (_, _, Fp) = derivatives(x0, u0, p)
        matrix = np.concatenate([np.asarray(Fp)[:, None, :], dx0], axis=1)
        sizes = np.prod(np.linalg.norm(matrix, axis=2), axis=1)
        if not np.isfinite(matrix).all():
            raise RuntimeError("Newton's method left the finite numbers from this guess")
        singular = np.abs(np.linalg.det(matrix)) <= 1e-10 * np.maximum(sizes, 1e-300)
        if singular.any():
            raise ValueError(
                f"the data are characteristic at x0 = {x0[np.argmax(singular)].tolist()}: F_p and the tangents of the "
                "data manifold are linearly dependent there"
            )
        residual = np.concatenate([np.asarray(value)[:, None], np.einsum("mij,mj->mi", dx0, p) - du0], axis=1)
        step = np.linalg.solve(matrix, residual[..., None])[..., 0]
        p = p - step
        if np.abs(step).max() <= tol * max(1.0, float(np.abs(p).max())):
            return p
    raise RuntimeError(f"Newton's method did not converge in {steps} steps from this guess")


def _elements(x0: ArrayLike, u0: ArrayLike, p0: ArrayLike) -> tuple[Array, Array, Array]:
    x0 = as_array(x0, "x0", ndim=2, real=True)
    return x0, as_array(u0, "u0", shape=(len(x0),), real=True), as_array(p0, "p0", shape=x0.shape, real=True)
