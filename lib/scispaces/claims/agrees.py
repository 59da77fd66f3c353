"""The verb `agrees`: two computations agree over a sampled (or exhausted) domain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import sympy as sp

from .domains import Domain
from .failures import Refused
from .hypotheses import Holds
from .parts import Context, Outcome, Part, Tally
from .points import call, fail_outside, fixed_text, generator, refuse_single_point
from .same_computation import Function, name_of, same_function, shared_computation
from .time_limits import NUMERIC_SECONDS, TimeUp, time_limit
from .tree_part import POINTS, TreePart
from .values import describe_point, describe_value, error_of, exact, numbers, perturbed, wanted


class Agreement(Part):
    """See `agrees`."""

    kind = "agrees"

    def __init__(
        self,
        f: Function,
        g: Function,
        over: Any,
        tol: float,
        wrong: Iterable[Function],
        points: int,
        scale: str,
        digits: int | None,
        at: dict[str, Any] | None = None,
        outside: dict[str, Any] | None = None,
    ) -> None:
        self.f, self.g, self.domain = f, g, Domain(over)
        self.at = dict(at or {})
        self.outside = {text: Domain(d) for text, d in (outside or {}).items()}
        self.tol = 10.0**-digits if digits is not None else float(tol)
        self.wrong = tuple(wrong) if isinstance(wrong, (list, tuple)) else (wrong,)
        self.points, self.scale = int(points), scale
        if not 0 < self.tol <= 0.1:
            raise ValueError(f"a tolerance is positive and at most 0.1, got {tol}")
        if scale not in ("relative", "absolute"):
            raise ValueError(f"scale is 'relative' or 'absolute', got {scale!r}")
        if self.points < 20 and not self.domain.exhaustive:
            raise ValueError(f"20 points or more are wanted, got {points}")

    def run(self, context: Context) -> Outcome:
        if same_function(self.f, self.g):
            raise context.fail("the two sides are the same function", Refused)
        rng = generator(context)
        exhaustive = self.domain.exhaustive
        points = self.domain.all_points() if exhaustive else [self.domain.draw(rng) for _ in range(self.points)]
        if not exhaustive:
            points += self.domain.edge_points(rng, max(4, self.points // 5))
        refuse_single_point(points, context)
        try:
            with time_limit(NUMERIC_SECONDS):
                raw = [(call(self.f, p, context), call(self.g, p, context)) for p in points]
        except TimeUp:
            raise context.fail(f"the two computations did not finish within {NUMERIC_SECONDS:g} s") from None
        rational = [(exact(a), exact(b)) for a, b in raw]
        all_exact = all(a is not None and b is not None for a, b in rational)
        try:
            left, right = ([numbers(pair[side]) for pair in raw] for side in (0, 1))
        except (ValueError, TypeError, OverflowError) as error:
            raise context.fail(f"a side does not return numbers: {error}", Refused) from error
        if all_exact:
            errors = [
                0.0 if a == b and (x.shape == y.shape or x.size == 1) else max(error_of(x, y, self.scale), 1.0)
                for (a, b), x, y in zip(rational, left, right, strict=True)
            ]
        else:
            errors = [error_of(a, b, self.scale) for a, b in zip(left, right, strict=True)]
        self._fail_at_smallest(context, points, left, right, errors)
        self._seen = (points, left, right, all_exact)
        exact_result = exhaustive and all_exact
        if name := shared_computation(self.f, self.g, points[0]):
            raise context.fail(
                f"both sides return {name} of the same arguments: a function is compared with itself", Refused
            )
        self._refuse(context, left, right, exact_result)
        self._refuse_hidden(context, raw, left, right)
        tally = Tally()
        hypotheses = fail_outside(self, context, tally)
        self._attack(context, points, left, right, tally)
        decade = int(np.ceil(np.log10(self.tol)))
        return Outcome(
            kind=self.kind,
            verdict="proved" if exact_result else "checked",
            scope=fixed_text(self.at) + (f"all {len(points)} cases" if exhaustive else f"to {self._tol_text()}"),
            checked=f"{name_of(self.f)} = {name_of(self.g)} over {self.domain.text()}",
            evidence={
                "points": len(points),
                "tolerance": f"1e{decade}" if not all_exact else "exact",
                "error": self.scale,
            },
            mutants=tally,
            hypotheses=hypotheses,
        )

    def violated(self, point: dict[str, Any], context: Context) -> bool:
        """Whether the two computations differ at a point."""
        a, b = numbers(call(self.f, point, context)), numbers(call(self.g, point, context))
        return not error_of(a, b, self.scale) <= self.tol

    def stated(self, context: Context) -> list[Any]:
        from .stated_arrays import StatedArrays

        points, left, right, all_exact = self._seen

        def fresh() -> list[dict[str, Any]]:
            rng = generator(context, "display")
            return points if self.domain.exhaustive else [self.domain.draw(rng) for _ in range(POINTS)]

        tol = 1e-15 if all_exact else self.tol
        exact = all_exact or self.tol > 1
        return [StatedArrays("=", points, (left, right), tol, self.scale, self.at, fresh, numeric=not exact)]

    def _tol_text(self) -> str:
        return f"{self.tol:.0e}".replace("e-0", "e-")

    def _fail_at_smallest(self, context: Context, points: list, left: list, right: list, errors: list[float]) -> None:
        bad = [i for i, e in enumerate(errors) if not e <= self.tol]
        if not bad:
            return

        def weight(i: int) -> tuple[int, float]:
            arrays = [
                numbers(v)
                for v in points[i].values()
                if isinstance(v, (int, float, complex, np.ndarray)) and not isinstance(v, bool)
            ]
            return sum(a.size for a in arrays), float(sum(np.abs(a).sum() for a in arrays))

        i = min(bad, key=weight)
        raise context.fail(
            f"the two computations differ at {len(bad)} of {len(points)} points, by up to {max(errors):.3g} "
            f"({self.scale}); tolerance {self.tol:.0e}.\n"
            f"  at {describe_point(points[i])}\n  left = {describe_value(left[i])}, right = "
            f"{describe_value(right[i])}, error = {errors[i]:.3g}"
        )

    def _refuse(self, context: Context, left: list[np.ndarray], right: list[np.ndarray], exact: bool) -> None:
        whole = np.concatenate([np.ravel(a) for a in left])
        if (
            whole.size > 4
            and np.all(whole == whole[0])
            and len(left) > 1
            and whole[0] == 0
            and all(np.all(b == 0) for b in right)
        ):
            raise context.fail("both sides are zero at every point: nothing is compared", Refused)
        if (
            not exact
            and len(left) > 1
            and all(np.array_equal(a, left[0]) for a in left)
            and all(np.array_equal(b, right[0]) for b in right)
        ):
            raise context.fail("both sides are constant over the domain: no ingredient is used", Refused)
        same_bits = all(a.shape == b.shape and np.array_equal(a, b) for a, b in zip(left, right, strict=True))
        if same_bits and not exact and not np.all(whole == np.round(whole)):
            raise context.fail("the two sides agree bit for bit at every point: they are the same computation", Refused)
        if self.scale == "absolute":
            spread = max(float(np.abs(b).max(initial=0)) for b in left + right)
            if 0 < spread <= self.tol * 10:
                raise context.fail(
                    f"the tolerance {self.tol:.0e} is as wide as the values (at most {spread:.1e})", Refused
                )

    def _refuse_hidden(self, context: Context, raw: list, left: list[np.ndarray], right: list[np.ndarray]) -> None:
        """Entries that are below the rounding of the largest one at every point are not compared at all."""
        shapes = {a.shape for a in left}
        if self.scale != "relative" or len(shapes) != 1 or left[0].size < 2:
            return
        a, b = (np.abs(np.array([np.ravel(v) for v in side])) for side in (left, right))
        largest = np.maximum(a, b).max(axis=1, keepdims=True)
        below = np.all(np.maximum(a, b) < 1e-15 * largest, axis=0) & np.any(a > 0, axis=0) & np.any(b > 0, axis=0)
        separate = isinstance(raw[0][0], (list, tuple)) or isinstance(raw[0][1], (list, tuple))
        gaps = np.abs(np.array([np.ravel(x - y) for x, y in zip(left, right, strict=True)]))
        wrong = np.any(gaps > max(self.tol, 1e-9) * np.maximum(a, b), axis=0) if separate else below
        hidden = np.flatnonzero(wrong & ((np.maximum(a, b) < self.tol * largest).all(axis=0) | below))
        if hidden.size:
            raise context.fail(
                f"entry {int(hidden[0]) + 1} is hidden beside a larger one at every point (the tolerance is relative "
                "to the largest): compare it by itself",
                Refused,
            )

    def _attack(self, context: Context, points: list, left: list, right: list, tally: Tally) -> None:
        def judge(values: list[np.ndarray | None], kind: str, change: str, must_differ: bool) -> None:
            known = [(v, a, b) for v, a, b in zip(values, left, right, strict=True) if v is not None]
            if not known:
                return
            if any(not error_of(a, v, self.scale) <= self.tol for v, a, _ in known):
                tally.add(kind)
                return
            if must_differ or any(not error_of(b, v, self.scale) <= self.tol / 100 for v, _, b in known):
                raise context.fail(f"a mutant survives: {change}")

        judge([-b for b in right], "automatic", "the sign of the right side", False)
        judge([2 * b for b in right], "automatic", "the right side doubled", False)
        judge(
            [b * (1 + 30 * self.tol) + (0 if self.scale == "relative" else 30 * self.tol) for b in right],
            "automatic",
            "the right side moved by 30 tolerances",
            False,
        )
        judge([b + 1 for b in right], "automatic", "1 added to the right side", False)
        order = list(range(1, len(points))) + [0]
        judge(
            [right[j] if right[j].shape == b.shape else None for j, b in zip(order, right, strict=True)],
            "automatic",
            "the right side at another point",
            False,
        )
        for name in points[0]:
            values: list[np.ndarray | None] = []
            for p in points[:12]:
                moved = perturbed(p[name]) if name in p else None
                try:
                    values.append(None if moved is None else numbers(self.g(**wanted(self.g, {**p, name: moved}))))
                except Exception:
                    values.append(None)
            values += [None] * (len(points) - len(values))
            judge(values, "ingredient", f"{name} made wrong on the right side", False)
        for w in self.wrong:
            values = []
            for p in points:
                try:
                    values.append(numbers(w(**wanted(w, p))))
                except Exception:
                    values.append(np.asarray(np.nan))
            judge(values, "author", f"the wrong variant {name_of(w)}", True)
        if not tally.total:
            raise context.fail("no mutant differs from the statement: the check could not fail", Refused)


class TreeAgreement(TreePart):
    """Two trees agree numerically; nothing is proved."""

    kind = "agrees"

    def __init__(self, sides: tuple[Any, ...], digits: int | None, **options: Any) -> None:
        super().__init__(sides, **options)
        self.digits = digits

    def run(self, context: Context) -> Outcome:
        if any(isinstance(h, Holds) for h in self.hypotheses):
            raise context.fail(
                "holds() can state the conclusion: it is accepted where the statement is also proved", Refused
            )
        self.refuse_vacuous(context)
        numbers = self.check_numerically(context)
        tally = Tally()
        hypotheses = self.under_attack(context, tally)
        digits = numbers["digits"]
        if self.digits is not None and digits < self.digits:
            raise context.fail(f"the two sides agree to {digits} digits, {self.digits} were stated")
        base = f"to {digits // 5 * 5 or digits} digits"
        if self.scales:
            base += f", sampled at {self.scales[0]:g} … {self.scales[1]:g}"
        scope = ", ".join(x for x in (base, self.scope_of(context)) if x)
        evidence = numbers | self.scale_evidence()
        return Outcome(self.kind, "checked", scope, self.checked(), evidence, tally, hypotheses)


def agrees(
    f: Any,
    g: Any,
    over: Any = None,
    tol: float = 1e-12,
    wrong: Any = (),
    points: int = POINTS,
    scale: str = "relative",
    digits: int | None = None,
    at: dict[str, Any] | None = None,
    outside: dict[str, Any] | None = None,
    **options: Any,
) -> Part:
    r"""Two computations agree over a domain. Verdict: checked; proved when a finite domain is exhausted exactly.

    Parameters
    ----------
    f, g: callables that take the names of `over` as keyword arguments and return numbers or arrays; or two sympy
        trees, which are compared with 50 digits (then `sizes`, `cases`, `given` are those of `identity`).
    over: ``{"A": random_matrix(2, 5), "t": uniform(0, 1)}``, or a function rng -> {name: value} for dependent
        ingredients; ``each(...)`` for every name exhausts the domain.
    tol: largest error, the max-norm difference relative to the larger side (``scale="absolute"``: absolute).
    wrong: callables (trees) that a careless author would write in place of `g`; each must be rejected.
    points: how many points are sampled (20 or more), edges of the domain on top.
    digits: the agreement that is stated, for trees and (in place of `tol`) for callables.
    at: displayed letters that the two computations hold fixed, ``{"n": 64}``; they enter the scope.
    outside: ``{condition as displayed: domain}`` where the condition does not hold; the statement has to fail there.

    Raises ClaimFailed with the smallest failing point, or Refused when the check could not fail.
    """
    if isinstance(f, (sp.Basic, int)) or isinstance(g, sp.Basic):
        if over is not None or at or outside:
            raise ValueError("trees take given=, sizes= and cases=; over=, at= and outside= are for callables")
        return TreeAgreement((f, g), digits, wrong=wrong, points=points, **options)
    if not callable(f) or not callable(g):
        raise ValueError("agrees(f, g) wants two callables or two sympy expressions")
    if options:
        raise ValueError(f"unknown options {sorted(options)}")
    return Agreement(f, g, over if over is not None else {}, tol, wrong, points, scale, digits, at, outside)
