"""Set up `.venv`: run by the Makefile with a plain `python3`, before anything is installed.

Standard library only, and old syntax only: an old `python3` has to get far enough to be told that it is too old.
A stamp in `.venv` holds the digest of requirements.lock, the Python version and the place of the folder; while it
matches, nothing is done and pip is not called, so that an installed book works without a network.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from typing import Optional, Tuple

MINIMUM = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def too_old(version: Tuple[int, ...]) -> Optional[str]:
    """The one line a reader with a wrong Python gets, or None."""
    if tuple(version[:2]) >= MINIMUM:
        return None
    return (
        "This book needs Python %d.%d or newer; this one is %d.%d. " % (*MINIMUM, version[0], version[1])
        + "Name another: make PYTHON=python%d.%d ..." % MINIMUM
    )


def stamp_text(root: str) -> str:
    """What `.venv` was made from: it fits as long as none of this changes."""
    with open(os.path.join(root, "requirements.lock"), "rb") as lock:
        digest = hashlib.sha256(lock.read()).hexdigest()
    return "lock %s\npython %d.%d\nplace %s\n" % (digest, sys.version_info[0], sys.version_info[1], root)


def is_ready(root: str) -> bool:
    """True if `.venv` was finished from this very lock, Python and place."""
    return _read(os.path.join(root, ".venv", "installed")) == stamp_text(root)


def set_up(root: str) -> int:
    """Make `.venv` or bring it up to date. Returns an exit status."""
    if is_ready(root):
        return 0
    venv = os.path.join(root, ".venv")
    python = os.path.join(venv, "bin", "python")
    stamp = os.path.join(venv, "installed")
    wanted = stamp_text(root)
    # another Python or another place (a moved folder breaks every script in it): start again; another lock: update
    if os.path.exists(stamp) and _read(stamp).split("\n")[1:] != wanted.split("\n")[1:]:
        shutil.rmtree(venv)
    if not os.path.exists(python) or not _works(python):
        say("making .venv with Python %d.%d" % tuple(sys.version_info[:2]))
        if subprocess.call([sys.executable, "-m", "venv", "--clear", venv]) != 0:
            return fail(
                "python3 -m venv failed. On Debian and Ubuntu the module is a package of its own: "
                "apt-get install python3-venv"
            )
    if os.path.exists(stamp):
        os.remove(stamp)
    with open(os.path.join(root, "requirements.lock")) as lock:
        count = sum(1 for line in lock if "==" in line)
    say("installing %d pinned packages into .venv (once; 1.6 GB on disk)" % count)
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    if not sys.stdout.isatty():
        pip.append("-qq")
    for arguments in (
        ["-r", os.path.join(root, "requirements.lock")],
        ["--quiet", "--no-build-isolation", "--no-deps", "--editable", root],  # setuptools is in the lock: no network
    ):
        if subprocess.call(pip + arguments) != 0:
            return fail("the installation stopped (see above); the same command continues where it was")
    with open(stamp + ".tmp", "w") as out:
        out.write(wanted)
    os.rename(stamp + ".tmp", stamp)
    say(".venv is ready")
    return 0


def lock(root: str) -> int:
    """Write requirements.lock anew from requirements.txt, resolved in an empty environment. Returns an exit status."""
    folder = tempfile.mkdtemp()
    try:
        python = os.path.join(folder, "bin", "python")
        say("resolving requirements.txt in an empty environment")
        wanted = ["-r", os.path.join(root, "requirements.txt")]
        if subprocess.call([sys.executable, "-m", "venv", folder]) != 0:
            return fail("python3 -m venv failed")
        if subprocess.call([python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *wanted]) != 0:
            return fail("requirements.txt cannot be installed (see above); the lock stays as it was")
        frozen = subprocess.check_output([python, "-m", "pip", "freeze", "--all"]).decode().splitlines()
    finally:
        shutil.rmtree(folder)
    kept = [line for line in frozen if "==" in line and not line.startswith("pip==")]
    with open(os.path.join(root, "requirements.lock"), "w") as out:
        out.write("# Everything requirements.txt pulls in (make lock). Installed as it stands by the first make.\n")
        out.write("\n".join(kept) + "\n")
    say("requirements.lock holds %d packages; the next command installs them" % len(kept))
    return 0


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


def _works(python: str) -> bool:
    """False for a `.venv` whose interpreter or pip is gone (removed, upgraded, interrupted while being made)."""
    with open(os.devnull, "w") as null:
        return subprocess.call([python, "-m", "pip", "--version"], stdout=null, stderr=null) == 0


def main() -> int:
    """Check the Python version, then set up, one `make` at a time (or write the lock file: argument `lock`)."""
    line = too_old(sys.version_info[:2])
    if line:
        return fail(line)
    if sys.argv[1:] == ["lock"]:
        return lock(ROOT)
    import fcntl

    with open(os.path.join(ROOT, "Makefile")) as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        return set_up(ROOT)


if __name__ == "__main__":
    sys.exit(main())
