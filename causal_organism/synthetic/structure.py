"""Who works where: teams, managers, roles, sites, brokers, and who joined late."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.synthetic.interactions import Columns

ROLES = ("engineer", "analyst", "sales", "manager")
MANAGER = ROLES.index("manager")
TEAM_ROLE_SHARES = (0.44, 0.3, 0.26)  # what a team mostly does
SITES = ("Berlin", "Lisbon", "Warsaw")
TEAMS_PER_DEPARTMENT = 6
SMALLEST_TEAM, LARGEST_TEAM = 5, 12
BROKER_SHARE = 0.03
JOINER_SHARE = 0.03

FIRST = (
    "Ada", "Anna", "Bela", "Carla", "Chen", "Dana", "Emil", "Farid", "Grace", "Hana", "Ines", "Jonas", "Kofi", "Lena",
    "Maya", "Mei", "Noor", "Olga", "Omar", "Pavel", "Rosa", "Sami", "Tariq", "Uma", "Vera", "Wei", "Yara", "Zoe",
)  # fmt: skip
LAST = (
    "Abel", "Becker", "Costa", "Diaz", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Kaya", "Lind",
    "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Santos", "Tanaka", "Varga", "Weber", "Xu", "Yilmaz",
)  # fmt: skip
HOSTILE = (
    "Iris [b]Bold[/b]",
    "Robert'); DROP TABLE people;--",
    "Max <script>alert(1)</script>",
    'Jo "Quote, Comma" Smith',
    "=HYPERLINK(A1)",
    "李小龍 Müller-Łoś",
    "[link=x]Lee[/link] {0} %s $1",
)
"""Names that are legal and that careless code would interpret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """Arrays by person. Teams and departments are contiguous ranges, so that drawing colleagues is arithmetic."""

    columns: Columns
    team: NDArray[np.int64]
    department: NDArray[np.int64]
    role: NDArray[np.int64]
    broker: NDArray[np.bool_]
    first_week: NDArray[np.int64]  # 0 unless the person joined late

    @property
    def size(self) -> int:
        return len(self.team)


def draw_structure(rng: np.random.Generator, people: int, weeks: int, monday: date) -> Structure:
    """Teams of 5 to 12 (one smaller team where there are fewer people), each with one manager, its first member."""
    sizes = team_sizes(rng, people)
    team = np.repeat(np.arange(len(sizes)), sizes)
    starts = _first_of_each(team)
    role = _roles(rng, team, len(sizes))
    role[starts] = MANAGER
    broker = (rng.random(people) < BROKER_SHARE) & (role != MANAGER)
    joins = (rng.random(people) < JOINER_SHARE) & (role != MANAGER) & (weeks > 4)
    first_week = np.where(joins, rng.integers(2, max(weeks - 1, 3), people), 0)
    department = team // TEAMS_PER_DEPARTMENT
    columns = _columns(rng, team, department, role, first_week, monday)
    return Structure(columns=columns, team=team, department=department, role=role, broker=broker, first_week=first_week)


def with_one_role(structure: Structure) -> Structure:
    """The same where everybody, managers too, is called an engineer."""
    role = np.zeros_like(structure.role)
    return replace(structure, role=role, columns={**structure.columns, "role": np.array(ROLES)[role]})


def team_sizes(rng: np.random.Generator, people: int) -> NDArray[np.int64]:
    """Sizes between 5 and 12, about 8 on average, that add up to `people`; one team where there are fewer than 10."""
    if people < 2 * SMALLEST_TEAM:
        return np.array([people])
    teams = min(max(round(people / 8), -(-people // LARGEST_TEAM)), people // SMALLEST_TEAM)
    sizes = rng.integers(SMALLEST_TEAM, LARGEST_TEAM, teams)
    while (difference := people - int(sizes.sum())) != 0:
        open_teams = np.flatnonzero(sizes < LARGEST_TEAM) if difference > 0 else np.flatnonzero(sizes > SMALLEST_TEAM)
        chosen = rng.permutation(open_teams)[: abs(difference)]
        sizes[chosen] += 1 if difference > 0 else -1
    return sizes


def _roles(rng: np.random.Generator, team: NDArray[np.int64], teams: int) -> NDArray[np.int64]:
    bounds = np.cumsum(TEAM_ROLE_SHARES)
    mostly = rng.permutation(np.searchsorted(bounds, (np.arange(teams) + 0.5) / teams))  # by quota, not by luck
    other = rng.choice(len(TEAM_ROLE_SHARES), len(team), p=TEAM_ROLE_SHARES)
    return np.where(rng.random(len(team)) < 0.85, mostly[team], other)


def _columns(
    rng: np.random.Generator,
    team: NDArray[np.int64],
    department: NDArray[np.int64],
    role: NDArray[np.int64],
    first_week: NDArray[np.int64],
    monday: date,
) -> dict[str, NDArray[Any]]:
    size, starts = len(team), _first_of_each(team)
    digits = max(4, len(str(size)))
    ids = np.array([f"p{number:0{digits}}" for number in range(1, size + 1)])
    leads = starts[np.searchsorted(department[starts], department)]  # the manager of a department's first team
    manager = np.where(np.isin(np.arange(size), starts), leads, starts[team])
    manager = np.where(manager == np.arange(size), 0, manager)  # heads of departments report to the first person
    manager_ids = np.where(np.arange(size) == 0, "", ids[manager])
    started = np.where(first_week > 0, first_week * 7, -rng.integers(60, 3000, size))
    return {
        "id": ids,
        "name": _names(rng, size),
        "team": np.array([f"team-{number + 1:02}" for number in team]),
        "manager": manager_ids,
        "role": np.array(ROLES)[role],
        "level": rng.integers(1, 4, size) + 3 * (role == MANAGER),
        "site": np.array(SITES)[(department + (rng.random(size) < 0.1)) % len(SITES)],
        "started_on": np.array([(monday + timedelta(days=int(days))).isoformat() for days in started]),
        "fte": np.where(rng.random(size) < 0.1, 0.8, 1.0),
    }


def _first_of_each(team: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each team begins."""
    return np.flatnonzero(np.diff(team, prepend=-1))


def _names(rng: np.random.Generator, size: int) -> NDArray[np.str_]:
    names = [
        f"{FIRST[first]} {LAST[last]}"
        for first, last in zip(rng.integers(len(FIRST), size=size), rng.integers(len(LAST), size=size), strict=True)
    ]
    for position, name in enumerate(HOSTILE):
        if 7 + 29 * position < size:
            names[7 + 29 * position] = name
    return np.array(names)
