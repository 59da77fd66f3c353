"""Whatever the LaTeX, the reader gives relations or says why not, and fast; the chapters' displays among it."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from book import chapters
from claims.display.corpus import CASES, NAMES
from claims.display.generous import generous
from scispaces.claims.display import NotRead, Relation, clauses, display_mutants, read, read_definition, read_each

PIECES = r"""
\frac \frac12 \frac{d}{dx} \frac{\partial u}{\partial t} \sqrt \sum_{k=1}^n \sum \prod_{k\ge0} \int_0^1 \int dx \,dx
\lim_{x\to0} \to \le \ge = < \ne \sim \approx \in + - \cdot \times / ! ' ^ _ ^2 ^{-1} ^\top _k { } ( ) [ ] \{ \} |
\lvert \rvert \lVert \rVert \left( \right) \left. \Big| _{x=0} \, \; \quad \qquad & \\ , ; : . % \% x y a n f f(x) u q
M A B v v_k \theta \pi e i \infty \sin \ln \exp \det \operatorname{Tr} \max \Gamma \binom \text{for} \text{if} \text
\begin{cases} \end{cases} \begin{aligned} \end{aligned} \begin{pmatrix} \end{pmatrix} \begin \end \bar \hat \mathbb{R}
\mathbb E \partial_x d \mathrm 0 1 10 0.5 10\,000 O( \xrightarrow{n\to\infty} \iff \Rightarrow \forall \dots \pm ^\circ
\dot \nabla \langle \rangle \lfloor \mid 9^{9^9} {} √ é ² \not \stackrel{a}{=} \label{a} \
""".split() + [" ", "\n", "\\ "]
NOT_RANDOM = settings(derandomize=True, deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))


def handled(latex: str, names: dict = NAMES) -> tuple[int, int]:
    """Read in every way; anything but relations and NotRead is an error."""
    start = time.perf_counter()
    relations, unread = read_each(latex, names)
    assert all(isinstance(r, Relation) and r.latex for r in relations)
    assert all(why.strip() for _, why in unread)
    assert time.perf_counter() - start < 3
    for reader in (read, read_definition):
        try:
            reader(latex, names)
        except NotRead as no:
            assert str(no).strip()
    assert all(isinstance(text, str) for text in clauses(latex).values())
    return len(relations), len(unread)


@NOT_RANDOM
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@example("\\")
@example("{" * 500)
@example("(" * 500 + "x" + ")" * 500 + "=1")
@example("\\frac" * 100)
@example("x=" + "-" * 3000)
@example("x=" + "\\sin " * 300 + "x")
@example("x=" + "|" * 40)
@example("x=" + "9" * 10_000)
@example("x=9^{9^{9^{9}}}!")
@example("x=\\binom{10^{9}}{10^{8}}")
@example("x=(10^{9})!")
@example("x=\\Gamma(10^{40})+\\zeta(10^9)")
@example("\\begin{cases}" * 60)
def test_token_soup_is_handled(latex):
    handled(latex)


@NOT_RANDOM
@given(st.sampled_from([latex for latex, _ in CASES]), st.data())
def test_damaged_displays_are_handled(latex, data):
    tokens = re.findall(r"\\[a-zA-Z]+|\\.|.", latex, re.S)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(tokens)))
        tokens[at : at + data.draw(st.integers(0, 1))] = data.draw(
            st.sampled_from([[], [""], ["x"], *([p] for p in PIECES)])
        )
    handled("".join(tokens))


@NOT_RANDOM
@given(st.text(max_size=60))
def test_any_text_is_handled(text):
    handled(text)


@pytest.mark.parametrize("path", chapters.PATHS, ids=lambda p: p.stem)
def test_every_display_of_a_chapter_is_handled_and_a_fair_part_is_readable(path):
    """With names for everything that lacks one, at least a quarter of the relations has a structure that is read."""
    total = [0, 0]
    for latex, _ in chapters.load(path).equations.values():
        found = handled(latex, generous(latex))
        total = [total[0] + found[0], total[1] + found[1]]
    assert total[0] >= 0.25 * sum(total), total


def test_a_display_takes_milliseconds():
    """Typical displays, well under 50 ms each; the median, so that a busy machine does not decide."""
    times = []
    for latex, _ in CASES:
        start = time.perf_counter()
        read_each(latex, NAMES)
        times.append(time.perf_counter() - start)
    assert sorted(times)[len(times) // 2] < 0.05


@pytest.mark.parametrize(
    ("latex", "kinds"),
    [
        (r"x=0.98\,y^2", {"decimal", "exponent", "factor", "swap", "relation"}),
        (r"A^\top B=2AB", {"transpose", "numeral", "factor", "swap", "relation"}),
        (r"\sqrt{mn}\le\max(a,b)", {"root", "operation", "relation", "strictness", "swap", "factor"}),
        (r"y=\sum_{k=1}^nv_k\sin x", {"range", "function", "operation"}),
        (r"\frac an\xrightarrow{n\to\infty}0", {"end", "fraction", "numeral"}),
        (r"y=-a+b", {"sign"}),
    ],
)
def test_mutants_of_a_display(latex, kinds):
    made = list(display_mutants(latex, NAMES))
    assert {what.split(":")[0].split(" (")[0] for _, what in made} >= kinds
    assert latex not in [changed for changed, _ in made]
    assert len({changed for changed, _ in made}) == len(made)
    assert made == list(display_mutants(latex, NAMES))
    otherwise = list(display_mutants(latex, NAMES, seed=1))
    assert sorted(made) == sorted(otherwise) and (made != otherwise or len(made) < 3)


def test_no_mutant_says_the_same_and_none_touches_prose_or_conditions():
    latex = r"y=a+b\quad\text{for }x>2"
    as_written = [tuple(r) for r in read(latex, NAMES)]
    made = list(display_mutants(latex, NAMES))
    assert made
    for changed, _ in made:
        assert r"\text{for }x>2" in changed
        relations, _ = read_each(changed, NAMES)
        assert [tuple(r) for r in relations] != as_written


def test_most_mutants_are_readable():
    """A mutant that is not LaTeX any more would be rejected for the wrong reason."""
    readable, made = 0, 0
    for latex, want in CASES[::7]:
        if want is not None:
            for changed, _ in display_mutants(latex, NAMES):
                relations, unread = read_each(changed, NAMES)
                readable, made = readable + bool(relations and not unread), made + 1
    assert made > 200 and readable > 0.85 * made, (readable, made)
