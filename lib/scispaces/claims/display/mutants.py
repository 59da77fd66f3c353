r"""Wrong variants of a displayed sentence, made on its nodes: each is LaTeX again, and differs in one thing."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from .builder import build
from .names import Vocabulary
from .nodes import Node, keys
from .reading import read_each
from .sentences import Clause
from .trees import NotRead

Change = tuple[int, int, str, str]  # start, end, what to write instead, what was changed
_PAIRS = {
    "\\sin": "\\cos", "\\sinh": "\\cosh", "\\tan": "\\cot", "\\arcsin": "\\arccos", "\\max": "\\min",
    "\\sum": "\\prod", "\\det": "\\operatorname{Tr}",
}  # fmt: skip
_SWAPS = {**_PAIRS, **{b: a for a, b in _PAIRS.items() if a != "\\det"}}
_TURNED = {"\\le": "\\ge", "\\ge": "\\le", "<": ">", ">": "<", "=": "\\ne", ":=": "\\ne"}
_STRICT = {"\\le": "<", "\\ge": ">", "<": "\\le", ">": "\\ge"}
_TRANSPOSES = ("\\top", "\\mathsf{T}", "\\mathrm{T}", "T")


def display_mutants(latex: str, names: Mapping[str, Any], seed: int = 0) -> Iterator[tuple[str, str]]:
    """Variants of a display as (changed LaTeX, "kind: what was changed"), in an order that `seed` fixes.

    Kinds: numeral, decimal, exponent, sign, root, operation, swap, transpose, relation, strictness, end, factor,
    function, range, fraction. `strictness` (<= for <) is for the caller to use only where a check can tell. Only what
    is asserted is changed, never prose or conditions. A variant that is read as the same relations is left out.
    """
    try:
        clause = Clause(latex, names)
    except NotRead:
        return
    as_written = meaning(latex, names)
    edits: dict[str, str] = {}
    for s in clause.sentences:
        for a in s.asserted:
            if not a.why:
                for start, end, text, what in Changes(latex, clause.vocabulary).of(a.nodes):
                    edits.setdefault(_spaced(latex[:start], text, latex[end:]), what)
    edits.pop(latex, None)
    for changed in sorted(edits, key=lambda c: (zlib.crc32(f"{seed} {c}".encode()), c)):
        if _valid(changed) and meaning(changed, names) != as_written:
            yield changed, edits[changed]


def meaning(latex: str, names: Mapping[str, Any]) -> Any:
    """What a display is read as, for comparison."""
    relations, unread = read_each(latex, names)
    return [tuple(r) for r in relations], [text for text, _ in unread]


def _spaced(before: str, text: str, after: str) -> str:
    """The three parts, with a space where a command would swallow a letter."""
    if text and text[-1].isalpha() and "\\" in text and after[:1].isalpha():
        text += " "
    if not text and before[-1:].isalpha() and after[:1].isalpha():
        tail = before[before.rfind("\\") :]
        text = " " if "\\" in before and tail[1:].isalpha() else ""
    return before + text + after


def _valid(latex: str) -> bool:
    def sound(nodes: list[Node]) -> bool:
        return all(n.kind != "bad" and all(map(sound, n.args)) for n in nodes)

    try:
        return sound(build(latex))
    except NotRead:
        return False


class Changes:
    """The single changes of some nodes."""

    def __init__(self, latex: str, vocabulary: Vocabulary) -> None:
        self.latex, self.vocabulary = latex, vocabulary
        self.out: list[Change] = []

    def of(self, nodes: list[Node]) -> list[Change]:
        self.walk([n for n in nodes if n.kind not in ("space", "amp")], "")
        self.swaps(nodes)
        return self.out

    def shown(self, *nodes: Node) -> str:
        return self.latex[nodes[0].start : max(n.end for n in nodes)]

    def add(self, start: int, end: int, text: str, kind: str) -> None:
        old = " ".join(self.latex[start:end].split()) or "nothing"
        self.out.append((start, end, text, f"{kind}: {old} -> {text or 'nothing'}"))

    def walk(self, nodes: list[Node], role: str) -> None:
        i = 0
        while i < len(nodes):
            n = nodes[i]
            if n.kind == "digit":
                i += self.numeral(nodes, i, role)
                continue
            self.one(nodes, i, role)
            for arg in n.args if n.kind not in ("letter", "text") else []:
                inner = {"sup": "exponent", "sub": "index"}.get(n.kind, "")
                if n.kind in ("sup", "sub") and i and self.big(nodes, i):
                    inner = "range"
                self.walk([m for m in arg if m.kind not in ("space", "amp")], inner)
            i += 1

    def big(self, nodes: list[Node], i: int) -> bool:
        while i and nodes[i].kind in ("sub", "sup"):
            i -= 1
        return nodes[i].key in ("\\sum", "\\prod", "\\int", "\\lim")

    def numeral(self, nodes: list[Node], i: int, role: str) -> int:
        """n - 1 and n + 1; of a decimal, its last digit. Returns how many nodes it takes."""
        j = i + 1
        while (
            j < len(nodes)
            and nodes[j].start == nodes[j - 1].end
            and (
                nodes[j].kind == "digit"
                or (nodes[j].key == "." and j + 1 < len(nodes) and nodes[j + 1].kind == "digit")
            )
        ):
            j += 1
        text = self.shown(*nodes[i:j])
        start, end = nodes[i].start, nodes[j - 1].end
        bare = (start > 0 and self.latex[start - 1] in "^_") or (
            len(nodes) == 1 and self.latex[start - 1 : start] != "{"
        )
        kind = "decimal" if "." in text else role or "numeral"
        whole, _, places = text.partition(".")
        for step in (1, -1):
            value = int((whole or "0") + places) + step
            if value < 0 or len(text) > 300:
                continue
            digits = str(value).rjust(len(places) + 1, "0") if places else str(value)
            new = f"{digits[: -len(places)]}.{digits[-len(places) :]}" if places else digits
            self.add(start, end, f"{{{new}}}" if bare and len(new) > 1 else new, kind)
        return j - i

    def one(self, nodes: list[Node], i: int, role: str) -> None:
        """The changes at one node."""
        n = nodes[i]
        after = nodes[i + 1] if i + 1 < len(nodes) else None
        if n.kind == "op" and n.key in "+-" and after is not None:
            if i or n.key == "-":
                self.add(n.start, n.end, {"+": "-", "-": "+"}[n.key], "sign")
        elif n.kind == "rel":
            if not role:
                self.relation(n, after)
        elif n.text == "\\sqrt":
            inner = n.args[0]
            self.add(n.start, n.end, f"\\left({self.shown(*inner)}\\right)", "root")
        elif n.text == "\\frac":
            a, b = (f"{{{self.shown(*x)}}}" for x in n.args)
            self.add(n.start, n.end, f"\\frac{b}{a}", "fraction")
        elif n.key in _SWAPS:
            kind = "operation" if n.key in ("\\sum", "\\prod", "\\max", "\\min", "\\det") else "function"
            self.add(n.start, n.end, _SWAPS[n.key], kind)
        elif n.kind == "sup":
            self.power(nodes, i)
        elif n.key == "\\infty" and i and nodes[i - 1].kind == "rel":
            self.add(n.start, n.end, "0", "end")
        if n.key in ("\\max", "\\min") and after is not None and after.key in ("(", "\\{"):
            self.extremum(nodes, i)
        self.factor(nodes, i)

    def relation(self, n: Node, after: Node | None) -> None:
        if n.key in _TURNED:
            self.add(n.start, n.end, _TURNED[n.key], "relation")
        if n.key in _STRICT:
            self.add(n.start, n.end, _STRICT[n.key], "strictness")
        if n.key in ("\\to", "\\xrightarrow") and after is not None and after.key == "\\infty":
            self.add(after.start, after.end, "0", "end")

    def power(self, nodes: list[Node], i: int) -> None:
        """An exponent dropped, a transpose dropped or moved, a range made longer or shorter."""
        n = nodes[i]
        text = keys(n.args[0])
        if self.big(nodes, i):
            inside = self.shown(*n.args[0])
            if text != "\\infty":
                self.add(n.start, n.end, f"^{{{inside}+1}}", "range")
                self.add(n.start, n.end, f"^{{{inside}-1}}", "range")
            return
        if text in _TRANSPOSES:
            self.add(n.start, n.end, "", "transpose")
            k = i + 1
            if k < len(nodes) and nodes[k].kind == "letter" and not (k + 1 < len(nodes) and nodes[k + 1].kind == "sup"):
                other = self.latex[n.end : nodes[k].end]
                self.add(n.start, nodes[k].end, f"{other}{self.shown(n)}", "transpose")
            return
        if text not in ("'", "*") and not (keys(n.args[0][:1]) == "("):
            self.add(n.start, n.end, "", "exponent")

    def extremum(self, nodes: list[Node], i: int) -> None:
        """max(a, b) for a b and for a + b."""
        depth, parts, start = 0, [], nodes[i + 1].end
        for m in nodes[i + 1 :]:
            depth += (m.kind == "open") - (m.kind == "close")
            if depth == 0 or (depth == 1 and m.key == ","):
                parts.append(self.latex[start : m.start])
                start = m.end
            if depth == 0:
                for text, sign in ((")(", "product"), (")+(", "sum")):
                    self.add(nodes[i].start, m.end, f"\\bigl(({text.join(parts)})\\bigr)", f"operation ({sign})")
                return

    def factor(self, nodes: list[Node], i: int) -> None:
        """A letter or a fraction beside another factor dropped."""
        n = nodes[i]
        if (n.kind != "letter" and n.text not in ("\\frac", "\\sqrt")) or n.key.startswith(
            ("\\operatorname", "\\mathrm")
        ):
            return
        if isinstance(self.vocabulary.get(n.key), (sp.FunctionClass, sp.IndexedBase)) and n.kind == "letter":
            return
        j = i + 1
        while j < len(nodes) and nodes[j].kind in ("sub", "sup", "prime"):
            j += 1
        starts = ("letter", "digit", "accent", "open", "cmd")
        follows = j < len(nodes) and nodes[j].kind in starts and nodes[j].key not in ("\\cdot", "\\times", "\\dots")
        behind = (
            i > 0 and nodes[i - 1].kind in ("letter", "digit", "sup", "sub", "close") and not self.big(nodes, i - 1)
        )
        ends = j == len(nodes) or nodes[j].kind in ("rel", "op", "close", "sep")
        if (follows and not (nodes[j].kind == "open" and i and nodes[i - 1].key == "d")) or (behind and ends):
            if not (i and nodes[i - 1].key in ("d", "\\partial", "\\mathrm{d}")) and n.key not in ("d", "\\partial"):
                self.add(n.start, nodes[j - 1].end, "", "factor")

    def swaps(self, nodes: list[Node]) -> None:
        """One letter for another of its kind, at one place."""
        places: list[Node] = []

        def collect(some: list[Node]) -> None:
            for n in some:
                if n.kind == "letter" and self.vocabulary.has(n.key):
                    places.append(n)
                elif n.kind not in ("letter", "text"):
                    for arg in n.args:
                        collect(arg)

        collect(nodes)
        seen = sorted({n.key for n in places})
        for n in places:
            for other in seen:
                if other != n.key and self.alike(n.key, other):
                    shown = next(self.shown(m) for m in places if m.key == other)
                    self.add(n.start, n.end, shown, "swap")

    def alike(self, a: str, b: str) -> bool:
        u, v = self.vocabulary.get(a), self.vocabulary.get(b)
        if isinstance(u, sp.Symbol) and isinstance(v, sp.Symbol):
            return u.is_commutative == v.is_commutative and u.is_integer == v.is_integer
        return type(u) is type(v) and isinstance(u, (sp.FunctionClass, sp.IndexedBase)) and u != v
