r"""Brackets, bars, floors, and what stands between commas."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..nodes import Const
from .functions import kept
from .nodes import Node
from .reader_base import Base
from .structures import cases
from .trees import NotRead


class Brackets(Base):
    def indices(self, nodes: list[Node], rank: int | None) -> list[Any]:
        """The indices in a subscript: k-1, or i,j, or ij."""
        parts = self.comma_parts(nodes)
        if len(parts) == 1:
            real = [n for n in nodes if n.kind != "space"]
            if len(real) > 1 and rank != 1 and all(n.kind == "letter" for n in real):
                parts = [[n] for n in real]
            elif rank is not None and rank > 1 and len(real) == rank and all(n.kind == "digit" for n in real):
                parts = [[n] for n in real]
        out = []
        for part in parts:
            tree = self.sub(part).whole()
            if not isinstance(tree, sp.Expr) or tree.has(sp.I):
                raise NotRead(f"the index {self.shown(part)} is neither named nor bound")
            out.append(tree)
        return out

    def group(self) -> list[Node]:
        """The nodes of the bracket that opens here; the cursor moves behind it."""
        start = self.take()
        depth, first = 1, self.i
        while (n := self.peek()) is not None:
            depth += (n.kind == "open") - (n.kind == "close")
            self.i += 1
            if depth == 0:
                pairs = {"(": ")", "[": "]", "\\{": "\\}", "\\lfloor": "\\rfloor", "\\lceil": "\\rceil",
                         "\\langle": "\\rangle"}  # fmt: skip
                if start.key == "\\{" and n.key == "null" and self.i - first == 2 and self.nodes[first].kind == "env":
                    return self.nodes[first : first + 1]
                if pairs.get(start.key) != n.key:
                    raise NotRead(f"{start.key} is closed by {n.key}")
                return self.nodes[first : self.i - 1]
        raise NotRead(f"{start.key} is not closed")

    def bracket(self) -> Any:
        n = self.nodes[self.i]
        inner = self.group()
        parts = self.comma_parts(inner)
        if n.key == "[" and len(parts) == 2:
            a, b = (self.sub(p).whole() for p in parts)
            if a.is_commutative is False and b.is_commutative is False:
                return a * b - b * a
        if len(parts) > 1:
            raise NotRead(f"a tuple or an interval: {self.shown([n, *inner])}")
        if n.key in ("\\lfloor", "\\lceil"):
            tree = self.sub(inner).whole()
            return (sp.floor if n.key == "\\lfloor" else sp.ceiling)(tree, evaluate=not tree.is_number)
        if n.key == "\\langle":
            raise NotRead(f"{self.shown([n, *inner])}: a bracket that is no name")
        if self.nodes[self.i - 1].key == "null":
            return cases(self, inner[0])
        if n.key == "\\{" and not any(m.kind == "op" for m in inner):
            raise NotRead(f"{self.shown([n, *inner])}: a set, or a fractional part")
        return self.sub(inner).whole()

    def absolute(self) -> Any:
        start = self.take()
        first, depth = self.i, 1
        while (n := self.peek()) is not None:
            if n.kind == "bar" and n.key == "|":
                side = self.notes.bars.get(id(n), n.side)
                depth += 1 if side == "open" else -1 if side == "close" else 0
                if depth == 0 and self.balanced(self.nodes[first : self.i]):
                    inner = self.nodes[first : self.i]
                    self.take()
                    return self.modulus(start, inner)
            self.i += 1
        raise NotRead("a bar | that is not closed")

    def balanced(self, nodes: list[Node]) -> bool:
        depth = 0
        for n in nodes:
            depth += (n.kind == "open") - (n.kind == "close")
            if depth < 0:
                return False
        return depth == 0

    def modulus(self, start: Node, inner: list[Node]) -> Any:
        if not start.side and self.only_bars(inner):
            raise NotRead("|| ... ||: a norm, or bars in bars")
        tree = self.sub(inner).whole()
        if tree.is_commutative is False or isinstance(tree, Const):
            raise NotRead(f"|{self.shown(inner)}|: the determinant of a matrix, or a norm")
        return kept(sp.Abs, tree)

    def only_bars(self, inner: list[Node]) -> bool:
        """Whether there is nothing between two pairs of bars."""
        if len(inner) < 2 or inner[0].kind != "bar" or inner[-1].kind != "bar":
            return False
        depth = 0
        for k, n in enumerate(inner):
            side = self.notes.bars.get(id(n), n.side) if n.kind == "bar" else ""
            depth += (side == "open") - (side == "close")
            if depth == 0:
                return k == len(inner) - 1
        return True

    def comma_parts(self, nodes: list[Node]) -> list[list[Node]]:
        """Parts between the commas outside of brackets."""
        parts: list[list[Node]] = [[]]
        depth = 0
        for i, n in enumerate(nodes):
            depth += (n.kind == "open") - (n.kind == "close")
            if n.key == "," and n.kind == "sep" and depth == 0:
                self.no_thousands(nodes, i)
                parts.append([])
            else:
                parts[-1].append(n)
        return parts

    def no_thousands(self, nodes: list[Node], i: int) -> None:
        """10,000 is a number or two."""
        after = nodes[i + 1 : i + 5]
        run = [n for n in after[:3] if n.kind == "digit" and n.gap == 0]
        if i and nodes[i - 1].kind == "digit" and len(run) == 3 and not (len(after) == 4 and after[3].kind == "digit"):
            raise NotRead(f"{self.shown(nodes[i - 1 : i + 4])}: one number or two")
