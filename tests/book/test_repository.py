"""Rules of the whole repository: seeds, pins, commands, the direction of imports, the table of contents."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from book.chapters import PATHS, ROOT
from scispaces.reading.runner import seeds
from scispaces.reading.site import records

LIBRARY = ROOT / "lib" / "scispaces"
PARTS = ["mathematics", "initialization", "optimization", "estimation", "latent", "adversarial", "dynamics", "language"]


def test_seeds_come_from_the_two_doors():
    assert seeds.check(ROOT) == []


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("from numpy.random import default_rng as g\ng(0)", 1),
        ("import numpy.random as r\nr.default_rng()", 1),
        ("from scispaces.backend import jax\njax.random.key(0)", 1),
        ("from jax import random\nrandom.PRNGKey(0)", 1),
        ("from jax.random import key", 1),
        ("f(random_state=0)", 1),
        ("%matplotlib inline\nf(random_state=None)", 1),
        ("f(random_state=rng(0))\nkey(3)\nx.random.keys()", 0),
    ],
)
def test_the_seed_rule_sees_through_aliases(source, faults):
    assert len(list(seeds.in_code(source))) == faults


def pins(name: str) -> dict[str, str]:
    lines = [re.split(r"[#;\\]", line)[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return {re.sub(r"[-_.]+", "-", n).lower(): v for n, v in (line.split("==") for line in lines if "==" in line)}


def test_direct_dependencies_are_pinned_in_the_lock_and_installed():
    direct, lock = pins("requirements.txt"), pins("requirements.lock")
    assert {n: lock.get(n) for n in direct} == direct
    assert {n: importlib.metadata.version(n) for n in direct} == direct


def test_nothing_names_a_host():
    for name in ("requirements.txt", "requirements.lock", "Makefile", ".ci/run"):
        assert not re.search(r"https?://|index-url|find-links|@ file", (ROOT / name).read_text()), name


def test_the_commands_the_documents_name_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    for name in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"^(?:\$ )?make ([a-z]+)|`make ([a-z]+)", (ROOT / name).read_text(), re.M))
        assert {a or b for a, b in named} <= targets, name


def test_ci_runs_the_command_of_the_readme():
    assert re.search(r"^(\w+=\S+ )?make test$", (ROOT / ".ci" / "run").read_text(), re.M)
    assert "make test" in (ROOT / "README.md").read_text()


def lint_imports(root, library) -> tuple[int, str]:
    """Exit status and output of import-linter on a library, under the contracts of the book."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    env = os.environ | {"PYTHONPATH": str(library), "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_import_contracts_hold():
    status, output = lint_imports(ROOT, ROOT / "lib")
    assert status == 0, output


PACKAGES = {p.name for p in LIBRARY.iterdir() if (p / "__init__.py").exists()}
FAMILIES = sorted(PACKAGES - {"claims", "reading"})


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("linalg/a.py", "from ..claims.parts import Tally", "topics know neither"),
        ("markov/a.py", "import scispaces.reading.style", "topics know neither"),
        ("claims/a.py", "from ..linalg import b", "claims and reading know no topic"),
        ("reading/style.py", "from scispaces.claims import parts", "do not import each other"),
        ("claims/numeric/a.py", "from .. import prove", "numeric leg does not import"),
        ("claims/prove.py", "from .numeric import a", "symbolic leg does not import"),
        ("linalg/a.py", "from ..probability import b", "families stand in layers"),
        ("linalg/a.py", "from ..discrete import b", "families stand in layers"),
        ("networks/a.py", "def f():\n    from ..adversarial import b", "families stand in layers"),
        ("stray/a.py", "", "families stand in layers"),
        (None, "", None),
    ],
)
def test_import_contracts_see_what_breaks_them(tmp_path, file, line, broken):
    """The contracts of the book on an empty house with one import in it."""
    library = tmp_path / "lib" / "scispaces"
    for name in [*FAMILIES, "claims", "claims/numeric", "reading", *([Path(file).parts[0]] if file else [])]:
        (library / name).mkdir(parents=True, exist_ok=True)
        (library / name / "__init__.py").touch()
        for module in ("a", "b", "prove", "parts", "style"):
            (library / name / f"{module}.py").touch()
    for module in ("__init__", "_validate", "backend"):
        (library / f"{module}.py").touch()
    if file:
        (library / file).write_text(line)
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    status, output = lint_imports(tmp_path, tmp_path / "lib")
    lost = [text for text in output.splitlines() if text.endswith("BROKEN")]
    assert (status == 0) == (broken is None), output
    assert len(lost) == (broken is not None) and all(broken in text for text in lost), output


def test_every_family_is_in_every_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = {c["name"]: c for c in contracts}
    topics, engines = named["topics know neither claims nor reading"], named["claims and reading know no topic"]
    assert {f"scispaces.{name}" for name in FAMILIES} == set(engines["forbidden_modules"])
    assert {f"scispaces.{name}" for name in [*FAMILIES, "backend", "_validate"]} == set(topics["source_modules"])


def listed_files(node) -> list[str]:
    if isinstance(node, dict):
        own = [str(node["file"])] if "file" in node else []
        return own + [name for value in node.values() for name in listed_files(value)]
    return [name for value in node for name in listed_files(value)] if isinstance(node, list) else []


def test_table_of_contents_and_files_agree():
    contents = listed_files(yaml.safe_load((ROOT / "_toc.yml").read_text()))
    listed = [name.removesuffix(".ipynb") for name in contents if name.startswith("chapters/")]
    there = [path.relative_to(ROOT).with_suffix("").as_posix() for path in PATHS]
    assert sorted(listed) == sorted(there)
    order = [PARTS.index(name.split("/")[1]) for name in listed]
    assert order == sorted(order), "the parts stand in the order of the book"


def test_every_claim_a_claim_uses_is_in_the_book():
    book = records.read_book(ROOT)
    lost = [f"{claim.key} uses {name}" for claim in book.claims.values() for name in claim.record.get("uses") or []
            if book.resolve(claim.chapter, str(name)) is None]  # fmt: skip
    assert lost == []


def test_chapter_names_are_unique():
    names = [path.stem for path in PATHS]
    assert len(names) == len(set(names))


def test_citation_names_the_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == importlib.metadata.version("scispaces")
