"""`make book`, `make test`, `make lint`, `make lab`: the tools of others, called the way this book wants them."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from scispaces.reading.runner import execute, notebooks, processes, strict
from scispaces.reading.site import records

SITE = Path("_build/html")
# nobody is asked whether he wants news
LAB_SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def book(root: Path) -> int:
    """Build the site from the stored outputs, offline; any warning is an error. Says where to open it."""
    print("building the book from the stored outputs", flush=True)
    started = time.perf_counter()
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "-W", "--keep-going", "-q"]
    status = processes.call(command, root, execute.environment(root), stdout=subprocess.DEVNULL)
    if status == 0 and (root / SITE / "index.html").exists():
        if (root / "_static").is_dir():  # Sphinx leaves them alone when no page has changed
            shutil.copytree(root / "_static", root / SITE / "_static", dirs_exist_ok=True)
        address = (root / SITE / "index.html").as_uri()
        print(f"built in {time.perf_counter() - started:.0f} s; open {address}", flush=True)
        return 0
    # a page that was read is not read again, and would keep its warning to itself the next time
    shutil.rmtree(root / "_build" / ".doctrees", ignore_errors=True)
    print("the book was not built cleanly: each warning above is an error", file=sys.stderr, flush=True)
    return status or 1


def test(root: Path) -> int:
    """Unit and property tests, chapters strictly, the site in a browser; one pytest summary each."""
    jobs = str(execute.workers())
    unit = "not site and not lab"
    if not os.environ.get("CI"):  # faults planted in the engine, a process each
        unit += " and not slow"
        print("tests marked slow are left out; CI=1 runs them too", flush=True)
    steps = [
        ("library and structure", lambda: _pytest(root, "-m", unit, "-n", jobs)),
        ("chapters, strictly", lambda: strict.strict(root, only_changed=True)),
        ("book", lambda: book(root)),
        ("site in a browser", lambda: _pytest(root, "-m", "site or lab", "-n", jobs, "--dist", "loadgroup")),
    ]
    rows = []
    for name, step in steps:
        print(f"\n=== {name} ===", flush=True)
        started = time.perf_counter()
        try:
            status = step()
        except notebooks.BookError as error:
            print(error, file=sys.stderr, flush=True)
            status = 2
        rows.append((name, status, time.perf_counter() - started))
    print("\n=== make test ===")
    for name, status, seconds in rows:
        print(f"  {'passed' if status == 0 else 'FAILED'}  {name:24s} {seconds:6.0f} s")
    sys.stdout.flush()
    return 0 if all(status == 0 for _, status, _ in rows) else 1


def lint(root: Path) -> int:
    """ruff over library, tests and chapters; the rule on seeds; import contracts and types of the library."""
    from scispaces.reading.runner import seeds

    folders = [name for name in ("lib", "tests", "chapters", "benchmarks") if (root / name).is_dir()]
    statuses = [_call(root, "ruff", "check", *folders)]
    faults = seeds.check(root)
    for fault in faults:
        print(fault)
    print(f"seeds: {len(faults)} faults")
    statuses.append(1 if faults else 0)
    contracts = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]
    statuses.append(subprocess.call([*contracts, "--cache-dir", ".cache/import-linter"], cwd=root))
    statuses.append(_call(root, "mypy"))
    return max(statuses)


def lab(root: Path) -> int:
    """JupyterLab on the chapters: trusted (else the controls are stripped), kernel ready, nothing asked of the network.

    Options after `make lab LAB_ARGS="--no-browser --port 8899"` are passed on.
    """
    paths = notebooks.chapter_paths(root)
    env = execute.environment(root)
    env.pop("SCISPACES_STATIC")  # here a kernel answers: explore() is live
    execute.warm_up(env)
    if paths:
        trust = [sys.executable, "-m", "jupyter_core", "trust", *map(str, paths)]
        subprocess.run(trust, env=env, check=True, stdout=subprocess.DEVNULL)
    print(f"{len(paths)} chapters trusted; starting JupyterLab (Ctrl-C ends it)")
    print("a chapter saved after it was run differs from its stored form; `make refresh CHAPTER=slug` restores it")
    sys.stdout.flush()
    options = [*lab_options(root), *shlex.split(os.environ.get("LAB_ARGS", ""))]
    os.chdir(root)
    os.execve(sys.executable, [sys.executable, "-m", "jupyterlab", *options], env)  # Ctrl-C is Lab's own


def lab_options(root: Path) -> list[str]:
    """How JupyterLab is started here: at the first chapter of the table of contents, without questions about news."""
    first = next(iter(records.read_book(root).paths), None) if (root / "_toc.yml").exists() else None
    settings = root / ".cache" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(LAB_SETTINGS))
    return [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{first.relative_to(root).as_posix() if first else ''}",
        f"--LabApp.app_settings_dir={settings}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]


def _pytest(root: Path, *options: str) -> int:
    colour = "yes" if sys.stdout.isatty() else "no"
    env = execute.environment(root)
    env.pop("SCISPACES_STATIC")
    # the runner's package is named first, for what it spares nbformat in every worker
    command = [sys.executable, "-m", "pytest", "-q", "-p", "scispaces.reading.runner"]
    return processes.call([*command, "--color", colour, *options], root, env)


def _call(root: Path, module: str, *arguments: str) -> int:
    return processes.call([sys.executable, "-m", module, *arguments], root)


