"""Dimensions and their partitions: names, order, texts, and mistakes in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from causal_organism.assets.definitions import Asset, asset, source
from causal_organism.assets.graph import graph_of
from causal_organism.assets.keys import label_of, partition_of, partition_text
from causal_organism.assets.partitions.choices import one_partition, parse_choice
from causal_organism.assets.partitions.cron_windows import CronWindows
from causal_organism.assets.partitions.dimensions import Dimension, Dynamic, Static, member_names, members
from causal_organism.assets.partitions.spaces import WHOLE, Space
from causal_organism.assets.partitions.upstream import Upstream, by
from causal_organism.assets.partitions.windows import Daily, Hourly, Monthly, Weekly, Windows
from causal_organism.errors import GraphError, RequestError
from tests.assets.dimensions import DAYS, NOON


@pytest.mark.parametrize(
    ("dimension", "first", "last", "count"),
    [
        (Daily("2026-01-01"), "2026-01-01", "2026-01-04", 4),
        (Daily(date(2026, 1, 1)), "2026-01-01", "2026-01-04", 4),  # type: ignore[arg-type]
        (Weekly("2025-W51"), "2025-W51", "2026-W01", 3),
        (Weekly("2025-12-17"), "2025-W51", "2026-W01", 3),
        (Monthly("2025-11"), "2025-11", "2025-12", 2),
        (Hourly("2026-01-05"), "2026-01-05T00", "2026-01-05T11", 12),
    ],
)
def test_a_window_is_a_partition_once_it_has_ended(dimension: Windows, first: str, last: str, count: int) -> None:
    names = dimension.names(NOON)
    assert (names[0], names[-1], len(names)) == (first, last, count)
    assert list(names) == sorted(names)


def test_a_day_ends_in_its_own_time_zone() -> None:
    evening = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)
    assert Daily("2026-01-05", timezone="Europe/Berlin").names(evening) == ("2026-01-05",)
    assert Daily("2026-01-05").names(evening) == ()


def test_a_day_with_a_changed_clock_ends_at_midnight_all_the_same() -> None:
    berlin = Daily("2026-03-29", timezone="Europe/Berlin")  # 23 hours long
    assert berlin.names(datetime(2026, 3, 29, 21, 59, tzinfo=UTC)) == ()
    assert berlin.names(datetime(2026, 3, 29, 22, 0, tzinfo=UTC)) == ("2026-03-29",)


def test_nothing_is_there_before_the_start() -> None:
    assert Daily("2027-01-01").names(NOON) == ()


@given(st.sampled_from([Daily, Weekly, Monthly, Hourly]), st.integers(0, 60_000))
def test_windows_are_numbered_without_a_gap(kind: type[Windows], by: int) -> None:
    windows = kind("1970-01-01")
    number = windows.number("1970-01-01") + by
    assert windows.number(windows.name(number)) == number
    assert windows.name(number) < windows.name(number + 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Daily("1 January"), "'1 January' is not a valid date; write it like 2026-01-31"),
        (lambda: Daily("20260101"), "is not a valid date"),
        (lambda: Daily("2026-01-01", timezone="Mars"), "no time zone 'Mars'"),
        (lambda: Weekly("2026-W60"), "Weekly"),
        (lambda: Weekly("2026-W1x"), "is not a valid week"),
        (lambda: Monthly("2026-13"), "is not a valid date; write it like 2026-01"),
        (lambda: Hourly("2026-01-01T24"), "is not a valid hour"),
        (lambda: Hourly("2026-03-29T02", timezone="Europe/Berlin"), "is left out in Europe/Berlin"),
        (lambda: Hourly("2026-10-25T02+05:00", timezone="Europe/Berlin"), "another offset than Europe/Berlin"),
        (lambda: Hourly("2026-01-01", timezone="Australia/Lord_Howe"), "clocks change by parts of an hour"),
        (lambda: CronWindows("2026-01-01", cron="0 9 * *"), "five fields"),
        (lambda: Daily("2026-01-01", open=1), "it is True or False"),  # type: ignore[arg-type]
        (lambda: Upstream("a", day="0..-6"), "runs backwards"),
        (lambda: Upstream("a", day={"a": 3}), "a name and a list of names"),
        (lambda: Upstream("a", day={}), "empty table"),
        (lambda: by("day", "all"), "follows no dimension"),
        (lambda: Static(), "at least one"),
        (lambda: Static("a", "a"), "different"),
        (lambda: Static("a", ""), "has 0 characters"),
        (lambda: Static("all"), "a word of mappings"),
        (lambda: Static("a\n"), "control characters"),
        (lambda: Static(3), "not text"),  # type: ignore[arg-type]
        (lambda: Dynamic("no key"), "is not a valid key"),
        (lambda: Upstream("a", day=1.5), "is not a valid mapping"),
        (lambda: Upstream("a", day=True), "is not a valid mapping"),
    ],
)
def test_a_dimension_that_cannot_be_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(GraphError, match=message):
        make()


@pytest.mark.parametrize(
    ("returned", "names"),
    [(["b", "a", "b"], ("b", "a")), ({"b": 1, "a": 2}, ("a", "b")), ([3, 1], ("3", "1")), ((), ())],
)
def test_a_dynamic_dimension_takes_what_a_source_returns(returned: Any, names: tuple[str, ...]) -> None:
    assert members(Dynamic("s"), NOON, {"s": member_names(returned, "s")}) == names


@pytest.mark.parametrize("returned", [1, "abc", None, [None], [True], [""], ["x" * 201], ["a\0"], [["a"]]])
def test_what_names_no_partitions_is_refused_with_its_source(returned: Any) -> None:
    with pytest.raises(RequestError, match=r"^s names"):
        member_names(returned, "s")


def test_partitions_come_in_order_with_the_first_dimension_slowest() -> None:
    space = Space({"site": ("s", "n"), "day": ("1", "2")})
    assert space.texts == ("day=1;site=s", "day=2;site=s", "day=1;site=n", "day=2;site=n")
    assert space.partition("day=2;site=n") == {"site": "n", "day": "2"}
    assert space.grouped(["day"]) == {
        ("1",): ("day=1;site=s", "day=1;site=n"),
        ("2",): ("day=2;site=s", "day=2;site=n"),
    }
    assert (len(space), "day=1;site=s" in space, "" in space) == (4, True, False)


def test_an_asset_without_dimensions_is_one_piece() -> None:
    assert (WHOLE.texts, WHOLE.partition("")) == (("",), {})


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@example({"day": " 0"})
@given(st.dictionaries(st.sampled_from(["day", "site", "who"]), NAMES, max_size=3))
def test_a_partition_has_one_text_and_one_label(partition: dict[str, str]) -> None:
    text = partition_text(partition)
    assert partition_of(text) == partition
    label = label_of("a/b", text)
    dimensions: dict[str, Dimension] = {name: Dynamic("s") for name in partition}
    if partition:
        assert one_partition(parse_choice(label.removeprefix("a/b[").removesuffix("]")), dimensions, "a/b") == partition


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), NAMES, max_size=2), max_size=6))
def test_two_partitions_never_share_a_text(partitions: list[dict[str, str]]) -> None:
    different = {tuple(sorted(each.items())) for each in partitions}
    assert len({partition_text(each) for each in partitions}) == len(different)


@pytest.mark.parametrize(
    ("partitions", "message"),
    [
        ("day", "partitions is 'day'"),
        ({"day": "2026-01-01"}, "the dimension 'day' is '2026-01-01'"),
        ({"a day": Daily("2026-01-01")}, "'a day' is not a valid name of a dimension"),
    ],
)
def test_a_mistake_in_dimensions_names_its_place(partitions: Any, message: str) -> None:
    with pytest.raises(GraphError, match=message) as caught:
        asset(key="a", partitions=partitions)(lambda: 1)
    assert "test_partitions" in caught.value.message


def test_partitions_come_from_sources_only() -> None:
    @asset
    def names() -> list[str]:
        return ["a"]

    @asset(partitions={"who": Dynamic("names")})
    def greet() -> int:
        return 1

    with pytest.raises(GraphError, match="takes its partitions from names, which is not a source"):
        graph_of((names, greet))
    with pytest.raises(GraphError, match="which is not an asset"):
        graph_of((greet,))
    with pytest.raises(GraphError, match="partitions is not an option of a source"):
        source(partitions=DAYS)(lambda: 1)  # type: ignore[call-overload]


def test_the_source_of_partitions_comes_before_and_is_no_input() -> None:
    names: Asset = source(key="names")(lambda: ["a"])

    @asset(partitions={"who": Dynamic("names")})
    def greet() -> int:
        return 1

    found = graph_of((names, greet))
    assert (found["greet"].upstream, found["greet"].inputs) == (("names",), ())
