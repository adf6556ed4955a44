"""What each role may do, by what PostgreSQL itself answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from causal_organism.errors import RefusedError, StoreError
from causal_organism.stores.postgres.copies import PostgresCopies
from causal_organism.stores.postgres.database import Database, known_migrations
from causal_organism.stores.postgres.interventions import PostgresInterventions
from causal_organism.stores.postgres.ledger import PostgresLedger
from causal_organism.stores.postgres.roles import roles_sql
from tests.stores.logins import NOW, PROPOSAL, ROLES, Login, logins

__all__ = ["logins"]  # a fixture


# statement -> who may; everybody else is refused by the server
ALLOWED: dict[str, set[str]] = {
    "SELECT * FROM organism.run": {*ROLES},
    "SELECT * FROM organism.audit": {*ROLES},
    "SELECT * FROM organism.intervention": {*ROLES},
    "SELECT * FROM organism.interaction": {"analyst", "operator", "approver", "worker"},
    "SELECT * FROM organism.small_value": {"analyst", "operator", "approver", "worker"},
    "SELECT * FROM organism.effect_reading": {"analyst", "operator", "approver", "worker"},
    "UPDATE organism.run SET outcome = outcome": {"operator", "worker"},
    "DELETE FROM organism.interaction": {"operator", "worker"},
    "UPDATE organism.intervention SET status = status": {"operator", "approver", "worker"},
    "INSERT INTO organism.audit (at, actor, action, subject) VALUES (now(), 'ana', 'x', 'y')": {
        "operator", "approver", "worker",
    },
    "UPDATE organism.audit SET actor = 'eve'": set(),
    "DELETE FROM organism.audit": set(),
    "TRUNCATE organism.audit": set(),
    "ALTER TABLE organism.audit DISABLE TRIGGER audit_chained": set(),
    "DROP TABLE organism.audit": set(),
    "DELETE FROM organism.intervention_event": set(),
    "CREATE TABLE organism.mine (x int)": set(),
    "INSERT INTO organism.migration (name) VALUES ('9999')": set(),
    "INSERT INTO organism.intervention_event (intervention, at, action, was, now, actor) "
    "VALUES ('p1', now(), 'approve', 'proposed', 'approved', 'ana')": {"approver"},
    "INSERT INTO organism.intervention_event (intervention, at, action, was, now, actor) "
    "VALUES ('p1', now(), 'withdraw', 'proposed', 'withdrawn', 'engine')": {"operator", "worker"},
}  # fmt: skip

As = Callable[[str], Database]


@pytest.fixture
def as_role(logins: Login) -> Iterator[As]:
    """Role -> a database used by a new login that has it; closed before the login is dropped, whose connections nobody
    could end afterwards."""
    opened: list[Database] = []

    def database(role: str) -> Database:
        opened.append(Database(logins(role)))
        return opened[-1]

    yield database
    for each in opened:
        each.close()


@pytest.mark.parametrize("role", ROLES)
def test_straight_sql_of_each_role_is_allowed_or_refused_by_the_server(logins: Login, role: str) -> None:
    dsn, found = logins(role), {}
    for statement in ALLOWED:
        with psycopg.connect(dsn) as connection:
            try:
                connection.execute(statement.encode())
                found[statement] = True
            except psycopg.errors.InsufficientPrivilege:
                found[statement] = False
            connection.rollback()
    assert found == {statement: role in who for statement, who in ALLOWED.items()}


def refused(act: Callable[[], Any]) -> str:
    with pytest.raises(RefusedError) as caught:
        act()
    assert caught.value.code == "not-permitted"
    return f"{caught.value.message} | {caught.value.hint}"


def test_what_the_server_refuses_is_told_with_the_role_that_is_needed(as_role: As) -> None:
    reader = as_role("reader")
    assert PostgresLedger(reader).audit_log()[0].subject == "k"
    said = refused(lambda: PostgresLedger(reader).audit(actor="ana", action="x", subject="y", detail={}, at=NOW))
    assert "permission denied for table audit" in said and "organism_operator" in said
    worker = PostgresInterventions(as_role("worker"))
    assert "organism_approver" in refused(lambda: worker.act("p1", "approve", actor="ana", at=NOW))


def test_who_approved_does_not_start_and_the_login_stands_beside_the_name(as_role: As, fresh_dsn: str) -> None:
    ana, bo = (PostgresInterventions(as_role("approver")) for _ in range(2))
    assert ana.act("p1", "approve", actor="ana", at=NOW) == "approved"
    assert "another approver" in refused(lambda: ana.act("p1", "start", actor="bo", at=NOW))
    assert bo.act("p1", "start", actor="bo", at=NOW) == "started"
    with psycopg.connect(fresh_dsn) as connection:
        rows = connection.execute(
            "SELECT action, session LIKE 'test_approver_%' FROM organism.intervention_event ORDER BY id"
        ).fetchall()
    assert rows == [("propose", False), ("approve", True), ("start", True)]


def test_who_owns_no_tables_says_whose_they_are_where_they_are_older(as_role: As, fresh_dsn: str) -> None:
    worker = as_role("worker")
    with psycopg.connect(fresh_dsn) as connection:
        connection.execute("DELETE FROM organism.migration WHERE name = '0021_worker.sql'")
    with pytest.raises(StoreError) as caught:
        PostgresLedger(worker).audit_log()
    assert (caught.value.code, "their owner" in str(caught.value.hint)) == ("not-migrated", True)


def test_a_restore_grants_what_was_granted(as_role: As, fresh_dsn: str) -> None:
    reader, owner = as_role("reader"), Database(fresh_dsn)
    with psycopg.connect(fresh_dsn) as connection:
        connection.execute("DROP SCHEMA organism CASCADE")
    owner.migrate()
    owner.run_script(roles_sql())
    PostgresCopies(owner).load(known_migrations(), ())
    owner.close()
    assert PostgresLedger(reader).audit_log() == ()
    assert "single people" in refused(lambda: reader.run_script("SELECT * FROM organism.person"))


def test_without_roles_one_login_does_all(fresh_dsn: str) -> None:
    store = PostgresInterventions(Database(fresh_dsn))
    store.sync_proposals([PROPOSAL], at=NOW, run=None)
    assert store.act("p1", "approve", actor="ana", at=NOW) == "approved"
    assert store.act("p1", "start", actor="ana", at=NOW) == "started"
