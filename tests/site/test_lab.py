"""explore in a real JupyterLab: alive with a kernel, and its stored form in a notebook that nobody has run."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from sample_book import ROOT, explore_cell, write_notebook

from scispaces.reading.runner import suite

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("lab")]  # one server

SETUP = """import matplotlib.pyplot as plt
from scispaces.reading import explore, figure_style, slider
palette = figure_style()"""
EXPLORE = """def area(t):
    fig, ax = plt.subplots(figsize=(5, 2))
    ax.plot([0, 1], [0, t], color=palette.accent)
    ax.set(xlim=(0, 1), ylim=(0, 2))
    return fig, {"area": f"{t / 2:.3f}"}

explore(area, t=slider(0, 2, 5, label="time t"), caption="The area grows: $t/2$.", alt="A line from the origin")"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A JupyterLab of its own: own settings, own trust database, own port; its address with the token."""
    home = tmp_path_factory.mktemp("lab")
    work = home / "work"
    work.mkdir()
    write_notebook(new_notebook(cells=[new_code_cell(SETUP), new_code_cell(EXPLORE)]), work / "live.ipynb")
    write_notebook(new_notebook(cells=[explore_cell("stored")]), work / "stored.ipynb")
    (work / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n- file: stored\n- file: live\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    env = {k: v for k, v in os.environ.items() if k != "SCISPACES_STATIC"}
    env |= {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    env |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    env |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "lib")}
    trust = [sys.executable, "-m", "jupyter", "trust", str(work / "stored.ipynb")]
    subprocess.run(trust, env=env, check=True, capture_output=True)
    options = [
        "--no-browser",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--IdentityProvider.token={token}",
        *suite.lab_options(work),
        "--ServerApp.disable_check_xsrf=True",
    ]
    log = (home / "log").open("w+", encoding="utf-8")
    server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *options], env=env, cwd=work, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token={token}", timeout=5).read()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > until:
                    pytest.fail("JupyterLab did not start:\n" + Path(log.name).read_text(encoding="utf-8")[-3000:])
                time.sleep(0.3)
        yield f"http://127.0.0.1:{port}{{}}?token={token}&reset"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


@pytest.fixture
def page(browser: object) -> Iterator[object]:
    opened = browser.new_page(viewport={"width": 1300, "height": 950})
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()


def test_it_opens_the_first_chapter_and_asks_nothing(lab: str, page: object) -> None:
    page.goto(lab.format("/"))
    page.locator("figure.explore input[type=range]").first.wait_for()
    assert [t for t in page.locator(".lm-DockPanel .lm-TabBar-tabLabel").all_text_contents() if t] == ["stored.ipynb"]
    page.wait_for_timeout(1500)
    assert page.locator(".Toastify__toast").count() == 0, "no news, no updates"


def test_live_slider_redraws(lab: str, page: object) -> None:
    page.goto(lab.format("/lab/tree/live.ipynb"))
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).first.click()
    picture = page.locator(".explore-live img.explore-frame")
    picture.wait_for()
    before = picture.get_attribute("src")
    assert "A line from the origin" in picture.get_attribute("alt")
    readout = page.locator(".explore-live .explore-readout")
    assert readout.text_content() == "area = 0.500"
    assert page.locator(".explore-live .widget-readout").text_content() == "1.00"
    handle = page.locator(".explore-live .noUi-handle")
    handle.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.explore-live .explore-readout').textContent === 'area = 0.575'")
    assert picture.get_attribute("src") != before
    assert page.locator(".explore-live .widget-readout").text_content() == "1.15"
    page.locator(".explore-live mjx-container").first.wait_for(state="attached", timeout=20_000)
    if folder := os.environ.get("SCISPACES_SHOTS"):
        page.screenshot(path=f"{folder}/lab.png")


def test_stored_slider_moves_in_a_trusted_notebook(lab: str, page: object) -> None:
    page.goto(lab.format("/lab/tree/stored.ipynb"))
    slider = page.locator("figure.explore input[type=range]").nth(1)
    slider.wait_for()
    picture = page.locator("figure.explore img.explore-frame")
    before = picture.get_attribute("src")
    slider.evaluate("s => { s.value = s.max; s.dispatchEvent(new Event('input', {bubbles: true})); }")
    assert picture.get_attribute("src") != before
    assert page.locator("figure.explore .explore-value").nth(1).text_content() == "2"
    assert page.locator("figure.explore .explore-readout").text_content() == "area = 7.39"
    if folder := os.environ.get("SCISPACES_SHOTS"):
        page.screenshot(path=f"{folder}/lab-stored.png")


def test_the_notebook_a_kernel_saves_is_the_one_that_was_stored() -> None:
    """explore leaves no widget state behind when it is executed for storage."""
    from nbclient import NotebookClient

    notebook = new_notebook(cells=[new_code_cell(SETUP), new_code_cell(EXPLORE)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    os.environ["SCISPACES_STATIC"] = "1"
    try:
        NotebookClient(notebook, timeout=120).execute()
    finally:
        del os.environ["SCISPACES_STATIC"]
    (output,) = notebook.cells[1].outputs
    assert set(output["data"]) == {"text/plain", "text/html"}
    assert "widgets" not in notebook.metadata
    assert "widget" not in json.dumps(nbformat.from_dict(notebook).cells[1].outputs[0]["data"]["text/plain"])
