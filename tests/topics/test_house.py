"""Rules of the house: what a name means, where a module stands, and that everything public is used."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from pathlib import Path

from scispaces.linalg.random_matrices import weight_variance
from scispaces.networks.dimension_means import dimension_mean

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "lib" / "scispaces"
ENGINES = {"claims", "reading"}
FAMILIES = sorted(p.name for p in LIBRARY.iterdir() if p.is_dir() and p.name not in ENGINES | {"__pycache__"})
MODULES = {
    path.relative_to(LIBRARY).with_suffix("").as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for family in FAMILIES
    for path in sorted((LIBRARY / family).rglob("*.py"))
    if path.stem != "__init__"
}


def exported(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    return None


EXPORTS = {name: exported(tree) for name, tree in MODULES.items()}


def test_every_module_says_what_is_public():
    assert [name for name, names in EXPORTS.items() if names is None] == []
    for name, tree in MODULES.items():
        bound = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            bound |= {t.id for t in targets if isinstance(t, ast.Name)}
        assert set(EXPORTS[name]) <= bound, f"{name} exports names of other modules"
        assert len(set(EXPORTS[name])) == len(EXPORTS[name]), name


def test_a_public_name_exists_once():
    homes = defaultdict(list)
    for module, names in EXPORTS.items():
        for name in names:
            homes[name].append(module)
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


def test_fan_in_means_the_number_of_inputs():
    inputs, outputs = 3, 5  # y = W x with W of shape (5, 3)
    assert weight_variance(outputs, inputs, "fan_in") == 1 / dimension_mean(inputs, outputs, "fan_in") == 1 / 3
    assert weight_variance(outputs, inputs, "fan_out") == 1 / dimension_mean(inputs, outputs, "fan_out") == 1 / 5


def test_no_module_stands_loose():
    loose = {p.stem for p in LIBRARY.glob("*.py")}
    assert loose <= {"__init__", "_validate", "backend", "record"}
    for family in FAMILIES:
        assert (LIBRARY / family / "__init__.py").exists(), family
        assert ast.get_docstring(ast.parse((LIBRARY / family / "__init__.py").read_text(encoding="utf-8"))), family
        assert not [p for p in (LIBRARY / family).iterdir() if p.is_dir() and p.name != "__pycache__"], family


def test_at_most_twenty_modules_a_family():
    assert {f: n for f in FAMILIES if (n := len([m for m in MODULES if m.startswith(f"{f}/")])) > 20} == {}


def test_modules_are_named_after_concepts():
    """Not after a chapter (gradient flow is a concept, and a chapter), and not after the way they are used."""
    chapters = {p.stem.replace("-", "_") for p in (ROOT / "chapters").rglob("*.ipynb")} - {"gradient_flow"}
    for module in MODULES:
        stem = module.split("/")[1]
        assert stem not in chapters and not stem.endswith(("_examples", "_training", "_search", "_helpers")), module


def names_in(tree: ast.AST) -> set[str]:
    """Every name that is read, imported or looked up as an attribute."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
    return found


def cells(path: Path) -> ast.Module:
    """The code of a notebook; lines that only IPython reads are left out."""
    sources = ["".join(c["source"]) for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    lines = [line for source in sources for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    return ast.parse("\n".join(lines))


def test_every_public_name_is_used():
    """By a chapter, a bench or a module of the library: its own one, if it is used outside of its own definition.

    A name read in the annotations of its own module counts, and imports in a chapter do not: they have to be followed
    by a use. Tests do not count.
    """
    used = set()
    for path in [*(ROOT / "chapters").rglob("*.ipynb"), *(ROOT / "benchmarks").rglob("*.py")]:
        tree = cells(path) if path.suffix == ".ipynb" else ast.parse(path.read_text(encoding="utf-8"))
        used |= names_in(ast.Module([n for n in tree.body if not isinstance(n, ast.ImportFrom | ast.Import)], []))
    for tree in MODULES.values():
        for node in tree.body:
            if not isinstance(node, ast.ImportFrom | ast.Import):
                used |= names_in(node) - {getattr(node, "name", None)}
    unused = {f"{module}: {name}" for module, names in EXPORTS.items() for name in names if name not in used}
    assert unused == set()
