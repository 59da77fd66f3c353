"""One object a chapter: it runs claims, ties them to the displayed equations, and keeps their records."""

from __future__ import annotations

import difflib
import json
import os
import re
import time
import zlib
from collections import Counter
from typing import Any

from scispaces.record import BARE, STRENGTH, TIMINGS, weakest

from . import display, sentence
from .cards import Held, Ledger, Record
from .definitions import bind
from .failures import ClaimFailed, Refused
from .follows import Equation, equations_of
from .notebook import chapter_path, read_chapter
from .parts import Context, Outcome, Part
from .refute import Refutation
from .tree_part import TreePart
from .vocabulary import resolved


class Chapter:
    """``claim = Chapter("det-exp-trace")``; then ``claim("jacobi-formula", identity(...), ...)``.

    Parameters
    ----------
    slug: the chapter; its notebook gives each claim its statement, the equation labelled ``<slug>-<id>``.
    statements: labelled equations {id: LaTeX} in place of a notebook (for tests and for trying things out).
    """

    def __init__(self, slug: str, statements: dict[str, str] | None = None) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", slug):
            raise ValueError(f"a chapter is named in lower case with hyphens, got {slug!r}")
        self.slug = slug
        self.records: dict[str, dict[str, Any]] = {}
        self._statements = statements
        self._sources: dict[str, str | None] = {}
        self._names: dict[str, Any] = {}
        self.definitions: dict[str, dict[str, Any]] = {}
        self._equations: dict[str, list[Equation]] = {}

    def _read(self) -> tuple[dict[str, str], Counter[str]]:
        if self._statements is not None:
            return {f"{self.slug}-{k}": v for k, v in self._statements.items()}, Counter()
        return read_chapter(chapter_path(self.slug))

    def _statement(self, claim_id: str) -> str:
        equations, calls = self._read()
        label = f"{self.slug}-{claim_id}"
        if label not in equations:
            near = difflib.get_close_matches(label, equations, n=3, cutoff=0.5)
            hint = f"; the nearest labels are {', '.join(near)}" if near else ""
            raise ClaimFailed(f"claim {claim_id!r}: no displayed equation carries the label {label!r}{hint}")
        if claim_id.startswith("def-"):
            raise ClaimFailed(f"claim {claim_id!r}: ids that begin with def- are definitions, they are not checked")
        if calls[claim_id] > 1:
            raise ClaimFailed(
                f"claim {claim_id!r} is checked in {calls[claim_id]} cells of the chapter: an id is used once"
            )
        if claim_id in self.records and self._sources.get(claim_id) is None:
            raise ClaimFailed(f"claim {claim_id!r} is used twice: an id names one claim")
        return equations[label]

    # --- what the letters mean

    def reads(self, names: dict[str, Any]) -> None:
        r"""Say what letters of the chapter's displays stand for.

        ``claim.reads({r"\lVert\cdot\rVert": norm, "m": rows("W"), r"\lambda": "lam"})``.
        A name maps LaTeX to a symbol (or the name of an ingredient), to a tree, to a node class or `Lambda`, or to a
        plain function of numbers and arrays; ``\cdot`` in it stands for any argument, and a keyword-only parameter of
        the function is an ingredient of the check that the display does not show (the p of a norm). The symbols of a
        claim's own parts need no entry. A name means one thing in a chapter: giving it another raises ValueError.
        """
        for latex, meaning in sentence.chapter_names(names).items():
            old = self._names.get(latex)
            if old is not None and old != meaning and not callable(old):
                raise ValueError(f"{latex} already stands for {old}; a letter means one thing in a chapter")
            self._names[latex] = meaning

    def define(self, definition: str, **names: Any) -> Any:
        """Read the displayed definition ``<slug>-def-<definition>`` and bind its name in the chapter's vocabulary.

        Returns the tree that stands there (a function of its arguments where it has some), for the checks to use.
        Raises ClaimFailed when the machine cannot read it; `defines` marks such a one instead.
        """
        latex = self._definition(definition)
        try:
            found = bind(latex, resolved(self._names | sentence.chapter_names(names), {}))
        except display.NotRead as no:
            raise ClaimFailed(f"the definition {definition!r} cannot be read: {no}") from None
        self._names |= found.names
        self.definitions[f"def-{definition}"] = {"id": f"def-{definition}", "latex": latex, "read": True, "why": ""}
        return found.value

    def defines(self, definition: str, why: str) -> None:
        """Mark a displayed definition that the machine does not read, and say why."""
        if not why.strip():
            raise ValueError("say why the definition is not read")
        entry = {"id": f"def-{definition}", "latex": self._definition(definition), "read": False, "why": why}
        self.definitions[f"def-{definition}"] = entry

    def _definition(self, definition: str) -> str:
        equations, _ = self._read()
        label = f"{self.slug}-def-{definition.removeprefix('def-')}"
        if label not in equations:
            near = difflib.get_close_matches(label, equations, n=3, cutoff=0.5)
            hint = f"; the nearest labels are {', '.join(near)}" if near else ""
            raise ClaimFailed(f"no displayed equation carries the label {label!r}{hint}")
        return equations[label]

    # --- claims

    def __call__(
        self,
        claim_id: str,
        *parts: Part,
        uses: Any = (),
        reason: str | None = None,
        names: dict[str, Any] | None = None,
        **clauses: Part | list[Part] | tuple[Part, ...],
    ) -> Record:
        """Check a claim: run its parts, attack them and the display, hold the one against the other, record the result.

        claim_id: the id of the labelled equation, without the chapter's name.
        parts: what the verbs return, for a display that names no clauses.
        clauses: ``name=part`` or ``name=[part, ...]`` for each clause that the display names (``% name`` at the end of
            its line). The clause's verdict is the weakest of its parts' (but for `also`), the claim's the weakest
            clause's.
        uses: ids of claims that the argument rests on (in this chapter, or ``other-chapter/id``).
        reason: why the verdict is weaker, or a constant less sharply checked, than one would wish; shown on the card.
        names: what letters of this display stand for, beside those of the chapter (`reads`).

        Raises ClaimFailed (with the smallest counterexample found) or Refused (a check that could not fail).
        """
        statement = self._statement(claim_id)
        shown = sentence.clause_texts(statement)
        named = self._named_parts(claim_id, parts, clauses)
        sentence.match_names(claim_id, shown, [p.clause for p in named])
        run, corrections = self._run(claim_id, named)
        outcomes = [outcome for _, outcome, _ in run]
        corrections = [c for c in corrections if c not in shown]  # a clause of this display may hold the correction
        used = list(dict.fromkeys([*([uses] if isinstance(uses, str) else uses), *corrections, *_premises(outcomes)]))
        self._check_uses(claim_id, used)
        sentence.match_outside(claim_id, statement, run)
        read = self._hold_display(claim_id, shown, run, self._names | sentence.chapter_names(names or {}), reason)
        sentence.match_given(claim_id, statement, run, read)
        sentence.match_ranges(claim_id, statement, run, read)
        verdicts = {clause.name: self._clause_verdict(claim_id, clause, outcomes) for clause in read}
        verdict = weakest(verdicts.values())
        record = {
            "id": claim_id,
            "chapter": self.slug,
            "statement": statement,
            "verdict": verdict,
            "clauses": [clause.record(verdicts[clause.name]) for clause in read],
            "parts": [o.record() for o in outcomes],
            "hypotheses": _hypotheses(outcomes, read),
            "uses": used,
            "premise": self._weaker_premise(verdict, used),
            "reason": reason,
        }
        record = json.loads(json.dumps(record, ensure_ascii=False))
        self.records[claim_id] = record
        self._equations[claim_id] = [e for p in named if isinstance(p, TreePart) for e in equations_of(p)]
        self._sources[claim_id] = _cell_source()
        return Record(record)

    def _named_parts(self, claim_id: str, parts: tuple[Part, ...], clauses: dict[str, Any]) -> tuple[Part, ...]:
        """All parts in the order in which they stand, each with the name of its clause."""
        out = []
        for name, given in [(BARE, parts), *clauses.items()]:
            for p in given if isinstance(given, (list, tuple)) else (given,):
                if not isinstance(p, Part):
                    raise ClaimFailed(
                        f"claim {claim_id!r}: {type(p).__name__} is not a part; use identity, series, limit, "
                        "agrees, bound, estimate, refute or follows"
                    )
                p.clause = name
                if isinstance(p, Refutation) and isinstance(p.corrected, Part):
                    p.corrected.clause = name
                out.append(p)
        if not out:
            raise ClaimFailed(f"claim {claim_id!r}: nothing to check")
        return tuple(out)

    def _clause_verdict(self, claim_id: str, clause: sentence.Clause, outcomes: list[Outcome]) -> str:
        """The weakest verdict of the parts that carry the clause.

        Where a false sentence stands beside its correction in one clause, the verdict is that of the sentence which is
        displayed: refuted if the false one is read there, else that of the correction.
        """
        name = clause.name
        carrying = [o.verdict for o in outcomes if o.clause == name and not o.corroborates]
        if not carrying:
            where = f"the clause {name}" if name else "the display"
            raise ClaimFailed(f"claim {claim_id!r}: {where} has no part of its own, only what corroborates it")
        held = [v for v in carrying if v != "refuted"]
        if held and any(o.verdict != "refuted" for _, _, o in clause.hits):
            return weakest(held)
        return weakest(carrying)

    def _hold_display(
        self,
        claim_id: str,
        shown: dict[str, str],
        run: list[tuple[Part, Outcome, Context]],
        names: dict[str, Any],
        reason: str | None,
    ) -> list[sentence.Clause]:
        """Read each clause, attack what was read, and ask of each constant how sharply it was checked."""
        everything = os.environ.get("SCISPACES_MUTANTS") == "all"
        left = None if everything else sentence.DISPLAY_MUTANTS
        read = []
        try:
            for i, (name, latex) in enumerate(shown.items()):
                own = [(p, o, c) for p, o, c in run if o.clause == name]
                clause = sentence.read_clause(name, latex, names, own)
                share = None if left is None else max(1, -(-left // (len(shown) - i)))
                tried = sentence.attack(clause, names, share, zlib.crc32(f"{self.slug}/{claim_id}/{name}".encode()))
                left = None if left is None else max(0, left - tried)
                blunt = sentence.resolutions(clause)
                if blunt and not reason:
                    raise ClaimFailed(
                        f"the check is too blunt for the constant {'; '.join(blunt)}: tighten it, or give a reason="
                    )
                read.append(clause)
        except ClaimFailed as error:
            if repr(claim_id) in str(error):
                raise
            raise type(error)(f"claim {claim_id!r}: {error}") from error
        return read

    def _weaker_premise(self, verdict: str, used: list[str]) -> str | None:
        """The weakest verdict among the claims this one rests on, where it is weaker than this one's own."""
        known = [self.records[u]["verdict"] for u in used if u in self.records]
        known += [p for u in used if u in self.records and (p := self.records[u].get("premise"))]
        weaker = [v for v in known if v != "refuted" and STRENGTH.index(v) < STRENGTH.index(verdict)]
        return weakest(weaker) if weaker else None

    def check(self, *parts: Part) -> Held:
        """Check parts without recording a claim (for exercises): one line and a card, or ClaimFailed."""
        run, _ = self._run("exercise", self._named_parts("exercise", parts, {}))
        return Held([o.record() for _, o, _ in run])

    def _run(
        self, claim_id: str, parts: tuple[Part, ...]
    ) -> tuple[list[tuple[Part, Outcome, Context]], list[str]]:
        queue: list[Part] = []
        corrections: list[str] = []
        for p in parts:
            queue.append(p)
            if isinstance(p, Refutation):
                if isinstance(p.corrected, Part):
                    queue.append(p.corrected)
                else:
                    corrections.append(p.corrected)
        run = []
        for i, p in enumerate(queue):
            started = time.perf_counter()
            context = Context(claim_id, self.slug, i, self.records, len(queue), self._equations)
            try:
                outcome = p.run(context)
            except ClaimFailed as error:
                if repr(claim_id) in str(error):
                    raise
                raise type(error)(f"claim {claim_id!r}: {error}") from error
            if not outcome.mutants.total:
                raise Refused(f"claim {claim_id!r}: part {i + 1} was not attacked by a single mutant")
            _note_time(self.slug, claim_id, i, time.perf_counter() - started)
            outcome.clause, outcome.corroborates = p.clause, p.corroborates
            run.append((p, outcome, context))
        return run, corrections

    def _check_uses(self, claim_id: str, used: list[str]) -> None:
        equations, _ = self._read()
        for u in used:
            if "/" in u:
                continue
            if f"{self.slug}-{u}" not in equations:
                raise ClaimFailed(f"claim {claim_id!r}: it uses {u!r}, which no equation of the chapter carries")
            if u == claim_id:
                raise ClaimFailed(f"claim {claim_id!r} uses itself")

    def ledger(self) -> Ledger:
        """The chapter's table of claims and of its definitions, to stand at its end.

        A displayed definition that no cell has bound (`define`) or excused (`defines`) is listed as such.
        """
        equations, _ = self._read()
        for label in equations:
            name = label.removeprefix(f"{self.slug}-")
            if name.startswith("def-"):
                why = "no cell binds it: a slip in it would go unnoticed"
                self.definitions.setdefault(name, {"id": name, "latex": equations[label], "read": False, "why": why})
        return Ledger(self.slug, list(self.records.values()), list(self.definitions.values()))


def _hypotheses(outcomes: list[Outcome], read: list[sentence.Clause]) -> list[dict[str, Any]]:
    """Hypotheses by text, those that the display names included; necessary when one part shows it."""
    out: dict[str, dict[str, Any]] = {}
    shown = [{"text": c, "necessary": False} for clause in read for c in clause.conditions]
    for h in [*(h for o in outcomes for h in o.hypotheses), *shown]:
        out[h["text"]] = {"text": h["text"], "necessary": bool(out.get(h["text"], h)["necessary"] or h["necessary"])}
    return list(out.values())


def _premises(outcomes: list[Outcome]) -> list[str]:
    return [p for o in outcomes for p in o.evidence.get("premises", [])]


def _cell_source() -> str | None:
    """The source of the running cell, or None outside a notebook: running a cell again is not using an id twice."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    return shell.user_ns.get("In", [None])[-1] if shell is not None else None


def _note_time(chapter: str, claim_id: str, part: int, seconds: float) -> None:
    if path := os.environ.get(TIMINGS):
        with open(path, "a", encoding="utf-8") as f:
            f.write(json.dumps({"chapter": chapter, "id": claim_id, "part": part, "seconds": round(seconds, 3)}) + "\n")
