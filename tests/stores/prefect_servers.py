"""A Prefect server to test: empty of what is ours, and states as a worker sets them."""

from __future__ import annotations

from typing import Any

import httpx

from causal_organism.deployments import PIPELINES
from causal_organism.settings import Settings
from tests.waiting import PATIENCE_S


def client(settings: Settings) -> httpx.Client:
    user, _, password = (settings.prefect_auth or "").partition(":")
    return httpx.Client(base_url=settings.need("prefect_api_url"), auth=(user, password), timeout=PATIENCE_S)


def clear(api: httpx.Client) -> None:
    named = {"flows": {"name": {"any_": [each.flow for each in PIPELINES]}}}
    for row in api.post("/deployments/filter", json=named).json():
        api.delete(f"/deployments/{row['id']}")
    for row in api.post("/flow_runs/filter", json=named).json():
        api.delete(f"/flow_runs/{row['id']}")
    for row in api.post("/automations/filter", json={}).json():
        api.delete(f"/automations/{row['id']}")
    api.delete("/work_pools/default/queues/expensive")


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
