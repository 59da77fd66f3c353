"""Each node means the same in both legs: its explicit value at numbers is its numeric value there."""

from __future__ import annotations

import pytest
import sympy as sp
from mpmath import mp

from scispaces import rng as book_rng
from scispaces.claims import (
    Abs,
    Adj,
    Const,
    Cos,
    D,
    Derivative,
    Det,
    Entry,
    Exp,
    Expect,
    Function,
    Integral,
    Limit,
    Log,
    Max,
    Min,
    Piecewise,
    Product,
    Rational,
    Sin,
    Subs,
    Sum,
    T,
    Tr,
    binomial,
    commutator,
    gamma,
    iid,
    log,
    matrices,
    mfun,
    oo,
    pi,
    sin,
    sqrt,
    symbols,
)
from scispaces.claims import nodes as N
from scispaces.claims.explicit import CannotEvaluate, explicit, settle
from scispaces.claims.numeric import MPMatrix, Undefined, difference, size_of, truth, value

A, B = matrices("A B")
t, x, y, s = symbols("t x y s")
k, n = symbols("k n", integer=True)
M = mfun("M", t)
f = Function("f")


def drawn(kind, k):
    """A k x k matrix of small rationals: general, singular, defective or symmetric."""
    generator = book_rng(5)
    rows = [[Rational(int(generator.integers(-6, 7)), 4) for _ in range(k)] for _ in range(k)]
    out = sp.Matrix(rows)
    if kind == "symmetric":
        return sp.ImmutableMatrix(out + out.T)
    if kind == "singular":
        out[k - 1, :] = 2 * out[0, :] if k > 1 else sp.zeros(1, 1)
    if kind == "defective":
        out = sp.Matrix(k, k, lambda i, j: Rational(1, 2) if i == j else (1 if j == i + 1 else 0))
    return sp.ImmutableMatrix(out)


def in_mpmath(X):
    return mp.matrix([[mp.mpf(int(e.p)) / int(e.q) for e in X.row(i)] for i in range(X.rows)])


def close(symbolic, numerical, digits=25):
    with mp.workdps(60):
        entries = list(symbolic) if isinstance(symbolic, sp.MatrixBase) else [symbolic]
        values = list(numerical) if isinstance(numerical, MPMatrix) else [numerical]
        assert len(entries) == len(values)
        for e, v in zip(entries, values, strict=True):
            exact = mp.mpmathify(sp.N(e, 55))
            assert abs(exact - v) <= mp.mpf(10) ** -digits * max(abs(exact), abs(v), 1), (e, v)


TREES = {
    "det": Det(A),
    "trace": Tr(A),
    "trace-of-number": Tr(3 * A**0) + Tr(A + 2),
    "adjugate": Adj(A),
    "transpose": T(A * B),
    "entry": Entry(A * B, 1, 1),
    "product": A * B * A,
    "sum-with-unit": A + 2,
    "power": A**3,
    "commutator": commutator(A, B),
    "scalar-multiple": (x + 2) * A,
    "derivative-of-matrix": D(x**2 * A + x * B, x),
    "derivative-of-determinant": D(Det(A + x * B), x),
    "second-derivative": D(Det(A + x * B), x, 2),
    "sum-of-powers": Sum(A**k, (k, 0, 3)),
    "characteristic": Det(x - A),
}


@pytest.mark.parametrize("kind", ["general", "singular", "defective", "symmetric"])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("name", TREES)
def test_both_legs_agree_on_matrices(name, size, kind):
    X, Y = drawn(kind, size), drawn("general", size)
    at = {A: X, B: Y}
    symbolic = settle(explicit(TREES[name], {**at, "size": size}))
    symbolic = symbolic.subs(x, Rational(3, 8))
    numerical = value(TREES[name], {A: in_mpmath(X), B: in_mpmath(Y), x: mp.mpf(3) / 8, "size": size}, 40)
    if name.startswith("power") and isinstance(numerical, MPMatrix):
        assert numerical.rows == size
    close(symbolic, numerical, digits=14 if "derivative" in name or name == "characteristic" else 25)


@pytest.mark.parametrize("size", [2, 3])
def test_inverse_and_negative_powers(size):
    X = drawn("general", size)
    for tree in (A**-1, A**-2, (A * A) ** -1):
        close(explicit(tree, {A: X}), value(tree, {A: in_mpmath(X), "size": size}, 50))


@pytest.mark.parametrize("node", [Exp, Sin, Cos, Log], ids=lambda c: c.__name__)
@pytest.mark.parametrize("entries", [[[1, 2], [0, 1]], [[2, 0], [0, 3]], [[1, 0], [0, 1]], [[2, 1], [0, 3]]], ids=str)
def test_matrix_functions(node, entries):
    X = sp.ImmutableMatrix(entries) / 2
    tree = node(Const(X))
    close(settle(explicit(tree, {"size": 2})), value(tree, {"size": 2}, 40), digits=20)


def test_functions_of_matrices_are_not_entrywise():
    """In either leg."""
    X = sp.ImmutableMatrix([[0, 1], [1, 0]])
    with mp.workdps(30):
        assert abs(value(Exp(Const(X)), {"size": 2}, 30)[0, 0] - mp.cosh(1)) < mp.mpf(10) ** -25


def test_gradient_with_respect_to_a_matrix():
    X = sp.ImmutableMatrix(2, 2, sp.symbols("a_11 a_12 a_21 a_22"))
    gradient = explicit(D(Det(A), A), {A: X, "size": 2})
    assert gradient == sp.Matrix([[X[1, 1], -X[1, 0]], [-X[0, 1], X[0, 0]]])
    numbers = drawn("general", 2)
    at_numbers = value(D(Det(A), A), {A: in_mpmath(numbers), "size": 2}, 30)
    close(gradient.subs(dict(zip(X, numbers, strict=True))), at_numbers, digits=14)


def test_matrix_of_functions():
    symbolic = explicit(D(M, t), {"size": 2})
    assert symbolic[0, 1] == sp.Function("M_12")(t).diff(t)
    quadratic = {"M": lambda v: mp.matrix([[v**2, v], [1, v**3]]), t: mp.mpf(2), "size": 2}
    close(sp.Matrix([[4, 1], [0, 12]]), value(D(M, t), quadratic, 30), digits=20)


SCALARS = {
    "integral": Integral(sp.exp(-(s**2)), (s, 0, oo)),
    "finite-integral": Integral(s**2 * sin(s), (s, 0, pi)),
    "nested-integral": Integral(s * t, (s, 0, t), (t, 0, 2)),
    "sum": Sum(1 / k**2, (k, 1, oo)),
    "finite-sum": Sum(k * x**k, (k, 1, 6)),
    "empty-sum": Sum(k, (k, 3, 2)),
    "reversed-sum": Sum(k, (k, 5, 2)),
    "nested-sum": Sum(k * n, (k, 1, n), (n, 1, 4)),
    "product": Product(1 + 1 / k, (k, 1, 7)),
    "empty-product": Product(k, (k, 3, 2)),
    "derivative": D(sin(x) * x**2, x),
    "sympy-derivative": Derivative(sin(x) * x**2, x),
    "limit": Limit(sin(s) / s, s, 0),
    "limit-from-the-left": Limit(sp.atan(1 / s), s, 0, dir="-"),
    "limit-from-the-right": Limit(sp.atan(1 / s), s, 0, dir="+"),
    "limit-at-infinity": Limit((2 * s + 1) / s, s, oo),
    "substitution": Subs(sin(s) ** 2, s, x),
    "piecewise": Piecewise((x**2, x > 0), (-x, True)),
    "maximum": Max(x, x**2, Rational(1, 3)) + Min(x, 1 - x),
    "absolute": Abs(x - 1) + sp.sign(x - 1),
    "binomial": binomial(7, 3) + binomial(Rational(5, 2), 2),
    "gamma": gamma(Rational(7, 3)) + sp.loggamma(Rational(7, 3)) + sp.digamma(Rational(1, 3)),
    "kinked-integral": Integral(Abs(sin(s)), (s, 0, 3 * pi / 2)),
    "constants": sp.pi + sp.E + sp.EulerGamma + sp.Catalan + sp.GoldenRatio,
    "roots": sqrt(x) + x ** Rational(1, 3) + (x - 1) ** Rational(1, 2),
    "powers": (x - 2) ** 3 + 2**x + x**x,
    "inverse-functions": sp.atan2(x, -x) + sp.asin(x) + sp.acosh(1 + x) + log(-x),
}


@pytest.mark.parametrize("name", SCALARS)
def test_both_legs_agree_on_scalars(name):
    tree = SCALARS[name]
    at = Rational(3, 8)
    numerical = value(tree, {x: mp.mpf(3) / 8, "size": 2}, 40)
    evaluated = explicit(tree, {}) if name == "derivative" else tree.doit()
    close(sp.N(evaluated.subs(x, at), 50), numerical, digits=6 if "limit" in name else 14)


@pytest.mark.parametrize("shape", [(2, 2), (1, 3)])
def test_expectations(shape):
    """Moments up to the fourth, against the exact enumeration of a law with these moments."""
    W = matrices("W")
    law = iid(W, s)
    rows, cols = shape
    trees = [Entry(W, 1, 1) ** 2, Entry(W, 1, 1) ** 4, Entry(W, 1, 1) ** 2 * Entry(W, 1, 2), Entry(T(W) * W, 1, 1) ** 2]
    entries = sp.ImmutableMatrix(rows, cols, lambda i, j: sp.Symbol(f"w_{i + 1}{j + 1}"))
    for tree in trees:
        symbolic = explicit(Expect(tree, law), {W: entries, "size": rows})
        a, b = mp.mpf("0.8"), mp.mpf("1.9")
        env = {s: mp.mpf(2), ("shape", W): shape, ("law", W): (a, b), "size": rows}
        symbols_by_name = {q.name: q for q in symbolic.free_symbols}
        numbers = {
            symbols_by_name[q]: v
            for q, v in {"s": 2, "gamma": b - a, "kappa": a * a - a * b + b * b}.items()
            if q in symbols_by_name
        }
        exact = mp.mpmathify(sp.N(symbolic.subs(numbers), 30))
        assert abs(exact - value(Expect(tree, law), env, 20)) < 1e-9, tree


@pytest.mark.parametrize("tree", [Det(A * B), Tr(A) * A + T(B), Sum(A**k, (k, 0, n)), D(Det(A), A)], ids=str)
def test_nodes_survive_substitution_and_printing(tree):
    assert tree.xreplace({A: B}).xreplace({B: A}) == tree.xreplace({B: A}).xreplace({B: A})
    assert N.show(tree) == N.show(tree) and "\n" not in N.show(tree)
    assert sp.latex(tree)
    assert tree.func(*tree.args) == tree


def test_nodes_evaluate_nothing():
    assert Det(A).doit() == Det(A) and T(T(A)).doit() == T(T(A))
    assert Det(Const([[1, 0], [0, 1]])) != 1
    with pytest.raises(TypeError, match="write D"):
        sp.diff(Det(x * A), x)


def test_free_symbols():
    assert N.scalar_symbols(Integral(s * x, (s, 0, y))) == [x, y]
    assert N.scalar_symbols(Sum(k * x, (k, 1, n))) == [n, x]
    assert N.scalar_symbols(Limit(sin(s) / s, s, 0)) == []
    assert N.matrix_symbols(Det(A) * Tr(B)) == [A, B]
    assert N.matrix_symbols(Expect(Tr(A * B), iid(A, s))) == [B]
    assert N.matrix_functions(D(M, t) * A) == ["M"]
    assert N.unknown_functions(f(x) + D(f(t), t)) == [f]
    assert N.scalar_symbols(Const([[x, 0], [0, 1]])) == [x]


@pytest.mark.parametrize(
    "make",
    [
        lambda: D(x**2, 3),
        lambda: D(x**2, x, 0),
        lambda: D(A, A),
        lambda: D(Det(A), A, 2),
        lambda: Expect(Tr(A), "gaussian"),
    ],
)
def test_nonsense_is_refused(make):
    with pytest.raises(ValueError):
        make()


def test_what_cannot_be_evaluated_says_so():
    with pytest.raises(CannotEvaluate):
        explicit(Det(A * B), {A: sp.eye(2).as_immutable(), B: sp.ImmutableMatrix(2, 3, range(6)), "size": 2})
    with pytest.raises(CannotEvaluate):
        explicit(sp.sin(Det(A)) + Det(sp.Symbol("c", commutative=False)), {A: sp.eye(2).as_immutable()} | {})
    with pytest.raises(Undefined):
        value(1 / x, {x: mp.mpf(0)}, 30)
    with pytest.raises(Undefined):
        value(A**-1, {A: mp.matrix([[1, 2], [2, 4]]), "size": 2}, 30)
    with pytest.raises(Undefined):
        value(Sum(2**k, (k, 0, oo)), {}, 20)
    with pytest.raises(NotImplementedError, match="numeric leg"):
        value(sp.airyai(x) * sp.mathieuc(1, 2, x), {x: mp.mpf(1)}, 20)


def test_numbers_next_to_matrices():
    X = mp.matrix([[1, 2], [3, 4]])
    assert size_of(difference(X, mp.mpf(1))) == 3
    assert size_of(difference(X, X)) == 0


@pytest.mark.parametrize(
    ("condition", "at", "expected"),
    [
        (x > 1, 2, True),
        (x > 1, 1, False),
        (x >= 1, 1, True),
        (sp.Eq(x, 1), 1, True),
        (sp.Ne(x, 1), 1, False),
        ((x > 0) & (x < 1), 0.5, True),
        ((x < 0) | (x > 1), 0.5, False),
        (sp.Not(x > 1), 0.5, True),
        (x > 1, 2j, False),
    ],
    ids=str,
)
def test_truth_of_conditions(condition, at, expected):
    assert truth(condition, {x: mp.mpmathify(at)}) is expected


def test_exponential_of_a_product_law():
    """exp of a defective and large matrix, by another way."""
    X = mp.matrix([[30, 1], [0, 30]])
    with mp.workdps(30):
        E = value(Exp(A), {A: X, "size": 2}, 30)
        assert abs(E[0, 1] / mp.exp(30) - 1) < mp.mpf(10) ** -25 and E[1, 0] == 0
