"""The Sphinx extension: ledger, errata, badges, counts from the stored records; figures at page size; Chinese search.

Everything it shows comes from the notebooks' stored outputs, read once before the build forks, and every page that
shows them notes the notebooks as dependencies: a parallel and an incremental build give what a full one gives.
"""

from __future__ import annotations

import hashlib
import html
import importlib.util
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from scispaces import record
from scispaces.reading.site import ledger, records
from scispaces.reading.site.bigrams import EnglishChinese

logger = logging.getLogger(__name__)

LEDGER = "about/ledger"


def book_of(app: Sphinx) -> records.Book:
    return app.scispaces_book  # type: ignore[attr-defined]


def _read_records(app: Sphinx) -> None:
    root = Path(app.srcdir)
    toc = root / str(getattr(app.config, "external_toc_path", "_toc.yml"))
    book = records.read_book(root, toc) if toc.exists() else records.Book()
    app.scispaces_book = book  # type: ignore[attr-defined]
    for key, claim in book.claims.items():
        for name in claim.record.get("uses") or []:
            if book.resolve(claim.chapter, str(name)) is None:
                logger.warning("claim %s uses %r, which no chapter records", key, name, type="scispaces")


# ------------------------------------------------------------------------------------------------------ directives


class _BookDirective(SphinxDirective):
    """A directive whose content depends on every notebook of the book."""

    def run(self) -> list[nodes.Node]:
        app = self.env.app
        for path in book_of(app).paths:
            self.env.note_dependency(str(path))
        toc = Path(app.srcdir) / str(getattr(app.config, "external_toc_path", "_toc.yml"))
        self.env.note_dependency(str(toc))
        return self.make(book_of(app), self._url())

    def make(self, book: records.Book, url: ledger.Url) -> list[nodes.Node]:
        raise NotImplementedError

    def _url(self) -> ledger.Url:
        here = self.env.docname
        builder = self.env.app.builder

        def url(docname: str, anchor: str) -> str:
            target = builder.get_relative_uri(here, docname) if docname != here else ""
            return f"{target}#{anchor}" if anchor else target or "#"

        return url


def _raw(markup: str) -> nodes.raw:
    return nodes.raw("", markup, format="html")


class Ledger(_BookDirective):
    def make(self, book: records.Book, url: ledger.Url) -> list[nodes.Node]:
        return [_raw(ledger.ledger_html(book, url))]


class Errata(_BookDirective):
    def make(self, book: records.Book, url: ledger.Url) -> list[nodes.Node]:
        return [_raw(ledger.errata_html(book, url))]


class Counts(_BookDirective):
    """The totals of the landing page."""

    def make(self, book: records.Book, url: ledger.Url) -> list[nodes.Node]:
        total = ledger.counts_sentence(book)
        facts = [
            (total["chapters"], "re-derived in our own words", ""),
            (total["claims"], "each with a check that runs", url(LEDGER, "")),
            (total["proved"], "by computer algebra", url(LEDGER, "") + "?verdict=proof"),
            (total["refuted"], "false sentences, each refuted", url("about/errata", "")),
            (total["mutants"] + " mutants", "false variants, all rejected", url("about/verdicts", "")),
        ]
        rows = [(*number.rpartition(" ")[::2], note, link) for number, note, link in facts]
        return [_raw(ledger.landing("counts", rows))]


class Wall(_BookDirective):
    def make(self, book: records.Book, url: ledger.Url) -> list[nodes.Node]:
        return [_raw(ledger.wall_html(book, url))]


class Specimen(_BookDirective):
    """One claim shown whole: the statement, the cell that checks it, the verdict. Argument: its key, else the first."""

    optional_arguments = 1

    def make(self, book: records.Book, url: ledger.Url) -> list[nodes.Node]:
        wanted = self.arguments[0] if self.arguments else ""
        claim = book.claims.get(wanted) or next(iter(book.claims.values()), None)
        if claim is None:
            return []
        equation = nodes.math_block(claim.statement, claim.statement, nowrap=False, number=None, label=None)
        code = nodes.literal_block(claim.code, claim.code, language="python")
        target = url(book.chapter_of[claim.chapter].docname, "equation-" + claim.key)
        box = nodes.container(classes=["specimen"])
        box += _raw(ledger.landing("step", "A statement,"))
        box += equation
        box += _raw(ledger.landing("step", "the cell below it,"))
        box += code
        box += _raw(ledger.landing("left", claim, target))
        return [box]


# ----------------------------------------------------------------------------------------------------- each page


def _badges(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Under the title of a chapter its head (the quote that `head` writes) gets its look, and a line of badges."""
    if app.builder.format != "html":
        return
    book = book_of(app)
    chapter = next((c for c in book.chapters if c.docname == docname), None)
    title = next(doctree.findall(nodes.title), None)
    if chapter is None or title is None:
        return
    place = title.parent.index(title) + 1
    if place < len(title.parent) and isinstance(title.parent[place], nodes.block_quote):
        title.parent[place]["classes"].append("chapter-head")
        place += 1
    if chapter.claims:
        line = ledger.badge_line(book, chapter, app.builder.get_relative_uri(docname, LEDGER))
        title.parent.insert(place, _raw(line))


def _plain_captions(app: Sphinx, doctree: nodes.document) -> None:
    """A title or a caption is text and mathematics: HTML that stands in it is shown, never run."""
    for place in (n for kind in (nodes.title, nodes.caption) for n in list(doctree.findall(kind))):
        for found in list(place.findall(nodes.raw)):
            found.parent.replace(found, nodes.Text(found.astext()))


_NUMBER = re.compile(r'(<div class="math[^"]*" id="equation-([\w-]+)">\s*<span class="eqno">)(.*?</span>)', re.S)


def _finish(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Mark every checked equation with its verdict beside its number, and each of its clauses at its row."""
    claims = book_of(app).claims
    if "pagetitle" in context:  # the theme sets it as text, and puts it into the page as it is
        context["pagetitle"] = html.escape(str(context["pagetitle"]))
    if body := context.get("body"):

        def mark(match: re.Match[str]) -> str:
            if (claim := claims.get(match[2])) is None:
                return match[0]
            return match[1] + ledger.equation_badge(claim) + match[3] + ledger.clause_marks(claim)

        context["body"] = _NUMBER.sub(mark, body)


def _size_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Show a stored PNG at the size it was drawn for: one inch is 100 pixels of the page, whatever its resolution."""
    for image in doctree.findall(nodes.image):
        if "width" in image or not image["uri"].endswith(".png"):
            continue
        path = Path(app.srcdir) / image["uri"]
        if not path.is_file():
            path = Path(image["uri"])
        if path.is_file() and (width := png_inches(path)):
            image["width"] = f"{round(100 * width)}px"


def png_inches(path: Path) -> float | None:
    """The width of a PNG in inches, from its pHYs chunk; None without one."""
    data = path.read_bytes().split(b"IDAT", 1)[0]
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    pixels = struct.unpack(">I", data[16:20])[0]
    at = data.find(b"pHYs")
    if at < 0:
        return None
    per_metre, _, unit = struct.unpack(">IIB", data[at + 4 : at + 13])
    return float(pixels / per_metre / 0.0254) if unit == 1 and per_metre else None


# ------------------------------------------------------------------------------------------------------ MathJax


MATHJAX_FILES = ("tex-svg.js",)  # drawn as SVG: no font files, which some browsers refuse to a page opened from disk


def _copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Copy the part of MathJax that the pages load (of 24 MB, 2)."""
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if error is not None or app.builder.format != "html":
        return
    if spec is None or not spec.origin:
        logger.warning("the package sphinx-mathjax-offline is missing: mathematics will not show offline")
        return
    source = Path(spec.origin).parent / "static" / "mathjax"
    target = Path(app.outdir) / "_static" / "mathjax"
    for name in MATHJAX_FILES:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        else:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target / name)


def _own_digest() -> str:
    """Changes when this room does: pages that an older one made are made again."""
    room = Path(__file__).parent
    files = sorted(p for p in (*room.rglob("*.py"), *room.rglob("*.html"), Path(record.__file__)) if p.is_file())
    return hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()


def setup(app: Sphinx) -> dict[str, object]:
    app.add_config_value("scispaces_site_digest", _own_digest(), "env")
    directives: dict[str, Callable[..., Any]] = {
        "claims-ledger": Ledger,
        "claims-errata": Errata,
        "book-counts": Counts,
        "book-wall": Wall,
        "claim-specimen": Specimen,
    }
    for name, directive in directives.items():
        app.add_directive(name, directive)  # type: ignore[arg-type]
    app.set_html_assets_policy("always")  # chapter titles in the side bar hold mathematics, on every page
    app.add_search_language(EnglishChinese)
    app.connect("builder-inited", _read_records)
    app.connect("doctree-read", _plain_captions, priority=100)  # before titles are collected for the contents
    app.connect("doctree-read", _size_figures)
    app.connect("doctree-resolved", _badges)
    app.connect("html-page-context", _finish, priority=900)
    app.connect("build-finished", _copy_mathjax)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
