"""The data sets: sizes, scalings, splits without overlap, the law of the ring."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.data.digits import check_sizes, digit_against_rest, digits_split
from scispaces.data.rings import ring_and_blob, ring_sample


def test_unit_digits():
    data = digits_split(rng(0), 300)
    assert data.x.shape == (300, 64) and data.x_test.shape == (1497, 64)
    assert data.x.min() == 0 and data.x.max() == 1
    assert set(data.y) == set(data.y_test) == set(range(10))


def test_standard_digits_are_the_same_split():
    unit, standard = (digits_split(rng(0), scaling=name) for name in ("unit", "standard"))
    assert standard.x.shape == (1400, 64) and standard.x_test.shape == (397, 64)
    assert np.array_equal(unit.y, standard.y) and np.array_equal(unit.y_test, standard.y_test)
    assert np.abs(standard.x.mean(axis=0)).max() < 1e-12 and standard.x.std() == pytest.approx(1)
    differences = unit.x_test[0] - unit.x_test[1]
    assert_allclose((standard.x_test[0] - standard.x_test[1]) * (unit.x - unit.x.mean(axis=0)).std(), differences)


def test_the_split_is_a_permutation():
    data = digits_split(rng(4), 1000)
    everything = np.concatenate([data.x, data.x_test])
    other = digits_split(rng(5), 7)
    assert_allclose(np.sort(everything.sum(1)), np.sort(np.concatenate([other.x, other.x_test]).sum(1)))


def test_ring_sample():
    x = ring_sample(4000, rng(0), modes=4, radius=3.0, sd=0.05)
    assert_allclose(np.linalg.norm(x, axis=1).mean(), 3, atol=0.01)
    angle = np.angle(x[:, 0] + 1j * x[:, 1]) / (np.pi / 2)
    assert np.abs(angle - np.round(angle)).max() < 0.1


def test_ring_and_blob():
    ring, blob = ring_and_blob(2000, rng(1))
    assert ring.shape == blob.shape == (2000, 2)
    assert_allclose(np.cov(blob.T), np.eye(2) / 4, atol=0.03)
    assert_allclose(ring, ring_sample(2000, rng(1)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: digits_split(rng(0), 0), "train must"),
        (lambda: digits_split(rng(0), 1797), "train must"),
        (lambda: digits_split(rng(0), scaling="none"), "scaling must be one of"),
        (lambda: check_sizes((3, 10), digits_split(rng(0), 10)), "must begin with 64"),
        (lambda: check_sizes((64, 5), digits_split(rng(0), 1000)), "end above 9"),
        (lambda: ring_sample(0, rng(0)), "n must"),
        (lambda: ring_sample(5, rng(0), sd=0.0), "sd must"),
        (lambda: ring_sample(5, rng(0), radius=-1.0), "radius must"),
        (lambda: ring_and_blob(0, rng(0)), "n must"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_digit_through_principal_components():
    data, full = digit_against_rest(rng(2), 8, 6, 900), digits_split(rng(2), 900)
    assert data.x.shape == (900, 6) and data.x_test.shape == (897, 6)
    assert np.array_equal(data.y, full.y == 8) and np.array_equal(data.y_test, full.y_test == 8)
    assert np.allclose(data.x.std(axis=0), 1) and np.allclose(data.x.mean(axis=0), 0)
    from sklearn.decomposition import PCA

    peer = PCA(6).fit(full.x)
    projected = peer.transform(full.x_test) / peer.transform(full.x).std(axis=0)
    assert np.allclose(np.abs(data.x_test), np.abs(projected), atol=1e-8)
