"""Propagation against scipy's expm, expm_multiply and solve_ivp; stationary laws; bad input."""

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sps
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import solve_ivp
from scipy.sparse.linalg import expm_multiply

import scispaces
from scispaces.markov import propagation as mp
from scispaces.markov.generators import generator, random_rates

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def chain(seed, n=None, sparsity=0.0):
    rng = scispaces.rng(seed)
    n = n or int(rng.integers(2, 9))
    return generator(random_rates(n, rng, sparsity)), rng.dirichlet(np.ones(n))


def moving(s):
    """Three states whose generators at different times do not commute."""
    return generator([[0, 1 + np.sin(s), 0.3], [0.5, 0, 1 + np.cos(2 * s)], [2 / (1 + s * s), 0.2, 0]])


class TestPropagate:
    @given(st.integers(0, 10**6), st.floats(0, 5))
    @settings(max_examples=40)
    def test_methods_agree_with_scipy(self, seed, t):
        Q, p0 = chain(seed)
        peer = scipy.linalg.expm(t * Q) @ p0
        for method in ("expm", "uniformization"):
            p = mp.propagate(Q, p0, t, method)
            assert np.allclose(p, peer, atol=1e-11) and abs(p.sum() - 1) < 1e-11
            assert p.min() >= (0 if method == "uniformization" else -1e-12)

    def test_sparse_is_expm_multiply(self):
        W = sps.coo_matrix(random_rates(200, scispaces.rng(0), sparsity=0.98))
        Q, p0 = generator(W), np.full(200, 1 / 200)
        p = mp.propagate(Q, p0, 2.0)
        assert np.allclose(p, expm_multiply(2.0 * Q, p0)) and np.allclose(p, mp.propagate(Q.toarray(), p0, 2.0))
        assert np.allclose(p, mp.propagate(Q, p0, 2.0, "uniformization"))

    def test_many_columns_and_time_zero(self):
        Q, _ = chain(3, 4)
        assert np.allclose(mp.propagate(Q, np.eye(4), 0.7), scipy.linalg.expm(0.7 * Q))
        assert np.array_equal(mp.propagate(Q, np.eye(4), 0.0, "uniformization"), np.eye(4))

    def test_no_underflow(self):
        Q = generator([[0, 1000.0], [3000.0, 0]])
        assert np.allclose(mp.propagate(Q, [1.0, 0.0], 1.0, "uniformization"), [0.25, 0.75], atol=1e-12)

    def test_small_probabilities_keep_their_digits(self):
        Q = generator(np.diag(np.full(40, 1.0), -1))
        p = mp.propagate(Q, np.eye(41)[0], 0.01, "uniformization", tol=1e-100)
        exact = stats.poisson.pmf(np.arange(30), 0.01)
        assert np.allclose(p[:30], exact, rtol=1e-12, atol=0)

    def test_the_truncation_error_is_the_poisson_tail(self):
        for seed in range(20):
            Q, p0 = chain(seed)
            Lam = -Q.diagonal().min()
            for N in range(1, 8):
                missing = np.abs(mp.uniformization_sum(Q, p0, 0.5, N) - scipy.linalg.expm(0.5 * Q) @ p0).sum()
                assert np.isclose(missing, stats.poisson.sf(N, 0.5 * Lam), rtol=1e-6, atol=1e-13)
        assert mp.uniformization_terms(0.0, 0.5) == 0
        assert stats.poisson.sf(mp.uniformization_terms(3.0, 1e-8), 3.0) <= 1e-8
        assert stats.poisson.sf(mp.uniformization_terms(3.0, 1e-8) - 1, 3.0) > 1e-8

    def test_euler_is_of_first_order(self):
        Q, p0 = chain(5, 5)
        exact = scipy.linalg.expm(Q) @ p0
        errors = [np.abs(mp.euler(Q, p0, 1.0, m) - exact).sum() for m in (200, 400, 800)]
        assert np.allclose(np.array(errors[:-1]) / errors[1:], 2, rtol=0.05)


class TestTimeDependent:
    def test_forward_against_solve_ivp(self):
        peer = solve_ivp(
            lambda s, y: (moving(s) @ y.reshape(3, 3)).ravel(), (0.2, 1.7), np.eye(3).ravel(), rtol=1e-11, atol=1e-13
        )
        P = mp.propagator(moving, 0.2, 1.7)
        assert np.allclose(P, peer.y[:, -1].reshape(3, 3), atol=1e-9)
        assert P.min() >= 0 and np.allclose(P.sum(axis=0), 1)

    def test_backward_is_the_same_matrix(self):
        assert np.allclose(mp.propagator(moving, 0.2, 1.7), mp.backward_propagator(moving, 0.2, 1.7), atol=1e-10)

    def test_chapman_kolmogorov_and_order(self):
        early, late = mp.propagator(moving, 0.0, 0.8), mp.propagator(moving, 0.8, 2.0)
        whole = mp.propagator(moving, 0.0, 2.0)
        assert np.allclose(late @ early, whole, atol=1e-10) and not np.allclose(early @ late, whole, atol=1e-3)

    def test_determinant_is_liouville(self):
        P, integral = mp.propagator(moving, 0.0, 2.0), mp.integrated_generator(moving, 0.0, 2.0)
        assert np.isclose(np.linalg.det(P), np.exp(np.trace(integral)))
        assert np.abs(scipy.linalg.expm(integral) - P).max() > 0.01

    def test_constant_rates(self):
        Q, _ = chain(1, 3)
        assert np.allclose(mp.propagator(lambda s: Q, 1.0, 2.5), scipy.linalg.expm(1.5 * Q))
        assert np.array_equal(mp.propagator(lambda s: Q, 1.0, 1.0), np.eye(3))

    def test_two_states(self):
        def a(s):
            return 1 + np.sin(s)

        P = mp.propagator(lambda s: generator([[0, 0.7], [a(s), 0]]), 0.0, 3.0)
        p1 = mp.two_state_solution(a, lambda s: 0.7, 0.2, 3.0)
        assert np.isclose(p1, (P @ [0.2, 0.8])[0], atol=1e-10)
        assert mp.two_state_solution(a, lambda s: 0.7, 0.2, 0.0) == 0.2


class TestStationary:
    @given(st.integers(0, 10**6))
    @settings(max_examples=40)
    def test_null_vector(self, seed):
        Q, _ = chain(seed, sparsity=0.2)
        try:
            pi = mp.stationary(Q)
        except ValueError:
            return
        peer = np.linalg.svd(Q)[2][-1]
        assert np.allclose(Q @ pi, 0, atol=1e-10) and np.isclose(pi.sum(), 1) and pi.min() >= 0
        assert np.allclose(pi, peer / peer.sum(), atol=1e-8)

    def test_transient_states_and_tiny_entries(self):
        assert np.array_equal(mp.stationary(generator([[0, 1.0], [0, 0]])), [1, 0])
        up, down = np.full(12, 1e-6), np.ones(12)
        pi = mp.stationary(generator(np.diag(up, -1) + np.diag(down, 1)))
        assert np.allclose(pi / pi[0], 1e-6 ** np.arange(13), rtol=1e-12, atol=0)

    def test_not_unique(self):
        with pytest.raises(ValueError, match="not unique"):
            mp.stationary(np.zeros((2, 2)))
        assert np.array_equal(mp.stationary(sps.csr_matrix((1, 1))), [1])


Q2 = generator([[0, 1.0], [2.0, 0]])


@pytest.mark.parametrize(
    "call",
    [
        lambda: mp.propagate(Q2.T, [1.0, 0], 1.0),
        lambda: mp.propagate(Q2, [1.0, 0, 0], 1.0),
        lambda: mp.propagate(Q2, [1.0, 0], -1.0),
        lambda: mp.propagate(Q2, [1.0, np.nan], 1.0),
        lambda: mp.propagate(Q2, [1.0, 0], 1.0, "magic"),
        lambda: mp.propagate(Q2, [1.0, 0], 1.0, "uniformization", tol=0.0),
        lambda: mp.uniformization_sum(Q2, [1.0, 0], 1.0, -1),
        lambda: mp.uniformization_sum(Q2, [1.0], 1.0, 3),
        lambda: mp.uniformization_terms(-1.0, 1e-9),
        lambda: mp.euler(Q2[:1], [1.0, 0], 1.0, 10),
        lambda: mp.euler(Q2, [1.0, 0], 1.0, 0),
        lambda: mp.propagator(lambda s: Q2, 1.0, 0.0),
        lambda: mp.propagator(lambda s: Q2.T, 0.0, 1.0),
        lambda: mp.backward_propagator(lambda s: Q2 if s < 0.5 else np.zeros((3, 3)), 0.0, 1.0),
        lambda: mp.integrated_generator(lambda s: Q2, 0.0, np.nan),
        lambda: mp.two_state_solution(np.sin, np.cos, 1.5, 1.0),
        lambda: mp.stationary([[-1.0, 1.0], [2.0, -2.0]]),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
