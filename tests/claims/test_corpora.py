"""Every true statement passes with the verdict it deserves; no false one is accepted, and its failure is concrete."""

from __future__ import annotations

import time

import pytest

from claims.bench import ID, run
from claims.corpus_false import FALSE
from claims.corpus_true import TRUE
from scispaces.claims import ClaimFailed

SECONDS = 20.0  # far above what any of them takes on an idle machine


@pytest.mark.parametrize("case", TRUE, ids=repr)
def test_true_statement_passes(case):
    started = time.process_time()
    record = run(case.make, premise=case.premise)
    assert time.process_time() - started < SECONDS
    assert record["parts"][0]["verdict"] == case.verdict
    if case.scope is not None:
        assert record["parts"][0]["scope"] == case.scope
    for part in record["parts"]:
        assert sum(k["made"] for k in part["mutants"].values()) >= 1
        assert all(k["made"] == k["killed"] for k in part["mutants"].values())


@pytest.mark.parametrize("case", FALSE, ids=repr)
def test_false_statement_is_rejected(case):
    started = time.process_time()
    with pytest.raises(ClaimFailed) as failure:
        run(case.make, premise=case.premise)
    assert time.process_time() - started < SECONDS
    message = str(failure.value)
    assert ID in message
    if case.verdict == "counterexample":
        assert "left" in message and "right" in message and " at " in message, message
        assert any(d.isdigit() for d in message.split(" at ", 1)[1]), message


def test_corpora_are_large():
    assert len(TRUE) >= 60 and len(FALSE) >= 60
    kinds = {"identity", "series", "limit", "agrees", "bound", "estimate", "refute", "follows"}
    for corpus in (TRUE, FALSE):
        made = [case.make() for case in corpus]
        assert kinds <= {(p[0] if isinstance(p, tuple) else p).kind for p in made}
