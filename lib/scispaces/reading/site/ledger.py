"""Ledger, errata, badges and landing page: what the templates beside this file show of a `records.Book`.

Pure functions, text from records. Everything is escaped by the templates; here stands what has to be counted.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment

from scispaces import record
from scispaces.reading import _templates
from scispaces.reading.site.errata import errata_of
from scispaces.reading.site.records import Book, Chapter, Claim
from scispaces.record import MARKS, VERDICTS, checked_lines

__all__ = ["badge_line", "clause_marks", "counts_sentence", "equation_badge", "errata_html", "landing", "ledger_html",
           "wall_html"]  # fmt: skip

Url = Callable[[str, str], str]  # (docname, anchor) -> relative URL

TEMPLATES = Path(__file__).with_name("templates")
MEANING = {
    "proved (scoped)": "the same, for the sizes or cases it names",
    "from a premise": "a proof, from a claim that is only {premise}",
}


def words(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}".replace(",", "\u202f")


def shade_of(verdict: str, scope: str = "", premise: str | None = None) -> str:
    """A verdict as it is counted, of a clause or a part."""
    return record.shade({"verdict": verdict, "premise": premise, "parts": [{"scope": scope}]})


def css(shade: str) -> str:
    """The style class of a shade: "proved (scoped)" is ``proved-scoped``."""
    return re.sub(r"[^a-z]+", "-", shade).strip("-")


def base(shade: str) -> str:
    """The verdict of a shade: "proved" of "proved (scoped)"."""
    return re.split(r"[ ,]", shade)[0]


def weaker(shade: str) -> str:
    """The verdict of the weaker premise that a shade names, or ""."""
    found = re.search(r"from a (\w+) premise", shade)
    return found[1] if found else ""


def sign(shade: str) -> str:
    """The sign of a shade's verdict."""
    return MARKS.get(base(shade), "?")


def meaning(shade: str) -> str:
    """What stands behind a shade."""
    if premise := weaker(shade):
        return MEANING["from a premise"].format(premise=premise)
    return MEANING.get(shade) or VERDICTS.get(shade, "")


def tally(book: Book, claims: Iterable[Claim] | None = None) -> dict[str, int]:
    """Claims by shade, the strongest first. A claim that refutes a false sentence counts as refuted wherever that is
    told (the errata, a filter, a badge), and stands under the verdict of its weakest clause too."""
    claims = list(book.claims.values() if claims is None else claims)
    counts = book.counts(claims)
    counts["refuted"] = sum(claim.is_refuted for claim in claims)
    order = sorted(counts, key=lambda s: (list(VERDICTS).index(base(s)), s != base(s), weaker(s) != "", s))
    return {shade: counts[shade] for shade in order if counts[shade]}


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


def counts_sentence(book: Book) -> dict[str, str]:
    """The totals of the book as texts: claims, chapters, proved, refuted, mutants."""
    total = book.totals
    made, killed = total.made, total.killed
    return {
        "claims": words(total.claims, "claim"),
        "chapters": words(len([c for c in book.chapters if c.claims]), "chapter"),
        "proved": words(sum(claim.verdict == "proved" for claim in book.claims.values()), "proof"),
        "refuted": words(len(book.refuted), "erratum", "errata"),
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


def clause_marks(claim: Claim) -> str:
    """The marks of a display with named clauses, each to stand at its row and to lead to its part; "" without any."""
    marks, rows = claim.marks
    return str(_macro("parts.html", "clause_marks")(claim, marks, rows)) if marks else ""


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
    if not book.refuted:
        return _page("empty.html", text="No statement has been refuted yet.")
    return _page("errata.html", book=book, url=url, errata=[(c, errata_of(book, c)) for c in book.refuted])


def wall_html(book: Book, url: Url) -> str:
    """Every claim of the book as one small square in the colour of its verdict, a row a chapter."""
    parts = [(part, list(chapters)) for part, chapters in itertools.groupby(book.chapters, lambda c: c.part)]
    return _page("wall.html", book=book, url=url, parts_of_book=parts)


def landing(name: str, *values: Any) -> str:
    """A piece of the landing page: "counts" of facts, a "step" of the specimen, what it "left"."""
    return str(_macro("landing.html", name)(*values))


def _filters(book: Book) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What the ledger is filtered by: name, label, and the choices as (value, text)."""
    parts = dict.fromkeys(c.part for c in book.chapters if c.claims and c.part)
    kinds = sorted({kind for claim in book.claims.values() for kind in claim.kinds})
    verdicts = [(css(name), f"{name} ({count})") for name, count in tally(book).items()]
    if (proofs := sum(claim.verdict == "proved" for claim in book.claims.values())) and len(verdicts) > 1:
        verdicts.insert(0, ("proof", f"any proof ({proofs})"))
    if unread := sum(any(c.unread for c in claim.clauses) for claim in book.claims.values()):
        verdicts.append(("unread", f"not read in full ({unread})"))
    return [
        ("part", "Part", [(part, part) for part in parts]),
        ("chapter", "Chapter", [(c.slug, plain(c.title)) for c in book.chapters if c.claims]),
        ("kind", "Kind", [(kind, kind) for kind in kinds]),
        ("verdict", "Verdict", verdicts),
    ]


def also(claim: Claim) -> str:
    """Under which choices of the filter of verdicts a claim is found beside its own shade."""
    found = {
        "proof": claim.verdict == "proved",
        "refuted": claim.is_refuted,
        "unread": any(c.unread for c in claim.clauses),
    }
    return " ".join(name for name, there in found.items() if there)


def search_text(claim: Claim) -> str:
    """What the ledger's search looks through: id, statement, names of clauses, what was checked, hypotheses."""
    hypotheses = [str(h.get("text", "")) for h in claim.record.get("hypotheses") or []]
    clauses = [label for c in claim.clauses if c.name for label in dict.fromkeys((c.name, c.label))]
    return " ".join([claim.key, claim.statement, *clauses, *checked_lines(claim.record), *hypotheses]).lower()


def killed_by_kind(claim: Claim) -> str:
    """ "12 automatic, 2 author" """
    return ", ".join(f"{killed} {kind}" for kind, (made, killed) in claim.mutants().items() if made)


def share(count: int, total: int) -> str:
    """ "77 of 87", or a dash where there is nothing to count."""
    return f"{count} of {total}" if total else "–"


def necessary(hypothesis: dict[str, Any]) -> str:
    """What is known of a hypothesis's necessity."""
    found = hypothesis.get("necessary")
    if isinstance(found, str):
        return found
    return "necessary: a counterexample without it" if found else "not shown necessary"


def plain(title: str) -> str:
    """A title without Markdown and LaTeX marks, for places that hold text only.

    >>> plain("The identity $\\\\det e^A = e^{\\\\operatorname{Tr} A}$")
    'The identity det e^A = e^Tr A'
    """
    title = re.sub(r"\\(?:operatorname|mathrm|text)\{([^}]*)\}|\\([a-z]+)", lambda m: m[1] or m[2], title)
    return re.sub(r"[$*`{}]", "", title)


def _environment() -> Environment:
    made = _templates.environment(TEMPLATES)
    helpers = (also, base, css, killed_by_kind, lines_of, meaning, necessary, search_text, shade_of, share, sign, tally,
               title_pieces, weaker, words)  # fmt: skip
    made.globals.update({helper.__name__: helper for helper in helpers})
    return made


def _page(name: str, **values: Any) -> str:
    return _environment().get_template(name).render(**values)


def _macro(template: str, name: str) -> Any:
    return getattr(_environment().get_template(template).module, name)

