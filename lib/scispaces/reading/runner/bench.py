"""`make bench`: what each chapter costs from a cold kernel on one core, which proofs are slow, how topics compare."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scispaces.reading.runner import execute, notebooks, refresh
from scispaces.reading.runner.suite import SITE

PROOF_LIMIT = 20.0  # seconds a symbolic proof may take; more than a quarter of it is reported
SECONDS, MEGABYTES, PAGE_BYTES = 30.0, 1000.0, 1_500_000


@dataclass(frozen=True)
class Timing:
    """How long one part of one claim took."""

    chapter: str
    id: str
    part: str
    seconds: float


def bench(root: Path, slugs: Sequence[str] = ()) -> int:
    """Print the tables; exit status 1 if a chapter fails or is beyond a limit."""
    paths = notebooks.chapter_paths(root, slugs)
    if not paths:
        raise notebooks.BookError(f"there is no chapter yet in {root / 'chapters'}")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "timings.jsonl"
        env = execute.environment(root, {"SCISPACES_TIMINGS": str(log)})
        execute.warm_up(env)
        print(f"executing {len(paths)} chapters one after the other, each on a cold kernel and one core", flush=True)
        progress = refresh.Progress(root, paths, "bench")
        with _one_core():
            runs = execute.execute_all(
                paths,
                env,
                jobs=1,
                cold=True,
                on_cell=progress.cell,
                on_done=lambda run: progress.finished(run, "FAILED" if run.failures else f"{run.peak_mb:.0f} MB"),
            )
        timings = read_timings(log.read_text().splitlines() if log.exists() else [])
    refresh.report(root, [run for run in runs if run.failures])
    faults = _chapters(root, runs)
    _claims(timings)
    _topics(root)
    return 1 if faults or any(run.failures for run in runs) else 0


def read_timings(lines: Iterable[str]) -> list[Timing]:
    """The log the claims engine writes, slowest first."""
    rows = [json.loads(line) for line in lines if line.strip()]
    made = [Timing(row["chapter"], row["id"], str(row["part"]), float(row["seconds"])) for row in rows]
    return sorted(made, key=lambda t: -t.seconds)


def page_bytes(root: Path, path: Path) -> int | None:
    """The built page of a chapter with the images it shows, without the assets all pages share; None if not built."""
    page = (root / SITE / path.relative_to(root)).with_suffix(".html")
    if not page.exists():
        return None
    text = page.read_text()
    images = {(page.parent / src).resolve() for src in re.findall(r'(?:src|href)="([^"]*_images/[^"?#]+)"', text)}
    return page.stat().st_size + sum(image.stat().st_size for image in images if image.exists())


def _chapters(root: Path, runs: Sequence[execute.Run]) -> list[str]:
    faults = []
    print(f"\n{'chapter':34s} {'seconds':>8s} {'CPU s':>8s} {'peak MB':>8s} {'claims':>7s} {'page kB':>8s}")
    for run in runs:
        size = page_bytes(root, run.path)
        claims = sum(1 for _ in notebooks.claim_records(run.notebook)) if run.notebook else 0
        page = f"{size / 1000:8.0f}" if size else f"{'-':>8s}"
        over = [
            what
            for what, bad in (
                (f"over {SECONDS:.0f} s", run.cpu_seconds > SECONDS),  # a busy machine is not the chapter's fault
                (f"over {MEGABYTES:.0f} MB", run.peak_mb > MEGABYTES),
                (f"page over {PAGE_BYTES / 1e6:.1f} MB", (size or 0) > PAGE_BYTES),
            )
            if bad
        ]
        faults += over
        cost = f"{run.seconds:8.1f} {run.cpu_seconds:8.1f} {run.peak_mb:8.0f}"
        print(f"{run.slug:34s} {cost} {claims:7d} {page}  {', '.join(over)}".rstrip())
    costs = [(run.seconds, run.cpu_seconds, run.peak_mb) for run in runs]
    middle = [statistics.median(values) for values in zip(*costs, strict=True)]
    print(f"{'median':34s} {middle[0]:8.1f} {middle[1]:8.1f} {middle[2]:8.0f}")
    return faults


def _claims(timings: Sequence[Timing], shown: int = 10) -> None:
    if not timings:
        print("\nno timings of single claims were written")
        return
    slow = [t for t in timings if t.seconds > PROOF_LIMIT / 4]
    print(f"\n{len(slow)} parts of claims took more than a quarter of the limit of {PROOF_LIMIT:.0f} s; the slowest:")
    for timing in timings[: max(shown, len(slow))]:
        print(f"  {timing.seconds:6.1f} s  {timing.chapter:30s} {timing.id} ({timing.part})")


def _topics(root: Path) -> None:
    """Each benchmarks/*.py prints a table of its own: speed and accuracy of a topic against its peers."""
    for script in sorted((root / "benchmarks").glob("*.py")):
        print(f"\n{script.stem.replace('_', ' ')}", flush=True)
        subprocess.run([sys.executable, str(script)], cwd=root, env=execute.environment(root), check=False)


def best_time(run: Callable[[], object], rounds: int = 5) -> float:
    """Seconds of the fastest of several calls (for the scripts in benchmarks/)."""
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print aligned columns; numbers to three digits."""
    cells = [list(head)] + [[f"{v:.3g}" if isinstance(v, float) else str(v) for v in row] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    for line in cells:
        print("  " + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


class _one_core:
    """Inside, this process and the kernels it starts run on one core (where the system can be told so)."""

    def __enter__(self) -> None:
        self.cores = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else set()
        if self.cores:
            os.sched_setaffinity(0, {min(self.cores)})

    def __exit__(self, *_: object) -> None:
        if self.cores:
            os.sched_setaffinity(0, self.cores)
