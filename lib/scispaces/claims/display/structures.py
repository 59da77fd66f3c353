r"""Environments inside of a formula: cases and matrices."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..nodes import Const
from .nodes import Node
from .trees import NotRead

_ORDER = {"=": sp.Eq, "<=": sp.Le, ">=": sp.Ge, "<": sp.Lt, ">": sp.Gt, "!=": sp.Ne}
_OTHERWISE = ("otherwise", "else", "otherwise.", "elsewhere", "else.", "elsewhere.", "or else")
_IF = ("", "if", "for", "when", "where", "in case", "for all", "provided")


def rows(nodes: list[Node]) -> list[list[list[Node]]]:
    """Rows of cells of an environment."""
    out: list[list[list[Node]]] = [[[]]]
    for n in nodes:
        if n.kind == "newline":
            out.append([[]])
        elif n.kind == "amp":
            out[-1].append([])
        elif n.kind != "space":
            out[-1][-1].append(n)
    return [r for r in out if any(r)]


def strip(nodes: list[Node]) -> list[Node]:
    while nodes and nodes[-1].kind == "sep":
        nodes = nodes[:-1]
    return nodes


def cases(reader: Any, env: Node) -> sp.Basic:
    """A Piecewise."""
    pairs: list[tuple[Any, Any]] = []
    for row in rows(env.args[0]):
        cells = [strip(c) for c in row if c]
        if len(cells) == 1:  # a value and its \text{if ...} in one cell
            cut = next((k for k, n in enumerate(cells[0]) if n.kind == "text"), 0)
            cells = [strip(cells[0][:cut]), cells[0][cut:]]
        if len(cells) != 2 or not all(cells):
            raise NotRead("a row of cases without its condition")
        value = reader.sub(cells[0]).whole()
        if not isinstance(value, sp.Expr) or value.is_commutative is False:
            raise NotRead(f"{reader.shown(cells[0])} inside of cases")
        if pairs and pairs[-1][1] == sp.true:
            raise NotRead("a row of cases after the last one")
        pairs.append((value, condition(reader, cells[1])))
    if not pairs:
        raise NotRead("cases without rows")
    return sp.Piecewise(*pairs, evaluate=False)


def condition(reader: Any, nodes: list[Node]) -> Any:
    """The condition of one row."""
    if nodes[0].kind == "text" and nodes[0].text.strip().lower() in _OTHERWISE and len(nodes) == 1:
        return sp.true
    if nodes[0].kind == "text" and nodes[0].text.strip().lower() in _IF:
        nodes = nodes[1:]
    if len(nodes) > 2 and nodes[0].key == "(" and nodes[-1].key == ")" and any(n.kind == "rel" for n in nodes):
        if reader.balanced(nodes[1:-1]):
            nodes = nodes[1:-1]
    parts, joins = [[]], []  # type: ignore[var-annotated]
    for n in nodes:
        word = n.text.strip().lower() if n.kind == "text" else ""
        if word in ("and", "or") or n.key in ("\\wedge", "\\vee", "\\land", "\\lor"):
            joins.append("or" if word == "or" or n.key in ("\\vee", "\\lor") else "and")
            parts.append([])
        elif n.kind == "text":
            raise NotRead(f"prose in a condition: {n.text.strip()}")
        else:
            parts[-1].append(n)
    if len(set(joins)) > 1:
        raise NotRead("and beside or in one condition")
    split = [q for p in parts for q in (reader.comma_parts(p) if not joins else [p])]
    trees = [ordered(reader, p) for p in split]
    return (sp.Or if "or" in joins else sp.And)(*trees, evaluate=False) if len(trees) > 1 else trees[0]


def ordered(reader: Any, nodes: list[Node]) -> Any:
    """A chain a < x <= b as a condition."""
    from .chains import sides_of  # here: chains read sides with the reader that reads cases

    sides, rels = sides_of(nodes)
    if not rels or any(r not in _ORDER for r in rels):
        raise NotRead(f"{reader.shown(nodes)}: no condition of a case")
    trees = [reader.sub(s).whole() for s in sides]
    links = [_ORDER[r](a, b) for r, a, b in zip(rels, trees, trees[1:], strict=False)]
    return sp.And(*links, evaluate=False) if len(links) > 1 else links[0]


def matrix(reader: Any, env: Node) -> Any:
    """An explicit matrix as a node of the engine; vmatrix is its determinant."""
    if env.text not in ("pmatrix", "bmatrix", "vmatrix", "smallmatrix"):
        raise NotRead(f"\\begin{{{env.text}}} inside of a formula")
    cells = [[reader.sub(c).whole() for c in row] for row in rows(env.args[0])]
    if not cells or len({len(r) for r in cells}) != 1:
        raise NotRead("the rows of a matrix are of different lengths")
    if any(not isinstance(c, sp.Expr) or c.is_commutative is False for r in cells for c in r):
        raise NotRead("a matrix of blocks")
    explicit = sp.ImmutableMatrix(cells)
    if env.text == "vmatrix":
        if explicit.rows != explicit.cols or explicit.rows > 6:
            raise NotRead("the determinant of what is not square, or is too large")
        return explicit.det(method="berkowitz")
    return Const(explicit)
