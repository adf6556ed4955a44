"""The part of a pulse's run that makes what automation chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from causal_organism.assets.keys import label_of, partition_text
from causal_organism.assets.mappings import Many
from causal_organism.assets.planner import Place, PlanStep
from causal_organism.operations.automation import Evaluation, last_try_alike
from causal_organism.operations.judging import Cut
from causal_organism.operations.refresh import RefreshRun, begin
from causal_organism.ports import Organism

_TOLD = 20


def begin_automated(organism: Organism, selection: str, **options: Any) -> RefreshRun:
    """As `begin`, without what would only fail again, or cannot be made: it is said in the log, and is no failure.

    A step that failed with the code and inputs of now is left out although something before it may change: if that
    does, the next pulse makes it.
    """
    run = begin(organism, selection, **options)
    left_out: dict[Place, str] = {}
    for step in run.steps:
        reason = _reason_to_wait(run.planned.cut, step, left_out)
        if reason is not None:
            left_out[step.place] = f"{step.name} is left out: {reason}"
    for text in list(left_out.values())[:_TOLD]:
        run.making.log(text)
    if len(left_out) > _TOLD:
        run.making.log(f"and {len(left_out) - _TOLD} more are left out")
    kept = tuple(step for step in run.steps if step.place not in left_out)
    run.planned = replace(run.planned, steps=kept)
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


def _reason_to_wait(cut: Cut, step: PlanStep, left_out: Mapping[Place, str]) -> str | None:
    ended = last_try_alike(cut, *step.place)
    if ended is not None:
        return f"the last try with the same code and inputs {ended}"
    if step.blocked_by:
        return f"{', '.join(step.blocked_by)} was never made"
    for read in (*cut.inputs(*step.place), *cut.needs(*step.place)):
        for partition in read.partitions if isinstance(read, Many) else (read.partition,):
            if (read.key, partition) in left_out and not cut.is_made(read.key, partition):
                return f"{label_of(read.key, partition)} was never made"
    return None


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
