"""Ledger, errata and counts: read from stored notebooks, and nothing lost or invented on the way."""

from __future__ import annotations

import ast
import html.parser
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.site.shelf import chapter, claim, clause, part, text_of, url
from scispaces.reading.site import ledger, records
from scispaces.reading.site.bigrams import split_words
from scispaces.reading.site.records import Book
from scispaces.record import LEDGER_MIME, MIME


@pytest.fixture
def book():
    one = chapter(
        "one",
        claim("one", "base", part(scope="k = 1..4")),
        claim("one", "step", part("series", "O(t^3)"), uses=["base"]),
        claim("one", "end", part(), part("checked", "1e-9", "agrees"), uses=["step"], reason="no closed form"),
        claim("one", "wrong", part("refuted", kind="refute", counterexample={"x": "2"}, left="4"), statement="a < b"),
        title="Of $e^A$ & more",
    )
    hypotheses = [{"text": "x > 0", "necessary": True}, {"text": "y", "necessary": False}]
    two = chapter("two", claim("two", "far", uses=["one-step", "base"], hypotheses=hypotheses), caption="Optimization")
    return Book((one, two, chapter("empty")))


# ---------------------------------------------------------------------------------------------------------- records


def test_scope_is_that_of_the_weakest_parts(book):
    assert book.claims["one-base"].scope == "k = 1..4"
    assert book.claims["one-end"].scope == "1e-9"
    assert book.claims["two-far"].scope == ""


def test_a_proof_with_a_scope_is_counted_apart(book):
    assert book.counts() == {"proved (scoped)": 1, "series": 1, "checked": 1, "refuted": 1, "proved": 1}
    assert sum(book.counts().values()) == len(book.claims)


def test_mutants_are_summed_over_parts_and_kinds(book):
    assert book.claims["one-end"].mutants()["automatic"] == (8, 8)
    none = dict.fromkeys(("ingredient", "hypothesis", "display"), (0, 0))
    assert book.mutants() == {"automatic": (24, 24), "author": (6, 6), **none}


def test_a_proof_from_a_weaker_premise_is_counted_apart():
    book = Book((chapter("one", claim("one", "x", premise="checked"), claim("one", "y")),))
    assert book.counts() == {"proved, from a checked premise": 1, "proved": 1}
    assert book.totals.from_premises == 1
    text = text_of(ledger.ledger_html(book, url))
    assert "✓ proved, from a checked premise 1 a proof, from a claim that is only checked" in text
    assert "a claim it rests on is only checked" in text


def test_totals_of_a_chapter_count_clauses_relations_certified_parts_and_definitions():
    two = claim("one", "x", part(clause="a", certified=True), part("checked", clause="b"),
                clauses=[clause("a", read=["p = q", "r = s"]), clause("b", "checked", unread=[("t", "why not")])])
    found = chapter("one", two, definitions=[{"id": "def-g", "latex": "G", "read": True, "why": ""},
                                             {"id": "def-h", "latex": "H", "read": False, "why": "prose"}])
    t = found.totals
    assert (t.claims, t.clauses, t.read, t.unread, t.certified, t.parts) == (1, 2, 2, 1, 1, 2)
    assert (t.definitions_read, t.definitions) == (1, 2)
    markup = ledger.ledger_html(Book((found,)), url)
    text = text_of(markup)
    assert "A title 1 2 2 of 3 1 of 2 1 of 2 0" in text
    assert "not read: t , why not" in text
    assert "def-h : not read, prose" in text
    assert 'href="chapters/x/one.html#clause-one-x-a"' in markup


def test_uses_are_found_in_the_own_chapter_first_and_across_chapters(book):
    assert book.uses["one-step"] == ("one-base",)
    assert book.uses["two-far"] == ("one-step",), "'base' of another chapter needs its chapter's name"
    assert book.resolve("two", "one/base") == "one-base"
    assert book.resolve("two", "nothing") is None


def test_what_falls_if_this_falls(book):
    assert book.falls_with("one-base") == ["one-step", "one-end", "two-far"]
    assert book.falls_with("two-far") == []


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_falls_with_is_the_transitive_closure_even_with_circles(edges):
    uses = {i: [f"c{b}" for a, b in edges if a == i] for i in range(8)}
    book = Book((chapter("one", *(claim("one", f"c{i}", uses=uses[i]) for i in range(8))),))
    reach = {(a, b) for a, b in edges}
    for _ in range(8):
        reach |= {(a, d) for a, b in reach for c, d in reach if b == c}
    for i in range(8):
        expected = [f"one-c{a}" for a in range(8) if (a, i) in reach and a != i]
        assert book.falls_with(f"one-c{i}") == expected


def write(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


def code(record, source="claim(...)"):
    output = {"output_type": "execute_result", "data": {MIME: record}}
    return {"cell_type": "code", "source": [source], "outputs": [output]}


def test_book_is_read_in_the_order_of_its_contents(tmp_path):
    second = {"cell_type": "markdown", "source": ["# Second 二\n", "text"]}
    write(tmp_path / "chapters/b/two.ipynb", second, code(claim("two", "x").record))
    first = {"cell_type": "markdown", "source": "# First"}
    write(tmp_path / "chapters/a/one.ipynb", first, code(claim("one", "y").record))
    write(tmp_path / "chapters/a/unlisted.ipynb", code(claim("unlisted", "z").record))
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nparts:\n"
        "- caption: B\n  chapters:\n  - file: chapters/b/two\n  - file: about/page\n"
        "- caption: A\n  chapters:\n  - file: chapters/a/one.ipynb\n",
        encoding="utf-8",
    )
    book = records.read_book(tmp_path)
    assert [(c.slug, c.part, c.title, c.docname) for c in book.chapters] == [
        ("two", "B", "Second 二", "chapters/b/two"),
        ("one", "A", "First", "chapters/a/one"),
    ]
    assert list(book.claims) == ["two-x", "one-y"]
    assert book.claims["two-x"].code == "claim(...)"


def test_contents_without_chapters_give_an_empty_book(tmp_path):
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: intro\n", encoding="utf-8")
    book = records.read_book(tmp_path)
    assert book.claims == {}
    assert "No chapter has recorded a claim" in ledger.ledger_html(book, url)
    assert "No statement has been refuted" in ledger.errata_html(book, url)
    assert ledger.counts_sentence(book)["claims"] == "0 claims"


def test_definitions_are_read_from_the_chapters_own_ledger(tmp_path):
    definitions = [{"id": "def-g", "latex": "G", "read": True, "why": ""}]
    output = {"output_type": "execute_result", "data": {LEDGER_MIME: {"chapter": "one", "definitions": definitions}}}
    write(tmp_path / "one.ipynb", {"cell_type": "code", "source": "claim.ledger()", "outputs": [output]})
    assert list(records.read_chapter(tmp_path / "one.ipynb").definitions) == definitions


BAD_CLAUSE = {"id": "x", "verdict": "proved", "clauses": [{"name": "<b>", "verdict": "proved"}]}
WRONG_RECORDS = [{"id": "x", "verdict": "proven"}, {"verdict": "proved"}, {"id": "<script>", "verdict": "proved"},
                 {"id": "a b", "verdict": "proved"}, {"id": "x\"y", "verdict": "proved"}, BAD_CLAUSE]  # fmt: skip


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", *(json.dumps({"cells": [code(r)]}) for r in WRONG_RECORDS)])
def test_a_notebook_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "broken.ipynb"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.ipynb"):
        records.read_chapter(path)


# ------------------------------------------------------------------------------------------------------------- pages


def test_ledger_holds_every_claim_once_with_both_links(book):
    markup = ledger.ledger_html(book, url)
    for key, found in book.claims.items():
        docname = book.chapter_of[found.chapter].docname
        assert markup.count(f'id="ledger-{key}"') == 1
        assert f'href="{docname}.html#equation-{key}">equation' in markup
        assert f'href="{docname}.html#claim-{key}">check' in markup
    text = text_of(markup)
    assert "x > 0 (necessary: a counterexample without it); y (not shown necessary)" in text
    assert "no closed form" in text
    assert "Of \\(e^A\\) & more" in text


def test_ledger_totals(book):
    text = text_of(ledger.ledger_html(book, url))
    assert "all 5 in 2 chapters" in text
    assert "automatic 24 24" in text
    assert "all 30 30" in text


def test_ledger_tells_what_carries_most(book):
    markup = ledger.ledger_html(book, url)
    table = text_of(markup[markup.index('<section class="load-bearing"') :])
    assert "base 3 step , end , far step 2 end , far" in table


def test_badge_line_counts_the_chapter(book):
    line = ledger.badge_line(book, book.chapters[0], "../ledger.html")
    text = text_of(line)
    assert text.startswith("4 claims")
    assert "✓ 1 proved (scoped)" in text
    assert "✗ 1 refuted" in text
    assert "25 of 25 mutants rejected" in text
    assert 'href="../ledger.html?chapter=one&amp;verdict=proved-scoped"' in line
    assert ledger.badge_line(book, book.chapters[2], "x") == ""


def test_equation_badge_says_verdict_and_scope(book):
    badge = ledger.equation_badge(book.claims["one-base"])
    assert 'href="#claim-one-base"' in badge
    assert 'aria-label="proved (k = 1..4): see the check"' in badge


def test_a_proof_from_a_premise_is_marked_distinctly():
    badge = ledger.equation_badge(claim("one", "x", premise="checked"))
    assert text_of(badge) == "✓ ≈"
    assert 'aria-label="proved, from a checked premise: see the check"' in badge
    assert "v-proved-from-a-checked-premise" in badge


def test_each_clause_has_its_mark_at_its_row():
    statement = "\\begin{aligned} a &= b,\\\\ % left\n c &= d,\\\\ % right_side\n &\\text{always} \\end{aligned}"
    found = claim("one", "x", part(clause="left"), part("checked", "to 30 digits", clause="right_side"),
                  clauses=[clause("left"), clause("right_side", "checked", unread=[("t", "why")])], statement=statement)
    marks = ledger.clause_marks(found)
    assert 'data-rows="3"' in marks
    tags = re.findall(r'<a class="clause-mark v-(\w+)" id="([\w-]+)" data-row="(\d)" href="#([\w-]+)"', marks)
    assert tags == [("proved", "mark-one-x-left", "0", "clause-one-x-left"),
                    ("checked", "mark-one-x-right_side", "1", "clause-one-x-right_side")]
    assert 'aria-label="right side: checked (to 30 digits), not read in full"' in marks
    assert text_of(marks) == "✓ ≈"


def test_a_display_without_named_clauses_has_no_marks_at_its_rows(book):
    assert ledger.clause_marks(book.claims["one-base"]) == ""


def test_wall_has_a_square_a_claim(book):
    markup = ledger.wall_html(book, url)
    text_of(markup)
    assert markup.count("equation-") == len(book.claims)


def test_text_from_records_is_escaped():
    hypotheses = [{"text": "<u>", "necessary": False}]
    statement = "a < b & <script>"
    nasty = claim("one", "x", part(checked="<b>"), statement=statement, reason="<i>", hypotheses=hypotheses)
    book = Book((chapter("one", nasty, title="<h1>"),))
    pages = [ledger.ledger_html(book, url), ledger.wall_html(book, url), ledger.badge_line(book, book.chapters[0], "x")]
    for markup in pages:
        text_of(markup)
        assert not any(tag in markup for tag in ("<script>", "<b>", "<i>", "<u>", "<h1>"))


NASTY = "<script>alert(1)</script>\" onload='x'"


def test_whatever_a_record_holds_it_is_text():
    statement = f"a = b \\\\ % {NASTY}\nc \\\\ % name\n d"
    found = part("refuted", scope=NASTY, kind=NASTY, checked=f"not: {NASTY}", clause=NASTY, left=NASTY, corrected=NASTY)
    hypotheses = [{"text": NASTY, "necessary": NASTY}]
    clauses = [clause(NASTY, "refuted", NASTY, read=[NASTY], unread=[(NASTY, NASTY)]), clause("name", latex=NASTY)]
    bad = claim("one", NASTY, found, part(NASTY, clause="name"), statement=statement, reason=NASTY,
                hypotheses=hypotheses, clauses=clauses, verdict="refuted")  # fmt: skip
    user = claim("one", "user", uses=[NASTY])
    definitions = [{"id": NASTY, "latex": NASTY, "read": False, "why": NASTY}]
    one = chapter("one", bad, user, title=NASTY, caption=NASTY, definitions=definitions)
    book = Book((one, chapter("two", title=f"`{NASTY}` $<b>$")))
    pages = [ledger.ledger_html(book, url), ledger.errata_html(book, url), ledger.wall_html(book, url)]
    pages += [ledger.badge_line(book, book.chapters[0], NASTY), ledger.equation_badge(bad)]
    pages += [ledger.landing("left", bad, "x"), ledger.clause_marks(bad)]
    for markup in pages:
        tags = []
        reader = html.parser.HTMLParser()
        reader.handle_starttag = lambda tag, attributes, tags=tags: tags.append((tag, dict(attributes)))
        reader.feed(markup)
        assert tags and not [t for t, a in tags if t in ("script", "b") or "onload" in a]


def test_html_is_made_by_templates_only():
    """No f-string holds a tag: what it fills in would not be escaped."""
    folder = Path(ledger.__file__).parents[1]
    faults = []
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(v.value) for v in node.values if isinstance(v, ast.Constant))
                if re.search(r"</?[a-z]+[ >]", text):
                    faults.append(f"{path.relative_to(folder)}:{node.lineno}")
    assert faults == []


def test_a_surviving_mutant_is_not_hidden():
    book = Book((chapter("one", claim("one", "x", part(made=4, killed=3))),))
    assert ledger.counts_sentence(book)["mutants"] == "4 of 5"
    assert "4 of 5 mutants rejected" in text_of(ledger.badge_line(book, book.chapters[0], "x"))


def test_search_looks_through_clauses_and_what_was_checked():
    found = claim("one", "x", part(clause="only_one", checked="tr(A) = Tr"), clauses=[clause("only_one")])
    text = ledger.search_text(found)
    assert all(word in text for word in ("only_one", "only one", "tr(a) = tr", "a = b", "one-x"))


# ------------------------------------------------------------------------------------------------------------ search


def test_chinese_is_split_into_ones_and_twos():
    assert split_words("梯度") == ["梯", "度", "梯度"]
    assert split_words("Log梯度x2") == ["Log", "梯", "度", "梯度", "x2"]
    assert split_words("det_exp trace") == ["det_exp", "trace"]
    assert split_words("") == []


HAN = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=12)


@given(run=HAN, data=st.data())
def test_every_two_characters_of_a_text_are_found(run, data):
    start = data.draw(st.integers(0, len(run) - 2))
    assert run[start : start + 2] in split_words(f"before {run} after")


@given(st.text(max_size=60))
def test_splitting_loses_no_letter(text):
    pieces = "".join(split_words(text))
    assert all(c in pieces for c in text if c.isalnum() and c.isascii())
