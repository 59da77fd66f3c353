"""A small run does what the variants are for."""

from __future__ import annotations

import numpy as np
import pytest

from scispaces import rng
from scispaces.data.digits import digits_split
from scispaces.experiments.digit_vaes import train_digit_vaes
from scispaces.latent.vae import encode


def test_noise_shrinks_without_the_divergence():
    data = digits_split(rng(0), 300)
    runs = {"VAE": {"s2": 0.05}, "no KL": {"s2": 0.05, "kl": 0.0}, "learned": {}}
    found = train_digit_vaes(rng(1), data.x, data.y, runs, latent=4, hidden=32, steps=200)
    assert set(found) == set(runs) and found["VAE"].metrics["rate"].shape == (200,)
    logvar = {name: encode(run.params, data.x)[1].mean() for name, run in found.items()}
    assert logvar["no KL"] < logvar["VAE"] < 0
    assert found["VAE"].params["log_s2"] == np.float32(-3.0) != found["learned"].params["log_s2"]


@pytest.mark.parametrize("runs", [{}, {"a": {"beta": 1.0}}, {"a": {"kl": -1.0}}, {"a": {"kind": 1}}, {"a": 3}])
def test_bad_runs(runs):
    data = digits_split(rng(0), 100)
    with pytest.raises(ValueError):
        train_digit_vaes(rng(1), data.x, data.y, runs, steps=2)
