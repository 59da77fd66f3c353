"""Rules of the whole repository: seeds, pins, commands, the direction of imports, the table of contents."""

from __future__ import annotations

import ast
import importlib.metadata
import re

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


def imports(path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_imports_point_one_way():
    """`claims` knows no topic, a topic knows no `claims` and no `reading`."""
    topics = {p.stem for p in LIBRARY.iterdir() if not p.stem.startswith("_")} - {"claims", "reading", "record"}
    for path in LIBRARY.rglob("*.py"):
        inside = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
        banned = topics if inside in ("claims", "reading") else {"claims", "reading"}
        wrong = [n for n in imports(path) if n.startswith("scispaces.") and n.split(".")[1] in banned]
        assert not wrong or inside == "__init__", f"{path.relative_to(ROOT)} imports {wrong}"


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
