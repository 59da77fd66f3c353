"""W_1 on the line: the linear program of the definition, the sorted formula, and scipy's."""

from scipy.stats import wasserstein_distance

from scispaces import rng
from scispaces.probability.wasserstein import wasserstein1_1d, wasserstein1_lp
from scispaces.reading.runner.bench import best_time, table

rows = []
for n in (100, 1000, 5000):
    x, y = rng(4).standard_normal(n), rng(5).standard_normal(n) + 1
    reference = wasserstein_distance(x, y)
    for name, run in {
        "wasserstein1_lp": lambda x=x, y=y: wasserstein1_lp(x, y)[0],
        "wasserstein1_1d": lambda x=x, y=y: wasserstein1_1d(x, y)[0],
        "scipy.stats.wasserstein_distance": lambda x=x, y=y: wasserstein_distance(x, y),
    }.items():
        rows.append((n, name, best_time(run, rounds=2), abs(run() / reference - 1)))
table(("points", "method", "seconds", "difference"), rows)
