"""Whether a panel's inputs speak of the same people: ids that are nearly the same, and outcomes of unknown people."""

from __future__ import annotations

from typing import NotRequired, TypedDict

import numpy as np

from causal_organism.causal.panel import Table, to_columns
from causal_organism.causal.person_weeks.weeks import text_codes
from causal_organism.causal.within import Columns
from causal_organism.network.identities import near_duplicates

SHOWN = 20


class PeopleFacts(TypedDict, total=False):
    """Of the panel's metadata: near-duplicates among everybody who is named, people with outcomes who are not in the
    roster, and some of each; nothing where all is well."""

    near_duplicates: int
    near_duplicates_examples: list[list[str]]
    unmatched: int
    unmatched_examples: list[str]


class CoverageFacts(TypedDict):
    """Of the panel's metadata: its rows, how many of them have no hours, by reason, and weeks missing between others;
    the last only where there are some."""

    people_weeks: int
    left_out: dict[str, int]
    weeks_missing: NotRequired[int]


def people_facts(weekly: Table, people: Table, outcomes: Table) -> PeopleFacts:
    """Cost: the distinct ids."""
    ties, roster, measured = (to_columns(each) for each in (weekly, people, outcomes))
    named = {name: _distinct(table, column) for name, table, column in (
        ("roster", roster, "id"), ("outcomes", measured, "id"), ("source", ties, "source"), ("target", ties, "target"),
    )}  # fmt: skip
    near = near_duplicates(each for ids in named.values() for each in ids)
    known = set(named["roster"])
    unmatched = [each for each in named["outcomes"] if each not in known]
    facts: PeopleFacts = {}
    if near.count:
        facts["near_duplicates"] = near.count
        facts["near_duplicates_examples"] = [list(pair) for pair in near.pairs[:SHOWN]]
    if unmatched:
        facts["unmatched"] = len(unmatched)
        facts["unmatched_examples"] = unmatched[:SHOWN]
    return facts


def coverage_facts(panel: Columns) -> CoverageFacts:
    reasons, counts = np.unique(panel["left_out"].astype(str), return_counts=True)
    found = {str(reason): int(count) for reason, count in zip(reasons, counts, strict=True) if reason}
    weeks = np.unique(panel["week_index"])
    facts: CoverageFacts = {"people_weeks": len(panel["id"]), "left_out": found}
    if gaps := int((weeks[-1] - weeks[0] + 1) - len(weeks)):
        facts["weeks_missing"] = gaps
    return facts


def _distinct(table: Columns, column: str) -> list[str]:
    return sorted(text_codes(table[column])[1].tolist()) if column in table else []
