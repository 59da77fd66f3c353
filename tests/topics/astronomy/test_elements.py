"""Positions from mean elements: erfa as peer, geometry of the planes, the published digits."""

import doctest

import erfa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scispaces.astronomy import elements as pe
from scispaces.astronomy.calendar import calendar_to_jd

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("steady")

OBLIQUITY = np.radians(84381.448 / 3600)
TO_EQUATOR = np.array(
    [[1, 0, 0], [0, np.cos(OBLIQUITY), -np.sin(OBLIQUITY)], [0, np.sin(OBLIQUITY), np.cos(OBLIQUITY)]]
)
century = st.floats(-20, 20)


def arcsec_between(a, b):
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, axis=-1))) * 3600


def spherical(position):
    """Longitude and latitude in degrees, radius."""
    x, y, z = position.T
    r = np.linalg.norm(position, axis=-1)
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(z / r)), r


def test_examples_in_docstrings():
    assert doctest.testmod(pe).failed == 0


@pytest.mark.parametrize(
    "planets, first, last, published", [(pe.TABLE_1, 1800, 2050, 20), (pe.TABLE_2, 1500, 2500, 40)]
)
def test_venus_and_earth_stand_where_erfa_puts_them(planets, first, last, published):
    """Longitudes within the published error of the elements plus that of the peer, 9 arcsec; latitudes, radii."""
    jd = np.linspace(calendar_to_jd(first, 1, 1), calendar_to_jd(last, 1, 1), 4001)
    for orbit, number in ((planets.venus, 2), (planets.earth, 3)):
        ours = pe.heliocentric(orbit, jd)
        peer = erfa.plan94(jd, 0.0, number)["p"] @ TO_EQUATOR
        (l1, b1, r1), (l2, b2, r2) = spherical(ours), spherical(peer)
        assert 3600 * np.abs((l1 - l2 + 180) % 360 - 180).max() < published + 9
        assert 3600 * np.abs(b1 - b2).max() < published
        assert np.abs(r1 - r2).max() < 1e-4


def test_the_sign_of_each_rate_matters():
    """The eccentricity of Venus decreases; a table with the wrong sign is seen a century away."""
    jd = np.linspace(calendar_to_jd(1800, 1, 1), calendar_to_jd(1850, 1, 1), 500)
    wrong = pe.Elements(**{**pe.TABLE_1.venus.__dict__, "e": (0.00677672, +0.00004107)})
    peer = erfa.plan94(jd, 0.0, 2)["p"]
    right_error, wrong_error = (
        arcsec_between(pe.heliocentric(orbit, jd) @ TO_EQUATOR.T, peer).max() for orbit in (pe.TABLE_1.venus, wrong)
    )
    assert wrong_error > 2 * right_error


@given(T=century)
def test_the_mutual_node_lies_in_both_planes_and_points_upwards(T):
    for planets in (pe.TABLE_1, pe.TABLE_2):
        N, tilt = pe.mutual_node(T, planets)
        jd = 2451545.0 + 36525 * T
        direction = []
        for orbit in (planets.earth, planets.venus):
            q = orbit.at(np.asarray(T))
            still = pe.Elements(**{name: (float(v), 0.0) for name, v in q.items() if name != "L"}, L=orbit.L)
            one, two = pe.heliocentric(still, [jd, jd + 0.1])  # the plane as it stands at T
            direction.append(np.cross(one, two) / np.linalg.norm(np.cross(one, two)))
        line = np.cross(*direction)
        assert np.degrees(np.arctan2(line[1], line[0])) % 360 == pytest.approx(float(N), abs=1e-5)
        assert np.degrees(np.arcsin(np.linalg.norm(line))) == pytest.approx(float(tilt), abs=1e-6)


def test_node_rate_is_the_slope_of_a_fit_and_not_the_rate_of_omega():
    for planets, rate in ((pe.TABLE_1, -0.490), (pe.TABLE_2, -0.496)):
        T = np.linspace(-0.5, 0.5, 21)
        slope = np.polyfit(T, pe.mutual_node(T, planets)[0], 1)[0]
        assert pe.node_rate(planets) == pytest.approx(slope, abs=1e-5)
        assert pe.node_rate(planets) == pytest.approx(rate, abs=5e-4)
        assert abs(pe.node_rate(planets) - planets.venus.Omega[1]) > 0.2


def test_variants_change_what_they_say():
    circles = pe.TABLE_1.with_eccentricity(0)
    r = np.linalg.norm(pe.heliocentric(circles.venus, np.linspace(2451545, 2451770, 30)), axis=-1)
    assert np.ptp(r) < 1e-7
    assert float(pe.mutual_node(0.0, pe.TABLE_1.with_inclination(2))[1]) == pytest.approx(2 * 3.3947, abs=1e-3)
    shifted = pe.mutual_node(0.0, pe.TABLE_1.with_node_shift(5))[0] - pe.mutual_node(0.0, pe.TABLE_1)[0]
    assert float(shifted) == pytest.approx(5, abs=1e-4)
    assert pe.node_rate(pe.TABLE_1.with_planes_at_rest()) == 0


def test_exact_rates_are_the_published_digits():
    assert str(float(pe.exact_rate("venus"))) == "58517.81538729"
    assert pe.exact_rate("earth", 2) * 10**8 == 3599937306329
    assert float(pe.exact_rate("earth", 2)) == pe.TABLE_2.earth.L[1]


def test_bad_input_is_refused():
    for bad in (np.nan, [], [1.0, np.inf]):
        with pytest.raises(ValueError):
            pe.heliocentric(pe.TABLE_1.venus, bad)
    with pytest.raises(ValueError):
        pe.heliocentric(pe.TABLE_1.with_eccentricity(200).venus, 2451545.0)
    with pytest.raises(ValueError):
        pe.exact_rate("mars")
    with pytest.raises(ValueError):
        pe.exact_rate("venus", 3)
    with pytest.raises(ValueError):
        pe.TABLE_1.venus.scaled("q", 2)
    with pytest.raises(ValueError):
        pe.mutual_node(0.0, pe.Planets(pe.TABLE_1.venus, pe.TABLE_1.venus, (0, 1)))
