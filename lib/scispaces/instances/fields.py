"""Families of quasilinear equations in the plane, for checks of the method of characteristics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scispaces._validate import finite

__all__ = ["wavy"]

Array = NDArray[np.float64]
Field = Callable[[Array, Array], Array]


def wavy(a: float, g: Callable[[Array], Array] | None = None, h: Callable[[Array], Array] | None = None
         ) -> tuple[Field, Field]:  # fmt: skip
    """alpha = g(u) (1 + u^2/2, sin(a x_1) - u) and beta = h(u) cos(x_2); g is 1 and h is g where they are not given.

    The first component of alpha is positive, so that every curve reaches each line x_1 = const to its right.
    Any real a, arrays x of shape (k, 2) and u of shape (k,). Raises ValueError unless a is a finite number.
    """
    a = finite(a, "a")

    def speed(u: Array) -> Array:
        return np.ones_like(u) if g is None else g(u)

    def alpha(x: Array, u: Array) -> Array:
        return speed(u)[:, None] * np.stack([1 + u**2 / 2, np.sin(a * x[:, 0]) - u], 1)

    def beta(x: Array, u: Array) -> Array:
        return (speed(u) if h is None else h(u)) * np.cos(x[:, 1])

    return alpha, beta
