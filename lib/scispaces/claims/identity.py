"""The verb `identity`: two or more trees are equal, proved by one leg and evaluated by the other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

import sympy as sp
from sympy import Symbol

from . import nodes as N
from .explicit import difference, explicit, settle
from .finite_sums import linear_sums, opaque
from .free_algebra import commuted, evaluate_free
from .hypotheses import Commute, Relation
from .prove import NotProved, depth, prove_zero, reparametrise
from .proved_part import ProvedPart
from .scope import Case
from .time_limits import TimeUp, time_limit
from .tree_part import POINTS

MUTANT_PROOF_SECONDS = 0.4


class Identity(ProvedPart):
    """See `identity`."""

    kind = "identity"

    def prove_statement(self, left: sp.Basic, right: sp.Basic, case: Case, size: dict | None, seconds: float) -> None:
        """Return when left = right is proved."""
        replaced = {s: sp.sympify(v) for s, v in case.items()}
        left, right = left.xreplace(replaced), right.xreplace(replaced)
        plain = [(s, v) for s, v in (size or {}).items() if isinstance(s, Symbol) and not isinstance(v, tuple)]
        numbers = {s: sp.sympify(v) for s, v in plain}
        relations = [h.relation.xreplace({**replaced, **numbers}) for h in self.hypotheses if isinstance(h, Relation)]
        if (
            size is None
            and not N.contains(left, N.Det, N.Tr, N.Adj, N.T, N.MFun, N.Entry, N.Expect)
            and not N.contains(right, N.Det, N.Tr, N.Adj, N.T, N.MFun, N.Entry, N.Expect)
        ):
            symbols = [s for s in N.matrix_symbols(left, right)]
            if symbols or not (N.is_matrix(left) or N.is_matrix(right)):
                gap = self._free_difference(left, right, symbols)
                _prove_scalar(gap, relations, seconds)
                return
        env = self.symbolic_ingredients(left, right, size or {})
        gap = difference(settle(explicit(left, env)), settle(explicit(right, env)))
        entries = list(gap) if isinstance(gap, sp.MatrixBase) else [gap]
        for e in entries:
            _prove_scalar(e, relations, seconds)

    def _free_difference(self, left: sp.Basic, right: sp.Basic, symbols: list[Symbol]) -> sp.Expr:
        """The difference in the free algebra: nothing is assumed of the matrices but the hypotheses."""
        bonds = [h.symbols for h in self.hypotheses if isinstance(h, Commute)]
        if any(set(symbols) <= set(bond) for bond in bonds):
            plain = {s: Symbol(f"{s.name}_c") for s in symbols}
            return evaluate_free(left.xreplace(plain)) - evaluate_free(right.xreplace(plain))
        gap = evaluate_free(left) - evaluate_free(right)
        if gap.is_commutative:
            return gap
        gap = sp.expand(gap)
        return commuted(gap, bonds) if bonds else gap


def _prove_scalar(gap: sp.Expr, relations: list[sp.Basic], seconds: float) -> None:
    if opaque(gap):
        with contextlib.suppress(NotProved, TimeUp), depth.at_most(1), time_limit(seconds / 2):
            prove_zero(linear_sums(gap), seconds / 2)
            return
    gap = gap.doit()
    try:
        prove_zero(gap, seconds if not relations else seconds / 2)
        return
    except NotProved:
        if not relations:
            raise
    swap = reparametrise(relations, N.scalar_symbols(gap))
    equalities = {r.lhs: r.rhs for r in relations if isinstance(r, sp.Eq) and r.lhs.is_Symbol}
    if not swap and not equalities:
        prove_zero(gap, seconds / 2)
        return
    prove_zero(gap.subs(equalities).subs(swap).doit(), seconds / 2)


def identity(
    *sides: Any,
    sizes: Any = None,
    cases: dict[Symbol, Iterable[Any]] | None = None,
    given: Any = (),
    wrong: Any = (),
    scales: tuple[float, float] | None = None,
    scope: str | None = None,
    points: int = POINTS,
) -> Identity:
    r"""Equality of two or more unevaluated trees (a chain is checked link by link). Verdict: proved.

    Parameters
    ----------
    sides: sympy expressions; matrices are the symbols of `matrices`, the unit matrix is 1.
    sizes: sizes k for which matrix statements are proved with generic entries, or dictionaries of shapes
        ``{X: (2, 3), Y: (3, 2)}``. Without sizes a matrix statement is proved in the free algebra, for every size.
    cases: ``{n: range(1, 9)}`` proves the statement for each listed value, which becomes the scope.
    given: hypotheses (relations, `commute`, `invertible`, `real`, `symmetric`, `diagonal`, `holds`); each is attacked.
    wrong: trees that a careless author would write in place of the last side; each must be rejected.
    scales: (smallest, largest) modulus of the sampled scalars, where the default 1e-3 .. 1e3 is out of reach.
    scope: words added to the scope that sizes and cases give.
    points: how many points the numeric leg samples.

    Raises ClaimFailed with the smallest counterexample found, or Refused when the check could not fail.
    """
    return Identity(sides, sizes, cases, given, wrong, scales, scope, points)
