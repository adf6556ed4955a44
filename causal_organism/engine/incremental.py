"""The incremental form: which inputs changed by what, and what an update gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from causal_organism.assets.deltas import Delta
from causal_organism.assets.partitions.mappings import One, Resolved
from causal_organism.assets.versions import InputVersion, Version
from causal_organism.engine.contents import is_intact
from causal_organism.engine.differences import difference, patch
from causal_organism.engine.snapshot import Cut
from causal_organism.ports import Organism


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one input, read when it is asked for."""

    load: Callable[[], Any]


def can_update(cut: Cut, key: str, partition: str = "") -> bool:
    """Whether the incremental form fits: same code, and every change of an input can be told."""
    return changes_of(cut, key, partition) is not None


def changes_of(cut: Cut, key: str, partition: str = "") -> Mapping[str, Change] | None:
    """Parameter -> change, of inputs that changed since the head was made; None where the full form must run.

    The head must have been made from exactly the version where the change starts: its recorded input. What is read as
    several partitions at once has no change that can be told.
    """
    spec, head = cut.organism.graph[key], cut.head(key, partition)
    if spec.update is None or head is None or not head.version.kept or head.failed:
        return None
    if not is_intact(cut.organism, head.version):  # nothing to patch
        return None
    recorded, current = head.latest.inputs, cut.input_versions(key, partition)
    if head.latest.code_version != cut.code_versions[key] or set(recorded) != set(current):
        return None
    changes = {}
    for read, found in cut.resolved(key, partition):
        was, now = recorded[read.label], current[read.label]
        if was == now or (was is not None and now is not None and was.fingerprint == now.fingerprint):
            continue
        change = _change_of(cut, found, was)
        if change is None:
            return None
        changes[read.parameter] = change
    return changes or None


def _change_of(cut: Cut, read: Resolved | None, was: InputVersion | None) -> Change | None:
    if was is None or was.number is None or not isinstance(read, One):
        return None
    head = cut.head(read.key, read.partition)
    before = cut.version(read.key, was.number, read.partition)
    if head is None or before is None or not before.kept or not is_intact(cut.organism, before):
        return None
    return _change(cut.organism, before, head.version)


def _change(organism: Organism, was: Version, now: Version) -> Change | None:
    if was.value.get("store") is None and was.key in organism.sources:
        delta = organism.sources[was.key].delta(was.value, now.value)
        return None if delta is None else Change(lambda: delta)
    return Change(lambda: difference(organism, was, now))


def apply_update(previous: Any, result: Any) -> Any:
    """A Delta patches the previous value; anything else replaces it."""
    return patch(previous, result) if isinstance(result, Delta) else result
