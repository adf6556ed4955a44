"""A window of event time, in every archive: what is too old leaves the network, by batches like any other."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from causal_organism.errors import SettingsError
from causal_organism.network.deltas import compose
from causal_organism.network.interactions import Interaction
from causal_organism.network.windows import DAY_US, window_start
from causal_organism.organism.projections.network_follower import composed
from causal_organism.ports import Archive, Batch
from causal_organism.stores.memory.network import MemoryNetwork
from causal_organism.stores.postgres.archive.store import PostgresArchive
from tests.stores.truth import NOW, interaction, kinds_in, kinds_of, network_in, people_of, ties_of, weeks_in, weeks_of

Make = Callable[[], Archive]


def on_day(number: int, day: float, source: str = "a", target: str = "b", **more: Any) -> Interaction:
    return interaction(f"{number}-0", source, target, at_us=int(day * DAY_US), **more)


def accept(archive: Archive, taken: Sequence[Interaction], entries: int | None = None) -> None:
    position = archive.position()
    archive.accept(position, taken, (), last_entry=taken[-1].entry, entries=entries or len(taken), now=NOW)


def moved(archive: Archive, days: int) -> Batch | None:
    return archive.move_window(days, now=NOW)


def projected(archive: Archive) -> MemoryNetwork:
    network = MemoryNetwork()
    for each in archive.batches(0):
        network.apply(each)
    return network


@pytest.mark.parametrize(
    ("days", "newest", "start"),
    [(0, 5.5, None), (1, 5.5, 5), (1, 5.0, 5), (3, 5.999, 3), (7, 2.0, -4)],
)
def test_a_window_begins_with_a_day(days: int, newest: float, start: int | None) -> None:
    assert window_start(days, int(newest * DAY_US)) == (None if start is None else start * DAY_US)
    assert window_start(days, None) is None


def test_what_is_too_old_leaves_and_a_tie_that_held_nothing_else_goes(archive: Archive) -> None:
    taken = [on_day(1, 1.2), on_day(2, 1.4, "c", "a"), on_day(3, 2.5), on_day(4, 3.1, weight_u=7)]
    accept(archive, taken)
    batch = moved(archive, 2)
    assert batch is not None
    assert (batch.kind, batch.number, batch.entry) == ("window", 2, "4-0")
    assert [
        (each.source, each.weight_u_was, each.weight_u_now, each.count_was, each.count_now) for each in batch.delta.ties
    ] == [("a", 2_000_007, 1_000_007, 3, 2), ("c", 1_000_000, 0, 1, 0)]
    assert archive.totals().ties == 1
    assert network_in(projected(archive)) == (people_of(taken), ties_of(taken[2:]))


def test_moving_it_again_changes_nothing(archive: Archive) -> None:
    assert moved(archive, 3) is None
    accept(archive, [on_day(1, 1), on_day(2, 9)])
    assert moved(archive, 3) is not None
    assert moved(archive, 3) is None
    assert archive.position().batch == 2


def test_somebody_late_is_seen_and_summed_by_week_but_does_not_count(archive: Archive) -> None:
    taken = [on_day(1, 9.5), on_day(2, 1.5, "late", "b"), on_day(3, 1.5)]
    accept(archive, taken[:1])
    moved(archive, 2)
    accept(archive, taken[1:])
    assert moved(archive, 2) is None
    assert network_in(projected(archive)) == (people_of(taken), ties_of(taken[:1]))
    assert weeks_in(archive) == weeks_of(taken)
    assert archive.totals().interactions == 3


@pytest.mark.parametrize("days", [(3, 0), (3, 6), (6, 2), (0, 4, 0, 2, 9)])
def test_another_setting_is_one_batch(archive: Archive, days: Sequence[int]) -> None:
    chance = random.Random(5)
    taken = [
        on_day(n, chance.random() * 10, *chance.sample("abcde", 2), kind=chance.choice("xy")) for n in range(1, 60)
    ]
    accept(archive, taken)
    for each in days:
        before = archive.position().batch
        moved(archive, each)
        start = window_start(each, max(one.at_us for one in taken))
        assert archive.position().batch <= before + 1
        inside = [one for one in taken if start is None or one.at_us >= start]
        assert network_in(projected(archive)) == (people_of(taken), ties_of(inside))
        assert kinds_in(archive.ties(kinds=True)) == kinds_of(inside)


@pytest.mark.parametrize("make_archive", ["memory", "postgres"], indirect=True)  # a third way costs, and tells nothing
@pytest.mark.parametrize("seed", range(4))
def test_how_it_fell_into_batches_and_when_it_moved_does_not_matter(make_archive: Make, seed: int) -> None:
    chance = random.Random(seed)
    taken = [
        on_day(
            n,
            n / 20 + chance.gauss(0, 2),
            *chance.sample("abcdefg", 2),
            weight_u=chance.randrange(1, 10**7),
            kind=chance.choice("xyz"),
        )
        for n in range(1, 400)
    ]
    seen = set()
    for size in (400, 37, 5):
        archive = make_archive()
        for start in range(0, len(taken), size):
            accept(archive, taken[start : start + size])
            if chance.random() < 0.7:
                moved(archive, 4)
        moved(archive, 4)
        start_us = window_start(4, max(each.at_us for each in taken))
        inside = [each for each in taken if start_us is None or each.at_us >= start_us]
        network = projected(archive)
        assert network_in(network) == (people_of(taken), ties_of(inside))
        assert archive.totals().ties == len(ties_of(inside))
        assert kinds_in(archive.ties(kinds=True)) == kinds_of(inside)
        seen.add(network.position().fingerprint)
        assert compose(each.delta for each in archive.batches(0)).people == tuple(people_of(taken))
    assert len(seen) == 1


def test_as_much_comes_as_leaves_and_the_times_follow_through_a_composed_batch(archive: Archive) -> None:
    taken = [on_day(1, 1.5), on_day(2, 9.5)]
    accept(archive, taken[:1])
    network = projected(archive)
    accept(archive, taken[1:])
    moved(archive, 2)
    for each in composed(archive.batches(1), continuing=1):
        network.apply(each)
    assert network_in(network) == (people_of(taken), ties_of(taken[1:]))


def test_what_a_window_holds_is_not_forgotten(make_archive: Make, request: pytest.FixtureRequest) -> None:
    archive = make_archive()
    if not isinstance(archive, PostgresArchive):
        assert archive.forget(NOW + timedelta(days=1)) == 0  # memory goes with the process
        return
    taken = [on_day(1, 1.5), on_day(2, 5.5), on_day(3, 9.5)]
    accept(archive, taken)
    moved(archive, 5)
    assert archive.forgettable(NOW) == 0
    assert archive.forgettable(NOW + timedelta(days=1)) == 1
    assert archive.forget(NOW + timedelta(days=1)) == 1
    accept(archive, [on_day(4, 10.5)])
    moved(archive, 5)
    assert network_in(projected(archive))[1] == ties_of([taken[2], on_day(4, 10.5)])
    with pytest.raises(SettingsError, match="no longer kept"):
        moved(archive, 20)
    moved(archive, 0)  # all time comes from the sums of weeks
    weight_u, count, _, _ = network_in(projected(archive))[1]["a", "b"]
    assert (weight_u, count) == (4_000_000, 4)
