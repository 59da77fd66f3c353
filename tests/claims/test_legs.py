"""The two legs do not know each other: a wrong evaluation planted in one is caught by the other."""

from __future__ import annotations

import importlib

import mpmath
import pytest
import sympy as sp
from mpmath import mp

from claims.bench import ID, run
from scispaces.claims import (
    Adj,
    ClaimFailed,
    Const,
    D,
    Det,
    Exp,
    Function,
    Integral,
    Sum,
    T,
    Tr,
    agrees,
    bound,
    cos,
    enclosures,
    exp,
    identity,
    limit,
    matrices,
    mfun,
    numeric,
    oo,
    pi,
    series,
    sin,
    symbols,
)
from scispaces.claims.enclosures import compiled
from scispaces.claims.identity import Identity
from scispaces.claims.parts import Context
from scispaces.claims.tree_part import TreePart

x, s = symbols("x s", real=True)
z, w, t = symbols("z w t")
k, n = symbols("k n", integer=True, positive=True)
A, B = matrices("A B")
M = mfun("M", t)
f = Function("f")

STATEMENTS = {
    "algebra": lambda: identity((z + w) ** 2, z**2 + 2 * z * w + w**2),
    "trigonometry": lambda: identity(sin(2 * z), 2 * sin(z) * cos(z)),
    "integral": lambda: identity(Integral(sin(s) * exp(-s), (s, 0, oo)), sp.Rational(1, 2)),
    "derivative": lambda: identity(D(sin(z) * exp(z), z), (sin(z) + cos(z)) * exp(z)),
    "unknown-function": lambda: identity(D(f(t) ** 2, t), 2 * f(t) * D(f(t), t)),
    "sum": lambda: identity(Sum(k**2, (k, 1, n)), n * (n + 1) * (2 * n + 1) / 6),
    "determinant": lambda: identity(Det(A * B), Det(A) * Det(B), sizes=[1, 2]),
    "adjugate": lambda: identity(A * Adj(A), Det(A), sizes=[2, 3]),
    "jacobi": lambda: identity(D(Det(M), t), Tr(Adj(M) * D(M, t)), sizes=[2]),
    "exponential": lambda: identity(Exp(Const([[0, z], [0, 0]])), Const([[1, z], [0, 1]])),
}
EVALUATIONS = ("doit", "simplify", "trigsimp", "integrate", "diff", "series", "limit", "nseries", "aseries")


@pytest.fixture
def no_sympy_evaluation(monkeypatch):
    """Every door to sympy's evaluation raises."""

    def refuse(*args, **kwargs):
        raise RuntimeError("the numeric leg calls sympy's evaluation")

    for name in EVALUATIONS:
        monkeypatch.setattr(sp.Basic, name, refuse, raising=False)
        monkeypatch.setattr(sp.Expr, name, refuse, raising=False)
    for kind in (sp.Integral, sp.Sum, sp.Product, sp.Derivative, sp.Limit, sp.Subs):
        monkeypatch.setattr(kind, "doit", refuse)
    for name in ("simplify", "integrate", "summation", "diff", "limit", "series", "trigsimp", "factor", "cancel"):
        monkeypatch.setattr(sp, name, refuse)


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_numeric_leg_evaluates_by_itself(name, no_sympy_evaluation):
    part = STATEMENTS[name]()
    points, _, digits = part.check_numerically(Context(ID, "bench")).values()
    assert points >= 1 and digits >= 8


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_numeric_leg_alone_finds_a_false_statement(name, no_sympy_evaluation):
    part = STATEMENTS[name]()
    left, right = part.sides
    wrong = Identity((left, right + (right if right.is_commutative is False else 1)))
    wrong.sizes = part.sizes
    with pytest.raises(ClaimFailed, match="differ"):
        wrong.check_numerically(Context(ID, "bench"))


# --- a wrong evaluation in sympy ---


def test_sympys_own_mistake_is_caught():
    """1.14 integrates |sin s| over [0, 3 pi] to 2."""
    with pytest.raises(ClaimFailed, match="left = 6"):
        run(identity(Integral(sp.Abs(sin(s)), (s, 0, 3 * pi)), 2))


def test_wrong_integration_is_caught(monkeypatch):
    monkeypatch.setattr(sp.Integral, "doit", lambda self, **hints: sp.Integer(7))
    with pytest.raises(ClaimFailed, match="differ"):
        run(identity(Integral(exp(-s), (s, 0, oo)), 7))


def test_wrong_summation_is_caught(monkeypatch):
    monkeypatch.setattr(sp.Sum, "doit", lambda self, **hints: n**2)
    with pytest.raises(ClaimFailed, match="differ"):
        run(identity(Sum(k, (k, 1, n)), n**2))


@pytest.mark.parametrize("name", ["simplify", "trigsimp", "expand", "cancel"])
def test_a_simplification_that_returns_zero_is_caught(name, monkeypatch):
    monkeypatch.setattr(sp, name, lambda e, *args, **kwargs: sp.S.Zero)
    with pytest.raises(ClaimFailed):
        run(identity(sin(2 * z), sin(z) * cos(z)))


def test_a_wrong_determinant_in_the_symbolic_leg_is_caught(monkeypatch):
    from scispaces.claims import explicit

    monkeypatch.setitem(explicit._RULES, Det, lambda tree, env: explicit._square(tree, env).trace())
    with pytest.raises(ClaimFailed):
        run(identity(Det(A + B), Det(A) + Det(B), sizes=[2]))


def test_a_wrong_limit_is_caught(monkeypatch):
    monkeypatch.setattr(sp.Limit, "doit", lambda self, **hints: sp.Integer(2))
    with pytest.raises(ClaimFailed):
        run(limit(sin(x) / x, x, 0, 2))


def test_a_wrong_derivative_is_caught(monkeypatch):
    monkeypatch.setattr(sp, "diff", lambda e, *args, **kwargs: e)
    with pytest.raises(ClaimFailed):
        run(identity(D(sin(z), z), sin(z)))


# --- a wrong evaluation in the enclosures ---


@pytest.fixture
def compiled_anew():
    """Trees are compiled once: what is patched has to be compiled again, and so has what was compiled with it."""
    compiled.cache_clear()
    yield
    compiled.cache_clear()


def test_a_wrong_function_on_balls_is_caught(monkeypatch, compiled_anew):
    monkeypatch.setitem(enclosures.functions.FUNCTIONS, "sin", lambda v, analytic=False: v.sin() + 2**-20)
    with pytest.raises(ClaimFailed, match="differ"):
        run(identity(sin(2 * z), 2 * sin(z) * cos(z)))


def test_a_wrong_function_on_balls_does_not_make_a_false_statement_true(monkeypatch, compiled_anew):
    monkeypatch.setitem(enclosures.functions.FUNCTIONS, "sin", lambda v, analytic=False: v)
    with pytest.raises(ClaimFailed, match="not proved"):
        run(identity(sin(z), z))


def test_a_wrong_rigorous_quadrature_is_caught(monkeypatch, compiled_anew):
    original = enclosures.integrals.quadrature
    monkeypatch.setattr(enclosures.integrals, "quadrature", lambda *args: original(*args) + 2**-20)
    with pytest.raises(ClaimFailed, match="differ"):
        run(identity(Integral(exp(-s), (s, 0, oo)), 1))


def test_enclosures_that_are_too_narrow_are_caught(monkeypatch, compiled_anew):
    """A ball that does not hold its value sooner or later excludes what is equal to it."""
    monkeypatch.setitem(enclosures.functions.FUNCTIONS, "exp", lambda v, analytic=False: v.exp().mid())
    with pytest.raises(ClaimFailed, match="differ"):
        run(identity(exp(z) * exp(w), exp(z + w)))


# --- a wrong evaluation in mpmath, which works where there is no enclosure ---


@pytest.fixture
def uncertified(monkeypatch):
    monkeypatch.setattr(enclosures, "compare", lambda *args: None)


def test_a_wrong_function_of_mpmath_is_caught(monkeypatch, uncertified):
    monkeypatch.setitem(numeric.functions.FUNCTIONS, "sin", lambda v: mp.sin(v) + mp.mpf(10) ** -6)
    with pytest.raises(ClaimFailed):
        run(identity(sin(2 * z), 2 * sin(z) * cos(z)))


def test_a_wrong_function_of_mpmath_does_not_make_a_false_statement_true(monkeypatch, uncertified):
    monkeypatch.setitem(numeric.functions.FUNCTIONS, "sin", lambda v: v)
    with pytest.raises(ClaimFailed, match="not proved"):
        run(identity(sin(z), z))


def test_wrong_quadrature_is_caught(monkeypatch, uncertified):
    original = mp.quad

    def shifted(*args, error=True):
        value, estimate = original(*args, error=True)
        return value + mp.mpf("1e-3"), estimate

    monkeypatch.setattr(mpmath.mp, "quad", shifted)
    with pytest.raises(ClaimFailed):
        run(identity(Integral(exp(-s), (s, 0, oo)), 1))


def test_a_wrong_matrix_product_of_mpmath_is_caught(monkeypatch, uncertified):
    monkeypatch.setitem(numeric.walk.RULES, T, lambda tree, env: numeric.evaluate(tree.args[0], env))
    with pytest.raises(ClaimFailed):
        run(identity(T(A * B), T(B) * T(A), sizes=[2]))


# --- a prover that says yes ---

MULTIPLE = {
    "plain": lambda: identity(sin(2 * z), 2 * sin(z) * cos(z)),
    "sizes": lambda: identity(Det(A * B), Det(A) * Det(B), sizes=[1, 2, 3]),
    "cases": lambda: identity(Sum(k, (k, 1, n)), n * (n + 1) / 2, cases={n: [1, 2, 3]}),
    "free-algebra": lambda: identity((A + B) * (A - B), A**2 - A * B + B * A - B**2),
    "series": lambda: series(exp(t), 1 + t + t**2 / 2, t, 3),
    "matrix-series": lambda: series(Det(1 + t * A), 1 + t * Tr(A), t, 2, sizes=[2, 3]),
    "limit": lambda: limit(sin(x) / x, x, 0, 1),
}


@pytest.mark.parametrize("name", MULTIPLE)
def test_a_prover_that_always_says_yes_is_caught(name, monkeypatch):
    monkeypatch.setenv("SCISPACES_MUTANTS", "all")  # mutants shown false by their numbers need no prover otherwise
    for name_of_module in ("prove", "identity", "series"):  # the verbs of these names hide the modules
        module = importlib.import_module(f"scispaces.claims.{name_of_module}")
        monkeypatch.setattr(module, "prove_zero", lambda *args, **kwargs: None)
    with pytest.raises(ClaimFailed, match="prover accepts"):
        run(MULTIPLE[name])


def test_a_sign_prover_that_always_says_yes_is_caught(monkeypatch):

    monkeypatch.setenv("SCISPACES_MUTANTS", "all")
    module = importlib.import_module("scispaces.claims.bound")
    monkeypatch.setattr(module, "prove_nonnegative", lambda *args, **kwargs: True)
    with pytest.raises(ClaimFailed, match="prover accepts"):
        run(bound(0, x**2 + 1))


def test_a_comparison_that_always_agrees_is_caught(monkeypatch):
    """Were the numeric leg blind, no mutant would die by it."""
    from scispaces.claims.compare import Comparison

    monkeypatch.setattr(TreePart, "compare", lambda self, *a, **k: Comparison("agree", 48, mp.mpf(1), mp.mpf(1)))
    with pytest.raises(ClaimFailed):
        run(identity(sin(2 * z), 2 * sin(z) * cos(z)))
    with pytest.raises(ClaimFailed):
        run(agrees(sin(2 * z), 2 * sin(z) * cos(z)))
