"""Sizes and cases: the domain of a proof, and how a card says it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp
from sympy import Symbol

from . import numeric
from .failures import Refused

Case = dict[Symbol, Any]


def normal_sizes(sizes: Any) -> list[dict[Any, Any]]:
    """Sizes as dictionaries: 3 becomes {"size": 3}; {X: (2, 3), m: 2} stays, its shapes checked."""
    out: list[dict[Any, Any]] = []
    for s in [sizes] if isinstance(sizes, (int, dict)) else list(sizes):
        if isinstance(s, int) and not isinstance(s, bool):
            if s < 1:
                raise ValueError(f"a size is a positive integer, got {s}")
            out.append({"size": s})
        elif isinstance(s, dict):
            entry = dict(s)
            squares = [v for v in entry.values() if isinstance(v, int)]
            shapes = [v for v in entry.values() if isinstance(v, tuple)]
            entry.setdefault("size", squares[0] if squares and not shapes else (shapes[0][0] if shapes else 2))
            out.append(entry)
        else:
            raise ValueError(f"a size is an integer or a dictionary of shapes, got {s!r}")
    if not out:
        raise Refused("no sizes given: the domain is empty")
    return out


def normal_cases(cases: Mapping[Symbol, Iterable[Any]] | None) -> list[Case]:
    """The product of the values given for each symbol."""
    if not cases:
        return [{}]
    names = list(cases)
    out = [dict(zip(names, values, strict=True)) for values in itertools.product(*(list(cases[n]) for n in names))]
    if not out:
        raise Refused("no cases given: the domain is empty")
    return out


def scope_text(sizes: list[dict[Any, Any]] | None, cases: Mapping[Symbol, Iterable[Any]] | None) -> str:
    """How far a proof by sizes and cases reaches: "k ≤ 4", "n = 1, …, 8"."""
    pieces = []
    if sizes:
        plain = [s["size"] for s in sizes if set(s) == {"size"}]
        if plain:
            pieces.append(_range_text("k", plain, floor=1))
        shaped = [s for s in sizes if set(s) != {"size"}]
        if shaped:
            shown = []
            for s in shaped:
                shapes = [f"{m} {v[0]}×{v[1]}" for m, v in s.items() if isinstance(v, tuple)]
                fixed = [f"{m} = {v}" for m, v in s.items() if not isinstance(v, tuple) and m != "size"]
                shown.append(", ".join(shapes + ([] if shapes else fixed)))
            pieces.append("; ".join(dict.fromkeys(shown)))
    for name, values in (cases or {}).items():
        pieces.append(_range_text(str(name), list(values)))
    return ", ".join(pieces)


def _range_text(name: str, values: list[Any], floor: int | None = None) -> str:
    integers = all(isinstance(v, (int, sp.Integer)) for v in values)
    if integers and len(values) > 1 and list(map(int, values)) == list(range(int(values[0]), int(values[-1]) + 1)):
        if values[0] == floor:
            return f"{name} ≤ {values[-1]}"
        return f"{name} = {values[0]}, …, {values[-1]}" if len(values) > 2 else f"{name} = {values[0]}, {values[1]}"
    return f"{name} = " + ", ".join(sp.sstr(v) if isinstance(v, sp.Basic) else str(v) for v in values)


def size_text(size: dict[Any, Any]) -> str:
    return scope_text([size], None)


def fits(size: dict[Any, Any], env: numeric.Env) -> bool:
    """Whether an instance was drawn for this entry of sizes."""
    if env["size"] != size.get("size", env["size"]):
        return False
    for s, v in size.items():
        if isinstance(v, tuple) and s in env and (env[s].rows, env[s].cols) != v:
            return False
        if isinstance(s, Symbol) and not isinstance(v, tuple) and s in env and env[s] != v:
            return False
        if isinstance(v, tuple) and env.get(("shape", s), v) != v:
            return False
    return True
