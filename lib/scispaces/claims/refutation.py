"""The verbs `refute` (a false statement, its counterexample and its correction) and `follows` (a step from claims)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import sympy as sp
from mpmath import mp
from sympy import Symbol

from scispaces.record import weakest

from . import enclosures, numeric
from . import nodes as N
from ._limits import Refused
from .compare import describe, text
from .counterexample import allowed
from .hypotheses import Hypothesis, as_hypotheses
from .identity import Identity
from .parts import Context, Outcome, Part, Tally
from .same_computation import name_of, same_function
from .sampled import call
from .values import describe_point, describe_value, error_of, numbers

Place = dict[Any, Any]


class Undecided(Exception):
    """Enclosures that are neither disjoint nor narrow."""


class Refutation(Part):
    """See `refute`."""

    kind = "refute"

    def __init__(
        self,
        statement: tuple[Any, Any],
        at: Place,
        holds_at: Any,
        corrected: Part | str,
        relation: str,
        given: Any,
        margin: float,
    ) -> None:
        if not isinstance(statement, (tuple, list)) or len(statement) != 2:
            raise ValueError("refute((lhs, rhs), ...): the false statement has two sides")
        if relation not in ("=", "<="):
            raise ValueError(f"the relation is '=' or '<=', got {relation!r}")
        if not isinstance(corrected, (Part, str)):
            raise ValueError("corrected= is a part, or the id of the claim that corrects the statement")
        self.left, self.right = statement
        self.at = dict(at)
        self.controls = [dict(h) for h in (holds_at if isinstance(holds_at, (list, tuple)) else [holds_at])]
        self.corrected, self.relation, self.margin = corrected, relation, float(margin)
        self.hypotheses: tuple[Hypothesis, ...] = as_hypotheses(given)
        if self.margin < 1e-9:
            raise ValueError(f"margin is at least 1e-9, so that rounding refutes nothing; got {margin}")
        self.certified = False
        self.trees = isinstance(self.left, sp.Basic) or isinstance(self.right, sp.Basic)
        if self.trees:
            self.left, self.right = sp.sympify(self.left), sp.sympify(self.right)
            if relation == "<=" and (N.is_matrix(self.left) or N.is_matrix(self.right)):
                raise ValueError("an inequality compares numbers: take norms, traces or entries of matrices")
        elif not (callable(self.left) and callable(self.right)):
            raise ValueError("the sides are two sympy trees or two callables")
        elif self.hypotheses:
            raise ValueError("given= is for trees; a counterexample of callables is what at= says")

    def _violated(self, place: Place, context: Context) -> tuple[bool, Any, Any]:
        """Whether the false statement fails at a place, by a margin no rounding explains."""
        if not self.trees:
            a, b = (numbers(call(side, place, context)) for side in (self.left, self.right))
            if not (np.isfinite(a).all() and np.isfinite(b).all()):
                raise context.fail(f"a side is not finite at {describe_point(place)}: that refutes nothing", Refused)
            if self.relation == "=":
                return error_of(a, b, "relative") > self.margin, a, b
            return bool((a - b > self.margin * (abs(a) + abs(b))).any()), a, b
        env = _environment(place)
        for s, v in env.items():
            if isinstance(s, Symbol) and s.is_commutative and not callable(v) and not allowed(s, v):
                raise context.fail(f"{s} = {text(v, 6)} does not satisfy the assumptions of the symbol", Refused)
        for h in self.hypotheses:
            if not h.test(env):
                raise context.fail(f"the place {describe(env)} does not satisfy the hypothesis {h.text}", Refused)
        try:
            found = self._enclosed(env)
        except KeyError as error:
            raise context.fail(f"the place gives {error.args[0]}", Refused) from None
        except Undecided:
            raise context.fail(f"undecided at {describe(env)}: the enclosures overlap", Refused) from None
        if found is not None:
            self.certified = True
            return found
        self.certified = False
        try:
            values = [[numeric.value(side, env, d) for side in (self.left, self.right)] for d in (40, 80)]
        except numeric.Undefined as error:
            raise context.fail(f"a side is undefined at {describe(env)}: {error}", Refused) from None
        except KeyError as error:
            raise context.fail(f"the place gives {error.args[0]}", Refused) from None
        with mp.workdps(40):
            outcomes = []
            for a, b in values:
                scale = max(numeric.size_of(a), numeric.size_of(b))
                if self.relation == "=":
                    outcomes.append(numeric.size_of(numeric.difference(a, b)) > self.margin * scale)
                else:
                    outcomes.append(mp.re(a) - mp.re(b) > self.margin * scale)
        if outcomes[0] != outcomes[1]:
            raise context.fail(f"undecided at {describe(env)}: the difference is at the level of rounding", Refused)
        return bool(outcomes[1]), values[1][0], values[1][1]

    def stated(self, context: Context) -> list[Any]:
        """The false sentence, at its counterexample and at the places where it holds."""
        places = [self.at, *self.controls]
        if self.trees:
            from .stated_trees import StatedAt

            return [StatedAt(self, context, self.left, self.right, self.relation, [_environment(p) for p in places])]
        from .stated_arrays import StatedArrays

        sides = tuple([call(side, p, context) for p in places] for side in (self.left, self.right))
        return [StatedArrays(self.relation, places, (sides[0], sides[1]), 1e-9, numeric=False, refuted=True)]

    def _enclosed(self, env: numeric.Env) -> tuple[bool, Any, Any] | None:
        """Whether the statement fails by the margin, by enclosures. None where there are none."""
        try:
            exceeds, a, b = enclosures.exceeds(self.left, self.right, env, self.margin, self.relation)
        except enclosures.NotCertified:
            return None
        if exceeds is None:
            raise Undecided
        return exceeds, enclosures.to_mpmath(a), enclosures.to_mpmath(b)

    def run(self, context: Context) -> Outcome:
        if (self.trees and self.left == self.right) or (not self.trees and same_function(self.left, self.right)):
            raise context.fail("both sides are the same: there is nothing to refute", Refused)
        violated, a, b = self._violated(self.at, context)
        certified = self.certified
        shown = _exact_place(self.at) if self.trees else describe_point(self.at)
        if not violated:
            raise context.fail(
                f"the counterexample does not refute the statement: at {shown} left = {_show(a)}, right = {_show(b)}"
            )
        tally = Tally()
        for control in self.controls:
            broken, x, y = self._violated(control, context)
            if broken:
                raise context.fail(
                    f"the control is refuted too: left = {_show(x)}, right = {_show(y)}; holds_at= is a place "
                    "where the statement is true"
                )
            tally.add("author")
        if not self.controls:
            raise context.fail(
                "holds_at= is missing: without a place where the statement holds, the check cannot be seen to "
                "discriminate",
                Refused,
            )
        correction = self.corrected if isinstance(self.corrected, str) else self.corrected.kind
        sign = " = " if self.relation == "=" else " ≤ "
        sides = [N.show(s) if self.trees else name_of(s) for s in (self.left, self.right)]
        return Outcome(
            self.kind,
            "refuted",
            f"at {shown}",
            f"not: {sign.join(sides)}",
            {"left": _show(a), "right": _show(b), "corrected": correction}
            | ({"certified": 1 if certified else 0} if self.trees else {}),
            tally,
            [{"text": h.text, "necessary": True} for h in self.hypotheses],
        )


def _exact_place(place: Place) -> str:
    """The counterexample as it was given, in exact numbers."""

    def exact(v: Any) -> str:
        if callable(v) and not isinstance(v, sp.Basic):
            return getattr(v, "__name__", "a function")
        return sp.sstr(sp.Matrix(v).tolist() if isinstance(v, (list, sp.MatrixBase)) else sp.sympify(v))

    return ", ".join(f"{s} = {exact(v)}" for s, v in place.items())


def _show(x: Any) -> str:
    if isinstance(x, (numeric.MPMatrix, mp.mpf, mp.mpc)):
        return text(mp.chop(x) if not isinstance(x, numeric.MPMatrix) else x, 6)
    if isinstance(x, np.ndarray) and x.ndim == 0:
        return f"{x.item():.4g}"
    return describe_value(x)


def _environment(place: Place) -> numeric.Env:
    env: numeric.Env = {}
    with mp.workdps(90):
        for s, v in place.items():
            if isinstance(v, (list, sp.MatrixBase)):
                M = sp.Matrix(v)
                env[s] = mp.matrix(
                    [[numeric.evaluate(sp.sympify(M[i, j]), {}) for j in range(M.cols)] for i in range(M.rows)]
                )
                env["size"] = M.rows
                env["exact", s] = (N.Const(M), env[s])
            elif callable(v) and not isinstance(v, sp.Basic):
                env[s] = v
            else:
                env[s] = numeric.evaluate(sp.sympify(v), {})
                env["exact", s] = (sp.sympify(v), env[s])
    return env


def refute(
    statement: tuple[Any, Any],
    *,
    at: Place,
    holds_at: Place | list[Place],
    corrected: Part | str,
    relation: str = "=",
    given: Any = (),
    margin: float = 1e-6,
) -> Refutation:
    """A statement that people make and that is false. Verdict: refuted.

    statement: the two sides of the false statement (trees or callables).
    at: the counterexample, symbols (names, for callables) to exact values; it must satisfy the hypotheses `given`.
    holds_at: one or more places where the false statement does hold, so that the check is seen to tell the two apart.
    corrected: the corrected statement: a part (checked in the same claim) or the id of the claim that states it.
    relation: "=" or "<=" (then the counterexample has lhs > rhs).
    """
    return Refutation(statement, at, holds_at, corrected, relation, given, margin)


class Step(Identity):
    """See `follows`."""

    kind = "follows"

    def __init__(
        self, sides: tuple[Any, ...], premises: list[str] | tuple[str, ...], by: dict[Any, Any] | None, **options: Any
    ) -> None:
        if isinstance(premises, str) or not premises:
            raise ValueError("follows() names its premises by id: premises=['claim-id', ...]")
        self.premises = list(premises)
        self.as_stated = tuple(sp.sympify(s) for s in sides)
        self.by = {sp.sympify(k): sp.sympify(v) for k, v in (by or {}).items()}
        for old in self.by:
            if not any(t.has(old) if not old.is_Symbol else old in t.free_symbols for t in self.as_stated):
                raise ValueError(f"by= replaces {old}, which no side contains")
        super().__init__(tuple(_replace(s, self.by) for s in self.as_stated), **options)

    def refuse_vacuous(self, context: Context) -> None:
        """A step may be nothing but its replacements; without any it has to be an identity of its own."""
        for left, right in itertools.pairwise(self.as_stated):
            if N.canonical(left) == N.canonical(right):
                raise context.fail(f"both sides are the same before evaluation: {N.show(left)}", Refused)
        if not self.by:
            super().refuse_vacuous(context)

    def checked(self) -> str:
        shown = " = ".join(N.show(s) for s in self.as_stated)
        return shown + (
            "; by " + ", ".join(f"{N.show(k)} = {N.show(v)}" for k, v in self.by.items()) if self.by else ""
        )

    def run(self, context: Context) -> Outcome:
        missing = [p for p in self.premises if p not in context.records]
        if missing:
            raise context.fail(f"the premises {', '.join(missing)} are not claims checked before this one", Refused)
        if context.id in self.premises:
            raise context.fail("a claim is not its own premise", Refused)
        self._check_replacements(context)
        outcome = super().run(context)
        records = [context.records[p] for p in self.premises]
        verdicts = []
        for p, r in zip(self.premises, records, strict=True):
            known = [part["verdict"] for part in r["parts"] if part["verdict"] != "refuted"]
            if not known:
                raise context.fail(f"the premise {p} is refuted", Refused)
            verdicts.append(weakest(known))
        outcome.verdict = weakest(["proved", *verdicts])
        inherited = [
            x["scope"] for r in records for x in r["parts"] if x["verdict"] in ("proved", "series") and x["scope"]
        ]
        outcome.scope = ", ".join(dict.fromkeys(x for x in [outcome.scope, *inherited] if x))
        outcome.evidence["premises"] = self.premises
        return outcome

    def _check_replacements(self, context: Context) -> None:
        """Each equation of by= is one that a premise states, up to a choice of its symbols."""
        stated = [pair for p in self.premises for pair in context.equations.get(p, [])]
        for old, new in self.by.items():
            if not any(matches(a, b, old, new) or matches(b, a, old, new) for a, b in stated):
                raise context.fail(f"by= uses {N.show(old)} = {N.show(new)}, which no premise states", Refused)


def matches(left: sp.Basic, right: sp.Basic, old: sp.Basic, new: sp.Basic) -> bool:
    """Whether the equation old = new is left = right for some choice of the free symbols of left = right."""
    return any(_unify(right, new, chosen) for chosen in _unifiers(left, old, {}))


def _unify(pattern: sp.Basic, target: sp.Basic, chosen: dict[sp.Basic, sp.Basic]) -> bool:
    return next(_unifiers(pattern, target, chosen), None) is not None


def _unifiers(
    pattern: sp.Basic, target: sp.Basic, chosen: dict[sp.Basic, sp.Basic]
) -> Iterator[dict[sp.Basic, sp.Basic]]:
    if isinstance(pattern, (Symbol, N.MFun)) or pattern.is_Atom:
        if isinstance(pattern, (Symbol, N.MFun)):
            if pattern in chosen:
                if chosen[pattern] == target:
                    yield chosen
            elif isinstance(target, sp.Expr) and (pattern.is_commutative is not True or target.is_commutative):
                if not pattern.is_Symbol or all(
                    getattr(target, f"is_{a}", None) is v for a, v in pattern._assumptions_orig.items()
                ):
                    yield {**chosen, pattern: target}
        elif pattern == target:
            yield chosen
        return
    if type(pattern) is not type(target) or len(pattern.args) != len(target.args):
        return
    orders: Any = [target.args]
    if isinstance(pattern, (sp.Add, sp.Mul)) and pattern.is_commutative and len(target.args) <= 5:
        orders = itertools.permutations(target.args)
    for order in orders:
        yield from _all(list(zip(pattern.args, order, strict=True)), chosen)


def _all(
    pairs: list[tuple[sp.Basic, sp.Basic]], chosen: dict[sp.Basic, sp.Basic]
) -> Iterator[dict[sp.Basic, sp.Basic]]:
    if not pairs:
        yield chosen
        return
    for more in _unifiers(*pairs[0], chosen):
        yield from _all(pairs[1:], more)


def _replace(tree: sp.Basic, by: dict[Any, Any]) -> sp.Basic:
    return tree.xreplace(by)


def follows(
    *sides: Any, premises: list[str] | tuple[str, ...], by: dict[Any, Any] | None = None, **options: Any
) -> Step:
    """A step from claims already checked in the chapter. Verdict: that of the weakest premise, proved at best.

    The sides become an `identity` after the replacements `by`, each an equation that a premise states
    (``by={D(M, t): M*A}``). The premises are named by id, must stand before this claim, and lend their scopes.
    The other options are those of `identity`.
    """
    return Step(sides, premises, by, **options)


__all__ = ["Callable", "Refutation", "Step", "Symbol", "follows", "refute"]
