"""Dimensions, which partitions read which, and how people choose them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from causal_organism.assets.choices import Span, choose, one_partition, parse_choice
from causal_organism.assets.definitions import Asset, asset, source
from causal_organism.assets.graph import AssetGraph, graph_of
from causal_organism.assets.keys import label_of, partition_of, partition_text
from causal_organism.assets.mappings import Many, One, Upstream, made_of, resolve
from causal_organism.assets.partitions import (
    Daily,
    Dimension,
    Dynamic,
    Hourly,
    Monthly,
    Static,
    Weekly,
    Windows,
    member_names,
    members,
)
from causal_organism.assets.spaces import WHOLE, Space
from causal_organism.errors import GraphError, RequestError

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday


# -- dimensions


@pytest.mark.parametrize(
    ("dimension", "first", "last", "count"),
    [
        (Daily("2026-01-01"), "2026-01-01", "2026-01-04", 4),
        (Daily(date(2026, 1, 1)), "2026-01-01", "2026-01-04", 4),
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
        (lambda: Daily("1 January"), "'1 January' is no date; write it like 2026-01-31"),
        (lambda: Daily("20260101"), "is no date"),
        (lambda: Daily("2026-01-01", timezone="Mars"), "no time zone 'Mars'"),
        (lambda: Weekly("2026-W60"), "Weekly"),
        (lambda: Weekly("2026-W1x"), "is no week"),
        (lambda: Monthly("2026-13"), "is no date; write it like 2026-01"),
        (lambda: Hourly("2026-01-01T24"), "is no hour"),
        (lambda: Hourly("2026-01-01", timezone="Europe/Berlin"), "hours are counted in UTC"),
        (lambda: Static(), "at least one"),
        (lambda: Static("a", "a"), "different"),
        (lambda: Static("a", ""), "has 0 characters"),
        (lambda: Static("all"), "a word of mappings"),
        (lambda: Static("a\n"), "control characters"),
        (lambda: Static(3), "no text"),  # type: ignore[arg-type]
        (lambda: Dynamic("no key"), "is no key"),
        (lambda: Upstream("a", day=1.5), "is no mapping"),  # type: ignore[arg-type]
        (lambda: Upstream("a", day=True), "is no mapping"),
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


# -- spaces and texts


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


# -- mappings

DAYS: dict[str, Dimension] = {"day": Daily("2026-01-01")}
BOTH: dict[str, Dimension] = {"day": Daily("2026-01-01"), "site": Static("north", "south")}


def graph(reader: dict[str, Dimension], upstream: dict[str, Dimension], **mapping: Any) -> AssetGraph:
    @asset(key="up", partitions=upstream)
    def up() -> int:
        return 1

    @asset(key="down", partitions=reader, reads={"read": Upstream("up", **mapping)})
    def down(read: Any) -> int:
        return 1

    return graph_of((up, down))


def look(
    reader: dict[str, Dimension],
    upstream: dict[str, Dimension],
    own: dict[str, str] | None = None,
    *,
    at: datetime = NOON,
    **mapping: Any,
) -> Any:
    read = graph(reader, upstream, **mapping).reads["down"][0]
    space = Space({name: members(each, at, {}) for name, each in upstream.items()})
    return resolve(read, partition_text(own), own or {}, space)


def texts(found: Any) -> list[str]:
    assert isinstance(found, Many)
    return list(found.partitions)


def test_the_same_partition_is_read_where_both_have_the_dimension() -> None:
    assert look(DAYS, DAYS, {"day": "2026-01-02"}) == One("up", "day=2026-01-02")
    assert look(BOTH, DAYS, {"day": "2026-01-02", "site": "north"}) == One("up", "day=2026-01-02")


def test_an_asset_without_partitions_is_read_whole() -> None:
    assert look(DAYS, {}, {"day": "2026-01-02"}) == One("up")


def test_what_is_not_shared_is_read_all() -> None:
    assert texts(look({}, DAYS)) == [f"day=2026-01-0{day}" for day in (1, 2, 3, 4)]
    found = look(DAYS, BOTH, {"day": "2026-01-02"})
    assert texts(found) == ["day=2026-01-02;site=north", "day=2026-01-02;site=south"]
    assert found.free == ("site",)


def test_an_earlier_window_is_read_and_none_before_the_start() -> None:
    assert look(DAYS, DAYS, {"day": "2026-01-02"}, day=-1) == One("up", "day=2026-01-01")
    assert look(DAYS, DAYS, {"day": "2026-01-01"}, day=-1) is None
    assert look(DAYS, DAYS, {"day": "2026-01-04"}, day=1) is None


def test_a_dimension_that_begins_later_has_nothing_to_read_before() -> None:
    later: dict[str, Dimension] = {"day": Daily("2026-01-03")}
    assert look(DAYS, later, {"day": "2026-01-02"}) is None
    assert look(later, DAYS, {"day": "2026-01-03"}, day=-1) == One("up", "day=2026-01-02")


WEEKS: dict[str, Dimension] = {"day": Weekly("2026-W01")}
MAY = datetime(2026, 5, 20, 12, tzinfo=UTC)


def test_a_longer_window_reads_the_shorter_ones_within_it() -> None:
    found = look(WEEKS, {"day": Daily("2025-12-01")}, {"day": "2026-W01"}, at=NOON)
    assert texts(found) == [f"day={day}" for day in ("2025-12-29", "2025-12-30", "2025-12-31", "2026-01-01",
                                                     "2026-01-02", "2026-01-03", "2026-01-04")]  # fmt: skip
    assert (found.free, found.within) == (("day",), (("day", "2026-W01"),))
    assert texts(look({"day": Monthly("2026-01")}, DAYS, {"day": "2026-02"}, at=MAY))[::27] == [
        "day=2026-02-01",
        "day=2026-02-28",
    ]
    assert len(texts(look(WEEKS, {"day": Hourly("2025-12-01")}, {"day": "2026-W01"}))) == 7 * 24


def test_windows_within_another_are_as_many_as_there_are() -> None:
    assert texts(look(WEEKS, DAYS, {"day": "2026-W01"})) == [f"day=2026-01-0{day}" for day in (1, 2, 3, 4)]
    assert look(WEEKS, {"day": Daily("2026-02-01")}, {"day": "2026-W01"}, at=MAY) is None


def test_windows_within_another_come_in_order_beside_other_dimensions() -> None:
    by_site: dict[str, Dimension] = {"site": Static("south", "north"), "day": Daily("2026-01-03")}
    found = look(WEEKS, by_site, {"day": "2026-W01"})
    assert texts(found) == [f"day=2026-01-0{day};site={site}" for site in ("south", "north") for day in (3, 4)]
    assert found.free == ("site", "day")
    found = look({**WEEKS, "site": Static("north")}, by_site, {"day": "2026-W01", "site": "north"})
    assert texts(found) == ["day=2026-01-03;site=north", "day=2026-01-04;site=north"]
    assert (found.free, found.fixed) == (("day",), (("site", "north"),))


def test_what_lies_within_two_windows_is_two_groups() -> None:
    first, second = (look(WEEKS, DAYS, {"day": week}, at=MAY) for week in ("2026-W02", "2026-W03"))
    assert first != second


def test_a_shorter_window_reads_the_longer_one_that_holds_it() -> None:
    assert look(DAYS, WEEKS, {"day": "2026-01-04"}) == One("up", "day=2026-W01")
    assert look(DAYS, WEEKS, {"day": "2026-01-05"}, at=MAY) == One("up", "day=2026-W02")
    assert look(DAYS, WEEKS, {"day": "2026-01-05"}, at=NOON) is None  # that week has not ended
    assert look({"day": Hourly("2026-01-01")}, DAYS, {"day": "2026-01-03T23"}) == One("up", "day=2026-01-03")


@pytest.mark.parametrize("word", [{"day": "all"}, {"day": "last"}])
def test_words_stand_for_windows_of_another_length_too(word: dict[str, str]) -> None:
    assert len(texts(look(WEEKS, DAYS, {"day": "2026-W01"}, at=MAY, **word))) == (MAY - NOON).days + 4


def test_one_partition_may_be_named() -> None:
    assert look(DAYS, BOTH, {"day": "2026-01-02"}, site="south") == One("up", "day=2026-01-02;site=south")


def test_the_last_is_the_newest_that_was_made() -> None:
    found = look({}, BOTH, day="last")
    space = Space({name: members(each, NOON, {}) for name, each in BOTH.items()})
    made = {"day=2026-01-01;site=north", "day=2026-01-03;site=south", "day=2026-01-03;site=north"}
    assert made_of(found, space, made.__contains__) == ("day=2026-01-03;site=north", "day=2026-01-03;site=south")
    assert found.free == ("site",)
    assert made_of(found, space, lambda text: False) == ()


def test_an_earlier_partition_of_itself_is_no_circle() -> None:
    @asset(key="sum", partitions=DAYS, reads={"before": Upstream("sum", day=-1)})
    def running(before: Any) -> int:
        return 1

    found = graph_of((running,))
    assert (found.order, found.upstream("sum"), found.downstream["sum"]) == (("sum",), (), ())


@pytest.mark.parametrize("mapping", [{}, {"day": "all"}, {"day": "last"}, {"day": 0}, {"day": 1}])
def test_any_other_partition_of_itself_is_a_circle(mapping: dict[str, Any]) -> None:
    with pytest.raises(GraphError, match="circle"):

        @asset(key="sum", partitions=DAYS, reads={"before": Upstream("sum", **mapping)})
        def running(before: Any) -> int:
            return 1

        graph_of((running,))


@pytest.mark.parametrize(
    ("reader", "upstream", "mapping", "message"),
    [
        (DAYS, {}, {"day": "all"}, "up has no dimension 'day' to be read by; it has none"),
        (DAYS, DAYS, {"dey": "all"}, "no dimension 'dey'.*it has day"),
        ({}, DAYS, {"day": -1}, "the asset that reads it has no dimension 'day'"),
        ({"site": Static("a")}, {"site": Static("a")}, {"site": -1}, "only windows of time have one before"),
        ({"day": Static("a")}, DAYS, {}, "of one kind and zone"),
        ({"day": Daily("2026-01-01", timezone="Asia/Tokyo")}, DAYS, {}, "of one kind and zone"),
        ({"day": Weekly("2026-W01")}, {"day": Monthly("2026-01")}, {}, "or windows within each other"),
        ({"day": Weekly("2026-W01")}, {"day": Daily("2026-01-01", timezone="Asia/Tokyo")}, {}, "kind and zone"),
        ({"day": Weekly("2026-W01")}, DAYS, {"day": -1}, "day=-1.*read without a step"),
        ({"site": Static("a", "b")}, {"site": Static("a")}, {}, "it has no partition b"),
        ({}, BOTH, {"site": "west"}, "'west', which is none of north, south"),
        ({}, DAYS, {"day": "tomorrow"}, "'tomorrow' is no such window"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(
    reader: dict[str, Dimension], upstream: dict[str, Dimension], mapping: dict[str, Any], message: str
) -> None:
    with pytest.raises(GraphError, match=message) as caught:
        graph(reader, upstream, **mapping)
    assert "test_partitions" in caught.value.message


@pytest.mark.parametrize(
    ("partitions", "message"),
    [
        ("day", "partitions is 'day'"),
        ({"day": "2026-01-01"}, "the dimension 'day' is '2026-01-01'"),
        ({"a day": Daily("2026-01-01")}, "'a day' is no name of a dimension"),
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

    with pytest.raises(GraphError, match="takes its partitions from names, which is no source"):
        graph_of((names, greet))
    with pytest.raises(GraphError, match="which is no asset"):
        graph_of((greet,))
    with pytest.raises(GraphError, match="partitions is no option of a source"):
        source(partitions=DAYS)(lambda: 1)


def test_the_source_of_partitions_comes_before_and_is_no_input() -> None:
    names: Asset = source(key="names")(lambda: ["a"])

    @asset(partitions={"who": Dynamic("names")})
    def greet() -> int:
        return 1

    found = graph_of((names, greet))
    assert (found["greet"].upstream, found["greet"].inputs) == (("names",), ())


def test_two_reads_of_one_asset_have_labels_of_their_own() -> None:
    @asset(key="up", partitions=DAYS)
    def up() -> int:
        return 1

    @asset(key="down", partitions=DAYS, reads={"today": "up", "before": Upstream("up", day=-1)})
    def down(today: Any, before: Any) -> int:
        return 1

    assert [read.label for read in graph_of((up, down)).reads["down"]] == ["up", "up[day=-1]"]
    assert [read.label for read in graph(DAYS, DAYS, day=-1).reads["down"]] == ["up"]


# -- choices


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("day=2026-01-01", {"day": (Span("2026-01-01", "2026-01-01"),)}),
        ("day=a..b,site=north", {"day": (Span("a", "b", True),), "site": (Span("north", "north"),)}),
        (" day = a .. b , site = x ", {"day": (Span("a", "b", True),), "site": (Span("x", "x"),)}),
        ("day=..b", {"day": (Span(None, "b", True),)}),
        ("day=a..", {"day": (Span("a", None, True),)}),
        ("site=a,site=b", {"site": (Span("a", "a"), Span("b", "b"))}),
        (r'who="a,b=\"..\\"', {"who": (Span('a,b="..\\', 'a,b="..\\'),)}),
        ("who=a.b", {"who": (Span("a.b", "a.b"),)}),
    ],
)
def test_a_choice_is_read(text: str, choice: dict[str, Any]) -> None:
    assert parse_choice(text) == choice


@pytest.mark.parametrize(
    ("text", "column"),
    [("", 1), ("day", 4), ("day=", 5), ("day=a,", 7), ("=a", 1), ("day=a=b", 6), ("day=a b", None), ('day="a', 5)],
)
def test_what_is_no_choice_says_where(text: str, column: int | None) -> None:
    if column is None:
        assert parse_choice(text) == {"day": (Span("a b", "a b"),)}
        return
    with pytest.raises(RequestError) as caught:
        parse_choice(text)
    assert (caught.value.column, caught.value.code) == (column, "partition-syntax")


KNOWN: dict[str, dict[str, Dimension]] = {"both": BOTH, "days": DAYS, "whole": {}}


def chosen(text: str, *keys: str) -> dict[str, tuple[str, ...]]:
    spaces = {key: Space({n: members(d, NOON, {}) for n, d in each.items()}) for key, each in KNOWN.items()}
    return choose(parse_choice(text), keys, KNOWN.__getitem__, spaces.__getitem__)


def test_a_choice_takes_what_it_names_and_leaves_other_dimensions_whole() -> None:
    assert chosen("day=2026-01-02..2026-01-03,site=south", "both", "days", "whole") == {
        "both": ("day=2026-01-02;site=south", "day=2026-01-03;site=south"),
        "days": ("day=2026-01-02", "day=2026-01-03"),
        "whole": ("",),
    }


def test_a_range_ends_where_the_partitions_end() -> None:
    assert chosen("day=2025-01-01..2027-01-01", "days")["days"] == tuple(f"day=2026-01-0{day}" for day in (1, 2, 3, 4))
    assert chosen("day=2026-01-03..", "days")["days"] == ("day=2026-01-03", "day=2026-01-04")
    assert chosen("day=2027-01-01..", "days")["days"] == ()


def test_names_of_a_list_have_an_order_too() -> None:
    assert chosen("site=north..", "both")["both"][:2] == ("day=2026-01-01;site=north", "day=2026-01-01;site=south")
    with pytest.raises(RequestError, match="backwards"):
        chosen("site=south..north", "both")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dey=2026-01-01", "no selected asset has a dimension 'dey'"),
        ("day=2026-01-05", "is no partition of both; it has from 2026-01-01 to 2026-01-04"),
        ("day=soon", "'soon' is no date"),
        ("day=2026-01-04..2026-01-01", "backwards"),
        ("site=nort", "site=nort is no partition"),
        ("site=west..", "site=west is no partition"),
    ],
)
def test_a_choice_of_nothing_is_an_error(text: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        chosen(text, "both", "whole")


@pytest.mark.parametrize("text", ["day=2026-01-01", "day=2026-01-01..2026-01-02,site=north", "day=a,site=b,who=c"])
def test_one_partition_is_named_in_full(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        one_partition(parse_choice(text), BOTH, "both")
    assert caught.value.hint == "--partition day=NAME,site=NAME"
