"""A home whose network runs on a real Neo4j: worker and operators have users of their own there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import neo4j
import pytest

from causal_organism.embedded import processes
from causal_organism.embedded.home import Home, open_home
from causal_organism.embedded.people import Access, Role, person_login, record_access
from causal_organism.embedded.servers.neo4j import Neo4j
from causal_organism.errors import OrganismError
from tests.waiting import until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, neo4j_home: str) -> Iterator[Neo4j]:
    """One that runs, and has the users of a home with an operator `opr` and a reader `rdr`."""
    folder = tmp_path_factory.mktemp("users")
    java = shutil.which("java")
    assert java is not None
    home = open_home(folder / "home")
    found = Neo4j(home, Path(neo4j_home), java)
    found.prepare()
    process = processes.spawn(found.launch(), log=folder / "log", death_signal=found.death_signal)
    try:
        until(found.is_healthy)
        until(lambda: puts_users(found))
        yield found
    finally:
        process.terminate()
        process.wait(60)


def puts_users(server: Neo4j) -> bool:
    """As the supervisor does when it has become healthy."""
    record_access(server.home, Access({"opr": Role.OPERATOR, "rdr": Role.READER}))
    with suppress(OrganismError):
        server.put_users()
        return True
    return False


def logs_in(server: Neo4j, user: str, password: str) -> bool:
    with neo4j.GraphDatabase.driver(server.address(), auth=(user, password)) as driver:
        try:
            driver.execute_query("CREATE (n:Tried) DELETE n", database_="neo4j")
        except neo4j.exceptions.AuthError:
            return False
    return True


def own_password(home: Home, person: str) -> str:
    return home.password(person_login(person))


def test_the_worker_is_not_the_owner_and_only_operators_have_a_user(server: Neo4j) -> None:
    worker = server.worker_variables()
    assert worker["ORGANISM_NEO4J_USER"] == "worker"
    assert worker["ORGANISM_NEO4J_PASSWORD"] != server.variables()["ORGANISM_NEO4J_PASSWORD"]
    assert logs_in(server, "worker", worker["ORGANISM_NEO4J_PASSWORD"])
    assert logs_in(server, "person-opr", own_password(server.home, "opr"))
    assert not logs_in(server, "person-rdr", own_password(server.home, "rdr"))


def test_who_is_let_out_is_out_at_once_also_with_an_open_connection(server: Neo4j) -> None:
    server.put_user("person-eve", own_password(server.home, "eve"), writes=True)
    with (
        neo4j.GraphDatabase.driver(server.address(), auth=("person-eve", own_password(server.home, "eve"))) as driver,
        driver.session(database="neo4j") as session,
    ):
        session.run("RETURN 1").consume()
        server.drop_user("person-eve")
        with pytest.raises((neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError)):
            session.run("RETURN 1").consume()
    assert not logs_in(server, "person-eve", own_password(server.home, "eve"))


def test_who_was_let_out_while_it_did_not_run_has_no_user_after_its_start(server: Neo4j) -> None:
    server.put_user("person-eve", own_password(server.home, "eve"), writes=True)
    server.put_users()
    assert not logs_in(server, "person-eve", own_password(server.home, "eve"))
    assert logs_in(server, "neo4j", server.variables()["ORGANISM_NEO4J_PASSWORD"])
