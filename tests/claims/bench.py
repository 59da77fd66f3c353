"""A chapter without a notebook, to run claims in, and the entries of the corpora."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from scispaces.claims import Chapter

ID = "the-claim"
PREMISE = "the-premise"


class Case(NamedTuple):
    """A named statement: `make` builds the part or parts, `verdict` is what it should earn.

    Of a false statement the verdict is "counterexample" where the failure has to show one, else "false".
    `premise` builds the claim PREMISE, which is checked before.
    """

    name: str
    verdict: str
    make: Callable[[], Any]
    scope: str | None = None
    premise: Callable[[], Any] | None = None

    def __repr__(self) -> str:
        return self.name


def chapter(*ids: str) -> Chapter:
    """A chapter whose equations carry these ids (and ID and PREMISE)."""
    return Chapter("bench", statements={i: rf"\text{{{i}}}" for i in (ID, PREMISE, *ids)})


def run(make: Any, claim_id: str = ID, premise: Any = None, **options: Any) -> dict[str, Any]:
    """The record of a claim with the parts that `make` gives (parts, or a function without arguments)."""
    claim = chapter(claim_id)
    for name, builder in ((PREMISE, premise), (claim_id, make)):
        if builder is not None:
            parts = builder() if callable(builder) else builder
            record = claim(name, *(parts if isinstance(parts, tuple) else (parts,)), **options).data
    return record


def distinct(cases: list[Case]) -> list[Case]:
    """The cases; a name used twice is an error."""
    names = [e.name for e in cases]
    assert len(set(names)) == len(names), sorted(n for n in names if names.count(n) > 1)
    return cases
