"""The home's own worker and watcher: logins of the worker's role, and what these are refused."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import product
from pathlib import Path

import httpx
import neo4j
import psycopg
import pytest
import redis

from causal_organism.embedded.home import Home
from causal_organism.embedded.people import WORKER_LOGIN
from causal_organism.embedded.servers.admitting import admit_worker
from causal_organism.embedded.servers.postgres import ADMIN_SECRET, dsn
from causal_organism.settings import Settings, load_settings
from tests.embedded.conftest import COMMAND, OwnHome

REFUSED = (
    "ALTER TABLE organism.audit DISABLE TRIGGER audit_append_only",
    "ALTER TABLE organism.audit DISABLE TRIGGER ALL",
    "DELETE FROM organism.audit",
    "UPDATE organism.audit SET actor = 'eve'",
    "TRUNCATE organism.audit",
    "DROP TABLE organism.audit",
    "CREATE TABLE organism.mine (x int)",
    "CREATE OR REPLACE FUNCTION organism.chain_audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "INSERT INTO organism.migration (name) VALUES ('9999')",
    "INSERT INTO organism.access VALUES ('eve', 'x', 'y')",
    "SELECT pg_read_file('PG_VERSION')",
    "SET ROLE organism",
    "SELECT lo_create(0)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, 'x')",
    "CREATE ROLE eve LOGIN",
)


@pytest.fixture(scope="module")
def own(make_module_home: Callable[[], OwnHome]) -> Iterator[OwnHome]:
    home = make_module_home()
    home.json("up", "--only", "ledger,stream,network,watch")
    yield home


def as_process(home: OwnHome, name: str) -> Settings:
    """What this process of the home works with, by its own environment."""
    return load_settings(environment_of(home, name))


def environment_of(home: OwnHome, name: str) -> dict[str, str]:
    pid = home.status()[name]["pid"]
    words = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(word.split("=", 1) for word in words if "=" in word)


def session_user(address: str) -> str:
    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT session_user").fetchone()
    assert row is not None
    return str(row[0])


def test_a_process_of_the_home_is_not_the_ledgers_owner_and_whoever_started_it_is(own: OwnHome) -> None:
    settings = as_process(own, "watch")
    assert session_user(settings.need("postgres_dsn")) == WORKER_LOGIN
    assert settings.postgres_prepared
    assert session_user(own.settings().need("postgres_dsn")) == "organism"
    assert own.status()["ledger"]["state"] == "healthy"


@pytest.mark.parametrize("statement", REFUSED)
def test_the_worker_leaves_tables_and_the_log_as_they_are(own: OwnHome, statement: str) -> None:
    with (
        psycopg.connect(as_process(own, "watch").need("postgres_dsn")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_the_worker_decides_on_nothing_though_its_owner_is_alone(own: OwnHome) -> None:
    event = (
        "INSERT INTO organism.intervention_event (intervention, at, action, was, now, actor) VALUES ('p1', now(), {})"
    )
    proposed = (
        "INSERT INTO organism.intervention VALUES ('p1', '{}', 'proposed', NULL, now(), now())",
        event.format("'propose', NULL, 'proposed', 'engine'"),
    )
    decided = event.format("'approve', 'proposed', 'approved', 'ana'")
    with psycopg.connect(as_process(own, "watch").need("postgres_dsn")) as connection:
        for statement in proposed:
            connection.execute(statement.encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="needs the role organism_approver"):
            connection.execute(decided.encode())
    with psycopg.connect(own.settings().need("postgres_dsn")) as connection:
        for statement in (*proposed, decided):
            connection.execute(statement.encode())
        connection.rollback()


def test_the_worker_is_not_let_into_prefects_database(own: OwnHome) -> None:
    address = psycopg.conninfo.make_conninfo(as_process(own, "watch").need("postgres_dsn"), dbname="prefect")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        session_user(address)


@pytest.mark.parametrize("words", [("CONFIG", "GET", "*"), ("ACL", "LIST"), ("FLUSHALL",), ("DEL", "x")])
def test_the_worker_has_the_streams_own_user(own: OwnHome, words: tuple[str, ...]) -> None:
    with (
        redis.Redis.from_url(as_process(own, "watch").need("redis_url")) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.execute_command(*words)


# What is sent by Bolt -> who may; `reader` is whom --read-only logs in as.
CYPHER: dict[str, set[str]] = {
    "MATCH (n) RETURN count(n)": {"worker", "reader"},
    "CREATE CONSTRAINT tried IF NOT EXISTS FOR (e:Tried) REQUIRE e.id IS UNIQUE": {"worker"},
    "CREATE (:Tried {id: 1})-[:TO]->(:Tried {id: 2})": {"worker"},
    "MATCH (n:Tried) SET n.id = n.id + 2": {"worker"},
    "MATCH (n:Tried) DETACH DELETE n": {"worker"},
    "LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row": set(),
    "LOAD CSV FROM 'http://127.0.0.1:9/' AS row RETURN row": set(),
    "SHOW USERS": set(),
    "CREATE USER eve SET PASSWORD 'a long password'": set(),
    "DROP USER reader": set(),
}
# The same by HTTP: (its own SQL or a command to the server, text) -> who may.
COMMANDS: dict[tuple[str, str], set[str]] = {
    ("sql", "SELECT 1"): {"worker", "reader"},
    ("sql", "INSERT INTO Tried SET id = 9"): {"worker"},
    ("sql", "TRUNCATE TYPE Tried UNSAFE"): {"worker"},
    ("sql", "IMPORT DATABASE file:///etc/passwd"): set(),
    ("sql", "EXPORT DATABASE file://tried.jsonl.tgz"): set(),
    ("sql", "BACKUP DATABASE"): set(),
    ("sql", "CREATE TRIGGER t BEFORE CREATE ON TYPE Tried EXECUTE JAVASCRIPT '1'"): set(),
    ("sql", "ALTER DATABASE `arcadedb.readOnly` true"): set(),
    ("java", "java.lang.System::exit"): set(),
    ("server", "create database mine"): set(),
    ("server", "drop database neo4j"): set(),
    ("server", "drop user reader"): set(),
    ("server", "shutdown"): set(),
}


def of_network(own: OwnHome) -> dict[str, tuple[str, str]]:
    worker, reader = as_process(own, "watch"), own.settings()
    return {
        "worker": (worker.neo4j_user, worker.need("neo4j_password")),
        "reader": (reader.need("neo4j_reader_user"), reader.need("neo4j_reader_password")),
    }


def test_the_worker_has_the_networks_own_user_and_each_user_does_what_it_may(own: OwnHome) -> None:
    logins = of_network(own)
    assert own.settings().neo4j_user == "root" and logins["worker"][0] == "worker"
    found: dict[str, set[str]] = {statement: set() for statement in CYPHER}
    with ExitStack() as opened:
        drivers = {
            user: opened.enter_context(neo4j.GraphDatabase.driver(own.settings().need("neo4j_uri"), auth=logins[user]))
            for user in ("reader", "worker")  # of each statement the one who may only read first: it finds something
        }
        for statement, (user, driver) in product(CYPHER, drivers.items()):
            with suppress(neo4j.exceptions.Forbidden):
                driver.execute_query(statement, database_="neo4j")
                found[statement].add(user)
    assert found == CYPHER


def test_the_networks_other_door_lets_each_do_the_same(own: OwnHome) -> None:
    port = json.loads((own.folder / "ports.json").read_text())["network-http"]
    found: dict[tuple[str, str], set[str]] = {command: set() for command in COMMANDS}
    logins = of_network(own)
    with neo4j.GraphDatabase.driver(own.settings().need("neo4j_uri"), auth=logins["worker"]) as driver:
        driver.execute_query("CREATE (:Tried {id: 7})", database_="neo4j")
    for user in ("reader", "worker"):
        for language, text in COMMANDS:
            place = "server" if language == "server" else "command/neo4j"
            answer = httpx.post(
                f"http://127.0.0.1:{port}/api/v1/{place}",
                json={"language": language, "command": text},
                auth=logins[user],
                timeout=20,
            )
            assert answer.status_code in (200, 403), (user, text, answer.text)
            if answer.status_code == 200:
                found[language, text].add(user)
    assert found == COMMANDS


def test_a_home_whose_owner_could_make_no_logins_gives_the_worker_one(own: OwnHome) -> None:
    home = Home(own.folder)
    with psycopg.connect(dsn(home, "postgres", ADMIN_SECRET)) as connection:
        connection.execute("REVOKE organism_worker FROM organism_home_worker")
        connection.execute("ALTER ROLE organism NOCREATEROLE")
    try:
        admit_worker(home)
        assert session_user(as_process(own, "watch").need("postgres_dsn")) == WORKER_LOGIN
        with psycopg.connect(as_process(own, "watch").need("postgres_dsn")) as connection:
            connection.execute("SELECT count(*) FROM organism.interaction")
    finally:
        admit_worker(home)


def test_a_worker_finds_what_a_restored_ledger_holds(own: OwnHome) -> None:
    """A restore makes the schema anew, and grants what there was."""
    from causal_organism.stores.postgres.copies import PostgresCopies
    from causal_organism.stores.postgres.database import Database, known_migrations

    owner = Database(own.settings().need("postgres_dsn"))
    PostgresCopies(owner).load(known_migrations(), ())
    owner.close()
    with psycopg.connect(as_process(own, "watch").need("postgres_dsn")) as connection:
        assert connection.execute("SELECT count(*) FROM organism.interaction").fetchone() == (0,)


def test_runs_of_the_worker_complete_and_stand_in_the_log_with_its_login(
    make_home: Callable[[], OwnHome], tmp_path: Path
) -> None:
    home = make_home()
    home.json("up")
    assert session_user(as_process(home, "worker").need("postgres_dsn")) == WORKER_LOGIN
    home.json("deploy", "setup")
    events = tmp_path / "events.jsonl"
    events.write_text('{"source": "a", "target": "b", "at": "2026-01-05T12:00:00Z"}\n')
    home.json("ingest", str(events))
    assert home.json("pulse")["outcome"] == "done"
    retained = subprocess.run(
        [*COMMAND, "retain", "--json"], env=environment_of(home, "watch"), capture_output=True, text=True
    )
    assert retained.returncode == 0, retained.stderr
    with psycopg.connect(home.settings().need("postgres_dsn")) as connection:
        rows = connection.execute(
            "SELECT action, session FROM organism.audit WHERE action IN ('pulse.done', 'retain')"
        ).fetchall()
    assert set(rows) >= {("pulse.done", WORKER_LOGIN)}
    assert {login for _, login in rows} == {WORKER_LOGIN}
