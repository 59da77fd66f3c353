"""Runs of vector quantisation: frozen factors stay, the first step is the one of optax, both factors fit best."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from scispaces import rng
from scispaces.data.digits import digit_patches, digits_split
from scispaces.experiments.vector_quantizers import CODEBOOK_MODES, train_autoencoders, train_codebooks
from scispaces.latent.codebook import quantize


def test_patches_are_the_quarters_of_the_digits():
    split = digits_split(rng(0), 1400)
    pixels = np.concatenate([split.x, split.x_test])
    patches = digit_patches()
    assert patches.shape == (7188, 16)
    whole = np.block([[patches[k].reshape(4, 4) for k in (2 * r, 2 * r + 1)] for r in (0, 1)])
    assert np.abs(pixels - whole.ravel()).max(axis=1).min() == 0


def test_frozen_factors_stay_and_all_start_alike():
    z = digit_patches()[:500]
    still = train_codebooks(rng(1), [z] * 5, list(CODEBOOK_MODES), K=20, steps=1, batch=50, rate=1e-12)
    assert_allclose(still.codebooks, np.broadcast_to(still.codebooks[:1], (5, 20, 16)), atol=1e-6)
    runs = train_codebooks(rng(1), [z] * 5, list(CODEBOOK_MODES), K=20, steps=50, batch=50)
    start = still.codebooks[0]
    assert_allclose(runs.codebooks[1], start @ runs.matrices[1], atol=1e-4)
    gains = runs.codebooks[3] / start
    assert np.abs(gains - np.median(gains, axis=0)).max() < 1e-2
    assert_allclose(runs.matrices[[0, 3, 4]], np.broadcast_to(np.eye(16), (3, 16, 16)))
    assert_allclose(runs.error, [quantize(z, e).sqdist.mean() for e in runs.codebooks])
    assert runs.error[2] < runs.error[0]
    idle = np.setdiff1d(np.arange(20), quantize(z, start).nearest)
    assert_allclose(runs.codebooks[0][idle], start[idle])


def test_autoencoders_learn():
    split = digits_split(rng(0), 1400)
    runs = train_autoencoders(rng(1), split.x, split.x_test, ["codes", "matrix"], K=64, width=8, steps=250)
    centre = np.mean(np.sum((split.x_test - split.x.mean(axis=0)) ** 2, axis=1))
    assert np.all(runs.error < 0.8 * centre)
    assert runs.codebooks.shape == (2, 64, 8)


@pytest.mark.parametrize("modes", [[], ["codes", "no"]])
def test_bad_calls(modes):
    with pytest.raises(ValueError, match="mode"):
        train_codebooks(rng(0), [digit_patches()] * len(modes), modes)
