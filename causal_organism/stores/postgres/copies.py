"""All rows of a database at one moment, and a database made of them again. No program beside the driver is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from causal_organism.assets.contents import AtBatch, Stored, content_of
from causal_organism.errors import RefusedError, StoreError
from causal_organism.ports import StreamPosition
from causal_organism.ports.backups import DatabaseMoment, TableColumns, TableRows
from causal_organism.stores.postgres.database import Database, apply_migrations, known_migrations
from causal_organism.stores.postgres.roles import present_grants, refused
from causal_organism.stores.statements import load_statements

if TYPE_CHECKING:
    import psycopg

_SQL = load_statements("postgres/statements/copies.sql")

_NOT_COPIED = frozenset({"migration", "lease"})
"""What the load makes itself, and what processes of then held."""

_SEEDED = frozenset({"stream_position"})
"""Has a row from the beginning; all others are empty then, but for what the log says of a home's starts."""

_IN_USE = {"audit": "WHERE action NOT IN ('up', 'down')"}


class PostgresCopies:
    """ports.DatabaseBackup"""

    def __init__(self, database: Database):
        self._database = database

    @contextmanager
    def moment(self) -> Iterator[DatabaseMoment]:
        with self._database.connection() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield _Moment(connection)

    def load(self, migrations: Sequence[str], tables: Sequence[TableRows]) -> None:
        import psycopg

        if newer := [name for name in migrations if name not in known_migrations()]:
            raise RefusedError(
                f"the backup was made by a newer version: its tables have {', '.join(newer)}, which is unknown here",
                hint="install that version, or a later one",
                code="newer-version",
            )
        connection = self._database.connect()
        try:
            _refuse_filled(connection)
            grants = present_grants(connection)
            connection.execute("DROP SCHEMA IF EXISTS organism CASCADE")
            apply_migrations(connection, migrations)
            self._fill(connection, tables)
            apply_migrations(connection)
            connection.execute(grants.encode())
            connection.commit()
        except psycopg.errors.InsufficientPrivilege as error:
            raise refused(error) from error
        except psycopg.Error as error:
            raise StoreError(f"PostgreSQL: the backup cannot be put back: {str(error).splitlines()[0]}") from error
        finally:
            connection.close()

    def forget_readings_after(self, at: datetime) -> None:
        with self._database.connection() as connection:
            connection.execute("DELETE FROM organism.effect_reading WHERE at > %s", (at,))
            connection.execute("DELETE FROM organism.view_reading WHERE at > %s", (at,))

    def _fill(self, connection: psycopg.Connection[Any], tables: Sequence[TableRows]) -> None:
        connection.execute("DELETE FROM organism.stream_position")
        guarded = [name for (name,) in connection.execute(_SQL["with_triggers"])]
        for name in guarded:  # rows come back as they were, the chain of the audit log with them
            connection.execute(f"ALTER TABLE organism.{name} DISABLE TRIGGER USER".encode())
        ranks = _ranks(connection)
        for each in sorted(tables, key=lambda each: ranks.get(each.table.name, 0)):
            columns = ", ".join(f'"{column}"' for column in each.table.columns)
            statement = f"COPY organism.{each.table.name} ({columns}) FROM STDIN"
            with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                for piece in each.pieces():
                    copy.write(piece)
        for name in guarded:
            connection.execute(f"ALTER TABLE organism.{name} ENABLE TRIGGER USER".encode())
        for table, column in connection.execute(_SQL["identities"]).fetchall():
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('organism.{table}', '{column}'), coalesce(max({column}), 1), "
                f"max({column}) IS NOT NULL) FROM organism.{table}".encode()
            )


class _Moment:
    """ports.DatabaseMoment in an open transaction."""

    def __init__(self, connection: psycopg.Connection[Any]):
        self._connection = connection
        (self.at,) = self._one("SELECT now()")
        self.migrations = tuple(
            name for (name,) in connection.execute("SELECT name FROM organism.migration ORDER BY name")
        )
        self.position = StreamPosition(
            **dict(
                zip(
                    ("entry", "batch", "entries"),
                    self._one("SELECT entry, batch, entries FROM organism.stream_position"),
                    strict=True,
                )
            )
        )

    def tables(self) -> tuple[TableColumns, ...]:
        return tuple(
            TableColumns(name=name, columns=tuple(columns))
            for name, columns in self._connection.execute(_SQL["tables"])
            if name not in _NOT_COPIED
        )

    def rows(self, table: TableColumns) -> Iterator[bytes]:
        columns = ", ".join(f'"{column}"' for column in table.columns)
        # A query and not the table: of a hypertable that would be the empty parent alone.
        statement = f"COPY (SELECT {columns} FROM organism.{table.name}) TO STDOUT"
        with self._connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for piece in copy:
                yield bytes(piece)

    def contents(self) -> tuple[Stored, ...]:
        found = (content_of(*row) for row in self._connection.execute(_SQL["contents"]))
        return tuple(each for each in found if not isinstance(each, AtBatch))

    def _one(self, statement: str) -> Any:
        row = self._connection.execute(statement.encode()).fetchone()
        assert row is not None
        return row


def _refuse_filled(connection: psycopg.Connection[Any]) -> None:
    names = [name for name, _ in connection.execute(_SQL["tables"]) if name not in _NOT_COPIED | _SEEDED]
    found = [
        name
        for name in names
        if connection.execute(
            f"SELECT EXISTS (SELECT FROM organism.{name} {_IN_USE.get(name, '')})".encode()
        ).fetchone()
        == (True,)
    ]
    if found:
        raise RefusedError(
            f"the database is in use: there are rows in {', '.join(found[:5])}",
            hint="put a backup back into an empty home or database: ORGANISM_HOME=NEW organism up --only "
            "ledger,stream,network",
            code="not-empty",
        )


def _ranks(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Tables that others refer to come first."""
    refers = [(child, parent) for child, parent in connection.execute(_SQL["references"]) if child != parent]
    ranks: dict[str, int] = {}
    for _ in refers:
        for child, parent in refers:
            ranks[child] = max(ranks.get(child, 0), ranks.get(parent, 0) + 1)
    return ranks
