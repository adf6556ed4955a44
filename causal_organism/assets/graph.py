"""The asset graph: which asset reads which."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from causal_organism.assets.automation.conditions import check_automation
from causal_organism.assets.definitions import SOURCE, Asset, AssetSpec
from causal_organism.assets.keys import nearest
from causal_organism.assets.partitions.dimensions import Dimension, sources_of
from causal_organism.assets.partitions.mappings import One
from causal_organism.assets.partitions.reads import Read, reads_of
from causal_organism.assets.partitions.windows import Windows
from causal_organism.errors import GraphError, RequestError


class AssetGraph:
    """Checked and ordered. `order` is topological, ties by key.

    `reads` are the inputs of each asset with how their partitions are read; `needs` what else must have been made.
    `whole_reads` are the inputs of one that reads assets as a whole, with what it reads; None where that depends on
    partitions. `whole_inputs`, `whole_needs` are what it reads and needs alone.
    `dimensions` are those of each asset without the windows that can never be complete: they reach before what they
    read begins, or past its end.
    """

    resources: Mapping[str, Any] = {}  # what its assets share in this process

    def __init__(self, specs: Iterable[AssetSpec]):
        self.specs: Mapping[str, AssetSpec] = _distinct(specs)
        for spec in self.specs.values():
            _check_upstream(spec, self.specs)
            check_automation(spec, self.specs)
        self.order: tuple[str, ...] = _topological(self.specs)
        self._place = {key: place for place, key in enumerate(self.order)}
        self._upstream = {key: spec.upstream for key, spec in self.specs.items()}
        self.downstream: Mapping[str, tuple[str, ...]] = _downstream(self.specs, self.order)
        self.reads: Mapping[str, tuple[Read, ...]] = {
            key: self._reads(spec, spec.reads) for key, spec in self.specs.items()
        }
        self.needs: Mapping[str, tuple[Read, ...]] = {
            key: self._reads(spec, {other: other for other in (*spec.deps, *sources_of(spec.partitions.values()))})
            for key, spec in self.specs.items()
        }
        self.whole_reads = {key: _whole(reads) for key, reads in self.reads.items()}
        self.whole_inputs = {key: _read(whole) for key, whole in self.whole_reads.items()}
        self.whole_needs = {key: _read(_whole(reads)) for key, reads in self.needs.items()}
        self.dimensions: Mapping[str, Mapping[str, Dimension]] = self._dimensions()

    def __getitem__(self, key: str) -> AssetSpec:
        """The spec of a key; raises RequestError with the nearest names."""
        try:
            return self.specs[key]
        except KeyError:
            raise RequestError(
                f"there is no asset {key!r}", hint=nearest(key, self.specs), code="unknown-asset"
            ) from None

    def __contains__(self, key: object) -> bool:
        return key in self.specs

    def __iter__(self) -> Iterator[str]:
        return iter(self.order)

    def __len__(self) -> int:
        return len(self.order)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(key for key in self.order if self.specs[key].kind == SOURCE)

    def upstream(self, key: str) -> tuple[str, ...]:
        return self._upstream[key]

    def walk_up(self, keys: Iterable[str], depth: int | None = None) -> frozenset[str]:
        """The keys and their ancestors, `depth` steps at most."""
        return self._walk(keys, self._upstream, depth)

    def walk_down(self, keys: Iterable[str], depth: int | None = None) -> frozenset[str]:
        """The keys and their descendants, `depth` steps at most."""
        return self._walk(keys, self.downstream, depth)

    def in_order(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Those that there are, what is read before what reads it."""
        return tuple(sorted({key for key in keys if key in self._place}, key=self._place.__getitem__))

    def _reads(self, spec: AssetSpec, reads: Mapping[str, str]) -> tuple[Read, ...]:
        return reads_of(
            reads,
            spec.mappings if reads is spec.reads else {},
            spec.partitions,
            lambda key: self.specs[key].partitions,
            partial=spec.partial if reads is spec.reads else (),
            defined_at=f"{spec.key} ({spec.defined_at})",
        )

    def _dimensions(self) -> dict[str, dict[str, Dimension]]:
        found: dict[str, dict[str, Dimension]] = {}
        for key in self.order:
            found[key] = own = dict(self.specs[key].partitions)
            for read in (*self.reads[key], *self.needs[key]):
                for axis in read.begins_with:
                    assert axis.own is not None
                    ours, theirs = own[axis.own], found[read.key][axis.name]
                    assert isinstance(ours, Windows) and isinstance(theirs, Windows)  # else nothing lies within
                    own[axis.own] = ours.not_before(theirs).not_after(theirs)
        return found

    @staticmethod
    def _walk(keys: Iterable[str], step: Mapping[str, tuple[str, ...]], depth: int | None) -> frozenset[str]:
        reached = set(keys)
        edge = set(reached)
        while edge and depth != 0:
            edge = {other for key in edge for other in step[key]} - reached
            reached |= edge
            depth = None if depth is None else depth - 1
        return frozenset(reached)


def graph_of(assets: Iterable[Asset]) -> AssetGraph:
    """The graph of declared assets."""
    return AssetGraph(spec for each in assets for spec in each.specs)


def _whole(reads: Iterable[Read]) -> Sequence[tuple[Read, One]] | None:
    return None if any(each.axes for each in reads) else tuple((each, One(each.key)) for each in reads)


def _read(whole: Sequence[tuple[Read, One]] | None) -> Sequence[One] | None:
    return None if whole is None else tuple(one for _, one in whole)


def _distinct(specs: Iterable[AssetSpec]) -> dict[str, AssetSpec]:
    found: dict[str, AssetSpec] = {}
    for spec in specs:
        if spec.key in found:
            raise GraphError(
                f"two assets have the key {spec.key!r}: at {found[spec.key].defined_at} and at {spec.defined_at}"
            )
        found[spec.key] = spec
    return found


def _check_upstream(spec: AssetSpec, specs: Mapping[str, AssetSpec]) -> None:
    for key in spec.upstream:
        if key not in specs:
            raise GraphError(
                f"{spec.key} ({spec.defined_at}) reads {key!r}, which is not an asset",
                hint=nearest(key, specs) + _if_config(spec, key),
            )
    for key in sources_of(spec.partitions.values()):
        if specs[key].kind != SOURCE:
            raise GraphError(f"{spec.key} ({spec.defined_at}) takes its partitions from {key}, which is not a source")


def _if_config(spec: AssetSpec, key: str) -> str:
    """Of a parameter that may have been meant to be config."""
    return f"; if {key} is config of a run, give it a default: {key}=…" if spec.reads.get(key) == key else ""


def _topological(specs: Mapping[str, AssetSpec]) -> tuple[str, ...]:
    waiting = {key: len(spec.upstream) for key, spec in specs.items()}
    readers: dict[str, list[str]] = {key: [] for key in specs}
    for key, spec in specs.items():
        for upstream in spec.upstream:
            readers[upstream].append(key)
    ready = [key for key, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        key = heapq.heappop(ready)
        order.append(key)
        for reader in readers[key]:
            waiting[reader] -= 1
            if waiting[reader] == 0:
                heapq.heappush(ready, reader)
    if len(order) < len(specs):
        circle = _circle(specs, set(order))
        places = ", ".join(f"{key} ({specs[key].defined_at})" for key in dict.fromkeys(circle))
        raise GraphError(f"the assets read each other in a circle: {' -> '.join(circle)}: {places}")
    return tuple(order)


def _circle(specs: Mapping[str, AssetSpec], ordered: set[str]) -> list[str]:
    path = [min(key for key in specs if key not in ordered)]
    while path[-1] not in path[:-1]:
        path.append(next(key for key in specs[path[-1]].upstream if key not in ordered))
    return path[path.index(path[-1]) :]


def _downstream(specs: Mapping[str, AssetSpec], order: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    readers: dict[str, list[str]] = {key: [] for key in order}
    for key in order:
        for upstream in specs[key].upstream:
            readers[upstream].append(key)
    return {key: tuple(found) for key, found in readers.items()}
