r"""Reads a displayed LaTeX sentence into relations between unevaluated sympy trees.

    >>> from sympy import symbols
    >>> from scispaces.claims.display import read
    >>> m, n = symbols("m n", positive=True)
    >>> [(rel, left, right)] = read(r"\sqrt{mn}\le\frac{m+n}2", {"m": m, "n": n})
    >>> print(left, rel, right)
    sqrt(m*n) <= m/2 + n/2

What has two readings is refused with `NotRead`, never guessed. `names` is the vocabulary: LaTeX to sympy symbols,
functions, expressions, indexed bases, matrices (noncommutative symbols), or plain callables such as an expectation.
"""

from .clauses import clauses
from .definitions import read_definition
from .mutants import display_mutants
from .reading import read, read_each
from .trees import NotRead, Relation

__all__ = ["NotRead", "Relation", "clauses", "display_mutants", "read", "read_definition", "read_each"]
