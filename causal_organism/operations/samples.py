"""What the last make of a sample said of itself, also where its numbers stayed the same and nothing was published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.keys import label_of
from causal_organism.assets.versions import Head
from causal_organism.ports import Organism

TAG = "progressive"


def note_sample(
    organism: Organism, spec: AssetSpec, partition: str, metadata: Mapping[str, Any], version: int | None
) -> None:
    """Remember what a make said that gave the head's content again; otherwise nobody would know how far it got."""
    if TAG in spec.tags:
        organism.ledger.set_fact(_name(spec.key, partition), {"version": version, "metadata": dict(metadata)})


def is_sample(organism: Organism, head: Head) -> bool:
    """Whether the last make that gave the head's content called it a sample."""
    noted = organism.ledger.fact(_name(head.version.key, head.version.partition))
    known = noted["metadata"] if noted and noted["version"] == head.version.number else head.version.metadata
    return known.get("exact") is False


def _name(key: str, partition: str) -> str:
    return f"sample {label_of(key, partition)}"
