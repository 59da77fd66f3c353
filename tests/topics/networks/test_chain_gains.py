"""Gains of chains of layers: predictions against exact fractions, simulation, jax and the exact law."""

import doctest
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import scispaces
from scispaces.backend import jax, jnp
from scispaces.networks import chain_gains as cg
from scispaces.networks.dimension_means import dimension_mean

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("steady")
chains = st.lists(st.integers(1, 5000), min_size=2, max_size=8)


def test_examples_in_docstrings():
    assert doctest.testmod(cg).failed == 0


@given(dims=chains, kind=st.sampled_from(["fan_in", "fan_out", "harmonic", "arithmetic", "contraharmonic", "max"]))
def test_floats_agree_with_fractions(dims, kind):
    gains, exact = cg.chain_gains(dims, kind), cg.exact_chain_gains(dims, kind)
    assert gains.total == pytest.approx([float(g) for g in exact], rel=1e-10)
    assert np.prod(gains.forward) == pytest.approx(float(exact[0]), rel=1e-10)
    assert gains.log_forward[0] == 0 and gains.log_backward[-1] == 0


@given(dims=chains, alpha=st.floats(0, 1))
def test_alpha_rules_telescope(dims, alpha):
    gains = cg.chain_gains(dims, lambda m, n: dimension_mean(m, n, "alpha", alpha=alpha))
    ratio = dims[0] / dims[-1]
    assert gains.total == pytest.approx([ratio**alpha, ratio ** (alpha - 1)], rel=1e-9)


@given(dims=chains, kind=st.sampled_from(["geometric", "arithmetic", "contraharmonic", "max"]))
def test_closed_chains_never_grow(dims, kind):
    forward, backward = cg.chain_gains([*dims, dims[0]], kind).total
    assert forward == pytest.approx(backward, rel=1e-9) and forward <= 1 + 1e-9


def test_the_two_chains_of_the_chapter_exactly():
    dims = [48, 192, 96, 24, 48]
    assert cg.exact_chain_gains(dims, "arithmetic") == (Fraction(128, 225),) * 2
    assert cg.exact_chain_gains(dims, "contraharmonic") == (Fraction(72, 289),) * 2
    assert cg.exact_chain_gains([64, 256, 64], "geometric") == (1, 1)


def test_a_thousand_layers_do_not_underflow():
    gains = cg.chain_gains([64, 256] * 1000 + [64], "contraharmonic")
    assert gains.log_forward[-1] == pytest.approx(1000 * np.log(100 / 289))
    assert np.isfinite(gains.log_backward).all()


@pytest.mark.parametrize("dims", [(64, 256, 64), (48, 192, 96, 24, 48), (32, 128)])
@pytest.mark.parametrize("kind", ["fan_in", "arithmetic", "geometric", "harmonic"])
def test_simulation_meets_the_prediction(dims, kind):
    measured = cg.sample_chain(scispaces.rng(1), dims, kind, nets=150).gains()
    for way, exact in zip(("forward", "backward"), cg.chain_gains(dims, kind).total, strict=True):
        mean, error = measured[way]
        assert abs(mean - exact) < 5 * error and error < 0.15 * exact


@pytest.mark.parametrize("law", ["uniform", "rademacher"])
def test_relu_halves_forwards_and_backwards(law):
    dims = (40, 120, 40)
    one = cg.sample_chain(scispaces.rng(2), dims, "geometric", ["relu", "linear"], nets=400, law=law).gains()
    both = cg.sample_chain(scispaces.rng(3), dims, "geometric", "relu", nets=400, law=law).gains()
    for way, (mean, error) in one.items():
        assert abs(mean - 0.5) < 5 * error, way
    for way, (mean, error) in both.items():
        assert abs(mean - 0.25) < 5 * error, way


def test_the_backward_pass_is_the_gradient_of_a_linear_loss():
    rng, widths = scispaces.rng(4), [3, 7, 4, 5]
    Ws = [rng.standard_normal((m, n)) for m, n in pairwise(widths)]

    class Fixed(np.random.Generator):  # hands out what the test prescribes
        def __init__(self, *arrays):
            super().__init__(np.random.PCG64(0))
            self.arrays = list(arrays)

        def standard_normal(self, shape):
            array = self.arrays.pop(0)
            assert array.shape == shape
            return array

    x, c = rng.standard_normal((1, 1, 3)), rng.standard_normal((1, 5, 1))
    f, b = cg._sample_chunk(Fixed(x, *(W[None] for W in Ws), c), widths, [1.0] * 3, [True, False, True], 1, "normal")

    def net(h):
        for W, cut in zip(Ws, (True, False, True), strict=True):
            h = jnp.maximum(h @ W, 0) if cut else h @ W
        return h

    y, pull = jax.vjp(net, jnp.asarray(x[0, 0]))
    (g,) = pull(jnp.asarray(c[0, :, 0]))
    assert f[0, -1] == pytest.approx(float(jnp.mean(y**2) / np.mean(x**2)))
    assert b[0, 0] == pytest.approx(float(jnp.mean(g**2) / np.mean(c**2)))


def test_large_samples_are_taken_in_pieces():
    sample = cg.sample_chain(scispaces.rng(5), [900, 1100, 900], "geometric", nets=5)
    assert sample.forward.shape == sample.backward.shape == (5, 3)
    assert abs(sample.forward[:, -1].mean() - 1) < 0.2


def test_round_trip_law_against_simulation():
    rng = scispaces.rng(6)
    sample = cg.sample_chain(rng, [6, 10, 6], "geometric", nets=20_000).forward[:, -1]
    assert stats.kstest(sample, lambda v: cg.round_trip_cdf(v, 6, 10, 60**-0.5)).pvalue > 1e-6
    assert cg.round_trip_cdf([-1.0, 0.0, 1e6], 6, 10, 60**-0.5) == pytest.approx([0, 0, 1])


@pytest.mark.parametrize("m,n", [(8, 32), (32, 8), (16, 16)])
def test_losses_that_know_the_weights(m, n):
    t = 2 / (m + n)
    fixed, fixed_error = cg.loss_backward_gain(scispaces.rng(7), m, n, t, "linear", 3000)
    assert abs(fixed - n * t) < 5 * fixed_error
    square, error = cg.loss_backward_gain(scispaces.rng(8), m, n, t, "square", 3000)
    assert abs(square - t * n * (m + n + 1) / m) < 5 * error
    assert cg.loss_backward_gain(scispaces.rng(9), m, n, t, "cross_entropy", 3000)[0] > fixed


@pytest.mark.parametrize(
    "call",
    [
        lambda r: cg.layer_gains(0, 1, 1),
        lambda r: cg.layer_gains(1, 1, -1.0),
        lambda r: cg.chain_gains([3], "max"),
        lambda r: cg.chain_gains([3, 0], "max"),
        lambda r: cg.chain_gains([3, np.inf], "max"),
        lambda r: cg.chain_gains([3, 4], "glorot"),
        lambda r: cg.chain_gains([3, 4], lambda m, n: m - n),
        lambda r: cg.exact_chain_gains([3], "max"),
        lambda r: cg.exact_chain_gains([3, 4.0], "max"),
        lambda r: cg.sample_chain(r, [3], "max"),
        lambda r: cg.sample_chain(r, [3, 4], "max", activation="tanh"),
        lambda r: cg.sample_chain(r, [3, 4], "max", activation=["relu", "relu"]),
        lambda r: cg.sample_chain(r, [3, 4], "max", nets=1),
        lambda r: cg.sample_chain(r, [3, 4], lambda m, n: -1.0),
        lambda r: cg.round_trip_cdf(1.0, 0, 3, 1.0),
        lambda r: cg.round_trip_cdf(1.0, 3, 3, 0.0),
        lambda r: cg.loss_backward_gain(r, 3, 3, 1.0, "hinge"),
        lambda r: cg.loss_backward_gain(r, 3, 3, 0.0, "linear"),
        lambda r: cg.loss_backward_gain(r, 3, 3, 1.0, "linear", nets=1),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(ValueError, match=r"must"):
        call(scispaces.rng(0))
