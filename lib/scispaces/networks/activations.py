r"""Componentwise activation functions by name: value, derivative, Lipschitz constant.

An `Activation` is called as g(z) on numpy arrays and as g(z, jnp) on jax ones; `ACTIVATIONS` holds them by name.

    >>> ACTIVATIONS["relu"](np.array([-1.0, 2.0])), ACTIVATIONS["sigmoid"].lipschitz
    (array([0., 2.]), 0.25)

Sources: Clevert, Unterthiner, Hochreiter 2015 (ELU); Hendrycks, Gimpel 2016 (GELU, SiLU); Misra 2019 (Mish).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.special

from scispaces._validate import count

__all__ = ["ACTIVATIONS", "Activation", "activation_function", "activations_of", "leaky_relu"]

Array = Any  # a numpy or a jax array


class Activation(NamedTuple):
    """A componentwise function g, its derivative, and sup |g'|.

    value and slope are called as (z, xp) with xp = numpy or jax.numpy; lipschitz may be infinite.
    """

    value: Callable[[Array, Any], Array]
    slope: Callable[[Array, Any], Array]
    lipschitz: float = float("inf")

    def __call__(self, z: Array, xp: Any = np) -> Array:
        """g(z), componentwise."""
        return self.value(z, xp)


def _special(xp: Any) -> Any:
    """scipy.special, or its jax counterpart for xp = jax.numpy."""
    if xp is np:
        return scipy.special
    from scispaces.backend import jax

    return jax.scipy.special


def _sigmoid(z: Array, xp: Any) -> Array:
    return _special(xp).expit(z)


def _softplus(z: Array, xp: Any) -> Array:
    return xp.logaddexp(0.0, z)


def _silu_slope(z: Array, xp: Any) -> Array:
    s = _sigmoid(z, xp)
    return s + z * s * _sigmoid(-z, xp)


def _gelu_slope(z: Array, xp: Any) -> Array:
    return _special(xp).ndtr(z) + z * xp.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)


def _mish_slope(z: Array, xp: Any) -> Array:
    t = xp.tanh(_softplus(z, xp))
    return t + z * (1 - t**2) * _sigmoid(z, xp)


def leaky_relu(slope: Any = 0.2) -> Activation:
    """The activation z -> max(z, slope z), 0 <= slope <= 1 (a number, or a value that jax traces).

    Raises ValueError on a number outside [0, 1].
    """
    if isinstance(slope, int | float | np.floating) and not 0 <= slope <= 1:
        raise ValueError(f"slope must be in [0, 1], got {slope!r}")
    return Activation(lambda z, xp: xp.maximum(z, slope * z), lambda z, xp: xp.where(z > 0, 1.0, slope), 1.0)


ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(lambda z, xp: z, lambda z, xp: xp.ones_like(z), 1.0),
    "relu": Activation(lambda z, xp: xp.maximum(z, 0), lambda z, xp: xp.where(z > 0, 1.0, 0.0), 1.0),
    "leaky_relu": leaky_relu(0.2),
    "elu": Activation(
        lambda z, xp: xp.where(z > 0, z, xp.expm1(xp.minimum(z, 0.0))),
        lambda z, xp: xp.exp(xp.minimum(z, 0.0)),
        1.0,
    ),
    "tanh": Activation(lambda z, xp: xp.tanh(z), lambda z, xp: 1 - xp.tanh(z) ** 2, 1.0),
    "softplus": Activation(_softplus, _sigmoid, 1.0),
    "sigmoid": Activation(_sigmoid, lambda z, xp: _sigmoid(z, xp) * _sigmoid(-z, xp), 0.25),
    "silu": Activation(lambda z, xp: z * _sigmoid(z, xp), _silu_slope, 1.0998393201288668),
    "gelu": Activation(lambda z, xp: z * _special(xp).ndtr(z), _gelu_slope, 1.1289041451851548),
    "mish": Activation(lambda z, xp: z * xp.tanh(_softplus(z, xp)), _mish_slope, 1.0884981612517279),
    "sin": Activation(lambda z, xp: xp.sin(z), lambda z, xp: xp.cos(z), 1.0),
    "exp": Activation(lambda z, xp: xp.exp(z), lambda z, xp: xp.exp(z)),
}
"""Activations by name. Leaky ReLU has slope 0.2 (others: `leaky_relu`), ELU alpha = 1, GELU is the exact x Phi(x).

At a kink the slope is that of the left side, as in most frameworks. "linear" is the identity.
"""


def activation_function(activation: str | Activation | Callable[[Array], Array], xp: Any = np) -> Callable:
    """z -> g(z) in the namespace `xp`, from a name of `ACTIVATIONS`, an `Activation`, or a function of z (as it is).

    Raises ValueError on an unknown name or anything else.
    """
    if isinstance(activation, str):
        activation = _named(activation)
    if isinstance(activation, Activation):
        value = activation.value
        return lambda z: value(z, xp)
    if not callable(activation):
        raise ValueError(f"activation must be a name, an Activation or a function, got {activation!r}")
    return activation


def activations_of(activation: str | Activation | Sequence[str | Activation], layers: int) -> tuple[Activation, ...]:
    """One `Activation` for each of `layers` layers, from one (for all) or a sequence of names or activations.

    Raises ValueError on an unknown name or another number of entries.
    """
    layers = count(layers, "layers", minimum=0, maximum=10_000)
    single = isinstance(activation, str | Activation)
    listed: list[Any] = [activation] * layers if single else list(activation)
    if len(listed) != layers:
        raise ValueError(f"activation must be one name or {layers}, one for each layer, got {len(listed)}")
    return tuple(a if isinstance(a, Activation) else _named(a) for a in listed)


def _named(name: Any) -> Activation:
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}; it must be one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
