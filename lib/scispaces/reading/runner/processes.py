"""Other programs as children that end with us: Ctrl-C and SIGTERM leave neither pytest nor a kernel behind."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

GRACE = 5.0  # seconds a child has to end by itself (a terminal sends Ctrl-C to it as well)


def interrupt_on_sigterm() -> None:
    """From now on SIGTERM is what Ctrl-C is: KeyboardInterrupt in the main thread."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def call(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None, stdout: Any = None) -> int:
    """Run a program and return its exit status; when this process is interrupted, everything it started ends too."""
    child = subprocess.Popen(command, cwd=cwd, env=None if env is None else dict(env), stdout=stdout)
    try:
        return child.wait()
    except BaseException:
        end_tree(child.pid)
        child.wait()
        raise


def end_tree(pid: int, grace: float = GRACE) -> None:
    """End a process and all that it started: interrupted first, killed after `grace` seconds."""
    try:
        top = psutil.Process(pid)
        tree = [top, *top.children(recursive=True)]  # listed now: orphans cannot be found later
        top.send_signal(signal.SIGINT)  # pytest shuts its workers and kernels down
        psutil.wait_procs([top], grace)
    except psutil.NoSuchProcess:
        return
    for process in tree:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass
    psutil.wait_procs(tree, grace)
