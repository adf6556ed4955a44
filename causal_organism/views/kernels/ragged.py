"""Many ranges at once, without a loop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from causal_organism.views.scores import Idx


def spread(start: NDArray[np.integer], length: NDArray[np.integer]) -> tuple[Idx, Idx]:
    """(which range, place) of every place in the ranges start[i] : start[i] + length[i], in order.

    spread([5, 0], [2, 3]) == [0, 0, 1, 1, 1], [5, 6, 0, 1, 2]
    """
    which = np.repeat(np.arange(len(length), dtype=np.int64), length)
    before = np.cumsum(length) - length
    return which, np.arange(len(which), dtype=np.int64) + (start - before)[which]


def summed(which: NDArray[np.integer], values: NDArray[np.float64], ranges: int) -> NDArray[np.float64]:
    """Sum of the values of each range; 0 for an empty one."""
    return np.bincount(which, weights=values, minlength=ranges).astype(np.float64)
