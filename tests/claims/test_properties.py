"""Random statements: true by construction they pass, changed in one place they fail, and their records are stable."""

from __future__ import annotations

import json

import pytest
import sympy as sp
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from claims.bench import chapter, run
from scispaces.claims import (
    Adj,
    ClaimFailed,
    Const,
    D,
    Det,
    Exp,
    T,
    Tr,
    agrees,
    bound,
    cos,
    exp,
    identity,
    matrices,
    series,
    sin,
    symbols,
)
from scispaces.claims.cards import card, line
from scispaces.claims.mutate import mutants

x, y = symbols("x y", real=True)
z, w, t = symbols("z w t")
A, B = matrices("A B")

steady = settings(
    derandomize=True,
    deadline=None,
    max_examples=6,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
small = st.integers(-4, 4)
nonzero = small.filter(bool)


@st.composite
def polynomials(draw, least_terms=2):
    """A factored polynomial in z and w that is not its own expansion."""
    factors = [
        sp.Integer(draw(nonzero)) * z + sp.Integer(draw(nonzero)) * w ** draw(st.integers(1, 2)) + draw(small)
        for _ in range(draw(st.integers(2, 3)))
    ]
    return sp.Mul(*factors)


@st.composite
def words(draw):
    """A product of two linear forms in the matrices A and B, and its expansion with the order kept."""
    c = [draw(nonzero) for _ in range(4)]
    left = (c[0] * A + c[1] * B) * (c[2] * A + c[3] * B)
    right = c[0] * c[2] * A**2 + c[0] * c[3] * A * B + c[1] * c[2] * B * A + c[1] * c[3] * B**2
    return left, right, c


@steady
@given(polynomials())
def test_a_polynomial_equals_its_expansion(p):
    right = sp.expand(p)
    assume(p != right)
    record = run(identity(p, right))
    assert record["verdict"] == "proved" and record["parts"][0]["evidence"]["digits"] >= 30


@steady
@given(polynomials(), st.sampled_from([z, w, z * w, z**2, sp.S.One]), nonzero)
def test_a_changed_coefficient_is_found(p, monomial, change):
    with pytest.raises(ClaimFailed, match="differ"):
        run(identity(p, sp.expand(p) + sp.Rational(change, 1000) * monomial))


@settings(steady, max_examples=4)
@given(nonzero, nonzero, small)
def test_trigonometric_sums(a, b, c):
    left = sin(a * x + b * y + c)
    right = sin(a * x) * cos(b * y + c) + cos(a * x) * sin(b * y + c)
    assert run(identity(left, right))["verdict"] == "proved"
    with pytest.raises(ClaimFailed, match="differ"):
        run(identity(left, right - 2 * cos(a * x) * sin(b * y + c)))


@steady
@given(words())
def test_the_order_of_matrices_is_kept(sides):
    left, right, c = sides
    assert run(identity(left, right))["verdict"] == "proved"
    assume(c[0] * c[3] != c[1] * c[2])
    reversed_order = right + (c[1] * c[2] - c[0] * c[3]) * (A * B - B * A)
    with pytest.raises(ClaimFailed, match="differ"):
        run(identity(left, reversed_order))


@settings(steady, max_examples=4)
@given(nonzero, nonzero, st.sampled_from([1, 2, 3]))
def test_traces_and_determinants(a, b, k):
    assert run(identity(Tr(a * A + b * B), a * Tr(A) + b * Tr(B), sizes=[k]))["verdict"] == "proved"
    assert run(identity(Det(a * A), a**k * Det(A), sizes=[k], wrong=[(a**k + 1) * Det(A)]))["verdict"] == "proved"
    with pytest.raises(ClaimFailed, match="differ"):
        run(identity(Det(a * A), a ** (k + 1) * Det(A) + Det(A), sizes=[k]))


@steady
@given(polynomials(), st.data())
def test_one_mutation_anywhere_is_found(p, data):
    """Of the mutants of a side, those that change its value are rejected as statements too."""
    right = sp.expand(p)
    assume(p != right)
    mutant = data.draw(st.sampled_from(list(mutants(right))))
    assume(sp.expand(mutant.tree - right) != 0)
    with pytest.raises(ClaimFailed):
        run(identity(p, mutant.tree))


@steady
@given(nonzero, small, small, small)
def test_explicit_matrices(a, b, c, d):
    M = Const([[a * x, b], [c, d + y]])
    assert run(identity(Adj(M) * M, Det(M)))["verdict"] == "proved"
    with pytest.raises(ClaimFailed):
        run(identity(Det(M), a * x * (d + y) + b * c + sp.Rational(1, 7)))


@settings(steady, max_examples=4)
@given(nonzero, nonzero, st.integers(2, 4))
def test_a_series_holds_to_its_order_and_not_beyond(a, b, order):
    f = exp(a * t) + sin(b * t)
    true = sum(
        (sp.Rational(a) ** j / sp.factorial(j) + (sp.Rational(b) ** j * [0, 1, 0, -1][j % 4]) / sp.factorial(j)) * t**j
        for j in range(order)
    )
    assert run(series(f, true, t, order))["verdict"] == "series"
    with pytest.raises(ClaimFailed):
        run(series(f, true + t ** (order - 1) / 50, t, order))


@settings(steady, max_examples=5)
@given(small, nonzero)
def test_derivatives_of_polynomials(a, b):
    p = a * z**3 + b * z**2 + z
    assert run(identity(D(p * exp(z), z), (p + 3 * a * z**2 + 2 * b * z + 1) * exp(z)))["verdict"] == "proved"
    with pytest.raises(ClaimFailed, match="differ"):
        run(identity(D(p * exp(z), z), (p + 3 * a * z**2 + b * z + 1) * exp(z)))


@settings(steady, max_examples=5)
@given(nonzero, small)
def test_squares_are_not_negative(a, b):
    gap = (a * x + b * y) ** 2 + 1
    assert run(bound(0, sp.expand(gap), because=gap))["verdict"] == "proved"
    with pytest.raises(ClaimFailed):
        run(bound(sp.expand(gap) + sp.Rational(1, 10), gap - 0 * x, because=gap))
    with pytest.raises(ClaimFailed):
        run(bound(0, gap - 2, because=gap - 2))


CLAIMS = {
    "identity": lambda: identity(Det(A * B), Det(A) * Det(B), sizes=[1, 2]),
    "hypothesis": lambda: identity(sp.log((x - 1) ** 2), 2 * sp.log(x - 1), given=x > 1),
    "series": lambda: series(Exp(t * A), 1 + t * A, t, 2),
    "checked": lambda: agrees(T(A * B), T(B) * T(A), sizes=[2]),
    "bound": lambda: bound(1 + x, exp(x), minimum_at={x: 0}, equality=[{x: 0}], scales=(1e-3, 30)),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_record_is_stable(name):
    """The same claim twice leaves the same bytes, and JSON loses nothing."""
    first, second = (run(CLAIMS[name]) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
    assert json.loads(json.dumps(first)) == first
    assert line(first) == line(second) and card(first) == card(second)
    assert "0x" not in json.dumps(first) and "<function" not in json.dumps(first)


@pytest.mark.parametrize("name", CLAIMS)
def test_another_seed_gives_the_same_verdict(name, monkeypatch):
    base = run(CLAIMS[name])
    for shift in ("1", "17"):
        monkeypatch.setenv("SCISPACES_SEED_SHIFT", shift)
        moved = run(CLAIMS[name])
        assert moved["verdict"] == base["verdict"]
        assert moved["parts"] == base["parts"], "evidence and mutants do not depend on the seed"


def test_the_seed_shift_moves_the_points(monkeypatch):
    part = identity(sin(2 * z), 2 * sin(z) * cos(z))
    drawn = []
    for shift in ("0", "1"):
        monkeypatch.setenv("SCISPACES_SEED_SHIFT", shift)
        drawn.append([env[z] for env in part.ingredients().instances(5, "a name")])
    assert all(a != b for a, b in zip(*drawn, strict=True))


def test_more_mutants_on_request(monkeypatch):
    def made(record):
        return sum(k["made"] for k in record["parts"][0]["mutants"].values())

    part = identity((z + w) ** 3, z**3 + 3 * z**2 * w + 3 * z * w**2 + w**3)
    few = made(run(part))
    monkeypatch.setenv("SCISPACES_MUTANTS", "all")
    many = made(run(part))
    assert few <= 12 < many


def test_claims_do_not_influence_each_other():
    alone = run(CLAIMS["identity"])
    claim = chapter()
    claim("the-premise", CLAIMS["series"]())
    assert claim("the-claim", CLAIMS["identity"]()).data == alone
