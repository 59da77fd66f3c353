r"""Sentences of a clause: which pieces are asserted, which are conditions, which cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .chains import Chain, last_side, relations_in, shown
from .names import Vocabulary
from .nodes import Node
from .pieces import Piece, cut
from .prose import classify
from .trees import NotRead, Relation

Unread = tuple[str, str]


@dataclass
class Assertion:
    """A chain that is asserted, with the nodes that say what grows."""

    nodes: list[Node]
    given: list[Node] | None = None
    arrow: list[Node] | None = None
    why: str = ""
    before: str = ""
    conditions: list[str] = field(default_factory=list)


@dataclass
class Sentence:
    """What stands between two full stops, semicolons or line ends."""

    pieces: list[Piece]
    asserted: list[Assertion] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    refused: list[Unread] = field(default_factory=list)


class Clause:
    """A display, or one clause of it, read piece by piece."""

    def __init__(self, latex: str, names: Mapping[str, Any]) -> None:
        if len(latex) > 20_000:
            raise NotRead("a display of more than 20,000 characters")
        self.latex = latex
        self.vocabulary = Vocabulary(names)
        self.given: list[str] = []
        self.given_arrow: list[Node] | None = None
        self.last: list[Node] = []  # the last asserted chain: what a line that begins with a relation goes on from
        self.sentences = [self.understand(s) for s in self.split(cut(latex, self.vocabulary))]

    # --- cutting

    def split(self, pieces: list[Piece]) -> list[list[Piece]]:
        out: list[list[Piece]] = []
        for p in pieces:
            glued = p.kind == "implies" or (bool(out) and out[-1][-1].kind == "implies")
            if (p.before in ("semi", "line") and not glued) or not out:
                out.append([])
            out[-1].append(p)
        return out

    def text(self, nodes: list[Node]) -> str:
        if not nodes:
            return ""
        return shown(self.latex, nodes)

    # --- one sentence

    def understand(self, pieces: list[Piece]) -> Sentence:
        sentence = Sentence(pieces)
        while (k := next((k for k, p in enumerate(pieces) if p.before == "colon"), None)) is not None:
            self.suppose(pieces[:k])
            pieces = pieces[k:]
            pieces[0].before = ""
        if pieces and any(p.kind == "implies" or self.kind(p) == "iff" for p in pieces):
            self.implication(sentence, pieces)
        else:
            self.plain(sentence, pieces)
        return sentence

    def kind(self, p: Piece) -> str:
        if p.kind != "text":
            return ""
        n = p.nodes[0]
        return "condition" if n.key == "\\forall" else "verb" if n.key == "\\exists" else classify(n.text)

    def suppose(self, pieces: list[Piece]) -> None:
        """What stands before a colon is supposed by all that follows, up to the next colon."""
        self.given = [self.text([n for p in pieces for n in p.nodes])] if pieces else []
        arrows = [p.nodes for p in pieces if p.kind == "math" and self.is_arrow(p.nodes)]
        self.given_arrow = arrows[0] if len(arrows) == 1 else None

    def is_arrow(self, nodes: list[Node]) -> bool:
        rels = [n for n in nodes if n.kind == "rel"]
        if len(rels) != 1 or rels[0].key not in ("\\to", "\\downarrow", "\\uparrow", "\\searrow", "\\nearrow"):
            return False
        at = nodes.index(rels[0])
        left = [n for n in nodes[:at] if n.kind != "space"]
        return 0 < len(left) <= 2 and left[0].kind == "letter" and all(n.kind == "sub" for n in left[1:])

    def implication(self, sentence: Sentence, pieces: list[Piece]) -> None:
        """A => B is no relation, unless one side is prose."""
        sides: list[list[Piece]] = [[]]
        for p in pieces:
            if p.kind == "implies" or self.kind(p) == "iff":
                sides.append([])
            else:
                sides[-1].append(p)
        before = sides[0][-1] if sides[0] else None
        if len(sides) == 2 and before is not None and self.kind(before) == "equality":
            stop = next((k for k, p in enumerate(sides[1]) if k and p.before == "commaquad"), len(sides[1]))
            sentence.conditions.append(self.text([n for p in [before, *sides[1][:stop]] for n in p.nodes]))
            self.plain(sentence, sides[0][:-1])
            self.plain(sentence, sides[1][stop:])
            return
        tried = [self.plain(Sentence(s), s) for s in sides]
        said = [s for s in tried if s.asserted or s.refused]
        prose = [s for s in tried if not (s.asserted or s.refused)]
        if len(tried) == 2 and len(said) == 1 and prose[0].pieces:
            sentence.asserted, sentence.refused = said[0].asserted, said[0].refused
            sentence.conditions += said[0].conditions + prose[0].conditions
            return
        whole = self.text([n for p in pieces for n in p.nodes])
        sentence.refused.append((whole, "an implication or an equivalence between formulas"))

    def plain(self, sentence: Sentence, pieces: list[Piece]) -> Sentence:
        Run(self, sentence).over(pieces)
        self.lists(sentence)
        return sentence

    def lists(self, sentence: Sentence) -> None:
        """0 <= x, y <= 1 is one range of two letters, or two relations."""
        for a, b in zip(sentence.asserted, sentence.asserted[1:], strict=False):
            if b.before == "comma" and not (a.why or b.why):
                left = last_side(a.nodes, set())
                right = b.nodes[: next((k for k, n in enumerate(b.nodes) if n.kind == "rel"), 0)]
                single = all(s and s[0].kind == "letter" and all(n.kind == "sub" for n in s[1:]) for s in (left, right))
                orders = all(
                    r in ("<", "<=", ">", ">=", "!=", "\\in")
                    for r in (relations_in(a.nodes)[-1:] + relations_in(b.nodes)[:1])
                )
                if single and orders:
                    a.why = b.why = f"{self.text(left)}, {self.text(right)}: one range of two letters, or two relations"

    # --- reading

    def read(self) -> tuple[list[Relation], list[Unread]]:
        """All relations of the clause, and what is not read with the reason."""
        relations: list[Relation] = []
        unread: list[Unread] = []
        for s in self.sentences:
            if not s.asserted and not s.refused:
                relations = [r.under(tuple(s.conditions)) for r in relations]
            for a in s.asserted:
                if a.why:
                    unread.append((self.text(a.nodes), a.why))
                    continue
                for link in Chain(self.latex, a.nodes, self.vocabulary, a.arrow or a.given).links():
                    if isinstance(link, Relation):
                        relations.append(link.under((*s.conditions, *a.conditions)))
                    else:
                        unread.append(link)
            unread += s.refused
        return relations, unread


class Run:
    """Goes along the pieces of a sentence and keeps what governs them."""

    def __init__(self, clause: Clause, sentence: Sentence) -> None:
        self.clause, self.sentence = clause, sentence
        self.governed = ""
        self.fresh = False
        self.listing = False  # whether the last piece was mathematics without a relation
        self.asserting = False  # whether the last mathematics was asserted
        self.here: Assertion | None = None  # what conditions belong to: nothing yet after a comma with a wide space
        self.sentence.conditions += [g for g in clause.given if g not in sentence.conditions]

    def over(self, pieces: list[Piece]) -> None:
        for k, p in enumerate(pieces):
            if p.before in ("commaquad", "semi", "line") or (p.before == "quad" and self.governed and not self.fresh):
                if not (self.governed == "condition" and self.fresh):
                    self.governed = ""
                    self.here = self.here if p.kind != "math" else None
            before = pieces[k - 1] if k else None
            after = pieces[k + 1] if k + 1 < len(pieces) else None
            if p.kind == "text":
                self.prose(p)
            elif p.kind == "condition":
                self.condition(p.nodes)
            else:
                self.mathematics(p, before, after)

    def note(self, nodes: list[Node], joined: bool = False) -> None:
        """Keep a skipped text with the assertion that it stands beside, or with the whole sentence."""
        text = self.clause.text(nodes)
        kept = self.here.conditions if self.here else self.sentence.conditions
        if joined and kept:
            kept[-1] += " " + text
        elif text and text not in kept:
            kept.append(text)

    def condition(self, nodes: list[Node], joined: bool = False) -> None:
        self.note(nodes, joined)
        parts: list[list[Node]] = [[]]
        for n in nodes:
            if n.kind == "sep" or n.kind == "text":
                parts.append([])
            else:
                parts[-1].append(n)
        arrows = [p for p in parts if self.clause.is_arrow(p)]
        if len(arrows) == 1 and self.here and self.here.arrow is None:
            self.here.arrow = arrows[0]

    def refuse_last(self, why: str) -> None:
        if self.asserting and self.sentence.asserted:
            self.sentence.asserted[-1].why = why

    def prose(self, p: Piece) -> None:
        kind = self.clause.kind(p)
        said = " ".join(p.nodes[0].text.split()) or p.nodes[0].key
        if kind != "assertion":
            self.note(p.nodes)
        if kind in ("verb", "denial", "or") and not (kind == "or" and self.governed == "condition"):
            self.refuse_last(f"a sentence around the formula: '{said}'")
            self.governed = "refused"
        elif kind == "unit" and p.tight and p.before == "":
            self.refuse_last(f"a unit: '{said}'")
        elif kind == "condition" or (
            kind == "assertion" and self.governed == "condition" and p.before == "" and said == "and"
        ):
            self.governed = "condition"
        elif kind == "assertion":
            self.governed = ""
        elif kind != "unit" and said.endswith(":"):
            self.governed = ""
        elif kind != "unit":
            self.governed = "plain" if self.governed != "condition" or p.before else "condition"
        self.fresh = True

    def mathematics(self, p: Piece, before: Piece | None, after: Piece | None) -> None:
        protected = self.clause.vocabulary.protected(p.nodes)
        rels = relations_in(p.nodes, protected)
        fresh, self.fresh = self.fresh, False
        if self.governed == "condition":
            self.condition(p.nodes, joined=fresh)
            return
        if self.governed == "refused":
            if (rels and self.sentence.asserted) or (rels and fresh):
                self.sentence.refused.append((self.clause.text(p.nodes), "it stands inside of a sentence"))
            self.asserting = False
            return
        if self.governed == "plain" and fresh and p.before == "" and before is not None and before.kind == "text":
            self.beside_prose(p, rels)
            return
        self.governed = ""
        if not rels:
            self.subject(p, before, after)
            return
        self.assertion(p, rels, after)

    def beside_prose(self, p: Piece, rels: list[str]) -> None:
        self.asserting = False
        if rels:
            self.sentence.refused.append((self.clause.text(p.nodes), "prose is part of the formula"))
        else:
            self.note(p.nodes)

    def subject(self, p: Piece, before: Piece | None, after: Piece | None) -> None:
        """Mathematics without a relation: the subject of a prose sentence, or not readable."""
        listed = p.before == "comma" and self.asserting
        last = self.sentence.asserted[-1] if self.sentence.asserted else None
        self.asserting, self.here = False, None
        beside = after is not None and after.kind == "text" and after.before in ("", "quad")
        beside = beside or (before is not None and before.kind == "text" and p.before == "")
        if beside and not (after is not None and self.clause.kind(after) == "condition" and before is None):
            self.note(p.nodes)
        else:
            self.sentence.refused.append((self.clause.text(p.nodes), "no relation"))
            if listed and last is not None:  # k = 1, 2, 5 does not say that k = 1
                last.why = f"a list of values: ..., {self.clause.text(p.nodes)}"
            self.listing = True
            self.clause.last = []

    def assertion(self, p: Piece, rels: list[str], after: Piece | None) -> None:
        nodes = p.nodes
        if nodes[0].kind == "rel":
            if not p.carried or not self.clause.last:
                self.sentence.refused.append((self.clause.text(nodes), "nothing stands on the left of the relation"))
                self.asserting, self.here = False, None
                return
            nodes = [*last_side(self.clause.last, self.clause.vocabulary.protected(self.clause.last)), *nodes]
        if rels == ["\\in"] and self.sentence.asserted and p.before:
            self.note(nodes)
            return
        if rels == ["->"] and self.clause.is_arrow(nodes) and self.sentence.asserted and p.before:
            self.condition(nodes)
            return
        if nodes[-1].kind == "rel" and after is not None and after.kind == "text":
            self.sentence.refused.append((self.clause.text(nodes), "prose stands for a side"))
            self.asserting, self.here = False, None
            return
        self.here = Assertion(nodes, self.clause.given_arrow, before=p.before)
        if self.listing and p.before == "comma":  # x, y > 0 does not say only that y > 0
            self.here.why = "a list before the relation"
        self.listing = False
        self.sentence.asserted.append(self.here)
        self.asserting = True
        self.clause.last = nodes
