r"""Negative log-likelihoods of decoders, summed over the last axis: for numpy arrays, for jax arrays, for traced ones.

    normal       -log N(x; m, diag e^v) = 1/2 sum_k [(x_k - m_k)^2 e^{-v_k} + v_k + log 2 pi]
    Bernoulli    sum_k softplus(l_k) - x_k l_k,    rho = 1 / (1 + e^{-l}) the probability of a one

Nothing is validated here (a loss is traced): shapes broadcast, the sum is over the LAST axis, never a mean. Averaging
over pixels would multiply the weight of the reconstruction by their number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scispaces.backend import jax, jnp

__all__ = ["bernoulli_nll", "gaussian_nll"]


def _namespace(*arrays: Any) -> Any:
    return jnp if any(isinstance(a, jax.Array) for a in arrays) else np


def gaussian_nll(x: Any, mean: Any, logvar: Any) -> Any:
    """-log N(x; mean, diag exp(logvar)), (..., D) -> (...,); logvar (log of the VARIANCE) may be a number."""
    xp = _namespace(x, mean, logvar)
    return xp.sum((x - mean) ** 2 * xp.exp(-logvar) + logvar + np.log(2 * np.pi), axis=-1) / 2


def bernoulli_nll(logits: Any, x: Any) -> Any:
    """-sum_k [x_k log rho_k + (1 - x_k) log(1 - rho_k)] for logits of rho, (..., D) -> (...,); exact at logits of 800.

    For 0 < x_k < 1 this is the cross-entropy, which is not the logarithm of a density.
    """
    xp = _namespace(logits, x)
    return xp.sum(xp.logaddexp(0.0, logits) - x * logits, axis=-1)
