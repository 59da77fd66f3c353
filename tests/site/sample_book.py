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

from scispaces.claims.cards import Ledger, card, line
from scispaces.reading import _stored, slider
from scispaces.reading._controls import as_control, axes_of, grid
from scispaces.reading.explore import render
from scispaces.reading.style import figure_style, label_line, picture
from scispaces.record import MIME

ROOT = Path(__file__).resolve().parents[2]


def part(verdict: str = "proved", scope: str = "", kind: str = "identity", clause: str = "", **more: Any) -> dict[str, Any]:
    """A part in the form the engine stores."""
    base = {
        "clause": clause,
        "kind": kind,
        "checked": "left = right",
        "verdict": verdict,
        "scope": scope,
        "corroborates": False,
        "certified": verdict == "proved",
        "evidence": {"points": "20", "digits": "45"},
        "resolution": [{"constant": "2", "relative": "1e-3"}] if verdict == "checked" else [],
        "mutants": {kind: {"made": n, "killed": n} for kind, n in
                    (("automatic", 9), ("ingredient", 2), ("hypothesis", 1), ("display", 2), ("author", 1))},
    }
    return {**base, **more}


def refuted(scope: str, checked: str, corrected: str, clause: str = "") -> dict[str, Any]:
    evidence = {"left": "2", "right": "3", "corrected": corrected}
    return part("refuted", scope, "refute", clause, checked=f"not: {checked}", evidence=evidence)


def clause(name: str, latex: str, verdict: str, unread: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    left = [{"text": text, "why": why} for text, why in unread]
    return {"name": name, "latex": latex, "verdict": verdict, "read": [] if unread else [latex], "unread": left}


def record(chapter: str, id: str, statement: str, verdict: str = "proved", **more: Any) -> dict[str, Any]:
    """A claim record in the form the engine stores."""
    kind, scope = more.pop("kind", "identity"), more.pop("scope", "")
    own = refuted("at t = 1", f"{id}: left = right", "jacobi-formula") if verdict == "refuted" else part(
        verdict, scope, kind, checked=f"{id}: left = right")
    base = {
        "id": id,
        "chapter": chapter,
        "statement": statement,
        "verdict": verdict,
        "clauses": [clause("", statement, verdict)],
        "parts": [own],
        "hypotheses": [{"text": "A and B commute", "necessary": True}],
        "uses": [],
        "premise": None,
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
    mixed["parts"].append(refuted("at t = 1", "exp(A) = 1 + A", "jacobi-formula"))
    cells += [new_markdown_cell(equation(slug, mixed)), claim_cell(mixed, CODE)]
    cells += three_clauses(slug)
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
    stored = [o.data[MIME] for c in cells if c.cell_type == "code" for o in c.outputs if MIME in o.data]
    cells += [new_markdown_cell("## Ledger of this chapter"), ledger_cell(slug, stored)]
    return new_notebook(cells=cells)


CLAUSES = {
    "ode": r"\frac{d}{dt}e^{tA}&=A\,e^{tA}\quad\text{for every square }A,",
    "unique_one": r"x(t)&=e^{tA}x_0\quad\text{if }x'=Ax",
    "naive": r"e^{A+B}&\ne e^{A}e^{B}\quad\text{in general.}",
}


def three_clauses(slug: str) -> list[Any]:
    """A display of four rows and three clauses: proved, only checked, and a denied falsehood."""
    lines = [rf"{latex}\\ % {name}" for name, latex in CLAUSES.items()]
    statement = "\\begin{aligned}\n" + "\n".join(lines) + "\n&\\text{(for matrices of every size)}\n\\end{aligned}"
    latex = {name: text.replace("&", "") for name, text in CLAUSES.items()}
    why = ((r"x'=Ax,\ x(0)=x_0", "the condition stands in no part"),)
    rec = record(slug, "three-clauses", statement, "checked")
    rec["clauses"] = [clause("ode", latex["ode"], "proved"), clause("unique_one", latex["unique_one"], "checked", why),
                      clause("naive", latex["naive"], "checked")]
    rec["parts"] = [
        part(clause="ode", scope="k ≤ 4"),
        part("checked", "to 30 digits", "agrees", "unique_one", checked="expm(t * A) @ x0 = integrated(A, t, x0) over A: Gaussian 5×5"),
        refuted("at A = [[0, 1], [0, 0]]", "Exp(A + B) = Exp(A)*Exp(B)", "agrees", "naive"),
        part("checked", "to 1e-9", "agrees", "naive"),
    ]
    rested = record(slug, "rested", "f(x) = g(x)", "proved", premise="checked", uses=["three-clauses"])
    cells = []
    for r in (rec, rested):
        cells += [new_markdown_cell(equation(slug, r)), claim_cell(r, CODE)]
    return cells


def ledger_cell(slug: str, records: list[dict[str, Any]]) -> Any:
    definitions = [
        {"id": "def-matrix-exp", "latex": "e^A", "read": False, "why": "it gives a meaning to the letters themselves"},
    ]
    bundle = Ledger(slug, records, definitions)._repr_mimebundle_()
    return new_code_cell("claim.ledger()", execution_count=1, outputs=[new_output("execute_result", bundle, execution_count=1)])


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
