"""A proposal that rests on a declared study, simulated: what the study expects, and what it cannot say.

Its people stand in a table of its own, which has no meetings and no ties: nothing is taken once more, and what the
change does to colleagues and to the network is not known.
"""

from __future__ import annotations

from causal_organism.documents.proposals import OutcomeChange, ProposalDraft
from causal_organism.documents.simulations import GroupOutcome, SimulatedGroup, SimulatedOutcome, Simulation
from causal_organism.interventions.simulation import (
    GAINS,
    LOSES,
    SCHEMA,
    TREATED,
    named,
    verdict_of,
)


def simulate_study(proposal: ProposalDraft) -> Simulation:
    """organism.simulation/1: the expected change of every outcome of the study with a 90 % interval. What is not known
    is null, and named."""
    outcomes = [_of_outcome(each, proposal) for each in (proposal["expected"], *proposal["guardrails"])]
    colleagues: list[GroupOutcome] = [
        {"group": "colleagues", "outcome": each["outcome"], "people": None} for each in outcomes
    ]
    return {
        "schema": SCHEMA,
        "id": proposal["id"],
        "title": proposal["title"],
        "weeks": None,
        "people": {"treated": proposal["people"], "colleagues": None, "untouched": None},
        "treatment": {
            "variable": proposal["contrast"]["variable"],
            "before": None,
            "after": None,
            "fewer_hours_than_the_change": None,
        },
        "outcomes": outcomes,
        "network": {},
        "winners": named(outcomes, GAINS),
        "losers": named(outcomes, LOSES),
        "unknown": [*colleagues, {"group": "everybody", "outcome": "network", "people": None}],
    }


def _of_outcome(expected: OutcomeChange, proposal: ProposalDraft) -> SimulatedOutcome:
    better, low, high = expected["better"], expected["lo"], expected["hi"]
    group: SimulatedGroup = {
        "group": f"{TREATED}: {proposal['target']}", "people": proposal["people"], "unknown": 0,
        "mean": expected["mean"], "from": low, "to": high, "verdict": verdict_of(better, low, high),
    }  # fmt: skip
    return {"outcome": expected["outcome"], "unit": expected["unit"], "better": better, "groups": [group]}
