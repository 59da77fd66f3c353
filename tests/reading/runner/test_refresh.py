"""`refresh`, `strict` and `stress` on small books: what is stored, what is refused, what an interruption leaves."""

from __future__ import annotations

import json
import os
import re
import signal
import time

import psutil
import pytest

from reading.runner.shelf import Shelf

OWN = {"SCISPACES_NURSERY": ""}  # not the warm parent that these tests share
PLOT = """import matplotlib.pyplot as plt
fig, ax = plt.subplots(figsize=(1, 1))
ax.plot([0, 1])
plt.show()"""


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


def test_outputs_are_stored_and_a_second_run_changes_no_byte(shelf):
    path = shelf.add("alpha", "# Title", "import os\nprint('a')\nprint('b')", PLOT, "", "sorted(os.environ)[:0], 1 / 4")
    status, text = shelf.run("refresh")
    first = path.read_bytes()
    assert status == 0 and re.search(r"\[1/1\] alpha +\d+\.\d s  stored", text)
    assert shelf.outputs("alpha")[0][0]["text"] == ["a\n", "b\n"]
    assert shelf.outputs("alpha")[2][0]["data"]["text/plain"] == ["([], 0.25)"]
    image = json.dumps(shelf.outputs("alpha")[1])
    assert "image/png" in image and "tEXt" not in image
    status, text = shelf.run("refresh", "alpha")
    assert status == 0 and "unchanged" in text and path.read_bytes() == first


def test_kernels_get_the_fixed_environment_and_nothing_of_the_shell(shelf):
    names = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "PYTHONHASHSEED", "JAX_PLATFORMS", "SCISPACES_STATIC",
             "SCISPACES_SEED_SHIFT", "SCISPACES_MUTANTS"]  # fmt: skip
    own = "import sys\nsys.executable == sys.prefix + '/bin/python'"
    shelf.add("alpha", f"import os\n[os.environ.get(n) for n in {names}]", own)
    status, text = shelf.run("refresh", SCISPACES_SEED_SHIFT="5", SCISPACES_MUTANTS="all", OMP_NUM_THREADS="8")
    assert status == 0, text
    shown = "".join(shelf.outputs("alpha")[0][0]["data"]["text/plain"])
    assert shown == "['1', '1', '0', 'cpu', '1', None, None]"
    assert shelf.outputs("alpha")[1][0]["data"]["text/plain"] == ["True"]


def test_a_failing_chapter_keeps_its_file_and_the_others_are_stored(shelf):
    bad = shelf.add("bad", "# Title", "x = 0", "# why\ny = 1 / x", "print('never')")
    good = shelf.add("good", "print('fine')")
    before = bad.read_bytes()
    status, text = shelf.run("refresh")
    assert status == 1 and bad.read_bytes() == before and "fine" in good.read_text()
    assert "chapters/mathematics/bad.ipynb failed in 1 cells" in text
    assert "cell 3 (In [2]): # why" in text and "ZeroDivisionError: division by zero" in text
    assert not [p.name for p in shelf.folder.iterdir() if p.suffix != ".ipynb"]


def test_every_failing_cell_is_named_at_once(shelf):
    claim = "class ClaimFailed(Exception): pass\nraise ClaimFailed('claim x:\\n  left 1, right 2')"
    shelf.add("alpha", claim, "x = 1", *(f"int('no {i}')" for i in range(6)))
    status, text = shelf.run("refresh")
    assert status == 1 and "failed in 7 cells" in text
    assert [f"cell {i} (In [{i}])" in text for i in range(1, 9)] == [True, False] + 6 * [True]
    assert "ClaimFailed: claim x:\n        left 1, right 2" in text and "----> 2 raise" not in text, "the claim speaks"
    assert text.count("Traceback") == 4 and text.count("ValueError: invalid literal") >= 6, "the later ones in a line"


@pytest.mark.parametrize(
    ("cell", "told"),
    [("import sys\nprint('careful', file=sys.stderr)", "it wrote to stderr"),
     ("import ipywidgets\nipywidgets.IntSlider()", "live widget"),
     ("import os\nos._exit(1)", "the kernel died")],
)  # fmt: skip
def test_what_no_page_can_show_is_refused(shelf, cell, told):
    path = shelf.add("alpha", "x = 1", cell)
    before = path.read_bytes()
    status, text = shelf.run("refresh")
    assert status == 1 and "cell 2 (In [2])" in text and told in text and path.read_bytes() == before


def test_a_chapter_edited_while_it_runs_is_left_alone(shelf):
    path = shelf.add("alpha", f"open({str(shelf.folder / 'alpha.ipynb')!r}, 'a').write('\\n')")
    status, text = shelf.run("refresh")
    assert status == 1 and "edited while it ran" in text and path.read_text().endswith("\n")


def test_unknown_chapter(shelf):
    shelf.add("det-exp-trace", "1")
    assert shelf.run("refresh", "det-exp-trcae") == (
        2,
        "refresh: no chapter is called 'det-exp-trcae'; nearest: det-exp-trace\n",
    )


def test_no_chapter_yet(shelf):
    status, text = shelf.run("refresh")
    assert status == 2 and "there is no chapter yet" in text


def test_a_cell_that_hangs_ends_at_the_time_limit(shelf):
    from scispaces.reading.runner import execute

    path = shelf.add("alpha", "import time\ntime.sleep(60)")
    (run,) = execute.execute_all([path], execute.environment(shelf.root), timeout=1)
    assert [f.text for f in run.failures] == ["it ran longer than 1 s"] and run.failures[0].place == 1


def wait_for(condition, process):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("how", "cold"), [(signal.SIGINT, "1"), (signal.SIGINT, ""), (signal.SIGTERM, ""), (signal.SIGKILL, "")]
)
def test_an_interrupted_run_leaves_notebooks_and_no_kernel(shelf, how, cold):
    flag = shelf.root / "running"
    cell = f"import pathlib, time\npathlib.Path({str(flag)!r} + SUFFIX).touch()\ntime.sleep(120)"
    paths = [shelf.add(slug, f"SUFFIX = {slug!r}", cell) for slug in ("alpha", "beta")]
    before = [p.read_bytes() for p in paths]
    process = shelf.start("refresh", SCISPACES_COLD=cold, **OWN)
    wait_for(lambda: len(list(shelf.root.glob("running*"))) == 2, process)
    kernels = psutil.Process(process.pid).children(recursive=True)
    assert len(kernels) >= 2
    process.send_signal(how)
    text, _ = process.communicate(timeout=30)
    assert process.returncode == (130 if how != signal.SIGKILL else -9)
    if how != signal.SIGKILL:
        assert "keeps its stored notebook" in text and "Traceback" not in text
    _, alive = psutil.wait_procs(kernels, timeout=20)
    assert not alive
    assert [p.read_bytes() for p in paths] == before
    assert [p.name for p in shelf.folder.iterdir() if p.suffix != ".ipynb"] == []


def test_strict_catches_a_changed_number_and_names_its_place(shelf):
    html = "from IPython.display import HTML\nHTML('<p>k = 4</p><img alt=\"a\" src=\"data:image/webp;base64,AAAA\">')"
    record = "display({'application/vnd.scispaces.claim+json': {'id': 'a', 'n': 3}, 'text/plain': 'a'}, raw=True)"
    path = shelf.add("alpha", "x = 0.5", "print('value', x)", html, record, "2 * x")
    shelf.add("beta", "1")
    assert shelf.run("refresh")[0] == 0
    notebook = json.loads(path.read_text())
    printed, shown, recorded = (notebook["cells"][i]["outputs"][0] for i in (1, 2, 3))
    shown["data"]["text/html"] = [line.replace("AAAA", "BBBB") for line in shown["data"]["text/html"]]
    path.write_text(json.dumps(notebook))
    status, text = shelf.run("strict")
    assert status == 0 and "6 passed" in text, "image data is not compared"
    printed["text"] = ["value 0.6\n"]
    shown["data"]["text/html"] = [line.replace("k = 4", "k = 5") for line in shown["data"]["text/html"]]
    recorded["data"]["application/vnd.scispaces.claim+json"]["n"] = 4
    path.write_text(json.dumps(notebook))
    status, text = shelf.run("strict")
    assert status == 1 and "3 failed, 3 passed" in text
    for number in (1, 2, 3):
        assert f"FAILED chapters/mathematics/alpha.ipynb::Cell {number}" in text


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_strict_run_leaves_no_process(shelf, how):
    flag = shelf.root / "running"
    for slug in ("alpha", "beta"):
        shelf.add(slug, f"import pathlib, time\npathlib.Path({str(flag)!r} + {slug!r}).touch()\ntime.sleep(120)")
    process = shelf.start("strict", **OWN)
    wait_for(lambda: len(list(shelf.root.glob("running*"))) == 2, process)
    started = psutil.Process(process.pid).children(recursive=True)
    assert len(started) >= 6, "pytest, two workers, the warm parent, two kernels"
    process.send_signal(how)
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 130 and text.rstrip().endswith("strict: interrupted")
    assert psutil.wait_procs(started, timeout=5)[1] == []


def test_strict_tells_at_once_that_a_kernel_was_killed(shelf):
    path = shelf.add("alpha", "import os\nos.environ.get('DOOM')", "import os, signal, time\ntime.sleep(0)", "1 + 1")
    assert shelf.run("refresh")[0] == 0
    path.write_text(path.read_text().replace("time.sleep(0)", "os.kill(os.getpid(), signal.SIGKILL); time.sleep(120)"))
    started = time.monotonic()
    status, text = shelf.run("strict")
    assert status == 1 and "the kernel died" in text and "2 failed, 1 passed" in text
    assert time.monotonic() - started < 60, "not after the 120 seconds that a cell has"


@pytest.mark.parametrize("cold", ["", "1"])
def test_strict_is_the_same_with_warm_and_with_cold_kernels(shelf, cold):
    imports = "import os, sys\nfrom sympy import Symbol\n'sympy' in sys.modules, 'jax' in sys.modules, Symbol('x')"
    shelf.add("alpha", imports, "'' in sys.path, os.getcwd().endswith('mathematics'), __name__", PLOT)
    shelf.add("beta", "x = 1", "x")
    assert shelf.run("refresh")[0] == 0
    before = shelf.outputs("alpha")
    status, text = shelf.run("strict", SCISPACES_COLD=cold, **OWN)
    assert status == 0 and "[2/2]" in text and text.count("as stored") == 2, text
    assert "5 passed" in text
    assert before[0][0]["data"]["text/plain"] == ["(True, False, x)"]
    assert before[1][0]["data"]["text/plain"] == ["(True, True, '__main__')"]


def test_what_a_kill_left_while_storing_is_removed_the_next_time(shelf):
    shelf.add("alpha", "1")
    left, living = (shelf.folder / f".alpha.ipynb.{pid}.x.tmp" for pid in (2**22 + 1, os.getpid()))
    left.touch()
    living.touch()
    assert shelf.run("refresh")[0] == 0
    assert not left.exists() and living.exists(), "another refresh that is at work keeps its own"


def test_a_disk_that_cannot_be_written_gets_one_line(shelf):
    shelf.add("alpha", "1")
    (shelf.root / ".cache").write_text("no folder")
    status, text = shelf.run("refresh")
    assert (status, text.count("\n")) == (2, 1) and text.startswith("refresh: ") and ".cache" in text


def test_strict_catches_a_failing_cell(shelf):
    path = shelf.add("alpha", "x = 1", "1 / x")
    assert shelf.run("refresh")[0] == 0
    path.write_text(path.read_text().replace("x = 1", "x = 0"))
    status, text = shelf.run("strict", "alpha")
    assert status == 1 and "alpha.ipynb::Cell 1" in text and "ZeroDivisionError" in text


def test_stress_shifts_the_seeds_and_reports_every_claim_that_falls(shelf):
    path = shelf.add(
        "alpha",
        "import os\nshift = int(os.environ['SCISPACES_SEED_SHIFT']) if 'SCISPACES_SEED_SHIFT' in os.environ else 0",
        "assert shift < 2, 'falls first'",
        "assert shift < 2 or os.environ['SCISPACES_MUTANTS'] != 'all', 'falls too'",
    )
    assert shelf.run("refresh")[0] == 0
    before = path.read_bytes()
    status, text = shelf.run("stress", "--seeds", "1")
    assert status == 0 and "holds   seeds shifted by 1" in text and "holds   strict, as another CPU" in text
    status, text = shelf.run("stress", "--seeds", "2", "alpha")
    assert status == 1 and "falls first" in text and "falls too" in text
    assert "holds   seeds shifted by 1" in text and "FAILED  seeds shifted by 2" in text
    assert path.read_bytes() == before
    assert shelf.run("stress", "--seeds", "0") == (2, "stress: SEEDS is a positive number, got 0\n")
