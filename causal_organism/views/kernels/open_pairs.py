"""How far the untied pairs of somebody's contacts need them: a sum for each person, so people may be shared out.

Pairs are counted by how many others are tied to both, and only then summed: whichever way they were counted, and by
whom, the sums are the same, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.csr import Csr
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.changes import contains
from causal_organism.views.kernels.compiled import compiled
from causal_organism.views.kernels.ragged import spread, summed
from causal_organism.views.kernels.triangles import blocks
from causal_organism.views.scores import Idx
from causal_organism.views.share import Floats, PersonKernel

_FEW_PATHS = 4_000_000
"""So many ties of contacts take less time in lists than loading the compiler."""
_MOST_WAYS = 8
"""Per tie of the contacts: with more ways among them than that, lists get long."""
_MOST_WORDS = 1 << 24
"""Bits of one person's contacts: 128 MB."""
_HUB = 16
"""With so many times the ties of the person, a contact's row is searched and not read."""


def _of_people(network: Snapshot, people: Idx, _given: Idx | None) -> Floats:
    return needed(network.undirected, people).reshape(1, -1)


EGO = PersonKernel("ego", 1, _of_people)


def needed(ties: Csr, people: Idx) -> Floats:
    """Sum over the untied pairs of each person's contacts of 1 / (1 + how many other contacts are tied to both)."""
    paths, found = path_lengths(ties, people), np.zeros(len(people))
    spot = None if paths.sum() <= _FEW_PATHS else np.full(len(ties.indptr) - 1, -1, dtype=np.int32)
    for begin, end in blocks(paths):
        found[begin:end] = _sums(_among_contacts(ties, people[begin:end], spot), listed=spot is None)
    return found


def path_lengths(ties: Csr, people: Idx) -> Idx:
    """How many ties the contacts of each person have: what looking at them costs."""
    degrees = ties.degrees
    which, place = spread(ties.indptr[people], degrees[people])
    return np.bincount(which, weights=degrees[ties.indices[place]], minlength=len(people)).astype(np.int64)


def running_paths(ties: Csr) -> Idx:
    """The same for everybody, summed up to each person; one more than there are people."""
    running = np.zeros(len(ties.indices) + 1, dtype=np.int64)
    np.cumsum(ties.degrees[ties.indices], out=running[1:])
    paths: Idx = running[ties.indptr]
    return paths


@dataclass(frozen=True, slots=True, eq=False)
class _Contacts:
    """Contacts of some people, numbered through, so that one person's never meet another's.

    `first`: the number of each person's first contact; `owner`: whose a contact is; `near`: the numbers of those it is
    tied to among the contacts of the same person, from `start[number]` to `start[number + 1]`, ascending.
    """

    first: Idx
    owner: Idx
    start: Idx
    near: NDArray[np.integer]

    @property
    def degrees(self) -> Idx:
        return np.diff(self.start)


def _among_contacts(ties: Csr, people: Idx, spot: NDArray[np.int32] | None) -> _Contacts:
    """`spot`: room for the compiled way, -1 for everybody; None: without the compiler."""
    lengths = ties.degrees[people]
    owner, place = spread(ties.indptr[people], lengths)
    contact = ties.indices[place].astype(np.int64)
    first = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
    if spot is not None:
        room = int(np.minimum(lengths[owner], ties.degrees[contact]).sum())
        near, start = np.empty(room, dtype=np.int32), np.zeros(len(owner) + 1, dtype=np.int64)
        filled = compiled(_look)(ties.indptr, ties.indices, people, _HUB, spot, start, near)
        return _Contacts(first, owner, start, near[:filled])
    size = np.int64(len(ties.indptr) - 1)
    own_keys = owner * size + contact
    one, place = spread(ties.indptr[contact], ties.degrees[contact])
    wanted = owner[one] * size + ties.indices[place]
    other = np.searchsorted(own_keys, wanted)
    other[other == len(own_keys)] = 0
    there = own_keys[other] == wanted if len(own_keys) else np.zeros(0, dtype=np.bool_)
    return _Contacts(first, owner, np.searchsorted(one[there], np.arange(len(owner) + 1)), other[there])


def _sums(contacts: _Contacts, *, listed: bool) -> Floats:
    first, owner, degrees = contacts.first, contacts.owner, contacts.degrees
    people, lengths = len(first) - 1, np.diff(first)
    tied = summed(owner, degrees.astype(np.float64), people).astype(np.int64) // 2
    walks = summed(owner, degrees.astype(np.float64) ** 2, people)
    untied = lengths * (lengths - 1) // 2 - tied
    pairs = np.zeros(len(owner), dtype=np.int64)  # untied ones, from a person's first place on, by their number of ways
    some = np.flatnonzero(untied)
    pairs[first[some]] = untied[some]
    if listed and walks.sum() <= _MOST_WAYS * max(len(contacts.near), 1):
        _list(contacts, pairs)
    else:
        words = (lengths + 63) // 64
        by_bits = (words * (untied + lengths) < walks) & (words * lengths <= _MOST_WORDS)
        for way, chosen in ((_match, some[by_bits[some]]), (_walk, some[~by_bits[some]])):
            if len(chosen):
                compiled(way)(first, contacts.start, contacts.near, chosen, pairs)
    ways = np.arange(len(owner)) - first[owner]
    return summed(owner, pairs / (1.0 + ways), people)  # in this order


def _list(contacts: _Contacts, pairs: Idx) -> None:
    """Every pair that has ways, as often as it has one."""
    count, other, degrees = np.int64(len(contacts.owner)), contacts.near, contacts.degrees
    one = np.repeat(np.arange(count), degrees)
    place = np.arange(len(one), dtype=np.int64)
    which, second = spread(place + 1, contacts.start[1:][one] - place - 1)
    pair, ways = np.unique(other[which] * count + other[second], return_counts=True)
    untied = ~contains(one * count + other, pair)
    whose = contacts.first[contacts.owner[pair[untied] // count]]
    np.add.at(pairs, whose + ways[untied], 1)
    np.subtract.at(pairs, whose, 1)


def _look(indptr: Any, indices: Any, people: Any, hub: Any, spot: Any, start: Any, near: Any) -> Any:
    """Fills `start` and `near` of `_Contacts`; gives how many are near. Written for the compiler."""
    first, filled = 0, 0
    for person in people:
        begin, end = indptr[person], indptr[person + 1]
        for number in range(end - begin):
            spot[indices[begin + number]] = first + number
        for number in range(end - begin):
            low, high = indptr[indices[begin + number]], indptr[indices[begin + number] + 1]
            if high - low <= hub * (end - begin):
                for place in range(low, high):
                    if spot[indices[place]] >= 0:
                        near[filled] = spot[indices[place]]
                        filled += 1
            else:
                for other in range(end - begin):
                    place = low + np.searchsorted(indices[low:high], indices[begin + other])
                    if place < high and indices[place] == indices[begin + other]:
                        near[filled] = first + other
                        filled += 1
            start[first + number + 1] = filled
        for place in range(begin, end):
            spot[indices[place]] = -1
        first += end - begin
    return filled


def _match(first: Any, start: Any, near: Any, chosen: Any, pairs: Any) -> None:
    """Untied pairs meet as rows of bits: tied ones cost nothing. Written for the compiler."""
    ones, twos, fours = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
    for person in chosen:
        begin, end = first[person], first[person + 1]
        words = (end - begin + 63) >> 6
        bits = np.zeros((end - begin, words), dtype=np.uint64)
        for number in range(begin, end):
            for place in range(start[number], start[number + 1]):
                other = near[place] - begin
                bits[number - begin, other >> 6] |= np.uint64(1) << np.uint64(other & 63)
        for number in range(begin, end):
            place = start[number]
            for other in range(number + 1, end):
                while place < start[number + 1] and near[place] < other:
                    place += 1
                if place < start[number + 1] and near[place] == other:
                    continue
                ways = 0
                for word in range(words):
                    both = bits[number - begin, word] & bits[other - begin, word]
                    both -= (both >> np.uint64(1)) & ones  # a processor counts bits at once; this is how to ask for it
                    both = (both & twos) + ((both >> np.uint64(2)) & twos)
                    both = (both + (both >> np.uint64(4))) & fours
                    ways += int((both * np.uint64(0x0101010101010101)) >> np.uint64(56))
                pairs[begin] -= 1
                pairs[begin + ways] += 1


def _walk(first: Any, start: Any, near: Any, chosen: Any, pairs: Any) -> None:
    """All ways of two ties are walked, where contacts are many and few of them tied. Written for the compiler.

    `met`: how often somebody was met from one contact; far below 0 for those who are tied to it.
    """
    met = np.zeros(len(start), dtype=np.int64)
    for person in chosen:
        begin = first[person]
        for number in range(begin, first[person + 1]):
            for place in range(start[number], start[number + 1]):
                met[near[place]] = -len(start)
            for place in range(start[number], start[number + 1]):
                for second in range(start[near[place]], start[near[place] + 1]):
                    met[near[second]] += 1
            for place in range(start[number], start[number + 1]):
                for second in range(start[near[place]], start[near[place] + 1]):
                    other = near[second]
                    if other > number and met[other] > 0:
                        pairs[begin] -= 1
                        pairs[begin + met[other]] += 1
                    if met[other] > 0:
                        met[other] = 0
            for place in range(start[number], start[number + 1]):
                met[near[place]] = 0
