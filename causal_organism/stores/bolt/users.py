"""Users of a Neo4j, by what its Community edition has: names with passwords. Each of them may change everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from causal_organism.stores.bolt.connection import BoltServer, load_driver
from causal_organism.stores.bolt.encryption import encrypted
from causal_organism.stores.bolt.refusals import error_of

if TYPE_CHECKING:
    from neo4j import Driver

_PUT = "CREATE OR REPLACE USER $name SET PASSWORD $password CHANGE NOT REQUIRED"
_DROP = "DROP USER $name IF EXISTS"
_CONNECTIONS = "CALL dbms.listConnections() YIELD connectionId, username WHERE username = $name RETURN connectionId"
_END = "CALL dbms.killConnections($ids)"


def put_users(server: BoltServer, passwords: Mapping[str, str], *, instead_of: str | None = None) -> None:
    """Make these users, or give those of that name this password. Others whose names begin with `instead_of` go.

    Raises StoreError, RefusedError.
    """
    with _asked(server) as driver:
        for name, password in passwords.items():
            driver.execute_query(_PUT, name=name, password=password, database_="system")
        if instead_of is not None:
            for each in driver.execute_query("SHOW USERS YIELD user", database_="system").records:
                if each["user"].startswith(instead_of) and each["user"] not in passwords:
                    _drop(driver, server.database, each["user"])


def drop_user(server: BoltServer, name: str) -> None:
    """Remove the user, and end their connections; nothing where there is none. Raises StoreError, RefusedError."""
    with _asked(server) as driver:
        _drop(driver, server.database, name)


def _drop(driver: Driver, database: str, name: str) -> None:
    driver.execute_query(_DROP, name=name, database_="system")
    # In the database of the network: `system` takes no part of a query beside its own.
    found = driver.execute_query(_CONNECTIONS, name=name, database_=database).records
    if found:
        driver.execute_query(_END, ids=[each["connectionId"] for each in found], database_=database)


@contextmanager
def _asked(server: BoltServer) -> Iterator[Driver]:
    neo4j: Any = load_driver()
    uri = server.uri if isinstance(server.uri, str) else server.uri()
    password = server.password() if callable(server.password) else server.password
    uri, encryption = encrypted(uri, server.tls)
    try:
        with neo4j.GraphDatabase.driver(
            uri, auth=(server.user, password or ""), connection_timeout=5.0, notifications_min_severity="OFF",
            max_transaction_retry_time=3.0, **encryption,
        ) as driver:  # fmt: skip
            yield driver
    except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError, OSError) as error:
        raise error_of(error) from error
