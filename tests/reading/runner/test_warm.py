"""Kernels that fork from a warm parent: as fresh as others, and gone with whoever asked for them."""

from __future__ import annotations

import os
import signal

import nbval.plugin
import psutil
import pytest

from reading.runner.shelf import Shelf
from scispaces.reading.runner import execute, nbval_kernel, strict, warm

pytestmark = pytest.mark.skipif(not warm.possible(), reason="kernels fork on Linux only")


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


@pytest.fixture
def nursery(shelf):
    """A warm parent of its own, and the command that a kernel starts with."""
    env = {k: v for k, v in execute.environment(shelf.root).items() if k != warm.SOCKET}
    with warm.Nursery(env) as started:
        yield started


def forked(nursery, tmp_path):
    connection = tmp_path / "connection.json"
    return warm.ForkedKernel(nursery.env[warm.SOCKET], ["-f", str(connection)], str(tmp_path), nursery.env)


def test_one_kernel_sees_nothing_of_another(shelf):
    marks = "import sympy\nhasattr(sympy, 'mark')"
    shelf.add("alpha", marks, "sympy.mark = 1\nimport os\nos.environ['MARK'] = '1'", "sympy.mark")
    shelf.add("beta", marks, "import os\nos.environ.get('MARK'), os.getcwd() != '/'")
    assert shelf.run("refresh", SCISPACES_JOBS="1")[0] == 0
    assert [shelf.outputs(slug)[0][0]["data"]["text/plain"] for slug in ("alpha", "beta")] == [["False"], ["False"]]
    assert shelf.outputs("beta")[1][0]["data"]["text/plain"] == ["(None, True)"]


def test_jax_is_imported_after_the_fork_and_computes(shelf):
    summed = "from scispaces.backend import jnp\nfloat(jnp.arange(4).sum())"
    shelf.add("alpha", "import sys\n'jax' in sys.modules", summed)
    status, text = shelf.run("refresh")
    assert status == 0, text
    assert [out[0]["data"]["text/plain"] for out in shelf.outputs("alpha")] == [["False"], ["6.0"]]
    assert list((shelf.root / ".cache" / "xla").iterdir()), "compiled programs are kept"


def test_a_kernel_has_the_environment_it_was_asked_for(shelf):
    path = shelf.add("alpha", "import os\nos.environ.get('SCISPACES_SEED_SHIFT')")
    (run,) = execute.execute_all([path], execute.environment(shelf.root, {"SCISPACES_SEED_SHIFT": "7"}))
    assert run.notebook.cells[0].outputs[0]["data"]["text/plain"] == "'7'"


def test_signals_and_exit_status(nursery, tmp_path):
    kernel = forked(nursery, tmp_path)
    assert kernel.poll() is None
    kernel.terminate()
    assert kernel.wait(20) in (-signal.SIGTERM, 0, 1)
    killed = forked(nursery, tmp_path)
    killed.kill()
    assert killed.wait(20) == -signal.SIGKILL == killed.poll()
    killed.send_signal(signal.SIGINT)  # of what is gone: nothing


def test_a_kernel_ends_with_the_connection_that_asked_for_it(nursery, tmp_path):
    kernel = psutil.Process((asked := forked(nursery, tmp_path)).pid)
    asked.connection.close()
    assert psutil.wait_procs([kernel], timeout=10)[1] == []


def test_all_end_with_the_parent(nursery, tmp_path):
    kernels = [forked(nursery, tmp_path) for _ in range(2)]
    running = [psutil.Process(kernel.pid) for kernel in kernels]
    nursery.process.stdin.close()
    nursery.process.wait(10)
    assert psutil.wait_procs(running, timeout=10)[1] == []
    assert [kernel.poll() for kernel in kernels] == [-signal.SIGKILL] * 2


def test_without_the_parent_a_kernel_starts_by_itself(shelf, nursery):
    path = shelf.add("alpha", "import os\nos.getppid()")
    nursery.process.kill()
    nursery.process.wait()
    (run,) = execute.execute_all([path], nursery.env)
    assert run.failures == []
    assert run.notebook.cells[0].outputs[0]["data"]["text/plain"] == str(os.getpid())


def test_a_temporary_folder_with_a_long_name_means_cold_kernels(shelf, monkeypatch):
    folder = shelf.root / ("long" * 30)
    folder.mkdir()
    monkeypatch.setattr(warm.tempfile, "tempdir", str(folder))
    env = {k: v for k, v in execute.environment(shelf.root).items() if k != warm.SOCKET}
    with warm.Nursery(env) as nursery:
        assert nursery.env == env and not list(folder.iterdir())


def test_a_warm_kernel_starts_several_times_faster_than_a_cold_one(shelf, nursery):
    path = shelf.add("alpha", "import numpy, sympy, matplotlib.figure")
    forked(nursery, shelf.root).kill()  # the parent is ready
    seconds = {}
    for cold in (True, False):
        (run,) = execute.execute_all([path], nursery.env, cold=cold)
        assert run.failures == []
        seconds[cold] = run.cpu_seconds
    assert seconds[False] < seconds[True] / 3, seconds


def test_kernels_of_both_commands_speak_through_sockets_of_their_own(shelf):
    """No TCP port is asked for, so none can be taken by another kernel in between."""
    shelf.add("alpha", "from ipykernel.kernelapp import IPKernelApp\nIPKernelApp.instance().transport")
    assert shelf.run("refresh")[0] == 0
    assert shelf.outputs("alpha")[0][0]["data"]["text/plain"] == ["'ipc'"]
    assert strict.strict(shelf.root) == 0
    assert strict.strict(shelf.root, cold=True) == 0
    assert warm.connection(shelf.root / ("deep" * 30)) == {}, "too long for a socket's address"
    first, second = (warm.connection("/tmp") for _ in range(2))
    assert first["ip"] != second["ip"]


def test_a_kernel_that_ends_before_its_first_cell_is_started_once_more(monkeypatch):
    starts = []

    def start(self, *arguments):
        starts.append(arguments)
        if len(starts) < 2:
            raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(nbval.plugin.RunningKernel, "__init__", start)
    nbval_kernel.WatchedKernel("python")
    assert starts == [("python",)] * 2
    starts[:] = []
    monkeypatch.setattr(nbval.plugin.RunningKernel, "__init__", lambda *_: (_ for _ in ()).throw(RuntimeError("dead")))
    with pytest.raises(RuntimeError, match="dead"):
        nbval_kernel.WatchedKernel("python")
