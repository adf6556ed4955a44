"""Whether a panel's inputs speak of the same people: ids that are nearly the same, and outcomes of unknown people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from causal_organism.causal.panel import to_columns
from causal_organism.causal.person_weeks.weeks import text_codes
from causal_organism.network.identities import near_duplicates

SHOWN = 20


def people_facts(weekly: Any, people: Any, outcomes: Any) -> dict[str, Any]:
    """For the panel's metadata: `near_duplicates` among everybody who is named, `unmatched` people with outcomes, and
    some of each. Nothing where all is well. Cost: the distinct ids.
    """
    ties, roster, measured = (to_columns(each) for each in (weekly, people, outcomes))
    named = {name: _distinct(table, column) for name, table, column in (
        ("roster", roster, "id"), ("outcomes", measured, "id"), ("source", ties, "source"), ("target", ties, "target"),
    )}  # fmt: skip
    near = near_duplicates(each for ids in named.values() for each in ids)
    known = set(named["roster"])
    unmatched = [each for each in named["outcomes"] if each not in known]
    facts: dict[str, Any] = {}
    if near.count:
        facts["near_duplicates"] = near.count
        facts["near_duplicates_examples"] = [list(pair) for pair in near.pairs[:SHOWN]]
    if unmatched:
        facts["unmatched"] = len(unmatched)
        facts["unmatched_examples"] = unmatched[:SHOWN]
    return facts


def coverage_facts(panel: Mapping[str, Any]) -> dict[str, Any]:
    """For the panel's metadata: `rows` (people's weeks), of which `left_out` by reason, and weeks missing between."""
    reasons, counts = np.unique(panel["left_out"].astype(str), return_counts=True)
    found = {str(reason): int(count) for reason, count in zip(reasons, counts, strict=True) if reason}
    weeks = np.unique(panel["week_index"])
    facts: dict[str, Any] = {"people_weeks": len(panel["id"]), "left_out": found}
    if gaps := int((weeks[-1] - weeks[0] + 1) - len(weeks)):
        facts["weeks_missing"] = gaps
    return facts


def _distinct(table: Any, column: str) -> list[str]:
    return sorted(text_codes(table[column])[1].tolist()) if column in table else []
