"""Expansions at infinity: gamma functions by Stirling's series, logarithms of sums taken apart."""

from __future__ import annotations

import sympy as sp
from sympy import Symbol


def series_at_infinity(gap: sp.Expr, x: Symbol, order: sp.Expr) -> sp.Expr:
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
