"""The book's rule on randomness: seeds go through `scispaces.rng(seed)` and `scispaces.key(seed)`, nowhere else.

ruff knows the rule by full names (pyproject.toml, banned-api); this finds it under any import alias and in the
notebooks' cells, and `random_state=` with anything but a generator from `rng`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from scispaces.reading.runner import notebooks

BANNED = {
    "default_rng": "scispaces.rng(seed)",
    "RandomState": "scispaces.rng(seed)",
    "PRNGKey": "scispaces.key(seed)",
}
DOOR = Path("lib/scispaces/__init__.py")


def check(root: Path) -> list[str]:
    """Every place that breaks the rule, as "file:line: what to write instead"."""
    faults = []
    for folder in ("lib", "tests", "benchmarks"):
        for path in sorted((root / folder).rglob("*.py")):
            if path.relative_to(root) != DOOR:
                where = path.relative_to(root).as_posix()
                faults += [f"{where}:{line}: {text}" for line, text in in_code(path.read_text())]
    for path in notebooks.chapter_paths(root):
        for place, cell in notebooks.code_cells(notebooks.read(path)):
            where = f"{path.relative_to(root).as_posix()}: cell {place}, line"
            faults += [f"{where} {line}: {text}" for line, text in in_code(cell["source"])]
    return faults


def in_code(source: str) -> Iterator[tuple[int, str]]:
    """The breaches in one piece of Python (line magics of notebooks are passed over)."""
    try:
        tree = ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.M))
    except SyntaxError:
        return  # ruff tells
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
        if name in BANNED:
            yield node.lineno, f"{name} is not used here: write {BANNED[name]}"  # type: ignore[attr-defined]
        elif isinstance(node, ast.Attribute) and ast.unparse(node).endswith("random.key"):
            yield node.lineno, "jax.random.key is not used here: write scispaces.key(seed)"
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name in BANNED or (alias.name == "key" and (node.module or "").endswith("random")):
                    instead = BANNED.get(alias.name, "scispaces.key(seed)")
                    yield node.lineno, f"{alias.name} is not imported here: write {instead}"
        elif isinstance(node, ast.Call):
            for given in node.keywords:
                if given.arg == "random_state" and not _from_rng(given.value):
                    yield node.lineno, "random_state= takes what comes from scispaces.rng(seed)"


def _from_rng(value: ast.expr) -> bool:
    return any(isinstance(n, ast.Name) and n.id in ("rng", "generator") for n in ast.walk(value))
