"""Power-series arithmetic on trees: coefficients t^0 .. t^(n-1), of numbers, generic matrices or free letters."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy import Symbol
from sympy.core.function import AppliedUndef

from . import nodes as N
from .explicit import CannotEvaluate, determinant, explicit, settle
from .free_algebra import evaluate_free

Coefficients = list[Any]


def plus(a: Any, b: Any) -> Any:
    if not isinstance(a, sp.MatrixBase) and a == 0:
        return b
    if not isinstance(b, sp.MatrixBase) and b == 0:
        return a
    if isinstance(a, sp.MatrixBase) != isinstance(b, sp.MatrixBase):
        k = a.rows if isinstance(a, sp.MatrixBase) else b.rows
        a = a if isinstance(a, sp.MatrixBase) else a * sp.eye(k)
        b = b if isinstance(b, sp.MatrixBase) else b * sp.eye(k)
    return a + b


def times(a: Any, b: Any) -> Any:
    if (not isinstance(a, sp.MatrixBase) and a == 0) or (not isinstance(b, sp.MatrixBase) and b == 0):
        return sp.S.Zero
    out = a * b
    return out.applyfunc(sp.expand) if isinstance(out, sp.MatrixBase) else sp.expand(out)


def convolve(a: Coefficients, b: Coefficients, n: int) -> Coefficients:
    out: Coefficients = [sp.S.Zero] * n
    for i in range(n):
        for j in range(i + 1):
            out[i] = plus(out[i], times(a[j], b[i - j]))
    return out


def _is_one(c: Any) -> bool:
    return c == sp.eye(c.rows) if isinstance(c, sp.MatrixBase) else c == 1


class Expander:
    """Power-series arithmetic on trees: coefficients t^0 .. t^(n-1) over generic matrices or the free algebra."""

    def __init__(self, t: Symbol, env: dict[Any, Any]) -> None:
        self.t, self.env = t, env

    def __call__(self, tree: sp.Basic, n: int) -> Coefficients:
        if self.t not in N.free(tree):
            value = settle(explicit(tree, self.env)) if self.env else evaluate_free(tree).doit()
            return [value] + [sp.S.Zero] * (n - 1)
        if tree == self.t:
            return ([sp.S.Zero, sp.S.One] + [sp.S.Zero] * n)[:n]
        if isinstance(tree, sp.Add):
            out: Coefficients = [sp.S.Zero] * n
            for a in tree.args:
                out = [plus(x, y) for x, y in zip(out, self(a, n), strict=True)]
            return out
        if isinstance(tree, sp.Mul):
            poles = [a for a in tree.args if a.is_Pow and a.base == self.t and a.exp.is_Integer and a.exp < 0]
            if poles:
                return self._divided(
                    sp.Mul(*(a for a in tree.args if a not in poles)), -sum(int(a.exp) for a in poles), n
                )
            out = [sp.S.One] + [sp.S.Zero] * (n - 1)
            for a in tree.args:
                out = convolve(out, self(a, n), n)
            return out
        if isinstance(tree, sp.Pow) and tree.exp.is_Integer:
            return self._power(self(tree.base, n), int(tree.exp), n)
        if isinstance(tree, N.D) and tree.args[1] == self.t:
            order = int(tree.args[2])
            inner = self(tree.args[0], n + order)
            for _ in range(order):
                inner = [times(sp.Integer(i), inner[i]) for i in range(1, len(inner))]
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
            return [sp.S.Zero] + [times(sp.Rational(1, i + 1), inner[i]) for i in range(n - 1)]
        if isinstance(tree, AppliedUndef):
            return self._unknown(tree, n)
        if isinstance(tree, (sp.Function, sp.Pow)) and tree.is_commutative:
            return self._composition(tree, n)
        return self._by_sympy(tree, n)

    def _unknown(self, tree: sp.Expr, n: int) -> Coefficients:
        """Taylor's coefficients of an unknown function f(x + t), which is smooth by assumption."""
        out: Coefficients = []
        for i in range(n):
            out.append((tree.subs(self.t, 0) / sp.factorial(i)).doit())
            tree = sp.diff(tree, self.t)
        return out

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
            out = convolve(out, base, n)
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
                total = plus(total, times(a[j], out[i - j]))
            out.append(times(lead, times(sp.S.NegativeOne, total)))
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
            out = [plus(x, times(c, y)) for x, y in zip(out, power, strict=True)]
            power = convolve(power, u, n)
        return out

    def _composition(self, tree: sp.Basic, n: int) -> Coefficients:
        """f(c0 + u) = sum of f^(j)(c0) u^j/j! for a scalar function of one argument."""
        positions = [i for i, a in enumerate(tree.args) if self.t in N.free(a)]
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
            out = [plus(x, times(value / sp.factorial(j), y)) for x, y in zip(out, power, strict=True)]
            power = convolve(power, u, n)
            f = f.diff(s)
        return out

    def _determinant(self, tree: N.Det, n: int) -> Coefficients:
        total: Any = sp.S.Zero
        for i, c in enumerate(self(tree.args[0], n)):
            total = plus(total, times(self.t**i, c))
        if not isinstance(total, sp.MatrixBase):
            total = total * sp.eye(self.env["size"])
        poly = sp.Poly(sp.expand(determinant(total)), self.t)
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
            out = [plus(x, y) for x, y in zip(out, term, strict=True)]
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
