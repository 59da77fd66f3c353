"""Two tactics of the prover: sums of logarithms of positive numbers, and the cases of sign of real symbols."""

from __future__ import annotations

import pytest
import sympy as sp

from scispaces.claims.prove import NotProved, prove_zero

K, d = sp.symbols("K d", positive=True)
a, b = sp.symbols("a b", real=True)
z = sp.symbols("z")

TRUE = [
    sp.log(1 + sp.exp(K * a)) / K - sp.Max(a, 0) - sp.log(1 + sp.exp(-K * sp.Abs(a))) / K,
    sp.cosh(K * a) - sp.cosh(K * sp.Abs(a)),
    sp.log(2 * sp.cosh(K * a)) / K - sp.Abs(a) - sp.log(1 + sp.exp(-2 * K * sp.Abs(a))) / K,
    sp.Max(a, 0) * sp.Max(-a, 0),
    sp.Abs(a) * sp.Abs(b) - sp.Abs(a * b),
    sp.log(sp.exp(K * a) + sp.exp(K * (a - d))) - K * a - sp.log(1 + sp.exp(-K * d)),
    2 * sp.log(1 + d) - sp.log(1 + 2 * d + d**2),
    sp.log(d) / 2 - sp.log(sp.sqrt(d)),
]
FALSE = [
    sp.log(1 + sp.exp(K * a)) / K - sp.Max(a, 0) - sp.log(1 + sp.exp(-K * a)) / K,
    sp.cosh(K * a) - sp.exp(K * sp.Abs(a)) / 2,
    sp.Abs(a) - a,
    sp.Abs(a) + a - sp.Max(a, 0),
    2 * sp.log(1 + d) - sp.log(1 + d**2),
    sp.log(a**2) - 2 * sp.log(a),
    sp.log(sp.exp(z)) - z,
    sp.log(-d) - sp.log(d),
    sp.log(sp.exp(sp.I * d)) - sp.I * d,
]


@pytest.mark.parametrize("e", TRUE, ids=str)
def test_proved(e):
    prove_zero(e)


@pytest.mark.parametrize("e", FALSE, ids=str)
def test_not_proved(e):
    with pytest.raises(NotProved):
        prove_zero(e)
