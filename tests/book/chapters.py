"""What the structure tests read from a stored notebook, without the engine's own reader: a second pair of eyes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from scispaces.reading.runner import notebooks

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "chapters").glob("*/*.ipynb"))
# a displayed formula has a block of its own: blank lines, or an end of the cell, around $$ ... $$ (label)
BLOCK = re.compile(r"(?:\A|\n[ \t]*\n)[ \t]*\$\$(.+?)\$\$[ \t]*(?:\(([^)\s]+)\))?[ \t]*(?=\n[ \t]*\n|\s*\Z)", re.S)
DIRECTIVE = re.compile(r"^(`{3,}|:{3,})\{math\}(.*?)^\1", re.S | re.M)
ENVIRONMENT = re.compile(r"\\begin\{(align|equation|gather|eqnarray|multline)\*?\}")


@dataclass
class Chapter:
    """One chapter as stored: cells, labelled equations {label: (LaTeX, cell)}, records {id: (record, cell)}."""

    path: Path
    cells: list
    equations: dict[str, tuple[str, int]] = field(default_factory=dict)
    records: dict[str, tuple[dict, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return self.path.stem

    def code(self):
        """The code cells with their place among all cells (from 1)."""
        return [(n, c) for n, c in enumerate(self.cells, 1) if c["cell_type"] == "code"]


def load(path: Path) -> Chapter:
    """Read a chapter; what is wrong with labels and records on the way is noted in `faults`."""
    notebook = notebooks.read(path)
    chapter = Chapter(path, notebook["cells"])
    for place, cell in enumerate(chapter.cells, 1):
        if cell["cell_type"] == "markdown":
            found, bare = displayed(cell["source"])
            if bare:
                chapter.faults.append(f"cell {place}: {bare} displayed equations without a label of their own")
            for label, latex in found:
                if label in chapter.equations:
                    chapter.faults.append(f"cell {place}: label {label} stands twice")
                chapter.equations[label] = (latex, place)
    for place, record in notebooks.claim_records(notebook):
        if record["id"] in chapter.records:
            chapter.faults.append(f"cell {place}: claim {record['id']} is recorded twice")
        chapter.records[record["id"]] = (record, place)
    return chapter


def displayed(source: str) -> tuple[list[tuple[str, str]], int]:
    """The labelled display equations of a markdown cell as (label, LaTeX), and how many have no label."""
    source = re.sub(r"<!--.*?-->", "", source, flags=re.S)
    found, bare = [], 0
    for match in DIRECTIVE.finditer(source):
        label = re.search(r"^:label:\s*(\S+)", match[2], re.M)
        if label:
            found.append((label[1], re.sub(r"^:\w+:.*$", "", match[2], flags=re.M)))
        else:
            bare += 1
    source = DIRECTIVE.sub("", source)
    source = re.sub(r"^[ \t]*(`{3,}+|~{3,}+)(?!\{).*?^[ \t]*\1", "", source, flags=re.S | re.M)  # code to be read
    source = re.sub(r"^[ \t]*(`{3,}|:{3,}).*\n?", "\n", source, flags=re.M)  # what stands in an admonition counts
    blocks = list(BLOCK.finditer(source))
    for match in blocks:
        if match[2]:
            found.append((match[2], match[1]))
        else:
            bare += 1
    bare += source.count("$$") // 2 - len(blocks)
    bare += len(ENVIRONMENT.findall(re.sub(r"\$\$.+?\$\$", "", source, flags=re.S)))
    return found, bare


def squeeze(latex: str) -> str:
    """LaTeX without white space and without the punctuation that ends a sentence."""
    return re.sub(r"\s+", "", latex).rstrip(".,;")
