"""`make stress`: the chapters under other seeds with every mutant, and once as another CPU would compute them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from scispaces.reading.runner import execute, notebooks, refresh
from scispaces.reading.runner import strict as strict_run

CELL_TIMEOUT = 3600  # all mutants of a cell, not twelve


def stress(root: Path, slugs: Sequence[str] = (), seeds: int = 3) -> int:
    """Execute under seed shifts 1..`seeds` (outputs not compared, nothing stored): every claim has to hold.

    Then one strict run with the instruction set of an older CPU. Returns an exit status.
    """
    if seeds < 1:
        raise notebooks.BookError(f"SEEDS is a positive number, got {seeds}")
    paths = notebooks.chapter_paths(root, slugs)
    if not paths:
        raise notebooks.BookError(f"there is no chapter yet in {root / 'chapters'}")
    tally: list[tuple[str, bool]] = []
    for shift in range(1, seeds + 1):
        print(f"seeds shifted by {shift} of {seeds}, all mutants", flush=True)
        env = execute.environment(root, {"SCISPACES_SEED_SHIFT": str(shift), "SCISPACES_MUTANTS": "all"})
        execute.warm_up(env)
        progress = refresh.Progress(root, paths, "stress")

        def done(run: execute.Run, progress: refresh.Progress = progress) -> None:
            claims = sum(1 for _ in notebooks.claim_records(run.notebook)) if run.notebook else 0
            failures = len(run.failures)
            progress.finished(run, f"{failures} cells FAILED" if failures else f"{claims} claims hold")

        runs = execute.execute_all(
            paths, env, timeout=CELL_TIMEOUT, keep_going=True, cold=True, on_cell=progress.cell, on_done=done
        )
        failed = [run for run in runs if run.failures]
        refresh.report(root, failed)
        tally.append((f"seeds shifted by {shift}", not failed))
    extra = strict_run.other_cpu()
    if extra is None:
        print("the strict run as another CPU is skipped: this machine is no x86-64")
    else:
        print("strict run as an older CPU computes", flush=True)
        tally.append(("strict, as another CPU", strict_run.strict(root, slugs, extra, timeout=600, cold=True) == 0))
    print()
    for what, held in tally:
        print(f"  {'holds ' if held else 'FAILED'}  {what}")
    sys.stdout.flush()
    return 0 if all(held for _, held in tally) else 1
