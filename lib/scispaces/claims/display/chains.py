r"""A chain a = b <= c as its links: each side read once, each link a relation or the reason why it is none."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ..nodes import Const
from .bars import assignments
from .functions import is_matrix
from .names import Vocabulary
from .nodes import Node, keys
from .tables import RELATIONS, UNREADABLE
from .trees import Arrow, Decimal, NotRead, Relation

_LIMITS = (RecursionError, ArithmeticError, TypeError, ValueError, AttributeError, NotImplementedError, LookupError)


def sides_of(nodes: list[Node], protected: set[int] | None = None) -> tuple[list[list[Node]], list[str]]:
    """Sides and relation signs of a chain, outside of brackets and of names."""
    sides: list[list[Node]] = [[]]
    rels: list[str] = []
    depth = 0
    for i, n in enumerate(nodes):
        depth += (n.kind == "open") - (n.kind == "close")
        if depth == 0 and n.kind == "rel" and not (protected and i in protected):
            rels.append(RELATIONS.get(n.key, n.key))
            sides.append([])
        elif n.kind != "space":
            sides[-1].append(n)
    return sides, rels


def shown(latex: str, nodes: list[Node]) -> str:
    """The LaTeX of some nodes on one line, without the marks that align lines."""
    if not nodes:
        return ""
    text = latex[nodes[0].start : max(n.end for n in nodes)]
    if "\\begin" not in text:
        text = re.sub(r"\\\\(\[[^\]]*\])?|(?<!\\)&|(?<!\\)%[^\n]*(\n|$)", " ", text)
    return " ".join(text.split())


class Side:
    """One side of a chain: its tree, its decimals, what it integrates without ends; or why it is not read."""

    def __init__(self, latex: str, nodes: list[Node], vocabulary: Vocabulary, bound: dict[str, sp.Symbol]) -> None:
        self.nodes, self.latex, self.vocabulary = nodes, latex, vocabulary
        self.tree: Any = None
        self.decimals: list[Decimal] = []
        self.indefinite: list[sp.Symbol] = []
        self.why: NotRead | None = None
        self.text = shown(latex, nodes)
        try:
            self.read(bound)
        except NotRead as no:
            self.why = no

    def read(self, bound: dict[str, sp.Symbol]) -> None:
        from .expressions import Reader
        from .reader_base import Notes

        found: list[tuple[Any, Notes]] = []
        why: NotRead | None = None
        for bars in assignments(self.nodes, self.vocabulary):
            notes = Notes(self.latex, self.vocabulary, bars=bars)
            try:
                tree = sound(Reader(notes, self.nodes, bound).whole(), self.text)
            except NotRead as no:
                why = why or no
                continue
            except _LIMITS as e:  # sympy, or a callable of the vocabulary, does not take these arguments
                why = why or NotRead(f"{self.text}: {type(e).__name__} {e}")
                continue
            if all(tree != t for t, _ in found):
                found.append((tree, notes))
        if len(found) > 1:
            raise NotRead(f"{self.text}: which bars | belong together: write \\lvert and \\rvert")
        if not found:
            raise why or NotRead(f"{self.text}: the bars | do not match")
        self.tree, self.decimals, self.indefinite = found[0][0], found[0][1].decimals, found[0][1].indefinite


def sound(tree: Any, text: str) -> Any:
    """A tree that says something; an explicit matrix alone is sympy's."""
    if not isinstance(tree, sp.Basic) or isinstance(tree, sp.FunctionClass):
        raise NotRead(f"{text} is no expression")
    if tree.has(sp.nan, sp.zoo):
        raise NotRead(f"{text}: a division by zero")
    return tree.args[0] if isinstance(tree, Const) else tree


def orders(tree: Any, vocabulary: Vocabulary) -> list[Any]:
    """The O(...) of a tree."""
    if vocabulary.has("O") or not isinstance(tree, sp.Basic):
        return []
    return sorted((t for t in tree.atoms(AppliedUndef) if t.func.__name__ == "O"), key=str)


def linear(tree: Any, order: Any) -> bool:
    """Whether an O stands in a sum or a product of sums, where what is small can be told."""
    if tree == order:
        return True
    holding = [a for a in tree.args if isinstance(a, sp.Basic) and a.has(order)]
    return isinstance(tree, (sp.Add, sp.Mul)) and len(holding) == 1 and linear(holding[0], order)


class Chain:
    """The links of one chain. `arrow` is what the condition beside it says about what grows."""

    def __init__(self, latex: str, nodes: list[Node], vocabulary: Vocabulary, arrow: list[Node] | None = None) -> None:
        self.latex, self.vocabulary, self.arrow = latex, vocabulary, arrow
        self.parts, self.rels = sides_of(nodes, vocabulary.protected(nodes))
        self.signs = [n for n in nodes if n.kind == "rel"]
        self.sides: dict[int, Side] = {}

    def side(self, k: int, bound: dict[str, sp.Symbol] | None = None) -> Side:
        if bound:
            return Side(self.latex, self.parts[k], self.vocabulary, bound)
        if k not in self.sides:
            self.sides[k] = Side(self.latex, self.parts[k], self.vocabulary, {})
        return self.sides[k]

    def links(self) -> list[Relation | tuple[str, str]]:
        out: list[Relation | tuple[str, str]] = []
        for k, rel in enumerate(self.rels):
            try:
                out.append(self.link(k, rel))
            except NotRead as no:
                out.append((self.text(k), str(no)))
        return out

    def text(self, k: int) -> str:
        a, b = self.parts[k], self.parts[k + 1]
        sign = self.sign(k)
        middle = self.latex[sign.start : sign.end] if sign else "="
        return " ".join(f"{shown(self.latex, a)} {middle} {shown(self.latex, b)}".split())

    def sign(self, k: int) -> Node | None:
        after = [n.start for n in self.parts[k + 1][:1]]
        signs = [n for n in self.signs if not after or n.start < after[0]]
        return signs[-1] if signs else None

    def link(self, k: int, rel: str) -> Relation:
        if rel in UNREADABLE or rel not in set(RELATIONS.values()):
            raise NotRead(f"{rel} is no relation that can be checked")
        if not self.parts[k] or not self.parts[k + 1]:
            raise NotRead(f"a side of {rel} is missing: {self.text(k)}")
        if rel == "->":
            return self.tending(k)
        left, right = self.both(k)
        rel = self.with_order(rel, left, right)
        self.comparable(rel, left, right)
        arrow = self.grows()[1] if self.arrow and rel in ("~", "O") else None
        return Relation(rel, left.tree, right.tree, self.text(k), (), (*left.decimals, *right.decimals), arrow)

    def both(self, k: int) -> tuple[Side, Side]:
        left, right = self.side(k), self.side(k + 1)
        for s in (left, right):
            if s.why:
                raise s.why
        for a, b in ((left, right), (right, left)):
            for x in a.indefinite:
                if x not in b.tree.free_symbols:
                    raise NotRead(f"{a.text}: an integral without its ends")
        return left, right

    def comparable(self, rel: str, left: Side, right: Side) -> None:
        matrices = [is_matrix(s.tree) for s in (left, right)]
        if rel in ("<=", ">=", "<", ">") and any(matrices):
            raise NotRead("an order between matrices")
        if rel in ("<=", ">=", "<", ">") and any(s.tree.has(sp.I) for s in (left, right)):
            raise NotRead("an order between complex numbers")

    def with_order(self, rel: str, left: Side, right: Side) -> str:
        big = orders(right.tree, self.vocabulary)
        if orders(left.tree, self.vocabulary) or (big and rel != "=") or len(big) > 1:
            raise NotRead("an O where it cannot be checked: it belongs to the right of one =, once")
        if big and not linear(right.tree, big[0]):
            raise NotRead("an O inside of a function")
        return "O" if big else rel

    # --- arrows

    def grows(self) -> tuple[str, Arrow]:
        """What tends where, by the condition beside the chain."""
        return self.tends(self.arrow or [])

    def tends(self, nodes: list[Node]) -> tuple[str, Arrow]:
        from .expressions import Reader
        from .reader_base import Notes

        key, symbol, end, side = Reader(Notes(self.latex, self.vocabulary), nodes).tends(nodes)
        return key, (symbol, end, side)

    def tending(self, k: int) -> Relation:
        sign = self.sign(k)
        label = (sign.args[0] or sign.index) if sign is not None and sign.key == "\\xrightarrow" and sign.args else None
        if label is None and not self.arrow:
            raise NotRead(f"{self.text(k)}: the arrow does not say what grows")
        key, arrow = self.tends(label) if label else self.grows()
        symbol, end, side = arrow
        named = self.vocabulary.get(key) == symbol
        left, right = self.side(k, None if named else {key: symbol}), self.side(k + 1)
        for s in (left, right):
            if s.why:
                raise s.why
        if symbol not in left.tree.free_symbols:
            raise NotRead(f"{self.text(k)}: the left does not depend on {key}")
        if symbol in right.tree.free_symbols:
            raise NotRead(f"{self.text(k)}: the end depends on {key}")
        if orders(left.tree, self.vocabulary) or orders(right.tree, self.vocabulary):
            raise NotRead("an O beside an arrow")
        tree = sp.Limit(left.tree, symbol, end, side)
        return Relation("->", tree, right.tree, self.text(k), (), (*left.decimals, *right.decimals), arrow)


def last_side(nodes: list[Node], protected: set[int]) -> list[Node]:
    return sides_of(nodes, protected)[0][-1]


def relations_in(nodes: list[Node], protected: set[int] | None = None) -> list[str]:
    return sides_of(nodes, protected)[1]


__all__ = ["Chain", "Side", "keys", "last_side", "relations_in", "sides_of"]
