"""Integrals by quadrature, derivatives by differences, limits by extrapolation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import product
from typing import Any

import sympy as sp
from mpmath import mp
from sympy import Symbol

from .. import nodes as N
from .accuracy import Env, Undefined, note_error, note_lost_digits, note_relative_error, size_of
from .walk import difference, evaluate, rule

_COMPILED = {
    "Add", "Mul", "Pow", "Symbol", "Dummy", "sin", "cos", "tan", "exp", "log", "sinh", "cosh", "tanh", "asin",
    "acos", "atan", "gamma", "erf", "erfc", "Abs", "factorial", "binomial", "loggamma", "Pi", "Exp1", "besselj",
}  # fmt: skip

_KINKED = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)

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


@functools.lru_cache(maxsize=4096)
def _compiled(inner: sp.Basic, arguments: tuple[Symbol, ...]) -> Callable[..., Any] | None:
    """The tree printed as a Python function of mpmath numbers, when it is made of plain functions only.

    Printing evaluates nothing; it saves the walk over the tree at each of the thousands of nodes of a quadrature.
    """
    for node in sp.preorder_traversal(inner):
        if not (type(node).__name__ in _COMPILED or isinstance(node, sp.Rational)) or node.is_commutative is False:
            return None
    return sp.lambdify(arguments, inner, modules="mpmath", dummify=True)


def function_of(inner: sp.Basic, variable: Symbol, env: Env) -> Callable[[Any], Any]:
    """The tree as a function of one of its variables, the others taken from `env`."""
    others = tuple(sorted((s for s in inner.free_symbols if s != variable and s in env), key=lambda s: s.name))
    f = _compiled(inner, (variable, *others)) if all(isinstance(env[s], (mp.mpf, mp.mpc)) for s in others) else None
    if f is None:
        return lambda x: evaluate(inner, {**env, variable: x})
    values = tuple(env[s] for s in others)
    return lambda x: f(x, *values)


@rule(sp.Integral)
def _integral(tree: sp.Integral, env: Env) -> Any:
    (variable, *ends), *outer = reversed(tree.limits)
    if outer:
        inner: sp.Basic = sp.Integral(tree.function, *reversed(outer))
    else:
        inner = tree.function
    if len(ends) != 2:
        raise Undefined(f"an integral without limits has no value: {tree}")
    low, high = (evaluate(a, env) for a in ends)
    if low == high:
        return mp.mpf(0)

    f = function_of(inner, variable, env)
    breaks = _kinks(inner, variable, low, high, env)
    nodes = [low, *breaks, high]
    if not breaks and mp.isinf(high) and not mp.isinf(low):
        nodes = [low, low + 1, low + 8, high]
    elif not breaks and mp.isinf(low) and mp.isinf(high):
        nodes = [low, -4, mp.mpf("0.1637"), 4, high]
    elif not breaks and not mp.isinf(low):
        nodes = [low, low + (high - low) * mp.mpf("0.4637"), high]  # no symmetry: it would cancel singularities
    result, error = mp.quad(f, nodes, error=True)
    note_error(error, result)
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
            return mp.re(evaluate(test, {**env, variable: x}))

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


def _difference_quotient(f: Callable[[Any], Any], at: Any, order: int) -> Any:
    """Central difference with a step of 10^-digits in threefold precision: error of the order of the step squared.

    Where the difference cancels more than that leaves, as for exp(x) - 1 at x = -900, many more digits are taken.
    """
    if order > 1:
        return _difference_quotient(lambda s: _difference_quotient(f, s, order - 1), at, 1)
    digits = mp.dps
    h = mp.mpf(10) ** (-digits)
    for working in (3 * digits + 15, 25 * digits):
        if working > 3 * digits + 15 and _is_constant(f, at):
            break
        with mp.workdps(working):
            above, below = f(at + h), f(at - h)
            change = difference(above, below)
            out = change / (2 * h)
            if size_of(change) > mp.mpf(10) ** (-2 * digits) * max(size_of(above), size_of(below)):
                break
    else:
        note_lost_digits(digits)  # zero, or too small to be seen next to the values
    return out


def _is_constant(f: Callable[[Any], Any], at: Any) -> bool:
    """Whether other places give the same value, to the last digit."""
    here = f(at)
    try:
        places = (at + mp.mpf("0.61"), mp.mpf("0.31"), mp.mpf("1.13"))
        return all(size_of(difference(f(place), here)) == 0 for place in places)
    except (ArithmeticError, ValueError):
        return False


@rule(N.D)
def _derivative(tree: N.D, env: Env) -> Any:
    expr, variable, order = tree.args
    at = env[variable]
    if variable.is_commutative:
        if variable not in N.free(expr):
            return 0 * evaluate(expr, env)
        if variable.is_real is not True and N.contains(expr, *_NOT_ANALYTIC):
            raise Undefined(f"{expr} has no complex derivative")
        return _difference_quotient(lambda s: evaluate(expr, {**env, variable: s}), at, int(order))
    out = mp.matrix(at.rows, at.cols)
    for i, j in product(range(at.rows), range(at.cols)):

        def moved(s: Any, i: int = i, j: int = j) -> Any:
            there = at.copy()
            there[i, j] = s
            return evaluate(expr, {**env, variable: there})

        out[i, j] = _difference_quotient(moved, at[i, j], 1)
    return out


@rule(sp.Derivative)
def _sympy_derivative(tree: sp.Derivative, env: Env) -> Any:
    (variable, order), *rest = tree.variable_count
    if variable.is_real is not True and N.contains(tree.expr, *_NOT_ANALYTIC):
        raise Undefined(f"{tree.expr} has no complex derivative")
    inner = sp.Derivative(tree.expr, *rest, evaluate=False) if rest else tree.expr
    return _difference_quotient(lambda s: evaluate(inner, {**env, variable: s}), env[variable], int(order))


@rule(sp.Limit)
def _limit(tree: sp.Limit, env: Env) -> Any:
    expr, variable, x0, side = tree.args
    x0 = evaluate(x0, env)
    direction = 1 if str(side) == "+" else -1  # mpmath: 1 is from above
    note_relative_error(1e-6)
    with mp.workdps(mp.dps + 20):
        return mp.limit(lambda x: evaluate(expr, {**env, variable: x}), x0, direction=direction)
