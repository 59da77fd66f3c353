"""The verb `bound`: an inequality between trees, proved by sign (or, between callables, searched for a violation)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp
from mpmath import mp
from sympy import Symbol
from sympy.core.function import AppliedUndef

from . import enclosures, numeric
from . import nodes as N
from .bound_search import SearchedBound
from .compare import Comparison, certified
from .enclosures import boxes
from .explicit import CannotEvaluate, explicit, settle
from .failures import Refused
from .hypotheses import Relation, contains_conclusion
from .instances import Ingredients, interval
from .parts import Context, Outcome, Part, Tally
from .prove import NotProved, depth, prove_nonnegative, prove_zero, reparametrise
from .proved_part import MUTANT_PROOF_SECONDS, ProvedPart
from .scope import Case
from .shapes import at_the_ends, box_of
from .time_limits import TimeUp, time_limit
from .tree_part import POINTS


class TreeBound(ProvedPart):
    """lhs <= rhs between sympy trees; see `bound`."""

    kind = "bound"
    real_matrices = True
    advice = "no violation was found; give because= (a manifestly nonnegative form of the gap) or minimum_at="
    relation = "≤"
    displayed_relation = "<="

    def __init__(
        self,
        sides: tuple[Any, ...],
        because: Any = None,
        minimum_at: dict[Symbol, Any] | None = None,
        equality: Iterable[dict[Symbol, Any]] = (),
        **options: Any,
    ) -> None:
        super().__init__(sides, **options)
        if len(self.sides) != 2:
            raise ValueError("a bound has two sides")
        if any(N.is_matrix(s) for s in self.sides):
            raise ValueError("a bound compares numbers: take norms, traces, determinants or entries of matrices")
        self.because = None if because is None else sp.sympify(because)
        self.minimum_at = minimum_at
        self.equality = tuple(equality)
        self.box: dict[Symbol, tuple[sp.Expr, sp.Expr]] = {}
        self.box_parts = 0

    def _pool(self, case: Case | None) -> Ingredients:
        pool = super()._pool(case)
        pool.real = True
        return pool

    def checked(self) -> str:
        return " ≤ ".join(N.show(s) for s in self.sides)

    def compare(self, left: sp.Basic, right: sp.Basic, env: numeric.Env, fast: bool = False) -> Comparison:
        """Whether left <= right at an instance. Where both are the same to 400 digits the bound is not violated."""
        found = enclosures.order(left, right, env)
        if found is None:
            return self._uncertified(left, right, env)
        state = {"below": "agree", "touch": "agree", "above": "differ"}.get(found.state, "undecided")
        return certified(found._replace(state=state))

    def _uncertified(self, left: sp.Basic, right: sp.Basic, env: numeric.Env) -> Comparison:
        digits = 30 if not any(N.contains(t, sp.Integral, sp.Sum, sp.Limit) for t in (left, right)) else 20
        for d in (digits, digits * 3):
            numeric.digits_lost()
            try:
                lv, rv = numeric.value(left, env, d), numeric.value(right, env, d)
            except numeric.Undefined:
                return Comparison("undefined", 0, None, None)
            if mp.im(lv) or mp.im(rv):
                return Comparison("undefined", 0, lv, rv)
            with mp.workdps(d):
                scale = max(abs(lv), abs(rv))
                if lv <= rv:
                    return Comparison("agree", 30, lv, rv)
                if lv - rv > scale * mp.mpf(10) ** (-10) and numeric.digits_lost() < d - 12:
                    return Comparison("differ", 0, lv, rv)
        lost = lv - rv > scale * mp.mpf(10) ** (-10)
        return Comparison("differ" if lost else "agree", 10, lv, rv)

    def counterexample(self, failures: list) -> str:
        return super().counterexample(failures).replace("the sides differ", "the bound is violated")

    def run(self, context: Context) -> Outcome:
        self.refuse_vacuous(context)
        numbers = self.check_numerically(context)
        proofs = self.prove(context)
        tally = Tally()
        hypotheses = self.under_attack(context, tally)
        evidence: dict[str, Any] = {"proofs": proofs, "points": numbers["points"], "certified": numbers["certified"]}
        if self.box_parts:
            evidence["boxes"] = self.box_parts
        if self.equality:
            evidence["equality"] = len(self.equality)
        return Outcome(self.kind, "proved", self.scope_of(context), self.checked(), evidence, tally, hypotheses)

    def refuse_vacuous(self, context: Context) -> None:
        left, right = self.sides
        if left == right:
            raise context.fail(f"both sides are the same before evaluation: {N.show(left)}", Refused)
        try:
            with time_limit(5):
                text = contains_conclusion(self.hypotheses, left, right, "<=") if self.hypotheses else None
        except TimeUp:
            text = None
        if text:
            raise context.fail(f"the hypothesis {text} already states the conclusion", Refused)

    def prove_statement(self, left: sp.Basic, right: sp.Basic, case: Case, size: dict | None, seconds: float) -> None:
        """Prove right - left >= 0: by the certificate, the minimum, or the signs that the assumptions give."""
        replaced = {s: sp.sympify(v) for s, v in case.items()}
        gap, because = (
            self._explicit(t.xreplace(replaced), size)
            for t in (right - left, self.because if self.because is not None else sp.S.Zero)
        )
        relations = [h.relation for h in self.hypotheses if isinstance(h, Relation)]
        swap = reparametrise(relations, N.scalar_symbols(gap))
        if self.because is not None:
            prove_zero(gap - because, seconds / 2)
            if (
                self._sum_of_minima(because, swap, seconds / 2)
                or prove_nonnegative(because)
                or (swap and prove_nonnegative(because.subs(swap)))
                or _sum_of_nonnegative(because, swap)
            ):
                return
            raise NotProved(because, ["the certificate is not manifestly nonnegative"])
        if self.minimum_at is not None:
            ((x, x0),) = self.minimum_at.items()
            self._prove_minimum(gap, x, sp.sympify(x0), swap, seconds)
            return
        try:
            with time_limit(seconds / 4):
                if prove_nonnegative(gap) or (swap and prove_nonnegative(gap.subs(swap))):
                    return
        except TimeUp:
            pass
        if self._on_the_box(gap, relations) or at_the_ends(gap, relations) or self._by_squares(left, right, swap):
            return
        tried = ["sign by assumptions", "factored", "expanded", "reparametrised", "squared", "monotone", "subdivided"]
        raise NotProved(gap, tried)

    def _by_squares(self, left: sp.Basic, right: sp.Basic, swap: dict[Symbol, sp.Expr]) -> bool:
        """0 <= right and left^2 <= right^2: then left <= right."""
        if not (right.is_nonnegative or prove_nonnegative(right.subs(swap))):
            return False
        gap = sp.expand(right**2) - sp.expand(left**2)
        return bool(prove_nonnegative(gap) or (swap and prove_nonnegative(gap.subs(swap))))

    def _on_the_box(self, gap: sp.Expr, relations: list[sp.Basic]) -> bool:
        """By subdivision of the box that the hypotheses span; the scope is that box."""
        box = box_of(N.scalar_symbols(gap), relations)
        if box is None:
            return False

        def is_zero(tree: sp.Expr) -> bool:
            try:
                prove_zero(tree, 1.0)
            except NotProved:
                return False
            return True

        touches = tuple({s: sp.sympify(v) for s, v in place.items()} for place in self.equality)
        parts = boxes.nonnegative(gap, box, is_zero, touches)
        if isinstance(parts, dict):
            where = ", ".join(f"{s} = {N.show(v)}" for s, v in parts.items())
            raise NotProved(gap, [f"the bound is violated for certain at {where}"])
        if parts is None:
            return False
        self.box, self.box_parts = box, self.box_parts + parts
        return True

    def scope_of(self, context: Context) -> str:
        shown = ", ".join(f"{N.show(a)} ≤ {s} ≤ {N.show(b)}" for s, (a, b) in self.box.items())
        return ", ".join(x for x in (super().scope_of(context), shown) if x)

    def _explicit(self, tree: sp.Basic, size: dict | None) -> sp.Expr:
        env = self.symbolic_ingredients(self.sides[0], self.sides[1], size) if size else {}
        return settle(explicit(tree, env))

    def _sum_of_minima(self, because: sp.Expr, swap: dict[Symbol, sp.Expr], seconds: float) -> bool:
        """A finite sum whose summand has the minimum 0 in one of its values: minimum_at={q(i): p(i)}, for every i."""
        if self.minimum_at is None or not isinstance(because, sp.Sum):
            return False
        if not all((high - low + 1).is_nonnegative for _, low, high in because.limits):
            return False  # a sum that runs backwards turns its sign
        ((x, x0),) = self.minimum_at.items()
        for power in (1, 2):  # positive values as they are, then as squares: roots of them become letters
            letters: dict[sp.Expr, sp.Dummy] = {}

            def letter(f: sp.Expr, letters: dict = letters, power: int = power) -> sp.Expr:
                positive = f.is_positive or _sum_of_positive(f)
                sign = {"positive": True} if positive else {"real": True}
                known = letters.setdefault(f, sp.Dummy("v", **sign))
                return known**power if positive else known

            gap, least, place = (
                t.replace(lambda f: isinstance(f, (sp.Sum, AppliedUndef)), letter)
                for t in (because.function, sp.sympify(x), sp.sympify(x0))
            )
            try:
                self._prove_minimum(gap, least ** sp.Rational(1, power), place ** sp.Rational(1, power), swap, seconds)
                return True
            except NotProved:
                if power == 2:
                    raise
        return False

    def _prove_minimum(
        self, gap: sp.Expr, x: Symbol, x0: sp.Expr, swap: dict[Symbol, sp.Expr], seconds: float
    ) -> None:
        """gap(x0) = 0 and gap'(x) has the sign of x - x0: then gap >= 0 on an interval around x0 without a gap."""
        strange = {f.func.__name__ for f in gap.atoms(sp.Function, sp.Piecewise)} - _CONTINUOUS
        if strange:
            raise NotProved(gap, [f"minimum_at= wants a continuous gap, {', '.join(sorted(strange))} may jump"])
        prove_zero(gap.subs(x, x0), seconds / 3)
        slope = sp.diff(gap, x)
        u = sp.Dummy("u", positive=True)
        low, high = interval(x, [h.relation for h in self.hypotheses if isinstance(h, Relation)])
        pieces = []
        if high is None or x0 < high:
            pieces.append((x0 + u if high is None else (x0 + sp.nsimplify(high) * u) / (1 + u), 1))
        if low is None or x0 > low:
            pieces.append((x0 - u if low is None else (x0 + sp.nsimplify(low) * u) / (1 + u), -1))
        others = {s: v for s, v in swap.items() if s != x}
        for place, sign in pieces:
            value = sign * slope.subs(others).subs(x, place)
            below = sp.fraction(sp.together(gap.subs(others).subs(x, place)))[1]
            if not (below.is_positive or below.is_negative or prove_nonnegative(below - sp.Rational(1, 10**9))):
                raise NotProved(below, ["a denominator that may vanish"])
            if not prove_nonnegative(value):
                raise NotProved(
                    value,
                    [f"the derivative on the {'right' if sign > 0 else 'left'} of {x} = {x0} has no provable sign"],
                )

    def attack(self, context: Context, tally: Tally) -> None:
        left, right = self.sides
        points = self.spread(12)

        def violated(a: sp.Basic, b: sp.Basic, extra: list[numeric.Env] | None = None) -> bool:
            for env in [env for _, env in points] + (extra or []):
                try:
                    if self.compare(a, b, env).state == "differ":
                        return True
                except (KeyError, ArithmeticError, ValueError, TypeError):
                    continue
            return False

        special: list[numeric.Env] = []
        for place in self.equality:
            try:
                at = {s: numeric.value(sp.sympify(v), {}, 60) for s, v in place.items()}
                env: numeric.Env = {**points[0][1], **at}
                lv, rv = numeric.value(left, env, 30), numeric.value(right, env, 30)
            except (numeric.Undefined, KeyError) as error:
                raise context.fail(f"the bound has no value at the stated point of equality {place}: {error}") from None
            if abs(lv - rv) > mp.mpf(10) ** -20 * max(abs(lv), abs(rv), 1):
                raise context.fail(f"no equality at {place}: {mp.nstr(lv, 8)} < {mp.nstr(rv, 8)}")
            special.append(env)
        if violated(right, left, special):
            tally.add("automatic")
            if context.mutant_limit is None and self._prover_accepts(right, left):
                raise context.fail("the prover accepts the reversed bound, which is false")
        else:
            raise context.fail(
                "the reversed bound holds at every point: this is an equality, or nothing is bounded", Refused
            )
        if special:
            tightened = right - sp.Rational(1, 1000) * (1 + right**2) / 1
            if not violated(left, tightened, special):
                raise context.fail("a mutant survives: the bound tightened below its point of equality")
            tally.add("automatic")
        for change, a, b in (
            ("the sign of the right side", left, -right),
            ("the right side halved and reversed", 2 * right, left),
        ):
            if violated(a, b, special):
                tally.add("automatic")
                if context.mutant_limit is None and self._prover_accepts(a, b):
                    raise context.fail(f"the prover accepts a false mutant: {change}")
        for w in self.wrong:
            if not violated(left, w, special):
                raise context.fail(f"the wrong bound {N.show(w)} is not violated at any sampled point")
            tally.add("author")

    def _prover_accepts(self, left: sp.Basic, right: sp.Basic) -> bool:
        """Whether the tactics that proved the bound, and no deeper ones, prove a bound that is false."""
        try:
            with time_limit(MUTANT_PROOF_SECONDS), depth.at_most(self._depth):
                sizes: list[dict | None] = [*reversed(self.sizes)] if self.sizes else [None]
                for size in sizes:  # at size 1 a false bound may be true
                    self.prove_statement(left, right, self.cases[0], size, MUTANT_PROOF_SECONDS)
        except (
            TimeUp,
            NotProved,
            CannotEvaluate,
            ArithmeticError,
            ValueError,
            TypeError,
            NotImplementedError,
            AttributeError,
        ):
            return False
        return True


_CONTINUOUS = {
    "exp", "log", "sin", "cos", "sinh", "cosh", "tanh", "atan", "asinh", "erf", "erfc", "Abs", "Max", "Min",
}  # fmt: skip


def _sum_of_nonnegative(e: sp.Expr, swap: dict[Symbol, sp.Expr]) -> bool:
    """Whether each term as written is nonnegative (squares of real expressions, products of positive ones)."""
    terms = sp.Add.make_args(e)
    return all(t.is_nonnegative or (swap and t.subs(swap).is_nonnegative) or prove_nonnegative(t) for t in terms)


def _sum_of_positive(f: sp.Expr) -> bool:
    return isinstance(f, sp.Sum) and bool(
        f.function.is_positive and all((high - low).is_nonnegative and low.is_positive for _, low, high in f.limits)
    )


def bound(
    f: Any,
    g: Any,
    over: Any = None,
    *,
    tight: float | None = None,
    tries: int = 400,
    climb: int = 60,
    wrong: Any = (),
    because: Any = None,
    minimum_at: dict[Symbol, Any] | None = None,
    equality: Iterable[dict[Symbol, Any]] = (),
    at: dict[str, Any] | None = None,
    outside: dict[str, Any] | None = None,
    **options: Any,
) -> Part:
    r"""``bound(lhs, rhs)``: lhs <= rhs. Verdict: proved (trees), bounded (callables).

    Trees are proved by sign: ``because=`` gives a manifestly nonnegative form of rhs - lhs (a sum of squares, say),
    which is proved equal to it (a finite sum with ``minimum_at={q(i): p(i)}``: each summand is 0 at that value and
    its least); ``minimum_at={x: x0}`` alone proves that the gap vanishes at x0 and that its derivative has
    the sign of x - x0; without either, sympy's assumptions must show the sign. ``equality=[{x: 1}]`` are points where
    it is attained. The hypotheses `given` are attacked; `sizes`, `cases`, `scales`, `points` are those of `identity`.

    Callables are searched for a violation: random points, the edges of the domain, then ascents from the worst four.
    ``tight=0.99`` states that the search comes as near as 0.99 of the bound (so that a bound tightened below that is
    seen to break); `wrong` are false bounds (callables) which the search has to break. One of the two is required.
    `at` and `outside` are those of `agrees`.
    """
    if isinstance(f, sp.Basic) or isinstance(g, sp.Basic):
        if over is not None:
            raise ValueError("trees take given=, sizes= and cases=; over= is for callables")
        options.setdefault("points", POINTS)
        return TreeBound((f, g), because=because, minimum_at=minimum_at, equality=equality, wrong=wrong, **options)
    if not callable(f) or not callable(g):
        raise ValueError("bound(f, g) wants two callables or two sympy expressions")
    if options:
        raise ValueError(f"unknown options {sorted(options)}")
    return SearchedBound(f, g, over if over is not None else {}, tight, tries, wrong, climb, at, outside)
