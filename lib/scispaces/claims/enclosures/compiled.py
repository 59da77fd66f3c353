"""Trees compiled to closures on balls: once per statement, evaluated once per instance and precision.

Nothing here calls sympy's evaluation of integrals, sums, derivatives or functions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb, acb_mat, arb
from sympy import Symbol

from .. import nodes as N
from . import matrices
from .balls import (
    IMAGINARY,
    NAN,
    ONE,
    ZERO,
    Ball,
    NotCertified,
    alike,
    exact,
    finite,
    integer,
    is_real,
    rational,
    union,
)
from .functions import CONSTANTS, FUNCTIONS, power, sqrt


class Point:
    """Where a tree is evaluated.

    `values` maps symbols to balls, and undefined functions and names of matrix functions to what `enclose`s them.
    `moving` are symbols of the real line and `complex` symbols of the plane that run over complex balls; with
    `analytic` set the value has to be that of a function analytic on all of them (of the continuation from the real
    line, for `moving`), else it is not finite. `coarse`: any true enclosure will do.
    """

    __slots__ = ("analytic", "coarse", "complex", "moving", "size", "values")

    def __init__(self, values: dict[Any, Any], size: int) -> None:
        self.values, self.size = values, size
        self.moving: frozenset = frozenset()
        self.complex: frozenset = frozenset()
        self.analytic = self.coarse = False

    def child(self, *moving: Symbol) -> Point:
        out = Point(dict(self.values), self.size)
        out.moving, out.complex = self.moving.union(moving), self.complex
        out.analytic, out.coarse = self.analytic, self.coarse
        return out

    def continues(self, free: frozenset) -> bool:
        """Whether a tree with these free symbols has to be analytic here."""
        return self.analytic and not (free.isdisjoint(self.moving) and free.isdisjoint(self.complex))

    def conjugate(self) -> Point:
        out = self.child()
        for s in self.moving:
            out.values[s] = _conjugate(out.values[s])
        return out


Closure = Callable[[Point], Ball]
RULES: dict[type, Callable[[Any], Closure]] = {}


def rule(*kinds: type) -> Callable[[Callable[[Any], Closure]], Callable[[Any], Closure]]:
    """Register how a kind of tree is compiled."""

    def register(build: Callable[[Any], Closure]) -> Callable[[Any], Closure]:
        for kind in kinds:
            RULES[kind] = build
        return build

    return register


@functools.lru_cache(maxsize=8192)
def compiled(tree: sp.Basic) -> Closure:
    """The tree as a function of a `Point`. Raises NotCertified where it has no enclosure."""
    if isinstance(tree, Symbol):
        return _symbol(tree)
    if isinstance(tree, sp.Rational):
        p, q = int(tree.p), int(tree.q)
        if q == 1:
            whole = rational(p)
            return lambda at: whole
        return lambda at: rational(p, q)
    if isinstance(tree, sp.Float):
        raise NotCertified(f"the floating-point number {tree} is no exact value: write a fraction")
    if tree in CONSTANTS:
        constant = CONSTANTS[tree]
        return lambda at: constant()
    build = RULES.get(type(tree))
    if build is not None:
        return build(tree)
    if isinstance(tree, sp.core.function.AppliedUndef):
        return _unknown(tree)
    if type(tree).__name__ in FUNCTIONS:
        return _function(tree)
    raise NotCertified(f"no enclosure of {type(tree).__name__}")


def _symbol(tree: Symbol) -> Closure:
    def value(at: Point) -> Ball:
        try:
            known = at.values[tree]
        except KeyError:
            raise KeyError(f"no value for {tree}") from None
        return known() if callable(known) else known

    return value


def _function(tree: sp.Basic) -> Closure:
    f = FUNCTIONS[type(tree).__name__]
    children, free = [compiled(a) for a in tree.args], frozenset(N.free(tree))

    def value(at: Point) -> Ball:
        x = [c(at) for c in children]
        if any(isinstance(e, acb_mat) for e in x):
            raise NotCertified(f"{type(tree).__name__} of a matrix")
        return f(*x, analytic=at.continues(free))

    return value


def _unknown(tree: sp.Basic) -> Closure:
    children = [compiled(a) for a in tree.args]

    def value(at: Point) -> Ball:
        f = at.values[tree.func]
        if not hasattr(f, "enclose"):
            raise NotCertified(f"no enclosure of the function {tree.func}")
        return f.enclose(*(c(at) for c in children))

    return value


@rule(sp.Add)
def _add(tree: sp.Add) -> Closure:
    children = [compiled(a) for a in tree.args]
    if tree.is_commutative:

        def plain(at: Point) -> Ball:
            total = children[0](at)
            for c in children[1:]:
                total = total + c(at)
            return total

        return plain

    def value(at: Point) -> Ball:
        terms = [c(at) for c in children]
        shaped = next((x for x in terms if isinstance(x, acb_mat)), None)
        total = terms[0] if shaped is None else alike(terms[0], shaped)
        for x in terms[1:]:
            x = x if shaped is None else alike(x, shaped)
            if isinstance(total, acb_mat) and (total.nrows(), total.ncols()) != (x.nrows(), x.ncols()):
                raise NotCertified("a sum of matrices of different shapes")
            total = total + x
        return total

    return value


@rule(sp.Mul)
def _mul(tree: sp.Mul) -> Closure:
    children = [compiled(a) for a in tree.args]

    if tree.is_commutative:

        def plain(at: Point) -> Ball:
            out = children[0](at)
            for c in children[1:]:
                out = out * c(at)
            return out

        return plain

    def value(at: Point) -> Ball:
        scalar, matrix = None, None
        for c in children:
            x = c(at)
            if isinstance(x, acb_mat):
                if matrix is None:
                    matrix = x
                elif matrix.ncols() != x.nrows():
                    raise NotCertified("a product of matrices that do not fit")
                else:
                    matrix = matrix * x
            else:
                scalar = x if scalar is None else scalar * x
        if matrix is None:
            return scalar
        return matrix if scalar is None else matrix * scalar

    return value


@rule(sp.Pow)
def _pow(tree: sp.Pow) -> Closure:
    base, exponent = compiled(tree.base), compiled(tree.exp)
    half = tree.exp == sp.S.Half
    whole = int(tree.exp) if tree.exp.is_Integer else None
    free, everything = frozenset(N.free(tree.base)), frozenset(N.free(tree))

    def value(at: Point) -> Ball:
        b = base(at)
        if isinstance(b, acb_mat):
            n = whole if whole is not None else integer(exponent(at))
            if n is None or abs(n) > 10**6 or b.nrows() != b.ncols():
                raise NotCertified(f"a power of a matrix that is no product: {tree}")
            return matrices.power(b, n)
        if whole is not None and whole > 0:
            return b**whole
        if whole is None and on_the_cut(tree.base, free, b, at):  # (-x)^s = x^s exp(i pi s) for x > 0
            e = exponent(at)
            return power(-b, e, analytic=True) * e.exp_pi_i()
        if half:
            return sqrt(b, analytic=at.continues(free))
        return power(b, exponent(at), analytic=at.continues(everything))

    if tree.base == sp.E:
        return lambda at: exponent(at).exp()
    return value


# --- what is defined through real values ---


def _conjugate(x: Ball) -> Ball:
    return x.conjugate() if hasattr(x, "conjugate") else x


@functools.lru_cache(maxsize=8192)
def _real_for_real(tree: sp.Basic, moving: frozenset) -> bool:
    """Whether the tree is real wherever the moving symbols are."""
    return bool(tree.xreplace({s: sp.Dummy(s.name, real=True) for s in moving}).is_extended_real)


def on_the_cut(tree: sp.Basic, free: frozenset, value: Ball, at: Point) -> bool:
    """Whether a base that is real on the real line is negative here: then its root runs along the cut, analytically."""
    if not at.continues(free) or not free.isdisjoint(at.complex) or not value.real < 0:
        return False
    return _real_for_real(tree, at.moving)


@rule(sp.log)
def _logarithm(tree: sp.log) -> Closure:
    if len(tree.args) > 1:
        return _function(tree)
    child, free = compiled(tree.args[0]), frozenset(N.free(tree.args[0]))

    def value(at: Point) -> Ball:
        x = child(at)
        if isinstance(x, acb_mat):
            raise NotCertified("the logarithm of a matrix by its entries")
        if on_the_cut(tree.args[0], free, x, at):
            return (-x).log(analytic=True) + IMAGINARY * acb.pi()
        return x.log(analytic=at.continues(free))

    return value


def real_over(inner: sp.Basic, *variables: Symbol) -> bool:
    """Whether an integrand or a summand is real for real values of its variables."""
    dummies = {s: sp.Dummy(s.name, real=True) for s in variables}
    return not N.is_matrix(inner) and bool(inner.xreplace(dummies).is_extended_real)


def as_real(x: Ball) -> Ball:
    return acb(x.real)


def _moves(tree: sp.Basic, free: frozenset, at: Point) -> bool:
    """Whether the value has to be continued analytically. Only in real variables is that possible."""
    if not at.continues(free):
        return False
    if not free.isdisjoint(at.complex):
        raise NotCertified(f"{tree} is not analytic in a complex variable")
    return True


def _reflected(child: Closure, at: Point) -> Ball:
    """conj(f(conj z)): on the real line the conjugate of f, and analytic where f is."""
    return _conjugate(child(at.conjugate()))


def _real_part_function(
    tree: sp.Basic, plain: Callable[[acb], acb], of_real: Callable[[acb], acb], continued: Callable[[acb, acb], acb]
) -> Closure:
    """A function of z and conj(z): its value, its continuation for a real argument, and for a complex one."""
    (arg,) = tree.args[:1]
    child, free = compiled(arg), frozenset(N.free(arg))

    def value(at: Point) -> Ball:
        if not _moves(tree, free, at):
            return plain(child(at))
        if _real_for_real(arg, at.moving):
            return of_real(child(at))
        return continued(child(at), _reflected(child, at))

    return value


def _refused(z: acb, reflected: acb) -> acb:
    return NAN


def _sign(z: acb) -> acb:
    return z.real_sgn() if is_real(z) else z.sgn()


_REAL: dict[type, tuple[Callable, Callable, Callable]] = {
    sp.Abs: (lambda z: acb(abs(z)), lambda z: z.real_abs(True), lambda z, c: (z * c).sqrt(analytic=True)),
    sp.re: (lambda z: acb(z.real), lambda z: z, lambda z, c: (z + c) / 2),
    sp.im: (lambda z: acb(z.imag), lambda z: ZERO, lambda z, c: (z - c) / acb(0, 2)),
    sp.conjugate: (lambda z: z.conjugate(), lambda z: z, lambda z, c: c),
    sp.arg: (lambda z: acb(z.arg()), lambda z: NAN, _refused),
    sp.sign: (_sign, lambda z: z.real_sgn(True), _refused),
    sp.floor: (lambda z: _floor(z), lambda z: z.real_floor(True), _refused),
    sp.ceiling: (lambda z: -_floor(-z), lambda z: z.real_ceil(True), _refused),
    sp.frac: (lambda z: z - _floor(z), lambda z: z - z.real_floor(True), _refused),
}
for _kind, _three in _REAL.items():
    RULES[_kind] = functools.partial(lambda three, tree: _real_part_function(tree, *three), _three)


def _floor(z: acb) -> acb:
    return acb(z.real.floor(), ZERO.real if is_real(z) else z.imag.floor())


@rule(sp.Max, sp.Min)
def _extremum(tree: sp.Basic) -> Closure:
    children, name = [compiled(a) for a in tree.args], "real_max" if isinstance(tree, sp.Max) else "real_min"
    free = frozenset(N.free(tree))

    def value(at: Point) -> Ball:
        analytic = _moves(tree, free, at)
        if analytic and not all(_real_for_real(a, at.moving) for a in tree.args):
            return NAN
        out = children[0](at)
        for c in children[1:]:
            other = c(at)
            if not analytic and not (is_real(out) and is_real(other)):
                return NAN
            out = getattr(out, name)(other, analytic)
        return out

    return value


@rule(sp.Heaviside)
def _heaviside(tree: sp.Heaviside) -> Closure:
    child, free = compiled(tree.args[0]), frozenset(N.free(tree.args[0]))
    at_zero = compiled(tree.args[1]) if len(tree.args) > 1 else (lambda at: ONE / 2)

    def value(at: Point) -> Ball:
        x, analytic = child(at), _moves(tree, free, at)
        if x.real > 0:
            return ONE
        if x.real < 0:
            return ZERO
        if analytic:
            return NAN
        return at_zero(at) if x.is_zero() else union([ZERO, ONE, at_zero(at)])

    return value


@rule(sp.KroneckerDelta)
def _kronecker(tree: sp.Basic) -> Closure:
    i, j = (compiled(a) for a in tree.args[:2])

    def value(at: Point) -> Ball:
        gap = i(at) - j(at)
        if gap.is_zero():
            return ONE
        if not gap.contains(0):
            return ZERO
        raise NotCertified("indices that are not told apart")

    return value


@rule(sp.Mod)
def _mod(tree: sp.Mod) -> Closure:
    a, b = (compiled(x) for x in tree.args)

    def value(at: Point) -> Ball:
        x, y = a(at), b(at)
        if at.analytic or not (is_real(x) and is_real(y)):
            return NAN
        return x - y * _floor(x / y)

    return value


@rule(sp.atan2)
def _atan2(tree: sp.Basic) -> Closure:
    y, x = (compiled(a) for a in tree.args)

    def value(at: Point) -> Ball:
        v, u = y(at), x(at)
        if at.analytic or not (is_real(u) and is_real(v)):
            return NAN
        return acb(arb.atan2(v.real, u.real))

    return value


# --- conditions ---


@rule(sp.Piecewise)
def _piecewise(tree: sp.Piecewise) -> Closure:
    branches = [(compiled(e), condition_of(c)) for e, c in tree.args]

    def value(at: Point) -> Ball:
        possible = []
        for branch, condition in branches:
            holds = condition(at)
            if holds is False:
                continue
            if holds is None and at.analytic:
                return NAN
            possible.append(branch(at))
            if holds:
                return union(possible)
        raise NotCertified("no branch surely applies")

    return value


def condition_of(condition: sp.Basic) -> Callable[[Point], bool | None]:
    """A condition as a function of a point: True, False, or None when it is undecided."""
    if condition in (sp.true, sp.false):
        known = bool(condition)
        return lambda at: known
    if isinstance(condition, (sp.And, sp.Or, sp.Not)):
        parts = [condition_of(a) for a in condition.args]
        return functools.partial(_connected, type(condition), parts)
    if isinstance(condition, sp.core.relational.Relational):
        return _relation(condition)
    raise NotCertified(f"the condition {condition}")


def _connected(kind: type, parts: list[Callable[[Point], bool | None]], at: Point) -> bool | None:
    states = [p(at) for p in parts]
    if kind is sp.Not:
        return None if states[0] is None else not states[0]
    decisive = kind is sp.Or
    if decisive in states:
        return decisive
    return None if None in states else not decisive


def _relation(condition: Any) -> Callable[[Point], bool | None]:
    left, right, sign = compiled(condition.lhs), compiled(condition.rhs), condition.rel_op

    def holds(at: Point) -> bool | None:
        gap = right(at) - left(at)
        if not finite(gap):
            return None
        if sign in ("==", "!="):
            equal = True if gap.is_zero() else (None if gap.contains(0) else False)
            return equal if equal is None or sign == "==" else not equal
        if not is_real(gap) and not at.analytic:
            return None if gap.imag.contains(0) else False
        positive = gap.real if sign in ("<", "<=") else -gap.real
        if positive > 0:
            return True
        if positive < 0:
            return False
        if gap.is_zero():
            return sign in ("<=", ">=")
        return True if sign in ("<=", ">=") and positive >= 0 and not at.analytic else None

    return holds


@rule(sp.Subs)
def _subs(tree: sp.Subs) -> Closure:
    expr, variables, points = tree.args
    inner, places = compiled(expr), [compiled(p) for p in points]

    def value(at: Point) -> Ball:
        there = at.child()
        there.values.update(zip(variables, [p(at) for p in places], strict=True))
        for v, p in zip(variables, points, strict=True):
            free = frozenset(N.free(p))
            if not at.continues(free):
                continue
            if free.isdisjoint(at.complex) and _real_for_real(p, at.moving):
                there.moving = there.moving.union((v,))
            else:
                there.complex = there.complex.union((v,))
        return inner(there)

    return value


# --- matrices ---


def _square(tree: sp.Basic) -> Closure:
    child = compiled(tree.args[0])

    def value(at: Point) -> acb_mat:
        M = child(at)
        if not isinstance(M, acb_mat):
            M = matrices.unit(at.size) * M
        if M.nrows() != M.ncols():
            raise NotCertified(f"{tree}: the matrix is {M.nrows()}x{M.ncols()}")
        return M

    return value


def _matrix_function(tree: sp.Basic) -> Closure:
    child, f = _square(tree), matrices.MATRIX_FUNCTIONS[type(tree).__name__]
    if isinstance(tree, N.Log):

        def cut(at: Point) -> Ball:
            return f(child(at))

        return cut
    return lambda at: f(child(at))


for _kind in (N.Det, N.Tr, N.Adj, N.Exp, N.Log, N.Sin, N.Cos):
    RULES[_kind] = _matrix_function


@rule(N.T)
def _transpose(tree: N.T) -> Closure:
    child = compiled(tree.args[0])

    def value(at: Point) -> Ball:
        M = child(at)
        return M.transpose() if isinstance(M, acb_mat) else M

    return value


@rule(N.Entry)
def _entry(tree: N.Entry) -> Closure:
    matrix, i, j = (compiled(a) for a in tree.args)

    def value(at: Point) -> Ball:
        M, row, col = matrix(at), integer(i(at)), integer(j(at))
        if not isinstance(M, acb_mat) or row is None or col is None:
            raise NotCertified(f"no entry {tree}")
        if not (1 <= row <= M.nrows() and 1 <= col <= M.ncols()):
            raise NotCertified(f"no entry ({row}, {col})")
        return M[row - 1, col - 1]

    return value


@rule(N.Const)
def _const(tree: N.Const) -> Closure:
    M = tree.args[0]
    rows, cols, children = M.rows, M.cols, [compiled(e) for e in M]
    return lambda at: acb_mat(rows, cols, [c(at) for c in children])


@rule(N.MFun)
def _mfun(tree: N.MFun) -> Closure:
    name, children = str(tree.args[0]), [compiled(a) for a in tree.args[1:]]

    def value(at: Point) -> Ball:
        f = at.values[name]
        if not hasattr(f, "enclose"):
            raise NotCertified(f"no enclosure of the matrix function {name}")
        return f.enclose(*(c(at) for c in children))

    return value


def point_of(env: dict[Any, Any]) -> Point:
    """An instance of the numeric leg as a `Point`: its numbers as the binary fractions that they are.

    A value that was solved from an equation is taken from the equation (``env["exact", symbol]``), as its rounded one
    would break what the equation says in the last digits.
    """
    point = Point({}, int(env.get("size", 2)))
    for name, value in env.items():
        if isinstance(name, tuple):
            continue
        if isinstance(name, Symbol):
            solved = env.get(("exact", name))
            if solved is not None and solved[1] is value:
                point.values[name] = functools.partial(compiled(solved[0]), point)
            elif not callable(value) and not isinstance(value, tuple):
                point.values[name] = exact(value)
        elif callable(value) or hasattr(value, "enclose"):
            point.values[name] = value
    return point
