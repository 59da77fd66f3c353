"""True statements, over all verbs, with the verdict that each should earn."""

# ruff: noqa: F403, F405

from __future__ import annotations

import math
from fractions import Fraction
from itertools import permutations

import numpy as np
from scipy import linalg, special, stats

from claims.bench import PREMISE, Case, distinct
from scispaces.claims import *

x, y, u, v, s = symbols("x y u v s", real=True)
p, q, r = symbols("p q r", positive=True)
t, z, w, a, b, c = symbols("t z w a b c")
k, m = symbols("k m", integer=True)
n = symbols("n", integer=True, positive=True)
A, B, C, P, L, X, Y = matrices("A B C P L X Y")
f, g = Function("f"), Function("g")
M, N = mfun("M", t), mfun("N", t)
UNIT = {"x": uniform(0, 1)}
LINE = {"x": uniform(-5, 5)}
ROTATION = Const([[cos(u), -sin(u)], [sin(u), cos(u)]])


def det_by_permutations(a):
    k = len(a)
    total = 0.0
    for order in permutations(range(k)):
        sign = np.linalg.det(np.eye(k)[list(order)])
        total += sign * np.prod([a[i, order[i]] for i in range(k)])
    return total


def derangements(n):
    return sum((-1) ** j * math.factorial(n) // math.factorial(j) for j in range(n + 1))


def derangements_by_recurrence(n):
    before, now = 1, 0
    for j in range(2, n + 1):
        before, now = now, (j - 1) * (before + now)
    return now if n else before


ALGEBRA = [
    Case("binomial-square", "proved", lambda: identity((z + w) ** 2, z**2 + 2 * z * w + w**2)),
    Case("difference-of-cubes", "proved", lambda: identity(z**3 - w**3, (z - w) * (z**2 + z * w + w**2))),
    Case("partial-fractions", "proved", lambda: identity(1 / (z**2 - 1), (1 / (z - 1) - 1 / (z + 1)) / 2)),
    Case("pythagoras", "proved", lambda: identity(sin(z) ** 2 + cos(z) ** 2, 1)),
    Case("double-angle", "proved", lambda: identity(sin(2 * z), 2 * sin(z) * cos(z), wrong=[sin(z) * cos(z)])),
    Case("sine-addition", "proved", lambda: identity(sin(z + w), sin(z) * cos(w) + cos(z) * sin(w))),
    Case("chain-of-three", "proved", lambda: identity(cos(2 * z), cos(z) ** 2 - sin(z) ** 2, 1 - 2 * sin(z) ** 2)),
    Case("hyperbolic", "proved", lambda: identity(cosh(z) ** 2 - sinh(z) ** 2, 1)),
    Case("tanh-of-half", "proved", lambda: identity(tanh(x / 2), (exp(x) - 1) / (exp(x) + 1))),
    Case("sigmoid-reflection", "proved", lambda: identity(1 / (1 + exp(-z)), 1 - 1 / (1 + exp(z)))),
    Case("logarithm-of-product", "proved", lambda: identity(log(p * q * r), log(p) + log(q) + log(r))),
    Case("power-of-product", "proved", lambda: identity((p * q) ** c, p**c * q**c)),
    Case("root-of-square", "proved", lambda: identity(sqrt(x**2 + 2 * x + 1), Abs(x + 1))),
    Case(
        "logarithm-of-square",
        "proved",
        lambda: identity(log((x - 1) ** 2), 2 * log(x - 1), given=x > 1),
    ),
    Case("absolute-square", "proved", lambda: identity((x + I * y) * conjugate(x + I * y), x**2 + y**2)),
    Case("golden-ratio", "proved", lambda: identity(((1 + sqrt(5)) / 2) ** 2, (3 + sqrt(5)) / 2)),
    Case("nested-root", "proved", lambda: identity(sqrt(5 + 2 * sqrt(6)), sqrt(2) + sqrt(3))),
    Case("machin", "proved", lambda: identity(tan(4 * atan(Rational(1, 5)) - atan(Rational(1, 239))), 1)),
    Case("relu-split", "proved", lambda: identity((x + Abs(x)) ** 2 / 4 + (x - Abs(x)) ** 2 / 4, x**2)),
]

CALCULUS = [
    Case("product-rule", "proved", lambda: identity(D(f(t) * g(t), t), D(f(t), t) * g(t) + f(t) * D(g(t), t))),
    Case("chain-rule", "proved", lambda: identity(D(exp(sin(z)), z), cos(z) * exp(sin(z)))),
    Case("quotient-rule", "proved", lambda: identity(D(sin(z) / z, z), (z * cos(z) - sin(z)) / z**2)),
    Case("second-derivative", "proved", lambda: identity(D(sin(c * z), z, 2), -(c**2) * sin(c * z))),
    Case("gaussian-integral", "proved", lambda: identity(Integral(exp(-(s**2)), (s, -oo, oo)), sqrt(pi))),
    Case("gaussian-variance", "proved", lambda: (
        identity(Integral(s**2 * exp(-(s**2) / 2), (s, -oo, oo)), sqrt(2 * pi)))),
    Case("derivative-of-a-vanishing-change", "proved", lambda: identity(D(y * (exp(x) - 1), x), y * exp(x))),
    Case("derivative-next-to-a-constant", "proved", lambda: identity(D(c + exp(-(x**2)), x), -2 * x * exp(-(x**2)))),
    Case("substitution-of-an-exact-zero", "proved", lambda: identity(
        Subs(exp((z - 1) * (1 - exp(-t))) * (1 + (z - 1) * exp(-t)) ** m, t, 0), z**m, cases={m: range(1, 4)}),
        "m = 1, …, 3"),
    Case("terms-that-vanish", "proved", lambda: identity(
        Sum((Entry(X, k, 1) - Entry(X, m, 1)) * Entry(A, k, m), (k, 1, 2), (m, 1, 2)),
        (Entry(X, 1, 1) - Entry(X, 2, 1)) * (Entry(A, 1, 2) - Entry(A, 2, 1)), sizes=[2]), "k = 2"),
    Case("two-routes-to-a-fraction", "proved", lambda: agrees(
        lambda a, b: Fraction(a, b) + 1, lambda a, b: Fraction(a + b, b), {"a": each(1, 2, 3), "b": each(2, 5)},
        wrong=lambda a, b: Fraction(a, b) + 2), "all 6 cases"),
    Case("exponential-integral", "proved", lambda: identity(Integral(exp(-p * s), (s, 0, oo)), 1 / p)),
    Case("gamma-integral", "proved", lambda: identity(Integral(s**3 * exp(-s), (s, 0, oo)), 6)),
    Case("sine-half-period", "proved", lambda: identity(Integral(sin(s), (s, 0, pi)), 2)),
    Case("moving-end", "proved", lambda: identity(D(Integral(s**2, (s, 0, z)), z), z**2)),
    Case("exponential-series-summed", "proved", lambda: identity(Sum(x**k / factorial(k), (k, 0, oo)), exp(x))),
    Case("derivative-under-the-integral", "proved", lambda: identity(
        D(Integral(exp(-p * s**2), (s, 0, 1)), p), Integral(-(s**2) * exp(-p * s**2), (s, 0, 1)), scales=(0.1, 10))),
    Case("heat-kernel", "proved", lambda: (
        identity(D(exp(-(x**2) / (4 * p)) / sqrt(p), p), D(exp(-(x**2) / (4 * p)) / sqrt(p), x, 2))
    )),
    Case("triangular-sum", "proved", lambda: identity(Sum(k, (k, 1, n)), n * (n + 1) / 2)),
    Case("sum-of-cubes", "proved", lambda: identity(Sum(k**3, (k, 1, n)), (n * (n + 1) / 2) ** 2)),
    Case("geometric-sum", "proved", lambda: identity(
        Sum(z**k, (k, 0, m)), (1 - z ** (m + 1)) / (1 - z), cases={m: range(0, 6)}), "m = 0, …, 5"),
    Case("basel", "proved", lambda: identity(Sum(1 / k**2, (k, 1, oo)), pi**2 / 6)),
    Case("binomial-theorem", "proved", lambda: identity(
        Sum(binomial(m, k) * z**k, (k, 0, m)), (1 + z) ** m, cases={m: range(1, 6)}), "m = 1, …, 5"),
    Case("pascal", "proved", lambda: identity(
        binomial(n + 1, m), binomial(n, m) + binomial(n, m - 1), cases={m: [1, 2, 3]}), "m = 1, …, 3"),
    Case("gamma-shift", "proved", lambda: identity(gamma(p + 1), p * gamma(p))),
    Case("gamma-of-half", "proved", lambda: identity(Integral(exp(-s) / sqrt(s), (s, 0, oo)), sqrt(pi))),
    Case("factorial-ratio", "proved", lambda: identity(factorial(n + 1) / factorial(n), n + 1)),
    Case("product-telescopes", "proved", lambda: identity(Product(1 + 1 / k, (k, 1, n)), n + 1)),
]  # fmt: skip

CERTIFIED = [
    Case("gaussian-of-any-width", "proved", lambda: identity(Integral(exp(-p * s**2), (s, -oo, oo)), sqrt(pi / p))),
    Case("gaussian-anywhere", "proved", lambda: (
        identity(Integral(exp(-p * (s - x) ** 2 / 2), (s, -oo, oo)), sqrt(2 * pi / p)))),
    Case("gamma-of-any-parameter", "proved", lambda: identity(Integral(s ** (p - 1) * exp(-s), (s, 0, oo)), gamma(p))),
    Case("gamma-with-a-rate", "proved", lambda: (
        identity(Integral(s ** (p - 1) * exp(-q * s), (s, 0, oo)), gamma(p) / q**p))),
    Case("beta-of-any-parameters", "checked", lambda: (
        agrees(Integral(s ** (p - 1) * (1 - s) ** (q - 1), (s, 0, 1)), gamma(p) * gamma(q) / gamma(p + q)))),
    Case("zeta-of-three-halves", "checked", lambda: (
        agrees(Sum(k ** Rational(-3, 2), (k, 1, oo)), zeta(Rational(3, 2))))),
    Case("zipf", "checked", lambda: agrees(Sum(k ** (-1 - p), (k, 1, oo)), zeta(1 + p))),
    Case("logarithms-over-squares", "checked", lambda: (
        agrees(Sum(log(k) / k**2, (k, 1, oo)), -Subs(Derivative(zeta(z), z), z, 2)))),
    Case("factorial-moment-of-poisson", "proved", lambda: (
        identity(Sum(k * (k - 1) * p**k * exp(-p) / factorial(k), (k, 0, oo)), p**2))),
    Case("negative-binomial", "checked", lambda: (
        agrees(Sum(binomial(k, 2) * p**k, (k, 2, oo)), p**2 / (1 - p) ** 3, given=p < 1))),
    Case("dirichlet-integral", "proved", lambda: identity(Integral(sin(s) / s, (s, 0, oo)), pi / 2)),
    Case("fresnel-integral", "proved", lambda: identity(Integral(sin(s**2), (s, 0, oo)), sqrt(2 * pi) / 4)),
    Case("gaussian-in-a-parameter", "proved", lambda: identity(
        D(Integral(exp(-p * s**2), (s, -oo, oo)), p), -sqrt(pi) / (2 * p ** Rational(3, 2)))),
    Case("gaussian-of-two-variables", "checked", lambda: agrees(
        Integral(exp(-(s**2 + s * u + u**2)), (s, -oo, oo), (u, -oo, oo)), 2 * pi / sqrt(3))),
    Case("derangements-to-the-last-digit", "checked", lambda: agrees(
        Sum((-1) ** k / factorial(k), (k, 0, m)) * factorial(m), floor(factorial(m) / E + Rational(1, 2)),
        given=[m >= 1, m <= 90])),
]  # fmt: skip

MATRICES = [
    Case("determinant-of-product", "proved", lambda: identity(Det(A * B), Det(A) * Det(B), sizes=[1, 2, 3]), "k ≤ 3"),
    Case("trace-of-product", "proved", lambda: identity(Tr(A * B), Tr(B * A), sizes=[1, 2, 3]), "k ≤ 3"),
    Case("trace-is-cyclic", "proved", lambda: identity(Tr(A * B * C), Tr(B * C * A), sizes=[2, 3]), "k = 2, 3"),
    Case("adjugate", "proved", lambda: identity(X * Adj(X), Det(X), sizes=[1, 2, 3]), "k ≤ 3"),
    Case("adjugate-of-product", "proved", lambda: identity(Adj(A * B), Adj(B) * Adj(A), sizes=[2]), "k = 2"),
    Case("inverse-by-adjugate", "proved", lambda: (
        identity(X**-1, Adj(X) / Det(X), sizes=[2, 3], given=invertible(X))), "k = 2, 3"),
    Case("determinant-gradient", "proved", lambda: identity(D(Det(X), X), T(Adj(X)), sizes=[2, 3]), "k = 2, 3"),
    Case("jacobi", "proved", lambda: identity(D(Det(M), t), Tr(Adj(M) * D(M, t)), sizes=[1, 2, 3]), "k ≤ 3"),
    Case("product-rule-of-matrices", "proved", lambda: (
        identity(D(M * N, t), D(M, t) * N + M * D(N, t), sizes=[2])), "k = 2"),
    Case("cayley-hamilton-2", "proved", lambda: identity(A**2 - Tr(A) * A + Det(A), 0, sizes=[2]), "k = 2"),
    Case("determinant-of-sum-2", "proved", lambda: (
        identity(Det(A + B), Det(A) + Det(B) + Tr(Adj(A) * B), sizes=[2])), "k = 2"),
    Case("transpose-of-product", "proved", lambda: identity(T(A * B), T(B) * T(A), sizes=[2, 3]), "k = 2, 3"),
    Case("transposed-square-trace", "proved", lambda: (
        identity(Tr(T(A) * A), Tr(A**2), sizes=[2], given=symmetric(A))), "k = 2"),
    Case("similar-trace", "proved", lambda: (
        identity(Tr(P * A * P**-1), Tr(A), sizes=[2], given=invertible(P))), "k = 2"),
    Case("jacobi-of-commutators", "proved", lambda: identity(
        commutator(A, commutator(B, C)) + commutator(B, commutator(C, A)) + commutator(C, commutator(A, B)), 0)),
    Case("leibniz-of-commutators", "proved", lambda: (
        identity(commutator(A, B * C), commutator(A, B) * C + B * commutator(A, C)))),
    Case("geometric-in-algebra", "proved", lambda: identity(1 - A**3, (1 - A) * (1 + A + A**2))),
    Case("exponential-of-logarithm", "proved", lambda: (
        identity(Exp(Log(A)), A, sizes=[1], given=invertible(A))), "k = 1"),
    Case("sum-by-hypothesis", "proved", lambda: identity((x + y) ** 2, 1, given=Eq(y, 1 - x))),
    Case("frobenius-by-entries", "proved", lambda: identity(
        Tr(A * T(A)), Sum(Sum(Entry(A, k, n) ** 2, (k, 1, 2)), (n, 1, 2)), sizes=[2])),
    Case("square-of-commuting-sum", "proved", lambda: (
        identity((A + B) ** 2, A**2 + 2 * A * B + B**2, given=commute(A, B)))),
    Case("rotation-is-exponential", "proved", lambda: (
        identity(Exp(Const([[0, -u], [u, 0]])), ROTATION, scales=(1e-2, 10)))),
    Case("rotation-determinant", "proved", lambda: identity(Det(ROTATION), 1)),
    Case("shear-exponential", "proved", lambda: identity(Exp(Const([[0, z], [0, 0]])), Const([[1, z], [0, 1]]))),
    Case("diagonal-exponential", "proved", lambda: (
        identity(Det(Exp(L)), exp(Tr(L)), sizes=[1, 2, 3], given=diagonal(L))), "k ≤ 3"),
    Case("outer-shapes", "proved", lambda: (
        identity(Tr(X * Y), Tr(Y * X), sizes=[{X: (2, 3), Y: (3, 2)}]))),
    Case("gram-mean", "proved", lambda: (
        identity(Expect(Entry(T(X) * X, 1, 1), iid(X, p)), 2 * p, sizes=[{X: (2, 2)}]))),
]  # fmt: skip

SERIES = [
    Case("exponential-series", "series", lambda: series(exp(t), 1 + t + t**2 / 2 + t**3 / 6, t, 4), "O(t^4)"),
    Case("logarithm-series", "series", lambda: series(log(1 + t), t - t**2 / 2, t, 3), "O(t^3)"),
    Case("sine-over-argument", "series", lambda: series(sin(t) / t, 1 - t**2 / 6, t, 4), "O(t^4)"),
    Case("determinant-near-unit", "series", lambda: series(Det(1 + t * A), 1 + t * Tr(A), t, 2, sizes=[2, 3])),
    Case("exponential-of-matrix", "series", lambda: series(Exp(t * A), 1 + t * A + t**2 * A**2 / 2, t, 3)),
    Case("baker-campbell-hausdorff", "series", lambda: (
        series(Exp(t * A) * Exp(t * B), Exp(t * (A + B) + t**2 * commutator(A, B) / 2), t, 3))),
    Case("resolvent", "series", lambda: series((1 - t * A) ** -1, 1 + t * A + t**2 * A**2, t, 3)),
    Case("large-root", "series", lambda: series(sqrt(p**2 + 1), p + 1 / (2 * p), p, 3, at=oo)),
    Case("series-at-one", "series", lambda: series(log(x), (x - 1) - (x - 1) ** 2 / 2, x, 3, at=1)),
]  # fmt: skip

LIMITS = [
    Case("sinc-limit", "proved", lambda: limit(sin(x) / x, x, 0, 1)),
    Case("euler-limit", "proved", lambda: limit((1 + 1 / x) ** x, x, oo, E)),
    Case("one-sided-limit", "proved", lambda: limit(atan(1 / x), x, 0, pi / 2)),
    Case("left-limit", "proved", lambda: limit(atan(1 / x), x, 0, -pi / 2, side="-")),
    Case("squeezed-limit", "proved", lambda: limit(x * sin(1 / x), x, 0, 0)),
    Case("infinite-limit", "proved", lambda: limit(1 / x, x, 0, oo)),
    Case("derivative-as-limit", "proved", lambda: limit((exp(2 * x) - 1) / x, x, 0, 2)),
]

AGREES = [
    Case("determinant-by-permutations", "checked", lambda: agrees(
        np.linalg.det, det_by_permutations, {"a": random_matrix(1, 4)}, tol=1e-9, wrong=[np.trace])),
    Case("exponential-by-series", "checked", lambda: agrees(
        lambda A: linalg.expm(A), lambda A: sum(np.linalg.matrix_power(A, j) / math.factorial(j) for j in range(60)),
        {"A": random_matrix(2, 4, kinds=("gaussian", "symmetric"))}, tol=1e-10, wrong=[lambda A: np.exp(A)])),
    Case("gamma-by-product", "checked", lambda: agrees(
        lambda x: special.gamma(x + 1), lambda x: x * special.gamma(x), {"x": uniform(0.1, 8)},
        wrong=[lambda x: (x + 1) * special.gamma(x)])),
    Case("derangements", "proved", lambda: agrees(
        derangements, derangements_by_recurrence, {"n": each(range(2, 12))},
        wrong=[lambda n: math.factorial(n) // 3]), "all 10 cases"),
    Case("parity-of-binomials", "proved", lambda: agrees(
        lambda n, k: math.comb(n, k) % 2, lambda n, k: int((n & k) == k),
        {"n": each(range(8)), "k": each(range(8))}, wrong=[lambda n, k: int((n | k) == k)]), "all 64 cases"),
    Case("exact-fractions", "proved", lambda: agrees(
        lambda n: sum((Fraction(1, j * (j + 1)) for j in range(1, n + 1)), Fraction(0)) * (n + 1), lambda n: n,
        {"n": each(range(1, 20))}, wrong=[lambda n: n + 1]), "all 19 cases"),
    Case("trees-to-fifty-digits", "checked", lambda: agrees(sin(3 * z), 3 * sin(z) - 4 * sin(z) ** 3)),
    Case("bessel-recurrence", "checked", lambda: (
        agrees(besselj(n - 1, p) + besselj(n + 1, p), 2 * n / p * besselj(n, p), scales=(0.1, 5)))),
    Case("absolute-scale", "checked", lambda: agrees(
        lambda x: np.sin(x), lambda x: np.cos(x - np.pi / 2), LINE, scale="absolute", tol=1e-12)),
]  # fmt: skip

BOUNDS = [
    Case("arithmetic-geometric", "proved", lambda: bound(2 * x * y, x**2 + y**2, because=(x - y) ** 2)),
    Case("exponential-above-tangent", "proved", lambda: (
        bound(1 + x, exp(x), minimum_at={x: 0}, equality=[{x: 0}], scales=(1e-3, 30)))),
    Case("logarithm-below-line", "proved", lambda: bound(log(p), p - 1, minimum_at={p: 1}, equality=[{p: 1}])),
    Case("positive-square", "proved", lambda: bound(0, x**2 + 1)),
    Case("unit-interval", "proved", lambda: bound(x**2, x, given=[x > 0, x < 1])),
    Case("young", "proved", lambda: (
        bound(p * q, p**2 / 2 + q**2 / 2, because=(p - q) ** 2 / 2, equality=[{p: 1, q: 1}]))),
    Case("cauchy-schwarz", "proved", lambda: (
        bound((x * u + y * v) ** 2, (x**2 + y**2) * (u**2 + v**2), because=(x * v - y * u) ** 2))),
    Case("softplus-below-its-value-at-zero", "proved", lambda: bound(log(1 + exp(-p)), log(2))),
    Case("fenchel-young", "proved", lambda: (
        bound(x * p, exp(x) + p * log(p) - p, minimum_at={x: log(p)}, scales=(0.01, 30)))),
    Case("tail-of-the-normal-law", "proved", lambda: bound(erfc(p), exp(-(p**2)))),
    Case("hyperbola-above-its-asymptote", "proved", lambda: bound(2 * p, sqrt(1 + 4 * p**2))),
    Case("sine-below-argument-proved", "proved", lambda: bound(sin(x), x, given=[x > 0, x < 1]), "0 ≤ x ≤ 1"),
    Case("on-a-square", "proved", lambda: bound(
        sin(x) * cos(y) + x * y, Rational(3, 2), given=[x > 0, x < 1, y > 0, y < 1]), "0 ≤ x ≤ 1, 0 ≤ y ≤ 1"),
    Case("touches-inside", "proved", lambda: bound(x * exp(-x), exp(-1), given=[x > 0, x < 5], equality=[{x: 1}])),
    Case("gap-of-softplus", "proved", lambda: (
        bound(log(1 + exp(x)) - Max(x, 0), Rational(6931472, 10**7), given=[x > -5, x < 5]))),
    Case("sine-below-argument", "bounded", lambda: (
        bound(lambda x: abs(np.sin(x)), lambda x: abs(x), {"x": uniform(-3, 3)}, tight=0.99,
              wrong=[lambda x: 0.9 * abs(x)]))),
    Case("spectral-below-frobenius", "bounded", lambda: bound(
        lambda A: np.linalg.norm(A, 2), lambda A: np.linalg.norm(A), {"A": random_matrix(1, 3)}, tight=0.99)),
    Case("frobenius-below-nuclear", "bounded", lambda: bound(
        lambda A: np.linalg.norm(A, "fro"), lambda A: np.linalg.norm(A, "nuc"), {"A": random_matrix(1, 3)}, tight=0.9)),
    Case("differ-in-a-default", "bounded", lambda: bound(
        lambda x, c=1: x * c, lambda x, c=2: x * c, UNIT, wrong=[lambda x: x / 2])),
    Case("triangle", "bounded", lambda: bound(
        lambda x, y: np.linalg.norm(x + y), lambda x, y: np.linalg.norm(x) + np.linalg.norm(y),
        {"x": normal(3), "y": normal(3)}, wrong=[lambda x, y: 0.9 * (np.linalg.norm(x) + np.linalg.norm(y))])),
    Case("central-binomial", "proved", lambda: bound(
        lambda n: math.comb(2 * n, n), lambda n: 4**n, {"n": each(range(1, 20))}, wrong=[lambda n: 3**n]),
        "all 19 cases"),
]  # fmt: skip

ESTIMATES = [
    Case("mean-of-square", "estimated", lambda: (
        estimate(lambda rng, n: rng.standard_normal(n) ** 2, 1.0, n=40_000, detect=0.06))),
    Case("unbiased-variance", "estimated", lambda: estimate(
        lambda rng, n: rng.standard_normal((n, 5)).var(axis=1, ddof=1), 1.0, n=40_000, detect=0.05, wrong=[0.8])),
    Case("biased-variance", "estimated", lambda: estimate(
        lambda rng, n: rng.standard_normal((n, 5)).var(axis=1), 0.8, n=40_000, detect=0.05, wrong=[1.0])),
    Case("covariance-matrix", "estimated", lambda: estimate(
        lambda rng, n: (lambda g: g[:, :, None] * g[:, None, :])(rng.standard_normal((n, 2))), np.eye(2),
        n=40_000, detect=0.08)),
    Case("sum-of-squares-law", "estimated", lambda: estimate(
        lambda rng, n: (rng.standard_normal((n, 3)) ** 2).sum(axis=1), cdf=lambda s: stats.chi2.cdf(s, 3),
        n=20_000, detect=0.05, wrong=[lambda s: stats.norm.cdf(s, 3, math.sqrt(6))])),
    Case("discrete-law", "estimated", lambda: estimate(
        lambda rng, n: rng.binomial(3, 0.5, n), cdf=lambda s: stats.binom.cdf(s, 3, 0.5), n=20_000, detect=0.05,
        wrong=[lambda s: stats.binom.cdf(s, 3, 0.4)])),
    Case("probability", "estimated", lambda: estimate(
        lambda rng, n: rng.random(n) < 0.25, 0.25, n=40_000, detect=0.02, wrong=[0.3])),
]  # fmt: skip

REFUTED = [
    Case("root-of-square-is-not-itself", "refuted", lambda: refute(
        (sqrt(x**2), x), at={x: -1}, holds_at={x: 2}, corrected=identity(sqrt(x**2 - 2 * x * y + y**2), Abs(x - y)))),
    Case("exponentials-do-not-multiply", "refuted", lambda: refute(
        (Exp(A + B), Exp(A) * Exp(B)),
        at={A: [[0, 1], [0, 0]], B: [[0, 0], [1, 0]]}, holds_at={A: [[1, 1], [0, 1]], B: [[2, 0], [0, 2]]},
        corrected=series(Exp(t * A) * Exp(t * B), Exp(t * (A + B) + t**2 * commutator(A, B) / 2), t, 3))),
    Case("determinant-is-not-additive", "refuted", lambda: refute(
        (Det(A + B), Det(A) + Det(B)), at={A: [[1, 0], [0, 1]], B: [[1, 0], [0, 1]]},
        holds_at={A: [[1, 0], [0, 0]], B: [[1, 0], [0, 0]]},
        corrected=identity(Det(A + B), Det(A) + Det(B) + Tr(Adj(A) * B), sizes=[2]))),
    Case("mean-of-reciprocal", "refuted", lambda: refute(
        (lambda x: np.mean(1 / np.asarray(x)), lambda x: 1 / np.mean(x)), at={"x": [1.0, 2.0]},
        holds_at={"x": [2.0, 2.0]},
        corrected=bound(lambda x: 1 / np.mean(x), lambda x: np.mean(1 / x), {"x": lambda rng: rng.random(4) + 0.1},
                        wrong=[lambda x: 0.9 / np.mean(x)]))),
    Case("square-root-is-not-below", "refuted", lambda: refute(
        (sqrt(p), p), relation="<=", at={p: Rational(1, 4)}, holds_at={p: 4},
        corrected=bound(sqrt(p), (1 + p) / 2, because=(sqrt(p) - 1) ** 2 / 2, equality=[{p: 1}]))),
]  # fmt: skip

STEPS = [
    Case("harmonic-numbers", "proved", lambda: identity(Sum(1 / k, (k, 1, n)), digamma(n + 1) + EulerGamma)),
    Case("derivative-of-a-square-of-matrices", "proved", lambda: identity(
        D((A + t * B) ** 2, t), A * B + B * A + 2 * t * B**2)),
    Case("gradient-at-a-symmetric-matrix", "proved", lambda: identity(
        D(Tr(A**2), A), 2 * A, sizes=[1, 2, 3], given=symmetric(A)), "k ≤ 3"),
    Case("taylor-of-an-unknown-function", "series", lambda: series(
        f(x + t), f(x) + t * D(f(x), x) + t**2 / 2 * D(f(x), x, 2), t, 3)),
    Case("softplus-gap", "proved", lambda: bound(log(1 + exp(x)) - Max(x, 0), log(2), minimum_at={x: 0})),
    Case("step-on-cosines", "proved", lambda: follows(
        cos(2 * x), 1 - 2 * sin(x) ** 2, premises=[PREMISE], by={cos(2 * x): cos(x) ** 2 - sin(x) ** 2}),
        premise=lambda: identity(cos(2 * x), cos(x) ** 2 - sin(x) ** 2)),
    Case("step-on-matrices", "proved", lambda: follows(
        Det(A * B) * Tr(C), Det(B) * Det(A) * Tr(C), premises=[PREMISE], by={Det(A * B): Det(A) * Det(B)}, sizes=[2]),
        premise=lambda: identity(Det(A * B), Det(A) * Det(B), sizes=[2])),
    Case("squared-step-on-matrices", "proved", lambda: follows(
        (Det(A * B) + 1) ** 2, Det(A) ** 2 * Det(B) ** 2 + 2 * Det(A) * Det(B) + 1, premises=[PREMISE],
        by={Det(A * B): Det(A) * Det(B)}, sizes=[2]), "k = 2",
        premise=lambda: identity(Det(A * B), Det(A) * Det(B), sizes=[2])),
    Case("step-on-checked-premise", "checked", lambda: follows(
        sin(3 * z) ** 2, 9 * sin(z) ** 2 - 24 * sin(z) ** 4 + 16 * sin(z) ** 6, premises=[PREMISE],
        by={sin(3 * z): 3 * sin(z) - 4 * sin(z) ** 3}),
        premise=lambda: agrees(sin(3 * z), 3 * sin(z) - 4 * sin(z) ** 3)),
]  # fmt: skip

TRUE = distinct(
    ALGEBRA + CALCULUS + CERTIFIED + MATRICES + SERIES + LIMITS + AGREES + BOUNDS + ESTIMATES + REFUTED + STEPS
)
