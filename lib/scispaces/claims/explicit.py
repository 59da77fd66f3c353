"""The symbolic leg's evaluation: from an unevaluated tree to explicit sympy expressions and matrices."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy import ImmutableMatrix, Symbol

from . import nodes as N
from .finite_sums import opaque
from .vocabulary import Rows

Matrix: Any = ImmutableMatrix


class CannotEvaluate(ValueError):
    """The symbolic leg has no exact evaluation of this node."""


def generic(name: str, shape: tuple[int, int], kind: str = "general", real: bool = False) -> Matrix:
    """A matrix of free symbols ``name_ij``: general, real, symmetric (and real) or diagonal; `real`: any of them."""
    rows, cols = shape

    def entry(i: int, j: int) -> sp.Expr:
        if kind == "diagonal" and i != j:
            return sp.S.Zero
        if kind == "symmetric" and i > j:
            i, j = j, i
        return Symbol(f"{name}_{i + 1}{j + 1}", real=True if real or kind in ("symmetric", "real") else None)

    return Matrix(rows, cols, entry)


def function_matrix(name: str, size: int, variables: tuple[sp.Expr, ...]) -> Matrix:
    """The k x k matrix of undefined functions ``name_ij(variables)``."""
    return Matrix(size, size, lambda i, j: sp.Function(f"{name}_{i + 1}{j + 1}")(*variables))


def explicit(tree: sp.Basic, env: dict[Any, Any]) -> Any:
    """Evaluate matrix nodes exactly. `env` maps matrix symbols to explicit matrices and ``"size"`` to k.

    Scalars stay unevaluated sympy expressions (`Integral`, `Sum`, ...): `settle` evaluates them afterwards.
    """
    if isinstance(tree, Symbol):
        return env.get(tree, tree)
    if tree.is_Atom if isinstance(tree, sp.Expr) else False:
        return tree
    method = _RULES.get(type(tree))
    if method is not None:
        return method(tree, env)
    if isinstance(tree, (sp.Add, sp.Mul, sp.Pow)):
        return _ARITHMETIC[type(tree) if type(tree) in _ARITHMETIC else tree.func](tree, env)
    if isinstance(tree, sp.Sum) and (N.is_matrix(tree.function) or N.contains(tree.function, N.Node)):
        return _finite_sum(tree, env)
    if isinstance(tree, sp.Product) and N.contains(tree.function, N.Node):
        return sp.Mul(*_terms(tree, env))
    if isinstance(tree, sp.Basic) and tree.args:
        args = [explicit(a, env) if isinstance(a, (sp.Basic,)) else a for a in tree.args]
        if any(isinstance(a, sp.MatrixBase) for a in args):
            raise CannotEvaluate(
                f"{type(tree).__name__} of a matrix: use the matrix nodes Exp, Log, Sin, Cos, Det, Tr, ..."
            )
        return tree.func(*args)
    return tree


def settle(value: Any) -> Any:
    """Evaluate what is left unevaluated (integrals, sums, derivatives, limits) in a scalar or in every entry."""
    if isinstance(value, sp.MatrixBase):
        return value.applyfunc(settle)
    if not isinstance(value, sp.Basic):
        return value
    value = small_binomials(value)
    other = (sp.Integral, sp.Derivative, sp.Limit, sp.Subs)
    if opaque(value) and all(map(opaque, value.atoms(sp.Sum, sp.Product))) and not value.has(*other):
        return value
    return value.doit()


def small_binomials(tree: sp.Basic) -> sp.Basic:
    """binomial(n, 2) as n(n - 1)/2, and so on: sympy sums polynomials where it knows no binomials."""
    return tree.replace(
        lambda n: isinstance(n, sp.binomial) and n.args[1].is_Integer and 0 <= n.args[1] <= 8 and n.args[0].is_integer,
        lambda n: sp.expand(sp.ff(n.args[0], n.args[1])) / sp.factorial(n.args[1]),
    )


def _as_matrix(value: Any, like: Any) -> Any:
    """A scalar next to a matrix means that multiple of the unit matrix."""
    if isinstance(value, sp.MatrixBase) or not isinstance(like, sp.MatrixBase):
        return value
    if like.rows != like.cols:
        raise CannotEvaluate(f"a number cannot be added to a {like.rows}x{like.cols} matrix")
    return value * sp.eye(like.rows)


def difference(left: Any, right: Any) -> Any:
    """left - right, where a number next to a square matrix is that multiple of the unit matrix."""
    return _as_matrix(left, right) - _as_matrix(right, left)


def _add(tree: sp.Add, env: dict) -> Any:
    terms = [explicit(a, env) for a in tree.args]
    shaped = next((x for x in terms if isinstance(x, sp.MatrixBase)), None)
    if shaped is None:
        return tree.func(*terms)
    total = _as_matrix(terms[0], shaped)
    for x in terms[1:]:
        total = total + _as_matrix(x, shaped)
    return total


def _mul(tree: sp.Mul, env: dict) -> Any:
    factors = [explicit(a, env) for a in tree.args]
    scalars = [x for x in factors if not isinstance(x, sp.MatrixBase)]
    product = None
    for x in factors:
        if isinstance(x, sp.MatrixBase):
            product = x if product is None else product * x
    coefficient = sp.Mul(*scalars)
    if product is None:
        return coefficient
    return product.applyfunc(lambda e: coefficient * e)


def _pow(tree: sp.Pow, env: dict) -> Any:
    base, exponent = explicit(tree.base, env), explicit(tree.exp, env)
    if not isinstance(base, sp.MatrixBase):
        return sp.Pow(base, exponent)
    if exponent.is_Integer and exponent >= 0:
        out = sp.eye(base.rows)
        for _ in range(int(exponent)):
            out = (out * base).applyfunc(sp.expand)
        return Matrix(out)
    if exponent.is_Integer:
        inverse = Matrix(_adjugate(base) / determinant(base))
        return (
            inverse
            if exponent == -1
            else _pow(sp.Pow(Symbol("X", commutative=False), -exponent), {Symbol("X", commutative=False): inverse})
        )
    if _is_diagonal(base):
        return Matrix(base.rows, base.rows, lambda i, j: base[i, i] ** exponent if i == j else 0)
    raise CannotEvaluate(f"a symbolic power of a non-diagonal matrix: {tree}")


def determinant(M: Matrix) -> sp.Expr:
    return sp.Matrix(M).det(method="berkowitz")


def _adjugate(M: Matrix) -> Matrix:
    if M.rows == 1:
        return Matrix([[1]])
    return Matrix(sp.Matrix(M).adjugate(method="berkowitz"))


def _is_diagonal(M: Matrix) -> bool:
    return all(M[i, j] == 0 for i in range(M.rows) for j in range(M.cols) if i != j)


def _square(tree: sp.Basic, env: dict) -> Matrix:
    M = explicit(tree.args[0], env)
    if not isinstance(M, sp.MatrixBase):
        size = env.get("size")
        if size is None:
            raise CannotEvaluate(f"the size of {tree.args[0]} is unknown")
        M = M * sp.eye(size)
    if M.rows != M.cols:
        raise CannotEvaluate(f"{tree}: the matrix is {M.rows}x{M.cols}")
    return Matrix(M)


def _nilpotency(M: Matrix) -> int | None:
    power = sp.eye(M.rows)
    for n in range(1, M.rows + 1):
        power = (power * M).applyfunc(sp.expand)
        if power.is_zero_matrix:
            return n
    return None


def _exp(tree: sp.Basic, env: dict) -> Matrix:
    M = _square(tree, env)
    if _is_diagonal(M):
        return Matrix(M.rows, M.rows, lambda i, j: sp.exp(M[i, i]) if i == j else 0)
    if (n := _nilpotency(M)) is not None:
        return sum((M**i / sp.factorial(i) for i in range(1, n)), Matrix(sp.eye(M.rows)))
    if M.rows > 2 and M.free_symbols and not M.is_upper:
        raise CannotEvaluate("the exponential of a generic 3x3 matrix has no useful closed form: prove it as a series")
    return Matrix(sp.Matrix(M).exp())


def _log(tree: sp.Basic, env: dict) -> Matrix:
    M = _square(tree, env)
    if _is_diagonal(M):
        return Matrix(M.rows, M.rows, lambda i, j: sp.log(M[i, i]) if i == j else 0)
    shifted = M - sp.eye(M.rows)
    if (n := _nilpotency(shifted)) is not None:
        terms = ((-1) ** (i - 1) * shifted**i / sp.Integer(i) for i in range(1, n))
        return sum(terms, Matrix(sp.zeros(M.rows)))
    return Matrix(sp.Matrix(M).log())


def _trig(which: str) -> Any:
    def rule(tree: sp.Basic, env: dict) -> Matrix:
        M = _square(tree, env)
        if _is_diagonal(M):
            f = getattr(sp, which)
            return Matrix(M.rows, M.rows, lambda i, j: f(M[i, i]) if i == j else 0)
        X = Symbol("X", commutative=False)
        plus = _exp(N.Exp(X), {X: Matrix(sp.I * M)})
        minus = _exp(N.Exp(X), {X: Matrix(-sp.I * M)})
        return Matrix((plus + minus) / 2 if which == "cos" else (plus - minus) / (2 * sp.I))

    return rule


def _derivative(tree: N.D, env: dict) -> Any:
    expr, variable, order = tree.args
    if not variable.is_commutative:
        # every entry is its own variable; what a hypothesis says of the matrix (symmetric, diagonal) is put in after
        at = env[variable]
        free = Matrix(at.rows, at.cols, lambda i, j: sp.Dummy(f"{variable}_{i + 1}{j + 1}"))
        inner = settle(explicit(expr, {**env, variable: free}))
        back = dict(zip(free, at, strict=True))
        return Matrix(at.rows, at.cols, lambda i, j: sp.diff(inner, free[i, j]).xreplace(back))
    inner = explicit(expr, env)
    if isinstance(inner, sp.MatrixBase):
        return Matrix(inner.applyfunc(lambda e: sp.diff(e.doit(), variable, order)))
    return sp.diff(inner.doit(), variable, order)


def _finite_sum(tree: sp.Sum, env: dict) -> Any:
    """A sum whose terms contain matrix nodes, term by term."""
    terms = _terms(tree, env)
    shaped = next((x for x in terms if isinstance(x, sp.MatrixBase)), None)
    total = sp.S.Zero if shaped is None else Matrix(sp.zeros(*shaped.shape))
    for x in terms:
        total = total + _as_matrix(x, shaped)
    return total


def _terms(tree: sp.Sum | sp.Product, env: dict) -> list[Any]:
    """The terms (factors) of a sum (product) with matrix nodes; the last limit is the outermost."""
    *inner, (variable, low, high) = tree.limits
    low, high = explicit(low, env), explicit(high, env)
    if not (low.is_Integer and high.is_Integer):
        raise CannotEvaluate(f"{tree}: a sum of matrices needs integer limits (give them by cases=)")
    term = tree.func(tree.function, *inner) if inner else tree.function
    return [explicit(term.subs(variable, n), env) for n in range(int(low), int(high) + 1)]


def _expect(tree: N.Expect, env: dict) -> sp.Expr:
    """Replace each power of an entry by its moment: linear in the monomials, as the entries are independent."""
    expr, law = tree.args
    W, variance, skewness, kurtosis = law.args
    variance, skewness, kurtosis = (explicit(a, env) for a in (variance, skewness, kurtosis))
    entries = list(env[W])
    if not all(e.is_Symbol for e in entries):
        raise CannotEvaluate(f"{tree}: the entries of {W} must be free symbols")
    moment = {0: 1, 1: 0, 2: variance, 3: skewness * variance ** sp.Rational(3, 2), 4: kurtosis * variance**2}
    total = sp.S.Zero
    for powers, coefficient in sp.Poly(sp.expand(settle(explicit(expr, env))), *entries).terms():
        if max(powers) > 4:
            raise CannotEvaluate(f"{tree}: a moment of order {max(powers)} is needed, four are given")
        total += coefficient * sp.Mul(*(moment[p] for p in powers if p))
    return total


def _entry(tree: N.Entry, env: dict) -> sp.Expr:
    M, i, j = explicit(tree.args[0], env), *(explicit(a, env) for a in tree.args[1:])
    if not isinstance(M, sp.MatrixBase):
        raise CannotEvaluate(f"{tree}: not a matrix")
    if not (1 <= int(i) <= M.rows and 1 <= int(j) <= M.cols):
        raise CannotEvaluate(f"{tree}: no such entry in a {M.rows}x{M.cols} matrix")
    return M[int(i) - 1, int(j) - 1]


def _rows(tree: Rows, env: dict) -> sp.Integer:
    M = explicit(tree.args[0], env)
    if not isinstance(M, sp.MatrixBase):
        raise CannotEvaluate(f"{tree}: not a matrix")
    return sp.Integer(M.shape[int(tree.args[1])])


_RULES: dict[type, Any] = {
    Rows: _rows,
    N.Det: lambda tree, env: determinant(_square(tree, env)),
    N.Tr: lambda tree, env: _square(tree, env).trace(),
    N.Adj: lambda tree, env: _adjugate(_square(tree, env)),
    N.T: lambda tree, env: Matrix(explicit(tree.args[0], env)).T,
    N.Const: lambda tree, env: Matrix(tree.args[0].applyfunc(lambda e: explicit(e, env))),
    N.MFun: lambda tree, env: function_matrix(
        str(tree.args[0]), env["size"], tuple(explicit(a, env) for a in tree.args[1:])
    ),
    N.Entry: _entry,
    N.Exp: _exp,
    N.Log: _log,
    N.Sin: _trig("sin"),
    N.Cos: _trig("cos"),
    N.D: _derivative,
    N.Expect: _expect,
}
_ARITHMETIC: dict[type, Any] = {sp.Add: _add, sp.Mul: _mul, sp.Pow: _pow}
