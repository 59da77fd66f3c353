r"""Sums, products, integrals and limits: what they bind and how far they reach."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.concrete.expr_with_limits import ExprWithLimits

from ..nodes import Const
from .nodes import Node, keys
from .reader_base import Base
from .tables import RELATIONS, THIN, UNREADABLE
from .trees import NotRead

Range = tuple[str, sp.Symbol, Any, Any]
_WHOLE = {"\\mathbb{R}": (-sp.oo, sp.oo), "\\mathbb{Z}": (-sp.oo, sp.oo)}


def chain_parts(nodes: list[Node]) -> tuple[list[list[Node]], list[str]]:
    """Sides and relation signs of a short chain outside of brackets."""
    parts: list[list[Node]] = [[]]
    signs: list[str] = []
    depth = 0
    for n in nodes:
        depth += (n.kind == "open") - (n.kind == "close")
        if depth == 0 and n.kind == "rel" and (n.key in RELATIONS or n.key in UNREADABLE):
            signs.append(RELATIONS.get(n.key, n.key))
            parts.append([])
        elif n.kind != "space":
            parts[-1].append(n)
    return parts, signs


class Binders(Base):
    def big(self, n: Node) -> Any:
        if n.key in ("\\sum", "\\prod"):
            return self.summation(n)
        if n.key == "\\lim":
            return self.limit()
        if n.key in ("\\int", "\\iint"):
            return self.integral(n)
        raise self.unread(n)

    def scripts_here(self) -> tuple[list[Node] | None, list[Node] | None]:
        sub = self.take().args[0] if self.kind("sub") else None
        sup = self.take().args[0] if self.kind("sup") else None
        if self.kind("sub", "sup", "prime"):
            raise self.unread(self.nodes[self.i])
        return sub, sup

    def body(self, what: str, bound: dict[str, sp.Symbol]) -> Any:
        """The rest of the term, under the bound variables; a + outside of brackets ends it."""
        if self.at("+", "-"):
            raise NotRead(f"a sign right after {what}")
        if not self.starts(self.peek()):
            raise NotRead(f"{what} of nothing")
        outer, self.bound = self.bound, {**self.bound, **bound}
        try:
            return self.term()
        finally:
            self.bound = outer

    # --- sums and products

    def summation(self, n: Node) -> Any:
        first = self.i
        self.take()
        sub, sup = self.scripts_here()
        shown = self.shown(self.nodes[first : self.i])
        if sub is None:
            raise NotRead(f"{shown}: over which index")
        ranges = self.ranges(sub, sup, shown)
        tree = self.body(shown, {key: s for key, s, _, _ in ranges})
        if not isinstance(tree, sp.Expr) or isinstance(tree, Const):
            raise NotRead(f"{shown} of what cannot be added")
        limits = []
        if isinstance(tree, ExprWithLimits) and set(tree.variables) & {s for _, s, _, _ in ranges}:
            raise NotRead(f"{shown}: one index twice")
        for _, s, lo, hi in ranges:
            if lo is None:
                lo, hi = self.shape_range(tree, s, shown)
            if any(isinstance(b, sp.Basic) and b.has(s) for b in (lo, hi)):
                raise NotRead(f"{shown}: the index in its own range")
            limits.append((s, lo, hi))
        if n.key == "\\prod":
            self.reach([symbol for _, symbol, _, _ in ranges], shown)
            return sp.Product(tree, *limits)
        return sp.Sum(tree, *limits)

    def reach(self, symbols: list[sp.Symbol], shown: str) -> None:
        """Refuse a product whose last factor does not contain the index: is it inside or outside."""
        if len(self.factors) > 1 and not self.factors[-1].free_symbols & set(symbols):
            raise NotRead(f"{shown}: does it reach to its last factor")

    def shape_range(self, tree: Any, s: sp.Symbol, shown: str) -> tuple[Any, Any]:
        """The range of an index that a vector of known length is indexed with."""
        found = {
            item.base.shape[k]
            for item in tree.atoms(sp.Indexed)
            if item.base.shape
            for k, index in enumerate(item.indices)
            if index == s
        }
        if len(found) != 1:
            raise NotRead(f"{shown}: the range of the index is not said")
        return sp.Integer(1), found.pop()

    def ranges(self, sub: list[Node], sup: list[Node] | None, shown: str) -> list[Range]:
        """The indices with their ranges, the innermost first."""
        parts, signs = chain_parts(sub)
        if signs == ["="] and sup is not None:
            lo, hi = self.end(parts[1]), self.end(sup)
            return [(*self.bind(p), lo, hi) for p in self.comma_parts(parts[0])]
        if sup is not None:
            raise NotRead(f"{shown}: the range of the index is not clear")
        if not signs:
            return [(*self.bind(p), None, None) for p in self.comma_parts(parts[0])]
        if signs == ["\\in"] and keys(parts[1]) == "\\mathbb{Z}":
            return [(*self.bind(p), -sp.oo, sp.oo) for p in self.comma_parts(parts[0])]
        if all(s in (">=", ">") for s in signs):
            parts, signs = parts[::-1], [{">=": "<=", ">": "<"}[s] for s in signs[::-1]]
        if not all(s in ("<=", "<") for s in signs):
            raise NotRead(f"{shown}: the range of the index is not clear")
        if len(signs) == 1:  # k >= 0, turned round
            lo = self.end(parts[0])
            if lo in (sp.oo, -sp.oo) or lo.free_symbols & set(self.bound.values()):
                raise NotRead(f"{shown}: the range of the index is not clear")
            return [(*self.bind(p), lo + int(signs[0] == "<"), sp.oo) for p in self.comma_parts(parts[1])]
        return self.nested(parts, signs, shown)

    def nested(self, parts: list[list[Node]], signs: list[str], shown: str) -> list[Range]:
        """1 <= i < j <= n, and 1 <= i, j <= n."""
        lo = self.end(parts[0]) + int(signs[0] == "<")
        hi = self.end(parts[-1]) - int(signs[-1] == "<")
        if len(signs) == 2:
            return [(*self.bind(p), lo, hi) for p in self.comma_parts(parts[1])]
        indices = [self.bind(p) for p in parts[1:-1]]
        out: list[Range] = []
        for k, (key, symbol) in enumerate(indices):
            upper = indices[k + 1][1] - int(signs[k + 1] == "<") if k + 1 < len(indices) else hi
            out.append((key, symbol, lo, upper))
        return out

    def end(self, nodes: list[Node]) -> Any:
        tree = self.sub(nodes).whole()
        if not isinstance(tree, sp.Expr) or tree.is_commutative is False:
            raise NotRead(f"{self.shown(nodes)}: no end of a range")
        return tree

    # --- limits

    def limit(self) -> Any:
        first = self.i
        self.take()
        sub, sup = self.scripts_here()
        shown = self.shown(self.nodes[first : self.i])
        if sub is None or sup is not None:
            raise NotRead(f"{shown}: what tends where")
        key, symbol, end, side = self.tends(sub)
        tree = self.body(shown, {key: symbol})
        rest = self.nodes[self.i :]
        if rest and rest[0].key in ("+", "-") and key in keys(rest).replace("{", " ").replace("}", " ").split():
            raise NotRead(f"{shown}: does it reach behind the {rest[0].key}")
        return sp.Limit(tree, symbol, end, side)

    def tends(self, nodes: list[Node]) -> tuple[str, sp.Symbol, Any, str]:
        r"""x\to0^+ as (key, symbol, end, side)."""
        parts, signs = chain_parts(nodes)
        arrow = signs[0] if len(signs) == 1 else ""
        falling = {"\\downarrow": "+", "\\searrow": "+", "\\uparrow": "-", "\\nearrow": "-"}
        if (arrow != "->" and arrow not in falling) or not parts[1]:
            raise NotRead(f"{self.shown(nodes)}: what tends where")
        key, symbol = self.bind(parts[0])
        side, end = falling.get(arrow, ""), parts[1]
        if end[-1].kind == "sup" and keys(end[-1].args[0]) in ("+", "-") and len(end) > 1:
            side, end = keys(end[-1].args[0]), end[:-1]
        elif end[-1].key in ("+", "-") and len(end) > 1:
            side, end = end[-1].key, end[:-1]
        point = self.end(end)
        if point.has(symbol):
            raise NotRead(f"{self.shown(nodes)}: what tends where")
        return key, symbol, point, side or ("+-" if point.is_finite is not False else "+")

    # --- integrals

    def differential(self, j: int) -> int:
        """How many nodes the variable of a differential at node `j` takes; 0 where there is none."""
        n = self.nodes[j] if j < len(self.nodes) else None
        if n is None or n.key not in ("d", "\\mathrm{d}"):
            return 0
        if n.key in self.bound or (self.notes.vocabulary.has(n.key) and n.gap < THIN):
            return 0
        return self.variable_length(self.nodes, j + 1)

    def find_differential(self, start: int, need: int) -> tuple[int, bool]:
        """The node of the differential that ends an integral; whether it stands above a fraction bar."""
        depth = 0
        for j in range(start, len(self.nodes)):
            n = self.nodes[j]
            depth += (n.kind == "open") - (n.kind == "close")
            if depth < 0 or (depth == 0 and n.kind in ("rel", "text", "implies")):
                break
            if depth:
                continue
            need += {"\\int": 1, "\\iint": 2}.get(n.key, 0)
            above = n.text == "\\frac" and self.differential_above(n)
            if self.differential(j) or above:
                need -= 1
                if need == 0:
                    return j, above
        raise NotRead("an integral without its differential")

    def differential_above(self, frac: Node) -> bool:
        """Whether dx stands above a fraction bar, and not df over dx."""
        above, below = frac.args
        return not self.is_d(below[0]) and any(self.sub(above).differential(k) for k in range(len(above)))

    def integral(self, n: Node) -> Any:
        start = self.i
        self.take()
        sub, sup = self.scripts_here()
        many = 2 if n.key == "\\iint" else 1
        first = self.i
        j, above = self.find_differential(first, many)
        shown = self.shown(self.nodes[start : j + 1])
        if above:
            if many > 1:
                raise NotRead(f"{shown}: two variables over one fraction")
            return self.over_fraction(first, j, sub, sup)
        variables = []
        inner = self.nodes[first:j]
        while many > 1:  # \iint f dx dy: the inner differential stands before the outer one
            j2 = next((k for k in range(len(inner) - 1, -1, -1) if self.part(inner, k)), None)
            if j2 is None or j2 + 1 + self.part(inner, j2) != len(inner):
                raise NotRead(f"{shown}: two differentials are needed")
            variables.append(inner[j2 + 1 :])
            inner, many = inner[:j2], 1
        size = self.differential(j)
        variables.append(self.nodes[j + 1 : j + 1 + size])
        self.i = j + 1 + size
        self.after_differential(inner, shown)
        return self.integrated(inner, variables, sub, sup, shown)

    def part(self, nodes: list[Node], k: int) -> int:
        return int(self.sub(nodes).differential(k))

    def after_differential(self, inner: list[Node], shown: str) -> None:
        n = self.peek()
        if n is not None and (n.kind in ("sup", "prime", "sub") or (n.kind == "open" and n.gap < THIN)):
            raise NotRead(f"{shown}{self.shown([n])}: integration by what")
        if not inner and self.starts(n):
            raise NotRead(f"{shown}: is what follows the differential inside")

    def over_fraction(self, first: int, j: int, sub: list[Node] | None, sup: list[Node] | None) -> Any:
        """dx above a fraction bar."""
        frac = self.nodes[j]
        above = self.sub(frac.args[0])
        k = next(k for k in range(len(above.nodes)) if above.differential(k))
        size = above.differential(k)
        shown = self.shown(self.nodes[first : j + 1])
        if k + 1 + size != len(above.nodes):
            raise NotRead(f"{shown}: the differential stands inside of a product")
        variable = above.nodes[k + 1 :]
        one = Node("digit", "1", frac.start, frac.start)
        rest = Node(frac.kind, "\\frac", frac.start, frac.end, frac.gap, "", [above.nodes[:k] or [one], frac.args[1]])
        rest.text = "\\frac"
        self.i = j + 1
        if self.starts(self.peek()) or self.kind("sup", "sub"):
            raise NotRead(f"{shown}: is what follows the differential inside")
        return self.integrated([*self.nodes[first:j], rest], [variable], sub, sup, shown)

    def integrated(
        self, inner: list[Node], variables: list[list[Node]], sub: list[Node] | None, sup: list[Node] | None, shown: str
    ) -> Any:
        bound = [self.bind(v) for v in variables]
        if sub is None and sup is None:
            ends: list[tuple[Any, ...]] = [()] * len(bound)
            for variable, (_, symbol) in zip(variables, bound, strict=True):
                if self.notes.vocabulary.get(keys(variable)) != symbol and symbol not in self.bound.values():
                    raise NotRead(f"{shown}: an integral without its ends")
                self.notes.indefinite.append(symbol)
        elif sup is None and sub is not None and keys(sub) == "\\mathbb{R}" and len(bound) == 1:
            ends = [_WHOLE["\\mathbb{R}"]]
        elif sup is None and sub is not None and keys(sub) == "\\mathbb{R} ^{2}" and len(bound) == 2:
            ends = [_WHOLE["\\mathbb{R}"]] * 2
        elif sub is not None and sup is not None and len(bound) == 1:
            parts, signs = chain_parts(sub)
            lower = parts[1] if signs == ["="] and keys(parts[0]) == keys(variables[0]) else sub
            ends = [(self.end(lower), self.end(sup))]
        else:
            raise NotRead(f"{shown}: the region of an integral")
        if any(isinstance(e, sp.Basic) and e.has(s) for (_, s), pair in zip(bound, ends, strict=True) for e in pair):
            raise NotRead(f"{shown}: the variable of integration in its own ends")
        tree = self.sub(inner, {**self.bound, **dict(bound)}).whole() if inner else sp.Integer(1)
        if not isinstance(tree, sp.Expr) or isinstance(tree, Const):
            raise NotRead(f"{shown}: what cannot be integrated")
        if isinstance(tree, ExprWithLimits) and set(tree.variables) & {s for _, s in bound}:
            raise NotRead(f"{shown}: one variable of integration twice")
        return sp.Integral(tree, *((s, *pair) if pair else s for (_, s), pair in zip(bound, ends, strict=True)))
