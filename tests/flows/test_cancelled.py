"""A run that was cancelled while a worker makes it publishes nothing, although its assets go on to their end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from causal_organism.deployments import REFRESH
from causal_organism.documents.json import JsonObject
from causal_organism.platform.runs import cancel_run, load_run
from causal_organism.wiring import OpenOrganism
from tests.flows.conftest import ended
from tests.waiting import PATIENCE_S, equal, until

FORMS = {
    "child": ("stop/child",),
    "updated": ("stop/updated",),
    "both": ("stop/a", "stop/b"),
    "parts": ("stop/parts", "stop/parts"),
}


@pytest.fixture(scope="module")
def run_environment(run_environment: dict[str, str]) -> dict[str, str]:
    return {**run_environment, "ORGANISM_ASSETS": "tests.flows.cancelled_assets:ASSETS"}


@pytest.fixture(scope="module")
def made(deployed: OpenOrganism, folder: Path) -> OpenOrganism:
    """Everything was made once, and the rows have changed since."""
    (folder / "go").touch()
    assert ended(deployed, refresh(deployed, "stop/rows+"))["outcome"] == "done"
    (folder / "go").unlink()
    (folder / "rows").write_text("2")
    return deployed


@pytest.fixture(autouse=True)
def no_child_left(folder: Path) -> Iterator[None]:
    yield
    for name in FORMS:
        end_child(folder, name)


def end_child(folder: Path, name: str) -> None:
    if (folder / name).exists():
        with suppress(ProcessLookupError):
            os.kill(int((folder / name).read_text()), signal.SIGTERM)


def refresh(organism: OpenOrganism, selection: str) -> str:
    parameters: JsonObject = {"selection": selection, "actor": "ana", "force": True}
    return organism.orchestrator.trigger(REFRESH.full_name, parameters, trigger="cli")


def begun(organism: OpenOrganism, folder: Path, name: str) -> str:
    """A run that is at an asset's child process."""
    (folder / name).unlink(missing_ok=True)
    run = refresh(organism, " or ".join(FORMS[name]))
    until((folder / name).exists, f"{name} is being made")
    return run


def heads(organism: OpenOrganism) -> dict[str, tuple[int, str | None]]:
    found = organism.ledger.heads().values()
    return {
        f"{h.version.key} {h.version.partition}": (h.version.number, h.attempt.outcome if h.attempt else None)
        for h in found
    }


def set_state(organism: OpenOrganism, run: str, state: str) -> None:
    """What Prefect's own UI and command line do."""
    user, _, password = (organism.settings.prefect_auth or "").partition(":")
    with httpx.Client(
        base_url=organism.settings.need("prefect_api_url"), auth=(user, password), timeout=PATIENCE_S
    ) as api:
        body = {"state": {"type": state.upper(), "name": state.capitalize()}}
        api.post(f"/flow_runs/{run}/set_state", json=body).raise_for_status()


def assert_cancelled(organism: OpenOrganism, run: str, name: str, before: Any) -> None:
    found = ended(organism, run)
    assert (found["state"], found["outcome"]) == ("Cancelled", "cancelled")
    equal(lambda: [s["outcome"] for s in load_run(organism, run)["steps"]], ["cancelled"] * len(FORMS[name]))
    until(lambda: not [key for key, _ in organism.ledger.held() if key in FORMS[name]], "its leases are free")
    assert heads(organism) == {**before, "stop/rows ": heads(organism)["stop/rows "]}


def test_nothing_is_published_of_runs_that_were_cancelled_by_our_command(made: OpenOrganism, folder: Path) -> None:
    before = heads(made)
    runs = {name: begun(made, folder, name) for name in FORMS}
    for name, run in runs.items():
        assert cancel_run(made, run, actor="bo")["state"] == "Cancelling"
        end_child(folder, name)  # before the process itself is told, as often as not
    for name, run in runs.items():
        assert_cancelled(made, run, name, before)
        assert load_run(made, run)["error"] == "cancelled by bo"


def test_nothing_is_published_of_runs_that_were_cancelled_in_prefect_itself(made: OpenOrganism, folder: Path) -> None:
    before = heads(made)
    runs = {name: begun(made, folder, name) for name in FORMS}
    for name, run in runs.items():
        set_state(made, run, "cancelling")
        end_child(folder, name)
    for name, run in runs.items():
        assert_cancelled(made, run, name, before)


def test_a_cancelled_run_that_prefect_itself_runs_again_publishes(made: OpenOrganism, folder: Path) -> None:
    run = begun(made, folder, "child")
    cancel_run(made, run, actor="bo")
    ended(made, run)
    (folder / "go").touch()
    set_state(made, run, "scheduled")
    again = ended(made, run, tries=2)
    (folder / "go").unlink()
    assert again["state"] == "Completed"
    assert made.ledger.cancelled_by(run) is None
