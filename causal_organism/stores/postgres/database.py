"""One PostgreSQL database: connections, driver errors turned into StoreError, and forward migrations.

Nothing here or in whoever uses it outlives a transaction on the server: behind a pooler, who comes next would find it.
So there is `SET LOCAL` and no other, locks are released by the end of the transaction, and nobody listens.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, LiteralString

from causal_organism.errors import ServerName, StoreError
from causal_organism.stores.addresses import without_secrets
from causal_organism.stores.idle import TRUSTED_S
from causal_organism.stores.postgres import startup_options
from causal_organism.stores.postgres.overdue import broken_after, has_ended, with_statement_timeout
from causal_organism.stores.postgres.roles import refused
from causal_organism.stores.postgres.startup_options import unreadable, with_tls
from causal_organism.stores.silence import Silence
from causal_organism.stores.tls import NONE as NO_FILES
from causal_organism.stores.tls import Tls
from causal_organism.tracing import span

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

    server = ServerName.LEDGER  # whose errors these are; that of the readings, where they lie elsewhere, says so

    def __init__(
        self,
        dsn: str,
        *,
        prepared: bool = False,
        trusted_s: float = TRUSTED_S,
        deadline_s: float | None = None,
        read_only: bool = False,
        tls: Tls = NO_FILES,
    ):
        """`prepared`: statements that are repeated are prepared under a name, which not every pooler bears.

        `deadline_s`: a transaction that lasts longer ends in StoreError, also where the server was stopped; None: none.
        `read_only`: the server refuses every statement that changes something.
        """
        dsn = with_tls(dsn, tls)
        if read_only:
            dsn = startup_options.with_setting(dsn, "default_transaction_read_only", "on")
        self.dsn = dsn if deadline_s is None else with_statement_timeout(dsn, 0.9 * deadline_s)
        self._read_only = read_only
        self._deadline_s = deadline_s
        self.prepared = prepared
        self._trusted_s = trusted_s
        self._begin_with: tuple[bytes, ...] | None = None  # of each transaction; None: `options` go with the connection
        self._idle: list[tuple[psycopg.Connection[Any], float]] = []  # since when; the last one was used last
        self._guard = threading.Lock()
        self._migrated = False
        # A transaction may last long where a connection that is not there soon will not come.
        self._connect_timeout_s = 5 if deadline_s is None else min(15, max(2, int(deadline_s)))
        self.silence = Silence()

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
            with span("postgresql transaction"):
                if not self._migrated:
                    self.migrate()
                with (
                    self._borrowed() as connection,
                    broken_after(connection, self._deadline_s, self.server),
                    self._transaction(connection, single),
                ):
                    yield connection
        except (psycopg.errors.InvalidSqlStatementName, psycopg.errors.DuplicatePreparedStatement) as error:
            raise StoreError(f"PostgreSQL: {_first_line(error)}", hint=UNPREPARED, server=self.server) from error
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction) as error:
            raise refused(error) from error
        except psycopg.OperationalError as error:
            raise self._store_error("PostgreSQL", error, _CHECK) from error

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """A connection of the caller's own, to be closed by it."""
        import psycopg

        self.silence.refuse()
        try:
            try:
                return self._connect(autocommit)
            except psycopg.OperationalError as error:
                if self._begin_with is not None or startup_options.REFUSED not in str(error):
                    raise
                self._begin_with = startup_options.statements_of(self.dsn)
                return self._connect(autocommit)
        except psycopg.OperationalError as error:
            hint = (
                "`organism status` shows the embedded servers, `organism up` starts them; else correct"
                " ORGANISM_POSTGRES_DSN"
            )
            away = self._store_error("PostgreSQL cannot be reached", error, hint)
            if isinstance(error, psycopg.errors.ConnectionTimeout):
                self.silence.note(away)
            raise away from error
        except psycopg.ProgrammingError:
            raise unreadable() from None

    def migrate(self) -> tuple[str, ...]:
        """Apply the SQL files that this database has not seen, each once, in order of name."""
        with self._guard:
            if self._migrated:
                return ()
            connection = self.connect()
            try:
                with broken_after(connection, self._deadline_s, self.server), _no_tables_yet(read_only=self._read_only):
                    for statement in self._begin_with or ():
                        connection.execute(statement)
                    applied = _apply_unseen(connection)
                    connection.commit()
                connection.autocommit = True
            except BaseException:
                connection.close()
                raise
            self._idle.append((connection, time.monotonic()))  # to connect costs the server more than to look
            self._migrated = True
            return applied

    def run_script(self, script: str) -> None:
        """Several statements, all or none. Raises StoreError, RefusedError."""
        with self.connection() as connection:
            connection.execute(script.encode())

    def close(self) -> None:
        with self._guard:
            for connection, _ in self._idle:
                connection.close()
            self._idle.clear()

    def _store_error(self, what: str, error: psycopg.OperationalError, hint: str) -> StoreError:
        text = without_secrets(_first_line(error), self.dsn)
        if _NO_TRANSACTIONS in text:
            hint = _MORE_THAN_STATEMENTS
        elif any(word in text for word in ("SSL", "certificate", "root.crt")):
            hint = _UNENCRYPTED
        return StoreError(f"{what}: {text}", hint=hint, server=self.server)

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
            if time.monotonic() - since < self._trusted_s and not has_ended(connection):
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
            connect_timeout=self._connect_timeout_s,
            application_name="organism",
            prepare_threshold=5 if self.prepared else None,
            options=None if self._begin_with is None else "",
        )


UNPREPARED = "unset ORGANISM_POSTGRES_PREPARED, or set max_prepared_statements in the pooler (PgBouncer from 1.21 on)"
_UNENCRYPTED = (
    "off this machine sslmode is verify-full: ORGANISM_TLS_CA names who signed the certificate; in your own network,"
    " sslmode=disable in the DSN asks for none"
)
_NO_TRANSACTIONS = "transaction blocks not allowed"
_MORE_THAN_STATEMENTS = "set pool_mode = transaction in the pooler for this database"


@contextmanager
def _no_tables_yet(*, read_only: bool) -> Iterator[None]:
    """Who only reads, or owns no schema, makes no tables, and an older version of ours or nobody has made them."""
    import psycopg

    try:
        yield
    except psycopg.errors.ReadOnlySqlTransaction as error:
        if not read_only:
            raise
        raise StoreError(
            "the ledger's tables are not those of this version, and this is read-only",
            hint="somebody who may change them brings them up: `organism check`, without read-only",
            code="not-migrated",
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreError(
            "the ledger's tables are not those of this version, and this login does not own them",
            hint="their owner brings them up, as by `organism check` or, in a home, `organism up`",
            code="not-migrated",
        ) from error


def known_migrations() -> tuple[str, ...]:
    """Names of the SQL files of this version, in the order in which they are applied."""
    return tuple(each.name for each in _migration_files())


def apply_migrations(connection: psycopg.Connection[Any], names: Collection[str] | None = None) -> tuple[str, ...]:
    """Apply those of these names (None: all) that the database has not seen, in the open transaction; their names."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
    connection.execute("CREATE SCHEMA IF NOT EXISTS organism")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS organism.migration (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
    )
    seen = {name for (name,) in connection.execute("SELECT name FROM organism.migration")}
    applied = []
    for each in _migration_files():
        if each.name not in seen and (names is None or each.name in names):
            connection.execute(each.read_bytes())  # bytes: the files are ours, and hold several statements
            connection.execute("INSERT INTO organism.migration (name) VALUES (%s)", (each.name,))
            applied.append(each.name)
    return tuple(applied)


def _apply_unseen(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    row = connection.execute("SELECT to_regclass('organism.migration') IS NOT NULL").fetchone()
    if row is not None and row[0]:
        seen = {name for (name,) in connection.execute("SELECT name FROM organism.migration")}
        if seen.issuperset(known_migrations()):
            return ()
    applied = apply_migrations(connection)
    connection.commit()
    return applied


def _migration_files() -> list[Traversable]:
    files = resources.files("causal_organism.stores.postgres").joinpath("sql").iterdir()
    return sorted((each for each in files if each.name.endswith(".sql")), key=lambda each: each.name)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
