"""The chapters as files: where they are, what they are called, how a stored notebook is written.

A notebook has one normal form, so that executing it twice changes no byte: code cells numbered 1..n, ids kept (or
derived from the content), no timestamps, no widget state, streams merged, images without their text chunks, keys
sorted. `write_atomically` replaces the stored file in one step or not at all.
"""

from __future__ import annotations

import base64
import contextlib
import difflib
import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil

from scispaces.record import MIME

WIDGET_MIMES = frozenset({"application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"})
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE_INFO = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
# what editors and tools leave behind in the metadata of a notebook and of a cell
_DROP_NOTEBOOK = ("widgets", "jupytext", "celltoolbar", "toc", "varInspector", "vscode", "signature", "orig_nbformat")
_DROP_CELL = (
    "execution",
    "ExecuteTime",
    "collapsed",
    "scrolled",
    "trusted",
    "papermill",
    "vscode",
    "jp-MarkdownHeadingCollapsed",
)


class BookError(Exception):
    """Something the reader can mend; the message is the one line he gets."""


def find_root(start: Path | None = None) -> Path:
    """The folder of the book: the nearest above `start` (default: the working directory) with _toc.yml or chapters/.

    Falls back to the checkout the package is installed from. Raises BookError if there is none.
    """
    here = (start or Path.cwd()).resolve()
    home = Path(__file__).resolve().parents[4]
    for folder in (here, *here.parents, home):
        if (folder / "_toc.yml").exists() or (folder / "chapters").is_dir():
            return folder
    raise BookError(f"no book here: neither _toc.yml nor chapters/ in {here} or above it")


def chapter_paths(root: Path, slugs: Iterable[str] = ()) -> list[Path]:
    """The notebooks of the named chapters (of all, if none is named), in alphabetical order of their folders.

    A slug may also be given as the path of its notebook. Raises BookError on an unknown name, with the nearest ones.
    """
    known = {path.stem: path for path in sorted((root / "chapters").glob("*/*.ipynb"))}
    chosen = []
    for given in slugs:
        slug = Path(given).name.removesuffix(".ipynb")
        if slug not in known:
            near = difflib.get_close_matches(slug, known, n=3, cutoff=0.4)
            near += [name for name in known if slug and slug in name and name not in near]
            hint = f"nearest: {', '.join(near[:3])}" if near else f"chapters: {', '.join(known) or 'none yet'}"
            raise BookError(f"no chapter is called {slug!r}; {hint}")
        if known[slug] not in chosen:
            chosen.append(known[slug])
    return chosen or list(known.values())


def read(path: Path) -> nbformat.NotebookNode:
    """The notebook at `path` with an id on every cell. Raises BookError if the file is not a version 4 notebook."""
    try:
        raw = json.loads(path.read_bytes())
        if raw.get("nbformat") != 4:
            raise ValueError(f"nbformat is {raw.get('nbformat')!r}, 4 is wanted")
        raw["nbformat_minor"] = max(5, raw.get("nbformat_minor", 0))
        _give_ids(raw["cells"])
        node: nbformat.NotebookNode = nbformat.reads(json.dumps(raw), as_version=4)
        nbformat.validate(node)
    except (ValueError, KeyError, AttributeError, nbformat.ValidationError) as error:
        raise BookError(f"{path} is not a readable notebook: {str(error).splitlines()[0]}") from None
    return node


def code_cells(notebook: Any) -> Iterator[tuple[int, Any]]:
    """The code cells that have code, each with its place among all cells (from 1)."""
    for place, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] == "code" and "".join(cell["source"]).strip():
            yield place, cell


def normalise(notebook: nbformat.NotebookNode) -> str:
    """The text of the stored file: the normal form of an executed notebook. Changes `notebook` in place."""
    notebook["cells"] = [c for c in notebook["cells"] if c["cell_type"] != "code" or c["source"].strip()]
    for key in _DROP_NOTEBOOK:
        notebook["metadata"].pop(key, None)
    notebook["metadata"].update(kernelspec=dict(KERNELSPEC), language_info=dict(LANGUAGE_INFO))
    count = 0
    for cell in notebook["cells"]:
        for key in _DROP_CELL:
            cell["metadata"].pop(key, None)
        if cell["cell_type"] != "code":
            continue
        count += 1
        cell["execution_count"] = count
        cell["outputs"] = _normal_outputs(cell["outputs"], count)
    text: str = nbformat.writes(notebook, version=4)
    return text.rstrip("\n") + "\n"


def write_atomically(path: Path, text: str, expected: bytes | None = None) -> bool:
    """Replace the file in one step; True if its bytes changed. An interrupted write leaves the old file whole.

    `expected`: the bytes the work started from; if the file holds others by now, BookError and nothing is written.
    """
    new = text.encode()
    old = path.read_bytes() if path.exists() else None
    if expected is not None and old != expected:
        raise BookError(f"{path.name} was edited while it ran; nothing was stored, run it again")
    if old == new:
        return False
    remove_left_over(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.{os.getpid()}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(new)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(name, stat.S_IMODE(path.stat().st_mode) if old is not None else 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    return True


def remove_left_over(folder: Path) -> None:
    """Remove what a process that was killed while it stored a notebook left in `folder`; the living are left alone."""
    for path in folder.glob(".*.ipynb.*.tmp"):
        pid = path.name.split(".ipynb.")[-1].split(".")[0]
        if not (pid.isdigit() and psutil.pid_exists(int(pid))) or int(pid) == os.getpid():
            path.unlink(missing_ok=True)


def claim_records(notebook: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The claim records stored in a notebook, each with the place of its cell (from 1)."""
    for place, cell in code_cells(notebook):
        for output in cell["outputs"]:
            if MIME in output.get("data", {}):
                record = output["data"][MIME]
                yield place, json.loads("".join(record)) if isinstance(record, str | list) else record


# ------------------------------------------------------------------------------------------------------ normal form


def _give_ids(cells: list[dict[str, Any]]) -> None:
    """Keep each valid id; where one is missing or taken, derive it from the text, so that it is the same next time."""
    seen: set[str] = set()
    for cell in cells:
        name = cell.get("id")
        salt = 0
        while not isinstance(name, str) or not re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", name) or name in seen:
            name = hashlib.sha256(f"{salt}:{''.join(cell['source'])}".encode()).hexdigest()[:8]
            salt += 1
        cell["id"] = name
        seen.add(name)


def _normal_outputs(outputs: list[Any], count: int) -> list[Any]:
    kept: list[Any] = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            before = next((o for o in kept if o["output_type"] == "stream" and o["name"] == output["name"]), None)
            if before is not None:  # as nbval merges them: all of one name, where the first one stood
                before["text"] += output["text"]
                continue
        elif kind in ("display_data", "execute_result"):
            if WIDGET_MIMES & output["data"].keys():
                for mime in WIDGET_MIMES:
                    output["data"].pop(mime, None)
                if set(output["data"]) <= {"text/plain"}:  # the repr of the widget is nothing to show either
                    continue
            for mime, value in output["data"].items():
                if mime == "image/png":
                    output["data"][mime] = _plain_png(value)
            output.pop("transient", None)
            if kind == "execute_result":
                output["execution_count"] = count
        kept.append(output)
    return kept


def _plain_png(encoded: str) -> str:
    """A base64 PNG without its text and time chunks (the software that drew it and its version)."""
    png = base64.b64decode(encoded)
    if png[:8] != b"\x89PNG\r\n\x1a\n":
        return encoded
    kept, at = [png[:8]], 8
    while at + 12 <= len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] not in (b"tEXt", b"zTXt", b"iTXt", b"tIME"):
            kept.append(png[at : at + 12 + size])
        at += 12 + size
    return base64.b64encode(b"".join(kept)).decode()
