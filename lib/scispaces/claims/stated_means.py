"""A displayed expectation held against a statistical test: sample by sample on the left, its value on the right."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from . import arrays
from .stated import Displayed, Verdict, constants, finest_change, neighbour, orientations, with_constant, wrong_relation
from .stated_arrays import StatedArrays, shaped
from .values import error_of


class Mean(sp.Expr):
    """The expectation of a tree over the law that a test draws from."""

    is_commutative = True

    def _sympystr(self, printer: sp.printing.printer.Printer) -> str:
        return f"E[{printer._print(self.args[0])}]"


def mean_of(*trees: Any) -> Mean:
    """What a displayed E stands for."""
    if len(trees) != 1:
        raise ValueError("E is of one quantity")
    return Mean(sp.sympify(trees[0]))


mean_of.of_trees = True  # type: ignore[attr-defined]


class StatedMean:
    """E[statistic] = mean."""

    rel = "="
    thorough = False

    def __init__(self, drawn: list[dict[str, Any]], mean: np.ndarray, at: dict[str, Any], noticed: np.ndarray) -> None:
        self.drawn, self.mean, self.at, self.noticed = drawn, mean, at, noticed

    def names(self, latex: str) -> dict[str, Any]:
        point = {k: v for k, v in self.drawn[0].items() if k}
        own = StatedArrays("=", [point], ([], []), 1e-9, fixed=self.at).names(latex)
        return {r"\mathbb E": mean_of, r"\mathbb{E}": mean_of} | own

    def reads(self, shown: Displayed) -> Verdict:
        order = orientations(shown.rel, self.rel)
        if not order:
            return Verdict(False, wrong_relation(shown.rel, self.rel))
        try:
            for left, right, orientation in (
                (shown.left, shown.right, (0, 1)),
                (shown.right, shown.left, (1, 0)),
            ):
                if left.has(Mean) and not right.has(Mean) and self._statistic_is(left) and self._mean_is(right, shown):
                    return Verdict(True, orientation=orientation)
        except arrays.NoValue as no:
            return Verdict(False, str(no))
        except Exception as error:
            return Verdict(False, f"a side has no value at the samples: {type(error).__name__}: {error}")
        return Verdict(False, "no part of its clause states these two sides", self._other_mean(shown))

    def _other_mean(self, shown: Displayed) -> str:
        """The displayed expectation is the tested one, and its displayed value another."""
        try:
            for left, right in ((shown.left, shown.right), (shown.right, shown.left)):
                if left.has(Mean) and not right.has(Mean) and self._statistic_is(left):
                    return f"the tested expectation is {self.mean}, displayed is {shaped(arrays.value(right, self.at))}"
        except Exception:  # what has no value contradicts nothing
            return ""
        return ""

    def equal(self, left: sp.Basic, right: sp.Basic) -> bool | None:
        try:
            values = [[shaped(arrays.value(t, {**self.at, **p})) for t in (left, right)] for p in self.drawn[:8]]
            gaps = [error_of(a, b, "relative") for a, b in values]
        except Exception:
            return None
        return bool(gaps) and all(g <= 1e-9 for g in gaps)

    def _statistic_is(self, tree: sp.Basic) -> bool:
        """Whether the displayed quantity is the tested one, sample by sample; E stands linearly in the side."""
        means = tree.atoms(Mean)
        marks = {m: sp.Dummy() for m in means}
        if sp.Poly(tree.xreplace(marks), *marks.values()).total_degree() != 1:
            return False
        inner = tree.xreplace({m: m.args[0] for m in means})
        return all(
            error_of(shaped(arrays.value(inner, {**self.at, **p})), np.asarray(p[""]), "relative") <= 1e-9
            for p in self.drawn
        )

    def _mean_is(self, tree: sp.Basic, shown: Displayed) -> bool:
        slack = sum((float(d[2]) for d in shown.decimals if tree.has(d[1])), 0.0)
        gap = np.abs(shaped(arrays.value(tree, self.at)) - self.mean)
        return bool(np.all(gap <= 1e-9 * np.maximum(1, np.abs(self.mean)) + slack))

    def same_statement(self, shown: Displayed, other: Displayed) -> bool:
        return shown.left == other.left and shown.right == other.right

    def resolution(self, shown: Displayed) -> list[dict[str, Any]]:
        tree = shown.left if not shown.left.has(Mean) else shown.right
        out = []
        for c in constants(tree):

            def noticed(step: sp.Rational, c: sp.Rational = c) -> bool:
                moved = shaped(arrays.value(with_constant(tree, c, c * (1 + step)), self.at))
                return bool(np.any(np.abs(moved - self.mean) > self.noticed))

            out.append({"constant": c, "relative": finest_change(noticed), "allowed": neighbour(c) / 3})
        return out
