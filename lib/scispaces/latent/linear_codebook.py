r"""A codebook behind one linear layer, E = Q W: every code is a row of Q times a matrix W that all codes share.

    dL/dQ = G W^T,   dL/dW = Q^T G,   where G = dL/dE
    one step on both:   E - eta (G W^T W + Q Q^T G) + eta^2 G W^T Q^T G
    one step on W:      E - eta Q Q^T G

Q (K, d) and W (d, d) hold row vectors: code i is q_i W. For fixed assignments the quantisation error is a quadratic
function of W, with its minimum and its largest stable step in closed form.

Sources: Zhu, Li, Xin, Xia, Xu, "Addressing Representation Collapse in Vector Quantized Models with One Linear Layer",
arXiv:2411.02038; Arora, Cohen, Hazan, arXiv:1802.06509 (balanced factors).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, as_matrix, finite, positive, same_shape
from scispaces.latent.codebook import cluster_sums

__all__ = ["balanced_factors", "effective_update", "linear_codebook_lstsq", "simvq_step", "stable_step"]

Matrix = NDArray[np.float64]


def simvq_step(
    Q: ArrayLike, W: ArrayLike, G: ArrayLike, eta: float, train_q: bool = False, train_w: bool = True
) -> tuple[Matrix, Matrix]:
    """One gradient step on the factors, (Q - eta G W^T, W - eta Q^T G); a factor that is not trained comes back as is.

    Q (K, d), W (d, d), G (K, d), the gradient in E = Q W. Raises ValueError on shapes that do not fit.
    """
    q, w, g = _factors(Q, W, G)
    eta = finite(eta, "eta")
    return (q - eta * g @ w.T if train_q else q), (w - eta * q.T @ g if train_w else w)


def effective_update(
    Q: ArrayLike, W: ArrayLike, G: ArrayLike, eta: float, train_q: bool = False, order: int = 2
) -> Matrix:
    """How the codebook Q W moves in such a step, by the formula in E, (K, d).

    With Q frozen -eta Q Q^T G, exactly; with both trained -eta (G W^T W + Q Q^T G), and with order 2 the term
    eta^2 G W^T Q^T G, which makes it exact. Raises ValueError on an order other than 1 or 2.
    """
    q, w, g = _factors(Q, W, G)
    eta = finite(eta, "eta")
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order!r}")
    move = -eta * q @ (q.T @ g)
    if train_q:
        move = move - eta * g @ (w.T @ w)
        if order == 2:
            move = move + (eta * g @ w.T) @ (eta * q.T @ g)
    return np.asarray(move)


def linear_codebook_lstsq(Q: ArrayLike, index: ArrayLike, Z: ArrayLike) -> Matrix:
    """The W (d, d) that minimises sum_s |q_{idx_s} W - z_s|^2 for fixed assignments; the one of least norm.

    Q (K, d), index (n,), Z (n, d). A least-squares problem with the K rows sqrt(n_i) q_i and targets S_i / sqrt(n_i).
    """
    q = as_matrix(Q, "Q", real=True)
    counts, sums = cluster_sums(Z, index, len(q))
    used = counts > 0
    root = np.sqrt(counts[used])[:, None]
    return np.asarray(np.linalg.lstsq(root * q[used], sums[used] / root, rcond=None)[0])


def stable_step(Q: ArrayLike, counts: ArrayLike, beta: float = 1.0) -> float:
    """1 / (beta lambda_max(Q^T N Q)): gradient descent on W with fixed assignments converges below it, not above.

    Q (K, d), counts n_i >= 0 (K,), beta > 0. Infinite where Q^T N Q = 0. Raises ValueError on negative counts.
    """
    q, n = as_matrix(Q, "Q", real=True), as_array(counts, "counts", ndim=1, real=True)
    if len(n) != len(q) or n.min() < 0:
        raise ValueError(f"counts must hold {len(q)} numbers >= 0, one a row of Q")
    largest = np.linalg.norm(np.sqrt(n)[:, None] * q, 2) ** 2
    return float(1 / (positive(beta, "beta") * largest)) if largest > 0 else np.inf


def balanced_factors(E: ArrayLike) -> tuple[Matrix, Matrix]:
    """Q (K, d) and W (d, d) with Q W = E and Q^T Q = W W^T, from the singular value decomposition; K >= d."""
    e = as_matrix(E, "E", real=True)
    if e.shape[0] < e.shape[1]:
        raise ValueError(f"E must have at least as many rows as columns, got shape {e.shape}")
    u, s, vt = np.linalg.svd(e, full_matrices=False)
    return u * np.sqrt(s), np.sqrt(s)[:, None] * vt


def _factors(Q: ArrayLike, W: ArrayLike, G: ArrayLike) -> tuple[Matrix, Matrix, Matrix]:
    q, w, g = as_matrix(Q, "Q", real=True), as_matrix(W, "W", square=True, real=True), as_matrix(G, "G", real=True)
    same_shape(q, g, "Q and G")
    if q.shape[1] != len(w):
        raise ValueError(f"Q must have {len(w)} columns, as many as W, got {q.shape[1]}")
    return q, w, g
