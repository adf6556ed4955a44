"""Filter, sort, and what changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.presenters import interventions, queues
from tui.presenters.assets import listing as assets
from tui.presenters.overview import attention
from tui.presenters.rows import (
    Column,
    Filter,
    Row,
    Sort,
    arrange,
    changed_lines,
    column_widths,
    looks_like_selection,
)
from tui.presenters.runs import listing as runs

COLUMNS = (Column(name="NAME", share=1), Column(name="STATE", width=6, state=True), Column(name="AGE", width=5))


def row(key: str, state: str = "OK", age: float | None = 1.0) -> Row:
    shown = "-" if age is None else f"{age:.0f}s"
    return Row(key=key, cells=(key, state, shown), order=(key, state, age), fault=state != "OK")


ROWS = (row("views/degree"), row("views/pagerank", "STALE", 9), row("panel", "FAIL", None), row("Views/core", "OK", 4))
SHOWN = {
    "": ["views/degree", "views/pagerank", "panel", "Views/core"],
    "view": ["views/degree", "views/pagerank", "Views/core"],
    "!view": ["panel"],
    "!": ["views/degree", "views/pagerank", "panel", "Views/core"],
    "views/*e*": ["views/degree", "views/pagerank", "Views/core"],
    "state=stale": ["views/pagerank"],
    "!state=ok": ["views/pagerank", "panel"],
    "-f vdg": ["views/degree"],
    "fail": ["panel"],
    "no=such": [],
    "[/]": [],
}


@pytest.mark.parametrize("text", SHOWN)
def test_a_filter_lets_pass(text: str) -> None:
    assert [each.key for each in arrange(ROWS, COLUMNS, wanted=Filter(text))] == SHOWN[text]


def test_faults_and_selections_narrow_further() -> None:
    assert [each.key for each in arrange(ROWS, COLUMNS, faults_only=True)] == ["views/pagerank", "panel"]
    assert [each.key for each in arrange(ROWS, COLUMNS, among={"panel"}, wanted=Filter("views"))] == []
    assert [each.key for each in arrange(ROWS, COLUMNS, among={"panel", "x"})] == ["panel"]


def test_rows_sort_by_value_not_by_text_and_the_unknown_is_last() -> None:
    assert [each.key for each in arrange(ROWS, COLUMNS, sort=Sort(2))][-1] == "panel"
    ages = [each.order[2] for each in arrange(ROWS, COLUMNS, sort=Sort(2))]
    assert ages == [1.0, 4, 9, None]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("+views/degree", True), ("group:views", True), ("a or b", True), ("not a", True), ("(a)", True),
     ("views", False), ("views/*", False), ("!views", False), ("-f vdg", False), ("state=ok", False)],
)  # fmt: skip
def test_what_is_taken_for_a_selection(text: str, *, is_one: bool) -> None:
    assert looks_like_selection(text) is is_one


def test_only_lines_that_differ_are_changed() -> None:
    assert changed_lines(ROWS, ROWS, range(9)) == ()
    assert changed_lines(ROWS, (ROWS[0], row("views/pagerank", "OK"), *ROWS[2:]), range(9)) == (1,)
    assert changed_lines(ROWS, ROWS[:2], range(9)) == (2, 3)
    older = (replace(ROWS[0], order=("other", "OK", 99.0)), *ROWS[1:])
    assert changed_lines(ROWS, older, range(9)) == (), "what a line sorts by is not seen"
    assert changed_lines(ROWS[:1], ROWS[:2], range(9)) == (1,)
    assert changed_lines(ROWS, ROWS[:2], range(2)) == (), "what is not on the screen"


@pytest.mark.parametrize(
    "columns", [assets.COLUMNS, attention.COLUMNS, interventions.COLUMNS, queues.COLUMNS, runs.COLUMNS]
)
@given(total=st.integers(min_value=64, max_value=300), needed=st.lists(st.integers(0, 90), min_size=10, max_size=10))
def test_columns_fill_their_list_exactly(columns: tuple[Column, ...], total: int, needed: list[int]) -> None:
    widths = column_widths(columns, needed, total)
    shown = [width for width in widths if width]
    assert sum(shown) + len(shown) - 1 == total


def test_a_column_is_as_wide_as_its_cells_and_the_last_share_takes_what_is_left() -> None:
    columns = (Column(name="A", share=1), Column(name="B", width=6), Column(name="C", share=3))
    assert column_widths(columns, (5, 9, 20), 60) == (5, 6, 47)
    assert column_widths(columns, (5, 2, 20), 60) == (5, 2, 51)
    assert column_widths(columns, (30, 6, 30), 48) == (10, 6, 30), "who needs no more than its share gets what it needs"
    assert column_widths(columns, (30, 6, 90), 48) == (10, 6, 30)
