"""What ties hold by kind, and networks that are made again from what the archive says."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from causal_organism.errors import NetworkGapError
from causal_organism.network.columns import FORMAT
from causal_organism.network.deltas import TieChange
from causal_organism.network.fingerprints import EMPTY
from causal_organism.network.kinds import Kinds, KindSums
from causal_organism.ports import Batch, NetworkStore
from causal_organism.settings import Settings
from causal_organism.stores.bolt import ties as bolt_ties
from causal_organism.stores.memory.archive import MemoryArchive
from causal_organism.stores.memory.network import MemoryNetwork
from tests.stores.networks import Open, batch, bolt_network, three_batches, tie
from tests.stores.truth import NOW, interaction, kinds_in, network_in


@pytest.fixture
def store(open_network: Open) -> NetworkStore:
    return open_network()


def kinds(*names: str) -> Kinds:
    return tuple(KindSums(name, 2, 1, at, at + 9) for at, name in enumerate(names))


def noted(store: NetworkStore) -> dict[tuple[str, str], Kinds]:
    columns = store.read(kinds=True)
    return kinds_in(columns)


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
    with store._connection.session() as session:
        session.run("MATCH (p:Position {name: 'network'}) REMOVE p.format").consume()
    with pytest.raises(NetworkGapError, match="in format 1"):
        store.apply(second)
    store.renew(an_archive().ties(kinds=True))
    assert store.position().format == FORMAT
    store.close()


def test_what_is_not_renewed_to_the_end_stands_at_no_batch(neo4j_settings: Settings) -> None:
    store = bolt_network(neo4j_settings)
    store.clear()
    held = an_archive().ties(kinds=True)
    held = replace(held, weight_u=[*held.weight_u[:-1].tolist(), None])  # no array: breaks off behind the people

    with pytest.raises((TypeError, AttributeError)):
        store.renew(held)
    assert store.position().batch < 0
    with pytest.raises(NetworkGapError):
        store.apply(three_batches()[0])
    store.renew(an_archive().ties(kinds=True))
    assert store.position().batch == 2
    store.close()
