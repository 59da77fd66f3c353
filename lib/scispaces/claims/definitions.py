"""Displayed definitions, read by the machine and bound to their names: what the checks then use."""

from __future__ import annotations

from typing import Any, NamedTuple

import sympy as sp

from . import display
from .nodes import Const


class Bound(NamedTuple):
    """What a definition adds to the vocabulary, and what its reader gets: a tree, or a `Definition` with arguments."""

    names: dict[str, Any]
    value: Any


class Definition:
    """A function as it is displayed: applied to trees it gives the tree, applied to numbers and arrays their value."""

    def __init__(self, name: str, arguments: tuple[sp.Symbol, ...], tree: sp.Basic) -> None:
        self.__name__ = name
        self.arguments, self.tree = arguments, tree

    def __call__(self, *values: Any, **named: Any) -> Any:
        given = dict(zip((a.name for a in self.arguments), values, strict=False)) | named
        missing = [a.name for a in self.arguments if a.name not in given]
        if missing or len(values) > len(self.arguments):
            raise ValueError(f"{self.__name__} takes {', '.join(a.name for a in self.arguments)}")
        if any(isinstance(v, sp.Basic) for v in given.values()):
            return self.tree.xreplace({a: sp.sympify(given[a.name]) for a in self.arguments})
        from . import arrays  # numbers: arrays are loaded when they are used

        return arrays.plain(arrays.value(self.tree, given))

    of_trees = True

    def __repr__(self) -> str:
        return f"{self.__name__}({', '.join(a.name for a in self.arguments)}) = {self.tree}"


def bind(latex: str, names: dict[str, Any]) -> Bound:
    """Read a displayed definition. Raises display.NotRead."""
    key, tree, arguments = display.read_definition(latex, names)
    if isinstance(tree, sp.MatrixBase):
        tree = Const(tree)
    if not arguments:
        return Bound({key: tree}, tree)
    function = Definition(key, tuple(arguments), tree)
    return Bound({key: function}, function)


__all__ = ["Bound", "Definition", "bind"]
