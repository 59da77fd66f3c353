"""The reader on a corpus: what it must read, what it must refuse, and near neighbours that must differ."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
import sympy as sp

from claims.display.corpus import CASES, NAMES, SPACE
from scispaces.claims.display import NotRead, read

_SIGN = re.compile(r" (=|<=|>=|<|>|!=|->|~|O) ")


def wanted(text: str) -> list[tuple[str, sp.Basic, sp.Basic]]:
    out = []
    for one in text.split(" ;; "):
        left, rel, right = _SIGN.split(one)
        out.append((rel, *(sp.sympify(eval(side, {}, SPACE)) for side in (left, right))))
    return out


def same(got: sp.Basic, want: sp.Basic) -> bool:
    """Equal trees, the bound s of a value at a point aside."""
    capital, small = sp.Symbol("S"), sp.Symbol("s")
    return got == want or got.replace(lambda e: e == small, lambda e: capital) == want


@pytest.mark.parametrize(("latex", "want"), CASES)
def test_a_display_gives_its_trees_or_is_not_read(latex, want):
    if want is None:
        with pytest.raises(NotRead) as no:
            read(latex, NAMES)
        assert str(no.value).strip()
        return
    got = [tuple(r) for r in read(latex, NAMES)]
    expected = wanted(want)
    assert [r[0] for r in got] == [r[0] for r in expected]
    for (_, left, right), (_, l2, r2) in zip(got, expected, strict=True):
        assert same(left, l2), f"{left} is not {l2}"
        assert same(right, r2), f"{right} is not {r2}"


def test_the_corpus_is_large_and_without_doubles():
    assert len(CASES) >= 200
    assert len({latex for latex, _ in CASES}) == len(CASES)
    assert sum(want is None for _, want in CASES) >= 60


def test_near_neighbours_differ():
    neighbours = [(a, b) for (a, _), (b, _) in pairwise(CASES)]
    meanings = {latex: [tuple(r) for r in read(latex, NAMES)] for latex, want in CASES if want is not None}
    for a, b in neighbours:
        if a in meanings and b in meanings and dict(CASES)[a] != dict(CASES)[b]:
            assert meanings[a] != meanings[b], (a, b)
