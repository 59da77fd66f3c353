"""A pytest plugin beside nbval: a kernel that died is told at once, not when the time of its cell is over."""

from __future__ import annotations

import time
from queue import Empty
from typing import Any

import nbval.plugin

LOOK = 1.0  # seconds between two looks at the kernel


class WatchedKernel(nbval.plugin.RunningKernel):
    """nbval's kernel, looked after while a message is waited for."""

    def get_message(self, stream: str, timeout: float | None = None) -> Any:
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = LOOK if until is None else min(LOOK, until - time.monotonic())
            try:
                return super().get_message(stream, timeout=max(left, 0))
            except Empty:
                if until is not None and time.monotonic() >= until:
                    raise
                if not self.is_alive():
                    raise RuntimeError("the kernel died (killed, or out of memory)") from None


def pytest_configure() -> None:
    nbval.plugin.RunningKernel = WatchedKernel
