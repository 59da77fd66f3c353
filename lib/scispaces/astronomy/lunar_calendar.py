"""The Dragon Boat festival (端午): the fifth day of the lunar month that contains the June solstice, Beijing time.

A Chinese lunar month begins on the civil day, UT + 8 h, on which the Moon is new; the month that contains the June
solstice is the fifth. New moons and solstices come from one of two independent ephemerides: PyEphem, or ERFA with the
apparent longitudes of Sun (`epv00`) and Moon (`moon98`) in the ecliptic of date.

Source: H. Aslaksen, "The mathematics of the Chinese calendar" (2010); J. Meeus, *Astronomical Algorithms* (1998).
"""

from __future__ import annotations

from math import floor

import ephem
import erfa
import numpy as np
from scipy.optimize import brentq

from scispaces._validate import finite, one_of_names, positive_int
from scispaces.astronomy.calendar import calendar_to_jd

__all__ = ["dragon_boat_day", "june_solstice", "new_moon_before"]

DUBLIN = 2415020.0
DELTA_T = 69.0 / 86400  # TDB - UT in 2009-2030 to a few seconds
BEIJING = 8.0 / 24


def june_solstice(year: int, peer: str = "ephem") -> float:
    """The Julian day (UT) when the Sun's apparent longitude is 90 degrees. Years 1950..2050."""
    y = positive_int(year, "year", minimum=1950, maximum=2050)
    if one_of_names(peer, "peer", ("ephem", "erfa")) == "ephem":
        return float(ephem.next_summer_solstice(f"{y}/6/1")) + DUBLIN
    start = calendar_to_jd(y, 6, 21.5)
    return start + brentq(lambda d: _turn(_sun_longitude(start, d) - np.pi / 2), -3, 3, xtol=1e-7)


def new_moon_before(jd: float, peer: str = "ephem") -> float:
    """The Julian day (UT) of the last new moon at or before `jd` (UT), 1900..2099."""
    jd = finite(jd, "jd", 2415020.5, 2488069.5)
    if one_of_names(peer, "peer", ("ephem", "erfa")) == "ephem":
        return float(ephem.previous_new_moon(ephem.Date(jd - DUBLIN))) + DUBLIN

    def elongation(d: float) -> float:
        return _turn(_moon_longitude(jd, d) - _sun_longitude(jd, d))

    since = (elongation(0.0) % (2 * np.pi)) / (2 * np.pi) * 29.53
    moment = jd - since + brentq(lambda d: elongation(d - since), -2, 2, xtol=1e-7)
    return moment if moment <= jd else new_moon_before(jd - 3, "erfa")


def dragon_boat_day(year: int, peer: str = "ephem", zone: float = BEIJING, whole_days: bool = True) -> float:
    """The Julian day (at 0h) of the festival in a Gregorian year, 1950..2050.

    The month counts from the civil day of a new moon, and it contains the solstice if that falls on the same civil day,
    even an hour before the new moon (as in 2020). `zone` (days) and `whole_days=False` (moments compared instead of
    civil days) are there to show what goes wrong without either.
    """
    zone = finite(zone, "zone", -1.0, 1.0)
    solstice = june_solstice(year, peer)
    if not whole_days:
        return _civil(new_moon_before(solstice, peer), zone) + 4
    end_of_day = _civil(solstice, zone) + 1 - zone
    return _civil(new_moon_before(end_of_day - 1e-6, peer), zone) + 4


def _civil(jd: float, zone: float) -> float:
    """The Julian day at 0h of the civil day, in a zone `zone` days east of Greenwich, that contains the moment."""
    return floor(jd + zone + 0.5) - 0.5


def _turn(angle: float) -> float:
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _of_date(vector: np.ndarray, jd: float, d: float) -> float:
    """Longitude in the ecliptic and true equinox of date of a vector in the celestial reference frame."""
    place = erfa.ecm06(jd, d + DELTA_T) @ vector
    return float(np.arctan2(place[1], place[0]) + erfa.nut06a(jd, d + DELTA_T)[0])


def _sun_longitude(jd: float, d: float) -> float:
    t = d + DELTA_T
    return _of_date(-erfa.epv00(jd, t - 499.0 / 86400)[0]["p"], jd, d)  # light time and aberration together


def _moon_longitude(jd: float, d: float) -> float:
    return _of_date(erfa.moon98(jd, d + DELTA_T - 1.28 / 86400)["p"], jd, d)
