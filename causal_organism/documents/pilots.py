"""Pilots and actions that were started by lot, and what they did. Weeks are ISO weeks, like `2026-W07`."""

from typing import Literal, NotRequired, TypedDict

from causal_organism.documents.proposals import Expected

PilotVerdict = Literal["effective", "no-effect", "harmful", "inconclusive"]

Measured = TypedDict(
    "Measured", {"effect": float | None, "from": float | None, "to": float | None, "error": float | None}
)
"""The change per person and week, with a 95 % interval and its standard error; all None: not measured."""

ExpectedTotal = TypedDict(
    "ExpectedTotal", {"own": float | None, "spillover": float | None, "total": float, "from": float, "to": float}
)
"""Of what was expected, what stands beside a result."""


class StartedRow(TypedDict):
    """What was started, with its lots, as `interventions/started` has it. `ended` and `ended_by` (finish or stop) are
    None while it goes on."""

    id: str
    type: str
    proposes: str
    target: str
    outcome: str
    unit: str
    expected: Expected
    people: int
    cost_h: float | None
    teams: list[str]
    target_ids: list[str]
    delta: float
    study: str | None
    treated_teams: list[str]
    held_out_teams: list[str]
    began: str
    ended: str | None
    ended_by: str | None


class PilotMeasurement(TypedDict):
    """How many teams had the change and how many were held out, what it did, and what follows from that."""

    treated: int
    held_out: int
    measured: Measured
    verdict: PilotVerdict


class OtherOutcome(TypedDict):
    """What it did to an outcome that it was not made for; `better` and `least` as in OutcomeChange."""

    outcome: str
    unit: str
    better: int
    least: float
    measured: Measured
    verdict: PilotVerdict


class Evaluation(PilotMeasurement):
    """`alarm`: whether what was expected and what was measured exclude each other; None: that is not known."""

    others: list[OtherOutcome]
    alarm: bool | None


class AboutPilot(TypedDict):
    """What a result is about. `delta`: the change of the treatment. `treated` and `held_out`: numbers of teams, of what
    was measured."""

    id: str
    type: str
    proposes: str
    target: str
    delta: float
    outcome: str
    unit: str
    people: int
    cost_h: float | None
    teams: list[str]
    expected: Expected
    ended: str | None
    treated: NotRequired[int]
    held_out: NotRequired[int]


class PilotResult(AboutPilot):
    """One row of organism.intervention-results/1. Of what goes on, or whose last week is not there yet, nothing is
    measured, and `verdict` is None."""

    state: str
    measured: Measured
    verdict: PilotVerdict | None
    others: list[OtherOutcome]
    alarm: bool | None


class Calibration(TypedDict):
    """Of one type: how many were measured, the slope of measured on expected changes (None: none was measured), how
    many did something else than expected, and whether that suspends it."""

    measured: int
    slope: float | None
    alarms: int
    suspended: bool


class ResultsDocument(TypedDict):
    """organism.intervention-results/1: `results` in order of their end, those that go on last; `types` by type."""

    schema: str
    results: list[PilotResult]
    types: dict[str, Calibration]


class ResultDocument(Evaluation):
    """organism.intervention-result/1: one intervention, as far as it has gone."""

    schema: str
    id: str
    state: str
    design: str
    outcome: str
    unit: str
    expected: ExpectedTotal
    grade: str
