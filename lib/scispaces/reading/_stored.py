"""The stored form of an `explore`: plain HTML that carries its frames, and the few lines of script that move it."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from scispaces.reading._controls import Axis
from scispaces.reading.style import PAGE_DPI


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


def math_delimiters(text: str) -> str:
    """HTML of a caption: escaped, with ``$x$`` turned into ``\\(x\\)``, which page and notebook both typeset."""
    parts = re.split(r"(?<!\\)\$", text)
    if len(parts) % 2 == 0:
        raise ValueError(f"explore: the caption has an odd number of $: {text!r}")
    return "".join(f"\\({html.escape(p)}\\)" if i % 2 else html.escape(p) for i, p in enumerate(parts))


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


def _control(ident: str, number: int, axis: Axis) -> str:
    key = f"{ident}-{number}"
    label = f'<label for="{key}">{html.escape(axis.label)}</label>'
    if axis.kind == "select":
        options = "".join(
            f'<option value="{i}"{" selected" if i == axis.start else ""}>{html.escape(t)}</option>'
            for i, t in enumerate(axis.texts)
        )
        return f'<div class="explore-control">{label}<select id="{key}" data-axis="{number}">{options}</select></div>'
    text = html.escape(axis.texts[axis.start])
    wide = max(len(t) for t in axis.texts)
    return (
        f'<div class="explore-control">{label}<input type="range" id="{key}" data-axis="{number}" min="0" '
        f'max="{len(axis.texts) - 1}" step="1" value="{axis.start}" autocomplete="off" aria-valuetext="{text}">'
        f'<output class="explore-value" for="{key}" style="display:inline-block;min-width:{wide}ch">'
        f"{text}</output></div>"
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
    text = json.dumps(store, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    scale = PAGE_DPI / 100
    size = f'width="{round(first.width / scale)}" height="{round(first.height / scale)}"'
    readout = ""
    if any(f.readout for f in frames):
        readout = f'<div class="explore-readout" role="status" aria-live="polite">{html.escape(first.readout)}</div>'
    controls = "".join(_control(ident, i, a) for i, a in enumerate(axes))
    return (
        f'<figure class="explore" id="{ident}">'
        f'<img class="explore-frame" src="{urls[at]}" {size} style="max-width:100%;height:auto;background:#fff" '
        f'alt="{html.escape(first.alt)}">'
        f'<div class="explore-controls" hidden>{controls}</div>{readout}'
        f"<figcaption>{math_delimiters(caption)}</figcaption>"
        f'<script type="application/json" class="explore-frames">{text}</script>'
        f"<script>{SCRIPT.strip()}</script></figure>"
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
