"""Windows of time: where they end, the one that is going on, hours of a clock, and moments of a cron expression."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.cron import parse_cron
from causal_organism.assets.partitions.cron_windows import CronWindows
from causal_organism.assets.partitions.dimensions import check_dimensions
from causal_organism.assets.partitions.time_texts import one_of, time_of
from causal_organism.assets.partitions.windows import Daily, Hourly, Monthly, Weekly, Windows
from causal_organism.errors import GraphError
from tests.assets.dimensions import NOON

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("windows", "names"),
    [
        (Daily("2026-01-02", end="2026-01-03"), ("2026-01-02", "2026-01-03")),
        (Daily("2026-01-03", end="2026-02-01"), ("2026-01-03", "2026-01-04")),
        (Daily("2026-01-04", open=True), ("2026-01-04", "2026-01-05")),
        (Daily("2026-01-04", end="2026-01-04", open=True), ("2026-01-04",)),
        (Weekly("2026-W01", open=True), ("2026-W01", "2026-W02")),
        (Monthly("2025-11", end="2025-11"), ("2025-11",)),
        (Weekly("2025-12-20", end="2025-12-23"), ("2025-W51", "2025-W52")),
        (Hourly("2026-01-03T22", end="2026-01-03"), ("2026-01-03T22", "2026-01-03T23")),
        (Hourly("2026-01-03T22", end="2026-01-03T22"), ("2026-01-03T22",)),
        (Daily("2026-01-06", open=True), ()),
        (CronWindows("2026-01-01", cron="0 9 * * 1-5"), ("2026-01-01T09:00", "2026-01-02T09:00")),
        (CronWindows("2026-01-02", cron="0 9 * * 1-5", open=True), ("2026-01-02T09:00", "2026-01-05T09:00")),
        (CronWindows("2026-01-01", cron="0 9 * * *", end="2026-01-02"), ("2026-01-01T09:00", "2026-01-02T09:00")),
        (CronWindows("2026-01-05T11:00", cron="*/30 * * * *", open=True), ("2026-01-05T11:00", "2026-01-05T11:30",
                                                                          "2026-01-05T12:00")),
    ],
)  # fmt: skip
def test_windows_end_where_they_are_said_to_and_may_count_while_they_go_on(
    windows: Windows, names: tuple[str, ...]
) -> None:
    assert windows.names(NOON) == names


def test_an_end_before_the_start_is_a_mistake() -> None:
    with pytest.raises(GraphError, match="day ends with 2026-01-01, before its start, 2026-01-02"):
        check_dimensions({"day": Daily("2026-01-02", end="2026-01-01")}, "a.py, line 1")


def test_the_hour_that_comes_twice_has_two_names() -> None:
    names = Hourly("2026-10-25", timezone=BERLIN).names(datetime(2026, 10, 25, 3, tzinfo=UTC))
    assert names == ("2026-10-25T00", "2026-10-25T01", "2026-10-25T02", "2026-10-25T02+01:00", "2026-10-25T03")
    assert list(names) == sorted(names)
    assert Hourly("2026-10-25T02+02:00", timezone=BERLIN).start == "2026-10-25T02"


@pytest.mark.parametrize(("day", "count"), [("2026-03-29", 23), ("2026-06-01", 24), ("2026-10-25", 25)])
def test_a_day_has_as_many_hours_as_clocks_show(day: str, count: int) -> None:
    hours, days = Hourly("2026-01-01", timezone=BERLIN), Daily("2026-01-01", timezone=BERLIN)
    found = hours.within(days, day)
    assert (len(found), found[0], found[-1]) == (count, f"{day}T00", f"{day}T23")
    assert {days.holding(hours, each) for each in found} == {day}


ZONES = ["UTC", BERLIN, "America/Havana", "America/Sao_Paulo", "Pacific/Auckland", "Asia/Kolkata", "Asia/Kathmandu"]


@given(st.sampled_from(ZONES), st.dates(date(1991, 1, 1), date(2030, 1, 1)))
def test_the_hours_of_a_day_are_those_that_its_clock_shows(zone: str, day: date) -> None:
    """Against a walk over the day by minutes."""
    hours, days = Hourly("1990-06-01", timezone=zone), Daily("1990-06-01", timezone=zone)
    begin, end = (days.begins(days.number(day.isoformat()) + by) for by in (0, 1))
    shown = []
    for minutes in range(int((end - begin).total_seconds() // 60)):
        local = (begin + timedelta(minutes=minutes)).astimezone(ZoneInfo(zone))
        if (local.hour, local.fold) not in shown:
            shown.append((local.hour, local.fold))
    names = hours.within(days, day.isoformat())
    assert [(int(name[11:13]), int("+" in name or "-" in name[11:])) for name in names] == shown
    assert [hours.name(hours.number(name)) for name in names] == list(names)
    assert list(names) == sorted(names)


CRONS = ["0 9 * * 1-5", "30 */6 * * *", "15 2 * * *", "0 0 1 * *", "0 2,3 * 3,10 0"]


@given(st.sampled_from(CRONS), st.sampled_from(["UTC", BERLIN]), st.integers(0, 200 * 24 * 60))
def test_a_moment_lies_in_the_cron_window_that_began_last(cron: str, zone: str, minutes: int) -> None:
    windows, parsed = CronWindows("2026-02-01", cron=cron, timezone=zone), parse_cron(cron, zone)
    moment = windows.begins(0) + timedelta(minutes=minutes)
    number = windows.at(moment)
    assert windows.begins(number) == parsed.previous(moment)
    assert windows.begins(number + 1) == parsed.next(moment)
    assert windows.number(windows.name(number)) == number
    assert windows.at(windows.begins(0) - timedelta(minutes=1)) == -1


def test_a_time_of_the_dimension_s_own_kind_is_in_its_own_zone() -> None:
    hours = Hourly("2026-10-01", timezone=BERLIN)
    assert time_of("2026-10-25T02+01:00", hours)[0] == datetime(2026, 10, 25, 1, tzinfo=UTC)
    shifts = CronWindows("2026-10-01", cron="0 6,18 * * *", timezone=BERLIN)
    assert one_of("2026-10-25T06:00", shifts) == "2026-10-25T06:00"
    assert time_of("2026-10-25T06:00", shifts)[1] == datetime(2026, 10, 25, 17, tzinfo=UTC)
