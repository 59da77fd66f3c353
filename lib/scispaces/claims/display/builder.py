r"""LaTeX as a tree of nodes: macros with their arguments, spacing as gaps, delimiters with their sides."""

from __future__ import annotations

from .lexer import Token
from .macros import Macros
from .nodes import Node, keys, scripts, trim
from .tables import (
    ACCENT,
    ARITY,
    BARS,
    BIG,
    CLOSE,
    DROP,
    DROP_ARG,
    FLAT,
    FONT,
    GAPS,
    GREEK_LETTERS,
    IMPLIES,
    OPEN,
    RELATIONS,
    SAME,
    SPACE,
    TEXT,
    UNREADABLE,
)
from .trees import NotRead


class Builder(Macros):
    """Recursive descent from tokens to nodes. Faults become nodes of kind `bad`, raised only where they are read."""

    def build(self) -> list[Node]:
        out = self.sequence(None)
        while self.i < len(self.tokens):  # a closing brace too many
            t = self.tokens[self.i]
            self.i += 1
            out.append(Node("bad", t.text, t.start, t.end, text=f"{t.text} without its beginning"))
            out += self.sequence(None)
        return out

    def sequence(self, stop: str | None) -> list[Node]:
        """Nodes up to the token `stop` ('}' or '\\end'), which is consumed by the caller."""
        self.depth += 1
        if self.depth > 40:
            raise NotRead("braces are nested more than 40 deep")
        out: list[Node] = []
        gap = 0
        while self.i < len(self.tokens):
            t = self.tokens[self.i]
            if (t.text == "}" and t.kind == "char") or (t.text == "\\end" and t.kind == "cmd"):
                break
            if t.kind in ("space", "comment"):
                gap = max(gap, 1)
                self.i += 1
                continue
            if t.text in GAPS:
                gap = max(gap, GAPS[t.text])
                self.i += 1
                continue
            if t.text in ("\\hspace", "\\mspace"):
                self.i += 1
                self.star()
                self.argument()
                gap = max(gap, SPACE)
                continue
            made = self.element(out)
            if made:
                made[0].gap = max(made[0].gap, gap)
                gap = 0
                out += made
        self.depth -= 1
        if gap and out:
            out.append(Node("space", "", out[-1].end, out[-1].end, gap=gap))
        return scripts(out)

    def element(self, before: list[Node]) -> list[Node]:
        t = self.tokens[self.i]
        self.i += 1
        if t.text == "{" and t.kind == "char":
            return self.group(t)
        if t.kind == "char" and t.text in "^_":
            return [self.script(t)]
        if t.kind == "char" and t.text == "'":
            return [Node("prime", "'", t.start, t.end)]
        if t.text == "&":
            return [Node("amp", "&", t.start, t.end)]
        if t.kind == "newline" or t.text in ("\\cr", "\\newline"):
            return [Node("newline", "\\\\", t.start, t.end)]
        if t.text == ":" and self.peek("="):
            return [Node("rel", ":=", t.start, self.take().end)]
        if t.text == "=" and self.peek(":"):
            return [Node("rel", "=:", t.start, self.take().end)]
        if t.kind == "cmd":
            return self.command(t)
        return [self.leaf(t)]

    def peek(self, text: str) -> bool:
        return self.i < len(self.tokens) and self.tokens[self.i].text == text

    def take(self) -> Token:
        self.i += 1
        return self.tokens[self.i - 1]

    def skip_space(self) -> None:
        while self.i < len(self.tokens) and (
            self.tokens[self.i].kind in ("space", "comment") or self.tokens[self.i].text in ("\\!", "\\relax")
        ):
            self.i += 1

    def leaf(self, t: Token) -> Node:
        key = SAME.get(t.text, t.text)
        kind, side = "cmd", ""
        if t.kind == "digit":
            kind = "digit"
        elif t.text in BARS:
            kind, key = "bar", BARS[t.text]
            side = "open" if t.text in OPEN else "close" if t.text in CLOSE else ""
        elif key in OPEN:
            kind = "open"
        elif key in CLOSE:
            kind = "close"
        elif key in RELATIONS or key in UNREADABLE:
            kind = "rel"
        elif key in IMPLIES:
            kind = "implies"
        elif key in (",", ";", ":", "."):
            kind = "sep"
        elif key in ("+", "-", "/", "*", "!"):
            kind = "op"
        elif key == "'":
            kind = "prime"
        elif len(key) == 1 and key.isalpha():
            kind = "letter"
        elif t.kind == "stray" or (t.kind == "char" and not key.startswith("\\")):
            return Node("bad", key, t.start, t.end, text=f"the character {key!r}")
        return Node(kind, key, t.start, t.end, side=side)

    def group(self, t: Token) -> list[Node]:
        """A brace in plain position, which TeX does not display: its content, where that is what is meant."""
        inner = self.sequence("}")
        if not self.peek("}"):
            return [Node("bad", "{", t.start, t.end, text="{ is not closed")]
        end = self.take().end
        inner = trim(inner)
        if not inner:
            return []
        if len(inner) == 1 and inner[0].kind == "sep":
            inner[0].kind, inner[0].key = "grouping", "{" + inner[0].key + "}"
        sums = any((n.kind == "op" and n.key in "+-") or n.kind == "rel" for n in inner)
        rest = [n for n in inner[1:] if n.kind not in ("sub", "sup", "prime")]
        scripted = self.i < len(self.tokens) and self.tokens[self.i].text in ("^", "_", "'", "!")
        bracket = inner[0].kind == "open" and inner[-1].kind == "close"
        if len(inner) > 1 and ((scripted and rest and not bracket) or (sums and rest and not bracket)):
            what = self.latex[t.start : end]
            return [
                Node("bad", what, t.start, end, text=f"the braces of {what} are not displayed: brackets are meant?")
            ]
        return inner

    def script(self, t: Token) -> Node:
        arg, loose, end = self.argument()
        node = Node("sup" if t.text == "^" else "sub", "", t.start, end, args=[arg], loose=loose)
        node.key = f"{t.text}{{{keys(arg)}}}"
        if t.text == "^" and arg and all(n.kind == "prime" for n in arg):
            return Node("prime", "'" * len(arg), t.start, end)
        if not arg:
            return Node("bad", node.key, t.start, end, text=f"an empty {t.text}{{}}")
        return node

    def argument(self) -> tuple[list[Node], bool, int]:
        """The next argument: (nodes, whether it came without braces, where it ends)."""
        self.skip_space()
        if (
            self.i >= len(self.tokens)
            or self.tokens[self.i].text in ("}", "&", "\\end")
            or (self.tokens[self.i].kind == "newline")
        ):
            at = self.tokens[self.i - 1].end if self.i else 0
            return [], True, at
        t = self.tokens[self.i]
        if t.text == "{" and t.kind == "char":
            self.i += 1
            inner = self.sequence("}")
            if not self.peek("}"):
                return [Node("bad", "{", t.start, t.end, text="{ is not closed")], False, t.end
            return trim(inner), False, self.take().end
        self.depth += 1
        if self.depth > 40:
            raise NotRead("arguments are nested more than 40 deep")
        made = self.element([])
        self.depth -= 1
        return made, True, (made[-1].end if made else t.end)

    def command(self, t: Token) -> list[Node]:
        name = t.text[1:]
        if name in ("left", "right") or t.text in BIG:
            return [self.delimiter(t)]
        if name in DROP:
            return []
        if name in DROP_ARG:
            self.star()
            self.argument()
            return []
        if name in TEXT:
            return [self.prose(t)]
        if name in FLAT:
            arg, _, _ = self.argument()
            return arg
        if name == "begin":
            return [self.environment(t)]
        if name == "not":
            arg, _, end = self.argument()
            return [Node("rel", "\\ne", t.start, end) if keys(arg) == "=" else Node("rel", "\\notin", t.start, end)]
        if name in FONT or name in ACCENT:
            self.star()
            arg, loose, end = self.argument()
            if not arg:
                return [Node("bad", t.text, t.start, end, text=f"{t.text} of nothing")]
            kind = "letter" if name in FONT else "accent"
            head = SAME.get(t.text, t.text)
            return [Node(kind, f"{head}{{{keys(arg)}}}", t.start, end, args=[arg], text=head, loose=loose)]
        if name in ARITY:
            return self.macro(t)
        if name in GREEK_LETTERS:
            return [Node("letter", t.text, t.start, t.end)]
        return [self.leaf(t)]

    def star(self) -> None:
        if self.peek("*"):
            self.i += 1


def build(latex: str) -> list[Node]:
    """The nodes of a piece of LaTeX."""
    return trim(Builder(latex).build())
