"""Fisher's irises, which scikit-learn bundles: 150 flowers, four measures in centimetres, three species, no download.

Source: Fisher, "The Use of Multiple Measurements in Taxonomic Problems", Annals of Eugenics 7 (1936).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["iris"]


def iris() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The measures (150, 4) and the species 0, 1, 2 (150,)."""
    from sklearn.datasets import load_iris

    x, y = load_iris(return_X_y=True)
    return x, y
