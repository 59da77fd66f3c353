"""How a statement is checked, attacked and recorded.

    from scispaces.claims import *
    claim = Chapter("det-exp-trace")
    claim("jacobi-formula", identity(D(Det(M), t), Tr(Adj(M) * D(M, t)), sizes=[1, 2, 3, 4]))

A claim has parts; each part is what a verb returns: `identity`, `series`, `limit`, `agrees`, `bound`, `estimate`,
`refute`, `follows`. Statements are unevaluated sympy trees (with the matrix nodes of `nodes`) or plain functions of named
ingredients. A proof and a numeric evaluation of the same tree are independent legs; then wrong variants of the statement
(mutants) have to be rejected. What the star import brings is listed in ``__all__``: the verbs, the nodes, the samplers
and the sympy names that statements are written with.
"""

from sympy import (
    Abs,
    Derivative,
    E,
    Eq,
    EulerGamma,
    Function,
    Ge,
    Gt,
    I,
    Integer,
    Integral,
    KroneckerDelta,
    Le,
    Limit,
    Lt,
    Max,
    Min,
    Ne,
    Piecewise,
    Product,
    Rational,
    S,
    Subs,
    Sum,
    Symbol,
    acos,
    acosh,
    arg,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    besselj,
    bessely,
    beta,
    binomial,
    ceiling,
    conjugate,
    cos,
    cosh,
    digamma,
    erf,
    erfc,
    exp,
    factorial,
    floor,
    gamma,
    im,
    log,
    loggamma,
    oo,
    pi,
    polygamma,
    re,
    sign,
    sin,
    sinh,
    sqrt,
    symbols,
    tan,
    tanh,
    zeta,
)  # fmt: skip

from ._limits import ClaimFailed, Refused
from .bounds import bound
from .chapter import Chapter
from .hypotheses import commute, diagonal, holds, invertible, symmetric
from .identity import identity
from .nodes import Adj, Const, Cos, D, Det, Entry, Exp, Expect, Log, Sin, T, Tr, commutator, iid, matrices, mfun
from .refutation import follows, refute
from .sampled import agrees
from .samplers import complex_normal, each, integers, log_uniform, normal, one_of, random_matrix, spd_matrix, uniform
from .series import limit, series
from .statistics import estimate

_SYMPY = [
    "Abs", "Derivative", "E", "Eq", "EulerGamma", "Function", "Ge", "Gt", "I", "Integer", "Integral", "KroneckerDelta",
    "Le", "Limit", "Lt", "Max", "Min", "Ne", "Piecewise", "Product", "Rational", "S", "Subs", "Sum", "Symbol", "acos",
    "acosh", "arg", "asin", "asinh", "atan", "atan2", "atanh", "besselj", "bessely", "beta", "binomial", "ceiling",
    "conjugate", "cos", "cosh", "digamma", "erf", "erfc", "exp", "factorial", "floor", "gamma", "im", "log", "loggamma",
    "oo", "pi", "polygamma", "re", "sign", "sin", "sinh", "sqrt", "symbols", "tan", "tanh", "zeta",
]  # fmt: skip

__all__ = [
    "Adj", "Chapter", "ClaimFailed", "Const", "Cos", "D", "Det", "Entry", "Exp", "Expect", "Log", "Refused", "Sin", "T",
    "Tr", "agrees", "bound", "commutator", "commute", "complex_normal", "diagonal", "each", "estimate", "follows", "holds",
    "identity", "iid", "integers", "invertible", "limit", "log_uniform", "matrices", "mfun", "normal", "one_of",
    "random_matrix", "refute", "series", "spd_matrix", "symmetric", "uniform", *_SYMPY,
]  # fmt: skip
