"""Norms and angles through random layers: exact moments against simulation, maps against quadrature."""

import doctest

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import scispaces
from scispaces.linalg.random_matrices import entry_law, random_weights
from scispaces.networks import signal_propagation as sp
from scispaces.networks.activations import ACTIVATIONS

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

relu = ACTIVATIONS["relu"]


def within(sample, expected, sigmas=5.0):
    """The sample mean lies within `sigmas` standard errors of the expected value."""
    error = np.std(sample) / np.sqrt(len(sample))
    assert abs(np.mean(sample) - expected) <= sigmas * error + 1e-12


def test_examples_in_docstrings():
    assert doctest.testmod(sp).failed == 0


@pytest.mark.parametrize("name", ["normal", "uniform", "rademacher", "three_point", "exponential"])
@pytest.mark.parametrize("x", [[1, 2, 2, 0.5, -1], [1, 0, 0, 0, 0], [3, 4]])
def test_norm_moments_hold_for_every_law_and_vector(name, x):
    W = random_weights(scispaces.rng(1), 7, len(x), law=name, p=0.2, batch=(40_000,))
    rho = sp.norm_ratio(W, x)
    mean, var = sp.norm_ratio_moments(x, 7, entry_law(name, p=0.2).kurtosis)
    within(rho, mean)
    within((rho - mean) ** 2, var)


@given(
    x=st.lists(st.floats(-10, 10), min_size=1, max_size=6).filter(lambda v: max(map(abs, v)) > 1e-3),
    scale=st.floats(1e-150, 1e150),
    kappa=st.floats(1, 100),
)
def test_norm_variance_ignores_the_scale_and_is_extreme_on_basis_vectors(x, scale, kappa):
    var = sp.norm_ratio_moments(x, 5, kappa)[1]
    assert sp.norm_ratio_moments(np.array(x) * scale, 5, kappa)[1] == pytest.approx(var, rel=1e-9)
    assert -1e-12 <= var <= max(2, kappa - 1) / 5 + 1e-12


@given(m=st.integers(1, 2000), eps=st.floats(1e-3, 0.999))
def test_norm_tails_stay_below_their_bounds(m, eps):
    (up, low), (b_up, b_low, b_sum) = sp.norm_tail(eps, m), sp.norm_tail_bound(eps, m)
    assert up <= b_up and low <= b_low and up + low <= b_sum
    assert low == pytest.approx(float(sp.norm_ratio_cdf(1 - eps, m)))


def test_gaussian_norm_ratio_is_chi_square():
    rho = sp.norm_ratio(random_weights(scispaces.rng(2), 6, 4, batch=(4000,)), [1.0, 2.0, 0.0, -1.0])
    assert stats.kstest(rho, lambda r: sp.norm_ratio_cdf(r, 6)).pvalue > 1e-6


@pytest.mark.parametrize("m", [1, 2, 10, 999, 1000, 1001, 10**6, 10**9])
def test_gamma_functions_keep_their_digits(m):
    with mp.workdps(50):
        half = mp.mpf(m) / 2
        drift = mp.digamma(half) - mp.log(half)
        mean = mp.exp(mp.loggamma(half + 0.5) - mp.loggamma(half)) / mp.sqrt(half)
        assert abs(sp.log_norm_drift(m) / drift - 1) < 1e-12
        assert abs(sp.norm_mean(m) / mean - 1) < 1e-12


def test_product_variances_against_simulation():
    q = sp.propagate_norms(scispaces.rng(3), 32, 3, [("linear", 1.0), ("relu", 2.0), ("linear", 2.0)], nets=20_000)
    for k, name in enumerate(["linear", "relu"]):
        within(q[k, 3], 1.0)
        within((q[k, 3] - 1) ** 2, sp.product_ratio_variance(32, 3, name), sigmas=6)
    assert np.allclose(q[2], q[0] * 2.0 ** np.arange(4)[:, None])  # a linear net's gain is a factor per layer
    within(np.log(q[0, 3]), sp.log_norm_drift(32, 3))


def test_orthogonal_linear_nets_keep_the_norm_exactly():
    q = sp.propagate_norms(scispaces.rng(4), 16, 50, nets=5, law="orthogonal")
    assert np.abs(q - 1).max() < 1e-12
    assert q.shape == (1, 51, 5)


@pytest.mark.parametrize("q", [0.0, 1e-6, 0.1, 0.5, 1.0])
def test_tanh_map_against_mpmath(q):
    exact = mp.quad(lambda z: mp.tanh(mp.sqrt(q) * z) ** 2 * mp.npdf(z), [-mp.inf, -4, -1, 0, 1, 4, mp.inf])
    assert float(sp.second_moment_map(np.tanh, q)) == pytest.approx(float(exact), rel=1e-12, abs=1e-300)


def test_second_moment_map_of_polynomials_and_shapes():
    q = np.array([[0.5, 1.0, 2.0]])
    assert np.allclose(sp.second_moment_map(lambda y: y, q, nodes=2), q)
    assert np.allclose(sp.second_moment_map(lambda y: y**2, q, nodes=5), 3 * q**2)
    assert sp.second_moment_map(np.tanh, q).shape == (1, 3)


@given(rho=st.floats(-1, 1))
@settings(max_examples=30)
def test_relu_cosine_map_is_the_gaussian_expectation_and_never_separates(rho):
    f = float(sp.relu_cosine_map(rho))
    assert f >= rho - 1e-15 and 0 <= f <= 1
    z, w = np.polynomial.hermite_e.hermegauss(60)
    x, other = z[:, None], rho * z[:, None] + np.sqrt(1 - rho**2) * z[None, :]
    mean = np.sum(w[:, None] * w * relu(x) * relu(other)) / (2 * np.pi)
    assert 2 * mean == pytest.approx(f, abs=0.02)  # the kink costs Gauss-Hermite its accuracy


def test_relu_cosine_map_known_values():
    assert sp.relu_cosine_map([-1.0, 0.0, 1.0]) == pytest.approx([0, 1 / np.pi, 1])
    assert sp.relu_cosine_map(1 + 1e-12) == 1.0


def test_products_of_relus_have_the_arc_cosine_mean():
    u, e = scispaces.rng(6).standard_normal((2, 50_000))
    for rho in (-1.0, -0.5, 0.0, 0.9, 1.0):
        v = rho * u + np.sqrt(1 - rho**2) * e
        within(2 * relu(u) * relu(v), float(sp.relu_cosine_map(rho)))


def test_iterate_map():
    assert sp.iterate_map(lambda x: x / 2, [8.0, 4.0], 2).tolist() == [[8.0, 4.0], [4.0, 2.0], [2.0, 1.0]]


@given(seed=st.integers(0, 50), m=st.integers(1, 9), a=st.floats(1e-200, 1e200))
@settings(max_examples=40)
def test_rms_normalize_forgets_the_scale(seed, m, a):
    y = scispaces.rng(seed).standard_normal((3, m))
    assert np.allclose(sp.rms_normalize(a * y), sp.rms_normalize(y), rtol=1e-12)
    assert np.allclose(np.linalg.norm(sp.rms_normalize(y), axis=1), np.sqrt(m))


def test_measured_gain_matches_prediction():
    for m, n, v in [(256, 64, 1 / 256), (64, 256, 2 / 320), (16, 16, 0.3)]:
        gain = sp.measured_gain(scispaces.rng(5), m, n, v, draws=200)
        assert gain == pytest.approx(m * v, rel=6 * (2 / m / 200) ** 0.5)


@pytest.mark.parametrize(
    "call",
    [
        lambda r: sp.norm_ratio(np.eye(2), [0.0, 0.0]),
        lambda r: sp.norm_ratio(np.eye(2), [1.0, 2.0, 3.0]),
        lambda r: sp.norm_ratio([[np.nan]], [1.0]),
        lambda r: sp.norm_ratio_moments([], 3),
        lambda r: sp.norm_ratio_moments([0.0], 3),
        lambda r: sp.norm_ratio_moments([1.0], 0),
        lambda r: sp.norm_ratio_moments([1.0], 3, 0.9),
        lambda r: sp.norm_tail(0.0, 3),
        lambda r: sp.norm_tail_bound(1.0, 3),
        lambda r: sp.norm_ratio_cdf(np.nan, 3),
        lambda r: sp.norm_mean(0),
        lambda r: sp.log_norm_drift(3, -1),
        lambda r: sp.product_ratio_variance(3, 2, "tanh"),
        lambda r: sp.second_moment_map(np.tanh, -1.0),
        lambda r: sp.second_moment_map(np.tanh, 1.0, nodes=1000),
        lambda r: sp.relu_cosine_map(1.1),
        lambda r: sp.rms_normalize([0.0, 0.0]),
        lambda r: sp.rms_normalize(1.0),
        lambda r: sp.propagate_norms(r, 0, 3),
        lambda r: sp.propagate_norms(r, 3, 3, []),
        lambda r: sp.propagate_norms(r, 3, 3, [("step", 1.0)]),
        lambda r: sp.propagate_norms(r, 3, 3, [("relu", -1.0)]),
        lambda r: sp.iterate_map(np.tanh, 1.0, -1),
        lambda r: sp.measured_gain(r, 3, 3, 0.0),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(ValueError, match=r"got|zero vector|at least one"):
        call(scispaces.rng(0))
