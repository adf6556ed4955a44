"""The whole network as columns, read over Bolt in pages of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from causal_organism.network.kinds import TieKinds
from causal_organism.ports import NetworkColumns, NetworkPosition
from causal_organism.stores.statements import load_statements

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

_Spans = list[tuple[int, int]]


def read(work: ManagedTransaction, position: NetworkPosition, *, page_ties: int, kinds: bool) -> NetworkColumns:
    """What stands there at `position`; about `page_ties` ties in one answer."""
    people = _one(work, "count_people")["people"]
    ties = _one(work, "count_ties")["ties"]
    step = max(1, people * page_ties // max(ties, people, 1))
    spans = [(low, low + step) for low in range(0, people, step)]
    ids = np.empty(people, dtype=object)
    for low, high in spans:
        page = _one(work, "page_people", low=low, high=high)
        ids[np.array(page["idx"], dtype=np.int64)] = page["id"]
    by_kind = _kinds(work, spans) if kinds else None
    return NetworkColumns(position=position, ids=ids, kinds=by_kind, **_pages(work, "page_ties", spans))


def _kinds(work: ManagedTransaction, spans: _Spans) -> TieKinds:
    places: dict[str, int] = {}
    columns = _pages(work, "page_kinds", spans, places)
    return TieKinds(names=list(places), **columns)


def _pages(work: ManagedTransaction, name: str, spans: _Spans, places: dict[str, int] | None = None) -> dict[str, Any]:
    """Columns of numbers, page after page; texts in the column `kind` get a place each."""
    names = ["source", "target", "weight_u", "count", "first_us", "last_us"] + (["kind"] if places is not None else [])
    types = {each: np.int32 if each in ("source", "target", "kind") else np.int64 for each in names}
    parts: dict[str, list[Any]] = {each: [np.empty(0, dtype=types[each])] for each in names}
    for low, high in spans:
        page = dict(_one(work, name, low=low, high=high))
        if places is not None:
            page["kind"] = [places.setdefault(str(each), len(places)) for each in page["kind"]]
        for each in names:
            parts[each].append(np.array(page[each], dtype=types[each]))
    return {each: np.concatenate(parts[each]) for each in names}


def _one(work: ManagedTransaction, name: str, **parameters: Any) -> Any:
    return work.run(_CYPHER[name], parameters).single(strict=True)


_CYPHER = load_statements("bolt/cypher/network.cypher")
