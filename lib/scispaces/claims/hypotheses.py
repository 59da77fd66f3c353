"""Hypotheses of a statement: how instances satisfy them, and how they are dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp
from mpmath import mp
from sympy import Symbol

from . import numeric
from .failures import Refused


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
    """A property of matrix ingredients. A kind knows its test, how instances get it, and what it leaves generic."""

    symbols: tuple[Symbol, ...] = ()
    generic = "general"
    """The generic matrix of the symbolic leg that has the property ("general" where entries alone do not give it)."""
    words: ClassVar[tuple[str, ...]] = ()
    """How a display can say it; the check may assume no more than is displayed."""
    undefined_without = False
    """Whether the statement may lose its value, rather than its truth, where the property is dropped."""
    square: ClassVar[bool] = True
    """Whether only square matrices can have the property."""

    def test(self, env: numeric.Env) -> bool:
        with mp.workdps(40):
            values = [env[s] for s in self.symbols]
            if not all(isinstance(M, numeric.MPMatrix) and (M.rows == M.cols or not self.square) for M in values):
                return False
            return self.holds_for(values)

    def holds_for(self, values: list[Any]) -> bool:
        raise NotImplementedError

    def impose(self, env: numeric.Env, dice: Any) -> None:
        """Give the drawn matrices the property."""

    def drop(self, env: numeric.Env) -> None:
        """Take the property from the drawn matrices; general ones have none."""


SMALL = mp.mpf(10) ** -14


def _vanishes(M: Any, scale: Any) -> bool:
    return bool(numeric.size_of(M) <= SMALL * scale)


class Commute(Structure):
    """Each two of the matrices commute."""

    words: ClassVar[tuple[str, ...]] = ("commut", "]=0")

    def holds_for(self, values: list[Any]) -> bool:
        pairs = [(A, B) for i, A in enumerate(values) for B in values[i + 1 :]]
        return all(_vanishes(A * B - B * A, numeric.size_of(A) * numeric.size_of(B)) for A, B in pairs)

    def impose(self, env: numeric.Env, dice: Any) -> None:
        """Polynomials of degree two in the first one."""
        first = env[self.symbols[0]]
        for m in self.symbols[1:]:
            c = [mp.mpf(dice.integer(-12, 12)) / 8 for _ in range(2)] + [mp.mpf(1)]
            env[m] = c[0] * mp.eye(first.rows) + c[1] * first + c[2] * first * first / 4


class Invertible(Structure):
    """The matrices are invertible."""

    words: ClassVar[tuple[str, ...]] = ("invertible", "regular", "^{-1}", "^{-\\top}", r"\det")
    undefined_without = True

    def holds_for(self, values: list[Any]) -> bool:
        return all(abs(mp.det(M)) > SMALL * numeric.size_of(M) ** M.rows for M in values)

    def drop(self, env: numeric.Env) -> None:
        """The last row becomes the first."""
        for m in self.symbols:
            out = env[m].copy()
            for j in range(out.cols):
                out[out.rows - 1, j] = out[0, j] if out.rows > 1 else mp.mpf(0)
            env[m] = out


class Symmetric(Structure):
    """The matrices are real and symmetric."""

    words: ClassVar[tuple[str, ...]] = ("symmetric", "definite", r"^\top=", "Gram", "covariance")
    generic = "symmetric"

    def holds_for(self, values: list[Any]) -> bool:
        return all(
            _vanishes(M - M.T, numeric.size_of(M)) and _vanishes(M.apply(mp.im), numeric.size_of(M)) for M in values
        )

    def impose(self, env: numeric.Env, dice: Any) -> None:
        for m in self.symbols:
            M = env[m]
            env[m] = mp.matrix([[mp.re(M[min(i, j), max(i, j)]) for j in range(M.cols)] for i in range(M.rows)])


class Real(Structure):
    """The entries of the matrices or vectors are real."""

    words: ClassVar[tuple[str, ...]] = ("real", r"\mathbbR")
    generic = "real"
    square: ClassVar[bool] = False

    def holds_for(self, values: list[Any]) -> bool:
        return all(_vanishes(M.apply(mp.im), numeric.size_of(M)) for M in values)

    def impose(self, env: numeric.Env, dice: Any) -> None:
        for m in self.symbols:
            env[m] = env[m].apply(mp.re)


class Diagonal(Structure):
    """The matrices are diagonal."""

    words: ClassVar[tuple[str, ...]] = ("diagonal", "diag")
    generic = "diagonal"

    def holds_for(self, values: list[Any]) -> bool:
        return all(M[i, j] == 0 for M in values for i in range(M.rows) for j in range(M.cols) if i != j)

    def impose(self, env: numeric.Env, dice: Any) -> None:
        for m in self.symbols:
            M = env[m]
            env[m] = mp.matrix([[M[i, j] if i == j else mp.mpf(0) for j in range(M.cols)] for i in range(M.rows)])


@dataclass(frozen=True)
class Holds(Hypothesis):
    """A predicate on the ingredients by name."""

    predicate: Callable[..., bool] = lambda **_: True

    def test(self, env: numeric.Env) -> bool:
        return bool(self.predicate(**{s.name: v for s, v in env.items() if isinstance(s, Symbol)}))


def commute(*symbols: Symbol) -> Structure:
    """The matrices commute with each other. Instances: polynomials in one random matrix."""
    _check_matrices(symbols, 2)
    return Commute(" and ".join(f"[{a}, {b}] = 0" for i, a in enumerate(symbols) for b in symbols[i + 1 :]), symbols)


def invertible(*symbols: Symbol) -> Structure:
    """The matrices are invertible. Dropped: singular ones."""
    _check_matrices(symbols, 1)
    return Invertible(", ".join(f"{s} invertible" for s in symbols), symbols)


def symmetric(*symbols: Symbol) -> Structure:
    """The matrices are real and symmetric. Dropped: general ones."""
    _check_matrices(symbols, 1)
    return Symmetric(", ".join(f"{s} symmetric" for s in symbols), symbols)


def real(*symbols: Symbol) -> Structure:
    """The entries of the matrices or vectors are real. Dropped: complex ones."""
    _check_matrices(symbols, 1)
    return Real(", ".join(f"{s} real" for s in symbols), symbols)


def diagonal(*symbols: Symbol) -> Structure:
    """The matrices are diagonal. Dropped: general ones."""
    _check_matrices(symbols, 1)
    return Diagonal(", ".join(f"{s} diagonal" for s in symbols), symbols)


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
                "real(), diagonal() or holds())"
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
