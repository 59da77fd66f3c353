r"""What is done to a critic to keep it near the 1-Lipschitz functions: gradient penalties and clipping (jax).

Sources: Arjovsky et al. 2017 (arXiv 1701.07875), clipping; Gulrajani et al. 2017 (arXiv 1704.00028), the two-sided
penalty; Petzka et al. 2017 (arXiv 1709.08894), the one-sided one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scispaces.backend import jax, jnp

__all__ = ["clip_weights", "gradient_norms", "gradient_penalty", "guarded_norm", "penalty_at"]


def guarded_norm(g: Any) -> Any:
    """|g| along the last axis (jax), with derivative 0 where g = 0."""
    largest = jax.lax.stop_gradient(jnp.max(jnp.abs(g), axis=-1, keepdims=True))
    # a power of two, so that nothing is rounded; no square overflows or underflows
    scale = jnp.ldexp(1.0, jnp.clip(jnp.frexp(largest)[1], -1021, 1023))
    h = g / scale
    square = jnp.sum(h * h, axis=-1)
    return jnp.where(square > 0, scale[..., 0] * jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)


def gradient_norms(critic: Callable, x: Any) -> Any:
    r"""|grad f(x_i)| at the rows of x (N, d), shape (N,); `critic` maps one point (d,) to a scalar.

    Where the gradient vanishes the norm is 0 and so is its own derivative (the square root is guarded), so that the
    result can be differentiated again.
    """
    return guarded_norm(jax.vmap(jax.grad(critic))(jnp.asarray(x)))


def gradient_penalty(critic: Callable, x_p: Any, x_q: Any, key: Any, lam: Any = 10.0, one_sided: Any = False) -> Any:
    r"""The penalty lam mean(|grad f(x^)| - 1)^2, or lam mean max(|grad f(x^)| - 1, 0)^2 if `one_sided`; a scalar.

        x^ = eps x_P + (1 - eps) x_Q,      eps ~ U[0, 1], one for each pair of rows

    Arguments: critic, point (d,) -> scalar; x_p, x_q, both (N, d); key, a jax key; lam >= 0, one_sided.
    Raises ValueError when the shapes differ. The interpolates lie in the convex hull of the two supports: elsewhere
    the penalty asks nothing of f.
    Source: Gulrajani et al. 2017 (two-sided), Petzka et al. 2017 (one-sided).
    """
    x_p, x_q = jnp.asarray(x_p), jnp.asarray(x_q)
    if x_p.ndim != 2 or x_p.shape != x_q.shape:
        raise ValueError(f"x_p and x_q must both have shape (N, d), got {x_p.shape} and {x_q.shape}")
    eps = jax.random.uniform(key, (len(x_p), 1), x_p.dtype)
    return penalty_at(critic, eps * x_p + (1 - eps) * x_q, lam, one_sided)


def penalty_at(critic: Callable, x_hat: Any, lam: Any, one_sided: Any) -> Any:
    """The penalty of `gradient_penalty` at the given points x_hat (N, d); a scalar."""
    excess = gradient_norms(critic, x_hat) - 1
    return lam * jnp.mean(jnp.where(one_sided, jnp.maximum(excess, 0), excess) ** 2)


def clip_weights(params: Any, c: Any) -> Any:
    """Every entry of every array of the pytree `params` clipped to [-c, c], c > 0 (infinity leaves all as it is).

    A layer of shape (m, n) then has spectral norm at most c sqrt(mn), attained when all entries are c.
    """
    if isinstance(c, int | float) and not c > 0:
        raise ValueError(f"c must be > 0, got {c!r}")
    return jax.tree.map(lambda w: jnp.clip(w, -c, c), params)
