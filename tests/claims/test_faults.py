"""Faults planted in the engine's own source, one line at a time: each has a test that must fail.

A judge that is blind passes every true statement, so only these tests see it. Each fault runs its test in a process of
its own, on a copy of the library.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import scispaces

LIBRARY = Path(scispaces.__file__).parent
TESTS = Path(__file__).parent


class Fault(NamedTuple):
    """In `file`, `old` becomes `new`; `test` (a file, and what -k selects) has to fail."""

    name: str
    file: str
    old: str
    new: str
    test: tuple[str, str]


SENTENCE, JUDGES, CHEATERS, FOLLOWS, LEGS = (
    "test_sentence.py", "test_judges.py", "test_cheaters.py", "test_follows.py", "test_legs.py",
)  # fmt: skip

FAULTS = [
    # verdicts and mutants
    Fault("a-survivor-is-ignored", "tree_part.py", 'if verdict == "survived":', 'if verdict == "never":',
          (JUDGES, "surviving_mutant_fails")),
    Fault("every-survivor-is-equivalent", "tree_part.py", 'return "survived", None', 'return "skip", None',
          (JUDGES, "surviving_mutant_fails")),
    Fault("an-accepted-wrong-variant-passes", "tree_part.py", 'if verdict != "killed":', 'if verdict == "never":',
          (CHEATERS, "wrong-is-the-truth")),
    Fault("a-survivor-of-callables-is-ignored", "agrees.py",
          "if must_differ or any(not error_of(b, v, self.scale) <= self.tol / 100 for v, _, b in known):", "if False:",
          (CHEATERS, "wrong-variant-is-right")),
    Fault("a-false-bound-may-stand", "bound_search.py", 'raise context.fail(f"the false bound {name_of(w)} is not',
          'print(f"the false bound {name_of(w)} is not', (CHEATERS, "false-bound-is-true")),
    Fault("no-mutant-is-asked-for", "chapter.py", "if not outcome.mutants.total:", "if False:",
          (JUDGES, "part_without_mutants")),
    Fault("the-strongest-clause-counts", "../record.py", "return min(verdicts, key=STRENGTH.index)",
          "return max(verdicts, key=STRENGTH.index)", (JUDGES, "weakest_clause")),
    Fault("the-verdict-is-always-proved", "agrees.py", 'return Outcome(self.kind, "checked", scope',
          'return Outcome(self.kind, "proved", scope', (JUDGES, "weakest_clause")),
    # the numeric leg
    Fault("the-numeric-leg-agrees-with-all", "tree_part.py", "        if failures:\n            raise",
          "        if False:\n            raise", (LEGS, "")),
    Fault("the-last-point-is-not-compared", "agrees.py", "bad = [i for i, e in enumerate(errors) if not e <= self.tol]",
          "bad = [i for i, e in enumerate(errors[:-1]) if not e <= self.tol]", (JUDGES, "last_point")),
    Fault("nan-agrees", "values.py", 'if not np.isfinite(both).all():\n        return float("inf")',
          "if not np.isfinite(both).all():\n        return 0.0", (JUDGES, "no_number_is_no_agreement")),
    Fault("a-vector-is-a-number", "values.py", 'return float("inf")\n        left, right = left.reshape(()),',
          "return float(abs(left - right).max())\n        left, right = left.reshape(()),",
          (CHEATERS, "vector-equals")),
    Fault("the-tolerance-is-huge", "agrees.py", "self.tol = 10.0**-digits if digits is not None else float(tol)",
          "self.tol = 0.1", (JUDGES, "tolerance_is_the_one")),
    Fault("one-link-of-a-chain", "tree_part.py", "return list(zip(self.sides, self.sides[1:], strict=False))",
          "return list(zip(self.sides, self.sides[1:], strict=False))[:1]", (JUDGES, "both_sides_of_a_chain")),
    Fault("points-do-not-depend-on-the-seed", "instances.py",
          'self._rng = rng(zlib.crc32("/".join(map(str, name)).encode()))',
          'import numpy; self._rng = numpy.random.default_rng(zlib.crc32("/".join(map(str, name)).encode()))',
          (JUDGES, "seed_moves_the_points")),
    Fault("samples-do-not-depend-on-the-seed", "points.py",
          'return book_rng(zlib.crc32("/".join(map(str, (*context.seed, *name))).encode()))',
          'return np.random.default_rng(zlib.crc32("/".join(map(str, (*context.seed, *name))).encode()))',
          (JUDGES, "seed_moves_the_samples")),
    Fault("undecided-is-agreement", "compare.py", "return Comparison(found.state, found.digits, lv, rv, True)",
          'return Comparison("agree", found.digits, lv, rv, True)', ("test_compare.py", "")),
    # the symbolic leg
    Fault("the-prover-proves-everything", "proved_part.py",
          "self.prove_statement(left, right, case, size, seconds)\n        except TimeUp:",
          "pass\n        except TimeUp:", (JUDGES, "minimum_is_proved")),
    Fault("one-size-is-proved", "proved_part.py", "sizes: list[dict[Any, Any] | None] = [*self.sizes] if",
          "sizes: list[dict[Any, Any] | None] = [*self.sizes][:1] if", (JUDGES, "every_size")),
    Fault("one-case-is-proved", "proved_part.py", "for case in self.cases:", "for case in self.cases[:1]:",
          (JUDGES, "every_case")),
    Fault("reparametrise-adds", "prove.py", "out[s] = high[s][0] - fresh(high[s][1])",
          "out[s] = high[s][0] + fresh(high[s][1])", (JUDGES, "reparametrised")),
    Fault("the-minimum-has-one-side", "bound.py", "for place, sign in pieces:", "for place, sign in pieces[:1]:",
          (JUDGES, "minimum_is_proved")),
    # hypotheses and premises
    Fault("every-hypothesis-is-necessary", "tree_part.py", 'out.append({"text": h.text, "necessary": broken})',
          'out.append({"text": h.text, "necessary": True})', (JUDGES, "shown_necessary")),
    Fault("a-restated-conclusion-passes", "hypotheses.py", "if ratio is not None and ratio.is_number:", "if False:",
          (CHEATERS, "hypothesis-is")),
    Fault("outside-may-hold", "points.py", "if not broken:", "if False:", (SENTENCE, "outside")),
    Fault("a-premise-forgets-its-hypotheses", "follows.py", "            if not granted:", "            if False:",
          (FOLLOWS, "not_forgotten")),
    Fault("a-series-is-an-equality", "follows.py", "        if e.order:", "        if False:", (FOLLOWS, "series")),
    Fault("a-premise-forgets-its-sizes", "follows.py", "if e.sizes is not None and", "if False and",
          (FOLLOWS, "sizes")),
    Fault("any-replacement-is-a-premise", "follows.py", 'if "" in found:', "if True:", (FOLLOWS, "")),
    Fault("a-weaker-premise-is-silent", "chapter.py", "return weakest(weaker) if weaker else None", "return None",
          (SENTENCE, "weaker_premise")),
    # statistics, refutations, searches
    Fault("no-correction-for-several-tests", "estimate.py", "stats.norm.isf(ERROR_RATE / (2 * tests))",
          "stats.norm.isf(ERROR_RATE / 2)", (JUDGES, "several_tests")),
    Fault("no-power", "estimate.py", "if np.any(needed > self.detect):", "if False:", (JUDGES, "power")),
    Fault("every-mean-passes", "estimate.py", "if rejected(self.mean):", "if False:",
          ("test_corpora.py", "false and (mean or estimate or expectation)")),
    Fault("copies-pass", "estimate.py", "if len(counts) >= 10 and np.gcd.reduce(counts) > 1:", "if False:",
          (CHEATERS, "doubled")),
    Fault("nothing-has-to-refute", "refute.py", "        if not violated:", "        if False:",
          (JUDGES, "refutation_needs")),
    Fault("a-control-may-fail", "refute.py", "            if broken:", "            if False:",
          (CHEATERS, "control-is-refuted")),
    Fault("a-violated-bound-passes", "bound_search.py", "if best.excess > SLACK:", "if False:",
          (JUDGES, "breaks_what_is_false")),
    # the sentence
    Fault("clauses-need-no-part", "sentence.py", "    if missing:", "    if False:", (SENTENCE, "without_a_part")),
    Fault("parts-need-no-clause", "sentence.py", "    if strange:", "    if False:", (SENTENCE, "without_a_clause")),
    Fault("corroboration-is-enough", "chapter.py", "if o.clause == name and not o.corroborates]",
          "if o.clause == name]", (SENTENCE, "corroborat")),
    Fault("the-reader-accepts-any-side", "stated_trees.py",
          "        if tree == other:\n            return True", "        if True:\n            return True",
          (SENTENCE, "not_read or false_sentence")),
    Fault("the-reader-does-not-compare", "stated_trees.py", 'if state in ("differ", "half"):', "if False:",
          (SENTENCE, "false_sentence or decimal or not_read")),
    Fault("the-reader-accepts-any-array", "stated_arrays.py",
          "return error_of(shaped(self._value(tree, point)), wanted, self.scale) <= max(10 * self.tol, 1e-10)",
          "return True", (SENTENCE, "neighbour_is_not or size_is_named")),
    Fault("any-relation-will-do", "stated.py", "    if shown == stated:\n        found.append((0, 1))",
          "    found.append((0, 1))", (SENTENCE, "not_read")),
    Fault("a-false-display-passes", "sentence.py", "        if v.false:", "        if False:",
          (SENTENCE, "false_sentence_over")),
    Fault("any-expectation-is-read", "stated_means.py", "and self._mean_is(right, shown):", "and True:",
          (SENTENCE, "expectation")),
    Fault("the-order-of-a-series-is-not-read", "stated_trees.py", "if not self._gauge_is(gauge):", "if False:",
          (SENTENCE, "false_sentence_over")),
    Fault("decimals-are-not-read", "stated_trees.py",
          "return bool(min(ends) <= mp.re(numeric.value(stated, env, 30)) <= max(ends))", "return True",
          (SENTENCE, "decimal")),
    Fault("blunt-checks-pass", "sentence.py", "if noticed is None or noticed > allowed:", "if False:",
          (SENTENCE, "blunt")),
    Fault("definitions-are-not-used", "definitions.py", "return Bound({key: function}, function)",
          "return Bound({}, function)", (SENTENCE, "definition_is_read")),
    # cards
    Fault("the-pill-drops-its-scope", "templates/card.html",
          '{% if p.scope %} <span class="scope">{{ p.scope }}</span>{% endif %}', "", (JUDGES, "card_shows_the_scope")),
    Fault("the-card-does-not-escape", "cards.py", "autoescape=True", "autoescape=False", (JUDGES, "card_escapes")),
    Fault("a-claim-may-use-nothing", "chapter.py",
          'if f"{self.slug}-{u}" not in equations:', "if False:", (JUDGES, "names_what_it_uses")),
]  # fmt: skip


def test_faults_are_many_and_their_places_exist():
    assert len(FAULTS) >= 40
    assert len({f.name for f in FAULTS}) == len(FAULTS)
    lost = [f.name for f in FAULTS if (LIBRARY / "claims" / f.file).read_text(encoding="utf-8").count(f.old) != 1]
    assert lost == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.name)
def test_a_planted_fault_is_caught(fault, tmp_path):
    copy = tmp_path / "scispaces"
    for name in ("__init__.py", "backend.py", "record.py", "_validate.py"):
        copy.mkdir(exist_ok=True)
        shutil.copy(LIBRARY / name, copy / name)
    shutil.copytree(LIBRARY / "claims", copy / "claims", ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / "claims" / fault.file
    path.write_text(path.read_text(encoding="utf-8").replace(fault.old, fault.new), encoding="utf-8")
    file, selected = fault.test
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", str(TESTS / file)]
    command += ["-k", selected] if selected else []
    env = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{TESTS.parent}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=TESTS.parent.parent, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, f"{fault.name} passes {file} -k {selected!r}\n{done.stdout[-600:]}{done.stderr[-300:]}"
