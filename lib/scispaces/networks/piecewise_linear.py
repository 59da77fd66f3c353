r"""Networks with (leaky) ReLU activations as what they are: continuous functions made of finitely many affine pieces.

On the piece k that holds x the network is D(x) = w_k . x + b_k. Both numbers follow from the activation pattern, by
matrix products and without differentiation (`pwl_piece`); along a segment the pieces and the kinks between them are
found exactly, layer by layer and without a search (`segment_pieces`). Networks are lists of (W, b) as in `mlp`, with
one output; the activation is max(z, a z), a the `negative_slope`, 0 <= a < 1.

    >>> D = [(np.array([[1.0]]), np.array([0.0])), (np.array([[2.0]]), np.array([1.0]))]  # 1 + 2 relu(x)
    >>> pieces = segment_pieces(D, [-1.0], [1.0])
    >>> pieces.t, pieces.w[:, 0], pieces.b
    (array([0. , 0.5, 1. ]), array([0., 2.]), array([1., 1.]))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, count, finite, positive
from scispaces.networks.mlp import Params, affine

__all__ = ["Pieces", "Scan", "affine_pieces", "pwl_piece", "ridge_critic", "segment_pieces", "segment_scan"]

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array]]


@dataclass(frozen=True)
class Pieces:
    """The affine pieces of a network on the segment x0 + t (x1 - x0), 0 <= t <= 1, with m kinks between m + 1 pieces.

    Fields: t (m + 2,), the ends 0 and 1 and the kinks in between; w (m + 1, d) and b (m + 1,), the pieces;
    points (m + 2, d); layer and unit (m,), the unit whose activation has the kink; normal (m, d), the unit normal of
    the boundary at the kink, that is of the level set of this unit's pre-activation.
    """

    t: Array
    w: Array
    b: Array
    points: Array
    layer: NDArray[np.int64]
    unit: NDArray[np.int64]
    normal: Array

    @property
    def values(self) -> Array:
        """D at the two ends of each piece, shape (m + 1, 2), each from the formula of that piece."""
        ends = np.stack([self.points[:-1], self.points[1:]], axis=1)
        return np.einsum("kd,ked->ke", self.w, ends) + self.b[:, None]

    @property
    def slopes(self) -> Array:
        """c = |w| on each piece, shape (m + 1,)."""
        return np.linalg.norm(self.w, axis=1)


@dataclass(frozen=True)
class Scan:
    """A function on a fine grid of a segment: t (num,), values (num,), quotients (num - 1,), the step length h."""

    t: Array
    values: Array
    quotients: Array
    h: float

    def jumps(self, slope: float = 2.0) -> Array:
        """The differences between neighbours that exceed slope * h: what a function of smaller slope cannot do."""
        steps = np.diff(self.values)
        return steps[np.abs(steps) > positive(slope, "slope") * self.h]


def pwl_piece(params: Params, x: ArrayLike, negative_slope: float = 0.0) -> tuple[Array, Array]:
    r"""The affine piece around x: (w, b) with D(y) = w . y + b for all y with the same activation pattern as x.

        w = W_L S_{L-1} W_{L-1} ... S_1 W_1,    S_l = diag(1 where the pre-activation is positive, else a)

    Arguments: params, one output; x (d,) or (N, d). Returns w (d,) and b (), or w (N, d) and b (N,). The biases enter
    b only: w depends on them through the pattern alone. On a kink the side of slope a is taken.
    Raises ValueError on shapes, more than one output, a slope outside [0, 1).
    """
    layers, _ = _critic(params, negative_slope)
    x = as_array(x, "x", ndim=(1, 2), real=True)
    w, b = affine_pieces(layers, np.atleast_2d(x), negative_slope)
    return (w[:, 0], b[:, 0]) if x.ndim == 2 else (w[0, 0], b[0, 0])


def affine_pieces(params: Params, x: ArrayLike, negative_slope: float = 0.0) -> tuple[Array, Array]:
    r"""The affine pieces of a network with n outputs around the rows of x (N, d): Jacobians (N, n, d), offsets (N, n).

    f(y) = J_i y + k_i for all y with the activation pattern of x_i. O(N sum n_l n_{l-1} d). On a kink the side of the
    negative slope is taken. Raises ValueError on shapes and on a slope outside [0, 1).
    """
    layers, a = _network(params, negative_slope)
    x = as_array(x, "x", ndim=2, real=True)
    if x.shape[1] != layers[0][0].shape[1]:
        raise ValueError(f"x must have shape (N, d), points of dimension {layers[0][0].shape[1]}, got {x.shape}")
    return _affine(layers, x, a)


def _affine(layers: Layers, x: Array, a: float) -> tuple[Array, Array]:
    """Jacobian (N, n, d) and offset (N, n) of the last of `layers` (pre-activation), by the pattern at each x."""
    h, J, k = x, np.broadcast_to(np.eye(x.shape[1]), (len(x), x.shape[1], x.shape[1])), np.zeros_like(x)
    for i, (W, b) in enumerate(layers):
        h, J, k = affine(W, b, h), W @ J, affine(W, b, k)
        if i < len(layers) - 1:
            s = np.where(h > 0, 1.0, a)
            h, J, k = s * h, s[:, :, None] * J, s * k
    return J, k


def segment_pieces(params: Params, x0: ArrayLike, x1: ArrayLike, negative_slope: float = 0.0) -> Pieces:
    r"""All pieces of the network on the segment from x0 to x1, both (d,), with the kinks between them.

    The pre-activations of a layer are affine in t between the kinks of the layers before it, so that their zeros are
    those of linear functions: no search, and no kink is missed (one that does not change the slope, because the unit
    has no effect further on, is found as well). O(m) evaluations of the network for m kinks.
    Raises ValueError as `pwl_piece`, and when the ends coincide.
    """
    layers, a = _critic(params, negative_slope)
    d = layers[0][0].shape[1]
    x0, x1 = as_array(x0, "x0", shape=(d,), real=True), as_array(x1, "x1", shape=(d,), real=True)
    if not np.any(x0 != x1):
        raise ValueError("x0 and x1 must be two different points")
    t, layer, unit = np.array([0.0, 1.0]), np.array([-1, -1]), np.array([-1, -1])
    h = np.stack([x0, x1])
    for index, (W, b) in enumerate(layers[:-1]):
        z = affine(W, b, h)
        i, j = np.nonzero(z[:-1] * z[1:] < 0)
        share = z[i, j] / (z[i, j] - z[i + 1, j])
        new = t[i] + share * (t[i + 1] - t[i])
        zs = z[i] + share[:, None] * (z[i + 1] - z[i])
        zs[np.arange(len(j)), j] = 0.0
        order = np.argsort(np.concatenate([t, new]), kind="stable")
        t = np.concatenate([t, new])[order]
        layer = np.concatenate([layer, np.full(len(j), index)])[order]
        unit = np.concatenate([unit, j])[order]
        z = np.concatenate([z, zs])[order]
        h = np.where(z > 0, z, a * z)
    points = x0 + t[:, None] * (x1 - x0)
    w, b_k = _affine(layers, (points[:-1] + points[1:]) / 2, a)
    normal = np.empty((len(t) - 2, d))
    for k in range(len(layers) - 1):
        here = np.nonzero(layer[1:-1] == k)[0]
        if len(here):
            J, _ = _affine(layers[: k + 1], points[1:-1][here], a)
            normal[here] = J[np.arange(len(here)), unit[1:-1][here]]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return Pieces(t, w[:, 0], b_k[:, 0], points, layer[1:-1], unit[1:-1], normal)


def segment_scan(f: Callable[[Array], ArrayLike], x0: ArrayLike, x1: ArrayLike, num: int = 20_001) -> Scan:
    """f on `num` equidistant points of the segment from x0 to x1, f: (num, d) -> (num,); see `Scan`.

    Difference quotients between neighbours are |f(x) - f(y)| / |x - y|: where f jumps they grow like jump / h, and
    where f is continuous they stay below the largest slope. Raises ValueError on shapes, equal ends, num < 2.
    """
    x0 = as_array(x0, "x0", ndim=1, real=True)
    x1 = as_array(x1, "x1", shape=x0.shape, real=True)
    t = np.linspace(0.0, 1.0, count(num, "num", minimum=2))
    h = float(np.linalg.norm(x1 - x0)) / (num - 1)
    if h == 0:
        raise ValueError("x0 and x1 must be two different points")
    values = as_array(f(x0 + t[:, None] * (x1 - x0)), "f(x)", shape=(num,), real=True)
    return Scan(t, values, np.abs(np.diff(values)) / h, h)


def ridge_critic(x: ArrayLike, values: ArrayLike, slope: float) -> Layers:
    r"""A ReLU network with the given values and gradient norms: D(x_i) = values_i, |grad D(x_i)| = slope.

        D(x) = phi(u . x),   phi piecewise linear with slope `slope` around each u . x_i and steep bridges in between

    Arguments: x (n,) or (n, d), distinct points; values (n,); slope > 0. The direction u is the one of 64 fixed
    directions that keeps the projections furthest apart; the flat stretches take a third of the smallest gap each.
    Returns two layers (W, b) for `mlp`. Raises ValueError: shapes, points that coincide, slope <= 0.
    Notes: the bridges are as steep as the points are close; rounding is of the order 1e-16 times that slope.
    """
    x = as_array(x, "x", ndim=(1, 2), real=True)
    x = x[:, None] if x.ndim == 1 else x
    values, slope = as_array(values, "values", shape=(len(x),), real=True), positive(slope, "slope")
    u = _separating_direction(x)
    s = x @ u
    order = np.argsort(s)
    s, v = s[order], values[order]
    r = (np.diff(s).min() if len(s) > 1 else 1.0) / 6
    if r <= 0:
        raise ValueError("x must have distinct points")
    knots = np.column_stack([s - r, s + r]).ravel()
    heights = np.column_stack([v - slope * r, v + slope * r]).ravel()
    slopes = np.concatenate([[slope], np.diff(heights) / np.diff(knots), [slope]])
    # left of the first knot: heights_0 - slope relu(t_0 - s); at each knot the slope changes by a relu
    W = np.concatenate([[-1.0], np.ones(len(knots))])[:, None] * u
    b = np.concatenate([[knots[0]], -knots])
    out = np.concatenate([[-slope, slope], np.diff(slopes)[1:]])
    out[1] += slopes[1] - slopes[0]
    return [(W, b), (out[None, :], np.array([heights[0]]))]


def _separating_direction(x: Array) -> Array:
    if x.shape[1] == 1:
        return np.ones(1)
    steps = np.arange(1, 65)[:, None] * np.sqrt(np.arange(2, 2 + x.shape[1]) + 0.5)  # a fixed, spread-out set
    u = np.cos(np.pi * steps)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    gaps = np.diff(np.sort(x @ u.T, axis=0), axis=0)
    return u[int(np.argmax(gaps.min(axis=0)))] if len(x) > 1 else u[0]


def _network(params: Params, negative_slope: float) -> tuple[Layers, float]:
    a = finite(negative_slope, "negative_slope", low=0.0)
    if a >= 1:
        raise ValueError(f"negative_slope must be in [0, 1), got {negative_slope!r}")
    if not len(params):
        raise ValueError("params must have at least one layer")
    layers: Layers = []
    for W, b in params:
        W = as_array(W, "W", ndim=2, real=True)
        b = as_array(b, "b", shape=(W.shape[0],), real=True)
        if layers and W.shape[1] != layers[-1][0].shape[0]:
            raise ValueError(f"W of shape {W.shape} does not take the output of a layer of {layers[-1][0].shape[0]}")
        layers.append((W, b))
    return layers, a


def _critic(params: Params, negative_slope: float) -> tuple[Layers, float]:
    """The same for a network that has to have one output."""
    layers, a = _network(params, negative_slope)
    if layers[-1][0].shape[0] != 1:
        raise ValueError(f"the network must have one output, got {layers[-1][0].shape[0]}")
    return layers, a
