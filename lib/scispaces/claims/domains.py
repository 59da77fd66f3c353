"""Where the ingredients of numeric statements come from: named samplers, with edges and small perturbations.

A sampler is called with a numpy generator and returns one value. It knows the edges of its domain and how to move a
value a little inside it; the adversarial search of `bound` uses both.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Generator = np.random.Generator


@dataclass(frozen=True)
class Sampler:
    """A domain: `text` for the record, `draw` a value, its `edges`, `move` a value by a relative step."""

    text: str
    draw: Callable[[Generator], Any]
    edges: tuple[Any, ...] = ()
    move: Callable[[Any, float, Generator], Any] | None = None
    values: tuple[Any, ...] | None = None  # of a finite domain

    def __call__(self, rng: Generator) -> Any:
        return self.draw(rng)


def _jiggle(x: Any, step: float, rng: Generator) -> Any:
    x = np.asarray(x)
    scale = max(float(np.abs(x).max(initial=0.0)), 1e-3)
    noise = rng.standard_normal(x.shape)
    if np.iscomplexobj(x):
        noise = noise + 1j * rng.standard_normal(x.shape)
    out = x + step * scale * noise
    return out if out.ndim else out[()]


def uniform(low: float, high: float) -> Sampler:
    """A real number between `low` and `high`, both ends included as edges."""
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"uniform(low, high) wants two finite ends in order, got {low}, {high}")

    def move(x: float, step: float, rng: Generator) -> float:
        return float(np.clip(x + step * (high - low) * rng.standard_normal(), low, high))

    return Sampler(f"[{low:g}, {high:g}]", lambda rng: float(rng.uniform(low, high)), (float(low), float(high)), move)


def log_uniform(low: float, high: float) -> Sampler:
    """A positive real number whose logarithm is uniform between those of `low` and `high`."""
    if not (0 < low < high < np.inf):
        raise ValueError(f"log_uniform(low, high) wants 0 < low < high, got {low}, {high}")

    def move(x: float, step: float, rng: Generator) -> float:
        return float(np.clip(x * np.exp(step * 3 * rng.standard_normal()), low, high))

    return Sampler(
        f"[{low:g}, {high:g}], log-uniform",
        lambda rng: float(np.exp(rng.uniform(np.log(low), np.log(high)))),
        (float(low), float(high)),
        move,
    )


def integers(low: int, high: int) -> Sampler:
    """An integer from `low` to `high`, both included."""
    if int(low) != low or int(high) != high or low > high:
        raise ValueError(f"integers(low, high) wants two integers in order, got {low}, {high}")

    def move(x: int, step: float, rng: Generator) -> int:
        return int(np.clip(x + rng.integers(-1, 2), low, high))

    return Sampler(f"integers {low}..{high}", lambda rng: int(rng.integers(low, high + 1)), (int(low), int(high)), move)


def normal(*shape: int, scale: float = 1.0) -> Sampler:
    """An array of this shape with independent N(0, scale^2) entries; a number when no shape is given."""

    def draw(rng: Generator) -> Any:
        return scale * rng.standard_normal(shape) if shape else float(scale * rng.standard_normal())

    label = "×".join(map(str, shape)) if shape else "number"
    return Sampler(f"Gaussian {label}" + (f" × {scale:g}" if scale != 1 else ""), draw, (), _jiggle)


def complex_normal(*shape: int) -> Sampler:
    """An array of this shape with independent standard complex Gaussian entries."""

    def draw(rng: Generator) -> Any:
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)

    return Sampler("complex Gaussian " + "×".join(map(str, shape)), draw, (), _jiggle)


MATRIX_KINDS = ("gaussian", "nonnormal", "defective", "symmetric", "complex", "scaled")


def random_matrix(
    kmin: int, kmax: int, kinds: Sequence[str] = ("gaussian", "nonnormal", "defective", "symmetric"), scale: float = 1.0
) -> Sampler:
    """A square matrix of a size from kmin to kmax.

    Kinds: gaussian (entries N(0, 1/k)), nonnormal (strongly upper triangular), defective (a conjugated Jordan
    block), symmetric,
    complex, scaled (gaussian with norms from 1e-3 to 10).
    """
    if unknown := set(kinds) - set(MATRIX_KINDS):
        raise ValueError(f"unknown kinds {sorted(unknown)}; there are {', '.join(MATRIX_KINDS)}")
    if not 1 <= kmin <= kmax or not kinds:
        raise ValueError(f"sizes 1 <= kmin <= kmax and at least one kind are wanted, got {kmin}, {kmax}, {kinds}")

    def draw(rng: Generator) -> np.ndarray:
        k = int(rng.integers(kmin, kmax + 1))
        kind = kinds[int(rng.integers(len(kinds)))]
        G = rng.standard_normal((k, k)) / np.sqrt(k)
        if kind == "nonnormal":
            G = G + 4 * np.triu(rng.standard_normal((k, k)), 1) / np.sqrt(k)
        elif kind == "symmetric":
            G = (G + G.T) / np.sqrt(2)
        elif kind == "complex":
            G = (G + 1j * rng.standard_normal((k, k)) / np.sqrt(k)) / np.sqrt(2)
        elif kind == "scaled":
            G = G * 10 ** rng.uniform(-3, 1)
        elif kind == "defective":
            Q = np.eye(k) + np.tril(rng.integers(-1, 2, (k, k)), -1)
            J = rng.standard_normal() * np.eye(k) + np.diag(np.ones(k - 1), 1)
            G = Q @ J @ np.linalg.inv(Q)
        return scale * G

    return Sampler(f"{'/'.join(kinds)} matrices, k = {kmin}..{kmax}", draw, (), _jiggle)


def spd_matrix(kmin: int, kmax: int, smallest: float = 1e-2) -> Sampler:
    """A symmetric positive definite matrix of a size from kmin to kmax, eigenvalues from `smallest` up."""
    if not 1 <= kmin <= kmax or smallest <= 0:
        raise ValueError(f"1 <= kmin <= kmax and smallest > 0 are wanted, got {kmin}, {kmax}, {smallest}")

    def draw(rng: Generator) -> np.ndarray:
        k = int(rng.integers(kmin, kmax + 1))
        Q, _ = np.linalg.qr(rng.standard_normal((k, k)))
        eigenvalues = smallest * np.exp(rng.uniform(0, np.log(10 / smallest), k))
        S = (Q * eigenvalues) @ Q.T
        return (S + S.T) / 2

    return Sampler(f"positive definite matrices, k = {kmin}..{kmax}", draw)


def one_of(*values: Any) -> Sampler:
    """One of the listed values, at random."""
    if not values:
        raise ValueError("one_of() of nothing: the domain is empty")
    return Sampler(f"one of {len(values)}", lambda rng: values[int(rng.integers(len(values)))], values)


def each(*values: Any) -> Sampler:
    """All of the listed values (or of one iterable): the domain is finite and checked exhaustively."""
    listed = (
        tuple(values[0])
        if len(values) == 1 and isinstance(values[0], Iterable) and not isinstance(values[0], str)
        else tuple(values)
    )
    if not listed:
        raise ValueError("each() of nothing: the domain is empty")
    return Sampler(
        f"all {len(listed)} values", lambda rng: listed[int(rng.integers(len(listed)))], listed, None, listed
    )


class Domain:
    """The named ingredients of a numeric statement."""

    def __init__(self, over: dict[str, Any] | Callable[[Generator], dict[str, Any]]) -> None:
        if callable(over) and not isinstance(over, (dict, Sampler)):
            self.joint: Callable[[Generator], dict[str, Any]] | None = over
            self.samplers: dict[str, Sampler] = {}
        elif isinstance(over, dict) and over:
            self.joint = None
            self.samplers = {n: s if isinstance(s, Sampler) else _constant_or_callable(n, s) for n, s in over.items()}
        else:
            raise ValueError(
                "over= is a dictionary of samplers by name, or a function rng -> dictionary; the domain is empty"
            )

    @property
    def exhaustive(self) -> bool:
        return self.joint is None and all(s.values is not None for s in self.samplers.values())

    def all_points(self) -> list[dict[str, Any]]:
        names = list(self.samplers)
        return [
            dict(zip(names, vs, strict=True))
            for vs in itertools.product(*(self.samplers[n].values or () for n in names))
        ]

    def draw(self, rng: Generator) -> dict[str, Any]:
        if self.joint is not None:
            point = self.joint(rng)
            if not isinstance(point, dict) or not point:
                raise ValueError("a joint sampler returns a dictionary of ingredients by name")
            return point
        return {n: s(rng) for n, s in self.samplers.items()}

    def edge_points(self, rng: Generator, count: int) -> list[dict[str, Any]]:
        """Points with one or more ingredients at an edge of its domain."""
        edged = [n for n, s in self.samplers.items() if s.edges]
        out = []
        for _ in range(count if edged else 0):
            point = self.draw(rng)
            for n in edged:
                if rng.random() < 0.6 or len(edged) == 1:
                    edges = self.samplers[n].edges
                    point[n] = edges[int(rng.integers(len(edges)))]
            out.append(point)
        return out

    def move(self, point: dict[str, Any], step: float, rng: Generator) -> dict[str, Any]:
        """A point nearby, inside the domain."""
        out = dict(point)
        for n, s in self.samplers.items():
            if s.move is not None:
                out[n] = s.move(out[n], step, rng)
        return out

    @property
    def movable(self) -> bool:
        return any(s.move is not None for s in self.samplers.values())

    def text(self) -> str:
        if self.joint is not None:
            doc = (getattr(self.joint, "__doc__", None) or "").strip().split("\n")[0]
            return doc or "jointly sampled"
        return "; ".join(f"{n}: {s.text}" for n, s in self.samplers.items())


def _constant_or_callable(name: str, s: Any) -> Sampler:
    if callable(s):
        return Sampler("sampled", s)
    raise ValueError(
        f"the ingredient {name} wants a sampler (uniform, normal, random_matrix, each, ...), got {type(s).__name__}"
    )
