"""What may be planted in a generated organisation, and what an honest analysis has to say of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.synthetic.interactions import KINDS, Interactions
from causal_organism.synthetic.structure import MANAGER, Structure
from causal_organism.synthetic.truth import RuleTruth

Floats = NDArray[np.float64]
HOLIDAYS, HOLIDAY_FOCUS, HOLIDAY_SEEN = (8, 17), 0.2, 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Meeting hours that people have more a week from a week on (less, if negative). Whoever they are, what came before
    is the same: a world can be looked at, changed, and looked at again."""

    week: int  # from 0
    people: tuple[str, ...] = ()
    hours: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Strengths, 0 for none. `hidden`, `team_shock`: causes of meetings and focus that nobody measured, of a person and
    of a team's week. `control`: how much the load matters; `seen`: how much of the measured load is the true one.
    `spillover`: hours of focus per hour of meetings of the others in the team. `harmed`: share of people whose focus
    meetings help. `late_harm`: hours fewer in meetings become work in the evening. `rho`: how alike neighbouring weeks
    are. `outages`: share of people's weeks without a calendar. `break_at`: week from which focus is in minutes.
    `policy_h`: hours of focus that a rule gives the teams that have it, each from a week of its own, or all at once.
    `on_call`: hours of meetings that a week on call takes, and of focus."""

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
    policy_h: float = 0.0
    on_call: float = 0.0
    policy_at_once: bool = False
    change: Change | None = None


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
    "staggered-policy": Case(
        planted=Planted(policy_h=2.0), says="supported",
        about="teams take up a rule one after the other, a third never: policy.csv, kind staggered",
    ),
    "sharp-policy": Case(
        planted=Planted(policy_h=2.0, policy_at_once=True), says="supported",
        about="half of the teams get a rule in one week: policy.csv, kind policy",
    ),
    "on-call": Case(
        planted=Planted(on_call=4.0), says="supported", about="weeks on call bring fewer meetings and less focus"
    ),
    "one-role": Case(planted=Planted(one_role=True), says="supported", about="everybody has the same role"),
}  # fmt: skip


def harmed_people(rng: np.random.Generator, structure: Structure, planted: Planted) -> NDArray[np.bool_]:
    return np.asarray((rng.random(structure.size) < planted.harmed) & (structure.role != MANAGER), dtype=bool)


def policy_weeks(rng: np.random.Generator, structure: Structure, planted: Planted, weeks: int) -> NDArray[np.int64]:
    """By person: the week from which the team has the rule; `weeks`: never. Between a third and two thirds of the time,
    so that there is enough before and after."""
    teams = int(structure.team.max()) + 1
    order = rng.permutation(teams)
    if planted.policy_at_once:
        first = np.where(order < teams // 2, weeks // 2, weeks)
    else:
        first = np.where(
            order < teams // 3, weeks, rng.integers(weeks // 3, max(2 * weeks // 3, weeks // 3 + 1), teams)
        )
    return np.asarray(first[structure.team] if planted.policy_h else np.full(structure.size, weeks), dtype=np.int64)


def mean_of_others(structure: Structure, hours: Floats) -> Floats:
    """By person and week: mean hours of the others in the team; 0 without any."""
    teams = int(structure.team.max()) + 1
    total = np.zeros((teams, hours.shape[1]))
    np.add.at(total, structure.team, hours)
    size = np.bincount(structure.team)[structure.team][:, None]
    return np.where(size > 1, (total[structure.team] - hours) / np.maximum(size - 1, 1), 0.0)


def spoil_interactions(
    rng: np.random.Generator, rows: Interactions, structure: Structure, planted: Planted, week: NDArray[np.int64]
) -> Interactions:
    """Without the meetings of calendars that were not taken in, and without most of what holidays stop."""
    if not planted.outages and not planted.holidays:
        return rows
    place = rows.target
    lost = np.zeros(len(place), dtype=bool)
    if planted.outages:
        unseen = rng.random((structure.size, int(week.max()) + 1)) < planted.outages
        lost |= (rows.kind == KINDS.index("meeting")) & unseen[place, week]
    if planted.holidays:
        away = np.isin(week, HOLIDAYS) & (structure.columns["site"][place] == _site(structure))
        lost |= away & (rng.random(len(place)) > HOLIDAY_SEEN)
    return rows.of(~lost)


def with_policy(
    outcomes: dict[str, NDArray[Any]],
    structure: Structure,
    first: NDArray[np.int64],
    planted: Planted,
    weeks: list[str],
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """(outcomes with what the rule gives; the table of a study of it: `id`, `week`, `team`, `focus_h`, `focus_policy`
    (0 or 1) and `policy_since`, its first week or empty for never). Without a rule, the table is empty."""
    if not planted.policy_h:
        return outcomes, {}
    person = np.searchsorted(structure.columns["id"], outcomes["id"])
    in_force = np.searchsorted(weeks, outcomes["week"]) >= first[person]
    outcomes = outcomes | {"focus_h": np.round(outcomes["focus_h"] + planted.policy_h * in_force, 3)}
    table = {name: outcomes[name] for name in ("id", "week", "focus_h")}
    return outcomes, table | {
        "team": structure.columns["team"][person],
        "focus_policy": in_force.astype(np.int64),
        "policy_since": np.array([*weeks, ""])[first[person]],
    }


def policy_truth(structure: Structure, first: NDArray[np.int64], planted: Planted, weeks: list[str]) -> RuleTruth:
    if not planted.policy_h:
        return {}
    since = zip(structure.columns["team"].tolist(), np.array([*weeks, ""])[first].tolist(), strict=True)
    return {"policy": {"focus_h": planted.policy_h, "since": dict(since)}}


def spoil_outcomes(
    outcomes: dict[str, NDArray[Any]], structure: Structure, planted: Planted, weeks: list[str]
) -> dict[str, NDArray[Any]]:
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
