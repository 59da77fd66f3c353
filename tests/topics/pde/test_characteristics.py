"""Characteristic curves against closed forms, the symmetric form, and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scispaces.pde import characteristics as ch

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

S = np.linspace(0, 0.9, 7)


def source_alpha(x, u):
    """u_t + x u_x = u^2 with x = (t, x)."""
    return np.stack([np.ones(len(x)), x[:, 1]], axis=1)


def source_beta(x, u):
    return u**2


class TestCurves:
    def test_source_example(self):
        xi = np.linspace(-3, 3, 41)
        x, u = ch.quasilinear_characteristics(source_alpha, source_beta, np.stack([0 * xi, xi], axis=1), np.sin(xi), S)
        assert x.shape == (7, 41, 2) and u.shape == (7, 41)
        assert np.allclose(x[:, :, 0], S[:, None]) and np.allclose(x[:, :, 1], xi * np.exp(S[:, None]), rtol=1e-9)
        assert np.allclose(u, np.sin(xi) / (1 - S[:, None] * np.sin(xi)), rtol=1e-8)

    def test_blow_up_is_reported(self):
        with pytest.raises(RuntimeError, match="gave up"):
            ch.quasilinear_characteristics(source_alpha, source_beta, [[0.0, 1.0]], [1.0], [0.0, 1.5])

    def test_one_parameter_value(self):
        x, u = ch.quasilinear_characteristics(source_alpha, source_beta, [[0.0, 1.0]], [1.0], [0.0])
        assert x.tolist() == [[[0.0, 1.0]]] and u.tolist() == [[1.0]]

    @given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.2, 1.5))
    @settings(max_examples=15)
    def test_a_common_factor_changes_nothing(self, x, u, value):
        def alpha(z, w):
            return np.stack([1 + w**2, np.sin(z[:, 0]) - w], axis=1)

        def beta(z, w):
            return np.cos(z[:, 1])

        plain = ch.curve_crossing(alpha, beta, [0.0, x], u, 0, value)
        faster = ch.curve_crossing(
            lambda z, w: (2 + np.sin(w))[:, None] * alpha(z, w), lambda z, w: (2 + np.sin(w)) * beta(z, w),
            [0.0, x], u, 0, value,
        )  # fmt: skip
        assert np.allclose(plain, faster, atol=1e-9)
        assert np.allclose(plain, ch.symmetric_form_crossing(alpha, beta, [0.0, x], u, 0, value), atol=1e-9)
        assert np.isclose(plain[0], value, atol=1e-12)

    def test_out_of_reach(self):
        with pytest.raises(RuntimeError, match="does not meet"):
            ch.curve_crossing(source_alpha, lambda x, u: 0 * u, [0.0, 1.0], 0.0, 0, -1.0, s_max=1.0)


class TestJacobian:
    def test_burgers_lines_cross_first_where_the_profile_falls_fastest(self):
        xi, s = np.linspace(-3, 3, 601), np.linspace(0, 3, 301)
        f = np.exp(-(xi**2))
        x = np.stack(np.broadcast_arrays(s[:, None], xi + s[:, None] * f), axis=-1)
        J = ch.jacobian_along(x, s, xi)
        inner = slice(1, -1)
        assert np.allclose(J[:, inner], (1 - 2 * xi * f * s[:, None])[:, inner], atol=1e-3)
        first = ch.first_caustic(J, s)
        assert np.isclose(first.min(), np.sqrt(np.e / 2), atol=1e-3)
        assert np.isclose(xi[np.argmin(first)], 1 / np.sqrt(2), atol=0.02)
        assert np.isinf(first[xi < -0.01]).all()

    def test_three_dimensions(self):
        s, a, b = np.linspace(0, 1, 4), np.linspace(1, 2, 5), np.linspace(0, 1, 6)
        grid = np.stack(np.meshgrid(s, a, b, indexing="ij"), axis=-1)
        stretched = grid * [1, 2, 3]
        assert np.allclose(ch.jacobian_along(stretched, s, a, b), 6)
        assert np.allclose(ch.jacobian_along(stretched[..., [1, 0, 2]], s, a, b), -6)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ch.quasilinear_characteristics(source_alpha, source_beta, [0.0, 1.0], [1.0], S),
        lambda: ch.quasilinear_characteristics(source_alpha, source_beta, [[0.0, 1.0]], [1.0, 2.0], S),
        lambda: ch.quasilinear_characteristics(source_alpha, source_beta, [[0.0, np.nan]], [1.0], S),
        lambda: ch.quasilinear_characteristics(source_alpha, source_beta, [[0.0, 1.0]], [1.0], [0.0, 0.0]),
        lambda: ch.quasilinear_characteristics(lambda x, u: x[:, :1], source_beta, [[0.0, 1.0]], [1.0], S),
        lambda: ch.quasilinear_characteristics(source_alpha, lambda x, u: 0.0, [[0.0, 1.0]], [1.0], S),
        lambda: ch.curve_crossing(source_alpha, source_beta, [0.0, 1.0], 1.0, 2, 0.5),
        lambda: ch.curve_crossing(source_alpha, source_beta, [0.0, 1.0], 1.0, 0, 0.0),
        lambda: ch.curve_crossing(source_alpha, source_beta, [0.0, 1.0], np.inf, 0, 0.5),
        lambda: ch.jacobian_along(np.zeros((3, 4, 3)), [0, 1, 2], [0, 1, 2, 3]),
        lambda: ch.jacobian_along(np.zeros((2, 4, 2)), [0, 1], [0, 1, 2, 3]),
        lambda: ch.first_caustic([[0.0], [1.0]], [0.0, 1.0]),
        lambda: ch.first_caustic([[1.0], [1.0]], [0.0, 1.0, 2.0]),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
