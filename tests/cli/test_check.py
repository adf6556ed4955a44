"""`organism check` where a server is away, or behind a pooler."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from causal_organism.settings import Settings
from tests.stores.logins import Login, logins

__all__ = ["logins"]  # a fixture

PROGRAM = "import sys; from causal_organism.cli.main import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def without_network(fresh_dsn: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """Settings whose network's server is not there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORGANISM_", "PREFECT_"))}
    return {
        **kept,
        "ORGANISM_HOME": str(tmp_path),
        "ORGANISM_POSTGRES_DSN": fresh_dsn,
        "ORGANISM_REDIS_URL": redis_url,
        "ORGANISM_NEO4J_URI": "bolt://127.0.0.1:1",
        "ORGANISM_NEO4J_USER": "nobody",
        "ORGANISM_NEO4J_PASSWORD": "none",
        "PREFECT_API_URL": "http://127.0.0.1:1/api",
    }


@pytest.mark.servers
def test_a_network_that_cannot_be_reached_is_shown_among_the_connections(without_network: dict[str, str]) -> None:
    command = [sys.executable, "-c", PROGRAM, "check", "--network"]
    asked = [
        subprocess.Popen(
            [*command, *more],
            env=without_network,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for more in ((), ("--repair", "--json"))
    ]
    (shown, _), (answer, _) = (each.communicate(timeout=120) for each in asked)
    assert [each.returncode for each in asked] == [3, 3]
    states = {line.split()[0]: line.split()[1] for line in shown.splitlines() if len(line.split()) > 1}
    assert (states["ledger"], states["stream"], states["network"]) == ("ok", "ok", "FAIL")
    assert "not compared with the archive" in shown
    document = json.loads(answer)
    assert document["network"] is None
    assert {each["name"]: each["healthy"] for each in document["connections"]}["network"] is False


@pytest.mark.servers
def test_a_pooler_is_shown_and_what_it_does_not_bear_is_an_error(
    without_network: dict[str, str], pooled_dsn: str
) -> None:
    environ = {**without_network, "ORGANISM_POSTGRES_DSN": pooled_dsn}
    command = [sys.executable, "-c", PROGRAM, "check", "--json"]
    found = []
    for more in ({}, {"ORGANISM_POSTGRES_PREPARED": "1"}):
        answer = subprocess.run(command, env={**environ, **more}, text=True, capture_output=True, timeout=120)
        assert answer.returncode == 3
        found.append({each["name"]: each for each in json.loads(answer.stdout)["connections"]})
    assert found[0]["ledger"]["about"].endswith("through a pooler")
    assert found[0]["readings"]["about"].endswith("through a pooler")
    assert not found[1]["ledger"]["healthy"]
    assert "ORGANISM_POSTGRES_PREPARED" in found[1]["ledger"]["hint"]


@pytest.mark.servers
@pytest.mark.parametrize("role", ["reader", "approver", "operator"])
def test_what_is_not_for_the_role_is_no_fault(
    without_network: dict[str, str], logins: Login, neo4j_settings: Settings, role: str
) -> None:
    """In a home a reader and an approver have no address of Prefect, and may read the network."""
    environ = {
        **without_network,
        "ORGANISM_POSTGRES_DSN": logins(role),
        "ORGANISM_NEO4J_URI": neo4j_settings.need("neo4j_uri"),
        "ORGANISM_NEO4J_USER": neo4j_settings.neo4j_reader_user or "",
        "ORGANISM_NEO4J_PASSWORD": neo4j_settings.neo4j_reader_password or "",
    }  # fmt: skip
    del environ["PREFECT_API_URL"]
    command = [sys.executable, "-c", PROGRAM]
    asked = [
        subprocess.run([*command, *words, "--json"], env=environ, text=True, capture_output=True, timeout=120)
        for words in (["check"], ["queues"])
    ]
    found = {each["name"]: each for each in json.loads(asked[0].stdout)["connections"]}
    of_prefect = [found[name] for name in ("orchestrator", "worker", "worker-assets", "deployments", "queues")]
    told = json.loads(asked[1].stdout)["error"]["message"]
    if role == "operator":
        assert [each["healthy"] for each in of_prefect] == [False, None, None, None, None]
        assert {each["see"] for each in of_prefect[1:]} == {"orchestrator"}
        assert of_prefect[1]["about"] == "not known: the orchestrator does not run"
        assert (asked[0].returncode, asked[1].returncode) == (3, 3)
        assert "PREFECT_API_URL is not set" in told
    else:
        assert [(each["healthy"], each["reached"]) for each in of_prefect] == [(None, None)] * 5
        assert all("needs organism_operator" in each["about"] for each in of_prefect)
        assert (asked[0].returncode, found["network"]["healthy"]) == (0, True)
        assert f"needs the role organism_operator; {'test_' + role}" in told
