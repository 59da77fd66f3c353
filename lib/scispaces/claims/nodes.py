"""Unevaluated matrix mathematics on sympy trees.

Matrices are noncommutative symbols (`matrices("A B")`), the unit matrix is the number 1, and each node below stands
for an operation that nothing evaluates until a leg of a check does: `explicit` for the symbolic leg, `numeric` for the
numeric one. Trees are ordinary sympy expressions, so `t*A`, `A*B - B*A`, `A**n` and `P*L*P**-1` are written as such.
"""

from __future__ import annotations

import re

import sympy as sp
from sympy import Expr, Symbol, sympify


def matrices(names: str) -> Symbol | tuple[Symbol, ...]:
    """Noncommutative symbols that stand for matrices: ``A, B = matrices("A B")``."""
    return sp.symbols(names, commutative=False)


class Node(Expr):
    """Base of the unevaluated nodes. `doit` leaves a node as it is: only the two legs of a check evaluate it."""

    is_commutative: bool | None = True
    _name = "node"

    def __new__(cls, *args: object) -> Node:
        return Expr.__new__(cls, *map(sympify, args))

    def doit(self, **hints: object) -> Expr:
        return self

    def _eval_derivative(self, s: Symbol) -> Expr:
        raise TypeError(f"write D({self}, {s}): the node {type(self).__name__} is not differentiated by sympy")

    def _sympystr(self, printer: sp.printing.printer.Printer) -> str:
        return f"{self._name}({', '.join(printer._print(a) for a in self.args)})"

    def _latex(self, printer: sp.printing.printer.Printer) -> str:
        return rf"\operatorname{{{self._name}}}\left({', '.join(printer._print(a) for a in self.args)}\right)"


class _ScalarNode(Node):
    is_commutative = True


class _MatrixNode(Node):
    is_commutative = False


class Det(_ScalarNode):
    """Determinant of a square matrix expression."""

    _name = "det"


class Tr(_ScalarNode):
    """Trace of a square matrix expression."""

    _name = "tr"


class Entry(_ScalarNode):
    """Entry (i, j) of a matrix expression, counted from 1 as in print."""

    _name = "entry"


class Adj(_MatrixNode):
    """Adjugate: the transposed cofactor matrix, X adj(X) = det(X) 1. Defined for singular X too."""

    _name = "adj"


class T(_MatrixNode):
    """Transpose (no conjugation)."""

    _name = "transpose"

    def _latex(self, printer: sp.printing.printer.Printer) -> str:
        return rf"\left({printer._print(self.args[0])}\right)^{{\top}}"


class Exp(_MatrixNode):
    """Matrix exponential, the sum of X^n/n!."""

    _name = "Exp"


class Log(_MatrixNode):
    """Principal matrix logarithm (eigenvalues with imaginary part in (-pi, pi])."""

    _name = "Log"


class Sin(_MatrixNode):
    """Matrix sine by its power series."""

    _name = "Sin"


class Cos(_MatrixNode):
    """Matrix cosine by its power series."""

    _name = "Cos"


class Const(_MatrixNode):
    """An explicit matrix. Entries may contain scalar symbols: ``Const([[0, 1], [-x, 0]])``."""

    _name = "Const"

    def __new__(cls, rows: object) -> Const:
        return Expr.__new__(cls, sp.ImmutableMatrix(rows))

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return set(self.args[0].free_symbols)

    def _sympystr(self, printer: sp.printing.printer.Printer) -> str:
        return str(self.args[0].tolist())

    def _latex(self, printer: sp.printing.printer.Printer) -> str:
        return printer._print(self.args[0])


class MFun(_MatrixNode):
    """A matrix whose entries are unknown differentiable functions of the given variables."""

    _name = "MFun"

    def _sympystr(self, printer: sp.printing.printer.Printer) -> str:
        return f"{self.args[0]}({', '.join(printer._print(a) for a in self.args[1:])})"

    _latex = _sympystr


def mfun(name: str, *variables: Symbol) -> MFun:
    """The matrix `name` of unknown differentiable functions of `variables`: ``M = mfun("M", t)``."""
    return MFun(Symbol(name, commutative=False), *variables)


class D(Node):
    """Derivative of a scalar- or matrix-valued expression.

    ``D(expr, t)`` and ``D(expr, t, n)`` with respect to a scalar; ``D(expr, A)`` with respect to the entries of a
    matrix
    symbol: the matrix of the partial derivatives of a scalar `expr`, laid out like A.
    """

    _name = "D"

    def __new__(cls, expr: object, variable: object, order: int = 1) -> D:
        inner, by, times = sympify(expr), sympify(variable), sympify(order)
        if not isinstance(by, Symbol):
            raise ValueError(f"D differentiates with respect to a symbol, got {by}")
        if not (times.is_Integer and times >= 1):
            raise ValueError(f"the order of a derivative is a positive integer, got {times}")
        if not by.is_commutative and (times != 1 or not inner.is_commutative):
            raise ValueError("D(expr, A) is the first derivative of a scalar with respect to the entries of A")
        node = Expr.__new__(cls, inner, by, times)
        node.is_commutative = bool(inner.is_commutative and by.is_commutative)
        return node

    @property
    def bound(self) -> Symbol:
        return self.args[1]


class Moments(sp.Basic):
    """The law of i.i.d. entries of a matrix: mean 0 and the given variance, third standardized moment and kurtosis."""

    def __new__(cls, matrix: Symbol, variance: object, skewness: object, kurtosis: object) -> Moments:
        return sp.Basic.__new__(cls, *map(sympify, (matrix, variance, skewness, kurtosis)))


def iid(matrix: Symbol, variance: object = 1, skewness: object = None, kurtosis: object = None) -> Moments:
    r"""I.i.d. entries with mean 0, variance $\sigma^2$, $E w^3=\gamma\sigma^3$ and $E w^4=\kappa\sigma^4$.

    `skewness` and `kurtosis` are symbols (any law with these moments), by default fresh ones named `gamma`, `kappa`.
    """
    skewness = Symbol("gamma", real=True) if skewness is None else skewness
    kurtosis = Symbol("kappa", positive=True) if kurtosis is None else kurtosis
    return Moments(matrix, variance, skewness, kurtosis)


class Expect(_ScalarNode):
    """Expectation of a scalar polynomial in the entries of a random matrix: ``Expect(expr, iid(W, variance, ...))``."""

    _name = "E"

    def __new__(cls, expr: object, law: Moments) -> Expect:
        if not isinstance(law, Moments):
            raise ValueError("the law of an expectation is given as iid(W, ...)")
        return Expr.__new__(cls, sympify(expr), law)

    def _sympystr(self, printer: sp.printing.printer.Printer) -> str:
        return f"E[{printer._print(self.args[0])}]"


def commutator(X: Expr, Y: Expr) -> Expr:
    """[X, Y] = XY - YX."""
    return X * Y - Y * X


# --- looking at trees --------------------------------------------------------------------------------------------

_BINDERS = (sp.Integral, sp.Sum, sp.Product)


def scalar_symbols(*trees: sp.Basic) -> list[Symbol]:
    """Free commutative symbols of the trees, sorted by name."""
    found: set[Symbol] = set()
    for tree in trees:
        found |= {s for s in free(tree) if s.is_commutative}
    return sorted(found, key=lambda s: s.name)


def matrix_symbols(*trees: sp.Basic) -> list[Symbol]:
    """Free matrix symbols of the trees, sorted by name."""
    found: set[Symbol] = set()
    for tree in trees:
        found |= {s for s in free(tree) if not s.is_commutative}
    return sorted(found, key=lambda s: s.name)


def matrix_functions(*trees: sp.Basic) -> list[str]:
    """Names of the matrices of unknown functions (`mfun`) in the trees."""
    return sorted({str(n.args[0]) for tree in trees for n in sp.preorder_traversal(tree) if isinstance(n, MFun)})


def unknown_functions(*trees: sp.Basic) -> list[type]:
    """The undefined functions that the trees apply, sorted by name."""
    found = {
        n.func for tree in trees for n in sp.preorder_traversal(tree) if isinstance(n, sp.core.function.AppliedUndef)
    }
    return sorted(found, key=lambda f: f.__name__)


def free(tree: sp.Basic) -> set[Symbol]:
    """The free symbols of a tree, scalar and matrix; those that integrals, sums, limits and laws bind are not free."""
    if isinstance(tree, MFun):
        return set().union(*(free(a) for a in tree.args[1:]))
    if isinstance(tree, Symbol):
        return {tree}
    if isinstance(tree, _BINDERS):
        inner = free(tree.function)
        for limit in reversed(tree.limits):
            inner -= {limit[0]}
            for a in limit[1:]:
                inner |= free(a)
        return inner
    if isinstance(tree, sp.Subs):
        expr, variables, point = tree.args
        return (free(expr) - set(variables.args)) | set().union(*(free(a) for a in point.args))
    if isinstance(tree, sp.Limit):
        return (free(tree.args[0]) - {tree.args[1]}) | free(tree.args[2])
    if isinstance(tree, Const):
        return set(tree.free_symbols)
    if isinstance(tree, Expect):
        law = tree.args[1]
        return (free(tree.args[0]) - {law.args[0]}) | set().union(*(free(a) for a in law.args[1:]))
    out: set[Symbol] = set()
    for a in tree.args:
        out |= free(a)
    return out


def is_matrix(tree: sp.Basic) -> bool:
    """Whether the expression is matrix-valued."""
    return tree.is_commutative is False


def contains(tree: sp.Basic, *kinds: type) -> bool:
    """Whether a node of one of `kinds` stands in the tree."""
    return any(isinstance(n, kinds) for n in sp.preorder_traversal(tree))


def show(tree: object) -> str:
    """A stable one-line text of a tree."""
    return re.sub(r"\s+", " ", sp.sstr(tree, order=None))


def canonical(tree: sp.Basic, depth: int = 0) -> sp.Basic:
    """The tree with bound variables renamed by depth and one notation for derivatives: what is the same as written."""
    if isinstance(tree, sp.Derivative):
        inner = canonical(tree.expr, depth)
        for variable, order in tree.variable_count:
            inner = (
                D(inner, variable, order)
                if order.is_Integer and variable.is_Symbol
                else sp.Derivative(inner, (variable, order))
            )
        return inner
    if isinstance(tree, (sp.Integral, sp.Sum, sp.Product)):
        bound = [limit[0] for limit in tree.limits]
        fresh = {b: Symbol(f"_bound{depth + i}", **b.assumptions0) for i, b in enumerate(bound)}
        inner = canonical(tree.function, depth + len(bound)).xreplace(fresh)
        limits = [
            (fresh[limit[0]], *(canonical(a, depth + len(bound)).xreplace(fresh) for a in limit[1:]))
            for limit in tree.limits
        ]
        return tree.func(inner, *limits)
    if isinstance(tree, sp.Limit):
        fresh = {tree.args[1]: Symbol(f"_bound{depth}")}
        return sp.Limit(canonical(tree.args[0], depth + 1).xreplace(fresh), fresh[tree.args[1]], *tree.args[2:])
    if isinstance(tree, (Const, MFun, Moments)) or not tree.args or not isinstance(tree, sp.Expr):
        return tree
    args = [canonical(a, depth) if isinstance(a, sp.Expr) else a for a in tree.args]
    return tree.func(*args) if args != list(tree.args) else tree


def undisguised(tree: sp.Basic) -> sp.Basic:
    """The tree without what only looks unevaluated: a substitution, a sum of one term, the integral of a constant."""
    if not isinstance(tree, sp.Expr) or not tree.args or isinstance(tree, (Const, MFun)):
        return tree
    named = isinstance(tree, sp.Subs) and not any(p.is_number for p in tree.point)  # a value at 0 says something
    if named and not tree.expr.has(sp.Derivative, sp.Integral, Node):
        return undisguised(tree.expr.xreplace(dict(zip(tree.variables, tree.point, strict=True))))
    if isinstance(tree, (sp.Sum, sp.Product)) and len(tree.limits) == 1 and len(tree.limits[0]) == 3:
        k, low, high = tree.limits[0]
        if low == high:
            return undisguised(tree.function.xreplace({k: low}))
    if isinstance(tree, sp.Integral) and len(tree.limits) == 1 and len(tree.limits[0]) == 3:
        x, low, high = tree.limits[0]
        if x not in free(tree.function) and not (low.is_infinite or high.is_infinite):
            return (high - low) * undisguised(tree.function)
    if isinstance(tree, (sp.Derivative, sp.Subs, D)):
        return tree
    args = [undisguised(a) if isinstance(a, sp.Expr) else a for a in tree.args]
    return tree if args == list(tree.args) else tree.func(*args)
