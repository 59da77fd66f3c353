r"""Functions to descend, for checks: sums of cosines with a known Lipschitz constant of the gradient, convex functions.

cosine_sum:   f(x) = sum_i a_i cos(<w_i, x> + b_i),        |Hess f| <= sum_i |a_i| |w_i|^2
soft_hinges:  f(x) = sum_i a_i log(1 + e^{<w_i, x> + b_i}) + (mu/2) |x|^2,    convex for a_i >= 0
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from scispaces._validate import as_array, check_rng, finite
from scispaces.optimizers.gradient_flow import gradient_flow

__all__ = [
    "bent_flows",
    "convex_flows",
    "cosine_sum",
    "cosine_sum_gradient",
    "cosine_sums",
    "crossing_displacements",
    "double_well",
    "monotone_displacements",
    "not_minimised",
    "proximal_pairs",
    "soft_hinges",
    "understated_cosine_sums",
]

Array = NDArray[np.float64]


def _phase(x: ArrayLike, a: ArrayLike, W: ArrayLike, b: ArrayLike) -> tuple[Array, Array, Array]:
    W, a = as_array(W, "W", ndim=2, real=True), as_array(a, "a", ndim=1, real=True)
    x = as_array(np.ravel(x), "x", shape=(W.shape[1],), real=True)
    b = as_array(b, "b", shape=(len(W),), real=True)
    if len(a) != len(W):
        raise ValueError(f"a must have {len(W)} entries, got {len(a)}")
    return W @ x + b, W, a


def cosine_sum(x: ArrayLike, *, a: ArrayLike, W: ArrayLike, b: ArrayLike) -> float:
    """f(x) = sum_i a_i cos(<w_i, x> + b_i) for x (d,), a and b (k,), W (k, d) with the rows w_i."""
    phase, _, a = _phase(x, a, W, b)
    return float(a @ np.cos(phase))


def cosine_sum_gradient(x: ArrayLike, *, a: ArrayLike, W: ArrayLike, b: ArrayLike) -> Array:
    """The gradient of `cosine_sum`, (d,)."""
    phase, W, a = _phase(x, a, W, b)
    return -(a * np.sin(phase)) @ W


def cosine_sums(rng: np.random.Generator) -> dict[str, Any]:
    """sums of 1 to 6 cosines in 1 to 4 variables, Lambda = sum |a| |w|^2, steps up to 4/Lambda"""
    k, d = check_rng(rng).integers(1, 7), rng.integers(1, 5)
    a, W, b = rng.standard_normal(k), rng.standard_normal((k, d)), rng.uniform(0, 2 * np.pi, k)
    x = rng.standard_normal(d)
    if rng.random() < 0.5:  # near a minimum of one cosine, where the bound is sharp
        a, W, x = -np.abs(a[:1]), W[:1], 0.02 * x
        b = -0.0 * b[:1]
    Lambda = float(np.abs(a) @ (W**2).sum(axis=1))
    return {"a": a, "W": W, "b": b, "x": x, "Lambda": Lambda, "alpha": rng.uniform(0.05, 4) / Lambda}


def understated_cosine_sums(rng: np.random.Generator) -> dict[str, Any]:
    """the same near a minimum, with a tenth of the Lipschitz constant"""
    point = cosine_sums(rng)
    a, W = -np.abs(point["a"][:1]), point["W"][:1]
    Lambda = float(np.abs(a) @ (W**2).sum(axis=1))
    return point | {
        "a": a,
        "W": W,
        "b": np.zeros(1),
        "x": 0.02 * point["x"],
        "Lambda": 0.1 * Lambda,
        "alpha": 2 / Lambda,
    }


def soft_hinges(x: ArrayLike, *, a: ArrayLike, W: ArrayLike, b: ArrayLike, mu: float = 0.0) -> float:
    """f(x) = sum_i a_i log(1 + e^{<w_i, x> + b_i}) + (mu/2) |x|^2, shapes as in `cosine_sum`."""
    phase, _, a = _phase(x, a, W, b)
    mu = finite(mu, "mu")
    return float(a @ np.logaddexp(0.0, phase) + mu / 2 * np.sum(np.square(np.ravel(x))))


def convex_flows(mu: float) -> Callable[[np.random.Generator], dict[str, Any]]:
    """A sampler: a convex sum of soft hinges, a start x0, a time t, the flow's place xt and the minimiser xs."""
    mu = finite(mu, "mu", 0.0)

    def draw(rng: np.random.Generator) -> dict[str, Any]:
        """soft hinges in 1 to 3 variables and the flow of their gradient"""
        d = int(check_rng(rng).integers(1, 4))
        W, b = rng.standard_normal((d + 2, d)), rng.standard_normal(d + 2)
        W, b = np.concatenate([W, -W]), np.concatenate([b, -b])  # so that a minimum exists
        a, t = rng.uniform(0, 1, len(W)) ** 4, float(rng.uniform(0.05, 3))
        if rng.random() < 0.3:
            a = 0.02 * a  # nearly the quadratic alone, where e^{-mu t} is sharp
        if mu == 0 and rng.random() < 0.4:  # nearly c |x| with c = x0 / (2 t): the slowest descent of all
            x0, w = rng.uniform(0.5, 4, 1), rng.uniform(20, 60)
            return _followed(x0.repeat(2) / (2 * t * w), np.array([[w], [-w]]), np.zeros(2), 0.0, x0, t)
        return _followed(a, W, b, mu, 3 * rng.standard_normal(d), t)

    return draw


def bent_flows(rng: np.random.Generator) -> dict[str, Any]:
    """a double well x^2/2 - soft hinges, started on the hill between the wells"""
    w, t = float(check_rng(rng).uniform(1.9, 2.1)), float(rng.uniform(4, 6))
    W = np.array([[w], [-w]])
    return _followed(-np.ones(2), W, np.zeros(2), 1.0, np.array([1e-6]), t, np.array([2.0]))


def _followed(
    a: Array, W: Array, b: Array, mu: float, x0: Array, t: float, guess: Array | None = None
) -> dict[str, Any]:
    def gradient(x: Array) -> Array:
        return (a * expit(W @ x + b)) @ W + mu * x

    xs = np.zeros_like(x0) if guess is None else guess
    for _ in range(60):  # Newton's method, with a little damping in flat directions
        p = expit(W @ xs + b)
        xs = xs - np.linalg.solve((W.T * (a * p * (1 - p))) @ W + (mu + 1e-12) * np.eye(len(x0)), gradient(xs))
    xt = gradient_flow(gradient, x0, [t], 1e-9)[-1]
    return {"a": a, "W": W, "b": b, "mu": mu, "x0": x0, "xt": xt, "xs": xs, "t": t}


def double_well(x: ArrayLike) -> float:
    """f(x) = sum_i (x_i^2 - 1)^2 / 4 for x (d,): minima at every corner (+-1, ..., +-1)."""
    x = as_array(np.ravel(x), "x", real=True)
    with np.errstate(over="ignore"):
        return float(np.sum((x**2 - 1) ** 2) / 4)


def proximal_pairs(rng: np.random.Generator) -> dict[str, Any]:
    """x in 1 to 3 variables, alpha in [0.01, 100], y the minimiser by the roots of a cubic in each variable"""
    x = 2 * check_rng(rng).standard_normal(int(rng.integers(1, 4)))
    alpha = float(10 ** rng.uniform(-2, 2))
    if rng.random() < 0.3:  # near the top of the hill, alpha near 1: there the step gains least for its length
        x, alpha = 1e-3 * x, float(rng.uniform(0.9, 0.97))
    y = np.empty_like(x)
    for i, v in enumerate(x):  # y^3 - y + (y - v)/alpha = 0
        roots = np.roots([1.0, 0.0, 1 / alpha - 1, -v / alpha])
        real = roots[np.abs(roots.imag) < 1e-9].real
        y[i] = real[np.argmin((real - v) ** 2 / (2 * alpha) + (real**2 - 1) ** 2 / 4)]
    return {"x": x, "y": y, "alpha": alpha}


def not_minimised(rng: np.random.Generator) -> dict[str, Any]:
    """the same, but y is a step uphill"""
    point = proximal_pairs(rng)
    x = point["x"] + 0.1
    return point | {"x": x, "y": x + 0.05 * np.sign(x**3 - x)}


def monotone_displacements(rng: np.random.Generator) -> dict[str, Any]:
    """points x of the line, a displacement v that depends on them, alpha small enough to keep their order"""
    n = int(check_rng(rng).integers(2, 12))
    x, v = 2 * rng.standard_normal(n), rng.standard_normal(n)
    order = np.argsort(x)
    falling = -np.diff(v[order]) / np.diff(x[order])
    largest = 1 / max(float(falling.max()), 0.2)
    return {"x": x, "v": v, "alpha": float(rng.uniform(0.1, 0.99)) * largest}


def crossing_displacements(rng: np.random.Generator) -> dict[str, Any]:
    """the same with an alpha that exchanges two neighbours"""
    n = int(check_rng(rng).integers(3, 12))
    x, v = 2 * rng.standard_normal(n), rng.standard_normal(n)
    order = np.argsort(x)
    v[order[0]] = v[order[1]] + 1
    return {"x": x, "v": v, "alpha": 2 * float(x[order[1]] - x[order[0]]) + 0.1}
