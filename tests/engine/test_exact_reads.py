"""What the next asset reads is what was returned: in full, as a change, from the catalog; other types are a change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from causal_organism import Daily, Delta, asset, source
from causal_organism.cli.history import _diff_text
from causal_organism.engine.contents import load_given, load_table, load_value
from causal_organism.engine.history.listing import diff_document
from causal_organism.engine.history.version_names import find_kept
from causal_organism.engine.tables.frame_deltas import patched
from tests.engine.organisms import memory_organism, refreshed
from tests.stores.frames import FRAMES, assert_exactly

LARGE = 2**60 + 1
NUMBERS = pd.DataFrame({"v": pd.array([1, None, LARGE], dtype="Int64")}, index=["a", "b", "c"])


def read(organism: Any, key: str) -> Any:
    return load_given(organism, find_kept(organism, key, None))


@pytest.mark.parametrize("name", [each for each in FRAMES if not each.startswith("no rows")])
def test_the_next_asset_and_whoever_reads_get_what_was_returned(name: str) -> None:
    seen: list[Any] = []

    def look(f: Any) -> int:
        seen.append(f)
        return 1

    first = asset(key="first", code_version="1")(lambda: FRAMES[name]())
    following = asset(key="next", reads={"f": "first"}, code_version="1")(look)
    organism = memory_organism((first, following))
    assert refreshed(organism) == [("first", "made"), ("next", "made")]
    assert_exactly(FRAMES[name](), seen[0])
    assert_exactly(FRAMES[name](), read(organism, "first"))


def history(*values: Any, update: Any = None) -> tuple[Any, list[list[tuple[str, str]]]]:
    """An organism that made a table from each value in turn, and what each refresh did."""
    now: list[Any] = []
    first = asset(key="first", reads={"rows": "rows"}, code_version="1")(lambda rows: now[0])
    following = asset(key="next", reads={"f": "first"}, code_version="1")(lambda f: len(f))
    if update is not None:
        following.update(update)
    organism = memory_organism((source(key="rows")(lambda: len(done)), first, following))
    done: list[list[tuple[str, str]]] = []
    for value in values:
        now[:] = [value]
        done.append(refreshed(organism))
    return organism, done


OTHERS = {
    "type": (NUMBERS.head(2), NUMBERS.head(2).astype("Float64"), "another type of v: Int64 -> Float64"),
    "row-order": (NUMBERS, NUMBERS.iloc[::-1], "rows in another order"),
    "column-order": (
        pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"b": [2], "a": [1]}),
        "columns in another order: a, b -> b, a",
    ),
    "names": (pd.DataFrame({"1": [1]}), pd.DataFrame({1: [1]}), "names of columns of another type"),
    "index": (NUMBERS, NUMBERS.rename_axis("who"), "another index: object -> object"),
    "value": (pd.Series([1], name="v"), pd.DataFrame({"v": [1]}), "another kind of value: series -> frame"),
    "other": (pd.Series(["a", None]), pd.Series(["a", np.nan]), "the same cells in another form"),
}  # fmt: skip


@pytest.mark.parametrize("part", OTHERS)
def test_another_type_name_or_order_is_a_change_and_told_as_such(part: str) -> None:
    was, now, told = OTHERS[part]
    organism, done = history(was, was, now)
    assert done[1] == [("first", "unchanged"), ("next", "skipped")]
    assert done[2] == [("first", "made"), ("next", "unchanged")]
    document = diff_document(organism, "first", None)
    assert ([each["part"] for each in document["forms"]], document["changed"], document["same"]) == ([part], [], False)
    assert told in _diff_text(document)


def test_a_change_has_exact_values_and_its_patch_keeps_types_and_order() -> None:
    seen: list[Delta] = []

    def update(previous: Any, changes: Any) -> Any:
        seen.append(changes["f"])
        return None

    later = pd.DataFrame({"v": pd.array([5, LARGE, 7], dtype="Int64")}, index=["a", "c", "d"])
    history(NUMBERS, later, update=update)
    (told,) = seen
    assert_exactly(pd.DataFrame({"v": pd.array([7], dtype="Int64")}, index=pd.Index(["d"], name="id")), told.added)
    assert_exactly(pd.DataFrame({"v": pd.array([None], dtype="Int64")}, index=pd.Index(["b"], name="id")), told.removed)
    moved = {"v_was": pd.array([1], dtype="Int64"), "v_now": pd.array([5], dtype="Int64")}
    assert_exactly(pd.DataFrame(moved, index=pd.Index(["a"], name="id")), told.changed)


def test_a_delta_patches_in_order_and_keeps_types() -> None:
    changed = pd.DataFrame({"v_now": [3]}, index=["a"])
    added = pd.DataFrame({"v": pd.array([None], dtype="Int64")}, index=["bb"])
    found = patched(NUMBERS, Delta(added, ["b"], changed))
    assert_exactly(pd.DataFrame({"v": pd.array([3, None, LARGE], dtype="Int64")}, index=["a", "bb", "c"]), found)
    logged = pd.Series([1.0, 2.0], index=["z", "a"], name="n")
    behind = patched(logged, Delta(pd.DataFrame({"value": [3.0]}, index=["m"]), None, None))
    assert_exactly(pd.Series([1.0, 2.0, 3.0], index=["z", "a", "m"], name="n"), behind)


def test_another_type_or_order_of_an_input_runs_the_full_form() -> None:
    asked: list[Any] = []

    def update(previous: Any, changes: Any) -> Any:
        asked.append(changes)
        return previous

    history(NUMBERS, NUMBERS.astype("Float64"), NUMBERS.astype("Float64").iloc[::-1], update=update)
    assert asked == []


def of_catalog(function: Any) -> Any:
    function.__module__ = "causal_organism.catalog"
    return function


def test_an_own_asset_reads_a_view_as_everybody_reads_it() -> None:
    """The catalog's own assets give each other arrays."""
    ids = np.array(["p", "q"], dtype=object)
    seen: dict[str, Any] = {}
    view = asset(key="views/v", code_version="1")(of_catalog(lambda: {"id": ids, "n": np.array([1, 2], dtype="int32")}))
    ours = asset(key="ours", reads={"v": "views/v"}, code_version="1")(of_catalog(lambda v: seen.update(ours=v) or 1))
    own = asset(key="own", reads={"v": "views/v"}, code_version="1")(lambda v: seen.update(own=v) or 1)
    arrays = asset(key="arrays", code_version="1")(lambda: {"id": ids, "n": np.array([1, 2])})
    reader = asset(key="reader", reads={"v": "arrays"}, code_version="1")(lambda v: seen.update(reader=v) or 1)
    organism = memory_organism((view, ours, own, arrays, reader))
    refreshed(organism)
    frame = pd.DataFrame({"n": np.array([1, 2], dtype="int32")}, index=pd.Index(["p", "q"], name="id"))
    assert_exactly(frame, seen["own"])
    assert_exactly(frame, read(organism, "views/v"))
    assert isinstance(seen["ours"]["n"], np.ndarray)
    assert seen["reader"]["n"].tolist() == read(organism, "arrays")["n"].tolist() == [1, 2]


def test_a_table_for_files_knows_the_types_that_a_later_version_has() -> None:
    untyped = pd.DataFrame({"v": pd.Series([None, None], dtype=object)})
    organism, _ = history(untyped, pd.DataFrame({"v": ["a", None]}), untyped.iloc[:1])
    versions = organism.ledger.versions("first")
    tables = [load_table(organism, each) for each in versions]
    assert [table and str(table.schema.field("v").type) for table in tables] == ["string"] * 3
    assert_exactly(untyped, load_value(organism, versions[-1]))


def test_a_value_of_arrow_with_gaps_is_told_exactly() -> None:
    seen: list[Any] = []

    def look(previous: Any, changes: Any) -> None:
        seen.append(changes["f"].changed)

    tables = [pa.table({"id": ["a", "b"], "n": [None, number]}) for number in (1, LARGE)]
    history(*tables, update=look)
    assert seen[0]["n_now"].tolist() == [LARGE]


def test_a_new_partition_has_the_types_of_the_others_in_columns_that_hold_nothing() -> None:
    notes = {"2026-01-03": ["late", None], "2026-01-04": [None, None]}

    @asset(key="daily", partitions={"day": Daily("2026-01-03")}, code_version="1")
    def daily(context: Any) -> Any:
        return pd.DataFrame({"note": notes[context.partition["day"]]}, index=["a", "b"], dtype=object)

    organism = memory_organism((daily,))
    refreshed(organism)
    heads = organism.ledger.heads()
    found = {day: heads["daily", f"day={day}"].version for day in notes}
    stored = {day: organism.values.table(each.content) for day, each in found.items()}
    assert {day: str(each.schema.field("note").type) for day, each in stored.items()} == dict.fromkeys(notes, "string")
    assert_exactly(
        load_value(organism, found["2026-01-04"]), pd.DataFrame({"note": [None, None]}, index=["a", "b"], dtype=object)
    )
