"""Finite sums with symbolic ends in a normal form: linear, factors without the index in front, equal sums as one atom.

Sum_i (a b_i + c) becomes a S + c n with one letter S for Sum_i b_i, whatever its index is called; logarithms of
positive products are taken apart first. A sum of positive terms over a range that is not empty is a positive letter.
"""

from __future__ import annotations

import sympy as sp
from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef


class _Atoms:
    """One letter for each sum, a function of the letters (outer indices, too) that stand free in it."""

    def __init__(self) -> None:
        self.known: dict[tuple[object, ...], tuple[sp.Basic, ...]] = {}

    def of(self, summand: Expr, index: Symbol, low: Expr, high: Expr) -> Expr:
        seen: list[Symbol] = []
        for node in sp.preorder_traversal(sp.Tuple(summand, low, high)):
            if isinstance(node, Symbol) and node != index and node not in seen:
                seen.append(node)
        places = {s: Symbol(f"_place{i}", **s.assumptions0) for i, s in enumerate(seen)}
        places[index] = Symbol("_index", integer=True)
        key = tuple(t.xreplace(places) for t in (summand, low, high))
        if key not in self.known:
            positive = summand.is_positive and (high - low).is_nonnegative
            sign = {"positive": True} if positive else {"real": True} if summand.is_real else {"complex": True}
            self.known[key] = (sp.Function(f"_sum{len(self.known)}", **sign),)
        return self.known[key][0](*seen) if seen else self.known[key][0](0)


def _expanded(e: Expr) -> Expr:
    """Expanded, also inside of logarithms where their arguments are products of positive factors."""
    out = sp.expand(sp.expand_log(e.replace(lambda x: isinstance(x, sp.log), lambda x: sp.log(sp.factor(x.args[0])))))
    return _cancelled(out) if any(t.base.is_Add and t.exp.is_negative for t in out.atoms(sp.Pow)) else out


def _cancelled(e: Expr) -> Expr:
    """Expanded, with the fractions before each product of logarithms in lowest terms: (a + b) a/(a + b) is a."""
    logs = {x: sp.Dummy() for x in e.atoms(sp.log)}
    terms: dict[Expr, Expr] = {}
    for term in sp.Add.make_args(e.xreplace(logs)):
        front, of_logs = term.as_independent(*logs.values(), as_Add=False)
        terms[of_logs] = terms.get(of_logs, sp.S.Zero) + front
    out = sp.Add(*(of_logs * sp.expand(sp.cancel(sp.together(front))) for of_logs, front in terms.items()))
    return sp.expand(out).xreplace({d: x for x, d in logs.items()})


def _normal(e: Expr, atoms: _Atoms) -> Expr:
    if not e.has(sp.Sum, sp.Product):
        return e
    if isinstance(e, sp.log) and isinstance(e.args[0], sp.Product):
        factor = e.args[0].function
        if _normal(factor, atoms).is_positive:
            return _normal(sp.Sum(sp.log(factor), *e.args[0].limits), atoms)
    if not isinstance(e, sp.Sum):
        return e.func(*(_normal(a, atoms) if isinstance(a, Expr) else a for a in e.args))
    summand = e.function
    for index, low, high in e.limits:
        if low.is_infinite or high.is_infinite:
            raise ValueError("an endless sum is not linear without its convergence")
        low, high = _normal(low, atoms), _normal(high, atoms)
        sign = {"positive": True} if low.is_positive else {"nonnegative": True} if low.is_nonnegative else {}
        summand, index = _renamed(summand, index, Symbol(index.name, integer=True, **sign))
        out: Expr = sp.S.Zero
        for term in sp.Add.make_args(_expanded(_normal(summand, atoms))):
            factor, rest = term.as_independent(index, as_Add=False)
            out += factor * ((high - low + 1) if rest == 1 else atoms.of(rest, index, low, high))
        summand = out
    return summand


def _renamed(summand: Expr, index: Symbol, fresh: Symbol) -> tuple[Expr, Symbol]:
    """The index with what its range says of it, which may be less than its symbol does."""
    return summand.xreplace({index: fresh}), fresh


def linear_sums(e: Expr) -> Expr:
    """`e` with its finite sums in normal form; equal to `e`, whatever the ends of the sums are."""
    if not e.has(sp.Sum, sp.Product):
        return e
    return sp.expand(sp.cancel(sp.together(_expanded(_normal(e, _Atoms())))))


def opaque(tree: sp.Basic) -> bool:
    """Whether a sum or product up to a letter has an unknown function of its index in it: it has no closed form."""
    return any(
        any(f.has(index) and not (high - low).is_number for f in node.function.atoms(AppliedUndef))
        for node in tree.atoms(sp.Sum, sp.Product)
        for index, low, high in node.limits
    )
