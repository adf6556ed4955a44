"""Betweenness by distances: a heavier tie is a shorter way, 60 / weight long, in whole steps of at least 1."""

from __future__ import annotations

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.betweenness import EXACT_PEOPLE, SOURCES, WEIGHTED, Betweenness, Shared, betweenness


def betweenness_weighted(
    network: Snapshot, *, exact_people: int = EXACT_PEOPLE, sources: int = SOURCES, shared: Shared | None = None
) -> Betweenness:
    """Share of the shortest paths between two other people, by summed distances, that lead through a person.

    Sampled and shared out as betweenness is. Cost: O(ties · log people) per source.

    Source: Brandes 2001, section 4.1.
    """
    return betweenness(network, exact_people=exact_people, sources=sources, shared=shared, kernel=WEIGHTED)
