r"""Gradient accumulation hidden in the moving averages of an optimizer, and what its shortcuts cost.

Micro-batches t = 1, 2, ...; theta moves when k divides t. One rule for all schemes, with chi = 1 if k divides t - 1:

    m_t = (first if chi else inside) m_{t-1} + gain g_t,      theta_t = theta_{t-1} - rate m_t  if k divides t

    "exact"   first = beta, inside = 1, gain = (1 - beta)/k: gradient accumulation without its buffer
    "tilde"   first = inside = 1 - (1 - beta)/k, gain = (1 - beta)/k: a plain average with another coefficient
    "same"    first = inside = beta, gain = 1 - beta: the plain average, updated less often

Steps are pure functions of pytrees, for `jax.lax.scan`, and look at nothing. Every step returns all that it keeps.

Source: Su 2021 (kexue.fm/archives/8634); Pham et al. 2021 (arXiv 2111.10050) for the same idea.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, count, finite, must_broadcast, one_of_names, positive_int
from scispaces.backend import jax, jnp

__all__ = [
    "accumulation_coefficients",
    "adam_buffer_step",
    "adam_split_step",
    "block_decay",
    "buffer_step",
    "effective_noise",
    "ema_momentum_variance",
    "ema_step",
    "ema_weights",
    "filter_distance",
    "second_moment_ratio",
]

MODES = ("exact", "tilde", "same")


def accumulation_coefficients(beta: float, k: int, mode: str = "exact") -> tuple[float, float, float]:
    """(first, inside, gain) of a scheme, see above. 0 <= beta < 1, k >= 1. Raises ValueError otherwise."""
    beta, k, mode = _below_one(beta), positive_int(k, "k"), one_of_names(mode, "mode", MODES)
    share = (1 - beta) / k
    return {"exact": (beta, 1.0, share), "tilde": (1 - share, 1 - share, share), "same": (beta, beta, 1 - beta)}[mode]


def ema_step(theta: Any, m: Any, g: Any, t: Any, rate: Any, k: Any, coefficients: Any) -> tuple[Any, Any]:
    """Micro-step number t = 1, 2, ... of a scheme with momentum: (theta', m').

    theta, m, g: arrays or pytrees; rate, k and the coefficients (`accumulation_coefficients`): numbers.
    """
    first, inside, gain = coefficients
    decay = jnp.where((t - 1) % k == 0, first, inside)
    m = jax.tree.map(lambda a, d: decay * a + gain * d, m, g)
    moved = jnp.where(t % k == 0, rate, 0.0)
    return jax.tree.map(lambda x, a: x - moved * a, theta, m), m


def buffer_step(theta: Any, kept: tuple[Any, Any], g: Any, t: Any, rate: Any, k: Any, beta: Any) -> tuple[Any, Any]:
    """The same with an explicit buffer, as gradient accumulation is usually done; kept = (m, sum of gradients)."""
    m, total = kept
    total = jax.tree.map(lambda a, d: a + d, total, g)
    end = t % k == 0
    m = jax.tree.map(lambda a, s: jnp.where(end, beta * a + (1 - beta) * s / k, a), m, total)
    theta = jax.tree.map(lambda x, a: jnp.where(end, x - rate * a, x), theta, m)
    return theta, (m, jax.tree.map(lambda s: jnp.where(end, 0.0, s), total))


def adam_split_step(
    theta: Any, moments: tuple[Any, Any], g: Any, t: Any, rate: Any, k: Any,
    b1: Any = 0.9, b2: Any = 0.999, eps: Any = 1e-8,
) -> tuple[Any, Any]:  # fmt: skip
    """Adam with the split average for both moments: the second one holds the mean of SQUARES over the block.

    The bias corrections use the number of updates t/k; eps stands inside of the root. Returns (theta', (m', u')).
    """
    start, end = (t - 1) % k == 0, t % k == 0
    m = jax.tree.map(lambda a, d: jnp.where(start, b1, 1.0) * a + (1 - b1) / k * d, moments[0], g)
    u = jax.tree.map(lambda a, d: jnp.where(start, b2, 1.0) * a + (1 - b2) / k * d * d, moments[1], g)
    return _adam_move(theta, m, u, end, t / k, rate, b1, b2, eps), (m, u)


def adam_buffer_step(
    theta: Any, kept: tuple[Any, Any, Any], g: Any, t: Any, rate: Any, k: Any,
    b1: Any = 0.9, b2: Any = 0.999, eps: Any = 1e-8,
) -> tuple[Any, Any]:  # fmt: skip
    """Adam of accumulated gradients, with a buffer; kept = (m, u, sum of gradients). eps inside of the root."""
    m, u, total = kept
    total = jax.tree.map(lambda a, d: a + d, total, g)
    end = t % k == 0
    m = jax.tree.map(lambda a, s: jnp.where(end, b1 * a + (1 - b1) * s / k, a), m, total)
    u = jax.tree.map(lambda a, s: jnp.where(end, b2 * a + (1 - b2) * (s / k) ** 2, a), u, total)
    theta = _adam_move(theta, m, u, end, t / k, rate, b1, b2, eps)
    return theta, (m, u, jax.tree.map(lambda s: jnp.where(end, 0.0, s), total))


def _adam_move(theta: Any, m: Any, u: Any, end: Any, s: Any, rate: Any, b1: Any, b2: Any, eps: Any) -> Any:
    def move(x: Any, a: Any, v: Any) -> Any:
        step = rate * (a / (1 - b1**s)) / jnp.sqrt(v / (1 - b2**s) + eps)
        return jnp.where(end, x - step, x)

    return jax.tree.map(move, theta, m, u)


# ------------------------------------------------------------------------------------------------- what is averaged


def _below_one(beta: float) -> float:
    beta = finite(beta, "beta", 0.0, 1.0)
    if beta == 1:
        raise ValueError("beta must be below 1, got 1")
    return beta


def ema_weights(beta: float, k: int, blocks: int, mode: str = "exact") -> NDArray[np.float64]:
    """Weights of the last micro-gradients in m at the end of a block, newest first, shape (blocks * k,).

    Raises ValueError as `accumulation_coefficients`, blocks < 1, more than ten million weights.
    """
    first, inside, gain = accumulation_coefficients(beta, k, mode)
    age = np.arange(count(count(blocks, "blocks") * k, "blocks * k"))
    return gain * first ** (age // k) * inside ** (age - age // k)


def filter_distance(beta: float, k: int) -> float:
    """The l1 distance of the weights of "exact" and "tilde": how far their momenta can be apart, over max |g|.

    Truncated after 40/(1 - beta) blocks, where both weights are below e^-40. Raises ValueError: beta outside [0, 1),
    k < 1, more than ten million weights.
    """
    blocks = int(np.ceil(40 / (1 - _below_one(beta))))
    return float(np.abs(ema_weights(beta, k, blocks) - ema_weights(beta, k, blocks, "tilde")).sum())


def block_decay(beta: ArrayLike, k: ArrayLike) -> Any:
    """(1 - (1 - beta)/k)^k, the decay of "tilde" over a block; without cancellation for large k. beta in [0, 1]."""
    beta, k = _unit(beta), _at_least_one(k)
    must_broadcast(beta=beta, k=k)
    with np.errstate(divide="ignore"):
        return np.exp(k * np.log1p(-(1 - beta) / k))[()]


def effective_noise(beta: ArrayLike, k: ArrayLike) -> Any:
    """S_eff/s^2 = (1 - beta)(1 + beta^k)/((1 + beta)(1 - beta^k)) of "same"; 1/k at beta = 1. beta in [0, 1]."""
    beta, k = _unit(beta), _at_least_one(k)
    must_broadcast(beta=beta, k=k)
    beta, k = np.broadcast_arrays(beta, k)
    with np.errstate(divide="ignore"):
        power = k * np.log(beta)
    lost = -np.expm1(power)
    ratio = (1 - beta) * (1 + np.exp(power)) / ((1 + beta) * np.where(lost > 0, lost, 1.0))
    return np.where(beta < 1, ratio, 1 / k)[()]


def ema_momentum_variance(alpha: ArrayLike, h: ArrayLike, S: ArrayLike, B: ArrayLike) -> Any:
    """Stationary variance of theta on h theta^2/2 with noise of variance S and m' = B m + (1 - B) g:
    alpha S (1 + B)/(h (2(1 + B) - alpha (1 - B) h)). Raises ValueError outside 0 < alpha h < 2(1 + B)/(1 - B)."""
    arrays = {"alpha": alpha, "h": h, "S": S, "B": B}
    alpha, h, S, B = (as_array(v, name, real=True) for name, v in arrays.items())
    must_broadcast(alpha=alpha, h=h, S=S, B=B)
    if (alpha <= 0).any() or (h <= 0).any() or (S < 0).any() or (B < 0).any() or (B >= 1).any():
        raise ValueError("alpha, h > 0, S >= 0 and 0 <= B < 1 are wanted")
    room = 2 * (1 + B) - alpha * (1 - B) * h
    if (room <= 0).any():
        raise ValueError("alpha h must be below 2(1 + B)/(1 - B): momentum does not contract")
    return (alpha * S * (1 + B) / (h * room))[()]


def second_moment_ratio(mu: ArrayLike, s2: ArrayLike, k: ArrayLike) -> Any:
    """(mu^2 + s2)/(mu^2 + s2/k), the mean of squares over the square of the mean, in expectation; 1 at 0/0."""
    mu, s2, k = as_array(mu, "mu", real=True), as_array(s2, "s2", real=True), _at_least_one(k)
    must_broadcast(mu=mu, s2=s2, k=k)
    if (s2 < 0).any():
        raise ValueError("s2 must be >= 0")
    size = np.maximum(np.abs(mu), np.sqrt(s2))
    size = np.where(size > 0, size, 1.0)
    m, s = (mu / size) ** 2, s2 / size / size
    low = m + s / k
    return np.where(low > 0, (m + s) / np.where(low > 0, low, 1.0), 1.0)[()]


def _unit(beta: ArrayLike) -> NDArray[np.float64]:
    arr = as_array(beta, "beta", real=True)
    if (arr < 0).any() or (arr > 1).any():
        raise ValueError("beta must be in [0, 1]")
    return arr


def _at_least_one(k: ArrayLike) -> NDArray[np.float64]:
    arr = as_array(k, "k", real=True)
    if (arr < 1).any():
        raise ValueError("k must be >= 1")
    return arr
