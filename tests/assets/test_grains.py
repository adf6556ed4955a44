"""Windows of different lengths: which lie in which, and which can be complete."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.definitions import asset
from causal_organism.assets.graph import AssetGraph, graph_of
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.assets.partitions.windows import Daily, Hourly, Monthly, Weekly, Windows
from causal_organism.errors import GraphError

BERLIN = "Europe/Berlin"
HOURS, DAYS, WEEKS, MONTHS = Hourly("2026-01-01"), Daily("2026-01-01"), Weekly("2026-W01"), Monthly("2026-01")
BERLIN_DAYS, BERLIN_WEEKS, BERLIN_MONTHS = (kind("2026-01-01", timezone=BERLIN) for kind in (Daily, Weekly, Monthly))


@pytest.mark.parametrize(
    ("longer", "name", "shorter", "first", "last", "count"),
    [
        (DAYS, "2026-11-25", HOURS, "2026-11-25T00", "2026-11-25T23", 24),
        (BERLIN_DAYS, "2026-11-25", HOURS, "2026-11-24T23", "2026-11-25T22", 24),
        (BERLIN_DAYS, "2026-03-29", HOURS, "2026-03-28T23", "2026-03-29T21", 23),
        (BERLIN_DAYS, "2026-10-25", HOURS, "2026-10-24T22", "2026-10-25T22", 25),
        (WEEKS, "2026-W48", DAYS, "2026-11-23", "2026-11-29", 7),
        (BERLIN_WEEKS, "2026-W13", BERLIN_DAYS, "2026-03-23", "2026-03-29", 7),
        (BERLIN_WEEKS, "2026-W13", HOURS, "2026-03-22T23", "2026-03-29T21", 167),
        (MONTHS, "2026-02", DAYS, "2026-02-01", "2026-02-28", 28),
        (MONTHS, "2026-12", HOURS, "2026-12-01T00", "2026-12-31T23", 744),
        (BERLIN_MONTHS, "2026-10", HOURS, "2026-09-30T22", "2026-10-31T22", 745),
    ],
)
def test_a_longer_window_consists_of_shorter_ones(
    longer: Windows, name: str, shorter: Windows, first: str, last: str, count: int
) -> None:
    found = shorter.within(longer, name)
    assert (found[0], found[-1], len(found)) == (first, last, count)


ZONES = ["UTC", BERLIN, "America/Havana", "America/Sao_Paulo", "Pacific/Auckland"]  # some change clocks at midnight


@given(st.sampled_from([Daily, Weekly, Monthly]), st.sampled_from(ZONES), st.integers(0, 20_000), st.booleans())
def test_every_shorter_window_lies_in_one_longer_one(kind: type[Windows], zone: str, by: int, by_hours: bool) -> None:
    longer = kind("1990-01-01", timezone=zone)
    shorter = Hourly("1990-01-01") if by_hours or kind is Daily else Daily("1990-01-01", timezone=zone)
    name = longer.name(longer.number("1990-01-01") + by % 1_000)
    found = shorter.within(longer, name)
    numbers = [shorter.number(each) for each in found]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert {longer.holding(shorter, each) for each in found} == {name}
    around = [longer.holding(shorter, shorter.name(number)) for number in (numbers[0] - 1, numbers[-1] + 1)]
    assert [longer.number(each) - longer.number(name) for each in around] == [-1, 1]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_days_that_cut_hours_do_not_read_them(zone: str) -> None:
    with pytest.raises(GraphError, match="of one kind and zone"):
        graph(up=Hourly("2026-01-01"), down=Daily("2026-01-01", timezone=zone))


def graph(*, up: Windows, down: Windows, far: Windows | None = None, **options: Any) -> AssetGraph:
    """`far` reads `down`, which reads `up`."""

    @asset(key="up", partitions={"t": up})
    def first() -> int:
        return 1

    @asset(key="down", partitions={"t": down}, reads={"read": Upstream("up", **options)})
    def second(read: Any) -> int:
        return 1

    @asset(key="far", partitions={"t": far or down, "site": Static("n")}, reads={"read": "down"})
    def third(read: Any) -> int:
        return 1

    return graph_of((first, second, third))


def begins(found: AssetGraph, key: str) -> str:
    dimension = found.dimensions[key]["t"]
    assert isinstance(dimension, Windows)
    return dimension.start


@pytest.mark.parametrize(
    ("up", "down", "start"),
    [
        (Hourly("2026-11-20T00"), Daily("2026-11-01"), "2026-11-20"),
        (Hourly("2026-11-20T01"), Daily("2026-11-20"), "2026-11-21"),
        (Hourly("2026-11-20T00"), Weekly("2026-11-16"), "2026-W48"),
        (Hourly("2026-11-20T00"), Daily("2026-11-20", timezone=BERLIN), "2026-11-21"),
        (Hourly("2026-11-19T23"), Daily("2026-11-20", timezone=BERLIN), "2026-11-20"),
        (Daily("2026-11-01"), Monthly("2026-10"), "2026-11"),
        (Daily("2026-11-02"), Monthly("2026-10"), "2026-12"),
        (Daily("2026-11-02"), Monthly("2027-01"), "2027-01"),
        (Weekly("2026-W10"), Daily("2026-01-01"), "2026-01-01"),  # a day reads the week that holds it, if there is one
    ],
)
def test_windows_that_reach_before_what_they_read_begins_are_no_partitions(
    up: Windows, down: Windows, start: str
) -> None:
    assert begins(graph(up=up, down=down), "down") == start


def test_a_beginning_is_handed_on_and_what_may_be_partial_has_none() -> None:
    hours, days, weeks = Hourly("2026-11-19T05"), Daily("2026-11-01"), Weekly("2026-11-01")
    found = graph(up=hours, down=days, far=weeks)
    assert (begins(found, "down"), begins(found, "far")) == ("2026-11-20", "2026-W48")
    found = graph(up=hours, down=days, far=weeks, partial=True)
    assert (begins(found, "down"), begins(found, "far")) == ("2026-11-01", "2026-W45")
    assert found["down"].partitions == {"t": days}


def test_a_dep_has_to_be_complete_as_a_read_has() -> None:
    @asset(key="up", partitions={"t": Hourly("2026-11-20T05")})
    def first() -> int:
        return 1

    @asset(key="down", partitions={"t": Daily("2026-11-01")}, deps=("up",))
    def second() -> int:
        return 1

    assert begins(graph_of((first, second)), "down") == "2026-11-21"


@pytest.mark.parametrize(
    ("up", "down", "options", "message"),
    [
        (DAYS, DAYS, {"partial": True}, "partial=True, and no windows of it are read together"),
        (DAYS, WEEKS, {"partial": True, "t": "all"}, "partial=True, and no windows"),
        (DAYS, WEEKS, {"partial": "t"}, "it is True or False"),
    ],
)
def test_partial_stands_only_where_windows_lie_within_others(
    up: Windows, down: Windows, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(GraphError, match=message):
        graph(up=up, down=down, **options)
