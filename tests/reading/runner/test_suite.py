"""`make book` and `make test` on a book of one page; the command line's own messages."""

from __future__ import annotations

import pytest

from reading.runner.shelf import Shelf


@pytest.fixture
def shelf(tmp_path):
    shelf = Shelf(tmp_path / "a book 書")  # a place that has to be quoted, and percent-encoded in an address
    tmp_path = shelf.root
    config = "title: Small\nonly_build_toc_files: true\nexclude_patterns: [chapters, .cache, .pytest_cache]\n"
    (tmp_path / "_config.yml").write_text(config)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: intro\n")
    (tmp_path / "intro.md").write_text("# Small\n")
    return shelf


def test_book_is_built_and_says_where(shelf):
    status, text = shelf.run("book")
    assert status == 0, text
    assert text.splitlines()[-1].endswith(f"open {(shelf.root / '_build/html/index.html').as_uri()}")
    assert (shelf.root / "_build/html/index.html").exists()


def test_a_warning_fails_the_build_and_fails_it_again(shelf):
    (shelf.root / "intro.md").write_text("# Small\n\n{ref}`nowhere`\n")
    for _ in range(2):
        status, text = shelf.run("book")
        assert status == 1 and "nowhere" in text and "each warning above is an error" in text


@pytest.mark.slow
def test_every_step_of_the_tests_runs_and_one_failure_is_enough(shelf):
    (shelf.root / "tests").mkdir()
    (shelf.root / "tests/test_it.py").write_text("def test_it():\n    assert 1 + 1 == 3\n")
    shelf.add("alpha", "2 + 2")
    assert shelf.run("refresh")[0] == 0
    status, text = shelf.run("test")
    assert status == 1 and "1 failed" in text
    assert "[1/1] alpha" in text and "as stored" in text
    table = text[text.index("=== make test") :]
    assert "FAILED  library and structure" in table
    assert "passed  chapters, strictly" in table and "passed  book" in table, text


def test_an_unknown_command_lists_the_commands(shelf):
    status, text = shelf.run("rebuild")
    assert status == 2 and "refresh" in text and "stress" in text


@pytest.mark.parametrize("jobs", ["0", "two", "-1"])
def test_a_wrong_number_of_jobs_gets_one_line(shelf, jobs):
    shelf.add("alpha", "1")
    status, text = shelf.run("refresh", SCISPACES_JOBS=jobs)
    assert (status, text.count("\n")) == (2, 1) and "SCISPACES_JOBS" in text
