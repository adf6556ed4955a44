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


_MOST_WAYS = 4
"""Per tie of the contacts: with more ways among them than that, a matrix is smaller than a list."""
_MATRIX_PEOPLE = 2_000


def ego(network: Snapshot) -> Scores:
    """`betweenness`: in the undirected network of a person and those tied to them, the share of the contacts' pairs
    that depend on the person: 1 for a pair without another way of two ties, less where others offer one, 0 where it is
    tied. 0 with fewer than two contacts.

    Cost: the ties of everybody's neighbours, and for each person the ways of two ties among the contacts. Memory is
    bounded: by blocks, in dense surroundings by a matrix of a person's contacts, around hubs by one row of it.

    Source: Everett and Borgatti 2005, "Ego network betweenness"; normalised by the number of pairs.
    """
    everybody = np.arange(network.people, dtype=np.int64)
    return scores(network, betweenness=_of_some(network.undirected, everybody))


def update_ego(previous: Mapping[str, NDArray[Any]], after: Snapshot, delta: NetworkDelta) -> Scores:
    """`ego(after)`, from the scores before the delta. Cost: as above, for those affected."""
    affected = affected_ego(after, delta)
    if len(affected) > _LOCAL_SHARE * after.people:
        return ego(after)
    columns = carried(previous, after, delta)
    columns["betweenness"][affected] = _of_some(after.undirected, affected)
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
        found[begin:end] = _of_block(ties, people[begin:end], paths[begin:end])
    return found


def _of_block(ties: Csr, people: Idx, paths: Idx) -> NDArray[np.float64]:
    """Contacts are numbered through over all of `people`, so that one person's never meet another's."""
    lengths = ties.degrees[people]
    owner, place = spread(ties.indptr[people], lengths)
    one, other = _tied_contacts(ties, owner, ties.indices[place].astype(np.int64))
    degrees = np.bincount(one, minlength=len(owner))
    ways = np.bincount(owner, weights=degrees * (degrees - 1) / 2, minlength=len(people))
    dense = ways > _MOST_WAYS * paths
    listed = ~dense[owner[one]]
    open_pairs = _needed_by_list(owner, one[listed], other[listed], len(people))
    starts = np.cumsum(lengths) - lengths
    bounds = np.searchsorted(one, [starts, starts + lengths])
    for person in np.flatnonzero(dense):
        mine = slice(*bounds[:, person])
        needed = _needed_by_matrix if lengths[person] <= _MATRIX_PEOPLE else _needed_by_row
        open_pairs[person] = needed(one[mine] - starts[person], other[mine] - starts[person], int(lengths[person]))
    pairs = lengths * (lengths - 1) // 2
    untied = pairs - np.bincount(owner[one], minlength=len(people)) // 2
    open_pairs[~dense] += untied[~dense]
    return ratio(open_pairs, pairs, undefined=0.0)


def _tied_contacts(ties: Csr, owner: Idx, contact: Idx) -> tuple[Idx, Idx]:
    """Contacts of one person that are tied to each other, by number, in both directions, in order."""
    size = np.int64(len(ties.indptr) - 1)
    own_keys = owner * size + contact
    one, place = spread(ties.indptr[contact], ties.degrees[contact])
    wanted = owner[one] * size + ties.indices[place]
    other = np.searchsorted(own_keys, wanted)
    other[other == len(own_keys)] = 0
    there = own_keys[other] == wanted if len(own_keys) else np.zeros(0, dtype=np.bool_)
    return one[there], other[there]


def _needed_by_list(owner: Idx, one: Idx, other: Idx, people: int) -> NDArray[np.float64]:
    """What others spare each person, below 0: every pair of contacts as often as a third one is tied to both."""
    count = np.int64(len(owner))
    degrees = np.bincount(one, minlength=int(count))
    first = np.arange(len(one), dtype=np.int64)
    which, second = spread(first + 1, np.cumsum(degrees)[one] - first - 1)
    pair, ways = np.unique(other[which] * count + other[second], return_counts=True)
    untied = ~contains(one * count + other, pair)
    return -summed(owner[pair[untied] // count], 1 - 1 / (1 + ways[untied]), people)


def _needed_by_matrix(one: Idx, other: Idx, contacts: int) -> float:
    """How far one person's untied pairs of contacts need the person. Cost: contacts ** 3 of a matrix product."""
    tied = np.zeros((contacts, contacts), dtype=np.float32)
    tied[one, other] = 1
    ways = tied @ tied  # whole numbers far below 2 ** 24: exact
    untied = np.triu(tied == 0, k=1)
    return float((1 / (1 + ways[untied].astype(np.float64))).sum())


def _needed_by_row(one: Idx, other: Idx, contacts: int) -> float:
    """The same for a hub, contact by contact: memory for one row at a time."""
    indptr = np.searchsorted(one, np.arange(contacts + 1))
    degrees = np.diff(indptr)
    total = 0.0
    for contact in range(contacts - 1):
        near = other[indptr[contact] : indptr[contact + 1]]
        _, place = spread(indptr[near], degrees[near])
        ways = np.bincount(other[place], minlength=contacts)
        untied = np.ones(contacts, dtype=np.bool_)
        untied[: contact + 1] = False
        untied[near] = False
        total += float((1 / (1 + ways[untied])).sum())
    return total
