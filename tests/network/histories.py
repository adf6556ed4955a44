"""Random histories of a small network: deltas in a row, and the plain state after each of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.snapshot import Snapshot, from_columns

Ties = dict[tuple[str, str], tuple[int, int]]


@dataclass
class State:
    """The network as a plain dict: (source, target) -> (weight_u, count), and people in order of idx."""

    ties: Ties = field(default_factory=dict)
    people: list[str] = field(default_factory=list)

    def columns(self) -> tuple[list[str], list[int], list[int], list[int], list[int]]:
        index = {person: idx for idx, person in enumerate(self.people)}
        pairs = list(self.ties)
        return (
            self.people,
            [index[source] for source, _ in pairs],
            [index[target] for _, target in pairs],
            [self.ties[pair][0] for pair in pairs],
            [self.ties[pair][1] for pair in pairs],
        )

    def snapshot(self) -> Snapshot:
        return from_columns(*self.columns())

    def changed(self, amounts: dict[tuple[str, str], int], alone: list[str]) -> tuple[State, NetworkDelta]:
        """Set ties to an amount of millionths (0 removes); add people without ties."""
        after = State(dict(self.ties), list(self.people))
        for person in [*alone, *(person for pair in amounts for person in pair)]:
            if person not in after.people:
                after.people.append(person)
        changes = []
        for (source, target), weight_u in sorted(amounts.items()):
            was = self.ties.get((source, target), (0, 0))
            now = (weight_u, was[1] + 1) if weight_u else (0, 0)
            if now != was:
                changes.append(TieChange(source, target, was[0], now[0], was[1], now[1], 5, 9))
            after.ties[source, target] = now
            if not weight_u:
                del after.ties[source, target]
        new = tuple(after.people[len(self.people) :])
        return after, NetworkDelta(tuple(changes), new, len(self.people) if new else 0)


History = list[tuple[State, NetworkDelta]]


def _play(batches: list[tuple[dict[tuple[str, str], int], list[str]]]) -> History:
    played = [(State(), NetworkDelta())]
    for amounts, alone in batches:
        played.append(played[-1][0].changed(amounts, alone))
    return played


_person = st.integers(0, 8).map(lambda number: f"p{number}é")
_hub = st.just("p0é") | _person
_pair = st.tuples(_hub, _person) | st.tuples(_person, _hub)
_weight_u = st.sampled_from([0, 0, 0, 1, 250_000, 1_000_000, 3_000_001])
_amounts = st.dictionaries(_pair.filter(lambda each: each[0] != each[1]), _weight_u, max_size=18)

histories = st.lists(st.tuples(_amounts, st.lists(_person, max_size=2)), min_size=1, max_size=8).map(_play)
"""Lists of (state, delta that led to it); the first is the empty network. With a hub, people alone, ties both ways,
changes of weight only, and removals."""
