"""Lipschitz constants of networks: what bounds them from above, what measures them from below.

Upper bounds: `lipschitz_product_bound` (spectral norms), `frobenius_bound` (weaker, free), `conv_operator_norm` and
`conv_reshaped_bound` for convolutions. Lower bounds: the largest of `relu_jacobians` over a
sample, never "the Lipschitz constant".
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, as_matrix, count, finite, positive, positive_int, room
from scispaces.networks.activations import activations_of
from scispaces.networks.mlp import mlp
from scispaces.networks.piecewise_linear import affine_pieces

__all__ = [
    "certified_radius",
    "conv_matrix",
    "conv_operator_norm",
    "conv_reshaped_bound",
    "flip_margin",
    "frobenius_bound",
    "lipschitz_product_bound",
    "relu_jacobians",
]

Matrix = NDArray[np.float64]


def lipschitz_product_bound(
    Ws: Sequence[ArrayLike], activation_constants: Sequence[float | str] | None = None
) -> float:
    r"""Upper bound of the Lipschitz constant of a network, prod_l a_l |W_l|_2, a float.

    Arguments: Ws, the weight matrices, each (n_l, n_{l-1}), first layer first; activation_constants, the Lipschitz
    constants a_l of the activation after each layer, numbers >= 0 or names of activations (default: all 1).
    Biases do not matter. Exact norms (SVD). The bound is attained by a linear network whose consecutive top singular
    vectors are aligned (`instances.layers.aligned_linear_net`), and usually far from attained after training.
    Raises ValueError: no matrices, shapes that do not chain, another number of constants, unknown names.

        >>> lipschitz_product_bound([[[3.0, 0.0], [0.0, 1.0]], [[0.0, 2.0]]], ["sigmoid", 1.0])
        1.5
    """
    Ws = _chain(Ws)
    constants = [1.0] * len(Ws) if activation_constants is None else [_constant(a) for a in activation_constants]
    if len(constants) != len(Ws):
        raise ValueError(f"activation_constants must have one entry per matrix, {len(Ws)}, got {len(constants)}")
    return prod(a * float(np.linalg.norm(W, 2)) for a, W in zip(constants, Ws, strict=True))


def frobenius_bound(Ws: Sequence[ArrayLike]) -> float:
    r"""The cheap upper bound prod_l |W_l|_F >= prod_l |W_l|_2; arguments and errors as `lipschitz_product_bound`.

    >>> frobenius_bound([[[3.0, 0.0], [0.0, 4.0]]])
    5.0
    """
    return prod(float(np.linalg.norm(W)) for W in _chain(Ws))


def relu_jacobians(Ws: Sequence[ArrayLike], bs: Sequence[ArrayLike], x: ArrayLike) -> Matrix:
    r"""Input Jacobians of the ReLU network x -> W_L relu(... relu(W_1 x + b_1) ...) + b_L at the rows of x.

        J(x) = W_L D_{L-1} W_{L-1} ... D_1 W_1,      D_l = diag(1 where the l-th pre-activation is positive)

    Arguments: Ws (n_l, n_{l-1}); bs (n_l,); x (N, n_0). Returns shape (N, n_L, n_0). O(N sum n_l n_{l-1} n_0).
    On a kink (pre-activation exactly 0) the branch of slope 0 is taken.
    """
    if len(bs) != len(Ws):
        raise ValueError(f"bs must have one vector per matrix, {len(Ws)}, got {len(bs)}")
    return affine_pieces(list(zip(Ws, bs, strict=True)), x)[0]


def certified_radius(logits: ArrayLike, lipschitz: float) -> Matrix:
    r"""Radius within which the predicted class cannot change, M / (sqrt(2) L), for each row of logits.

    If |f(x) - f(x')| <= L |x - x'| and M = f_(1) - f_(2) is the margin at x, then f_i - f_j, the product of f with a
    vector of length sqrt(2), moves by at most sqrt(2) L |delta|.

    Arguments: logits (..., k), k >= 2 classes; lipschitz, an UPPER bound L > 0 of the network's constant (the largest
    sampled gradient is not one). Returns shape (...). Raises ValueError on other shapes and on L <= 0.
    Source: Tsuzuku, Sato, Sugiyama 2018 (arXiv 1802.04034), proposition 1.

        >>> certified_radius([3.0, 1.0, 0.0], 2.0).round(6)
        np.float64(0.707107)
    """
    logits = as_array(logits, "logits", real=True)
    if logits.ndim < 1 or logits.shape[-1] < 2:
        raise ValueError(f"logits must have shape (..., k) with k >= 2 classes, got {logits.shape}")
    top = np.partition(logits, -2, axis=-1)
    return (top[..., -1] - top[..., -2]) / (np.sqrt(2) * positive(lipschitz, "lipschitz"))


def flip_margin(
    params: Sequence[tuple[ArrayLike, ArrayLike]], x: ArrayLike, radius: ArrayLike, steps: int = 30
) -> float:
    r"""Smallest margin of the predicted class that an attack finds in the ball of `radius` around x; negative: flipped.

        min over classes j != i and the iterates delta of   f_i(x + delta) - f_j(x + delta)

    Projected gradient descent on each difference, with the exact piecewise-linear gradient and normalized steps of
    radius / 4. An upper bound of the true minimum: it shows that a certificate is wrong, not that it is right.
    Arguments: params of a ReLU network, a list of (W, b); x (n_0,); radius > 0; steps >= 1.
    """
    net = [(as_matrix(W, "W", real=True), as_array(b, "b", ndim=1, real=True)) for W, b in params]
    x = as_array(x, "x", shape=(net[0][0].shape[1],), real=True)
    r = positive(radius, "radius")
    top = int(mlp(net, x).argmax())
    rivals = [j for j in range(len(net[-1][1])) if j != top]
    delta = np.zeros((len(rivals), len(x)))
    worst = np.inf
    for _ in range(count(steps, "steps") + 1):
        f = mlp(net, x + delta)
        J = affine_pieces(net, x + delta)[0]
        each = np.arange(len(rivals))
        worst = min(worst, float((f[each, top] - f[each, rivals]).min()))
        g = J[each, top] - J[each, rivals]
        size = np.linalg.norm(g, axis=1, keepdims=True)
        delta = delta - 0.25 * r * g / np.where(size > 0, size, 1.0)
        length = np.linalg.norm(delta, axis=1, keepdims=True)
        delta = delta * np.minimum(1.0, r / np.where(length > 0, length, 1.0))
    return worst


def conv_operator_norm(kernel: ArrayLike, input_shape: int | Sequence[int]) -> float:
    r"""Exact operator norm of the circular stride-1 convolution with `kernel` on images of size `input_shape`.

        |K|_op = max_omega |K^(omega)|_2,       K^(omega) = sum_p K_p e^{-i omega p}   (a c_o x c_i matrix)

    over the discrete Fourier frequencies of the image grid: the DFT block-diagonalises the convolution.

    Arguments: kernel (c_o, c_i, k_1[, k_2, ...]); input_shape, one size per spatial axis, none below the kernel's.
    Returns a float. Raises ValueError on other shapes. Convolution and cross-correlation have the same norm.
    Cost: one real FFT and an SVD of c_o x c_i per frequency, O(N c_o c_i min(c_o, c_i)), against O(N^3 ...) for the
    dense matrix (`conv_matrix`). Zero padding instead of wrapping gives a submatrix of a larger circular operator,
    hence at most that operator's norm.
    Source: Sedghi, Gupta, Long 2018 (arXiv 1805.10408), theorem 6.

        >>> conv_operator_norm([[[1.0, -1.0]]], 8)  # a difference filter: largest at the highest frequency
        2.0
    """
    K, size = _kernel(kernel, input_shape)
    room("the spectrum", K.shape[0] * K.shape[1], prod(size))
    spectrum = np.fft.rfftn(K, s=size, axes=tuple(range(2, K.ndim)))
    blocks = np.moveaxis(spectrum.reshape(*K.shape[:2], -1), -1, 0)
    return float(np.linalg.norm(blocks, 2, axis=(1, 2)).max())


def conv_reshaped_bound(kernel: ArrayLike) -> float:
    r"""The bound sqrt(k_1 k_2 ...) |K_reshaped|_2 >= `conv_operator_norm`, K_reshaped of shape c_o x (c_i k_1 k_2 ...).

    Attained by a constant kernel (at frequency zero). What spectral normalization divides by in many codes is
    |K_reshaped|_2 alone, which bounds nothing: the operator may be up to sqrt(k_1 k_2) times larger.
    """
    K = as_array(kernel, "kernel", real=True)
    if K.ndim < 3:
        raise ValueError(f"kernel must have shape (c_o, c_i, k_1, ...), got {K.shape}")
    return float(np.sqrt(np.prod(K.shape[2:])) * np.linalg.norm(K.reshape(len(K), -1), 2))


def conv_matrix(kernel: ArrayLike, input_shape: int | Sequence[int]) -> Matrix:
    r"""Dense matrix of the same circular convolution, (c_o N) x (c_i N): y_o[s] = sum_{i,p} K[o,i,p] x_i[s - p mod N].

    Written with index arithmetic and no Fourier transform, as the reference for `conv_operator_norm`. O(N) memory per
    row: for small images.
    """
    K, size = _kernel(kernel, input_shape)
    N = prod(size)
    room("the matrix", K.shape[0] * N, K.shape[1] * N)
    cells = np.arange(N).reshape(size)
    M = np.zeros((K.shape[0], N, K.shape[1], N))
    for p in np.ndindex(*K.shape[2:]):
        source = np.roll(cells, p, axis=tuple(range(len(size)))).ravel()  # source[s] = index of s - p
        M[:, np.arange(N), :, source] += K[(slice(None), slice(None), *p)]
    return M.reshape(K.shape[0] * N, K.shape[1] * N)


def _kernel(kernel: ArrayLike, input_shape: int | Sequence[int]) -> tuple[Matrix, tuple[int, ...]]:
    K = as_array(kernel, "kernel", real=True)
    sizes = [input_shape] if np.ndim(input_shape) == 0 else list(input_shape)  # type: ignore[arg-type]
    size = tuple(positive_int(n, "input_shape") for n in sizes)
    if K.ndim < 3 or K.ndim - 2 != len(size):
        raise ValueError(f"kernel must have shape (c_o, c_i) + {len(size)} spatial axes, got {K.shape}")
    if any(n < k for n, k in zip(size, K.shape[2:], strict=True)):
        raise ValueError(f"input_shape {size} must not be smaller than the kernel {K.shape[2:]}")
    return K, size


def _chain(Ws: Sequence[ArrayLike]) -> list[Matrix]:
    mats = [as_matrix(W, f"W_{layer}", real=True) for layer, W in enumerate(Ws, 1)]
    if not mats:
        raise ValueError("Ws must hold at least one matrix")
    for layer, (W, V) in enumerate(pairwise(mats), 1):
        if W.shape[0] != V.shape[1]:
            raise ValueError(f"W_{layer + 1} {V.shape} does not take the output of W_{layer} {W.shape}")
    return mats


def _constant(a: float | str) -> float:
    if isinstance(a, str):
        a = activations_of(a, 1)[0].lipschitz
    return finite(a, "activation constant", low=0.0)
