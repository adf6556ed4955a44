"""Every command that changes something, as every role: the servers refuse, and all say alike what is needed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from causal_organism.cli.main import main
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.logins import held_roles
from causal_organism.wording.permits import refused_actions
from tests.cli.test_read_only import CHANGES, GRAPH, LINES
from tests.conftest import EmbeddedHome
from tests.stores.logins import ROLES, Login, logins

__all__ = ["logins"]  # a fixture

_OF_A_MACHINE = ("quickstart", "up", "down")  # of whoever owns the home, which is another one for everybody
_ASK_THE_LEDGER = (
    "restore", "pin", "unpin", "observe", "checks run", "refresh * --local", "deploy roles --apply",
    "interventions", "study",
)  # fmt: skip
_OF_THE_OWNER = ("deploy roles --apply", "access")  # access is of homes, and tried there with logins of each role
DECIDES = ("interventions", "study approve")
OPERATES_THERE = {"trigger", "retry", "stop", "pause", "limit", "reread"}  # actions of the console
DECIDES_THERE = {"approve", "reject", "start", "finish", "halt", "withdraw"}
NO_PREFECT = "http://127.0.0.1:9/api"  # who gets so far as to ask it cannot reach it
PROPOSALS = """
@asset(key="interventions/proposals")
def proposals():
    return {"proposals": [{"id": "p1", "rank": 1, "title": "less meetings", "status": "proposed"}]}
"""
READERS = ("reader", "analyst", "approver")


def lines(role: str) -> list[str]:
    """All of them for who may do none; of those that succeed, the ones that need no more than the ledger."""
    changing = [line for line, kind in LINES if kind == CHANGES and not line.startswith(_OF_A_MACHINE)]
    if role not in READERS:
        changing = [line for line in changing if line.startswith(_ASK_THE_LEDGER)]
    return [*changing, "interventions approve p1"]


def may(role: str, line: str) -> bool:
    if line.startswith(_OF_THE_OWNER):
        return False
    return role == "approver" if line.startswith(DECIDES) else role not in READERS


@pytest.fixture
def shared(
    embedded_home: EmbeddedHome, logins: Login, fresh_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """A home of its own, servers of the session, and an asset made by the owner; words for the command lines."""
    servers = embedded_home.start("ledger", "stream", "network")
    name = f"roles_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(GRAPH.replace("ASSETS = (", PROPOSALS + "\nASSETS = (proposals, "))
    monkeypatch.syspath_prepend(str(tmp_path))
    for variable, value in (
        ("ORGANISM_ASSETS", f"{name}:ASSETS"),
        ("ORGANISM_HOME", str(tmp_path / "home")),
        ("ORGANISM_POSTGRES_DSN", fresh_dsn),
        ("ORGANISM_REDIS_URL", servers.redis_url),
        ("ORGANISM_NEO4J_URI", servers.neo4j_uri),
        ("ORGANISM_NEO4J_USER", servers.neo4j_user),
        ("ORGANISM_NEO4J_PASSWORD", servers.neo4j_password),
        ("ORGANISM_STREAM", f"test:{name}"),
        ("ORGANISM_DEAD_LETTERS", f"test:{name}:dead"),
        ("PREFECT_API_URL", NO_PREFECT),
    ):
        monkeypatch.setenv(variable, str(value))
    assert main(["refresh", "total,interventions/proposals", "--local"]) == 0
    file = tmp_path / "people.csv"
    file.write_text("id,team\nana,north\n")
    return {"file": str(file), "folder": str(tmp_path / "generated")}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_its_own_and_is_told_what_the_rest_needs(
    role: str,
    logins: Login,
    shared: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ORGANISM_POSTGRES_DSN", logins(role))
    capsys.readouterr()
    wrong = {}
    for line in lines(role):
        code = main([*line.format(**shared).split(), "--json"])
        out = capsys.readouterr().out
        error = json.loads(out).get("error", {}) if out.startswith("{") else {}
        found = (code, error.get("code")) == (4, "not-permitted")
        expected = not may(role, line)
        is_told = line.startswith(_OF_THE_OWNER) or not found or "organism_" in f"{error['message']} {error['hint']}"
        if found != expected or not is_told:
            wrong[line] = (code, error)
    assert wrong == {}


def test_the_console_knows_before_a_key_is_pressed_what_is_refused(logins: Login, fresh_dsn: str) -> None:
    found = {}
    for role in ROLES:
        database = Database(logins(role))
        found[role] = refused_actions(held_roles(database))
        database.close()
    assert {role: set(refused) for role, refused in found.items()} == {
        "reader": OPERATES_THERE | DECIDES_THERE, "analyst": OPERATES_THERE | DECIDES_THERE,
        "operator": DECIDES_THERE, "worker": DECIDES_THERE, "approver": OPERATES_THERE,
    }  # fmt: skip
    assert "needs the role organism_approver" in found["operator"]["approve"]
    owner = Database(fresh_dsn)
    assert set(refused_actions(held_roles(owner))) == DECIDES_THERE  # the installation's own login
    owner.close()


def test_without_roles_nothing_is_refused(fresh_dsn: str) -> None:
    database = Database(fresh_dsn)
    assert refused_actions(held_roles(database)) == {}
    database.close()


def test_the_owner_of_the_database_does_not_decide_and_who_approved_does_not_start(
    logins: Login, shared: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["interventions", "approve", "p1"]) == 4
    assert "does not decide" in capsys.readouterr().err
    one, other = logins("approver"), logins("approver")
    for dsn, words, code in ((one, "approve p1", 0), (one, "start p1", 4), (other, "start p1", 0)):
        monkeypatch.setenv("ORGANISM_POSTGRES_DSN", dsn)
        assert main(["interventions", *words.split()]) == code, words
