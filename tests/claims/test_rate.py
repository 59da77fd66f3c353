"""Orders of convergence and asymptotic constants: measured, and told from their nearest neighbours."""

from __future__ import annotations

import math

import numpy as np
import pytest

from claims.bench import run
from scispaces.claims import Chapter, ClaimFailed, Refused, exp, rate, symbols

STEPS = {"h": [0.2, 0.1, 0.05, 0.025, 0.0125]}
SIZES = {"n": [10, 40, 160, 640, 2560]}


def midpoint(h):
    """The error of the midpoint rule for exp on [0, 1]: (e - 1) h^2 / 24 + O(h^4)."""
    x = (np.arange(round(1 / h)) + 0.5) * h
    return abs(h * np.exp(x).sum() - (math.e - 1))


def stirling(n):
    return abs(math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2 * math.pi))


@pytest.mark.parametrize(
    ("size", "scales", "order", "constant"),
    [
        (midpoint, STEPS, 2, (math.e - 1) / 24),
        (stirling, SIZES, -1, 1 / 12),
        (lambda h: h**1.5 + h**2.5, STEPS, 1.5, 1.0),
    ],
)
def test_a_rate_is_measured(size, scales, order, constant):
    record = run(rate(size, scales, order, constant=constant, wrong=[order + 1]))
    assert record["verdict"] == "checked"
    assert float(record["parts"][0]["resolution"][0]["relative"]) <= 1e-2
    assert record["parts"][0]["mutants"]["author"]["killed"] == 1


@pytest.mark.parametrize("order", [1, 1.5, 2.5, 3, 4])
def test_another_order_fails(order):
    with pytest.raises(ClaimFailed, match="measured order"):
        run(rate(midpoint, STEPS, order))


@pytest.mark.parametrize("factor", [2, 1.2, 0.9, 24 / 23])
def test_another_constant_fails(factor):
    with pytest.raises(ClaimFailed, match="measured constant"):
        run(rate(midpoint, STEPS, 2, constant=factor * (math.e - 1) / 24))


def test_a_neighbour_that_the_scales_cannot_tell_is_refused():
    with pytest.raises(Refused, match="smaller scales"):
        run(rate(lambda h: h**2 * (1 + h), {"h": [0.4, 0.3, 0.2, 0.1]}, 2, wrong=[2.05]))


@pytest.mark.parametrize("scales", [{"h": [0.1, 0.05]}, {"h": [0.1, 0.2, 0.15, 0.3]}, {"h": [0, 1, 2, 3]}, {}])
def test_bad_scales(scales):
    with pytest.raises(ValueError, match=r"scales|one variable"):
        rate(midpoint, scales, 2)


def test_an_error_that_vanishes_has_no_rate():
    with pytest.raises(Refused, match="positive number"):
        run(rate(lambda h: 0.0, STEPS, 2))


def test_the_displayed_order_is_read():
    h = symbols("h")
    size = lambda h: abs(math.exp(h) - 1 - h)  # noqa: E731
    for latex, read in ((r"e^{h}=1+h+O(h^2)", 1), (r"e^{h}=1+h+O(h^3)", 0), (r"e^{h}=1-h+O(h^2)", 0)):
        clause = Chapter("bench", {"s": latex})("s", rate(size, STEPS, 2)).data["clauses"][0]
        assert len(clause["read"]) == read
    assert exp(h)
