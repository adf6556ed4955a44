"""Faults of runs, assets and the stream, from documents as they are."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.alerts.faults import FaultKind
from causal_organism.alerts.of_servers import late_queues, silent_workers
from causal_organism.alerts.of_work import asset_faults, calibration_faults, failed_runs, network_fault, stream_faults

PULSE = "incremental-update-pipeline/incremental-updates"


def run(state: str, *, of: str | None = PULSE, tries: int = 1, **more: Any) -> Any:
    row: dict[str, Any] = {
        "id": "r1",
        "deployment": of,
        "state_type": state,
        "tries": tries,
        "message": "no",
        "parameters": {},
    }
    return {**row, **more}


def asset(key: str = "views/degree", **more: Any) -> Any:
    row: dict[str, Any] = {
        "key": key,
        "attempt": None,
        "checks": [],
        "freshness": None,
        "blocked_by": [],
        "failed_upstream": [],
    }
    return {**row, **more}


def stream(**more: Any) -> Any:
    return {"length": 9, "lag": 0, "lag_s": 0.0, "dead_letters": 0, "gap": None, **more}


def test_only_the_newest_run_of_a_deployment_that_ended_counts() -> None:
    assert failed_runs([run("COMPLETED"), run("FAILED")], {}) == ()
    (fault,) = failed_runs([run("RUNNING"), run("CANCELLED"), run("FAILED", tries=2), run("COMPLETED")], {})
    assert (fault.kind, fault.subject) == (FaultKind.RUN_FAILED, PULSE)
    assert fault.text == f"{PULSE} failed again on retry: no"
    assert failed_runs([run("CRASHED")], {})[0].text == f"{PULSE} crashed: no"


def test_runs_of_different_selections_are_different_work() -> None:
    rows = [run("FAILED", of="refresh-assets/refresh", parameters={"selection": each}) for each in ("a", "b")]
    assert [each.subject for each in failed_runs(rows, {})] == ["refresh-assets/refresh a", "refresh-assets/refresh b"]


def test_a_run_in_which_an_asset_failed_is_explained_by_it() -> None:
    (fault,) = failed_runs([run("FAILED")], {"r1": "views/degree"})
    assert fault.cause == "asset-failed/views/degree"


def test_an_asset_is_one_fault_in_all_runs_and_names_what_it_blocks() -> None:
    attempt = {"outcome": "failed", "error": "boom", "at": "2026-01-05T12:00:00+00:00", "run": "r1"}
    behind = asset("views/teams", failed_upstream=[{"key": "views/degree"}])
    (fault,) = asset_faults([asset(attempt=attempt), behind])
    assert (fault.key, fault.run) == ("asset-failed/views/degree", "r1")
    assert fault.text == "views/degree failed: boom; blocked behind it: views/teams"
    (rejected,) = asset_faults([asset(attempt={**attempt, "outcome": "rejected"})])
    assert rejected.kind is FaultKind.ASSET_REJECTED


def test_checks_that_warn_and_assets_that_are_late_are_warnings() -> None:
    checks = [
        {"name": "rows", "passed": False, "blocking": False},
        {"name": "nulls", "passed": True, "blocking": False},
    ]
    late = {"state": "late", "deadline": "2026-01-05T12:00:00+00:00", "late_by_s": 3600.0}
    found = asset_faults([asset(checks=checks, freshness=late)])
    assert [(each.kind, each.severity) for each in found] == [
        (FaultKind.CHECK_FAILED, "warning"),
        (FaultKind.ASSET_LATE, "warning"),
    ]
    assert found[1].text == "views/degree is late by 1h00m"


@pytest.mark.parametrize(
    ("document", "before", "kinds"),
    [
        (stream(), 0, []),
        (stream(lag=5, lag_s=899.0), 0, []),
        (stream(lag=5, lag_s=901.0), 0, [FaultKind.STREAM_LAG]),
        (stream(dead_letters=3), None, []),  # never counted before
        (stream(dead_letters=3), 3, []),
        (stream(dead_letters=4), 3, [FaultKind.DEAD_LETTERS]),
        (stream(gap={"after": "1-0", "before": "9-0", "missing": None, "reread_at": None}), 0, [FaultKind.GAP]),
        (stream(gap={"after": "1-0", "before": "9-0", "missing": 4, "reread_at": "2026-01-05"}), 0, []),
    ],
)
def test_lag_growing_dead_letters_and_gaps_are_faults(
    document: Any, before: int | None, kinds: list[FaultKind]
) -> None:
    assert [each.kind for each in stream_faults(document, name="s", letters_before=before)] == kinds


def test_a_network_that_was_made_again_is_no_fault() -> None:
    audit: Any = {"batch": 7, "same": False, "repaired": True}
    assert network_fault(audit) is network_fault(None) is None
    fault = network_fault(audit | {"repaired": False})
    assert fault is not None
    assert fault.kind is FaultKind.NETWORK_DIFFERS


def test_a_worker_that_was_heard_lately_is_missed_and_one_of_long_ago_is_not() -> None:
    workers: Any = [
        {"pool": "default", "name": each, "online": False, "last_heartbeat": "12:00"} for each in ("a", "b")
    ]
    assert [each.subject for each in silent_workers(workers, recent=("a",))] == ["default/a"]


def test_a_queue_that_waits_for_ten_minutes_is_late_unless_it_is_paused() -> None:
    queue: Any = {"pool": "default", "name": "expensive", "paused": False, "depth": 2, "oldest_s": 601.0}
    assert late_queues([queue])[0].cause == "queue-without-worker/default/expensive"
    others: Any = [{**queue, "paused": True}, {**queue, "oldest_s": 599.0}, {**queue, "oldest_s": None}]
    assert late_queues(others) == ()


def test_a_type_that_is_suspended_is_a_fault_and_an_alarm_alone_is_none() -> None:
    found = {"measured": 5, "slope": 0.2, "alarms": 2, "suspended": True}
    types = {"reduce_meetings": found, "pair_up": found | {"alarms": 1, "suspended": False}}
    (fault,) = calibration_faults({"types": types})
    assert (fault.key, fault.severity) == ("calibration/reduce_meetings", "warning")
    assert fault.text.startswith(
        "what is expected of reduce_meetings is not what comes of it: 2 of 5 that were measured"
    )


@pytest.mark.parametrize("results", [{"types": {}}, {}, [], "nothing", None])
def test_results_without_types_are_no_fault(results: Any) -> None:
    assert calibration_faults(results) == ()
