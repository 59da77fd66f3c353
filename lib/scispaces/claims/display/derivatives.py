r"""Derivatives: d/dx before a term, df/dx, partial, primes and dots, and values at a point."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ..nodes import Const, D, MFun
from ..nodes import Node as EngineNode
from .bars import evaluated_at
from .binders import chain_parts
from .names import one_variable, plain_name
from .nodes import Node, keys
from .reader_base import Base
from .trees import NotRead

By = tuple[sp.Symbol, int]


class Derivatives(Base):
    def fraction(self, n: Node) -> Any:
        """A derivative where it is written as one, else a quotient."""
        above, below = n.args
        if (found := self.quotient(above, below)) is not None:
            return self.differentiate(n, *found)
        if keys(below).startswith(("d ", "\\mathrm{d} ", "\\partial ")) and self.is_d(above[0] if above else None):
            if not self.notes.vocabulary.has(below[0].key):
                raise NotRead(f"{self.shown([n])}: a derivative by what is no variable")
        top, bottom = self.sub(above).whole(), self.sub(below).whole()
        for tree, nodes in ((top, above), (bottom, below)):
            if not isinstance(tree, sp.Expr):
                raise NotRead(f"{self.shown(nodes)} in a fraction")
            if tree in (sp.oo, -sp.oo):
                raise NotRead(f"{self.shown([n])}: arithmetic with infinity")
        return self.multiplied([top, self.inverse(bottom)])

    def quotient(self, above: list[Node], below: list[Node]) -> tuple[list[Node], list[tuple[list[Node], int]]] | None:
        """What is differentiated (nothing: what follows), by which variables how often; None if it is no derivative."""
        if not above or not below or not self.is_d(above[0]) or above[0].key != below[0].key:
            return None
        d, by, k = above[0].key, [], 0
        while k < len(below):
            size = self.variable_length(below, k + 1)
            if below[k].key != d or not size:
                return None
            at, k = below[k + 1 : k + 1 + size], k + 1 + size
            times = 1
            if k < len(below) and below[k].kind == "sup":
                power = keys(below[k].args[0]).replace(" ", "")
                if not power.isdigit() or not 1 <= int(power) <= 20:
                    raise NotRead(f"{self.shown(below)}: the order of a derivative is a number")
                times, k = int(power), k + 1
            by.append((at, times))
        order, rest = 1, above[1:]
        if rest and rest[0].kind == "sup":
            power = keys(rest[0].args[0]).replace(" ", "")
            order, rest = int(power) if power.isdigit() and len(power) < 3 else -1, rest[1:]
        if order != sum(t for _, t in by):
            raise NotRead(f"{self.shown(above)} over {self.shown(below)}: the orders differ")
        if self.notes.vocabulary.has(d) or d in self.bound:
            raise NotRead(f"{d} is a name: a derivative, or a quotient")
        return rest, by

    def variable(self, nodes: list[Node]) -> sp.Symbol:
        """The symbol that a derivative is taken by."""
        key = keys(nodes)
        if key in self.bound:
            return self.bound[key]
        name = self.notes.vocabulary.match(nodes, 0)
        if name and len(name.keys) == len(nodes):
            if isinstance(name.value, sp.Symbol):
                return name.value
            raise NotRead(f"a derivative by {self.shown(nodes)}, which is no symbol")
        found = self.notes.vocabulary.implied.get(plain_name(nodes))
        if found is None:
            raise NotRead(f"{self.shown(nodes)} is not a name")
        return found

    def differentiate(self, n: Node, rest: list[Node], by: list[tuple[list[Node], int]]) -> Any:
        variables = [(self.variable(nodes), times) for nodes, times in by]
        shown = self.shown([n])
        if rest:
            tree = self.differentiated(rest, variables, n.args[0][0].key != "\\partial")
            after = self.peek()
            if after is not None and after.kind == "open" and after.key == "(" and not after.gap:
                raise NotRead(f"{shown}(...): a value of the derivative, or a product")
        else:
            tree = self.operand_of_derivative(shown, variables)
        return self.derivative(tree, variables, shown)

    def differentiated(self, rest: list[Node], variables: list[By], total: bool) -> Any:
        """f in df/dx: a function's value at x, if only the function is named."""
        name = self.notes.vocabulary.match(rest, 0)
        if name and len(name.keys) == len(rest):
            f = name.value
            if isinstance(f, sp.FunctionClass):
                if not total or len(variables) != 1:
                    raise NotRead(f"{self.shown(rest)}: a function of which variables")
                return f(variables[0][0])
            if isinstance(f, AppliedUndef) and total and one_variable(f) is None:
                raise NotRead(f"{self.shown(rest)}: the total derivative of a function of several variables")
        tree = self.sub(rest).whole()
        return tree

    def operand_of_derivative(self, shown: str, variables: list[By]) -> Any:
        """The rest of the term behind d/dx."""
        if self.at("+", "-") or not self.starts(self.peek()):
            raise NotRead(f"{shown} of nothing")
        first = self.i
        name = self.notes.vocabulary.match(self.nodes, self.i)
        if name and isinstance(name.value, sp.FunctionClass) and len(variables) == 1:
            after = self.peek(len(name.keys))
            if after is None or after.kind in ("rel", "op"):
                raise NotRead(f"{shown} of the function {name.latex} without arguments")
        bracketed = self.kind("open")
        head, what = self.factor()
        end = self.i
        call = bracketed or what in ("call", "bracket")
        at_end = self.peek() is None or (self.kind("rel", "op", "close", "sep", "bar") and not self.starts(self.peek()))
        if at_end and not self.at("/"):
            return head
        self.i = first
        self.holding += 1
        tree = self.term()
        self.holding -= 1
        tail = self.sub(self.nodes[end : self.i])
        if tail.at("/", "\\cdot", "\\times"):
            tail.take()
        others = tail.term().free_symbols
        if call and any(v in others for v, _ in variables):
            raise NotRead(f"{shown}: does it reach to {self.shown(self.nodes[end : self.i])}")
        return tree

    def derivative(self, tree: Any, variables: list[By], shown: str) -> Any:
        """A derivative that nothing evaluates."""
        if not isinstance(tree, sp.Expr) or (isinstance(tree, Const) and not tree.free_symbols):
            raise NotRead(f"{shown}: a derivative of what cannot be differentiated")
        for v, _ in variables:
            if v not in tree.free_symbols:
                raise NotRead(f"{shown}: what is differentiated does not depend on {v}")
        plain = tree.is_commutative is not False and not tree.has(EngineNode)
        if plain and all(v.is_commutative for v, _ in variables):
            return sp.Derivative(tree, *variables, evaluate=False)
        for v, times in reversed(variables):
            tree = D(tree, v, times)
        return tree

    def derivative_at(self, f: Any, order: int, point: Any) -> Any:
        """f'(x) at a symbol, and at anything else."""
        if not isinstance(point, sp.Expr) or point.is_commutative is False:
            raise NotRead("a derivative at what is no number")
        if isinstance(point, sp.Symbol):
            return sp.Derivative(f(point), (point, order), evaluate=False)
        taken = {s.name for s in point.free_symbols}
        name = "s"
        while name in taken:
            name += "_"
        s = sp.Symbol(name)
        return sp.Subs(sp.Derivative(f(s), (s, order), evaluate=False), s, point)

    def partial(self) -> Any:
        r"""\partial_x^2 before a term."""
        first = self.i
        self.take()
        if not self.kind("sub"):
            raise NotRead("\\partial is not a name")
        nodes, times = self.take().args[0], 1
        if self.kind("sup"):
            power = keys(self.take().args[0]).replace(" ", "")
            if not power.isdigit() or not 1 <= int(power) <= 20:
                raise NotRead("the order of a derivative is a number")
            times = int(power)
        shown = self.shown(self.nodes[first : self.i])
        if self.variable_length(nodes, 0) != len(nodes):
            raise NotRead(f"{shown}: a derivative by what is no variable")
        variables = [(self.variable(nodes), times)]
        return self.derivative(self.operand_of_derivative(shown, variables), variables, shown)

    # --- objects named x(t)

    def applied(self, value: Any, order: int = 0) -> Any:
        """u named u(x, t), x named x(t): primes, and a bracket that says where."""
        variable = one_variable(value)
        order += self.primes()
        tree = value
        if order:
            if variable is None:
                raise NotRead(f"a derivative of {value} in which of its variables")
            tree = self.derivative(value, [(variable, order)], str(value))
        n = self.peek()
        if n is None or n.kind != "open" or n.key != "(" or n.gap > 1:
            return tree
        start = self.i
        inner = self.group()
        parts = self.comma_parts(inner)
        own = list(value.args[1:] if isinstance(value, MFun) else value.args)
        if len(parts) != len(own):
            self.i = start
            if len(parts) > 1:
                raise NotRead(f"{value} takes {len(own)} arguments")
            return tree
        point = []
        for p in parts:
            reader = self.sub(p)
            point.append(reader.own(own))
        if point == own:
            return tree
        return self.moved(value, tree, point, own, start)

    def own(self, symbols: list[Any]) -> Any:
        """The expression here; the variables of the object need no name of their own."""
        called = {str(s): s for s in symbols if isinstance(s, sp.Symbol)}
        extra: dict[str, sp.Symbol] = {}
        for n in self.nodes:
            if n.kind == "letter" and plain_name([n]) in called and not self.notes.vocabulary.has(n.key):
                extra.setdefault(n.key, called[plain_name([n])])
        return self.sub(self.nodes, {**extra, **self.bound}).whole()

    def moved(self, value: Any, tree: Any, point: list[Any], own: list[Any], start: int) -> Any:
        """The object or its derivative at another point."""
        if len(point) == 1 and not point[0].is_number:
            if point[0].has(value):
                self.i = start  # x(1-x): a product
                return tree
            if not isinstance(point[0], sp.Symbol):
                raise NotRead(f"{value} beside ({point[0]}): a value, or a product")
        if tree is not value:
            return sp.Subs(tree, own[0], point[0])
        return value.func(value.args[0], *point) if isinstance(value, MFun) else value.func(*point)

    # --- values at a point

    def left_of_bar(self) -> Any:
        r"""\left. f \right|_{x=0}."""
        self.take()
        first = self.i
        while (n := self.peek()) is not None and not (n.kind == "bar" and evaluated_at(self.nodes, self.i)):
            if n.kind == "null":
                raise NotRead("\\left. inside of \\left.")
            self.i += 1
        if n is None:
            raise NotRead("\\left. without \\right|_{...=...}")
        inner = self.nodes[first : self.i]
        return self.at_point(self.sub(inner).whole())

    def evaluated(self, factors: list[Any], first: int) -> None:
        r"""f\big|_{x=0} behind a term: the whole term is meant, where it makes no difference."""
        n = self.peek()
        if n is None or self.holding or not evaluated_at(self.nodes, self.i):
            return
        key = keys(chain_parts(self.nodes[self.i + 1].args[0])[0][0])
        before = self.nodes[: self.i]
        signs = [m for m in before if m.kind == "op" and m.key in "+-"]
        depth = 0
        for m in before:
            depth += (m.kind == "open") - (m.kind == "close")
            if m in signs and depth == 0 and m is not before[0]:
                raise NotRead(f"{self.shown([n, self.nodes[self.i + 1]])}: does it reach back over the {m.key}")
        last = factors.pop()
        tree = self.at_point(last)
        variable = tree.variables[0] if isinstance(tree, sp.Subs) else None
        if any(variable in f.free_symbols for f in factors):
            raise NotRead(f"the value at {key}: of one factor, or of all")
        factors.append(tree)

    def at_point(self, tree: Any) -> Any:
        self.take()
        sub = self.take()
        parts, signs = chain_parts(sub.args[0])
        if signs != ["="] or self.kind("sup"):
            raise NotRead(f"{self.shown([sub])}: a value at which point")
        symbol = self.variable(parts[0])
        end = parts[1]
        if end and end[-1].kind == "sup" and keys(end[-1].args[0]) in ("+", "-"):
            raise NotRead(f"{self.shown([sub])}: a one-sided value")
        point = self.end(end)
        if not isinstance(tree, sp.Expr) or symbol not in tree.free_symbols or symbol.is_commutative is False:
            raise NotRead(f"{self.shown([sub])}: what stands before does not depend on it")
        if tree.has(EngineNode):
            raise NotRead(f"{self.shown([sub])}: the value of a matrix expression at a point")
        return sp.Subs(tree, symbol, point)
