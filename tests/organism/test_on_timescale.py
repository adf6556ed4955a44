"""The whole way of interactions with ledger, archive and readings in a TimescaleDB, and back from a backup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.organism.projections.exports import project
from causal_organism.platform.backups.put_back import put_back
from causal_organism.platform.backups.take import take_backup
from causal_organism.wiring import OpenOrganism
from tests.engine.living import pulsed, server_settings
from tests.organism.pulses import assert_holds, events

TAKEN = events(40)


@pytest.fixture
def organism(request: pytest.FixtureRequest, timescale_dsn: str, tmp_path: Path) -> Iterator[OpenOrganism]:
    settings = server_settings(request, tmp_path, home=tmp_path)
    with OpenOrganism(replace(settings, postgres_dsn=timescale_dsn, postgres_prepared=False)) as found:
        found.network.clear()
        found.readings.setup()
        found.stream.append(TAKEN)
        pulsed(found)
        yield found


def ask(organism: OpenOrganism, query: str) -> list[tuple[Any, ...]]:
    with organism.database.connection(single=True) as connection:
        return connection.execute(query.encode()).fetchall()


def test_interactions_views_readings_and_retention(organism: OpenOrganism) -> None:
    assert_holds(organism, TAKEN)
    assert "TimescaleDB" in organism.readings.product()
    refresh_local(organism, Request("+views/degree"), Origin("ana"))
    assert project(organism, views=True) == ("views/degree@1",)
    people = {entity for (entity,) in ask(organism, "SELECT DISTINCT entity FROM organism.view_daily")}
    assert people == {name for each in TAKEN for name in (each["source"], each["target"])}
    more = events(20, seed=9)
    organism.stream.append(more)
    pulsed(organism)
    assert_holds(organism, [*TAKEN, *more])
    [(before,)] = ask(organism, "SELECT count(*) FROM organism.interaction")
    later = organism.now() + timedelta(days=91)
    assert (before, organism.archive.forgettable(later), organism.archive.forget(later)) == (60, 60, 60)
    organism.network.clear()
    pulsed(organism)  # from the ties, which stay
    assert_holds(organism, [*TAKEN, *more])


def test_a_backup_comes_back_and_the_next_pulse_goes_on(organism: OpenOrganism, tmp_path: Path) -> None:
    take_backup(organism, organism.backup_stores, tmp_path / "backup")
    with organism.database.connection(single=True) as connection:
        connection.execute("DROP SCHEMA organism CASCADE")
    waiting = events(5, seed=8)
    organism.stream.append(waiting)
    (tmp_path / "new").mkdir()
    settings = replace(organism.settings, home=tmp_path / "new", values=str(tmp_path / "new" / "values"))
    stream = f"{settings.stream}:new"
    with OpenOrganism(replace(settings, stream=stream, dead_letters=f"{stream}:dead")) as found:
        put_back(found, found.backup_stores, tmp_path / "backup")
        assert_holds(found, TAKEN)
        found.stream.append(waiting)
        pulsed(found)
        assert_holds(found, [*TAKEN, *waiting])
        assert ask(found, "SELECT count(*) FROM timescaledb_information.hypertables "
                          "WHERE hypertable_name = 'interaction'") == [(1,)]  # fmt: skip
