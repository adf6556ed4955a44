"""What a value says about one entity, whatever its shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from causal_organism.assets.definitions import source
from causal_organism.engine.observe import observe
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.organism.blame.entity_rows import CellMove, EntityChange, compare_entity, parts_of
from tests.engine.organisms import memory_organism


def change(was: Any, now: Any, entity: str = "ana") -> EntityChange:
    """Between two values of a source."""
    value = [was]

    @source
    def rows() -> Any:
        return value[0]

    organism = memory_organism((rows,))
    for value[0] in (was, now):
        observe(load_snapshot(organism), ["rows"], Origin("a", "t"))
    versions = organism.ledger.versions("rows")
    return compare_entity(parts_of(organism, versions[-1]), parts_of(organism, versions[0]), entity)


def cells(found: EntityChange) -> list[tuple[str, str, Any, Any]]:
    return [(each.row, each.column, each.was, each.now) for each in found.changed]


def test_nothing_before_is_no_parts() -> None:
    assert parts_of(memory_organism(()), None) == ()


@pytest.mark.parametrize("kind", ["frame", "arrays", "arrow", "json"])
def test_the_row_of_an_entity_is_compared_cell_by_cell(kind: str) -> None:
    def value(*numbers: float) -> Any:
        ids = ["ana", "bo", "cy"]
        if kind == "frame":
            return pd.DataFrame({"n": list(numbers)}, index=ids)
        if kind == "arrays":
            return {"id": np.array(ids, dtype=object), "n": np.array(numbers)}
        if kind == "arrow":
            return pa.table({"id": ids, "n": list(numbers)})
        return [{"id": each, "n": number} for each, number in zip(ids, numbers, strict=True)]

    found = change(value(1.0, 2.0, 3.0), value(1.5, 2.0, 4.0))
    assert found == EntityChange(changed=(CellMove("ana", "n", 1.0, 1.5),), known=True, others=1)


def test_a_series_is_a_table_of_one_column() -> None:
    found = change(pd.Series([1, 2], index=["ana", "bo"]), pd.Series([1, 3], index=["ana", "bo"]))
    assert (found.moved, found.known, found.others) == (False, True, 1)


def test_entities_that_are_numbers_are_named_by_their_text() -> None:
    frames = [pd.DataFrame({"n": [number]}, index=[7]) for number in (1, 2)]
    assert cells(change(frames[0], frames[1], "7")) == [("7", "n", 1, 2)]


def test_what_is_no_number_on_both_sides_is_no_change() -> None:
    frames = [pd.DataFrame({"n": [np.nan], "m": [each]}, index=["ana"]) for each in (1, 2)]
    assert cells(change(*frames)) == [("ana", "m", 1, 2)]
    objects = [{"ana": {"n": float("nan"), "m": each}} for each in (1, 2)]
    assert cells(change(objects[0], objects[1])) == [("ana", "m", 1, 2)]


def test_several_rows_of_an_entity_are_told_apart_by_as_few_columns_as_do() -> None:
    def panel(*hours: int) -> Any:
        return {
            "id": np.array(["ana", "ana", "bo"], dtype=object),
            "week": np.array(["2026-W01", "2026-W02", "2026-W01"], dtype=object),
            "team": np.array(["red", "red", "blue"], dtype=object),
            "hours": np.array(hours),
        }

    assert cells(change(panel(1, 2, 3), panel(1, 5, 3))) == [("ana 2026-W02", "hours", 2, 5)]


def test_rows_that_cannot_be_told_apart_are_counted() -> None:
    was = [{"id": "ana", "n": 1}, {"id": "ana", "n": 2}]
    now = [{"id": "ana", "n": 1}, {"id": "ana", "n": 3}, {"id": "ana", "n": 4}]
    found = change(was, now)
    assert cells(found) == [("ana #2", "n", 2, 3)]
    assert found.added == (("ana #3", {"n": 4}),)


def test_rows_that_mention_an_entity_count_where_none_is_named_like_it() -> None:
    def ties(**weights: int) -> Any:
        pairs = [name.split("_") for name in weights]
        return pa.table(
            {"source": [a for a, _ in pairs], "target": [b for _, b in pairs], "weight": list(weights.values())}
        )

    found = change(ties(ana_bo=1, bo_cy=1, cy_dan=1), ties(ana_bo=1, bo_cy=2, dan_ana=1, cy_dan=9))
    assert (found.added, found.removed, found.changed) == ((("dan", {"target": "ana", "weight": 1}),), (), ())
    assert found.others == 2
    assert cells(change(ties(ana_bo=1, bo_cy=1), ties(ana_bo=1, bo_cy=2), "cy")) == [("bo", "weight", 1, 2)]


def test_named_rows_are_preferred_to_mentions() -> None:
    was = [{"id": "ana", "manager": "bo"}, {"id": "cy", "manager": "ana"}]
    now = [{"id": "ana", "manager": "cy"}]
    found = change(was, now)
    assert (cells(found), found.removed, found.others) == ([("ana", "manager", "bo", "cy")], (), 1)


def test_rows_come_and_go() -> None:
    assert change([{"id": "bo", "n": 2}], [{"id": "ana", "n": 1}, {"id": "bo", "n": 2}]).added == (("ana", {"n": 1}),)
    assert change([{"id": "ana", "n": 1}], []).removed == (("ana", {"n": 1}),)


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ({"ana": 1, "bo": 2}, {"ana": 3, "bo": 2}, [("ana", "value", 1, 3)]),
        ({"ana": [1, 2]}, {"ana": [1, 3]}, [("ana", "value", [1, 2], [1, 3])]),
        ({"ana": {"n": {"mean": 1, "lo": 0}}}, {"ana": {"n": {"mean": 2, "lo": 0}}}, [("ana", "n.mean", 1, 2)]),
        (
            {"seed": 1, "proposals": [{"id": "p1", "people": ["ana", "bo"], "rank": 1}]},
            {"seed": 2, "proposals": [{"id": "p1", "people": ["ana", "bo"], "rank": 2}]},
            [("proposals p1", "rank", 1, 2)],
        ),
        ([{"id": "ana", "e": {"mean": 1}}], [{"id": "ana", "e": {"mean": 2}}], [("ana", "e.mean", 1, 2)]),
        ([["ana", 1], ["bo", 2]], [["ana", 3], ["bo", 2]], [("ana", "1", 1, 3)]),
        ({"by": {"team": {"red": {"lead": "ana", "n": 1}}}}, {"by": {"team": {"red": {"lead": "ana", "n": 2}}}},
         [("by", "team.red.n", 1, 2)]),
    ],
)  # fmt: skip
def test_json_is_read_as_the_tables_that_it_holds(was: Any, now: Any, told: Any) -> None:
    assert cells(change(was, now)) == told


def test_a_value_without_entities_says_nothing_of_any() -> None:
    assert change(3, 4) == EntityChange(known=False, others=1)
    assert change("ana", "bo", "ana").removed == (("ana", {}),)
