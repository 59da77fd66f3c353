"""Flows and volumes against exact solutions, against each other, and bad input."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import scispaces
from scispaces.dynamics import flows as lf

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

SQUARE = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
entries = st.floats(-2, 2, allow_nan=False, width=32)
matrix2 = arrays(np.float64, (2, 2), elements=entries)


class TestAreas:
    @pytest.mark.parametrize("n", [3, 4, 7, 100])
    def test_regular_polygon(self, n):
        angle = 2 * np.pi * np.arange(n) / n
        points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        assert np.isclose(lf.polygon_area(points), n / 2 * np.sin(2 * np.pi / n))
        assert np.isclose(lf.polygon_area(points[::-1]), -n / 2 * np.sin(2 * np.pi / n))
        assert np.isclose(lf.polygon_area(points + 1e6), n / 2 * np.sin(2 * np.pi / n), rtol=1e-9)

    @given(matrix2, st.floats(-2, 2))
    def test_area_under_a_linear_flow(self, A, t):
        image = lf.linear_flow(A, t, SQUARE)
        assert np.isclose(lf.polygon_area(image), np.exp(t * np.trace(A)), atol=1e-12 * np.max(np.abs(image)) ** 2)

    @given(matrix2, st.floats(-1, 1), st.floats(-1, 1))
    def test_flow_is_a_group(self, A, s, t):
        once, twice = lf.linear_flow(A, s + t, SQUARE), lf.linear_flow(A, s, lf.linear_flow(A, t, SQUARE))
        assert np.allclose(once, twice, atol=1e-10 * np.exp(2 * np.linalg.norm(A, 2)))


class TestFundamentalMatrix:
    def test_constant_matrix_is_the_exponential(self):
        A = scispaces.rng(0).standard_normal((5, 5))
        assert np.allclose(lf.fundamental_matrix(lambda s: A, 1.3, np.eye(5)), scipy.linalg.expm(1.3 * A), rtol=1e-9)

    def test_one_column_and_complex(self):
        x = lf.fundamental_matrix(lambda s: [[1j]], 2.0, [[1.0]])
        assert np.isclose(x[0, 0], np.exp(2j), rtol=1e-10)

    def test_time_zero_and_backwards(self):
        A = np.array([[0.2, 1.0], [-0.5, 0.1]])
        assert np.array_equal(lf.fundamental_matrix(lambda s: A, 0.0, np.eye(2)), np.eye(2))
        assert np.allclose(lf.fundamental_matrix(lambda s: A, -1.0, np.eye(2)), scipy.linalg.expm(-A), rtol=1e-9)

    @given(matrix2, matrix2, st.floats(0.1, 1.5))
    @settings(max_examples=25)
    def test_liouville_without_commuting(self, A, B, t):
        def rate(s):
            return A * np.cos(s) + B * s

        Phi0 = np.array([[1.0, 0.5], [0.0, 2.0]])
        Phi = lf.fundamental_matrix(rate, t, Phi0)
        assert np.isclose(np.linalg.det(Phi), lf.liouville_det(rate, t, Phi0), atol=1e-9 * np.linalg.norm(Phi) ** 2)

    def test_liouville_complex(self):
        assert np.isclose(lf.liouville_det(lambda s: [[1j * s]], 2.0, [[3.0]]), 3 * np.exp(2j))


class TestFlowJacobian:
    vdp = lf.VanDerPol(1.0)

    def test_linear_field_gives_the_exponential(self):
        A = np.array([[0.1, 1.0], [-2.0, -0.3]])
        flow = lf.flow_jacobian(lambda x: x @ A.T, lambda x: np.broadcast_to(A, (len(x), 2, 2)), [1.0, 2.0], [0.0, 1.5])
        assert np.allclose(flow.jacobians[-1], scipy.linalg.expm(1.5 * A), rtol=1e-9)
        assert np.allclose(flow.states[-1], scipy.linalg.expm(1.5 * A) @ [1.0, 2.0], rtol=1e-9)
        assert np.isclose(flow.log_volume[-1], 1.5 * np.trace(A))

    def test_van_der_pol_reference(self):
        flow = lf.flow_jacobian(self.vdp, self.vdp.jacobian, [1.0, 0.5], np.linspace(0, 10, 21))
        assert np.allclose(np.linalg.det(flow.jacobians), np.exp(flow.log_volume), rtol=1e-9)
        assert np.isclose(flow.log_volume[-1], -7.8497396, atol=1e-6)

    def test_jacobian_is_the_derivative_of_the_flow(self):
        h = 1e-4 * np.eye(2)
        starts = np.array([1.0, 0.5]) + np.concatenate([h, -h, [[0.0, 0.0]]])
        flow = lf.flow_jacobian(self.vdp, self.vdp.jacobian, starts, [2.0])
        columns = (flow.states[0, :2] - flow.states[0, 2:4]).T / 2e-4
        assert np.allclose(columns, flow.jacobians[0, 4], atol=1e-6)

    def test_shapes_of_many_starts(self):
        flow = lf.flow_jacobian(self.vdp, self.vdp.jacobian, np.ones((3, 4, 2)), [0.0, 0.1, 0.2], rtol=1e-6)
        assert flow.states.shape == (3, 3, 4, 2) and flow.jacobians.shape == (3, 3, 4, 2, 2)
        assert flow.log_volume.shape == (3, 3, 4) and flow.times.shape == (3,)

    def test_only_time_zero(self):
        flow = lf.flow_jacobian(self.vdp, self.vdp.jacobian, [1.0, 0.5], [0.0])
        assert np.array_equal(flow.jacobians[0], np.eye(2)) and flow.log_volume[0] == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: lf.polygon_area([[0, 0], [1, 1]]),
        lambda: lf.polygon_area([[0, 0, 0]] * 3),
        lambda: lf.polygon_area([[0, 0], [1, np.nan], [1, 1]]),
        lambda: lf.linear_flow(np.ones((2, 3)), 1.0, SQUARE),
        lambda: lf.linear_flow(np.eye(3), 1.0, SQUARE),
        lambda: lf.linear_flow(np.eye(2), np.nan, SQUARE),
        lambda: lf.liouville_det(lambda s: np.eye(3), 1.0, np.eye(2)),
        lambda: lf.liouville_det(lambda s: np.full((2, 2), np.nan), 1.0, np.eye(2)),
        lambda: lf.liouville_det(lambda s: np.eye(2), 1.0, np.ones((2, 3))),
        lambda: lf.fundamental_matrix(lambda s: np.eye(3), 1.0, np.eye(2)),
        lambda: lf.fundamental_matrix(lambda s: np.eye(2), np.inf, np.eye(2)),
        lambda: lf.flow_jacobian(lambda x: x, lambda x: x, [1.0, 2.0], [1.0]),
        lambda: lf.flow_jacobian(TestFlowJacobian.vdp, TestFlowJacobian.vdp.jacobian, [1.0, 2.0], [1.0, 0.5]),
        lambda: lf.flow_jacobian(TestFlowJacobian.vdp, TestFlowJacobian.vdp.jacobian, [1.0, 2.0], [-1.0]),
        lambda: lf.flow_jacobian(TestFlowJacobian.vdp, TestFlowJacobian.vdp.jacobian, 1.0, [1.0]),
        lambda: lf.flow_jacobian(TestFlowJacobian.vdp, TestFlowJacobian.vdp.jacobian, [np.nan, 1.0], [1.0]),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()


def test_explosion_is_reported():
    with pytest.raises(RuntimeError, match="gave up"):
        lf.flow_jacobian(lambda x: x**2, lambda x: 2 * x[..., None], [1.0], [0.5, 1.5])
