"""Set up `.venv`: run by the Makefile with a plain `python3`, before anything is installed.

Standard library only, and old syntax only: an old `python3` has to get far enough to be told that it is too old.
A stamp in `.venv` holds the digest of requirements.lock, the Python version and the place of the folder; while it
matches, nothing is done and pip is not called, so that an installed book works without a network.

A `.venv` keeps the Python that made it, whatever `python3` means today; only a PYTHON that was named (`--given`)
replaces it.
"""

import glob
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import IO, List, Optional, Tuple

MINIMUM = (3, 11)
UV = "uv==0.13.9"  # resolves the lock, in a throw-away environment
ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 4))


def too_old(version: Tuple[int, ...]) -> Optional[str]:
    """The one line a reader with a wrong Python gets, or None."""
    if tuple(version[:2]) >= MINIMUM:
        return None
    return (
        "This book needs Python %d.%d or newer; this one is %d.%d. " % (*MINIMUM, version[0], version[1])
        + "Name another: make PYTHON=python%d.%d ..." % MINIMUM
    )


def running() -> str:
    """The version of this interpreter, "3.11"."""
    return "%d.%d" % tuple(sys.version_info[:2])


def stamp_text(root: str, python: str) -> str:
    """What `.venv` was made from: it fits as long as none of this changes."""
    with open(os.path.join(root, "requirements.lock"), "rb") as lock_file:
        digest = hashlib.sha256(lock_file.read()).hexdigest()
    return "lock %s\n" % digest + _begun_text(root, python)


def _begun_text(root: str, python: str) -> str:
    return "python %s\nplace %s\n" % (python, root)


class Venv:
    """The `.venv` that is there: `python` is its version ("3.11"; "" if there is none), `place` where it was made."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.folder = os.path.join(root, ".venv")
        self.interpreter = os.path.join(self.folder, "bin", "python")
        self.stamp = os.path.join(self.folder, "installed")
        self.begun = os.path.join(self.folder, "begun")
        config = {}
        for line in _read(os.path.join(self.folder, "pyvenv.cfg")).splitlines():
            name, _, value = line.partition("=")
            config[name.strip()] = value.strip()
        self.python = ".".join(config.get("version", "").split(".")[:2])
        self.maker = config.get("executable", "")  # the interpreter it was made with
        noted = (_read(self.stamp) or _read(self.begun)).splitlines()
        self.place = noted[-1].split(" ", 1)[-1] if noted else ""

    def is_ready(self, python: str) -> bool:
        """True if it was finished from this very lock, Python and place."""
        return os.path.exists(self.interpreter) and _read(self.stamp) == stamp_text(self.root, python)

    def fault(self, python: str) -> Optional[str]:
        """Why it has to be made anew ("": there is none yet), or None: another lock is no reason, pip changes it."""
        if not os.path.isdir(self.folder):
            return ""
        if not self.place:
            return "the making of .venv was interrupted"
        if self.place != self.root:
            return ".venv was made at another place (%s) and does not work here" % self.place
        if self.python != python:
            return ".venv has Python %s, PYTHON= asks for %s" % (self.python, python)
        if not _works(self.interpreter):
            return "the Python that .venv was made with is gone or another one now"
        return None


def set_up(root: str, given: bool = False) -> int:
    """Make `.venv` or bring it up to date. Returns an exit status.

    given: this interpreter was asked for by name; else the one that made `.venv` is preferred.
    """
    venv = Venv(root)
    wanted = venv.python if venv.python and not given else running()
    if venv.is_ready(wanted):
        return 0
    fault = venv.fault(wanted)
    if fault is not None:
        maker = sys.executable
        if not given and wanted != running():
            if _version(venv.maker) == wanted:
                maker = venv.maker
            else:
                wanted = running()
        line = too_old(tuple(int(n) for n in wanted.split(".")))
        if line:
            return fail(line)
        if fault:
            say(fault)
        say("making %s.venv with Python %s" % ("a new " if fault else "", wanted))
        shutil.rmtree(venv.folder, ignore_errors=True)
        if subprocess.call([maker, "-m", "venv", "--clear", venv.folder]) != 0:
            return fail(
                "python3 -m venv failed. On Debian and Ubuntu the module is a package of its own: "
                "apt-get install python3-venv"
            )
    elif wanted != running():
        say("keeping Python %s of .venv (make PYTHON=python%s ... takes this one)" % (wanted, running()))
    _write(venv.begun, _begun_text(root, wanted))
    if os.path.exists(venv.stamp):
        os.remove(venv.stamp)
    status = _install(venv)
    if status == 0:
        _write(venv.stamp, stamp_text(root, wanted))
        say(".venv is ready")
    return status


def _install(venv: Venv) -> int:
    lock_file = os.path.join(venv.root, "requirements.lock")
    pins = sum(1 for line in _read(lock_file).splitlines() if "==" in line)
    say("installing %d pinned packages into .venv (once, a few minutes; 1.6 GB on disk)" % pins)
    for arguments, total in (
        (["--require-hashes", "-r", lock_file], pins),
        (["--no-build-isolation", "--no-deps", "--editable", venv.root], 0),  # setuptools is in the lock: no network
    ):
        if pip_install(venv.interpreter, arguments, total) != 0:
            return fail("the installation stopped (see above); the same command continues where it was")
    return 0


def pip_install(python: str, arguments: List[str], total: int, every: float = 10.0) -> int:
    """pip install, with a line now and then on how far it is (`total` packages); its last words if it fails."""
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments]
    with tempfile.TemporaryFile("w+") as log:
        pip = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        said, told = time.time(), ""
        try:
            while pip.poll() is None:
                time.sleep(min(0.2, every))
                if total and time.time() - said >= every:
                    text = _how_far(_contents(log), python, total)
                    if text != told:
                        say(text)
                    said, told = time.time(), text
        finally:
            if pip.poll() is None:  # interrupted
                pip.terminate()
                pip.wait()
        if pip.returncode:
            sys.stderr.write("\n".join(_contents(log).rstrip().splitlines()[-15:]) + "\n")
    return pip.returncode


def _how_far(log: str, python: str, total: int) -> str:
    lines = log.splitlines()
    total -= sum(line.startswith("Ignoring ") for line in lines)  # for another system or Python
    if any(line.startswith("Installing collected") for line in lines):
        site = os.path.join(os.path.dirname(os.path.dirname(python)), "lib", "python*", "site-packages", "*.dist-info")
        return "  unpacked %d of %d" % (min(len(glob.glob(site)), total), total)
    met = sum(line.startswith(("Collecting ", "Requirement already")) for line in lines)
    return "  fetched %d of %d" % (max(met - 1, 0), total)


def _contents(log: IO[str]) -> str:
    """What pip has written so far; its own place in the file is not moved."""
    return os.pread(log.fileno(), os.fstat(log.fileno()).st_size, 0).decode("utf-8", "replace")


# --------------------------------------------------------------------------------------------------------- the lock


def lock(root: str) -> int:
    """Write requirements.lock anew from requirements.txt. Returns an exit status.

    Resolved for the oldest Python that is promised, so that one set of pins serves every newer one; then once more
    with these pins for all systems, with the hashes of all files of each release. A pin that still fits is kept:
    without requirements.lock everything is resolved to its newest release.
    """
    folder = tempfile.mkdtemp()
    try:
        say("resolving requirements.txt for Python %d.%d.0 and newer" % MINIMUM)
        uv = os.path.join(folder, "venv", "bin", "uv")
        if subprocess.call([sys.executable, "-m", "venv", os.path.join(folder, "venv")]) != 0:
            return fail("python3 -m venv failed")
        if pip_install(os.path.join(folder, "venv", "bin", "python"), [UV], 0) != 0:
            return fail("the resolver %s cannot be installed (see above); the lock stays as it was" % UV)
        old = os.path.join(root, "requirements.lock")
        oldest, every = os.path.join(folder, "oldest.txt"), os.path.join(folder, "every.txt")
        compiled = [uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
        compiled += ["--python", sys.executable, "--python-version", "%d.%d.0" % MINIMUM]
        universal = ["--universal", "--generate-hashes", "--constraint", oldest]
        for target, more in ((oldest, universal[:0]), (every, universal)):
            if os.path.exists(old):
                shutil.copy(old, target)  # its pins are preferred
            if subprocess.call([*compiled, *more, "-o", target, os.path.join(root, "requirements.txt")]) != 0:
                return fail("requirements.txt cannot be resolved (see above); the lock stays as it was")
        text = _read(every)
    finally:
        shutil.rmtree(folder)
    head = "# Everything requirements.txt pulls in, with hashes (make lock); the first make installs it as it stands.\n"
    _write(old, head + text)
    say("requirements.lock holds %d packages; the next command installs them" % text.count("=="))
    return 0


# ------------------------------------------------------------------------------------------------------ small things


def say(text: str) -> None:
    """One line of progress."""
    print("[setup] " + text)
    sys.stdout.flush()


def fail(text: str) -> int:
    """One line to stderr, and the exit status of a failure."""
    sys.stderr.write("[setup] " + text + "\n")
    return 1


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def _write(path: str, text: str) -> None:
    """All of it or nothing."""
    with open(path + ".tmp", "w") as out:
        out.write(text)
    os.rename(path + ".tmp", path)


def _works(python: str) -> bool:
    """False for a `.venv` whose interpreter or pip is gone (removed, upgraded, interrupted while being made)."""
    with open(os.devnull, "w") as null:
        try:
            return subprocess.call([python, "-m", "pip", "--version"], stdout=null, stderr=null) == 0
        except OSError:
            return False


def _version(python: str) -> str:
    """ "3.12" for the interpreter at this path; "" if it does not run."""
    try:
        code = "import sys; print('%d.%d' % tuple(sys.version_info[:2]))"
        return subprocess.check_output([python, "-c", code]).decode().strip() if python else ""
    except (OSError, subprocess.CalledProcessError):
        return ""


def main() -> int:
    """Set up, one `make` at a time (`--given`: this Python was named), or write the lock file (argument `lock`)."""
    given = "--given" in sys.argv[1:]
    line = too_old(sys.version_info[:2])
    if line and (given or "lock" in sys.argv[1:] or not Venv(ROOT).python):
        return fail(line)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # pip ends with it
    try:
        if "lock" in sys.argv[1:]:
            return lock(ROOT)
        import fcntl

        with open(os.path.join(ROOT, "Makefile")) as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            return set_up(ROOT, given)
    except OSError as error:  # a full or read-only disk
        return fail(str(error))
    except KeyboardInterrupt:
        return fail("interrupted; the same command continues where it was")


if __name__ == "__main__":
    sys.exit(main())
