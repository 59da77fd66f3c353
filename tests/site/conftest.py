"""The built site in a real browser: where Chromium comes from, which sites are looked at, what a page may do.

The small book (`sample_book`) is built afresh for each run and holds every kind of content. The real one is
``_build/html``, rebuilt when a source is newer than its page.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sample_book import ROOT, make_book

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# a page notes when its mathematics is complete, whenever it is asked
WHEN_COMPLETE = """
const wait = setInterval(() => {
  if (!(window.MathJax && MathJax.startup && MathJax.startup.promise)) return;
  clearInterval(wait);
  MathJax.startup.promise.then(() => { window.mathematicsDone = performance.now(); });
}, 5);
"""
HINT = "Chromium was not found: apt-get install chromium (Debian, Ubuntu), or set CHROMIUM to its path"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in Path(item.path).parents and not item.get_closest_marker("lab"):
            item.add_marker(pytest.mark.site)


def chromium() -> str:
    """The path of Chromium. Without one the test is skipped with a hint; in CI it fails."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    if path := next((found for name in names if (found := shutil.which(name))), None):
        return path
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(HINT)
    pytest.skip(HINT)


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """One headless Chromium for all tests."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


def try_build(source: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", program, "build", str(source), "-W", "--keep-going", "-q", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def build(source: Path, *options: str) -> None:
    """Build a book as `make book` does; its output is the failure's message."""
    done = try_build(source, *options)
    assert done.returncode == 0, f"the book at {source} does not build cleanly\n{done.stdout}\n{done.stderr}"


@contextlib.contextmanager
def once(factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """A folder that all workers of a run share, and whether this one is the first to have it; the others wait."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / f"{name}.lock").open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        folder = shared / name
        first = not (shared / f"{name}.done").exists()
        folder.mkdir(exist_ok=True)
        yield folder, first
        (shared / f"{name}.done").touch()


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of the small book, not to be changed."""
    with once(tmp_path_factory, "sources") as (root, first):
        return make_book(root) if first else root


@pytest.fixture(scope="session")
def small_book(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small book, built, not to be changed; the site is in ``_build/html`` below it."""
    with once(tmp_path_factory, "built") as (root, first):
        if first:
            shutil.copytree(sources, root, dirs_exist_ok=True)
            build(root)
        return root


@pytest.fixture(scope="session")
def small_site(small_book: Path) -> Path:
    return small_book / "_build" / "html"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real site, built now if a source is newer than the last build."""
    out = ROOT / "_build" / "html"
    names = ["_config.yml", "_toc.yml", "intro.md", "_static/*", "about/*", "chapters/*/*.ipynb"]
    names += ["lib/scispaces/reading/*.py", "lib/scispaces/reading/site/**/*.*"]
    newest = max(p.stat().st_mtime for name in names for p in ROOT.glob(name))
    stamp = out / "searchindex.js"
    with once(tmp_path_factory, "real"):
        if not stamp.exists() or stamp.stat().st_mtime < newest:
            build(ROOT)
    return out


@dataclass
class Page:
    """An open page with all it asked for and all it complained about."""

    page: object
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        return getattr(self.page, name)


@pytest.fixture
def visit(browser: object) -> Iterator[object]:
    """visit(path, width=1280, dark=False, query="", height=900) -> Page, mathematics typeset."""
    contexts = []

    def open_page(path: Path, *, width: int = 1280, height: int = 900, dark: bool = False, query: str = "") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.add_init_script(WHEN_COMPLETE)
        seen = Page(context.new_page())
        own = ("file:", "data:", "blob:")
        seen.page.on("request", lambda r: None if r.url.startswith(own) else seen.outside.append(r.url))
        seen.page.on("console", lambda m: seen.errors.append(m.text) if m.type in ("error", "warning") else None)
        seen.page.on("pageerror", lambda e: seen.errors.append(str(e)))
        seen.page.on("requestfailed", lambda r: seen.errors.append(f"failed: {r.url[:200]}"))
        seen.page.goto(path.as_uri() + query, wait_until="load")
        seen.page.evaluate("window.MathJax && MathJax.startup && MathJax.startup.promise")
        return seen

    yield open_page
    for context in contexts:
        context.close()
