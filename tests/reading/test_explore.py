"""explore: what it stores, what it shows alive, and what it says when it is used wrongly."""

from __future__ import annotations

import base64
import html.parser
import io
import json

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scispaces import rng
from scispaces.reading import explore, figure_style, label_line, label_point, picture, reference_line, slider
from scispaces.reading._controls import axes_of, grid
from scispaces.reading._stored import math_delimiters

WORDS = {"caption": "See $x^2$ & more.", "alt": "A line"}


@pytest.fixture(autouse=True)
def figures():
    with matplotlib.rc_context():
        figure_style()
        yield
    left = plt.get_fignums()
    plt.close("all")
    assert left == [], "explore closes every figure it draws"


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as a list."""
    out = []
    monkeypatch.setattr("IPython.display.display", lambda thing, **_: out.append(thing))
    return out


@pytest.fixture
def stored(monkeypatch, shown):
    """explore as it is executed for storage; gives the displayed bundles."""
    monkeypatch.setenv("SCISPACES_STATIC", "1")
    return shown


def line(a=0.0, b=0.0, **_):
    fig, ax = plt.subplots(figsize=(2, 1))
    ax.plot([0, 1], [a, b])
    ax.set(xlim=(0, 1), ylim=(-3, 3))
    return fig, {"sum": float(a + b)}


def frames_of(bundle):
    _, rest = bundle["text/html"].split('<script type="application/json" class="explore-frames">')
    return json.loads(rest.split("</script>")[0])


class Tags(html.parser.HTMLParser):
    """The tags of a page with their attributes; checks that they are balanced."""

    VOID = ("img", "input", "br", "meta")

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_stored_output_holds_text_and_html_only(stored):
    explore(line, a=slider(0, 1, 3), b=slider(0, 2), **WORDS)
    (bundle,) = stored
    assert set(bundle) == {"text/plain", "text/html"}
    assert bundle["text/plain"] == (
        "explore [a from 0 to 1 (3 positions); b from 0 to 2 (3 positions)]: A line; 9 frames"
    )
    assert "http" not in bundle["text/html"].replace("http-equiv", ""), "nothing is fetched"


def test_stored_frames_are_small_webp_of_one_size(stored):
    explore(line, a=slider(0, 1, 3), b=slider(0, 2), **WORDS)
    data = frames_of(stored[0])
    assert len(data["frames"]) == len(data["alts"]) == len(data["readouts"]) == 9
    sizes = set()
    for frame in data["frames"]:
        head, code = frame.split(",")
        assert head == "data:image/webp;base64"
        image = Image.open(io.BytesIO(base64.b64decode(code)))
        assert image.format == "WEBP"
        assert image.mode == "RGBA", "the page's colour shines through"
        sizes.add(image.size)
        assert len(code) < 20_000
    assert sizes == {(200, 100)}
    assert len(set(data["frames"])) == 9


def test_frames_are_ordered_as_the_script_counts(stored):
    explore(line, a=slider(0, 1, 3), b=slider(0, 2), **WORDS)
    data = frames_of(stored[0])
    assert data["readouts"] == [f"sum = {a + b:.3g}" for a in (0, 0.5, 1) for b in (0, 1, 2)]
    assert data["alts"][1] == "A line (a = 0, b = 1)"
    assert [x["texts"] for x in data["axes"]] == [["0", "0.5", "1"], ["0", "1", "2"]]


def test_stored_control_is_native_named_and_spoken(stored):
    explore(
        line, a=slider(0, 1, 3, label="slope θ", unit="m", start=1), kind=["low", "high"], **WORDS
    )
    tags = Tags(stored[0]["text/html"]).found
    ranges = [a for t, a in tags if t == "input"]
    kept = [[r[k] for k in ("type", "min", "max", "value", "aria-valuetext")] for r in ranges]
    assert kept == [["range", "0", "2", "2", "1 m"]]
    labels = {a["for"] for t, a in tags if t == "label"}
    assert labels == {a["id"] for t, a in tags if t in ("input", "select")}
    assert [a["alt"] for t, a in tags if t == "img"] == ["A line (slope θ = 1 m, kind = low)"]
    assert any(a.get("aria-live") == "polite" for _, a in tags)
    assert not any("src" in a for t, a in tags if t == "script"), "no external script"
    assert any(t == "div" and "hidden" in a for t, a in tags), "no dead control without scripts"


def test_stored_output_is_deterministic(stored):
    for _ in range(2):
        explore(line, a=slider(0, 1, 3), **WORDS)
    assert stored[0] == stored[1]


def test_text_is_escaped(stored):
    explore(
        line,
        a=slider(0, 1, 2, label='<b>"'),
        caption="a < b & </script>",
        alt='"quoted" </script><script>alert(1)</script>',
    )
    text = stored[0]["text/html"]
    assert text.count("<script") == text.count("</script>") == 2
    Tags(text)


def test_caption_mathematics():
    assert math_delimiters("Look at $a<b$.") == r"Look at \(a&lt;b\)."
    with pytest.raises(ValueError, match="odd number"):
        math_delimiters("costs $5")


def test_presets_stand_in_for_further_sliders(stored):
    def square(a, b, c, t):
        return line(a * t + c, b)

    explore(
        square,
        a=slider(-1, 1, 5),
        b=slider(-1, 1, 5),
        c=slider(-1, 1, 5),
        t=slider(0, 2, 3),
        presets={"shear": {"a": 0.5, "b": 0.0, "c": 0.25}, "turn": {"a": -0.5, "b": 1.0, "c": 0.0}},
        **WORDS,
    )
    data = frames_of(stored[0])
    assert [(a["label"], a["texts"]) for a in data["axes"]] == [("Case", ["shear", "turn"]), ("t", ["0", "1", "2"])]
    assert data["readouts"][1] == "sum = 0.75"


def test_choices_may_be_a_dict_of_objects(stored):
    explore(lambda f: line(f(0.0), 0), f={"cosine": np.cos, "sine": np.sin}, **WORDS)
    assert frames_of(stored[0])["readouts"] == ["sum = 1", "sum = 0"]


def test_name_from_the_function_or_given(stored):
    explore(line, a=slider(0, 1, 2), **WORDS)
    explore(line, a=slider(0, 1, 2), name="other one", **WORDS)
    assert 'id="explore-line"' in stored[0]["text/html"]
    assert 'id="explore-other-one"' in stored[1]["text/html"]


# ------------------------------------------------------------------------------------------------------------ alive


def test_live_widgets_redraw_at_once(shown, monkeypatch):
    monkeypatch.delenv("SCISPACES_STATIC", raising=False)
    explore(
        line, a=slider(0, 1, 3, label="slope"), kind=["x", "y"], **WORDS
    )
    (box,) = shown
    stage, a, kind, readout, caption = box.children
    assert (type(a).__name__, type(kind).__name__) == ("FloatSlider", "Dropdown")
    assert (a.description, a.min, a.max, a.value) == ("slope", 0, 1, 0.5)
    assert a.step == pytest.approx(0.05), "finer than the stored positions"
    first, said = stage.value, readout.value
    assert 'alt="A line (slope = 0.5, kind = x)"' in first
    a.value = 1.0
    assert stage.value != first
    assert readout.value != said
    assert "sum = 1" in readout.value
    assert r"\(x^2\)" in caption.value


def test_live_presets_set_the_sliders(shown, monkeypatch):
    monkeypatch.delenv("SCISPACES_STATIC", raising=False)
    presets = {"low": {"a": 0.0}, "high": {"a": 1.0}}
    explore(line, a=slider(0, 1, 3), b=slider(0, 2), presets=presets, **WORDS)
    _, case, a, b, readout, _ = shown[0].children
    assert a.value == 0.0
    case.value = "high"
    assert (a.value, b.value) == (1.0, 1)
    assert "sum = 2" in readout.value


def test_live_error_is_shown_in_place(shown, monkeypatch):
    monkeypatch.delenv("SCISPACES_STATIC", raising=False)

    def fragile(a):
        if a > 0.9:
            raise ZeroDivisionError("too far")
        return line(a)

    explore(fragile, a=slider(0, 1, 3), **WORDS)
    _, a, readout, _ = shown[0].children
    a.value = 1.0
    assert "ZeroDivisionError: too far" in readout.value
    assert 'role="alert"' in readout.value
    a.value = 0.0
    assert "sum = 0" in readout.value


# ----------------------------------------------------------------------------------------------------------- errors


def boom(**_):
    raise ZeroDivisionError


def empty(a):
    return None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: explore(line, a=slider(0, 1), caption="", alt="x"), "caption= must be a sentence"),
        (lambda: explore(line, a=slider(0, 1), caption="x", alt=" "), "alt= must be a sentence"),
        (lambda: explore(line, **WORDS), "at least one control"),
        (lambda: explore(line, a=0.5, **WORDS), r"'a' must be slider\(...\), a list or a dict"),
        (lambda: explore(line, a=[1], **WORDS), "a control needs two or more"),
        (lambda: explore(line, a=[1, "1"], **WORDS), "two entries alike"),
        (lambda: explore("line", a=slider(0, 1), **WORDS), "the function that draws"),
        (lambda: explore(lambda a: line(a), a=slider(0, 1), c=slider(0, 1), **WORDS), "no argument c; it takes a"),
        (lambda: explore(lambda a, b: line(a), a=slider(0, 1), **WORDS), "needs a control for b"),
        (lambda: explore(line, a=slider(0, 1, 7), b=slider(0, 1, 6), **WORDS), "7 .* × 6 .* = 42 frames; at most 40"),
        (lambda: explore(line, a=slider(0, 1, 2), b=slider(0, 1, 2), c=slider(0, 1, 2), **WORDS), "give presets="),
        (lambda: explore(line, a=slider(0, 1, 5, format=".0f"), **WORDS), "two of its values alike"),
        (lambda: explore(empty, a=slider(0, 1), **WORDS), "must return a matplotlib Figure.*NoneType.*return fig"),
        (lambda: explore(lambda a: (line(a)[0], 3), a=slider(0, 1), **WORDS), "readout must be a text or a dict"),
        (lambda: explore(line, a=slider(0, 1), presets={"one": {"a": 1}}, **WORDS), "two or more named cases"),
        (lambda: explore(line, a=slider(0, 1), presets={"x": {"q": 1}, "y": {"q": 2}}, **WORDS), "not controls"),
        (
            lambda: explore(line, a=slider(0, 1), b=slider(0, 1), presets={"x": {"a": 1}, "y": {"b": 2}}, **WORDS),
            "set the same in all",
        ),
        (lambda: explore(line, a=slider(0, 1), name="梯度", **WORDS), "name= must hold letters"),
        (lambda: slider(1, 0), "lo < hi"),
        (lambda: slider(0, float("nan")), "lo < hi"),
        (lambda: slider(0), "give lo and hi"),
        (lambda: slider(0, 1, 1), "n is the number of positions"),
        (lambda: slider(0, 1, 2.5), "n is the number of positions"),
        (lambda: slider(0, 1, start=2), "outside"),
        (lambda: slider(0, 1, 5, log=True), "lo > 0"),
        (lambda: slider(0, 1, values=[1, 2]), "not both"),
        (lambda: slider(values=[1]), "at least two"),
        (lambda: slider(values=[2, 1]), "increasing"),
        (lambda: slider(values=[1, float("inf")]), "finite"),
    ],
)
def test_wrong_use_names_the_fix(stored, call, message):
    with pytest.raises(ValueError, match=message):
        call()
    assert stored == []


def test_frames_of_two_sizes_are_refused(stored):
    def growing(a):
        return plt.figure(figsize=(2 + a, 1))

    with pytest.raises(ValueError, match="differ in size"):
        explore(growing, a=slider(0, 1), **WORDS)


def test_heavy_frames_are_refused(stored):
    noise = rng(0).random((400, 700))

    def heavy(a):
        fig, ax = plt.subplots(figsize=(7.2, 4))
        ax.imshow(np.roll(noise, a))
        return fig

    with pytest.raises(ValueError, match=r"weigh \d+ kB; a chapter has 700 kB"):
        explore(heavy, a=slider(0, 9), **WORDS)


def test_an_error_of_draw_is_not_hidden(stored):
    with pytest.raises(ZeroDivisionError):
        explore(boom, a=slider(0, 1), **WORDS)


# ---------------------------------------------------------------------------------------------------- sliders, grid


@given(
    lo=st.floats(-1e6, 1e6),
    width=st.floats(1e-3, 1e6),
    n=st.integers(2, 40),
    where=st.floats(0, 1),
)
@settings(max_examples=200, deadline=None)
def test_slider_runs_from_lo_to_hi(lo, width, n, where):
    hi = lo + width
    made = slider(lo, hi, n, start=min(lo + where * (hi - lo), hi))
    assert len(made.values) == n
    assert made.values[0] == pytest.approx(lo, abs=1e-9 * width)
    assert made.values[-1] == pytest.approx(hi, abs=1e-9 * width)
    assert made.start in made.values


def test_slider_values():
    assert slider(0, 1, 11).values == (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
    assert slider(1, 5).values == (1, 2, 3, 4, 5)
    assert slider(0.01, 100, 5, log=True).values == (0.01, 0.1, 1, 10, 100)
    assert slider(-1, 1, 3).show(-0.5) == "−0.5", "a minus is not a hyphen"
    assert slider(0, 1, 3, format=lambda v: f"{v:.0%}").show(0.5) == "50%"
    assert slider(1, 3, unit="Hz").show(2) == "2 Hz"


@given(sizes=st.lists(st.integers(2, 5), min_size=1, max_size=2))
def test_grid_is_row_major(sizes):
    controls = {f"c{i}": slider(1, n) for i, n in enumerate(sizes)}
    states = grid(axes_of(controls, None))
    for place, (index, values) in enumerate(states):
        at = 0
        for i, n in zip(index, sizes, strict=True):
            at = at * n + i
        assert at == place
        assert list(values.values()) == [i + 1 for i in index]


# ------------------------------------------------------------------------------------------------------------- style


def test_pictures_are_small_exact_and_repeatable():
    made = []
    for _ in range(2):
        fig, ax = plt.subplots()
        x = np.linspace(0, 6, 200)
        (curve,) = ax.plot(x, np.sin(x))
        label_line(curve, "sine")
        made.append(picture(fig))
        plt.close(fig)
    (data, width, height), again = made
    assert (data, width, height) == again
    assert (width, height) == (1080, 585)
    assert len(data) < 40_000
    assert b"matplotlib" not in data.lower()


def test_labels_take_the_colour_and_stay_in_the_axes():
    fig, ax = plt.subplots()
    ax.set(xlim=(0, 2), ylim=(0, 2))
    (curve,) = ax.plot([0, 1, 2, 3], [0, 1, 1.5, 9], color="#123456")
    label = label_line(curve, "steep")
    assert label.xy == (2, 1.5), "the last point that is in view"
    assert label.get_color() == "#123456"
    assert label_line(curve, "here", at=0.9).xy == (1, 1)
    (gone,) = ax.plot([5, 6], [5, 6])
    with pytest.raises(ValueError, match="no point within the axes"):
        label_line(gone, "nowhere")
    with pytest.raises(ValueError, match="exactly one"):
        reference_line(ax, "both", x=1, y=1)
    reference_line(ax, "limit", y=1)
    reference_line(ax, "start", x=1)
    label_point(ax, 1, 1, "point")
    plt.close(fig)


def contrast(one, other):
    def luminance(colour):
        parts = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in matplotlib.colors.to_rgb(colour)]
        return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    a, b = sorted((luminance(one), luminance(other)))
    return (b + 0.05) / (a + 0.05)


def test_palette_can_be_read_and_told_apart():
    palette = figure_style()
    assert contrast(palette.ink, "white") > 7
    assert all(contrast(c, "white") >= 2.3 for c in palette.cycle)
    assert contrast(palette.accent, "white") > 4
    assert min(distances(palette.cycle)) >= 16, "as far apart as the Okabe-Ito colours, also for colour-blind readers"


# colour blindness as a linear map of linear RGB, full severity: Machado, Oliveira and Fernandes, IEEE TVCG 2009
BLIND = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour, matrix):
    c = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.asarray(matrix) @ linear, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distances(colours):
    for matrix in BLIND.values():
        seen = [lab(c, matrix) for c in colours]
        for i, a in enumerate(seen):
            yield from (float(np.linalg.norm(a - b)) for b in seen[:i])
