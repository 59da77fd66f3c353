r"""Two finite variables and two ways to build their joint law: data with an encoder, a prior with a decoder.

    p(x, z) = px(x) pzx(z|x)        q(x, z) = qz(z) qxz(x|z)
    KL(p(x, z) | q(x, z)) = distortion + rate - H,    rate = KL(pzx | qz),  distortion = E[-log qxz]

Tables: px (..., n), pzx (..., n, m) with a row for each x, qz (..., m), qxz (..., m, n) with a row for each z; each row
sums to 1; axes in front are batches and broadcast. 0 log 0 = 0; a divergence is inf where its second law lacks support.
All in nats.

Source: Alemi, Poole, Fischer, Dillon, Saurous, Murphy 2018 (arXiv 1711.00464).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr, rel_entr, xlogy

from scispaces._validate import as_array, count

__all__ = [
    "bernoulli_mixture_em",
    "bhattacharyya",
    "bhattacharyya_normal",
    "distortion",
    "entropy",
    "evidence",
    "joint_kl",
    "mutual_information",
    "posterior",
    "rate",
]

Array = NDArray[np.float64]


def _law(p: ArrayLike, name: str, axes: int = 1) -> Array:
    """Rows that are laws: entries >= 0 with sum 1 on the last axis."""
    law = as_array(p, name, real=True)
    if law.ndim < axes:
        raise ValueError(f"{name} must have at least {axes} axes, got shape {law.shape}")
    if law.min() < 0 or np.abs(law.sum(axis=-1) - 1).max() > 1e-9:
        raise ValueError(f"{name} must have rows >= 0 that sum to 1")
    return law


def _fit(**sizes: tuple[int, int]) -> None:
    for names, (a, b) in sizes.items():
        if a != b:
            raise ValueError(f"{names.replace('_', ' and ')} must fit, got lengths {a} and {b}")


def entropy(px: ArrayLike) -> Any:
    """H = -sum px log px >= 0, (..., n) -> (...,)."""
    return np.sum(entr(_law(px, "px")), axis=-1)


def rate(px: ArrayLike, pzx: ArrayLike, qz: ArrayLike) -> Any:
    """E_x KL(pzx(.|x) | qz): what the code costs under the prior. Raises ValueError on rows that are no laws."""
    px, pzx, qz = _law(px, "px"), _law(pzx, "pzx", 2), _law(qz, "qz")
    _fit(px_pzx=(px.shape[-1], pzx.shape[-2]), pzx_qz=(pzx.shape[-1], qz.shape[-1]))
    divergence = np.sum(rel_entr(pzx, qz[..., None, :]), axis=-1)
    return np.sum(np.where(px > 0, px * np.where(px > 0, divergence, 0.0), 0.0), axis=-1)


def distortion(px: ArrayLike, pzx: ArrayLike, qxz: ArrayLike) -> Any:
    """E_{p(x, z)}[-log qxz(x|z)]: what the reconstruction costs. Raises ValueError on rows that are no laws."""
    px, pzx, qxz = _law(px, "px"), _law(pzx, "pzx", 2), _law(qxz, "qxz", 2)
    _fit(
        px_pzx=(px.shape[-1], pzx.shape[-2]),
        pzx_qxz=(pzx.shape[-1], qxz.shape[-2]),
        px_qxz=(px.shape[-1], qxz.shape[-1]),
    )
    return -np.sum(xlogy(px[..., None] * pzx, np.swapaxes(qxz, -1, -2)), axis=(-2, -1))


def joint_kl(px: ArrayLike, pzx: ArrayLike, qz: ArrayLike, qxz: ArrayLike) -> Any:
    """KL(p(x, z) | q(x, z)) straight from the two tables of products."""
    px, pzx, qz, qxz = _law(px, "px"), _law(pzx, "pzx", 2), _law(qz, "qz"), _law(qxz, "qxz", 2)
    _fit(px_pzx=(px.shape[-1], pzx.shape[-2]), pzx_qz=(pzx.shape[-1], qz.shape[-1]))
    _fit(qz_qxz=(qz.shape[-1], qxz.shape[-2]), px_qxz=(px.shape[-1], qxz.shape[-1]))
    return np.sum(rel_entr(px[..., None] * pzx, np.swapaxes(qz[..., None] * qxz, -1, -2)), axis=(-2, -1))


def mutual_information(px: ArrayLike, pzx: ArrayLike) -> Any:
    """I(x; z) = E_x KL(pzx(.|x) | p(z)) with the aggregate p(z) = E_x pzx(z|x)."""
    px, pzx = _law(px, "px"), _law(pzx, "pzx", 2)
    _fit(px_pzx=(px.shape[-1], pzx.shape[-2]))
    aggregate = np.einsum("...x,...xz->...z", px, pzx)
    return np.sum(rel_entr(px[..., None] * pzx, px[..., None] * aggregate[..., None, :]), axis=(-2, -1))


def evidence(qz: ArrayLike, qxz: ArrayLike) -> Any:
    """q(x) = sum_z qz(z) qxz(x|z), (..., n)."""
    qz, qxz = _law(qz, "qz"), _law(qxz, "qxz", 2)
    _fit(qz_qxz=(qz.shape[-1], qxz.shape[-2]))
    return np.einsum("...z,...zx->...x", qz, qxz)


def posterior(qz: ArrayLike, qxz: ArrayLike) -> Any:
    """q(z|x), (..., n, m), by Bayes' rule; the prior where q(x) = 0."""
    joint = np.swapaxes(_law(qz, "qz")[..., None] * _law(qxz, "qxz", 2), -1, -2)
    total = evidence(qz, qxz)[..., None]
    prior = np.broadcast_to(np.asarray(qz, float)[..., None, :], joint.shape)
    return np.where(total > 0, joint / np.where(total > 0, total, 1.0), prior)


def bhattacharyya(p: ArrayLike, q: ArrayLike) -> Any:
    """-log sum sqrt(p q) >= 0, (..., n) -> (...,); inf for laws without a value in common."""
    p, q = _law(p, "p"), _law(q, "q")
    _fit(p_q=(p.shape[-1], q.shape[-1]))
    with np.errstate(divide="ignore"):
        return np.maximum(-np.log(np.sum(np.sqrt(p) * np.sqrt(q), axis=-1)), 0.0)


def bhattacharyya_normal(m1: Any, s1: Any, m2: Any, s2: Any) -> Any:
    """For N(m1, s1^2) and N(m2, s2^2): (m1 - m2)^2 / (4 (s1^2 + s2^2)) + 1/2 log((s1^2 + s2^2) / (2 s1 s2))."""
    m1, s1, m2, s2 = (
        as_array(a, n, real=True) for a, n in zip((m1, s1, m2, s2), ("m1", "s1", "m2", "s2"), strict=True)
    )
    if min(s1.min(), s2.min()) <= 0:
        raise ValueError("s1 and s2 must be > 0")
    ratio = np.exp(-np.abs(np.log(s1) - np.log(s2)))
    with np.errstate(over="ignore"):
        return ((m1 - m2) / np.hypot(s1, s2)) ** 2 / 4 + np.log((1 + ratio**2) / (2 * ratio)) / 2


def bernoulli_mixture_em(px: ArrayLike, pzx: ArrayLike, steps: int) -> Array:
    """The loss along coordinate descent: best prior and best factorised Bernoulli decoder, then best encoder.

    px (2^b,): a law of b bits, the first bit the most significant; pzx (2^b, m): the encoder to start from. The decoder
    is prod_k rho_k^x_k (1 - rho_k)^(1 - x_k). Returns the loss distortion + rate after each of 2 x `steps` half steps.
    Raises ValueError unless the length of px is a power of 2.
    """
    data, enc = _law(px, "px"), _law(pzx, "pzx", 2)
    bits = len(data).bit_length() - 1
    if data.ndim != 1 or enc.ndim != 2 or len(data) != 2**bits or bits < 1:
        raise ValueError(f"px must be one law of 2^b values, got shape {data.shape}")
    _fit(px_pzx=(len(data), len(enc)))
    x = (np.arange(len(data))[:, None] >> np.arange(bits)[::-1] & 1).astype(float)
    losses = []
    for _ in range(count(steps, "steps")):
        joint = data[:, None] * enc
        qz = joint.sum(axis=0)
        rho = (joint / np.where(qz > 0, qz, 1.0)).T @ x
        qxz = np.prod(np.where(x[None] > 0, rho[:, None], 1 - rho[:, None]), axis=-1)
        qxz = qxz / qxz.sum(axis=1, keepdims=True)
        losses.append(distortion(data, enc, qxz) + rate(data, enc, qz))
        enc = posterior(qz, qxz)
        losses.append(distortion(data, enc, qxz) + rate(data, enc, qz))
    return np.array(losses)
