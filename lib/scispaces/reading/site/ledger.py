# ruff: noqa: E501 - HTML and LaTeX read better in one line
"""The HTML of ledger, errata, badges and landing page, made from a `records.Book`. Pure functions: text from records."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from typing import Any

from scispaces.reading.site.records import MUTANT_KINDS, VERDICTS, Book, Chapter, Claim

__all__ = ["badge_line", "counts_sentence", "equation_badge", "errata_html", "ledger_html", "pill", "wall_html"]

Url = Callable[[str, str], str]  # (docname, anchor) -> relative URL

MEANING = {
    "proved": "a computer algebra proof of the full statement",
    "proved in scope": "a computer algebra proof for the sizes or cases it names",
    "series": "a proof of every coefficient to the order it names",
    "checked": "two independent computations agree to the digits it names",
    "bounded": "an adversarial search failed to break the inequality",
    "estimated": "a statistical test with stated error rate and power",
    "refuted": "a counterexample, and the statement that holds instead",
}


def esc(text: object) -> str:
    return html.escape(str(text))


def words(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}".replace(",", "\u202f")


def verdict_class(claim: Claim) -> str:
    return "proved-in-scope" if claim.verdict == "proved" and claim.scope else claim.verdict


def pill(verdict: str, scope: str = "") -> str:
    """The coloured word that states a verdict, with its scope."""
    css = "proved-in-scope" if verdict == "proved" and scope else verdict
    note = f' <span class="pill-scope">{esc(scope)}</span>' if scope else ""
    return f'<span class="pill v-{css}"><span aria-hidden="true">{VERDICTS.get(verdict, "?")}</span> {esc(verdict)}{note}</span>'


def lazy_math(latex: str) -> str:
    """LaTeX that the page typesets when it scrolls into view; readable as source until then."""
    source = latex.strip()
    if "\\\\" in source and "\\begin" not in source:  # as Sphinx does for a displayed equation of several lines
        source = f"\\begin{{split}}{source}\\end{{split}}"
    return f'<span class="lazy-math mathjax_ignore" data-tex="{esc(source)}">{esc(latex.strip())}</span>'


def with_math(title: str) -> str:
    """HTML of a chapter title whose ``$...$`` the page typesets."""
    pieces = title.replace("`", "").split("$")
    if len(pieces) % 2 == 0:
        return esc(title)
    mathematics = '<span class="math notranslate nohighlight">\\({}\\)</span>'
    return "".join(mathematics.format(esc(p)) if i % 2 else esc(p.replace("*", "")) for i, p in enumerate(pieces))


def counts_sentence(book: Book) -> dict[str, str]:
    """The totals of the book as texts: claims, chapters, proved, mutants."""
    tally = book.counts()
    made = sum(m for m, _ in book.mutants().values())
    killed = sum(k for _, k in book.mutants().values())
    return {
        "claims": words(len(book.claims), "claim"),
        "chapters": words(len([c for c in book.chapters if c.claims]), "chapter"),
        "proved": words(tally["proved"] + tally["proved in scope"], "proof"),
        "mutants": f"{killed:,} of {made:,}".replace(",", "\u202f") if killed < made else f"{made:,}".replace(",", "\u202f"),
    }


def badge_line(book: Book, chapter: Chapter, ledger_url: str) -> str:
    """The line under a chapter's title: its claims by verdict, linked to the ledger."""
    if not chapter.claims:
        return ""
    tally = book.counts(chapter.claims)
    link = f"{ledger_url}?chapter={chapter.slug}"
    items = "".join(
        f'<a class="pill v-{name.replace(" ", "-")}" href="{esc(link)}&amp;verdict={name.replace(" ", "-")}" '
        f'title="{esc(MEANING[name])}"><span aria-hidden="true">{VERDICTS[name.split()[0]]}</span> {tally[name]} {esc(name)}</a>'
        for name in MEANING
        if tally[name]
    )
    if also := sum(c.is_refuted and c.verdict != "refuted" for c in chapter.claims):
        title = "claims that also refute a false version of themselves"
        items += (
            f'<a class="pill v-refuted" href="{esc(link)}&amp;verdict=refuted" title="{title}">'
            f'<span aria-hidden="true">✗</span> {words(also, "refutation")}</a>'
        )
    made = sum(m for c in chapter.claims for m, _ in c.mutants().values())
    killed = sum(k for c in chapter.claims for _, k in c.mutants().values())
    attacked = f'<span class="badge-note">{killed} of {made} mutants rejected</span>' if made else ""
    head = f'<a class="badge-total" href="{esc(link)}">{words(len(chapter.claims), "claim")}</a>'
    return f'<div class="claim-badges" aria-label="Claims of this chapter by verdict">{head}{items}{attacked}</div>'


def equation_badge(claim: Claim) -> str:
    """The mark beside an equation's number; leads to the check."""
    scope = f" ({claim.scope})" if claim.scope else ""
    text = f"{claim.verdict}{scope}: see the check"
    return (
        f'<a class="equation-badge v-{verdict_class(claim)}" href="#claim-{claim.key}" title="{esc(text)}" '
        f'aria-label="{esc(text)}">{VERDICTS[claim.verdict]}</a>'
    )


# ---------------------------------------------------------------------------------------------------------- ledger


def ledger_html(book: Book, url: Url) -> str:
    """Totals, filters, the table of all claims, and what rests on what."""
    if not book.claims:
        return '<p class="ledger-empty">No chapter has recorded a claim yet.</p>'
    return _totals(book) + _filters(book) + _table(book, url) + _load_bearing(book, url)


def _totals(book: Book) -> str:
    tally = book.counts()
    total = len(book.claims)
    bar = "".join(
        f'<span class="v-{n.replace(" ", "-")}" style="flex-grow:{tally[n]}" title="{tally[n]} {n}"></span>'
        for n in MEANING
        if tally[n]
    )
    rows = "".join(
        f'<tr><td><span class="pill v-{n.replace(" ", "-")}"><span aria-hidden="true">{VERDICTS[n.split()[0]]}</span> '
        f"{esc(n)}</span></td><td class='num'>{tally[n]}</td><td>{esc(MEANING[n])}</td></tr>"
        for n in MEANING
        if tally[n]
    )
    rows += f"<tr class='sum'><td>all</td><td class='num'>{total}</td><td>in {counts_sentence(book)['chapters']}</td></tr>"
    mutants = "".join(
        f"<tr><td>{kind}</td><td class='num'>{made}</td><td class='num'>{killed}</td></tr>"
        for kind, (made, killed) in book.mutants().items()
    )
    made, killed = (sum(x) for x in zip(*book.mutants().values(), strict=True))
    mutants += f"<tr class='sum'><td>all</td><td class='num'>{made}</td><td class='num'>{killed}</td></tr>"
    return (
        f'<div class="verdict-bar" role="img" aria-label="Share of each verdict">{bar}</div>'
        f'<div class="ledger-totals"><table><caption>Claims by verdict</caption><thead><tr><th>verdict</th>'
        f"<th class='num'>claims</th><th>what stands behind it</th></tr></thead><tbody>{rows}</tbody></table>"
        f"<table><caption>Mutants by kind</caption><thead><tr><th>kind</th><th class='num'>made</th>"
        f"<th class='num'>rejected</th></tr></thead><tbody>{mutants}</tbody></table></div>"
    )


def _select(name: str, label: str, options: Iterable[tuple[str, str]]) -> str:
    inner = "".join(f'<option value="{esc(v)}">{esc(t)}</option>' for v, t in options)
    return (
        f'<label class="ledger-field">{label}<select data-filter="{name}"><option value="">all</option>{inner}</select></label>'
    )


def _filters(book: Book) -> str:
    tally = book.counts()
    tally["refuted"] = sum(c.is_refuted for c in book.claims.values())
    parts = dict.fromkeys(c.part for c in book.chapters if c.claims and c.part)
    kinds = sorted({k for c in book.claims.values() for k in c.kinds})
    return (
        '<form class="ledger-filters" role="search" aria-label="Filter the claims" onsubmit="return false">'
        + '<label class="ledger-field wide">Search<input type="search" data-filter="text" autocomplete="off" '
        'placeholder="id, statement, hypothesis …"></label>'
        + _select("part", "Part", ((p, p) for p in parts))
        + _select("chapter", "Chapter", ((c.slug, plain(c.title)) for c in book.chapters if c.claims))
        + _select("kind", "Kind", ((k, k) for k in kinds))
        + _select("verdict", "Verdict", ((n.replace(" ", "-"), f"{n} ({tally[n]})") for n in MEANING if tally[n]))
        + f'<output class="ledger-count" aria-live="polite" data-total="{len(book.claims)}">'
        f"{words(len(book.claims), 'claim')}</output></form>"
    )


def _table(book: Book, url: Url) -> str:
    out = ['<div class="ledger">']
    for chapter in book.chapters:
        if not chapter.claims:
            continue
        out.append(
            f'<section class="ledger-chapter" data-chapter="{chapter.slug}"><h3><a href="{esc(url(chapter.docname, ""))}">'
            f"{with_math(chapter.title)}</a></h3>"
        )
        out.extend(_row(book, chapter, claim, url) for claim in chapter.claims)
        out.append("</section>")
    out.append('<p class="ledger-none" hidden>No claim matches these filters.</p></div>')
    return "".join(out)


def _row(book: Book, chapter: Chapter, claim: Claim, url: Url) -> str:
    search = " ".join([claim.key, claim.statement, str(claim.record.get("checked", ""))]).lower()
    search += " " + " ".join(str(h.get("text", "")) for h in claim.record.get("hypotheses") or []).lower()
    made = sum(m for m, _ in claim.mutants().values())
    killed = sum(k for _, k in claim.mutants().values())
    return (
        f'<details class="ledger-row" id="ledger-{claim.key}" data-part="{esc(chapter.part)}" data-chapter="{chapter.slug}" '
        f'data-kind="{esc(" ".join(claim.kinds))}" data-verdict="{verdict_class(claim)}" data-also="{"refuted" if claim.is_refuted else ""}" data-text="{esc(search)}">'
        f'<summary><span class="ledger-id">{esc(claim.id)}</span>{pill(claim.verdict, claim.scope)}'
        f'<span class="ledger-mutants" title="mutants rejected">{killed}/{made}</span></summary>'
        f'<div class="ledger-body"><div class="ledger-statement">{lazy_math(claim.statement)}</div>'
        f'<p class="ledger-links"><a href="{esc(url(chapter.docname, "equation-" + claim.key))}">equation</a>'
        f'<a href="{esc(url(chapter.docname, "claim-" + claim.key))}">check</a></p>{_details(book, claim, url)}</div></details>'
    )


def _details(book: Book, claim: Claim, url: Url) -> str:
    rows = []
    if checked := claim.record.get("checked"):
        rows.append(("checked", f"<code>{esc(checked)}</code>"))
    if len(claim.parts) > 1 or any(p.get("scope") for p in claim.parts):
        items = " ".join(pill(str(p.get("verdict")), str(p.get("scope") or "")) + f" by {esc(p.get('kind'))}" for p in claim.parts)
        rows.append(("parts", items))
    if hypotheses := claim.record.get("hypotheses"):
        items = "; ".join(f"{esc(h.get('text'))} ({_necessary(h)})" for h in hypotheses)
        rows.append(("hypotheses", items))
    counts = ", ".join(f"{k} {kind}" for kind, (m, k) in claim.mutants().items() if m)
    if counts:
        rows.append(("mutants rejected", counts))
    if reason := claim.record.get("reason"):
        rows.append(("why not stronger", esc(reason)))
    if uses := book.uses[claim.key]:
        rows.append(("rests on", _links(book, uses, url)))
    if falls := book.falls_with(claim.key):
        rows.append(("falls with it", _links(book, falls, url)))
    return "<dl>" + "".join(f"<dt>{k}</dt><dd>{v}</dd>" for k, v in rows) + "</dl>"


def _necessary(hypothesis: dict[str, Any]) -> str:
    found = hypothesis.get("necessary")
    if isinstance(found, str):
        return esc(found)
    return "necessary: a counterexample without it" if found else "not shown necessary"


def _links(book: Book, keys: Iterable[str], url: Url) -> str:
    items = []
    for key in keys:
        claim = book.claims[key]
        target = url(book.chapter_of[claim.chapter].docname, "equation-" + key)
        items.append(f'<a href="{esc(target)}">{esc(claim.id)}</a>')
    return ", ".join(items)


def _load_bearing(book: Book, url: Url) -> str:
    """The claims on which most others rest: what falls if this falls."""
    falls = {key: book.falls_with(key) for key in book.claims}
    heavy = sorted((k for k in falls if falls[k]), key=lambda k: -len(falls[k]))[:12]
    if not heavy:
        return ""
    most = len(falls[heavy[0]])
    rows = "".join(
        f'<tr><td><a href="{esc(url(book.chapter_of[book.claims[k].chapter].docname, "equation-" + k))}">'
        f'{esc(book.claims[k].id)}</a></td><td class="num">{len(falls[k])}</td>'
        f'<td><span class="load" style="width:{100 * len(falls[k]) / most:.0f}%"></span>'
        f"<span>{_links(book, falls[k], url)}</span></td></tr>"
        for k in heavy
    )
    return (
        '<section class="load-bearing" id="what-falls"><h2>What falls if this falls</h2>'
        "<p>A step names the claims it uses. These carry the most: if one were wrong, so might be everything to its right.</p>"
        f"<div class='scroll'><table><thead><tr><th>claim</th><th class='num'>carries</th><th>what rests on it</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></section>"
    )


# ---------------------------------------------------------------------------------------------------------- errata


def errata_html(book: Book, url: Url) -> str:
    """Every refuted statement: what is said, where it fails, what holds instead."""
    refuted = [c for c in book.claims.values() if c.is_refuted]
    if not refuted:
        return '<p class="ledger-empty">No statement has been refuted yet.</p>'
    out = [f'<p class="errata-count">{words(len(refuted), "statement")} refuted so far.</p>']
    for claim in refuted:
        chapter = book.chapter_of[claim.chapter]
        parts = [p for p in claim.parts if p.get("verdict") == "refuted"]
        false = re.findall(r"(?:^|; )not: ([^;]+)", str(claim.record.get("checked", "")))
        evidence = "".join(
            _evidence({"false": said, "fails": p.get("scope"), **(p.get("evidence") or {})})
            for p, said in zip(parts, [*false, *[None] * len(parts)], strict=False)
        )
        reason = f"<p>{esc(claim.record['reason'])}</p>" if claim.record.get("reason") else ""
        out.append(
            f'<article class="erratum" id="erratum-{claim.key}"><header>{pill("refuted")}<strong>{esc(claim.id)}</strong>'
            f'<span class="erratum-where">in <a href="{esc(url(chapter.docname, ""))}">{with_math(chapter.title)}</a></span></header>'
            f'<div class="ledger-statement">{lazy_math(claim.statement)}</div>{reason}{evidence}'
            f'<p class="ledger-links"><a href="{esc(url(chapter.docname, "equation-" + claim.key))}">equation</a>'
            f'<a href="{esc(url(chapter.docname, "claim-" + claim.key))}">counterexample and correction</a></p></article>'
        )
    return "".join(out)


def _evidence(evidence: dict[str, Any]) -> str:
    names = {"fails": "counterexample", "corrected": "corrected by", "left": "left side", "right": "right side"}
    rows = "".join(
        f"<dt>{esc(names.get(k, k.replace('_', ' ')))}</dt><dd>{_value(v)}</dd>"
        for k, v in evidence.items()
        if v not in (None, "", [])
    )
    return f"<dl>{rows}</dl>" if rows else ""


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{esc(k)} = {_value(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_value(v) for v in value)
    return f"<code>{esc(value)}</code>"


# --------------------------------------------------------------------------------------------------------- landing


def wall_html(book: Book, url: Url) -> str:
    """Every claim of the book as one small square in the colour of its verdict, a row a chapter."""
    out, part = ['<div class="wall">'], None
    for chapter in book.chapters:
        if chapter.part != part:
            part = chapter.part
            out.append(f'<p class="wall-part">{esc(part)}</p>')
        squares = "".join(
            f'<a class="v-{verdict_class(c)}" href="{esc(url(chapter.docname, "equation-" + c.key))}" '
            f'title="{esc(c.id)}: {esc(c.verdict)}{esc(" (" + c.scope + ")") if c.scope else ""}"'
            f'aria-label="{esc(c.id)}, {esc(c.verdict)}"></a>'
            for c in chapter.claims
        )
        out.append(
            f'<div class="wall-row"><a class="wall-title" href="{esc(url(chapter.docname, ""))}">{with_math(chapter.title)}</a>'
            f'<span class="wall-squares">{squares}</span></div>'
        )
    tally = book.counts()
    legend = "".join(f'<span><i class="v-{n.replace(" ", "-")}"></i>{esc(n)}</span>' for n in MEANING if tally[n])
    out.append(f'<p class="wall-legend" aria-hidden="true">{legend}</p></div>')
    return "".join(out)


def plain(title: str) -> str:
    """A title without Markdown and LaTeX marks, for places that hold text only.

    >>> plain("The identity $\\\\det e^A = e^{\\\\operatorname{Tr} A}$")
    'The identity det e^A = e^Tr A'
    """
    title = re.sub(r"\\(?:operatorname|mathrm|text)\{([^}]*)\}|\\([a-z]+)", lambda m: m[1] or m[2], title)
    return re.sub(r"[$*`{}]", "", title)


assert set(MEANING) >= set(VERDICTS) and MUTANT_KINDS
