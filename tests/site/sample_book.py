# ruff: noqa: E501 - HTML and LaTeX read better in one line
"""A small book to build against: two chapters with every kind of content, made without a kernel.

The site's tests run on it in any checkout; `tests/site/test_chapters.py` asks the same of the real chapters.
"""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scispaces.claims.cards import card, line
from scispaces.reading import _stored, slider
from scispaces.reading._controls import as_control, axes_of, grid
from scispaces.reading.explore import render
from scispaces.reading.site.records import MIME
from scispaces.reading.style import figure_style, label_line, picture

ROOT = Path(__file__).resolve().parents[2]


def record(chapter: str, id: str, statement: str, verdict: str = "proved", **more: Any) -> dict[str, Any]:
    """A claim record in the form the engine stores."""
    part = {
        "kind": more.pop("kind", "identity"),
        "verdict": verdict,
        "scope": more.pop("scope", ""),
        "evidence": more.pop("evidence", {"points": "20", "digits": "45"}),
        "mutants": {
            "automatic": {"made": 9, "killed": 9},
            "ingredient": {"made": 2, "killed": 2},
            "hypothesis": {"made": 1, "killed": 1},
            "author": {"made": 1, "killed": 1},
        },
    }
    base = {
        "id": id,
        "chapter": chapter,
        "statement": statement,
        "checked": f"{id}: left = right",
        "verdict": verdict,
        "parts": [part],
        "hypotheses": [{"text": "A and B commute", "necessary": True}],
        "uses": [],
        "reason": "",
    }
    return {**base, **more}


def claim_cell(rec: dict[str, Any], source: str) -> Any:
    data = {
        "text/plain": line(rec),
        "text/html": card(rec),
        MIME: rec,
    }
    return new_code_cell(source, execution_count=1, outputs=[new_output("execute_result", data, execution_count=1)])


def equation(chapter: str, rec: dict[str, Any]) -> str:
    return f"$$\n{rec['statement']}\n$$ ({chapter}-{rec['id']})\n"


def figure_cell(name: str, caption: str, alt: str) -> Any:
    figure_style()
    fig, ax = plt.subplots(figsize=(7.2, 3.2))
    x = np.linspace(0, 6, 200)
    ax.set_xlim(0, 6.8)
    for k in (1, 2, 3):
        (line,) = ax.plot(x, np.exp(-x / (2 * k)) * np.sin(2 * x))
        label_line(line, f"$k={k}$", at=0.8 * k, dy=12 if k != 2 else -12)
    ax.set(xlabel="time $t$", ylabel="displacement", title="The slow one wins")
    data, _, _ = picture(fig)
    plt.close(fig)
    out = new_output(
        "display_data",
        {"image/png": base64.b64encode(data).decode(), "text/plain": "<Figure size 1080x480 with 1 Axes>"},
    )
    meta = {"mystnb": {"figure": {"caption": caption, "name": name}, "image": {"alt": alt}}, "tags": ["hide-input"]}
    return new_code_cell("fig, ax = plt.subplots()", execution_count=1, outputs=[out], metadata=meta)


def explore_cell(name: str) -> Any:
    figure_style()

    def area(a: float, t: float) -> tuple[Any, dict[str, str]]:
        fig, ax = plt.subplots(figsize=(7.2, 3.2))
        ax.plot([0, 1, 1 + a * t, a * t, 0], [0, 0, np.exp(t), np.exp(t), 0], color="#d2491f")
        ax.set(xlim=(-0.5, 5), ylim=(-0.2, 8))
        return fig, {"area": f"{np.exp(t):.2f}"}

    controls = {"a": as_control("a", slider(-1, 1, 5, label="shear a")), "t": as_control("t", slider(0, 2, 5, label="time t"))}
    axes = axes_of(controls, None)
    frames = []
    for index, values in grid(axes):
        where = ", ".join(f"{x.label} = {x.texts[i]}" for x, i in zip(axes, index, strict=True))
        data, width, height, readout = render(area, values, kind="webp")
        frames.append(_stored.Frame(data, width, height, readout, f"A parallelogram ({where})"))
    html = _stored.document(f"explore-{name}", axes, frames, "Shear changes the shape, $e^{t}$ the area.")
    out = new_output("display_data", {"text/plain": "explore", "text/html": html})
    return new_code_cell("explore(area, a=slider(-1, 1, 5), t=slider(0, 2, 5))", execution_count=1, outputs=[out])


JACOBI = r"\frac{d}{dt}\det M = \operatorname{Tr}\bigl(\operatorname{adj}(M)\,M'\bigr)"
CODE = 'claim("jacobi-formula",\n      identity(D(Det(M), t), Tr(Adj(M) * D(M, t)), sizes=[1, 2, 3, 4]))'


def one() -> Any:
    """A long chapter: many equations, a figure, an explore, a solution."""
    slug = "sample-one"
    cells = [
        new_markdown_cell(
            "# The identity $\\det e^A = e^{\\operatorname{Tr} A}$\n\n"
            "*After* 恒式赏析: 梯度下降与方程 *(Su Jianlin, 2019-02-18, [original](https://kexue.fm/archives/6377)).*\n\n"
            "The determinant of a matrix exponential costs an exponential and a determinant; the right side costs $k$ additions."
        ),
        new_markdown_cell("## Why it holds\n\nDefine the exponential by its series:\n\n"
                          f"$$\ne^A = \\sum_{{n\\ge 0}} \\frac{{A^n}}{{n!}}\n$$ ({slug}-def-matrix-exp)\n"),
        figure_cell(f"fig-{slug}-decay", "Three decays; the third lasts longest.", "Three decaying sine waves"),
    ]
    rec = record(slug, "jacobi-formula", JACOBI, scope="k = 1..4")
    cells += [new_markdown_cell("Then the **derivative of a determinant**.\n\n" + equation(slug, rec)), claim_cell(rec, CODE)]
    matrix = r"e^{tA} = \begin{pmatrix} \cosh t & \sinh t \\ \sinh t & \cosh t \end{pmatrix}, \quad A = \begin{pmatrix} 0&1\\1&0 \end{pmatrix}"
    mixed = record(slug, "with-matrix", matrix, "checked", kind="agrees")
    mixed["parts"].append({**mixed["parts"][0], "kind": "refute", "verdict": "refuted", "scope": "at t = 1", "evidence": {"left": "2", "right": "3"}})
    mixed["checked"] = "left = right; not: exp(A) = 1 + A; left = right"
    cells += [new_markdown_cell(equation(slug, mixed)), claim_cell(mixed, CODE)]
    verdicts = ["proved", "series", "checked", "bounded", "estimated", "refuted"]
    for i in range(24):
        statement = (
            rf"\Bigl\lVert e^A-\sum_{{n=0}}^{{{i}}}\frac{{A^n}}{{n!}}\Bigr\rVert\le\frac{{\lVert A\rVert^{{{i + 1}}}}}{{({i + 1})!}}"
            rf"e^{{\lVert A\rVert}},\qquad \det S_N(tA)=e^{{t\operatorname{{Tr}}A}}-\frac{{t^{{N+1}}}}{{(N+1)!}}\operatorname{{Tr}}(A^{{N+1}})"
        )
        uses = ["jacobi-formula"] if i % 3 == 0 else [f"step-{i - 1}"] if i else []
        rec = record(slug, f"step-{i}", statement, verdicts[i % 6], kind="bound" if i % 6 == 3 else "identity", uses=uses)
        text = (
            f"Take $A\\in\\mathbb{{C}}^{{k\\times k}}$ with $\\rho(A)<{i + 1}$ and $\\lVert A\\rVert_2\\le\\sigma_1$; then $e^{{A}}$ "
            f"and $e^{{-A}}$ commute, $[A,B]=0$, so that $\\operatorname{{Tr}}A=\\sum_i\\lambda_i$ is all that is left.\n\n"
        )
        cells += [new_markdown_cell(("### A step\n\n" if i % 6 == 0 else "") + text + equation(slug, rec)), claim_cell(rec, CODE)]
    cells += [
        new_markdown_cell("## Explore"),
        explore_cell("area"),
        new_markdown_cell(
            f"## Exercises\n\n```{{exercise}}\n:label: ex-{slug}-1\n\nShow that $\\det e^A \\neq 0$.\n```\n\n"
            f"```{{solution}} ex-{slug}-1\n:label: sol-{slug}-1\n:class: dropdown\n\nIts value is $e^{{\\operatorname{{Tr}}A}}$.\n```\n\n"
            "See {cite}`moler2003nineteen` and {eq}`" + slug + "-jacobi-formula`."
        ),
    ]
    return new_notebook(cells=cells)


def two() -> Any:
    slug = "sample-two"
    rec = record(slug, "sine-law", r"\sin^2 x + \cos^2 x = 1", "checked", kind="agrees", uses=["sample-one-jacobi-formula"])
    return new_notebook(
        cells=[
            new_markdown_cell("# Initialization and geometry\n\n*After* 正交初始化."),
            new_markdown_cell("## A law\n\n" + equation(slug, rec)),
            claim_cell(rec, 'claim("sine-law", agrees(left, right))'),
        ]
    )


def write_notebook(notebook: Any, path: Path) -> None:
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["language_info"] = {"name": "python"}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nbformat.from_dict(notebook), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def make_book(target: Path) -> Path:
    """Write the small book into `target`: the real configuration and pages, two sample chapters."""
    for name in ("_config.yml", "intro.md"):
        shutil.copy(ROOT / name, target / name)
    for name in ("_static", "about"):
        shutil.copytree(ROOT / name, target / name)
    write_notebook(one(), target / "chapters/mathematics/sample-one.ipynb")
    write_notebook(two(), target / "chapters/initialization/sample-two.ipynb")
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    about = [part for part in toc["parts"] if part["caption"] == "About the book"]
    toc["parts"] = [
        {"caption": "Mathematics", "numbered": True, "chapters": [{"file": "chapters/mathematics/sample-one"}]},
        {"caption": "Initialization", "numbered": True, "chapters": [{"file": "chapters/initialization/sample-two"}]},
        *about,
    ]
    (target / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False), encoding="utf-8")
    return target


if __name__ == "__main__":
    import sys

    make_book(Path(sys.argv[1]))
