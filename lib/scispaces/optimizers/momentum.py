r"""Momentum and Adam as pure steps, and momentum as an integrator of the damped Newton equation.

    momentum:       v' = beta v - alpha grad L(theta + c v),     theta' = theta + v'
                    c = 0: heavy ball; c = beta: Nesterov; c = beta/2: half a look-ahead
    Newton:         theta'' + lam theta' = -grad L(theta),       theta'(0) = 0
    leapfrog:       beta = (1 - lam gamma/2)/(1 + lam gamma/2),  alpha = gamma^2/(1 + lam gamma/2)

Heavy ball with these coefficients is the leapfrog method for Newton's equation with the time step gamma; its error is
O(gamma^2) if the velocity starts at v_0 = (gamma^2/2) grad L(theta_0), half a step before the rest.

Steps are pure functions of arrays or pytrees (numpy or jax), so that they go into `jax.lax.scan`; they look at
nothing. The other functions check what they get.

Source: Polyak 1964; Nesterov 1983; Kingma, Ba 2014 (arXiv 1412.6980); Hairer, Lubich, Wanner 2003 for leapfrog.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, count, finite, must_broadcast, one_of_names, positive
from scispaces.backend import jax, jnp
from scispaces.dynamics.integration import integrate

__all__ = [
    "adam_step",
    "implicit_step",
    "leapfrog_to_momentum",
    "momentum_descent",
    "momentum_step",
    "momentum_to_leapfrog",
    "nesterov_step",
    "newton_error",
    "newton_flow",
    "retune_beta",
]

Array = NDArray[np.float64]
Gradient = Callable[[Any], Any]


# ------------------------------------------------------------------------------------------------------------ steps


def momentum_step(
    theta: Any, velocity: Any, gradient: Gradient, alpha: Any, beta: Any, lookahead: Any = 0.0
) -> tuple[Any, Any]:
    """One step of momentum: v' = beta v - alpha gradient(theta + lookahead v), theta' = theta + v'. (theta', v').

    theta, velocity: arrays or pytrees of one structure; gradient: of the same structure; alpha > 0, beta, lookahead:
    numbers or arrays that broadcast. beta = 0 is gradient descent. The velocity carries the learning rate: optax keeps
    the trace -v/alpha.
    """
    g = gradient(jax.tree.map(lambda x, v: x + lookahead * v, theta, velocity))
    velocity = jax.tree.map(lambda v, d: beta * v - alpha * d, velocity, g)
    return jax.tree.map(lambda x, v: x + v, theta, velocity), velocity


def nesterov_step(shifted: Any, velocity: Any, gradient: Gradient, alpha: Any, beta: Any) -> tuple[Any, Any]:
    """Nesterov's step as libraries code it, for Theta = theta + beta v: v' = beta v - alpha g(Theta), and
    Theta' = Theta + beta v' - alpha g(Theta). Returns (Theta', v'). Arguments as for `momentum_step`."""
    g = gradient(shifted)
    velocity = jax.tree.map(lambda v, d: beta * v - alpha * d, velocity, g)
    return jax.tree.map(lambda x, v, d: x + beta * v - alpha * d, shifted, velocity, g), velocity


def adam_step(
    theta: Any, moments: tuple[Any, Any], g: Any, t: Any, rate: Any,
    b1: Any = 0.9, b2: Any = 0.999, eps: Any = 1e-8, eps_root: Any = 0.0,
) -> tuple[Any, tuple[Any, Any]]:  # fmt: skip
    r"""One step of Adam: m' = b1 m + (1 - b1) g, u' = b2 u + (1 - b2) g^2, and with the step number t = 1, 2, ...

        theta' = theta - rate m^ / (sqrt(u^ + eps_root) + eps),     m^ = m'/(1 - b1^t),  u^ = u'/(1 - b2^t)

    theta, g, the moments m and u: arrays or pytrees of one structure. Returns (theta', (m', u')).
    """
    m = jax.tree.map(lambda a, d: b1 * a + (1 - b1) * d, moments[0], g)
    u = jax.tree.map(lambda a, d: b2 * a + (1 - b2) * d * d, moments[1], g)

    def move(x: Any, a: Any, s: Any) -> Any:
        return x - rate * (a / (1 - b1**t)) / (jnp.sqrt(s / (1 - b2**t) + eps_root) + eps)

    return jax.tree.map(move, theta, m, u), (m, u)


def implicit_step(
    theta: Array, velocity: Array, gradient: Gradient, hessian: Callable[[Array], Array], alpha: float, beta: float
) -> tuple[Array, Array]:
    """One step of implicit midpoint momentum, v' = beta v - alpha gradient(theta + v'/2), theta' = theta + v'.

    theta, velocity (d,). Newton's method from v' = beta v. Raises ValueError when 50 iterations do not settle it.
    """
    theta, velocity = as_array(theta, "theta", ndim=1, real=True), as_array(velocity, "velocity", ndim=1, real=True)
    alpha, beta = positive(alpha, "alpha"), finite(beta, "beta")
    new = beta * velocity
    for _ in range(50):
        middle = theta + new / 2
        gap = new - beta * velocity + alpha * np.asarray(gradient(middle))
        try:
            change = np.linalg.solve(np.eye(len(theta)) + alpha / 2 * np.asarray(hessian(middle)), gap)
        except np.linalg.LinAlgError:
            break
        new = new - change
        if np.abs(change).max() <= 1e-15 * max(np.abs(theta).max(), np.abs(new).max()):
            return theta + new, new
    raise ValueError("the implicit equation was not solved by 50 iterations of Newton's method: alpha is too large")


def momentum_descent(
    gradient: Gradient, theta0: ArrayLike, alpha: float, beta: float, steps: int,
    lookahead: float = 0.0, v0: ArrayLike | None = None, hessian: Callable[[Array], Array] | None = None,
) -> Array:  # fmt: skip
    """The iterates theta_0, ..., theta_steps of `momentum_step` from v_0 (zero by default), shape (steps + 1, ...).

    theta0: one point (d,) or several (..., d) if the gradient takes them. With `hessian` the steps are those of
    `implicit_step`, for one point. Raises ValueError on alpha <= 0, |beta| > 1, steps < 1, shapes that do not fit, and
    when the iterates leave the finite numbers.
    """
    theta = as_array(theta0, "theta0", real=True)
    velocity = np.zeros_like(theta) if v0 is None else as_array(v0, "v0", shape=theta.shape, real=True)
    alpha, beta, lookahead = positive(alpha, "alpha"), finite(beta, "beta", -1, 1), finite(lookahead, "lookahead")
    path = [theta]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(count(steps, "steps")):
            if hessian is not None:
                theta, velocity = implicit_step(theta, velocity, gradient, hessian, alpha, beta)
            else:
                g = np.asarray(gradient(theta + lookahead * velocity), dtype=float)
                if g.shape != theta.shape:
                    raise ValueError(f"gradient must return shape {theta.shape}, got {g.shape}")
                velocity = beta * velocity - alpha * g
                theta = theta + velocity
            path.append(theta)
    return as_array(np.stack(path), "the iterates (alpha is too large)", real=True)


# -------------------------------------------------------------------------------------- friction and time, and back


def leapfrog_to_momentum(lam: ArrayLike, gamma: ArrayLike) -> tuple[Any, Any]:
    """(beta, alpha) of heavy ball for the friction lam >= 0 and the time step gamma > 0; arrays broadcast.

    beta = (1 - lam gamma/2)/(1 + lam gamma/2) is negative for lam gamma > 2. Raises ValueError out of the domain.
    """
    lam, gamma = as_array(lam, "lam", real=True), as_array(gamma, "gamma", real=True)
    must_broadcast(lam=lam, gamma=gamma)
    if (lam < 0).any() or (gamma <= 0).any():
        raise ValueError("lam must be >= 0 and gamma > 0")
    half = lam * gamma / 2
    return ((1 - half) / (1 + half))[()], (gamma * (gamma / (1 + half)))[()]


def momentum_to_leapfrog(
    beta: ArrayLike | None, alpha: ArrayLike, one_minus_beta: ArrayLike | None = None
) -> tuple[Any, Any]:
    """(lam, gamma) of heavy ball: gamma = sqrt(2 alpha/(1 + beta)), lam = (1 - beta) sqrt(2/(alpha (1 + beta))).

    0 <= beta <= 1, alpha > 0; arrays broadcast. Near beta = 1 pass `one_minus_beta` in its place (and None for beta),
    which loses no digits. Raises ValueError out of the domain.
    """
    if beta is not None and one_minus_beta is None:
        x = 1 - as_array(beta, "beta", real=True)
    elif beta is None and one_minus_beta is not None:
        x = as_array(one_minus_beta, "one_minus_beta", real=True)
    else:
        raise ValueError("exactly one of beta and one_minus_beta is wanted")
    alpha = as_array(alpha, "alpha", real=True)
    must_broadcast(beta=x, alpha=alpha)
    if (x < 0).any() or (x > 1).any() or (alpha <= 0).any():
        raise ValueError("beta must be in [0, 1] and alpha > 0")
    gamma = np.sqrt(alpha) * np.sqrt(2 / (2 - x))
    return (x * np.sqrt(2 / (2 - x)) / np.sqrt(alpha))[()], gamma[()]


def retune_beta(beta: ArrayLike, r: ArrayLike, exact: bool = True) -> Any:
    """The beta' that keeps the friction when the learning rate alpha becomes r alpha.

    Exact: 1 - x with x^2/(2 - x) = c, c = r (1 - beta)^2/(1 + beta), by x = 4c/(c + sqrt(c^2 + 8c)) without
    cancellation; else to first order, 1 - (1 - beta) sqrt(r). beta in [0, 1], r > 0; arrays broadcast. Raises
    ValueError out of the domain; for c > 1 (a large rise of the rate) beta' is negative.
    """
    beta, r = as_array(beta, "beta", real=True), as_array(r, "r", real=True)
    must_broadcast(beta=beta, r=r)
    if (beta < 0).any() or (beta > 1).any() or (r <= 0).any():
        raise ValueError("beta must be in [0, 1] and r > 0")
    if not exact:
        return (1 - (1 - beta) * np.sqrt(r))[()]
    root = np.sqrt(r) * (1 - beta) / np.sqrt(1 + beta)  # of c
    return (1 - 4 * root / (root + np.sqrt(root * root + 8)))[()]


# -------------------------------------------------------------------------------------------- the equation of motion


def newton_flow(
    gradient: Gradient, theta0: ArrayLike, lam: float, times: ArrayLike,
    hessian: Callable[[Array], Array] | None = None, curvature: float = 0.0, tol: float = 1e-12,
) -> tuple[Array, Array]:  # fmt: skip
    """Newton's equation theta'' + (lam + curvature H) theta' = -gradient(theta) from rest at theta0, at `times`.

    times increase from 0 or later; `curvature` H is a friction proportional to the Hessian and needs `hessian`.
    Returns positions and velocities, each (len(times), d). Raises ValueError on lam < 0 and bad times.
    """
    theta, t = as_array(theta0, "theta0", ndim=1, real=True), as_array(times, "times", ndim=1, real=True)
    lam, curvature = finite(lam, "lam", 0.0), finite(curvature, "curvature")
    if t[0] < 0 or (np.diff(t) <= 0).any():
        raise ValueError(f"times must increase from 0 or later, got {t[:5]}")
    if curvature and hessian is None:
        raise ValueError("a friction by curvature needs the hessian")
    d = len(theta)

    def rhs(_: float, y: Array) -> Array:
        x, v = y[:d], y[d:]
        bent = curvature * np.asarray(hessian(x)) @ v if curvature and hessian is not None else 0.0
        return np.concatenate([v, -lam * v - bent - np.asarray(gradient(x), dtype=float)])

    grid = t if t[0] == 0 else np.append(0.0, t)
    try:
        path = integrate(rhs, np.concatenate([theta, 0 * theta]), grid, tol, tol)[-len(t) :]
    except RuntimeError as error:
        raise ValueError(f"the motion could not be followed to t = {t[-1]:g}: {error}") from None
    return path[:, :d], path[:, d:]


def newton_error(
    gradient: Gradient, theta0: ArrayLike, lam: float, gamma: float, time: float = 4.0, *,
    coefficients: str = "exact", start: str = "rest", lookahead: float = 0.0,
    hessian: Callable[[Array], Array] | None = None, implicit: bool = False, curvature: float = 0.0,
) -> float:  # fmt: skip
    """Distance of momentum with the time step gamma from `newton_flow` after round(time/gamma) steps.

    coefficients  "exact" (`leapfrog_to_momentum`) or "simple" (beta = 1 - lam gamma, alpha = gamma^2).
    start         "rest" (v_0 = gamma^2/2 gradient(theta0)) or "zero" (v_0 = 0).
    lookahead     in units of beta: 0 heavy ball, 1/2, 1 Nesterov. implicit: `implicit_step`, which needs `hessian`.
    curvature     the friction by curvature of the equation that is compared with.
    """
    theta, gamma = as_array(theta0, "theta0", ndim=1, real=True), positive(gamma, "gamma")
    lam = finite(lam, "lam", 0.0)
    steps = count(round(min(positive(time, "time") / gamma, 1e12)), "time / gamma")
    simple = one_of_names(coefficients, "coefficients", ("exact", "simple")) == "simple"
    beta, alpha = (1 - lam * gamma, gamma**2) if simple else leapfrog_to_momentum(lam, gamma)
    rest = one_of_names(start, "start", ("rest", "zero")) == "rest"
    v0 = gamma**2 / 2 * np.asarray(gradient(theta)) if rest else 0 * theta
    if implicit and hessian is None:
        raise ValueError("the implicit step needs the hessian")
    path = momentum_descent(gradient, theta, alpha, beta, steps, lookahead * beta, v0, hessian if implicit else None)
    there, _ = newton_flow(gradient, theta, lam, [steps * gamma], hessian, curvature)
    return float(np.linalg.norm(path[-1] - there[-1]))
