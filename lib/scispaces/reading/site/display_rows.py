r"""At which row of a displayed equation a clause stands: rows are cut at ``\\``, a comment at a row's end names it."""

from __future__ import annotations

import re

__all__ = ["clause_rows"]

_OUTER = re.compile(r"\s*\\begin\{(aligned|split|gathered|alignedat)\}(?:\[\w\]|\{\d\})?")
_TOKEN = re.compile(r"%([^\n]*\n?)|(\\begin|\\end)\b|(\\\\(?:\*|\[[^\]\n]*\])?)|\\.|[{}]|.", re.S)
_NAME = re.compile(r"[ \t]*([a-z][a-z0-9_]*)\s*")


def clause_rows(latex: str) -> tuple[list[tuple[int, str]], int]:
    r"""The rows (from 0) that end in the name of a clause, and how many rows the display has.

    >>> clause_rows("\\begin{aligned} a &= b \\\\ % one\n c &= d % two\n\\\\ e \\end{aligned}")
    ([(0, 'one'), (1, 'two')], 3)
    """
    outer = _OUTER.match(latex)
    text = latex[outer.end() :] if outer else latex
    names: dict[int, str] = {}
    row, depth, broken, filled = 0, 0, False, False
    for token in _TOKEN.finditer(text):
        comment, environment, newline = token[1], token[2], token[3]
        if comment is not None:
            if named := _NAME.fullmatch(comment):
                names[row - 1 if broken and row else row] = named[1]
            continue
        if newline and depth == 0:
            row, broken, filled = row + 1, True, False
            continue
        if environment == "\\end" and depth == 0 and outer:
            text_after = text[token.end() :]
            if (last := re.search(r"%[ \t]*([a-z][a-z0-9_]*)\s*$", text_after)) is not None:
                names.setdefault(row, last[1])
            break
        depth += {"{": 1, "}": -1, "\\begin": 1, "\\end": -1}.get(token[0], 0)
        if token[0].strip():
            broken, filled = False, True
        elif token[0] == "\n":
            broken = False
    return sorted(names.items()), row + filled
