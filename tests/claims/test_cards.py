"""What a claim and a chapter's ledger leave: each clause with the scope of its verdict, and data for the site."""

from __future__ import annotations

import re

import pytest

from scispaces.claims import Chapter, bound, identity, symbols
from scispaces.record import LEDGER_MIME, MIME

DISPLAY = "\\begin{aligned}\n(x+1)^2 &= x^2+2x+1,\\\\ % square\nx^2 &\\ge 0\\\\ % sign\n&\\text{always}\n\\end{aligned}"


@pytest.fixture(scope="module")
def chapter():
    x = symbols("x", real=True)
    claim = Chapter("cards", {"two": DISPLAY, "def-g": "g = x"})
    claim.define("g", x=x)
    claim("two", square=identity((x + 1) ** 2, x**2 + 2 * x + 1), sign=bound(0 * x, x**2, minimum_at={x: 0}))
    return claim


def test_each_clause_of_a_card_leads_to_its_mark(chapter):
    from scispaces.claims.cards import card

    html = card(chapter.records["two"])
    assert re.findall(r'id="(clause-[\w-]+)"', html) == ["clause-cards-two-square", "clause-cards-two-sign"]
    assert re.findall(r'href="#(mark-[\w-]+)"', html) == ["mark-cards-two-square", "mark-cards-two-sign"]


def test_a_clause_shows_the_scope_of_its_verdict(chapter):
    from scispaces.claims.cards import card

    record = {**chapter.records["two"], "parts": [dict(p) for p in chapter.records["two"]["parts"]]}
    record["parts"][0]["scope"] = "k ≤ 4"
    head = re.search(r'<div class="clause-name">(.*?)</div>', card(record))[1]
    assert re.sub(r"<[^>]*>", "", head) == "✓ proved k ≤ 4 square"
    summary = re.search(r"<summary>(.*?)<a", card(record), re.S)[1]
    assert re.sub(r"<[^>]*>", "", summary).split() == "✓ proved ✓ proved k ≤ 4".split()


def test_the_ledger_leaves_the_definitions_as_data(chapter):
    bundle = chapter.ledger()._repr_mimebundle_()
    [definition] = bundle[LEDGER_MIME]["definitions"]
    assert (bundle[LEDGER_MIME]["chapter"], definition["id"], definition["read"]) == ("cards", "def-g", True)
    assert MIME not in bundle
