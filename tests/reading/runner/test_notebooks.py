"""The normal form of a stored notebook, chapter names, the atomic write."""

from __future__ import annotations

import base64
import copy
import io
import json
import os

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image, PngImagePlugin

from scispaces.reading.runner import notebooks


def png(text: str | None = None, colour: int = 0) -> str:
    out, info = io.BytesIO(), PngImagePlugin.PngInfo()
    if text:
        info.add_text("Software", text)
    Image.new("L", (3, 2), colour).save(out, "png", pnginfo=info)
    return base64.b64encode(out.getvalue()).decode()


def executed() -> nbformat.NotebookNode:
    """A notebook with everything a run or an editor may leave behind."""
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "a1"}}
    cells = [
        new_markdown_cell("# Title", metadata={"trusted": True}),
        new_code_cell(
            "print(1)",
            execution_count=7,
            metadata={"execution": {"iopub.status.busy": "2026-01-01"}, "tags": ["hide-input"]},
            outputs=[
                new_output("stream", name="stdout", text="one\n"),
                new_output("display_data", {"image/png": png("drawn by 1.2"), "text/plain": "<Figure>"}),
                new_output("stream", name="stdout", text="two\n"),
            ],
        ),
        new_code_cell("   \n"),
        new_code_cell(
            "w",
            execution_count=9,
            outputs=[
                new_output("execute_result", {**widget, "text/plain": "IntSlider()"}, execution_count=9),
                new_output("display_data", {**widget, "text/html": "<b>kept</b>", "text/plain": "kept"}),
            ],
        ),
    ]
    meta = {"widgets": {"state": {}}, "kernelspec": {"name": "my-env", "display_name": "x", "language": "python"},
            "language_info": {"name": "python", "version": "3.99"}, "jupytext": {}, "title": "kept"}  # fmt: skip
    return new_notebook(cells=cells, metadata=meta)


def test_normal_form():
    before = executed()
    result = json.loads(notebooks.normalise(copy.deepcopy(before)))
    title, first, last = result["cells"]
    assert title["metadata"] == {}
    assert [first["execution_count"], last["execution_count"]] == [1, 2], "renumbered, the blank cell is gone"
    assert first["metadata"] == {"tags": ["hide-input"]}
    assert [o["output_type"] for o in first["outputs"]] == ["stream", "display_data"]
    assert first["outputs"][0]["text"] == ["one\n", "two\n"]
    assert first["outputs"][1]["data"]["image/png"] == png(), "the text chunk of the image is gone, the pixels are not"
    assert [list(o["data"]) for o in last["outputs"]] == [["text/html", "text/plain"]], "no widget view, no widget repr"
    assert result["metadata"]["kernelspec"] == notebooks.KERNELSPEC
    assert result["metadata"]["language_info"] == notebooks.LANGUAGE_INFO
    assert "widgets" not in result["metadata"] and "jupytext" not in result["metadata"]
    assert result["metadata"]["title"] == "kept"
    assert [c["id"] for c in result["cells"]] == [before["cells"][i]["id"] for i in (0, 1, 3)]


def test_normal_form_is_a_fixed_point(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(notebooks.normalise(executed()))
    assert notebooks.normalise(notebooks.read(path)) == path.read_text()
    assert path.read_text().endswith("}\n")


@given(st.lists(st.tuples(st.sampled_from(["code", "markdown"]), st.text()), max_size=6))
def test_normal_form_is_a_fixed_point_for_any_text(cells):
    make = {"code": new_code_cell, "markdown": new_markdown_cell}
    once = notebooks.normalise(new_notebook(cells=[make[kind](text) for kind, text in cells]))
    assert notebooks.normalise(nbformat.reads(once, as_version=4)) == once


def test_missing_and_repeated_ids_are_given_and_stay_the_same(tmp_path):
    path = tmp_path / "old.ipynb"
    cells = [new_code_cell("x = 1") for _ in range(3)]
    raw = json.loads(nbformat.writes(new_notebook(cells=cells)))
    del raw["cells"][0]["id"]
    raw["cells"][2]["id"] = raw["cells"][1]["id"]
    raw["nbformat_minor"] = 4
    path.write_text(json.dumps(raw))
    ids = [cell["id"] for cell in notebooks.read(path)["cells"]]
    assert len(set(ids)) == 3 and ids[1] == cells[1]["id"]
    assert ids == [cell["id"] for cell in notebooks.read(path)["cells"]]


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "Expecting value"), ("{}", "nbformat is None"), ('{"nbformat": 3}', "nbformat is 3"), ("[]", "list"),
     ("<<<<<<< HEAD", "Expecting value"), ('{"nbformat": 4, "cells": [{}]}', "")],
)  # fmt: skip
def test_a_broken_file_gets_one_line(tmp_path, text, why):
    path = tmp_path / "broken.ipynb"
    path.write_text(text)
    with pytest.raises(notebooks.BookError, match=r"broken\.ipynb is not a readable notebook") as caught:
        notebooks.read(path)
    assert why in str(caught.value) and "\n" not in str(caught.value)


@pytest.fixture
def book(tmp_path):
    for name in ("mathematics/det-exp-trace", "mathematics/venus-transit", "latent/vae-bayesian"):
        path = tmp_path / "chapters" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    (tmp_path / "_toc.yml").write_text("")
    return tmp_path


def test_chapters_by_name(book):
    assert [p.stem for p in notebooks.chapter_paths(book)] == ["vae-bayesian", "det-exp-trace", "venus-transit"]
    named = notebooks.chapter_paths(book, ["venus-transit", "chapters/latent/vae-bayesian.ipynb", "venus-transit"])
    assert [p.stem for p in named] == ["venus-transit", "vae-bayesian"]


@pytest.mark.parametrize(
    ("given_name", "told"),
    [("det-exp-trase", "nearest: det-exp-trace"), ("vae", "nearest: vae-bayesian"), ("Venus", "nearest: venus-transit"),
     ("zzzzzzzz", "chapters: vae-bayesian, det-exp-trace, venus-transit"), ("", "chapters:")],
)  # fmt: skip
def test_an_unknown_name_lists_the_nearest(book, given_name, told):
    with pytest.raises(notebooks.BookError, match="no chapter is called") as caught:
        notebooks.chapter_paths(book, [given_name])
    assert told in str(caught.value)


def test_root_is_found_from_inside_and_named_when_missing(book):
    assert notebooks.find_root(book / "chapters" / "latent") == book.resolve()


def test_atomic_write(tmp_path, monkeypatch):
    path = tmp_path / "a.ipynb"
    assert notebooks.write_atomically(path, "one\n")
    assert not notebooks.write_atomically(path, "one\n"), "the same bytes are not written again"
    os.chmod(path, 0o600)
    assert notebooks.write_atomically(path, "two\n", expected=b"one\n")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(notebooks.BookError, match="edited while it ran"):
        notebooks.write_atomically(path, "three\n", expected=b"one\n")

    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        notebooks.write_atomically(path, "four\n")
    assert path.read_text() == "two\n" and os.listdir(tmp_path) == ["a.ipynb"]
