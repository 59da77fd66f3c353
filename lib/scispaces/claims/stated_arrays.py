"""Displayed relations held against a part whose sides are callables: by their values at the part's own points."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np
import sympy as sp

from . import arrays
from .stated import Displayed, Verdict, constants, finest_change, neighbour, orientations, with_constant, wrong_relation
from .values import error_of, numbers

POINTS = 12
"""How many of the part's points a sentence is held against; a mutant that passes there, against all."""


class StatedArrays:
    """``f(**point) rel g(**point)`` as an `agrees`, `bound` or `refute` of callables states it.

    `points` with the values of both sides there; `tol` and `scale` are the part's; `fresh` draws further points.
    """

    def __init__(
        self,
        rel: str,
        points: list[dict[str, Any]],
        sides: tuple[list[Any], list[Any]],
        tol: float,
        scale: str = "relative",
        fixed: dict[str, Any] | None = None,
        fresh: Callable[[], list[dict[str, Any]]] | None = None,
        numeric: bool = True,
        refuted: bool = False,
    ) -> None:
        self.refuted = refuted
        self.rel, self.tol, self.scale = rel, tol, scale
        self.all_points, self.all_sides = points, sides
        self.thorough = False
        self.fixed, self.fresh, self.numeric = dict(fixed or {}), fresh, numeric

    @property
    def points(self) -> list[dict[str, Any]]:
        return self.all_points if self.thorough else self.all_points[:POINTS]

    @property
    def sides(self) -> tuple[list[Any], list[Any]]:
        return self.all_sides

    def names(self, latex: str) -> dict[str, Any]:
        out = {}
        for name, v in {**(self.points[0] if self.points else {}), **self.fixed}.items():
            if isinstance(v, (Number, np.ndarray, np.generic)) or hasattr(v, "__array__"):
                nc = np.ndim(v) > 0
                out[sp.latex(sp.Symbol(name))] = sp.Symbol(name, commutative=False) if nc else sp.Symbol(name)
        return out

    def _value(self, tree: sp.Basic, point: dict[str, Any]) -> np.ndarray:
        return arrays.value(tree, {**self.fixed, **point})

    def _is(self, tree: sp.Basic, given: Any, point: dict[str, Any], decimals: Any) -> bool:
        rounded = [d for d in decimals if tree.has(d[1]) or tree.has(-d[1])]
        wanted = shaped(numbers(given))
        if rounded:
            low, high = self._range(tree, point, decimals)
            return bool(np.all(low <= wanted) and np.all(wanted <= high))
        return error_of(shaped(self._value(tree, point)), wanted, self.scale) <= max(10 * self.tol, 1e-10)

    def reads(self, shown: Displayed) -> Verdict:
        rel = "=" if self.refuted and shown.rel == "!=" else shown.rel  # "A ≠ B in general" shows the false equality
        order = orientations(rel, self.rel)
        if not order:
            return Verdict(False, wrong_relation(shown.rel, self.rel))
        trees = (shown.left, shown.right)
        try:
            for orientation in order:
                if self.points and all(
                    self._is(t, self.sides[s][i], p, shown.decimals)
                    for i, p in enumerate(self.points)
                    for t, s in zip(trees, orientation, strict=True)
                ):
                    return Verdict(True, orientation=orientation)
        except arrays.NoValue as no:
            return Verdict(False, str(no))
        except Exception as error:  # a name's function was called with what it does not take
            return Verdict(False, f"a side has no value at the check's points: {type(error).__name__}: {error}")
        return Verdict(False, "no part of its clause states these two sides", self._fails(shown))

    def _fails(self, shown: Displayed) -> str:
        orders = ("<=", ">=", "<", ">")
        if shown.rel in orders and self.rel in orders and not self.refuted and not shown.decimals:
            return self._order_fails(shown)
        if shown.rel != "=" or self.rel != "=" or self.refuted:
            return ""
        from .values import describe_point, describe_value

        if shown.decimals:
            return self._decimal_fails(shown)
        for p in self.points[:10]:
            try:
                a, b = (shaped(self._value(t, p)) for t in (shown.left, shown.right))
            except Exception:
                return ""
            if not error_of(a, b, "relative") <= max(1e-3, 100 * self.tol):
                return f"at {describe_point(p)}: left = {describe_value(a)}, right = {describe_value(b)}"
        return ""

    def _order_fails(self, shown: Displayed) -> str:
        """Where a displayed inequality is violated at a point."""
        from .values import describe_point, describe_value

        for p in self.points:
            try:
                a, b = (np.real(shaped(self._value(t, p))) for t in (shown.left, shown.right))
                gap = a - b if shown.rel in ("<=", "<") else b - a
                if np.any(gap > 1e-6 * (np.abs(a) + np.abs(b)) + 1e-12):
                    return f"at {describe_point(p)}: left = {describe_value(a)}, right = {describe_value(b)}"
            except Exception:
                return ""
        return ""

    def _decimal_fails(self, shown: Displayed) -> str:
        """Where what rounds to the displayed decimals is not what stands on the other side."""
        from .values import describe_point

        for p in self.points[:10]:
            try:
                (low, high), (under, over) = (self._range(t, p, shown.decimals) for t in (shown.left, shown.right))
            except Exception:
                return ""
            if np.any(high < under) or np.any(over < low):
                return f"at {describe_point(p)}: left = {low}, right = {under}, and neither is rounded"
        return ""

    def _range(self, tree: sp.Basic, point: dict[str, Any], decimals: Any) -> tuple[np.ndarray, np.ndarray]:
        """The values of a side whose decimals are anything that rounds to them."""
        rounded = [d for d in decimals if tree.has(d[1]) or tree.has(-d[1])]
        ends = []
        for signs in itertools.product((-1, 1), repeat=len(rounded)):
            moved = tree
            for (_, d, half), sign in zip(rounded, signs, strict=True):
                moved = with_constant(moved, d, d + sign * half)
            ends.append(np.real(shaped(self._value(moved, point))))
        slack = self.tol * float(np.max(np.abs(ends)))
        return np.min(ends, 0) - slack, np.max(ends, 0) + slack

    def equal(self, left: sp.Basic, right: sp.Basic) -> bool | None:
        answers = []
        for p in self.all_points[:8]:
            try:
                a, b = (shaped(self._value(t, p)) for t in (left, right))
            except Exception:
                return None
            answers.append(error_of(a, b, "relative") <= 1e-9)
        return all(answers) if answers else None

    def same_statement(self, shown: Displayed, other: Displayed) -> bool:
        if self.fresh is None:
            return True  # the part's places are all there are
        points = self.fresh()
        for p in points[:30]:
            try:
                pairs = [(self._value(a, p), self._value(b, p))
                         for a, b in ((shown.left, other.left), (shown.right, other.right))]  # fmt: skip
            except Exception:
                continue
            if any(not error_of(shaped(a), shaped(b), self.scale) <= max(10 * self.tol, 1e-10) for a, b in pairs):
                return False
        return True

    def resolution(self, shown: Displayed) -> list[dict[str, Any]]:
        if not self.numeric:
            return []
        out: list[dict[str, Any]] = []
        trees = (shown.left, shown.right)
        halves = {d[1]: d[2] for d in shown.decimals}
        for side, tree in enumerate(trees):
            for c in constants(tree):

                def noticed(step: sp.Rational, tree: sp.Basic = tree, c: sp.Rational = c, side: int = side) -> bool:
                    moved = with_constant(tree, c, c * (1 + step))
                    return any(self._breaks(moved, trees[1 - side], p, side) for p in self.points)

                allowed = halves[c] / c if c in halves else neighbour(c) / 3
                out.append({"constant": c, "relative": finest_change(noticed), "allowed": allowed})
        return out

    def _breaks(self, moved: sp.Basic, partner: sp.Basic, point: dict[str, Any], side: int) -> bool:
        try:
            values = [self._value(moved, point), self._value(partner, point)]
        except Exception:
            return False
        left, right = (shaped(v) for v in (values if side == 0 else values[::-1]))
        if self.rel == "=":
            return not error_of(left, right, self.scale) <= self.tol
        return bool(np.any(np.real(left) > np.real(right) + self.tol * np.abs(right)))


def shaped(x: np.ndarray) -> np.ndarray:
    """A column as a one-dimensional array, a 1x1 matrix as a number: how library functions return them."""
    x = np.asarray(x)
    if x.ndim == 2 and x.shape[1] == 1:
        x = x[:, 0]
    return x.reshape(()) if x.size == 1 else x
