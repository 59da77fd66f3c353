"""What a part states, relation by relation, and how a displayed relation is held against it.

A displayed relation is *read* when it has the relation of the part and its sides have the values of the part's sides,
at the instances at which the part was checked. Nothing here decides whether a statement is true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import sympy as sp

from . import nodes as N
from .display import Relation as Displayed

FLIPPED = {"=": "=", "!=": "!=", "<=": ">=", ">=": "<=", "<": ">", ">": "<"}


class Stated(Protocol):
    """A relation that a part states."""

    rel: str
    thorough: bool
    """Whether `reads` looks at all instances of the part, or at the first few."""

    def names(self, latex: str) -> dict[str, Any]:
        """LaTeX names of the part's own ingredients."""

    def reads(self, shown: Displayed) -> Verdict:
        """Whether the displayed relation is this one."""

    def equal(self, left: sp.Basic, right: sp.Basic) -> bool | None:
        """Whether two trees have one value at the instances of the part; None where they have none."""

    def same_statement(self, shown: Displayed, other: Displayed) -> bool:
        """Whether two displayed relations say the same at fresh instances too (an equivalent mutant)."""

    def resolution(self, shown: Displayed) -> list[dict[str, Any]]:
        """For each constant of the display the smallest relative change that the check would have noticed."""


@dataclass(frozen=True)
class Verdict:
    """`read`, or why not; `false` where the displayed relation itself fails at an instance of the part."""

    read: bool
    why: str = ""
    false: str = ""
    orientation: tuple[int, int] = (0, 1)


def orientations(shown: str, stated: str) -> list[tuple[int, int]]:
    """In which orders the displayed sides can be the stated ones: (0, 1) as written, (1, 0) exchanged."""
    found = []
    if shown == stated:
        found.append((0, 1))
    if FLIPPED.get(shown) == stated:
        found.append((1, 0))
    return found


WORDS = {
    "=": "an equality",
    "!=": "an inequality ≠",
    "<=": "a bound ≤",
    ">=": "a bound ≥",
    "<": "a strict bound <",
    ">": "a strict bound >",
    "->": "a limit",
    "O": "an equality up to O(·)",
    "~": "an asymptotic equality",
}


def wrong_relation(shown: str, stated: str) -> str:
    """Why a relation cannot be the part's, in words."""
    return f"the display says {WORDS.get(shown, shown)}, the part states {WORDS.get(stated, stated)}"


def constants(tree: sp.Basic) -> list[sp.Rational]:
    """The numerals of a tree that could have been others: all but 0 and ±1 and the signs of products."""
    found: set[sp.Rational] = set()

    def look(node: sp.Basic) -> sp.Basic:
        if isinstance(node, sp.Rational) and node not in (0, 1, -1):
            found.add(abs(node))
        return node

    _each_constant(tree, look)
    return sorted(found, key=lambda n: (float(n), str(n)))


def with_constant(tree: sp.Basic, old: sp.Rational, new: sp.Expr) -> sp.Basic:
    """The tree with the numeral `old` (and -old) replaced by `new` wherever it stands."""
    return _each_constant(tree, lambda n: new if n == old else -new if n == -old else n)


def _each_constant(tree: sp.Basic, change: Callable[[sp.Basic], sp.Basic]) -> sp.Basic:
    """The tree with `change` applied to its numerals; exponents, indices, orders and ends of sums are no constants."""
    if isinstance(tree, sp.Rational):
        return change(tree)
    if not tree.args or isinstance(tree, (sp.Indexed, sp.Derivative, N.D, N.Entry)):
        return tree
    if isinstance(tree, sp.Pow):
        base = _each_constant(tree.base, change)
        if isinstance(tree.exp, sp.Rational):
            if tree.base.is_Rational and tree.exp == -1:
                return change(tree)
            return tree.func(base, tree.exp)
        return tree.func(base, _each_constant(tree.exp, change))
    if isinstance(tree, (sp.Sum, sp.Product)):
        return tree.func(_each_constant(tree.function, change), *tree.limits)
    return tree.func(*(_each_constant(a, change) if isinstance(a, sp.Basic) else a for a in tree.args))


def finest_change(noticed: Callable[[sp.Rational], bool]) -> sp.Rational | None:
    """The smallest of the steps 1e-15, 3e-15, 1e-14, ..., 1 from which on a relative change is noticed; None if none.

    Steps are tried downwards and the search stops at the first that is missed.
    """
    finest = None
    for k in range(0, 16):
        for m in (10, 3):
            step = sp.Rational(m, 10 ** (k + 1))
            if not noticed(step):
                return finest
            finest = step
    return finest


def neighbour(n: sp.Rational) -> sp.Rational:
    """The relative distance from a closed-form constant p/q to its nearest plausible neighbour (p ± 1)/q, p/(q ± 1)."""
    p, q = abs(int(n.p)), int(n.q)
    near = [sp.Rational(1, p)]
    if q > 1:
        near.append(sp.Rational(1, q + 1))
    return min(near)
