"""The verb `identity`: two or more trees are equal, proved by one leg and evaluated by the other."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp
from mpmath import mp
from sympy import Symbol

from . import nodes as N
from . import numeric
from ._limits import PROOF_SECONDS, Refused, TimeUp, time_limit
from .compare import Comparison, compare, describe, endless, precision_for, text
from .explicit import CannotEvaluate, Matrix, difference, explicit, function_matrix, generic, settle
from .hypotheses import Hypothesis, Relation, Structure, as_hypotheses, contains_conclusion
from .mutate import mutants
from .parts import Context, Outcome, Part, Tally
from .prove import NotProved, depth, prove_zero, reparametrise
from .sampling import Ingredients

POINTS = 20
NUMERIC_SECONDS = 30.0
MUTANT_PROOF_SECONDS = 0.4
Case = dict[Symbol, Any]


def normal_sizes(sizes: Any) -> list[dict[Any, Any]]:
    """Sizes as dictionaries: 3 becomes {"size": 3}; {X: (2, 3), m: 2} stays, its shapes checked."""
    out: list[dict[Any, Any]] = []
    for s in [sizes] if isinstance(sizes, (int, dict)) else list(sizes):
        if isinstance(s, int) and not isinstance(s, bool):
            if s < 1:
                raise ValueError(f"a size is a positive integer, got {s}")
            out.append({"size": s})
        elif isinstance(s, dict):
            entry = dict(s)
            squares = [v for v in entry.values() if isinstance(v, int)]
            shapes = [v for v in entry.values() if isinstance(v, tuple)]
            entry.setdefault("size", squares[0] if squares and not shapes else (shapes[0][0] if shapes else 2))
            out.append(entry)
        else:
            raise ValueError(f"a size is an integer or a dictionary of shapes, got {s!r}")
    if not out:
        raise Refused("no sizes given: the domain is empty")
    return out


def normal_cases(cases: Mapping[Symbol, Iterable[Any]] | None) -> list[Case]:
    """The product of the values given for each symbol."""
    if not cases:
        return [{}]
    names = list(cases)
    out = [dict(zip(names, values, strict=True)) for values in itertools.product(*(list(cases[n]) for n in names))]
    if not out:
        raise Refused("no cases given: the domain is empty")
    return out


def scope_text(sizes: list[dict[Any, Any]] | None, cases: Mapping[Symbol, Iterable[Any]] | None) -> str:
    """How far a proof by sizes and cases reaches: "k ≤ 4", "n = 1, …, 8"."""
    pieces = []
    if sizes:
        plain = [s["size"] for s in sizes if set(s) == {"size"}]
        if plain:
            pieces.append(_range_text("k", plain, floor=1))
        shaped = [s for s in sizes if set(s) != {"size"}]
        if shaped:
            shown = []
            for s in shaped:
                shapes = [f"{m} {v[0]}×{v[1]}" for m, v in s.items() if isinstance(v, tuple)]
                fixed = [f"{m} = {v}" for m, v in s.items() if not isinstance(v, tuple) and m != "size"]
                shown.append(", ".join(shapes + ([] if shapes else fixed)))
            pieces.append("; ".join(dict.fromkeys(shown)))
    for name, values in (cases or {}).items():
        pieces.append(_range_text(str(name), list(values)))
    return ", ".join(pieces)


def _range_text(name: str, values: list[Any], floor: int | None = None) -> str:
    integers = all(isinstance(v, (int, sp.Integer)) for v in values)
    if integers and len(values) > 1 and list(map(int, values)) == list(range(int(values[0]), int(values[-1]) + 1)):
        if values[0] == floor:
            return f"{name} ≤ {values[-1]}"
        return f"{name} = {values[0]}, …, {values[-1]}" if len(values) > 2 else f"{name} = {values[0]}, {values[1]}"
    return f"{name} = " + ", ".join(sp.sstr(v) if isinstance(v, sp.Basic) else str(v) for v in values)


class TreePart(Part):
    """Shared by the verbs on trees: ingredients, the numeric leg, counterexamples, hypotheses and mutants."""

    relation = "="

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
        self._depth = 1

    # --- instances ---

    def ingredients(self, *trees: sp.Basic, case: Case | None = None) -> Ingredients:
        return Ingredients(trees or self.sides, self.hypotheses, self.sizes, self.scales, fixed=case)

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

    def check_numerically(self, context: Context) -> tuple[int, int]:
        """Evaluate every link at every instance; the points used and the fewest digits reached."""
        try:
            with time_limit(NUMERIC_SECONDS):
                return self._evaluate_links(context)
        except TimeUp:
            raise context.fail(f"the numeric leg did not finish within {NUMERIC_SECONDS:g} s") from None

    def _evaluate_links(self, context: Context) -> tuple[int, int]:
        instances = self._instances = self.instances(context, self.points)
        fewest, used, last = 10**6, 0, None
        failures: list[tuple[numeric.Env, Comparison, tuple[sp.Basic, sp.Basic]]] = []
        for _, env in instances:
            defined = True
            for left, right in self.links():
                result = self.compare(left, right, env)
                if result.state == "undefined":
                    defined = False
                    last = env
                elif result.state == "agree":
                    fewest = min(fewest, result.digits)
                else:
                    failures.append((env, result, (left, right)))
            used += defined
        if failures:
            raise context.fail(self.counterexample(failures))
        if used < max(1, len(instances) // 2):
            raise context.fail(
                f"the statement is undefined at most of the sampled points, e.g. {describe(last or {})}", Refused
            )
        return used, min(fewest, self.digits_cap())

    def compare(self, left: sp.Basic, right: sp.Basic, env: numeric.Env, fast: bool = False) -> Comparison:
        """Whether the statement holds at one instance; `fast` bounds the work on mutants."""
        levels, wanted = precision_for(*self.sides)
        return compare(left, right, env, levels[:2] if fast else levels, wanted, fast)

    def digits_cap(self) -> int:
        levels, wanted = precision_for(*self.sides)
        return levels[0] - 2 if len(levels) > 1 else wanted

    def counterexample(self, failures: list[tuple[numeric.Env, Comparison, tuple[sp.Basic, sp.Basic]]]) -> str:
        """The smallest failing instance, made smaller still where small integers fail too."""

        def weight(item: tuple[numeric.Env, Comparison, Any]) -> float:
            env = item[0]
            return sum(
                float(numeric.size_of(v)) for s, v in env.items() if isinstance(s, Symbol) and not callable(v)
            ) + env.get("size", 0)

        env, result, (left, right) = min(failures, key=weight)
        if result.state == "differ":
            env, result = self._shrink(env, result, left, right)
        if result.state == "half":
            return (
                f"one side has no value (give the hypothesis under which it has).\n  left:  {N.show(left)}\n"
                f"  right: {N.show(right)}\n  at {describe(env)}\n  left = {text(result.left)}, right = "
                f"{text(result.right)}"
            )
        with mp.workdps(15):
            gap = numeric.size_of(numeric.difference(result.left, result.right))
        why = (
            "differ"
            if result.state == "differ"
            else f"agree to {max(result.digits, 0)} digits only, at the highest precision tried"
        )
        return (
            f"the sides {why}.\n  left:  {N.show(left)}\n  right: {N.show(right)}\n"
            f"  at {describe(env)}\n  left = {text(result.left)}, right = {text(result.right)}, difference = "
            f"{text(gap, 6)}"
        )

    def _shrink(
        self, env: numeric.Env, result: Comparison, left: sp.Basic, right: sp.Basic
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
                if not isinstance(x, numeric.MPMatrix) and not _allowed(s, x):
                    continue
                try:
                    if not all(h.test(trial) for h in self.hypotheses):
                        continue
                    again = self.compare(left, right, trial)
                except (ArithmeticError, KeyError, ValueError):
                    continue
                if again.state == "differ":
                    env, result = trial, again
                    break
        return env, result

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
                if {"undefined", "half"} & set(states) and isinstance(h, Structure) and h.kind == "invertible":
                    return True
                if "half" in states or (
                    "undefined" in states and isinstance(h, Relation) and isinstance(h.relation, sp.Ne)
                ):
                    return True
        return False

    # --- mutants ---

    def attack(self, context: Context, tally: Tally) -> None:
        """Change one side at a time; the check has to reject every change that changes the statement."""
        candidates = []
        for i, side in enumerate(self.sides):
            candidates += [(i, m) for m in mutants(side)]
        # a fixed shuffle: the same mutants under every seed shift
        order = sorted(range(len(candidates)), key=lambda n: zlib.crc32(f"{context.seed}/{n}".encode()))
        candidates = [candidates[n] for n in order]
        test_points = self.spread(6)
        limit = context.mutant_limit or len(candidates)
        proofs = 0
        for i, m in candidates:
            if tally.made["automatic"] + tally.made["ingredient"] >= limit:
                break
            sides = list(self.sides)
            sides[i] = m.tree
            verdict, place = self._judge(context, m.tree, self.sides[i], self._partner(i), test_points)
            if verdict == "skip":
                continue
            tally.add(m.kind, verdict == "killed")
            if verdict == "survived":
                raise context.fail(f"a mutant survives: {m.change} in {N.show(self.sides[i])}")
            if proofs < context.mutant_proofs and place is not None:
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


def _allowed(s: Symbol, x: Any) -> bool:
    value = sp.sympify(complex(x)) if mp.im(x) else sp.nsimplify(float(x))
    for name in ("positive", "negative", "nonnegative", "nonpositive", "real", "integer", "nonzero"):
        if getattr(s, f"is_{name}") is True and getattr(value, f"is_{name}") is not True:
            return False
    return True


class Identity(TreePart):
    """See `identity`."""

    kind = "identity"
    real_matrices = False
    advice = "the numeric leg found no counterexample"

    def run(self, context: Context) -> Outcome:
        self.refuse_vacuous(context)
        points, digits = self.check_numerically(context)
        proofs = self.prove(context)
        tally = Tally()
        hypotheses = self.under_attack(context, tally)
        scope = self.scope_of(context)
        return Outcome(
            kind=self.kind,
            verdict="proved",
            scope=scope,
            checked=self.checked(),
            evidence={"proofs": proofs, "points": points, "digits": digits} | self.scale_evidence(),
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
                    where = ", ".join([f"{s} = {v}" for s, v in case.items()] + ([_size_text(size)] if size else []))
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
        relations = [h.relation for h in self.hypotheses if isinstance(h, Relation)]
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
            return _free(left.xreplace(plain)) - _free(right.xreplace(plain))
        gap = _free(left) - _free(right)
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
        size = next((s for s in self.sizes or [] if _fits(s, env)), None)
        try:
            with time_limit(MUTANT_PROOF_SECONDS), depth.at_most(self._depth):
                self.prove_equal(mutant, other, case, size, MUTANT_PROOF_SECONDS)
        except (TimeUp, Exception):  # whatever stops the prover, the mutant is not proved
            return
        raise context.fail(f"the prover accepts a false mutant ({change}): {N.show(mutant)} = {N.show(other)}")


def _fits(size: dict[Any, Any], env: numeric.Env) -> bool:
    """Whether an instance was drawn for this entry of sizes."""
    if env["size"] != size.get("size", env["size"]):
        return False
    for s, v in size.items():
        if isinstance(v, tuple) and s in env and (env[s].rows, env[s].cols) != v:
            return False
        if isinstance(s, Symbol) and not isinstance(v, tuple) and s in env and env[s] != v:
            return False
        if isinstance(v, tuple) and env.get(("shape", s), v) != v:
            return False
    return True


def _size_text(size: dict[Any, Any]) -> str:
    return scope_text([size], None)


def commuted(e: sp.Expr, bonds: list[tuple[Symbol, ...]]) -> sp.Expr:
    """An expanded expression with the letters of each word in normal order: letters that commute are sorted.

    Two letters commute when each symbol of the one equals or is bound to each symbol of the other. Among the letters
    that
    can be brought to the front the smallest is taken: the lexicographic normal form of a trace monoid.
    """

    def commute_letters(x: sp.Expr, y: sp.Expr) -> bool:
        return all(
            a == b or any(a in bond and b in bond for bond in bonds)
            for a in N.matrix_symbols(x)
            for b in N.matrix_symbols(y)
        ) and not (N.contains(x, N.Const, N.MFun) or N.contains(y, N.Const, N.MFun))

    total = sp.S.Zero
    for term in sp.Add.make_args(e):
        commuting, words = term.args_cnc()
        letters: list[sp.Expr] = []
        for w in words:
            base, n = w.as_base_exp()
            letters += [base] * int(n) if n.is_Integer and n > 0 else [w]
        ordered = []
        while letters:
            front = [i for i, x in enumerate(letters) if all(commute_letters(x, y) for y in letters[:i])]
            ordered.append(letters.pop(min(front, key=lambda i: (sp.default_sort_key(letters[i]), i))))
        total += sp.Mul(*commuting, *ordered)
    return sp.expand(total)


def _free(tree: sp.Basic) -> sp.Basic:
    """Evaluate derivatives, sums and integrals in the free algebra; matrix functions stay opaque."""
    if isinstance(tree, N.D):
        inner, variable, order = tree.args
        inner = _free(inner)
        if inner.has(N.Node):
            raise CannotEvaluate(
                f"the derivative of a matrix function, {tree}: write it as a power series or give sizes="
            )
        return sp.diff(inner, variable, order)
    if isinstance(tree, N.Const):
        raise CannotEvaluate("an explicit matrix next to free ones: give sizes=")
    if isinstance(tree, sp.Expr) and tree.args and not isinstance(tree, N.Node):
        if isinstance(tree, (sp.Integral, sp.Sum, sp.Product, sp.Derivative, sp.Limit)):
            tree = tree.func(_free(tree.args[0]), *tree.args[1:])
            return tree.doit()
        return tree.func(*(_free(a) if isinstance(a, sp.Expr) else a for a in tree.args))
    return tree


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
