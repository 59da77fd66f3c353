"""Tables against direct sums, scipy and a Monte Carlo run; edge cases with zeros."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from scispaces import rng
from scispaces.probability.information import (
    bernoulli_mixture_em,
    bhattacharyya,
    bhattacharyya_normal,
    distortion,
    entropy,
    evidence,
    joint_kl,
    mutual_information,
    posterior,
    rate,
)


def tables(batch=()):
    g = rng(0)
    px, pzx = g.dirichlet(np.ones(5), batch), g.dirichlet(np.ones(3), (*batch, 5))
    return px, pzx, g.dirichlet(np.ones(3), batch), g.dirichlet(np.ones(5), (*batch, 3))


def test_against_loops_and_scipy():
    px, pzx, qz, qxz = tables()
    joint = sum(px[i] * pzx[i, j] * np.log(px[i] * pzx[i, j] / (qz[j] * qxz[j, i])) for i in range(5) for j in range(3))
    assert joint_kl(px, pzx, qz, qxz) == pytest.approx(joint, rel=1e-12)
    assert entropy(px) == pytest.approx(stats.entropy(px))
    assert rate(px, pzx, qz) == pytest.approx(sum(px[i] * stats.entropy(pzx[i], qz) for i in range(5)))
    table = px[:, None] * pzx
    independent = np.outer(px, table.sum(axis=0))
    assert mutual_information(px, pzx) == pytest.approx(stats.entropy(table.ravel(), independent.ravel()))
    back = distortion(px, pzx, qxz)
    assert back == pytest.approx(-sum(table[i, j] * np.log(qxz[j, i]) for i in range(5) for j in range(3)))
    assert back + rate(px, pzx, qz) - entropy(px) == pytest.approx(joint, rel=1e-12)
    q = posterior(qz, qxz)
    assert np.allclose(q, (qz[:, None] * qxz).T / evidence(qz, qxz)[:, None]) and np.allclose(q.sum(axis=1), 1)


def test_batches_are_their_members():
    batch = tables((4,))
    for f, names in [
        (joint_kl, (0, 1, 2, 3)),
        (rate, (0, 1, 2)),
        (distortion, (0, 1, 3)),
        (mutual_information, (0, 1)),
    ]:
        whole = f(*(batch[i] for i in names))
        assert np.allclose(whole, [f(*(batch[i][k] for i in names)) for k in range(4)], rtol=1e-12)


def test_zeros_and_missing_support():
    one = [[1.0, 0.0], [0.0, 1.0]]
    assert rate([0.5, 0.5], one, [0.5, 0.5]) == pytest.approx(np.log(2))
    assert rate([0.5, 0.5], one, [1.0, 0.0]) == np.inf and rate([1.0, 0.0], one, [1.0, 0.0]) == 0
    assert distortion([0.5, 0.5], one, one) == 0 and distortion([0.5, 0.5], one, [[0.0, 1.0], [1.0, 0.0]]) == np.inf
    assert mutual_information([1.0, 0.0], one) == 0 and entropy([1.0, 0.0]) == 0
    assert bhattacharyya([1.0, 0.0], [0.0, 1.0]) == np.inf and bhattacharyya([0.3, 0.7], [0.3, 0.7]) < 1e-15
    for bad in ([0.5, 0.6], [1.5, -0.5]):
        with pytest.raises(ValueError):
            entropy(bad)
    with pytest.raises(ValueError, match="fit"):
        rate([0.5, 0.5], one, [0.2, 0.3, 0.5])


def test_the_distance_of_two_normals():
    value, _ = quad(lambda x: np.sqrt(stats.norm.pdf(x, 1, 0.5) * stats.norm.pdf(x, -0.4, 2)), -20, 20)
    assert bhattacharyya_normal(1, 0.5, -0.4, 2) == pytest.approx(-np.log(value), rel=1e-10)
    assert bhattacharyya_normal(0, 1e200, 0, 1e200) == 0
    assert bhattacharyya_normal(0, 1, 2, 1) == pytest.approx(0.5, rel=1e-14)


def test_descent_never_rises_and_reaches_what_can_be_represented():
    good = np.array([6, 1, 1, 2, 1, 2, 1, 6]) / 20
    losses = bernoulli_mixture_em(good, rng(1).dirichlet([1, 1], 8), 200)
    assert losses.shape == (400,) and np.diff(losses).max() < 1e-12
    assert losses[-1] == pytest.approx(entropy(good), abs=1e-9)
    parity = np.where([bin(i).count("1") % 2 == 0 for i in range(8)], 0.22, 0.03)
    assert bernoulli_mixture_em(parity, np.full((8, 2), 0.5), 3)[-1] == pytest.approx(np.log(8))
    with pytest.raises(ValueError, match="2\\^b"):
        bernoulli_mixture_em([0.5, 0.3, 0.2], np.full((3, 2), 0.5), 1)
