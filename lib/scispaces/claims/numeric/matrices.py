"""Determinant, trace, exponential and the other matrix nodes, evaluated on matrices of mpmath numbers."""

from __future__ import annotations

from typing import Any

import sympy as sp
from mpmath import mp

from .. import nodes as N
from ..vocabulary import Rows
from .accuracy import Env, MPMatrix, Undefined
from .linear_algebra import adjugate, determinant, expm, logm, sine_or_cosine
from .walk import RULES, evaluate, rule


def _square(tree: sp.Basic, env: Env) -> MPMatrix:
    M = evaluate(tree.args[0], env)
    if not isinstance(M, MPMatrix):
        M = M * mp.eye(int(env["size"]))
    if M.rows != M.cols:
        raise Undefined(f"{tree}: the matrix is {M.rows}x{M.cols}")
    return M


@rule(N.Entry)
def _entry(tree: N.Entry, env: Env) -> Any:
    M = evaluate(tree.args[0], env)
    i, j = (int(evaluate(a, env)) for a in tree.args[1:])
    if not (isinstance(M, MPMatrix) and 1 <= i <= M.rows and 1 <= j <= M.cols):
        raise Undefined(f"no entry ({i}, {j})")
    return M[i - 1, j - 1]


@rule(Rows)
def _rows(tree: Rows, env: Env) -> Any:
    M = evaluate(tree.args[0], env)
    if not isinstance(M, MPMatrix):
        raise Undefined(f"{tree}: no matrix")
    return mp.mpf(M.rows if tree.args[1] == 0 else M.cols)


@rule(N.Const)
def _const(tree: N.Const, env: Env) -> MPMatrix:
    M = tree.args[0]
    return mp.matrix([[evaluate(M[i, j], env) for j in range(M.cols)] for i in range(M.rows)])


def _trace(M: MPMatrix) -> Any:
    return sum((M[i, i] for i in range(M.rows)), mp.mpf(0))


RULES.update(
    {
        N.Det: lambda tree, env: determinant(_square(tree, env)),
        N.Tr: lambda tree, env: _trace(_square(tree, env)),
        N.Adj: lambda tree, env: adjugate(_square(tree, env)),
        N.T: lambda tree, env: evaluate(tree.args[0], env).T,
        N.Exp: lambda tree, env: expm(_square(tree, env)),
        N.Log: lambda tree, env: logm(_square(tree, env)),
        N.Sin: lambda tree, env: sine_or_cosine(_square(tree, env), "sin"),
        N.Cos: lambda tree, env: sine_or_cosine(_square(tree, env), "cos"),
        N.MFun: lambda tree, env: env[str(tree.args[0])](*(evaluate(a, env) for a in tree.args[1:])),
    }
)
