"""Stochastic log-determinant from products only, against Cholesky: where it pays, and what accuracy it buys."""

import numpy as np

from scispaces import rng
from scispaces.linalg.traces import stochastic_logdet
from scispaces.reading.runner.bench import best_time, table

rows = []
for k in (200, 1000, 2000):
    A = rng(2).standard_normal((k, 2 * k)) / np.sqrt(2 * k)
    B = A @ A.T + np.eye(k)  # eigenvalues in (1, 4)
    exact = 2 * np.log(np.diag(np.linalg.cholesky(B))).sum()
    for name, run in {
        "stochastic_logdet": lambda B=B, k=k: stochastic_logdet(B.__matmul__, k, (1, 4.2), 12, 30, rng(3))[0],
        "Cholesky": lambda B=B: 2 * np.log(np.diag(np.linalg.cholesky(B))).sum(),
        "numpy.linalg.slogdet": lambda B=B: np.linalg.slogdet(B)[1],
    }.items():
        rows.append((k, name, best_time(run), abs(run() / exact - 1)))
table(("size", "method", "seconds", "relative error"), rows)
