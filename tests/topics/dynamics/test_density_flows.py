"""Flows of divergences against the Fokker-Planck scheme, and downhill for all of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

from scispaces.dynamics.density_flows import divergence_flow
from scispaces.dynamics.fokker_planck import fokker_planck
from scispaces.probability.divergences import GENERATORS

x = np.linspace(-4.5, 4.5, 121)
dx = x[1] - x[0]
p, q = norm.pdf(x), norm.pdf(x, 0.5, 0.8) + 1e-9


def test_reverse_kl_is_the_fokker_planck_equation():
    flow, values = divergence_flow("reverse_kl", p, q, dx, [0.0, 0.4])
    grid = fokker_planck(q, x**2 / 2, dx, 1e-3, 400, every=400)[-1]
    assert_allclose(flow[-1], grid, atol=3e-3)
    assert_allclose(flow[0], q, rtol=1e-12)
    assert values[1] < 0.5 * values[0]


@pytest.mark.parametrize("kind", GENERATORS)
def test_all_flows_fall_and_keep_the_mass(kind):
    flow, values = divergence_flow(kind, p, q, dx, [0.0, 0.1, 0.5])
    assert (np.diff(values) < 0).all()
    assert_allclose(flow.sum(axis=1), q.sum(), rtol=1e-6)
    near = np.abs(flow[-1] - p).max() < np.abs(q - p).max()
    assert near


def test_bad_input():
    with pytest.raises(ValueError, match="times must increase"):
        divergence_flow("kl", p, q, dx, [1.0, 0.5])
    with pytest.raises(ValueError, match="kind must be one of"):
        divergence_flow("total", p, q, dx, [1.0])
