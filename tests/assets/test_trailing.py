"""Trailing windows, tables of names, and dimensions with other names, against what they are defined to be."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.definitions import asset
from causal_organism.assets.graph import graph_of
from causal_organism.assets.partitions.dimensions import Dimension, Static
from causal_organism.assets.partitions.mappings import Many, One, missing_of
from causal_organism.assets.partitions.spaces import Space
from causal_organism.assets.partitions.upstream import Upstream, by
from causal_organism.assets.partitions.windows import Daily, Hourly
from causal_organism.errors import GraphError
from tests.assets.dimensions import BOTH, DAYS, NOON
from tests.assets.test_mappings import graph, look, texts

FIRST = date(2026, 1, 1)


def days(numbers: Any) -> list[str]:
    return [f"day={(FIRST + timedelta(days=number)).isoformat()}" for number in numbers]


@given(
    own=st.integers(0, 40), first=st.integers(-10, 3), more=st.integers(0, 10),
    start=st.integers(0, 20), length=st.integers(1, 30),
)  # fmt: skip
def test_a_trailing_window_reads_the_days_at_these_distances(
    own: int, first: int, more: int, start: int, length: int
) -> None:
    """Of an upstream asset that begins later and ends: those of them that there are, or nothing at all."""
    begin, end = (FIRST + timedelta(days=each) for each in (start, start + length - 1))
    upstream: dict[str, Dimension] = {"day": Daily(begin.isoformat(), end=end.isoformat())}
    wanted = [each for each in range(start, start + length) if first <= each - own <= first + more]
    at = NOON + timedelta(days=100)
    name = (FIRST + timedelta(days=own)).isoformat()
    found = look({"day": Daily("2026-01-01")}, upstream, {"day": name}, at=at, day=f"{first}..{first + more}")
    assert (texts(found) if found is not None else []) == days(wanted)
    single = look({"day": Daily("2026-01-01")}, upstream, {"day": name}, at=at, day=first or "same")
    assert single == (One("up", days([own + first])[0]) if start <= own + first < start + length else None)


def test_none_of_a_trailing_window_may_be_missing_unless_its_author_says_so() -> None:
    found = look(DAYS, DAYS, {"day": "2026-01-03"}, day="-6..0")
    space = Space({"day": [each.removeprefix("day=") for each in days(range(4))]})
    assert (found.free, found.is_whole) == (("day",), True)
    assert missing_of(found, space, {"day=2026-01-01"}.__contains__) == ("day=2026-01-02", "day=2026-01-03")
    assert not look(DAYS, DAYS, {"day": "2026-01-03"}, day="-6..0", partial=True).is_whole


def test_a_window_that_is_going_on_reads_those_before_it_of_an_asset_that_has_only_what_ended() -> None:
    going_on: dict[str, Dimension] = {"day": Daily("2026-01-01", open=True)}
    assert texts(look(going_on, DAYS, {"day": "2026-01-05"}, day="-2..0")) == days([2, 3])
    assert look(going_on, DAYS, {"day": "2026-01-05"}, day=-1) == One("up", "day=2026-01-04")
    assert texts(look(going_on, {"day": Hourly("2026-01-01")}, {"day": "2026-01-05"}))[-1] == "day=2026-01-05T11"


def test_a_trailing_window_of_itself_that_ends_before_is_no_circle() -> None:
    @asset(key="mean", partitions=DAYS, reads={"before": Upstream("mean", day="-7..-1")})
    def mean(before: Any) -> int:
        return 1

    assert graph_of((mean,)).upstream("mean") == ()
    with pytest.raises(GraphError, match="circle"):

        @asset(key="mean", partitions=DAYS, reads={"before": Upstream("mean", day="-7..0")})
        def circle(before: Any) -> int:
            return 1

        graph_of((circle,))


SITES: dict[str, Dimension] = {"site": Static("n", "s", "w")}
REGIONS: dict[str, Dimension] = {"site": Static("north", "rest", "none")}


@given(
    st.dictionaries(st.sampled_from(["north", "rest", "none"]), st.sets(st.sampled_from(["n", "s", "w"])), min_size=1)
)
def test_a_table_reads_the_names_that_it_lists(table: dict[str, set[str]]) -> None:
    listed = {own: sorted(theirs) for own, theirs in table.items()}
    for own in ("north", "rest", "none"):
        found = look(REGIONS, SITES, {"site": own}, site=listed)
        wanted = [f"site={each}" for each in ("n", "s", "w") if each in table.get(own, ())]
        assert (texts(found) if found is not None else []) == wanted


def test_lists_of_a_table_with_the_same_ends_are_two_groups() -> None:
    """What blocks a group, and what its version is, is asked once for each."""
    table = {"north": ["n", "s", "w"], "rest": ["n", "w"]}
    first, second = (look(REGIONS, SITES, {"site": own}, site=table) for own in ("north", "rest"))
    assert first != second


def test_a_table_of_single_names_reads_one_value() -> None:
    table = {"north": "n", "rest": "s"}
    assert look(REGIONS, SITES, {"site": "north"}, site=table) == One("up", "site=n")
    assert look(REGIONS, SITES, {"site": "none"}, site=table) is None


def test_a_dimension_of_another_name_is_followed() -> None:
    dated: dict[str, Dimension] = {"date": Daily("2026-01-01")}
    assert look(DAYS, dated, {"day": "2026-01-02"}, date=by("day")) == One("up", "date=2026-01-02")
    assert look(DAYS, dated, {"day": "2026-01-02"}, date=by("day", -1)) == One("up", "date=2026-01-01")
    assert len(texts(look(DAYS, dated, {"day": "2026-01-03"}, date=by("day", "-6..0")))) == 3
    hours: dict[str, Dimension] = {"hour": Hourly("2026-01-01")}
    assert len(texts(look(DAYS, hours, {"day": "2026-01-03"}, hour=by("day")))) == 24
    both: dict[str, Dimension] = {**DAYS, "region": Static("a", "b")}
    found = look(both, BOTH, {"day": "2026-01-02", "region": "b"}, site=by("region", {"a": "north", "b": "south"}))
    assert found == One("up", "day=2026-01-02;site=south")


def test_a_dimension_of_another_name_begins_no_earlier_than_what_it_reads() -> None:
    found = graph(DAYS, {"hour": Hourly("2026-01-02T05", end="2026-01-04T12")}, hour=by("day")).dimensions["down"]
    assert found["day"] == Daily("2026-01-03", end="2026-01-03")


@pytest.mark.parametrize(
    ("reader", "upstream", "mapping", "message"),
    [
        (DAYS, SITES, {"site": by("region")}, "no dimension 'region'; it has day, so write site=by\\('day'\\)"),
        (DAYS, SITES, {"site": by("day")}, "two dimensions that follow each other are of one kind"),
        (DAYS, SITES, {"site": by("day", "-1..0")}, "only windows of time have one before"),
        (REGIONS, SITES, {"site": {"nowhere": "n"}}, "has no 'nowhere'; it has north, rest, none"),
        (REGIONS, SITES, {"site": {"north": "x"}}, "'x', which is none of n, s, w"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(
    reader: dict[str, Dimension], upstream: dict[str, Dimension], mapping: dict[str, Any], message: str
) -> None:
    with pytest.raises(GraphError, match=message):
        graph(reader, upstream, **mapping)


def test_reads_of_one_asset_are_told_apart_by_what_is_said_of_them() -> None:
    @asset(key="up", partitions=DAYS)
    def up() -> int:
        return 1

    reads: dict[str, str | Upstream] = {
        "now": "up",
        "week": Upstream("up", day="-6..0"),
        "table": Upstream("up", day=by("day", -1)),
    }

    @asset(key="down", partitions=DAYS, reads=reads)
    def down(now: Any, week: Any, table: Any) -> int:
        return 1

    assert [read.label for read in graph_of((up, down)).reads["down"]] == ["up", "up[day=-6..0]", "up[day=-1]"]
    assert isinstance(look(DAYS, DAYS, {"day": "2026-01-03"}, day="-1..0"), Many)
    assert repr(reads["week"]) == "Upstream('up', day='-6..0')"
