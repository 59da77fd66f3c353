"""The build: an incremental one gives what a full one gives, and what is wrong is said."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path

import pytest
from conftest import build, chromium, try_build

from scispaces.record import MIME


@pytest.fixture
def book(sources: Path, tmp_path: Path) -> Path:
    """A copy of the small book, to be changed."""
    return shutil.copytree(sources, tmp_path / "book")


def pages(root: Path) -> dict[str, str]:
    """Every page of a site without the cache marks in its addresses."""
    site = root / "_build" / "html"
    texts = {p.relative_to(site).as_posix(): p.read_text(encoding="utf-8") for p in site.rglob("*.html")}
    return {name: re.sub(r"\?v=\w+", "", text) for name, text in texts.items()}


def change_record(path: Path, **news: object) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if rec := output.get("data", {}).get(MIME):
                rec.update(news)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_incremental_build_equals_a_full_one(book: Path, sources: Path, tmp_path: Path) -> None:
    build(book)
    before = pages(book)
    time.sleep(1.1)
    notebook = book / "chapters/initialization/sample-two.ipynb"
    change_record(notebook, verdict="estimated")
    build(book)
    after = pages(book)
    changed = {name for name in after if after[name] != before[name]}
    assert {"about/ledger.html", "intro.html", "chapters/initialization/sample-two.html"} <= changed

    fresh = shutil.copytree(sources, tmp_path / "fresh")
    change_record(fresh / "chapters/initialization/sample-two.ipynb", verdict="estimated")
    build(fresh)
    full = pages(fresh)
    assert full.keys() == after.keys()
    assert [name for name in full if full[name] != after[name]] == []


def test_a_claim_resting_on_an_unknown_one_is_a_warning(book: Path) -> None:
    change_record(book / "chapters/initialization/sample-two.ipynb", uses=["no-such-claim"])
    done = try_build(book)
    assert done.returncode != 0
    assert "sample-two-sine-law uses 'no-such-claim'" in done.stderr + done.stdout


def test_a_broken_record_is_named(book: Path) -> None:
    change_record(book / "chapters/initialization/sample-two.ipynb", verdict="proven")
    done = try_build(book)
    assert done.returncode != 0
    assert "sample-two.ipynb" in done.stderr + done.stdout


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_without_chromium_the_hint_is_shown(monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="apt-get install chromium"):
        chromium()
