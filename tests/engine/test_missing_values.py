"""What is done about content that is missing, and from a process that has another store of values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from causal_organism.assets.definitions import asset, source
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.catalog import ASSETS
from causal_organism.engine.contents import load_value
from causal_organism.engine.history.retain import retain
from causal_organism.engine.plan import make_plan
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.errors import OtherValuesError
from causal_organism.stores.memory.values import MemoryValues
from tests.engine.living import event, living, pulsed
from tests.engine.organisms import memory_organism, refreshed, with_graph


def table(*numbers: float) -> dict[str, Any]:
    return {"id": np.array([f"p{at}" for at in range(len(numbers))], dtype=object), "n": np.array(numbers)}


class Rows:
    """A source to edit, an asset with both forms that reads it, and which of them ran."""

    def __init__(self) -> None:
        self.now = table(1.0, 2.0, 3.0)
        self.ran: list[str] = []

    def assets(self) -> tuple[Any, ...]:
        @source(key="rows")
        def rows() -> Any:
            return self.now

        @asset(code_version="1")
        def doubled(rows: Any) -> Any:
            self.ran.append("full")
            return {"id": rows["id"], "n": rows["n"] * 2}

        @doubled.update
        def _(previous: Any, changes: Any, rows: Any) -> Any:
            changes["rows"]
            self.ran.append("update")
            return {"id": rows["id"], "n": rows["n"] * 2}

        return (rows, doubled)


@pytest.mark.parametrize("missing", ["nothing", "the head", "what its input was"])
def test_an_update_needs_the_head_and_what_its_input_was(missing: str) -> None:
    rows = Rows()
    organism = memory_organism(rows.assets())
    refreshed(organism)
    rows.now = table(1.0, 2.0, 4.0)
    heads = {key: head.version.fingerprint for (key, _), head in organism.ledger.heads().items()}
    gone = {"the head": "doubled", "what its input was": "rows"}.get(missing)
    if gone:
        del organism.values._bodies[heads[gone]]
    expected = "update" if gone is None else "full"
    (step,) = make_plan(organism, Request("doubled"), Origin("ana", "plan")).steps
    assert step.mode == {"update": "incremental", "full": "full"}[expected]
    assert refreshed(organism) == [("doubled", "made")]
    assert rows.ran == ["full", expected]
    assert list(load_value(organism, organism.ledger.heads()["doubled", ""].version)["n"]) == [2.0, 4.0, 8.0]


def test_damage_that_nobody_saw_before_is_no_failure_of_an_update() -> None:
    rows = Rows()
    organism = memory_organism(rows.assets())
    refreshed(organism)
    rows.now = table(1.0, 2.0, 4.0)
    organism.values._bodies[organism.ledger.heads()["doubled", ""].version.fingerprint] = b"damaged"
    assert refreshed(organism) == [("doubled", "made")]
    assert rows.ran == ["full", "full"]


class OtherValues(MemoryValues):
    """The store of a process that has another one than the ledger's."""

    def require_own(self) -> None:
        raise OtherValuesError("another store")


@pytest.fixture
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    request.param = "memory"
    for found in living(request, tmp_path):
        found.values = OtherValues()
        yield with_graph(found, ASSETS)


def test_a_pulse_from_another_store_takes_nothing_in(organism: Any) -> None:
    organism.stream.append([event("ana", "bo")])
    with pytest.raises(OtherValuesError):
        pulsed(organism)
    assert organism.archive.position().batch == 0
    assert not organism.ledger.heads()


def test_nothing_is_swept_in_another_store(organism: Any) -> None:
    with pytest.raises(OtherValuesError):
        retain(organism, dry_run=False, actor="ana")
    assert retain(organism, dry_run=True, actor="ana")["retired"] == []


def test_what_is_there_is_asked_once_however_many_partitions_there_are() -> None:
    @asset(code_version="1", partitions={"site": Static(*(f"n{at:02}" for at in range(30)))})
    def visits(context: Any) -> Any:
        return table(float(len(context.partition["site"])))

    organism = memory_organism((visits,))
    refreshed(organism)
    asked: list[int] = []
    look = organism.values.damaged

    def counted(contents: Any) -> Any:
        asked.append(len(contents))
        return look(contents)

    organism.values.damaged = counted
    assert load_snapshot(organism).judge("visits").status == "fresh"
    assert asked == [30]
    organism.values._bodies.clear()
    assert load_snapshot(organism).judge("visits").status == "stale"
