"""What a chapter's stamp depends on: everything that decides its outputs, and nothing else."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from reading.runner.shelf import Shelf
from scispaces.reading.runner import stamps, strict


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library of four modules: a imports b by name, b imports c relatively, d stands apart."""
    folder = tmp_path / "lib" / "scispaces" / "family"
    folder.mkdir(parents=True)
    for path, text in {
        "../__init__.py": "",
        "__init__.py": "",
        "a.py": "def late():\n    from scispaces.family.b import f\n",
        "b.py": "from . import c\nfrom .data import digits\n",
        "c.py": "",
        "d.py": "",
        "data/__init__.py": "",
        "data/digits.py": "",
        "data/digits.json": "[]",
        "named.py": "",
    }.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    monkeypatch.setattr(stamps, "LIBRARY", tmp_path / "lib")
    stamps._imports.cache_clear()
    yield folder
    stamps._imports.cache_clear()


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "book")


def names(paths):
    return [path.name for path in paths if path.name != "__init__.py"]


def test_the_closure_follows_imports_through_functions_relative_ones_and_data(library, shelf):
    path = shelf.add("alpha", "%matplotlib inline\nimport numpy\nfrom scispaces.family import a")
    assert names(stamps.closure(path)) == ["a.py", "b.py", "c.py", "digits.json", "digits.py"]
    assert names(stamps.closure(shelf.add("beta", "import scispaces.family.d"))) == ["d.py"]
    late = shelf.add("gamma", "import importlib\nimportlib.import_module('scispaces.family.named')")
    assert names(stamps.closure(late)) == ["named.py"]
    assert len(names(stamps.closure(shelf.add("delta", "this is no Python")))) == 7, "everything"


def test_a_key_changes_with_what_the_chapter_needs_and_with_nothing_else(library, shelf):
    path = shelf.add("alpha", "from scispaces.family import a")
    lock = shelf.root / "requirements.lock"
    lock.write_text("a==1")

    def key():
        stamps._imports.cache_clear()
        return stamps.key(shelf.root, path)

    seen = [key()]
    (library / "d.py").write_text("# nobody of this chapter imports it")
    assert key() == seen[0]
    for file, text in [(library / "c.py", "x = 1"), (library / "data" / "digits.json", "[1]"), (lock, "a==2"),
                       (library / "__init__.py", "y = 1"), (path, path.read_text() + "\n")]:  # fmt: skip
        file.write_text(text)
        seen.append(key())
    assert len(set(seen)) == len(seen)
    path.write_text("{")
    assert key() == "", "what cannot be read is executed, and says so itself"


def test_every_module_of_the_real_library_can_be_followed():
    root = Path(stamps.__file__).parents[4]
    for path in (root / "chapters").glob("*/*.ipynb"):
        found = {p.relative_to(stamps.LIBRARY).as_posix() for p in stamps.closure(path)}
        assert {"scispaces/__init__.py", "scispaces/claims/chapter.py", "scispaces/reading/style.py"} <= found
        assert "scispaces/reading/templates/explore.html" in found
        assert "scispaces/reading/runner/suite.py" not in found


@pytest.mark.parametrize(
    ("code", "module", "found"),
    [
        ("import scispaces.x.y", "", {"scispaces", "scispaces.x", "scispaces.x.y"}),
        ("from ..x import y", "scispaces.family.m", {"scispaces", "scispaces.x", "scispaces.x.y"}),
        ("from . import y", "scispaces.family.__init__", {"scispaces", "scispaces.family", "scispaces.family.y"}),
        ("import numpy, scispacesque", "", set()),
    ],
)
def test_names_of_modules_that_code_imports(code, module, found):
    assert set(stamps.imported(ast.parse(code), module)) == found


def test_a_memory_that_cannot_be_read_is_empty(tmp_path):
    memory = stamps.passed(tmp_path)
    memory.update("strict", {"a": "1", "b": "2"})
    memory.update("strict", {"a": None})
    assert stamps.passed(tmp_path).read("strict") == {"b": "2"}
    memory.path.write_text("[")
    assert memory.read("strict") == {}
    memory.update("strict", {"c": "3"})
    assert json.loads(memory.path.read_text()) == {"strict": {"c": "3"}}


def test_every_chapter_starts_cold_once_in_five_days(shelf):
    slugs = {shelf.add(f"chapter-{i}", "1").stem for i in range(12)}
    days = [strict.cold_by_turns(shelf.root, day) for day in range(100, 105)]
    assert set().union(*days) == slugs and sum(len(day) for day in days) == 12


def test_only_what_has_changed_runs_and_a_failure_leaves_no_stamp(shelf):
    alpha, beta = shelf.add("alpha", "1 + 1"), shelf.add("beta", "2 + 2")
    assert shelf.run("refresh")[0] == 0
    assert strict.strict(shelf.root, only_changed=True) == 0
    stamped = stamps.passed(shelf.root).read("strict")
    assert set(stamped) == {"alpha", "beta"}
    beta.write_text(beta.read_text().replace('"4"', '"5"'))
    for _ in range(2):
        assert strict.strict(shelf.root, only_changed=True) == 1, "what failed runs again"
        assert stamps.passed(shelf.root).read("strict") == {"alpha": stamped["alpha"]}
    assert set(stamps.seconds(shelf.root).read("strict")) == {"alpha", "beta"}
    assert alpha.exists()


def test_ci_executes_everything(shelf, monkeypatch, capfd):
    shelf.add("alpha", "1 + 1")
    assert shelf.run("refresh")[0] == 0
    assert strict.strict(shelf.root) == 0
    monkeypatch.setenv("CI", "true")
    capfd.readouterr()
    assert strict.strict(shelf.root, only_changed=True) == 0
    text = capfd.readouterr().out
    assert "[1/1] alpha" in text and "unchanged" not in text
