"""Checks that could not fail. Each has to be refused, however well it is meant."""

# ruff: noqa: F403, F405

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from mpmath import mp
from scipy import stats

from claims.bench import ID, PREMISE, Case, distinct, run
from scispaces import rng as book_rng
from scispaces.claims import *

from sympy import Float  # isort: skip

x, y, a, b, s, u = symbols("x y a b s u", real=True)
p, q = symbols("p q", positive=True)
z, w, t = symbols("z w t")
k, m = symbols("k m", integer=True)
n = symbols("n", integer=True, positive=True)
A, B, C = matrices("A B C")
UNIT = {"x": uniform(0, 1)}


def smooth(x):
    return np.sin(x) + x * x


def triangle(n):
    return n * (n + 1) // 2


def renamed(x, inner=smooth):
    return inner(x)


class Wrapped:
    def __call__(self, x):
        return smooth(x)


def correction():
    return identity(sin(2 * x), 2 * sin(x) * cos(x))


def closure():
    f = smooth
    return lambda x: f(x)


SAME_SIDES = [
    Case("same-object", "refused", lambda: identity(sin(x), sin(x))),
    Case("same-after-reordering", "refused", lambda: identity(x * y + a, a + y * x)),
    Case("same-after-moving-a-sign", "refused", lambda: identity((x - y) * a, -(y - x) * a)),
    Case("same-with-zero-added", "refused", lambda: identity(Det(A) + 0, 1 * Det(A), sizes=[2])),
    Case("same-determinants-reordered", "refused", lambda: identity(Det(A) * Tr(B), Tr(B) * Det(A), sizes=[2])),
    Case("bound-variable-renamed", "refused", lambda: (
        identity(Integral(sin(s), (s, 0, 1)), Integral(sin(u), (u, 0, 1))))),
    Case("index-renamed", "refused", lambda: identity(Sum(k**2, (k, 1, n)), Sum(m**2, (m, 1, n)))),
    Case("same-link-in-a-chain", "refused", lambda: identity(sin(2 * x), 2 * sin(x) * cos(x), 2 * cos(x) * sin(x))),
    Case("disguised-by-a-substitution", "refused", lambda: identity(Subs(sin(s), s, x + 1), sin(x + 1))),
    Case("disguised-by-a-sum-of-one", "refused", lambda: identity(Sum(sin(k * x), (k, 2, 2)), sin(2 * x))),
    Case("disguised-by-an-integral", "refused", lambda: identity(Integral(sin(x), (s, 0, 1)), sin(x))),
    Case("zero-is-zero", "refused", lambda: identity(x - x, 0)),
    Case("constant-is-constant", "refused", lambda: identity(Integer(2), Integer(1) + 1)),
    Case("same-series", "refused", lambda: series(exp(t), exp(t), t, 3)),
    Case("same-bound", "refused", lambda: bound(x**2 + 1, 1 + x**2)),
    Case("bound-that-is-an-equality", "refused", lambda: bound((x + 1) ** 2, x**2 + 2 * x + 1)),
    Case("same-trees-checked", "refused", lambda: agrees(sin(x) + 1, 1 + sin(x))),
    Case("wrong-is-the-truth", "refused", lambda: (
        identity(sin(2 * x), 2 * sin(x) * cos(x), wrong=[2 * cos(x) * sin(x)]))),
    Case("wrong-is-the-truth-rewritten", "refused", lambda: (
        identity(sin(2 * x), 2 * sin(x) * cos(x), wrong=[2 * tan(x) * cos(x) ** 2]))),
    Case("wrong-is-undefined", "refused", lambda: (
        identity(sin(2 * x), 2 * sin(x) * cos(x), wrong=[1 / (sin(x) ** 2 + cos(x) ** 2 - 1)]))),
]  # fmt: skip

DOMAINS = [
    Case("an-equation-against-an-assumption", "refused", lambda: identity(
        sqrt(p**2) * cos(x), p * cos(x) + 0 * p, given=Eq(p, sin(x) - 2))),
    Case("contradictory-hypotheses", "refused", lambda: identity(sqrt(x**2 + 0 * y) * y, x * y, given=[x > 1, x < 0])),
    Case("hypothesis-against-the-assumption", "refused", lambda: identity(sqrt(p**2 + 2 * p + 1), -p - 1, given=p < 0)),
    Case("false-hypothesis", "refused", lambda: identity(sin(x), cos(x), given=Lt(1, 0))),
    Case("empty-cases", "refused", lambda: identity(Sum(k, (k, 1, m)), m, cases={m: []})),
    Case("empty-sizes", "refused", lambda: identity(Tr(A * B), Tr(A) * Tr(B), sizes=[])),
    Case("size-zero", "refused", lambda: identity(Tr(A * B), Tr(A) * Tr(B), sizes=[0])),
    Case("empty-each", "refused", lambda: agrees(lambda n: n, lambda n: n + 1, {"n": each()})),
    Case("empty-each-of-range", "refused", lambda: agrees(lambda n: n, lambda n: n + 1, {"n": each(range(0))})),
    Case("nothing-sampled", "refused", lambda: agrees(lambda: 1.0, lambda: 1.0 + 1e-15, {})),
    Case("empty-interval", "refused", lambda: agrees(np.sin, np.cos, {"x": uniform(1, 1)})),
    Case("undefined-everywhere", "refused", lambda: (
        identity(1 / (sin(x) ** 2 + cos(x) ** 2 - 1), 2 / (sin(x) ** 2 + cos(x) ** 2 - 1)))),
    Case("no-real-value-anywhere", "refused", lambda: bound(sqrt(-p), sqrt(-p - 1) + 1)),
    Case("one-point", "refused", lambda: (
        agrees(lambda x: np.sin(x), lambda x: x - x**3 / 6, {"x": one_of(1e-6)}, tol=1e-9))),
    Case("one-joint-point", "refused", lambda: (
        agrees(lambda x: np.sin(x), lambda x: x - x**3 / 6, lambda rng: {"x": 1e-4}, tol=1e-9))),
    Case("one-point-by-a-hypothesis", "refused", lambda: identity(sin(x) * 2, 2 * x * cos(x), given=Eq(x, 0))),
    Case("a-fixed-number-by-a-hypothesis", "refused", lambda: identity(x**3 + 1, 5 * x - 1, given=Eq(x, 2))),
    Case("a-vanishing-interval", "refused", lambda: agrees(sin(x) + 1, x + 1, given=[x > 0, x < Float("1e-30")])),
    Case("few-points", "refused", lambda: agrees(lambda x: np.sin(x), lambda x: x, UNIT, points=3)),
    Case("no-points-on-trees", "refused", lambda: agrees(log(exp(z)), z, points=0)),
    Case("one-point-on-trees", "refused", lambda: agrees(log(exp(z)), z, points=1)),
    Case("one-point-for-an-identity", "refused", lambda: identity(sin(2 * x), 2 * sin(x) * cos(x), points=1)),
]  # fmt: skip

HYPOTHESES = [
    Case("hypothesis-is-the-conclusion", "refused", lambda: identity(a, b, given=Eq(a, b))),
    Case("hypothesis-is-swapped", "refused", lambda: identity(a**2, b, given=Eq(b, a**2))),
    Case("hypothesis-is-scaled", "refused", lambda: identity(a**2, b, given=Eq(3 * a**2, 3 * b))),
    Case("hypothesis-is-negated", "refused", lambda: identity(a**2, b, given=Eq(-b, -(a**2)))),
    Case("hypothesis-is-moved", "refused", lambda: identity(a**2, b, given=Eq(a**2 - b, 0))),
    Case("hypothesis-inside-and", "refused", lambda: identity(a**2, b, given=Eq(b, a**2) & (a > 0))),
    Case("hypothesis-solved-for-another", "refused", lambda: identity(a + b, x, given=Eq(b, x - a))),
    Case("hypothesis-as-two-inequalities", "refused", lambda: identity(a, b, given=[a <= b, a >= b])),
    Case("hypothesis-as-a-predicate", "refused", lambda: (
        identity(a, b, given=holds("a is b", lambda a, b, **_: a == b)))),
    Case("predicate-computes-the-conclusion", "refused", lambda: agrees(
        log(z * w), log(z) + log(w),
        given=holds("z and w are nice", lambda z, w, **_: abs(mp.log(z * w) - mp.log(z) - mp.log(w)) < 1e-9))),
    Case("predicate-computes-the-real-conclusion", "refused", lambda: agrees(
        sqrt(x**2 + 2 * x + 1), x + 1, given=holds("x is nice", lambda x, **_: abs(abs(x + 1) - x - 1) == 0))),
    Case("bound-is-its-hypothesis", "refused", lambda: bound(a, b, given=a <= b)),
    Case("bound-is-its-strict-hypothesis", "refused", lambda: bound(a, b, given=a < b)),
    Case("bound-is-its-scaled-hypothesis", "refused", lambda: bound(2 * a, 2 * b, given=b >= a)),
    Case("bound-is-its-shifted-hypothesis", "refused", lambda: bound(a + 1, b + 1, given=a <= b)),
]  # fmt: skip

COMPUTATIONS = [
    Case("same-function", "refused", lambda: agrees(smooth, smooth, UNIT)),
    Case("same-lambda-text", "refused", lambda: agrees(lambda x: smooth(x), lambda x: smooth(x), UNIT)),
    Case("partial-of-itself", "refused", lambda: agrees(functools.partial(smooth), smooth, UNIT)),
    Case("wrapped-in-an-object", "refused", lambda: agrees(smooth, Wrapped(), UNIT)),
    Case("plus-zero", "refused", lambda: agrees(smooth, lambda x: smooth(x) + 0, UNIT)),
    Case("times-one", "refused", lambda: agrees(smooth, lambda x: smooth(x) * 1.0, UNIT)),
    Case("times-nearly-one", "refused", lambda: agrees(smooth, lambda x: smooth(x) * (1 + 1e-15), UNIT)),
    Case("closure-alias", "refused", lambda: agrees(smooth, closure(), UNIT)),
    Case("default-argument-alias", "refused", lambda: agrees(smooth, renamed, UNIT)),
    Case("integers-plus-zero", "refused", lambda: agrees(triangle, lambda n: triangle(n) + 0, {"n": integers(0, 30)})),
    Case("exhausted-integers-plus-zero", "refused", lambda: (
        agrees(triangle, lambda n: triangle(n) + 0, {"n": each(range(30))}))),
    Case("numpy-function-with-itself", "refused", lambda: (
        agrees(lambda A: np.linalg.det(A), lambda A: 1.0 * np.linalg.det(A), {"A": random_matrix(2, 3)}))),
    Case("zero-on-both-sides", "refused", lambda: agrees(lambda x: 0 * x, lambda x: x - x, UNIT)),
    Case("constant-on-both-sides", "refused", lambda: agrees(lambda x: 1.0, lambda x: float(np.cos(0.0)), UNIT)),
    Case("nan-on-both-sides", "refused", lambda: agrees(lambda x: np.nan, lambda x: x * np.nan, UNIT)),
    Case("infinity-on-both-sides", "refused", lambda: agrees(lambda x: np.inf, lambda x: x + np.inf, UNIT)),
    Case("empty-arrays", "refused", lambda: agrees(lambda x: np.zeros(0), lambda x: np.ones(0) * x, UNIT)),
    Case("tolerance-of-one", "refused", lambda: agrees(lambda x: 1 + x, lambda x: 2 + x, UNIT, tol=1.0)),
    Case("tolerance-wider-than-the-values", "refused", lambda: (
        agrees(lambda x: 1 + x, lambda x: 1.4 + x, UNIT, tol=0.9))),
    Case("tolerance-that-lets-a-factor-pass", "refused", lambda: (
        agrees(lambda x: 1 + x, lambda x: 1.4 * (1 + x), UNIT, tol=0.3))),
    Case("absolute-tolerance-wider-than-the-values", "refused", lambda: (
        agrees(lambda x: 1e-9 * x, lambda x: 2e-9 * x, UNIT, tol=1e-8, scale="absolute"))),
    Case("absolute-tolerance-above-all-but-one", "refused", lambda: agrees(
        lambda x: 1e-9 * x, lambda x: 2e-9 * x if x < 1 else 1e-9, UNIT, tol=1e-8, scale="absolute")),
    Case("negative-tolerance", "refused", lambda: agrees(smooth, np.sin, UNIT, tol=-1.0)),
    Case("a-large-entry-hides-a-small-one", "refused", lambda: agrees(
        lambda x: np.array([1e17, np.sin(x)]), lambda x: np.array([1e17 + 0 * x, np.cos(x)]), UNIT)),
    Case("a-large-quantity-hides-another", "refused", lambda: agrees(
        lambda x: (1e14 * x, np.sin(x)), lambda x: [1e14 * x + 0, np.cos(x)], UNIT)),
    Case("a-vector-equals-a-number", "refused", lambda: agrees(
        lambda x: np.full(3, np.sin(2 * x)), lambda x: 2 * np.sin(x) * np.cos(x), UNIT)),
    Case("rows-equal-columns", "refused", lambda: agrees(
        lambda n: np.arange(2 * n).reshape(n, 2), lambda n: np.arange(2 * n).reshape(2, n) + 0 * n,
        {"n": each(range(3, 9))})),
    Case("both-sides-wrap-around", "refused", lambda: agrees(
        lambda n: np.prod(np.arange(1, n + 1)), lambda n: np.multiply.accumulate(np.arange(1, n + 1))[-1] + 0,
        {"n": each(range(21, 40))})),
    Case("wrong-variant-is-right", "refused", lambda: (
        agrees(lambda x: np.sin(2 * x), lambda x: 2 * np.sin(x) * np.cos(x), UNIT, wrong=[lambda x: np.sin(x + x)]))),
]  # fmt: skip

SEARCHES = [
    Case("neither-tight-nor-wrong", "refused", lambda: bound(lambda x: x, lambda x: 2 + x, UNIT)),
    Case("zero-below-zero", "refused", lambda: bound(lambda x: 0 * x, lambda x: 0.0, UNIT, tight=1.0)),
    Case("equality-everywhere", "refused", lambda: (
        bound(lambda x: (x + 1) ** 2, lambda x: x * x + 2 * x + 1, UNIT, tight=0.99))),
    Case("same-function-bounded", "refused", lambda: bound(smooth, smooth, UNIT, tight=0.9)),
    Case("tight-only-at-zero", "refused", lambda: bound(lambda x: x, lambda x: 2 * x, UNIT, tight=0.99)),
    Case("false-bound-is-true", "refused", lambda: bound(lambda x: x, lambda x: 2 + x, UNIT, wrong=[lambda x: 1 + x])),
    Case("false-bound-is-nan", "refused", lambda: bound(lambda x: x, lambda x: 2 + x, UNIT, wrong=[lambda x: np.nan])),
    Case("bound-of-nan", "refused", lambda: (
        bound(lambda x: np.nan if x > 0.1 else 0.0, lambda x: 1.0 + x, UNIT, wrong=[lambda x: -1.0]))),
    Case("bound-by-nan", "refused", lambda: (
        bound(lambda x: 1 + x, lambda x: np.nan if x > 0.1 else 2.0, UNIT, wrong=[lambda x: 0.1]))),
    Case("bound-of-complex-numbers", "refused", lambda: (
        bound(lambda x: x if x < 0.1 else 5j, lambda x: 1.0 + x, UNIT, wrong=[lambda x: -1.0 - x]))),
    Case("bound-at-one-point", "refused", lambda: (
        bound(lambda x: x, lambda x: 2 * x, {"x": one_of(1.0)}, wrong=[lambda x: x / 2]))),
    Case("bound-at-one-exhausted-point", "refused", lambda: (
        bound(lambda x: x, lambda x: 2 * x, {"x": each(1.0)}, wrong=[lambda x: x / 2]))),
    Case("few-tries", "refused", lambda: bound(lambda x: x, lambda x: 2 + x, UNIT, tries=1, wrong=[lambda x: x / 2])),
    Case("tight-above-one", "refused", lambda: bound(lambda x: x, lambda x: 2 + x, UNIT, tight=2.0)),
    Case("infinite-bound", "refused", lambda: bound(lambda x: x, lambda x: np.inf, UNIT, wrong=[lambda x: x / 2])),
]  # fmt: skip

STATISTICS = [
    Case("no-power", "refused", lambda: estimate(lambda rng, n: rng.standard_normal(n), 0.0, n=1000, detect=0.01)),
    Case("no-power-for-the-law", "refused", lambda: (
        estimate(lambda rng, n: rng.standard_normal(n), cdf=stats.norm.cdf, n=500, detect=0.02))),
    Case("constant-sample", "refused", lambda: estimate(lambda rng, n: np.ones(n), 1.0, n=1000, detect=0.1)),
    Case("constant-sample-of-a-law", "refused", lambda: (
        estimate(lambda rng, n: np.zeros(n), cdf=lambda s: (s >= 0) * 1.0, n=9000, detect=0.1))),
    Case("draw-ignores-n", "refused", lambda: (
        estimate(lambda rng, n: rng.standard_normal(50), 0.0, n=1000, detect=0.5))),
    Case("draw-ignores-the-generator", "refused", lambda: (
        estimate(lambda rng, n: np.arange(n) % 2, 0.5, n=20_000, detect=0.05))),
    Case("draw-has-its-own-seed", "refused", lambda: (
        estimate(lambda rng, n: book_rng(7).standard_normal(n), 0.0, n=20_000, detect=0.05))),
    Case("sample-centred-by-hand", "refused", lambda: estimate(
        lambda rng, n: (lambda v: v - v.mean())(rng.standard_normal(n) + 5), 0.0, n=20_000, detect=0.05)),
    Case("copies-for-samples", "refused", lambda: estimate(
        lambda rng, n: np.repeat(rng.standard_normal(n // 50), 50), 0.0, n=20_000, detect=0.05)),
    Case("copies-for-samples-of-a-law", "refused", lambda: estimate(
        lambda rng, n: np.repeat(rng.standard_normal((n, 1)), 50, axis=1), cdf=stats.norm.cdf, n=600, detect=0.05)),
    Case("detect-above-the-spread", "refused", lambda: (
        estimate(lambda rng, n: rng.standard_normal(n), 3.0, n=1000, detect=20.0))),
    Case("columns-of-a-law-together", "refused", lambda: estimate(
        lambda rng, n: (lambda z: np.stack([abs(z), -abs(z)], axis=1))(rng.standard_normal(n)), cdf=stats.norm.cdf,
        n=20_000, detect=0.05)),
    Case("doubled-samples", "refused", lambda: estimate(
        lambda rng, n: np.repeat(rng.standard_normal(n // 2), 2), 0.0, n=20_000, detect=0.2)),
    Case("tiled-samples", "refused", lambda: estimate(
        lambda rng, n: np.tile(rng.standard_normal(n // 10), 10), 0.0, n=20_000, detect=0.2)),
    Case("detects-nothing", "refused", lambda: (
        estimate(lambda rng, n: rng.standard_normal(n), 0.0, n=1000, detect=0.0))),
    Case("law-without-a-law", "refused", lambda: (
        estimate(lambda rng, n: rng.standard_normal(n), cdf=lambda s: s * 0 + np.nan, n=20_000, detect=0.05))),
    Case("wrong-law-is-the-law", "refused", lambda: estimate(
        lambda rng, n: rng.standard_normal(n), cdf=stats.norm.cdf, n=20_000, detect=0.05,
        wrong=[lambda s: 0.5 + 0.5 * np.vectorize(math.erf)(s / math.sqrt(2))])),
    Case("wrong-mean-is-the-mean", "refused", lambda: (
        estimate(lambda rng, n: rng.standard_normal(n), 0.0, n=20_000, detect=0.05, wrong=[1e-6]))),
    Case("sample-of-nan", "refused", lambda: (
        estimate(lambda rng, n: rng.standard_normal(n) * np.nan, 0.0, n=1000, detect=0.5))),
    Case("expectation-of-nan", "refused", lambda: (
        estimate(lambda rng, n: rng.standard_normal(n), np.nan, n=1000, detect=0.5))),
]  # fmt: skip

REFUTATIONS = [
    Case("nothing-to-refute", "refused", lambda: (
        refute((sin(x), sin(x)), at={x: 1}, holds_at={x: 2}, corrected=correction()))),
    Case("no-control", "refused", lambda: refute((sqrt(x**2), x), at={x: -1}, holds_at=[], corrected=correction())),
    Case("control-is-refuted-too", "refused", lambda: (
        refute((sqrt(x**2), x), at={x: -1}, holds_at={x: -2}, corrected=correction()))),
    Case("counterexample-does-not-refute", "refused", lambda: (
        refute((sqrt(x**2), x), at={x: 1}, holds_at={x: 2}, corrected=correction()))),
    Case("counterexample-outside-the-hypothesis", "refused", lambda: (
        refute((sqrt(x**2), x), at={x: -1}, holds_at={x: 2}, given=x > 0, corrected=correction()))),
    Case("counterexample-is-incomplete", "refused", lambda: (
        refute((sqrt(x**2) + y, x), at={x: -1}, holds_at={x: 2, y: 0}, corrected=correction()))),
    Case("counterexample-is-undefined", "refused", lambda: (
        refute((1 / x, x), at={x: 0}, holds_at={x: 1}, corrected=correction()))),
    Case("refuted-by-rounding", "refused", lambda: refute(
        (sin(x) ** 2 + cos(x) ** 2, 1), at={x: Rational(1, 3)}, holds_at={x: 0}, margin=0,
            corrected=correction())),
    Case("refuted-by-float-rounding", "refused", lambda: refute(
        (lambda x: x + 0.2, lambda x: 0.3), at={"x": 0.1}, holds_at={"x": 0.3 - 0.2}, margin=0,
        corrected=correction())),
    Case("negative-margin", "refused", lambda: (
        refute((sin(x) ** 2 + cos(x) ** 2, 1), at={x: 1}, holds_at={x: 0}, margin=-1.0, corrected=correction()))),
    Case("hypotheses-of-callables-are-ignored", "refused", lambda: refute(
        (lambda x: abs(x), lambda x: x), at={"x": -1.0}, holds_at={"x": 1.0}, given=x > 0, corrected=correction())),
    Case("correction-is-not-a-claim", "refused", lambda: (
        refute((sqrt(x**2), x), at={x: -1}, holds_at={x: 2}, corrected="nowhere"))),
    Case("corrects-itself", "refused", lambda: refute((sqrt(x**2), x), at={x: -1}, holds_at={x: 2}, corrected=ID)),
    Case("unknown-premise", "refused", lambda: follows(sin(2 * x), 2 * sin(x) * cos(x), premises=["nowhere"])),
    Case("a-premise-that-nothing-uses", "refused", lambda: follows(
        sin(2 * x) + 1, 2 * sin(x) * cos(x) + 1, premises=[PREMISE], by={sin(2 * x): sin(x) + sin(x)}),
        premise=lambda: identity(cos(2 * x), 1 - 2 * sin(x) ** 2)),
    Case("own-premise", "refused", lambda: follows(sin(2 * x), 2 * sin(x) * cos(x), premises=[ID])),
    Case("no-premise", "refused", lambda: follows(sin(2 * x), 2 * sin(x) * cos(x), premises=[])),
    Case("premise-assumes-the-step", "refused", lambda: follows(
        sin(x + y), sin(x) + sin(y), premises=[PREMISE], by={sin(x + y): sin(x) + sin(y)}), premise=correction),
    Case("replacement-of-nothing", "refused", lambda: follows(
        sin(2 * x), 2 * sin(x) * cos(x), premises=[PREMISE], by={cosh(x): sinh(x)}), premise=correction),
    Case("two-sided-limit-by-one-side", "refused", lambda: limit(Abs(x) / x, x, 0, 1, side="+-")),
]  # fmt: skip

CHEATERS = distinct(SAME_SIDES + DOMAINS + HYPOTHESES + COMPUTATIONS + SEARCHES + STATISTICS + REFUTATIONS)


@pytest.mark.parametrize("case", CHEATERS, ids=repr)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_vacuous_check_is_refused(case):
    try:
        parts = case.make()
    except (ClaimFailed, ValueError):  # refused as it is written down: the claim has no id yet
        return
    with pytest.raises((ClaimFailed, ValueError)) as failure:
        run(parts, premise=case.premise)
    assert not isinstance(failure.value, ClaimFailed) or ID in str(failure.value)


def test_there_are_enough_cheaters():
    assert len(CHEATERS) >= 25


def test_a_claim_without_parts():
    with pytest.raises(ClaimFailed, match="nothing to check"):
        run(())


def test_a_claim_of_something_else():
    with pytest.raises(ClaimFailed, match="is not a part"):
        run((sin(x),))


def test_a_check_without_parts():
    with pytest.raises(ClaimFailed, match="nothing to check"):
        Chapter("bench", statements={}).check()


NARROWED = {
    "sizes": lambda scope: identity(Det(A + B), Det(A) + Det(B), sizes=[1], scope=scope),
    "cases": lambda scope: identity(n**2, 3 * n - 2, cases={n: [1, 2]}, scope=scope),
}


@pytest.mark.parametrize("scope", ["", "every size", "all n"])
@pytest.mark.parametrize("narrowed", NARROWED)
def test_scope_does_not_hide_how_far_the_proof_reaches(narrowed, scope):
    try:
        record = run(lambda: NARROWED[narrowed](scope))
    except (ClaimFailed, ValueError, TypeError):
        return
    assert {"sizes": "k = 1", "cases": "n = 1, 2"}[narrowed] in record["parts"][0]["scope"]


def test_scales_stand_in_the_scope():
    """A restricted range of points restricts the statement."""
    record = run(lambda: identity(
        cosh(x) ** 2, 1 + sinh(x) ** 2, scales=(0.1, 3)))  # fmt: skip
    numeric = run(lambda: agrees(cosh(x) ** 2, 1 + sinh(x) ** 2, scales=(0.1, 3)))
    assert record["verdict"] == "proved"
    assert "0.1" in numeric["parts"][0]["scope"] and "3" in numeric["parts"][0]["scope"]


def test_scales_cannot_hide_a_branch():
    """log exp z = z for small z only: that is what the scope has to say."""
    with pytest.raises(ClaimFailed):
        run(lambda: agrees(log(exp(z)), z))
    try:
        record = run(lambda: agrees(log(exp(z)), z, scales=(0.01, 1)))
    except ClaimFailed:
        return
    assert "0.01" in record["parts"][0]["scope"] and "1" in record["parts"][0]["scope"]


def test_scope_of_a_series_premise_is_inherited():
    record = run(
        lambda: follows(
            cos(2 * x), 1 - 2 * sin(x) ** 2, premises=[PREMISE]),
        premise=lambda: series(exp(t), 1 + t + t**2 / 2, t, 3),
    )  # fmt: skip
    assert record["verdict"] == "series"
    assert "O(t^3)" in record["parts"][0]["scope"]
