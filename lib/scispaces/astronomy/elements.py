"""Heliocentric positions of Venus and the Earth from slowly changing Kepler elements.

The six elements of an orbit are straight lines in time, q(T) = q0 + q' T with T = (JD - 2451545)/36525 centuries (TDB),
relative to the ecliptic and equinox of J2000: axis a (au), eccentricity e, inclination i, mean longitude L, longitude
of perihelion varpi, longitude of the ascending node Omega (degrees). "Earth" is the Earth-Moon barycentre.

Accuracy as published: 20" (Table 1, 1800-2050) and 40" (Table 2, 3000 BC - 3000 AD) in the longitude of Venus.

Source: E. M. Standish, J. G. Williams, "Approximate positions of the planets", JPL Solar System Dynamics; also
Explanatory Supplement to the Astronomical Almanac (3rd ed. 2013), table 8.10.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, finite, one_of_names
from scispaces.astronomy.calendar import calendar_to_jd
from scispaces.astronomy.kepler import perifocal

__all__ = [
    "TABLE_1",
    "TABLE_2",
    "Elements",
    "Planets",
    "centuries",
    "exact_rate",
    "heliocentric",
    "mutual_node",
    "node_rate",
    "planes_coincide",
    "relative_motion",
    "within_years",
]

Array = NDArray[np.float64]
J2000, CENTURY = 2451545.0, 36525.0
PLANES_COINCIDE = 1e-12  # sine of the angle below which two planes have no line of nodes

# a, e, i, L, varpi, Omega: the value at J2000 and its change in a century, in the digits of the publication
_PUBLISHED = {
    1: {
        "venus": "0.72333566 0.00000390 0.00677672 -0.00004107 3.39467605 -0.00078890 "
        "181.97909950 58517.81538729 131.60246718 0.00268329 76.67984255 -0.27769418",
        "earth": "1.00000261 0.00000562 0.01671123 -0.00004392 -0.00001531 -0.01294668 "
        "100.46457166 35999.37244981 102.93768193 0.32327364 0.0 0.0",
    },
    2: {
        "venus": "0.72332102 -0.00000026 0.00676399 -0.00005107 3.39777545 0.00043494 "
        "181.97970850 58517.81560260 131.76755713 0.05679648 76.67261496 -0.27274174",
        "earth": "1.00000018 -0.00000003 0.01673163 -0.00003661 -0.00054346 -0.01337178 "
        "100.46691572 35999.37306329 102.93005885 0.31795260 -5.11260389 -0.24123856",
    },
}


@dataclass(frozen=True)
class Elements:
    """An orbit: each element as (value at J2000, change in a Julian century). au and degrees."""

    a: tuple[float, float]
    e: tuple[float, float]
    i: tuple[float, float]
    L: tuple[float, float]
    varpi: tuple[float, float]
    Omega: tuple[float, float]

    def at(self, T: Array) -> dict[str, Array]:
        """The six elements at T centuries from J2000, each of the shape of T."""
        return {f.name: getattr(self, f.name)[0] + getattr(self, f.name)[1] * T for f in fields(self)}

    def scaled(self, name: str, factor: float) -> Elements:
        """The same orbit with one element, value and rate, multiplied by `factor`."""
        one_of_names(name, "name", tuple(f.name for f in fields(self)))
        value, rate = getattr(self, name)
        return replace(self, **{name: (value * finite(factor, "factor"), rate * factor)})

    def frozen(self, *names: str) -> Elements:
        """The same orbit with the named elements kept at their value of J2000."""
        for name in names:
            one_of_names(name, "name", tuple(f.name for f in fields(self)))
        return replace(self, **{name: (getattr(self, name)[0], 0.0) for name in names})


@dataclass(frozen=True)
class Planets:
    """Venus and the Earth, and the years (first, last) for which their elements are meant."""

    venus: Elements
    earth: Elements
    years: tuple[int, int]

    def with_eccentricity(self, factor: float) -> Planets:
        """Both eccentricities multiplied by `factor` (0: circles)."""
        return replace(self, venus=self.venus.scaled("e", factor), earth=self.earth.scaled("e", factor))

    def with_inclination(self, factor: float) -> Planets:
        """The inclination of Venus multiplied by `factor`; the slow turning of the Earth's plane is kept."""
        return replace(self, venus=self.venus.scaled("i", factor))

    def with_node_shift(self, degrees: float) -> Planets:
        """The node of Venus moved by `degrees` along the ecliptic of J2000, its motion along the orbit unchanged."""
        value, rate = self.venus.Omega
        return replace(self, venus=replace(self.venus, Omega=(value + finite(degrees, "degrees"), rate)))

    def with_planes_at_rest(self) -> Planets:
        """Both orbital planes kept where they are at J2000: the node does not move."""
        return replace(self, venus=self.venus.frozen("i", "Omega"), earth=self.earth.frozen("i", "Omega"))


def _planets(table: int, years: tuple[int, int]) -> Planets:
    def elements(text: str) -> Elements:
        numbers = [float(word) for word in text.split()]
        return Elements(*zip(numbers[::2], numbers[1::2], strict=True))

    bodies = _PUBLISHED[table]
    return Planets(elements(bodies["venus"]), elements(bodies["earth"]), years)


TABLE_1 = _planets(1, (1800, 2050))
TABLE_2 = _planets(2, (-3000, 3000))


def exact_rate(body: str, table: int = 1) -> Fraction:
    """The mean motion n of a planet in degrees a century, exactly as published. body: "venus" or "earth".

    >>> float(36525 * 360 / exact_rate("venus"))  # the sidereal period in days
    224.7008011658608
    """
    if isinstance(table, bool) or not isinstance(table, int) or table not in _PUBLISHED:
        raise ValueError(f"table must be 1 or 2, got {table!r}")
    return Fraction(_PUBLISHED[table][one_of_names(body, "body", ("venus", "earth"))].split()[7])


def centuries(jd: ArrayLike) -> Array:
    """T = (JD - 2451545)/36525."""
    return (as_array(jd, "jd", real=True) - J2000) / CENTURY


def heliocentric(orbit: Elements, jd: ArrayLike) -> Array:
    """The position at the Julian days `jd` (TDB) in au, shape (..., 3): x to the equinox, z to the ecliptic's pole.

    The ellipse in its plane is turned by the argument of perihelion varpi - Omega, the inclination, and the node.
    Raises ValueError for NaN or empty input, and where the eccentricity has left [0, 1). No bounds on the years: see
    `scispaces.astronomy.transits`, which refuses dates outside those of the table unless told to extrapolate.
    """
    q = orbit.at(centuries(jd))
    i, node, perihelion = (np.radians(q[name]) for name in ("i", "Omega", "varpi"))
    flat = perifocal(q["a"], q["e"], np.radians(q["L"] - q["varpi"]))
    sin_w, cos_w = np.sin(perihelion - node), np.cos(perihelion - node)
    along = flat[..., 0] * cos_w - flat[..., 1] * sin_w  # towards the node
    across = flat[..., 0] * sin_w + flat[..., 1] * cos_w
    level, height = across * np.cos(i), across * np.sin(i)
    return np.stack(
        [along * np.cos(node) - level * np.sin(node), along * np.sin(node) + level * np.cos(node), height], axis=-1
    )


def relative_motion(planets: Planets = TABLE_1) -> float:
    """n_V - n_E in degrees a century. Raises ValueError where the mean motions are equal: nothing ever overtakes."""
    motion = planets.venus.L[1] - planets.earth.L[1]
    if not motion or not np.isfinite(motion):
        raise ValueError(f"the mean motions must differ, got n_V = {planets.venus.L[1]} and n_E = {planets.earth.L[1]}")
    return motion


def mutual_node(T: ArrayLike, planets: Planets = TABLE_1) -> tuple[Array, Array]:
    """(N, I): where the orbit of Venus rises through the plane of the Earth's, and the angle between the planes.

    N is the longitude of the direction n_E x n_V with the normals n = (sin i sin Omega, -sin i cos Omega, cos i), in
    degrees in [0, 360); I in degrees. T: centuries from J2000, any shape. Raises ValueError where the planes coincide.
    """
    time = as_array(T, "T", real=True)
    earth, venus = _normal(planets.earth, time), _normal(planets.venus, time)
    line = np.cross(earth, venus)
    sine = np.linalg.norm(line, axis=-1)
    if (sine < PLANES_COINCIDE).any():
        raise ValueError("the two orbital planes coincide: there is no node")
    angle = np.degrees(np.arctan2(sine, np.sum(earth * venus, axis=-1)))
    return np.degrees(np.arctan2(line[..., 1], line[..., 0])) % 360, angle


def planes_coincide(T: ArrayLike, planets: Planets = TABLE_1) -> NDArray[np.bool_]:
    """Whether the two orbital planes are one at T centuries from J2000 (then `mutual_node` does not exist)."""
    time = as_array(T, "T", real=True)
    line = np.cross(_normal(planets.earth, time), _normal(planets.venus, time))
    return np.asarray(np.linalg.norm(line, axis=-1) < PLANES_COINCIDE)


def node_rate(planets: Planets = TABLE_1, T: float = 0.0, h: float = 1e-3) -> float:
    """dN/dT in degrees a century, by the central difference of step `h` centuries."""
    step = finite(h, "h", low=1e-9)
    after, before = (float(mutual_node(finite(T, "T") + s, planets)[0]) for s in (step, -step))
    return ((after - before + 180) % 360 - 180) / (2 * step)


def within_years(jd0: float, jd1: float, planets: Planets, extrapolate: bool) -> None:
    """Raise ValueError if a date lies outside the years of the elements and `extrapolate` is not set."""
    first, last = planets.years
    if not extrapolate and (jd0 < calendar_to_jd(first, 1, 1) or jd1 >= calendar_to_jd(last + 1, 1, 1)):
        raise ValueError(
            f"the elements are meant for {first}..{last}; pass extrapolate=True to use them outside, at your own risk"
        )


def _normal(orbit: Elements, T: Array) -> Array:
    q = orbit.at(T)
    i, node = np.radians(q["i"]), np.radians(q["Omega"])
    return np.stack([np.sin(i) * np.sin(node), -np.sin(i) * np.cos(node), np.cos(i)], axis=-1)
