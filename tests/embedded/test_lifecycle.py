"""`organism up`, `down`, `status` and `env` in a home of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import neo4j
import psycopg
import redis

from causal_organism.embedded import lifecycle, processes
from tests.waiting import equal


def test_up_starts_what_is_asked_for_and_down_leaves_nothing(own_home: Any) -> None:
    up = own_home.json("up", "--only", "ledger,stream")
    assert [(row["name"], row["product"], row["healthy"]) for row in up["servers"]] == [
        ("ledger", "PostgreSQL", True),
        ("stream", "Valkey", True),
    ]
    equal(own_home.healthy, ["ledger", "stream"])
    assert own_home.json("down") == {"schema": "organism.down/1", "stopped": ["ledger", "stream"], "deleted": False}
    assert own_home.processes() == []
    assert own_home.healthy() == []
    assert not (own_home.folder / "servers.json").exists()


def test_down_returns_when_its_supervisor_has_ended_too(own_home: Any) -> None:
    """It lets go of its lock a moment before it ends, and a busy machine makes that moment long."""
    own_home.json("up", "--only", "stream")
    supervisor = own_home.supervisor()
    lifecycle.down(own_home.folder)
    assert processes.identify(supervisor) is None


def test_data_outlives_down_and_up(own_home: Any) -> None:
    own_home.json("up", "--only", "ledger,stream")
    with redis.Redis.from_url(own_home.settings().redis_url) as client:
        client.xadd("s", {"a": "1"})
    with psycopg.connect(own_home.settings().postgres_dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    before = own_home.settings()
    own_home.json("down")
    own_home.json("up", "--only", "ledger,stream")
    assert own_home.settings() == before
    with redis.Redis.from_url(own_home.settings().redis_url) as client:
        assert client.xlen("s") == 1
    with psycopg.connect(own_home.settings().postgres_dsn) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_a_network_that_is_said_to_be_healthy_has_its_database_open(own_home: Any) -> None:
    """The first start makes it, after Bolt has begun to answer."""
    own_home.json("up", "--only", "network")
    found = own_home.settings()
    with (
        neo4j.GraphDatabase.driver(found.neo4j_uri, auth=(found.neo4j_user, found.neo4j_password)) as driver,
        driver.session(database=found.neo4j_database) as session,
    ):
        assert session.run("RETURN 1 AS n").single(strict=True)["n"] == 1  # tried once


def test_a_second_up_adds_what_is_missing_and_touches_nothing_else(own_home: Any) -> None:
    first = {row["name"]: row["pid"] for row in own_home.json("up", "--only", "stream")["servers"]}
    both = {row["name"]: row["pid"] for row in own_home.json("up", "--only", "ledger")["servers"]}
    assert list(both) == ["ledger", "stream"]
    assert both["stream"] == first["stream"]
    assert {row["name"]: row["pid"] for row in own_home.json("up", "--only", "ledger,stream")["servers"]} == both


def test_status_of_a_home_where_nothing_runs_names_every_server(own_home: Any) -> None:
    status = own_home.status()
    assert list(status) == ["ledger", "stream", "network", "orchestrator", "worker", "watch"]
    assert {(row["healthy"], row["pid"]) for row in status.values()} == {(False, None)}


def test_status_asks_a_server_that_a_variable_names(own_home: Any, make_home: Any) -> None:
    elsewhere = make_home()
    elsewhere.json("up", "--only", "stream")
    own_home.environ["ORGANISM_REDIS_URL"] = elsewhere.settings().redis_url

    def row() -> tuple[str, bool, int | None, str]:
        found = own_home.status()["stream"]
        return found["product"], found["healthy"], found["pid"], found["state"]

    equal(row, ("Valkey", True, None, "external"))
    assert elsewhere.settings().redis_url not in own_home.run("status", "--json").stdout
    elsewhere.json("down")
    assert own_home.status()["stream"]["healthy"] is False


def test_env_gives_a_shell_the_whole_set(own_home: Any) -> None:
    own_home.json("up", "--only", "ledger,stream")
    lines = own_home.run("env").stdout
    assert all(line.startswith("export ") and line.endswith("'") for line in lines.splitlines())
    shell = subprocess.run(
        ["sh", "-c", f'{lines}\nprintf "%s\\n" "$ORGANISM_POSTGRES_DSN" "$ORGANISM_REDIS_URL" "$ORGANISM_HOME"'],
        env={},
        capture_output=True,
        text=True,
    )
    settings = own_home.settings()
    assert shell.stdout.splitlines() == [settings.postgres_dsn, settings.redis_url, str(own_home.folder)]


def test_env_without_any_server_says_so(own_home: Any) -> None:
    done = own_home.run("env", "--json")
    assert (done.returncode, '"not-running"' in done.stdout) == (3, True)


def test_an_unknown_part_is_a_wrong_request(own_home: Any) -> None:
    assert own_home.run("up", "--only", "leger").returncode == 2
    assert own_home.processes() == []


def test_a_read_only_user_neither_starts_nor_stops(own_home: Any) -> None:
    own_home.environ["ORGANISM_READ_ONLY"] = "1"
    assert [own_home.run(command).returncode for command in ("up", "down")] == [4, 4]


def test_deleting_the_data_removes_the_folder_outside_the_home_too(own_home: Any) -> None:
    own_home.json("up", "--only", "ledger")
    place = own_home.folder / "ledger.folder"
    outside = place.read_text() if place.exists() else str(own_home.folder / "ledger")
    for name in ("values", "cache", "quickstart", "watch"):  # what is of people
        (own_home.folder / name).mkdir(exist_ok=True)
        (own_home.folder / name / "people.csv").write_text("id,name\n")
    for name in ("aliases.csv", "code-notes.json"):
        (own_home.folder / name).write_text("")
    assert own_home.run("down", "--delete-data", "--json").returncode == 2
    own_home.json("down", "--delete-data", "--yes")
    assert subprocess.run(["ls", outside], capture_output=True).returncode != 0
    assert list(own_home.folder.iterdir()) == []


def test_a_shell_with_the_variables_of_the_home_changes_nothing(own_home: Any) -> None:
    before = own_home.json("up", "--only", "ledger,stream")
    own_home.environ |= own_home.json("env")["environment"]
    assert own_home.json("up", "--only", "ledger,stream") == before
    equal(own_home.healthy, ["ledger", "stream"])
    assert "external" not in own_home.run("status").stdout
    own_home.json("down")
    own_home.json("up", "--only", "stream")
    assert "ORGANISM_REDIS_URL" not in (own_home.folder / "run" / "request.json").read_text()


def test_data_of_another_postgresql_is_not_touched(own_home: Any) -> None:
    own_home.json("up", "--only", "ledger")
    own_home.json("down")
    place = own_home.folder / "ledger.folder"
    data = (Path(place.read_text()) if place.exists() else own_home.folder / "ledger") / "data"
    (data / "PG_VERSION").write_text("12\n")
    done = own_home.run("up", "--only", "ledger", "--json")
    assert (done.returncode, "of PostgreSQL 12" in done.stdout) == (1, True)
    assert own_home.processes() == []
