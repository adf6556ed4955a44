"""Brokerage: between whom somebody passes things on, by the teams of the three involved.

A delta changes it only where a directed tie appears or goes: for its two ends, and for those who lie on a way of two
ties from its source to its target.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.changes import added_people, has_ties, tie_moves
from causal_organism.views.ragged import spread
from causal_organism.views.scores import Idx, Scores, carried, scores
from causal_organism.views.triangles import blocks

ROLES = ("coordinator", "gatekeeper", "representative", "consultant", "liaison")
_LOCAL_SHARE = 0.1
"""With more of all people affected, looking at everybody is quicker."""


def brokerage(network: Snapshot, people: Mapping[str, NDArray[Any]]) -> Scores:
    """How often somebody is in the middle of a -> person -> c, where a is not tied to c, by role:

    `coordinator`: all three are of one team; `gatekeeper`: a is of another; `representative`: c is of another;
    `consultant`: a and c are of one team, the person of another; `liaison`: three teams. Who has no team in the roster
    counts as a team of their own.

    Cost: ways of two ties; of each person, ties in times ties out.

    Source: Gould and Fernandez 1989, "Structures of mediation".
    """
    everybody = np.arange(network.people, dtype=np.int64)
    counted = _of_some(network, everybody, _teams(network, people))
    return scores(network, **dict(zip(ROLES, counted, strict=True)))


def update_brokerage(
    previous: Mapping[str, NDArray[Any]], after: Snapshot, people: Mapping[str, NDArray[Any]], delta: NetworkDelta
) -> Scores:
    """`brokerage(after, people)`, from the scores before the delta, with the same roster."""
    affected = affected_brokerage(after, delta)
    if len(affected) > _LOCAL_SHARE * after.people:
        return brokerage(after, people)
    columns = carried(previous, after, delta)
    for role, counted in zip(ROLES, _of_some(after, affected, _teams(after, people)), strict=True):
        columns[role][affected] = counted
    return columns


def affected_brokerage(after: Snapshot, delta: NetworkDelta) -> Idx:
    """Whose roles can differ after the delta."""
    moves = tie_moves(after, delta)
    flipped = moves.flipped != 0
    source, target = moves.source[flipped], moves.target[flipped]
    which, place = spread(after.out.indptr[source], after.out.degrees[source])
    middle = after.out.indices[place].astype(np.int64)
    between = middle[has_ties(after, middle, target[which])]
    return np.unique(np.concatenate([source, target, between, added_people(after, delta)]))


def _teams(network: Snapshot, people: Mapping[str, NDArray[Any]]) -> Idx:
    """The number of each person's team; below 0, and different, for those without."""
    team = -1 - np.arange(network.people, dtype=np.int64)
    numbers: dict[Any, int] = {}
    for person, name in zip(people["id"].tolist(), people["team"].tolist(), strict=True):
        idx = network.index.get(person)
        if idx is not None and name is not None:
            team[idx] = numbers.setdefault(name, len(numbers))
    return team


def _of_some(network: Snapshot, people: Idx, team: Idx) -> NDArray[np.int64]:
    """Rows are ROLES."""
    into, out = network.into, network.out
    owner, place = spread(into.indptr[people], into.degrees[people])
    start = into.indices[place].astype(np.int64)
    lengths = out.degrees[people][owner]
    counted = np.zeros((len(ROLES), len(people)), dtype=np.int64)
    for begin, end in blocks(lengths):
        first, second = spread(out.indptr[people[owner[begin:end]]], lengths[begin:end])
        a, b, c = start[begin:end][first], owner[begin:end][first], out.indices[second].astype(np.int64)
        open_way = (a != c) & ~has_ties(network, a, c)
        a, b, c = a[open_way], b[open_way], c[open_way]
        of_a, of_b, of_c = team[a], team[people[b]], team[c]
        ab, bc, ac = of_a == of_b, of_b == of_c, of_a == of_c
        for role, rows in zip(counted, (ab & bc, ~ab & bc, ab & ~bc, ac & ~ab, ~(ab | bc | ac)), strict=True):
            role += np.bincount(b[rows], minlength=len(people))
    return counted
