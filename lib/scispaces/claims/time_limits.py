"""Time limits for proofs and for the numeric leg."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import weakref
from collections.abc import Iterator
from types import FrameType

from scispaces.record import NUMERIC_SECONDS, PROOF_SECONDS

_AGAIN = 0.05
"""The alarm repeats, in case one rings where an exception cannot be raised."""


__all__ = ["NUMERIC_SECONDS", "PROOF_SECONDS", "TimeUp", "time_limit"]


class TimeUp(BaseException):
    """A time limit ran out. Not an Exception, so that no library on the way swallows it."""


_FOREIGN = frozenset(
    {"weakref", "_weakrefset", "ipykernel", "IPython", "zmq", "traitlets", "tornado", "asyncio", "threading", "logging"}
)


def _must_not_raise(frame: FrameType | None) -> bool:
    """Whether an exception raised now would be lost, printed, or strike a block that is being left already.

    That is so in callbacks of the garbage collector and of weak references, in destructors, in the kernel's own
    machinery, and in this module. The alarm rings again a moment later.
    """
    if frame is None or frame.f_code.co_filename in (__file__, contextlib.__file__):
        return True
    if str(frame.f_globals.get("__name__", "")).partition(".")[0] in _FOREIGN:
        return True
    while frame is not None:
        code = frame.f_code
        if code.co_name == "__del__" or "gc_callback" in code.co_name or code.co_filename == weakref.__file__:
            return True
        frame = frame.f_back
    return False


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeUp` in the block after `seconds`. Limits nest: the inner one restores what is left of the outer.

    Uses SIGALRM, hence works in the main thread only (that of a notebook kernel); elsewhere no limit is set.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(signum: int, frame: FrameType | None) -> None:
        if _must_not_raise(frame):
            return
        raise TimeUp

    started = time.monotonic()
    old_handler = signal.signal(signal.SIGALRM, ring)
    left_before, _ = signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3), _AGAIN)
    if 0 < left_before < seconds:
        signal.setitimer(signal.ITIMER_REAL, left_before, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old_handler)
        if left_before:
            signal.setitimer(signal.ITIMER_REAL, max(left_before - (time.monotonic() - started), 1e-3), _AGAIN)
