"""Calendar dates and Julian days.

The Julian day (JD) counts days from noon of 1 January 4713 BC; its fraction is the time of day, .5 at midnight. Dates
are Gregorian from 15 October 1582 (JD 2299160.5) and Julian before; years are astronomical: the year 0 is 1 BC.

Source: the integer arithmetic follows from counting days from 1 March, after which every month but the last has the
length floor(30.6 (m + 1)) prescribes; compare J. Meeus, *Astronomical Algorithms* (2nd ed. 1998), chapter 7.
"""

from __future__ import annotations

from math import floor
from typing import Any

from scispaces._validate import as_array, finite

__all__ = ["calendar_to_jd", "complete_years", "day_of", "decimal_year", "format_jd", "jd_to_calendar"]

REFORM = 2299160.5  # 1582-10-15, 0h
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def calendar_to_jd(year: int, month: int, day: float) -> float:
    """The Julian day of a calendar date; `day` may carry a fraction. Raises ValueError for a date that does not exist.

    >>> calendar_to_jd(2000, 1, 1.5)
    2451545.0
    >>> calendar_to_jd(1582, 10, 15) - calendar_to_jd(1582, 10, 4)
    1.0
    """
    y, m = _integer(year, "year"), _integer(month, "month")
    d = finite(day, "day")
    if not 1 <= m <= 12:
        raise ValueError(f"month must be 1..12, got {month}")
    if (y, m) == (1582, 10) and 5 <= d < 15:
        raise ValueError(f"4 October 1582 was followed by 15 October: there is no {d:g} October 1582")
    gregorian = (y, m, d) >= (1582, 10, 15)
    if not 1 <= d < _month_length(y, m, gregorian) + 1:
        raise ValueError(f"day must exist in {y}-{m:02d}, got {day}")
    shifted_year, shifted_month = (y, m) if m > 2 else (y - 1, m + 12)
    correction = 2 - floor(shifted_year / 100) + floor(shifted_year / 400) if gregorian else 0
    whole = floor(365.25 * (shifted_year + 4716)) + floor(30.6001 * (shifted_month + 1)) + correction
    return whole + d - 1524.5


def jd_to_calendar(jd: float) -> tuple[int, int, float]:
    """The calendar date (year, month, day with fraction) of a Julian day; the inverse of `calendar_to_jd`.

    >>> jd_to_calendar(2451545.0)
    (2000, 1, 1.5)
    """
    start = _day(jd) + 0.5
    whole = floor(start)
    if whole - 0.5 >= REFORM:
        century = floor((whole - 1867216.25) / 36524.25)
        whole_days = whole + 1 + century - floor(century / 4)
    else:
        whole_days = whole
    b = whole_days + 1524
    c = floor((b - 122.1) / 365.25)
    before = floor(365.25 * c)
    e = floor((b - before) / 30.6001)
    month = e - 1 if e < 14 else e - 13
    return c - 4716 if month > 2 else c - 4715, month, b - before - floor(30.6001 * e) + (start - floor(start))


def format_jd(jd: float, minutes: bool = False) -> str:
    """The date as YYYY-MM-DD, with `minutes` also HH:MM (rounded to the minute first).

    >>> format_jd(2451545.0, minutes=True)
    '2000-01-01 12:00'
    """
    moment = round(_day(jd) * 1440) / 1440 if minutes else _day(jd)
    year, month, day = jd_to_calendar(moment)
    shown = f"{year:04d}" if year >= 0 else f"-{-year:04d}"
    text = f"{shown}-{month:02d}-{int(day):02d}"
    if minutes:
        whole = round((day - int(day)) * 1440)
        text += f" {whole // 60:02d}:{whole % 60:02d}"
    return text


def day_of(date: str) -> float:
    """The Julian day at 0h of a date written YYYY-MM-DD (a leading minus for years before 0).

    >>> day_of("2012-06-06")
    2456084.5
    """
    try:
        year, month, day = date.rsplit("-", 2)
        return calendar_to_jd(int(year), int(month), int(day))
    except (AttributeError, ValueError) as error:
        raise ValueError(f"date must read YYYY-MM-DD, got {date!r} ({error})") from None


def decimal_year(jd: Any) -> Any:
    """Julian years since 2000 January 1.5, plus 2000; numbers or arrays. For axes of figures, not for dates.

    Raises ValueError on NaN, infinity and complex numbers.
    """
    years = 2000 + (as_array(jd, "jd", real=True, empty=True) - 2451545.0) / 365.25
    return float(years) if years.ndim == 0 else years


def complete_years(start: str, end: str) -> int:
    """How many anniversaries of `start` have passed at `end`, both written YYYY-MM-DD; `end` must not come first.

    >>> complete_years("2019-06-07", "2117-12-11")
    98
    """
    if day_of(end) < day_of(start):
        raise ValueError(f"end must not lie before start, got {start} .. {end}")
    (y0, *rest0), (y1, *rest1) = ([int(v) for v in d.rsplit("-", 2)] for d in (start, end))
    return y1 - y0 - (rest1 < rest0)


def _day(jd: float) -> float:
    """A Julian day, within a million years or so of now: beyond, a float does not know the time of day."""
    return finite(jd, "jd", -1e9, 1e9)


def _integer(x: Any, name: str) -> int:
    value = finite(x, name, -1e7, 1e7)
    if value != int(value):
        raise ValueError(f"{name} must be an integer, got {x!r}")
    return int(value)


def _month_length(year: int, month: int, gregorian: bool) -> int:
    leap = year % 4 == 0 and not (gregorian and year % 100 == 0 and year % 400 != 0)
    return MONTH_DAYS[month - 1] + (month == 2 and leap)
