"""Runs through the deployments and a real worker: what Prefect shows is what the ledger says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from causal_organism.assets.keys import label_of, partition_text
from causal_organism.deployments import INCREMENTAL, REFRESH
from causal_organism.documents.stats import RunDocument
from causal_organism.engine.contents import load_value
from causal_organism.platform.run_listing import load_runs
from causal_organism.platform.runs import cancel_run, load_logs, load_run, retry_run
from causal_organism.wiring import OpenOrganism
from tests.flows.conftest import assert_tasks, ended, tasks_of
from tests.waiting import PATIENCE_S, equal, until


def refresh(organism: OpenOrganism, selection: str) -> str:
    parameters = {"selection": selection, "actor": "ana"}
    return organism.orchestrator.trigger(REFRESH.full_name, parameters, trigger="cli")


def told(organism: OpenOrganism, run: str, text: str) -> dict[str, Any]:
    """The first line of the run's log with this text, once it is there: lines arrive late."""

    def look() -> dict[str, Any] | None:
        return next((dict(each) for each in load_logs(organism, run) if text in each["message"]), None)

    return until(look, text)


def api_of(organism: OpenOrganism) -> httpx.Client:
    user, _, password = (organism.settings.prefect_auth or "").partition(":")
    return httpx.Client(base_url=organism.settings.need("prefect_api_url"), auth=(user, password), timeout=PATIENCE_S)


def events_of(api: httpx.Client, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.post("/events/filter", json={"filter": wanted}).json()["events"]
    return found


@pytest.fixture(scope="module")
def good(deployed: OpenOrganism) -> RunDocument:
    assert ("flows/total", "") not in deployed.ledger.heads(), "another file made it: what it makes should be its own"
    run = refresh(deployed, "flows/total or flows/flaky or flows/other or flows/behind")
    return ended(deployed, run)


def test_every_asset_is_one_task_named_by_its_key_and_a_store_that_broke_off_is_asked_again(
    deployed: OpenOrganism, good: RunDocument
) -> None:
    assert good["state"] == "Completed"
    tries = {"flows/total": 1, "flows/flaky": 3, "flows/other": 1, "flows/behind": 1}
    assert_tasks(deployed, good["id"], {key: ("Completed", count) for key, count in tries.items()})
    flaky = next(task for task in load_run(deployed, good["id"])["tasks"] if task["name"] == "flows/flaky")
    assert [each["state"] for each in flaky["attempts"]] == ["AwaitingRetry", "AwaitingRetry", "Completed"]
    assert {step["key"]: step["outcome"] for step in good["steps"]} == dict.fromkeys(
        ("flows/total", "flows/flaky", "flows/other", "flows/behind"), "made"
    )


def test_others_go_on_while_one_waits_to_be_tried_again(good: RunDocument) -> None:
    keys = [step["key"] for step in good["steps"]]
    assert keys.index("flows/other") < keys.index("flows/flaky") < keys.index("flows/behind")


def test_the_run_is_the_same_in_prefect_and_in_the_ledger(deployed: OpenOrganism, good: RunDocument) -> None:
    record = deployed.ledger.run(good["id"])
    assert record is not None
    assert (record.deployment, record.actor, record.trigger, record.outcome) == (
        REFRESH.full_name,
        "ana",
        "cli",
        "done",
    )
    assert (good["deployment"], good["actor"], good["trigger"]) == (REFRESH.full_name, "ana", "cli")
    assert [row["id"] for row in load_runs(deployed)["runs"]].count(good["id"]) == 1
    assert deployed.ledger.version("flows/total", 1).run is not None  # type: ignore[union-attr]


def test_what_an_asset_says_stands_in_the_logs_of_its_run(deployed: OpenOrganism, good: RunDocument) -> None:
    for text in ("flows/total made @", "adding up"):
        told(deployed, good["id"], text)

    def tasks() -> set[str | None]:
        """Named once Prefect knows the task, which may be later than its line."""
        return {each["task"] for each in load_logs(deployed, good["id"]) if "flows/total made @" in each["message"]}

    equal(tasks, {"flows/total"})


def test_prefects_own_feed_shows_the_assets(deployed: OpenOrganism, good: RunDocument) -> None:
    wanted = {
        "event": {"name": ["prefect.asset.materialization.succeeded"]},
        "related": {"id": [f"prefect.flow-run.{good['id']}"]},
    }
    with api_of(deployed) as api:

        def events() -> dict[str, dict[str, Any]]:
            return {each["resource"]["prefect.resource.name"]: each for each in events_of(api, wanted)}

        equal(lambda: set(events()), {"flows/total", "flows/flaky", "flows/other", "flows/behind"})
        behind = events()["flows/behind"]
    assert behind["resource"]["prefect.resource.id"] == "organism://asset/flows/behind"
    assert behind["payload"]["version"] == 1
    assert "organism://asset/flows/flaky" in [each["prefect.resource.id"] for each in behind["related"]]


def test_partitions_are_refreshed_one_by_one_or_all_that_are_out_of_date(deployed: OpenOrganism) -> None:
    def refreshed(partition: str | None) -> dict[str, str]:
        parameters = {"selection": "flows/parts+", "actor": "ana", "partition": partition}
        run = deployed.orchestrator.trigger(REFRESH.full_name, parameters, trigger="cli")
        found = ended(deployed, run)
        assert found["state"] == "Completed"
        return {
            label_of(each["key"], partition_text(each.get("partition"))): each["outcome"] for each in found["steps"]
        }

    one = refreshed("site=n")
    assert one["flows/parts[site=n]"] == "made"
    assert "flows/parts[site=s]" not in one
    rest = refreshed(None)
    assert rest.pop("flows/parts[site=s]") == "made"
    assert "flows/parts[site=n]" not in rest, "it is fresh"
    head = deployed.ledger.heads()["flows/joined", ""].version
    assert load_value(deployed, head) == ["n", "s"]


def test_a_failed_run_says_what_failed_and_is_retried_under_its_id(
    deployed: OpenOrganism, good: RunDocument, folder: Path
) -> None:
    run = refresh(deployed, "flows/total or flows/bad+")
    first = ended(deployed, run)
    assert (first["state"], first["outcome"], first["tries"]) == ("Failed", "failed", 1)
    assert first["message"] == "flows/bad failed: ValueError: no [/] way; blocked: flows/blocked"
    assert_tasks(deployed, run, {"flows/bad": ("Failed", 1), "flows/blocked": ("Failed", 1)})
    told(deployed, run, "Finished in state Failed")  # behind where it broke
    broke = [each for each in load_logs(deployed, run) if "in bad" in each["message"]]
    assert [(each["level"], each["message"].splitlines()[1]) for each in broke] == [("error", "ValueError: no [/] way")]
    assert (folder / "bad").read_text() == "1"  # a mistake of the author is not tried again

    retry_run(deployed, run, actor="ana")
    again = ended(deployed, run, tries=2)
    assert (again["id"], again["state"]) == (run, "Failed")
    assert (folder / "bad").read_text() == "2"
    assert [each.action for each in deployed.ledger.audit_log() if each.subject == run] == ["run.retry"]


def test_a_failed_pipeline_is_tried_again_and_stays_alive_while_it_waits(deployed: OpenOrganism) -> None:
    run = deployed.orchestrator.trigger(INCREMENTAL.full_name, {})
    found = ended(deployed, run, tries=2)
    assert (found["state"], found["actor"]) == ("Failed", "api")
    assert found["message"] == "flows/pulsing failed: ValueError: not today"
    equal(lambda: tasks_of(deployed, run).get("network"), ("Completed", 2))
    wanted = {"event": {"name": ["prefect.flow-run.heartbeat"]}, "resource": {"id": [f"prefect.flow-run.{run}"]}}
    with api_of(deployed) as api:
        # Two are Prefect's own, as each try begins; more of them where a try takes long.
        beats = until(lambda: events if len(events := events_of(api, wanted)) >= 3 else None, "all were heard")
    assert all("prefect.tag.organism" in [each["prefect.resource.id"] for each in beat["related"]] for beat in beats)


def test_a_cancelled_run_leaves_the_head_and_no_lease(deployed: OpenOrganism, folder: Path) -> None:
    run = refresh(deployed, "flows/slow")
    until((folder / "slow").exists)
    assert load_run(deployed, run[:20])["state"] == "Running"
    equal(lambda: deployed.orchestrator.queues()[0]["running"], 1)
    assert cancel_run(deployed, run, actor="ana")["state"] == "Cancelling"
    found = ended(deployed, run)
    assert (found["state"], found["outcome"]) == ("Cancelled", "cancelled")
    assert deployed.ledger.versions("flows/slow") == ()

    def free() -> bool:
        return ("flows/slow", "") not in deployed.ledger.held()

    until(free, "the lease is free")
