"""Fronts of an ellipse against the circle, finite differences, scipy's distance transform, and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scispaces.pde import wavefronts as wf

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

axis = st.floats(0.3, 3)
angle = st.floats(-7, 7)


def test_circle():
    theta = np.linspace(0, 6, 7)
    front = wf.ellipse_front(2.0, 2.0, theta, -0.5)
    assert np.allclose(np.linalg.norm(front, axis=-1), 1.5)
    assert np.allclose(wf.ellipse_curvature(2.0, 2.0, theta), 0.5)
    assert np.allclose(wf.ellipse_evolute(2.0, 2.0, theta), 0)


@given(axis, axis, angle)
def test_geometry(A, B, theta):
    n = wf.ellipse_normal(A, B, theta)
    tangent = np.array([-A * np.sin(theta), B * np.cos(theta)])
    assert np.isclose(np.linalg.norm(n), 1) and abs(n @ tangent) < 1e-12
    kappa = wf.ellipse_curvature(A, B, theta)
    assert np.allclose(wf.ellipse_front(A, B, theta, -1 / kappa), wf.ellipse_evolute(A, B, theta), atol=1e-9)
    assert min(A, B) / max(A, B) ** 2 - 1e-12 <= kappa <= max(A, B) / min(A, B) ** 2 + 1e-12


@given(axis, axis, angle, st.floats(-1, 1))
@settings(max_examples=30)
def test_jacobian_is_the_determinant(A, B, theta, s):
    h = 1e-5
    along = (wf.ellipse_front(A, B, theta + h, s) - wf.ellipse_front(A, B, theta - h, s)) / (2 * h)
    n = wf.ellipse_normal(A, B, theta)
    assert np.isclose(n[0] * along[1] - n[1] * along[0], wf.front_jacobian(A, B, theta, s), atol=1e-6)


class TestDistance:
    grid = wf.ellipse_distance_grid(1.5, 1.0, 2.5, 401)
    theta = np.linspace(0, 2 * np.pi, 301)

    @pytest.mark.parametrize("s", [-0.6, -0.3, 0.0, 0.2, 0.5, 0.8])
    def test_rays_measure_the_distance_up_to_the_caustic(self, s):
        assert np.abs(self.grid.at(wf.ellipse_front(1.5, 1.0, self.theta, s)) - s).max() < self.grid.step

    def test_beyond_the_caustic_they_do_not(self):
        beyond = wf.ellipse_front(1.5, 1.0, 0.0, -0.9)  # past the centre of curvature at 2/3
        assert self.grid.at(beyond) > -0.9 + 4 * self.grid.step

    def test_outside_the_grid(self):
        with pytest.raises(ValueError):
            self.grid.at([3.0, 0.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda: wf.ellipse_front(0.0, 1.0, 0.0, 0.0),
        lambda: wf.ellipse_front(1.0, -1.0, 0.0, 0.0),
        lambda: wf.ellipse_front(1.0, 1.0, np.nan, 0.0),
        lambda: wf.ellipse_curvature(1.0, np.inf, 0.0),
        lambda: wf.ellipse_distance_grid(2.0, 1.0, 1.5),
        lambda: wf.ellipse_distance_grid(2.0, 1.0, 3.0, 5),
        lambda: TestDistance.grid.at([0.0, 0.0, 0.0]),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
