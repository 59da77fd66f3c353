"""Scientific Spaces, Recomputed: the shared library of the book.

Randomness is explicit everywhere: `rng(seed)` for numpy and `key(seed)` for jax are the only two doors. Both shift
every seed by the environment variable ``SCISPACES_SEED_SHIFT`` (default 0), so that ``make stress`` can run the
whole book under other seeds without editing a line.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import jax

__all__ = ["key", "rng", "seed_shift"]


def seed_shift() -> int:
    """The integer by which all seeds are shifted (environment variable ``SCISPACES_SEED_SHIFT``, default 0)."""
    text = os.environ.get("SCISPACES_SEED_SHIFT", "0")
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"SCISPACES_SEED_SHIFT must be an integer, got {text!r}") from None


def _shifted(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"a seed is a non-negative integer, got {seed!r}")
    return int(seed) + 1_000_003 * seed_shift()


def rng(seed: int) -> np.random.Generator:
    """A fresh numpy generator for `seed` (shifted by `seed_shift()`). Raises ValueError on a bad seed."""
    return np.random.default_rng(abs(_shifted(seed)))


def key(seed: int) -> jax.Array:
    """A fresh jax random key for `seed` (shifted by `seed_shift()`). Raises ValueError on a bad seed."""
    from scispaces.backend import jax

    return jax.random.key(abs(_shifted(seed)) % 2**32)
