"""What a plan leads to: what it leaves out of date, and how often such makes changed nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from causal_organism.assets.outcomes import Outcome
from causal_organism.ports import Organism

LOOKED_BACK, MOST_STEPS = 10, 12
"""Makes of an asset that are looked at, and steps of a plan for which that is done: a query for each make."""


def with_consequences(organism: Organism, plan: Mapping[str, Any]) -> dict[str, Any]:
    """A plan with `stale_after` (what reads what is made, and is not made itself), and of its first steps `unchanged`
    and `makes`: so many of so many last makes gave the content that was there."""
    keys = list(dict.fromkeys(str(step["key"]) for step in plan["steps"]))
    after = organism.graph.in_order(organism.graph.walk_down(keys) - set(keys))
    history = {key: _last_outcomes(organism, key) for key in keys[:MOST_STEPS]}
    steps = [
        {**step, "makes": len(known), "unchanged": known.count(Outcome.UNCHANGED)}
        if (known := history.get(step["key"]))
        else step
        for step in plan["steps"]
    ]
    return {**plan, "steps": steps, "stale_after": list(after)}


def _last_outcomes(organism: Organism, key: str) -> Sequence[str]:
    """How the last makes of an asset ended that made something, newest first."""
    found = []
    for run in organism.ledger.runs_with(key, limit=LOOKED_BACK):
        found += [step.outcome for step in organism.ledger.steps(run) if step.key == key]
    return [outcome for outcome in found if outcome in (Outcome.MADE, Outcome.UNCHANGED)][:LOOKED_BACK]
