"""What the sides of a numeric statement return: exact rationals, arrays, their distance, their shape in words."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp


def exact(x: Any) -> tuple[Fraction, ...] | None:
    """The value of a side as exact rationals, or None when it is not made of integers and fractions."""
    if isinstance(x, (bool, int, np.integer, np.bool_)):
        return (Fraction(int(x)),)
    if isinstance(x, Fraction):
        return (x,)
    if isinstance(x, sp.Rational):
        return (Fraction(int(x.p), int(x.q)),)
    if isinstance(x, np.ndarray) and (x.dtype.kind in "biu" or x.dtype == object):
        x = x.ravel().tolist()
    if isinstance(x, (list, tuple)):
        parts = [exact(v) for v in x]
        return None if any(p is None for p in parts) else tuple(v for p in parts if p is not None for v in p)
    return None


def numbers(x: Any) -> np.ndarray:
    """The value of a side as an array of numbers."""
    if isinstance(x, sp.Basic):
        x = complex(x) if not x.is_real else (int(x) if x.is_Integer else float(x))
    if isinstance(x, (list, tuple)):
        return np.concatenate([np.ravel(numbers(v)) for v in x]) if x else np.zeros(0)
    if isinstance(x, (np.ndarray, np.integer)) and np.asarray(x).dtype.kind in "iu":
        if np.abs(np.asarray(x, dtype=float)).max(initial=0) >= 2.0**62:
            raise ValueError("integers beyond 2^62 in a fixed-width array may have wrapped around: use Python integers")
    if isinstance(x, Fraction):
        return np.asarray(float(x))
    array = np.asarray(x)
    if array.dtype == object:
        array = array.astype(complex if any(isinstance(v, complex) for v in array.ravel()) else float)
    if array.dtype.kind not in "biufc":
        raise ValueError(f"a side returns numbers, got {array.dtype}")
    return array if array.dtype.kind in "fc" else array.astype(float)


def error_of(left: np.ndarray, right: np.ndarray, scale: str) -> float:
    """Largest difference, relative to the larger side (max norm) or absolute. Not finite on either side: infinite."""
    if left.shape != right.shape:
        if left.size != 1 or right.size != 1:  # a vector is no number, a row no column
            return float("inf")
        left, right = left.reshape(()), right.reshape(())
    if left.size == 0:
        return float("inf")
    both = np.abs(left).max(initial=0.0), np.abs(right).max(initial=0.0)
    if not np.isfinite(both).all():
        return float("inf")
    gap = float(np.abs(left - right).max())
    if scale == "absolute":
        return gap
    return gap / max(both) if max(both) > 0 else 0.0


def describe_point(point: dict[str, Any]) -> str:
    """A point of a numeric domain in words, arrays abbreviated."""
    return ", ".join(f"{k} = {describe_value(v)}" for k, v in point.items())


def describe_value(v: Any) -> str:
    if isinstance(v, np.ndarray):
        if v.size <= 9:
            return np.array2string(v, precision=4, suppress_small=True).replace("\n", "")
        shape = "×".join(map(str, v.shape))
        return f"array {shape}" + (f" of norm {np.linalg.norm(v):.4g}" if v.dtype.kind in "iufc" else "")
    if isinstance(v, (float, np.floating)):
        return f"{v:.6g}"
    text = str(v)
    return text if len(text) < 60 else text[:57] + "..."


def perturbed(value: Any) -> Any:
    """An ingredient made wrong: a matrix transposed (or its first entry moved), a number moved by 5 %, an integer
    by one.
    """
    if isinstance(value, (bool, str)) or value is None:
        return None
    if isinstance(value, (int, np.integer)):
        return int(value) + 1
    if isinstance(value, (float, complex, np.floating, np.complexfloating)):
        return value * 1.05 if value else value + 0.05
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc" and value.size:
        if value.ndim == 2 and value.shape[0] == value.shape[1] and not np.allclose(value, value.T):
            return value.T.copy()
        out = value.copy()
        out.flat[0] = out.flat[0] * 1.05 + 0.05
        return out
    return None


@functools.lru_cache(maxsize=512)
def _parameters(f: Callable[..., Any]) -> frozenset[str] | None:
    """The ingredients that a function takes by name; None for all."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return frozenset(p.name for p in parameters if p.kind is not p.VAR_POSITIONAL)


def wanted(f: Callable[..., Any], point: dict[str, Any]) -> dict[str, Any]:
    """Those ingredients of a point that a side asks for."""
    names = _parameters(f)
    return point if names is None else {k: v for k, v in point.items() if k in names}
