"""Proposals as they stand: what the last make of `interventions/proposals` says, and what people did with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.operations.contents import load_value
from causal_organism.ports import Organism

KEY = "interventions/proposals"


def load_proposals(organism: Organism) -> tuple[Mapping[str, Any], ...]:
    """The proposals of the head, best first; empty where none were made."""
    head = organism.ledger.heads_of([KEY]).get(KEY)
    if head is None or not head.version.kept:
        return ()
    value = load_value(organism, head.version)
    made_at = head.version.made_at.isoformat()
    evidence = [f"{key}@{each.number}" for key, each in sorted(head.version.provenance.inputs.items()) if each]
    return tuple(
        {"state": "proposed", "proposed_at": made_at, **each, "evidence": evidence} for each in value["proposals"]
    )
