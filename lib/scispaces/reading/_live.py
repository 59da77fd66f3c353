"""The live form of an `explore`: ipywidgets that redraw at once."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from scispaces.reading._controls import Choice, Slider
from scispaces.reading._stored import TEMPLATES, math_delimiters
from scispaces.reading._templates import macro


def widget_for(name: str, control: Slider | Choice) -> Any:
    """The ipywidget of one control. A continuous slider gets ten steps between its stored positions."""
    import ipywidgets as w

    label = control.label or name
    style = {"description_width": "9em"}
    layout = w.Layout(width="30em", max_width="100%")
    if isinstance(control, Choice):
        options = list(control.options.items())
        return w.Dropdown(options=options, value=options[0][1], description=label, style=style, layout=layout)
    if control.continuous:
        lo, hi = control.values[0], control.values[-1]
        spec = control.format if isinstance(control.format, str) else ".3g"
        step = (hi - lo) / (len(control.values) - 1) / 10
        return w.FloatSlider(
            value=control.start,
            min=lo,
            max=hi,
            step=step,
            description=label,
            readout_format=spec,
            style=style,
            layout=layout,
        )
    shown = [(control.show(v), v) for v in control.values]
    return w.SelectionSlider(options=shown, value=control.start, description=label, style=style, layout=layout)


def show(
    ident: str,
    draw: Callable[..., Any],
    controls: Mapping[str, Slider | Choice],
    presets: Mapping[str, Mapping[str, Any]] | None,
    caption: str,
    alt: str,
    render: Callable[..., tuple[bytes, int, int, str]],
) -> None:
    import ipywidgets as w
    from IPython.display import display

    widgets = {name: widget_for(name, control) for name, control in controls.items()}
    stage, readout = w.HTML(), w.HTML()
    held = False

    def redraw(_change: object = None) -> None:
        if held:
            return
        values = {name: widget.value for name, widget in widgets.items()}
        where = ", ".join(f"{widgets[k].description} = {v}" for k, v in values.items())
        try:
            data, width, height, text = render(draw, values, kind="png")
        except Exception as error:  # shown where the picture was: a callback has no other place to say it
            readout.value = macro(TEMPLATES, "live.html", "error")(f"{type(error).__name__}: {error}")
            return
        source = "data:image/png;base64," + base64.b64encode(data).decode("ascii")
        size = round(width / 1.5), round(height / 1.5)
        stage.value = macro(TEMPLATES, "live.html", "picture")(source, *size, f"{alt.rstrip('. ')} ({where})")
        readout.value = macro(TEMPLATES, "live.html", "readout")(text)

    rows = list(widgets.values())
    if presets:
        cases = w.Dropdown(options=list(presets), description="Case", style={"description_width": "9em"})

        def choose(_change: object = None) -> None:
            nonlocal held
            held = True
            try:
                for key, value in presets[cases.value].items():
                    widgets[key].value = value
            finally:
                held = False
            redraw()

        choose()
        cases.observe(choose, names="value")
        rows.insert(0, cases)
    else:
        redraw()
    for widget in widgets.values():
        widget.observe(redraw, names="value")
    display(w.VBox([stage, *rows, readout, w.HTMLMath(math_delimiters(caption))], _dom_classes=("explore-live", ident)))
