"""What every verb shares: the part of a claim, its record, and the book-keeping of mutants."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scispaces.record import BARE, MUTANT_KINDS

from .failures import ClaimFailed

if TYPE_CHECKING:
    from .stated import Stated


@dataclass
class Context:
    """What a part knows of its claim: the id (it seeds the samples) and the records of the chapter so far."""

    id: str
    chapter: str
    part: int = 0
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    parts: int = 1
    equations: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def mutant_limit(self) -> int | None:
        """How many automatic and ingredient mutants this part runs: its share of 12 a claim, at least 3.

        All (None) with SCISPACES_MUTANTS=all.
        """
        return None if os.environ.get("SCISPACES_MUTANTS") == "all" else max(3, 12 // self.parts)

    @property
    def mutant_proofs(self) -> int:
        """How many mutants the prover itself has to reject: two a claim, the first parts' share."""
        return 2 if self.parts == 1 else int(self.part < 2)

    @property
    def seed(self) -> tuple[str, str, int]:
        return (self.chapter, self.id, self.part)

    def fail(self, reason: str, error: type[ClaimFailed] = ClaimFailed) -> ClaimFailed:
        return error(f"claim {self.id!r}: {reason}")


@dataclass
class Tally:
    """Mutants made and killed by kind; a survivor fails the claim at once, so the two differ in no stored record."""

    made: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MUTANT_KINDS, 0))
    killed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MUTANT_KINDS, 0))

    def add(self, kind: str, killed: bool = True) -> None:
        self.made[kind] += 1
        self.killed[kind] += bool(killed)

    def record(self) -> dict[str, dict[str, int]]:
        return {k: {"made": self.made[k], "killed": self.killed[k]} for k in MUTANT_KINDS if self.made[k]}

    @property
    def total(self) -> int:
        return sum(self.made.values())


@dataclass
class Outcome:
    """What a part leaves: its verdict and scope, what was checked, the evidence, the mutants and the hypotheses."""

    kind: str
    verdict: str
    scope: str
    checked: str
    evidence: dict[str, Any]
    mutants: Tally
    hypotheses: list[dict[str, Any]] = field(default_factory=list)
    certified: bool = False
    resolution: list[dict[str, str]] = field(default_factory=list)
    clause: str = BARE
    corroborates: bool = False

    def record(self) -> dict[str, Any]:
        points = self.evidence.get("points")
        return {
            "clause": self.clause,
            "kind": self.kind,
            "checked": self.checked,
            "verdict": self.verdict,
            "scope": self.scope,
            "corroborates": self.corroborates,
            "certified": self.certified or (bool(points) and self.evidence.get("certified") == points),
            "evidence": self.evidence,
            "resolution": self.resolution,
            "mutants": self.mutants.record(),
        }


class Part:
    """A statement with the way it is checked. The verbs make parts; a claim runs them."""

    kind = "part"
    clause = BARE
    corroborates = False

    def run(self, context: Context) -> Outcome:
        raise NotImplementedError

    def stated(self, context: Context) -> list[Stated]:
        """What the part states, relation by relation, for the display to be held against; after `run`."""
        return []

    def __repr__(self) -> str:
        return f"<{self.kind} to be checked by claim(id, ...)>"


def also(part: Part) -> Part:
    """A part that only corroborates its clause: it has to hold, is attacked and shown, and never weakens the verdict.

    A clause needs a part of its own beside it.
    """
    if not isinstance(part, Part):
        raise ValueError(f"also() takes a part, got {type(part).__name__}")
    part.corroborates = True
    return part
