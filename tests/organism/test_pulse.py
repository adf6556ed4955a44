"""A pulse takes every interaction in exactly once, from wherever the last one was left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.assets.contents import AtBatch
from causal_organism.assets.graph import graph_of
from causal_organism.catalog import ASSETS
from causal_organism.engine.observe import observe
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.errors import LeaseHeldError, RefusedError
from causal_organism.organism.stream.pulse import PulseReport
from tests.engine.living import KINDS, event, living, pulsed
from tests.organism.pulses import accept_only, assert_holds, events, head, interactions
from tests.stores.truth import network_in, ties_of


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    yield from living(request, tmp_path)


def test_a_pulse_goes_to_the_end_of_the_stream_and_publishes_once(organism: Any) -> None:
    entries = events(95)
    organism.stream.append(entries)
    report = pulsed(organism, batch_events=10)
    assert report == PulseReport(read=95, accepted=95, batches=10, version=1, published=True)
    assert_holds(organism, entries)
    version = head(organism)
    assert version.content == AtBatch(name=version.fingerprint, number=10)
    assert (version.metadata["people"], version.metadata["ties"]) == (8, len(ties_of(interactions(entries))))
    assert version.fingerprint == organism.network.position().fingerprint


def test_a_pulse_with_nothing_new_publishes_nothing(organism: Any) -> None:
    assert pulsed(organism) == PulseReport()
    organism.stream.append(events(3))
    pulsed(organism)
    assert pulsed(organism) == PulseReport(version=1)


def test_refused_and_repeated_entries_change_nothing_in_the_network(organism: Any) -> None:
    good = [event("a", "b", id="x"), event("b", "c")]
    ids = organism.stream.append([good[0], event("a", "a"), event("a", "b", id="x"), good[1], {"source": "a"}])
    report = pulsed(organism)
    assert (report.accepted, report.duplicates, report.refused) == (2, 1, 2)
    assert_holds(organism, good)
    letters = organism.stream.read_dead_letters()
    assert [(each.id, each.reason) for each in letters] == [(ids[1], "self"), (ids[4], "missing-field")]
    assert organism.archive.unwritten_refusals() == ()


def test_what_was_accepted_and_not_applied_is_finished_first(organism: Any) -> None:
    entries = events(40)
    ids = organism.stream.append([*entries[:30], event("a", "a"), *entries[30:]])
    for end in (10, 20, 33):
        accept_only(organism, ids[end - 1])
    report = pulsed(organism)
    assert (report.read, report.version) == (8, 1)
    assert_holds(organism, entries)
    assert [each.reason for each in organism.stream.read_dead_letters()] == ["self"]


def test_what_was_applied_and_not_published_is_published(organism: Any) -> None:
    ids = organism.stream.append(events(5))
    organism.network.apply(accept_only(organism, ids[-1]))
    assert pulsed(organism) == PulseReport(version=1, published=True)


def test_people_imported_between_accepting_and_applying_are_no_obstacle(organism: Any) -> None:
    organism.stream.append([event("a", "b")])
    pulsed(organism)
    organism.archive.accept_people(["z"], now=organism.now())
    organism.stream.append([event("z", "a")])
    pulsed(organism)
    assert network_in(organism.network)[0] == ["a", "b", "z"]
    assert head(organism).content.number == 3


def test_a_second_pulse_is_refused_while_one_runs(organism: Any) -> None:
    with organism.ledger.hold("network", "", "somebody"), pytest.raises(LeaseHeldError):
        pulsed(organism)


def test_a_read_only_console_cannot_pulse(organism: Any) -> None:
    with pytest.raises(RefusedError):
        pulsed(organism, read_only=True)


def test_versions_can_be_read_forwards_and_backwards_and_their_deltas_agree(organism: Any) -> None:
    entries = events(90)
    for start in range(0, 90, 30):
        organism.stream.append(entries[start : start + 30])
        pulsed(organism, batch_events=8)
        organism.archive.accept_people([f"joined-{start}"], now=organism.now())
    source = organism.sources["network"]
    versions = {each.number: each for each in organism.ledger.versions("network")}
    for number in (3, 1, 2, 3, 1):
        version = versions[number]
        snapshot = source.load(version.content)
        assert snapshot.fingerprint == version.fingerprint
        taken = interactions(entries[: number * 30])
        assert sum(weight_u for weight_u, *_ in ties_of(taken).values()) == int(snapshot.out.weight_u.sum())
    first, last = (source.load(versions[n].content) for n in (1, 3))
    delta = source.delta(versions[1].content, versions[3].content)
    assert first.apply(delta) == last
    assert source.delta(versions[3].content, versions[1].content) is None  # people joined: no delta takes them out
    assert source.delta(versions[3].content, versions[3].content).ties == ()


def test_rows_for_people_are_the_ties(organism: Any) -> None:
    organism.stream.append([event("a", "b", weight="1.5"), event("b", "a")])
    pulsed(organism)
    version = head(organism)
    columns, rows = organism.sources["network"].rows(version.content)
    assert columns == ["id", "source", "target", "weight", "count"]
    assert rows == [["a -> b", "a", "b", 1.5, 1], ["b -> a", "b", "a", 1.0, 1]]


def test_the_run_of_a_pulse_reports_what_the_pulse_published_as_changed(organism: Any) -> None:
    """Its own look at `network` comes after, and finds it as the pulse left it."""
    if isinstance(organism, SimpleNamespace):
        organism.graph = graph_of(ASSETS)
    organism.stream.append(events(3))
    pulsed(organism)

    def changed(run: str) -> bool:
        (seen,) = observe(load_snapshot(organism), ["network"], Origin("a", "t", run=run))
        return seen.changed

    assert (changed("run-1"), changed("run-2")) == (True, False)
