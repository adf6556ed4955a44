"""What an act leads to: what is made or out of date by it, how often such makes changed nothing, and who waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from causal_organism.assets.freshness.causes import Pinned
from causal_organism.assets.outcomes import Outcome
from causal_organism.deployments import pipeline_named
from causal_organism.documents.json import object_in, text_in
from causal_organism.documents.proposals import Decision
from causal_organism.documents.refreshes import (
    Foreseen,
    ForeseenPlan,
    ForeseenPlanStep,
    ForeseenStep,
    History,
    PlanDocument,
    PlannedStep,
    VersionForeseen,
)
from causal_organism.documents.runs import RunRow
from causal_organism.documents.stream import RunsForeseen
from causal_organism.engine.history.restore import refusal_of
from causal_organism.engine.history.version_names import find_ref, find_version
from causal_organism.engine.plan import make_plan, plan_document
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.errors import RequestError
from causal_organism.interventions.lifecycle import APPROVED, COOL_DOWN, LASTS, REJECTED, STARTED, act
from causal_organism.organism.decisions.proposals import find_intervention
from causal_organism.organism.projections.started import STARTED as BEGUN
from causal_organism.ports import Organism

LOOKED_BACK = 10
"""Makes of an asset that are looked at."""

MOST_RUNS = 4
"""Runs of which it is worked out what they have still to make."""


def with_consequences(organism: Organism, plan: PlanDocument) -> ForeseenPlan:
    """A plan with `stale_after` (what reads what is made, and is not made itself), and of its first steps `unchanged`
    and `makes`: so many of so many last makes gave the content that was there."""
    keys = _keys(plan["steps"])
    return {**plan, "steps": _with_history(organism, plan["steps"]), "stale_after": _readers(organism, keys)}


def of_making(organism: Organism, keys: Sequence[str]) -> Foreseen:
    """What making these leads to: how such makes went, and what is out of date afterwards."""
    histories = _histories(organism, keys)
    steps: list[ForeseenStep] = [{"key": key, "certain": True, "estimate_s": None, **histories[key]} for key in keys]
    return {"steps": steps, "stale_after": _readers(organism, keys)}


def of_runs(organism: Organism, runs: Sequence[str]) -> RunsForeseen:
    """What runs have still to make, by what the ledger holds: no source is looked at.

    Of more than `MOST_RUNS`, the first are looked at.
    """
    rows = [row for row in map(organism.orchestrator.run, runs[:MOST_RUNS]) if row is not None]
    requests = {repr(request): request for row in rows if (request := _request_of(row)) is not None}
    origin = Origin(organism.settings.actor, "console")
    plans = (plan_document(make_plan(organism, request, origin, looked=())) for request in requests.values())
    steps = {(step["key"], str(step.get("partition"))): step for plan in plans for step in plan["steps"]}
    names = {row["queue"] for row in rows}
    to_make = list(steps.values())
    return {
        "steps": _with_history(organism, to_make),
        "stale_after": _readers(organism, _keys(to_make)),
        "queues": [queue for queue in organism.orchestrator.queues() if queue["name"] in names],
    }


def of_version(organism: Organism, text: str, partition: str | None = None) -> VersionForeseen:
    """What `KEY@N` as head leads to: `stale_after` as steps with `estimate_s` and their history, none where the head
    has that content; `making`: the run that makes the asset now, for which it waits."""
    version = find_version(organism, text, partition)
    head = organism.ledger.heads_of([version.key], version.partition).get(version.key)
    is_other = head is None or head.version.fingerprint != version.fingerprint
    stale = _readers(organism, [version.key]) if is_other else []
    making = organism.ledger.held().get((version.key, version.partition))
    refusal = refusal_of(organism, version)
    return {"steps": _again(organism, stale), "stale_after": stale, "making": making,
            "refused": None if refusal is None else str(refusal)}  # fmt: skip


def of_unpin(organism: Organism, key: str, partition: str | None = None) -> Foreseen:
    """What letting a held version go leads to: `steps`, the asset itself where it is out of date by anything else than
    that it is held, and what reads it as `stale_after`."""
    name, place, _ = find_ref(organism, key, partition)
    judged = load_snapshot(organism).judge(name, place)
    is_stale = any(not isinstance(cause, Pinned) for cause in judged.causes)
    return {"steps": _again(organism, [name] if is_stale else [], certain=True),
            "stale_after": _readers(organism, [name]) if is_stale else []}  # fmt: skip


def of_decision(organism: Organism, intervention: str, action: str) -> Decision:
    """What a decision about a proposal leads to.

    Raises RefusedError where its state does not allow it.
    """
    found = find_intervention(organism, intervention)
    moved = act(found["state"], action, actor=organism.settings.actor)
    by_lot = action == "start" and found.get("teams")
    changes_results = STARTED in (moved.was, moved.now) and BEGUN in organism.graph
    return {
        "id": found["id"],
        "state": moved.was,
        "becomes": moved.now,
        "lasts_days": LASTS.days if moved.now == APPROVED else None,
        "again_in_days": COOL_DOWN.days if moved.now == REJECTED else None,
        "people": found.get("people"),
        "teams": len(found["teams"]) if by_lot else None,
        "held_out": found["pilot"]["held_out"] if by_lot else None,
        "evidence": found["evidence"],
        "stale_after": _readers(organism, [BEGUN]) if changes_results else [],
    }


def _request_of(run: RunRow) -> Request | None:
    """What it was to refresh; None of a flow that is none of ours."""
    pipeline, given = pipeline_named(str(run["deployment"])), run["parameters"]
    if pipeline is None:
        return None
    if pipeline.selection is not None:
        return Request(pipeline.selection, allow_empty=True)
    if not (selection := text_in(given, "selection")):
        raise RequestError(f"run {run['id']} names no selection")
    return Request(
        selection,
        text_in(given, "partition"),
        force=bool(given.get("force")),
        full=bool(given.get("full")),
        allow_empty=True,
        config=object_in(given, "config"),
    )


def _keys(steps: Sequence[PlannedStep]) -> list[str]:
    return list(dict.fromkeys(step["key"] for step in steps))


def _readers(organism: Organism, keys: Iterable[str]) -> list[str]:
    """What reads these, directly or not, in order of the graph."""
    given = set(keys)
    return list(organism.graph.in_order(organism.graph.walk_down(given) - given))


def _again(organism: Organism, keys: Sequence[str], *, certain: bool = False) -> list[ForeseenStep]:
    """Steps to make these again, with their history."""
    estimates = organism.ledger.durations() if keys else {}
    histories = _histories(organism, keys)
    return [{"key": each, "certain": certain, "estimate_s": estimates.get(each), **histories[each]} for each in keys]


def _with_history(organism: Organism, steps: Sequence[PlannedStep]) -> list[ForeseenPlanStep]:
    histories = _histories(organism, _keys(steps))
    return [{**step, **histories[step["key"]]} for step in steps]


def _histories(organism: Organism, keys: Sequence[str]) -> Mapping[str, History]:
    found = organism.ledger.last_outcomes(keys, limit=LOOKED_BACK) if keys else {}
    return {key: _history(found.get(key, ())) for key in keys}


def _history(outcomes: Sequence[str]) -> History:
    return {"makes": len(outcomes), "unchanged": outcomes.count(Outcome.UNCHANGED)} if outcomes else {}
