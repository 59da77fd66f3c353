"""The numeric leg: the same unevaluated tree, evaluated by mpmath.

Integrals are integrated, sums summed, derivatives differenced and exponentials summed as power series, in arbitrary
precision. Nothing here calls sympy's evaluation: a wrong closed form cannot reach this leg.
"""

from . import calculus, expectation, functions, matrices, sums, walk  # each registers the evaluation of its nodes
from .accuracy import Env, MPMatrix, OutOfReach, Undefined, digits_lost, size_of, worst_quadrature_error
from .walk import Instance, difference, evaluate, truth, value

__all__ = [
    "Env",
    "Instance",
    "MPMatrix",
    "OutOfReach",
    "Undefined",
    "calculus",
    "difference",
    "digits_lost",
    "evaluate",
    "expectation",
    "functions",
    "matrices",
    "size_of",
    "sums",
    "truth",
    "value",
    "walk",
    "worst_quadrature_error",
]
