"""The marks: each says what the record says, stands at the row of its clause, leads to its part, and the part back."""

from __future__ import annotations

import json
import re

import pytest
from sample_book import ROOT

from scispaces.reading.site import records
from scispaces.record import MARKS

ONE = "chapters/mathematics/sample-one.html"
CHAPTERS = [pytest.param(c, id=c.slug) for c in records.read_book(ROOT).chapters]
# what every mark of a page shows, says and leads to, and where it stands
SEEN = """[...document.querySelectorAll('.equation-badge, .clause-mark')].map(m => {
  const box = m.getBoundingClientRect();
  return {equation: m.closest('div.math').id, sign: m.textContent, said: m.getAttribute('aria-label'), href: m.hash,
          clause: m.classList.contains('clause-mark'), id: m.id, target: !!document.getElementById(m.hash.slice(1)),
          colour: getComputedStyle(m).color, middle: box.top + box.height / 2, row: m.dataset.row};
})"""


def stored(path) -> dict[str, dict]:
    """The records of a notebook, read apart from the builder."""
    found = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            for mime, data in output.get("data", {}).items():
                if mime.startswith("application/vnd.scispaces.claim"):
                    found[data["id"]] = data
    return found


def check_marks(seen: list[dict], claims: dict[str, dict], slug: str) -> None:
    """Each claim has one mark with the sign and word of its verdict, each named clause one with those of its own."""
    wanted, shown = {}, {}
    for name, record in claims.items():
        wanted[f"#claim-{slug}-{name}"] = (MARKS[record["verdict"]], record["verdict"], record.get("premise"))
        for clause in record.get("clauses", []):
            if clause["name"]:
                verdict = clause["verdict"]
                wanted[f"#clause-{slug}-{name}-{clause['name']}"] = (MARKS[verdict], verdict, None)
    for mark in seen:
        assert mark["target"], f"{mark['href']} leads nowhere"
        said = mark["said"].split(": ")[1 if mark["clause"] else 0]
        word = next((w for w in re.findall(r"[a-z]+", said) if w in MARKS), "")
        premise = re.search(r"from a (\w+) premise", mark["said"])
        sign = mark["sign"].strip()
        assert sign == MARKS[word] + (MARKS[premise[1]] if premise else ""), mark
        shown[mark["href"]] = (sign[0], word, premise[1] if premise else None)
    assert shown == wanted


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_mark_shows_what_was_recorded(visit, site, chapter):
    page = visit(site / f"{chapter.docname}.html")
    check_marks(page.evaluate(SEEN), stored(ROOT / f"{chapter.docname}.ipynb"), chapter.slug)


def test_marks_of_the_small_book(visit, small_book, small_site):
    page = visit(small_site / ONE)
    claims = stored(small_book / "chapters/mathematics/sample-one.ipynb")
    seen = page.evaluate(SEEN)
    check_marks(seen, claims, "sample-one")
    forged = json.loads(json.dumps(seen))
    for mark in forged:  # a page on which everything is proved
        mark["sign"], mark["said"] = "✓", re.sub("|".join(MARKS), "proved", mark["said"])
    with pytest.raises(AssertionError):
        check_marks(forged, claims, "sample-one")
    by_verdict = {mark["said"].split(":")[0]: mark["colour"] for mark in seen if not mark["clause"]}
    assert len(set(by_verdict.values())) >= 8, "each verdict has its colour, a scope and a premise theirs"


@pytest.mark.parametrize("width", [1280, 360])
def test_a_mark_stands_at_the_row_of_its_clause(visit, small_site, width):
    page = visit(small_site / ONE, width=width)
    page.wait_for_function("document.querySelector('.clause-marks.placed')")
    page.wait_for_timeout(100)
    rows = page.evaluate(
        """[...document.querySelectorAll('#equation-sample-one-three-clauses svg [data-mml-node=mtr]')]
           .map(r => r.getBoundingClientRect()).map(b => [b.top, b.bottom])"""
    )
    rows = rows[-4:]  # the first may be that of the block around them
    marks = [m for m in page.evaluate(SEEN) if m["equation"] == "equation-sample-one-three-clauses" and m["clause"]]
    assert [m["row"] for m in marks] == ["0", "1", "2"]
    for mark in marks:
        top, bottom = rows[int(mark["row"])]
        assert top <= mark["middle"] <= bottom
    column = page.locator("#equation-sample-one-three-clauses .clause-marks").bounding_box()
    assert column["x"] + column["width"] <= width


def test_a_mark_leads_to_its_part_and_back_by_keyboard(visit, small_site):
    page = visit(small_site / ONE)
    mark = page.locator("#mark-sample-one-three-clauses-unique_one")
    tip = "m => getComputedStyle(m, '::after').visibility"
    assert mark.evaluate(tip) == "hidden"
    mark.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert mark.evaluate(tip) == "visible", "what it says is shown to the keyboard's focus"
    name = "unique one: checked (to 30 digits), not read in full"
    assert mark.evaluate("m => getComputedStyle(m, '::after').content") == f'"{name}"'
    assert page.get_by_role("link", name=name).count() == 1
    page.keyboard.press("Enter")
    part = page.locator("#clause-sample-one-three-clauses-unique_one")
    assert part.locator(".evidence").first.is_visible()
    assert "over A: Gaussian" in part.text_content()
    part.locator(".clause-name a").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#mark-sample-one-three-clauses-unique_one"
    assert page.errors == []


def test_marks_without_scripts_and_in_print(browser, small_site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((small_site / ONE).as_uri())
    page.emulate_media(media="print")
    marks = page.locator("#equation-sample-one-three-clauses .clause-mark")
    assert marks.count() == 3 and marks.first.is_visible()
    assert marks.nth(2).get_attribute("href") == "#clause-sample-one-three-clauses-naive"
    context.close()


def test_a_quoted_formula_is_set_when_the_card_opens(visit, small_site):
    page = visit(small_site / ONE)
    card = page.locator("#claim-sample-one-three-clauses")
    card.locator("summary").click()
    card.locator(".unread mjx-container").wait_for(timeout=5000)
    assert card.locator(".unread code").get_attribute("aria-label") == r"x'=Ax,\ x(0)=x_0"
    assert page.errors == []
