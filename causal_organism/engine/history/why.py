"""Why an asset is out of date, late, blocked or unwell, to the root."""

from __future__ import annotations

from causal_organism.assets.keys import placed
from causal_organism.documents.assets import WhyDocument
from causal_organism.engine.hindrances import blocked_alone, reason_in
from causal_organism.engine.history.listing import show_document
from causal_organism.engine.history.version_names import find_ref
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.ports import Engine


def why_document(organism: Engine, text: str, partition: str | None = None) -> WhyDocument:
    """organism.why/1 of an asset, or of one partition of it; `blockers` has a reason for each of `blocked_by`."""
    plain = "[" not in text and partition is None
    key, part, _ = (text, "", None) if plain else find_ref(organism, text, partition)
    snapshot = load_snapshot(organism)
    row = show_document(organism, key, part, snapshot=snapshot)
    return {
        "schema": "organism.why/1",
        **placed(key, part),
        "status": row["status"],
        "causes": row["causes"],
        "root_causes": row["root_causes"],
        "blocked_by": row["blocked_by"],
        "failed_upstream": row["failed_upstream"],
        "attempt": row["attempt"],
        "making": row["making"],
        "behind": row["behind"],
        "looked_at": row["looked_at"],
        "checks": row["checks"],
        "freshness": row["freshness"],
        "health": row["health"],
        "health_reasons": row["health_reasons"],
        "blockers": [
            {**placed(each.key, each.partition), "reason": reason_in(snapshot, each)}
            for each in blocked_alone(snapshot, key, part)
        ],
    }
