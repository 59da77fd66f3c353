"""Superimposed digits: their labels and pixels; training by both losses; bad calls."""

from __future__ import annotations

import numpy as np
import pytest

from scispaces import rng
from scispaces.experiments.several_digits import superimposed_digits, train_multilabel


def test_pictures_and_labels():
    data = superimposed_digits(rng(0), 300, 100)
    assert data.x.shape == (300, 64) and data.y_test.shape == (100, 10)
    assert set(np.unique(data.y)) == {0.0, 1.0} and data.y.sum(1).min() == 1 and data.y.sum(1).max() == 3
    assert data.x.min() >= 0 and data.x.max() <= 1
    one, three = (data.x[data.y.sum(1) == k].mean() for k in (1, 3))
    assert three > one + 0.1, "more digits, more ink"


def test_both_losses_learn():
    data = superimposed_digits(rng(1), 1000, 300)
    found = train_multilabel(data, rng(2), {"a": "bce", "b": "zlpr"}, steps=100, every=20)
    assert list(found.steps) == [20, 40, 60, 80, 100]
    assert found.f1["a"][-1] > 0.5 and found.f1["b"][-1] > 0.5


@pytest.mark.parametrize(
    "call",
    [
        lambda: superimposed_digits(rng(0), 0, 5),
        lambda: train_multilabel(superimposed_digits(rng(0), 50, 5), rng(0), {}),
        lambda: train_multilabel(superimposed_digits(rng(0), 50, 5), rng(0), {"a": "hinge"}),
        lambda: train_multilabel(superimposed_digits(rng(0), 50, 5), rng(0), {"a": "bce"}, steps=5, every=2),
    ],
)
def test_bad_calls(call):
    with pytest.raises(ValueError):
        call()
