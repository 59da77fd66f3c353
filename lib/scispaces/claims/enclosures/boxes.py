"""Inequalities over a box, proved by subdivision: branch and bound with mean-value forms and monotonicity.

On a part of the box the gap is nonnegative when its enclosure is, or when g(mid) + grad g(box) (box - mid) is. Where a
partial derivative has one sign the part shrinks to the face where the gap is least. What is left of such shrinking is
a corner: there the gap is positive, or the bound touches, which `is_zero` has to prove. Around a touching point of one
variable the sign is that of the first derivative which does not vanish there, on the whole part.
"""

from __future__ import annotations

import functools
import heapq
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import sympy as sp
from flint import acb, arb
from sympy import Symbol

from .balls import Ball, NotCertified, finite, working
from .compiled import Closure, Point, compiled

BITS = 80
MOST_PARTS = 6_000
"""How many parts are looked at before giving up."""


class Coordinate(NamedTuple):
    """A number of the box, exactly and as a ball."""

    exact: sp.Expr
    ball: arb


Part = tuple[tuple[Coordinate, Coordinate], ...]


class Subdivision:
    """The search for a proof that `gap` is nonnegative on a box, the part with the least lower bound first."""

    def __init__(
        self,
        gap: sp.Expr,
        box: dict[Symbol, tuple[sp.Expr, sp.Expr]],
        is_zero: Callable[[sp.Expr], bool],
        touches: tuple[dict[Symbol, sp.Expr], ...] = (),
    ) -> None:
        self.symbols, self.box, self.tree, self.is_zero = list(box), box, gap, is_zero
        self.gap = compiled(gap)
        self.slopes: list[Closure | None] = [_closure(sp.diff(gap, s)) for s in self.symbols]
        self.touches = [_coordinate(t[self.symbols[0]]) for t in touches if len(box) == 1 and self.symbols[0] in t]
        if len(box) == 1:
            self.touches += [_coordinate(end) for end in box[self.symbols[0]]]
        self.parts = 0
        self.violated: dict[Symbol, sp.Expr] | None = None

    def proved(self) -> bool:
        """Whether the gap is nonnegative on the whole box. `violated` is a point where it is negative, if met."""
        with working(BITS):
            start = tuple((_coordinate(low), _coordinate(high)) for low, high in self.box.values())
            heap: list[tuple[float, int, Part]] = [(0.0, 0, start)]
            while heap:
                self.parts += 1
                if self.parts > MOST_PARTS:
                    return False
                rest = self._settle(heapq.heappop(heap)[2])
                if self.violated is not None:
                    return False
                for i, part in enumerate(rest):
                    lowest = _value(self.gap, self._point(part))
                    heapq.heappush(heap, (_lower(lowest), 2 * self.parts + i, part))
        return True

    def _settle(self, part: Part) -> list[Part]:
        """Nothing when the gap is nonnegative on the part, else the smaller parts to look at."""
        at = self._point(part)
        if _nonnegative(_value(self.gap, at)):
            return []
        slopes = [_value(f, at) if f is not None else None for f in self.slopes]
        shrunk = tuple(_face(ends, d) for ends, d in zip(part, slopes, strict=True))
        if all(low is high for low, high in shrunk):
            return self._corner(shrunk)
        if shrunk != part:
            return [shrunk]
        if self._mean_value(part, slopes) or self._touching(part, at):
            return []
        return [] if self.violated is not None else _halves(part)

    def _point(self, part: Part) -> Point:
        values = {s: acb(low.ball.union(high.ball)) for s, (low, high) in zip(self.symbols, part, strict=True)}
        return Point(values, 1)

    def _mean_value(self, part: Part, slopes: list[Ball | None]) -> bool:
        middle = tuple((m := _middle(*ends), m) for ends in part)
        value = _value(self.gap, self._point(middle))
        if value is None or not finite(value):
            return False
        if value.real < 0:
            self.violated = {s: m.exact for s, (m, _) in zip(self.symbols, middle, strict=True)}
            return False
        if any(d is None or not finite(d) for d in slopes):
            return False
        total = value.real
        for (low, high), (m, _), d in zip(part, middle, slopes, strict=True):
            total = total + d.real * (low.ball.union(high.ball) - m.ball)  # type: ignore[union-attr]
        return bool(total >= 0)

    def _touching(self, part: Part, at: Point) -> bool:
        """Where the gap and its first m-1 derivatives vanish at x0, the m-th one tells its sign on both sides of x0."""
        if len(part) != 1:
            return False
        ((low, high),) = part
        for x0 in self.touches:
            if not (low.ball <= x0.ball and x0.ball <= high.ball):
                continue
            left, right = bool(low.ball < x0.ball), bool(x0.ball < high.ball)
            for order in range(1, 7):
                if not self._vanishes(x0.exact, order - 1):
                    break
                top = self._derivative(order)
                value = _value(top, at) if top is not None else None
                if value is None or not finite(value):
                    break
                if order % 2 == 0 and value.real >= 0:
                    return True
                if (order % 2 == 1 and not left and value.real >= 0) or (
                    order % 2 == 1 and not right and value.real <= 0
                ):
                    return True
        return False

    @functools.cache  # noqa: B019 - a search lives as long as one proof
    def _derivative(self, order: int) -> Closure | None:
        return _closure(sp.diff(self.tree, self.symbols[0], order))

    @functools.cache  # noqa: B019
    def _vanishes(self, x0: sp.Expr, order: int) -> bool:
        s = self.symbols[0]
        tree = sp.diff(self.tree, s, order) if order else self.tree
        closure = self._derivative(order) if order else self.gap
        value = _value(closure, Point({s: acb(_coordinate(x0).ball)}, 1)) if closure is not None else None
        if value is None or not finite(value) or not value.contains(0):
            return False
        return self.is_zero(tree.subs(s, x0))

    def _corner(self, part: Part) -> list[Part]:
        with working(8 * BITS):
            value = _value(self.gap, self._point(tuple((_coordinate(low.exact),) * 2 for low, _ in part)))
        place = {s: low.exact for s, (low, _) in zip(self.symbols, part, strict=True)}
        if value is not None and finite(value):
            if value.real >= 0:
                return []
            if value.real < 0:
                self.violated = place
                return []
        if self.is_zero(self.tree.subs(place)):
            return []
        raise NotCertified(f"the gap is not seen to be nonnegative at {place}")


def _closure(tree: Any) -> Closure | None:
    try:
        return compiled(tree)
    except NotCertified:
        return None


def _value(f: Closure, at: Point) -> Ball | None:
    try:
        return f(at)
    except NotCertified:
        return None


def _nonnegative(x: Ball | None) -> bool:
    return x is not None and finite(x) and bool(x.real >= 0)


def _lower(x: Ball | None) -> float:
    """A lower bound as a float, -inf where there is none: an order, no part of a proof."""
    return float(x.real.lower()) if x is not None and finite(x) else -math.inf


def _coordinate(x: Any) -> Coordinate:
    tree = sp.sympify(x)
    return Coordinate(tree, compiled(tree)(Point({}, 1)).real)


def _middle(low: Coordinate, high: Coordinate) -> Coordinate:
    """A binary fraction in the middle."""
    man, exp = map(int, ((low.ball + high.ball) / 2).mid().man_exp())
    spare = max(man.bit_length() - 40, 0)  # few bits are enough
    tree = sp.Rational(man >> spare) * sp.Integer(2) ** (exp + spare)
    out = _coordinate(tree)
    return out if low.ball < out.ball and out.ball < high.ball else low


def _face(ends: tuple[Coordinate, Coordinate], slope: Ball | None) -> tuple[Coordinate, Coordinate]:
    low, high = ends
    if low is high or slope is None or not finite(slope):
        return ends
    if slope.real >= 0:
        return low, low
    if slope.real <= 0:
        return high, high
    return ends


def _halves(part: Part) -> list[Part]:
    widths = [float((high.ball - low.ball).abs_upper()) if low is not high else 0.0 for low, high in part]
    i = widths.index(max(widths))
    low, high = part[i]
    middle = _middle(low, high)
    if middle is low:
        raise NotCertified("a part too small to be halved")
    return [(*part[:i], ends, *part[i + 1 :]) for ends in ((low, middle), (middle, high))]


def nonnegative(
    gap: sp.Expr,
    box: dict[Symbol, tuple[sp.Expr, sp.Expr]],
    is_zero: Callable[[sp.Expr], bool],
    touches: tuple[dict[Symbol, sp.Expr], ...] = (),
) -> int | dict[Symbol, sp.Expr] | None:
    """How many parts of the box it took to prove gap >= 0 on it, a point where it fails, or None: not proved.

    `is_zero` proves that an expression vanishes. `touches` are places where the bound may be attained inside.
    """
    try:
        search = Subdivision(gap, box, is_zero, touches)
        return search.parts if search.proved() else search.violated
    except NotCertified:
        return None
