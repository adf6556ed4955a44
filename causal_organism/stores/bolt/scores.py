"""Scores on the people of the network, over Bolt: what one transaction does."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from causal_organism.documents.json import Json, JsonObject
from causal_organism.errors import NetworkGapError
from causal_organism.ports.network import ScoresPosition, ScoresWrite
from causal_organism.stores.statements import load_statements

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

SCORES_ROWS = 5_000
"""Rows in one transaction; several views that go in together have to be fewer."""


def set_up(work: ManagedTransaction) -> None:
    work.run(_CYPHER["constraint_scores"]).consume()


def read(work: ManagedTransaction) -> dict[str, ScoresPosition]:
    return {row["key"]: _position(row) for row in work.run(_CYPHER["read_scores"])}


def clear(work: ManagedTransaction) -> None:
    work.run(_CYPHER["clear_scores"]).consume()


def pages(write: ScoresWrite) -> list[Sequence[tuple[str, JsonObject]]]:
    """At least one, so that the version moves where no row did. Of several views one, of everybody with all scores."""
    if write.beside:
        return [list(_by_person(write).items())]
    return [write.rows[start : start + SCORES_ROWS] for start in range(0, max(len(write.rows), 1), SCORES_ROWS)]


def put(
    work: ManagedTransaction,
    write: ScoresWrite,
    rows: Sequence[tuple[str, JsonObject]],
    *,
    network_at: int,
    first: bool,
    last: bool,
) -> bool:
    """Some of the rows. False if what is there is as new, or somebody newer took over."""
    writes = sorted((write, *write.beside), key=lambda each: each.key)  # two writers never wait for each other
    for each in writes:
        if network_at < each.batch:
            raise NetworkGapError(f"the network stands at batch {network_at}; {each.key} is of batch {each.batch}")
    there = _lock(work, [each.key for each in writes], first=first)
    if not all(each.key in there and may_write(there[each.key], each, first=first) for each in writes):
        return False
    if first and not last:
        both = ",".join(dict.fromkeys([*there[write.key].properties, *write.properties]))
        work.run(_CYPHER["mark_scores"], key=write.key, version=write.version, properties=both).consume()
    if rows:
        work.run(_CYPHER["put_scores"], rows=[[person, dict(values)] for person, values in rows]).consume()
    if last:
        moved = [[each.key, each.version, each.fingerprint, ",".join(each.properties)] for each in writes]
        work.run(_CYPHER["move_scores"], rows=moved).consume()
    return True


def _by_person(write: ScoresWrite) -> dict[str, dict[str, Json]]:
    found: dict[str, dict[str, Json]] = {}
    for each in (write, *write.beside):
        for person, values in each.rows:
            found.setdefault(person, {}).update(values)
    return found


def _lock(work: ManagedTransaction, keys: Sequence[str], *, first: bool) -> dict[str, ScoresPosition]:
    """What is there of these views, which nobody else writes until the transaction ends."""
    there = _locked(work, keys)
    if first and len(there) < len(keys):
        work.run(_CYPHER["create_scores"], keys=[each for each in keys if each not in there]).consume()
        there = _locked(work, keys)
    return there


def _locked(work: ManagedTransaction, keys: Sequence[str]) -> dict[str, ScoresPosition]:
    found = work.run(_CYPHER["lock_scores"], keys=list(keys), token=uuid.uuid4().hex)
    return {row["key"]: _position(row) for row in found}


def may_write(there: ScoresPosition, write: ScoresWrite, *, first: bool) -> bool:
    """Whether rows of this write may go in now.

    Raises NetworkGapError where they are only what changed since a version, and something else is there.
    """
    if not first:
        return there.writing == write.version
    if max(there.version, there.writing) > write.version or there.version == write.version:
        return False
    if write.after and (there.version != write.after or there.writing not in (0, write.version)):
        raise NetworkGapError(f"the scores of {write.key} are not those of version {write.after} any more")
    return True


def _position(row: Any) -> ScoresPosition:
    names = row["properties"]  # none on a server that was written to before they were remembered
    return ScoresPosition(
        version=row["version"],
        fingerprint=row["fingerprint"],
        writing=row["writing"],
        properties=tuple(names.split(",")) if names else (),
    )


_CYPHER = load_statements("bolt/cypher/scores.cypher")
