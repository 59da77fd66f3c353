r"""What the pieces of the expression reader share: the cursor, the bound variables, what was noted on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sympy as sp

from .names import Name, Vocabulary, plain_name
from .nodes import Node, keys
from .tables import THIN
from .trees import Decimal, NotRead

BIG = {"\\sum", "\\prod", "\\int", "\\iint", "\\iiint", "\\oint", "\\lim"}
REFUSED = {
    "\\pm": "plus-minus is two statements", "\\mp": "minus-plus is two statements",
    "\\dots": "the dots have to be guessed", "*": "the star may be a product or a convolution",
    "\\circ": "a composition, or degrees", "\\degree": "degrees", "\\nabla": "a gradient that is not a name",
    "\\forall": "a quantifier inside of an expression", "\\exists": "a quantifier", "\\mid": "a conditional bar",
    "\\lVert": "a norm that is not a name", "‖": "a norm that is not a name", "\\langle": "a bracket that is no name",
    "\\oint": "a contour integral", "\\sup": "a supremum over a set", "\\inf": "an infimum over a set",
    "\\limsup": "a limit superior", "\\liminf": "a limit inferior", "\\lg": "the base of \\lg is not said",
    "\\choose": "\\choose: write \\binom", "\\over": "\\over: write \\frac", "\\infty": "arithmetic with infinity",
    "\\bmod": "a remainder", "\\pmod": "a congruence", "\\ast": "a convolution or a conjugate",
    "\\otimes": "a tensor product", "\\oplus": "a direct sum", "\\odot": "an entrywise product, or a sun",
    "\\cap": "sets", "\\cup": "sets", "\\setminus": "sets", "\\wedge": "and, or an exterior product",
    "\\vee": "or, or a maximum", "\\star": "a star", "\\div": "write \\frac", "\\neg": "a negation",
}  # fmt: skip


@dataclass
class Notes:
    """What the reading of one relation leaves beside its trees."""

    latex: str
    vocabulary: Vocabulary
    decimals: list[Decimal] = field(default_factory=list)
    indefinite: list[sp.Symbol] = field(default_factory=list)
    bars: dict[int, str] = field(default_factory=dict)
    steps: int = 0


class Base:
    """A cursor over nodes, with the variables bound around it."""

    def __init__(self, notes: Notes, nodes: list[Node], bound: dict[str, sp.Symbol] | None = None) -> None:
        self.notes = notes
        self.nodes = [n for n in nodes if n.kind not in ("amp", "space")]
        self.bound = bound or {}
        self.i = 0
        self.factors: list[Any] = []  # those of the term that was read last
        self.holding = 0  # inside of the operand of d/dx, where a value at a point waits

    if TYPE_CHECKING:  # the pieces of the reader call one another: expressions.Reader is all of them

        def __getattr__(self, name: str) -> Any: ...

    # --- the cursor

    def peek(self, ahead: int = 0) -> Node | None:
        at = self.i + ahead
        return self.nodes[at] if at < len(self.nodes) else None

    def take(self) -> Node:
        self.i += 1
        return self.nodes[self.i - 1]

    def at(self, *some: str) -> bool:
        n = self.peek()
        return n is not None and n.key in some

    def kind(self, *some: str) -> bool:
        n = self.peek()
        return n is not None and n.kind in some

    def sub(self, nodes: list[Node], bound: dict[str, sp.Symbol] | None = None) -> Any:
        return type(self)(self.notes, nodes, self.bound if bound is None else bound)

    def shown(self, nodes: list[Node]) -> str:
        """The LaTeX of some nodes, for a message."""
        real = [n for n in nodes if n.kind != "space"]
        if not real:
            return ""
        text = self.notes.latex[real[0].start : max(n.end for n in real)]
        return re.sub(r"\s+", " ", text).strip()

    def unread(self, n: Node) -> NotRead:
        """Why node `n` cannot be read where it stands."""
        if n.kind == "bad":
            return NotRead(n.text)
        what = self.shown([n])
        head = n.text if n.kind == "cmd" and n.text else n.key
        if head in REFUSED:
            return NotRead(f"{what}: {REFUSED[head]}")
        if n.kind == "text":
            return NotRead(f"prose inside of the formula: {what}")
        if n.kind == "letter":
            return NotRead(f"{what} is not a name")
        if n.kind in ("sub", "sup", "prime"):
            before = self.nodes[self.nodes.index(n) - 1 : self.nodes.index(n)] if n in self.nodes else []
            return NotRead(f"{self.shown(before + [n])} is not a name")
        return NotRead(f"{what} cannot be read here")

    # --- letters

    def is_d(self, n: Node | None) -> bool:
        return n is not None and n.key in ("d", "\\mathrm{d}", "\\partial")

    def variable_length(self, nodes: list[Node], i: int) -> int:
        """How many nodes from `i` are one letter with its index: 0 where there is none."""
        if i >= len(nodes) or nodes[i].kind not in ("letter", "accent"):
            return 0
        return 2 if i + 1 < len(nodes) and nodes[i + 1].kind == "sub" else 1

    def bind(self, nodes: list[Node]) -> tuple[str, sp.Symbol]:
        """The symbol that a binder binds: its name's if it has one, else the one inside of named objects, else new."""
        if self.variable_length(nodes, 0) != len(nodes):
            raise NotRead(f"{self.shown(nodes)} is no variable")
        key = keys(nodes)
        name = self.notes.vocabulary.match(nodes, 0)
        if name and len(name.keys) == len(nodes):
            if isinstance(name.value, sp.Symbol) and name.value.is_commutative:
                return key, name.value
            raise NotRead(f"the bound {self.shown(nodes)} is the name of something else than a symbol")
        called = plain_name(nodes)
        if called in self.notes.vocabulary.implied:
            return key, self.notes.vocabulary.implied[called]
        taken = {v.name for v in self.notes.vocabulary.values if isinstance(v, sp.Symbol)}
        while called in taken:
            called += "_"
        return key, sp.Symbol(called)

    def bound_here(self) -> tuple[int, sp.Symbol] | None:
        """The bound variable that stands at the cursor, and how many nodes it takes."""
        for length in (2, 1):
            key = keys(self.nodes[self.i : self.i + length])
            if self.i + length <= len(self.nodes) and key in self.bound:
                return length, self.bound[key]
        return None

    def check_bound(self, name: Name) -> None:
        """A name such as a_k that does not depend on k has no meaning under a sum over k."""
        parts = set(
            re.split(r"[ {}_^()\[\],]+", re.sub(r"\\(operatorname|mathrm|text)\{[^{}]*\}", "", " ".join(name.keys)))
        )
        for key, symbol in self.bound.items():
            if len(name.keys) + len(parts) > 2 and key in parts:
                value = name.value
                free = value.free_symbols if isinstance(value, sp.Basic) else set()
                if symbol not in free and not isinstance(value, sp.IndexedBase):
                    raise NotRead(f"the name {name.latex} does not depend on the bound {key}")

    def loose_digit(self, node: Node) -> None:
        r"""x^10 is x^1 0 as TeX displays it: an argument without braces must not run into a digit."""
        after = self.peek()
        if (
            node.loose
            and node.args
            and node.args[-1][-1].kind == "digit"
            and after is not None
            and after.kind == "digit"
        ):
            if after.gap < THIN:
                raise NotRead(f"{self.shown([node, after])}: an argument without braces is one digit")
