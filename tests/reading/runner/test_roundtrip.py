"""The jupytext round trip of CONTRIBUTING.md keeps ids, outputs and metadata of what was not edited."""

from __future__ import annotations

import json
import subprocess
import sys

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scispaces.reading.runner import notebooks


def jupytext(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "jupytext", *map(str, arguments)], check=True, capture_output=True)


def test_as_text_and_back(tmp_path):
    shown = {"figure": {"caption": "See $x_1$.", "name": "fig-a-b"}, "image": {"alt": "a line"}}
    figure = {"mystnb": shown, "tags": ["hide-input"]}
    cells = [
        new_markdown_cell("# Title\n\n$$\na = b\n$$ (a-one)\n\n中文"),
        new_code_cell("1 + 1", outputs=[new_output("execute_result", {"text/plain": "2"}, execution_count=1)]),
        new_code_cell("plot()", metadata=figure),
    ]
    path = tmp_path / "a.ipynb"
    path.write_text(notebooks.normalise(new_notebook(cells=cells)))
    before = json.loads(path.read_text())
    jupytext("--to", "py:percent", path)
    text = (tmp_path / "a.py").read_text()
    assert "# a = b" in text and "中文" in text
    (tmp_path / "a.py").write_text(text.replace("plot()", "plot(2)"))
    jupytext("--to", "ipynb", "--update", tmp_path / "a.py")
    after = json.loads(notebooks.normalise(notebooks.read(path)))
    assert [c["id"] for c in after["cells"]] == [c["id"] for c in before["cells"]]
    assert after["cells"][1] == before["cells"][1], "its output is still there"
    assert after["cells"][2]["metadata"] == figure and after["cells"][2]["source"] == ["plot(2)"]
    assert after["metadata"] == before["metadata"]
