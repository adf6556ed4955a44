"""The console's list of assets: judged again when the ledger changed or it is time to look, and not otherwise."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.definitions import asset, source
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.platform.asset_list import LOOK_AT_ALL_S, LOOK_S, LOOKS_SHARE, AssetList
from tests.engine.organisms import memory_organism

STATE = {"rows": 1}
GRAPH = """
from causal_organism import asset
from looked_at_words import FACTOR

@asset
def times():
    return 2 * FACTOR

ASSETS = (times,)
"""


@source(key="rows")
def rows() -> Any:
    return STATE["rows"]


@asset(key="double", reads={"rows": "rows"}, code_version="1", max_age="1h")
def double(rows: Any) -> Any:
    return 2 * rows


class Ticks:
    """Time that passes when it is told to, and CPU that a document takes."""

    now = 0.0
    used = 0.0
    a_look = 0.0

    def wall(self) -> float:
        return self.now

    def cpu(self) -> float:
        self.used += self.a_look
        return self.used


@pytest.fixture
def opened() -> tuple[Any, AssetList, Ticks]:
    STATE["rows"] = 1
    organism: Any = memory_organism((rows, double))
    refresh_local(organism, Request("*"), Origin("bo"))
    ticks = Ticks()
    return organism, AssetList(organism, ticks=ticks.wall, cpu=ticks.cpu), ticks


def status(document: Any, key: str = "double") -> str:
    return str(next(each["status"] for each in document["assets"] if each["key"] == key))


def test_while_nothing_changed_nothing_is_read_or_judged_again(opened: Any) -> None:
    _, assets, ticks = opened
    snapshot, document, shown = assets.snapshot(), assets.document(), assets.shown("double")
    ticks.now += LOOK_S / 2
    assert assets.snapshot() is snapshot
    assert assets.document() is document
    assert assets.shown("double") is shown


def test_what_was_made_or_failed_is_seen_at_once(opened: Any) -> None:
    organism, assets, _ = opened
    first = assets.document()
    STATE["rows"] = 2
    refresh_local(organism, Request("rows"), Origin("bo"))
    second = assets.document()
    assert (status(first), status(second)) == ("fresh", "stale")
    refresh_local(organism, Request("double"), Origin("bo"))
    assert status(assets.document()) == "fresh"
    organism.ledger.pin("double", "", 2)
    assert next(each for each in assets.document()["assets"] if each["key"] == "double")["pinned"]


def test_what_is_being_made_is_seen_at_once(opened: Any) -> None:
    organism, assets, _ = opened
    first = assets.document()
    with organism.ledger.hold("double", "", "tester"):
        making = assets.document()
        assert [each["making"] for each in making["assets"]] == [False, True]
    assert first is not making


def test_age_is_looked_at_from_time_to_time_and_more_seldom_where_that_is_dear(opened: Any) -> None:
    organism, assets, ticks = opened
    assert status(assets.document()) == "fresh"
    organism.clock.move(hours=2)
    assert status(assets.document()) == "fresh", "not looked at yet"
    ticks.now += LOOK_S
    ticks.a_look = 0.5
    assert status(assets.document()) == "stale"
    dear = assets.document()
    ticks.now += LOOK_S
    assert assets.document() is dear
    ticks.now += 0.5 / LOOKS_SHARE
    assert assets.document() is not dear


def test_source_is_read_again_where_one_of_its_files_changed_and_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "looked_at_graph.py").write_text(GRAPH)
    (tmp_path / "looked_at_words.py").write_text("FACTOR = 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    organism: Any = memory_organism(importlib.import_module("looked_at_graph").ASSETS)
    refresh_local(organism, Request("*"), Origin("bo"))
    ticks = Ticks()
    assets = AssetList(organism, ticks=ticks.wall, cpu=ticks.cpu)
    code = assets.snapshot().code
    ticks.now += LOOK_S
    assert assets.snapshot().code is code
    (tmp_path / "looked_at_words.py").write_text("FACTOR = 10\n")
    ticks.now += LOOK_S
    assert status(assets.document(), "times") == "stale"
    code = assets.snapshot().code
    ticks.now += LOOK_AT_ALL_S
    assert assets.snapshot().code is not code
