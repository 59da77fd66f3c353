r"""Input gradient penalty against parameter gradient penalty of a network, layer by layer.

    S |df/dx|^2 <= S# |df/dx|^2 <= |df/dtheta|^2,
    S = sum_t (1 + |h_t|^2) / (|W_t|^2 |J_t|^2),    S# = sum_t (1 + |h_t|^2) / |W_t J_t|^2     (spectral norms)

because df/dx = (W_t J_t)^T delta_t for every layer t, while |df/dtheta|^2 = sum_t |delta_t|^2 (1 + |h_t|^2).
Every quantity is that of one example and one network, batched over leading axes as in `gradients`.

Source: the inequality is from 输入梯度惩罚与参数梯度惩罚的一个不等式 (kexue.fm/archives/8796), after Dherin, Munn,
Barrett 2021 (arXiv 2111.15090); S#, the reverse inequality and the equality cases are derived in the chapter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, as_matrix
from scispaces.linalg.norms import euclidean_norm
from scispaces.networks.activations import Activation
from scispaces.networks.gradients import (
    Output,
    layer_jacobians,
    mlp_gradients,
    per_example_parameter_norm,
)

__all__ = ["PenaltySides", "dirichlet_energy_mc", "gradient_penalty_sides", "squared_spectral_norm"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PenaltySides:
    """Both sides of the inequality and what they are made of; one entry a network or example, layers last.

    input_norm |df/dx| and parameter_penalty |df/dtheta|^2, shape (...); and by layer, shape (..., l): h2 = |h_t|^2,
    delta2 = |delta_t|^2, and the spectral norms W, J, WJ of W_t, J_t, W_t J_t. `one`: 1 with biases, else 0.
    Norms and not their squares are kept, and quotients of norms are squared: no product leaves the floats.
    """

    input_norm: Array
    parameter_penalty: Array
    h2: Array
    delta2: Array
    W: Array
    J: Array
    WJ: Array
    one: float = 1.0

    def __str__(self) -> str:
        return f"{self.input_penalty.size} networks of {self.h2.shape[-1]} layers"

    @property
    def input_penalty(self) -> Array:
        """|df/dx|^2, shape (...)."""
        return self.input_norm**2

    @property
    def W2(self) -> Array:
        """|W_t|^2, shape (..., l)."""
        return self.W**2

    @property
    def J2(self) -> Array:
        """|J_t|^2, shape (..., l)."""
        return self.J**2

    @property
    def WJ2(self) -> Array:
        """|W_t J_t|^2, shape (..., l)."""
        return self.WJ**2

    @property
    def defined(self) -> NDArray[np.bool_]:
        """Whether the bracket S is finite: every W_t, every J_t differs from 0 (a dead ReLU layer fails)."""
        return np.asarray(((self.W > 0) & (self.J > 0)).all(-1))

    @property
    def bracket(self) -> Array:
        """S; nan where it is not `defined`."""
        return _sum_of_ratios(self.one + self.h2, self.W2 * self.J2)

    @property
    def sharp_bracket(self) -> Array:
        """S#, with |W_t J_t|^2 in the denominators; nan where one of them is 0."""
        return _sum_of_ratios(self.one + self.h2, self.WJ2)

    @property
    def lhs(self) -> Array:
        """S |df/dx|^2; 0 where S is not `defined`, because df/dx vanishes there and with it every row."""
        return np.where(self.defined, self._times_input(self.W, self.J), 0.0)

    @property
    def lhs_sharp(self) -> Array:
        """S# |df/dx|^2; 0 where S# is not defined, as in `lhs`."""
        return np.where((self.WJ > 0).all(-1), self._times_input(self.WJ), 0.0)

    def _times_input(self, *norms: Array) -> Array:
        """sum_t (1 + |h_t|^2) (|df/dx| / (norms_t ...))^2; nan where a norm is 0."""
        quotient = self.input_norm[..., None] + 0 * self.h2
        for size in norms:
            quotient = _ratio(quotient, size)
        with np.errstate(over="ignore"):
            return ((self.one + self.h2) * quotient**2).sum(-1)

    @property
    def tau(self) -> Array:
        """S |df/dx|^2 / |df/dtheta|^2, at most 1; nan where S is not defined or the parameter gradient vanishes."""
        return _ratio(self._times_input(self.W, self.J), self.parameter_penalty)

    @property
    def tau_sharp(self) -> Array:
        """S# |df/dx|^2 / |df/dtheta|^2, at most 1 and at least `tau`; nan as above."""
        return _ratio(self._times_input(self.WJ), self.parameter_penalty)

    @property
    def weight_rows(self) -> tuple[Array, Array]:
        """The inequality of each weight matrix without a division: |df/dx|^2 |h_t|^2 <= |W_t|^2 |J_t|^2 |df/dW_t|^2.

        Both sides, shape (..., l). Meaningful for dead layers too, where it reads 0 <= 0.
        """
        return self.input_penalty[..., None] * self.h2, self.W2 * self.J2 * self.delta2 * self.h2

    @property
    def bias_rows(self) -> tuple[Array, Array]:
        """The same for the biases: |df/dx|^2 <= |W_t|^2 |J_t|^2 |df/db_t|^2, both sides of shape (..., l)."""
        return self.input_penalty[..., None] + 0 * self.h2, self.W2 * self.J2 * self.delta2


def gradient_penalty_sides(
    Ws: Sequence[ArrayLike],
    bs: Sequence[ArrayLike],
    x: ArrayLike,
    phi: Output,
    activation: str | Activation | Sequence[str | Activation] = "tanh",
    biases: bool = True,
) -> PenaltySides:
    """Both penalties and both brackets; arguments and errors as for `gradients.mlp_gradients`.

    biases: False leaves the bias gradients out of the parameter penalty (and the 1 out of the brackets).
    Spectral norms by singular values: relative error near machine precision.
    """
    mats = [as_matrix(W, f"W_{t}", batch=True, real=True) for t, W in enumerate(Ws, 1)]
    g = mlp_gradients(mats, bs, x, phi, activation)
    J, A = layer_jacobians(mats, g)
    shape = g.grad_x.shape[:-1]

    def by_layer(values: Sequence[Array]) -> Array:
        return np.stack([np.broadcast_to(v, shape) for v in values], -1)

    return PenaltySides(
        euclidean_norm(g.grad_x),
        np.asarray(per_example_parameter_norm(g.delta, g.h, biases)),
        by_layer([(v**2).sum(-1) for v in g.h[:-1]]),
        by_layer([(d**2).sum(-1) for d in g.delta]),
        by_layer([_spectral_norm(W) for W in mats]),
        by_layer([np.array(1.0)] + [_spectral_norm(M) for M in J[1:]]),
        by_layer([_spectral_norm(M) for M in A]),
        1.0 if biases else 0.0,
    )


def squared_spectral_norm(A: ArrayLike) -> Array:
    """The square of the largest singular value, batched: A (..., m, n) -> (...). O(m n min(m, n)).

    By the singular values (LAPACK gesdd without vectors), which for batches of 64 x 64 matrices is five times as fast
    as the eigenvalues of the Gram matrices. Raises ValueError on arrays of fewer than two axes, NaN, no
    entries.
    """
    return _spectral_norm(as_matrix(A, "A", batch=True, real=True)) ** 2


def _spectral_norm(A: Array) -> Array:
    return np.asarray(np.linalg.svd(A, compute_uv=False)[..., 0], dtype=float)


def dirichlet_energy_mc(f_grad: Callable[[Array], ArrayLike], samples: ArrayLike) -> tuple[float, float]:
    """Estimate of the Dirichlet energy E[f] = (1/2) E|grad f(X)|^2 from a sample of X: (estimate, standard error).

    f_grad maps (N, d) to the gradients (N, d); samples (N, d), N >= 2, independent. Unbiased; error O(N^(-1/2)).
    Raises ValueError on other shapes and on NaN.
    """
    x = as_array(samples, "samples", ndim=2, real=True)
    if len(x) < 2:
        raise ValueError(f"samples must have at least two rows, got {len(x)}")
    halves = 0.5 * (as_array(f_grad(x), "f_grad(samples)", shape=x.shape, real=True) ** 2).sum(-1)
    return float(halves.mean()), float(halves.std(ddof=1) / np.sqrt(len(x)))


def _ratio(a: Array, b: Array) -> Array:
    return np.divide(a, b, out=np.full(np.broadcast(a, b).shape, np.nan), where=b > 0)


def _sum_of_ratios(a: Array, b: Array) -> Array:
    with np.errstate(over="ignore"):
        total: Any = _ratio(a, b).sum(-1)
    return np.where(np.isfinite(total), total, np.nan)
