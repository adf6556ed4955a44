"""On time, late or unknown; and the worst of what is known of an asset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.definitions import Check, asset, source
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.documents.assets import FreshnessDocument
from causal_organism.engine.freshness import freshness_text
from causal_organism.engine.history.listing import assets_document, show_document
from causal_organism.errors import GraphError
from tests.engine.organisms import START, memory_organism, refreshed

# START is Monday, 2026-01-05 12:00 UTC


def world(**options: Any) -> Any:
    """A source to edit, `report` with these options, and `behind`."""
    values: dict[str, Any] = {"rows": [1, 2], "fails": False}

    @source
    def rows() -> Any:
        return values["rows"]

    @asset(code_version="1", **options)
    def report(rows: Any) -> Any:
        if values["fails"]:
            raise ValueError("no way")
        return sum(rows)

    @asset(code_version="1")
    def behind(report: Any) -> Any:
        return report

    organism = memory_organism((rows, report, behind))
    organism.edit = values
    return organism


def row(organism: Any, key: str = "report") -> Any:
    return next(each for each in assets_document(organism)["assets"] if each["key"] == key)


def freshness(organism: Any, key: str = "report") -> tuple[str, str | None, float | None]:
    found = row(organism, key)["freshness"]
    return found["state"], found["deadline"], found["late_by_s"]


def moment(day: int, hour: int) -> str:
    return datetime(2026, 1, day, hour, tzinfo=UTC).isoformat()


def test_an_asset_that_promises_nothing_has_no_freshness() -> None:
    organism = world()
    assert row(organism)["freshness"] is None
    refreshed(organism)
    assert row(organism)["freshness"] is None


def test_what_was_never_made_is_unknown() -> None:
    assert freshness(world(max_age="6h")) == ("unknown", None, None)
    assert freshness(world(due="0 8 * * *")) == ("unknown", None, None)


def test_an_asset_is_late_when_it_grew_older_than_its_greatest_age() -> None:
    organism = world(max_age="6h")
    refreshed(organism)
    organism.clock.move(hours=6)
    assert freshness(organism) == ("on-time", moment(5, 18), None)
    organism.clock.move(seconds=90)
    assert freshness(organism) == ("late", moment(5, 18), 90.0)


def test_a_make_that_came_out_the_same_is_in_time_too() -> None:
    organism = world(max_age="6h")
    refreshed(organism)
    organism.clock.move(hours=7)
    assert refreshed(organism, "report") == [("report", "unchanged")]
    assert freshness(organism)[0] == "on-time"


def test_after_every_cron_moment_it_is_late_until_it_is_made() -> None:
    organism = world(due="0 8 * * *")
    refreshed(organism)  # Monday noon
    organism.clock.move(hours=20)
    assert freshness(organism) == ("on-time", moment(6, 8), None)
    organism.clock.move(hours=2)
    assert freshness(organism) == ("late", moment(6, 8), 2 * 3600.0)
    organism.clock.move(days=1)
    assert freshness(organism) == ("late", moment(6, 8), 26 * 3600.0)
    refreshed(organism, "report", force=True)
    assert freshness(organism) == ("on-time", moment(8, 8), None)
    organism.clock.move(hours=21, minutes=30)
    refreshed(organism, "report", force=True)  # half an hour before: it is due again all the same
    assert freshness(organism) == ("on-time", moment(8, 8), None)


def test_cron_deadlines_are_in_their_time_zone_and_skip_weekends() -> None:
    organism = world(due="0 8 * * 1-5", timezone="Europe/Berlin")
    organism.clock.move(days=4)  # Friday noon
    refreshed(organism)
    organism.clock.move(days=2)  # Sunday
    assert freshness(organism) == ("on-time", moment(12, 7), None)
    organism.clock.move(hours=20)  # Monday 8:00 UTC
    assert freshness(organism)[2] == 3600.0


def test_of_two_deadlines_the_earlier_counts() -> None:
    organism = world(due="0 8 * * *", max_age="3h")
    refreshed(organism)
    assert freshness(organism) == ("on-time", moment(5, 15), None)


def test_a_source_counts_from_its_last_new_content() -> None:
    @source(max_age="1h")
    def rows() -> Any:
        return content[0]

    content = ["a"]
    organism = memory_organism((rows, asset(code_version="1")(_length)))
    refreshed(organism)
    organism.clock.move(hours=2)
    refreshed(organism)
    assert freshness(organism, "rows") == ("late", moment(5, 13), 3600.0)
    content[0] = "b"
    refreshed(organism)
    assert freshness(organism, "rows")[0] == "on-time"


def _length(rows: Any) -> int:
    return len(rows)


def test_a_due_that_is_no_cron_expression_is_a_mistake_in_the_graph() -> None:
    with pytest.raises(GraphError, match=r"report .*8 o'clock"):
        world(due="8 o'clock")


def health(organism: Any, key: str = "report") -> tuple[str, list[str]]:
    found = row(organism, key)
    return found["health"], found["health_reasons"]


def test_health_is_the_worst_of_last_make_checks_and_freshness() -> None:
    organism = world(max_age="6h", checks=())
    assert health(organism) == ("unknown", ["it was never made"])
    refreshed(organism)
    assert health(organism) == ("ok", [])
    organism.clock.move(hours=8)
    assert health(organism) == ("warning", ["late by 2h00m"])
    organism.edit["fails"] = True
    refreshed(organism)
    assert health(organism) == ("bad", ["the last try failed: ValueError: no way", "late by 2h00m"])
    assert health(organism, "behind") == ("ok", [])


def test_a_first_make_that_fails_is_bad_and_not_unknown() -> None:
    organism = world()
    organism.edit["fails"] = True
    refreshed(organism)
    assert health(organism) == ("bad", ["the last try failed: ValueError: no way"])


def test_failed_checks_are_a_warning_or_bad_where_they_block() -> None:
    @source
    def rows() -> Any:
        return content[0]

    @asset(code_version="1")
    def total(rows: Any) -> Any:
        return sum(rows)

    @total.check(name="positive", blocking=False)
    def _(value: Any) -> Any:
        return value > 0, f"total {value}"

    @total.check(name="small")
    def _(value: Any) -> Any:
        return value < 100, f"total {value}"

    content = [[-1]]
    organism = memory_organism((rows, total))
    refreshed(organism)
    assert health(organism, "total") == ("warning", ["check positive: total -1"])
    content[0] = [100]
    refreshed(organism)
    assert health(organism, "total") == (
        "bad",
        ["the last try was rejected: small: total 100", "check positive: total -1"],
    )


def test_damaged_content_is_bad() -> None:
    organism = world()
    refreshed(organism)
    organism.values._bodies.clear()
    assert health(organism) == ("bad", ["its content is damaged"])


def test_one_asset_is_shown_with_its_promise() -> None:
    organism = world(due="0 8 * * *", timezone="UTC", max_age="3h")
    refreshed(organism)
    document = show_document(organism, "report")
    assert (document["due"], document["timezone"], document["max_age_s"]) == ("0 8 * * *", "UTC", 3 * 3600)
    assert document["health"] == "ok"


def sited(**options: Any) -> Any:
    """An asset of three sites, each made by itself."""

    @source
    def rows() -> Any:
        return 1

    @asset(code_version="1", partitions={"site": Static("north", "south", "west")}, **options)
    def report(rows: Any, context: Any) -> Any:
        return f"{context.partition['site']} {rows}"

    return memory_organism((rows, report))


def test_an_asset_with_partitions_is_as_late_as_the_first_of_them() -> None:
    organism = sited(max_age="6h")
    for name in ("north", "south", "west"):
        refreshed(organism, "report", partition=f"site={name}")
        organism.clock.move(hours=1)
    assert freshness(organism) == ("on-time", moment(5, 20), None)
    organism.clock.move(hours=5)
    assert freshness(organism) == ("late", moment(5, 18), 2 * 3600.0)
    refreshed(organism, "report", partition="site=north")
    assert freshness(organism) == ("late", moment(5, 19), 3600.0)


def test_failed_checks_of_every_partition_are_named() -> None:
    wrong = Check(name="east", run=lambda value: (not value.startswith("west"), "it is west"), blocking=False)
    organism = sited(checks=(wrong,))
    refreshed(organism)
    assert health(organism) == ("warning", ["check east of report[site=west]: it is west"])


def test_many_reasons_are_cut_short() -> None:
    checks = tuple(Check(name=f"no {at:02}", run=lambda value: False, blocking=False) for at in range(12))
    organism = world(checks=checks)
    refreshed(organism)
    state, reasons = health(organism)
    assert (state, len(reasons), reasons[-1]) == ("warning", 11, "and 2 more")


@given(
    steps=st.lists(st.integers(1, 4000), min_size=1, max_size=4),
    made=st.integers(0, 3),
    options=st.sampled_from(
        [
            {"max_age": "6h"},
            {"due": "0 8 * * *"},
            {"due": "30 */4 * * 1-5", "timezone": "Europe/Berlin"},
            {"due": "0 8 * * *", "max_age": "30h"},
        ]
    ),
)
def test_an_asset_is_late_exactly_when_it_is_too_old(steps: list[int], made: int, options: dict[str, Any]) -> None:
    organism = world(**options)
    refreshed(organism)
    for at, minutes in enumerate(steps):
        organism.clock.move(minutes=minutes, seconds=1)
        if at == made:
            refreshed(organism, "report")
        found = row(organism)
        too_old = any(cause["kind"] == "too-old" for cause in found["causes"])
        assert (found["freshness"]["state"] == "late") == too_old


def test_freshness_in_words() -> None:
    deadline = (START + timedelta(hours=1)).isoformat()
    late: FreshnessDocument = {"state": "late", "deadline": deadline, "late_by_s": 7800.0}
    assert freshness_text(None) == "-"
    assert freshness_text({"state": "unknown", "deadline": None, "late_by_s": None}) == "unknown: it was never made"
    assert freshness_text({"state": "on-time", "deadline": deadline, "late_by_s": None}) == (
        "on time until 2026-01-05 13:00+00:00"
    )
    assert freshness_text(late) == "late by 2h10m"
