"""Certified radii hold under attack; the penalties do to the norms what they should."""

from __future__ import annotations

import doctest
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.data.digits import digits_split
from scispaces.experiments import lipschitz_classifiers as module
from scispaces.experiments.lipschitz_classifiers import Decay, classifier_report, train_classifiers
from scispaces.networks.lipschitz import certified_radius, flip_margin, lipschitz_product_bound
from scispaces.networks.mlp import mlp


def test_docstrings_run():
    assert doctest.testmod(module).failed == 0


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_no_attack_flips_inside_the_certified_radius(seed):
    gen = rng(seed)
    widths = (4, 10, 3)
    params = [(gen.standard_normal((m, n)), gen.standard_normal(m)) for n, m in pairwise(widths)]
    x = gen.standard_normal(4)
    radius = certified_radius(mlp(params, x), lipschitz_product_bound([W for W, _ in params]))
    assert flip_margin(params, x, radius) >= 0


def test_the_radius_is_sharp_for_two_opposed_linear_logits():
    w = np.array([3.0, 4.0])
    params = [(np.stack([w, -w]), np.zeros(2))]
    x = w / 25
    radius = float(certified_radius(mlp(params, x), lipschitz_product_bound([params[0][0]])))
    assert_allclose(radius, np.linalg.norm(x))  # the decision boundary passes through 0
    assert flip_margin(params, x, radius) == pytest.approx(0, abs=1e-9)
    assert flip_margin(params, x, 1.1 * radius) < 0


def test_certified_radius_has_one_value_a_row():
    radii = certified_radius([[1.0, 3.0, 2.0], [5.0, 5.0, 0.0]], 2.0)
    assert_allclose(radii, [1 / (2 * np.sqrt(2)), 0.0])


@pytest.fixture(scope="module")
def reports():
    data = digits_split(rng(0), 300)
    decays = {"none": Decay(), "weight decay": Decay(frobenius=1e-2), "spectral": Decay(spectral=1e-1)}
    params = train_classifiers(data, decays, rng(1), steps=300)
    return {name: classifier_report(p, data, rng(2)) for name, p in params.items()}


def test_penalties_shrink_the_bounds(reports):
    none, decay, spectral = reports["none"], reports["weight decay"], reports["spectral"]
    for report in reports.values():
        assert report["jacobian"] <= report["product"] <= report["frobenius"]
        assert report["accuracy"] > 0.85
    assert decay["product"] < 0.6 * none["product"]
    assert spectral["product"] < 0.6 * none["product"]
    assert spectral["frobenius"] > 2 * decay["frobenius"]
    assert min(decay["radius"], spectral["radius"]) > 1.3 * none["radius"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: certified_radius([1.0], 1.0), "k >= 2"),
        (lambda: certified_radius([1.0, np.nan], 1.0), "finite"),
        (lambda: certified_radius([1.0, 0.0], 0.0), "lipschitz must be > 0"),
        (lambda: digits_split(rng(0), 0), "train must"),
        (lambda: digits_split(rng(0), 1797), "train must"),
        (lambda: train_classifiers(digits_split(rng(0), 10), {}, rng(0)), "at least one run"),
        (lambda: train_classifiers(digits_split(rng(0), 10), {"a": Decay(-1.0)}, rng(0)), "negative"),
        (lambda: train_classifiers(digits_split(rng(0), 10), {"a": Decay()}, rng(0), sizes=(3, 10)), "must begin with"),
        (lambda: flip_margin([(np.eye(2), np.zeros(2))], [1.0], 1.0), "x must have shape"),
        (lambda: flip_margin([(np.eye(2), np.zeros(2))], [1.0, 0.0], 0.0), "radius must be > 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
