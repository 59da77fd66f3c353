"""An inequality between computed numbers: points, edges and ascents that try to break it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from .domains import Domain
from .failures import Refused
from .parts import Context, Outcome, Part, Tally
from .points import call, fail_outside, fixed_text, generator, refuse_single_point
from .same_computation import name_of, same_function
from .time_limits import NUMERIC_SECONDS, TimeUp, time_limit
from .values import describe_point, describe_value, exact, numbers, wanted

SLACK = 1e-9


class Score(NamedTuple):
    """How far f exceeds g at a point, as a fraction of the larger side; the two values; the size of the larger."""

    excess: float
    left: Any
    right: Any
    scale: float


class SearchedBound(Part):
    """f <= g over a numeric domain, by adversarial search; see `bound`."""

    kind = "bound"

    def __init__(
        self,
        f: Callable[..., Any],
        g: Callable[..., Any],
        over: Any,
        tight: float | None,
        tries: int,
        wrong: Any,
        climb: int,
        at: dict[str, Any] | None = None,
        outside: dict[str, Any] | None = None,
    ) -> None:
        self.at = dict(at or {})
        self.outside = {text: Domain(d) for text, d in (outside or {}).items()}
        self.f, self.g, self.domain = f, g, Domain(over)
        self.tight, self.tries, self.climb = tight, int(tries), int(climb)
        self.wrong = tuple(wrong) if isinstance(wrong, (list, tuple)) else (wrong,)
        if tight is not None and not 0 < tight <= 1:
            raise ValueError(f"tight is the fraction of the bound that the search reaches, in (0, 1], got {tight}")
        if self.tries < 20 and not self.domain.exhaustive:
            raise ValueError(f"20 tries or more are wanted, got {tries}")

    def _score(self, point: dict[str, Any], context: Context, g: Callable[..., Any] | None = None) -> Score:
        """(f - g) relative to the larger side at the worst entry; nan is a failure, +inf on the left a violation."""
        raw = call(self.f, point, context), call(g or self.g, point, context)
        left, right = exact(raw[0]), exact(raw[1])
        if left is not None and right is not None and len(left) == len(right):
            gaps = [(x - y) / max(abs(x), abs(y), Fraction(1)) for x, y in zip(left, right, strict=True)]
            i = max(range(len(gaps)), key=lambda n: gaps[n])
            worst = max(float(gaps[i]), 2 * SLACK) if gaps[i] > 0 else float(gaps[i])
            return Score(worst, left[i], right[i], float(max(abs(left[i]), abs(right[i]))))
        a, b = np.broadcast_arrays(numbers(raw[0]), numbers(raw[1]))
        if a.size == 0 or np.iscomplexobj(a) or np.iscomplexobj(b):
            raise context.fail(f"the sides are not real numbers at {describe_point(point)}", Refused)
        if np.isnan(a).any() or np.isnan(b).any():
            raise context.fail(f"a side is nan.\n  at {describe_point(point)}")
        with np.errstate(all="ignore"):
            scale = np.maximum(np.abs(a), np.abs(b))
            score = np.where(scale > 0, (a - b) / np.where(scale > 0, scale, 1), 0.0)
        score = np.where(np.isposinf(b) | np.isneginf(a), -1.0, score)
        score = np.where(np.isposinf(a) & ~np.isposinf(b), 2.0, score)
        i = int(np.argmax(score))
        return Score(float(score.flat[i]), a.flat[i], b.flat[i], float(scale.flat[i]))

    def run(self, context: Context) -> Outcome:
        if same_function(self.f, self.g):
            raise context.fail("the two sides are the same function", Refused)
        rng = generator(context)
        exhaustive = self.domain.exhaustive
        if exhaustive:
            points = self.domain.all_points()
        else:
            points = [self.domain.draw(rng) for _ in range(self.tries)]
            points += self.domain.edge_points(rng, max(8, self.tries // 10))
        refuse_single_point(points, context)
        try:
            with time_limit(NUMERIC_SECONDS):
                return self._search(context, points, exhaustive, rng)
        except TimeUp:
            raise context.fail(f"the search did not finish within {NUMERIC_SECONDS:g} s") from None

    def stated(self, context: Context) -> list[Any]:
        from .stated_arrays import StatedArrays

        points = self._seen

        def fresh() -> list[dict[str, Any]]:
            rng = generator(context, "display")
            return points if self.domain.exhaustive else [self.domain.draw(rng) for _ in range(20)]

        sides = tuple([call(side, p, context) for p in points] for side in (self.f, self.g))
        return [StatedArrays("<=", points, (sides[0], sides[1]), SLACK, fixed=self.at, fresh=fresh)]

    def violated(self, point: dict[str, Any], context: Context) -> bool:
        """Whether f exceeds g at a point."""
        return self._score(point, context).excess > SLACK

    def _search(
        self, context: Context, points: list[dict[str, Any]], exhaustive: bool, rng: np.random.Generator
    ) -> Outcome:
        scored = sorted(((self._score(p, context), i) for i, p in enumerate(points)), key=lambda x: -x[0].excess)
        tightest, others = [points[i] for _, i in scored[:12]], [points[i] for _, i in scored[12:]]
        spread = others[:: max(1, len(others) // 8)][:8]  # where the bound is tight, other sentences may agree with it
        self._seen = [*tightest[:6], *spread, *tightest[6:]]
        best, best_point = scored[0][0], points[scored[0][1]]
        visited = [points[i] for _, i in scored[:40]] + [points[i] for _, i in scored[-10:]]
        seen = [s for s, _ in scored]
        if self.domain.movable and self.climb:
            for start, i in scored[:4]:
                point, score, step = points[i], start.excess, 0.3
                for _ in range(self.climb):
                    trial = self.domain.move(point, step, rng)
                    found = self._score(trial, context)
                    if found.excess > score:
                        point, score = trial, found.excess
                        seen.append(found)
                        step = min(step * 1.5, 1.0)
                        if score > best.excess:
                            best, best_point = found, trial
                    else:
                        step = max(step * 0.85, 1e-4)
                visited.append(point)
        if best.excess > SLACK:
            raise context.fail(
                f"the bound is violated.\n  at {describe_point(best_point)}\n"
                f"  left = {describe_value(best.left)} > right = {describe_value(best.right)}, "
                f"by a fraction of {best.excess:.3g}"
            )
        if all(abs(s.excess) <= SLACK for s in seen):
            raise context.fail(
                "the two sides are equal at every point: this is an identity, or nothing is bounded", Refused
            )
        if all(np.isinf(float(s.right)) for s in seen):
            raise context.fail("the bound is infinite at every point", Refused)
        typical = float(np.median([s.scale for s in seen if np.isfinite(s.scale)] or [0.0]))
        telling = [s.excess for s in seen if s.scale > 1e-9 * typical and s.scale > 0]  # 0 <= 0 tells nothing
        tally = Tally()
        if self.tight is not None:
            reached = 1 + max(telling, default=-1.0)
            if reached < self.tight:
                raise context.fail(
                    f"the bound is not as tight as stated: the search reaches {reached:.4g} of it, "
                    f"{self.tight:g} was stated",
                    Refused,
                )
            tally.add("automatic")
        tally.add("automatic")  # the reversed bound: some point lies strictly below
        for w in self.wrong:
            if not any(self._score(p, context, w).excess > SLACK for p in [*visited, *points]):
                raise context.fail(f"the false bound {name_of(w)} is not broken by the search")
            tally.add("author")
        if self.tight is None and not self.wrong:
            raise context.fail(
                "the search cannot be seen to fail: state how tight the bound is (tight=) or give a false "
                "bound (wrong=) that it breaks",
                Refused,
            )
        hypotheses = fail_outside(self, context, tally)
        evidence: dict[str, Any] = {"tries": len(points)}
        if self.climb and self.domain.movable:
            evidence["ascents"] = 4
        if self.tight is not None:
            evidence["reaches"] = f"at least {self.tight:g} of the bound"
        return Outcome(
            self.kind,
            "proved" if exhaustive and _exact(points, self.f, self.g) else "bounded",
            fixed_text(self.at) + (f"all {len(points)} cases" if exhaustive else "no violation found"),
            f"{name_of(self.f)} ≤ {name_of(self.g)} over {self.domain.text()}",
            evidence,
            tally,
            hypotheses,
        )


def _exact(points: list[dict[str, Any]], f: Callable[..., Any], g: Callable[..., Any]) -> bool:
    return all(exact(h(**wanted(h, p))) is not None for p in points for h in (f, g))
