"""Means of two dimensions: known values, order, limits, the objectives they minimise, the initializers of others."""

import doctest
import os
from fractions import Fraction
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

import scispaces
from scispaces.backend import jax
from scispaces.networks import dimension_means as dm

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("steady")
sizes = st.floats(1e-3, 1e6)


def test_examples_in_docstrings():
    assert doctest.testmod(dm).failed == 0


@pytest.mark.parametrize(
    "kind,value",
    [
        ("fan_in", 64),
        ("fan_out", 256),
        ("harmonic", 102.4),
        ("geometric", 128),
        ("arithmetic", 160),
        ("contraharmonic", 217.6),
        ("max", 256),
    ],
)
def test_known_values_and_exact_twins(kind, value):
    assert dm.dimension_mean(64, 256, kind) == pytest.approx(value, rel=1e-15)
    assert dm.exact_mean(64, 256, kind) == Fraction(str(value))


@given(m=sizes, n=sizes)
def test_means_are_ordered_symmetric_and_between_the_sizes(m, n):
    ladder = [dm.dimension_mean(m, n, k) for k in ("harmonic", "geometric", "arithmetic", "contraharmonic", "max")]
    ladder = [min(m, n), *ladder]
    assert all(a <= b * (1 + 1e-12) for a, b in pairwise(ladder))
    assert dm.dimension_mean(n, m, "geometric") == pytest.approx(ladder[2])


@given(m=sizes, n=sizes, q=st.floats(-400, 400), c=st.floats(0.1, 10))
def test_lehmer_grows_with_q_scales_and_reflects(m, n, q, c):
    value = dm.lehmer_mean(m, n, q)
    assert min(m, n) * (1 - 1e-12) <= value <= max(m, n) * (1 + 1e-12)
    assert dm.lehmer_mean(m, n, q + 0.5) >= value * (1 - 1e-12)
    assert dm.lehmer_mean(c * m, c * n, q) == pytest.approx(c * value, rel=1e-9)
    assert value * dm.lehmer_mean(m, n, 1 - q) == pytest.approx(m * n, rel=1e-9)


@pytest.mark.parametrize("q", [-300.0, -1.5, 0.0, 0.3, 0.5, 1.0, 1.2, 2.0, 20.0, 300.0])
@pytest.mark.parametrize("pair", [(3, 5), (1e-4, 7e5), (1, 1e300)])
def test_lehmer_keeps_its_digits(q, pair):
    with mp.workdps(60):
        m, n, power = mp.mpf(pair[0]), mp.mpf(pair[1]), mp.mpf(q)
        exact = (m**power + n**power) / (m ** (power - 1) + n ** (power - 1))
        assert abs(dm.lehmer_mean(*pair, q) / exact - 1) < 1e-12
        assert abs(dm.lehmer_mean(*pair[::-1], q) / exact - 1) < 1e-12


def test_infinite_orders_and_broadcasting():
    assert dm.lehmer_mean(3, 5, np.inf) == 5 and dm.lehmer_mean(3, 5, -np.inf) == 3
    grid = dm.dimension_mean([[1.0], [4.0]], [1.0, 4.0, 9.0], "geometric")
    assert np.allclose(grid, [[1, 2, 3], [2, 4, 6]])
    assert dm.dimension_mean([2.0, 3.0], 7.0, "fan_out").tolist() == [7.0, 7.0]


@given(m=sizes, n=sizes, alpha=st.floats(0, 1))
def test_alpha_rules_multiply_to_the_product(m, n, alpha):
    there, back = (dm.dimension_mean(*pair, "alpha", alpha=alpha) for pair in ((m, n), (n, m)))
    assert there * back == pytest.approx(m * n)
    assert dm.dimension_mean(m, n, "alpha", alpha=0.5) == pytest.approx(dm.dimension_mean(m, n, "geometric"))


@pytest.mark.parametrize("p", [1.05, 1.2, 1.7, 2, 3, 6, 20])
@pytest.mark.parametrize("pair", [(64, 256), (3, 2), (1, 1000)])
def test_lp_optimum_is_the_minimiser(p, pair):
    best = dm.lp_optimal_variance(*pair, p)
    found = minimize_scalar(
        lambda s: dm.gain_penalty(np.exp(s), *pair, p) ** (1 / p),
        bounds=(-np.log(max(pair)), -np.log(min(pair))),
        method="bounded",
        options={"xatol": 1e-12},
    )
    assert np.exp(found.x) == pytest.approx(best, rel=2e-6)
    assert dm.gain_penalty(best, *pair, p) <= found.fun**p * (1 + 1e-12)


def test_lp_optimum_at_the_ends():
    assert dm.lp_optimal_variance(64, 256, 1) == 1 / 256
    assert dm.lp_optimal_variance(64, 256, np.inf) == 2 / 320
    grid = np.linspace(1 / 300, 1 / 50, 4001)
    for p in (1, np.inf):
        assert abs(grid[np.argmin(dm.gain_penalty(grid, 64, 256, p))] - dm.lp_optimal_variance(64, 256, p)) < 1e-5
    assert dm.lp_optimal_variance(64, 256, np.inf) == pytest.approx(dm.lp_optimal_variance(64, 256, 1e9), rel=1e-6)


def test_jax_initializers_use_these_means():
    modes = {"fan_in": "fan_in", "fan_out": "fan_out", "fan_avg": "arithmetic", "fan_geo_avg": "geometric"}
    for mode, kind in modes.items():
        draw = jax.nn.initializers.variance_scaling(1.0, mode, "truncated_normal" if mode == "fan_in" else "normal")
        W = np.asarray(draw(scispaces.key(3), (64, 256)))
        assert np.mean(W**2) * dm.dimension_mean(64, 256, kind) == pytest.approx(1, abs=6 * (2 / W.size) ** 0.5)


def test_keras_initializers_use_these_means(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "KERAS_BACKEND", "jax")
    monkeypatch.setitem(os.environ, "KERAS_HOME", str(tmp_path))
    keras = pytest.importorskip("keras")
    I = keras.initializers
    peers = [
        (I.GlorotNormal, {}, "arithmetic", 1),
        (I.GlorotUniform, {}, "arithmetic", 1),
        (I.HeNormal, {}, "fan_in", 2),
        (I.LecunNormal, {}, "fan_in", 1),
        (I.VarianceScaling, {"mode": "fan_avg"}, "arithmetic", 1),
        (I.VarianceScaling, {"mode": "fan_out"}, "fan_out", 1),
    ]
    for make, options, kind, gain in peers:
        W = np.asarray(make(**options, seed=5)((64, 256)))
        ratio = np.mean(W**2) * dm.dimension_mean(64, 256, kind) / gain
        assert ratio == pytest.approx(1, abs=6 * (2 / W.size) ** 0.5), make.__name__
    with pytest.raises(ValueError, match="mode"):
        I.VarianceScaling(mode="fan_geo_avg")  # the geometric rule is jax's alone


@pytest.mark.parametrize(
    "call",
    [
        lambda: dm.dimension_mean(0, 3, "geometric"),
        lambda: dm.dimension_mean(3, -1, "arithmetic"),
        lambda: dm.dimension_mean(3, np.nan, "arithmetic"),
        lambda: dm.dimension_mean([1, 2], [1, 2, 3], "arithmetic"),
        lambda: dm.dimension_mean(3, 4, "glorot"),
        lambda: dm.dimension_mean(3, 4, "lehmer"),
        lambda: dm.dimension_mean(3, 4, "alpha"),
        lambda: dm.dimension_mean(3, 4, "alpha", alpha=1.5),
        lambda: dm.dimension_mean(3, 4, "max", q=2),
        lambda: dm.lehmer_mean(3, 4, np.nan),
        lambda: dm.lehmer_mean(3, 4, "two"),
        lambda: dm.lehmer_mean([], 4, 1),
        lambda: dm.exact_mean(2, 3, "geometric"),
        lambda: dm.exact_mean(2.0, 3, "max"),
        lambda: dm.exact_mean(2, 3, "lehmer"),
        lambda: dm.as_rule("alpha"),
        lambda: dm.as_rule(3),
        lambda: dm.lp_optimal_variance(2, 3, 0.9),
        lambda: dm.lp_optimal_variance(2, 3, np.nan),
        lambda: dm.gain_penalty(-1.0, 2, 3, 2),
        lambda: dm.gain_penalty(1.0, 2, 3, 0.5),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(ValueError, match=r"must"):
        call()
