"""What a check leaves in a notebook: the line, the card and the record of a claim, and the chapter's table."""

from __future__ import annotations

import html
from collections import Counter
from typing import Any

from .parts import MUTANT_KINDS, STRENGTH, weakest

MIME = "application/vnd.scispaces.claim+json"


class Record:
    """The record of one claim, displayed as one stable line, a card, and JSON."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def __repr__(self) -> str:
        return line(self.data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": line(self.data), "text/html": card(self.data), MIME: self.data}


class Held:
    """What an unrecorded check leaves: a line of text, and on a page a card without id."""

    def __init__(self, parts: list[dict[str, Any]], checked: list[str]) -> None:
        self.parts, self.checked = parts, checked

    def __repr__(self) -> str:
        return "holds: " + "; ".join(f"{c} [{_verdict_text(p)}]" for p, c in zip(self.parts, self.checked, strict=True))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        body = "".join(f'<div class="checked">{html.escape(c)}</div>' for c in self.checked)
        text = (
            f'<div class="claim-card unrecorded" data-verdict="{weakest([p["verdict"] for p in self.parts])}"><details>'
            f"<summary>{_pills(self.parts)} {_tally({'parts': self.parts})}</summary>{body}{_evidence(self.parts)}"
            "</details></div>"
        )
        return {"text/plain": repr(self), "text/html": text}


class Ledger:
    """All claims of a chapter in a table."""

    def __init__(self, slug: str, records: list[dict[str, Any]]) -> None:
        self.slug, self.records = slug, records

    def counts(self) -> dict[str, int]:
        count = Counter(shade(r) for r in self.records)
        return {k: count[k] for k in sorted(count, key=lambda v: -count[v])}

    def __repr__(self) -> str:
        made = sum(_mutants(r)[0] for r in self.records)
        tally = ", ".join(f"{n} {v}" for v, n in self.counts().items())
        return f"{len(self.records)} claims: {tally}; {made} mutants, all rejected"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        rows = "".join(
            f'<tr data-verdict="{r["verdict"]}"><td><a href="#claim-{self.slug}-{r["id"]}">{r["id"]}</a></td>'
            f"<td>{html.escape(_verdicts(r))}</td><td>{_mutants(r)[1]}</td></tr>"
            for r in self.records
        )
        table = (
            f'<div class="chapter-ledger"><p>{html.escape(repr(self))}</p><details><summary>All claims of this '
            "chapter</summary>"
            f"<table><thead><tr><th>claim</th><th>verdict</th><th>mutants "
            f"rejected</th></tr></thead><tbody>{rows}</tbody></table></details></div>"
        )
        return {"text/plain": repr(self), "text/html": table}


def shade(record: dict[str, Any]) -> str:
    """The verdict as it is counted: a proof with a scope is counted apart."""
    if record["verdict"] == "proved" and any(p["scope"] for p in record["parts"]):
        return "proved (scoped)"
    return record["verdict"]


def _verdict_text(part: dict[str, Any]) -> str:
    return f"{part['verdict']} ({part['scope']})" if part["scope"] else part["verdict"]


def _verdicts(record: dict[str, Any]) -> str:
    return " + ".join(dict.fromkeys(_verdict_text(p) for p in record["parts"]))


def _mutants(record: dict[str, Any]) -> tuple[int, int]:
    counts = [k for p in record["parts"] for k in p["mutants"].values()]
    return sum(k["made"] for k in counts), sum(k["killed"] for k in counts)


def line(record: dict[str, Any]) -> str:
    """One stable line of text."""
    made, killed = _mutants(record)
    return f"{record['id']}: {_verdicts(record)}; {killed} of {made} mutants rejected"


_MARK = {"proved": "✓", "series": "∼", "checked": "≈", "bounded": "≤", "estimated": "±", "refuted": "✗"}


def card(record: dict[str, Any]) -> str:
    """The compact card of a claim: readable without any style sheet."""
    anchor = f"{record['chapter']}-{record['id']}"
    e = html.escape
    head = (
        f'<summary>{_pills(record["parts"])} <a class="id" href="#equation-{anchor}">{e(record["id"])}</a> '
        f"{_tally(record)}</summary>"
    )
    body = [f'<div class="checked">{e(part)}</div>' for part in record["checked"].split("; ") if part]
    body.append(_evidence(record["parts"]))
    if record["hypotheses"]:
        items = "; ".join(
            f"{e(h['text'])} ({'necessary' if h['necessary'] else 'not shown necessary'})" for h in record["hypotheses"]
        )
        body.append(f'<div class="hypotheses">Hypotheses: {items}</div>')
    if record["uses"]:
        links = ", ".join(
            f'<a href="#claim-{record["chapter"]}-{u}">{e(u)}</a>' if "/" not in u else e(u) for u in record["uses"]
        )
        body.append(f'<div class="uses">Rests on: {links}</div>')
    reason = f'<div class="reason">{e(record["reason"])}</div>' if record["reason"] else ""
    return (
        f'<div class="claim-card" id="claim-{anchor}" data-verdict="{record["verdict"]}">'
        f"<details>{head}{''.join(body)}</details>{reason}</div>"
    )


def _pills(parts: list[dict[str, Any]]) -> str:
    """The verdicts of a claim's parts, each once, the weakest last."""
    return " ".join(
        f'<span class="verdict" data-verdict="{p["verdict"]}">{_MARK[p["verdict"]]} {p["verdict"]}</span>'
        + (f' <span class="scope">{html.escape(p["scope"])}</span>' if p["scope"] else "")
        for p in _distinct_parts(parts)
    )


def _tally(record: dict[str, Any]) -> str:
    made, killed = _mutants(record)
    return (
        '<span class="mutants" title="wrong variants of the statement that the check rejected">'
        f"{killed}/{made} mutants rejected</span>"
    )


def _evidence(parts: list[dict[str, Any]]) -> str:
    rows = []
    for p in parts:
        facts = ", ".join(f"{k}: {', '.join(v) if isinstance(v, list) else v}" for k, v in p["evidence"].items())
        kinds = ", ".join(
            f"{p['mutants'][k]['killed']}/{p['mutants'][k]['made']} {k}" for k in MUTANT_KINDS if k in p["mutants"]
        )
        text = f"{html.escape(_verdict_text(p))}. {html.escape(facts)}. Mutants: {html.escape(kinds)}."
        rows.append(f"<li><b>{p['kind']}</b>: {text}</li>")
    return f'<ul class="evidence">{"".join(rows)}</ul>'


def _distinct_parts(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for p in parts:
        seen.setdefault((p["verdict"], p["scope"]), p)
    return sorted(seen.values(), key=lambda p: -STRENGTH.index(p["verdict"]))
