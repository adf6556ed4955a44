"""The orchestrator, as a Prefect server and in memory: the same answers from both, and what only a server can show."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from causal_organism.deployments import FULL, INCREMENTAL, PIPELINES, REFRESH
from causal_organism.errors import NotRunningError, RefusedError, RequestError, StoreError
from causal_organism.ports import RunFilter
from causal_organism.settings import Settings
from causal_organism.stores.prefect.documents import to_queue
from causal_organism.stores.prefect.orchestrator import PrefectOrchestrator
from tests.stores.prefect_servers import set_state, setup_unscheduled
from tests.waiting import until

RUN_FIELDS = {"id", "flow", "deployment", "state", "trigger", "actor", "started_at", "duration_s", "tries"}
SCHEDULED = {INCREMENTAL.flow, FULL.flow}
QUEUE_FIELDS = {"pool", "name", "depth", "running", "limit", "paused", "late", "oldest_s"}


def test_a_second_setup_changes_nothing(orchestrator: Any) -> None:
    changed = orchestrator.setup()
    assert [each for each in PIPELINES if not any(each.full_name in line for line in changed)] == []
    assert orchestrator.missing() == ()
    assert orchestrator.setup() == ()
    assert len(orchestrator.schedules()) == 2


def test_no_setup_resumes_a_paused_schedule(orchestrator: Any) -> None:
    orchestrator.setup()
    assert orchestrator.set_schedule("incremental-updates", active=False) == 1
    orchestrator.setup()
    orchestrator.setup(reset=True)
    active = {each["deployment"]: each["active"] for each in orchestrator.schedules()}
    assert active == {INCREMENTAL.full_name: False, FULL.full_name: True}
    assert orchestrator.set_schedule(INCREMENTAL.full_name, active=True) == 1
    assert all(each["active"] for each in orchestrator.schedules())


def test_a_run_knows_who_asked_for_it_and_how(orchestrator: Any) -> None:
    setup_unscheduled(orchestrator)
    run = orchestrator.trigger(REFRESH.full_name, {"selection": "*", "actor": "ana"}, trigger="cli")
    row = orchestrator.run(run)
    assert RUN_FIELDS | {"tasks"} <= row.keys()
    assert (row["actor"], row["trigger"], row["state"]) == ("ana", "cli", "Scheduled")
    assert (row["flow"], row["deployment"], row["started_at"], row["tasks"]) == (
        REFRESH.flow, REFRESH.full_name, None, [],
    )  # fmt: skip
    assert [each["id"] for each in orchestrator.runs()] == [run]


def test_the_beginning_of_an_id_is_enough_where_it_is_unique(orchestrator: Any) -> None:
    orchestrator.setup()
    run = orchestrator.trigger("refresh", {"selection": "*"})
    assert orchestrator.run(run[:18])["id"] == run
    assert orchestrator.run("ffff-nothing") is None
    with pytest.raises(RequestError, match="at least 4"):
        orchestrator.run(run[:3])


def test_what_lies_between_two_tries_is_no_part_of_a_duration(
    prefect: PrefectOrchestrator, server: httpx.Client
) -> None:
    setup_unscheduled(prefect)
    run = prefect.trigger("refresh", {"selection": "*"})
    for name in ("Running", "Failed", "AwaitingRetry", "Running", "Completed"):
        set_state(server, run, name)
    rows = server.get("/flow_run_states/", params={"flow_run_id": run}).json()
    states = sorted((datetime.fromisoformat(row["timestamp"]), row["name"]) for row in rows)
    tries = [end - start for (start, name), (end, _) in pairwise(states) if name == "Running"]
    row = prefect.run(run)
    assert row is not None
    assert (row["tries"], row["elapsed_s"]) == (2, row["duration_s"])
    assert row["duration_s"] == pytest.approx(sum(each.total_seconds() for each in tries), abs=1e-3)
    assert row["started_at"] and row["ended_at"] and row["duration_s"]
    began, ended = map(datetime.fromisoformat, (row["started_at"], row["ended_at"]))
    assert row["duration_s"] < (ended - began).total_seconds()


def test_what_lies_before_the_first_try_is_no_part_of_a_duration(
    prefect: PrefectOrchestrator, server: httpx.Client
) -> None:
    setup_unscheduled(prefect)
    run = prefect.trigger("refresh", {"selection": "*"})
    set_state(server, run, "Cancelled")
    row = prefect.run(run)
    assert row is not None
    assert (row["started_at"], row["duration_s"], row["tries"]) == (None, None, 0)
    time.sleep(0.2)
    for name in ("AwaitingRetry", "Running", "Completed"):
        set_state(server, run, name)
    row, (only,) = prefect.run(run), prefect.tries(run)
    assert row is not None
    assert row["duration_s"] == pytest.approx(only["duration_s"], abs=1e-3)
    assert row["started_at"] and row["ended_at"] and row["duration_s"]
    began, ended = map(datetime.fromisoformat, (row["started_at"], row["ended_at"]))
    assert row["duration_s"] < (ended - began).total_seconds()


def test_every_try_of_a_run_is_told(prefect: PrefectOrchestrator, server: httpx.Client) -> None:
    setup_unscheduled(prefect)
    run = prefect.trigger("refresh", {"selection": "*"})
    assert prefect.tries(run) == ()
    for name in ("Running", "Failed", "AwaitingRetry", "Running"):
        set_state(server, run, name)
    first, second = prefect.tries(run)
    assert (first["try"], first["state"], second["try"], second["state"]) == (1, "Failed", 2, "Running")
    assert (second["ended_at"], second["duration_s"]) == (None, None)


def test_history_is_filtered_and_goes_on_page_by_page(orchestrator: Any) -> None:
    setup_unscheduled(orchestrator)
    runs = [orchestrator.trigger("refresh", {"selection": str(number)}) for number in range(5)]
    orchestrator.cancel(runs[1])
    newest = runs[::-1]

    def ids(**wanted: Any) -> list[str]:
        return [row["id"] for row in orchestrator.history(RunFilter(**wanted), page=2)]

    assert ids() == newest
    assert ids(types=frozenset({"CANCELLED"})) == [runs[1]]
    assert ids(types=frozenset({"CANCELLED"}), names=frozenset({"Scheduled"})) == newest
    assert ids(deployment=INCREMENTAL.full_name) == []
    assert ids(deployment=REFRESH.full_name, ids=(runs[2], runs[0])) == [runs[2], runs[0]]
    assert ids(ids=()) == []
    assert ids(since=datetime.now(UTC) + timedelta(minutes=1)) == []


def test_the_same_key_gives_the_same_run(orchestrator: Any) -> None:
    orchestrator.setup()
    first = orchestrator.trigger("refresh", {"selection": "*"}, idempotency="once")
    assert orchestrator.trigger("refresh", {"selection": "*"}, idempotency="once") == first
    assert orchestrator.trigger("refresh", {"selection": "*"}) != first


@pytest.mark.parametrize("parameters", [{"selection": "*", "selektion": "*"}, {}])
def test_wrong_parameters_are_refused_before_anything_runs(orchestrator: Any, parameters: dict[str, Any]) -> None:
    setup_unscheduled(orchestrator)
    with pytest.raises(RequestError):
        orchestrator.trigger("refresh", parameters)
    assert orchestrator.runs() == ()


def test_what_is_not_there_is_named(orchestrator: Any) -> None:
    with pytest.raises(RequestError, match="not deployed"):
        orchestrator.trigger("refresh", {"selection": "*"})
    orchestrator.setup()
    with pytest.raises(RequestError, match="no deployment 'other/thing'"):
        orchestrator.trigger("other/thing", {})
    with pytest.raises(RequestError, match="no queue 'nowhere'"):
        orchestrator.pause_queue("nowhere", paused=True)
    with pytest.raises(RequestError, match="no run"):
        orchestrator.cancel("00000000-0000-0000-0000-000000000000")


def test_a_run_that_waits_is_cancelled_at_once_and_only_once(orchestrator: Any) -> None:
    orchestrator.setup()
    run = orchestrator.trigger("refresh", {"selection": "*"})
    with pytest.raises(RefusedError):
        orchestrator.retry(run)
    assert not orchestrator.is_cancelled(run)
    orchestrator.cancel(run)
    assert orchestrator.run(run)["state"] == "Cancelled"
    assert orchestrator.is_cancelled(run)
    with pytest.raises(RefusedError):
        orchestrator.cancel(run)
    orchestrator.retry(run)
    assert orchestrator.run(run)["state"] == "AwaitingRetry"
    assert not orchestrator.is_cancelled(run)


def test_a_run_that_nobody_knows_is_not_cancelled(orchestrator: Any) -> None:
    assert not orchestrator.is_cancelled("00000000-0000-0000-0000-000000000000")


def test_depth_counts_what_waits(orchestrator: Any) -> None:
    setup_unscheduled(orchestrator)
    for _ in range(3):
        orchestrator.trigger("refresh", {"selection": "*"})
    rows = {each["name"]: each for each in orchestrator.queues()}
    assert list(rows) == ["default", "expensive"]
    assert all(each.keys() >= QUEUE_FIELDS for each in rows.values())
    assert (rows["default"]["depth"], rows["default"]["running"], rows["default"]["limit"]) == (3, 0, None)
    assert rows["default"]["oldest_s"] >= 0
    assert (rows["expensive"]["depth"], rows["expensive"]["oldest_s"]) == (0, None)


def test_a_queue_says_what_is_deployed_on_it_and_whether_a_worker_serves_it(
    prefect: PrefectOrchestrator, prefect_settings: Settings
) -> None:
    prefect.setup()
    assert until(lambda: all(each["served"] for each in prefect.queues()))  # the worker of the home asks for both
    rows = {each["name"]: each for each in prefect.queues()}
    assert rows["expensive"]["deployments"] == [FULL.full_name]
    assert rows["default"]["deployments"] == [INCREMENTAL.full_name, REFRESH.full_name]
    later = PrefectOrchestrator(prefect_settings, now=lambda: datetime.now(UTC) + timedelta(minutes=2))
    assert {each["served"] for each in later.queues()} == {False}  # nobody asked since
    later.close()


@pytest.mark.parametrize("hours", [2, -2])
def test_a_wrong_clock_of_this_machine_changes_nothing_of_what_is_said(
    prefect: PrefectOrchestrator, prefect_settings: Settings, hours: int
) -> None:
    prefect.setup()
    prefect.trigger("incremental-updates", {})
    assert until(lambda: prefect.health()["scheduling"] and all(each["served"] for each in prefect.queues()))
    wrong = PrefectOrchestrator(prefect_settings, clock=lambda: datetime.now(UTC) + timedelta(hours=hours))
    assert [each["served"] for each in wrong.queues()] == [True, True]
    assert wrong.health()["scheduling"]
    assert abs(wrong.clock() - datetime.now(UTC)) < timedelta(minutes=1)
    assert {each["id"] for each in wrong.runs()} >= {each["id"] for each in prefect.runs()} != set()
    assert all(each["late_s"] is None or each["late_s"] < 3600.0 for each in wrong.schedules())
    wrong.close()


def test_a_worker_that_ended_is_listed_no_more(orchestrator: Any) -> None:
    orchestrator.setup()
    if isinstance(orchestrator, PrefectOrchestrator):
        orchestrator._api.write("POST", "/work_pools/default/workers/heartbeat", {"name": "one more"})
    else:
        orchestrator.online["one more"] = True

    def online() -> bool:
        return "one more" in [each["name"] for each in orchestrator.workers() if each["online"]]

    assert online()
    orchestrator.forget_worker("default", "one more")
    orchestrator.forget_worker("default", "one more")
    assert not online()


def test_a_queue_that_is_new_is_not_known_to_have_no_worker() -> None:
    created = "2026-01-05T10:00:00+00:00"
    now = datetime.fromisoformat(created)
    queue = {"name": "q", "priority": 1, "created": created, "last_polled": None}
    pool = {"name": "p"}
    for seconds, served in ((30, None), (90, False)):
        at = now + timedelta(seconds=seconds)
        assert to_queue(pool, queue, [], at, deployments=(), workers=tuple)["served"] is served
    worker = {"created": (now + timedelta(seconds=80)).isoformat()}
    at = now + timedelta(seconds=90)
    assert to_queue(pool, queue, [], at, deployments=(), workers=lambda: [worker])["served"] is None


def test_a_limit_stays_until_it_is_reset(orchestrator: Any) -> None:
    orchestrator.setup()
    orchestrator.limit_queue("expensive", 2)
    orchestrator.setup()
    assert [each["limit"] for each in orchestrator.queues()] == [None, 2]
    assert orchestrator.setup(reset=True) == ("queue expensive: limit removed",)
    assert [each["limit"] for each in orchestrator.queues()] == [None, None]


def test_a_queue_is_paused_and_let_go(prefect: PrefectOrchestrator, server: httpx.Client) -> None:
    prefect.setup()
    server.patch("/work_pools/default", json={"is_paused": False}).raise_for_status()
    prefect.pause_queue("default/expensive", paused=True)
    prefect.setup(reset=True)
    assert [each["paused"] for each in prefect.queues()] == [False, True]
    prefect.pause_queue("expensive", paused=False)
    assert [each["paused"] for each in prefect.queues()] == [False, False]


def test_a_deployed_schedule_gets_its_runs(prefect: PrefectOrchestrator, prefect_settings: Settings) -> None:
    # The smoke test of the pins in pyproject: with a wrong SQLAlchemy the scheduler is dead and everything looks well.
    before_all = datetime.now(UTC) - timedelta(minutes=1)
    prefect.setup()
    assert until(lambda: prefect.health()["scheduling"])
    coming = until(lambda: [each for each in prefect.schedules() if each["next_at"]])
    assert {each["cron"] for each in coming} <= {"*/5 * * * *", "0 */6 * * *"}
    then = PrefectOrchestrator(prefect_settings, now=lambda: before_all)  # one of them may be due by now
    assert then.runs() == ()
    assert {each["trigger"] for each in then.runs(include_scheduled=True)} == {"schedule"}
    then.close()


def test_late_is_the_oldest_planned_run_that_never_began(
    prefect: PrefectOrchestrator, server: httpx.Client, prefect_settings: Settings
) -> None:
    prefect.setup()

    def planned() -> list[tuple[datetime, str]]:
        rows = prefect.runs(limit=200, include_scheduled=True)
        ours = [each for each in rows if each["flow"] == INCREMENTAL.flow and each["trigger"] == "schedule"]
        return sorted((datetime.fromisoformat(str(each["scheduled_at"])), each["id"]) for each in ours)

    first, second, *_ = until(lambda: rows if len(rows := planned()) > 2 else None)
    later = PrefectOrchestrator(prefect_settings, now=lambda: second[0] + timedelta(minutes=1))

    def pulse() -> dict[str, Any]:
        (found,) = (dict(each) for each in later.schedules() if each["deployment"] == INCREMENTAL.full_name)
        return found

    assert pulse()["late_s"] == (second[0] - first[0]).total_seconds() + 60
    for state in ("Running", "AwaitingRetry"):
        set_state(server, first[1], state)
    assert pulse()["late_s"] == 60
    set_at = datetime.fromisoformat(pulse()["changed_at"])
    prefect.set_schedule(INCREMENTAL.full_name, active=False)
    assert datetime.fromisoformat(pulse()["changed_at"]) > set_at
    later.close()


def test_one_run_does_the_work_of_all_that_are_due(
    prefect: PrefectOrchestrator, server: httpx.Client, prefect_settings: Settings
) -> None:
    prefect.setup()
    until(lambda: {each["flow"] for each in prefect.runs(include_scheduled=True)} >= SCHEDULED)
    asked = prefect.trigger("incremental-updates", {})
    other = prefect.trigger("incremental-updates", {})
    again = next(
        each["id"]
        for each in prefect.runs(include_scheduled=True)
        if each["flow"] == INCREMENTAL.flow and each["trigger"] == "schedule"
    )
    for state in ("Running", "AwaitingRetry"):
        set_state(server, again, state)
    tomorrow = PrefectOrchestrator(prefect_settings, now=lambda: datetime.now(UTC) + timedelta(days=1))
    planned = [each for each in tomorrow.runs(limit=200) if each["trigger"] == "schedule"]
    ours = [each["id"] for each in planned if each["flow"] == INCREMENTAL.flow and each["id"] != again]
    assert tomorrow.supersede(asked) >= len(ours) > 0  # more where the scheduler planned another one meanwhile
    after = {each["id"]: each["state"] for each in tomorrow.runs(limit=200)}
    assert {after[each] for each in ours} == {"Cancelled"}
    assert {after[each["id"]] for each in planned if each["flow"] == FULL.flow} == {"Scheduled"}
    assert (after[asked], after[other], after[again]) == ("Scheduled", "Scheduled", "AwaitingRetry")


def test_operators_changes_stay_and_code_wins(prefect: PrefectOrchestrator, server: httpx.Client) -> None:
    prefect.setup()
    row = server.get(f"/deployments/name/{INCREMENTAL.full_name}").json()
    schedule = row["schedules"][0]
    cron = {"schedule": {"cron": "*/10 * * * *", "timezone": "UTC"}}
    server.patch(f"/deployments/{row['id']}/schedules/{schedule['id']}", json=cron).raise_for_status()
    changed = {"tags": ["theirs"], "entrypoint": "old.place", "job_variables": {"env": {"THEIRS": "1"}}}
    server.patch(f"/deployments/{row['id']}", json=changed).raise_for_status()

    assert prefect.setup() == (f"deployment {INCREMENTAL.full_name} updated: entrypoint, job_variables, tags",)
    now = server.get(f"/deployments/name/{INCREMENTAL.full_name}").json()
    assert now["entrypoint"] == INCREMENTAL.entrypoint
    assert now["tags"] == ["theirs", "organism"]
    assert now["job_variables"]["env"]["THEIRS"] == "1"
    assert [each["schedule"]["cron"] for each in now["schedules"]] == ["*/10 * * * *"]
    assert prefect.setup(reset=True) == (f"schedule every-5-minutes of {INCREMENTAL.full_name} set to */5 * * * *",)
    assert prefect.setup(reset=True) == ()


def test_logs_come_in_order_and_go_on_from_a_moment(prefect: PrefectOrchestrator, server: httpx.Client) -> None:
    prefect.setup()
    run = prefect.trigger("refresh", {"selection": "*"})
    stamps = [f"2026-01-01T00:00:{second:02}+00:00" for second in range(3)]
    lines = [
        {"name": "n", "level": 40, "message": f"line {at} [red]\x1b[31m", "timestamp": stamp, "flow_run_id": run}
        for at, stamp in enumerate(stamps)
    ]
    server.post("/logs/", json=lines).raise_for_status()
    found = prefect.logs(run)
    assert [each["message"] for each in found] == [line["message"] for line in lines]
    assert {(each["level"], each["task"]) for each in found} == {("error", None)}
    assert [each["timestamp"] for each in prefect.logs(run, after=stamps[1])] == stamps[1:]
    assert [each["timestamp"] for each in prefect.logs(run, limit=2)] == stamps[:2]


def test_an_unreachable_server_is_a_store_error() -> None:
    orchestrator = PrefectOrchestrator(Settings(home=Path("/nowhere"), prefect_api_url="http://127.0.0.1:9/api"))
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9/api cannot be reached"):
        orchestrator.trigger("refresh", {"selection": "*"})


def test_without_a_server_the_variable_is_named() -> None:
    with pytest.raises(NotRunningError, match="PREFECT_API_URL"):
        PrefectOrchestrator(Settings(home=Path("/nowhere"))).runs()


def test_wrong_credentials_are_said_to_be_that(prefect_settings: Settings) -> None:
    wrong = Settings(prefect_api_url=prefect_settings.prefect_api_url, prefect_auth="organism:wrong")
    with pytest.raises(StoreError, match="refuses our credentials"):
        PrefectOrchestrator(wrong).runs()
