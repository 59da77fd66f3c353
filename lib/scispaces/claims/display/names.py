r"""The vocabulary: which LaTeX stands for which object. The longest name wins, spacing and needless braces aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ..nodes import MFun
from .builder import build
from .nodes import Node
from .trees import NotRead

_SPECIAL = ("text", "sep", "rel", "bar", "implies")


@dataclass(frozen=True)
class Name:
    """One entry: its keys, the object, and where a template has its arguments."""

    latex: str
    keys: tuple[str, ...]
    value: Any
    holes: tuple[int, ...] = ()
    loose: bool = False  # a sum, a difference: read only where it stands alone
    special: bool = False  # has prose, a separator, a relation or a bar in it


class Vocabulary:
    """Names by their first key, the longest first."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.by_first: dict[str, list[Name]] = {}
        self.templates: list[Name] = []
        self.special = False
        for latex, value in names.items():
            entry = _entry(latex, value)
            self.special = self.special or entry.special
            if entry.holes:
                self.templates.append(entry)
            else:
                self.by_first.setdefault(entry.keys[0], []).append(entry)
        for some in self.by_first.values():
            some.sort(key=lambda n: -len(n.keys))
        self.templates.sort(key=lambda n: -len(n.keys))
        self.values = [n.value for some in self.by_first.values() for n in some]
        self.implied = _implied(self.values)

    def match(self, nodes: list[Node], i: int) -> Name | None:
        """The longest name that begins at node `i`."""
        for name in self.by_first.get(nodes[i].key, ()) if i < len(nodes) else ():
            end = i + len(name.keys)
            if end <= len(nodes) and all(
                k == n.key and n.kind not in ("bad", "space")
                for k, n in zip(name.keys[1:], nodes[i + 1 : end], strict=True)
            ):
                if name.loose and not (_edge(nodes, i - 1, before=True) and _edge(nodes, end, before=False)):
                    continue
                return name
        return None

    def has(self, key: str) -> bool:
        return any(n.keys == (key,) for n in self.by_first.get(key, ()))

    def get(self, key: str) -> Any:
        return next((n.value for n in self.by_first.get(key, ()) if n.keys == (key,)), None)

    def protected(self, nodes: list[Node]) -> set[int]:
        """Places inside of names that have prose, separators or relations in them: they cut no sentence."""
        out: set[int] = set()
        if self.special:
            for i in range(len(nodes)):
                if i not in out and (name := self.match(nodes, i)) and name.special:
                    out |= set(range(i, i + len(name.keys)))
        return out


def _edge(nodes: list[Node], i: int, before: bool) -> bool:
    if not 0 <= i < len(nodes):
        return True
    n = nodes[i]
    kinds = ("rel", "sep", "open", "text", "implies") if before else ("rel", "sep", "close", "text", "implies", "space")
    return n.kind in kinds or (n.kind == "op" and n.key == "+")


def _entry(latex: str, value: Any) -> Name:
    try:
        nodes = build(latex)
    except NotRead as no:
        raise ValueError(f"the name {latex!r} is no LaTeX: {no}") from None
    if not nodes or any(n.kind == "bad" for n in nodes):
        raise ValueError(f"the name {latex!r} is no LaTeX")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = sp.sympify(value)
    plain = not isinstance(value, (sp.Basic, sp.FunctionClass, sp.IndexedBase))
    holes = tuple(i for i, n in enumerate(nodes) if _is_hole(n)) if plain and callable(value) else ()
    depth, loose, inside = 0, False, False
    for i, n in enumerate(nodes):
        inside = inside != (n.kind == "bar")
        if inside:
            continue
        depth += (n.kind == "open") - (n.kind == "close")
        loose = loose or (depth == 0 and i > 0 and (n.kind == "rel" or (n.kind == "op" and n.key in "+-/")))
    special = any(n.kind in _SPECIAL for n in nodes)
    return Name(latex, tuple(n.key for n in nodes), value, holes, loose, special)


def _is_hole(n: Node) -> bool:
    r"""A dot for an argument, or for an index: W_{\cdot}."""
    return n.key == "\\cdot" or (n.kind == "sub" and [m.key for m in n.args[0]] == ["\\cdot"])


def _implied(values: list[Any]) -> dict[str, sp.Symbol]:
    """Symbols that only stand inside of named objects, such as x and t where u is named u(x, t), by printed name."""
    direct = {v for v in values if isinstance(v, sp.Symbol)}
    found: dict[str, sp.Symbol] = {}
    for v in values:
        if isinstance(v, sp.Basic) and not isinstance(v, (sp.Symbol, sp.IndexedBase)):
            for s in sorted(v.atoms(sp.Symbol), key=str):
                if s not in direct:
                    found.setdefault(s.name, s)
    return found


def plain_name(nodes: list[Node]) -> str:
    r"""What sympy would call it: x, theta for \theta, x_1 for x_{1}."""
    out = ""
    for n in nodes:
        if n.kind == "sub":
            out += "_" + plain_name(n.args[0])
        elif n.kind in ("letter", "digit"):
            out += n.key.lstrip("\\") if not n.args else keys_of(n.args[0])
        else:
            out += n.key.replace("\\", "")
    return out


def keys_of(nodes: list[Node]) -> str:
    return "".join(n.key.lstrip("\\") for n in nodes)


def one_variable(value: Any) -> sp.Symbol | None:
    """The variable t of an object named x(t); None where there is no such one variable."""
    args = tuple(value.args) if isinstance(value, (AppliedUndef, MFun)) else ()
    args = args[1:] if isinstance(value, MFun) else args
    return args[0] if len(args) == 1 and isinstance(args[0], sp.Symbol) else None
