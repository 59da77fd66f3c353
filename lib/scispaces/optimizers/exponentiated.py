r"""Exponentiated gradient updates, and step sizes that learn by them.

    exponentiated gradient:   theta_{t+1} = theta_t exp(-eta g_t)                     (entrywise, theta >= 0)
    on the simplex:           theta_{t+1} = theta_t exp(-eta g_t) / sum
    learned gain:             nu_{t+1} = nu_t exp(gamma g_{t-1} g_t),   theta_{t+1} = theta_t - eta nu_{t+1} g_t
    one scale for momentum:   s_t = s_{t-1} exp(gamma_s <h_{t-1}, g_t>),  h_t = mu h_{t-1} + eta g_t,
                              theta_{t+1} = theta_t - s_t h_t

`gain_update` and `eg_update` are pure functions of arrays, for numpy and inside of `jax.lax.scan`; the functions around
them check their input. The gain is kept as its logarithm: overflow is its normal way to fail.

Sources: Kivinen, Warmuth 1997; Amid, Anil, Fifty, Warmuth 2022 (arXiv 2202.00145); Baydin et al. 2018 (1703.04782).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import optax
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, count, finite, must_broadcast, one_of_names, positive, same_shape
from scispaces.backend import jax, jnp

__all__ = [
    "GAIN_RULES",
    "MetaRun",
    "eg_scale",
    "eg_step",
    "eg_step_simplex",
    "eg_update",
    "gain_path",
    "gain_update",
    "meta_descent",
    "noise_mean_gain",
    "reduced_limit",
    "reduced_meta_map",
]

Array = NDArray[np.float64]

#: How a gain may follow from two consecutive gradients: exponentiated, additive, by the sign alone, not at all.
GAIN_RULES = ("eg", "additive", "sign", "none")


def eg_update(theta: Any, grad: Any, lr: Any) -> Any:
    """theta exp(-lr grad), unchecked, for numpy and jax arrays; zeros stay zeros.

    The factor is applied as two square roots: it may leave the floats where the product does not.
    """
    xp = jnp if any(isinstance(a, jax.Array) for a in (theta, grad, lr)) else np
    root = xp.exp(-0.5 * lr * grad)
    return xp.where(theta == 0, theta, theta * root * root)


def eg_step(theta: ArrayLike, grad: ArrayLike, lr: float) -> Array:
    """One exponentiated gradient step theta exp(-lr grad), of any shape.

    theta >= 0 and grad of the same shape, finite; lr > 0. A coordinate at 0 stays there. The result underflows to 0
    and overflows to infinity only where its exact value does.
    Raises ValueError on a negative or infinite theta, shapes that differ, lr <= 0.
    """
    theta, grad = _nonnegative(theta), as_array(grad, "grad", real=True)
    same_shape(theta, grad, "theta and grad")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return eg_update(theta, grad, positive(lr, "lr"))


def eg_step_simplex(theta: ArrayLike, grad: ArrayLike, lr: float) -> Array:
    """theta exp(-lr grad), divided by its sum along the last axis: the exponentiated gradient step of a distribution.

    By log-sum-exp, so that gradients of any size do; zeros stay zeros. Every row of theta needs a positive entry.
    Raises ValueError as `eg_step` does, and on rows of zeros or arrays without an axis.
    """
    theta, grad, lr = _nonnegative(theta), as_array(grad, "grad", real=True), positive(lr, "lr")
    same_shape(theta, grad, "theta and grad")
    if theta.ndim < 1 or not (theta > 0).any(axis=-1).all():
        raise ValueError("theta must have a positive entry in every row, got rows of zeros or a number")
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        lowest = np.where(theta > 0, grad, np.inf).min(axis=-1, keepdims=True)
        scores = np.log(theta) - lr * np.where(theta > 0, grad - lowest, 0.0)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def _nonnegative(theta: ArrayLike) -> Array:
    theta = as_array(theta, "theta", real=True)
    if (theta < 0).any():
        raise ValueError(f"theta must be >= 0, got {theta.min():g}")
    return theta


# --------------------------------------------------------------------------------------------------------------- gains


def gain_update(state: Any, before: Any, now: Any, gamma: Any, rule: str = "eg") -> Any:
    """The next state of a gain from two consecutive gradients, unchecked: the logarithm of nu (nu itself: "additive").

    eg: log nu + gamma before now.  sign: log nu + gamma sign(before now).  additive: nu + gamma before now.
    """
    if rule == "none":
        return state
    product = before * now
    if rule == "sign":
        product = jnp.sign(product) if isinstance(product, jax.Array) else np.sign(product)
    return state + gamma * product


def gain_path(grads: ArrayLike, gamma: float, nu0: float = 1.0, log: bool = False) -> Array:
    """The gains nu_1, ..., nu_T of a stream of T gradients (T, d) or (T,): row k is nu_{k+1} = nu0 exp(gamma sum_{j<=k}
    g_{j-1} g_j), row 0 is nu0.

    `log` returns their logarithms, which stay finite where the gains overflow (to infinity) or underflow (to 0).
    Raises ValueError on an empty stream, gamma <= 0, nu0 <= 0.
    """
    grads = as_array(grads, "grads", ndim=(1, 2), real=True)
    start, gamma = np.log(positive(nu0, "nu0")), positive(gamma, "gamma")
    path = np.full_like(grads, start)
    path[1:] += gamma * np.cumsum(grads[:-1] * grads[1:], axis=0)
    if log:
        return path
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(path)


class MetaRun(NamedTuple):
    """A descent with learned gains: iterates (n + 1, d), gradients and gains (n, d); n steps were made.

    `failed` is the step whose iterate or gradient left the finite numbers, None where all steps were made. `gain[k]` is
    the gain that made the step from theta[k]; `log_gain` its logarithm (nan where an additive gain is not positive).
    """

    theta: Array
    grad: Array
    gain: Array
    log_gain: Array
    failed: int | None


def meta_descent(
    grad_fn: Callable[[Array], ArrayLike],
    theta0: ArrayLike,
    lr: float,
    gamma: float,
    steps: int,
    rule: str = "eg",
    log_nu_bounds: tuple[float, float] | None = None,
) -> MetaRun:
    """Gradient descent whose gain per coordinate is learned: theta <- theta - lr nu g, nu by one of `GAIN_RULES`.

    The first step has nu = 1; every later one first updates nu from the last two gradients, then uses it.
    `log_nu_bounds` (low, high) clips log nu, as Rprop does. A run that leaves the finite numbers ends there.
    Raises ValueError on lr <= 0, gamma <= 0, steps < 1, unknown rules, bounds that are no interval around 0.
    """
    theta, lr, gamma = as_array(theta0, "theta0", ndim=1, real=True), positive(lr, "lr"), positive(gamma, "gamma")
    additive = one_of_names(rule, "rule", GAIN_RULES) == "additive"
    low, high = log_nu_bounds if log_nu_bounds is not None else (-np.inf, np.inf)
    if not low <= 0 <= high:
        raise ValueError(f"log_nu_bounds must be an interval around 0, got {log_nu_bounds}")
    state, failed = np.zeros_like(theta) + additive, None
    thetas: list[Array] = [theta]
    grads: list[Array] = []
    states: list[Array] = []
    with np.errstate(all="ignore"):
        for k in range(count(steps, "steps")):
            g = np.asarray(grad_fn(theta), dtype=float)
            same_shape(g, theta, "the gradient and theta")
            if k:
                state = gain_update(state, grads[-1], g, gamma, rule)
                state = state if additive else np.clip(state, low, high)
            after = theta - lr * (state if additive else np.exp(state)) * g
            if not (np.isfinite(g).all() and np.isfinite(after).all()):
                failed = k
                break
            theta = after
            thetas.append(theta)
            grads.append(g)
            states.append(state)
        history = np.array(states).reshape(len(states), theta.size)
        gain, log_gain = (history, np.log(history)) if additive else (np.exp(history), history)
    return MetaRun(np.array(thetas), np.array(grads).reshape(history.shape), gain, log_gain, failed)


class ScaleState(NamedTuple):
    """What `eg_scale` remembers: log s and the running average h."""

    log_scale: Any
    average: Any


def eg_scale(momentum: float = 0.9, cosine: bool = True) -> Callable[[Any], optax.GradientTransformation]:
    """Momentum with one learned scale: a function of ``rate = {"lr": eta, "gamma": gamma_s}`` for `networks.training`.

    s_t = s_{t-1} exp(gamma_s <h_{t-1}, g_t>), s_0 = 1; with `cosine` the inner product is divided by the lengths of
    both, so that gamma_s has no unit. h_0 = 0: the first step has s_1 = 1. gamma_s = 0 is momentum with a fixed rate.
    Raises ValueError on a momentum outside of [0, 1).
    """
    mu = finite(momentum, "momentum", 0.0)
    if mu >= 1:
        raise ValueError(f"momentum must be below 1, got {momentum}")

    def inner(a: Any, b: Any) -> Any:
        return sum(jnp.vdot(x, y) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))

    def transformation(rate: Any) -> optax.GradientTransformation:
        def init(params: Any) -> ScaleState:
            return ScaleState(jnp.zeros(()), jax.tree.map(jnp.zeros_like, params))

        def update(grads: Any, state: ScaleState, params: Any = None) -> tuple[Any, ScaleState]:
            signal = inner(state.average, grads)
            if cosine:
                size = jnp.sqrt(inner(state.average, state.average) * inner(grads, grads))
                signal = jnp.where(size > 0, signal / jnp.where(size > 0, size, 1.0), 0.0)
            log_scale = state.log_scale + rate["gamma"] * signal
            average = jax.tree.map(lambda h, g: mu * h + rate["lr"] * g, state.average, grads)
            step = jax.tree.map(lambda h: -jnp.exp(log_scale) * h, average)
            return step, ScaleState(log_scale, average)

        return optax.GradientTransformation(init, update)

    return transformation


# ------------------------------------------------------------------------------- the rule on a parabola, and on noise


def reduced_meta_map(x: ArrayLike, c: ArrayLike) -> tuple[Array, Array]:
    """(x, c) -> (x exp(c (1 - x)), (1 - x)^2 c): the learned gain on h theta^2 / 2, x = eta h nu, c = gamma g^2.

    Arrays that broadcast together. Overflows to infinity; an x = 0 stays 0.
    Raises ValueError on negative entries and on shapes that do not broadcast.
    """
    x, c = as_array(x, "x", real=True), as_array(c, "c", real=True)
    must_broadcast(x=x, c=c)
    if (x < 0).any() or (c < 0).any():
        raise ValueError(f"x and c must be >= 0, got {min(x.min(), c.min()):g}")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return _reduced(x, c)


def _reduced(x: Array, c: Array) -> tuple[Array, Array]:
    return eg_update(x, x - 1, c), (1 - x) ** 2 * c


def reduced_limit(x: ArrayLike, c: ArrayLike, steps: int = 5000, small: float = 1e-12) -> Array:
    """Where x of the reduced map comes to rest, elementwise; nan where it overflows or has not done so after `steps`.

    At rest is a point whose signal c has fallen below `small` (a last factor exp(c (1 - x)) then moves it no more).
    Raises ValueError as `reduced_meta_map` does, and on steps < 1.
    """
    reduced_meta_map(x, c)
    small = positive(small, "small")
    both = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(c, dtype=float))
    shape, (xs, cs) = both[0].shape, (a.ravel() for a in both)
    out, here = np.full(xs.size, np.nan), np.arange(xs.size)
    with np.errstate(all="ignore"):
        for _ in range(count(steps, "steps")):
            rest = (cs < small) & (np.abs(1 - xs) <= 1)
            out[here[rest]] = xs[rest]
            going = ~rest & np.isfinite(xs) & np.isfinite(cs)
            here, xs, cs = here[going], xs[going], cs[going]
            if not here.size:
                break
            xs, cs = _reduced(xs, cs)
    return out.reshape(shape)


def noise_mean_gain(t: int, gamma: float, sigma: float) -> float:
    r"""E nu_{t+1} of the gain under pure noise, g_k ~ N(0, sigma^2): det(1 - a A)^{-1/2}, a = gamma sigma^2.

    A is the adjacency matrix of the path of t + 1 vertices; its determinants obey D_n = D_{n-1} - a^2 D_{n-2}, O(t).
    Infinite from a = 1 / (2 cos(pi/(t + 2))) on. Raises ValueError on t < 0, gamma <= 0, sigma < 0.
    """
    sigma = finite(sigma, "sigma", 0.0)
    a = positive(gamma, "gamma") * sigma * sigma
    before, now = 1.0, 1.0
    for _ in range(count(t, "t", minimum=0)):
        before, now = now, now - a * a * before
        if not now > 0:
            return float("inf")
    return float(now**-0.5)
