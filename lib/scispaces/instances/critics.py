"""Random networks, laws and pairs of samples on which normalized critics are put to the test.

Samplers take a numpy generator and return a dictionary of ingredients by name; what is computed from them takes the
same names. A network is `params`, a list of (W, b), with leaky ReLU of slope `a`; a batch `x` has always 200 points of
dimension 3, so that jax compiles each function once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from scispaces._validate import as_array, check_rng, finite, positive
from scispaces.adversarial.normalization import (
    NORMALIZATIONS,
    gradient_normalize,
    jump_size,
    split_change,
)
from scispaces.backend import jax, quick_jit
from scispaces.networks.activations import leaky_relu
from scispaces.networks.mlp import Params, init_mlp, mlp
from scispaces.networks.piecewise_linear import Pieces, pwl_piece, ridge_critic, segment_pieces

__all__ = [
    "EPS",
    "affine_critics",
    "by_autodiff",
    "critic",
    "gradients_by_parameters",
    "largest_jump",
    "long_line",
    "matched_pairs",
    "measured_jumps",
    "paired_nets",
    "plateau_gaps",
    "predicted_jumps",
    "random_critic",
    "random_nets",
    "random_nets_without_biases",
    "split_gap",
    "two_laws",
    "two_masses",
]

Array = NDArray[np.float64]
Ingredients = dict[str, Any]
JUMPING = ("naive", "gn", "gran")
BATCH, KINKS, FLAT = 200, 100, 1e-6

#: The epsilon of gran and gran_simple in all of these.
EPS = 0.1


def critic(params: Params, x: Any, a: Any) -> Any:
    """The plain critic D: a network with leaky ReLU of slope a, x (..., d) -> (...)."""
    return mlp(params, x, leaky_relu(a))[..., 0]


def _made(a: Any) -> dict[str, Any]:
    def plain(params: Params, x: Any) -> Any:
        return critic(params, x, a)

    made = {kind: gradient_normalize(plain, kind, EPS) for kind in NORMALIZATIONS}
    return made | {"D": plain, "frozen": gradient_normalize(plain, "gn", stop_gradient=True)}


@quick_jit
def _by_autodiff(params: Params, x: Any, a: Any) -> dict[str, tuple[Any, Any]]:
    return {k: jax.vmap(jax.value_and_grad(f, 1), (None, 0))(params, x) for k, f in _made(a).items()}


@quick_jit
def _by_parameters(params: Params, x: Any, a: Any) -> dict[str, Params]:
    wanted = {k: f for k, f in _made(a).items() if not k.startswith("gran")}
    return {k: jax.vmap(jax.grad(f), (None, 0))(params, x) for k, f in wanted.items()}


# jax compiles a function called by position and the same one called by keyword twice, hence the two wrappers.
def by_autodiff(params: Params, x: Any, a: Any) -> dict[str, tuple[Any, Any]]:
    """Value and input gradient of D, of each kind of normalized critic, and of gn with stop_gradient ("frozen")."""
    return _by_autodiff(params, x, np.float64(a))


def gradients_by_parameters(params: Params, x: Any, a: Any) -> dict[str, Params]:
    """Gradients by the parameters, one for each point, of D, naive, inner, gn and "frozen"."""
    return _by_parameters(params, x, np.float64(a))


# ---------------------------------------------------------------------------------------------- networks and lines


def random_critic(sizes: Sequence[int], rng: np.random.Generator, bias: float = 0.5) -> Params:
    """A network of the given widths, weights N(0, 2 / n_in) and biases N(0, bias^2), as numpy arrays.

    Trained networks have biases; a fresh one (`init_mlp`) has none, and then all its kinks meet at the origin.
    """
    check_rng(rng)
    bias = finite(bias, "bias", low=0.0)
    return [(np.asarray(W), bias * rng.standard_normal(len(W))) for W, _ in init_mlp(rng, sizes)]


def random_nets(rng: np.random.Generator) -> Ingredients:
    """ReLU and leaky ReLU networks 3-16-16-1 with random biases, 200 points each where c > 0"""
    check_rng(rng)
    return _net_and_points(rng, 0.5)


def random_nets_without_biases(rng: np.random.Generator) -> Ingredients:
    """ReLU and leaky ReLU networks 3-16-16-1 without biases, 200 points each where c > 0"""
    check_rng(rng)
    return _net_and_points(rng, 0.0)


def _net_and_points(rng: np.random.Generator, bias: float) -> Ingredients:
    """A ReLU network is flat (c = 0) where all units of a layer are off: rare, and outside of what is claimed."""
    while True:
        params, a = random_critic((3, 16, 16, 1), rng, bias), rng.choice([0.0, 0.2])
        x = rng.standard_normal((2 * BATCH, 3))
        x = x[np.linalg.norm(pwl_piece(params, x, a)[0], axis=1) > FLAT]
        if len(x) >= BATCH:
            return {"params": params, "x": x[:BATCH], "a": a}


def paired_nets(rng: np.random.Generator) -> Ingredients:
    """the networks of random_nets, 8 points x and 8 points y moved from them against the gradient, near or far"""
    check_rng(rng)
    while True:
        there = random_nets(rng)
        x, a = there["x"][:8], there["a"]
        w, _ = pwl_piece(there["params"], x, a)
        y = x - 10 ** rng.uniform(-3, 1) * w / np.linalg.norm(w, axis=1, keepdims=True)
        paths = [segment_pieces(there["params"], start, end, a) for end, start in matched_pairs(x, y)]
        if min(path.slopes.min() for path in paths) > FLAT:
            return {"params": there["params"], "a": a, "x": x, "y": y}


def long_line(params: Params, x: Array, a: float) -> Pieces:
    """All pieces on a line that passes near the origin, where most kinks are."""
    return segment_pieces(params, x[1] - 10 * x[0], x[1] + 10 * x[0], a)


def _kinks(params: Params, x: Array, a: float) -> tuple[Pieces, NDArray[np.int64]]:
    """The line, and 100 (repeated) kinks between pieces that are neither flat nor shorter than 1e-4."""
    pieces = long_line(params, x, a)
    lengths = np.diff(pieces.t) * np.linalg.norm(pieces.points[-1] - pieces.points[0])
    good = (pieces.slopes > FLAT) & (lengths > 1e-4)
    kinks = np.nonzero(good[1:] & good[:-1])[0]
    return pieces, kinks[np.arange(KINKS) % len(kinks)]


def measured_jumps(params: Params, x: Array, a: float) -> list[Array]:
    """Jumps of naive, gn and gran at kinks of the line: autodiff on both sides, 1e-9 of a step away."""
    pieces, k = _kinks(params, x, a)
    points, h = pieces.points[k + 1], 1e-9 * x[0]
    found = by_autodiff(params, np.concatenate([points - h, points + h]), a)
    return [np.abs(np.subtract(*np.split(np.asarray(found[kind][0]), 2))) for kind in JUMPING]


def predicted_jumps(params: Params, x: Array, a: float, kinds: tuple[str, ...] = JUMPING) -> list[Array]:
    """The same jumps by `jump_size`, from the value of D and the two slopes."""
    pieces, k = _kinks(params, x, a)
    there = pieces.values[k, 1], pieces.slopes[k], pieces.slopes[k + 1]
    return [jump_size(*there, kind, EPS) for kind in kinds]


def largest_jump(params: Params, x: Array, a: float) -> tuple[Array, float]:
    """Where gn jumps most among these kinks, and how far."""
    pieces, k = _kinks(params, x, a)
    jumps = predicted_jumps(params, x, a, ("gn",))[0]
    return pieces.points[k[np.argmax(jumps)] + 1], float(jumps.max())


# ------------------------------------------------------------------------------------------------------------- gaps


def matched_pairs(x: ArrayLike, y: ArrayLike) -> list[tuple[Array, Array]]:
    """The pairs (x_i, y_s(i)) of an optimal transport between two samples of the same size, (N, d) each."""
    x = as_array(x, "x", ndim=2, real=True)
    y = as_array(y, "y", shape=x.shape, real=True)
    rows, columns = linear_sum_assignment(cdist(x, y))
    return list(zip(x[rows], y[columns], strict=True))


def split_gap(
    params: Params, a: float, x: ArrayLike, y: ArrayLike, kinds: tuple[str, ...] = JUMPING, eps: float = EPS
) -> Array:
    """The gap E_x f - E_y f of each kind as (slopes, cliffs), shape (len(kinds), 2), along an optimal transport.

    The slopes are at most W_1 of the two samples, because each pair contributes at most its distance.
    """
    paths = [segment_pieces(params, start, end, a) for end, start in matched_pairs(x, y)]
    return np.array([np.mean([split_change(path, kind, eps) for path in paths], axis=0) for kind in kinds])


def affine_critics(rng: np.random.Generator) -> Ingredients:
    """affine critics in the plane, three normalizations, two laws on 4 points, every other pair a shift along w"""
    check_rng(rng)
    w, x = 10 ** rng.uniform(-1, 1) * rng.standard_normal(2), rng.standard_normal((4, 2))
    y = rng.standard_normal((4, 2)) * 10 ** rng.uniform(-2, 0)
    if rng.random() < 0.5:  # this attains the bound for naive
        y = x - 10 ** rng.uniform(-2, 1) * w / np.linalg.norm(w)
    return {"w": w, "b": rng.standard_normal(), "x": x, "y": y, "kind": rng.choice(JUMPING)}


def two_laws(rng: np.random.Generator) -> Ingredients:
    """two laws on the same six points in the plane, at scales from 0.01 to 1, and a plateau slope"""
    check_rng(rng)
    p, q = rng.dirichlet(np.ones(6), 2)
    x = 10 ** rng.uniform(-2, 0) * rng.standard_normal((6, 2))
    return {"x": x, "p": p, "q": q, "eta": 10 ** rng.uniform(-3, 1)}


def two_masses(distance: float) -> Ingredients:
    """Two point masses of the plane at this distance, and plateaus of slope 0.1."""
    x = np.array([[0.0, 0.0], [positive(distance, "distance"), 0.0]])
    return {"x": x, "p": np.array([1.0, 0.0]), "q": np.array([0.0, 1.0]), "eta": 0.1}


@quick_jit
def _plateau_values(params: Params, x: Any) -> tuple[Any, Any]:
    made = _made(0.0)
    gn, naive = (jax.vmap(made[kind], (None, 0))(params, x) for kind in ("gn", "naive"))
    return gn, naive


def plateau_gaps(x: Array, p: Array, q: Array, eta: float) -> Array:
    """Gaps of gn and naive for a ReLU network with a plateau of slope eta and height sgn(p_i - q_i) at each x_i."""
    values = _plateau_values(ridge_critic(x, np.sign(p - q), eta), x)
    return np.array([np.asarray(v) @ (p - q) for v in values])
