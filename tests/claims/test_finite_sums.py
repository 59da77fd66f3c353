"""Sums up to a letter: what is equal has one normal form, what is not equal has two; sums of nonnegative terms."""

from __future__ import annotations

import pytest
import sympy as sp

from scispaces.claims import Chapter, ClaimFailed, Function, Lambda, Product, Sum, bound, identity, log, sqrt, symbols
from scispaces.claims.finite_sums import linear_sums, opaque

i, j, k, m, K = symbols("i j k m K", integer=True, positive=True)
w, v, g = (Function(name, positive=True) for name in "wvg")
real = Function("x", real=True)


def over(term, index=i, last=m):
    return Sum(term, (index, 1, last))


p, q = (Lambda(i, f(i) / over(f(j), j)) for f in (w, v))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (over(p(i)), sp.S.One),
        (over(3 * w(i) + 2), 3 * over(w(j), j) + 2 * m),
        (over(w(i) * log(w(i) / v(i))), over(w(i) * log(w(i))) - over(w(i) * log(v(i)))),
        (over(p(i) * over(q(j), j)), sp.S.One),
        (log(Product(w(i), (i, 1, m))), over(log(w(i)))),
        (Sum(g(i, k) * w(i), (k, 1, K), (i, 1, m)), over(w(i) * Sum(g(i, j), (j, 1, K)))),
        (over(p(i) * log(p(i) / q(i))), over(p(i) * log(p(i) / q(i)) - p(i) + q(i))),
        (over((w(i) + v(i)) * (1 - w(i) / (w(i) + v(i))) * log(g(i))), over(v(i) * log(g(i)))),
    ],
)
def test_equal(left, right):
    assert linear_sums(left - right) == 0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (over(w(i)), over(w(i), last=m + 1)),
        (over(w(i)), over(v(i))),
        (over(w(i) ** 2), over(w(i)) ** 2),
        (over(g(i, k)), Sum(g(i, k), (k, 1, m))),
        (over(3 * w(i) + 2), 3 * over(w(i)) + 2),
        (over(log(real(i) ** 2)), 2 * over(log(real(i)))),
        (log(over(w(i))), over(log(w(i)))),
        (over((w(i) + v(i)) * (1 - w(i) / (w(i) + v(i))) * log(g(i))), over(w(i) * log(g(i)))),
        (over(w(i) / (w(i) + v(i))), over(w(i)) / over(w(i) + v(i))),
    ],
)
def test_not_equal(left, right):
    assert linear_sums(left - right) != 0


h = Function("h", positive=True)
EXCHANGED = [
    (Sum(g(i, k) * w(i), (k, 1, K), (i, 1, m)), Sum(g(i, k) * w(i), (i, 1, m), (k, 1, K))),
    (over(w(i) * Sum(v(k) * g(i, k), (k, 1, K))), Sum(v(k) * over(w(j) * g(j, k), j), (k, 1, K))),
    (over(Sum(g(i, k), (k, 1, K)) * Sum(h(i, k), (k, 1, K))), Sum(g(i, k) * h(i, j), (i, 1, m), (k, 1, K), (j, 1, K))),
    (Sum(over(g(i, k)) * log(over(g(i, k))), (k, 1, K)), Sum(g(i, k) * log(over(g(j, k), j)), (k, 1, K), (i, 1, m))),
    (Sum(w(i) * g(i, k) / Sum(g(i, j), (j, 1, K)), (i, 1, m), (k, 1, K)), over(w(i))),
]
NOT_EXCHANGED = [
    (Sum(g(i, k) * w(i), (k, 1, K), (i, 1, m)), Sum(g(k, i) * w(i), (k, 1, K), (i, 1, m))),
    (Sum(g(i, k), (k, 1, K), (i, 1, m)), Sum(g(i, k), (k, 1, m), (i, 1, K))),
    (Sum(g(i, k), (k, 1, i), (i, 1, m)), Sum(g(i, k), (i, 1, m), (k, 1, m))),
    (Sum(g(i, k), (k, i, i + 3), (i, 1, m)), Sum(g(i, k), (i, 1, m), (k, 1, 4))),
    (Sum(g(i, k) * w(i), (k, 1, m), (i, 1, m)), Sum(g(i, k) * w(k), (k, 1, m), (i, 1, m))),
    (over(Sum(g(i, k), (k, 1, K)) ** 2), Sum(g(i, k) ** 2, (k, 1, K), (i, 1, m))),
    (Sum(g(i, k) * g(k, i), (k, 1, m), (i, 1, m)), Sum(g(i, k) ** 2, (k, 1, m), (i, 1, m))),
    (Sum(w(i) * g(i, k) / Sum(g(j, k), (j, 1, m)), (i, 1, m), (k, 1, K)), over(w(i))),
]


@pytest.mark.parametrize(("left", "right"), EXCHANGED)
def test_the_order_of_independent_sums_does_not_matter(left, right):
    assert linear_sums(left - right) == 0


@pytest.mark.parametrize(("left", "right"), NOT_EXCHANGED)
def test_and_what_else_does(left, right):
    assert linear_sums(left - right) != 0


def test_the_range_says_what_an_index_is():
    assert linear_sums(Sum(log(i**2), (i, 1, m)) - 2 * Sum(log(i), (i, 1, m))) == 0
    assert linear_sums(Sum(log(i**2), (i, -m, -1)) - 2 * Sum(log(i), (i, -m, -1))) != 0
    with pytest.raises(ValueError, match="endless"):
        linear_sums(Sum(w(i), (i, 1, sp.oo)))


def test_opaque():
    assert opaque(over(w(i))) and not opaque(over(i)) and not opaque(Sum(w(i), (i, 1, 3)))


def run(part, latex):
    claim = Chapter("sums", statements={"a": latex})
    return claim("a", part, names={r"p_{\cdot}": p, r"q_{\cdot}": q})


BALANCED = over(p(i) * log(p(i) / q(i)) - p(i) + q(i))
NEAREST = {v(i): w(i) * over(v(j), j) / over(w(j), j)}
ROOTS = (sqrt(p(i)) - sqrt(q(i))) ** 2


def test_sums_of_terms_with_a_least_value():
    gap = over(p(i) * log(p(i) / q(i)))
    run(bound(0, gap, because=BALANCED, minimum_at=NEAREST), r"0\le\sum_{i=1}^mp_i\log\frac{p_i}{q_i}")
    terms = over(p(i) * log(p(i) / q(i)) - p(i) + q(i) - ROOTS)
    run(bound(over(ROOTS), gap, because=terms, minimum_at=NEAREST),
        r"\sum_{i=1}^m(\sqrt{p_i}-\sqrt{q_i})^2\le\sum_{i=1}^mp_i\log\frac{p_i}{q_i}")  # fmt: skip
    with pytest.raises(ClaimFailed):  # the constant 2 would be too much
        doubled = over(p(i) * log(p(i) / q(i)) - p(i) + q(i) - 2 * ROOTS)
        run(bound(2 * over(ROOTS), gap, because=doubled, minimum_at=NEAREST),
            r"2\sum_{i=1}^m(\sqrt{p_i}-\sqrt{q_i})^2\le\sum_{i=1}^mp_i\log\frac{p_i}{q_i}")  # fmt: skip
    with pytest.raises(ClaimFailed):  # the least value is elsewhere
        run(bound(0, gap, because=BALANCED, minimum_at={v(i): w(i)}), r"0\le\sum_{i=1}^mp_i\log\frac{p_i}{q_i}")


def test_identities_for_every_number_of_terms():
    run(identity(over(p(i)), 1), r"\sum_{i=1}^mp_i=1")
    with pytest.raises(ClaimFailed):
        run(identity(over(w(i) * log(w(i) / v(i))), over(w(i) * log(v(i) / w(i)))), r"\sum_{i=1}^mp_i=1")


def test_a_sum_that_may_run_backwards_keeps_no_sign():
    square, at = (w(i) - v(i)) ** 2, {w(i): v(i)}
    backwards = bound(0, over(square), because=Sum(square, (i, 4, m)), minimum_at=at)
    assert not backwards._sum_of_minima(backwards.because, {}, 5)
    forwards = bound(0, over(square), because=over(square), minimum_at=at)
    assert forwards._sum_of_minima(forwards.because, {}, 5)
