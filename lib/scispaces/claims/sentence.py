"""The displayed sentence as the object: its clauses, which of their relations the parts state, and its mutants.

Each clause of a display is read into relations between trees (`display`) with the chapter's names and those of the
clause's own parts. A relation is *read* when a part of its clause states it; what is not read says why. Then the
display is changed, a letter at a time, and what the changed display says must not be what the parts state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from scispaces.record import BARE

from . import display
from . import nodes as N
from .displayed_domains import meanings, refuse_other_meanings, refuse_promises, restrictions, unsaid
from .failures import ClaimFailed, Refused
from .hypotheses import Structure
from .parts import Context, Outcome, Part
from .stated import Displayed, Stated, Verdict
from .vocabulary import as_name, resolved

DISPLAY_MUTANTS = 6
"""How many mutants of the display a claim tries in the notebook."""


@dataclass
class Clause:
    """One clause of a display: its name and LaTeX, the relations read and those not read, with why."""

    name: str
    latex: str
    read: list[str] = field(default_factory=list)
    unread: list[dict[str, str]] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    hits: list[tuple[Displayed, Stated, Outcome]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # all conditions, quantifiers too
    names: dict[str, Any] = field(default_factory=dict)

    def record(self, verdict: str) -> dict[str, Any]:
        return {"name": self.name, "latex": self.latex, "verdict": verdict, "read": self.read, "unread": self.unread}


def clause_texts(latex: str) -> dict[str, str]:
    """The clauses of a display: {name: LaTeX}; a display that names none is one clause."""
    return dict(display.clauses(latex)) or {BARE: latex}


def match_names(claim_id: str, shown: dict[str, str], stated: list[str]) -> None:
    """Every clause of the display has parts, every named part a clause. Raises ClaimFailed."""
    missing = [n for n in shown if n not in stated]
    strange = [n for n in dict.fromkeys(stated) if n not in shown]
    if strange == [BARE] and BARE not in shown:
        raise ClaimFailed(
            f"claim {claim_id!r}: the display has the clauses {', '.join(shown)}; say which one a part checks: "
            f"{next(iter(shown))}=[...]"
        )
    if strange:
        listed = ", ".join(n or "(unnamed)" for n in shown)
        raise ClaimFailed(
            f"claim {claim_id!r}: no clause of the display is called {', '.join(strange)}; it has {listed}. A clause "
            "is named by a TeX comment at the end of its line: % name"
        )
    if missing:
        raise ClaimFailed(f"claim {claim_id!r}: the clause {', '.join(missing)} of the display has no part")


def vocabulary(latex: str, chapter: dict[str, Any], stated: list[Stated]) -> dict[str, Any]:
    """What the letters of a clause stand for: the parts' own ingredients, and over them the chapter's names."""
    names: dict[str, Any] = {}
    for s in stated:
        names |= s.names(latex)
    return names | resolved(chapter, names)


def read_clause(
    name: str, latex: str, chapter: dict[str, Any], outcomes: list[tuple[Part, Outcome, Context]]
) -> Clause:
    """Hold one clause against its parts. Raises ClaimFailed where the displayed relation is itself false."""
    clause = Clause(name, latex)
    stated = [(s, o) for part, o, context in outcomes for s in part.stated(context)]
    names = vocabulary(latex, chapter, [s for s, _ in stated])
    relations, unread = display.read_each(latex, names)
    clause.unread = [{"text": text, "why": why} for text, why in unread]
    shown: Displayed
    for condition in dict.fromkeys(c for r in relations for c in r.conditions):
        if (local := _local_definition(condition, latex, names)) is None:
            clause.conditions += [condition] if _is_hypothesis(condition) else []
        else:
            _hold_local(clause, local, names, stated)
    clause.said, clause.names = list(dict.fromkeys(c for r in relations for c in r.conditions)), names
    for shown in relations:
        if isinstance(shown.right, (N.Const, sp.MatrixBase)) and _names_something(shown, names):
            _hold_local(clause, shown, names, stated)
            continue
        verdicts: list[Verdict] = []
        for s, o in stated:
            s.thorough = True  # a sentence is held against every instance of its part
            verdict = s.reads(shown)
            s.thorough = False
            if verdict.read:
                clause.hits.append((shown, s, o))
                clause.read.append(shown.latex)
                break
            verdicts.append(verdict)
        else:
            _refuse_false(name, shown, verdicts)
            whys = list(dict.fromkeys(v.why for v in verdicts)) or ["its parts state nothing that could be compared"]
            clause.unread.append({"text": shown.latex, "why": "; ".join(whys[:2])})
    return clause


def _names_something(shown: Displayed, names: dict[str, Any]) -> bool:
    """Whether a relation gives a name of the vocabulary its meaning ("with R = ..."): its left is that name alone."""
    key = shown.latex.partition("=")[0].strip(" &,;:")
    meaning = names.get(key)
    if shown.rel != "=" or not isinstance(meaning, sp.Basic) or isinstance(meaning, sp.Symbol):
        return False
    if isinstance(shown.right, sp.Expr) and shown.right.is_number:  # "where F = 0" restricts, it defines nothing
        return False
    inner = meaning.args[0] if isinstance(meaning, N.Const) else meaning  # a lone matrix is handed out as it is
    return bool(shown.left in (meaning, inner))


def _local_definition(condition: str, latex: str, names: dict[str, Any]) -> Displayed | None:
    """The relation of "with R = diag(...)" where R is a name of the vocabulary; None for any other condition."""
    if re.match(r"\\text\{\s*(?:if|when|whenever|provided|unless)\b", condition) or "=" not in condition:
        return None
    bare = re.sub(r"^(?:\\text\{[^}]*\}\s*)+", "", condition).partition("\\text{")[0]
    if re.sub(r"[\s&]", "", bare) not in re.sub(r"[\s&]", "", latex):  # pieces of prose put together: no formula
        return None
    relations, unread = display.read_each(bare, names)
    if unread or len(relations) != 1 or not _names_something(relations[0], names):
        return None
    return relations[0]


def _hold_local(
    clause: Clause, shown: Displayed, names: dict[str, Any], stated: list[tuple[Stated, Outcome]]
) -> None:
    """What a display says that a letter means has to be what the check takes it for. Raises ClaimFailed."""
    answers = [s.equal(shown.left, shown.right) for s, _ in stated]
    if True in answers:
        clause.read.append(shown.latex)
    elif False in answers:
        where = f"the clause {clause.name} of the display" if clause.name else "the display"
        raise ClaimFailed(f"{where} is false as it stands: its check takes {shown.latex.partition('=')[0].strip()} "
                          f"for something else than {shown.latex}")  # fmt: skip
    else:
        clause.unread.append({"text": shown.latex, "why": "a meaning given in passing that no part can be asked for"})


def match_given(
    claim_id: str, statement: str, outcomes: list[tuple[Part, Outcome, Context]], read: list[Clause]
) -> None:
    """What a part assumes of its matrices has to be said in the display that it states. Raises ClaimFailed."""
    said = re.sub(r"\\[,;!]|\s|[{}]", "", statement)
    stating = {id(o) for clause in read for _, _, o in clause.hits}
    for part, outcome, _ in outcomes:
        for h in getattr(part, "hypotheses", ()):
            if not isinstance(h, Structure) or outcome.corroborates or id(outcome) not in stating:
                continue
            if not any(re.sub(r"[{}]", "", w) in said for w in h.words):
                raise ClaimFailed(f"claim {claim_id!r}: its check assumes {h.text}, which the display does not say")


def match_ranges(
    claim_id: str, statement: str, outcomes: list[tuple[Part, Outcome, Context]], read: list[Clause]
) -> None:
    """What a part assumes of a number is displayed, and no condition allows what its part excludes.

    Raises ClaimFailed.
    """
    parts = {id(outcome): part for part, outcome, _ in outcomes if not outcome.corroborates}
    for clause in read:
        for part in {id(o): parts[id(o)] for _, _, o in clause.hits if id(o) in parts}.values():
            silent = unsaid(statement, clause, read[-1], getattr(part, "hypotheses", ()))
            if silent:
                where = f" {clause.name}" if clause.name else ""
                raise ClaimFailed(
                    f"claim {claim_id!r}: the check of the clause{where} assumes {', '.join(silent)}, "
                    "which the display does not say"
                )
        own, common = (restrictions(c.said, clause.names) for c in (clause, read[-1]))
        for part in {id(o): parts[id(o)] for _, _, o in clause.hits if id(o) in parts}.values():
            refuse_promises(claim_id, own, common, getattr(part, "hypotheses", ()))
            refuse_other_meanings(claim_id, meanings(clause.said, clause.names), getattr(part, "hypotheses", ()))


def match_outside(claim_id: str, statement: str, outcomes: list[tuple[Part, Outcome, Context]]) -> None:
    """What a part tries outside of has to be a condition of the display, letter by letter. Raises ClaimFailed."""
    shown, spelled = _letters_only(statement), _spelled(statement)
    for part, _, _ in outcomes:
        for condition in getattr(part, "outside", None) or {}:
            if _letters_only(condition) not in shown or _spelled(condition) not in spelled:
                raise ClaimFailed(
                    f"claim {claim_id!r}: outside= names the condition {condition}, which the display does not have"
                )


def _letters_only(latex: str) -> str:
    """A piece of a display without its spaces, prose and marks of alignment."""
    return re.sub(r"(?<!\\)%[^\n]*|\\text\{[^{}]*\}|\\[,;:!]|\\q?quad|\\ |[&\s]", "", latex)


def _spelled(latex: str) -> str:
    """The same with its words, as one string without spaces: a condition may be all words."""
    bare = re.sub(r"\\(?:text|mathrm)\{|[{}$]", "", re.sub(r"(?<!\\)%[^\n]*", "", latex))
    return re.sub(r"\\[,;:!]|\\q?quad|\\ |[&\s]", "", bare)


def _is_hypothesis(condition: str) -> bool:
    """Whether a skipped condition restricts where the clause holds ("if ρ < 1"), and is no quantifier over it all."""
    if re.search(r"\\(?:text|mathrm)\{\s*(?:if|when|whenever|provided|given|unless)\b", condition):
        return True
    relation = re.search(r"[=<>]|\\(?:le|ge|ne|leq|geq|neq|in|notin|to|subset|succeq|preceq)(?![a-z])", condition)
    return bool(relation) and not re.search(r"\\(?:text|mathrm)\b", condition)


def _refuse_false(name: str, shown: Displayed, verdicts: list[Verdict]) -> None:
    for v in verdicts:
        if v.false:
            where = f"the clause {name} of the display" if name else "the display"
            raise ClaimFailed(f"{where} is false as it stands: {shown.latex}\n  {v.false}")


def attack(clause: Clause, chapter: dict[str, Any], limit: int | None, seed: int) -> int:
    """Change the displayed clause; what is then displayed must not be what its parts state. How many were tried.

    A mutant that cannot be read is not counted, nor one that says the same (at fresh instances too).
    """
    if not clause.hits:
        return 0
    stated = list(dict.fromkeys(id(s) for _, s, _ in clause.hits))
    by_id = {id(s): (s, o) for _, s, o in clause.hits}
    names = vocabulary(clause.latex, chapter, [by_id[i][0] for i in stated])
    originals = {r.latex for r, _, _ in clause.hits}
    tried = equivalent = 0
    for changed, what in display.display_mutants(clause.latex, names, seed=seed):
        if limit is not None and tried >= limit:
            break
        try:
            relations, _ = display.read_each(changed, names)
        except display.NotRead:
            continue
        new = [r for r in relations if r.latex not in originals]
        if not new or len(relations) < len(clause.hits):
            continue
        s, outcome = by_id[stated[tried % len(stated)]]
        accepted = [(r, by_id[i][0]) for r in new for i in stated if _passes(by_id[i][0], r)]
        if len(accepted) == len(new):
            shown, s = accepted[0]
            original = next((r for r, t, _ in clause.hits if t is s), clause.hits[0][0])
            if s.same_statement(shown, original):
                equivalent += 1
                continue
            raise ClaimFailed(
                f"a mutant of the display survives: {what}\n  displayed: {' '.join(clause.latex.split())}\n"
                f"  changed to: {' '.join(changed.split())}\n  and its parts still pass for it"
            )
        outcome.mutants.add("display")
        tried += 1
    if not tried and equivalent >= 4:
        raise Refused(
            f"every change of the display passes, e.g. {what}: the instances of the check cannot tell it from others"
        )
    return tried


def _passes(s: Stated, shown: Displayed) -> bool:
    """Whether a changed sentence is still what the part states, at all of its instances."""
    if not s.reads(shown).read:
        return False
    s.thorough = True
    try:
        return s.reads(shown).read
    finally:
        s.thorough = False


def resolutions(clause: Clause) -> list[str]:
    """Note on each numeric part what it would have noticed; returns those constants that it cannot tell apart."""
    blunt = []
    for shown, s, outcome in clause.hits:
        s.thorough = True
        rows = s.resolution(shown)
        s.thorough = False
        for row in rows:
            noticed, allowed = row["relative"], row["allowed"]
            text = "nothing" if noticed is None else f"{float(noticed):.0e}".replace("e-0", "e-")
            entry = {"constant": str(row["constant"]), "relative": text}
            if entry not in outcome.resolution:
                outcome.resolution.append(entry)
            if outcome.corroborates or getattr(s, "rel", "=") != "=":
                continue
            if noticed is None or noticed > allowed:
                blunt.append(f"{row['constant']} (would notice {text}, {float(allowed):.1g} is wanted)")
    return blunt


def chapter_names(entries: dict[str, Any]) -> dict[str, Any]:
    """A vocabulary in the form that the reader takes."""
    return {latex: as_name(latex, meaning) for latex, meaning in entries.items()}
