"""The one VAE: shapes, the objective put together by hand, and the weights of importance sampling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from scispaces import rng
from scispaces.backend import jax, jnp
from scispaces.latent.vae import decode, encode, gaussian_rate, init_vae, log_weights, reparam, vae_objective
from scispaces.losses.likelihoods import gaussian_nll
from scispaces.probability.gaussians import kl_diag, kl_diag_std


def parts(labels=0):
    params = init_vae(rng(0), 6, 2, (5, 4), labels=labels, log_s2=-1.0)
    return params, rng(1).uniform(0, 1, (1, 7, 6)), rng(2).standard_normal((3, 4, 2)), np.array([0, 2, 2, 5])


def test_shapes_and_the_second_head_is_the_log_variance():
    params, x, eps, rows = parts()
    assert [W.shape for W, _ in params["encoder"]] == [(5, 6), (4, 5), (4, 4)]
    assert [W.shape for W, _ in params["decoder"]] == [(4, 2), (5, 4), (6, 5)]
    mu, logvar = encode(params, x[0, rows])
    assert mu.shape == logvar.shape == (4, 2)
    z = reparam(mu, logvar, eps)
    assert z.shape == (3, 4, 2) and decode(params, z).shape == (3, 4, 6)
    draws = np.asarray(reparam(np.array([1.0]), np.array([np.log(9.0)]), rng(3).standard_normal((100_000, 1))))
    assert abs(draws.std() - 3) < 0.03 and abs(draws.mean() - 1) < 0.05


def test_the_rate_is_the_divergence():
    mu, logvar = rng(4).standard_normal((2, 5, 3))
    assert np.allclose(gaussian_rate(mu, logvar), kl_diag_std(mu, logvar), rtol=1e-12)


@pytest.mark.parametrize("model", ["pixels", "linear", "bernoulli", "either"])
def test_the_objective_by_hand(model):
    params, x, eps, rows = parts()
    lane = {"kl": 0.7, "s2": 0.3, "bernoulli": 1.0}
    value, metrics = vae_objective(model)(params, {"rows": rows, "eps": eps}, {"x": jnp.asarray(x)}, lane)
    mu, logvar = (np.asarray(a) for a in encode(params, x[0, rows]))
    out = np.asarray(decode(params, mu + np.exp(logvar / 2) * eps))
    rho = 1 / (1 + np.exp(-out))
    if model in ("bernoulli", "either"):
        nll = -np.sum(x[0, rows] * np.log(rho) + (1 - x[0, rows]) * np.log1p(-rho), -1)
    else:
        nll = -stats.norm(rho if model == "pixels" else out, 0.3**0.5).logpdf(x[0, rows]).sum(-1)
    rate = kl_diag_std(mu, logvar).mean()
    assert float(metrics["distortion"]) == pytest.approx(nll.mean(), rel=1e-10)
    assert float(value) == pytest.approx(nll.mean() + 0.7 * rate, rel=1e-10)


def test_no_noise_a_trained_variance_and_means_by_label():
    params, x, eps, rows = parts(labels=3)
    params["means"] = jnp.asarray(rng(5).standard_normal((3, 2)))
    y = np.array([0, 1, 2, 0, 1, 2, 0])
    common = {"x": jnp.asarray(x), "y": jnp.asarray(y)}
    quiet, metrics = vae_objective("linear")(params, {"rows": rows, "eps": eps}, common, {"noise": 0.0})
    mu, logvar = (np.asarray(a) for a in encode(params, x[0, rows]))
    normal = stats.norm(np.asarray(decode(params, mu)), np.exp(-0.5)).logpdf(x[0, rows]).sum(-1)
    assert float(metrics["distortion"]) == pytest.approx(-normal.mean(), rel=1e-10)
    means = np.asarray(params["means"])[y[rows]]
    assert float(metrics["rate"]) == pytest.approx(kl_diag(mu, logvar, means, 0 * logvar).mean(), rel=1e-10)
    assert float(quiet) == pytest.approx(float(metrics["distortion"] + metrics["rate"]), rel=1e-10)
    slope = jax.grad(lambda p: vae_objective("linear")(p, {"rows": rows, "eps": eps}, common, None)[0])(params)
    assert float(slope["log_s2"]) != 0
    with pytest.raises(ValueError, match="model"):
        vae_objective("poisson")


def test_weights_are_ratios_of_densities():
    params, x, eps, rows = parts()
    mu, logvar = (np.asarray(a) for a in encode(params, x[0, rows]))
    z = reparam(mu, logvar, eps)
    nll = gaussian_nll(x[0, rows], np.asarray(decode(params, z)), -1.0)
    q, p = stats.norm(0, 1).logpdf(z).sum(-1), stats.norm(mu, np.exp(logvar / 2)).logpdf(z).sum(-1)
    assert np.allclose(log_weights(nll, z, mu, logvar), -nll + q - p, rtol=1e-10)
