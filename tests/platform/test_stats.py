"""How runs went over a time: counted once, whoever asks, and not of the newest only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from causal_organism.deployments import INCREMENTAL, REFRESH
from causal_organism.documents.stats import StatsDocument
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import RequestError, StoreError
from causal_organism.platform.day_figures import HALF_HOURS, KEPT_S, LEAST_S, DayFigures
from causal_organism.platform.run_listing import load_runs
from causal_organism.platform.runs import load_run
from causal_organism.platform.stats import load_stats
from causal_organism.wording.run_filters import RunsAsked
from tests.platform.test_runs import Unconfigured, asked, carried_out, organism


def ran(o: Any, state: str = "Completed", *, took_s: float = 4.0, waited_s: float = 1.0, tries: int = 1) -> str:
    """A run of the deployment refresh, that began after a while."""
    run = asked(o)
    o.clock.move(seconds=waited_s)
    for attempt in range(tries):
        o.orchestrator.begin(run)
        o.clock.move(seconds=took_s / tries)
        o.orchestrator.end(run, state if attempt == tries - 1 else "Failed", "no way")
        if attempt < tries - 1:
            o.orchestrator.retry(run)
            o.clock.move(hours=2)
    return run


def figures(o: Any, **since: float) -> StatsDocument:
    return load_stats(o, since=o.now() - timedelta(**since))


def test_runs_are_counted_by_how_they_ended() -> None:
    o = organism()
    for state in ("Completed", "Completed", "Completed", "Failed", "Crashed", "Cancelled"):
        ran(o, state)
    asked(o)
    runs = figures(o, hours=1)["runs"]
    assert {name: runs[name] for name in ("total", "succeeded", "failed", "cancelled", "unfinished")} == {
        "total": 7, "succeeded": 3, "failed": 2, "cancelled": 1, "unfinished": 1,
    }  # fmt: skip
    assert (runs["success_rate"], runs["retried"], runs["retry_rate"]) == (0.6, 0, 0.0)
    assert runs["states"] == {"Cancelled": 1, "Completed": 3, "Crashed": 1, "Failed": 1, "Scheduled": 1}


def test_durations_are_of_runs_that_succeeded_without_what_lies_between_tries() -> None:
    o = organism()
    for took_s, waited_s in ((1.0, 10.0), (2.0, 20.0), (3.0, 60.0)):
        ran(o, took_s=took_s, waited_s=waited_s)
    ran(o, "Failed", took_s=1000.0, waited_s=20.0)
    ran(o, took_s=4.0, waited_s=20.0, tries=2)
    runs: Any = figures(o, hours=6)["runs"]
    assert (runs["p50_s"], runs["p95_s"], runs["queue_wait_p50_s"]) == (2.5, pytest.approx(3.85), 20.0)
    assert (runs["retried"], runs["retry_rate"]) == (1, 0.2)


def test_all_of_a_window_is_counted_and_nothing_before_it() -> None:
    o = organism()
    for _ in range(3):
        ran(o, "Failed")
    o.clock.move(days=2)
    for _ in range(450):
        ran(o)
    assert figures(o, days=1)["runs"]["total"] == 450
    assert figures(o, days=1)["runs"]["success_rate"] == 1.0
    assert figures(o, days=3)["runs"]["failed"] == 3


def test_figures_are_given_by_deployment_and_by_asset() -> None:
    o = organism()
    carried_out(o, asked(o, "broken, total"), "broken, total")
    o.orchestrator.begin(pulse := o.orchestrator.plan_run(INCREMENTAL.full_name, o.now()))
    o.orchestrator.end(pulse)
    refresh_local(o, Request("total", force=True), Origin("bo", "cli"))
    found = figures(o, hours=1)
    assert [(each["name"], each["total"], each["failed"]) for each in found["by_deployment"]] == [
        (INCREMENTAL.full_name, 1, 0), ("local", 1, 0), (REFRESH.full_name, 1, 1),
    ]  # fmt: skip
    assert [(each["key"], each["makes"], each["failed"]) for each in found["by_asset"]] == [
        ("broken", 1, 1), ("total", 2, 0),
    ]  # fmt: skip


def test_of_no_runs_nothing_is_known() -> None:
    o = organism()
    o.orchestrator = Unconfigured()
    runs = figures(o, days=7)["runs"]
    assert (runs["total"], runs["success_rate"], runs["p50_s"], runs["queue_wait_p50_s"]) == (0, None, None, None)


def listed(o: Any, **asked_for: Any) -> list[str]:
    return [row["id"] for row in load_runs(o, asked=RunsAsked(**asked_for))["runs"]]


def test_a_list_of_runs_holds_only_what_was_asked_for() -> None:
    o = organism()
    failed = ran(o, "Failed")
    o.clock.move(hours=3)
    good = asked(o)
    carried_out(o, good, "total")
    local = refresh_local(o, Request("total", force=True), Origin("bo", "cli"))["run"]
    o.clock.move(minutes=1)
    late = o.orchestrator.plan_run(INCREMENTAL.full_name, o.now())
    assert listed(o, states=("failed",)) == [failed]
    assert listed(o, states=("failed", "COMPLETED")) == [local, good, failed]
    assert listed(o, since=o.now() - timedelta(hours=1)) == [late, local, good]
    assert listed(o, deployment="incremental-updates") == [late]
    assert listed(o, deployment="local") == [local]
    assert listed(o, actor="bo") == [local]
    assert listed(o, asset="total") == [local, good]
    assert listed(o, asset="total", actor="ana", states=("completed",)) == [good]
    assert listed(o, asset="broken") == []


@pytest.mark.parametrize("wrong", [{"states": ("lost",)}, {"deployment": "nightly"}, {"asset": "totla"}])
def test_what_there_is_not_is_no_filter(wrong: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        listed(organism(), **wrong)


def test_a_row_says_why_it_failed_or_does_not_begin() -> None:
    o = organism()
    carried_out(o, asked(o, "broken, total"), "broken, total")
    crashed = ran(o, "Crashed")
    waiting = asked(o)
    cancelled = ran(o, "Cancelled")
    why = {row["id"]: row["why"] for row in load_runs(o)["runs"]}
    assert [reason for run, reason in why.items() if run not in (crashed, waiting, cancelled)] == [
        "broken failed: ValueError: no \x1b[31m way"
    ]
    assert (why[crashed], why[waiting]) == ("no way", None)


def test_a_run_tells_its_tries() -> None:
    o = organism()
    run = ran(o, took_s=4.0, tries=2)
    tries = load_run(o, run)["attempts"]
    assert [(each["try"], each["state"], each["duration_s"]) for each in tries] == [
        (1, "Failed", 2.0), (2, "Completed", 2.0),
    ]  # fmt: skip
    local = refresh_local(o, Request("total"), Origin("bo", "cli"))["run"]
    assert [(each["try"], each["state"]) for each in load_run(o, local)["attempts"]] == [(1, "Completed")]
    assert load_run(o, asked(o))["attempts"] == []


def test_figures_of_a_day_are_counted_once_a_minute_and_when_a_run_moved() -> None:
    o, ticks = organism(), [0.0]
    day = DayFigures(lambda: ticks[0])

    def total() -> int | None:
        found = day.load(o, load_runs(o)["runs"][:1])
        return None if found is None else found["total"]

    ran(o)
    assert total() == 1
    ran(o)
    assert total() == 1
    ticks[0] += LEAST_S
    assert total() == 2
    o.clock.move(days=2)
    assert total() == 2
    ticks[0] += KEPT_S
    assert total() == 0
    o.orchestrator = Broken()
    ticks[0] += KEPT_S
    assert day.load(o, ()) is None


class Broken:
    """A server that does not answer."""

    def history(self, *_: Any, **__: Any) -> Any:
        raise StoreError("no answer")


def test_a_day_is_told_for_each_deployment_half_hour_by_half_hour() -> None:
    o = organism()
    ran(o, took_s=2.0)
    o.clock.move(hours=3)
    ran(o, "Failed", took_s=4.0)
    ran(o, took_s=6.0)
    day = DayFigures().load(o, ())
    assert day is not None
    (deployment,) = day["deployments"]
    assert (deployment["name"], deployment["total"], deployment["failed"]) == ("refresh-assets/refresh", 3, 1)
    halves = deployment["half_hours"]
    assert len(halves) == HALF_HOURS
    assert [(at, each) for at, each in enumerate(halves) if each] == [
        (41, {"runs": 1, "failed": 0, "retried": 0, "took_s": 2.0}),
        (47, {"runs": 2, "failed": 1, "retried": 0, "took_s": 5.0}),
    ]
