"""Transits of Venus by two independent ephemerides, ERFA and PyEphem, searched by a minimiser of their own.

Nothing here uses the element tables or the search of `scispaces.astronomy.transits`: a comparison of the two compares
theories *and* code. ERFA: Earth by `epv00` (simplified VSOP2000), Venus by `plan94` (Simon et al. 1994), TDB.
PyEphem: VSOP87 after XEphem, universal time UT. Both need no files. Separations in arcsec, times as Julian days.

A scalar minimiser works on the offset from a guess, never on the Julian day: `minimize_scalar` stops at a relative
tolerance of 1.5e-8, which is an hour of a Julian day and nothing of an offset.

Source: documentation of pyerfa (erfa.epv00, erfa.plan94) and PyEphem; J. L. Simon et al., A&A 282 (1994) 663.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple

import ephem
import erfa
import numpy as np
from scipy.optimize import brentq, minimize_scalar

from scispaces._validate import finite, one_of_names

__all__ = ["PeerTransit", "ephem_scan", "peer_closest_approach", "peer_contacts", "peer_separation"]

DUBLIN = 2415020.0  # PyEphem counts days from 1899-12-31 12:00
AU_KM, SUN_KM, VENUS_KM, EARTH_KM = 149597870.7, 695700.0, 6051.8, 6378.137
LIGHT_DAYS = 499.004784 / 86400
ARCSEC = 180 * 3600 / np.pi


class PeerTransit(NamedTuple):
    """A closest approach: its time, and in arcsec the separation, the limit for a transit and the parallax."""

    jd: float
    separation: float
    limit: float
    parallax: float


def peer_separation(jd: float, offset: float = 0.0, peer: str = "erfa") -> tuple[float, float, float]:
    """(sigma in arcsec, R, Delta in au) at jd + offset: TDB for "erfa", UT for "ephem"."""
    one_of_names(peer, "peer", ("erfa", "ephem"))
    start, rest = _day(jd, "jd"), finite(offset, "offset", -1e5, 1e5)
    return _by_erfa(start, rest) if peer == "erfa" else _by_ephem(start, rest)


def peer_closest_approach(jd_guess: float, peer: str = "erfa", half_width: float = 1.5) -> PeerTransit:
    """The smallest separation within `half_width` days of the guess.

    Bounded Brent search in the offset, to 1e-7 days. Raises ValueError on bad input, and if the smallest value lies at
    an end of the interval (there is no closest approach inside).
    """
    guess, half = _day(jd_guess, "jd_guess"), finite(half_width, "half_width", 1e-3, 1e3)
    distance = _by_erfa if one_of_names(peer, "peer", ("erfa", "ephem")) == "erfa" else _by_ephem
    found = minimize_scalar(
        lambda offset: distance(guess, offset)[0], bounds=(-half, half), method="bounded", options={"xatol": 1e-7}
    )
    if abs(found.x) > 0.999 * half:
        raise ValueError(f"jd_guess must be within {half:g} days of a closest approach, got {guess}")
    sigma, R, Delta = distance(guess, float(found.x))
    return PeerTransit(guess + float(found.x), sigma, _limit(R, Delta), _parallax(R, Delta))


def peer_contacts(middle: float, peer: str = "erfa") -> tuple[float, float]:
    """Julian days at which the disks first and last touch, for a transit whose middle is given. ValueError if none."""
    one_of_names(peer, "peer", ("erfa", "ephem"))
    distance: Callable[[float, float], tuple[float, float, float]] = _by_erfa if peer == "erfa" else _by_ephem
    start = _day(middle, "middle")

    def outside(offset: float) -> float:
        sigma, R, Delta = distance(start, offset)
        return sigma - _limit(R, Delta)

    if outside(0.0) >= 0 or min(outside(-0.4), outside(0.4)) <= 0:
        raise ValueError(f"middle must lie within a transit, got {middle}")
    return start + brentq(outside, -0.4, 0.0), start + brentq(outside, 0.0, 0.4)


def ephem_scan(jd0: float, jd1: float, within: float = 1800.0) -> list[PeerTransit]:
    """All inferior conjunctions with jd0 <= jd < jd1 (UT) and a separation below `within` arcsec, by PyEphem alone.

    The conjunctions follow each other by about 584 days; each is found from PyEphem's heliocentric longitudes and, if
    Venus stands near the Earth's plane there, refined. About 0.4 ms a conjunction.
    """
    start, end, within = _day(jd0, "jd0"), _day(jd1, "jd1"), finite(within, "within", low=0.0)
    if end < start:
        raise ValueError(f"jd1 must not be before jd0, got {start} .. {end}")
    out: list[PeerTransit] = []
    venus, earth = ephem.Venus(), ephem.Sun()  # the Sun's "heliocentric" place is the Earth's
    jd = start - 600.0
    while True:
        for _ in range(40):
            venus.compute(jd - DUBLIN)
            earth.compute(jd - DUBLIN)
            ahead = (float(venus.hlon) - float(earth.hlon) + np.pi) % (2 * np.pi) - np.pi
            jd -= ahead / 0.01076  # radians a day
            if abs(ahead) < 1e-3:
                break
        if jd >= end + 2:
            return out
        if jd > start - 2 and abs(float(venus.hlat)) * 2.7 * ARCSEC < 2 * within:
            found = peer_closest_approach(jd, "ephem")
            if found.separation < within and start <= found.jd < end:
                out.append(found)
        jd += 583.9


def _day(jd: float, name: str) -> float:
    """A Julian day between the years -4799 and 10000, where both ephemerides answer."""
    return finite(jd, name, -31805.5, 5373484.5)


def _by_erfa(jd: float, offset: float) -> tuple[float, float, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "dubious year" outside 1900-2100: the error there is far below the tolerances
        earth = erfa.epv00(jd, offset)[0]["p"]
        delay = np.linalg.norm(erfa.plan94(jd, offset, 2)["p"] - earth) * LIGHT_DAYS
        venus = erfa.plan94(jd, offset - delay, 2)["p"] - earth
    return float(erfa.sepp(-earth, venus)) * ARCSEC, float(np.linalg.norm(earth)), float(np.linalg.norm(venus))


def _by_ephem(jd: float, offset: float) -> tuple[float, float, float]:
    venus, sun = ephem.Venus(), ephem.Sun()
    for body in (venus, sun):
        body.compute(jd - DUBLIN + offset, epoch=ephem.J2000)
    sigma = float(ephem.separation((venus.a_ra, venus.a_dec), (sun.a_ra, sun.a_dec)))
    return sigma * ARCSEC, float(sun.earth_distance), float(venus.earth_distance)


def _limit(R: float, Delta: float) -> float:
    return float(np.arcsin(SUN_KM / AU_KM / R) + np.arcsin(VENUS_KM / AU_KM / Delta)) * ARCSEC


def _parallax(R: float, Delta: float) -> float:
    return EARTH_KM / AU_KM * (1 / Delta - 1 / R) * ARCSEC
