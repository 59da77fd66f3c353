r"""A displayed definition: a name on the left, a tree on the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from .chains import Side, relations_in, sides_of
from .names import Vocabulary
from .nodes import Node, keys
from .reader_base import Base, Notes
from .sentences import Clause
from .trees import NotRead

Definition = tuple[str, Any, tuple[sp.Symbol, ...]]


def read_definition(latex: str, names: Mapping[str, Any]) -> Definition:
    r"""A definition ``G := X^\top X`` or ``f(x) = ...`` as (LaTeX of the name, tree, symbols of its arguments).

    The arguments are the symbols of `names` where those name them, else new ones. NotRead where the left is no
    name, the right is not read, or more than the one equation is displayed.
    """
    try:
        return _definition(latex, names)
    except RecursionError:
        raise NotRead("nested too deeply") from None


def _definition(latex: str, names: Mapping[str, Any]) -> Definition:
    clause = Clause(latex, names)
    asserted = [a for s in clause.sentences for a in s.asserted]
    refused = [r for s in clause.sentences for r in s.refused]
    if not asserted or refused or asserted[0].why:
        raise NotRead(refused[0][1] if refused else "a definition is one equation")
    if any(r in ("=", "->", "~") for a in asserted[1:] for r in relations_in(a.nodes)):
        raise NotRead("more is displayed than one definition")
    nodes = asserted[0].nodes
    protected = clause.vocabulary.protected(nodes)
    if relations_in(nodes, protected) != ["="]:
        raise NotRead("a definition is one equation, not a chain and no other relation")
    left, right = sides_of(nodes, protected)[0]
    key, arguments = _left(clause, left)
    symbols = dict(_argument(clause, a) for a in arguments)
    if len(symbols) != len(arguments):
        raise NotRead(f"{clause.text(left)}: the same argument twice")
    # a vector that the right side writes by its entries stays the name that it is
    bound = {k: s for k, s in symbols.items() if _whole(clause.vocabulary.get(k)) is None}
    side = Side(clause.latex, right, clause.vocabulary, bound)
    if side.why:
        raise side.why
    return key, side.tree, tuple(symbols.values())


def _whole(value: Any) -> sp.Symbol | None:
    """The vector behind a letter that stands for its entries too."""
    return getattr(value, "whole", None) if isinstance(value, sp.IndexedBase) else None


def _left(clause: Clause, nodes: list[Node]) -> tuple[str, list[list[Node]]]:
    """The name that is defined, and its arguments."""
    if not nodes or any(n.kind in ("bad", "text") for n in nodes):
        raise NotRead("the left of a definition is a name")
    last = nodes[-1]
    if last.key == ")" and nodes[0].kind in ("letter", "accent", "cmd"):
        depth, k = 0, len(nodes)
        while k and (depth or k == len(nodes)):
            k -= 1
            depth += (nodes[k].kind == "close") - (nodes[k].kind == "open")
        head, inner = nodes[:k], nodes[k + 1 : -1]
        if nodes[k].key == "(" and _is_name(head):
            parts = Base(Notes(clause.latex, clause.vocabulary), inner)
            arguments = _commas(parts.nodes)
            if all(arguments) and all(_is_variable(a) for a in arguments):
                return clause.text(head), arguments
            raise NotRead(f"{clause.text(nodes)}: the arguments of a definition are letters")
    bracketed = nodes[0].kind in ("bar", "open") or nodes[0].key.startswith(("\\mathbb", "\\operatorname", "\\mathrm"))
    ops = any(n.kind == "op" or n.text == "\\frac" or n.key in ("\\cdot", "\\times", "\\sum", "\\int") for n in nodes)
    if _is_name(nodes) or (bracketed and not ops and (len(nodes) > 1 or nodes[0].kind == "letter")):
        return clause.text(nodes), []
    raise NotRead(f"{clause.text(nodes)} is no name")


def _is_name(nodes: list[Node]) -> bool:
    """One letter, plain, styled or accented, with its scripts; a power is none."""
    if (
        not nodes
        or nodes[0].kind not in ("letter", "accent")
        or any(n.kind not in ("sub", "sup", "prime") for n in nodes[1:])
    ):
        return False
    return all(
        n.kind != "sup" or keys(n.args[0][:1]) == "(" or n.key in ("^{*}", "^{\\sharp}", "^{\\star}") for n in nodes[1:]
    )


def _is_variable(nodes: list[Node]) -> bool:
    return nodes[0].kind in ("letter", "accent") and all(n.kind == "sub" for n in nodes[1:]) and len(nodes) <= 2


def _commas(nodes: list[Node]) -> list[list[Node]]:
    out: list[list[Node]] = [[]]
    for n in nodes:
        if n.kind == "sep" and n.key in (",", ";"):
            out.append([])
        else:
            out[-1].append(n)
    return out


def _argument(clause: Clause, nodes: list[Node]) -> tuple[str, sp.Symbol]:
    """An argument bound in the definition; a matrix keeps its noncommutative symbol."""
    vocabulary: Vocabulary = clause.vocabulary
    value = vocabulary.get(keys(nodes))
    if isinstance(value := _whole(value) or value, sp.Symbol):
        return keys(nodes), value
    return Base(Notes(clause.latex, vocabulary), nodes).bind(nodes)
