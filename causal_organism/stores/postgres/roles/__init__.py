"""Roles in PostgreSQL: who may read, write, and decide, as the server enforces it."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from causal_organism.errors import RefusedError
from causal_organism.stores.statements import load_statements

if TYPE_CHECKING:
    import psycopg

_SQL = load_statements("postgres/statements/logins.sql")

_OF_PEOPLE = frozenset(
    {
        "batch", "booked_week", "effect_reading", "interaction", "person", "refusal", "sender_id", "small_value", "tie",
        "tie_week", "view_daily", "view_reading",
    }
)  # fmt: skip
_DECISIONS = frozenset({"intervention", "intervention_event"})


def roles_sql() -> str:
    """Statements that create the roles and grant what they may; repeating them changes nothing."""
    return "\n".join((_script("roles.sql"), worker_sql(), trends_sql()))


def worker_sql() -> str:
    """The same for the role organism_worker alone, for a home with no other."""
    return _script("worker.sql")


def trends_sql() -> str:
    """What roles may do with trends, where there are some."""
    return _script("trends.sql")


def present_grants(connection: psycopg.Connection[Any]) -> str:
    """Statements that grant again what roles may do here: to tables that are new, or in a schema that is made anew."""
    row = connection.execute(_SQL["present_grants"]).fetchone()
    assert row is not None  # an aggregate has one
    has_all, has_worker = row
    return roles_sql() if has_all else worker_sql() if has_worker else ""


def _script(name: str) -> str:
    return resources.files("causal_organism.stores.postgres.roles").joinpath(name).read_text("utf-8")


def refused(error: psycopg.errors.InsufficientPrivilege | psycopg.errors.ReadOnlySqlTransaction) -> RefusedError:
    """What PostgreSQL did not permit, with the role that would."""
    message = error.diag.message_primary or str(error)
    if error.sqlstate == "25006":
        hint = (
            "the connection is read-only: ORGANISM_READ_ONLY, --read-only, a standby, or default_transaction_read_only"
        )
        return RefusedError(f"PostgreSQL: {message}", hint=hint, code="read-only")
    table = message.rpartition(" ")[2]  # the server names it in its text alone
    if error.diag.source_function == "exec_stmt_raise":  # a trigger of ours, which says itself what is needed
        hint = "an admin grants roles: GRANT organism_approver TO somebody"
    elif message.startswith(("permission denied to create role", "permission denied to grant role")):
        hint = "whoever may create roles runs it: organism deploy roles | psql"
    elif table in _DECISIONS:
        hint = "deciding needs the role organism_approver"
    elif table in _OF_PEOPLE:
        hint = "single people need the role organism_analyst to be seen, and organism_operator to be changed"
    else:
        hint = "changes need the role organism_operator; the schema and roles, its owner"
    return RefusedError(f"PostgreSQL: {message}", hint=hint, code="not-permitted")
