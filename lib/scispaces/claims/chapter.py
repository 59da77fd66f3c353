"""One object a chapter: it runs claims, ties them to the displayed equations, and keeps their records."""

from __future__ import annotations

import difflib
import itertools
import json
import os
import re
import time
from collections import Counter
from typing import Any

from ._limits import ClaimFailed, Refused
from .cards import Held, Ledger, Record
from .notebook import chapter_path, read_chapter
from .parts import Context, Outcome, Part, weakest
from .refutation import Refutation
from .tree_part import TreePart


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
        self._equations: dict[str, list[tuple[Any, Any]]] = {}

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

    def __call__(self, claim_id: str, *parts: Part, uses: Any = (), reason: str | None = None) -> Record:
        """Check a claim: run its parts, attack them, and record the result.

        claim_id: the id of the labelled equation, without the chapter's name.
        parts: what the verbs return. The claim's verdict is the weakest of theirs.
        uses: ids of claims that the argument rests on (in this chapter, or ``other-chapter/id``).
        reason: why the verdict is weaker than one would wish; shown on the card.

        Raises ClaimFailed (with the smallest counterexample found) or Refused (a check that could not fail).
        """
        statement = self._statement(claim_id)
        outcomes, corrections = self._run(claim_id, parts)
        used = list(dict.fromkeys([*([uses] if isinstance(uses, str) else uses), *corrections, *_premises(outcomes)]))
        self._check_uses(claim_id, used)
        verdict = weakest([o.verdict for o in outcomes])
        record = {
            "id": claim_id,
            "chapter": self.slug,
            "statement": statement,
            "checked": "; ".join(o.checked for o in outcomes),
            "verdict": verdict,
            "parts": [o.record() for o in outcomes],
            "hypotheses": _distinct([h for o in outcomes for h in o.hypotheses]),
            "uses": used,
            "reason": reason,
        }
        record = json.loads(json.dumps(record, ensure_ascii=False))
        self.records[claim_id] = record
        self._equations[claim_id] = [
            pair
            for p in parts
            if isinstance(p, TreePart) and p.relation == "="
            for pair in itertools.combinations(getattr(p, "stated", p.sides), 2)
        ]
        self._sources[claim_id] = _cell_source()
        return Record(record)

    def check(self, *parts: Part) -> Held:
        """Check parts without recording a claim (for exercises): one line and a card, or ClaimFailed."""
        outcomes, _ = self._run("exercise", parts)
        return Held([o.record() for o in outcomes], [o.checked for o in outcomes])

    def _run(self, claim_id: str, parts: tuple[Part, ...]) -> tuple[list[Outcome], list[str]]:
        if not parts:
            raise ClaimFailed(f"claim {claim_id!r}: nothing to check")
        queue: list[Part] = []
        corrections: list[str] = []
        for p in parts:
            if not isinstance(p, Part):
                raise ClaimFailed(
                    f"claim {claim_id!r}: {type(p).__name__} is not a part; use identity, series, limit, "
                    "agrees, bound, estimate, refute or follows"
                )
            queue.append(p)
            if isinstance(p, Refutation):
                if isinstance(p.corrected, Part):
                    queue.append(p.corrected)
                else:
                    corrections.append(p.corrected)
        outcomes = []
        for i, p in enumerate(queue):
            started = time.perf_counter()
            try:
                outcome = p.run(Context(claim_id, self.slug, i, self.records, len(queue), self._equations))
            except ClaimFailed as error:
                if repr(claim_id) in str(error):
                    raise
                raise type(error)(f"claim {claim_id!r}: {error}") from error
            if not outcome.mutants.total:
                raise Refused(f"claim {claim_id!r}: part {i + 1} was not attacked by a single mutant")
            _note_time(self.slug, claim_id, i, time.perf_counter() - started)
            outcomes.append(outcome)
        return outcomes, corrections

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
        """The chapter's table of claims, to stand at its end."""
        return Ledger(self.slug, list(self.records.values()))


def _distinct(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hypotheses by text; necessary when one part shows it."""
    out: dict[str, dict[str, Any]] = {}
    for h in items:
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
    if path := os.environ.get("SCISPACES_TIMINGS"):
        with open(path, "a", encoding="utf-8") as f:
            f.write(json.dumps({"chapter": chapter, "id": claim_id, "part": part, "seconds": round(seconds, 3)}) + "\n")
