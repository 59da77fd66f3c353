"""One object a chapter: it runs claims, ties them to the displayed equations, and keeps their records."""

from __future__ import annotations

import difflib
import html
import itertools
import json
import os
import re
import time
from collections import Counter
from typing import Any

from ._limits import ClaimFailed, Refused
from .notebook import chapter_path, read_chapter
from .parts import MUTANT_KINDS, STRENGTH, Context, Outcome, Part, weakest
from .refutation import Refutation
from .tree_part import TreePart

MIME = "application/vnd.scispaces.claim+json"


class Record:
    """The record of one claim, displayed as one stable line, a card, and JSON."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def __repr__(self) -> str:
        return line(self.data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": line(self.data), "text/html": card(self.data), MIME: self.data}


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

    def check(self, *parts: Part) -> Line:
        """Check parts without recording a claim (for exercises): one line, or ClaimFailed."""
        outcomes, _ = self._run("exercise", parts)
        return Line("holds: " + "; ".join(f"{o.checked} [{_verdict_text(o.record())}]" for o in outcomes))

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


class Line(str):
    """A line of text that a notebook shows without quotes."""

    def __repr__(self) -> str:
        return str(self)


class Ledger:
    """All claims of a chapter in a table."""

    def __init__(self, slug: str, records: list[dict[str, Any]]) -> None:
        self.slug, self.records = slug, records

    def counts(self) -> dict[str, int]:
        count = Counter(shade(r) for r in self.records)
        return {k: count[k] for k in sorted(count, key=lambda v: -count[v])}

    def __repr__(self) -> str:
        made = sum(_mutants(r)[0] for r in self.records)
        tally = ", ".join(f"{n} {v}" for v, n in self.counts().items())
        return f"{len(self.records)} claims: {tally}; {made} mutants, all rejected"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        rows = "".join(
            f'<tr data-verdict="{r["verdict"]}"><td><a href="#claim-{self.slug}-{r["id"]}">{r["id"]}</a></td>'
            f"<td>{html.escape(_verdicts(r))}</td><td>{_mutants(r)[1]}</td></tr>"
            for r in self.records
        )
        table = (
            f'<div class="chapter-ledger"><p>{html.escape(repr(self))}</p><details><summary>All claims of this '
            "chapter</summary>"
            f"<table><thead><tr><th>claim</th><th>verdict</th><th>mutants "
            f"rejected</th></tr></thead><tbody>{rows}</tbody></table></details></div>"
        )
        return {"text/plain": repr(self), "text/html": table}


def shade(record: dict[str, Any]) -> str:
    """The verdict as it is counted: a proof with a scope is counted apart."""
    if record["verdict"] == "proved" and any(p["scope"] for p in record["parts"]):
        return "proved (scoped)"
    return record["verdict"]


def _verdict_text(part: dict[str, Any]) -> str:
    return f"{part['verdict']} ({part['scope']})" if part["scope"] else part["verdict"]


def _verdicts(record: dict[str, Any]) -> str:
    return " + ".join(dict.fromkeys(_verdict_text(p) for p in record["parts"]))


def _mutants(record: dict[str, Any]) -> tuple[int, int]:
    counts = [k for p in record["parts"] for k in p["mutants"].values()]
    return sum(k["made"] for k in counts), sum(k["killed"] for k in counts)


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


def line(record: dict[str, Any]) -> str:
    """One stable line of text."""
    made, killed = _mutants(record)
    return f"{record['id']}: {_verdicts(record)}; {killed} of {made} mutants rejected"


_MARK = {"proved": "✓", "series": "∼", "checked": "≈", "bounded": "≤", "estimated": "±", "refuted": "✗"}


def card(record: dict[str, Any]) -> str:
    """The compact card of a claim: readable without any style sheet."""
    anchor = f"{record['chapter']}-{record['id']}"
    made, killed = _mutants(record)
    e = html.escape
    pills = " ".join(
        f'<span class="verdict" data-verdict="{p["verdict"]}">{_MARK[p["verdict"]]} {p["verdict"]}</span>'
        + (f' <span class="scope">{e(p["scope"])}</span>' if p["scope"] else "")
        for p in _distinct_parts(record["parts"])
    )
    head = (
        f'<summary>{pills} <a class="id" href="#equation-{anchor}">{e(record["id"])}</a> '
        f'<span class="mutants" title="wrong variants of the statement that the check rejected">{killed}/{made} '
        "mutants rejected</span></summary>"
    )
    body = [f'<div class="checked">{e(part)}</div>' for part in record["checked"].split("; ") if part]
    rows = []
    for p in record["parts"]:
        facts = ", ".join(f"{k}: {', '.join(v) if isinstance(v, list) else v}" for k, v in p["evidence"].items())
        kinds = ", ".join(
            f"{p['mutants'][k]['killed']}/{p['mutants'][k]['made']} {k}" for k in MUTANT_KINDS if k in p["mutants"]
        )
        rows.append(f"<li><b>{p['kind']}</b>: {e(_verdict_text(p))}. {e(facts)}. Mutants: {e(kinds)}.</li>")
    body.append(f'<ul class="evidence">{"".join(rows)}</ul>')
    if record["hypotheses"]:
        items = "; ".join(
            f"{e(h['text'])} ({'necessary' if h['necessary'] else 'not shown necessary'})" for h in record["hypotheses"]
        )
        body.append(f'<div class="hypotheses">Hypotheses: {items}</div>')
    if record["uses"]:
        links = ", ".join(
            f'<a href="#claim-{record["chapter"]}-{u}">{e(u)}</a>' if "/" not in u else e(u) for u in record["uses"]
        )
        body.append(f'<div class="uses">Rests on: {links}</div>')
    reason = f'<div class="reason">{e(record["reason"])}</div>' if record["reason"] else ""
    return (
        f'<div class="claim-card" id="claim-{anchor}" data-verdict="{record["verdict"]}">'
        f"<details>{head}{''.join(body)}</details>{reason}</div>"
    )


def _distinct_parts(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for p in parts:
        seen.setdefault((p["verdict"], p["scope"]), p)
    return sorted(seen.values(), key=lambda p: -STRENGTH.index(p["verdict"]))
