r"""Nodes: pieces of LaTeX with what equal pieces share, and scripts in one order."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(eq=False)
class Node:
    """A piece of LaTeX. `key` is what equal pieces share; `gap` is the space displayed before it."""

    kind: str
    key: str
    start: int
    end: int
    gap: int = 0
    side: str = ""
    args: list[list[Node]] = field(default_factory=list)
    index: list[Node] | None = None  # of \sqrt[3]{x} and \xrightarrow[m\to\infty]{}
    text: str = ""
    loose: bool = False  # an argument without braces


def keys(nodes: list[Node]) -> str:
    return " ".join(n.key for n in nodes)


def trim(nodes: list[Node]) -> list[Node]:
    return nodes[:-1] if nodes and nodes[-1].kind == "space" else nodes


def scripts(nodes: list[Node]) -> list[Node]:
    r"""Scripts in one order: index, primes, power. A transpose written into a power, h^{(t)\top}, is a second power."""
    out: list[Node] = []
    i = 0
    while i < len(nodes):
        run = []
        while i < len(nodes) and nodes[i].kind in ("sub", "sup", "prime"):
            run.append(nodes[i])
            i += 1
        if run:
            if any(a.kind == "sup" and b.kind == "prime" for a, b in pairwise(run)):
                a = run[0]
                run = [Node("bad", "^'", a.start, run[-1].end, text="a prime after a power")]
            kinds = [[n for n in run if n.kind == k] for k in ("sub", "prime", "sup", "bad")]
            out += [n for some in kinds for n in some]
            last = out[-1]
            if last.kind == "sup" and len(last.args[0]) > 1 and last.args[0][-1].key == "\\top":
                head = last.args[0][:-1]
                if keys(head) != "-":
                    out[-1:] = [
                        Node("sup", f"^{{{keys(head)}}}", last.start, head[-1].end, args=[head]),
                        Node("sup", "^{\\top}", last.start, last.end, args=[last.args[0][-1:]]),
                    ]
            continue
        out.append(nodes[i])
        i += 1
    return out
