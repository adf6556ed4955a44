"""One step of a run: judged again when its turn comes, made, and recorded, or why not."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from functools import partial

from causal_organism.assets.blocking import Hindrance, blockers_of, some_of
from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.keys import UNPARTITIONED, label_of
from causal_organism.assets.planner import Place, PlanStep
from causal_organism.assets.staleness import FRESH
from causal_organism.assets.storable import error_text
from causal_organism.engine.faults import ComputeError, failing
from causal_organism.engine.hindrances import reason_in
from causal_organism.engine.leases import hold_waiting
from causal_organism.engine.make import (
    BLOCKED,
    CANCELLED,
    FAILED,
    NOT_WELL,
    SKIPPED,
    Making,
    StepOutcome,
    compute,
    publish,
    record_failure,
)
from causal_organism.engine.plan import Planned
from causal_organism.errors import DamagedValueError, FencedError, RetiredValueError, StoreError
from causal_organism.ports import Organism, StepRecord


@dataclass(slots=True)
class RefreshRun:
    """One run: its plan, its cut of the ledger, and how its steps ended so far."""

    organism: Organism
    planned: Planned
    making: Making
    force: bool
    full: bool
    slots: threading.Semaphore  # as many as may be made at once
    outcomes: dict[Place, StepOutcome] = field(default_factory=dict)
    together: dict[Place, StepOutcome] = field(default_factory=dict)  # outputs made before their step's turn
    hindered: dict[str, dict[str, Hindrance | None]] = field(default_factory=dict)  # what did not end well, so far

    def __post_init__(self) -> None:
        self.hindered.update({key: {UNPARTITIONED: Hindrance.FAILED} for key in self.source_errors})

    @property
    def id(self) -> str:
        return self.making.run

    @property
    def source_errors(self) -> dict[str, str]:
        """Sources that could not be looked at, with the reason."""
        return {each.key: each.error for each in self.planned.observations if each.error}

    @property
    def steps(self) -> tuple[PlanStep, ...]:
        return self.planned.steps


def make_step(run: RefreshRun, key: str, partition: str = "", *, attempt_is_last: bool = True) -> StepOutcome:
    """Make one asset or partition of the plan, or say why not; the outcome is recorded.

    Raises StoreError, or the author's retryable error, unless this was the last attempt; LeaseHeldError when somebody
    else holds the asset for too long; RunCancelledError, of which `end_cancelled` makes the outcome.
    """
    with run.slots, run.making.cancellation.making():
        return _make_step(run, key, partition, attempt_is_last=attempt_is_last)


def _make_step(run: RefreshRun, key: str, partition: str, *, attempt_is_last: bool) -> StepOutcome:
    started = time.monotonic()
    try:
        outcome = _make(run, key, partition)
    except (ComputeError, StoreError, DamagedValueError, RetiredValueError, FencedError) as error:
        retryable = error.retryable if isinstance(error, ComputeError) else isinstance(error, StoreError)
        if retryable and not attempt_is_last:
            raise
        if isinstance(error, StoreError):
            _check_ledger(run, error)
        _fail(run, run.organism.graph[key].outputs or (key,), partition, error_text(error))
        outcome = run.together[key, partition]
    if outcome.outcome not in (SKIPPED, BLOCKED):
        outcome = replace(outcome, seconds=time.monotonic() - started)
    run.outcomes[key, partition] = outcome
    if outcome.outcome in NOT_WELL:
        run.hindered.setdefault(key, {})[partition] = Hindrance(outcome.outcome)
    run.organism.ledger.record_steps([_record(run, outcome)])
    return outcome


def end_cancelled(run: RefreshRun) -> None:
    """Publish nothing more of a run; what has not ended is `cancelled`, and all of it is recorded."""
    run.making.cancellation.cancel()
    for step in run.steps:
        if step.place not in run.outcomes:
            head = run.planned.cut.head(*step.place)
            ended = StepOutcome(
                key=step.key, partition=step.partition, outcome=CANCELLED, causes=step.causes, mode=step.mode,
                version=head.version.number if head else None, error="the run was cancelled",
            )  # fmt: skip
            run.outcomes[step.place] = run.together.get(step.place, ended)
    run.organism.ledger.record_steps([_record(run, each) for each in run.outcomes.values()])


def _record(run: RefreshRun, outcome: StepOutcome) -> StepRecord:
    return StepRecord(
        run=run.id, key=outcome.key, partition=outcome.partition, outcome=outcome.outcome, version=outcome.version,
        causes=tuple(cause.to_document() for cause in outcome.causes), seconds=outcome.seconds,
        error=outcome.error, at=run.organism.now(),
    )  # fmt: skip


def _make(run: RefreshRun, key: str, partition: str) -> StepOutcome:
    if (key, partition) in run.together:
        return run.together[key, partition]
    cut, spec = run.planned.cut, run.organism.graph[key]
    keys = spec.outputs or (key,)
    head = cut.head(key, partition)
    blocked = None if head is not None and head.pinned else _blocked(run, key, partition)
    if blocked:
        return _ended(run, key, partition, BLOCKED, blocked)
    wait_s = run.organism.settings.lease_wait_s
    with hold_waiting(run.organism, keys, partition=partition, holder=run.id, wait_s=wait_s) as leases:
        overtaken = _adopt_own_heads(run, keys, partition)
        judgements = {each: cut.judge(each, partition) for each in keys}
        if judgements[key].is_pinned:
            return _ended(run, key, partition, SKIPPED)
        if not run.force and (overtaken or all(each.status == FRESH for each in judgements.values())):
            return replace(_ended(run, key, partition, SKIPPED), causes=())
        log = partial(run.making.say, label_of(key, partition))
        with failing(spec, log):
            made = compute(cut, key, partition, run.making, full=run.full)
        broken: StoreError | None = None
        for each, new in made.items():
            try:
                with failing(run.organism.graph[each], log):
                    outcome = publish(cut, each, partition, new, leases[each], run.making, judgements[each].causes)
                run.together[each, partition] = outcome
            except ComputeError as error:  # of what is made together, one may be stored where another cannot
                _fail(run, (each,), partition, error.message)
            except StoreError as error:
                broken = error
        if broken is not None:
            raise broken
    return run.together[key, partition]


def _fail(run: RefreshRun, keys: tuple[str, ...], partition: str, error: str) -> None:
    """Record that these failed, those excepted that have ended."""
    for key in keys:
        if (key, partition) not in run.together:
            record_failure(run.planned.cut, key, partition, run.making, error)
            run.together[key, partition] = _ended(run, key, partition, FAILED, error)


def _ended(run: RefreshRun, key: str, partition: str, outcome: str, error: str | None = None) -> StepOutcome:
    """How a step ended that left the head where it is."""
    cut = run.planned.cut
    head = cut.head(key, partition)
    return StepOutcome(
        key=key,
        partition=partition,
        outcome=outcome,
        version=head.version.number if head else None,
        causes=cut.judge(key, partition).causes,
        error=error,
    )


def _blocked(run: RefreshRun, key: str, partition: str) -> str | None:
    """Why an asset or partition cannot be made now, or None."""
    cut = run.planned.cut
    found = tuple(dict.fromkeys(blockers_of(key, partition, cut, run.hindered)))
    if not found:
        return None
    first = found[0]
    missing = [each.name for each in found[1:] if each.key == first.key and not cut.is_made(each.key, each.partition)]
    reason = f"{first.name} {reason_in(cut, first)}"
    if missing:
        reason += f"; {some_of(missing)} {'is' if len(missing) == 1 else 'are'} missing too"
    if first.hindrance is Hindrance.NEVER_MADE and run.organism.graph[first.key].kind != SOURCE:
        return f"{reason}; select +{key} to make {'all' if missing else 'both'}"
    return reason


def _adopt_own_heads(run: RefreshRun, keys: tuple[str, ...], partition: str) -> bool:
    """Take in what somebody else made of these assets since the run began, where it is what this run would make.

    True if somebody published something else, from other inputs than this run reads: it is left as it is, and what
    comes behind in this run goes on with the version of the cut.
    """
    cut, overtaken = run.planned.cut, False
    for key, current in run.organism.ledger.heads_of(keys, partition).items():
        known = cut.head(key, partition)
        cut.set_head(key, partition, current)
        moved = known is not None and known.version.number != current.version.number
        if known is not None and moved and cut.judge(key, partition).status != FRESH:
            cut.set_head(key, partition, known)
            overtaken = True
    return overtaken


def _check_ledger(run: RefreshRun, error: StoreError) -> None:
    """A store that failed may be the ledger itself; then there is nowhere to record the failure."""
    try:
        run.organism.ledger.fact("any")
    except StoreError:
        raise error from None
