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
from causal_organism.views.kernels.ragged import spread
from causal_organism.views.kernels.roles import BROKERS, ROLES, roles_of_some
from causal_organism.views.scores import Idx, Scores, carried, scores
from causal_organism.views.share import Share, is_quick, of_everybody

_LOCAL_SHARE = 0.1
"""With more of all people affected, looking at everybody is quicker."""


def brokerage(network: Snapshot, people: Mapping[str, NDArray[Any]], *, share: Share | None = None) -> Scores:
    """How often somebody is in the middle of a -> person -> c, where a is not tied to c, by role:

    `coordinator`: all three are of one team; `gatekeeper`: a is of another; `representative`: c is of another;
    `consultant`: a and c are of one team, the person of another; `liaison`: three teams. Who has no team in the roster
    counts as a team of their own.

    Cost: for each tie, the shorter row of its two ends. With `share`, what takes more than seconds is done in slices
    of people.

    Source: Gould and Fernandez 1989, "Structures of mediation".
    """
    team = _teams(network, people)
    if is_quick(network):
        counted = roles_of_some(network, np.arange(network.people, dtype=np.int64), team)
    else:
        counted = of_everybody(BROKERS, network, share, team).astype(np.int64)
    return scores(network, **dict(zip(ROLES, counted, strict=True)))


def update_brokerage(
    previous: Mapping[str, NDArray[Any]],
    after: Snapshot,
    people: Mapping[str, NDArray[Any]],
    delta: NetworkDelta,
    *,
    share: Share | None = None,
) -> Scores:
    """`brokerage(after, people)`, from the scores before the delta, with the same roster."""
    affected = affected_brokerage(after, delta)
    if len(affected) > _LOCAL_SHARE * after.people:
        return brokerage(after, people, share=share)
    columns = carried(previous, after, delta)
    for role, counted in zip(ROLES, roles_of_some(after, affected, _teams(after, people)), strict=True):
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
    """The number of each person's team, from 0 on; those without have different ones."""
    team = np.arange(network.people, dtype=np.int64)
    numbers: dict[Any, int] = {}
    for person, name in zip(people["id"].tolist(), people["team"].tolist(), strict=True):
        idx = network.index.get(person)
        if idx is not None and name is not None:
            team[idx] = network.people + numbers.setdefault(name, len(numbers))
    return team
