"""`organism ingest`, `import` and `dead-letters`: documents, exit codes, and who may."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from causal_organism.cli.main import main
from causal_organism.wiring import open_organism
from tests.engine.living import pulsed, server_settings

pytestmark = pytest.mark.servers


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The environment of servers with nothing in them."""
    settings = server_settings(request, tmp_path)
    monkeypatch.setenv("ORGANISM_HOME", str(tmp_path))
    monkeypatch.setenv("ORGANISM_REDIS_URL", settings.need("redis_url"))
    monkeypatch.setenv("ORGANISM_POSTGRES_DSN", settings.need("postgres_dsn"))
    monkeypatch.setenv("ORGANISM_NEO4J_URI", settings.need("neo4j_uri"))
    monkeypatch.setenv("ORGANISM_NEO4J_USER", settings.neo4j_user)
    monkeypatch.setenv("ORGANISM_NEO4J_PASSWORD", settings.neo4j_password or "")
    monkeypatch.setenv("ORGANISM_STREAM", settings.stream)
    monkeypatch.setenv("ORGANISM_DEAD_LETTERS", settings.dead_letters)
    monkeypatch.setenv("ORGANISM_LEASE_WAIT_S", "0")
    with open_organism() as organism:
        organism.network.clear()
    return settings


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """Exit code and the one document on stdout."""
    code = main([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


GOOD = '{"source": "a", "target": "b", "at": 1700000000}'


@pytest.mark.usefixtures("home")
def test_refused_lines_are_told_by_document_and_exit_code(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(f"{GOOD}\nnonsense\n")
    code, document = asked(capsys, "ingest", str(path))
    assert code == 1
    assert (document["schema"], document["read"], document["accepted"]) == ("organism.ingest/1", 2, 1)
    assert document["refused"] == [{"line": 2, "reason": "not-text", "file": str(path)}]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    code, document = asked(capsys, "ingest", "-")
    assert (code, document["read"], document["accepted"], document["refused"]) == (0, 1, 1, [])
    code, document = asked(capsys, "ingest", str(tmp_path / "nowhere.csv"))
    assert (code, document["schema"]) == (2, "organism.error/1")


@pytest.mark.usefixtures("home")
def test_dead_letters_are_listed_retried_and_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    with open_organism() as organism:
        ids = organism.stream.append([{"source": "a", "target": "a", "at": "1"}, {"source": "\x1b[2Jx"}])
        pulsed(organism)
    code, document = asked(capsys, "dead-letters")
    assert code == 0
    assert [(each["id"], each["reason"]) for each in document["entries"]] == [
        (ids[0], "self"),
        (ids[1], "missing-field"),
    ]
    assert asked(capsys, "dead-letters", "list", "--limit", "1")[1]["entries"] == document["entries"][:1]
    assert asked(capsys, "dead-letters", "retry", "--all", "--set", "target=c")[0] == 1
    assert asked(capsys, "dead-letters")[1]["entries"] == document["entries"][1:]
    assert main(["dead-letters"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert asked(capsys, "dead-letters", "drop", ids[1])[1]["dropped"] == [ids[1]]
    assert asked(capsys, "dead-letters", "drop")[0] == 2


@pytest.mark.usefixtures("home")
def test_a_read_only_console_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORGANISM_READ_ONLY", "1")
    path = tmp_path / "people.csv"
    path.write_text("id,team\na,north\n")
    for words in (["import", "people", str(path)], ["ingest", str(path)], ["dead-letters", "drop", "--all"]):
        code, document = asked(capsys, *words)
        assert (code, document["error"]["code"]) == (4, "read-only")


@pytest.mark.usefixtures("home")
def test_an_import_is_all_or_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,team\na,north\nb,\n")
    code, document = asked(capsys, "import", "people", str(path))
    assert (code, document["error"]["code"]) == (2, "bad-import")
    path.write_text("id,team\na,north\nb,south\n")
    code, document = asked(capsys, "import", "people", str(path))
    assert (code, document["rows"], document["people_added"], document["changed"]) == (0, 2, 2, True)
    assert {each["key"] for each in document["observed"]} == {"people", "network"}
    assert asked(capsys, "import", "people", str(path))[1]["changed"] is False


@pytest.mark.usefixtures("home")
def test_the_network_can_be_given_to_networkx() -> None:
    networkx = pytest.importorskip("networkx")
    with open_organism() as organism:
        organism.stream.append([{"source": "a", "target": "b", "at": "1"}, {"source": "b", "target": "c", "at": "1"}])
        pulsed(organism)
        snapshot = organism.snapshot()
    assert networkx.betweenness_centrality(snapshot) == {"a": 0.0, "b": 0.5, "c": 0.0}
