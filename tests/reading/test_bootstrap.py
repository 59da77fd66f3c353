"""The set-up of `.venv`: the stamp, the messages; and that the file still parses for an old python3."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scispaces.reading import bootstrap

ROOT = Path(__file__).resolve().parents[2]


def test_it_parses_for_an_old_python():
    ast.parse(Path(bootstrap.__file__).read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 10)])
def test_an_old_python_gets_one_line(version):
    line = bootstrap.too_old(version)
    assert "needs Python 3.11 or newer" in line and f"{version[0]}.{version[1]}" in line and "\n" not in line


@pytest.mark.parametrize("version", [(3, 11), (3, 14)])
def test_a_new_one_gets_none(version):
    assert bootstrap.too_old(version) is None


@pytest.fixture
def calls(monkeypatch):
    made = []

    def call(command, **_):
        made.append([str(part) for part in command])
        if "venv" in command:
            python = Path(command[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True, exist_ok=True)
            python.write_text("")
        return 0

    monkeypatch.setattr(bootstrap.subprocess, "call", call)
    return made


def install_calls(calls):
    return [c for c in calls if "install" in c]


def test_installed_once_and_again_only_when_lock_python_or_place_change(tmp_path, calls, capsys):
    root = tmp_path / "book"
    root.mkdir()
    (root / "requirements.lock").write_text("# all\na==1\nb==2\n")
    assert not bootstrap.is_ready(str(root))
    assert bootstrap.set_up(str(root)) == 0 and bootstrap.is_ready(str(root))
    assert len(install_calls(calls)) == 2 and "installing 2 pinned packages" in capsys.readouterr().out
    calls.clear()
    assert bootstrap.set_up(str(root)) == 0 and calls == [], "nothing is called while the stamp fits"
    (root / "requirements.lock").write_text("a==1\n")
    assert bootstrap.set_up(str(root)) == 0
    assert len(install_calls(calls)) == 2 and not [c for c in calls if "venv" in c], "updated in place"
    calls.clear()
    moved = tmp_path / "moved"
    shutil.move(root, moved)
    assert bootstrap.set_up(str(moved)) == 0 and [c for c in calls if "venv" in c], "made anew at another place"


def test_an_interrupted_installation_is_taken_up_again(tmp_path, calls, monkeypatch, capsys):
    (tmp_path / "requirements.lock").write_text("a==1\n")
    working = bootstrap.subprocess.call
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda c, **k: 1 if "install" in c else working(c, **k))
    assert bootstrap.set_up(str(tmp_path)) == 1 and not bootstrap.is_ready(str(tmp_path))
    assert "the same command continues" in capsys.readouterr().err
    monkeypatch.setattr(bootstrap.subprocess, "call", working)
    assert bootstrap.set_up(str(tmp_path)) == 0 and bootstrap.is_ready(str(tmp_path))


def test_a_missing_venv_module_is_explained(tmp_path, monkeypatch, capsys):
    (tmp_path / "requirements.lock").write_text("a==1\n")
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda c, **k: 1)
    assert bootstrap.set_up(str(tmp_path)) == 1
    assert "apt-get install python3-venv" in capsys.readouterr().err


def make(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    outer = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}  # of `make test`
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, env={**outer, **env})


def test_make_names_a_python_that_is_missing_or_old(tmp_path):
    old = tmp_path / "oldpython"
    old.write_text('#!/bin/sh\necho "too old" >&2\nexit 1\n')
    old.chmod(0o755)
    done = make(ROOT, "lint", "PYTHON=no-such-python")
    assert done.returncode == 2 and "[setup] no-such-python was not found" in done.stderr
    done = make(ROOT, "lint", f"PYTHON={old}")
    assert done.returncode == 2 and done.stderr.startswith("too old"), "the command behind it does not start"


def test_make_needs_no_pip_once_installed():
    """The stamp of this very checkout fits, so that `make` starts at once, offline."""
    if not (ROOT / ".venv" / "installed").exists() or Path(sys.prefix) != ROOT / ".venv":
        pytest.skip("these tests do not run in the .venv that make set up")
    done = make(ROOT, "setup", PYTHON=sys.executable, PIP_INDEX_URL="file:///nowhere", PIP_NO_INDEX="1")
    assert (done.returncode, done.stdout) == (0, "")
