"""The strict run: nbval re-executes every chapter and compares text, HTML and claim records with what is stored."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from scispaces.reading.runner import execute, notebooks, processes

SANITIZE = Path(__file__).with_name("sanitize.cfg")
# One machine can stand in for another: older instruction sets round differently in matmul, svd, expm, tanh, exp.
OTHER_CPU = {
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
}


def strict(
    root: Path,
    slugs: Sequence[str] = (),
    extra: Mapping[str, str] | None = None,
    timeout: float = execute.CELL_TIMEOUT,
) -> int:
    """Re-execute and compare, as pytest items (one a cell). Returns pytest's exit status."""
    paths = notebooks.chapter_paths(root, slugs)
    if not paths:
        raise notebooks.BookError(f"there is no chapter yet in {root / 'chapters'}")
    jobs = min(execute.workers(), len(paths))
    env = execute.environment(root, extra)
    execute.warm_up(env)
    return processes.call(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("--rootdir", str(root), "--color", "yes" if sys.stdout.isatty() else "no"),
            *("-p", "scispaces.reading.runner.nbval_kernel"),
            *("--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(SANITIZE)),
            *("--nbval-cell-timeout", f"{timeout:g}"),
            *(("-n", str(jobs), "--dist", "loadscope") if jobs > 1 else ()),
            *(str(path.relative_to(root)) for path in paths),
        ],
        cwd=root,
        env=env,
    )


def other_cpu() -> dict[str, str] | None:
    """The environment that makes this machine compute like an older one; None where that cannot be had."""
    return dict(OTHER_CPU) if platform.machine().lower() in ("x86_64", "amd64") else None
