"""The strict run: nbval re-executes every chapter and compares text, HTML and claim records with what is stored."""

from __future__ import annotations

import datetime
import json
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from scispaces.reading.runner import execute, notebooks, processes, stamps, warm
from scispaces.reading.runner.nbval_kernel import PLAN

SANITIZE = Path(__file__).with_name("sanitize.cfg")
# One machine can stand in for another: older instruction sets round differently in matmul, svd, expm, tanh, exp.
OTHER_CPU = {
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
}
RUNNER = "scispaces.reading.runner"  # the package first: what it spares nbformat
PLUGINS = (RUNNER, "nbval.plugin", "xdist.plugin", "pytest_timeout", f"{RUNNER}.nbval_kernel")
TURNS = 5  # in CI one chapter in five starts cold, another fifth every day


def strict(
    root: Path,
    slugs: Sequence[str] = (),
    extra: Mapping[str, str] | None = None,
    timeout: float = execute.CELL_TIMEOUT,
    *,
    only_changed: bool = False,
    cold: bool = False,
) -> int:
    """Re-execute and compare, as pytest items (one a cell). Returns pytest's exit status.

    only_changed: leave out (outside CI) what has not changed since it last passed here. cold: no warm parent.
    extra: additional environment variables, e.g. of another CPU; such a run leaves no stamp.
    """
    paths = notebooks.chapter_paths(root, slugs)
    if not paths:
        raise notebooks.BookError(f"there is no chapter yet in {root / 'chapters'}")
    keys = {path.stem: stamps.key(root, path) for path in paths} if extra is None else {}
    known = stamps.passed(root).read("strict")
    changed = [path for path in paths if known.get(path.stem) != keys.get(path.stem, "")]
    if only_changed and not stamps.in_ci() and len(changed) < len(paths):
        unchanged = len(paths) - len(changed)
        print(f"{unchanged} of {len(paths)} unchanged since they were last executed; CI=1 executes all", flush=True)
        paths = changed
    if not paths:
        return 0
    if extra is None:
        stamps.passed(root).update("strict", {path.stem: None for path in paths})  # until it has passed
    last = stamps.seconds(root).read("strict")
    # what changed first, and the longest first, so that no worker has a long one left at the end
    paths.sort(key=lambda path: (path not in changed, -last.get(path.stem, 1e9)))
    turn = cold_by_turns(root) if stamps.in_ci() and not cold else set()
    status, results = _pytest(root, paths, extra, timeout, last, turn, cold)
    if extra is None:
        cells = {path.stem: _cells(path) for path in paths}
        good = [s for s, found in results.items() if not found["failed"] and found["done"] == cells[s]]
        stamps.passed(root).update("strict", {slug: keys[slug] for slug in good})
        stamps.seconds(root).update("strict", {slug: round(found["seconds"], 1) for slug, found in results.items()})
    return status


def cold_by_turns(root: Path, day: int | None = None) -> set[str]:
    """The chapters whose kernels start cold on a day (default: today): a fifth of all, each once in five days."""
    turn = datetime.date.today().toordinal() if day is None else day
    return {path.stem for i, path in enumerate(notebooks.chapter_paths(root)) if (i + turn) % TURNS == 0}


def _pytest(
    root: Path,
    paths: Sequence[Path],
    extra: Mapping[str, str] | None,
    timeout: float,
    last: Mapping[str, float],
    turn: set[str],
    cold: bool,
) -> tuple[int, dict[str, dict[str, float]]]:
    """The run itself: pytest's exit status, and what came of each chapter that was finished."""
    jobs = min(execute.workers(), len(paths))
    env = execute.environment(root, extra)
    execute.warm_up(env)
    names = [path.relative_to(root).as_posix() for path in paths]
    expected = sum(last.get(path.stem, 0) for path in paths)
    about = f", {expected / jobs:.0f} s by the last run" if all(path.stem in last for path in paths) else ""
    kernels = "cold kernels" if cold else f"cold kernels for {', '.join(sorted(turn))}" if turn else "warm kernels"
    print(f"executing {len(paths)} chapters, {jobs} at a time, {kernels}{about}", flush=True)
    with tempfile.TemporaryDirectory() as folder, warm.Nursery(env, wanted=not cold) as nursery:
        results = Path(folder) / "results.json"
        chapters = {n: {"cells": _cells(p), "last": last.get(p.stem)} for n, p in zip(names, paths, strict=True)}
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps({"chapters": chapters, "cold": sorted(turn), "results": str(results)}))
        status = processes.call(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                *("--rootdir", str(root), "--color", "yes" if sys.stdout.isatty() else "no"),
                # what is needed is named, the rest is not loaded (PYTEST_DISABLE_PLUGIN_AUTOLOAD): a second a process
                *(f"-p{name}" for name in PLUGINS),
                *("--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(SANITIZE)),
                *("--nbval-cell-timeout", f"{timeout:g}"),
                *(("-n", str(jobs), "--dist", "loadscope", "--no-loadscope-reorder") if jobs > 1 else ()),
                *names,
            ],
            root,
            {**nursery.env, PLAN: str(plan), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        )
        found = json.loads(results.read_text()) if results.exists() else {}
    return status, {Path(name).stem: values for name, values in found.items()}


def _cells(path: Path) -> int:
    """How many items nbval makes of a notebook; 0 if it cannot be read."""
    try:
        return sum(cell["cell_type"] == "code" for cell in json.loads(path.read_bytes())["cells"])
    except (ValueError, KeyError, TypeError):
        return 0


def other_cpu() -> dict[str, str] | None:
    """The environment that makes this machine compute like an older one; None where that cannot be had."""
    return dict(OTHER_CPU) if platform.machine().lower() in ("x86_64", "amd64") else None
