"""A generated organisation: a roster, interactions, weekly outcomes, and the effects that were planted in it.

The world behind it, for person i of team g in week t:

    assigned_load(i,t)  = 10 + 3 L,  L an AR(1) with a part from the team's deadline      observed, in the outcomes
    deadline(g,t)       = 0 or 1                                                          observed, in the outcomes
    meet_load_h(i,t)    = hours of the meetings that the calendar then holds for i; wanted: base of the role,
                          person, week, load and deadline
    focus_h(i,t+1)      = base of i + tau(i) * meet_load_h(i,t) - 0.6 L(i,t) - 1.2 deadline(g,t) + week + AR(1) noise
    after_hours_share   = alike, with its own small effect per meeting hour

So given person and week, `assigned_load` and `deadline` of the same week are all that has to be adjusted for: both
are set before the week's meetings, and both are columns of the outcomes. Meeting hours are not among the outcomes:
they must be recovered from the interactions. A meeting of k people is k interactions of kind `meeting`, exactly one
*to* each of them, with its `duration_s` (the organiser invites the others; the first of these confirms to the
organiser). Therefore:

    meeting hours of a person in a week = sum of duration_s over the meeting ties into the person / 3600

which sums per tie and week keep exactly. `hidden` > 0 adds a confounder that nothing observed shows; an honest
analysis then refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from causal_organism.errors import RequestError
from causal_organism.synthetic.events import draw_interactions
from causal_organism.synthetic.interactions import Columns, Interactions
from causal_organism.synthetic.latents import NULL_ROLE, TAU_AFTER_HOURS, TAU_FOCUS, Latents, draw_latents, outcomes_of
from causal_organism.synthetic.planted import (
    CASES,
    Planted,
    policy_truth,
    policy_weeks,
    spoil_interactions,
    spoil_outcomes,
    with_policy,
)
from causal_organism.synthetic.streamed import PERSON_WEEKS, Streamed, spans_of
from causal_organism.synthetic.structure import Structure, draw_structure, with_one_role
from causal_organism.synthetic.truth import OwnTruth, Truth

BATCH = 65_536  # interactions whose texts are there at once
WEEK_US = 7 * 24 * 3600 * 1_000_000


class GeneratedInteraction(TypedDict):
    """`at` is ISO 8601 in UTC. Only meetings have a duration."""

    source: str
    target: str
    at: str
    kind: str
    weight: float
    id: str
    duration_s: NotRequired[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Columns are numpy arrays of equal length.

    people: id, name, team, manager ("" for the head), role, level, site, started_on, fte.
    interactions, in order of time: source, target, at_us, kind, weight, duration_s (NaN except for meetings), id. Those
    of a large organisation are drawn whenever they are asked for.
    outcomes, by week and person: id, week, focus_h, after_hours_share, assigned_load, deadline.
    truth: what was planted. policy: the table of a study of a rule that was planted; empty without one.
    """

    people: Columns
    interactions: Interactions | Streamed
    outcomes: Columns
    truth: Truth
    policy: Columns = field(default_factory=dict)

    def each_interaction(self) -> Iterator[GeneratedInteraction]:
        """As they are written to the stream."""
        names = ("source", "target", "at_us", "kind", "weight", "duration_s", "id")
        for batch in self.interactions.batches(BATCH):
            for source, target, at_us, kind, weight, duration_s, sender_id in zip(
                *(batch[name].tolist() for name in names), strict=True
            ):
                row: GeneratedInteraction = {
                    "source": source,
                    "target": target,
                    "at": _iso(at_us),
                    "kind": kind,
                    "weight": weight,
                    "id": sender_id,
                }
                if duration_s == duration_s:  # NaN: has no duration
                    row["duration_s"] = duration_s
                yield row


def generate(
    people: int, weeks: int, seed: int, *, start: date, hidden: float = 0.0, planted: Planted | None = None
) -> Organisation:
    """An organisation of that many people, watched for that many weeks; the same arguments give the same one.

    The first week is the ISO week of `start`; all interactions lie within the weeks. `hidden`: strength of the
    unobserved confounder, 0 for none; `planted`: what else may be in it. Cost: see synthetic/interactions.py.
    """
    if people < 2 or weeks < 1:
        raise RequestError(f"an organisation needs at least 2 people and 1 week, not {people} and {weeks}")
    rng = np.random.default_rng([seed, people, weeks])
    monday = start - timedelta(days=start.weekday())
    planted = planted or Planted(hidden=hidden)
    structure = draw_structure(rng, people, weeks, monday)
    structure = with_one_role(structure) if planted.one_role else structure
    latents = draw_latents(rng, structure, weeks, planted)
    interactions, meet_h = _draw_interactions(
        rng, structure, latents, planted, seed=(seed, people, weeks), first_us=_us(monday)
    )
    labels = [iso_week(monday + timedelta(weeks=week)) for week in range(weeks)]
    policy = policy_weeks(np.random.default_rng([seed, people, weeks, 19]), structure, planted, weeks)
    outcomes = outcomes_of(structure, latents, meet_h, labels)
    outcomes, study = with_policy(outcomes, structure, policy, planted, labels)
    return Organisation(
        people=structure.columns,
        interactions=interactions,
        outcomes=spoil_outcomes(outcomes, structure, planted, labels),
        truth={
            **_truth(structure, latents, labels, seed=seed, planted=planted),
            **policy_truth(structure, policy, planted, labels),
        },
        policy=study,
    )


def _draw_interactions(
    rng: np.random.Generator,
    structure: Structure,
    latents: Latents,
    planted: Planted,
    *,
    seed: tuple[int, ...],
    first_us: int,
) -> tuple[Interactions | Streamed, NDArray[np.float64]]:
    """(interactions, meeting hours as people x (1 + weeks)); drawn at once where they are few."""
    people, weeks = structure.size, latents.load.shape[1] - 1
    prefix, apart_from = f"g{seed[0]}-", None if planted.change is None else planted.change.week

    def spoil(rows: Interactions, *place: int) -> Interactions:
        week = (rows.at_us - first_us) // WEEK_US
        return spoil_interactions(np.random.default_rng([*seed, 18, *place]), rows, structure, planted, week)

    if people * (weeks + 1) <= PERSON_WEEKS:
        drawn, meet_h = draw_interactions(
            rng, structure, latents, first_us=first_us, prefix=prefix, apart_from=apart_from
        )
        return spoil(drawn), meet_h
    streamed = Streamed(
        structure=structure, latents=latents, spans=spans_of(people, weeks, apart_from=apart_from), seed=seed,
        first_us=first_us, prefix=prefix, spoil=lambda place, rows: spoil(rows, place),
    )  # fmt: skip
    return streamed, streamed.meeting_hours()


def iso_week(day: date) -> str:
    """`2026-W07`."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _truth(structure: Structure, latents: Latents, labels: list[str], *, seed: int, planted: Planted) -> OwnTruth:
    ids = structure.columns["id"].tolist()
    return {
        "seed": seed,
        "weeks": labels,
        "hidden": planted.hidden,
        "planted": asdict(planted),
        "treatment": "meet_load_h",
        "horizon_weeks": 1,
        "adjust_for": ["person", "week", "assigned_load", "deadline"],
        "effects_per_hour": {
            "focus_h": {
                "by_role": dict(TAU_FOCUS),
                "by_person": dict(zip(ids, latents.tau_focus.tolist(), strict=True)),
            },
            "after_hours_share": {"by_role": dict(TAU_AFTER_HOURS)},
        },
        "cases": {
            "null_role": NULL_ROLE,
            "brokers": [ids[index] for index in np.flatnonzero(structure.broker)],
            "joined_late": [ids[index] for index in np.flatnonzero(structure.first_week > 0)],
            "hidden_confounder": planted.hidden > 0,
            "expected": next((case.says for case in CASES.values() if case.planted == planted), None),
        },
    }


def _us(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000


def _iso(at_us: int) -> str:
    return (datetime(1970, 1, 1) + timedelta(microseconds=at_us)).isoformat() + "Z"
