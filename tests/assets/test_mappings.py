"""Which partitions read which."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from causal_organism.assets.definitions import asset
from causal_organism.assets.graph import AssetGraph, graph_of
from causal_organism.assets.keys import partition_text
from causal_organism.assets.partitions.dimensions import Dimension, Static, members
from causal_organism.assets.partitions.mappings import Many, One, made_of, resolve
from causal_organism.assets.partitions.spaces import Space
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.assets.partitions.windows import Daily, Hourly, Monthly, Weekly
from causal_organism.errors import GraphError
from tests.assets.dimensions import BOTH, DAYS, NOON


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
    assert (found.free, found.within) == (("day",), (("day", "2025-12-29", "2026-01-04"),))
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
    assert "test_mappings" in caught.value.message


def test_two_reads_of_one_asset_have_labels_of_their_own() -> None:
    @asset(key="up", partitions=DAYS)
    def up() -> int:
        return 1

    @asset(key="down", partitions=DAYS, reads={"today": "up", "before": Upstream("up", day=-1)})
    def down(today: Any, before: Any) -> int:
        return 1

    assert [read.label for read in graph_of((up, down)).reads["down"]] == ["up", "up[day=-1]"]
    assert [read.label for read in graph(DAYS, DAYS, day=-1).reads["down"]] == ["up"]
