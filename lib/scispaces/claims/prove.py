"""The prover: an expression is zero when a chain of exact rewritings brings it to the number 0.

Nothing here evaluates at points, and nothing falls back: what is not proved raises.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from itertools import product

import sympy as sp
from sympy import Expr, Symbol

from .finite_sums import linear_sums
from .time_limits import PROOF_SECONDS, TimeUp, time_limit


def _expand_all(e: Expr) -> Expr:
    return sp.expand(sp.expand_func(sp.expand(e)))


def _cancel(e: Expr) -> Expr:
    return sp.cancel(sp.together(e))


def _numerator(e: Expr) -> Expr:
    return sp.expand(sp.fraction(sp.together(e))[0])


def _exponentials(e: Expr) -> Expr:
    e = sp.expand(sp.expand(e.rewrite(sp.exp)), power_exp=True)
    return sp.simplify(sp.powsimp(e)) if e != 0 else e


def _factorials(e: Expr) -> Expr:
    return sp.gammasimp(sp.expand_func(e.rewrite(sp.gamma)))


def _logarithms(e: Expr) -> Expr:
    return sp.simplify(sp.expand_log(e))


def _arguments(e: Expr) -> Expr:
    return e.replace(
        lambda x: isinstance(x, sp.Function) and x.is_commutative,
        lambda x: x.func(*(sp.cancel(sp.together(a)) for a in x.args)),
    )


def _numerator_exponentials(e: Expr) -> Expr:
    return sp.simplify(sp.expand(sp.fraction(sp.together(e.rewrite(sp.exp)))[0]))


def _product_of_logarithms(e: Expr) -> Expr:
    """sum c_i log(A_i) + B with rational c_i, positive A_i and real B is 0 where prod A_i^c_i exp(B) is 1."""
    total: Expr = sp.S.One
    for term in sp.Add.make_args(_numerator(e)):
        factor, logs = term.as_independent(sp.log)
        if not factor.is_Rational and logs != 1:
            return e
        if logs == 1:
            if not term.is_real:
                return e
            total *= sp.exp(term)
        elif isinstance(logs, sp.log) and logs.args[0].is_positive:
            total *= logs.args[0] ** factor
        else:
            return e
    return _numerator_exponentials(total - 1)


def _cases_of_sign(e: Expr) -> Expr:
    """For x >= 0 and for x <= 0 apart, where a real x stands under |x|, max, min or sign: at most three such x."""
    kinked = e.atoms(sp.Abs, sp.Max, sp.Min, sp.sign)
    free = {s for f in kinked for s in f.free_symbols if s.is_real and s.is_nonnegative is None}
    free = {s for s in free if s.is_nonpositive is None and s.is_integer is None}
    if not 1 <= len(free) <= 3:
        return e
    symbols = sorted(free, key=str)
    for signs in product([1, -1], repeat=len(symbols)):
        case = e.subs({s: sign * sp.Dummy(s.name, nonnegative=True) for s, sign in zip(symbols, signs, strict=True)})
        if case.atoms(sp.Abs, sp.Max, sp.Min, sp.sign) and sp.simplify(case).atoms(sp.Abs, sp.Max, sp.Min, sp.sign):
            return e
        if all(tactic(case) != 0 for name, tactic in TACTICS if tactic is not _cases_of_sign):
            return e
    return sp.S.Zero


def _harmonic(n: Expr, order: Expr = sp.S.One) -> Expr:
    """H_n = psi(n + 1) + gamma."""
    return sp.digamma(n + 1) + sp.EulerGamma if order == 1 else sp.harmonic(n, order)


TACTICS: tuple[tuple[str, Callable[[Expr], Expr]], ...] = (
    ("normal form", lambda e: e),
    ("expand", sp.expand),
    ("expand numerator", _numerator),
    ("cancel", _cancel),
    ("expand functions", _expand_all),
    ("absolute values", lambda e: sp.expand(e.rewrite(sp.Abs)) if e.has(sp.Max, sp.Min) else e),
    ("arguments of functions", lambda e: sp.expand(_arguments(e))),
    ("finite sums", linear_sums),
    ("harmonic numbers", lambda e: sp.expand(e.replace(sp.harmonic, _harmonic)) if e.has(sp.harmonic) else e),
    ("gamma functions", _factorials),
    ("exponentials", _exponentials),
    ("logarithms", _logarithms),
    ("trigonometry", sp.trigsimp),
    ("angle sums", lambda e: sp.simplify(sp.expand_trig(sp.expand_trig(sp.expand_trig(e))))),
    ("simplify", sp.simplify),
    (
        "squares under roots",
        lambda e: sp.expand(
            e.replace(lambda x: isinstance(x, sp.Pow) and abs(x.exp) == sp.S.Half, lambda x: sp.factor(x.base) ** x.exp)
        ),
    ),
    ("roots", lambda e: sp.simplify(sp.sqrtdenest(sp.radsimp(sp.simplify(e))))),
    ("numerator of exponentials", _numerator_exponentials),
    ("deep simplify", lambda e: sp.simplify(sp.expand_func(sp.powdenest(e.rewrite(sp.exp), force=False)))),
    ("product of logarithms", _product_of_logarithms),
    ("cases of sign", _cases_of_sign),
)


class NotProved(Exception):
    """No tactic brought the expression to 0; `tried` says which were run and what was left."""

    def __init__(self, left: Expr, tried: list[str]) -> None:
        self.left, self.tried = left, tried
        text = sp.sstr(left)
        super().__init__(
            f"not proved; tried {', '.join(tried)}; left: {text if len(text) < 200 else text[:200] + '...'}"
        )


class Depth:
    """How far down the list of tactics proofs have gone, and how far they may go."""

    def __init__(self) -> None:
        self.reached = 0
        self.allowed = len(TACTICS)

    @contextlib.contextmanager
    def at_most(self, tactics: int) -> Iterator[None]:
        """Only the first `tactics` tactics: for mutants, which need not be tried by more than proved the original."""
        before, self.allowed = self.allowed, tactics
        try:
            yield
        finally:
            self.allowed = before


depth = Depth()


def prove_zero(e: Expr, seconds: float = PROOF_SECONDS) -> None:
    """Return if `e` is proved to be identically zero, else raise `NotProved` (or `TimeUp` at the limit).

    A single tactic gets at most a third of the time, so that one that hangs does not keep the next from trying.
    """
    started, tried = time.monotonic(), []
    if not e.is_commutative:
        for coefficient in noncommutative_parts(sp.expand(e)).values():
            prove_zero(coefficient, seconds)
        return
    best = e
    for number, (name, tactic) in enumerate(TACTICS[: depth.allowed], 1):
        left = seconds - (time.monotonic() - started)
        if left <= 0:
            raise TimeUp
        try:
            with time_limit(min(left, max(seconds / 3, 0.5))):
                result = tactic(e)
        except TimeUp:
            tried.append(f"{name} (time limit)")
            continue
        except (
            ValueError,
            TypeError,
            AttributeError,
            NotImplementedError,
            ZeroDivisionError,
            sp.PolynomialError,
            RecursionError,
            KeyError,
            IndexError,
            StopIteration,  # sympy 1.14: simplify of sums with factors that are sums
        ) as error:
            tried.append(f"{name} ({type(error).__name__})")
            continue
        tried.append(name)
        if result == 0:
            depth.reached = max(depth.reached, number)
            return
        if sp.count_ops(result) < sp.count_ops(best):
            best = result
    raise NotProved(best, tried)


def noncommutative_parts(e: Expr) -> dict[Expr, Expr]:
    """Collect an expanded expression by its noncommutative monomials: {monomial: commutative coefficient}."""
    parts: dict[Expr, Expr] = {}
    for term in sp.Add.make_args(e):
        commuting, words = term.args_cnc()
        word = sp.Mul(*words)
        parts[word] = parts.get(word, sp.S.Zero) + sp.Mul(*commuting)
    return parts


def prove_nonnegative(e: Expr) -> bool:
    """Whether sympy's assumptions alone show e >= 0: as it stands, factored, expanded, as a fraction, or with exp,
    cosh and sinh of nonnegative arguments (log of arguments from 1 up) replaced by what is known of their size."""
    forms = (lambda x: x, sp.factor, sp.expand, _cancel, sp.simplify, lambda x: sp.factor(sp.together(x)))
    for form in forms:
        try:
            with time_limit(5):
                shaped = form(e)
                sized = _by_size(shaped)
                if shaped.is_nonnegative or sp.expand(sized).is_nonnegative or sp.factor(sized).is_nonnegative:
                    return True
        except (
            TimeUp,
            ValueError,
            TypeError,
            AttributeError,
            NotImplementedError,
            sp.PolynomialError,
            RecursionError,
            StopIteration,
        ):
            continue
    return False


def _by_size(e: Expr) -> Expr:
    """sqrt(a) = 1 + w for a >= 1, exp(a) = 1 + a + w, cosh(a) = 1 + w, sinh(a) = a + w for a >= 0 and log(a) = w
    for a >= 1, each with w >= 0.
    """
    known: dict[Expr, Expr] = {}

    def bounded(f: Expr) -> Expr:
        if isinstance(f, sp.Pow):
            if f.exp != sp.S.Half or not (f.base - 1).is_nonnegative:
                return f
            return 1 + known.setdefault(f, sp.Dummy("w", nonnegative=True))
        (a,) = f.args
        if isinstance(f, sp.log):
            if not (a - 1).is_nonnegative:
                return f
            return known.setdefault(f, sp.Dummy("w", nonnegative=True))
        if not a.is_nonnegative:
            return f
        w = known.setdefault(f, sp.Dummy("w", nonnegative=True))
        return {sp.exp: 1 + a + w, sp.cosh: 1 + w, sp.sinh: a + w}[f.func]

    roots = e.replace(
        lambda f: isinstance(f, sp.Pow) and abs(f.exp) == sp.S.Half,
        lambda f: (1 / bounded(1 / f)) if f.exp < 0 else bounded(f),
    )
    return roots.replace(lambda f: isinstance(f, (sp.exp, sp.cosh, sp.sinh, sp.log)), bounded)


def reparametrise(relations: list[sp.Basic], symbols: list[Symbol]) -> dict[Symbol, Expr]:
    """Substitutions that carry simple hypotheses into assumptions.

    ``a < x < b`` becomes x = (a + b u)/(1 + u) with u > 0; ``x > a`` becomes x = a + u; ``x < b`` becomes x = b - u;
    weak inequalities likewise with u >= 0 (upper ends stay open). Relations of another form are left to the numeric
    leg.
    """
    low: dict[Symbol, tuple[Expr, bool]] = {}
    high: dict[Symbol, tuple[Expr, bool]] = {}
    for relation in relations:
        if not isinstance(relation, (sp.StrictGreaterThan, sp.GreaterThan, sp.StrictLessThan, sp.LessThan)):
            continue
        small, big = relation.lts, relation.gts
        strict = isinstance(relation, (sp.StrictGreaterThan, sp.StrictLessThan))
        if big in symbols and small.is_number:
            low[big] = (small, strict)
        elif small in symbols and big.is_number:
            high[small] = (big, strict)
    out: dict[Symbol, Expr] = {}
    for s in symbols:
        if s not in low and s.is_nonnegative and s in high:
            low[s] = (sp.S.Zero, bool(s.is_positive))

        def fresh(strict: bool, s: Symbol = s) -> Symbol:
            sign = {"positive": True} if strict else {"nonnegative": True}
            return sp.Dummy(s.name, **sign)

        if s.is_integer:
            if s in low and s not in high and low[s][0].is_integer:
                strict = low[s][1]
                out[s] = low[s][0] + (1 if strict else 0) + sp.Dummy(s.name, integer=True, nonnegative=True)
        elif s in low and s in high:
            (a, a_strict), (b, b_strict) = low[s], high[s]
            if b_strict:
                u = fresh(a_strict)
                out[s] = (a + b * u) / (1 + u)
            elif a_strict:
                u = fresh(False)
                out[s] = (b + a * u) / (1 + u)
        elif s in low:
            out[s] = low[s][0] + fresh(low[s][1])
        elif s in high:
            out[s] = high[s][0] - fresh(high[s][1])
    return out
