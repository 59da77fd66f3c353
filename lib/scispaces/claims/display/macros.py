r"""Macros with arguments, delimiters, prose and environments, as nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .lexer import Token, lex
from .nodes import Node, keys, trim
from .tables import ARITY, BIG, RELATIONS, SAME, UNREADABLE


class Macros:
    """The half of the builder that takes arguments."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.tokens = lex(latex)
        self.i = 0
        self.depth = 0

    if TYPE_CHECKING:  # builder.Builder is the other half

        def __getattr__(self, name: str) -> Any: ...

    def delimiter(self, t: Token) -> Node:
        """The delimiter after \\left, \\right, \\big...: its side is known."""
        self.skip_space()
        if self.i >= len(self.tokens):
            return Node("bad", t.text, t.start, t.end, text=f"{t.text} without a delimiter")
        d = self.take()
        side = {"\\left": "open", "\\right": "close"}.get(t.text) or {"l": "open", "r": "close"}.get(BIG[t.text], "")
        if d.text == ".":
            return Node({"open": "null", "close": "close"}.get(side, "bad"), "null", t.start, d.end, side=side)
        node = self.leaf(d)
        node.start, node.end = t.start, d.end
        if node.kind == "bar":
            node.side = side or node.side
            node.text = "big"
        elif node.kind in ("open", "close") and side and node.kind != side:
            node.kind = side
        elif node.kind not in ("open", "close", "op"):
            return Node("bad", t.text, t.start, d.end, text=f"{t.text}{d.text}")
        return node

    def macro(self, t: Token) -> list[Node]:
        name = t.text[1:]
        index = None
        self.skip_space()
        if name in ("sqrt", "xrightarrow", "xlongrightarrow", "xleftarrow") and self.peek("["):
            index = self.optional()
        args, loose, end = [], False, t.end
        for _ in range(ARITY[name]):
            arg, bare, end = self.argument()
            args.append(arg)
            loose = bare
        key = SAME.get(t.text, t.text)
        shown = key + (f"[{keys(index)}]" if index else "") + "".join(f"{{{keys(a)}}}" for a in args)
        if name in ("underbrace", "overbrace"):
            self.skip_space()
            if self.i < len(self.tokens) and self.tokens[self.i].text in ("_", "^"):
                self.i += 1
                self.argument()
            return args[0]
        if not all(args) and "arrow" not in name:
            return [Node("bad", shown, t.start, end, text=f"{t.text} lacks an argument")]
        if name in ("overset", "stackrel") and keys(args[1]) == "=" and args[0][0].text.strip() in ("def", "def."):
            return [Node("rel", ":=", t.start, end)]
        kind = "rel" if key in RELATIONS or key in UNREADABLE else "cmd"
        return [
            Node(kind, shown if kind == "cmd" else key, t.start, end, args=args, index=index, text=key, loose=loose)
        ]

    def optional(self) -> list[Node]:
        """The optional argument in square brackets."""
        self.i += 1
        first, level = self.i, 0
        while self.i < len(self.tokens) and (level or not self.peek("]")):
            level += {"{": 1, "}": -1}.get(self.tokens[self.i].text, 0)
            if level < 0:
                break
            self.i += 1
        inner = type(self)("")
        inner.latex, inner.tokens, inner.depth = self.latex, self.tokens[first : self.i], self.depth
        if self.peek("]"):
            self.i += 1
        return trim(inner.build())

    def prose(self, t: Token) -> Node:
        """\\text{...} as it stands; mathematics inside of it is part of the prose."""
        self.skip_space()
        if not self.peek("{"):
            return Node("bad", t.text, t.start, t.end, text=f"{t.text} without braces")
        start, level = self.tokens[self.i].end, 0
        while self.i < len(self.tokens):
            level += {"{": 1, "}": -1}.get(self.tokens[self.i].text, 0)
            self.i += 1
            if level == 0:
                break
        end = self.tokens[self.i - 1].start if level == 0 else len(self.latex)
        said = self.latex[start:end]
        shown = " ".join(said.split())
        return Node("text", f"\\text{{{shown}}}", t.start, self.tokens[self.i - 1].end, text=said)

    def environment(self, t: Token) -> Node:
        name, end = self.braced()
        if name in ("array", "alignedat", "alignat", "alignat*"):
            self.braced()
        elif self.peek("["):
            self.optional()
        inner = self.sequence("\\end")
        if not self.peek("\\end"):
            return Node("bad", t.text, t.start, t.end, text=f"\\begin{{{name}}} is not closed")
        self.i += 1
        closing, end = self.braced()
        if closing != name:
            return Node("bad", t.text, t.start, end, text=f"\\begin{{{name}}} ends as {closing}")
        return Node("env", f"\\begin{{{name}}}{keys(inner)}\\end", t.start, end, args=[inner], text=name)

    def braced(self) -> tuple[str, int]:
        self.skip_space()
        if not self.peek("{"):
            return "", self.tokens[self.i - 1].end
        first = self.take().end
        while self.i < len(self.tokens) and not self.peek("}"):
            self.i += 1
        if self.i >= len(self.tokens):
            return "", len(self.latex)
        last = self.take()
        return self.latex[first : last.start].strip(), last.end
