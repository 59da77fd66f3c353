"""A displayed condition on one number promises no more than its check assumes: "if z < 0" against given=[z < 0]."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import sympy as sp

from . import display
from .failures import ClaimFailed
from .hypotheses import Hypothesis, Relation
from .stated import Displayed
from .time_limits import TimeUp, time_limit

SIGNS = {"<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge, "!=": sp.Ne}
WHOLE = range(-60, 61)  # where whole numbers are looked for


def restrictions(conditions: Iterable[str], names: dict[str, Any]) -> list[Displayed]:
    """The inequalities in one symbol that the conditions of a clause display, as far as they can be read."""
    found = []
    for condition in conditions:
        for piece in re.split(r"\\(?:text|mathrm)\{[^{}]*\}", condition):
            if not re.search(r"[<>]|\\(?:le|ge|ne|lt|gt)", piece):
                continue
            try:
                relations, _ = display.read_each(piece.strip(" ,;"), names)
            except display.NotRead:
                continue
            found += [r for r in relations if r.rel in SIGNS and len((r.left - r.right).free_symbols) == 1]
    return found


def refuse_promises(
    claim_id: str, own: list[Displayed], common: list[Displayed], hypotheses: Iterable[Hypothesis]
) -> None:
    """Raise ClaimFailed where the display allows values of a number that a hypothesis of its check excludes.

    own: the restrictions of the clause. common: those of the whole display. What the display excludes beyond the
    hypothesis is no matter, nor is a hypothesis in several symbols, or in one that the clause does not restrict.
    """
    for h in hypotheses:
        if not isinstance(h, Relation) or len(free := h.relation.free_symbols) != 1:
            continue
        (symbol,) = free
        mine = [r for r in own if (r.left - r.right).free_symbols == free]
        if not mine:
            continue
        both = mine + [r for r in common if (r.left - r.right).free_symbols == free]
        try:
            with time_limit(2):
                shown = _values([SIGNS[r.rel](r.left, r.right) for r in both], symbol)
                beyond = shown - _values([h.relation], symbol)
                outside = any(k in beyond for k in WHOLE) if symbol.is_integer else beyond.is_empty is False
        except (TimeUp, NotImplementedError, ValueError, TypeError, AttributeError):
            continue
        if outside:
            raise ClaimFailed(
                f"claim {claim_id!r}: the display promises {', '.join(r.latex for r in mine)}, "
                f"its check assumes {h.text}"
            )


def _values(relations: list[sp.Basic], symbol: sp.Symbol) -> sp.Set:
    """The real numbers that satisfy the relations and have the sign of the symbol."""
    x = sp.Dummy("x", real=True)
    values: sp.Set = sp.S.Reals
    if symbol.is_positive:
        values = sp.Interval.open(0, sp.oo)
    elif symbol.is_nonnegative:
        values = sp.Interval(0, sp.oo)
    for relation in relations:
        found = relation.xreplace({symbol: x})
        values = values.intersect(sp.S.Reals if found == True else found.as_set())  # noqa: E712
    return values
