"""Training on smooth metrics: the minimum against scikit-learn, the gradient of the loss, and what the runs return."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from scispaces import rng
from scispaces.data.digits import digit_against_rest, digits_split
from scispaces.experiments.rare_and_noisy_labels import fit_logistic, train_on_noisy_labels
from scispaces.losses.smooth_metrics import smooth_f1


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def test_cross_entropy_as_scikit_learn():
    data = digit_against_rest(rng(0), 3, 4, 600)
    w = fit_logistic(data.x, data.y, "cross-entropy", decay=1e-2)
    peer = LogisticRegression(C=1 / (2e-2 * 600), tol=1e-10, max_iter=1000).fit(data.x, data.y)
    assert np.allclose(w, [*peer.coef_[0], *peer.intercept_], atol=2e-3)


def test_smooth_f1_is_better_than_cross_entropy_by_its_own_measure():
    data = digit_against_rest(rng(1), 8)
    scores = {}
    for loss in ("cross-entropy", "f1"):
        w = fit_logistic(data.x, data.y, loss)
        scores[loss] = smooth_f1(sigmoid(data.x @ w[:-1] + w[-1]), data.y)
    assert scores["f1"] > scores["cross-entropy"] + 0.1
    again = fit_logistic(data.x, data.y, "f1", start=w)
    assert smooth_f1(sigmoid(data.x @ again[:-1] + again[-1]), data.y) >= scores["f1"] - 1e-3


def test_noisy_labels_lose_their_weight():
    found = train_on_noisy_labels(digits_split(rng(3)), rng(4), steps=200)
    assert found["weight"]["right"] > 2 * found["weight"]["false"] > 0
    assert set(found["accuracy"]) == {"cross-entropy", "then smooth accuracy"}
    assert min(found["accuracy"].values()) > 0.7


@pytest.mark.parametrize(
    "call",
    [
        lambda: fit_logistic([[1.0]], [2.0], "f1"), lambda: fit_logistic([[1.0]], [1.0, 0.0], "f1"),
        lambda: fit_logistic([[1.0]], [1.0], "hinge"), lambda: fit_logistic([[1.0]], [1.0], "f1", start=[0.0]),
        lambda: train_on_noisy_labels(digits_split(rng(0)), rng(0), share=1.0),
        lambda: train_on_noisy_labels(digits_split(rng(0)), rng(0), steps=3),
    ],
)  # fmt: skip
def test_bad_calls(call):
    with pytest.raises(ValueError):
        call()
