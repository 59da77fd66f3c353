"""How the nodes of matrix algebra are compiled."""

from __future__ import annotations

import sympy as sp
from flint import acb, acb_mat

from .. import nodes as N
from ..vocabulary import Rows
from . import matrices
from .balls import Ball, NotCertified, integer
from .compiled import RULES, Closure, Point, compiled, rule


def _square(tree: sp.Basic) -> Closure:
    child = compiled(tree.args[0])

    def value(at: Point) -> acb_mat:
        M = child(at)
        if not isinstance(M, acb_mat):
            M = matrices.unit(at.size) * M
        if M.nrows() != M.ncols():
            raise NotCertified(f"{tree}: the matrix is {M.nrows()}x{M.ncols()}")
        return M

    return value


def _matrix_function(tree: sp.Basic) -> Closure:
    child, f = _square(tree), matrices.MATRIX_FUNCTIONS[type(tree).__name__]
    if isinstance(tree, N.Log):

        def cut(at: Point) -> Ball:
            return f(child(at))

        return cut
    return lambda at: f(child(at))


for _kind in (N.Det, N.Tr, N.Adj, N.Exp, N.Log, N.Sin, N.Cos):
    RULES[_kind] = _matrix_function


@rule(N.T)
def _transpose(tree: N.T) -> Closure:
    child = compiled(tree.args[0])

    def value(at: Point) -> Ball:
        M = child(at)
        return M.transpose() if isinstance(M, acb_mat) else M

    return value


@rule(N.Entry)
def _entry(tree: N.Entry) -> Closure:
    matrix, i, j = (compiled(a) for a in tree.args)

    def value(at: Point) -> Ball:
        M, row, col = matrix(at), integer(i(at)), integer(j(at))
        if not isinstance(M, acb_mat) or row is None or col is None:
            raise NotCertified(f"no entry {tree}")
        if not (1 <= row <= M.nrows() and 1 <= col <= M.ncols()):
            raise NotCertified(f"no entry ({row}, {col})")
        return M[row - 1, col - 1]

    return value


@rule(Rows)
def _rows(tree: Rows) -> Closure:
    matrix, axis = compiled(tree.args[0]), int(tree.args[1])

    def value(at: Point) -> Ball:
        M = matrix(at)
        if not isinstance(M, acb_mat):
            raise NotCertified(f"{tree}: no matrix")
        return acb(M.ncols() if axis else M.nrows())

    return value


@rule(N.Const)
def _const(tree: N.Const) -> Closure:
    M = tree.args[0]
    rows, cols, children = M.rows, M.cols, [compiled(e) for e in M]
    return lambda at: acb_mat(rows, cols, [c(at) for c in children])


@rule(N.MFun)
def _mfun(tree: N.MFun) -> Closure:
    name, children = str(tree.args[0]), [compiled(a) for a in tree.args[1:]]

    def value(at: Point) -> Ball:
        f = at.values[name]
        if not hasattr(f, "enclose"):
            raise NotCertified(f"no enclosure of the matrix function {name}")
        return f.enclose(*(c(at) for c in children))

    return value
