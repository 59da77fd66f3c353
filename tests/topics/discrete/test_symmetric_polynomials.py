"""Elementary symmetric polynomials against all subsets and against numpy's polynomials; extreme scores."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.special import comb, softmax

from scispaces import rng
from scispaces.discrete.symmetric_polynomials import log_elementary, subset_softmax


def by_subsets(x, k):
    subsets = list(combinations(range(len(x)), k))
    weights = np.array([np.exp(sum(x[i] for i in s)) for s in subsets])
    share = np.array([sum(w for w, s in zip(weights, subsets, strict=True) if i in s) for i in range(len(x))])
    return np.log(weights.sum()), share / weights.sum()


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_against_all_subsets(n):
    x = 2 * rng(n).normal(size=n)
    for k in range(1, n + 1):
        log_e, pi = by_subsets(x, k)
        assert np.isclose(log_elementary(x, k), log_e, rtol=1e-12)
        assert np.allclose(subset_softmax(x, k), pi, rtol=1e-12)
        coefficient = np.poly(-np.exp(x))[k]  # of prod (z + w_i)
        assert np.isclose(log_elementary(x, k), np.log(coefficient), rtol=1e-9)


def test_stacks_and_the_ends():
    x = rng(0).normal(size=(3, 2, 5))
    assert log_elementary(x, 2).shape == (3, 2)
    assert np.allclose(subset_softmax(x, 3)[1, 1], subset_softmax(x[1, 1], 3))
    assert np.allclose(subset_softmax(x, 1), softmax(x, axis=-1)) and np.allclose(subset_softmax(x, 5), 1)


def test_extreme_scores():
    assert np.array_equal(subset_softmax([1e200, 5.0, -1e200], 2), [1, 1, 0])
    assert np.allclose(subset_softmax([1e4, 1e4, 1e4, -1e4], 2), [2 / 3, 2 / 3, 2 / 3, 0])
    assert np.isclose(log_elementary(np.zeros(200), 100), np.log(comb(200, 100)))
    assert np.allclose(subset_softmax(np.full(200, 1e-200), 50), 0.25)


def test_under_jax_the_law_is_the_gradient():
    from scispaces.backend import jax, jnp

    x = rng(4).normal(size=6)
    slope = jax.jit(jax.grad(lambda x: log_elementary(x, 3, xp=jnp)))(jnp.asarray(x))
    assert np.allclose(slope, subset_softmax(x, 3)) and np.allclose(subset_softmax(x, 3, xp=jnp), slope)


@pytest.mark.parametrize(
    "bad", [([], 1), ([1.0], 2), ([1.0, 2.0], 0), ([np.nan, 1.0], 1), (3.0, 1), ([1.0, np.inf], 1)]
)
def test_bad_calls(bad):
    for f in (log_elementary, subset_softmax):
        with pytest.raises(ValueError):
            f(*bad)
