r"""Vector quantisation: a latent vector is replaced by the nearest row of a codebook.

    idx_s = argmin_i |z_s - e_i|,    q_s = e_{idx_s}          (ties to the lowest index)

Latents Z have shape (n, d), a codebook E has shape (K, d), both with one vector a row. What is computed here: the
assignment, the straight-through value and the losses of a VQ-VAE, the gradient of the codebook, the steps of Lloyd and
of the moving average, and how much of a codebook is in use.

Sources: van den Oord, Vinyals, Kavukcuoglu, "Neural Discrete Representation Learning", arXiv:1711.00937; Lloyd, "Least
squares quantization in PCM", 1982.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from scispaces._validate import as_array, as_matrix, count, finite, room, same_shape
from scispaces.backend import jax, jnp

__all__ = [
    "Quantized",
    "cluster_sums",
    "codebook_grad",
    "ema_update",
    "lloyd_step",
    "nearest_code",
    "perplexity",
    "quantize",
    "straight_through",
    "utilisation",
    "vq_losses",
]

BLOCK = 4_000_000  # distances held at a time


class Quantized(NamedTuple):
    """`nearest`: indices (n,) of the nearest codes, those codes (n, d), and the squared distances to them (n,)."""

    nearest: NDArray[np.int64]
    code: NDArray[np.float64]
    sqdist: NDArray[np.float64]


def quantize(Z: ArrayLike, E: ArrayLike) -> Quantized:
    """The nearest row of E (K, d) for every row of Z (n, d), ties to the lowest index.

    Distances are sums of squared differences (no |z|^2 - 2 z.e + |e|^2, which cancels far from the origin), of vectors
    scaled by a common power of two, so that entries of 1e-200 and 1e200 are compared rightly; the squared distance
    itself may under- or overflow then. Memory: 4e6 distances at a time. Raises ValueError on an empty codebook or
    vectors of different lengths.
    """
    z, e = as_matrix(Z, "Z", real=True), as_matrix(E, "E", real=True)
    if z.shape[1] != e.shape[1]:
        raise ValueError(f"Z and E must have rows of one length, got {z.shape[1]} and {e.shape[1]}")
    size = max(np.abs(z).max(), np.abs(e).max())
    power = int(np.frexp(size)[1]) if size > 0 else 0
    small, codes = np.ldexp(z, -power), np.ldexp(e, -power)
    rows = max(1, BLOCK // len(e))
    parts = [cdist(small[i : i + rows], codes, "sqeuclidean") for i in range(0, len(z), rows)]
    index = np.concatenate([part.argmin(axis=1) for part in parts])
    least = np.concatenate([part.min(axis=1) for part in parts])
    with np.errstate(over="ignore", under="ignore"):
        return Quantized(index, e[index], np.ldexp(least, 2 * power))


def nearest_code(Z: Any, E: Any) -> Any:
    """The indices of `quantize` inside of a jax program: Z (..., d), E (K, d) -> integers (...), by |e|^2 - 2 z.e."""
    return jnp.argmin(jnp.sum(E**2, axis=-1) - 2 * Z @ jnp.swapaxes(E, -1, -2), axis=-1)


def straight_through(z: Any, q: Any) -> Any:
    """z + sg[q - z] (jax): the value of q, the derivative of z. Shapes that broadcast."""
    return z + jax.lax.stop_gradient(q - z)


def vq_losses(z: Any, q: Any, beta: float, gamma: float) -> Any:
    """beta |q - sg[z]|^2 + gamma |z - sg[q]|^2, summed over all entries (jax): the first trains codes, the second z."""
    sg = jax.lax.stop_gradient
    return beta * jnp.sum((q - sg(z)) ** 2) + gamma * jnp.sum((z - sg(q)) ** 2)


def cluster_sums(Z: ArrayLike, index: ArrayLike, K: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How often each code is selected, n_i (K,), and the sum of its latents, S_i (K, d); zeros where it is not.

    Z (n, d), index (n,) of integers 0..K-1. Raises ValueError on other indices or lengths that differ.
    """
    z, K = as_matrix(Z, "Z", real=True), count(K, "K")
    room("the sums", K, z.shape[1])
    index = _indices(index, K)
    if len(index) != len(z):
        raise ValueError(f"Z and index must have one length, got {len(z)} and {len(index)}")
    sums = np.zeros((K, z.shape[1]))
    np.add.at(sums, index, z)
    return np.bincount(index, minlength=K).astype(float), sums


def codebook_grad(Z: ArrayLike, E: ArrayLike, index: ArrayLike, beta: float = 1.0) -> NDArray[np.float64]:
    """The gradient of beta sum_s |e_{idx_s} - z_s|^2 in the codebook: row i is 2 beta (n_i e_i - S_i), (K, d).

    Exactly zero on codes that are not selected. Z (n, d), E (K, d), index (n,). ValueError as in `cluster_sums`.
    """
    e = as_matrix(E, "E", real=True)
    counts, sums = cluster_sums(Z, index, len(e))
    return 2 * finite(beta, "beta") * (counts[:, None] * e - sums)


def ema_update(
    N: ArrayLike, m: ArrayLike, index: ArrayLike, Z: ArrayLike, decay: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """One step of the moving averages: N <- decay N + (1 - decay) n, m <- decay m + (1 - decay) S, e_i = m_i / N_i.

    N (K,) >= 0, m (K, d); decay in [0, 1]. Returns (N, m, E). A code with N_i below 1e-12 is m_i / 1e-12, so that one
    that was never selected stays 0. Raises ValueError on negative N, shapes that do not fit.
    """
    weights, means = as_array(N, "N", ndim=1, real=True), as_matrix(m, "m", real=True)
    if len(weights) != len(means) or weights.min() < 0:
        raise ValueError(f"N must hold {len(means)} numbers >= 0, one a row of m")
    keep = finite(decay, "decay", 0.0, 1.0)
    counts, sums = cluster_sums(Z, index, len(weights))
    same_shape(means, sums, "m and the sums of Z")
    weights = keep * weights + (1 - keep) * counts
    means = keep * means + (1 - keep) * sums
    return weights, means, means / np.maximum(weights, 1e-12)[:, None]


def lloyd_step(Z: ArrayLike, E: ArrayLike) -> NDArray[np.float64]:
    """Every selected code moves to the mean of its latents, (K, d); empty codes stay where they are."""
    e = as_matrix(E, "E", real=True)
    counts, sums = cluster_sums(Z, quantize(Z, e).nearest, len(e))
    return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], e)


def utilisation(index: ArrayLike, K: int) -> float:
    """The fraction of the K codes that occur among the indices."""
    K = count(K, "K")
    return len(np.unique(_indices(index, K))) / K


def perplexity(index: ArrayLike, K: int) -> float:
    """exp of the entropy of the frequencies of the codes: 1 for a single code, K for a codebook in even use."""
    K = count(K, "K")
    share = np.bincount(_indices(index, K), minlength=K) / np.size(index)
    return float(np.exp(-np.sum(share[share > 0] * np.log(share[share > 0]))))


def _indices(index: ArrayLike, K: int) -> NDArray[np.int64]:
    found = as_array(index, "index", real=True).ravel()
    if np.any((found != np.round(found)) | (found < 0) | (found >= K)):
        raise ValueError(f"index must hold integers 0..{K - 1}")
    return found.astype(np.int64)
