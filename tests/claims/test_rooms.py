"""The rooms of the engine: private names stay at home, a verb has the file of its name, walkers know every node."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import scispaces
from scispaces import claims
from scispaces.claims import arrays, enclosures, explicit, free_algebra, mutate, numeric, truncated_series
from scispaces.claims import nodes as N
from scispaces.claims.instances import Ingredients

LIBRARY = Path(scispaces.__file__).parent
MODULES = sorted(LIBRARY.rglob("*.py"))
VERBS = ("agrees", "bound", "estimate", "follows", "identity", "limit", "refute", "series")


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_defined_in_the_file_of_its_name(verb):
    assert getattr(claims, verb).__module__ == f"scispaces.claims.{verb}"


def a_module(package: str, name: str) -> bool:
    """A private module may be imported by name: it is a room of its own package."""
    return (LIBRARY / Path(*package.split(".")[1:]) / f"{name}.py").exists()


def private_uses(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules, found = set(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            own = node.level or (node.module or "").startswith("scispaces")
            for alias in node.names:
                private = alias.name.startswith("_") and not alias.name.startswith("__")
                if own and private and node.module is not None and not a_module(node.module, alias.name):
                    found.append(f"{path.relative_to(LIBRARY)}: from {node.module} import {alias.name}")
                if own:
                    modules.add(alias.asname or alias.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            if node.attr.startswith("_") and not node.attr.startswith("__"):
                found.append(f"{path.relative_to(LIBRARY)}: {node.value.id}.{node.attr}")
    return found


def test_private_names_are_not_used_across_modules():
    found = [use for path in MODULES for use in private_uses(path)]
    assert found == []


NODES = sorted(
    (c for c in vars(N).values() if isinstance(c, type) and issubclass(c, N.Node) and not c.__name__.startswith("_")),
    key=lambda c: c.__name__,
)
NODES.remove(N.Node)


def test_the_nodes_are_those_we_know():
    assert {c.__name__ for c in NODES} == {
        "Adj", "Const", "Cos", "D", "Det", "Entry", "Exp", "Expect", "Log", "MFun", "Sin", "T", "Tr",
    }  # fmt: skip


A = N.matrices("A")
t, x = sp.symbols("t x", positive=True)
z = N.matrices("z")
SAMPLES = {
    N.Adj: N.Adj(A),
    N.Const: N.Const([[1, x], [0, 2]]),
    N.Cos: N.Cos(t * A),
    N.D: N.D(N.Det(1 + t * A), t),
    N.Det: N.Det(1 + t * A),
    N.Entry: N.Entry(A, 1, 2),
    N.Exp: N.Exp(t * A),
    N.Expect: N.Expect(N.Tr(N.T(z) * z), N.iid(z)),
    N.Log: N.Log(1 + t * A),
    N.MFun: N.mfun("M", t),
    N.Sin: N.Sin(t * A),
    N.T: N.T(A),
    N.Tr: N.Tr(A * A),
}


def instance(tree):
    return Ingredients((tree,), sizes=[{"size": 2, z: (2, 1)}]).instances(1, "rooms")[0]


def by_explicit(tree):
    env = {A: explicit.generic("a", (2, 2)), z: explicit.generic("z", (2, 1)), "size": 2}
    return explicit.settle(explicit.explicit(tree, env))


def by_series(tree):
    env = {A: explicit.generic("a", (2, 2)), z: explicit.generic("z", (2, 1)), "size": 2}
    return truncated_series.Expander(t, env)(tree, 3)


def by_arrays(tree):
    return arrays.value(tree, {"A": np.array([[1.0, 2.0], [3.0, 5.0]]), "t": 0.1, "x": 2.0})


WALKERS = {  # what walks a tree, and how it refuses what it has no rule for
    "explicit": (by_explicit, explicit.CannotEvaluate),
    "numeric": (lambda tree: numeric.value(tree, instance(tree), 20), numeric.Undefined),
    "truncated series": (by_series, explicit.CannotEvaluate),
    "free algebra": (free_algebra.evaluate_free, explicit.CannotEvaluate),
    "mutants": (lambda tree: next(mutate.mutants(tree, "rooms")), ()),
    "enclosures": (
        lambda tree: enclosures.compiled(tree)(enclosures.point_of(instance(tree))), enclosures.NotCertified
    ),
    "arrays": (by_arrays, arrays.NoValue),
    "text": (N.show, ()),
    "canonical form": (N.canonical, ()),
    "undisguised": (N.undisguised, ()),
}  # fmt: skip


@pytest.mark.parametrize("walker", WALKERS)
@pytest.mark.parametrize("node", NODES, ids=lambda c: c.__name__)
def test_every_walker_has_a_rule_for_every_node_or_refuses_it(walker, node):
    walk, refusal = WALKERS[walker]
    try:
        assert walk(SAMPLES[node]) is not None
    except refusal as refused:
        assert str(refused).strip()
