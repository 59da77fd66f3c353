"""Which chapters are as they were when they last passed here, and how long each took: kept in `.cache`, nowhere else.

A chapter's key is the digest of what decides its outputs: the notebook, the library modules it imports (transitively,
with the data beside them), the lock, the way it is executed, and the Python. A stamp never leaves the machine.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from scispaces.reading.runner import notebooks

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parents[2]  # the folder that holds scispaces/
RUNNERS = ("execute.py", "strict.py", "nbval_kernel.py", "nursery.py", "warm.py", "sanitize.cfg")


def in_ci() -> bool:
    """Whether this is a run that leaves nothing out."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def key(root: Path, path: Path) -> str:
    """The digest of everything that decides what executing the notebook at `path` gives; "" if it cannot be read."""
    digest = hashlib.sha256(f"{sys.version} {platform.machine()} {platform.processor()}".encode())
    lock = root / "requirements.lock"
    try:
        files = [path, *([lock] if lock.exists() else []), *(HERE / name for name in RUNNERS), *closure(path)]
    except (ValueError, KeyError, TypeError):
        return ""
    for file in files:
        digest.update(f"\n{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()


def closure(notebook: Path) -> list[Path]:
    """The files of the library that a notebook's code reaches by imports, and the data files beside them, sorted."""
    found: set[Path] = set()
    waiting: list[str] = []
    for _, cell in notebooks.code_cells(json.loads(notebook.read_bytes())):
        source = re.sub(r"^(\s*)[%!].*$", r"\1pass", "".join(cell["source"]), flags=re.M)
        try:
            waiting += imported(ast.parse(source), "")
        except SyntaxError:  # unknown: everything then
            waiting += [_name(file) for file in (LIBRARY / "scispaces").rglob("*.py")]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if file := _file(name):
            found.add(file)
            waiting += _imports(file)
    folders = {file.parent for file in found}
    folders |= {folder / "templates" for folder in folders}
    data = {f for folder in folders if folder.is_dir() for f in folder.iterdir() if f.is_file() and f.suffix != ".py"}
    return sorted(found | data)


def imported(tree: ast.AST, module: str) -> Iterator[str]:
    """The names of scispaces modules that a piece of code may import: statements anywhere, and names in strings."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            up = module.split(".")[: len(module.split(".")) - node.level] if node.level else []
            base = ".".join([*up, *([node.module] if node.module else [])])
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value] if re.fullmatch(r"scispaces(\.\w+)+", node.value) else []
        for name in names:
            pieces = name.split(".")
            if pieces[0] == "scispaces":  # a package is run before its modules
                yield from (".".join(pieces[:i]) for i in range(1, len(pieces) + 1))


@cache
def _imports(file: Path) -> tuple[str, ...]:
    name = _name(file)
    module = f"{name}.__init__" if file.name == "__init__.py" else name
    return tuple(imported(ast.parse(file.read_bytes()), module))


def _file(module: str) -> Path | None:
    path = LIBRARY.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def _name(file: Path) -> str:
    pieces = file.relative_to(LIBRARY).with_suffix("").parts
    return ".".join(pieces[:-1] if pieces[-1] == "__init__" else pieces)


class Memory:
    """A small table in `.cache`: {what: {chapter: value}}. A file that cannot be read is an empty one."""

    def __init__(self, root: Path, name: str) -> None:
        self.path = root / ".cache" / f"{name}.json"

    def read(self, what: str) -> dict[str, Any]:
        return dict(self._all().get(what, {}))

    def update(self, what: str, news: Mapping[str, Any]) -> None:
        """Set the values of some chapters; None forgets one."""
        table = self._all()
        merged = {**table.get(what, {}), **news}
        table[what] = {chapter: value for chapter, value in merged.items() if value is not None}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        new.write_text(json.dumps(table, indent=1, sort_keys=True))
        os.replace(new, self.path)

    def _all(self) -> dict[str, Any]:
        try:
            table = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return table if isinstance(table, dict) else {}


def seconds(root: Path) -> Memory:
    """How long each chapter took the last time, by command."""
    return Memory(root, "seconds")


def passed(root: Path) -> Memory:
    """The keys with which chapters last passed, under "strict"."""
    return Memory(root, "passed")
