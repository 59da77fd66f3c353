r"""Differentiable stand-ins for max, argmax and the k largest, with a sharpness K.

    L_K(x) = 1/K log sum_i exp(K x_i)        log-sum-exp;  max <= L_K <= max + log(n)/K
    p_i    = exp(K x_i) / sum_j exp(K x_j)   softmax;      K -> infinity: one-hot of the argmax
    B_K(x) = sum_i p_i x_i                   Boltzmann;    max - log(n)/K <= B_K <= max
    A_K(x) = sum_i i p_i                     soft argmax

Functions work along `axis` and take xp = jax.numpy for use under grad and jit (then only shapes are checked). All are
computed from x - max(x): nothing overflows, and K x may be as large as floating point allows.

Source: Beck, Teboulle, "Smoothing and First Order Methods", SIAM J. Optim. 22 (2012); Asadi, Littman, "An Alternative
Softmax Operator for Reinforcement Learning", ICML 2017.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import lambertw

from scispaces._validate import as_array, positive, positive_int

__all__ = ["boltzmann_max", "boltzmann_worst", "lse", "lse_error_bounds", "soft_argmax", "soft_kmax", "softmax"]

Array = Any  # a numpy or a jax array


def lse(x: Array, K: float = 1.0, axis: int = -1, mean: bool = False, xp: Any = np) -> Array:
    r"""L_K(x) = 1/K log sum_i exp(K x_i) along `axis`; with `mean` the sum is divided by n.

    K != 0; negative K gives a soft minimum. Entries may be -inf (K > 0: they do not count); all -inf gives -inf.
    Returns an array without that axis. Raises ValueError: K = 0 or not finite, an empty axis, NaN, +inf.
    Numerical notes: relative to the maximum, so that lse([1e200, 0]) is 1e200; what the others add goes through log1p,
    so that lse([0, -50]) is 1.9e-22. Peer: scipy.special.logsumexp.
    """
    x, K = _scores(x, axis, xp, low=True), _sharpness(K)
    place = xp.expand_dims(xp.argmax(x, axis=axis) if K > 0 else xp.argmin(x, axis=axis), axis)
    leader = xp.take_along_axis(x, place, axis=axis)
    top = xp.where(xp.isfinite(leader), leader, 0.0)
    shape = [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]
    others = xp.arange(x.shape[axis]).reshape(shape) != place
    with np.errstate(over="ignore"):  # -inf and beyond 1e308: exp gives 0
        rest = xp.sum(xp.where(others & xp.isfinite(leader), xp.exp(K * (x - top)), 0.0), axis=axis)
        logs = xp.log((1 + rest) / x.shape[axis]) if mean else xp.log1p(rest)
    return xp.squeeze(leader, axis=axis) + logs / K


def softmax(x: Array, K: float = 1.0, axis: int = -1, xp: Any = np) -> Array:
    r"""p_i = exp(K x_i) / sum_j exp(K x_j) along `axis`, the same shape as x.

    Entries may be -inf (their share is 0), but not all of them. Raises ValueError: K = 0 or not finite, an empty axis,
    NaN, +inf, a slice of -inf only. Peer: scipy.special.softmax.
    """
    x, K = _scores(x, axis, xp, low=K > 0), _sharpness(K)
    top = xp.max(x, axis=axis, keepdims=True) if K > 0 else xp.min(x, axis=axis, keepdims=True)
    if xp is np and not np.isfinite(top).all():
        raise ValueError("softmax of entries that are all -inf is not defined")
    with np.errstate(over="ignore"):
        weights = xp.exp(K * (x - top))
    return weights / xp.sum(weights, axis=axis, keepdims=True)


def boltzmann_max(x: Array, K: float = 1.0, axis: int = -1, xp: Any = np) -> Array:
    """B_K(x) = <softmax(K x), x> along `axis`: never above max x, below it by at most `boltzmann_worst(n, K)` (K > 0).

    Neither convex nor monotone in x. Finite entries only. Raises ValueError as `softmax`.
    """
    x = _scores(x, axis, xp)
    top = xp.max(x, axis=axis, keepdims=True)
    return xp.squeeze(top, axis=axis) - xp.sum(softmax(x, K, axis, xp) * (top - x), axis=axis)


def soft_argmax(x: Array, K: float = 1.0, axis: int = -1, base: int = 1, xp: Any = np) -> Array:
    """A_K(x) = sum_i i softmax(K x)_i along `axis`, the indices counted from `base`: a number, in general no integer.

    Raises ValueError as `softmax`.
    """
    p = softmax(x, K, axis, xp)
    places = np.arange(base, base + p.shape[axis], dtype=float)
    return xp.sum(p * places.reshape([-1 if a == axis % p.ndim else 1 for a in range(p.ndim)]), axis=axis)


def lse_error_bounds(n: int, K: float = 1.0) -> tuple[float, float]:
    """The interval of L_K(x) - max x over all x with n entries: (0, log(n)/K). Raises ValueError: n < 1, K <= 0."""
    return 0.0, float(np.log(positive_int(n, "n")) / positive(K, "K"))


def boltzmann_worst(n: int, K: float = 1.0) -> float:
    r"""The largest max x - B_K(x) over all x with n entries: W((n-1)/e)/K, with Lambert's W.

    It is attained where n - 1 equal entries lie (1 + W)/K below the maximum. Raises ValueError: n < 1, K <= 0.
    """
    return float(lambertw((positive_int(n, "n") - 1) / np.e).real / positive(K, "K"))


def soft_kmax(x: Array, k: int, K: float = 1.0, axis: int = -1, xp: Any = np) -> Array:
    r"""A soft multi-hot vector of the k largest by recursion: softmax k times, each time with the found ones masked.

    x <- K (x - min x), p = 0; k times: p <- p + softmax((1 - p) x). Entries are nonnegative and sum to k, but may
    exceed 1; for K -> infinity the result is the multi-hot vector of the k largest if k < n and the k + 1 largest
    entries are distinct, and wrong otherwise.
    Raises ValueError: k outside 1..n, K <= 0, an empty axis, entries that are not finite.
    """
    x = _scores(x, axis, xp)
    k, K = positive_int(k, "k", maximum=x.shape[axis]), positive(K, "K")
    with np.errstate(over="ignore"):
        z = K * (x - xp.min(x, axis=axis, keepdims=True))
    if xp is np and not np.isfinite(z).all():
        raise ValueError("K (x - min x) must be finite")
    p = xp.zeros_like(z)
    for _ in range(k):
        p = p + softmax((1 - p) * z, 1.0, axis, xp)
    return p


def _sharpness(K: Any) -> float:
    if not np.isscalar(K) or isinstance(K, (str, bytes, bool, complex)) or not np.isfinite(K) or K == 0:
        raise ValueError(f"K must be a finite number other than 0, got {K!r}")
    return float(K)


def _scores(x: Array, axis: int, xp: Any, low: bool = False) -> Array:
    """x as real numbers with an `axis` that is not empty; -inf only with `low`."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
        raise ValueError(f"axis must be an integer, got {axis!r}")
    if xp is not np:
        x = xp.asarray(x)
    else:
        x = np.asarray(x)
        finite = np.where(np.isneginf(x), 0.0, x) if low and x.dtype.kind == "f" else x
        as_array(finite, "x", real=True)
        x = x.astype(float)
    if not -x.ndim <= axis < x.ndim or x.shape[axis] == 0:
        raise ValueError(f"x must have entries along axis {axis}, got shape {x.shape}")
    return x
