"""The displayed sentence is what is checked: clauses, reading, display mutants, resolution, hypotheses, premises.

Each test puts a false or a foreign sentence where a true one is checked, as a careless author would.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from scispaces.claims import *
from scispaces.claims import also, columns, evaluated, listed, rows
from scispaces.claims.chapter import Chapter

x, y, t, a, b = symbols("x y t a b")
r = symbols("r", positive=True)
n = symbols("n", integer=True, positive=True)
k = symbols("k", integer=True)
A, B, X = matrices("A B X")


def book(**statements: str) -> Chapter:
    return Chapter("bench", {name.replace("_", "-"): latex for name, latex in statements.items()})


def square():
    return identity((x + y) ** 2, x**2 + 2 * x * y + y**2)


def refused(claim, claim_id, part, **options):
    """The displayed sentence is not read; where it fails at an instance of its part, the claim fails."""
    try:
        assert reading(claim(claim_id, part, **options)) == (0, 1)
    except ClaimFailed as failed:
        assert "false as it stands" in str(failed)


def reading(record) -> tuple[int, int]:
    clauses = record.data["clauses"]
    return sum(len(c["read"]) for c in clauses), sum(len(c["unread"]) for c in clauses)


# --- clauses ---

TWO = r"""\begin{aligned}
(x+y)^2&=x^2+2xy+y^2, % square
\\
(x-y)(x+y)&=x^2-y^2 % difference
\\ &\text{for all numbers}
\end{aligned}"""


def difference():
    return identity((x - y) * (x + y), x**2 - y**2)


def test_each_clause_has_its_parts_and_its_verdict():
    record = book(two=TWO)("two", square=square(), difference=[agrees((x - y) * (x + y), x**2 - y**2)]).data
    assert [(c["name"], c["verdict"]) for c in record["clauses"]] == [("square", "proved"), ("difference", "checked")]
    assert record["verdict"] == "checked"
    assert [p["clause"] for p in record["parts"]] == ["square", "difference"]


def test_a_clause_without_a_part_fails():
    with pytest.raises(ClaimFailed, match="difference of the display has no part"):
        book(two=TWO)("two", square=square())


def test_a_part_without_a_clause_fails():
    with pytest.raises(ClaimFailed, match="no clause of the display is called cube"):
        book(two=TWO)("two", square=square(), difference=difference(), cube=square())


def test_parts_of_a_display_with_clauses_are_named():
    with pytest.raises(ClaimFailed, match="say which one a part checks"):
        book(two=TWO)("two", square(), difference())


def test_what_only_corroborates_never_weakens():
    record = book(s="(x+y)^2=x^2+2xy+y^2")("s", square(), also(agrees((x + y) ** 2, x**2 + 2 * x * y + y**2))).data
    assert record["verdict"] == "proved"
    assert [p["corroborates"] for p in record["parts"]] == [False, True]


def test_corroboration_alone_is_no_check():
    with pytest.raises(ClaimFailed, match="has no part of its own"):
        book(s="(x+y)^2=x^2+2xy+y^2")("s", also(square()))


# --- reading ---


@pytest.mark.parametrize(
    ("latex", "part"),
    [
        ("(x+y)^2=x^2+2xy+y^2", square),
        ("x^2+2xy+y^2=(x+y)^2", square),
        (r"(x+y)^2-y^2=x(x+2y)\quad\text{for all }x,y", lambda: identity((x + y) ** 2 - y**2, x**2 + 2 * x * y)),
        (r"\sum_{k=1}^{n}k=\frac{n(n+1)}{2}", lambda: identity(Sum(k, (k, 1, n)), n * (n + 1) / 2)),
        (r"\int_0^1 r x\,dx=\frac r2", lambda: identity(Integral(r * x, (x, 0, 1)), r / 2)),
        (r"\det(AB)=\det(A)\det(B)", lambda: identity(Det(A * B), Det(A) * Det(B), sizes=[1, 2, 3])),
        (r"\operatorname{Tr}(AB)=\operatorname{Tr}(BA)", lambda: identity(Tr(A * B), Tr(B * A), sizes=[1, 2])),
        (r"\ln r\le r-1", lambda: bound(log(r), r - 1, minimum_at={r: 1})),
        (r"r-1\ge\ln r", lambda: bound(log(r), r - 1, minimum_at={r: 1})),
        (r"\lim_{x\to0^+}\frac{\sin x}{x}=1", lambda: limit(sin(x) / x, x, 0, 1)),
        (r"e^{t}=1+t+\frac{t^2}{2}+O(t^3)", lambda: series(exp(t), 1 + t + t**2 / 2, t, 3)),
    ],
)
def test_a_true_sentence_is_read(latex, part):
    assert reading(book(s=latex)("s", part())) == (1, 0)


@pytest.mark.parametrize(
    ("latex", "part"),
    [
        ("(x+y)^2=x^2+3xy+y^2", square),
        ("(x+y)^2=x^2+2xy-y^2", square),
        (r"\sum_{k=0}^{n}k^2=\frac{n(n+1)}{2}", lambda: identity(Sum(k, (k, 1, n)), n * (n + 1) / 2)),
        (r"\det(AB)=\det(A)+\det(B)", lambda: identity(Det(A * B), Det(A) * Det(B), sizes=[1, 2, 3])),
        (r"\operatorname{Tr}(AB)=\operatorname{Tr}(A)\operatorname{Tr}(B)",
         lambda: identity(Tr(A * B), Tr(B * A), sizes=[1, 2])),
        (r"r-1\le\ln r", lambda: bound(log(r), r - 1, minimum_at={r: 1})),
        (r"e^{t}=1+t+\frac{t^2}{2}+O(t^4)", lambda: series(exp(t), 1 + t + t**2 / 2, t, 3)),
        (r"\lim_{x\to0^+}\frac{\sin x}{x}=0", lambda: limit(sin(x) / x, x, 0, 1)),
    ],
)  # fmt: skip
def test_a_false_sentence_over_a_true_check_fails(latex, part):
    with pytest.raises(ClaimFailed, match="false as it stands"):
        book(s=latex)("s", part())


@pytest.mark.parametrize(
    ("latex", "part"),
    [
        ("(x+y)^3=x^3+3x^2y+3xy^2+y^3", square),  # another sentence, true
        (r"\ln r=r-1", lambda: bound(log(r), r - 1, minimum_at={r: 1})),
        (r"\ln r<r-1", lambda: bound(log(r), r - 1, minimum_at={r: 1})),
        (r"\lim_{x\to0^-}\frac{\sin x}{x}=1", lambda: limit(sin(x) / x, x, 0, 1)),
        (r"e^{t}=1+t+\frac{t^2}{2}", lambda: series(exp(t), 1 + t + t**2 / 2, t, 3)),
        (r"(x+z)^2=x^2+2xz+z^2", square),
    ],
)
def test_what_no_part_states_is_not_read_and_says_why(latex, part):
    record = book(s=latex)("s", part())
    assert reading(record) == (0, 1)
    assert all(u["why"] for c in record.data["clauses"] for u in c["unread"])


def test_a_chain_is_read_link_by_link():
    chain = r"(x+y)^2=x(x+y)+y(x+y)=x^2+2xy+y^2"
    whole = identity((x + y) ** 2, x * (x + y) + y * (x + y), x**2 + 2 * x * y + y**2)
    assert reading(book(s=chain)("s", whole)) == (2, 0)
    assert reading(book(s=chain + r"=x^2+y^2+xy+yx")("s", whole)) == (3, 0)
    with pytest.raises(ClaimFailed, match="false as it stands"):
        book(s=chain + r"=x^2+xy+y^2")("s", whole)


def test_a_quadratic_form_under_a_displayed_norm_is_a_number():
    v, w, W = matrices("v w W")
    m = symbols("m", positive=True)
    claim = book(s=r"\mathbb E\lVert Wv\rVert^2=m\lVert v\rVert^2", f=r"\mathbb E\lVert Wv\rVert^2=m^2\lVert v\rVert^2")
    claim.reads({r"\lVert\cdot\rVert": Lambda(w, sqrt(Tr(T(w) * w)))})
    shapes = [{W: (i, 2), v: (2, 1), m: i} for i in (1, 2, 3)]
    part = identity(Expect(Tr(T(W * v) * W * v), iid(W, 1)), m * Tr(T(v) * v), sizes=shapes)
    assert reading(claim("s", part)) == (1, 0)
    with pytest.raises(ClaimFailed, match="false as it stands"):
        claim("f", part)


def test_a_size_in_a_hypothesis_has_the_value_of_the_proof():
    W, m, sigma = matrices("W"), *symbols("m sigma", positive=True)
    square, law = Entry(T(W) * W, 1, 1), iid(W, sigma**2)
    part = identity(Expect(square, law), 1, given=Eq(sigma, 1 / sqrt(m)), sizes=[{W: (i, 1), m: i} for i in (1, 2, 3)])
    claim = book(s=r"\mathbb E\lVert w\rVert^2=1\quad\text{if }\sigma^2=\frac1m")
    data = claim("s", part, names={r"\lVert w\rVert": sqrt(square)}).data
    assert {"text": "sigma = 1/sqrt(m)", "necessary": True} in data["hypotheses"]


@pytest.mark.parametrize(("corner", "ok"), [("3", True), ("2", False), ("-3", False)])
def test_a_meaning_given_in_passing_is_held_against_the_check(corner, ok):
    latex = rf"\det P=3\quad\text{{with }}P=\begin{{pmatrix}}1&0\\0&{corner}\end{{pmatrix}}"
    P = Const([[1, 0], [0, 3]])
    claim, part = book(s=latex), identity(Det(P), 3)
    if ok:
        assert reading(claim("s", part, names={"P": P})) == (2, 0)
    else:
        with pytest.raises(ClaimFailed, match="its check takes P for something else"):
            claim("s", part, names={"P": P})


# --- callables ---


def gram_trace(X):
    return float(np.sum(X * X))


def test_a_sentence_about_arrays_is_read():
    claim = book(s=r"\lVert X\rVert_F^2=\operatorname{Tr}(X^\top X)")
    claim.reads({r"\lVert\cdot\rVert_F": np.linalg.norm})
    record = claim("s", agrees(gram_trace, lambda X: np.trace(X.T @ X), over={"X": normal(3, 5)}, tol=1e-12,
                               wrong=[lambda X: np.trace(X)]))  # fmt: skip
    assert reading(record) == (1, 0)


def test_a_size_is_named_or_not_read():
    def part():
        return agrees(lambda X: np.mean(X**2), lambda X: np.trace(X.T @ X) / X.size, tol=1e-12,
                      over=lambda rng: {"X": rng.standard_normal((rng.integers(2, 5), rng.integers(2, 6)))},
                      wrong=[lambda X: np.trace(X.T @ X) / len(X)])  # fmt: skip

    latex = r"\operatorname{mean}(X)=\frac{1}{mn}\operatorname{Tr}(X^\top X)"
    square_mean = {r"\operatorname{mean}": lambda X: np.mean(X**2)}
    assert reading(book(s=latex)("s", part(), names=square_mean)) == (0, 1)
    claim = book(s=latex, f=latex.replace("mn", "m^2"))
    claim.reads({"m": rows("X"), "n": columns("X")})
    record = claim("s", part(), names=square_mean)
    assert reading(record) == (1, 0)
    with pytest.raises(ClaimFailed, match="false as it stands"):
        claim("f", part(), names=square_mean)


def test_a_bound_between_callables_is_read_and_its_neighbour_is_not():
    def parts():
        return bound(lambda x: abs(np.sin(x)), lambda x: min(abs(x), 1.0), over={"x": uniform(-3, 3)}, tight=0.99)

    claim = book(s=r"\lvert\sin x\rvert\le\min(\lvert x\rvert,1)", f=r"\lvert\sin x\rvert\le\min(\lvert x\rvert,2)")
    assert reading(claim("s", parts())) == (1, 0)
    assert reading(claim("f", parts())) == (0, 1)


def layered(rng):
    widths = rng.integers(1, 5, 4)
    return {"W": [rng.standard_normal((m, n)) for m, n in zip(widths[1:], widths[:-1], strict=True)], "l": 3}


@pytest.mark.parametrize(("product", "ok"), [("W_3W_2W_1", True), ("W_1W_2W_3", False), ("W_3W_2W_2", False)])
def test_letters_with_an_index_of_layers_are_read_in_their_order(product, ok):
    names = {"W": listed("W"), r"\lVert\cdot\rVert": lambda X: np.linalg.norm(X, 2)}
    claim = book(s=rf"\lVert {product}\rVert\le\prod_{{t=1}}^l\lVert W_t\rVert")
    part = bound(lambda W: np.linalg.norm(W[2] @ W[1] @ W[0], 2), lambda W: np.prod([np.linalg.norm(w, 2) for w in W]),
                 over=layered, tight=0.9)  # fmt: skip
    if ok:
        assert reading(claim("s", part, names=names)) == (1, 0)
    else:
        refused(claim, "s", part, names=names)


def test_a_definition_over_layers_is_what_the_check_uses():
    claim = book(def_size=r"S=\sum_{t=1}^l\lVert W_t\rVert^2", s=r"S=\sum_{t=1}^l\operatorname{Tr}(W_t^\top W_t)")
    claim.reads({"W": listed("W"), "l": "l", r"\lVert\cdot\rVert": np.linalg.norm})
    size = evaluated(claim.define("size"))
    assert np.isclose(size(W=[np.eye(2), 2 * np.eye(1)], l=2), 6)
    part = agrees(size, lambda W: sum(np.trace(w.T @ w) for w in W), over=layered,
                  wrong=[lambda W: np.trace(W[0].T @ W[0])])  # fmt: skip
    assert reading(claim("s", part)) == (1, 0)


def test_an_expectation_is_read():
    def draw(rng, n):
        return {"x": rng.standard_normal((n, 4))}

    def part(mean=4.0):
        return estimate(draw, mean, of=lambda x: (x**2).sum(axis=1), at={"n": 4}, n=40_000, detect=0.2)

    claim = book(s=r"\mathbb E\bigl[x^\top x\bigr]=n", f=r"\mathbb E\bigl[x^\top x\bigr]=n+1")
    record = claim("s", part())
    assert reading(record) == (1, 0)
    assert record.data["parts"][0]["scope"].startswith("n = 4, ")
    refused(claim, "f", part())


# --- decimals and resolution ---


@pytest.mark.parametrize(("shown", "ok"), [("0.785", True), ("0.7854", True), ("0.786", False), ("0.7853", False)])
def test_a_decimal_is_what_rounds_to_it(shown, ok):
    claim = book(s=rf"\int_0^1\frac{{1}}{{1+x^2}}\,dx={shown}")
    part = identity(Integral(1 / (1 + x**2), (x, 0, 1)), pi / 4)
    if ok:
        assert reading(claim("s", part)) == (1, 0)
    else:
        with pytest.raises(ClaimFailed, match="false as it stands"):
            claim("s", part)


@pytest.mark.parametrize(("shown", "ok"), [("0.693", True), ("0.69315", True), ("0.694", False), ("0.69314", False)])
def test_a_decimal_of_a_computation_is_what_rounds_to_it(shown, ok):
    def part():
        return agrees(lambda k: k * math.log(2), lambda k: k * (math.log(6) - math.log(3)), tol=1e-9,
                      over={"k": uniform(1, 3)}, wrong=[lambda k: k * 0.7])  # fmt: skip

    claim = book(s=rf"\ell={shown}\,k")
    names = {r"\ell": computed(lambda *, k: k * math.log(2))}
    if ok:
        assert reading(claim("s", part(), names=names)) == (1, 0)
    else:
        with pytest.raises(ClaimFailed, match="false as it stands"):
            claim("s", part(), names=names)


@pytest.mark.parametrize(("shown", "ok"), [("3.142", True), ("3.14", True), ("3.141", False), ("3.15", False)])
def test_a_decimal_beside_callables_is_what_rounds_to_it(shown, ok):
    claim = book(s=rf"\operatorname{{area}}(r)={shown}\,r^2")
    part = agrees(lambda r: np.pi * r * r, lambda r: (np.sqrt(np.pi) * r) ** 2, over={"r": uniform(0.5, 2)},
                  wrong=[lambda r: 3 * r**2])  # fmt: skip
    names = {r"\operatorname{area}": lambda r: np.pi * r * r}
    if ok:
        assert reading(claim("s", part, names=names)) == (1, 0)
    else:
        with pytest.raises(ClaimFailed, match="false as it stands"):
            claim("s", part, names=names)


def area(r):
    return float(np.pi * r**2)


def test_a_blunt_check_of_a_constant_needs_a_reason():
    def part(tol):
        return agrees(lambda r: area(r) / np.pi * 7 / 3, lambda r: 7 * r * r / 3 * (1 + tol / 3),
                      over={"r": uniform(0.5, 2)}, tol=tol, wrong=[lambda r: 3 * r**2])  # fmt: skip

    def sharp(r):
        return area(r)

    latex = r"\operatorname{area}=\frac{7}{3}r^2"
    names = {r"\operatorname{area}": Symbol("r") ** 2 * Rational(7, 3)}
    with pytest.raises(ClaimFailed, match="too blunt"):
        book(s=latex)("s", part(0.1), names=names)
    record = book(s=latex)("s", part(1e-6), names=names)
    assert record.data["parts"][0]["resolution"]
    assert book(s=latex)("s", part(0.1), names=names, reason="a coarse grid").data["reason"]


# --- the display is attacked ---


def test_display_mutants_are_counted():
    record = book(s="(x+y)^2=x^2+2xy+y^2")("s", square()).data
    made = record["parts"][0]["mutants"]["display"]
    assert made["made"] == made["killed"] >= 4


# --- refutations ---


def test_the_false_sentence_is_displayed_and_read_as_refuted():
    latex = r"""\begin{aligned}
    &\det(A+B)=\det A+\det B, % people_say
    \\ &\det(AB)=\det A\,\det B % holds
    \\ &\text{for all square matrices}
    \end{aligned}"""
    one, other = [[1, 0], [0, 1]], [[1, 0], [0, 2]]
    record = book(s=latex)(
        "s",
        people_say=refute((Det(A + B), Det(A) + Det(B)), at={A: one, B: other},
                          holds_at={A: [[1, 0], [0, 0]], B: [[0, 0], [0, 0]]}, corrected="holds"),
        holds=identity(Det(A * B), Det(A) * Det(B), sizes=[1, 2, 3]),
    )  # fmt: skip
    assert [c["verdict"] for c in record.data["clauses"]] == ["refuted", "proved"]
    assert reading(record) == (2, 0)
    assert record.data["uses"] == []


# --- hypotheses, premises, definitions ---


def test_an_outside_on_which_the_statement_holds_is_refused():
    def part(outside):
        return agrees(lambda x: np.sqrt(x * x * 3) / np.sqrt(3), lambda x: x, over={"x": uniform(0.1, 3)}, tol=1e-12,
                      wrong=[lambda x: 2 * x], outside={r"x\ge0": outside})  # fmt: skip

    record = book(s=r"\sqrt{x^2}=x\quad\text{if }x\ge0")("s", part({"x": uniform(-3, -0.1)})).data
    assert {"text": r"x\ge0", "necessary": True} in record["hypotheses"]
    with pytest.raises(ClaimFailed, match="which the display does not have"):
        book(s=r"\sqrt{x^2}=x\quad\text{if }x\ge-1")("s", part({"x": uniform(-3, -0.1)}))
    with pytest.raises(Refused, match="not necessary"):
        book(s=r"\sqrt{x^2}=x\quad\text{if }x\ge0")("s", part({"x": uniform(4, 5)}))


def test_an_outside_in_words_has_to_be_displayed_too():
    beyond = {r"\text{if $x$ is a length}": {"x": uniform(-3, -0.1)}}

    def part():
        return agrees(lambda x: np.sqrt(x * x * 3) / np.sqrt(3), lambda x: x, over={"x": uniform(0.1, 3)}, tol=1e-12,
                      wrong=[lambda x: 2 * x], outside=beyond)  # fmt: skip

    assert book(s=r"\sqrt{x^2}=x\quad\text{if $x$ is a length}")("s", part())
    assert book(s=r"\sqrt{x^2}=x\quad\text{if }x\text{ is a length}")("s", part())
    for said in (r"\sqrt{x^2}=x", r"\sqrt{x^2}=x\quad\text{for every $x$}"):
        with pytest.raises(ClaimFailed, match="which the display does not have"):
            book(s=said)("s", part())


def test_a_letter_between_words_is_no_hypothesis():
    record = book(s=r"(x+y)^2=x^2+2xy+y^2\quad\text{for fixed }x\text{ and every }y")("s", square()).data
    assert record["hypotheses"] == []


def test_the_check_assumes_no_more_than_the_display_says():
    def part():
        return agrees(Exp(A + B), Exp(A) * Exp(B), given=commute(A, B), digits=30)

    for condition in (r"\text{if }[A,B]=0", r"\text{for commuting }A,B"):
        assert reading(book(s=rf"e^{{A+B}}=e^Ae^B\quad{condition}")("s", part())) == (1, 0)
    with pytest.raises(ClaimFailed, match="which the display does not say"):
        book(s=r"e^{A+B}=e^Ae^B\quad\text{for all square }A,B")("s", part())


def test_a_proof_from_a_weaker_premise_says_so():
    claim = book(weak="(x+y)^2=x^2+2xy+y^2", strong="(x-y)(x+y)=x^2-y^2")
    claim("weak", agrees((x + y) ** 2, x**2 + 2 * x * y + y**2))
    record = claim("strong", difference(), uses="weak").data
    assert record["verdict"] == "proved" and record["premise"] == "checked"
    assert "proved, from a checked premise" in repr(claim.ledger())


DIFFERENCE = r"\operatorname{softplus}(x)-\operatorname{softplus}(-x)=x"


def test_a_definition_is_read_and_used():
    claim = book(def_plus=r"\operatorname{softplus}(x)=\ln(1+e^{x})", s=DIFFERENCE)
    softplus = claim.define("plus")
    z = symbols("x", real=True)
    assert reading(claim("s", identity(softplus(z) - softplus(-z), z))) == (1, 0)
    assert np.isclose(softplus(0.0), np.log(2))
    assert "1 of 1 definitions read" in repr(claim.ledger())


def test_a_definition_that_is_a_matrix_is_a_node_of_the_engine():
    claim = book(def_step=r"M=\begin{pmatrix}1-q&b\\-q&b\end{pmatrix}", s=r"1-\operatorname{Tr}M+\det M=q")
    q, b = symbols("q b", positive=True)
    M = claim.define("step", q=q, b=b)
    assert reading(claim("s", identity(1 - Tr(M) + Det(M), q))) == (1, 0)


def test_a_sign_changed_in_a_definition_breaks_what_rests_on_it():
    claim = book(def_plus=r"\operatorname{softplus}(x)=\ln(1-e^{x})", s=DIFFERENCE)
    softplus = claim.define("plus")
    z = symbols("x", real=True)
    with pytest.raises(ClaimFailed):
        claim("s", identity(softplus(z) - softplus(-z), z))


def test_a_definition_that_nothing_binds_is_listed():
    claim = book(def_plus=r"\operatorname{softplus}(x)=\ln(1+e^{x})", s=r"\sin2x=2\sin x\cos x")
    claim("s", identity(sin(2 * x), 2 * sin(x) * cos(x)))
    ledger = claim.ledger()
    assert "0 of 1 definitions read" in repr(ledger)
    assert "no cell binds it" in ledger.definitions[0]["why"]


def test_a_letter_means_one_thing():
    claim = book(s="x=x")
    claim.reads({"m": rows("W")})
    with pytest.raises(ValueError, match="already stands for"):
        claim.reads({"m": columns("W")})


def test_the_derivative_of_a_named_matrix_is_read():
    kernel = Const([[exp(-t), 0], [1 - exp(-t), 1]])
    names = {"P": kernel, r"\mathbf1^\top": Const([[1, 1]]), r"\mathbf0^\top": Const([[0, 0]])}

    def part():
        return identity(Const([[1, 1]]) * D(kernel, t), Const([[0, 0]]))

    latex = r"\mathbf1^\top\frac{d}{dt}P=\mathbf0^\top"
    assert reading(book(s=latex)("s", part(), names=names)) == (1, 0)
    with pytest.raises(ClaimFailed, match="false as it stands"):
        book(s=latex.replace(r"\mathbf0", r"\mathbf1"))("s", part(), names=names)


def test_the_slope_of_a_named_function_is_read():
    y = symbols("y")
    slope = Lambda(x, Subs(D(sin(y), y), y, x))  # y is bound there: the part need not know it
    z = symbols("x", real=True)
    claim = book(s=r"\operatorname{wave}'(x)\le1", f=r"\operatorname{wave}'(x)\le2")
    names = {r"\operatorname{wave}'": slope}
    part = bound(D(sin(z), z), 1, because=2 * sin(z / 2) ** 2)
    assert reading(claim("s", part, names=names)) == (1, 0)
    assert reading(claim("f", bound(D(sin(z), z), 1, because=2 * sin(z / 2) ** 2), names=names)) == (0, 1)


def test_a_length_written_as_a_trace_is_read():
    """x^T x under a trace is a number already."""
    v = matrices("x")
    length = Lambda(X, sqrt(Tr(T(X) * X)))
    claim = book(s=r"\lVert Ax\rVert^2=\operatorname{Tr}(A^\top Axx^\top)")
    part = identity(length(A * v) ** 2, Tr(T(A) * A * v * T(v)), sizes=[{A: (2, 3), v: (3, 1)}])
    assert reading(claim("s", part, names={r"\lVert\cdot\rVert": length})) == (1, 0)


def test_a_dot_in_an_index_stands_for_any_index():
    def product(Ws):
        return np.prod([np.linalg.norm(M) for M in Ws])

    def draw(rng):
        return {"Ws": [rng.standard_normal((2, 3)), rng.standard_normal((3, 4))]}

    def mean_of_squares(Ws):
        return np.mean([np.linalg.norm(M) ** 2 for M in Ws])

    claim = book(s=r"\prod_{l=1}^{2}\lVert W_l\rVert\le\frac12\sum_{l=1}^{2}\lVert W_l\rVert^2",
                 f=r"\prod_{l=1}^{2}\lVert W_l\rVert\le\frac12\sum_{l=1}^{2}\lVert W_1\rVert^2")  # fmt: skip
    claim.reads({r"\lVert\cdot\rVert": np.linalg.norm, r"W_{\cdot}": lambda l, *, Ws: Ws[int(l) - 1]})
    assert reading(claim("s", bound(product, mean_of_squares, over=draw, tight=0.9))) == (1, 0)
    refused(claim, "f", bound(product, mean_of_squares, over=draw, tight=0.9))


def test_a_bound_is_read_where_it_is_slack_too():
    """At x = 0, where the bound is attained, x and 2x are the same."""

    def part():
        return bound(lambda x: x, lambda x: np.sinh(x), over={"x": one_of(0.0, 0.5, 1.0, 1.5, 2.0)}, tight=0.9)

    claim = book(s=r"x\le\sinh x", f=r"x\le\sinh(2x)")
    assert reading(claim("s", part())) == (1, 0)
    assert reading(claim("f", part())) == (0, 1)
