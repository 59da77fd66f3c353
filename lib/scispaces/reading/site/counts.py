"""What is counted of claims and definitions, as records hold them: of a chapter, of the book."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from scispaces.record import MUTANT_KINDS, certified, mutant_counts, relations

__all__ = ["Totals", "mutants_by_kind", "totals"]


@dataclass(frozen=True)
class Totals:
    """What is counted of a chapter or of the book."""

    claims: int
    clauses: int
    read: int
    unread: int
    certified: int
    parts: int
    definitions_read: int
    definitions: int
    from_premises: int
    made: int
    killed: int


def totals(records: Sequence[dict[str, Any]], definitions: Sequence[dict[str, Any]] = ()) -> Totals:
    """The counts of some claims and definitions together."""
    counts = mutants_by_kind(records).values()
    return Totals(
        claims=len(records),
        clauses=sum(len(r.get("clauses", [])) for r in records),
        read=sum(relations(r)[0] for r in records),
        unread=sum(relations(r)[1] for r in records),
        certified=sum(certified(r)[0] for r in records),
        parts=sum(certified(r)[1] for r in records),
        definitions_read=sum(bool(d.get("read")) for d in definitions),
        definitions=len(definitions),
        from_premises=sum(r.get("verdict") == "proved" and bool(r.get("premise")) for r in records),
        made=sum(made for made, _ in counts),
        killed=sum(killed for _, killed in counts),
    )


def mutants_by_kind(records: Iterable[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Mutants made and rejected, of every kind."""
    total = dict.fromkeys(MUTANT_KINDS, (0, 0))
    for record in records:
        for kind, made, killed in mutant_counts(record):
            before = total.get(kind, (0, 0))
            total[kind] = (before[0] + made, before[1] + killed)
    return total
