r"""The contrastive loss of a batch, and its gradient from chunks of it.

    s_ij = <h_i, h_j>,    p_ij = exp(s_ij - l_i),    l_i = log sum_m exp(s_im)  (m != i where the diagonal is masked)
    L = sum_i (l_i - s_{i partner(i)}),              dL/dH = (P + P^T - 2 T) H     (T: the matrix of `partner`)
    two towers:  L = -sum_i S_ii + (sum of the row and of the column l)/2,   S = U V^T

The loss is a sum over the batch, not a mean. The second line is the cotangent of the features in closed form. With it
the gradient of the parameters is exact in two passes over chunks of any size (`two_pass_grad`), whatever the loss.

All functions take numpy arrays or jax arrays (also traced ones); shapes and partners are checked, values are not.
Sources: van den Oord, Li, Vinyals 2018 (arXiv 1807.03748); Gao, Zhang, Han, Callan 2021 (GradCache, 2101.06983).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import count, positive
from scispaces.backend import jax, jnp

__all__ = [
    "chunk_similarities",
    "info_nce",
    "info_nce_cotangent",
    "info_nce_probs",
    "naive_loss",
    "temperature_gradient",
    "two_pass_grad",
    "two_tower_cotangents",
]


def _namespace(*arrays: Any) -> Any:
    return jnp if any(isinstance(a, jax.Array) for a in arrays) else np


def _matrix(x: Any, name: str, square: bool = False) -> Any:
    x = x if isinstance(x, jax.Array) else _floats(x, name)
    if x.ndim != 2 or min(x.shape) < 1 or (square and x.shape[0] != x.shape[1]):
        raise ValueError(f"{name} must be a {'square ' if square else ''}matrix, got shape {x.shape}")
    return x


def _floats(x: Any, name: str) -> NDArray[np.float64]:
    try:
        return np.asarray(x, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be an array of real numbers, got {type(x).__name__}") from None


def _partners(partner: ArrayLike, size: int, mask_diagonal: bool) -> NDArray[np.int64]:
    """`partner` as integers, checked to be an involution of range(size), without fixed points under the mask."""
    found = np.asarray(partner)
    if found.shape != (size,) or found.dtype.kind not in "iu":
        raise ValueError(f"partner must be {size} integers, got {found.dtype} of shape {found.shape}")
    if found.min() < 0 or found.max() >= size or (found[found] != np.arange(size)).any():
        raise ValueError("partner must satisfy partner[partner[i]] = i for every i")
    if mask_diagonal and (found == np.arange(size)).any():
        raise ValueError("partner must not pair a sample with itself where the diagonal is masked")
    return found


def info_nce_probs(S: Any, mask_diagonal: bool = True) -> tuple[Any, Any]:
    """Row softmax P (..., b, b) of similarities and its logarithmic normalizers l (..., b); batches in front.

    By log-sum-exp. With the mask the diagonal of P is 0, and b = 1 is refused. ValueError on what is not square.
    """
    S = S if isinstance(S, jax.Array) else _floats(S, "S")
    if S.ndim < 2 or S.shape[-1] != S.shape[-2] or S.shape[-1] < 1 + bool(mask_diagonal):
        raise ValueError(f"S must be square, of size {1 + bool(mask_diagonal)} or more, got shape {S.shape}")
    xp = _namespace(S)
    scores = xp.where(xp.eye(S.shape[-1], dtype=bool), -xp.inf, S) if mask_diagonal else S
    top = scores.max(axis=-1, keepdims=True)
    weights = xp.exp(scores - top)
    total = weights.sum(axis=-1, keepdims=True)
    return weights / total, (top + xp.log(total))[..., 0]


def info_nce(S: Any, partner: ArrayLike, mask_diagonal: bool = True) -> Any:
    """The loss sum_i (l_i - s_{i partner(i)}) of similarities S (b, b); a sum, not a mean.

    partner: integers with partner[partner] = range. ValueError on anything else, and on fixed points under the mask.
    """
    S = _matrix(S, "S", square=True)
    mates = _partners(partner, S.shape[0], mask_diagonal)
    _, lse = info_nce_probs(S, mask_diagonal)
    return (lse - S[np.arange(len(mates)), mates]).sum()


def info_nce_cotangent(H: Any, partner: ArrayLike, mask_diagonal: bool = True, block: int | None = None) -> Any:
    """dL/dH of the loss of S = H H^T: rows sum_j (p_ij + p_ji) h_j - 2 h_partner(i), shape (b, D).

    `block`: S is computed in stripes of that many rows, twice, and never held: memory O(b D + block b), time O(b^2 D).
    Raises ValueError as `info_nce` does, and on block < 1.
    """
    H = _matrix(H, "H")
    xp, mates = _namespace(H), _partners(partner, H.shape[0], mask_diagonal)
    if block is None:
        P, _ = info_nce_probs(H @ H.T, mask_diagonal)
        return (P + P.T) @ H - 2 * H[mates]
    starts = range(0, len(mates), count(block, "block"))

    def stripe(i: int) -> Any:
        rows = H[i : i + block]
        scores = rows @ H.T
        own = (np.arange(i, i + len(rows))[:, None] == np.arange(len(mates))) & bool(mask_diagonal)
        return xp.where(own, -xp.inf, scores)

    def normalizers(scores: Any) -> Any:
        top = scores.max(axis=-1)
        return top + xp.log(xp.exp(scores - top[:, None]).sum(axis=-1))

    lse = xp.concatenate([normalizers(stripe(i)) for i in starts])

    def rows_of(i: int) -> Any:
        scores = stripe(i)
        return (xp.exp(scores - lse[i : i + block, None]) + xp.exp(scores - lse)) @ H

    return xp.concatenate([rows_of(i) for i in starts]) - 2 * H[mates]


def chunk_similarities(H: Any, partner: ArrayLike, chunk: int, mask_diagonal: bool = True) -> tuple[Any, Any]:
    """Similarities inside of consecutive chunks (n, c, c), and the partners' places inside of their chunks (n, c).

    Raises ValueError unless the chunk size divides the batch and no pair is split.
    """
    H = _matrix(H, "H")
    mates, size = _partners(partner, H.shape[0], mask_diagonal), count(chunk, "chunk")
    if len(mates) % size:
        raise ValueError(f"chunk must divide the batch of {len(mates)}, got {size}")
    if (mates // size != np.arange(len(mates)) // size).any():
        raise ValueError(f"partner must keep pairs inside of their chunks of {size}")
    blocks = H.reshape(-1, size, H.shape[1])
    return blocks @ blocks.swapaxes(-1, -2), (mates % size).reshape(-1, size)


def naive_loss(H: Any, partner: ArrayLike, chunk: int, mask_diagonal: bool = True) -> Any:
    """What plain gradient accumulation minimises: the sum of the losses of the chunks, each on its own.

    Raises ValueError as `chunk_similarities` does.
    """
    S, mates = chunk_similarities(H, partner, chunk, mask_diagonal)
    _, lse = info_nce_probs(S, mask_diagonal)
    own = S[np.arange(mates.shape[0])[:, None], np.arange(mates.shape[1]), mates]
    return (lse - own).sum()


def two_tower_cotangents(U: Any, V: Any) -> tuple[Any, Any]:
    """(dL/dU, dL/dV) of the symmetric loss of two towers, row i of U (b, D) with row i of V (b, D).

    Raises ValueError unless both are matrices of the same shape.
    """
    U, V = _matrix(U, "U"), _matrix(V, "V")
    if U.shape != V.shape:
        raise ValueError(f"U and V must have the same shape, got {U.shape} and {V.shape}")
    S = U @ V.T
    by_row, by_column = info_nce_probs(S, False)[0], info_nce_probs(S.T, False)[0].T
    G = 0.5 * (by_row + by_column) - _namespace(S).eye(len(S))
    return G @ V, G.T @ U


def temperature_gradient(S: Any, P: Any, partner: ArrayLike, tau: float) -> Any:
    """dL/dtau for S = <z_i, z_j>/tau: -(1/tau) sum (p_ij - t_ij) s_ij, with P as `info_nce_probs` gives it.

    Raises ValueError on tau <= 0, and on S and P that are not square matrices of one shape.
    """
    S, P = _matrix(S, "S", square=True), _matrix(P, "P", square=True)
    if S.shape != P.shape:
        raise ValueError(f"S and P must have the same shape, got {S.shape} and {P.shape}")
    mates, tau = _partners(partner, S.shape[0], False), positive(tau, "tau")
    return -((P * S).sum() - S[np.arange(len(mates)), mates].sum()) / tau


def two_pass_grad(
    encode: Callable[..., Any],
    params: Any,
    X: Any,
    cotangent: Callable[[Any], Any],
    chunk: int,
    keys: Any = None,
) -> Any:
    """The gradient by `params` of any loss of the features H = encode(params, X), from chunks: a pytree like `params`.

    First pass: H (b, D) of all chunks, nothing else is kept; then ``cotangent(H)`` = dL/dH, once. Second pass: the
    gradient of sum_i <h_i, cotangent_i> of each chunk, added up. Exact if `encode` treats each sample by itself and
    gives the same features twice. For jax; to be called inside of `jax.jit`.
    encode     (params, x) -> (c, D), with `keys` (params, x, keys) -> (c, D). X, keys: leading axis b, cut into chunks.
    Raises ValueError unless the chunk size divides b, and on a cotangent that is not shaped like H.
    """
    size, inputs = count(chunk, "chunk"), (X,) if keys is None else (X, keys)
    lengths = {leaf.shape[0] for leaf in jax.tree.leaves(inputs)}
    if len(lengths) != 1 or (b := lengths.pop()) % size:
        raise ValueError(f"chunk must divide the common number of samples, got {size} for {sorted(lengths) or b}")
    chunks = jax.tree.map(lambda v: v.reshape(-1, size, *v.shape[1:]), inputs)
    _, features = jax.lax.scan(lambda _, part: (None, encode(params, *part)), None, chunks)
    H = features.reshape(b, -1)
    fixed = cotangent(H)
    if fixed.shape != H.shape:
        raise ValueError(f"cotangent must return the shape of the features, {H.shape}, got {fixed.shape}")

    def add(total: Any, part: Any) -> tuple[Any, None]:
        own, weights = part
        grad = jax.grad(lambda p: (encode(p, *own).reshape(weights.shape) * weights).sum())(params)
        return jax.tree.map(jnp.add, total, grad), None

    start = jax.tree.map(jnp.zeros_like, params)
    return jax.lax.scan(add, start, (chunks, fixed.reshape(-1, size, H.shape[1])))[0]
