"""Random weights: the laws, the rules, the Gram moments, and the peers that others use."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

import scispaces
from scispaces.linalg import random_matrices as rm

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

IID = [law for law in rm.LAWS if law != "orthogonal"]


def within(sample, expected, sigmas=5.0):
    """The sample mean lies within `sigmas` standard errors of the expected value."""
    error = np.std(sample) / np.sqrt(len(sample))
    assert abs(np.mean(sample) - expected) <= sigmas * error + 1e-12


def test_examples_in_docstrings():
    assert doctest.testmod(rm).failed == 0


@pytest.mark.parametrize("name", IID)
def test_entry_laws_have_the_stated_moments(name):
    law = rm.entry_law(name, p=0.2)
    w = law.draw(scispaces.rng(1), (200_000,))
    for power, moment in [(1, 0.0), (2, 1.0), (3, law.skewness), (4, law.kurtosis)]:
        within(w**power, moment)


@pytest.mark.parametrize("name", IID)
@pytest.mark.parametrize("m,n", [(7, 5), (3, 8), (1, 1), (6, 6)])
def test_gram_moments_hold_for_every_law_skewed_ones_included(name, m, n):
    law = rm.entry_law(name, p=0.2)
    W = rm.random_weights(scispaces.rng(2), m, n, law=name, p=0.2, batch=(40_000,))
    G, want = rm.gram(W), rm.gram_error_moments(m, n, law.kurtosis)
    within(rm.gram_mse(W), want.mean_mse)
    within(G[:, 0, 0], 1.0)
    within((G[:, 0, 0] - 1) ** 2, want.var_diag)
    if n > 1:
        within(G[:, 0, 1], 0.0)
        within(G[:, 0, 1] ** 2, want.var_offdiag)


@given(m=st.integers(1, 40), n=st.integers(1, 40), mode=st.sampled_from(rm.MODES), gain=st.floats(0.1, 10))
@settings(max_examples=40)
def test_orthogonal_weights_are_orthogonal_and_rules_are_ordered(m, n, mode, gain):
    Q = rm.random_weights(scispaces.rng(0), m, n, law="orthogonal", gain=gain)
    assert Q.shape == (m, n)
    small = Q.T @ Q if m >= n else Q @ Q.T
    assert np.allclose(small, gain * np.eye(min(m, n)), atol=1e-12 * gain)
    v = rm.weight_variance(m, n, mode)
    assert min(1 / m, 1 / n) <= v * (1 + 1e-15) and v <= max(1 / m, 1 / n) * (1 + 1e-15)


@pytest.mark.parametrize("n", [2, 5])
def test_haar_matches_scipy_ortho_group(n):
    size = 4000
    ours = rm.haar_orthogonal(scispaces.rng(4), n, n, batch=(size,))
    peer = stats.ortho_group.rvs(n, size, scispaces.rng(5))
    for statistic in (
        lambda Q: Q[:, 0, 0],
        lambda Q: np.trace(Q, axis1=1, axis2=2),
        lambda Q: Q[:, -1, 0] * Q[:, 0, -1],
    ):
        assert stats.stats.ks_2samp(statistic(ours), statistic(peer)).pvalue > 1e-6
    within(np.sign(np.linalg.det(ours)), 0.0)


def test_qr_without_the_sign_fix_is_not_haar():
    Q = np.linalg.qr(scispaces.rng(6).standard_normal((4000, 2, 2)))[0]
    fixed = rm.haar_orthogonal(scispaces.rng(6), 2, 2, batch=(4000,))
    assert abs(np.mean(Q[:, 0, 0])) > 0.5
    assert abs(np.mean(fixed[:, 0, 0])) < 0.06


def test_jax_initializers_are_the_same_rules():
    from scispaces.backend import jax

    m, n, key = 300, 200, scispaces.key(7)  # jax matrices are (inputs, outputs): ours transposed
    peers = {
        "fan_out": jax.nn.initializers.variance_scaling(1.0, "fan_out", "normal"),
        "fan_in": jax.nn.initializers.lecun_uniform(),
        "avg": jax.nn.initializers.glorot_normal(),
    }
    for mode, init in peers.items():
        W = np.asarray(init(key, (n, m))).T
        ours = rm.random_weights(scispaces.rng(8), m, n, mode=mode)
        assert W.shape == ours.shape
        assert np.var(W) == pytest.approx(rm.weight_variance(m, n, mode), rel=0.03)
        assert np.var(ours) == pytest.approx(rm.weight_variance(m, n, mode), rel=0.03)
    he = np.asarray(jax.nn.initializers.he_normal()(key, (n, m)))
    assert np.var(he) == pytest.approx(2 * rm.weight_variance(m, n, "fan_in"), rel=0.03)
    Q = np.asarray(jax.nn.initializers.orthogonal()(key, (n, m)))
    assert np.allclose(rm.gram(Q.T), rm.gram(Q.T).T) and np.allclose(Q @ Q.T, np.eye(n), atol=1e-6)


def test_keras_initializers_are_truncated_with_the_same_variance(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    m, n = 300, 200
    for init, mode, gain in [
        (keras.initializers.GlorotNormal(seed=1), "avg", 1.0),
        (keras.initializers.HeNormal(seed=1), "fan_in", 2.0),
        (keras.initializers.LecunNormal(seed=1), "fan_in", 1.0),
    ]:
        W = np.asarray(init((n, m)), dtype=float)
        sigma = np.sqrt(gain * rm.weight_variance(m, n, mode))
        assert np.var(W) == pytest.approx(sigma**2, rel=0.03)
        assert np.abs(W).max() < 2.3 * sigma  # cut at 2 / 0.8796 = 2.27 standard deviations
        assert np.mean(W**4) / np.var(W) ** 2 == pytest.approx(2.37, abs=0.05)
    Q = np.asarray(keras.initializers.Orthogonal(seed=1)((n, m)), dtype=float)
    assert np.allclose(Q @ Q.T, np.eye(n), atol=1e-5)


def test_quarter_circle():
    assert quad(rm.quarter_circle_pdf, 0, 2)[0] == pytest.approx(1)
    assert quad(lambda s: s * rm.quarter_circle_pdf(s), 0, 2)[0] == pytest.approx(8 / (3 * np.pi))
    for s in (0.1, 1.0, 1.9):
        assert quad(rm.quarter_circle_pdf, 0, s)[0] == pytest.approx(float(rm.quarter_circle_cdf(s)))
    assert np.all(rm.quarter_circle_pdf([-0.5, 2.5]) == 0)
    assert rm.quarter_circle_cdf([-1.0, 3.0]) == pytest.approx([0, 1])
    s = rm.singular_values(rm.random_weights(scispaces.rng(9), 300, 300))
    assert stats.kstest(s, rm.quarter_circle_cdf).statistic < 0.02


def test_max_offdiagonal_by_hand_and_in_law():
    assert rm.max_offdiagonal([[1.0, -3.0], [0.0, 1.0]]) == 3.0
    top = rm.max_offdiagonal(rm.random_weights(scispaces.rng(10), 64, 64, batch=(1500,)))
    assert stats.kstest(top, lambda t: rm.max_offdiagonal_cdf(t, 64)).statistic < 0.09
    assert rm.max_offdiagonal_cdf([-1.0, 0.0, 3.0], 64) == pytest.approx([0, 0, 1])


@pytest.mark.parametrize(
    "call",
    [
        lambda r: rm.entry_law("cauchy"),
        lambda r: rm.entry_law("orthogonal"),
        lambda r: rm.entry_law("three_point", p=0.0),
        lambda r: rm.entry_law("three_point", p=1.5),
        lambda r: rm.weight_variance(0, 3),
        lambda r: rm.weight_variance(3, 3, "he"),
        lambda r: rm.random_weights(r, 3, 0),
        lambda r: rm.random_weights(r, 3, 3, law="gauss"),
        lambda r: rm.random_weights(r, 3, 3, mode="fan"),
        lambda r: rm.random_weights(r, 3, 3, gain=0.0),
        lambda r: rm.random_weights(r, 3, 3, gain=float("nan")),
        lambda r: rm.random_weights(r, 3, 3, var=-1.0),
        lambda r: rm.random_weights(r, 3, 3, law="orthogonal", var=1.0),
        lambda r: rm.haar_orthogonal(r, -1, 3),
        lambda r: rm.gram([1.0, 2.0]),
        lambda r: rm.gram([[np.nan]]),
        lambda r: rm.gram([[1j]]),
        lambda r: rm.max_offdiagonal([[1.0], [2.0]]),
        lambda r: rm.gram_error_moments(3, 3, 0.5),
        lambda r: rm.gram_error_moments(3, 3, float("inf")),
        lambda r: rm.gram_error_moments(0, 3, 3.0),
        lambda r: rm.max_offdiagonal_cdf(0.3, 1),
        lambda r: rm.max_offdiagonal_cdf(np.nan, 5),
        lambda r: rm.singular_values([]),
        lambda r: rm.quarter_circle_pdf(np.nan),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(ValueError, match=r"got|applies|apply|one column"):
        call(scispaces.rng(0))


@pytest.mark.parametrize(("m", "n"), [(1, 1), (3, 1), (6, 9), (40, 30)])
def test_spectral_norms_of_gaussian_matrices(m, n):
    """The bidiagonal model has the law of the matrices themselves."""
    quick = rm.gaussian_spectral_norms(m, n, 4000, scispaces.rng(0))
    direct = np.linalg.norm(scispaces.rng(1).standard_normal((4000, m, n)), 2, axis=(1, 2))
    assert quick.shape == (4000,)
    assert stats.ks_2samp(quick, direct).pvalue > 1e-6
    with pytest.raises(ValueError, match="k must"):
        rm.gaussian_spectral_norms(m, n, 0, scispaces.rng(0))
