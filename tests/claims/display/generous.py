"""A vocabulary that names whatever a display leaves unnamed: how much of a chapter's language is readable at all."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp

from scispaces.claims.display import Relation, read_each

_UNNAMED = re.compile(r"(.+) is not a name(?: \[.*\])?$", re.S)
_NORM = re.compile(r"\\(?:[bB]igg?l)?\s*\\?lVert.*?\\?rVert(?:_\{?\w+\}?)?|\\langle.*?\\rangle", re.S)


def generous(latex: str) -> dict[str, Any]:
    """Names for every letter, norm and operator that stands in the way, found by asking the reader."""
    names: dict[str, Any] = {}
    for key in (r"\lVert\cdot\rVert", r"\lVert\cdot\rVert_F", r"\lVert\cdot\rVert_2", r"\lVert\cdot\rVert_L"):
        names[key] = sp.Function("norm" + key[-1].strip("t"))
    names = {k: (lambda *a, f=f: f(*a)) for k, f in names.items()}
    names[r"\langle\cdot,\cdot\rangle"] = lambda a, b: sp.Function("inner")(a, b)
    names[r"\langle\cdot\rangle"] = lambda a: sp.Function("mean")(a)
    for head in (
        "\\mathbb E",
        "\\operatorname{Var}",
        "\\nabla",
        "\\operatorname{rank}",
        "\\operatorname{relu}",
        "\\ln\\det",
    ):
        if head.split("{")[0] in latex:
            names[head] = lambda a, h=head: sp.Function(re.sub(r"\W", "", h))(a)
    for _ in range(60):
        _, unread = read_each(latex, names)
        new = {m[1] for _, why in unread if (m := _UNNAMED.match(why))} - set(names)
        new = {key for key in new if key.count("{") == key.count("}")}  # a piece out of \\mathop{...} is no name
        if not new:
            break
        for key in new:
            names[key] = _object(key, latex)
    return names


def _object(key: str, latex: str) -> Any:
    """A function for f(x), a matrix for what is transposed or has a determinant, else a symbol."""
    name = re.sub(r"[^A-Za-z0-9]", "", key) or "s"
    here = re.escape(key)
    if (
        re.search(here + r"\s*(\\!)?(\\[bB]igg?l|\\left)?\(\\?[a-zA-Z]+(_\d|_[a-z])?[,)]", latex)
        and key not in "tnmlkNLxyzsr"
    ):
        return sp.Function(name)
    if re.search(r"\\(det|operatorname\{(Tr|Log|adj)\})\s*(\\left)?\(?" + here, latex) or re.search(
        here + r"\^\{?(\\top|-)", latex
    ):
        return sp.Symbol(name, commutative=False)
    return sp.Symbol(name)


def readable(latex: str) -> tuple[list[Relation], list[tuple[str, str]]]:
    return read_each(latex, generous(latex))
