"""The two peers agree with each other, and their search finds what a grid finds."""

import numpy as np
import pytest

from scispaces.astronomy import peers as peers
from scispaces.astronomy.calendar import day_of, format_jd


def test_both_ephemerides_tell_the_same_story():
    for date in ("1761-06-06", "1882-12-06", "2004-06-08", "2012-06-06", "2117-12-11"):
        by_erfa, by_ephem = (peers.peer_closest_approach(day_of(date) + 0.4, p) for p in ("erfa", "ephem"))
        assert format_jd(by_erfa.jd) == format_jd(by_ephem.jd) == date
        assert abs(by_erfa.separation - by_ephem.separation) < 1
        assert abs(by_erfa.jd - by_ephem.jd) * 1440 < 6  # UT and TDB
        assert by_erfa.limit == pytest.approx(by_ephem.limit, abs=0.1)
        assert 21 < by_erfa.parallax < 25


def test_the_middle_of_2012_to_the_minute():
    """NASA: greatest transit 2012 June 6, 01:29:36 UT, smallest separation 554.4 arcsec."""
    found = peers.peer_closest_approach(day_of("2012-06-06"))
    assert abs(found.jd - 67 / 86400 - (day_of("2012-06-06") + (1 + 29.6 / 60) / 24)) * 1440 < 1.5
    assert found.separation == pytest.approx(554.4, abs=0.3)


def test_the_minimum_is_that_of_a_grid():
    found = peers.peer_closest_approach(day_of("2012-06-06"))
    grid = np.arange(-60, 61) / 1440
    values = [peers.peer_separation(found.jd, float(d))[0] for d in grid]
    assert abs(grid[int(np.argmin(values))]) <= 1 / 1440
    assert found.separation <= min(values) + 1e-6


def test_contacts_lie_on_the_limit():
    middle = peers.peer_closest_approach(day_of("2012-06-06")).jd
    for t in peers.peer_contacts(middle):
        found = peers.peer_separation(t)
        assert found[0] == pytest.approx(974.2, abs=0.3)
    with pytest.raises(ValueError):
        peers.peer_contacts(2451545.0)


def test_the_scan_of_a_century():
    seen = peers.ephem_scan(day_of("1990-01-01"), day_of("2130-01-01"))
    assert [format_jd(t.jd) for t in seen if t.separation < t.limit] == [
        "2004-06-08",
        "2012-06-06",
        "2117-12-11",
        "2125-12-08",
    ]
    assert all(t.separation < 1800 for t in seen)


def test_bad_input_is_refused():
    with pytest.raises(ValueError):
        peers.peer_separation(float("nan"))
    with pytest.raises(ValueError):
        peers.peer_separation(2451545.0, 0.0, "astropy")
    with pytest.raises(ValueError):
        peers.peer_closest_approach(2451545.0)
    with pytest.raises(ValueError):
        peers.ephem_scan(2451545.0, 2451540.0)
