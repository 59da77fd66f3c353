"""The smallest counterexample: the point, both values, and how far apart they are."""

from __future__ import annotations

from typing import Any, Protocol

import sympy as sp
from mpmath import mp
from sympy import Symbol

from . import nodes as N
from . import numeric
from .compare import Comparison, describe, text
from .hypotheses import Hypothesis
from .instances import allowed


class Compared(Protocol):
    """A part that compares two trees at an instance."""

    hypotheses: tuple[Hypothesis, ...]

    def compare(self, left: sp.Basic, right: sp.Basic, env: numeric.Env, fast: bool = False) -> Comparison:
        """Whether the statement holds at one instance."""


def smallest(part: Compared, failures: list[tuple[numeric.Env, Comparison, tuple[sp.Basic, sp.Basic]]]) -> str:
    """The smallest failing instance, made smaller still where small integers fail too."""

    def weight(item: tuple[numeric.Env, Comparison, Any]) -> float:
        env = item[0]
        return sum(
            float(numeric.size_of(v)) for s, v in env.items() if isinstance(s, Symbol) and not callable(v)
        ) + env.get("size", 0)

    env, result, (left, right) = min(failures, key=weight)
    if result.state == "differ":
        env, result = _shrink(part, env, result, left, right)
    if result.state == "half":
        return (
            f"one side has no value (give the hypothesis under which it has).\n  left:  {N.show(left)}\n"
            f"  right: {N.show(right)}\n  at {describe(env)}\n  left = {text(result.left)}, right = "
            f"{text(result.right)}"
        )
    with mp.workdps(15):
        gap = numeric.size_of(numeric.difference(result.left, result.right))
    why = (
        ("differ" if not result.certified else f"differ for certain, from digit {result.digits + 1} on")
        if result.state == "differ"
        else f"agree to {max(result.digits, 0)} digits only, at the highest precision tried"
    )
    return (
        f"the sides {why}.\n  left:  {N.show(left)}\n  right: {N.show(right)}\n"
        f"  at {describe(env)}\n  left = {text(result.left)}, right = {text(result.right)}, difference = "
        f"{text(gap, 6)}"
    )


def _shrink(
    part: Compared, env: numeric.Env, result: Comparison, left: sp.Basic, right: sp.Basic
) -> tuple[numeric.Env, Comparison]:
    for s in [s for s in env if isinstance(s, Symbol)]:
        v = env[s]
        if callable(v) or isinstance(v, tuple):
            continue
        if isinstance(v, numeric.MPMatrix):
            rounded = v.apply(lambda x: mp.mpf(int(mp.nint(mp.re(x)))))
            simpler: list[Any] = [rounded]
        else:
            low = [0, 1, -1, 2] if s.is_real is not True or s.is_positive is not True else [1, 2]
            simpler = [mp.mpf(x) for x in low] + ([] if s.is_integer else [mp.mpf("0.5")])
            if not (s.is_integer or s.is_real):
                simpler += [mp.mpc(0, 1), mp.mpc(0, 4)]
        for x in simpler:
            trial = {**env, s: x}
            if not isinstance(x, numeric.MPMatrix) and not allowed(s, x):
                continue
            try:
                if not all(h.test(trial) for h in part.hypotheses):
                    continue
                again = part.compare(left, right, trial)
            except (ArithmeticError, KeyError, ValueError):
                continue
            if again.state == "differ":
                env, result = trial, again
                break
    return env, result
