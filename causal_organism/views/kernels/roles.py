"""Open ways a -> b -> c counted by the teams of the three: numbers for each person b, so people may be shared out.

All ways are counted from how many of b's ties lead to which team; those that are closed, or lead back, are taken off.
So somebody with a hundred thousand ties in and as many out costs no more than the shorter of two rows per tie.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.changes import has_ties
from causal_organism.views.kernels.compiled import compiled
from causal_organism.views.kernels.ragged import spread
from causal_organism.views.kernels.triangles import blocks
from causal_organism.views.scores import Idx
from causal_organism.views.share import Floats, PersonKernel

ROLES = ("coordinator", "gatekeeper", "representative", "consultant", "liaison")
_HUB = 16
"""With so many times the ties of b, a's row is searched and not read."""


def roles_of_some(network: Snapshot, people: Idx, team: Idx) -> NDArray[np.int64]:
    """How often each of some people has each role; rows are ROLES. `team`: a number of everybody's, from 0 on."""
    into, out, size = network.into, network.out, np.int64(team.max(initial=0) + 1)
    owner, place = spread(into.indptr[people], into.degrees[people])
    a, b = into.indices[place].astype(np.int64), people[owner]

    def tally(way: Idx, c: Idx) -> NDArray[np.int64]:
        role = _role(team[a[way]], team[b[way]], team[c])
        return np.bincount(role * len(people) + owner[way], minlength=len(ROLES) * len(people))

    which, place = spread(out.indptr[people], out.degrees[people])
    keys, ties = np.unique(which * size + team[out.indices[place]], return_counts=True)
    to_own, to_first = (_looked_up(keys, ties, owner * size + team[each]) for each in (b, a))
    same = team[a] == team[b]
    to_others = out.degrees[b] - to_own - np.where(same, 0, to_first)
    none = np.zeros_like(to_own)
    by_role = np.where(same, [to_own, none, to_others, none, none], [none, to_own, none, to_first, to_others])
    counted = np.concatenate([_summed(owner, each, len(people)) for each in by_role])
    back = np.flatnonzero(has_ties(network, b, a))
    counted -= tally(back, a[back])
    fewer = out.degrees[a] < out.degrees[b]
    near, far = np.where(fewer, a, b), np.where(fewer, b, a)
    lengths = out.degrees[near]
    for begin, end in blocks(lengths):
        way, place = spread(out.indptr[near[begin:end]], lengths[begin:end])
        way, c = way + begin, out.indices[place].astype(np.int64)
        closed = has_ties(network, far[way], c)
        counted -= tally(way[closed], c[closed])
    return counted.reshape(len(ROLES), len(people))


def _role(a: Idx, b: Idx, c: Idx) -> Idx:
    """Place in ROLES, by the teams of the three."""
    found: Idx = np.where(a == b, np.where(b == c, 0, 2), np.where(b == c, 1, np.where(a == c, 3, 4)))
    return found


def _looked_up(keys: Idx, values: Idx, wanted: Idx) -> Idx:
    """The value of each key; 0 for one that is not there."""
    if len(keys) == 0:
        return np.zeros(len(wanted), dtype=np.int64)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)


def _summed(which: Idx, values: Idx, ranges: int) -> Idx:
    sums = np.zeros(ranges, dtype=np.int64)
    np.add.at(sums, which, values)
    return sums


def _of_people(network: Snapshot, people: Idx, team: Idx | None) -> Floats:
    assert team is not None
    return roles(network, people, team)


BROKERS = PersonKernel("roles", len(ROLES), _of_people)


def roles(network: Snapshot, people: Idx, team: Idx) -> NDArray[np.float64]:
    """`roles_of_some`, as floats; for many people."""
    out, both, teams = network.out, network.undirected, int(team.max(initial=0)) + 1
    counted = compiled(_count)(out.indptr, out.indices, both.indptr, both.indices, team, teams, people, _HUB)
    found: NDArray[np.float64] = counted.astype(np.float64)
    return found


def _count(indptr: Any, indices: Any, tied_from: Any, tied: Any, team: Any, teams: Any, people: Any, hub: Any) -> Any:
    """Written for the compiler."""
    counted = np.zeros((5, len(people)), dtype=np.int64)
    follows = np.zeros(len(indptr), dtype=np.bool_)  # of everybody: whether the person is tied to them
    to_team = np.zeros(teams, dtype=np.int64)
    for row, person in enumerate(people):
        begin, end, own = indptr[person], indptr[person + 1], team[person]
        for c in indices[begin:end]:
            follows[c] = True
            to_team[team[c]] += 1
        for a in tied[tied_from[person] : tied_from[person + 1]]:
            low, high, of_a = indptr[a], indptr[a + 1], team[a]
            place = low + np.searchsorted(indices[low:high], person)
            if place == high or indices[place] != person:
                continue
            roles = counted[:, row]
            if of_a == own:
                roles[0] += to_team[own]
                roles[2] += end - begin - to_team[own]
            else:
                roles[1] += to_team[own]
                roles[3] += to_team[of_a]
                roles[4] += end - begin - to_team[own] - to_team[of_a]
            if follows[a]:
                roles[0 if of_a == own else 3] -= 1
            read = high - low <= hub * (end - begin)
            for c in indices[low:high] if read else indices[begin:end]:
                if read:
                    closed = follows[c]
                else:
                    place = low + np.searchsorted(indices[low:high], c)
                    closed = place < high and indices[place] == c
                if closed and of_a == own:
                    roles[0 if team[c] == own else 2] -= 1
                elif closed:
                    roles[1 if team[c] == own else 3 if team[c] == of_a else 4] -= 1
        for c in indices[begin:end]:
            follows[c] = False
            to_team[team[c]] = 0
    return counted
