"""Simulated paths against the exact law, at six standard errors, and bad input."""

import numpy as np
import pytest
import scipy.sparse as sps

import scispaces
from scispaces.markov import simulation as js
from scispaces.markov.birth_death import immigration_death_pmf
from scispaces.markov.generators import generator, random_rates
from scispaces.markov.propagation import propagate, propagator

N = 40_000


def assert_law(states, p):
    found = np.bincount(states, minlength=len(p)) / len(states)
    assert len(found) == len(p)
    assert (np.abs(found - p) <= 6 * np.sqrt(p * (1 - p) / len(states)) + 1e-12).all(), (found, p)


class TestGillespie:
    def test_law(self):
        Q = generator(random_rates(4, scispaces.rng(1), sparsity=0.3))
        for t in (0.1, 1.0):
            assert_law(js.gillespie(Q, 2, t, N, scispaces.rng(2)), propagate(Q, np.eye(4)[2], t))
        assert_law(js.gillespie(sps.csr_matrix(Q), 2, 0.5, N, scispaces.rng(3)), propagate(Q, np.eye(4)[2], 0.5))

    def test_absorbing_and_time_zero(self):
        Q = generator([[0, 2.0], [0, 0]])
        assert_law(js.gillespie(Q, 1, 0.3, N, scispaces.rng(4)), np.array([1 - np.exp(-0.6), np.exp(-0.6)]))
        assert np.array_equal(js.gillespie(Q, [0, 1, 1], 0.0, 3, scispaces.rng(0)), [0, 1, 1])
        assert (js.gillespie(Q, 0, 1e9, 5, scispaces.rng(0)) == 0).all()

    def test_channels(self):
        def rates(x):
            return [np.full(x.shape, 3.0), 1.0 * x]

        states = js.gillespie_channels([1, -1], rates, 2, 1.5, N, scispaces.rng(5))
        assert_law(
            np.minimum(states, 15), np.append(p := immigration_death_pmf(np.arange(15), 3, 1, 1.5, 2), 1 - p.sum())
        )

    def test_restarting_paths_is_markov(self):
        Q = generator(random_rates(3, scispaces.rng(6)))
        half = js.gillespie(Q, 0, 0.4, N, scispaces.rng(7))
        assert_law(js.gillespie(Q, half, 0.4, N, scispaces.rng(8)), propagate(Q, np.eye(3)[0], 0.8))


class TestThinning:
    @staticmethod
    def rates(s):
        s = np.asarray(s, dtype=float)
        W = np.zeros((len(s), 3, 3))
        W[:, 1, 0], W[:, 2, 1], W[:, 0, 2], W[:, 1, 2] = 1 + np.sin(s), 0.5, 2 / (1 + s), 0.3
        return W - np.eye(3) * W.sum(axis=1)[:, None, :]

    def test_law(self):
        P = propagator(lambda s: self.rates([s])[0], 0.0, 1.5)
        assert_law(js.thinning(self.rates, 2.5, 0, 1.5, N, scispaces.rng(9)), P[:, 0])

    def test_a_bound_too_small_is_noticed(self):
        with pytest.raises(ValueError, match="bound must be at least"):
            js.thinning(self.rates, 1.0, 0, 5.0, 1000, scispaces.rng(0))


class TestCompounds:
    def test_compound_poisson(self):
        x = js.sample_compound_poisson(1.3, lambda rng, m: rng.standard_normal(m), 0.8, N, scispaces.rng(11))
        atom = np.exp(-1.3 * 0.8)
        assert abs((x == 0).mean() - atom) < 6 * np.sqrt(atom / N) and abs(x.var() - 1.04) < 0.06
        assert not js.sample_compound_poisson(0.0, lambda rng, m: np.ones(m), 1.0, 5, scispaces.rng(0)).any()


Q2 = generator([[0, 1.0], [2.0, 0]])


@pytest.mark.parametrize(
    "call",
    [
        lambda r: js.gillespie(Q2.T, 0, 1.0, 10, r),
        lambda r: js.gillespie(Q2, 2, 1.0, 10, r),
        lambda r: js.gillespie(Q2, -1, 1.0, 10, r),
        lambda r: js.gillespie(Q2, 0.5, 1.0, 10, r),
        lambda r: js.gillespie(Q2, [0, 1], 1.0, 10, r),
        lambda r: js.gillespie(Q2, 0, -1.0, 10, r),
        lambda r: js.gillespie(Q2, 0, np.nan, 10, r),
        lambda r: js.gillespie(Q2, 0, 1.0, 0, r),
        lambda r: js.gillespie_channels([1.0], lambda x: [x + 1.0], 0, 1.0, 10, r),
        lambda r: js.gillespie_channels([1], lambda x: [-1.0 - x], 0, 1.0, 10, r),
        lambda r: js.gillespie_channels([1, -1], lambda x: [x + 1.0], 0, 1.0, 10, r),
        lambda r: js.thinning(TestThinning.rates, 0.0, 0, 1.0, 10, r),
        lambda r: js.thinning(TestThinning.rates, 3.0, 3, 1.0, 10, r),
        lambda r: js.sample_compound_poisson(-1.0, lambda g, m: np.ones(m), 1.0, 10, r),
        lambda r: js.sample_compound_poisson(9.0, lambda g, m: np.ones(m + 1), 1.0, 10, r),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call(scispaces.rng(0))
