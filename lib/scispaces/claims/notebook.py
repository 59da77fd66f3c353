"""What a chapter's notebook displays: its labelled equations, and which claims its cells make."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import scispaces

_DIRECTIVE = re.compile(r"^(?P<fence>`{3,}|:{3,})\{math\}[^\n]*\n(?P<body>.*?)^(?P=fence)", re.S | re.M)
_DOLLARS = re.compile(
    r"(?:^|\n[ \t]*\n)[ \t]*\$\$(?P<body>.+?)\$\$[ \t]*\((?P<label>[^)\s]+)\)[ \t]*(?=\n[ \t]*\n|\s*$)", re.S
)
_CALL = re.compile(r"\bclaim\(\s*(['\"])(?P<id>[^'\"]+)\1")


def chapter_path(slug: str) -> Path:
    """The notebook of the chapter `slug`. Raises ValueError when there is none, naming the nearest."""
    root = Path(scispaces.__file__).resolve().parents[2] / "chapters"
    found = sorted(root.glob(f"*/{slug}.ipynb"))
    if not found:
        import difflib

        known = [p.stem for p in root.glob("*/*.ipynb")]
        near = difflib.get_close_matches(slug, known, n=3)
        raise ValueError(f"no chapter {slug!r}" + (f"; the nearest are {', '.join(near)}" if near else ""))
    return found[0]


def labelled_equations(source: str) -> dict[str, str]:
    """Labelled displayed equations of a markdown cell: {label: LaTeX}."""
    out: dict[str, str] = {}
    for m in _DIRECTIVE.finditer(source):
        if label := re.search(r"^:label:[ \t]*(\S+)", m["body"], re.M):
            out[label[1]] = re.sub(r"^:\w+:.*\n?", "", m["body"], flags=re.M).strip()
    for m in _DOLLARS.finditer(_DIRECTIVE.sub("", source)):
        out[m["label"]] = m["body"].strip()
    return out


def read_chapter(path: Path) -> tuple[dict[str, str], Counter[str]]:
    """The labelled equations of a notebook, and how often each claim id is checked in it.

    Read again only when the file has changed: a chapter asks for each of its claims.
    """
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, modified: int, size: int) -> tuple[dict[str, str], Counter[str]]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    equations: dict[str, str] = {}
    calls: Counter[str] = Counter()
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            equations |= labelled_equations(source)
        elif cell["cell_type"] == "code":
            live = "\n".join(line for line in source.splitlines() if not line.lstrip().startswith("#"))
            calls.update(m["id"] for m in _CALL.finditer(live))
    return equations, calls
