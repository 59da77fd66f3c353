"""The samplers of worst cases do reach the worst case, and stay within what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.instances.layers import (
    STEEPEST,
    drifting_estimates,
    random_classifier,
    random_gapped,
    random_kernel,
    random_layer,
    random_network,
    random_points_in_plane,
    random_points_on_line,
    random_start,
    steepest_slope,
)
from scispaces.linalg.spectral_norm import power_estimates
from scispaces.networks.activations import ACTIVATIONS
from scispaces.networks.lipschitz import (
    certified_radius,
    conv_operator_norm,
    conv_reshaped_bound,
    lipschitz_product_bound,
)
from scispaces.networks.mlp import mlp


def ratios(draw, ratio, n=400):
    gen = rng(0)
    return np.array([ratio(**draw(gen)) for _ in range(n)])


def test_steepest_slopes():
    for name in STEEPEST:
        assert_allclose(steepest_slope(name), ACTIVATIONS[name].lipschitz, atol=1e-9)
    with pytest.raises(ValueError, match="name must be one of"):
        steepest_slope("swishy")


def test_layers():
    def ratio(g, a, W, b, x1, x2):
        moved = np.linalg.norm(ACTIVATIONS[g](W @ x1 + b) - ACTIVATIONS[g](W @ x2 + b))
        assert a == ACTIVATIONS[g].lipschitz
        return moved / (a * np.linalg.norm(W, 2) * np.linalg.norm(x1 - x2))

    found = ratios(random_layer, ratio)
    assert 0.999 < found.max() <= 1 + 1e-9


def test_networks():
    def ratio(Ws, bs, g, slopes, x1, x2):
        a, b = x1, x2
        for W, bias, name in zip(Ws, bs, g, strict=True):
            a, b = (ACTIVATIONS[name](W @ x + bias) for x in (a, b))
        return np.linalg.norm(a - b) / (lipschitz_product_bound(Ws, slopes) * np.linalg.norm(x1 - x2))

    found = ratios(random_network, ratio)
    assert 0.999 < found.max() <= 1 + 1e-9
    net = random_network(rng(0), ["gelu"], normalized=True)
    assert net["g"] == ["gelu"] * 3
    assert_allclose([np.linalg.norm(W, 2) for W in net["Ws"]], 1)


def test_starts():
    def ratio(W, u0, theta, q, r):
        s = np.linalg.svd(W)[1]
        assert_allclose(s[1] / s[0], q, rtol=1e-9)
        v = W.T @ u0
        assert_allclose(abs(v @ np.linalg.svd(W)[2][0]) / np.linalg.norm(v), np.cos(theta), rtol=1e-6)
        bound = np.tan(theta) ** 2 * q ** (4 * (r - 1))
        assert bound > 5e-5 or r == 1
        return (s[0] ** 2 - power_estimates(W, r, u0)[-1] ** 2) / s[0] ** 2 / bound

    found = ratios(random_start, ratio)
    assert 0.98 < found.max() <= 1 + 1e-9


def test_kernels():
    found = ratios(random_kernel, lambda kernel, size: conv_operator_norm(kernel, size) / conv_reshaped_bound(kernel))
    assert 0.999 < found.max() <= 1 + 1e-12


def test_classifiers():
    gen = rng(1)
    for _ in range(50):
        point = random_classifier(gen)
        assert certified_radius(mlp(point["params"], point["x"]), point["lipschitz"]) > 0


def test_gaps():
    gen = rng(3)
    for _ in range(50):
        point = random_gapped(gen)
        W = point["W"]
        assert_allclose(power_estimates(W, 400, point["u0"])[-1], np.linalg.norm(W, 2), rtol=1e-9)
        assert_allclose(np.linalg.svd(W)[1][:2], [point["s1"], point["s2"]], rtol=1e-9)
        assert_allclose(W @ point["v1"], point["s1"] * point["u1"], rtol=1e-9, atol=1e-12 * point["s1"])


def test_points():
    line, plane = random_points_on_line(rng(4)), random_points_in_plane(rng(4))
    assert line["x"].shape == (12,) and line["y"].shape == (15,)
    assert plane["x"].shape == (6, 2) and plane["y"].shape == (7, 2)
    for point in (line, plane):
        assert_allclose([point["p"].sum(), point["q"].sum()], 1)


def test_drift():
    warm, W = drifting_estimates(32, 60, rng(2))
    cold, same = drifting_estimates(32, 60, rng(2), warm=False)
    assert warm.shape == cold.shape == (60,)
    assert_allclose(W, same)
    exact = np.linalg.norm(W, 2)
    assert cold[-1] < 0.9 * exact < 0.95 * exact < warm[-1] <= exact * (1 + 1e-12)
    with pytest.raises(ValueError, match="steps must"):
        drifting_estimates(3, 0, rng(0))
