"""Clauses, definitions, conditions, decimals, and one unreadable relation among others."""

from __future__ import annotations

import pytest
import sympy as sp

from claims.display.corpus import NAMES, X, a, b, c, m, n, t, x
from scispaces.claims.display import NotRead, Relation, clauses, read, read_definition, read_each
from scispaces.claims.nodes import T

DISPLAY = r"""\begin{aligned}
a&=b\quad\text{for }c>0\\                                     % no name: a comment of prose. It is none of ours!
&=c, % equal
\\
&\le x\\ % bounded
&\text{where}\quad m>n,\\
&x=1 % last
\end{aligned}"""


def relations(latex: str) -> list[tuple]:
    return [tuple(r) for r in read(latex, NAMES)]


def test_a_display_without_names_is_one_clause():
    assert clauses(r"a=b \\ b=c") == {"": r"a=b \\ b=c"}
    assert clauses("50\\,\\% % not a name.\n") == {"": "50\\,\\% % not a name.\n"}


def test_lines_belong_to_the_next_named_line():
    found = clauses(DISPLAY)
    assert list(found) == ["equal", "bounded", "last"]
    assert relations(found["equal"]) == [("=", a, b), ("=", b, c)]
    assert relations(found["last"]) == [("=", x, 1)] or relations(found["last"])[-1] == ("=", x, 1)


def test_a_clause_that_begins_with_a_relation_carries_the_side_before():
    assert relations(clauses(DISPLAY)["bounded"]) == [("<=", c, x)]


def test_a_name_may_stand_behind_the_line_break():
    found = clauses("\\begin{aligned}a&=b\\\\ % one\n&=c % two\n\\end{aligned}")
    assert {k: relations(v) for k, v in found.items()} == {"one": [("=", a, b)], "two": [("=", b, c)]}


def test_the_same_name_twice_is_one_clause():
    found = clauses("\\begin{aligned}a&=b\\\\ % one\nx&=c\\\\ % two\na&=c % one\n\\end{aligned}")
    assert relations(found["one"]) == [("=", a, b), ("=", a, c)]


def test_a_clause_that_goes_on_after_another_carries_its_own_left():
    found = clauses("\\begin{aligned}a&=b\\\\ % one\n&\\le c\\\\ % two\n&\\le x % one\n\\end{aligned}")
    assert relations(found["one"]) == [("=", a, b), ("<=", c, x)]


def test_what_is_carried_stops_at_a_condition():
    found = clauses("\\begin{aligned}a&=\\sin(x)+c\\quad\\text{if }b=1,\\\\ % one\n&\\le x % two\n\\end{aligned}")
    assert relations(found["two"]) == [("<=", sp.sin(x) + c, x)]


@pytest.mark.parametrize(
    ("latex", "key", "tree", "arguments"),
    [
        (r"G:=X^\top X", "G", T(X) * X, ()),
        (r"\phi(x)=x^2+1", r"\phi", x**2 + 1, (x,)),
        (r"\operatorname{softplus}(x)=\log(1+e^x)", r"\operatorname{softplus}", sp.log(1 + sp.exp(x)), (x,)),
        (r"\mu=\frac mn,\qquad m\ne n", r"\mu", m / n, ()),
        (r"H(m,n)=\frac{2mn}{m+n}", "H", 2 * m * n / (m + n), (m, n)),
        (r"h^{(1)}=x", "h^{(1)}", x, ()),
        (r"\tilde x_{1}=x", r"\tilde x_{1}", x, ()),
        (r"\lVert X\rVert_F=a", r"\lVert X\rVert_F", a, ()),
        (r"S(p)=p^2", "S", sp.Symbol("p") ** 2, (sp.Symbol("p"),)),
    ],
)
def test_a_definition_is_a_name_and_a_tree(latex, key, tree, arguments):
    names = {k: o for k, o in NAMES.items() if "rVert" not in k}
    assert read_definition(latex, names) == (key, tree, arguments)


@pytest.mark.parametrize(
    "latex",
    [r"x^2=a", r"a=b=c", r"a\le b", r"a+b=c", r"2=a", r"\text{gain}=a", "a", r"G=k", r"G=a,\qquad H=b", r"H(a,a)=1"],
)
def test_what_is_no_definition_is_not_read(latex):
    with pytest.raises(NotRead):
        read_definition(latex, NAMES)


def test_conditions_stay_beside_their_relation():
    first, second = read(r"t=a:\quad x=1\quad\text{if }a>0,\qquad x=2\ (b>0)", NAMES)
    assert first.conditions == ("t=a", r"\text{if } a>0")
    assert second.conditions == ("t=a", "b>0")


def test_a_relation_knows_its_own_text():
    assert [r.latex for r in read(r"a=b\le c,\qquad x\ne t", NAMES)] == ["a = b", r"b \le c", r"x \ne t"]


@pytest.mark.parametrize(
    ("latex", "text", "value", "half"),
    [
        ("x=0.98", "0.98", sp.Rational(98, 100), sp.Rational(1, 200)),
        (r"x=4.72\cdot10^{-3}", r"4.72\cdot10^{-3}", sp.Rational(472, 10**5), sp.Rational(5, 10**6)),
        (r"x=0.3\,\%", r"0.3\,\%", sp.Rational(3, 1000), sp.Rational(5, 10**4)),
        ("x=.50", ".50", sp.Rational(1, 2), sp.Rational(1, 200)),
        (r"x=12\,345.6", r"12\,345.6", sp.Rational(123456, 10), sp.Rational(1, 20)),
        (r"x=1.165\,822", r"1.165\,822", sp.Rational(1165822, 10**6), sp.Rational(1, 2 * 10**6)),
    ],
)
def test_decimals_are_exact_and_remember_their_last_digit(latex, text, value, half):
    (relation,) = read(latex, NAMES)
    assert relation.decimals == ((text, value, half),)
    assert relation.right == value


def test_one_unreadable_relation_does_not_hide_the_others():
    read_ones, unread = read_each(r"a=b,\qquad b\approx c,\qquad c\le x", NAMES)
    assert [tuple(r) for r in read_ones] == [("=", a, b), ("<=", c, x)]
    assert [text for text, _ in unread] == [r"b \approx c"]
    with pytest.raises(NotRead, match="approx"):
        read(r"a=b,\qquad b\approx c,\qquad c\le x", NAMES)


def test_a_chain_keeps_its_readable_links():
    read_ones, unread = read_each(r"a=b\approx c", NAMES)
    assert [tuple(r) for r in read_ones] == [("=", a, b)] and len(unread) == 1


def test_what_grows_is_told():
    (relation,) = read(r"\frac1n\sim\frac1{n+1}\quad(n\to\infty)", NAMES)
    assert relation.arrow == (n, sp.oo, "+")
    (relation,) = read(r"\frac1n\xrightarrow{n\to\infty}0", NAMES)
    assert isinstance(relation.left, sp.Limit)


def test_products_of_matrices_are_not_cancelled():
    (relation,) = read("AA^{-1}=I", NAMES)
    assert relation.left != 1


def test_the_reason_names_the_piece():
    for latex, piece in ((r"a=b+Q", "Q"), (r"a=\lVert t\rVert", "norm"), (r"a=1/2x", "1/2x"), (r"a=\pm b", r"\pm")):
        with pytest.raises(NotRead, match=piece.replace("\\", "\\\\")):
            read(latex, NAMES)


def test_a_relation_is_what_is_handed_out():
    (relation,) = read("a=b", NAMES)
    assert isinstance(relation, Relation) and relation.rel == "="


def test_names_that_are_no_latex_are_an_error():
    with pytest.raises(ValueError, match="no LaTeX"):
        read("a=b", {"{": t})


@pytest.mark.parametrize("latex", [r"n=1,2,5", r"x,t>0", r"n=1,\ 2,\ \dots", r"x=1.38\ (m>n),\ 1.65\ (m<n)"])
def test_no_part_of_a_list_is_read_alone(latex):
    relations, unread = read_each(latex, NAMES)
    assert relations == [] and len(unread) >= 2
