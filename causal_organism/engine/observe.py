"""Look at sources, and record what was seen as versions of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from causal_organism.assets.definitions import Looked
from causal_organism.assets.partitions.dimensions import member_names, sources_of
from causal_organism.assets.versions import Attempt, Head, Provenance, Version, fingerprint
from causal_organism.engine.cancelling import Cancellation
from causal_organism.engine.contents import is_intact
from causal_organism.engine.faults import ComputeError, failing, outputs_of
from causal_organism.engine.leases import hold_waiting
from causal_organism.errors import LeaseHeldError, StoreError
from causal_organism.ports import Lease, Look, Organism

SOURCE_PROVENANCE = Provenance(code_version="source", inputs={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one look at a source gave. `version` is None for a source that nothing was ever seen in."""

    key: str
    version: int | None
    changed: bool
    error: str | None = None

    def to_document(self) -> dict[str, Any]:
        return {"key": self.key, "version": self.version, "changed": self.changed, "error": self.error}


def observe(
    organism: Organism,
    keys: Collection[str],
    heads: Mapping[str, Head],
    *,
    actor: str,
    trigger: str,
    run: str | None = None,
    cancellation: Cancellation | None = None,
) -> tuple[Observation, ...]:
    """Look at these sources, in order of the graph; publish a version of each whose content changed.

    A source that fails is recorded as failed and keeps its head. Raises StoreError if the ledger is away, RefusedError
    where nothing may be recorded, OtherValuesError, RunCancelledError.
    """
    organism.settings.refuse_changes()
    organism.values.require_own()  # before anything that reads these sources is made, too
    cancellation = cancellation or Cancellation()
    found = []
    for key in organism.graph.in_order(keys):
        with cancellation.making():
            found.append(
                _observe_one(
                    organism, key, heads.get(key), actor=actor, trigger=trigger, run=run, cancellation=cancellation
                )
            )
    return tuple(found)


def _observe_one(
    organism: Organism,
    key: str,
    head: Head | None,
    *,
    actor: str,
    trigger: str,
    run: str | None,
    cancellation: Cancellation,
) -> Observation:
    number = head.version.number if head else None
    ours = organism.graph[key].compute is None
    try:
        with failing(organism.graph[key], authors=not ours):
            seen = _look(organism, key) if ours else _call(organism, key)
            _repair(organism, head, seen)
    except (ComputeError, StoreError) as error:
        return _failed(organism, key, number, error.message, run, cancellation)
    if seen is None or (head is not None and head.version.fingerprint == seen.fingerprint and not head.failed):
        # A pulse publishes before it looks, and what it published is what its run saw changed.
        ours_new = head is not None and run is not None and head.version.run == run
        return Observation(key=key, version=number, changed=ours_new)
    wait_s = 0.0 if ours else organism.settings.lease_wait_s
    try:
        with (
            hold_waiting(organism, (key,), holder=run or actor, wait_s=wait_s) as leases,
            failing(organism.graph[key]),
        ):
            return _record(
                organism, leases[key], seen, actor=actor, trigger=trigger, run=run, cancellation=cancellation
            )
    except LeaseHeldError:
        if ours:  # a pulse is at it, and publishes itself
            return Observation(key=key, version=number, changed=False)
        raise
    except (ComputeError, StoreError) as error:  # where the ledger is what is away, this cannot be recorded either
        return _failed(organism, key, number, error.message, run, cancellation)


def _failed(
    organism: Organism, key: str, number: int | None, error: str, run: str | None, cancellation: Cancellation
) -> Observation:
    attempt = Attempt(outcome="failed", at=organism.now(), run=run, provenance=SOURCE_PROVENANCE, error=error)
    with cancellation.publishing():
        organism.ledger.record_attempt(key, "", attempt)
    return Observation(key=key, version=number, changed=False, error=error)


def _repair(organism: Organism, head: Head | None, seen: Look | None) -> None:
    """Store the head's content again where it is missing and was seen again."""
    if head is None or seen is None or not head.version.kept or head.version.fingerprint != seen.fingerprint:
        return
    if not is_intact(organism, head.version):
        seen.write()


def _look(organism: Organism, key: str) -> Look | None:
    if key not in organism.sources:
        raise StoreError(f"{key} is a source of the platform, which this deployment does not have")
    return organism.sources[key].look()


def _call(organism: Organism, key: str) -> Look:
    spec = organism.graph[key]
    assert spec.compute is not None
    seen = outputs_of(spec, spec.compute())[key]
    _check_members(organism, key, seen.value if isinstance(seen, Looked) else seen)
    if not isinstance(seen, Looked):
        content, write = organism.values.describe(seen)
        return Look(fingerprint=content, write=write)
    content, write = organism.values.describe(seen.value)
    # The version is the author's; the content is found by its own fingerprint.
    return Look(fingerprint=fingerprint("looked", str(seen.version)), write=lambda: {**write(), "content": content})


def _check_members(organism: Organism, key: str, value: Any) -> None:
    """A source that names partitions fails where it names one that cannot be."""
    if any(key in sources_of(spec.partitions.values()) for spec in organism.graph.specs.values()):
        member_names(value, key)


def _record(
    organism: Organism,
    lease: Lease,
    seen: Look,
    *,
    actor: str,
    trigger: str,
    run: str | None,
    cancellation: Cancellation,
) -> Observation:
    key = lease.key
    head = organism.ledger.heads_of([key]).get(key)
    if head is not None and head.version.fingerprint == seen.fingerprint:
        with cancellation.publishing():
            organism.ledger.confirm(lease, head.latest, run=run, at=organism.now())
        return Observation(key=key, version=head.version.number, changed=False)
    version = Version(
        key=key,
        number=0,
        fingerprint=seen.fingerprint,
        made_at=organism.now(),
        run=run,
        actor=actor,
        trigger=trigger,
        provenance=SOURCE_PROVENANCE,
        value=seen.write(),
        metadata=seen.metadata,
    )
    with cancellation.publishing():
        published = organism.ledger.publish(lease, version)
    return Observation(key=key, version=published.number, changed=True)
