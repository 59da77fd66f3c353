"""Generators: their construction, the special families, and bad input."""

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sps
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import scispaces
from scispaces.markov import generators as mg

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

rates4 = arrays(np.float64, (4, 4), elements=st.floats(0, 10))


class TestGenerator:
    @given(rates4, arrays(np.float64, 4, elements=st.floats(0, 1)))
    @settings(max_examples=50)
    def test_is_the_gain_loss_form(self, W, p):
        Q = mg.generator(W)
        gain_loss = (W * p - W.T * p[:, None]).sum(axis=1)
        assert mg.is_metzler(Q) and np.abs(Q.sum(axis=0)).max() < 1e-13 * (1 + W.sum())
        assert np.allclose(Q @ p, gain_loss, atol=1e-12)
        assert np.array_equal(Q, mg.generator(W + np.diag([1.0, 2, 3, 4])))  # the diagonal cancels

    def test_to_from(self):
        Q = mg.generator([[0, 2.0], [3.0, 0]])
        assert np.array_equal(Q, [[-3, 2], [3, -2]]) and np.array_equal(mg.exit_rates(Q), [3, 2])

    def test_sparse(self):
        W = sps.coo_matrix(mg.random_rates(30, scispaces.rng(0), sparsity=0.9) + np.eye(30))
        Q = mg.generator(W)
        assert sps.issparse(Q) and np.allclose(Q.toarray(), mg.generator(W.toarray()))
        assert np.allclose(mg.exit_rates(Q), -Q.diagonal())


class TestUniformized:
    def test_stochastic_at_the_bound_and_no_further(self):
        for seed in range(20):
            Q = mg.generator(mg.random_rates(6, scispaces.rng(seed)))
            Pi, Lam = mg.uniformized(Q)
            assert Pi.min() >= -1e-15 and np.allclose(Pi.sum(axis=0), 1)
            assert Lam == mg.exit_rates(Q).max() and np.isclose(Pi.diagonal().min(), 0)
            with pytest.raises(ValueError, match="largest exit rate"):
                mg.uniformized(Q, Lam / 1.01)

    def test_nothing_moves(self):
        Pi, Lam = mg.uniformized(np.zeros((3, 3)))
        assert np.array_equal(Pi, np.eye(3)) and Lam == 1


class TestEmbeddable:
    @given(st.floats(0, 5), st.floats(0, 5))
    def test_every_exponential_is(self, a, b):
        P = np.clip(scipy.linalg.expm([[-a, b], [a, -b]]), 0, 1)
        if abs(P[0, 0] + P[1, 1] - 1) > 1e-9:
            assert mg.is_embeddable_2x2(P / P.sum(axis=0))

    @given(st.floats(0.01, 1), st.floats(0.01, 1))
    def test_and_the_logarithm_is_a_generator(self, u, v):
        P = np.array([[1 - u, v], [u, 1 - v]])
        if mg.is_embeddable_2x2(P) and u + v < 0.999:
            Q = np.log(1 - u - v) / -(u + v) * (P - np.eye(2))
            assert mg.is_metzler(Q) and np.allclose(scipy.linalg.expm(Q), P)

    def test_flipping_is_not(self):
        assert not mg.is_embeddable_2x2([[0.1, 0.9], [0.9, 0.1]])


class TestFamilies:
    def test_detailed_balance(self):
        rng = scispaces.rng(1)
        pi, S = rng.dirichlet(np.ones(5)), rng.random((5, 5))
        W = mg.reversible_rates(pi, S + S.T)
        assert np.allclose(W * pi, (W * pi).T) and not np.allclose(W, W.T)

    def test_ring(self):
        W = mg.ring_rates(4, 2.0, 0.5)
        assert np.array_equal(W[:, 0], [0, 2, 0, 0.5]) and np.array_equal(W.sum(axis=0), [2.5] * 4)
        E = np.array([0.0, 1.0, -0.5])
        W = mg.ring_rates(3, 1.0, 1.0, E)
        assert np.allclose(W * np.exp(-E), (W * np.exp(-E)).T)

    def test_random_rates(self):
        W = mg.random_rates(50, scispaces.rng(2), sparsity=0.7)
        assert (W >= 0).all() and not W.diagonal().any() and 0.6 < (W == 0).mean() < 0.8


@pytest.mark.parametrize(
    "call",
    [
        lambda: mg.generator([[0, -1.0], [1, 0]]),
        lambda: mg.generator([[0, np.nan], [1, 0]]),
        lambda: mg.generator(np.ones((2, 3))),
        lambda: mg.generator(np.zeros((0, 0))),
        lambda: mg.generator([[0, 1j], [1, 0]]),
        lambda: mg.generator(sps.csr_matrix([[0, -1.0], [1, 0]])),
        lambda: mg.generator(sps.csr_matrix(np.ones((2, 3)))),
        lambda: mg.as_generator([[-1.0, 1.0], [2.0, -2.0]]),
        lambda: mg.as_generator([[1.0, -1.0], [-1.0, 1.0]]),
        lambda: mg.as_generator([[-1.0, 1.0], [1.0, -2.0]]),
        lambda: mg.is_embeddable_2x2([[0.5, 0.6], [0.6, 0.4]]),
        lambda: mg.is_embeddable_2x2(np.eye(3)),
        lambda: mg.is_embeddable_2x2([[1.2, 0], [-0.2, 1]]),
        lambda: mg.random_rates(0, scispaces.rng(0)),
        lambda: mg.random_rates(3, scispaces.rng(0), sparsity=2.0),
        lambda: mg.reversible_rates([0.5, 0.5], [[0, 1.0], [2.0, 0]]),
        lambda: mg.reversible_rates([1.0, 0.0], [[0, 1.0], [1.0, 0]]),
        lambda: mg.ring_rates(2, 1.0, 1.0),
        lambda: mg.ring_rates(3, -1.0, 1.0),
        lambda: mg.uniformized(mg.generator(np.ones((2, 2))), rate=np.inf),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()


def test_the_transpose_is_recognised():
    with pytest.raises(ValueError, match="transpose"):
        mg.as_generator([[-1.0, 1.0], [2.0, -2.0]])
