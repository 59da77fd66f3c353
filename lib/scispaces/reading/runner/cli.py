"""The commands of the book; `make` calls them by the same names."""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Sequence
from pathlib import Path

from scispaces.reading.runner.notebooks import BookError, find_root
from scispaces.reading.runner.processes import interrupt_on_sigterm

# a disk that is full or may not be written to, a file where a folder belongs: no traceback is needed to mend them
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EFBIG}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status. What the reader can mend ends in one line on stderr."""
    given = _parser().parse_args(arguments)
    interrupt_on_sigterm()
    try:
        root = given.root.resolve() if given.root else find_root()
        return int(_run(given, root))
    except BookError as error:
        print(f"{given.command}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno not in _DISK:
            raise
        print(f"{given.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\n{given.command}: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scispaces.reading", description=__doc__)
    parser.add_argument("--root", type=Path, help="the folder of the book (default: found from the working directory)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str, chapters: bool = False) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        if chapters:
            sub.add_argument("chapters", nargs="*", metavar="CHAPTER", help="slugs (default: all)")
        return sub

    command("book", "build the HTML book from the stored outputs")
    command("test", "everything CI checks")
    command("refresh", "re-execute chapters and store their outputs", chapters=True)
    command("strict", "re-execute chapters and compare with what is stored", chapters=True).add_argument(
        "--other-cpu", action="store_true", help="compute as an older CPU does"
    )
    command("stress", "re-execute chapters under other seeds; every claim has to hold", chapters=True).add_argument(
        "--seeds", type=int, default=3, help="how many other seeds (default: 3)"
    )
    command("bench", "time and memory of each chapter, slow proofs, speed against peers", chapters=True)
    command("head", "write the heads of chapters from their metadata", chapters=True)
    command("lint", "ruff and mypy")
    command("lab", "JupyterLab on the chapters; further options are passed on")
    parser.set_defaults(options=[])
    return parser


def _run(given: argparse.Namespace, root: Path) -> int:
    # each command imports what it needs: `lint` does not wait for matplotlib
    if given.command == "refresh":
        from scispaces.reading.runner.refresh import refresh

        return refresh(root, given.chapters)
    if given.command == "strict":
        from scispaces.reading.runner.strict import other_cpu, strict

        return strict(root, given.chapters, other_cpu() if given.other_cpu else None)
    if given.command == "stress":
        from scispaces.reading.runner.stress import stress

        return stress(root, given.chapters, given.seeds)
    if given.command == "bench":
        from scispaces.reading.runner.bench import bench

        return bench(root, given.chapters)
    if given.command == "head":
        from scispaces.reading.runner import head

        return head.write(root, given.chapters)
    from scispaces.reading.runner import suite

    return {"book": suite.book, "test": suite.test, "lint": suite.lint, "lab": suite.lab}[given.command](root)
