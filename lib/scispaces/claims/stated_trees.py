"""Displayed relations held against a part whose sides are trees."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sympy as sp
from mpmath import mp
from sympy.core.function import AppliedUndef

from . import nodes as N
from . import numeric
from .compare import Comparison, compare, precision_for
from .failures import ClaimFailed
from .instances import Ingredients
from .stated import Displayed, Verdict, constants, finest_change, neighbour, orientations, with_constant, wrong_relation
from .vocabulary import names_of

if TYPE_CHECKING:
    from .parts import Context
    from .tree_part import TreePart

ORDERS = ("<=", ">=", "<", ">")
INSTANCES = 6
"""How many of the part's instances a sentence is held against; a mutant that passes there, against all."""
_BROKEN = (KeyError, NotImplementedError, ArithmeticError, ValueError, TypeError, AttributeError, IndexError)


class StatedTrees:
    """``left rel right`` as an `identity`, `limit`, `bound`, ... states it."""

    def __init__(self, part: TreePart, context: Context, left: sp.Basic, right: sp.Basic, rel: str) -> None:
        self.part, self.context, self.rel = part, context, rel
        self.sides = (left, right)
        self.thorough = False

    def names(self, latex: str) -> dict[str, Any]:
        cases = [sp.Symbol(str(s)) if not isinstance(s, sp.Basic) else s for s in (self.part.case_values or {})]
        return names_of([*self.sides, *(h.relation for h in self.part.hypotheses if hasattr(h, "relation")), *cases],
                        latex)  # fmt: skip

    # --- one side

    def bind(self, tree: sp.Basic) -> tuple[sp.Basic, str]:
        """The tree with its letters made the part's own symbols, by name; then which letters the part does not know."""
        tree = _with_constants(tree)
        own = {s.name: s for t in self.sides for s in _letters(t)}
        own |= {s.name: s for h in self.part.hypotheses for s in _letters(getattr(h, "relation", sp.S.Zero))}
        own |= {s.name: s for s in (self.part.case_values or {})}
        tree = _forms_as_numbers(tree, self._vectors())
        swap = {s: own[s.name] for s in _letters(tree) if s.name in own and s is not own[s.name]}
        strange = sorted(s.name for s in _letters(tree) if s.name not in own)
        return tree.xreplace(swap), ", ".join(strange)

    def _vectors(self) -> set[str]:
        """The matrix symbols that are columns at every size of the part."""
        sizes = self.part.sizes or []
        names = {m.name for s in sizes for m, shape in s.items() if isinstance(shape, tuple) and shape[1] == 1}
        return {n for n in names if all(any(getattr(m, "name", "") == n and isinstance(v, tuple) and v[1] == 1
                                            for m, v in s.items()) for s in sizes)}  # fmt: skip

    def _state(self, tree: sp.Basic, other: sp.Basic, env: numeric.Env) -> str:
        from .tree_part import TreePart

        try:
            left, right = _without_limits(tree, env), _without_limits(other, env)
            return TreePart.compare(self.part, left, right, env).state
        except _BROKEN:
            return "undefined"

    def _environments(self) -> list[numeric.Env]:
        return [env for _, env in self.part.spread(10**6 if self.thorough else INSTANCES)]

    def same(self, tree: sp.Basic, other: sp.Basic, environments: list[numeric.Env]) -> bool:
        """Whether two trees have the same value at the instances: equal at half of them or more, different nowhere."""
        if tree == other:
            return True
        if _limit_ends(tree) != _limit_ends(other):
            return False
        agreed = 0
        for env in environments:
            state = self._state(tree, other, env)
            if state in ("differ", "half"):
                return False
            agreed += state == "agree"
        return agreed * 2 >= len(environments) > 0 and agreed > 0

    def _side_is(self, tree: sp.Basic, side: int, decimals: Any) -> bool:
        stated = self.sides[side]
        rounded = [d for d in decimals if tree.has(d[1]) or tree.has(-d[1])]
        if rounded and not any(stated.has(d[1]) for d in rounded):
            return all(self._between(tree, stated, rounded, env) for env in self._environments())
        return self.same(tree, stated, self._environments())

    def _between(self, tree: sp.Basic, stated: sp.Basic, rounded: Any, env: numeric.Env) -> bool:
        """A displayed decimal stands for what rounds to it."""
        try:
            ends = []
            for signs in itertools.product((-1, 1), repeat=len(rounded)):
                moved = tree
                for (_, d, half), sign in zip(rounded, signs, strict=True):
                    moved = with_constant(moved, d, d + sign * half)
                ends.append(mp.re(numeric.value(moved, env, 30)))
            return bool(min(ends) <= mp.re(numeric.value(stated, env, 30)) <= max(ends))
        except (numeric.Undefined, *_BROKEN):
            return False

    # --- the relation

    def reads(self, shown: Displayed) -> Verdict:
        order = orientations(shown.rel, self.rel)
        if not order:
            return Verdict(False, wrong_relation(shown.rel, self.rel))
        bound = [self.bind(t) for t in (shown.left, shown.right)]
        if strange := ", ".join(dict.fromkeys(s for _, s in bound if s)):
            return Verdict(False, f"the part says nothing of {strange}")
        trees = [t for t, _ in bound]
        for orientation in order:
            if all(self._side_is(t, side, shown.decimals) for t, side in zip(trees, orientation, strict=True)):
                return Verdict(True, orientation=orientation)
        return Verdict(False, "no part of its clause states these two sides", self._fails(shown, trees))

    def _fails(self, shown: Displayed, trees: list[sp.Basic]) -> str:
        """Where the displayed relation itself is false, if it is an equality of trees that have values here."""
        from .compare import describe, text

        if shown.rel in ORDERS and self.rel in ORDERS and not shown.decimals:
            return self._order_fails(shown.rel, trees)
        if any(t.has(sp.Limit) for t in trees):
            return self._limit_fails(trees) if shown.rel in ("=", "->") and shown.rel == self.rel else ""
        if shown.rel != "=" or self.rel != "=":
            return ""

        if shown.decimals:
            return self._decimal_fails(trees, shown.decimals)
        for env in self._environments():
            try:
                found: Comparison = self.part.compare(trees[0], trees[1], env)
            except _BROKEN:
                continue
            if found.state == "differ":
                return f"at {describe(env)}: left = {text(found.left, 6)}, right = {text(found.right, 6)}"
        return ""

    def _order_fails(self, rel: str, trees: list[sp.Basic]) -> str:
        """Where a displayed inequality is violated at an instance."""
        from .compare import describe, text

        for env in self._environments():
            try:
                a, b = (numeric.value(t, env, 30) for t in trees)
            except (numeric.Undefined, *_BROKEN):
                continue
            if mp.im(a) or mp.im(b):
                continue
            gap = mp.re(a) - mp.re(b) if rel in ("<=", "<") else mp.re(b) - mp.re(a)
            if gap > mp.mpf("1e-12") * (abs(a) + abs(b)):
                return f"at {describe(env)}: left = {text(a, 6)}, right = {text(b, 6)}"
        return ""

    def _limit_fails(self, trees: list[sp.Basic]) -> str:
        """Where the limit is the part's and the value is another."""
        if self.rel not in ("=", "->") or not isinstance(self.sides[0], sp.Limit) or not isinstance(trees[0], sp.Limit):
            return ""
        from .compare import describe, text

        if not self.same(trees[0], self.sides[0], self._environments()):
            return ""
        for env in self._environments():
            if self._state(trees[1], self.sides[1], env) == "differ":
                return f"at {describe(env)}: the limit is {text(numeric.value(self.sides[1], env, 20), 6)}"
        return ""

    def _decimal_fails(self, trees: list[sp.Basic], decimals: Any) -> str:
        """Where what rounds to the displayed decimals is not what stands on the other side."""
        from .compare import describe, text

        for env in self._environments():
            try:
                (low, high), (under, over) = (self._range(t, decimals, env) for t in trees)
            except (numeric.Undefined, *_BROKEN):
                continue
            if high < under or over < low:
                return f"at {describe(env)}: left = {text(low, 12)}, right = {text(under, 12)}, and neither is rounded"
        return ""

    def _range(self, tree: sp.Basic, decimals: Any, env: numeric.Env) -> tuple[Any, Any]:
        """The values of a side whose decimals are anything that rounds to them."""
        rounded = [d for d in decimals if tree.has(d[1]) or tree.has(-d[1])]
        ends = []
        for signs in itertools.product((-1, 1), repeat=len(rounded)):
            moved = tree
            for (_, d, half), sign in zip(rounded, signs, strict=True):
                moved = with_constant(moved, d, d + sign * half)
            ends.append(mp.re(numeric.value(moved, env, 30)))
        slack = mp.mpf("1e-25") * max(abs(e) for e in ends)
        return min(ends) - slack, max(ends) + slack

    def equal(self, left: sp.Basic, right: sp.Basic) -> bool | None:
        (a, strange), (b, more) = self.bind(left), self.bind(right)
        if strange or more:
            return None
        states = [self._state(a, b, env) for env in self._environments()]
        if "differ" in states or "half" in states:
            return False
        return True if "agree" in states else None

    def same_statement(self, shown: Displayed, other: Displayed) -> bool:
        fresh = [env for _, env in self.part.instances(self.context, 8, "display")][:10]
        pairs = [(self.bind(a)[0], self.bind(b)[0]) for a, b in ((shown.left, other.left), (shown.right, other.right))]
        return all(self.same(a, b, fresh) for a, b in pairs) or all(
            self.same(a, b, fresh) for a, b in ((pairs[0][0], pairs[1][1]), (pairs[1][0], pairs[0][1]))
        )

    def resolution(self, shown: Displayed) -> list[dict[str, Any]]:
        """Only a numeric check has one: what is proved is exact."""
        if self.part.kind != "agrees":
            return []
        out = []
        trees = [self.bind(t)[0] for t in (shown.left, shown.right)]
        environments = self._environments()
        for side, tree in enumerate(trees):
            for c in constants(tree):

                def noticed(step: sp.Rational, tree: sp.Basic = tree, c: sp.Rational = c, side: int = side) -> bool:
                    moved = with_constant(tree, c, c * (1 + step))
                    return any(self._state(moved, trees[1 - side], env) == "differ" for env in environments)

                out.append({"constant": c, "relative": finest_change(noticed), "allowed": neighbour(c) / 3})
        return out


class StatedAt(StatedTrees):
    """A false sentence, compared at its counterexample and at the places where it holds."""

    def __init__(
        self, part: Any, context: Context, left: sp.Basic, right: sp.Basic, rel: str, places: list[numeric.Env]
    ) -> None:
        super().__init__(part, context, left, right, rel)
        self.places = [*places, *self._elsewhere(places)]

    def _elsewhere(self, places: list[numeric.Env]) -> list[numeric.Env]:
        """Random instances too: a few chosen places do not tell one sentence from another."""
        sizes = [{"size": size} for p in places if (size := p.get("size")) is not None]
        try:
            pool = Ingredients(self.sides, self.part.hypotheses, sizes or None)
            return list(pool.instances(6, *self.context.seed, "display"))
        except (ClaimFailed, *_BROKEN):
            return []

    def names(self, latex: str) -> dict[str, Any]:
        return names_of(self.sides, latex)

    def _environments(self) -> list[numeric.Env]:
        return self.places

    def _state(self, tree: sp.Basic, other: sp.Basic, env: numeric.Env) -> str:
        levels, wanted = precision_for(tree, other)
        try:
            return compare(tree, other, env, levels, wanted).state
        except _BROKEN:
            return "undefined"

    def bind(self, tree: sp.Basic) -> tuple[sp.Basic, str]:
        tree = _with_constants(tree)
        own = {s.name: s for t in self.sides for s in _letters(t)}
        swap = {s: own[s.name] for s in _letters(tree) if s.name in own and s is not own[s.name]}
        return tree.xreplace(swap), ", ".join(sorted(s.name for s in _letters(tree) if s.name not in own))

    def reads(self, shown: Displayed) -> Verdict:
        if shown.rel == "!=" and self.rel == "=":  # "A ≠ B in general" shows the same false equality
            shown = replace(shown, rel="=")
        found = super().reads(shown)
        return Verdict(found.read, found.why)

    def same_statement(self, shown: Displayed, other: Displayed) -> bool:
        return True  # the instances above are all there are

    def resolution(self, shown: Displayed) -> list[dict[str, Any]]:
        return []


class StatedSeries(StatedTrees):
    """``left = right + O(t^n)``: both sides at small values of the variable, and the order of what is left out."""

    part: Any

    def _environments(self) -> list[numeric.Env]:
        return [env for base in super()._environments()[:4] for env in self._near(base)]

    def _near(self, env: Any) -> list[numeric.Env]:
        places = []
        for h in (mp.mpf(3) / 128, mp.mpf(5) / 512):
            if self.part.at == sp.oo:
                place = 1 / h
            else:
                place = numeric.value(self.part.at, env, 40) + h
            there = env.at(self.part.variable, place) if hasattr(env, "at") else {**env, self.part.variable: place}
            places.append(there)
        return places

    def reads(self, shown: Displayed) -> Verdict:
        if shown.rel != "O":
            return Verdict(False, wrong_relation(shown.rel, "O"))
        one, right, gauge = without_small(shown.right)
        if not one:
            return Verdict(False, "the display does not say up to what order")
        bound = [self.bind(t) for t in (shown.left, right, gauge)]
        if strange := ", ".join(dict.fromkeys(s for _, s in bound if s)):
            return Verdict(False, f"the part says nothing of {strange}")
        left, right, gauge = (t for t, _ in bound)
        sides = all(self.same(t, s, self._environments()) for t, s in zip((left, right), self.sides, strict=True))
        if not self._gauge_is(gauge):
            why = f"the display leaves out O({gauge}), the part {self.part.small}"
            return Verdict(False, why, self._too_small(left, right, gauge) if sides else "")
        if sides:
            return Verdict(True)
        return Verdict(False, "no part of its clause states these two sides")

    def _too_small(self, left: sp.Basic, right: sp.Basic, gauge: sp.Basic) -> str:
        """Whether what is left out grows beyond any multiple of the displayed gauge."""
        for _, base in self.part.spread(3):
            ratios = []
            for env in self._near(base):
                try:
                    with mp.workdps(40):
                        gap = numeric.size_of(numeric.difference(*(numeric.value(t, env, 40) for t in (left, right))))
                        ratios.append(gap / abs(numeric.value(gauge, env, 40)))
                except (numeric.Undefined, *_BROKEN):
                    break
            if len(ratios) == 2 and ratios[1] > 2 * ratios[0] > 0:
                grows = f"{mp.nstr(ratios[0], 3)} of it, then {mp.nstr(ratios[1], 3)}"
                return f"what is left out is no O({gauge}): it is {grows} as the variable goes to its end"
        return ""

    def _gauge_is(self, gauge: sp.Basic) -> bool:
        variable, order = self.part.variable, self.part.order
        step = 1 / variable if self.part.at == sp.oo else variable - self.part.at
        ratio = sp.simplify(gauge / step**order)
        return bool(ratio.is_number and ratio.is_nonzero)

    def same_statement(self, shown: Displayed, other: Displayed) -> bool:
        """The sign of an O says nothing."""
        (_, a, g), (_, b, h) = (without_small(r.right) for r in (shown, other))
        gauges = [self._gauge_is(self.bind(x)[0]) for x in (g, h)]
        return shown.left == other.left and a == b and gauges[0] == gauges[1]

    def resolution(self, shown: Displayed) -> list[dict[str, Any]]:
        return []


def without_small(tree: sp.Basic) -> tuple[bool, sp.Basic, sp.Basic]:
    """Whether exactly one O(g) stands in a tree, the tree without it, and g."""
    small = [n for n in tree.atoms(AppliedUndef) if n.func.__name__ == "O"]
    if len(small) != 1:
        return False, tree, sp.S.Zero
    return True, tree.xreplace({small[0]: sp.S.Zero}), small[0].args[0]


def _forms_as_numbers(tree: sp.Basic, vectors: set[str]) -> sp.Basic:
    """x^T ... y of two columns is a number: the trace of a 1x1 matrix (unless it stands under a trace already)."""
    if not vectors or not tree.args or isinstance(tree, N.Tr):
        return tree
    if isinstance(tree, (N.Tr, N.Det, N.Entry, N.T)) and isinstance(tree.args[0], sp.Mul):  # its product is a matrix
        product = tree.args[0].func(*(_forms_as_numbers(a, vectors) for a in tree.args[0].args))
        return tree.func(product, *tree.args[1:])
    tree = tree.func(*(_forms_as_numbers(a, vectors) if isinstance(a, sp.Expr) else a for a in tree.args))
    if isinstance(tree, N.Tr) and not N.is_matrix(tree.args[0]):
        return tree.args[0]  # a displayed trace of a number is that number
    if isinstance(tree, sp.Mul) and not tree.is_commutative:
        plain, factors = tree.args_cnc()
        first, last = factors[0], factors[-1]
        if isinstance(first, N.T) and getattr(first.args[0], "name", "") in vectors and last.is_Symbol:
            if last.name in vectors:
                return sp.Mul(*plain, N.Tr(sp.Mul(*factors)))
    return tree


def _with_constants(tree: Any) -> sp.Basic:
    """Displayed matrices as the engine's own node."""
    if isinstance(tree, sp.MatrixBase):
        return N.Const(tree)
    if not isinstance(tree, sp.Basic) or not tree.args or isinstance(tree, N.Const):
        return tree
    if not any(isinstance(n, sp.MatrixBase) for n in sp.preorder_traversal(tree)):
        return tree
    return tree.func(*(_with_constants(a) for a in tree.args))


def _letters(tree: Any) -> set[sp.Symbol]:
    if not isinstance(tree, sp.Basic):
        return set()
    functions = {n.args[0] for n in sp.preorder_traversal(tree) if isinstance(n, N.MFun)}
    return {s for s in N.free(tree) if isinstance(s, sp.Symbol)} - functions


def _limit_ends(tree: sp.Basic) -> list[tuple[str, str]]:
    """Where the limits of a tree are taken: (end, side), a two-sided one at infinity counted as one-sided."""
    return sorted(
        (sp.sstr(n.args[2]), "" if n.args[2].is_infinite else str(n.args[3]))
        for n in sp.preorder_traversal(tree)
        if isinstance(n, sp.Limit)
    )


def _without_limits(tree: sp.Basic, env: numeric.Env) -> sp.Basic:
    """A limit by what stands in it, at a point near its end: the same point for the display and the part."""
    if not tree.has(sp.Limit):
        return tree
    if isinstance(tree, sp.Limit):
        body, variable, end, side = tree.args
        place = sp.sign(end) * 41 if end.is_infinite else end + sp.Rational(-217 if str(side) == "-" else 137, 10**4)
        return _without_limits(body, env).subs(variable, place)
    return tree.func(*(_without_limits(a, env) if isinstance(a, sp.Basic) else a for a in tree.args))
