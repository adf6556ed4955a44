"""The incremental form: which inputs changed by what, and what an update gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from causal_organism.assets.deltas import Delta
from causal_organism.assets.versions import Version
from causal_organism.operations.differences import difference, patch
from causal_organism.operations.judging import Cut
from causal_organism.ports import Organism


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one input, read when it is asked for."""

    load: Callable[[], Any]


def can_update(cut: Cut, key: str) -> bool:
    """Whether the incremental form fits: same code, and every change of an input can be told."""
    return changes_of(cut, key) is not None


def changes_of(cut: Cut, key: str) -> Mapping[str, Change] | None:
    """Parameter -> change, of inputs that changed since the head was made; None where the full form must run.

    The head must have been made from exactly the version where the change starts: its recorded input.
    """
    spec, head = cut.organism.graph[key], cut.heads.get(key)
    if spec.update is None or head is None or not head.version.kept or head.failed:
        return None
    if head.latest.code_version != cut.code_versions[key] or set(head.latest.inputs) != set(spec.inputs):
        return None
    changes = {}
    for name, other in spec.reads.items():
        was, now = head.latest.inputs[other], cut.heads[other].version
        if was is None or was.number is None:
            return None
        if was.fingerprint == now.fingerprint:
            continue
        before = cut.organism.ledger.version(other, was.number)
        if before is None or not before.kept:
            return None
        change = _change(cut.organism, before, now)
        if change is None:
            return None
        changes[name] = change
    return changes or None


def _change(organism: Organism, was: Version, now: Version) -> Change | None:
    if was.value.get("store") is None and was.key in organism.sources:
        delta = organism.sources[was.key].delta(was.value, now.value)
        return None if delta is None else Change(lambda: delta)
    return Change(lambda: difference(organism, was, now))


def apply_update(previous: Any, result: Any) -> Any:
    """A Delta patches the previous value; anything else replaces it."""
    return patch(previous, result) if isinstance(result, Delta) else result
