"""What may be planted in a generated organisation, and what an honest analysis has to say of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.synthetic.structure import MANAGER, Structure

Floats = NDArray[np.float64]
HOLIDAYS, HOLIDAY_FOCUS, HOLIDAY_SEEN = (8, 17), 0.2, 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Strengths, 0 for none. `hidden`, `team_shock`: causes of meetings and focus that nobody measured, of a person and
    of a team's week. `control`: how much the load matters; `seen`: how much of the measured load is the true one.
    `spillover`: hours of focus per hour of meetings of the others in the team. `harmed`: share of people whose focus
    meetings help. `late_harm`: hours fewer in meetings become work in the evening. `rho`: how alike neighbouring weeks
    are. `outages`: share of people's weeks without a calendar. `break_at`: week from which focus is in minutes."""

    hidden: float = 0.0
    team_shock: float = 0.0
    control: float = 1.0
    seen: float = 1.0
    spillover: float = 0.0
    harmed: float = 0.0
    late_harm: float = 0.0
    rho: float = 0.3
    outages: float = 0.0
    holidays: bool = False
    break_at: int | None = None
    one_role: bool = False
    no_effect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`says`: the reason code, or the verdict where there is none, that a planted case has to be given."""

    planted: Planted
    says: str
    about: str


CASES: Mapping[str, Case] = {
    "honest": Case(planted=Planted(), says="supported", about="nothing but the effects"),
    "null": Case(planted=Planted(no_effect=True), says="interval-includes-zero", about="no effect in any role"),
    "hidden-person": Case(
        planted=Planted(hidden=1.0), says="lead-placebo", about="what nobody measured moves meetings and focus"
    ),
    "hidden-weak-control": Case(
        planted=Planted(hidden=1.0, control=0.05), says="lead-placebo",
        about="the same, and the measured load is next to irrelevant",
    ),
    "hidden-noisy-control": Case(
        planted=Planted(hidden=1.0, seen=0.7), says="lead-placebo", about="the same, the load measured with noise"
    ),
    "team-shock": Case(
        planted=Planted(team_shock=1.0), says="spillover",
        about="weeks that bring a whole team meetings and take its focus",
    ),
    "spillover": Case(
        planted=Planted(spillover=0.8), says="spillover", about="the meetings of colleagues give time back"
    ),
    "harmed-minority": Case(
        planted=Planted(harmed=0.15), says="supported", about="one in seven focuses more with more meetings"
    ),
    "late-harm": Case(
        planted=Planted(late_harm=0.02), says="guardrail", about="fewer meetings mean more work in the evening"
    ),
    "autocorrelated": Case(planted=Planted(rho=0.8), says="supported", about="neighbouring weeks are very much alike"),
    "outages": Case(planted=Planted(outages=0.3), says="not-covered", about="calendars that were not taken in"),
    "holidays": Case(planted=Planted(holidays=True), says="not-covered", about="two weeks off at one site"),
    "unit-break": Case(planted=Planted(break_at=13), says="unit-break", about="focus in minutes from some week on"),
    "one-role": Case(planted=Planted(one_role=True), says="supported", about="everybody has the same role"),
}  # fmt: skip


def harmed_people(rng: np.random.Generator, structure: Structure, planted: Planted) -> NDArray[np.bool_]:
    return np.asarray((rng.random(structure.size) < planted.harmed) & (structure.role != MANAGER), dtype=bool)


def mean_of_others(structure: Structure, hours: Floats) -> Floats:
    """By person and week: mean hours of the others in the team; 0 without any."""
    teams = int(structure.team.max()) + 1
    total = np.zeros((teams, hours.shape[1]))
    np.add.at(total, structure.team, hours)
    size = np.bincount(structure.team)[structure.team][:, None]
    return np.where(size > 1, (total[structure.team] - hours) / np.maximum(size - 1, 1), 0.0)


def spoil_interactions(
    rng: np.random.Generator, rows: Mapping[str, Any], structure: Structure, planted: Planted, week: NDArray[np.int64]
) -> dict[str, Any]:
    """Without the meetings of calendars that were not taken in, and without most of what holidays stop."""
    ids = structure.columns["id"]
    place = np.searchsorted(ids, rows["target"])
    lost = np.zeros(len(place), dtype=bool)
    if planted.outages:
        unseen = rng.random((structure.size, int(week.max()) + 1)) < planted.outages
        lost |= (rows["kind"] == "meeting") & unseen[place, week]
    if planted.holidays:
        away = np.isin(week, HOLIDAYS) & (structure.columns["site"][place] == _site(structure))
        lost |= away & (rng.random(len(place)) > HOLIDAY_SEEN)
    return {name: values[~lost] for name, values in rows.items()}


def spoil_outcomes(
    outcomes: dict[str, Any], structure: Structure, planted: Planted, weeks: list[str]
) -> dict[str, Any]:
    """Focus as it was measured: less in holidays, in minutes from a week on."""
    focus = outcomes["focus_h"].copy()
    if planted.holidays:
        site = structure.columns["site"][np.searchsorted(structure.columns["id"], outcomes["id"])]
        free = np.isin(outcomes["week"], [weeks[each] for each in HOLIDAYS if each < len(weeks)])
        focus = np.where(free & (site == _site(structure)), HOLIDAY_FOCUS * focus, focus)
    if planted.break_at is not None and planted.break_at < len(weeks):
        late = np.isin(outcomes["week"], weeks[planted.break_at :])
        focus = np.where(late, 60 * focus, focus)
    return outcomes | {"focus_h": focus}


def _site(structure: Structure) -> str:
    names, counts = np.unique(structure.columns["site"], return_counts=True)
    return str(names[np.argmax(counts)])
