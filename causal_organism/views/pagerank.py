"""PageRank: how often somebody is reached by following ties, heavier ones more often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.scores import Scores, scores

DAMPING = 0.85
_SETTLED = 1e-14
_SWEEPS = 250
"""Each sweep leaves at most 0.85 of the error: after these, less than a float can hold."""


def pagerank(network: Snapshot) -> Scores:
    """Stationary visit share of each person; shares sum to 1.

    Someone without ties to others passes their share on to everyone alike. Cost: O(ties) per sweep, about 200 of them.

    Source: Page et al. 1999, section 2.6, with uniform teleport.
    """
    people = network.people
    rows, heads = network.out.rows, network.out.indices
    given = network.out.row_sums_u()
    passed_on = network.out.weight_u / given[rows]
    dangling = given == 0
    shares: NDArray[np.float64] = np.full(people, 1.0 / max(people, 1))
    for _ in range(_SWEEPS):
        received = np.bincount(heads, weights=shares[rows] * passed_on, minlength=people)
        spread_evenly = DAMPING * shares[dangling].sum() + (1.0 - DAMPING)
        after = DAMPING * received + spread_evenly / max(people, 1)
        change = np.abs(after - shares).sum()
        shares = after
        if change < _SETTLED:
            break
    return scores(network, pagerank=shares / shares.sum() if people else shares)
