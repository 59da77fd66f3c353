r"""Sums, products, powers and brackets: the arithmetic of the expression reader."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import sympy as sp

from ..nodes import Entry, Exp, T
from .bars import evaluated_at
from .binders import Binders
from .brackets import Brackets
from .calls import Calls
from .derivatives import Derivatives
from .functions import is_matrix, kept
from .nodes import Node, keys
from .numerals import Numerals
from .reader_base import BIG
from .tables import QUAD, TIMES
from .trees import NotRead

_NO_FACTOR = {*TIMES, *("\\" + c for c in (
    "pm mp dots circ degree forall exists mid cap cup % div otimes oplus odot bmod ast star wedge vee setminus choose "
    "over").split())}  # fmt: skip


class Reader(Numerals, Brackets, Calls, Binders, Derivatives):
    """Reads nodes into an unevaluated sympy tree."""

    def whole(self) -> Any:
        """All nodes as one expression."""
        if not self.nodes:
            raise NotRead("a side is missing")
        infinite = [n for n in self.nodes if n.key not in "+-"]
        if keys(infinite) == "\\infty" and len(self.nodes) <= 2:
            return -sp.oo if self.nodes[0].key == "-" else sp.oo
        tree = self.expression()
        if (n := self.peek()) is not None:
            raise self.unread(n)
        return tree

    def expression(self) -> Any:
        """Terms with their signs."""
        terms: list[Any] = []
        while True:
            n = self.peek()
            sign = n.key if n is not None and n.kind == "op" and n.key in "+-" else ""
            if terms and not sign:
                break
            if sign:
                self.take()
                if self.at("+", "-"):
                    raise NotRead(f"two signs in a row: {self.shown(self.nodes[self.i - 1 : self.i + 1])}")
            tree = self.term()
            terms.append(-tree if sign == "-" else tree)
        return self.summed(terms)

    def summed(self, terms: list[Any]) -> Any:
        if len(terms) == 1:
            return terms[0]
        return sp.Add(*terms)

    def starts(self, n: Node | None) -> bool:
        """Whether node `n` can begin a factor."""
        if n is None:
            return False
        if n.kind == "bar":
            return self.notes.bars.get(id(n), n.side or "open") == "open" and not evaluated_at(
                self.nodes, self.nodes.index(n)
            )
        if n.kind == "sep":
            after = self.peek(1)
            return n.key == "." and after is not None and after.kind == "digit" and after.gap == 0
        if n.kind in ("text", "implies", "rel"):
            return self.notes.vocabulary.match(self.nodes, self.nodes.index(n)) is not None
        return n.kind in ("digit", "letter", "open", "accent", "env", "bad", "null") or (
            n.kind == "cmd" and n.key not in _NO_FACTOR
        )

    def term(self) -> Any:
        """A product: factors side by side, with \\cdot and \\times, and at most one slash, which ends it."""
        factors: list[Any] = []
        slashed = False
        while (n := self.peek()) is not None:
            explicit = n.key in TIMES and bool(factors)
            if n.kind == "op" and n.key == "/" and factors:
                if slashed:
                    raise NotRead(f"two slashes in a row: {self.shown(self.nodes)}")
                factors.append(self.below())
                slashed = True
                continue
            if not explicit and not self.starts(n):
                break
            if slashed:
                raise NotRead(f"what follows a slash has two readings: {self.shown(self.nodes)}")
            if explicit:
                self.take()
                if self.at("+", "-"):
                    raise NotRead(f"a sign after {n.key}")
            elif factors:
                self.beside(n)
            first = self.i
            factors.append(self.factor()[0])
            self.evaluated(factors, first)
        self.factors = factors
        if not factors:
            raise self.unread(n) if (n := self.peek()) is not None else NotRead("something is missing at the end")
        return self.multiplied(factors)

    def below(self) -> Any:
        """What a slash divides by: one factor."""
        slash = self.take()
        n = self.peek()
        if n is None or not self.starts(n) or n.text in BIG or n.key in BIG:
            raise NotRead(f"nothing to divide by after {slash.key}")
        tree = self.factor()[0]
        return self.inverse(tree)

    def inverse(self, tree: Any) -> Any:
        if tree == 0:
            raise NotRead("a division by zero")
        if is_matrix(tree):
            raise NotRead("a division by a matrix")
        return sp.Pow(tree, -1)

    def beside(self, n: Node) -> None:
        """Refuse factors that stand side by side in a way that has two readings."""
        before = self.nodes[self.i - 1]
        if n.gap >= QUAD:
            raise NotRead(f"a wide space inside of a product before {self.shown([n])}")
        fraction = n.text == "\\frac" and all(m.kind == "digit" for arg in n.args for m in arg)
        if before.kind == "digit" and (fraction or n.kind == "digit"):
            raise NotRead(f"{self.shown([before, n])}: a number beside a number")
        if n.kind == "digit" and before.kind == "letter":
            raise NotRead(f"{self.shown([before, n])}: a number after a letter")
        if n.kind == "digit" and before.loose and before.args and before.args[-1][-1].kind == "digit":
            raise NotRead(f"{self.shown([before, n])}: an argument without braces is one digit")

    def multiplied(self, factors: list[Any]) -> Any:
        if len(factors) == 1:
            return factors[0]
        bases = [f.as_base_exp()[0] for f in factors if f.is_commutative is False]
        if any(a == b for a, b in pairwise(bases)) and any(
            f.as_base_exp()[1].could_extract_minus_sign() for f in factors if f.is_commutative is False
        ):
            return sp.Mul(*factors, evaluate=False)  # A A^{-1} is not 1 before it is checked
        return sp.Mul(*factors)

    # --- factors

    def factor(self) -> tuple[Any, str]:
        """A primary with its scripts: (tree, what it is)."""
        self.notes.steps += 1
        if self.notes.steps > 20_000:
            raise NotRead("too long a formula")
        first = self.i
        if self.peek() is None:
            raise NotRead(f"something is missing behind {self.shown(self.nodes)}")
        tree, what = self.primary()
        powered = False
        if what == "frac" and self.nodes[first].text == "\\frac" and (self.kind("sup") or self.at("!")):
            raise NotRead(f"{self.shown(self.nodes[first : self.i + 1])}: a power of the fraction, without brackets")
        while (n := self.peek()) is not None:
            if n.kind == "sup":
                if powered and n.key != "^{\\top}":
                    raise NotRead(f"two powers on one base: {self.shown(self.nodes[first : self.i + 1])}")
                self.take()
                tree, powered = self.power(tree, n, first), True
                self.loose_digit(n)
                what = "letter" if what == "number" else what
            elif n.kind == "sub":
                self.take()
                tree = self.entry(tree, n, first)
            elif n.key == "!" and n.kind == "op":
                if powered:
                    raise NotRead(f"a factorial of a power: {self.shown(self.nodes[first : self.i + 1])}")
                tree, what = self.factorial(tree), "letter"
            elif n.key == "\\%":
                self.take()
                tree = tree / 100
                self.scale_decimal(sp.Rational(1, 100), n.end)
            elif n.kind == "prime":
                raise self.unread(n)
            else:
                break
        return tree, what

    def power(self, base: Any, sup: Node, first: int) -> Any:
        """base^{...}: a power, a transpose, an inverse."""
        arg = sup.args[0]
        text = keys(arg)
        whole = self.shown(self.nodes[first : self.i])
        matrix = base.is_commutative is False
        if text in ("\\top", "\\mathsf{T}", "\\mathrm{T}", "- \\top", "\\mathsf{T}") or (
            text == "T" and matrix and not self.notes.vocabulary.has("T") and "T" not in self.bound
        ):
            if not matrix:
                raise NotRead(f"{whole}: a transpose of what is no matrix")
            return T(base) if text[0] != "-" else sp.Pow(T(base), -1)
        if text in ("\\circ", "\\degree"):
            raise NotRead(f"{whole}: degrees")
        if text in ("*", "\\ast", "\\dagger", "H", "\\mathsf{H}", "\\mathrm{H}", "+", "-", "\\star", "\\sharp"):
            if text != "H" or not self.notes.vocabulary.has("H"):
                raise NotRead(f"{whole} is not a name")
        if len(arg) > 1 and arg[0].key == "(" and arg[-1].key == ")" and self.nodes[first].kind in ("letter", "accent"):
            if base != sp.E and self.balanced(arg[1:-1]):
                raise NotRead(f"{whole} is not a name")
        exponent = self.sub(arg).whole()
        if exponent in (sp.oo, -sp.oo):
            raise NotRead(f"{whole}: arithmetic with infinity")
        if exponent.is_commutative is False:
            if base == sp.E:
                return Exp(exponent)
            raise NotRead(f"{whole}: a power with a matrix above")
        if isinstance(exponent, sp.Basic) and not isinstance(exponent, sp.Expr):
            raise NotRead(f"{whole}: no exponent")
        if matrix and not (exponent.is_integer or exponent.is_Symbol or exponent.is_Add):
            raise NotRead(f"{whole}: a matrix to a power that is no integer")
        return self.raised(base, exponent)

    def raised(self, base: Any, exponent: Any) -> Any:
        if exponent.is_Integer and abs(exponent) > 5000:
            raise NotRead("a number too large")
        if base.is_Rational and exponent.is_Rational and exponent.p and len(str(base)) * abs(exponent) > 5000:
            raise NotRead("a number too large")
        if base == 0 and exponent.is_negative:
            raise NotRead("a division by zero")
        if base == sp.E:
            return kept(sp.exp, exponent)
        return sp.Pow(base, exponent)

    def entry(self, base: Any, sub: Node, first: int) -> Any:
        if base.is_commutative is False:
            index = self.indices(sub.args[0], 2)
            if len(index) == 2:
                return Entry(base, *index)
        raise NotRead(f"{self.shown(self.nodes[first : self.i])} is not a name")
