"""What the console may do: decisions are in the name of who is at it, and none is made where it is read-only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from causal_organism.assets.definitions import asset
from causal_organism.errors import RefusedError
from causal_organism.operations.console import Console
from causal_organism.operations.refresh import refresh_local
from causal_organism.stores.memory_interventions import MemoryInterventions
from tests.operations.organisms import memory_organism

PROPOSAL = {
    "id": "abcd", "title": "pair them", "expected": {"outcome": "o", "mean": 1.0, "lo": 0.5, "hi": 1.5, "unit": "h"},
}  # fmt: skip


def test_a_decision_is_written_down_with_person_and_reason() -> None:
    proposals = asset(key="interventions/proposals", code_version="1")(lambda: {"proposals": [PROPOSAL]})
    organism: Any = memory_organism((proposals,))
    organism.interventions = MemoryInterventions()
    refresh_local(organism, "*", actor="bo")
    console = Console(organism, status=dict, close=lambda: None)

    console.decide("abcd", "reject", "too dear")

    assert [each["state"] for each in console.proposals()] == ["rejected"]
    entry = organism.ledger.audit_log()[0]
    assert (entry.actor, entry.action, entry.detail["reason"]) == ("ana", "intervention.reject", "too dear")
    organism.settings = replace(organism.settings, read_only=True)
    with pytest.raises(RefusedError, match="read-only"):
        console.decide("abcd", "approve")
