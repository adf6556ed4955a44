"""The network in Neo4j, or any server that speaks Bolt and its Cypher: a projection of the archive."""

from __future__ import annotations

import logging
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from causal_organism.errors import NetworkGapError, StoreError
from causal_organism.network.entries import START
from causal_organism.network.fingerprints import EMPTY
from causal_organism.ports import Batch, NetworkColumns, NetworkPosition
from causal_organism.ports.network import DAMAGED, FORMAT, ScoresPosition, ScoresWrite
from causal_organism.stores.bolt import scores as bolt_scores
from causal_organism.stores.bolt import ties as bolt_ties
from causal_organism.stores.bolt.encryption import encrypted
from causal_organism.stores.bolt.refusals import error_of, unusable
from causal_organism.stores.bolt.statements import load_statements
from causal_organism.stores.idle import TRUSTED_S
from causal_organism.stores.tls import NONE, Tls
from causal_organism.tracing import span

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction, Session

_T = TypeVar("_T")
_NOTHING = NetworkPosition(batch=0, entry=START, fingerprint=EMPTY)
_CLEARING = -1  # the batch of a network that is being removed: nothing continues it; its fingerprint says by whom


def load_driver() -> Any:
    """The module `neo4j`, without pandas, numpy and pyarrow, which it loads wherever they are installed (0.15 s with
    the stand-in, 1 s without). It then takes none of their types as parameters; we give it lists of numbers and text.
    """
    if "neo4j" not in sys.modules and "pandas" not in sys.modules:
        stand_in = ModuleType("neo4j._optional_deps")
        vars(stand_in).update(np=None, pd=None, pa=None, pa_compute=None)
        sys.modules[stand_in.__name__] = stand_in
    import neo4j  # late: only where a server is asked

    return neo4j


class BoltNetwork:
    """`NetworkStore` over one database of one server. Connects when first asked."""

    def __init__(
        self,
        uri: str | Callable[[], str],
        *,
        user: str,
        password: str | Callable[[], str] | None,
        database: str = "neo4j",
        page_ties: int = 50_000,
        trusted_s: float = TRUSTED_S,
        read_only: bool = False,
        tls: Tls = NONE,
    ):
        """`read_only`: sessions ask for READ, in which Neo4j refuses what writes (ArcadeDB does not)."""
        self._read_only = read_only
        self._tls = tls
        self._uri = uri
        self._user = user
        self._password = password
        self._database = database
        self._page_ties = page_ties  # about so many in one answer of `read`
        self._trusted_s = trusted_s
        self._guard = threading.Lock()
        self._driver: Driver | None = None
        self._sessions = 0  # that are open
        self._used = time.monotonic()
        self._set_up = False

    def setup(self) -> None:
        neo4j = load_driver()
        with _driver_errors(), self._session() as session:
            for name in ("constraint_idx", "constraint_id", "constraint_position"):
                # In managed transactions, because a server that just came up may have no database for a moment.
                self._executed(session, lambda work, name=name: _run(work, name))  # type: ignore[misc]
            self._executed(session, bolt_scores.set_up)
            with suppress(neo4j.exceptions.ConstraintError):  # somebody else was faster
                self._executed(session, lambda work: _run(work, "create_position", fingerprint=EMPTY, format=FORMAT))
        self._set_up = True

    def position(self) -> NetworkPosition:
        with _driver_errors(), self._session() as session:
            return session.execute_read(_position)

    def apply(self, batch: Batch) -> bool:
        # The driver repeats the whole function after a broken connection; it reads the position again each time.
        return self._write(lambda work: _apply(work, batch))

    def read(self, *, kinds: bool = False) -> NetworkColumns:
        for _ in range(3):
            with _driver_errors(), self._session() as session:
                columns = session.execute_read(_columns, self._page_ties, kinds)
            if self.position() == columns.position:
                return columns
        # Batches keep arriving: hold the position, so that none can be written while we read.
        return self._write(lambda work: _columns_held(work, self._page_ties, kinds))

    def clear(self) -> None:
        mine = self._emptied()
        self._write(lambda work: _end(work, mine, _NOTHING))

    def renew(self, held: Mapping[str, Any]) -> None:
        mine = self._emptied()
        for name, rows in bolt_ties.pages(held):
            self._write(lambda work, name=name, rows=rows: _fill(work, mine, name, rows))  # type: ignore[misc]
        position = NetworkPosition(batch=held["batch"], entry=held["entry"], fingerprint=held["fingerprint"])
        self._write(lambda work: _end(work, mine, position))

    def _emptied(self) -> NetworkPosition:
        """At no batch, with nothing in it, and nobody may write but who is here at last."""
        # Whoever clears last wins: each step checks that nobody else began after us and may be writing already.
        mine = NetworkPosition(batch=_CLEARING, entry=START, fingerprint=uuid.uuid4().hex)
        self._write(lambda work: _take(work, mine))
        for name in ("clear_ties", "clear_people"):
            while self._write(lambda work, name=name: _remove(work, mine, name)):  # type: ignore[misc]
                pass
        self._write(lambda work: _check_empty(work, mine))
        return mine

    def scores(self) -> Mapping[str, ScoresPosition]:
        with _driver_errors(), self._session() as session:
            return session.execute_read(bolt_scores.read)

    def write_scores(self, write: ScoresWrite) -> bool:
        pages = bolt_scores.pages(write)
        for at, rows in enumerate(pages):
            ends = {"first": at == 0, "last": at == len(pages) - 1}
            if not self._write(lambda work, rows=rows, ends=ends: _put_scores(work, write, rows, **ends)):  # type: ignore[misc]
                return False
        return True

    def close(self) -> None:
        with self._guard:
            if self._driver is not None:
                self._driver.close()
                self._driver = None

    def _write(self, work: Callable[[ManagedTransaction], _T]) -> _T:
        if not self._set_up and not self._stands():  # one read, where setting up is five writes
            self.setup()
        with _driver_errors(), self._session() as session:
            return self._executed(session, work)

    def _executed(self, session: Session, work: Callable[[ManagedTransaction], _T]) -> _T:
        return (session.execute_read if self._read_only else session.execute_write)(work)

    def _stands(self) -> bool:
        with _driver_errors(), self._session() as session:
            self._set_up = session.execute_read(_stands)
        return self._set_up

    @contextmanager
    def _session(self) -> Iterator[Session]:
        driver = self._enter()
        try:
            with span("neo4j session"), driver.session(database=self._database) as session:
                yield session
        finally:
            with self._guard:
                self._sessions -= 1
                self._used = time.monotonic()

    def _enter(self) -> Driver:
        """The driver, without connections that nobody used for long.

        Of one that was closed in the meantime the driver learns when it uses it; the transactions that it was given as
        functions it begins again on another one.
        """
        with self._guard:
            unused = self._sessions == 0 and time.monotonic() - self._used >= self._trusted_s
            if self._driver is not None and unused:
                self._driver.close()
                self._driver = None
            if self._driver is None:
                self._driver = self._connect()
            self._sessions += 1
            return self._driver

    def _connect(self) -> Driver:
        neo4j = load_driver()
        # What the driver has to say comes with our errors; without a handler it would write to the console's screen.
        logging.getLogger("neo4j").addHandler(logging.NullHandler())
        uri = self._uri if isinstance(self._uri, str) else self._uri()
        password = self._password() if callable(self._password) else self._password
        uri, encryption = encrypted(uri, self._tls)
        try:
            driver: Driver = neo4j.GraphDatabase.driver(
                uri,
                **encryption,
                auth=(self._user, password or ""),
                user_agent="causal-organism",
                connection_timeout=5.0,
                connection_acquisition_timeout=15.0,
                max_transaction_retry_time=3.0,
                notifications_min_severity="OFF",
            )
        except neo4j.exceptions.ConfigurationError as error:
            raise unusable(error, uri) from None
        return driver


def _apply(work: ManagedTransaction, batch: Batch) -> bool:
    _lock(work)
    position = _position(work)
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
        raise StoreError("the network has no position: its database was emptied", hint="run it again")


def _position(work: ManagedTransaction) -> NetworkPosition:
    row = work.run(_CYPHER["read_position"]).single()
    return _NOTHING if row is None else NetworkPosition(**row.data())


def _stands(work: ManagedTransaction) -> bool:
    """Whether there is a position of this format: it is made after the constraints."""
    row = work.run(_CYPHER["read_position"]).single()
    return row is not None and row["format"] == FORMAT


def _move(work: ManagedTransaction, position: NetworkPosition) -> None:
    _run(work, "move_position", **asdict(position))


def _take(work: ManagedTransaction, position: NetworkPosition) -> None:
    _lock(work)
    _move(work, position)
    bolt_scores.clear(work)  # whoever is writing some sees it, and stops


def _put_scores(work: ManagedTransaction, write: ScoresWrite, rows: Any, **ends: bool) -> bool:
    return bolt_scores.put(work, write, rows, network_at=_position(work).batch, **ends)


def _hold(work: ManagedTransaction, mine: NetworkPosition) -> None:
    _lock(work)
    if _position(work) != mine:
        raise NetworkGapError("the network is being made again by somebody else")


def _remove(work: ManagedTransaction, mine: NetworkPosition, name: str) -> int:
    """Some of what is there; how many went."""
    _hold(work, mine)
    gone: int = _one(work, name)["gone"]
    return gone


def _check_empty(work: ManagedTransaction, mine: NetworkPosition) -> None:
    if _remove(work, mine, "clear_ties") or _remove(work, mine, "clear_people"):
        raise NetworkGapError("somebody writes to the network while it is made again")


def _fill(work: ManagedTransaction, mine: NetworkPosition, name: str, rows: list[list[Any]]) -> None:
    _hold(work, mine)
    _in_sets(work, name, rows)


def _end(work: ManagedTransaction, mine: NetworkPosition, position: NetworkPosition) -> None:
    _hold(work, mine)
    _move(work, position)


def _columns(work: ManagedTransaction, page_ties: int, kinds: bool, /) -> NetworkColumns:
    from causal_organism.stores.bolt import columns as bolt_columns  # numpy

    return bolt_columns.read(work, _position(work), page_ties=page_ties, kinds=kinds)


def _columns_held(work: ManagedTransaction, page_ties: int, kinds: bool) -> NetworkColumns:
    _lock(work)
    return _columns(work, page_ties, kinds)


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


def _run(work: ManagedTransaction, name: str, **parameters: Any) -> None:
    work.run(_CYPHER[name], parameters).consume()


@contextmanager
def _driver_errors() -> Iterator[None]:
    neo4j = load_driver()
    try:
        yield
    except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError, OSError) as error:
        raise error_of(error) from error


_CYPHER = load_statements("network.cypher")
