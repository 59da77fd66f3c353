"""The numeric leg with certainty: unevaluated trees on balls, numbers with a proven error radius (python-flint's Arb).

`Enclosures` encloses trees at an instance, `compare` tells two trees apart or how far they agree, `order` which is
larger. Where a tree has no
enclosure (a limit, an expectation over a random matrix, a function without bounds) `NotCertified` is raised, and mpmath
does the work without a certificate.
"""

from . import derivatives, integrals, matrix_trees, real_functions, sums  # each registers how its nodes are compiled
from .balls import NotCertified, exact, matrix, to_mpmath
from .comparison import DEEP, Enclosures, Verdict, compare, exceeds, gap, nesting, order, slopes
from .compiled import Point, compiled, point_of

__all__ = [
    "DEEP",
    "Enclosures",
    "NotCertified",
    "Point",
    "Verdict",
    "compare",
    "compiled",
    "derivatives",
    "exact",
    "exceeds",
    "gap",
    "integrals",
    "matrix",
    "matrix_trees",
    "nesting",
    "order",
    "point_of",
    "real_functions",
    "slopes",
    "sums",
    "to_mpmath",
]
