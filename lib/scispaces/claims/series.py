"""The verbs `series` and `limit`: equality to an order, with the order measured by the numeric leg."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp
from mpmath import mp
from sympy import Symbol

from . import nodes as N
from . import numeric
from .compare import Comparison, precision_for
from .explicit import CannotEvaluate, _det, explicit, settle
from .identity import POINTS, Case, Identity
from .parts import Context
from .prove import NotProved, prove_zero

Coefficients = list[Any]


def _plus(a: Any, b: Any) -> Any:
    if not isinstance(a, sp.MatrixBase) and a == 0:
        return b
    if not isinstance(b, sp.MatrixBase) and b == 0:
        return a
    if isinstance(a, sp.MatrixBase) != isinstance(b, sp.MatrixBase):
        k = a.rows if isinstance(a, sp.MatrixBase) else b.rows
        a = a if isinstance(a, sp.MatrixBase) else a * sp.eye(k)
        b = b if isinstance(b, sp.MatrixBase) else b * sp.eye(k)
    return a + b


def _times(a: Any, b: Any) -> Any:
    if (not isinstance(a, sp.MatrixBase) and a == 0) or (not isinstance(b, sp.MatrixBase) and b == 0):
        return sp.S.Zero
    out = a * b
    return out.applyfunc(sp.expand) if isinstance(out, sp.MatrixBase) else sp.expand(out)


def _convolve(a: Coefficients, b: Coefficients, n: int) -> Coefficients:
    out: Coefficients = [sp.S.Zero] * n
    for i in range(n):
        for j in range(i + 1):
            out[i] = _plus(out[i], _times(a[j], b[i - j]))
    return out


def _scaled(a: Coefficients, c: Any) -> Coefficients:
    return [_times(c, x) for x in a]


def _is_one(c: Any) -> bool:
    return c == sp.eye(c.rows) if isinstance(c, sp.MatrixBase) else c == 1


class Expander:
    """Power-series arithmetic on trees: coefficients t^0 .. t^(n-1) over generic matrices or the free algebra."""

    def __init__(self, t: Symbol, env: dict[Any, Any]) -> None:
        self.t, self.env = t, env

    def __call__(self, tree: sp.Basic, n: int) -> Coefficients:
        if self.t not in N._free(tree):
            value = settle(explicit(tree, self.env)) if self.env else tree.doit()
            return [value] + [sp.S.Zero] * (n - 1)
        if tree == self.t:
            return ([sp.S.Zero, sp.S.One] + [sp.S.Zero] * n)[:n]
        if isinstance(tree, sp.Add):
            out: Coefficients = [sp.S.Zero] * n
            for a in tree.args:
                out = [_plus(x, y) for x, y in zip(out, self(a, n), strict=True)]
            return out
        if isinstance(tree, sp.Mul):
            poles = [a for a in tree.args if a.is_Pow and a.base == self.t and a.exp.is_Integer and a.exp < 0]
            if poles:
                return self._divided(
                    sp.Mul(*(a for a in tree.args if a not in poles)), -sum(int(a.exp) for a in poles), n
                )
            out = [sp.S.One] + [sp.S.Zero] * (n - 1)
            for a in tree.args:
                out = _convolve(out, self(a, n), n)
            return out
        if isinstance(tree, sp.Pow) and tree.exp.is_Integer:
            return self._power(self(tree.base, n), int(tree.exp), n)
        if isinstance(tree, N.D) and tree.args[1] == self.t:
            order = int(tree.args[2])
            inner = self(tree.args[0], n + order)
            for _ in range(order):
                inner = [_times(sp.Integer(i), inner[i]) for i in range(1, len(inner))]
            return inner[:n]
        if isinstance(tree, (N.Exp, N.Log, N.Sin, N.Cos)):
            return self._matrix_function(tree, n)
        if isinstance(tree, N.Tr):
            return [self._trace(c) for c in self(tree.args[0], n)]
        if isinstance(tree, N.T):
            return [c.T if isinstance(c, sp.MatrixBase) else c for c in self(tree.args[0], n)]
        if isinstance(tree, N.Entry):
            return [
                c[int(tree.args[1]) - 1, int(tree.args[2]) - 1] if isinstance(c, sp.MatrixBase) else c
                for c in self(tree.args[0], n)
            ]
        if isinstance(tree, N.Det):
            return self._determinant(tree, n)
        if isinstance(tree, sp.Sum):
            return self._sum(tree, n)
        if (
            isinstance(tree, sp.Integral)
            and len(tree.limits) == 1
            and tree.limits[0][1:] == (0, self.t)
            and self.t not in tree.function.free_symbols
        ):
            ((s, _, _),) = tree.limits
            inner = Expander(s, self.env)(tree.function, n)
            return [sp.S.Zero] + [_times(sp.Rational(1, i + 1), inner[i]) for i in range(n - 1)]
        if isinstance(tree, (sp.Function, sp.Pow)) and tree.is_commutative:
            return self._composition(tree, n)
        return self._by_sympy(tree, n)

    def _divided(self, tree: sp.Basic, p: int, n: int) -> Coefficients:
        inner = self(tree, n + p)
        for c in inner[:p]:
            if not (c.is_zero_matrix if isinstance(c, sp.MatrixBase) else sp.simplify(c) == 0):
                raise CannotEvaluate(f"{tree} / {self.t}^{p} has a pole at {self.t} = 0")
        return inner[p:]

    def _trace(self, c: Any) -> Any:
        if isinstance(c, sp.MatrixBase):
            return c.trace()
        return c * self.env["size"]

    def _power(self, base: Coefficients, exponent: int, n: int) -> Coefficients:
        if exponent < 0:
            base, exponent = self._inverse(base, n), -exponent
        out = [sp.S.One] + [sp.S.Zero] * (n - 1)
        for _ in range(exponent):
            out = _convolve(out, base, n)
        return out

    def _inverse(self, a: Coefficients, n: int) -> Coefficients:
        first = a[0]
        if isinstance(first, sp.MatrixBase):
            lead = first.inv()
        elif first == 0:
            raise CannotEvaluate("a power series without constant term has no inverse")
        else:
            lead = 1 / first
        out: Coefficients = [lead]
        for i in range(1, n):
            total: Any = sp.S.Zero
            for j in range(1, i + 1):
                total = _plus(total, _times(a[j], out[i - j]))
            out.append(_times(lead, _times(sp.S.NegativeOne, total)))
        return out

    def _matrix_function(self, tree: sp.Basic, n: int) -> Coefficients:
        inner = self(tree.args[0], n)
        lead = inner[0]
        vanishing = lead.is_zero_matrix if isinstance(lead, sp.MatrixBase) else lead == 0
        if isinstance(tree, N.Log):
            if not _is_one(lead):
                raise CannotEvaluate(f"{tree}: the logarithm is expanded around the unit matrix")
            u = [sp.S.Zero, *inner[1:]]
            coefficient = [sp.S.Zero] + [sp.Rational((-1) ** (j - 1), j) for j in range(1, n)]
        else:
            if not vanishing:
                raise CannotEvaluate(f"{tree}: the argument has to vanish at {self.t} = 0")
            u = [sp.S.Zero, *inner[1:]]
            signs = {N.Exp: (1, 1, 1, 1), N.Sin: (0, 1, 0, -1), N.Cos: (1, 0, -1, 0)}[type(tree)]
            coefficient = [sp.Rational(signs[j % 4]) / sp.factorial(j) for j in range(n)]
        out: Coefficients = [sp.S.Zero] * n
        power: Coefficients = [sp.S.One] + [sp.S.Zero] * (n - 1)
        for c in coefficient:
            out = [_plus(x, _times(c, y)) for x, y in zip(out, power, strict=True)]
            power = _convolve(power, u, n)
        return out

    def _composition(self, tree: sp.Basic, n: int) -> Coefficients:
        """f(c0 + u) = sum of f^(j)(c0) u^j/j! for a scalar function of one argument."""
        positions = [i for i, a in enumerate(tree.args) if self.t in N._free(a)]
        if len(positions) != 1:
            return self._by_sympy(tree, n)
        try:
            inner = self(tree.args[positions[0]], n)
        except CannotEvaluate:
            return self._by_sympy(tree, n)
        s = sp.Dummy("s")
        args = [settle(explicit(a, self.env)) if i != positions[0] else s for i, a in enumerate(tree.args)]
        f = tree.func(*args)
        u = [sp.S.Zero, *inner[1:]]
        out: Coefficients = [sp.S.Zero] * n
        power: Coefficients = [sp.S.One] + [sp.S.Zero] * (n - 1)
        for j in range(n):
            value = f.subs(s, inner[0])
            if value.has(sp.nan, sp.zoo, sp.oo):
                return self._by_sympy(tree, n)
            out = [_plus(x, _times(value / sp.factorial(j), y)) for x, y in zip(out, power, strict=True)]
            power = _convolve(power, u, n)
            f = f.diff(s)
        return out

    def _determinant(self, tree: N.Det, n: int) -> Coefficients:
        total: Any = sp.S.Zero
        for i, c in enumerate(self(tree.args[0], n)):
            total = _plus(total, _times(self.t**i, c))
        if not isinstance(total, sp.MatrixBase):
            total = total * sp.eye(self.env["size"])
        poly = sp.Poly(sp.expand(_det(total)), self.t)
        return [poly.coeff_monomial(self.t**i) for i in range(n)]

    def _sum(self, tree: sp.Sum, n: int) -> Coefficients:
        (variable, low, high), *rest = tree.limits
        if rest:
            raise CannotEvaluate(f"{tree}: a single sum is expanded")
        low = explicit(low, self.env)
        high = explicit(high, self.env)
        out: Coefficients = [sp.S.Zero] * n
        stop = int(high) if high.is_Integer else int(low) + n + 2
        for m in range(int(low), stop + 1):
            term = self(tree.function.subs(variable, m), n)
            if not high.is_Integer and m > int(low) + n and any(x != 0 for x in term):
                raise CannotEvaluate(f"{tree}: the terms do not rise in powers of {self.t}")
            out = [_plus(x, y) for x, y in zip(out, term, strict=True)]
        return out

    def _by_sympy(self, tree: sp.Basic, n: int) -> Coefficients:
        value = settle(explicit(tree, self.env))
        if isinstance(value, sp.MatrixBase) or not value.is_commutative:
            raise CannotEvaluate(f"no series rule for {type(tree).__name__} of matrices")
        expanded = sp.series(value, self.t, 0, n).removeO()
        expanded = sp.expand(expanded)
        out = [expanded.coeff(self.t, i) for i in range(n)]
        if sp.expand(expanded - sum(c * self.t**i for i, c in enumerate(out))) != 0:
            raise CannotEvaluate(f"{tree} has no expansion in integer powers of {self.t}")
        return out


class Series(Identity):
    """See `series`."""

    kind = "series"

    def __init__(self, sides: tuple[Any, ...], variable: Symbol, order: Any, at: Any = 0, **options: Any) -> None:
        super().__init__(sides, **options)
        self.variable, self.order, self.at = variable, sp.sympify(order), sp.sympify(at)
        if not isinstance(variable, Symbol):
            raise ValueError(f"the variable of a series is a symbol, got {variable}")
        if not self.order.is_positive:
            raise ValueError(f"the order of a series is positive, got {order}")
        if variable not in N._free(self.sides[0]) | N._free(self.sides[-1]):
            raise ValueError(f"the sides do not contain {variable}")

    @property
    def small(self) -> str:
        if self.at == sp.oo:
            return f"O({self.variable}^-{self.order})"
        shift = f"({self.variable} - {self.at})" if self.at != 0 else str(self.variable)
        return f"O({shift}^{self.order})" if self.order != 1 else f"O({shift})"

    def scope_of(self, context: Context) -> str:
        base = super().scope_of(context)
        return self.small + (f", {base}" if base else "")

    def checked(self) -> str:
        return super().checked() + f" + {self.small}"

    def run(self, context: Context) -> Any:
        outcome = super().run(context)
        outcome.verdict = "series"
        return outcome

    def digits_cap(self) -> int:
        return 40

    # the numeric leg: the remainder falls with the claimed power

    def instances(self, context: Context, count: int, *name: object) -> list[tuple[Case, numeric.Env]]:
        return super().instances(context, count, *name)

    def ingredients(self, *trees: sp.Basic, case: Case | None = None) -> Any:
        pool = super().ingredients(*trees, case=case)
        pool.scalars = [s for s in pool.scalars if s != self.variable]
        return pool

    def compare(self, left: sp.Basic, right: sp.Basic, env: numeric.Env, fast: bool = False) -> Comparison:
        """Measure the order of left - right between two small (or large) values of the variable, on both sides."""
        states = [self._measure(left, right, env, sign) for sign in self._signs()]
        return next((c for c in states if c.state == "differ"), states[0])

    def _signs(self) -> tuple[int, ...]:
        one_sided = self.at in (sp.oo, -sp.oo) or (self.at == 0 and self.variable.is_nonnegative)
        return (1,) if one_sided else (1, -1)

    def _measure(self, left: sp.Basic, right: sp.Basic, env: numeric.Env, sign: int) -> Comparison:
        levels, _ = precision_for(left, right)
        rough = levels[0] < 50
        digits = 40 if rough else 60 + 12 * int(mp.ceil(float(self.order)))
        steps = (mp.mpf("0.004"), mp.mpf("0.001")) if rough else (mp.mpf(10) ** -5, mp.mpf(10) ** -6)
        gaps, values = [], []
        for h in steps:
            with mp.workdps(digits):
                place = 1 / h if self.at == sp.oo else numeric.value(self.at, env, digits) + sign * h
            try:
                there = (
                    env.at(self.variable, place) if isinstance(env, numeric.Instance) else {**env, self.variable: place}
                )
                lv = numeric.value(left, there, digits)
                rv = numeric.value(right, there, digits)
                with mp.workdps(digits):
                    gaps.append(numeric.size_of(numeric.difference(lv, rv)))
                    floor = mp.mpf(10) ** (8 - digits) * max(numeric.size_of(lv), numeric.size_of(rv), 1)
            except numeric.Undefined:
                return Comparison("undefined", 0, None, None)
            values.append((lv, rv))
        lv, rv = values[0]
        if gaps[1] <= floor:
            return Comparison("agree", 40, lv, rv)
        with mp.workdps(30):
            slope = mp.log(gaps[0] / gaps[1]) / mp.log(steps[0] / steps[1])
        state = "agree" if slope >= float(self.order) - 0.2 else "differ"
        return Comparison(state, 40 if state == "agree" else int(slope), lv, rv)

    # the symbolic leg: coefficient by coefficient

    def prove_equal(self, left: sp.Basic, right: sp.Basic, case: Case, size: dict | None, seconds: float) -> None:
        replaced = {s: sp.sympify(v) for s, v in case.items()}
        left, right = left.xreplace(replaced), right.xreplace(replaced)
        if self.at not in (0, sp.oo):
            shift = {self.variable: self.variable + self.at}
            left, right = left.subs(shift), right.subs(shift)
        if self.at == sp.oo or not self.order.is_Integer:
            self._prove_at_infinity(left, right, size, seconds)
            return
        needs_entries = any(N.contains(t, N.Det, N.Tr, N.Adj, N.T, N.Entry, N.Const) for t in (left, right))
        env = self.symbolic_ingredients(left, right, size or {}) if size or needs_entries else {}
        n = int(self.order)
        expand = Expander(self.variable, env)
        try:
            expanded = list(zip(expand(left, n), expand(right, n), strict=True))
        except CannotEvaluate:
            if N.matrix_symbols(left, right):
                raise
            self._prove_at_infinity(left, right, size, seconds)
            return
        for a, b in expanded:
            gap = _plus(a, _times(sp.S.NegativeOne, b))
            for e in list(gap) if isinstance(gap, sp.MatrixBase) else [gap]:
                prove_zero(e.doit(), seconds)

    def _prove_at_infinity(self, left: sp.Basic, right: sp.Basic, size: dict | None, seconds: float) -> None:
        env = self.symbolic_ingredients(left, right, size or {}) if size else {}
        u = sp.Dummy("u", positive=True)
        x = sp.Dummy("x", positive=True)
        gap = settle(explicit(left, env)) - settle(explicit(right, env))
        if self.at == sp.oo:
            shown = _series_at_infinity(gap.subs(self.variable, x), x, self.order)
            shown = sp.expand(sp.powdenest(shown.subs(x, 1 / u), force=True))
        else:
            shown = sp.series(gap.subs(self.variable, u), u, 0, sp.ceiling(self.order) + 1).removeO()
        kept = sp.S.Zero
        for term in sp.Add.make_args(sp.expand(shown)):
            coefficient, power = term.as_coeff_exponent(u)
            if coefficient.has(u) or not (power - self.order).is_nonnegative:
                kept += term
        prove_zero(kept, seconds)


def _series_at_infinity(gap: sp.Expr, x: Symbol, order: sp.Expr) -> sp.Expr:
    """The asymptotic expansion of an expression at x = +oo, gamma functions by Stirling's series of their logarithm."""
    n = int(sp.ceiling(order)) + 1
    u = sp.Dummy("u", positive=True)

    def stirling(z: sp.Expr) -> sp.Expr:
        series = (z - sp.Rational(1, 2)) * sp.log(z) - z + sp.log(2 * sp.pi) / 2
        return series + sum(sp.bernoulli(2 * j) / (2 * j * (2 * j - 1) * z ** (2 * j - 1)) for j in range(1, n + 2))

    def psi(m: sp.Expr, z: sp.Expr) -> sp.Expr:
        s = sp.Dummy("s", positive=True)
        return sp.diff(stirling(s), s, int(m) + 1).subs(s, z)

    pieces = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(gap)):
        coefficient, gammas = sp.S.One, sp.S.Zero
        for factor in sp.Mul.make_args(term):
            base, exponent = factor.as_base_exp()
            if isinstance(base, sp.gamma) and x in base.free_symbols:
                gammas += exponent * stirling(base.args[0])
            else:
                coefficient *= factor
        coefficient = (
            coefficient.replace(sp.loggamma, stirling)
            .replace(sp.digamma, lambda z: psi(sp.S.Zero, z))
            .replace(sp.polygamma, psi)
        )
        if gammas != 0:
            inner = sp.expand(sp.expand_log(gammas.subs(x, 1 / u), force=True))
            inner = sp.expand(sp.series(_expand_logs(inner, u, n), u, 0, n).removeO())
            exact = sp.logcombine(
                inner.coeff(u, 0) + sum(t for t in sp.Add.make_args(inner) if t.has(sp.log(u))), force=True
            )
            rest = sp.expand(inner - inner.coeff(u, 0) - sum(t for t in sp.Add.make_args(inner) if t.has(sp.log(u))))
            coefficient = (
                coefficient.subs(x, 1 / u) * sp.powsimp(sp.exp(exact)) * sp.series(sp.exp(rest), u, 0, n).removeO()
            )
            pieces += sp.expand(sp.powdenest(coefficient, force=True)).subs(u, 1 / x)
        else:
            pieces += (
                sp.series(_expand_logs(sp.expand_log(coefficient.subs(x, 1 / u), force=True), u, n), u, 0, n)
                .removeO()
                .subs(u, 1 / x)
            )
    return sp.expand(sp.powsimp(sp.expand(pieces)))


def _expand_logs(e: sp.Expr, u: Symbol, n: int) -> sp.Expr:
    """log((a + b u)/u) = log(a) - log(u) + log(1 + b u/a), the last one expanded by the caller."""

    def split(z: sp.Expr) -> sp.Expr:
        z = sp.together(z)
        numerator, denominator = sp.fraction(z)
        out = sp.S.Zero
        for part, sign in ((numerator, 1), (denominator, -1)):
            part = sp.factor(part)
            for f in sp.Mul.make_args(part):
                base, exponent = f.as_base_exp()
                at_zero = base.subs(u, 0)
                if u in base.free_symbols and at_zero not in (0, sp.nan):
                    ratio = sp.expand(base / at_zero) - 1
                    series = sum((-1) ** (j - 1) * ratio**j / sp.Integer(j) for j in range(1, n + 2))
                    out += sign * exponent * (sp.log(at_zero) + sp.expand(series))
                else:
                    out += sign * exponent * sp.log(base)
        return out

    return e.replace(sp.log, split)


class LimitPart(Identity):
    """See `limit`."""

    kind = "limit"

    def compare(self, left: sp.Basic, right: sp.Basic, env: numeric.Env, fast: bool = False) -> Comparison:
        """The distance to the value has to fall as the variable comes nearer: at 10^-6, 10^-24, 10^-96 (or 10^6,
        ...).
        """
        limits = {n for side in (left, right) for n in sp.preorder_traversal(side) if isinstance(n, sp.Limit)}
        slow = (sp.Sum, sp.Product, sp.Integral, sp.Limit, sp.Derivative, N.D)
        approaches = {n.args[1:] for n in limits}
        if len(approaches) != 1 or any(N.contains(n.args[0], *slow) for n in limits):
            return super().compare(left, right, env, fast)
        ((variable, to, side),) = approaches
        if any(variable in N._free(t) for t in (left, right)):
            return super().compare(left, right, env, fast)
        inside = {n: n.args[0] for n in limits}
        left, right = left.xreplace(inside), right.xreplace(inside)
        if left in (sp.oo, -sp.oo):
            left, right = right, left
        place_of = (variable, to, str(side))
        return next(
            (
                c
                for ks in ((6, 24, 96), (96, 384, 1536))
                if (c := self._approach(left, right, env, place_of, ks)).state != "differ"
            ),
            self._approach(left, right, env, place_of, (6, 24, 96)),
        )

    def _approach(
        self,
        left: sp.Basic,
        right: sp.Basic,
        env: numeric.Env,
        place_of: tuple[Symbol, sp.Expr, str],
        ks: tuple[int, ...],
    ) -> Comparison:
        """Whether the gap falls through the distances 10^-k."""
        variable, to, side = place_of
        gaps: list[Any] = []
        lv = rv = mp.mpf(0)
        for k in ks:
            digits = 2 * k + 30
            try:
                with mp.workdps(digits):
                    h = mp.mpf(10) ** (-k)
                    if to in (sp.oo, -sp.oo):
                        place = 1 / h if to == sp.oo else -1 / h
                    else:
                        place = numeric.value(to, env, digits) + (h if side == "+" else -h)
                there = env.at(variable, place) if isinstance(env, numeric.Instance) else {**env, variable: place}
                lv = numeric.value(left, there, digits)
                if right in (sp.oo, -sp.oo):
                    gaps.append(1 / mp.re(lv) * (1 if right == sp.oo else -1))
                    rv = mp.inf
                else:
                    rv = numeric.value(right, there, digits)
                    gaps.append(numeric.size_of(numeric.difference(lv, rv)))
            except (numeric.Undefined, ZeroDivisionError):
                return Comparison("undefined", 0, None, None)
        if mp.isfinite(rv) and min(abs(lv), abs(rv)) > mp.mpf(10) ** 20 and mp.re(lv) * mp.re(rv) > 0:
            return Comparison("agree", 15, lv, rv)  # both sides grow beyond all bounds
        scale = max(numeric.size_of(rv), mp.mpf(1)) if mp.isfinite(rv) else mp.mpf(1)
        falling = 0 < gaps[2] < gaps[1] * mp.mpf("0.6") and gaps[1] < gaps[0] * mp.mpf("0.9")
        near = 0 <= gaps[2] <= scale * mp.mpf(10) ** -20 or (falling and gaps[2] < scale / 20)
        return Comparison("agree" if near else "differ", 15, lv, rv)

    def digits_cap(self) -> int:
        return 15

    def prove_equal(self, left: sp.Basic, right: sp.Basic, case: Case, size: dict | None, seconds: float) -> None:
        if sp.oo in (right, left) or -sp.oo in (right, left):
            value, other = (left, right) if isinstance(left, sp.Limit) else (right, left)
            found = value.xreplace({s: sp.sympify(v) for s, v in case.items()}).doit()
            if found != other:
                raise NotProved(found, ["limit"])
            return
        super().prove_equal(left, right, case, size, seconds)


def series(
    *sides: Any,
    variable: Symbol | None = None,
    order: Any = None,
    at: Any = 0,
    sizes: Any = None,
    cases: dict[Symbol, Iterable[Any]] | None = None,
    given: Any = (),
    wrong: Any = (),
    scales: tuple[float, float] | None = None,
    points: int = POINTS,
) -> Series:
    r"""``series(lhs, rhs, t, n)``: the sides agree up to terms $O(t^n)$. Verdict: series.

    The coefficients of $t^0 \dots t^{n-1}$ are proved equal, for generic matrices of the given sizes or, without
    sizes, for
    noncommuting symbols. ``at=oo`` expands in powers of $1/t$. The numeric leg measures the order of the remainder.
    The other options are those of `identity`.
    """
    if variable is None:
        *sides_list, variable, order = sides
        sides = tuple(sides_list)
    return Series(
        sides, variable, order, at=at, sizes=sizes, cases=cases, given=given, wrong=wrong, scales=scales, points=points
    )


def limit(expr: Any, variable: Symbol, to: Any, value: Any, side: str = "+", **options: Any) -> LimitPart:
    """``limit(expr, x, x0, value)``: the limit of `expr` is `value` (from the right by default). Verdict: proved."""
    if side not in ("+", "-"):
        raise ValueError(f"a limit is taken from one side, '+' or '-', got {side!r}; check both for a two-sided one")
    return LimitPart((sp.Limit(sp.sympify(expr), variable, to, dir=side), value), **options)
