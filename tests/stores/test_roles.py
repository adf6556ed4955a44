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
from causal_organism.stores.postgres.readings import SqlReadings
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

OPERATIONS = (
    "alert", "attempt", "automation", "cancellation", "code_parts", "gap", "head", "import", "intervention", "kind",
    "lease", "look", "rejected", "run", "step", "stream_position", "version",
)  # fmt: skip
"""Tables of operations and groups, which every role sees; who makes assets writes them."""
PEOPLE = (
    "batch", "booked_week", "effect_reading", "interaction", "person", "refusal", "sender_id", "small_value", "tie",
    "tie_week", "view_reading",
)  # fmt: skip
"""Tables that tell of single people, or hold values that may: a reader does not see them."""
KEPT = {
    "audit": {"operator", "worker", "approver"}, "intervention_event": {"operator", "worker", "approver"},
    "migration": set(), "access": set(),
}  # fmt: skip
"""Table of which no role changes or removes a row -> who may add one. Of access each sees their own rows alone."""
TRENDS = {"effect_weekly": {*ROLES}, "view_daily": {*ROLES} - {"reader"}}
"""View -> who reads it: as its owner, so it tells of readings what a reader of the view does not see by themselves."""
MAKE = {"operator", "worker"}
ALL = {*ROLES}


def privileges(table: str) -> dict[str, set[str]]:
    """What may be done with a table -> who may. Every table of the schema has a place here, or the test is red."""
    if table in TRENDS:
        return {"SELECT": TRENDS[table]}
    sees = ALL - {"reader"} if table in PEOPLE else ALL
    adds, changes, removes = MAKE, MAKE, MAKE
    if table in KEPT:
        adds, changes, removes = KEPT[table], set(), set()
    elif table == "fact":  # reviews of studies; a trigger refuses the approver all others
        adds, changes = MAKE | {"approver"}, MAKE | {"approver"}
    elif table == "intervention":
        changes = MAKE | {"approver"}
    elif table not in (*OPERATIONS, *PEOPLE):
        return {}
    return {"SELECT": sees, "INSERT": adds, "UPDATE": changes, "DELETE": removes}


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


def test_every_table_says_who_may_do_what_with_it(logins: Login, fresh_dsn: str) -> None:
    """Asked of the server for all tables that it has. A new one needs a place above, and rights that fit it."""
    asked = (
        "SELECT relname, r, p, {}('organism_' || r, c.oid, p) FROM pg_class c, unnest(%s::text[]) r,"
        " unnest(%s::text[]) p WHERE relnamespace = 'organism'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
    )
    with psycopg.connect(fresh_dsn) as connection:
        rows = [
            row
            for function, rights in (
                ("has_any_column_privilege", ["SELECT", "INSERT", "UPDATE", "REFERENCES"]),  # of a table, all columns
                ("has_table_privilege", ["DELETE", "TRUNCATE", "TRIGGER"]),
            )
            for row in connection.execute(asked.format(function).encode(), (list(ROLES), rights))
        ]
    found: dict[str, dict[str, set[str]]] = {}
    for table, role, privilege, may in rows:
        held = found.setdefault(str(table), {})
        if may:
            held.setdefault(str(privilege), set()).add(str(role))
    assert found == {table: {privilege: who for privilege, who in privileges(table).items() if who} for table in found}
    assert found.keys() >= {"fact", *OPERATIONS, *PEOPLE, *KEPT, *TRENDS}


def test_trends_that_are_made_after_the_roles_are_granted_too(as_role: As, fresh_dsn: str) -> None:
    reader, analyst, owner = as_role("reader"), as_role("analyst"), Database(fresh_dsn)
    owner.run_script("DROP VIEW organism.effect_weekly, organism.view_daily")
    SqlReadings(owner).setup()
    owner.close()
    for statement in ("SELECT * FROM organism.effect_weekly", "SELECT * FROM organism.view_daily"):
        analyst.run_script(statement)
    reader.run_script("SELECT * FROM organism.effect_weekly")
    assert "single people" in refused(lambda: reader.run_script("SELECT * FROM organism.view_daily"))


def test_the_schema_lends_nobody_the_rights_of_its_owner(logins: Login, fresh_dsn: str) -> None:
    """No function and no view but the trends runs as its owner, and none of the roles may do more than its own."""
    with psycopg.connect(fresh_dsn) as connection:
        lent = connection.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'organism'::regnamespace AND prosecdef"
            " UNION ALL SELECT relname FROM pg_class WHERE relnamespace = 'organism'::regnamespace AND relkind = 'v'"
        ).fetchall()
        able = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'organism\\_%'"
            " AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"
        ).fetchall()
    assert ({name for (name,) in lent}, able) == ({*TRENDS}, [])


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
