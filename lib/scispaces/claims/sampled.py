"""The verb `agrees`: two computations agree over a sampled (or exhausted) domain."""

from __future__ import annotations

import functools
import sys
import types
import zlib
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from scispaces import rng as book_rng

from . import nodes as N
from ._limits import Refused, TimeUp, time_limit
from .hypotheses import Holds
from .identity import NUMERIC_SECONDS, POINTS, Identity
from .parts import Context, Outcome, Part, Tally
from .samplers import Domain

Function = Callable[..., Any]


def generator(context: Context, *name: object) -> np.random.Generator:
    """A numpy generator named by the claim (moved by the book's seed shift)."""
    return book_rng(zlib.crc32("/".join(map(str, (*context.seed, *name))).encode()))


def same_function(f: Function, g: Function) -> bool:
    """Whether two callables are the same computation as written: the same object, or code, constants and closure."""
    if f is g:
        return True
    if isinstance(f, functools.partial) and isinstance(g, functools.partial):
        return same_function(f.func, g.func) and f.args == g.args and f.keywords == g.keywords
    if not (isinstance(f, types.FunctionType) and isinstance(g, types.FunctionType)):
        return False
    a, b = f.__code__, g.__code__

    def constants(code: types.CodeType) -> tuple[Any, ...]:
        listed = (
            code.co_consts[1:]
            if code.co_consts and isinstance(code.co_consts[0], str) and code.co_name != "<lambda>"
            else code.co_consts
        )
        return tuple(
            (constants(c), c.co_code, c.co_names) if isinstance(c, types.CodeType) else (type(c), c) for c in listed
        )

    if (f.__defaults__, f.__kwdefaults__) != (g.__defaults__, g.__kwdefaults__):
        return False
    if (a.co_code, a.co_names, a.co_varnames) != (b.co_code, b.co_names, b.co_varnames) or constants(a) != constants(b):
        return False
    cells = ([c.cell_contents for c in h.__closure__ or ()] for h in (f, g))
    return all(x is y for x, y in zip(*cells, strict=False))


def exact(x: Any) -> tuple[Fraction, ...] | None:
    """The value of a side as exact rationals, or None when it is not made of integers and fractions."""
    if isinstance(x, (bool, int, np.integer, np.bool_)):
        return (Fraction(int(x)),)
    if isinstance(x, Fraction):
        return (x,)
    if isinstance(x, sp.Rational):
        return (Fraction(int(x.p), int(x.q)),)
    if isinstance(x, np.ndarray) and (x.dtype.kind in "biu" or x.dtype == object):
        x = x.ravel().tolist()
    if isinstance(x, (list, tuple)):
        parts = [exact(v) for v in x]
        return None if any(p is None for p in parts) else tuple(v for p in parts if p is not None for v in p)
    return None


def call(f: Function, point: dict[str, Any], context: Context) -> Any:
    """The value of a side at a point; whatever it raises becomes a failed claim that names the point."""
    try:
        return f(**point)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        raise context.fail(f"{name_of(f)} raises {text}\n  at {describe_point(point)}") from error


def refuse_single_point(points: list[dict[str, Any]], context: Context) -> None:
    """A domain whose points are all the same tests nothing."""
    if len({repr(sorted((k, describe_value(v), getattr(v, "shape", None)) for k, v in p.items())) for p in points}) < 2:
        raise context.fail("the domain has a single point", Refused)


def shared_computation(f: Function, g: Function, point: dict[str, Any]) -> str | None:
    """The name of a function that both sides call with equal arguments and whose value is the value of both."""

    def record(side: Function) -> tuple[Any, list[tuple[types.CodeType, dict[str, Any], Any]]]:
        calls: list[tuple[types.CodeType, dict[str, Any], Any]] = []
        stack: list[tuple[types.CodeType, dict[str, Any]]] = []

        def watch(frame: types.FrameType, event: str, arg: Any) -> None:
            if event == "call":
                stack.append((frame.f_code, dict(frame.f_locals)))
            elif event == "return" and stack:
                code, arguments = stack.pop()
                if code is frame.f_code:
                    calls.append((code, arguments, arg))

        previous = sys.getprofile()
        sys.setprofile(watch)
        try:
            value = side(**point)
        finally:
            sys.setprofile(previous)
        own = getattr(side, "__code__", None)
        return value, [c for c in calls if c[0] is not own or (side in (f, g) and own in (f_code, g_code))]

    f_code, g_code = getattr(f, "__code__", None), getattr(g, "__code__", None)
    try:
        (left, of_f), (right, of_g) = record(f), record(g)
    except Exception:
        return None
    for code, arguments, value in of_f:
        if not _close(value, left):
            continue
        for other, with_arguments, result in of_g:
            if other is code and _close(result, right) and _equal(arguments, with_arguments):
                return code.co_name
    return None


def _close(a: Any, b: Any) -> bool:
    if isinstance(a, (str, bytes, dict, type(None))) or isinstance(b, (str, bytes, dict, type(None))):
        return False
    try:
        return error_of(numbers(a), numbers(b), "relative") <= 1e-9
    except (ValueError, TypeError):
        return False


def _equal(a: dict[str, Any], b: dict[str, Any]) -> bool:
    if a.keys() != b.keys() or not a:
        return False
    for k, v in a.items():
        if v is b[k]:
            continue
        try:
            if not np.array_equal(v, b[k]):
                return False
        except Exception:
            return False
    return True


def numbers(x: Any) -> np.ndarray:
    """The value of a side as an array of numbers."""
    if isinstance(x, sp.Basic):
        x = complex(x) if not x.is_real else (int(x) if x.is_Integer else float(x))
    if isinstance(x, (list, tuple)):
        return np.concatenate([np.ravel(numbers(v)) for v in x]) if x else np.zeros(0)
    if isinstance(x, Fraction):
        return np.asarray(float(x))
    array = np.asarray(x)
    if array.dtype == object:
        array = array.astype(complex if any(isinstance(v, complex) for v in array.ravel()) else float)
    if array.dtype.kind not in "biufc":
        raise ValueError(f"a side returns numbers, got {array.dtype}")
    return array if array.dtype.kind in "fc" else array.astype(float)


def error_of(left: np.ndarray, right: np.ndarray, scale: str) -> float:
    """Largest difference, relative to the larger side (max norm) or absolute. Not finite on either side: infinite."""
    if left.shape != right.shape:
        try:
            left, right = np.broadcast_arrays(left, right)
        except ValueError:
            return float("inf")
    if left.size == 0:
        return float("inf")
    both = np.abs(left).max(initial=0.0), np.abs(right).max(initial=0.0)
    if not np.isfinite(both).all():
        return float("inf")
    gap = float(np.abs(left - right).max())
    if scale == "absolute":
        return gap
    return gap / max(both) if max(both) > 0 else 0.0


def describe_point(point: dict[str, Any]) -> str:
    """A point of a numeric domain in words, arrays abbreviated."""
    return ", ".join(f"{k} = {describe_value(v)}" for k, v in point.items())


def describe_value(v: Any) -> str:
    if isinstance(v, np.ndarray):
        if v.size <= 9:
            return np.array2string(v, precision=4, suppress_small=True).replace("\n", "")
        return f"array {'×'.join(map(str, v.shape))} of norm {np.linalg.norm(v):.4g}"
    if isinstance(v, (float, np.floating)):
        return f"{v:.6g}"
    text = str(v)
    return text if len(text) < 60 else text[:57] + "..."


def perturbed(value: Any) -> Any:
    """An ingredient made wrong: a matrix transposed (or its first entry moved), a number moved by 5 %, an integer
    by one.
    """
    if isinstance(value, (bool, str)) or value is None:
        return None
    if isinstance(value, (int, np.integer)):
        return int(value) + 1
    if isinstance(value, (float, complex, np.floating, np.complexfloating)):
        return value * 1.05 if value else value + 0.05
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc" and value.size:
        if value.ndim == 2 and value.shape[0] == value.shape[1] and not np.allclose(value, value.T):
            return value.T.copy()
        out = value.copy()
        out.flat[0] = out.flat[0] * 1.05 + 0.05
        return out
    return None


class Agreement(Part):
    """See `agrees`."""

    kind = "agrees"

    def __init__(
        self,
        f: Function,
        g: Function,
        over: Any,
        tol: float,
        wrong: Iterable[Function],
        points: int,
        scale: str,
        digits: int | None,
    ) -> None:
        self.f, self.g, self.domain = f, g, Domain(over)
        self.tol = 10.0**-digits if digits is not None else float(tol)
        self.wrong = tuple(wrong) if isinstance(wrong, (list, tuple)) else (wrong,)
        self.points, self.scale = int(points), scale
        if not 0 < self.tol <= 0.1:
            raise ValueError(f"a tolerance is positive and at most 0.1, got {tol}")
        if scale not in ("relative", "absolute"):
            raise ValueError(f"scale is 'relative' or 'absolute', got {scale!r}")
        if self.points < 20 and not self.domain.exhaustive:
            raise ValueError(f"20 points or more are wanted, got {points}")

    def run(self, context: Context) -> Outcome:
        if same_function(self.f, self.g):
            raise context.fail("the two sides are the same function", Refused)
        rng = generator(context)
        exhaustive = self.domain.exhaustive
        points = self.domain.all_points() if exhaustive else [self.domain.draw(rng) for _ in range(self.points)]
        if not exhaustive:
            points += self.domain.edge_points(rng, max(4, self.points // 5))
        refuse_single_point(points, context)
        try:
            with time_limit(NUMERIC_SECONDS):
                raw = [(call(self.f, p, context), call(self.g, p, context)) for p in points]
        except TimeUp:
            raise context.fail(f"the two computations did not finish within {NUMERIC_SECONDS:g} s") from None
        rational = [(exact(a), exact(b)) for a, b in raw]
        all_exact = all(a is not None and b is not None for a, b in rational)
        try:
            left, right = ([numbers(pair[side]) for pair in raw] for side in (0, 1))
        except (ValueError, TypeError, OverflowError) as error:
            raise context.fail(f"a side does not return numbers: {error}", Refused) from error
        if all_exact:
            errors = [
                0.0 if a == b else max(error_of(x, y, self.scale), 1.0)
                for (a, b), x, y in zip(rational, left, right, strict=True)
            ]
        else:
            errors = [error_of(a, b, self.scale) for a, b in zip(left, right, strict=True)]
        self._fail_at_smallest(context, points, left, right, errors)
        exact_result = exhaustive and all_exact
        if name := shared_computation(self.f, self.g, points[0]):
            raise context.fail(
                f"both sides return {name} of the same arguments: a function is compared with itself", Refused
            )
        self._refuse(context, left, right, exact_result)
        tally = Tally()
        self._attack(context, points, left, right, tally)
        decade = int(np.ceil(np.log10(self.tol)))
        return Outcome(
            kind=self.kind,
            verdict="proved" if exact_result else "checked",
            scope=f"all {len(points)} cases" if exhaustive else f"to {self._tol_text()}",
            checked=f"{name_of(self.f)} = {name_of(self.g)} over {self.domain.text()}",
            evidence={
                "points": len(points),
                "tolerance": f"1e{decade}" if not all_exact else "exact",
                "error": self.scale,
            },
            mutants=tally,
        )

    def _tol_text(self) -> str:
        return f"{self.tol:.0e}".replace("e-0", "e-")

    def _fail_at_smallest(self, context: Context, points: list, left: list, right: list, errors: list[float]) -> None:
        bad = [i for i, e in enumerate(errors) if not e <= self.tol]
        if not bad:
            return

        def weight(i: int) -> tuple[int, float]:
            arrays = [
                numbers(v)
                for v in points[i].values()
                if isinstance(v, (int, float, complex, np.ndarray)) and not isinstance(v, bool)
            ]
            return sum(a.size for a in arrays), float(sum(np.abs(a).sum() for a in arrays))

        i = min(bad, key=weight)
        raise context.fail(
            f"the two computations differ at {len(bad)} of {len(points)} points, by up to {max(errors):.3g} "
            f"({self.scale}); tolerance {self.tol:.0e}.\n"
            f"  at {describe_point(points[i])}\n  left = {describe_value(left[i])}, right = "
            f"{describe_value(right[i])}, error = {errors[i]:.3g}"
        )

    def _refuse(self, context: Context, left: list[np.ndarray], right: list[np.ndarray], exact: bool) -> None:
        whole = np.concatenate([np.ravel(a) for a in left])
        if (
            whole.size > 4
            and np.all(whole == whole[0])
            and len(left) > 1
            and whole[0] == 0
            and all(np.all(b == 0) for b in right)
        ):
            raise context.fail("both sides are zero at every point: nothing is compared", Refused)
        if (
            not exact
            and len(left) > 1
            and all(np.array_equal(a, left[0]) for a in left)
            and all(np.array_equal(b, right[0]) for b in right)
        ):
            raise context.fail("both sides are constant over the domain: no ingredient is used", Refused)
        same_bits = all(a.shape == b.shape and np.array_equal(a, b) for a, b in zip(left, right, strict=True))
        if same_bits and not exact and not np.all(whole == np.round(whole)):
            raise context.fail("the two sides agree bit for bit at every point: they are the same computation", Refused)
        if self.scale == "absolute":
            spread = max(float(np.abs(b).max(initial=0)) for b in left + right)
            if 0 < spread <= self.tol * 10:
                raise context.fail(
                    f"the tolerance {self.tol:.0e} is as wide as the values (at most {spread:.1e})", Refused
                )

    def _attack(self, context: Context, points: list, left: list, right: list, tally: Tally) -> None:
        def judge(values: list[np.ndarray | None], kind: str, change: str, must_differ: bool) -> None:
            known = [(v, a, b) for v, a, b in zip(values, left, right, strict=True) if v is not None]
            if not known:
                return
            if any(not error_of(a, v, self.scale) <= self.tol for v, a, _ in known):
                tally.add(kind)
                return
            if must_differ or any(not error_of(b, v, self.scale) <= self.tol / 100 for v, _, b in known):
                raise context.fail(f"a mutant survives: {change}")

        judge([-b for b in right], "automatic", "the sign of the right side", False)
        judge([2 * b for b in right], "automatic", "the right side doubled", False)
        judge(
            [b * (1 + 30 * self.tol) + (0 if self.scale == "relative" else 30 * self.tol) for b in right],
            "automatic",
            "the right side moved by 30 tolerances",
            False,
        )
        judge([b + 1 for b in right], "automatic", "1 added to the right side", False)
        order = list(range(1, len(points))) + [0]
        judge(
            [right[j] if right[j].shape == b.shape else None for j, b in zip(order, right, strict=True)],
            "automatic",
            "the right side at another point",
            False,
        )
        for name in points[0]:
            values: list[np.ndarray | None] = []
            for p in points[:12]:
                moved = perturbed(p[name]) if name in p else None
                try:
                    values.append(None if moved is None else numbers(self.g(**{**p, name: moved})))
                except Exception:
                    values.append(None)
            values += [None] * (len(points) - len(values))
            judge(values, "ingredient", f"{name} made wrong on the right side", False)
        for w in self.wrong:
            values = []
            for p in points:
                try:
                    values.append(numbers(w(**p)))
                except Exception:
                    values.append(np.asarray(np.nan))
            judge(values, "author", f"the wrong variant {name_of(w)}", True)
        if not tally.total:
            raise context.fail("no mutant differs from the statement: the check could not fail", Refused)


def name_of(f: Any) -> str:
    """A stable name for a callable: its own, or the source of a lambda."""
    name = getattr(f, "__name__", type(f).__name__)
    if name != "<lambda>":
        return name
    import inspect

    try:
        source = inspect.getsource(f)
    except (OSError, TypeError):
        return "lambda"
    start = f.__code__.co_positions() if hasattr(f.__code__, "co_positions") else None
    lines = source.splitlines()
    positions = [p for p in (start or []) if p[0] is not None and p[2] is not None]
    if positions:
        first = f.__code__.co_firstlineno
        spots = [(p[0] - first, p[2], p[1] - first, p[3]) for p in positions if p[0] >= first and p[3] > p[2]]
        if spots:
            row0, col0 = min((r, c) for r, c, _, _ in spots)
            row1, col1 = max((r, c) for _, _, r, c in spots)
            if 0 <= row0 <= row1 < len(lines):
                if row0 == row1:
                    return lines[row0].encode()[col0:col1].decode(errors="ignore")
                body = [
                    lines[row0].encode()[col0:].decode(errors="ignore"),
                    *lines[row0 + 1 : row1],
                    lines[row1].encode()[:col1].decode(errors="ignore"),
                ]
                return " ".join(x.strip() for x in body)
    return "lambda"


class TreeAgreement(Identity):
    """Two trees agree numerically; nothing is proved."""

    kind = "agrees"

    def prove(self, context: Context) -> int:
        return 0

    def _prover_rejects(self, *_: Any) -> None:
        return

    def run(self, context: Context) -> Outcome:
        if any(isinstance(h, Holds) for h in self.hypotheses):
            raise context.fail(
                "holds() can state the conclusion: it is accepted where the statement is also proved", Refused
            )
        outcome = super().run(context)
        outcome.verdict = "checked"
        outcome.evidence.pop("proofs", None)
        digits = outcome.evidence["digits"]
        base = f"to {digits // 5 * 5 or digits} digits"
        if self.scales:
            base += f", sampled at {self.scales[0]:g} … {self.scales[1]:g}"
        outcome.scope = f"{base}, {outcome.scope}" if outcome.scope else base
        return outcome


def agrees(
    f: Any,
    g: Any,
    over: Any = None,
    tol: float = 1e-12,
    wrong: Any = (),
    points: int = POINTS,
    scale: str = "relative",
    digits: int | None = None,
    **options: Any,
) -> Part:
    r"""Two computations agree over a domain. Verdict: checked; proved when a finite domain is exhausted exactly.

    Parameters
    ----------
    f, g: callables that take the names of `over` as keyword arguments and return numbers or arrays; or two sympy
    trees, which
        are compared with 50 digits (then `sizes`, `cases`, `given` are those of `identity`).
    over: ``{"A": random_matrix(2, 5), "t": uniform(0, 1)}``, or a function rng -> {name: value} for dependent
    ingredients;
        ``each(...)`` for every name exhausts the domain.
    tol: largest error, the max-norm difference relative to the larger side (``scale="absolute"``: absolute).
    wrong: callables (trees) that a careless author would write in place of `g`; each must be rejected.
    points: how many points are sampled (20 or more), edges of the domain on top.

    Raises ClaimFailed with the smallest failing point, or Refused when the check could not fail.
    """
    if isinstance(f, (sp.Basic, int)) or isinstance(g, sp.Basic):
        if over is not None:
            raise ValueError("trees take given=, sizes= and cases=; over= is for callables")
        return TreeAgreement((f, g), wrong=wrong, points=points, **options)
    if not callable(f) or not callable(g):
        raise ValueError("agrees(f, g) wants two callables or two sympy expressions")
    if options:
        raise ValueError(f"unknown options {sorted(options)}")
    return Agreement(f, g, over if over is not None else {}, tol, wrong, points, scale, digits)


__all__ = [
    "Agreement",
    "N",
    "TreeAgreement",
    "agrees",
    "describe_point",
    "error_of",
    "generator",
    "name_of",
    "numbers",
    "same_function",
]
