"""Laws of deltas and of the network's fingerprint."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.network import fingerprints
from causal_organism.network.deltas import NetworkDelta, TieChange, compose, decode, encode, invert
from tests.network.histories import History, histories


def tie(source: str, target: str, was: int, now: int) -> TieChange:
    return TieChange(source, target, was, now, int(was > 0), int(now > 0), 1, 2)


def applied(ties: dict[Any, Any], delta: NetworkDelta) -> dict[Any, Any]:
    after = dict(ties)
    for change in delta.ties:
        after[change.source, change.target] = (change.weight_u_now, change.count_now)
    return {pair: amounts for pair, amounts in after.items() if amounts[0]}


@given(history=histories)
def test_composing_goes_from_the_first_state_to_the_last(history: History) -> None:
    whole = compose(delta for _, delta in history)
    state = history[-1][0]
    assert applied({}, whole) == state.ties
    assert list(whole.people) == state.people
    assert list(whole.ties) == sorted(whole.ties, key=lambda change: (change.source, change.target))


@given(history=histories, data=st.data())
def test_composing_in_any_grouping_gives_the_same(history: History, data: st.DataObject) -> None:
    deltas = [delta for _, delta in history]
    cut = data.draw(st.integers(0, len(deltas)))
    whole, parts = compose(deltas), compose([compose(deltas[:cut]), compose(deltas[cut:])])
    assert [(each.source, each.target, each.weight_u_now) for each in whole.ties] == [
        (each.source, each.target, each.weight_u_now) for each in parts.ties
    ]
    assert (whole.people, whole.first_idx) == (parts.people, parts.first_idx)


@given(history=histories)
def test_an_inverse_takes_the_ties_back(history: History) -> None:
    before, (after, delta) = history[-2][0], history[-1]
    assert applied(after.ties, invert(delta)) == before.ties
    assert compose([delta, invert(delta)]).ties == ()
    assert invert(invert(delta)).ties == delta.ties


@given(history=histories)
def test_what_is_stored_reads_back(history: History) -> None:
    delta = compose(delta for _, delta in history)
    assert decode(encode(delta)) == delta


def test_a_delta_that_does_not_continue_is_an_error() -> None:
    first = NetworkDelta((tie("a", "b", 0, 5),), ("a", "b"), 0)
    with pytest.raises(ValueError, match="ends at weight_u 5"):
        compose([first, NetworkDelta((tie("a", "b", 4, 6),))])
    with pytest.raises(ValueError, match="people end at idx 2"):
        compose([first, NetworkDelta((), ("c",), 3)])


def test_a_tie_that_comes_and_goes_is_no_change() -> None:
    assert compose([NetworkDelta((tie("a", "b", 0, 5),)), NetworkDelta((tie("a", "b", 5, 0),))]) == NetworkDelta()


def test_composing_keeps_the_times_of_the_last_state() -> None:
    spans = [(40, 50), (10, 50), (45, 50)]  # another one before them came late; then the earliest left the window
    parts = [TieChange("a", "b", place, place + 1, place, place + 1, *span) for place, span in enumerate(spans)]
    assert compose(NetworkDelta((part,)) for part in parts).ties == (TieChange("a", "b", 0, 3, 0, 3, 45, 50),)


def test_other_times_of_the_same_sums_stay_however_they_are_composed() -> None:
    parts = [
        NetworkDelta((TieChange("a", "b", 1, 2, 1, 2, 1, 5),)),
        NetworkDelta((TieChange("a", "b", 2, 1, 2, 1, 5, 5),)),
    ]
    whole = compose(parts)
    assert whole.ties == (TieChange("a", "b", 1, 1, 1, 1, 5, 5),)
    assert compose([whole]) == whole
    assert compose([whole, whole]) == whole


@pytest.mark.parametrize("stored", [b"", b"{}", encode(NetworkDelta())[:-4], b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_foreign_bytes_are_an_error(stored: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a stored delta|Expecting value"):
        decode(stored)


def test_ten_thousand_ties_take_little_space() -> None:
    chance = random.Random(1)
    ties = tuple(
        TieChange(f"p{chance.randrange(3000)}", f"q{number}", chance.randrange(10**9), 10**6, 3, 4, 10**15, 10**15)
        for number in range(10_000)
    )
    delta = NetworkDelta(ties)
    stored = encode(delta)
    assert decode(stored) == delta
    assert len(stored) < 250_000


@given(history=histories)
def test_the_fingerprint_follows_every_delta(history: History) -> None:
    fingerprint = fingerprints.EMPTY
    for state, delta in history:
        fingerprint = fingerprints.update(fingerprint, delta)
        assert fingerprint == fingerprints.of(*state.columns())
        assert len(fingerprint) == 64


@given(history=histories, data=st.data())
def test_the_fingerprint_depends_neither_on_batches_nor_on_order(history: History, data: st.DataObject) -> None:
    state = history[-1][0]
    people, *columns = state.columns()
    rows = data.draw(st.permutations(list(zip(*columns, strict=True))))
    shuffled = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    at_once = fingerprints.update(fingerprints.EMPTY, compose(delta for _, delta in history))
    assert at_once == fingerprints.of(people, *shuffled) == fingerprints.of(*state.columns())


def test_fingerprints_differ_where_networks_do() -> None:
    networks = [
        ([], [], [], [], []),
        (["a"], [], [], [], []),
        (["a", "b"], [], [], [], []),
        (["b", "a"], [], [], [], []),
        (["a", "b"], [0], [1], [1], [1]),
        (["a", "b"], [1], [0], [1], [1]),
        (["a", "b"], [0], [1], [2], [1]),
        (["a", "b"], [0], [1], [1], [2]),
        (["a", "b", "ab", "c"], [0], [2], [1], [1]),
        (["a", "b", "ab", "c"], [2], [1], [1], [1]),
    ]
    assert len({fingerprints.of(*network) for network in networks}) == len(networks)
    assert fingerprints.of([], [], [], [], []) == fingerprints.EMPTY == "0" * 64
