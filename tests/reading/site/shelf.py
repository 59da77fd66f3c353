"""Records, chapters and books made by hand for the tests of the site's pages."""

from __future__ import annotations

import html.parser

from scispaces.reading.site.records import Chapter, Claim
from scispaces.record import VERDICTS, weakest


def part(verdict="proved", scope="", kind="identity", made=4, killed=4, clause="", checked="a = b", certified=False,
         corroborates=False, **evidence):  # fmt: skip
    mutants = {"automatic": {"made": made, "killed": killed}, "author": {"made": 1, "killed": 1}}
    return {"kind": kind, "verdict": verdict, "scope": scope, "evidence": evidence, "mutants": mutants,
            "clause": clause, "checked": checked, "certified": certified, "corroborates": corroborates,
            "resolution": []}  # fmt: skip


def clause(name="", verdict="proved", latex="a = b", read=(), unread=()):
    left = [{"text": text, "why": why} for text, why in unread]
    return {"name": name, "latex": latex, "verdict": verdict, "read": list(read), "unread": left}


def claim(chapter, name, *parts, **more):
    parts = list(parts) or [part()]
    known = [p["verdict"] for p in parts if p["verdict"] in VERDICTS]
    record = {"id": name, "chapter": chapter, "statement": "a = b"}
    record["verdict"] = weakest(known or ["proved"])
    record |= {"parts": parts, "hypotheses": [], "uses": [], "premise": None, "reason": ""} | more
    record.setdefault("clauses", [clause("", record["verdict"], record["statement"])])
    return Claim(chapter, name, record, "claim(...)")


def chapter(slug, *claims, title="A title", caption="Mathematics", definitions=()):
    return Chapter(slug, caption, f"chapters/x/{slug}", title, claims, tuple(definitions))


def url(docname, anchor):
    return f"{docname}.html#{anchor}"


def text_of(markup):
    """The text of some HTML whose tags are nested as they should be."""

    class Text(html.parser.HTMLParser):
        def __init__(self):
            super().__init__()
            self.words, self.open = [], []

        def handle_starttag(self, tag, attrs):
            if tag not in ("input", "br", "img"):
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag, "tags are nested"

        def handle_data(self, data):
            self.words.append(data)

    reader = Text()
    reader.feed(markup)
    assert reader.open == []
    return " ".join(" ".join(reader.words).split())
