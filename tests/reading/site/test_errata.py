"""An erratum shows the false sentence as false, and what holds instead with a mark of its own."""

from __future__ import annotations

import pytest

from reading.site.shelf import chapter, claim, clause, part, text_of, url
from scispaces.reading.site import ledger
from scispaces.reading.site.display_rows import clause_rows
from scispaces.reading.site.errata import errata_of
from scispaces.reading.site.records import Book


def false(corrected, checked="f = g", **more):
    evidence = {"left": "2", "right": "3", "corrected": corrected}
    return part("refuted", "at x = 1", kind="refute", checked=f"not: {checked}", **evidence, **more)


def only(*claims):
    """The single erratum of a book of these claims, of the last claim."""
    book = Book((chapter("one", *claims),))
    [found] = errata_of(book, claims[-1])
    return found, ledger.errata_html(book, url)


def test_a_displayed_false_sentence_is_the_formula():
    truth = claim("one", "truth", part("proved"), statement="f = h", premise="checked")
    said = claim("one", "said", false("truth"), statement="f = g")
    found, markup = only(truth, said)
    assert (found.formula, found.code) == ("f = g", "f = g")
    [instead] = found.instead
    assert (instead.latex, instead.verdict, instead.premise) == ("f = h", "proved", "checked")
    assert instead.anchor == "equation-one-truth"
    assert found.counterexample == "at x = 1: left side 2, right side 3"
    text = text_of(markup)
    assert "✗ refuted false f = g Fails at x = 1: left side 2, right side 3" in text
    assert "✓ proved from a checked premise what holds instead f = h" in text
    assert 'met in <a href="chapters/x/one.html#equation-one-said">' in markup


def test_a_display_that_holds_is_never_stamped_false():
    """The clause has a part of its own beside the refutation: what it shows is true, the false sentence is code."""
    found, markup = only(claim("one", "x", part("bounded", kind="bound"), false("bound"), part("bounded", kind="bound"),
                               statement="f \\le h", clauses=[clause("", "bounded", "f \\le h")]))  # fmt: skip
    assert (found.formula, found.code) == ("", "f = g")
    instead = [(i.latex, i.code, i.verdict) for i in found.instead]
    assert instead == [("f \\le h", "", "bounded"), ("", "a = b", "bounded")]
    before, after = markup.split('class="erratum-instead"', 1)
    assert "f \\le h" not in before
    assert "f \\le h" in after and "<code>f = g</code>" in before


@pytest.mark.parametrize(
    ("denied", "said"),
    [(r"L(A,D) \ne e^{A}D", r"L(A,D) =  e^{A}D"), (r"a\neq b", r"a=  b"), (r"a \nleq b", r"a \le  b"),
     (r"a \not= b", r"a =  b"), (r"\neg a = b", r"\neg a = b")],
)  # fmt: skip
def test_a_denied_relation_shows_what_is_denied(denied, said):
    found, _ = only(claim("one", "x", false("agrees", clause="naive"), part("checked", kind="agrees", clause="naive"),
                          clauses=[clause("naive", "checked", denied, read=[denied])], verdict="checked"))  # fmt: skip
    assert found.formula == said
    assert found.instead[-1].code == "a = b"
    assert (found.instead[0].latex == denied) == (denied != said)


def test_a_denial_that_was_not_read_is_stamped_neither_true_nor_false():
    found, _ = only(claim("one", "x", false("nothing"), statement=r"f = g \text{ for } x \ne 0"))
    assert (found.formula, found.code, found.instead) == ("", "f = g", ())
    mixed = claim("one", "y", part("checked"), false("nothing"), statement=r"P \ne Q: f = h", verdict="checked")
    found, _ = only(mixed)
    assert (found.formula, found.instead[0].latex) == ("", r"P \ne Q: f = h")


def test_the_correction_may_be_a_clause_of_the_same_display():
    clauses = [clause("plain", "refuted", "f = g"), clause("winding", "checked", "f = g + w")]
    parts = [false("winding", clause="plain"), part("checked", "to 9", clause="winding")]
    found, markup = only(claim("one", "x", *parts, clauses=clauses))
    assert found.formula == "f = g"
    [instead] = found.instead
    assert (instead.latex, instead.verdict, instead.scope) == ("f = g + w", "checked", "to 9")
    assert 'href="chapters/x/one.html#mark-one-x-winding"' in markup


def test_one_number_of_errata_everywhere():
    claims = [claim("one", "a", false("b")), claim("one", "b"), claim("one", "c", part("checked"), false("c"))]
    book = Book((chapter("one", *claims),))
    assert len(book.refuted) == ledger.tally(book)["refuted"] == 2
    page = ledger.ledger_html(book, url)
    assert 'data-count="refuted">2<' in page
    assert '<option value="refuted">refuted (2)</option>' in page
    assert page.count('data-also="refuted"') == 2
    assert ledger.errata_html(book, url).count('<article class="erratum"') == 2
    assert ledger.counts_sentence(book)["refuted"] == "2 errata"
    assert "✗ 2 refuted" in text_of(ledger.badge_line(book, book.chapters[0], "x"))
    assert "1 claim that refutes a false sentence and rests on something weaker stands in two rows" in text_of(page)
    assert sum(book.counts().values()) == 3


# ------------------------------------------------------------------------------------------------- rows of a display


@pytest.mark.parametrize(
    ("latex", "rows", "count"),
    [
        ("a = b", [], 1),
        ("a \\\\ % one\nb \\\\ % two\nc", [(0, "one"), (1, "two")], 3),
        ("\\begin{aligned}\na \\\\ % one\nb\\\\\nc % two\n\\\\ so\n\\end{aligned}", [(0, "one"), (2, "two")], 4),
        ("\\begin{aligned}\na % one\n\\\\\nb \\\\[2pt] % two\nc\n\\end{aligned}", [(0, "one"), (1, "two")], 3),
        ("\\begin{aligned} \\begin{pmatrix}1\\\\2\\end{pmatrix} &= x,\\\\ % one\ny \\end{aligned}", [(0, "one")], 2),
        ("\\begin{aligned} {a \\\\ b} \\\\ % one\ny\\\\ \\end{aligned}", [(0, "one")], 2),
        ("50\\% \\\\ % A comment\nb \\\\ % name\nc", [(1, "name")], 3),
        ("\\begin{cases} a \\\\ b \\end{cases}", [], 1),
    ],
)
def test_rows_and_names_of_clauses(latex, rows, count):
    assert clause_rows(latex) == (rows, count)
