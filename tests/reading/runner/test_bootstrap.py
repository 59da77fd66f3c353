"""The set-up of `.venv`: the stamp, the messages; and that the file still parses for an old python3."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from scispaces.reading.runner import bootstrap

ROOT = Path(__file__).resolve().parents[3]


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
    """What would have been run: `made` commands of venv, installs; a venv is two files."""
    made = []

    def call(command, **_):
        made.append([str(part) for part in command])
        if "venv" in command:
            folder = Path(command[-1])
            (folder / "bin").mkdir(parents=True)
            (folder / "bin" / "python").write_text("")
            version = bootstrap._version(command[0]) or bootstrap.running()
            (folder / "pyvenv.cfg").write_text(f"version = {version}.2\nexecutable = {command[0]}\n")
        return 0

    monkeypatch.setattr(bootstrap.subprocess, "call", call)
    monkeypatch.setattr(bootstrap, "pip_install", lambda python, options, total: call([python, "install", *options]))
    return made


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "book"
    root.mkdir()
    (root / "requirements.lock").write_text("# all\na==1\nb==2\n")
    return root


def count(calls, word):
    return len([c for c in calls if word in c])


def ready(root):
    return bootstrap.Venv(str(root)).is_ready(bootstrap.running())


def pretend(root, version, executable="/nowhere/python"):
    """The .venv there now was made by another Python."""
    venv = root / ".venv"
    (venv / "pyvenv.cfg").write_text(f"version = {version}.1\nexecutable = {executable}\n")
    if (venv / "installed").exists():
        (venv / "installed").write_text(bootstrap.stamp_text(str(root), version))


def test_installed_once_and_again_only_when_lock_or_place_change(root, calls, capsys):
    assert not ready(root)
    assert bootstrap.set_up(str(root)) == 0 and ready(root)
    assert count(calls, "install") == 2 and "installing 2 pinned packages" in capsys.readouterr().out
    assert ["--require-hashes", "-r"] == next(c for c in calls if "install" in c)[2:4]
    calls.clear()
    assert bootstrap.set_up(str(root)) == 0 and calls == [], "nothing is called while the stamp fits"
    (root / "requirements.lock").write_text("a==1\n")
    assert bootstrap.set_up(str(root)) == 0
    assert count(calls, "install") == 2 and count(calls, "venv") == 0, "updated in place"
    calls.clear()
    capsys.readouterr()
    moved = root.with_name("moved")
    shutil.move(root, moved)
    assert bootstrap.set_up(str(moved)) == 0 and count(calls, "venv") == 1, "made anew at another place"
    assert f"made at another place ({root})" in capsys.readouterr().out


def test_a_working_venv_of_another_python_is_kept_unless_one_is_named(root, calls, capsys):
    assert bootstrap.set_up(str(root)) == 0
    pretend(root, "3.99")
    calls.clear()
    assert bootstrap.set_up(str(root)) == 0 and calls == [], "PYTHON= was forgotten: nothing happens"
    (root / "requirements.lock").write_text("a==1\n")
    capsys.readouterr()
    assert bootstrap.set_up(str(root)) == 0
    assert count(calls, "venv") == 0 and count(calls, "install") == 2
    assert "keeping Python 3.99 of .venv" in capsys.readouterr().out
    calls.clear()
    assert bootstrap.set_up(str(root), given=True) == 0 and count(calls, "venv") == 1 and ready(root)
    assert f".venv has Python 3.99, PYTHON= asks for {bootstrap.running()}" in capsys.readouterr().out


@pytest.mark.parametrize(("given", "anew"), [(True, 1), (False, 0)])
def test_a_half_made_venv_is_not_reused_for_another_python_that_is_named(root, calls, capsys, monkeypatch, given, anew):
    working = bootstrap.pip_install
    monkeypatch.setattr(bootstrap, "pip_install", lambda *_: 1)
    assert bootstrap.set_up(str(root)) == 1
    pretend(root, "3.99")
    monkeypatch.setattr(bootstrap, "pip_install", working)
    calls.clear()
    capsys.readouterr()
    assert bootstrap.set_up(str(root), given=given) == 0
    assert count(calls, "venv") == anew
    said = capsys.readouterr().out
    assert ("PYTHON= asks for" if given else "keeping Python 3.99") in said


def test_a_moved_venv_is_made_anew_by_its_own_python(root, calls, monkeypatch):
    assert bootstrap.set_up(str(root)) == 0
    other = root.parent / "python3.99"
    other.write_text("#!/bin/sh\necho 3.99\n")
    other.chmod(0o755)
    pretend(root, "3.99", other)
    moved = root.with_name("moved")
    shutil.move(root, moved)
    calls.clear()
    assert bootstrap.set_up(str(moved)) == 0
    assert [c[0] for c in calls if "venv" in c] == [str(other)]
    other.unlink()
    shutil.move(moved, root)
    calls.clear()
    assert bootstrap.set_up(str(root)) == 0
    assert [c[0] for c in calls if "venv" in c] == [sys.executable], "gone: the python3 there is"


def test_an_interrupted_installation_is_taken_up_again(root, calls, monkeypatch, capsys):
    working = bootstrap.pip_install
    monkeypatch.setattr(bootstrap, "pip_install", lambda *_: 1)
    assert bootstrap.set_up(str(root)) == 1 and not ready(root)
    assert "the same command continues" in capsys.readouterr().err
    monkeypatch.setattr(bootstrap, "pip_install", working)
    assert bootstrap.set_up(str(root)) == 0 and ready(root)
    assert count(calls, "venv") == 1, "not made twice"


def test_a_missing_venv_module_is_explained(root, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda c, **k: 1)
    assert bootstrap.set_up(str(root)) == 1
    assert "apt-get install python3-venv" in capsys.readouterr().err


def test_pip_shows_how_far_it_is_and_its_last_words(tmp_path, capsys):
    site = tmp_path / "lib" / "python3.99" / "site-packages"
    for name in ("a-1.dist-info", "b-1.dist-info"):
        (site / name).mkdir(parents=True)
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(
        "#!/bin/sh\necho 'Ignoring c: markers do not match'; echo 'Collecting a==1'; echo 'Collecting b==1'\nsleep 1\n"
        "echo 'Installing collected packages: a, b'\nsleep 1\necho 'no space left on this disk' >&2\nexit 1\n"
    )
    python.chmod(0o755)
    assert bootstrap.pip_install(str(python), ["-r", "x"], 4, every=0.1) == 1
    told = capsys.readouterr()
    assert "fetched 1 of 3" in told.out and "unpacked 2 of 3" in told.out
    assert "no space left on this disk" in told.err


def test_every_pin_has_hashes_and_admits_the_oldest_python_promised():
    """A lock resolved for a newer Python than the oldest one promised cannot be installed there (soupsieve did it)."""
    blocks = re.split(r"^(?=\w)", (ROOT / "requirements.lock").read_text().split("\n", 1)[1], flags=re.M)
    pins = [Requirement(block.split("\\")[0].strip()) for block in blocks if block]
    assert len(pins) > 150 and len({canonicalize_name(p.name) for p in pins}) == len(pins)
    assert [b for b in blocks if b and "--hash=sha256:" not in b] == []
    minimum = ".".join(map(str, bootstrap.MINIMUM))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert SpecifierSet(project["requires-python"]) == SpecifierSet(f">={minimum}")
    here = [p for p in pins if p.marker is None or p.marker.evaluate()]
    assert len(here) > 150
    for pin in here:
        metadata = importlib.metadata.metadata(pin.name)
        assert pin.specifier.contains(metadata["Version"]), f"{pin} is not what is installed ({metadata['Version']})"
        wanted = metadata["Requires-Python"]
        assert wanted is None or SpecifierSet(wanted).contains(f"{minimum}.0"), f"{pin} needs Python {wanted}"


def make(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    of_make_test = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON")
    outer = {k: v for k, v in os.environ.items() if k not in of_make_test}
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, env={**outer, **env})


def test_make_names_a_python_that_is_missing_or_old(tmp_path):
    old = tmp_path / "oldpython"
    old.write_text('#!/bin/sh\necho "too old" >&2\nexit 1\n')
    old.chmod(0o755)
    done = make(ROOT, "lint", "PYTHON=no-such-python")
    assert done.returncode == 2 and "[setup] no-such-python was not found" in done.stderr
    done = make(ROOT, "lint", f"PYTHON={old}")
    assert done.returncode == 2 and done.stderr.startswith("too old"), "the command behind it does not start"


def test_make_tells_whether_python_was_named():
    """`make -n` shows the call: forgetting PYTHON= must not replace a .venv."""
    assert "--given" not in make(ROOT, "-n", "setup").stdout
    assert "--given" in make(ROOT, "-n", "setup", "PYTHON=python3").stdout
    assert "--given" in make(ROOT, "-n", "setup", PYTHON="python3").stdout


def test_make_needs_no_pip_once_installed():
    """The stamp of this very checkout fits, so that `make` starts at once, offline."""
    if not (ROOT / ".venv" / "installed").exists() or Path(sys.prefix) != ROOT / ".venv":
        pytest.skip("these tests do not run in the .venv that make set up")
    done = make(ROOT, "setup", PYTHON=sys.executable, PIP_INDEX_URL="file:///nowhere", PIP_NO_INDEX="1")
    assert (done.returncode, done.stdout) == (0, "")
