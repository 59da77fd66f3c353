"""Two trees at an instance: certainly different, equal to d digits, or undecided.

Both are enclosed at rising precision. Disjoint balls end it: the values differ, with certainty. Agreement is the size
of the hull of both balls, and it has to persist at 400 digits (at fewer where each digit costs a quadrature).
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import sympy as sp
from flint import acb_mat, arb

from .. import nodes as N
from .balls import Ball, NotCertified, alike, entries, finite, is_real, working
from .compiled import Point, compiled, point_of
from .integrals import work

ROUGH = 64
"""Working bits of the first look, which tells most mutants apart; 30 where integrals are nested."""

DEEP = 400
"""Digits to which an agreement has to persist."""

EXACT = 10**6
"""What stands for the digits of two values that are the same exact number."""

_PER_DIGIT = 3.3219280948873626
_SPARE = 30
_MOST_BITS = 20_000
_MOST_COSTLY_BITS = 2_500
_CHEAP = 1_200
"""Values of integrands at the digits wanted, up to which 400 digits are tried."""


class Verdict(NamedTuple):
    """`state` is "agree", "differ" or "undecided"; of `order` it is "below", "above", "touch" or "undecided".

    `digits` are those that agree; then both balls.
    """

    state: str
    digits: int
    left: Ball
    right: Ball


class Enclosures:
    """The balls of trees at one instance, each evaluated once at a precision."""

    def __init__(self, env: dict[Any, Any]) -> None:
        self.point: Point = point_of(env)
        self.known: dict[tuple[sp.Basic, int], Ball] = {}

    def __call__(self, tree: sp.Basic, bits: int) -> Ball:
        """The ball of a tree with this many working bits. Raises NotCertified where there is none."""
        key = (tree, bits)
        if key not in self.known:
            with working(bits):
                try:
                    self.known[key] = compiled(tree)(self.point)
                except NotCertified as error:
                    self.known[key] = error
        out = self.known[key]
        if isinstance(out, NotCertified):
            raise out
        return out


def of(env: dict[Any, Any]) -> Enclosures:
    """The enclosures of an instance, which an `Instance` of the numeric leg keeps."""
    if not hasattr(env, "enclosures"):
        return Enclosures(env)
    if env.enclosures is None:
        env.enclosures = Enclosures(env)
    return env.enclosures


def levels(trees: tuple[sp.Basic, ...], wanted: int, fast: bool, first: bool) -> list[int]:
    """Digits to reach in turn; the last has to be met for an agreement."""
    depth = max((nesting(t) for t in trees), default=0)
    if depth > 1:
        return [min(wanted, 8)]
    if fast:
        return [wanted]
    if not any(_costly(t) for t in trees):
        return [DEEP]
    return [wanted, DEEP] if first else [wanted]


@functools.lru_cache(maxsize=4096)
def nesting(t: sp.Basic) -> int:
    inner = max((nesting(a) for a in t.args), default=0)
    return inner + (len(t.limits) if isinstance(t, sp.Integral) else 0)


@functools.lru_cache(maxsize=4096)
def _costly(t: sp.Basic) -> bool:
    """Whether each digit costs: a quadrature or an endless sum stands in the tree."""
    return any(
        isinstance(n, sp.Integral) or (isinstance(n, sp.Sum) and any(lim.has(sp.oo, -sp.oo) for lim in n.limits))
        for n in sp.preorder_traversal(t)
    )


def compare(
    left: sp.Basic, right: sp.Basic, env: dict[Any, Any], wanted: int, fast: bool = False, first: bool = True
) -> Verdict | None:
    """Tell two trees apart at an instance; None where one of them has no enclosure.

    `fast` (for mutants) stops at the digits wanted; `first` says that this is the first point of a statement, at
    which costly trees are taken to 400 digits if their work allows it.
    """
    try:
        enclose = of(env)
        verdict = _at(enclose, left, right, ROUGH if max(map(nesting, (left, right))) < 2 else 30)
        if verdict is not None and verdict.state == "differ":
            return verdict
        last = verdict
        for goal in levels((left, right), wanted, fast, first):
            before = work.evaluations
            reached = _reach(enclose, left, right, goal)
            if reached is None:
                return last if last is not None and last.state == "agree" and goal > wanted else None
            if reached.state == "undecided" and last is not None and last.state == "agree" and goal > wanted:
                return last  # agreement to the digits wanted; more cost too much
            last = reached
            if reached.state == "differ":
                return reached
            cost = work.evaluations - before
            if goal < DEEP and cost > _CHEAP:
                break
    except NotCertified:
        return None
    return last


def _reach(enclose: Enclosures, left: sp.Basic, right: sp.Basic, goal: int) -> Verdict | None:
    """Raise the working precision by what cancels until the goal is met or the balls are disjoint."""
    out, stalled, costly = None, False, _costly(left) or _costly(right)
    needed = tried = bits = int(goal * _PER_DIGIT) + (_SPARE if max(map(nesting, (left, right))) < 2 else 12)
    while bits <= (_MOST_COSTLY_BITS if costly else _MOST_BITS):
        verdict = _at(enclose, left, right, bits)
        if verdict is None:
            if stalled or bits > 4 * needed:
                return out
            stalled, bits = True, 2 * bits
            continue
        if verdict.state == "differ" or verdict.digits >= goal:
            return verdict if verdict.state == "differ" else verdict._replace(state="agree")
        if out is not None and verdict.digits - out.digits < (bits - tried) / _PER_DIGIT / 4:
            return verdict._replace(state="undecided", digits=max(verdict.digits, 0))  # more digits do not help
        out, tried = verdict._replace(state="undecided"), bits
        more = max(int((goal - verdict.digits) * _PER_DIGIT * 1.05) + 10, 40)
        bits += min(more, bits) if costly else more
    return out


def _at(enclose: Enclosures, left: sp.Basic, right: sp.Basic, bits: int) -> Verdict | None:
    a, b = enclose(left, bits), enclose(right, bits)
    a, b = alike(a, b), alike(b, a)
    if isinstance(a, acb_mat) and (a.nrows(), a.ncols()) != (b.nrows(), b.ncols()):
        raise NotCertified("matrices of different shapes")
    if not (finite(a) and finite(b)):
        return None
    with working(64):
        pairs = list(zip(entries(a), entries(b), strict=True))
        if any(not x.overlaps(y) for x, y in pairs):
            return Verdict("differ", max(agreed(pairs), 0), a, b)
        return Verdict("close", agreed(pairs), a, b)


def agreed(pairs: list[tuple[Any, Any]]) -> int:
    """The digits that the hulls of pairs of balls leave: relative to each entry, of a zero to the largest entry.

    Where all is zero the digits are those of the zero itself: |x| < 10^-digits.
    """
    largest = arb(0)
    for x, y in pairs:
        largest = largest.max(arb(x.abs_lower())).max(arb(y.abs_lower()))
    least = EXACT
    for x, y in pairs:
        gap = arb(abs(x - y).abs_upper())
        if gap.is_zero():
            continue
        size = arb(x.abs_lower()).max(arb(y.abs_lower()))
        if size.is_zero():
            size = arb(1) if largest.is_zero() else largest
        least = min(least, _whole(-(gap / size).log() / arb(10).log()))
    return least


def _whole(x: arb) -> int:
    """The integer below, within what counts digits."""
    return int(max(min(float(x.lower()), EXACT), -EXACT)) if x.is_finite() else -EXACT


def order(left: sp.Basic, right: sp.Basic, env: dict[Any, Any], digits: int = 60) -> Verdict | None:
    """Which of two real trees is larger: "below" (left < right for certain), "above", or "touch".

    They touch when both are the same to 400 digits (where costly, to the digits wanted); "undecided" is neither. None
    where a side has no enclosure or is not real.
    """
    enclose = of(env)
    costly = _costly(left) or _costly(right)
    try:
        verdict = _at(enclose, left, right, ROUGH)
        if verdict is None or verdict.state != "differ":
            verdict = _reach(enclose, left, right, digits)
            if verdict is not None and verdict.state == "agree" and not costly:
                verdict = _reach(enclose, left, right, DEEP)
    except NotCertified:
        return None
    if verdict is None or isinstance(verdict.left, acb_mat):
        return None
    if not (_real(verdict.left, left) and _real(verdict.right, right)):
        return None
    if verdict.state == "differ":
        return verdict._replace(state="below" if verdict.left.real < verdict.right.real else "above")
    return verdict._replace(state="touch" if verdict.state == "agree" else "undecided")


def _real(x: Ball, tree: sp.Basic) -> bool:
    return is_real(x) or bool(not N.is_matrix(tree) and tree.is_extended_real)


def exceeds(
    left: sp.Basic, right: sp.Basic, env: dict[Any, Any], margin: float, relation: str
) -> tuple[bool | None, Ball, Ball]:
    """Whether |left - right| (of "<=": left - right) is more than `margin` times the larger side, and both balls.

    None when the balls do not tell. Raises NotCertified where a side has no enclosure or no finite value.
    """
    enclose = of(env)
    answer, a, b = None, None, None
    for bits in (ROUGH, 200, 1400):
        a, b = enclose(left, bits), enclose(right, bits)
        a, b = alike(a, b), alike(b, a)
        if not (finite(a) and finite(b)):
            continue
        if relation == "<=" and (isinstance(a, acb_mat) or not (_real(a, left) and _real(b, right))):
            raise NotCertified("an inequality between what is not real")
        with working(bits):
            pairs = list(zip(entries(a), entries(b), strict=True))
            allowed = arb(margin)
            gap = a.real - b.real if relation == "<=" else _largest([x - y for x, y in pairs])
            rest = gap - allowed * _largest([e for pair in pairs for e in pair])
            answer = True if rest > 0 else False if rest <= 0 else None
        if answer is not None:
            return answer, a, b
    if a is None or not (finite(a) and finite(b)):
        raise NotCertified("no finite value")
    return answer, a, b


def _largest(values: list[Any]) -> arb:
    out = arb(0)
    for v in values:
        out = out.max(abs(v))
    return out


def gap(left: sp.Basic, right: sp.Basic, env: dict[Any, Any], digits: int) -> tuple[arb, arb, Ball, Ball] | None:
    """Bounds of the largest difference between entries, from below and from above, and both balls; None without."""
    try:
        enclose = of(env)
        bits = int(digits * _PER_DIGIT)
        a, b = enclose(left, bits), enclose(right, bits)
        a, b = alike(a, b), alike(b, a)
    except NotCertified:
        return None
    if not (finite(a) and finite(b)):
        return None
    with working(bits):
        differences = [x - y for x, y in zip(entries(a), entries(b), strict=True)]
        above = _largest([arb(x.abs_upper()) for x in differences])
        below = _largest([arb(x.abs_lower()) for x in differences])
    return below, above, a, b


def slopes(gaps: list[tuple[arb, arb]], ratio: float) -> tuple[float, float] | None:
    """Bounds of log(gap at h / gap at h/ratio) / log(ratio); (oo, oo) where both gaps are zero."""
    (low_wide, high_wide), (low_near, high_near) = gaps
    if high_near.is_zero():
        return math.inf, math.inf
    if low_wide.is_zero() or low_near.is_zero():
        return None
    scale = math.log(ratio)
    return (
        float((low_wide / high_near).log().lower()) / scale,
        float((high_wide / low_near).log().upper()) / scale,
    )
