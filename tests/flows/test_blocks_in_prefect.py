"""Cheap assets in one task of a real worker's run: each still fails, waits, is tried again and told by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from causal_organism.deployments import REFRESH
from causal_organism.documents.stats import RunDocument
from causal_organism.platform.runs import cancel_run, load_logs, load_run, retry_run
from causal_organism.wiring import OpenOrganism
from tests.flows.conftest import ASSETS, assert_tasks, ended, tasks_of
from tests.flows.parallel_assets import MEET
from tests.waiting import PATIENCE_S, equal, until

BLOCK = "block/a, block/b, block/c, block/d"
KEYS = ("block/a", "block/b", "block/c", "block/d")


@pytest.fixture(scope="module")
def run_environment(run_environment: dict[str, str]) -> dict[str, str]:
    return {
        **run_environment,
        "ORGANISM_ASSETS": ASSETS.replace("ASSETS", "BLOCKS"),
        "ORGANISM_BLOCK_MS": "60000",  # however busy this machine is
        "ORGANISM_LEASE_WAIT_S": "0.5",
    }


@pytest.fixture
def changed(folder: Path) -> None:
    """What the assets read is another, and nobody is told to fail."""
    file = folder / "block-rows"
    file.write_text(str(int(file.read_text()) + 1 if file.exists() else 1))
    for each in folder.glob("block-*-will"):
        each.unlink()


def refresh(organism: OpenOrganism, selection: str = "block/rows+", **more: Any) -> str:
    parameters = {"selection": selection, "actor": "ana", **more}
    return organism.orchestrator.trigger(REFRESH.full_name, parameters, trigger="cli")


def outcomes(run: RunDocument) -> dict[str, str]:
    return {step["key"]: step["outcome"] for step in run["steps"]}


def calls(folder: Path) -> list[int]:
    files = [folder / key.replace("/", "-") for key in KEYS]
    return [int(file.read_text()) if file.exists() else 0 for file in files]


def told(organism: OpenOrganism, run: str, text: str) -> list[dict[str, Any]]:
    """Lines of the run's log with this text, once there are any: they arrive late."""
    return until(lambda: [dict(each) for each in load_logs(organism, run) if text in each["message"]], text)


@contextmanager
def prefect_api(organism: OpenOrganism) -> Iterator[httpx.Client]:
    user, _, password = (organism.settings.prefect_auth or "").partition(":")
    with httpx.Client(
        base_url=organism.settings.need("prefect_api_url"), auth=(user, password), timeout=PATIENCE_S
    ) as api:
        yield api


def assert_events(organism: OpenOrganism, run: str, expected: list[str]) -> None:
    """What Prefect hears of assets made, each by its name."""
    wanted = {
        "event": {"name": ["prefect.asset.materialization.succeeded"]},
        "related": {"id": [f"prefect.flow-run.{run}"]},
    }
    with prefect_api(organism) as api:

        def events() -> list[str]:
            found = api.post("/events/filter", json={"filter": wanted}).json()["events"]
            return sorted(each["resource"]["prefect.resource.name"] for each in found)

        equal(events, expected)


@pytest.fixture(scope="module")
def first(deployed: OpenOrganism) -> RunDocument:
    """A run that gives all of them a history."""
    return ended(deployed, refresh(deployed))


def test_what_has_no_history_has_a_task_of_its_own(deployed: OpenOrganism, first: RunDocument) -> None:
    assert_tasks(deployed, first["id"], dict.fromkeys(KEYS, ("Completed", 1)))
    assert outcomes(first) == dict.fromkeys(KEYS, "made")


def test_cheap_neighbours_are_one_task_and_each_is_told_by_itself(
    deployed: OpenOrganism, first: RunDocument, changed: None
) -> None:
    run = ended(deployed, refresh(deployed))
    assert_tasks(deployed, run["id"], {BLOCK: ("Completed", 1)})
    assert outcomes(run) == dict.fromkeys(KEYS, "made")
    for key in KEYS:
        (line,) = told(deployed, run["id"], f"{key} made @")
        assert (line["task"], line["level"].upper()) == (BLOCK, "INFO")
        version = deployed.ledger.versions(key, limit=1)[0]
        assert version.run == run["id"]
    assert_events(deployed, run["id"], list(KEYS))


def test_one_that_fails_in_a_block_fails_alone_and_a_retry_makes_it_and_what_is_behind_it(
    deployed: OpenOrganism, first: RunDocument, changed: None, folder: Path
) -> None:
    (folder / "block-b-will").write_text("fail")
    before = calls(folder)
    run = ended(deployed, refresh(deployed))
    assert outcomes(run) == {"block/a": "made", "block/b": "failed", "block/c": "blocked", "block/d": "made"}
    assert run["state"] == "Failed"
    assert_tasks(deployed, run["id"], {BLOCK: ("Failed", 1)})
    assert run["message"] == "block/b failed: ValueError: not today; blocked: block/c"
    equal(
        lambda: {task["message"] for task in load_run(deployed, run["id"])["tasks"]},
        {"block/b failed: ValueError: not today; and 1 more of 4 steps"},
    )
    assert told(deployed, run["id"], "block/c blocked: block/b failed")[0]["level"].upper() == "ERROR"
    told(deployed, run["id"], "block/d made @")

    retry_run(deployed, run["id"], actor="ana")
    again = ended(deployed, run["id"], tries=2)
    assert again["state"] == "Completed"
    assert outcomes(again) == dict.fromkeys(KEYS, "made")
    assert [after - then for then, after in zip(before, calls(folder), strict=True)] == [1, 2, 1, 1]
    until(lambda: "block/b, block/c" in tasks_of(deployed, run["id"]))


def test_one_that_breaks_off_in_a_block_is_tried_again_in_a_task_of_its_own_and_others_go_on(
    deployed: OpenOrganism, first: RunDocument, changed: None, folder: Path
) -> None:
    (folder / "block-b-will").write_text("break break")
    before = calls(folder)
    run = ended(deployed, refresh(deployed))
    assert run["state"] == "Completed"
    assert_tasks(
        deployed, run["id"], {BLOCK: ("Completed", 1), "block/b": ("Completed", 3), "block/c": ("Completed", 1)}
    )
    assert [step["key"] for step in run["steps"]] == ["block/a", "block/d", "block/b", "block/c"]
    assert [after - then for then, after in zip(before, calls(folder), strict=True)] == [1, 3, 1, 1]
    told(deployed, run["id"], "block/b goes on in a task of its own: the store broke off")


def test_it_is_not_tried_more_often_than_its_class_says(
    deployed: OpenOrganism, first: RunDocument, changed: None, folder: Path
) -> None:
    (folder / "block-b-will").write_text("break break break")
    before = calls(folder)
    run = ended(deployed, refresh(deployed))
    assert outcomes(run) == {"block/a": "made", "block/d": "made", "block/b": "failed", "block/c": "blocked"}
    assert_tasks(deployed, run["id"], {BLOCK: ("Completed", 1), "block/b": ("Failed", 3), "block/c": ("Failed", 1)})
    assert [after - then for then, after in zip(before, calls(folder), strict=True)] == [1, 3, 0, 1]


def test_a_lease_of_somebody_else_stops_the_run_where_it_is(
    deployed: OpenOrganism, first: RunDocument, changed: None, folder: Path
) -> None:
    before = calls(folder)
    with deployed.ledger.hold("block/b", "", "somebody else"):
        run = ended(deployed, refresh(deployed))
    assert (run["state"], run["outcome"]) == ("Failed", "failed")
    assert "block/b is being made by somebody else" in str(run["message"])
    assert outcomes(run) == {"block/a": "made"}
    assert [after - then for then, after in zip(before, calls(folder), strict=True)] == [1, 0, 0, 0]


def test_a_cancelled_block_keeps_what_was_made_and_the_next_run_makes_the_rest(
    deployed: OpenOrganism, first: RunDocument, changed: None, folder: Path
) -> None:
    (folder / "block-b-will").write_text("wait")
    before = calls(folder)
    run = refresh(deployed)
    until(lambda: calls(folder)[1] > before[1])
    assert cancel_run(deployed, run, actor="ana")["state"] == "Cancelling"
    found = ended(deployed, run)
    assert (found["state"], found["outcome"]) == ("Cancelled", "cancelled")
    assert outcomes(found) == {"block/a": "made", **dict.fromkeys(KEYS[1:], "cancelled")}
    until(lambda: ("block/b", "") not in deployed.ledger.held())

    rest = ended(deployed, refresh(deployed))
    assert outcomes(rest) == dict.fromkeys(KEYS[1:], "made")
    assert_tasks(deployed, rest["id"], {"block/b, block/c, block/d": ("Completed", 1)})
    assert [after - then for then, after in zip(before, calls(folder), strict=True)] == [1, 2, 1, 1]


@pytest.fixture(scope="module")
def in_parallel(deployed: OpenOrganism) -> Iterator[OpenOrganism]:
    """Runs make two steps at once, of the assets in parallel_assets.py."""
    more = {"ORGANISM_ASSETS": "tests.flows.parallel_assets:PAIRS", "ORGANISM_PARALLEL_STEPS": "2"}
    with prefect_api(deployed) as api:
        row = api.get(f"/deployments/name/{REFRESH.full_name}").json()

        def give(environment: dict[str, str]) -> None:
            changed = {"job_variables": {**row["job_variables"], "env": environment}}
            api.patch(f"/deployments/{row['id']}", json=changed).raise_for_status()

        give({**row["job_variables"]["env"], **more})
        try:
            ended(deployed, refresh(deployed, "pair/rows+"))  # gives all of them a history
            yield deployed
        finally:
            give(row["job_variables"]["env"])


PAIR_STEPS = ["pair/first", "pair/left", "pair/met", "pair/parts", "pair/parts", "pair/right"]
PAIR_TASKS = {
    "pair/first": ("Completed", 1),
    "pair/left, pair/met": ("Completed", 1),
    "pair/right, pair/parts": ("Completed", 1),
}


def pairs_made(organism: OpenOrganism, folder: Path) -> RunDocument:
    """A run of all of them from other content, each in full, so that what takes how long is known of all but one."""
    file = folder / "pair-rows"
    file.write_text(str(int(file.read_text()) + 1 if file.exists() else 1))
    run = ended(organism, refresh(organism, "pair/rows+", full=True))
    assert run["state"] == "Completed", run["message"]
    assert sorted(step["key"] for step in run["steps"] if step["outcome"] == "made") == PAIR_STEPS
    return run


def test_blocks_and_the_partitions_in_a_block_are_made_at_once_where_steps_run_in_parallel(
    in_parallel: OpenOrganism, folder: Path
) -> None:
    (folder / MEET).touch()
    run = pairs_made(in_parallel, folder)
    assert_tasks(in_parallel, run["id"], PAIR_TASKS)
    assert_events(in_parallel, run["id"], PAIR_STEPS)
    for key, task in (("met", "pair/left, pair/met"), ("parts[at=south]", "pair/right, pair/parts")):
        (line,) = told(in_parallel, run["id"], f"pair/{key} made @")
        assert line["task"] == task


def test_what_breaks_off_in_a_block_goes_on_by_itself_where_steps_run_in_parallel(
    in_parallel: OpenOrganism, folder: Path
) -> None:
    (folder / MEET).unlink(missing_ok=True)
    (folder / "pair-right-will").write_text("break")
    before = int((folder / "pair-right").read_text())
    run = pairs_made(in_parallel, folder)
    own = {"pair/right": ("Completed", 2), "pair/parts": ("Completed", 1)}
    assert_tasks(in_parallel, run["id"], {**PAIR_TASKS, **own})
    assert int((folder / "pair-right").read_text()) - before == 2
