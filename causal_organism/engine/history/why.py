"""Why an asset is out of date, late, blocked or unwell, to the root."""

from __future__ import annotations

from typing import Any

from causal_organism.assets.keys import placed
from causal_organism.engine.hindrances import blocked_alone, reason_in
from causal_organism.engine.history.listing import show_document
from causal_organism.engine.history.version_names import find_ref
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.ports import Engine

_TOLD = (
    "key", "partition", "status", "causes", "root_causes", "blocked_by", "failed_upstream", "attempt", "making",
    "behind", "looked_at", "checks", "freshness", "health", "health_reasons",
)  # fmt: skip


def why_document(organism: Engine, text: str, partition: str | None = None) -> dict[str, Any]:
    """organism.why/1 of an asset, or of one partition of it; `blockers` has a reason for each of `blocked_by`."""
    plain = "[" not in text and partition is None
    key, part, _ = (text, "", None) if plain else find_ref(organism, text, partition)
    snapshot = load_snapshot(organism)
    row = show_document(organism, key, part, snapshot=snapshot)
    return {
        "schema": "organism.why/1",
        **{name: row[name] for name in _TOLD if name in row},
        "blockers": [
            {**placed(each.key, each.partition), "reason": reason_in(snapshot, each)}
            for each in blocked_alone(snapshot, key, part)
        ],
    }
