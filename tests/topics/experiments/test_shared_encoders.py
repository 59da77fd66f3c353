"""Tasks on a shared layer: the measures by hand, units that change nothing, the first step against optax's own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.data.digits import digits_split
from scispaces.experiments.shared_encoders import TaskRule, image_measures, train_two_tasks

DIGITS = digits_split(rng(0), 60)


def test_measures():
    image = np.zeros((2, 8, 8))
    image[0, 2, 5], image[1, 6, 1], image[1, 6, 3] = 1.0, 1.0, 2.0
    raw = np.array([[1, 5, 2], [3, 7 / 3, 6]])  # ink, x = column, y = row
    assert_allclose(image_measures(image.reshape(2, 64)), (raw - raw.mean(0)) / raw.std(0))
    assert_allclose(image_measures(DIGITS.x).std(axis=0), 1)


def test_units_change_no_bit_where_the_rule_divides():
    runs = [TaskRule(rule, 2.0**k) for rule in ("equal", "init", "prior", "realtime", "gradnorm") for k in (-9, 0, 9)]
    out = train_two_tasks(rng(1), DIGITS.x, DIGITS.y, runs, steps=20)
    assert out.relative.shape == out.weights.shape == (15, 20, 2)
    relative = out.relative.reshape(5, 3, 20, 2)
    assert np.all(np.ptp(relative[1:], axis=1) == 0)
    assert np.ptp(relative[0], axis=0).max() > 0.01


def test_first_losses_and_weights():
    out = train_two_tasks(rng(2), DIGITS.x, DIGITS.y, [TaskRule("init"), TaskRule("realtime"), TaskRule("prior")], 30)
    assert_allclose(out.relative[:, 0], np.tile(out.relative[0, 0], (3, 1)))
    assert_allclose(out.weights[0], out.weights[1, [0] * 30])
    assert_allclose((out.weights[1] / out.weights[2]) * out.relative[1], 1)  # 1/L against 1/prior
    assert np.all(out.relative[:, -1] < 0.8 * out.relative[:, 0])


def test_bad_input():
    for call in (
        lambda: image_measures(-DIGITS.x),
        lambda: image_measures(np.zeros((3, 64))),
        lambda: image_measures(np.ones((3, 64))),
        lambda: train_two_tasks(rng(0), DIGITS.x, DIGITS.y, []),
        lambda: train_two_tasks(rng(0), DIGITS.x, DIGITS.y, [TaskRule("best")]),
        lambda: train_two_tasks(rng(0), DIGITS.x, DIGITS.y, [TaskRule("init", smoothing=1.0)]),
        lambda: train_two_tasks(rng(0), DIGITS.x, DIGITS.y[:-1], [TaskRule("init")]),
    ):
        with pytest.raises(ValueError):
            call()
