r"""What the reader hands out: relations, and the reason when there is none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import sympy as sp

Decimal = tuple[str, sp.Rational, sp.Rational]
Arrow = tuple[sp.Symbol, sp.Expr, str]


class NotRead(Exception):
    """A display, or a piece of one, that has no reading or more than one. The message says which piece and why."""


@dataclass(frozen=True)
class Relation:
    """One relation of a display: `left rel right`, two unevaluated trees.

    `rel` is one of ``= <= >= < > != -> ~ O``. `latex` is the relation's own text; `conditions` are the texts that were
    skipped beside it (prose, bracketed conditions, what stands before a colon); `decimals` lists every decimal as
    (text, exact value, half a unit of its last digit); `arrow` says what grows where the display says so: (symbol,
    end, side). Unpacks as ``rel, left, right``.
    """

    rel: str
    left: sp.Basic
    right: sp.Basic
    latex: str = ""
    conditions: tuple[str, ...] = ()
    decimals: tuple[Decimal, ...] = ()
    arrow: Arrow | None = field(default=None)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter((self.rel, self.left, self.right))

    def under(self, conditions: tuple[str, ...]) -> Relation:
        """The same relation with more conditions beside it."""
        return replace(self, conditions=tuple(dict.fromkeys((*self.conditions, *conditions))))
