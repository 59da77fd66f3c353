"""Joint laws: exact small processes, Markov chains against their matrices, and bad input."""

from fractions import Fraction as F

import numpy as np
import pytest

import scispaces
from scispaces.markov import joint_laws as jl


def random_chain(rng, n=3):
    Ps = rng.dirichlet(np.ones(n), (2, n)).transpose(0, 2, 1)
    return rng.dirichlet(np.ones(n)), *Ps


class TestKernels:
    def test_total_probability_holds_for_every_law(self):
        for seed in range(20):
            J = jl.random_joint_law(3, 3, scispaces.rng(seed))
            for later, earlier in ((2, 1), (3, 1), (3, 2), (1, 3)):
                P = jl.transition(J, later, earlier)
                assert (P.sum(axis=0) == 1).all()
                assert (P.dot(jl.marginal(J, earlier)) == jl.marginal(J, later)).all()

    def test_chain_gives_back_its_matrices(self):
        for seed in range(10):
            start, P21, P32 = random_chain(scispaces.rng(seed))
            J = jl.chain_law(start, P21, P32)
            assert np.allclose(jl.transition(J, 2, 1), P21) and np.allclose(jl.transition(J, 3, 2), P32)
            assert np.allclose(jl.transition(J, 3, 1), P32 @ P21)
            assert np.allclose(jl.conditional(J, 3, {1: 0, 2: 2}), P32[:, 2])
            assert jl.ck_defect(P32, P21, jl.transition(J, 3, 1)) < 1e-14

    def test_not_symmetric_in_its_times(self):
        J = jl.chain_law([F(1, 3), F(2, 3)], [[F(1, 2), F(1, 5)], [F(1, 2), F(4, 5)]])
        assert jl.transition(J, 2, 1)[1, 0] == F(1, 2) and jl.transition(J, 1, 2)[1, 0] == F(4, 9)

    def test_conditional_with_an_empty_history(self):
        J = jl.random_joint_law(2, 3, scispaces.rng(0))
        assert (jl.conditional(J, 2, {}) == jl.marginal(J, 2)).all()

    def test_empirical_law(self):
        J = jl.empirical_law(np.array([[0, 1], [1, 1], [0, 1], [0, 0]]), 2)
        assert np.array_equal(J, [[0.25, 0.5], [0.0, 0.25]])


class TestCounterexamples:
    def test_coin_breaks_chapman_kolmogorov(self):
        J = jl.repeated_coin_law()
        P = [jl.transition(J, *pair) for pair in ((3, 2), (2, 1), (3, 1))]
        assert (P[2] == np.eye(2, dtype=int)).all() and jl.ck_defect(*P) == F(1, 2)

    def test_feller_satisfies_it_and_is_not_markov(self):
        J = jl.feller_law(2)
        assert J.shape == (3,) * 6 and J.sum() == 1
        for s, t, u in ((1, 2, 3), (1, 3, 5), (2, 4, 6), (3, 4, 5)):
            kernels = [jl.transition(J, *pair) for pair in ((u, t), (t, s), (u, s))]
            assert jl.ck_defect(*kernels) == 0
        assert jl.conditional(J, 3, {2: 1})[2] == F(1, 3) and jl.conditional(J, 3, {2: 1, 1: 0})[2] == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: jl.as_joint_law([[0.5, 0.6], [0, 0]]),
        lambda: jl.as_joint_law([[1.5, -0.5], [0, 0]]),
        lambda: jl.as_joint_law([[0.5, np.nan], [0.5, 0]]),
        lambda: jl.as_joint_law(np.full((2, 3), 1 / 6)),
        lambda: jl.as_joint_law([]),
        lambda: jl.transition(jl.repeated_coin_law(), 1, 1),
        lambda: jl.transition(jl.repeated_coin_law(), 4, 1),
        lambda: jl.transition([[1.0, 0], [0, 0]], 2, 1),
        lambda: jl.conditional(jl.repeated_coin_law(), 3, {1: 0, 2: 2}),
        lambda: jl.conditional(jl.repeated_coin_law(), 3, {3: 0}),
        lambda: jl.conditional([[1.0, 0], [0, 0]], 2, {1: 1}),
        lambda: jl.marginal(jl.repeated_coin_law(), 0),
        lambda: jl.chain_law([0.5, 0.5], np.eye(3)),
        lambda: jl.ck_defect(np.eye(2), np.eye(2), np.eye(3)),
        lambda: jl.ck_defect(np.eye(2), np.full((2, 2), np.nan), np.eye(2)),
        lambda: jl.feller_law(0),
        lambda: jl.random_joint_law(0, 2, scispaces.rng(0)),
        lambda: jl.empirical_law(np.array([[0, 2]]), 2),
        lambda: jl.empirical_law(np.array([[0.0, 1.0]]), 2),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
