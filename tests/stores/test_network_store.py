"""Every network store behaves the same: whatever server speaks Bolt here, a Neo4j, and the one in memory."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from causal_organism.errors import NetworkGapError, StoreError
from causal_organism.network.deltas import compose
from causal_organism.network.fingerprints import EMPTY
from causal_organism.ports import NetworkPosition, NetworkStore
from causal_organism.settings import Settings
from causal_organism.stores.bolt.connection import BoltServer
from causal_organism.stores.bolt.network import BoltNetwork
from tests.stores.networks import AFTER_THREE, Open, batch, three_batches, tie
from tests.stores.truth import network_in


@pytest.fixture
def store(open_network: Open) -> NetworkStore:
    return open_network()


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


def test_eight_at_once_apply_a_batch_once(open_network: Open) -> None:
    """Each adds its own tie to the same position; whoever comes second must see the fence, not write half of it."""
    people = tuple(f"p{number}" for number in range(9))
    open_network().apply(batch(1, people))
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def try_it(number: int) -> None:
        store = open_network()
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
    _, ties = network_in(open_network())
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
    store = BoltNetwork(BoltServer(uri="bolt://127.0.0.1:1", user="x", password="y"))
    with pytest.raises(StoreError, match="network's server"):
        store.position()


def test_asking_the_network_loads_no_pandas(neo4j_settings: Settings) -> None:
    uri, user = neo4j_settings.need("neo4j_uri"), neo4j_settings.neo4j_user
    script = f"""
import sys
from causal_organism.stores.bolt.connection import BoltServer
from causal_organism.stores.bolt.network import BoltNetwork
BoltNetwork(BoltServer(uri={uri!r}, user={user!r}, password=sys.stdin.read())).position()
assert "neo4j" in sys.modules
assert not {{"pandas", "pyarrow"}} & set(sys.modules)
"""
    subprocess.run(
        [sys.executable, "-c", script], input=neo4j_settings.neo4j_password, text=True, check=True, timeout=300
    )
