"""The incremental form: which inputs changed by what, and what an update gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from causal_organism.assets.contents import AtBatch
from causal_organism.assets.deltas import Delta
from causal_organism.assets.partitions.mappings import One, Resolved
from causal_organism.assets.versions import InputVersion, Version
from causal_organism.engine.contents import batch_source, is_intact, load_value
from causal_organism.engine.snapshot import LedgerSnapshot
from causal_organism.engine.tables.frame_deltas import delta_between, patched
from causal_organism.ports import Engine


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one input, read when it is asked for."""

    load: Callable[[], Any]


def can_update(snapshot: LedgerSnapshot, key: str, partition: str = "") -> bool:
    """Whether the incremental form fits: same code, and every change of an input can be told."""
    return changes_of(snapshot, key, partition) is not None


def changes_of(snapshot: LedgerSnapshot, key: str, partition: str = "") -> Mapping[str, Change] | None:
    """Parameter -> change, of inputs that changed since the head was made; None where the full form must run.

    The head must have been made from exactly the version where the change starts: its recorded input. What is read as
    several partitions at once has no change that can be told.
    """
    spec, head = snapshot.organism.graph[key], snapshot.head(key, partition)
    if spec.update is None or head is None or not head.version.kept or head.failed:
        return None
    if (key, partition) in snapshot.damaged:  # nothing to patch
        return None
    recorded, current = head.latest.inputs, snapshot.input_versions(key, partition)
    if head.latest.code_version != snapshot.code[key].version or set(recorded) != set(current):
        return None
    changes = {}
    for read, found in snapshot.resolved(key, partition):
        was, now = recorded[read.label], current[read.label]
        if was == now or (was is not None and now is not None and was.fingerprint == now.fingerprint):
            continue
        change = _change_of(snapshot, found, was)
        if change is None:
            return None
        changes[read.parameter] = change
    return changes or None


def _change_of(snapshot: LedgerSnapshot, read: Resolved | None, was: InputVersion | None) -> Change | None:
    if was is None or was.number is None or not isinstance(read, One):
        return None
    head = snapshot.head(read.key, read.partition)
    before = snapshot.version(read.key, was.number, read.partition)
    if head is None or before is None or not before.kept or not is_intact(snapshot.organism, before):
        return None
    return _change(snapshot.organism, before, head.version)


def _change(organism: Engine, was: Version, now: Version) -> Change | None:
    if isinstance(was.content, AtBatch) and isinstance(now.content, AtBatch):
        delta = batch_source(organism, was.key).delta(was.content, now.content)
        return None if delta is None else Change(lambda: delta)
    if isinstance(was.content, AtBatch) or isinstance(now.content, AtBatch) or was.content.form != now.content.form:
        return None  # no Delta tells that
    return Change(lambda: delta_between(load_value(organism, was), load_value(organism, now)))


def apply_update(previous: Any, result: Any) -> Any:
    """A Delta patches the previous value; anything else replaces it."""
    return patched(previous, result) if isinstance(result, Delta) else result
