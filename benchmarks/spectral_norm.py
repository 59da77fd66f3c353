"""Power iteration against the full SVD: time, and relative error (what the docstring promises for a gap of 10 %)."""

import numpy as np
from scipy.sparse.linalg import svds

from scispaces import rng
from scispaces.linalg.spectral_norm import spectral_norm
from scispaces.reading.runner.bench import best_time, table

rows = []
for n in (64, 256, 1024):
    gen = rng(1)
    U, _ = np.linalg.qr(gen.standard_normal((n, n)))
    V, _ = np.linalg.qr(gen.standard_normal((n, n)))
    W = U @ np.diag(np.linspace(0.1, 0.9, n - 1).tolist() + [1.0]) @ V.T  # the norm is 1, the gap 10 %
    for name, run in {
        "spectral_norm, 30 rounds": lambda W=W: spectral_norm(W),
        "numpy.linalg.norm(W, 2)": lambda W=W: np.linalg.norm(W, 2),
        "scipy svds(k=1)": lambda W=W, n=n: svds(W, k=1, return_singular_vectors=False, v0=np.ones(n))[0],
    }.items():
        rows.append((n, name, best_time(run), abs(run() - 1.0)))
table(("size", "method", "seconds", "relative error"), rows)
