"""The theory of transits in small angles: where conjunctions fall, how wide the window at a node is, how long a chord.

Conjunctions advance by 360 x degrees, x = n_E/(n_V - n_E). A transit happens when a conjunction falls so near to a node
of the two orbital planes that Venus, seen from the Earth, is less than the Sun's radius above or below its centre:

    sigma_min = |delta| r sin I cos psi / (R - r),   tan psi = w_V sin I/(w_V cos I - w_E),   w = n sqrt(1-e^2) (a/r)^2

with delta the distance of the conjunction from the node, r and R the distances of Venus and the Earth from the Sun.

Source: first-order theory of two Kepler ellipses; compare J. Meeus, *Transits* (1989).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, finite, one_of_names, positive_int
from scispaces.astronomy.elements import (
    CENTURY,
    J2000,
    TABLE_1,
    Elements,
    Planets,
    exact_rate,
    mutual_node,
    node_rate,
    relative_motion,
)
from scispaces.astronomy.kepler import equation_of_center
from scispaces.astronomy.transits import disk_limit, mean_conjunctions, node_offset, true_conjunctions
from scispaces.discrete.continued_fractions import Exact, as_fraction

__all__ = [
    "NodeGeometry",
    "angular_speed",
    "count_in_window",
    "exact_return_ratio",
    "first_of_passages",
    "first_order_longitude",
    "mean_conjunction_longitude",
    "mean_step",
    "node_geometry",
    "node_return_miss",
    "orbit_radius",
    "passage_times",
    "return_miss",
    "return_ratio",
    "shift_by_eccentricity",
]

Array = NDArray[np.float64]
NODES = ("December", "June")  # ascending, descending


def return_ratio(planets: Planets = TABLE_1, node: bool = False) -> float:
    """x = n_E/(n_V - n_E), Earth revolutions per synodic period; with `node` x_N, revolutions relative to the node."""
    n_e = planets.earth.L[1]
    return (n_e - (node_rate(planets) if node else 0.0)) / relative_motion(planets)


def exact_return_ratio(table: int = 1, node_motion: Exact = 0) -> Fraction:
    """x as an exact fraction of the published rates; x_N for a motion of the node in degrees a century.

    >>> round(float(exact_return_ratio()), 6)
    1.598662
    """
    n_v, n_e = exact_rate("venus", table), exact_rate("earth", table)
    return (n_e - as_fraction(node_motion, "node_motion")) / (n_v - n_e)


def mean_step(planets: Planets = TABLE_1) -> float:
    """d_8 on circular orbits, 360 (8 - 5 x_N) degrees: how far conjunctions fall back on the node in eight years."""
    return 360 * (8 - 5 * return_ratio(planets, node=True))


def return_miss(k: int, ratio: Exact, half: bool = False) -> Fraction:
    """360 (k x - q) degrees with the nearest whole q, or with `half` the nearest half-integer q: the opposite node."""
    turns = _whole(k) * as_fraction(ratio, "ratio") - (Fraction(1, 2) if half else 0)
    return 360 * (turns - round(turns))


def node_return_miss(k: int, planets: Planets = TABLE_1, rate: float | None = None) -> float:
    """360 (k x_N - q) degrees, q the nearest whole number: how far from the node k conjunctions lead.

    rate: the motion of the node in degrees a century, by default the measured one (`node_rate`).
    """
    motion = node_rate(planets) if rate is None else finite(rate, "rate", -1e6, 1e6)
    turns = _whole(k) * (planets.earth.L[1] - motion) / relative_motion(planets)
    return 360 * (turns - round(turns))


def _whole(k: int) -> int:
    """k as an integer of any sign; 2.5, True and numbers beyond 2^53 are refused."""
    if isinstance(k, int | np.integer) and not isinstance(k, bool) and k < 0:
        return -positive_int(-k, "-k")
    return positive_int(k, "k", minimum=0)


def first_of_passages(k: ArrayLike) -> NDArray[np.int64]:
    """Of the numbers of transits in order, those that open a passage: no transit five conjunctions before.

    >>> first_of_passages([3, 8, 74, 79]).tolist()
    [3, 74]
    """
    numbers = as_array(k, "k", ndim=1, real=True)
    if (numbers != np.round(numbers)).any() or np.abs(numbers).max() > 2**53:
        raise ValueError("k must hold whole numbers")
    numbers = numbers.astype(np.int64)
    if (np.diff(numbers) <= 0).any():
        raise ValueError("k must increase")
    return numbers[np.append(True, np.diff(numbers) != 5)]


def passage_times(jd0: float, jd1: float, node: str, planets: Planets = TABLE_1) -> Array:
    """When the offset from a node goes through zero, on each of the five families of conjunctions: Julian days.

    Between two conjunctions of a family (8 years) the offset is interpolated. node: "December" or "June".
    """
    sign = 1 if one_of_names(node, "node", NODES) == "December" else -1
    jd, longitude = true_conjunctions(mean_conjunctions(jd0, jd1, planets)[1], planets)
    offset, side = node_offset(jd, longitude, planets)
    before, after = offset[:-5], offset[5:]
    crossing = (before > 0) & (after <= 0) & (before < 20) & (side[5:] == sign)
    return np.sort((jd[:-5] + (jd[5:] - jd[:-5]) * before / np.where(crossing, before - after, 1))[crossing])


def shift_by_eccentricity(longitude: ArrayLike, planets: Planets = TABLE_1, T: ArrayLike = 0.0) -> Array:
    """(1 + x) C_E - x C_V in degrees: the longitude of a conjunction minus the one it would have on circles.

    longitude: where it happens, degrees; T: when, in centuries from J2000 (the elements drift), broadcast. First order
    in the eccentricities; with the true longitude as argument the error is a quarter of that with the mean one.
    """
    x, time = return_ratio(planets), as_array(T, "T", real=True)
    venus, earth = planets.venus.at(time), planets.earth.at(time)
    C_V, C_E = (equation_of_center(longitude, q["e"], q["varpi"]) for q in (venus, earth))
    return (1 + x) * C_E - x * C_V


def mean_conjunction_longitude(k: ArrayLike, planets: Planets = TABLE_1) -> Array:
    """The longitude both planets would have at the k-th conjunction on circles: a constant plus 360 k x."""
    number = as_array(k, "k", real=True)
    (l_v, _), (l_e, n_e) = planets.venus.L, planets.earth.L
    return l_e + n_e * (360 * number - (l_v - l_e)) / relative_motion(planets)


def first_order_longitude(k: ArrayLike, planets: Planets = TABLE_1) -> Array:
    """The longitude of the k-th conjunction, degrees in [0, 360), to first order in the eccentricities.

    Solves longitude = mean + shift(longitude) by iteration; the shift changes by 0.08 of what its argument does.
    """
    mean = mean_conjunction_longitude(k, planets)
    l_v, l_e = planets.venus.L[0], planets.earth.L[0]
    T = (360 * as_array(k, "k", real=True) - (l_v - l_e)) / relative_motion(planets)
    longitude = mean
    for _ in range(12):
        longitude = mean + shift_by_eccentricity(longitude, planets, T)
    return longitude % 360


def orbit_radius(orbit: Elements, longitude: float) -> float:
    """Distance from the Sun at a longitude, a (1 - e^2)/(1 + e cos(longitude - varpi)), elements of J2000; au."""
    a, e = orbit.a[0], orbit.e[0]
    return a * (1 - e**2) / (1 + e * float(np.cos(np.radians(finite(longitude, "longitude") - orbit.varpi[0]))))


def angular_speed(orbit: Elements, longitude: float) -> float:
    """Degrees a day around the Sun at a longitude: n sqrt(1 - e^2) (a/r)^2, the law of areas."""
    a, e = orbit.a[0], orbit.e[0]
    return orbit.L[1] / CENTURY * np.sqrt(1 - e**2) * (a / orbit_radius(orbit, longitude)) ** 2


@dataclass(frozen=True)
class NodeGeometry:
    """What decides about transits at one node. Angles in degrees unless said otherwise.

    longitude: of the node. R, r: distances of the Earth and Venus there, au. psi: angle between Venus' path and the
    Earth's orbital plane on the Sun's disk. slope: smallest separation per degree of offset, arcsec. limit: sum of the
    radii, arcsec. delta_max: the largest offset with a transit. step: shift of the conjunction in five synodic periods,
    relative to the node. speed: of Venus on the disk, arcsec per hour.
    """

    longitude: float
    R: float
    r: float
    psi: float
    slope: float
    limit: float
    delta_max: float
    step: float
    speed: float

    @property
    def width(self) -> float:
        """w = 2 delta_max."""
        return 2 * self.delta_max

    @property
    def per_passage(self) -> float:
        """w / d_8, the mean number of transits each time a family of conjunctions passes the node."""
        return self.width / self.step


def node_geometry(node: str, planets: Planets = TABLE_1) -> NodeGeometry:
    """The window of the "December" (ascending) or the "June" (descending) node, at J2000.

    `step` is measured on the full ellipses, with the conjunctions that fall within 5 degrees of the node in a thousand
    years; everything else is a formula. Raises ValueError for another name, or planes that coincide.
    """
    sign = 1 if one_of_names(node, "node", NODES) == "December" else -1
    N, tilt = (float(v) for v in mutual_node(0.0, planets))
    place = (N + (0 if sign > 0 else 180)) % 360
    R, r = orbit_radius(planets.earth, place), orbit_radius(planets.venus, place)
    w_v, w_e = angular_speed(planets.venus, place), angular_speed(planets.earth, place)
    sine, forward = np.sin(np.radians(tilt)), w_v * np.cos(np.radians(tilt)) - w_e
    psi = np.arctan2(w_v * sine, forward)
    slope = float(3600 * r / (R - r) * sine * np.cos(psi))
    limit = float(disk_limit(R, R - r))
    speed = 3600 / 24 * r / (R - r) * float(np.hypot(forward, w_v * sine))
    return NodeGeometry(place, R, r, float(np.degrees(psi)), slope, limit, limit / slope, _step(sign, planets), speed)


def count_in_window(start: Fraction | int, step: Fraction | int, width: Fraction | int) -> int:
    """How many of start - j step, j any integer, lie in (-width/2, width/2], upper edge included. Exact for Fractions.

    With one edge in and one out every point of a line of adjacent windows is in exactly one of them.

    >>> count_in_window(Fraction(1, 10), 1, Fraction(3, 2)), count_in_window(1, 1, 2)
    (1, 2)
    """
    start, step, width = (_exact(v, name) for v, name in ((start, "start"), (step, "step"), (width, "width")))
    if step <= 0 or width < 0:
        raise ValueError(f"step must be > 0 and width >= 0, got {step} and {width}")
    half = Fraction(width) / 2
    below, above = (start - half) / Fraction(step), (start + half) / Fraction(step)
    return int(-((-above) // 1)) - int(-((-below) // 1))


def _exact(x: Fraction | int, name: str) -> Fraction:
    return Fraction(finite(x, name)) if isinstance(x, float | np.floating) else as_fraction(x, name)


def _step(sign: int, planets: Planets) -> float:
    """Mean decrease of the offset from the node over five conjunctions, among offsets within 5 degrees."""
    _, guess = mean_conjunctions(J2000 - 182600, J2000 + 182600, planets)
    jd, longitude = true_conjunctions(guess, planets)
    delta, node = node_offset(jd, longitude, planets)
    near = (np.abs(delta[:-5] + delta[5:]) < 5) & (node[:-5] == sign) & (node[5:] == sign) & (np.abs(delta[5:]) < 30)
    return float(np.mean(delta[:-5][near] - delta[5:][near]))
