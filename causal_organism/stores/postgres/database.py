"""One PostgreSQL database: connections, driver errors turned into StoreError, and forward migrations.

Nothing here or in whoever uses it outlives a transaction on the server: behind a pooler, who comes next would find it.
So there is `SET LOCAL` and no other, locks are released by the end of the transaction, and nobody listens.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import resources
from typing import TYPE_CHECKING, Any, LiteralString

from causal_organism.errors import StoreError
from causal_organism.stores.idle import TRUSTED_S
from causal_organism.stores.postgres import startup_options

if TYPE_CHECKING:
    import psycopg

_MIGRATION_LOCK = 7_203_451_118
_CHECK = "`organism check` tests every connection"
SCHEMA = "organism"
AT_ONCE: LiteralString = "at_once AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"
"""To be read by a statement that is a transaction of its own, so that it does not wait for the disk.

Everyone sees what it wrote at once, but only the next transaction that waits writes it to disk, as what came before it;
until then a crash of the server can lose it. For what that makes worthless, or what is repeated. In the statement
itself, because `SET LOCAL` would take three more round trips (0.6 ms without a network between).
"""


class Database:
    """Connections to one database, opened when first asked for and kept for the threads of this process."""

    def __init__(self, dsn: str, *, prepared: bool = False, trusted_s: float = TRUSTED_S):
        """`prepared`: statements that are repeated are prepared under a name, which not every pooler bears."""
        self.dsn = dsn
        self.prepared = prepared
        self._trusted_s = trusted_s
        self._begin_with: tuple[bytes, ...] | None = None  # of each transaction; None: `options` go with the connection
        self._idle: list[tuple[psycopg.Connection[Any], float]] = []  # since when; the last one was used last
        self._guard = threading.Lock()
        self._migrated = False

    @property
    def begins_with_options(self) -> bool:
        """A pooler refused the `options` of the DSN, so that each transaction begins with them."""
        return bool(self._begin_with)

    @contextmanager
    def connection(self, *, single: bool = False) -> Iterator[psycopg.Connection[Any]]:
        """One connection in a transaction of its own: committed at the end of the block, rolled back by an error.

        `single`: each statement is a transaction of itself, which saves two round trips where there is only one.
        """
        import psycopg  # 0.1 s of CPU: only where a server is asked

        try:
            if not self._migrated:
                self.migrate()
            with self._borrowed() as connection, self._transaction(connection, single):
                yield connection
        except (psycopg.errors.InvalidSqlStatementName, psycopg.errors.DuplicatePreparedStatement) as error:
            raise StoreError(f"PostgreSQL: {_first_line(error)}", hint=UNPREPARED) from error
        except psycopg.OperationalError as error:
            raise _store_error("PostgreSQL", error, _CHECK) from error

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """A connection of the caller's own, to be closed by it."""
        import psycopg

        try:
            try:
                return self._connect(autocommit)
            except psycopg.OperationalError as error:
                if self._begin_with is not None or startup_options.REFUSED not in str(error):
                    raise
                self._begin_with = startup_options.statements_of(self.dsn)
                return self._connect(autocommit)
        except psycopg.OperationalError as error:
            hint = "start the embedded servers with `organism up`, or correct ORGANISM_POSTGRES_DSN"
            raise _store_error("PostgreSQL cannot be reached", error, hint) from error

    def migrate(self) -> tuple[str, ...]:
        """Apply the SQL files that this database has not seen, each once, in order of name."""
        with self._guard:
            if self._migrated:
                return ()
            connection = self.connect()
            try:
                for statement in self._begin_with or ():
                    connection.execute(statement)
                applied = _apply_migrations(connection)
                connection.commit()
                connection.autocommit = True
            except BaseException:
                connection.close()
                raise
            self._idle.append((connection, time.monotonic()))  # to connect costs the server more than to look
            self._migrated = True
            return applied

    def close(self) -> None:
        with self._guard:
            for connection, _ in self._idle:
                connection.close()
            self._idle.clear()

    @contextmanager
    def _borrowed(self) -> Iterator[psycopg.Connection[Any]]:
        connection = self._rested() or self.connect(autocommit=True)
        try:
            yield connection
        except BaseException:
            # A connection that saw an error may be broken in ways that it does not know of.
            connection.close()
            raise
        with self._guard:
            self._idle.append((connection, time.monotonic()))

    def _rested(self) -> psycopg.Connection[Any] | None:
        """The idle connection that was used last; None if there is none that can still be relied on."""
        while True:
            with self._guard:
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            if time.monotonic() - since < self._trusted_s and not _has_ended(connection):
                return connection
            connection.close()

    @contextmanager
    def _transaction(self, connection: psycopg.Connection[Any], single: bool) -> Iterator[None]:
        statements = self._begin_with or ()
        with nullcontext() if single and not statements else connection.transaction():
            for statement in statements:
                connection.execute(statement)
            yield

    def _connect(self, autocommit: bool) -> psycopg.Connection[Any]:
        import psycopg

        return psycopg.connect(
            self.dsn,
            autocommit=autocommit,
            connect_timeout=5,
            application_name="organism",
            prepare_threshold=5 if self.prepared else None,
            options=None if self._begin_with is None else "",
        )


UNPREPARED = "unset ORGANISM_POSTGRES_PREPARED, or set max_prepared_statements in the pooler (PgBouncer from 1.21 on)"
_NO_TRANSACTIONS = "transaction blocks not allowed"
_MORE_THAN_STATEMENTS = "set pool_mode = transaction in the pooler for this database"


def _store_error(what: str, error: psycopg.OperationalError, hint: str) -> StoreError:
    text = _first_line(error)
    return StoreError(f"{what}: {text}", hint=_MORE_THAN_STATEMENTS if _NO_TRANSACTIONS in text else hint)


def _has_ended(connection: psycopg.Connection[Any]) -> bool:
    """Whether the other side has closed it, or has reset it, as far as is known here: nothing is sent."""
    import psycopg

    if connection.closed:
        return True
    arrived = select.poll()
    arrived.register(connection.fileno(), select.POLLIN)
    try:
        while arrived.poll(0):  # its end, or only a word of the server that nobody asked for
            connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return False


def _apply_migrations(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    files = sorted(
        (
            each
            for each in resources.files("causal_organism.stores.postgres").joinpath("sql").iterdir()
            if each.name.endswith(".sql")
        ),
        key=lambda each: each.name,
    )
    row = connection.execute("SELECT to_regclass('organism.migration') IS NOT NULL").fetchone()
    if row is not None and row[0]:
        seen = {name for (name,) in connection.execute("SELECT name FROM organism.migration")}
        if all(each.name in seen for each in files):
            return ()
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
    connection.execute("CREATE SCHEMA IF NOT EXISTS organism")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS organism.migration (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
    )
    seen = {name for (name,) in connection.execute("SELECT name FROM organism.migration")}
    applied = []
    for each in files:
        if each.name not in seen:
            connection.execute(each.read_bytes())  # bytes: the files are ours, and hold several statements
            connection.execute("INSERT INTO organism.migration (name) VALUES (%s)", (each.name,))
            applied.append(each.name)
    connection.commit()
    return tuple(applied)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
