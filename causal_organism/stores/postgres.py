"""One PostgreSQL database: connections, driver errors turned into StoreError, and forward migrations."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import resources
from typing import TYPE_CHECKING, Any

from causal_organism.errors import StoreError

if TYPE_CHECKING:
    import psycopg

_MIGRATION_LOCK = 7_203_451_118
SCHEMA = "organism"


class Database:
    """Connections to one database, opened when first asked for and kept for the threads of this process."""

    def __init__(self, dsn: str):
        self.dsn = dsn
        self._idle: dict[bool, list[psycopg.Connection[Any]]] = {True: [], False: []}  # by whether they are durable
        self._guard = threading.Lock()
        self._migrated = False

    @contextmanager
    def connection(self, *, durable: bool = True, single: bool = False) -> Iterator[psycopg.Connection[Any]]:
        """One connection in a transaction of its own: committed at the end of the block, rolled back by an error.

        `single`: each statement is a transaction of itself, which saves two round trips where there is only one.

        Not `durable`: everyone sees it at once, but only the next durable transaction writes it to disk, as what came
        before it; until then a crash of the server can lose it. For what that makes worthless, or what is repeated.
        """
        import psycopg  # 0.1 s of CPU: only where a server is asked

        try:
            if not self._migrated:
                self.migrate()
            with self._borrowed(durable) as connection, nullcontext() if single else connection.transaction():
                yield connection
        except psycopg.OperationalError as error:
            raise StoreError(
                f"PostgreSQL: {_first_line(error)}", hint="`organism check` tests every connection"
            ) from error

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """A connection of the caller's own, to be closed by it."""
        import psycopg

        try:
            return psycopg.connect(self.dsn, autocommit=autocommit, connect_timeout=5, application_name="organism")
        except psycopg.OperationalError as error:
            raise StoreError(
                f"PostgreSQL cannot be reached: {_first_line(error)}",
                hint="start the embedded servers with `organism up`, or correct ORGANISM_POSTGRES_DSN",
            ) from error

    def migrate(self) -> tuple[str, ...]:
        """Apply the SQL files that this database has not seen, each once, in order of name."""
        with self._guard:
            if self._migrated:
                return ()
            connection = self.connect()
            try:
                applied = _apply_migrations(connection)
                connection.commit()
                connection.autocommit = True
            except BaseException:
                connection.close()
                raise
            self._idle[True].append(connection)  # to connect costs the server more than to look
            self._migrated = True
            return applied

    def close(self) -> None:
        with self._guard:
            for idle in self._idle.values():
                for connection in idle:
                    connection.close()
                idle.clear()

    @contextmanager
    def _borrowed(self, durable: bool) -> Iterator[psycopg.Connection[Any]]:
        idle = self._idle[durable]
        with self._guard:
            connection = idle.pop() if idle else None
        if connection is not None and connection.closed:
            connection = None
        if connection is None:
            connection = self.connect(autocommit=True)
            if not durable:
                connection.execute("SET synchronous_commit = off")
        try:
            yield connection
        except BaseException:
            # A connection that saw an error may be broken in ways that it does not know of.
            connection.close()
            raise
        with self._guard:
            idle.append(connection)


def _apply_migrations(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    files = sorted(
        (
            each
            for each in resources.files("causal_organism.stores").joinpath("sql").iterdir()
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
