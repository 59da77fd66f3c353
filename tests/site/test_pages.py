"""Every page of a site: self-contained, quiet, readable; both the small book and the real one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sample_book import ROOT

from scispaces.reading.site import records

BOOK = records.read_book(ROOT)
CHAPTERS = [pytest.param(c, id=c.slug) for c in BOOK.chapters]
ABOUT = [f"about/{name}" for name in ("verdicts", "notation", "ledger", "errata", "references")]
ABOUT += ["intro", "search", "genindex"]
PAGE_BYTES = 1_500_000
SLOWEST_MATH = 1500  # milliseconds from the load event to the last formula

# the pages of the small book that hold what depends on the chapters
SMALL = ["chapters/mathematics/sample-one", "intro", "about/ledger", "about/errata", "search"]


def labels(notebook: Path) -> list[str]:
    """Labels of all displayed equations of a notebook, read apart from the builder."""
    found = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            found += re.findall(r"\$\$[ \t]*\(([\w-]+)\)", source)
            for block in re.findall(r"^(?:`{3,}|:{3,})\{math\}(.*?)^(?:`{3,}|:{3,})", source, re.S | re.M):
                found += re.findall(r"^:label:\s*(\S+)", block, re.M)
    return found


def check_quiet(page: object) -> None:
    assert page.outside == []
    assert page.errors == []


def check_readable(page: object) -> None:
    images = page.evaluate("[...document.images].map(i => [i.src.slice(0, 80), i.alt.trim(), i.naturalWidth])")
    assert [src for src, alt, _ in images if not alt] == [], "images without alt text"
    assert [src for src, _, width in images if not width] == [], "images that do not show"
    wrong = page.evaluate("[...document.querySelectorAll('[data-mjx-error]')].map(e => e.dataset.mjxError)")
    assert wrong == [], "formulas that MathJax cannot set"


@pytest.mark.parametrize("name", SMALL)
def test_small_pages_are_self_contained_and_fit_narrow_screens(visit, small_site, name):
    page = visit(small_site / f"{name}.html")
    check_readable(page)
    for width in (768, 360):
        page.set_viewport_size({"width": width, "height": 800})
        check_width(page, width)
    check_quiet(page)


@pytest.mark.parametrize("name", ABOUT)
def test_pages_are_self_contained(visit, site, name):
    page = visit(site / f"{name}.html")
    check_quiet(page)
    check_readable(page)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter_is_self_contained_in_light_and_dark_and_on_a_phone(visit, site, chapter):
    for dark in (False, True):
        page = visit(site / f"{chapter.docname}.html", dark=dark)
        assert page.evaluate("document.documentElement.dataset.theme") == ("dark" if dark else "light")
        check_quiet(page)
    check_readable(page)
    page.set_viewport_size({"width": 390, "height": 800})
    check_width(page, 390)
    check_shapes(page)
    check_quiet(page)


def check_shapes(page: object) -> None:
    squeezed = page.evaluate(
        """[...document.querySelectorAll('figure img')].filter(i => i.clientWidth > 0 &&
          Math.abs(i.clientWidth / i.clientHeight / (i.naturalWidth / i.naturalHeight) - 1) > 0.15).map(i => i.alt)"""
    )
    assert squeezed == [], "figures whose proportions are not kept"


def check_width(page: object, width: int) -> None:
    wide = page.evaluate(
        """width => [...document.querySelectorAll('article *')].filter(e => {
          if (e.getBoundingClientRect().right <= width + 1 || getComputedStyle(e).position === 'absolute') return false;
          for (let p = e.parentElement; p; p = p.parentElement)
            if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(p).overflowX)) return false;
          return true;
        }).map(e => e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + e.textContent.slice(0, 60))"""
    , width)
    assert wide == [], f"wider than a screen of {width} pixels"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_labelled_equation_has_its_anchor(site, chapter):
    html = (site / f"{chapter.docname}.html").read_text(encoding="utf-8")
    anchors = set(re.findall(r'\bid="([^"]+)"', html))
    wanted = labels(ROOT / f"{chapter.docname}.ipynb")
    assert wanted, "a chapter has labelled equations"
    assert [label for label in wanted if f"equation-{label}" not in anchors] == []
    for claim in chapter.claims:
        assert f"equation-{claim.key}" in anchors, f"claim {claim.id}: no equation with the label {claim.key}"
        assert f"claim-{claim.key}" in anchors, f"claim {claim.id}: no card"


def check_links(html: str, claims: tuple[records.Claim, ...]) -> None:
    """Each equation leads to its card, and the card back."""
    for claim in claims:
        equation = re.search(rf'<div class="math[^>]*id="equation-{claim.key}">.*?</div>', html, re.S)
        assert equation, f"{claim.id}: no equation"
        assert f'href="#claim-{claim.key}"' in equation[0], f"{claim.id}: the equation does not lead to its check"
        card = html.split(f'id="claim-{claim.key}"')
        assert len(card) == 2, f"{claim.id}: {len(card) - 1} cards"
        assert f"#equation-{claim.key}" in card[1].split('class="cell')[0], f"{claim.id}: the card does not lead back"


def test_equations_and_cards_lead_to_each_other(small_book):
    for chapter in records.read_book(small_book).chapters:
        check_links((small_book / f"_build/html/{chapter.docname}.html").read_text(encoding="utf-8"), chapter.claims)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_equations_and_cards_of_a_chapter_lead_to_each_other(site, chapter):
    check_links((site / f"{chapter.docname}.html").read_text(encoding="utf-8"), chapter.claims)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter_page_is_light(site, chapter):
    path = site / f"{chapter.docname}.html"
    html = path.read_text(encoding="utf-8")
    sources = {src for src in re.findall(r'<img[^>]*src="([^"]+)"', html) if not src.startswith("data:")}
    total = path.stat().st_size + sum((path.parent / src).resolve().stat().st_size for src in sources)
    assert total <= PAGE_BYTES, f"{total // 1000} kB"
    frames = sum(len(f) for f in re.findall(r"data:image/webp;base64,[A-Za-z0-9+/=]+", html))
    assert frames <= 750_000, f"{frames // 1000} kB of frames; a chapter has 700"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_mathematics_is_complete_soon(browser, site, chapter):
    """From the load event to the last formula; the quickest of three, for machines that do other things too."""
    times = []
    for _ in range(3):
        page = browser.new_page()
        page.goto((site / f"{chapter.docname}.html").as_uri(), wait_until="load")
        loaded, done, count = page.evaluate(
            """async () => {
              await MathJax.startup.promise;
              const done = performance.now();
              const loaded = performance.getEntriesByType('navigation')[0].loadEventStart;
              return [loaded, done, document.querySelectorAll('mjx-container').length];
            }"""
        )
        page.close()
        assert count > 0
        times.append(done - loaded)
        if times[-1] < SLOWEST_MATH:
            break
    assert min(times) < SLOWEST_MATH, f"{count} formulas took {min(times):.0f} ms after load"
