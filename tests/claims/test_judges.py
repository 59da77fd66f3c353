"""The engine's own judges: each is blinded on purpose, or shown what only a blind one would pass."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sympy as sp
from scipy import stats

from claims.bench import ID, chapter, run
from scispaces.claims import *
from scispaces.claims import cards
from scispaces.claims import instances as instances_module
from scispaces.claims.estimate import rejection
from scispaces.claims.instances import Ingredients
from scispaces.claims.parts import Outcome, Part, Tally
from scispaces.claims.prove import reparametrise
from scispaces.claims.tree_part import TreePart

x, y = symbols("x y", real=True)
z = symbols("z")


def at_zero(monkeypatch):
    """Every instance but those that tell equivalent mutants apart is x = 0: mutants survive there."""
    draw = Ingredients.instances

    def blind(self, count, *name):
        found = draw(self, count, *name)
        if "equivalents" not in name:
            for env in found:
                env[x] = env[x] * 0
        return found

    monkeypatch.setattr(instances_module.Ingredients, "instances", blind)
    monkeypatch.setattr(TreePart, "_refuse_thin", lambda *_: None)


def test_a_surviving_mutant_fails_the_claim(monkeypatch):
    at_zero(monkeypatch)
    with pytest.raises(ClaimFailed, match="a mutant survives"):
        run(identity(sin(2 * x), 2 * sin(x) * cos(x)))


def test_a_surviving_mutant_of_callables_fails_the_claim():
    def nearly(x):
        return x if x < 0.999 else x + 1e-10

    with pytest.raises(ClaimFailed):
        run(agrees(lambda x: x * 1.0, nearly, {"x": uniform(0, 1)}, tol=1e-3, wrong=[lambda x: x * (1 + 1e-9)]))


def test_a_part_without_mutants_is_refused():
    class Unattacked(Part):
        kind = "identity"

        def run(self, context):
            return Outcome("identity", "proved", "", "1 = 1", {}, Tally())

    with pytest.raises(Refused, match="not attacked by a single mutant"):
        run(Unattacked())


def test_the_minimum_is_proved_on_both_sides():
    gap = (x - 1) ** 2 * ((x - Rational(1, 4)) ** 2 + Rational(1, 100))
    with pytest.raises(ClaimFailed):
        run(bound(0 * x, gap, minimum_at={x: 1}, wrong=[-1 - x**2]))


def test_the_last_point_is_compared():
    with pytest.raises(ClaimFailed, match="k = 9"):
        run(agrees(lambda k: k * 0.5, lambda k: k / 2 if k < 9 else 7.0, over={"k": each(range(10))}, tol=1e-9))


def test_reparametrised_symbols_keep_their_side():
    u = reparametrise([x < 3], [x])[x]
    assert (3 - u).is_positive
    v = reparametrise([x > 2], [x])[x]
    assert (v - 2).is_positive
    w = reparametrise([x > 2, x < 3], [x])[x]
    assert {bool(2 < w.subs(s, value) < 3) for s in w.free_symbols for value in (0.01, 1, 100)} == {True}


def test_the_seed_moves_the_points(monkeypatch):
    def points():
        return [env[x] for env in Ingredients((sin(x),)).instances(8, "seeds")]

    before = points()
    assert points() == before
    monkeypatch.setenv("SCISPACES_SEED_SHIFT", "1")
    assert not set(points()) & set(before)


def test_the_seed_moves_the_samples(monkeypatch):
    seen = []
    part = lambda: agrees(lambda x: seen.append(x) or np.sin(2 * x), lambda x: 2 * np.sin(x) * np.cos(x),  # noqa: E731
                          {"x": uniform(0, 1)})  # fmt: skip
    run(part())
    before, seen[:] = set(seen), []
    monkeypatch.setenv("SCISPACES_SEED_SHIFT", "1")
    run(part())
    assert len(before & set(seen)) <= 2  # the edges of the domain


def test_the_card_shows_the_scope():
    A, B = matrices("A B")
    record = run(identity(Det(A * B), Det(A) * Det(B), sizes=[1, 2]))
    assert '<span class="scope">k ≤ 2</span>' in cards.card(record)
    assert "(k ≤ 2)" in cards.line(record)


@pytest.mark.parametrize("key", ["reason", "id", "statement"])
def test_the_card_escapes(key):
    record = run(identity(sin(2 * x), 2 * sin(x) * cos(x)))
    record[key] = '<script>alert("x")</script>'
    record["parts"][0]["checked"] = record["parts"][0]["scope"] = "<img src=x onerror=alert(1)>"
    record["clauses"][0]["unread"] = [{"text": "<b>text</b>", "why": "<i>why</i>"}]
    shown = cards.card(record)
    assert not any(tag in shown for tag in ("<script", "<img", "<b>text", "<i>why"))


def test_several_tests_share_the_error_rate():
    assert rejection(1) == pytest.approx(stats.norm.isf(5e-7))
    assert rejection(100) == pytest.approx(stats.norm.isf(5e-9))


def test_power_is_asked_for():
    few = {"detect": 0.05, "n": 1000}
    with pytest.raises(Refused, match="no power"):
        run(estimate(lambda rng, n: rng.standard_normal(n), 0.0, **few))


def test_an_error_that_is_no_number_is_no_agreement():
    with pytest.raises(ClaimFailed):
        run(agrees(lambda x: x if x < 0.5 else np.nan, lambda x: x * 1.0, {"x": uniform(0, 1)}))


def test_both_sides_of_a_chain_are_compared():
    with pytest.raises(ClaimFailed):
        run(identity(sin(2 * x), 2 * sin(x) * cos(x), 2 * sin(x)))


@pytest.fixture
def without_numbers(monkeypatch):
    """The symbolic leg alone."""
    monkeypatch.setattr(TreePart, "check_numerically", lambda *_: {"points": 20, "certified": 20, "digits": 30})


def test_every_case_is_proved(without_numbers):
    n = symbols("n", integer=True, positive=True)
    k = symbols("k", integer=True)
    with pytest.raises(ClaimFailed, match="not proved at n = 4"):
        run(identity(Sum(k, (k, 1, n)), n * (n + 1) / 2 + (n - 2) * (n - 3), cases={n: [2, 3, 4]}))


def test_every_size_is_proved(without_numbers):
    A = matrices("A")
    with pytest.raises(ClaimFailed, match=r"not proved at k (=|≤) 2"):
        run(identity(Det(A), Tr(A), sizes=[1, 2]))


def test_the_tolerance_is_the_one_that_is_stated():
    with pytest.raises(ClaimFailed, match="differ at"):
        run(agrees(lambda x: 1 + x, lambda x: (1 + x) * 1.001, {"x": uniform(0, 1)}, tol=1e-6))


def test_a_claim_is_as_strong_as_its_weakest_clause():
    lines = r"&\sin2x=2\sin x\cos x,\\ % one", r"&\cos2x=1-2\sin^2x % two", r"\\&\text{for all }x"
    latex = "\n".join([r"\begin{aligned}", *lines, r"\end{aligned}"])
    claim = Chapter("bench", {"s": latex})
    record = claim("s", one=identity(sin(2 * x), 2 * sin(x) * cos(x)), two=agrees(cos(2 * x), 1 - 2 * sin(x) ** 2)).data
    assert record["verdict"] == "checked"


def test_a_refutation_needs_its_counterexample():
    fixed = identity(sqrt(x**2), Abs(x))
    with pytest.raises(ClaimFailed, match="does not refute"):
        run(refute((sqrt(x**2), x), at={x: 2}, holds_at={x: 3}, corrected=fixed))


def test_a_search_breaks_what_is_false_at_the_edge():
    with pytest.raises(ClaimFailed, match="violated"):
        run(bound(lambda x: x, lambda x: 0.999 + 0 * x, {"x": uniform(0, 1)}, wrong=[lambda x: 0.1 + 0 * x]))


def test_a_record_is_plain_json_and_names_what_it_uses():
    claim = chapter("first", "second")
    claim("first", identity(sin(2 * x), 2 * sin(x) * cos(x)))
    record = claim("second", identity(cos(2 * x), 1 - 2 * sin(x) ** 2), uses="first").data
    assert json.loads(json.dumps(record))["uses"] == ["first"]
    with pytest.raises(ClaimFailed, match="which no equation of the chapter carries"):
        claim(ID, identity(sin(2 * z), 2 * sin(z) * cos(z)), uses="nowhere")


def test_a_hypothesis_is_shown_necessary_only_by_a_failure():
    record = run(identity(sqrt(x**2), x, given=x > 0))
    assert record["hypotheses"] == [{"text": "x > 0", "necessary": True}]
    record = run(identity(sin(2 * x), 2 * sin(x) * cos(x), given=x > 0))
    assert record["hypotheses"] == [{"text": "x > 0", "necessary": False}]


def test_mutants_are_counted_by_kind():
    record = run(identity(sin(2 * x), 2 * sin(x) * cos(x), wrong=[2 * sin(x)]))
    counts = record["parts"][0]["mutants"]
    assert counts["author"] == {"made": 1, "killed": 1}
    assert sum(c["made"] for c in counts.values()) == sum(c["killed"] for c in counts.values()) >= 6
    assert sp.sympify(counts["automatic"]["made"]) > 2


def test_two_routes_that_end_in_the_conversion_of_one_number_are_two_routes():
    """float(...) of a library's number is called by both sides with equal arguments: nothing shared but the result."""
    from fractions import Fraction

    from scispaces.claims.same_computation import shared_computation

    class Number:  # as an installed library has it
        def __init__(self, value):
            self.value = value

        def __float__(self):
            return self.value

        def __eq__(self, other):
            return self.value == other.value

        __hash__ = None

    assert shared_computation(lambda x: float(Number(x * 3.0)), lambda x: float(Number(x + x + x)), {"x": 2.0}) is None
    helper = Fraction(3)

    def times(x):
        return float(x * helper)

    assert shared_computation(lambda x: times(x), lambda x: times(x) + 0.0, {"x": 2.0}) == "times"
