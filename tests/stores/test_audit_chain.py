"""The chain of the audit log: what breaks it is found, and what the server knows is not the client's to say."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from causal_organism.engine.history.audit_chain import check_chain
from causal_organism.ports import Ledger
from causal_organism.stores.memory.ledger import MemoryLedger
from causal_organism.stores.postgres import database as database_module
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger

NOW = datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["memory", "postgres", "pgbouncer"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    if request.param == "memory":
        return MemoryLedger(lambda: datetime.now(UTC))
    return PostgresLedger(
        Database(request.getfixturevalue("fresh_dsn" if request.param == "postgres" else "pooled_dsn"))
    )


def test_rows_of_the_log_are_chained_whoever_writes_them(ledger: Ledger) -> None:
    for number in range(5):
        ledger.audit(actor="ana", action="pin", subject=f"k{number}", detail={"né": [1, {"a": None}]}, at=NOW)
    rows = list(ledger.audit_chain())
    assert [entry.number for entry, _ in rows] == [1, 2, 3, 4, 5]
    report = check_chain(rows, from_the_start=True)
    assert report.whole and report.rows == 5
    assert [entry.number for entry, _ in ledger.audit_chain(after=3)] == [4, 5]
    assert list(ledger.audit_chain(since=NOW + timedelta(seconds=1))) == []
    assert {each.session for each in ledger.audit_log()} != {""}


def test_many_writers_at_once_make_one_chain(fresh_dsn: str) -> None:
    def write(name: str) -> None:
        for number in range(20):
            PostgresLedger(database).audit(actor=name, action="pin", subject=str(number), detail={}, at=NOW)

    database = Database(fresh_dsn)
    threads = [threading.Thread(target=write, args=(name,)) for name in ("ana", "bo", "cy")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    report = check_chain(PostgresLedger(database).audit_chain(), from_the_start=True)
    assert report.whole and report.rows == 60


CHANGES = {
    "UPDATE organism.audit SET actor = 'eve' WHERE number = 3": (3, "changed", []),
    "UPDATE organism.audit SET at = at + interval '1 microsecond' WHERE number = 1": (1, "changed", []),
    "DELETE FROM organism.audit WHERE number IN (2, 3)": (None, None, [2, 3]),
    "DELETE FROM organism.audit WHERE number = 1": (None, None, [1]),
    "UPDATE organism.audit SET actor = 'eve', digest = organism.audit_digest("
    "previous, number, at, session, 'eve', action, subject, detail) WHERE number = 3": (4, "replaced", []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_an_owner_does_to_the_log_behind_its_triggers_is_found(fresh_dsn: str, change: str) -> None:
    ledger = PostgresLedger(Database(fresh_dsn))
    for subject in "abcde":
        ledger.audit(actor="ana", action="pin", subject=subject, detail={"n": 1}, at=NOW)
    with psycopg.connect(fresh_dsn) as connection:
        connection.execute("ALTER TABLE organism.audit DISABLE TRIGGER USER")
        connection.execute(change.encode())
    report = check_chain(ledger.audit_chain(), from_the_start=True)
    number, reason, missing = CHANGES[change]
    assert not report.whole
    assert (report.broken.number if report.broken else None) == number
    assert reason is None or reason in str(report.reason)
    assert report.missing == missing


def test_the_login_is_what_the_server_says_and_not_the_client(fresh_dsn: str) -> None:
    ledger = PostgresLedger(Database(fresh_dsn))
    with psycopg.connect(fresh_dsn) as connection:
        ledger.audit(actor="ana", action="pin", subject="k", detail={}, at=NOW)
        connection.execute(
            "INSERT INTO organism.audit (at, actor, action, subject, session, number, digest) "
            "VALUES (now(), 'ana', 'pin', 'k', 'nobody', 77, 'x')"
        )
        (login,) = connection.execute("SELECT session_user").fetchone() or ("",)
    assert [(entry.number, entry.session) for entry, _ in ledger.audit_chain()] == [(1, login), (2, login)]


def test_rows_of_before_the_chain_are_chained_as_they_stand(fresh_dsn: str) -> None:
    with psycopg.connect(fresh_dsn) as connection:
        connection.execute("CREATE SCHEMA organism")
        connection.execute("CREATE TABLE organism.migration (name text PRIMARY KEY, at timestamptz DEFAULT now())")
        for file in sorted((Path(database_module.__file__).parent / "sql").glob("00*.sql")):
            if file.name < "0018":
                connection.execute(file.read_bytes())
                connection.execute("INSERT INTO organism.migration (name) VALUES (%s)", (file.name,))
        for name in ("ana", "bo"):
            connection.execute(
                "INSERT INTO organism.audit (at, actor, action, subject) VALUES (now(), %s, 'pin', 'k')", (name,)
            )
    ledger = PostgresLedger(Database(fresh_dsn))
    ledger.audit(actor="cy", action="pin", subject="k", detail={}, at=NOW)
    rows = list(ledger.audit_chain())
    assert [(entry.actor, bool(entry.session)) for entry, _ in rows] == [("ana", False), ("bo", False), ("cy", True)]
    assert check_chain(rows, from_the_start=True).whole
