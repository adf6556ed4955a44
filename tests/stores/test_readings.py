"""Readings: plain tables on PostgreSQL, hypertables on a TimescaleDB."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import pytest

from causal_organism.ports.tables import ReadingStore
from causal_organism.stores.memory.readings import MemoryReadings
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.readings import SqlReadings
from tests.stores.truth import NOW


@pytest.fixture(params=["postgres", "timescale"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    found = Database(request.getfixturevalue("timescale_dsn" if request.param == "timescale" else "fresh_dsn"))
    yield found
    found.close()


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with database.connection() as connection:
        return connection.execute(query.encode()).fetchall()


def test_setting_up_twice_changes_nothing_and_says_what_it_is(database: Database) -> None:
    readings = SqlReadings(database)
    readings.setup()
    readings.setup()
    hypertables = "TimescaleDB" in readings.product()
    assert hypertables or readings.product() == "plain tables"
    if hypertables:
        names = rows(database, "SELECT hypertable_name FROM timescaledb_information.hypertables ORDER BY 1")
        assert {"effect_reading", "view_reading", "interaction"} <= {name for (name,) in names}


def test_effects_are_written_once_per_version(database: Database) -> None:
    readings = SqlReadings(database)
    effects = [
        {"id": "a", "outcome": "focus", "treatment": "meet", "effect": -0.5, "ci_lo": -1.0, "ci_hi": 0.1, "weeks": 26},
        {"id": "b", "outcome": "focus", "treatment": "meet", "effect": float("nan"), "verdict": "refused", "x": None},
    ]
    for _ in range(2):
        readings.write_effects(effects, version=3, at=NOW)
    assert rows(
        database, "SELECT person, effect, ci_lo, verdict, detail, version FROM organism.effect_reading ORDER BY person"
    ) == [("a", -0.5, -1.0, "", {"weeks": 26}, 3), ("b", None, None, "refused", {"x": None}, 3)]


def test_views_are_written_by_metric(database: Database) -> None:
    readings = SqlReadings(database)
    columns = ["id", "in", "out", "label"]
    values: list[list[Any]] = [["a", 1, 2.5, "x"], ["b", None, 0, "y"]]
    for version in (1, 1, 2):
        readings.write_view("views/degree", columns, values, version=version, at=NOW)
    found = rows(
        database,
        "SELECT entity, metric, value FROM organism.view_reading WHERE version = 1 ORDER BY entity, metric",
    )
    assert found == [("a", "in", 1.0), ("a", "out", 2.5), ("b", "in", None), ("b", "out", 0.0)]
    assert rows(database, "SELECT count(*) FROM organism.view_reading") == [(8,)]


TREND = ["week", "outcome", "treatment", "effect", "ci_lo", "ci_hi", "shown", "supported", "readings"]


def test_effects_have_a_trend_by_week_of_the_same_columns_with_timescaledb_and_without(database: Database) -> None:
    readings = SqlReadings(database)
    readings.setup()
    effect = {"outcome": "focus", "treatment": "meet", "ci_lo": -1.0, "ci_hi": 0.0}
    effects = [
        effect | {"id": "a", "effect": -0.5, "verdict": "supported"},
        effect | {"id": "b", "effect": -0.3, "verdict": "weak"},
        {"id": "c", "outcome": "focus", "treatment": "meet", "effect": float("nan"), "verdict": "refused"},
    ]
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    readings.write_effects(effects, version=1, at=monday + timedelta(days=6, hours=23))
    readings.write_effects(effects[:1], version=2, at=monday + timedelta(days=7))
    if "TimescaleDB" in readings.product():
        with database.connection(single=True) as connection:
            connection.execute("CALL refresh_continuous_aggregate('organism.effect_weekly', NULL, NULL)")
    names = rows(database, "SELECT attname FROM pg_attribute WHERE attrelid = 'organism.effect_weekly'::regclass"
                           " AND attnum > 0 ORDER BY attnum")  # fmt: skip
    assert [name for (name,) in names] == TREND
    found = rows(database, "SELECT * FROM organism.effect_weekly ORDER BY week")
    assert [(each[0].astimezone(UTC), *each[1:]) for each in found] == [
        (monday, "focus", "meet", pytest.approx(-0.4), -1.0, 0.0, 2, 1, 3),
        (monday + timedelta(days=7), "focus", "meet", -0.5, -1.0, 0.0, 1, 1, 1),
    ]


@pytest.fixture(params=["memory", "postgres", "timescale"])
def readings(request: pytest.FixtureRequest) -> Iterator[ReadingStore]:
    if request.param == "memory":
        yield MemoryReadings()
        return
    found = Database(request.getfixturevalue("timescale_dsn" if request.param == "timescale" else "fresh_dsn"))
    yield SqlReadings(found)
    found.close()


def test_readings_from_before_a_moment_are_forgotten_and_counted(readings: ReadingStore) -> None:
    effect = {"id": "a", "outcome": "focus", "treatment": "meet", "effect": -0.5, "verdict": "weak"}
    for version, age in enumerate((timedelta(days=3), timedelta(0)), start=1):
        for _ in range(2):
            readings.write_effects([effect], version=version, at=NOW - age)
            readings.write_view(
                "views/degree", ("id", "in", "out", "label"), [("a", 1, None, "x")], version=version, at=NOW - age
            )
    newer, all_of_it = NOW - timedelta(days=1), NOW + timedelta(days=1)
    assert [readings.forget(each, dry_run=True) for each in (newer, all_of_it)] == [3, 6]
    assert [readings.forget(newer, dry_run=False) for _ in range(2)] == [3, 0]
    assert readings.forget(NOW, dry_run=False) == 0  # of that moment itself
    assert readings.forget(all_of_it, dry_run=False) == 3


def test_what_timescaledb_is_given_names_the_columns_of_the_plain_views() -> None:
    folder = resources.files("causal_organism.stores.postgres").joinpath("timescale")
    with_it, without = (folder.joinpath(name).read_text("utf-8") for name in ("readings.sql", "plain.sql"))
    for view in ("effect_weekly", "view_daily"):
        columns = [_columns(text, view) for text in (with_it, without)]
        assert columns[0] == columns[1] != []


def _columns(text: str, view: str) -> list[str]:
    """Names of what the view selects, in order."""
    found = re.search(rf"VIEW organism\.{view}\s.*?SELECT (.*?)\s+FROM organism", text, re.DOTALL)
    assert found is not None
    parts = re.split(r",\s*(?![^(]*\))", " ".join(found[1].split()))
    return [part.rpartition(" ")[2] for part in parts]
