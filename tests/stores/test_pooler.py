"""Behind a pooler of transactions: what one client leaves on a connection, the next one finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from causal_organism.errors import RefusedError, SettingsError, StoreError
from causal_organism.ports import RunRecord, StepRecord
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from causal_organism.stores.postgres.poolers import describe_pooler
from causal_organism.stores.values.store import Values
from tests.pgbouncer import SERVER_CONNECTIONS, running
from tests.stores.ledgers import NOW, publish, version


@pytest.fixture
def database(pooled_dsn: str) -> Iterator[Database]:
    found = Database(pooled_dsn)
    yield found
    found.close()


def server_connections(dsn: str, setting: str = "synchronous_commit") -> list[tuple[int, str]]:
    """Process id and a setting of every connection that the pooler has, or may open."""
    with ExitStack() as clients:
        opened = [clients.enter_context(psycopg.connect(dsn)) for _ in range(SERVER_CONNECTIONS)]
        found = [
            each.execute("SELECT pg_backend_pid(), current_setting(%s)", (setting,)).fetchone()
            for each in opened  # all of them in a transaction at once
        ]
    return [(int(row[0]), str(row[1])) for row in found if row is not None]


def test_whoever_comes_after_a_lease_still_waits_for_the_disk(database: Database) -> None:
    ledger = PostgresLedger(database)
    ledger.begin_run(RunRecord(id="r", flow="f", selection="*", trigger="cli", actor="ana", started_at=NOW))
    with ledger.hold("a", "", "tester"), ledger.hold("b", "", "tester"):
        ledger.record_steps([StepRecord(run="r", key="a", outcome="made", version=1, at=NOW)])
    found = server_connections(database.dsn)
    assert len({pid for pid, _ in found}) == SERVER_CONNECTIONS
    assert [setting for _, setting in found] == ["on"] * SERVER_CONNECTIONS


WATCH = """
    CREATE TABLE seen (what text, waits text);
    CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO seen VALUES (TG_TABLE_NAME, current_setting('synchronous_commit'));
        RETURN NULL;
    END $$;
"""
WATCHED = ("run", "lease", "small_value", "step", "version")


def test_only_publication_waits_for_the_disk(database: Database, tmp_path: Path) -> None:
    ledger, values = PostgresLedger(database), Values(database, tmp_path)
    with database.connection() as connection:
        connection.execute(WATCH)
        for each in WATCHED:
            connection.execute(
                f"CREATE TRIGGER look AFTER INSERT OR UPDATE ON organism.{each} FOR EACH ROW EXECUTE FUNCTION look()"
            )
    ledger.begin_run(RunRecord(id="r", flow="f", selection="*", trigger="cli", actor="ana", started_at=NOW))
    with ledger.hold("k", "", "tester", ttl_s=60.0) as lease:
        values.describe(1)[1]()
        ledger._renew(lease, 60.0)
        ledger.record_steps([StepRecord(run="r", key="k", outcome="made", version=1, at=NOW)])
        ledger.publish(lease, version())
    with database.connection() as connection:
        found = connection.execute("SELECT what, waits FROM seen").fetchall()
    assert found == [
        ("run", "off"),
        ("lease", "off"),
        ("small_value", "off"),
        ("lease", "off"),
        ("step", "off"),
        ("version", "on"),
        ("lease", "off"),
    ]


def test_statements_that_are_repeated_work_whichever_connection_they_get(pooled_dsn: str) -> None:
    """Two clients take turns, and each gets the connection that the other one had."""
    ledgers = [PostgresLedger(Database(pooled_dsn)) for _ in range(2)]
    for at in range(12):
        publish(ledgers[at % 2], version(content=f"f{at}"))
        assert ledgers[1 - at % 2].heads()["k", ""].version.number == at + 1


def test_named_statements_where_the_pooler_does_not_bear_them_name_the_setting(pooled_dsn: str) -> None:
    database = Database(pooled_dsn, prepared=True)
    ledger = PostgresLedger(database)
    with pytest.raises(StoreError, match="prepared statement") as raised, ExitStack() as others:
        for _ in range(6):
            ledger.heads()  # prepared on the connection that is handed out first
        taken = others.enter_context(psycopg.connect(pooled_dsn))
        taken.execute("SELECT 1")  # and it stays with somebody else
        ledger.heads()
    assert "ORGANISM_POSTGRES_PREPARED" in str(raised.value.hint)


def test_a_pooler_is_seen_and_so_is_what_it_does_not_bear(fresh_dsn: str, pooled_dsn: str) -> None:
    assert describe_pooler(Database(fresh_dsn)) == describe_pooler(Database(fresh_dsn, prepared=True)) == ""
    assert describe_pooler(Database(pooled_dsn)) == "through a pooler"
    with pytest.raises(StoreError, match="named statements") as raised:
        describe_pooler(Database(pooled_dsn, prepared=True))
    assert "ORGANISM_POSTGRES_PREPARED" in str(raised.value.hint)


SETTINGS = {"statement_timeout": "77s", "search_path": '"$user", organism', "my.word": "it's \\ two words"}
OPTIONS = r"-c statement_timeout=77s --search-path=$user,organism -cmy.word=it's\ \\\ two\ words"


@pytest.mark.parametrize("single", [True, False])
def test_options_of_the_dsn_hold_in_each_transaction_and_nowhere_else(pooled_dsn: str, single: bool) -> None:
    database = Database(f"{pooled_dsn}?options={quote(OPTIONS)}")
    shown = b"SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name"
    with database.connection(single=single) as connection:
        assert dict(connection.execute(shown, (list(SETTINGS),)).fetchall()) == SETTINGS
    assert describe_pooler(database) == "through a pooler; `options` of the DSN are set in each transaction"
    database.close()
    for _, each in server_connections(pooled_dsn, "statement_timeout"):
        assert each == "0"


def test_a_dsn_that_only_reads_does_so_behind_a_pooler_too(pooled_dsn: str) -> None:
    Database(pooled_dsn).migrate()
    ledger = PostgresLedger(Database(f"{pooled_dsn}?options={quote('-c default_transaction_read_only=on')}"))
    assert ledger.heads() == {}
    with pytest.raises(RefusedError, match="read-only transaction"):
        ledger.set_fact("a", 1)


def test_options_that_no_transaction_can_have_are_refused_by_name(pooled_dsn: str) -> None:
    with pytest.raises(SettingsError, match="'-d5'"):
        Database(f"{pooled_dsn}?options={quote('-d5 -c geqo=off')}").migrate()


def test_a_pooler_of_statements_is_refused_with_what_to_set(fresh_dsn: str) -> None:
    with running(fresh_dsn, pool_mode="statement") as pooler, pytest.raises(StoreError) as raised:
        PostgresLedger(Database(pooler.dsn(fresh_dsn))).heads()
    assert "pool_mode = transaction" in str(raised.value.hint)
