"""Random layers, networks and matrices on which Lipschitz bounds are put to the test.

Every function takes a numpy generator and returns a dictionary of ingredients by name. A random matrix rarely comes
near a worst case, so that a search over Gaussian ingredients alone would find every bound loose: half of the draws here
are built to attain the bound in question.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from mpmath import mp

from scispaces._validate import check_rng, count, finite, one_of_names
from scispaces.linalg.spectral_norm import Matrix, Vector, power_step
from scispaces.networks.activations import ACTIVATIONS
from scispaces.networks.lipschitz import lipschitz_product_bound

__all__ = [
    "STEEPEST",
    "aligned_linear_net",
    "drifting_estimates",
    "random_classifier",
    "random_gapped",
    "random_kernel",
    "random_layer",
    "random_network",
    "random_points_in_plane",
    "random_points_on_line",
    "random_start",
    "steepest_slope",
]

Ingredients = dict[str, Any]

_SMOOTH: dict[str, Any] = {
    "tanh": mp.tanh,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "gelu": lambda z: z * mp.ncdf(z),
    "mish": lambda z: z * mp.tanh(mp.log(1 + mp.exp(z))),
}
#: Where |g'| is largest, or so far out that it is 1 to rounding: the nine activations that layers are drawn from.
STEEPEST: dict[str, float] = {
    "relu": 30.0,
    "leaky_relu": 30.0,
    "elu": 30.0,
    "tanh": 0.0,
    "softplus": 30.0,
    "sigmoid": 0.0,
    "silu": 2.39935728052,
    "gelu": 2.0**0.5,
    "mish": 1.49057117949,
}


def steepest_slope(name: str) -> float:
    """max |g'| of the activation `name`, found by search and not read from `ACTIVATIONS`.

    Differences on a grid over [-40, 40] (whose points avoid the kink at 0) find the place. Where it is a smooth
    interior maximum, the root of g'' is polished with mpmath and the value is right to all digits; elsewhere (slopes
    that are constant or tend to their supremum at infinity) to about 1e-9. ValueError on an unknown name.
    """
    g = ACTIVATIONS[one_of_names(name, "name", tuple(STEEPEST))]
    grid = np.linspace(-40.0, 40.0, 8002)
    slopes = np.abs(g(grid + 1e-5) - g(grid - 1e-5)) / 2e-5
    top = int(np.argmax(slopes))
    if name not in _SMOOTH:
        return float(slopes[top])
    with mp.workdps(30):
        root = mp.findroot(lambda z: mp.diff(_SMOOTH[name], z, 2), grid[top])
        return float(mp.diff(_SMOOTH[name], root))


def random_layer(rng: np.random.Generator) -> Ingredients:
    """layers x -> g(Wx + b) of nine activations, up to 8 x 8, steps of length 1e-4 to 10

    Returns ``g`` (a name), its constant ``a``, ``W``, ``b``, ``x1``, ``x2``. In half of the draws the step is along the
    top right singular vector and the bias puts every unit where g is steepest.
    """
    check_rng(rng)
    g = str(rng.choice(list(STEEPEST)))
    m, n = rng.integers(1, 9, 2)
    W, x = rng.standard_normal((m, n)), rng.standard_normal(n)
    length = 10.0 ** rng.uniform(-4, 1)
    if rng.random() < 0.5:
        step = length * np.linalg.svd(W)[2][0]
        b = STEEPEST[g] - W @ (x + step / 2)
    else:
        step = rng.standard_normal(n)
        step *= length / np.linalg.norm(step)
        b = rng.standard_normal(m)
    return {"g": g, "a": ACTIVATIONS[g].lipschitz, "W": W, "b": b, "x1": x, "x2": x + step}


def random_network(
    rng: np.random.Generator, activations: Sequence[str] = tuple(STEEPEST), normalized: bool = False
) -> Ingredients:
    """networks 3-6-5-2 with an activation after each layer, and two inputs

    Returns ``Ws``, ``bs``, ``g`` (a name for each layer, drawn from `activations`), ``slopes`` (their constants),
    ``x1``, ``x2``, which differ by 1e-3 in the direction of the greatest local stretch. In half of the draws the
    singular vectors are aligned and every unit stands where its activation is steepest: the product of the constants
    is attained. `normalized` divides each matrix by its norm.
    """
    check_rng(rng)
    widths, x = (3, 6, 5, 2), rng.standard_normal(3)
    g = [str(rng.choice(list(activations))) for _ in widths[1:]]
    worst = rng.random() < 0.5
    Ws = aligned_linear_net(widths, rng) if worst else [rng.standard_normal((m, n)) for n, m in pairwise(widths)]
    if normalized:
        Ws = [W / np.linalg.norm(W, 2) for W in Ws]
    bs, z, J = [], x, np.eye(3)
    for W, name in zip(Ws, g, strict=True):
        bs.append(STEEPEST[name] - W @ z if worst else rng.standard_normal(len(W)))
        z = W @ z + bs[-1]
        J = ACTIVATIONS[name].slope(z, np)[:, None] * (W @ J)
        z = ACTIVATIONS[name](z)
    step = 5e-4 * np.linalg.svd(J)[2][0]
    constants = np.array([ACTIVATIONS[name].lipschitz for name in g])
    return {"Ws": Ws, "bs": bs, "g": g, "slopes": constants, "x1": x - step, "x2": x + step}


def aligned_linear_net(widths: Sequence[int], rng: np.random.Generator) -> list[Matrix]:
    r"""Random matrices W_1, ..., W_L with |W_L ... W_1|_2 = prod |W_l|_2: each u_1 of W_l is the v_1 of W_{l+1}.

    Arguments: widths (n_0, ..., n_L), at least two; rng. Built as W = U S V^T with random orthogonal U, V sharing
    the boundary vectors and singular values that decrease from a random sigma_1 in [1/2, 2].
    """
    check_rng(rng)
    if len(widths) < 2:
        raise ValueError(f"widths must have at least two entries, got {len(widths)}")
    widths = [count(n, "width") for n in widths]
    bases = [np.linalg.qr(rng.standard_normal((n, n)))[0] for n in widths]
    net = []
    for V, U in pairwise(bases):
        k = min(len(U), len(V))
        s = rng.uniform(0.5, 2.0) * np.concatenate([[1.0], np.sort(rng.uniform(0.0, 0.95, k - 1))[::-1]])
        net.append((U[:, :k] * s) @ V[:, :k].T)
    return net


def random_start(rng: np.random.Generator) -> Ingredients:
    """square matrices, n = 2..7, sigma_2 / sigma_1 from 0.01 to 0.99, starts at known angles

    Returns ``W``, ``u0``, ``theta``, ``q``, ``r``: the first iterate v makes the angle ``theta`` with the top right
    singular vector, ``q`` = sigma_2 / sigma_1, and ``r`` is a round at which the bound tan(theta)^2 q^(4(r-1)) is
    still above 1e-4, far from rounding.
    """
    check_rng(rng)
    n = int(rng.integers(2, 8))
    U, V = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
    q = float(10 ** rng.uniform(-2, -0.005))
    s = 10 ** rng.uniform(-2, 2) * np.concatenate([[1.0, q], q * np.sort(rng.uniform(0.1, 1, n - 2))[::-1]])
    theta = float(10 ** rng.uniform(-1.7, 0.15))
    c = np.concatenate([[0.0], rng.standard_normal(n - 1)])
    c *= np.sin(theta) / np.linalg.norm(c)
    c[0] = np.cos(theta)
    last = 1 + np.log(1e-4 / np.tan(theta) ** 2) / (4 * np.log(q))
    r = int(rng.integers(1, max(2, min(30, int(last)) + 1)))
    return {"W": (U * s) @ V.T, "u0": U @ (c / s), "theta": theta, "q": q, "r": r}


def random_kernel(rng: np.random.Generator) -> Ingredients:
    """kernels c_o x c_i x k_h x k_w on a torus, all up to 3, half of them constant in space

    Returns ``kernel`` (c_o, c_i, k_h, k_w) and ``size``, the two sides of the torus, none below the kernel's.
    """
    check_rng(rng)
    c_o, c_i, k_h, k_w = rng.integers(1, 4, 4)
    spread = (k_h, k_w) if rng.random() < 0.5 else (1, 1)
    kernel = rng.standard_normal((c_o, c_i, *spread)) * np.ones((k_h, k_w))
    return {"kernel": kernel, "size": np.array([k_h, k_w]) + rng.integers(0, 3, 2)}


def random_classifier(rng: np.random.Generator) -> Ingredients:
    """ReLU classifiers 4-10-3 or linear ones with opposed logits, and an input

    Returns ``params``, ``x``, ``lipschitz`` (the product bound). In a third of the draws the logits are w.x, -w.x
    and a far lower one, where the certificate is exact.
    """
    check_rng(rng)
    x = rng.standard_normal(4)
    if rng.random() < 1 / 3:
        w = rng.standard_normal(4)
        params = [(np.stack([w, -w, 0 * w]), np.array([0.0, 0.0, -1e3]))]
    else:
        params = [(rng.standard_normal((m, n)), rng.standard_normal(m)) for m, n in ((10, 4), (3, 10))]
    return {"params": params, "x": x, "lipschitz": lipschitz_product_bound([W for W, _ in params])}


def random_points_on_line(rng: np.random.Generator) -> Ingredients:
    """laws on 12 and 15 points of the line with unequal weights, the second shifted by 1, K from 1 to 3

    Returns ``x`` (12,), ``y`` (15,), the weights ``p`` and ``q``, ``K``.
    """
    check_rng(rng)
    x, y = rng.standard_normal(12), 1 + rng.standard_normal(15)
    return {"x": x, "y": y, "p": _weights(rng, 12), "q": _weights(rng, 15), "K": rng.uniform(1, 3)}


def random_points_in_plane(rng: np.random.Generator) -> Ingredients:
    """laws on 6 and 7 points of the plane with unequal weights, the second shifted by (1, 1), K from 1 to 3

    Returns ``x`` (6, 2), ``y`` (7, 2), the weights ``p`` and ``q``, ``K``.
    """
    check_rng(rng)
    x, y = rng.standard_normal((6, 2)), 1 + rng.standard_normal((7, 2))
    return {"x": x, "y": y, "p": _weights(rng, 6), "q": _weights(rng, 7), "K": rng.uniform(1, 3)}


def _weights(rng: np.random.Generator, n: int) -> Vector:
    """A point of the simplex; every fourth time the corner of equal weights."""
    return np.full(n, 1 / n) if rng.random() < 0.25 else np.asarray(rng.dirichlet(np.ones(n)))


def random_gapped(rng: np.random.Generator) -> Ingredients:
    """matrices up to 8 x 8 with sigma_2 / sigma_1 from 0.3 to 0.95, Gaussian starts

    Returns ``W`` (m, n), ``u0`` (m,) and, as built, the top singular vectors ``u1``, ``v1`` and values ``s1``,
    ``s2``. The gap makes a few hundred rounds of power iteration converge.
    """
    check_rng(rng)
    m, n = rng.integers(2, 9, 2)
    U, V = (np.linalg.qr(rng.standard_normal((k, k)))[0] for k in (m, n))
    k = min(m, n)
    s = 10 ** rng.uniform(-2, 2) * np.concatenate([[1.0], rng.uniform(0.3, 0.95) * np.sort(rng.random(k - 1))[::-1]])
    top = {"u1": U[:, 0], "v1": V[:, 0], "s1": float(s[0]), "s2": float(s[1])}
    return {"W": (U[:, :k] * s) @ V[:, :k].T, "u0": rng.standard_normal(m), **top}


def drifting_estimates(
    n: int, steps: int, rng: np.random.Generator, drift: float = 1e-3, warm: bool = True
) -> tuple[Vector, Matrix]:
    """One power iteration per step on a drifting Gaussian matrix: (the estimates, the last matrix).

    Every entry of the n x n matrix moves by drift * N(0, 1) between steps. With `warm` the vector u is kept from step
    to step, as a training loop keeps it; without, every step starts from a vector of ones.
    """
    check_rng(rng)
    n = count(n, "n", maximum=10_000)
    W = rng.standard_normal((n, n))
    ones = u = np.ones(n)
    estimates = np.empty(count(steps, "steps"))
    for t in range(steps):
        W = W + finite(drift, "drift") * rng.standard_normal((n, n)) * (t > 0)
        estimates[t], u, _ = power_step(W, u if warm else ones)
    return estimates, W
