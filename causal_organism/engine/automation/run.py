"""The part of a pulse's run that makes what automation chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from causal_organism.assets.blocking import Blocker, Hindrance, some_of
from causal_organism.assets.keys import label_of, partition_text
from causal_organism.assets.planner import PlanStep
from causal_organism.engine.automation.evaluation import Evaluation, last_try_alike
from causal_organism.engine.hindrances import leave_out, reason_in
from causal_organism.engine.refresh import RefreshRun, begin
from causal_organism.engine.snapshot import Cut
from causal_organism.ports import Organism

_TOLD = 20


def begin_automated(organism: Organism, selection: str, **options: Any) -> RefreshRun:
    """As `begin`, without what would only fail again, or cannot be made: it is said in the log, and is no failure.

    A step that failed with the code and inputs of now is left out although something before it may change: if that
    does, the next pulse makes it.
    """
    run = begin(organism, selection, **options)
    cut = run.planned.cut
    run.planned, left = leave_out(run.planned, lambda step, blockers: _reason_to_wait(cut, step, blockers))
    for reason in list(left.values())[:_TOLD]:
        run.making.log(reason)
    if len(left) > _TOLD:
        run.making.log(f"and {len(left) - _TOLD} more are left out")
    return run


def conclude(
    organism: Organism, evaluation: Evaluation, before: Mapping[str, Any], made: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Record what the run was about, and give its one answer: what the pulse did before and what automation made."""
    organism.automations.record(evaluation.unsettled)
    looked = {
        "outcome": "failed" if any(each.error for each in evaluation.observations) else "nothing",
        "steps": [],
        "observed": [each.to_document() for each in evaluation.observations],
    }
    document = joined(before, looked)
    if made is not None:
        document = joined(document, made)
    failed = [each for each in (*document["observed"], *document["steps"]) if each["error"]]
    errors = [
        f"{label_of(each['key'], partition_text(each.get('partition')))}: {each['error']}" for each in failed[:_TOLD]
    ]
    if len(failed) > _TOLD:
        errors.append(f"and {len(failed) - _TOLD} more")
    organism.ledger.end_run(
        document["run"], document["outcome"], at=organism.now(), error="; ".join(errors) or None, document=document
    )
    return document


def _reason_to_wait(cut: Cut, step: PlanStep, blockers: Sequence[Blocker]) -> str | None:
    """What fails in this run blocks there; what was never made is waited for."""
    ended = last_try_alike(cut, *step.place)
    if ended is not None:
        return f"{step.name} is left out: the last try with the same code and inputs {ended}"
    unmade = [f"{each.name} {reason_in(cut, each)}" for each in blockers if each.hindrance is Hindrance.NEVER_MADE]
    return f"{step.name} is left out: {some_of(unmade)}" if unmade else None


def joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """One organism.refresh/1 of two parts of a run."""
    observed = {each["key"]: each for each in first["observed"]}
    for each in second["observed"]:
        before = observed.get(each["key"], each)
        observed[each["key"]] = {**each, "changed": before["changed"] or each["changed"]}
    outcomes = (first["outcome"], second["outcome"])
    worst = next(each for each in ("failed", "cancelled", "done", "nothing") if each in outcomes)
    return {
        **first,
        "outcome": worst,
        "steps": [*first["steps"], *second["steps"]],
        "observed": list(observed.values()),
    }
