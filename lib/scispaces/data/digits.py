"""The handwritten digits that scikit-learn bundles: 1797 images of 8 x 8, no download.

Source: Alpaydin, Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scispaces._validate import check_rng, one_of_names, positive_int

__all__ = ["Digits", "check_sizes", "digit_against_rest", "digit_patches", "digits_split"]


class Digits(NamedTuple):
    """Images (N, 64) and labels 0..9 (N,) of a training set, x and y, and of a test set."""

    x: NDArray[np.float64]
    y: NDArray[np.int64]
    x_test: NDArray[np.float64]
    y_test: NDArray[np.int64]


def digits_split(rng: np.random.Generator, train: int = 1400, scaling: str = "unit") -> Digits:
    """A random split of the 1797 digits into `train` images and the rest.

    scaling: "unit", pixels / 16, so that entries lie in [0, 1]; "standard", then minus the mean training image and
    divided by one global standard deviation of the training set. Raises ValueError unless 1 <= train <= 1796, and on
    an unknown scaling.
    """
    check_rng(rng)
    from sklearn.datasets import load_digits

    train = positive_int(train, "train", maximum=1796)
    scaling = one_of_names(scaling, "scaling", ("unit", "standard"))
    pixels, labels = load_digits(return_X_y=True)
    order = rng.permutation(len(labels))
    x, y = pixels[order] / 16, labels[order]
    if scaling == "standard":
        x = x - x[:train].mean(axis=0)
        x = x / x[:train].std()
    return Digits(x[:train], y[:train], x[train:], y[train:])


def digit_against_rest(rng: np.random.Generator, digit: int, components: int = 6, train: int = 900) -> Digits:
    """One digit (label 1, about a tenth) against the nine others (label 0), seen through few principal components.

    x (N, components): the projections on the leading principal components of the training images, each scaled to
    standard deviation 1 on the training set. Raises ValueError: digit outside 0..9, components outside 1..40, train as
    in `digits_split`.
    """
    digit = positive_int(digit, "digit", minimum=0, maximum=9)
    components = positive_int(components, "components", maximum=40)
    full = digits_split(rng, train)
    centre = full.x.mean(axis=0)
    axes = np.linalg.svd(full.x - centre, full_matrices=False)[2][:components]
    x, x_test = ((part - centre) @ axes.T for part in (full.x, full.x_test))
    scale = np.maximum(x.std(axis=0), 1e-12)
    return Digits(x / scale, (full.y == digit).astype(int), x_test / scale, (full.y_test == digit).astype(int))


def check_sizes(sizes: Sequence[int], data: Digits) -> None:
    """Raise ValueError unless a network of these widths takes the images and has an output for every label."""
    if len(sizes) < 2 or sizes[0] != data.x.shape[1] or sizes[-1] <= data.y.max():
        raise ValueError(f"sizes {tuple(sizes)} must begin with {data.x.shape[1]} and end above {data.y.max()}")


def digit_patches() -> NDArray[np.float64]:
    """The four quarters of each of the 1797 digits, 4 x 4 pixels in [0, 1], image by image: (7188, 16)."""
    from sklearn.datasets import load_digits

    quarters = load_digits().data.reshape(-1, 2, 4, 2, 4) / 16
    return np.asarray(quarters.transpose(0, 1, 3, 2, 4).reshape(-1, 16))
