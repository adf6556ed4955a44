"""A proposal on a copy of the world, before anybody decides: organism.simulation/1. Intervals are of 90 %."""

from typing import TypedDict

SimulatedGroup = TypedDict(
    "SimulatedGroup",
    {
        "group": str,
        "people": int,
        "unknown": int,
        "mean": float | None,
        "from": float | None,
        "to": float | None,
        "verdict": str,
    },
)
"""The mean change per person and week of a group, without the `unknown` ones among its people; None: of nobody."""

NetworkMeasure = TypedDict("NetworkMeasure", {"before": float, "from": float, "to": float})
"""A number of the network before, and after in nine of ten draws."""


class SimulatedPeople(TypedDict):
    """How many have the change, are touched by that of others, and are not touched; None: not known."""

    treated: int
    colleagues: int | None
    untouched: int | None


class SimulatedTreatment(TypedDict):
    """Means of those with the change; None: not known. The last: how many of them have not as many hours to lose."""

    variable: str
    before: float | None
    after: float | None
    fewer_hours_than_the_change: int | None


class SimulatedOutcome(TypedDict):
    """One outcome by group. `better` as in OutcomeChange."""

    outcome: str
    unit: str
    better: int
    groups: list[SimulatedGroup]


class GroupOutcome(TypedDict):
    """A group, and an outcome of it. `people` None: nobody has counted them."""

    group: str
    outcome: str
    people: int | None


class Simulation(TypedDict):
    """`weeks`: how many were taken once more; None: none, as a declared study has no meetings."""

    schema: str
    id: str
    title: str
    weeks: int | None
    people: SimulatedPeople
    treatment: SimulatedTreatment
    outcomes: list[SimulatedOutcome]
    network: dict[str, NetworkMeasure]
    winners: list[GroupOutcome]
    losers: list[GroupOutcome]
    unknown: list[GroupOutcome]


class SimulationDocument(Simulation):
    """organism.simulation/1: with the state of the intervention, and whether its evidence is `current` or `changed`."""

    state: str
    evidence: str
