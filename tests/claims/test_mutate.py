"""Mutants: every kind is made, none twice, none equal to the original."""

from __future__ import annotations

import pytest
import sympy as sp

from scispaces.claims import (
    Adj,
    Const,
    D,
    Det,
    Entry,
    Exp,
    Function,
    Integral,
    Sum,
    T,
    Tr,
    exp,
    gamma,
    matrices,
    mfun,
    sin,
    symbols,
)
from scispaces.claims.mutate import mutants

x, y, t, s = symbols("x y t s")
k, n = symbols("k n", integer=True)
A, B = matrices("A B")
M = mfun("M", t)
f = Function("f")

TREES = {
    "polynomial": x**2 + 3 * x * y,
    "functions": sin(x) * exp(-y) / gamma(x + 1),
    "unknown": f(x) + D(f(t), t),
    "integral": Integral(s**2 * x, (s, 0, 1)),
    "sum": Sum(k * x**k, (k, 1, n)),
    "matrices": A * B + T(A) * Exp(B),
    "adjugate": Tr(Adj(M) * D(M, t)),
    "explicit": Det(Const([[1, x], [0, 2]])),
    "number": sp.Integer(3),
    "zero": sp.S.Zero,
}


@pytest.mark.parametrize("name", TREES)
def test_mutants_are_distinct_changes(name):
    made = list(mutants(TREES[name]))
    trees = [m.tree for m in made]
    assert len(made) >= (1 if name == "zero" else 2)
    assert len(set(trees)) == len(trees)
    assert TREES[name] not in trees
    assert {m.kind for m in made} <= {"automatic", "ingredient"}
    assert all(m.change and isinstance(m.tree, sp.Expr) for m in made)
    assert not any(m.tree.has(sp.nan, sp.zoo) for m in made)


@pytest.mark.parametrize("name", TREES)
def test_mutants_come_in_a_fixed_order(name):
    assert [m.tree for m in mutants(TREES[name])] == [m.tree for m in mutants(TREES[name])]


def changed(tree, mutant):
    return any(m.tree == mutant for m in mutants(tree))


@pytest.mark.parametrize(
    ("tree", "mutant"),
    [
        (x + y, x - y),  # a sign
        (x + y, x),  # a dropped term
        (2 * x, 3 * x),  # a coefficient
        (x**2, x**3),  # an exponent
        (x**2, x),  # a dropped power
        (x * y, x),  # a dropped factor
        (x * y + x, y**2 + x),  # swapped symbols
        (sin(x) + y, sp.cos(x) + y),  # a replaced function
        (gamma(x) * y, gamma(x + 1) * y),  # a shifted argument
        (Sum(k, (k, 1, n)), Sum(k, (k, 2, n))),  # an index off by one
        (Sum(k, (k, 1, n)), Sum(k, (k, 1, n + 1))),
        (Integral(s, (s, 0, x)), Integral(s, (s, 1, x))),  # an end of an integral
        (D(f(t), t) * x, f(t) * x),  # a dropped derivative
        (A * B + A, B * A + A),  # the order of a product
        (T(A) * B, A * B),  # a dropped transpose
        (Adj(A) * B, T(Adj(A)) * B),  # adj for its transpose
        (Det(A) * x, Tr(A) * x),
        (Det(A) * Det(B), Det(T(A)) * Det(B)),  # an ingredient transposed
        (Det(A) * Det(B), Det(B) ** 2),  # a matrix for another
        (x**n + n, x ** (n + 1) + n),  # n for n + 1
    ],
    ids=str,
)
def test_the_careless_change_is_among_them(tree, mutant):
    assert changed(tree, mutant)


def test_ingredients_are_told_from_operations():
    kinds = {m.change: m.kind for m in mutants(A * B + x)}
    assert kinds["A to its transpose"] == "ingredient"
    assert kinds["x to x + 1"] == "ingredient"
    assert kinds["order of a product reversed"] == "automatic"


def test_an_index_is_replaced_by_an_index_only():
    x, i, n, K = matrices("x"), *symbols("i n", integer=True, positive=True), symbols("K", positive=True)
    changes = [m.change for m in mutants(Sum(exp(K * Entry(x, i + 1, 1)), (i, 1, n)))]
    assert "i to n" in changes and "K to n" in changes
    assert not any(c in changes for c in ("i to K", "n to K"))
