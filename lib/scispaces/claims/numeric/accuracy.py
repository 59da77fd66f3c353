"""What the numeric leg knows of its own accuracy: undefined points, quadrature errors, digits lost to cancellation."""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import sympy as sp
from mpmath import mp

from .. import nodes as N

MPMatrix: Any = mpmath.matrix
Env = dict[Any, Any]

_quadrature_errors: list[float] = []
_lost_digits: list[float] = []


class Undefined(ArithmeticError):
    """The tree has no finite value at this point."""


class OutOfReach(Undefined):
    """There may be a value, but not one that this leg computes: the point is passed over."""


def entries(x: Any) -> list[Any]:
    return list(x) if isinstance(x, MPMatrix) else [x]


def size_of(x: Any) -> Any:
    """Largest modulus among the entries."""
    return max((abs(e) for e in entries(x)), default=mp.mpf(0))


def note_error(error: Any, result: Any) -> None:
    _quadrature_errors.append(float(abs(error) / max(abs(result), mp.mpf(10) ** -8)))


def note_relative_error(error: float) -> None:
    """Record an error estimate that is relative already."""
    _quadrature_errors.append(error)


def note_lost_digits(digits: float) -> None:
    """Record the digits that a remembered value had lost."""
    _lost_digits.append(digits)


def note_cancellation(terms: list[Any], total: Any, spare: int = 0) -> None:
    """Record how many digits an addition has lost, beyond the spare ones that it was computed with."""
    big = max(size_of(x) for x in terms)
    if big:
        left = size_of(total)
        lost = float(mp.log10(big / left)) - spare if left else float(mp.dps)
        _lost_digits.append(lost)


@functools.lru_cache(maxsize=4096)
def is_exact_sum(tree: sp.Add) -> bool:
    """n - j, 2 x + 1: sums of integer multiples of symbols are exact, what cancels there is no rounding."""
    return all(
        a.is_Integer
        or a.is_Symbol
        or (a.is_Mul and all(f.is_Integer or f.is_Symbol for f in a.args) and len(a.args) == 2)
        for a in tree.args
    )


@functools.lru_cache(maxsize=4096)
def is_cheap(tree: sp.Basic) -> bool:
    """Whether a thousand digits more cost little: no quadrature, summation, difference or power series inside."""
    return not N.contains(tree, *_COSTLY)


_COSTLY = (
    sp.Integral, sp.Sum, sp.Product, sp.Limit, sp.Derivative, N.D, N.Exp, N.Log, N.Sin, N.Cos, N.Expect, N.MFun,
)  # fmt: skip


def digits_lost() -> float:
    """The most digits that an addition has lost to cancellation since the last call, which resets it."""
    worst = max(_lost_digits, default=0.0)
    _lost_digits.clear()
    return worst


def worst_quadrature_error() -> float:
    """The largest relative error estimate of an integral since the last call, which resets it."""
    worst = float(max(_quadrature_errors, default=0.0))
    _quadrature_errors.clear()
    return worst
