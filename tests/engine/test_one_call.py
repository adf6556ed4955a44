"""`backfill="one"`: one call makes all partitions of a run, each published, judged and told for itself."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism import Daily, Static, Upstream, asset, source
from causal_organism.assets.definitions import Asset
from causal_organism.engine.contents import load_value
from causal_organism.errors import GraphError
from tests.engine.organisms import memory_organism, refreshed

pytestmark = pytest.mark.large

DAYS = {"day": Daily("2026-01-01")}
ONE_TO_FOUR = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]


def value_of(organism: Any, key: str, partition: str) -> Any:
    return load_value(organism, organism.ledger.heads()[key, partition].version)


class World:
    """Rows of a source, by day, and the calls of what makes a part of them each day."""

    def __init__(self) -> None:
        self.rows = [("2026-01-01", 1), ("2026-01-02", 2), ("2026-01-02", 3)]
        self.calls: list[list[str]] = []
        self.broken: set[str] = set()

    def assets(self) -> tuple[Asset, ...]:
        @source(key="raw/rows")
        def rows() -> Any:
            return [list(each) for each in self.rows]

        @asset(key="by_day", partitions=DAYS, reads={"rows": "raw/rows"}, backfill="one", code_version="1")
        def by_day(rows: Any, context: Any) -> Any:
            days = [each["day"] for each in context.partitions]
            self.calls.append(days)
            if self.broken & set(days):
                raise ValueError("no such day")
            return {day: [n for at, n in rows if at == day] for day in days}

        @asset(key="sum", partitions=DAYS, reads={"part": "by_day"}, code_version="1")
        def total(part: Any) -> int:
            return sum(part)

        return rows, by_day, total


def test_one_call_makes_all_days_that_are_out_of_date() -> None:
    world = World()
    organism = memory_organism(world.assets())
    refreshed(organism, "by_day")
    assert world.calls == [ONE_TO_FOUR]
    assert value_of(organism, "by_day", "day=2026-01-02") == [2, 3]
    organism.clock.move(days=1)
    assert refreshed(organism, "by_day") == [("by_day", "made")]
    assert world.calls[1:] == [["2026-01-05"]]


def test_a_new_row_makes_what_is_behind_only_for_the_day_that_it_touches() -> None:
    world = World()
    organism = memory_organism(world.assets())
    refreshed(organism)
    world.rows.append(("2026-01-02", 10))
    steps = refreshed(organism)
    assert len(world.calls) == 2
    assert steps.count(("by_day", "made")) == 1 and steps.count(("by_day", "unchanged")) == 3
    assert steps.count(("sum", "made")) == 1 and ("sum", "unchanged") not in steps
    assert value_of(organism, "sum", "day=2026-01-02") == 15


def test_a_call_that_fails_fails_each_of_its_days_once() -> None:
    world = World()
    world.broken = {"2026-01-03"}
    organism = memory_organism(world.assets())
    assert refreshed(organism, "by_day") == [("by_day", "failed")] * 4
    assert len(world.calls) == 1
    assert refreshed(organism, "by_day", partition="day=2026-01-01..2026-01-02") == [("by_day", "made")] * 2
    assert world.calls[1:] == [ONE_TO_FOUR[:2]]


def test_what_is_read_by_partition_is_given_by_name_and_other_reads_once() -> None:
    seen: list[Any] = []

    @source(key="raw/rate")
    def rate() -> int:
        return 10

    @asset(key="n", partitions={"site": Static("a", "b"), "day": Daily("2026-01-03")}, code_version="1")
    def n(context: Any) -> str:
        return f"{context.partition['site']}{context.partition['day'][-1]}"

    @asset(
        key="all", partitions={"site": Static("a", "b"), "day": Daily("2026-01-03")}, backfill="one", code_version="1",
        reads={"parts": "n", "before": Upstream("n", day=-1), "rate": "raw/rate"},
    )  # fmt: skip
    def both(parts: Any, before: Any, rate: int) -> Any:
        seen.extend((parts, before, rate))
        return parts

    organism = memory_organism((rate, n, both))
    refreshed(organism)
    parts, before, given = seen
    assert parts == {
        ("a", "2026-01-03"): "a3",
        ("a", "2026-01-04"): "a4",
        ("b", "2026-01-03"): "b3",
        ("b", "2026-01-04"): "b4",
    }
    assert before == {
        ("a", "2026-01-03"): None, ("a", "2026-01-04"): "a3", ("b", "2026-01-03"): None, ("b", "2026-01-04"): "b3",
    }  # fmt: skip
    assert given == 10
    assert value_of(organism, "all", "day=2026-01-04;site=b") == "b4"


RETURNED = [
    ({"2026-01-03": 1}, "it returned nothing for 2026-01-04"),
    ({"2026-01-03": 1, "2026-01-04": 1, "2026-01-05": 1}, "it returned 2026-01-05 too"),
    (7, "it returned int"),
]


@pytest.mark.parametrize(("returned", "told"), RETURNED)
def test_a_call_returns_a_value_for_each_of_its_partitions(returned: Any, told: str) -> None:
    @asset(key="x", partitions={"day": Daily("2026-01-03")}, backfill="one", code_version="1")
    def wrong() -> Any:
        return returned

    organism = memory_organism((wrong,))
    refreshed(organism)
    attempts = {attempt.error for attempt in organism.ledger.attempts().values()}
    assert attempts == {f"x must return a dict with a value for each of context.partitions; {told}"}


def test_what_one_call_cannot_make_is_no_declaration() -> None:
    with pytest.raises(GraphError, match="is for one asset with partitions"):
        asset(key="x", backfill="one")(lambda: 1)
    with pytest.raises(GraphError, match="reads none of itself"):
        asset(key="x", partitions=DAYS, reads={"before": Upstream("x", day=-1)}, backfill="one")(lambda before: before)
    with pytest.raises(GraphError, match="backfill is 'all'; it is 'each' or 'one'"):
        asset(key="x", partitions=DAYS, backfill="all")(lambda: 1)  # type: ignore[call-overload]
    declared = asset(key="x", partitions=DAYS, backfill="one")(lambda: 1)
    with pytest.raises(GraphError, match="backfill='one' has no update"):
        declared.update(lambda previous: previous)


def test_a_day_that_turns_out_to_be_up_to_date_is_in_no_call() -> None:
    numbers, calls = {"n": 1}, []

    @source(key="raw/n")
    def n() -> int:
        return numbers["n"]

    @asset(key="half", reads={"n": "raw/n"}, code_version="1")
    def half(n: int) -> int:
        return n // 2

    @asset(key="x", partitions={"day": Daily("2026-01-03")}, reads={"n": "half"}, backfill="one", code_version="1")
    def x(n: int, context: Any) -> Any:
        calls.append([each["day"] for each in context.partitions])
        return dict.fromkeys(calls[-1], n)

    organism = memory_organism((n, half, x))
    refreshed(organism, "half, x", partition="day=2026-01-04")
    numbers["n"] = 0
    assert refreshed(organism) == [("half", "unchanged"), ("x", "made"), ("x", "skipped")]
    assert calls == [["2026-01-04"], ["2026-01-03"]]
