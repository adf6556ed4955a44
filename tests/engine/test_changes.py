"""What differs between two tables is one answer, whoever asks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism import Delta, source
from causal_organism.assets.tables.cells import same
from causal_organism.assets.tables.changes import changes, columns_of
from causal_organism.engine.contents import load_value
from causal_organism.engine.observe import observe
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.engine.tables.differences import compare
from causal_organism.engine.tables.frame_deltas import UntellableError, delta_between, patched
from causal_organism.engine.tables.tolerance import close
from causal_organism.organism.blame.entity_rows import Part, compare_entity
from causal_organism.organism.projections.scores import rows_to_write
from causal_organism.stores.values import patches
from tests.engine.organisms import memory_organism

NAN = math.nan
Rows = list[tuple[Any, ...]]  # id and a number; or id, a number and a text
Told = tuple[list[Any], list[Any], list[Any]]  # ids that came, that went, and of rows that moved

CASES: dict[str, tuple[Rows, Rows, Told]] = {
    "nothing": ([("a", 1.0), ("b", 2.0)], [("a", 1.0), ("b", 2.0)], ([], [], [])),
    "a number": ([("a", 1.0), ("b", 2.0)], [("a", 1.0), ("b", 3.0)], ([], [], ["b"])),
    "the last bit of a number": ([("a", 1.0)], [("a", math.nextafter(1.0, 2.0))], ([], [], ["a"])),
    "not-a-number twice": ([("a", NAN), ("b", 1.0)], [("a", NAN), ("b", 2.0)], ([], [], ["b"])),
    "not-a-number, then a number": ([("a", NAN), ("b", 1.0)], [("a", 0.0), ("b", 1.0)], ([], [], ["a"])),
    "the two zeros": ([("a", 0.0), ("b", 1.0)], [("a", -0.0), ("b", 2.0)], ([], [], ["b"])),
    "infinities": ([("a", math.inf), ("b", math.inf)], [("a", math.inf), ("b", -math.inf)], ([], [], ["b"])),
    "whole numbers": ([("a", 1), ("b", 2**60)], [("a", 1), ("b", 2**60 + 1)], ([], [], ["b"])),
    "texts": ([("a", 1, "x"), ("b", 1, "y")], [("a", 1, "x"), ("b", 1, "z")], ([], [], ["b"])),
    "truth": ([("a", True), ("b", True)], [("a", True), ("b", False)], ([], [], ["b"])),
    "rows that came": ([("a", 1.0)], [("a", 1.0), ("b", 2.0), ("c", 3.0)], (["b", "c"], [], [])),
    "rows that came between": ([("a", 1.0), ("c", 3.0)], [("a", 1.0), ("b", 2.0), ("c", 4.0)], (["b"], [], ["c"])),
    "rows that went": ([("a", 1.0), ("b", 2.0), ("c", 3.0)], [("c", 3.5)], ([], ["a", "b"], ["c"])),
    "another order": ([("a", 1.0), ("b", 2.0)], [("b", 2.0), ("a", 5.0)], ([], [], ["a"])),
    "all of it": ([("a", 1.0)], [("b", 1.0)], (["b"], ["a"], [])),
    "from nothing": ([], [("a", 1.0)], (["a"], [], [])),
    "to nothing": ([("a", 1.0)], [], ([], ["a"], [])),
}


def columns(rows: Rows, like: Rows) -> dict[str, list[Any]]:
    names = ("id", "n", "text")[: len((rows or like)[0])]
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def arrow(rows: Rows, like: Rows) -> pa.Table:
    kinds = pa.table(columns(like or rows, rows)).schema if not rows else None
    return pa.table(columns(rows, like), schema=kinds)


def arrays(rows: Rows, like: Rows) -> dict[str, Any]:
    table = arrow(rows, like)
    plain = {name: table.column(name).to_numpy() for name in table.column_names if name != "id"}
    return {"id": np.array(table.column("id").to_pylist(), dtype=object), **plain}


def told_of(was: Any, now: Any) -> Told:
    found = changes(was, now, key="id")
    before, after = (list(map(str, table["id"])) for table in (was, now))
    return (
        [after[at] for at in found.pairs.added],
        [before[at] for at in found.pairs.removed],
        [after[at] for at in found.pairs.now[found.moved()]],
    )


def of_lists(was: Rows, now: Rows) -> Told:
    return told_of(columns(was, now), columns(now, was))


def of_arrays(was: Rows, now: Rows) -> Told:
    return told_of(arrays(was, now), arrays(now, was))


def of_arrow(was: Rows, now: Rows) -> Told:
    tables = arrow(was, now), arrow(now, was)
    return told_of(*(dict(zip(each.column_names, each.columns, strict=True)) for each in tables))


def versions(was: Rows, now: Rows) -> tuple[Any, Any, Any]:
    value = [arrow(was, now)]

    @source
    def rows() -> Any:
        return value[0]

    organism = memory_organism((rows,))
    for value[0] in (arrow(was, now), arrow(now, was)):
        observe(load_snapshot(organism), ["rows"], Origin("a", "t"))
    found = organism.ledger.versions("rows")
    return organism, found[-1], found[0]


def of_diff(was: Rows, now: Rows) -> Told:
    found = compare(*versions(was, now))
    return list(found.added), list(found.removed), sorted({each.id for each in found.changed})


def of_update(was: Rows, now: Rows) -> Told:
    organism, before, after = versions(was, now)
    found = delta_between(load_value(organism, before), load_value(organism, after))
    return list(found.added.index), list(found.removed.index), sorted(found.changed.index)


def of_blame(was: Rows, now: Rows) -> Told:
    before, after = (
        (Part("", True, [dict(zip(("id", "n", "text"), row, strict=False)) for row in rows]),) for rows in (was, now)
    )
    told: Told = ([], [], [])
    for entity in dict.fromkeys(row[0] for row in (*now, *was)):
        found = compare_entity(before, after, entity)
        for names, moved in zip(told, (found.added, found.removed, found.changed), strict=True):
            names.extend([entity] if moved else [])
    return told


def of_scores(was: Rows, now: Rows) -> Told:
    written = rows_to_write("views/v", arrays(now, was), arrays(was, now))
    before = {row[0] for row in was}
    gone = [person for person, scores in written if person not in {row[0] for row in now}]
    assert all(set(scores.values()) == {None} for person, scores in written if person in gone)
    came = [person for person, _ in written if person not in before]
    return came, gone, [person for person, _ in written if person not in (*came, *gone)]


ASKERS: tuple[Callable[[Rows, Rows], Told], ...] = (
    of_lists,
    of_arrays,
    of_arrow,
    of_diff,
    of_update,
    of_blame,
    of_scores,
)


@pytest.mark.parametrize("ask", ASKERS)
@pytest.mark.parametrize("name", CASES)
def test_everybody_who_asks_is_told_the_same(name: str, ask: Callable[[Rows, Rows], Told]) -> None:
    was, now, told = CASES[name]
    if name == "another order" and ask is of_update:  # which no Delta tells: the full form runs
        with pytest.raises(UntellableError):
            ask(was, now)
    else:
        assert ask(was, now) == told


@pytest.mark.parametrize("name", CASES)
def test_a_patch_leads_to_the_later_table_to_the_bit_where_rows_only_came(name: str) -> None:
    was, now, (_, removed, _) = CASES[name]
    patch = patches.between(arrow(was, now), arrow(now, was), "id")
    if removed or [row[0] for row in now[: len(was)]] != [row[0] for row in was]:
        assert patch is None
        return
    assert patch is not None
    found = patches.apply(arrow(was, now), [patch])
    assert repr(found.to_pylist()) == repr(arrow(now, was).to_pylist())


@pytest.mark.parametrize("kind", [arrays, arrow, lambda rows, like: pd.DataFrame(arrays(rows, like)).set_index("id")])
@pytest.mark.parametrize("name", CASES)
def test_what_is_within_a_tolerance_has_the_same_rows_and_floats_that_are_near(name: str, kind: Any) -> None:
    was, now, (added, removed, moved) = CASES[name]
    near = not added and not removed and (not moved or name == "the last bit of a number")
    assert close(kind(was, now), kind(now, was), 1e-9) is (near and name != "another order")


@pytest.mark.parametrize(
    ("was", "now", "near"),
    [
        ({"a": 1.0}, {"a": 1.0 + 1e-12}, True),
        ({"a": 1.0}, {"a": 1.0 + 1e-6}, False),
        ({"a": [1.0, NAN]}, {"a": [1.0, NAN]}, True),
        ({"a": [1.0, NAN]}, {"a": (1.0, NAN)}, False),
        (pd.Series([1.0], dtype="float32"), pd.Series([1.0]), False),
        (pd.DataFrame({1: [1.0]}), pd.DataFrame({"1": [1.0]}), False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": None}, {"a": NAN}, False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([1.0], [1.0, 2.0], False),
        (math.inf, 1.0, False),
        ("1.0", "1.0", True),
        ({"a": np.array([1, 2])}, {"a": np.array([1.0, 2.0])}, False),
        (pd.Series([np.array([1.0])]), pd.Series([np.array([1.0 + 1e-12])]), True),
        (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]}), False),
        (pd.Series([1, None], dtype="Int64"), pd.Series([1, None], dtype="Int64"), True),
        (pd.Series([1, None], dtype="Int64"), pd.Series([1, 2], dtype="Int64"), False),
        (pd.Series([1.0], index=["a"]), pd.Series([1.0], index=["b"]), False),
    ],
)  # fmt: skip
def test_other_values_are_near_where_their_floats_are(was: Any, now: Any, near: bool) -> None:
    assert close(was, now, 1e-9) is near


def test_rows_of_one_name_go_in_turn() -> None:
    was = {"id": ["a", "a", "b"], "n": [1, 2, 3]}
    found = changes(was, {"id": ["b", "a", "a", "a"], "n": [3, 1, 5, 9]}, key="id")
    assert (found.pairs.was.tolist(), found.pairs.now.tolist()) == ([2, 0, 1], [0, 1, 2])
    assert (found.pairs.added.tolist(), found.pairs.removed.tolist(), found.moved().tolist()) == ([3], [], [2])


def test_several_columns_may_name_the_rows() -> None:
    rows = [{"id": "a", "week": 1, "n": 1}, {"id": "a", "week": 2, "n": 1}]
    later = [{"id": "a", "week": 2, "n": 2}, {"id": "a", "week": 3, "n": 1}]
    found = changes(columns_of(rows), columns_of(later), key=("id", "week"))
    assert (found.pairs.added.tolist(), found.pairs.removed.tolist(), found.moved().tolist()) == ([1], [0], [0])


def test_without_names_rows_are_compared_place_by_place() -> None:
    found = changes({"n": [1, 2, 3]}, {"n": [1, 3]})
    assert (found.moved().tolist(), found.pairs.removed.tolist(), found.same) == ([1], [2], False)


def test_a_column_that_only_one_table_has_differs_where_it_is_not_null() -> None:
    found = changes({"id": ["a", "b"], "old": [1, None]}, {"id": ["a", "b"], "new": [None, 2]}, key="id")
    assert found.columns == ("new", "old")
    assert (found.differing("old").tolist(), found.differing("new").tolist()) == ([True, False], [False, True])
    assert not found.within(1e-9)


CELLS = st.sampled_from([0.0, -0.0, 1.0, NAN, 2.0])
TABLES = st.dictionaries(st.integers(0, 6), CELLS, max_size=6)


@given(TABLES, TABLES)
def test_numbers_texts_and_lists_name_rows_alike(was: dict[int, float], now: dict[int, float]) -> None:
    def tables(name: Callable[[Any], Any]) -> list[dict[str, Any]]:
        return [{"id": name(list(each)), "n": np.array(list(each.values()), dtype=float)} for each in (was, now)]

    numbers, lists = tables(lambda ids: np.array(ids, dtype=np.int64)), tables(lambda ids: [str(each) for each in ids])
    assert told_of(*numbers) == told_of(*lists)
    moved = {str(each) for each in was.keys() & now.keys() if not same(was[each], now[each])}
    assert set(told_of(*lists)[2]) == moved


def test_attrs_are_content_and_a_patch_keeps_them() -> None:
    def frame(*ids: str, unit: str) -> pd.DataFrame:
        found = pd.DataFrame({"n": range(len(ids))}, index=pd.Index(ids, name="id"))
        found.attrs = {"unit": unit}
        return found

    with pytest.raises(UntellableError):
        delta_between(frame("a", unit="eur"), frame("a", unit="usd"))
    assert not close(frame("a", unit="eur"), frame("a", unit="usd"), 1e-9)
    for before in (frame("a", unit="eur"), frame("a", unit="eur")["n"].rename("n")):
        added = pd.DataFrame({"value" if before.ndim == 1 else "n": [7]}, index=pd.Index(["b"], name="id"))
        found = patched(before, Delta(added=added, removed=None, changed=None))
        assert (list(found.index), found.attrs) == (["a", "b"], {"unit": "eur"})
