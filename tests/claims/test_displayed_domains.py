"""The range of a number that a display allows, against the range that its check assumes."""

from __future__ import annotations

import pytest

from scispaces.claims import Abs, Chapter, ClaimFailed, Eq, Ne, exp, identity, log, symbols

z, w = symbols("z w", real=True)
n = symbols("n", integer=True)


def claim(latex, part):
    chapter = Chapter("demo", statements={"size": latex})
    chapter("size", part)
    return chapter.records["size"]


@pytest.mark.parametrize("condition", [r"z<0", r"z<-1", r"z\le-2", r"-3<z<0", r"z<0\text{ and }w>1"])
def test_no_weaker_a_condition(condition):
    record = claim(rf"\lvert z\rvert=-z\quad\text{{if }}{condition}", identity(Abs(z), -z, given=z < 0))
    assert record["clauses"][0]["read"]


@pytest.mark.parametrize("condition", [r"z\le0", r"z<1", r"z>0", r"z\ne0", r"-1<z\le0"])
def test_a_weaker_condition_promises_too_much(condition):
    with pytest.raises(ClaimFailed, match="the display promises"):
        claim(rf"\lvert z\rvert=-z\quad\text{{if }}{condition}", identity(Abs(z), -z, given=z < 0))


def test_the_condition_of_the_whole_display_counts_too():
    lines = [r"&\lvert z\rvert=-z\quad\text{if }z\le0,\\ % size", r"&e^{w+1}=e\,e^w % other", r"\\ &\text{for }z<0"]
    latex = "\n".join([r"\begin{aligned}", *lines, r"\end{aligned}"])
    chapter = Chapter("demo", statements={"both": latex})
    chapter("both", size=identity(Abs(z), -z, given=z < 0), other=identity(exp(w + 1), exp(1) * exp(w)))


def test_whole_numbers():
    part = identity(Abs(n), n, given=n >= 1)
    assert claim(r"\lvert n\rvert=n\quad\text{if }n>0", part)["clauses"][0]["read"]
    with pytest.raises(ClaimFailed, match="the display promises"):
        claim(r"\lvert n\rvert=n\quad\text{if }n\ge0", part)


def test_a_number_that_the_clause_does_not_restrict_is_left_alone():
    assert claim(r"\log e^{\lvert z\rvert}=-z\quad\text{if }z<0", identity(log(exp(Abs(z))), -z, given=z < 0))


@pytest.mark.parametrize("said", ["z<0", r"\text{negative }z", r"\text{ every negative $z$}", r"z\text{ below zero}"])
def test_a_condition_in_signs_or_in_words(said):
    assert claim(rf"\lvert z\rvert=-z\quad\text{{for }}{said}", identity(Abs(z), -z, given=z < 0))


@pytest.mark.parametrize("said", ["", r"\quad\text{for real }w", r"\quad\text{for all }w>0", r"\quad\text{(exactly)}"])
def test_an_assumption_of_which_the_display_says_nothing(said):
    with pytest.raises(ClaimFailed, match="which the display does not say"):
        claim(rf"\lvert z\rvert=-z{said}", identity(Abs(z), -z, given=z < 0))


def test_a_quotient_says_that_its_denominator_is_not_zero():
    part = identity((z * w + z) / (w + 1), z, given=Ne(w + 1, 0))
    assert claim(r"\frac{zw+z}{w+1}=z", part)


@pytest.mark.parametrize("said", [r"z=\frac{w}{w^2+1}", r"z=\frac{1}{w+1/w}", r"w\ne0\text{ and }z=\frac{w}{w^2+1}"])
def test_the_value_of_a_letter_as_the_check_takes_it(said):
    assert claim(rf"z(w^2+1)=w\quad\text{{if }}{said}", identity(z * (w**2 + 1), w, given=Eq(z, w / (w**2 + 1))))


@pytest.mark.parametrize("said", [r"z=\frac{w}{w^2+2}", r"z=\frac{1}{w-1/w}", r"w>0\text{ and }z=\frac{2w}{w^2+1}"])
def test_the_value_of_a_letter_as_the_check_does_not_take_it(said):
    with pytest.raises(ClaimFailed, match="its check takes z = "):
        claim(rf"z(w^2+1)=w\quad\text{{if }}{said}", identity(z * (w**2 + 1), w, given=Eq(z, w / (w**2 + 1))))
