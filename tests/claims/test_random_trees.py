"""Random trees on balls and by mpmath: no ball may exclude the value."""

from __future__ import annotations

import pytest
import sympy as sp
from flint import arb, ctx
from mpmath import mp

from scispaces.claims import enclosures, numeric
from scispaces.claims.enclosures import NotCertified, compiled, point_of
from scispaces.claims.instances import Dice
from scispaces.claims.nodes import D

x, y, s = sp.symbols("x y s", real=True)
z = sp.Symbol("z")
FUNCTIONS = (
    sp.sin, sp.cos, sp.exp, sp.tanh, sp.atan, sp.erf, sp.Abs, sp.re, sp.conjugate, sp.gamma, sp.asin, sp.acosh,
    sp.sinh, sp.loggamma,
)  # fmt: skip


def one_of(draw, items):
    return items[draw.integer(0, len(items) - 1)]


def tree(draw, depth, leaves):
    if depth == 0:
        return one_of(draw, [*leaves, sp.Integer(2), sp.Rational(1, 3), sp.Integer(-1), sp.pi])
    a, kind = tree(draw, depth - 1, leaves), draw.integer(0, 13)
    if kind < 3:
        return a + tree(draw, depth - 1, leaves)
    if kind < 6:
        return a * tree(draw, depth - 1, leaves)
    shapes = {6: lambda e: 1 / (e**2 + 3), 7: lambda e: sp.sqrt(e**2 + 1), 8: sp.sqrt, 9: sp.log}
    return shapes.get(kind, one_of(draw, FUNCTIONS))(a)


KINDS = {
    "complex": (lambda draw: tree(draw, 3, [x, z]), 300, 35),
    "real": (lambda draw: tree(draw, 3, [x, y]), 300, 35),
    "derivative": (lambda draw: D(tree(draw, 3, [x, y]), x), 150, 35),
    "integral": (lambda draw: sp.Integral(tree(draw, 2, [s, x]), (s, 0, 1)), 60, 9),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_ball_excludes_the_value(kind):
    build, count, digits = KINDS[kind]
    draw, compared = Dice(kind), 0
    for _ in range(count):
        t = build(draw)
        env = numeric.Instance({x: mp.mpf(draw.uniform(-3, 3)), y: mp.mpf(draw.uniform(0.1, 2)), "size": 2})
        env[z] = mp.mpc(draw.uniform(-2, 2), draw.uniform(-2, 2))
        if t.has(sp.zoo, sp.nan, sp.oo):
            continue
        try:
            with ctx.workprec(160):
                ball = compiled(t)(point_of(env))
            value = numeric.value(t, env, 55)
        except (NotCertified, numeric.Undefined, NotImplementedError):
            continue
        if not ball.is_finite():
            continue
        compared += 1
        with ctx.workprec(400):
            known = enclosures.exact(mp.mpmathify(value))
            assert not abs(ball - known).lower() > arb(10) ** -digits * (1 + abs(known)), (t, env)
    assert compared > count // 2
