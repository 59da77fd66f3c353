"""`make refresh`: execute chapters on fresh kernels and store their outputs in normal form, all or nothing each."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from scispaces.reading.runner import execute, notebooks, stamps


class Progress:
    """A bar on a terminal, one line a chapter elsewhere, with the seconds of the last time.

    command: under what name the seconds are remembered.
    """

    def __init__(self, root: Path, paths: Sequence[Path], command: str) -> None:
        self.memory, self.command = stamps.seconds(root), command
        self.last = self.memory.read(command)
        self.chapters, self.done, self.cells = len(paths), 0, 0
        self.total = 0
        for path in paths:
            try:
                self.total += len(notebooks.read(path)["cells"])
            except (OSError, notebooks.BookError):
                pass  # told when its turn comes
        self.seen: dict[str, int] = {}
        self.over: set[str] = set()
        self.lock = threading.Lock()
        self.live = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"

    def cell(self, run: execute.Run, place: int) -> None:
        with self.lock:
            self.seen[run.slug] = place
            if self.live:
                share = sum(self.seen.values()) / max(self.total, 1)
                bar = ("█" * round(24 * share)).ljust(24, "·")
                at_work = ", ".join(f"{slug} cell {at}" for slug, at in self.seen.items() if slug not in self.over)
                print(f"\r\x1b[K{bar} {share:4.0%}  {at_work}"[:120], end="", flush=True)

    def finished(self, run: execute.Run, verdict: str) -> None:
        with self.lock:
            self.done += 1
            self.over.add(run.slug)
            if self.live:
                print("\r\x1b[K", end="")
            count = f"[{self.done:{len(str(self.chapters))}d}/{self.chapters}]"
            before = f" (last time {self.last[run.slug]:.1f} s)" if run.slug in self.last else ""
            print(f"{count} {run.slug:34s} {run.seconds:6.1f} s{before}  {verdict}", flush=True)
            if not run.failures:
                self.memory.update(self.command, {run.slug: round(run.seconds, 1)})


def refresh(root: Path, slugs: Sequence[str] = ()) -> int:
    """Re-execute the named chapters (default: all) and store their outputs. Returns an exit status.

    A chapter that fails, or that was edited meanwhile, keeps its stored notebook; the others are stored.
    """
    paths = notebooks.chapter_paths(root, slugs)
    if not paths:
        raise notebooks.BookError(f"there is no chapter yet in {root / 'chapters'}")
    jobs = execute.workers()
    env = execute.environment(root)
    execute.warm_up(env)
    what = paths[0].stem if len(paths) == 1 else f"{len(paths)} chapters, {jobs} at a time"
    print(f"executing {what}, on fresh kernels", flush=True)
    for folder in {path.parent for path in paths}:
        notebooks.remove_left_over(folder)
    progress = Progress(root, paths, "refresh")
    failed: list[execute.Run] = []

    def store(run: execute.Run) -> None:
        if not run.failures and run.notebook is not None:
            try:
                changed = notebooks.write_atomically(run.path, notebooks.normalise(run.notebook), run.original)
                return progress.finished(run, "stored" if changed else "unchanged")
            except (OSError, notebooks.BookError) as error:
                run.failures = [execute.Failure(0, 0, "", str(error))]
        failed.append(run)
        progress.finished(run, "FAILED, nothing stored")

    try:
        execute.execute_all(paths, env, jobs=jobs, keep_going=True, on_cell=progress.cell, on_done=store)
    except KeyboardInterrupt:
        print("\ninterrupted: what was being executed keeps its stored notebook", file=sys.stderr)
        return 130
    report(root, failed)
    return 1 if failed else 0


def report(root: Path, failed: Sequence[execute.Run], in_full: int = 5) -> None:
    """Name chapter, cell and error of each failure; the first ones of a chapter in full, as later ones may follow."""
    for run in failed:
        print(f"\n{run.path.relative_to(root)} failed in {len(run.failures)} cells:", file=sys.stderr)
        for number, failure in enumerate(run.failures):
            print(failure.report(None if number < in_full else 1), file=sys.stderr)
