r"""Invertible layers with exact log-determinants: affine couplings, squeeze, activation normalisation, PLU matrices.

    coupling   h_1 = x_1,  h_2 = e^gamma(x_1) x_2 + t(x_1)          log det = sum gamma
    actnorm    z = (x - mu) / sigma per channel                     log det = - (pixels) sum log sigma
    PLU        h = x W,  W = P L U                                  log det = (pixels) sum log |U_ii|
    squeeze    h x w x c  ->  h/2 x w/2 x 4c                        a permutation of the entries, log det = 0

Vectors are rows. All functions take numpy arrays; the couplings take jax arrays as well.

Sources: Dinh, Krueger, Bengio, arXiv:1410.8516; Dinh, Sohl-Dickstein, Bengio, arXiv:1605.08803; Kingma, Dhariwal,
arXiv:1807.03039.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import lu, solve_triangular

from scispaces._validate import as_array, as_matrix, count, positive, positive_int

__all__ = [
    "PLU",
    "actnorm_init",
    "coupling_forward",
    "coupling_inverse",
    "leading_minor_signs",
    "multiscale_shapes",
    "plu_factors",
    "plu_logdet",
    "plu_solve",
    "squeeze2d",
    "unsqueeze2d",
]

Net = Callable[[Any], tuple[Any, Any]]


class PLU(NamedTuple):
    """W = P L U: a permutation matrix, a unit lower triangular and an upper triangular matrix, all (c, c)."""

    P: NDArray[np.float64]
    L: NDArray[np.float64]
    U: NDArray[np.float64]


def coupling_forward(x: Any, net: Net, mask: Any) -> tuple[Any, Any]:
    """(h, log det): entries where mask is 1 are kept, the others become e^gamma x + t with (gamma, t) = net(mask x).

    x (..., D), mask (D,) of zeros and ones, net: (..., D) -> two arrays (..., D). h has the shape of x, the log-
    determinant (...). numpy or jax.
    """
    keep = _mask(mask).astype(x.real.dtype)
    gamma, t = net(x * keep)
    gamma, t = gamma * (1 - keep), t * (1 - keep)
    return x * np.exp(gamma) + t if isinstance(x, np.ndarray) else x * _exp(gamma) + t, gamma.sum(axis=-1)


def coupling_inverse(h: Any, net: Net, mask: Any) -> tuple[Any, Any]:
    """(x, log det of the inverse map): the kept entries give gamma and t again; nothing of `net` is inverted."""
    keep = _mask(mask).astype(h.real.dtype)
    gamma, t = net(h * keep)
    gamma, t = gamma * (1 - keep), t * (1 - keep)
    return (h - t) * (np.exp(-gamma) if isinstance(h, np.ndarray) else _exp(-gamma)), -gamma.sum(axis=-1)


def _exp(x: Any) -> Any:
    from scispaces.backend import jnp

    return jnp.exp(x)


def _mask(mask: Any) -> NDArray[np.float64]:
    keep = as_array(mask, "mask", ndim=1, real=True)
    if not np.all((keep == 0) | (keep == 1)) or keep.min() == keep.max():
        raise ValueError("mask must hold zeros and ones, at least one of each")
    return keep


def squeeze2d(x: ArrayLike, factor: int = 2) -> NDArray[np.float64]:
    """Blocks of factor x factor pixels become channels: (n, h, w, c) -> (n, h/f, w/f, f^2 c).

    Channel c f^2 + dy f + dx holds channel c of the pixel (dy, dx) of the block. Raises ValueError unless f divides h
    and w.
    """
    a, f = as_array(x, "x", ndim=4, real=True), positive_int(factor, "factor")
    n, h, w, c = a.shape
    if h % f or w % f:
        raise ValueError(f"height and width must be multiples of {f}, got {h} x {w}")
    blocks = a.reshape(n, h // f, f, w // f, f, c).transpose(0, 1, 3, 5, 2, 4)
    return np.asarray(blocks.reshape(n, h // f, w // f, c * f * f))


def unsqueeze2d(z: ArrayLike, factor: int = 2) -> NDArray[np.float64]:
    """The inverse of `squeeze2d`: (n, h, w, f^2 c) -> (n, f h, f w, c). ValueError unless f^2 divides the channels."""
    a, f = as_array(z, "z", ndim=4, real=True), positive_int(factor, "factor")
    n, h, w, c = a.shape
    if c % (f * f):
        raise ValueError(f"the number of channels must be a multiple of {f * f}, got {c}")
    blocks = a.reshape(n, h, w, c // (f * f), f, f).transpose(0, 1, 4, 2, 5, 3)
    return np.asarray(blocks.reshape(n, h * f, w * f, c // (f * f)))


def multiscale_shapes(h: int, w: int, c: int, levels: int) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Shapes on which the levels work, (h/2^(l+1), w/2^(l+1), 2^(l+2) c), and how many entries each one puts out.

    Every level but the last puts out half of its channels. Raises ValueError unless 2^levels divides h and w.
    """
    levels = count(levels, "levels", maximum=60)
    h, w, c = (positive_int(v, n) for v, n in ((h, "h"), (w, "w"), (c, "c")))
    if h % 2**levels or w % 2**levels:
        raise ValueError(f"h and w must be multiples of {2**levels}, got {h} x {w}")
    shapes = [(h >> k + 1, w >> k + 1, c << k + 2) for k in range(levels)]
    sizes = [a * b * d for a, b, d in shapes]
    return shapes, [size // 2 for size in sizes[:-1]] + sizes[-1:]


def actnorm_init(batch: ArrayLike, least: float = 1e-6) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """mu and sigma per channel (c,) of a first batch (..., c); sigma is at least `least`, so that none is divided by 0.

    Raises ValueError on fewer than two dimensions.
    """
    x = as_array(batch, "batch", real=True)
    if x.ndim < 2:
        raise ValueError(f"batch must have shape (..., c), got {x.shape}")
    flat = x.reshape(-1, x.shape[-1])
    return flat.mean(axis=0), np.maximum(flat.std(axis=0), positive(least, "least"))


def plu_factors(W: ArrayLike) -> PLU:
    """W = P L U of a square real matrix, by partial pivoting (LAPACK through scipy); exists for singular W too."""
    return PLU(*lu(as_matrix(W, "W", square=True, real=True)))


def plu_logdet(U: ArrayLike, pixels: int = 1) -> float:
    """pixels * sum log |U_ii|: O(c), and no product that could under- or overflow; -inf for a singular matrix."""
    diagonal = np.abs(np.diagonal(as_matrix(U, "U", square=True, real=True)))
    with np.errstate(divide="ignore"):
        return float(count(pixels, "pixels") * np.sum(np.log(diagonal)))


def plu_solve(factors: PLU, h: ArrayLike) -> NDArray[np.float64]:
    """x with x W = h, rows (n, c), by two triangular solves. Raises LinAlgError where a U_ii is 0."""
    rows = as_matrix(h, "h", real=True)
    y = solve_triangular(factors.U, rows.T, trans="T")
    return np.asarray((factors.P @ solve_triangular(factors.L, y, lower=True, trans="T", unit_diagonal=True)).T)


def leading_minor_signs(P: ArrayLike, W: ArrayLike) -> NDArray[np.float64]:
    """The signs (c,) of the leading principal minors of P^T W: all nonzero if and only if W = P L U with this P.

    Batches of W (..., c, c) give (..., c).
    """
    p, w = as_matrix(P, "P", square=True, real=True), as_matrix(W, "W", square=True, batch=True, real=True)
    if w.shape[-1] != len(p):
        raise ValueError(f"P and W must have one size, got {len(p)} and {w.shape[-1]}")
    a = p.T @ w
    return np.stack([np.linalg.slogdet(a[..., :k, :k])[0] for k in range(1, len(p) + 1)], axis=-1)
