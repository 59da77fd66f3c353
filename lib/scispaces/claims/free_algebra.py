"""Matrices of every size: words in letters that do not commute, unless a hypothesis says that they do."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp
from sympy import Symbol

from . import nodes as N
from .explicit import CannotEvaluate
from .finite_sums import opaque


def evaluate_free(tree: sp.Basic) -> sp.Basic:
    """Evaluate derivatives, sums and integrals in the free algebra; matrix functions stay opaque."""
    if isinstance(tree, N.D):
        inner, variable, order = tree.args
        inner = evaluate_free(inner)
        if inner.has(N.Node):
            raise CannotEvaluate(
                f"the derivative of a matrix function, {tree}: write it as a power series or give sizes="
            )
        words = sp.expand(inner)  # sympy differentiates a power of what does not commute as if it did
        if any(isinstance(n, sp.Pow) and not n.base.is_commutative and variable in N.free(n) for n in _nodes(words)):
            raise CannotEvaluate(f"the derivative of a power, {tree}: give sizes= or cases= for the exponent")
        return sp.diff(words, variable, order)
    if isinstance(tree, N.Const):
        raise CannotEvaluate("an explicit matrix next to free ones: give sizes=")
    if isinstance(tree, sp.Expr) and tree.args and not isinstance(tree, N.Node):
        if isinstance(tree, (sp.Integral, sp.Sum, sp.Product, sp.Derivative, sp.Limit)):
            tree = tree.func(evaluate_free(tree.args[0]), *tree.args[1:])
            return tree if isinstance(tree, (sp.Sum, sp.Product)) and opaque(tree) else tree.doit()
        return tree.func(*(evaluate_free(a) if isinstance(a, sp.Expr) else a for a in tree.args))
    return tree


def _nodes(tree: sp.Basic) -> Iterator[sp.Basic]:
    return iter(sp.preorder_traversal(tree))


def commuted(e: sp.Expr, bonds: list[tuple[Symbol, ...]]) -> sp.Expr:
    """An expanded expression with the letters of each word in normal order: letters that commute are sorted.

    Two letters commute when each symbol of the one equals or is bound to each symbol of the other. Among the letters
    that can be brought to the front the smallest is taken: the lexicographic normal form of a trace monoid.
    """

    def commute_letters(x: sp.Expr, y: sp.Expr) -> bool:
        return all(
            a == b or any(a in bond and b in bond for bond in bonds)
            for a in N.matrix_symbols(x)
            for b in N.matrix_symbols(y)
        ) and not (N.contains(x, N.Const, N.MFun) or N.contains(y, N.Const, N.MFun))

    total = sp.S.Zero
    for term in sp.Add.make_args(e):
        commuting, words = term.args_cnc()
        letters: list[sp.Expr] = []
        for w in words:
            base, n = w.as_base_exp()
            letters += [base] * int(n) if n.is_Integer and n > 0 else [w]
        ordered = []
        while letters:
            front = [i for i, x in enumerate(letters) if all(commute_letters(x, y) for y in letters[:i])]
            ordered.append(letters.pop(min(front, key=lambda i: (sp.default_sort_key(letters[i]), i))))
        total += sp.Mul(*commuting, *ordered)
    return sp.expand(total)
