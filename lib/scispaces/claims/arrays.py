"""The value of a tree at arrays: how a displayed relation is compared with a part whose sides are callables.

Scalars are numbers, vectors and matrices are arrays; a vector is a column. Symbols are looked up by name.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from . import nodes as N
from .vocabulary import Applied, Item, Rows

Values = dict[str, Any]


class NoValue(Exception):
    """The tree has no value at arrays; the text says which piece."""


def value(tree: sp.Basic, at: Values) -> np.ndarray:
    """The value of `tree` with its symbols given by name: a number, or an array (a column for a vector).

    Raises NoValue for a name without a value and for a node that has no rule here.
    """
    if isinstance(tree, sp.Symbol):
        return _given(tree.name, at)
    if isinstance(tree, (sp.Number, sp.NumberSymbol)):
        return np.asarray(float(tree))
    if tree is sp.I:
        return np.asarray(1j)
    if tree in (sp.oo, -sp.oo):
        return np.asarray(np.inf if tree is sp.oo else -np.inf)
    for kinds, rule in _RULES:
        if isinstance(tree, kinds):
            return rule(tree, at)
    if isinstance(tree, sp.Function) and not isinstance(tree, sp.core.function.AppliedUndef):
        return np.asarray(_elementwise(tree.func, len(tree.args))(*(value(a, at) for a in tree.args)))
    raise NoValue(f"{type(tree).__name__} has no value at arrays")


def _given(name: str, at: Values) -> np.ndarray:
    if name not in at:
        raise NoValue(f"the check has no ingredient {name}")
    try:
        array = np.asarray(at[name], dtype=complex if np.iscomplexobj(at[name]) else float)
    except (TypeError, ValueError):
        raise NoValue(f"the ingredient {name} is not a number or an array") from None
    return array[:, None] if array.ndim == 1 else array


def plain(x: np.ndarray) -> Any:
    """A one-dimensional array for a column, a number for an array without axes: what a function is called with."""
    if x.ndim == 2 and x.shape[1] == 1:
        return x[:, 0] if x.shape[0] > 1 else x
    return x[()] if x.ndim == 0 else x


def _add(tree: sp.Add, at: Values) -> np.ndarray:
    terms = [value(a, at) for a in tree.args]
    shapes = {t.shape for t in terms if t.ndim == 2 and t.shape != (1, 1)}
    if len(shapes) > 1:
        raise NoValue(f"a sum of arrays of shapes {sorted(shapes)}")
    if shapes:  # a number added to a square matrix is that multiple of the unit matrix, as in the trees
        ((rows, columns),) = shapes
        if rows == columns:
            terms = [t * np.eye(rows) if t.ndim == 0 else t for t in terms]
        elif any(t.ndim == 0 for t in terms):
            raise NoValue("a number added to an array that is not square")
    return functools.reduce(np.add, terms)


def _mul(tree: sp.Mul, at: Values) -> np.ndarray:
    out = np.asarray(1.0)
    for a in tree.args:
        x = value(a, at)
        if out.ndim == 2 and x.ndim == 2 and out.shape != (1, 1) and x.shape != (1, 1):
            if out.shape[1] != x.shape[0]:
                raise NoValue(f"a product of arrays of shapes {out.shape} and {x.shape}")
            out = out @ x
        else:
            with np.errstate(all="ignore"):  # 0 times infinity at an extreme point is nan, and equal to nothing
                out = out * x
    return out


def _pow(tree: sp.Pow, at: Values) -> np.ndarray:
    base, power = value(tree.base, at), value(tree.exp, at)
    if base.ndim == 2:
        if base.shape[0] != base.shape[1] or power.ndim or complex(power).imag or float(power) != round(float(power)):
            raise NoValue("a power of a matrix is an integer power of a square one")
        try:
            return np.asarray(np.linalg.matrix_power(base, int(power)))
        except np.linalg.LinAlgError:
            raise NoValue("the inverse of a singular matrix") from None
    if np.any(base < 0) if not np.iscomplexobj(base) else False:
        if float(power) != round(float(power)):
            base = base.astype(complex)
    with np.errstate(all="ignore"):
        return np.asarray(base**power)


def _sum(tree: sp.Sum, at: Values) -> np.ndarray:
    combine = np.add if isinstance(tree, sp.Sum) else np.multiply
    (index, low, high), *rest = reversed(tree.limits)
    inner = tree.func(tree.function, *reversed(rest)) if rest else tree.function
    ends = [float(np.real(value(e, at))) for e in (low, high)]
    if not all(np.isfinite(ends)) or ends[1] - ends[0] > 10_000:
        raise NoValue("an endless sum or product")
    whole: np.ndarray = np.asarray(0.0 if combine is np.add else 1.0)
    for k in range(round(ends[0]), round(ends[1]) + 1):
        whole = combine(whole, value(inner, {**at, index.name: k}))
    return whole


def _matrix(rule: Callable[[np.ndarray], Any]) -> Callable[[sp.Basic, Values], np.ndarray]:
    def apply(tree: sp.Basic, at: Values) -> np.ndarray:
        x = value(tree.args[0], at)
        return np.asarray(rule(np.atleast_2d(x)))

    return apply


def _exp(A: np.ndarray) -> np.ndarray:
    from scipy.linalg import expm

    E = np.asarray(expm(A.astype(complex)))  # the real branch of scipy 1.17 loses up to three digits more
    return E if np.iscomplexobj(A) else E.real


def _log(A: np.ndarray) -> np.ndarray:
    from scipy.linalg import logm

    return np.asarray(logm(A))


def _adjugate(A: np.ndarray) -> np.ndarray:
    k = len(A)
    minors = [
        [np.linalg.det(np.delete(np.delete(A, i, 0), j, 1)) if k > 1 else 1.0 for i in range(k)] for j in range(k)
    ]
    signs = (-1.0) ** np.add.outer(np.arange(k), np.arange(k))
    return np.asarray(minors) * signs


@functools.cache
def _ingredients(function: Callable[..., Any]) -> tuple[str, ...]:
    """Keyword-only parameters: ingredients that a name uses without showing them, such as the p of a displayed norm."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty)


def _applied(tree: Applied, at: Values) -> np.ndarray:
    also = {name: at[name] for name in _ingredients(tree.function) if name in at}
    got = tree.function(*(plain(value(a, at)) for a in tree.args[1:]), **also)
    out = np.asarray(got)
    return out[:, None] if out.ndim == 1 else out


def _entry(tree: sp.Basic, at: Values) -> np.ndarray:
    if isinstance(tree, sp.Indexed):
        base, indices = _given(str(tree.base.label), at), tree.indices
    else:
        base, indices = value(tree.args[0], at), tree.args[1:]
    places = [round(float(np.real(value(i, at)))) - 1 for i in indices]
    if base.shape[-1] == 1 and len(places) == 1:
        places.append(0)
    if len(places) != base.ndim or any(not 0 <= p < n for p, n in zip(places, base.shape, strict=True)):
        raise NoValue(f"no entry {tree} in an array of shape {base.shape}")
    return np.asarray(base[tuple(places)])


def _item(tree: Item, at: Values) -> np.ndarray:
    """One of a list of arrays, or a row of an array."""
    name, place = tree.args[0].name, round(float(np.real(value(tree.args[1], at))))
    if name not in at:
        raise NoValue(f"the check has no ingredient {name}")
    if not 1 <= place <= len(at[name]):
        raise NoValue(f"{name} has {len(at[name])} entries, not {place}")
    return _given(name, {name: at[name][place - 1]})


def evaluated(tree: sp.Basic) -> Callable[..., Any]:
    """The value of a tree as a function of its ingredients, for a check: what `Chapter.define` has read, at arrays."""

    def at_arrays(**point: Any) -> Any:
        return plain(value(tree, point))

    at_arrays.__name__ = str(tree)
    return at_arrays


def _piecewise(tree: sp.Piecewise, at: Values) -> np.ndarray:
    for branch, condition in tree.args:
        if _truth(condition, at):
            return value(branch, at)
    raise NoValue("no case of the definition by cases applies")


def _truth(condition: sp.Basic, at: Values) -> bool:
    if condition in (sp.true, sp.false):
        return bool(condition)
    if isinstance(condition, (sp.And, sp.Or)):
        together = all if isinstance(condition, sp.And) else any
        return together(_truth(c, at) for c in condition.args)
    if isinstance(condition, sp.core.relational.Relational):
        left, right = (value(s, at) for s in (condition.lhs, condition.rhs))
        return bool(condition.func(sp.Float(float(left)), sp.Float(float(right))))
    raise NoValue(f"the condition {condition}")


def _extreme(tree: sp.Basic, at: Values) -> np.ndarray:
    pick = np.maximum if isinstance(tree, sp.Max) else np.minimum
    return functools.reduce(pick, [value(a, at) for a in tree.args])


_RULES: list[tuple[Any, Callable[[Any, Values], np.ndarray]]] = [
    (Applied, _applied),
    (Rows, lambda tree, at: np.asarray(float(value(tree.args[0], at).shape[int(tree.args[1])]))),
    (sp.Add, _add),
    (sp.Mul, _mul),
    (sp.Pow, _pow),
    ((sp.Sum, sp.Product), _sum),
    (N.Det, _matrix(np.linalg.det)),
    (N.Tr, _matrix(np.trace)),
    (N.T, _matrix(np.transpose)),
    (N.Adj, _matrix(_adjugate)),
    (N.Exp, _matrix(_exp)),
    (N.Log, _matrix(_log)),
    (Item, _item),
    ((N.Entry, sp.Indexed), _entry),
    (N.Const, lambda tree, at: np.array([[complex(value(e, at)) for e in row] for row in tree.args[0].tolist()])),
    (sp.Piecewise, _piecewise),
    ((sp.Max, sp.Min), _extreme),
    (sp.UnevaluatedExpr, lambda tree, at: value(tree.args[0], at)),
]


@functools.cache
def _elementwise(function: type, arity: int) -> Callable[..., Any]:
    """numpy's or scipy's function for a sympy one."""
    args = sp.symbols(f"x0:{arity}")
    compiled = sp.lambdify(args, function(*args, evaluate=False), modules=["scipy", "numpy"])

    def apply(*values: np.ndarray) -> Any:
        with np.errstate(all="ignore"):
            return compiled(*values)

    return apply
