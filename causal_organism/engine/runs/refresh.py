"""Refresh: make what is out of date in a selection, step by step, each judged again when its turn comes."""

from __future__ import annotations

import shlex
import threading
import uuid
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from causal_organism.assets.blocking import Blocker
from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.freshness.staleness import FRESH, Status
from causal_organism.assets.keys import AssetRef
from causal_organism.assets.outcomes import NOT_WELL, Outcome, RunOutcome
from causal_organism.assets.planner import PlanStep
from causal_organism.documents.refreshes import BehindRow, RefreshDocument
from causal_organism.engine.cancelling import Cancellation, Interrupts
from causal_organism.engine.hindrances import leave_out, stale_before
from causal_organism.engine.history.run_logs import RunLog
from causal_organism.engine.leases import run_lease
from causal_organism.engine.make import StepOutcome
from causal_organism.engine.observe import Observation
from causal_organism.engine.plan import Planned, make_plan
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.endings import end
from causal_organism.engine.runs.ready import before_each, jobs_of, order_of, partitions_by_key
from causal_organism.engine.runs.steps import RefreshRun, end_cancelled, make_step
from causal_organism.engine.runs.workers import work
from causal_organism.errors import OrganismError, RefusedError, RunCancelledError, StoreError
from causal_organism.ports import Engine, RunRecord

__all__ = ["RefreshRun", "begin", "finish", "make_all", "make_step", "refresh_local", "refuse_pinned"]


def _quiet(*_: Any) -> None:
    return None


def _local_id() -> str:
    return f"local-{uuid.uuid4()}"


def begin(
    organism: Engine,
    request: Request,
    origin: Origin,
    *,
    only_ready: bool = False,
    looked: Collection[Observation] | None = None,
) -> RefreshRun:
    """Look at sources, judge, plan, and record the run. Raises SelectionError, RefusedError, StoreError,
    RunCancelledError.

    `only_ready` leaves out what cannot be made because a source has no import yet: for runs by schedule, where that is
    no failure. It is said in the log.
    `looked`: what the caller saw at the sources just now; they are not looked at again.
    """
    organism.settings.refuse_changes()
    own_id = origin.run or _local_id()
    origin = replace(origin, run=own_id)
    planned = make_plan(organism, request, origin, looked=looked)
    if only_ready:
        planned, unready = _without_unready(planned)
        for reason in unready:
            origin.log(reason)
    if request.force:
        refuse_pinned(planned)
    record = RunRecord(
        id=own_id, flow=origin.flow, selection=request.selection, trigger=origin.trigger, actor=origin.actor,
        started_at=organism.now(), deployment=origin.deployment,
    )  # fmt: skip
    with origin.cancellation.publishing():
        organism.ledger.begin_run(record)
    code = planned.snapshot.code
    organism.code_parts.record({code[key].version: code[key].parts for key in {step.key for step in planned.steps}})
    slots = threading.Semaphore(organism.settings.parallel_steps)
    return RefreshRun(organism=organism, planned=planned, request=request, origin=origin, id=own_id, slots=slots)


def refuse_pinned(planned: Planned) -> None:
    """Raises RefusedError where a forced plan would make what is pinned."""
    pinned = [step.name for step in planned.steps if step.pinned]
    if pinned:
        raise RefusedError(
            f"{', '.join(pinned)} is pinned", hint=f"organism unpin {shlex.quote(pinned[0])}", code="pinned"
        )


def finish(run: RefreshRun, *, cancelled: bool = False) -> RefreshDocument:
    """organism.refresh/1, recorded as the run's answer. `cancelled`: nothing more of it is published."""
    by = None
    if cancelled:
        end_cancelled(run)
        by = run.organism.ledger.cancelled_by(run.id)
    outcomes = list(run.outcomes.values())
    if cancelled:
        outcome = RunOutcome.CANCELLED
    elif run.source_errors or any(each.outcome in NOT_WELL for each in outcomes):
        outcome = RunOutcome.FAILED
    else:
        outcome = RunOutcome.DONE if any(each.outcome != Outcome.SKIPPED for each in outcomes) else RunOutcome.NOTHING
    document: RefreshDocument = {
        "schema": "organism.refresh/1",
        "run": run.id,
        "outcome": outcome,
        "config": dict(run.planned.config),
        "steps": [each.to_document() for each in outcomes],
        "observed": [each.to_document() for each in run.planned.observations],
        "behind": [] if cancelled else _behind(run),
    }
    return end(run.organism, document, because=by and f"cancelled by {by}")


def _behind(run: RefreshRun) -> list[BehindRow]:
    """What was asked for and is up to date now, while something before it that was not asked for is out of date."""
    snapshot, made = run.planned.snapshot, {ref[0] for ref in run.outcomes}
    statuses: dict[str, Status] = {}

    def status(key: str) -> Status:
        if key not in statuses:
            statuses[key] = FRESH if key in made else snapshot.judge(key).status
        return statuses[key]

    ended_badly = {ref[0] for ref, each in run.outcomes.items() if each.outcome in NOT_WELL}
    found = stale_before(snapshot.graph, [key for key in run.planned.selected if key not in ended_badly], status)
    return [{"key": key, "stale": list(stale)} for key, stale in found.items() if stale]


def make_all(run: RefreshRun, on_step: Callable[[StepOutcome], None] = _quiet) -> None:
    """Make every step of the plan. Raises what `make_step` raises, once what was begun beside it has ended."""
    graph, told = run.organism.graph, threading.Lock()
    partitions = partitions_by_key(run.steps)
    jobs = {key: jobs_of(graph, key, each) for key, each in partitions.items()}

    def make(ref: AssetRef) -> None:
        outcome = make_step(run, *ref)
        with told:
            on_step(outcome)

    work(order_of(before_each(graph, tuple(partitions))), jobs, make, run.organism.settings.parallel_steps)


def refresh_local(
    organism: Engine,
    request: Request,
    origin: Origin,
    *,
    on_begin: Callable[[Sequence[PlanStep]], None] = _quiet,
    on_step: Callable[[StepOutcome], None] = _quiet,
) -> RefreshDocument:
    """A whole refresh in this process, without Prefect; it never waits to retry."""
    own_id, cancellation = _local_id(), Cancellation()
    keep = RunLog(organism.settings.home, own_id, organism.now).keep
    origin = replace(origin, run=own_id, cancellation=cancellation, keep=keep)
    interrupts = Interrupts(cancellation)
    with interrupts.watched():
        run = None
        try:
            run = begin(organism, request, origin)
            on_begin(run.steps)
            document = _make_here(run, on_step)
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


def _make_here(run: RefreshRun, on_step: Callable[[StepOutcome], None]) -> RefreshDocument:
    ledger, request = run.organism.ledger, run.request
    if run.steps:  # otherwise nothing is done, and nothing to say of it
        detail = {"run": run.id, **request.to_document(), "local": True}
        ledger.audit(
            actor=run.origin.actor, action="refresh", subject=request.selection, detail=detail, at=run.organism.now()
        )
    # While it is held this process lives: what a killed one left unended is seen to have crashed.
    with ledger.hold(run_lease(run.id), "", run.id):
        make_all(run, on_step)
        return finish(run)


def _without_unready(planned: Planned) -> tuple[Planned, list[str]]:
    """(the plan without steps that wait for a source without an import, why each of those is left out)."""
    graph, snapshot = planned.snapshot.organism.graph, planned.snapshot
    waiting: dict[AssetRef, tuple[str, ...]] = {}  # step -> those sources

    def why(step: PlanStep, blockers: Sequence[Blocker]) -> str | None:
        found = [each.key for each in blockers if graph[each.key].kind == SOURCE and not snapshot.is_made(each.key)]
        found += [source for each in blockers for source in waiting.get((each.key, each.partition), ())]
        if not found:
            return None
        waiting[step.ref] = tuple(dict.fromkeys(found))
        return f"{step.name} cannot be made: {', '.join(waiting[step.ref])} has nothing yet"

    planned, left = leave_out(planned, why)
    return planned, list(left.values())
