r"""Noise-contrastive estimation of unnormalised densities, and negative sampling of word pairs.

    s = <eta, phi(x)> - log(nu U(x)),      L(eta) = -E_data log sigma(s) - nu E_U log sigma(-s)

The model is log p(x) = <eta, phi(x)>, not normalised: with a feature -1 its coefficient gamma becomes log Z. The
source form (logit G - gamma, no noise density in it) is the call with `log_u` zero and nu = 1.

    negative sampling:  sum_ij [N_ij log sigma(x_ij) + k N_i u_j log sigma(-x_ij)],   N_i = sum_j N_ij

All functions are pure and take arrays; leading axes are batches where it says (..., n).
Sources: Gutmann, Hyvarinen 2012 (JMLR 13); Levy, Goldberg 2014 (NIPS 27).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_expit

from scispaces._validate import as_array, count, finite, positive
from scispaces.probability.divergences import js_divergence

__all__ = ["nce_asymptotic_cov", "nce_fit", "nce_floor", "nce_loss", "pmi", "sgns_optimum"]

Array = NDArray[np.float64]


def _weights(w: ArrayLike | None, like: Array, name: str) -> Array:
    if w is None:
        return np.full(like.shape, 1 / like.shape[-1])
    found = as_array(w, name, real=True)
    if found.min() < 0 or found.shape[-1:] != like.shape[-1:] or found.ndim > like.ndim:
        raise ValueError(f"{name} must be >= 0 with {like.shape[-1]} entries in its last axis, got {found.shape}")
    total = found.sum(axis=-1, keepdims=True)
    if np.any(np.abs(total - 1) > 1e-8):
        raise ValueError(f"{name} must sum to 1 along its last axis")
    try:
        return np.broadcast_to(found, like.shape)
    except ValueError:
        raise ValueError(f"{name} must broadcast to {like.shape}, got {found.shape}") from None


def nce_loss(
    s_data: ArrayLike,
    s_noise: ArrayLike,
    nu: float = 1.0,
    w_data: ArrayLike | None = None,
    w_noise: ArrayLike | None = None,
) -> Array:
    """L = -sum w_data log sigma(s_data) - nu sum w_noise log sigma(-s_noise), shape (...); logits (..., n), (..., m).

    The weights are laws on the points, 1/n and 1/m by default; on a finite alphabet they are p and U.
    Raises ValueError on bad shapes, weights that are no laws, nu <= 0.

    >>> float(nce_loss([0.0], [0.0])) == 2*np.log(2)
    True
    """
    s, t = as_array(s_data, "s_data", real=True), as_array(s_noise, "s_noise", real=True)
    if s.ndim < 1 or t.ndim < 1:
        raise ValueError("s_data and s_noise must have one axis of points at least")
    w, v = _weights(w_data, s, "w_data"), _weights(w_noise, t, "w_noise")
    data, noise = np.sum(w * log_expit(s), axis=-1), np.sum(v * log_expit(-t), axis=-1)
    if data.shape != noise.shape:
        raise ValueError(f"s_data and s_noise must have the same leading axes, got {s.shape} and {t.shape}")
    return np.asarray(-data - positive(nu, "nu") * noise)


def nce_floor(p: ArrayLike, u: ArrayLike) -> float:
    """The least value 2 log 2 - 2 JSD(p, u) of the loss with as many noise as data points, over all logits.

    Laws p, u (K,). Raises ValueError as `js_divergence`.

    >>> nce_floor([1.0, 0.0], [0.0, 1.0])
    0.0
    """
    return max(float(2 * np.log(2) - 2 * js_divergence(p, u)), 0.0)


def nce_fit(
    phi_data: ArrayLike,
    phi_noise: ArrayLike,
    log_u_data: ArrayLike = 0.0,
    log_u_noise: ArrayLike = 0.0,
    nu: float = 1.0,
    w_data: ArrayLike | None = None,
    w_noise: ArrayLike | None = None,
    steps: int = 60,
) -> Array:
    """The minimiser eta (..., d) of the NCE loss for log p = <eta, phi>, by Newton with step halving.

    phi_data (..., n, d), phi_noise (..., m, d): features with the constant -1 for the normaliser. log_u (..., n):
    log noise density at the points. Features are scaled to unit mean square inside. Peer: a logistic regression with
    offset -log(nu U). Raises ValueError where there is no unique finite optimum (separable or dependent features), and
    on bad shapes.
    """
    sides = []
    for phi, log_u, w, name in ((phi_data, log_u_data, w_data, "data"), (phi_noise, log_u_noise, w_noise, "noise")):
        phi, log_u = as_array(phi, f"phi_{name}", real=True), as_array(log_u, f"log_u_{name}", real=True)
        if phi.ndim < 2:
            raise ValueError(f"phi_{name} must have shape (..., n, d), got {phi.shape}")
        try:
            log_u = np.broadcast_to(log_u, phi.shape[:-1])
        except ValueError:
            raise ValueError(f"log_u_{name} must broadcast to {phi.shape[:-1]}, got {log_u.shape}") from None
        sides.append((phi, log_u, _weights(w, log_u, f"w_{name}")))
    (a, la, wa), (b, lb, wb) = sides
    if a.shape[:-2] != b.shape[:-2] or a.shape[-1] != b.shape[-1]:
        raise ValueError(f"phi_data and phi_noise must differ in the number of points only, got {a.shape}, {b.shape}")
    nu, steps = positive(nu, "nu"), count(steps, "steps", maximum=1000)
    phi = np.concatenate([a, b], axis=-2)
    largest = np.abs(phi).max(axis=-2, keepdims=True)
    unit = np.where(largest > 0, largest, 1.0)
    unit = unit * np.maximum(np.sqrt(np.mean((phi / unit) ** 2, axis=-2, keepdims=True)), 1e-8)
    with np.errstate(over="ignore"):
        sign = np.concatenate([np.ones_like(la), -np.ones_like(lb)], axis=-1)
        weight = np.concatenate([wa, nu * wb], axis=-1)
        offset = -np.log(nu) - np.concatenate([la, lb], axis=-1)
    eta = _newton(phi / unit, sign, weight, offset, steps)
    return np.asarray(eta / unit[..., 0, :])


def _newton(phi: Array, sign: Array, weight: Array, offset: Array, steps: int) -> Array:
    """argmin over eta of -sum weight log sigma(sign (phi eta + offset)); phi (..., n, d), the others (..., n)."""

    def loss(eta: Array) -> Array:
        return -np.sum(weight * log_expit(sign * ((phi @ eta[..., None])[..., 0] + offset)), axis=-1)

    eta = np.zeros((*phi.shape[:-2], phi.shape[-1]))
    level = loss(eta)
    for _ in range(steps):
        h = expit((phi @ eta[..., None])[..., 0] + offset)
        slope = np.einsum("...n,...nd->...d", weight * (h - (sign > 0)), phi)
        scaled = phi * (weight * h * (1 - h))[..., None]
        hessian = np.swapaxes(scaled, -1, -2) @ phi
        try:
            step = np.linalg.solve(hessian, slope[..., None])[..., 0]
        except np.linalg.LinAlgError:
            break
        if not np.all(np.isfinite(step)):
            break
        if np.all(np.abs(step) <= 1e-9 * (1 + np.abs(eta))):
            return np.asarray(eta - step)
        for _ in range(40):
            new = loss(eta - step)
            worse = new > level + 1e-12 * (1 + np.abs(level))
            if not worse.any():
                break
            step = np.where(worse[..., None], step / 2, step)
        eta, level = eta - step, new
    raise ValueError("no unique finite optimum was found: separable data, dependent features or too few steps")


def nce_asymptotic_cov(g: ArrayLike, p: ArrayLike, u: ArrayLike, nu: float, weights: ArrayLike | None = None) -> Array:
    """Sigma = I^-1 - (1 + 1/nu) I^-1 m m^T I^-1 (d, d): n times the covariance of eta for n data, nu n noise points.

    I = sum w p W g g^T, m = sum w p W g, W = nu U/(p + nu U). g (n, d): gradient of the log model, -1 for gamma;
    p, u (n,): the true and the noise density at the nodes; weights (n,): of the quadrature, 1 by default.
    Raises ValueError on bad shapes, negative densities, and where I is singular. Source: Gutmann, Hyvarinen 2012.
    """
    g = as_array(g, "g", ndim=2, real=True)
    values = []
    for x, name in ((p, "p"), (u, "u"), (np.ones(len(g)) if weights is None else weights, "weights")):
        x = as_array(x, name, shape=(len(g),), real=True)
        if x.min() < 0:
            raise ValueError(f"{name} must be >= 0, got a minimum of {x.min():g}")
        values.append(x)
    p_, u_, w = values
    nu = positive(nu, "nu")
    below = p_ / nu + u_
    share = np.divide(u_, below, out=np.zeros_like(u_), where=below > 0)
    pull = g * (w * p_ * share)[:, None]
    with np.errstate(over="ignore", invalid="ignore"):
        information, mean = as_array(pull.T @ g, "the information"), pull.sum(axis=0)
    try:
        inverse = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        raise ValueError("the information matrix is singular: the noise does not reach, or g is dependent") from None
    far = inverse @ mean
    return np.asarray(inverse - (1 + 1 / nu) * np.outer(far, far))


def _counts(N: ArrayLike) -> Array:
    N = as_array(N, "N", ndim=2, real=True)
    if N.min() < 0 or (N.sum(axis=0) == 0).any() or (N.sum(axis=1) == 0).any():
        raise ValueError("N must be >= 0 without an empty row or column")
    return N / N.max()


def pmi(N: ArrayLike) -> Array:
    """log(N_ij D/(N_i. N_.j)) for counts N (V, W), D their sum; -inf where N_ij = 0.

    Raises ValueError on negative counts and empty rows or columns.

    >>> pmi([[1.0, 2.0], [2.0, 4.0]]).round(12).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    N = _counts(N)
    with np.errstate(divide="ignore"):
        logs = np.log(N)
    return logs + np.log(N.sum()) - np.log(N.sum(axis=1, keepdims=True)) - np.log(N.sum(axis=0))


def sgns_optimum(N: ArrayLike, k: float, exponent: float = 1.0) -> Array:
    """The best table x_ij = log(p(j|i)/u_j) - log k of negative sampling, noise u_j in proportion to N_.j^exponent.

    Counts N (V, W), k > 0 negatives a pair; exponent 1: pmi(N) - log k; 0: log p(j|i) + log W - log k. -inf where
    N_ij = 0. Raises ValueError as `pmi`, and for k <= 0.
    """
    exponent, columns = finite(exponent, "exponent", -100.0, 100.0), np.log(_counts(N).sum(axis=0))
    noise = exponent * columns
    noise = noise - np.log(np.exp(noise - noise.max()).sum()) - noise.max()
    own = columns - np.log(np.exp(columns).sum())
    return pmi(N) + own - noise - np.log(positive(k, "k"))
