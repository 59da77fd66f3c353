"""The chapter object: what ties a claim to its equation, and what a claim leaves behind."""

from __future__ import annotations

import json
import re

import pytest

from claims.bench import ID, chapter, run
from scispaces.claims import (
    Chapter,
    ClaimFailed,
    Det,
    Refused,
    Tr,
    agrees,
    bound,
    commute,
    cos,
    estimate,
    exp,
    follows,
    identity,
    invertible,
    log,
    matrices,
    refute,
    series,
    sin,
    sqrt,
    symbols,
    uniform,
)
from scispaces.claims.cards import MIME, shade
from scispaces.claims.notebook import chapter_path, labelled_equations, read_chapter
from scispaces.record import STRENGTH, weakest

x, y = symbols("x y", real=True)
p = symbols("p", positive=True)
z, w, t = symbols("z w t")
A, B = matrices("A B")

KEYS = {"id", "chapter", "statement", "verdict", "clauses", "parts", "hypotheses", "uses", "premise", "reason"}
PART_KEYS = {"clause", "kind", "checked", "verdict", "scope", "corroborates", "certified"} | {
    "evidence", "resolution", "mutants"}  # fmt: skip


def doubled():
    return identity((x + y) ** 2, x**2 + 2 * x * y + y**2)


def as_series():
    return series(exp(t), 1 + t, t, 2)


def as_checked():
    return agrees(sin(3 * z), 3 * sin(z) - 4 * sin(z) ** 3)


def as_refuted():
    return refute((sqrt(x**2), x), at={x: -1}, holds_at={x: 2}, corrected=doubled())


def as_estimated():
    return estimate(lambda rng, n: rng.random(n), 0.5, n=20_000, detect=0.02)


def as_bounded():
    return bound(lambda x: x * x, lambda x: x, {"x": uniform(0, 1)}, tight=0.99)


# --- ids, labels, uses ---


def test_an_id_is_used_once():
    claim = chapter()
    claim(ID, doubled())
    with pytest.raises(ClaimFailed, match="used twice"):
        claim(ID, as_series())


def test_an_id_needs_its_label():
    claim = Chapter("bench", statements={"jacobi-formula": "a", "jacobi-identity": "b", "other": "c"})
    with pytest.raises(ClaimFailed) as failure:
        claim("jacobi-formla", doubled())
    message = str(failure.value)
    assert "jacobi-formla" in message and "bench-jacobi-formula" in message
    with pytest.raises(ClaimFailed, match="no displayed equation"):
        claim("quite-different-from-all", doubled())
    assert claim.records == {}


def test_definitions_are_not_checked():
    claim = Chapter("bench", statements={"def-norm": "a"})
    with pytest.raises(ClaimFailed, match="definitions"):
        claim("def-norm", doubled())


def test_uses_have_to_exist():
    claim = chapter("other")
    with pytest.raises(ClaimFailed, match="nowhere"):
        claim(ID, doubled(), uses=["nowhere"])
    with pytest.raises(ClaimFailed, match="itself"):
        claim(ID, doubled(), uses=[ID])
    assert claim.records == {}
    assert claim(ID, doubled(), uses=["other", "another-chapter/its-claim"]).data["uses"] == [
        "other",
        "another-chapter/its-claim",
    ]


def test_one_use_as_a_plain_string():
    assert chapter("other")(ID, doubled(), uses="other").data["uses"] == ["other"]


def test_premises_and_corrections_are_uses():
    claim = chapter("other", "step")
    claim(ID, doubled())
    record = claim("step", follows((x + y) ** 3, x**3 + 3 * x**2 * y + 3 * x * y**2 + y**3, premises=[ID])).data
    assert record["uses"] == [ID]
    refuted = claim("other", refute((sqrt(x**2), x), at={x: -1}, holds_at={x: 2}, corrected=ID)).data
    assert refuted["uses"] == [ID] and refuted["verdict"] == "refuted"


@pytest.mark.parametrize("slug", ["Det", "det exp", "", "../det", "1det"])
def test_a_chapter_has_a_plain_name(slug):
    with pytest.raises(ValueError):
        Chapter(slug)


def test_an_unknown_chapter_names_the_nearest(tmp_path):
    with pytest.raises(ValueError, match="no chapter"):
        chapter_path("no-such-chapter")


# --- the record ---


def test_a_record_has_its_keys_and_nothing_that_another_machine_changes():
    record = run(doubled)
    assert set(record) == KEYS
    assert record["chapter"] == "bench" and record["id"] == ID
    assert record["statement"] == rf"\text{{{ID}}}"
    assert record["parts"][0]["checked"] == "(x + y)**2 = x**2 + 2*x*y + y**2"
    part = record["parts"][0]
    assert set(part) == PART_KEYS
    assert not any(isinstance(v, float) for v in part["evidence"].values())
    assert json.loads(json.dumps(record)) == record
    assert not {"seconds", "time", "path"} & set(part["evidence"])


def test_the_verdict_is_the_weakest_of_the_parts():
    assert run((doubled(), as_series()))["verdict"] == "series"
    assert run((doubled(), as_checked(), as_series()))["verdict"] == "checked"
    assert run((doubled(), as_estimated(), as_bounded()))["verdict"] == "estimated"
    assert run(as_refuted)["verdict"] == "refuted"
    assert [weakest([a, "proved"]) for a in STRENGTH] == list(STRENGTH)


def test_a_scope_is_counted_apart():
    scoped = run(lambda: identity(Det(A * B), Det(A) * Det(B), sizes=[1, 2]))
    assert shade(scoped) == "proved (scoped)" and shade(run(doubled)) == "proved"


def test_the_reason_is_kept():
    record = chapter()(ID, as_checked(), reason="no closed form <known>").data
    assert record["reason"] == "no closed form <known>"
    html = chapter()(ID, as_checked(), reason="no closed form <known>")._repr_mimebundle_()["text/html"]
    assert "no closed form &lt;known&gt;" in html


def test_hypotheses_are_recorded_with_their_necessity():
    record = run(lambda: identity(log((x - 1) ** 2), 2 * log(x - 1), given=x > 1))
    assert record["hypotheses"] == [{"text": "x > 1", "necessary": True}]
    assert record["parts"][0]["mutants"]["hypothesis"] == {"made": 1, "killed": 1}
    record = run(lambda: identity((A + B) ** 2, A**2 + 2 * A * B + B**2, given=commute(A, B)))
    assert record["hypotheses"] == [{"text": "[A, B] = 0", "necessary": True}]
    record = run(lambda: identity(
        Tr(A**-1 * B * A), Tr(B), sizes=[2], given=invertible(A)))  # fmt: skip
    assert record["hypotheses"][0]["necessary"] is True


def test_a_hypothesis_that_is_not_needed_is_said_so():
    record = run(lambda: identity(sin(2 * x), 2 * sin(x) * cos(x), given=x > 0))
    assert record["hypotheses"] == [{"text": "x > 0", "necessary": False}]
    assert "hypothesis" not in record["parts"][0]["mutants"]
    html = chapter()(ID, identity(sin(2 * x), 2 * sin(x) * cos(x), given=x > 0))._repr_mimebundle_()["text/html"]
    assert "not shown necessary" in html


def test_kinds_of_mutants_are_counted_apart():
    record = run(
        lambda: identity(
            Det(A * B) * log(p**2), 2 * Det(A) * Det(B) * log(p), sizes=[2], wrong=[Det(A) * Det(B) * log(p)]
        )
    )
    mutants = record["parts"][0]["mutants"]
    assert mutants["author"] == {"made": 1, "killed": 1}
    assert set(mutants) <= {"automatic", "ingredient", "hypothesis", "author"}
    assert mutants["automatic"]["made"] + mutants.get("ingredient", {"made": 0})["made"] <= 12


# --- what is displayed ---


def test_the_line_is_one_stable_line():
    text = repr(chapter()(ID, doubled()))
    assert "\n" not in text and text.startswith(f"{ID}: proved; ")
    assert re.fullmatch(rf"{ID}: proved; (\d+) of \1 mutants rejected(; . of . relations read)?", text)
    assert text == repr(chapter()(ID, doubled()))


def test_the_card_links_claim_and_equation():
    bundle = chapter("other")(ID, doubled(), uses=["other"])._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", MIME}
    html = bundle["text/html"]
    assert f'id="claim-bench-{ID}"' in html and f'href="#equation-bench-{ID}"' in html
    assert 'href="#claim-bench-other"' in html
    assert html.count("<div") == html.count("</div>") and html.count("<li") == html.count("</li>")
    assert "<script" not in html and "style=" not in html
    assert bundle[MIME]["id"] == ID


@pytest.mark.parametrize(
    "make", [doubled, as_series, as_checked, as_refuted, as_estimated, as_bounded], ids=lambda f: f.__name__
)
def test_every_verdict_has_its_card(make):
    bundle = chapter()(ID, make())._repr_mimebundle_()
    verdict = bundle[MIME]["verdict"]
    assert f'data-verdict="{verdict}"' in bundle["text/html"] and verdict in bundle["text/plain"]
    assert re.search(r"0x[0-9a-f]{6}", bundle["text/html"]) is None


def test_the_card_escapes_what_it_shows():
    html = chapter()(ID, identity(log((x - 1) ** 2), 2 * log(x - 1), given=x > 1))._repr_mimebundle_()["text/html"]
    assert "x &gt; 1" in html


def test_the_ledger_counts():
    claim = chapter("other", "third")
    claim(ID, doubled())
    claim("other", as_checked())
    claim("third", identity(Det(A * B), Det(A) * Det(B), sizes=[1, 2]))
    ledger = claim.ledger()
    assert ledger.counts() == {"proved": 1, "checked": 1, "proved (scoped)": 1}
    made = sum(k["made"] for r in claim.records.values() for p in r["parts"] for k in p["mutants"].values())
    assert repr(ledger).startswith("3 claims: ") and f"{made} mutants, all rejected" in repr(ledger)
    html = ledger._repr_mimebundle_()["text/html"]
    assert html.count("<tr") == 4 and 'href="#claim-bench-other"' in html


def test_an_empty_ledger():
    assert repr(chapter().ledger()).startswith("0 claims")


# --- check: exercises ---


def test_check_leaves_no_record():
    claim = chapter()
    held = claim.check(doubled())
    assert repr(held) == "holds: (x + y)**2 = x**2 + 2*x*y + y**2 [proved]"
    assert "mutants rejected" in held._repr_mimebundle_()["text/html"]
    assert claim.records == {}


def test_check_raises_when_the_solution_is_wrong():
    with pytest.raises(ClaimFailed, match="differ"):
        chapter().check(identity(sin(2 * z), sin(z) * cos(z)))
    with pytest.raises(Refused):
        chapter().check(identity(sin(z), sin(z)))


# --- what a failure says ---


def test_a_failure_is_concrete_and_small():
    with pytest.raises(ClaimFailed) as failure:
        run(lambda: identity(sqrt(x**2 + 2 * x * p + p**2), x + p))
    message = str(failure.value)
    assert ID in message
    assert "left:  sqrt(p**2 + 2*p*x + x**2)" in message and "right: p + x" in message
    at = re.search(r"at (.*)\n", message)[1]
    point = {k: float(v) for k, v in (item.split(" = ") for item in at.split(", "))}
    assert point["p"] > 0 and point["x"] + point["p"] < 0
    assert abs(point["x"]) <= 5 and point["p"] <= 5, "the counterexample is made small"
    assert re.search(r"left = \S+, right = \S+, difference = \S+", message)


def test_a_failure_of_matrices_shows_small_matrices():
    with pytest.raises(ClaimFailed) as failure:
        run(lambda: identity(Tr(A * B), Tr(A) * Tr(B), sizes=[2]))
    assert "A = [[" in str(failure.value) and "B = [[" in str(failure.value)


def test_a_failure_of_callables_shows_the_point():
    with pytest.raises(ClaimFailed) as failure:
        run(lambda: agrees(lambda x: abs(x), lambda x: x, {"x": uniform(-1, 1)}))
    message = str(failure.value)
    assert ID in message and re.search(r"x = -\d", message) and "left = " in message and "right = " in message


def test_a_violated_bound_shows_the_point():
    with pytest.raises(ClaimFailed) as failure:
        run(lambda: bound(lambda x: x, lambda x: 0.99 + 0 * x, {"x": uniform(0, 1)}, tight=0.5))
    assert ID in str(failure.value) and "x = 1" in str(failure.value)
    with pytest.raises(ClaimFailed) as failure:
        run(lambda: bound(p**2, p, because=p - p**2))
    assert "violated" in str(failure.value) and "p = " in str(failure.value)


def test_a_callable_that_raises_names_the_claim():
    with pytest.raises(ClaimFailed, match=ID):
        run(lambda: agrees(lambda x: 1 / x, lambda x: x**-1.0, {"x": uniform(0, 1)}))
    with pytest.raises(ClaimFailed, match=ID):
        run(lambda: bound(lambda x: 1 / x, lambda x: 2 / x, {"x": uniform(0, 1)}, wrong=[lambda x: 0.5 / x]))
    with pytest.raises(ClaimFailed, match=ID):
        run(lambda: agrees(lambda y: y, lambda x: x, {"x": uniform(0, 1)}))


@pytest.mark.parametrize(
    "make",
    [
        lambda: identity(x),
        lambda: identity(),
        lambda: identity("x", [1, 2]),
        lambda: identity(sin, cos),
        lambda: agrees(sin(x), cos(x), {"x": uniform(0, 1)}),
        lambda: agrees(1.0, lambda x: x, {"x": uniform(0, 1)}),
        lambda: bound(A, B),
        lambda: bound(x, x + 1, x + 2),
        lambda: series(exp(t), 1 + t, t, 0),
        lambda: series(exp(t), 1 + t, 3, 2),
        lambda: series(exp(t), 1 + t, z, 2),
        lambda: estimate(lambda rng, n: rng.random(n), detect=0.1),
        lambda: estimate(lambda rng, n: rng.random(n), 0.5, n=3, detect=0.1),
        lambda: refute(x, at={x: 1}, holds_at={x: 2}, corrected=ID),
        lambda: refute((x, y), at={x: 1}, holds_at={x: 2}, corrected=3),
        lambda: follows(x, y, premises="one-string"),
        lambda: identity(x, y, sizes=["2"]),
        lambda: identity(x, y, given=3),
        lambda: refute((A, A * A), relation="<=", at={A: [[0, 1]] * 2}, holds_at={A: [[1, 0]] * 2}, corrected=ID),
    ],
)
def test_misuse_is_a_clear_error(make):
    with pytest.raises((ValueError, ClaimFailed, TypeError)) as failure:
        run(make())
    assert len(str(failure.value)) > 10


# --- the notebook behind a chapter ---


NOTEBOOK = r"""Text first.

$$ a = b $$ (bench-first)

$$
c
= d
$$ (bench-second)

```{math}
:label: bench-third
e = f
```

Under text
$$ g = h $$ (bench-glued)

$$ unlabelled $$
"""


def test_labels_are_read_from_markdown():
    found = labelled_equations(NOTEBOOK)
    assert found["bench-first"] == "a = b"
    assert found["bench-second"] == "c\n= d"
    assert found["bench-third"] == "e = f"
    assert "bench-glued" not in found, "such an equation renders as text: it is not displayed"
    assert len(found) == 3


def test_statement_and_calls_are_read_from_a_notebook(tmp_path, monkeypatch):
    cells = [
        {"cell_type": "markdown", "source": [NOTEBOOK]},
        {"cell_type": "code", "source": ['claim("first",\n', "      identity(x, y))"]},
        {"cell_type": "code", "source": ["# claim('second', old)\nclaim('third', p)"]},
        {"cell_type": "code", "source": ['claim("third", again)']},
    ]
    path = tmp_path / "bench.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    equations, calls = read_chapter(path)
    assert equations["bench-first"] == "a = b"
    assert calls == {"first": 1, "third": 2}
    module = __import__("scispaces.claims.chapter", fromlist=["chapter_path"])
    monkeypatch.setattr(module, "chapter_path", lambda slug: path)
    claim = Chapter("bench")
    assert claim("first", doubled()).data["statement"] == "a = b"
    with pytest.raises(ClaimFailed, match="2 cells"):
        claim("third", doubled())
    with pytest.raises(ClaimFailed, match="bench-second"):
        claim("secnd", doubled())
