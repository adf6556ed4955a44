"""What several assets of a run ask for is read once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from causal_organism.assets.contents import AtBatch
from causal_organism.assets.definitions import Asset, asset, source
from causal_organism.organism.projections import network_source
from tests.engine.living import event, living_in_memory, pulsed
from tests.engine.organisms import InMemory, memory_organism, refreshed

KEYS = ("of/a", "of/b", "of/c")


class Counting:
    """A store that notes what it is asked for by one of its names."""

    def __init__(self, store: Any, name: str):
        self._store, self._name = store, name
        self.asked: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name != self._name:
            return found

        def noted(*arguments: Any) -> Any:
            self.asked.append(arguments)
            return found(*arguments)

        return noted


def summing(key: str) -> Asset:
    @asset(key=key, reads={"numbers": "numbers"}, code_version="1")
    def total(numbers: Any) -> Any:
        return int(numbers["n"].sum())

    @total.update
    def _(previous: Any, changes: Any) -> Any:
        changed = changes["numbers"].changed
        return previous + int((changed["n_now"] - changed["n_was"]).sum())

    return total


def test_the_earlier_version_of_an_input_is_read_once_for_all_that_are_updated_by_it() -> None:
    rows = {"n": [1, 2]}

    @source
    def numbers() -> Any:
        return pd.DataFrame(rows, index=pd.Index(["x", "y"], name="id"))

    organism = memory_organism((numbers, *map(summing, KEYS)))
    refreshed(organism)
    for number in (5, 9):
        rows["n"] = [1, number]
        ledger = Counting(organism.ledger, "version")
        run = InMemory(**{**vars(organism), "ledger": ledger})
        assert refreshed(run) == [(key, "made") for key in KEYS]
        assert [each[0] for each in ledger.asked] == ["numbers"]  # and the next run asks for itself
    assert [organism.values.load(head.version.content) for place, head in
            sorted(organism.ledger.heads().items()) if place[0] in KEYS] == [10, 10, 10]  # fmt: skip


def test_a_change_of_the_network_is_read_once_for_all_that_follow_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    organism = living_in_memory(tmp_path)
    for source_, target in (("a", "b"), ("b", "c"), ("c", "d")):
        organism.stream.append([event(source_, target)])
        pulsed(organism)
    organism.archive = Counting(organism.archive, "batches")
    network = organism.sources["network"]

    def ties(before: int, after: int) -> Any:
        return {
            (each.source, each.target)
            for each in network.delta(*(AtBatch(name="", number=at) for at in (before, after))).ties
        }

    one, two = ties(1, 2), ties(1, 3)
    assert len(two) > len(one) > 0
    assert (ties(1, 3), ties(1, 3)) == (two, two)
    assert organism.archive.asked == [(1, 2), (1, 3)]
    assert ties(2, 3) != two
    monkeypatch.setattr(network_source, "_FAR_BATCHES", 0)  # a long way is not kept in memory
    assert (ties(1, 2), ties(1, 2)) == (one, one)
    assert organism.archive.asked[2:] == [(2, 3), (1, 2), (1, 2)]
