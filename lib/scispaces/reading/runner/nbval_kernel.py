"""A pytest plugin beside nbval: warm kernels, a dead one told at once, and a line for each chapter.

The strict run tells it what to expect in a JSON file (environment variable SCISPACES_STRICT_PLAN): the cells of each
notebook, how long it took the last time, which kernels start cold, and where to write what came of each.
"""

from __future__ import annotations

import json
import os
import time
from functools import partial
from pathlib import Path
from queue import Empty
from typing import Any

import nbval.kernel
import nbval.plugin
import pytest
from jupyter_client.manager import KernelManager

from scispaces.reading.runner import warm

PLAN = "SCISPACES_STRICT_PLAN"
LOOK = 1.0  # seconds between two looks at the kernel


class WatchedKernel(nbval.plugin.RunningKernel):
    """nbval's kernel, watched while a message is waited for; one that ends before any cell is started once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(*args, **kwargs)
        except RuntimeError:  # it said nothing yet, so nothing is hidden by asking again
            super().__init__(*args, **kwargs)

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


def pytest_configure(config: pytest.Config) -> None:
    plan = json.loads(Path(os.environ[PLAN]).read_text())
    folder = Path(os.environ[PLAN]).parent  # it goes when the run ends
    set_up = nbval.plugin.IPyNbFile.setup

    def setup(self: Any) -> None:
        cold = warm.SOCKET not in os.environ or self.path.stem in plan["cold"]
        nbval.kernel.NbvalKernelspecManager = warm.OwnKernelSpec if cold else warm.WarmKernelSpec
        nbval.kernel.KernelManager = partial(KernelManager, **warm.connection(folder))
        set_up(self)

    nbval.plugin.RunningKernel = WatchedKernel
    nbval.plugin.IPyNbFile.setup = setup
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Chapters(config, plan), "scispaces-chapters")


class Chapters:
    """What the reader sees of a strict run: the chapters at work on a terminal, and a line for each that is done."""

    def __init__(self, config: pytest.Config, plan: dict[str, Any]) -> None:
        self.config, self.plan = config, plan
        self.at: dict[str, dict[str, float]] = {}  # chapter -> cells done and failed, seconds
        self.finished = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        if report.when == "call" and report.outcome in ("passed", "failed") and not hasattr(report, "wasxfail"):
            # no letter a cell: the line of its chapter says it; the word is for the summary
            return report.outcome, "", "FAILED" if report.outcome == "failed" else ""
        return None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.split("::")[0]
        if name not in self.plan["chapters"]:
            return
        chapter = self.at.setdefault(name, {"done": 0, "failed": 0, "seconds": 0.0})
        chapter["seconds"] += report.duration
        if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
            chapter["done"] += 1
            chapter["failed"] += report.outcome == "failed" or hasattr(report, "wasxfail")
            if chapter["done"] == self.plan["chapters"][name]["cells"]:
                self._chapter_done(name, chapter)
            self._show()

    def _chapter_done(self, name: str, chapter: dict[str, float]) -> None:
        self.finished += 1
        last = self.plan["chapters"][name]["last"]
        before = f" (last time {last:.1f} s)" if last else ""
        verdict = f"{chapter['failed']:.0f} cells FAILED" if chapter["failed"] else "as stored"
        total = len(self.plan["chapters"])
        count = f"[{self.finished:{len(str(total))}d}/{total}]"
        self._write(f"{count} {Path(name).stem:34s} {chapter['seconds']:6.1f} s{before}  {verdict}\n")
        done = {n: c for n, c in self.at.items() if c["done"] == self.plan["chapters"][n]["cells"]}
        Path(self.plan["results"]).write_text(json.dumps(done))

    def _show(self) -> None:
        cells = {name: plan["cells"] for name, plan in self.plan["chapters"].items()}
        at_work = [f"{Path(n).stem} {c['done']:.0f}/{cells[n]}" for n, c in self.at.items() if c["done"] < cells[n]]
        if self._terminal().isatty and at_work:
            self._write("   ".join(at_work)[:100])

    def _write(self, text: str) -> None:
        terminal = self._terminal()
        terminal.write(f"\r\x1b[K{text}" if terminal.isatty else text, flush=True)

    def _terminal(self) -> Any:
        return self.config.pluginmanager.get_plugin("terminalreporter")
