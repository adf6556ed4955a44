"""Through a real worker, whatever cannot be stored fails its asset alone: each in a task of its own, or all in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from causal_organism.deployments import REFRESH
from causal_organism.documents.stats import RunDocument
from causal_organism.platform.runs import load_run
from causal_organism.wiring import OpenOrganism
from causal_organism.wording.run_actions import has_ended
from tests.flows.conftest import tasks_of
from tests.flows.hostile_assets import HOSTILE
from tests.waiting import equal, until


@pytest.fixture(scope="module", params=["0", "60000"], ids=["a task each", "one task"])
def run_environment(request: pytest.FixtureRequest, run_environment: dict[str, str]) -> dict[str, str]:
    return {
        **run_environment,
        "ORGANISM_ASSETS": "tests.flows.hostile_assets:ASSETS",
        "ORGANISM_BLOCK_MS": request.param,
        "ORGANISM_PARALLEL_STEPS": "2",
    }


def refreshed(organism: OpenOrganism) -> RunDocument:
    """A run of all that is out of date, once it has ended."""
    run = organism.orchestrator.trigger(REFRESH.full_name, {"selection": "*", "actor": "ana"}, trigger="cli")

    def look() -> RunDocument | None:
        found = load_run(organism, run)
        return found if has_ended(found) else None

    return until(look, "the run has ended")


def test_each_fails_alone_by_name_and_the_rest_is_made(
    deployed: OpenOrganism, folder: Path, run_environment: dict[str, str]
) -> None:
    (folder / HOSTILE).unlink(missing_ok=True)
    assert refreshed(deployed)["state"] == "Completed"  # and all of them have a history
    (folder / HOSTILE).touch()

    run = refreshed(deployed)

    assert run["state"] == "Failed"
    assert {each["key"]: each["outcome"] for each in run["steps"]} == {
        "hostile/columns": "failed",
        "hostile/leaves": "failed",
        "hostile/checked": "rejected",
        "hostile/left": "failed",
        "hostile/right": "made",
        "hostile/behind": "blocked",
        "hostile/well": "made",
    }
    errors = {each["key"]: each["error"] for each in run["steps"] if each["error"]}
    assert errors["hostile/columns"] == "two columns are named v; give one another name"
    assert errors["hostile/leaves"] == "SystemExit: 3"
    assert errors["hostile/checked"].startswith("answers_a_text: it returned the text 'too high'")
    assert errors["hostile/left"] == "value is a set, which is not JSON; use a sorted list"
    for told in ("hostile/columns failed: two columns", f"hostile/source failed: {errors['hostile/left']}"):
        assert told in str(run["message"])
    in_one = run_environment["ORGANISM_BLOCK_MS"] != "0"
    equal(lambda: any(", " in name for name in tasks_of(deployed, run["id"])), in_one)
