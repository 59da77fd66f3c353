r"""Probabilistic latent semantic analysis: counts of words in documents as a product of two stochastic matrices.

    log-likelihood  sum_dv N_dv log (A B)_dv,  rows of A (D, K) and B (K, V) on the simplex

Its EM steps are those of nonnegative matrix factorisation under the generalised KL divergence, then normalised.
Source: Hofmann, "Probabilistic Latent Semantic Analysis", UAI 1999 (arXiv 1301.6705). Peer: sklearn NMF.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from scispaces._validate import as_array

__all__ = ["Topics", "plsa_loglikelihood", "plsa_step"]

Array = NDArray[np.float64]


class Topics(NamedTuple):
    """A (D, K), topics of a document, and B (K, V), words of a topic."""

    A: Array
    B: Array


def _checked(N: ArrayLike, topics: Topics) -> tuple[Array, Array, Array]:
    N, A, B = (as_array(M, name, ndim=2, real=True) for M, name in zip((N, *topics), "NAB", strict=True))
    if A.shape[1] != len(B) or N.shape != (len(A), B.shape[1]):
        raise ValueError(f"A (D, K) and B (K, V) must fit N {N.shape}, got {A.shape} and {B.shape}")
    if min(N.min(), A.min(), B.min()) < 0 or N.sum() <= 0:
        raise ValueError("N, A and B must have entries >= 0, and N a positive sum")
    return N, A, B


def plsa_loglikelihood(N: ArrayLike, topics: Topics) -> float:
    """sum N log(A B), -inf where a word occurs that the model excludes."""
    N, A, B = _checked(N, topics)
    with np.errstate(divide="ignore"):
        return float(xlogy(N, A @ B).sum())


def plsa_step(N: ArrayLike, topics: Topics) -> Topics:
    """One EM step: A * (R B^T) and B * (A^T R), both from the old A and B, R = N/(A B); then rows are normalised.

    N (D, V) counts, zeros allowed; no document and no topic may be empty. Raises ValueError: shapes, entries < 0,
    a document without words, a topic to which no word is assigned.
    """
    N, A, B = _checked(N, topics)
    model = A @ B
    if np.any((N > 0) & (model <= 0)):
        raise ValueError("A B must be positive where N is")
    R = np.divide(N, model, out=np.zeros_like(model), where=N > 0)
    A, B = A * (R @ B.T), B * (A.T @ R)
    if min(A.sum(axis=1).min(), B.sum(axis=1).min()) <= 0:
        raise ValueError("every document must have words and every topic some of them")
    return Topics(A / A.sum(axis=1, keepdims=True), B / B.sum(axis=1, keepdims=True))
