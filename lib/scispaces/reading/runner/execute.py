"""Run notebooks on fresh kernels, a few at a time, and say what each did.

The kernels see one fixed environment: one thread a library, CPU, no hash randomisation, none of the user's start-up
files. `execute_all` runs in a thread of its own, so that Ctrl-C (or SIGTERM, `processes`) ends every kernel before it
returns.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets import default
from traitlets.config import Config

from scispaces.reading.runner import notebooks, warm

CELL_TIMEOUT = 120
FIXED = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "JAX_PLATFORMS": "cpu",
    "KERAS_BACKEND": "jax",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    # every program that jax compiles is kept: most are small, and there are many
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    # two kernels may write and read one entry at once; what cannot be read is compiled, without a word on stderr
    "PYTHONWARNINGS": "ignore:Error reading persistent,ignore:Error writing persistent",
    "SCISPACES_STATIC": "1",  # explore() leaves its static control, for the page
}
# they change what a notebook computes or shows: never inherited from the shell
_NOT_INHERITED = ("SCISPACES_SEED_SHIFT", "SCISPACES_MUTANTS", "SCISPACES_TIMINGS", "PYTHONWARNINGS", "PYTHONSTARTUP",
                  "MPLBACKEND", "MATPLOTLIBRC", "JAX_ENABLE_X64", "XLA_FLAGS")  # fmt: skip


def workers() -> int:
    """How many notebooks run at once: environment variable SCISPACES_JOBS, default 2."""
    text = os.environ.get("SCISPACES_JOBS", "2")
    if not text.isdigit() or int(text) < 1:
        raise notebooks.BookError(f"SCISPACES_JOBS is a positive number of processes, got {text!r}")
    return int(text)


def environment(root: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of every kernel: the machine's own, the fixed settings, and `extra`."""
    cache = root / ".cache"
    for name in ("ipython", "matplotlib", "keras", "xla"):
        (cache / name).mkdir(parents=True, exist_ok=True)
    env = {k: v for k, v in os.environ.items() if k not in _NOT_INHERITED}
    env |= FIXED | {
        "IPYTHONDIR": str(cache / "ipython"),
        "MPLCONFIGDIR": str(cache / "matplotlib"),
        "KERAS_HOME": str(cache / "keras"),
        "JAX_COMPILATION_CACHE_DIR": str(cache / "xla"),
    }
    return env | dict(extra or {})


def warm_up(env: Mapping[str, str]) -> None:
    """Build matplotlib's font cache once, before kernels would announce it on stderr."""
    if not list(Path(env["MPLCONFIGDIR"]).glob("fontlist*.json")):
        print("building the font cache (once)", flush=True)
        subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=dict(env), check=True)


@dataclass(frozen=True)
class Failure:
    """One cell that did not do what it should: its place among all cells (from 1), its number, what happened."""

    place: int
    number: int
    source: str
    text: str

    def report(self, lines: int | None = None) -> str:
        """What is shown to the author: the cell, its first line, and what happened (in `lines` lines at most)."""
        first = next((line for line in self.source.splitlines() if line.strip()), "")
        where = f"cell {self.place} (In [{self.number}]): {first[:100]}" if self.place else "before the first cell"
        return "\n".join([f"    {where}", *("      " + line for line in self.text.splitlines()[-(lines or 0) :])])


@dataclass
class Run:
    """What executing one notebook came to. `notebook` holds the new outputs."""

    path: Path
    original: bytes = b""
    notebook: NotebookNode | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0  # of the kernel, up to its last cell
    peak_mb: float = 0.0
    failures: list[Failure] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return self.path.stem


class _ColdKernel(AsyncKernelManager):
    """A kernel of this very environment, in a process of its own."""

    @default("kernel_spec_manager")
    def _own_kernel_spec_manager(self) -> KernelSpecManager:
        return warm.OwnKernelSpec(parent=self)


class _WarmKernel(AsyncKernelManager):
    """The same, forked from the warm parent."""

    @default("kernel_spec_manager")
    def _own_kernel_spec_manager(self) -> KernelSpecManager:
        return warm.WarmKernelSpec(parent=self)


def execute_all(
    paths: Iterable[Path],
    env: Mapping[str, str],
    *,
    jobs: int | None = None,
    timeout: float = CELL_TIMEOUT,
    keep_going: bool = False,
    cold: bool = False,
    on_cell: Callable[[Run, int], None] = lambda run, place: None,
    on_done: Callable[[Run], None] = lambda run: None,
) -> list[Run]:
    """Execute each notebook on a kernel of its own, `jobs` at a time; the files are not touched.

    on_cell(run, place) after each cell and on_done(run) after each notebook are called as they happen. A notebook
    ends at its first failing cell, unless `keep_going`. Kernels fork from a warm parent, unless `cold`.
    KeyboardInterrupt leaves no kernel behind.
    """
    with (
        tempfile.TemporaryDirectory(prefix="kernels-") as sockets,
        warm.Nursery(env, wanted=not cold) as nursery,
    ):
        return _execute_all(list(paths), nursery.env, sockets, jobs, timeout, keep_going, on_cell, on_done)


def _execute_all(
    paths: list[Path],
    env: Mapping[str, str],
    sockets: str,
    jobs: int | None,
    timeout: float,
    keep_going: bool,
    on_cell: Callable[[Run, int], None],
    on_done: Callable[[Run], None],
) -> list[Run]:
    runs = [Run(path) for path in paths]
    gate = asyncio.Semaphore(jobs or workers())
    trouble: list[BaseException] = []

    async def one(run: Run) -> None:
        async with gate:
            await _execute(run, env, sockets, timeout, keep_going, on_cell)
            on_done(run)

    async def everything() -> None:
        loop.append((asyncio.get_running_loop(), asyncio.current_task()))
        async with asyncio.TaskGroup() as group:
            for run in runs:
                group.create_task(one(run))

    def work() -> None:
        try:
            asyncio.run(everything())
        except asyncio.CancelledError:
            pass
        except BaseExceptionGroup as several:
            trouble.append(several.exceptions[0])
        except BaseException as error:
            trouble.append(error)

    loop: list[tuple[asyncio.AbstractEventLoop, Any]] = []
    # nbclient installs signal handlers that know one kernel only; outside the main thread it does not
    thread = threading.Thread(target=work, name="execute notebooks")
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.2)
    except KeyboardInterrupt:
        if loop:
            loop[0][0].call_soon_threadsafe(loop[0][1].cancel)
        thread.join()
        raise
    if trouble:
        raise trouble[0]
    return runs


def failed_cells(notebook: Any) -> list[Failure]:
    """The cells of an executed notebook that left an error or a live widget, or wrote to stderr."""
    found = []
    for number, (place, cell) in enumerate(notebooks.code_cells(notebook), 1):
        errors = [o for o in cell["outputs"] if o["output_type"] == "error"]
        noise = [o["text"] for o in cell["outputs"] if o["output_type"] == "stream" and o["name"] == "stderr"]
        widgets = [o for o in cell["outputs"] if notebooks.WIDGET_MIMES & o.get("data", {}).keys()]
        if errors:
            found.append(Failure(place, number, cell["source"], _tail(errors[0])))
        elif noise:
            text = "it wrote to stderr, which names paths and differs between machines:\n" + "".join(noise)
            found.append(Failure(place, number, cell["source"], text.rstrip()))
        elif widgets:
            text = "it leaves a live widget, which is dead in a page: use explore(...), which leaves both kinds"
            found.append(Failure(place, number, cell["source"], text))
    return found


async def _execute(
    run: Run,
    env: Mapping[str, str],
    sockets: str,
    timeout: float,
    keep_going: bool,
    on_cell: Callable[[Run, int], None],
) -> None:
    started = time.perf_counter()
    at = [0]
    try:
        run.original = run.path.read_bytes()
        notebook = notebooks.read(run.path)
    except (OSError, notebooks.BookError) as error:
        run.failures = [Failure(0, 0, "", str(error))]
        return
    for _, cell in notebooks.code_cells(notebook):
        cell["outputs"] = []

    def cell_started(cell: Any, cell_index: int) -> None:
        at[0] = cell_index + 1

    def cell_executed(cell: Any, cell_index: int, execute_reply: Any) -> None:
        peak, run.cpu_seconds = _used(client)
        run.peak_mb = max(run.peak_mb, peak)
        on_cell(run, cell_index + 1)

    client = NotebookClient(
        notebook,
        kernel_manager_class=_WarmKernel if warm.SOCKET in env else _ColdKernel,
        config=Config(KernelManager=warm.connection(sockets)),
        kernel_name="python3",
        extra_arguments=["--log-level=40"],
        timeout=timeout,
        startup_timeout=120,
        allow_errors=keep_going,
        record_timing=False,
        store_widget_state=False,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(run.path.parent)}},
        on_cell_start=cell_started,
        on_cell_executed=cell_executed,
    )
    try:
        await client.async_execute(env=dict(env))
    except CellTimeoutError:
        run.failures.append(_failure(notebook, at[0], f"it ran longer than {timeout:g} s"))
    except DeadKernelError:
        run.failures.append(_failure(notebook, at[0], "the kernel died (out of memory?)"))
    except CellExecutionError:
        pass  # the cell holds the error: found below
    run.failures += failed_cells(notebook)
    run.notebook = notebook
    run.seconds = time.perf_counter() - started


def _failure(notebook: Any, place: int, text: str) -> Failure:
    for number, (at, cell) in enumerate(notebooks.code_cells(notebook), 1):
        if at == place:
            return Failure(place, number, cell["source"], text)
    return Failure(place, 0, "", text)


def _tail(error: Any, lines: int = 12) -> str:
    """The error in plain text: the last lines of the traceback (not the engine's own), and the whole message."""
    message = f"{error['ename']}: {error['evalue']}"
    if error["ename"] == "ClaimFailed":
        return message
    trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error["traceback"])).splitlines()
    before = [line for line in trace if line.strip()][-lines - len(message.splitlines()) :]
    while before and before[-1].strip() in message:  # the traceback ends with the message
        before.pop()
    return "\n".join([*before[-lines:], message])


def _used(client: NotebookClient) -> tuple[float, float]:
    """Memory of the kernel in MB (its peak where the system tells, else what it holds now), and its CPU seconds."""
    try:
        kernel = psutil.Process(client.km.provisioner.pid)  # type: ignore[union-attr]
        times = kernel.cpu_times()
        memory = kernel.memory_info().rss / 2**20
        status = Path(f"/proc/{kernel.pid}/status")
        if status.exists() and (peak := re.search(r"VmHWM:\s*(\d+)", status.read_text())):
            memory = int(peak[1]) / 1024
        return memory, times.user + times.system
    except (OSError, AttributeError, psutil.Error):
        return 0.0, 0.0
