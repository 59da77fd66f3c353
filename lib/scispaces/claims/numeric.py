"""The numeric leg: the same unevaluated tree, evaluated by mpmath.

Integrals are integrated, sums summed, derivatives differenced and exponentials summed as power series, in arbitrary
precision. Nothing here calls sympy's evaluation: a wrong closed form cannot reach this leg.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import product
from typing import Any

import gmpy2
import mpmath
import numpy as np
import sympy as sp
from mpmath import mp
from sympy import Symbol

from . import nodes as N

MPMatrix: Any = mpmath.matrix
Env = dict[Any, Any]


class Instance(dict[Any, Any]):
    """An environment that remembers the values of trees: a copy made with ``{**env}`` starts afresh."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.memo: dict[tuple[sp.Basic, int], tuple[Any, float, float]] = {}
        self.moved: dict[tuple[Symbol, str], Instance] = {}

    def at(self, variable: Symbol, place: Any) -> Instance:
        """This environment with another value of one variable; remembered."""
        known = (variable, mp.nstr(place, 30))
        if known not in self.moved:
            self.moved[known] = Instance({**self, variable: place})
        return self.moved[known]


class Undefined(ArithmeticError):
    """The tree has no finite value at this point."""


class OutOfReach(Undefined):
    """There may be a value, but not one that this leg computes: the point is passed over."""


def value(tree: sp.Basic, env: Env, digits: int) -> Any:
    """The value of `tree` at `env` with `digits` working digits: mpf, mpc or an mpmath matrix.

    `env` maps scalar symbols to numbers, matrix symbols to mpmath matrices, undefined function classes and names of
    matrix functions to callables. Raises `Undefined` where there is no finite value.
    """
    memo = env.memo if isinstance(env, Instance) else None
    if memo is not None and (tree, digits) in memo:
        known, lost, error = memo[tree, digits]
        _lost_digits.append(lost)
        _quadrature_errors.append(error)
        if isinstance(known, Undefined):
            raise known
        return known
    before = digits_lost(), worst_quadrature_error()
    out: Any = None
    try:
        out = _value(tree, env, digits)
        return out
    except Undefined as failure:
        out = failure
        raise
    finally:
        lost, error = digits_lost(), worst_quadrature_error()
        if memo is not None and out is not None:
            memo[tree, digits] = (out, lost, error)
        _lost_digits.append(max(lost, before[0]))
        _quadrature_errors.append(max(error, before[1]))


def _value(tree: sp.Basic, env: Env, digits: int) -> Any:
    with mp.workdps(digits):
        try:
            out = _eval(tree, env)
        except Undefined:
            raise
        except (ArithmeticError, ValueError, mpmath.libmp.libhyper.NoConvergence, TypeError) as error:
            if isinstance(error, TypeError) and not any(w in str(error) for w in ("truth", "complex", "mpc", "compar")):
                raise
            raise Undefined(f"{type(error).__name__}: {error}") from error
        if not all(mp.isfinite(x) for x in _entries(out)):
            raise Undefined("not finite")
        return +out if not isinstance(out, MPMatrix) else out


def _entries(x: Any) -> list[Any]:
    return list(x) if isinstance(x, MPMatrix) else [x]


def difference(left: Any, right: Any) -> Any:
    """left - right; a number next to a square matrix is that multiple of the unit matrix."""
    return _like(left, right) - _like(right, left)


def size_of(x: Any) -> Any:
    """Largest modulus among the entries."""
    return max((abs(e) for e in _entries(x)), default=mp.mpf(0))


def _like(x: Any, other: Any) -> Any:
    if isinstance(other, MPMatrix) and not isinstance(x, MPMatrix):
        if other.rows != other.cols:
            raise Undefined(f"a number cannot be added to a {other.rows}x{other.cols} matrix")
        return x * mp.eye(other.rows)
    return x


def _eval(tree: sp.Basic, env: Env) -> Any:
    if isinstance(tree, Symbol):
        if tree in env:
            return env[tree]
        raise KeyError(f"no value for {tree}")
    if isinstance(tree, sp.Integer):
        return mp.mpf(int(tree))
    if isinstance(tree, sp.Rational):
        return mp.mpf(int(tree.p)) / int(tree.q)
    if isinstance(tree, sp.Float):
        return mp.mpf(tree)
    rule = _RULES.get(type(tree))
    if rule is not None:
        return rule(tree, env)
    if isinstance(tree, sp.core.function.AppliedUndef):
        f = env[tree.func]
        return f(*(_eval(a, env) for a in tree.args))
    if isinstance(tree, sp.Add):
        terms = [_eval(a, env) for a in tree.args]
        shaped = next((x for x in terms if isinstance(x, MPMatrix)), None)
        total = _like(terms[0], shaped)
        for x in terms[1:]:
            total = total + _like(x, shaped)
        if not _is_exact_sum(tree):
            _note_cancellation(terms, total)
        return total
    if isinstance(tree, sp.Mul):
        factors = [_eval(a, env) for a in tree.args]
        scalar, matrix = mp.mpf(1), None
        for x in factors:
            if isinstance(x, MPMatrix):
                if matrix is not None:
                    bound = size_of(matrix) * size_of(x) * x.rows
                    matrix = _matmul(matrix, x)
                    _note_cancellation([bound], matrix)
                else:
                    matrix = x
            else:
                scalar = scalar * x
        return scalar if matrix is None else scalar * matrix
    if isinstance(tree, sp.Pow):
        return _power(tree, env)
    constant = _CONSTANTS.get(type(tree))
    if constant is not None:
        return constant()
    name = type(tree).__name__
    if name in _FUNCTIONS:
        return _FUNCTIONS[name](*(_eval(a, env) for a in tree.args))
    raise NotImplementedError(
        f"the numeric leg has no evaluation of {name}; it is in numeric._FUNCTIONS or _RULES that it belongs"
    )


def _power(tree: sp.Pow, env: Env) -> Any:
    base = _eval(tree.base, env)
    if isinstance(base, MPMatrix):
        exponent = _eval(tree.exp, env)
        n = int(mp.nint(mp.re(exponent)))
        if exponent != n:
            raise Undefined(f"a fractional power of a matrix: {tree}")
        if base.rows != base.cols:
            raise Undefined(f"a power of a {base.rows}x{base.cols} matrix")
        out, root = mp.eye(base.rows), base if n >= 0 else _inverse(base)
        for _ in range(abs(n)):
            out = _matmul(out, root)
        return out
    if tree.exp is sp.S.Half:
        return mp.sqrt(base)
    exponent = _eval(tree.exp, env)
    if mp.isint(exponent) and mp.im(exponent) == 0:
        return base ** int(mp.re(exponent))
    return mp.power(base, exponent)


def _inverse(M: MPMatrix) -> MPMatrix:
    try:
        return mp.inverse(M)
    except (TypeError, ZeroDivisionError) as error:  # mpmath meets a column of zeros
        raise Undefined("a singular matrix") from error


# --- calculus ----------------------------------------------------------------------------------------------------

_COMPILED = {
    "Add", "Mul", "Pow", "Symbol", "Dummy", "sin", "cos", "tan", "exp", "log", "sinh", "cosh", "tanh", "asin",
    "acos", "atan", "gamma", "erf", "erfc", "Abs", "factorial", "binomial", "loggamma", "Pi", "Exp1", "besselj",
}  # fmt: skip


@functools.lru_cache(maxsize=4096)
def _compiled(inner: sp.Basic, arguments: tuple[Symbol, ...]) -> Callable[..., Any] | None:
    """The tree printed as a Python function of mpmath numbers, when it is made of plain functions only.

    Printing evaluates nothing; it saves the walk over the tree at each of the thousands of nodes of a quadrature.
    """
    for node in sp.preorder_traversal(inner):
        if not (type(node).__name__ in _COMPILED or isinstance(node, sp.Rational)) or node.is_commutative is False:
            return None
    return sp.lambdify(arguments, inner, modules="mpmath", dummify=True)


def _function_of(inner: sp.Basic, variable: Symbol, env: Env) -> Callable[[Any], Any]:
    """The tree as a function of one of its variables, the others taken from `env`."""
    others = tuple(sorted((s for s in inner.free_symbols if s != variable and s in env), key=lambda s: s.name))
    f = _compiled(inner, (variable, *others)) if all(isinstance(env[s], (mp.mpf, mp.mpc)) for s in others) else None
    if f is None:
        return lambda x: _eval(inner, {**env, variable: x})
    values = tuple(env[s] for s in others)
    return lambda x: f(x, *values)


_KINKED = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)


def _integral(tree: sp.Integral, env: Env) -> Any:
    (variable, *ends), *outer = reversed(tree.limits)
    if outer:
        inner: sp.Basic = sp.Integral(tree.function, *reversed(outer))
    else:
        inner = tree.function
    if len(ends) != 2:
        raise Undefined(f"an integral without limits has no value: {tree}")
    low, high = (_eval(a, env) for a in ends)
    if low == high:
        return mp.mpf(0)

    f = _function_of(inner, variable, env)
    breaks = _kinks(inner, variable, low, high, env)
    nodes = [low, *breaks, high]
    if not breaks and mp.isinf(high) and not mp.isinf(low):
        nodes = [low, low + 1, low + 8, high]
    elif not breaks and mp.isinf(low) and mp.isinf(high):
        nodes = [low, -4, mp.mpf("0.1637"), 4, high]
    elif not breaks and not mp.isinf(low):
        nodes = [low, low + (high - low) * mp.mpf("0.4637"), high]  # no symmetry: it would cancel singularities
    result, error = mp.quad(f, nodes, error=True)
    _note_error(error, result)
    return result


def _kinks(inner: sp.Basic, variable: Symbol, low: Any, high: Any, env: Env) -> list[Any]:
    """Where an argument of |.|, max, min, sign or a piecewise condition changes its sign on (low, high)."""
    tests: list[sp.Basic] = []
    for node in sp.preorder_traversal(inner):
        if not isinstance(node, _KINKED) or variable not in node.free_symbols:
            continue
        if isinstance(node, sp.Piecewise):
            for _, condition in node.args:
                tests += [r.lhs - r.rhs for r in condition.atoms(sp.core.relational.Relational)]
        elif isinstance(node, (sp.Max, sp.Min)):
            tests += [node.args[0] - a for a in node.args[1:]]
        else:
            tests.append(node.args[0])
    if not tests:
        return []
    a = low if not mp.isinf(low) else mp.mpf(-50)
    b = high if not mp.isinf(high) else mp.mpf(50)
    grid = [a + (b - a) * mp.mpf(j) / 240 for j in range(1, 240)]
    found = []
    for test in tests:

        def g(x: Any, *, test: sp.Basic = test) -> Any:
            return mp.re(_eval(test, {**env, variable: x}))

        try:
            values = [g(x) for x in grid]
        except (ZeroDivisionError, ValueError, KeyError, TypeError):
            continue
        for x, y, gx, gy in zip(grid, grid[1:], values, values[1:], strict=False):
            if gx == 0:
                found.append(x)
            elif gx * gy < 0:
                found.append(mp.findroot(g, (x, y), solver="anderson", verify=False))
    return sorted({x for x in found if a < x < b})


_quadrature_errors: list[float] = []


def _note_error(error: Any, result: Any) -> None:
    _quadrature_errors.append(float(abs(error) / max(abs(result), mp.mpf(10) ** -8)))


_lost_digits: list[float] = []


def _note_cancellation(terms: list[Any], total: Any) -> None:
    big = max(size_of(x) for x in terms)
    if big:
        left = size_of(total)
        _lost_digits.append(float(mp.log10(big / left)) if left else float(mp.dps))


@functools.lru_cache(maxsize=4096)
def _is_exact_sum(tree: sp.Add) -> bool:
    """n - j, 2 x + 1: sums of integer multiples of symbols are exact, what cancels there is no rounding."""
    return all(
        a.is_Integer
        or a.is_Symbol
        or (a.is_Mul and all(f.is_Integer or f.is_Symbol for f in a.args) and len(a.args) == 2)
        for a in tree.args
    )


def digits_lost() -> float:
    """The most digits that an addition has lost to cancellation since the last call, which resets it."""
    worst = max(_lost_digits, default=0.0)
    _lost_digits.clear()
    return worst


def worst_quadrature_error() -> float:
    """The largest relative error estimate of an integral since the last call, which resets it."""
    worst = float(max(_quadrature_errors, default=0.0))
    _quadrature_errors.clear()
    return worst


def _sum(tree: sp.Sum, env: Env) -> Any:
    (variable, low, high), *outer = reversed(tree.limits)
    inner = sp.Sum(tree.function, *reversed(outer)) if outer else tree.function
    low, high = _eval(low, env), _eval(high, env)

    inner_function = _function_of(inner, variable, env)

    def term(n: Any) -> Any:
        return inner_function(mp.mpf(n))

    if (mp.isinf(low) or mp.isinf(high)) and not N.is_matrix(inner):
        _refuse_divergence(term, low, high)
    if mp.isinf(low) and mp.isinf(high):
        return mp.nsum(term, [low, high])
    if mp.isinf(high) and not N.is_matrix(inner) and (plain := _plain_sum(term, int(low))) is not None:
        return plain
    if mp.isinf(high):
        if N.is_matrix(inner):
            return _matrix_series(term, int(low))
        return mp.nsum(term, [int(low), mp.inf])
    if mp.isinf(low):
        return mp.nsum(term, [mp.ninf, int(high)])
    if not (mp.isint(low) and mp.isint(high)):
        raise Undefined(f"a sum from {low} to {high}")
    low_int, high_int = int(low), int(high)
    if (
        high_int < low_int - 1
    ):  # the convention of sympy and of difference calculus: sum from a to b = - sum from b+1 to a-1
        return -sum((term(n) for n in range(high_int + 1, low_int)), mp.mpf(0))
    terms = [term(n) for n in range(low_int, high_int + 1)]
    shaped = next((x for x in terms if isinstance(x, MPMatrix)), None)
    total = _like(mp.mpf(0), shaped)
    for x in terms:
        total = total + _like(x, shaped)
    return total


def _refuse_divergence(term: Callable[[Any], Any], low: Any, high: Any) -> None:
    """Extrapolation gives divergent series a value; they have none. Terms that do not fall have no sum."""
    for sign, start in ((1, low),) if not mp.isinf(low) else ((-1, high),) if not mp.isinf(high) else ((1, 0), (-1, 0)):
        sizes = [abs(term(int(start) + sign * n)) for n in (640, 641, 2560, 2561, 10240, 10241)]
        early, middle, late = (max(sizes[i : i + 2]) for i in (0, 2, 4))
        if late > mp.eps and not (late < middle * mp.mpf("0.9") or (late < middle and middle < early)):
            raise Undefined("a series whose terms do not fall")


def _plain_sum(term: Callable[[Any], Any], start: int, digits: int = 0) -> Any:
    """The sum term by term, when the terms vanish within six thousand; None when they need extrapolation."""
    total, largest, quiet = mp.mpf(0), mp.mpf(0), 0
    for n in range(start, start + 6000):
        x = term(n)
        total += x
        largest = max(largest, abs(x))
        quiet = quiet + 1 if abs(x) <= mp.eps * mp.mpf("1e-3") * abs(total) else 0
        if quiet == 6:
            lost = float(mp.log10(largest / abs(total))) if total else 0.0
            wanted = digits or mp.dps
            if mp.dps - lost < wanted - 2 and mp.dps < 8000:  # large terms of both signs: again, with more digits
                with mp.workdps(int(wanted + lost + 10)):
                    return _plain_sum(term, start, wanted)
            return +total
        if n == start + 60 and abs(x) > mp.mpf("0.5") * abs(term(n - 20)) and abs(x) < largest / 4:
            return None  # an algebraic tail
    return None


def _matrix_series(term: Callable[[int], Any], start: int) -> Any:
    total, n = term(start), start
    small = 0
    while small < 3:
        n += 1
        x = term(n)
        total = total + x
        small = small + 1 if size_of(x) < mp.eps * max(size_of(total), mp.eps) else 0
        if n > start + 4000:
            raise Undefined("a matrix series that does not converge in 4000 terms")
    return total


def _product(tree: sp.Product, env: Env) -> Any:
    (variable, low, high), *outer = reversed(tree.limits)
    inner = sp.Product(tree.function, *reversed(outer)) if outer else tree.function
    low, high = _eval(low, env), _eval(high, env)

    def factor(n: Any) -> Any:
        return _eval(inner, {**env, variable: mp.mpf(n)})

    if mp.isinf(high):
        return mp.nprod(factor, [int(low), mp.inf])
    out = mp.mpf(1)
    for n in range(int(low), int(high) + 1):
        out = out * factor(n)
    return out


def _difference_quotient(f: Callable[[Any], Any], at: Any, order: int) -> Any:
    """Central difference with a step of 10^-digits in threefold precision: error of the order of the step squared."""
    if order > 1:
        return _difference_quotient(lambda s: _difference_quotient(f, s, order - 1), at, 1)
    digits = mp.dps
    with mp.workdps(3 * digits + 15):
        h = mp.mpf(10) ** (-digits)
        out = (f(at + h) - f(at - h)) / (2 * h)
    return out


def _derivative(tree: N.D, env: Env) -> Any:
    expr, variable, order = tree.args
    at = env[variable]
    if variable.is_commutative:
        if variable.is_real is not True and N.contains(expr, *_NOT_ANALYTIC):
            raise Undefined(f"{expr} has no complex derivative")
        return _difference_quotient(lambda s: _eval(expr, {**env, variable: s}), at, int(order))
    out = mp.matrix(at.rows, at.cols)
    for i, j in product(range(at.rows), range(at.cols)):

        def moved(s: Any, i: int = i, j: int = j) -> Any:
            there = at.copy()
            there[i, j] = s
            return _eval(expr, {**env, variable: there})

        out[i, j] = _difference_quotient(moved, at[i, j], 1)
    return out


_NOT_ANALYTIC = (
    sp.re,
    sp.im,
    sp.conjugate,
    sp.Abs,
    sp.arg,
    sp.sign,
    sp.Max,
    sp.Min,
    sp.floor,
    sp.ceiling,
    sp.Heaviside,
)


def _sympy_derivative(tree: sp.Derivative, env: Env) -> Any:
    (variable, order), *rest = tree.variable_count
    if variable.is_real is not True and N.contains(tree.expr, *_NOT_ANALYTIC):
        raise Undefined(f"{tree.expr} has no complex derivative")
    inner = sp.Derivative(tree.expr, *rest, evaluate=False) if rest else tree.expr
    return _difference_quotient(lambda s: _eval(inner, {**env, variable: s}), env[variable], int(order))


def _subs(tree: sp.Subs, env: Env) -> Any:
    expr, variables, points = tree.args
    return _eval(expr, {**env, **{v: _eval(p, env) for v, p in zip(variables, points, strict=True)}})


def _limit(tree: sp.Limit, env: Env) -> Any:
    expr, variable, x0, side = tree.args
    x0 = _eval(x0, env)
    direction = 1 if str(side) == "+" else -1  # mpmath: 1 is from above
    _quadrature_errors.append(1e-6)
    with mp.workdps(mp.dps + 20):
        return mp.limit(lambda x: _eval(expr, {**env, variable: x}), x0, direction=direction)


# --- matrices ----------------------------------------------------------------------------------------------------


def _square(tree: sp.Basic, env: Env) -> MPMatrix:
    M = _eval(tree.args[0], env)
    if not isinstance(M, MPMatrix):
        M = M * mp.eye(int(env["size"]))
    if M.rows != M.cols:
        raise Undefined(f"{tree}: the matrix is {M.rows}x{M.cols}")
    return M


def _det(M: MPMatrix) -> Any:
    out = _determinant(M)
    _note_cancellation([size_of(M) ** M.rows], out)
    return out


def _determinant(M: MPMatrix) -> Any:
    """Leibniz sum for small matrices (no pivoting, no division), LU beyond."""
    k = M.rows
    if k == 1:
        return M[0, 0]
    if k == 2:
        return M[0, 0] * M[1, 1] - M[0, 1] * M[1, 0]
    if k == 3:
        return sum(M[0, a] * (M[1, b] * M[2, c] - M[1, c] * M[2, b]) for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)))
    return mp.det(M)


def _adjugate(M: MPMatrix) -> MPMatrix:
    """Transposed cofactors, by minors."""
    k = M.rows
    if k == 1:
        return mp.matrix([[1]])
    out = mp.matrix(k, k)
    for i, j in product(range(k), range(k)):
        minor = mp.matrix([[M[r, c] for c in range(k) if c != j] for r in range(k) if r != i])
        out[j, i] = (-1) ** (i + j) * _det(minor)
    return out


def _objects(M: MPMatrix) -> np.ndarray:
    """The entries as an object array: numpy's dot of Python numbers is several times faster than mpmath's."""
    out = np.empty((M.rows, M.cols), dtype=object)
    for i in range(M.rows):
        for j in range(M.cols):
            out[i, j] = M[i, j]
    return out


def _matmul(a: MPMatrix, b: MPMatrix) -> MPMatrix:
    if a.cols != b.rows:
        raise Undefined(f"a product of a {a.rows}x{a.cols} and a {b.rows}x{b.cols} matrix")
    return mp.matrix(_objects(a).dot(_objects(b)).tolist())


def _gmp(M: MPMatrix) -> np.ndarray:
    """The entries as an object array of MPFR numbers (within a gmpy2 context): ten times faster than mpmath's own."""

    def real(x: Any) -> Any:
        sign, mantissa, exponent, _ = x._mpf_
        value = (
            gmpy2.mul_2exp(gmpy2.mpfr(mantissa), exponent)
            if exponent >= 0
            else gmpy2.div_2exp(gmpy2.mpfr(mantissa), -exponent)
        )
        return -value if sign else value

    entries = [mp.mpmathify(x) for x in M]
    is_real = all(mp.im(x) == 0 for x in entries)
    out = np.empty((M.rows, M.cols), dtype=object)
    for i in range(M.rows):
        for j in range(M.cols):
            x = mp.mpmathify(M[i, j])
            out[i, j] = real(mp.re(x)) if is_real else gmpy2.mpc(real(mp.re(x)), real(mp.im(x)))
    return out


def _from_gmp(array: np.ndarray) -> MPMatrix:
    def real(x: Any) -> Any:
        if not gmpy2.is_finite(x):
            raise Undefined("not finite")
        mantissa, exponent = x.as_mantissa_exp()
        return mp.ldexp(mp.mpf(int(mantissa)), int(exponent))

    def number(x: Any) -> Any:
        return mp.mpc(real(x.real), real(x.imag)) if isinstance(x, gmpy2.mpc) else real(x)

    return mp.matrix([[number(x) for x in row] for row in array.tolist()])


def _gmp_context() -> Any:
    return gmpy2.context(gmpy2.get_context(), precision=mp.prec, real_prec=mp.prec, imag_prec=mp.prec)


def _power_series(X: np.ndarray, coefficient: Callable[[int], int]) -> np.ndarray:
    """sum c_n X^n/n!, summed until four terms in a row are below the working precision."""
    size = X.shape[0]
    term = np.array([[gmpy2.mpfr(int(i == j)) for j in range(size)] for i in range(size)], dtype=object)
    total, n, quiet = 0 * term, 0, 0
    smallest = gmpy2.div_2exp(gmpy2.mpfr(1), mp.prec + 10)
    while quiet < 4:
        c = coefficient(n)
        if c:
            total = total + c * term
        quiet = quiet + 1 if all(abs(e) <= smallest for e in term.flat) else 0
        n += 1
        term = term.dot(X) / n
    return total


def _expm(M: MPMatrix) -> MPMatrix:
    """Scaling by 2^s, the power series, squaring s times."""
    norm = float(size_of(M)) * M.rows
    if not np.isfinite(norm) or norm > 2e3:
        raise OutOfReach("the exponential of a huge matrix")
    s = max(0, int(np.ceil(np.log2(norm))) + 6) if norm > 0 else 0
    with mp.workdps(mp.dps + s + 10), _gmp_context():
        out = _power_series(_gmp(M / mp.mpf(2) ** s), lambda n: 1)
        for _ in range(s):
            out = out.dot(out)
        return _from_gmp(out)


def _trig(which: str) -> Callable[[sp.Basic, Env], MPMatrix]:
    parity = 1 if which == "sin" else 0

    def rule(tree: sp.Basic, env: Env) -> MPMatrix:
        M = _square(tree, env)
        size = float(size_of(M)) * M.rows
        if not np.isfinite(size) or size > 1e4:
            raise OutOfReach("the sine or cosine of a huge matrix")
        with mp.workdps(int(mp.dps + 10 + 2 * size)), _gmp_context():
            return _from_gmp(_power_series(_gmp(M), lambda n: 0 if n % 2 != parity else (-1) ** (n // 2)))

    return rule


def _logm(tree: sp.Basic, env: Env) -> MPMatrix:
    M = _square(tree, env)
    if all(M[i, j] == 0 for i in range(M.rows) for j in range(M.cols) if i != j):
        return mp.diag([mp.log(M[i, i]) for i in range(M.rows)])
    if abs(_det(M)) <= mp.eps * 1000 * size_of(M) ** M.rows:
        raise Undefined("the logarithm of a singular matrix")
    return mp.logm(M)


def _expect(tree: N.Expect, env: Env) -> Any:
    """Exact enumeration over a three-point law with the right moments (no moment is substituted)."""
    expr, law = tree.args
    W = law.args[0]
    rows, cols = env[("shape", W)]
    scale = mp.sqrt(_eval(law.args[1], env))
    a, b = env[("law", W)]
    if a * b < 1 - mp.mpf(10) ** -12:
        raise Undefined("no law has these moments: the kurtosis is at least 1 + skewness^2")
    points = np.array([-float(a), 0.0, float(b)])
    weights = np.array([1 / (a * (a + b)), 1 - 1 / (a * b), 1 / (b * (a + b))], dtype=float)
    count = rows * cols
    if count > 12:
        raise Undefined(f"an exact expectation over {count} entries")
    # a law without an atom at zero (kurtosis = 1 + skewness^2) needs two points only
    keep = weights > 1e-12
    points, weights = points[keep], weights[keep]
    if len(points) ** count > 600_000:
        raise Undefined(f"an exact expectation over {len(points)}^{count} outcomes")
    grid = np.array(np.meshgrid(*[np.arange(len(points))] * count, indexing="ij")).reshape(count, -1).T
    values = float(scale) * points[grid].reshape(-1, rows, cols)
    mass = weights[grid].prod(axis=1)
    batch: dict[Any, Any] = {}
    for s, v in env.items():
        if isinstance(s, Symbol) and isinstance(v, MPMatrix):
            batch[s] = np.array([[_plain(e) for e in row] for row in v.tolist()])[None]
        elif isinstance(s, Symbol) and not callable(v):
            batch[s] = _plain(v)
    batch[W] = values
    with np.errstate(all="ignore"):
        result = np.broadcast_to(_batch(expr, batch), mass.shape)
        total, magnitude = (mass * result).sum(), float((mass * np.abs(result)).sum())
    if abs(total) <= 1e-14 * magnitude:
        return mp.mpf(0)
    _quadrature_errors.append(1e-13)
    return mp.mpmathify(total.item())


def _plain(x: Any) -> float | complex:
    return complex(x) if mp.im(x) != 0 else float(mp.re(x))


def _batch(tree: sp.Basic, env: dict[Any, Any]) -> Any:
    """Polynomials of matrices over a batch: arrays (N, k, l), scalars (N,) or numbers."""
    if isinstance(tree, Symbol):
        return env[tree]
    if tree.is_Number:
        return float(tree)
    args = tree.args
    if isinstance(tree, (sp.Add, sp.Mul)):
        out = None
        for a in args:
            x = _batch(a, env)
            if out is None:
                out = x
                continue
            ndims = (np.ndim(out), np.ndim(x))
            if isinstance(tree, sp.Mul):
                if ndims == (3, 3):
                    out = out @ x
                elif 3 in ndims and 1 in ndims:
                    out = (out if ndims[0] == 3 else np.reshape(out, (-1, 1, 1))) * (
                        x if ndims[1] == 3 else np.reshape(x, (-1, 1, 1))
                    )
                else:
                    out = out * x
            else:
                if ndims[0] == 3 and ndims[1] < 3:
                    x = np.reshape(x, (-1, 1, 1)) * np.eye(out.shape[-1])
                elif ndims[1] == 3 and ndims[0] < 3:
                    out = np.reshape(out, (-1, 1, 1)) * np.eye(x.shape[-1])
                out = out + x
        return out
    if isinstance(tree, sp.Pow):
        base, exponent = _batch(tree.base, env), _batch(tree.exp, env)
        if np.ndim(base) == 3:
            return np.linalg.matrix_power(base, int(exponent))
        return np.power(base, int(exponent) if float(exponent).is_integer() and exponent > 0 else exponent)
    if isinstance(tree, N.T):
        return np.swapaxes(_batch(args[0], env), -1, -2)
    if isinstance(tree, N.Tr):
        return np.trace(_batch(args[0], env), axis1=-2, axis2=-1)
    if isinstance(tree, N.Det):
        return np.linalg.det(_batch(args[0], env))
    if isinstance(tree, N.Entry):
        M, i, j = _batch(args[0], env), int(args[1]), int(args[2])
        if np.ndim(M) != 3 or not (1 <= i <= M.shape[-2] and 1 <= j <= M.shape[-1]):
            raise Undefined(f"no entry ({i}, {j})")
        return M[..., i - 1, j - 1]
    if isinstance(tree, sp.Sum):
        ((v, low, high),) = tree.limits
        return sum(
            _batch(tree.function.xreplace({v: sp.Integer(n)}), env)
            for n in range(int(_batch(low, env)), int(_batch(high, env)) + 1)
        )
    if isinstance(tree, N.Const):
        return np.array([[float(_batch(e, env)) for e in row] for row in tree.args[0].tolist()])[None]
    if isinstance(tree, N.Expect):
        raise Undefined("a nested expectation")
    raise NotImplementedError(f"an expectation of {type(tree).__name__}: only polynomials of matrices are supported")


def _entry(tree: N.Entry, env: Env) -> Any:
    M = _eval(tree.args[0], env)
    i, j = (int(_eval(a, env)) for a in tree.args[1:])
    if not (isinstance(M, MPMatrix) and 1 <= i <= M.rows and 1 <= j <= M.cols):
        raise Undefined(f"no entry ({i}, {j})")
    return M[i - 1, j - 1]


def _const(tree: N.Const, env: Env) -> MPMatrix:
    M = tree.args[0]
    return mp.matrix([[_eval(M[i, j], env) for j in range(M.cols)] for i in range(M.rows)])


def _piecewise(tree: sp.Piecewise, env: Env) -> Any:
    for expr, condition in tree.args:
        if truth(condition, env):
            return _eval(expr, env)
    raise Undefined(f"no branch of {tree} applies")


def truth(condition: sp.Basic, env: Env) -> bool:
    """Whether a condition holds at `env`."""
    if condition in (sp.true, sp.false):
        return bool(condition)
    if isinstance(condition, sp.And):
        return all(truth(a, env) for a in condition.args)
    if isinstance(condition, sp.Or):
        return any(truth(a, env) for a in condition.args)
    if isinstance(condition, sp.Not):
        return not truth(condition.args[0], env)
    if isinstance(condition, sp.core.relational.Relational):
        left, right = _eval(condition.lhs, env), _eval(condition.rhs, env)
        if isinstance(condition, sp.Eq):
            return bool(abs(left - right) <= mp.eps * 1000 * max(abs(left), abs(right), 1))
        if isinstance(condition, sp.Ne):
            return bool(abs(left - right) > mp.eps * 1000 * max(abs(left), abs(right), 1))
        if mp.im(left) != 0 or mp.im(right) != 0:
            return False
        compare = {
            "<": lambda a, b: a < b,
            "<=": lambda a, b: a <= b,
            ">": lambda a, b: a > b,
            ">=": lambda a, b: a >= b,
        }
        return bool(compare[condition.rel_op](mp.re(left), mp.re(right)))
    raise NotImplementedError(f"the condition {condition}")


_RULES: dict[type, Any] = {
    sp.Integral: _integral,
    sp.Sum: _sum,
    sp.Product: _product,
    sp.Derivative: _sympy_derivative,
    sp.Subs: _subs,
    sp.Limit: _limit,
    sp.Piecewise: _piecewise,
    N.D: _derivative,
    N.Det: lambda tree, env: _det(_square(tree, env)),
    N.Tr: lambda tree, env: (lambda M: sum((M[i, i] for i in range(M.rows)), mp.mpf(0)))(_square(tree, env)),
    N.Adj: lambda tree, env: _adjugate(_square(tree, env)),
    N.T: lambda tree, env: _eval(tree.args[0], env).T,
    N.Exp: lambda tree, env: _expm(_square(tree, env)),
    N.Log: _logm,
    N.Sin: _trig("sin"),
    N.Cos: _trig("cos"),
    N.Const: _const,
    N.MFun: lambda tree, env: env[str(tree.args[0])](*(_eval(a, env) for a in tree.args[1:])),
    N.Entry: _entry,
    N.Expect: _expect,
}

_CONSTANTS: dict[type, Callable[[], Any]] = {
    type(sp.pi): lambda: +mp.pi,
    type(sp.E): lambda: +mp.e,
    type(sp.I): lambda: mp.mpc(0, 1),
    type(sp.oo): lambda: mp.inf,
    type(-sp.oo): lambda: mp.ninf,
    type(sp.EulerGamma): lambda: +mp.euler,
    type(sp.Catalan): lambda: +mp.catalan,
    type(sp.GoldenRatio): lambda: +mp.phi,
}


def _polylog(s: Any, z: Any) -> Any:
    return mp.polylog(s, z)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        name: getattr(mp, name)
        for name in (
            "sin",
            "cos",
            "tan",
            "cot",
            "sec",
            "csc",
            "asin",
            "acos",
            "atan",
            "acot",
            "atan2",
            "sinh",
            "cosh",
            "tanh",
            "coth",
            "sech",
            "csch",
            "asinh",
            "acosh",
            "atanh",
            "exp",
            "gamma",
            "loggamma",
            "factorial",
            "binomial",
            "beta",
            "erf",
            "erfc",
            "erfi",
            "erfinv",
            "besselj",
            "bessely",
            "besseli",
            "besselk",
            "zeta",
            "digamma",
            "floor",
            "re",
            "im",
            "arg",
            "conjugate",
            "sign",
            "legendre",
            "hermite",
            "chebyt",
            "chebyu",
            "laguerre",
            "fresnels",
            "fresnelc",
            "expint",
            "hyper",
        )
    },
    "log": lambda x, *base: mp.log(x, *base),
    "Abs": abs,
    "Max": max,
    "Min": min,
    "ceiling": mp.ceil,
    "frac": lambda x: x - mp.floor(x),
    "polygamma": lambda n, x: mp.psi(int(n), x),
    "harmonic": mp.harmonic,
    "Heaviside": lambda x, at0=0.5: mp.mpf(1) if x > 0 else (mp.mpf(0) if x < 0 else mp.mpf(at0)),
    "KroneckerDelta": lambda i, j: mp.mpf(1 if i == j else 0),
    "LambertW": lambda x, k=0: mp.lambertw(x, int(k)),
    "lowergamma": lambda a, x: mp.gammainc(a, 0, x),
    "uppergamma": lambda a, x: mp.gammainc(a, x),
    "RisingFactorial": mp.rf,
    "FallingFactorial": mp.ff,
    "factorial2": mp.fac2,
    "sinc": lambda x: mp.sinc(x),
    "polylog": _polylog,
    "Ei": mp.ei,
    "li": mp.li,
    "Si": mp.si,
    "Ci": mp.ci,
    "betainc": lambda a, b, x1, x2: mp.betainc(a, b, x1, x2),
    "betainc_regularized": lambda a, b, x1, x2: mp.betainc(a, b, x1, x2, regularized=True),
    "elliptic_k": mp.ellipk,
    "hermite_prob": lambda n, x: mp.mpf(2) ** (-n / 2) * mp.hermite(n, x / mp.sqrt(2)),
    "bernoulli": mp.bernoulli,
    "fibonacci": mp.fib,
    "catalan": lambda n: mp.binomial(2 * n, n) / (n + 1),
    "primorial": mp.primepi,
    "exp_polar": mp.exp,
    "subfactorial": lambda n: mp.nint(mp.factorial(n) / mp.e) if n > 0 else mp.mpf(1),
    "Mod": lambda a, b: a - b * mp.floor(a / b),
    "jacobi": lambda n, a, b, x: mp.jacobi(n, a, b, x),
    "gegenbauer": lambda n, a, x: mp.gegenbauer(n, a, x),
    "assoc_legendre": lambda n, m, x: mp.legenp(n, m, x),
    "dirichlet_eta": mp.altzeta,
    "trigamma": lambda x: mp.psi(1, x),
}
del _FUNCTIONS["primorial"], _FUNCTIONS["hyper"]
