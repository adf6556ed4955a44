"""Every network store behaves the same: whatever server speaks Bolt here, a Neo4j, and the one in memory."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from causal_organism.errors import NetworkGapError, StoreError
from causal_organism.network.deltas import NetworkDelta, TieChange, compose
from causal_organism.network.fingerprints import EMPTY, update
from causal_organism.network.kinds import Kinds, KindSums
from causal_organism.ports import Batch, NetworkPosition, NetworkStore
from causal_organism.ports.network import FORMAT, ScoresPosition, ScoresWrite
from causal_organism.settings import Settings
from causal_organism.stores import bolt_scores, bolt_ties
from causal_organism.stores.bolt_scores import SCORES_ROWS, pages
from causal_organism.stores.memory_archive import MemoryArchive
from causal_organism.stores.memory_network import MemoryNetwork
from causal_organism.stores.network import BoltNetwork
from tests.stores.truth import NOW, Ties, interaction, kinds_in, network_in

Open = Callable[[], NetworkStore]


@pytest.fixture(params=["memory", "embedded", "neo4j"])
def open_store(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens connections of their own to one empty network. Neo4j itself where a home of one is named."""
    if request.param == "memory":
        store = MemoryNetwork()
        yield lambda: store
        return
    if request.param == "neo4j":
        settings = request.getfixturevalue("neo4j_server")
    else:
        settings = request.getfixturevalue("neo4j_settings")
    opened: list[BoltNetwork] = []

    def connect() -> NetworkStore:
        opened.append(bolt_network(settings))
        return opened[-1]

    connect().clear()
    yield connect
    for each in opened:
        each.close()


def bolt_network(settings: Settings) -> BoltNetwork:
    return BoltNetwork(
        settings.need("neo4j_uri"),
        user=settings.neo4j_user,
        password=settings.neo4j_password,
        database=settings.neo4j_database,
        page_ties=500,
    )


@pytest.fixture
def store(open_store: Open) -> NetworkStore:
    return open_store()


def tie(source: str, target: str, now: int, was: int = 0) -> TieChange:
    return TieChange(source, target, was, now, int(was > 0), int(now > 0), -5, 7)


def batch(number: int, people: tuple[str, ...], *ties: TieChange, first_idx: int = 0, before: str = EMPTY) -> Batch:
    delta = NetworkDelta(ties, people, first_idx)
    return Batch(number=number, entry=f"{number}-0", delta=delta, fingerprint=update(before, delta), accepted_at=NOW)


def three_batches() -> tuple[Batch, Batch, Batch]:
    first = batch(1, ("a", "b"), tie("a", "b", 5))
    second = batch(2, ("ü'\"`\\", "d"), tie("b", "ü'\"`\\", 2**62), first_idx=2, before=first.fingerprint)
    third = batch(3, (), tie("a", "b", 0, 5), tie("d", "a", 1), before=second.fingerprint)
    return first, second, third


AFTER_THREE: tuple[list[str], Ties] = (
    ["a", "b", "ü'\"`\\", "d"],
    {("b", "ü'\"`\\"): (2**62, 1, -5, 7), ("d", "a"): (1, 1, -5, 7)},
)


def test_a_network_begins_empty(store: NetworkStore) -> None:
    store.setup()
    store.setup()
    assert store.position() == NetworkPosition(batch=0, entry="0-0", fingerprint=EMPTY)
    assert network_in(store) == ([], {})


def test_batches_are_applied_in_order(store: NetworkStore) -> None:
    batches = three_batches()
    assert [store.apply(each) for each in batches] == [True, True, True]
    assert network_in(store) == AFTER_THREE
    assert store.position() == store.read().position
    assert store.position() == NetworkPosition(batch=3, entry="3-0", fingerprint=batches[2].fingerprint)


def test_a_batch_is_applied_once(store: NetworkStore) -> None:
    first, second, third = three_batches()
    store.apply(first)
    store.apply(second)
    assert (store.apply(first), store.apply(second)) == (False, False)
    store.apply(third)
    assert network_in(store) == AFTER_THREE


def test_a_batch_that_does_not_continue_is_a_gap(store: NetworkStore) -> None:
    first, _, third = three_batches()
    store.apply(first)
    with pytest.raises(NetworkGapError, match="batch 1"):
        store.apply(third)
    assert store.position().batch == 1
    assert network_in(store)[1] == {("a", "b"): (5, 1, -5, 7)}


def test_the_same_number_with_other_content_is_a_gap(store: NetworkStore) -> None:
    store.apply(batch(1, ("a", "b"), tie("a", "b", 5)))
    with pytest.raises(NetworkGapError):
        store.apply(batch(1, ("a", "b"), tie("a", "b", 6)))


def test_a_tie_of_somebody_who_is_not_there_writes_nothing(store: NetworkStore) -> None:
    with pytest.raises(NetworkGapError):
        store.apply(batch(1, ("a", "b"), tie("a", "b", 5), tie("a", "x", 1)))
    assert store.position().batch == 0
    assert network_in(store) == ([], {})


def test_several_batches_can_be_applied_as_one(store: NetworkStore) -> None:
    batches = three_batches()
    whole = replace(batches[2], delta=compose(each.delta for each in batches), after=0)
    assert store.apply(whole)
    assert network_in(store) == AFTER_THREE
    with pytest.raises(NetworkGapError):
        store.apply(replace(whole, number=6, after=4))


def test_a_cleared_network_can_be_made_again(store: NetworkStore) -> None:
    for each in three_batches():
        store.apply(each)
    store.clear()
    assert store.position() == NetworkPosition(batch=0, entry="0-0", fingerprint=EMPTY)
    assert network_in(store) == ([], {})
    for each in three_batches():
        store.apply(each)
    assert network_in(store) == AFTER_THREE


def test_eight_at_once_apply_a_batch_once(open_store: Open) -> None:
    """Each adds its own tie to the same position; whoever comes second must see the fence, not write half of it."""
    people = tuple(f"p{number}" for number in range(9))
    open_store().apply(batch(1, people))
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def try_it(number: int) -> None:
        store = open_store()
        mine = batch(2, (), *(tie(f"p{number}", other, number + 1) for other in people if other != f"p{number}"))
        start.wait()
        try:
            outcomes.append("won" if store.apply(mine) else "was there")
        except NetworkGapError:
            outcomes.append("fenced")

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["fenced"] * 7 + ["won"]
    _, ties = network_in(open_store())
    assert len(ties) == 8
    assert len({source for source, _ in ties}) == 1


def test_a_large_network_is_read_in_pages(store: NetworkStore) -> None:
    people = tuple(f"p{number}" for number in range(80))
    ties = [tie(source, target, 1) for source in people for target in people[:40] if source != target]
    store.apply(batch(1, people, *sorted(ties, key=lambda each: (each.source, each.target))))
    columns = store.read()
    assert columns.ids.tolist() == list(people)
    assert len(columns.source) == len(ties)
    assert {str(columns.source.dtype), str(columns.target.dtype)} == {"int32"}
    assert {str(columns.weight_u.dtype), str(columns.first_us.dtype)} == {"int64"}


def test_a_server_that_is_not_there_is_a_store_error() -> None:
    store = BoltNetwork("bolt://127.0.0.1:1", user="x", password="y")
    with pytest.raises(StoreError, match="network's server"):
        store.position()


def test_asking_the_network_loads_no_pandas(neo4j_settings: Settings) -> None:
    uri, user = neo4j_settings.need("neo4j_uri"), neo4j_settings.neo4j_user
    script = f"""
import sys
from causal_organism.stores.network import BoltNetwork
BoltNetwork({uri!r}, user={user!r}, password=sys.stdin.read()).position()
assert "neo4j" in sys.modules
assert not {{"pandas", "pyarrow"}} & set(sys.modules)
"""
    subprocess.run(
        [sys.executable, "-c", script], input=neo4j_settings.neo4j_password, text=True, check=True, timeout=60
    )


def scores_in(store: NetworkStore) -> dict[str, dict[str, object]]:
    """What somebody who queries the people finds besides id and idx."""
    if isinstance(store, MemoryNetwork):
        return {person: dict(values) for person, values in store._properties.items() if values}
    assert isinstance(store, BoltNetwork)
    with store._session() as session:
        rows = [dict(row["p"]) for row in session.run("MATCH (p:Person) RETURN properties(p) AS p")]
    found = {row.pop("id"): {name: each for name, each in row.items() if name != "idx"} for row in rows}
    return {person: values for person, values in found.items() if values}


def written(
    version: int, rows: dict[str, dict[str, object]], after: int = 0, at: int = 3, key: str = "v"
) -> ScoresWrite:
    found = list(rows.items())
    return ScoresWrite(key=key, version=version, fingerprint=f"f{version}", after=after, batch=at, rows=found)


@pytest.fixture
def peopled(store: NetworkStore) -> NetworkStore:
    for each in three_batches():
        store.apply(each)
    return store


def test_scores_are_written_with_their_version(peopled: NetworkStore) -> None:
    assert peopled.scores() == {}
    first = written(4, {"a": {"v_in": 3, "v": 0.5}, "ü'\"`\\": {"v_in": 1, "v": 1e300}, "nobody": {"v_in": 9}})
    assert peopled.write_scores(first)
    assert scores_in(peopled) == {"a": {"v_in": 3, "v": 0.5}, "ü'\"`\\": {"v_in": 1, "v": 1e300}}
    assert peopled.scores() == {"v": ScoresPosition(version=4, fingerprint="f4", writing=0)}
    assert network_in(peopled) == AFTER_THREE
    assert peopled.write_scores(written(6, {"a": {"v_in": 4, "v": None}}, after=4))
    assert scores_in(peopled)["a"] == {"v_in": 4}
    assert peopled.scores()["v"].version == 6
    assert peopled.write_scores(written(1, {"d": {"w": "text"}}, key="w"))
    assert scores_in(peopled)["d"] == {"w": "text"}


def test_several_views_go_in_together(peopled: NetworkStore) -> None:
    peopled.write_scores(written(1, {"a": {"v": 1}}))
    beside = written(2, {"a": {"w": 2}, "d": {"w": 3}}, key="w")
    assert peopled.write_scores(replace(written(3, {"a": {"v": None, "v2": 4}}, after=1), beside=(beside,)))
    assert scores_in(peopled) == {"a": {"v2": 4, "w": 2}, "d": {"w": 3}}
    assert {key: each.version for key, each in peopled.scores().items()} == {"v": 3, "w": 2}


def test_of_several_views_all_go_in_or_none(peopled: NetworkStore) -> None:
    peopled.write_scores(written(5, {"a": {"v": 5}}))
    fine = written(1, {"a": {"w": 1}}, key="w")
    assert not peopled.write_scores(replace(fine, beside=(written(5, {"a": {"v": 55}}),)))
    with pytest.raises(NetworkGapError):
        peopled.write_scores(replace(fine, beside=(written(7, {"a": {"v": 7}}, after=4),)))
    with pytest.raises(NetworkGapError):
        peopled.write_scores(replace(fine, beside=(written(7, {"a": {"v": 7}}, at=9),)))
    assert scores_in(peopled) == {"a": {"v": 5}}
    assert peopled.scores()["v"].version == 5
    assert peopled.scores().get("w", ScoresPosition(version=0, fingerprint="")).version == 0


def test_an_older_version_never_overwrites_a_newer_one(peopled: NetworkStore) -> None:
    peopled.write_scores(written(5, {"a": {"v": 5}}))
    assert not peopled.write_scores(written(4, {"a": {"v": 4}}))
    assert not peopled.write_scores(written(5, {"a": {"v": 55}}))
    assert scores_in(peopled) == {"a": {"v": 5}}


def test_a_difference_to_something_else_is_not_written(peopled: NetworkStore) -> None:
    peopled.write_scores(written(5, {"a": {"v": 5}}))
    with pytest.raises(NetworkGapError):
        peopled.write_scores(written(7, {"b": {"v": 7}}, after=4))
    with pytest.raises(NetworkGapError):
        peopled.write_scores(written(7, {"b": {"v": 7}}, after=5, at=4))
    assert peopled.scores()["v"].version == 5
    assert scores_in(peopled) == {"a": {"v": 5}}


def test_a_cleared_network_has_no_scores(peopled: NetworkStore) -> None:
    peopled.write_scores(written(5, {"a": {"v": 5}}))
    peopled.clear()
    assert peopled.scores() == {}
    for each in three_batches():
        peopled.apply(each)
    assert scores_in(peopled) == {}
    assert peopled.write_scores(written(5, {"a": {"v": 5}}))


def test_a_half_written_version_is_marked_and_can_be_made_whole(open_store: Open) -> None:
    """Killed between two transactions: what was written says so, and only the same version or all rows go on."""
    store = open_store()
    if not isinstance(store, BoltNetwork):
        pytest.skip("in memory there is one transaction")
    count = SCORES_ROWS + 3
    people = tuple(f"p{number}" for number in range(count))
    store.apply(batch(1, people))
    store.write_scores(written(1, {each: {"v": 1} for each in people}, at=1))
    second = written(2, {each: {"v": 2} for each in people}, after=1, at=1)
    assert store._write(
        lambda work: bolt_scores.put(work, second, pages(second)[0], network_at=1, first=True, last=False)
    )
    assert store.scores()["v"] == ScoresPosition(version=1, fingerprint="f1", writing=2)
    with pytest.raises(NetworkGapError):
        store.write_scores(written(3, {"p0": {"v": 3}}, after=1, at=1))
    assert not store.write_scores(written(1, {"p0": {"v": 1}}, at=1))
    assert store.write_scores(second)
    assert store.scores()["v"] == ScoresPosition(version=2, fingerprint="f2", writing=0)
    assert {each["v"] for each in scores_in(store).values()} == {2}


def test_a_writer_who_is_overtaken_stops(open_store: Open) -> None:
    store = open_store()
    if not isinstance(store, BoltNetwork):
        pytest.skip("in memory there is one transaction")
    store.apply(batch(1, ("a", "b")))
    slow = written(1, {"a": {"v": 1}, "b": {"v": 1}}, at=1)
    assert store._write(lambda work: bolt_scores.put(work, slow, slow.rows[:1], network_at=1, first=True, last=False))
    assert store.write_scores(written(2, {"a": {"v": 2}, "b": {"v": 2}}, at=1))
    assert not store._write(
        lambda work: bolt_scores.put(work, slow, slow.rows[1:], network_at=1, first=False, last=True)
    )
    assert scores_in(store) == {"a": {"v": 2}, "b": {"v": 2}}


def kinds(*names: str) -> Kinds:
    return tuple(KindSums(name, 2, 1, at, at + 9) for at, name in enumerate(names))


def noted(store: NetworkStore) -> dict[tuple[str, str], Kinds]:
    columns = store.read(kinds=True)
    return kinds_in({"ids": columns.ids.tolist(), "kinds": columns.kinds})


def of_kinds(number: int, was: int, *names: str, before: str = EMPTY) -> Batch:
    """One tie a -> b that says the same by kind, of 2 each."""
    now = len(names)
    change = TieChange("a", "b", 2 * was, 2 * now, was, now, 0, now + 8, kinds(*names))
    return batch(number, () if was else ("a", "b"), change, before=before)


def test_ties_say_what_they_hold_by_kind(store: NetworkStore) -> None:
    first = of_kinds(1, 0, "email")
    several = of_kinds(2, 1, "e-mail", "zoom", "ü'\"`\\ {}", before=first.fingerprint)
    one = of_kinds(3, 3, "zoom", before=several.fingerprint)
    gone = of_kinds(4, 1, before=one.fingerprint)
    for each in (first, several, one, gone):
        store.apply(each)
        (change,) = each.delta.ties
        assert noted(store) == ({("a", "b"): change.kinds} if change.kinds else {})
    assert store.read().kinds is None


def an_archive(size: int = 300) -> MemoryArchive:
    archive, chance = MemoryArchive(), random.Random(2)
    taken = [
        interaction(f"{at}-0", *chance.sample("abcdefgh", 2), at_us=at, kind=chance.choice("xyz"))
        for at in range(1, size)
    ]
    archive.accept(archive.position(), taken, (), last_entry=f"{size}-0", entries=size, now=NOW)
    archive.accept_people(["alone"], now=NOW)
    return archive


@pytest.mark.parametrize("page", [3, 10_000])
def test_a_network_that_is_renewed_holds_what_the_archive_says(
    store: NetworkStore, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bolt_ties, "ROWS", page)
    store.apply(batch(1, ("a", "somebody else"), tie("a", "somebody else", 5)))
    archive = an_archive()
    store.renew(archive.ties(kinds=True))
    followed = MemoryNetwork()
    for each in archive.batches(0):
        followed.apply(each)
    assert network_in(store) == network_in(followed)
    assert noted(store) == noted(followed)
    assert store.position() == followed.position()


def test_a_network_in_the_format_of_before_is_made_again(neo4j_settings: Settings) -> None:
    store = bolt_network(neo4j_settings)
    store.clear()
    first, second, _ = three_batches()
    store.apply(first)
    with store._session() as session:
        session.run("MATCH (p:Position {name: 'network'}) REMOVE p.format").consume()
    with pytest.raises(NetworkGapError, match="in format 1"):
        store.apply(second)
    store.renew(an_archive().ties(kinds=True))
    assert store.position().format == FORMAT
    store.close()


def test_what_is_not_renewed_to_the_end_stands_at_no_batch(neo4j_settings: Settings) -> None:
    store = bolt_network(neo4j_settings)
    store.clear()
    held = dict(an_archive().ties(kinds=True))
    held["weight_u"] = [*held["weight_u"][:-1].tolist(), None]  # breaks off behind the people

    with pytest.raises((TypeError, AttributeError)):
        store.renew(held)
    assert store.position().batch < 0
    with pytest.raises(NetworkGapError):
        store.apply(three_batches()[0])
    store.renew(an_archive().ties(kinds=True))
    assert store.position().batch == 2
    store.close()
