"""The head of a chapter: what the table has to hold, what is written, and that writing it twice changes nothing."""

from __future__ import annotations

import json

import pytest

from scispaces.reading.runner import head
from scispaces.reading.runner.cli import main
from scispaces.reading.runner.notebooks import BookError

TABLE = {
    "title": "Of $e^A$",
    "chinese": "恒等式 [一] 赏析",
    "date": "2019-02-08",
    "link": "https://kexue.fm/archives/6377",
    "part": "Mathematics",
    "read_before": ["nothing; calculus is enough"],
}
TITLES = {"one": ("Of $e^A$", "mathematics"), "two-b": ("Second", "mathematics"), "three-c": ("Third", "dynamics")}


def table(**news):
    return {**TABLE, **news}


def test_what_is_written():
    before = ["two-b: for $A$", "three-c", "calculus"]
    assert head.head(table(read_before=before), "one", TITLES) == (
        "# Of $e^A$\n\n"
        "> **Original** [恒等式 \\[一\\] 赏析](https://kexue.fm/archives/6377), "
        "苏剑林 (Su Jianlin), 8 February 2019\\\n"
        "> **Part** Mathematics\\\n"
        "> **Read before** [Second](two-b.ipynb), for $A$; [Third](../dynamics/three-c.ipynb); calculus"
    )


@pytest.mark.parametrize(
    ("news", "said"),
    [
        ({"title": ""}, "title is a text"),
        ({"title": "<script>"}, "title is a text"),
        ({"chinese": "a\nb"}, "chinese is a text"),
        ({"chinese": "`a`"}, "chinese is a text"),
        ({"date": "2019-02-30"}, "date is a day"),
        ({"date": "8 February 2019"}, "date is a day"),
        ({"link": "https://example.org/archives/6377"}, "link is https://kexue.fm"),
        ({"link": "https://kexue.fm/archives/6377x"}, "link is https://kexue.fm"),
        ({"read_before": []}, "read_before is a list"),
        ({"read_before": "nothing"}, "read_before is a list"),
        ({"read_before": ["two-c: for A"]}, "names the chapter 'two-c'; nearest: two-b"),
        ({"more": 1}, "has to hold exactly"),
    ],
)
def test_what_is_wrong_is_said(news, said):
    with pytest.raises(BookError, match=said):
        head.head(table(**news), "one", TITLES)


def shelf(root, source, metadata):
    path = root / "chapters/mathematics/one.ipynb"
    path.parent.mkdir(parents=True)
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": source}
    notebook = {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def first(path):
    return "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])


def test_writing_replaces_the_old_head_only(tmp_path, capsys):
    path = shelf(tmp_path, "# Old\n\n> **Original** x\\\n> **Part** y\n\n**In two minutes.** Text.\n\n> a quote",
                 {"scispaces": table()})  # fmt: skip
    assert main(["--root", str(tmp_path), "head", "one"]) == 0
    written = first(path)
    assert written == head.head(table(), "one", TITLES) + "\n\n**In two minutes.** Text.\n\n> a quote"
    assert main(["--root", str(tmp_path), "head"]) == 0
    assert first(path) == written
    assert capsys.readouterr().out.splitlines() == ["one: head written", "one: head unchanged"]


def test_a_chapter_without_the_table(tmp_path, capsys):
    path = shelf(tmp_path, "# Title", {})
    before = path.read_bytes()
    assert main(["--root", str(tmp_path), "head"]) == 0
    assert main(["--root", str(tmp_path), "head", "one"]) == 2
    assert "one has no entry scispaces" in capsys.readouterr().err
    assert path.read_bytes() == before
