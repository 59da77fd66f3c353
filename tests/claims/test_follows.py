"""A step may use no more than its premises state: their hypotheses, sizes, cases and order come along."""

from __future__ import annotations

import pytest

from claims.bench import chapter
from scispaces.claims import (
    Abs,
    ClaimFailed,
    Det,
    Entry,
    Gt,
    Refused,
    Tr,
    cos,
    diagonal,
    exp,
    follows,
    identity,
    log,
    matrices,
    series,
    sin,
    symbols,
)

x, y = symbols("x y")
s, v = symbols("s v", real=True)
t = symbols("t")
n, m = symbols("n m", integer=True, positive=True)
A, B = matrices("A B")


def after(premise, step):
    claim = chapter("premise", "step")
    claim("premise", premise)
    return claim("step", step).data


def test_a_hypothesis_of_a_premise_is_not_forgotten():
    premise = identity(Abs(s), s, given=Gt(s, 0))
    with pytest.raises(Refused, match=r"under the hypothesis s > 0 only"):
        after(premise, follows(Abs(v) + 1, v + 1, premises=["premise"], by={Abs(v): v}))


def test_a_hypothesis_that_the_step_makes_too_is_granted():
    premise = identity(log((s - 1) ** 2), 2 * log(s - 1), given=Gt(s, 1))
    step = {"premises": ["premise"], "by": {log((s - 1) ** 2): 2 * log(s - 1)}}
    with pytest.raises(Refused, match="under the hypothesis"):
        after(premise, follows(log((s - 1) ** 2) + 1, 2 * log(s - 1) + 1, **step))
    record = after(premise, follows(log((s - 1) ** 2) + 1, 2 * log(s - 1) + 1, given=Gt(s, 1), **step))
    assert record["verdict"] == "proved"


def test_a_structure_of_a_premise_is_not_forgotten():
    premise = identity(Det(A), Entry(A, 1, 1) * Entry(A, 2, 2), sizes=[2], given=diagonal(A))
    step = {"premises": ["premise"], "by": {Det(B): Entry(B, 1, 1) * Entry(B, 2, 2)}, "sizes": [2]}
    sides = 2 * Det(B), 2 * Entry(B, 1, 1) * Entry(B, 2, 2)
    with pytest.raises(Refused, match="diagonal only"):
        after(premise, follows(*sides, **step))
    assert after(premise, follows(*sides, given=diagonal(B), **step))["verdict"] == "proved"


def test_sizes_of_a_premise_are_those_of_the_step():
    premise = identity(Det(A), Tr(A), sizes=[1])
    step = {"premises": ["premise"], "by": {Det(B): Tr(B)}}
    with pytest.raises(Refused, match=r"k (≤|=) 1 only"):
        after(premise, follows(Det(B) + 1, Tr(B) + 1, sizes=[3], **step))
    record = after(premise, follows(Det(B) + 1, Tr(B) + 1, sizes=[1], **step))
    assert record["parts"][0]["scope"].startswith(("k = 1", "k ≤ 1"))


def test_cases_of_a_premise_are_those_of_the_step():
    premise = identity(n**3 - 6 * n**2 + 11 * n, 6 + 0 * n + 0, cases={n: [1, 2, 3]})
    step = {"premises": ["premise"], "by": {m**3 - 6 * m**2 + 11 * m: 6}}
    with pytest.raises(ClaimFailed):
        after(premise, follows(m**3 - 6 * m**2 + 11 * m + 1, 7 + 0 * m, **step))


def test_a_series_is_no_equality():
    premise = series(exp(t), 1 + t, t, 2)
    with pytest.raises(Refused, match=r"up to O\(t\^2\) only"):
        after(premise, follows(exp(t) + 1, 2 + t, premises=["premise"], by={exp(t): 1 + t}))


def test_a_step_from_a_plain_premise_passes():
    premise = identity(sin(2 * x), 2 * sin(x) * cos(x))
    step = follows(sin(2 * y) / 2, sin(y) * cos(y), premises=["premise"], by={sin(2 * y): 2 * sin(y) * cos(y)})
    assert after(premise, step)["verdict"] == "proved"
