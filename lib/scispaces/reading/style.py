"""How figures look in this book: one style, one palette, labels on the curves instead of legends.

Backgrounds are transparent, so that a figure takes the page's colour; in dark mode the page inverts the lightness and
keeps the hue. Only fonts that ship with matplotlib are used, so that a figure has the same pixels everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.text import Annotation

__all__ = ["PALETTE", "Palette", "figure_style", "label_line", "label_point", "picture", "reference_line"]

PAGE_DPI = 100  # one inch of a figure is 100 CSS pixels on the page
FIGURE_DPI = 150  # stored resolution of a figure
PLAIN_BYTES = 20_000  # a frame below this is a line drawing: storing it with loss would not make it smaller


@dataclass(frozen=True)
class Palette:
    """Colours by role. `accent` is for the one thing the figure is about; `cycle` is safe for colour-blind readers (for
    them too each pair differs by 16 steps of CIE Lab or more); `sequential` and `diverging` are colormaps."""

    ink: str = "#23272f"
    muted: str = "#8b919c"
    faint: str = "#d5d8dd"
    accent: str = "#d2491f"
    blue: str = "#0a5aa0"
    green: str = "#0a9470"
    purple: str = "#b8609f"
    sky: str = "#55aee3"
    amber: str = "#dd9a10"
    sequential: str = "cividis"
    diverging: str = "RdBu_r"

    @property
    def cycle(self) -> tuple[str, ...]:
        return (self.blue, self.accent, self.green, self.purple, self.sky, self.amber)


PALETTE = Palette()


def _settings(p: Palette) -> dict[str, Any]:
    from cycler import cycler

    return {
        "figure.figsize": (7.2, 3.9),
        "figure.dpi": FIGURE_DPI,
        "savefig.dpi": "figure",
        "figure.facecolor": "none",
        "savefig.facecolor": "none",
        "axes.facecolor": "none",
        "figure.constrained_layout.use": True,
        "font.family": ["DejaVu Sans"],
        "mathtext.fontset": "dejavusans",
        "font.size": 9.5,
        "axes.titlesize": 10.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlecolor": p.ink,
        "axes.labelsize": 9.5,
        "axes.labelcolor": p.ink,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "xtick.color": p.muted,
        "ytick.color": p.muted,
        "xtick.labelcolor": "#5b616c",
        "ytick.labelcolor": "#5b616c",
        "text.color": p.ink,
        "axes.edgecolor": p.muted,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": False,
        "grid.color": p.faint,
        "grid.linewidth": 0.6,
        "lines.linewidth": 1.9,
        "lines.markersize": 4.5,
        "lines.solid_capstyle": "round",
        "patch.linewidth": 0.8,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "image.cmap": p.sequential,
        "image.interpolation": "nearest",
        "axes.prop_cycle": cycler(color=list(p.cycle)),
        "axes.unicode_minus": True,
        "path.simplify": True,
        "path.simplify_threshold": 0.4,
        "svg.hashsalt": "scispaces",
    }


def figure_style() -> Palette:
    """Set the book's figure style for this kernel and return the palette; call it once, in the set-up cell.

    The plain ``plt.subplots()`` then gives a figure as wide as the page's column (7.2 x 3.9 inches); keep the width,
    choose the height. In a notebook figures are stored as optimised PNG without metadata.

    >>> palette = figure_style()
    >>> palette.accent
    '#d2491f'
    """
    import matplotlib as mpl

    mpl.rcParams.update(_settings(PALETTE))
    _notebook_format()
    return PALETTE


def picture(fig: Figure, *, dpi: float = FIGURE_DPI, kind: str = "png") -> tuple[bytes, int, int]:
    """A figure as a small picture: (bytes, width, height in pixels); `kind` is "png" or "webp". No metadata.

    The colours are reduced to 256 with transparency, which no eye sees in a line drawing and which makes the file four
    times smaller; a WebP of a photograph-like figure is stored with loss where that is smaller.
    """
    import io

    from PIL import Image

    raw = io.BytesIO()
    fig.savefig(raw, format="rgba", dpi=dpi)  # bare pixels: no PNG to write and to read again
    width, height = (int(inches * dpi) for inches in fig.get_size_inches())
    image = Image.frombytes("RGBA", (width, height), raw.getvalue())
    reduced = image.quantize(256, method=Image.Quantize.FASTOCTREE)
    out = io.BytesIO()
    if kind == "png":
        reduced.save(out, "PNG", optimize=True, dpi=(dpi, dpi))
        return out.getvalue(), *image.size
    reduced.convert("RGBA").save(out, "WEBP", lossless=True, quality=60, method=4)
    if out.tell() <= PLAIN_BYTES:
        return out.getvalue(), *image.size
    lossy = io.BytesIO()
    image.save(lossy, "WEBP", quality=82, method=4)
    return min(out.getvalue(), lossy.getvalue(), key=len), *image.size


def _notebook_format() -> None:
    """In a notebook, store figures as `picture` makes them, shown at page size. A no-op elsewhere."""
    import base64

    from IPython.core.getipython import get_ipython
    from matplotlib.figure import Figure

    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return

    def show(fig: Figure) -> tuple[str, dict[str, object]] | None:
        if not fig.axes and not fig.texts:
            return None
        data, width, height = picture(fig)
        size = {"width": round(width * PAGE_DPI / FIGURE_DPI), "height": round(height * PAGE_DPI / FIGURE_DPI)}
        return base64.b64encode(data).decode("ascii"), {**size, "needs_background": "light"}

    import matplotlib_inline.backend_inline  # noqa: F401 - sets its own formatter now, and not after ours

    shell.display_formatter.formatters["image/png"].for_type(Figure, show)


def label_line(
    line: Line2D,
    text: str,
    *,
    at: float | None = None,
    dx: float = 5,
    dy: float = 0,
    ha: str | None = None,
    **kwargs: Any,
) -> Annotation:
    """Write `text` beside a curve, in the curve's colour: the direct label that stands in for a legend.

    `at` is the x (in data units) beside which to write; by default the label stands right of the last
    point within the axes (so set the limits first).
    `dx`, `dy` shift it, in points; other keyword arguments go to `Axes.annotate`.
    Raises ValueError for a curve with no point within the axes.

    >>> import numpy as np, matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> (curve,) = ax.plot(np.arange(4), np.arange(4) ** 2)
    >>> label_line(curve, "$x^2$").get_text()
    '$x^2$'
    >>> plt.close(fig)
    """
    import numpy as np

    x = np.asarray(line.get_xdata(orig=False), dtype=float)
    y = np.asarray(line.get_ydata(orig=False), dtype=float)
    keep = np.isfinite(x) & np.isfinite(y)
    if line.axes is not None:
        (x0, x1), (y0, y1) = sorted(line.axes.get_xlim()), sorted(line.axes.get_ylim())
        keep &= (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
    if line.axes is None or not keep.any():
        raise ValueError(f"label_line: the curve for {text!r} has no point within the axes to stand beside")
    x, y = x[keep], y[keep]
    nearest = len(x) - 1 if at is None else int(np.argmin(np.abs(x - at)))
    style = {"color": line.get_color(), "va": "center", "ha": ha or ("left" if at is None or dx > 0 else "right")}
    return line.axes.annotate(
        text,
        (x[nearest], y[nearest]),
        xytext=(dx, dy),
        textcoords="offset points",
        annotation_clip=True,
        **{**style, **kwargs},
    )


def label_point(
    ax: Axes, x: float, y: float, text: str, *, dx: float = 6, dy: float = 6, marker: bool = True, **kwargs: Any
) -> Annotation:
    """Mark the point (x, y) and write `text` beside it, `dx`, `dy` points away, in `color` (default: the accent)."""
    colour = kwargs.pop("color", PALETTE.accent)
    if marker:
        ax.plot([x], [y], "o", color=colour, markersize=5, zorder=5)
    style = {"color": colour, "ha": "left" if dx >= 0 else "right", "va": "center"}
    return ax.annotate(
        text, (x, y), xytext=(dx, dy), textcoords="offset points", annotation_clip=True, **{**style, **kwargs}
    )


def reference_line(
    ax: Axes, text: str = "", *, x: float | None = None, y: float | None = None, **kwargs: Any
) -> Line2D:
    """A thin grey line at `x` or at `y` with a small label at its far end: a limit, a threshold, a theoretical value.

    Raises ValueError unless exactly one of `x` and `y` is given.
    """
    if (x is None) == (y is None):
        raise ValueError("reference_line: give exactly one of x= (a vertical line) and y= (a horizontal line)")
    style: dict[str, Any] = {"color": PALETTE.muted, "linewidth": 0.9, "linestyle": (0, (4, 3)), "zorder": 1, **kwargs}
    small = {"color": style["color"], "fontsize": 8.5, "textcoords": "offset points", "annotation_clip": True}
    if y is not None:
        line = ax.axhline(y, **style)
        where: Any = ax.get_yaxis_transform()
        ax.annotate(text, (1.0, y), xycoords=where, xytext=(-2, 3), ha="right", va="bottom", **small)
    else:
        line = ax.axvline(x, **style)
        where = ax.get_xaxis_transform()
        ax.annotate(text, (x, 1.0), xycoords=where, xytext=(3, -2), ha="left", va="top", **small)
    return line
