"""Refresh: make what is out of date in a selection, step by step, each judged again when its turn comes."""

from __future__ import annotations

import shlex
import threading
import uuid
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

from causal_organism.assets.blocking import Blocker
from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.planner import Place, PlanStep
from causal_organism.engine.cancelling import Cancellation, Interrupts
from causal_organism.engine.hindrances import leave_out
from causal_organism.engine.leases import run_lease
from causal_organism.engine.make import CANCELLED, NOT_WELL, SKIPPED, Making, StepOutcome
from causal_organism.engine.observe import Observation
from causal_organism.engine.plan import Planned, make_plan
from causal_organism.engine.ready import waves, work_together
from causal_organism.engine.run_logs import RunLog
from causal_organism.engine.steps import RefreshRun, end_cancelled, make_step
from causal_organism.errors import OrganismError, RefusedError, RunCancelledError, StoreError
from causal_organism.ports import Organism, RunRecord

__all__ = ["RefreshRun", "begin", "finish", "make_all", "make_step", "refresh_local", "refuse_pinned"]

_ERRORS_TOLD = 20  # in the one line that a run says of itself; each step keeps its own


def _quiet(*_: Any) -> None:
    return None


def _local_id() -> str:
    return f"local-{uuid.uuid4()}"


def begin(
    organism: Organism,
    selection: str,
    *,
    partition: str | None = None,
    force: bool = False,
    full: bool = False,
    actor: str,
    trigger: str,
    run: str | None = None,
    cancellation: Cancellation | None = None,
    deployment: str | None = None,
    flow: str = "refresh-assets",
    allow_empty: bool = False,
    only_ready: bool = False,
    looked: Collection[Observation] | None = None,
    log: Callable[[str], None] = _quiet,
    progress: Callable[[str, int, int], None] = _quiet,
    keep: Callable[[str, str], None] = _quiet,
) -> RefreshRun:
    """Look at sources, judge, plan, and record the run. Raises SelectionError, RefusedError, StoreError,
    RunCancelledError.

    `partition` chooses partitions (see choices.py); None: all that are out of date.
    `only_ready` leaves out what cannot be made because a source has no import yet: for runs by schedule, where that is
    no failure. It is said in the log.
    `looked`: what the caller saw at the sources just now; they are not looked at again.
    `keep`: where the lines of assets stay, beside `log`, which tells them.
    """
    organism.settings.refuse_changes()
    making = Making(
        run=run or _local_id(), actor=actor, trigger=trigger, log=log, progress=progress, keep=keep,
        cancellation=cancellation or Cancellation(),
    )  # fmt: skip
    planned = make_plan(
        organism, selection, partition=partition, force=force, full=full, actor=actor, trigger=trigger,
        run=making.run, cancellation=making.cancellation, allow_empty=allow_empty, looked=looked,
    )  # fmt: skip
    if only_ready:
        planned, unready = _without_unready(planned)
        for reason in unready:
            log(reason)
    if force:
        refuse_pinned(planned)
    record = RunRecord(
        id=making.run, flow=flow, selection=selection, trigger=trigger, actor=actor, started_at=organism.now(),
        deployment=deployment,
    )  # fmt: skip
    with making.cancellation.publishing():
        organism.ledger.begin_run(record)
    slots = threading.Semaphore(organism.settings.parallel_steps)
    return RefreshRun(organism=organism, planned=planned, making=making, force=force, full=full, slots=slots)


def refuse_pinned(planned: Planned) -> None:
    """Raises RefusedError where a forced plan would make what is pinned."""
    pinned = [step.name for step in planned.steps if step.pinned]
    if pinned:
        raise RefusedError(
            f"{', '.join(pinned)} is pinned", hint=f"organism unpin {shlex.quote(pinned[0])}", code="pinned"
        )


def finish(run: RefreshRun, *, cancelled: bool = False) -> dict[str, Any]:
    """organism.refresh/1, recorded as the run's answer. `cancelled`: nothing more of it is published."""
    by = None
    if cancelled:
        end_cancelled(run)
        by = run.organism.ledger.cancelled_by(run.id)
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
    errors = [] if by is None else [f"cancelled by {by}"]
    errors += [f"{each.key}: {each.error}" for each in failed_sources]
    errors += [f"{each.name}: {each.error}" for each in outcomes if each.error and each.outcome != CANCELLED]
    if len(errors) > _ERRORS_TOLD:
        errors[_ERRORS_TOLD:] = [f"and {len(errors) - _ERRORS_TOLD} more"]
    run.organism.ledger.end_run(
        run.id, outcome, at=run.organism.now(), error="; ".join(errors) or None, document=document
    )
    return document


def make_all(run: RefreshRun, on_step: Callable[[StepOutcome], None] = _quiet) -> None:
    """Make every step of the plan. Raises what `make_step` raises, once what was begun beside it has ended."""
    parallel = run.organism.settings.parallel_steps
    told = threading.Lock()

    def make(place: Place) -> None:
        outcome = make_step(run, *place)
        with told:
            on_step(outcome)

    if parallel == 1:
        for step in run.steps:
            make(step.place)
        return
    for wave in waves(run.organism.graph, run.steps):
        work_together(wave, make, parallel)


def refresh_local(
    organism: Organism,
    selection: str,
    *,
    partition: str | None = None,
    force: bool = False,
    full: bool = False,
    actor: str,
    trigger: str = "cli",
    allow_empty: bool = False,
    flow: str = "refresh-assets",
    log: Callable[[str], None] = _quiet,
    progress: Callable[[str, int, int], None] = _quiet,
    on_begin: Callable[[Sequence[PlanStep]], None] = _quiet,
    on_step: Callable[[StepOutcome], None] = _quiet,
) -> dict[str, Any]:
    """A whole refresh in this process, without Prefect; it never waits to retry."""
    own_id, cancellation = _local_id(), Cancellation()
    interrupts = Interrupts(cancellation)
    with interrupts.watched():
        run = None
        try:
            run = begin(
                organism, selection, partition=partition, force=force, full=full, actor=actor, trigger=trigger,
                run=own_id, cancellation=cancellation, allow_empty=allow_empty, flow=flow, log=log, progress=progress,
                keep=RunLog(organism.settings.home, own_id, organism.now).keep,
            )  # fmt: skip
            on_begin(run.steps)
            document = _make_here(run, selection, partition, on_step)
            cancellation.check()
        except (KeyboardInterrupt, RunCancelledError):
            with interrupts.put_off(), suppress(StoreError):  # the ledger may be what was waited for
                if run is not None:
                    finish(run, cancelled=True)
            raise KeyboardInterrupt from None  # also where an author's code has caught it
        except OrganismError as error:
            if run is not None:
                organism.ledger.end_run(run.id, "failed", at=organism.now(), error=str(error) or None)
            raise
        if document["outcome"] != "nothing":
            organism.export()
    return document


def _make_here(
    run: RefreshRun, selection: str, partition: str | None, on_step: Callable[[StepOutcome], None]
) -> dict[str, Any]:
    organism = run.organism
    if run.steps:  # otherwise nothing is done, and nothing to say of it
        said = {} if partition is None else {"partition": partition}
        detail = {"run": run.id, **said, "force": run.force, "full": run.full, "local": True}
        organism.ledger.audit(
            actor=run.making.actor, action="refresh", subject=selection, detail=detail, at=organism.now()
        )
    # While it is held this process lives: what a killed one left unended is seen to have crashed.
    with organism.ledger.hold(run_lease(run.id), "", run.id):
        make_all(run, on_step)
        return finish(run)


def _without_unready(planned: Planned) -> tuple[Planned, list[str]]:
    """(the plan without steps that wait for a source without an import, why each of those is left out)."""
    graph, cut = planned.cut.organism.graph, planned.cut
    waiting: dict[Place, tuple[str, ...]] = {}  # step -> those sources

    def why(step: PlanStep, blockers: Sequence[Blocker]) -> str | None:
        found = [each.key for each in blockers if graph[each.key].kind == SOURCE and not cut.is_made(each.key)]
        found += [source for each in blockers for source in waiting.get((each.key, each.partition), ())]
        if not found:
            return None
        waiting[step.place] = tuple(dict.fromkeys(found))
        return f"{step.name} cannot be made: {', '.join(waiting[step.place])} has nothing yet"

    planned, left = leave_out(planned, why)
    return planned, list(left.values())
