"""Trees compiled to closures on balls: once per statement, evaluated once per instance and precision.

Nothing here calls sympy's evaluation of integrals, sums, derivatives or functions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb, acb_mat
from sympy import Symbol

from .. import nodes as N
from . import matrices
from .balls import (
    IMAGINARY,
    Ball,
    NotCertified,
    alike,
    exact,
    integer,
    rational,
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
            out.values[s] = conjugate_of(out.values[s])
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


def conjugate_of(x: Ball) -> Ball:
    return x.conjugate() if hasattr(x, "conjugate") else x


@functools.lru_cache(maxsize=8192)
def real_for_real(tree: sp.Basic, moving: frozenset) -> bool:
    """Whether the tree is real wherever the moving symbols are."""
    return bool(tree.xreplace({s: sp.Dummy(s.name, real=True) for s in moving}).is_extended_real)


def on_the_cut(tree: sp.Basic, free: frozenset, value: Ball, at: Point) -> bool:
    """Whether a base that is real on the real line is negative here: then its root runs along the cut, analytically."""
    if not at.continues(free) or not free.isdisjoint(at.complex) or not value.real < 0:
        return False
    return real_for_real(tree, at.moving)


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


def moves(tree: sp.Basic, free: frozenset, at: Point) -> bool:
    """Whether the value has to be continued analytically. Only in real variables is that possible."""
    if not at.continues(free):
        return False
    if not free.isdisjoint(at.complex):
        raise NotCertified(f"{tree} is not analytic in a complex variable")
    return True


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
