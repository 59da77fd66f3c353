"""The vocabulary of a claim's record: what `claims` writes into a notebook and `reading` makes pages of.

A record is plain JSON (`MIME`). A claim has clauses (what could be true or false on its own in its display), a clause
has parts (what was checked). Nothing here computes anything; both sides import it, so that no word exists twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

__all__ = [
    "BARE",
    "LEDGER_MIME",
    "MARKS",
    "MIME",
    "MUTANT_KINDS",
    "NUMERIC_SECONDS",
    "PROOF_SECONDS",
    "STRENGTH",
    "TIMINGS",
    "VERDICTS",
    "certified",
    "checked_lines",
    "clause_parts",
    "is_refuted",
    "mutant_counts",
    "mutants",
    "relations",
    "scope_of",
    "shade",
    "verdict_text",
    "weakest",
]  # fmt: skip

MIME = "application/vnd.scispaces.claim+json"

LEDGER_MIME = "application/vnd.scispaces.ledger+json"
"""What the chapter's own ledger leaves: {"chapter", "definitions": [{"id", "latex", "read", "why"}]}."""

VERDICTS = {
    "proved": "a computer algebra proof of the full statement",
    "series": "the coefficients up to the stated order are proved equal",
    "checked": "two independent computations agree to the digits it names",
    "bounded": "an adversarial search found no violation",
    "estimated": "a statistical test with a stated error rate and power",
    "refuted": "a counterexample, and the statement that holds instead",
}
"""Every verdict and what it says, as pages and their legends list them."""

STRENGTH = ("estimated", "bounded", "checked", "series", "refuted", "proved")
"""Verdicts from the weakest to the strongest. A clause's verdict is the weakest of its parts', a claim's of its
clauses'."""

MARKS = {"proved": "✓", "series": "∼", "checked": "≈", "bounded": "≤", "estimated": "±", "refuted": "✗"}

MUTANT_KINDS = ("automatic", "ingredient", "hypothesis", "display", "author")
"""Wrong variants: of the tree, an ingredient, without a hypothesis, of the displayed LaTeX, the author's own."""

BARE = ""
"""The name of the only clause of a display that names none."""

PROOF_SECONDS = 20.0
"""The time limit of one proof. `make bench` reports a proof that needs more than a quarter of it."""

NUMERIC_SECONDS = 30.0
"""The time limit of the numeric leg of one part, and of the attack on it."""

TIMINGS = "SCISPACES_TIMINGS"
"""The environment variable that names a file to which each part appends its seconds."""


def weakest(verdicts: Iterable[str]) -> str:
    """The weakest of several verdicts."""
    return min(verdicts, key=STRENGTH.index)


def clause_parts(record: dict[str, Any], clause: str | None = None) -> list[dict[str, Any]]:
    """The parts of one clause (of all, with None) that carry its verdict; what only corroborates is left out."""
    return [
        p
        for p in record.get("parts", [])
        if not p.get("corroborates") and (clause is None or p.get("clause", BARE) == clause)
    ]


def verdict_text(part: dict[str, Any]) -> str:
    """A verdict with its scope: "proved (k ≤ 4)"."""
    return f"{part['verdict']} ({part['scope']})" if part.get("scope") else str(part["verdict"])


def scope_of(parts: Iterable[dict[str, Any]], verdict: str) -> str:
    """The scopes of the parts that carry a verdict; empty when it covers the full statement."""
    carrying = (p for p in parts if p.get("verdict") == verdict and not p.get("corroborates"))
    return "; ".join(dict.fromkeys(str(p["scope"]) for p in carrying if p.get("scope")))


def shade(record: dict[str, Any]) -> str:
    """The verdict as it is counted: a proof with a scope, or from a weaker premise, is counted apart."""
    verdict = str(record.get("verdict", ""))
    if verdict != "proved":
        return verdict
    if record.get("premise"):
        return f"proved, from a {record['premise']} premise"
    return "proved (scoped)" if any(p.get("scope") for p in clause_parts(record)) else verdict


def is_refuted(record: dict[str, Any]) -> bool:
    """Whether a false sentence is refuted in the claim."""
    return any(p.get("verdict") == "refuted" for p in record.get("parts", []))


def mutant_counts(record: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    """(kind, made, rejected) of every part, and of the display."""
    for counts in [*(p.get("mutants") or {} for p in record.get("parts", []))]:
        for kind, count in counts.items():
            yield kind, int(count.get("made", 0)), int(count.get("killed", 0))


def mutants(record: dict[str, Any]) -> tuple[int, int]:
    """How many wrong variants were made, and how many rejected."""
    counts = list(mutant_counts(record))
    return sum(c[1] for c in counts), sum(c[2] for c in counts)


def relations(record: dict[str, Any]) -> tuple[int, int]:
    """How many relations of the display the machine has read, and how many it has not."""
    clauses = record.get("clauses", [])
    return sum(len(c.get("read", [])) for c in clauses), sum(len(c.get("unread", [])) for c in clauses)


def certified(record: dict[str, Any]) -> tuple[int, int]:
    """How many parts of the claim are certified (each compared number has a proven error radius), of how many."""
    parts = record.get("parts", [])
    return sum(bool(p.get("certified")) for p in parts), len(parts)


def checked_lines(record: dict[str, Any]) -> list[str]:
    """What was checked, a line a part."""
    return [str(p["checked"]) for p in record.get("parts", []) if p.get("checked")]
