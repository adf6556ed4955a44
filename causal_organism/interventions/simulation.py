"""A proposal, applied to a copy of the world before anybody decides: who gains, who loses, what nobody knows.

The panel's last weeks are taken once more with the change, and everybody's outcome moves by what the effects say of
the own hours, and those of the others in the team. The network of these weeks is drawn again without the meetings that
the change would cost, which nobody has chosen yet: so several times, each with others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.panel import TREATMENT
from causal_organism.causal.within import Columns, Floats
from causal_organism.documents.proposals import ProposalDraft
from causal_organism.documents.simulations import GroupOutcome, SimulatedGroup, SimulatedOutcome, Simulation
from causal_organism.interventions.lost_ties import describe_network

SCHEMA = "organism.simulation/1"
WEEKS = 4
_Z = 1.6448536269514722  # of a 90 % interval
GAINS, LOSES, OPEN, UNKNOWN = "gains", "loses", "open", "unknown"
TREATED, COLLEAGUES = "treated", "colleagues"
SMALL = "smaller groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is known at present, as columns: effects by person, the panel, tie sums by week."""

    effects: Columns
    panel: Columns
    weekly: Columns
    min_group: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changed:
    """By person of the effects: hours a week less or more, of the own and of the others in the team on average."""

    own: Floats
    others: Floats
    team: NDArray[np.str_]
    treated: NDArray[np.bool_]
    hours: Floats  # as they were
    short: int  # treated people who have not as many hours as they would lose


def simulate(proposal: ProposalDraft, world: World) -> Simulation:
    """organism.simulation/1: the treatment before and after, the change of every outcome by group with a 90 % interval,
    what the network loses, and what is not known. Groups below the minimum size stand together. Changes nothing."""
    changed = _apply(proposal, world)
    outcomes = [_of_outcome(each, world, changed) for each in _measures(proposal)]
    treated = changed.treated
    return {
        "schema": SCHEMA,
        "id": proposal["id"],
        "title": proposal["title"],
        "weeks": WEEKS,
        "people": {
            "treated": int(treated.sum()),
            "colleagues": int((~treated & (changed.others != 0)).sum()),
            "untouched": int((~treated & (changed.others == 0)).sum()),
        },
        "treatment": {
            "variable": TREATMENT,
            "before": _mean(changed.hours[treated]),
            "after": _mean((changed.hours + changed.own)[treated]),
            "fewer_hours_than_the_change": changed.short,
        },
        "outcomes": outcomes,
        "network": describe_network(
            _last_ties(world), changed.own, world.effects["id"].astype(str), seed=str(proposal["id"])
        ),
        "winners": named(outcomes, GAINS),
        "losers": named(outcomes, LOSES),
        "unknown": _unknown(outcomes, world),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """An outcome, which way it is better, and the prefix of its columns of the effects."""

    outcome: str
    unit: str
    better: int
    prefix: str


def _measures(proposal: ProposalDraft) -> Iterable[_Measure]:
    """The outcome to improve, then the others."""
    for each in (proposal["expected"], *proposal["guardrails"]):
        prefix = "" if each is proposal["expected"] else f"{each['outcome']}_"
        yield _Measure(outcome=each["outcome"], unit=each["unit"], better=each.get("better", 0), prefix=prefix)


def _apply(proposal: ProposalDraft, world: World) -> _Changed:
    ids, panel = world.effects["id"].astype(str), world.panel
    delta, treated = proposal["contrast"]["delta"], np.isin(ids, proposal["target_ids"])
    late = panel["week_index"] > panel["week_index"].max() - WEEKS
    place = np.searchsorted(ids, panel["id"].astype(str))
    known = late & np.isfinite(panel[TREATMENT].astype(np.float64)) & (place < len(ids))
    known[known] &= ids[place[known]] == panel["id"].astype(str)[known]
    count = np.bincount(place[known], minlength=len(ids))
    total = np.bincount(place[known], panel[TREATMENT][known].astype(np.float64), minlength=len(ids))
    hours = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    team = np.full(len(ids), "", dtype=object)
    inside = place < len(ids)
    team[place[inside]] = panel["team"].astype(str)[inside]  # rows are in order of weeks: the last one stays
    own = np.where(treated, np.maximum(delta, -np.nan_to_num(hours, nan=abs(delta))), 0.0)
    names = team.astype(str)
    code = np.unique(names, return_inverse=True)[1]
    members = np.bincount(code)[code]
    others = np.where(
        (members > 1) & (names != ""), (np.bincount(code, own)[code] - own) / np.maximum(members - 1, 1), 0.0
    )
    short = int((treated & (hours + delta < 0)).sum())
    return _Changed(own=own, others=others, team=names, treated=treated, hours=hours, short=short)


def _of_outcome(measure: _Measure, world: World, changed: _Changed) -> SimulatedOutcome:
    effects, prefix = world.effects, measure.prefix
    columns = {
        name: effects.get(prefix + name, np.full(len(changed.own), np.nan)).astype(np.float64)
        for name in ("effect", "effect_sd", "segment_se", "bias_max", "spillover", "spillover_se")
    }
    groups = [
        _of_group(name, marks, measure, columns, changed) for name, marks in _groups(world, changed) if marks.any()
    ]
    return {"outcome": measure.outcome, "unit": measure.unit, "better": measure.better, "groups": groups}


def _groups(world: World, changed: _Changed) -> Iterable[tuple[str, NDArray[np.bool_]]]:
    """Who is treated, and their colleagues, by role; roles of fewer people than the minimum stand together."""
    segment = world.effects["segment"].astype(str)
    for label, inside in ((TREATED, changed.treated), (COLLEAGUES, ~changed.treated & (changed.others != 0))):
        names, counts = np.unique(segment[inside], return_counts=True)
        large = [name for name, count in zip(names.tolist(), counts.tolist(), strict=True) if count >= world.min_group]
        for name in large:
            yield f"{label}: {name}", inside & (segment == name)
        rest = inside & ~np.isin(segment, large)
        if rest.sum() >= world.min_group:
            yield f"{label}: {SMALL}", rest


def _of_group(
    name: str,
    marks: NDArray[np.bool_],
    measure: _Measure,
    columns: Mapping[str, Floats],
    changed: _Changed,
) -> SimulatedGroup:
    """Mean change per person and week of those of whom it is known. Errors that a group shares do not average out."""
    own, others = changed.own, changed.others
    spillover_known = np.isfinite(columns["spillover"])
    own_known = np.isfinite(columns["effect"]) | (own == 0)
    known = marks & own_known & (spillover_known | (others == 0))
    size = int(known.sum())
    found: SimulatedGroup = {
        "group": name, "people": int(marks.sum()), "unknown": int(marks.sum()) - size,
        "mean": None, "from": None, "to": None, "verdict": UNKNOWN,
    }  # fmt: skip
    if not size:
        return found
    take = {key: np.nan_to_num(values[known]) for key, values in columns.items()}
    change = take["effect"] * own[known] + take["spillover"] * others[known]
    alone = np.maximum(take["effect_sd"] ** 2 - take["segment_se"] ** 2, 0.0) * own[known] ** 2
    shared = (take["segment_se"] ** 2 + take["bias_max"] ** 2 / 3).mean() * own[known].mean() ** 2
    shared += (take["spillover_se"] ** 2).mean() * others[known].mean() ** 2
    mean, sd = float(change.mean()), float(np.sqrt(alone.sum() / size**2 + shared))
    low, high = mean - _Z * sd, mean + _Z * sd
    verdict = verdict_of(measure.better, low, high)
    return {**found, "mean": round(mean, 6), "from": round(low, 6), "to": round(high, 6), "verdict": verdict}


def verdict_of(better: int, low: float, high: float) -> str:
    """Of an interval. Where nobody has said which way is better, that is not known."""
    ends = sorted((better * low, better * high))
    return UNKNOWN if better == 0 else GAINS if ends[0] > 0 else LOSES if ends[1] < 0 else OPEN


def _last_ties(world: World) -> Columns:
    weeks = np.unique(world.weekly["week"].astype(str))[-WEEKS:]
    inside = np.isin(world.weekly["week"].astype(str), weeks)
    return {name: values[inside] for name, values in world.weekly.items()}


def named(outcomes: Iterable[SimulatedOutcome], verdict: str) -> list[GroupOutcome]:
    """Groups with that verdict."""
    return [
        {"group": group["group"], "outcome": each["outcome"], "people": group["people"]}
        for each in outcomes
        for group in each["groups"]
        if group["verdict"] == verdict
    ]


def _unknown(outcomes: Iterable[SimulatedOutcome], world: World) -> list[GroupOutcome]:
    """What cannot be said: groups without an effect, outcomes that were studied and are not in the proposal."""
    found: list[GroupOutcome] = [
        {"group": group["group"], "outcome": each["outcome"], "people": group["unknown"]}
        for each in outcomes
        for group in each["groups"]
        if group["unknown"]
    ]
    studied = {each["outcome"] for each in outcomes}
    others = sorted(name.removesuffix("_effect_sd") for name in world.effects if name.endswith("_effect_sd"))
    unsaid = [name for name in others if name not in studied]
    return [*found, *(GroupOutcome(group="everybody", outcome=name, people=None) for name in unsaid)]


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return round(float(known.mean()), 3) if len(known) else None
