r"""The head of a chapter: written into its first cell from one table in the notebook's metadata.

The table is ``metadata.scispaces``::

    {"title": "...", "chinese": "...", "date": "2019-02-18", "link": "https://kexue.fm/archives/6377",
     "part": "Mathematics", "read_before": ["det-exp-trace: for the exponential of a matrix"]}

An entry of ``read_before`` that begins with the name of a chapter becomes a link to it, with its title; any other is
text ("nothing; calculus is enough"). What is written is plain Markdown, a title and a quote of three lines, so that the
page and Lab draw the same; the page gives the quote its look.
"""

from __future__ import annotations

import datetime
import difflib
import re
from pathlib import Path
from typing import Any

from scispaces.reading.runner import notebooks
from scispaces.reading.runner.notebooks import BookError

__all__ = ["head", "head_of", "validate", "write"]

KEYS = ("title", "chinese", "date", "link", "part", "read_before")
LINK = re.compile(r"https://kexue\.fm(?:/archives/\d+)?")  # without a number where it is not known
_HEAD = re.compile(r"\A# [^\n]*\n*(?:>[^\n]*\n?)*\s*")
_SLUG = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)(?:: *(.+))?")


def validate(table: Any, slug: str) -> dict[str, Any]:
    """The table of a chapter as it has to be. Raises BookError, naming chapter and entry, where it is not."""
    if not isinstance(table, dict) or set(table) != set(KEYS):
        raise BookError(f"{slug}: the metadata entry scispaces has to hold exactly {', '.join(KEYS)}")
    texts = {k: table[k] for k in KEYS if k != "read_before"}
    before = table["read_before"]
    if not isinstance(before, list) or not before:
        raise BookError(f"{slug}: read_before is a list of one text or more, got {before!r}")
    for name, text in [*texts.items(), *(("read_before", b) for b in before)]:
        if not isinstance(text, str) or not text.strip() or re.search(r"[<>`\n]", text):
            raise BookError(f"{slug}: {name} is a text of one line without <, > and backticks, got {text!r}")
    if not LINK.fullmatch(table["link"]):
        raise BookError(f"{slug}: link is https://kexue.fm/archives/ and a number (or the blog), got {table['link']!r}")
    try:
        datetime.date.fromisoformat(table["date"])
    except ValueError:
        raise BookError(f"{slug}: date is a day like 2019-02-18, got {table['date']!r}") from None
    return table


def head(table: dict[str, Any], slug: str, titles: dict[str, tuple[str, str]]) -> str:
    """The Markdown of a head. titles: {slug: (title, folder)} of all chapters, for the links."""
    table = validate(table, slug)
    day = datetime.date.fromisoformat(table["date"])
    original = re.sub(r"([\[\]])", r"\\\1", table["chinese"])
    lines = [
        f"**Original** [{original}]({table['link']}), 苏剑林 (Su Jianlin), {day.day} {day:%B %Y}",
        f"**Part** {table['part']}",
        f"**Read before** {'; '.join(_before(text, slug, titles) for text in table['read_before'])}",
    ]
    return f"# {table['title']}\n\n" + "\\\n".join(f"> {line}" for line in lines)


def _before(text: str, slug: str, titles: dict[str, tuple[str, str]]) -> str:
    named = _SLUG.fullmatch(text)
    if named is None or not (named[1] in titles or "-" in named[1]):
        return text
    if named[1] not in titles or named[1] == slug:
        near = ", ".join(difflib.get_close_matches(named[1], titles, n=3, cutoff=0.4)) or "none"
        raise BookError(f"{slug}: read_before names the chapter {named[1]!r}; nearest: {near}")
    title, folder = titles[named[1]]
    place = "" if folder == titles[slug][1] else f"../{folder}/"
    return f"[{title}]({place}{named[1]}.ipynb)" + (f", {named[2]}" if named[2] else "")


def titles_of(root: Path) -> dict[str, tuple[str, str]]:
    """{slug: (title, folder)} of the stored chapters."""
    found = {}
    for path in notebooks.chapter_paths(root):
        source = next((c["source"] for c in notebooks.read(path)["cells"] if c["cell_type"] == "markdown"), "")
        title = re.match(r"# +(.+)", source)
        found[path.stem] = (title[1].strip() if title else path.stem, path.parent.name)
    return found


def head_of(notebook: Any, slug: str, titles: dict[str, tuple[str, str]]) -> str | None:
    """The head that a notebook's metadata asks for; None without the table."""
    table = notebook["metadata"].get("scispaces")
    return None if table is None else head(table, slug, titles)


def write(root: Path, slugs: list[str]) -> int:
    """Write the heads of the named chapters (default: of all that have the table) into their first cells."""
    titles = titles_of(root)
    for path in notebooks.chapter_paths(root, slugs):
        original = path.read_bytes()
        notebook = notebooks.read(path)
        wanted = head_of(notebook, path.stem, titles)
        if wanted is None:
            if slugs:
                raise BookError(f"{path.stem} has no entry scispaces in its metadata")
            continue
        cell = notebook["cells"][0]
        if cell["cell_type"] != "markdown":
            raise BookError(f"{path.stem}: the first cell has to be Markdown")
        rest = _HEAD.sub("", cell["source"])
        cell["source"] = f"{wanted}\n\n{rest}" if rest else wanted
        changed = notebooks.write_atomically(path, notebooks.normalise(notebook), original)
        print(f"{path.stem}: head {'written' if changed else 'unchanged'}")
    return 0
