"""What one transaction does to the network: functions that the driver may begin again from the start."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from causal_organism.errors import NetworkGapError, ServerName, StoreError
from causal_organism.network.columns import FORMAT
from causal_organism.network.entries import START
from causal_organism.network.fingerprints import EMPTY
from causal_organism.ports import Batch, NetworkColumns, NetworkPosition
from causal_organism.ports.network import DAMAGED, ScoresWrite
from causal_organism.stores.bolt import scores as bolt_scores
from causal_organism.stores.bolt import ties as bolt_ties
from causal_organism.stores.statements import load_statements

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

NOTHING = NetworkPosition(batch=0, entry=START, fingerprint=EMPTY)


def apply(work: ManagedTransaction, batch: Batch) -> bool:
    """Bring the network up to a batch; False where it is there already. Raises NetworkGapError."""
    _lock(work)
    position = read_position(work)
    if position.format != FORMAT:
        raise NetworkGapError(
            f"the network's ties are in format {position.format}; this code writes format {FORMAT}",
            hint="the next pulse makes it again from the archive",
            code=DAMAGED,
        )
    before = batch.number - 1 if batch.after is None else batch.after
    if position.batch >= batch.number:
        _check_same(position, batch)
        return False
    if position.batch != before:
        raise NetworkGapError(
            f"the network stands at batch {position.batch}; batch {batch.number} continues {before}",
            hint="the next pulse brings it up from the archive",
        )
    if batch.delta.left:
        raise NetworkGapError(f"people leave by batch {batch.number}: the network is to be renewed")
    people = [[idx, person] for idx, person in enumerate(batch.delta.people, start=batch.delta.first_idx)]
    _in_sets(work, "put_people", people)
    for name, ties in bolt_ties.by_statement(batch.delta.ties).items():
        if (written := _in_sets(work, name, ties)) != len(ties):
            raise NetworkGapError(
                f"batch {batch.number} has {len(ties)} ties to {name.removesuffix('_ties')}, and {written} could be:"
                " somebody else changed the network",
                hint="the next pulse makes it again from the archive",
                code=DAMAGED,
            )
    _move(work, NetworkPosition(batch=batch.number, entry=batch.entry, fingerprint=batch.fingerprint))
    return True


def _check_same(position: NetworkPosition, batch: Batch) -> None:
    if position.batch == batch.number and position.fingerprint != batch.fingerprint:
        raise NetworkGapError(
            f"the network's batch {batch.number} is not the archive's: another archive wrote it",
            hint="the next pulse makes the network again from the archive",
        )


def _lock(work: ManagedTransaction) -> None:
    """The right to change the network until the transaction ends."""
    if not _one(work, "lock_position", token=uuid.uuid4().hex)["locked"]:
        what = "the network has no position: its database was emptied"
        raise StoreError(what, hint="run it again", server=ServerName.NETWORK)


def read_position(work: ManagedTransaction) -> NetworkPosition:
    """Where the network stands; `NOTHING` before anything was written."""
    row = work.run(_CYPHER["read_position"]).single()
    return NOTHING if row is None else NetworkPosition(**row.data())


def stands(work: ManagedTransaction) -> bool:
    """Whether there is a position of this format: it is made after the constraints."""
    row = work.run(_CYPHER["read_position"]).single()
    return row is not None and row["format"] == FORMAT


def _move(work: ManagedTransaction, position: NetworkPosition) -> None:
    run(work, "move_position", **asdict(position))


def take(work: ManagedTransaction, position: NetworkPosition) -> None:
    """Take the network over at a position: others that write it or scores on it see that, and stop."""
    _lock(work)
    _move(work, position)
    bolt_scores.clear(work)  # whoever is writing some sees it, and stops


def put_scores(work: ManagedTransaction, write: ScoresWrite, rows: Any, **ends: bool) -> bool:
    return bolt_scores.put(work, write, rows, network_at=read_position(work).batch, **ends)


def _hold(work: ManagedTransaction, mine: NetworkPosition) -> None:
    _lock(work)
    if read_position(work) != mine:
        raise NetworkGapError("the network is being made again by somebody else")


def remove(work: ManagedTransaction, mine: NetworkPosition, name: str) -> int:
    """Some of what is there; how many went."""
    _hold(work, mine)
    gone: int = _one(work, name)["gone"]
    return gone


def check_empty(work: ManagedTransaction, mine: NetworkPosition) -> None:
    """Raises NetworkGapError where somebody wrote while the network was being made again."""
    if remove(work, mine, "clear_ties") or remove(work, mine, "clear_people"):
        raise NetworkGapError("somebody writes to the network while it is made again")


def fill(work: ManagedTransaction, mine: NetworkPosition, name: str, rows: list[list[Any]]) -> None:
    """Write rows by a named statement, as long as the network is ours. Raises NetworkGapError."""
    _hold(work, mine)
    _in_sets(work, name, rows)


def end(work: ManagedTransaction, mine: NetworkPosition, position: NetworkPosition) -> None:
    """Move from our own position to that of the finished network. Raises NetworkGapError."""
    _hold(work, mine)
    _move(work, position)


def columns(work: ManagedTransaction, page_ties: int, kinds: bool, /) -> NetworkColumns:
    """The network as columns, read in pages of so many ties."""
    from causal_organism.stores.bolt import columns as bolt_columns  # numpy

    return bolt_columns.read(work, read_position(work), page_ties=page_ties, kinds=kinds)


def columns_held(work: ManagedTransaction, page_ties: int, kinds: bool) -> NetworkColumns:
    """As `columns`, while nobody else writes."""
    _lock(work)
    return columns(work, page_ties, kinds)


def _in_sets(work: ManagedTransaction, name: str, rows: list[list[Any]]) -> int:
    """Runs a statement over many rows; the sum of what it says it has written."""
    written = 0
    for start in range(0, len(rows), bolt_ties.ROWS):
        some = rows[start : start + bolt_ties.ROWS]
        row = work.run(_CYPHER[name], rows=bolt_ties.by_source(some) if name.endswith("_ties") else some).single(
            strict=False
        )
        written += row["written"] if row is not None else 0
    return written


def _one(work: ManagedTransaction, name: str, **parameters: Any) -> Any:
    return work.run(_CYPHER[name], parameters).single(strict=True)


def run(work: ManagedTransaction, name: str, **parameters: Any) -> None:
    work.run(_CYPHER[name], parameters).consume()


_CYPHER = load_statements("bolt/cypher/network.cypher")
