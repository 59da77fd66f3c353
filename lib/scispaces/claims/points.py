"""What the verbs on callables share: random points, the call of a side, letters held fixed, points outside."""

from __future__ import annotations

import warnings
import zlib
from typing import Any

import numpy as np

from scispaces import rng as book_rng

from .failures import Refused
from .parts import Context, Tally
from .same_computation import Function, name_of
from .values import describe_point, describe_value, wanted

POINTS = 20
"""How many points a sampled check has at least."""


def generator(context: Context, *name: object) -> np.random.Generator:
    """A numpy generator named by the claim (moved by the book's seed shift)."""
    return book_rng(zlib.crc32("/".join(map(str, (*context.seed, *name))).encode()))


def call(f: Function, point: dict[str, Any], context: Context) -> Any:
    """The value of a side at a point; whatever it raises becomes a failed claim that names the point.

    A side is given the ingredients that it names, all of them when it takes ``**others``.
    """
    try:
        return f(**wanted(f, point))
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        raise context.fail(f"{name_of(f)} raises {text}\n  at {describe_point(point)}") from error


def refuse_single_point(points: list[dict[str, Any]], context: Context) -> None:
    """A domain whose points are all the same tests nothing."""
    if len({repr(sorted((k, describe_value(v), getattr(v, "shape", None)) for k, v in p.items())) for p in points}) < 2:
        raise context.fail("the domain has a single point", Refused)


def fixed_text(at: dict[str, Any]) -> str:
    """Displayed letters that a check holds fixed, as the beginning of its scope: "n = 64, "."""
    return "".join(f"{name} = {describe_value(v)}, " for name, v in at.items())


def fail_outside(part: Any, context: Context, tally: Tally) -> list[dict[str, Any]]:
    """Try the statement where each displayed hypothesis does not hold: it has to fail there."""
    out = []
    for text, domain in part.outside.items():
        rng = generator(context, "outside", text)
        points = domain.all_points() if domain.exhaustive else [domain.draw(rng) for _ in range(POINTS)]
        with warnings.catch_warnings(), np.errstate(all="ignore"):  # an overflow is what one finds outside
            warnings.simplefilter("ignore")
            broken = any(part.violated(p, context) for p in points)
        if not broken:
            raise context.fail(
                f"the statement holds without the hypothesis {text} too, at {len(points)} points outside: it is not "
                "necessary, or the points do not leave it",
                Refused,
            )
        tally.add("hypothesis")
        out.append({"text": text, "necessary": True})
    return out
