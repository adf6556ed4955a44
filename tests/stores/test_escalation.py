"""What somebody with a login of their own tries with straight SQL, to decide or to make the log say something else."""

from __future__ import annotations

import hashlib
import json
import re

import psycopg
import pytest

from causal_organism.engine.history.audit_chain import check_chain
from causal_organism.interventions.lifecycle import ENGINE, PROPOSED, TRANSITIONS
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from tests.stores.logins import ROLES, Login, logins

__all__ = ["logins"]  # a fixture

_EVENT = "INSERT INTO organism.intervention_event (intervention, at, action, was, now, actor) VALUES ('p1', now(), {})"
_FACT = "INSERT INTO organism.fact VALUES ('{}', '{}')"
_APPROVE = _EVENT.format("'approve', 'proposed', 'approved', 'ana'")
_APPROVED = "UPDATE organism.intervention SET status = 'approved', changed_at = now() WHERE id = 'p1'"

# What nobody may do, whatever their role: statements of one transaction.
NOBODY = {
    "a decision in the engine's name": (
        _APPROVED,
        _EVENT.format("'approve', 'proposed', 'approved', 'engine'"),
    ),
    "a status without an event": (_APPROVED,),
    "an event without its status": (_APPROVE,),
    "a status in two steps by one event": (
        "UPDATE organism.intervention SET status = 'started' WHERE id = 'p1'",
        _EVENT.format("'start', 'proposed', 'started', 'ana'"),
    ),
    "an event of a status it never had": (
        "UPDATE organism.intervention SET status = 'started' WHERE id = 'p1'",
        _EVENT.format("'start', 'approved', 'started', 'ana'"),
    ),
    "an action under another name": (
        "UPDATE organism.intervention SET status = 'started' WHERE id = 'p1'",
        _EVENT.format("'begin', 'proposed', 'started', 'ana'"),
    ),
    "a review of another content": (
        """INSERT INTO organism.fact VALUES ('study-review:1', '{"fingerprint": "1", "text": "x"}')""",
    ),
    "a review of a file that nobody reviewed": (
        """INSERT INTO organism.fact VALUES ('study-file:/s.toml', '{"fingerprint": "1", "text": "x"}')""",
    ),
    "a fact renamed to a review": (
        """INSERT INTO organism.fact VALUES ('mine', '{}')""",
        """UPDATE organism.fact SET name = 'study-review:1' WHERE name = 'mine'""",
    ),
    "the database's owner": ("SET ROLE {owner}",),
    "another's name": ("SET SESSION AUTHORIZATION {owner}",),
    "a role that decides": ("GRANT organism_approver TO SESSION_USER",),
    "no triggers": ("SET session_replication_role = replica",),
    "a program": ("COPY organism.run TO PROGRAM 'id'",),
    "a file of the server": ("COPY organism.run TO '/tmp/x'",),
    "a file of the server's, read": ("CREATE TEMP TABLE t (x text); COPY t FROM '/etc/passwd'",),
    "a file as a large object": ("SELECT lo_import('/etc/passwd')",),
    "a function with the owner's rights": (
        "CREATE FUNCTION organism.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    ),
    "a function in public": ("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",),
    "a schema before ours": ("CREATE SCHEMA mine",),
    "an extension": ("CREATE EXTENSION hstore",),
    "a setting of the owner's": ("ALTER ROLE {owner} SET search_path = pg_temp",),
}  # fmt: skip


def migrated(dsn: str) -> None:
    database = Database(dsn)
    database.migrate()
    database.close()


def attempt(dsn: str, *statements: str) -> str | None:
    """What the server says against it; None: it was done."""
    try:
        with psycopg.connect(dsn) as connection:
            for statement in statements:
                connection.execute(statement.encode())
    except psycopg.Error as error:
        return f"{error.sqlstate} {error}"
    return None


@pytest.mark.parametrize("role", ROLES)
def test_no_role_gets_further_than_it_goes(logins: Login, fresh_dsn: str, role: str) -> None:
    dsn = logins(role)
    owner = psycopg.conninfo.conninfo_to_dict(fresh_dsn)["user"]
    done = {
        what: said
        for what, statements in NOBODY.items()
        if not (said := attempt(dsn, *(each.replace("{owner}", str(owner)) for each in statements)) or "").startswith(
            ("42501", "42P17")
        )
    }
    assert done == {}


def test_what_was_approved_stays_as_it_was_proposed(logins: Login) -> None:
    assert attempt(logins("approver"), _APPROVED, _APPROVE) is None
    worker = logins("worker")
    changed = "UPDATE organism.intervention SET {}"
    for change in ("proposal = '{}'", "changed_at = now()", "status = 'proposed', proposal = '{}'"):
        assert (attempt(worker, changed.format(change)) or "").startswith("42501"), change
    assert attempt(worker, "UPDATE organism.intervention SET status = status") is None


def review_of(text: str, **more: str) -> str:
    """The statement that stores a review of this text."""
    fingerprint = hashlib.sha256(text.encode()).hexdigest()[:16]
    value = json.dumps({"fingerprint": fingerprint, "text": text, "actor": "ana", "at": "2020-01-01", **more})
    return _FACT.format(f"study-review:{fingerprint}", value)


def test_only_an_approver_or_the_owner_reviews_a_study_and_a_review_stays(logins: Login, fresh_dsn: str) -> None:
    approver = logins("approver")
    for role in ("reader", "analyst", "operator", "worker"):
        assert "42501" in (attempt(logins(role), review_of(role)) or ""), role
    assert attempt(approver, review_of("theirs", session="eve")) is None
    assert attempt(fresh_dsn, review_of("ours")) is None
    (name,) = re.findall("study-review:[0-9a-f]+", review_of("theirs"))
    for change in ("DELETE FROM organism.fact", "UPDATE organism.fact SET value = '{}'"):
        for who in (approver, logins("operator"), fresh_dsn):
            assert "42501" in (attempt(who, f"{change} WHERE name = '{name}'") or ""), (change, who)
    with psycopg.connect(fresh_dsn) as connection:
        row = connection.execute(
            "SELECT value ->> 'session' LIKE 'test_approver_%%', (value ->> 'at')::timestamptz > now() - interval '1h'"
            " FROM organism.fact WHERE name = %s", (name,),
        ).fetchone()  # fmt: skip
    assert row == (True, True)
    assert "42501" in (attempt(approver, "INSERT INTO organism.fact VALUES ('worker-assets', '\"x\"')") or "")
    for role in ("operator", "worker"):
        assert attempt(logins(role), _FACT.format(f"of-{role}", 1)) is None


def test_where_there_are_no_roles_a_worker_reviews_nothing_and_the_owner_does(fresh_dsn: str, logins: Login) -> None:
    worker = logins("worker")
    with psycopg.connect(fresh_dsn) as connection:
        for role in ("reader", "analyst", "operator", "approver"):
            connection.execute(f"REVOKE ALL ON SCHEMA organism FROM organism_{role}".encode())
    assert "organism_approver" in (attempt(worker, review_of("x")) or "")
    assert attempt(worker, "INSERT INTO organism.fact VALUES ('of-worker', '1')") is None
    assert attempt(fresh_dsn, review_of("x")) is None


def test_who_approved_does_not_start_by_straight_sql_either(logins: Login) -> None:
    started = (
        "UPDATE organism.intervention SET status = 'started' WHERE id = 'p1'",
        _EVENT.format("'start', 'approved', 'started', 'bo'"),
    )
    one, other = logins("approver"), logins("approver")
    assert attempt(one, _APPROVED, _APPROVE) is None
    assert "another approver" in (attempt(one, *started) or "")
    assert attempt(other, *started) is None


def test_tables_of_a_session_do_not_stand_for_the_catalogs(fresh_dsn: str, logins: Login) -> None:
    """A worker where there are no other roles, who would pass for the owner, who decides there."""
    worker = logins("worker")
    with psycopg.connect(fresh_dsn) as connection:
        for role in ("reader", "analyst", "operator", "approver"):
            connection.execute(f"REVOKE ALL ON SCHEMA organism FROM organism_{role}".encode())
    shadows = (
        "CREATE TEMP TABLE pg_roles AS SELECT 1::oid AS oid, session_user::name AS rolname, true AS rolsuper",
        "CREATE TEMP TABLE pg_namespace AS SELECT 'organism'::name AS nspname, 1::oid AS nspowner",
    )
    for statements in ((), shadows):
        assert "organism_approver" in (attempt(worker, *statements, _APPROVED, _APPROVE) or ""), statements


def test_types_of_a_session_leave_the_chain_whole_and_nobody_chooses_place_or_moment(
    logins: Login, fresh_dsn: str
) -> None:
    added = (
        "INSERT INTO organism.audit (id, at, actor, action, subject, session, number) OVERRIDING SYSTEM VALUE"
        " VALUES ({}, '2020-01-01', 'ana', 'x', 'y', 'eve', 99)"
    )
    types = "CREATE DOMAIN pg_temp.text AS varchar(1); SET search_path = pg_temp, pg_catalog"
    for place in (-7, 10**15):
        assert attempt(logins("operator"), types, added.format(place)) is None
    with psycopg.connect(fresh_dsn) as connection:
        rows = connection.execute(
            "SELECT id, number, session LIKE 'test_operator_%', at > now() - interval '1 hour'"
            " FROM organism.audit ORDER BY id"
        ).fetchall()
    assert [row[:2] for row in rows] == [(1, 1), (2, 2), (3, 3)]
    assert [row[2:] for row in rows[1:]] == [(True, True)] * 2
    database = Database(fresh_dsn)
    assert check_chain(PostgresLedger(database).audit_chain(), from_the_start=True).whole
    database.close()


def test_the_database_knows_the_same_steps_as_the_table_of_the_lifecycle(fresh_dsn: str) -> None:
    migrated(fresh_dsn)
    with psycopg.connect(fresh_dsn) as connection:
        found = connection.execute("SELECT was, action, now, who FROM organism.decision_steps()").fetchall()
    ours = {(was, action, now, who) for (was, action), (now, who) in TRANSITIONS.items()}
    assert set(found) == {*ours, (None, "propose", PROPOSED, ENGINE)}


def test_every_function_of_the_schema_says_where_it_looks(fresh_dsn: str) -> None:
    migrated(fresh_dsn)
    with psycopg.connect(fresh_dsn) as connection:
        found = connection.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'organism'::regnamespace"
            " AND NOT coalesce(proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)"
        ).fetchall()
    assert found == []
