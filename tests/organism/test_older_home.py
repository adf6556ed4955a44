"""A home of an older version is brought to this one: in place, and from a backup. What it held is what is there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from causal_organism.alerts.alerts import Alert
from causal_organism.engine.contents import load_value
from causal_organism.engine.history.audit_chain import check_chain
from causal_organism.organism.projections.verify_network import audit_network
from causal_organism.platform.backups import put_back as backups
from causal_organism.platform.backups.folder import BackupReader
from causal_organism.stores.bolt.network import BoltNetwork
from causal_organism.stores.postgres.copies import PostgresCopies
from causal_organism.stores.postgres.database import apply_migrations
from causal_organism.stores.redis.copies import RedisCopies
from causal_organism.stores.redis.stream import RedisStream
from causal_organism.wiring import OpenOrganism
from tests.engine.living import event, pulsed, server_settings
from tests.stores.truth import network_in

pytestmark = pytest.mark.servers

OLDER = Path(__file__).parent / "older"
VIEWS = ("degree", "clustering", "pagerank")


@pytest.fixture
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenOrganism]:
    """With nothing in it."""
    with OpenOrganism(server_settings(request, tmp_path, home=tmp_path)) as found:
        found.network.clear()
        yield found


@pytest.fixture
def upgraded(organism: OpenOrganism) -> OpenOrganism:
    """Over the stores of the older version as they were; the first who asks the ledger migrates it."""
    backup = BackupReader(OLDER / "backup")
    ledger = backup.manifest["ledger"]
    connection = organism.database.connect()
    apply_migrations(connection, ledger["migrations"])
    PostgresCopies(organism.database)._fill(connection, backups._tables(backup, "ledger", ledger))
    connection.commit()
    connection.close()
    assert isinstance(organism.stream, RedisStream)
    RedisCopies(organism.stream).put_back(
        backups._entries(backup), backups._state(backup.manifest), tuple(backups._letters(backup))
    )
    _write_network(organism, json.loads((OLDER / "network.json").read_text()))
    return organism


@pytest.fixture
def restored(organism: OpenOrganism) -> OpenOrganism:
    backups.put_back(organism, organism.backup_stores, OLDER / "backup")
    return organism


@pytest.mark.parametrize("way", ["upgraded", "restored"])
def test_every_number_is_there_and_the_next_pulse_goes_on(way: str, request: pytest.FixtureRequest) -> None:
    organism: OpenOrganism = request.getfixturevalue(way)
    heads = organism.ledger.heads()
    for view in VIEWS:
        was = json.loads((OLDER / f"{view}.json").read_text())
        version = heads[f"views/{view}", ""].version
        assert version.number == was["version"]
        assert _rows(load_value(organism, version)) == was["rows"], view
    assert [each.reason for each in organism.stream.read_dead_letters()] == ["self"]
    assert check_chain(organism.ledger.audit_chain(), from_the_start=True).whole
    number = heads["network", ""].version.number

    organism.stream.append([event("a", "m", at=1_700_900_000)])
    report = pulsed(organism)
    assert (report.accepted, report.gap) == (1, None)
    assert organism.ledger.heads()["network", ""].version.number == number + 1
    ids, ties = network_in(organism.network)
    assert (len(ids), len(ties)) == (13, len(_ties()) + 1)
    assert {pair: ties[pair][:2] for pair in _ties()} == _ties()


def test_an_older_format_of_the_network_is_no_difference_to_anybody(upgraded: OpenOrganism) -> None:
    told: list[Alert] = []
    pulsed(upgraded)
    report = audit_network(
        upgraded, run=None, actor="ana", holder="h9", tell=lambda _, alerts: told.extend(alerts), repair=True
    )
    assert (report.same, report.ties, told) == (True, len(_ties()), [])


def _rows(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    columns = {name: column.tolist() if hasattr(column, "tolist") else list(column) for name, column in value.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _ties() -> dict[tuple[str, str], tuple[int, int]]:
    """(source, target) -> (weight in millionths, count), as Neo4j had them."""
    held = json.loads((OLDER / "network.json").read_text())
    names = {each["id"]: each["properties"].get("id") for each in held["nodes"]}
    return {
        (names[each["start"]], names[each["end"]]): (each["properties"]["w"], each["properties"]["n"])
        for each in held["ties"]
    }


def _write_network(organism: OpenOrganism, held: Any) -> None:
    assert isinstance(organism.network, BoltNetwork)
    people = [each["properties"] for each in held["nodes"] if each["labels"] == ["Person"]]
    (position,) = (each["properties"] for each in held["nodes"] if each["labels"] == ["Position"])
    names = {each["id"]: each["properties"].get("id") for each in held["nodes"]}
    ties = [{"a": names[each["start"]], "b": names[each["end"]], "p": each["properties"]} for each in held["ties"]]
    with organism.network._connection.session() as session:
        session.run("MATCH (p:Position) DELETE p").consume()
        session.run("UNWIND $rows AS row CREATE (p:Person) SET p = row", rows=people).consume()
        session.run("CREATE (p:Position) SET p = $row", row=position).consume()
        session.run(
            "UNWIND $rows AS row MATCH (a:Person {id: row.a}), (b:Person {id: row.b}) "
            "CREATE (a)-[t:INTERACTS]->(b) SET t = row.p",
            rows=ties,
        ).consume()
