"""Vectors written by their entries: x_i in a display, real entries as a hypothesis, a displayed size."""

from __future__ import annotations

import pytest

from scispaces.claims import (
    Chapter,
    ClaimFailed,
    Entry,
    Product,
    Sum,
    entries,
    exp,
    identity,
    log,
    matrices,
    real,
    rows,
    symbols,
)

x = matrices("x")
i, n = symbols("i n", integer=True, positive=True)
K = symbols("K", positive=True)
SIZES = [{x: (k, 1), n: k} for k in (1, 2, 3)]
DISPLAY = r"L_K(x)-x_1=\frac1K\log\sum_{i=1}^ne^{K(x_i-x_1)}\quad\text{for real }x"


def chapter(**displays):
    claim = Chapter("demo", statements={k.replace("_", "-"): v for k, v in displays.items()})
    claim.reads({"x": entries(x), "n": rows(x)})
    return claim


def lse(claim):
    return claim.define("lse", K=K)


def gap():
    return log(Sum(exp(K * (Entry(x, i, 1) - Entry(x, 1, 1))), (i, 1, n))) / K


def test_a_sum_over_the_entries_is_defined_read_and_proved():
    claim = chapter(def_lse=r"L_K(x)=\frac1K\log\sum_{i=1}^ne^{Kx_i}", gap=DISPLAY)
    L = lse(claim)
    claim("gap", identity(L(x) - Entry(x, 1, 1), gap(), sizes=SIZES, given=real(x)))
    record = claim.records["gap"]
    assert record["verdict"] == "proved" and record["clauses"][0]["read"] and not record["clauses"][0]["unread"]
    assert record["parts"][0]["certified"] and record["hypotheses"][0]["necessary"], "complex entries break it"


@pytest.mark.parametrize(
    "wrong",
    [DISPLAY.replace("_{i=1}", "_{i=2}"), DISPLAY.replace("x_i-x_1", "x_i-x_2"), DISPLAY.replace("-x_1=", "+x_1=")],
)
def test_another_index_is_another_sentence(wrong):
    claim = chapter(def_lse=r"L_K(x)=\frac1K\log\sum_{i=1}^ne^{Kx_i}", gap=wrong)
    L = lse(claim)
    with pytest.raises(ClaimFailed, match="false as it stands"):
        claim("gap", identity(L(x) - Entry(x, 1, 1), gap(), sizes=SIZES, given=real(x)))


def test_that_the_entries_are_real_has_to_be_displayed():
    claim = chapter(gap=r"\log e^{x_1}=x_1")
    with pytest.raises(ClaimFailed, match="which the display does not say"):
        claim("gap", identity(log(exp(Entry(x, 1, 1))), Entry(x, 1, 1), sizes=SIZES, given=real(x)))


def test_without_the_hypothesis_a_complex_vector_is_found():
    claim = chapter(gap=r"\log e^{x_1}=x_1\quad\text{for real }x")
    with pytest.raises(ClaimFailed):
        claim("gap", identity(log(exp(Entry(x, 1, 1))), Entry(x, 1, 1), sizes=SIZES))


def test_a_product_over_the_entries():
    claim = chapter(gap=r"\prod_{i=1}^n(1+x_i)=e^{\sum_{i=1}^n\log(1+x_i)}")
    factors = Product(1 + Entry(x, i, 1), (i, 1, n))
    claim("gap", identity(factors, exp(Sum(log(1 + Entry(x, i, 1)), (i, 1, n))), sizes=SIZES))
    assert claim.records["gap"]["verdict"] == "proved" and claim.records["gap"]["clauses"][0]["read"]
