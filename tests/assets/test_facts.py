"""Typed metadata: from what an author says to what documents and people see."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from causal_organism import asset, markdown, path, table, text, url
from causal_organism.assets.facts import MOST_BYTES, fact_types, fact_values, stored_fact
from causal_organism.cli.assets import _show_text
from causal_organism.engine.history.listing import show_document, values_document, versions_document
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import UnstorableError
from tests.engine.organisms import memory_organism

SAID = {
    "note": text("by hand"),
    "board": url("https://example.org/board"),
    "file": path(Path("/srv/raw.csv")),
    "about": markdown("# Head\n\n* one"),
    "top": table([{"id": "a", "n": np.int64(3)}, {"id": "b", "n": 1}]),
    "rows": np.int64(2),
    "exact": True,
}
PLAIN = {
    "note": "by hand",
    "board": "https://example.org/board",
    "file": "/srv/raw.csv",
    "about": "# Head\n\n* one",
    "top": [{"id": "a", "n": 3}, {"id": "b", "n": 1}],
    "rows": 2,
    "exact": True,
}
TYPES = {
    "note": "text", "board": "url", "file": "path", "about": "markdown", "top": "table", "rows": "number",
    "exact": "json",
}  # fmt: skip


def test_a_stored_fact_keeps_its_value_and_its_type() -> None:
    stored = json.loads(json.dumps({name: stored_fact(value) for name, value in SAID.items()}))
    assert fact_values(stored) == PLAIN
    assert fact_types(stored) == TYPES


def test_a_frame_is_a_table() -> None:
    frame = pd.DataFrame({"n": [3]}, index=["a"])
    assert fact_values({"top": stored_fact(table(frame))}) == {"top": [{"id": "a", "n": 3}]}


COUNTED = pd.DataFrame({"n": [3, 4]})
INDEXES = {
    "that counts rows is left out": (COUNTED, ["n"]),
    "that counted rows is kept": (COUNTED[1:].set_axis([1]), ["id", "n"]),
    "with a name": (COUNTED.rename_axis("site"), ["site", "n"]),
    "beside an id": (pd.DataFrame({"id": [1]}, index=["a"]), ["index", "id"]),
    "beside both": (pd.DataFrame({"id": [1], "index": [2]}, index=["a"]), ["index_0", "id", "index"]),
    "of levels": (
        COUNTED.set_index(pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["s", None])),
        ["s", "level_1", "n"],
    ),
    "under names of levels": (pd.DataFrame([[1]], ["q"], pd.MultiIndex.from_tuples([("a", 1)])), ["id", "('a', 1)"]),
}


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_is_the_first_columns_of_a_table(name: str) -> None:
    frame, columns = INDEXES[name]
    found: Any = fact_values({"top": stored_fact(table(frame))})
    rows = found["top"]
    assert [list(row) for row in rows] == [columns] * len(frame)


def test_an_index_named_like_a_column_is_refused() -> None:
    with pytest.raises(UnstorableError, match="an index and a column of one name"):
        stored_fact(table(pd.DataFrame({"n": [3]}, index=pd.Index([1], name="n"))))


@pytest.mark.parametrize("make", [lambda cells: table([{"a": cells}]), text, lambda cells: [cells]])
def test_a_fact_is_small_or_refused_with_its_size(make: Any) -> None:
    fits = "x" * (MOST_BYTES - 100)
    assert stored_fact(make(fits), "note")
    with pytest.raises(UnstorableError, match=r"note is 2\d\d,\d\d\d bytes of JSON, and at most 262,144 are kept"):
        stored_fact(make("ü" * (MOST_BYTES // 2)), "note")


def test_a_table_keeps_the_order_of_its_columns_and_its_times_in_any_store_of_json() -> None:
    moments = pd.to_datetime(["2026-01-02", None])
    frame = pd.DataFrame({"order_id": [2, 1], "day": moments, "qty": [5, 6], "at": [Decimal("1.50"), None]})
    stored = json.loads(json.dumps(stored_fact(table(frame)), sort_keys=True))
    found: Any = fact_values({"top": stored})
    rows = found["top"]
    assert [list(row.items()) for row in rows] == [
        [("order_id", 2), ("day", "2026-01-02T00:00:00"), ("qty", 5), ("at", "1.50")],
        [("order_id", 1), ("day", None), ("qty", 6), ("at", None)],
    ]


def test_rows_of_a_table_may_lack_columns() -> None:
    rows = [{"b": 1}, {"a": date(2026, 1, 2), "b": 2}]
    assert fact_values({"top": stored_fact(table(rows))}) == {"top": [{"b": 1}, {"a": "2026-01-02", "b": 2}]}


def test_a_table_that_was_stored_before_is_read() -> None:
    assert fact_values({"top": {"$type": "table", "value": [{"n": 3}]}}) == {"top": [{"n": 3}]}


def test_a_cell_that_is_no_json_is_named() -> None:
    with pytest.raises(UnstorableError, match=r"top\[0\]\['a'\] is a set"):
        stored_fact(table([{"a": {1}}]), "top")


@pytest.mark.parametrize("rows", [3, "text", [1, 2], {"a": 1}])
def test_what_has_no_rows_is_no_table(rows: object) -> None:
    with pytest.raises(UnstorableError, match="rows as mappings"):
        stored_fact(table(rows))


def test_documents_have_plain_values_beside_their_types() -> None:
    @asset(key="total", metadata=SAID, code_version="1")
    def total() -> int:
        return 1

    organism = memory_organism([total])
    assert refresh_local(organism, Request("*"), Origin("ana", "cli"))["outcome"] == "done"
    shown = show_document(organism, "total")
    for document in (shown, versions_document(organism, "total")["versions"][0], values_document(organism, "total")):
        assert (document["metadata"], document["metadata_types"]) == (PLAIN, TYPES)
    lines = _show_text(shown).splitlines()
    assert "  board    https://example.org/board" in lines
    at = lines.index("  top")
    assert lines[at + 1 : at + 4] == ["    id  n", "    a   3", "    b   1"]
    assert lines[lines.index("  about") + 1] == "    # Head"


def test_a_table_that_is_none_fails_its_make() -> None:
    @asset(key="total", metadata={"top": table(3)}, code_version="1")
    def total() -> int:
        return 1

    (step,) = refresh_local(memory_organism([total]), Request("*"), Origin("ana", "cli"))["steps"]
    assert (step["outcome"], "metadata 'top' cannot be stored: a table is" in str(step["error"])) == ("failed", True)
