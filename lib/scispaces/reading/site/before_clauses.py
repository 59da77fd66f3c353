"""Records that were stored before claims had clauses. This file goes, with its one call, when the last one is gone."""

from __future__ import annotations

from typing import Any

from scispaces.record import BARE

__all__ = ["with_clauses"]


def with_clauses(record: dict[str, Any]) -> dict[str, Any]:
    """The record in the present form: one clause, the whole display, nothing of it read."""
    if "clauses" in record:
        return record
    said = str(record.get("checked", "")).split("; ")
    parts = [dict(p) for p in record.get("parts", [])]
    if len(said) == len(parts):
        for part, line in zip(parts, said, strict=True):
            part["checked"] = line
    elif parts:  # a line that itself holds "; ": what belongs to which part cannot be told
        false = iter([line for line in said if line.startswith("not: ")])
        for part in parts:
            part["checked"] = next(false, "") if part.get("verdict") == "refuted" else ""
        parts[0]["checked"] = parts[0]["checked"] or "; ".join(said)
    clause = {"name": BARE, "latex": record.get("statement", ""), "verdict": record["verdict"]}
    return {**record, "parts": parts, "clauses": [clause]}
