"""Make one asset: judge it again, load its inputs, compute, check, and publish or say why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from causal_organism.assets.contents import AtBatch, Stored
from causal_organism.assets.definitions import AssetSpec, parameters_of
from causal_organism.assets.facts import stored_fact
from causal_organism.assets.freshness.causes import Cause, cause_document
from causal_organism.assets.keys import UNPARTITIONED, label_of, placed
from causal_organism.assets.outcomes import Outcome
from causal_organism.assets.planner import FULL, INCREMENTAL
from causal_organism.assets.storable import storable, storable_text
from causal_organism.assets.versions import Attempt, CheckResult, Head, Metadata, Version, reasons_text
from causal_organism.documents.json import JsonObject
from causal_organism.documents.refreshes import StepDocument
from causal_organism.engine.checks.heads import record as record_checks
from causal_organism.engine.checks.running import Checking, Results, check_new, check_same
from causal_organism.engine.contents import is_intact, load_value
from causal_organism.engine.context import AssetContext, context_of
from causal_organism.engine.faults import call, failing, outputs_of
from causal_organism.engine.incremental import Change, apply_update, changes_of
from causal_organism.engine.inputs import InputReader, incomplete_inputs, provenance_of
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import LedgerSnapshot
from causal_organism.engine.tables.frame_deltas import UntellableError
from causal_organism.engine.tables.tolerance import within_tolerance
from causal_organism.errors import DamagedValueError
from causal_organism.ports import Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """How one step ended. `version` is the head's number afterwards."""

    key: str
    partition: str = UNPARTITIONED
    outcome: Outcome
    version: int | None
    causes: tuple[Cause, ...] = ()
    seconds: float | None = None
    error: str | None = None
    mode: str = FULL
    failed_checks: tuple[CheckResult, ...] = ()  # those that rejected it
    checks_only: bool = False  # nothing was made; checks were run on what there is
    of_head: bool = False  # what was rejected is the head, and no new content

    @property
    def name(self) -> str:
        """What people call it: `daily/sum[day=2026-01-01]`."""
        return label_of(self.key, self.partition)

    def to_document(self) -> StepDocument:
        return {
            **placed(self.key, self.partition),
            "outcome": self.outcome,
            "version": self.version,
            "causes": [cause_document(cause) for cause in self.causes],
            "seconds": None if self.seconds is None else round(self.seconds, 4),
            "error": self.error,
            "mode": self.mode,
            "failed_checks": [{"name": each.name, "detail": each.detail} for each in self.failed_checks],
            "checks_only": self.checks_only,
            "of_head": self.of_head,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContent:
    """New content of one asset, not yet published."""

    value: Any
    metadata: Metadata
    mode: str


def compute(
    snapshot: LedgerSnapshot, keys: tuple[str, ...], partition: str, origin: Origin, *, full: bool
) -> dict[str, NewContent]:
    """New content of what one function makes together, of one partition, by key.

    Raises ComputeError, StoreError, DamagedValueError.
    """
    key = keys[0]
    spec, reader = snapshot.graph[key], InputReader(snapshot, key, partition)
    context = context_of(snapshot, keys, (partition,), origin, reader)
    gaps, config = incomplete_inputs(snapshot, key, partition), snapshot.code[key].config
    changes = None if full else changes_of(snapshot, key, partition)
    if changes is not None and (head := snapshot.head(key, partition)) is not None:
        value = None
        # What the head or a change is told from may be damaged, or no change may tell it: the full form needs neither.
        with suppress(DamagedValueError, UntellableError):
            value = _call_update(snapshot, spec, head, changes, reader, context)
        if value is not None:
            return {key: NewContent(value=value, metadata=facts_of(spec, context, gaps, config), mode=INCREMENTAL)}
    value = _call_compute(spec, reader, context, config)
    metadata = facts_of(spec, context, gaps, config)
    return {each: NewContent(value=new, metadata=metadata, mode=FULL) for each, new in value.items()}


def publish(
    snapshot: LedgerSnapshot, made: NewContent, lease: Lease, origin: Origin, causes: tuple[Cause, ...]
) -> StepOutcome:
    """Check new content and publish it, or find it unchanged, or keep it for inspection as rejected.

    What is made again and comes out the same is rejected too where a check rejects it now; then the head stays, marked.

    Raises RunCancelledError; then it is none of these.
    """
    organism, key, partition = snapshot.organism, lease.key, lease.partition
    head = snapshot.head(key, partition)
    content, write = organism.values.describe(made.value, base=_base(head), like=partial(_like, snapshot, key))
    number = head.version.number if head else None
    outcome = StepOutcome(
        key=key, partition=partition, outcome=Outcome.UNCHANGED, version=number, causes=causes, mode=made.mode
    )
    if head is not None and (
        content == head.version.fingerprint or within_tolerance(organism, head.version, made.value, organism.graph[key])
    ):
        if not is_intact(organism, head.version):
            write()
        snapshot.damaged.discard((key, partition))
        return _confirm(snapshot, head, made, lease, origin, outcome)
    checking = Checking(snapshot, key, partition, origin)
    provenance, results = provenance_of(snapshot, key, partition), check_new(checking, made.value)
    version = Version(
        key=key, partition=partition, number=0, fingerprint=content, made_at=organism.now(), run=origin.run,
        actor=origin.actor, trigger=origin.trigger, provenance=provenance, content=write(), metadata=made.metadata,
        checks=results,
    )  # fmt: skip
    if any(each.rejects for each in results):
        rejected = rejected_by(outcome, results)
        attempt = Attempt(
            outcome=Outcome.REJECTED, at=organism.now(), run=origin.run, provenance=provenance, error=rejected.error
        )
        with origin.cancellation.publishing():
            organism.ledger.record_attempt(key, partition, attempt, rejected=version)
        return rejected
    with origin.cancellation.publishing():
        published = organism.ledger.publish(lease, version)
    snapshot.set_head(key, partition, Head(version=published, latest=provenance, confirmed_at=published.made_at))
    return replace(outcome, outcome=Outcome.MADE, version=published.number)


def _confirm(
    snapshot: LedgerSnapshot, head: Head, made: NewContent, lease: Lease, origin: Origin, outcome: StepOutcome
) -> StepOutcome:
    """The head's content was made again: note from what, and what checks say of it now."""
    organism, key, partition = snapshot.organism, lease.key, lease.partition
    provenance = provenance_of(snapshot, key, partition)
    checking = Checking(snapshot, key, partition, origin)
    results = check_same(checking, made.value, head)
    with origin.cancellation.publishing():
        organism.ledger.confirm(lease, provenance, run=origin.run, at=organism.now(), metadata=made.metadata)
    confirmed = replace(head, latest=provenance, confirmed_at=organism.now(), attempt=None)
    snapshot.set_head(key, partition, confirmed)
    record_checks(snapshot, lease, results, origin)
    marked = replace(rejected_by(outcome, results), of_head=True)
    return marked if any(each.rejects for each in results) else outcome


def rejected_by(outcome: StepOutcome, results: Results) -> StepOutcome:
    """How the step ended where these checks reject the value."""
    failed = tuple(each for each in results if each.rejects)
    return replace(outcome, outcome=Outcome.REJECTED, error=reasons_text(failed), failed_checks=failed)


def _base(head: Head | None) -> Stored | None:
    """What a new version may be stored as a patch of."""
    if head is None or not head.version.kept or isinstance(head.version.content, AtBatch):
        return None
    return head.version.content


def _like(snapshot: LedgerSnapshot, key: str) -> Stored | None:
    """Another partition of an asset, the newest that can be read: its columns have the same types."""
    kept = (head for head in snapshot.all_heads(key).values() if head.version.kept)
    return _base(max(kept, key=lambda head: head.version.made_at, default=None))


def record_failure(snapshot: LedgerSnapshot, key: str, partition: str, origin: Origin, error: str) -> None:
    """Note that a make failed; the head stays where it is. Raises RunCancelledError."""
    provenance = snapshot.provenance(key, partition)
    attempt = Attempt(
        outcome=Outcome.FAILED, at=snapshot.organism.now(), run=origin.run, provenance=provenance, error=error
    )
    with origin.cancellation.publishing():
        snapshot.organism.ledger.record_attempt(key, partition, attempt)


def _call_compute(spec: AssetSpec, reader: InputReader, context: AssetContext, config: JsonObject) -> dict[str, object]:
    """New values by key."""
    assert spec.compute is not None
    arguments = {**{name: reader.load_all(read) for name, read in spec.arguments.items()}, **deepcopy(config)}
    if "context" in parameters_of(spec.compute):
        arguments["context"] = context
    with failing(spec, context.log_fault, authors=True):
        return outputs_of(spec, call(spec.compute, **arguments), context.outputs)


def _call_update(
    snapshot: LedgerSnapshot,
    spec: AssetSpec,
    head: Head,
    changes: Mapping[str, Change],
    reader: InputReader,
    context: AssetContext,
) -> Any:
    """The new value, or None where the update cannot."""
    assert spec.update is not None
    previous, config = load_value(snapshot.organism, head.version), snapshot.code[spec.key].config
    offered: dict[str, Callable[[], Any]] = {
        "previous": lambda: previous,
        "changes": lambda: _changes_by_parameter(spec, changes),
        "context": lambda: context,
        **{name: partial(reader.load_all, read) for name, read in spec.arguments.items()},
        **{name: partial(deepcopy, value) for name, value in config.items()},
    }
    wanted = parameters_of(spec.update)
    arguments = {name: offered[name]() for name in wanted if name in offered}
    with failing(spec, context.log_fault, authors=True):
        result = call(spec.update, **arguments)
        return None if result is None else apply_update(previous, result)


def _changes_by_parameter(spec: AssetSpec, changes: Mapping[str, Change]) -> dict[str, Any]:
    """Parameter -> what changed of its read; of a list of reads, key -> that. Without what did not change."""
    found: dict[str, Any] = {}
    for parameter, read in spec.arguments.items():
        if isinstance(read, str):
            found |= {parameter: changes[read].load()} if read in changes else {}
        elif changed := {key: changes[name].load() for key, name in read.items() if name in changes}:
            found[parameter] = changed
    return found


def facts_of(spec: AssetSpec, context: AssetContext, gaps: JsonObject, config: JsonObject) -> Metadata:
    """What the author says of new content, what of its inputs it was made without, and with which config."""
    facts = {}
    for name, value in {**spec.metadata, **context._metadata}.items():
        with failing(spec, context.log_fault, f"metadata {name!r} cannot be stored", authors=True):
            facts[name] = storable(stored_fact(value, name))
    named = {storable_text(str(name)): fact for name, fact in facts.items()}
    told = {"incomplete": gaps, "config": config}
    return named | {name: dict(each) for name, each in told.items() if each}
