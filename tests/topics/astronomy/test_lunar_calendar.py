"""The Dragon Boat festival: published dates, two ephemerides, and the two traps."""

import pytest

from scispaces.astronomy import lunar_calendar as lc
from scispaces.astronomy.calendar import format_jd

PUBLISHED = """2009-05-28 2010-06-16 2011-06-06 2012-06-23 2013-06-12 2014-06-02 2015-06-20 2016-06-09 2017-05-30
2018-06-18 2019-06-07 2020-06-25 2021-06-14 2022-06-03 2023-06-22 2024-06-10 2025-05-31 2026-06-19 2027-06-09 2028-05-28
2029-06-16 2030-06-05""".split()  # as in the published holiday calendars


@pytest.mark.parametrize("peer", ["ephem", "erfa"])
def test_published_dates(peer):
    assert [format_jd(lc.dragon_boat_day(y, peer)) for y in range(2009, 2031)] == PUBLISHED


def test_the_two_ephemerides_agree_to_half_a_minute():
    for year in range(2009, 2031, 3):
        solstices = [lc.june_solstice(year, p) for p in ("ephem", "erfa")]
        assert abs(solstices[0] - solstices[1]) * 86400 < 30
        moons = [lc.new_moon_before(s, p) for s, p in zip(solstices, ("ephem", "erfa"), strict=True)]
        assert abs(moons[0] - moons[1]) * 86400 < 30
        assert 0 <= solstices[1] - moons[1] < 29.9


def test_the_solstice_of_2012():
    assert format_jd(lc.june_solstice(2012, "erfa"), minutes=True) == "2012-06-20 23:09"


def test_what_goes_wrong_in_utc_and_without_civil_days():
    assert format_jd(lc.dragon_boat_day(2018, zone=0.0)) == "2018-06-17"
    assert format_jd(lc.dragon_boat_day(2020, whole_days=False)) == "2020-05-27"


@pytest.mark.parametrize("bad", [1800, 2051, 2019.5, "2019"])
def test_bad_years_are_refused(bad):
    with pytest.raises(ValueError):
        lc.dragon_boat_day(bad)


def test_unknown_peer_is_refused():
    with pytest.raises(ValueError):
        lc.june_solstice(2019, "almanac")
