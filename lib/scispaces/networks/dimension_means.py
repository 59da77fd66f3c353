"""Averages of a layer's two dimensions, and the objectives that each of them minimises.

Convention: a layer with m inputs (fan-in) and n outputs (fan-out), y = W x with W of shape (n, m); codes that store
the weights of y = x W as (m, n) mean the same layer. An initialization rule is a mean A(m, n), and the entries of W get
the variance t = 1 / A(m, n). The gains of the layer are m t (forward) and n t (backward).

Source: 初始化方法中非方阵的维度平均策略思考 (kexue.fm/archives/8725); the Lehmer family and the objectives are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, finite, must_broadcast, one_of_names, positive_int

__all__ = [
    "MEANS",
    "Rule",
    "as_rule",
    "dimension_mean",
    "exact_mean",
    "gain_penalty",
    "lehmer_mean",
    "lp_optimal_variance",
]

Array = NDArray[np.float64]
Rule = str | Callable[[Any, Any], Any]

MEANS = (
    "fan_in",
    "fan_out",
    "harmonic",
    "geometric",
    "arithmetic",
    "contraharmonic",
    "max",
    "lehmer",
    "alpha",
)
_PLAIN = MEANS[:-2]


def dimension_mean(
    m: ArrayLike, n: ArrayLike, kind: str, q: float | None = None, alpha: float | None = None
) -> Array | float:
    """The mean A(m, n) called `kind` of m inputs and n outputs, positive numbers or arrays that broadcast.

    kind            A(m, n)                     as an initializer, t = 1/A
    fan_in          m                           LeCun
    fan_out         n
    harmonic        2 m n / (m + n)             H = L_0
    geometric       sqrt(m n)                   G = L_{1/2}; jax: "fan_geo_avg"
    arithmetic      (m + n) / 2                 A = L_1; Glorot (Xavier), jax and Keras: "fan_avg"
    contraharmonic  (m^2 + n^2) / (m + n)       C = L_2
    max             max(m, n)                   L_infinity
    lehmer          L_q(m, n), needs q          see `lehmer_mean`
    alpha           m^(1-alpha) n^alpha, needs alpha in [0, 1]

    Floats in, float out. Raises ValueError on sizes that are not positive and finite, an unknown kind, a missing
    or unasked-for parameter. No overflow for sizes up to 1e300.

    >>> dimension_mean(768, 3072, "geometric")
    1536.0
    """
    kind = one_of_names(kind, "kind", MEANS)
    for name, value, owner in (("q", q, "lehmer"), ("alpha", alpha, "alpha")):
        if (value is None) == (kind == owner):
            raise ValueError(f"{name} must be given for kind={owner!r} and for no other, got {name}={value!r}, {kind=}")
    a, b = _sizes(m, n)
    if kind == "alpha":
        weight = finite(alpha, "alpha", 0.0, 1.0)
        return _plain(a ** (1 - weight) * b**weight)
    if kind in ("fan_in", "fan_out"):
        return _plain(np.broadcast_arrays(a, b)[kind == "fan_out"].copy())
    if kind == "geometric":
        low, high = np.minimum(a, b), np.maximum(a, b)
        ratio = low / high  # exact where the root of the ratio is; far apart it underflows
        return _plain(np.where(ratio > 1e-290, high * np.sqrt(ratio), np.sqrt(low) * np.sqrt(high)))
    order = {"harmonic": 0.0, "arithmetic": 1.0, "contraharmonic": 2.0, "max": np.inf}
    return lehmer_mean(a, b, order[kind] if q is None else q)


def lehmer_mean(m: ArrayLike, n: ArrayLike, q: float) -> Array | float:
    """L_q = (m^q + n^q) / (m^(q-1) + n^(q-1)), increasing in q, from min (q = -inf) to max (q = inf).

    With r = min/max in (0, 1] it is max (1 + r^q) / (1 + r^(q-1)) for q >= 1 and, multiplied through by r^(1-q),
    max (r + r^(1-q)) / (1 + r^(1-q)) for q <= 1: no power overflows, whatever q is. L_q L_(1-q) = m n.
    Raises ValueError on non-positive sizes or q = NaN.

    >>> lehmer_mean(1.0, 4.0, 0.5)
    2.0
    """
    a, b = _sizes(m, n)
    try:
        order = float(q)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("q must be a number, got " + type(q).__name__) from None
    if np.isnan(order):
        raise ValueError("q must be a number, got NaN")
    low, high = np.minimum(a, b), np.maximum(a, b)
    r = low / high
    if np.isinf(order):
        return _plain(high if order > 0 else low)
    if order >= 1:
        return _plain(high * (1 + r**order) / (1 + r ** (order - 1)))
    with np.errstate(over="ignore", divide="ignore"):
        near = high * ((r + r ** (1 - order)) / (1 + r ** (1 - order)))
        # where r underflows: high r = low, high r^(1-q) = high^q low^(1-q)
        far = low + (high**order * low ** (1 - order) if order > 0 else low * r**-order)
    return _plain(np.where(r > 1e-290, near, far))


def exact_mean(m: int, n: int, kind: str) -> Fraction:
    """The mean of two positive integers as an exact fraction.

    kind: any of `MEANS` without a parameter. The geometric mean is rational only if m n is a square: otherwise
    ValueError, as for sizes < 1 and unknown kinds.

    >>> exact_mean(768, 3072, "contraharmonic")
    Fraction(13056, 5)
    """
    m, n = positive_int(m, "m"), positive_int(n, "n")
    kind = one_of_names(kind, "kind", _PLAIN)
    if kind == "geometric":
        root = isqrt(m * n)
        if root * root != m * n:
            raise ValueError(f"the geometric mean of {m} and {n} must be rational, got the root of {m * n}")
        return Fraction(root)
    return {
        "fan_in": Fraction(m),
        "fan_out": Fraction(n),
        "harmonic": Fraction(2 * m * n, m + n),
        "arithmetic": Fraction(m + n, 2),
        "contraharmonic": Fraction(m * m + n * n, m + n),
        "max": Fraction(max(m, n)),
    }[kind]


def as_rule(rule: Rule) -> Callable[[Any, Any], Any]:
    """A rule as a function A(m, n): the name of a mean without a parameter, or the function itself.

    Raises ValueError on anything else. For a Lehmer or alpha rule pass a function,
    ``lambda m, n: dimension_mean(m, n, "alpha", alpha=0.3)``.
    """
    if callable(rule):
        return rule
    kind = one_of_names(rule, "rule", _PLAIN)
    return lambda m, n: dimension_mean(m, n, kind)


def lp_optimal_variance(m: ArrayLike, n: ArrayLike, p: float) -> Array | float:
    """The variance t that minimises |m t - 1|^p + |n t - 1|^p: 1 / L_q(m, n) with 1/p + 1/q = 1.

    p = 1: 1 / max(m, n). p = 2: 1 / contraharmonic. p = inf, the larger of the two errors: 2 / (m + n), Glorot's.
    Unique for m != n; for m = n every p gives 1/m. Raises ValueError for p < 1 or non-positive sizes.
    """
    try:
        order = float(p)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("p must be a number >= 1, got " + type(p).__name__) from None
    if not order >= 1:
        raise ValueError(f"p must be a number >= 1, got {p!r}")
    conjugate = np.inf if order == 1 else 1.0 if np.isinf(order) else order / (order - 1)
    return _plain(1 / np.asarray(lehmer_mean(m, n, conjugate)))


def gain_penalty(t: ArrayLike, m: float, n: float, p: float) -> Array | float:
    """How far the gains m t and n t are from 1: |m t - 1|^p + |n t - 1|^p, or the larger distance for p = inf.

    t: positive variance(s), any shape. Raises ValueError for p < 1 or values that are not positive.
    """
    variances, _ = _sizes(t, 1.0)
    a, b = _sizes(m, n)
    distances = np.stack(np.broadcast_arrays(np.abs(a * variances - 1), np.abs(b * variances - 1)))
    if p == np.inf:
        return _plain(distances.max(axis=0))
    return _plain(np.sum(distances ** finite(p, "p", 1.0), axis=0))


def _sizes(m: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    a, b = as_array(m, "m", real=True), as_array(n, "n", real=True)
    for name, value in (("m", a), ("n", b)):
        if (value <= 0).any():
            raise ValueError(f"{name} must be > 0, got {value.min()}")
    must_broadcast(m=a, n=b)
    return a, b


def _plain(x: Any) -> Array | float:
    """A float for a scalar, else the array."""
    return float(x) if np.ndim(x) == 0 else np.asarray(x)
