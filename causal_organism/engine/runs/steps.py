"""One step of a run: judged again when its turn comes, made, and recorded, or why not."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from causal_organism.assets.blocking import Hindrance, blockers_of, some_of
from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.freshness.causes import CheckFailed, cause_document
from causal_organism.assets.freshness.staleness import FRESH, Judgement
from causal_organism.assets.keys import UNPARTITIONED, AssetRef, label_of
from causal_organism.assets.outcomes import NOT_WELL, Outcome
from causal_organism.assets.planner import PlanStep
from causal_organism.assets.storable import error_text
from causal_organism.engine.checks.heads import recheck
from causal_organism.engine.checks.running import Results
from causal_organism.engine.faults import ComputeError, failing
from causal_organism.engine.hindrances import reason_in
from causal_organism.engine.leases import hold_waiting
from causal_organism.engine.make import NewContent, StepOutcome, compute, publish, record_failure, rejected_by
from causal_organism.engine.plan import Planned
from causal_organism.engine.ranges import compute_range
from causal_organism.engine.requests import Origin, Request
from causal_organism.errors import DamagedValueError, FencedError, RetiredValueError, StoreError
from causal_organism.ports import Engine, Lease, StepRecord


@dataclass(slots=True)
class RefreshRun:
    """One run: its plan, its snapshot of the ledger, and how its steps ended so far."""

    organism: Engine
    planned: Planned
    request: Request
    origin: Origin
    id: str
    slots: threading.Semaphore  # as many as may be made at once
    outcomes: dict[AssetRef, StepOutcome] = field(default_factory=dict)
    prepared: dict[AssetRef, NewContent | ComputeError] = field(
        default_factory=dict
    )  # by one call for several partitions
    together: dict[AssetRef, StepOutcome] = field(default_factory=dict)  # outputs made before their step's turn
    hindered: dict[str, dict[str, Hindrance | None]] = field(default_factory=dict)  # what did not end well, so far

    def __post_init__(self) -> None:
        self.hindered.update({key: {UNPARTITIONED: Hindrance.FAILED} for key in self.source_errors})

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
    with run.slots, run.origin.cancellation.making():
        return _make_step(run, key, partition, attempt_is_last=attempt_is_last)


def _make_step(run: RefreshRun, key: str, partition: str, *, attempt_is_last: bool) -> StepOutcome:
    started = time.monotonic()
    try:
        outcome = _make(run, key, partition)
    except (ComputeError, StoreError, DamagedValueError, RetiredValueError, FencedError) as error:
        retryable = error.retryable if isinstance(error, ComputeError) else isinstance(error, StoreError)
        if retryable and not attempt_is_last:
            raise
        try:
            _fail(run, _together(run, key, partition), partition, error_text(error))
        except StoreError:  # the ledger itself is away: there is nowhere to record the failure
            raise error from None
        outcome = run.together[key, partition]
    if outcome.outcome not in (Outcome.SKIPPED, Outcome.BLOCKED) and not outcome.checks_only:
        outcome = replace(outcome, seconds=time.monotonic() - started)
    run.outcomes[key, partition] = outcome
    if outcome.outcome in NOT_WELL:
        run.hindered.setdefault(key, {})[partition] = Hindrance(outcome.outcome)
    run.organism.ledger.record_steps([_record(run, outcome)])
    return outcome


def end_cancelled(run: RefreshRun) -> None:
    """Publish nothing more of a run; what has not ended is `cancelled`, and all of it is recorded."""
    run.origin.cancellation.cancel()
    for step in run.steps:
        if step.ref not in run.outcomes:
            head = run.planned.snapshot.head(*step.ref)
            ended = StepOutcome(
                key=step.key, partition=step.partition, outcome=Outcome.CANCELLED, causes=step.causes, mode=step.mode,
                version=head.version.number if head else None, error="the run was cancelled",
            )  # fmt: skip
            run.outcomes[step.ref] = run.together.get(step.ref, ended)
    run.organism.ledger.record_steps([_record(run, each) for each in run.outcomes.values()])


def _record(run: RefreshRun, outcome: StepOutcome) -> StepRecord:
    return StepRecord(
        run=run.id, key=outcome.key, partition=outcome.partition, outcome=outcome.outcome, version=outcome.version,
        causes=tuple(cause_document(cause) for cause in outcome.causes), seconds=outcome.seconds,
        error=outcome.error, at=run.organism.now(),
    )  # fmt: skip


def _make(run: RefreshRun, key: str, partition: str) -> StepOutcome:
    if (key, partition) in run.together:
        return run.together[key, partition]
    snapshot, spec = run.planned.snapshot, run.organism.graph[key]
    keys = _together(run, key, partition)
    head = snapshot.head(key, partition)
    blocked = None if head is not None and head.pinned else _blocked(run, key, partition)
    if blocked:
        return _ended(run, key, partition, Outcome.BLOCKED, blocked)
    wait_s = run.organism.settings.lease_wait_s
    with hold_waiting(run.organism, keys, partition=partition, holder=run.id, wait_s=wait_s) as leases:
        overtaken = _adopt_own_heads(run, keys, partition)
        judgements = {each: snapshot.judge(each, partition) for each in keys}
        if judgements[key].is_pinned:
            return _ended(run, key, partition, Outcome.SKIPPED)
        if not run.request.force and not overtaken and _check_first(run, partition, leases, judgements):
            return run.together[key, partition]
        if not run.request.force and (overtaken or all(each.status == FRESH for each in judgements.values())):
            return replace(_ended(run, key, partition, Outcome.SKIPPED), causes=())
        log = partial(run.origin.say_fault, label_of(key, partition))
        with failing(spec, log):
            made = _new_content(run, keys, partition)
        broken: StoreError | None = None
        for each, new in made.items():
            try:
                with failing(run.organism.graph[each], log):
                    outcome = publish(snapshot, new, leases[each], run.origin, judgements[each].causes)
                run.together[each, partition] = outcome
            except ComputeError as error:  # of what is made together, one may be stored where another cannot
                _fail(run, (each,), partition, error.message)
            except StoreError as error:
                broken = error
        if broken is not None:
            raise broken
    return run.together[key, partition]


def _together(run: RefreshRun, key: str, partition: str) -> tuple[str, ...]:
    """What is made with an asset, itself first: what always is, or the outputs that this run chose and has to make."""
    spec = run.organism.graph[key]
    if not spec.subset:
        return spec.together
    planned = {step.ref for step in run.steps} - run.together.keys() - run.outcomes.keys()
    others = (each for each in spec.outputs if each != key and (each, partition) in planned)
    if not run.request.force:
        others = (each for each in others if run.planned.snapshot.judge(each, partition).status != FRESH)
    return (key, *others)


def _new_content(run: RefreshRun, keys: tuple[str, ...], partition: str) -> dict[str, NewContent]:
    """New content by key. Where one call makes all partitions, the first step makes it for those that come behind."""
    snapshot, key = run.planned.snapshot, keys[0]
    if not run.organism.graph[key].one_call:
        return compute(snapshot, keys, partition, run.origin, full=run.request.full)
    if (key, partition) not in run.prepared:
        texts = (partition, *(each for each in _behind(run, key) if each != partition))
        try:
            for text, new in compute_range(snapshot, key, texts, run.origin).items():
                run.prepared[key, text] = new
        except ComputeError as error:  # each of them failed
            run.prepared.update({(key, text): error for text in texts})
    prepared = run.prepared.pop((key, partition))
    if isinstance(prepared, ComputeError):
        raise prepared
    return {key: prepared}


def _behind(run: RefreshRun, key: str) -> list[str]:
    """Partitions of an asset that this run has not come to yet and is to make."""
    snapshot, force = run.planned.snapshot, run.request.force
    texts = [step.partition for step in run.steps if step.key == key and step.ref not in run.outcomes]
    judged = ((text, snapshot.judge(key, text)) for text in texts)
    wanted = [text for text, now in judged if not now.is_pinned and (force or now.status != FRESH)]
    return [text for text in wanted if not _blocked(run, key, text)]


def _check_first(
    run: RefreshRun, partition: str, leases: Mapping[str, Lease], judgements: Mapping[str, Judgement]
) -> bool:
    """Run checks that changed, or rejected the head before, on heads. True: there is nothing to make, and how it ended
    is known. A head that is known to be rejected and still is, is made again.
    """
    snapshot, origin = run.planned.snapshot, run.origin
    checked: dict[str, Results] = {}
    for key, judgement in judgements.items():
        if judgement.asks_for_checks:
            with failing(run.organism.graph[key]), suppress(DamagedValueError, RetiredValueError):  # it is made again
                checked[key] = recheck(snapshot, leases[key], origin)
    left = {key: snapshot.judge(key, partition) for key in judgements}
    if not checked or any(map(_has_to_be_made, judgements.values(), left.values())):
        return False
    for key, was in judgements.items():
        ended = replace(_ended(run, key, partition, Outcome.SKIPPED), causes=was.causes)
        if key in checked:
            ended = replace(ended, outcome=Outcome.UNCHANGED, checks_only=True)
        if left[key].status != FRESH:
            ended = replace(rejected_by(ended, checked[key]), of_head=True)
        run.together[key, partition] = ended
    return True


def _has_to_be_made(was: Judgement, now: Judgement) -> bool:
    """`was`: before its checks were run."""
    known = any(isinstance(cause, CheckFailed) for cause in was.causes)
    return any(known or not (isinstance(cause, CheckFailed) and cause.checks) for cause in now.causes)


def _fail(run: RefreshRun, keys: tuple[str, ...], partition: str, error: str) -> None:
    """Record that these failed, those excepted that have ended."""
    for key in keys:
        if (key, partition) not in run.together:
            record_failure(run.planned.snapshot, key, partition, run.origin, error)
            run.together[key, partition] = _ended(run, key, partition, Outcome.FAILED, error)


def _ended(run: RefreshRun, key: str, partition: str, outcome: Outcome, error: str | None = None) -> StepOutcome:
    """How a step ended that left the head where it is."""
    snapshot = run.planned.snapshot
    head = snapshot.head(key, partition)
    return StepOutcome(
        key=key,
        partition=partition,
        outcome=outcome,
        version=head.version.number if head else None,
        causes=snapshot.judge(key, partition).causes,
        error=error,
    )


def _blocked(run: RefreshRun, key: str, partition: str) -> str | None:
    """Why an asset or partition cannot be made now, or None."""
    snapshot = run.planned.snapshot
    found = tuple(dict.fromkeys(blockers_of(key, partition, snapshot, run.hindered)))
    if not found:
        return None
    first = found[0]
    missing = [
        each.name for each in found[1:] if each.key == first.key and not snapshot.is_made(each.key, each.partition)
    ]
    reason = f"{first.name} {reason_in(snapshot, first)}"
    if missing:
        reason += f"; {some_of(missing)} {'is' if len(missing) == 1 else 'are'} missing too"
    if first.hindrance is Hindrance.NEVER_MADE and run.organism.graph[first.key].kind != SOURCE:
        return f"{reason}; select +{key} to make {'all' if missing else 'both'}"
    return reason


def _adopt_own_heads(run: RefreshRun, keys: tuple[str, ...], partition: str) -> bool:
    """Take in what somebody else made of these assets since the run began, where it is what this run would make.

    True if somebody published something else, from other inputs than this run reads: it is left as it is, and what
    comes behind in this run goes on with the version of the snapshot.
    """
    snapshot, overtaken = run.planned.snapshot, False
    for key, current in run.organism.ledger.heads_of(keys, partition).items():
        known = snapshot.head(key, partition)
        snapshot.set_head(key, partition, current)
        moved = known is not None and known.version.number != current.version.number
        if known is not None and moved and snapshot.judge(key, partition).status != FRESH:
            snapshot.set_head(key, partition, known)
            overtaken = True
    return overtaken
