"""Refresh: make what is out of date in a selection, step by step, each judged again when its turn comes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.planner import PlanStep
from causal_organism.assets.staleness import FRESH, Judgement
from causal_organism.errors import (
    DamagedValueError,
    FencedError,
    OrganismError,
    RefusedError,
    RetiredValueError,
    StoreError,
)
from causal_organism.operations.making import (
    BLOCKED,
    CANCELLED,
    FAILED,
    NOT_WELL,
    REJECTED,
    SKIPPED,
    ComputeError,
    Making,
    StepOutcome,
    compute,
    publish,
    record_failure,
)
from causal_organism.operations.plan import Planned, make_plan
from causal_organism.operations.waiting import hold_waiting
from causal_organism.ports import Organism, RunRecord, StepRecord

_ENDED_WORDS = {FAILED: "failed", REJECTED: "was rejected", BLOCKED: "is blocked", CANCELLED: "was cancelled"}


def _quiet(*_: Any) -> None:
    return None


@dataclass(slots=True)
class RefreshRun:
    """One run: its plan, its cut of the ledger, and how its steps ended so far."""

    organism: Organism
    planned: Planned
    making: Making
    force: bool
    full: bool
    outcomes: dict[str, StepOutcome] = field(default_factory=dict)
    together: dict[str, StepOutcome] = field(default_factory=dict)  # outputs made before their step's turn

    @property
    def id(self) -> str:
        return self.making.run

    @property
    def steps(self) -> tuple[PlanStep, ...]:
        return self.planned.steps


def begin(
    organism: Organism,
    selection: str,
    *,
    force: bool = False,
    full: bool = False,
    actor: str,
    trigger: str,
    run: str | None = None,
    deployment: str | None = None,
    flow: str = "refresh-assets",
    allow_empty: bool = False,
    only_ready: bool = False,
    log: Callable[[str], None] = _quiet,
    progress: Callable[[str, int, int], None] = _quiet,
) -> RefreshRun:
    """Look at sources, judge, plan, and record the run. Raises SelectionError, RefusedError, StoreError.

    `only_ready` leaves out what cannot be made because a source has no import yet: for runs by schedule, where that is
    no failure. It is said in the log.
    """
    if organism.settings.read_only:
        raise RefusedError("this is read-only: nothing is made here", code="read-only")
    making = Making(run=run or f"local-{uuid.uuid4()}", actor=actor, trigger=trigger, log=log, progress=progress)
    planned = make_plan(
        organism, selection, force=force, full=full, actor=actor, trigger=trigger, run=making.run,
        allow_empty=allow_empty,
    )  # fmt: skip
    if only_ready:
        planned, unready = _without_unready(planned)
        for key, missing in unready.items():
            log(f"{key} cannot be made: {', '.join(missing)} has nothing yet")
    pinned = [step.key for step in planned.steps if step.pinned]
    if force and pinned:
        raise RefusedError(f"{', '.join(pinned)} is pinned", hint=f"organism unpin {pinned[0]}", code="pinned")
    organism.ledger.begin_run(
        RunRecord(
            id=making.run, flow=flow, selection=selection, trigger=trigger, actor=actor, started_at=organism.now(),
            deployment=deployment,
        )
    )  # fmt: skip
    return RefreshRun(organism=organism, planned=planned, making=making, force=force, full=full)


def make_step(run: RefreshRun, key: str, *, attempt_is_last: bool = True) -> StepOutcome:
    """Make one asset of the plan, or say why not; the outcome is recorded.

    Raises StoreError, or the author's retryable error, unless this was the last attempt; LeaseHeldError when somebody
    else holds the asset for too long.
    """
    started = time.monotonic()
    try:
        outcome = _make(run, key)
    except (ComputeError, StoreError, DamagedValueError, RetiredValueError, FencedError) as error:
        retryable = error.retryable if isinstance(error, ComputeError) else isinstance(error, StoreError)
        if retryable and not attempt_is_last:
            raise
        if isinstance(error, StoreError):
            _check_ledger(run, error)
        record_failure(run.planned.cut, key, run.making, error.message)
        causes = run.planned.cut.judge(key).causes
        outcome = StepOutcome(key=key, outcome=FAILED, version=_number(run, key), causes=causes, error=error.message)
    if outcome.outcome not in (SKIPPED, BLOCKED):
        outcome = replace(outcome, seconds=time.monotonic() - started)
    run.outcomes[key] = outcome
    run.organism.ledger.record_step(
        StepRecord(
            run=run.id, key=key, outcome=outcome.outcome, version=outcome.version,
            causes=tuple(cause.to_document() for cause in outcome.causes), seconds=outcome.seconds,
            error=outcome.error, at=run.organism.now(),
        )
    )  # fmt: skip
    return outcome


def finish(run: RefreshRun, *, cancelled: bool = False) -> dict[str, Any]:
    """organism.refresh/1, recorded as the run's answer."""
    outcomes = list(run.outcomes.values())
    failed_sources = [each for each in run.planned.observations if each.error]
    if cancelled:
        outcome = "cancelled"
    elif any(each.outcome in NOT_WELL for each in outcomes) or failed_sources:
        outcome = "failed"
    else:
        outcome = "done" if any(each.outcome != SKIPPED for each in outcomes) else "nothing"
    document = {
        "schema": "organism.refresh/1",
        "run": run.id,
        "outcome": outcome,
        "steps": [each.to_document() for each in outcomes],
        "observed": [each.to_document() for each in run.planned.observations],
    }
    errors = [f"{each.key}: {each.error}" for each in failed_sources]
    errors += [f"{each.key}: {each.error}" for each in outcomes if each.error]
    run.organism.ledger.end_run(
        run.id, outcome, at=run.organism.now(), error="; ".join(errors) or None, document=document
    )
    return document


def refresh_local(
    organism: Organism,
    selection: str,
    *,
    force: bool = False,
    full: bool = False,
    actor: str,
    trigger: str = "cli",
    allow_empty: bool = False,
    flow: str = "refresh-assets",
    log: Callable[[str], None] = _quiet,
    progress: Callable[[str, int, int], None] = _quiet,
    on_step: Callable[[StepOutcome], None] = _quiet,
) -> dict[str, Any]:
    """A whole refresh in this process, without Prefect; it never waits to retry."""
    run = begin(
        organism, selection, force=force, full=full, actor=actor, trigger=trigger, allow_empty=allow_empty,
        flow=flow, log=log, progress=progress,
    )  # fmt: skip
    try:
        for step in run.steps:
            on_step(make_step(run, step.key))
    except (OrganismError, KeyboardInterrupt) as error:
        stopped = isinstance(error, KeyboardInterrupt)
        organism.ledger.end_run(
            run.id, "cancelled" if stopped else "failed", at=organism.now(), error=str(error) or None
        )
        raise
    return finish(run)


def _without_unready(planned: Planned) -> tuple[Planned, dict[str, tuple[str, ...]]]:
    """(the plan without steps that wait for a source without an import, those steps with the sources)."""
    graph, heads = planned.cut.organism.graph, planned.cut.heads
    unready: dict[str, tuple[str, ...]] = {}
    for step in planned.steps:
        missing = tuple(other for other in step.blocked_by if graph[other].kind == SOURCE and other not in heads)
        missing += tuple(source for other in step.blocked_by for source in unready.get(other, ()))
        if missing:
            unready[step.key] = missing
    steps = tuple(step for step in planned.steps if step.key not in unready)
    return replace(planned, steps=steps), unready


def _make(run: RefreshRun, key: str) -> StepOutcome:
    if key in run.together:
        return run.together[key]
    cut, spec = run.planned.cut, run.organism.graph[key]
    keys = spec.outputs or (key,)
    blocked = _blocked(run, key)
    if blocked:
        return StepOutcome(
            key=key, outcome=BLOCKED, version=_number(run, key), causes=cut.judge(key).causes, error=blocked
        )
    with hold_waiting(run.organism, keys, holder=run.id, wait_s=run.organism.settings.lease_wait_s) as leases:
        overtaken = _adopt_own_heads(run, keys)
        judgements = {each: cut.judge(each) for each in keys}
        if _pinned(judgements[key]):
            return StepOutcome(key=key, outcome=SKIPPED, version=_number(run, key), causes=judgements[key].causes)
        if not run.force and (overtaken or all(each.status == FRESH for each in judgements.values())):
            return StepOutcome(key=key, outcome=SKIPPED, version=_number(run, key))
        made = compute(cut, key, run.making, full=run.full)
        for each, new in made.items():
            run.together[each] = publish(cut, each, new, leases[each], run.making, judgements[each].causes)
    return run.together[key]


def _blocked(run: RefreshRun, key: str) -> str | None:
    """Why an asset cannot be made now, or None."""
    failed_sources = {each.key: each.error for each in run.planned.observations if each.error}
    for other in run.organism.graph[key].upstream:
        outcome = run.outcomes.get(other)
        if outcome is not None and outcome.outcome in NOT_WELL:
            return f"{other} {_ENDED_WORDS[outcome.outcome]}"
        if other in failed_sources:
            return f"{other} failed: {failed_sources[other]}"
        if other not in run.planned.cut.heads:
            return (
                f"{other} was never made; select +{key} to make both"
                if not _is_source(run, other)
                else (f"{other} has nothing yet: no import was made and no interaction seen")
            )
    return None


def _is_source(run: RefreshRun, key: str) -> bool:
    return run.organism.graph[key].kind == SOURCE


def _adopt_own_heads(run: RefreshRun, keys: tuple[str, ...]) -> bool:
    """Take in what somebody else made of these assets since the run began, where it is what this run would make.

    True if somebody published something else, from other inputs than this run reads: it is left as it is, and what
    comes behind in this run goes on with the version of the cut.
    """
    cut, overtaken = run.planned.cut, False
    for key, current in run.organism.ledger.heads_of(keys).items():
        known = cut.heads.get(key)
        cut.heads[key] = current
        if known is not None and known.version.number != current.version.number and cut.judge(key).status != FRESH:
            cut.heads[key] = known
            overtaken = True
    return overtaken


def _pinned(judgement: Judgement) -> bool:
    return any(cause.kind == "pinned" for cause in judgement.causes)


def _number(run: RefreshRun, key: str) -> int | None:
    head = run.planned.cut.heads.get(key)
    return head.version.number if head else None


def _check_ledger(run: RefreshRun, error: StoreError) -> None:
    """A store that failed may be the ledger itself; then there is nowhere to record the failure."""
    try:
        run.organism.ledger.fact("any")
    except StoreError:
        raise error from None
