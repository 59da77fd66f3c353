"""The small-angle theory against the ephemeris it summarises."""

import doctest
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scispaces.astronomy import windows as tw
from scispaces.astronomy.calendar import calendar_to_jd
from scispaces.astronomy.elements import TABLE_1, TABLE_2, heliocentric, mutual_node
from scispaces.astronomy.transits import closest_approaches, mean_conjunctions, true_conjunctions

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("steady")


def test_examples_in_docstrings():
    assert doctest.testmod(tw).failed == 0


def test_return_ratio_in_both_arithmetics():
    assert float(tw.exact_return_ratio()) == pytest.approx(tw.return_ratio(), rel=1e-15)
    for table, planets in ((1, TABLE_1), (2, TABLE_2)):
        exact = tw.exact_return_ratio(table, str(round(tw.node_rate(planets), 6)))
        assert float(exact) == pytest.approx(tw.return_ratio(planets, node=True), abs=1e-10)
    assert float(tw.return_miss(5, tw.exact_return_ratio())) == pytest.approx(-2.40893, abs=1e-5)
    assert tw.return_miss(1, Fraction(3, 2), half=True) == 0


def test_conjunctions_fall_where_the_first_order_says():
    k, guess = mean_conjunctions(calendar_to_jd(1700, 1, 1), calendar_to_jd(2100, 1, 1))
    _, longitude = true_conjunctions(guess)
    error = (longitude - tw.first_order_longitude(k) + 180) % 360 - 180
    assert np.abs(error).max() < 0.07
    by_mean = tw.mean_conjunction_longitude(k)
    assert np.abs((longitude - by_mean + 180) % 360 - 180).max() > 2.5
    circles = TABLE_1.with_eccentricity(0)
    _, longitude = true_conjunctions(guess, circles)
    error = (longitude - tw.first_order_longitude(k, circles) + 180) % 360 - 180
    assert 0.07 < np.abs(error).max() < 0.09  # what is left is the tilt of the orbit (reduction to the ecliptic)


def test_radius_and_speed_at_a_longitude_are_those_of_the_orbit():
    jd = 2451545.0 + np.linspace(0, 360, 50)
    for orbit in (TABLE_1.earth.frozen("i"), TABLE_1.earth):
        place = heliocentric(orbit, jd)
        longitude = np.degrees(np.arctan2(place[:, 1], place[:, 0]))
        r = [tw.orbit_radius(orbit, float(v)) for v in longitude]
        assert np.allclose(np.linalg.norm(place, axis=-1), r, atol=2e-6)
        after = heliocentric(orbit, jd + 0.01)
        moved = (np.degrees(np.arctan2(after[:, 1], after[:, 0])) - longitude + 180) % 360 - 180
        assert np.allclose(moved / 0.01, [tw.angular_speed(orbit, float(v)) for v in longitude], rtol=2e-4)


@pytest.mark.parametrize("node, sign", [("December", 1), ("June", -1)])
def test_the_window_separates_transits_from_misses(node, sign):
    g = tw.node_geometry(node, TABLE_2)
    found = closest_approaches(calendar_to_jd(1000, 1, 1), calendar_to_jd(3000, 1, 1), TABLE_2)
    near = found[(found["separation"] < 1440) & (found["node"] == sign)]
    _, longitude = true_conjunctions(near["jd"], TABLE_2)
    N, _ = mutual_node((near["jd"] - 2451545) / 36525, TABLE_2)
    delta = np.abs((longitude - N + 90) % 180 - 90)
    assert len(near) > 15
    assert np.polyfit(delta, near["separation"], 1)[0] == pytest.approx(g.slope, rel=0.01)
    assert np.abs(near["separation"] - g.slope * delta).max() < 15
    clear = np.abs(delta - g.delta_max) > 0.03
    assert ((near["separation"] < near["limit"]) == (delta < g.delta_max))[clear].all()


def test_numbers_of_the_two_nodes():
    december, june = tw.node_geometry("December"), tw.node_geometry("June")
    assert (round(december.psi, 2), round(june.psi, 2)) == (9.11, 8.49)
    assert (round(december.delta_max, 3), round(june.delta_max, 3)) == (1.753, 1.837)
    assert december.per_passage == pytest.approx(1.38, abs=0.01) and june.per_passage == pytest.approx(1.65, abs=0.01)
    assert tw.mean_step() == pytest.approx((december.step + june.step) / 2, rel=0.01)


def test_returns_to_the_node():
    for table, planets, missed in ((1, TABLE_1, -0.040), (2, TABLE_2, -0.024)):
        assert tw.node_return_miss(152, planets) == pytest.approx(missed, abs=1e-3)
        exact = tw.return_miss(152, tw.exact_return_ratio(table, "-0.4"))
        assert tw.node_return_miss(152, planets, -0.4) == pytest.approx(float(exact), abs=1e-7)


def test_passages_are_those_of_the_transits():
    start, end = calendar_to_jd(1500, 1, 1), calendar_to_jd(2500, 1, 1)
    found = closest_approaches(start, end, TABLE_2)
    hits = found[found["separation"] < found["limit"]]
    opening = tw.first_of_passages(hits["k"])
    assert np.diff(opening).tolist() == [71, 81] * 3 + [71, 81]
    for name, sign in (("December", 1), ("June", -1)):
        times = tw.passage_times(start, end, name, TABLE_2)
        first = hits["jd"][np.isin(hits["k"], opening) & (hits["node"] == sign)]
        assert len(times) == len(first)
        assert (np.abs(times - first) < 8.5 * 365.25).all()
        assert np.diff(times) / 365.25 == pytest.approx(243, abs=1)


@given(start=st.fractions(-3, 3), step=st.fractions(Fraction(1, 7), 3), width=st.fractions(0, 6))
def test_counting_in_a_window_by_listing(start, step, width):
    reach = int(12 / step) + 2
    listed = sum(-width / 2 < start - j * step <= width / 2 for j in range(-reach, reach + 1))
    assert tw.count_in_window(start, step, width) == listed


def test_bad_input_is_refused():
    with pytest.raises(ValueError):
        tw.node_geometry("March")
    with pytest.raises(ValueError):
        tw.passage_times(2451545.0, 2551545.0, "March")
    with pytest.raises(ValueError):
        tw.first_of_passages([3, 3])
    with pytest.raises(ValueError):
        tw.node_return_miss(5, rate=float("nan"))
    with pytest.raises(ValueError):
        tw.count_in_window(0, 0, 1)
    with pytest.raises(ValueError):
        tw.count_in_window(0, 1, -1)
    with pytest.raises(ValueError):
        tw.return_miss(5, 1.5986)
    with pytest.raises(ValueError):
        tw.orbit_radius(TABLE_1.earth, float("nan"))
    with pytest.raises(ValueError):
        tw.shift_by_eccentricity([])
