"""Matrix functions against their peers (scipy, numpy, jax, sympy), their identities, and bad input."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.linalg
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import scispaces
from scispaces.linalg import matrix_functions as mf

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

entries = st.floats(-2, 2, allow_nan=False, width=32)
square = st.integers(1, 5).flatmap(lambda k: arrays(np.float64, (k, k), elements=entries))
pairs = st.integers(1, 5).flatmap(lambda k: st.tuples(*[arrays(np.float64, (k, k), elements=entries)] * 2))
JORDAN = np.diag(np.full(4, 0.3)) + np.diag(np.ones(3), 1)


def close(a, b, tol):
    return np.max(np.abs(np.asarray(a) - np.asarray(b))) <= tol * max(1.0, float(np.max(np.abs(b))))


class TestExponential:
    @given(square)
    def test_expm_against_mpmath(self, A):
        with mpmath.workdps(40):
            exact = np.array(mpmath.expm(mpmath.matrix(A.tolist()), method="taylor").tolist(), dtype=float)
        condition = max(1.0, scipy.linalg.expm_cond(A) if np.any(A) else 1.0)
        assert np.linalg.norm(mf.expm(A) - exact) <= 1e-14 * condition * np.linalg.norm(exact)

    def test_expm_is_scipy_where_scipy_is_accurate(self):
        batch = scispaces.rng(6).standard_normal((3, 4, 4))
        assert np.array_equal(mf.expm(1j * batch), scipy.linalg.expm(1j * batch))
        assert mf.expm(batch).dtype == np.float64 and close(mf.expm(batch), scipy.linalg.expm(batch), 1e-11)

    @given(square)
    def test_taylor_reaches_scipy(self, A):
        norm = np.linalg.norm(A, 2)
        order = 20 + int(4 * norm)
        error = np.linalg.norm(mf.expm_taylor(A, order) - mf.expm(A), 2)
        assert error <= min(mf.exp_tail_bounds(norm, order)) * 1.001 + 1e-13 * np.exp(norm)

    def test_taylor_on_a_defective_and_a_complex_batch(self):
        batch = np.stack([JORDAN + 0j, 1j * JORDAN.T])
        assert close(mf.expm_taylor(batch, 40), scipy.linalg.expm(batch), 1e-14)

    def test_taylor_agrees_with_jax(self):
        from scispaces.backend import jax

        A = scispaces.rng(1).standard_normal((5, 5))
        assert close(mf.expm_taylor(A, 60), jax.scipy.linalg.expm(A), 1e-13)

    def test_order_zero_and_one(self):
        assert close(mf.expm_taylor(JORDAN, 0), np.eye(4), 0)
        assert close(mf.expm_taylor(JORDAN, 1), np.eye(4) + JORDAN, 0)

    @pytest.mark.parametrize("norm, order", [(0.0, 3), (1e-3, 1), (1.0, 9), (5.0, 3), (30.0, 200)])
    def test_tail_bounds_cover_the_scalar_tail(self, norm, order):
        a = sympy.Rational(norm)
        tail = float(sympy.N(sympy.exp(a) - sum(a**n / sympy.factorial(n) for n in range(order + 1)), 30))
        assert tail <= min(mf.exp_tail_bounds(norm, order)) * (1 + 1e-9)

    def test_second_tail_bound_needs_a_large_order(self):
        assert mf.exp_tail_bounds(5.0, 3)[1] == np.inf
        assert mf.exp_tail_bounds(5.0, 4)[1] < np.inf

    def test_eigenvectors_are_fine_for_symmetric_matrices(self):
        X = scispaces.rng(2).standard_normal((6, 6))
        result, cond = mf.expm_by_eigenvectors(X + X.T)
        assert cond < 1 + 1e-10 and close(result, mf.expm(X + X.T), 1e-12)

    def test_eigenvectors_fail_next_to_a_defective_matrix(self):
        result, cond = mf.expm_by_eigenvectors(JORDAN + 1e-6 * np.diag([1.0, 2, 3, 4]))
        assert cond > 1e10 and not close(result, scipy.linalg.expm(JORDAN), 1e-3)

    def test_eigenvectors_of_a_defective_matrix_say_so(self):
        result, cond = mf.expm_by_eigenvectors([[0.0, 1.0], [0.0, 0.0]])
        assert cond > 1e15 and not close(np.nan_to_num(result, nan=9.0), [[1, 1], [0, 1]], 1e-3)


class TestIdentity:
    @given(square)
    def test_log_det_expm_is_slogdet_of_expm(self, A):
        E = mf.expm(A)
        sign, value = np.linalg.slogdet(E)
        assert sign == 1 and abs(value - mf.log_det_expm(A)) < 1e-13 * A.shape[0] * np.linalg.cond(E)

    def test_no_overflow_no_exponential(self):
        assert mf.log_det_expm(np.diag([1000.0, 1000.0])) == 2000.0

    def test_empty_matrix_and_batches(self):
        assert mf.log_det_expm(np.zeros((0, 0))) == 0.0
        batch = scispaces.rng(3).standard_normal((2, 3, 4, 4))
        assert close(mf.log_det_expm(batch), np.linalg.slogdet(mf.expm(batch))[1], 1e-12)

    def test_complex(self):
        A = np.array([[1j, 2.0], [0.5, 1.0 - 2j]])
        assert np.isclose(np.exp(mf.log_det_expm(A)), np.linalg.det(scipy.linalg.expm(A)), rtol=1e-13)

    def test_automatic_differentiation_of_the_expensive_side(self):
        A = scispaces.rng(4).standard_normal((4, 4)) / 2
        rate = np.trace(A) * np.linalg.det(mf.expm(0.7 * A))
        assert np.isclose(mf.det_exp_rate(A, 0.7), rate, rtol=1e-12)
        assert close(mf.grad_log_det_expm(A), np.eye(4), 1e-12)


class TestLogarithm:
    @given(square)
    def test_positive_definite_is_slogdet(self, X):
        B = X @ X.T + np.eye(len(X))
        value, winding = mf.logdet_trace_log(B)
        assert winding == 0 and isinstance(value, float) and abs(value - np.linalg.slogdet(B)[1]) < 1e-12

    def test_complex_hermitian(self):
        B = np.array([[2, 1j], [-1j, 3]])
        value, winding = mf.logdet_trace_log(B)
        assert winding == 0 and np.isclose(value, np.log(5))

    @pytest.mark.parametrize("angles, winding", [([2, 2], 1), ([-2, -2], -1), ([1, 1], 0), ([3, 3, 3, 1], 2), ([2], 0)])
    def test_winding(self, angles, winding):
        B = np.diag(np.exp(1j * np.array(angles)))
        value, w = mf.logdet_trace_log(B)
        assert w == winding
        assert np.isclose(value - np.log(np.linalg.det(B)), 2j * np.pi * w)

    @given(square)
    def test_value_is_the_trace_of_logm(self, X):
        B = scipy.linalg.expm(X + 1j * X.T / 2)
        try:
            value, w = mf.logdet_trace_log(B)
        except ValueError:
            return  # an eigenvalue on the cut
        if np.min(np.abs(np.abs(np.angle(np.linalg.eigvals(B))) - np.pi)) < 1e-6 or np.linalg.cond(B) > 1e6:
            return
        assert np.isclose(value, np.trace(scipy.linalg.logm(B)), atol=1e-7)
        assert np.isclose(np.exp(value), np.linalg.det(B), rtol=1e-9)
        assert isinstance(w, int)

    def test_defective_matrix(self):
        assert np.isclose(mf.logdet_trace_log(JORDAN)[0], 4 * np.log(0.3))

    @pytest.mark.parametrize("B", [[[1.0, 2], [2, 4]], [[-1.0, 0], [0, -2]], np.zeros((2, 2)), [[-1.0]]])
    def test_no_principal_logarithm(self, B):
        with pytest.raises(ValueError, match="eigenvalue in"):
            mf.logdet_trace_log(B)

    @given(square)
    def test_log_series_against_logm(self, X):
        A = X / (2 * max(np.linalg.norm(X, 2), 1e-3))
        partial, bound = mf.log1p_series(A, 25)
        assert bound is not None
        assert np.linalg.norm(partial - scipy.linalg.logm(np.eye(len(A)) + A), 2) <= bound + 1e-13

    def test_log_series_beyond_norm_one(self):
        A = np.array([[0.5, 10.0], [0.0, -0.6]])
        partial, bound = mf.log1p_series(A, 100)
        assert bound is None and close(scipy.linalg.expm(partial), np.eye(2) + A, 1e-13)

    def test_log_series_refuses_to_diverge_unasked(self):
        A = np.diag([1.1, 0.3])
        with pytest.raises(ValueError, match="spectral radius < 1"):
            mf.log1p_series(A, 10)
        assert np.linalg.norm(mf.log1p_series(A, 200, diverging=True)[0]) > 1e5

    @given(square)
    def test_spectral_radius_is_below_the_norms(self, A):
        rho = mf.spectral_radius(A)
        assert all(rho <= np.linalg.norm(A, p) * (1 + 1e-9) + 1e-3 for p in (1, 2, np.inf, "fro"))


class TestDeterminant:
    @given(square)
    def test_adjugate_definition(self, M):
        scale = 1 + np.linalg.norm(M, 2) ** len(M)
        adj = mf.adjugate(M)
        assert np.allclose(M @ adj, np.linalg.det(M) * np.eye(len(M)), atol=1e-12 * scale)
        assert np.allclose(adj @ M, np.linalg.det(M) * np.eye(len(M)), atol=1e-12 * scale)

    def test_adjugate_of_singular_matrices_against_sympy(self):
        for rows in ([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 1, 1]] * 3, [[0, 1, 0], [0, 0, 1], [0, 0, 0]], [[5]]):
            exact = np.array(sympy.Matrix(rows).adjugate(), dtype=float)
            assert np.allclose(mf.adjugate(rows), exact, atol=1e-12)

    def test_adjugate_complex_batch(self):
        rng = scispaces.rng(5)
        M = rng.standard_normal((3, 4, 4)) + 1j * rng.standard_normal((3, 4, 4))
        assert np.allclose(mf.adjugate(M), np.linalg.det(M)[:, None, None] * np.linalg.inv(M), atol=1e-12)

    @given(pairs)
    def test_jacobi_is_the_derivative(self, pair):
        M, D = pair
        k = len(M)
        t = np.cos(np.pi * (np.arange(k + 1) + 0.5) / (k + 1))  # det(M + tD) is a polynomial of degree k: interpolate
        slope = np.polynomial.polynomial.polyfit(t, np.linalg.det(M + t[:, None, None] * D), k)[1]
        scale = (np.linalg.norm(M, 2) + np.linalg.norm(D, 2) + 1) ** k
        assert abs(mf.jacobi_derivative(M, D) - slope) < 1e-12 * scale

    def test_jacobi_at_singular_matrix(self):
        assert np.isclose(mf.jacobi_derivative(np.diag([2.0, 3.0, 0.0]), np.eye(3)), 6.0)
        assert mf.jacobi_derivative(np.zeros((3, 3)), np.eye(3)) == 0.0

    @given(square)
    def test_newton_is_numpy_poly(self, A):
        k = len(A)
        p = [np.trace(np.linalg.matrix_power(A, n)) for n in range(1, k + 2)]
        signs = (-1.0) ** np.arange(k + 1)
        scale = (1 + np.linalg.norm(A, 2)) ** (k + 1)
        e = np.array(mf.newton_identities(p), dtype=float)
        assert np.allclose(e[: k + 1], signs * np.poly(A), atol=1e-11 * scale)
        assert abs(e[k + 1]) < 1e-11 * scale  # Cayley-Hamilton

    def test_newton_exact_and_symbolic(self):
        assert mf.newton_identities([6, 14, 36]) == [1, 6, 11, 6]
        assert isinstance(mf.newton_identities([1, 2])[2], Fraction)
        p1, p2 = sympy.symbols("p1 p2")
        assert sympy.expand(mf.newton_identities([p1, p2])[2] - (p1**2 - p2) / 2) == 0


BAD_SQUARE = [np.ones((2, 3)), np.ones(3), [[np.nan]], [[np.inf, 0], [0, 1]], [[1, 2], [3]], "text", np.zeros((0, 0))]
CALLS = {
    "expm": mf.expm,
    "expm_taylor": lambda A: mf.expm_taylor(A, 3),
    "expm_by_eigenvectors": mf.expm_by_eigenvectors,
    "logdet_trace_log": mf.logdet_trace_log,
    "spectral_radius": mf.spectral_radius,
    "log1p_series": lambda A: mf.log1p_series(A, 3),
    "adjugate": mf.adjugate,
    "jacobi_derivative": lambda A: mf.jacobi_derivative(A, A),
    "det_exp_rate": lambda A: mf.det_exp_rate(A, 1.0),
    "grad_log_det_expm": mf.grad_log_det_expm,
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("bad", BAD_SQUARE, ids=lambda b: repr(b)[:25])
def test_bad_matrices(name, bad):
    with pytest.raises(ValueError, match=r"must .*got"):
        CALLS[name](bad)


@pytest.mark.parametrize(
    "call",
    [
        lambda: mf.expm_taylor(np.eye(2), -1),
        lambda: mf.expm_taylor(np.eye(2), 2.0),
        lambda: mf.exp_tail_bounds(-1.0, 3),
        lambda: mf.exp_tail_bounds(np.nan, 3),
        lambda: mf.log_det_expm(np.ones((2, 3))),
        lambda: mf.log_det_expm([[np.nan]]),
        lambda: mf.log1p_series(np.zeros((2, 2)), 0),
        lambda: mf.newton_identities([]),
        lambda: mf.newton_identities([1.0, np.nan]),
        lambda: mf.jacobi_derivative(np.eye(2), np.eye(3)),
        lambda: mf.det_exp_rate(np.eye(2), np.inf),
        lambda: mf.det_exp_rate(1j * np.eye(2), 1.0),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
