"""Rates of approach against difference quotients, monotonicity, and bad input."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import scispaces
from scispaces.markov import relaxation as me
from scispaces.markov.generators import generator, random_rates, reversible_rates, ring_rates
from scispaces.markov.propagation import propagate, stationary

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def draw(seed):
    rng = scispaces.rng(seed)
    n = int(rng.integers(2, 7))
    return generator(random_rates(n, rng, 0.3)), *rng.dirichlet(np.ones(n), 2)


@given(st.integers(0, 10**6))
@settings(max_examples=50)
def test_kl_rate_is_the_derivative(seed):
    Q, p, q = draw(seed)
    h = 1e-6 * min(p.min(), q.min()) / (1 + np.abs(Q).max())
    if h < 1e-12:
        return
    rate = me.kl_rate(Q, p, q)
    moved = [me.kl(p + s * h * Q @ p, q + s * h * Q @ q) for s in (1, -1)]
    assert rate <= 1e-15 and np.isclose((moved[0] - moved[1]) / (2 * h), rate, rtol=1e-3, atol=1e-15 / h)


@given(st.integers(0, 10**6), st.floats(0.01, 3))
@settings(max_examples=30)
def test_no_distance_grows(seed, t):
    Q, p, q = draw(seed)
    a, b = propagate(Q, p, t), propagate(Q, q, t)
    a, b = np.maximum(a, 0), np.maximum(b, 0)
    assert me.kl(a, b) <= me.kl(p, q) + 1e-12 and me.l1_distance(a, b) <= me.l1_distance(p, q) + 1e-12


def test_kl():
    assert np.isclose(me.kl([0.5, 0.5], [0.25, 0.75]), stats.entropy([0.5, 0.5], [0.25, 0.75]))
    assert me.kl([1.0, 0.0], [0.5, 0.5]) == np.log(2) and me.kl([0.5, 0.5], [1.0, 0.0]) == np.inf


def test_reversible_chain():
    rng = scispaces.rng(3)
    pi, S = rng.dirichlet(np.ones(5)), rng.random((5, 5))
    Q = generator(reversible_rates(pi, S + S.T))
    assert np.allclose(stationary(Q), pi) and np.allclose(me.stationary_flux(Q), 0)
    gap = me.spectral_gap(Q)
    root = np.sqrt(pi)
    assert np.isclose(gap, -np.sort(scipy.linalg.eigvalsh(Q * root / root[:, None]))[-2])
    p = rng.dirichlet(np.ones(5))
    for t in (0.1, 1.0, 3.0):
        assert me.chi_square(propagate(Q, p, t), pi) <= np.exp(-2 * gap * t) * me.chi_square(p, pi) * (1 + 1e-9)


def test_ring_with_a_current():
    Q = generator(ring_rates(3, 2.0, 1.0))
    J = me.stationary_flux(Q)
    assert np.isclose(J[1, 0], 1 / 3) and np.allclose(J, -J.T)
    assert np.isclose(me.spectral_gap(Q), 4.5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: me.kl([0.5, 0.5], [1.0]),
        lambda: me.kl([-0.5, 1.5], [0.5, 0.5]),
        lambda: me.l1_distance([np.nan], [1.0]),
        lambda: me.chi_square([0.5, 0.5], [1.0, 0.0]),
        lambda: me.kl_rate([[-1.0, 1], [1, -1]], [1.0, 0.0], [0.5, 0.5]),
        lambda: me.kl_rate([[-1.0, 1], [1, -1]], [0.2, 0.3, 0.5], [0.2, 0.3, 0.5]),
        lambda: me.kl_rate([[-1.0, 1], [2, -1]], [0.5, 0.5], [0.5, 0.5]),
        lambda: me.spectral_gap([[0.0]]),
        lambda: me.spectral_gap(np.zeros((2, 2))),
        lambda: me.stationary_flux(np.zeros((2, 2))),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
