"""What the letters of a display stand for: the chapter's names, and the nodes that only displays need.

A name maps LaTeX to a symbol or a tree (an abbreviation that the chapter defines), to a node class or `Lambda` applied
to what stands behind it, or to a plain function of numbers and arrays (a norm, an activation): ``Applied``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import sympy as sp

from . import nodes as N


class Applied(sp.Expr):
    """A function of numbers and arrays applied to trees: ``Applied(Wrapped(f), x)``; it has values, no derivative."""

    @property
    def is_commutative(self) -> bool:
        return not self.args[0].gives_array

    @property
    def function(self) -> Callable[..., Any]:
        return self.args[0].function

    def _sympystr(self, printer: sp.printing.printer.Printer) -> str:
        return f"{self.args[0]}({', '.join(printer._print(a) for a in self.args[1:])})"


class Wrapped(sp.AtomicExpr):
    """A plain function as an atom of a tree."""

    is_commutative = True

    def __new__(cls, function: Callable[..., Any], gives_array: bool = False) -> Wrapped:
        self = sp.AtomicExpr.__new__(cls)
        self.function, self.gives_array = function, gives_array
        self.shown = getattr(function, "__name__", type(function).__name__)
        return self

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.shown, id(self.function))

    def _sympystr(self, printer: sp.printing.printer.Printer) -> str:
        return self.shown


class Rows(sp.Expr):
    """How many rows (axis 0) or columns (axis 1) a matrix has: a displayed size."""

    is_commutative = True
    is_integer = True
    is_positive = True

    def _sympystr(self, printer: sp.printing.printer.Printer) -> str:
        return f"{'rows' if self.args[1] == 0 else 'columns'}({printer._print(self.args[0])})"


def rows(matrix: sp.Expr | str) -> Rows:
    """The number of rows of a matrix (entries of a vector), as a name for a displayed size."""
    return Rows(_matrix(matrix), sp.Integer(0))


def columns(matrix: sp.Expr | str) -> Rows:
    """The number of columns of a matrix, as a name for a displayed size."""
    return Rows(_matrix(matrix), sp.Integer(1))


class Item(sp.Expr):
    """The entry of a list of vectors or matrices at an index counted from 1: ``Item(Symbol("W"), t)``."""

    @property
    def is_commutative(self) -> bool:
        return bool(self.args[0].is_commutative)

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return set(self.args[1].free_symbols)

    def _sympystr(self, printer: sp.printing.printer.Printer) -> str:
        return f"{printer._print(self.args[0])}[{printer._print(self.args[1])}]"


class Listed(sp.IndexedBase):
    """A letter that carries an index of layers, examples, ...: W in a displayed W_t."""

    def __getitem__(self, index: Any) -> Item:
        return Item(self.label, sp.sympify(index))


def listed(ingredient: str, numbers: bool = False) -> Listed:
    """What the letter of W_t stands for: an ingredient that is a list of vectors or matrices (or their array).

    `numbers`: its entries are numbers.

    ``claim.reads({"W": listed("W")})`` reads W_t, W_{t+1}; ``listed("dW")[t]`` is what a name stands for that has its
    index inside, as ``\\nabla_{W_t}f`` does.
    """
    return Listed(sp.Symbol(ingredient, commutative=numbers))


class Entries(sp.IndexedBase):
    """A letter of a vector that a display uses with an index, x_i, and without one, x."""

    def __getitem__(self, index: Any) -> N.Entry:
        return N.Entry(self.whole, sp.sympify(index), sp.S.One)

    @property
    def whole(self) -> sp.Symbol:
        return sp.Symbol(self.label.name, commutative=False)


def entries(vector: sp.Symbol | str) -> Entries:
    """What the letter of x_i stands for where x is a column, a matrix symbol of shape (n, 1).

    ``claim.reads({"x": entries(x)})`` reads x_i as the entry (i, 1) of x, and x alone as the whole column.
    """
    return Entries(sp.Symbol(vector if isinstance(vector, str) else vector.name))


def _matrix(matrix: sp.Expr | str) -> sp.Expr:
    return sp.Symbol(matrix, commutative=False) if isinstance(matrix, str) else sp.sympify(matrix)


def template(function: Callable[..., Any], gives_array: bool = False) -> Callable[..., sp.Expr]:
    """`function` of numbers and arrays as a name of a display: applied to trees it gives a tree."""
    atom = Wrapped(function, gives_array)

    def apply(*trees: Any) -> sp.Expr:
        return Applied(atom, *map(sp.sympify, trees))

    apply.__name__ = atom.shown
    return apply


def computed(function: Callable[..., Any], array: bool = False) -> Applied:
    """What a display calls by one name and the check computes from its ingredients: ``computed(lambda *, A, t: ...)``.

    The parameters of `function` are keyword-only and name the ingredients; `array` says that it returns a vector or a
    matrix. It is for what the chapter defines in words (a solution, an estimate), never for a side as it stands.
    """
    return Applied(Wrapped(function, array))


def _of_trees(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(*trees: Any) -> Any:
        return function(*trees)

    apply.of_trees = True  # type: ignore[attr-defined]
    return apply


def resolved(names: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A vocabulary in which names of ingredients have become the symbols of the parts."""
    by_name = {v.name: v for v in own.values() if isinstance(v, sp.Symbol)}
    return {k: by_name.get(v, sp.Symbol(v)) if isinstance(v, str) else v for k, v in names.items()}


def as_name(latex: str, meaning: Any) -> Any:
    """One entry of a vocabulary in the form that the reader takes. Raises ValueError on what means nothing."""
    if not isinstance(latex, str) or not latex.strip():
        raise ValueError(f"a name is LaTeX, got {latex!r}")
    if isinstance(meaning, str):
        return meaning  # the name of an ingredient: what it is, its part says
    if isinstance(meaning, sp.Lambda):
        return _of_trees(meaning)
    if isinstance(meaning, (sp.Basic, sp.FunctionClass, sp.IndexedBase)) or (
        isinstance(meaning, type) and issubclass(meaning, sp.Basic)
    ):
        return meaning
    if isinstance(meaning, (int,)) and not isinstance(meaning, bool):
        return sp.Integer(meaning)
    if callable(meaning):
        return meaning if getattr(meaning, "of_trees", False) else template(meaning)
    raise ValueError(f"the name {latex} maps to a {type(meaning).__name__}; a symbol, a tree or a function is wanted")


def _random_matrices(trees: list[sp.Basic]) -> set[sp.Symbol]:
    """The matrices that expectations of the trees are over."""
    return {n.args[1].args[0] for t in trees for n in sp.preorder_traversal(t) if isinstance(n, N.Expect)}


def _expectation(trees: list[sp.Basic]) -> dict[str, Any]:
    """E and Var of a display, where all expectations of the part are over one law."""
    laws = {n.args[1] for t in trees for n in sp.preorder_traversal(t) if isinstance(n, N.Expect)}
    if len(laws) != 1:
        return {}
    law = laws.pop()

    def expectation(tree: Any) -> sp.Expr:
        return N.Expect(tree, law)

    def variance(tree: Any) -> sp.Expr:
        return N.Expect(sp.sympify(tree) ** 2, law) - N.Expect(tree, law) ** 2

    for f in (expectation, variance):
        f.of_trees = True  # type: ignore[attr-defined]
    return {r"\mathbb E": expectation, "E": expectation, r"\operatorname{Var}": variance}


def names_of(trees: Iterable[sp.Basic], latex: str) -> dict[str, Any]:
    """The names that the trees of a part bring along: free symbols and unknown functions, as sympy prints them."""
    out: dict[str, Any] = {}
    trees = list(trees)
    for s in [*N.scalar_symbols(*trees), *N.matrix_symbols(*trees)]:
        out[sp.latex(sp.Symbol(s.name))] = s
    for tree in trees:
        for node in sp.preorder_traversal(tree):
            if isinstance(node, N.MFun):
                out[sp.latex(sp.Symbol(node.args[0].name))] = node
            elif isinstance(node, sp.Indexed):
                out[sp.latex(sp.Symbol(str(node.base.label)))] = node.base
    out |= {sp.latex(sp.Symbol(m.name)): m for m in _random_matrices(trees)}
    out |= _expectation(trees)
    for f in N.unknown_functions(*trees):
        shown = sp.latex(sp.Symbol(f.__name__))
        applied = {n for t in trees for n in sp.preorder_traversal(t) if n.func is f}
        plain = {n for n in applied if all(a.is_Symbol for a in n.args)}
        called = re.search(rf"{re.escape(shown)}('|\^\{{?\\prime|\s)*\s*(\\[bB]ig+l?|\\left)?\(", latex)
        out[shown] = f if called or len(plain) != 1 else next(iter(plain))
    return out
