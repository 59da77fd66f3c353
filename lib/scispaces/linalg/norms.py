"""Euclidean norms that neither overflow nor underflow, and differ in no bit from the plain ones where those work.

The entries are divided by a power of two before they are squared, which is exact: in the normal range of numbers
`euclidean_norm(x)` is bit for bit sqrt(sum x^2).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["binary_scale", "euclidean_norm"]

Array = NDArray[np.float64]


def binary_scale(x: Any, axis: int | None = -1, keepdims: bool = True) -> Array:
    """The power of two 2^e with max |x| in [2^(e-1), 2^e) along `axis` (None: of all entries); 1 where x = 0.

    Real, finite x. Dividing by it and multiplying again is exact, barring subnormal numbers.
    """
    largest = np.max(np.abs(x), axis=axis, keepdims=keepdims) if np.ndim(x) else np.abs(x)
    exponent = np.where(largest > 0, np.frexp(largest)[1], 0)
    return np.ldexp(1.0, np.clip(exponent, -1021, 1023))


def euclidean_norm(x: Any, axis: int = -1, keepdims: bool = False) -> Array:
    """|x| along `axis` for a real array of any scale, from 1e-308 to 1e308.

    >>> [float(euclidean_norm([3 * s, 4 * s]) / s) for s in (2.0**-900, 1.0, 2.0**900)]
    [5.0, 5.0, 5.0]
    """
    x = np.asarray(x, dtype=float)
    scale = binary_scale(x, axis)
    length = scale * np.sqrt(np.sum((x / scale) ** 2, axis=axis, keepdims=True))
    return length if keepdims else np.squeeze(length, axis=axis)
