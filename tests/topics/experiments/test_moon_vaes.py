"""Autoencoders of the moons: names, the objective by hand, the density has mass 1."""

from __future__ import annotations

import numpy as np
import pytest

from scispaces import rng
from scispaces.data.moons import two_moons
from scispaces.experiments.moon_vaes import moon_log_density, train_moon_vaes
from scispaces.latent.importance import importance_bound
from scispaces.latent.vae import decode, encode, importance_objective, init_vae, log_weights, reparam
from scispaces.losses.likelihoods import gaussian_nll


def test_runs_start_and_mass():
    x = two_moons(rng(0), 200)
    runs = train_moon_vaes(rng(1), x, {"a": {}, "b": {"inside": 1, "log_s2": -1.0}}, draws=3, steps=20)
    assert list(runs) == ["a", "b"]
    assert abs(float(runs["a"]["log_s2"]) + 4) < 0.2 and abs(float(runs["b"]["log_s2"]) + 1) < 0.2
    side = np.linspace(-5, 5, 101)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    assert np.exp(moon_log_density(runs["b"], grid)).sum() * 0.01 == pytest.approx(1, abs=1e-3)
    for bad in ({}, {"a": {"outside": 1}}):
        with pytest.raises(ValueError, match="run"):
            train_moon_vaes(rng(1), x, bad)


def test_the_objective_by_hand():
    params, x, eps = init_vae(rng(2), 2, 1, (4,), log_s2=-1.0), two_moons(rng(3), 6), rng(4).standard_normal((5, 3, 1))
    rows = np.array([0, 2, 5])
    mu, logvar = (np.asarray(a) for a in encode(params, x[rows]))
    z = reparam(mu, logvar, eps)
    logs = log_weights(gaussian_nll(x[rows], np.asarray(decode(params, z)), -1.0), z, mu, logvar)
    for inside, value in ((1, -importance_bound(logs).mean()), (0, -logs.mean())):
        batch = {"rows": rows, "eps": eps}
        assert float(importance_objective(params, batch, {"x": x}, {"inside": inside})) == pytest.approx(value)
