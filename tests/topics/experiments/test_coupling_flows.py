"""Flows of the plane: the identity at the start, exact inverses and determinants, a better density after training."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.data.moons import two_moons
from scispaces.experiments.coupling_flows import FLOW_VARIANTS, plane_flow, plane_flow_sample, train_plane_flows


def test_moons_are_standardised():
    points = two_moons(rng(0), 40_000)
    assert_allclose(points.mean(axis=0), 0, atol=0.02)
    assert_allclose(points.std(axis=0), 1, atol=0.02)


def test_flows_of_the_plane():
    points = two_moons(rng(0), 500)
    runs = train_plane_flows(rng(1), points, points, list(FLOW_VARIANTS), layers=4, width=8, steps=150)
    at = rng(2).standard_normal((5, 2))
    for flow, flags in zip(runs.params, runs.flags, strict=True):
        z, logdet = plane_flow(flow, flags, at)
        assert_allclose(plane_flow_sample(flow, flags, z), at, atol=1e-5)
        step = 1e-6
        J = [(plane_flow(flow, flags, at + step * e)[0] - plane_flow(flow, flags, at - step * e)[0]) for e in np.eye(2)]
        assert_allclose(logdet, np.linalg.slogdet(np.stack(J, axis=-1) / (2 * step))[1], atol=1e-4)
    assert_allclose(plane_flow(runs.params[0], runs.flags[0], at)[1], 0, atol=1e-12)
    normal = np.mean(0.5 * np.sum(points**2, axis=1) + np.log(2 * np.pi))
    assert runs.test_nll[0] < normal
    assert np.all(runs.test_nll[1:] < runs.test_nll[0])
    with pytest.raises(ValueError, match="variant"):
        train_plane_flows(rng(1), points, points, ["spline"])
