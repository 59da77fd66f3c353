"""Mutants of a statement: one small change of the unevaluated tree, or of a named ingredient, one side at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import sympy as sp
from sympy import Symbol

from . import nodes as N

Item = TypeVar("Item")


class Mutant(NamedTuple):
    """`kind` is "automatic" (an operation changed) or "ingredient" (a leaf replaced)."""

    kind: str
    change: str
    tree: sp.Basic


_SWAPS: dict[type, type] = {
    sp.sin: sp.cos, sp.cos: sp.sin, sp.sinh: sp.cosh, sp.cosh: sp.sinh, sp.tan: sp.sin, sp.tanh: sp.sinh,
    sp.asin: sp.acos, sp.acos: sp.asin, sp.erf: sp.erfc, sp.erfc: sp.erf, sp.Max: sp.Min, sp.Min: sp.Max,
    N.Sin: N.Cos, N.Cos: N.Sin, N.Exp: N.Cos, N.Det: N.Tr, N.Tr: N.Det, N.Log: N.Sin,
}  # fmt: skip
_SHIFTS = (sp.gamma, sp.factorial, sp.loggamma, sp.digamma, sp.harmonic, sp.log, sp.exp)


def mutants(tree: sp.Basic, key: str = "") -> Iterator[Mutant]:
    """The single changes of `tree`, without repetition, each made when it is asked for.

    They come in rounds over the places of the tree, in an order fixed by `key`: one change a place and round.
    """
    scalars, matrices = N.scalar_symbols(tree), N.matrix_symbols(tree)
    seen: set[sp.Basic] = {tree}
    places: list[Iterator[Mutant]] = [_of_the_whole(tree)]
    whole = [s for s in scalars if s.is_integer]  # an index is replaced by an index
    places += [
        _at(tree, path, node, whole if _is_index(tree, path) else scalars, matrices, f"{key}/{i}")
        for i, (path, node) in enumerate(_walk(tree, ()))
    ]
    while places:
        places, round_ = [], _shuffled(places, key)
        for place in round_:
            for m in place:
                if m.tree not in seen and not m.tree.has(sp.nan, sp.zoo):
                    seen.add(m.tree)
                    yield m
                    places.append(place)
                    break


def _is_index(tree: sp.Basic, path: tuple[int, ...]) -> bool:
    """Whether the node at `path` stands in the row or the column of an entry."""
    for i in path:
        if isinstance(tree, N.Entry) and i > 0:
            return True
        tree = tree.args[i]
    return False


def _of_the_whole(tree: sp.Basic) -> Iterator[Mutant]:
    yield Mutant("automatic", "sign of the side", -tree)
    yield Mutant("automatic", "side doubled", 2 * tree)
    if not N.is_matrix(tree):
        yield Mutant("automatic", "1 added", tree + 1)


def _at(
    tree: sp.Basic, path: tuple[int, ...], node: sp.Basic, scalars: list[Symbol], matrices: list[Symbol], key: str
) -> Iterator[Mutant]:
    """The changes of one node, put into the whole tree."""
    for kind, change, replacement in _shuffled(list(_local(node, scalars, matrices)), key):
        try:
            yield Mutant(kind, change, _rebuild(tree, path, replacement))
        except (ValueError, TypeError, AttributeError, ZeroDivisionError, NotImplementedError):
            continue


def _shuffled(items: list[Item], key: str) -> list[Item]:
    """A fixed order: the same under every seed."""
    return [items[n] for n in sorted(range(len(items)), key=lambda n: zlib.crc32(f"{key}/{n}".encode()))]


def _children(node: sp.Basic) -> Iterator[tuple[int, sp.Basic]]:
    if isinstance(node, (N.Const, N.MFun, Symbol, N.Moments)) or not node.args:
        return
    if isinstance(node, (N.D, N.Expect, sp.Derivative, sp.Integral, sp.Sum, sp.Product, sp.Subs, sp.Limit)):
        yield 0, node.args[0]
        return
    if isinstance(node, N.Entry):
        yield from enumerate(node.args)
        return
    if isinstance(node, sp.Piecewise):
        return
    for i, a in enumerate(node.args):
        if isinstance(a, sp.Expr):
            yield i, a


def _walk(node: sp.Basic, path: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], sp.Basic]]:
    yield path, node
    for i, child in _children(node):
        yield from _walk(child, (*path, i))


def _rebuild(node: sp.Basic, path: tuple[int, ...], replacement: sp.Basic) -> sp.Basic:
    if not path:
        return replacement
    args = list(node.args)
    args[path[0]] = _rebuild(args[path[0]], path[1:], replacement)
    if isinstance(node, sp.Derivative):
        return sp.Derivative(*args, evaluate=False)
    return node.func(*args)


def _local(node: sp.Basic, scalars: list[Symbol], matrices: list[Symbol]) -> Iterator[tuple[str, str, sp.Basic]]:
    if isinstance(node, sp.Number):
        yield "automatic", f"{node} to {node + 1}", node + 1
        if node != 0:
            yield "automatic", f"{node} to {-node}", -node
        return
    if isinstance(node, Symbol):
        if node.is_commutative:
            yield "ingredient", f"{node} to {node} + 1", node + 1
            others = [s for s in scalars if s != node]
        else:
            yield "ingredient", f"{node} to its transpose", N.T(node)
            others = [s for s in matrices if s != node]
        for s in others[:2]:
            yield "ingredient", f"{node} to {s}", s
        return
    name = type(node).__name__
    if isinstance(node, sp.Add):
        for i, a in enumerate(node.args):
            rest = node.args[:i] + node.args[i + 1 :]
            yield "automatic", f"term {N.show(a)} dropped", sp.Add(*rest)
            yield "automatic", f"sign of {N.show(a)}", sp.Add(*rest, -a)
    elif isinstance(node, sp.Mul):
        yield "automatic", "sign of a product", -node
        for i, a in enumerate(node.args):
            rest = node.args[:i] + node.args[i + 1 :]
            yield "automatic", f"factor {N.show(a)} dropped", sp.Mul(*rest)
        commuting, words = node.args_cnc()
        if len(words) > 1:
            yield "automatic", "order of a product reversed", sp.Mul(*commuting, *reversed(words))
    elif isinstance(node, sp.Pow):
        yield "automatic", f"exponent of {N.show(node.base)}", node.base ** (node.exp + 1)
        yield "automatic", "power dropped", node.base
    elif isinstance(node, (sp.Integral, sp.Sum, sp.Product)):
        (variable, *ends), *rest = node.limits
        if len(ends) == 2:
            low, high = ends
            if high.is_finite is not False:
                yield "automatic", "upper end", node.func(node.function, (variable, low, high + 1), *rest)
            if low.is_finite is not False:
                yield "automatic", "lower end", node.func(node.function, (variable, low + 1, high), *rest)
    elif isinstance(node, N.Const):
        yield "ingredient", "an explicit matrix transposed", N.Const(node.args[0].T)
        M = node.args[0]
        for i in range(min(M.rows, 2)):
            for j in range(min(M.cols, 2)):
                changed = sp.Matrix(M)
                changed[i, j] += 1
                yield "ingredient", f"entry ({i + 1}, {j + 1}) of an explicit matrix", N.Const(changed)
    elif isinstance(node, N.Adj):
        yield "ingredient", "adj to its transpose", N.T(node)
        yield "automatic", "adj dropped", node.args[0]
    elif isinstance(node, N.T):
        yield "automatic", "transpose dropped", node.args[0]
    elif isinstance(node, N.MFun):
        yield "ingredient", f"{node} to its transpose", N.T(node)
    elif isinstance(node, (N.D, sp.Derivative)):
        yield "automatic", "derivative dropped", node.args[0]
    elif isinstance(node, sp.core.function.AppliedUndef):
        yield "ingredient", f"{name} at another argument", node.func(node.args[0] + 1, *node.args[1:])
        yield "ingredient", f"{name} to its square", node**2
    elif isinstance(node, sp.Function):
        if type(node) in _SHIFTS:
            yield "automatic", f"{name} at its argument + 1", node.func(node.args[0] + 1, *node.args[1:])
        elif type(node) not in _SWAPS and node.args:
            yield "automatic", f"{name} squared", node**2
    if type(node) in _SWAPS:
        other = _SWAPS[type(node)]
        yield "automatic", f"{name} to {other.__name__}", other(*node.args)
