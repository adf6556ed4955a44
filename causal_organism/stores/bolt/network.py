"""The network in Neo4j, or any server that speaks Bolt and its Cypher: a projection of the archive."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from causal_organism.network.columns import FORMAT
from causal_organism.network.entries import START
from causal_organism.network.fingerprints import EMPTY
from causal_organism.ports import Batch, NetworkColumns, NetworkPosition
from causal_organism.ports.network import ScoresPosition, ScoresWrite
from causal_organism.stores.bolt import scores as bolt_scores
from causal_organism.stores.bolt import ties as bolt_ties
from causal_organism.stores.bolt import transactions
from causal_organism.stores.bolt.connection import BoltConnection, BoltServer, load_driver
from causal_organism.stores.idle import TRUSTED_S

if TYPE_CHECKING:
    from neo4j import ManagedTransaction, Session

_T = TypeVar("_T")
_CLEARING = -1  # the batch of a network that is being removed: nothing continues it; its fingerprint says by whom


class BoltNetwork:
    """`NetworkStore` over one database of one server. Connects when first asked."""

    def __init__(
        self, server: BoltServer, *, page_ties: int = 50_000, trusted_s: float = TRUSTED_S, read_only: bool = False
    ):
        """`read_only`: sessions ask for READ, in which Neo4j refuses what writes (ArcadeDB does not)."""
        self._connection = BoltConnection(server, trusted_s=trusted_s)
        self._read_only = read_only
        self._page_ties = page_ties  # about so many in one answer of `read`
        self._set_up = False

    def setup(self) -> None:
        neo4j = load_driver()
        with self._connection.session() as session:
            for name in ("constraint_idx", "constraint_id", "constraint_position"):
                # In managed transactions, because a server that just came up may have no database for a moment.
                self._executed(session, lambda work, name=name: transactions.run(work, name))  # type: ignore[misc]
            self._executed(session, bolt_scores.set_up)
            with suppress(neo4j.exceptions.ConstraintError):  # somebody else was faster
                self._executed(
                    session, lambda work: transactions.run(work, "create_position", fingerprint=EMPTY, format=FORMAT)
                )
        self._set_up = True

    def position(self) -> NetworkPosition:
        with self._connection.session() as session:
            return session.execute_read(transactions.read_position)

    def apply(self, batch: Batch) -> bool:
        # The driver repeats the whole function after a broken connection; it reads the position again each time.
        return self._write(lambda work: transactions.apply(work, batch))

    def read(self, *, kinds: bool = False) -> NetworkColumns:
        for _ in range(3):
            with self._connection.session() as session:
                columns = session.execute_read(transactions.columns, self._page_ties, kinds)
            if self.position() == columns.position:
                return columns
        # Batches keep arriving: hold the position, so that none can be written while we read.
        return self._write(lambda work: transactions.columns_held(work, self._page_ties, kinds))

    def clear(self) -> None:
        mine = self._emptied()
        self._write(lambda work: transactions.end(work, mine, transactions.NOTHING))

    def renew(self, held: NetworkColumns) -> None:
        mine = self._emptied()
        for name, rows in bolt_ties.pages(held):
            self._write(lambda work, name=name, rows=rows: transactions.fill(work, mine, name, rows))  # type: ignore[misc]
        self._write(lambda work: transactions.end(work, mine, held.position))

    def _emptied(self) -> NetworkPosition:
        """Clear the network, which then stands at no batch. The last clearer owns it."""
        # Each step checks that nobody began to clear after us and may be writing already.
        mine = NetworkPosition(batch=_CLEARING, entry=START, fingerprint=uuid.uuid4().hex)
        self._write(lambda work: transactions.take(work, mine))
        for name in ("clear_ties", "clear_people"):
            while self._write(lambda work, name=name: transactions.remove(work, mine, name)):  # type: ignore[misc]
                pass
        self._write(lambda work: transactions.check_empty(work, mine))
        return mine

    def scores(self) -> Mapping[str, ScoresPosition]:
        with self._connection.session() as session:
            return session.execute_read(bolt_scores.read)

    def write_scores(self, write: ScoresWrite) -> bool:
        pages = bolt_scores.pages(write)
        for at, rows in enumerate(pages):
            ends = {"first": at == 0, "last": at == len(pages) - 1}
            if not self._write(lambda work, rows=rows, ends=ends: transactions.put_scores(work, write, rows, **ends)):  # type: ignore[misc]
                return False
        return True

    def close(self) -> None:
        self._connection.close()

    def _write(self, work: Callable[[ManagedTransaction], _T]) -> _T:
        if not self._set_up and not self._stands():  # one read, where setting up is five writes
            self.setup()
        with self._connection.session() as session:
            return self._executed(session, work)

    def _executed(self, session: Session, work: Callable[[ManagedTransaction], _T]) -> _T:
        return (session.execute_read if self._read_only else session.execute_write)(work)

    def _stands(self) -> bool:
        with self._connection.session() as session:
            self._set_up = session.execute_read(transactions.stands)
        return self._set_up
