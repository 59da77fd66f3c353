"""Hypotheses of a statement: how instances satisfy them, and how they are dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from mpmath import mp
from sympy import Symbol

from . import numeric
from ._limits import Refused


@dataclass(frozen=True)
class Hypothesis:
    """Base: a text and a test on a numeric environment."""

    text: str

    def test(self, env: numeric.Env) -> bool:
        raise NotImplementedError


@dataclass(frozen=True)
class Relation(Hypothesis):
    """A sympy relation between scalars."""

    relation: sp.Basic = sp.true

    def test(self, env: numeric.Env) -> bool:
        return numeric.truth(self.relation, env)


@dataclass(frozen=True)
class Structure(Hypothesis):
    """A property of matrix ingredients: `kind` is commute, invertible, symmetric or diagonal."""

    kind: str = ""
    symbols: tuple[Symbol, ...] = ()

    def test(self, env: numeric.Env) -> bool:
        with mp.workdps(40):
            return self._test([env[s] for s in self.symbols])

    def _test(self, values: list[Any]) -> bool:
        if not all(isinstance(M, numeric.MPMatrix) and M.rows == M.cols for M in values):
            return False
        small = mp.mpf(10) ** -14

        def vanishes(M: numeric.MPMatrix, scale: object) -> bool:
            return bool(numeric.size_of(M) <= small * scale)

        if self.kind == "commute":
            pairs = [(A, B) for i, A in enumerate(values) for B in values[i + 1 :]]
            return all(vanishes(A * B - B * A, numeric.size_of(A) * numeric.size_of(B)) for A, B in pairs)
        if self.kind == "symmetric":
            return all(
                vanishes(M - M.T, numeric.size_of(M)) and vanishes(M.apply(mp.im), numeric.size_of(M)) for M in values
            )
        if self.kind == "diagonal":
            return all(M[i, j] == 0 for M in values for i in range(M.rows) for j in range(M.cols) if i != j)
        return all(abs(mp.det(M)) > small * numeric.size_of(M) ** M.rows for M in values)


@dataclass(frozen=True)
class Holds(Hypothesis):
    """A predicate on the ingredients by name."""

    predicate: Callable[..., bool] = lambda **_: True

    def test(self, env: numeric.Env) -> bool:
        return bool(self.predicate(**{s.name: v for s, v in env.items() if isinstance(s, Symbol)}))


def commute(*symbols: Symbol) -> Structure:
    """The matrices commute with each other. Instances: polynomials in one random matrix."""
    _check_matrices(symbols, 2)
    return Structure(
        " and ".join(f"[{a}, {b}] = 0" for i, a in enumerate(symbols) for b in symbols[i + 1 :]), "commute", symbols
    )


def invertible(*symbols: Symbol) -> Structure:
    """The matrices are invertible. Dropped: singular ones."""
    _check_matrices(symbols, 1)
    return Structure(", ".join(f"{s} invertible" for s in symbols), "invertible", symbols)


def symmetric(*symbols: Symbol) -> Structure:
    """The matrices are real and symmetric. Dropped: general ones."""
    _check_matrices(symbols, 1)
    return Structure(", ".join(f"{s} symmetric" for s in symbols), "symmetric", symbols)


def diagonal(*symbols: Symbol) -> Structure:
    """The matrices are diagonal. Dropped: general ones."""
    _check_matrices(symbols, 1)
    return Structure(", ".join(f"{s} diagonal" for s in symbols), "diagonal", symbols)


def holds(text: str, predicate: Callable[..., bool]) -> Holds:
    """A hypothesis in words with its test: ``holds("f is odd", lambda x, **_: ...)`` (ingredients by name)."""
    return Holds(text, predicate)


def _check_matrices(symbols: tuple[Symbol, ...], least: int) -> None:
    if len(symbols) < least or not all(isinstance(s, Symbol) and not s.is_commutative for s in symbols):
        raise ValueError(f"at least {least} matrix symbols (see matrices()) are wanted, got {symbols}")


def as_hypotheses(given: Any) -> tuple[Hypothesis, ...]:
    """Relations, structures and predicates as hypotheses; conjunctions are taken apart."""
    out: list[Hypothesis] = []
    items = given if isinstance(given, (list, tuple)) else (given,)
    for item in items:
        if isinstance(item, Hypothesis):
            out.append(item)
        elif isinstance(item, sp.And):
            out += as_hypotheses(list(item.args))
        elif item in (sp.false, False):
            raise Refused("a hypothesis is false: the domain is empty")
        elif item in (sp.true, True):
            continue
        elif isinstance(item, sp.core.relational.Relational):
            out.append(Relation(f"{sp.sstr(item.lhs)} {_sign(item)} {sp.sstr(item.rhs)}", item))
        else:
            raise ValueError(
                f"not a hypothesis: {item!r} (a sympy relation, commute(), invertible(), symmetric(), "
                "diagonal() or holds())"
            )
    return tuple(out)


def _sign(r: sp.core.relational.Relational) -> str:
    return {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥"}.get(r.rel_op, r.rel_op)


def contains_conclusion(hypotheses: tuple[Hypothesis, ...], left: sp.Basic, right: sp.Basic, kind: str) -> str | None:
    """The text of a hypothesis that already states the conclusion, up to sign, factor and order; else None.

    `kind` is "=" or "<=". A hypothesis is taken to contain an equality when the vanishing of its difference is, after
    expansion, a constant multiple of the conclusion's; for a bound when it bounds the same difference.
    """
    try:
        target = sp.expand(left - right)
    except (TypeError, ValueError):
        return None
    for h in hypotheses:
        if not isinstance(h, Relation):
            continue
        r = h.relation
        if kind == "=" and not isinstance(r, sp.Eq):
            continue
        if kind == "<=" and isinstance(r, sp.Ne):
            continue
        gap = sp.expand(r.lhs - r.rhs)
        if gap == 0 or target == 0:
            continue
        ratio = sp.cancel(target / gap) if gap.is_commutative and target.is_commutative else None
        if ratio is not None and ratio.is_number:
            return h.text
        if (
            kind == "="
            and ratio is not None
            and target.is_polynomial(*target.free_symbols)
            and gap.is_polynomial(*gap.free_symbols)
        ):
            # the conclusion is a polynomial multiple of the hypothesis, or divides it: too close to a restatement
            # only when the cofactor has no symbols of its own beyond a power of the same difference
            if sp.cancel(gap / target).is_polynomial(*gap.free_symbols) and sp.cancel(sp.sqrt(gap**2) / target) == 1:
                return h.text
    return None
