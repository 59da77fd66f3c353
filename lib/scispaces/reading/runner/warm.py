"""Kernels from a warm parent: they fork from a process that has imported already, 0.1 instead of 2 seconds each.

`Nursery` starts the parent for the time of one command; `WarmProvisioner` is how jupyter_client gets a kernel from it.
A kernel is as fresh as one of its own process: it is forked before any cell ran. What a forked kernel cannot show is
an import that only works because the parent made it, so CI starts some kernels cold and `make stress` all of them.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from types import TracebackType
from typing import Any

import ipykernel.kernelspec
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

SOCKET = "SCISPACES_NURSERY"  # the environment variable that names the parent's socket
NAME = "scispaces-warm"
LONGEST = 100  # bytes of a Unix socket's address; the system's limit is 103 to 107


def possible() -> bool:
    """Whether kernels may fork here: Linux only, and not if SCISPACES_COLD=1."""
    return sys.platform == "linux" and os.environ.get("SCISPACES_COLD", "") in ("", "0")


def connection(folder: str | Path) -> dict[str, str]:
    """How one kernel is spoken to, as traits of its KernelManager: by Unix sockets in `folder`.

    TCP ports are chosen free and bound a moment later by the kernel: of many kernels started side by side one now and
    then finds its port taken and ends before its first cell. Where the system has no such sockets, or the folder's name
    is too long for one, it stays TCP.
    """
    address = str(Path(folder) / uuid.uuid4().hex[:12])
    if not hasattr(socket, "AF_UNIX") or len(os.fsencode(address)) > LONGEST - len("-99"):
        return {}
    return {"transport": "ipc", "ip": address}


class Nursery:
    """The warm parent while the block runs. `env`: the environment of its kernels, with the address of the parent.

    Started in the background; the first kernel waits for it. One that runs already (`env` names it) is used.
    Where kernels may not fork, or if it is not wanted, `env` names none.
    """

    def __init__(self, env: Mapping[str, str], wanted: bool = True) -> None:
        self.env = dict(env)
        wanted = wanted and possible()
        self.starts = wanted and not env.get(SOCKET)
        if self.starts or not wanted:
            self.env.pop(SOCKET, None)

    def __enter__(self) -> Nursery:
        if self.starts:
            self.folder = tempfile.TemporaryDirectory(prefix="kernels-")
            address = str(Path(self.folder.name) / "socket")
            if len(os.fsencode(address)) > LONGEST:
                self.folder.cleanup()
                self.starts = False
                return self
            # bound here: whoever asks before the parent is ready waits, and after its death is told at once
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(address)
                listener.listen(64)
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "scispaces.reading.runner.nursery", str(listener.fileno())],
                    stdin=subprocess.PIPE,
                    env=self.env,
                    pass_fds=[listener.fileno()],
                    start_new_session=True,  # Ctrl-C in a terminal is for the runner, which ends the kernels
                )
            self.env[SOCKET] = address
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self.starts:
            assert self.process.stdin is not None
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.folder.cleanup()


class ForkedKernel:
    """A kernel that somebody else is the parent of, with the methods of `subprocess.Popen` that a provisioner calls.

    Raises OSError if the nursery at `address` does not answer.
    """

    stdin = stdout = stderr = None

    def __init__(self, address: str, arguments: list[str], cwd: str, env: Mapping[str, str]) -> None:
        self.returncode: int | None = None
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(address)
        request = {"arguments": arguments, "cwd": cwd, "env": dict(env)}
        self.connection.sendall(json.dumps(request).encode() + b"\n")
        self.said = b""
        while b"\n" not in self.said:
            if not (more := self.connection.recv(4096)):
                raise ConnectionError("the warm parent of the kernels ended")
            self.said += more
        first, self.said = self.said.split(b"\n", 1)
        self.pid = int(first)

    def poll(self) -> int | None:
        return self._listen(0)

    def wait(self, timeout: float | None = None) -> int:
        if (status := self._listen(timeout)) is None:
            raise subprocess.TimeoutExpired("a forked kernel", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _listen(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self.connection], [], [], timeout)[0]:
            text = self.said + self.connection.recv(4096)
            self.returncode = int(text) if text.strip() else -signal.SIGKILL  # no word: it went with its parent
            self.connection.close()
        return self.returncode


class WarmProvisioner(LocalProvisioner):
    """A local kernel that is forked by the nursery its environment names; one of its own if that does not answer."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        env = dict(kwargs.get("env") or os.environ)
        address = env.pop(SOCKET)
        cwd = str(kwargs.get("cwd") or Path.cwd())
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        try:
            forked = ForkedKernel(address, arguments, cwd, env)
        except OSError:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = forked  # type: ignore[assignment]
        self.pid = self.pgid = forked.pid
        self.cwd = cwd
        return self.connection_info


class OwnKernelSpec(KernelSpecManager):
    """Always the kernel of this very environment, whatever kernels the machine has installed under the name.

    warm: whether it comes from the nursery that the environment variable SCISPACES_NURSERY names.
    """

    warm = False

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = KernelSpec(resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict())
        if self.warm:
            spec.metadata = {**spec.metadata, "kernel_provisioner": {"provisioner_name": NAME}}
        return spec


class WarmKernelSpec(OwnKernelSpec):
    """The same, from the nursery."""

    warm = True


# an entry point without an installation: nothing has to be installed again for it
KernelProvisionerFactory.instance().provisioners[NAME] = EntryPoint(
    NAME, f"{__name__}:WarmProvisioner", KernelProvisionerFactory.GROUP_NAME
)
