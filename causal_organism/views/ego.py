"""Ego betweenness: how far somebody's own contacts need them to reach each other.

A delta changes it only where a pair flips: for its two ends, and for everyone tied to both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.snapshot import Csr, Snapshot
from causal_organism.views.changes import contains
from causal_organism.views.clustering import affected_clustering
from causal_organism.views.ragged import spread, summed
from causal_organism.views.scores import Idx, Scores, carried, ratio, scores
from causal_organism.views.triangles import blocks

_LOCAL_SHARE = 0.1
"""With more of all people affected, looking at everybody is quicker."""


def ego(network: Snapshot) -> Scores:
    """`ego_betweenness`: in the undirected network of a person and those tied to them, the share of the contacts' pairs
    that depend on the person: 1 for a pair without another way of two ties, less where others offer one, 0 where it is
    tied. 0 with fewer than two contacts.

    Cost: the ties of everybody's neighbours, and for each tie the pairs of people tied to both of its ends.

    Source: Everett and Borgatti 2005, "Ego network betweenness"; normalised by the number of pairs.
    """
    everybody = np.arange(network.people, dtype=np.int64)
    return scores(network, ego_betweenness=_of_some(network.undirected, everybody))


def update_ego(previous: Mapping[str, NDArray[Any]], after: Snapshot, delta: NetworkDelta) -> Scores:
    """`ego(after)`, from the scores before the delta. Cost: as above, for those affected."""
    affected = affected_ego(after, delta)
    if len(affected) > _LOCAL_SHARE * after.people:
        return ego(after)
    columns = carried(previous, after, delta)
    columns["ego_betweenness"][affected] = _of_some(after.undirected, affected)
    return columns


def affected_ego(after: Snapshot, delta: NetworkDelta) -> Idx:
    """Whose ego betweenness can differ after the delta: it is told from the ties among a person's contacts, and those
    are, with the person, the corners of triangles."""
    return affected_clustering(after, delta)


def _of_some(ties: Csr, people: Idx) -> NDArray[np.float64]:
    found = np.zeros(len(people))
    _, place = spread(ties.indptr[people], ties.degrees[people])
    owner = np.repeat(np.arange(len(people)), ties.degrees[people])
    paths = np.bincount(owner, weights=ties.degrees[ties.indices[place]], minlength=len(people)).astype(np.int64)
    for begin, end in blocks(paths):
        found[begin:end] = _of_block(ties, people[begin:end])
    return found


def _of_block(ties: Csr, people: Idx) -> NDArray[np.float64]:
    """Contacts are numbered through over all of `people`, so that one person's never meet another's."""
    size = np.int64(len(ties.indptr) - 1)
    lengths = ties.degrees[people]
    owner, place = spread(ties.indptr[people], lengths)
    contact = ties.indices[place].astype(np.int64)
    own_keys = owner * size + contact
    one, other = _tied_contacts(ties, owner, contact, own_keys, size)
    count = np.int64(len(contact))
    keys = one * count + other  # ascending
    pair, ways = np.unique(_pairs_with_a_way(one, other, count), return_counts=True)
    open_pair = ~contains(keys, pair)
    pair, ways = pair[open_pair], ways[open_pair]
    pairs = lengths * (lengths - 1) // 2
    tied = np.bincount(owner[one], minlength=len(people)) // 2
    spared = summed(owner[pair // count], 1 - 1 / (1 + ways), len(people))
    return ratio(pairs - tied - spared, pairs, undefined=0.0)


def _tied_contacts(ties: Csr, owner: Idx, contact: Idx, own_keys: Idx, size: np.int64) -> tuple[Idx, Idx]:
    """Contacts of one person that are tied to each other, by number, in both directions, in order."""
    one, place = spread(ties.indptr[contact], ties.degrees[contact])
    wanted = owner[one] * size + ties.indices[place]
    other = np.searchsorted(own_keys, wanted)
    other[other == len(own_keys)] = 0
    there = own_keys[other] == wanted if len(own_keys) else np.zeros(0, dtype=np.bool_)
    return one[there], other[there]


def _pairs_with_a_way(one: Idx, other: Idx, count: np.int64) -> Idx:
    """Each pair of contacts as often as a third contact is tied to both: all pairs in each one's row."""
    degrees = np.bincount(one, minlength=int(count))
    ends = np.cumsum(degrees)[one]
    first = np.arange(len(one), dtype=np.int64)
    which, second = spread(first + 1, ends - first - 1)
    return other[which] * count + other[second]
