r"""A display of several lines cut into its named clauses: TeX comments at the ends of lines name them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .lexer import Token, lex
from .tables import GAPS, IMPLIES, MULTILINE, RELATIONS, UNREADABLE

_NAME = re.compile(r"%[ \t]*([a-z][a-z0-9_]*)[ \t]*\n?$")
_SIGNS = {*RELATIONS, *UNREADABLE, "\\leq", "\\geq", "\\neq", "\\leqslant", "\\geqslant", "\\coloneqq", "\\rightarrow",
          "\\longrightarrow", "\\lt", "\\gt"}  # fmt: skip
_ALIGNED = {e for e in MULTILINE if e != "array"}


@dataclass
class Line:
    """One line of a display: its tokens, and the clause that a comment at its end names."""

    tokens: list[Token]
    name: str = ""


def clauses(latex: str) -> dict[str, str]:
    r"""The clauses of a display by name; ``{"": latex}`` where no line names one.

    A line without a name belongs to the clause of the next named line (the last lines, to the last clause). A clause
    whose first line begins with a relation starts with the last side of the line before, whichever clause that is in.
    """
    tokens = lex(latex)
    if not any(t.kind == "comment" and _NAME.search(t.text) for t in tokens):
        return {"": latex}
    out: dict[str, list[str]] = {}
    before: dict[str, int] = {}  # the last line of each clause
    waiting: list[tuple[int, list[Token], list[Token]]] = []
    last: list[Token] = []
    name = ""

    def belong(to: str) -> None:
        for k, line, left in waiting:
            carried = left and before.get(to) != k - 1
            out.setdefault(to, []).append(f"{_text(left)} {_text(line)}" if carried else _text(line))
            before[to] = k
        waiting.clear()

    for k, line in enumerate(_lines(_inside(tokens))):
        waiting.append((k, line.tokens, last if _begins_with_relation(line.tokens) else []))
        last = _last_side(line.tokens) or _bare(line.tokens) or last
        if line.name:
            name = line.name
            belong(name)
    belong(name)
    return {n: _joined(texts) for n, texts in out.items()}


def _inside(tokens: list[Token]) -> list[Token]:
    """The tokens inside of the one environment around a display, if there is one."""
    real = [k for k, t in enumerate(tokens) if t.kind not in ("space", "comment")]
    if not real or tokens[real[0]].text != "\\begin":
        return tokens
    name, first = _braced(tokens, real[0] + 1)
    if name not in _ALIGNED:
        return tokens
    if (name.startswith("aligned") and name != "aligned") or name.startswith("alignat"):
        _, first = _braced(tokens, first)
    depth = 1
    for k in range(first, len(tokens)):
        depth += {"\\begin": 1, "\\end": -1}.get(tokens[k].text, 0)
        if depth == 0:
            _, after = _braced(tokens, k + 1)
            rest = [t for t in tokens[after:] if t.kind not in ("space", "comment") and t.text not in (".", ",", "\\,")]
            comments = [t for t in tokens[after:] if t.kind == "comment"]
            return tokens if rest else _inside([*tokens[first:k], *comments])
    return tokens


def _braced(tokens: list[Token], k: int) -> tuple[str, int]:
    while k < len(tokens) and tokens[k].kind == "space":
        k += 1
    if k >= len(tokens) or tokens[k].text != "{":
        return "", k
    end = next((j for j in range(k, len(tokens)) if tokens[j].text == "}"), len(tokens) - 1)
    return "".join(t.text for t in tokens[k + 1 : end]).strip(), end + 1


def _lines(tokens: list[Token]) -> list[Line]:
    r"""Lines between \\ outside of braces and environments. A comment behind \\ names the line that it ends."""
    out = [Line([])]
    depth = 0
    for k, t in enumerate(tokens):
        depth += {"{": 1, "\\begin": 1, "}": -1, "\\end": -1}.get(t.text, 0) if t.kind in ("char", "cmd") else 0
        if t.kind == "newline" and depth <= 0:
            out.append(Line([]))
        elif t.kind == "comment":
            named = _NAME.search(t.text)
            if named:
                at_start = all(u.kind == "space" and "\n" not in u.text for u in out[-1].tokens)
                line = out[-2] if at_start and len(out) > 1 and not _break_before(tokens, k) else out[-1]
                line.name = named[1]
        else:
            out[-1].tokens.append(t)
    return [x for x in out if x.name or any(t.kind != "space" and t.text != "&" for t in x.tokens)]


def _break_before(tokens: list[Token], k: int) -> bool:
    """Whether a source line break stands between the last mathematics and the comment at `k`."""
    while k and tokens[k - 1].kind == "space":
        if "\n" in tokens[k - 1].text:
            return True
        k -= 1
    return False


def _meaning(tokens: list[Token]) -> list[Token]:
    return [t for t in tokens if t.kind != "space" and t.text != "&" and t.text not in GAPS]


def _begins_with_relation(tokens: list[Token]) -> bool:
    some = _meaning(tokens)
    return bool(some) and (some[0].text in _SIGNS or (some[0].text == ":" and len(some) > 1 and some[1].text == "="))


def _last_side(tokens: list[Token]) -> list[Token]:
    """What stands behind the last relation of a line, up to what ends it."""
    depth, start, end, ended = 0, None, len(tokens), False
    for k, t in enumerate(tokens):
        if t.text in ("{", "(", "[", "\\{", "\\begin", "\\left"):
            depth += 1 if t.text != "\\left" else 0
        elif t.text in ("}", ")", "]", "\\}", "\\end"):
            depth = max(0, depth - 1)
        elif depth == 0 and (t.text in _SIGNS or t.text in IMPLIES) and not ended:
            start, end = k + 1, len(tokens)
        elif depth == 0 and start is not None and not ended and _ends_side(tokens, k):
            end, ended = k, True
        elif depth == 0 and ended and t.text in _SIGNS and not _conditional(tokens[end:k]):
            start, end, ended = k + 1, len(tokens), False
    if start is None:
        return []
    if start < len(tokens) and tokens[start].text == "{" and tokens[start - 1].text.startswith("\\x"):
        start = _braced(tokens, start)[1]
    return tokens[start:end]


def _bare(tokens: list[Token]) -> list[Token]:
    """A line without a relation that the next line goes on from: all of it, if nothing ends it."""
    some = _meaning(tokens)
    prose = any(t.text in ("\\text", "\\textrm", "\\mbox") for t in some)
    return [] if not some or prose or some[-1].text in (",", ";", ".", ":") else tokens


def _ends_side(tokens: list[Token], k: int) -> bool:
    t = tokens[k]
    if t.text == ".":
        after = tokens[k + 1] if k + 1 < len(tokens) else None
        return after is None or after.kind != "digit"
    return t.text in (",", ";", "\\text", "\\quad", "\\qquad", "\\textrm", "\\mbox", "\\forall")


def _conditional(tokens: list[Token]) -> bool:
    r"""Whether what follows the end of a side is a condition: prose, or a bracket after a space."""
    return any(t.text in ("\\text", "\\textrm", "\\mbox", "\\forall") for t in tokens) or not any(
        t.text in (",", ";") for t in tokens
    )


def _joined(lines: list[str]) -> str:
    if len(lines) == 1:
        return lines[0]
    return "\\begin{aligned}\n" + "\\\\\n".join(f"&{t}" for t in lines) + "\n\\end{aligned}"


def _text(tokens: list[Token]) -> str:
    """The LaTeX of some tokens without their alignment marks; a second mark is a wide space."""
    out, marks, depth = "", 0, 0
    for t in tokens:
        depth += {"\\begin": 1, "\\end": -1}.get(t.text, 0)
        if t.text == "&" and depth == 0:
            marks += 1
            out += "\\quad " if marks % 2 == 0 else ""
        else:
            out += t.text
    return out.strip()
