"""Whom a pilot may be about: people of one segment, in enough teams to draw lots among."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.within import Columns

CONNECTOR_QUANTILE = 0.95
LEAST_TEAMS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A segment's rows of the effects and the teams that they are in. `left_out`: connectors of it but not in it."""

    name: str
    rows: NDArray[np.int64]
    teams: tuple[str, ...]
    left_out: int


def choose_targets(
    segment: NDArray[np.str_],
    eligible: NDArray[np.bool_],
    connector: NDArray[np.bool_],
    team: NDArray[np.str_],
    *,
    min_group: int,
) -> tuple[Target, ...]:
    """Segments with at least `min_group` eligible people in at least 6 teams, by name.

    Smaller groups are never named, because what is said of them would be said of persons.
    """
    targets = []
    for name in np.unique(segment[eligible]).tolist():
        free = eligible & ~connector & (segment == name) & (team != "")
        teams = np.unique(team[free])
        if free.sum() >= min_group and len(teams) >= LEAST_TEAMS:
            left_out = int((eligible & connector & (segment == name)).sum())
            rows = np.flatnonzero(free)
            targets.append(Target(name=name, rows=rows, teams=tuple(teams.tolist()), left_out=left_out))
    return tuple(targets)


def find_connectors(ids: NDArray[np.str_], betweenness: Columns) -> NDArray[np.bool_]:
    """People on more shortest paths than 95 % of the others: to cut their meetings may cut the network."""
    values = of_person(ids, betweenness, "betweenness")
    known = values[np.isfinite(values)]
    if not len(known):
        return np.zeros(len(ids), dtype=bool)
    return np.asarray(np.nan_to_num(values, nan=-np.inf) > np.quantile(known, CONNECTOR_QUANTILE), dtype=bool)


def of_person(ids: NDArray[np.str_], table: Columns, column: str) -> NDArray[np.float64]:
    """A number per person in order of `ids`; not-a-number for those who are not in the table."""
    found = dict(zip(table["id"].astype(str).tolist(), table[column].tolist(), strict=True)) if column in table else {}
    return np.array([np.nan if (value := found.get(each)) is None else float(value) for each in ids.tolist()])


def text_of_person(ids: NDArray[np.str_], people: Columns, column: str) -> NDArray[np.str_]:
    """A text per person in order of `ids`; empty for those who are not in the table."""
    if column not in people:
        return np.full(len(ids), "")
    found = dict(zip(people["id"].astype(str).tolist(), people[column].tolist(), strict=True))
    return np.array([str(found.get(each) or "") for each in ids.tolist()])
