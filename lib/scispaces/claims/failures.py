"""What a failing claim raises."""

from __future__ import annotations

__all__ = ["ClaimFailed", "Refused"]


class ClaimFailed(AssertionError):
    """A claim does not hold, or its check is refused because it could not fail.

    The message names the claim, what was tried and, where there is one, the smallest concrete counterexample.
    """


class Refused(ClaimFailed):
    """The check itself is defective: it could not fail, whatever the statement."""
