"""Rules of the house: what a name means, where a module stands, and that everything public is used."""

from __future__ import annotations

import ast
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
