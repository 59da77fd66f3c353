"""What is proved: the symbolic leg of a part, link by link, case by case, size by size."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy import Symbol

from . import nodes as N
from . import numeric
from .explicit import CannotEvaluate, Matrix, function_matrix, generic
from .hypotheses import Commute, Structure
from .parts import Context, Outcome, Tally
from .prove import NotProved, depth
from .scope import Case, fits, size_text
from .time_limits import PROOF_SECONDS, TimeUp, time_limit
from .tree_part import TreePart

MUTANT_PROOF_SECONDS = 0.4


class ProvedPart(TreePart):
    """A part whose verdict is a proof; a kind says how one link is proved."""

    real_matrices = False
    advice = "the numeric leg found no counterexample"

    def prove_statement(self, left: sp.Basic, right: sp.Basic, case: Case, size: dict | None, seconds: float) -> None:
        """Return when ``left relation right`` is proved; raise NotProved or CannotEvaluate."""
        raise NotImplementedError

    def run(self, context: Context) -> Outcome:
        self.refuse_vacuous(context)
        numbers = self.check_numerically(context)
        proofs = self.prove(context)
        tally = Tally()
        hypotheses = self.under_attack(context, tally)
        scope = self.scope_of(context)
        return Outcome(
            kind=self.kind,
            verdict="proved",
            scope=scope,
            checked=self.checked(),
            evidence={"proofs": proofs} | numbers | self.scale_evidence(),
            mutants=tally,
            hypotheses=hypotheses,
        )

    def prove(self, context: Context) -> int:
        """Prove every link for every case and size; how many proofs there were."""
        count = 0
        depth.reached = 1
        for case in self.cases:
            sizes: list[dict[Any, Any] | None] = [*self.sizes] if self.sizes else [None]
            for size in sizes:
                for left, right in self.links():
                    where = ", ".join([f"{s} = {v}" for s, v in case.items()] + ([size_text(size)] if size else []))
                    self._prove_link(context, left, right, case, size, where, PROOF_SECONDS)
                    count += 1
        self._depth = depth.reached
        return count

    def _prove_link(
        self,
        context: Context,
        left: sp.Basic,
        right: sp.Basic,
        case: Case,
        size: dict | None,
        where: str,
        seconds: float,
    ) -> None:
        at = f" at {where}" if where else ""
        stated = f"{N.show(left)} {self.relation} {N.show(right)}"
        try:
            with time_limit(seconds):
                self.prove_statement(left, right, case, size, seconds)
        except TimeUp:
            raise context.fail(f"not proved within {seconds:g} s{at}: {stated}; {self.advice}") from None
        except NotProved as error:
            raise context.fail(f"not proved{at}: {stated}\n  {error}\n  {self.advice}") from None
        except (CannotEvaluate, NotImplementedError) as error:
            raise context.fail(f"the symbolic leg cannot evaluate the statement{at}: {error}") from None

    def symbolic_ingredients(self, left: sp.Basic, right: sp.Basic, size: dict[Any, Any]) -> dict[Any, Any]:
        env: dict[Any, Any] = {
            k: sp.sympify(v) for k, v in size.items() if isinstance(k, Symbol) and not isinstance(v, tuple)
        }
        k = size.get("size")
        env["size"] = k
        kinds = {
            s: h.generic
            for h in self.hypotheses
            if isinstance(h, Structure) and h.generic != "general"
            for s in h.symbols
        }
        laws = {e.args[1].args[0] for t in (left, right) for e in sp.preorder_traversal(t) if isinstance(e, N.Expect)}
        for m in [*N.matrix_symbols(left, right), *laws]:
            shape = size.get(m, (k, k))
            if shape == (None, None):
                raise CannotEvaluate(f"give sizes= for {m}: determinants, traces and transposes need them")
            env[m] = generic(m.name.lower(), shape, kinds.get(m, "general"), self.real_matrices)
        for h in self.hypotheses:
            if isinstance(h, Commute):
                # pairs of commuting matrices with the second a polynomial in the first are dense among all commuting
                # pairs (Motzkin and Taussky), so a polynomial identity proved for them holds for every pair
                bonds = [g for g in self.hypotheses if isinstance(g, Commute)]
                if len(h.symbols) > 2 or any(g is not h and set(g.symbols) & set(h.symbols) for g in bonds):
                    raise CannotEvaluate("with sizes, commute() is for pairs without a common matrix")
                first, m = h.symbols
                base = env[first]
                c = sp.symbols(f"{m.name.lower()}_0:{base.rows}")
                env[m] = Matrix(sum((c[i] * base**i for i in range(base.rows)), sp.zeros(base.rows)))
        if k is not None:
            for f in N.matrix_functions(left, right):
                function_matrix(f, k, ())
        return env

    def _prover_rejects(
        self, context: Context, mutant: sp.Basic, other: sp.Basic, change: str, place: tuple[Case, numeric.Env]
    ) -> None:
        case, env = place
        size = next((s for s in self.sizes or [] if fits(s, env)), None)
        try:
            with time_limit(MUTANT_PROOF_SECONDS), depth.at_most(self._depth):
                self.prove_statement(mutant, other, case, size, MUTANT_PROOF_SECONDS)
        except (TimeUp, Exception):  # whatever stops the prover, the mutant is not proved
            return
        raise context.fail(f"the prover accepts a false mutant ({change}): {N.show(mutant)} = {N.show(other)}")
