r"""The variational autoencoder on `networks.mlp`: an encoder with two heads, a decoder, one objective for all variants.

    encoder    x -> (mu, v),  v = log sigma^2;    draw  z = mu + sigma * eps,  eps ~ N(0, I)
    decoder    z -> o,  the mean of x (o itself, or its sigmoid for pixels) or the logits of Bernoulli pixels
    loss       E_x [ E_eps( -log q(x|z) ) + kl * KL(N(mu, diag sigma^2) | N(m, I)) ]

m = 0, or a trained mean for each label (conditional). For q(x|z) = N(o, s^2 I) the first term is |x - o|^2 / (2 s^2)
up to a constant: s^2 is the weight of the reconstruction. Parameters are a dictionary of `mlp` parameters, so that
`networks.training.train` takes them; `eps` may have axes in front of the batch (several draws a sample), which is
what importance weights need:

    mu, logvar = encode(params, x)                    # (N, d)
    z = reparam(mu, logvar, eps)                      # eps (M, N, d)
    log_w = -nll(x, decode(params, z)) + log N(z; 0, I) - log N(z; mu, sigma^2)      # `log_weights`, (M, N)

Source: Kingma, Welling 2013 (arXiv 1312.6114).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from scispaces._validate import check_rng, count, finite
from scispaces.backend import jax, jnp
from scispaces.losses.likelihoods import bernoulli_nll, gaussian_nll
from scispaces.networks.mlp import init_mlp, mlp

__all__ = [
    "decode",
    "encode",
    "gaussian_rate",
    "importance_objective",
    "init_vae",
    "log_weights",
    "reparam",
    "vae_objective",
]


def init_vae(
    rng: np.random.Generator,
    data_dim: int,
    latent: int,
    hidden: Sequence[int] = (128,),
    labels: int = 0,
    log_s2: float = 0.0,
    dtype: Any = None,
) -> dict[str, Any]:
    """Initial parameters: encoder data_dim -> hidden -> 2 latent, decoder latent -> hidden reversed -> data_dim (tanh).

    labels: with k > 0, also "means" (k, latent), zeros: the trained prior mean of each label. log_s2: the start of the
    trained log variance of a normal decoder. Raises ValueError on sizes below 1.
    """
    check_rng(rng)
    sizes = [count(n, "hidden") for n in hidden]
    d, D = count(latent, "latent"), count(data_dim, "data_dim")
    dtype = dtype or jnp.float64
    params: dict[str, Any] = {
        "encoder": init_mlp(rng, (D, *sizes, 2 * d), gain=1.0, dtype=dtype),
        "decoder": init_mlp(rng, (d, *sizes[::-1], D), gain=1.0, dtype=dtype),
        "log_s2": jnp.asarray(finite(log_s2, "log_s2"), dtype),
    }
    if count(labels, "labels", minimum=0):
        params["means"] = jnp.zeros((labels, d), dtype)
    return params


def encode(params: Any, x: Any) -> tuple[Any, Any]:
    """mu and log sigma^2, both (..., d), of data (..., D): the two halves of the encoder's output."""
    out = mlp(params["encoder"], x, "tanh")
    d = out.shape[-1] // 2
    return out[..., :d], out[..., d:]


def reparam(mu: Any, logvar: Any, eps: Any) -> Any:
    """z = mu + exp(logvar / 2) eps; eps may have axes in front (several draws)."""
    xp = jnp if any(isinstance(a, jax.Array) for a in (mu, logvar, eps)) else np
    return mu + xp.exp(logvar / 2) * eps


def decode(params: Any, z: Any, last: str = "linear") -> Any:
    """The decoder's output (..., D) for codes (..., d): a mean, or logits; `last`, "sigmoid" for means of pixels."""
    return mlp(params["decoder"], z, "tanh", last=last)


def gaussian_rate(mu: Any, logvar: Any) -> Any:
    """KL(N(mu, diag e^logvar) | N(0, I)), (..., d) -> (...,), for tracing (exact: `probability.gaussians`)."""
    xp = jnp if any(isinstance(a, jax.Array) for a in (mu, logvar)) else np
    return xp.sum(mu**2 + xp.expm1(logvar) - logvar, axis=-1) / 2


def log_weights(nll: Any, z: Any, mu: Any, logvar: Any) -> Any:
    """log q(x|z) q(z) / p(z|x) for nll = -log q(x|z) (..., N) at codes z (..., N, d), with the prior N(0, I).

    Minus its mean over draws of the encoder is the loss with one draw; the logarithm of the mean of its exponential is
    the importance weighted bound.
    """
    return gaussian_nll(z, mu, logvar) - gaussian_nll(z, 0.0, 0.0 * logvar) - nll


@cache
def vae_objective(model: str = "pixels") -> Callable:
    """The loss for `networks.training.train`, one function for each model (so that a program is compiled once).

    model: "pixels", normal with mean sigmoid(o); "linear", normal with mean o; "bernoulli", logits o; "either":
    lane["bernoulli"] (0 or 1) chooses between "bernoulli" and "pixels". ValueError on another one.
    common: {"x": (kinds, N, D), "y": (N,) labels if conditional}. batch: {"rows": (B,), "eps": (S, B, d)}.
    lane, all optional: "noise" (1; 0: an autoencoder), "kl" (its weight, 1), "s2" (fixed variance of the decoder;
    without it, or at 0, exp(log_s2) is trained), "conditional" (1 uses the means by label), "kind" (which data).
    Metrics: "distortion" and "rate" (means over batch and draws), "logvar" and "square" (means of log sigma^2 and of
    |x - o|^2).
    """
    if model not in ("pixels", "linear", "bernoulli", "either"):
        raise ValueError(f"model must be 'pixels', 'linear', 'bernoulli' or 'either', got {model!r}")

    def objective(params: Any, batch: Any, common: Any, lane: Any) -> Any:
        lane = {} if lane is None else lane
        x = common["x"][lane.get("kind", 0)][batch["rows"]]
        mu, logvar = encode(params, x)
        out = decode(params, reparam(mu, logvar, lane.get("noise", 1.0) * batch["eps"]))
        mean = out if model == "linear" else jax.nn.sigmoid(out)
        fixed = jnp.asarray(lane.get("s2", 0.0))
        log_s2 = jnp.where(fixed > 0, jnp.log(jnp.where(fixed > 0, fixed, 1.0)), params["log_s2"])
        normal = gaussian_nll(x, mean, log_s2)
        binary = bernoulli_nll(out, x)
        flag = {"bernoulli": 1, "either": lane.get("bernoulli", 0)}.get(model, 0)
        distortion = jnp.mean(jnp.where(flag == 1, binary, normal))
        centre = 0.0
        if "means" in params:
            centre = lane.get("conditional", 1.0) * params["means"][common["y"][batch["rows"]]]
        rate = jnp.mean(gaussian_rate(mu - centre, logvar))
        metrics = {"distortion": distortion, "rate": rate, "logvar": jnp.mean(logvar),
                   "square": jnp.mean(jnp.sum((x - mean) ** 2, axis=-1))}  # fmt: skip
        return distortion + lane.get("kl", 1.0) * rate, metrics

    return objective


def importance_objective(params: Any, batch: Any, common: Any, lane: Any) -> Any:
    """The loss with S draws of the code for a normal decoder with mean o and the trained variance exp(log_s2).

    lane["inside"] 1: -log of the mean weight (importance weighted autoencoder); 0: minus the mean of the log weights,
    the VAE loss estimated by S draws. common: {"x": (N, D)}. batch: {"rows": (B,), "eps": (S, B, d)}.
    """
    x = common["x"][batch["rows"]]
    mu, logvar = encode(params, x)
    z = reparam(mu, logvar, batch["eps"])
    log_w = log_weights(gaussian_nll(x, decode(params, z), params["log_s2"]), z, mu, logvar)
    inside = jax.scipy.special.logsumexp(log_w, axis=0) - jnp.log(log_w.shape[0])
    return -jnp.mean(jnp.where(lane["inside"] > 0, inside, jnp.mean(log_w, axis=0)))
