r"""The Kullback-Leibler divergence of two laws; f-divergences of two densities, and how a density flows down them.

    KL(p | q) = sum_x p(x) log(p(x)/q(x)),    0 log 0 = 0,    infinite where p > 0 = q

    D_f(p | q) = int q f(r) dx,    r = p/q,    f convex, f(1) = 0

    variation in q:  f(r) - r f'(r);    velocity of the Wasserstein gradient flow in q:  u = r f''(r) grad r

The convention has p above: "reverse_kl", f = -log r, is KL(q|p), and "kl", f = r log r, is KL(p|q).

Source: Csiszar 1967; Nowozin, Cseke, Tomioka 2016 (arXiv 1606.00709); Yi, Zhu, Liu 2023 (arXiv 2302.01075).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr

from scispaces._validate import as_array, must_broadcast, one_of_names, positive, positive_int, same_shape

__all__ = [
    "GENERATORS",
    "Generator",
    "divergence_grid",
    "divergence_velocity",
    "js_divergence",
    "kl_divergence",
    "kl_knn",
]

Array = NDArray[np.float64]


class Generator(NamedTuple):
    """f, f' and r f''(r) of a ratio r > 0."""

    f: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    push: Callable[[Array], Array]


def _js(r: Array) -> Array:
    return r * np.log(r) - (r + 1) * np.log((r + 1) / 2)


GENERATORS: dict[str, Generator] = {
    "reverse_kl": Generator(lambda r: -np.log(r), lambda r: -1 / r, lambda r: 1 / r),
    "kl": Generator(lambda r: r * np.log(r), lambda r: np.log(r) + 1, lambda r: 0 * r + 1),
    "chi2": Generator(lambda r: (r - 1) ** 2, lambda r: 2 * (r - 1), lambda r: 2 * r),
    "neyman": Generator(lambda r: (1 - r) ** 2 / r, lambda r: 1 - 1 / r**2, lambda r: 2 / r**2),
    "hellinger": Generator(lambda r: (np.sqrt(r) - 1) ** 2, lambda r: 1 - r**-0.5, lambda r: 0.5 * r**-0.5),
    "jensen_shannon": Generator(_js, lambda r: np.log(2 * r / (r + 1)), lambda r: 1 / (1 + r)),
}


def _ratio(p: ArrayLike, q: ArrayLike) -> tuple[Array, Array]:
    p, q = as_array(p, "p", ndim=1, real=True), as_array(q, "q", ndim=1, real=True)
    same_shape(p, q, "p and q")
    if p.min() <= 0 or q.min() <= 0:
        raise ValueError(f"p and q must be > 0, got minima {p.min():g} and {q.min():g}")
    with np.errstate(over="ignore"):
        return as_array(p / q, "p/q"), q


def divergence_grid(kind: str, p: ArrayLike, q: ArrayLike, dx: float) -> float:
    """D_f(p|q) = sum q f(p/q) dx for cell values p, q (N,) > 0 and a name of `GENERATORS`.

    Raises ValueError on an unknown name, bad shapes, values <= 0 and a ratio beyond the floats.

    >>> divergence_grid("chi2", [0.5, 0.5], [0.5, 0.5], 1.0)
    0.0
    """
    kind = one_of_names(kind, "kind", tuple(GENERATORS))
    r, q = _ratio(p, q)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        return float(np.sum(q * GENERATORS[kind].f(r)) * positive(dx, "dx"))


def divergence_velocity(kind: str, p: ArrayLike, q: ArrayLike, dx: float) -> Array:
    """The particle velocity u = r f''(r) r' at the N - 1 inner walls of the grid, as -(f - r f')' by differences.

    Arguments and errors as `divergence_grid`.
    """
    kind = one_of_names(kind, "kind", tuple(GENERATORS))
    r, _ = _ratio(p, q)
    f, slope, _ = GENERATORS[kind]
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        return -np.diff(f(r) - r * slope(r)) / positive(dx, "dx")


def kl_knn(x: ArrayLike, y: ArrayLike, k: int = 5) -> float:
    """KL(P|Q) from samples x (n, d) of P and y (m, d) of Q, by distances to the k-th nearest neighbours.

    (d/n) sum_i log(nu_i / rho_i) + log(m / (n - 1)), rho_i from x_i to its k-th neighbour among the other x, nu_i to
    its k-th among y. Consistent, but badly biased where P is wider than Q. Raises ValueError unless 1 <= k < n, k <= m,
    and on repeated points. Source: Wang, Kulkarni, Verdu 2009 (IEEE Trans. Inf. Theory 55).
    """
    from scipy.spatial import cKDTree

    x, y = as_array(x, "x", ndim=2, real=True), as_array(y, "y", ndim=2, real=True)
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"x and y must have the same dimension, got {x.shape[1]} and {y.shape[1]}")
    n, m = len(x), len(y)
    if n < 2:
        raise ValueError("x must have at least 2 points")
    k = positive_int(k, "k", maximum=min(n - 1, m))
    rho = cKDTree(x).query(x, [k + 1])[0][:, 0]
    nu = cKDTree(y).query(x, [k])[0][:, 0]
    if rho.min() <= 0 or nu.min() <= 0 or not np.all(np.isfinite(rho + nu)):
        raise ValueError("x and y must have distinct points at finite distances")
    return float(x.shape[1] * np.mean(np.log(nu) - np.log(rho)) + np.log(m / (n - 1)))


def kl_divergence(p: ArrayLike, q: ArrayLike, axis: int = -1) -> Array:
    """KL(p|q) of laws along `axis`, the other axes broadcast; infinite where p > 0 = q. Peer: scipy.stats.entropy.

    Raises ValueError: negative entries, sums that differ from 1 by more than 1e-8, no entries along `axis`.

    >>> float(kl_divergence([1, 0], [0.5, 0.5])) == np.log(2)
    True
    """
    laws = []
    for law, name in ((p, "p"), (q, "q")):
        law = as_array(law, name, real=True)
        if not -law.ndim <= axis < law.ndim:
            raise ValueError(f"{name} must have axis {axis}, got shape {law.shape}")
        if law.min() < 0 or np.abs(law.sum(axis=axis) - 1).max() > 1e-8:
            raise ValueError(f"{name} must be a law: entries >= 0 that sum to 1 along axis {axis}")
        laws.append(law)
    must_broadcast(p=laws[0], q=laws[1])
    return np.asarray(rel_entr(*laws).sum(axis=axis))


def js_divergence(p: ArrayLike, q: ArrayLike, axis: int = -1) -> Array:
    """JSD(p, q) = KL(p|m)/2 + KL(q|m)/2 with m = (p + q)/2, in [0, log 2]. Peer: scipy's jensenshannon, squared.

    Laws along `axis`, the other axes broadcast; raises ValueError as `kl_divergence`.

    >>> float(js_divergence([1, 0], [0, 1])) == np.log(2)
    True
    """
    p, q = as_array(p, "p", real=True), as_array(q, "q", real=True)
    must_broadcast(p=p, q=q)
    middle = p / 2 + q / 2
    return (kl_divergence(p, middle, axis) + kl_divergence(q, middle, axis)) / 2
