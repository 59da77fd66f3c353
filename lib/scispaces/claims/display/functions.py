r"""The functions that need no name: how each head is called, and what it makes of a scalar or of a matrix."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ..nodes import Adj, Const, Cos, Det, Exp, Log, Sin, Tr
from .trees import NotRead

TRIG = {
    "sin": sp.sin, "cos": sp.cos, "tan": sp.tan, "cot": sp.cot, "sec": sp.sec, "csc": sp.csc,
    "arcsin": sp.asin, "arccos": sp.acos, "arctan": sp.atan, "arccot": sp.acot,
    "sinh": sp.sinh, "cosh": sp.cosh, "tanh": sp.tanh, "coth": sp.coth, "sech": sp.sech, "csch": sp.csch,
    "arcsinh": sp.asinh, "arccosh": sp.acosh, "arctanh": sp.atanh, "arsinh": sp.asinh, "arcosh": sp.acosh,
    "artanh": sp.atanh,
}  # fmt: skip
PLAIN = {
    **TRIG, "exp": sp.exp, "log": sp.log, "ln": sp.log, "erf": sp.erf, "erfc": sp.erfc, "sgn": sp.sign,
    "sign": sp.sign, "Re": sp.re, "Im": sp.im, "arg": sp.arg, "erfi": sp.erfi, "sinc": None,
}  # fmt: skip
MATRIX = {"exp": Exp, "log": Log, "ln": Log, "sin": Sin, "cos": Cos, "det": Det, "Tr": Tr, "tr": Tr, "adj": Adj}
MATRIX_ONLY = ("det", "Tr", "tr", "adj")
POWERS = {*TRIG, "log", "ln"}
COMMANDS = {"\\" + f for f in (
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth exp log ln det Re Im arg").split()}  # fmt: skip


def head_of(key: str, inner: str) -> str:
    r"""The function that a node names: sin for \sin and for \operatorname{sin}; '' for none."""
    if key in COMMANDS:
        return key[1:]
    if key.startswith(("\\operatorname{", "\\mathrm{")):
        name = inner.replace(" ", "")
        if len(name) > 1 and (PLAIN.get(name) or name in MATRIX):
            return name
    return ""


def is_matrix(tree: Any) -> bool:
    """Whether a tree is matrix-valued; an unknown function of a matrix may be a number."""
    if isinstance(tree, sp.MatrixBase) or tree.is_commutative is not False:
        return isinstance(tree, sp.MatrixBase)
    return tree.replace(lambda e: isinstance(e, AppliedUndef), lambda e: sp.Symbol("a number")).is_commutative is False


def kept(function: Any, *args: Any) -> Any:
    r"""The function applied; where sympy would evaluate it away it stays: e^{i\pi} = -1, |-x| = |x|."""
    tree = function(*args)
    if not isinstance(tree, function) or tree.args != args:
        return function(*args, evaluate=False)
    return tree


def apply(head: str, arg: Any, shown: str) -> Any:
    """The head applied to a tree."""
    matrix = is_matrix(arg)
    if head in MATRIX_ONLY and not matrix:
        raise NotRead(f"{shown}: {head} of what is no matrix")
    if matrix:
        if head not in MATRIX:
            raise NotRead(f"{shown}: {head} of a matrix")
        return MATRIX[head](arg)
    function = PLAIN[head]
    if arg in (sp.oo, -sp.oo):
        raise NotRead(f"{shown}: arithmetic with infinity")
    if function is None or isinstance(arg, Const) or not isinstance(arg, sp.Expr):
        raise NotRead(f"{shown} cannot be read")
    return kept(function, arg)
