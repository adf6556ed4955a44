"""95 % intervals and p values of estimates."""

from __future__ import annotations

import numpy as np

from causal_organism.causal.slopes.bootstrap import wild_interval
from causal_organism.causal.slopes.regression import FEW_CLUSTERS, Slope


def interval_of(slope: Slope) -> tuple[float, float, float]:
    """(lo, hi, p): by Student's t, below 40 clusters by the bootstrap."""
    if len(np.unique(slope.cluster)) < FEW_CLUSTERS and slope.se > 0:
        return wild_interval(slope)
    reach = slope.critical * slope.se
    return slope.effect - reach, slope.effect + reach, slope.p
