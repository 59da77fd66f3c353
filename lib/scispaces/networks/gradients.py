r"""Fully connected networks whose gradients are written out: one forward pass, one backward pass, no autodiff.

    h_1 = x,    z_{t+1} = W_t h_t + b_t,    h_{t+1} = g_t(z_{t+1})    (t = 1..l),    f = phi(h_{l+1})
    delta_t = df/dz_{t+1},    df/dW_t = delta_t h_t^T,    df/db_t = delta_t,    df/dx = W_1^T delta_1
    J_t = dh_t/dx,    J_1 = I,    J_{t+1} = diag(g_t'(z_{t+1})) W_t J_t

Vectors are columns on paper and last axes in code; every leading axis is a batch: of examples (x of shape (N, d_1)
under weights (m, n)), of networks (weights (B, m, n), x (B, d_1)), or both, as numpy broadcasts. The outer products
delta h^T are the gradients of ONE example; most questions about them (norms, inner products, their mean) are answered
from the factors, and the functions here do that.

`mlp_gradients` checks its input and is numpy. `backprop` is the same computation without the checks, for numpy or,
with ``xp=jnp``, for jax: it traces, and jax can differentiate through it once more.

Source of the factored norms: Goodfellow 2015 (arXiv 1510.01799).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from scispaces._validate import as_array, as_matrix
from scispaces.networks.activations import Activation, activations_of
from scispaces.networks.mlp import affine

__all__ = [
    "Gradients",
    "Output",
    "backprop",
    "cross_entropy_output",
    "gradient_gram",
    "layer_jacobians",
    "linear_output",
    "mean_parameter_gradient",
    "mlp_gradients",
    "parameter_gradients",
    "per_example_parameter_norm",
    "squared_output",
    "wave_output",
]

Array = Any  # a numpy or a jax array


class Output(NamedTuple):
    """The scalar function phi at the end of a network: `value` (h, xp) -> (...), `gradient` (h, xp) -> (..., d)."""

    value: Callable[[Array, Any], Array]
    gradient: Callable[[Array, Any], Array]


class Gradients(NamedTuple):
    """What one forward and one backward pass leave (l layers; leading batch axes broadcast).

    value: f (...); h: h_1..h_{l+1}, each (..., d_t); slope: g_t'(z_{t+1}), l entries (..., d_{t+1});
    delta: df/dz_{t+1}, l entries (..., d_{t+1}); grad_x: df/dx (..., d_1).
    """

    value: Array
    h: tuple[Array, ...]
    slope: tuple[Array, ...]
    delta: tuple[Array, ...]
    grad_x: Array


def linear_output(c: ArrayLike) -> Output:
    """phi(h) = <c, h>; c of shape (..., d): a logit, or any component."""
    c = as_array(c, "c", real=True)
    return Output(lambda h, xp: (c * h).sum(-1), lambda h, xp: xp.zeros_like(h) + c)


def wave_output(c: ArrayLike, curvature: float = 0.3) -> Output:
    """phi(h) = sin<c, h> + curvature |h|^2, a smooth function without symmetries, for tests; c of shape (..., d)."""
    c = as_array(c, "c", real=True)
    return Output(
        lambda h, xp: xp.sin((c * h).sum(-1)) + curvature * (h**2).sum(-1),
        lambda h, xp: xp.cos((c * h).sum(-1))[..., None] * c + 2 * curvature * h,
    )


def squared_output(y: ArrayLike) -> Output:
    """phi(h) = |h - y|^2 / 2, the regression loss of one example; y of shape (..., d)."""
    y = as_array(y, "y", real=True)
    return Output(lambda h, xp: 0.5 * ((h - y) ** 2).sum(-1), lambda h, xp: h - y)


def cross_entropy_output(labels: Any) -> Output:
    """phi(h) = -log softmax(h)_y, the classification loss of one example; labels y of shape (...), integers.

    The gradient is softmax(h) - e_y. Shifted by the largest logit, so that nothing overflows. Raises ValueError on
    labels that are no integers, and when they meet logits (..., k) of which they are not 0..k - 1 (traced labels of jax
    are not looked at).
    """
    if not _is_traced(labels) and (np.asarray(labels).dtype.kind not in "iu" or np.size(labels) == 0):
        raise ValueError(f"labels must be integers, got {np.asarray(labels).dtype} {np.shape(labels)}")

    def log_p(h: Array, xp: Any) -> Array:
        shifted = h - h.max(-1, keepdims=True)
        return shifted - xp.log(xp.exp(shifted).sum(-1, keepdims=True))

    def hot(h: Array, xp: Any) -> Array:
        if not _is_traced(labels) and not (0 <= np.min(labels) and np.max(labels) < h.shape[-1]):
            raise ValueError(f"labels must be in 0..{h.shape[-1] - 1}, got {np.min(labels)}..{np.max(labels)}")
        return xp.asarray(labels)[..., None] == xp.arange(h.shape[-1])

    return Output(
        lambda h, xp: -(log_p(h, xp) * hot(h, xp)).sum(-1),
        lambda h, xp: xp.exp(log_p(h, xp)) - hot(h, xp),
    )


def backprop(
    Ws: Sequence[Array],
    bs: Sequence[Array],
    x: Array,
    phi: Output,
    activation: str | Activation | Sequence[str | Activation] = "tanh",
    xp: Any = np,
) -> Gradients:
    """`mlp_gradients` without checks, for arrays of the namespace `xp` (numpy or jax.numpy). Jax can trace it."""
    h, slope = [x], []
    for W, b, g in zip(Ws, bs, activations_of(activation, len(Ws)), strict=True):
        z = affine(W, b, h[-1])
        h.append(g.value(z, xp))
        slope.append(g.slope(z, xp))
    back = phi.gradient(h[-1], xp)  # df/dh_{t+1}
    delta = []
    for W, s in zip(reversed(Ws), reversed(slope), strict=True):
        delta.append(s * back)
        back = _apply_transposed(W, delta[-1])
    return Gradients(phi.value(h[-1], xp), tuple(h), tuple(slope), tuple(reversed(delta)), back)


def mlp_gradients(
    Ws: Sequence[ArrayLike],
    bs: Sequence[ArrayLike],
    x: ArrayLike,
    phi: Output,
    activation: str | Activation | Sequence[str | Activation] = "tanh",
) -> Gradients:
    """Value and gradients of a network, one forward and one backward pass; see the head of this module.

    Arguments: Ws, l >= 1 matrices (..., d_{t+1}, d_t); bs, vectors (..., d_{t+1}); x (..., d_1); phi, the output
    function of one example (`linear_output`, `cross_entropy_output`, ... or your own `Output`); activation, one for
    all layers or one for each (a linear last layer: ``["tanh", "tanh", "linear"]``).
    Returns `Gradients`. Work: two matrix-vector products a layer and example.
    Raises ValueError: no layers, shapes that do not chain or broadcast, NaN, complex entries, unknown activations.

        >>> g = mlp_gradients([[[3.0, 4.0]]], [[0.0]], [2.0, 1.0], squared_output([9.0]), "linear")
        >>> float(g.delta[0][0]), g.grad_x.tolist()    # residual 10 - 9 = 1, times w
        (1.0, [3.0, 4.0])
    """
    mats = [as_matrix(W, f"W_{t}", batch=True, real=True) for t, W in enumerate(Ws, 1)]
    if not mats:
        raise ValueError("Ws must hold at least one matrix")
    if len(bs) != len(mats):
        raise ValueError(f"bs must have one vector for each of {len(mats)} matrices, got {len(bs)}")
    shifts = [as_array(b, f"b_{t}", real=True) for t, b in enumerate(bs, 1)]
    inputs = as_array(x, "x", real=True)
    if inputs.ndim < 1 or inputs.shape[-1] != mats[0].shape[-1]:
        raise ValueError(f"x must have shape (..., {mats[0].shape[-1]}) to enter W_1, got {inputs.shape}")
    for t, (W, V) in enumerate(pairwise(mats), 1):
        if W.shape[-2] != V.shape[-1]:
            raise ValueError(f"W_{t + 1} {V.shape} does not take the output of W_{t} {W.shape}")
    for t, (W, b) in enumerate(zip(mats, shifts, strict=True), 1):
        if b.ndim < 1 or b.shape[-1] != W.shape[-2]:
            raise ValueError(f"b_{t} must have shape (..., {W.shape[-2]}) to fit W_{t}, got {b.shape}")
    batches = [W.shape[:-2] for W in mats] + [b.shape[:-1] for b in shifts] + [inputs.shape[:-1]]
    try:
        np.broadcast_shapes(*batches)
    except ValueError:
        raise ValueError(f"the batch axes of Ws, bs and x must broadcast, got {batches}") from None
    return backprop(mats, shifts, inputs, phi, activation)


def layer_jacobians(Ws: Sequence[Array], g: Gradients) -> tuple[list[Array], list[Array]]:
    r"""The input Jacobians of the layers, ([J_1, ..., J_l], [W_1 J_1, ..., W_l J_l]).

    J_t = dh_t/dx of shape (..., d_t, d_1) and W_t J_t = dz_{t+1}/dx of shape (..., d_{t+1}, d_1). J_1 = I and, for
    weights without batch axes, W_1 J_1 are the same for every example: they come without batch axes.
    Work: O(sum_t d_{t+1} d_t d_1) an example, d_1 times that of `mlp_gradients`.
    """
    J: list[Array] = [np.eye(Ws[0].shape[-1])]
    A: list[Array] = [Ws[0]]
    for W, s in zip(Ws[1:], g.slope[:-1], strict=True):
        J.append(s[..., None] * A[-1])
        A.append(W @ J[-1])
    return J, A


def parameter_gradients(g: Gradients) -> list[tuple[Array, Array]]:
    """The gradients of each example, [(df/dW_t, df/db_t)]: outer products (..., d_{t+1}, d_t) and delta_t.

    The layout is that of W_t (denominator layout, what autodiff returns). Form them only where the matrices themselves
    are needed: `per_example_parameter_norm`, `gradient_gram` and `mean_parameter_gradient` do without.
    """
    return [(d[..., :, None] * h[..., None, :], d) for d, h in zip(g.delta, g.h[:-1], strict=True)]


def per_example_parameter_norm(delta: Sequence[Array], h: Sequence[Array], biases: bool = True) -> Array:
    r"""The squared norm of the whole parameter gradient of each example, sum_t |delta_t|^2 (1 + |h_t|^2), shape (...).

    delta: l entries (..., d_{t+1}); h: h_1..h_l (..., d_t) (the output h_{l+1} may follow, it is not used); biases:
    False drops the 1. Exact, and O(sum d_t) an example once the passes are done. Works on numpy and jax arrays.
    Raises ValueError when there are fewer h than delta. Source: Goodfellow 2015.
    """
    if len(h) not in (len(delta), len(delta) + 1):
        raise ValueError(f"{len(delta)} layers want {len(delta)} or {len(delta) + 1} activations, got {len(h)}")
    one = 1.0 if biases else 0.0
    return sum((d**2).sum(-1) * (one + (v**2).sum(-1)) for d, v in zip(delta, h, strict=False))


def gradient_gram(g: Gradients, biases: bool = True) -> Array:
    r"""Inner products of the parameter gradients of N examples: K_ij = sum_t <delta_i, delta_j> (1 + <h_i, h_j>).

    The network must be one (weights without batch axes) and x of shape (N, d_1). Returns (N, N), symmetric positive
    semidefinite; its diagonal is `per_example_parameter_norm`, its mean the squared norm of the mean gradient. This is
    the tangent kernel of f. O(N^2 sum d_t) instead of O(N^2 sum d_t d_{t+1}).
    """
    one = 1.0 if biases else 0.0
    return sum((d @ d.T) * (one + v @ v.T) for d, v in zip(g.delta, g.h[:-1], strict=True))


def mean_parameter_gradient(g: Gradients) -> list[tuple[Array, Array]]:
    """The gradient of the mean of f over N examples, [(dW_t, db_t)], without forming the N outer products."""
    n = g.grad_x.shape[0]
    return [(d.T @ h / n, d.sum(0) / n) for d, h in zip(g.delta, g.h[:-1], strict=True)]


def _is_traced(labels: Any) -> bool:
    """Whether jax holds the place of a value here: there is nothing to look at yet."""
    return any(kind.__name__ == "Tracer" for kind in type(labels).__mro__)


def _apply_transposed(W: Array, d: Array) -> Array:
    return d @ W if W.ndim == 2 else (d[..., None, :] @ W)[..., 0, :]
