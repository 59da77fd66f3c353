"""A displayed condition on one number promises no more than its check assumes: "if z < 0" against given=[z < 0]."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import sympy as sp
from mpmath import mp

from . import display, numeric
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


def meanings(conditions: Iterable[str], names: dict[str, Any]) -> list[Displayed]:
    """The conditions "if s = ..." that give one letter a value, as far as they can be read."""
    found = []
    for condition in conditions:
        for piece in re.split(r"\\(?:text|mathrm)\{[^{}]*\}|\\quad|\\qquad|,(?![^{(]*[})])", condition):
            starts = [m.start() for m in _VALUE.finditer(piece) if _opens(piece[: m.start()])]
            for start, end in pairwise([*starts, len(piece)]):
                try:
                    relations, _ = display.read_each(piece[start:end].strip(" ,;.:"), names)
                except display.NotRead:
                    continue
                found += [r for r in relations if r.rel == "=" and isinstance(r.left, sp.Symbol)]
    return found


_VALUE = re.compile(r"(?<![\w\\}])\\?[A-Za-z]+(?:_(?:\w|\{[^{}]*\}))?\s*=")  # a letter and "="


def _opens(before: str) -> bool:
    """Whether a letter after this text begins an equation: at the start, or after another whole condition."""
    before = before.strip()
    return not before or bool(re.search(r"[=<>]|\\(?:le|ge|ne)", before) and before[-1] not in "+-*/^_({=<>|")


def refuse_other_meanings(claim_id: str, shown: list[Displayed], hypotheses: Iterable[Hypothesis]) -> None:
    """Raise ClaimFailed where the display gives a letter another value than `given=Eq(letter, ...)` does."""
    equations = [h for h in hypotheses if isinstance(h, Relation) and isinstance(h.relation, sp.Eq)]
    values = {h.relation.lhs: h.relation.rhs for h in equations if isinstance(h.relation.lhs, sp.Symbol)}
    for r in shown:
        if r.left not in values or not isinstance(r.right, sp.Expr):
            continue
        gap = r.right - values[r.left]
        for _ in values:  # the other letters have their values too
            gap = gap.xreplace({s: v for s, v in values.items() if s != r.left})
        if _is_certainly_not_zero(gap):
            raise ClaimFailed(
                f"claim {claim_id!r}: the display says {r.latex}, its check takes {r.left} = {values[r.left]}"
            )


def _is_certainly_not_zero(gap: sp.Expr) -> bool:
    """Whether an expression has a value other than zero at one of a few places; False where it has none."""
    letters = sorted(gap.free_symbols, key=str)
    for start in (2, 5, 11):
        place: numeric.Env = {
            s: mp.mpf(start + i) if s.is_integer else mp.mpf(3 * start + 7 * i + 1) / 32 for i, s in enumerate(letters)
        }
        try:
            if numeric.size_of(numeric.value(gap, place, 40)) > mp.mpf(10) ** -20:
                return True
        except (numeric.Undefined, KeyError, NotImplementedError, ArithmeticError, ValueError, TypeError):
            continue
    return False


def unsaid(statement: str, clause: Any, common: Any, hypotheses: Iterable[Hypothesis]) -> list[str]:
    """The inequalities that a check assumes and of which no condition of its clause, nor of the display, says a word.

    A condition says something about a number if it names it and has a sign of order, or a word for one. Equations are
    not asked for (they may give a letter its meaning), nor signs that the letters of the vocabulary carry.
    """
    said = [*clause.said, *common.said, *re.findall(r"\\text\{(?:[^{}$]|\$[^$]*\$|\{[^{}]*\})*\}[^&]*", statement)]
    said = [c for c in said if _ORDER.search(c)]
    silent = []
    for h in hypotheses:
        if not isinstance(h, Relation) or not isinstance(h.relation, (sp.Lt, sp.Le, sp.Gt, sp.Ge, sp.Ne)):
            continue
        if isinstance(h.relation, sp.Ne) and re.search(r"\\[dt]?frac|/|\^\{-", statement):
            continue  # a quotient says that its denominator does not vanish
        letters = {k for k, v in clause.names.items() if isinstance(v, sp.Basic) and v in h.relation.free_symbols}
        letters |= {name for s in h.relation.free_symbols for name in (sp.latex(s), s.name)}
        if not any(_names(c, letter) for c in said for letter in letters):
            silent.append(h.text)
    return silent


_ORDER = re.compile(
    r"[<>]|\\(?:leq?|geq?|neq?|lt|gt|ll|gg|in|notin|not)(?![a-zA-Z])"
    r"|positive|negative|zero|different|distinct|between|at least|at most|above|below|proper|less|greater|small|large"
    r"|even|odd|whole|natural|integer|invertible|real"
)


def _names(condition: str, letter: str) -> bool:
    """Whether a letter stands in a condition, as a letter and not as a part of a word."""
    bare = re.sub(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}", " ", condition)
    return bool(re.search(rf"(?<![a-zA-Z\\]){re.escape(letter)}(?![a-zA-Z])", bare))


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
