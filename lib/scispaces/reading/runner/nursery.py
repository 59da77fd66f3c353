"""The warm parent of kernels: a process that has imported what every chapter imports, and forks for each kernel.

Started by `warm.Nursery` with the environment of the kernels. It gets a listening Unix socket; a request names the
arguments of ipykernel, the folder and the environment, the answer is the process id, later its exit status. A kernel
ends with the connection that asked for it, all of them with the standard input of this process.

Threads do not survive a fork: jax, the inline backend and zmq's context are made by the child, never here.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from typing import Any

# what chapters and their kernels import, and what does not start threads
PRELOADED = (
    *("numpy", "scipy.linalg", "scipy.optimize", "scipy.special", "scipy.integrate", "scipy.stats", "scipy.sparse"),
    *("mpmath", "sympy", "gmpy2", "flint", "joblib", "PIL.WebPImagePlugin", "PIL.PngImagePlugin"),
    *("matplotlib.figure", "matplotlib.axes", "matplotlib.backends.backend_agg", "matplotlib.mathtext"),
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "IPython.core.completer", "scispaces.claims", "scispaces.reading"),
)
MUST_COME_LATER = ("jax", "jaxlib", "matplotlib_inline.backend_inline")


def main(descriptor: int) -> None:
    """Serve until standard input ends."""
    if sys.path[0] in ("", os.getcwd()):  # of `python -m`; a kernel has its own folder there
        del sys.path[0]
    listener = socket.socket(fileno=descriptor)
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as ipykernel does; a name, not the module
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            pass  # then the chapter that needs it says so
    if early := [name for name in MUST_COME_LATER if name in sys.modules]:
        sys.exit(f"imported before the fork, which they do not survive: {', '.join(early)}")
    gc.collect()
    gc.freeze()  # a collection in a child does not copy every page
    _Server(listener).serve()


class _Server:
    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.asked: dict[int, socket.socket] = {}  # process id -> who asked for it
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ)
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        self.ended, woken = socket.socketpair()
        self.ended.setblocking(False)
        woken.setblocking(False)
        self.woken = woken
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's: it closes standard input
        self.selector.register(self.ended, selectors.EVENT_READ)

    def serve(self) -> None:
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    self._take(self.listener.accept()[0])
                elif key.fileobj is sys.stdin:
                    for pid in self.asked:
                        _kill(pid)
                    return
                elif key.fileobj is self.ended:
                    self.ended.recv(4096)
                    self._bury()
                elif isinstance(key.fileobj, socket.socket):  # nothing more is ever said: who asked is gone
                    self.selector.unregister(key.fileobj)
                    for pid in [p for p, connection in self.asked.items() if connection is key.fileobj]:
                        _kill(pid)

    def _take(self, connection: socket.socket) -> None:
        with connection.makefile("r", encoding="utf-8") as stream:
            line = stream.readline()
        if not line:
            connection.close()
            return
        pid = os.fork()
        if pid == 0:
            self._become_kernel(connection, json.loads(line))
        self.asked[pid] = connection
        self.selector.register(connection, selectors.EVENT_READ)
        connection.sendall(f"{pid}\n".encode())

    def _bury(self) -> None:
        while self.asked:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            connection = self.asked.pop(pid)
            if connection in self.selector.get_map():
                self.selector.unregister(connection)
            try:
                connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
            except OSError:
                pass
            connection.close()

    def _become_kernel(self, connection: socket.socket, request: dict[str, Any]) -> None:
        """In the child: nothing of the server stays, then ipykernel as its launcher starts it."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.setsid()
            self.selector.close()
            for open_socket in (self.listener, self.ended, self.woken, connection, *self.asked.values()):
                open_socket.close()
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):  # what a cell prints goes through ipykernel
                os.dup2(null, descriptor)
            os.chdir(request["cwd"])
            os.environ.clear()
            os.environ.update(request["env"], JPY_PARENT_PID=str(os.getppid()))
            os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
            sys.argv = ["ipykernel_launcher", *request["arguments"]]
            from ipykernel.kernelapp import IPKernelApp

            IPKernelApp.launch_instance(argv=request["arguments"])
            status = 0
        finally:
            os._exit(status)


def _kill(pid: int) -> None:
    for kill in (os.killpg, os.kill):  # its own session, and so its own group, soon after the fork
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


if __name__ == "__main__":
    main(int(sys.argv[1]))
