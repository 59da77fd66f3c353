"""The stored form of an `explore`: plain HTML that carries its frames, and the few lines of script that move it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from scispaces.reading._controls import Axis
from scispaces.reading._templates import environment
from scispaces.reading.style import PAGE_DPI

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Frame:
    data: bytes
    width: int
    height: int
    readout: str
    alt: str


# One script for every explore of a page: it takes each one that no script has taken yet. The controls are hidden until
# then, so that a page without scripts shows the first picture and no dead slider.
SCRIPT = """
(function () {
  document.querySelectorAll("figure.explore:not([data-ready])").forEach(function (root) {
    var store = root.querySelector("script.explore-frames");
    if (!store) return;
    root.setAttribute("data-ready", "");
    var data = JSON.parse(store.textContent);
    var img = root.querySelector("img.explore-frame");
    var readout = root.querySelector(".explore-readout");
    var controls = Array.prototype.slice.call(root.querySelectorAll("[data-axis]"));
    function update() {
      var at = 0;
      controls.forEach(function (c, i) {
        var axis = data.axes[i], k = Number(c.value);
        at = at * axis.texts.length + k;
        if (c.type === "range") {
          c.setAttribute("aria-valuetext", axis.texts[k]);
          c.style.setProperty("--share", k / (axis.texts.length - 1));
          c.parentNode.querySelector(".explore-value").textContent = axis.texts[k];
        }
      });
      img.src = data.frames[at];
      img.alt = data.alts[at];
      if (readout) readout.textContent = data.readouts[at];
    }
    controls.forEach(function (c) { c.addEventListener("input", update); });
    root.querySelector(".explore-controls").hidden = false;
    update();
  });
})();
"""


def math_delimiters(text: str) -> Markup:
    """HTML of a caption: escaped, with ``$x$`` turned into ``\\(x\\)``, which page and notebook both typeset."""
    pieces = re.split(r"(?<!\\)\$", text)
    if len(pieces) % 2 == 0:
        raise ValueError(f"explore: the caption has an odd number of $: {text!r}")
    return Markup(environment(TEMPLATES).get_template("caption.html").render(pieces=pieces))


def check(frames: Sequence[Frame], max_bytes: int) -> None:
    """Raises ValueError when the frames differ in size or weigh too much."""
    sizes = {(f.width, f.height) for f in frames}
    if len(sizes) > 1:
        raise ValueError(f"explore: the frames differ in size ({sorted(sizes)}); give every figure the same figsize")
    total = sum(len(f.data) for f in frames) * 4 // 3
    if total > max_bytes:
        raise ValueError(
            f"explore: {len(frames)} frames weigh {total // 1000} kB; a chapter has {max_bytes // 1000} kB in all: "
            "take fewer positions, a smaller figsize, or fewer points"
        )


def document(ident: str, axes: Sequence[Axis], frames: Sequence[Frame], caption: str) -> str:
    """The HTML of a stored explore."""
    at = 0
    for axis in axes:
        at = at * len(axis.texts) + axis.start
    first = frames[at]
    urls = ["data:image/webp;base64," + base64.b64encode(f.data).decode("ascii") for f in frames]
    store = {
        "axes": [{"label": a.label, "texts": list(a.texts)} for a in axes],
        "alts": [f.alt for f in frames],
        "readouts": [f.readout for f in frames],
        "frames": urls,
    }
    # within a script element only "<" could end it
    text = json.dumps(store, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    scale = PAGE_DPI / 100
    return environment(TEMPLATES).get_template("explore.html").render(
        ident=ident,
        axes=axes,
        first=first,
        first_url=urls[at],
        width=round(first.width / scale),
        height=round(first.height / scale),
        has_readout=any(f.readout for f in frames),
        caption=math_delimiters(caption),
        store=Markup(text),
        script=Markup(SCRIPT.strip()),
    )


def summary(axes: Sequence[Axis], frames: Sequence[Frame], alt: str) -> str:
    """The ``text/plain`` of a stored explore: the controls and how many states they have."""
    spans = []
    for axis in axes:
        if axis.kind == "range":
            spans.append(f"{axis.label} from {axis.texts[0]} to {axis.texts[-1]} ({len(axis.texts)} positions)")
        else:
            spans.append(f"{axis.label}: {', '.join(axis.texts)}")
    return f"explore [{'; '.join(spans)}]: {alt.rstrip('. ')}; {len(frames)} frames"


def show(ident: str, axes: Sequence[Axis], frames: Sequence[Frame], caption: str, alt: str) -> None:
    from IPython.display import display

    bundle = {"text/plain": summary(axes, frames, alt), "text/html": document(ident, axes, frames, caption)}
    display(bundle, raw=True)
