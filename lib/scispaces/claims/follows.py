"""The verb `follows`: a step from claims already checked."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from sympy import Symbol

from scispaces.record import weakest

from . import nodes as N
from .failures import Refused
from .hypotheses import Hypothesis, Relation, Structure
from .identity import Identity
from .parts import Context, Outcome
from .scope import scope_text
from .tree_part import TreePart


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
        stated = [e for p in self.premises for e in context.equations.get(p, [])]
        for p in self.premises if self.by else ():
            own = context.equations.get(p, [])
            if not any(self._covers(e, old, new) is not None for e in own for old, new in self.by.items()):
                raise context.fail(f"the step uses nothing of its premise {p}", Refused)
        for old, new in self.by.items():
            found = [why for e in stated if (why := self._covers(e, old, new)) is not None]
            if "" in found:
                continue
            if found:
                raise context.fail(f"by= uses {N.show(old)} = {N.show(new)}, {found[0]}", Refused)
            raise context.fail(f"by= uses {N.show(old)} = {N.show(new)}, which no premise states", Refused)

    def _covers(self, e: Equation, old: sp.Basic, new: sp.Basic) -> str | None:
        """None where the premise is another equation, "" where it covers this use, else what the use lacks."""
        why: str | None = None
        for chosen in itertools.chain(choices(e.left, e.right, old, new), choices(e.right, e.left, old, new)):
            why = self._lacks(e, chosen)
            if not why:
                return ""
        return why

    def _lacks(self, e: Equation, chosen: Choice) -> str:
        """What the premise assumed and this step does not grant."""
        if e.order:
            return f"which the premise states up to {e.order} only"
        own = {h.text for h in self.hypotheses}
        for h in e.hypotheses:
            if isinstance(h, Relation):
                relation = h.relation.xreplace(chosen)
                granted = relation == sp.true or any(
                    isinstance(g, Relation) and g.relation in (relation, relation.reversed) for g in self.hypotheses
                )
            elif isinstance(h, Structure):
                symbols = {chosen.get(s, s) for s in h.symbols}
                granted = any(type(g) is type(h) and symbols <= set(g.symbols) for g in self.hypotheses)
            else:
                granted = h.text in own
            if not granted:
                return f"which the premise states under the hypothesis {h.text} only"
        for s, values in e.cases.items():
            value = chosen.get(s, s)
            mine = (self.case_values or {}).get(value, [value] if getattr(value, "is_number", False) else None)
            if mine is None or not {sp.sympify(v) for v in mine} <= {sp.sympify(v) for v in values}:
                return f"which the premise states for {s} = {', '.join(map(str, values))} only"
        if e.sizes is not None and not (self.sizes and all(s in e.sizes for s in self.sizes)):
            return f"which the premise states for {scope_text(e.sizes, None)} only: give the step these sizes"
        return ""


@dataclass(frozen=True)
class Equation:
    """An equation that a claim states, with all that it was stated under."""

    left: sp.Basic
    right: sp.Basic
    hypotheses: tuple[Hypothesis, ...] = ()
    sizes: list[dict[Any, Any]] | None = None
    cases: dict[Any, list[Any]] = field(default_factory=dict)
    order: str = ""


def equations_of(part: TreePart) -> list[Equation]:
    """The equations that a part states, for later steps to use."""
    if part.relation != "=":
        return []
    sides = getattr(part, "as_stated", part.sides)
    order = getattr(part, "small", "")
    return [
        Equation(a, b, part.hypotheses, part.sizes, part.case_values or {}, order)
        for a, b in itertools.combinations(sides, 2)
    ]


Choice = dict[sp.Basic, sp.Basic]


def choices(left: sp.Basic, right: sp.Basic, old: sp.Basic, new: sp.Basic) -> Iterator[Choice]:
    """For which free symbols of left = right the equation is old = new."""
    for chosen in _unifiers(left, old, {}):
        yield from _unifiers(right, new, chosen)


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
