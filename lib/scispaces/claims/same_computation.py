"""Whether two callables are one computation: then comparing them says nothing."""

from __future__ import annotations

import decimal
import fractions
import functools
import inspect
import numbers as numbers_
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .values import error_of, numbers, wanted

Function = Callable[..., Any]


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


def shared_computation(f: Function, g: Function, point: dict[str, Any]) -> str | None:
    """The name of a function that both sides call with equal arguments and whose value is the value of both."""

    def record(side: Function) -> tuple[Any, list[tuple[types.CodeType, dict[str, Any], Any]]]:
        calls: list[tuple[types.CodeType, dict[str, Any], Any]] = []
        stack: list[tuple[types.CodeType, dict[str, Any] | None]] = []

        def watch(frame: types.FrameType, event: str, arg: Any) -> None:
            if event == "call":
                inside = _in_library(frame.f_code) and frame.f_back is not None and _in_library(frame.f_back.f_code)
                stack.append((frame.f_code, None if inside else dict(frame.f_locals)))
            elif event == "return" and stack:
                code, arguments = stack.pop()
                if code is frame.f_code and arguments is not None:
                    calls.append((code, arguments, arg))

        previous = sys.getprofile()
        sys.setprofile(watch)
        try:
            value = side(**wanted(side, point))
        finally:
            sys.setprofile(previous)
        own = getattr(side, "__code__", None)
        ours = [c for c in calls if c[0] is not own or (side in (f, g) and own in (f_code, g_code))]
        return value, [c for c in ours if c[0].co_name not in _CONVERSIONS and c[0].co_filename not in _ARITHMETIC]

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


def _in_library(code: types.CodeType) -> bool:
    """Code that is installed: what it calls in turn is its own affair."""
    return "site-packages" in code.co_filename or code.co_filename.startswith(_STANDARD_LIBRARY)


_STANDARD_LIBRARY = (str(Path(inspect.__file__).parent), "<frozen")
_CONVERSIONS = {"__new__", "__float__", "__int__", "__index__", "__complex__", "__array__", "item", "tolist"}
"""Two routes to one number end in its conversion."""
_ARITHMETIC = {module.__file__ for module in (fractions, decimal, numbers_)}
"""Any two routes to the same exact number meet in its arithmetic."""


def _close(a: Any, b: Any) -> bool:
    """Equal numbers of equal shape; truth values are too few to tell a computation by."""
    if isinstance(a, (str, bytes, dict, bool, np.bool_, type(None))) or isinstance(
        b, (str, bytes, dict, bool, np.bool_, type(None))
    ):
        return False
    try:
        x, y = numbers(a), numbers(b)
        return x.shape == y.shape and error_of(x, y, "relative") <= 1e-9
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


def name_of(f: Any) -> str:
    """A stable name for a callable: its own, or the body of a lambda as written."""
    name = getattr(f, "__name__", type(f).__name__)
    if name != "<lambda>":
        return name
    try:
        lines, _ = inspect.findsource(f)
    except (OSError, TypeError):
        return "lambda"
    spots = [
        (row0 - 1, column0, row1 - 1, column1)
        for row0, row1, column0, column1 in f.__code__.co_positions()
        if row0 is not None and row1 is not None and column0 is not None and column1 is not None and column1 > column0
        if row0 >= f.__code__.co_firstlineno
    ]
    if not spots:
        return "lambda"
    (row0, column0), (row1, column1) = min(s[:2] for s in spots), max(s[2:] for s in spots)
    if row1 >= len(lines):
        return "lambda"
    body = [line.encode() for line in lines[row0 : row1 + 1]]
    body[-1] = body[-1][:column1]
    body[0] = body[0][column0:]
    return " ".join(x.decode(errors="ignore").strip() for x in body)
