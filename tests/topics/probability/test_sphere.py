"""Angles of random directions: closed forms against quadrature, simulation, and each other."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

import scispaces
from scispaces.probability import sphere as sg

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

DIMENSIONS = [2, 3, 4, 7, 50, 1000]
dimension = st.integers(2, 2000)


def test_examples_in_docstrings():
    assert doctest.testmod(sg).failed == 0


@pytest.mark.parametrize("n", DIMENSIONS)
def test_angle_density_has_mass_one_and_the_stated_moments(n):
    def integral(f):
        return quad(lambda t: f(t) * sg.angle_pdf(t, n), 0, np.pi, points=[np.pi / 2], epsabs=1e-13, limit=200)[0]

    assert integral(lambda t: 1.0) == pytest.approx(1, abs=1e-10)
    assert integral(lambda t: t) == pytest.approx(np.pi / 2, abs=1e-10)
    assert integral(lambda t: np.cos(t) ** 2) == pytest.approx(1 / n, rel=1e-9)
    assert integral(lambda t: (t - np.pi / 2) ** 2) == pytest.approx(sg.angle_variance(n), rel=1e-9)
    assert integral(lambda t: abs(np.cos(t))) == pytest.approx(sg.abs_cosine_mean(n), rel=1e-9)


@given(n=dimension, t=st.floats(0.01, 3.13))
def test_densities_are_the_derivatives_and_agree_under_the_change_of_variable(n, t):
    h = 1e-5
    slope = (sg.angle_cdf(t + h, n) - sg.angle_cdf(t - h, n)) / (2 * h)
    assert slope == pytest.approx(sg.angle_pdf(t, n), rel=1e-3, abs=1e-6 * n)
    assert sg.cosine_pdf(np.cos(t), n) * np.sin(t) == pytest.approx(sg.angle_pdf(t, n), rel=1e-9, abs=1e-300)
    assert sg.cosine_cdf(np.cos(t), n) == pytest.approx(1 - sg.angle_cdf(t, n), abs=1e-12)


@given(n=dimension, eps=st.floats(0, 1))
def test_tail_is_two_sided_cdf_and_stays_below_its_bound(n, eps):
    tail = float(sg.angle_tail(eps, n))
    assert tail == pytest.approx(float(2 * sg.cosine_cdf(-eps, n)), rel=1e-9, abs=1e-300)
    assert tail <= sg.angle_tail_bound(eps, n)


def test_special_dimensions():
    t = np.linspace(0, np.pi, 7)
    assert np.allclose(sg.angle_pdf(t, 2), 1 / np.pi)
    assert np.allclose(sg.cosine_pdf(np.linspace(-1, 1, 5), 3), 0.5)
    assert np.isinf(sg.cosine_pdf(1.0, 2))
    assert sg.angle_variance(2) == pytest.approx(np.pi**2 / 12)
    assert sg.angle_variance(3) == pytest.approx(np.pi**2 / 4 - 2)
    for n in (2, 3, 4, 5, 20, 51):
        assert sg.angle_variance_by_recursion(n) == pytest.approx(sg.angle_variance(n), rel=1e-12)
    assert np.all(sg.angle_pdf([-0.1, 3.2], 5) == 0) and np.all(sg.cosine_pdf([-1.1, 1.1], 5) == 0)


def test_huge_dimension_neither_overflows_nor_loses_its_mass():
    n = 10**8
    assert sg.angle_pdf(np.pi / 2, n) == pytest.approx(np.sqrt(n / (2 * np.pi)), rel=1e-7)
    assert sg.abs_cosine_mean(10**6) == pytest.approx(np.sqrt(2 / (np.pi * 1e6)), rel=1e-6)
    assert 0 < sg.angle_tail(0.9, 800) < 1e-280


def test_sampled_angles_follow_the_law_even_if_one_vector_is_not_isotropic():
    rng = scispaces.rng(3)
    for n in (2, 3, 10, 100):
        angles = sg.random_angles(rng, n, 4000)
        assert stats.kstest(angles, lambda t, n=n: sg.angle_cdf(t, n)).pvalue > 1e-6
    corner = np.broadcast_to([1.0, 1.0, 0.0], (4000, 3))
    angles = sg.angle_between(corner, sg.random_directions(rng, 3, 4000))
    assert stats.kstest(angles, lambda t: sg.angle_cdf(t, 3)).pvalue > 1e-6


@given(seed=st.integers(0, 99), n=st.integers(1, 6), a=st.floats(1e-200, 1e200), b=st.floats(1e-200, 1e200))
@settings(max_examples=50)
def test_angle_ignores_lengths(seed, n, a, b):
    rng = scispaces.rng(seed)
    x, y = rng.standard_normal((2, n))
    assert sg.angle_between(a * x, b * y) == pytest.approx(sg.angle_between(x, y), abs=1e-12)


def test_small_angles_keep_their_digits():
    x, y = np.array([1.0, 0.0]), np.array([1.0, 1e-9])
    assert sg.angle_between(x, y) == pytest.approx(1e-9, rel=1e-6)
    assert np.arccos(x @ y / np.linalg.norm(y)) == 0  # what the textbook formula returns


@pytest.mark.parametrize(
    "call",
    [
        lambda: sg.angle_pdf(1.0, 1),
        lambda: sg.angle_pdf(1.0, 2.5),
        lambda: sg.angle_pdf(np.nan, 3),
        lambda: sg.angle_pdf([], 3),
        lambda: sg.cosine_pdf(0.5, 0),
        lambda: sg.angle_cdf(np.inf, 3),
        lambda: sg.cosine_cdf(0.5, True),
        lambda: sg.angle_tail(1.5, 3),
        lambda: sg.angle_tail_bound(-0.1, 3),
        lambda: sg.angle_variance(1),
        lambda: sg.angle_variance_by_recursion(1),
        lambda: sg.abs_cosine_mean(1),
        lambda: sg.angle_between([0.0, 0.0], [1.0, 0.0]),
        lambda: sg.angle_between([1.0, 0.0], [1.0, 0.0, 0.0]),
        lambda: sg.angle_between(1.0, 1.0),
        lambda: sg.random_directions(scispaces.rng(0), 0, 3),
        lambda: sg.random_angles(scispaces.rng(0), 3, -1),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(ValueError, match=r"got|zero vector"):
        call()
