"""Kepler's equation: residuals over all eccentricities, a root finder as peer, geometry of the ellipse."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from scispaces.astronomy import kepler

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=80)
settings.load_profile("steady")

anomaly = st.floats(-40, 40)
eccentricity = st.one_of(st.floats(0, 0.9999), st.sampled_from([0.0, 0.0068, 0.0167, 0.97, 0.999999]))


def test_examples_in_docstrings():
    assert doctest.testmod(kepler).failed == 0


@given(M=anomaly, e=eccentricity)
def test_the_equation_holds_for_every_ellipse(M, e):
    E = float(kepler.kepler_E(M, e))
    assert abs(E - e * np.sin(E) - M) <= 1e-14 * (1 + abs(M))


@given(M=st.floats(-3.1, 3.1), e=st.floats(0, 0.97))
def test_a_bracketing_root_finder_finds_the_same(M, e):
    peer = brentq(lambda E: E - e * np.sin(E) - M, -4.2, 4.2, xtol=1e-15)
    assert float(kepler.kepler_E(M, e)) == pytest.approx(peer, abs=1e-13 / (1 - e))


@given(M=anomaly, e=st.floats(0, 0.99))
def test_odd_and_periodic(M, e):
    E = float(kepler.kepler_E(M, e))
    assert float(kepler.kepler_E(-M, e)) == pytest.approx(-E, abs=1e-12)
    assert float(kepler.kepler_E(M + 2 * np.pi, e)) == pytest.approx(E + 2 * np.pi, abs=1e-11 / (1 - e))


def test_vectorised_over_both_arguments():
    M, e = np.linspace(-7, 7, 29)[:, None], np.array([0.0, 0.0167, 0.5, 0.97])
    E = kepler.kepler_E(M, e)
    assert E.shape == (29, 4)
    assert np.allclose(E[:, 0], M[:, 0])
    assert all(E[i, j] == kepler.kepler_E(M[i, 0], e[j]) for i in (0, 11, 28) for j in range(4))


def test_plain_newton_squares_its_error():
    M, e = np.linspace(0.1, 3, 30), 0.1
    exact = kepler.kepler_E(M, e)
    errors = [np.max(np.abs(kepler.newton_E(M, e, n) - exact)) for n in range(4)]
    assert errors[0] > 1e-3 and errors[1] < e * errors[0] ** 2 and errors[2] < 1e-12 and errors[3] < 2e-15


def test_positions_solve_the_equation_of_motion():
    a, e = 0.7, 0.3
    rate = a**-1.5  # of M, for unit mass
    start = kepler.perifocal(a, e, 0.0)
    speed = np.sqrt((1 + e) / (a * (1 - e)))

    def pull(_, y):
        return np.concatenate([y[2:], -y[:2] / np.hypot(*y[:2]) ** 3])

    t = np.linspace(0, 6, 13)
    path = solve_ivp(pull, (0, 6), [*start, 0, speed], t_eval=t, rtol=1e-11, atol=1e-12)
    assert np.allclose(kepler.perifocal(a, e, rate * t), path.y[:2].T, atol=1e-8)


@given(M=anomaly, e=st.floats(0, 0.95))
def test_distance_from_the_focus(M, e):
    x, y = kepler.perifocal(1.0, e, M)
    assert np.hypot(x, y) == pytest.approx(1 - e * np.cos(float(kepler.kepler_E(M, e))), abs=1e-10)


def test_equation_of_center_is_the_first_order():
    M = np.linspace(-3, 3, 25)
    for e in (1e-3, 1e-4):
        first = np.radians(kepler.equation_of_center(np.degrees(M), e, 0.0))
        x, y = kepler.perifocal(1.0, e, M).T
        assert np.max(np.abs(np.arctan2(y, x) - M - first)) < 2 * e**2


@pytest.mark.parametrize(
    "M, e", [(1, -0.1), (1, 1.0), (1, 1.5), (np.nan, 0.1), (1, np.nan), ([], 0.1), ([1, 2], [0.1] * 3)]
)
def test_bad_input_is_refused(M, e):
    for f in (kepler.kepler_E, lambda m, x: kepler.newton_E(m, x, 1)):
        with pytest.raises(ValueError):
            f(M, e)


def test_bad_axis_and_steps_are_refused():
    with pytest.raises(ValueError):
        kepler.perifocal(-1.0, 0.1, 0.0)
    with pytest.raises(ValueError):
        kepler.newton_E(1.0, 0.1, -1)
