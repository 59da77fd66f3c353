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

__all__ = ["MIME", "VERDICTS", "Book", "Chapter", "Claim", "read_book", "read_chapter"]

MIME = "application/vnd.scispaces.claim+json"
VERDICTS = {  # from the strongest to the weakest; the sign that stands for it
    "proved": "✓",
    "series": "∼",
    "checked": "≈",
    "bounded": "≤",
    "estimated": "±",
    "refuted": "✗",
}
MUTANT_KINDS = ("automatic", "ingredient", "hypothesis", "author")


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
    def parts(self) -> list[dict[str, Any]]:
        return list(self.record.get("parts", []))

    @property
    def kinds(self) -> list[str]:
        return list(dict.fromkeys(str(p.get("kind", "")) for p in self.parts))

    @property
    def scope(self) -> str:
        """The scopes of the parts that carry the claim's verdict; empty when it covers the full statement."""
        scopes = [str(p.get("scope") or "") for p in self.parts if p.get("verdict") == self.verdict]
        return "; ".join(dict.fromkeys(s for s in scopes if s))

    @property
    def is_refuted(self) -> bool:
        return self.verdict == "refuted" or any(p.get("verdict") == "refuted" for p in self.parts)

    def mutants(self) -> dict[str, tuple[int, int]]:
        """Made and rejected mutants by kind, summed over the parts."""
        total = dict.fromkeys(MUTANT_KINDS, (0, 0))
        for part in self.parts:
            for kind, count in (part.get("mutants") or {}).items():
                made, killed = total.get(kind, (0, 0))
                total[kind] = (made + int(count.get("made", 0)), killed + int(count.get("killed", 0)))
        return total


@dataclass(frozen=True)
class Chapter:
    slug: str
    part: str  # the caption of the part in the table of contents
    docname: str
    title: str
    claims: tuple[Claim, ...]


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

    def counts(self, claims: Iterable[Claim] | None = None) -> Counter[str]:
        """Claims by verdict; a proof that covers sizes or cases only counts as "proved in scope"."""
        tally: Counter[str] = Counter()
        for claim in self.claims.values() if claims is None else claims:
            scoped = claim.verdict == "proved" and claim.scope
            tally["proved in scope" if scoped else claim.verdict] += 1
        return tally

    def mutants(self) -> dict[str, tuple[int, int]]:
        total = dict.fromkeys(MUTANT_KINDS, (0, 0))
        for claim in self.claims.values():
            for kind, (made, killed) in claim.mutants().items():
                a, b = total.get(kind, (0, 0))
                total[kind] = (a + made, b + killed)
        return total


def read_chapter(path: Path, part: str = "", docname: str = "") -> Chapter:
    """The claims stored in one notebook. Raises ValueError, naming the notebook, when it or a record cannot be read."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not a readable notebook ({type(error).__name__}: {error})") from None
    title, claims = "", []
    for cell in cells:
        source = _text(cell.get("source", ""))
        if cell.get("cell_type") == "markdown" and not title and (m := re.search(r"^# +(.+)$", source, re.M)):
            title = m[1].strip()
        for output in cell.get("outputs", []):
            record = output.get("data", {}).get(MIME)
            if record is None:
                continue
            if not isinstance(record, dict):
                record = json.loads(_text(record))
            if not record.get("id") or record.get("verdict") not in VERDICTS:
                raise ValueError(f"{path}: a claim record without id or with an unknown verdict: {str(record)[:120]}")
            claims.append(Claim(path.stem, str(record["id"]), record, source))
    return Chapter(path.stem, part, docname or path.stem, title or path.stem, tuple(claims))


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
