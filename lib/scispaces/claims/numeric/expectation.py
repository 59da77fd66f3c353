"""Expectations over random matrices: every outcome of a law of three points with the right moments, weighed."""

from __future__ import annotations

from itertools import product
from typing import Any

import sympy as sp
from mpmath import mp
from sympy import Symbol

from .. import nodes as N
from .accuracy import Env, MPMatrix, Undefined, note_relative_error
from .walk import evaluate, rule


@rule(N.Expect)
def _expect(tree: N.Expect, env: Env) -> Any:
    """Exact enumeration over a three-point law with the right moments (no moment is substituted)."""
    import numpy as np  # arrays are loaded where an expectation is taken

    expr, law = tree.args
    W = law.args[0]
    rows, cols = env[("shape", W)]
    scale = mp.sqrt(evaluate(law.args[1], env))
    a, b = env[("law", W)]
    if a * b < 1 - mp.mpf(10) ** -12:
        raise Undefined("no law has these moments: the kurtosis is at least 1 + skewness^2")
    points = np.array([-float(a), 0.0, float(b)])
    weights = np.array([1 / (a * (a + b)), 1 - 1 / (a * b), 1 / (b * (a + b))], dtype=float)
    count = rows * cols
    if count > 12:
        raise Undefined(f"an exact expectation over {count} entries")
    # a law without an atom at zero (kurtosis = 1 + skewness^2) needs two points only
    keep = weights > 1e-12
    points, weights = points[keep], weights[keep]
    if len(points) ** count > 600_000:
        raise Undefined(f"an exact expectation over {len(points)}^{count} outcomes")
    grid = np.array(np.meshgrid(*[np.arange(len(points))] * count, indexing="ij")).reshape(count, -1).T
    values = float(scale) * points[grid].reshape(-1, rows, cols)
    mass = weights[grid].prod(axis=1)
    batch: dict[Any, Any] = {}
    for s, v in env.items():
        if isinstance(s, Symbol) and isinstance(v, MPMatrix):
            batch[s] = np.array([[_plain(e) for e in row] for row in v.tolist()])[None]
        elif isinstance(s, Symbol) and not callable(v):
            batch[s] = _plain(v)
    batch[W] = values
    with np.errstate(all="ignore"):
        result = np.broadcast_to(_batch(expr, batch), mass.shape)
        total, magnitude = (mass * result).sum(), float((mass * np.abs(result)).sum())
    if abs(total) <= 1e-14 * magnitude:
        return mp.mpf(0)
    if abs(total) <= 1e-4 * magnitude and len(grid) <= 100:
        return _one_by_one(expr, W, (rows, cols), scale, (a, b), env)
    note_relative_error(1e-13)
    return mp.mpmathify(total.item())


def _one_by_one(expr: sp.Basic, W: Symbol, shape: tuple[int, int], scale: Any, law: tuple[Any, Any], env: Env) -> Any:
    """The same sum with the digits of mpmath, where doubles cancel."""
    a, b = map(mp.mpmathify, law)
    points = (-a, mp.mpf(0), b)
    weights = (1 / (a * (a + b)), 1 - 1 / (a * b), 1 / (b * (a + b)))
    total = mp.mpf(0)
    for outcome in product(range(3), repeat=shape[0] * shape[1]):
        mass = mp.fprod(weights[i] for i in outcome)
        if mass:
            at = {**env, W: mp.matrix(*shape)}
            for n, i in enumerate(outcome):
                at[W][divmod(n, shape[1])] = scale * points[i]
            total += mass * evaluate(expr, at)
    return total


def _plain(x: Any) -> float | complex:
    return complex(x) if mp.im(x) != 0 else float(mp.re(x))


def _batch(tree: sp.Basic, env: dict[Any, Any]) -> Any:
    """Polynomials of matrices over a batch: arrays (N, k, l), scalars (N,) or numbers."""
    import numpy as np  # arrays are loaded where an expectation is taken

    if isinstance(tree, Symbol):
        return env[tree]
    if tree.is_Number:
        return float(tree)
    args = tree.args
    if isinstance(tree, (sp.Add, sp.Mul)):
        out = None
        for a in args:
            x = _batch(a, env)
            if out is None:
                out = x
                continue
            ndims = (np.ndim(out), np.ndim(x))
            if isinstance(tree, sp.Mul):
                if ndims == (3, 3):
                    out = out @ x
                elif 3 in ndims and 1 in ndims:
                    out = (out if ndims[0] == 3 else np.reshape(out, (-1, 1, 1))) * (
                        x if ndims[1] == 3 else np.reshape(x, (-1, 1, 1))
                    )
                else:
                    out = out * x
            else:
                if ndims[0] == 3 and ndims[1] < 3:
                    x = np.reshape(x, (-1, 1, 1)) * np.eye(out.shape[-1])
                elif ndims[1] == 3 and ndims[0] < 3:
                    out = np.reshape(out, (-1, 1, 1)) * np.eye(x.shape[-1])
                out = out + x
        return out
    if isinstance(tree, sp.Pow):
        base, exponent = _batch(tree.base, env), _batch(tree.exp, env)
        if np.ndim(base) == 3:
            return np.linalg.matrix_power(base, int(exponent))
        return np.power(base, int(exponent) if float(exponent).is_integer() and exponent > 0 else exponent)
    if isinstance(tree, N.T):
        return np.swapaxes(_batch(args[0], env), -1, -2)
    if isinstance(tree, N.Tr):
        return np.trace(_batch(args[0], env), axis1=-2, axis2=-1)
    if isinstance(tree, N.Det):
        return np.linalg.det(_batch(args[0], env))
    if isinstance(tree, N.Entry):
        M, i, j = _batch(args[0], env), int(args[1]), int(args[2])
        if np.ndim(M) != 3 or not (1 <= i <= M.shape[-2] and 1 <= j <= M.shape[-1]):
            raise Undefined(f"no entry ({i}, {j})")
        return M[..., i - 1, j - 1]
    if isinstance(tree, sp.Sum):
        ((v, low, high),) = tree.limits
        return sum(
            _batch(tree.function.xreplace({v: sp.Integer(n)}), env)
            for n in range(int(_batch(low, env)), int(_batch(high, env)) + 1)
        )
    if isinstance(tree, N.Const):
        return np.array([[float(_batch(e, env)) for e in row] for row in tree.args[0].tolist()])[None]
    if isinstance(tree, N.Expect):
        raise Undefined("a nested expectation")
    raise NotImplementedError(f"an expectation of {type(tree).__name__}: only polynomials of matrices are supported")
