"""Ledger, errata, badges and landing page: what the templates beside this file show of a `records.Book`.

Pure functions, text from records. Everything is escaped by the templates; here stands what has to be counted.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment

from scispaces.reading import _templates
from scispaces.reading.site.records import MUTANT_KINDS, VERDICTS, Book, Chapter, Claim

__all__ = ["badge_line", "counts_sentence", "equation_badge", "errata_html", "landing", "ledger_html", "wall_html"]

Url = Callable[[str, str], str]  # (docname, anchor) -> relative URL

TEMPLATES = Path(__file__).with_name("templates")
MEANING = {
    "proved": "a computer algebra proof of the full statement",
    "proved in scope": "a computer algebra proof for the sizes or cases it names",
    "series": "a proof of every coefficient to the order it names",
    "checked": "two independent computations agree to the digits it names",
    "bounded": "an adversarial search failed to break the inequality",
    "estimated": "a statistical test with stated error rate and power",
    "refuted": "a counterexample, and the statement that holds instead",
}
EVIDENCE = {"fails": "counterexample", "corrected": "corrected by", "left": "left side", "right": "right side"}


def words(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}".replace(",", "\u202f")


def css(verdict: str, scope: str = "") -> str:
    """The style class of a verdict; a proof with a scope has its own."""
    return ("proved in scope" if verdict == "proved" and scope else verdict).replace(" ", "-")


def sign(verdict: str) -> str:
    """The sign of a verdict ("proved in scope" is a kind of "proved")."""
    return VERDICTS.get(verdict.split(" ")[0], "?")


def lines_of(latex: str) -> str:
    """LaTeX to be typeset: several lines as Sphinx sets a displayed equation of several lines."""
    source = latex.strip()
    return f"\\begin{{split}}{source}\\end{{split}}" if "\\\\" in source and "\\begin" not in source else source


def title_pieces(title: str) -> list[str]:
    """A chapter title cut at its ``$``: text, mathematics, text, ..."""
    pieces = title.replace("`", "").split("$")
    if len(pieces) % 2 == 0:
        return [title]
    return [piece if i % 2 else piece.replace("*", "") for i, piece in enumerate(pieces)]


def mutants(claims: Iterable[Claim]) -> tuple[int, int]:
    """Mutants made and rejected, over all kinds."""
    counts = [count for claim in claims for count in claim.mutants().values()]
    return sum(made for made, _ in counts), sum(killed for _, killed in counts)


def counts_sentence(book: Book) -> dict[str, str]:
    """The totals of the book as texts: claims, chapters, proved, mutants."""
    tally = book.counts()
    made, killed = mutants(book.claims.values())
    return {
        "claims": words(len(book.claims), "claim"),
        "chapters": words(len([c for c in book.chapters if c.claims]), "chapter"),
        "proved": words(tally["proved"] + tally["proved in scope"], "proof"),
        "mutants": (f"{killed:,} of {made:,}" if killed < made else f"{made:,}").replace(",", "\u202f"),
    }


def badge_line(book: Book, chapter: Chapter, ledger_url: str) -> str:
    """The line under a chapter's title: its claims by verdict, linked to the ledger."""
    if not chapter.claims:
        return ""
    return str(_macro("parts.html", "badge_line")(book, chapter, f"{ledger_url}?chapter={chapter.slug}"))


def equation_badge(claim: Claim) -> str:
    """The mark beside an equation's number; leads to the check."""
    return str(_macro("parts.html", "equation_badge")(claim))


def ledger_html(book: Book, url: Url) -> str:
    """Totals, filters, the table of all claims, and what rests on what."""
    if not book.claims:
        return _page("empty.html", text="No chapter has recorded a claim yet.")
    falls = {key: book.falls_with(key) for key in book.claims}
    heavy = sorted((key for key in falls if falls[key]), key=lambda key: -len(falls[key]))[:12]
    totals = counts_sentence(book)
    return _page("ledger.html", book=book, url=url, totals=totals, filters=_filters(book), falls=falls, heavy=heavy)


def errata_html(book: Book, url: Url) -> str:
    """Every refuted statement: what is said, where it fails, what holds instead."""
    refuted = [claim for claim in book.claims.values() if claim.is_refuted]
    if not refuted:
        return _page("empty.html", text="No statement has been refuted yet.")
    return _page("errata.html", book=book, url=url, refuted=refuted)


def wall_html(book: Book, url: Url) -> str:
    """Every claim of the book as one small square in the colour of its verdict, a row a chapter."""
    parts = [(part, list(chapters)) for part, chapters in itertools.groupby(book.chapters, lambda c: c.part)]
    return _page("wall.html", book=book, url=url, parts_of_book=parts)


def landing(name: str, *values: Any) -> str:
    """A piece of the landing page: "counts" of facts, a "step" of the specimen, what it "left"."""
    return str(_macro("landing.html", name)(*values))


def _filters(book: Book) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What the ledger is filtered by: name, label, and the choices as (value, text)."""
    tally = book.counts()
    tally["refuted"] = sum(claim.is_refuted for claim in book.claims.values())
    parts = dict.fromkeys(c.part for c in book.chapters if c.claims and c.part)
    kinds = sorted({kind for claim in book.claims.values() for kind in claim.kinds})
    return [
        ("part", "Part", [(part, part) for part in parts]),
        ("chapter", "Chapter", [(c.slug, plain(c.title)) for c in book.chapters if c.claims]),
        ("kind", "Kind", [(kind, kind) for kind in kinds]),
        ("verdict", "Verdict", [(css(name), f"{name} ({tally[name]})") for name in MEANING if tally[name]]),
    ]


def search_text(claim: Claim) -> str:
    """What the ledger's search looks through."""
    hypotheses = [str(h.get("text", "")) for h in claim.record.get("hypotheses") or []]
    return " ".join([claim.key, claim.statement, str(claim.record.get("checked", "")), *hypotheses]).lower()


def killed_by_kind(claim: Claim) -> str:
    """ "12 automatic, 2 author" """
    return ", ".join(f"{killed} {kind}" for kind, (made, killed) in claim.mutants().items() if made)


def necessary(hypothesis: dict[str, Any]) -> str:
    """What is known of a hypothesis's necessity."""
    found = hypothesis.get("necessary")
    if isinstance(found, str):
        return found
    return "necessary: a counterexample without it" if found else "not shown necessary"


def evidence(claim: Claim) -> Iterator[list[tuple[str, Any]]]:
    """For each refuted part of a claim the rows of its evidence: name and value."""
    parts = [part for part in claim.parts if part.get("verdict") == "refuted"]
    false = re.findall(r"(?:^|; )not: ([^;]+)", str(claim.record.get("checked", "")))
    for part, said in zip(parts, [*false, *[None] * len(parts)], strict=False):
        rows = {"false": said, "fails": part.get("scope"), **(part.get("evidence") or {})}
        yield [(EVIDENCE.get(k, k.replace("_", " ")), v) for k, v in rows.items() if v not in (None, "", [])]


def plain(title: str) -> str:
    """A title without Markdown and LaTeX marks, for places that hold text only.

    >>> plain("The identity $\\\\det e^A = e^{\\\\operatorname{Tr} A}$")
    'The identity det e^A = e^Tr A'
    """
    title = re.sub(r"\\(?:operatorname|mathrm|text)\{([^}]*)\}|\\([a-z]+)", lambda m: m[1] or m[2], title)
    return re.sub(r"[$*`{}]", "", title)


def _environment() -> Environment:
    made = _templates.environment(TEMPLATES)
    helpers = (words, css, sign, lines_of, title_pieces, mutants, search_text, killed_by_kind, necessary, evidence)
    made.globals.update({helper.__name__: helper for helper in helpers}, meaning=MEANING)
    return made


def _page(name: str, **values: Any) -> str:
    return _environment().get_template(name).render(**values)


def _macro(template: str, name: str) -> Any:
    return getattr(_environment().get_template(template).module, name)


assert set(MEANING) >= set(VERDICTS) and MUTANT_KINDS
