r"""Primaries: names, numbers, brackets, functions and what they are applied to."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ..nodes import MFun
from .functions import POWERS, TRIG, apply, head_of, kept
from .names import Name, one_variable
from .nodes import Node, keys
from .reader_base import BIG
from .structures import cases, matrix
from .tables import THIN
from .templates import Templates
from .trees import NotRead

CONSTANTS = {"e": sp.E, "i": sp.I, "\\pi": sp.pi, "\\mathrm{e}": sp.E, "\\mathrm{i}": sp.I}
_EXPECTS = {"\\mathbb{E}", "\\mathrm{E}", "\\mathbf{E}", "\\mathsf{E}", "E", "\\operatorname{E}"}


class Calls(Templates):
    def primary(self) -> tuple[Any, str]:
        n = self.nodes[self.i]
        if n.kind == "bad":
            raise self.unread(n)
        bound = self.bound_here()
        name = self.notes.vocabulary.match(self.nodes, self.i)
        if name and (bound is None or len(name.keys) > bound[0]):
            self.check_bound(name)
            self.i += len(name.keys)
            return self.named(name)
        if bound:
            self.i += bound[0]
            return bound[1], "letter"
        if (filled := self.template()) is not None:
            return filled, "letter"
        if n.kind == "digit" or n.kind == "sep":
            return self.number(), "number"
        if n.kind == "open":
            return self.bracket(), "bracket"
        if n.kind == "null":
            return self.left_of_bar(), "bracket"
        if n.kind == "bar" and n.key == "|":
            return self.absolute(), "abs"
        if n.kind == "env":
            self.take()
            return (cases(self, n), "big") if n.text in ("cases", "dcases", "rcases") else (matrix(self, n), "bracket")
        return self.special(n)

    def special(self, n: Node) -> tuple[Any, str]:
        """Commands and letters that are no names."""
        if n.text == "\\frac":
            self.take()
            tree = self.fraction(n)
            self.loose_digit(n)
            return tree, "frac"
        if n.text == "\\sqrt":
            self.take()
            tree = self.root(n)
            self.loose_digit(n)
            return tree, "frac"
        if n.text == "\\binom":
            self.take()
            above, below = (self.sub(a).whole() for a in n.args)
            self.small(above, below)
            self.loose_digit(n)
            return kept(sp.binomial, above, below), "frac"
        if n.key in BIG:
            return self.big(n), "big"
        if n.key == "\\partial":
            return self.partial(), "big"
        if head := head_of(n.key, keys(n.args[0]) if n.args else ""):
            return self.function(head), "call"
        if n.key in ("\\max", "\\min"):
            return self.extremum(), "call"
        if n.key in ("\\Gamma", "\\zeta") and self.opens(self.peek(1)):
            self.take()
            arg = self.arguments()
            if len(arg) == 1 and isinstance(arg[0], sp.Expr) and arg[0].is_commutative:
                self.small(*arg)
                return kept(sp.gamma if n.key == "\\Gamma" else sp.zeta, arg[0]), "call"
        if n.kind == "accent":
            return self.accent(n), "letter"
        if n.key in CONSTANTS:
            self.take()
            return CONSTANTS[n.key], "letter"
        if n.key in ("O", "\\mathcal{O}") and self.opens(self.peek(1)):
            self.take()
            arg = self.arguments()
            if len(arg) == 1:
                return sp.Function("O")(arg[0]), "call"
        raise self.unread(n)

    def small(self, *trees: Any) -> None:
        """Numbers that sympy would expand at once into something huge are refused."""
        if any(t.is_number and abs(sp.N(t, 5)) > 2000 for t in trees if not t.free_symbols and t.is_comparable):
            raise NotRead("a number too large")

    def root(self, n: Node) -> Any:
        tree = self.sub(n.args[0]).whole()
        index = self.sub(n.index).whole() if n.index else sp.Integer(2)
        if index == 0 or tree.is_commutative is False or not isinstance(tree, sp.Expr):
            raise NotRead(f"{self.shown([n])}: no root")
        root = sp.Pow(tree, 1 / index)
        fractional = any(p.exp == 1 / index or not p.exp.is_Integer for p in root.atoms(sp.Pow))
        return root if fractional else sp.Pow(tree, 1 / index, evaluate=False)

    def factorial(self, tree: Any) -> Any:
        self.take()
        self.small(tree)
        n = self.peek()
        double = n is not None and n.key == "!" and n.gap < THIN
        if double:
            self.take()
        if self.at("!"):
            raise NotRead("three factorial signs")
        if tree.is_commutative is False or not isinstance(tree, sp.Expr):
            raise NotRead("a factorial of a matrix")
        return kept(sp.factorial2 if double else sp.factorial, tree)

    # --- names

    def named(self, name: Name) -> tuple[Any, str]:
        """What a name stands for, applied to what follows if it is a function."""
        value = name.value
        if isinstance(value, sp.IndexedBase):
            return self.indexed(value, name), "letter"
        if isinstance(value, (AppliedUndef, MFun)):
            return self.applied(value), "letter"
        if isinstance(value, sp.Basic):
            return value, "letter"
        if isinstance(value, sp.FunctionClass):
            return self.call(value, name.latex), "call"
        if callable(value):
            return self.operator(value, name), "call"
        raise NotRead(f"the name {name.latex} stands for nothing that can be read")

    def indexed(self, base: sp.IndexedBase, name: Name) -> Any:
        n = self.peek()
        if n is None or n.kind != "sub":
            if (whole := getattr(base, "whole", None)) is not None:
                return whole
            raise NotRead(f"{name.latex} without an index")
        self.take()
        self.loose_digit(n)
        index = self.indices(n.args[0], len(base.shape) if base.shape else None)
        if base.shape and len(index) != len(base.shape):
            raise NotRead(f"{self.shown(self.nodes[self.i - 2 : self.i])}: {len(base.shape)} indices are needed")
        return base[tuple(index)] if len(index) > 1 else base[index[0]]

    def opens(self, n: Node | None) -> bool:
        return n is not None and n.kind == "open" and n.key in ("(", "[", "\\{")

    def primes(self) -> int:
        count = 0
        while self.kind("prime"):
            count += len(self.take().key)
        return count

    def call(self, f: Any, latex: str) -> Any:
        """f(x), f'(x), f^{(3)}(x) of a function; f^2(x) and f^{-1}(x) have two readings."""
        order = self.primes()
        if (n := self.peek()) is not None and n.kind == "sup":
            inside = n.args[0]
            number = "".join(m.key for m in inside[1:-1])
            if not order and keys(inside[:1]) == "(" and keys(inside[-1:]) == ")" and number.isdigit():
                self.take()
                order = int(number)
            elif not (order and self.opens(self.peek(1)) is False):
                raise NotRead(f"{latex}{self.shown([n])}: a power of the function, or a power of its value")
        if not (self.at("(") or self.at("[")):
            if self.kind("sub"):
                raise self.unread(self.nodes[self.i])
            raise NotRead(f"the function {latex} without arguments")
        args = self.arguments()
        if any(not isinstance(a, sp.Basic) for a in args):
            raise NotRead(f"{latex} of what cannot be read")
        if not order:
            return f(*args)
        if order > 20 or len(args) != 1:
            raise NotRead(f"a derivative of {latex} in which of its variables")
        return self.derivative_at(f, order, args[0])

    def arguments(self) -> list[Any]:
        inner = self.group()
        if not inner:
            raise NotRead("brackets around nothing")
        return [self.sub(part).whole() for part in self.comma_parts(inner)]

    def operator(self, f: Any, name: Name) -> Any:
        r"""A callable of the vocabulary: \mathbb E[X], \operatorname{relu}(x), \operatorname{Var}\rho."""
        if (n := self.peek()) is not None and n.kind in ("sup", "sub", "prime"):
            raise NotRead(f"{name.latex}{self.shown([n])} is not a name")
        if self.opens(n):
            wide = n is not None and n.key == "("
            args = self.arguments()
            after = self.peek()
            if wide and name.keys[-1] in _EXPECTS and after is not None and after.kind == "sup":
                raise NotRead(f"{name.latex}(...)^...: the power inside or outside")
            return f(*args)
        return f(self.juxtaposed(name.latex))

    # --- functions that need no name

    def function(self, head: str) -> Any:
        r"""\sin^2 x, \log_2 n, \exp(x), \det A."""
        first = self.i
        self.take()
        base, power = None, None
        if self.kind("sub"):
            n = self.take()
            if head != "log":
                raise NotRead(f"{self.shown(self.nodes[first : self.i])} is not a name")
            base = self.sub(n.args[0]).whole()
            self.loose_digit(n)
        if self.kind("sup"):
            n = self.take()
            text = keys(n.args[0])
            if head not in POWERS or text == "- 1" or not n.args[0] or (text[0] in "(*\\'" and text[:2] != "\\a"):
                raise NotRead(f"{self.shown(self.nodes[first : self.i])}: a power, an inverse or an iterate")
            power = self.sub(n.args[0]).whole()
            self.loose_digit(n)
        if self.kind("prime", "sub", "sup"):
            raise self.unread(self.nodes[self.i])
        arg = self.operand(head)
        shown = self.shown(self.nodes[first : self.i])
        if power is not None and self.kind("sup"):
            raise NotRead(f"{shown}: two powers")
        tree = apply(head, arg, shown)
        if base is not None:
            if base in (0, 1) or not isinstance(base, sp.Expr) or tree.is_commutative is False:
                raise NotRead(f"{shown}: no base of a logarithm")
            tree = tree / sp.log(base)
        return tree if power is None else self.raised(tree, power)

    def operand(self, head: str) -> Any:
        """What a function is applied to: a bracket, or what stands beside it."""
        if not self.opens(self.peek()):
            return self.juxtaposed("\\" + head)
        first = self.i
        args = self.arguments()
        after = self.peek()
        inner = self.nodes[first + 1 : self.i - 1]
        if head in TRIG and after is not None and after.kind == "letter" and after.gap < THIN:
            if any(m.kind == "op" and m.key in "+-" for m in inner[1:]) and not after.args:
                raise NotRead(f"\\{head}{self.shown(self.nodes[first : self.i + 1])}: is the last factor inside")
        if len(args) != 1:
            raise NotRead(f"\\{head} of {len(args)} arguments")
        return args[0]

    def juxtaposed(self, latex: str) -> Any:
        r"""The argument of \sin 2x: numbers and letters side by side, or one fraction, root or bracket."""
        factors: list[Any] = []
        simple, numeric = True, True
        while (n := self.peek()) is not None and self.starts(n):
            head = head_of(n.key, keys(n.args[0]) if n.args else "")
            if factors and (head or n.key in BIG or n.key in ("\\max", "\\min")):
                break
            if factors and ((n.gap >= THIN and not numeric) or (n.key == "d" and self.differential(self.i))):
                break
            if factors and n.gap >= THIN:
                raise NotRead(f"{latex}{self.shown(self.nodes[self.i - 1 : self.i + 1])}: where does the argument end")
            if factors:
                self.beside(n)
            tree, what = self.factor()
            plain = what in ("number", "letter") and not (factors and n.key in CONSTANTS and n.key != "\\pi")
            if factors and (not simple or (not plain and not (numeric and what == "frac"))):
                raise NotRead(f"{latex}: where does its argument end, before {self.shown([n])} or after")
            factors.append(tree)
            simple = simple and plain
            numeric = numeric and not tree.free_symbols and tree.is_commutative is not False
        if not factors:
            raise NotRead(f"{latex} without an argument")
        if self.at("/") or (numeric and self.at("\\cdot", "\\times")):
            raise NotRead(f"{latex} ... {self.nodes[self.i].key}: inside of the argument or outside")
        return self.multiplied(factors)

    def extremum(self) -> Any:
        r"""\max(a,b) of two or more; over a set it is refused."""
        n = self.take()
        if not self.opens(self.peek()) or self.kind("sub"):
            raise NotRead(f"{n.key} over a set, or without brackets")
        args = self.arguments()
        if len(args) < 2 or any(not isinstance(a, sp.Expr) or a.is_commutative is False for a in args):
            raise NotRead(f"{n.key} of a set")
        return (sp.Max if n.key == "\\max" else sp.Min)(*args)

    # --- accents

    def accent(self, n: Node) -> Any:
        value = self.notes.vocabulary.get(keys(n.args[0]))
        dots = {"\\dot": 1, "\\ddot": 2, "\\dddot": 3}.get(n.text, 0)
        after = self.peek(1)
        if dots and after is not None and after.kind == "sub":  # \\dot x_1 is the derivative of x_1
            name = self.notes.vocabulary.match([*n.args[0], after], 0)
            if name and len(name.keys) == len(n.args[0]) + 1 and isinstance(name.value, (AppliedUndef, MFun)):
                self.i += 2
                return self.applied(name.value, dots)
        if dots and isinstance(value, (AppliedUndef, MFun)) and one_variable(value) is not None:
            self.take()
            return self.applied(value, dots)
        if dots and isinstance(value, sp.FunctionClass) and self.at_call(1):
            self.take()
            args = self.arguments()
            if len(args) == 1:
                return self.derivative_at(value, dots, args[0])
        if n.text in ("\\bar", "\\overline"):
            tree = self.sub(n.args[0]).whole()
            if isinstance(tree, sp.Expr) and tree.is_commutative and tree.is_real is None:
                if any(s.is_complex for s in tree.free_symbols):
                    self.take()
                    return sp.conjugate(tree)
        raise NotRead(f"{self.shown([n])} is not a name")

    def at_call(self, ahead: int) -> bool:
        n = self.peek(ahead)
        return n is not None and n.kind == "open" and n.key == "("
