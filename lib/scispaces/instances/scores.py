"""Vectors of scores for claims about soft maxima: of every size and scale, tied, with a gap, with labels.

Each function takes a generator and returns the ingredients by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scispaces._validate import check_rng

__all__ = ["gapped_scores", "labelled_scores", "mild_scores", "random_scores", "separated_scores", "tied_scores"]

Case = dict[str, Any]


def random_scores(rng: np.random.Generator) -> Case:
    "vectors x of 1 to 12 entries, scales 0.01 to 100, a third with ties; K from 0.01 to 100, K |x| to 300; an index j"
    check_rng(rng)
    n = int(rng.integers(1, 13))
    x = rng.standard_normal(n) * 10.0 ** rng.uniform(-2, 2)
    if rng.random() < 0.35:
        x = np.round(x, int(rng.integers(-1, 1)))
    if rng.random() < 0.15:
        x = np.full(n, x[0])
    K = min(10.0 ** rng.uniform(-2, 2), 300 / max(np.abs(x).max(), 1e-300))
    return {"x": x, "K": K, "j": int(rng.integers(1, n + 1))}


def tied_scores(rng: np.random.Generator, extra: int = 0) -> Case:
    "vectors whose maximum is taken m times; K from 0.1 to 10"
    check_rng(rng)
    m, others = int(rng.integers(1, 6)), int(rng.integers(0, 6))
    K = 10.0 ** rng.uniform(-1, 1)
    low = rng.uniform(0.01, 8) / K if not extra else 40 / K
    x = np.concatenate([np.zeros(m), -low - rng.exponential(1 / K, others)]) + rng.normal()
    return {"x": rng.permutation(x), "K": K, "m": m + extra}


def gapped_scores(rng: np.random.Generator, factor: float = 1.0) -> Case:
    "vectors of 2 to 10 entries whose first is largest, by g times a factor; K g from 0.1 to 10"
    check_rng(rng)
    n, g = int(rng.integers(2, 11)), 10.0 ** rng.uniform(-1, 1)
    spread = 0.0 if rng.random() < 0.4 else 10.0 ** rng.uniform(-3, 1)
    x = np.concatenate([[0.0], -g * factor - spread * rng.exponential(1.0, n - 1)])
    return {"x": x + rng.normal(), "g": g, "K": 10.0 ** rng.uniform(-1, 1) / g}


def labelled_scores(rng: np.random.Generator) -> Case:
    "scores s of 2 to 8 classes, some tied at the top, and a label t from 1"
    check_rng(rng)
    n = int(rng.integers(2, 9))
    s = rng.standard_normal(n) * 10.0 ** rng.uniform(-1, 1)
    t = int(rng.integers(1, n + 1))
    if rng.random() < 0.4:  # the label close behind another class, or level with it
        rest = np.delete(s, t - 1)
        s[t - 1] = rest.max() - (0.0 if rng.random() < 0.3 else 10.0 ** rng.uniform(-6, 0))
    return {"s": s, "t": t}


def separated_scores(rng: np.random.Generator, case: str = "separated") -> Case:
    """vectors of 2 to 8 entries whose k + 1 largest are g apart, k < n, K large; an index i

    Large means exp(K g) >= 10 n^2 K (max - min), and K g up to 25. case "tied": two of the wanted entries are equal;
    "all": k = n.
    """
    check_rng(rng)
    n, g = int(rng.integers(2 if case != "tied" else 3, 9)), 10.0 ** rng.uniform(-1, 1)
    k = {"separated": int(rng.integers(1, n)), "tied": int(rng.integers(2, max(n, 3))), "all": n}[case]
    wanted = min(k + 1, n)
    steps = g * (1 + (rng.random(wanted - 1) < 0.5) * rng.exponential(0.5, wanted - 1))
    if case == "tied":
        steps[int(rng.integers(0, k - 1))] = 0.0
    top = -np.concatenate([[0.0], np.cumsum(steps)])
    below = (rng.random() < 0.6) * g * rng.exponential(10.0 ** rng.uniform(-2, 1), n - wanted)
    x = np.concatenate([top, top[-1] - below])
    Kg = next(v for v in np.linspace(4, 25, 85) if np.exp(v) >= 10 * n**2 * v * max(np.ptp(x), g) / g)
    K = rng.uniform(Kg, max(Kg, 20)) / g
    return {"x": rng.permutation(x) + rng.normal(), "k": k, "g": g, "K": K, "i": int(rng.integers(1, n + 1))}


def mild_scores(rng: np.random.Generator) -> Case:
    "vectors of 2 to 13 entries, K (max - min) up to 10"
    check_rng(rng)
    case = random_scores(rng)
    case["x"] = np.append(case["x"], case["x"][0] + rng.normal())
    limit = min(10 / max(np.ptp(case["x"]), 1e-3), 300 / np.abs(case["x"]).max())
    return case | {"K": rng.uniform(0.01, 1) * limit}
