"""Transits: published dates, two ephemerides, a dense grid instead of the parabola, and invariances."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scispaces.astronomy import transits as tr
from scispaces.astronomy.calendar import calendar_to_jd, day_of, format_jd
from scispaces.astronomy.elements import TABLE_1, TABLE_2
from scispaces.astronomy.peers import ephem_scan, peer_closest_approach, peer_contacts

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("steady")

# F. Espenak, Six Millennium Catalog of Venus Transits, NASA GSFC
CATALOG = """1631-12-07 1639-12-04 1761-06-06 1769-06-03 1874-12-09 1882-12-06 2004-06-08 2012-06-06 2117-12-11
2125-12-08""".split()


@pytest.fixture(scope="module")
def modern():
    return tr.transits(day_of("1631-01-01"), day_of("2126-01-01"), extrapolate=True)


@pytest.fixture(scope="module")
def six_millennia():
    return tr.closest_approaches(calendar_to_jd(-1999, 1, 1), calendar_to_jd(4001, 1, 1), TABLE_2, extrapolate=True)


def test_examples_in_docstrings():
    assert doctest.testmod(tr).failed == 0


def test_the_ten_transits_of_the_catalog(modern):
    assert [format_jd(t) for t in modern["jd"]] == CATALOG
    assert modern["k"].tolist() == [-230, -225, -149, -144, -78, -73, 3, 8, 74, 79]
    assert modern["node"].tolist() == [1, 1, -1, -1, 1, 1, -1, -1, 1, 1]


@pytest.mark.parametrize("peer, minutes", [("erfa", 15), ("ephem", 15)])
def test_times_and_separations_of_independent_ephemerides(modern, peer, minutes):
    for row in modern:
        found = peer_closest_approach(round(row["jd"]), peer)
        assert abs(found.jd - row["jd"]) * 1440 < minutes
        assert abs(found.separation - row["separation"]) < 10
        assert abs(found.limit - row["limit"]) < 0.2


def test_six_millennia_as_in_ephem(six_millennia):
    ours = six_millennia[six_millennia["separation"] < six_millennia["limit"]]
    peer = [t.jd for t in ephem_scan(calendar_to_jd(-1999, 1, 1), calendar_to_jd(4001, 1, 1)) if t.separation < t.limit]
    assert len(ours) == len(peer) == 78
    assert np.abs(ours["jd"] - peer).max() < 1.5  # days: UT runs away from TDB
    assert set(np.diff(ours["k"])) == {5, 66, 71, 76, 81, 86}


def test_the_minimum_is_that_of_a_dense_grid(modern):
    _, guess = tr.mean_conjunctions(day_of("1900-01-01"), day_of("1960-01-01"))
    grid = np.linspace(-6, 6, 12 * 1440 + 1)
    jd, sigma, _, _ = tr.refine_minimum(guess)
    for centre, t, s in zip(guess, jd, sigma, strict=True):
        dense = tr.separation(centre + grid)[0]
        assert abs(centre + grid[np.argmin(dense)] - t) * 1440 < 2
        assert s <= dense.min() + 1e-3


@pytest.mark.parametrize("factor", [0.3, 2.0, 3.0])
def test_the_minimum_is_stationary_for_other_inclinations_too(factor):
    planets = TABLE_1.with_inclination(factor)
    _, guess = tr.mean_conjunctions(day_of("1900-01-01"), day_of("2000-01-01"), planets)
    jd, sigma, _, _ = tr.refine_minimum(guess, planets)
    for h in (0.003, 0.1):
        assert all((tr.separation(jd + s, planets)[0] >= sigma - 0.05).all() for s in (-h, h))


def test_true_conjunctions_have_equal_longitudes():
    _, guess = tr.mean_conjunctions(day_of("1700-01-01"), day_of("2100-01-01"))
    jd, longitude = tr.true_conjunctions(guess)
    for orbit in (TABLE_1.venus, TABLE_1.earth):
        x, y, _ = tr.heliocentric(orbit, jd).T
        assert np.abs((np.degrees(np.arctan2(y, x)) - longitude + 180) % 360 - 180).max() < 1e-8
    assert np.abs(jd - guess).max() < 5


@given(jd=st.floats(2305448, 2378496))
def test_disk_position_has_the_length_of_the_separation(jd):
    place = tr.disk_position(jd)
    sigma, R, Delta = tr.separation(jd)
    assert np.hypot(*place) == pytest.approx(float(sigma), rel=1e-12)
    assert 0.98 < R < 1.02 and 0.26 < Delta < 1.75


def test_venus_moves_west_and_crosses_the_orbit_upwards_in_december(modern):
    for row in modern:
        step = np.diff(tr.disk_position(row["jd"] + np.array([-0.02, 0.02])), axis=0)[0]
        assert step[0] < 0 and np.sign(step[1]) == row["node"]


def test_contacts_lie_on_the_limit_and_agree_with_the_peer(modern):
    for row in modern:
        first, last = tr.contact_times(row["jd"])
        assert first < row["jd"] < last
        for t in (first, last):
            sigma, R, Delta = tr.separation(t)
            assert sigma == pytest.approx(float(tr.disk_limit(R, Delta)), abs=1e-3)
        begin, end = peer_contacts(peer_closest_approach(round(row["jd"])).jd)
        assert (last - first) == pytest.approx(end - begin, rel=0.04)
    with pytest.raises(ValueError):
        tr.contact_times(2451545.0)


def test_light_time_delays_the_middle():
    start, end = day_of("2012-01-01"), day_of("2013-01-01")
    with_light, without = (tr.transits(start, end, light_time=flag)["jd"][0] for flag in (True, False))
    assert (with_light - without) * 1440 == pytest.approx(6.0, abs=0.2)


@given(year=st.integers(1800, 2000), days=st.integers(1000, 15000))
def test_scans_can_be_cut_anywhere(year, days):
    start = calendar_to_jd(year, 1, 1)
    whole = tr.closest_approaches(start, start + days, extrapolate=True)
    parts = [
        tr.closest_approaches(start + a * days, start + b * days, extrapolate=True) for a, b in ((0, 0.4), (0.4, 1))
    ]
    assert np.concatenate(parts)["k"].tolist() == whole["k"].tolist()
    assert (np.diff(whole["k"]) == 1).all() and (np.diff(whole["jd"]) > 570).all()


def test_parallax_adds_the_published_three(six_millennia):
    extra = tr.parallax(six_millennia["R"], six_millennia["Delta"])
    assert 21 < extra.min() and extra.max() < 25
    start, end = calendar_to_jd(-600, 1, 1), calendar_to_jd(-500, 1, 1)
    assert len(tr.transits(start, end, TABLE_2)) == 1
    dates = [format_jd(t) for t in tr.transits(start, end, TABLE_2, with_parallax=True)["jd"]]
    assert "-0540-11-19" in dates and len(dates) == 2


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="extrapolate"):
        tr.transits(day_of("1631-01-01"), day_of("1700-01-01"))
    with pytest.raises(ValueError):
        tr.mean_conjunctions(2451545.0, 2451544.0)
    with pytest.raises(ValueError):
        tr.mean_conjunctions(np.nan, 2451544.0)
    with pytest.raises(ValueError):
        tr.separation([])
    with pytest.raises(ValueError):
        tr.disk_limit(1e-9, 0.3)
    with pytest.raises(ValueError):
        tr.parallax(1.0, -0.3)
    assert len(tr.transits(2451545.0, 2451546.0)) == 0
