"""The strip solver on five equations with known solutions, Newton for the initial gradient, and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scispaces.backend import jnp
from scispaces.pde import strips as sp

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

Y = np.linspace(0.5, 2, 12)


def product(x, u, p):
    return p[0] * p[1] - u


def eikonal(x, u, p):
    return jnp.sum(p**2) - 1


def oscillator(x, u, p):
    return p[0] + p[1] ** 2 / 2 + x[1] ** 2 / 2


def clairaut(x, u, p):
    return jnp.sum(x * p) + jnp.sum(p**2) - u


def source(x, u, p):
    return p[0] + x[1] * p[1] - u**2


class TestSolve:
    def test_product(self):
        x0, p0 = np.stack([0 * Y, Y], axis=1), np.stack([Y / 2, 2 * Y], axis=1)
        strips = sp.solve_strips(product, x0, Y**2, p0, np.linspace(0, 1, 5))
        assert strips.x.shape == strips.p.shape == (5, 12, 2) and strips.u.shape == (5, 12)
        x, y = strips.x[..., 0], strips.x[..., 1]
        assert np.allclose(strips.u, (x + 4 * y) ** 2 / 16, rtol=1e-10)
        assert np.allclose(strips.p[..., 0], (x + 4 * y) / 8, rtol=1e-10)
        assert strips.F_drift < 1e-9

    def test_oscillator(self):
        x0 = np.stack([0 * Y, Y], axis=1)
        p0 = np.stack([-(Y**2) / 2, 0 * Y], axis=1)
        strips = sp.solve_strips(oscillator, x0, 0 * Y, p0, [0.0, 0.5, 1.0])
        t, x = strips.x[..., 0], strips.x[..., 1]
        assert np.allclose(strips.u, -(x**2) / 2 * np.tan(t), atol=1e-11)

    def test_eikonal_runs_at_speed_two(self):
        theta = np.linspace(0, 6, 9)
        n = np.stack([np.cos(theta), np.sin(theta)], axis=1)
        strips = sp.solve_strips(eikonal, 1.5 * n, 0 * theta, n, [0.0, 0.4])
        assert np.allclose(strips.u, np.linalg.norm(strips.x, axis=-1) - 1.5, atol=1e-12)
        assert np.allclose(strips.u[-1], 0.8)

    def test_clairaut_needs_the_term_with_F_u(self):
        a = np.array([[0.3, -0.7]])
        start = np.array([[1.0, 2.0]])
        value = start @ a[0] + np.sum(a**2)
        strips = sp.solve_strips(clairaut, start, value, a, [0.0, 1.0])
        assert np.allclose(strips.p, a)  # -F_x - F_u p = -p + p: the gradient stays
        assert np.allclose(strips.u[-1], strips.x[-1] @ a[0] + np.sum(a**2))

    def test_source_example_as_a_strip(self):
        xi = np.linspace(-3, 3, 31)
        x0 = np.stack([0 * xi, xi], axis=1)
        p0 = np.stack([np.sin(xi) ** 2 - xi * np.cos(xi), np.cos(xi)], axis=1)
        strips = sp.solve_strips(source, x0, np.sin(xi), p0, [0.0, 0.45, 0.9])
        assert np.allclose(strips.u[-1], np.sin(xi) / (1 - 0.9 * np.sin(xi)), rtol=1e-9)
        assert strips.F_drift < 1e-7

    @given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-2, 2), st.floats(-2, 2))
    @settings(max_examples=10)
    def test_F_is_constant_whatever_its_value(self, x, y, p, q):
        strips = sp.solve_strips(oscillator, [[x, y]], [0.0], [[p, q]], [0.0, 1.0])
        assert strips.F_drift < 1e-10

    def test_only_the_start(self):
        strips = sp.solve_strips(eikonal, [[1.0, 0.0]], [0.0], [[1.0, 0.0]], [0.0])
        assert strips.x.tolist() == [[[1.0, 0.0]]] and strips.F_drift == 0


class TestInitialGradient:
    theta = np.linspace(0, 6, 9)
    normal = np.stack([np.cos(theta), np.sin(theta)], axis=1)
    tangent = np.stack([-np.sin(theta), np.cos(theta)], axis=1)[:, None, :]

    @pytest.mark.parametrize("sign", [1, -1])
    def test_two_gradients_of_the_eikonal_equation(self, sign):
        p = sp.compatible_p0(
            eikonal, self.normal, 0 * self.theta, self.tangent, np.zeros((9, 1)), sign * self.normal + 0.2
        )
        assert np.allclose(p, sign * self.normal, atol=1e-12)

    def test_product(self):
        x0 = np.stack([0 * Y, Y], axis=1)
        p = sp.compatible_p0(product, x0, Y**2, np.tile([[0.0, 1.0]], (12, 1, 1)), 2 * Y[:, None], np.ones((12, 2)))
        assert np.allclose(p, np.stack([Y / 2, 2 * Y], axis=1))

    def test_characteristic_data(self):
        with pytest.raises(ValueError, match="characteristic"):
            sp.compatible_p0(lambda x, u, p: p[0] + p[1], [[0.0, 0.0]], [0.0], [[[1.0, 1.0]]], [[0.0]], [[0.3, 0.1]])

    def test_no_solution(self):
        with pytest.raises((RuntimeError, ValueError)):
            sp.compatible_p0(eikonal, [[1.0, 0.0]], [0.0], [[[0.0, 1.0]]], [[3.0]], [[0.5, 3.0]])


@pytest.mark.parametrize(
    "call",
    [
        lambda: sp.solve_strips(eikonal, [1.0, 0.0], [0.0], [[1.0, 0.0]], [0.0, 1.0]),
        lambda: sp.solve_strips(eikonal, [[1.0, 0.0]], [0.0, 1.0], [[1.0, 0.0]], [0.0, 1.0]),
        lambda: sp.solve_strips(eikonal, [[1.0, 0.0]], [0.0], [[1.0, 0.0, 0.0]], [0.0, 1.0]),
        lambda: sp.solve_strips(eikonal, [[1.0, 0.0]], [0.0], [[1.0, np.nan]], [0.0, 1.0]),
        lambda: sp.solve_strips(eikonal, [[1.0, 0.0]], [0.0], [[1.0, 0.0]], [1.0, 0.0]),
        lambda: sp.compatible_p0(eikonal, [[1.0, 0.0]], [0.0], [[0.0, 1.0]], [[0.0]], [[1.0, 0.0]]),
        lambda: sp.compatible_p0(eikonal, [[1.0, 0.0]], [0.0], [[[0.0, 1.0]]], [0.0], [[1.0, 0.0]]),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
