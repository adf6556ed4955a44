"""Readings: plain tables here; hypertables where ORGANISM_TEST_TIMESCALE names a TimescaleDB."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.readings import SqlReadings
from tests.stores.truth import NOW


@pytest.fixture(params=["postgres", "timescale"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    if request.param == "timescale":
        dsn = os.environ.get("ORGANISM_TEST_TIMESCALE")
        if dsn is None:
            pytest.skip("ORGANISM_TEST_TIMESCALE is not set")
        found = Database(dsn)
        with found.connection() as connection:
            connection.execute("TRUNCATE organism.effect_reading, organism.view_reading")
    else:
        found = Database(request.getfixturevalue("fresh_dsn"))
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
