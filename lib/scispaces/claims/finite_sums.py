"""Finite sums with symbolic ends in a normal form: linear, factors without the index in front, equal sums as one atom.

Sum_i (a b_i + c) becomes a S + c n with one letter S for Sum_i b_i, whatever its index is called; a sum of sums over
independent ranges is one letter, whatever their order; logarithms of positive products are taken apart first. A sum of
positive terms over a range that is not empty is a positive letter.
"""

from __future__ import annotations

from itertools import permutations

import sympy as sp
from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef

Range = tuple[Symbol, Expr, Expr]


class _Atoms:
    """One letter for each sum, a function of the letters (outer indices, too) that stand free in it."""

    def __init__(self) -> None:
        self.known: dict[tuple[object, ...], type[AppliedUndef]] = {}
        self.meaning: dict[type[AppliedUndef], tuple[Expr, list[Range], list[Symbol]]] = {}

    def of(self, summand: Expr, ranges: list[Range]) -> Expr:
        """The letter of a sum over independent ranges, whatever their order."""
        for f in sp.Mul.make_args(summand):  # a sum inside of a sum: one sum over both ranges
            if f.func in self.meaning and len(ranges) < 4:
                inner, more = self._meant(f)
                outer = {index for index, _, _ in ranges}
                if f.free_symbols & outer and not any(sp.Tuple(*r[1:]).free_symbols & outer for r in more):
                    summand, ranges = summand / f * inner, ranges + more
        if len(ranges) > 1 and (shorter := self._one_less(summand, ranges)) is not None:
            return shorter
        places = [Symbol(f"_index{i}", **r[0].assumptions0) for i, r in enumerate(ranges)]
        forms = []
        for order in permutations(ranges):
            names = {r[0]: place for r, place in zip(order, places, strict=True)}
            if all(r[0].assumptions0 == place.assumptions0 for r, place in zip(order, places, strict=True)):
                ends = [t.xreplace(names) for r in order for t in r[1:]]
                forms.append(sp.Tuple(summand.xreplace(names), *ends))
        form = min(forms, key=sp.default_sort_key)
        free = [n for n in dict.fromkeys(sp.preorder_traversal(form)) if isinstance(n, Symbol) and n not in places]
        letters = [Symbol(f"_place{i}", **n.assumptions0) for i, n in enumerate(free)]
        key = (*form.xreplace(dict(zip(free, letters, strict=True))), *places)
        if key not in self.known:
            positive = summand.is_positive and all((high - low).is_nonnegative for _, low, high in ranges)
            sign = {"positive": True} if positive else {"real": True} if summand.is_real else {"complex": True}
            self.known[key] = letter = sp.Function(f"_sum{len(self.known)}", **sign)
            body, *ends = form.xreplace(dict(zip(free, letters, strict=True)))
            self.meaning[letter] = (body, [*zip(places, ends[::2], ends[1::2], strict=True)], letters)
        return self.known[key](*free) if free else self.known[key](0)

    def _one_less(self, summand: Expr, ranges: list[Range]) -> Expr | None:
        """The sum over fewer ranges where one of them cancels: w(i, k)/Sum_l w(i, l), summed over k, is 1."""
        for first in ranges:
            others = [r for r in ranges if r is not first]
            factor, rest = summand.as_independent(first[0], as_Add=False)
            if rest == 1 or any(sp.Tuple(*r[1:]).has(first[0]) for r in others):
                continue
            inner = self.of(rest, [first])
            if inner.func in self.meaning and not (factor * inner).has(inner.func):
                summand = factor * inner
                for r in others:
                    summand = _summed(summand, r, self)
                return summand
        return None

    def _meant(self, f: Expr) -> tuple[Expr, list[Range]]:
        """The sum that a letter stands for, with indices of its own."""
        body, ranges, letters = self.meaning[f.func]
        own = {index: sp.Dummy("i", **index.assumptions0) for index, _, _ in ranges}
        values = own | dict(zip(letters, f.args, strict=False))
        return body.xreplace(values), [(own[k], low.xreplace(values), high.xreplace(values)) for k, low, high in ranges]


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
        fresh = Symbol(index.name, integer=True, **sign)  # what the range says of it, not what its symbol does
        summand = _summed(_normal(summand.xreplace({index: fresh}), atoms), (fresh, low, high), atoms)
    return summand


def _summed(summand: Expr, over: Range, atoms: _Atoms) -> Expr:
    """The sum, term by term, with the factors without the index in front."""
    index, low, high = over
    out: Expr = sp.S.Zero
    for term in sp.Add.make_args(_expanded(summand)):
        factor, rest = term.as_independent(index, as_Add=False)
        out += factor * ((high - low + 1) if rest == 1 else atoms.of(rest, [over]))
    return out


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
