"""Input checks shared by the topic modules: each returns the value in its canonical type or raises ValueError.

Every message has the same form: what the argument is called, what is wanted, what came. All functions accept anything
`numpy.asarray` accepts (lists, numpy and jax arrays, scalars) and return numpy arrays, Python ints or Python floats.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "MOST",
    "as_array",
    "as_matrix",
    "check_rng",
    "count",
    "finite",
    "must_broadcast",
    "one_of_names",
    "positive",
    "positive_int",
    "room",
    "same_shape",
]

#: The most steps, rows, draws or terms that one call makes or holds.
MOST = 10_000_000
LARGEST = 2**53  # up to here every integer is a float


def as_array(
    x: ArrayLike,
    name: str,
    ndim: int | tuple[int, ...] | None = None,
    shape: tuple[int | None, ...] | None = None,
    real: bool = False,
    empty: bool = False,
) -> NDArray[Any]:
    """`x` as a float64 or complex128 array with finite entries.

    ndim: the allowed number (or numbers) of dimensions. shape: the wanted shape, None for a free length.
    real: refuse complex input. empty: allow arrays without entries.
    Raises ValueError on ragged or non-numeric input, NaN or infinity, a wrong shape, an empty array.
    """
    try:
        raw = np.asarray(x)
        if raw.dtype.kind not in "biufcO":
            raise TypeError
        arr = raw.astype(np.complex128 if np.iscomplexobj(raw) else np.float64)
    except OverflowError:
        raise ValueError(f"{name} must have finite entries, got a number beyond the floats") from None
    except (TypeError, ValueError, AttributeError):
        raise ValueError(f"{name} must be an array of numbers, got {_kind(x)}") from None
    if real and np.iscomplexobj(arr):
        raise ValueError(f"{name} must be real, got complex entries")
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if allowed is not None and arr.ndim not in allowed:
        raise ValueError(f"{name} must have {' or '.join(map(str, allowed))} dimension(s), got shape {arr.shape}")
    if shape is not None and not _fits(arr.shape, shape):
        wanted = tuple("any" if n is None else n for n in shape)
        raise ValueError(f"{name} must have shape {wanted}, got {arr.shape}")
    if arr.size == 0 and not empty:
        raise ValueError(f"{name} must not be empty, got shape {arr.shape}")
    if not np.isfinite(arr).all():
        raise ValueError(f"{name} must have finite entries, got NaN or infinity")
    return arr


def as_matrix(
    A: ArrayLike, name: str, square: bool = False, batch: bool = False, real: bool = False, empty: bool = False
) -> NDArray[Any]:
    """`A` as a finite float64 or complex128 matrix, shape (m, n); with `batch` shape (..., m, n).

    square: demand m = n. real: refuse complex input. empty: allow matrices without entries, such as 0 x 0.
    Raises ValueError as `as_array` does, and on a non-square matrix where a square one is wanted.
    """
    arr = as_array(A, name, real=real, empty=empty)
    if arr.ndim < 2 or (arr.ndim > 2 and not batch):
        wanted = "(..., m, n)" if batch else "(m, n)"
        raise ValueError(f"{name} must be a matrix of shape {wanted}, got shape {arr.shape}")
    if square and arr.shape[-1] != arr.shape[-2]:
        raise ValueError(f"{name} must be square, got shape {arr.shape}")
    return arr


def same_shape(a: NDArray[Any], b: NDArray[Any], names: str) -> None:
    """Raise ValueError unless the two arrays have the same shape; `names` reads like "A and B"."""
    if a.shape != b.shape:
        raise ValueError(f"{names} must have the same shape, got {a.shape} and {b.shape}")


def positive_int(n: Any, name: str, minimum: int = 1, maximum: int | None = None) -> int:
    """`n` as a Python int with minimum <= n (<= maximum). Booleans and non-integral numbers raise ValueError.

    `minimum=0` admits zero: the name says what is asked for most. Without a maximum it is 2^53: larger integers are
    not floats any more.
    """
    wanted = f"an integer >= {minimum}" + ("" if maximum is None else f" and <= {maximum}")
    if isinstance(n, bool | np.bool_) or not isinstance(n, int | np.integer):
        raise ValueError(f"{name} must be {wanted}, got {_kind(n)}")
    if n < minimum or n > (LARGEST if maximum is None else maximum):
        raise ValueError(f"{name} must be {wanted}, got {int(n) if abs(int(n)) <= LARGEST else 'more than 2^53'}")
    return int(n)


def count(n: Any, name: str, minimum: int = 1, maximum: int = MOST) -> int:
    """`n` as the number of steps, draws, rows or terms of a loop or an array: an int with minimum <= n <= maximum.

    The maximum keeps a slip of the finger (steps = 10**9) from hanging or filling the memory.
    """
    return positive_int(n, name, minimum, maximum)


def room(what: str, *factors: int) -> None:
    """Raise ValueError if an array with these factors as its number of entries would have more than 2e8 of them."""
    entries = 1
    for factor in factors:
        entries *= int(factor)
    if entries > 200_000_000:
        raise ValueError(f"{what} must have at most 2e8 entries, got {entries:.3g}")


def check_rng(rng: Any) -> np.random.Generator:
    """`rng` if it is a numpy Generator, else ValueError that says how to get one."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng must be a numpy Generator, such as scispaces.rng(0), got {_kind(rng)}")
    return rng


def finite(x: Any, name: str, low: float | None = None, high: float | None = None) -> float:
    """`x` as a finite Python float with low <= x <= high, both ends optional. Raises ValueError otherwise."""
    wanted = "a finite real number"
    if low is not None or high is not None:
        wanted += f" in [{'-inf' if low is None else low}, {'inf' if high is None else high}]"
    try:
        arr = np.asarray(x)
        value = float(arr) if arr.ndim == 0 and arr.dtype.kind in "iuf" else float("nan")
    except (TypeError, ValueError, OverflowError):
        value = float("nan")
    if not np.isfinite(value) or (low is not None and value < low) or (high is not None and value > high):
        raise ValueError(f"{name} must be {wanted}, got {_kind(x)}")
    return value


def positive(x: Any, name: str) -> float:
    """`x` as a finite Python float > 0. Raises ValueError otherwise."""
    value = finite(x, name)
    if value <= 0:
        raise ValueError(f"{name} must be > 0, got {x!r}")
    return value


def one_of_names(value: Any, name: str, allowed: tuple[str, ...]) -> str:
    """`value` if it is one of the allowed words, else ValueError that lists them."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {_kind(value)}")
    return value


def must_broadcast(**arrays: NDArray[Any]) -> None:
    """Raises ValueError unless the named arrays have shapes that broadcast together."""
    shapes = [a.shape for a in arrays.values()]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        names, found = " and ".join(arrays), " and ".join(map(str, shapes))
        raise ValueError(f"{names} must broadcast, got shapes {found}") from None


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(w is None or n == w for n, w in zip(shape, wanted, strict=True))


def _kind(x: Any) -> str:
    """The value for a message: as it is where it is short, with its type where it is no number or text."""
    try:
        text = repr(x)
    except ValueError:  # an int of more digits than Python prints
        text = "a number of thousands of digits"
    text = text if len(text) <= 40 else text[:37] + "..."
    return text if isinstance(x, int | float | complex | str | np.number) else f"{type(x).__name__} {text}"
