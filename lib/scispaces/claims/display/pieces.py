r"""A clause cut where its language cuts it: at commas, wide spaces, prose, implications and line ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from .builder import build
from .names import Vocabulary
from .nodes import Node
from .tables import MULTILINE, QUAD, TIMES
from .trees import NotRead

_RANK = {"": 0, "quad": 1, "comma": 2, "commaquad": 3, "semi": 4, "line": 5, "colon": 6}


@dataclass
class Piece:
    """A stretch of mathematics, prose, a bracketed condition or an implication; `before` is what cuts it off."""

    kind: str
    nodes: list[Node] = field(default_factory=list)
    before: str = ""
    carried: bool = False  # begins with a relation at the beginning of a line
    tight: bool = True  # nothing but thin space before it


def flat(latex: str) -> list[Node]:
    """The nodes of a clause, without the environments around it."""
    nodes = build(latex)
    for _ in range(8):
        out: list[Node] = []
        opened = False
        for n in nodes:
            if n.kind == "env" and n.text in MULTILINE and _bare(nodes, n):
                opened = True
                if out and out[-1].kind != "newline" and n.gap < QUAD and n.text == "array":
                    out.append(Node("space", "", n.start, n.start, gap=QUAD))
                out += n.args[0] if n.text != "array" else _columns(n.args[0])
            else:
                out.append(n)
        nodes = out
        if not opened:
            break
    return nodes


def _columns(nodes: list[Node]) -> list[Node]:
    """The columns of a table are set apart."""
    return [Node("space", "", n.start, n.end, gap=QUAD) if n.kind == "amp" else n for n in nodes]


def _bare(nodes: list[Node], env: Node) -> bool:
    """Whether an environment lays out lines, and is not the operand of anything."""
    i = nodes.index(env)
    before = [n for n in nodes[:i] if n.kind not in ("space", "amp")]
    after = [n for n in nodes[i + 1 :] if n.kind not in ("space", "amp")]
    return (not before or before[-1].kind in ("sep", "newline", "text")) and (
        not after or after[0].kind in ("sep", "newline", "text")
    )


class Cutter:
    """Walks over the nodes of a clause and collects its pieces."""

    def __init__(self, nodes: list[Node], vocabulary: Vocabulary) -> None:
        self.nodes = nodes
        self.protected = vocabulary.protected(nodes)
        self.out: list[Piece] = []
        self.current: list[Node] = []
        self.before = ""
        self.tight = True
        self.depth = 0
        self.amps = 0
        self.i = 0
        self.wide = False  # whether a wide space has passed
        self.apart = False  # whether one stands before this node
        self.carried = False

    def cut(self) -> list[Piece]:
        while self.i < len(self.nodes):
            self.step(self.nodes[self.i])
            self.i += 1
        self.close()
        return self.out

    def step(self, n: Node) -> None:
        if n.kind == "amp":
            self.amps += 1
            self.wide = self.wide or self.amps % 2 == 0
            return
        if n.kind == "space":
            self.wide = self.wide or n.gap >= QUAD
            return
        inside = self.i in self.protected and self.i - 1 in self.protected
        if n.kind == "newline":
            if self.depth <= 0 or not self.closes_later():
                self.line()
            return
        self.apart = n.gap >= QUAD or self.wide
        self.wide = False
        if self.depth == 0 and not inside and self.apart and self.current:
            self.quad(n)
        if self.depth == 0 and self.i not in self.protected and self.separate(n):
            return
        self.depth = max(0, self.depth + (n.kind == "open") - (n.kind == "close"))
        if not self.current:
            self.tight = not self.apart
        self.current.append(n)

    def closes_later(self) -> bool:
        """Whether the open bracket closes at all: then the line goes on inside of it."""
        depth = self.depth
        for n in self.nodes[self.i :]:
            depth += (n.kind == "open") - (n.kind == "close")
            if depth == 0:
                return True
        self.depth = 0
        return False

    def separate(self, n: Node) -> bool:
        """Whether `n` cuts."""
        after = self.after()
        if n.kind == "sep" and n.key in (",", ";"):
            self.thousands(after)
            self.close()
            self.mark("semi" if n.key == ";" else "comma")
            return True
        if n.kind == "sep" and n.key == "." and not (after is not None and after.kind == "digit" and after.gap == 0):
            if after is None or after.gap >= 1 or after.kind in ("newline", "amp", "space"):
                self.close()
                self.mark("semi")
                return True
        if (
            n.kind == "sep"
            and n.key == ":"
            and (after is None or after.gap >= 2 or after.kind in ("newline", "amp", "text"))
        ):
            self.close()
            self.mark("colon")
            return True
        if n.kind == "text" or n.key in ("\\forall", "\\exists"):
            self.close()
            self.emit(Piece("text", [n], tight=not self.apart))
            return True
        if n.kind == "implies":
            self.close()
            self.emit(Piece("implies", [n]))
            return True
        return n.kind == "open" and self.condition(n)

    def thousands(self, after: Node | None) -> None:
        if self.current and self.current[-1].kind == "digit" and after is not None and after.kind == "digit":
            run = self.nodes[self.i + 1 : self.i + 5]
            if after.gap == 0 and [m.kind for m in run[:3]] == ["digit"] * 3 and [m.kind for m in run[3:]] != ["digit"]:
                self.current.append(
                    Node(
                        "bad",
                        ",",
                        self.nodes[self.i].start,
                        run[2].end,
                        text="10,000 is one number or two: write 10\\,000",
                    )
                )

    def after(self) -> Node | None:
        return self.nodes[self.i + 1] if self.i + 1 < len(self.nodes) else None

    def condition(self, n: Node) -> bool:
        """A bracket after a space that holds a relation or prose."""
        if n.key not in ("(", "[") or (self.current and (n.gap < 1 or self.current[-1].kind in ("op", "rel"))):
            return False
        depth, j = 0, self.i
        told = False
        while j < len(self.nodes):
            m = self.nodes[j]
            depth += (m.kind == "open") - (m.kind == "close")
            told = told or (depth == 1 and (m.kind in ("rel", "text", "implies") or m.key == "\\forall"))
            if depth == 0:
                break
            if m.kind == "newline":
                return False
            j += 1
        after = self.nodes[j + 1] if j + 1 < len(self.nodes) else None
        if not told or j >= len(self.nodes) or (after is not None and after.kind in ("sup", "sub", "prime")):
            return False
        goes_on = after is not None and after.gap < 2 and after.kind not in (
            "sep", "newline", "amp", "text", "space", "implies"
        )  # fmt: skip
        if goes_on:
            return False
        self.close()
        self.emit(Piece("condition", self.nodes[self.i + 1 : j]))
        self.i = j
        return True

    def quad(self, n: Node) -> None:
        """A wide space cuts, unless a sign stands on one side of it."""
        last = self.current[-1]
        if (
            (last.kind in ("rel", "op") and last.key != "!")
            or (n.kind in ("rel", "op") and n.key != "!")
            or n.kind == "sep"
        ):
            return
        if last.key in TIMES or n.key in TIMES:
            return
        self.close()
        self.mark("quad")

    def line(self) -> None:
        """A line end; the next line may go on from it."""
        self.amps, self.wide, self.depth = 0, False, 0
        after = next((m for m in self.nodes[self.i + 1 :] if m.kind not in ("amp", "space", "newline")), None)
        if after is None:
            return
        beside_prose = bool(self.out) and self.out[-1].kind == "text" and self.before in ("", "quad")
        if (self.current and after.kind == "rel" and not beside_prose) or (self.hanging() and after.kind != "rel"):
            return
        if self.current and ((after.kind == "op" and after.key in "+-/") or after.key in TIMES):
            if after.key == "-" and self.relation_ahead():
                self.current.append(
                    Node("bad", "-", after.start, after.end, text="a line that begins with -: does it go on")
                )
            return
        self.close()
        self.mark("line")
        self.carried = after.kind == "rel"

    def hanging(self) -> bool:
        """Whether a line ends in a sign."""
        last = self.current[-1] if self.current else None
        return last is not None and (
            last.kind == "rel" or last.key in TIMES or (last.kind == "op" and last.key in "+-/")
        )

    def relation_ahead(self) -> bool:
        depth = 0
        for m in self.nodes[self.i + 1 :]:
            if m.kind == "newline":
                return False
            depth += (m.kind == "open") - (m.kind == "close")
            if depth == 0 and m.kind == "rel":
                return True
        return False

    def mark(self, boundary: str) -> None:
        if boundary == "quad" and self.before == "comma":
            boundary = "commaquad"
        if _RANK[boundary] > _RANK[self.before]:
            self.before = boundary

    def close(self) -> None:
        if self.current:
            nodes, self.current = self.current, []
            self.emit(Piece("math", nodes, tight=self.tight, carried=self.carried))

    def emit(self, piece: Piece) -> None:
        first = piece.nodes[0]
        if first.gap >= QUAD or not piece.tight:
            self.mark("quad")
        piece.before = self.before if self.out else (self.before if self.before == "colon" else "")
        if piece.kind != "math":
            self.current = []
        self.before = ""
        self.carried = False
        self.out.append(piece)


def cut(latex: str, vocabulary: Vocabulary) -> list[Piece]:
    try:
        nodes = flat(latex)
    except RecursionError:
        raise NotRead("nested too deeply") from None
    return Cutter(nodes, vocabulary).cut()
