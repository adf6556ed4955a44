"""Betweenness by distances: a heavier tie is a shorter way, 60 / weight long, in whole steps of at least 1."""

from __future__ import annotations

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.betweenness import EXACT_PEOPLE, SOURCES, Betweenness, betweenness
from causal_organism.views.kernels.brandes import WEIGHTED
from causal_organism.views.share import Share


def betweenness_weighted(
    network: Snapshot, *, exact_people: int = EXACT_PEOPLE, sources: int = SOURCES, share: Share | None = None
) -> Betweenness:
    """Share of the shortest paths between two other people, by summed distances, that lead through a person.

    Sampled and shared out as betweenness is. Cost: O(ties · log people) per source.

    Source: Brandes 2001, section 4.1.
    """
    return betweenness(network, exact_people=exact_people, sources=sources, share=share, kernel=WEIGHTED)
