"""Betweenness: on how many shortest paths between others somebody lies.

One added tie changes the shortest paths of a third of all people, ten change those of nearly all, so there is no local
rule that pays; the cost is bounded by looking at a sample of sources.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.kernels.brandes import UNWEIGHTED, Sums, order
from causal_organism.views.scores import Idx, Scores, scores
from causal_organism.views.share import Share, SourceKernel, sources_in_seconds

EXACT_PEOPLE = 2_000
SOURCES = 512


class Betweenness(NamedTuple):
    """Scores, and what they were made from: how many sources, and whether those were all."""

    scores: Scores
    sources: int
    exact: bool


def betweenness(
    network: Snapshot,
    *,
    exact_people: int = EXACT_PEOPLE,
    sources: int = SOURCES,
    share: Share | None = None,
    kernel: SourceKernel = UNWEIGHTED,
) -> Betweenness:
    """Share of the shortest paths between two other people, along ties, that lead through a person.

    Exact up to `exact_people`; above, an unbiased estimate from `sources` people, chosen by the network's fingerprint.
    With `share`, sums outlive their process; asked again about the same network, the estimate rests on more sources
    than the last time, until everybody was one. Cost: O(ties) per source.

    Source: Brandes 2001; Brandes and Pich 2007 for the sample.
    """
    people = network.people
    wanted = people if people <= max(exact_people, sources, 2) else max(sources, 2)
    if share is None or (wanted == people and people <= sources_in_seconds(network)):
        used = wanted
        sums = kernel.work(network, np.sort(order(network)[:used]))
    else:
        sums, used = share.of_sources(kernel, network, wanted)
    chosen = order(network)[:used]
    return Betweenness(scores(network, betweenness=scaled(sums, chosen)), len(chosen), len(chosen) == people)


def scaled(sums: Sums, sources: Idx) -> NDArray[np.float64]:
    """Dependencies as a share of all pairs of other people.

    A source lies on no path from itself, so its own score rests on one source fewer; that keeps the estimate unbiased
    and makes it exact when everybody was a source.
    """
    people = len(sums)
    if people < 3:
        return np.zeros(people)
    rests_on = np.full(people, float(len(sources)))
    rests_on[sources] -= 1
    shares: NDArray[np.float64] = sums / (rests_on * (people - 2))
    return shares
