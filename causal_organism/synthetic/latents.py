"""What drives the organisation underneath: load, deadlines, wanted meetings, and the outcomes that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.synthetic.planted import Change, Planted, harmed_people, mean_of_others
from causal_organism.synthetic.structure import MANAGER, ROLES, Structure

Floats = NDArray[np.float64]

NULL_ROLE = "manager"
TAU_FOCUS = {"engineer": -0.6, "analyst": -0.45, "sales": -0.3, "manager": 0.0}
"""Hours of focus next week per hour of meetings; exactly 0 for every manager, +- 0.1 between people elsewhere."""
TAU_AFTER_HOURS = {"engineer": 0.004, "analyst": 0.004, "sales": 0.004, "manager": 0.0}
PERSON_SD = 0.1
WANTED_H = np.array([6.0, 6.5, 7.0, 9.0])  # meeting hours a week by role
MEETING_H = 0.75  # mean length
DEADLINE_SHARE, ON_CALL_SHARE = 0.15, 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Latents:
    """Arrays people x (1 + weeks); week 0 is a lead-in that only feeds the first outcomes and is never shown."""

    load: Floats
    measured_load: Floats  # as the outcomes show it
    deadline: NDArray[np.int64]
    hidden: Floats  # zero in an honest world
    wanted_h: Floats  # hours of meetings
    tau_focus: Floats  # by person
    tau_after_hours: Floats  # by person
    focus_rest: Floats  # focus but for meetings
    after_hours_rest: Floats
    on_call: NDArray[np.int64] | None  # None: nobody ever is
    load_matters: float  # 1 in an honest world
    spillover: float

    @property
    def meetings_wanted(self) -> NDArray[np.int64]:
        return np.clip(np.rint(self.wanted_h / MEETING_H), 0, 30).astype(np.int64)


def draw_latents(rng: np.random.Generator, structure: Structure, weeks: int, planted: Planted) -> Latents:
    """What nobody measures and all else is drawn from, per person and week; one week before the first besides."""
    people, columns = structure.size, weeks + 1
    more, duty = rng.spawn(2)  # what only some worlds have changes nothing in the others
    person = rng.normal(size=people)[
        :, None
    ]  # likes meetings, and has less time for focus: why people must be compared with themselves
    deadline = (rng.random((structure.team.max() + 1, columns)) < DEADLINE_SHARE).astype(np.int64)[structure.team]
    load = _rounded(_autocorrelated(rng, people, columns, rho=0.6) + 0.4 * person + 0.8 * deadline)
    unseen = planted.hidden * _autocorrelated(rng, people, columns, rho=0.8)
    unseen = unseen + planted.team_shock * more.normal(size=(int(structure.team.max()) + 1, columns))[structure.team]
    on_call = (duty.random((people, columns)) < ON_CALL_SHARE) & (planted.on_call > 0)
    season = np.sin(np.arange(columns) * 2 * np.pi / 13)
    wanted_h = (
        WANTED_H[structure.role][:, None] + person + 0.5 * planted.control * load + 1.2 * deadline + 0.5 * season
        + unseen - planted.on_call * on_call + rng.normal(scale=1.2, size=(people, columns))
    )  # fmt: skip
    varies = np.where(structure.role == MANAGER, 0.0, PERSON_SD)
    tau_focus = np.array([TAU_FOCUS[role] for role in ROLES])[structure.role] + varies * rng.normal(size=people)
    tau_focus = np.where(harmed_people(more, structure, planted), -tau_focus, tau_focus)
    acts = 0.0 if planted.no_effect else 1.0
    noise = more.normal(size=load.shape)
    return Latents(
        load=load,
        measured_load=_rounded(planted.seen * load + np.sqrt(1 - planted.seen**2) * noise),
        deadline=deadline,
        hidden=unseen,
        wanted_h=wanted_h if planted.change is None else _changed(wanted_h, structure, planted.change),
        tau_focus=np.round(acts * tau_focus, 6),
        tau_after_hours=np.array([TAU_AFTER_HOURS[role] for role in ROLES])[structure.role] * acts
        - planted.late_harm,
        focus_rest=24.0 + rng.normal(scale=2.0, size=(people, 1)) - 1.5 * person - season
        + 1.8 * _autocorrelated(rng, people, columns, rho=planted.rho) - np.roll(planted.on_call * on_call, 1, axis=1),
        after_hours_rest=0.15 + 0.01 * person + 0.005 * season
        + 0.02 * _autocorrelated(rng, people, columns, rho=planted.rho) + 8 * planted.late_harm,
        load_matters=planted.control,
        on_call=on_call.astype(np.int64) if planted.on_call else None,
        spillover=planted.spillover,
    )  # fmt: skip


def outcomes_of(structure: Structure, latents: Latents, meet_h: Floats, labels: list[str]) -> dict[str, NDArray[Any]]:
    """Outcome columns by week and person, from the meeting hours (people x (1 + weeks)) that were really held."""
    before = np.s_[:, :-1]
    others = mean_of_others(structure, meet_h)
    focus = (
        latents.focus_rest[:, 1:] + latents.tau_focus[:, None] * meet_h[before]
        - 0.6 * latents.load_matters * latents.load[before] + latents.spillover * others[before]
        - 1.2 * latents.deadline[before] - 1.5 * latents.hidden[before]
    )  # fmt: skip
    after_hours = (
        latents.after_hours_rest[:, 1:] + latents.tau_after_hours[:, None] * meet_h[before]
        + 0.01 * latents.load[before] + 0.02 * latents.deadline[before]
    )  # fmt: skip
    there = np.arange(len(labels))[:, None] >= structure.first_week[None, :]
    week, person = np.nonzero(there)
    duty = {} if latents.on_call is None else {"oncall_days": 7 * latents.on_call[:, 1:].T[week, person]}
    return {
        "id": structure.columns["id"][person],
        "week": np.array(labels)[week],
        "focus_h": np.round(np.maximum(focus, 0.0).T[week, person], 3),
        "after_hours_share": np.round(np.clip(after_hours, 0.0, 1.0).T[week, person], 5),
        "assigned_load": np.round(10 + 3 * latents.measured_load[:, 1:].T[week, person], 3),
        "deadline": latents.deadline[:, 1:].T[week, person],
    } | duty


def _changed(wanted_h: Floats, structure: Structure, change: Change) -> Floats:
    whose = np.isin(structure.columns["id"], change.people)
    later = np.arange(wanted_h.shape[1]) > change.week  # column 0 is the lead-in
    return wanted_h + change.hours * (whose[:, None] & later[None, :])


def _rounded(values: Floats) -> Floats:
    """To thousandths, so that what the outcomes show is exactly what acted."""
    return np.asarray(np.round(values, 3), dtype=np.float64)


def _autocorrelated(rng: np.random.Generator, people: int, columns: int, *, rho: float) -> Floats:
    """AR(1) rows of standard deviation 1."""
    noise = rng.normal(size=(people, columns))
    series = np.empty_like(noise)
    series[:, 0] = noise[:, 0]
    for column in range(1, columns):
        series[:, column] = rho * series[:, column - 1] + np.sqrt(1 - rho * rho) * noise[:, column]
    return series
