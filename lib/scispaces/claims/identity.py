"""The verb `identity`: two or more trees are equal, proved by one leg and evaluated by the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp
from sympy import Symbol

from . import nodes as N
from . import numeric
from ._limits import PROOF_SECONDS, Refused, TimeUp, time_limit
from .explicit import CannotEvaluate, Matrix, difference, explicit, function_matrix, generic, settle
from .free_algebra import commuted, evaluate_free
from .hypotheses import Relation, Structure, contains_conclusion
from .parts import Context, Outcome, Tally
from .prove import NotProved, depth, prove_zero, reparametrise
from .scope import Case, fits, scope_text, size_text
from .tree_part import POINTS, TreePart

MUTANT_PROOF_SECONDS = 0.4


class Identity(TreePart):
    """See `identity`."""

    kind = "identity"
    real_matrices = False
    advice = "the numeric leg found no counterexample"

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

    def scope_of(self, context: Context) -> str:
        """How far the check reaches; `scope` adds words to it and takes nothing away."""
        return ", ".join(x for x in (scope_text(self.sizes, self.case_values), self.scope) if x)

    def scale_evidence(self) -> dict[str, Any]:
        return {"scales": f"{self.scales[0]:g} … {self.scales[1]:g}"} if self.scales else {}

    def checked(self) -> str:
        return " = ".join(N.show(s) for s in self.sides)

    def refuse_vacuous(self, context: Context) -> None:
        for left, right in self.links():
            if N.canonical(left) == N.canonical(right):
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

    # --- the symbolic leg ---

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
                self.prove_equal(left, right, case, size, seconds)
        except TimeUp:
            raise context.fail(f"not proved within {seconds:g} s{at}: {stated}; {self.advice}") from None
        except NotProved as error:
            raise context.fail(f"not proved{at}: {stated}\n  {error}\n  {self.advice}") from None
        except (CannotEvaluate, NotImplementedError) as error:
            raise context.fail(f"the symbolic leg cannot evaluate the statement{at}: {error}") from None

    def prove_equal(self, left: sp.Basic, right: sp.Basic, case: Case, size: dict | None, seconds: float) -> None:
        """Return when left = right is proved."""
        replaced = {s: sp.sympify(v) for s, v in case.items()}
        left, right = left.xreplace(replaced), right.xreplace(replaced)
        numbers = {s: sp.sympify(v) for s, v in (size or {}).items() if isinstance(s, Symbol) and not isinstance(v, tuple)}
        relations = [h.relation.xreplace({**replaced, **numbers}) for h in self.hypotheses if isinstance(h, Relation)]
        if (
            size is None
            and not N.contains(left, N.Det, N.Tr, N.Adj, N.T, N.MFun, N.Entry, N.Expect)
            and not N.contains(right, N.Det, N.Tr, N.Adj, N.T, N.MFun, N.Entry, N.Expect)
        ):
            symbols = [s for s in N.matrix_symbols(left, right)]
            if symbols or not (N.is_matrix(left) or N.is_matrix(right)):
                gap = self._free_difference(left, right, symbols)
                _prove_scalar(gap, relations, seconds)
                return
        env = self.symbolic_ingredients(left, right, size or {})
        gap = difference(settle(explicit(left, env)), settle(explicit(right, env)))
        entries = list(gap) if isinstance(gap, sp.MatrixBase) else [gap]
        for e in entries:
            _prove_scalar(e, relations, seconds)

    def _free_difference(self, left: sp.Basic, right: sp.Basic, symbols: list[Symbol]) -> sp.Expr:
        """The difference in the free algebra: nothing is assumed of the matrices but the hypotheses."""
        bonds = [h.symbols for h in self.hypotheses if isinstance(h, Structure) and h.kind == "commute"]
        if any(set(symbols) <= set(bond) for bond in bonds):
            plain = {s: Symbol(f"{s.name}_c") for s in symbols}
            return evaluate_free(left.xreplace(plain)) - evaluate_free(right.xreplace(plain))
        gap = evaluate_free(left) - evaluate_free(right)
        if gap.is_commutative:
            return gap
        gap = sp.expand(gap)
        return commuted(gap, bonds) if bonds else gap

    def symbolic_ingredients(self, left: sp.Basic, right: sp.Basic, size: dict[Any, Any]) -> dict[Any, Any]:
        env: dict[Any, Any] = {
            k: sp.sympify(v) for k, v in size.items() if isinstance(k, Symbol) and not isinstance(v, tuple)
        }
        k = size.get("size")
        env["size"] = k
        kinds = {
            s: h.kind
            for h in self.hypotheses
            if isinstance(h, Structure) and h.kind in ("symmetric", "diagonal")
            for s in h.symbols
        }
        laws = {e.args[1].args[0] for t in (left, right) for e in sp.preorder_traversal(t) if isinstance(e, N.Expect)}
        for m in [*N.matrix_symbols(left, right), *laws]:
            shape = size.get(m, (k, k))
            if shape == (None, None):
                raise CannotEvaluate(f"give sizes= for {m}: determinants, traces and transposes need them")
            env[m] = generic(m.name.lower(), shape, kinds.get(m, "general"), self.real_matrices)
        for h in self.hypotheses:
            if isinstance(h, Structure) and h.kind == "commute":
                # pairs of commuting matrices with the second a polynomial in the first are dense among all commuting
                # pairs (Motzkin and Taussky), so a polynomial identity proved for them holds for every pair
                bonds = [g for g in self.hypotheses if isinstance(g, Structure) and g.kind == "commute"]
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
                self.prove_equal(mutant, other, case, size, MUTANT_PROOF_SECONDS)
        except (TimeUp, Exception):  # whatever stops the prover, the mutant is not proved
            return
        raise context.fail(f"the prover accepts a false mutant ({change}): {N.show(mutant)} = {N.show(other)}")


def _prove_scalar(gap: sp.Expr, relations: list[sp.Basic], seconds: float) -> None:
    gap = gap.doit()
    try:
        prove_zero(gap, seconds if not relations else seconds / 2)
        return
    except NotProved:
        if not relations:
            raise
    swap = reparametrise(relations, N.scalar_symbols(gap))
    equalities = {r.lhs: r.rhs for r in relations if isinstance(r, sp.Eq) and r.lhs.is_Symbol}
    if not swap and not equalities:
        prove_zero(gap, seconds / 2)
        return
    prove_zero(gap.subs(equalities).subs(swap).doit(), seconds / 2)


def identity(
    *sides: Any,
    sizes: Any = None,
    cases: dict[Symbol, Iterable[Any]] | None = None,
    given: Any = (),
    wrong: Any = (),
    scales: tuple[float, float] | None = None,
    scope: str | None = None,
    points: int = POINTS,
) -> Identity:
    r"""Equality of two or more unevaluated trees (a chain is checked link by link). Verdict: proved.

    Parameters
    ----------
    sides: sympy expressions; matrices are the symbols of `matrices`, the unit matrix is 1.
    sizes: sizes k for which matrix statements are proved with generic entries, or dictionaries of shapes
        ``{X: (2, 3), Y: (3, 2)}``. Without sizes a matrix statement is proved in the free algebra, for every size.
    cases: ``{n: range(1, 9)}`` proves the statement for each listed value, which becomes the scope.
    given: hypotheses (relations, `commute`, `invertible`, `symmetric`, `diagonal`, `holds`); each is attacked.
    wrong: trees that a careless author would write in place of the last side; each must be rejected.
    scales: (smallest, largest) modulus of the sampled scalars, where the default 1e-3 .. 1e3 is out of reach.
    scope: words added to the scope that sizes and cases give.
    points: how many points the numeric leg samples.

    Raises ClaimFailed with the smallest counterexample found, or Refused when the check could not fail.
    """
    return Identity(sides, sizes, cases, given, wrong, scales, scope, points)
