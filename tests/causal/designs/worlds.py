"""Worlds with a known truth: working weeks in teams, staggered beginnings, policies with a date, cross-sections."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WITHIN_TEAMS = """
[data]
unit = "id"
time = "week"
cluster = "team"
[design]
kind = "within"
confounders = ["load"]
[treatment.meetings]
column = "meet"
contrast = -2
[outcome.focus]
column = "focus"
unit = "h"
direction = "up"
"""
STAGGERED = """
[data]
unit = "id"
time = "t"
[design]
kind = "staggered"
[treatment.programme]
column = "d"
[outcome.y]
column = "y"
direction = "up"
"""
POLICY = """
[data]
unit = "id"
time = "t"
[design]
kind = "policy"
[treatment.rule]
{column}
from = 18
[outcome.y]
column = "y"
direction = "up"
"""
CROSS_SECTION = """
[data]
unit = "id"
[design]
kind = "{kind}"
confounders = ["x", "z"]
[treatment.t]
column = "t"
[outcome.y]
column = "y"
direction = "up"
"""


def autocorrelated(rng: np.random.Generator, rows: int, times: int, rho: float) -> Floats:
    noise = rng.normal(size=(rows, times))
    out = noise.copy()
    for time in range(1, times):
        out[:, time] = rho * out[:, time - 1] + np.sqrt(1 - rho**2) * noise[:, time]
    return out


def week_names(weeks: int) -> NDArray[np.object_]:
    mondays = [(date(2026, 1, 5) + timedelta(weeks=week)).isocalendar() for week in range(weeks)]
    return np.array([f"{each.year}-W{each.week:02d}" for each in mondays], dtype=object)


def working_weeks(
    seed: int,
    *,
    people: int = 150,
    weeks: int = 26,
    teams: int = 25,
    effect: float = -0.4,
    rho: float = 0.5,
    control: float = 0.3,
    hidden: float = 0.0,
    shock: float = 0.0,
    seen: float = 1.0,
) -> pd.DataFrame:
    """Focus falls by `effect` for each hour of meetings; `hidden` and `shock` move both, unseen, by person or team.

    `seen`: how much of the measured load is the true one; the rest is noise.
    """
    rng = np.random.default_rng(seed)
    team = np.arange(people) % teams
    person, week = rng.normal(size=(people, 1)) * 3, rng.normal(size=(1, weeks))
    load, unseen = autocorrelated(rng, people, weeks, 0.6), autocorrelated(rng, people, weeks, rho)
    of_team = rng.normal(size=(teams, weeks))[team]
    meet = 10 + 0.5 * person + 0.5 * week + control * load + hidden * unseen + shock * of_team
    meet = meet + 1.3 * rng.normal(size=meet.shape)
    focus = 20 + person + week + effect * meet - control * load - 1.5 * hidden * unseen - 1.5 * shock * of_team
    focus = focus + 2 * autocorrelated(rng, people, weeks, rho)
    measured = seen * load + np.sqrt(1 - seen**2) * rng.normal(size=load.shape)
    rows, columns = (each.ravel() for each in np.meshgrid(np.arange(people), np.arange(weeks), indexing="ij"))
    return pd.DataFrame(
        {
            "id": [f"p{each}" for each in rows],
            "week": week_names(weeks)[columns],
            "team": [f"t{each}" for each in team[rows]],
            "meet": meet.ravel(),
            "focus": focus.ravel(),
            "load": measured.ravel(),
        }
    )


def staggered(
    seed: int, *, effect: float = 1.0, trend: float = 0.0, units: int = 120, times: int = 20
) -> tuple[pd.DataFrame, float]:
    """Early beginners gain twice as much, late ones half, and all of them more with time; and the mean effect."""
    rng = np.random.default_rng(seed)
    began = rng.choice([6, 9, 12, 15, 99], units)
    step = np.arange(times)
    on = step[None] >= began[:, None]
    since = np.where(on, step[None] - began[:, None], 0)
    size = np.where(began == 6, 2.0, np.where(began == 9, 0.5, 1.0))[:, None]
    gain = effect * size * (1 + 0.1 * since) * on
    drift = trend * np.where(began < 99, 1, 0)[:, None] * step[None]
    y = rng.normal(size=(units, 1)) + rng.normal(size=(1, times)) + gain + drift
    y = y + autocorrelated(rng, units, times, 0.5)
    return _long(y, d=on.astype(np.float64)), float(gain[on].mean())


def policy(
    seed: int, *, effect: float = 1.0, trend: float = 0.0, share: float = 0.5, units: int = 60, common: float = 0.0
) -> pd.DataFrame:
    """A rule from time 18 of 30 on, for a share of the units; `trend`: what those affected gain at any time."""
    rng = np.random.default_rng(seed)
    step, affected = np.arange(30), np.arange(units) < share * units
    on = affected[:, None] & (step >= 18)[None]
    y = rng.normal(size=(units, 1)) + 0.05 * step[None] + effect * on + trend * affected[:, None] * step[None]
    y = y + common * autocorrelated(rng, 1, 30, 0.3) + autocorrelated(rng, units, 30, 0.3)
    return _long(y, d=on.astype(np.float64), affected=np.repeat(affected[:, None], 30, axis=1).astype(np.float64))


def across(seed: int, *, people: int = 600, effect: float = 1.0, hidden: float = 0.0) -> pd.DataFrame:
    """People of whom some take `t`, more often with high `x`, which raises the outcome too; `z` is a word.

    `before` is a negative control: `x` moves it, the treatment does not.
    """
    rng = np.random.default_rng(seed)
    x, word, unseen = rng.normal(size=people), rng.choice(["red", "green", "blue"], people), rng.normal(size=people)
    chance = 1 / (1 + np.exp(-(0.8 * x + hidden * 1.2 * unseen + 0.5 * (word == "red"))))
    t = (rng.random(people) < chance).astype(np.float64)
    y = 2 * x + effect * t + (word == "red") + hidden * unseen + rng.normal(size=people)
    before = x + rng.normal(size=people)
    return pd.DataFrame({"id": np.arange(people), "x": x, "z": word, "t": t, "y": y, "before": before})


def _long(y: Floats, **columns: Floats) -> pd.DataFrame:
    units, times = (each.ravel() for each in np.meshgrid(*map(np.arange, y.shape), indexing="ij"))
    return pd.DataFrame(
        {"id": units, "t": times, "y": y.ravel()} | {name: each.ravel() for name, each in columns.items()}
    )
