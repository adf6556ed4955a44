"""People's logins in PostgreSQL: made, listed and dropped by the owner of the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psycopg import sql

from causal_organism.errors import RefusedError, StoreError
from causal_organism.stores.postgres.roles import present_grants, worker_sql
from causal_organism.stores.statements import load_statements
from causal_organism.wording.permits import HeldRoles

if TYPE_CHECKING:
    import psycopg

    from causal_organism.stores.postgres.database import Database

_SQL = load_statements("postgres/statements/logins.sql")

ROLES = ("organism_reader", "organism_analyst", "organism_operator", "organism_approver", "organism_worker")
DEPLOYED_WORKER = "organism_deployed_worker"
"""The login of workers beside a server of one's own: compose and Kubernetes name it in their addresses."""
_LOGINS_LOCK = 7_203_451_120


def held_roles(database: Database) -> HeldRoles:
    """As what this process is logged in. Raises StoreError."""
    with database.connection() as connection:
        row = connection.execute(
            _SQL["held_roles"],
            (list(ROLES),),
        ).fetchone()
    assert row is not None  # a SELECT without FROM has one
    login, has_roles, is_service, roles = row
    mine = frozenset(map(str, () if is_service else roles))  # who made them may give them, and was given none
    return HeldRoles(login=login, roles=mine if has_roles else None, is_service=is_service)


def require_role(database: Database, role: str, *, owner_may: bool = False) -> None:
    """For what a server without roles would do for anybody. Raises RefusedError; a ledger that is away refuses nothing:
    what is to be done is written there too, and fails by that.
    """
    try:
        why = held_roles(database).refusal(role, owner_may=owner_may)
    except StoreError:
        return
    if why is not None:
        raise RefusedError(why, hint=f"an admin grants it: GRANT {role} TO somebody", code="not-permitted")


def make_login(database: Database, login: str, role: str) -> None:
    """A login without a password, with this one of our roles; one that is there gets it in place of its others."""
    with database.connection() as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (login,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(login)))
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN").format(sql.Identifier(login)))
        for each in ROLES:
            change = "GRANT {} TO {}" if each == role else "REVOKE {} FROM {}"
            connection.execute(sql.SQL(change).format(sql.Identifier(each), sql.Identifier(login)))


def make_worker_login(database: Database, login: str, password: str) -> bool:
    """A login with this password and the role organism_worker; of the other roles only what is there is renewed.
    Whether there was none.

    Raises StoreError, RefusedError.
    """
    import psycopg

    try:
        with database.connection() as connection:
            return _put_worker(connection, login, password)
    except psycopg.Error as error:
        raise StoreError(f"PostgreSQL: the login {login} cannot be made: {str(error).splitlines()[0]}") from error


def _put_worker(connection: psycopg.Connection[Any], login: str, password: str) -> bool:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOGINS_LOCK,))
    connection.execute((present_grants(connection) or worker_sql()).encode())
    is_new = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (login,)).fetchone() is None
    if is_new:
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(login)))
    verifier = connection.pgconn.encrypt_password(password.encode(), login.encode())  # the server logs no password
    connection.execute(
        sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(login), sql.Literal(verifier.decode()))
    )
    connection.execute(sql.SQL("GRANT organism_worker TO {}").format(sql.Identifier(login)))
    return is_new


def drop_login(database: Database, login: str) -> tuple[int, ...]:
    """Remove it; process ids of what it does on the server just now, which that does not end."""
    with database.connection() as connection:
        busy = connection.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s", (login,)).fetchall()
        connection.execute("DELETE FROM organism.access WHERE login = %s", (login,))
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(login)))
    return tuple(int(pid) for (pid,) in busy)


def list_logins(database: Database) -> Mapping[str, tuple[str, ...]]:
    """Login -> which of our roles it was given, roles of roles left out."""
    with database.connection() as connection:
        rows = connection.execute(
            _SQL["logins"],
            (list(ROLES),),
        ).fetchall()
    found: dict[str, tuple[str, ...]] = {}
    for login, role in rows:
        found[login] = (*found.get(login, ()), role)
    return found


def put_settings(database: Database, login: str, variables: Mapping[str, str]) -> None:
    """What this login alone can read by `own_settings`; the rest of what was there goes."""
    with database.connection() as connection:
        connection.execute("DELETE FROM organism.access WHERE login = %s", (login,))
        for variable, value in variables.items():
            connection.execute("INSERT INTO organism.access VALUES (%s, %s, %s)", (login, variable, value))


def own_settings(database: Database) -> Mapping[str, str]:
    """Variable -> value, of what `put_settings` left for the login of this process."""
    with database.connection() as connection:
        rows = connection.execute(
            "SELECT variable, value FROM organism.access WHERE login = session_user ORDER BY 1"
        ).fetchall()
    return {str(variable): str(value) for variable, value in rows}
