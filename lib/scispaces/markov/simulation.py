"""Exact simulation of jump processes, all paths advancing together: Gillespie's algorithm and thinning.

Convention to-from: ``Q[x, y]`` is the rate from y to x. Randomness comes in as a numpy generator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_array, check_rng, count, finite, positive, room
from scispaces.markov.generators import as_generator

__all__ = ["gillespie", "gillespie_channels", "sample_compound_poisson", "thinning"]

MAX_ROUNDS = 200_000

States = NDArray[np.int64]


def gillespie(Q: Any, x0: ArrayLike, t: float, n_paths: int, rng: np.random.Generator) -> States:
    """The states at time t of independent paths: hold exponentially with rate r(y), jump to x with chance W(x, y)/r(y).

    Q: (n, n) generator, dense or sparse. x0: one start state, or n_paths of them. Returns (n_paths,) integers.
    Exact in law, no time step. Absorbing states (exit rate 0) are held for ever. Memory O(n_paths n).
    Raises ValueError on a Q that is no generator, states out of range, t < 0, n_paths < 1.
    Source: D. T. Gillespie, J. Phys. Chem. 81 (1977).
    """
    check_rng(rng)
    A = as_generator(Q)
    state, t = _starts(x0, n_paths, len(A) - 1), finite(t, "t", low=0.0)
    rates = -A.diagonal()
    ladder = _ladder(A)
    left = np.full(n_paths, t)
    live = np.arange(n_paths)
    for _ in range(MAX_ROUNDS):
        left[live] -= _holding(rates[state[live]], rng)
        live = live[left[live] > 0]
        if not len(live):
            return state
        state[live] = (rng.random(len(live))[:, None] >= ladder[state[live]]).sum(axis=1)
    raise RuntimeError("too many jumps: the time is too long for these rates")


def gillespie_channels(
    changes: ArrayLike,
    rates: Callable[[States], ArrayLike],
    x0: ArrayLike,
    t: float,
    n_paths: int,
    rng: np.random.Generator,
) -> States:
    """The same for states 0, 1, 2, ... without end and a few kinds of jumps (channels) x -> x + changes[k].

    changes: (K,) integers. rates: states (m,) -> (K, m) rates >= 0, zero where a jump would leave the state space.
    Immigration and death are ``gillespie_channels([1, -1], lambda x: [np.full(x.shape, lam), mu * x], ...)``.
    Raises ValueError when a rate is negative or NaN, or the shape is wrong.
    """
    check_rng(rng)
    delta = np.asarray(changes)
    if delta.ndim != 1 or delta.size == 0 or delta.dtype.kind not in "iu":
        raise ValueError(f"changes must be a vector of integers, got {delta.dtype} {delta.shape}")
    state, t = _starts(x0, n_paths, None), finite(t, "t", low=0.0)
    left, live = np.full(n_paths, t), np.arange(n_paths)
    for _ in range(MAX_ROUNDS):
        R = as_array(rates(state[live]), "rates", shape=(len(delta), len(live)), real=True)
        if R.min() < 0:
            raise ValueError(f"a rate is not negative, got {R.min():.6g}")
        ladder = np.cumsum(R, axis=0)
        _not_too_long(float(ladder[-1].max()), t)
        left[live] -= _holding(ladder[-1], rng)
        go = left[live] > 0
        live, ladder = live[go], ladder[:, go]
        if not len(live):
            return state
        state[live] += delta[(rng.random(len(live)) * ladder[-1] >= ladder[:-1]).sum(axis=0)]
    raise RuntimeError("too many jumps: the time is too long for these rates")


def thinning(
    Q_of_t: Callable[[NDArray[np.float64]], ArrayLike],
    bound: float,
    x0: ArrayLike,
    t: float,
    n_paths: int,
    rng: np.random.Generator,
) -> States:
    """Gillespie for time-dependent rates: candidate times at the constant rate `bound`, most of which do nothing.

    At a candidate time s the path at y jumps to x with chance W(x, y, s)/bound and stays with the rest.
    Q_of_t: times (m,) -> generators (m, n, n). bound: at least every exit rate on [0, t]. Returns (n_paths,) states.
    Raises ValueError when an exit rate above `bound` is met: the result would be wrong.
    """
    check_rng(rng)
    bound, t = positive(bound, "bound"), finite(t, "t", low=0.0)
    _not_too_long(bound, t)
    n = len(as_generator(np.asarray(Q_of_t(np.zeros(1)))[0]))
    state = _starts(x0, n_paths, n - 1)
    clock, live = np.zeros(n_paths), np.arange(n_paths)
    for _ in range(MAX_ROUNDS):
        clock[live] += rng.exponential(1 / bound, len(live))
        live = live[clock[live] < t]
        if not len(live):
            return state
        here = state[live]
        column = np.take_along_axis(np.asarray(Q_of_t(clock[live])), here[:, None, None], axis=2)[:, :, 0].copy()
        stay = bound + column[np.arange(len(live)), here]
        if stay.min() < -1e-12 * bound:
            raise ValueError(f"bound must be at least every exit rate, got {bound:.6g} < {bound - stay.min():.6g}")
        column[np.arange(len(live)), here] = stay
        ladder = np.cumsum(column, axis=1)[:, :-1] / bound
        state[live] = (rng.random(len(live))[:, None] >= ladder).sum(axis=1)
    raise RuntimeError("too many candidates: the time is too long for this bound")


def sample_compound_poisson(
    rate: float,
    jump: Callable[[np.random.Generator, int], ArrayLike],
    t: float,
    n_paths: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """X(t) = J_1 + ... + J_N with N Poisson(rate t) and independent jumps; `jump(rng, m)` draws m of them."""
    check_rng(rng)
    mean = finite(rate, "rate", low=0.0) * finite(t, "t", low=0.0)
    room("the jumps", int(min(mean, 1e12)) + 1, count(n_paths, "n_paths"))
    counts = rng.poisson(mean, n_paths)
    total = int(counts.sum())
    jumps = as_array(jump(rng, total), "jump", shape=(total,), real=True, empty=True)
    return np.bincount(np.repeat(np.arange(n_paths), counts), weights=jumps, minlength=n_paths).astype(float)


def _not_too_long(rate: float, t: float) -> None:
    """Refuse what would take more rounds than MAX_ROUNDS on average: a slip in a rate or a time."""
    if rate * t > MAX_ROUNDS:
        raise ValueError(f"t must be at most {MAX_ROUNDS} mean waiting times, got t = {t:g} at the rate {rate:g}")


def _ladder(A: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each state the cumulated chances of its targets, without the last: (n, n - 1)."""
    W = A.copy()
    np.fill_diagonal(W, 0.0)
    total = np.cumsum(W, axis=0).T
    below = np.where(total[:, -1:] > 0, total[:, -1:], 1.0)
    return (total / below)[:, :-1]


def _holding(rates: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.where(rates > 0, rng.exponential(1.0, len(rates)) / rates, np.inf)


def _starts(x0: ArrayLike, n_paths: int, largest: int | None) -> States:
    n = count(n_paths, "n_paths")
    x = np.asarray(x0)
    if x.dtype.kind not in "iu" or x.shape not in ((), (n,)):
        raise ValueError(f"x0 must be one integer or {n} of them, got {x.dtype} {x.shape}")
    if x.min() < 0 or (largest is not None and x.max() > largest):
        raise ValueError(f"x0 must be a state in 0..{'' if largest is None else largest}, got {x.min()}..{x.max()}")
    return np.broadcast_to(x, (n,)).astype(np.int64).copy()
