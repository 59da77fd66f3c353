"""The form every chapter has to have: nothing shown without a check, nothing stored that no run reproduces."""

from __future__ import annotations

import json
import re

import pytest

from book.chapters import PATHS, ROOT, displayed, load, squeeze
from scispaces.reading.runner import execute, head, notebooks
from scispaces.reading.site import records

MOST_LINES = 20  # of a check cell: longer ones are library functions
EXEMPTION = re.compile(r"NBVAL_\w+|PYTEST_VALIDATE\w*")
TAGS = {"nbval-skip", "nbval-ignore-output", "nbval-raises-exception", "raises-exception", "skip-execution"}


@pytest.fixture(params=PATHS, ids=[p.stem for p in PATHS])
def chapter(request):
    return load(request.param)


def none(faults, chapter):
    assert not faults, f"{chapter.path.name}:\n  " + "\n  ".join(faults)


def test_stored_in_normal_form(chapter):
    """As `make refresh` writes it: cells numbered, no widget state, no timestamps, no editor's metadata."""
    stored = chapter.path.read_text()
    same = notebooks.normalise(notebooks.read(chapter.path)) == stored
    none([] if same else ["its file is not as make refresh stores it"], chapter)


def test_the_head_is_that_of_its_metadata(chapter):
    notebook = notebooks.read(chapter.path)
    wanted = head.head_of(notebook, chapter.slug, head.titles_of(ROOT))
    assert wanted is not None, f"{chapter.path.name} has no table scispaces in its metadata"
    table = notebook["metadata"]["scispaces"]
    text = "\n".join(c["source"] for c in chapter.cells if c["cell_type"] == "markdown")
    links = set(re.findall(r"\[" + re.escape(table["chinese"]) + r"\]\(([^)]*)\)", text))
    part = next((c.part for c in records.read_book(ROOT).chapters if c.slug == chapter.slug), None)
    faults = {
        "its first cell does not begin with the head": chapter.cells[0]["source"].startswith(f"{wanted}\n\n"),
        "the article is linked to two addresses": links == {table["link"]},
        f"it stands under {part!r} in the contents, not {table['part']!r}": table["part"] == part,
    }
    none([fault for fault, holds in faults.items() if not holds], chapter)


def test_every_code_cell_was_run(chapter):
    """nbval passes over a cell without an execution count."""
    counts = [cell["execution_count"] for _, cell in chapter.code()]
    none([] if counts == list(range(1, len(counts) + 1)) else [f"execution counts {counts}"], chapter)


def test_no_error_no_stderr_no_widget(chapter):
    none([f"cell {f.place}: {f.text}" for f in execute.failed_cells({"cells": chapter.cells})], chapter)


def test_labels_and_equations(chapter):
    """Every displayed equation has a label, once, of the form <slug>-<id>."""
    strangers = [label for label in chapter.equations if not label.startswith(f"{chapter.slug}-")]
    none(chapter.faults + [f"label {label} does not begin with {chapter.slug}-" for label in strangers], chapter)


def test_every_statement_is_checked_and_recorded_as_displayed(chapter):
    prefix = f"{chapter.slug}-"
    claims = {label.removeprefix(prefix): value for label, value in chapter.equations.items()
              if not label.startswith(f"{prefix}def-")}  # fmt: skip
    faults = [f"cell {claims[i][1]}: claim {i} is displayed and not checked" for i in claims.keys() - chapter.records]
    faults += [f"cell {chapter.records[i][1]}: claim {i} is checked and not displayed"
               for i in chapter.records.keys() - claims]  # fmt: skip
    for name in claims.keys() & chapter.records.keys():
        record, place = chapter.records[name]
        if record["chapter"] != chapter.slug:
            faults.append(f"cell {place}: claim {name} is recorded for chapter {record['chapter']}")
        if squeeze(record["statement"]) != squeeze(claims[name][0]):
            faults.append(f"cell {place}: claim {name} records another statement than the equation displayed")
    none(faults, chapter)


def test_a_check_stands_right_after_its_statement(chapter):
    faults, open_claims = [], []
    ends = {label.removeprefix(f"{chapter.slug}-"): place for label, (_, place) in chapter.equations.items()
            if not label.startswith(f"{chapter.slug}-def-")}  # fmt: skip
    for place, _ in enumerate(chapter.cells, 1):
        new = [name for name, at in ends.items() if at == place]
        if new and open_claims:
            faults.append(f"cell {place} goes on to {new[0]} before {', '.join(open_claims)} is checked")
            open_claims = []
        open_claims += new
        open_claims = [n for n in open_claims if n not in chapter.records or chapter.records[n][1] != place]
    none(faults, chapter)


def test_records_name_their_cell_and_their_mutants_died(chapter):
    faults = []
    for name, (record, place) in chapter.records.items():
        source = chapter.cells[place - 1]["source"]
        live = [line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        if not re.search(rf"claim\(\s*['\"]{re.escape(name)}['\"]", source):
            faults.append(f"cell {place} leaves the record {name} and does not name it")
        if len(live) > MOST_LINES:
            faults.append(f"cell {place}: the check of {name} has {len(live)} lines; long ones belong in the library")
        counts = [kind for part in record["parts"] for kind in part["mutants"].values()]
        if not sum(kind["made"] for kind in counts) or any(kind["killed"] != kind["made"] for kind in counts):
            faults.append(f"cell {place}: claim {name} has no mutants, or one that survives")
    none(faults, chapter)


def test_figures_have_alt_text_and_caption(chapter):
    faults = []
    for place, cell in chapter.code():
        myst = cell["metadata"].get("mystnb", {})
        for output in cell["outputs"]:
            data = output.get("data", {})
            if any(mime.startswith("image/") for mime in data) and not (
                len(myst.get("image", {}).get("alt", "")) > 10
                and len(myst.get("figure", {}).get("caption", "")) > 10
                and myst["figure"].get("name", "").startswith(f"fig-{chapter.slug}-")
            ):
                faults.append(f"cell {place}: a figure needs alt text, a caption, and a name fig-{chapter.slug}-...")
            html = data.get("text/html", "")
            bare = [tag for tag in re.findall(r"<img\b[^>]*>", html) if not re.search(r'\balt="[^"]{3,}', tag)]
            if bare:
                faults.append(f"cell {place}: {len(bare)} images without alt text")
            if "<figure" in html and "<figcaption" not in html:
                faults.append(f"cell {place}: a <figure> without <figcaption>")
    none(faults, chapter)


def test_no_cell_is_silenced_or_exempted_without_a_reason(chapter):
    faults = []
    for place, cell in chapter.code():
        lines = [line.strip() for line in cell["source"].splitlines() if line.strip()]
        marks = EXEMPTION.findall(cell["source"]) + sorted(TAGS & set(cell["metadata"].get("tags", [])))
        reason = any(line.startswith("#") and not EXEMPTION.search(line) for line in lines)
        if marks and not reason:
            faults.append(f"cell {place}: {', '.join(marks)} without a comment that says why")
        if lines and lines[-1].endswith(";") and not reason:
            faults.append(f"cell {place}: ends in ';', which hides its output from the reader and not from the test")
    none(faults, chapter)


def test_outputs_are_the_same_on_another_machine(chapter):
    """No addresses, no paths, no default reprs, no bare arrays."""
    faults = []
    for place, cell in chapter.code():
        for output in cell["outputs"]:
            data = output.get("data", {})
            shown = output.get("text", "") + data.get("text/plain", "") + data.get("text/html", "")
            shown = re.sub(r"base64,[A-Za-z0-9+/=\s]+", "", shown)
            if found := re.search(r"\b0x[0-9a-f]{6,}|/(home|root|tmp|Users|usr)/\S*", shown):
                faults.append(f"cell {place}: shows {found[0]!r}")
            if output["output_type"] == "execute_result" and "text/html" not in data and "text/latex" not in data:
                if found := re.match(r"<[\w.]+ object|\[?<matplotlib|array\(|Array\(", data["text/plain"]):
                    faults.append(f"cell {place}: ends in a bare value, {found[0]!r}...")
    none(faults, chapter)


def test_the_chapter_has_its_sections(chapter):
    text = "\n".join(c["source"] for c in chapter.cells if c["cell_type"] == "markdown")
    code = "\n".join(c["source"] for _, c in chapter.code())
    wanted = {
        "a title": re.search(r"\A# \S", chapter.cells[0]["source"]),
        "a section 'What can go wrong'": re.search(r"^#+ .*what can go wrong", text, re.I | re.M),
        "two to four exercises": 2 <= len(re.findall(r"^[`:]{3,}\{exercise(?:-start)?\}", text, re.M)) <= 4,
        "a solution to each exercise": len(re.findall(r"^[`:]{3,}\{exercise(?:-start)?\}", text, re.M))
        == len(re.findall(r"^[`:]{3,}\{solution(?:-start)?\}", text, re.M)),
        "an explore()": re.search(r"\bexplore\(", code),
        "its ledger": re.search(r"^claim\.ledger\(\)", code, re.M),
        "a claim": chapter.records,
    }
    none([f"has not {name}" for name, there in wanted.items() if not there], chapter)


def test_the_page_stays_light(chapter):
    """Images in the outputs of one chapter: 1.5 MB a page is the limit, mathematics and text included."""
    size = len(json.dumps([c["outputs"] for _, c in chapter.code()]))
    none([f"{size / 1e6:.2f} MB of outputs"] if size > 1.4e6 else [], chapter)


# ------------------------------------------------------------------------------------- the reader used above, tested


@pytest.mark.parametrize(
    ("source", "labels", "bare"),
    [
        ("$$a = b$$ (x-one)", ["x-one"], 0),
        ("text\n\n$$\na = b\n$$ (x-one)\n\nmore\n\n$$c$$ (x-two)", ["x-one", "x-two"], 0),
        ("text\n\n$$a$$\n\nmore", [], 1),
        ("text\n$$a$$ (x-one)\n\nglued to the text: no label in the page", [], 1),
        ("```{math}\n:label: x-one\na = b\n```", ["x-one"], 0),
        ("```{math}\na = b\n```", [], 1),
        ("\\begin{align}a\\end{align}", [], 1),
        ("$$\\begin{aligned}a\\end{aligned}$$ (x-one)", ["x-one"], 0),
        ("````{note}\nby hand\n\n$$a$$\n\n````", [], 1),
        ("```python\nprint('$$ $$')\n```\ninline $a$", [], 0),
        ("<!-- $$a$$ -->", [], 0),
    ],
)
def test_displayed_equations_are_found(source, labels, bare):
    found, without = displayed(source)
    assert ([label for label, _ in found], without) == (labels, bare)
