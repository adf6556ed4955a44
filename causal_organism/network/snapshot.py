"""The network at one moment: immutable arrays, named by their content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network import fingerprints
from causal_organism.network.csr import Csr, Longs, Moves, csr_of, sealed, with_rows
from causal_organism.network.deltas import NetworkDelta, columns_of


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """People in order of idx, and the directed ties between them. Made by `from_columns`, `apply` or `snapshot_files`.

    `out`: ties by source. `count`: interactions per tie, in the order of `out`. Everything else is derived once, when
    first asked for, and kept.
    """

    ids: tuple[str, ...]
    out: Csr
    count: Longs
    _known: dict[str, Any] = field(default_factory=dict, repr=False)

    __networkx_backend__ = "organism"  # networkx takes a snapshot as a directed graph: views/nx_backend.py

    def is_directed(self) -> bool:
        return True

    def is_multigraph(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @property
    def people(self) -> int:
        return len(self.ids)

    @property
    def ties(self) -> int:
        return len(self.out.indices)

    @property
    def fingerprint(self) -> str:
        """As `fingerprints.of` gives it."""
        found: str = self._once("fingerprint", self._fingerprint)
        return found

    @property
    def index(self) -> dict[str, int]:
        """Person id -> idx. Not to be changed."""
        found: dict[str, int] = self._once("index", lambda: dict(zip(self.ids, range(len(self.ids)), strict=True)))
        return found

    @property
    def id_array(self) -> NDArray[Any]:
        """`ids` as an array of objects, as the views' column `id` has it."""
        found: NDArray[Any] = self._once("id_array", lambda: sealed(np.array(self.ids, dtype=object)))
        return found

    @property
    def keys(self) -> Longs:
        """source * people + target of each tie; ascending, so that ties can be searched for."""
        found: Longs = self._once(
            "keys", lambda: sealed(self.out.rows * np.int64(max(self.people, 1)) + self.out.indices)
        )
        return found

    @property
    def into(self) -> Csr:
        """Ties by target: `indices` are sources."""
        found: Csr = self._once("into", self._into)
        return found

    @property
    def undirected(self) -> Csr:
        """Pairs tied in either direction, in both rows; the weight is the sum of both directions."""
        found: Csr = self._once("undirected", self._undirected)
        return found

    def apply(self, delta: NetworkDelta) -> Snapshot:
        """The network after a delta. Cost: the delta, and a copy of the arrays.

        Raises:
            ValueError: the delta does not begin where this network stands.
        """
        if delta.people and delta.first_idx != self.people:
            raise ValueError(f"the delta adds people from idx {delta.first_idx}; this network has {self.people} people")
        ids, index = self.ids, self.index
        if delta.people:
            ids += delta.people
            index = index | dict(zip(delta.people, range(self.people, len(ids)), strict=True))
        if len(index) != len(ids):
            raise ValueError("the delta adds people who are in this network already, or twice")
        known: dict[str, Any] = {"index": index, "fingerprint": fingerprints.update(self.fingerprint, delta)}
        changed = _changed(self, delta, index)
        if "undirected" in self._known:
            known["undirected"] = _undirected_after(self, delta, index)
        if not delta.people and "id_array" in self._known:
            known["id_array"] = self._known["id_array"]
        return Snapshot(ids, *changed, known)

    def _once(self, name: str, derive: Callable[[], Any]) -> Any:
        if name not in self._known:
            self._known[name] = derive()  # two threads may both derive it; they get the same
        return self._known[name]

    def _fingerprint(self) -> str:
        out = self.out
        return fingerprints.of(
            self.ids, out.rows.tolist(), out.indices.tolist(), out.weight_u.tolist(), self.count.tolist()
        )

    def _into(self) -> Csr:
        order = np.argsort(self.out.indices, kind="stable")
        return csr_of(self.people, self.out.indices[order], self.out.rows[order], self.out.weight_u[order])

    def _undirected(self) -> Csr:
        """A merge of `out` and `into`, both of which are in order of (row, index) already."""
        size = np.int64(max(self.people, 1))
        forth, back = self.out, self.into
        keys, others = self.keys, back.rows * size + back.indices
        place = np.searchsorted(keys, others)
        both = _matches(keys, others, place)
        weight_u = forth.weight_u.copy()
        weight_u[place[both]] += back.weight_u[both]
        keys = np.insert(keys, place[~both], others[~both])
        weight_u = np.insert(weight_u, place[~both], back.weight_u[~both])
        return csr_of(self.people, keys // size, keys % size, weight_u)


def from_columns(
    ids: Iterable[str],
    source: Sequence[int] | NDArray[Any],
    target: Sequence[int] | NDArray[Any],
    weight_u: Sequence[int] | NDArray[Any],
    count: Sequence[int] | NDArray[Any],
    *,
    fingerprint: str | None = None,
) -> Snapshot:
    """A snapshot of ties in any order; source and target as idx. Ties of weight 0 are left out.

    `fingerprint`: of exactly this content, where it is known; spares computing it.

    Raises:
        ValueError: an id or a tie twice, a tie with oneself or with nobody, a negative amount.
    """
    people = tuple(ids)
    tails, heads = np.asarray(source, dtype=np.int64), np.asarray(target, dtype=np.int64)
    weights, counts = np.asarray(weight_u, dtype=np.int64), np.asarray(count, dtype=np.int64)
    there = weights != 0
    tails, heads, weights, counts = tails[there], heads[there], weights[there], counts[there]
    order = np.lexsort((heads, tails))
    tails, heads, weights, counts = tails[order], heads[order], weights[order], counts[order]
    _check(people, tails, heads, weights, counts)
    known = {} if fingerprint is None else {"fingerprint": fingerprint}
    return Snapshot(people, csr_of(len(people), tails, heads, weights), sealed(counts), known)


def _check(people: tuple[str, ...], tails: Longs, heads: Longs, weights: Longs, counts: Longs) -> None:
    if len(set(people)) != len(people):
        raise ValueError("the same person twice")
    if len(tails) == 0:
        return
    if min(tails.min(), heads.min()) < 0 or max(tails.max(), heads.max()) >= len(people):
        raise ValueError(f"a tie with an idx outside 0 to {len(people) - 1}")
    if (tails == heads).any():
        raise ValueError("a tie of a person with themselves")
    if ((tails[1:] == tails[:-1]) & (heads[1:] == heads[:-1])).any():
        raise ValueError("the same tie twice")
    if weights.min() < 0 or counts.min() < 0:
        raise ValueError("a tie with a negative amount")


def _changed(before: Snapshot, delta: NetworkDelta, index: dict[str, int]) -> tuple[Csr, Longs]:
    """Ties and counts after a delta."""
    out = with_rows(before.out, len(delta.people))
    if not delta.ties:
        return out, before.count
    tails, heads, was, now = _sorted_changes(delta, index)
    place, there = out.find(tails, heads)
    stood = np.array([out.weight_u[place[there]], before.count[place[there]]])
    if (was[:, ~there] != 0).any() or (was[:, there] != stood).any():
        raise ValueError("the delta does not continue this network: a tie has another weight than the delta began with")
    moved = Moves(tails, heads, place, there, now[0])
    return moved.of(out), sealed(moved.column(before.count, now[1]))


def _undirected_after(before: Snapshot, delta: NetworkDelta, index: dict[str, int]) -> Csr:
    """Both directions after a delta: each change of a tie moves the sum of its pair, in both rows."""
    ties = with_rows(before.undirected, len(delta.people))
    if not delta.ties:
        return ties
    tails, heads, was, now = _sorted_changes(delta, index)
    size, moved = np.int64(len(index)), now[0] - was[0]
    keys, which = np.unique(np.concatenate([tails * size + heads, heads * size + tails]), return_inverse=True)
    amount_u = np.zeros(len(keys), dtype=np.int64)
    np.add.at(amount_u, which, np.concatenate([moved, moved]))
    rows, indices = keys // size, keys % size
    place, there = ties.find(rows, indices)
    amount_u[there] += ties.weight_u[place[there]]
    return Moves(rows, indices, place, there, amount_u).of(ties)


def _sorted_changes(delta: NetworkDelta, index: dict[str, int]) -> tuple[Longs, Longs, Longs, Longs]:
    """Ties in order of (source, target) as idx; (weight_u, count) before and after, as two rows each."""
    source, target, weight_was, weight_now, count_was, count_now = columns_of(delta.ties)
    try:
        tails = np.array([index[person] for person in source], dtype=np.int64)
        heads = np.array([index[person] for person in target], dtype=np.int64)
    except KeyError as error:
        raise ValueError(f"the delta has a tie of {error.args[0]!r}, who is not in this network") from error
    order = np.lexsort((heads, tails))
    was = np.array([weight_was, count_was], dtype=np.int64)[:, order]
    now = np.array([weight_now, count_now], dtype=np.int64)[:, order]
    return tails[order], heads[order], was, now


def _matches(keys: Longs, others: Longs, place: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which of `others` stand in `keys`, given where they would be inserted."""
    there = np.zeros(len(others), dtype=np.bool_)
    inside = place < len(keys)
    there[inside] = keys[place[inside]] == others[inside]
    return there
