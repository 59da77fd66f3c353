"""Whatever a title, a caption, an alt text or a record holds is shown as text: no page runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import build

from scispaces.claims.cards import Ledger, card
from scispaces.record import LEDGER_MIME, MIME

BAIT = "<img src=x onerror='window.bitten=1'><script>window.bitten=1</script>"
PAGES = ["chapters/mathematics/sample-one", "about/ledger", "about/errata", "intro"]


@pytest.fixture(scope="module")
def hostile(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small book with bait in every place that text comes from; the site is returned."""
    root = shutil.copytree(sources, tmp_path_factory.mktemp("hostile") / "book")
    path = root / "chapters/mathematics/sample-one.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][0]["source"] = f"# `{BAIT}` {BAIT}\n\n> **Original** `{BAIT}`\n\nText."
    for cell in notebook["cells"]:
        if figure := cell["metadata"].get("mystnb"):
            figure["figure"]["caption"] = f"Look {BAIT} closely"
            figure["image"]["alt"] = f"A picture \"{BAIT}"
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if record := data.get(MIME):
                data[MIME] = poisoned(record)
                data["text/html"] = card(data[MIME])
            if LEDGER_MIME in data:
                for definition in data[LEDGER_MIME]["definitions"]:
                    definition.update(latex=BAIT, why=BAIT)
                table = Ledger("sample-one", [], data[LEDGER_MIME]["definitions"])
                data["text/html"] = table._repr_mimebundle_()["text/html"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    build(root)
    return root / "_build/html"


def poisoned(record: dict) -> dict:
    """A record with bait in every free text; ids, names of clauses and verdicts are validated, not escaped."""
    new = json.loads(json.dumps(record))
    new["statement"] = f"{new['statement']} \\text{{{BAIT}}}"
    new["reason"] = BAIT
    new["hypotheses"] = [{"text": BAIT, "necessary": False}]
    for clause in new["clauses"]:
        clause["latex"], clause["read"] = f"\\text{{{BAIT}}}", [f"a = \\text{{{BAIT}}}"]
        clause["unread"] = [{"text": BAIT, "why": BAIT}]
    for part in new["parts"]:
        part.update(checked=f"not: {BAIT}", scope=BAIT, resolution=[{"constant": BAIT, "relative": BAIT}])
        part["evidence"] = {**part["evidence"], "left": BAIT, "right": [BAIT], BAIT: BAIT}
    return new


@pytest.mark.parametrize("name", PAGES)
def test_no_page_runs_what_it_shows(visit, hostile, name):
    page = visit(hostile / f"{name}.html")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for share in (0, 0.3, 0.6, 1):  # what is set on sight is seen
        page.evaluate("share => window.scrollTo(0, share * document.body.scrollHeight)", share)
        page.wait_for_timeout(150)
    page.emulate_media(media="print")
    assert page.evaluate("window.bitten") is None
    assert page.locator("img[src=x]").count() == 0
    inner = "[...document.scripts].filter(s => s.textContent.includes('bitten')).length"
    assert page.evaluate(inner) == 0
    assert "onerror=" in page.locator("article").first.text_content(), "the bait is there, as text"


def test_a_caption_and_a_title_are_shown_as_they_were_written(visit, hostile):
    page = visit(hostile / f"{PAGES[0]}.html")
    assert BAIT in page.locator("figcaption").first.text_content()
    assert page.locator("h1").last.text_content().count("onerror") == 2
    assert BAIT in page.locator("figure img").first.get_attribute("alt")
