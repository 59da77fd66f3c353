"""Trace estimators: exact enumeration, theory of the variance, Chebyshev against numpy, bad input."""

from itertools import product

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import scispaces
from scispaces.linalg import traces as te

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

entries = st.floats(-3, 3, allow_nan=False, width=32)
square = st.integers(1, 5).flatmap(lambda k: arrays(np.float64, (k, k), elements=entries))


@given(square)
def test_rademacher_mean_and_variance_by_enumeration(M):
    Z = np.array(list(product([-1.0, 1.0], repeat=len(M))))
    values = np.einsum("ni,ij,nj->n", Z, M, Z)
    scale = 1 + np.abs(M).sum() ** 2
    assert abs(values.mean() - np.trace(M)) < 1e-12 * scale
    assert abs(values.var() - te.hutchinson_variance(M)) < 1e-12 * scale


@pytest.mark.parametrize("kind", te.KINDS)
def test_variance_matches_samples(kind):
    M = scispaces.rng(7).standard_normal((6, 6))
    values = te.hutchinson_samples(lambda Z: M @ Z, 6, 100_000, scispaces.rng(8), kind)
    assert abs(values.var() / te.hutchinson_variance(M, kind) - 1) < 0.1
    assert abs(values.mean() - np.trace(M)) < 6 * np.sqrt(te.hutchinson_variance(M, kind) / 100_000)


def test_diagonal_matrices_need_one_rademacher_probe():
    D = np.diag([1.0, 2.0, 3.0])
    assert te.hutchinson_trace(lambda Z: D @ Z, 3, 2, scispaces.rng(0)) == (6.0, 0.0)
    assert te.hutchinson_variance(D) == 0.0 and te.hutchinson_variance(D, "gaussian") == 28.0


@given(st.floats(0.01, 10), st.floats(1.5, 50), st.integers(0, 40))
def test_chebyshev_log_error_bound(low, ratio, degree):
    high = low * ratio
    c = te.chebyshev_log(low, high, degree)
    u = np.linspace(-1, 1, 201)
    x = (high + low) / 2 + (high - low) / 2 * u
    q = (np.sqrt(high) - np.sqrt(low)) / (np.sqrt(high) + np.sqrt(low))
    bound = 2 * q ** (degree + 1) / ((degree + 1) * (1 - q))
    assert np.max(np.abs(np.polynomial.chebyshev.chebval(u, c) - np.log(x))) <= bound * (1 + 1e-9) + 1e-13


def test_chebyshev_coefficients_against_numpy():
    series = np.polynomial.chebyshev.Chebyshev.interpolate(np.log, 60, domain=[0.3, 4.0])
    assert np.allclose(te.chebyshev_log(0.3, 4.0, 20), series.coef[:21], atol=1e-13)


def test_stochastic_logdet_against_slogdet():
    X = scispaces.rng(9).standard_normal((40, 120)) / np.sqrt(120)
    B = X @ X.T
    mean, stderr = te.stochastic_logdet(lambda Z: X @ (X.T @ Z), 40, (0.1, 3.0), 60, 400, scispaces.rng(10))
    assert abs(mean - np.linalg.slogdet(B)[1]) < 6 * stderr
    spread = np.sqrt(te.hutchinson_variance(scipy.linalg.logm(B)) / 400)
    assert 0.7 < stderr / spread < 1.4


def test_degree_zero():
    mean, _ = te.stochastic_logdet(lambda Z: Z, 3, (0.5, 2.0), 0, 2, scispaces.rng(1))
    assert np.isclose(mean, 3 * te.chebyshev_log(0.5, 2.0, 0)[0])


@pytest.mark.parametrize(
    "call",
    [
        lambda r: te.hutchinson_trace(lambda Z: Z, 0, 4, r),
        lambda r: te.hutchinson_trace(lambda Z: Z, 3, 1, r),
        lambda r: te.hutchinson_trace(lambda Z: Z, 3, 4, r, "uniform"),
        lambda r: te.hutchinson_trace(lambda Z: Z[:2], 3, 4, r),
        lambda r: te.hutchinson_trace(lambda Z: Z * np.nan, 3, 4, r),
        lambda r: te.hutchinson_variance(np.ones((2, 3))),
        lambda r: te.hutchinson_variance(np.eye(2), "cauchy"),
        lambda r: te.hutchinson_variance([[np.nan]]),
        lambda r: te.chebyshev_log(0.0, 1.0, 3),
        lambda r: te.chebyshev_log(2.0, 1.0, 3),
        lambda r: te.chebyshev_log(1.0, 2.0, -1),
        lambda r: te.stochastic_logdet(lambda Z: Z, 3, (1.0, 0.5), 4, 4, r),
        lambda r: te.stochastic_logdet(lambda Z: Z, 3, (1.0,), 4, 4, r),
        lambda r: te.stochastic_logdet(lambda Z: Z[:1], 3, (0.5, 2.0), 4, 4, r),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call(scispaces.rng(0))
