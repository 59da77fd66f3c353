r"""Random flows: stacks of actnorm, a full matrix and an affine coupling, with inverse, log-determinant and Jacobian.

A layer maps rows x to ((x - mu) / sigma) W and then couples the second half of the entries to the first one by
gamma = strength * tanh(.) and t, both from a random tanh network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scispaces._validate import check_rng, count, positive
from scispaces.latent.coupling import coupling_forward, coupling_inverse

__all__ = ["StackLayer", "complex_jacobian", "coupling_stack", "stack_forward", "stack_inverse"]


class StackLayer(NamedTuple):
    """mu, sigma (D,), W (D, D), the mask (D,) and the two matrices of the coupling network, inner (D, m), outer
    (m, 2D), with the bound on gamma."""

    mu: NDArray[Any]
    sigma: NDArray[Any]
    W: NDArray[Any]
    mask: NDArray[Any]
    inner: NDArray[Any]
    outer: NDArray[Any]
    strength: float

    def net(self, kept: Any) -> tuple[Any, Any]:
        """(gamma, t) of the kept entries."""
        gamma, t = np.split(np.tanh(kept @ self.inner.astype(kept.dtype)) @ self.outer.astype(kept.dtype), 2, axis=-1)
        return self.strength * np.tanh(gamma), t


def coupling_stack(rng: np.random.Generator, D: int, layers: int, strength: float = 1.0) -> list[StackLayer]:
    """`layers` random layers in D >= 2 dimensions: sigma in [1/2, 2], W Gaussian, |gamma| <= strength."""
    check_rng(rng)
    D, m = count(D, "D", minimum=2, maximum=4096), 8
    mask = (np.arange(D) < D // 2).astype(float)

    def one() -> StackLayer:
        W = np.linalg.qr(rng.standard_normal((D, D)))[0] + 0.3 * rng.standard_normal((D, D)) / np.sqrt(D)
        sigma = np.exp(rng.uniform(-np.log(2), np.log(2), D))
        inner, outer = rng.standard_normal((D, m)) / np.sqrt(D), rng.standard_normal((m, 2 * D)) / np.sqrt(m)
        return StackLayer(0.1 * rng.standard_normal(D), sigma, W, mask, inner, outer, positive(strength, "strength"))

    return [one() for _ in range(count(layers, "layers", maximum=1000))]


def stack_forward(layers: Sequence[StackLayer], x: Any) -> tuple[Any, Any]:
    """z and the sum of the log-determinants, in the precision of x (..., D)."""
    total: Any = np.zeros(np.shape(x)[:-1])
    for layer in layers:
        x = ((x - layer.mu.astype(x.dtype)) / layer.sigma.astype(x.dtype)) @ layer.W.astype(x.dtype)
        x, logdet = coupling_forward(x, layer.net, layer.mask)
        total = total + logdet - np.sum(np.log(layer.sigma)) + np.linalg.slogdet(layer.W)[1]
    return x, total


def stack_inverse(layers: Sequence[StackLayer], z: Any) -> Any:
    """x with stack_forward(layers, x) = z, in the precision of z."""
    for layer in reversed(layers):
        z, _ = coupling_inverse(z, layer.net, layer.mask)
        z = np.linalg.solve(layer.W.T.astype(z.dtype), z[..., None])[..., 0] * layer.sigma.astype(z.dtype)
        z = z + layer.mu.astype(z.dtype)
    return z


def complex_jacobian(f: Callable, x: NDArray[np.float64], step: float = 1e-30) -> NDArray[np.float64]:
    """df_i / dx_j (m, n) at a point x (n,) by complex steps, for an analytic f of rows (..., n): no cancellation."""
    return np.asarray(np.imag(f(x + 1j * step * np.eye(len(x)))) / step).T
