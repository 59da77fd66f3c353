r"""Training runs of vector quantisation: a plain codebook against a codebook behind a linear layer.

A codebook is parametrised in one of five ways (`CODEBOOK_MODES`): "codes", the plain codebook; "matrix", E = Q W with Q
frozen; "both", Q and W trained; "gains", E = Q diag(w) with Q frozen; "gains and codes". All start from the same
codebook, W the unit matrix. Runs side by side are lanes of one program: a mode says which factors a mask lets move.

`train_codebooks` quantises latents that stay as they are; `train_autoencoders` trains an encoder and a decoder as well,
with the straight-through estimator.

Sources: arXiv:1711.00937, arXiv:2411.02038; the experiments are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scispaces._validate import as_matrix, check_rng, count, one_of_names, positive, room
from scispaces.backend import jax, jnp, quick_jit
from scispaces.latent.codebook import nearest_code, quantize, straight_through, utilisation, vq_losses
from scispaces.networks.mlp import init_mlp, mlp
from scispaces.networks.training import adam, minibatches, train

__all__ = ["CODEBOOK_MODES", "CodebookRuns", "train_autoencoders", "train_codebooks"]

#: which of Q, W and w move, by mode
CODEBOOK_MODES = {
    "codes": (1.0, 0.0, 0.0),
    "matrix": (0.0, 1.0, 0.0),
    "both": (1.0, 1.0, 0.0),
    "gains": (0.0, 0.0, 1.0),
    "gains and codes": (1.0, 0.0, 1.0),
}


class CodebookRuns(NamedTuple):
    """By run: the share of codes in use on the training data, the error (mean squared distance of latents, or squared
    error of a test image), the codebooks E (runs, K, d) and the matrices W (runs, d, d)."""

    utilisation: NDArray[np.float64]
    error: NDArray[np.float64]
    codebooks: NDArray[np.float64]
    matrices: NDArray[np.float64]


def train_codebooks(
    rng: np.random.Generator, latents: Sequence[ArrayLike], modes: Sequence[str], K: int = 256, steps: int = 1000,
    batch: int = 128, rate: float = 0.01,
) -> CodebookRuns:  # fmt: skip
    """Adam on the mean squared distance of fixed latents to their nearest codes, one run for each of `modes`.

    latents: for each run its data (n, d), all of one shape. The codes start as N(0, 1/d), the same for every run.
    Raises ValueError on no run, unknown modes, data of different shapes, batch > n.
    """
    check_rng(rng)
    masks = _masks(modes)
    data = [as_matrix(z, "latents", real=True) for z in latents]
    if len({z.shape for z in data}) != 1 or len(data) != len(modes):
        raise ValueError(f"latents must hold one array of the same shape for each of the {len(modes)} modes")
    (n, d), K = data[0].shape, count(K, "K")
    start = _start(rng, K, d)
    lane = {"mask": masks, "z": jnp.asarray(np.stack(data), jnp.float32)}
    found = train(_fixed_latents_loss, start, minibatches(rng, n, batch, steps), adam(), positive(rate, "rate"),
                  common=start, lane=lane, vary=["lane"]).params  # fmt: skip
    books = np.asarray(jax.vmap(lambda p, m: _codebook(p, start, m))(found, masks), float)
    fits = [quantize(z, e) for z, e in zip(data, books, strict=True)]
    used = np.array([utilisation(f.nearest, K) for f in fits])
    return CodebookRuns(used, np.array([f.sqdist.mean() for f in fits]), books, np.asarray(found["W"], float))


def train_autoencoders(
    rng: np.random.Generator, images: ArrayLike, test_images: ArrayLike, modes: Sequence[str], K: int = 512,
    width: int = 16, steps: int = 400, batch: int = 64, rate: float = 1e-3,
) -> CodebookRuns:  # fmt: skip
    """VQ autoencoders 64-128-(4 tokens of `width`)-128-64, GELU, on images (n, 64), one run for each of `modes`.

    Loss: batch mean of |x - decoder(z_q)|^2 + |q - sg[z]|^2 + |z - sg[q]|^2 / 4, by Adam. Codes start as
    N(0, 1/width). Raises ValueError on no run, unknown modes, images of another shape.
    """
    check_rng(rng)
    masks, width = _masks(modes), count(width, "width", maximum=4096)
    x, test = (as_matrix(v, "images", real=True) for v in (images, test_images))
    if x.shape[1] != 64 or test.shape[1] != 64:
        raise ValueError(f"images must have 64 pixels, got {x.shape[1]} and {test.shape[1]}")
    book = _start(rng, count(K, "K"), width)
    nets = {"in": init_mlp(rng, (64, 128, 4 * width), dtype=jnp.float32),
            "out": init_mlp(rng, (4 * width, 128, 64), dtype=jnp.float32)}  # fmt: skip
    common, rows = {"x": jnp.asarray(x, jnp.float32), "book": book}, minibatches(rng, len(x), batch, steps)
    found = train(_autoencoder_loss, nets | book, rows, adam(), positive(rate, "rate"), common=common, lane=masks,
                  vary=["lane"]).params  # fmt: skip

    def evaluate(params: Any, mask: Any, x: Any) -> Any:
        E = _codebook(params, book, mask)
        z = _tokens(params, x, E)
        index = nearest_code(z, E)
        error = jnp.mean(jnp.sum((x - _decode(params, E[index])) ** 2, axis=-1))
        return error, index, E

    def both(params: Any, mask: Any) -> Any:
        return evaluate(params, mask, jnp.asarray(test, jnp.float32))[0], *evaluate(params, mask, common["x"])[1:]

    error, index, books = quick_jit(jax.vmap(both))(found, masks)
    used = np.array([utilisation(i.ravel(), K) for i in np.asarray(index)])
    return CodebookRuns(used, np.asarray(error, float), np.asarray(books, float), np.asarray(found["W"], float))


def _masks(modes: Sequence[str]) -> Any:
    if not len(modes):
        raise ValueError("modes must name at least one run")
    return jnp.asarray([CODEBOOK_MODES[one_of_names(m, "mode", tuple(CODEBOOK_MODES))] for m in modes], jnp.float32)


def _start(rng: np.random.Generator, K: int, d: int) -> dict[str, Any]:
    room("the distances of a batch to all codes", K, max(d, 128))
    parts = {"Q": rng.standard_normal((K, d)) / np.sqrt(d), "W": np.eye(d), "w": np.ones(d)}
    return {name: jnp.asarray(v, jnp.float32) for name, v in parts.items()}


def _codebook(params: Any, start: Any, mask: Any) -> Any:
    """Q diag(w) W, where a factor whose mask is 0 stays at its start and gets no gradient."""
    Q, W, w = (start[k] + m * (params[k] - start[k]) for k, m in zip(("Q", "W", "w"), mask, strict=True))
    return (Q * w) @ W


def _fixed_latents_loss(params: Any, batch: Any, common: Any, lane: Any) -> Any:
    E, z = _codebook(params, common, lane["mask"]), lane["z"][batch]
    return jnp.mean(jnp.sum((z - E[nearest_code(z, E)]) ** 2, axis=-1))


def _tokens(params: Any, x: Any, E: Any) -> Any:
    return mlp(params["in"], x, jax.nn.gelu).reshape(*x.shape[:-1], 4, E.shape[-1])


def _decode(params: Any, q: Any) -> Any:
    return mlp(params["out"], q.reshape(*q.shape[:-2], -1), jax.nn.gelu)


def _autoencoder_loss(params: Any, batch: Any, common: Any, mask: Any) -> Any:
    x, E = common["x"][batch], _codebook(params, common["book"], mask)
    z = _tokens(params, x, E)
    q = E[nearest_code(z, E)]
    made = _decode(params, straight_through(z, q))
    return (jnp.sum((x - made) ** 2) + vq_losses(z, q, 1.0, 0.25)) / len(batch)
