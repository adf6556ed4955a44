"""Scores of people in the network: of one version, written once, never half without saying so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from causal_organism.documents.json import JsonObject
from causal_organism.errors import NetworkGapError
from causal_organism.ports import NetworkStore
from causal_organism.ports.network import ScoresPosition, ScoresWrite
from causal_organism.stores.bolt import scores as bolt_scores
from causal_organism.stores.bolt.network import BoltNetwork
from causal_organism.stores.bolt.scores import SCORES_ROWS, pages
from tests.stores.networks import AFTER_THREE, Open, batch, scores_in, three_batches
from tests.stores.truth import network_in


@pytest.fixture
def store(open_network: Open) -> NetworkStore:
    return open_network()


def written(version: int, rows: Mapping[str, JsonObject], after: int = 0, at: int = 3, key: str = "v") -> ScoresWrite:
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


def test_a_half_written_version_is_marked_and_can_be_made_whole(open_network: Open) -> None:
    """Killed between two transactions: what was written says so, and only the same version or all rows go on."""
    store = open_network()
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


def test_a_writer_who_is_overtaken_stops(open_network: Open) -> None:
    store = open_network()
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
