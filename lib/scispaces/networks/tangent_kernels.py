r"""Tangent kernels, and what they add up to along a training path.

    K_theta(x, x') = <grad f_theta(x), grad f_theta(x')>,    alpha_i = -d l(y_i, z)/dz at z = f_theta(x_i)
    gradient descent:  c_i(x) = eta sum_k alpha_{k,i} K_k(x, x_i),    K(x, x_i) = eta sum_k K_k(x, x_i)
    f_T(x) - f_0(x) = sum_i c_i(x) + O(eta);     exactly with the kernel averaged over each step's segment

The network of `path_kernel_run` has one hidden tanh layer, f(x) = v . tanh(W x + b) / sqrt(m) + c. Its kernel needs no
Jacobian: with A = tanh(.), D = (1 - A^2) v / sqrt(m),

    K(x, x') = (D(x) . D(x')) (1 + x . x') + A(x) . A(x') / m + 1.

Source: Domingos 2020 (arXiv 2012.00152); Jacot, Gabriel, Hongler 2018 (arXiv 1806.07572); Bell et al. 2023
(arXiv 2308.00824).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from scispaces._validate import as_array, as_matrix, check_rng, count, one_of_names, positive, positive_int

__all__ = [
    "PathKernel",
    "TanhNet",
    "init_tanh_net",
    "linear_flow_predict",
    "loss_alpha",
    "path_kernel_run",
    "tanh_net",
    "tanh_net_gradient",
    "tanh_net_kernel",
]

Array = NDArray[np.float64]
LOSSES = ("squared", "logistic", "hinge")


class TanhNet(NamedTuple):
    """f(x) = v . tanh(W x + b) / sqrt(m) + c: W (m, d), b (m,), v (m,), c a number."""

    W: Array
    b: Array
    v: Array
    c: float


class PathKernel(NamedTuple):
    """What `path_kernel_run` leaves, for q queries and n training points.

    net: at the end. f0, fT (q,): outputs at the start and, by a forward pass of its own, at the end. contributions
    (q, n): c_i(x). path_kernel (q, n). alpha_min, alpha_max (n,): the range of alpha_i on the way.
    """

    net: TanhNet
    f0: Array
    fT: Array
    contributions: Array
    path_kernel: Array
    alpha_min: Array
    alpha_max: Array


def init_tanh_net(rng: np.random.Generator, inputs: int, width: int, gain: float = 1.0) -> TanhNet:
    """Weights W of variance gain / inputs, v of variance 1, biases 0. Raises ValueError on sizes below 1, gain <= 0."""
    check_rng(rng)
    d, m = count(inputs, "inputs", maximum=100_000), count(width, "width", maximum=100_000)
    W = np.sqrt(positive(gain, "gain") / d) * rng.standard_normal((m, d))
    return TanhNet(W, np.zeros(m), rng.standard_normal(m), 0.0)


def _points(x: ArrayLike, net: TanhNet, name: str = "x") -> Array:
    return as_array(x, name, shape=(None, net.W.shape[1]), real=True)


def tanh_net(net: TanhNet, x: ArrayLike) -> Array:
    """Outputs (n,) at the points x (n, d)."""
    return np.tanh(_points(x, net) @ net.W.T + net.b) @ net.v / np.sqrt(len(net.v)) + net.c


def _layers(net: TanhNet, x: Array) -> tuple[Array, Array]:
    A = np.tanh(x @ net.W.T + net.b)
    return A, (1 - A**2) * (net.v / np.sqrt(len(net.v)))


def tanh_net_gradient(net: TanhNet, x: ArrayLike) -> Array:
    """The gradient by all parameters in the order W, b, v, c, one point a row: (n, m d + 2 m + 1)."""
    x = _points(x, net)
    A, D = _layers(net, x)
    by_W = (D[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    return np.concatenate([by_W, D, A / np.sqrt(len(net.v)), np.ones((len(x), 1))], axis=1)


def _between(net: TanhNet, new: TanhNet, s: float) -> TanhNet:
    """The network at the share s of the segment from `net` to `new`."""
    W, b, v = (a + s * (e - a) for a, e in ((net.W, new.W), (net.b, new.b), (net.v, new.v)))
    return TanhNet(W, b, v, net.c + s * (new.c - net.c))


def _kernel(A: Array, D: Array, x: Array, B: Array, E: Array, z: Array) -> Array:
    return (D @ E.T) * (1 + x @ z.T) + A @ B.T / A.shape[1] + 1


def tanh_net_kernel(net: TanhNet, x: ArrayLike, z: ArrayLike) -> Array:
    """K(x_i, z_j), shape (n, k), for points x (n, d) and z (k, d): O(n k (m + d)), without Jacobians."""
    x, z = _points(x, net), _points(z, net, "z")
    return _kernel(*_layers(net, x), x, *_layers(net, z), z)


def loss_alpha(loss: str, y: ArrayLike, f: ArrayLike) -> Array:
    """alpha = -d l(y, z)/dz at z = f, entry by entry.

    "squared" (y - z)^2 / 2: y - f.  "logistic" log(1 + e^z) - y z, y in {0, 1}: y - sigma(f).
    "hinge" max(0, 1 - y z), y = +-1: y where y f < 1, else 0. Raises ValueError on an unknown loss and bad shapes.

    >>> loss_alpha("logistic", [1.0, 0.0], [0.0, 0.0])
    array([ 0.5, -0.5])
    """
    loss = one_of_names(loss, "loss", LOSSES)
    y, f = as_array(y, "y", real=True), as_array(f, "f", real=True)
    if y.shape != f.shape:
        raise ValueError(f"y and f must have the same shape, got {y.shape} and {f.shape}")
    if loss == "squared":
        return y - f
    return y - expit(f) if loss == "logistic" else np.where(y * f < 1, y, 0.0)


def path_kernel_run(
    net: TanhNet,
    x: ArrayLike,
    y: ArrayLike,
    queries: ArrayLike,
    eta: float,
    steps: int,
    loss: str = "squared",
    *,
    batch: int | None = None,
    rng: np.random.Generator | None = None,
    segments: int = 0,
    repeats: int = 1,
) -> PathKernel:
    """Train by gradient descent on sum_i l(y_i, f(x_i)), adding up contributions at the queries on the way.

    x (n, d), y (n,), queries (q, d). eta > 0: of the SUM; divide by n for the mean. batch: each step uses so many
    examples, drawn without replacement by `rng`, with the weight n / batch. segments: 0 takes the kernel at the start
    of each step (error O(eta)); k > 0 averages it over the segment by k Gauss-Legendre nodes (then the sum is exact
    up to quadrature, and not symmetric any more).
    repeats: how many steps use the same batch (the finer steps of a coarser run).
    Raises ValueError on bad shapes, eta <= 0, a batch without rng, and where training leaves the finite numbers.
    """
    x, q = _points(x, net), _points(queries, net, "queries")
    y = as_array(y, "y", shape=(len(x),), real=True)
    loss, eta, n = one_of_names(loss, "loss", LOSSES), positive(eta, "eta"), len(x)
    if batch is not None:
        batch = positive_int(batch, "batch", maximum=n)
        check_rng(rng)
    repeats, some = count(repeats, "repeats"), np.arange(0)
    segments = positive_int(segments, "segments", minimum=0, maximum=64)
    nodes, weights = np.polynomial.legendre.leggauss(max(segments, 1))
    root, f0 = np.sqrt(len(net.v)), tanh_net(net, q)
    added, total = np.zeros((len(q), n)), np.zeros((len(q), n))
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(count(steps, "steps")):
            A, D = _layers(net, x)
            f = A @ net.v / root + net.c
            if not np.isfinite(f).all():
                raise ValueError(f"eta must be small enough to train, got {eta:g}: outputs are infinite")
            alpha = loss_alpha(loss, y, f)
            low, high = np.minimum(low, alpha), np.maximum(high, alpha)
            used = alpha
            if batch is not None:
                assert rng is not None
                used = np.zeros(n)
                if step % repeats == 0:
                    some = rng.choice(n, batch, replace=False)
                used[some] = n / batch * alpha[some]
            new = TanhNet(
                net.W + eta * (used[:, None] * D).T @ x,
                net.b + eta * used @ D,
                net.v + eta * used @ A / root,
                net.c + eta * float(used.sum()),
            )
            if segments == 0:
                K = _kernel(*_layers(net, q), q, A, D, x)
            else:
                K = np.zeros((len(q), n))
                for node, weight in zip(nodes, weights, strict=True):
                    s = (1 + node) / 2
                    mid = _between(net, new, s)
                    K += weight / 2 * _kernel(*_layers(mid, q), q, A, D, x)
            added += eta * used * K
            total += eta * K
            net = new
    return PathKernel(net, f0, tanh_net(net, q), added, total, low, high)


def linear_flow_predict(
    k: ArrayLike, K: ArrayLike, y: ArrayLike, f0: ArrayLike, f0_train: ArrayLike, t: float
) -> Array:
    r"""Outputs at time t of the flow of half the squared error of a model that is linear in its parameters.

        f_t(x) = f_0(x) + k(x)^T phi(K t) (y - f_0(X)),    phi(K t) = int_0^t e^{-K s} ds  (for singular K too)

    k (q, n): kernel of the queries and the training points. K (n, n): their Gram matrix. y, f0_train (n,), f0 (q,).
    By eigenvalues: phi = (1 - e^{-lam t})/lam, and t at lam = 0. Raises ValueError on bad shapes, t < 0, K that is not
    symmetric.
    """
    K = as_matrix(K, "K", square=True, real=True)
    k = as_array(k, "k", shape=(None, len(K)), real=True)
    y, start = (as_array(v, name, shape=(len(K),), real=True) for v, name in ((y, "y"), (f0_train, "f0_train")))
    f0 = as_array(f0, "f0", shape=(len(k),), real=True)
    if not np.allclose(K, K.T, rtol=1e-9, atol=1e-12 * float(np.abs(K).max())):
        raise ValueError("K must be symmetric")
    t = float(as_array(t, "t", ndim=0, real=True))
    if t < 0:
        raise ValueError(f"t must be >= 0, got {t:g}")
    values, vectors = np.linalg.eigh(K)
    flat = np.abs(values) <= 1e-14 * np.abs(values).max()
    with np.errstate(over="ignore"):
        phi = np.where(flat, t, -np.expm1(-values * t) / np.where(flat, 1.0, values))
    return f0 + k @ (vectors * phi) @ (vectors.T @ (y - start))
