"""A small book in a temporary folder, to refresh and to break."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes


class Shelf:
    """A folder with chapters/mathematics/ and the commands that work on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "chapters" / "mathematics"
        self.folder.mkdir(parents=True)
        (root / "pyproject.toml").write_text("")

    def add(self, slug: str, *cells: str) -> Path:
        """Write a chapter that was never run; a cell that begins with # and a capital is markdown."""
        made = [new_markdown_cell(c) if c[:3].istitle() and c[0] == "#" else new_code_cell(c) for c in cells]
        path = self.folder / f"{slug}.ipynb"
        path.write_text(writes(new_notebook(cells=made)))
        return path

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "scispaces.reading", "--root", str(self.root), *arguments]
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**clean, **env}, cwd=self.root
        )

    def run(self, *arguments: str, **env: str) -> tuple[int, str]:
        """Exit status and everything printed."""
        process = self.start(*arguments, **env)
        text, _ = process.communicate(timeout=300)
        return process.returncode, text

    def outputs(self, slug: str) -> list:
        cells = json.loads((self.folder / f"{slug}.ipynb").read_text())["cells"]
        return [cell["outputs"] for cell in cells if cell["cell_type"] == "code"]
