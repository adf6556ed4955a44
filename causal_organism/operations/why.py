"""Why an asset is out of date, late, blocked or unwell, to the root."""

from __future__ import annotations

from typing import Any

from causal_organism.assets.definitions import SOURCE
from causal_organism.operations.judging import Cut, load_cut
from causal_organism.operations.listing import find_place, show_document
from causal_organism.ports import Organism

_TOLD = (
    "key", "partition", "status", "causes", "root_causes", "blocked_by", "attempt", "making", "freshness", "health",
    "health_reasons",
)  # fmt: skip


def why_document(organism: Organism, text: str, partition: str | None = None) -> dict[str, Any]:
    """organism.why/1 of an asset, or of one partition of it; `blockers` has a reason for each of `blocked_by`."""
    plain = "[" not in text and partition is None
    key, place, _ = (text, "", None) if plain else find_place(organism, text, partition)
    row = show_document(organism, key, place)
    cut = load_cut(organism)
    return {
        "schema": "organism.why/1",
        **{name: row[name] for name in _TOLD if name in row},
        "blockers": [{"key": other, "reason": _hindrance(cut, other)} for other in row["blocked_by"]],
    }


def _hindrance(cut: Cut, key: str) -> str:
    """What is the matter with an asset that keeps another from being made."""
    attempt = cut.latest_attempt(key)
    if attempt is not None:
        return f"{'was ' if attempt.outcome == 'rejected' else ''}{attempt.outcome}: {attempt.error}"
    if cut.organism.graph[key].kind == SOURCE:
        return "has nothing yet: no import was made and no interaction seen"
    return "was never made"
