"""Verdicts do not hang on a lucky seed: thin sets of failure are found, and true statements pass, under all of them."""

from __future__ import annotations

import math

import pytest

from claims.bench import run
from scispaces.claims import (
    Abs,
    ClaimFailed,
    Det,
    Integral,
    Rational,
    Sum,
    Tr,
    agrees,
    bound,
    conjugate,
    cos,
    exp,
    factorial,
    identity,
    log,
    matrices,
    oo,
    series,
    sin,
    sqrt,
    symbols,
    uniform,
)

x, s = symbols("x s", real=True)
p = symbols("p", positive=True)
z, w, t = symbols("z w t")
k = symbols("k", integer=True)
A, B = matrices("A B")
SHIFTS = ["1", "5", "8", "9", "10", "12", "-1", "1000"]

FALSE = {
    "root-on-the-cut": lambda: agrees(sqrt(1 / z), 1 / sqrt(z)),
    "logarithm-on-the-cut": lambda: agrees(log(conjugate(z)), conjugate(log(z))),
    "two-variables-on-the-cut": lambda: agrees(sqrt(1 / z) * sin(w), sin(w) / sqrt(z)),
    "one-strip-further": lambda: agrees(log(exp(z)), z),
    "sign": lambda: agrees(sqrt(x**2), x),
    "order-of-matrices": lambda: agrees(Tr(A * B * A * B), Tr(A * A * B * B)),
    "violated-between": lambda: bound(p, p**2 + p / 4 + Rational(1, 10)),
    "search": lambda: bound(lambda x: abs(sin_of(7 * x)), lambda x: 0.9999 + 0 * x, {"x": uniform(0, 3)}, tight=0.9),
}
TRUE = {
    "entire-series": lambda: identity(Sum(x**k / factorial(k), (k, 0, oo)), exp(x)),
    "addition": lambda: identity(sin(2 * z + w), sin(2 * z) * cos(w) + cos(2 * z) * sin(w)),
    "integral": lambda: identity(Integral(s * exp(-s), (s, 0, oo)), 1),
    "absolute": lambda: identity(Abs(x - 1) ** 2, x**2 - 2 * x + 1),
    "matrices": lambda: identity(Det(A * B), Det(A) * Det(B), sizes=[2]),
    "series": lambda: series(exp(t), 1 + t + t**2 / 2, t, 3),
    "bound": lambda: bound(1 + x, exp(x), minimum_at={x: 0}, scales=(1e-3, 30)),
    "search": lambda: bound(lambda x: abs(sin_of(7 * x)), lambda x: 1 + 0 * x, {"x": uniform(0, 3)}, tight=0.99),
}


def sin_of(v):
    return math.sin(v)


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("name", FALSE)
def test_a_false_statement_is_rejected_under_every_seed(name, shift, monkeypatch):
    monkeypatch.setenv("SCISPACES_SEED_SHIFT", shift)
    with pytest.raises(ClaimFailed):
        run(FALSE[name])


@pytest.mark.parametrize("shift", ["2", "1000"])
@pytest.mark.parametrize("name", TRUE)
def test_a_true_statement_passes_under_every_seed(name, shift, monkeypatch):
    monkeypatch.setenv("SCISPACES_SEED_SHIFT", shift)
    run(TRUE[name])
