"""Other people of the machine: whoever was let in has a login of their own, and nobody else gets anything."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import neo4j
import psycopg
import pytest
import redis

from causal_organism.embedded.people import WORKER_LOGIN, Role, check_person
from causal_organism.errors import RequestError
from causal_organism.homes import ledger_outside
from tests.embedded.conftest import OwnHome
from tests.embedded.people import as_user, new_users
from tests.waiting import until

PARTS = ("up", "--only", "ledger,stream,network")


class Shared(NamedTuple):
    """A home that `operator` and `approver` may use, and `stranger` not."""

    home: OwnHome
    operator: str
    approver: str
    stranger: str
    dsns: dict[str, str]


@pytest.fixture(scope="module")
def shared(make_module_home: Callable[[], OwnHome]) -> Iterator[Shared]:
    with new_users(3) as (operator, approver, stranger):
        home = make_module_home()
        home.json(*PARTS)
        first = home.json("access", "grant", operator, "--role", "operator")
        assert first["needs_restart"]
        home.json("down")
        home.json(*PARTS)
        second = home.json("access", "grant", approver, "--role", "approver")
        assert not second["needs_restart"]
        yield Shared(home, operator, approver, stranger, {operator: first["dsn"], approver: second["dsn"]})


def variables(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn) as connection:
        return dict(connection.execute("SELECT variable, value FROM organism.access").fetchall())


def test_each_is_who_the_kernel_says_and_finds_their_own_settings_alone(shared: Shared) -> None:
    def look(dsn: str) -> list[str]:
        with psycopg.connect(dsn) as connection:
            rows = connection.execute("SELECT DISTINCT login FROM organism.access UNION SELECT session_user").fetchall()
        return [str(row[0]) for row in rows]

    for user, dsn in shared.dsns.items():
        assert as_user(user, lambda dsn=dsn: look(dsn)) == [user]  # type: ignore[misc]
    for user in (shared.stranger, shared.approver):  # nobody takes another's name
        with pytest.raises(AssertionError, match="Peer authentication failed"):
            as_user(user, lambda: look(shared.dsns[shared.operator]))
    with pytest.raises(AssertionError, match="no pg_hba"):
        as_user(shared.stranger, lambda: look(shared.dsns[shared.operator].replace(shared.operator, shared.stranger)))


def test_what_somebody_does_stands_in_the_log_with_their_login(shared: Shared) -> None:
    def write(dsn: str, login: str) -> str:
        with psycopg.connect(dsn) as connection:
            row = connection.execute(
                "INSERT INTO organism.audit (at, actor, action, subject, session)"
                " VALUES (now(), 'somebody else', 'x', 'y', 'eve') RETURNING session"
            ).fetchone()
        assert row is not None
        return str(row[0])

    assert as_user(shared.operator, lambda: write(shared.dsns[shared.operator], "")) == shared.operator
    entries = shared.home.json("audit")["entries"]
    assert (entries[0]["actor"], entries[0]["session"]) == ("somebody else", shared.operator)
    assert {each["action"] for each in entries} >= {"access.grant"}
    logins = shared.home.json("access", "list")["logins"]
    assert {each["login"]: each["roles"] for each in logins} == {
        shared.operator: ["operator"], shared.approver: ["approver"], WORKER_LOGIN: ["worker"],
    }  # fmt: skip


def test_only_who_operates_changes_stream_and_network(shared: Shared) -> None:
    def change(user: str, dsn: str) -> dict[str, bool]:
        found, done = as_user(user, lambda: variables(dsn)), {}
        try:
            redis.Redis.from_url(found["ORGANISM_REDIS_URL"]).xadd("organism:interactions", {"a": "b"})
            done["stream"] = True
        except redis.exceptions.NoPermissionError:
            done["stream"] = False
        auth = (found["ORGANISM_NEO4J_USER"], found["ORGANISM_NEO4J_PASSWORD"])
        with neo4j.GraphDatabase.driver(found["ORGANISM_NEO4J_URI"], auth=auth) as driver:
            driver.execute_query("MATCH (n) RETURN count(n)", database_="neo4j")
            try:
                driver.execute_query("CREATE (n:Other {a: 1})", database_="neo4j")
                done["network"] = True
            except neo4j.exceptions.Forbidden:
                done["network"] = False
        return done

    found = {user: change(user, dsn) for user, dsn in shared.dsns.items()}
    assert found == {
        shared.operator: {"stream": True, "network": True},
        shared.approver: {"stream": False, "network": False},
    }


def test_a_stranger_gets_nothing_from_any_file_socket_or_port(shared: Shared) -> None:
    folder = shared.home.folder
    files = [*folder.rglob("*")]
    outside = ledger_outside(folder)
    assert outside is not None
    files += [outside, *outside.rglob("*")]
    sockets = [path for path in Path(json.loads((folder / "access.json").read_text())["socket"]).iterdir()]
    ports = json.loads((folder / "ports.json").read_text())

    def read_files() -> list[str]:
        return [str(path) for path in files if os.access(path, os.R_OK) or os.access(path, os.W_OK)]

    def ask_ports() -> dict[str, str]:
        found = {}
        for name, port in ports.items():
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(b"GET /api/v1/databases HTTP/1.0\r\n\r\n" if name == "network-http" else b"INFO\r\n")
                connection.settimeout(2)
                try:
                    found[name] = connection.recv(100).decode(errors="replace")
                except TimeoutError:
                    found[name] = ""
        return found

    assert len(files) > 100
    assert as_user(shared.stranger, read_files) == []
    answers = as_user(shared.stranger, ask_ports)
    assert answers["stream"].startswith("-NOAUTH")
    assert " 401 " in answers["network-http"] or " 403 " in answers["network-http"]
    assert set(answers) == {"ledger", "stream", "network", "network-http"}
    assert (answers["ledger"], answers["network"]) == ("", "")  # nothing that either understands
    assert [path.name for path in sockets if stat.S_ISSOCK(path.stat().st_mode)] == [f".s.PGSQL.{ports['ledger']}"]


def test_whoever_is_let_go_is_out_at_once_and_their_passwords_are_void(shared: Shared) -> None:
    dsn, user = shared.dsns[shared.approver], shared.approver
    found = as_user(user, lambda: variables(dsn))
    shared.home.json("access", "revoke", user)

    def out() -> bool:
        try:
            as_user(user, lambda: variables(dsn))
        except AssertionError as error:
            return "pg_hba.conf" in str(error)
        return False

    until(out)  # the server reads its file in its own time
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis.from_url(found["ORGANISM_REDIS_URL"]).ping()
    auth = (found["ORGANISM_NEO4J_USER"], found["ORGANISM_NEO4J_PASSWORD"])
    with (
        neo4j.GraphDatabase.driver(found["ORGANISM_NEO4J_URI"], auth=auth) as driver,
        pytest.raises(neo4j.exceptions.AuthError),
    ):
        driver.execute_query("RETURN 1", database_="neo4j")
    logins = shared.home.json("access", "list")["logins"]
    assert {each["login"] for each in logins} == {shared.operator, WORKER_LOGIN}
    assert urlsplit(found["ORGANISM_REDIS_URL"]).username == f"person-{user}"


@pytest.mark.parametrize(
    ("user", "role", "says"),
    [
        ("nobody-at-all", Role.READER, "there is no user"),
        ("daemon", Role.APPROVER, "does not decide"),
        ("root", Role.APPROVER, "owns this home|does not decide"),
    ],
)
def test_accounts_of_the_system_do_not_decide(user: str, role: Role, says: str) -> None:
    with pytest.raises(RequestError, match=says):
        check_person(user, role)
    if user == "daemon":
        check_person(user, Role.OPERATOR)


def test_a_home_that_is_not_shared_has_no_socket(shared: Shared, make_home: Any) -> None:
    """Of `Postgres.launch` alone: nothing is started."""
    from causal_organism.embedded.servers.binaries import postgres_install
    from causal_organism.embedded.servers.postgres import Postgres

    own = make_home()
    command = Postgres(own.home, postgres_install()).launch().command
    assert "unix_socket_directories=" in command
