"""The samplers of normalized critics: shapes, determinism, and that they are not the easy cases."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.adversarial.normalization import normalized_value
from scispaces.instances import critics as ex
from scispaces.probability.wasserstein import transport_cost, wasserstein1_assignment


@pytest.fixture(scope="module")
def net():
    return ex.random_nets(rng(0))


def test_samplers_are_deterministic():
    for draw in (ex.random_nets, ex.random_nets_without_biases, ex.affine_critics, ex.two_laws, ex.paired_nets):
        first, second = draw(rng(3)), draw(rng(3))
        assert all(np.all(np.asarray(first[k]) == second[k]) for k in first if k != "params")
        assert draw.__doc__


def test_lines_cross_many_kinks():
    kinks = [len(ex.long_line(**ex.random_nets(rng(seed))).layer) for seed in range(20)]
    assert min(kinks) >= 8


def test_no_point_and_no_path_is_flat():
    for seed in range(40):
        for draw in (ex.random_nets, ex.random_nets_without_biases):
            net = draw(rng(seed))
            assert net["x"].shape == (200, 3)
            assert np.linalg.norm(ex.pwl_piece(net["params"], net["x"], net["a"])[0], axis=1).min() > 1e-6
        there = ex.paired_nets(rng(seed))
        assert np.isfinite(ex.split_gap(**there)).all()


def test_largest_jump(net):
    point, size = ex.largest_jump(**net)
    assert size == ex.predicted_jumps(**net)[1].max()
    assert point.shape == (3,)


def test_both_slopes_occur():
    assert {float(ex.random_nets(rng(seed))["a"]) for seed in range(20)} == {0.0, 0.2}


def test_gradients_along_a_piece(net):
    line = ex.long_line(**net)
    k = int(np.argmax(np.diff(line.t)))
    share = np.linspace(0, 1, 202)[1:-1, None]
    inside = (1 - share) * line.points[k] + share * line.points[k + 1]
    found = ex.by_autodiff(net["params"], inside, net["a"])["D"][1]
    assert_allclose(found, np.tile(line.w[k], (200, 1)), atol=1e-12)
    assert np.abs(found - line.w[k - 1]).max() > 1e-3


def test_some_affine_critics_attain_the_distance():
    def gap(w, b, x, y, kind):
        at = [normalized_value(z @ w + b, np.linalg.norm(w), str(kind), ex.EPS).mean() for z in (x, y)]
        return at[0] - at[1]

    draws = [ex.affine_critics(rng(seed)) for seed in range(60)]
    ratios = [gap(**d) / transport_cost(d["x"], d["y"]) for d in draws]
    assert 0.99 < max(ratios) <= 1 + 1e-9


def test_jumps(net):
    for found, expected in zip(ex.measured_jumps(**net), ex.predicted_jumps(**net), strict=True):
        assert_allclose(found, expected, atol=1e-5)
        assert expected.max() > 1e-3


def test_frozen_has_other_parameter_gradients(net):
    found = ex.gradients_by_parameters(**net)
    assert set(found) == {"D", "naive", "gn", "inner", "frozen"}
    assert np.abs(found["gn"][0][0] - found["frozen"][0][0]).max() > 1e-3
    assert not any(np.any(b) for _, b in found["inner"])


def test_split_gap_against_autodiff():
    there = ex.paired_nets(rng(1))
    parts = ex.split_gap(**there)
    found = ex.by_autodiff(there["params"], np.resize([*there["x"], *there["y"]], (200, 3)), there["a"])
    for row, kind in zip(parts, ("naive", "gn", "gran"), strict=True):
        assert_allclose(row.sum(), found[kind][0][:8].mean() - found[kind][0][8:16].mean(), atol=1e-10)
    assert parts[:, 0].max() <= wasserstein1_assignment(there["x"], there["y"])


def test_matched_pairs_are_optimal():
    x, y = rng(2).standard_normal((2, 7, 3))
    cost = np.mean([np.linalg.norm(u - v) for u, v in ex.matched_pairs(x, y)])
    assert_allclose(cost, transport_cost(x, y), rtol=1e-9)
    with pytest.raises(ValueError, match="y must have shape"):
        ex.matched_pairs(x, y[:3])


def test_plateaus_measure_total_variation():
    laws = ex.two_laws(rng(4))
    total = np.abs(laws["p"] - laws["q"]).sum()
    assert_allclose(ex.plateau_gaps(**laws), total / np.array([1 + laws["eta"], laws["eta"]]), rtol=1e-7)
    assert_allclose(ex.plateau_gaps(**ex.two_masses(1e-2))[0], 2 / 1.1, rtol=1e-9)
    with pytest.raises(ValueError, match="distance must be > 0"):
        ex.two_masses(0.0)
