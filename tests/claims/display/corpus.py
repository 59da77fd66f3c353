r"""Displays of the field, each with the trees it has to give, or None where it must not be read.

The cases stand in displays.txt: the sides of a want are sympy with the symbols of NAMES under their own names. Where
two displays stand together they are near neighbours: alike to the eye, different in what they say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sympy as sp
from sympy import Function, IndexedBase, Symbol

from scispaces.claims.nodes import matrices, mfun


def _real(name: str) -> Symbol:
    return Symbol(name, real=True)


x, y, a, b, c, d_, t, s, theta, sigma, h = map(_real, "x y a b c d t s theta sigma h".split())
m, n, N, L = (Symbol(k, integer=True, positive=True) for k in "m n N L".split())
z = Symbol("z", complex=True)
A, B, X, P = matrices("A B X P")
M = mfun("M", t)
W = mfun("W", t)
f, g, F, psi = map(Function, "f g F psi".split())
u = Function("u")(x, t)
q = Function("q")(t)
p1 = Function("p1")(t)
E, Var, norm, norm2, inner, relu = map(Function, "E Var norm norm2 inner relu".split())
v, w = IndexedBase("v"), IndexedBase("w")
r = IndexedBase("r", shape=(n,))
x_next, x_now, nx = map(_real, "x_next x_now nx".split())

NAMES: dict[str, Any] = {
    "x": x, "y": y, "a": a, "b": b, "c": c, "t": t, "s": s, "h": h, r"\theta": theta, r"\sigma": sigma,
    "m": m, "n": n, "N": N, "L": L, "z": z, "A": A, "B": B, "X": X, "P": P, "M": M, "W": W, "I": 1, "I_n": 1,
    "f": f, "g": g, "F": F, r"\psi": psi, "u": u, "q": q, "p_1": p1, "v": v, "w": w, "r": r,
    "x_{t+1}": x_next, "x_t": x_now, r"\lVert x\rVert": nx,
    r"\mathbb E": lambda e: E(e), r"\operatorname{Var}": lambda e: Var(e), r"\operatorname{relu}": lambda e: relu(e),
    r"\lVert\cdot\rVert_F": lambda e: norm(e), r"\lVert\cdot\rVert_2": lambda e: norm2(e),
    r"\langle\cdot,\cdot\rangle": lambda p, q: inner(p, q), r"\text{loss}": Symbol("loss", real=True),
    r"\sigma_{\max}": Symbol("smax", positive=True), r"\hat x": Symbol("xhat", real=True),
    r"\mathcal L": Function("Loss"), r"\boldsymbol w": Symbol("wb", real=True), "P(x>a)": Symbol("tail", real=True),
    r"\operatorname*{argmin}_\theta f(\theta)": Symbol("best", real=True), r"\Phi'": Function("dPhi"),
}  # fmt: skip
SPACE: dict[str, Any] = {k: getattr(sp, k) for k in dir(sp) if not k.startswith("_")} | {
    k: o for k, o in globals().items() if not k.startswith("_") and k not in ("NAMES", "SPACE", "Any")
}
SPACE |= {"loss": NAMES[r"\text{loss}"], "smax": NAMES[r"\sigma_{\max}"], "xhat": NAMES[r"\hat x"],
          "Loss": NAMES[r"\mathcal L"], "wb": NAMES[r"\boldsymbol w"], "tail": NAMES["P(x>a)"],
          "best": Symbol("best", real=True),
          "dPhi": NAMES[r"\Phi'"], "BigO": Function("O")}  # fmt: skip
SPACE |= {k: Symbol(k) for k in ("k", "i", "j", "l", "xi", "tau", "p", "S")}

SPACE |= {k: getattr(__import__("scispaces.claims.nodes", fromlist=["nodes"]), k)
          for k in ("T", "Det", "Tr", "Exp", "Log", "Sin", "Adj", "D", "Entry")}  # fmt: skip


def _cases() -> list[tuple[str, str | None]]:
    lines = (Path(__file__).parent / "displays.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line and not line.startswith("# ")]
    return [("", None), *((latex, None if want == "not read" else want) for latex, want in pairs)]


CASES = _cases()
