r"""`read` and `read_each`: the relations of one clause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .sentences import Clause, Unread
from .trees import NotRead, Relation


def read_each(latex: str, names: Mapping[str, Any]) -> tuple[list[Relation], list[Unread]]:
    """The relations of a clause, and what could not be read as (text, why). ValueError for a name that is no LaTeX."""
    try:
        return Clause(latex, names).read()
    except NotRead as no:
        return [], [(" ".join(latex.split()), str(no))]
    except RecursionError:
        return [], [(" ".join(latex.split()), "nested too deeply")]


def read(latex: str, names: Mapping[str, Any]) -> list[Relation]:
    r"""The relations of a clause, each ``(rel, left, right)``; NotRead where any of it is unreadable or ambiguous.

    Names win, the longest first. Not named, `e`, `i` and `\pi` are the constants and bound variables need no name;
    any other unnamed letter, norm or expectation is not read. Chains, lists and the lines of `aligned` become several
    relations; prose, what it governs, bracketed conditions after a space and what stands before a colon are kept as
    `conditions`. ``->`` has a `Limit` on its left, ``O`` an ``O(...)`` on its right.
    """
    relations, unread = read_each(latex, names)
    if unread:
        text, why = unread[0]
        raise NotRead(why if text in why or len(text) > 60 else f"{why} [{text}]")
    if not relations:
        raise NotRead("there is no relation")
    return relations
