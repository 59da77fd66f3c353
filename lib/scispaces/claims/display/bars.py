r"""Which of the bars |...| open and which close. Where two ways make sense nothing is read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from .names import Vocabulary
from .nodes import Node
from .trees import NotRead

_ENDS = ("digit", "letter", "close", "sup", "sub", "prime", "accent", "env", "grouping")
_OPERATORS = {"\\cdot", "\\times", "\\pm", "\\mp", "\\circ", "\\mid", "\\dots", "\\forall", "\\in"}


def evaluated_at(nodes: list[Node], i: int) -> bool:
    r"""Whether bar `i` is the one of f\big|_{x=0}."""
    after = nodes[i + 1] if i + 1 < len(nodes) else None
    return (
        nodes[i].kind == "bar"
        and nodes[i].side != "open"
        and after is not None
        and after.kind == "sub"
        and any(n.kind == "rel" and n.key == "=" for n in after.args[0])
    )


def _fixed(nodes: list[Node], i: int) -> str:
    """open or close where the neighbours of bar `i` settle it, else ''."""
    before = nodes[i - 1] if i else None
    after = nodes[i + 1] if i + 1 < len(nodes) else None
    opens = before is None or not (
        before.kind in _ENDS or before.kind == "bar" or before.key in ("!", "\\%") or before.kind == "cmd"
    )
    opens = opens or (before is not None and before.kind == "cmd" and (before.key in _OPERATORS or not before.args))
    if before is not None and (before.key == "\\infty" or (before.kind == "bar" and before.side == "close")):
        opens = False
    opens = opens or (before is not None and before.kind == "bar" and before.side == "open")
    closes = (
        after is None
        or after.kind in ("rel", "close", "sep", "sup", "sub", "implies", "text", "space", "newline", "amp")
        or after.kind == "op"
        or after.key in _OPERATORS
        or (after.kind == "bar" and after.side == "close")
    )
    if opens and after is not None and after.kind == "op" and after.key in "+-":
        closes = False
    return "open" if opens and not closes else "close" if closes and not opens else ""


def assignments(nodes: list[Node], vocabulary: Vocabulary) -> Iterator[dict[int, str]]:
    """Every way to open and close the undirected bars of some nodes."""
    fixed: dict[int, str] = {}
    unknown: list[Node] = []
    _collect(nodes, vocabulary, fixed, unknown)
    if len(unknown) > 8:
        raise NotRead("too many bars | to tell which open and which close: write \\lvert and \\rvert")
    for sides in itertools.product(("open", "close"), repeat=len(unknown)):
        yield fixed | {id(n): s for n, s in zip(unknown, sides, strict=True)}


def _collect(nodes: list[Node], vocabulary: Vocabulary, fixed: dict[int, str], unknown: list[Node]) -> None:
    i = 0
    while i < len(nodes):
        name = vocabulary.match(nodes, i)
        if name and name.special:
            i += len(name.keys)
            continue
        n = nodes[i]
        if n.kind == "bar" and n.key == "|" and not evaluated_at(nodes, i):
            side = n.side or _fixed(nodes, i)
            if side:
                fixed[id(n)] = side
            else:
                unknown.append(n)
        for arg in n.args:
            _collect(arg, vocabulary, fixed, unknown)
        if n.index:
            _collect(n.index, vocabulary, fixed, unknown)
        i += 1
