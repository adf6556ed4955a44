"""Published scores on the people in Neo4j, for whoever queries it: only what changed is written, with its version.

Which version is there is said by the network's server itself (`Scores` nodes), so that a run that was killed, or a
network that was made again, is made up for by the next call. Views may be a version behind their heads for a while;
a person's scores of one view are always of one version.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from causal_organism.assets.contents import AtBatch
from causal_organism.assets.exports import Scores
from causal_organism.assets.tables.changes import Changes, Table, changes
from causal_organism.assets.versions import Head
from causal_organism.documents.json import Json
from causal_organism.engine.contents import load_rows, load_value
from causal_organism.errors import NetworkGapError, OrganismError
from causal_organism.ports import Organism
from causal_organism.ports.network import ScoresPosition, ScoresWrite

NETWORK, VIEWS = "network", "views/"
_OURS = frozenset({"id", "idx"})

_TOGETHER = 5_000
"""Rows of several views that go in at once: what a pulse moves, and no more than one transaction takes."""

_log = logging.getLogger(__name__)

Rows = list[tuple[str, dict[str, Json]]]


def write_scores(organism: Organism) -> tuple[str, ...]:
    """Bring the scores of every asset that exports them up to its head.

    Gives the versions that were written, like `views/degree@3`. A server that is away is told in the log and made up
    for later: what was published stands. Cost: reads two versions of each view that moved; what it writes follows the
    change.
    """
    keys = [each for each in organism.graph.order if isinstance(organism.graph[each].exports, Scores)]
    if not keys or NETWORK not in organism.graph:
        return ()
    heads = organism.ledger.heads_of((NETWORK, *keys))
    network = heads.get(NETWORK)
    if network is None or not isinstance(network.version.content, AtBatch):
        return ()
    batch = network.version.content.number
    written: list[str] = []
    try:
        there = organism.network.scores()
        moved = [
            (heads[key], there.get(key))
            for key in keys
            if key in heads and heads[key].version.kept and _is_newer(heads[key], there.get(key))
        ]
        writes = (_to_write(organism, *each, batch=batch) for each in moved)
        for group in _groups(writes):
            for each in _put(organism, group):
                _log.info("scores written: key=%s version=%s people=%s", each.key, each.version, len(each.rows))
                written.append(f"{each.key}@{each.version}")
    except OrganismError as error:
        _log.error("scores not written to the network: error=%s", error.message)
    return tuple(written)


def property_name(key: str, column: str) -> str:
    """The property of a person: `in` of views/degree is `degree_in`; `betweenness` of views/betweenness is that alone.

    What Cypher would need quotes for becomes `_`.
    """
    view = key.removeprefix(VIEWS)
    name = column if column == view.rpartition("/")[2] and "/" not in view else f"{view}_{column}"
    name = "".join(each if each.isascii() and (each.isalnum() or each == "_") else "_" for each in name)
    return f"{name}_" if name in _OURS else name


def _is_newer(head: Head, position: ScoresPosition | None) -> bool:
    return position is None or position.writing != 0 or position.version < head.version.number


def _groups(writes: Iterable[ScoresWrite]) -> Iterator[list[ScoresWrite]]:
    """In order, those of few rows together."""
    group: list[ScoresWrite] = []
    for write in writes:
        if group and sum(len(each.rows) for each in (*group, write)) > _TOGETHER:
            yield group
            group = []
        group.append(write)
    if group:
        yield group


def _put(organism: Organism, group: Sequence[ScoresWrite]) -> Iterator[ScoresWrite]:
    """Those that were written: all at once, or where one of them may not go in, each on its own."""
    if len(group) > 1:
        try:
            if organism.network.write_scores(replace(group[0], beside=tuple(group[1:]))):
                yield from group
                return
        except NetworkGapError:  # told of the one that it is about, below
            pass
    for each in group:
        if organism.network.write_scores(each):
            yield each


def _to_write(organism: Organism, head: Head, position: ScoresPosition | None, *, batch: int) -> ScoresWrite:
    version = head.version
    columns = _columns(organism, version)
    after, rows = _changed_rows(organism, head, position, columns)
    return ScoresWrite(
        key=version.key,
        version=version.number,
        fingerprint=version.fingerprint,
        after=after,
        batch=batch,
        rows=rows,
        properties=tuple(property_name(version.key, each) for each in columns if each != "id"),
    )


def _changed_rows(organism: Organism, head: Head, position: ScoresPosition | None, columns: Table) -> tuple[int, Rows]:
    """(the version that the rows are the difference to, rows); 0 and all rows where that one is gone or not whole."""
    version = head.version
    had = position.properties if position else ()
    if position is None or position.writing not in (0, version.number) or position.version == 0:
        return 0, rows_to_write(version.key, columns, None, had)
    before = organism.ledger.version(version.key, position.version)
    if before is None or not before.kept or before.fingerprint != position.fingerprint:
        return 0, rows_to_write(version.key, columns, None, had)
    try:
        return position.version, rows_to_write(version.key, columns, _columns(organism, before))
    except OrganismError:  # removed meanwhile, or damaged
        return 0, rows_to_write(version.key, columns, None, had)


def _columns(organism: Organism, version: Any) -> Table:
    """`id` and the scores as arrays of one length."""
    import numpy as np

    value = load_value(organism, version)
    if isinstance(value, Mapping) and "id" in value and all(isinstance(each, np.ndarray) for each in value.values()):
        return value
    found = load_rows(organism, version)
    if found is None:
        return {"id": np.empty(0, dtype=object)}
    names, rows = found
    return {name: np.array([row[at] for row in rows], dtype=object) for at, name in enumerate(names)}


def rows_to_write(key: str, now: Table, was: Table | None, had: Iterable[str] = ()) -> Rows:
    """People whose scores differ, with all their scores; of people and scores that are gone, None.

    `had`: properties that people may have of another version, whose content is not known.
    """
    names = [each for each in now if each != "id"]
    properties = [property_name(key, name) for name in names]
    before = had if was is None else (property_name(key, name) for name in was if name != "id")
    gone = {name: None for name in before if name not in properties}
    found = None if was is None else changes(was, now, key="id")
    chosen = _chosen(found) if found else range(len(now["id"]))
    ids, *columns = (_plain(now[name], chosen) for name in ("id", *names))
    rows = [
        (str(person), {**gone, **dict(zip(properties, values, strict=True))})
        for person, *values in zip(ids, *columns, strict=True)
    ]
    nothing = dict.fromkeys([*gone, *properties])
    removed = _plain(was["id"], found.pairs.removed) if was is not None and found else []
    return rows + [(str(each), dict(nothing)) for each in removed]


def _chosen(found: Changes) -> Sequence[int]:
    """People to write, as places: those whose scores moved, and those who came."""
    return [*found.pairs.now[found.moved()].tolist(), *found.pairs.added.tolist()]


def _plain(column: Any, chosen: Any) -> list[Any]:
    """Numbers and text as the driver takes them; not-a-number is None."""
    import numpy as np

    values = np.asarray(column)[np.fromiter(chosen, dtype=np.int64, count=len(chosen))].tolist()
    return [None if each is None or each != each else each for each in values]
