"""Look at sources, and record what was seen as versions of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from causal_organism.assets.definitions import Looked
from causal_organism.assets.outcomes import Outcome
from causal_organism.assets.partitions.dimensions import member_names, sources_of
from causal_organism.assets.versions import Attempt, CheckResult, Head, Provenance, Version, fingerprint
from causal_organism.documents.refreshes import ObservedRow
from causal_organism.engine.checks.heads import record as record_checks
from causal_organism.engine.checks.running import Checking, Results, check_seen
from causal_organism.engine.contents import is_intact, load_content
from causal_organism.engine.faults import ComputeError, call, failing, outputs_of
from causal_organism.engine.leases import hold_waiting
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import LedgerSnapshot
from causal_organism.errors import LeaseHeldError, StoreError
from causal_organism.ports import Engine, Lease, Look

SOURCE_PROVENANCE = Provenance(code_version="source", inputs={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one look at a source gave. `version` is None for a source that nothing was ever seen in."""

    key: str
    version: int | None
    changed: bool
    error: str | None = None
    failed_checks: tuple[CheckResult, ...] = ()

    def to_document(self) -> ObservedRow:
        return {
            "key": self.key,
            "version": self.version,
            "changed": self.changed,
            "error": self.error,
            "failed_checks": [
                {"name": each.name, "detail": each.detail, "blocking": each.blocking} for each in self.failed_checks
            ],
        }


def observe(snapshot: LedgerSnapshot, keys: Collection[str], origin: Origin) -> tuple[Observation, ...]:
    """Look at these sources, in order of the graph; publish a version of each whose content changed, and record what
    its checks say and when it was looked at.

    A source that fails is recorded as failed and keeps its head. One that a check rejects is published all the same,
    and marked: what it shows is what there is. Raises StoreError if the ledger is away, RefusedError where nothing may
    be recorded, OtherValuesError, RunCancelledError.
    """
    organism = snapshot.organism
    organism.settings.refuse_changes()
    organism.values.require_own()  # before anything that reads these sources is made, too
    found = []
    for key in organism.graph.in_order(keys):
        with origin.cancellation.making():
            found.append(_observe_one(snapshot, key, origin))
    if found:
        organism.ledger.record_looks([each.key for each in found], at=organism.now())
    return tuple(found)


def _observe_one(snapshot: LedgerSnapshot, key: str, origin: Origin) -> Observation:
    organism, head = snapshot.organism, snapshot.heads.get(key)
    number = head.version.number if head else None
    ours = organism.graph[key].compute is None
    try:
        with failing(organism.graph[key], partial(origin.say_fault, key), authors=not ours):
            seen = _look(organism, key) if ours else _call(organism, key)
            _repair(organism, head, seen)
            results = _check(snapshot, key, seen, origin)
    except (ComputeError, StoreError) as error:
        return _failed(organism, key, number, error.message, origin)
    if seen is None or (head is not None and _is_known(head, seen, results)):
        # A pulse publishes before it looks, and what it published is what its run saw changed.
        ours_new = head is not None and origin.run is not None and head.version.run == origin.run
        return _seen(key, number, results, changed=ours_new)
    wait_s = 0.0 if ours else organism.settings.lease_wait_s
    try:
        with (
            hold_waiting(organism, (key,), holder=origin.run or origin.actor, wait_s=wait_s) as leases,
            failing(organism.graph[key]),
        ):
            return _record(snapshot, leases[key], seen, results, origin)
    except LeaseHeldError:
        if ours:  # a pulse is at it, and publishes itself
            return _seen(key, number, results, changed=False)
        raise
    except (ComputeError, StoreError) as error:  # where the ledger is what is away, this cannot be recorded either
        return _failed(organism, key, number, error.message, origin)


def _is_known(head: Head, seen: Look, results: Results) -> bool:
    """Whether the ledger knows all of it already."""
    return head.version.fingerprint == seen.fingerprint and not head.failed and head.checks == results


def _seen(key: str, number: int | None, results: Results, *, changed: bool) -> Observation:
    failed = tuple(each for each in results if not each.passed)
    return Observation(key=key, version=number, changed=changed, failed_checks=failed)


def _check(snapshot: LedgerSnapshot, key: str, seen: Look | None, origin: Origin) -> Results:
    if seen is None or not snapshot.graph[key].checks:
        return ()
    asked = Checking(snapshot, key, origin=origin)
    if snapshot.graph[key].compute is not None:
        return check_seen(asked, seen.load, seen.fingerprint)
    return check_seen(asked, lambda: load_content(snapshot.organism, key, seen.write()), seen.fingerprint)


def _failed(organism: Engine, key: str, number: int | None, error: str, origin: Origin) -> Observation:
    attempt = Attempt(
        outcome=Outcome.FAILED, at=organism.now(), run=origin.run, provenance=SOURCE_PROVENANCE, error=error
    )
    with origin.cancellation.publishing():
        organism.ledger.record_attempt(key, "", attempt)
    return Observation(key=key, version=number, changed=False, error=error)


def _repair(organism: Engine, head: Head | None, seen: Look | None) -> None:
    """Store the head's content again where it is missing and was seen again."""
    if head is None or seen is None or not head.version.kept or head.version.fingerprint != seen.fingerprint:
        return
    if not is_intact(organism, head.version):
        seen.write()


def _look(organism: Engine, key: str) -> Look | None:
    if key not in organism.sources:
        raise StoreError(f"{key} is a source of the platform, which this deployment does not have")
    return organism.sources[key].look()


def _call(organism: Engine, key: str) -> Look:
    spec = organism.graph[key]
    assert spec.compute is not None
    seen = outputs_of(spec, call(spec.compute))[key]
    _check_members(organism, key, seen.value if isinstance(seen, Looked) else seen)
    if not isinstance(seen, Looked):
        content, write = organism.values.describe(seen)
        return Look(fingerprint=content, write=write, load=lambda: seen)
    _, write = organism.values.describe(seen.value)
    # The version is the author's; the content is found by its own fingerprint.
    return Look(
        fingerprint=fingerprint("looked", str(seen.version)),
        write=write,
        load=lambda: seen.value,
    )


def _check_members(organism: Engine, key: str, value: Any) -> None:
    """A source that names partitions fails where it names one that cannot be."""
    if any(key in sources_of(spec.partitions.values()) for spec in organism.graph.specs.values()):
        member_names(value, key)


def _record(snapshot: LedgerSnapshot, lease: Lease, seen: Look, results: Results, origin: Origin) -> Observation:
    organism, key = snapshot.organism, lease.key
    head = organism.ledger.heads_of([key]).get(key)
    if head is not None and head.version.fingerprint == seen.fingerprint:
        snapshot.set_head(key, "", head)
        if head.failed:
            with origin.cancellation.publishing():
                organism.ledger.confirm(lease, head.latest, run=origin.run, at=organism.now())
        record_checks(snapshot, lease, results, origin)
        return _seen(key, head.version.number, results, changed=False)
    version = Version(
        key=key, number=0, fingerprint=seen.fingerprint, made_at=organism.now(), run=origin.run, actor=origin.actor,
        trigger=origin.trigger, provenance=SOURCE_PROVENANCE, content=seen.write(), metadata=seen.metadata,
        checks=results,
    )  # fmt: skip
    with origin.cancellation.publishing():
        published = organism.ledger.publish(lease, version)
    return _seen(key, published.number, results, changed=True)
