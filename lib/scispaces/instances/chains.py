"""Random Markov chains: where the checks of a chapter draw their generators, laws and times from.

Each sampler takes a generator of random numbers and returns ingredients by name. Columns of Q sum to zero, laws are
one-dimensional arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from scispaces._validate import check_rng
from scispaces.markov.generators import exit_rates, generator, random_rates, reversible_rates, ring_rates
from scispaces.markov.joint_laws import chain_law, random_joint_law
from scispaces.markov.relaxation import spectral_gap

__all__ = [
    "any_diagonal",
    "any_matrix",
    "chains",
    "conserving",
    "eigenvalues",
    "joint_laws",
    "markov_laws",
    "metzler",
    "mild_chains",
    "not_metzler",
    "reversible",
    "truncations",
]

Rng = np.random.Generator
Point = dict[str, Any]


def joint_laws(rng: Rng) -> Point:
    """The law of three times, 2 to 5 values, with random weights: no process of this kind is Markov."""
    check_rng(rng)
    return {"J": np.asarray(random_joint_law(int(rng.integers(2, 6)), 3, rng), float)}


def markov_laws(rng: Rng) -> Point:
    """The law of three times of a Markov chain with 2 to 5 states, different kernels in the two steps."""
    check_rng(rng)
    n = int(rng.integers(2, 6))
    steps = [rng.dirichlet(np.ones(n), n).T for _ in range(2)]
    return {"J": np.asarray(chain_law(rng.dirichlet(np.ones(n)), *steps), float)}


def chains(rng: Rng) -> Point:
    """A generator Q of rates W with 2 to 7 states, two laws p and q, a time in [0.05, 3]."""
    check_rng(rng)
    n = int(rng.integers(2, 8))
    p, q = rng.dirichlet(np.ones(n), 2)
    W = random_rates(n, rng, rng.choice([0, 0.5]))
    return {"Q": generator(W), "W": W, "p": p, "q": q, "t": rng.uniform(0.05, 3)}


def mild_chains(rng: Rng) -> Point:
    """A generator with exit rates up to 1, two laws, a time in [0.2, 2]."""
    check_rng(rng)
    W = random_rates(int(rng.integers(2, 7)), rng)
    p, q = rng.dirichlet(np.ones(len(W)), 2)
    return {"Q": generator(W / W.sum(axis=0).max()), "p": p, "q": q, "t": rng.uniform(0.2, 2)}


def metzler(rng: Rng) -> Point:
    """A generator with 2 to 8 states, some of its rates zero, and a time from 1e-3 to 10."""
    check_rng(rng)
    W = random_rates(int(rng.integers(2, 9)), rng, 0.3)
    return {"Q": generator(W), "t": 10 ** rng.uniform(-3, 1)}


def not_metzler(rng: Rng) -> Point:
    """Zero column sums, one negative entry off the diagonal, a time short enough to see it."""
    check_rng(rng)
    n = int(rng.integers(2, 9))
    W = random_rates(n, rng, 0.3)
    x, y = rng.permutation(n)[:2]
    W[x, y] = -rng.uniform(0.05, 2)
    return {"Q": W - np.diag(W.sum(axis=0)), "t": 10 ** rng.uniform(-5, -4)}


def conserving(rng: Rng) -> Point:
    """Zero column sums: a generator, or one with a negative entry off the diagonal."""
    check_rng(rng)
    return metzler(rng) if rng.random() < 0.5 else not_metzler(rng)


def any_diagonal(rng: Rng) -> Point:
    """Real Q with zero column sums (2 to 7 rows, any signs) and a vector d."""
    check_rng(rng)
    n = int(rng.integers(2, 8))
    Q = rng.standard_normal((n, n))
    return {"Q": Q - np.diag(Q.sum(axis=0)), "d": rng.standard_normal(n)}


def any_matrix(rng: Rng) -> Point:
    """Real Q without any constraint and a vector d."""
    check_rng(rng)
    n = int(rng.integers(2, 8))
    return {"Q": rng.standard_normal((n, n)), "d": rng.standard_normal(n)}


def eigenvalues(rng: Rng) -> Point:
    """Rates of a one-way ring of 3 to 11 states, every second one with further rates, and an eigenvalue not zero."""
    check_rng(rng)
    n = int(rng.integers(3, 12))
    W = rng.uniform(0.3, 4) * (ring_rates(n, 1, 0) + rng.choice([0, 1]) * random_rates(n, rng, 0.5))
    values = np.linalg.eigvals(generator(W))
    values = np.delete(values, np.abs(values).argmin())
    return {"W": W, "ev": complex(rng.choice(values))}


def reversible(rng: Rng) -> Point:
    """A chain in detailed balance with pi, 2 to 6 states; a start, random or near the slowest mode, for gap times t
    from 0.5 to 2."""
    check_rng(rng)
    n = int(rng.integers(2, 7))
    pi, S = rng.dirichlet(2 * np.ones(n)) + 1e-2, 0.05 + rng.random((n, n))
    pi = pi / pi.sum()
    Q = generator(reversible_rates(pi, S + S.T))
    slow = np.linalg.eigh(Q * np.sqrt(pi) / np.sqrt(pi)[:, None])[1][:, -2] * np.sqrt(pi)
    p = rng.dirichlet(np.ones(n)) if rng.random() < 0.5 else pi + 0.5 * pi.min() * slow
    return {"Q": Q, "pi": pi, "p": p, "t": rng.uniform(0.5, 2) / spectral_gap(Q)}


def truncations(rng: Rng) -> Point:
    """A generator with exit rates up to 1, a law, a time in [0.2, 4], N from 1 to 8 with a tail above 1e-6."""
    check_rng(rng)
    case = mild_chains(rng)
    time = rng.uniform(0.2, 4)
    most = max([k for k in range(1, 9) if stats.poisson.sf(k, time) > 1e-6] or [1])
    rate = float(exit_rates(case["Q"]).max())
    Pi = np.eye(len(case["Q"])) + case["Q"] / rate
    return {"Q": case["Q"], "p": case["p"], "t": time, "N": int(rng.integers(1, most + 1)), "lam": rate, "Pi": Pi}
