"""Whatever hangs ends at its time limit, and the failure says what was tried."""

from __future__ import annotations

import importlib
import pkgutil
import signal
import time

import pytest
import sympy as sp

from claims.bench import ID, chapter, run
from scispaces import claims
from scispaces.claims import (
    Abs,
    ClaimFailed,
    Function,
    Integral,
    Product,
    Rational,
    Sum,
    agrees,
    bound,
    cos,
    exp,
    floor,
    identity,
    log,
    oo,
    pi,
    sin,
    symbols,
    tanh,
    uniform,
)
from scispaces.claims.prove import NotProved, prove_zero
from scispaces.claims.time_limits import TimeUp, time_limit

x, s = symbols("x s", real=True)
z, w = symbols("z w")
k, n = symbols("k n", integer=True, positive=True)
MODULES = [importlib.import_module(m.name) for m in pkgutil.walk_packages(claims.__path__, "scispaces.claims.")]


@pytest.fixture
def short(monkeypatch):
    """Proofs end after one second, numeric evaluations after two."""
    for module in MODULES:
        for name, seconds in (("PROOF_SECONDS", 1.0), ("NUMERIC_SECONDS", 2.0)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, seconds)


def busy(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(100))


HANGING = {
    "borwein": lambda: identity(
        Integral(Product(sin(s / (2 * k + 1)) / (s / (2 * k + 1)), (k, 1, 7)), (s, 0, oo)), pi / 2
    ),
    "floors": lambda: identity(Sum(floor(k * tanh(pi)) / 10**k, (k, 1, oo)), Rational(1, 81)),
    "integral-without-a-closed-form": lambda: identity(
        Integral(exp(sin(s) * cos(s**2)) * log(1 + s**4), (s, 0, 1)), Integral(log(1 + s**4), (s, 0, 2))
    ),
    "huge-power": lambda: identity((1 + z / 10**8) ** (10**8) * w, exp(z) * w),
    "product-of-many-sums": lambda: identity((1 + z + w) ** 60 - (w + z + 1) ** 59, (1 + z + w) ** 59 * (z + w) * 1),
    "long-sum": lambda: identity(Sum(sin(k) / k**2, (k, 1, 10**9)), Sum(cos(k) / k**2, (k, 1, 10**9))),
    "inequality": lambda: bound(sin(x) ** 2 * exp(-(x**2)) + Abs(cos(x**3)), exp(Abs(sin(x))) + 1 + x**2),
}


@pytest.mark.parametrize("name", HANGING)
def test_a_statement_that_hangs_ends(name, short):
    started = time.monotonic()
    try:
        run(HANGING[name])
    except ClaimFailed as failure:
        assert ID in str(failure)
    assert time.monotonic() - started < 12


def test_the_failure_says_what_was_tried():
    with pytest.raises(ClaimFailed) as failure:
        run(identity(Sum(floor(k * tanh(pi)) / 10**k, (k, 1, oo)), Rational(1, 81)))
    message = str(failure.value)
    assert ID in message and "not proved" in message
    assert "no counterexample" in message
    assert "tried" in message or " s" in message


def hang_after(monkeypatch, seconds):
    """Every tactic but the first takes `seconds`."""

    def slow(e):
        busy(seconds)
        return e

    prove = importlib.import_module("scispaces.claims.prove")
    monkeypatch.setattr(prove, "TACTICS", (("normal form", lambda e: e), ("slow one", slow), ("slow two", slow)))


def test_a_slow_tactic_leaves_time_to_the_next(monkeypatch):
    hang_after(monkeypatch, 30)
    started = time.monotonic()
    with pytest.raises(NotProved) as failure:
        prove_zero(sin(z) - z, 2.0)
    assert time.monotonic() - started < 3
    assert "slow one (time limit)" in str(failure.value) and "slow two (time limit)" in str(failure.value)


def test_a_limit_rings_on_time():
    started = time.monotonic()
    with pytest.raises(TimeUp), time_limit(0.3):
        busy(10)
    assert 0.2 < time.monotonic() - started < 1.0


def test_a_limit_that_is_kept_changes_nothing():
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(5):
        pass
    assert signal.getsignal(signal.SIGALRM) is before
    busy(0.1)


def test_the_inner_limit_rings_first_and_the_outer_goes_on():
    started = time.monotonic()
    with pytest.raises(TimeUp), time_limit(0.8):
        with pytest.raises(TimeUp), time_limit(0.2):
            busy(10)
        assert time.monotonic() - started < 0.6
        busy(10)
    assert 0.6 < time.monotonic() - started < 1.6


def test_the_outer_limit_cuts_an_inner_one_short():
    started = time.monotonic()
    with pytest.raises(TimeUp), time_limit(0.3), time_limit(10):
        busy(10)
    assert time.monotonic() - started < 1.0


def test_an_outer_limit_swallowed_inside_rings_again():
    """A tactic's own limit may catch the outer alarm: the outer one has to ring once more."""
    started = time.monotonic()
    with pytest.raises(TimeUp), time_limit(0.3):
        for _ in range(3):
            try:
                with time_limit(5):
                    busy(10)
            except TimeUp:
                continue
        busy(10)
    assert time.monotonic() - started < 1.5


def test_a_library_that_catches_everything_but_the_limit():
    def library():
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                busy(0.05)
                raise ValueError
            except Exception:
                continue

    started = time.monotonic()
    with pytest.raises(TimeUp), time_limit(0.3):
        library()
    assert time.monotonic() - started < 1.0


def test_a_library_that_catches_even_the_limit_once():
    """The alarm repeats: one that is swallowed (a bare except, a callback of the collector) is not the last."""
    started = time.monotonic()
    with pytest.raises(TimeUp), time_limit(0.3):
        try:
            busy(10)
        except BaseException:
            pass
        busy(10)
    assert time.monotonic() - started < 1.5


def test_nothing_rings_after_a_limit():
    for _ in range(20):
        with pytest.raises(TimeUp), time_limit(0.02):
            busy(1)
    before = signal.getitimer(signal.ITIMER_REAL)[0]
    assert before == 0 or before > 1  # the timeout of the test run itself
    busy(0.3)


def test_an_alarm_of_somebody_else_survives():
    rung = []
    old = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    left = signal.setitimer(signal.ITIMER_REAL, 0.4)
    try:
        with pytest.raises(TimeUp), time_limit(0.1):
            busy(5)
        busy(0.6)
        assert rung
    finally:
        signal.signal(signal.SIGALRM, old)
        signal.setitimer(signal.ITIMER_REAL, *left)


def test_other_threads_have_no_alarm():
    import threading

    done = []

    def work():
        with time_limit(0.05):
            busy(0.2)
        done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done


def test_callables_that_hang_end_too(short):
    started = time.monotonic()
    with pytest.raises(ClaimFailed, match=ID):
        run(agrees(lambda x: (busy(0.5), x)[1], lambda x: x + busy_value(0.5), {"x": uniform(0, 1)}))
    assert time.monotonic() - started < 8


def busy_value(seconds):
    busy(seconds)
    return 1e-16


def test_a_failed_claim_leaves_no_record(short):
    claim = chapter()
    with pytest.raises(ClaimFailed):
        claim(ID, identity(sin(2 * z), sin(z) * cos(z)))
    assert claim.records == {}
    assert claim(ID, identity(sin(2 * z), 2 * sin(z) * cos(z))).data["verdict"] == "proved"


def test_an_opaque_function_is_no_proof(short):
    """f(x) = f(x + 0*f(x)) and the like: nothing is known of f, so nothing is proved."""
    f = Function("f")
    with pytest.raises(ClaimFailed):
        run(identity(f(x) * f(-x), f(x) ** 2))
    with pytest.raises(ClaimFailed):
        run(identity(f(x + sp.pi), f(x)))
