"""What TimescaleDB does for readings and interactions, and that nothing of ours breaks on what it makes of tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from causal_organism.ports.backups import TableRows
from causal_organism.stores.postgres.copies import PostgresCopies
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.readings import SqlReadings
from causal_organism.stores.postgres.roles import roles_sql

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
EFFECT = {"outcome": "focus", "treatment": "meet", "effect": -0.5, "ci_lo": -1.0, "ci_hi": 0.0, "verdict": "supported"}
WEEKLY = "SELECT week, effect, shown, readings FROM organism.effect_weekly ORDER BY week"
READINGS = "SELECT at, person, version, detail FROM organism.effect_reading ORDER BY at, person, version"


@pytest.fixture
def database(timescale_dsn: str) -> Iterator[Database]:
    found = Database(timescale_dsn)
    yield found
    found.close()


def ask(database: Database, query: str) -> list[tuple[Any, ...]]:
    """A statement that is a transaction of its own, as TimescaleDB wants it of some."""
    with database.connection(single=True) as connection:
        answer = connection.execute(query.encode())
        return answer.fetchall() if answer.description else []


def write_weeks(readings: SqlReadings, count: int = 3) -> None:
    """A reading of two people in each of so many weeks."""
    for week in range(count):
        effects = [EFFECT | {"id": person} for person in ("a", "b")]
        readings.write_effects(effects, version=week, at=MONDAY + timedelta(weeks=week))


def test_tables_have_chunks_compression_and_trends_with_their_jobs(database: Database) -> None:
    SqlReadings(database).setup()
    tables = ask(database, "SELECT hypertable_name, compression_enabled FROM timescaledb_information.hypertables"
                           " WHERE hypertable_schema = 'organism' ORDER BY 1")  # fmt: skip
    assert tables == [("effect_reading", True), ("interaction", False), ("view_reading", True)]
    trends = ask(database, "SELECT view_name, materialized_only FROM timescaledb_information.continuous_aggregates"
                           " ORDER BY 1")  # fmt: skip
    assert trends == [("effect_weekly", False), ("view_daily", False)]
    jobs = ask(database, "SELECT proc_name, count(*) FROM timescaledb_information.jobs"
                         " WHERE hypertable_name IS NOT NULL GROUP BY 1 ORDER BY 1")  # fmt: skip
    assert jobs == [("policy_compression", 2), ("policy_refresh_continuous_aggregate", 2)]


def test_a_trend_has_what_was_written_since_and_before_it_was_counted(database: Database) -> None:
    readings = SqlReadings(database)
    write_weeks(readings)
    before = ask(database, WEEKLY)
    assert [(shown, count) for _, _, shown, count in before] == [(2, 2)] * 3
    ask(database, "CALL refresh_continuous_aggregate('organism.effect_weekly', NULL, NULL)")
    assert ask(database, WEEKLY) == before
    readings.write_effects([EFFECT | {"id": "c", "effect": 2.5}], version=9, at=MONDAY + timedelta(weeks=9))
    assert ask(database, WEEKLY)[-1][1:] == (2.5, 1, 1)


def test_the_job_follows_changes_of_the_past_however_old(database: Database) -> None:
    readings = SqlReadings(database)
    write_weeks(readings)
    ask(database, "CALL refresh_continuous_aggregate('organism.effect_weekly', NULL, NULL)")
    ask(database, "DELETE FROM organism.effect_reading WHERE person = 'b'")
    jobs = "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_refresh_continuous_aggregate'"
    for (job,) in ask(database, jobs) * 2:  # it leaves the last bucket to its next run (seen in 2.23)
        ask(database, f"CALL run_job({job})")
    assert [count for *_, count in ask(database, WEEKLY)] == [1, 1, 1]


def test_compressed_readings_are_written_to_read_and_removed(database: Database) -> None:
    readings = SqlReadings(database)
    write_weeks(readings)
    before = ask(database, READINGS)
    chunks = ask(database, "SELECT compress_chunk(c) FROM show_chunks('organism.effect_reading') c")
    assert len(chunks) == 3
    assert ask(database, READINGS) == before
    write_weeks(readings)  # told again
    assert ask(database, READINGS) == before
    readings.write_effects([EFFECT | {"id": "late"}], version=0, at=MONDAY)
    assert len(ask(database, READINGS)) == len(before) + 1
    PostgresCopies(database).forget_readings_after(MONDAY)
    assert [(person, version) for _, person, version, _ in ask(database, READINGS)] == [("a", 0), ("b", 0), ("late", 0)]


def test_plain_tables_with_rows_and_views_become_hypertables_with_trends(database: Database) -> None:
    """As of a database that gets the extension later."""
    database.migrate()
    readings = SqlReadings(database)
    readings.write_effects([EFFECT | {"id": "a"}], version=1, at=MONDAY)
    weekly = ask(database, WEEKLY)
    ask(database, "DROP MATERIALIZED VIEW organism.effect_weekly")
    ask(database, "DROP MATERIALIZED VIEW organism.view_daily")
    for table in ("effect_reading", "view_reading"):
        ask(database, f"CREATE TABLE organism.plain (LIKE organism.{table} INCLUDING ALL)")
        ask(database, f"WITH rows AS (TABLE organism.{table}) INSERT INTO organism.plain TABLE rows")
        ask(database, f"DROP TABLE organism.{table}")
        ask(database, f"ALTER TABLE organism.plain RENAME TO {table}")
    ask(database, "CREATE VIEW organism.effect_weekly AS SELECT 1 AS week")
    ask(database, "CREATE VIEW organism.view_daily AS SELECT 1 AS day")
    SqlReadings(database).setup()
    assert ask(database, WEEKLY) == weekly
    assert ask(database, "SELECT count(*) FROM timescaledb_information.hypertables"
                         " WHERE hypertable_schema = 'organism'") == [(3,)]  # fmt: skip


def test_trends_of_an_earlier_version_are_brought_up(database: Database) -> None:
    SqlReadings(database).setup()
    ask(database, "ALTER MATERIALIZED VIEW organism.view_daily SET (timescaledb.materialized_only = true)")
    ask(database, "SELECT remove_continuous_aggregate_policy('organism.view_daily')")
    ask(database, "SELECT add_continuous_aggregate_policy('organism.view_daily', start_offset => interval '7 days',"
                  " end_offset => interval '1 hour', schedule_interval => interval '1 hour')")  # fmt: skip
    SqlReadings(database).setup()
    assert ask(database, "SELECT DISTINCT materialized_only FROM timescaledb_information.continuous_aggregates") == [
        (False,)
    ]
    assert ask(database, "SELECT count(*), count(config ->> 'start_offset') FROM timescaledb_information.jobs"
                         " WHERE proc_name = 'policy_refresh_continuous_aggregate'") == [(2, 0)]  # fmt: skip


def test_where_aggregates_cannot_be_made_trends_are_plain_views(database: Database) -> None:
    """As in TimescaleDB's edition without them. Here it is because something of somebody else's reads a plain view."""
    database.migrate()
    ask(database, "CREATE VIEW organism.effect_weekly AS SELECT NULL::timestamptz AS week")
    ask(database, "CREATE VIEW organism.of_somebody AS SELECT * FROM organism.effect_weekly")
    write_weeks(SqlReadings(database))
    assert ask(database, "SELECT view_name FROM timescaledb_information.continuous_aggregates") == []
    assert [count for *_, count in ask(database, WEEKLY)] == [2, 2, 2]


def test_roles_see_of_hypertables_and_trends_what_is_theirs(database: Database) -> None:
    write_weeks(SqlReadings(database))
    ask(database, "SELECT compress_chunk(c) FROM show_chunks('organism.effect_reading') c LIMIT 1")
    database.run_script(roles_sql())
    queries = {name: f"TABLE organism.{name}" for name in ("effect_reading", "effect_weekly", "view_daily")}
    assert {name for name, query in queries.items() if _may(database, "organism_reader", query)} == {"effect_weekly"}
    assert {name for name, query in queries.items() if _may(database, "organism_analyst", query)} == {*queries}
    assert _may(database, "organism_worker", "DELETE FROM organism.effect_reading WHERE person = 'b'")


def _may(database: Database, role: str, query: str) -> bool:
    import psycopg

    with database.connect(autocommit=True) as connection, connection.transaction():
        connection.execute(f"SET LOCAL ROLE {role}".encode())
        try:
            with connection.transaction():
                connection.execute(query.encode())
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True


def test_a_backup_of_hypertables_comes_back_whole(database: Database) -> None:
    write_weeks(SqlReadings(database))
    ask(database, "SELECT compress_chunk(c) FROM show_chunks('organism.effect_reading') c LIMIT 1")
    before, weekly = ask(database, READINGS), ask(database, WEEKLY)
    copies = PostgresCopies(database)
    with copies.moment() as moment:
        taken = [(table, list(moment.rows(table))) for table in moment.tables()]
        migrations = moment.migrations
    ask(database, "DROP SCHEMA organism CASCADE")
    found = Database(database.dsn)
    PostgresCopies(found).load(migrations, [TableRows(table, partial(iter, rows)) for table, rows in taken])
    readings = SqlReadings(found)
    readings.setup()
    assert (ask(found, READINGS), ask(found, WEEKLY)) == (before, weekly)
    found.close()
