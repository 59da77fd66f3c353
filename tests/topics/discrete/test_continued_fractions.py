"""Continued fractions: exactness, Lagrange's theorem by brute force, and sympy's iterator as peer."""

import doctest
from decimal import Decimal
from fractions import Fraction
from itertools import islice, pairwise

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from scispaces.discrete import continued_fractions as cf

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("steady")

rational = st.fractions(min_value=-50, max_value=50, max_denominator=10**6)


def test_examples_in_docstrings():
    assert doctest.testmod(cf).failed == 0


@given(x=rational)
def test_expansion_is_that_of_sympy_and_evaluates_to_the_number(x):
    quotients = cf.continued_fraction(x)
    peer = [int(a) for a in sp.continued_fraction_iterator(sp.Rational(x.numerator, x.denominator))]
    assert quotients == peer
    assert cf.convergents(quotients)[-1] == x


def test_irrational_quotients_agree_with_sympy_as_far_as_the_digits_reach():
    fifty_digits = str(sp.N(sp.pi, 50))
    ours = cf.continued_fraction(fifty_digits, 20)
    assert ours == [int(a) for a in islice(sp.continued_fraction_iterator(sp.pi), 20)]
    assert cf.continued_fraction(Decimal("3.14159"), 3) == [3, 7, 15]


@given(x=rational)
def test_convergents_alternate_and_are_closer_than_one_over_q_q_next(x):
    found = cf.convergents(cf.continued_fraction(x))
    for j, (c, after) in enumerate(pairwise(found)):
        assert (c <= x) if j % 2 == 0 else (c >= x)
        assert abs(x - c) <= Fraction(1, c.denominator * after.denominator)
        assert abs(c.numerator * after.denominator - after.numerator * c.denominator) == 1


@given(x=rational)
def test_record_returns_are_denominators_of_convergents(x):
    denominators = {c.denominator for c in cf.convergents(cf.continued_fraction(x))}
    records = cf.record_returns(x, 200)
    assert set(records) <= denominators | {1}
    assert {q for q in denominators if q <= 200 and cf.distance_to_integer(q * x) < Fraction(1, 2)} <= set(records) | {
        1
    }


@given(x=rational)
def test_mediants_lie_between_convergents_and_are_no_records(x):
    quotients = cf.continued_fraction(x)
    found = cf.convergents(quotients)
    for f in cf.mediant_fractions(quotients):
        assert min(found) <= f <= max(found)
        if f.denominator <= 300:
            before = [cf.distance_to_integer(k * x) for k in range(1, f.denominator)]
            assert cf.distance_to_integer(f.denominator * x) >= min(before)


def test_a_number_of_mediants():
    assert len(cf.mediant_fractions([3, 7, 15])) == 14


@pytest.mark.parametrize("bad", [1.5, float("nan"), True, None, "abc", Decimal("NaN"), Decimal("Infinity"), "1/0"])
def test_what_is_not_exact_is_refused(bad):
    for f in (cf.as_fraction, cf.continued_fraction, cf.distance_to_integer):
        with pytest.raises(ValueError):
            f(bad)


@pytest.mark.parametrize("bad", [[], [1, 0], [1, -2], [1, 2.0], [True]])
def test_bad_quotients_are_refused(bad):
    for f in (cf.convergents, cf.mediant_fractions):
        with pytest.raises(ValueError):
            f(bad)


@pytest.mark.parametrize("n", [0, -1, 2.5])
def test_bad_counts_are_refused(n):
    with pytest.raises(ValueError):
        cf.continued_fraction(Fraction(1, 3), n)
    with pytest.raises(ValueError):
        cf.record_returns(Fraction(1, 3), n)
