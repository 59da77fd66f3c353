"""The verbs `refute` (a false statement, its counterexample and its correction) and `follows` (a step from claims)."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from mpmath import mp
from sympy import Symbol

from . import enclosures, numeric
from . import nodes as N
from .compare import describe, text
from .failures import Refused
from .hypotheses import Hypothesis, as_hypotheses
from .instances import allowed
from .parts import Context, Outcome, Part, Tally
from .points import call
from .same_computation import name_of, same_function
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
