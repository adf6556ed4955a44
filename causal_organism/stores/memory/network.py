"""The network in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from causal_organism.errors import NetworkGapError
from causal_organism.network.deltas import TieChange
from causal_organism.network.entries import START
from causal_organism.network.fingerprints import EMPTY
from causal_organism.network.kinds import columns_of, sums_by_tie
from causal_organism.ports import Batch, NetworkColumns, NetworkPosition
from causal_organism.ports.network import DAMAGED, ScoresPosition, ScoresWrite

_NOTHING = NetworkPosition(batch=0, entry=START, fingerprint=EMPTY)


class MemoryNetwork:
    """`NetworkStore` for one process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._position = _NOTHING
        self._people: list[str] = []
        self._ties: dict[tuple[str, str], TieChange] = {}
        self._scores: dict[str, ScoresPosition] = {}
        self._properties: dict[str, dict[str, Any]] = {}  # by person

    def setup(self) -> None:
        pass

    def position(self) -> NetworkPosition:
        return self._position

    def apply(self, batch: Batch) -> bool:
        with self._guard:
            if self._position.batch >= batch.number:
                if self._position.batch == batch.number and self._position.fingerprint != batch.fingerprint:
                    raise NetworkGapError(f"the network's batch {batch.number} is not the archive's")
                return False
            if batch.delta.left:
                raise NetworkGapError(f"people leave by batch {batch.number}: the network is to be renewed")
            before = batch.number - 1 if batch.after is None else batch.after
            if self._position.batch != before:
                raise NetworkGapError(f"the network stands at batch {self._position.batch}, not {before}")
            people = [*self._people, *batch.delta.people]
            ends = {each.source for each in batch.delta.ties} | {each.target for each in batch.delta.ties}
            if not ends <= set(people):
                raise NetworkGapError("ties between people who are not there", code=DAMAGED)
            if any(each.weight_u_was and (each.source, each.target) not in self._ties for each in batch.delta.ties):
                raise NetworkGapError("ties that change are not there", code=DAMAGED)
            self._people = people
            for tie in batch.delta.ties:
                if tie.weight_u_now:
                    self._ties[tie.source, tie.target] = tie
                else:
                    self._ties.pop((tie.source, tie.target), None)
            self._position = NetworkPosition(batch=batch.number, entry=batch.entry, fingerprint=batch.fingerprint)
            return True

    def read(self, *, kinds: bool = False) -> NetworkColumns:
        import numpy as np

        with self._guard:
            idx = {person: number for number, person in enumerate(self._people)}
            ties = list(self._ties.values())
            return NetworkColumns(
                position=replace(self._position),
                ids=np.array(self._people, dtype=object),
                source=np.array([idx[each.source] for each in ties], dtype=np.int32),
                target=np.array([idx[each.target] for each in ties], dtype=np.int32),
                weight_u=np.array([each.weight_u_now for each in ties], dtype=np.int64),
                count=np.array([each.count_now for each in ties], dtype=np.int64),
                first_us=np.array([each.first_us for each in ties], dtype=np.int64),
                last_us=np.array([each.last_us for each in ties], dtype=np.int64),
                kinds=columns_of((idx[each.source], idx[each.target], each.kinds or ()) for each in ties)
                if kinds
                else None,
            )

    def clear(self) -> None:
        with self._guard:
            self._position, self._people, self._ties = _NOTHING, [], {}
            self._scores, self._properties = {}, {}

    def renew(self, held: NetworkColumns) -> None:
        ids, ties = list(held.ids), _ties_of(held)
        with self._guard:
            self._people, self._ties = ids, ties
            self._scores, self._properties = {}, {}
            self._position = held.position

    def scores(self) -> Mapping[str, ScoresPosition]:
        return dict(self._scores)

    def write_scores(self, write: ScoresWrite) -> bool:
        writes = (write, *write.beside)
        with self._guard:
            if not all(map(self._may_write, writes)):
                return False
            for each in writes:
                self._put(each)
            return True

    def _may_write(self, write: ScoresWrite) -> bool:
        if self._position.batch < write.batch:
            raise NetworkGapError(f"the network stands at batch {self._position.batch}, not {write.batch}")
        there = self._scores.get(write.key, ScoresPosition(version=0, fingerprint=""))
        if there.version >= write.version:
            return False
        if write.after and there.version != write.after:
            raise NetworkGapError(f"the scores of {write.key} are not those of version {write.after} any more")
        return True

    def _put(self, write: ScoresWrite) -> None:
        people = set(self._people)
        for person, values in write.rows:
            if person in people:
                kept = self._properties.get(person, {}) | dict(values)
                self._properties[person] = {name: each for name, each in kept.items() if each is not None}
        self._scores[write.key] = ScoresPosition(
            version=write.version, fingerprint=write.fingerprint, properties=write.properties
        )


def _ties_of(held: NetworkColumns) -> dict[tuple[str, str], TieChange]:
    assert held.kinds is not None, "as `Archive.ties(kinds=True)` says it"
    ids, kinds = list(held.ids), sums_by_tie(held.kinds)
    amounts = (held.source, held.target, held.weight_u, held.count, held.first_us, held.last_us)
    columns = (each.tolist() for each in amounts)
    return {
        (ids[source], ids[target]): TieChange(
            ids[source], ids[target], 0, weight_u, 0, count, first_us, last_us, kinds.get((source, target), ())
        )
        for source, target, weight_u, count, first_us, last_us in zip(*columns, strict=True)
    }
