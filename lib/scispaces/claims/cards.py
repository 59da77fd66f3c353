"""What a check leaves in a notebook: the line, the card and the record of a claim, and the chapter's table."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scispaces.record import (
    LEDGER_MIME,
    MARKS,
    MIME,
    STRENGTH,
    clause_parts,
    mutants,
    relations,
    scope_of,
    shade,
    verdict_text,
    weakest,
)

__all__ = ["MIME", "Held", "Ledger", "Record", "card", "line", "shade"]


@cache
def _templates() -> Environment:
    env = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined,
        keep_trailing_newline=False,
    )  # fmt: skip
    env.globals.update(
        clause_parts=clause_parts, marks=MARKS, mutants=mutants, relations=relations, scope_of=scope_of,
        verdict_text=verdict_text, verdicts=_verdicts,
    )  # fmt: skip
    return env


def _render(template: str, **values: Any) -> str:
    return _templates().get_template(template).render(**values).strip()


class Record:
    """The record of one claim, displayed as one stable line, a card, and JSON."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def __repr__(self) -> str:
        return line(self.data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": line(self.data), "text/html": card(self.data), MIME: self.data}


class Held:
    """What an unrecorded check leaves: a line of text, and on a page a card without id."""

    def __init__(self, parts: list[dict[str, Any]]) -> None:
        self.parts = parts

    def __repr__(self) -> str:
        return "holds: " + "; ".join(f"{p['checked']} [{verdict_text(p)}]" for p in self.parts)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        lowest = weakest([p["verdict"] for p in self.parts])
        html = _render("card.html", parts=self.parts, summary=_distinct_parts(self.parts), weakest=lowest)
        return {"text/plain": repr(self), "text/html": html}


class Ledger:
    """All claims of a chapter in a table, and which of its definitions the machine has read."""

    def __init__(
        self, slug: str, records: list[dict[str, Any]], definitions: list[dict[str, Any]] | None = None
    ) -> None:
        self.slug, self.records, self.definitions = slug, records, definitions or []

    def counts(self) -> dict[str, int]:
        count = Counter(shade(r) for r in self.records)
        return {k: count[k] for k in sorted(count, key=lambda v: (-count[v], v))}

    def __repr__(self) -> str:
        made = sum(mutants(r)[0] for r in self.records)
        tally = ", ".join(f"{n} {v}" for v, n in self.counts().items())
        read, unread = (sum(relations(r)[i] for r in self.records) for i in (0, 1))
        text = f"{len(self.records)} claims: {tally}; {made} mutants, all rejected"
        if read + unread:
            text += f"; {read} of {read + unread} displayed relations read"
        if self.definitions:
            text += f"; {sum(d['read'] for d in self.definitions)} of {len(self.definitions)} definitions read"
        return text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        html = _render(
            "chapter_ledger.html", line=repr(self), slug=self.slug, records=self.records, definitions=self.definitions
        )
        data = {"chapter": self.slug, "definitions": self.definitions}
        return {"text/plain": repr(self), "text/html": html, LEDGER_MIME: data}


def _verdicts(record: dict[str, Any]) -> str:
    return " + ".join(dict.fromkeys(verdict_text(p) for p in clause_parts(record)))


def line(record: dict[str, Any]) -> str:
    """One stable line of text."""
    made, killed = mutants(record)
    read, unread = relations(record)
    reading = f"; {read} of {read + unread} relations read" if read + unread else ""
    return f"{record['id']}: {_verdicts(record)}; {killed} of {made} mutants rejected{reading}"


def card(record: dict[str, Any]) -> str:
    """The compact card of a claim: readable without any style sheet."""
    return _render("card.html", record=record, summary=_distinct_parts(clause_parts(record)))


def _distinct_parts(parts: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The verdicts of a claim's parts, each once without and once with its scopes, the weakest last."""
    found = []
    for verdict in sorted({p["verdict"] for p in parts}, key=STRENGTH.index, reverse=True):
        own = [p for p in parts if p["verdict"] == verdict]
        if any(not p["scope"] for p in own):
            found.append({"verdict": verdict, "scope": ""})
        if scope := scope_of(own, verdict):
            found.append({"verdict": verdict, "scope": scope})
    return found
