"""Balls against mpmath: every function of the table, integrals, sums, derivatives; what has no enclosure says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sympy as sp
from flint import arb, ctx
from mpmath import mp
from sympy import Function, I, Integral, Piecewise, Product, Rational, Subs, Sum, oo, pi

from scispaces.claims import enclosures, numeric
from scispaces.claims.enclosures import NotCertified, compiled, point_of
from scispaces.claims.enclosures.functions import CONSTANTS, FUNCTIONS
from scispaces.claims.enclosures.majorants import NoBound, tail_bound
from scispaces.claims.nodes import Adj, Const, Cos, D, Det, Entry, Exp, Expect, Log, Sin, T, Tr, iid, matrices

x, y, s = sp.symbols("x y s", real=True)
p, q = sp.symbols("p q", positive=True)
z, w = sp.symbols("z w")
k, n, m = sp.symbols("k n m", integer=True)
A, B = matrices("A B")
f = Function("f")
DIGITS = 50


def environment(at):
    env = numeric.Instance(
        {name: mp.mpmathify(v) if isinstance(v, (int, str, complex)) else v for name, v in at.items()}
    )
    env["size"] = 2
    return env


def ball(tree, at=None, digits=DIGITS):
    with ctx.workprec(int(3.33 * digits) + 20):
        return compiled(tree)(point_of(environment(at or {})))


def holds(tree, at=None, digits=DIGITS, least=40):
    """The ball contains what mpmath computes, and is narrow."""
    enclosed = ball(tree, at, digits)
    value = numeric.value(tree, environment(at or {}), digits + 15)
    with ctx.workprec(1000):
        for e, v in zip(enclosures.balls.entries(enclosed), numeric.accuracy.entries(value), strict=True):
            gap = abs(e - enclosures.exact(mp.mpmathify(v)))
            size = max(abs(v), 1)
            assert arb(gap.lower()) < arb(10) ** -(digits - 3) * enclosures.exact(mp.mpf(size)).real, (tree, e, v)
            assert arb(e.rad()) < arb(10) ** -least * enclosures.exact(mp.mpf(size)).real, (tree, e)


REAL, COMPLEX = {x: "0.37", p: "2.61", n: 5, m: 3}, {z: 0.73 - 1.21j, w: -0.4 + 0.83j, n: 5, m: 3}
TABLE = {
    "exp": [sp.exp(z)], "sin": [sp.sin(z)], "cos": [sp.cos(z)], "tan": [sp.tan(z)], "cot": [sp.cot(z)],
    "sec": [sp.sec(z)], "csc": [sp.csc(z)], "sinh": [sp.sinh(z)], "cosh": [sp.cosh(z)], "tanh": [sp.tanh(z)],
    "coth": [sp.coth(z)], "sech": [sp.sech(z)], "csch": [sp.csch(z)], "gamma": [sp.gamma(z), sp.gamma(x - 2)],
    "erf": [sp.erf(z), sp.erf(x)], "erfc": [sp.erfc(z), sp.erfc(10 + p)], "erfi": [sp.erfi(z)],
    "besselj": [sp.besselj(2, z), sp.besselj(x, p), sp.besselj(n, -p)], "bessely": [sp.bessely(1, z)],
    "besseli": [sp.besseli(x, z)], "besselk": [sp.besselk(x, z)], "log": [sp.log(z), sp.log(-p), sp.log(p)],
    "asin": [sp.asin(z), sp.asin(x)], "acos": [sp.acos(z), sp.acos(x)], "atan": [sp.atan(z), sp.atan(x)],
    "acot": [sp.acot(z)], "asinh": [sp.asinh(z)], "acosh": [sp.acosh(z), sp.acosh(1 + p)], "atanh": [sp.atanh(z)],
    "loggamma": [sp.loggamma(z), sp.loggamma(p), sp.loggamma(w)], "factorial": [sp.factorial(z), sp.factorial(n)],
    "binomial": [sp.binomial(n, m), sp.binomial(z, m), sp.binomial(z, w)], "beta": [sp.beta(z, w)],
    "digamma": [sp.polygamma(0, z)],
    "polygamma": [sp.polygamma(0, z), sp.polygamma(2, z)], "trigamma": [sp.polygamma(1, p)],
    "harmonic": [sp.harmonic(n), sp.harmonic(z)],
    "zeta": [sp.zeta(z), sp.zeta(p), sp.zeta(p, 3 + x)], "dirichlet_eta": [sp.dirichlet_eta(z)],
    "polylog": [sp.polylog(2, w), sp.polylog(p, x)], "legendre": [sp.legendre(n, z)], "hermite": [sp.hermite(n, z)],
    "chebyshevt": [sp.chebyshevt(n, z)], "chebyshevu": [sp.chebyshevu(n, z)], "laguerre": [sp.laguerre(n, z)],
    "gegenbauer": [sp.gegenbauer(n, p, z)], "jacobi": [sp.jacobi(n, p, x, z)], "fresnels": [sp.fresnels(x)],
    "fresnelc": [sp.fresnelc(z)], "expint": [sp.expint(2, z), sp.expint(p, z)], "Ei": [sp.Ei(z), sp.Ei(p)],
    "li": [sp.li(z)], "Si": [sp.Si(z)], "Ci": [sp.Ci(z), sp.Ci(p)], "LambertW": [sp.LambertW(z), sp.LambertW(p)],
    "lowergamma": [sp.lowergamma(p, z), sp.lowergamma(p, x)], "uppergamma": [sp.uppergamma(p, z)],
    "betainc": [sp.betainc(p, 2, Rational(1, 3), x)], "betainc_regularized": [sp.betainc_regularized(p, 2, 0, x)],
    "RisingFactorial": [sp.rf(z, 3), sp.rf(z, w)], "FallingFactorial": [sp.ff(z, 3), sp.ff(z, w)],
    "factorial2": [sp.factorial2(n)], "subfactorial": [sp.subfactorial(n)], "sinc": [sp.sinc(x), sp.sinc(z)],
    "elliptic_k": [sp.elliptic_k(x)], "erfinv": [sp.erfinv(x)], "bernoulli": [sp.bernoulli(n + 1)],
    "fibonacci": [sp.fibonacci(n)], "catalan": [sp.catalan(n)], "exp_polar": [sp.exp_polar(z)],
    "hermite_prob": [sp.hermite_prob(n, x)],
}  # fmt: skip
NAMES_OF_SYMPY = set(FUNCTIONS) - {"digamma", "trigamma"}  # sympy writes these as polygamma


def test_the_table_is_reached():
    """Every function of the table stands in a test under the name that sympy gives it."""
    reached = {type(node).__name__ for trees in TABLE.values() for t in trees for node in sp.preorder_traversal(t)}
    assert NAMES_OF_SYMPY - reached == set()
    assert set(TABLE) == set(FUNCTIONS)


@pytest.mark.parametrize("name", TABLE)
def test_a_function_of_the_table(name):
    for tree in TABLE[name]:
        holds(tree, {**REAL, **COMPLEX})


@pytest.mark.parametrize("name", ["digamma", "trigamma"])
def test_names_that_sympy_rewrites(name):
    point = ball(p, REAL)
    with ctx.workprec(200):
        assert FUNCTIONS[name](point).overlaps(ball(sp.polygamma(int(name == "trigamma"), p), REAL))


@pytest.mark.parametrize("constant", CONSTANTS, ids=str)
def test_a_constant(constant):
    enclosed = ball(constant + x - x if constant != sp.I else constant)
    assert enclosed.rel_accuracy_bits() > 160
    assert abs(complex(sp.N(constant)) - complex(float(enclosed.real.mid()), float(enclosed.imag.mid()))) < 1e-14


CUTS = {
    "log": sp.log(-p), "sqrt": sp.sqrt(-p), "power": (-p) ** Rational(1, 3), "asin": sp.asin(1 + p),
    "asin-left": sp.asin(-1 - p), "acos": sp.acos(1 + p), "acos-left": sp.acos(-1 - p), "acosh": sp.acosh(x),
    "acosh-left": sp.acosh(-1 - p), "atanh": sp.atanh(1 + p), "atanh-left": sp.atanh(-1 - p),
    "loggamma": sp.loggamma(-p), "gamma": sp.gamma(-p), "Ei": sp.Ei(-p), "li": sp.li(x), "digamma": sp.polygamma(0, -p),
    "LambertW": sp.LambertW(-p), "zeta": sp.zeta(-p), "polylog": sp.polylog(2, p), "expint": sp.expint(2, -p),
    "Ci": sp.Ci(-p), "atan": sp.atan(I * (1 + p)), "asinh": sp.asinh(I * (1 + p)), "bessely": sp.bessely(1, -p),
}  # fmt: skip


@pytest.mark.parametrize("name", CUTS)
def test_on_a_cut_the_value_is_the_conventional_one_or_none(name):
    """On its branch cut a function has the value that mpmath and sympy give it, or no enclosure."""
    enclosed = ball(CUTS[name], REAL)
    if enclosed.is_finite():
        holds(CUTS[name], REAL)


TREES = {
    "abs": sp.Abs(z), "re": sp.re(z * w), "im": sp.im(z * w), "conjugate": sp.conjugate(z) * w, "arg": sp.arg(z),
    "sign": sp.sign(x - 1), "floor": sp.floor(10 * x), "ceiling": sp.ceiling(10 * x), "frac": sp.frac(10 * x),
    "max": sp.Max(x, p, -1), "min": sp.Min(x, p), "Mod": sp.Mod(7 * p, 2), "heaviside": sp.Heaviside(x),
    "kronecker": sp.KroneckerDelta(n, 5) + sp.KroneckerDelta(m, n), "atan2": sp.atan2(-x, -p),
    "piecewise": Piecewise((x, x > 1), (p, x < Rational(1, 2)), (z, True)), "subs": Subs(sp.sin(z * w), z, w),
    "power": z**w, "integer-power": z**-3, "root": sp.sqrt(z), "sum": Sum(z**k / (k + 1), (k, 0, n)),
    "empty-sum": Sum(k, (k, 1, 0)), "backward-sum": Sum(k, (k, 5, 1)), "product": Product(k + z, (k, 1, n)),
    "derivative": D(sp.exp(z * w) * sp.gamma(z), z), "third": D(sp.exp(z * w), z, 3),
    "nested": D(D(sp.sin(z * w), z), w), "real-derivative": D(sp.Abs(x) * sp.Max(x, 0), x),
    "sympys": sp.Derivative(sp.exp(z**2), z, 2, evaluate=False), "moving-end": D(Integral(sp.exp(s**2), (s, 0, z)), z),
}  # fmt: skip


@pytest.mark.parametrize("name", TREES)
def test_a_tree(name):
    holds(TREES[name], {**REAL, **COMPLEX})


MATRICES = {
    "product": A * B, "power": A**-2, "sum": 2 * A + 1, "det": Det(A * B), "trace": Tr(A * B), "adjugate": Adj(A),
    "transpose": T(A) * B, "exponential": Exp(A), "sine": Sin(A), "cosine": Cos(A), "entry": Entry(A * B, 1, 2),
    "logarithm": Log(Exp(A) + 3), "const": Const([[z, 1], [0, w]]) * A, "gradient": D(Det(A), A),
    "derivative": D(Exp(z * A), z), "number-as-matrix": Det(z * A - w),
}  # fmt: skip


@pytest.mark.parametrize("name", MATRICES)
def test_a_matrix_tree(name):
    at = {A: mp.matrix([[1, mp.mpf("0.5")], [-2, mp.mpc(1, 1)]]), B: mp.matrix([[2, 1], [1, -1]])}
    holds(MATRICES[name], {**COMPLEX, **at})


CLOSED = {
    "gaussian": (Integral(sp.exp(-p * s**2), (s, -oo, oo)), sp.sqrt(pi / p)),
    "narrow-and-far": (Integral(sp.exp(-1000 * (s - 1000) ** 2), (s, -oo, oo)), sp.sqrt(pi / 1000)),
    "gamma": (Integral(s ** (p - 1) * sp.exp(-s), (s, 0, oo)), sp.gamma(p)),
    "beta": (Integral(s ** (p - 1) * (1 - s) ** (x - 1), (s, 0, 1)), sp.beta(p, x)),
    "logarithm": (Integral(sp.log(s), (s, 0, 1)), -sp.S.One),
    "cauchy": (Integral(1 / (1 + s**2), (s, -oo, oo)), pi),
    "kink": (Integral(sp.Abs(sp.sin(s)), (s, 0, 3 * pi)), sp.Integer(6)),
    "piecewise": (Integral(Piecewise((s, s < x), (0, True)), (s, 0, 1)), x**2 / 2),
    "dirichlet": (Integral(sp.sin(s) / s, (s, 0, oo)), pi / 2),
    "sinc-squared": (Integral(sp.sin(s) ** 2 / s**2, (s, 0, oo)), pi / 2),
    "fresnel": (Integral(sp.sin(s**2), (s, 0, oo)), sp.sqrt(2 * pi) / 4),
    "fourier": (Integral(sp.cos(p * s) / (1 + s**2), (s, -oo, oo)), pi * sp.exp(-p)),
    "backwards": (Integral(sp.exp(-s), (s, oo, 0)), -sp.S.One),
    "from-below": (Integral(sp.exp(s), (s, -oo, x)), sp.exp(x)),
    "tiny": (Integral(sp.exp(-s), (s, 1000, oo)), sp.exp(-1000)),
    "peak": (Integral(1 / (1 + 10**10 * (s - Rational(271, 1000)) ** 2), (s, 0, 1)),
             (sp.atan(72900) + sp.atan(27100)) / 10**5),
    "parameter": (D(Integral(sp.exp(-p * s**2), (s, -oo, oo)), p), -sp.sqrt(pi) / (2 * p ** Rational(3, 2))),
    "exponential": (Sum(x**k / sp.factorial(k), (k, 0, oo)), sp.exp(x)),
    "geometric": (Sum(x**k, (k, 0, oo)), 1 / (1 - x)),
    "poisson": (Sum(k * (k - 1) * p**k * sp.exp(-p) / sp.factorial(k), (k, 0, oo)), p**2),
    "negative-binomial": (Sum(sp.binomial(k, 2) * x**k, (k, 2, oo)), x**2 / (1 - x) ** 3),
    "central-binomial": (Sum(sp.binomial(2 * k, k) / 8**k, (k, 0, oo)), sp.sqrt(2)),
    "zipf": (Sum(k**-p, (k, 1, oo)), sp.zeta(p)),
    "hurwitz": (Sum((k + x) ** -p, (k, 1, oo)), sp.zeta(p, 1 + x)),
    "logarithms": (Sum(sp.log(k) / k**2, (k, 1, oo)), D(-sp.zeta(z), z)),
    "telescope": (Sum(1 / (k * (k + 1)), (k, 1, oo)), sp.S.One),
    "leibniz": (Sum((-1) ** k / (2 * k + 1), (k, 0, oo)), pi / 4),
    "both-ways": (Sum(sp.exp(-pi * k**2), (k, -oo, oo)), pi ** Rational(1, 4) / sp.gamma(Rational(3, 4))),
    "six-zeros-first": (Sum(sp.prod(k - j for j in range(7)) / 2**k, (k, 0, oo)), sp.Integer(10080)),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSED)
def test_a_closed_form(name):
    left, right = CLOSED[name]
    at = {**REAL, z: 2}
    a, b = ball(left, at), ball(right, at)
    assert a.overlaps(b)
    assert min(a.rel_accuracy_bits(), b.rel_accuracy_bits()) > 100, a


def test_gaussians_in_two_dimensions():
    found = ball(Integral(sp.exp(-(s**2 + s * y + y**2)), (s, -oo, oo), (y, -oo, oo)), digits=9)
    assert found.overlaps(ball(2 * pi / sp.sqrt(3))) and found.rel_accuracy_bits() > 20


NO_ENCLOSURE = {
    "float": x + 0.1, "limit": sp.Limit(sp.sin(x) / x, x, 0), "expectation": Expect(Entry(T(A) * A, 1, 1), iid(A, p)),
    "divergent-integral": Integral(1 / s, (s, 1, oo)), "no-limit-at-infinity": Integral(sp.sin(s), (s, 0, oo)),
    "harmonic-series": Sum(1 / k, (k, 1, oo)), "growing-series": Sum(2**k, (k, 0, oo)),
    "grandi": Sum((-1) ** k, (k, 0, oo)), "unknown-function": f(x), "slow-oscillation": Sum(sp.sin(k) / k, (k, 1, oo)),
    "infinite-product": Product(1 + 1 / k**2, (k, 1, oo)), "conjugate-derivative": D(sp.conjugate(z), z),
    "modulus-derivative": D(sp.Abs(z), z),
    "undecided-index": sp.KroneckerDelta(n, 5 * (sp.sin(x) ** 2 + sp.cos(x) ** 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_ENCLOSURE)
def test_what_has_no_enclosure_says_so(name):
    at = {**REAL, **COMPLEX, f: lambda v: v, A: mp.eye(2)}
    with pytest.raises(NotCertified):
        ball(NO_ENCLOSURE[name], at)


@pytest.mark.parametrize(
    "tree",
    [1 / (x - x * 1 + sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1), Integral(1 / s, (s, -1, 1)), Integral(1 / s**2, (s, -1, 1)),
     sp.gamma(-m), sp.log(sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1), sp.zeta(m - 2), Integral(1 / s, (s, 0, 1))],
    ids=str,
)  # fmt: skip
def test_at_a_pole_no_value_is_finite(tree):
    try:
        assert not ball(tree, REAL).is_finite()
    except NotCertified:
        pass


@pytest.mark.parametrize("value", [0.1, 1 / 3, 0.1 + 0.2j, sp.Float("0.1"), True])
def test_a_float_is_refused(value):
    with pytest.raises(NotCertified):
        enclosures.exact(value)


def test_a_sample_is_its_binary_fraction():
    with mp.workdps(150):
        third = mp.mpf(1) / 3
    value = enclosures.exact(third)
    with ctx.workprec(600):
        assert value.is_exact() and not (3 * value - 1).contains(0)


def test_what_an_equation_gives_is_taken_from_it():
    """A value solved from an equation is rounded: at 400 digits it would violate the equation."""
    with mp.workdps(50):
        env = {x: mp.mpf(2), y: mp.sqrt(2), "size": 1}
    env["exact", y] = (sp.sqrt(x), env[y])
    with ctx.workprec(1000):
        assert (compiled(y**2)(point_of(env)) - 2).contains(0)
        assert not (compiled(y**2)(point_of({k: v for k, v in env.items() if not isinstance(k, tuple)})) - 2).contains(
            0
        )
        moved = {**env, y: mp.mpf(3)}
        assert (compiled(y)(point_of(moved)) - 3).contains(0)


@pytest.mark.parametrize("start", [3, 10, 200])
@pytest.mark.parametrize(
    "term",
    [x**-3, sp.exp(-x), x**5 * sp.exp(-x), sp.exp(-(x**2) + 3 * x), 1 / sp.factorial(x), sp.log(x) / x**2,
     2**x / sp.factorial(x), sp.binomial(2 * x, x) / 5**x, 1 / (x**2 - x - 1), sp.exp(-x) / (1 + sp.exp(-x)),
     1 / sp.cosh(x), sp.log(1 + sp.exp(-x)), (x + 1) ** Rational(-5, 2), sp.sin(x) / x**2, x ** (-p),
     sp.gamma(x) / x**x],
    ids=str,
)  # fmt: skip
def test_a_tail_bound_is_above_the_terms(term, start):
    try:
        bound = tail_bound(term, x, arb(start), point_of(environment({p: "2.61"})))
    except NoBound:
        assert start < 200
        return
    total = sum(abs(numeric.value(term, {x: mp.mpf(j), p: mp.mpf("2.61")}, 20)) for j in range(start + 1, start + 200))
    assert total <= mp.mpf(str(bound.upper().str(20, radius=False))) * (1 + mp.mpf(10) ** -10)


def test_a_precision_leaves_nothing_behind():
    before = ctx.prec
    ball(Integral(sp.exp(-s), (s, 0, oo)))
    assert ctx.prec == before


def test_the_core_needs_no_arrays():
    """Enclosures, comparisons and the numeric leg load neither numpy nor scipy, jax or gmpy2."""
    package = Path(enclosures.__file__).parents[1]
    program = f"""
import sys, types
for name in ("numpy", "scipy", "jax", "gmpy2"):
    sys.modules[name] = None  # an import of it fails
for name, path in (("scispaces", {str(package.parent)!r}), ("scispaces.claims", {str(package)!r})):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [path]
import scispaces.claims.compare as compare
import sympy as sp
from mpmath import mp
x = sp.Symbol("x")
found = compare.compare(sp.sin(2 * x), 2 * sp.sin(x) * sp.cos(x), {{x: mp.mpf(3), "size": 2}}, (50,), 30)
assert found.state == "agree" and found.certified and found.digits >= 400, found
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
