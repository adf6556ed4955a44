"""The audit finds what somebody changed in the network by hand, tells it, and puts it right."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.alerts.alerts import Alert
from causal_organism.errors import NetworkGapError, RefusedError
from causal_organism.organism.projections.verify_network import (
    AuditReport,
    audit_network,
    compare_network,
    describe,
    last_audit,
)
from causal_organism.platform.notices import notify
from causal_organism.stores.bolt.network import BoltNetwork
from tests.engine.living import KINDS, event, living, pulsed, with_settings
from tests.organism.pulses import take_out
from tests.stores.truth import network_in


@dataclass
class Kept:
    """A channel that keeps what it is given, each alert once."""

    alerts: list[Alert] = field(default_factory=list)

    def names(self) -> tuple[str, ...]:
        return ("kept",)

    def claim(self, channel: str, alert: Alert) -> bool:
        return all(each.dedup_key != alert.dedup_key for each in self.alerts)

    def release(self, channel: str, alert: Alert) -> None: ...

    def send(self, channel: str, alert: Alert) -> None:
        self.alerts.append(alert)


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    for found in living(request, tmp_path):
        if isinstance(found, SimpleNamespace):
            found.channels = Kept()
        else:
            found.__dict__["channels"] = Kept()
        found.stream.append([event("a", "b", weight="2"), event("b", "c"), event("c", "a", at=1_700_000_009)])
        pulsed(found)
        yield found


def audited(organism: Any, **options: Any) -> AuditReport:
    return audit_network(organism, run="run-6", actor="ana", holder=f"h{uuid.uuid4().hex[:6]}", tell=notify, **options)


def set_tie(organism: Any, source: str, target: str, **amounts: int) -> None:
    """By hand, through the driver, as whoever has the password can."""
    if isinstance(organism.network, BoltNetwork):
        names = {"weight_u": "w", "count": "n", "last_us": "last"}
        query = "MATCH (:Person {id: $source})-[t:INTERACTS]->(:Person {id: $target}) SET t += $amounts"
        with organism.network._connection.session() as session:
            session.run(
                query, source=source, target=target, amounts={names[name]: each for name, each in amounts.items()}
            ).consume()
    else:
        names = {"weight_u": "weight_u_now", "count": "count_now", "last_us": "last_us"}
        tie = organism.network._ties[source, target]
        organism.network._ties[source, target] = tie._replace(**{names[name]: each for name, each in amounts.items()})


def told_of_last(organism: Any) -> str:
    found = last_audit(organism)
    assert found is not None
    return describe(found)


def test_a_network_that_nobody_touched_is_as_the_archive_says(organism: Any) -> None:
    report = audited(organism)
    assert (report.same, report.people, report.ties, report.batch) == (True, 3, 3, 1)
    assert organism.channels.alerts == []
    assert organism.ledger.audit_log() == ()
    assert told_of_last(organism) == "batch 1: 3 people and 3 ties, as the archive says"


def test_a_weight_that_somebody_changed_is_told_and_put_right(organism: Any) -> None:
    before = network_in(organism.network)
    set_tie(organism, "a", "b", weight_u=99_000_000)
    report = audited(organism)
    assert (report.differing_ties, report.differing_people, report.repaired) == (1, 0, True)
    difference: Any
    (difference,) = report.differences
    assert (difference["source"], difference["target"]) == ("a", "b")
    assert (difference["expected"]["weight_u"], difference["is"]["weight_u"]) == (2_000_000, 99_000_000)
    (alert,) = organism.channels.alerts
    assert "a -> b: expected weight 2, 1 interaction; is weight 99, 1 interaction" in alert.text
    assert (alert.run, alert.subject) == ("run-6", "network")
    assert [each.action for each in organism.ledger.audit_log()][-2:] in (
        ["network.differs", "network.rebuild"],
        ["network.rebuild", "network.differs"],
    )
    logged = next(each for each in organism.ledger.audit_log() if each.action == "network.differs")
    assert logged.detail["differences"][0]["is"]["weight_u"] == 99_000_000
    assert "1 tie differs;" in told_of_last(organism)
    assert network_in(organism.network) == before
    assert audited(organism).same


def test_times_count_too(organism: Any) -> None:
    set_tie(organism, "c", "a", last_us=5)
    report = audited(organism)
    assert report.differing_ties == 1
    assert "to 1970-01-01T00:00:00.000005+00:00" in organism.channels.alerts[0].text


@pytest.mark.parametrize("changed", ["kind", "weight", "none left"])
def test_what_is_said_by_kind_counts_too(organism: Any, changed: str) -> None:
    organism.stream.append([event("a", "b", kind="call")])
    pulsed(organism)
    assert audited(organism).same
    set_kinds(organism, {"kind": ["call", "mail"], "weight": ["call", "interaction"], "none left": []}[changed])
    report = audited(organism)
    assert (report.differing_ties, report.repaired) == (1, True)
    difference: Any = report.differences[0]
    assert set(difference["expected"]["kinds"]) == {"call", "interaction"}
    told = organism.channels.alerts[0].text
    assert "expected 'call' weight 1, 1 interaction from" in told
    assert {"kind": "'mail' weight", "weight": "'interaction' weight 3", "none left": "is no kinds"}[changed] in told
    assert audited(organism).same


def set_kinds(organism: Any, names: list[str]) -> None:
    """Of the tie a -> b, with 3 of the last one."""
    if isinstance(organism.network, BoltNetwork):
        query = "MATCH (:Person {id: 'a'})-[t:INTERACTS]->(:Person {id: 'b'}) SET t.kinds = $names, t.kind_w = $weights"
        with organism.network._connection.session() as session:
            session.run(query, names=names, weights=[1_000_000, 3_000_000][: len(names)]).consume()
        return
    tie = organism.network._ties["a", "b"]
    by_kind = zip(tie.kinds, names, [1_000_000, 3_000_000], strict=False)
    kinds = tuple(each._replace(kind=name, weight_u=weight_u) for each, name, weight_u in by_kind)
    organism.network._ties["a", "b"] = tie._replace(kinds=kinds)


def test_a_tie_that_somebody_took_out_is_found(organism: Any) -> None:
    take_out(organism, "b", "c")
    report = audited(organism)
    assert report.differences[0]["is"] is None
    assert "b -> c: expected weight 1, 1 interaction; is no tie" in organism.channels.alerts[0].text
    assert ("b", "c") in network_in(organism.network)[1]


def test_without_repair_it_stays_as_it_is(organism: Any) -> None:
    set_tie(organism, "a", "b", weight_u=99_000_000)
    assert not audited(organism, repair=False).repaired
    assert network_in(organism.network)[1]["a", "b"][0] == 99_000_000
    assert "--repair" in organism.channels.alerts[0].text


def test_a_network_that_is_behind_is_brought_up_and_is_no_difference(organism: Any) -> None:
    organism.archive.accept_people(["z"], now=organism.now())
    with pytest.raises(NetworkGapError):
        compare_network(organism)
    assert audited(organism).same
    assert organism.channels.alerts == []


def test_a_read_only_console_only_compares(organism: Any) -> None:
    set_tie(organism, "a", "b", weight_u=99_000_000)
    looking = with_settings(organism, read_only=True)
    assert compare_network(looking).differing_ties == 1
    with pytest.raises(RefusedError):
        audited(looking)


def test_people_and_ties_made_by_hand_are_found_on_a_server(organism: Any) -> None:
    if not isinstance(organism.network, BoltNetwork):
        pytest.skip("there is nobody's hand in memory")
    before = network_in(organism.network)
    with organism.network._connection.session() as session:
        session.run("CREATE (:Person {idx: 3, id: 'x'})").consume()
        session.run(
            "MATCH (a:Person {id: 'x'}), (b:Person {id: 'a'}) CREATE (a)-[:INTERACTS {w: 1, n: 1}]->(b)"
        ).consume()
        session.run(
            "MATCH (a:Person {id: 'a'}), (b:Person {id: 'b'})"
            " CREATE (a)-[:INTERACTS {w: 2000000, n: 1, first: 1, last: 1}]->(b)"
        ).consume()
    report = audited(organism)
    assert (report.differing_people, report.differing_ties) == (1, 2)
    told = {(each["source"], each["target"]): each for each in report.differences if "source" in each}
    assert (told["a", "b"]["copies"], told["x", "a"]["expected"]) == (2, None)
    assert report.differences[-1] == {"idx": 3, "expected": None, "is": "x"}
    assert network_in(organism.network) == before


def test_what_is_no_network_any_more_is_made_again(organism: Any) -> None:
    if not isinstance(organism.network, BoltNetwork):
        pytest.skip("there is nobody's hand in memory")
    before = network_in(organism.network)
    with organism.network._connection.session() as session:
        session.run("MATCH (p:Person {id: 'b'}) SET p.idx = 77").consume()
    report = audited(organism)
    assert report.error is not None
    assert network_in(organism.network) == before


def test_a_network_of_an_older_format_is_brought_to_this_one_and_is_no_difference(organism: Any) -> None:
    set_format(organism, 1)
    looked = compare_network(organism)
    assert (looked.older_format, looked.differing_ties) == (1, 0)
    assert "an older version stored its ties, in format 1" in str(looked)
    report = audited(organism)
    assert (report.same, report.older_format, organism.channels.alerts) == (True, 1, [])
    assert audited(organism).older_format is None


def set_format(organism: Any, number: int) -> None:
    """As a home of an older version holds it."""
    if isinstance(organism.network, BoltNetwork):
        with organism.network._connection.session() as session:
            session.run("MATCH (p:Position {name: 'network'}) SET p.format = $number", number=number).consume()
    else:
        organism.network._position = replace(organism.network._position, format=number)
