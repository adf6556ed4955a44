"""The orchestrator, as a Prefect server and in memory: the same answers from both, and what only a server can show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from causal_organism.deployments import FULL, INCREMENTAL, PIPELINES, REFRESH, ZOMBIE_AUTOMATION
from causal_organism.errors import NotRunningError, RefusedError, RequestError, StoreError
from causal_organism.settings import Settings
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from causal_organism.stores.prefect.orchestrator import PrefectOrchestrator
from tests.waiting import PATIENCE_S, until

RUN_FIELDS = {"id", "flow", "deployment", "state", "trigger", "actor", "started_at", "duration_s", "tries"}
SCHEDULED = {INCREMENTAL.flow, FULL.flow}
QUEUE_FIELDS = {"pool", "name", "depth", "running", "limit", "paused", "late", "oldest_s"}


def client(settings: Settings) -> httpx.Client:
    user, _, password = (settings.prefect_auth or "").partition(":")
    return httpx.Client(base_url=settings.need("prefect_api_url"), auth=(user, password), timeout=PATIENCE_S)


@pytest.fixture(scope="session")
def prefect_settings(embedded_home: Any) -> Settings:
    settings: Settings = embedded_home.start("orchestrator")
    return settings


@pytest.fixture
def server(prefect_settings: Settings) -> Iterator[httpx.Client]:
    """A Prefect server without anything of ours, whose pool gives no run to its worker."""
    with client(prefect_settings) as api:
        clear(api)
        api.patch("/work_pools/default", json={"is_paused": True}).raise_for_status()
        yield api
        clear(api)
        api.patch("/work_pools/default", json={"is_paused": False})


def clear(api: httpx.Client) -> None:
    named = {"flows": {"name": {"any_": [each.flow for each in PIPELINES]}}}
    for row in api.post("/deployments/filter", json=named).json():
        api.delete(f"/deployments/{row['id']}")
    for row in api.post("/flow_runs/filter", json=named).json():
        api.delete(f"/flow_runs/{row['id']}")
    for row in api.post("/automations/filter", json={}).json():
        api.delete(f"/automations/{row['id']}")
    api.delete("/work_pools/default/queues/expensive")


@pytest.fixture
def prefect(server: httpx.Client, prefect_settings: Settings) -> Iterator[PrefectOrchestrator]:
    orchestrator = PrefectOrchestrator(prefect_settings)
    yield orchestrator
    orchestrator.close()


@pytest.fixture(params=["memory", "prefect"])
def orchestrator(request: pytest.FixtureRequest) -> Any:
    return MemoryOrchestrator() if request.param == "memory" else request.getfixturevalue("prefect")


def set_state(api: httpx.Client, run: str, name: str) -> None:
    """As a worker would, without asking the rules."""
    types = {"AwaitingRetry": "SCHEDULED"}
    state = {"type": types.get(name, name.upper()), "name": name}
    api.post(f"/flow_runs/{run}/set_state", json={"state": state, "force": True}).raise_for_status()


def setup_unscheduled(orchestrator: Any) -> None:
    """With no schedule whose run may fall due in the middle of a test."""
    orchestrator.setup()
    for each in orchestrator.schedules():
        orchestrator.set_schedule(each["deployment"], active=False)


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


def test_a_slot_that_no_run_holds_is_freed(prefect: PrefectOrchestrator, server: httpx.Client) -> None:
    prefect.setup()
    limit = server.get(f"/deployments/name/{FULL.full_name}").json()["global_concurrency_limit"]
    assert limit["limit"] == 1
    server.patch(f"/v2/concurrency_limits/{limit['id']}", json={"active_slots": 1}).raise_for_status()
    waiting = prefect.trigger("full-analysis", {})
    for state in ("Running", "AwaitingRetry"):
        set_state(server, waiting, state)
        assert prefect.missing() == ()
    set_state(server, waiting, "Cancelled")
    server.patch(f"/v2/concurrency_limits/{limit['id']}", json={"active_slots": 1}).raise_for_status()
    assert prefect.missing() == (f"deployment {FULL.full_name}: a slot that no run held was freed",)
    prefect.setup()
    assert prefect.missing() == ()


def test_a_run_whose_worker_died_before_it_began_gives_its_slot_back(
    prefect: PrefectOrchestrator, server: httpx.Client, prefect_settings: Settings
) -> None:
    prefect.setup()
    run = prefect.trigger("full-analysis", {})
    pending = {"state": {"type": "PENDING", "name": "Pending"}}
    assert server.post(f"/flow_runs/{run}/set_state", json=pending).json()["status"] == "ACCEPT"
    path = f"/deployments/name/{FULL.full_name}"
    assert server.get(path).json()["global_concurrency_limit"]["active_slots"] == 1
    assert prefect.setup() == ()
    later = PrefectOrchestrator(prefect_settings, now=lambda: datetime.now(UTC) + timedelta(minutes=11))
    assert later.setup() == (f"run {run} never began: set to Crashed",)
    assert prefect.run(run)["state"] == "Crashed"  # type: ignore[index]
    assert server.get(path).json()["global_concurrency_limit"]["active_slots"] == 0


def test_the_automation_for_dead_runs_looks_at_ours_only(prefect: PrefectOrchestrator, server: httpx.Client) -> None:
    prefect.setup()
    (automation,) = server.post("/automations/filter", json={}).json()
    assert automation["name"] == ZOMBIE_AUTOMATION
    assert automation["trigger"]["match_related"]["prefect.resource.id"] == "prefect.tag.organism"
    assert (automation["trigger"]["posture"], automation["trigger"]["within"]) == ("Proactive", 90.0)


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
