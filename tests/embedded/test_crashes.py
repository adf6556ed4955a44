"""Processes killed at bad moments: nothing stays behind, nothing acknowledged is lost, the next `up` works."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import neo4j
import psycopg
import pytest
import redis

from tests.waiting import PATIENCE_S, equal

PARTS = "ledger,stream,network"


def _run_cypher(own_home: Any, query: str) -> list[Any]:
    settings = own_home.settings()
    auth = (settings.neo4j_user, settings.neo4j_password)
    with neo4j.GraphDatabase.driver(settings.neo4j_uri, auth=auth) as driver:
        return [record.values() for record in driver.execute_query(query, database_=settings.neo4j_database).records]


def test_servers_die_with_a_killed_supervisor_and_come_back_with_their_data(
    own_home: Any, wait_until: Callable[..., None]
) -> None:
    own_home.json("up", "--only", PARTS)
    with redis.Redis.from_url(own_home.settings().redis_url) as client:
        client.xadd("s", {"a": "1"})
    with psycopg.connect(own_home.settings().postgres_dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    _run_cypher(own_home, "CREATE (:Kept {n: 7})")
    os.kill(own_home.supervisor(), signal.SIGKILL)
    wait_until(lambda: own_home.processes() == [])
    assert own_home.healthy() == []
    own_home.json("up", "--only", PARTS)
    with redis.Redis.from_url(own_home.settings().redis_url) as client:
        assert client.xlen("s") == 1
    with psycopg.connect(own_home.settings().postgres_dsn) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    assert _run_cypher(own_home, "MATCH (k:Kept) RETURN k.n") == [[7]]


def test_down_after_a_crash_clears_what_it_left(own_home: Any, wait_until: Callable[..., None]) -> None:
    own_home.json("up", "--only", "stream")
    os.kill(own_home.supervisor(), signal.SIGKILL)
    wait_until(lambda: own_home.processes() == [])
    assert (own_home.folder / "servers.json").exists()
    own_home.json("down")
    assert not (own_home.folder / "servers.json").exists()


@pytest.mark.parametrize("name", ["ledger", "stream", "network"])
def test_a_killed_server_is_started_again(own_home: Any, wait_until: Callable[..., Any], name: str) -> None:
    own_home.json("up", "--only", name)
    before = own_home.status()[name]
    os.kill(before["pid"], signal.SIGKILL)

    def another() -> dict[str, Any] | None:
        row: dict[str, Any] = own_home.status()[name]
        return row if row["healthy"] and row["pid"] != before["pid"] else None

    after = wait_until(another)
    assert (after["address"], after["error"]) == (before["address"], "ended by SIGKILL")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_up_that_is_stopped_before_all_is_ready_leaves_nothing(
    own_home: Any, wait_until: Callable[..., None], number: signal.Signals
) -> None:
    up = own_home.start("up")
    wait_until(lambda: len(own_home.processes()) >= 3)
    os.kill(up.pid, number)
    assert up.wait(PATIENCE_S) != 0
    wait_until(lambda: own_home.processes() == [] and own_home.healthy() == [])
    own_home.json("up", "--only", "ledger,stream")


def test_an_up_that_is_stopped_leaves_what_ran_before(own_home: Any, wait_until: Callable[..., None]) -> None:
    before = own_home.json("up", "--only", "stream")["servers"]
    up = own_home.start("up")
    wait_until(lambda: own_home.status()["network"]["pid"] is not None)
    os.kill(up.pid, signal.SIGINT)
    assert up.wait(PATIENCE_S) != 0
    equal(own_home.healthy, ["stream"])
    assert own_home.json("up", "--only", "stream")["servers"] == before


def test_servers_end_with_the_process_that_owns_them(own_home: Any, wait_until: Callable[..., None]) -> None:
    script = (
        "import os, sys, time; from pathlib import Path; from causal_organism.embedded import lifecycle;"
        "lifecycle.up(Path(sys.argv[1]), ('stream',), environ=os.environ, owned=True); print('up', flush=True);"
        "time.sleep(600)"
    )
    owner = subprocess.Popen([sys.executable, "-c", script, str(own_home.folder)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"up\n"
    equal(own_home.healthy, ["stream"])
    owner.kill()
    owner.wait()
    owner.stdout.close()
    wait_until(lambda: own_home.processes() == [])


def test_servers_end_when_their_home_is_removed(own_home: Any, wait_until: Callable[..., None]) -> None:
    own_home.json("up", "--only", "stream")

    def removed() -> bool:
        """What ends may write a last file while its folder is being removed."""
        shutil.rmtree(own_home.folder, ignore_errors=True)
        return not own_home.folder.exists()

    wait_until(removed)
    wait_until(lambda: own_home.processes() == [])
