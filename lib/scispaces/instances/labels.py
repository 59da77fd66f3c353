"""Scores of several labels for claims about multi-label losses, both sides apart or together.

Each function takes a generator and returns the ingredients by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scispaces._validate import check_rng

__all__ = ["labelled_vectors", "one_wrong", "sides", "small_labelled"]

Case = dict[str, Any]


def labelled_vectors(rng: np.random.Generator) -> Case:
    "2 to 10 scores s, scales 0.01 to 100, a third with ties"
    check_rng(rng)
    n = int(rng.integers(2, 11))
    s = rng.standard_normal(n) * 10.0 ** rng.uniform(-2, 2)
    return {"s": np.round(s) if rng.random() < 0.35 else s}


def sides(rng: np.random.Generator) -> Case:
    "1 to 6 negative scores a and 1 to 5 positive ones b, on any side of 0, scales 0.01 to 100; some all level"
    check_rng(rng)
    scale, lift = 10.0 ** rng.uniform(-2, 2), rng.normal()
    a, b = (rng.standard_normal(int(rng.integers(1, most))) * scale + lift for most in (7, 6))
    if rng.random() < 0.2:
        a, b = np.full(len(a), a[0]), np.full(len(b), b[0])
    return {"a": a, "b": b}


def one_wrong(rng: np.random.Generator, wrong: bool = True) -> Case:
    "scores with one label on the wrong side of 0 or at 0, the others far on the right side"
    check_rng(rng)
    a, b = -(rng.exponential(8.0, int(rng.integers(1, 6))) + 3), rng.exponential(8.0, int(rng.integers(1, 6))) + 3
    if wrong:
        off = rng.exponential(0.3) * (rng.random() < 0.7)
        if rng.random() < 0.5:
            a[0] = off
        else:
            b[0] = -off
    return {"a": a, "b": b}


def small_labelled(rng: np.random.Generator) -> Case:
    "1 to 7 scores s between -4 and 4, some tied, with labels y (one positive at least) and a size K from 1 to 8"
    check_rng(rng)
    n = int(rng.integers(1, 8))
    s = rng.uniform(-4, 4, n)
    y = (rng.random(n) < rng.uniform(0.1, 0.9)).astype(float)
    y[int(rng.integers(n))] = 1.0
    return {"s": np.round(s) if rng.random() < 0.35 else s, "y": y, "K": int(rng.integers(int(y.sum()), 9))}
