"""Densities moved by flows: closed forms, mass, Jacobians, samples, and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scispaces
from scispaces.dynamics.flows import flow_jacobian
from scispaces.pde import continuity as ct

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

FIELD = ct.TiltedRotation(0.3)


def gauss(x):
    return -0.5 * np.sum(x**2, axis=-1) - 0.5 * x.shape[-1] * np.log(2 * np.pi)


def shrink(x):
    return -x


def shrink_divergence(x):
    return np.full(len(x), -float(x.shape[1]))


@given(st.floats(-1, 1), st.floats(-2, 2))
@settings(max_examples=20)
def test_shrinking_line(t, x):
    log_p = ct.moved_log_density(shrink, shrink_divergence, gauss, [[x]], t)
    assert np.isclose(log_p[0], t + gauss(np.array([[x * np.exp(t)]]))[0], atol=1e-9)


@given(st.floats(0, 1), st.floats(-0.5, 0.5))
@settings(max_examples=5)
def test_mass_is_kept(t, a):
    field = ct.TiltedRotation(a)
    e = np.linspace(-7, 7, 61)
    P = np.stack(np.meshgrid(e, e, indexing="ij"), axis=-1).reshape(-1, 2)
    log_p = ct.moved_log_density(field, field.divergence, gauss, P, t)
    assert abs(np.exp(log_p).sum() * (e[1] - e[0]) ** 2 - 1) < 1e-9


def test_volume_is_the_determinant_of_the_flow():
    def jacobian(x):
        J = np.zeros((*x.shape, 2))
        J[..., 0, 0], J[..., 0, 1], J[..., 1, 0] = 0.3 * np.cos(x[..., 0]), 1.0, -1.0
        return J

    starts = scispaces.rng(1).standard_normal((6, 2))
    flow = flow_jacobian(FIELD, jacobian, starts, [1.3])
    x, log_volume = ct.flow_points(FIELD, FIELD.divergence, starts, 1.3)
    assert np.allclose(x, flow.states[-1], atol=1e-9)
    assert np.allclose(np.exp(log_volume), np.linalg.det(flow.jacobians[-1]), rtol=1e-9)


def test_there_and_back():
    starts = scispaces.rng(2).standard_normal((5, 2))
    x, forth = ct.flow_points(FIELD, FIELD.divergence, starts, 2.0)
    y, back = ct.flow_points(FIELD, FIELD.divergence, x, -2.0)
    assert np.allclose(y, starts, atol=1e-8) and np.allclose(forth, -back, atol=1e-8)


def test_samples_follow_the_density_and_not_another():
    samples = ct.flow_points(FIELD, FIELD.divergence, scispaces.rng(3).standard_normal((20000, 2)), 1.0, 1e-8)[0]
    edges = np.linspace(-3, 3, 16)

    def density(P):
        return np.exp(ct.moved_log_density(FIELD, FIELD.divergence, gauss, P, 1.0, 1e-8))

    test = ct.bin_residuals(samples, density, edges)
    assert test.expected.shape == test.observed.shape == (15, 15)
    assert 0.8 < test.residuals.std() < 1.25 and np.abs(test.residuals).max() < 5.5
    still = ct.bin_residuals(samples, lambda P: np.exp(gauss(P)), edges)
    assert still.residuals.std() > 1.5


def test_time_zero():
    x, log_volume = ct.flow_points(FIELD, FIELD.divergence, [[1.0, 2.0]], 0.0)
    assert x.tolist() == [[1.0, 2.0]] and log_volume.tolist() == [0.0]


def test_a_field_that_runs_away():
    with pytest.raises(RuntimeError, match="gave up"):
        ct.flow_points(lambda x: x**3, lambda x: 3 * x[:, 0] ** 2, [[2.0]], 1.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ct.flow_points(FIELD, FIELD.divergence, [1.0, 2.0], 1.0),
        lambda: ct.flow_points(FIELD, FIELD.divergence, [[1.0, np.nan]], 1.0),
        lambda: ct.flow_points(FIELD, FIELD.divergence, [[1.0, 2.0]], np.inf),
        lambda: ct.flow_points(FIELD, lambda x: 0.0, [[1.0, 2.0]], 1.0),
        lambda: ct.flow_points(lambda x: x[:, :1], FIELD.divergence, [[1.0, 2.0]], 1.0),
        lambda: ct.moved_log_density(FIELD, FIELD.divergence, lambda x: x, [[1.0, 2.0]], 1.0),
        lambda: ct.bin_residuals([[1.0, 2.0, 3.0]], gauss, [0.0, 1.0]),
        lambda: ct.bin_residuals([[1.0, 2.0]], gauss, [1.0, 0.0]),
        lambda: ct.TiltedRotation(np.nan),
    ],
)
def test_bad_input(call):
    with pytest.raises(ValueError):
        call()
