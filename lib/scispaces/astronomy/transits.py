"""Transits of Venus: conjunctions with the Sun, how closely Venus passes its centre, and which of them cross the disk.

Every 584 days Venus overtakes the Earth (inferior conjunction). Seen from the Earth's centre it then passes the centre
of the Sun at a smallest angle sigma; if that is less than the two angular radii together, there is a transit.

    sun = -E(t),   venus = V(t - tau) - E(t),   tau = |V - E| * 499.004784 s/au (light time)
    limit = arcsin(695700 km / R) + arcsin(6051.8 km / Delta)

Times are Julian days TDB, angles of separation arcseconds, longitudes degrees in the ecliptic of J2000. All functions
are vectorised over conjunctions; a scan of 6000 years takes about 0.1 s.

Source: the geometry is elementary; J. Meeus, *Transits* (1989); F. Espenak, six millennium catalog of Venus transits
(NASA GSFC) for the dates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from scispaces._validate import MOST, as_array, finite, must_broadcast
from scispaces.astronomy.elements import (
    CENTURY,
    J2000,
    TABLE_1,
    Planets,
    centuries,
    heliocentric,
    mutual_node,
    planes_coincide,
    relative_motion,
    within_years,
)

__all__ = [
    "closest_approaches",
    "contact_times",
    "disk_limit",
    "disk_position",
    "mean_conjunctions",
    "node_offset",
    "parallax",
    "refine_minimum",
    "separation",
    "synodic_period",
    "transits",
    "true_conjunctions",
]

Array = NDArray[np.float64]
AU_KM, SUN_KM, VENUS_KM, EARTH_KM = 149597870.7, 695700.0, 6051.8, 6378.137
LIGHT_DAYS = 499.004784 / 86400  # for one au
ARCSEC = 180 * 3600 / np.pi
RECORD = np.dtype(
    [("k", int), ("jd", float), ("separation", float), ("limit", float), ("R", float), ("Delta", float), ("node", int)]
)


def synodic_period(planets: Planets = TABLE_1) -> float:
    """Days between mean inferior conjunctions, 36525 * 360 / (n_V - n_E)."""
    return CENTURY * 360 / relative_motion(planets)


def mean_conjunctions(jd0: float, jd1: float, planets: Planets = TABLE_1) -> tuple[NDArray[Any], Array]:
    """The k-th mean inferior conjunctions, L_V - L_E = 360 k, with jd0 <= jd < jd1: (k, jd).

    Raises ValueError for NaN, jd1 < jd0, or planets that do not overtake (n_V <= n_E).
    """
    start, end = finite(jd0, "jd0"), finite(jd1, "jd1")
    (l_v, n_v), (l_e, n_e) = planets.venus.L, planets.earth.L
    if end < start:
        raise ValueError(f"jd1 must not be before jd0, got {start} .. {end}")
    if n_v <= n_e:
        raise ValueError(f"Venus must be the faster planet, got n_V = {n_v}, n_E = {n_e}")
    if (end - start) / synodic_period(planets) > MOST:
        raise ValueError(f"jd0 and jd1 must lie at most {MOST} synodic periods apart, got {start:g} .. {end:g}")
    angles = [(l_v - l_e + (n_v - n_e) * (t - J2000) / CENTURY) / 360 for t in (start, end)]
    k = np.arange(int(np.ceil(angles[0])), int(np.ceil(angles[1])))
    jd = J2000 + CENTURY * (360 * k - (l_v - l_e)) / (n_v - n_e)
    return k, np.asarray(jd, dtype=float)


def true_conjunctions(jd_guess: ArrayLike, planets: Planets = TABLE_1) -> tuple[Array, Array]:
    """Where the heliocentric longitudes are equal, near each guess (5 days or less away): (jd, longitude in degrees).

    No light time. Newton's method with the mean relative motion as slope: each step gains a factor of about 15.
    """
    jd = as_array(jd_guess, "jd_guess", real=True).copy()
    speed = relative_motion(planets) / CENTURY
    for _ in range(9):
        venus, earth = (_longitude(heliocentric(orbit, jd)) for orbit in (planets.venus, planets.earth))
        jd -= ((venus - earth + 180) % 360 - 180) / speed
    return jd, earth


def node_offset(jd: ArrayLike, longitude: ArrayLike, planets: Planets = TABLE_1) -> tuple[Array, NDArray[np.int64]]:
    """(delta, node): longitude minus the nearest of N and N + 180, in [-90, 90); node +1 at N (ascending), -1 else."""
    N, _ = mutual_node(centuries(jd), planets)
    turn = (as_array(longitude, "longitude", real=True) - N) % 360
    return (turn + 90) % 180 - 90, np.where((turn < 90) | (turn >= 270), 1, -1)


def separation(jd: ArrayLike, planets: Planets = TABLE_1, light_time: bool = True) -> tuple[Array, Array, Array]:
    """(sigma, R, Delta): geocentric angle between Sun and Venus in arcsec, and their distances in au. Shape of `jd`.

    sigma = atan2(|a x b|, a . b), which keeps its digits near 0 where arccos loses half of them.
    """
    sun, venus = _directions(as_array(jd, "jd", real=True), planets, light_time)
    sine = np.linalg.norm(np.cross(sun, venus), axis=-1)
    sigma = np.arctan2(sine, np.sum(sun * venus, axis=-1))
    return sigma * ARCSEC, np.linalg.norm(sun, axis=-1), np.linalg.norm(venus, axis=-1)


def disk_position(jd: ArrayLike, planets: Planets = TABLE_1, light_time: bool = True) -> Array:
    """Venus relative to the Sun's centre in arcsec, shape (..., 2): east along the Earth's orbital plane, and north.

    The projection keeps the angular distance from the centre, so that the length of the result is `separation`.
    """
    time = as_array(jd, "jd", real=True)
    sun, venus = _directions(time, planets, light_time)
    q = planets.earth.at(centuries(time))
    i, node = np.radians(q["i"]), np.radians(q["Omega"])
    pole = np.stack([np.sin(i) * np.sin(node), -np.sin(i) * np.cos(node), np.cos(i)], axis=-1)
    east = np.cross(pole, sun)
    east /= np.linalg.norm(east, axis=-1, keepdims=True)
    flat = np.stack([np.sum(venus * east, axis=-1), np.sum(venus * pole, axis=-1)], axis=-1)
    sigma, _, _ = separation(time, planets, light_time)
    return flat / np.linalg.norm(flat, axis=-1, keepdims=True) * sigma[..., None]


def disk_limit(R: ArrayLike, Delta: ArrayLike) -> Array:
    """s_sun + s_Venus in arcsec for the distances R (Sun) and Delta (Venus) in au, both > 0.

    >>> round(float(disk_limit(1.0147, 0.2887)), 1)
    974.2
    """
    far, near = as_array(R, "R", real=True), as_array(Delta, "Delta", real=True)
    must_broadcast(R=far, Delta=near)
    if (far <= SUN_KM / AU_KM).any() or (near <= VENUS_KM / AU_KM).any():
        raise ValueError(f"R and Delta must be larger than the bodies, got {far.min()} and {near.min()} au")
    return (np.arcsin(SUN_KM / AU_KM / far) + np.arcsin(VENUS_KM / AU_KM / near)) * ARCSEC


def parallax(R: ArrayLike, Delta: ArrayLike) -> Array:
    """How far, in arcsec, an observer on the limb of the Earth can shift Venus against the Sun: R_E (1/Delta - 1/R)."""
    far, near = as_array(R, "R", real=True), as_array(Delta, "Delta", real=True)
    must_broadcast(R=far, Delta=near)
    if (far <= 0).any() or (near <= 0).any():
        raise ValueError("R and Delta must be > 0")
    return EARTH_KM / AU_KM * (1 / near - 1 / far) * ARCSEC


def refine_minimum(
    jd_guess: ArrayLike, planets: Planets = TABLE_1, light_time: bool = True
) -> tuple[Array, Array, Array, Array]:
    """The time of smallest separation near each guess (5 days or less away): (jd, sigma, R, Delta).

    First to equal longitudes, then by parabolas through sigma^2 at three times, the spacing reduced from 12 hours to 15
    minutes. Only offsets from the guess are compared, never absolute Julian days: a minimiser that works on numbers of
    size 2.4e6 stops an hour early. The time is good to about a second where sigma < 1 degree.
    """
    jd, _ = true_conjunctions(jd_guess, planets)
    for h in (0.5, 0.5, 0.25, 0.05, 0.01):
        before, here, after = (separation(jd + s, planets, light_time)[0] ** 2 for s in (-h, 0.0, h))
        bend = before - 2 * here + after
        step = np.where(bend > 0, 0.5 * h * (before - after) / np.where(bend > 0, bend, 1), 0.0)
        jd = jd + np.clip(step, -2, 2)
    return jd, *separation(jd, planets, light_time)


def closest_approaches(
    jd0: float, jd1: float, planets: Planets = TABLE_1, light_time: bool = True, extrapolate: bool = False
) -> np.ndarray:
    """All inferior conjunctions with jd0 <= time of smallest separation < jd1, one record each, in order.

    Fields: k (number of the mean conjunction), jd, separation and limit (arcsec), R and Delta (au), node (+1: near the
    ascending, December; -1: descending, June; 0: the planes coincide, there is none). Raises ValueError outside the
    years of the elements unless `extrapolate`.
    """
    within_years(finite(jd0, "jd0"), finite(jd1, "jd1"), planets, extrapolate)
    k, guess = mean_conjunctions(jd0 - 10, jd1 + 10, planets)
    out = np.zeros(len(k), RECORD)
    if len(k):
        jd, sigma, R, Delta = refine_minimum(guess, planets, light_time)
        node = np.zeros(len(jd), dtype=np.int64)
        if len(inclined := np.flatnonzero(~planes_coincide(centuries(jd), planets))):
            when = jd[inclined]
            node[inclined] = node_offset(when, _longitude(heliocentric(planets.earth, when)), planets)[1]
        columns = (k, jd, sigma, disk_limit(R, Delta), R, Delta, node)
        for name, column in zip(RECORD.names or (), columns, strict=True):
            out[name] = column
    return out[(out["jd"] >= jd0) & (out["jd"] < jd1)]


def transits(
    jd0: float,
    jd1: float,
    planets: Planets = TABLE_1,
    light_time: bool = True,
    with_parallax: bool = False,
    extrapolate: bool = False,
) -> np.ndarray:
    """The records of `closest_approaches` whose separation is below the limit: transits seen from the Earth's centre.

    with_parallax: also those that only an observer on the limb of the Earth sees.

    >>> from scispaces.astronomy.calendar import day_of, format_jd
    >>> [format_jd(t) for t in transits(day_of("1990-01-01"), day_of("2050-01-01"))["jd"]]
    ['2004-06-08', '2012-06-06']
    """
    found = closest_approaches(jd0, jd1, planets, light_time, extrapolate)
    extra = parallax(found["R"], found["Delta"]) if with_parallax and len(found) else 0.0
    return found[found["separation"] < found["limit"] + extra]


def contact_times(jd: float, planets: Planets = TABLE_1, light_time: bool = True) -> tuple[float, float]:
    """When the disks first and last touch from outside, for a transit with its middle at `jd`: roots of sigma = limit.

    Raises ValueError if there is no transit at `jd`. Brent's method on the offset in days, within 8 hours.
    """
    middle = finite(jd, "jd")

    def outside(offset: float) -> float:
        sigma, R, Delta = separation(middle + offset, planets, light_time)
        return float(sigma - disk_limit(R, Delta))

    if outside(0.0) >= 0 or min(outside(-1 / 3), outside(1 / 3)) <= 0:
        raise ValueError(f"jd must be near the middle of a transit, got {middle}")
    first, last = (brentq(outside, 0.0, side, xtol=1e-9) for side in (-1 / 3, 1 / 3))
    return middle + first, middle + last


def _directions(time: Array, planets: Planets, light_time: bool) -> tuple[Array, Array]:
    """Vectors from the Earth to the Sun and to Venus, in au."""
    earth, venus = heliocentric(planets.earth, time), heliocentric(planets.venus, time)
    if light_time:
        delay = np.linalg.norm(venus - earth, axis=-1) * LIGHT_DAYS
        venus = heliocentric(planets.venus, time - delay)
    return -earth, venus - earth


def _longitude(position: Array) -> Array:
    return np.degrees(np.arctan2(position[..., 1], position[..., 0])) % 360
