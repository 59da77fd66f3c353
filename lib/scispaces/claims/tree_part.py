"""What the verbs on trees share: ingredients, the numeric leg, hypotheses and mutants."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import sympy as sp
from mpmath import mp
from sympy import Symbol

from . import enclosures, numeric
from . import nodes as N
from .compare import Comparison, compare, describe, endless, precision_for
from .counterexample import smallest
from .failures import Refused
from .hypotheses import Hypothesis, Relation, Structure, as_hypotheses, contains_conclusion
from .instances import Ingredients
from .mutate import mutants
from .parts import Context, Part, Tally
from .scope import Case, normal_cases, normal_sizes, scope_text
from .time_limits import NUMERIC_SECONDS, TimeUp, time_limit

POINTS = 20


class TreePart(Part):
    """Shared by the verbs on trees: ingredients, the numeric leg, counterexamples, hypotheses and mutants."""

    relation = "="
    displayed_relation = "="

    def __init__(
        self,
        sides: tuple[Any, ...],
        sizes: Any = None,
        cases: dict[Symbol, Iterable[Any]] | None = None,
        given: Any = (),
        wrong: Any = (),
        scales: tuple[float, float] | None = None,
        scope: str | None = None,
        points: int = POINTS,
    ) -> None:
        self.sides = tuple(sp.sympify(s) for s in sides)
        if len(self.sides) < 2:
            raise ValueError("a statement has two sides or more")
        if points < POINTS:
            raise ValueError(f"{POINTS} points or more are wanted, got {points}")
        for s in self.sides:
            if not isinstance(s, sp.Expr):
                raise ValueError(
                    f"a side is a sympy expression, got {type(s).__name__}; matrices are written as Const([[...]])"
                )
        self.sizes = None if sizes is None else normal_sizes(sizes)
        self.case_values = {sp.sympify(k): list(v) for k, v in cases.items()} if cases else None
        self.cases = normal_cases(self.case_values)
        self.hypotheses = as_hypotheses(given)
        self.wrong = tuple(sp.sympify(w) for w in (wrong if isinstance(wrong, (list, tuple)) else (wrong,)))
        if scales is None and any(endless(side) for side in self.sides):
            scales = (1e-3, 100.0)  # an endless sum at 1000 takes thousands of terms of a thousand digits
        self.scales = scales
        self.scope = scope
        self.points = points
        self._instances: list[tuple[Case, numeric.Env]] = []
        self._pools: dict[tuple[Any, ...], Ingredients] = {}
        self._depth = 1

    # --- instances ---

    def ingredients(self, case: Case | None = None) -> Ingredients:
        """What is free in the sides, asked for once a case."""
        key = tuple((case or {}).items())
        if key not in self._pools:
            self._pools[key] = self._pool(case)
        return self._pools[key]

    def _pool(self, case: Case | None) -> Ingredients:
        return Ingredients(self.sides, self.hypotheses, self.sizes, self.scales, fixed=case)

    def instances(self, context: Context, count: int, *name: object) -> list[tuple[Case, numeric.Env]]:
        """Instances spread over all cases and sizes."""
        per_case = max(1, -(-count // len(self.cases)))
        if self.sizes:
            per_case = max(per_case, len(self.sizes) * (4 if len(self.cases) == 1 else 1))
        out = []
        for i, case in enumerate(self.cases):
            pool = self.ingredients(case=case)
            out += [(case, env) for env in pool.instances(per_case, *context.seed, i, *name)]
        return out

    def spread(self, count: int) -> list[tuple[Case, numeric.Env]]:
        """Up to `count` of the instances that the numeric leg has used (their values are known), sizes mixed."""
        groups: dict[Any, list[tuple[Case, numeric.Env]]] = {}
        for case, env in self._instances:
            shapes = tuple((v.rows, v.cols) for v in env.values() if isinstance(v, numeric.MPMatrix))
            groups.setdefault((tuple(case.items()), env["size"], shapes), []).append((case, env))
        rounds = itertools.zip_longest(*reversed(list(groups.values())))
        return [instance for instances in rounds for instance in instances if instance is not None][:count]

    # --- the numeric leg ---

    def links(self) -> list[tuple[sp.Basic, sp.Basic]]:
        return list(zip(self.sides, self.sides[1:], strict=False))

    def check_numerically(self, context: Context) -> dict[str, int]:
        """Evaluate every link at every instance: the points used, how many are certified, the fewest digits reached."""
        try:
            with time_limit(NUMERIC_SECONDS):
                return self._evaluate_links(context)
        except TimeUp:
            raise context.fail(f"the numeric leg did not finish within {NUMERIC_SECONDS:g} s") from None

    def _evaluate_links(self, context: Context) -> dict[str, int]:
        instances = self._instances = self.instances(context, self.points)
        self._refuse_thin(context, instances)
        fewest, used, certified, last = 10**6, 0, 0, None
        failures: list[tuple[numeric.Env, Comparison, tuple[sp.Basic, sp.Basic]]] = []
        for _, env in instances:
            defined = proven = True
            for left, right in self.links():
                result = self.compare(left, right, env)
                proven &= result.certified
                if result.state in ("undefined", "undecided"):
                    defined = False
                    last = env
                elif result.state == "agree":
                    fewest = min(fewest, result.digits)
                else:
                    failures.append((env, result, (left, right)))
            used += defined
            certified += defined and proven
        if failures:
            raise context.fail(self.counterexample(failures))
        if used < max(1, len(instances) // 2):
            raise context.fail(
                f"the statement is undefined or undecided at most of the sampled points, e.g. {describe(last or {})}",
                Refused,
            )
        most = enclosures.DEEP if certified == used else self.digits_cap()
        return {"points": used, "certified": certified, "digits": min(fewest, most)}

    def _refuse_thin(self, context: Context, instances: list[tuple[Case, numeric.Env]]) -> None:
        """A domain in which a symbol of the statement hardly moves tests one point."""
        for s in N.scalar_symbols(*self.sides):
            if s in (self.case_values or {}) or any(s in size for size in self.sizes or []):
                continue
            values = [env[s] for _, env in instances if s in env and not callable(env[s])]
            if len(values) < 2:
                continue
            size = max(abs(v) for v in values)
            spread = max(abs(v - values[0]) for v in values)
            if spread <= size * mp.mpf("1e-6") or (self.scales is None and size < mp.mpf("1e-9")):
                where = describe({s: values[0]})
                raise context.fail(f"the domain is too thin: {where} at every instance, or as good as", Refused)

    def compare(self, left: sp.Basic, right: sp.Basic, env: numeric.Env, fast: bool = False) -> Comparison:
        """Whether the statement holds at one instance; `fast` bounds the work on mutants."""
        levels, wanted = precision_for(*self.sides)
        first = not self._instances or env is self._instances[0][1]
        return compare(left, right, env, levels[:2] if fast else levels, wanted, fast, first)

    def digits_cap(self) -> int:
        levels, wanted = precision_for(*self.sides)
        return levels[0] - 2 if len(levels) > 1 else wanted

    def counterexample(self, failures: list[tuple[numeric.Env, Comparison, tuple[sp.Basic, sp.Basic]]]) -> str:
        """The smallest failing instance, as the message of the failed claim shows it."""
        return smallest(self, failures)

    # --- what the card says ---

    def scope_of(self, context: Context) -> str:
        """How far the check reaches; `scope` adds words to it and takes nothing away."""
        return ", ".join(x for x in (scope_text(self.sizes, self.case_values), self.scope) if x)

    def scale_evidence(self) -> dict[str, Any]:
        return {"scales": f"{self.scales[0]:g} … {self.scales[1]:g}"} if self.scales else {}

    def checked(self) -> str:
        return f" {self.relation} ".join(N.show(s) for s in self.sides)

    def refuse_vacuous(self, context: Context) -> None:
        for left, right in self.links():
            if N.canonical(N.undisguised(left)) == N.canonical(N.undisguised(right)):
                raise context.fail(f"both sides are the same before evaluation: {N.show(left)}", Refused)
            plain = not any(
                t.has(N.Node, sp.Integral, sp.Sum, sp.Derivative, sp.Limit, sp.Function, sp.Pow) for t in (left, right)
            )
            if plain and left.is_commutative and right.is_commutative and sp.expand(left - right) == 0:
                raise context.fail(f"both sides are the same before evaluation: {N.show(left)}", Refused)
            if self.hypotheses:
                try:
                    with time_limit(5):
                        stated = contains_conclusion(self.hypotheses, left, right, "=")
                except TimeUp:
                    stated = None
                if stated:
                    raise context.fail(f"the hypothesis {stated} already states the conclusion", Refused)

    # --- what it states, for the display to be held against

    def stated(self, context: Context) -> list[Any]:
        from .stated_trees import StatedTrees

        sides = getattr(self, "as_stated", self.sides)
        pairs = sorted(itertools.combinations(range(len(sides)), 2), key=lambda ij: ij[1] - ij[0])
        return [StatedTrees(self, context, sides[i], sides[j], self.displayed_relation) for i, j in pairs]

    # --- hypotheses ---

    def attack_hypotheses(self, context: Context, tally: Tally) -> list[dict[str, Any]]:
        """Drop each hypothesis in turn: does the statement then fail somewhere?"""
        out = []
        for h in self.hypotheses:
            broken = self.broken_without(h, context)
            if broken:
                tally.add("hypothesis")
            out.append({"text": h.text, "necessary": broken})
        return out

    def under_attack(self, context: Context, tally: Tally) -> list[dict[str, Any]]:
        """Drop the hypotheses, then try the mutants, all within a time limit."""
        seconds = NUMERIC_SECONDS if context.mutant_limit is not None else 10 * NUMERIC_SECONDS
        try:
            with time_limit(seconds):
                hypotheses = self.attack_hypotheses(context, tally)
                self.attack(context, tally)
                return hypotheses
        except TimeUp:
            raise context.fail(f"the mutants were not judged within {seconds:g} s: shorten the statement") from None

    def broken_without(self, h: Hypothesis, context: Context) -> bool:
        """Whether an instance without `h` violates the statement (or leaves it undefined, for `invertible`)."""
        for i, case in enumerate(self.cases[:4]):
            pool = self.ingredients(case=case)
            for env in pool.violations(h, 6, *context.seed, i):
                states = []
                for left, right in self.links():
                    try:
                        states.append(self.compare(left, right, env).state)
                    except (ArithmeticError, ValueError, TypeError):
                        states.append("undefined")
                if "differ" in states:
                    return True
                if {"undefined", "half"} & set(states) and isinstance(h, Structure) and h.undefined_without:
                    return True
                if "half" in states or (
                    "undefined" in states and isinstance(h, Relation) and isinstance(h.relation, sp.Ne)
                ):
                    return True
        return False

    # --- mutants ---

    def attack(self, context: Context, tally: Tally) -> None:
        """Change one side at a time; the check has to reject every change that changes the statement."""
        streams = [zip(itertools.repeat(i), mutants(s, f"{context.seed}/{i}")) for i, s in enumerate(self.sides)]
        in_turn = (x for round_ in itertools.zip_longest(*streams) for x in round_ if x is not None)
        test_points = self.spread(6)
        limit = context.mutant_limit
        proofs = 0
        for i, m in in_turn:
            if limit is not None and tally.made["automatic"] + tally.made["ingredient"] >= limit:
                break
            verdict, place = self._judge(context, m.tree, self.sides[i], self._partner(i), test_points)
            if verdict == "skip":
                continue
            tally.add(m.kind, verdict == "killed")
            if verdict == "survived":
                raise context.fail(f"a mutant survives: {m.change} in {N.show(self.sides[i])}")
            if limit is None and proofs < context.mutant_proofs and place is not None:
                self._prover_rejects(context, m.tree, self._partner(i), m.change, place)
                proofs += 1
        for w in self.wrong:
            verdict, _ = self._judge(context, w, self.sides[-1], self.sides[-2], test_points)
            if verdict != "killed":
                raise context.fail(
                    f"the wrong variant {N.show(w)} {'is the same statement' if verdict == 'skip' else 'is accepted'}"
                )
            tally.add("author")
        if not tally.total:
            raise context.fail("no mutant could be made: the check could not be attacked", Refused)

    def _partner(self, i: int) -> sp.Basic:
        return self.sides[i - 1] if i else self.sides[1]

    def _judge(
        self,
        context: Context,
        mutant: sp.Basic,
        original: sp.Basic,
        other: sp.Basic,
        points: list[tuple[Case, numeric.Env]],
    ) -> tuple[str, tuple[Case, numeric.Env] | None]:
        """("killed", where), ("survived", None), or ("skip", None): undefined, or equivalent to the original."""
        agreed = 0
        for case, env in points:
            state = self._state(mutant, other, env)
            if state == "differ":
                return "killed", (case, env)
            agreed += state == "agree"
        if not agreed:
            return "skip", None
        known = {id(env) for _, env in points}
        for case, env in self._instances:
            if id(env) not in known and self._state(mutant, other, env) == "differ":
                return "killed", (case, env)
        fresh = self.instances(context, 6, "equivalents")[:8]
        if any(self._state(mutant, original, env) == "differ" for _, env in fresh):
            return "survived", None
        return "skip", None

    def _state(self, left: sp.Basic, right: sp.Basic, env: numeric.Env) -> str:
        try:
            return self.compare(left, right, env, fast=True).state
        except (KeyError, NotImplementedError, ArithmeticError, ValueError, TypeError, AttributeError, IndexError):
            return "undefined"

    def _prover_rejects(
        self, context: Context, mutant: sp.Basic, other: sp.Basic, change: str, place: tuple[Case, numeric.Env]
    ) -> None:
        """A moment for the tactics that proved the statement, on a mutant false at this case and size: not proved."""
