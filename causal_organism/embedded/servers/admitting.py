"""The home's own worker on its ledger: a login of the role organism_worker, so that it is not the owner."""

from __future__ import annotations

from typing import LiteralString

from causal_organism.embedded.home import Home
from causal_organism.embedded.people import WORKER_LOGIN
from causal_organism.embedded.servers.postgres import ADMIN_SECRET, DATABASE, WORKER_SECRET, dsn
from causal_organism.embedded.servers.server import LEDGER
from causal_organism.errors import RefusedError
from causal_organism.stores.postgres.database import Database

_IS_OPEN: LiteralString = "SELECT has_function_privilege('public', 'lo_create(oid)', 'EXECUTE')"
_CLOSE: tuple[LiteralString, ...] = (
    "REVOKE CONNECT, TEMPORARY ON DATABASE prefect FROM PUBLIC",
    "REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC",
)
_DEADLINE_S = 300.0  # a migration may take minutes; a server that hangs must not hold up the others for ever


def admit_worker(home: Home) -> None:
    """As the ledger's owner bring its tables up to this version, and give the worker its login; again changes nothing.

    Raises StoreError, RefusedError.
    """
    from causal_organism.stores.postgres.logins import make_worker_login  # loads psycopg, 0.1 s

    owner = Database(dsn(home, DATABASE, f"{LEDGER}-{DATABASE}"), deadline_s=_DEADLINE_S)
    try:
        try:
            make_worker_login(owner, WORKER_LOGIN, home.password(WORKER_SECRET))
        except RefusedError:  # the owner in a home of an earlier version may not make logins
            _let_owner_make_logins(home)
            make_worker_login(owner, WORKER_LOGIN, home.password(WORKER_SECRET))
    finally:
        owner.close()
    _close_to_everybody(home)


def _close_to_everybody(home: Home) -> None:
    """Take away what PostgreSQL lets every login do beside its roles: fill the disk with large objects, and look into
    Prefect's database.
    """
    with Database(dsn(home, "postgres", ADMIN_SECRET)).connect(autocommit=True) as connection:
        row = connection.execute(_IS_OPEN).fetchone()
        if row is not None and row[0]:
            for statement in _CLOSE:
                connection.execute(statement)


def _let_owner_make_logins(home: Home) -> None:
    with Database(dsn(home, "postgres", ADMIN_SECRET)).connect(autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {DATABASE} CREATEROLE".encode())
