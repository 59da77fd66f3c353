"""Burgers' equation against closed forms, a quadrature-free system for the shock, finite volumes, and bad input."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from scipy.special import jv

from scispaces.pde import burgers as bg

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def gauss(x):
    return np.exp(-(x**2))


def gauss_slope(x):
    return -2 * x * np.exp(-(x**2))


class TestBeforeTheBreak:
    @pytest.mark.parametrize(
        ("df", "expected"),
        [
            (gauss_slope, 1.165821990798562),
            (lambda x: -2 * x / (1 + x**2) ** 2, 1.539600717839002),
            (np.cos, 1.0),
            (lambda x: -np.cos(x), 1.0),
            (lambda x: 1 + 0 * x, np.inf),
        ],
    )
    def test_break_times(self, df, expected):
        assert np.isclose(bg.break_time(df, (-6, 6)), expected, rtol=1e-12)

    @given(st.floats(0.05, 0.95), st.floats(-6, 6))
    def test_the_implicit_equation(self, fraction, x):
        t = fraction * np.sqrt(np.e / 2)
        u = bg.burgers_solution(gauss, gauss_slope, x, t)
        assert abs(u - gauss(x - u * t)) < 1e-12

    def test_fubini_series(self):
        x, t, n = np.linspace(-3, 3, 13), 0.7, np.arange(1, 400)
        u = bg.burgers_solution(np.sin, np.cos, x, t)
        terms = (-1.0) ** (n + 1) * 2 * jv(n, n * t) / (n * t) * np.sin(x[:, None] * n)
        assert np.allclose(u, terms.sum(axis=1), atol=1e-13)

    def test_shapes_and_time_zero(self):
        x = np.linspace(-1, 1, 6).reshape(2, 3)
        assert bg.burgers_solution(gauss, gauss_slope, x, 0.3).shape == (2, 3)
        assert np.array_equal(bg.burgers_solution(gauss, gauss_slope, x, 0.0), gauss(x))

    def test_after_the_break_there_is_no_single_answer(self):
        with pytest.raises(ValueError, match="break time"):
            bg.burgers_solution(gauss, gauss_slope, np.linspace(-3, 3, 50), 1.5)
        with pytest.raises(ValueError, match="break time"):
            bg.burgers_solution(gauss, gauss_slope, 1.0, 2.0)


class TestAfterTheBreak:
    def test_number_of_branches(self):
        assert len(bg.burgers_branches(gauss, 1.88, 2.0, (-5, 5))) == 3
        assert len(bg.burgers_branches(gauss, 3.0, 2.0, (-5, 5))) == 1
        xi = bg.burgers_branches(gauss, 1.88, 2.0, (-5, 5))
        assert np.allclose(xi + 2 * gauss(xi), 1.88, atol=1e-13)

    def test_root_on_the_grid(self):
        assert 0.0 in bg.burgers_branches(lambda x: -np.tanh(x), 0.0, 2.0, (-5, 5))

    @pytest.mark.parametrize("t", [1.25, 2.0, 5.0])
    def test_equal_areas_against_mpmath(self, t):
        shock = bg.equal_area_shock(gauss, t)

        def system(a, b):
            fa, fb = mp.exp(-(a**2)), mp.exp(-(b**2))
            area = mp.sqrt(mp.pi) / 2 * (mp.erf(b) - mp.erf(a))
            return [a + t * fa - b - t * fb, area - (b - a) * (fa + fb) / 2]

        with mp.workdps(30):
            a, b = mpmath.findroot(system, (shock.xi_l, shock.xi_r))
        assert np.isclose(shock.xi_l, float(a), atol=1e-10) and np.isclose(shock.xi_r, float(b), atol=1e-10)
        assert np.isclose(shock.x_s, float(a + t * mp.exp(-(a**2))), atol=1e-11)

    def test_symmetry_puts_the_shock_of_a_step_in_the_middle(self):
        assert abs(bg.equal_area_shock(lambda x: -np.tanh(x), 2.0).x_s) < 1e-12

    @given(st.floats(1.2, 6))
    @settings(max_examples=10)
    def test_rankine_hugoniot(self, t):
        h = 1e-4
        speed = (bg.equal_area_shock(gauss, t + h).x_s - bg.equal_area_shock(gauss, t - h).x_s) / (2 * h)
        shock = bg.equal_area_shock(gauss, t)
        assert np.isclose(speed, (gauss(shock.xi_l) + gauss(shock.xi_r)) / 2, atol=1e-6)


class TestFiniteVolumes:
    def test_godunov_converges_before_the_break(self):
        errors = []
        for m in (200, 400):
            edges = np.linspace(-4, 6, m + 1)
            centres = (edges[1:] + edges[:-1]) / 2
            u = bg.godunov_burgers(gauss(centres), 10 / m, 0.8)
            errors.append(np.abs(u - bg.burgers_solution(gauss, gauss_slope, centres, 0.8)).sum() * 10 / m)
        assert errors[0] < 0.025 and 1.8 < errors[0] / errors[1] < 2.2

    def test_godunov_finds_the_shock(self):
        edges = np.linspace(-4, 6, 801)
        centres = (edges[1:] + edges[:-1]) / 2
        u = bg.godunov_burgers(gauss(centres), 10 / 800, 2.0)
        steepest = edges[1 + np.argmin(np.diff(u))]
        assert abs(steepest - bg.equal_area_shock(gauss, 2.0).x_s) < 2 * 10 / 800

    @given(st.floats(-2, 2), st.floats(-2, 2))
    @settings(max_examples=20)
    def test_mass_changes_by_the_flux_through_the_ends(self, a, b):
        u0 = np.where(np.arange(200) < 100, a, b)
        u = bg.godunov_burgers(u0, 0.02, 0.4)
        assert np.isclose((u.sum() - u0.sum()) * 0.02, 0.4 * (a**2 - b**2) / 2, atol=1e-12)
        assert u.min() >= min(a, b) - 1e-12 and u.max() <= max(a, b) + 1e-12

    def test_rarefaction(self):
        edges = np.linspace(-2, 2, 801)
        x = (edges[1:] + edges[:-1]) / 2
        u = bg.godunov_burgers(np.sign(x), 4 / 800, 1.0)
        assert np.abs(u - np.clip(x, -1, 1)).max() < 0.05

    def test_upwind_has_order_one(self):
        errors = []
        for m in (201, 401):
            x = np.linspace(-3, 3, m)
            u = bg.upwind(lambda x: x, lambda u: u**2, np.sin(x), x, 0.5)
            exact = np.sin(x * np.exp(-0.5)) / (1 - 0.5 * np.sin(x * np.exp(-0.5)))
            errors.append(np.abs(u - exact).max())
        assert errors[0] < 0.06 and 1.7 < errors[0] / errors[1] < 2.3

    def test_upwind_moves_both_ways(self):
        x = np.linspace(-4, 4, 801)
        for speed in (1.0, -1.0):
            u = bg.upwind(lambda x, a=speed: a + 0 * x, lambda u: 0 * u, gauss(x), x, 1.0)
            assert abs(x[np.argmax(u)] - speed) < 0.02

    def test_time_zero(self):
        u0 = np.array([1.0, 2.0, 3.0])
        assert np.array_equal(bg.godunov_burgers(u0, 0.1, 0.0), u0)
        assert np.array_equal(bg.upwind(np.sin, np.sin, u0, [0.0, 1.0, 2.0], 0.0), u0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: bg.break_time(gauss_slope, (1.0, -1.0)),
        lambda: bg.break_time(gauss_slope, (0.0, np.inf)),
        lambda: bg.break_time(lambda x: x * np.nan, (0.0, 1.0)),
        lambda: bg.burgers_solution(gauss, gauss_slope, [np.nan], 0.5),
        lambda: bg.burgers_solution(gauss, gauss_slope, [0.0], -0.5),
        lambda: bg.burgers_solution(lambda x: -x, lambda x: -1 + 0 * x, [0.5], 1.5),
        lambda: bg.burgers_branches(gauss, np.nan, 1.0, (-5, 5)),
        lambda: bg.burgers_branches(gauss, 1.0, 1.0, (5, -5)),
        lambda: bg.equal_area_shock(gauss, 1.0),
        lambda: bg.equal_area_shock(gauss, 2.0, (0.5, 1.0)),
        lambda: bg.equal_area_shock(np.cos, 2.0),
        lambda: bg.godunov_burgers([], 0.1, 1.0),
        lambda: bg.godunov_burgers([1.0, 2.0], 0.0, 1.0),
        lambda: bg.godunov_burgers([1.0, 2.0], 0.1, 1.0, cfl=1.5),
        lambda: bg.upwind(np.sin, np.sin, [0.0, 1.0, 2.0], [0.0, 1.0, 3.0], 1.0),
        lambda: bg.upwind(np.sin, np.sin, [0.0, 1.0], [0.0, 1.0, 2.0], 1.0),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
