"""The walk over an unevaluated tree: arithmetic here, everything else by the rules that its neighbours register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import sympy as sp
from mpmath import mp
from sympy import Symbol

from .accuracy import (
    Env,
    MPMatrix,
    Undefined,
    digits_lost,
    entries,
    is_cheap,
    is_exact_sum,
    note_cancellation,
    note_lost_digits,
    note_relative_error,
    size_of,
    worst_quadrature_error,
)
from .functions import CONSTANTS, FUNCTIONS, power
from .linear_algebra import inverse, matmul

RULES: dict[type, Callable[[Any, Env], Any]] = {}


def rule(*kinds: type) -> Callable[[Callable[[Any, Env], Any]], Callable[[Any, Env], Any]]:
    """Register the evaluation of a kind of tree."""

    def register(f: Callable[[Any, Env], Any]) -> Callable[[Any, Env], Any]:
        for kind in kinds:
            RULES[kind] = f
        return f

    return register


class Instance(dict[Any, Any]):
    """An environment that remembers the values of trees: a copy made with ``{**env}`` starts afresh."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.memo: dict[tuple[sp.Basic, int], tuple[Any, float, float]] = {}
        self.moved: dict[tuple[Symbol, str], Instance] = {}
        self.enclosures: Any = None

    def at(self, variable: Symbol, place: Any) -> Instance:
        """This environment with another value of one variable; remembered."""
        known = (variable, mp.nstr(place, 30))
        if known not in self.moved:
            self.moved[known] = Instance({**self, variable: place})
        return self.moved[known]


def value(tree: sp.Basic, env: Env, digits: int) -> Any:
    """The value of `tree` at `env` with `digits` working digits: mpf, mpc or an mpmath matrix.

    `env` maps scalar symbols to numbers, matrix symbols to mpmath matrices, undefined function classes and names of
    matrix functions to callables. Raises `Undefined` where there is no finite value.
    """
    memo = env.memo if isinstance(env, Instance) else None
    if memo is not None and (tree, digits) in memo:
        known, lost, error = memo[tree, digits]
        note_lost_digits(lost)
        note_relative_error(error)
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
        note_lost_digits(max(lost, before[0]))
        note_relative_error(max(error, before[1]))


def _value(tree: sp.Basic, env: Env, digits: int) -> Any:
    with mp.workdps(digits):
        try:
            out = evaluate(tree, env)
        except Undefined:
            raise
        except (ArithmeticError, ValueError, mpmath.libmp.libhyper.NoConvergence, TypeError) as error:
            if isinstance(error, TypeError) and not any(w in str(error) for w in ("truth", "complex", "mpc", "compar")):
                raise
            raise Undefined(f"{type(error).__name__}: {error}") from error
        if not all(mp.isfinite(x) for x in entries(out)):
            raise Undefined("not finite")
        return +out if not isinstance(out, MPMatrix) else out


def difference(left: Any, right: Any) -> Any:
    """left - right; a number next to a square matrix is that multiple of the unit matrix."""
    return alike(left, right) - alike(right, left)


def alike(x: Any, other: Any) -> Any:
    if isinstance(other, MPMatrix) and not isinstance(x, MPMatrix):
        if other.rows != other.cols:
            raise Undefined(f"a number cannot be added to a {other.rows}x{other.cols} matrix")
        return x * mp.eye(other.rows)
    return x


def evaluate(tree: sp.Basic, env: Env) -> Any:
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
    special = RULES.get(type(tree))
    if special is not None:
        return special(tree, env)
    if isinstance(tree, sp.core.function.AppliedUndef):
        f = env[tree.func]
        return f(*(evaluate(a, env) for a in tree.args))
    if isinstance(tree, sp.Add):
        return _add(tree, env)
    if isinstance(tree, sp.Mul):
        factors = [evaluate(a, env) for a in tree.args]
        scalar, matrix = mp.mpf(1), None
        for x in factors:
            if isinstance(x, MPMatrix):
                if matrix is not None:
                    bound = size_of(matrix) * size_of(x) * x.rows
                    matrix = matmul(matrix, x)
                    note_cancellation([bound], matrix)
                else:
                    matrix = x
            else:
                scalar = scalar * x
        return scalar if matrix is None else scalar * matrix
    if isinstance(tree, sp.Pow):
        return _power(tree, env)
    constant = CONSTANTS.get(type(tree))
    if constant is not None:
        return constant()
    name = type(tree).__name__
    if name in FUNCTIONS:
        return FUNCTIONS[name](*(evaluate(a, env) for a in tree.args))
    raise NotImplementedError(
        f"the numeric leg has no evaluation of {name}; it belongs into numeric/functions.py, or needs a rule"
    )


def _power(tree: sp.Pow, env: Env) -> Any:
    base = evaluate(tree.base, env)
    if isinstance(base, MPMatrix):
        exponent = evaluate(tree.exp, env)
        n = int(mp.nint(mp.re(exponent)))
        if exponent != n:
            raise Undefined(f"a fractional power of a matrix: {tree}")
        if base.rows != base.cols:
            raise Undefined(f"a power of a {base.rows}x{base.cols} matrix")
        out, root = mp.eye(base.rows), base if n >= 0 else inverse(base)
        for _ in range(abs(n)):
            out = matmul(out, root)
        return out
    if tree.exp is sp.S.Half:
        return mp.sqrt(base)
    return power(base, evaluate(tree.exp, env))


def _add(tree: sp.Add, env: Env) -> Any:
    terms = [evaluate(a, env) for a in tree.args]
    total = _total(terms)
    if is_exact_sum(tree):
        return total
    if size_of(total) == 0 and is_cheap(tree) and _is_tame(tree, env):
        spare = max(1200, mp.dps)
        with mp.workdps(mp.dps + spare):  # x - x is zero; (1 + exp(-20)) - 1 is not
            terms = [evaluate(a, env) for a in tree.args]
            total = _total(terms)
            if size_of(total):
                note_cancellation(terms, total, spare)
        return total
    note_cancellation(terms, total)
    return total


def _is_tame(tree: sp.Add, env: Env) -> bool:
    """Whether no function in the tree has an argument beyond 30: then a thousand digits tell what cancels from zero."""
    for node in sp.preorder_traversal(tree):
        if isinstance(node, sp.Function) or (isinstance(node, sp.Pow) and not node.exp.is_Rational):
            if any(size_of(evaluate(a, env)) > 30 for a in node.args):
                return False
    return True


def _total(terms: list[Any]) -> Any:
    shaped = next((x for x in terms if isinstance(x, MPMatrix)), None)
    total = alike(terms[0], shaped)
    for x in terms[1:]:
        total = total + alike(x, shaped)
    return total


@rule(sp.Piecewise)
def _piecewise(tree: sp.Piecewise, env: Env) -> Any:
    for expr, condition in tree.args:
        if truth(condition, env):
            return evaluate(expr, env)
    raise Undefined(f"no branch of {tree} applies")


@rule(sp.Subs)
def _subs(tree: sp.Subs, env: Env) -> Any:
    expr, variables, points = tree.args
    return evaluate(expr, {**env, **{v: evaluate(p, env) for v, p in zip(variables, points, strict=True)}})


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
        left, right = evaluate(condition.lhs, env), evaluate(condition.rhs, env)
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
