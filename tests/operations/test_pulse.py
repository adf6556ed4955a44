"""A pulse takes every interaction in exactly once, from wherever the last one was left."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.assets.definitions import Asset, Keep
from causal_organism.catalog import ASSETS
from causal_organism.errors import LeaseHeldError, RefusedError
from causal_organism.network.interactions import Interaction, parse
from causal_organism.operations import projection
from causal_organism.operations.contents import load_value
from causal_organism.operations.observe import observe
from causal_organism.operations.pulse import PulseReport
from causal_organism.operations.retain import retain
from causal_organism.ports import Batch
from causal_organism.stores.network import BoltNetwork
from causal_organism.stores.stream import RedisStream
from causal_organism.wiring import OpenOrganism
from tests.operations.living import KINDS, emptied, event, living, pulsed, with_settings
from tests.operations.organisms import graph_of
from tests.stores.truth import kinds_in, network_in, people_of, ties_of, weeks_in, weeks_of


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    yield from living(request, tmp_path)


def events(count: int, seed: int = 7) -> list[Mapping[str, str]]:
    chance = random.Random(seed)
    return [
        event(source, target, at=1_700_000_000 + chance.randrange(10**6), weight=str(1 + n % 3))
        for n in range(count)
        for source, target in [chance.sample("abcdefgh", 2)]
    ]


def interactions(entries: list[Mapping[str, str]]) -> list[Interaction]:
    found = [parse(each, entry="1-0", now_us=2 * 10**15) for each in entries]
    return [each for each in found if isinstance(each, Interaction)]


def assert_holds(organism: Any, entries: list[Mapping[str, str]]) -> None:
    taken = interactions(entries)
    assert network_in(organism.network) == (people_of(taken), ties_of(taken))
    assert weeks_in(organism.archive) == weeks_of(taken)
    assert organism.network.position().batch == organism.archive.position().batch


def head(organism: Any) -> Any:
    return organism.ledger.heads()["network", ""].version


def test_a_pulse_goes_to_the_end_of_the_stream_and_publishes_once(organism: Any) -> None:
    entries = events(95)
    organism.stream.append(entries)
    report = pulsed(organism, batch_events=10)
    assert report == PulseReport(read=95, accepted=95, batches=10, version=1, published=True)
    assert_holds(organism, entries)
    version = head(organism)
    assert version.value == {"format": "network", "batch": 10}
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


def accept_only(organism: Any, until: str) -> Batch:
    """As far as a pulse comes that is killed after accepting."""
    position = organism.archive.position()
    found = organism.stream.read_after(position.entry, 10_000, until=until)
    parsed = [parse(each.fields, entry=each.id, now_us=2 * 10**15) for each in found]
    good = [each for each in parsed if isinstance(each, Interaction)]
    bad = [each for each in parsed if not isinstance(each, Interaction)]
    accepted = organism.archive.accept(
        position, good, bad, last_entry=found[-1].id, entries=len(found), now=organism.now()
    )
    batch: Batch | None = accepted.batch
    assert batch is not None
    return batch


def test_what_was_applied_and_not_published_is_published(organism: Any) -> None:
    ids = organism.stream.append(events(5))
    organism.network.apply(accept_only(organism, ids[-1]))
    assert pulsed(organism) == PulseReport(version=1, published=True)


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


def test_people_imported_between_accepting_and_applying_are_no_obstacle(organism: Any) -> None:
    organism.stream.append([event("a", "b")])
    pulsed(organism)
    organism.archive.accept_people(["z"], now=organism.now())
    organism.stream.append([event("z", "a")])
    pulsed(organism)
    assert network_in(organism.network)[0] == ["a", "b", "z"]
    assert head(organism).value["batch"] == 3


def test_entries_trimmed_before_they_were_read_are_a_gap_reported_once(organism: Any) -> None:
    entries = events(30)
    first = organism.stream.append(entries[:10])
    pulsed(organism)
    ids = organism.stream.append(entries[10:])
    organism.stream.trim(ids[4])
    report = pulsed(organism)
    assert report.gap is not None
    assert (report.gap.after, report.gap.before, report.gap.missing) == (first[-1], ids[5], 5)
    assert report.accepted == 15
    assert_holds(organism, [*entries[:10], *entries[15:]])
    assert pulsed(organism).gap is None
    assert organism.archive.gaps() == (report.gap,)


def test_trimming_what_was_read_is_no_gap(organism: Any) -> None:
    ids = organism.stream.append(events(10))
    pulsed(organism)
    organism.stream.trim(ids[-1])
    organism.stream.append(events(3, seed=2))
    report = pulsed(organism)
    assert (report.gap, report.accepted) == (None, 3)


def test_a_stream_trimmed_to_nothing_unread_is_a_gap(organism: Any) -> None:
    ids = organism.stream.append(events(10))
    organism.stream.trim(ids[-1])
    report = pulsed(organism)
    assert report.gap is not None
    assert (report.gap.missing, report.read, report.version) == (10, 0, None)
    assert pulsed(organism).gap is None


def test_a_stream_that_begins_anew_is_read_from_its_beginning(organism: Any) -> None:
    entries = events(20)
    organism.stream.append([*entries[:12], event("a", "a")])
    pulsed(organism)
    emptied(organism)
    organism.stream.append(entries[12:])
    report = pulsed(organism)
    assert report.gap is not None
    assert (report.gap.missing, report.accepted) == (None, 8)
    assert_holds(organism, entries)
    assert [each.reason for each in organism.stream.read_dead_letters()] == ["self"]  # written again
    assert pulsed(organism) == PulseReport(version=report.version)


def test_entries_removed_one_by_one_before_they_were_read_are_a_gap(organism: Any) -> None:
    entries = events(10)
    ids = organism.stream.append(entries)
    if isinstance(organism.stream, RedisStream):
        organism.stream._redis.xdel(organism.settings.stream, ids[4])
    else:
        del organism.stream._entries[ids[4]]
    first = pulsed(organism)
    assert first.gap is not None
    assert first.gap.missing == 1
    assert first.accepted == 9
    assert pulsed(organism).gap is None


def test_accepted_entries_beyond_the_setting_are_trimmed(organism: Any) -> None:
    ids = organism.stream.append(events(50))
    report = pulsed(organism, stream_keep=20, batch_events=25)
    assert report.trimmed == 25
    assert pulsed(organism, stream_keep=20, batch_events=25).trimmed == 5
    assert pulsed(organism, stream_keep=0, batch_events=25).trimmed == 0
    assert organism.stream.state().first_id == ids[30]


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
        snapshot = source.load(version.value, version.fingerprint)
        assert snapshot.fingerprint == version.fingerprint
        taken = interactions(entries[: number * 30])
        assert sum(weight_u for weight_u, *_ in ties_of(taken).values()) == int(snapshot.out.weight_u.sum())
    first, last = (source.load(versions[n].value, versions[n].fingerprint) for n in (1, 3))
    delta = source.delta(versions[1].value, versions[3].value)
    assert first.apply(delta) == last
    assert source.delta(versions[3].value, versions[1].value) is None  # people joined: no delta takes them out
    assert source.delta(versions[3].value, versions[3].value).ties == ()


def test_a_damaged_network_server_does_not_damage_what_is_read(organism: Any) -> None:
    organism.stream.append(events(20))
    pulsed(organism)
    spoil(organism)
    version = head(organism)
    assert organism.sources["network"].load(version.value, version.fingerprint).fingerprint == version.fingerprint


def test_a_tie_that_somebody_took_out_of_the_network_comes_back(organism: Any) -> None:
    entries = [event("a", "b"), event("b", "c"), event("a", "b")]
    organism.stream.append(entries[:2])
    pulsed(organism)
    take_out(organism, "a", "b")
    organism.stream.append(entries[2:])
    report = pulsed(organism)
    assert (report.rebuilt, report.version) == (True, 2)
    assert_holds(organism, entries)


def take_out(organism: Any, source: str, target: str) -> None:
    if isinstance(organism.network, BoltNetwork):
        with organism.network._session() as session:
            query = "MATCH (:Person {id: $source})-[t:INTERACTS]->(:Person {id: $target}) DELETE t"
            session.run(query, source=source, target=target).consume()
    else:
        del organism.network._ties[source, target]


def spoil(organism: Any) -> None:
    """Somebody writes to the network by hand."""
    position = organism.network.position()
    batch = organism.archive.batch(position.batch)
    known = batch.delta.ties[0]
    tie = replace(known, weight_u_was=known.weight_u_now, weight_u_now=known.weight_u_now + 77)
    organism.network.apply(
        replace(batch, number=position.batch + 1, delta=replace(batch.delta, ties=(tie,), people=()))
    )


def test_rows_for_people_are_the_ties(organism: Any) -> None:
    organism.stream.append([event("a", "b", weight="1.5"), event("b", "a")])
    pulsed(organism)
    version = head(organism)
    columns, rows = organism.sources["network"].rows(version.value, version.fingerprint)
    assert columns == ["id", "source", "target", "weight", "count"]
    assert rows == [["a -> b", "a", "b", 1.5, 1], ["b -> a", "b", "a", 1.0, 1]]


def test_the_run_of_a_pulse_reports_what_the_pulse_published_as_changed(organism: Any) -> None:
    """Its own look at `network` comes after, and finds it as the pulse left it."""
    if isinstance(organism, SimpleNamespace):
        organism.graph = graph_of(ASSETS)
    organism.stream.append(events(3))
    pulsed(organism)

    def changed(run: str) -> bool:
        (seen,) = observe(organism, ["network"], organism.ledger.heads_of(["network"]), actor="a", trigger="t", run=run)
        return seen.changed

    assert (changed("run-1"), changed("run-2")) == (True, False)


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


def test_retention_lets_the_archive_forget_single_interactions_and_nothing_else(organism: Any) -> None:
    if not isinstance(organism, OpenOrganism):  # memory goes with the process
        assert organism.archive.forgettable(organism.now()) == organism.archive.forget(organism.now()) == 0
        return
    entries = events(40)
    organism.stream.append(entries)
    pulsed(organism)
    with organism.database.connection() as connection:
        connection.execute("UPDATE organism.interaction SET accepted_at = accepted_at - interval '91 days'")
        connection.execute("UPDATE organism.batch SET accepted_at = accepted_at - interval '91 days'")
    assert retain(with_settings(organism, archive_days=0), dry_run=True, actor="ana")["forgotten"]["interactions"] == 0
    assert retain(organism, dry_run=True, actor="ana")["forgotten"]["interactions"] == 40
    assert len(organism.archive.interactions_of("a")) > 0
    assert retain(organism, dry_run=False, actor="ana")["forgotten"]["interactions"] == 40
    assert [each.action for each in organism.ledger.audit_log()] == ["retain"]
    assert organism.archive.interactions_of("a") == ()
    assert_holds(organism, entries)
    organism.network.clear()
    pulsed(organism)  # from the ties, which stay
    assert_holds(organism, entries)


def keeping(organism: Any, keep: Keep) -> Any:
    """The same stores, with nothing in the graph but `network` under this policy."""
    graph = graph_of([Asset((replace(graph_of(ASSETS)["network"], keep=keep),))])
    if isinstance(organism, OpenOrganism):
        found = OpenOrganism(organism.settings)
        found.__dict__["graph"] = graph
        return found
    return SimpleNamespace(**{**vars(organism), "graph": graph})


def test_retention_removes_batches_that_no_kept_network_needs(organism: Any) -> None:
    entries = events(60)
    for start in range(0, 60, 10):
        organism.stream.append(entries[start : start + 10])
        pulsed(organism)
    pulsed(organism)
    assert [each.number for each in organism.archive.batches(0)] == [1, 2, 3, 4, 5, 6]
    everything = keeping(organism, Keep())
    assert retain(everything, dry_run=True, actor="ana")["forgotten"]["batches"] == 0  # version 1 stands at batch 1
    short = keeping(organism, Keep(last=3))
    assert retain(short, dry_run=True, actor="ana")["forgotten"]["batches"] == 3
    assert len(list(organism.archive.batches(0))) == 6
    assert retain(short, dry_run=False, actor="ana")["forgotten"]["batches"] == 3
    assert [each.number for each in organism.archive.batches(0)] == [4, 5, 6]
    versions = organism.ledger.versions("network", kept=True)
    assert [load_value(organism, each).fingerprint for each in versions] == [each.fingerprint for each in versions]
    organism.network.clear()
    organism.stream.append(events(70)[60:])
    pulsed(organism)
    assert_holds(organism, events(70))
    assert [load_value(organism, each).fingerprint for each in versions] == [each.fingerprint for each in versions]


def test_retention_leaves_batches_that_a_restored_server_has_still_to_follow(organism: Any) -> None:
    entries = events(60)
    for start in range(0, 60, 10):
        organism.stream.append(entries[start : start + 10])
        pulsed(organism)
    organism.network.clear()
    for batch in organism.archive.batches(0, 2):  # a backup of long ago
        organism.network.apply(batch)
    assert retain(keeping(organism, Keep(last=1)), dry_run=False, actor="ana")["forgotten"]["batches"] == 1
    assert pulsed(organism).rebuilt is False
    assert_holds(organism, entries)


def test_a_network_whose_ties_say_no_kinds_is_made_again_by_the_next_pulse(organism: Any) -> None:
    organism.stream.append(events(20))
    pulsed(organism)
    if not isinstance(organism.network, BoltNetwork):  # a memory has no past
        return
    with organism.network._session() as session:
        session.run("MATCH ()-[t:INTERACTS]->() REMOVE t.kinds").consume()
        session.run("MATCH (p:Position {name: 'network'}) REMOVE p.format").consume()
    assert pulsed(organism).accepted == 0
    columns, held = organism.network.read(kinds=True), organism.archive.ties(kinds=True)
    assert kinds_in({"ids": columns.ids.tolist(), "kinds": columns.kinds}) == kinds_in(held) != {}
    assert [each.action for each in organism.ledger.audit_log()] == ["network.rebuild"]


def test_a_window_that_takes_out_more_than_one_transaction_holds_is_moved_all_the_same(
    organism: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [event(*pair, at=1_700_000_000 + day * 86_400) for day in range(3) for pair in ("ab", "bc", "ca", "ad")]
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
