"""Instances of the ingredients of a tree for the numeric leg: points, matrices and functions.

Seeded by the claim's id and the book's seed shift, so that a record is reproducible and `make stress` moves all points.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import sympy as sp
from mpmath import mp
from sympy import Symbol

from scispaces import rng

from . import enclosures, numeric
from . import nodes as N
from .failures import Refused
from .hypotheses import Commute, Hypothesis, Relation, Structure

SCALES = (1.0, 0.1, 10.0, 1e-3, 2.0, 1e3, 0.3, 30.0, 1e-2, 1e2)


class Dice:
    """A random source by name: the book's numpy generator with the few draws that sampling needs."""

    def __init__(self, *name: object) -> None:
        self._rng = rng(zlib.crc32("/".join(map(str, name)).encode()))

    def random(self) -> float:
        return float(self._rng.random())

    def uniform(self, low: float, high: float) -> float:
        return float(self._rng.uniform(low, high))

    def gauss(self) -> float:
        return float(self._rng.standard_normal())

    def integer(self, low: int, high: int) -> int:
        """From low to high, both included."""
        return int(self._rng.integers(low, high + 1))

    def sign(self) -> int:
        return 1 if self._rng.random() < 0.5 else -1


class Ingredients:
    """Everything that is free in a set of trees, with its domain, and how to draw it."""

    def __init__(
        self,
        trees: tuple[sp.Basic, ...],
        hypotheses: tuple[Hypothesis, ...] = (),
        sizes: list[dict[Any, Any]] | None = None,
        scales: tuple[float, float] | None = None,
        fixed: dict[Symbol, Any] | None = None,
    ) -> None:
        relations = tuple(h.relation for h in hypotheses if isinstance(h, Relation))
        self.trees = trees
        self.hypotheses = hypotheses
        self.fixed = dict(fixed or {})
        self.scalars = [s for s in N.scalar_symbols(*trees, *relations) if s not in self.fixed]
        self.laws = {e.args[1] for tree in trees for e in sp.preorder_traversal(tree) if isinstance(e, N.Expect)}
        law_matrices = {law.args[0] for law in self.laws}
        for h in hypotheses:
            if isinstance(h, Structure) and (strange := set(h.symbols) - set(N.matrix_symbols(*trees))):
                raise Refused(
                    f"the hypothesis {h.text} speaks of {', '.join(map(str, strange))}, which no side contains"
                )
        self.matrices = [m for m in N.matrix_symbols(*trees) if m not in law_matrices]
        self.law_matrices = sorted(law_matrices, key=lambda s: s.name)
        self.functions = N.unknown_functions(*trees)
        self.matrix_functions = N.matrix_functions(*trees)
        self.sizes = sizes or [{}]
        if scales is None and (self.functions or self.matrix_functions):
            scales = (1e-2, 2.0)  # random functions make every argument a typical one
        self.scales = scales
        self.real = False

    @property
    def closed(self) -> bool:
        """Whether nothing is free: the statement is about numbers."""
        return not (self.scalars or self.matrices or self.functions or self.matrix_functions or self.law_matrices)

    def draw(self, rnd: Dice, index: int, dropped: Hypothesis | None = None) -> numeric.Env | None:
        """The instance number `index`, or None when no point satisfied the hypotheses in 400 tries."""
        active = tuple(h for h in self.hypotheses if h is not dropped)
        relations = [h.relation for h in active if isinstance(h, Relation)]
        size = self.sizes[index % len(self.sizes)]
        for attempt in range(400 if not isinstance(dropped, Structure) else 5):
            with mp.workdps(150):  # so that polynomials of the drawn 53-bit numbers are exact
                env = self._draw_once(rnd, index + attempt, active, relations, size, dropped)
            if relations and not all(allowed(s, env[s]) for s in self.scalars if s in env):
                continue  # an equation among the hypotheses took a symbol out of its own domain
            if all(h.test(env) for h in active) and (dropped is None or not dropped.test(env)):
                return env
        return None

    def _draw_once(
        self,
        rnd: Dice,
        index: int,
        active: tuple[Hypothesis, ...],
        relations: list[sp.Basic],
        size: dict[Any, Any],
        dropped: Hypothesis | None,
    ) -> numeric.Env:
        env: numeric.Env = numeric.Instance(
            {s: mp.mpmathify(sp.sympify(v)) if not isinstance(v, tuple) else v for s, v in self.fixed.items()}
        )
        k = int(size.get("size", (2, 3, 4, 1, 3, 2)[index % 6]))
        for s, v in self.fixed.items():
            if not isinstance(v, tuple):
                env["exact", s] = (sp.sympify(v), env[s])
        env["size"] = k
        for position, s in enumerate(self.scalars):
            if s in size:
                env[s] = mp.mpf(size[s])
            else:
                env[s] = _scalar(s, rnd, index, interval(s, relations), self.scales, axis=index + position)
        for r in relations:
            if isinstance(r, sp.Eq):
                for s, other in ((r.lhs, r.rhs), (r.rhs, r.lhs)):
                    if s in env and s not in other.free_symbols:
                        try:
                            env[s] = numeric.evaluate(other, env)
                        except (ArithmeticError, KeyError, ValueError):
                            continue
                        _keep_equation(env, s, other)
                        break
        for position, m in enumerate(self.matrices):
            shape = size.get(m, (k, k))
            env[m] = _matrix(shape, rnd, index + position, self.real)
        bonds = [h for h in active if isinstance(h, Commute)]
        shared = {m for h in bonds for g in bonds if g is not h for m in set(h.symbols) & set(g.symbols)}
        if shared and index % 2:  # commuting is not transitive: a scalar matrix in the middle, the others free
            for m in shared:
                env[m] = mp.mpf(rnd.gauss()) * mp.eye(env[m].rows)
        for h in active:
            if isinstance(h, Structure) and not (isinstance(h, Commute) and shared and index % 2):
                h.impose(env, rnd)
        if isinstance(dropped, Structure):
            dropped.drop(env)
        for f in self.functions:
            env[f] = _function(f, rnd, self.real)
        for name in self.matrix_functions:
            env[name] = _matrix_function(k, rnd, self.real or index % 2 == 0)
        for law in self.laws:
            W, _, skewness, kurtosis = law.args
            env[("shape", W)] = size.get(W, (2, 2))
            rows, cols = env[("shape", W)]
            a, b = _three_points(rnd, skewness, kurtosis, env, two=rows * cols > 11 or index % 3 == 2)
            env[("law", W)] = (a, b)
            for symbol, moment in ((skewness, b - a), (kurtosis, a * a - a * b + b * b)):
                if isinstance(symbol, Symbol):
                    env[symbol] = moment
        return env

    def instances(self, count: int, *name: object) -> list[numeric.Env]:
        """`count` instances that satisfy the hypotheses. Raises `Refused` when the domain is empty."""
        rnd = Dice(*name)
        out = []
        for index in range(count if not self.closed else 1):
            env = self.draw(rnd, index)
            if env is not None:
                out.append(env)
        if not out or (len(out) < count // 2 and not self.closed):
            texts = "; ".join(h.text for h in self.hypotheses) or "the assumptions of the symbols"
            raise Refused(f"the domain is empty, or too thin to sample: no point satisfies {texts}")
        return out

    def violations(self, hypothesis: Hypothesis, count: int, *name: object) -> Iterator[numeric.Env]:
        """Instances in which `hypothesis` fails while the other hypotheses hold."""
        rnd = Dice("dropped", hypothesis.text, *name)
        for index in range(count):
            env = self.draw(rnd, index, dropped=hypothesis)
            if env is not None:
                yield env


def _three_points(rnd: Dice, skewness: sp.Basic, kurtosis: sp.Basic, env: numeric.Env, two: bool) -> tuple[Any, Any]:
    """The atoms -a, 0, b of a standardized law: skewness = b - a, kurtosis = (b - a)^2 + ab.

    Moments that are symbols are free; those that are numbers are met.
    """
    difference = None if isinstance(skewness, Symbol) else numeric.evaluate(skewness, env)
    if isinstance(kurtosis, Symbol):
        if difference is None:
            a = mp.mpf(rnd.uniform(0.6, 2.2))
            return a, 1 / a if two else max(mp.mpf(rnd.uniform(0.6, 2.2)), 1 / a)
        product = mp.mpf(1) if two else mp.mpf(rnd.uniform(1, 3))
    else:
        k = numeric.evaluate(kurtosis, env)
        if difference is None:
            difference = mp.sqrt(max(k - 1, 0)) * mp.mpf(rnd.uniform(-1, 1))
        product = k - difference**2
    b = (difference + mp.sqrt(difference**2 + 4 * max(product, 0))) / 2
    return b - difference, b


def allowed(s: Symbol, x: Any) -> bool:
    """Whether a number is in the domain that the assumptions of the symbol name."""
    re, im = mp.re(x), mp.im(x)
    if im:
        return not (s.is_extended_real or s.is_integer or (s.is_imaginary and re))
    return not (
        (s.is_positive and re <= 0)
        or (s.is_negative and re >= 0)
        or (s.is_nonnegative and re < 0)
        or (s.is_nonpositive and re > 0)
        or (s.is_nonzero and re == 0)
        or (s.is_integer and re != mp.floor(re))
    )


def interval(s: Symbol, relations: list[sp.Basic]) -> tuple[float | None, float | None]:
    """Numeric ends that simple relations and assumptions set to a scalar."""
    low: float | None = 0.0 if s.is_nonnegative else None
    high: float | None = 0.0 if s.is_nonpositive else None
    for r in relations:
        if not isinstance(r, (sp.StrictGreaterThan, sp.GreaterThan, sp.StrictLessThan, sp.LessThan)):
            continue
        if r.gts == s and r.lts.is_number:
            low = float(r.lts) if low is None else max(low, float(r.lts))
        elif r.lts == s and r.gts.is_number:
            high = float(r.gts) if high is None else min(high, float(r.gts))
    return low, high


def _scalar(
    s: Symbol,
    rnd: Dice,
    index: int,
    ends: tuple[float | None, float | None],
    scales: tuple[float, float] | None,
    axis: int,
) -> Any:
    low, high = ends
    if s.is_integer:
        a = int(mp.ceil(low)) if low is not None else (-8 if high is None else int(high) - 12)
        if s.is_positive and low == 0:
            a = 1
        b = int(mp.floor(high)) if high is not None else a + (12 if low is not None else 16)
        if scales is not None:
            b = min(b, int(scales[1]))  # long sums of sums cost too much
        n = rnd.integer(a, max(a, b))
        if s.is_even or s.is_odd:
            n += (n % 2) != (0 if s.is_even else 1)
        return mp.mpf(n if not s.is_nonzero or n else 1)
    scale = SCALES[rnd.integer(0, len(SCALES) - 1) if index >= len(SCALES) else index]
    if scales is not None:
        scale = min(max(scale, scales[0]), scales[1])
    if low is not None and high is not None:
        u = rnd.random()
        edge = rnd.random()
        if edge < 0.15:
            u = 10 ** rnd.uniform(-4, -1.5)
        elif edge < 0.3:
            u = 1 - 10 ** rnd.uniform(-4, -1.5)
        return mp.mpf(low) + (mp.mpf(high) - mp.mpf(low)) * mp.mpf(u)
    step = mp.mpf(scale) * mp.mpf(rnd.uniform(0.3, 1.7))
    if scales is not None:
        step = min(max(step, mp.mpf(scales[0])), mp.mpf(scales[1]))
    if low is not None:
        return mp.mpf(low) + step
    if high is not None:
        return mp.mpf(high) - step
    if s.is_real or s.is_extended_real:
        return step * rnd.sign()
    if s.is_imaginary:
        return mp.mpc(0, step * rnd.sign())
    if axis % 5 == 3:  # the axes, where branch cuts lie, the negative one first
        return step * (-1, 1, mp.mpc(0, 1), mp.mpc(0, -1))[axis // 5 % 4]
    return step * mp.expj(rnd.uniform(-3.14159, 3.14159))


def _matrix(shape: tuple[int, int], rnd: Dice, index: int, only_real: bool = False) -> Any:
    """General complex, real non-normal, defective (square only), large and small matrices in turn."""
    rows, cols = shape
    kind = index % 5

    def real() -> Any:
        return mp.mpf(rnd.gauss())

    out = mp.matrix(rows, cols)
    for i in range(rows):
        for j in range(cols):
            out[i, j] = real() if only_real or kind in (1, 2, 4) else mp.mpc(real(), real())
    if kind == 1:
        for i in range(rows):
            for j in range(i + 1, cols):
                out[i, j] = out[i, j] * 3
    if kind == 2 and rows == cols and rows > 1:
        jordan = mp.eye(rows) * real()
        for i in range(rows - 1):
            jordan[i, i + 1] = 1
        lower = mp.eye(rows)
        for i in range(rows):
            for j in range(i):
                lower[i, j] = mp.mpf(rnd.integer(-2, 2))
        if rows > 1 and lower[1, 0] == 0:
            lower[1, 0] = mp.mpf(1)
        return lower * jordan * mp.inverse(lower)
    if kind == 3:
        out = out / 8  # a power of two, so that polynomials of the matrix stay exact
    return out


def _keep_equation(env: numeric.Env, s: Symbol, other: sp.Basic) -> None:
    """Remember what `s` was solved from: its value is rounded, the equation is not."""
    behind, seen = set(other.free_symbols), set()
    while behind:
        symbol = behind.pop()
        if symbol == s:
            return  # two equations in a circle
        seen.add(symbol)
        if ("exact", symbol) in env:
            behind |= env["exact", symbol][0].free_symbols - seen
    env["exact", s] = (other, env[s])


class RandomFunction:
    """A smooth concrete function: a constant, a line and a sine per argument and products of neighbours.

    Complex coefficients, unless the function is declared real; its exponential where it is declared positive. Called
    with mpmath numbers, and with balls by `enclose`.
    """

    def __init__(self, coefficients: tuple[Any, Any, Any, Any], positive: bool) -> None:
        self.coefficients, self.positive = coefficients, positive
        self._exact = tuple(enclosures.exact(c) for c in coefficients)

    def _formula(self, coefficients: Any, x: tuple[Any, ...], sin: Any, exp: Any) -> Any:
        a, b, c, d = coefficients
        total = d
        for n, y in enumerate(x):
            total = total + a * sin(b * y + n + 1) + c * y / (n + 2)
            if n:
                total = total + a * x[n - 1] * y / 3
        return exp(total / 4) if self.positive else total

    def __call__(self, *x: Any) -> Any:
        return self._formula(self.coefficients, x, mp.sin, mp.exp)

    def enclose(self, *x: Any) -> Any:
        return self._formula(self._exact, x, lambda y: y.sin(), lambda y: y.exp())


def _function(f: type, rnd: Dice, real: bool) -> RandomFunction:
    """A random function of the declared sign."""
    a, b, c, d = (mp.mpf(rnd.uniform(0.4, 1.6)) * rnd.sign() for _ in range(4))
    if not real and f(sp.Symbol("x", real=True)).is_real is not True:
        a, c, d = a * mp.expj(a), c * mp.expj(d), d * mp.expj(b)
    return RandomFunction((a, b, c, d), bool(f(sp.Symbol("x", real=True)).is_positive))


class RandomMatrixFunction:
    """A matrix of smooth concrete functions, each a constant, a line and a sine per argument."""

    def __init__(self, rows: list[list[tuple[Any, ...]]]) -> None:
        self.rows = rows
        self._exact = [[tuple(enclosures.exact(c) for c in entry) for entry in row] for row in rows]

    @staticmethod
    def _entry(coefficients: tuple[Any, ...], x: tuple[Any, ...], sin: Any) -> Any:
        a, b, c, d = coefficients
        total = d
        for n, y in enumerate(x):
            total = total + a * sin(b * y + n) + c * y
        return total

    def __call__(self, *x: Any) -> Any:
        return mp.matrix([[self._entry(entry, x, mp.sin) for entry in row] for row in self.rows])

    def enclose(self, *x: Any) -> Any:
        return enclosures.matrix([[self._entry(e, x, lambda y: y.sin()) for e in row] for row in self._exact])


def _matrix_function(k: int, rnd: Dice, real: bool) -> RandomMatrixFunction:
    phase = 1 if real else mp.expj(rnd.uniform(0.3, 1.2))
    return RandomMatrixFunction(
        [
            [tuple(mp.mpf(rnd.gauss()) * (phase if n in (0, 3) else 1) for n in range(4)) for _ in range(k)]
            for _ in range(k)
        ]
    )
