"""What an act leads to: what is made or out of date by it, how often such makes changed nothing, and who waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from causal_organism.assets.outcomes import Outcome
from causal_organism.deployments import pipeline_named
from causal_organism.engine.history.version_names import find_version
from causal_organism.engine.plan import make_plan, plan_document
from causal_organism.engine.requests import Origin, Request
from causal_organism.errors import RequestError
from causal_organism.ports import Organism

LOOKED_BACK, MOST_STEPS = 10, 12
"""Makes of an asset that are looked at, and steps of a plan for which that is done: a query for each make."""

MOST_RUNS = 4
"""Runs of which it is worked out what they have still to make."""


def with_consequences(organism: Organism, plan: Mapping[str, Any]) -> dict[str, Any]:
    """A plan with `stale_after` (what reads what is made, and is not made itself), and of its first steps `unchanged`
    and `makes`: so many of so many last makes gave the content that was there."""
    keys = list(dict.fromkeys(str(step["key"]) for step in plan["steps"]))
    return {**plan, "steps": _with_history(organism, plan["steps"]), "stale_after": _readers(organism, keys)}


def of_runs(organism: Organism, runs: Sequence[str]) -> dict[str, Any]:
    """What runs have still to make, as a plan with consequences, and `queues`: those where they wait.

    It is planned by what the ledger holds; no source is looked at. Of more than `MOST_RUNS`, the first are looked at.
    """
    rows = [row for row in map(organism.orchestrator.run, runs[:MOST_RUNS]) if row is not None]
    requests = {repr(request): request for row in rows if (request := _request_of(row)) is not None}
    origin = Origin(organism.settings.actor, "console")
    plans = (plan_document(make_plan(organism, request, origin, looked=())) for request in requests.values())
    steps = {(step["key"], str(step.get("partition"))): step for plan in plans for step in plan["steps"]}
    names = {row["queue"] for row in rows}
    queues = [dict(queue) for queue in organism.orchestrator.queues() if queue["name"] in names]
    return {**with_consequences(organism, {"steps": list(steps.values())}), "queues": queues}


def of_version(organism: Organism, key: str, number: int) -> dict[str, Any]:
    """What another version as head leads to: `stale_after` as steps with `estimate_s` and their history, none where the
    head has that content; `making`: the run that makes the asset now, for which it waits."""
    version = find_version(organism, f"{key}@{number}")
    head = organism.ledger.heads_of([key], version.partition)[key].version
    stale = _readers(organism, [key]) if head.fingerprint != version.fingerprint else []
    estimates = organism.ledger.durations() if stale else {}
    steps = [{"key": each, "certain": False, "estimate_s": estimates.get(each)} for each in stale]
    making = organism.ledger.held().get((key, version.partition))
    return {"steps": _with_history(organism, steps), "stale_after": stale, "making": making}


def _request_of(run: Mapping[str, Any]) -> Request | None:
    """What it was to refresh; None of a flow that is none of ours."""
    pipeline, given = pipeline_named(str(run["deployment"])), run["parameters"] or {}
    if pipeline is None:
        return None
    if pipeline.selection is not None:
        return Request(pipeline.selection, allow_empty=True)
    if not given.get("selection"):
        raise RequestError(f"run {run['id']} names no selection")
    options = {name: given.get(name) or False for name in ("force", "full")}
    return Request(
        given["selection"], given.get("partition"), allow_empty=True, config=given.get("config") or {}, **options
    )


def _readers(organism: Organism, keys: Iterable[str]) -> list[str]:
    """What reads these, directly or not, in order of the graph."""
    given = set(keys)
    return list(organism.graph.in_order(organism.graph.walk_down(given) - given))


def _with_history(organism: Organism, steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    first = list(dict.fromkeys(str(step["key"]) for step in steps))[:MOST_STEPS]
    history = {key: _last_outcomes(organism, key) for key in first}
    return [
        {**step, "makes": len(known), "unchanged": known.count(Outcome.UNCHANGED)}
        if (known := history.get(step["key"]))
        else dict(step)
        for step in steps
    ]


def _last_outcomes(organism: Organism, key: str) -> Sequence[str]:
    """How the last makes of an asset ended that made something, newest first."""
    found = []
    for run in organism.ledger.runs_with(key, limit=LOOKED_BACK):
        found += [step.outcome for step in organism.ledger.steps(run) if step.key == key]
    return [outcome for outcome in found if outcome in (Outcome.MADE, Outcome.UNCHANGED)][:LOOKED_BACK]
