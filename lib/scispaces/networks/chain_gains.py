"""What a chain of layers of different widths does to second moments, forwards and backwards: predicted and measured.

Convention: a layer has m inputs and n outputs, y = W x with W of shape (n, m), entries iid of mean 0 and variance t.
Gains are per COMPONENT: forward E[y_j^2] over the mean of E[x_i^2], which is m t; backward the same for the gradients,
which is n t. The gains of squared NORMS are n t forwards and m t backwards. In the code signals are rows, y = x W^T.

Source: 初始化方法中非方阵的维度平均策略思考 (kexue.fm/archives/8725); sampling, exact laws and other losses are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from scispaces._validate import as_array, check_rng, count, must_broadcast, one_of_names, positive, positive_int, room
from scispaces.linalg.random_matrices import random_weights
from scispaces.networks.dimension_means import Rule, as_rule, exact_mean

__all__ = [
    "LOSSES",
    "ChainGains",
    "ChainSample",
    "chain_gains",
    "exact_chain_gains",
    "layer_gains",
    "loss_backward_gain",
    "round_trip_cdf",
    "sample_chain",
]

Array = NDArray[np.float64]
LOSSES = ("linear", "cross_entropy", "square")


def layer_gains(m: ArrayLike, n: ArrayLike, t: ArrayLike) -> tuple[Array, Array]:
    """(forward, backward) = (m t, n t) of an m -> n layer with entries of variance t; positive, broadcasting.

    >>> forward, backward = layer_gains(32, 128, 1 / 80)
    >>> print(forward, backward)
    0.4 1.6
    """
    sizes = [as_array(v, name, real=True) for name, v in (("m", m), ("n", n), ("t", t))]
    for name, value in zip(("m", "n", "t"), sizes, strict=True):
        if (value <= 0).any():
            raise ValueError(f"{name} must be > 0, got {value.min()}")
    a, b, v = sizes
    must_broadcast(m=a, n=b, t=v)
    forward, backward = np.broadcast_arrays(a * v, b * v)
    return forward + 0.0, backward + 0.0


@dataclass(frozen=True)
class ChainGains:
    """Predicted gains of a linear chain of L layers: of each layer (L,), and the logarithm of their running product.

    log_forward (L + 1,): second moment of the signal at layer k over that at the input, k = 0..L.
    log_backward (L + 1,): second moment of the gradient at layer k over that at the output; its last entry is 0.
    """

    forward: Array
    backward: Array
    log_forward: Array
    log_backward: Array

    @property
    def total(self) -> tuple[float, float]:
        """(forward, backward) gain of the whole chain. Underflows to 0 where the logarithms do not."""
        return float(np.exp(self.log_forward[-1])), float(np.exp(self.log_backward[0]))


def chain_gains(dims: Sequence[float], rule: Rule) -> ChainGains:
    """Gains of the chain d_0 -> d_1 -> ... -> d_L whose layer k has variance 1 / A(d_{k-1}, d_k).

    dims: at least two positive widths (they need not be integers). rule: a name (see `dimension_means.MEANS`) or a
    function A(m, n). Logarithms are summed, so that a thousand layers neither overflow nor underflow.
    Raises ValueError on fewer than two widths, widths or means that are not positive, unknown names.
    """
    d = _widths(dims)
    mean = as_rule(rule)
    A = as_array([float(mean(float(a), float(b))) for a, b in pairwise(d)], "the means of rule")
    if (A <= 0).any():
        raise ValueError(f"the means of rule must be > 0, got {A.min()}")
    log_f, log_b = np.log(d[:-1]) - np.log(A), np.log(d[1:]) - np.log(A)
    return ChainGains(
        d[:-1] / A,
        d[1:] / A,
        np.concatenate([[0.0], np.cumsum(log_f)]),
        np.concatenate([np.cumsum(log_b[::-1])[::-1], [0.0]]),
    )


def exact_chain_gains(dims: Sequence[int], kind: str) -> tuple[Fraction, Fraction]:
    """(forward, backward) gain of a whole chain as exact fractions; `kind` as in `dimension_means.exact_mean`.

    The geometric rule is rational only where each product of neighbours is a square. Raises ValueError as `exact_mean`.

    >>> exact_chain_gains([768, 3072, 768], "arithmetic")
    (Fraction(16, 25), Fraction(16, 25))
    """
    widths = [count(d, "dims") for d in dims]
    if len(widths) < 2:
        raise ValueError(f"dims must hold at least two widths, got {len(widths)}")
    forward = backward = Fraction(1)
    for m, n in pairwise(widths):
        A = exact_mean(m, n, kind)
        forward, backward = forward * m / A, backward * n / A
    return forward, backward


@dataclass(frozen=True)
class ChainSample:
    """Measured second moments per component of `nets` random chains of L layers, shape (nets, L + 1).

    forward[:, k]: of the signal after layer k over that of the input. backward[:, k]: of the gradient there over that
    at the output.
    """

    forward: Array
    backward: Array

    def gains(self) -> dict[str, tuple[float, float]]:
        """Mean over the nets of the whole chain's gain, and its standard error, for "forward" and "backward"."""
        whole = {"forward": self.forward[:, -1], "backward": self.backward[:, 0]}
        return {way: (float(v.mean()), float(v.std(ddof=1) / np.sqrt(len(v)))) for way, v in whole.items()}


def sample_chain(
    rng: np.random.Generator,
    dims: Sequence[int],
    rule: Rule,
    activation: str | Sequence[str] = "linear",
    nets: int = 400,
    law: str = "normal",
) -> ChainSample:
    """Random chains of the widths `dims`, layer k of variance 1 / A(d_{k-1}, d_k), and what they do to second moments.

    Each net sees a Gaussian input of its own, and an independent Gaussian gradient at its output, which is sent back
    through the transposed weights and the derivatives of the activation. activation: "linear" or "relu", one word or
    one for each layer. law: an entry law of `random_matrices`. Work and draws: nets * sum of d_{k-1} d_k; at most
    4 million weights are held at once. Raises ValueError on bad widths, names, or nets < 2.
    """
    check_rng(rng)
    widths = [count(d, "dims") for d in dims]
    variances = [1 / positive(as_rule(rule)(m, n), "the mean of rule") for m, n in _layers(widths)]
    names = [activation] * len(variances) if isinstance(activation, str) else list(activation)
    if len(names) != len(variances):
        raise ValueError(f"activation must be one name or {len(variances)}, one for each layer, got {len(names)}")
    relu = [one_of_names(name, "activation", ("linear", "relu")) == "relu" for name in names]
    nets = count(nets, "nets", minimum=2)
    room("the weights of a net", sum(m * n for m, n in _layers(widths)))
    chunk = max(1, 4_000_000 // sum(m * n for m, n in _layers(widths)))
    parts = [
        _sample_chunk(rng, widths, variances, relu, min(chunk, nets - start), law) for start in range(0, nets, chunk)
    ]
    return ChainSample(*(np.concatenate(way) for way in zip(*parts, strict=True)))


def round_trip_cdf(v: ArrayLike, m: int, n: int, t: float, nodes: int = 200) -> Array:
    """P(|y|^2 / |x|^2 <= v) for y = V W x, Gaussian W (n, m), V (m, n) of variance t: the law t^2 chi2_n chi2_m.

    The distribution function of the one factor, averaged over quantiles of the other (Gauss-Legendre). v real.
    Raises ValueError on sizes < 1 or t <= 0.
    """
    v, t = as_array(v, "v", real=True), positive(t, "t")
    m, n = positive_int(m, "m"), positive_int(n, "n")
    u, w = np.polynomial.legendre.leggauss(count(nodes, "nodes", maximum=1000))
    factor = np.float64(t) ** 2 * chi2.ppf((u + 1) / 2, n)
    return np.sum(w / 2 * chi2.cdf(np.clip(v, 0, None)[..., None] / factor, m), axis=-1)


def loss_backward_gain(
    rng: np.random.Generator, m: int, n: int, t: float, loss: str, nets: int = 2000
) -> tuple[float, float]:
    """The backward gain of one m -> n layer under a loss, measured: (gain, standard error).

    E|d l / d x|^2 / m over E|delta|^2 / n with delta = d l / d y, over `nets` Gaussian W of variance t and x ~ N(0, I).
    "linear": l = <c, y> with one random c for each net, delta = c is independent of W and the gain is n t.
    "cross_entropy": softmax with a random label, delta = softmax(y) - onehot. "square": l = |y|^2 / 2, delta = y; the
    gain is t n (m + n + 1) / m. The standard error is that of a ratio of means. At most 4 million weights are held.
    Raises ValueError on sizes < 1, t <= 0, unknown losses, nets < 2.
    """
    check_rng(rng)
    m, n, t = positive_int(m, "m"), positive_int(n, "n"), positive(t, "t")
    one_of_names(loss, "loss", LOSSES)
    nets = count(nets, "nets", minimum=2)
    room("W", m, n)
    chunk = max(1, 4_000_000 // (m * n))
    squares = []
    for start in range(0, nets, chunk):
        k = min(chunk, nets - start)
        WT = random_weights(rng, m, n, var=t, batch=(k,))
        y = (rng.standard_normal((k, 1, m)) @ WT)[:, 0]
        delta = _loss_gradient(rng, y, loss)
        g = (WT @ delta[:, :, None])[:, :, 0]
        squares.append(np.stack([np.mean(g**2, axis=1), np.mean(delta**2, axis=1)]))
    top, bottom = np.concatenate(squares, axis=1)
    gain = top.mean() / bottom.mean()
    return float(gain), float(np.std(top - gain * bottom) / bottom.mean() / np.sqrt(nets))


def _loss_gradient(rng: np.random.Generator, y: Array, loss: str) -> Array:
    if loss == "linear":
        return rng.standard_normal(y.shape)
    if loss == "square":
        return y
    p = np.exp(y - y.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), rng.integers(0, y.shape[1], len(y))] -= 1
    return p


def _sample_chunk(
    rng: np.random.Generator, widths: list[int], variances: list[float], relu: list[bool], nets: int, law: str
) -> tuple[Array, Array]:
    h = rng.standard_normal((nets, 1, widths[0]))
    weights, masks, forward = [], [], [np.mean(h**2, axis=(1, 2))]
    for (m, n), t, cut in zip(_layers(widths), variances, relu, strict=True):
        WT = random_weights(rng, m, n, law=law, var=t, batch=(nets,))  # W^T, whose entries have the law of those of W
        y = h @ WT
        masks.append(y > 0 if cut else None)
        weights.append(WT)
        h = np.where(y > 0, y, 0.0) if cut else y
        forward.append(np.mean(h**2, axis=(1, 2)))
    g = rng.standard_normal((nets, widths[-1], 1))
    backward = [np.mean(g**2, axis=(1, 2))]
    for WT, mask in zip(weights[::-1], masks[::-1], strict=True):
        g = WT @ (g if mask is None else g * np.swapaxes(mask, 1, 2))
        backward.append(np.mean(g**2, axis=(1, 2)))
    f, b = np.stack(forward, axis=1), np.stack(backward[::-1], axis=1)
    return f / f[:, :1], b / b[:, -1:]


def _layers(widths: Sequence[Any]) -> list[tuple[Any, Any]]:
    if len(widths) < 2:
        raise ValueError(f"dims must hold at least two widths, got {len(widths)}")
    return list(pairwise(widths))


def _widths(dims: Sequence[float]) -> Array:
    d = as_array(dims, "dims", ndim=1, real=True)
    if len(d) < 2:
        raise ValueError(f"dims must hold at least two widths, got {len(d)}")
    if (d <= 0).any():
        raise ValueError(f"dims must be > 0, got {d.min()}")
    return d
