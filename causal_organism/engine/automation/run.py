"""The part of a pulse's run that makes what automation chose."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from causal_organism.assets.blocking import Blocker, Hindrance, some_of
from causal_organism.assets.keys import AssetRef
from causal_organism.assets.planner import PlanStep
from causal_organism.documents.refreshes import RefreshDocument, RefreshPart
from causal_organism.engine.automation.evaluation import Evaluation
from causal_organism.engine.automation.evaluator import last_try_alike
from causal_organism.engine.hindrances import leave_out, reason_in
from causal_organism.engine.observe import Observation
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.endings import end, joined
from causal_organism.engine.runs.refresh import RefreshRun, begin
from causal_organism.engine.snapshot import LedgerSnapshot
from causal_organism.ports import Engine

_TOLD = 20


def begin_automated(
    organism: Engine,
    request: Request,
    origin: Origin,
    *,
    refs: Collection[AssetRef] | None = None,
    looked: Collection[Observation] | None = None,
) -> RefreshRun:
    """As `begin`, without what would only fail again, or cannot be made: it is said in the log, and is not a failure.

    `refs`: of what is selected, only these assets and partitions, and what is made together with them.
    A step that failed with the code and inputs of now is left out although something before it may change: if that
    does, the next pulse makes it.
    """
    run = begin(organism, request, origin, looked=looked)
    snapshot = run.planned.snapshot
    if refs is not None:
        steps = tuple(each for each in run.steps if _is_chosen(organism, each, refs))
        run.planned = replace(run.planned, steps=steps)
    run.planned, left = leave_out(run.planned, lambda step, blockers: _reason_to_wait(snapshot, step, blockers))
    for reason in list(left.values())[:_TOLD]:
        origin.log(reason)
    if len(left) > _TOLD:
        origin.log(f"and {len(left) - _TOLD} more are left out")
    return run


def conclude(
    organism: Engine, evaluation: Evaluation, before: RefreshDocument, made: RefreshDocument | None
) -> RefreshDocument:
    """Record what the run was about, and give its one answer: what the pulse did before and what automation made."""
    organism.automations.record(evaluation.unsettled)
    looked: RefreshPart = {
        "outcome": "failed" if any(each.error for each in evaluation.observations) else "nothing",
        "steps": [],
        "observed": [each.to_document() for each in evaluation.observations],
    }
    document = joined(before, looked)
    if made is not None:
        document = joined(document, made)
    return end(organism, document)


def _is_chosen(organism: Engine, step: PlanStep, refs: Collection[AssetRef]) -> bool:
    return any((key, step.partition) in refs for key in organism.graph[step.key].together)


def _reason_to_wait(snapshot: LedgerSnapshot, step: PlanStep, blockers: Sequence[Blocker]) -> str | None:
    """What fails in this run blocks there; what was never made is waited for."""
    ended = last_try_alike(snapshot, *step.ref)
    if ended is not None:
        return f"{step.name} is left out: the last try with the same code and inputs {ended}"
    unmade = [f"{each.name} {reason_in(snapshot, each)}" for each in blockers if each.hindrance is Hindrance.NEVER_MADE]
    return f"{step.name} is left out: {some_of(unmade)}" if unmade else None
