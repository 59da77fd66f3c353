"""False statements that a careless author would write, over all verbs. None may be accepted.

"counterexample": the failure has to name both sides and a concrete point; "false": any refusal is right.
"""

# ruff: noqa: F403, F405

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from scipy import linalg, special, stats

from claims.bench import PREMISE, Case, distinct
from scispaces.claims import *

x, y, u, v, s = symbols("x y u v s", real=True)
p, q, r = symbols("p q r", positive=True)
t, z, w, a, b, c = symbols("t z w a b c")
k, m, j = symbols("k m j", integer=True)
n = symbols("n", integer=True, positive=True)
A, B, C, G, P, L, X, Y = matrices("A B C G P L X Y")
f, g = Function("f"), Function("g")
M, N = mfun("M", t), mfun("N", t)
UNIT = {"x": uniform(0, 1)}
LINE = {"x": uniform(-5, 5)}
SHOWN = "counterexample"


def true_correction():
    return identity(sin(2 * x), 2 * sin(x) * cos(x))


ALGEBRA = [
    Case("wrong-sign", SHOWN, lambda: identity(cos(z + w), cos(z) * cos(w) + sin(z) * sin(w))),
    Case("wrong-factor", SHOWN, lambda: identity(sin(2 * z), sin(z) * cos(z))),
    Case("wrong-exponent", SHOWN, lambda: identity(D(z**5, z), 5 * z**5)),
    Case("freshmans-dream", SHOWN, lambda: identity((z + w) ** 3, z**3 + w**3)),
    Case("root-of-sum", SHOWN, lambda: identity(sqrt(p + q), sqrt(p) + sqrt(q))),
    Case("wrong-middle-of-a-chain", SHOWN, lambda: (
        identity(cos(2 * z), cos(z) ** 2 + sin(z) ** 2 - 2 * cos(z) ** 2, 1 - 2 * sin(z) ** 2))),
    Case("wrong-end-of-a-chain", SHOWN, lambda: (
        identity(cos(2 * z), cos(z) ** 2 - sin(z) ** 2, 2 * sin(z) ** 2 - 1))),
    Case("swapped-quotient", SHOWN, lambda: identity(tan(z), cos(z) / sin(z))),
    Case("partial-fractions-sign", SHOWN, lambda: identity(1 / (z**2 - 1), (1 / (z - 1) + 1 / (z + 1)) / 2)),
    Case("true-at-integers-only", SHOWN, lambda: identity(sin(pi * x), 0)),
    Case("true-at-small-integers-only", SHOWN, lambda: (
        identity((z - 1) * (z - 2) * (z - 3) * (z + 1) * (z + 2) * z, 0))),
    Case("constant-that-is-tiny", SHOWN, lambda: identity((z + 1) ** 2, z**2 + 2 * z + 1 + Rational(1, 10**6))),
]  # fmt: skip

BRANCHES = [
    Case("logarithm-of-exponential", SHOWN, lambda: identity(log(exp(z)), z)),
    Case("logarithm-in-half-the-strip", SHOWN, lambda: agrees(log(exp(z)), z)),
    Case("root-of-square", SHOWN, lambda: identity(sqrt(z**2), z)),
    Case("root-of-real-square", SHOWN, lambda: agrees(sqrt(x**2 + 2 * x + 1), x + 1)),
    Case("arctan-addition", SHOWN, lambda: identity(atan(x) + atan(y), atan((x + y) / (1 - x * y)))),
    Case("arctan-of-reciprocal", SHOWN, lambda: identity(atan(x) + atan(1 / x), pi / 2)),
    Case("arcsine-of-sine", SHOWN, lambda: identity(asin(sin(x)), x)),
    Case("power-of-product", SHOWN, lambda: identity((z * w) ** a, z**a * w**a)),
    Case("root-of-product", SHOWN, lambda: identity(sqrt(z * w), sqrt(z) * sqrt(w))),
    Case("logarithm-of-product", SHOWN, lambda: identity(log(z * w), log(z) + log(w))),
    Case("logarithm-of-power", SHOWN, lambda: identity(log(z**3), 3 * log(z))),
    Case("logarithm-of-real-square", SHOWN, lambda: identity(log(x**2), 2 * log(x))),
    Case("power-of-power", SHOWN, lambda: identity((z**2) ** a, z ** (2 * a))),
    Case("root-of-reciprocal", SHOWN, lambda: identity(sqrt(1 / z), 1 / sqrt(z))),
    Case("on-the-cut-only", SHOWN, lambda: agrees(sqrt(1 / z), 1 / sqrt(z))),
    Case("conjugate-on-the-cut", SHOWN, lambda: agrees(log(conjugate(z)), conjugate(log(z)))),
    Case("argument-of-product", SHOWN, lambda: identity(arg(z * w), arg(z) + arg(w))),
    Case("modulus-is-linear", SHOWN, lambda: identity(Abs(z + w), Abs(z) + Abs(w))),
    Case("conjugate-forgotten", SHOWN, lambda: identity(Abs(z) ** 2, z**2)),
    Case("matrix-logarithm-of-exponential", "false", lambda: identity(Log(Exp(A)), A, sizes=[1])),
    Case("hypothesis-too-weak", SHOWN, lambda: identity(log((x - 1) ** 2), 2 * log(x - 1), given=x > 0)),
    Case("hypothesis-missing", SHOWN, lambda: identity(sqrt(x**2) * p, x * p)),
]  # fmt: skip

CALCULUS = [
    Case("product-rule-without-cross-term", SHOWN, lambda: identity(D(f(t) * g(t), t), D(f(t), t) * D(g(t), t))),
    Case("quotient-rule-sign", SHOWN, lambda: identity(D(sin(z) / z, z), (z * cos(z) + sin(z)) / z**2)),
    Case("chain-rule-forgotten", SHOWN, lambda: identity(D(sin(c * z), z), cos(c * z))),
    Case("conjugate-of-an-unknown-function", "false", lambda: agrees(f(conjugate(z)), conjugate(f(z)))),
    Case("unknown-function-is-real", "false", lambda: agrees(Abs(f(x)) ** 2, f(x) ** 2)),
    Case("derivative-of-a-conjugate", "false", lambda: agrees(D(conjugate(z), z), 1)),
    Case("derivative-of-a-real-part", "false", lambda: agrees(D(re(z) ** 2, z), 2 * re(z))),
    Case("derivative-of-a-modulus", "false", lambda: identity(D(Abs(z) ** 2, z), 2 * Abs(z))),
    Case("second-derivative-sign", SHOWN, lambda: identity(D(cos(c * z), z, 2), c**2 * cos(c * z))),
    Case("heat-kernel-factor", SHOWN, lambda: identity(
        D(exp(-(x**2) / (2 * p)) / sqrt(p), p), D(exp(-(x**2) / (2 * p)) / sqrt(p), x, 2))),
    Case("moving-end-lost", SHOWN, lambda: identity(D(Integral(s * z, (s, 0, z)), z), z**2)),
    Case("sympys-integral-of-abs-sin", SHOWN, lambda: identity(Integral(Abs(sin(s)), (s, 0, 3 * pi)), 2)),
    Case("gaussian-normalisation", SHOWN, lambda: identity(Integral(exp(-(s**2) / 2), (s, -oo, oo)), sqrt(pi))),
    Case("principal-value", "false", lambda: identity(Integral(1 / s, (s, -1, 1)), 0)),
    Case("principal-value-checked", "false", lambda: agrees(Integral(1 / s, (s, -1, 1)), 0)),
    Case("across-a-double-pole", "false", lambda: identity(Integral(1 / s**2, (s, -1, 1)), -2)),
    Case("sum-off-by-one", SHOWN, lambda: identity(Sum(k, (k, 1, n)), n * (n - 1) / 2)),
    Case("sum-from-zero", SHOWN, lambda: identity(Sum(z**k, (k, 0, m)), (1 - z**m) / (1 - z), cases={m: [2, 3]})),
    Case("harmonic-off-by-one", SHOWN, lambda: identity(Sum(1 / k, (k, 1, n)), digamma(n) + EulerGamma)),
    Case("basel-factor", SHOWN, lambda: identity(Sum(1 / k**2, (k, 1, oo)), pi**2 / 8)),
    Case("geometric-without-hypothesis", "false", lambda: identity(Sum(x**k, (k, 0, oo)), 1 / (1 - x))),
    Case("geometric-checked-without-hypothesis", "false", lambda: agrees(Sum(x**k, (k, 0, oo)), 1 / (1 - x))),
    Case("grandi", "false", lambda: agrees(Sum((-1) ** k, (k, 0, oo)), Rational(1, 2))),
    Case("divergent-powers", "false", lambda: agrees(Sum((-2) ** k, (k, 0, oo)), Rational(1, 3))),
    Case("pascal-shifted", SHOWN, lambda: (
        identity(binomial(n, m), binomial(n - 1, m) + binomial(n - 1, m + 1), cases={m: [1, 2]}))),
    Case("central-binomial-shifted", SHOWN, lambda: (
        identity(Sum(binomial(n, k) ** 2, (k, 0, n)), binomial(2 * n - 1, n), cases={n: [1, 2, 3, 4]}))),
    Case("gamma-shift", SHOWN, lambda: identity(gamma(p + 1), (p + 1) * gamma(p))),
    Case("gamma-duplication-exponent", SHOWN, lambda: (
        identity(gamma(p) * gamma(p + Rational(1, 2)), 2 ** (2 - 2 * p) * sqrt(pi) * gamma(2 * p)))),
    Case("stirling-as-identity", SHOWN, lambda: (
        identity(loggamma(p), (p - Rational(1, 2)) * log(p) - p + log(2 * pi) / 2))),
    Case("product-telescopes-wrongly", SHOWN, lambda: identity(Product(1 + 1 / k, (k, 1, n)), n)),
    Case("true-for-the-first-cases", SHOWN, lambda: (
        identity(2 ** (m - 1), (m**4 - 6 * m**3 + 23 * m**2 - 18 * m + 24) / 24, cases={m: range(1, 8)}))),
]  # fmt: skip

NEARLY = [
    Case("ramanujans-constant", SHOWN, lambda: identity(exp(pi * sqrt(163)), Integer(640320) ** 3 + 744)),
    Case("ramanujans-constant-checked", SHOWN, lambda: agrees(exp(pi * sqrt(163)), Integer(640320) ** 3 + 744)),
    Case("forty-four-digits", "false", lambda: (
        agrees(exp(pi * sqrt(652)), Integer(68925893036109279891085639286943768)))),
    Case("forty-four-digits-proved", "false", lambda: (
        identity(exp(pi * sqrt(652)), Integer(68925893036109279891085639286943768)))),
    Case("pi-by-355-113", SHOWN, lambda: identity(pi, Rational(355, 113))),
    Case("castellanos", SHOWN, lambda: identity(pi**4 + pi**5, exp(6))),
    Case("fermat-near-miss", SHOWN, lambda: (
        identity((Integer(3987) ** 12 + Integer(4365) ** 12) ** Rational(1, 12), 4472))),
    Case("fifteen-digits-of-a-constant", SHOWN, lambda: identity(
        Integral(exp(-s), (s, 0, oo)), Rational(10**9 + 1, 10**9))),
    Case("thirty-five-digits", "false", lambda: agrees(sin(x) ** 2 + cos(x) ** 2, 1 + Rational(1, 10**35))),
    Case("borwein", "false", lambda: identity(
        Integral(Product(sin(s / (2 * k + 1)) / (s / (2 * k + 1)), (k, 0, 7)), (s, 0, oo)), pi / 2)),
    Case("floors-of-tanh", "false", lambda: (
        identity(Sum(floor(k * tanh(pi)) / 10**k, (k, 1, oo)), Rational(1, 81)))),
    Case("subsets-by-e", SHOWN, lambda: (
        identity(Sum(binomial(n, k) * factorial(n - k), (k, 0, n)), E * factorial(n), given=n >= 40))),
    Case("subsets-by-e-checked", SHOWN, lambda: (
        agrees(Sum(binomial(n, k) * factorial(n - k), (k, 0, n)), E * factorial(n), given=n >= 40))),
    Case("derangements-by-e", SHOWN, lambda: agrees(Sum((-1) ** k / factorial(k), (k, 0, n)), exp(-1), given=n >= 40)),
    Case("tiny-arcosh-dropped", SHOWN, lambda: agrees(x + acosh(1 + Rational(1, 10**100)), x)),
    Case("tiny-erfc-dropped", SHOWN, lambda: agrees(1 + erfc(p + 15), 1)),
    Case("tiny-erfc-dropped-proved", SHOWN, lambda: identity(1 + erfc(p + 15), 1)),
    Case("tiny-exponential-dropped", SHOWN, lambda: agrees(tanh(100 + p), 1, scales=(1e-3, 10))),
    Case("three-hundred-digits", SHOWN, lambda: agrees(sin(x) ** 2 + cos(x) ** 2, 1 + Rational(1, 10**300))),
    Case("bessel-sum-cut-at-forty", SHOWN, lambda: agrees(
        besselj(0, p) ** 2 + 2 * Sum(besselj(k, p) ** 2, (k, 1, 40)), 1, scales=(0.1, 5))),
    Case("almost-commuting", SHOWN, lambda: identity((1 + z / 10**8) ** (10**8) * w, exp(z) * w)),
]  # fmt: skip

PEAKS = [
    Case("peak-beside-a-line", SHOWN, lambda: (
        agrees(Integral(exp(-(10**8) * (s - Rational(1, 3)) ** 2) + s, (s, 0, 1)), Rational(1, 2)))),
    Case("narrow-lorentzian", SHOWN, lambda: (
        agrees(Integral(1 / (1 + 10**10 * (s - Rational(271, 1000)) ** 2), (s, 0, 1)), 0))),
    Case("far-gaussian", SHOWN, lambda: agrees(Integral(exp(-(10**4) * (s - 7777) ** 2), (s, 0, oo)), 0)),
    Case("narrow-bump-in-a-cosine", SHOWN, lambda: (
        agrees(Integral(cos(s) + exp(-(10**10) * (s - Rational(1, 7)) ** 2), (s, 0, 1)), sin(1)))),
    Case("six-terms-that-vanish", SHOWN, lambda: (
        agrees(Sum(k * (k - 1) * (k - 2) * (k - 3) * (k - 4) * (k - 5) * (k - 6) / 2**k, (k, 0, oo)), 0))),
    Case("six-terms-that-vanish-proved", SHOWN, lambda: (
        identity(Sum(k * (k - 1) * (k - 2) * (k - 3) * (k - 4) * (k - 5) * (k - 6) / 2**k, (k, 0, oo)), 0))),
    Case("late-terms", SHOWN, lambda: agrees(Sum(exp(-((k - 300) ** 2)), (k, 0, oo)), 0)),
    Case("oscillating-squares", "false", lambda: agrees(Sum(sin(k**2) / k**2, (k, 1, oo)), Rational(81, 100))),
    Case("slowly-oscillating-sum", "false", lambda: (
        agrees(Sum(sin(k) / k, (k, 1, oo)), (pi - 1) / 2 + Rational(1, 10**9)))),
    Case("irregularly-oscillating-sum", "false", lambda: agrees(Sum(cos(k**2) / k, (k, 1, oo)), Rational(1, 10))),
    Case("zeta-in-the-twentieth-digit", SHOWN, lambda: agrees(
        Sum(k ** Rational(-3, 2), (k, 1, oo)), zeta(Rational(3, 2)) + Rational(1, 10**20))),
    Case("floating-point-third", "false", lambda: agrees(x * 0.333333333333333314829616256247390992939472198486328125,
        x / 3)),
]  # fmt: skip

MATRICES = [
    Case("adjugate-transposed", SHOWN, lambda: identity(X * T(Adj(X)), Det(X), sizes=[2, 3])),
    Case("gradient-transposed", SHOWN, lambda: identity(D(Det(X), X), Adj(X), sizes=[2])),
    Case("jacobi-transposed", SHOWN, lambda: identity(D(Det(M), t), Tr(T(Adj(M)) * D(M, t)), sizes=[2])),
    Case("inverse-of-product", SHOWN, lambda: identity((A * B) ** -1, A**-1 * B**-1, sizes=[2])),
    Case("transpose-of-product", SHOWN, lambda: identity(T(A * B), T(A) * T(B), sizes=[2, 3])),
    Case("trace-of-product", SHOWN, lambda: identity(Tr(A * B), Tr(A) * Tr(B), sizes=[1, 2])),
    Case("trace-not-cyclic", SHOWN, lambda: identity(Tr(A * B * C), Tr(A * C * B), sizes=[2])),
    Case("trace-of-unit", SHOWN, lambda: identity(Tr(1 + A), 1 + Tr(A), sizes=[1, 2])),
    Case("determinant-of-sum", SHOWN, lambda: identity(Det(A + B), Det(A) + Det(B), sizes=[1, 2])),
    Case("determinant-is-linear", SHOWN, lambda: identity(Det(c * A), c * Det(A), sizes=[1, 2])),
    Case("determinant-of-matrix-sum-2-at-3", SHOWN, lambda: (
        identity(Det(A + B), Det(A) + Det(B) + Tr(Adj(A) * B), sizes=[2, 3]))),
    Case("cayley-hamilton-2-at-3", SHOWN, lambda: identity(A**2 - Tr(A) * A + Det(A), 0, sizes=[2, 3])),
    Case("square-of-sum", SHOWN, lambda: identity((A + B) ** 2, A**2 + 2 * A * B + B**2)),
    Case("difference-of-squares", SHOWN, lambda: identity((A + B) * (A - B), A**2 - B**2, sizes=[2])),
    Case("matrices-commute", SHOWN, lambda: identity(A * B, B * A)),
    Case("commutator-with-product", SHOWN, lambda: (
        identity(commutator(A, B * C), commutator(A, B) * C + commutator(A, C) * B))),
    Case("derivative-of-square", SHOWN, lambda: identity(D(M**2, t), 2 * M * D(M, t), sizes=[2])),
    Case("derivative-of-free-square", "false", lambda: identity(D((A + t * B) ** 2, t), 2 * (A + t * B) * B)),
    Case("derivative-of-inverse", SHOWN, lambda: identity(D(M**-1, t), -D(M, t) * M**-2, sizes=[2])),
    Case("derivative-of-exponential", "false", lambda: identity(D(Exp(M), t), D(M, t) * Exp(M), sizes=[2])),
    Case("exponential-of-sum", "false", lambda: identity(Exp(A + B), Exp(A) * Exp(B), sizes=[2])),
    Case("exponential-of-triangular-sum", SHOWN, lambda: identity(
        Exp(Const([[0, u], [0, 1]])), Exp(Const([[0, u], [0, 0]])) * Exp(Const([[0, 0], [0, 1]])), scales=(0.1, 3))),
    Case("determinant-of-exponential", SHOWN, lambda: identity(Det(Exp(L)), Tr(Exp(L)), sizes=[2], given=diagonal(L))),
    Case("rotation-sign", SHOWN, lambda: identity(
        Exp(Const([[0, u], [-u, 0]])), Const([[cos(u), -sin(u)], [sin(u), cos(u)]]), scales=(0.1, 10))),
    Case("true-for-symmetric", SHOWN, lambda: identity(Tr(T(A) * A), Tr(A**2), sizes=[2])),
    Case("true-for-diagonal", SHOWN, lambda: (
        identity(Det(A), Entry(A, 1, 1) * Entry(A, 2, 2), sizes=[2], given=symmetric(A)))),
    Case("true-for-normal", SHOWN, lambda: identity(T(A) * A, A * T(A), sizes=[2])),
    Case("true-for-orthogonal", SHOWN, lambda: identity(T(A), A**-1, sizes=[2], given=invertible(A))),
    Case("true-for-commuting", SHOWN, lambda: identity(A * B * A, A**2 * B, sizes=[2], given=invertible(A, B))),
    Case("true-for-nilpotent", SHOWN, lambda: identity((1 - A) ** -1, 1 + A + A**2, sizes=[2])),
    Case("true-for-projections", SHOWN, lambda: identity(A**2, A, sizes=[1, 2])),
    Case("true-for-diagonalisable", SHOWN, lambda: (
        identity(Exp(Const([[z, 1], [0, z]])), Const([[exp(z), 1], [0, exp(z)]]), scales=(0.1, 3)))),
    Case("true-for-k-1", SHOWN, lambda: identity(Adj(A), 1, sizes=[1, 2])),
    Case("adjugate-of-scaled", SHOWN, lambda: identity(Adj(c * A), c * Adj(A), sizes=[2, 3])),
    Case("commuting-is-not-transitive", "false", lambda: (
        identity(A * C * B, C * A * B, given=[commute(A, B), commute(B, C)]))),
    Case("commuting-is-not-transitive-in-entries", "false", lambda: (
        identity(A * C * B, C * A * B, given=[commute(A, B), commute(B, C)], sizes=[2]))),
    Case("other-pairs-commute", "false", lambda: (
        identity(A * C * B * G, C * A * B * G, given=[commute(A, B), commute(C, G)]))),
    Case("gram-mean-of-wrong-side", SHOWN, lambda: (
        identity(Expect(Entry(T(X) * X, 1, 1), iid(X, p)), 3 * p, sizes=[{X: (2, 3)}]))),
    Case("gram-variance-is-gaussian-only", SHOWN, lambda: identity(
        Expect(Entry(T(X) * X, 1, 1) ** 2, iid(X, p)), 8 * p**2, sizes=[{X: (2, 1)}])),
    Case("mean-of-product", SHOWN, lambda: (
        identity(Expect(Tr(X) ** 2, iid(X, p)), p, sizes=[{X: (2, 2)}]))),
]  # fmt: skip

SERIES = [
    Case("last-order-wrong", SHOWN, lambda: series(exp(t), 1 + t + t**2 / 2 + t**3 / 3, t, 4)),
    Case("order-claimed-too-high", SHOWN, lambda: series(exp(t), 1 + t + t**2 / 2, t, 4)),
    Case("logarithm-sign", SHOWN, lambda: series(log(1 + t), t + t**2 / 2, t, 3)),
    Case("determinant-second-order", SHOWN, lambda: (
        series(Det(1 + t * A), 1 + t * Tr(A) + t**2 * Tr(A) ** 2 / 2, t, 3, sizes=[2]))),
    Case("campbell-hausdorff-sign", SHOWN, lambda: (
        series(Exp(t * A) * Exp(t * B), Exp(t * (A + B) - t**2 * commutator(A, B) / 2), t, 3))),
    Case("campbell-hausdorff-third-order", SHOWN, lambda: (
        series(Exp(t * A) * Exp(t * B), Exp(t * (A + B) + t**2 * commutator(A, B) / 2), t, 4))),
    Case("splitting-claimed-second-order", SHOWN, lambda: series(Exp(t * A) * Exp(t * B), Exp(t * (A + B)), t, 3)),
    Case("resolvent-sign", SHOWN, lambda: series((1 + t * A) ** -1, 1 + t * A, t, 2)),
    Case("large-argument", SHOWN, lambda: series(sqrt(p**2 + 1), p + 1 / p, p, 2, at=oo)),
    Case("one-sided-absolute-value", "false", lambda: series(Abs(sin(x)), x, x, 3)),
    Case("one-sided-root", "false", lambda: series(sqrt(1 - cos(x)), x / sqrt(2), x, 3)),
    Case("logarithm-in-remainder", "false", lambda: series(1 + t**2 * log(t), 1, t, 2)),
]  # fmt: skip

LIMITS = [
    Case("limit-from-the-wrong-side", "false", lambda: limit(atan(1 / x), x, 0, -pi / 2)),
    Case("limit-from-the-other-wrong-side", "false", lambda: limit(atan(1 / x), x, 0, pi / 2, side="-")),
    Case("limit-of-sign", "false", lambda: limit(Abs(x) / x, x, 0, 1, side="-")),
    Case("euler-limit-sign", "false", lambda: limit((1 - 1 / x) ** x, x, oo, E)),
    Case("cosine-limit-factor", "false", lambda: limit((1 - cos(x)) / x**2, x, 0, 1)),
    Case("oscillating-limit", "false", lambda: limit(sin(1 / x), x, 0, 0)),
]  # fmt: skip

AGREES = [
    Case("elementwise-exponential", SHOWN, lambda: (
        agrees(linalg.expm, lambda A: np.exp(A), {"A": random_matrix(1, 3)}))),
    Case("elementwise-product", SHOWN, lambda: (
        agrees(lambda A: A @ A, lambda A: A * A, {"A": random_matrix(1, 3)}))),
    Case("eigenvalues-for-singular-values", SHOWN, lambda: agrees(
        lambda A: np.linalg.norm(A, 2), lambda A: np.abs(np.linalg.eigvals(A)).max(), {"A": random_matrix(1,
            4)}, tol=1e-9)),
    Case("single-precision", SHOWN, lambda: (
        agrees(lambda x: np.sin(x), lambda x: np.float64(np.sin(np.float32(x))), LINE, tol=1e-12))),
    Case("difference-quotient", SHOWN, lambda: (
        agrees(lambda x: np.cos(x), lambda x: (np.sin(x + 1e-3) - np.sin(x)) / 1e-3, LINE, tol=1e-6))),
    Case("gamma-off-by-one", SHOWN, lambda: agrees(
        lambda x: special.gamma(x + 1), lambda x: special.gamma(x + 2) / (x + 2), {"x": uniform(0.1, 8)})),
    Case("wrong-at-one-case", SHOWN, lambda: agrees(
        lambda n: sum(1 for d in range(1, n + 1) if n % d == 0) == 2,
        lambda n: n > 1 and all(n % d for d in (2, 3, 5, 7) if d < n), {"n": each(range(1, 130))})),
    Case("off-by-one-in-a-large-integer", SHOWN, lambda: (
        agrees(lambda n: n**20, lambda n: n**20 + 1, {"n": each(range(7, 30))}))),
    Case("large-fractions", SHOWN, lambda: agrees(
        lambda n: Fraction(n, n), lambda n: Fraction(10**20 + n, 10**20), {"n": each(range(7, 30))})),
    Case("overflowing-integers", SHOWN, lambda: agrees(
        lambda n: int(np.int64(3) ** np.int64(n)), lambda n: 3**n, {"n": each(range(30, 60))})),
    Case("wrong-at-the-edge", SHOWN, lambda: (
        agrees(lambda x: np.sign(x) + 1.5, lambda x: 2.5 if x > 0 else 0.5, {"x": uniform(0, 1)}))),
    Case("wrong-law-of-signs", SHOWN, lambda: (
        agrees(lambda x: np.sqrt(x * x) + 0.5, lambda x: x + 0.5, {"x": normal()}))),
]  # fmt: skip

BOUNDS = [
    Case("tangent-above-exponential", SHOWN, lambda: bound(exp(x), 1 + x, minimum_at={x: 0}, scales=(1e-3, 30))),
    Case("young-without-half", SHOWN, lambda: bound(p * q, (p**2 + q**2) / 3, because=(p - q) ** 2 / 3)),
    Case("wrong-certificate", "false", lambda: bound(2 * x * y, x**2 + y**2, because=(x + y) ** 2)),
    Case("certificate-without-sign", "false", lambda: (
        bound(x**2 * y, x**2 + y**2 + 4 * x**4, because=x**2 + y**2 + 4 * x**4 - x**2 * y))),
    Case("below-only-on-the-unit-interval", SHOWN, lambda: bound(x**2, x, given=x > 0)),
    Case("violated-at-large-scale", SHOWN, lambda: bound(q**2, 100 * q + 100)),
    Case("violated-at-small-scale", SHOWN, lambda: bound(q, 100 * q**2 + Rational(1, 1000))),
    Case("violated-on-a-thin-interval", "false", lambda: bound(0, (x - 1) * (x - 1 - Rational(1, 1000)))),
    Case("equality-elsewhere", "false", lambda: (
        bound(1 + x, exp(x), minimum_at={x: 0}, equality=[{x: 1}], scales=(1e-3, 9)))),
    Case("minimum-elsewhere", "false", lambda: bound(1 + x, exp(x), minimum_at={x: 1}, scales=(1e-3, 30))),
    Case("below-a-jump", "false", lambda: bound(
        0, Piecewise((x**2, x < 3), (x**2 - 9 - Rational(1, 100), True)), minimum_at={x: 0})),
    Case("across-a-pole", "false", lambda: (
        bound(1, 1 / x, given=[x > -Rational(1, 10**6), x <= 1], minimum_at={x: 1}))),
    Case("narrow-peak-on-a-square", "false", lambda: bound(
        exp(-((x - Rational(3, 10)) ** 2 + (y - Rational(7, 10)) ** 2) * 10**6), Rational(1, 2),
        given=[x > 0, x < 1, y > 0, y < 1])),
    Case("softplus-gap-in-the-eighth-digit", "false", lambda: (
        bound(log(1 + exp(x)) - Max(x, 0), Rational(6931471, 10**7), given=[x > -5, x < 5]))),
    Case("violated-in-one-corner-only", "false", lambda: bound(
        x**2 + y**2 + x**3 * y, 3 + sin(3 * x) / 10, given=[x > -1, x < 1, y > -1, y < 1])),
    Case("matrix-norms-swapped", SHOWN, lambda: bound(
        lambda A: np.linalg.norm(A), lambda A: np.linalg.norm(A, 2), {"A": random_matrix(1, 3)}, tight=0.9)),
    Case("spectral-radius-above-norm", SHOWN, lambda: bound(
        lambda A: np.linalg.norm(A, 2), lambda A: np.abs(np.linalg.eigvals(A)).max() + 0.01,
        {"A": random_matrix(1, 3)}, tight=0.9)),
    Case("violated-by-a-smooth-peak", SHOWN, lambda: bound(
        lambda x: 1 + 0.01 * np.exp(-(((x - 0.3) / 0.01) ** 2)), lambda x: 1.005 + 0 * x, UNIT, tight=0.9)),
    Case("violated-at-the-edge-only", SHOWN, lambda: bound(
        lambda x: x**2000 + 0.1, lambda x: 1.0 + 0 * x, UNIT, wrong=[lambda x: 0.1])),
    Case("violated-in-a-corner", SHOWN, lambda: bound(
        lambda x, y: x + y, lambda x, y: 1.99 + 0 * x, {"x": uniform(0, 1), "y": uniform(0, 1)}, tight=0.9)),
    Case("lipschitz-constant-of-sigmoid", SHOWN, lambda: bound(
        lambda x: 1 / (2 + np.exp(x) + np.exp(-x)), lambda x: 0.2499 + 0 * x, {"x": normal(scale=10.0)}, tight=0.9)),
    Case("infinite-left-side", SHOWN, lambda: bound(
        lambda x: np.inf if x > 0.1 else 0.5, lambda x: 1.0 + x, UNIT, wrong=[lambda x: 0.1])),
    Case("off-by-one-in-large-integers", SHOWN, lambda: bound(
        lambda n: n**12 + (1 if n == 15 else -1), lambda n: n**12, {"n": each(range(10, 20))}, wrong=[lambda n: 0])),
    Case("not-as-tight-as-stated", "false", lambda: (
        bound(lambda x: abs(np.sin(x)) / 2, lambda x: 1.0 + 0 * x, LINE, tight=0.99))),
    Case("tight-only-where-both-vanish", "false", lambda: (
        bound(lambda x: x, lambda x: 2 * x, UNIT, tight=0.99))),
]  # fmt: skip

ESTIMATES = [
    Case("biased-variance", "false", lambda: (
        estimate(lambda rng, n: rng.standard_normal((n, 20)).var(axis=1), 1.0, n=40_000, detect=0.02))),
    Case("standard-deviation-is-biased", "false", lambda: (
        estimate(lambda rng, n: rng.standard_normal((n, 5)).std(axis=1, ddof=1), 1.0, n=40_000, detect=0.03))),
    Case("mean-of-ratio", "false", lambda: estimate(
        lambda rng, n: rng.exponential(size=n) / (1 + rng.exponential(size=n)), 0.5, n=40_000, detect=0.05)),
    Case("mean-of-maximum", "false", lambda: (
        estimate(lambda rng, n: rng.random((n, 3)).max(axis=1), 2 / 3, n=20_000, detect=0.02))),
    Case("small-bias", "false", lambda: (
        estimate(lambda rng, n: rng.standard_normal(n) + 0.01, 0.0, n=1_000_000, detect=0.01))),
    Case("one-entry-of-a-covariance", "false", lambda: estimate(
        lambda rng, n: (lambda g: g[:, :, None] * g[:, None, :])(rng.standard_normal((n, 2)) * [1, 1.1]),
        np.eye(2), n=40_000, detect=0.1)),
    Case("wrong-law-with-the-same-moments", "false", lambda: estimate(
        lambda rng, n: rng.uniform(-math.sqrt(3), math.sqrt(3), n), cdf=stats.norm.cdf, n=40_000, detect=0.05)),
    Case("laplace-for-normal", "false", lambda: estimate(
        lambda rng, n: rng.laplace(scale=math.sqrt(0.5), size=n), cdf=stats.norm.cdf, n=40_000, detect=0.05)),
    Case("discrete-for-continuous", "false", lambda: (
        estimate(lambda rng, n: np.round(rng.random(n) * 10) / 10, cdf=lambda s: np.clip(s, 0, 1), n=20_000,
            detect=0.05))),
    Case("no-mean", "false", lambda: estimate(lambda rng, n: rng.standard_cauchy(n), 0.0, n=20_000, detect=50.0)),
    Case("wrong-degrees-of-freedom", "false", lambda: estimate(
        lambda rng, n: (rng.standard_normal((n, 8)) ** 2).sum(axis=1), cdf=lambda s: stats.chi2.cdf(s, 7),
        n=20_000, detect=0.05)),
    Case("complex-samples", "false", lambda: (
        estimate(lambda rng, n: rng.standard_normal(n) + 1j, 0.0, n=20_000, detect=0.05))),
]  # fmt: skip

REFUTED = [
    Case("refuted-though-true", "false", lambda: refute(
        (sin(2 * x), 2 * sin(x) * cos(x)), at={x: Rational(1, 3)}, holds_at={x: 0}, corrected=true_correction())),
    Case("refuted-outside-the-hypothesis", "false", lambda: refute(
        (log((x - 1) ** 2), 2 * log(x - 1)), at={x: -3}, holds_at={x: 3}, given=x > 1, corrected=true_correction())),
    Case("refuted-outside-the-assumptions", "false", lambda: refute(
        (log(p * q), log(p) + log(q)), at={p: -2, q: -3}, holds_at={p: 1, q: 2}, corrected=true_correction())),
    Case("refuted-by-matrices-that-do-not-commute", "false", lambda: refute(
        (Exp(A + B), Exp(A) * Exp(B)), given=commute(A, B), at={A: [[0, 1], [0, 0]], B: [[0, 0], [1, 0]]},
        holds_at={A: [[1, 1], [0, 1]], B: [[2, 0], [0, 2]]}, corrected=true_correction())),
    Case("refuted-by-a-matrix-that-is-not-symmetric", "false", lambda: refute(
        (Tr(T(A) * A), Tr(A**2)), given=symmetric(A), at={A: [[0, 1], [0, 0]]}, holds_at={A: [[1, 2], [2, 1]]},
        corrected=true_correction())),
    Case("refuted-by-nan", "false", lambda: refute(
        (lambda x: x if x > 0 else float("nan"), lambda x: x), at={"x": -1.0}, holds_at={"x": 1.0},
        corrected=true_correction())),
    Case("correction-is-false", SHOWN, lambda: refute(
        (sqrt(x**2), x), at={x: -1}, holds_at={x: 2}, corrected=identity(sqrt(x**2 - 2 * x * y + y**2), x - y))),
    Case("refuted-inequality-that-holds", "false", lambda: refute(
        (1 + x, exp(x)), relation="<=", at={x: -1}, holds_at={x: 2}, corrected=true_correction())),
]  # fmt: skip

STEPS = [
    Case("limit-of-a-parity", "false", lambda: limit((-1) ** n + 0 * n, n, oo, 1)),
    Case("limit-of-a-residue", "false", lambda: limit(
        floor(n / 10 + Rational(1, 2)) - floor(n / 10), n, oo, 0)),
    Case("limit-of-a-fractional-part", "false", lambda: limit(p - floor(p), p, oo, 0)),
    Case("derivative-of-a-square-as-if-commuting", SHOWN, lambda: identity(
        D((A + t * B) ** 2, t), 2 * B * (A + t * B))),
    Case("gradient-at-a-symmetric-matrix-counted-twice", SHOWN, lambda: identity(
        D(Tr(A**2), A), 4 * A, sizes=[2], given=symmetric(A))),
    Case("step-is-wrong", SHOWN, lambda: follows(
        cos(2 * x), 1 - sin(x) ** 2, premises=[PREMISE], by={cos(2 * x): cos(x) ** 2 - sin(x) ** 2}),
        premise=lambda: identity(cos(2 * x), cos(x) ** 2 - sin(x) ** 2)),
    Case("step-uses-what-no-premise-states", "false", lambda: follows(
        sin(x + y) ** 2, sin(x) ** 2 + 2 * sin(x) * sin(y) + sin(y) ** 2, premises=[PREMISE],
        by={sin(x + y): sin(x) + sin(y)}),
        premise=lambda: identity(sin(2 * x), 2 * sin(x) * cos(x))),
    Case("step-of-matrices-uses-what-no-premise-states", "false", lambda: follows(
        Exp(A + B) ** 2, Exp(A) * Exp(B) * Exp(A) * Exp(B), premises=[PREMISE], by={Exp(A + B): Exp(A) * Exp(B)}),
        premise=lambda: identity(sin(2 * x), 2 * sin(x) * cos(x))),
    Case("step-from-a-refuted-premise", "false", lambda: follows(
        sqrt(x**2 + y**2) ** 2, x**2 + y**2, (x + I * y) * (x - I * y), premises=[PREMISE]),
        premise=lambda: refute((sqrt(x**2), x), at={x: -1}, holds_at={x: 2}, corrected=true_correction())),
]  # fmt: skip

FALSE = distinct(
    ALGEBRA
    + BRANCHES
    + CALCULUS
    + NEARLY
    + PEAKS
    + MATRICES
    + SERIES
    + LIMITS
    + AGREES
    + BOUNDS
    + ESTIMATES
    + REFUTED
    + STEPS
)
