r"""The errata: each false sentence that a claim refutes, as a formula, where it fails, and what holds instead.

Everything is taken from the record's clauses and parts; nothing is parsed out of a text. The one thing that has to be
told is whether a clause *displays* the false sentence, its negation ("L ≠ e^A D"), or what holds instead of it.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any

from scispaces.reading.site.records import Book, Claim, Clause
from scispaces.record import clause_parts, weakest

__all__ = ["Erratum", "Instead", "errata_of"]

# relations that deny: LaTeX of the denial -> LaTeX of what is denied
_DENIALS = {r"\neq": "=", r"\ne": "=", r"\not=": "=", r"\nleq": r"\le", r"\nleqslant": r"\le", r"\ngeq": r"\ge",
            r"\not\le": r"\le", r"\not\leq": r"\le", r"\not\ge": r"\ge", r"\not\geq": r"\ge",
            r"\not\Rightarrow": r"\Rightarrow"}  # fmt: skip
_DENIAL = re.compile("|".join(re.escape(d) + r"(?![a-zA-Z])" for d in sorted(_DENIALS, key=len, reverse=True)))


@dataclass(frozen=True)
class Instead:
    """What holds instead of a false sentence: a formula, or else the code that was checked; its verdict, its place."""

    latex: str
    code: str
    verdict: str
    scope: str
    premise: str | None
    chapter: str
    anchor: str


@dataclass(frozen=True)
class Erratum:
    """One false sentence."""

    claim: Claim
    part: dict[str, Any]
    formula: str  # empty where no clause displays the false sentence or denies it
    code: str
    instead: tuple[Instead, ...]

    @property
    def counterexample(self) -> str:
        """Where it fails, in one line."""
        evidence = self.part.get("evidence") or {}
        where = str(self.part.get("scope") or "")
        sides = [f"{side} side {evidence[side]}" for side in ("left", "right") if side in evidence]
        return ": ".join(piece for piece in (where, ", ".join(sides)) if piece)


def errata_of(book: Book, claim: Claim) -> list[Erratum]:
    """The false sentences that a claim refutes, in the order of its clauses."""
    found = []
    for clause in claim.clauses:
        for place, part in enumerate(clause.parts):
            if part.get("verdict") == "refuted":
                code = str(part.get("checked", "")).removeprefix("not: ")
                formula, displayed = _formula(clause)
                instead = () if displayed is None else (displayed_by(claim, clause),)
                follows = clause.parts[place + 1 : place + 2]
                found.append(Erratum(claim, part, formula, code, (*instead, *_corrected(book, claim, part, follows))))
    return found


def _formula(clause: Clause) -> tuple[str, Clause | None]:
    """The false sentence as LaTeX ("" where it stands nowhere); and the clause, where what it displays is true."""
    for latex in clause.read:
        if _DENIAL.search(latex):
            return _DENIAL.sub(lambda m: _DENIALS[m[0]] + " ", latex), clause
    if _displays_truth(clause):
        return "", clause
    if not clause.read and _DENIAL.search(clause.latex):
        return "", None  # a denial, or a condition like x ≠ 0: nobody has read it, so it is stamped neither way
    return clause.latex, None


def _displays_truth(clause: Clause) -> bool:
    """Whether the clause has parts beside the refutations and what each corrects itself with."""
    carrying = clause_parts({"parts": list(clause.parts)})
    own = [p for p in carrying if p.get("verdict") != "refuted"]
    for before, part in itertools.pairwise(carrying):
        if before.get("verdict") == "refuted" and (before.get("evidence") or {}).get("corrected") == part.get("kind"):
            own = [p for p in own if p is not part]
    return bool(own)


def displayed_by(claim: Claim, clause: Clause) -> Instead:
    """A clause that displays what is true, with its own mark: the verdict of the parts that do not refute."""
    verdicts = [str(p["verdict"]) for p in clause_parts({"parts": list(clause.parts)}) if p["verdict"] != "refuted"]
    verdict = weakest(verdicts) if verdicts else clause.verdict
    return Instead(clause.latex, "", verdict, "", None, claim.chapter, _anchor(claim, clause))


def _corrected(book: Book, claim: Claim, part: dict[str, Any], follows: tuple[dict[str, Any], ...]) -> list[Instead]:
    """What the refutation names as its correction: the next part, a clause of the same display, or another claim."""
    name = str((part.get("evidence") or {}).get("corrected", ""))
    for p in follows:
        if p.get("kind") == name and p.get("checked"):
            code, scope = str(p["checked"]), str(p.get("scope") or "")
            return [Instead("", code, str(p["verdict"]), scope, None, claim.chapter, f"claim-{claim.key}")]
    for clause in claim.clauses:
        if name and clause.name == name:
            anchor = _anchor(claim, clause)
            return [Instead(clause.latex, "", clause.verdict, clause.scope, None, claim.chapter, anchor)]
    if (key := book.resolve(claim.chapter, name)) is not None:
        other = book.claims[key]
        premise = other.record.get("premise")
        anchor = f"equation-{key}"
        return [Instead(other.statement, "", other.verdict, other.scope, premise, other.chapter, anchor)]
    return []


def _anchor(claim: Claim, clause: Clause) -> str:
    return f"mark-{claim.key}-{clause.name}" if clause.name else f"equation-{claim.key}"
