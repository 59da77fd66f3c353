"""Julian days against erfa (Gregorian), ephem (both calendars) and the standard library."""

import datetime
import doctest

import ephem
import erfa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scispaces.astronomy import calendar as cd

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("steady")


def test_examples_in_docstrings():
    assert doctest.testmod(cd).failed == 0


@given(jd=st.floats(1721423.5, 4000000))
def test_there_and_back(jd):
    year, month, day = cd.jd_to_calendar(jd)
    assert cd.calendar_to_jd(year, month, day) == pytest.approx(jd, abs=2e-9)
    assert 1 <= month <= 12 and 1 <= day < 32


@given(jd=st.integers(-50000, 3500000))
def test_days_follow_each_other(jd):
    first, second = cd.jd_to_calendar(jd + 0.5), cd.jd_to_calendar(jd + 1.5)
    assert first < second
    assert cd.calendar_to_jd(*first) == jd + 0.5


@given(date=st.dates(datetime.date(1582, 10, 15), datetime.date(9999, 12, 31)))
def test_gregorian_dates_as_in_the_standard_library_and_erfa(date):
    jd = cd.calendar_to_jd(date.year, date.month, date.day)
    assert jd == date.toordinal() + 1721424.5
    assert jd == sum(erfa.cal2jd(date.year, date.month, date.day))
    assert cd.jd_to_calendar(jd) == (date.year, date.month, date.day)


@pytest.mark.parametrize("year", [-1999, -4, 0, 1, 4, 1000, 1500, 1582, 1700, 1900, 2000, 2117])
def test_both_calendars_as_in_ephem(year):
    for month, day in ((1, 1), (2, 28), (3, 1), (12, 31)):
        shown = year if year > 0 else year - 1  # ephem has no year 0
        assert cd.calendar_to_jd(year, month, day) == pytest.approx(ephem.Date((shown, month, day)) + 2415020, abs=1e-6)


def test_known_days():
    assert cd.calendar_to_jd(-4712, 1, 1.5) == 0.0
    assert cd.calendar_to_jd(1582, 10, 15) == cd.calendar_to_jd(1582, 10, 4) + 1
    assert cd.calendar_to_jd(1500, 2, 29) + 1 == cd.calendar_to_jd(1500, 3, 1)
    assert cd.format_jd(cd.day_of("-0540-11-19")) == "-0540-11-19"
    assert cd.format_jd(2451544.9999, minutes=True) == "2000-01-01 12:00"
    assert cd.format_jd(2451545.49999, minutes=True) == "2000-01-02 00:00"
    assert cd.decimal_year(2451545.0 + 3652.5) == 2010


@given(start=st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)), years=st.integers(0, 80))
def test_complete_years_change_on_the_anniversary(start, years):
    if (start.month, start.day) == (2, 29):
        return
    anniversary = start.replace(year=start.year + years)
    assert cd.complete_years(str(start), str(anniversary)) == years
    if years:
        assert cd.complete_years(str(start), str(anniversary - datetime.timedelta(1))) == years - 1


@pytest.mark.parametrize(
    "date",
    [
        (2001, 2, 29),
        (2000, 13, 1),
        (2000, 0, 1),
        (2000, 1, 0),
        (2000, 1, 32),
        (1582, 10, 10),
        (1900, 2, 29),
        (2000.5, 1, 1),
    ],
)
def test_dates_that_do_not_exist_are_refused(date):
    with pytest.raises(ValueError):
        cd.calendar_to_jd(*date)


@pytest.mark.parametrize("bad", ["2012-6", "yesterday", "2012-13-01", 20120606, ""])
def test_unreadable_dates_are_refused(bad):
    with pytest.raises(ValueError):
        cd.day_of(bad)


def test_other_bad_input_is_refused():
    for f in (cd.jd_to_calendar, cd.format_jd):
        with pytest.raises(ValueError):
            f(np.nan)
    with pytest.raises(ValueError):
        cd.complete_years("2020-01-01", "2019-12-31")
