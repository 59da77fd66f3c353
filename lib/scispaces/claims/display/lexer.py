r"""Raw tokens of LaTeX, each with its place in the source. Nothing is lost, nothing is interpreted."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<newline>\\\\\*?(?:\[[-0-9. ]*[a-z]{2}\])?)"
    r"|(?P<cmd>\\[a-zA-Z]+)"
    r"|(?P<sym>\\.)"
    r"|(?P<comment>%[^\n]*\n?)"
    r"|(?P<space>\s+)"
    r"|(?P<digit>[0-9])"
    r"|(?P<char>.)"
    r"|(?P<stray>\\)",
    re.S,
)

UNICODE = {
    "\u2212": "-", "\u00b7": "\\cdot", "\u22c5": "\\cdot", "\u00d7": "\\times", "\u2264": "\\le", "\u2265": "\\ge",
    "\u2260": "\\ne", "\u221e": "\\infty", "\u2248": "\\approx", "\u2192": "\\to", "\u21d2": "\\Rightarrow",
    "\u21d4": "\\Leftrightarrow", "\u2032": "'", "\u2026": "\\dots", "\u00b1": "\\pm", "\u2208": "\\in",
    "\u2202": "\\partial", "\u2211": "\\sum", "\u222b": "\\int", "\u220f": "\\prod", "\u00b0": "\\degree",
    "\u2207": "\\nabla", "\u223c": "\\sim", "\u221d": "\\propto", "\u2261": "\\equiv", "\u2016": "\\|",
    "\u22a4": "\\top", "\uff0c": ",", "\uff1b": ";", "\uff1d": "=", "\u00a0": "~",
}  # fmt: skip
_GREEK = (
    "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho varsigma sigma tau "
    "upsilon varphi chi psi omega"
).split()
UNICODE |= {chr(0x3B1 + i): "\\" + name for i, name in enumerate(_GREEK)}
UNICODE |= {chr(0x391 + _GREEK.index(g.lower())): "\\" + g for g in
            "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Psi Omega".split()}  # fmt: skip
UNICODE |= {"\u03a6": "\\Phi", "\u03f5": "\\epsilon", "\u03d5": "\\phi", "\u03d1": "\\vartheta"}


@dataclass(frozen=True)
class Token:
    """One token: its kind (the group of the pattern), its text as TeX, and its span."""

    kind: str
    text: str
    start: int
    end: int


def lex(latex: str) -> list[Token]:
    """All tokens of `latex`, spaces and comments among them."""
    out = []
    for m in _TOKEN.finditer(latex):
        kind, text = m.lastgroup or "char", m[0]
        if kind == "char" and text in UNICODE:
            text = UNICODE[text]
            kind = "cmd" if text[0] == "\\" and text[1:].isalpha() else "sym" if text[0] == "\\" else "char"
        out.append(Token(kind, text, m.start(), m.end()))
    return out
