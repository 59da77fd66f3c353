"""What turns notebooks into a book, in three rooms: what notebooks import, `site` and `runner`.

`site` is the Sphinx extension with ledger, errata and search, `runner` holds the commands behind `make`. A chapter's
set-up cell takes what it needs from here::

    from scispaces.reading import explore, figure_style, label_line, slider
    palette = figure_style()
"""

from scispaces.reading.explore import explore, slider, static_output
from scispaces.reading.style import Palette, figure_style, label_line, label_point, picture, reference_line

__all__ = [
    "Palette",
    "explore",
    "figure_style",
    "label_line",
    "label_point",
    "picture",
    "reference_line",
    "slider",
    "static_output",
]
