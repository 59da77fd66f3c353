"""The claims of the book as its stored notebooks record them: what ledger, errata, badges and counts are built from.

Reads notebooks only (the standard library's json); knows nothing of Sphinx and never imports a chapter.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from scispaces.reading.site.counts import Totals, mutants_by_kind, totals
from scispaces.reading.site.display_rows import clause_rows
from scispaces.record import (
    BARE,
    LEDGER_MIME,
    MIME,
    VERDICTS,
    is_refuted,
    scope_of,
    shade,
)

__all__ = ["Book", "Chapter", "Claim", "Clause", "read_book", "read_chapter"]

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_CLAUSE = re.compile(r"(?:[a-z][a-z0-9_]*)?")


@dataclass(frozen=True)
class Clause:
    """What could be true or false on its own in a display: its verdict, its parts, what the machine read of it."""

    name: str
    latex: str
    verdict: str
    read: tuple[str, ...] = ()
    unread: tuple[dict[str, str], ...] = ()
    parts: tuple[dict[str, Any], ...] = ()

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")

    @property
    def scope(self) -> str:
        """The scopes of the parts that carry the clause's verdict; empty when it covers all that is said."""
        return scope_of(self.parts, self.verdict)


@dataclass(frozen=True)
class Claim:
    """One record, with the chapter it stands in and the code of the cell that left it."""

    chapter: str
    id: str
    record: dict[str, Any]
    code: str = ""

    @property
    def key(self) -> str:
        """Unique in the book; also the tail of its anchors ``equation-<key>`` and ``claim-<key>``."""
        return f"{self.chapter}-{self.id}"

    @property
    def statement(self) -> str:
        return str(self.record.get("statement", ""))

    @property
    def verdict(self) -> str:
        return str(self.record.get("verdict", ""))

    @property
    def shade(self) -> str:
        """The verdict as it is counted."""
        return shade(self.record)

    @property
    def premise(self) -> str:
        """The verdict of a weaker claim that this one rests on, or ""."""
        return str(self.record.get("premise") or "")

    @property
    def parts(self) -> list[dict[str, Any]]:
        return list(self.record.get("parts", []))

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses in the order of the display, each with its parts."""
        return tuple(
            Clause(
                str(c.get("name", BARE)),
                str(c.get("latex", "")),
                str(c.get("verdict", "")),
                tuple(c.get("read", ())),
                tuple(c.get("unread", ())),
                tuple(p for p in self.parts if p.get("clause", BARE) == c.get("name", BARE)),
            )
            for c in self.record.get("clauses", [])
        )

    @cached_property
    def marks(self) -> tuple[list[tuple[int, Clause]], int]:
        """The rows of the display at which a mark stands, with their clauses; and how many rows there are."""
        rows, count = clause_rows(self.statement)
        named = {c.name: c for c in self.clauses if c.name}
        return [(row, named[name]) for row, name in rows if name in named], count

    @property
    def kinds(self) -> list[str]:
        return list(dict.fromkeys(str(p.get("kind", "")) for p in self.parts))

    @property
    def scope(self) -> str:
        """The scopes of the parts that carry the claim's verdict; empty when it covers the full statement."""
        return scope_of(self.parts, self.verdict)

    @property
    def is_refuted(self) -> bool:
        return is_refuted(self.record)

    def mutants(self) -> dict[str, tuple[int, int]]:
        """Made and rejected mutants by kind, summed over the parts."""
        return mutants_by_kind([self.record])


@dataclass(frozen=True)
class Chapter:
    slug: str
    part: str  # the caption of the part in the table of contents
    docname: str
    title: str
    claims: tuple[Claim, ...]
    definitions: tuple[dict[str, Any], ...] = ()

    @property
    def totals(self) -> Totals:
        return totals([c.record for c in self.claims], self.definitions)


@dataclass(frozen=True)
class Book:
    """All chapters of the table of contents in order."""

    chapters: tuple[Chapter, ...] = ()
    paths: tuple[Path, ...] = field(default=())

    @cached_property
    def claims(self) -> dict[str, Claim]:
        return {c.key: c for chapter in self.chapters for c in chapter.claims}

    @cached_property
    def chapter_of(self) -> dict[str, Chapter]:
        return {chapter.slug: chapter for chapter in self.chapters}

    @cached_property
    def uses(self) -> dict[str, tuple[str, ...]]:
        """For each claim the keys of the claims it rests on. A name stands for a claim of its own chapter first."""
        found = {}
        for key, claim in self.claims.items():
            names = [str(n) for n in claim.record.get("uses") or []]
            resolved = [self.resolve(claim.chapter, n) for n in names]
            found[key] = tuple(dict.fromkeys(r for r in resolved if r))
        return found

    def resolve(self, chapter: str, name: str) -> str | None:
        """The key of the claim that `name` stands for when chapter `chapter` uses it; None if there is none."""
        for key in (f"{chapter}-{name}", re.sub(r"[:/#.]", "-", name)):
            if key in self.claims:
                return key
        return None

    @cached_property
    def used_by(self) -> dict[str, tuple[str, ...]]:
        back: dict[str, list[str]] = {key: [] for key in self.claims}
        for key, names in self.uses.items():
            for name in names:
                back[name].append(key)
        return {key: tuple(names) for key, names in back.items()}

    def falls_with(self, key: str) -> list[str]:
        """Every claim that rests on `key`, directly or through others, in reading order."""
        seen: set[str] = set()
        stack = list(self.used_by[key])
        while stack:
            if (name := stack.pop()) not in seen and name != key:
                seen.add(name)
                stack.extend(self.used_by[name])
        return [k for k in self.claims if k in seen]

    @cached_property
    def refuted(self) -> list[Claim]:
        """The claims in which a false sentence is refuted: the errata."""
        return [claim for claim in self.claims.values() if claim.is_refuted]

    def counts(self, claims: Iterable[Claim] | None = None) -> Counter[str]:
        """Claims as they are counted (`record.shade`), each once: by the weakest of their clauses."""
        return Counter(claim.shade for claim in (self.claims.values() if claims is None else claims))

    @property
    def totals(self) -> Totals:
        definitions = [d for chapter in self.chapters for d in chapter.definitions]
        return totals([claim.record for claim in self.claims.values()], definitions)

    def mutants(self) -> dict[str, tuple[int, int]]:
        return mutants_by_kind([claim.record for claim in self.claims.values()])


def read_chapter(path: Path, part: str = "", docname: str = "") -> Chapter:
    """The claims stored in one notebook. Raises ValueError, naming the notebook, when it or a record cannot be read."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not a readable notebook ({type(error).__name__}: {error})") from None
    title, claims, definitions = "", [], []
    for cell in cells:
        source = _text(cell.get("source", ""))
        if cell.get("cell_type") == "markdown" and not title and (m := re.search(r"^# +(.+)$", source, re.M)):
            title = m[1].strip()
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if MIME in data:
                claims.append(Claim(path.stem, *_checked_record(path, data[MIME]), source))
            if LEDGER_MIME in data:
                definitions += _json(data[LEDGER_MIME]).get("definitions", [])
    return Chapter(path.stem, part, docname or path.stem, title or path.stem, tuple(claims), tuple(definitions))


def _checked_record(path: Path, stored: Any) -> tuple[str, dict[str, Any]]:
    """The id and the record, in the present form. Raises ValueError where it is not what a claim leaves.

    Ids and names of clauses become anchors and addresses, so that nothing but letters, digits and hyphens may stand in
    them.
    """
    record = _json(stored)
    name, shown = record.get("id"), str(record)[:120]
    if not isinstance(name, str) or not _ID.fullmatch(name) or record.get("verdict") not in VERDICTS:
        raise ValueError(f"{path}: a claim record without a valid id or with an unknown verdict: {shown}")
    record = record
    for clause in record["clauses"]:
        if not _CLAUSE.fullmatch(str(clause.get("name"))) or clause.get("verdict") not in VERDICTS:
            raise ValueError(f"{path}: claim {name} has a clause without a valid name and verdict: {clause}"[:240])
    return name, record


def _json(stored: Any) -> dict[str, Any]:
    found = stored if isinstance(stored, dict) else json.loads(_text(stored))
    if not isinstance(found, dict):
        raise ValueError(f"not a record: {str(stored)[:120]}")
    return found


def read_book(root: Path, toc: Path | None = None) -> Book:
    """The notebooks that the table of contents lists, in its order."""
    import yaml

    toc = toc or root / "_toc.yml"
    contents = yaml.safe_load(toc.read_text(encoding="utf-8")) or {}
    chapters, paths = [], []
    for caption, name in _files(contents, ""):
        path = root / (name if name.endswith(".ipynb") else f"{name}.ipynb")
        if path.exists():
            chapters.append(read_chapter(path, caption, name.removesuffix(".ipynb")))
            paths.append(path)
    return Book(tuple(chapters), tuple(paths))


def _files(entry: dict[str, Any], caption: str) -> Iterable[tuple[str, str]]:
    caption = str(entry.get("caption") or caption)
    if "file" in entry:
        yield caption, str(entry["file"])
    for key in ("parts", "chapters", "sections", "subtrees", "entries"):
        for child in entry.get(key) or []:
            yield from _files(child, caption)


def _text(source: str | Sequence[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
