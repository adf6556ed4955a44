"""A pulse over a network's server that is behind, damaged, of another format, or under a window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from causal_organism.network.deltas import TieChange
from causal_organism.organism.projections import network_follower as projection
from causal_organism.stores.bolt.network import BoltNetwork
from tests.engine.living import KINDS, event, living, pulsed
from tests.organism.pulses import assert_holds, events, head, interactions, take_out
from tests.stores.truth import kinds_in, network_in, ties_of


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    yield from living(request, tmp_path)


def test_an_older_network_catches_up_and_a_strange_one_is_made_again(organism: Any) -> None:
    entries = events(60)
    organism.stream.append(entries)
    pulsed(organism, batch_events=7)
    organism.network.clear()
    assert not pulsed(organism).rebuilt
    assert_holds(organism, entries)
    stranger = organism.archive.batch(organism.archive.position().batch)
    organism.network.apply(
        replace(stranger, number=stranger.number + 1, fingerprint="f" * 64, delta=replace(stranger.delta, ties=()))
    )
    assert pulsed(organism).rebuilt
    assert_holds(organism, entries)
    assert [each.action for each in organism.ledger.audit_log()] == ["network.rebuild"]


def test_a_damaged_network_server_does_not_damage_what_is_read(organism: Any) -> None:
    organism.stream.append(events(20))
    pulsed(organism)
    spoil(organism)
    version = head(organism)
    assert organism.sources["network"].load(version.content).fingerprint == version.fingerprint


def test_a_tie_that_somebody_took_out_of_the_network_comes_back(organism: Any) -> None:
    entries = [event("a", "b"), event("b", "c"), event("a", "b")]
    organism.stream.append(entries[:2])
    pulsed(organism)
    take_out(organism, "a", "b")
    organism.stream.append(entries[2:])
    report = pulsed(organism)
    assert (report.rebuilt, report.version) == (True, 2)
    assert_holds(organism, entries)


def spoil(organism: Any) -> None:
    """Somebody writes to the network by hand."""
    position = organism.network.position()
    batch = organism.archive.batch(position.batch)
    known = batch.delta.ties[0]
    tie = TieChange(
        known.source, known.target, known.weight_u_now, known.weight_u_now + 77,
        known.count_was, known.count_now, known.first_us, known.last_us, known.kinds,
    )  # fmt: skip
    organism.network.apply(
        replace(batch, number=position.batch + 1, delta=replace(batch.delta, ties=(tie,), people=()))
    )


def test_with_a_window_the_network_is_what_the_last_days_hold_however_it_came(organism: Any) -> None:
    day = 86_400
    entries = [event(a, b, at=1_700_000_000 + n * day) for n, (a, b) in enumerate([("a", "b"), ("b", "c"), ("c", "a")])]
    organism.stream.append(entries[:2])
    pulsed(organism, window_days=2)
    assert network_in(organism.network)[1] == ties_of(interactions(entries[:2]))
    organism.stream.append(entries[2:])
    report = pulsed(organism, window_days=2)
    assert (report.accepted, report.published) == (1, True)
    assert network_in(organism.network)[1] == ties_of(interactions(entries[1:]))
    assert pulsed(organism, window_days=2).published is False
    pulsed(organism, window_days=0)
    assert_holds(organism, entries)
    organism.network.clear()
    pulsed(organism, window_days=1)
    assert network_in(organism.network)[1] == ties_of(interactions(entries[2:]))


def test_a_network_whose_ties_say_no_kinds_is_made_again_by_the_next_pulse(organism: Any) -> None:
    organism.stream.append(events(20))
    pulsed(organism)
    if not isinstance(organism.network, BoltNetwork):  # a memory has no past
        return
    with organism.network._connection.session() as session:
        session.run("MATCH ()-[t:INTERACTS]->() REMOVE t.kinds").consume()
        session.run("MATCH (p:Position {name: 'network'}) REMOVE p.format").consume()
    assert pulsed(organism).accepted == 0
    columns, held = organism.network.read(kinds=True), organism.archive.ties(kinds=True)
    assert kinds_in(columns) == kinds_in(held) != {}
    assert [each.action for each in organism.ledger.audit_log()] == ["network.rebuild"]


def test_a_window_that_takes_out_more_than_one_transaction_holds_is_moved_all_the_same(
    organism: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [
        event(pair[0], pair[1], at=1_700_000_000 + day * 86_400)
        for day in range(3)
        for pair in ("ab", "bc", "ca", "ad")
    ]
    organism.stream.append(entries)
    pulsed(organism)
    monkeypatch.setattr(projection, "_MOST_CHANGES", 3)
    report = pulsed(organism, window_days=1)
    assert (report.published, report.rebuilt) == (True, False)
    assert network_in(organism.network)[1] == ties_of(interactions(entries[8:]))
    assert organism.network.position().batch == organism.archive.position().batch == 2
    assert organism.network.position().fingerprint == organism.archive.batch(2).fingerprint
    assert [each.action for each in organism.ledger.audit_log()] == []
    organism.network.clear()
    pulsed(organism, window_days=0)
    assert_holds(organism, entries)
