"""The right value at every scale: where squares, exponentials or absolute tolerances would leave the floats."""

from __future__ import annotations

import doctest
from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import special

from scispaces.adversarial.normalization import (
    NORMALIZATIONS,
    gn_gradient_norm,
    gradient_normalize,
    jump_size,
    normalized_value,
)
from scispaces.adversarial.penalty_on_the_line import gaussian_delta
from scispaces.astronomy import calendar, elements, transits, windows
from scispaces.dynamics.flows import VanDerPol, flow_jacobian
from scispaces.dynamics.integration import integrate
from scispaces.linalg import norms
from scispaces.linalg.matrix_functions import exp_tail_bounds, logdet_trace_log
from scispaces.linalg.spectral_norm import normalized_gradient, power_step, spectral_norm
from scispaces.markov.birth_death import heat_kernel, walk_density
from scispaces.markov.generators import as_generator
from scispaces.markov.propagation import propagate
from scispaces.networks.chain_gains import layer_gains
from scispaces.networks.dimension_means import dimension_mean
from scispaces.networks.gradient_penalties import gradient_penalty_sides, squared_spectral_norm
from scispaces.networks.gradients import cross_entropy_output, linear_output
from scispaces.networks.signal_propagation import norm_mean, norm_ratio, norm_tail_bound
from scispaces.optimizers.gradient_flow import gradient_descent, gradient_flow, product_loss
from scispaces.pde.burgers import burgers_solution, equal_area_shock
from scispaces.pde.characteristics import quasilinear_characteristics
from scispaces.pde.continuity import flow_points
from scispaces.pde.hopf_lax import characteristic_branches, hopf_lax, hopf_lax_minimiser
from scispaces.pde.strips import solve_strips
from scispaces.pde.wavefronts import ellipse_curvature, ellipse_evolute, front_jacobian
from scispaces.probability import sphere
from scispaces.probability.wasserstein import transport_cost, wasserstein1_assignment, wasserstein1_lp

scales = st.sampled_from([1e-200, 1e-100, 1e-12, 1.0, 1e12, 1e100, 1e200])


def minus(f):
    return lambda x: -f(x)


# ------------------------------------------------------------------------------------------------------- equations


def test_a_profile_that_vanishes_at_the_point():
    assert burgers_solution(minus(np.sin), minus(np.cos), 0.0, 0.999) == 0
    x = 1e-3
    u = float(burgers_solution(minus(np.sin), minus(np.cos), x, 0.999))
    assert_allclose(u, -np.sin(x - 0.999 * u), rtol=1e-9)


@pytest.mark.parametrize("t", [0.5, 30.0, 1000.0, 3e4])
def test_hopf_lax_resolves_waves_at_long_times(t):
    """The best foot minimises cos y + (x - y)^2/(2t): near x it is one of the two minima of cos beside it."""
    y = np.linspace(-40, 40, 800_001)
    assert_allclose(hopf_lax(np.cos, 0.3, t), (np.cos(y) + (0.3 - y) ** 2 / (2 * t)).min(), atol=1e-7)
    assert hopf_lax(np.cos, 0.3, 1000) == pytest.approx(-0.99597, abs=5e-6)


def test_hopf_lax_refuses_what_is_too_long_or_not_finite():
    with pytest.raises(ValueError, match="grid"):
        hopf_lax(lambda y: np.cos(1e-9 * y), 0.3, 1e30)
    for f in (lambda y: np.where(y > 5, np.nan, 0 * y), lambda y: np.log(np.abs(y) - 0.5)):
        with pytest.raises(ValueError, match="u0 must be finite"), np.errstate(all="ignore"):
            hopf_lax_minimiser(f, 4.0, 5.0)


def test_blow_up_is_reported_where_it_happens():
    with pytest.raises(RuntimeError, match=r"gave up at s = (1\.9|2)"):
        quasilinear_characteristics(lambda x, u: x, lambda x, u: u**2, [[1.0]], [0.5], [0.0, 3.0])
    with pytest.raises(RuntimeError, match=r"gave up at s = (0\.9|1)"):
        solve_strips(lambda x, u, p: p[0] - u**2, [[0.0]], [1.0], [[1.0]], [0.0, 3.0])
    with pytest.raises(RuntimeError, match=r"gave up at t = (0\.9|1)"):
        flow_points(lambda x: x**2, lambda x: 2 * x[:, 0], [[1.0]], 3.0)
    with pytest.raises(RuntimeError, match=r"gave up at t = (0\.9|1)"):
        flow_jacobian(lambda x: x**2, lambda x: 2 * x[..., None], [1.0], [0.1, 3.0])
    with pytest.raises(RuntimeError, match=r"gave up at t = -(0\.9|1)"):
        integrate(lambda t, y: -(y**2), [1.0], [0.0, -3.0], 1e-9, 1e-9)


def test_a_flow_from_a_first_time_above_zero():
    late, both = (flow_jacobian(VanDerPol(), VanDerPol().jacobian, [1.0, 0.5], ts) for ts in ([0.7], [0.0, 0.7]))
    assert_allclose(late.jacobians[-1], both.jacobians[-1], rtol=1e-9)
    assert flow_jacobian(VanDerPol(), VanDerPol().jacobian, [1.0, 0.5], [0.0]).states.shape == (1, 2)


@given(st.floats(0.2, 5), st.floats(0.2, 5), st.floats(0, 6.3), scales)
@settings(max_examples=40, deadline=None)
def test_ellipses_have_no_scale(A, B, theta, s):
    assert_allclose(ellipse_curvature(s * A, s * B, theta) * s, ellipse_curvature(A, B, theta), rtol=1e-12)
    assert_allclose(ellipse_evolute(s * A, s * B, theta) / s, ellipse_evolute(A, B, theta), rtol=1e-9, atol=1e-12)
    assert_allclose(front_jacobian(s * A, s * B, theta, s) / s, front_jacobian(A, B, theta, 1.0), rtol=1e-12)


# ------------------------------------------------------------------------------------------------------- processes


def test_a_walk_on_a_fine_lattice():
    assert walk_density(0, 3e-5, 0.5, 1.0) == pytest.approx(0.39894, abs=5e-6)
    for h in (1e-5, 1e-100, 1e-300):
        assert_allclose(walk_density(0, h, 0.5, 1.0), heat_kernel(0.0, 0.5, 1.0), rtol=1e-9)
    k = np.array([0, 100, 2000, 30_000])
    for z in (1.1e6, 3e6, 1e8):  # scipy's function still has digits there
        assert_allclose(walk_density(k, 1.0, 0.5, z), special.ive(k, z), rtol=1e-9)
    assert walk_density(0, 1.0, 1e308, 1e308) == pytest.approx(0, abs=1e-150)


def test_rates_have_no_scale():
    with pytest.raises(ValueError, match="columns of Q must sum to zero"):
        propagate([[-1e-10, 0], [0, 0]], [1, 0], 1e10)
    for s in (1e-200, 1e-10, 1.0, 1e200):
        Q = s * np.array([[-1.0, 2.0], [1.0, -2.0]])
        assert_allclose(as_generator(Q), Q)
        assert_allclose(propagate(Q, [1.0, 0.0], 1 / s), propagate(Q / s, [1.0, 0.0], 1.0), rtol=1e-12)
        with pytest.raises(ValueError, match="take the transpose"):
            as_generator(Q.T)


@pytest.mark.parametrize("s", [1e-200, 1e-8, 1.0, 1e8, 1e200])
def test_distances_have_no_scale(s):
    x, y = s * np.array([[0.0, 0], [1, 0]]), s * np.array([[0.0, 1], [3, 0]])
    value, f = wasserstein1_lp(x, y)
    assert_allclose([value, transport_cost(x, y), wasserstein1_assignment(x, y)], 1.5 * s, rtol=1e-9)
    z = np.concatenate([x, y])
    assert np.abs(f[:, None] - f)[0, 1] <= np.linalg.norm((z[0] - z[1]) / s) * s * (1 + 1e-9)


def test_distances_far_from_the_origin():
    x, y = np.array([[1e6, 0], [1e6 + 1e-3, 0]]), np.array([[1e6, 1e-3], [1e6 + 3e-3, 0]])
    assert_allclose(wasserstein1_lp(x, y)[0], 1.5e-3, rtol=1e-6)


# --------------------------------------------------------------------------------------------------- probabilities


@pytest.mark.parametrize("n", [2, 3, 4, 17, 1000])
def test_the_law_of_the_angle_is_accurate_at_both_ends(n):
    eps = np.array([1e-300, 1e-8, 1e-5, 1e-3, 0.02, 0.3, 0.7, 0.99, 1 - 1e-9])
    with mp.workdps(40):
        half = mp.mpf(1) / 2
        tails = [mp.betainc((n - 1) * half, half, 0, 1 - mp.mpf(e) ** 2, regularized=True) for e in eps.tolist()]
        norm = mp.gammaprod([mp.mpf(n) / 2], [mp.mpf(n - 1) / 2]) / mp.sqrt(mp.pi)
        pdfs = [norm * (1 - mp.mpf(e) ** 2) ** (mp.mpf(n - 3) / 2) for e in eps.tolist()]
        angles = [norm * mp.sin(mp.mpf(t)) ** (n - 2) for t in (np.pi / 2 - eps).tolist()]
        mean = float(1 / (mp.sqrt(mp.pi) * mp.gammaprod([mp.mpf(n + 1) / 2], [mp.mpf(n) / 2])))
    few = 1e-14 * max(1, np.log10(n)) ** 2
    assert_allclose(sphere.angle_tail(eps, n), [float(v) for v in tails], rtol=few, atol=1e-300)
    assert_allclose(sphere.cosine_cdf(-eps, n), [float(v) / 2 for v in tails], rtol=few, atol=1e-300)
    assert_allclose(sphere.cosine_cdf(eps, n), [float(1 - v / 2) for v in tails], rtol=few)
    assert_allclose(sphere.abs_cosine_mean(n), mean, rtol=4e-16)
    # in the densities a power n of a number near 1 stands: its rounding is felt n times
    assert_allclose(sphere.cosine_pdf(eps, n), [float(v) for v in pdfs], rtol=few + n * 1e-15, atol=1e-290)
    assert_allclose(sphere.angle_pdf(np.pi / 2 - eps, n), [float(v) for v in angles], rtol=few + n * 1e-15, atol=1e-290)


def test_the_reported_tail():
    assert sphere.angle_tail(1e-8, 3) == pytest.approx(0.99999999, abs=1e-16)


def test_gamma_ratios_and_the_norms_made_of_them():
    for x in (1e-3, 0.5, 1.0, 49.9, 50.0, 171.5, 1e4, 1e8, 1e15):
        with mp.workdps(40):
            exact = float(mp.gammaprod([mp.mpf(x) + mp.mpf(1) / 2], [mp.mpf(x)]))
        assert_allclose(sphere.gamma_ratio(x), exact, rtol=1e-15)
    for m in (1, 10**3, 10**7):
        with mp.workdps(40):
            exact = float(mp.sqrt(mp.mpf(2) / m) * mp.gammaprod([mp.mpf(m + 1) / 2], [mp.mpf(m) / 2]))
        assert_allclose(norm_mean(m), exact, rtol=1e-15)
    n, e = 10**6, 1e-5
    with mp.workdps(30):
        norm = mp.gammaprod([mp.mpf(n) / 2], [mp.mpf(n - 1) / 2]) / mp.sqrt(mp.pi)
        exact = float(1 - 2 * norm * mp.quad(lambda x: (1 - x * x) ** (mp.mpf(n - 3) / 2), [0, mp.mpf(e)]))
    assert_allclose(sphere.angle_tail(e, n), exact, rtol=1e-15)


def test_tails_and_bounds():
    assert_allclose(exp_tail_bounds(720.0, 3000)[0], 2.83e-247, rtol=2e-3)
    assert exp_tail_bounds(1e300, 3)[0] == np.inf
    with mp.workdps(40):
        e = mp.mpf(1e-7)
        exact = float(mp.exp(-(mp.mpf(10) ** 15) / 2 * (e - mp.log1p(e))))
    assert_allclose(norm_tail_bound(1e-7, 10**15)[0], exact, rtol=1e-14)
    with mp.workdps(30):
        exact = float(mp.ncdf(-9) - mp.ncdf(-10))
    assert_allclose(gaussian_delta(9.0, -1.0, 0.0), -exact, rtol=1e-13)
    assert_allclose(gaussian_delta(-9.0, 1.0, 0.0), exact, rtol=1e-13)


# --------------------------------------------------------------------------------------------- matrices, networks


def test_docstrings_run():
    assert doctest.testmod(norms).failed == 0


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=5), scales)
@settings(max_examples=60, deadline=None)
def test_norms(x, s):
    x = np.array(x)
    x[np.abs(x) < 1e-50] = 0
    assert_allclose(norms.euclidean_norm(s * x), s * np.sqrt(np.sum(x**2)), rtol=1e-14)
    assert norms.euclidean_norm(x) == np.sqrt(np.sum(x**2))


def test_spectral_norms():
    assert spectral_norm(np.diag([1, 1e-170]), u0=[0, 1]) == 1e-170
    assert_allclose(power_step(np.diag([1e200, 1e-200]), [0.0, 1.0])[0], 1e-200)
    W, G = np.array([[3.0, 1.0], [0.0, 2.0]]), np.array([[1.0, -1.0], [2.0, 0.5]])
    for s in (1e-200, 1e200):
        assert_allclose(normalized_gradient(s * W, G) * s, normalized_gradient(W, G), rtol=1e-12)
    for bad in ([[np.nan]], [], [[1j]], 3.0, np.zeros((2, 0))):
        with pytest.raises(ValueError, match="A must"):
            squared_spectral_norm(bad)
    for W, u in (([[np.nan]], [1.0]), ([[1j]], [1.0]), ([[1.0]], [np.nan]), ([[1.0]], [1.0, 2.0]), ([[0.0]], [1.0])):
        with pytest.raises(ValueError, match="must"):
            power_step(W, u)


def test_logarithms_of_matrices_with_entries_far_apart():
    value, winding = logdet_trace_log([[1e-10, 1], [0, 1e10]])
    assert abs(value) < 1e-12 and winding == 0
    value, _ = logdet_trace_log([[1e-10, 1], [1e-12, 1e10]])
    assert_allclose(value.real, np.log(1 - 1e-12), atol=1e-12)
    for singular in (np.ones((3, 3)), [[1e-10, 1e-10], [1e10, 1e10]], [[0.1, 0.3], [0.2, 0.6]]):
        with pytest.raises(ValueError, match="singular"):
            logdet_trace_log(singular)
    with pytest.raises(ValueError, match="eigenvalue < 0"):
        logdet_trace_log([[-1e-10, 1], [0, 1e10]])


@given(scales)
@settings(deadline=None)
def test_normalized_critics_have_no_scale(s):
    f = gradient_normalize(lambda w, x: w * x[0], "gn")
    assert_allclose(f(s, np.array([1.0])), 0.5, rtol=1e-12)
    assert_allclose(gn_gradient_norm(s, s), 0.25, rtol=1e-12)
    assert_allclose(jump_size(s, s, 2 * s), 1 / 6, rtol=1e-12)
    assert_allclose(jump_size(s, s, 2 * s, "naive"), 0.5, rtol=1e-12)
    assert_allclose(normalized_value(s, s, "naive"), 1.0)


@given(st.floats(0.1, 9), st.floats(-4, 4), st.floats(-4, 4), st.sampled_from(NORMALIZATIONS[:-1]))
@settings(deadline=None)
def test_jumps_are_differences_of_values(D, a, b, kind):
    c1, c2 = 10**a, 10**b
    exact = abs(normalized_value(D, c1, kind) - normalized_value(D, c2, kind))
    assert_allclose(jump_size(D, c1, c2, kind), exact, rtol=1e-9, atol=1e-12 * max(1, D / min(c1, c2)))


def test_jumps_of_gran_at_the_ends():
    assert_allclose(jump_size(1.0, 1e200, 2e200, "gran"), 0.5e-200, rtol=1e-12)
    assert_allclose(jump_size(1.0, 0.0, 3e200, "gran"), 1 / 3e200, rtol=1e-12)
    assert_allclose(jump_size(1.0, 1e-200, 2e-200, "gran", eps=1.0), 1e-200, rtol=1e-12)
    assert_allclose(normalized_value(1e200, 1e200, "gran"), 1.0)


def test_layers():
    assert norm_ratio(np.eye(2), [1e-200, 1e-200]) == 1 == norm_ratio(np.eye(2), [1e200, 1e200])
    assert dimension_mean(1e200, 1e-200, "geometric") == pytest.approx(1)
    assert dimension_mean(1e200, 1e-200, "harmonic") == pytest.approx(2e-200)
    assert dimension_mean(1e200, 1e-200, "lehmer", q=0.25) == pytest.approx(1e-100)
    assert dimension_mean(1e200, 1e-200, "lehmer", q=-3.0) == pytest.approx(1e-200)
    with pytest.raises(ValueError, match="broadcast"):
        layer_gains([1, 2, 3], [1, 2], 0.5)
    forward, backward = layer_gains(3, [1, 2], 0.5)
    assert forward.tolist() == [1.5, 1.5] and backward.tolist() == [0.5, 1.0]


@pytest.mark.parametrize("W", [1e-170, 1.0, 1e150])
def test_gradient_penalties_of_one_weight(W):
    """f = W x + b: |df/dx| = |W|, S = (1 + x^2)/W^2, so S |df/dx|^2 = 1 + x^2 = |df/dtheta|^2."""
    sides = gradient_penalty_sides([[[W]]], [[0.0]], [1.0], linear_output([1.0]), "linear")
    assert [float(v) for v in (sides.lhs, sides.lhs_sharp, sides.parameter_penalty)] == [2, 2, 2]
    assert sides.tau == 1 and sides.defined


def test_labels_that_do_not_exist():
    for labels in (5, -1, [0, 2]):
        phi = cross_entropy_output(labels)
        with pytest.raises(ValueError, match="labels must be in"):
            phi.gradient(np.zeros((2, 2)), np)
    with pytest.raises(ValueError, match="labels must be integers"):
        cross_entropy_output(0.5)


# ------------------------------------------------------------------------------------------------------- astronomy


def test_planets_that_never_overtake():
    table = elements.TABLE_1
    stuck = replace(table, venus=replace(table.venus, L=(table.venus.L[0], table.earth.L[1])))
    for call in (
        lambda: transits.synodic_period(stuck),
        lambda: transits.mean_conjunctions(2451545.0, 2451645.0, stuck),
        lambda: transits.true_conjunctions(2451545.0, stuck),
        lambda: windows.return_ratio(stuck),
        lambda: windows.mean_step(stuck),
        lambda: windows.node_return_miss(5, stuck),
        lambda: windows.mean_conjunction_longitude(1, stuck),
        lambda: windows.first_order_longitude(1, stuck),
        lambda: windows.shift_by_eccentricity(10.0, stuck),
    ):
        with pytest.raises(ValueError, match=r"mean motions must differ|faster planet"):
            call()


def test_coplanar_planets_transit_at_every_conjunction():
    table = elements.TABLE_1
    flat = replace(table, venus=replace(table.venus, i=table.earth.i, Omega=table.earth.Omega))
    start, end = calendar.day_of("1990-01-01"), calendar.day_of("2010-01-01")
    assert elements.planes_coincide(0.0, flat) and not elements.planes_coincide(0.0, table)
    found = transits.transits(start, end, flat)
    assert len(found) == len(transits.closest_approaches(start, end, table)) >= 12
    assert (found["node"] == 0).all() and (found["separation"] < 1).all()


# ------------------------------------------------------------------------------- validation that no other test holds


def test_what_is_refused():
    for call, message in (
        (lambda: equal_area_shock(np.sin, 3.0, (-20.0, 20.0)), "fold once"),
        (lambda: gradient_flow(lambda w: w, [1.0], [0.5, 0.5]), "times must increase"),
        (lambda: gradient_descent(product_loss.gradient, [1.0], 0.1, 3), "must be a pair"),
        (lambda: gradient_descent(lambda w: w, [1.0], 0.1, 10**9), "steps must"),
        (
            lambda: quasilinear_characteristics(lambda x, u: x[:, :1], lambda x, u: u, [[1.0, 2.0]], [1.0], [0, 1]),
            "shapes",
        ),
        (lambda: characteristic_branches(lambda y: np.nan * y, lambda y: y, 0.5, 1.0, (-1, 1)), "u0 must be finite"),
        (lambda: windows.return_miss(2.5, "1.6"), "k must"),
        (lambda: windows.return_miss(True, "1.6"), "k must"),
        (lambda: calendar.decimal_year(np.nan), "jd must"),
        (lambda: calendar.decimal_year(1j), "jd must"),
        (lambda: calendar.jd_to_calendar(np.inf), "jd must"),
        (lambda: calendar.format_jd(1e300), "jd must"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
