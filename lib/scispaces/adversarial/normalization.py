r"""Critics divided by the norm of their own gradient.

With D a critic, c = |grad D| and n = grad D / c the kinds are

    naive        D / c
    gn           D / (c + |D|)            (Wu, Shuai, Tam and Chiu 2021, arXiv 2109.02235)
    gran         D c / (c^2 + eps)        (Bhaskara, Aumentado-Armstrong, Jepson and Levinshtein 2021, arXiv 2111.03162)
    gran_simple  D / (c + eps)
    inner        <n, x>                   (without the offset of the affine piece)

`gradient_normalize` makes them from a jax function; `normalized_value`, `jump_size` and the like are the formulas for
numbers D and c. All of them have gradient norm at most 1 inside a piece of a piecewise affine D, and all but the
continuous exceptions jump between pieces: `split_change` takes the change along a segment apart into the two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, must_broadcast, one_of_names, positive
from scispaces.adversarial.lipschitz_penalties import guarded_norm
from scispaces.backend import jax, jnp
from scispaces.networks.piecewise_linear import Pieces

__all__ = [
    "NORMALIZATIONS",
    "fraction",
    "gn_gradient_norm",
    "gradient_normalize",
    "guarded_ratio",
    "jump_size",
    "multiply_adds",
    "normalized_value",
    "softsign",
    "split_change",
]

Array = NDArray[np.float64]
NORMALIZATIONS = ("naive", "gn", "gran", "gran_simple", "inner")


def fraction(D: Any, c: Any, inner: Any, kind: str, eps: Any) -> tuple[Any, Any]:
    """Numerator and denominator of each kind; inner = <grad D, x>. For numpy and jax alike."""
    match kind:
        case "naive":
            return D, c
        case "gn":
            return D, c + abs(D)
        case "gran":
            # the same fraction divided by c where the square would overflow
            xp = np if isinstance(c, np.ndarray | float | np.floating) else jnp
            large = xp.where(c > 1e100, c, 1.0)
            small = xp.where(c > 1e100, 1.0, c)
            return D * small, xp.where(c > 1e100, large + eps / large, small * small + eps)
        case "gran_simple":
            return D, c + eps
        case _:
            return inner, c


def gradient_normalize(
    critic: Callable[[Any, Any], Any], kind: str = "gn", eps: float = 1e-2, stop_gradient: bool = False
) -> Callable[[Any, Any], Any]:
    r"""The normalized critic as a function (params, x) -> scalar, for one point x of shape (d,).

    Arguments: critic, (params, x) -> scalar (jax); kind, one of `NORMALIZATIONS`; eps > 0, for gran and gran_simple
    only; stop_gradient, treat c (and n) as a constant when the result is differentiated.
    The critic and its gradient come from one `value_and_grad`; use `jax.vmap` for a batch.
    Raises ValueError on an unknown kind or eps <= 0.
    Notes: where the denominator vanishes (c = 0, for gn c = D = 0) the value is 0 and so are its derivatives: both
    the square root and the quotient are guarded by a second `where`, so that no nan arises in the branch not taken.
    """
    one_of_names(kind, "kind", NORMALIZATIONS)
    eps = positive(eps, "eps")

    def normalized(params: Any, x: Any) -> Any:
        D, g = jax.value_and_grad(critic, argnums=1)(params, x)
        if stop_gradient:
            g = jax.lax.stop_gradient(g)
        num, den = fraction(D, guarded_norm(g), g @ x, kind, eps)
        return guarded_ratio(num, den)

    return normalized


def guarded_ratio(num: Any, den: Any) -> Any:
    """num / den (jax), 0 with derivative 0 where den = 0."""
    return jnp.where(den > 0, num / jnp.where(den > 0, den, 1.0), 0.0)


def normalized_value(D: ArrayLike, c: ArrayLike, kind: str = "gn", eps: float = 1e-2) -> Array:
    r"""The normalized critic from the numbers D and c = |grad D| >= 0 (broadcast); every kind but inner.

    gn is sgn(D) where c = 0 and D != 0, and 0 where both vanish; naive is infinite where c = 0 and D != 0.

        >>> normalized_value(1.0, [1.0, 2.0], "naive"), normalized_value(-1.0, [1.0, 0.0], "gn")
        (array([1. , 0.5]), array([-0.5, -1. ]))
    """
    D, c, eps = _value_and_slope(D, c, kind, eps)
    num, den = fraction(D, c, None, kind, eps)
    zero = den == 0
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(zero & (num == 0), 0.0, num / np.where(zero & (num == 0), 1.0, den))


def softsign(s: ArrayLike) -> Array:
    r"""s / (1 + |s|): gn is the softsign of the signed distance s = D / c to the zero plane of the piece."""
    s = as_array(s, "s", real=True)
    return s / (1 + np.abs(s))


def gn_gradient_norm(D: ArrayLike, c: ArrayLike) -> Array:
    r"""|grad gn| = (c / (c + |D|))^2 = 1 / (1 + |s|)^2 inside a piece; 0 where c = 0 (gn is constant there).

    >>> gn_gradient_norm([0.0, 2.0, -2.0], 2.0)
    array([1.  , 0.25, 0.25])
    """
    D, c, _ = _value_and_slope(D, c, "gn", 1.0)
    with np.errstate(over="ignore"):
        ratio = np.abs(D) / np.where(c > 0, c, 1.0)
        return np.where(c > 0, 1 / (1 + ratio) ** 2, 0.0)


def jump_size(D: ArrayLike, c1: ArrayLike, c2: ArrayLike, kind: str = "gn", eps: float = 1e-2) -> Array:
    r"""How far the normalized critic jumps where two pieces with slopes c1 and c2 meet at the value D; every kind but
    inner, whose jump depends on the offsets.

        naive        |D| |c1 - c2| / (c1 c2)
        gn           |D| |c1 - c2| / ((c1 + |D|) (c2 + |D|))
        gran         |D| |c1 - c2| |c1 c2 - eps| / ((c1^2 + eps) (c2^2 + eps))
        gran_simple  |D| |c1 - c2| / ((c1 + eps) (c2 + eps))

    Arguments broadcast; c1, c2 >= 0, for naive > 0, for gn not 0 together with D. Factored: no cancellation.
    Raises ValueError outside that domain.
    """
    D, c1, eps = _value_and_slope(D, c1, kind, eps)
    _, c2, _ = _value_and_slope(D, c2, kind, eps)
    must_broadcast(D=D, c1=c1, c2=c2)
    if kind == "gran":
        return np.abs(D) * _gran_step(c1, c2, eps)
    first, second = (fraction(np.abs(D), c, None, kind, eps)[1] for c in (c1, c2))
    if np.any(first == 0) or np.any(second == 0):
        raise ValueError(f"c1 and c2 must be such that the kind {kind!r} is defined on both sides, got a slope 0")
    return np.abs(D) / first * (np.abs(c1 - c2) / second)  # in this order no product leaves the floats


def _gran_step(c1: Array, c2: Array, eps: float) -> Array:
    """|c1/(c1^2 + eps) - c2/(c2^2 + eps)| without cancellation; c counted in units of sqrt(eps)."""
    a, b = c1 / np.sqrt(eps), c2 / np.sqrt(eps)
    low, high = np.minimum(a, b), np.maximum(a, b)
    unit = np.where(high > 1, high, 1.0)
    # (high - low) |high low - 1| / ((low^2 + 1)(high^2 + 1)), the large one divided out
    share = (high - low) / unit * np.abs(low * (high / unit) - 1 / unit) / ((high / unit) ** 2 + (1 / unit) ** 2)
    large = np.where(low > 1, low, 1.0)
    return share / large / ((low / large) * low + 1 / large) / np.sqrt(eps)


def split_change(pieces: Pieces, kind: str = "gn", eps: float = 1e-2) -> tuple[float, float]:
    r"""The change of the normalized critic along a segment, as (within the pieces, in the jumps between them).

        value at the end - value at the start = sum over the pieces + sum over the kinks

    The first sum is an integral of slopes of size at most 1, so that it cannot exceed the length of the segment; the
    second one is what a bound of the gradient cannot see. Every kind but inner.
    """
    values = normalized_value(pieces.values, pieces.slopes[:, None], kind, eps)
    return float((values[:, 1] - values[:, 0]).sum()), float((values[1:, 0] - values[:-1, 1]).sum())


def multiply_adds(f: Callable, *args: Any) -> int:
    """Multiply-adds of the matrix products in one call f(*args), counted in its jax program: the same on every machine.

    Only `dot_general` is counted, in nested programs too; elementwise work is not. Nothing is executed.

        >>> multiply_adds(lambda A, x: A @ x, np.ones((3, 4)), np.ones(4))
        12
    """
    return _count(jax.make_jaxpr(f)(*args).jaxpr)


def _count(jaxpr: Any) -> int:
    total = 0
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            shape = equation.invars[0].aval.shape
            total += int(np.prod(equation.outvars[0].aval.shape)) * int(np.prod([shape[i] for i in contracted]))
        for value in equation.params.values():
            inner = getattr(value, "jaxpr", value)
            if hasattr(inner, "eqns"):
                total += _count(inner)
    return total


def _value_and_slope(D: ArrayLike, c: ArrayLike, kind: str, eps: float) -> tuple[Array, Array, float]:
    one_of_names(kind, "kind", NORMALIZATIONS[:-1])
    D, c = as_array(D, "D", real=True), as_array(c, "c", real=True)
    if c.min() < 0:
        raise ValueError(f"c is a norm and must be >= 0, got {c.min():g}")
    return D, c, positive(eps, "eps")
